"""Effectif et taux : la taille du cercle et sa couleur.

La norme des atlas de l'habitat : deux légendes, et aucun aplat qui donnerait le
premier rôle aux communes étendues.
"""

import datetime as dt

import basinmap as bm

communes = bm.communes(epci="245901160")
table = bm.statistics(epci="245901160")
dwellings, vacancy = bm.compute("L01", table), bm.compute("L04", table)
fig, ax = bm.page(
    communes,
    title="Logements et vacance en 2021 – CA Valenciennes Métropole",
    subtitle="Surface des cercles : logements ; couleur : taux de vacance",
)
bm.draw_neighbours(ax, bm.epcis())
bm.draw_outlines(ax, communes, color="#b9bcc4", width=0.5, fill="#fbfaf7")
bm.draw_outlines(ax, bm.epcis(epci="245901160"), label="limite d'EPCI", width=1.1)
bm.draw_symbols(ax, communes, dwellings, classes=bm.classify(vacancy, k=5, firm=True))
bm.draw_exits(ax)
bm.draw_labels(ax, communes, strong=3)
bm.draw_legend(ax)
bm.draw_furniture(ax, author="Mission Bassin Minier", date=dt.date(2026, 11, 25))
