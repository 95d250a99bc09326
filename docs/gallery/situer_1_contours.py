"""Carte de situation : les périmètres de chaque échelon.

Des contours, pas de données : chaque échelon a son trait, le plus haut le plus fort ;
les voisins restent en gris et les flèches du bord disent où l'on va.
"""

import datetime as dt

import pandas as pd

import basinmap as bm

communes, epcis = bm.communes().dropna(subset="scot"), bm.epcis()
eight = epcis.loc[communes["epci"].unique()].sort_values("population")[::-1]
fig, ax = bm.page(
    communes,
    title="Les périmètres du bassin minier au 1er janvier 2026",
    subtitle="336 communes, 8 EPCI et 5 SCoT, dans le Nord et le Pas-de-Calais",
)
bm.draw_neighbours(ax, epcis)
thin = {"color": "#b9bcc4", "width": 0.35, "fill": "#ffffff"}
bm.draw_outlines(ax, communes, label="commune", **thin)
departments = bm.departements()
bm.draw_outlines(ax, departments, label="département", color="#dcb9c6", width=2.0)
bm.draw_outlines(ax, eight, label="EPCI", color="#5b6270", width=0.9)
bm.draw_outlines(ax, bm.scots(), label="SCoT", color="#225e98", width=1.8)
bm.draw_locator(ax, communes.dissolve(), departments, title="Nord et Pas-de-Calais")
bm.draw_exits(ax)
bm.draw_area_names(ax, bm.scots(), color="#225e98")
bm.draw_labels(ax, eight, size=8)
around = epcis.drop(eight.index)
bm.draw_labels(ax, around, italic=True, color="#757b87", size=6.2)
everyone = bm.statistics()
people = bm.compute("D01", everyone, to="epci")
basin = bm.compute("D01", everyone, to="bassin").set_axis(["Bassin minier"])
rows = bm.describe(
    pd.concat([basin, people.loc[eight.index].rename(eight["name"])]),
    label="Population municipale",
    unit="habitants",
    kind="stock",
    vintage="2023",
    sources=people.attrs["sources"],
)
bm.draw_comparison(ax, rows, title="Population municipale en 2023")
bm.draw_legend(ax)
bm.draw_furniture(ax, author="Mission Bassin Minier", date=dt.date(2026, 11, 25))
