"""Reading GTFS feeds, checked line by line."""

from __future__ import annotations

import datetime as dt
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import IO, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basinmap.access.timetables import Timetable
from basinmap.arguments import check_given
from basinmap.errors import BasinmapWarning, DataError, culprits
from basinmap.spatial.projections import METRIC
from basinmap.territory.local import is_there
from basinmap.territory.texts import check_encoding
from basinmap.typography import long_date, number, typeset

__all__ = ["read_gtfs"]

Whole = NDArray[np.int64]
Truths = NDArray[np.bool_]
Numbers = NDArray[np.float64]

_WEEKDAYS: Final = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "agency": ("agency_name",),
        "stops": ("stop_id", "stop_lat", "stop_lon"),
        "routes": ("route_id", "route_type"),
        "trips": ("route_id", "service_id", "trip_id"),
        "stop_times": (
            "trip_id",
            "arrival_time",
            "departure_time",
            "stop_id",
            "stop_sequence",
        ),
        "calendar": ("service_id", *_WEEKDAYS, "start_date", "end_date"),
        "calendar_dates": ("service_id", "date", "exception_type"),
        "frequencies": ("trip_id", "start_time", "end_time", "headway_secs"),
        "transfers": ("from_stop_id", "to_stop_id"),
        "feed_info": (),
    }
)
"""Files that are read, and the columns that each cannot do without."""

_HEAD: Final = 4_096
"""Bytes in which an XML file says what it is."""

_ON_DEMAND: Final = (
    "location_group_id",
    "location_id",
    "start_pickup_drop_off_window",
    "end_pickup_drop_off_window",
)
"""Columns that only trips on demand fill."""

_LARGE, _DENSE = 50_000_000, 100
"""A file of that many bytes, so many times smaller in its archive, is no timetable."""

_LATEST: Final = 84_000
"""Last day that a calendar may name, in 2199, counted from 1970."""

_AREA: Final = (-9.86, 41.15, 10.38, 51.56)
"""Where EPSG says that Lambert-93 is used: west, south, east and north, in degrees."""

_FASTEST: Final = 500
"""Speed in km/h, as the crow flies, above which a position or a time is wrong."""

_REQUIRED: Final = ("agency", "stops", "routes", "trips", "stop_times")


def read_gtfs(
    path: str | Path, *, licence: str = "", encoding: str = "utf-8-sig"
) -> Timetable:
    r"""
    Read a GTFS feed, checked.

    Parameters
    ----------
    path
        The `.zip` of the feed, or a folder of its files.
    licence
        Of the feed, for the credit line: it is in none of the files.
    encoding
        Of the files; GTFS wants UTF-8, with or without a mark at the beginning.

    Returns
    -------
    Timetable
        Stops in EPSG:2154, trips, times and days of service.

    Raises
    ------
    DataError
        If the feed, a file or a column is absent, an identifier is unknown or
        repeated, a trip has no service or goes back in time, a number, a date, a
        time or a position is none, or no stop lies in France: with the file and its
        lines.

    Warns
    -----
    BasinmapWarning
        If stops lie out of the area of Lambert-93, or two stops in a row are further
        apart than 500 km/h allow.

    Notes
    -----
    As the GTFS reference says (gtfs.org/documentation/schedule/reference).
    Services come from `calendar.txt`, `calendar_dates.txt` or both. Where a stop has
    no time, it is interpolated between those around by `shape_dist_traveled`, or
    else by the crow-fly distance between stops, or else by rank. Trips of
    `frequencies.txt` leave at the start of the period and after each headway, even
    where `exact_times` is 0 and only the headway is promised. Getting in or out is
    refused where `pickup_type` or `drop_off_type` is 1; what must be booked counts
    as any other. Of `transfers.txt`, lines about whole stops are kept: the minimum
    time (type 2), the vehicle that waits (type 1: at once), what is not possible
    (type 3). Lines about one route or trip, and `block_id`, are not used. Trips on
    demand (GTFS-Flex), which have zones or windows of time, are left out and counted.

    Examples
    --------
    >>> import basinmap as bm
    >>> from pathlib import Path
    >>> import tempfile
    >>> feed = {
    ...     "agency": "agency_name\nTadao",
    ...     "stops": "stop_id,stop_name,stop_lat,stop_lon\n"
    ...     "a,Gare,50.427,2.828\nb,Louvre-Lens,50.431,2.804",
    ...     "routes": "route_id,route_short_name,route_type\n1,Navette,3",
    ...     "calendar_dates": "service_id,date,exception_type\ns,20250114,1",
    ...     "trips": "route_id,service_id,trip_id\n1,s,t",
    ...     "stop_times": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
    ...     "t,08:00:00,08:00:00,a,1\nt,08:06:00,08:06:00,b,2",
    ... }
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name, text in feed.items():
    ...         _ = (Path(folder) / f"{name}.txt").write_text(text)
    ...     timetable = bm.read_gtfs(folder)
    >>> timetable.source
    'Horaires\xa0: Tadao, services du 14\xa0janvier 2025 au 14\xa0janvier 2025'
    """
    check_given(read_gtfs, locals())
    check_encoding(encoding)
    tables = _tables(Path(path), encoding)
    notes: list[str] = []
    tables |= _scheduled(tables, notes)
    stops = _stops(tables["stops"], tables["stop_times"], notes)
    routes = _routes(tables["routes"], tables["agency"])
    services = _services(tables["calendar"], tables["calendar_dates"])
    known = _known_services(tables["calendar"], tables["calendar_dates"])
    trips = _trips(tables["trips"], routes.index, known)
    again = _frequencies(tables["frequencies"], trips.index, notes)
    timetable = Timetable(
        stops=stops,
        routes=routes,
        trips=trips,
        stop_times=_stop_times(tables["stop_times"], trips.index, stops, notes),
        services=services,
        frequencies=again,
        transfers=_transfers(tables["transfers"], stops, notes),
        announced=_announced(tables["feed_info"]),
    )
    return _credited(timetable, tables, licence, notes)


@dataclass(frozen=True, slots=True)
class _Table:
    """A file of a feed: text, on the numbers of its lines."""

    name: str
    rows: pd.DataFrame

    def text(self, column: str, default: str = "") -> pd.Series:
        """Return a column, or what stands for it where there is none."""
        if column in self.rows:
            return self.rows[column]
        return pd.Series(default, index=self.rows.index, dtype="object")

    def check(self, wrong: Truths | pd.Series, column: str, what: str) -> None:
        """Refuse the lines where something is wrong."""
        lines = self.rows.index[np.asarray(wrong, dtype=bool)]
        if len(lines):
            cells = self.text(column)[lines[:5]]
            first = [f"{cell} (line {line})".strip() for line, cell in cells.items()]
            more = f" and {len(lines) - 5} more" if len(lines) > 5 else ""
            msg = f"{self.name}: {column} {what}: {culprits(first)}{more}"
            raise DataError(msg)

    def identifiers(self, column: str) -> pd.Index:
        """Return a column of identifiers, each there once."""
        cells = self.text(column)
        self.check(cells == "", column, "is empty")
        self.check(cells.duplicated(), column, "stands more than once")
        return pd.Index(cells)

    def ranks(self, column: str, known: pd.Index, where: str) -> Whole:
        """Return the ranks of identifiers in a table."""
        found = known.get_indexer(self.text(column))
        self.check(found < 0, column, f"is not in {where}")
        return found.astype(np.int64)

    def numbers(self, column: str, default: float = np.nan) -> Numbers:
        """Return a column of numbers; the empty ones take the default."""
        cells = self.text(column)
        values = pd.to_numeric(cells, errors="coerce").to_numpy("float64")
        empty = (cells == "").to_numpy()
        self.check(~np.isfinite(values) & ~empty, column, "is no number")
        return np.where(empty, default, values)

    def seconds(self, column: str) -> Numbers:
        """Return a column of times; NaN where empty."""
        return self._parsed(column, "no time; write it as 25:10:00", _as_seconds)

    def days(self, column: str) -> Numbers:
        """Return a column of dates, as days after 1970-01-01."""
        values = self._parsed(column, "no date; write it as 20250114", _as_days)
        self.check(np.isnan(values), column, "is empty")
        wild = (values < 0) | (values > _LATEST)
        self.check(wild, column, "is no day of a timetable, from 1970 to 2199")
        return values

    def _parsed(
        self, column: str, what: str, parse: Callable[[pd.Series], pd.Series]
    ) -> Numbers:
        codes, texts = pd.factorize(self.text(column))
        distinct = pd.Series(texts, dtype="object")
        values = parse(distinct).to_numpy("float64")
        wrong = np.isnan(values) & (distinct != "").to_numpy()
        self.check(wrong[codes], column, f"is {what}")
        return values[codes] if len(codes) else np.zeros(0)


def _as_seconds(texts: pd.Series) -> pd.Series:
    parts = texts.str.extract(r"^(\d{1,3}):([0-5]\d):([0-5]\d)$").astype("float64")
    return parts[0] * 3600 + parts[1] * 60 + parts[2]


def _as_days(texts: pd.Series) -> pd.Series:
    whole = texts.where(texts.str.fullmatch(r"\d{8}"))
    dates = pd.to_datetime(whole, format="%Y%m%d", errors="coerce")
    # Counted as days: a calendar may go further than nanoseconds do.
    days = dates.to_numpy().astype("datetime64[D]").astype("float64")
    return pd.Series(np.where(dates.isna(), np.nan, days), texts.index)


def _tables(path: Path, encoding: str) -> dict[str, _Table]:
    """Read the files of a feed, those that are absent as empty."""
    with _opened(path) as files:
        absent = [f"{name}.txt" for name in _REQUIRED if name not in files]
        if not {"calendar", "calendar_dates"} & set(files):
            absent.append("calendar.txt or calendar_dates.txt")
        if absent:
            msg = (
                f"{path}: no {', no '.join(absent)}; a GTFS feed holds them, "
                f"there is: {culprits(sorted(files)) or 'no .txt file'}"
            )
            raise DataError(msg)
        found = {
            name: _read(f"{path.name}/{name}.txt", files[name], encoding)
            for name in _COLUMNS
            if name in files
        }
    for name, table in found.items():
        _check_columns(table, _COLUMNS[name], empty=name not in _REQUIRED)
    absent_too = {name: _Table(name, pd.DataFrame()) for name in _COLUMNS}
    return absent_too | found


@contextmanager
def _opened(path: Path) -> Iterator[dict[str, Callable[[], IO[bytes]]]]:
    """Say how to open each file of a feed, by its name without `.txt`."""
    if not is_there(path):
        msg = f"no file {str(path)!r}; give the .zip of a GTFS feed, or its folder"
        raise DataError(msg)
    if path.is_dir():
        files: dict[str, Callable[[], IO[bytes]]] = {
            file.stem: partial(_binary, file) for file in path.glob("*.txt")
        }
        for file in [] if files else sorted(path.glob("*.xml")):
            _refuse_netex(path, file.name, partial(_binary, file))
        yield files
        return
    if not zipfile.is_zipfile(path):
        _refuse_netex(path, path.name, partial(_binary, path))
        msg = (
            f"{path}: neither a folder nor a whole .zip; "
            "give the .zip of a GTFS feed, or fetch it again"
        )
        raise DataError(msg)
    with zipfile.ZipFile(path) as archive:
        # Some feeds are zipped with their folder; what is least deep prevails.
        names = sorted(archive.namelist(), key=lambda name: -name.count("/"))
        found: dict[str, Callable[[], IO[bytes]]] = {
            Path(name).stem: partial(archive.open, name)
            for name in names
            if name.endswith(".txt") and not name.startswith("__MACOSX")
        }
        for info in archive.infolist():
            _check_member(path, info)
        for name in [] if found else names:
            if name.lower().endswith(".xml"):
                _refuse_netex(path, name, partial(archive.open, name))
        yield found


def _check_member(path: Path, info: zipfile.ZipInfo) -> None:
    """Refuse what cannot be read, or would fill the memory."""
    if info.flag_bits & 1:
        msg = f"{path}: {info.filename} is encrypted; ask for the feed without password"
        raise DataError(msg)
    if info.file_size > _LARGE and info.file_size > _DENSE * info.compress_size:
        msg = (
            f"{path}: {info.filename} has {info.file_size} bytes for "
            f"{info.compress_size} in the archive: no timetable is that empty; fetch "
            "it again, or unzip it and give the folder"
        )
        raise DataError(msg)


def _refuse_netex(path: Path, name: str, opened: Callable[[], IO[bytes]]) -> None:
    """Name a timetable of the other European format for what it is."""
    with opened() as file:
        head = file.read(_HEAD)
    if b"PublicationDelivery" in head or b"netex" in head.lower():
        msg = (
            f"{path}: a NeTEx timetable ({name}), not a GTFS feed; networks publish "
            "both, on transport.data.gouv.fr: fetch the resource called GTFS"
        )
        raise DataError(msg)


def _binary(file: Path) -> IO[bytes]:
    return file.open("rb")


def _read(name: str, opened: Callable[[], IO[bytes]], encoding: str) -> _Table:
    try:
        with opened() as file, warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            rows = pd.read_csv(
                file,
                dtype=str,
                encoding=encoding,
                keep_default_na=False,
                skip_blank_lines=False,  # so that lines keep their numbers
                index_col=False,
            )
    except UnicodeDecodeError:
        msg = f"{name}: not written in {encoding}; say encoding='cp1252' if it is"
        raise DataError(msg) from None
    except pd.errors.EmptyDataError:
        msg = f"{name}: an empty file; fetch the feed again"
        raise DataError(msg) from None
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        msg = f"{name}: a line has more fields than the first ({error})"
        raise DataError(msg) from None
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        RuntimeError,
        NotImplementedError,
    ) as error:
        msg = f"{name}: damaged ({error}); fetch the feed again"
        raise DataError(msg) from None
    rows.columns = rows.columns.str.strip()
    rows = rows.fillna("").apply(lambda cells: cells.str.strip())
    rows.index = pd.RangeIndex(2, len(rows) + 2)
    return _Table(name, rows[(rows != "").any(axis=1)])


def _check_columns(table: _Table, wanted: tuple[str, ...], *, empty: bool) -> None:
    absent = [column for column in wanted if column not in table.rows]
    if absent:
        msg = (
            f"{table.name}: no column {culprits(absent)}; "
            f"its first line has: {', '.join(map(str, table.rows.columns))}"
        )
        raise DataError(msg)
    if not empty and table.rows.empty:
        msg = f"{table.name}: no line after the first; fetch the feed again"
        raise DataError(msg)


# -- trips on demand -----------------------------------------------------------


def _scheduled(tables: Mapping[str, _Table], notes: list[str]) -> dict[str, _Table]:
    """Leave out the trips on demand: zones for stops, or windows for times."""
    calls = tables["stop_times"]
    flexible = np.any([(calls.text(c) != "").to_numpy() for c in _ON_DEMAND], axis=0)
    trips = calls.text("trip_id")[flexible].unique()
    if not len(trips):
        return {}
    found = {}
    for name in ("trips", "stop_times", "frequencies"):
        table = tables[name]
        found[name] = _Table(table.name, table.rows[~table.text("trip_id").isin(trips)])
    if found["stop_times"].rows.empty:
        msg = (
            f"{calls.name}: all of the {len(trips)} trip(s) are on demand "
            f"({culprits(trips)}): without a time at a stop, nothing can be reckoned"
        )
        raise DataError(msg)
    notes.append(
        f"{number(len(trips))} courses à la demande, sans horaire fixe à tous leurs "
        "arrêts, ne sont pas prises en compte."
    )
    return found


# -- tables --------------------------------------------------------------------


def _stops(table: _Table, calls: _Table, notes: list[str]) -> gpd.GeoDataFrame:
    """Return the stops that have a position; those that are used must."""
    index = table.identifiers("stop_id").rename("stop")
    lon, lat = table.numbers("stop_lon"), table.numbers("stop_lat")
    # Each once: pandas makes a text of Python of every call that it looks at.
    used = index.isin(pd.unique(calls.text("stop_id")))
    placed = ~np.isnan(lon) & ~np.isnan(lat)
    table.check(used & ~placed, "stop_id", "has no position")
    # (0, 0) is in the Gulf of Guinea: a position that nobody filled in.
    wrong = (np.abs(lat) > 90) | (np.abs(lon) > 180) | ((lat == 0) & (lon == 0))
    table.check(wrong, "stop_id", "has no true position")
    _check_area(table, lon, lat, used & placed)
    station = _stations(table, index)
    points = gpd.points_from_xy(lon[placed], lat[placed], crs="EPSG:4326")
    left = int((~placed).sum())
    if left:
        notes.append(f"{number(left)} lieux sans position ni passage sont omis.")
    return gpd.GeoDataFrame(
        {
            "name": table.text("stop_name").to_numpy()[placed],
            "station": station[placed],
        },
        geometry=points.to_crs(METRIC),
        index=index[placed],
    )


def _check_area(table: _Table, lon: Numbers, lat: Numbers, used: Truths) -> None:
    """Refuse stops that all lie out of France, and warn of some that do."""
    far = used & ~_in_area(lon, lat)
    if not far.any():
        return
    names = table.text("stop_id")[far]
    where = zip(names, lat[far], lon[far], strict=True)
    shown = [f"{name} ({y:g}, {x:g})" for name, y, x in where]
    swapped = _in_area(lat[far], lon[far]).mean() > 0.5
    cure = (
        "latitude and longitude seem swapped: exchange stop_lat and stop_lon"
        if swapped
        else "check stop_lat and stop_lon, in degrees"
    )
    msg = (
        f"{table.name}: {far.sum()} stop(s) of {used.sum()} lie out of the area of "
        f"{METRIC}, France: {culprits(shown)}; {cure}"
    )
    if far.sum() == used.sum():
        raise DataError(msg)
    warnings.warn(msg, BasinmapWarning, stacklevel=5)


def _in_area(lon: Numbers, lat: Numbers) -> Truths:
    west, south, east, north = _AREA
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def _warn_of_leaps(
    table: _Table, first: Truths, points: gpd.GeoSeries, times: tuple[Whole, Whole]
) -> None:
    """Warn of stops that no vehicle reaches in the time that it has."""
    arrival, departure = times
    x, y = points.x.to_numpy(), points.y.to_numpy()
    metres = np.hypot(np.diff(x), np.diff(y))
    # Times are often whole minutes: a minute more is granted.
    seconds = arrival[1:] - departure[:-1] + 60
    leap = np.r_[False, ~first[1:] & ~(metres * 3.6 <= _FASTEST * seconds)]
    if not leap.any():
        return
    stop, trip = table.text("stop_id").to_numpy(), table.text("trip_id").to_numpy()
    at = np.flatnonzero(leap)
    pairs = dict.fromkeys(zip(stop[at - 1], stop[at], strict=True))
    shown = [f"{start} – {end}" for start, end in pairs]
    msg = (
        f"{table.name}: {len(pairs)} pair(s) of stops over {_FASTEST} km/h apart: "
        f"{culprits(shown)}, such as in trip {trip[at[0]]!r}; one of the two has a "
        "wrong position in stops.txt, or a wrong time here"
    )
    warnings.warn(msg, BasinmapWarning, stacklevel=4)


def _stations(table: _Table, index: pd.Index) -> NDArray[np.object_]:
    """Return the topmost stop that holds each, itself where none does."""
    above = table.text("parent_station")
    alone = (above == "").to_numpy()
    parent = index.get_indexer(above)
    table.check((parent < 0) & ~alone, "parent_station", "is not a stop_id")
    table.check(above.to_numpy() == index, "parent_station", "is the stop itself")
    top = np.where(alone, np.arange(len(index)), parent)
    for _ in range(2):  # a boarding area is on a platform, which is in a station
        top = top[top]
    return index.to_numpy()[top]


def _routes(table: _Table, agencies: _Table) -> pd.DataFrame:
    index = table.identifiers("route_id").rename("route")
    names = agencies.text("agency_name").to_numpy()
    known = dict(zip(agencies.text("agency_id"), names, strict=True))
    short, long_ = table.text("route_short_name"), table.text("route_long_name")
    kinds = table.numbers("route_type")
    table.check(np.isnan(kinds), "route_type", "is empty")
    return pd.DataFrame(
        {
            "name": short.where(short != "", long_).to_numpy(),
            "long_name": long_.to_numpy(),
            "kind": kinds.astype(np.int64),
            "agency": [known.get(key, names[0]) for key in table.text("agency_id")],
        },
        index=index,
    )


def _known_services(calendar: _Table, exceptions: _Table) -> pd.Index:
    columns = [table.text("service_id") for table in (calendar, exceptions)]
    return pd.Index(pd.concat(columns).unique())


def _services(calendar: _Table, exceptions: _Table) -> pd.DataFrame:
    """Return one row a service and a day on which it runs."""
    weekly = _weekly(calendar)
    kinds = exceptions.numbers("exception_type")
    exceptions.check(~np.isin(kinds, (1, 2)), "exception_type", "is neither 1 nor 2")
    dated = pd.DataFrame(
        {
            "service": exceptions.text("service_id").to_numpy(),
            "day": exceptions.days("date"),
        }
    )
    exceptions.check(dated.duplicated().to_numpy(), "date", "stands twice in a service")
    # What is said of one day prevails over the week.
    weekly = weekly.merge(dated, how="left", indicator=True)
    weekly = weekly.loc[weekly["_merge"] == "left_only", ["service", "day"]]
    frame = pd.concat([weekly, dated[kinds == 1]], ignore_index=True)
    frame["date"] = pd.to_datetime(frame.pop("day"), unit="D")
    return frame.sort_values(["service", "date"], ignore_index=True)


def _weekly(calendar: _Table) -> pd.DataFrame:
    """Return the days of the services that run by the week."""
    calendar.identifiers("service_id")
    start, end = calendar.days("start_date"), calendar.days("end_date")
    calendar.check(end < start, "end_date", "is before start_date")
    runs = np.column_stack([calendar.numbers(day) for day in _WEEKDAYS])
    for name, column in zip(_WEEKDAYS, runs.T, strict=True):
        calendar.check(~np.isin(column, (0, 1)), name, "is neither 0 nor 1")
    length = (end - start + 1).astype(np.int64)
    row = np.repeat(np.arange(len(start)), length)
    day = start[row] + np.arange(len(row)) - np.repeat(length.cumsum() - length, length)
    # The first day of 1970 was a Thursday.
    kept = runs[row, (day.astype(np.int64) + 3) % 7] == 1
    names = calendar.text("service_id").to_numpy()
    return pd.DataFrame({"service": names[row[kept]], "day": day[kept]})


def _trips(table: _Table, routes: pd.Index, services: pd.Index) -> pd.DataFrame:
    index = table.identifiers("trip_id").rename("trip")
    table.ranks("route_id", routes, "routes.txt")
    table.ranks("service_id", services, "calendar.txt nor in calendar_dates.txt")
    columns = {
        "route": "route_id",
        "service": "service_id",
        "headsign": "trip_headsign",
        "direction": "direction_id",
    }
    return pd.DataFrame(
        {name: table.text(column).to_numpy() for name, column in columns.items()},
        index=index,
    )


def _frequencies(table: _Table, trips: pd.Index, notes: list[str]) -> pd.DataFrame:
    table.ranks("trip_id", trips, "trips.txt")
    start, end = table.seconds("start_time"), table.seconds("end_time")
    table.check(~(start < end), "start_time", "is not before end_time")
    headway = table.numbers("headway_secs")
    table.check(~(headway >= 1), "headway_secs", "is not positive")
    exact = table.numbers("exact_times", 0.0) == 1
    if not exact.all():
        notes.append(
            f"{number(int((~exact).sum()))} courses à intervalle annoncé : leurs "
            "départs sont comptés à partir du début de la période, sans que "
            "l'horaire réel soit connu."
        )
    found = pd.DataFrame(
        {
            "trip": table.text("trip_id").to_numpy(),
            "start_s": start.astype(np.int64),
            "end_s": end.astype(np.int64),
            "headway_s": headway.astype(np.int64),
            "exact": exact,
        }
    )
    ordered = found.sort_values(["trip", "start_s", "end_s"])
    ends = ordered.groupby("trip")["end_s"].cummax().groupby(ordered["trip"]).shift()
    over = int((ordered["start_s"] < ends).sum())
    if over:
        notes.append(
            f"{number(over)} périodes à intervalle en recouvrent une autre de la même "
            "course : les départs de la même heure ne sont comptés qu'une fois."
        )
    return found


def _stop_times(
    table: _Table, trips: pd.Index, stops: gpd.GeoDataFrame, notes: list[str]
) -> pd.DataFrame:
    """Return the calls of each trip in their order, each with its times."""
    trip = table.ranks("trip_id", trips, "trips.txt")
    table.ranks("stop_id", stops.index, "stops.txt")
    sequence = table.numbers("stop_sequence")
    table.check(np.isnan(sequence), "stop_sequence", "is empty")
    order = np.lexsort((sequence, trip))
    table = _Table(table.name, table.rows.iloc[order])
    trip, sequence = trip[order], sequence[order]
    first = np.r_[True, trip[1:] != trip[:-1]]
    again = ~first & (np.diff(sequence, prepend=np.nan) == 0)
    table.check(again, "stop_sequence", "stands twice in a trip")
    stop = stops.index.get_indexer(table.text("stop_id"))
    arrival, departure, estimated = _times(
        table, trip, first, stops.geometry.iloc[stop]
    )
    _warn_of_leaps(table, first, stops.geometry.iloc[stop], (arrival, departure))
    if estimated.any():
        notes.append(
            f"{number(int(estimated.sum()))} passages sans horaire : heure "
            "interpolée selon la distance entre les arrêts voisins."
        )
    calls = _at_once(
        pd.DataFrame(
            {
                "trip": trip,
                "stop": stop,
                "sequence": sequence.astype(np.int64),
                "arrival_s": arrival,
                "departure_s": departure,
                "boards": table.numbers("pickup_type", 0.0) != 1,
                "alights": table.numbers("drop_off_type", 0.0) != 1,
                "estimated": estimated,
            }
        ),
        notes,
    )
    few = len(trips) - int(np.count_nonzero(np.bincount(calls["trip"]) > 1))
    if few:
        notes.append(f"{number(few)} courses de moins de deux arrêts sont omises.")
    calls["trip"] = trips.to_numpy()[calls["trip"]]
    calls["stop"] = stops.index.to_numpy()[calls["stop"]]
    return calls


def _at_once(calls: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Make one call of two that follow at one stop: a bus that waits there."""
    where = calls[["trip", "stop"]].to_numpy()
    twice = np.r_[False, (where[1:] == where[:-1]).all(axis=1)]
    if not twice.any():
        return calls
    notes.append(
        f"{number(int(twice.sum()))} passages répètent l'arrêt du précédent : ils ne "
        "font qu'un avec lui."
    )
    how = dict.fromkeys(calls.columns, "first")
    how |= {"departure_s": "last", "boards": "max", "alights": "max"}
    number_of = np.cumsum(~twice)
    made = calls.groupby(number_of).agg(how)
    # One gets in until the last call where one may, and out from the first on.
    until = calls["departure_s"].where(calls["boards"]).groupby(number_of).max()
    since = calls["arrival_s"].where(calls["alights"]).groupby(number_of).min()
    for name, times in (("departure_s", until), ("arrival_s", since)):
        made[name] = times.fillna(made[name]).astype(calls[name].dtype)
    return made.reset_index(drop=True)


def _times(
    table: _Table, trip: Whole, first: Truths, points: gpd.GeoSeries
) -> tuple[Whole, Whole, Truths]:
    """Return arrivals and departures, and where they are interpolated."""
    arrival, departure = (table.seconds(f"{n}_time") for n in ("arrival", "departure"))
    arrival = np.where(np.isnan(arrival), departure, arrival)
    departure = np.where(np.isnan(departure), arrival, departure)
    missing = np.isnan(arrival)
    ends = missing & (first | np.r_[first[1:], True])
    table.check(ends, "arrival_time", "is empty at the end of a trip")
    if missing.any():
        along = _along(table, trip, first, points)
        row = np.arange(len(trip))
        before = np.maximum.accumulate(np.where(missing, 0, row))
        after = np.where(missing, len(trip), row)
        after = np.minimum.accumulate(after[::-1])[::-1]
        way, whole = along - along[before], along[after] - along[before]
        rank = (row - before) / np.maximum(after - before, 1)
        share = np.divide(way, whole, out=rank, where=whole > 0)
        span = arrival[after] - departure[before]
        guess = np.round(departure[before] + share * span)
        arrival = np.where(missing, guess, arrival)
        departure = np.where(missing, guess, departure)
    table.check(departure < arrival, "departure_time", "is before arrival_time")
    back = ~first[1:] & (arrival[1:] < departure[:-1])
    table.check(np.r_[False, back], "arrival_time", "is before the stop before")
    return arrival.astype(np.int64), departure.astype(np.int64), missing


def _along(table: _Table, trip: Whole, first: Truths, points: gpd.GeoSeries) -> Numbers:
    """Return how far along its trip each stop is, in any unit that grows."""
    told = table.numbers("shape_dist_traveled")
    x, y = points.x.to_numpy(), points.y.to_numpy()
    gap = np.hypot(np.diff(x, prepend=x[0]), np.diff(y, prepend=y[0]))
    crow = np.cumsum(np.where(first, 0.0, gap))
    unsaid = np.isnan(told) | (~first & (np.diff(told, prepend=0.0) < 0))
    return np.where(np.bincount(trip, unsaid)[trip] > 0, crow, told)


def _transfers(
    table: _Table, stops: gpd.GeoDataFrame, notes: list[str]
) -> pd.DataFrame:
    """Return the times of change between stops, the most precise line first."""
    for column in ("from_stop_id", "to_stop_id"):
        known = table.text(column).isin(stops.index) | (table.text(column) == "")
        table.check(~known, column, "is not in stops.txt")
    kind = table.numbers("transfer_type", 0.0)
    least = table.numbers("min_transfer_time")
    table.check(least < 0, "min_transfer_time", "is negative")
    seconds = np.select([kind == 1, kind == 3], [0.0, np.inf], default=least)
    frame = pd.DataFrame(
        {
            "stop": table.text("from_stop_id").to_numpy(),
            "to": table.text("to_stop_id").to_numpy(),
            "seconds": seconds,
        }
    )
    narrow = [f"{side}_{of}_id" for side in ("from", "to") for of in ("route", "trip")]
    whole = np.all([(table.text(c) == "").to_numpy() for c in narrow], axis=0)
    said = whole & (kind <= 3) & ~np.isnan(seconds)
    if not whole.all():
        notes.append(
            f"{number(int((~whole).sum()))} correspondances propres à une ligne ou "
            "à une course ne sont pas utilisées."
        )
    return _between_stops(frame[said], stops)


def _between_stops(frame: pd.DataFrame, stops: gpd.GeoDataFrame) -> pd.DataFrame:
    """Spread what is said of stations over their stops."""
    held = pd.Series(stops.index, index=stops["station"], name="held")
    held = held[held.index != held]
    frame = frame.assign(wide=0)
    for column in ("stop", "to"):
        inside = frame.merge(held, left_on=column, right_index=True)
        inside[column] = inside.pop("held")
        inside["wide"] += 1
        frame = pd.concat([frame, inside], ignore_index=True)
    frame = frame.sort_values("wide", kind="stable")
    return frame.drop_duplicates(["stop", "to"], ignore_index=True).drop(columns="wide")


# -- credit --------------------------------------------------------------------


def _announced(table: _Table) -> tuple[str, str]:
    dates = [table.text(f"feed_{side}_date").iloc[:1] for side in ("start", "end")]
    days = [pd.to_datetime(d, format="%Y%m%d", errors="coerce") for d in dates]
    first, last = ("".join(day.dropna().dt.strftime("%Y-%m-%d")) for day in days)
    return first, last


def _credited(
    timetable: Timetable, tables: Mapping[str, _Table], licence: str, notes: list[str]
) -> Timetable:
    """Say whose timetable it is, and when it runs."""
    first, last = timetable.covered
    if not first:
        name = tables["trips"].name
        msg = f"{name}: no trip runs on any day; read another feed"
        raise DataError(msg)
    agencies = dict.fromkeys(timetable.routes["agency"])
    version = "".join(tables["feed_info"].text("feed_version").iloc[:1])
    parts = [
        ", ".join(agencies),
        f"version {version}" if version else "",
        f"services du {_printed(first)} au {_printed(last)}",
        licence,
    ]
    return replace(
        timetable,
        source=typeset(f"Horaires : {', '.join(part for part in parts if part)}"),
        notes=tuple(typeset(note) for note in (*_promised(timetable), *notes)),
    )


def _promised(timetable: Timetable) -> list[str]:
    """Say where the feed announces days on which nothing runs."""
    told, found = timetable.announced, timetable.covered
    if not all(told) or (told[0] >= found[0] and told[1] <= found[1]):
        return []
    (start, end), (first, last) = map(_printed, told), map(_printed, found)
    return [
        f"Le fichier d'horaires s'annonce valable du {start} au {end} ; "
        f"il ne décrit de services que du {first} au {last}."
    ]


def _printed(date: str) -> str:
    return long_date(dt.date.fromisoformat(date))
