"""Points par catégorie : une forme et une couleur par catégorie.

La forme se lit encore quand la couleur se perd (photocopie, daltonisme) ; sept
catégories au plus.
"""

import datetime as dt

import pandas as pd

import basinmap as bm

communes = bm.communes(scot="lens-lievin-henin-carvin")
halls = bm.town_halls()
halls = halls.loc[halls.index.isin(communes.index)]
bounds = [0, 5_000, 10_000, 20_000, float("inf")]
names = ["moins de 5 000", "de 5 000 à 9 999", "de 10 000 à 19 999", "20 000 et plus"]
size = pd.cut(communes["population"], bounds, right=False, labels=names)
size = size.cat.reorder_categories(names[::-1])
fig, ax = bm.page(
    communes,
    title="Les mairies en 2026 – SCoT de Lens-Liévin et Hénin-Carvin",
    subtitle="Selon la population municipale de la commune en 2023",
)
bm.draw_neighbours(ax, bm.epcis())
bm.draw_outlines(ax, communes, color="#b9bcc4", width=0.5, fill="#fbfaf7")
bm.draw_outlines(
    ax, bm.epcis(scot="lens-lievin-henin-carvin"), label="limite d'EPCI", width=1.1
)
bm.draw_markers(ax, halls, size, title="Population de la commune en 2023")
bm.draw_points(ax, bm.places().loc[["louvre-lens"]], label="musée du Louvre-Lens")
bm.draw_labels(ax, communes, strong=3)
bm.draw_legend(ax)
bm.draw_furniture(ax, author="Mission Bassin Minier", date=dt.date(2026, 11, 25))
