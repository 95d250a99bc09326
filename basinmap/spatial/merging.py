"""Merging the units of a coverage: of edges that are paired, those that remain."""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from basinmap.spatial.matching import Edges, edges_of, is_coverage, scattered
from basinmap.spatial.polygons import NOISE

__all__ = ["merged_coverage"]

_MANY: Final = 500
"""Units from which following edges takes less time than merging group by group."""
_ODD: Final = np.uint64(0xD6E8FEB86659FD93)
"""A factor that keeps the places of a group from those of another."""


def merged_coverage(
    shapes: np.ndarray, groups: NDArray[np.int64], gap_width: float
) -> np.ndarray | None:
    """
    Return the union of each group of polygons, or None if they are no coverage.

    Parameters
    ----------
    shapes
        Valid polygons.
    groups
        Number of the group of each, from 0 on; none is empty.
    gap_width
        Width in metres under which a hole is a gap.

    Returns
    -------
    array or None
        What `shapely.coverage_union_all` makes of each, vertex by vertex.

    Notes
    -----
    That the polygons are a coverage is proved by pairing their edges. What is left of
    a group without the pairs that are inside is its limit: it is followed from end to
    end, without any geometric operation. Where there are several ways to follow, or
    the result is not valid, or has not the surface of its parts, the group is merged
    by GEOS.

    Examples
    --------
    >>> import numpy as np
    >>> import shapely
    >>> two = shapely.box([0, 1], 0, [1, 2], 1)
    >>> [one] = merged_coverage(two, np.array([0, 0]), 0.1)
    >>> one.area
    2.0
    """
    few = len(shapes) < _MANY or shapely.has_z(shapes).any()
    edges = None if few else edges_of(shapes)
    if not is_coverage(shapes, gap_width, edges):
        return None
    merged = np.full(groups.max() + 1, None, dtype=object)
    if edges is not None:
        merged = _followed(edges, groups, merged)
        surfaces = np.bincount(groups, shapely.area(shapes))
        same = np.abs(shapely.area(merged) - surfaces) <= NOISE * surfaces
        merged[~(same & shapely.is_valid(merged))] = None
    order = np.argsort(groups, kind="stable")
    members = np.split(shapes[order], np.cumsum(np.bincount(groups))[:-1])
    for number in np.flatnonzero(shapely.is_missing(merged)):
        merged[number] = shapely.coverage_union_all(members[number])
    return merged


def _followed(
    edges: Edges, groups: NDArray[np.int64], merged: np.ndarray
) -> np.ndarray:
    """Return the groups whose limit may be followed in one way; None for others."""
    first, last, ring = _runs(edges, groups)
    group = groups[edges.owner[ring]]
    # With the ground on the right, as GEOS does.
    turned = ~edges.back[ring]
    tail, head = np.where(turned, (last, first), (first, last))
    following, bad = _following(edges, tail, head, group)
    good = np.ones(len(merged), dtype=bool)
    good[group[bad]] = False
    walked, starts = _walked(following, good[group])
    if not walked.size:
        return merged
    spots, lengths = _spots(edges, tail[walked], head[walked])
    sizes = np.add.reduceat(lengths, starts)
    rings = shapely.linearrings(spots, indices=np.repeat(np.arange(len(sizes)), sizes))
    _assemble(rings, group[walked][starts], merged)
    return merged


def _runs(
    edges: Edges, groups: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and the last vertex of what remains of rings, and their ring."""
    of = np.repeat(groups[edges.owner].astype(np.int32), edges.steps)
    inside = of[edges.one] == of[edges.other]
    kept = np.concatenate([[False], edges.real, [False]])
    kept[edges.one[inside] + 1] = kept[edges.other[inside] + 1] = False
    first = np.flatnonzero(kept[1:-1] & ~kept[:-2])
    last = np.flatnonzero(kept[1:-1] & ~kept[2:]) + 1
    return first, last, edges.ring_of(first)


def _following(
    edges: Edges,
    tail: NDArray[np.int64],
    head: NDArray[np.int64],
    group: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the run that follows each, and those that none or several follow."""
    apart = group.astype(np.uint64) * _ODD
    from_, to = (scattered(edges.spots[ends]) + apart for ends in (tail, head))
    order = np.argsort(from_)
    from_ = from_[order]
    at = np.searchsorted(from_, to)
    at[at == len(order)] = 0
    bad = from_[at] != to
    twice = np.flatnonzero(from_[1:] == from_[:-1])
    bad[order[twice]] = True
    return order[at], bad


def _walked(
    following: NDArray[np.int64], good: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return runs as they follow each other, and where rings start."""
    left, after = good.tolist(), following.tolist()
    walked: list[int] = []
    starts: list[int] = []
    for run in np.flatnonzero(good).tolist():
        if left[run]:
            starts.append(len(walked))
        here = run
        while left[here]:
            left[here] = False
            walked.append(here)
            here = after[here]
    return np.array(walked, dtype=np.int64), np.array(starts, dtype=np.int64)


def _spots(
    edges: Edges, tail: NDArray[np.int64], head: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the vertices of runs, but for their last, and how many each has."""
    lengths = np.abs(head - tail)
    rank = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    step = np.repeat(np.sign(head - tail), lengths)
    return edges.spots[np.repeat(tail, lengths) + step * rank], lengths


def _assemble(rings: np.ndarray, group: NDArray[np.int64], merged: np.ndarray) -> None:
    """Make polygons of rings; groups of several that have holes are left."""
    hole = shapely.is_ccw(rings)
    shells = np.bincount(group[~hole], minlength=len(merged))
    holes = np.bincount(group[hole], minlength=len(merged))
    plain = (shells == 1) | (holes == 0)
    chosen = plain[group]
    rings, group, hole = rings[chosen], group[chosen], hole[chosen]
    order = np.lexsort([hole, group])
    rings, group, hole = rings[order], group[order], hole[order]
    polygon = np.cumsum(~hole) - 1
    made, of = shapely.polygons(rings, indices=polygon), group[~hole]
    many = shells[of] > 1
    merged[of[~many]] = made[~many]
    if many.any():
        numbers, parts = np.unique(of[many], return_inverse=True)
        merged[numbers] = shapely.multipolygons(made[many], indices=parts)
