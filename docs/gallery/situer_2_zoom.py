"""Localisation et zoom : deux petites cartes dans la grande.

La première situe le territoire ; la seconde grossit ce qui est trop serré, son
échelle écrite dessous. Chacune va dans le coin le plus vide, ou dans la légende.
"""

import datetime as dt

import basinmap as bm

communes = bm.communes().dropna(subset="scot")
vacancy = bm.compute("L04", bm.statistics().loc[communes.index])
rates = bm.classify(vacancy, k=5, firm=True)
fig, ax = bm.page(
    communes,
    title="Taux de vacance des logements en 2021 – bassin minier",
    subtitle="Part des logements vacants dans l'ensemble des logements, par commune",
)
bm.draw_neighbours(ax, bm.epcis())
bm.draw_choropleth(ax, communes, rates)
bm.draw_outlines(ax, bm.scots(), label="limite de SCoT", width=1.1)


def draw_lens(inset):
    bm.draw_choropleth(inset, communes, rates)
    bm.draw_labels(inset, communes, strong=3)


centre = communes.loc[["62498", "62510", "62065"]]  # Lens, Liévin et Avion
bm.draw_inset(ax, centre, draw_lens, title="Autour de Lens")
bm.draw_locator(
    ax, communes.dissolve(), bm.departements(), title="Nord et Pas-de-Calais"
)
bm.draw_exits(ax)
bm.draw_labels(ax, communes[communes["population"] > 15_000], strong=5)
bm.draw_legend(ax)
bm.draw_furniture(ax, author="Mission Bassin Minier", date=dt.date(2026, 11, 25))
