"""Raster mesuré : les cellules d'un fichier, en classes.

Une valeur de lieu (taux, distance, température), jamais un effectif par cellule. Seule
la fenêtre du cadre est lue ; le fichier d'ici vient d'être calculé par lissage.
"""

import datetime as dt
from tempfile import TemporaryDirectory

import rasterio
from rasterio.features import rasterize

import basinmap as bm

communes = bm.communes().dropna(subset="scot")
table = bm.statistics().loc[communes.index]
towns = communes[["geometry"]].set_geometry(communes.representative_point())
counts = ["vacant_dwellings_2021", "dwellings_2021"]
towns = towns.join(table[counts])
towns.attrs = table.attrs
surface = bm.smooth(towns, counts, radius_m=5_000, cell_m=500, area=communes)
rate = 100 * surface["vacant_dwellings_2021"] / surface["dwellings_2021"]
west, south, east, north = surface.total_bounds
shape = round((north - south) / 500), round((east - west) / 500)
place = rasterio.Affine(500, 0, west, 0, -500, north)
about = {"height": shape[0], "width": shape[1], "count": 1, "dtype": "float32"}
cells = list(zip(surface.geometry, rate, strict=True))
values = rasterize(cells, shape, float("nan"), transform=place, dtype="float32")
fig, ax = bm.page(
    communes,
    title="Taux de vacance lissé en 2021 – bassin minier",
    subtitle="Logements vacants rapportés aux logements, les deux lissés à 5 km",
)
bm.draw_neighbours(ax, bm.epcis())
with TemporaryDirectory() as folder:
    path = f"{folder}/vacance.tif"
    with rasterio.open(path, "w", crs="EPSG:2154", transform=place, **about) as file:
        file.write(values, 1)
    credit = bm.measures_of(table)["dwellings_2021"].source
    told = {"label": "Taux de vacance lissé", "unit": "%", "credit": credit}
    bm.draw_raster(ax, path, area=communes, palette="reds", k=5, **told)
bm.draw_outlines(ax, bm.scots(), label="limite de SCoT", width=1.1)
bm.draw_exits(ax)
bm.draw_labels(ax, communes[communes["population"] > 20_000], strong=4)
bm.draw_legend(ax)
bm.draw_furniture(
    ax,
    author="Mission Bassin Minier",
    date=dt.date(2026, 11, 25),
    note="Lissage : noyau quadratique de rayon 5 km, cellules de 500 m",
)
