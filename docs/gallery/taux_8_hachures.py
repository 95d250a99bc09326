"""Hachures : un quartier prioritaire par-dessus un aplat.

Les hachures laissent lire la couleur dessous. La génération des quartiers (2015 ou
2024) est obligatoire ; ici un repère indicatif, car aucun contour n'est embarqué.
"""

import datetime as dt

import basinmap as bm

communes = bm.communes(epci="245901152")
vacancy = bm.compute("L04", bm.statistics(epci="245901152"))
fig, ax = bm.page(
    communes,
    title="Vacance en 2021 et cité de Sessevalle – CA Cœur d'Ostrevent",
    subtitle="Taux de vacance par commune ; repère indicatif de 500 m autour des puits",
)
bm.draw_neighbours(ax, bm.epcis())
bm.draw_choropleth(ax, communes, bm.classify(vacancy, k=4))
bm.draw_hatching(ax, bm.quartiers(), label="cité de Sessevalle (repère indicatif)")
bm.draw_outlines(ax, bm.epcis(epci="245901152"), label="limite d'EPCI", width=1.1)
bm.draw_labels(ax, communes, strong=3)
bm.draw_legend(ax)
bm.draw_furniture(ax, author="Mission Bassin Minier", date=dt.date(2026, 11, 25))
