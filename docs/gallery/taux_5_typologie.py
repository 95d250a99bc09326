"""Typologie : des profils de territoires.

Une couleur par profil, sept au plus, et la règle qui les a faits au bas de la page :
sans elle, personne ne peut refaire la carte.
"""

import datetime as dt

import basinmap as bm

communes, table = bm.communes(epci="cabbalr"), bm.statistics(epci="cabbalr")
change, vacancy = bm.compute("D02", table), bm.compute("L04", table)
profile = 2 * (change < 0) + (vacancy >= 7)
profile.attrs = {"level": "commune"}
profile.attrs["sources"] = [*change.attrs["sources"], *vacancy.attrs["sources"]]
names = {
    0: "hausse, peu de vacance",
    1: "hausse, vacance élevée",
    2: "baisse, peu de vacance",
    3: "baisse, vacance élevée",
}
fig, ax = bm.page(
    communes,
    title="Population (2016-2023) et vacance (2021) : quatre profils – CABBALR",
    subtitle="Évolution de la population et taux de vacance des logements, par commune",
)
bm.draw_neighbours(ax, bm.epcis())
bm.draw_typology(ax, communes, profile, labels=names, title="Profil de la commune")
bm.draw_outlines(ax, bm.epcis(epci="cabbalr"), label="limite d'EPCI", width=1.1)
bm.draw_labels(ax, communes, strong=3)
bm.draw_legend(ax)
rule = "Hausse : population stable ou en hausse ; vacance élevée : 7 % et plus"
bm.draw_furniture(
    ax, author="Mission Bassin Minier", date=dt.date(2026, 11, 25), note=rule
)
