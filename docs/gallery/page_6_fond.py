"""Fond d'image : un plan ou une carte déjà faite, sous les données.

`bm.draw_basemap(ax, "plan-ign")` prend les tuiles de l'IGN en ligne ; hors ligne, tout
fichier géoréférencé convient. Ici, une carte de points, écrite en GeoTIFF et pâlie.
"""

import datetime as dt
from tempfile import TemporaryDirectory

import basinmap as bm

communes = bm.communes(epci="cahc")
people = bm.compute("D01", bm.statistics(epci="cahc"))
halls = bm.town_halls()
halls = halls[halls.index.isin(communes.index)]
fig, ax = bm.page(
    communes,
    title="Les mairies et le peuplement en 2023 – CA d'Hénin-Carvin",
    paper="A5",
    subtitle="Fond : un point pour 20 habitants, placé au hasard dans la commune",
)
with TemporaryDirectory() as folder:
    _, old = bm.page(communes, title="Population en 2023", paper="A5")
    bm.draw_neighbours(old, bm.epcis())
    bm.draw_outlines(old, communes, color="#8b909b", width=0.5, fill="#ffffff")
    bm.draw_dots(old, communes, people, per_dot=20, size_mm=0.5)
    bm.write_geotiff(old, f"{folder}/fond.tif", dpi=200)
    credit = people.attrs["sources"][0]
    bm.draw_basemap(ax, f"{folder}/fond.tif", opacity=0.6, credit=credit)
bm.draw_outlines(ax, bm.epcis(epci="cahc"), label="limite d'EPCI", width=1.1)
bm.draw_points(ax, halls, label="mairie", marker="^", color="#225e98")
bm.draw_labels(ax, communes, strong=3)
bm.draw_legend(ax)
bm.draw_furniture(ax, author="Mission Bassin Minier", date=dt.date(2026, 11, 25))
