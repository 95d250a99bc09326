"""Avant et après : deux périodes côte à côte, les mêmes classes, la même échelle.

Des classes communes (`bm.shared_classes`), sinon la légende unique est refusée ; zéro
au milieu de la palette pour une évolution.
"""

import datetime as dt

import basinmap as bm

table = bm.statistics(scot="lens-lievin-henin-carvin")
communes = bm.communes(scot="lens-lievin-henin-carvin")


def growth(first, last):
    before, after = table[f"population_{first}"], table[f"population_{last}"]
    found = ((after / before) ** (1 / (last - first)) - 1) * 100
    sources = {bm.measures_of(table)[c.name].source for c in (before, after)}
    found.attrs = {
        "label": "évolution annuelle de la population",
        "unit": "% par an",
        "kind": "growth",
        "decimals": 1,
        "level": "commune",
        "sources": tuple(sorted(sources)),
    }
    return found


periods = {"De 2016 à 2019": growth(2016, 2019), "De 2020 à 2023": growth(2020, 2023)}
classes = bm.shared_classes(periods, breaks=[-1, -0.5, 0, 0.5, 1], pivot=0)
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
    bm.draw_labels(ax, communes.nlargest(8, "population"))
bm.draw_legend(maps)
bm.draw_furniture(maps, author="Mission Bassin Minier", date=dt.date(2026, 11, 25))
