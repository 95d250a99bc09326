"""Outlines as the integers of an SVG, neighbours keeping one common border."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from basinmap.spatial.coverages import simplify_coverage
from basinmap.typography import typeset

__all__ = ["Drawing", "Label", "drawing_of"]

Ints = NDArray[np.int64]

_DETAIL = (5.0, 50.0)
"""Metres of the details that may go, at least and at most."""
_ACROSS = 2_000
"""Details that a map is wide."""
_STEPS = 3
"""Steps of the grid in a detail."""
_MARGIN = 0.03
_CHARS = 0.56
"""Width of a letter, of its size."""
_SIZE = 11 / 700
"""Size of a name, of the width of a map of 700 px."""
_TOWNS = 9
_APART = (0.13, 0.05)
_KINDS = ("country", "departement", "land")
_PART = 0.012
"""Share of the map that a neighbour covers, to be named."""


@dataclass(frozen=True, slots=True)
class Label:
    """
    A name on the map.

    Attributes
    ----------
    x, y
        Its middle, on the grid.
    text
        What is written.
    """

    x: int
    y: int
    text: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """
    A map on a grid, y downwards from the top left of its frame.

    Attributes
    ----------
    width, height
        Of the frame, in steps.
    step
        Metres of a step.
    paths
        By level, the outline of each unit as the `d` of a path.
    points
        By level, a point inside each unit, (n, 2).
    ground
        Kind and outline of each piece of land around, the farthest first.
    around, towns
        Names of the land around, and of the main towns, largest first.
    """

    width: int
    height: int
    step: float
    paths: Mapping[str, tuple[str, ...]]
    points: Mapping[str, Ints]
    ground: tuple[tuple[str, str], ...] = ()
    around: tuple[Label, ...] = ()
    towns: tuple[Label, ...] = ()


@dataclass(frozen=True, slots=True)
class _Grid:
    """The frame, and how metres become steps."""

    left: float
    top: float
    step: float
    width: int
    height: int

    @classmethod
    def around(cls, bounds: Iterable[float]) -> _Grid:
        west, south, east, north = bounds
        wide, high = max(east - west, 1.0), max(north - south, 1.0)
        step = _detail_of(wide) / _STEPS
        margin = _MARGIN * max(wide, high)
        width = int(np.ceil((wide + 2 * margin) / step))
        height = int(np.ceil((high + 2 * margin) / step))
        return cls(west - margin, north + margin, step, width, height)

    @property
    def box(self) -> shapely.Polygon:
        right = self.left + self.width * self.step
        low = self.top - self.height * self.step
        return shapely.box(self.left, low, right, self.top)

    def steps(self, points: NDArray[np.float64]) -> Ints:
        away = (points[:, :2] - [self.left, self.top]) / [self.step, -self.step]
        return np.rint(away).astype(np.int64)


def _detail_of(wide: float) -> float:
    return float(np.clip(wide / _ACROSS, *_DETAIL))


def drawing_of(
    units: gpd.GeoDataFrame,
    levels: Mapping[str, pd.Series],
    *,
    level: str,
    around: gpd.GeoDataFrame | None = None,
) -> Drawing:
    """
    Draw units, and those of the levels above, on one grid.

    Parameters
    ----------
    units
        The smallest units, in metres, with their `name`.
    levels
        By level above, of each of `units` the code of the one it is in, if any:
        categories, in the order that paths are wanted in.
    level
        Of `units`.
    around
        The land around: its `name`, if it is written, and its `kind`, `"country"`,
        `"departement"` or `"land"`.
    """
    west, _, east, _ = units.total_bounds
    detail = _detail_of(max(east - west, 1.0))
    whole = bool(shapely.coverage_is_valid(np.asarray(units.geometry.array)))
    # What overlaps by a hair is drawn as it is, and weighs more.
    simple = simplify_coverage(units, scale=detail * 20_000) if whole else units
    merge = shapely.coverage_union_all if whole else shapely.union_all
    grid = _Grid.around(simple.total_bounds)
    shapes: dict[str, NDArray[np.object_]] = {level: np.asarray(simple.geometry.array)}
    for name, members in levels.items():
        own = members.reindex(simple.index)
        merged = [
            merge(simple.geometry[own == unit].to_numpy())
            for unit in members.cat.categories
        ]
        shapes[name] = np.array(merged, dtype=object)
    land = _land(around, grid, detail) if around is not None else None
    return Drawing(
        grid.width,
        grid.height,
        grid.step,
        {
            name: tuple(_path(one, grid) for one in some)
            for name, some in shapes.items()
        },
        {name: _points(some, grid) for name, some in shapes.items()},
        ()
        if land is None
        else tuple(
            (str(kind), _path(one, grid))
            for kind, one in zip(land["kind"], land.geometry, strict=True)
        ),
        () if land is None else tuple(_named(land, units, grid)),
        tuple(_towns(simple, grid)),
    )


def _points(shapes: NDArray[np.object_], grid: _Grid) -> Ints:
    inside = shapely.point_on_surface(shapes)
    return grid.steps(shapely.get_coordinates(inside))


def _path(shape: shapely.Geometry, grid: _Grid) -> str:
    """Return the `d` of polygons: absolute to begin a ring, relative from there."""
    rings = [
        grid.steps(shapely.get_coordinates(ring))
        for polygon in shapely.get_parts(shape)
        if polygon.geom_type == "Polygon"
        for ring in (polygon.exterior, *polygon.interiors)
    ]
    written = [text for ring in rings if (text := _ring(ring))]
    if written:
        return "".join(written)
    # A unit smaller than a step of the grid can still be pointed at.
    x, y = grid.steps(shapely.get_coordinates(shapely.point_on_surface(shape)))[0]
    return f"M{x} {y}h1v1h-1z"


def _ring(points: Ints) -> str:
    moves = np.diff(points, axis=0)
    kept = points[:-1][(moves != 0).any(axis=1)] if len(moves) else points
    if len(kept) < 3:
        return ""
    moves = np.diff(kept, axis=0)
    flat = " ".join(map(str, moves.ravel().tolist())).replace(" -", "-")
    return f"M{kept[0, 0]} {kept[0, 1]}l{flat}z"


def _land(around: gpd.GeoDataFrame, grid: _Grid, detail: float) -> gpd.GeoDataFrame:
    """Return what is seen of the land around, as coarse as it may be."""
    parts = [_coarse(part, grid, detail) for _, part in around.groupby("kind")]
    land = gpd.GeoDataFrame(pd.concat(parts), crs=around.crs) if parts else around
    # The farthest are under the nearest, whose outlines are finer.
    return land.sort_values("kind", key=lambda kinds: kinds.map(_KINDS.index))


def _coarse(part: gpd.GeoDataFrame, grid: _Grid, detail: float) -> gpd.GeoDataFrame:
    """Return outlines of one kind, cut at the frame."""
    seen = part[part.intersects(grid.box)]
    shapes = np.asarray(seen.geometry.array)
    if shapely.coverage_is_valid(shapes):
        shapes = shapely.coverage_simplify(shapes, tolerance=2 * detail)
    else:
        shapes = shapely.simplify(shapes, 2 * detail)
    clipped = shapely.clip_by_rect(shapes, *grid.box.bounds)
    land = gpd.GeoDataFrame(seen[["name", "kind"]], geometry=clipped, crs=part.crs)
    return land[~land.is_empty]


def _named(
    land: gpd.GeoDataFrame, units: gpd.GeoDataFrame, grid: _Grid
) -> Iterator[Label]:
    """Return the names of neighbours that stand whole on their own ground."""
    covered = _areas(shapely.union_all(units.geometry.array, grid_size=grid.step))
    free: list[shapely.Geometry] = []
    for shape in reversed(land.geometry.tolist()):  # the nearest first
        area = _areas(shape)
        free.append(_areas(shapely.difference(area, covered)))
        covered = shapely.union(covered, area)
    for name, shape in zip(land["name"], reversed(free), strict=True):
        if not name or shape.area < _PART * grid.box.area:
            continue
        part = max(shapely.get_parts(shape), key=lambda one: one.area)
        spot = shapely.centroid(shapely.maximum_inscribed_circle(part))
        x, y = grid.steps(shapely.get_coordinates(spot))[0].tolist()
        half = _CHARS * _SIZE * grid.width * len(str(name)) / 2
        if half < x < grid.width - half and _holds(part, name, spot, grid):
            yield Label(x, y, str(name))


def _areas(shape: shapely.Geometry) -> shapely.Geometry:
    """Return the polygons of a shape, without the lines and points of its borders."""
    parts = shapely.get_parts(shapely.make_valid(shape), return_index=False)
    every = [one for part in parts for one in shapely.get_parts(part)]
    return shapely.union_all([one for one in every if one.geom_type == "Polygon"])


def _holds(
    part: shapely.Geometry, name: object, spot: shapely.Geometry, grid: _Grid
) -> bool:
    """Tell whether most of a name stands on its ground."""
    half = _CHARS * _SIZE * grid.width * len(str(name)) / 2 * grid.step
    line = shapely.LineString([(spot.x - half, spot.y), (spot.x + half, spot.y)])
    return bool(line.intersection(part).length > 0.8 * line.length)


def _towns(units: gpd.GeoDataFrame, grid: _Grid) -> Iterator[Label]:
    """Return the names of the main towns, far enough from one another."""
    people = units.get("population")
    if people is None or len(units) < 2:
        return
    placed: list[tuple[int, int]] = []
    ranked = people.dropna().sort_values(ascending=False, kind="stable").index
    for code in ranked[: 4 * _TOWNS]:
        spot = shapely.point_on_surface(units.geometry[code])
        x, y = grid.steps(shapely.get_coordinates(spot))[0].tolist()
        far = [
            abs(x - a) > _APART[0] * grid.width or abs(y - b) > _APART[1] * grid.width
            for a, b in placed
        ]
        if all(far):
            placed.append((x, y))
            name = typeset(str(units["name"][code]))
            half = round(_CHARS * _SIZE * grid.width * len(name) / 2)
            yield Label(min(max(x, half), grid.width - half), y, name)
        if len(placed) == _TOWNS:
            return
