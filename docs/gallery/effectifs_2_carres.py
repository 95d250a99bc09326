"""Carrés proportionnels : comme les cercles, pour un second effectif du document.

La surface du carré dit la valeur. Changer de symbole d'une carte à l'autre évite de
comparer des effectifs qui n'ont pas la même unité.
"""

import datetime as dt

import basinmap as bm

communes = bm.communes(epci="douaisis agglo")
households = bm.compute("D06", bm.statistics(epci="douaisis agglo"))
fig, ax = bm.page(
    communes,
    title="Ménages en 2021 – CA Douaisis Agglo",
    subtitle="Nombre de ménages (résidences principales) par commune",
)
bm.draw_neighbours(ax, bm.epcis())
bm.draw_outlines(ax, communes, color="#b9bcc4", width=0.5, fill="#fbfaf7")
bm.draw_outlines(ax, bm.epcis(epci="douaisis agglo"), label="limite d'EPCI", width=1.1)
bm.draw_squares(ax, communes, households)
bm.draw_labels(ax, communes, strong=3)
bm.draw_legend(ax)
bm.draw_furniture(ax, author="Mission Bassin Minier", date=dt.date(2026, 11, 25))
