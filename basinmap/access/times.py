"""Travel times on a network, between points snapped to its streets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from numbers import Real
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from basinmap.access.networks import PRINTED, Network, sweep
from basinmap.access.snapping import (
    MAX_GAP,
    Ends,
    Snapped,
    alongside,
    check_gaps,
    ends,
    point_frame,
    snap,
    walked,
)
from basinmap.arguments import check_given
from basinmap.errors import DataError
from basinmap.progress import progress
from basinmap.territory.places import Place
from basinmap.typography import shortest, typeset
from basinmap.values.told import tell, told_of

__all__ = ["WAYS", "Direction", "check_direction", "travel_times"]

Direction: TypeAlias = Literal["from", "to"]
Points: TypeAlias = Place | gpd.GeoDataFrame | gpd.GeoSeries
Numbers = NDArray[np.float64]

WAYS: Final[Mapping[str, str]] = MappingProxyType(
    {"from": "depuis le lieu", "to": "jusqu'au lieu"}
)
"""Which way travel goes, as it is printed."""

_DECIMALS = 9
"""Of minutes: what a sum of many streets may lose depends on their order."""

_PATIENCE = 3
"""Seconds after which a progress bar appears."""


def travel_times(
    origins: Points,
    destinations: Points,
    network: Network,
    *,
    direction: Direction = "from",
    limit: float | None = None,
    nearest: int | None = None,
    max_gap: float = MAX_GAP,
) -> pd.DataFrame:
    """
    Return the minutes between origins and destinations on a network.

    Each point is put on the nearest street, on its edge and not at a crossing, and
    walks there at `network.off_street` in all modes, `max_gap` metres at most; that
    walk is counted at both ends. Two points at the same position are 0 minutes apart.
    `isochrones` draws the ground by the same rule.

    Parameters
    ----------
    origins, destinations
        A `Place`, or points on the index of their codes, in the CRS of the network.
    network
        What `read_network` returned.
    direction
        `"from"`: travel goes from the origins to the destinations; `"to"`: it comes
        to the origins, such as a museum, from the destinations.
    limit
        Minutes above which a time is missing; a lower one is found faster.
    nearest
        How many destinations to keep for each origin, those of least minutes, then
        of lowest code.
    max_gap
        Metres between a point and a street above which the network does not serve
        it: it has no time, and a warning names it.

    Returns
    -------
    DataFrame
        Index `origin`, `destination` (codes, or the name of a `Place`); `minutes`,
        missing where nothing leads there, a street is too far or the limit is passed;
        `off_street`, metres walked off the streets at both ends. With `nearest`, index
        `origin`, `rank` (from 1) and also `destination`; where there are fewer within
        reach, all three are missing. `attrs`: `mode`, `direction`, `limit`, `max_gap`,
        `rule` (French sentence to print), `sources`.

    Raises
    ------
    CRSError
        If a CRS is missing, in degrees, or differs.
    DataError
        If there is nothing on one side, a code is missing or repeated, some are no
        points or stand more than 5 km from any street, an option is out of range.

    Warns
    -----
    BasinmapWarning
        With the points farther than `max_gap` from any street.

    See Also
    --------
    isochrones : The same times, as areas.
    read_travel_times : Times that another engine worked out.

    Notes
    -----
    One search a point of the smaller side, on the streets reversed where need be
    (Dijkstra, 1959, doi:10.1007/BF01386390), so that times are exact.

    Examples
    --------
    A street of 1 km, 12 minutes on foot, 1 minute more to reach the school:

    >>> import basinmap as bm
    >>> import geopandas as gpd
    >>> from basinmap.access.networks import build_network
    >>> street = build_network(
    ...     [0, 1000], [0, 0], [0, 1], [1, 0], [1000, 1000], [12, 12], mode="walk"
    ... )
    >>> homes = gpd.GeoSeries.from_xy([0, 500], [0, 0], index=["a", "b"], crs=2154)
    >>> school = gpd.GeoSeries.from_xy([750], [200 / 3], index=["s"], crs=2154)
    >>> bm.travel_times(homes, school, street, limit=5)
                        minutes  off_street
    origin destination
    a      s                NaN   66.666667
    b      s                4.0   66.666667
    """
    check_given(travel_times, locals())
    check_direction(direction)
    most, kept = _checked_limit(limit), _checked_nearest(nearest)
    left = _side(origins, network, "origins")
    right = _side(destinations, network, "destinations")
    check_gaps(left.on.gap, left.codes, max_gap, "origins")
    check_gaps(right.on.gap, right.codes, max_gap, "destinations")
    search = _Search(
        left, right, network, most, float(max_gap), inward=direction == "to"
    )
    table = _paired(search) if kept is None else _ranked(search, kept)
    credit = filter(None, [network.source, *left.sources, *right.sources])
    tell(
        table,
        mode=network.mode,
        direction=direction,
        limit=limit,
        max_gap=float(max_gap),
        rule=_rule(network, direction, limit, max_gap),
        sources=tuple(dict.fromkeys(credit)),
    )
    return table


def check_direction(direction: str) -> None:
    """
    Check which way travel goes.

    Parameters
    ----------
    direction
        `"from"` or `"to"`.

    Raises
    ------
    DataError
        If it is another.
    """
    if direction not in get_args(Direction):
        known = ", ".join(get_args(Direction))
        msg = f"unknown direction {direction!r}; choose among {known}"
        raise DataError(msg)


# -- the door --------------------------------------------------------------------


def _checked_limit(limit: float | None) -> float:
    if limit is None:
        return np.inf
    if not isinstance(limit, Real) or not limit > 0:
        msg = f"limit is a number of minutes above 0, such as 30; got {limit!r}"
        raise DataError(msg)
    return float(limit)


def _checked_nearest(nearest: int | None) -> int | None:
    if nearest is None:
        return None
    whole = isinstance(nearest, int | np.integer) and not isinstance(nearest, bool)
    if not whole or nearest < 1:
        msg = f"nearest is how many destinations to keep, from 1; got {nearest!r}"
        raise DataError(msg)
    return int(nearest)


class _Side(NamedTuple):
    """Points of one side, where they are and where on the streets."""

    codes: pd.Index
    xy: Numbers
    on: Snapped
    sources: tuple[str, ...]


def _side(points: Points, network: Network, what: str) -> _Side:
    shapes = point_frame(points, network, what)
    xy = shapely.get_coordinates(shapes.array)
    sources = (points.credit,) if isinstance(points, Place) else told_of(points).sources
    return _Side(shapes.index, xy, snap(xy, network), sources)


def _rule(
    network: Network, direction: Direction, limit: float | None, max_gap: float
) -> str:
    way = WAYS[direction]
    most = "" if limit is None else f", {shortest(limit)} min au plus"
    walk = "" if np.isinf(max_gap) else f", sur {shortest(max_gap)} m au plus"
    return typeset(
        f"temps de parcours {PRINTED[network.mode]} par les rues, {way}{most}, marche "
        f"jusqu'à la rue comprise (à {shortest(network.off_street)} km/h{walk})"
    )


# -- searches --------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """Minutes of all pairs, one line of them at a time, from the smaller side."""

    origins: _Side
    destinations: _Side
    network: Network
    limit: float
    max_gap: float
    inward: bool

    @property
    def by_origin(self) -> bool:
        return len(self.origins.codes) <= len(self.destinations.codes)

    def lines(self) -> Iterator[Numbers]:
        """Yield the minutes between each point of the smaller side and the other."""
        one, other = self.origins, self.destinations
        reverse = self.inward
        if not self.by_origin:
            one, other, reverse = other, one, not reverse
        leaving = ends(one.on, self.network, reverse=reverse)
        arriving = ends(other.on, self.network, reverse=not reverse)
        at, place = np.unique(arriving.node, return_inverse=True)
        arriving = Ends(place.reshape(arriving.node.shape), arriving.minutes)
        for i in progress(range(len(one.codes)), unit="départ", delay=_PATIENCE):
            free = np.isfinite(leaving.minutes[i])
            clock = sweep(
                self.network,
                leaving.node[i, free],
                leaving.minutes[i, free],
                limit=self.limit,
                reverse=reverse,
                at=at,
            )
            minutes = (clock[arriving.node] + arriving.minutes).min(axis=1)
            self._along(minutes, one, i, other, reverse=reverse)
            minutes[(other.on.gap > self.max_gap) | (one.on.gap[i] > self.max_gap)] = (
                np.inf
            )
            minutes[_together(one.xy[i], other.xy)] = 0
            minutes = np.round(minutes, _DECIMALS)
            minutes[~(minutes <= self.limit) | np.isinf(minutes)] = np.nan
            yield minutes

    def _along(
        self, minutes: Numbers, one: _Side, i: int, other: _Side, *, reverse: bool
    ) -> None:
        """Shorten the minutes to points of the same street, reached along it."""
        here = one.on.take(np.array([i]))
        same = np.flatnonzero(other.on.edge == here.edge[0])
        straight = alongside(
            here, other.on.share[same], self.network, reverse=reverse
        ) + walked(here.gap[0] + other.on.gap[same], self.network)
        minutes[same] = np.minimum(minutes[same], straight)


def _together(spot: Numbers, xy: Numbers) -> NDArray[np.bool_]:
    return (xy[..., 0] == spot[..., 0]) & (xy[..., 1] == spot[..., 1])


# -- tables ----------------------------------------------------------------------


def _paired(search: _Search) -> pd.DataFrame:
    left, right = search.origins, search.destinations
    minutes = np.empty((len(left.codes), len(right.codes)))
    lines = minutes if search.by_origin else minutes.T
    for i, line in enumerate(search.lines()):
        lines[i] = line
    metres = left.on.gap[:, None] + right.on.gap
    metres[_together(left.xy[:, None], right.xy)] = 0
    index = pd.MultiIndex.from_product(
        [left.codes, right.codes], names=["origin", "destination"]
    )
    return pd.DataFrame(
        {"minutes": minutes.ravel(), "off_street": metres.ravel()}, index=index
    )


def _ranked(search: _Search, most: int) -> pd.DataFrame:
    left, right = search.origins, search.destinations
    # In the order of codes, what a stable sort leaves first is the lowest code.
    order = np.argsort(right.codes.astype(str), kind="stable")
    right = right._replace(
        codes=right.codes[order], xy=right.xy[order], on=right.on.take(order)
    )
    search = replace(search, destinations=right)
    size = min(most, len(right.codes))
    minutes = np.full((len(left.codes), size), np.nan)
    which = np.full(minutes.shape, -1)
    for i, line in enumerate(search.lines()):
        if search.by_origin:
            which[i] = np.argsort(line, kind="stable")[:size]
            minutes[i] = line[which[i]]
        else:
            _insert(minutes, which, line, i)
    which[np.isnan(minutes)] = -1
    found = which.ravel()
    row = np.repeat(np.arange(len(left.codes)), size)
    metres = left.on.gap[row] + right.on.gap[found]
    metres[_together(left.xy[row], right.xy[found])] = 0
    metres[found < 0] = np.nan
    codes = right.codes
    if pd.api.types.is_integer_dtype(codes.dtype):
        codes = codes.astype("Int64")
    ranks = np.arange(1, size + 1)
    index = pd.MultiIndex.from_product([left.codes, ranks], names=["origin", "rank"])
    return pd.DataFrame(
        {
            "destination": codes.array.take(found, allow_fill=True),
            "minutes": minutes.ravel(),
            "off_street": metres,
        },
        index=index,
    )


def _insert(minutes: Numbers, which: NDArray, line: Numbers, i: int) -> None:
    """Give a destination its rank in each row where it is among the nearest."""
    worst = minutes[:, -1]
    rows = np.flatnonzero(~np.isnan(line) & ~(line >= worst))
    minutes[rows, -1], which[rows, -1] = line[rows], i
    order = np.argsort(minutes[rows], axis=1, kind="stable")
    minutes[rows] = np.take_along_axis(minutes[rows], order, axis=1)
    which[rows] = np.take_along_axis(which[rows], order, axis=1)
