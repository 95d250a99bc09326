"""Évolution : deux teintes de part et d'autre d'un pivot.

Le pivot (zéro, ou la moyenne du territoire) est une borne, les classes sont
symétriques autour de lui, et le signe est imprimé.
"""

import datetime as dt

import basinmap as bm

communes = bm.communes(scot="valenciennois")
change = bm.compute("D02", bm.statistics(scot="valenciennois"))
fig, ax = bm.page(
    communes,
    title="Évolution de la population de 2016 à 2023 – SCoT du Valenciennois",
    subtitle="Taux de variation annuel moyen de la population municipale, par commune",
)
bm.draw_neighbours(ax, bm.epcis())
bm.draw_choropleth(ax, communes, bm.classify(change, k=6, pivot=0))
bm.draw_outlines(ax, bm.epcis(scot="valenciennois"), label="limite d'EPCI", width=1.1)
bm.draw_exits(ax)
bm.draw_labels(ax, communes, strong=3)
bm.draw_legend(ax, histogram=change)
bm.draw_furniture(ax, author="Mission Bassin Minier", date=dt.date(2026, 11, 25))
