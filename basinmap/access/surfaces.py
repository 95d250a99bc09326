"""From streets and minutes to ground: what is reached, drawn as areas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import ceil, sqrt
from typing import Any, Final, NamedTuple, TypeAlias, cast

import contourpy
import numpy as np
import shapely
from numpy.typing import NDArray

from basinmap.access.ground import Grid
from basinmap.errors import DataError

__all__ = [
    "BLOCK",
    "Areas",
    "Field",
    "Stretches",
    "bands",
    "between",
    "check_size",
    "corridors",
    "joined",
    "surfaces",
]

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
Areas: TypeAlias = list[shapely.MultiPolygon]

BLOCK: Final = 25.0
"""Hectares under which a block that reached streets enclose is whole."""

_NODES: Final = 20_000_000
"""Nodes beyond which a grid is refused: it would take gigabytes and minutes."""

_DECIMALS: Final = 3
"""Outlines are written to the millimetre."""

_CLEAR: Final = 0.004
"""Metres that outlines keep from the nodes of the grid, not to touch themselves."""

_AROUND: Final = np.ones((3, 3))
"""Nodes that hang together, corner to corner too: what is enclosed has no way out."""


class Field(NamedTuple):
    """
    Minutes at the nodes of a grid.

    Attributes
    ----------
    grid
        Where they are; a frame of nodes around is not reached at any bound.
    minutes
        Rows of nodes, infinite where nothing leads.
    street
        Minutes at the nearest street, not a number where none is near enough.
    beyond
        Steps from where one walks no farther; positive outside.
    """

    grid: Grid
    minutes: Numbers
    street: Numbers
    beyond: Numbers


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


def surfaces(field: Field, bounds: Sequence[float], *, pace: float) -> Areas:
    """
    Draw the ground whose minutes are within bounds.

    Parameters
    ----------
    field
        Minutes at the nodes of a grid.
    bounds
        Minutes, increasing.
    pace
        Metres walked in a minute.

    Returns
    -------
    list of MultiPolygon
        One a bound, each holding the one before; empty where no node is reached.

    Notes
    -----
    Marching squares draw the outline (Lorensen and Cline, 1987,
    doi:10.1145/37402.37422, in the plane) between nodes reached and others, where
    time is up; where minutes leap, as between two streets that do not meet, about
    halfway. What is not reached and lies within, under 25 hectares, is filled when
    each street there is reached: only the walk to its middle lasts too long. The
    field only falls from one bound to the next, so that areas are nested, to the
    last bit.
    """
    return [_drawn(field, bound, pace) for bound in bounds]


def check_size(grid: Grid) -> None:
    """
    Check that a grid is not too large.

    Parameters
    ----------
    grid
        Any.

    Raises
    ------
    DataError
        If it would take gigabytes and minutes; with the step to ask for.
    """
    count = grid.size[0] * grid.size[1]
    if count > _NODES:
        least = ceil(grid.step * sqrt(count / _NODES))
        msg = (
            f"resolution={grid.step:g} m: {count / 1e6:.0f} million nodes, more than "
            f"{_NODES / 1e6:.0f}; pass resolution={least} or more, or fewer minutes"
        )
        raise DataError(msg)


def _drawn(field: Field, bound: float, pace: float) -> shapely.MultiPolygon:
    inside = (field.minutes <= bound) & (field.beyond <= 0)
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return shapely.MultiPolygon()
    window = (
        slice(rows[0] - 1, rows[-1] + 2),
        slice(columns[0] - 1, columns[-1] + 2),
    )
    inside = inside[window]
    filled = _enclosed(inside, field.street[window] > bound, field.grid.step)
    # In steps that are left to walk; at a leap, as far on each side.
    height = (field.minutes[window] - bound) * pace / field.grid.step
    height = np.clip(np.maximum(height, field.beyond[window]), -1.0, 1.0)
    height[filled] = -1.0
    clear = _CLEAR / field.grid.step
    close = np.abs(height) < clear
    height[close] = np.where(inside[close], -clear, clear)
    kind = contourpy.FillType.ChunkCombinedOffsetOffset
    drawn = contourpy.contour_generator(z=height, fill_type=kind)
    places, rings, parts = (
        chunks[0] for chunks in cast("Any", drawn.filled(-2.0, 0.0))
    )
    corner = np.array([columns[0], rows[0]]) - 1 + field.grid.low
    metres = ((places + corner) * field.grid.step).round(_DECIMALS)
    offsets = rings, parts, [0, len(parts) - 1]
    multiple = shapely.GeometryType.MULTIPOLYGON
    return shapely.from_ragged_array(multiple, metres, offsets)[0]


def _enclosed(inside: Flags, late: Flags, step: float) -> Flags:
    """Return the nodes of small blocks within, where no street is reached too late."""
    from scipy.ndimage import label  # noqa: PLC0415 - 0.2 s, and many never ask

    holes, count = label(~inside, _AROUND)
    size = np.bincount(holes.ravel(), minlength=count + 1)
    kept = size * step**2 <= BLOCK * 10_000
    kept[0] = False
    kept[np.unique(holes[late & ~inside])] = False
    kept[np.unique(np.concatenate([holes[0], holes[-1], *holes[:, [0, -1]].T]))] = False
    return np.asarray(kept[holes])


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
    added = shapely.difference(areas[1:], areas[:-1])
    return [*areas[:1], *(_multiple(area) for area in added)]


def _multiple(area: shapely.Geometry) -> shapely.MultiPolygon:
    return shapely.multipolygons(shapely.get_parts(area))
