"""Fond d'image : un plan ou une carte déjà faite, sous les données.

`bm.draw_basemap(ax, "plan-ign")` prend les tuiles de l'IGN en ligne ; hors ligne, tout
fichier géoréférencé convient. Ici, une carte d'hier, écrite en GeoTIFF puis éclaircie.
"""

import datetime as dt
from tempfile import TemporaryDirectory

import basinmap as bm

communes, table = bm.communes(epci="cahc"), bm.statistics(epci="cahc")
density = bm.classify(bm.compute("D05", table), k=4)
homes = bm.compute("L01", table)
fig, ax = bm.page(
    communes,
    title="Logements en 2021 sur un fond de densité – CA d'Hénin-Carvin",
    subtitle="Surface des cercles : logements ; fond : densité de population en 2023",
)
with TemporaryDirectory() as folder:
    _, old = bm.page(communes, title="Densité de population en 2023")
    bm.draw_neighbours(old, bm.epcis())
    bm.draw_choropleth(old, communes, density)
    bm.write_geotiff(old, f"{folder}/fond.tif", dpi=200)
    bm.draw_basemap(
        ax, f"{folder}/fond.tif", opacity=0.4, credit="Insee, populations légales 2023"
    )
bm.draw_outlines(ax, bm.epcis(epci="cahc"), label="limite d'EPCI", width=1.1)
bm.draw_symbols(ax, communes, homes)
bm.draw_labels(ax, communes, strong=3)
bm.draw_legend(ax)
bm.draw_furniture(ax, author="Mission Bassin Minier", date=dt.date(2026, 11, 25))
