"""Names half on a dark fill and half on a pale ground: led off, whole on the ground."""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely

from basinmap.maps.paper.crossings import crossed
from basinmap.maps.paper.inks import clear_under
from basinmap.maps.paper.sheets import MapAxes

__all__ = ["led_off"]

_REACH: Final = (2.5, 4.0, 6.0, 8.0, 11.0, 14.0)  # mm of A4 from the anchor to the name
_DIRECTIONS: Final = 20
_ROOM: Final = 0.8  # mm beside a name
_ABOVE: Final = 1.4  # mm above and under it: two names are not two lines of one
_INSIDE: Final = 2.0  # mm in the unit, where the line starts
_BEYOND: Final = 1.6  # mm at least from the units to a name: the line is seen
_GRAZED: Final = 0.7  # mm between the line to a name and other names
_LINE: Final = 3.0  # mm longer is better than on a line of the map


def led_off(
    ax: MapAxes,
    boxes: np.ndarray,
    leaders: np.ndarray,
    torn: np.ndarray,
    anchors: np.ndarray,
    shapes: np.ndarray,
) -> bool:
    """
    Move names on the ground around, each with a line to its unit, where one is free.

    Parameters
    ----------
    ax
        The map of `page`.
    boxes
        Left, bottom, right, top of names, in millimetres in the frame; changed.
    leaders
        Lines x0, y0, x1, y1 to names, NaN where there is none; changed.
    torn
        Which names are to be moved.
    anchors
        What is named by each, in millimetres.
    shapes
        Unit of each, in the CRS of the map.

    Returns
    -------
    bool
        Whether one was moved.
    """
    moved = False
    tree = shapely.STRtree(shapes)
    for row in np.flatnonzero(torn).tolist():
        half = (boxes[row, 2:] - boxes[row, :2]) / 2
        spots = _around(ax, anchors[row], half)
        found = np.hstack([spots - half, spots + half])
        found = found[_on_ground(ax, found, tree)]
        lines = _lines(ax, anchors[row], found, shapes[row])
        free = _apart(ax, row, found, lines, boxes, leaders)
        found, lines = found[free], lines[free]
        if not len(found):
            continue
        length = np.hypot(*(lines[:, 2:] - lines[:, :2]).T)
        length = length + _LINE * ax.plan.zoom * crossed(ax, found)
        best = int(np.argmin(np.round(length, 6)))
        boxes[row], leaders[row] = found[best], lines[best]
        moved = True
    return moved


def _on_ground(ax: MapAxes, boxes: np.ndarray, units: shapely.STRtree) -> np.ndarray:
    """Return the rows of boxes in the frame, off the units, on a pale ground."""
    rows = np.flatnonzero(_in_frame(ax, boxes))
    beyond = _BEYOND * ax.plan.zoom * np.array([-1.0, -1.0, 1.0, 1.0])
    corners = ax.to_metres((boxes[rows] + beyond).reshape(-1, 2)).reshape(-1, 4)
    on_unit = units.query(shapely.box(*corners.T), predicate="intersects")[0]
    rows = np.delete(rows, np.unique(on_unit))
    return rows[clear_under(ax, boxes[rows])] if len(rows) else rows


def _around(ax: MapAxes, anchor: np.ndarray, half: np.ndarray) -> np.ndarray:
    """Return middles of boxes around an anchor."""
    angle = np.arange(_DIRECTIONS) * (2 * np.pi / _DIRECTIONS)
    unit = np.round(np.column_stack([np.cos(angle), np.sin(angle)]), 12)
    away = np.array(_REACH)[:, None, None] * ax.plan.zoom
    spots: np.ndarray = (anchor + unit * (away + half)).reshape(-1, 2)
    return spots


def _in_frame(ax: MapAxes, boxes: np.ndarray) -> np.ndarray:
    low, high = _ROOM * ax.plan.zoom, np.array(ax.plan.frame[2:])
    sides = np.hstack([boxes[:, :2] >= low, boxes[:, 2:] <= high - low])
    return np.asarray(sides.all(axis=1))


def _lines(
    ax: MapAxes, anchor: np.ndarray, boxes: np.ndarray, shape: shapely.Geometry
) -> np.ndarray:
    """Return lines from a little inside of a unit to the nearest point of boxes."""
    end = np.clip(anchor, boxes[:, :2], boxes[:, 2:])
    ends = ax.to_metres(np.vstack([anchor[None], end]))
    whole = shapely.linestrings(
        np.stack([np.broadcast_to(ends[0], ends[1:].shape), ends[1:]], axis=1)
    )
    inside = shapely.length(shapely.intersection(whole, shape))
    start = inside * 1000 / ax.plan.scale - _INSIDE * ax.plan.zoom
    step = end - anchor
    share = np.clip(start / np.maximum(np.hypot(*step.T), 1e-9), 0, 1)
    return np.hstack([anchor + share[:, None] * step, end])


def _apart(
    ax: MapAxes,
    row: int,
    found: np.ndarray,
    lines: np.ndarray,
    boxes: np.ndarray,
    leaders: np.ndarray,
) -> np.ndarray:
    """Tell which boxes, with their lines, meet nothing that is written."""
    room = np.array([-_ROOM, -_ABOVE, _ROOM, _ABOVE]) * ax.plan.zoom
    if not len(found):
        return np.zeros(0, dtype=bool)
    others = np.delete(boxes, row, axis=0)
    taken = np.vstack([np.array(ax.boxes, dtype=float).reshape(-1, 4), others])
    drawn = np.delete(leaders, row, axis=0)
    drawn = drawn[np.isfinite(drawn).all(axis=1)]
    there = [
        *shapely.box(*taken.T),
        *shapely.linestrings(drawn.reshape(-1, 2, 2)),
        *(shapely.Point(x, y).buffer(r) for x, y, r in ax.symbols.values()),
    ]
    tree = shapely.STRtree(there)
    wider = found + room
    free = np.ones(len(found), dtype=bool)
    # A line that grazes a name strikes it out.
    ways = shapely.buffer(
        shapely.linestrings(lines.reshape(-1, 2, 2)),
        _GRAZED * ax.plan.zoom,
        cap_style="flat",
    )
    for mine in (shapely.box(*wider.T), ways):
        free[tree.query(mine, predicate="intersects")[0]] = False
    return free
