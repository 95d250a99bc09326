"""Off the streets: which street each place of a grid is nearest to, kept a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from basinmap.access.networks import Network
from basinmap.access.snapping import beside, ends, streets_of, walked

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

__all__ = ["Grid", "Ground", "ground"]

Numbers = NDArray[np.float64]
Ranks = NDArray[np.int64]

_TILE: Final = 64
"""Nodes on a side of what is worked out at a time."""

_TILES: Final = 2_000
"""Tiles kept for a network: about 250 megabytes."""


@dataclass(frozen=True, slots=True)
class Grid:
    """
    Nodes at multiples of a step.

    Attributes
    ----------
    step
        Metres.
    low
        Column and row of the first node: its x and y, in steps.
    size
        How many columns and rows.
    """

    step: float
    low: tuple[int, int]
    size: tuple[int, int]

    @property
    def x(self) -> Numbers:
        """The x of each column."""
        return np.arange(self.low[0], self.low[0] + self.size[0]) * np.float64(
            self.step
        )

    @property
    def y(self) -> Numbers:
        """The y of each row."""
        return np.arange(self.low[1], self.low[1] + self.size[1]) * np.float64(
            self.step
        )


class Ground(NamedTuple):
    """
    What is known of the nodes of a grid, rows first, whoever travels.

    Attributes
    ----------
    node
        Crossings at both ends of the nearest street, one layer each.
    minutes
        Minutes between them and the node of the grid, the walk included; infinite
        where a one-way street forbids it.
    walk
        Minutes to the nearest street; infinite a step farther than one walks.
    edge, share
        That street, and where on it.
    """

    node: NDArray[np.int32]
    minutes: NDArray[np.float32]
    walk: NDArray[np.float32]
    edge: NDArray[np.int32]
    share: Numbers


Key: TypeAlias = tuple[float, float, bool]
Spot: TypeAlias = tuple[int, int]

_KNOWN: WeakKeyDictionary[Network, dict[tuple[Key, Spot], Ground]] = WeakKeyDictionary()


def ground(network: Network, grid: Grid, farthest: float, *, reverse: bool) -> Ground:
    """
    Tie each node of a grid to the street nearest to it.

    Parameters
    ----------
    network
        Any network.
    grid
        The nodes.
    farthest
        Metres beyond which one does not walk off the streets.
    reverse
        Whether travel goes from the nodes, rather than to them.

    Returns
    -------
    Ground
        Arrays of the size of the grid.

    Notes
    -----
    It is found among points along the streets, half a step apart, then measured to
    the street itself: where two streets are nearly as near, the other one may be
    taken. Squares of 64 nodes are kept with the network: the next search, from
    another place, does not look for them again.
    """
    kept = _KNOWN.setdefault(network, {})
    first = [bound // _TILE for bound in grid.low]
    last = [
        (bound + size - 1) // _TILE
        for bound, size in zip(grid.low, grid.size, strict=True)
    ]
    spots = list(product(range(first[1], last[1] + 1), range(first[0], last[0] + 1)))
    key = grid.step, farthest, reverse
    lacking = [spot for spot in spots if (key, spot) not in kept]
    if len(kept) + len(lacking) > _TILES:
        kept.clear()
        lacking = spots
    if lacking:
        tree, street = _along_streets(network, key, lacking)
        for spot in lacking:
            kept[key, spot] = _tile(network, tree, street, key, spot)
    wide, high = (b - a + 1 for a, b in zip(first, last, strict=True))
    columns, rows = (
        slice(low - start * _TILE, low - start * _TILE + size)
        for low, start, size in zip(grid.low, first, grid.size, strict=True)
    )
    found = []
    for layers in zip(*(kept[key, spot] for spot in spots), strict=True):
        shape = layers[0].shape[:-2]
        whole = np.stack(layers).reshape(high, wide, *shape, _TILE, _TILE)
        whole = np.moveaxis(whole, (0, 1), (-4, -2))
        whole = whole.reshape(*shape, high * _TILE, wide * _TILE)
        found.append(whole[..., rows, columns])
    return Ground(*found)


def _tile(
    network: Network, tree: cKDTree, street: Ranks, key: Key, spot: Spot
) -> Ground:
    """Return the ground of one square of the plane."""
    step, farthest, reverse = key
    along = np.arange(_TILE)
    x, y = ((spot[axis] * _TILE + along) * step for axis in (1, 0))
    xy = np.column_stack([np.tile(x, _TILE), np.repeat(y, _TILE)])
    _, near = tree.query(xy, distance_upper_bound=farthest + step)
    there = np.flatnonzero(near < len(street))
    on = beside(xy[there], street[near[there]], network)
    tied = ends(on, network, reverse=not reverse)
    shape = _TILE * _TILE
    node = np.zeros((2, shape), np.int32)
    minutes = np.full((2, shape), np.inf, np.float32)
    walk = np.full(shape, np.inf, np.float32)
    edge = np.full(shape, -1, np.int32)
    share = np.zeros(shape)
    node[:, there], minutes[:, there] = tied.node.T, tied.minutes.T
    walk[there] = walked(on.gap, network)
    edge[there], share[there] = on.edge, on.share
    square = (_TILE, _TILE)
    return Ground(
        node.reshape(2, *square),
        minutes.reshape(2, *square),
        walk.reshape(square),
        edge.reshape(square),
        share.reshape(square),
    )


def _along_streets(
    network: Network, key: Key, spots: Sequence[Spot]
) -> tuple[cKDTree, Ranks]:
    """Return points along the streets around some squares, and the street of each."""
    from scipy.spatial import cKDTree  # noqa: PLC0415 - 0.2 s, and many never ask

    step, farthest, _ = key
    edge = streets_of(network)
    tail, head = network.tail[edge], network.head[edge]
    near = np.ones(len(edge), bool)
    for places, square in zip((network.y, network.x), np.transpose(spots), strict=True):
        low = square.min() * _TILE * step - farthest - step
        high = (square.max() + 1) * _TILE * step + farthest + step
        start, end = places[tail], places[head]
        near &= (np.maximum(start, end) >= low) & (np.minimum(start, end) <= high)
    edge, tail, head = edge[near], tail[near], head[near]
    start, end = (np.array([network.x[at], network.y[at]]) for at in (tail, head))
    length = np.hypot(*(end - start))
    pieces = np.maximum(np.ceil(length / (step / 2)), 1).astype(np.int64)
    row = np.repeat(np.arange(len(edge)), pieces)
    rank = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    # In the middle of each piece: crossings belong to no street in particular.
    share = (rank + 0.5) / pieces[row]
    points = start[:, row] + (end - start)[:, row] * share
    return cKDTree(points.T, balanced_tree=False, compact_nodes=False), edge[row]
