"""Effectif et catégorie : des cercles sur une typologie.

Des teintes dessous, des cercles sans couleur dessus : l'un ne cache pas l'autre. Pour
un taux, préférer les cercles colorés.
"""

import datetime as dt

import pandas as pd

import basinmap as bm

communes, table = bm.communes(epci="200042190"), bm.statistics(epci="200042190")
homes, houses = bm.compute("L01", table), bm.compute("L05", table)
kinds = ["surtout des maisons", "maisons et appartements"]
kind = pd.cut(houses, [0, 90, 101], right=False, labels=kinds[::-1])
kind = kind.cat.reorder_categories(kinds)
kind.attrs = {"level": "commune", "sources": houses.attrs["sources"]}
fig, ax = bm.page(
    communes,
    title="Logements selon l'habitat en 2021 – CA de la Porte du Hainaut",
    subtitle="Surface des cercles : logements ; teinte : habitat de la commune",
)
bm.draw_neighbours(ax, bm.epcis())
bm.draw_typology(ax, communes, kind, title="Habitat de la commune")
bm.draw_outlines(ax, bm.epcis(epci="200042190"), label="limite d'EPCI", width=1.1)
bm.draw_symbols(ax, communes, homes)
bm.draw_exits(ax)
bm.draw_labels(ax, communes, strong=3)
bm.draw_legend(ax)
bm.draw_furniture(
    ax,
    author="Mission Bassin Minier",
    date=dt.date(2026, 11, 25),
    note="Surtout des maisons : au moins 90 % des logements",
)
