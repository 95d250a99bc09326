"""Atlas : une page par commune, toutes sur le même modèle.

Mêmes classes d'une page à l'autre ; la commune est cernée, située dans son EPCI et
comparée à lui. `bm.atlas` écrit un PDF avec sommaire et signets ; ici la page de Lens.
"""

import datetime as dt
from tempfile import TemporaryDirectory

import basinmap as bm

communes = bm.communes(epci="call")
everyone = bm.statistics()
vacancy = bm.compute("L04", bm.statistics(epci="call"))
rates = bm.classify(vacancy, k=5, firm=True)


def sheet(one):
    name = one["name"].iloc[0]
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
    bm.draw_comparison(ax, bm.compare("L04", everyone, one.index[0]).iloc[[0, 1, 2, 3]])
    bm.draw_locator(ax, one, communes, title="CA de Lens-Liévin")
    bm.draw_labels(ax, one, strong=1)
    bm.draw_labels(ax, communes)
    bm.draw_legend(ax)
    bm.draw_furniture(ax, author="Mission Bassin Minier", date=dt.date(2026, 11, 25))
    return fig


largest = communes.nlargest(2, "population")
with TemporaryDirectory() as folder:
    path = f"{folder}/atlas.pdf"
    bm.atlas(largest, sheet, path=path, title="La vacance en 2021", quiet=True)
fig = sheet(communes.loc[["62498"]])
