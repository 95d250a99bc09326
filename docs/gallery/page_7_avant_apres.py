"""Avant et après : deux périodes côte à côte, les mêmes classes, la même échelle.

Des classes communes (`bm.shared_classes`), sinon la légende unique est refusée ; zéro
au milieu de la palette pour une évolution. Cinq ans, un tour du recensement : sur une
période plus courte, la page le dit et hachure davantage de petites communes.
"""

import datetime as dt

import basinmap as bm

table = bm.statistics(scot="lens-lievin-henin-carvin")
communes = bm.communes(scot="lens-lievin-henin-carvin")
periods = {
    f"De {first} à {last}": bm.compute("D02", table, year=(first, last))
    for first, last in [(2016, 2021), (2018, 2023)]
}
classes = bm.shared_classes(periods, breaks=[-1, -0.5, 0, 0.5, 1], pivot=0, firm=True)
before, after = periods.values()
turned = communes[(before < 0) != (after < 0)]
fig, maps = bm.panels(
    dict.fromkeys(periods, communes),
    title="Évolution de la population, 2016-2023 – SCoT de Lens-Liévin et Hénin-Carvin",
    subtitle="Taux de variation annuel moyen de la population municipale, par commune",
)
for period, ax in maps.items():
    bm.draw_neighbours(ax, bm.epcis())
    bm.draw_choropleth(ax, communes, classes[period])
    outlines = bm.epcis(scot="lens-lievin-henin-carvin")
    bm.draw_outlines(ax, outlines, label="limite d'EPCI", width=0.7)
    # Ce qui a changé d'une carte à l'autre se montre, sinon il se cherche.
    bm.draw_outlines(ax, turned, label="le signe change", color="#0b7a5b", width=1.8)
    bm.draw_labels(ax, communes.nlargest(8, "population"))
bm.draw_legend(maps, histogram=periods)
bm.draw_furniture(maps, author="Mission Bassin Minier", date=dt.date(2026, 11, 25))
