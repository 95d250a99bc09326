"""Couronnes : la distance à vol d'oiseau autour d'un équipement.

Des cercles vrais sur le terrain, leur distance écrite dessus. « À vol d'oiseau » est
imprimé : ce n'est pas un temps de parcours.
"""

import datetime as dt

import basinmap as bm

communes = bm.communes(scot="lens-lievin-henin-carvin")
vacancy = bm.compute("L04", bm.statistics(scot="lens-lievin-henin-carvin"))
fig, ax = bm.page(
    communes,
    title="Vacance en 2021 autour du Louvre-Lens – SCoT de Lens-Liévin et Hénin-Carvin",
    subtitle="Taux de vacance des logements par commune, distance au musée",
)
bm.draw_neighbours(ax, bm.epcis())
bm.draw_choropleth(ax, communes, bm.classify(vacancy, k=5))
bm.draw_outlines(
    ax, bm.epcis(scot="lens-lievin-henin-carvin"), label="limite d'EPCI", width=1.1
)
circles = bm.rings(bm.LOUVRE_LENS, distances=[5_000, 10_000, 15_000, 20_000])
bm.draw_rings(ax, circles, label="distance au musée, à vol d'oiseau")
bm.draw_points(ax, bm.places().loc[["louvre-lens"]], label="musée du Louvre-Lens")
bm.draw_labels(ax, communes, strong=3)
bm.draw_legend(ax)
bm.draw_furniture(ax, author="Mission Bassin Minier", date=dt.date(2026, 11, 25))
