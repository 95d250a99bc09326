"""What engines that are not ours have in common: points in, areas and limits out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from basinmap.access.networks import OFF_STREET, PRINTED, Mode
from basinmap.access.times import WAYS, Direction
from basinmap.errors import DataError, culprits
from basinmap.spatial.projections import METRIC, check_metric
from basinmap.territory.places import Place
from basinmap.territory.units import check_unique
from basinmap.typography import shortest, typeset
from basinmap.values.told import tell, told_of

__all__ = ["Points", "areas_of", "checked_limit", "points_of", "times_frame"]

Points: TypeAlias = Place | gpd.GeoDataFrame | gpd.GeoSeries


def checked_limit(limit: float | None) -> float:
    """
    Return the minutes above which a time is missing.

    Parameters
    ----------
    limit
        As given; None for no limit.

    Raises
    ------
    DataError
        If it is no number above 0.
    """
    if limit is None:
        return np.inf
    if not isinstance(limit, int | float) or not limit > 0:
        msg = f"limit is a number of minutes above 0, such as 30; got {limit!r}"
        raise DataError(msg)
    return float(limit)


def points_of(points: Points, what: str) -> tuple[gpd.GeoSeries, tuple[str, ...]]:
    """
    Return points on the index of their codes, and their sources.

    Parameters
    ----------
    points
        A place, or points in a metric CRS.
    what
        What they are, for messages.

    Raises
    ------
    CRSError
        If a CRS is missing, in degrees, or Web Mercator.
    DataError
        If some are no points, or a code is repeated.
    """
    if isinstance(points, Place):
        one = gpd.GeoSeries([points.point], index=[points.name], crs=METRIC)
        return one, (points.credit,)
    check_metric(points, what)
    check_unique(points.index, what)
    series = points.geometry
    shapes = np.asarray(series.array)
    wrong = (shapely.get_type_id(shapes) != 0) | shapely.is_empty(shapes)
    wrong[~wrong] = ~np.isfinite(shapely.get_coordinates(shapes[~wrong])).all(axis=1)
    if wrong.any():
        msg = (
            f"{what}: {wrong.sum()} that are no points with coordinates: "
            f"{culprits(series.index[wrong])}; pass .representative_point()"
        )
        raise DataError(msg)
    return series, told_of(points).sources


def times_frame(  # noqa: PLR0913 - what a rule says
    minutes: NDArray[np.float64],
    metres: NDArray[np.float64],
    ends: tuple[pd.Index, pd.Index],
    *,
    mode: Mode,
    direction: Direction,
    limit: float | None,
    max_gap: float,
    asked: str,
    engine: str,
    sources: Sequence[str],
) -> pd.DataFrame:
    """
    Return times as the built-in engine does, those over the limit missing.

    Parameters
    ----------
    minutes, metres
        By origin and destination: the walk to the streets in, and its length.
    ends
        Codes of the origins and of the destinations.
    mode, direction, limit, max_gap
        As they were asked.
    asked
        In French, who reckoned.
    engine
        The same, with its version.
    sources
        What to credit, once each.
    """
    within = np.where(minutes <= checked_limit(limit), minutes, np.nan)
    index = pd.MultiIndex.from_product(ends, names=["origin", "destination"])
    table = pd.DataFrame(
        {"minutes": within.ravel(), "off_street": metres.ravel()}, index=index
    )
    up_to = "" if limit is None else f", {shortest(limit)} min au plus"
    most = "" if np.isinf(max_gap) else f", sur {shortest(max_gap)} m au plus"
    tell(
        table,
        mode=mode,
        direction=direction,
        limit=limit,
        max_gap=float(max_gap),
        rule=typeset(
            f"temps de parcours {PRINTED[mode]} par les rues ({asked}), "
            f"{WAYS[direction]}{up_to}, marche jusqu'à la rue comprise (à "
            f"{shortest(OFF_STREET)} km/h{most})"
        ),
        sources=tuple(dict.fromkeys(filter(None, sources))),
        engine=engine,
    )
    return table


def areas_of(
    shapes: Sequence[shapely.Geometry], crs: CRS | str, *, nested: bool
) -> list[shapely.MultiPolygon]:
    """
    Return what an engine drew as areas: valid, each holding the one before or not.

    Parameters
    ----------
    shapes
        In degrees, the nearest first.
    crs
        Metric CRS of the areas.
    nested
        Whether each holds the one before.
    """
    areas = gpd.GeoSeries(shapes, crs=4326).to_crs(crs).make_valid().tolist()
    for k in range(1, len(areas)):
        areas[k] = shapely.union(areas[k], areas[k - 1])
    if not nested:
        areas = [areas[0], *shapely.difference(areas[1:], areas[:-1])]
    return [_ground(area) for area in areas]


def _ground(area: shapely.Geometry) -> shapely.MultiPolygon:
    """Keep polygons only: a union may hold lines and points."""
    parts = shapely.get_parts(shapely.get_parts(area))
    return shapely.MultiPolygon([p for p in parts if p.geom_type == "Polygon"])
