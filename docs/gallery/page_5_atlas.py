"""Atlas : une page par commune, toutes sur le même modèle.

Mêmes classes et même gabarit d'une page à l'autre ; la commune est cernée, située dans
son EPCI et comparée à lui. Ici la page de Lens : une boucle ferait les 36.
"""

import datetime as dt

import pandas as pd

import basinmap as bm

communes = bm.communes(epci="call")
vacancy = bm.compute("L04", bm.statistics(epci="call"))
whole = bm.compute("L04", bm.statistics(), to="epci").loc[["246200364"]]
rates = bm.classify(vacancy, k=5)


def sheet(code):
    name, one = communes.loc[code, "name"], communes.loc[[code]]
    fig, ax = bm.page(
        one,
        title=f"Taux de vacance des logements en 2021 – {name}",
        subtitle="Part des logements vacants dans l'ensemble des logements",
        paper="A5",
        around=3_000,
    )
    bm.draw_neighbours(ax, bm.epcis())
    bm.draw_choropleth(ax, communes, rates)
    bm.draw_outlines(ax, one, width=2.0)
    figures = pd.concat([vacancy.loc[[code]].set_axis([name]), whole])
    figures = figures.rename({"246200364": "CA de Lens-Liévin"})
    figures.attrs = vacancy.attrs
    bm.draw_comparison(ax, figures, title="Taux de vacance")
    bm.draw_locator(ax, one, communes)
    bm.draw_labels(ax, communes)
    bm.draw_legend(ax)
    bm.draw_furniture(ax, author="Mission Bassin Minier", date=dt.date(2026, 11, 25))
    return fig


fig = sheet("62498")
