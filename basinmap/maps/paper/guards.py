"""Guards: what a layer refuses of a map and of outlines before it draws anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes

from basinmap.errors import CRSError, DataError, culprits
from basinmap.maps.paper.kept import Kept, KeptOfAll
from basinmap.maps.paper.sheets import MapAxes, Sheet
from basinmap.spatial.projections import METRIC, check_metric, crs_of, geometries

__all__ = [
    "check_areas",
    "check_drawable",
    "check_map",
    "check_open",
    "check_overlaps",
    "check_seen",
    "frame_of",
    "near_rows",
    "rows_in",
    "shapes_of",
]

_SHARED: Final = 0.01
"""Share of a unit that another may cover: outlines are drawn to some metres."""
_SOUND: Final[Kept[bool]] = Kept(lambda _: True)
"""Geometries that were found to be drawable."""
_AREAS: Final[Kept[bool]] = Kept(lambda _: True)
"""Those that were found to have a surface."""
_MANY: Final = 200
"""Geometries whose boxes are sooner kept than measured."""
_BOXES: Final[KeptOfAll[np.ndarray]] = KeptOfAll(
    lambda shapes: shapely.bounds(shapes).T
)
"""Least x and y, greatest x and y of many geometries."""

# -- maps ---------------------------------------------------------------------------


def check_map(ax: object) -> None:
    """
    Check that what is drawn on is one map.

    Parameters
    ----------
    ax
        What was given.

    Raises
    ------
    DataError
        If it is the sheet, all the maps of `panels`, or nothing of ours.
    """
    if isinstance(ax, MapAxes):
        return
    if isinstance(ax, Sheet):
        told = "is the sheet: pass its map, ax of fig, ax = bm.page(…)"
    elif isinstance(ax, Mapping) and ax:
        told = (
            f"is the {len(ax)} maps of panels: draw on one at a time, "
            f"maps[{next(iter(ax))!r}]"
        )
    else:
        told = (
            f"is of type {type(ax).__name__}: pass one map, ax of "
            "fig, ax = bm.page(…) or maps['…'] of fig, maps = bm.panels(…)"
        )
    msg = f"ax {told}"
    raise DataError(msg)


def check_open(ax: MapAxes, *, keyed: bool = True) -> None:
    """
    Check that legend and foot may still tell what is about to be drawn.

    Parameters
    ----------
    ax
        The map of `page`.
    keyed
        Whether it leaves an entry in the legend; otherwise its sources alone count.

    Raises
    ------
    DataError
        If the legend is drawn already, or the foot.
    """
    maps = [one for one in (ax, ax.host) if one is not None]
    if keyed and any(one.explained for one in maps):
        msg = (
            "the legend is drawn already, and would say nothing of this layer: draw "
            "every layer first, then draw_legend"
        )
        raise DataError(msg)
    if any(one.signed for one in maps):
        msg = (
            "the foot is drawn already, and would not name the sources of this layer: "
            "draw every layer first, then draw_furniture"
        )
        raise DataError(msg)


# -- geometries ---------------------------------------------------------------------


def check_drawable(units: gpd.GeoDataFrame, what: str = "units") -> None:
    """
    Check that units can be drawn: in the CRS of the map, each code once.

    Parameters
    ----------
    units
        Any geometries.
    what
        What they are, for the message.

    Raises
    ------
    CRSError
        If they are not in EPSG:2154.
    DataError
        If they are no frame, a code is repeated, a unit has no geometry, a
        coordinate is no finite number, or an outline is invalid, such as a bow tie,
        whose surface and middle mean nothing.
    """
    check_metric(units, what)
    if not isinstance(units, gpd.GeoDataFrame):
        msg = f"{what}: a GeoSeries has no columns; write series.to_frame('geometry')"
        raise DataError(msg)
    if not units.index.is_unique:
        again = units.index[units.index.duplicated()].unique()
        msg = f"{what}: codes that stand more than once: {culprits(again)}"
        raise DataError(msg)
    if crs_of(units) != METRIC:
        msg = f"the map is in {METRIC}, the {what} in {units.crs.to_string()}; "
        raise CRSError(msg + "call .to_crs(2154)")
    shapes = shapes_of(units)
    if not _SOUND.knows(shapes):
        _check_shapes(units, what)
        _SOUND.learn(shapes, made=True)


def shapes_of(units: gpd.GeoDataFrame) -> np.ndarray:
    """
    Return the geometries of a frame, without what is told of it.

    Parameters
    ----------
    units
        Any geometries.
    """
    return np.asarray(geometries(units))


def _check_shapes(units: gpd.GeoDataFrame, what: str) -> None:
    """Check geometries that no sheet has drawn yet."""
    void = units.index[units.geometry.isna() | units.geometry.is_empty]
    if len(void):
        msg = f"{what}: {len(void)} without geometry: {culprits(void)}; drop them first"
        raise DataError(msg)
    points, owner = shapely.get_coordinates(units.geometry.array, return_index=True)
    wild = units.index[np.unique(owner[~np.isfinite(points).all(axis=1)])]
    if len(wild):
        msg = (
            f"{what}: {len(wild)} with infinite or missing coordinates: "
            f"{culprits(wild)}; drop them or read them again"
        )
        raise DataError(msg)
    invalid = units.index[~units.is_valid]
    if len(invalid):
        msg = (
            f"{what}: {len(invalid)} invalid outline(s): {culprits(invalid)}; repair "
            "them with .make_valid(method='structure', keep_collapsed=False)"
        )
        raise DataError(msg)


def check_areas(units: gpd.GeoDataFrame, what: str = "units") -> None:
    """
    Check that units are areas that can be filled, on the CRS of the map.

    Parameters
    ----------
    units
        Polygons.
    what
        What they are, for the message.

    Raises
    ------
    CRSError
        If they are not in EPSG:2154.
    DataError
        For a reason of `check_drawable`, or if one is no polygon or has no surface.
    """
    check_drawable(units, what)
    shapes = shapes_of(units)
    if _AREAS.knows(shapes):
        return
    odd = units.index[~units.geom_type.isin(["Polygon", "MultiPolygon"])]
    if len(odd):
        kinds = culprits(units.geom_type[odd].unique())
        msg = (
            f"{what}: {len(odd)} that are no polygon: {culprits(odd)} ({kinds}); drop "
            "them, or keep their polygons with .explode() and .dissolve()"
        )
        raise DataError(msg)
    flat = units.index[~(units.area > 0)]
    if len(flat):
        msg = f"{what}: {len(flat)} without surface: {culprits(flat)}; drop them first"
        raise DataError(msg)
    _AREAS.learn(shapes, made=True)


def check_seen(ax: Axes, units: gpd.GeoDataFrame, what: str = "units") -> None:
    """
    Check that the frame of the map shows some of the units.

    Parameters
    ----------
    ax
        The map of `page`.
    units
        What is drawn.
    what
        What they are, for the message.

    Raises
    ------
    DataError
        If it shows none: the page would be empty.
    """
    shapes = shapes_of(units)
    if not len(rows_in(shapes, frame_of(ax))):
        msg = (
            f"none of the {len(units)} {what} lies in the frame of the map: make the "
            "page for them, page(units, title=…)"
        )
        raise DataError(msg)


def frame_of(ax: Axes) -> tuple[float, float, float, float]:
    """
    Return what the frame of a map shows: least x and y, greatest x and y.

    Parameters
    ----------
    ax
        The map of `page`.
    """
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    return x0, y0, x1, y1


def near_rows(shapes: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
    """
    Return the places, from 0, of the geometries whose box meets another.

    Parameters
    ----------
    shapes
        Any geometries.
    box
        Least x and y, greatest x and y.
    """
    boxes = _BOXES.of(shapes) if len(shapes) > _MANY else shapely.bounds(shapes).T
    left, low, right, high = boxes
    x0, y0, x1, y1 = box
    near = (left <= x1) & (right >= x0) & (low <= y1) & (high >= y0)
    return np.flatnonzero(near)


def rows_in(shapes: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
    """
    Return the places, from 0, of the geometries that meet a box.

    Parameters
    ----------
    shapes
        Any geometries.
    box
        Least x and y, greatest x and y.
    """
    near = near_rows(shapes, box)
    met: np.ndarray = shapely.intersects(shapes[near], shapely.box(*box))
    return near[met]


def check_overlaps(shapes: np.ndarray, codes: pd.Index, what: str = "units") -> None:
    """
    Check that no unit would hide a good part of another under its colour.

    Parameters
    ----------
    shapes
        Polygons in a metric CRS.
    codes
        Of the units, for the message.
    what
        What they are, for the message.

    Raises
    ------
    DataError
        If two of them share more than a hundredth of the smaller one, such as communes
        and their EPCI.
    """
    if shapely.coverage_is_valid(shapes):
        return
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    left, right = left[left < right], right[left < right]
    areas = shapely.area(shapes)
    shared = shapely.area(shapely.intersection(shapes[left], shapes[right]))
    wrong = shared > _SHARED * np.minimum(areas[left], areas[right])
    if not wrong.any():
        return
    left, right = left[wrong], right[wrong]
    # The large one is the culprit: a total among its parts, most of the time.
    large = np.where(areas[left] >= areas[right], left, right)
    small = np.where(areas[left] >= areas[right], right, left)
    found = codes[np.unique(large)]
    msg = (
        f"{what}: {len(found)} lie(s) over others: {culprits(found)}, over "
        f"{culprits(codes[np.unique(small)])}; one colour would hide the other: "
        "drop totals and larger levels, and draw these with draw_outlines"
    )
    raise DataError(msg)
