"""Graphique de comparaison : le même taux ailleurs.

À côté de la carte, le territoire d'abord, puis ses voisins et ceux qui les
contiennent : chaque taux est recalculé sur ses effectifs, jamais moyenné.
"""

import datetime as dt

import pandas as pd

import basinmap as bm

communes = bm.communes(scot="grand-douaisis")
everyone = bm.statistics()
houses = bm.compute("L05", everyone.loc[communes.index])
scots = bm.compute("L05", everyone, to="scot").rename(bm.scots()["name"])
mine = scots.index == "SCoT du Grand Douaisis"
basin = bm.compute("L05", everyone, to="bassin").set_axis(["Bassin minier"])
names = bm.departements()["name"]
both = bm.compute("L05", everyone, to="departement").rename(names)
rows = bm.describe(
    pd.concat([scots[mine], scots[~mine], basin, both]),
    label="Part des maisons",
    unit="%",
    kind="ratio",
    decimals=1,
    vintage="2021",
    sources=houses.attrs["sources"],
)
fig, ax = bm.page(
    communes,
    title="Part des maisons en 2021 – SCoT du Grand Douaisis",
    subtitle="Part des maisons dans l'ensemble des logements, par commune",
)
bm.draw_neighbours(ax, bm.epcis())
bm.draw_choropleth(ax, communes, bm.classify(houses, method="quantile", k=5))
outlines = bm.epcis().loc[communes["epci"].unique()]
bm.draw_outlines(ax, outlines, label="limite d'EPCI", width=1.1)
bm.draw_comparison(ax, rows, title="Part des maisons en 2021 (%)")
bm.draw_labels(ax, communes, strong=3)
bm.draw_legend(ax)
bm.draw_furniture(ax, author="Mission Bassin Minier", date=dt.date(2026, 11, 25))
