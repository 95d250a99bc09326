"""Densité de points : un point pour tant de logements.

Le nombre de points est exact, leur place tirée au hasard dans la commune, toujours
la même : la légende le dit, car nul ne doit y chercher une adresse.
"""

import datetime as dt

import basinmap as bm

communes = bm.communes(epci="call")
table = bm.statistics(epci="call")
homes = table[["houses_2021", "flats_2021"]]
homes.attrs = table.attrs
fig, ax = bm.page(
    communes,
    title="Maisons et appartements en 2021 – CA de Lens-Liévin",
    subtitle="Un point pour 50 logements, placé au hasard dans la commune",
)
bm.draw_neighbours(ax, bm.epcis())
bm.draw_outlines(ax, communes, color="#b9bcc4", width=0.5, fill="#ffffff")
bm.draw_outlines(ax, bm.epcis(epci="call"), label="limite d'EPCI", width=1.1)
bm.draw_dots(ax, communes, homes, per_dot=50, title="Logements")
bm.draw_labels(ax, communes, strong=3)
bm.draw_legend(ax)
bm.draw_furniture(ax, author="Mission Bassin Minier", date=dt.date(2026, 11, 25))
