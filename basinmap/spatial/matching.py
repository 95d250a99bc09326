"""Whether polygons are a coverage: edges are paired, what is left is looked at."""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

__all__ = ["is_coverage"]

_MANY: Final = 500
"""Units from which pairing edges takes less time than looking at each."""
_FEW: Final = 0.4
"""Share of the units that may be looked at one by one, for it to be worth it."""
_ODD: Final = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)
"""Factors that scatter the bits of numbers that are near each other."""


def is_coverage(shapes: np.ndarray, gap_width: float) -> bool:
    """
    Tell whether polygons share their borders, vertex by vertex, and leave no gap.

    Parameters
    ----------
    shapes
        Valid polygons.
    gap_width
        Width in metres under which a hole is a gap.

    Returns
    -------
    bool
        What `shapely.coverage_is_valid` says, three times sooner on a tiling.

    Notes
    -----
    Where ground is in two units, the limit of that ground is made of edges that no
    other unit has the other way round, and so is a gap. Units that own such edges, or
    come near one, are looked at; the others cannot be wrong. What that leaves in doubt
    is looked at whole.

    Examples
    --------
    >>> import shapely
    >>> is_coverage(shapely.box([0, 1], 0, [1, 2], 1), 0.1)
    True
    >>> is_coverage(shapely.box([0, 1.05], 0, [1, 2], 1), 0.1)
    False
    """
    if len(shapes) >= _MANY:
        doubtful = _doubtful(shapes, gap_width)
        if doubtful.mean() < _FEW and shapely.coverage_is_valid(
            shapes[doubtful], gap_width=gap_width
        ):
            return True
    return bool(shapely.coverage_is_valid(shapes, gap_width=gap_width))


def _doubtful(shapes: np.ndarray, gap_width: float) -> NDArray[np.bool_]:
    """Tell the units that have, or come near, an edge that is not shared."""
    spots, rings, owner, hole = _rings(shapes)
    scattered = _scattered(spots)
    first, last = scattered[:-1], scattered[1:]
    edge = np.ones(len(first), dtype=bool)
    edge[rings[1:-1] - 1] = False  # from a ring to the next
    way = (first < last) ^ np.repeat(
        _turned(spots, rings, edge) != hole, _lengths(rings)
    )
    edges = np.flatnonzero(edge)
    alone = edges[_alone((first + last)[edge], way[edge])]
    doubtful = np.zeros(len(shapes), dtype=bool)
    doubtful[owner[np.searchsorted(rings, alone, side="right") - 1]] = True
    if doubtful.mean() >= _FEW:
        return doubtful
    low = np.minimum(spots[alone], spots[alone + 1]) - 2 * gap_width
    high = np.maximum(spots[alone], spots[alone + 1]) + 2 * gap_width
    near = shapely.STRtree(shapes).query(shapely.box(*low.T, *high.T))[1]
    doubtful[near] = True
    return doubtful


def _rings(
    shapes: np.ndarray,
) -> tuple[
    NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]
]:
    """Return vertices, where each ring starts, its unit, and whether it is a hole."""
    _, spots, offsets = shapely.to_ragged_array(shapes, include_z=False)
    rings, parts = offsets[0].astype(np.int64), offsets[1]
    owner = np.arange(len(parts) - 1)
    if len(offsets) > 2:
        owner = np.repeat(np.arange(len(shapes)), np.diff(offsets[2]))
    hole = np.ones(len(rings) - 1, dtype=bool)
    hole[parts[:-1]] = False
    return spots + 0.0, rings, np.repeat(owner, np.diff(parts)), hole


def _lengths(rings: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many edges each ring has, with the step to the next one."""
    lengths: NDArray[np.int64] = np.diff(rings)
    lengths[-1] -= 1
    return lengths


def _turned(
    spots: NDArray[np.float64], rings: NDArray[np.int64], edge: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Tell the rings that turn clockwise."""
    x, y = (spots - spots[0]).T
    cross = np.where(edge, x[:-1] * y[1:] - x[1:] * y[:-1], 0.0)
    turned: NDArray[np.bool_] = np.add.reduceat(cross, rings[:-1]) < 0
    return turned


def _alone(keys: NDArray[np.uint64], way: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """
    Tell the edges that do not stand exactly twice, once each way.

    Two keys are the same by chance once in 10^19: of ten thousand edges that are not
    shared, two are taken for one once in 10^11.
    """
    order = np.argsort(keys)
    keys = keys[order]
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    pairs = starts[np.diff(starts, append=len(keys)) == 2]
    one, other = order[pairs], order[pairs + 1]
    matched = way[one] != way[other]
    alone = np.ones(len(keys), dtype=bool)
    alone[one[matched]] = alone[other[matched]] = False
    return alone


def _scattered(spots: NDArray[np.float64]) -> NDArray[np.uint64]:
    """Return a number for each place, which few places share."""
    x, y = np.ascontiguousarray(spots).view(np.uint64).T
    mixed: NDArray[np.uint64] = x * _ODD[0]
    mixed ^= mixed >> np.uint64(32)
    mixed = (mixed + y) * _ODD[1]
    return mixed ^ (mixed >> np.uint64(29))
