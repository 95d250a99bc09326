"""From streets and minutes to ground: what is reached, drawn as areas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise, product
from math import ceil, hypot, sqrt
from typing import Any, Final, TypeAlias, cast

import contourpy
import numpy as np
import shapely
from numpy.typing import NDArray

from basinmap.errors import DataError

__all__ = ["Areas", "Stretches", "bands", "between", "corridors", "joined", "surfaces"]

Numbers = NDArray[np.float64]
Areas: TypeAlias = list[shapely.MultiPolygon]

_FINE: Final = 3
"""Steps of the grid in one resolution."""

_CORNER: Final = sqrt(0.5)
"""Steps from a point to the nearest node of the grid, at most."""

_REACH: Final = _FINE - _CORNER
"""Steps walked off the streets: half a cell more could go unseen between nodes."""

_SHIFTS: Final = range(-_FINE, _FINE + 2)
_AROUND: Final = tuple(
    (row, column)
    for row, column in product(_SHIFTS, repeat=2)
    if hypot(max(-row, row - 1, 0), max(-column, column - 1, 0)) < _REACH + 1
)
"""Nodes that a street of a cell may reach, or that are next to one it reaches."""

_NODES: Final = 20_000_000
"""Nodes beyond which a grid is refused: it would take gigabytes and minutes."""

_DECIMALS: Final = 3
"""Outlines are written to the millimetre."""

_CLEAR: Final = 0.004
"""Metres that outlines keep from the nodes of the grid, not to touch themselves."""


@dataclass(frozen=True, slots=True, eq=False)
class Stretches:
    """
    Straight stretches of street, travelled from one end to the other.

    Attributes
    ----------
    start, end
        Rows of x and of y, metres.
    begins, ends
        Minutes at the start and, later, at the end; linear in between.
    """

    start: Numbers
    end: Numbers
    begins: Numbers
    ends: Numbers

    def __getitem__(self, which: NDArray) -> Stretches:
        """Return some of them."""
        return Stretches(*(getattr(self, f.name)[..., which] for f in fields(self)))

    def at(self, share: Numbers) -> Numbers:
        """
        Return the positions where a share of each is behind.

        Parameters
        ----------
        share
            From 0 to 1.

        Returns
        -------
        array of float
            Rows of x and of y.
        """
        return self.start + (self.end - self.start) * share

    def behind(self, minutes: float) -> Numbers:
        """
        Return the share of each that is behind at a moment.

        Parameters
        ----------
        minutes
            The moment.

        Returns
        -------
        array of float
            From 0 to 1.
        """
        share = (minutes - self.begins) / (self.ends - self.begins)
        return np.clip(share, 0.0, 1.0)


def between(stretches: Stretches, low: float, high: float) -> Stretches:
    """
    Cut out what is travelled between two moments.

    Parameters
    ----------
    stretches
        Any.
    low, high
        Minutes.

    Returns
    -------
    Stretches
        Those under way in between, cut at both moments.
    """
    found = stretches[(stretches.begins < high) & (stretches.ends > low)]
    return Stretches(
        found.at(found.behind(low)),
        found.at(found.behind(high)),
        np.maximum(found.begins, low),
        np.minimum(found.ends, high),
    )


def joined(*parts: Stretches) -> Stretches:
    """
    Put stretches together.

    Parameters
    ----------
    *parts
        Any.

    Returns
    -------
    Stretches
        All of them.
    """
    rows = ([getattr(part, f.name) for part in parts] for f in fields(Stretches))
    return Stretches(*(np.concatenate(values, axis=-1) for values in rows))


def corridors(stretches: Stretches, bounds: Sequence[float], *, width: float) -> Areas:
    """
    Draw what lies within a distance of the stretches travelled.

    Parameters
    ----------
    stretches
        What is travelled.
    bounds
        Minutes, increasing.
    width
        Metres on each side.

    Returns
    -------
    list of MultiPolygon
        One a bound, each holding the one before.

    Notes
    -----
    Each stretch is widened alone, then all are united: widening the network as one
    geometry takes a hundred times as long.
    """
    low, area, areas = -np.inf, shapely.MultiPolygon(), []
    for high in bounds:
        new = between(stretches, low, high)
        lines = shapely.linestrings(np.stack([new.start.T, new.end.T], axis=1))
        area = _multiple(
            shapely.union_all([area, *shapely.buffer(lines, width, quad_segs=4)])
        )
        areas.append(area)
        low = high
    return areas


def surfaces(
    stretches: Stretches, bounds: Sequence[float], *, resolution: float, pace: float
) -> Areas:
    """
    Draw the ground reached on foot, in the minutes left, from what is travelled.

    Parameters
    ----------
    stretches
        What is travelled.
    bounds
        Minutes, increasing.
    resolution
        Metres from a reached street beyond which nothing is inside.
    pace
        Metres walked in a minute.

    Returns
    -------
    list of MultiPolygon
        One a bound, each holding the one before.

    Raises
    ------
    DataError
        If the grid would be too large.

    Notes
    -----
    A grid is three times finer than the resolution. In T minutes, a street reached
    in t brings what is within min(r, f + pace·(T − t)) metres, where f is half a
    diagonal of the grid and r the resolution less f: a hole narrower than a diagonal
    may go unseen, which takes nothing farther than the resolution. The first f
    metres are for free, for where one drives much faster than one walks, no node is
    near enough to a street to see its last hundreds of metres.

    The field is the metres to the nearest street plus what it lacks of r; where it
    is r, marching squares draw the outline (Lorensen and Cline, 1987,
    doi:10.1145/37402.37422, in the plane). It only falls from one bound to the next,
    so that areas are nested, to the last bit.
    """
    grid = _Grid(between(stretches, -np.inf, bounds[-1]), resolution / _FINE)
    points, minutes = _samples(stretches, bounds, grid.step)
    # Within a few seconds of a bound, there is no time to walk as far as elsewhere.
    slack = (_REACH - _CORNER) * grid.step / pace
    field, since, areas = grid.field(), -np.inf, []
    for bound in bounds:
        settled = bound - slack
        new = (minutes > since) & (minutes <= bound)
        lacks = np.maximum(minutes[new] - settled, 0.0) * pace / grid.step
        grid.lower(field, points[:, new], lacks)
        areas.append(grid.reached(field))
        since = settled  # what comes later lacks less at the next bound
    return areas


def bands(areas: Areas) -> Areas:
    """
    Return what each area adds to the one before.

    Parameters
    ----------
    areas
        Each holds the one before.

    Returns
    -------
    list of MultiPolygon
        A partition of the last, empty where nothing is added.
    """
    return [*areas[:1], *(_added(before, area) for before, area in pairwise(areas))]


class _Grid:
    """Square cells around stretches, at multiples of their side."""

    def __init__(self, stretches: Stretches, step: float) -> None:
        ends = np.concatenate([stretches.start, stretches.end], axis=1)
        self.step = step
        self.corner = np.floor(ends.min(axis=1) / step) - len(_SHIFTS)
        size = np.floor(ends.max(axis=1) / step) + len(_SHIFTS) - self.corner
        self.columns, self.rows = (int(count) for count in size)
        if size.prod() > _NODES:
            least = ceil(_FINE * step * sqrt(size.prod() / _NODES))
            msg = (
                f"resolution={_FINE * step:g} m: {size.prod() / 1e6:.0f} million "
                f"nodes, more than {_NODES / 1e6:.0f}; pass resolution={least} or "
                "more, or fewer minutes"
            )
            raise DataError(msg)

    def field(self) -> Numbers:
        """Return a field that nothing has lowered, in steps."""
        return np.full(self.rows * self.columns, np.inf)

    def lower(self, field: Numbers, points: Numbers, lacks: Numbers) -> None:
        """Lower a field to the steps to points, plus what these lack, where near."""
        across, up = points / self.step - self.corner[:, None]
        column, row = across.astype(np.intp), up.astype(np.intp)
        node = row * self.columns + column
        widths = {shift: (across - column - shift) ** 2 for shift in _SHIFTS}
        heights = {shift: (up - row - shift) ** 2 for shift in _SHIFTS}
        for r, c in _AROUND:
            steps = np.sqrt(heights[r] + widths[c]) + lacks
            np.minimum.at(field, node + (r * self.columns + c), steps)

    def reached(self, field: Numbers) -> shapely.MultiPolygon:
        """Return the area where a field is within reach."""
        squares = field.reshape(self.rows, self.columns)
        inside = squares <= _REACH
        rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
        low = np.array([columns[0], rows[0]]) - 1
        window = squares[low[1] : rows[-1] + 2, low[0] : columns[-1] + 2]
        height = np.minimum(window - _REACH, 1.0)
        clear = _CLEAR / self.step
        height = np.where(
            np.abs(height) < clear, np.where(height > 0, clear, -clear), height
        )
        kind = contourpy.FillType.ChunkCombinedOffsetOffset
        drawn = contourpy.contour_generator(z=height, fill_type=kind)
        filled = drawn.filled(-2.0 * _FINE, 0.0)
        places, rings, parts = (chunks[0] for chunks in cast("Any", filled))
        metres = ((places + low + self.corner) * self.step).round(_DECIMALS)
        offsets = rings, parts, [0, len(parts) - 1]
        multiple = shapely.GeometryType.MULTIPOLYGON
        return shapely.from_ragged_array(multiple, metres, offsets)[0]


def _samples(
    stretches: Stretches, bounds: Sequence[float], spacing: float
) -> tuple[Numbers, Numbers]:
    """Return points on stretches, at most so far apart, and their minutes."""
    # Where a stretch starts, another one ends, or the nearest point does as well.
    length = np.hypot(*(stretches.end - stretches.start))
    inner = np.maximum(np.ceil(length / spacing), 1).astype(np.intp) - 1
    rank = np.arange(inner.sum()) - np.repeat(np.cumsum(inner) - inner, inner) + 1
    long = stretches[np.repeat(np.arange(len(inner)), inner)]
    share = rank / (np.repeat(inner, inner) + 1)
    points = [stretches.end, long.at(share)]
    minutes = [stretches.ends, long.begins + (long.ends - long.begins) * share]
    for bound in bounds:
        cut = stretches[(stretches.begins < bound) & (stretches.ends > bound)]
        points.append(cut.at(cut.behind(bound)))
        minutes.append(np.full(len(cut.ends), bound))
    return np.concatenate(points, axis=1), np.concatenate(minutes)


def _added(
    before: shapely.MultiPolygon, area: shapely.MultiPolygon
) -> shapely.MultiPolygon:
    """Return an area less one that it holds."""
    # Most holes are in both. Filled in both, they make no difference, but a fast one.
    common = _Rings(area).shared(_Rings(before))
    filled = [_Rings(shape).without(common) for shape in (area, before)]
    return _multiple(shapely.difference(*filled))


class _Rings:
    """Outlines of an area, as one array."""

    def __init__(self, area: shapely.MultiPolygon) -> None:
        parts = shapely.get_parts(area)
        self.rings, self.part = shapely.get_rings(parts, return_index=True)
        self.codes = shapely.to_wkb(self.rings)
        self.outer = np.diff(self.part, prepend=-1) > 0

    def shared(self, other: _Rings) -> set[bytes]:
        """Return the holes that another area has too, with nothing inside."""
        theirs = set(other.codes[~other.outer])
        both = ~self.outer & np.array([code in theirs for code in self.codes], bool)
        starts = shapely.get_point(self.rings[self.outer], 0)
        holes = shapely.STRtree(shapely.polygons(self.rings[both]))
        lived = holes.query(starts, predicate="intersects")[1]
        return set(np.delete(self.codes[both], lived))

    def without(self, holes: set[bytes]) -> shapely.MultiPolygon:
        """Return the area with some holes filled."""
        kept = np.array([code not in holes for code in self.codes], bool)
        first = np.flatnonzero(self.outer[kept])
        parts = np.split(self.rings[kept], first[1:])
        return shapely.MultiPolygon([(part[0], part[1:]) for part in parts])


def _multiple(area: shapely.Geometry) -> shapely.MultiPolygon:
    return shapely.multipolygons(shapely.get_parts(area))
