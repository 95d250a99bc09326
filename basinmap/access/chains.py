"""Searches on streets whose bends are skipped: only junctions are visited."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cached_property
from threading import Lock

import numpy as np
from numpy.typing import NDArray

__all__ = ["Chains", "main_part"]

Ints = NDArray[np.int64]
Minutes = NDArray[np.float64]

_SHIFT = 1.0
"""Added to the minutes of a start, since an arc of 0 is no arc to scipy."""
_ROUNDING = 1e-9
"""Minutes: a limit holds what takes just as long."""
_SEEDS = 16


def main_part(tail: NDArray, head: NDArray, size: int) -> tuple[NDArray[np.bool_], int]:
    """
    Tell which nodes lie in the largest part where each reaches each.

    Parameters
    ----------
    tail, head
        Nodes of the edges.
    size
        Number of nodes.

    Returns
    -------
    inside : array of bool
        One a node.
    parts : int
        How many parts there are; of two as large, the first is kept.
    """
    from scipy.sparse import csr_array  # noqa: PLC0415 - 0.2 s, and many never ask
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415 - as above

    graph = csr_array((np.ones(len(tail), bool), (tail, head)), shape=(size, size))
    parts, label = connected_components(graph, connection="strong")
    return label == np.bincount(label).argmax(), int(parts)


@dataclass(eq=False)
class _Side:
    """
    What a search in one direction asks: arcs between junctions, and ways out of bends.

    A bend is left along its edges, at most two of them, up to a junction.
    """

    head: Ints
    minutes: Minutes
    start: Ints  # first edge of each node
    follows: Ints  # the next edge along a chain, -1 at its end
    ends: Ints  # (2, bends) rank of the junction that each edge of a bend leads to
    lasts: Minutes  # (2, bends) and in how many minutes, inf where there is no edge
    indices: NDArray[np.int32]  # arcs of the junctions, then room for a start
    weights: Minutes
    indptr: NDArray[np.int32]
    lock: Lock = field(default_factory=Lock)

    def search(self, first: dict[int, float], limit: float) -> Minutes:
        """Return the minutes to each junction, from a start that leads to some."""
        from scipy.sparse import csr_array  # noqa: PLC0415 - 0.2 s, and many never ask
        from scipy.sparse.csgraph import dijkstra  # noqa: PLC0415 - as above

        arcs, size = int(self.indptr[-2]), len(self.indptr) - 1
        ranks, minutes = _pairs(first)
        soonest = float(minutes.min())
        with self.lock:  # the room for a start is shared
            end = arcs + len(ranks)
            self.indices[arcs:end] = ranks
            self.weights[arcs:end] = minutes - soonest + _SHIFT
            self.indptr[-1] = end
            graph = csr_array(
                (self.weights[:end], self.indices[:end], self.indptr),
                shape=(size, size),
            )
            most = max(limit - soonest + _SHIFT + _ROUNDING, 0.0)
            found = dijkstra(graph, indices=size - 1, limit=most)
        return found[:-1] + (soonest - _SHIFT)

    def along(self, ranks: Ints) -> Ints:
        """Return the bends that lead straight to some junctions."""
        first, bends = self.by_end
        counts = first[ranks + 1] - first[ranks]
        shift = np.repeat(first[ranks] - np.cumsum(counts) + counts, counts)
        return bends[np.arange(counts.sum()) + shift]

    @cached_property
    def by_end(self) -> tuple[Ints, Ints]:
        """Bends sorted by the junctions they lead to, and where each one starts."""
        known = np.isfinite(self.lasts)
        ends, bends = self.ends[known], np.nonzero(known)[1]
        counts = np.bincount(ends, minlength=len(self.indptr) - 2)
        return np.concatenate([[0], np.cumsum(counts)]), bends[np.argsort(ends)]

    def leave(self, node: int, minutes: float) -> list[tuple[int, float]]:
        """Return the bends that come next from a bend, and when."""
        passed = []
        first = int(self.start[node])
        for edge in range(first, int(self.start[node + 1])):
            clock, along = minutes, edge
            while self.follows[along] >= 0:
                clock += float(self.minutes[along])
                passed.append((int(self.head[along]), clock))
                along = int(self.follows[along])
        return passed


@dataclass(frozen=True, slots=True, eq=False)
class Chains:
    """
    A network whose bends, nodes of two neighbours and no choice, are skipped.

    Times are those of the whole network: each bend knows the junctions that its
    edges come from, and in how many minutes.

    Parameters
    ----------
    tail, head
        Nodes of the edges, sorted by tail, without duplicates or loops; each node
        reaches each.
    minutes
        Of each edge, positive.
    size
        Number of nodes.
    """

    rank: Ints
    junctions: Ints
    bends: Ints
    forth: _Side
    back: _Side

    def __init__(
        self, tail: NDArray, head: NDArray, minutes: Minutes, size: int
    ) -> None:
        tail, head = tail.astype(np.int64), head.astype(np.int64)
        through = _bends(tail, head, size)
        bends, junctions = np.flatnonzero(through), np.flatnonzero(~through)
        rank = np.empty(size, np.int64)  # among junctions, or, under 0, among bends
        rank[junctions], rank[bends] = np.arange(len(junctions)), ~np.arange(len(bends))
        order = np.lexsort((tail, head))
        forth = _side(tail, head, minutes, through, rank)
        back = _side(head[order], tail[order], minutes[order], through, rank)
        for item, value in zip(
            fields(self), (rank, junctions, bends, forth, back), strict=True
        ):
            object.__setattr__(self, item.name, value)

    def sweep(
        self,
        nodes: Ints,
        minutes: Minutes,
        limit: float,
        *,
        reverse: bool,
        at: Ints | None = None,
    ) -> Minutes:
        """
        Return the minutes from a start to nodes, or back.

        Parameters
        ----------
        nodes, minutes
            Where the start leads first, and when.
        limit
            Minutes beyond which nothing is reached.
        reverse
            Minutes from the nodes to the start instead.
        at
            Nodes asked for; by default, all.

        Returns
        -------
        array of float
            Minutes, inf where the limit is passed.
        """
        ahead, behind = (self.back, self.forth) if reverse else (self.forth, self.back)
        near: dict[int, float] = {}  # bends on the way to the first junctions
        soonest: dict[int, float] = {}
        for node, clock in zip(nodes.tolist(), minutes.tolist(), strict=True):
            rank = int(self.rank[node])
            if rank >= 0:
                _hasten(soonest, rank, clock)
                continue
            for passed, when in [(node, clock), *ahead.leave(node, clock)]:
                _hasten(near, passed, when)
            for end, lasts in zip(
                ahead.ends[:, ~rank], ahead.lasts[:, ~rank], strict=True
            ):
                if np.isfinite(lasts):
                    _hasten(soonest, int(end), clock + float(lasts))
        clocks = ahead.search(soonest, limit)
        if at is None:
            found = self._everywhere(clocks, behind, limit)
            places, when = _pairs(near)
            found[places] = np.minimum(found[places], when)
        else:
            found = self._somewhere(clocks, behind, near, at)
        found[found > limit + _ROUNDING] = np.inf
        return found

    def _everywhere(self, clocks: Minutes, behind: _Side, limit: float) -> Minutes:
        """Return the minutes of all nodes."""
        found = np.full(len(self.rank), np.inf)
        found[self.junctions] = clocks
        (a, b), (to_a, to_b) = behind.ends, behind.lasts
        reached = np.flatnonzero(np.isfinite(clocks))
        if np.isfinite(limit) and 8 * len(reached) < len(clocks):
            some = behind.along(reached)  # far fewer than all
            a, b, to_a, to_b = a[some], b[some], to_a[some], to_b[some]
            found[self.bends[some]] = np.minimum(clocks[a] + to_a, clocks[b] + to_b)
        else:
            found[self.bends] = np.minimum(clocks[a] + to_a, clocks[b] + to_b)
        return found

    def _somewhere(
        self, clocks: Minutes, behind: _Side, near: dict[int, float], at: Ints
    ) -> Minutes:
        """Return the minutes of the nodes asked for."""
        rank = self.rank[at]
        found = clocks[np.maximum(rank, 0)]
        bend = np.flatnonzero(rank < 0)
        ends = ~rank[bend]
        ways = clocks[behind.ends[:, ends]] + behind.lasts[:, ends]
        found[bend] = ways.min(axis=0)
        if near:
            known, when = _pairs(near)
            place = np.minimum(np.searchsorted(known, at), len(known) - 1)
            hit = np.flatnonzero(known[place] == at)
            found[hit] = np.minimum(found[hit], when[place[hit]])
        return found


def _hasten(clocks: dict[int, float], key: int, clock: float) -> None:
    clocks[key] = min(clock, clocks.get(key, np.inf))


def _pairs(clocks: dict[int, float]) -> tuple[Ints, Minutes]:
    keys = sorted(clocks)
    return np.array(keys, np.int64), np.array([clocks[key] for key in keys])


def _bends(tail: Ints, head: Ints, size: int) -> NDArray[np.bool_]:
    """Tell which nodes are passed without a choice: two neighbours, in and out."""
    out = np.bincount(tail, minlength=size)
    into = np.bincount(head, minlength=size)
    pairs = np.sort(np.stack([tail, head]), axis=0)
    ends = np.divmod(np.unique(pairs[0] * size + pairs[1]), size)
    neighbours = np.bincount(np.concatenate(ends), minlength=size)
    through = (neighbours == 2) & (out == into) & (out <= 2)
    if through.all():  # a single ring
        through[0] = False
    return through


def _side(
    tail: Ints,
    head: Ints,
    minutes: Minutes,
    through: NDArray[np.bool_],
    rank: Ints,
) -> _Side:
    """Return one direction of the network; edges are sorted by tail."""
    size = len(through)
    start = np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=size))])
    follows = _next(tail, head, through, start)
    last, total = _followed(follows, minutes)
    to = rank[head[last]]
    of_bend = np.flatnonzero(through[tail])
    place = of_bend - start[tail[of_bend]], ~rank[tail[of_bend]]
    ends = np.zeros((2, int(through.sum())), np.int64)
    lasts = np.full(ends.shape, np.inf)
    ends[place], lasts[place] = to[of_bend], total[of_bend]
    arcs = np.flatnonzero(~through[tail])
    room = _arcs(rank[tail[arcs]], to[arcs], total[arcs], size - ends.shape[1])
    return _Side(head, minutes, start, follows, ends, lasts, *room)


def _next(tail: Ints, head: Ints, through: NDArray[np.bool_], start: Ints) -> Ints:
    """Return the edge that follows each one: from a bend, the one not turning back."""
    follows = np.full(len(tail), -1)
    into = np.flatnonzero(through[head])
    node = head[into]
    first = start[node]
    back = head[first] == tail[into]
    follows[into] = first + back
    return follows


def _followed(follows: Ints, minutes: Minutes) -> tuple[Ints, Minutes]:
    """Return the last edge of the chain of each edge, and the minutes to its end."""
    # Each step doubles what is known: a chain of a thousand edges takes ten.
    follows, total = follows.copy(), minutes.copy()
    last = np.arange(len(follows))
    active = np.flatnonzero(follows >= 0)
    while len(active):
        ahead = follows[active]
        total[active] += total[ahead]
        last[active] = last[ahead]
        follows[active] = follows[ahead]
        active = active[follows[active] >= 0]
    return last, total


def _arcs(
    tail: Ints, head: Ints, minutes: Minutes, size: int
) -> tuple[NDArray[np.int32], Minutes, NDArray[np.int32]]:
    """Return the fastest arc of each pair of junctions, with room for a start."""
    order = np.lexsort((minutes, head, tail))
    order = order[tail[order] != head[order]]
    tail, head, minutes = tail[order], head[order], minutes[order]
    first = np.ones(len(tail), bool)
    first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    tail, head, minutes = tail[first], head[first], minutes[first]
    counts = np.bincount(tail, minlength=size)
    indptr = np.concatenate([[0], np.cumsum(counts), [len(tail)]])
    return (
        np.concatenate([head, np.zeros(_SEEDS, np.int64)]).astype(np.int32),
        np.concatenate([minutes, np.zeros(_SEEDS)]),
        indptr.astype(np.int32),
    )
