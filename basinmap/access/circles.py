"""Crow-fly rings, true on the ground."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Geod, Transformer

from basinmap.errors import DataError
from basinmap.spatial.projections import METRIC, check_metric
from basinmap.territory.places import Place
from basinmap.typography import number

__all__ = ["rings"]

_VERTICES = 720
_GEOD = Geod(ellps="GRS80")


def rings(
    place: Place | gpd.GeoDataFrame | gpd.GeoSeries, *, distances: Sequence[float]
) -> gpd.GeoDataFrame:
    """
    Return the crow-fly rings around a place, as a partition.

    Distances are measured on the ground: a 10 km circle drawn at Lens with the
    metres of Lambert-93 would be 14 m short.

    Parameters
    ----------
    place
        A `Place`, or a frame of one point in a metric CRS.
    distances
        Outer bounds in metres, increasing.

    Returns
    -------
    GeoDataFrame
        EPSG:2154, index `ring` (outer distance, metres); `inner`, `outer`
        (metres), `label` in French, `geometry`: the first is a disc, the others
        are rings that share its border.

    Raises
    ------
    DataError
        If the distances are not positive and increasing, or the place is not
        one point.
    CRSError
        If the place is in degrees, in Web Mercator, or without CRS.

    Notes
    -----
    Each circle is a polygon of 720 points set by direct geodesic on GRS80
    (Karney, 2013, doi:10.1007/s00190-012-0578-z); its surface is 0.001 % short.

    Examples
    --------
    >>> import basinmap as bm
    >>> areas = bm.rings(bm.LOUVRE_LENS, distances=[5_000, 10_000])
    >>> areas["label"].tolist()
    ['moins de 5 km', 'de 5 à moins de 10 km']
    """
    bounds = _checked(distances)
    lon, lat = _position(place)
    discs = [_disc(lon, lat, distance) for distance in bounds]
    holes = [shapely.Polygon(), *discs[:-1]]
    inner = [0.0, *bounds[:-1]]
    frame = gpd.GeoDataFrame(
        {
            "inner": inner,
            "outer": bounds,
            "label": [_label(a, b) for a, b in zip(inner, bounds, strict=True)],
        },
        geometry=list(shapely.difference(discs, holes)),
        crs=METRIC,
        index=pd.Index([int(b) if b.is_integer() else b for b in bounds], name="ring"),
    )
    frame.attrs = {"rule": "à vol d'oiseau", "sources": ()}
    return frame


def _checked(distances: Sequence[float]) -> list[float]:
    try:
        numbers = [distance for distance in distances if not isinstance(distance, str)]
        bounds = [float(number) for number in numbers]
    except TypeError:
        numbers, bounds = [], []
    steps = np.diff([0.0, *bounds])
    whole = len(bounds) == len(list(distances)) if numbers else False
    if not whole or not np.isfinite(bounds).all() or (steps < 1).any():
        msg = (
            "distances must be positive metres in increasing order, 1 m apart, got "
            f"{distances!r}: write distances=[5_000, 10_000]"
        )
        raise DataError(msg)
    if max(bounds) > 1_000_000:
        msg = f"distances are metres; {max(bounds):g} is more than 1 000 km"
        raise DataError(msg)
    return bounds


def _position(place: Place | gpd.GeoDataFrame | gpd.GeoSeries) -> tuple[float, float]:
    if isinstance(place, Place):
        points = gpd.GeoSeries([place.point], crs=METRIC)
    else:
        check_metric(place, "place")
        points = place.geometry
    kinds = ", ".join(str(kind) for kind in points.geom_type.unique())
    if len(points) != 1 or kinds != "Point" or points.is_empty.iloc[0]:
        msg = f"place: need one point, got {len(points)} geometries ({kinds})"
        raise DataError(msg)
    point = points.iloc[0]
    to_degrees = Transformer.from_crs(points.crs, "EPSG:4326", always_xy=True)
    lon, lat = to_degrees.transform(point.x, point.y)
    return lon, lat


def _disc(lon: float, lat: float, distance: float) -> shapely.Polygon:
    azimuths = np.linspace(0, 360, _VERTICES, endpoint=False)
    ones = np.ones(_VERTICES)
    x, y, _ = _GEOD.fwd(ones * lon, ones * lat, azimuths, ones * distance)
    to_metres = Transformer.from_crs("EPSG:4326", METRIC, always_xy=True)
    return shapely.Polygon(np.column_stack(to_metres.transform(x, y)))


def _label(inner: float, outer: float) -> str:
    low, high = (_km(bound) for bound in (inner, outer))
    return f"moins de {high} km" if inner == 0 else f"de {low} à moins de {high} km"


def _km(metres: float) -> str:
    kilometres = metres / 1000
    for decimals in (0, 1, 2):
        if abs(round(kilometres, decimals) - kilometres) < 1e-9:
            return number(kilometres, decimals)
    return number(kilometres, 3)
