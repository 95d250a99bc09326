"""Cité minière : un trait fort, sans aplat.

Un périmètre de patrimoine ne porte pas de donnée : son contour est net, son intérieur
vide. Ici, un simple repère de 500 m autour des puits : tireté, et la page le dit.
"""

import datetime as dt

import basinmap as bm

communes = bm.communes(epci="245901152")
fig, ax = bm.page(
    communes,
    title="La cité de Sessevalle en 2026 – CA Cœur d'Ostrevent",
    subtitle="Position indicative : disque de 500 m autour des puits de la fosse",
    paper=(210, 160),
)
bm.draw_neighbours(ax, bm.epcis())
bm.draw_outlines(ax, communes, color="#b9bcc4", width=0.5, fill="#fbfaf7")
bm.draw_outlines(ax, bm.epcis(epci="245901152"), label="limite d'EPCI", width=1.1)
cite = bm.quartiers()
label = "cité de Sessevalle (repère indicatif)"
bm.draw_outlines(ax, cite, label=label, color="#ae3f63", width=1.4)
shafts = bm.places().loc[["sessevalle-puits-1", "sessevalle-puits-2"]]
bm.draw_points(ax, shafts, label="puits de mine", marker="D", size_mm=1.6)
bm.draw_exits(ax)
bm.draw_labels(ax, communes, strong=3)
bm.draw_legend(ax)
bm.draw_furniture(
    ax,
    author="Mission Bassin Minier",
    date=dt.date(2026, 11, 25),
    note="Le périmètre officiel du quartier n'est pas représenté",
)
