"""Names of areas that hold what a map is about: beside their limit, out of the data."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.font_manager import FontProperties

from basinmap.arguments import check_given
from basinmap.errors import BasinmapWarning, DataError, culprits
from basinmap.maps.layers.doors import enter
from basinmap.maps.layers.drawing import inked
from basinmap.maps.layers.placement import split_label
from basinmap.maps.look.lettering import LEADING, letter
from basinmap.maps.look.themes import (
    MM_PER_POINT,
    font,
    one_line,
    settings,
    text_width,
)
from basinmap.maps.paper.crossings import crossed
from basinmap.maps.paper.guards import shapes_of
from basinmap.maps.paper.inks import inks_of
from basinmap.maps.paper.sheets import MapAxes
from basinmap.maps.paper.stack import STACK
from basinmap.measures import check_columns
from basinmap.typography import typeset

__all__ = ["draw_area_names"]

_TRACKING: Final = 0.12  # of the size, between two capitals
_LARGER: Final = 1.0  # points, than the names of what is in the area
_WIDE: Final = 16  # letters from which a name is better on two lines
_GAP_MM: Final = 1.2  # between a limit and the name beside it
_FAR_MM: Final = 9.0  # from its limit, above which a name is of nothing
_NEARER_MM: Final = 2.5  # to its own area than to any other
_STEP_MM: Final = 1.2
_LINE_COST_MM: Final = 10.0  # of a line through a name: so much further is better
_OFF_COST: Final = 0.04  # of a millimetre, for each away from the middle of the area
_EDGE_MM: Final = 1.2  # between a name and the frame


def draw_area_names(
    ax: MapAxes,
    areas: gpd.GeoDataFrame,
    *,
    column: str = "name",
    color: str | None = None,
    size: float | None = None,
) -> int:
    """
    Write the names of areas in spaced capitals, beside their limit, out of the data.

    Inside, there are the names of communes: those of the SCoT or EPCI that hold them
    go just out of their edge, nearer to it than to any other. Draw the layers before,
    and write the names of communes after.

    Parameters
    ----------
    ax
        The map of `page`.
    areas
        Polygons in EPSG:2154, such as `bm.scots()`.
    column
        Column of the names.
    color
        That of their limits; by default the ink of the theme.
    size
        Size in points; by default one more than that of names, larger on a poster.

    Returns
    -------
    int
        How many names were written.

    Raises
    ------
    ColumnError
        If the column is missing.
    CRSError
        If the areas are in degrees, in Web Mercator or without CRS.
    DataError
        If the areas are no polygons, none lies in the frame, or none has a name.

    Warns
    -----
    BasinmapWarning
        If a name found no room beside its area, which then has no name.

    See Also
    --------
    draw_labels : Names in what they name.

    Examples
    --------
    >>> import basinmap as bm
    >>> douaisis = bm.communes(scot="grand-douaisis")
    >>> fig, ax = bm.page(douaisis, title="Grand Douaisis")
    >>> bm.draw_outlines(ax, bm.epcis(scot="grand-douaisis"), label="limite d'EPCI")
    >>> bm.draw_area_names(ax, bm.epcis(scot="grand-douaisis"))
    2
    """
    check_given(draw_area_names, locals())
    enter(ax, areas, "areas", areas=True, keyed=False)
    check_columns(areas, column)
    if size is not None and not 0 < size < np.inf:
        msg = f"size={size}: give the size of the names, in points"
        raise DataError(msg)
    found = _named(ax, areas, column)
    ink = inked(ax, color or ax.plan.theme.ink)
    points = size or ax.plan.theme.label + _LARGER * ax.plan.zoom
    beside = _Beside(ax, [one.shape for one in found])
    lost = []
    with settings():
        for at in beside.tightest():
            one = found[at]
            if not beside.write(at, one.name, points, ink):
                lost.append(one.name)
            else:
                ax.named.add((one.code, one.name))
    if lost:
        msg = (
            f"{len(lost)} name(s) of {len(found)} found no room beside their area: "
            f"{culprits(lost)}; write them before those of communes, take a larger "
            "paper, or a smaller size="
        )
        warnings.warn(msg, BasinmapWarning, stacklevel=2)
    return len(found) - len(lost)


@dataclass(frozen=True, slots=True)
class _Area:
    """What an area is called, and the part of it that the frame shows."""

    code: str
    name: str
    shape: shapely.Geometry


def _named(ax: MapAxes, areas: gpd.GeoDataFrame, column: str) -> list[_Area]:
    """Return the areas of the frame that have a name, the largest first."""
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    seen = shapely.clip_by_rect(shapes_of(areas), x0, y0, x1, y1)
    names = [one_line(str(n)) if n == n else "" for n in areas[column].tolist()]  # noqa: PLR0124 - NaN is not itself
    found = [
        _Area(str(code), typeset(name), shape)
        for code, name, shape in zip(areas.index, names, seen.tolist(), strict=True)
        if name not in ("", "None", "<NA>") and shape.area > 0
    ]
    if not found:
        msg = f"{column}: none of the {len(areas)} areas lies in the frame with a name"
        raise DataError(msg)
    return sorted(found, key=lambda one: -one.shape.area)


class _Beside:
    """Where names may go: out of the data and of all that is written."""

    def __init__(self, ax: MapAxes, shapes: list[shapely.Geometry]) -> None:
        self.ax, self.shapes = ax, shapes
        data = [] if ax.subject is None else [ax.subject.to_numpy()]
        data += [fill.shapes for fill in ax.fills if fill.floor == STACK["fills"]]
        self.data = shapely.STRtree(np.concatenate([*data, np.array(shapes)]))

    def tightest(self) -> list[int]:
        """Return the areas, those with the shortest edge on the ground first."""
        whole = shapely.union_all(self.data.geometries)
        rim = shapely.boundary(whole).buffer(1.0)
        free = [shape.boundary.intersection(rim).length for shape in self.shapes]
        return sorted(range(len(free)), key=lambda at: free[at])

    def write(self, at: int, name: str, points: float, ink: str) -> bool:
        """Write the name of an area if it finds room."""
        ax = self.ax
        style = font(ax.plan.theme.narrow, points, weight=500)
        text = name.upper()
        lines = [text] if len(text) < _WIDE else [split_label(text, _WIDE), text]
        for one in lines:
            wide, high = _extent(one, points, style)
            half = np.array([wide, high]) / 2
            spot = self._spot(at, half)
            if spot is not None:
                box = np.hstack([spot - half, spot + half])
                self._letter(one, spot, box, style, ink)
                return True
        return False

    def _spot(self, at: int, half: np.ndarray) -> np.ndarray | None:
        """Return where a box is best, in millimetres in the frame."""
        spots = self._grid(at, half)
        spots = spots[~self._taken(spots, half)]
        boxes = self._boxes(spots, half)
        barred = self.data.query(boxes, predicate="intersects")[0]
        free = np.setdiff1d(np.arange(len(spots)), barred)
        spots, boxes = spots[free], boxes[free]
        scale = 1000 / self.ax.plan.scale / self.ax.plan.zoom
        away = shapely.distance(boxes, self.shapes[at]) * scale
        near = (away >= _GAP_MM) & (away <= _FAR_MM)
        spots, boxes, away = spots[near], boxes[near], away[near]
        others = [shape for i, shape in enumerate(self.shapes) if i != at]
        if others and len(spots):
            apart = np.min([shapely.distance(boxes, one) for one in others], axis=0)
            own = apart * scale >= away + _NEARER_MM
            spots, away = spots[own], away[own]
        if not len(spots):
            return None
        cost = away + _LINE_COST_MM * crossed(
            self.ax, np.hstack([spots - half, spots + half])
        )
        middle = self.ax.to_mm(shapely.get_coordinates(self.shapes[at].centroid))[0]
        cost += _OFF_COST * np.hypot(*(spots - middle).T) / self.ax.plan.zoom
        best: np.ndarray = spots[int(np.argmin(np.round(cost, 3)))]
        return best

    def _grid(self, at: int, half: np.ndarray) -> np.ndarray:
        """Return the middles that are tried, all around an area."""
        zoom = self.ax.plan.zoom
        x0, y0, x1, y1 = self.shapes[at].bounds
        low, high = self.ax.to_mm(np.array([[x0, y0], [x1, y1]]))
        room = half + _FAR_MM * zoom
        edge = half + _EDGE_MM * zoom
        low = np.maximum(low - room, edge)
        high = np.minimum(high + room, np.array(self.ax.plan.frame[2:]) - edge)
        step = _STEP_MM * zoom
        sides = [np.arange(a, b, step) for a, b in zip(low, high, strict=True)]
        found: np.ndarray = np.stack(np.meshgrid(*sides), axis=-1).reshape(-1, 2)
        return found

    def _taken(self, spots: np.ndarray, half: np.ndarray) -> np.ndarray:
        """Tell where a box would lie on what is written or marked."""
        boxes = np.array(self.ax.boxes, dtype=float).reshape(-1, 4)
        discs = np.array(list(self.ax.symbols.values()), dtype=float).reshape(-1, 3)
        discs = np.hstack([discs[:, :2] - discs[:, 2:], discs[:, :2] + discs[:, 2:]])
        taken = shapely.STRtree(shapely.box(*np.vstack([boxes, discs]).T))
        here = shapely.box(*np.hstack([spots - half, spots + half]).T)
        hit = np.zeros(len(spots), dtype=bool)
        hit[taken.query(here, predicate="intersects")[0]] = True
        return hit

    def _boxes(self, spots: np.ndarray, half: np.ndarray) -> np.ndarray:
        """Return the boxes around places, in metres."""
        low, high = self.ax.to_metres(spots - half), self.ax.to_metres(spots + half)
        found: np.ndarray = shapely.box(*np.hstack([low, high]).T)
        return found

    def _letter(
        self,
        text: str,
        spot: np.ndarray,
        box: np.ndarray,
        style: FontProperties,
        ink: str,
    ) -> None:
        """Write letters, with a halo where a line runs through them."""
        ax = self.ax
        x, y = ax.to_metres(spot[None, :])[0].tolist()
        options: dict[str, Any] = {
            "font": style,
            "ha": "center",
            "va": "center",
            "linespacing": LEADING,
            "clip_on": True,
        }
        tracking = _TRACKING
        if crossed(ax, box[None, :])[0]:
            (found,) = inks_of(ax, box[None, :], np.array([False]), ink)
            if found.halo:
                tracking = 0.0  # a halo goes around a word, not around its letters
                halo = {"color": found.halo, "halo": 1.7 * ax.plan.zoom}
                halo |= {"zorder": STACK["halos"], "gid": "halo"}
                letter(ax, x, y, text, **{**options, **halo})
        look = {"color": ink, "zorder": STACK["names"], "gid": "region"}
        letter(ax, x, y, text, tracking=tracking, **{**options, **look})
        ax.boxes.append(tuple(box.tolist()))


def _extent(text: str, points: float, style: FontProperties) -> tuple[float, float]:
    """Return width and height of a name in spaced capitals, in millimetres."""
    em, lines = points * MM_PER_POINT, text.split("\n")
    wide = max(text_width(n, style) + _TRACKING * em * (len(n) - 1) for n in lines)
    return wide, em * (1 + LEADING * (len(lines) - 1))
