"""
Which unit holds a point: a raster of certain cells, exact arithmetic at borders.

Every cell that a border may touch is marked; any other lies wholly inside one unit,
or outside of all. A point of a marked cell is followed from the corner line of its
cell, whose unit is known, across the few edges of that cell. Where float64 cannot
tell on which side of an edge a point lies, GEOS decides with its exact predicates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from basinmap.arguments import check_given
from basinmap.errors import CodeError, DataError, culprits
from basinmap.spatial.cells import repeated
from basinmap.spatial.options import check_flag
from basinmap.spatial.projections import check_metric
from basinmap.territory.outlines import error_of
from basinmap.territory.units import check_unique

__all__ = ["Found", "Lookup", "closest", "find", "lookup", "near_limits", "touching"]

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Ranks = NDArray[np.int32]

MOST_CELLS: Final = 2**24
"""Cells of the raster unless a size is given: 64 MiB."""
_LIMIT: Final = 2**28
_BLOCK: Final = 2**17  # points looked up at once: their arrays stay in the cache
_PAIRS: Final = 2**18  # points × edges at once
_CROWDED: Final = 48  # edges in a cell from which GEOS is faster
_ONE: Final = 2**32  # a unit of rank r weighs this + r + 1 in a sum of units
_OUTSIDE: Final = -1
_DOUBT: Final = -2  # marked cell number 0: GEOS decides
# Twice the bound of Shewchuk (1997) on the error of an orientation in float64.
_ERROR: Final = 2.0**-50
_TINY: Final = 1e-290


class _Edges(NamedTuple):
    """Edges, each once, from their low end up; what is gained from left to right."""

    x: Floats
    y: Floats
    end: Floats
    top: Floats
    gain: Floats


class _Raster(NamedTuple):
    """Square cells; the first and last row and column hold nothing."""

    x: float
    y: float
    cell: float
    columns: int
    rows: int

    def column(self, x: Floats) -> Ints:
        """Return the column of each x: never decreasing, rounding included."""
        return _cells_of(x, self.x, self.cell, self.columns)

    def row(self, y: Floats) -> Ints:
        """Return the row of each y: never decreasing, rounding included."""
        return _cells_of(y, self.y, self.cell, self.rows)

    def left(self, column: Ints) -> Floats:
        """Return the x of the left side of a column."""
        return np.asarray(self.x + column * self.cell, dtype="float64")

    def middle(self, row: Ints) -> Floats:
        """Return the y of the middle line of a row."""
        return np.asarray(self.y + (row + 0.5) * self.cell, dtype="float64")


class _Marked(NamedTuple):
    """Marked cells: the units at the reference point, and which edges pass."""

    base: Floats
    start: Ints
    edge: Ranks


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Lookup:
    """
    Units made ready to be found from points; kept, pickled and passed as units.

    Attributes
    ----------
    codes
        Codes of the units, lowest first; a rank is a place in this list.
    index
        Codes in the order of the units given.
    crs
        CRS of the units, and of the points to come.
    shapes
        Outlines, in the order of `codes`.
    cell
        Side of the cells, in metres.
    repaired
        Codes of the units whose outline had to be repaired.
    grid
        Rank of the unit that holds a whole cell, -1 outside, less where marked.
    outline_error
        Metres by which the outlines are off, where the units tell it.
    """

    codes: pd.Index
    index: pd.Index
    crs: CRS
    shapes: NDArray[np.object_]
    cell: float
    repaired: tuple[str, ...]
    grid: Ranks
    _raster: _Raster
    _edges: _Edges
    _marked: _Marked
    _tree: shapely.STRtree
    outline_error: float | None = None

    @property
    def level(self) -> str:
        """Name of the index of the units, or `unit`."""
        return str(self.index.name or "unit")


class Found(NamedTuple):
    """
    What holds each point.

    Attributes
    ----------
    rank
        Of the unit that holds it, the lowest where there are several; -1 outside.
    point, other
        Place of each point that several units hold, and rank of each further one.
    border
        How many points lie on a border and inside of no unit.
    """

    rank: Ranks
    point: Ints
    other: Ranks
    border: int


def lookup(
    units: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    cell: float | None = None,
    expected: int | None = None,
    repair: bool = False,
) -> Lookup:
    """
    Make units ready for many points, once.

    `locate` and `count` take what it returns instead of the units. It is worth
    keeping as soon as points come in several lots.

    Parameters
    ----------
    units
        Polygons in a metric CRS, on the index of their codes.
    cell
        Side of the cells of the raster, in metres; by default one that makes
        16.8 million cells (64 MiB) at most. It changes the time, no answer.
    expected
        About how many points will come: few are not worth many cells.
    repair
        Whether invalid outlines are repaired; `repaired` then names them.

    Returns
    -------
    Lookup
        Frozen, and picklable.

    Raises
    ------
    CRSError
        If the CRS is missing, in degrees or Web Mercator.
    CodeError
        If a code is missing.
    DataError
        If a code is repeated, an outline is absent, empty, invalid, flat or no
        polygon, or the cells would be too many.

    Examples
    --------
    >>> import basinmap as bm
    >>> from basinmap.spatial.lookups import lookup
    >>> ready = lookup(bm.communes(epci="call"), cell=100)
    >>> len(ready.codes), ready.cell, ready.repaired
    (36, 100.0, ())
    """
    check_given(lookup, locals())
    index, shapes, repaired = _checked(units, repair=repair)
    order = np.asarray(_sorted_codes(index))
    shapes = shapes[order]
    edges = _edges(shapes)
    raster = _raster(shapes, cell, expected)
    grid, marked = _burnt(edges, raster)
    for array in (grid, shapes, *edges, *marked):
        array.flags.writeable = False
    return Lookup(
        codes=index[order],
        index=index,
        crs=units.crs,
        shapes=shapes,
        cell=raster.cell,
        repaired=repaired,
        grid=grid,
        _raster=raster,
        _edges=edges,
        _marked=marked,
        _tree=shapely.STRtree(shapes),
        outline_error=error_of(units),
    )


def near_limits(
    ready: Lookup, x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """
    Tell which points are so near a limit that an error of outlines may move them.

    Parameters
    ----------
    ready
        What `lookup` returned; no point is near one where `outline_error` is not known.
    x, y
        Coordinates in its CRS.
    """
    near = np.zeros(len(x), dtype=bool)
    if ready.outline_error:
        limits = shapely.STRtree(shapely.boundary(ready.shapes))
        known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        points = shapely.points(x[known], y[known])
        found, _ = limits.query(points, "dwithin", distance=ready.outline_error)
        near[known[found]] = True
    return near


# -- the door --------------------------------------------------------------------


def _checked(
    units: gpd.GeoDataFrame | gpd.GeoSeries, *, repair: bool
) -> tuple[pd.Index, NDArray[np.object_], tuple[str, ...]]:
    check_metric(units, "units")
    check_flag(repair, "repair")
    index = units.index
    if isinstance(index, pd.MultiIndex):
        msg = f"units: an index of {index.nlevels} levels; set one column of codes"
        raise CodeError(msg)
    if index.hasnans:
        msg = (
            f"units: {int(index.isna().sum())} row(s) without a code; set a column of "
            "codes as index"
        )
        raise CodeError(msg)
    check_unique(index, "units")
    shapes = np.asarray(units.geometry.array, dtype=object).copy()
    _refuse(index, shapely.is_missing(shapes) | shapely.is_empty(shapes), "no outline")
    kind = shapely.get_type_id(shapes)
    _refuse(index, (kind != 3) & (kind != 6), "an outline that is no polygon")
    bounds = np.isfinite(shapely.bounds(shapes)).all(axis=1)
    _refuse(index, ~bounds, "infinite coordinates")
    wrong = ~shapely.is_valid(shapes)
    repaired: tuple[str, ...] = ()
    if repair and wrong.any():
        shapes[wrong] = _mended(shapes[wrong])
        repaired = tuple(str(code) for code in index[wrong])
    else:
        cure = "draw them again, or pass lookup(units, repair=True)"
        _refuse(index, wrong, "an invalid outline", cure)
    _refuse(index, ~(shapely.area(shapes) > 0), "no surface")
    return index, shapes, repaired


def _refuse(
    index: pd.Index,
    wrong: NDArray[np.bool_],
    what: str,
    cure: str = "drop or draw them again",
) -> None:
    if wrong.any():
        blame = index[wrong]
        msg = f"units: {len(blame)} with {what}: {culprits(blame)}; {cure}"
        raise DataError(msg)


def _mended(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return valid outlines, their surfaces only."""
    whole = shapely.make_valid(shapes, method="structure", keep_collapsed=False)
    return np.asarray(whole, dtype=object)


def _sorted_codes(index: pd.Index) -> Ints:
    """Return the places of the codes, lowest first; mixed types compare as text."""
    try:
        return np.asarray(index.argsort(), dtype=np.intp)
    except TypeError:
        return np.asarray(index.astype(str).argsort(), dtype=np.intp)


# -- edges -----------------------------------------------------------------------


def _edges(shapes: NDArray[np.object_]) -> _Edges:
    """Return the edges of all outlines, a border shared by two units once."""
    parts, unit = shapely.get_parts(shapely.orient_polygons(shapes), return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    first, last = points[:-1], points[1:]
    kept = (ring[1:] == ring[:-1]) & (first != last).any(axis=1)
    first, last = first[kept], last[kept]
    gain = (_ONE + 1 + unit[part[ring[:-1][kept]]]).astype("int64")
    up = (first[:, 1] < last[:, 1]) | (
        (first[:, 1] == last[:, 1]) & (first[:, 0] < last[:, 0])
    )
    # Shells turn left, holes right: going up, the unit lies on the left.
    ends = np.where(up[:, None], np.hstack([first, last]), np.hstack([last, first]))
    return _merged(ends, np.where(up, -gain, gain))


def _merged(ends: Floats, gain: NDArray[np.int64]) -> _Edges:
    """Merge edges with the same ends, adding what they gain."""
    bits = np.ascontiguousarray(ends).view(np.uint64)
    key = np.zeros(len(bits), np.uint64)
    for column in bits.T:
        key = (key ^ (column ^ (column >> np.uint64(29)))) * np.uint64(
            0x9E3779B97F4A7C15
        )
        key ^= key >> np.uint64(32)
    order = np.argsort(key)
    ends = ends[order]
    new = np.ones(len(ends), bool)
    new[1:] = (ends[1:] != ends[:-1]).any(axis=1)
    gains = np.add.reduceat(gain[order], np.flatnonzero(new))
    x, y, end, top = np.ascontiguousarray(ends[new].T)
    return _Edges(x, y, end, top, gains.astype("float64"))


# -- the raster ------------------------------------------------------------------


def _raster(
    shapes: NDArray[np.object_], cell: float | None, expected: int | None
) -> _Raster:
    x0, y0, x1, y1 = (float(side) for side in shapely.total_bounds(shapes))
    width, height = x1 - x0, y1 - y0
    if cell is None:
        most = MOST_CELLS if expected is None else 8 * expected
        most = min(max(most, 2**14), MOST_CELLS)
        # Finer than 1/128 of a unit, what is left to decide is little already.
        fine = np.sqrt(np.median(shapely.area(shapes))) / 128
        cell = max(fine, np.sqrt(width * height / most), (width + height) / most)
    if not (np.isfinite(cell) and cell > 0):
        msg = f"cell is a length in metres above 0; got {cell!r}"
        raise DataError(msg)
    cell = max(float(cell), 1e-9)  # what is finer has no number of cells
    columns, rows = int(width // cell) + 4, int(height // cell) + 4
    if columns * rows > _LIMIT:
        msg = (
            f"cells of {cell:g} m: {columns} × {rows} would take "
            f"{columns * rows / 2**28:.3g} GiB; leave cell out, or give a longer one"
        )
        raise DataError(msg)
    # An odd origin, so that round coordinates seldom fall on the sides of cells.
    return _Raster(x0 - 1.382 * cell, y0 - 1.417 * cell, float(cell), columns, rows)


def _cells_of(values: Floats, origin: float, cell: float, count: int) -> Ints:
    # fmax and fmin send what is no number to the empty border.
    place = np.fmax((values - origin) / cell, 0.0)
    return np.fmin(place, count - 1).astype(np.intp)


def _burnt(edges: _Edges, raster: _Raster) -> tuple[Ranks, _Marked]:
    """Fill the cells that no edge may touch; say what passes in the others."""
    flat, edge = _touched(edges, raster)
    order = np.argsort(flat, kind="stable")
    flat, edge = flat[order], edge[order]
    start = np.flatnonzero(np.r_[True, flat[1:] != flat[:-1]])
    cells = flat[start]
    place, units, unsure = _swept(edges, raster)
    # Runs of cells between the edges that cross the middle line of a row.
    runs = np.diff(np.r_[0, place, raster.columns * raster.rows])
    known = np.r_[0, units]
    ranks = (known & (_ONE - 1)) - 1
    grid = np.repeat(np.where(known < 2 * _ONE, ranks, _DOUBT).astype(np.int32), runs)
    base = known[np.searchsorted(place, cells, side="right")].astype("float64")
    base[np.searchsorted(cells, unsure)] = np.nan
    base[np.diff(np.r_[start, len(flat)]) > _CROWDED] = np.nan
    grid[cells] = _DOUBT - 1 - np.arange(len(cells), dtype=np.int32)
    # Cell 0 has no edges: it stands for all those that several units hold whole.
    return grid, _Marked(np.r_[np.nan, base], np.r_[0, start, len(flat)], edge)


def _pad(edges: _Edges, raster: _Raster) -> float:
    """Return a margin far above rounding, and far below a cell."""
    far = max(np.abs(ends).max() for ends in edges[:4])
    return float(raster.cell * 2.0**-20 + far * 2.0**-44)


def _touched(edges: _Edges, raster: _Raster) -> tuple[Ints, Ranks]:
    """Return pairs of a cell and an edge that may touch it, none left out."""
    found = [
        _touched_by(edges, raster, part)
        for part in np.array_split(np.arange(len(edges.x)), len(edges.x) // 2**20 + 1)
    ]
    return np.concatenate([c for c, _ in found]), np.concatenate([e for _, e in found])


def _touched_by(edges: _Edges, raster: _Raster, part: Ints) -> tuple[Ints, Ranks]:
    x, y, end, top = (values[part] for values in edges[:4])
    west, east = np.minimum(x, end), np.maximum(x, end)
    pad = _pad(edges, raster)
    low, high = raster.column(west - pad), raster.column(east + pad)
    first, last = raster.row(y - pad), raster.row(top + pad)
    owner, step = repeated(high - low + 1)
    column = low[owner] + step
    below, above = first[owner], last[owner]
    # In a strip between two columns, only the rows that the edge crosses there.
    wide = np.flatnonzero((high > low)[owner] & (above > below))
    one, left = owner[wide], raster.left(column[wide])
    sides = [
        np.clip(side, west[one], east[one]) - x[one]
        for side in (left - 2 * pad, left + raster.cell + 2 * pad)
    ]
    upright = x[one] == end[one]
    slope = (top - y)[one] / np.where(upright, np.inf, (end - x)[one])
    ends = [y[one] + side * slope for side in sides]
    lower = np.where(upright, y[one], np.minimum(*ends)) - 2 * pad
    upper = np.where(upright, top[one], np.maximum(*ends)) + 2 * pad
    below[wide] = np.maximum(below[wide], raster.row(lower))
    above[wide] = np.minimum(above[wide], raster.row(upper))
    strip, step = repeated(above - below + 1)
    cells = (below[strip] + step) * raster.columns + column[strip]
    return cells, part[owner[strip]].astype(np.int32)


def _swept(edges: _Edges, raster: _Raster) -> tuple[Ints, NDArray[np.int64], Ints]:
    """
    Follow the middle line of each row.

    Returns
    -------
    place, units, unsure
        Cells from which the sum of units is another, the sum there, and the cells
        where an edge passes too near the left side for that sum to hold at it.
    """
    lines = raster.middle(np.arange(raster.rows))
    first = np.searchsorted(lines, edges.y, side="left")
    owner, step = repeated(np.searchsorted(lines, edges.top) - first)
    row = first[owner] + step
    x, y, end, top, gain = (values[owner] for values in edges)
    crossing = x + (lines[row] - y) * ((end - x) / (top - y))
    crossing = np.clip(crossing, np.minimum(x, end), np.maximum(x, end))
    column = raster.column(crossing)
    place = row * raster.columns + column
    beside = crossing - raster.left(column)
    pad = _pad(edges, raster) / 2
    unsure = np.r_[place[beside < pad], place[raster.cell - beside < pad] + 1]
    order = np.argsort(place, kind="stable")
    units = np.cumsum(gain[order].astype("int64"))
    return place[order] + 1, units, unsure


# -- points ----------------------------------------------------------------------


def find(ready: Lookup, x: Floats, y: Floats) -> Found:
    """
    Find the unit that holds each point.

    Inside of a unit goes before on the border of another; on borders only, the
    lowest code holds the point.

    Parameters
    ----------
    ready
        Units, from `lookup`.
    x, y
        Coordinates; what is not finite lies outside.

    Examples
    --------
    >>> import basinmap as bm
    >>> import numpy as np
    >>> ready = lookup(bm.communes(epci="call"))
    >>> found = find(ready, np.array([685_500.0, 0.0]), np.array([7_037_800.0, 0.0]))
    >>> ready.codes[found.rank[0]], int(found.rank[1])
    ('62498', -1)
    """
    rank = np.empty(len(x), np.int32)
    doubt = [
        start
        + _looked(ready, x[start : start + _BLOCK], y[start : start + _BLOCK], out)
        for start, out in _blocks(rank)
    ]
    unsure = np.concatenate([np.zeros(0, np.intp), *doubt])
    found = [
        _settled(ready, x, y, unsure[start : start + 2**20], rank)
        for start in range(0, len(unsure), 2**20)
    ]
    return Found(
        rank,
        np.concatenate([np.zeros(0, np.intp), *(part[0] for part in found)]),
        np.concatenate([np.zeros(0, np.int32), *(part[1] for part in found)]),
        sum(part[2] for part in found),
    )


def _blocks(rank: Ranks) -> Iterator[tuple[int, Ranks]]:
    for start in range(0, len(rank), _BLOCK):
        yield start, rank[start : start + _BLOCK]


def _looked(ready: Lookup, x: Floats, y: Floats, rank: Ranks) -> Ints:
    """Write the rank of each point; return the points that remain in doubt."""
    raster, marked = ready._raster, ready._marked  # noqa: SLF001 - its own module
    column, row = raster.column(x), raster.row(y)
    np.take(ready.grid, row * raster.columns + column, out=rank, mode="clip")
    near = np.flatnonzero(rank < _OUTSIDE)
    cell = _DOUBT - rank[near].astype(np.intp)
    told = ~np.isnan(marked.base[cell])
    doubt = [near[~told]]
    near, cell = near[told], cell[told]
    corner = raster.left(column[near]), raster.middle(row[near])
    count = marked.start[cell + 1] - marked.start[cell]
    sums = marked.base[cell]
    for part in np.array_split(np.arange(len(near)), int(count.sum()) // _PAIRS + 1):
        if len(part):
            point = x[near[part]], y[near[part]]
            ends = corner[0][part], corner[1][part]
            start = marked.start[cell[part]]
            sums[part] += _crossed(ready, point, ends, start, count[part])
    sure = ~np.isnan(sums)
    units = np.where(sure, sums, 2 * _ONE).astype("int64")
    one = units < 2 * _ONE
    rank[near[one]] = (units[one] & (_ONE - 1)) - 1
    return np.concatenate([*doubt, near[~one]])


def _crossed(
    ready: Lookup,
    point: tuple[Floats, Floats],
    corner: tuple[Floats, Floats],
    start: Ints,
    count: Ints,
) -> Floats:
    """
    Return what is gained from the reference point of the cell to each point.

    The path goes along the left side of the cell to the height of the point, then
    right to it. NaN where an end of a leg is too near an edge for float64.
    """
    owner, step = repeated(count)
    edge = ready._marked.edge[start[owner] + step]  # noqa: SLF001 - its own module
    x, y, end, top, gain = (values[edge] for values in ready._edges)  # noqa: SLF001
    px, py, left, middle = (values[owner] for values in (*point, *corner))
    dx, dy = end - x, top - y
    rise, run = dx * (py - y), dy * (left - x)
    at_point = _side(rise, dy * (px - x))
    at_turn = _side(rise, run)
    at_start = _side(dx * (middle - y), run)
    east = np.maximum(x, end)
    high = (y <= py) & (py <= top)
    wide = (np.minimum(x, end) <= left) & (left <= east)
    unsure = np.isnan(at_point) & high
    unsure |= np.isnan(at_turn) & (high | wide)
    unsure |= np.isnan(at_start) & wide
    gained = np.where(high & (py < top), at_point - at_turn, 0.0)
    gained += np.where(wide & (left < east), at_turn - at_start, 0.0)
    gained *= gain
    gained[unsure] = np.nan
    return np.add.reduceat(gained, np.cumsum(count) - count)


def _side(rise: Floats, run: Floats) -> Floats:
    """Return 1 to the right of an edge, 0 to the left, NaN if rounding decides."""
    turn = rise - run
    side = (turn < 0).astype("float64")
    side[np.abs(turn) <= (np.abs(rise) + np.abs(run)) * _ERROR + _TINY] = np.nan
    return side


def _settled(
    ready: Lookup, x: Floats, y: Floats, doubt: Ints, rank: Ranks
) -> tuple[Ints, Ranks, int]:
    """Write the rank of points in doubt; return the further holders, and borders."""
    point, unit = touching(ready, x[doubt], y[doubt], inside=True)
    rank[doubt] = _OUTSIDE
    first = np.r_[True, point[1:] != point[:-1]][: len(point)]
    rank[doubt[point[first]]] = unit[first]
    others = doubt[point[~first]], unit[~first]
    left = doubt[rank[doubt] == _OUTSIDE]
    point, unit = touching(ready, x[left], y[left], inside=False)
    first = np.r_[True, point[1:] != point[:-1]][: len(point)]
    rank[left[point[first]]] = unit[first]
    return *others, int(first.sum())


def touching(
    ready: Lookup, x: Floats, y: Floats, *, inside: bool
) -> tuple[Ints, Ranks]:
    """
    Return the pairs of a point and a unit that holds it, by exact predicates.

    Parameters
    ----------
    ready
        Units, from `lookup`.
    x, y
        Finite coordinates.
    inside
        Whether points on the border of a unit are left out.

    Returns
    -------
    point, rank
        Places of points and ranks of units, by point, then by rank.
    """
    point, unit = ready._tree.query(shapely.points(x, y))  # noqa: SLF001 - its own module
    order = np.argsort(unit, kind="stable")
    point, unit = point[order], unit[order]
    held = np.zeros(len(point), bool)
    holds = shapely.contains_xy if inside else shapely.intersects_xy
    cuts = np.flatnonzero(np.r_[True, unit[1:] != unit[:-1]])[: len(unit)]
    for start, end in zip(cuts, np.r_[cuts[1:], len(unit)], strict=False):
        shape = ready.shapes[unit[start]]
        shapely.prepare(shape)
        part = point[start:end]
        held[start:end] = holds(shape, x[part], y[part])
    point, unit = point[held], unit[held]
    order = np.lexsort((unit, point))
    return point[order], unit[order].astype(np.int32)


def closest(ready: Lookup, x: Floats, y: Floats, limit: float) -> Ranks:
    """
    Return the rank of the closest unit, the lowest where two are as close.

    Parameters
    ----------
    ready
        Units, from `lookup`.
    x, y
        Finite coordinates of points outside.
    limit
        Distance in metres from which there is none, and -1 is returned.
    """
    rank = np.full(len(x), _OUTSIDE, np.int32)
    for start in range(0, len(x), 2**17):
        part = slice(start, start + 2**17)
        near, unit = ready._tree.query_nearest(  # noqa: SLF001 - its own module
            shapely.points(x[part], y[part]), max_distance=limit, all_matches=True
        )
        order = np.lexsort((unit, near))[::-1]
        rank[start + near[order]] = unit[order]
    return rank
