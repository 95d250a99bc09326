"""Niveaux de gris : la planche qui passera à la photocopieuse.

Le thème `bm.GREY` remplace chaque palette par des gris ordonnés et contrastés ; les
encres gardent leurs écarts.
"""

import datetime as dt

import basinmap as bm

communes = bm.communes(epci="200043396")
table = bm.statistics(epci="200043396")
vacancy = bm.compute("L04", table)
fig, ax = bm.page(
    communes,
    title="Taux de vacance des logements en 2021 – CA Maubeuge Val de Sambre",
    subtitle="Part des logements vacants dans l'ensemble des logements, par commune",
    theme=bm.GREY,
)
bm.draw_neighbours(ax, bm.epcis())
bm.draw_choropleth(ax, communes, bm.classify(vacancy, k=5))
bm.draw_outlines(ax, bm.epcis(epci="200043396"), label="limite d'EPCI", width=1.1)
bm.draw_labels(ax, communes, strong=3)
bm.draw_legend(ax, histogram=vacancy)
bm.draw_furniture(ax, author="Mission Bassin Minier", date=dt.date(2026, 11, 25))
