"""Cercles proportionnels : un effectif, dont la surface du cercle dit la valeur.

Les grands sont dessinés d'abord, les petits restent visibles ; la légende emboîte
trois cercles aux valeurs rondes.
"""

import datetime as dt

import basinmap as bm

communes = bm.communes(epci=["call", "cahc"])
dwellings = bm.compute("L01", bm.statistics(epci=["call", "cahc"]))
fig, ax = bm.page(
    communes,
    title="Logements en 2021 – CA de Lens-Liévin et CA d'Hénin-Carvin",
    subtitle="Nombre de logements par commune (recensement 2021)",
)
bm.draw_neighbours(ax, bm.epcis())
bm.draw_outlines(ax, communes, color="#b9bcc4", width=0.5, fill="#fbfaf7")
bm.draw_outlines(ax, bm.epcis(epci=["call", "cahc"]), label="limite d'EPCI", width=1.1)
bm.draw_symbols(ax, communes, dwellings)
bm.draw_labels(ax, communes, strong=3)
bm.draw_legend(ax)
bm.draw_furniture(ax, author="Mission Bassin Minier", date=dt.date(2026, 11, 25))
