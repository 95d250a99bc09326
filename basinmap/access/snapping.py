"""From a point to the nearest street, and from there to the crossings."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from numbers import Real
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from basinmap.access.networks import Network
from basinmap.errors import BasinmapWarning, CRSError, DataError, culprits
from basinmap.spatial.projections import METRIC, check_metric
from basinmap.territory.places import Place
from basinmap.territory.units import check_unique

__all__ = [
    "MAX_GAP",
    "Ends",
    "Snapped",
    "alongside",
    "beside",
    "check_gaps",
    "check_max_gap",
    "ends",
    "point_frame",
    "seeds",
    "snap",
    "streets_of",
    "walked",
]

Numbers = NDArray[np.float64]
Ranks = NDArray[np.int64]

MAX_GAP: Final = 500.0
"""Metres from a street farther than which a place is served by none."""

_TOUCH: Final = 1e-6
"""Metres under which two streets are as near, and a point stands on a crossing."""

_LONG: Final = 500.0
"""Metres above which a segment, rare in a town, is looked at whatever the point."""

_FEW: Final = 300
"""Points up to which nodes are scanned rather than segments put into a tree."""

_OUTSIDE: Final = 5_000.0
"""Metres above which a point is outside of the network."""


@dataclass(frozen=True, slots=True, eq=False)
class Snapped:
    """
    Points, each on the street nearest to it.

    Attributes
    ----------
    edge
        A directed edge of the network: the first of those that are as near.
    share
        Where on it: 0 at its tail, 1 at its head.
    gap
        Metres from the point to the street.
    x, y
        Position on the street, in metres.
    """

    edge: Ranks
    share: Numbers
    gap: Numbers
    x: Numbers
    y: Numbers

    def take(self, rows: Ranks) -> Snapped:
        """
        Return some of the points.

        Parameters
        ----------
        rows
            Their positions, in the order wanted.

        Returns
        -------
        Snapped
            In that order.
        """
        return Snapped(
            self.edge[rows],
            self.share[rows],
            self.gap[rows],
            self.x[rows],
            self.y[rows],
        )


class Ends(NamedTuple):
    """
    Crossings at both ends of the street of each point.

    Attributes
    ----------
    node
        Two columns: tail and head of the edge.
    minutes
        Minutes between each of them and the point, infinite where a one-way
        street forbids it.
    """

    node: Ranks
    minutes: Numbers


@dataclass(slots=True)
class _Segments:
    """What is worked out once for a network: its streets, each direction once."""

    edge: Ranks
    long: Ranks
    tree: shapely.STRtree | None = None


_KNOWN: WeakKeyDictionary[Network, _Segments] = WeakKeyDictionary()


def snap(xy: Numbers, network: Network) -> Snapped:
    """
    Find the street nearest to each point.

    Streets are the straight segments between nodes. The answer is exact, to the
    micrometre, and does not depend on the other points.

    Parameters
    ----------
    xy
        Points as rows of x and y, metres in the CRS of the network.
    network
        Any network.

    Returns
    -------
    Snapped
        In the order of the points.

    Notes
    -----
    For a few points, nodes are scanned: the nearest node gives a distance that the
    nearest street cannot exceed, so that its tail is within that distance and its
    own length. For many, a tree of the segments is built, once a network.

    Examples
    --------
    >>> from basinmap.access.networks import build_network
    >>> street = build_network(
    ...     [0, 100], [0, 0], [0, 1], [1, 0], [100, 100], [2, 2], mode="walk"
    ... )
    >>> on = snap(np.array([[25.0, 40.0]]), street)
    >>> on.share.tolist(), on.gap.tolist()
    ([0.25], [40.0])
    """
    segments = _segments(network)
    if len(xy) > _FEW or segments.tree is not None:
        point, edge = _in_tree(xy, network, segments)
    else:
        around = [_around(point, network, segments) for point in xy]
        point = np.repeat(np.arange(len(xy)), [len(edges) for edges in around])
        edge = np.concatenate([np.empty(0, np.int64), *around])
    return _nearest(xy, point, edge, network)


def ends(snapped: Snapped, network: Network, *, reverse: bool = False) -> Ends:
    """
    Tie each point to the crossings at both ends of its street.

    Parameters
    ----------
    snapped
        Points on the network.
    network
        The network that they were snapped to.
    reverse
        Whether minutes lead to the points, rather than away from them.

    Returns
    -------
    Ends
        One row a point; its gap, walked, is counted.
    """
    edge, share = snapped.edge, snapped.share
    along, back = network.minutes[edge], network.backward[edge]
    against = np.where(back >= 0, network.minutes[back], np.inf)
    tailward, headward = (along, against) if reverse else (against, along)
    minutes = np.full((len(edge), 2), np.inf)
    # At a crossing one has arrived, even at the wrong end of a one-way street.
    np.multiply(share, tailward, out=minutes[:, 0], where=share > 0)
    np.multiply(1 - share, headward, out=minutes[:, 1], where=share < 1)
    minutes[share == 0, 0] = 0
    minutes[share == 1, 1] = 0
    minutes += walked(snapped.gap, network)[:, None]
    node = np.column_stack([network.tail[edge], network.head[edge]])
    return Ends(node.astype(np.int64), minutes)


def seeds(
    snapped: Snapped, i: int, network: Network, *, reverse: bool = False
) -> tuple[Ranks, Numbers]:
    """
    Return the crossings that a search from a point starts with.

    Parameters
    ----------
    snapped
        Points on the network.
    i
        Position of the point among them.
    network
        The network that they were snapped to.
    reverse
        Whether travel goes to the point.

    Returns
    -------
    nodes : array of int
        One or two nodes of the network.
    minutes : array of float
        Minutes from the point to each of them (from them to it, with `reverse`),
        the walk to the street included.

    Examples
    --------
    Halfway along a one-way street, reached after a walk of 20 m:

    >>> from basinmap.access.networks import build_network
    >>> loop = build_network(
    ...     [0, 100, 50], [0, 0, 80], [0, 1, 2], [1, 2, 0], [100] * 3, [2] * 3,
    ...     mode="car",
    ... )
    >>> on = snap(np.array([[50.0, -20.0]]), loop)
    >>> nodes, minutes = seeds(on, 0, loop)
    >>> loop.node[nodes].tolist(), minutes.round(2).tolist()
    ([1], [1.3])
    """
    node, minutes = ends(snapped.take(np.array([i])), network, reverse=reverse)
    free = np.isfinite(minutes[0])
    return node[0, free], minutes[0, free]


def beside(xy: Numbers, edge: Ranks, network: Network) -> Snapped:
    """
    Put each point on a street that is known.

    Parameters
    ----------
    xy
        Points as rows of x and y.
    edge
        The street of each.
    network
        The network.

    Returns
    -------
    Snapped
        In the order of the points, each at the nearest place of its street.

    Examples
    --------
    >>> from basinmap.access.networks import build_network
    >>> street = build_network(
    ...     [0, 100], [0, 0], [0, 1], [1, 0], [100, 100], [2, 2], mode="walk"
    ... )
    >>> on = beside(np.array([[25.0, 40.0]]), np.array([0]), street)
    >>> on.share.tolist(), on.gap.tolist()
    ([0.25], [40.0])
    """
    a, b = _both_ends(edge, network)
    along = b - a
    squared = (along**2).sum(axis=1)
    dot = ((xy - a) * along).sum(axis=1)
    share = np.zeros(len(edge))  # stays 0 where both ends are one spot
    np.divide(dot, squared, out=share, where=squared > 0)
    span = np.sqrt(squared)
    share[share * span < _TOUCH] = 0
    share[(1 - share) * span < _TOUCH] = 1
    share[span < _TOUCH] = 0
    on = a + share[:, None] * along
    on[share == 1] = b[share == 1]
    return Snapped(edge, share, np.hypot(*(xy - on).T), on[:, 0], on[:, 1])


def alongside(
    start: Snapped, share: Numbers, network: Network, *, reverse: bool = False
) -> Numbers:
    """
    Return the minutes from a place of a street to others of the same street.

    Parameters
    ----------
    start
        One point on the network.
    share
        Where the others are, on its street.
    network
        The network.
    reverse
        Whether travel comes from the others.

    Returns
    -------
    array of float
        Minutes along the street, infinite where it is one-way and they are behind.

    Examples
    --------
    >>> from basinmap.access.networks import build_network
    >>> street = build_network(
    ...     [0, 100], [0, 0], [0, 1], [1, 0], [100, 100], [2, 2], mode="walk"
    ... )
    >>> on = snap(np.array([[50.0, 0.0]]), street)
    >>> alongside(on, np.array([0.0, 0.75]), street)
    array([1. , 0.5])
    """
    edge = start.edge[0]
    ahead = share - start.share[0]
    if reverse:
        ahead = -ahead
    along, back = network.minutes[edge], network.backward[edge]
    against = network.minutes[back] if back >= 0 else np.inf
    behind = np.where(ahead < 0, -ahead, 1)  # never 0, which inf cannot multiply
    return np.where(ahead < 0, behind * against, ahead * along)


def streets_of(network: Network) -> Ranks:
    """
    Return the edges of a network, each street in one of its directions.

    Parameters
    ----------
    network
        Any network.

    Returns
    -------
    array of int
        Of two directions, the first; `snap` answers with these.
    """
    return _segments(network).edge


def walked(metres: Numbers, network: Network) -> Numbers:
    """
    Return the minutes that metres off the streets take, on foot in all modes.

    Parameters
    ----------
    metres
        Lengths.
    network
        The network, whose `off_street` is the speed.

    Returns
    -------
    array of float
        Minutes.
    """
    return metres * 60 / (1000 * network.off_street)


def point_frame(
    points: Place | gpd.GeoDataFrame | gpd.GeoSeries, network: Network, what: str
) -> gpd.GeoSeries:
    """
    Return points as a series, after checking that they can be put on a network.

    Parameters
    ----------
    points
        A `Place`, or points on the index of their codes.
    network
        The network that they are meant for.
    what
        What they are, for the messages.

    Returns
    -------
    GeoSeries
        Points in the CRS of the network; the index of a `Place` is its name.

    Raises
    ------
    CRSError
        If there is no CRS, or another one than that of the network.
    DataError
        If there is nothing, a code is missing or repeated, some are no points, or
        the network is none.
    """
    if not isinstance(network, Network):
        msg = f"network: need what read_network returns, got {type(network).__name__}"
        raise DataError(msg)
    if isinstance(points, Place):
        one = gpd.GeoSeries([points.point], index=pd.Index([points.name]), crs=METRIC)
        return one.to_crs(network.crs)
    check_metric(points, what)
    if points.crs != network.crs:
        ours, theirs = points.crs.to_string(), network.crs.to_string()
        msg = (
            f"two CRS: {what} in {ours}, network in {theirs}; "
            f"call .to_crs({network.crs.to_epsg() or 'network.crs'}) on {what}"
        )
        raise CRSError(msg)
    shapes = points.geometry
    _check_codes(shapes.index, what)
    _check_points(shapes, what)
    return shapes


def check_gaps(
    gap: Numbers, codes: pd.Index, max_gap: float, what: str, *, strict: bool = False
) -> None:
    """
    Check how far points are from the streets.

    Parameters
    ----------
    gap
        Metres from each point to the nearest street.
    codes
        Of the points.
    max_gap
        Metres beyond which a point has no time.
    what
        What the points are, for the messages.
    strict
        Whether such a point is an error.

    Raises
    ------
    DataError
        If `max_gap` is no distance, or a point is more than 5 km away, or
        `max_gap` where it is more, or with `strict`.

    Warns
    -----
    BasinmapWarning
        With the points farther away than `max_gap`.
    """
    check_max_gap(max_gap)
    beyond = gap > max(max_gap, _OUTSIDE)
    if beyond.any():
        msg = (
            f"{what}: {beyond.sum()} outside of the network: "
            f"{_told(gap, codes, beyond)}; read a network that covers them, or drop "
            "them"
        )
        raise DataError(msg)
    far = gap > max_gap
    if far.any():
        msg = (
            f"{what}: {far.sum()} farther than {max_gap:g} m from any street: "
            f"{_told(gap, codes, far)}; the network does not serve them, they have no "
            "time; pass max_gap= to walk farther"
        )
        if strict:
            raise DataError(msg)
        warnings.warn(msg, BasinmapWarning, stacklevel=3)


def check_max_gap(max_gap: float) -> None:
    """
    Check the longest walk off the streets.

    Parameters
    ----------
    max_gap
        Metres.

    Raises
    ------
    DataError
        If it is no distance.
    """
    if not isinstance(max_gap, Real) or not max_gap >= 0:
        msg = f"max_gap is a distance in metres, such as 500; got {max_gap!r}"
        raise DataError(msg)


# -- points ----------------------------------------------------------------------


def _check_codes(codes: pd.Index, what: str) -> None:
    if codes.nlevels > 1:
        msg = f"{what}: an index of {codes.nlevels} levels; keep one, the code"
        raise DataError(msg)
    if codes.hasnans:
        msg = f"{what}: {codes.isna().sum()} code(s) missing; drop or fill them first"
        raise DataError(msg)
    check_unique(codes, what)


def _check_points(shapes: gpd.GeoSeries, what: str) -> None:
    kinds = shapes.geom_type.fillna("nothing").to_numpy(dtype=object)
    wrong = kinds != "Point"
    if wrong.any():
        found = ", ".join(sorted(set(kinds[wrong])))
        shown = culprits(shapes.index[wrong].tolist())
        msg = (
            f"{what}: {wrong.sum()} geometries that are no points ({found}): "
            f"{shown}; pass bm.town_halls() for communes, or "
            ".representative_point()"
        )
        raise DataError(msg)
    xy = shapely.get_coordinates(shapes.array[~shapes.is_empty.to_numpy()])
    lost = shapes.is_empty.to_numpy().copy()
    lost[~lost] = ~np.isfinite(xy).all(axis=1)
    if lost.any():
        msg = (
            f"{what}: {lost.sum()} without finite coordinates: "
            f"{culprits(shapes.index[lost].tolist())}; drop them first"
        )
        raise DataError(msg)


def _told(gap: Numbers, codes: pd.Index, which: NDArray[np.bool_]) -> str:
    """Write the farthest first, in metres."""
    rows = np.flatnonzero(which)
    rows = rows[np.argsort(-gap[rows], kind="stable")]
    named = zip(codes[rows[:5]].tolist(), gap[rows[:5]], strict=True)
    shown = [f"{code!r} ({metres:.0f} m)" for code, metres in named]
    left = len(rows) - len(shown)
    return ", ".join(shown) + (f" and {left} more" if left else "")


# -- streets ---------------------------------------------------------------------


def _segments(network: Network) -> _Segments:
    known = _KNOWN.get(network)
    if known is None:
        back = network.backward
        edge = np.flatnonzero((back < 0) | (back > np.arange(len(back))))
        a, b = _both_ends(edge, network)
        known = _Segments(edge, edge[np.hypot(*(b - a).T) > _LONG])
        _KNOWN[network] = known
    return known


def _both_ends(edge: Ranks, network: Network) -> tuple[Numbers, Numbers]:
    """Return the positions of the tails and of the heads."""
    tail, head = network.tail[edge], network.head[edge]
    a = np.column_stack([network.x[tail], network.y[tail]])
    return a, np.column_stack([network.x[head], network.y[head]])


def _around(point: Numbers, network: Network, segments: _Segments) -> Ranks:
    """Return edges among which the nearest are, for one point."""
    away = (network.x - point[0]) ** 2 + (network.y - point[1]) ** 2
    near = np.flatnonzero(away <= (np.sqrt(away.min()) + _LONG + 1) ** 2)
    first, count = network.indptr[near], np.diff(network.indptr)[near]
    shift = np.repeat(first - np.cumsum(count) + count, count)
    return np.concatenate([np.arange(count.sum()) + shift, segments.long])


def _in_tree(xy: Numbers, network: Network, segments: _Segments) -> tuple[Ranks, Ranks]:
    """Return pairs of a point and an edge among which the nearest are."""
    if segments.tree is None:
        lines = np.stack(_both_ends(segments.edge, network), axis=1)
        segments.tree = shapely.STRtree(shapely.linestrings(lines))
    points = shapely.points(xy)
    (point, _), away = segments.tree.query_nearest(
        points, return_distance=True, all_matches=False
    )
    within = np.empty(len(xy))
    within[point] = away + 2 * _TOUCH
    point, found = segments.tree.query(points, "dwithin", distance=within)
    return point, segments.edge[found]


def _nearest(xy: Numbers, point: Ranks, edge: Ranks, network: Network) -> Snapped:
    """Keep the nearest edge of each point, the first of those as near."""
    on = beside(xy[point], edge, network)
    gap = on.gap
    least = np.full(len(xy), np.inf)
    np.minimum.at(least, point, gap)
    tied = np.flatnonzero(gap <= least[point] + _TOUCH)
    order = tied[np.lexsort((edge[tied], point[tied]))]
    kept = order[np.unique(point[order], return_index=True)[1]]
    return on.take(kept)
