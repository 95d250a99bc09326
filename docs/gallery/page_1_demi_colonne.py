"""Demi-colonne : une figure de 85 mm pour un bulletin.

Même carte, même échelle exacte, textes plus petits ; peu de classes et peu de noms.
"""

import datetime as dt

import basinmap as bm

communes = bm.communes(epci="cahc")
houses = bm.compute("L05", bm.statistics(epci="cahc"))
fig, ax = bm.page(
    communes,
    title="Part des maisons en 2021 – CA d'Hénin-Carvin",
    subtitle="Part des maisons dans l'ensemble des logements",
    paper="half-column",
    legend="below",
    legend_mm=26,
)
bm.draw_neighbours(ax, bm.epcis())
bm.draw_choropleth(ax, communes, bm.classify(houses, k=3))
bm.draw_labels(ax, communes[communes["population"] > 8_000])
bm.draw_legend(ax)
bm.draw_furniture(ax, author="Mission Bassin Minier", date=dt.date(2026, 11, 25))
