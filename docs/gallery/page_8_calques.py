"""Fond de carte : la mer, les pays et les villes alentour, et ses propres calques.

Le fond vient avec la page ; `draw_ground` y ajoute, sous les données, des terres, des
eaux ou des routes à soi. Tout ce qui est écrit évite les données.
"""

import datetime as dt

import basinmap as bm

dunkerque = bm.communes(epci="CU de Dunkerque")
vacancy = bm.compute("L04", bm.statistics())
fig, ax = bm.page(
    dunkerque,
    title="Taux de vacance en 2021 – CU de Dunkerque",
    subtitle="Part des logements vacants, par commune",
    around=6_000,
)
bm.draw_neighbours(ax, bm.epcis())
districts = bm.communes().dissolve("arrondissement")[["geometry"]]
limits = districts.set_geometry(districts.boundary)
bm.draw_ground(ax, limits, kind="border", label="limite d'arrondissement")
classes = bm.classify(vacancy.reindex(dunkerque.index), method="quantile", k=4)
bm.draw_choropleth(ax, dunkerque, classes)
bm.draw_exits(ax)
bm.draw_labels(ax, dunkerque, strong=2)
bm.draw_legend(ax)
bm.draw_furniture(ax, author="Mission Bassin Minier", date=dt.date(2026, 11, 29))
