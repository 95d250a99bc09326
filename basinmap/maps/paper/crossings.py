"""Lines on a map that names keep off where they can: rings, limits, coasts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import shapely

from basinmap.maps.paper.sheets import MapAxes

__all__ = ["clear_spot", "crossed", "keep_off", "segments_of"]

_GRID: Final = 14


def keep_off(ax: MapAxes, shapes: Iterable[shapely.Geometry]) -> None:
    """
    Keep lines, or the edges of areas, for names to be written beside them.

    Parameters
    ----------
    ax
        The map of `page`.
    shapes
        What is drawn as a line, in the CRS of the map.
    """
    found = np.array(list(shapes), dtype=object)
    areas = shapely.get_dimensions(found) == 2
    found[areas] = shapely.boundary(found[areas])
    parts = shapely.get_parts(found)
    ends, owner = shapely.get_coordinates(parts, return_index=True)
    same = owner[1:] == owner[:-1]
    lines = np.column_stack([ends[:-1], ends[1:]])[same]
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    low = np.minimum(lines[:, :2], lines[:, 2:])
    high = np.maximum(lines[:, :2], lines[:, 2:])
    seen = (high >= (x0, y0)).all(axis=1) & (low <= (x1, y1)).all(axis=1)
    if seen.any():
        ax.strokes.append(lines[seen])
        ax.stroked = None


def segments_of(ax: MapAxes) -> np.ndarray:
    """
    Return the lines that are kept, as segments in millimetres in the frame.

    Parameters
    ----------
    ax
        The map of `page`.

    Returns
    -------
    ndarray
        One row a segment: x and y of both ends.
    """
    if not ax.strokes:
        return np.empty((0, 4))
    return ax.to_mm(np.concatenate(ax.strokes).reshape(-1, 2)).reshape(-1, 4)


def crossed(ax: MapAxes, boxes: np.ndarray) -> np.ndarray:
    """
    Tell which boxes a line runs through.

    Parameters
    ----------
    ax
        The map of `page`.
    boxes
        Left, bottom, right, top of each, in millimetres in the frame.
    """
    hit = np.zeros(len(boxes), dtype=bool)
    if not ax.strokes:
        return hit
    if ax.stroked is None:
        ends = segments_of(ax).reshape(-1, 2, 2)
        ax.stroked = shapely.STRtree(shapely.linestrings(ends))
    rows, _ = ax.stroked.query(shapely.box(*boxes.T), predicate="intersects")
    hit[rows] = True
    return hit


def clear_spot(
    ax: MapAxes, shape: shapely.Geometry, near: np.ndarray, half: np.ndarray
) -> np.ndarray | None:
    """
    Return the middle of a box that lies in an area, on no line, near a place.

    Parameters
    ----------
    ax
        The map of `page`.
    shape
        The area, in the CRS of the map.
    near
        The place, in millimetres in the frame.
    half
        Half width and half height of the box, in millimetres.

    Returns
    -------
    ndarray or None
        In millimetres in the frame; None where there is no such place.
    """
    x0, y0, x1, y1 = shape.bounds
    low, high = ax.to_mm(np.array([[x0, y0], [x1, y1]]))
    low, high = low + half, high - half
    if (low > high).any():
        return None
    sides = [np.linspace(a, b, _GRID) for a, b in zip(low, high, strict=True)]
    spots = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2)
    boxes = np.hstack([spots - half, spots + half])
    corners = ax.to_metres(boxes.reshape(-1, 2)).reshape(-1, 4)
    shapely.prepare(shape)
    # Most boxes have a corner out of the area, which is told soonest.
    free = np.ones(len(boxes), dtype=bool)
    for x, y in ((0, 1), (2, 3), (0, 3), (2, 1)):
        free[free] = shapely.intersects_xy(shape, corners[free, x], corners[free, y])
    free[free] = ~_met(ax, boxes[free])
    free[free] = shapely.contains(shape, shapely.box(*corners[free].T))
    free[free] = ~crossed(ax, boxes[free])
    if not free.any():
        return None
    away = np.round(np.hypot(*(spots - near).T), 6)
    found: np.ndarray = spots[int(np.argmin(np.where(free, away, np.inf)))]
    return found


def _met(ax: MapAxes, boxes: np.ndarray) -> np.ndarray:
    """Tell which boxes meet what is written or marked already."""
    taken = np.array(ax.boxes, dtype=float).reshape(-1, 4)
    across = (boxes[:, None, 0] < taken[:, 2]) & (boxes[:, None, 2] > taken[:, 0])
    up = (boxes[:, None, 1] < taken[:, 3]) & (boxes[:, None, 3] > taken[:, 1])
    return np.asarray((across & up).any(axis=1))
