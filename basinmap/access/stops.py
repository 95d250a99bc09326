"""Stops of public transport: departures there, and the ground around them."""

from __future__ import annotations

from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basinmap.access.circles import rings
from basinmap.access.isochrones import isochrones
from basinmap.access.networks import Network
from basinmap.access.snapping import MAX_GAP, snap
from basinmap.access.timetables import Timetable, clock, hours_of, seconds_of
from basinmap.arguments import check_given
from basinmap.errors import DataError
from basinmap.spatial.projections import METRIC
from basinmap.typography import capital, long_date, shortest, typeset
from basinmap.values.told import tell, told_of

__all__ = ["departures", "served_area"]

By = Literal["stop", "station"]


def departures(
    timetable: Timetable,
    *,
    date: str,
    window: tuple[str, str] = ("07:00", "09:00"),
    by: By = "stop",
) -> gpd.GeoDataFrame:
    """
    Return how many vehicles leave from each stop in a window of time.

    Parameters
    ----------
    timetable
        What `read_gtfs` returned.
    date
        The day, such as `"2025-01-14"`.
    window
        First time and last, excluded; they may pass 24 h.
    by
        `"stop"`, or `"station"`: the stop that holds several.

    Returns
    -------
    GeoDataFrame
        Points in EPSG:2154, index `stop` or `station`, of all that one may ever
        leave from: `name`, `departures`, `per_hour`, `routes` (names, in order),
        `first` and `last` (time of the day, missing where nothing leaves). Only
        where one may get in: the end of a trip is no departure. `attrs`: `rule`
        (French sentence to print), `sources`, `notes`.

    Raises
    ------
    VintageError
        If no trip runs that day: with the period covered.
    DataError
        If an option is out of range.

    Warns
    -----
    BasinmapWarning
        If far fewer trips run than on the same weekday.

    Notes
    -----
    Two coupled trains under two numbers are two departures, for nothing in a feed
    tells them from two trains.

    Examples
    --------
    >>> import basinmap as bm
    >>> from basinmap.access.gtfs import read_gtfs
    >>> timetable = read_gtfs("gtfs.zip")  # doctest: +SKIP
    >>> bm.departures(timetable, date="2025-01-14", by="station")  # doctest: +SKIP
    """
    check_given(departures, locals())
    if by not in ("stop", "station"):
        msg = f"unknown by={by!r}; choose between 'stop' and 'station'"
        raise DataError(msg)
    start, end = seconds_of(window)
    trips = timetable.trips["route"].map(timetable.routes["name"]).to_numpy()
    table = _boardings(timetable, date, start, end)
    held = _held(timetable, by)
    kept = pd.DataFrame(
        {
            by: held[table["origin"]],
            "time": table["departure"],
            "route": trips[table["trip"]],
        }
    ).groupby(by)
    ever = timetable.stops.index.isin(_boarded(timetable).index)
    places = pd.Index(np.unique(held[ever]), name=by)
    found = timetable.stops.loc[places]
    count = kept.size().reindex(places, fill_value=0)
    times = kept["time"].agg(["min", "max"]).reindex(places)
    frame = gpd.GeoDataFrame(
        {
            "name": found["name"].to_numpy(),
            "departures": count,
            "per_hour": count * 3600 / (end - start),
            "routes": kept["route"].agg(_listed).reindex(places, fill_value=""),
            "first": times["min"].map(clock, na_action="ignore"),
            "last": times["max"].map(clock, na_action="ignore"),
        },
        geometry=found.geometry.to_numpy(),
        crs=found.crs,
        index=places,
    )
    tell(
        frame,
        rule=typeset(f"départs {hours_of(window)} le {_day(date)}"),
        sources=(timetable.source,),
        notes=timetable.notes,
    )
    return frame


def served_area(
    timetable: Timetable,
    *,
    date: str,
    window: tuple[str, str] = ("07:00", "09:00"),
    least: int = 1,
    distance: float | None = None,
    minutes: float | None = None,
    network: Network | None = None,
) -> gpd.GeoDataFrame:
    """
    Return the ground within walking distance of stops that have enough departures.

    Parameters
    ----------
    timetable
        What `read_gtfs` returned.
    date
        The day.
    window
        First time and last, excluded.
    least
        Departures in the window, over all the stops of a station, without which
        its stops do not count.
    distance
        From a stop, in metres on the ground, as the crow flies; 500 by default.
    minutes
        Of walk to a stop by the streets, instead of a distance.
    network
        The streets, with `minutes`. Stops more than 500 m from them do not count.

    Returns
    -------
    GeoDataFrame
        EPSG:2154, one row, index `served` (the distance, or the minutes);
        `departures` (the least), `stops` (how many count), `label` in French,
        `geometry`, the areas of all stops as one. `attrs`: `rule`, `sources`,
        `notes`.

    Raises
    ------
    VintageError
        If no trip runs that day.
    DataError
        If no stop has as many departures, none is on the network, or an option is
        out of range.

    Warns
    -----
    BasinmapWarning
        If far fewer trips run than on the same weekday, or the edge of the network
        probably cuts the area.

    See Also
    --------
    departures : Departures by stop.

    Examples
    --------
    >>> import basinmap as bm
    >>> from basinmap.access.gtfs import read_gtfs
    >>> timetable = read_gtfs("gtfs.zip")  # doctest: +SKIP
    >>> bm.served_area(timetable, date="2025-01-14")  # doctest: +SKIP
    """
    check_given(served_area, locals())
    if not isinstance(least, int) or least < 1:
        msg = f"least must be a whole number of departures from 1 up, got {least!r}"
        raise DataError(msg)
    if (minutes is None) != (network is None) or None not in (distance, minutes):
        msg = "write either distance=500, or minutes=8 and network=…"
        raise DataError(msg)
    stops = _frequented(timetable, date, window, least)
    if network is not None and minutes is not None:
        areas, count, far = _by_streets(stops, network, minutes)
        reach, near = minutes, f"à moins de {shortest(minutes)} min à pied"
    else:
        reach = 500.0 if distance is None else distance
        apart = stops[~stops.geometry.duplicated()]
        areas = rings(apart, distances=[reach], overlap="each")
        count, far = len(stops), 0
        near = f"à moins de {shortest(reach)} m à vol d'oiseau"
    plural = "s" if least > 1 else ""
    label = f"{near} d'un arrêt d'au moins {least} départ{plural} {hours_of(window)}"
    frame = gpd.GeoDataFrame(
        {"departures": [least], "stops": [count], "label": [typeset(label)]},
        geometry=[areas.union_all()],
        crs=areas.crs,
        index=pd.Index([reach], name="served"),
    ).to_crs(METRIC)
    walked = told_of(areas)
    left = [f"{capital(walked.rule)}."] if minutes is not None else []
    left += [f"{far} arrêts hors du réseau de rues ne comptent pas."] * (far > 0)
    credits_ = (timetable.source, *walked.sources)
    tell(
        frame,
        rule=typeset(f"{label} le {_day(date)}"),
        sources=tuple(dict.fromkeys(credits_)),
        notes=(*timetable.notes, *walked.notes, *left),
    )
    return frame


def _frequented(
    timetable: Timetable, date: str, window: tuple[str, str], least: int
) -> gpd.GeoDataFrame:
    """Return the stops of the stations that have enough departures."""
    table = departures(timetable, date=date, window=window, by="station")
    enough = table.index[table["departures"] >= least]
    if not len(enough):
        most = int(table["departures"].max())
        msg = (
            f"no station has {least} departures from {window[0]} to {window[1]} on "
            f"{date}, the most is {most}; lower least=, or widen window="
        )
        raise DataError(msg)
    stops = _boarded(timetable)
    return stops[stops["station"].isin(enough)]


def _by_streets(
    stops: gpd.GeoDataFrame, network: Network, minutes: float
) -> tuple[gpd.GeoDataFrame, int, int]:
    """Return the ground around the stops that are on the streets, and how many are."""
    points = stops.geometry.to_crs(network.crs)
    on = snap(np.column_stack([points.x, points.y]), network).gap <= MAX_GAP
    if network.mode != "walk" or not on.any():
        msg = (
            f"no stop of {len(stops)} on this network, to be read with mode='walk' "
            f"(it is {network.mode!r}) where the stops are"
        )
        raise DataError(msg)
    areas = isochrones(points[on], network, minutes=[minutes], direction="to")
    return areas, int(on.sum()), int((~on).sum())


def _boardings(timetable: Timetable, date: str, start: int, end: int) -> pd.DataFrame:
    """Return what leaves in the window, wherever it goes."""
    # A vehicle may leave in the window and reach the next stop much later.
    legs = timetable.connections(date, start, end + 86_400)
    kept = legs.boards & (legs.departure < end)
    columns = ("origin", "departure", "trip")
    return pd.DataFrame({name: getattr(legs, name)[kept] for name in columns})


def _held(timetable: Timetable, by: By) -> NDArray[np.object_]:
    """Return what stands for each stop."""
    stops = timetable.stops
    return (stops.index if by == "stop" else stops["station"]).to_numpy()


def _boarded(timetable: Timetable) -> gpd.GeoDataFrame:
    """Return the stops that one may ever leave from."""
    return timetable.served[timetable.served["boards"]]


def _listed(names: pd.Series) -> str:
    return ", ".join(sorted(set(names)))


def _day(date: str) -> str:
    return long_date(pd.Timestamp(date).date())
