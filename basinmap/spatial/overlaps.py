"""How much of each unit lies in each area, by point or by surface."""

from __future__ import annotations

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from basinmap.errors import BasinmapWarning
from basinmap.spatial.polygons import check_polygons
from basinmap.spatial.projections import check_same_crs
from basinmap.typography import shortest

__all__ = [
    "outlines_caution",
    "point_shares",
    "shared_surface",
    "surface_shares",
    "warn_apart",
]


def point_shares(units: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """
    Say which area holds the representative point of each unit.

    Parameters
    ----------
    units, areas
        Polygons, in one metric CRS.

    Returns
    -------
    DataFrame
        Columns `area` and `unit` (index values) and `share`, always 1. A point
        on a border counts in the first area only.
    """
    check_same_crs(units, areas, names=("units", "areas"))
    points = units.representative_point()
    # The areas ask the tree: GEOS prepares what asks, and they have the vertices.
    tree = shapely.STRtree(points.array)
    rows, columns = tree.query(areas.geometry.array, predicate="intersects")
    pairs = pd.DataFrame({"unit": columns, "area": rows})
    pairs = pairs.sort_values(["unit", "area"]).drop_duplicates("unit")
    return _named(pairs.assign(share=1.0), units, areas)


def surface_shares(units: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """
    Return the share of the surface of each unit that lies in each area.

    Parameters
    ----------
    units, areas
        Polygons, in one metric CRS.

    Returns
    -------
    DataFrame
        Columns `area` and `unit` (index values) and `share` in ]0, 1].
    """
    check_same_crs(units, areas, names=("units", "areas"))
    check_polygons(units, "units")
    tree = shapely.STRtree(areas.geometry.array)
    rows, columns = tree.query(units.geometry.array, predicate="intersects")
    left = units.geometry.array[rows]
    parts = shapely.intersection(left, areas.geometry.array[columns])
    share = shapely.area(np.asarray(parts)) / shapely.area(np.asarray(left))
    pairs = pd.DataFrame({"unit": rows, "area": columns, "share": share})
    return _named(pairs[pairs["share"] > 0], units, areas)


def warn_apart(
    first: shapely.Geometry | gpd.GeoDataFrame | gpd.GeoSeries,
    second: gpd.GeoDataFrame | gpd.GeoSeries,
    names: tuple[str, str],
    *,
    stacklevel: int = 3,
) -> None:
    """
    Warn where the boxes of two things have nothing in common.

    Parameters
    ----------
    first, second
        What is to be crossed, in one CRS.
    names
        What they are, for the message.
    stacklevel
        Where the user stands, for the warning.
    """
    bounds = (
        first.bounds if isinstance(first, shapely.Geometry) else first.total_bounds,
        second.total_bounds,
    )
    if shapely.intersects(*(shapely.box(*box) for box in bounds)):
        return
    told = [
        f"{name} within x = {west:.0f} … {east:.0f}, y = {south:.0f} … {north:.0f}"
        for name, (west, south, east, north) in zip(names, bounds, strict=True)
    ]
    msg = (
        f"{names[0]} and {names[1]} have no ground in common: {', '.join(told)}; check "
        "that they are of the same place, and their CRS"
    )
    warnings.warn(msg, BasinmapWarning, stacklevel=stacklevel)


def shared_surface(areas: gpd.GeoDataFrame) -> float:
    """
    Return the surface that several areas hold, in square metres.

    Parameters
    ----------
    areas
        Polygons, in a metric CRS; invalid ones are read as `make_valid` has them.

    Returns
    -------
    float
        What exceeds the surface of their union.
    """
    shapes = shapely.make_valid(areas.geometry.array)
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    # Areas that only share borders, such as bands, need no union.
    if shapely.coverage_is_valid(shapes):
        return 0.0
    total = float(shapely.area(shapes).sum())
    return max(total - float(shapely.area(shapely.union_all(shapes))), 0.0)


def outlines_caution(error: float | None) -> str:
    """
    Say in French that what lies near a limit may be on its wrong side.

    Parameters
    ----------
    error
        Metres by which outlines are off: `attrs["outline_error"]` of their frame.

    Returns
    -------
    str
        A sentence; empty where the error is not known, or null.

    Examples
    --------
    >>> outlines_caution(174.0).replace("\u00a0", " ")
    "Contours généralisés (± 170 m) : ce qui est plus près d'une limite peut être de \
l'autre côté."
    >>> outlines_caution(None)
    ''
    """
    if not error:
        return ""
    metres = shortest(float(f"{error:.2g}"))
    return (
        f"Contours généralisés (±\u00a0{metres}\u00a0m)\u00a0: ce qui est plus près "
        "d'une limite peut être de l'autre côté."
    )


def _named(
    pairs: pd.DataFrame, units: gpd.GeoDataFrame, areas: gpd.GeoDataFrame
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "area": areas.index.to_numpy()[pairs["area"]],
            "unit": units.index.to_numpy()[pairs["unit"]],
            "share": pairs["share"].to_numpy(),
        }
    )
