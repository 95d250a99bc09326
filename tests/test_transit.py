"""
Travel times by public transport, on timetables small enough to be ridden by hand.

A trip is written `"a 8:00, b 8:10/8:12, c 8:20"`: arrival and departure where they
differ, `(` before a stop where one may not get in, `)` after it where one may not
get out. Stops stand at metres around Lens.
"""

import heapq
import math
import tempfile
import warnings
from itertools import pairwise, product
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from basinmap.access.gtfs import read_gtfs
from basinmap.access.networks import build_network
from basinmap.access.transit import Walking, transit_times
from basinmap.errors import BasinmapWarning, CRSError, DataError, VintageError
from basinmap.territory.places import Place


def told_or_typed(message):
    """Match the words of the verb, or those of the door that all share."""
    return rf"{message}|is of no use here; pass"


REFERENCE = Path(__file__).parents[2] / "shared/data/reference/gtfs"
needs_reference = pytest.mark.skipif(not REFERENCE.exists(), reason="no reference data")

TUESDAY = "2025-01-14"
X, Y = 687_000.0, 7_036_000.0
FAR = 30_000
LINE = {"a": (0, 0), "b": (FAR, 0), "c": (2 * FAR, 0), "d": (3 * FAR, 0)}
TO_DEGREES = Transformer.from_crs(2154, 4326, always_xy=True)


def calls_of(text):
    """Return (stop, arrival, departure, boards, alights), times in seconds."""
    calls = []
    for part in text.split(", "):
        stop, times = part.split()
        arrival, departure = [
            int(t.split(":")[0]) * 3600 + int(t.split(":")[1]) * 60
            for t in (times.split("/") * 2)[:2]
        ]
        calls.append(
            (stop.strip("()"), arrival, departure, "(" not in stop, ")" not in stop)
        )
    return calls


def clock(seconds):
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def timetable(trips, stops=None, days=("20250114",), **files):
    stops = LINE if stops is None else stops
    lonlat = {s: TO_DEGREES.transform(X + x, Y + y) for s, (x, y) in stops.items()}
    tables = {
        "agency": ["agency_name", "Tadao"],
        "stops": [
            "stop_id,stop_name,stop_lat,stop_lon",
            *(f"{s},{s},{lat!r},{lon!r}" for s, (lon, lat) in lonlat.items()),
        ],
        "routes": ["route_id,route_short_name,route_type", "1,Bulle 1,3"],
        "calendar_dates": [
            "service_id,date,exception_type",
            *(f"s,{day},1" for day in days),
        ],
        "trips": ["route_id,service_id,trip_id", *(f"1,s,{trip}" for trip in trips)],
        "stop_times": [
            "trip_id,stop_sequence,stop_id,arrival_time,departure_time,"
            "pickup_type,drop_off_type",
            *(
                f"{trip},{i},{stop},{clock(arr)},{clock(dep)},{1 - on:d},{1 - off:d}"
                for trip, text in trips.items()
                for i, (stop, arr, dep, on, off) in enumerate(calls_of(text))
            ),
        ],
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, lines in (tables | files).items():
            Path(folder, f"{name}.txt").write_text("\n".join(lines), encoding="utf-8")
        with warnings.catch_warnings():  # stops are far apart, trips are short
            warnings.filterwarnings("ignore", ".*over 500 km/h apart")
            return read_gtfs(folder)


def points(spots):
    x, y = np.array(list(spots.values()), dtype=float).T
    return gpd.GeoSeries.from_xy(X + x, Y + y, index=list(spots), crs=2154)


def minutes(table, origin, destination, at, **options):
    """Return the minutes of who leaves at one moment."""
    hour, minute = map(int, at.split(":"))
    options = {"date": TUESDAY, "direction": "from"} | options
    times = transit_times(
        points({"origin": LINE.get(origin, origin)}),
        points({"destination": LINE.get(destination, destination)}),
        table,
        window=(at, f"{hour}:{minute + 1:02d}"),
        **options,
    )
    return times["minutes"].iloc[0]


# -- by hand -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("second", "wanted"),
    [("b 8:12, c 8:20", 20), ("b 8:11, c 8:19", 79), ("b 8:10, c 8:19", 79)],
)
def test_a_change_takes_two_minutes(second, wanted):
    table = timetable({"1": "a 8:00, b 8:10", "2": second, "3": "b 9:11, c 9:19"})
    assert minutes(table, "a", "c", "8:00") == wanted
    assert minutes(table, "a", "b", "8:00") == 10
    assert math.isnan(minutes(table, "a", "d", "8:00"))
    assert math.isnan(minutes(table, "b", "a", "8:00"))


def test_a_change_of_another_length():
    table = timetable({"1": "a 8:00, b 8:10", "2": "b 8:11, c 8:20"})
    assert minutes(table, "a", "c", "8:00", walking=Walking(change=1)) == 20
    assert math.isnan(minutes(table, "a", "c", "8:00", walking=Walking(change=1.1)))


def test_one_stays_aboard_without_changing():
    table = timetable({"1": "a 8:00, b 8:10, c 8:20"})
    assert minutes(table, "a", "c", "7:57") == 23
    assert minutes(table, "b", "c", "8:10") == 10
    assert math.isnan(minutes(table, "b", "c", "8:11"))


def test_what_runs_after_midnight_is_of_both_days():
    table = timetable({"1": "a 24:50, b 25:10"}, days=("20250114", "20250115"))
    assert minutes(table, "a", "b", "24:30") == 40
    assert minutes(table, "a", "b", "0:30", date="2025-01-15") == 40
    # On the first day, nothing is left of the eve.
    assert math.isnan(minutes(table, "a", "b", "0:30"))
    late = timetable({"1": "a 0:20, b 0:40"}, days=("20250114", "20250115"))
    assert minutes(late, "a", "b", "23:50") == 50


def test_a_loop_comes_back_and_goes_on_only_as_the_next_trip():
    loop = "a 8:00, b 8:10, c 8:20, a 8:30"
    table = timetable({"1": loop, "2": "a 8:35, b 8:45, c 8:55, a 9:05"})
    assert minutes(table, "b", "a", "8:10") == 20
    assert minutes(table, "c", "b", "8:20") == 25
    assert minutes(table, "a", "c", "8:00") == 20


def test_only_the_day_of_the_service_counts():
    table = timetable({"1": "a 8:00, b 8:10"}, days=("20250114", "20250118"))
    assert minutes(table, "a", "b", "8:00", date="2025-01-18") == 10
    with pytest.raises(
        VintageError,
        match=r"no trip runs on 2025-01-16; .* covers "
        r"2025-01-14 to 2025-01-18; .*'2025-01-14', '2025-01-18'",
    ):
        minutes(table, "a", "b", "8:00", date="2025-01-16")


def test_trips_that_come_again_and_again():
    again = [
        "trip_id,start_time,end_time,headway_secs,exact_times",
        "1,06:00:00,09:00:00,1200,0",
        "1,09:00:00,10:00:00,3600,0",
    ]
    # The times of the trip are but durations: it leaves at 6:00, 6:20… 8:40, 9:00.
    table = timetable({"1": "a 5:17, b 5:27, c 5:40"}, frequencies=again)
    assert minutes(table, "a", "b", "8:00") == 10
    assert minutes(table, "a", "b", "8:21") == 29
    assert minutes(table, "b", "c", "8:31") == 19 + 13
    assert math.isnan(minutes(table, "a", "b", "9:01"))
    assert "3 courses" not in " ".join(table.notes)
    assert "2 courses à intervalle annoncé" in " ".join(table.notes)


def test_walking_is_taken_where_quicker_than_waiting():
    table = timetable({"1": "a 8:30, b 8:31"}, {"a": (0, 0), "b": (900, 0)})
    # 900 m × 1.3 at 4.5 km/h are 936 s.
    assert minutes(table, "a", (900, 0), "8:00") == 936 / 60
    assert minutes(table, "a", (900, 0), "8:29") == 2
    slow = Walking(speed=3, detour=1, longest=18)
    assert minutes(table, "a", (900, 0), "8:00", walking=slow) == 18
    slow = Walking(speed=3, detour=1, longest=17.9)
    assert minutes(table, "a", (900, 0), "8:00", walking=slow) == 31


def test_one_walks_to_the_stop_and_from_it():
    table = timetable({"1": "a 8:10, b 8:20"})
    # 500 m × 1.3 at 4.5 km/h are 520 s, 8 min 40 s, at each end.
    near = (500, 0)
    beyond = (FAR, 500)
    assert minutes(table, near, beyond, "8:01") == pytest.approx(19 + 520 / 60)
    assert math.isnan(minutes(table, near, beyond, "8:02"))


@pytest.mark.parametrize(("leaves", "made"), [("8:15", False), ("8:16", True)])
def test_one_walks_between_two_stops(leaves, made):
    # 300 m are 312 s on foot, more than the two minutes of a change.
    stops = LINE | {"e": (FAR, 300)}
    table = timetable({"1": "a 8:00, b 8:10", "2": f"e {leaves}, c 8:30"}, stops)
    assert math.isnan(minutes(table, "a", "c", "8:00")) != made
    near = Walking(longest_change=5)
    assert math.isnan(minutes(table, "a", "c", "8:00", walking=near))


def test_where_one_may_not_get_in_or_out():
    table = timetable({"1": "a 8:00, (b 8:10, c) 8:20, d 8:30"})
    assert minutes(table, "a", "b", "8:00") == 10
    assert math.isnan(minutes(table, "b", "d", "8:00"))
    assert math.isnan(minutes(table, "a", "c", "8:00"))
    assert minutes(table, "c", "d", "8:00") == 30


@pytest.mark.parametrize(
    ("line", "taken"),
    [
        ("b,b,2,120", 12),
        ("b,b,2,300", 15),
        ("b,b,1,", 11),
        ("b,b,3,", None),
        ("b,b,0,", 12),
        ("b,b,4,", 12),
    ],
)
def test_the_feed_says_how_long_a_change_takes(line, taken):
    again = {f"x{m}": f"b 8:{m}, c 8:{m + 10}" for m in range(11, 18)}
    head = "from_stop_id,to_stop_id,transfer_type,min_transfer_time"
    table = timetable({"1": "a 8:00, b 8:10"} | again, transfers=[head, line])
    found = minutes(table, "a", "c", "8:00")
    assert math.isnan(found) if taken is None else found == taken + 10


def test_the_feed_says_of_two_stops_that_one_may_change():
    head = "from_stop_id,to_stop_id,transfer_type,min_transfer_time"
    trips = {"1": "a 8:00, b 8:10", "2": "c 8:20, d 8:30"}
    for seconds, wanted in ((600, 30), (601, math.nan)):
        table = timetable(trips, transfers=[head, f"b,c,2,{seconds}"])
        found = minutes(table, "a", "d", "8:00")
        assert found == pytest.approx(wanted, nan_ok=True)


# -- over a window -------------------------------------------------------------


def times(table, origins, destinations, **options):
    options = {"date": TUESDAY, "direction": "from"} | options
    return transit_times(origins, destinations, table, **options)


A, B = points({"a": LINE["a"]}), points({"b": LINE["b"]})


def test_percentiles_count_minutes_without_connection():
    # From 8:00 to 8:59: 10 at 8:00, then 39 down to 10 until 8:30, then nothing.
    table = timetable({"1": "a 8:00, b 8:10", "2": "a 8:30, b 8:40"})
    row = times(table, A, B, window=("8:00", "9:00")).iloc[0]
    # In order: 10, 10, 11 … 39, nothing 29 times; the 15th, 30th and 45th.
    assert row["minutes_p25"] == 23
    assert row["minutes"] == 38
    assert math.isnan(row["minutes_p75"])
    assert row["connected"] == 31 / 60
    # With one minute more without connection, the 31st is the last.
    row = times(table, A, B, window=("8:00", "9:02")).iloc[0]
    assert row["minutes"] == 39
    row = times(table, A, B, window=("8:00", "9:03")).iloc[0]
    assert math.isnan(row["minutes"])


def test_percentiles_are_those_asked_for():
    table = timetable({"1": "a 8:09, b 8:10"})
    found = times(table, A, B, window=("8:00", "8:10"), percentiles=(10, 90.5, 100))
    assert list(found) == ["minutes_p10", "minutes_p90.5", "minutes_p100", "connected"]
    assert found.iloc[0].tolist() == [1, 10, 10, 1]
    found = times(table, A, B, window=("8:00", "8:10"), percentiles=50)
    assert list(found) == ["minutes", "connected"]


def test_the_limit_makes_a_time_missing():
    table = timetable({"1": "a 8:09, b 8:20"})
    row = times(table, A, B, window=("8:00", "8:10"), limit=15).iloc[0]
    # 20 minutes at 8:00, 15 at 8:05, 11 at 8:09.
    assert row["connected"] == 0.5
    assert row["minutes_p25"] == 13
    assert row["minutes"] == 15
    assert math.isnan(row["minutes_p75"])


def test_a_window_of_arrivals():
    table = timetable({"1": "a 7:50, b 8:00", "2": "a 8:20, b 8:30"})
    row = times(
        table, A, B, window=("8:00", "8:40"), arrive_by=True, percentiles=(25, 50, 100)
    ).iloc[0]
    # To be there by 8:00, …, 8:29, one takes the first, 10 to 39; then the second.
    assert row["minutes_p25"] == 14
    assert row["minutes"] == 19
    assert row["minutes_p100"] == 39


def test_the_museum_is_where_one_comes_to():
    table = timetable({"1": "a 8:00, b 8:10", "2": "b 8:20, a 8:40"})
    both = points(LINE)
    options = {"window": ("8:00", "8:01"), "percentiles": 50}
    here = Place("b", "Musée", both["b"])
    to = times(table, here, both, direction="to", **options)["minutes"]
    assert to.index.names == ["origin", "destination"]
    assert to["Musée"].to_dict() == pytest.approx(
        {"a": 10, "b": 0, "c": math.nan, "d": math.nan}, nan_ok=True
    )
    back = times(table, here, both, **options)["minutes"]
    assert back["Musée", "a"] == 40


def test_the_smaller_side_is_searched_with_the_same_answer():
    table = timetable(
        {
            "1": "a 8:00, b 8:10, c 8:20",
            "2": "b 8:12/8:15, d 8:40",
            "3": "a 8:20, d 8:50",
            "4": "d 8:05, c 8:30, a 8:59",
        }
    )
    many = points(LINE)
    for arrive_by in (False, True):
        options = {"window": ("8:00", "8:40"), "arrive_by": arrive_by}
        for stop in LINE:
            one = many[[stop]]
            away = times(table, one, many, **options)
            back = times(table, many, one, direction="to", **options)
            assert back.swaplevel().to_numpy() == pytest.approx(
                away.to_numpy(), nan_ok=True
            )
            whole = times(table, many, many, **options)
            assert whole.loc[[stop]].to_numpy() == pytest.approx(
                away.to_numpy(), nan_ok=True
            )


# -- against another method ----------------------------------------------------


def rides(trips, stop, time):
    """Return where one may get out, and when, of all that leaves a stop from then."""
    return [
        (there, arrives)
        for calls in trips
        for i, (here, _, leaves, on, _) in enumerate(calls)
        if here == stop and on and leaves >= time
        for there, arrives, _, _, off in calls[i + 1 :]
        if off
    ]


def earliest(trips, start, origin):
    """Return the earliest arrival at each stop: Dijkstra over stops and times."""
    reached = {s: start + WALKS.get((origin, s), math.inf) for s in LATTICE}
    heap = [(time, stop) for stop, time in reached.items() if time < math.inf]
    heapq.heapify(heap)
    done = set()
    while heap:
        time, stop = heapq.heappop(heap)
        if stop in done:
            continue
        done.add(stop)
        for (there, arrives), end in product(rides(trips, stop, time), LATTICE):
            walk = WALKS.get((there, end), math.inf)
            reached[end] = min(reached[end], arrives + walk)
            if walk <= 600:
                heapq.heappush(heap, (arrives + max(walk, 120), end))
    return reached


# b and e are 4 min 20 s apart on foot, d and e 12 min 1 s: too far for a change.
LATTICE = {
    "a": (0, 0),
    "b": (FAR, 0),
    "c": (0, FAR),
    "d": (FAR, 943.2),
    "e": (FAR, 250),
}
WALKS = {
    (here, there): math.ceil(math.dist(LATTICE[here], LATTICE[there]) * 1.04 - 1e-6)
    for here in LATTICE
    for there in LATTICE
    if math.dist(LATTICE[here], LATTICE[there]) * 1.04 <= 1800
}
START, MOMENTS = 8 * 60, 12


@st.composite
def some_trips(draw):
    """Return trips between 8:00 and 10:00, which may come back where they were."""
    # Late enough to change nothing, so that something stops everywhere.
    trips = {"late": "a 22:00, b 22:10, c 22:20, d 22:30, e 22:40"}
    for trip in range(draw(st.integers(1, 7))):
        time = START + draw(st.integers(0, 45))
        calls = []
        for _ in range(draw(st.integers(2, 4))):
            wait = draw(st.integers(0, 2))
            on, off = draw(st.sampled_from([("", "")] * 4 + [("(", ""), ("", ")")]))
            stop = draw(st.sampled_from(sorted(LATTICE)))
            hours = "/".join(f"{t // 60}:{t % 60:02d}" for t in (time, time + wait))
            calls.append(f"{on}{stop}{off} {hours}")
            time += wait + draw(st.integers(0, 15))
        trips[str(trip)] = ", ".join(calls)
    return trips


every_minute = [100 * (i + 1) / MOMENTS for i in range(MOMENTS)]


WAITS = {
    "late": "a 22:00, b 22:10, c 22:20, d 22:30, e 22:40",
    "in": "b 8:00/8:00, (b 8:00/8:01, a 8:01/8:01",
    "out": "c 8:00/8:00, b) 8:02/8:03, b 8:05/8:06, d 8:09/8:09",
    "both": "d 8:01/8:01, b) 8:04/8:05, (b 8:08/8:09, c 8:12/8:12",
}


@settings(max_examples=25, deadline=None, derandomize=True)
@example(WAITS)
@given(some_trips())
def test_the_scan_equals_dijkstra_on_stops_and_times(trips):
    many = points(LATTICE)
    found = times(
        timetable(trips, LATTICE),
        many,
        many,
        window=("8:00", f"8:{MOMENTS}"),
        limit=60,
        percentiles=every_minute,
    )
    calls = [calls_of(text) for text in trips.values()]
    for origin in LATTICE:
        starts = [60 * (START + minute) for minute in range(MOMENTS)]
        reached = [earliest(calls, start, origin) for start in starts]
        for stop in LATTICE:
            lasts = [there[stop] - t for there, t in zip(reached, starts, strict=True)]
            # Who leaves later never arrives earlier.
            assert all(b >= a - 60 for a, b in pairwise(lasts))
            wanted = np.sort([last / 60 if last <= 3600 else np.nan for last in lasts])
            row = found.loc[origin, stop]
            assert row.iloc[:-1].to_numpy() == pytest.approx(wanted, nan_ok=True)
            assert row["connected"] == np.isfinite(wanted).mean()


def backwards(trips):
    """Turn a timetable round at midnight: what left at 8:00 arrives at 16:00."""
    turned = {}
    for trip, text in trips.items():
        calls = []
        for stop, arrival, departure, on, off in calls_of(text)[::-1]:
            hours = "/".join(clock(86_400 - t)[:-3] for t in (departure, arrival))
            calls.append(f"{'' if off else '('}{stop}{'' if on else ')'} {hours}")
        turned[trip] = ", ".join(calls)
    return turned


@settings(max_examples=10, deadline=None, derandomize=True)
@given(some_trips())
def test_to_is_from_when_time_runs_backwards(trips):
    many = points(LATTICE)
    options = {"limit": 60, "percentiles": every_minute}
    forth, back = timetable(trips, LATTICE), timetable(backwards(trips), LATTICE)
    mirror = {"window": ("15:01", "15:13"), "arrive_by": False, "direction": "from"}
    for direction in ("from", "to"):
        arriving = times(
            forth,
            many,
            many,
            window=("8:48", "9:00"),
            arrive_by=True,
            direction=direction,
            **options,
        )
        mirror["direction"] = "from" if direction == "to" else "to"
        leaving = times(back, many, many, **mirror, **options)
        assert arriving.to_numpy() == pytest.approx(leaving.to_numpy(), nan_ok=True)


@settings(max_examples=10, deadline=None, derandomize=True)
@given(some_trips(), st.integers(0, 30))
def test_who_leaves_later_never_arrives_earlier(trips, minute):
    many = points(LATTICE)
    table = timetable(trips, LATTICE)
    moments = [f"8:{minute + i:02d}" for i in range(3)]
    found = [
        times(table, many, many, window=window, limit=300, percentiles=50)["minutes"]
        for window in pairwise(moments)
    ]
    arrival, later = (part.fillna(np.inf) + i for i, part in enumerate(found))
    assert (later >= arrival - 1e-9).all()


# -- on streets ----------------------------------------------------------------


def test_one_walks_by_the_streets():
    # A street in a U, then far: 200 m as the crow flies, 1,200 m on foot, 15 minutes.
    x = np.array([0, 0, 200, 200, FAR], dtype=float)
    y = np.array([0, 500, 500, 0, 0], dtype=float)
    forth, back = np.arange(4), np.arange(1, 5)
    tail, head = np.r_[forth, back], np.r_[back, forth]
    length = np.hypot(x[head] - x[tail], y[head] - y[tail])
    street = build_network(
        X + x, Y + y, tail, head, length, length / 80, mode="walk", crs=2154
    )
    stops = {"a": (200, 0), "b": (FAR, 0)}
    table = timetable({"1": "a 8:10, b 8:20"}, stops)
    there = points(stops)
    options = {"window": ("7:50", "8:00"), "percentiles": (10, 60, 70), "limit": 60}
    options["walking"] = Walking(network=street, longest=20)
    found = times(table, points({"home": (0, 0)}), there, **options)
    assert found.loc[("home", "a")].tolist() == pytest.approx([15, 15, 15, 1])
    # One leaves at 7:55 at the latest, 25 minutes before.
    wanted = [25, 30, math.nan, 0.6]
    assert found.loc[("home", "b")].tolist() == pytest.approx(wanted, nan_ok=True)
    back = times(table, there, points({"home": (0, 0)}), direction="to", **options)
    assert math.isnan(back.loc[("b", "home"), "minutes_p70"])
    assert back.loc[("b", "home"), "minutes_p60"] == pytest.approx(30)
    assert "marche par les rues" in found.attrs["rule"]


def test_between_stops_outside_of_the_streets_one_walks_as_the_crow_flies():
    # A street of 5 km, too long to walk; b and e are far from it, 312 s apart.
    street = build_network(
        [X, X + 5_000], [Y, Y], [0, 1], [1, 0], [5e3, 5e3], [60, 60], mode="walk"
    )
    stops = {"a": (0, 0), "b": (FAR, 0), "e": (FAR, 300), "g": (5_000, 0)}
    trips = {"1": "a 8:00, b 8:10", "2": "e 8:16, g 8:30"}
    found = times(
        timetable(trips, stops),
        points({"home": (0, 0)}),
        points({"work": (5_000, 0)}),
        window=("8:00", "8:01"),
        walking=Walking(network=street),
    )
    assert found["minutes"].tolist() == [30]


def test_a_place_that_no_street_serves_walks_nowhere():
    """600 m from the only street: 9 minutes in a field are no walk by the streets."""
    street = build_network(
        [X, X + 1_000], [Y, Y], [0, 1], [1, 0], [1e3, 1e3], [12, 12], mode="walk"
    )
    table = timetable({"1": "a 8:30, b 8:40"}, {"a": (0, 0), "b": (1_000, 0)})
    homes = points({"near": (0, 400), "far": (0, 600)})
    with pytest.warns(BasinmapWarning, match=r"farther than 500 m.*'far' \(600 m\)"):
        found = times(
            table, homes, points({"work": (1_000, 0)}), window=("8:00", "8:01"),
            walking=Walking(network=street),
        )  # fmt: skip
    # 6 minutes at 4 km/h and 12 along the street.
    assert found.loc[("near", "work"), "minutes"] == pytest.approx(18)
    assert math.isnan(found.loc[("far", "work"), "minutes"])
    assert "marche par les rues, jusqu’à 500" in found.attrs["rule"]


# -- bad input -----------------------------------------------------------------


@pytest.fixture(scope="module")
def trains():
    return read_gtfs(REFERENCE)


@pytest.fixture(scope="module")
def hourly():
    return timetable({"1": "a 8:00, b 8:10", "2": "b 8:12, c 8:20"})


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"date": "14/01/2025"}, VintageError, "not a date: '14/01/2025'"),
        ({"date": "2025-01-15"}, VintageError, "nearest days served: '2025-01-14'"),
        ({"window": ("9:00", "7:00")}, DataError, r"write window=\('07:00', '09:00'"),
        ({"window": ("7h", "9h")}, DataError, "two times of the day"),
        ({"window": "8:00"}, DataError, "two times of the day"),
        ({"direction": "both"}, DataError, "direction"),
        ({"limit": 0}, DataError, "limit must be minutes"),
        ({"limit": math.nan}, DataError, "limit must be minutes"),
        ({"limit": "120"}, DataError, "limit must be minutes"),
        ({"percentiles": (0, 50)}, DataError, "above 0 and up to 100"),
        ({"percentiles": ()}, DataError, "above 0 and up to 100"),
        ({"percentiles": ("a",)}, DataError, "above 0 and up to 100"),
    ],
)
def test_what_cannot_be_asked(hourly, options, error, match):
    with pytest.raises((error, TypeError), match=told_or_typed(match)):
        times(hourly, A, B, **({"window": ("8:00", "9:00")} | options))


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"speed": 0}, "speed=0; write a number from 0.1 up"),
        ({"detour": 0.9}, r"detour=0\.9"),
        ({"change": -1}, "change=-1"),
        ({"longest": math.inf}, "longest=inf"),
        ({"longest_change": "5"}, "longest_change='5'"),
    ],
)
def test_walks_that_nobody_walks(options, match):
    with pytest.raises(DataError, match=match):
        Walking(**options)


def test_a_network_for_cars_is_not_walked():
    road = build_network([0, 9], [0, 0], [0, 1], [1, 0], [9, 9], [1, 1], mode="car")
    with pytest.raises(DataError, match="mode='walk'"):
        Walking(network=road)


def test_points_that_cannot_be_reached_or_left(hourly):
    with pytest.raises(CRSError, match="places: in degrees"):
        times(hourly, A.to_crs(4326), B)
    with pytest.raises(CRSError, match="two CRS: destinations in EPSG:3035"):
        times(hourly, A, B.to_crs(3035))
    with pytest.raises(DataError, match="destinations: 1 are no points: 'b'"):
        times(hourly, A, B.buffer(5))
    with pytest.raises(DataError, match="stand more than once: 'a'"):
        times(hourly, pd.concat([A, A]), B)
    with pytest.raises(DataError, match="empty"):
        times(hourly, A, B.iloc[:0])


def test_a_place_far_from_any_stop_is_told(hourly):
    far = points({"far": (5_000, 0)})
    with pytest.warns(BasinmapWarning, match="1 without a stop within .*'far'"):
        found = times(hourly, far, B)
    assert found["minutes"].isna().all()
    assert found["connected"].tolist() == [0]
    assert times(hourly, B, far).attrs["without_stop"] == ("far",)


def test_what_is_printed(hourly):
    attrs = times(hourly, A, B, direction="to", window=("7:30", "9:00")).attrs
    rule = attrs["rule"].replace("\xa0", " ")
    assert rule.startswith(
        "temps de trajet jusqu’au lieu en transport collectif et à pied, médiane des "
        "départs de chaque minute de 7 h 30 à 9 h le 14 janvier 2025, attente comprise"
    )
    assert "marche à 4,5 km/h" in rule
    assert "correspondance de 2 min au moins" in rule
    assert attrs["sources"] == (hourly.source,)
    assert attrs["limit"] == 120


# -- the reference feed --------------------------------------------------------


@needs_reference
@pytest.mark.parametrize(
    ("origin", "destination", "at", "wanted"),
    [
        # Read off stop_times.txt: leaves, arrives.
        ("Paris Gare du Nord", "Lens", "12:25", 64),  # 13:29
        ("Paris Gare du Nord", "Lens", "14:20", 72),  # 14:29, 15:32
        ("Paris Gare du Nord", "Lens", "17:53", 129),  # 18:51, 20:02
        ("Paris Gare du Nord", "Lens", "20:26", None),
        ("Lens", "Paris Gare du Nord", "6:57", 75),  # 8:12
        ("Lens", "Paris Gare du Nord", "6:58", None),  # 13:13 is too late
        ("Paris Gare du Nord", "Béthune", "18:51", 85),  # 20:16
        # One may get in at Dunkerque, but not out before Paris.
        ("Dunkerque", "Paris Gare du Nord", "5:56", 136),  # 8:12
        ("Dunkerque", "Lens", "5:56", None),
    ],
)
def test_trains_take_what_their_stop_times_say(trains, origin, destination, at, wanted):
    areas = trains.stops[trains.stops["station"] == trains.stops.index]
    spots = areas.set_index("name").geometry
    found = times(
        trains,
        spots[[origin]],
        spots[[destination]],
        window=(at, f"{at}:59"),
        limit=240,
    )
    assert found["minutes"].tolist() == pytest.approx([wanted or np.nan], nan_ok=True)


@needs_reference
def test_an_hour_of_trains_from_paris_to_lens(trains):
    areas = trains.stops[trains.stops["station"] == trains.stops.index]
    spots = areas.set_index("name").geometry
    paris, lens = spots[["Paris Gare du Nord"]], spots[["Lens"]]
    # From 17:00 to 17:52 the train of 17:52, 119 down to 67 minutes; then that of
    # 18:51, 129 to 123 minutes, beyond the limit.
    found = times(trains, lens, paris, window=("17:00", "18:00"), direction="to")
    wanted = [67 + 14, 67 + 29, 67 + 44, 53 / 60]
    assert found.iloc[0].tolist() == pytest.approx(wanted)
