"""Off the streets: which street each place of a grid is nearest to, kept a network."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from basinmap.access.networks import Network
from basinmap.access.snapping import beside, ends, streets_of, walked

__all__ = ["Grid", "Ground", "ground"]

Numbers = NDArray[np.float64]
Ranks = NDArray[np.int64]

_TILE: Final = 64
"""Nodes on a side of what is worked out at a time."""

_TILES: Final = 2_000
"""Tiles kept for a network: about 200 megabytes."""


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


@dataclass(slots=True)
class _Kept:
    """What is worked out once for a network."""

    trees: dict[float, tuple[cKDTree, Ranks]] = field(default_factory=dict)
    tiles: dict[tuple[float, float, bool, int, int], Ground] = field(
        default_factory=dict
    )


_KNOWN: WeakKeyDictionary[Network, _Kept] = WeakKeyDictionary()


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
    kept = _KNOWN.setdefault(network, _Kept())
    first = [bound // _TILE for bound in grid.low]
    last = [
        (bound + size - 1) // _TILE
        for bound, size in zip(grid.low, grid.size, strict=True)
    ]
    spots = list(product(range(first[1], last[1] + 1), range(first[0], last[0] + 1)))
    key = grid.step, farthest, reverse
    lacking = [spot for spot in spots if (*key, *spot) not in kept.tiles]
    if len(kept.tiles) + len(lacking) > _TILES:
        kept.tiles.clear()
        lacking = spots
    for spot in lacking:
        kept.tiles[*key, *spot] = _tile(network, kept, key, spot)
    wide, high = (b - a + 1 for a, b in zip(first, last, strict=True))
    columns, rows = (
        slice(low - start * _TILE, low - start * _TILE + size)
        for low, start, size in zip(grid.low, first, grid.size, strict=True)
    )
    found = []
    for layers in zip(*(kept.tiles[*key, *spot] for spot in spots), strict=True):
        shape = layers[0].shape[:-2]
        whole = np.stack(layers).reshape(high, wide, *shape, _TILE, _TILE)
        whole = np.moveaxis(whole, (0, 1), (-4, -2))
        whole = whole.reshape(*shape, high * _TILE, wide * _TILE)
        found.append(whole[..., rows, columns])
    return Ground(*found)


def _tile(
    network: Network,
    kept: _Kept,
    key: tuple[float, float, bool],
    spot: tuple[int, int],
) -> Ground:
    """Return the ground of one square of the plane."""
    step, farthest, reverse = key
    along = np.arange(_TILE)
    x, y = ((spot[axis] * _TILE + along) * step for axis in (1, 0))
    xy = np.column_stack([np.tile(x, _TILE), np.repeat(y, _TILE)])
    tree, street = _tree(network, kept, step)
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


def _tree(network: Network, kept: _Kept, step: float) -> tuple[cKDTree, Ranks]:
    """Return points along the streets, and the street of each."""
    known = kept.trees.get(step)
    if known is None:
        edge = streets_of(network)
        tail, head = network.tail[edge], network.head[edge]
        ax, ay, bx, by = (
            places[nodes] for nodes in (tail, head) for places in (network.x, network.y)
        )
        pieces = np.maximum(np.ceil(np.hypot(bx - ax, by - ay) / (step / 2)), 1).astype(
            np.int64
        )
        row = np.repeat(np.arange(len(edge)), pieces)
        rank = np.arange(pieces.sum()) - np.repeat(np.cumsum(pieces) - pieces, pieces)
        # In the middle of each piece: crossings belong to no street in particular.
        share = (rank + 0.5) / pieces[row]
        points = np.column_stack(
            [ax[row] + (bx - ax)[row] * share, ay[row] + (by - ay)[row] * share]
        )
        known = cKDTree(points, balanced_tree=False, compact_nodes=False), edge[row]
        kept.trees[step] = known
    return known
