"""Discontinuités : là où le taux saute d'une commune à sa voisine.

Le trait s'élargit avec l'écart ; sous le seuil imprimé, rien n'est tracé. La carte
montre les ruptures qu'un aplat de couleur laisse deviner.
"""

import datetime as dt

import basinmap as bm

communes = bm.communes(epci="call")
vacancy = bm.compute("L04", bm.statistics(epci="call"))
fig, ax = bm.page(
    communes,
    title="Discontinuités de la vacance en 2021 – CA de Lens-Liévin",
    subtitle="Écarts du taux de vacance des logements entre communes voisines",
)
bm.draw_neighbours(ax, bm.epcis())
bm.draw_choropleth(ax, communes, bm.classify(vacancy, k=4), palette="greys")
bm.draw_discontinuities(ax, communes, vacancy, threshold=3, color="#ae3f63")
bm.draw_labels(ax, communes, strong=3)
bm.draw_legend(ax)
bm.draw_furniture(ax, author="Mission Bassin Minier", date=dt.date(2026, 11, 25))
