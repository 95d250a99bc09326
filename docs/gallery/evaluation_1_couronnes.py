"""Évaluer : ce qui a changé autour d'un lieu, et ce qu'on peut en dire.

La carte montre les communes comparées, le graphique l'écart année par année avec ce
que d'autres lieux n'écartent pas. « Rien ne permet de conclure » est un résultat.
"""

import datetime as dt

import basinmap as bm

chapter = bm.evaluation(bm.statistics(), sweep=False)
areas = bm.rings(bm.LOUVRE_LENS, distances=[10_000, 20_000, 40_000])
communes = bm.communes()
points = communes.set_geometry(communes.representative_point())
ring = bm.locate(points, areas.rename(index=str)).dropna()
near = communes.loc[ring.index]
change = bm.compute("D02", bm.statistics().loc[near.index])
fig, ax = bm.page(
    near,
    title="Population de 2016 à 2023 autour du Louvre-Lens – communes à moins de 40 km",
    subtitle=chapter.sentences[2],
    legend="right",
    legend_mm=84,
)
bm.draw_neighbours(ax, bm.departements())
bm.draw_choropleth(ax, near, bm.classify(change, k=6, pivot=0))
bm.draw_rings(ax, areas, label="couronnes, à vol d'oiseau")
bm.draw_points(ax, bm.places().loc[["louvre-lens"]], label="musée du Louvre-Lens")
bm.draw_event_study(ax, chapter.chart)
bm.draw_legend(ax)
bm.draw_furniture(ax, author="Mission Bassin Minier", date=dt.date(2026, 11, 25))
