"""Carte bivariée : deux taux à la fois, en trois classes chacun.

Les neuf couleurs se lisent dans le carré de la légende, dont chaque case porte son
effectif : à réserver à deux taux dont le croisement a un sens.
"""

import datetime as dt

import basinmap as bm

communes = bm.communes(scot="artois")
table = bm.statistics(scot="artois")
vacancy, houses = bm.compute("L04", table), bm.compute("L05", table)
fig, ax = bm.page(
    communes,
    title="Vacance et maisons en 2021 – SCoT de l'Artois",
    subtitle="Taux de vacance et part des maisons parmi les logements, par commune",
)
bm.draw_neighbours(ax, bm.epcis())
bm.draw_bivariate(ax, communes, vacancy, houses)
bm.draw_outlines(ax, bm.scots().loc[["artois"]], label="limite de SCoT", width=1.1)
bm.draw_labels(ax, communes, strong=3)
bm.draw_legend(ax)
bm.draw_furniture(ax, author="Mission Bassin Minier", date=dt.date(2026, 11, 25))
