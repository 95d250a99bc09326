"""Étiquettes : des noms sans recouvrement, avec des traits de rappel.

Les grandes communes d'abord ; un nom qui n'a pas de place près de son cercle
s'écarte, relié par un trait, et celui qui n'en trouve pas n'est pas écrit.
"""

import datetime as dt

import basinmap as bm

communes = bm.communes().dropna(subset="scot")
people = bm.compute("D01", bm.statistics().loc[communes.index])
fig, ax = bm.page(
    communes,
    title="Population municipale en 2023 – bassin minier",
    subtitle="Habitants par commune ; noms des communes de plus de 10 000 habitants",
)
bm.draw_neighbours(ax, bm.epcis())
bm.draw_outlines(ax, communes, color="#b9bcc4", width=0.4, fill="#fbfaf7")
outlines = bm.epcis().loc[communes["epci"].unique()]
bm.draw_outlines(ax, outlines, label="limite d'EPCI", width=1.1)
bm.draw_symbols(ax, communes, people, largest_mm=4)
bm.draw_exits(ax)
bm.draw_labels(ax, communes[communes["population"] > 10_000], strong=28, every=True)
bm.draw_legend(ax)
bm.draw_furniture(ax, author="Mission Bassin Minier", date=dt.date(2026, 11, 25))
