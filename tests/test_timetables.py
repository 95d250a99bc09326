"""
GTFS feeds: what is read, what is refused, and what leaves from where.

The feed below has two lines over a week; each test changes a line or a file of it.
"""

import datetime as dt
import math
import re
import warnings
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from basinmap.access.gtfs import read_gtfs
from basinmap.access.networks import build_network
from basinmap.access.stops import departures, served_area
from basinmap.access.timetables import clock, hours_of, seconds_of
from basinmap.errors import BasinmapWarning, DataError, VintageError

REFERENCE = Path(__file__).parents[2] / "shared/data/reference/gtfs"
needs_reference = pytest.mark.skipif(not REFERENCE.exists(), reason="no reference data")
TUESDAY = "2025-01-14"

FEED = {
    "agency": "agency_id,agency_name\nT,Tadao",
    "feed_info": "feed_version,feed_start_date,feed_end_date\nv7,20250101,20250331",
    "stops": """stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station
gare,Gare de Lens,50.4270,2.8280,1,
A,"Gare, quai A",50.4270,2.8280,0,gare
B,"Gare, quai B",50.4272,2.8282,0,gare
L,Louvre-Lens,50.4308,2.8036,0,
M,Mairie,50.4500,2.8036,0,""",
    "routes": """route_id,agency_id,route_short_name,route_long_name,route_type
1,T,Bulle 1,Lens – Liévin,3
2,T,,Navette du musée,3""",
    "calendar": """service_id,monday,tuesday,wednesday,thursday,friday,saturday,\
sunday,start_date,end_date
week,1,1,1,1,1,0,0,20250106,20250119""",
    "calendar_dates": """service_id,date,exception_type
week,20250115,2
week,20250118,1
sunday,20250119,1""",
    "trips": """route_id,service_id,trip_id,trip_headsign,direction_id
1,week,t1,Liévin,0
1,week,t2,Liévin,0
2,week,t3,Musée,0
1,sunday,t4,Lens,1""",
    "stop_times": """trip_id,arrival_time,departure_time,stop_id,stop_sequence
t1,07:00:00,07:01:00,A,1
t1,07:10:00,07:10:00,L,5
t1,07:20:00,07:20:00,M,9
t2,08:59:00,08:59:59,A,1
t2,09:10:00,09:10:00,M,2
t3,07:30:00,07:30:00,B,1
t3,07:35:00,07:35:00,L,2
t4,25:10:00,25:10:00,M,1
t4,25:30:00,25:30:00,A,2""",
}


def folder(path, **changes):
    for name, text in (FEED | changes).items():
        if text is not None:
            (path / f"{name}.txt").write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def feed(tmp_path_factory):
    return read_gtfs(folder(tmp_path_factory.mktemp("feed")))


# -- what is read --------------------------------------------------------------


def test_stops_are_in_lambert_93_and_know_their_station(feed):
    assert feed.stops.crs.to_epsg() == 2154
    assert feed.stops["station"].tolist() == ["gare", "gare", "gare", "L", "M"]
    # The museum, within the precision of four decimals.
    assert feed.stops.geometry["L"].distance(shapely.Point(686_040, 7_037_060)) < 500
    assert feed.stops.loc["A", "name"] == "Gare, quai A"


def test_tables_say_what_the_files_say(feed):
    assert feed.routes["name"].tolist() == ["Bulle 1", "Navette du musée"]
    assert feed.routes["agency"].tolist() == ["Tadao", "Tadao"]
    assert feed.routes["kind"].tolist() == [3, 3]
    assert feed.trips.loc["t3"].tolist() == ["2", "week", "Musée", "0"]
    calls = feed.stop_times[feed.stop_times["trip"] == "t2"]
    assert calls["departure_s"].tolist() == [8 * 3600 + 59 * 60 + 59, 33_000]
    assert feed.stop_times["arrival_s"].max() == 25.5 * 3600
    assert not feed.stop_times["estimated"].any()
    assert repr(feed) == "<Timetable: 5 stops, 4 trips, 2025-01-06 to 2025-01-19>"


def test_services_are_those_of_the_week_and_of_the_exceptions(feed):
    # 6 to 10 and 13 to 17 January without Wednesday 15, with Saturday 18; Sunday 19.
    wanted = {f"2025-01-{day:02d}": 3 for day in (6, 7, 8, 9, 10, 13, 14, 16, 17, 18)}
    assert feed.trips_by_date.to_dict() == wanted | {"2025-01-19": 1}
    assert feed.covered == ("2025-01-06", "2025-01-19")


def test_either_calendar_is_enough(tmp_path):
    only = read_gtfs(
        folder(
            tmp_path,
            calendar=None,
            calendar_dates="service_id,date,exception_type\n"
            "week,20250114,1\nsunday,20250119,1",
        )
    )
    assert only.trips_by_date.to_dict() == {"2025-01-14": 3, "2025-01-19": 1}
    (tmp_path / "weekly").mkdir()
    weekly = folder(
        tmp_path / "weekly",
        calendar_dates=None,
        calendar=FEED["calendar"] + "\nsunday,0,0,0,0,0,0,1,20250101,20250131",
    )
    days = read_gtfs(weekly).trips_by_date
    assert days.index[days == 1].str[-2:].tolist() == ["05", "12", "19", "26"]
    assert len(days) == 14


def test_a_feed_that_promises_more_than_it_holds_says_so(feed):
    assert feed.announced == ("2025-01-01", "2025-03-31")
    note = feed.notes[0].replace("\xa0", " ").replace("\u202f", " ")
    assert note == (
        "Le fichier d’horaires s’annonce valable du 1er janvier 2025 au 31 mars 2025 ; "
        "il ne décrit de services que du 6 janvier 2025 au 19 janvier 2025."
    )


def test_the_credit_names_agency_version_and_dates(tmp_path):
    found = read_gtfs(folder(tmp_path), licence="Licence Ouverte 2.0")
    assert found.source.replace("\xa0", " ") == (
        "Horaires : Tadao, version v7, services du 6 janvier 2025 au 19 janvier 2025, "
        "Licence Ouverte 2.0"
    )
    bare = read_gtfs(folder(tmp_path, feed_info=FEED["agency"]))
    assert bare.announced == ("", "")
    assert bare.notes == ()


def test_a_zip_a_mark_and_spaces_change_nothing(tmp_path, feed):
    path = tmp_path / "tadao.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in FEED.items():
            spaced = text.replace("\n", " \r\n\r\n").replace("stop_id,", "stop_id ,")
            archive.writestr(f"gtfs/{name}.txt", spaced.encode("utf-8-sig"))
            archive.writestr(f"__MACOSX/{name}.txt", b"\x00")
    found = read_gtfs(path)
    for name in ("stops", "routes", "trips", "stop_times", "services"):
        assert getattr(found, name).equals(getattr(feed, name)), name


NETEX = """<?xml version="1.0" encoding="UTF-8"?>
<PublicationDelivery xmlns="http://www.netex.org.uk/netex" version="1.1:FR-NETEX">
</PublicationDelivery>
"""


@pytest.mark.parametrize("form", ["zip", "folder", "file"])
def test_a_netex_timetable_is_named_for_what_it_is(tmp_path, form):
    path = tmp_path / "offre.xml"
    path.write_text(NETEX, encoding="utf-8")
    if form == "zip":
        packed = tmp_path / "offre.zip"
        with zipfile.ZipFile(packed, "w") as archive:
            archive.write(path, "reseau/offre.xml")
        path = packed
    elif form == "folder":
        path = tmp_path
    with pytest.raises(DataError, match=r"NeTEx timetable \(.*offre.xml\).*GTFS"):
        read_gtfs(path)


def test_missing_times_are_interpolated_by_the_distance(tmp_path):
    # B is at a third of the way from A to C, and D is where C is.
    stops = """stop_id,stop_name,stop_lat,stop_lon
A,a,50.40,2.8
B,b,50.41,2.8
C,c,50.43,2.8
D,d,50.43,2.8"""
    head = "trip_id,arrival_time,departure_time,stop_id,stop_sequence"
    lines = [
        head + ",shape_dist_traveled",
        "t1,08:00:00,08:00:00,A,1,0",
        "t1,,,B,2,",
        "t1,08:30:00,,C,3,9",
        "t2,08:00:00,08:10:00,A,1,0",
        "t2,,,B,2,9",
        "t2,08:40:00,08:40:00,C,3,10",
        "t3,08:00:00,08:00:00,C,1,",
        "t3,,,D,2,",
        "t3,,,C,3,",
        "t3,08:30:00,08:30:00,D,4,",
        "t4,08:00:00,08:00:00,A,1,0",
        "t4,,08:09:00,B,2,0",
    ]
    found = read_gtfs(folder(tmp_path, stops=stops, stop_times="\n".join(lines)))
    calls = found.stop_times.set_index(["trip", "sequence"])
    minutes = (calls["arrival_s"] - 8 * 3600) / 60
    # A third of the way as the crow flies; nine tenths as told; by rank.
    assert minutes["t1", 2] == pytest.approx(10, abs=0.02)
    assert minutes["t1", 3] == 30
    assert minutes["t2", 2] == 10 + 27
    assert minutes["t3"].tolist() == [0, 10, 20, 30]
    assert minutes["t4", 2] == 9
    assert calls["estimated"].sum() == 4
    assert "4 passages sans horaire" in " ".join(found.notes)


def test_a_change_said_of_a_station_is_one_of_its_stops(tmp_path):
    lines = [
        "from_stop_id,to_stop_id,transfer_type,min_transfer_time,from_trip_id",
        "gare,gare,2,240,",
        "A,B,2,60,",
        "A,L,3,,",
        "B,A,2,0,t1",
    ]
    found = read_gtfs(folder(tmp_path, transfers="\n".join(lines)))
    table = found.transfers.set_index(["stop", "to"])["seconds"]
    assert table["A", "B"] == 60
    assert table["B", "A"] == table["A", "A"] == table["B", "B"] == 240
    assert math.isinf(table["A", "L"])
    assert "1 correspondances propres" in " ".join(found.notes)


def test_a_stop_without_position_matters_only_where_used(tmp_path):
    entrance = FEED["stops"] + "\nE,Entrée,,,3,gare"
    found = read_gtfs(folder(tmp_path, stops=entrance))
    assert "E" not in found.stops.index
    assert "1 lieux sans position" in " ".join(found.notes)


# -- what runs -----------------------------------------------------------------


def test_connections_are_those_of_the_day_and_of_the_night_before(feed):
    legs = feed.connections(TUESDAY, 0, 86_400)
    assert legs.departure.tolist() == [25_260, 25_800, 27_000, 32_399]
    assert legs.arrival.tolist() == [25_800, 26_400, 27_300, 33_000]
    assert feed.stops.index[legs.origin].tolist() == ["A", "L", "B", "A"]
    assert feed.trips.index[legs.trip].tolist() == ["t1", "t1", "t3", "t2"]
    assert legs.run[0] == legs.run[1]
    late = feed.connections("2025-01-19", 86_400, 2 * 86_400)
    assert late.departure.tolist() == [90_600]
    none = feed.connections(TUESDAY, 0, 25_799)
    assert len(none.departure) == 0


@pytest.mark.parametrize(
    ("date", "match"),
    [
        ("2025-01-15", "nearest days served: '2025-01-14', '2025-01-16'"),
        ("2024-12-25", "nearest days served: '2025-01-06'; write date='2025-01-06'"),
        (
            "2025-03-03",
            r"covers 2025-01-06 to 2025-01-19 \(it announces 2025-01-01 to "
            r"2025-03-31\); nearest days served: '2025-01-19'",
        ),
        ("14 janvier", "not a date: '14 janvier'; write it as '2025-01-14'"),
        (20250114, "not a date: 20250114"),
    ],
)
def test_a_day_without_service_is_refused_with_the_nearest(feed, date, match):
    with pytest.raises(VintageError, match=match):
        feed.check_date(date)


def test_a_day_with_few_trips_is_told(tmp_path):
    dates = [f"few,202501{day},1" for day in ("07", "14", "21", "28")]
    calendar = "service_id,date,exception_type\n" + "\n".join(
        [*dates, *(f"many,202501{day},1" for day in ("07", "14", "21"))]
    )
    trips = "route_id,service_id,trip_id\n1,few,t1\n1,many,t2\n1,many,t3\n1,many,t4"
    found = read_gtfs(
        folder(tmp_path, calendar=None, calendar_dates=calendar, trips=trips)
    )
    with pytest.warns(BasinmapWarning, match="1 trips run on 2025-01-28, 4 on the med"):
        found.check_date("2025-01-28")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert found.check_date("2025-01-21") == dt.date(2025, 1, 21)
        assert found.check_date(dt.date(2025, 1, 21)) == dt.date(2025, 1, 21)


def test_windows_of_time():
    assert seconds_of(("7:00", "25:10:30")) == (25_200, 90_630)
    assert hours_of(("0:00", "24:05")).replace("\xa0", " ") == "de 0 h à 24 h 05"
    assert clock(90_630) == "25:10"
    for wrong in (("9:00", "9:00"), ("7:60", "9:00"), (7, 9), "7:00-9:00", ("7:00",)):
        with pytest.raises(DataError, match="two times of the day in order"):
            seconds_of(wrong)


# -- departures and the ground around ------------------------------------------


def test_departures_of_stops_and_stations(feed):
    table = departures(feed, date=TUESDAY)
    # At 7:01 and 8:59:59 from quai A; the end of a trip is no departure.
    assert table["departures"].to_dict() == {"A": 2, "B": 1, "L": 1, "M": 0}
    assert table["per_hour"].to_dict() == {"A": 1.0, "B": 0.5, "L": 0.5, "M": 0.0}
    assert table.loc["A", ["routes", "first", "last"]].tolist() == [
        "Bulle 1",
        "07:01",
        "08:59",
    ]
    assert table.index[table["first"].isna()].tolist() == ["M"]
    table = departures(feed, date=TUESDAY, by="station")
    assert table.index.name == "station"
    assert table["departures"].to_dict() == {"gare": 3, "L": 1, "M": 0}
    assert table.loc["gare", "routes"] == "Bulle 1, Navette du musée"
    assert table.geometry["gare"] == feed.stops.geometry["gare"]
    assert table.attrs["rule"].replace("\xa0", " ") == (
        "départs de 7 h à 9 h le 14 janvier 2025"
    )


def test_the_window_takes_its_start_and_not_its_end(feed):
    for window, count in ((("7:01", "7:30"), 1), (("7:02", "7:31"), 1)):
        table = departures(feed, date=TUESDAY, window=window, by="station")
        assert table.loc["gare", "departures"] == count
    night = departures(feed, date="2025-01-19", window=("25:00", "26:00"))
    assert night.loc["M", ["departures", "first"]].tolist() == [1, "25:10"]


def test_where_one_may_not_get_in_nothing_leaves(tmp_path):
    lines = FEED["stop_times"].split("\n")
    closed = [f"{lines[0]},pickup_type"] + [
        f"{line},{1 if ',L,' in line else 0}" for line in lines[1:]
    ]
    found = read_gtfs(folder(tmp_path, stop_times="\n".join(closed)))
    assert departures(found, date=TUESDAY).index.tolist() == ["A", "B", "M"]


def test_the_area_served_as_the_crow_flies(feed):
    area = served_area(feed, date=TUESDAY, distance=400)
    # Three stops leave in the window; the platforms are 27 m apart, the museum far.
    assert area.loc[400, "stops"] == 3
    # A kilometre on the ground is 1,001.4 m of Lambert-93 at Lens.
    spots = feed.stops.geometry[["A", "B", "L"]]
    discs = spots.buffer(400 * 1.0014, quad_segs=90).union_all()
    assert shapely.symmetric_difference(area.geometry[400], discs).area < 500
    assert area.loc[400, "label"].replace("\xa0", " ") == (
        "à moins de 400 m à vol d’oiseau d’un arrêt d’au moins 1 départ de 7 h à 9 h"
    )
    station = served_area(feed, date=TUESDAY, least=3)
    assert station.index.tolist() == [500]
    assert station.loc[500, "stops"] == 2
    assert station.geometry[500].area == pytest.approx(math.pi * 500**2, rel=0.05)
    assert area.attrs["sources"] == (feed.source,)


def test_the_area_served_by_the_streets(feed):
    # One street of 1 km through the museum's stop, walked at 80 m a minute.
    x, y = feed.stops.geometry["L"].coords[0]
    street = build_network(
        [x - 500, x, x + 500],
        [y, y, y],
        [0, 1, 1, 2],
        [1, 0, 2, 1],
        [500.0] * 4,
        [6.25] * 4,
        mode="walk",
        crs=2154,
    )
    area = served_area(feed, date=TUESDAY, minutes=5, network=street)
    assert area.loc[5, "stops"] == 1
    # A lozenge of 400 m along the street and, at 4 km/h, 333 m aside.
    assert area.area.item() == pytest.approx(2 * 400 * 1000 / 3, rel=0.02)
    notes = " ".join(area.attrs["notes"])
    assert "2 arrêts hors du réseau de rues" in notes
    assert "marche à 4 km/h jusqu’à la plus proche, sur 500 m au plus" in notes
    shape = area.geometry[5]
    assert shape.contains(shapely.Point(x + 350, y))
    assert not shape.contains(shapely.Point(x + 450, y))
    assert not shape.intersects(feed.stops.geometry["A"])
    assert "à moins de 5 min à pied" in area.loc[5, "label"].replace("\xa0", " ")


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"least": 0}, "least must be a whole number"),
        ({"least": 4}, "no station has 4 departures from 07:00 to 09:00 .* most is 3"),
        ({"minutes": 5}, "either distance=500, or minutes=8 and network="),
        ({"distance": -1}, "distances must be positive"),
    ],
)
def test_areas_that_cannot_be_drawn(feed, options, match):
    with pytest.raises(DataError, match=match):
        served_area(feed, date=TUESDAY, **options)
    with pytest.raises(DataError, match="unknown by='line'"):
        departures(feed, date=TUESDAY, by="line")


# -- what is refused -----------------------------------------------------------


def changed(name, old, new):
    assert old in FEED[name]
    return {name: FEED[name].replace(old, new, 1)}


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"stop_times": None}, "no stop_times.txt; a GTFS feed holds them, there is"),
        ({"calendar": None, "calendar_dates": None}, "calendar.txt or calendar_dates"),
        (changed("stops", "stop_lat", "lat"), r"stops.txt: no column 'stop_lat'; its"),
        ({"trips": "route_id,service_id,trip_id"}, "trips.txt: no line after the fi"),
        ({"routes": ""}, "routes.txt: an empty file"),
        (
            changed("stop_times", "07:10:00,L", "07:10:00,Z"),
            r"stop_times.txt: stop_id is not in stops.txt: 'Z \(line 3\)'",
        ),
        (changed("stop_times", "t4,25:10", "t9,25:10"), r"trip_id is not in trips.*9"),
        (changed("trips", "2,week", "2,summer"), r"service_id is not in calendar.txt"),
        (changed("trips", "2,week", "7,week"), r"route_id is not in routes.txt: '7"),
        (changed("trips", "week,t2", "week,t1"), r"trip_id stands more than once: 't1"),
        (changed("stops", "\nB,", "\nA,"), r"stop_id stands more than once: 'A \(line"),
        (changed("stops", "L,Louvre", ",Louvre"), r"stop_id is empty: '\(line 5\)'"),
        (changed("stops", "0,gare", "0,nord"), "parent_station is not a stop_id: 'nor"),
        (changed("stops", "0,gare", "0,A"), "parent_station is the stop itself"),
        (changed("stops", "50.4308", "50,4308"), "more fields than the first"),
        (changed("stops", "50.4308", "nord"), r"stop_lat is no number: 'nord \(line 5"),
        (changed("stops", "50.4308,2.8036", ","), "stop_id has no position: 'L"),
        (changed("stops", "50.4308,2.8036", "0,0"), "has no true position: 'L"),
        (changed("stops", "50.4308", "95"), "has no true position: 'L"),
        (
            changed("stop_times", "t1,07:10:00,07:10:00", "t1,07:10:00,07:09:59"),
            r"departure_time is before arrival_time: '07:09:59 \(line 3\)'",
        ),
        (
            changed("stop_times", "t1,07:20:00,", "t1,07:09:00,"),
            r"arrival_time is before the stop before: '07:09:00 \(line 4\)'",
        ),
        (
            changed("stop_times", "07:35:00,L,2", "07:35:00,L,1"),
            "stands twice in a tri",
        ),
        (changed("stop_times", "t3,07:30:00,07:30:00", "t3,,"), "at the end of a trip"),
        (changed("stop_times", "07:35:00,07", "7h35,07"), "is no time; write it as 25"),
        (changed("stop_times", "07:35:00,07", "07:75:00,07"), "is no time"),
        (changed("stop_times", "L,5", "L,five"), "stop_sequence is no number: 'five"),
        (changed("calendar", "20250119", "20241231"), "end_date is before start_date"),
        (changed("calendar", "20250119", "2025-01-19"), "end_date is no date; write"),
        (
            changed("calendar", "1,1,1,1,1,0", "1,1,1,1,2,0"),
            "friday is neither 0 nor 1",
        ),
        (changed("calendar_dates", "15,2", "15,3"), "exception_type is neither 1 nor"),
        (changed("calendar_dates", "20250118,1", "20250115,1"), "stands twice in a se"),
        (changed("calendar_dates", "20250118", "20250230"), "date is no date"),
        (changed("routes", "Liévin,3", "Liévin,"), "route_type is empty"),
        (
            {"transfers": "from_stop_id,to_stop_id\nA,Q"},
            r"transfers.txt: to_stop_id is not in stops.txt: 'Q \(line 2\)'",
        ),
        (
            {
                "frequencies": "trip_id,start_time,end_time,headway_secs\nt1,9:00:00,"
                "8:00:00,60"
            },
            "start_time is not before end_time",
        ),
        (
            {
                "frequencies": "trip_id,start_time,end_time,headway_secs\nt1,7:00:00,"
                "8:00:00,0"
            },
            "headway_secs is not positive",
        ),
        (
            {
                "calendar": None,
                "calendar_dates": "service_id,date,exception_type\n"
                "week,20250114,2\nsunday,20250119,2",
            },
            "no trip runs on any day",
        ),
    ],
)
def test_a_wrong_feed_is_refused_with_its_lines(tmp_path, changes, match):
    with pytest.raises(DataError, match=match) as caught:
        read_gtfs(folder(tmp_path, **changes))
    assert tmp_path.name in str(caught.value)


def test_no_more_than_five_lines_are_named(tmp_path):
    text = FEED["stop_times"].replace(":00,A", ":00,Z").replace(":00,M", ":00,Z")
    text = text.replace(":00,L", ":00,Z").replace(":00,B", ":00,Z")
    with pytest.raises(DataError, match=r"\(line 7\)' and 3 more"):
        read_gtfs(folder(tmp_path, stop_times=text))


def test_what_is_no_feed_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"no file .*give the \.zip of a GTFS feed"):
        read_gtfs(tmp_path / "absent.zip")
    file = tmp_path / "stops.zip"
    file.write_text("stop_id")
    with pytest.raises(DataError, match=r"stops\.zip: neither a folder nor a whole"):
        read_gtfs(file)
    with pytest.raises(DataError, match=re.escape("there is: no .txt file")):
        read_gtfs(_made(tmp_path / "empty"))
    latin = folder(_made(tmp_path / "latin"))
    (latin / "stops.txt").write_bytes(
        FEED["stops"].replace("Gare", "é").encode("cp1252")
    )
    with pytest.raises(DataError, match=r"stops\.txt: not written in utf-8-sig; say e"):
        read_gtfs(latin)


def test_a_damaged_archive_is_refused(tmp_path):
    path = tmp_path / "tadao.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in FEED.items():
            archive.writestr(f"{name}.txt", text)
    whole = bytearray(path.read_bytes())
    place = whole.index(b"stops.txt") + len("stops.txt") + 20
    whole[place : place + 40] = bytes(40)
    path.write_bytes(bytes(whole))
    with pytest.raises(DataError, match=r"stops\.txt: damaged"):
        read_gtfs(path)


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [(0, 1, "is encrypted; ask for the feed without password"), (2, 97, "damaged")],
    ids=["password", "method of compression"],
)
def test_an_archive_that_cannot_be_unpacked_is_refused(tmp_path, place, value, said):
    path = tmp_path / "tadao.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in FEED.items():
            archive.writestr(f"{name}.txt", text)
    whole = bytearray(path.read_bytes())
    # Flags and method stand at 6 and 8 of each file, at 8 and 10 of its entry.
    for mark, start in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = whole.find(mark)
        while at >= 0:
            whole[at + start + place] = value
            at = whole.find(mark, at + 1)
    path.write_bytes(bytes(whole))
    with pytest.raises(DataError, match=said):
        read_gtfs(path)


def _made(path):
    path.mkdir()
    return path


# -- the reference feed --------------------------------------------------------


@needs_reference
def test_the_reference_feed_is_read_whole():
    trains = read_gtfs(REFERENCE, licence="SNCF open data (ODbL)")
    assert len(trains.stops) == 108
    assert (trains.stops["station"] == trains.stops.index).sum() == 54
    assert len(trains.routes) == 8
    assert (trains.routes["kind"] == 2).all()
    assert "Paris - Valenciennes" in set(trains.routes["long_name"])
    assert len(trains.trips) == 619
    assert len(trains.stop_times) == 4_049
    assert len(trains.services) == 2_318
    assert trains.services["service"].nunique() == 305
    assert clock(trains.stop_times["departure_s"].min()) == "05:20"
    assert clock(trains.stop_times["arrival_s"].max()) == "23:52"
    assert trains.announced == ("2024-12-20", "2025-05-19")
    assert trains.covered == ("2024-12-20", "2025-03-30")
    assert trains.source.replace("\xa0", " ") == (
        "Horaires : SNCF VOYAGEURS, version 2024-12-20, services du 20 décembre 2024 "
        "au 30 mars 2025, SNCF open data (ODbL)"
    )
    with pytest.raises(VintageError, match=r"announces 2024-12-20 to 2025-05-19\)"):
        trains.check_date("2025-04-12")


@needs_reference
def test_departures_of_the_reference_feed():
    trains = read_gtfs(REFERENCE)
    day = departures(trains, date=TUESDAY, window=("0:00", "24:00"), by="station")
    lens = day[day["name"] == "Lens"].iloc[0]
    # 6:57, 13:13, 16:58 and 21:31 to Paris; in the other trains one may only get out.
    assert lens["departures"] == 4
    assert (lens["first"], lens["last"]) == ("06:57", "21:31")
    assert isinstance(day, gpd.GeoDataFrame)
    assert np.isfinite(day.geometry.x).all()


# -- nights, places, trips on demand --------------------------------------------


def test_the_night_of_a_day_without_trips_is_that_of_the_day_before(feed):
    # The trip of Sunday 19 at 25:10, the last of the feed, leaves on Monday at 1:10.
    night = departures(feed, date="2025-01-20", window=("01:00", "02:00"))
    assert night.loc["M", ["departures", "first"]].tolist() == [1, "01:10"]
    area = served_area(feed, date="2025-01-20", window=("01:00", "02:00"))
    assert area["stops"].tolist() == [1]
    with pytest.raises(VintageError, match="no trip runs on 2025-01-20"):
        departures(feed, date="2025-01-20", window=("02:00", "03:00"))
    with pytest.raises(VintageError, match="no trip runs on 2025-01-21"):
        departures(feed, date="2025-01-21", window=("01:00", "02:00"))


def test_a_morning_of_tomorrow_is_no_service_of_a_day_without_trips(feed):
    # Wednesday 15 has none; those of Thursday 16 at 7:00 are 31:00 of it.
    with pytest.raises(VintageError, match="no trip runs on 2025-01-15"):
        departures(feed, date="2025-01-15", window=("00:30", "09:00"))


def moved(stop, lat, lon):
    """Return the stops, one elsewhere."""
    lines = FEED["stops"].split("\n")
    for rank, line in enumerate(lines):
        if line.startswith(f"{stop},"):
            parts = line.rsplit(",", 4)
            lines[rank] = ",".join([parts[0], str(lat), str(lon), *parts[3:]])
    return "\n".join(lines)


def test_latitude_and_longitude_exchanged_are_refused_as_such(tmp_path):
    lines = FEED["stops"].split("\n")
    head = lines[0].replace("stop_lat,stop_lon", "stop_lon,stop_lat")
    path = folder(tmp_path, stops="\n".join([head, *lines[1:]]))
    told = r"4 stop\(s\) of 4 lie out of .*'A \(2.828, 50.427\)'.*exchange stop_lat"
    with pytest.raises(DataError, match=told):
        read_gtfs(path)


@pytest.mark.parametrize(("lat", "lon"), [(2.8036, 50.4308), (-50.4308, 2.8036)])
def test_a_stop_out_of_france_is_warned_of_by_name(tmp_path, lat, lon):
    path = folder(tmp_path, stops=moved("L", lat, lon))
    with pytest.warns(BasinmapWarning) as caught:
        read_gtfs(path)
    told = [str(warning.message) for warning in caught]
    assert re.search(r"1 stop\(s\) of 4 lie out of the area .*'L \(", told[0])
    assert re.search(r"over 500 km/h apart: 'A – L'", told[1])


def test_a_stop_that_no_vehicle_could_reach_in_time_is_warned_of(tmp_path):
    # The sign of the longitude is lost: 400 km in 6 to 10 minutes.
    path = folder(tmp_path, stops=moved("L", 50.4308, -2.8036))
    told = r"3 pair\(s\) of stops over 500 km/h apart: 'A – L', 'L – M', 'B – L'"
    with pytest.warns(BasinmapWarning, match=told):
        read_gtfs(path)


def test_neighbours_served_within_one_minute_are_no_leap(tmp_path):
    # 3.0 km from the station to the town hall in no minute: rounded, not impossible.
    times = FEED["stop_times"].replace("t2,09:10:00,09:10:00", "t2,08:59:59,08:59:59")
    found = read_gtfs(folder(tmp_path, stop_times=times))
    assert len(found.trips) == 4


FLEX = (
    "trip_id,arrival_time,departure_time,stop_id,location_group_id,location_id,"
    "stop_sequence,start_pickup_drop_off_window,end_pickup_drop_off_window"
)


def with_flex(*rows):
    """Return the times of the feed, and those of a trip on demand."""
    fixed = [line.split(",") for line in FEED["stop_times"].split("\n")[1:]]
    lines = [",".join([*parts[:4], "", "", parts[4], "", ""]) for parts in fixed]
    trips = FEED["trips"] + "\n2,week,u,,0"
    return {"stop_times": "\n".join([FLEX, *lines, *rows]), "trips": trips}


@pytest.mark.parametrize(
    "rows",
    [
        ("u,,,,g,,1,07:00:00,19:00:00", "u,,,,g,,2,07:00:00,19:00:00"),
        ("u,,,,,z,1,07:00:00,19:00:00", "u,,,,,z,2,07:00:00,19:00:00"),
        ("u,,,A,,,1,07:00:00,19:00:00", "u,,,M,,,2,07:00:00,19:00:00"),
        ("u,07:30:00,07:30:00,A,,,1,,", "u,,,,g,,2,07:35:00,09:00:00"),
    ],
)
def test_trips_on_demand_are_left_out_and_counted(tmp_path, feed, rows):
    often = "trip_id,start_time,end_time,headway_secs\nu,07:00:00,09:00:00,600"
    found = read_gtfs(folder(tmp_path, **with_flex(*rows), frequencies=often))
    assert found.trips.index.tolist() == feed.trips.index.tolist()
    there, here = (departures(table, date=TUESDAY) for table in (found, feed))
    assert there["departures"].to_dict() == here["departures"].to_dict()
    assert found.notes[-1].startswith("1 courses à la demande") or any(
        "à la demande" in note for note in found.notes
    )


def test_periods_that_overlap_name_a_departure_once_and_say_so(tmp_path):
    # 7:00 to 8:00 and 7:30 to 8:30, every 10 minutes: 9 times, of which 3 twice.
    often = "trip_id,start_time,end_time,headway_secs\nt1,7:00:00,8:00:00,600\n"
    found = read_gtfs(folder(tmp_path, frequencies=often + "t1,7:30:00,8:30:00,600"))
    day = departures(found, date=TUESDAY, window=("07:00", "08:31"))
    assert day.loc["A", "departures"] == 9
    assert any("1 périodes à intervalle en recouvrent" in n for n in found.notes)


def test_two_calls_at_one_stop_that_follow_are_one(tmp_path, feed):
    times = FEED["stop_times"].replace(
        "t1,07:10:00,07:10:00,L,5",
        "t1,07:08:00,07:08:00,L,5\nt1,07:10:00,07:12:00,L,6",
    )
    found = read_gtfs(folder(tmp_path, stop_times=times))
    there, here = (departures(table, date=TUESDAY) for table in (found, feed))
    assert there["departures"].to_dict() == here["departures"].to_dict()
    call = found.stop_times.query("trip == 't1' and stop == 'L'").iloc[0]
    assert (call["arrival_s"], call["departure_s"]) == (25680, 25920)
    assert any("répètent l’arrêt du précédent" in note for note in found.notes)


def test_a_feed_of_trips_on_demand_only_is_refused(tmp_path):
    rows = ("u,,,,g,,1,07:00:00,19:00:00", "u,,,,g,,2,07:00:00,19:00:00")
    changes = with_flex(*rows) | {"stop_times": "\n".join([FLEX, *rows])}
    with pytest.raises(DataError, match=r"all of the 1 trip\(s\) are on demand \('u'"):
        read_gtfs(folder(tmp_path, **changes))


def test_an_empty_cell_is_told_by_its_line_alone(tmp_path):
    times = FEED["stop_times"].replace("09:10:00,M,2", "09:10:00,,2")
    with pytest.raises(DataError, match=r"stop_id is not in stops.txt: '\(line 6\)'"):
        read_gtfs(folder(tmp_path, stop_times=times))


def test_an_archive_that_would_fill_the_memory_is_refused(tmp_path):
    path = tmp_path / "feed.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in FEED.items():
            blank = "\n" * 60_000_000 if name == "stop_times" else ""
            archive.writestr(f"{name}.txt", text + blank)
    assert path.stat().st_size < 100_000
    with pytest.raises(DataError, match=r"stop_times.txt has 600\d+ bytes for \d+ in"):
        read_gtfs(path)


@pytest.mark.parametrize("end", ["99991231", "10000101"])
def test_a_calendar_without_end_is_refused_by_its_line(tmp_path, end):
    calendar = FEED["calendar"].replace("20250119", end)
    with pytest.raises(DataError, match=rf"end_date is no day of .*'{end} \(line 2\)'"):
        read_gtfs(folder(tmp_path, calendar=calendar))
