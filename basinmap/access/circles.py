"""Crow-fly rings, true on the ground."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Geod, Transformer

from basinmap.arguments import check_given
from basinmap.errors import BasinmapWarning, DataError
from basinmap.spatial.projections import METRIC, check_finite, check_metric
from basinmap.territory.places import Place
from basinmap.territory.units import check_unique
from basinmap.typography import number
from basinmap.values.told import tell

__all__ = ["rings"]

_SHORT: Final = 100.0
"""Metres under which a distance is not written in kilometres."""
_VERTICES = 720
_NEAR: Final = 100.0
"""Metres under which a distance is thought to be typed in kilometres."""
_STEP = 1000.0
"""Metres between the points of a limit between two places."""
_GEOD = Geod(ellps="GRS80")
_RULES: Final[Mapping[str | None, str]] = MappingProxyType(
    {
        None: "à vol d'oiseau",
        "nearest": "à vol d'oiseau, au lieu le plus proche",
        "each": "à vol d'oiseau, autour de chaque lieu (les couronnes se recouvrent)",
    }
)


def rings(
    place: Place | gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    distances: Sequence[float],
    overlap: Literal["nearest", "each"] | None = None,
) -> gpd.GeoDataFrame:
    """
    Return the crow-fly rings around one place or several.

    Distances are measured on the ground: a 10 km circle drawn at Lens with the
    metres of Lambert-93 would be 14 m short.

    Parameters
    ----------
    place
        A `Place`, or a frame of points in a metric CRS.
    distances
        Outer bounds in metres, increasing.
    overlap
        To be said where there are several places. `"nearest"`: ground goes to the
        place that is nearest, so that the rings of all places are one partition.
        `"each"`: each place keeps its whole rings, which overlap those of its
        neighbours; `reach` then wants to be told so.

    Returns
    -------
    GeoDataFrame
        EPSG:2154, index `ring` (outer distance, metres), or (`place`, `ring`) for
        several places; `inner`, `outer` (metres), `label` in French, `geometry`: the
        first is a disc, the others are rings that share its border. Under
        `"nearest"` they are cut, in several parts at times, or empty where other
        places hold all the ground. `attrs["rule"]` is what to print.

    Raises
    ------
    DataError
        If the distances are not positive and increasing, the places are not
        points, are repeated or stand on one another, or there are several and
        nothing says what becomes of the ground they share.
    CRSError
        If the place is in degrees, in Web Mercator, or without CRS.

    Warns
    -----
    BasinmapWarning
        If a distance is under 100 m, as kilometres taken for metres are.

    Notes
    -----
    Each circle is a polygon of 720 points set by direct geodesic on GRS80
    (Karney, 2013, doi:10.1007/s00190-012-0578-z); its surface is 0.001 % short.
    Ground is given to the nearest place by a Voronoi diagram in a stereographic
    projection centred on the places, whose scale hardly varies: on a limit the two
    distances differ by less than 1 m for places and rings within 50 km of it, by
    5 m at 100 km, by 100 m at 300 km.

    Examples
    --------
    >>> import basinmap as bm
    >>> areas = bm.rings(bm.LOUVRE_LENS, distances=[5_000, 10_000])
    >>> areas["label"].tolist()
    ['moins de 5 km', 'de 5 à moins de 10 km']
    >>> both = bm.places().loc[["louvre-lens", "sessevalle-puits-1"]]
    >>> areas = bm.rings(both, distances=[10_000, 20_000], overlap="nearest")
    >>> (areas.area / 1e6).round().unstack()
    ring                10000  20000
    place
    louvre-lens         315.0  894.0
    sessevalle-puits-1  315.0  894.0
    """
    check_given(rings, locals())
    bounds = _checked(distances)
    if overlap not in (None, "nearest", "each"):
        msg = f"unknown overlap {overlap!r}; choose between nearest, each"
        raise DataError(msg)
    names, lon, lat = _positions(place, several=overlap is not None)
    if len(names) == 1:
        overlap = None
    discs = np.array(
        [
            [_disc(*spot, bound) for bound in bounds]
            for spot in zip(lon, lat, strict=True)
        ]
    )
    holes = np.insert(discs[:, :-1], 0, shapely.Polygon(), axis=1)
    shapes = shapely.difference(discs, holes)
    if overlap == "nearest":
        shapes = _polygons(shapely.intersection(shapes, _cells(lon, lat, discs)))
    inner = [0.0, *bounds[:-1]]
    labels = [_label(a, b) for a, b in zip(inner, bounds, strict=True)]
    steps = pd.Index([int(b) if b.is_integer() else b for b in bounds], name="ring")
    index = pd.MultiIndex.from_product([names, steps], names=["place", "ring"])
    frame = gpd.GeoDataFrame(
        {
            "inner": inner * len(names),
            "outer": bounds * len(names),
            "label": labels * len(names),
        },
        geometry=list(shapes.ravel()),
        crs=METRIC,
        index=steps if overlap is None else index,
    )
    tell(frame, rule=_RULES[overlap], sources=())
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
    small = [bound for bound in bounds if bound < _NEAR]
    if small:
        told = ", ".join(f"{bound:g}" for bound in small[:5])
        msg = (
            f"{len(small)} distance(s) under {_NEAR:g} m: {told}; they are metres: "
            f"for kilometres, write distances=[{small[0] * 1000:_.0f}, …]"
        )
        warnings.warn(msg, BasinmapWarning, stacklevel=3)
    return bounds


def _positions(
    place: Place | gpd.GeoDataFrame | gpd.GeoSeries, *, several: bool
) -> tuple[pd.Index, np.ndarray, np.ndarray]:
    """Return the names, longitudes and latitudes of the places."""
    if isinstance(place, Place):
        points = gpd.GeoSeries([place.point], index=[place.code], crs=METRIC)
    else:
        check_metric(place, "place")
        points = place.geometry
    kinds = ", ".join(str(kind) for kind in points.geom_type.unique())
    wrong = kinds != "Point" or points.is_empty.any()
    if wrong or (len(points) != 1 and not several):
        wanted = "points" if several else "one point"
        cure = "" if wrong else "; for all of them, say overlap='nearest' or 'each'"
        msg = f"place: need {wanted}, got {len(points)} geometries ({kinds}){cure}"
        raise DataError(msg)
    check_unique(points.index, "place")
    check_finite(points, "place")
    to_degrees = Transformer.from_crs(points.crs, "EPSG:4326", always_xy=True)
    # Lists: pyproj takes an array of one for a number, of which old numpy warns.
    lon, lat = to_degrees.transform(points.x.tolist(), points.y.tolist())
    return points.index, np.asarray(lon), np.asarray(lat)


def _cells(lon: np.ndarray, lat: np.ndarray, discs: np.ndarray) -> np.ndarray:
    """Return, in a column, the ground that is nearest to each place."""
    middle = f"+lat_0={lat.mean()} +lon_0={lon.mean()}"
    local = f"+proj=stere {middle} +ellps=GRS80 +units=m +type=crs"
    to_local = Transformer.from_crs("EPSG:4326", local, always_xy=True)
    spots = shapely.points(*to_local.transform(lon, lat))
    _check_apart(spots)
    to_plane = Transformer.from_crs(METRIC, local, always_xy=True)
    around = shapely.transform(discs[:, -1], to_plane.transform, interleaved=False)
    cells = shapely.voronoi_polygons(
        shapely.multipoints(spots),
        extend_to=shapely.box(*shapely.total_bounds(around)).buffer(_STEP),
        ordered=True,
    )
    # A straight limit here is curved in Lambert-93.
    cells = shapely.segmentize(shapely.get_parts(cells), _STEP)
    back = Transformer.from_crs(local, METRIC, always_xy=True)
    return shapely.transform(cells, back.transform, interleaved=False)[:, None]


def _check_apart(spots: np.ndarray) -> None:
    one, other = shapely.STRtree(spots).query(spots, predicate="dwithin", distance=1)
    close = int((one < other).sum())
    if close:
        msg = (
            f"place: {close} pair(s) less than 1 m apart: the nearest is not to be "
            "told; keep one place of each pair, or say overlap='each'"
        )
        raise DataError(msg)


def _polygons(shapes: np.ndarray) -> np.ndarray:
    """Keep the polygons where a cut also left points and lines."""
    mixed = shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION
    for place in zip(*np.nonzero(mixed), strict=True):
        parts = shapely.get_parts(shapes[place])
        shapes[place] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    flat = shapely.area(shapes) == 0
    return np.where(flat, shapely.Polygon(), shapes)


def _disc(lon: float, lat: float, distance: float) -> shapely.Polygon:
    azimuths = np.linspace(0, 360, _VERTICES, endpoint=False)
    ones = np.ones(_VERTICES)
    x, y, _ = _GEOD.fwd(ones * lon, ones * lat, azimuths, ones * distance)
    return shapely.Polygon(np.column_stack(_to_metres().transform(x, y)))


@cache
def _to_metres() -> Transformer:
    """Return the way to Lambert-93, made once: a feed has a thousand stops."""
    return Transformer.from_crs("EPSG:4326", METRIC, always_xy=True)


def _label(inner: float, outer: float) -> str:
    low, high = (_length(bound) for bound in (inner, outer))
    if inner == 0:
        return f"moins de {high}"
    if low.endswith(" km") == high.endswith(" km"):
        low = low.rsplit(" ", 1)[0]
    return f"de {low} à moins de {high}"


def _length(metres: float) -> str:
    """Write kilometres, and metres below 100."""
    if metres < _SHORT:
        return f"{number(metres, int(metres % 1 > 0))} m"
    kilometres = metres / 1000
    for decimals in (0, 1, 2):
        if abs(round(kilometres, decimals) - kilometres) < 1e-9:
            return f"{number(kilometres, decimals)} km"
    return f"{number(kilometres, 3)} km"
