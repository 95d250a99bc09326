"""Seuils légaux : les bornes de la loi, pas celles d'une statistique.

`breaks="sru"` pose 20 et 25 % et cite l'article au bas de la page. Le taux de
logements sociaux n'est pas embarqué : les valeurs dessinées sont inventées.
"""

import datetime as dt

import pandas as pd

import basinmap as bm

communes = bm.communes(epci="cahc")
east = communes.representative_point().x.rank(pct=True)
social = pd.Series(10 + 25 * east, name="taux")
social.attrs = {
    "kind": "ratio",
    "level": "commune",
    "label": "Taux fictif",
    "unit": "%",
}
fig, ax = bm.page(
    communes,
    title="Seuils légaux SRU, valeurs fictives – CA d'Hénin-Carvin, 2026",
    subtitle="Valeurs inventées, croissantes d'ouest en est : ne lire que la légende",
    paper="A5",
)
bm.draw_neighbours(ax, bm.epcis())
bm.draw_choropleth(ax, communes, bm.classify(social, breaks="sru"), palette="blues")
bm.draw_outlines(ax, bm.epcis(epci="cahc"), label="limite d'EPCI", width=1.1)
bm.draw_legend(ax)
bm.draw_furniture(
    ax,
    author="Mission Bassin Minier",
    date=dt.date(2026, 11, 25),
    sources=["valeurs fictives"],
)
