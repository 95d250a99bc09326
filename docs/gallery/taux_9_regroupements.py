"""Regroupements : où des voisines se ressemblent plus que par hasard.

Chaque commune est testée, et les tests sont corrigés de leur nombre : « non
significatif » est une classe comme les autres, d'ordinaire la plus grande. Les
voisines, la correction et ce qui est écarté sont au bas de la page.
"""

import datetime as dt

import basinmap as bm

basin = list(bm.perimeter("bassin-minier").communes)
communes = bm.communes().loc[basin]
houses = bm.compute("L05", bm.statistics().loc[basin])
found = bm.lisa(houses, bm.contiguity_weights(communes))
clusters = bm.column(found, "cluster")
fig, ax = bm.page(
    communes,
    title="Part des maisons en 2021 : les regroupements du bassin minier",
    subtitle="Maisons parmi les logements, par commune ; voisines qui se ressemblent",
    orientation="landscape",
)
bm.draw_neighbours(ax, bm.epcis())
inks = ["#b2182b", "#2166ac", "#f4a582", "#92c5de", "#f4ead0"]
colors = dict(zip(clusters.cat.categories, inks, strict=True))
present = {kind: colors[kind] for kind in colors if (clusters == kind).any()}
look = {"labels": {kind: kind for kind in present}, "palette": list(present.values())}
bm.draw_typology(ax, communes, clusters, **look)
epcis = bm.epcis()
bm.draw_outlines(
    ax, epcis[epcis.index.isin(communes["epci"])], label="limite d'EPCI", width=0.9
)
shown = clusters[clusters != "Non significatif"].index
dense = communes.loc[clusters[clusters == "Regroupement bas"].index]


def draw_dense(inset):
    bm.draw_typology(inset, communes, clusters, **look)
    bm.draw_labels(inset, dense, strong=2)


bm.draw_inset(ax, dense, draw_dense, title="Autour de Valenciennes")
bm.draw_labels(ax, communes.loc[shown].drop(dense.index))
bm.draw_legend(ax)
bm.draw_furniture(ax, author="Mission Bassin Minier", date=dt.date(2026, 11, 29))
