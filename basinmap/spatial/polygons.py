"""Polygons as they are given: what of them may be measured, and how they meet."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from basinmap.errors import DataError, culprits
from basinmap.spatial.projections import check_metric
from basinmap.territory.units import check_unique

__all__ = [
    "NOISE",
    "are_boxes",
    "check_polygons",
    "disjoint",
    "outlines",
    "overlapping",
    "vertices",
]

NOISE: Final = 1e-9
"""Share of a surface under which a difference is one of arithmetic."""


def outlines(frame: gpd.GeoDataFrame, what: str, *, repair: bool = False) -> np.ndarray:
    """
    Return the outlines of units whose surface has a meaning, one a code.

    Parameters
    ----------
    frame
        Polygons, in a metric CRS.
    what
        What they are, for the message.
    repair
        Whether invalid outlines are repaired rather than refused.
    """
    check_metric(frame, what)
    check_unique(frame.index, what)
    shapes = np.asarray(frame.geometry.array)
    void = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    other = ~void & ~np.isin(shapely.get_type_id(shapes), [3, 6])
    for wrong, told in ((void, "without outline"), (other, "that are no polygon")):
        if wrong.any():
            codes = culprits(frame.index[wrong])
            msg = (
                f"{what}: {wrong.sum()} unit(s) {told}: {codes}; "
                "drop them, or give their polygon"
            )
            raise DataError(msg)
    invalid = ~are_boxes(shapes)
    invalid[invalid] = ~shapely.is_valid(shapes[invalid])
    if invalid.any() and repair:
        shapes = shapes.copy()
        shapes[invalid] = shapely.make_valid(
            shapes[invalid], method="structure", keep_collapsed=False
        )
    elif invalid.any():
        msg = (
            f"{what}: {invalid.sum()} invalid outline(s): "
            f"{culprits(frame.index[invalid])}; repair them with .make_valid()"
        )
        raise DataError(msg)
    flat = frame.index[~(shapely.area(shapes) > 0)]
    if len(flat):
        msg = f"{what}: {len(flat)} without surface ({culprits(flat)}); drop them"
        raise DataError(msg)
    return shapes


def check_polygons(frame: gpd.GeoDataFrame, what: str) -> None:
    """
    Check that a share of surface has a meaning.

    Parameters
    ----------
    frame
        Polygons.
    what
        What they are, for the message.
    """
    shapes = frame.geometry
    flat = frame.index[~(shapes.area > 0)]
    if len(flat):
        msg = f"{what}: {len(flat)} without surface ({culprits(flat)}); use points"
        raise DataError(msg)
    invalid = frame.index[~shapes.is_valid]
    if len(invalid):
        msg = (
            f"{what}: {len(invalid)} invalid outline(s): {culprits(invalid)}; "
            "repair them with .make_valid()"
        )
        raise DataError(msg)


def are_boxes(shapes: np.ndarray) -> np.ndarray:
    """
    Tell which polygons are rectangles along the axes.

    Parameters
    ----------
    shapes
        Polygons.
    """
    found = shapely.get_num_coordinates(shapes) == 5
    x0, y0, x1, y1 = shapely.bounds(shapes[found]).T
    whole, area = (x1 - x0) * (y1 - y0), shapely.area(shapes[found])
    found[found] = (whole > 0) & (np.abs(whole - area) <= NOISE * whole)
    return found


def disjoint(shapes: np.ndarray) -> bool:
    """
    Tell, fast, that polygons do not overlap; False means that they might.

    Parameters
    ----------
    shapes
        Polygons.

    Notes
    -----
    Once shared edges are dropped, what is left bounds the union. If that is a valid
    polygon of the same surface as all the units, no ground is in two of them.
    """
    try:
        union = shapely.coverage_union_all(shapes)
    except shapely.errors.GEOSException:  # edges that cross, or stand three times
        return False
    total = float(shapely.area(shapes).sum())
    same = abs(union.area - total) <= 1e-12 * total
    return bool(same and shapely.is_valid(union))


def overlapping(shapes: np.ndarray) -> pd.DataFrame:
    """
    Return the pairs of polygons that overlap: `left`, `right`, `area`, `shape`.

    Parameters
    ----------
    shapes
        Polygons.
    """
    tree = shapely.STRtree(shapes)
    left, right = tree.query(shapes, predicate="intersects")
    once = left < right
    left, right = left[once], right[once]
    parts = shapely.intersection(shapes[left], shapes[right])
    pairs = pd.DataFrame({"left": left, "right": right, "area": shapely.area(parts)})
    pairs["shape"] = parts
    # Borders that cross by the last bit of a coordinate are no overlap.
    areas = shapely.area(shapes)
    least = NOISE * np.minimum(areas[left], areas[right])
    return pairs[pairs["area"] > least]


def vertices(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """
    Return the coordinates of all rings, with their ring and their polygon.

    Parameters
    ----------
    shapes
        Polygons.
    """
    parts, of_part = shapely.get_parts(shapes, return_index=True)
    rings, of_ring = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    return xy, ring, of_part[of_ring][ring]
