"""Ombrage : le relief d'une surface, sous les noms.

Seules les ombres sont dessinées : une pente éclairée garde la couleur de sa classe.
Faute d'altitudes embarquées, le relief est celui de la densité, et la page le dit.
"""

import datetime as dt
from tempfile import TemporaryDirectory

import rasterio
from rasterio.features import rasterize

import basinmap as bm

communes = bm.communes().dropna(subset="scot")
table = bm.statistics().loc[communes.index]
towns = communes[["geometry"]].set_geometry(communes.representative_point())
towns = towns.join(table["population_2023"])
towns.attrs = table.attrs
surface = bm.smooth(towns, "population_2023", radius_m=5_000, cell_m=500, area=communes)
people = bm.density(surface, "population_2023")
west, south, east, north = surface.total_bounds
size = {"width": round((east - west) / 500), "height": round((north - south) / 500)}
place = rasterio.Affine(500, 0, west, 0, -500, north)
fig, ax = bm.page(
    communes,
    title="Relief de la densité de population en 2023 – bassin minier",
    subtitle="Population lissée à 5 km ; ombrage de cette surface, et non du terrain",
)
bm.draw_neighbours(ax, bm.epcis())
look = {"palette": "greens", "title": "Densité lissée (habitants par km²)"}
bm.draw_surface(ax, surface, people, bm.classify(people, k=5), area=communes, **look)
with TemporaryDirectory() as folder:
    path = f"{folder}/relief.tif"
    heights = rasterize(
        zip(surface.geometry, people, strict=True),
        out_shape=(size["height"], size["width"]),
        transform=place,
        fill=float("nan"),
        dtype="float32",
    )
    about = size | {"count": 1, "dtype": "float32", "nodata": float("nan")}
    with rasterio.open(path, "w", crs="EPSG:2154", transform=place, **about) as file:
        file.write(heights, 1)
    credit = bm.measures_of(table)["population_2023"].source
    bm.draw_hillshade(ax, path, exaggeration=4, credit=credit)
outlines = bm.epcis().loc[communes["epci"].unique()]
bm.draw_outlines(ax, outlines, label="limite d'EPCI", width=0.7)
bm.draw_exits(ax)
bm.draw_labels(ax, communes[communes["population"] > 20_000], strong=4)
bm.draw_legend(ax)
bm.draw_furniture(ax, author="Mission Bassin Minier", date=dt.date(2026, 11, 25))
