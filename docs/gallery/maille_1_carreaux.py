"""Carreaux de 1 km : une densité sur une grille régulière.

La maille efface la forme des communes. Un carreau ne se lit jamais seul, et une
valeur répartie n'est qu'une estimation : la page le dit.
"""

import datetime as dt

import basinmap as bm

communes, everyone = bm.communes(epci=["call", "cahc"]), bm.communes()
counts = bm.statistics()
measures = {"population_2023": bm.measures_of(counts)["population_2023"]}
squares = bm.square_grid(communes, size_m=1_000)
shared, report = bm.apportion(counts, everyone, squares, measures=measures)
cells = squares.join(shared)
cells.attrs = shared.attrs
people = bm.density(cells, "population_2023")
fig, ax = bm.page(
    communes,
    title="Densité estimée en 2023, carreaux de 1 km – Lens-Liévin et Hénin-Carvin",
    subtitle="Population municipale, répartie dans chaque commune selon la surface",
)
bm.draw_neighbours(ax, bm.epcis())
classes = bm.classify(people, k=6)
heading = "Densité estimée (habitants par km²)"
bm.draw_grid(ax, cells, classes, palette="blues", title=heading)
outlines = bm.epcis(epci=["call", "cahc"])
bm.draw_outlines(ax, outlines, label="limite d'EPCI", width=1.1)
bm.draw_labels(ax, communes, strong=3)
bm.draw_legend(ax)
bm.draw_furniture(ax, author="Mission Bassin Minier", date=dt.date(2026, 11, 25))
