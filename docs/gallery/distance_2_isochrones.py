"""Isochrones : le temps de parcours jusqu'à un équipement.

Des bandes de temps, les plus proches en foncé, le mode et la vitesse imprimés. Aucun
réseau n'est embarqué : celui-ci est un quadrillage inventé, et le titre le dit.
"""

import datetime as dt

import geopandas as gpd
import numpy as np
import shapely

import basinmap as bm

museum = bm.places().loc[["louvre-lens"]]
x, y = museum.geometry.iloc[0].coords[0]
spots = np.arange(-8_000, 8_001, 80)
across = [shapely.linestrings(x + spots, np.full(len(spots), y + s)) for s in spots]
along = [shapely.linestrings(np.full(len(spots), x + s), y + spots) for s in spots]
streets = gpd.GeoDataFrame(geometry=[*across, *along], crs="EPSG:2154")
told = {"mode": "bike", "speed": 15.0, "direction": "both", "source": "réseau fictif"}
network = bm.read_layer(streets, **told)
areas = bm.isochrones(museum, network, minutes=[10, 20, 30], direction="to")
communes = bm.communes(epci="call")
fig, ax = bm.page(
    communes,
    title="Accès au Louvre-Lens à vélo, réseau fictif – CA de Lens-Liévin, 2026",
    subtitle="Quadrillage inventé : une rue tous les 80 m, à 15 km/h",
)
bm.draw_neighbours(ax, bm.epcis())
bm.draw_outlines(ax, communes, color="#b9bcc4", width=0.5, fill="#fbfaf7")
bm.draw_isochrones(ax, areas, title="Temps de parcours à vélo (réseau fictif)")
bm.draw_outlines(ax, bm.epcis(epci="call"), label="limite d'EPCI", width=1.1)
bm.draw_points(ax, museum, label="musée du Louvre-Lens")
bm.draw_labels(ax, communes, strong=3)
bm.draw_legend(ax)
bm.draw_furniture(ax, author="Mission Bassin Minier", date=dt.date(2026, 11, 25))
