"""Whether polygons are a coverage: edges are paired, what is left is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

__all__ = ["Edges", "edges_of", "is_coverage", "scattered"]

_MANY: Final = 500
"""Units from which pairing edges takes less time than looking at each."""
_FEW: Final = 0.4
"""Share of the units that may be looked at one by one, for it to be worth it."""
_ODD: Final = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)
"""Factors that scatter the bits of numbers that are near each other."""


@dataclass(frozen=True, slots=True)
class Edges:
    """
    The edges of polygons, and those that two of them share.

    Attributes
    ----------
    spots
        Vertices of all rings; edge `i` goes from vertex `i` to the next.
    rings
        Where each ring starts.
    owner
        Polygon of each ring.
    back
        Rings that have their polygon on their right.
    steps
        How many edges each ring has, with the step to the next ring.
    real
        Edges, and not steps from a ring to the next.
    one, other
        Pairs of edges that are the same, once each way.
    """

    spots: NDArray[np.float64]
    rings: NDArray[np.int64]
    owner: NDArray[np.int64]
    back: NDArray[np.bool_]
    steps: NDArray[np.int64]
    real: NDArray[np.bool_]
    one: NDArray[np.int64]
    other: NDArray[np.int64]

    def alone(self) -> NDArray[np.int64]:
        """Return the edges that do not stand exactly twice, once each way."""
        left = self.real.copy()
        left[self.one] = left[self.other] = False
        return np.flatnonzero(left)

    def ring_of(self, edges: NDArray[np.int64]) -> NDArray[np.int64]:
        """
        Return the ring of each edge.

        Parameters
        ----------
        edges
            Their numbers.
        """
        return np.searchsorted(self.rings, edges, side="right") - 1


def is_coverage(
    shapes: np.ndarray, gap_width: float, edges: Edges | None = None
) -> bool:
    """
    Tell whether polygons share their borders, vertex by vertex, and leave no gap.

    Parameters
    ----------
    shapes
        Valid polygons.
    gap_width
        Width in metres under which a hole is a gap.
    edges
        Those of the polygons, where they are known already.

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
        doubtful = _doubtful(shapes, gap_width, edges or edges_of(shapes))
        if doubtful.mean() < _FEW and shapely.coverage_is_valid(
            shapes[doubtful], gap_width=gap_width
        ):
            return True
    return bool(shapely.coverage_is_valid(shapes, gap_width=gap_width))


def _doubtful(shapes: np.ndarray, gap_width: float, edges: Edges) -> NDArray[np.bool_]:
    """Tell the units that have, or come near, an edge that is not shared."""
    alone = edges.alone()
    doubtful = np.zeros(len(shapes), dtype=bool)
    doubtful[edges.owner[edges.ring_of(alone)]] = True
    if doubtful.mean() >= _FEW:
        return doubtful
    ends = edges.spots[alone], edges.spots[alone + 1]
    low = np.minimum(*ends) - 2 * gap_width
    high = np.maximum(*ends) + 2 * gap_width
    near = shapely.STRtree(shapes).query(shapely.box(*low.T, *high.T))[1]
    doubtful[near] = True
    return doubtful


def edges_of(shapes: np.ndarray) -> Edges:
    """
    Return the edges of polygons, paired.

    Parameters
    ----------
    shapes
        Valid polygons.

    Examples
    --------
    >>> import shapely
    >>> edges = edges_of(shapely.box([0, 1], 0, [1, 2], 1))
    >>> len(edges.one), len(edges.alone())
    (1, 6)
    """
    spots, rings, owner, hole = _rings(shapes)
    places = scattered(spots)
    first, last = places[:-1], places[1:]
    real = np.ones(len(first), dtype=bool)
    real[rings[1:-1] - 1] = False  # from a ring to the next
    back = _turned(spots, rings, real) != hole
    steps = np.diff(rings)
    steps[-1] -= 1
    way = (first < last) ^ np.repeat(back, steps)
    edges = np.flatnonzero(real)
    one, other = _pairs((first + last)[real], way[real])
    return Edges(spots, rings, owner, back, steps, real, edges[one], edges[other])


def _rings(
    shapes: np.ndarray,
) -> tuple[
    NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]
]:
    """Return vertices, where each ring starts, its unit, and whether it is a hole."""
    if (shapely.get_num_interior_rings(shapes) == 0).all() and (
        shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    ).all():
        # One ring each, as most tilings are: no ring is copied out.
        spots = shapely.get_coordinates(shapes)
        rings = np.concatenate([[0], np.cumsum(shapely.get_num_coordinates(shapes))])
        return spots + 0.0, rings, np.arange(len(shapes)), np.zeros(len(shapes), bool)
    _, spots, offsets = shapely.to_ragged_array(shapes, include_z=False)
    rings, parts = offsets[0].astype(np.int64), offsets[1]
    owner = np.arange(len(parts) - 1)
    if len(offsets) > 2:
        owner = np.repeat(np.arange(len(shapes)), np.diff(offsets[2]))
    hole = np.ones(len(rings) - 1, dtype=bool)
    hole[parts[:-1]] = False
    return spots + 0.0, rings, np.repeat(owner, np.diff(parts)), hole


def _turned(
    spots: NDArray[np.float64], rings: NDArray[np.int64], real: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Tell the rings that turn clockwise."""
    x, y = (spots - spots[0]).T
    cross = np.where(real, x[:-1] * y[1:] - x[1:] * y[:-1], 0.0)
    turned: NDArray[np.bool_] = np.add.reduceat(cross, rings[:-1]) < 0
    return turned


def _pairs(
    keys: NDArray[np.uint64], way: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """
    Return the edges that stand exactly twice, once each way.

    Two keys are the same by chance once in 10^19: of ten thousand edges that are not
    shared, two are taken for one once in 10^11.
    """
    order = np.argsort(keys)
    keys = keys[order]
    new = np.concatenate([[True], keys[1:] != keys[:-1], [True]])
    # The same as the next one, and neither as the one before nor as the one after.
    pairs = np.flatnonzero(new[:-2] & ~new[1:-1] & new[2:])
    one, other = order[pairs], order[pairs + 1]
    matched = way[one] != way[other]
    return one[matched], other[matched]


def scattered(spots: NDArray[np.float64]) -> NDArray[np.uint64]:
    """
    Return a number for each place, which few places share.

    Parameters
    ----------
    spots
        Their coordinates.

    Examples
    --------
    >>> import numpy as np
    >>> len(set(scattered(np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])).tolist()))
    2
    """
    x, y = np.ascontiguousarray(spots).view(np.uint64).T
    mixed: NDArray[np.uint64] = x * _ODD[0]
    mixed ^= mixed >> np.uint64(32)
    mixed = (mixed + y) * _ODD[1]
    return mixed ^ (mixed >> np.uint64(29))
