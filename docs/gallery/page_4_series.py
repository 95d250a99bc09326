"""Série de cartes : le même indicateur par territoire, ou par date.

Une échelle, une légende : les classes sont cherchées sur toutes les valeurs à la
fois, sans quoi la comparaison trompe. Des légendes différentes sont refusées.
"""

import datetime as dt

import basinmap as bm

epcis = bm.epcis().loc[["246200364", "246200299", "200044618", "245901152"]]
communes = {name: bm.communes(epci=code) for code, name in epcis["name"].items()}
rates = {
    name: bm.compute("L04", bm.statistics(epci=code))
    for code, name in epcis["name"].items()
}
fig, maps = bm.panels(
    communes,
    title="Taux de vacance des logements en 2021 – quatre agglomérations",
    subtitle="Part des logements vacants dans l'ensemble des logements, par commune",
)
classes = bm.shared_classes(rates, k=5, firm=True)
for name, ax in maps.items():
    bm.draw_neighbours(ax, bm.epcis())
    bm.draw_choropleth(ax, communes[name], classes[name])
    bm.draw_labels(ax, communes[name], strong=1)
wholes = bm.compute("L04", bm.statistics(), to="epci").loc[epcis.index]
bm.draw_comparison(maps["CA de Lens-Liévin"], wholes, names=epcis["name"])
bm.draw_legend(maps, histogram=rates)
bm.draw_furniture(maps, author="Mission Bassin Minier", date=dt.date(2026, 11, 25))
