"""Travel times by public transport, with the walks to, between and from stops."""

from __future__ import annotations

import warnings
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Final, NamedTuple, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basinmap.access.networks import Network
from basinmap.access.snapping import MAX_GAP, snap
from basinmap.access.times import Direction, check_direction, travel_times
from basinmap.access.timetables import Connections, Timetable, hours_of, seconds_of
from basinmap.arguments import check_fields, check_given, shown
from basinmap.errors import BasinmapWarning, DataError, culprits
from basinmap.spatial.projections import METRIC, check_finite, check_same_crs
from basinmap.territory.places import Place
from basinmap.territory.units import check_unique
from basinmap.typography import long_date, number, shortest, typeset
from basinmap.values.told import tell, told_of

__all__ = ["Walking", "transit_times"]

Points: TypeAlias = Place | gpd.GeoDataFrame | gpd.GeoSeries
Whole = NDArray[np.int64]
Numbers = NDArray[np.float64]
Profile: TypeAlias = tuple[list[int], list[int]]

_NEVER: Final = 2**40
"""Seconds later than any time, earlier when negative."""

_STEP: Final = 60
"""Seconds between two moments of the window."""

_FASTEST: Final = 10.0
"""Walking speed in km/h that no network passes: stops beyond are not asked for."""

_LOT: Final = 2_000_000
"""Pairs of a point and a stop whose walks are worked out at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walking:
    """
    How one walks to a stop, between stops and from a stop.

    Attributes
    ----------
    speed
        In km/h, along the way as the crow flies times `detour`.
    detour
        By how much the streets are longer than the crow flies.
    longest
        Minutes of the longest walk: to a stop, from a stop, or all the way.
    change
        Minutes at least between two vehicles, where the feed says nothing else.
    longest_change
        Minutes of the longest walk between two stops.
    network
        Streets for walking. Speed and detour are then those of the streets, and
        only serve between stops that stand outside of them, 500 m away or more. So
        far from any street, a place has no walk, as in `travel_times`.
    """

    speed: float = 4.5
    detour: float = 1.3
    longest: float = 30.0
    change: float = 2.0
    longest_change: float = 10.0
    network: Network | None = None

    def __post_init__(self) -> None:
        """Check that the numbers can be walked."""
        for name, least in (
            ("speed", 0.1),
            ("detour", 1.0),
            ("longest", 0.0),
            ("change", 0.0),
            ("longest_change", 0.0),
        ):
            value = getattr(self, name)
            # A whole number of 400 digits is no float.
            if not (
                isinstance(value, int | float | np.number) and least <= value <= 1_440
            ):
                msg = f"Walking: {name}={shown(value)}; write a number from "
                raise DataError(msg + f"{least:g} up")
        check_fields(self)
        if self.network is not None and self.network.mode != "walk":
            msg = (
                f"Walking: a network for mode {self.network.mode!r}; read it with "
                "read_network(…, mode='walk')"
            )
            raise DataError(msg)


def transit_times(  # noqa: PLR0913 - each is a choice that changes the figures
    places: Points,
    destinations: Points,
    timetable: Timetable,
    *,
    date: str,
    window: tuple[str, str] = ("07:00", "09:00"),
    direction: Direction = "from",
    arrive_by: bool = False,
    walking: Walking | None = None,
    limit: float = 120.0,
    percentiles: float | Sequence[float] = (25, 50, 75),
) -> pd.DataFrame:
    r"""
    Return the minutes by public transport, minute after minute of a window.

    One leaves at each minute of the window, walks to a stop, rides, changes, walks
    to the end, or walks all the way where that is quicker. The wait for the first
    vehicle counts. The times of the window are summed up by percentiles, in which a
    minute without connection counts as an infinite time: there is a median where
    half of the minutes at least have a connection.

    Parameters
    ----------
    places, destinations
        A `Place`, or points on the index of their codes, in EPSG:2154.
    timetable
        What `read_gtfs` returned.
    date
        The day, such as `"2025-01-14"`.
    window
        First time and last, excluded, at which one leaves.
    direction
        `"from"`: travel goes from the places to the destinations; `"to"`: it comes
        to the places, such as a museum, from the destinations.
    arrive_by
        Whether the window holds the times at which one must have arrived rather
        than left; the wait at the end then counts.
    walking
        How one walks and changes; by default `Walking()`.
    limit
        Minutes above which there is no connection.
    percentiles
        Of the times over the window, above 0 and up to 100.

    Returns
    -------
    DataFrame
        Index `origin` (the places), `destination`, whatever the direction;
        `minutes` (median), `minutes_p25`, `minutes_p75` as the percentiles ask,
        missing where there is none; `connected`, share of the minutes of the window
        that have a connection, in [0, 1]. `attrs`: `mode`, `direction`, `limit`,
        `rule` (French sentence to print), `sources`, `notes`, and `without_stop`,
        the destinations that have no stop within the longest walk, as the crow
        flies, even on other days.

    Raises
    ------
    VintageError
        If no trip runs that day.
    CRSError
        If a CRS is missing, in degrees, or is not that of the stops.
    DataError
        If there is nothing on one side, a code is repeated, some are no points, an
        option is out of range.

    Warns
    -----
    BasinmapWarning
        If a place has no stop within the longest walk, as the crow flies; or far
        fewer trips run than on the same weekday.

    See Also
    --------
    travel_times : Minutes on foot, by bike or by car.

    Notes
    -----
    Profile connection scan (Dibbelt, Pajor, Strasser, Wagner, 2018,
    doi:10.1145/3274661), one a point of the smaller side: all minutes of the window
    at once, exactly. Percentiles are those of the inverse distribution function:
    the least time that is not passed in p % of the minutes; as in R5, a minute
    without connection is one of them (Conway, Byrd, van der Linden, 2017,
    doi:10.3141/2653-06). Walks are rounded up to the second. The number of changes
    is not bounded. Where a change is on foot, the walk is part of its least time.

    Examples
    --------
    One bus an hour takes 6 minutes; the stops are at the door:

    >>> import basinmap as bm
    >>> import tempfile
    >>> from pathlib import Path
    >>> from basinmap.access.gtfs import read_gtfs
    >>> feed = {
    ...     "agency": ["agency_name", "Tadao"],
    ...     "stops": ["stop_id,stop_lat,stop_lon", "a,50.43,2.8", "b,50.53,2.9"],
    ...     "routes": ["route_id,route_type", "1,3"],
    ...     "calendar_dates": ["service_id,date,exception_type", "s,20250114,1"],
    ...     "trips": ["route_id,service_id,trip_id", "1,s,t"],
    ...     "frequencies": [
    ...         "trip_id,start_time,end_time,headway_secs,exact_times",
    ...         "t,06:30:00,20:00:00,3600,1",
    ...     ],
    ...     "stop_times": [
    ...         "trip_id,arrival_time,departure_time,stop_id,stop_sequence",
    ...         "t,00:00:00,00:00:00,a,1",
    ...         "t,00:06:00,00:06:00,b,2",
    ...     ],
    ... }
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name, lines in feed.items():
    ...         _ = (Path(folder) / f"{name}.txt").write_text("\n".join(lines))
    ...     timetable = read_gtfs(folder)
    >>> stop = timetable.stops.geometry
    >>> bm.transit_times(stop[["b"]], stop[["a"]], timetable, date="2025-01-14",
    ...               direction="to")
                        minutes_p25  minutes  minutes_p75  connected
    origin destination
    b      a                   20.0     35.0         50.0        1.0
    """
    check_given(transit_times, locals())
    check_direction(direction)
    shares = _checked_percentiles(percentiles)
    most = _checked_limit(limit)
    walking = Walking() if walking is None else walking
    left, right = _points(places, "places"), _points(destinations, "destinations")
    outward = direction == "from"
    swapped = len(left) > len(right)
    search = _search(
        timetable,
        _Window(date, *seconds_of(window), arrive_by, most),
        walking,
        outward=outward != swapped,
    )
    table = search.times(*((right, left) if swapped else (left, right)), shares)
    if swapped:
        table = table.swapaxes(0, 1)
    served = timetable.served.geometry
    alone = _alone(left, served, walking)
    if len(alone):
        msg = (
            f"places: {len(alone)} without a stop within a walk of "
            f"{walking.longest:g} minutes: {culprits(alone)}; "
            "walking=Walking(longest=…) goes farther"
        )
        warnings.warn(msg, BasinmapWarning, stacklevel=2)
    index = pd.MultiIndex.from_product(
        [left.index, right.index], names=["origin", "destination"]
    )
    names = ["minutes" if p == 50 else f"minutes_p{p:g}" for p in shares]
    frame = pd.DataFrame(
        table.reshape(len(index), -1), index, columns=[*names, "connected"]
    )
    tell(
        frame,
        mode="transit",
        direction=direction,
        limit=limit,
        rule=_rule(search.window, walking, direction, window),
        sources=_sources(timetable, walking, places, destinations),
        notes=timetable.notes,
        without_stop=tuple(_alone(right, served, walking)),
    )
    return frame


# -- the search ----------------------------------------------------------------


class _Window(NamedTuple):
    """When one leaves, or arrives: seconds after midnight."""

    date: str
    start: int
    end: int
    arrive_by: bool
    limit: int

    @property
    def moments(self) -> Whole:
        return np.arange(self.start, self.end, _STEP)

    @property
    def bounds(self) -> tuple[int, int]:
        """When vehicles that matter may run."""
        last = int(self.moments[-1])
        if self.arrive_by:
            return self.start - self.limit, last
        return self.start, last + self.limit


class _Walks(NamedTuple):
    """Walks of seconds between points of two sides, by their ranks."""

    left: Whole
    right: Whole
    seconds: Whole


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """
    What one scan a point needs, in the direction of the scan.

    Where travel comes to the points, time runs backwards: a departure at 8:00 is an
    arrival at −8:00, and the window is mirrored too.
    """

    stops: gpd.GeoSeries
    connections: Connections
    footpaths: list[list[tuple[int, int]]]
    window: _Window
    walking: Walking
    outward: bool
    steps: list[tuple[int, int, int, int, int, bool, bool]] = field(init=False)

    def __post_init__(self) -> None:
        """Make lists of the arrays: a loop reads them three times faster."""
        legs = self.connections
        columns = [part.tolist() for part in legs._replace(trip=legs.run[:0])]
        del columns[5]
        object.__setattr__(self, "steps", list(zip(*columns, strict=True)))

    @property
    def moments(self) -> Whole:
        """Of the window, as the scan sees them."""
        return self.window.moments if self.outward else -self.window.moments[::-1]

    @property
    def at_start(self) -> bool:
        """Whether the window is that of the points where scans start."""
        return self.outward != self.window.arrive_by

    def times(
        self, points: gpd.GeoSeries, others: gpd.GeoSeries, shares: Sequence[float]
    ) -> Numbers:
        """Return percentiles and connected share, by point, other point, column."""
        table = np.empty((len(points), len(others), len(shares) + 1))
        walking, longest = self.walking, self.walking.longest
        access = _walks(points, self.stops, walking, longest, outward=self.outward)
        egress = _walks(others, self.stops, walking, longest, outward=not self.outward)
        direct = _walks(points, others, walking, longest, outward=self.outward)
        ends = _by_stop(egress)
        for i in range(len(points)):
            here = access.left == i
            walks = np.full(len(self.stops), _NEVER)
            walks[access.right[here]] = access.seconds[here]
            best = np.full((len(others), len(self.moments)), _NEVER)
            here = direct.left == i
            best[direct.right[here]] = direct.seconds[here][:, None]
            for stop, profile in self._profiles(walks.tolist()).items():
                if stop in ends:
                    self._improve(best, profile, *ends[stop])
            best[best > self.window.limit] = _NEVER
            table[i] = _summed_up(best, shares)
        return table

    def _improve(self, best: Whole, profile: Profile, rank: Whole, walk: Whole) -> None:
        """Take what gets out at a stop and walks on from there, where quicker."""
        arrival, start = np.asarray(profile[0]), np.asarray(profile[1])
        moments = self.moments
        if self.at_start:
            place = np.searchsorted(start, moments, side="left")
            there = np.r_[arrival, _NEVER][place]
            found = there + walk[:, None] - moments
        else:
            wanted = moments - walk[:, None]
            place = np.searchsorted(arrival, wanted, side="right")
            found = moments - np.r_[-_NEVER, start][place]
        best[rank] = np.minimum(best[rank], found)

    def _profiles(self, access: list[int]) -> dict[int, Profile]:
        """
        Scan the connections once, for all moments at which one may start.

        A profile is a list of times and, for each, of the latest start that gets
        there by then; both increase.
        """
        first, last = int(self.moments[0]), int(self.moments[-1])
        if not self.at_start:
            first -= self.window.limit
        ready: list[Profile] = [([], []) for _ in access]
        out: dict[int, Profile] = {}
        aboard: dict[int, int] = {}
        for leave, arrive, origin, stop, run, boards, alights in self.steps:
            start = aboard.get(run, -_NEVER)
            if boards:
                start = max(start, leave - access[origin], _by(ready[origin], leave))
            if start < first:
                continue
            start = aboard[run] = min(start, last)
            if alights and _add(out.setdefault(stop, ([], [])), arrive, start):
                for other, walk in self.footpaths[stop]:
                    _add(ready[other], arrive + walk, start)
        return out


def _by(profile: Profile, time: int) -> int:
    """Return the latest start that gets there by a time."""
    place = bisect_right(profile[0], time)
    return profile[1][place - 1] if place else -_NEVER


def _add(profile: Profile, time: int, start: int) -> bool:
    """Add a way to get there, unless a later start already does as well."""
    times, starts = profile
    place = bisect_right(times, time)
    if place and starts[place - 1] >= start:
        return False
    if place and times[place - 1] == time:
        place -= 1
    end = place
    while end < len(starts) and starts[end] <= start:
        end += 1
    times[place:end] = [time]
    starts[place:end] = [start]
    return True


def _search(
    timetable: Timetable, window: _Window, walking: Walking, *, outward: bool
) -> _Search:
    """Prepare the scans of a day."""
    legs = timetable.connections(window.date, *window.bounds)
    footpaths = _footpaths(timetable, walking)
    if not outward:
        legs = _mirrored(legs)
        footpaths = _Walks(footpaths.right, footpaths.left, footpaths.seconds)
    lists: list[list[tuple[int, int]]] = [[] for _ in timetable.stops.index]
    for stop, other, seconds in zip(*(p.tolist() for p in footpaths), strict=True):
        lists[stop].append((other, seconds))
    stops = timetable.stops.geometry
    return _Search(stops, legs, lists, window, walking, outward)


def _mirrored(legs: Connections) -> Connections:
    """Turn time round: what arrived last leaves first."""
    order = np.argsort(-legs.arrival[::-1], kind="stable")
    back = Connections._make(part[::-1][order] for part in legs)
    return back._replace(
        departure=-back.arrival,
        arrival=-back.departure,
        origin=back.destination,
        destination=back.origin,
        boards=back.alights,
        alights=back.boards,
    )


def _summed_up(best: Whole, shares: Sequence[float]) -> Numbers:
    """Return the percentiles of each line in minutes, then its connected share."""
    ranked = np.sort(best, axis=1)
    count = ranked.shape[1]
    # The rounding keeps 28 % of 25 at 7, not 7.000000000000001.
    places = [int(np.ceil(round(share * count / 100, 9))) - 1 for share in shares]
    found = ranked[:, places]
    minutes = np.where(found < _NEVER, found / 60, np.nan)
    return np.column_stack([minutes, (best < _NEVER).mean(axis=1)])


# -- walks ---------------------------------------------------------------------


def _footpaths(timetable: Timetable, walking: Walking) -> _Walks:
    """Return the changes between stops, those of the feed before those on foot."""
    stops = timetable.stops
    every = np.arange(len(stops))
    told = timetable.transfers
    feed = _Walks(
        stops.index.get_indexer(told["stop"]),
        stops.index.get_indexer(told["to"]),
        np.where(np.isinf(told["seconds"]), _NEVER, told["seconds"]).astype(np.int64),
    )
    least = np.full(len(stops), round(60 * walking.change))
    foot = _between_stops(stops.geometry, walking)
    seconds = np.maximum(foot.seconds, round(60 * walking.change))
    parts = (feed, _Walks(every, every, least), foot._replace(seconds=seconds))
    left, right, seconds = (np.concatenate(side) for side in zip(*parts, strict=True))
    _, first = np.unique(left * len(stops) + right, return_index=True)
    first = first[seconds[first] < _NEVER]
    # A second at least: two vehicles at the same second are in no order.
    return _Walks(left[first], right[first], np.maximum(seconds[first], 1))


def _between_stops(stops: gpd.GeoSeries, walking: Walking) -> _Walks:
    """Return the walks between stops, by the streets where both are on them."""
    longest = walking.longest_change
    crow = _crow_walks(stops, stops, walking, longest)
    network = walking.network
    if network is None:
        return crow
    there = stops.to_crs(network.crs)
    on = snap(np.column_stack([there.x, there.y]), network).gap <= MAX_GAP
    apart = ~(on[crow.left] & on[crow.right])
    rank = np.flatnonzero(on)
    street = _Walks(*np.zeros((3, 0), np.int64))
    if len(rank):
        street = _street_walks(there[on], there[on], network, longest, outward=True)
    street = street._replace(left=rank[street.left], right=rank[street.right])
    kept = (part[apart] for part in crow)
    return _Walks._make(np.concatenate(side) for side in zip(street, kept, strict=True))


def _walks(
    points: gpd.GeoSeries,
    others: gpd.GeoSeries,
    walking: Walking,
    longest: float,
    *,
    outward: bool,
) -> _Walks:
    """Return the walks from points to others, or back, that are not too long."""
    network = walking.network
    if network is None:
        return _crow_walks(points, others, walking, longest)
    near = _crow_walks(points, others, Walking(speed=_FASTEST, detour=1), longest)
    rank = np.unique(near.right)
    if not len(rank):
        return near
    sides = (points.to_crs(network.crs), others.iloc[rank].to_crs(network.crs))
    found = _street_walks(*sides, network, longest, outward=outward)
    return found._replace(right=rank[found.right])


def _crow_walks(
    points: gpd.GeoSeries, others: gpd.GeoSeries, walking: Walking, longest: float
) -> _Walks:
    from scipy.spatial import cKDTree  # noqa: PLC0415 - 0.2 s, and many never ask

    pace = 3.6 * walking.detour / walking.speed
    trees = [cKDTree(np.column_stack([side.x, side.y])) for side in (points, others)]
    near = trees[0].sparse_distance_matrix(
        trees[1], 60 * longest / pace, output_type="ndarray"
    )
    # A walk of 480.0000001 s is one of 480 s.
    seconds = np.ceil(near["v"] * pace - 1e-6).astype(np.int64)
    return _Walks(near["i"].astype(np.int64), near["j"].astype(np.int64), seconds)


def _street_walks(
    points: gpd.GeoSeries,
    others: gpd.GeoSeries,
    network: Network,
    longest: float,
    *,
    outward: bool,
) -> _Walks:
    found = []
    lot = max(_LOT // len(points), 1)
    for first in range(0, len(others), lot):
        some = others.iloc[first : first + lot]
        table = travel_times(
            points,
            some,
            network,
            direction="from" if outward else "to",
            limit=longest,
        )
        minutes = table["minutes"].to_numpy().reshape(len(points), len(some))
        left, right = np.nonzero(~np.isnan(minutes))
        seconds = np.ceil(minutes[left, right] * 60 - 1e-6).astype(np.int64)
        found.append(_Walks(left, right + first, seconds))
    return _Walks._make(np.concatenate(side) for side in zip(*found, strict=True))


def _by_stop(walks: _Walks) -> dict[int, tuple[Whole, Whole]]:
    """Return the points around each stop, and how far they are."""
    order = np.argsort(walks.right, kind="stable")
    stops, first, count = np.unique(
        walks.right[order], return_index=True, return_counts=True
    )
    spans = zip(stops.tolist(), first, first + count, strict=True)
    ranks, seconds = walks.left[order], walks.seconds[order]
    return {stop: (ranks[a:b], seconds[a:b]) for stop, a, b in spans}


def _alone(points: gpd.GeoSeries, served: gpd.GeoSeries, walking: Walking) -> pd.Index:
    """Return the points that have no stop within the longest walk."""
    near = _crow_walks(points, served, walking, walking.longest)
    return points.index[~np.isin(np.arange(len(points)), near.left)]


# -- input and words -----------------------------------------------------------


def _points(points: Points, what: str) -> gpd.GeoSeries:
    """Return points in the CRS of the stops."""
    if isinstance(points, Place):
        return gpd.GeoSeries([points.point], index=[points.name], crs=METRIC)
    stops = gpd.GeoSeries.from_xy([0], [0], crs=METRIC)
    check_same_crs(points, stops, names=(what, "stops"))
    check_unique(points.index, what)
    shapes = points.geometry
    wrong = (shapes.geom_type != "Point") | shapes.is_empty
    if wrong.any():
        msg = (
            f"{what}: {int(wrong.sum())} are no points: "
            f"{culprits(shapes.index[wrong])}; pass representative_point()"
        )
        raise DataError(msg)
    check_finite(shapes, what)
    return shapes


def _checked_limit(limit: float) -> int:
    if not (isinstance(limit, Real) and 1 <= float(limit) <= 1_440):
        msg = f"limit must be minutes, from 1 to 1440, got {limit!r}"
        raise DataError(msg)
    return round(60 * limit)


def _checked_percentiles(percentiles: float | Sequence[float]) -> list[float]:
    try:
        numbers = np.atleast_1d(np.asarray(percentiles, dtype="float64"))
    except (TypeError, ValueError):
        numbers = np.zeros(0)
    shares = list(dict.fromkeys(numbers.tolist()))
    if not shares or not all(0 < share <= 100 for share in shares):
        msg = (
            "percentiles must be numbers above 0 and up to 100, got "
            f"{percentiles!r}: write percentiles=(25, 50, 75)"
        )
        raise DataError(msg)
    return shares


def _sources(timetable: Timetable, walking: Walking, *sides: Points) -> tuple[str, ...]:
    lines = [timetable.source]
    if walking.network is not None:
        lines.append(walking.network.source)
    for side in sides:
        if not isinstance(side, Place):
            lines.extend(told_of(side).sources)
    return tuple(dict.fromkeys(line for line in lines if line))


def _rule(
    window: _Window, walking: Walking, direction: str, hours: tuple[str, str]
) -> str:
    """Write what the times mean."""
    way = "jusqu'au lieu" if direction == "to" else "depuis le lieu"
    event = "arrivées" if window.arrive_by else "départs"
    day = long_date(pd.Timestamp(window.date).date())
    foot = f"marche à {shortest(walking.speed)} km/h, trajet à vol d'oiseau multiplié "
    foot += f"par {shortest(walking.detour)}"
    if walking.network is not None:
        foot = f"marche par les rues, jusqu'à {shortest(MAX_GAP)} m d'elles"
    return typeset(
        f"temps de trajet {way} en transport collectif et à pied, médiane des "
        f"{event} de chaque minute {hours_of(hours)} le {day}, attente comprise ; "
        f"{foot}, {shortest(walking.longest)} min d'une traite au plus ; "
        f"correspondance de {shortest(walking.change)} min au moins ; "
        f"{number(window.limit / 60)} min en tout au plus"
    )
