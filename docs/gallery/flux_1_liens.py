"""Flux : un trait par couple d'origine et de destination.

Un seuil imprimé, les territoires extérieurs regroupés, aucun flux interne. Faute de
flux embarqués, ceux-ci sortent d'un modèle gravitaire, et le titre le dit.
"""

import datetime as dt

import numpy as np
import pandas as pd

import basinmap as bm

epcis = bm.epcis()
eight = epcis.loc[bm.communes().dropna(subset="scot")["epci"].unique()]
outside = epcis.loc[["200093201", "200033579", "200068500"]]
groups = pd.Series(
    ["Métropole de Lille", "Arras et Cambrai", "Arras et Cambrai"], outside.index
)
groups = outside.assign(name=groups).dissolve("name", aggfunc={"population": "sum"})
zones = pd.concat([eight, groups.assign(name=groups.index)])
places, people = zones.representative_point(), zones["population"].to_numpy()
km = np.array([places.distance(place) for place in places]) / 1000
pull = np.divide(people, km**2, out=np.zeros_like(km), where=km > 0)
trips = people[:, None] * pull / pull.sum(axis=1, keepdims=True)
pairs = pd.MultiIndex.from_product([zones.index] * 2, names=["origin", "destination"])
flows = pd.Series(trips.round().ravel(), pairs, name="Déplacements théoriques")
source = bm.measures_of(bm.statistics())["population_2023"].source
flows.attrs = {"kind": "stock", "sources": source.split("; ")}
fig, ax = bm.page(
    zones.loc[eight.index],
    title="Flux théoriques (modèle gravitaire, non observés) en 2023 – bassin minier",
    subtitle="Un déplacement par habitant, vers chaque territoire à proportion de sa "
    "population et de l'inverse du carré de la distance",
)
bm.draw_neighbours(ax, epcis)
bm.draw_outlines(ax, eight, color="#8b909b", width=0.6, fill="#fbfaf7")
bm.draw_links(ax, zones, flows, threshold=20_000)
bm.draw_labels(ax, zones, size=7.5)
bm.draw_legend(ax)
bm.draw_furniture(ax, author="Mission Bassin Minier", date=dt.date(2026, 11, 25))
