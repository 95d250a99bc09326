"""Timetables of public transport: what runs on a day, between which stops."""

from __future__ import annotations

import datetime as dt
import re
import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basinmap.errors import BasinmapWarning, DataError, VintageError, culprits
from basinmap.typography import BROAD

__all__ = ["Connections", "Timetable", "clock", "hours_of", "seconds_of"]

Whole = NDArray[np.int64]
Truths = NDArray[np.bool_]

_DAY: Final = 86_400
"""Seconds of a day of service; the hour lost or gained twice a year is not."""

_CLOCK: Final = re.compile(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d))?")


class Connections(NamedTuple):
    """
    What vehicles do between two stops in a row, in the order of departures.

    Attributes
    ----------
    departure, arrival
        Seconds after midnight of the day asked for, negative the day before.
    origin, destination
        Ranks in the stops of the timetable.
    run
        Rank of the run: one vehicle on one trip on one day.
    trip
        Rank in the trips of the timetable.
    boards, alights
        Whether one may get in at the origin, and out at the destination.
    """

    departure: Whole
    arrival: Whole
    origin: Whole
    destination: Whole
    run: Whole
    trip: Whole
    boards: Truths
    alights: Truths


class _Runs(NamedTuple):
    """Each departure of each trip, on whatever day it runs."""

    trip: Whole
    shift: Whole
    first: Whole
    last: Whole


@dataclass(frozen=True, eq=False, repr=False)
class Timetable:
    """
    A feed of timetables, checked.

    Times are in whole seconds after the midnight of the day of service, and pass
    24 h for what runs after midnight.

    Attributes
    ----------
    stops
        Points in EPSG:2154, index `stop`; `name`, `station` (the stop that holds
        it, or itself), `geometry`.
    routes
        Index `route`; `name` (the short one where there is one), `long_name`,
        `kind` (`route_type` of GTFS: 0 tram, 1 metro, 2 train, 3 bus…), `agency`.
    trips
        Index `trip`; `route`, `service`, `headsign`, `direction`.
    stop_times
        In the order of trips: `trip`, `stop`, `sequence`, `arrival_s`,
        `departure_s`, `boards`, `alights` (whether one may get in, and out),
        `estimated` (whether the time is interpolated).
    services
        One row a day on which a service runs: `service`, `date`.
    frequencies
        Trips that come again and again: `trip`, `start_s`, `end_s`, `headway_s`,
        `exact`.
    transfers
        Times of change that the feed gives: `stop`, `to`, `seconds`, infinite where
        the feed forbids it.
    announced
        First and last day, as the feed says of itself; empty where it does not.
    source
        French credit line.
    notes
        French sentences for the method note.

    See Also
    --------
    read_gtfs : Read it.
    """

    stops: gpd.GeoDataFrame
    routes: pd.DataFrame
    trips: pd.DataFrame
    stop_times: pd.DataFrame
    services: pd.DataFrame
    frequencies: pd.DataFrame
    transfers: pd.DataFrame
    announced: tuple[str, str] = ("", "")
    source: str = ""
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Say how large it is, and when it runs."""
        first, last = self.covered
        return (
            f"<Timetable: {len(self.stops)} stops, {len(self.trips)} trips, "
            f"{first} to {last}>"
        )

    @cached_property
    def trips_by_date(self) -> pd.Series:
        """How many trips run each day that has any, by date (ISO)."""
        moving = self.trips["service"].iloc[np.unique(self._runs.trip)]
        each = self.services["service"].map(moving.value_counts()).dropna()
        count = each.astype("int64").groupby(self.services["date"]).sum()
        count.index = pd.Index(count.index.strftime("%Y-%m-%d"), name="date")
        return count.rename("trips")

    @property
    def covered(self) -> tuple[str, str]:
        """First and last day on which a trip runs, whatever the feed announces."""
        days = self.trips_by_date.index
        return (days[0], days[-1]) if len(days) else ("", "")

    @cached_property
    def served(self) -> gpd.GeoDataFrame:
        """The stops where vehicles stop; `boards`: whether one may leave from there."""
        legs = self._legs
        used = np.unique(np.r_[legs.origin, legs.destination])
        return self.stops.iloc[used].assign(
            boards=np.isin(used, legs.origin[legs.boards])
        )

    def check_date(self, date: str | dt.date) -> dt.date:
        """
        Check that trips run on a day.

        Parameters
        ----------
        date
            The day, such as `"2025-01-14"`.

        Returns
        -------
        date
            The same, as a value.

        Raises
        ------
        VintageError
            If it is no date, or no trip runs that day: with the period covered and
            the nearest days served.

        Warns
        -----
        BasinmapWarning
            If fewer than half as many trips run as on the median same weekday.
        """
        day = _day_of(date)
        count = self.trips_by_date
        if day.isoformat() not in count.index:
            raise VintageError(self._unserved(day))
        days = pd.to_datetime(count.index)
        usual = float(count[days.day_of_week == day.weekday()].median())
        if count[day.isoformat()] < usual / 2:
            msg = (
                f"{count[day.isoformat()]} trips run on {day}, {usual:g} on the median "
                f"{day:%A} of the feed; choose another date, unless this is meant"
            )
            warnings.warn(msg, BasinmapWarning, stacklevel=3)
        return day

    def connections(self, date: str | dt.date, start_s: int, end_s: int) -> Connections:
        """
        Return what runs on a day between two times.

        Trips of the day before that are still running are there too, and those of
        the day after when the times pass midnight.

        Parameters
        ----------
        date
            The day.
        start_s, end_s
            Seconds after its midnight: departures from the first, arrivals up to
            the last.

        Returns
        -------
        Connections
            Sorted by departure; in a run, in its order.

        Raises
        ------
        VintageError
            If no trip runs that day, nor one of the day before that passes midnight.

        Warns
        -----
        BasinmapWarning
            As `check_date` does.
        """
        day = _day_of(date)
        served = day.isoformat() in self.trips_by_date.index
        if served:
            self.check_date(date)
        trips, shifts = self._running(day, start_s, end_s)
        first, count = self._spans
        count = count[trips]
        run = np.repeat(np.arange(len(trips)), count)
        step = np.arange(len(run)) - np.repeat(np.cumsum(count) - count, count)
        legs = Connections._make(part[first[trips][run] + step] for part in self._legs)
        shift = shifts[run]
        legs = legs._replace(
            departure=legs.departure + shift, arrival=legs.arrival + shift, run=run
        )
        kept = (legs.departure >= start_s) & (legs.arrival <= end_s)
        if not served and not (kept & (legs.departure < _DAY)).any():
            raise VintageError(self._unserved(day))
        order = np.flatnonzero(kept)
        order = order[np.argsort(legs.departure[order], kind="stable")]
        return Connections._make(part[order] for part in legs)

    def _unserved(self, day: dt.date) -> str:
        """Write why a day cannot be asked for, and which can."""
        days = self.trips_by_date.index
        if not len(days):
            return "no trip of this timetable runs on any day; read another feed"
        place = int(days.searchsorted(day.isoformat()))
        near = list(days[max(place - 1, 0) : place + 1])
        said = f" (it announces {' to '.join(self.announced)})"
        return (
            f"no trip runs on {day}; the feed covers {days[0]} to {days[-1]}"
            f"{said if any(self.announced) else ''}; nearest days served: "
            f"{culprits(near)}; write date={near[0]!r}"
        )

    @cached_property
    def _legs(self) -> Connections:
        """Each pair of stops in a row, once a trip, in the order of trips."""
        calls = self.stop_times
        trip = self.trips.index.get_indexer(calls["trip"])
        stop = self.stops.index.get_indexer(calls["stop"])
        here = np.flatnonzero(trip[1:] == trip[:-1])
        return Connections(
            departure=calls["departure_s"].to_numpy()[here],
            arrival=calls["arrival_s"].to_numpy()[here + 1],
            origin=stop[here],
            destination=stop[here + 1],
            run=trip[here],
            trip=trip[here],
            boards=calls["boards"].to_numpy()[here],
            alights=calls["alights"].to_numpy()[here + 1],
        )

    @cached_property
    def _spans(self) -> tuple[Whole, Whole]:
        """Where the pairs of stops of each trip begin, and how many they are."""
        count = np.bincount(self._legs.trip, minlength=len(self.trips))
        return np.cumsum(count) - count, count

    @cached_property
    def _runs(self) -> _Runs:
        """When each trip leaves, once or again and again."""
        first, count = self._spans
        moving = count > 0
        legs = self._legs
        start = np.zeros(len(self.trips), np.int64)
        end = start.copy()
        start[moving] = legs.departure[first[moving]]
        end[moving] = legs.arrival[(first + count - 1)[moving]]
        again = self.frequencies
        often = self.trips.index.get_indexer(again["trip"])
        times = [
            np.arange(row.start_s, row.end_s, row.headway_s)
            for row in again.itertuples(index=False)
        ]
        once = np.setdiff1d(np.flatnonzero(moving), often)
        trip = np.concatenate([once, np.repeat(often, [len(t) for t in times])])
        shift = np.concatenate([np.zeros_like(once), *times]).astype(np.int64)
        shift[len(once) :] -= start[trip[len(once) :]]
        # Two periods that overlap may name one departure: it is one vehicle.
        trip, shift = np.unique(np.stack([trip, shift]), axis=1)
        return _Runs(trip, shift, start[trip] + shift, end[trip] + shift)

    def _running(self, day: dt.date, start: int, end: int) -> tuple[Whole, Whole]:
        """Return the trips that run, and by how many seconds each is moved."""
        runs = self._runs
        service = self.trips["service"].to_numpy()[runs.trip]
        earlier = int(runs.last.max(initial=0)) // _DAY
        found = []
        for offset in range(start // _DAY - earlier, end // _DAY + 1):
            date = pd.Timestamp(day) + pd.Timedelta(days=offset)
            today = self.services.loc[self.services["date"] == date, "service"]
            shift = offset * _DAY
            there = (runs.last + shift >= start) & (runs.first + shift <= end)
            kept = np.flatnonzero(there & np.isin(service, today.to_numpy()))
            found.append((runs.trip[kept], runs.shift[kept] + shift))
        trips, shifts = zip(*found, strict=True)
        return np.concatenate(trips), np.concatenate(shifts)


def _day_of(date: str | dt.date) -> dt.date:
    try:
        return dt.date.fromisoformat(
            f"{date:%Y-%m-%d}" if isinstance(date, dt.date) else date
        )
    except (TypeError, ValueError):
        msg = f"not a date: {date!r}; write it as '2025-01-14'"
        raise VintageError(msg) from None


def seconds_of(window: tuple[str, str]) -> tuple[int, int]:
    """
    Return the bounds of a window of time.

    Parameters
    ----------
    window
        Two times of the day, such as `("07:00", "09:00")`, the second excluded;
        they may pass 24 h.

    Returns
    -------
    tuple of int
        Seconds after midnight.

    Raises
    ------
    DataError
        If they are no times, or not in order.

    Examples
    --------
    >>> seconds_of(("07:00", "25:10"))
    (25200, 90600)
    """
    try:
        start, end = window
        found = [_CLOCK.fullmatch(text.strip()) for text in (start, end)]
    except (AttributeError, TypeError, ValueError):
        found = [None]
    bounds = [int(m[1]) * 3600 + int(m[2]) * 60 + int(m[3] or 0) for m in found if m]
    if len(bounds) != len(found) or bounds[0] >= bounds[1]:
        msg = (
            "window must be two times of the day in order, got "
            f"{window!r}: write window=('07:00', '09:00')"
        )
        raise DataError(msg)
    return bounds[0], bounds[1]


def clock(seconds: float) -> str:
    """
    Write a time of the day, past 24 h for what runs after midnight.

    Parameters
    ----------
    seconds
        After midnight.

    Examples
    --------
    >>> clock(25_500), clock(90_600)
    ('07:05', '25:10')
    """
    minutes = int(seconds) // 60
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def hours_of(window: tuple[str, str]) -> str:
    r"""
    Write a window of time in French.

    Parameters
    ----------
    window
        Two times of the day.

    Examples
    --------
    >>> hours_of(("07:00", "09:30"))
    'de 7\xa0h à 9\xa0h\xa030'
    """
    start, end = (_hour(seconds) for seconds in seconds_of(window))
    return f"de {start} à {end}"


def _hour(seconds: int) -> str:
    minutes = f"{BROAD}{seconds // 60 % 60:02d}" if seconds // 60 % 60 else ""
    return f"{seconds // 3600}{BROAD}h{minutes}"
