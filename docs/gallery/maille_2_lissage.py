"""Surface lissée : la tendance, sans les limites administratives.

Chaque commune étale sa population dans un rayon imprimé, sans que le total change
(noyau de l'Insee). Le rayon décide de ce que l'on voit : le dire toujours.
"""

import datetime as dt

import basinmap as bm

communes = bm.communes().dropna(subset="scot")
table = bm.statistics().loc[communes.index]
towns = communes[["geometry"]].set_geometry(communes.representative_point())
towns = towns.join(table["population_2023"])
towns.attrs = table.attrs
surface = bm.smooth(towns, "population_2023", radius_m=5_000, cell_m=500, area=communes)
people = bm.density(surface, "population_2023")
fig, ax = bm.page(
    communes,
    title="Densité de population lissée en 2023 – bassin minier",
    subtitle="Population municipale lissée à 5 km autour du centre des communes",
)
bm.draw_neighbours(ax, bm.epcis())
bands = bm.classify(people, k=6)
look = {"palette": "blues", "title": "Densité lissée (habitants par km²)"}
bm.draw_surface(ax, surface, people, bands, area=communes, **look)
outlines = bm.epcis().loc[communes["epci"].unique()]
bm.draw_outlines(ax, outlines, label="limite d'EPCI", width=0.7)
bm.draw_exits(ax)
bm.draw_labels(ax, communes[communes["population"] > 20_000], strong=4)
bm.draw_legend(ax)
bm.draw_furniture(ax, author="Mission Bassin Minier", date=dt.date(2026, 11, 25))
