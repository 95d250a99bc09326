"""Planche A3 : le bassin minier entier, de Béthune à Valenciennes.

L'arc de 110 km sur 30 demande une page large : l'orientation, la place de la légende
et l'échelle sont choisies pour qu'il soit le plus grand possible.
"""

import datetime as dt

import pandas as pd

import basinmap as bm

communes = bm.communes().dropna(subset="scot")
everyone = bm.statistics()
vacancy = bm.compute("L04", everyone.loc[communes.index])
fig, ax = bm.page(
    communes,
    title="Taux de vacance des logements en 2021 – bassin minier",
    subtitle="Part des logements vacants dans l'ensemble des logements, par commune",
    paper="A3",
)
bm.draw_neighbours(ax, bm.epcis())
bm.draw_choropleth(ax, communes, bm.classify(vacancy, method="q6", firm=True))
eight = bm.epcis().loc[communes["epci"].unique()]
bm.draw_outlines(ax, eight, label="limite d'EPCI", width=1.1)
# Une autre encre, cernée de blanc : deux traits noirs ne se distinguent pas au mur.
bm.draw_outlines(ax, bm.scots(), color="#ffffff", width=4.0)
bm.draw_outlines(ax, bm.scots(), label="limite de SCoT", color="#1a56a8", width=2.2)
bm.draw_locator(
    ax, communes.dissolve(), bm.departements(), title="Nord et Pas-de-Calais"
)
bm.draw_exits(ax)
basin = bm.compute("L04", everyone, to="bassin").set_axis(["Bassin minier"])
scots = bm.compute("L04", everyone, to="scot").rename(bm.scots()["name"])
rates = bm.describe(
    pd.concat([basin, scots]),
    label="Taux de vacance",
    unit="%",
    kind="ratio",
    decimals=1,
    vintage="2021",
    sources=vacancy.attrs["sources"],
)
bm.draw_comparison(ax, rates, title="Taux de vacance par SCoT")
# Au bord, hors des données : dedans, ce sont les communes qui ont leur nom.
bm.draw_area_names(ax, bm.scots(), color="#1a56a8")
bm.draw_labels(ax, communes, strong=10)
bm.draw_legend(ax, histogram=vacancy)
bm.draw_furniture(ax, author="Mission Bassin Minier", date=dt.date(2026, 11, 25))
