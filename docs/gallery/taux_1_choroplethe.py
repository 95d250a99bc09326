"""Aplat de couleur (choroplèthe) : un taux, une densité, jamais un effectif.

Six classes au plus, aux bornes rondes, `[a ; b[`. L'histogramme montre la
distribution et ce que chaque classe y découpe.
"""

import datetime as dt

import basinmap as bm

communes = bm.communes(epci="call")
vacancy = bm.compute("L04", bm.statistics(epci="call"))
fig, ax = bm.page(
    communes,
    title="Taux de vacance des logements en 2021 – CA de Lens-Liévin",
    subtitle="Part des logements vacants dans l'ensemble des logements, par commune",
)
bm.draw_neighbours(ax, bm.epcis())
bm.draw_choropleth(ax, communes, bm.classify(vacancy, k=5))
bm.draw_outlines(ax, bm.epcis(epci="call"), label="limite d'EPCI", width=1.1)
bm.draw_labels(ax, communes, strong=3)
bm.draw_legend(ax, histogram=vacancy)
lens = f"{vacancy['62498']:.1f}".replace(".", ",")
bm.draw_furniture(
    ax,
    author="Mission Bassin Minier",
    date=dt.date(2026, 11, 25),
    note=f"Lecture : à Lens, {lens} % des logements sont vacants",
)
