"""Streets of OpenStreetMap: who may go, which way, how fast, and what is left out."""

import bz2
import gzip
import itertools
import math
import re
import shutil
import sys
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import osmium
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from osmium.osm import mutable

from basinmap.access.networks import build_network, sweep, write_network
from basinmap.access.osm import read_extract
from basinmap.access.rules import TIDAL, Rules, Street
from basinmap.access.speeds import SPEEDS, posted_speed, street_speeds
from basinmap.access.streets import read_network
from basinmap.errors import CRSError, DataError, LibraryError


def told_or_typed(message):
    """Match the words of the verb, or those of the door that all share."""
    return rf"{message}|is of no use here; pass"


TOWN = (
    Path(__file__).parents[2]
    / "shared/data/reference/osm/saint-germain-en-laye.osm.pbf"
)
needs_town = pytest.mark.skipif(not TOWN.exists(), reason="no reference data")
MODES = ("walk", "bike", "car")

# Nodes 1, 2, 3… go north from Lens, 0.001 degree apart.
STEP = 0.001
LATITUDE = 50.43


def write_osm(path, ways, *, nodes=(), count=6, stamp=None, made=None):
    """Write ways, given as (nodes, tags), and tags of nodes, given as {node: tags}."""
    told = dict(nodes)
    header = osmium.io.Header()
    if made:
        header.set("osmosis_replication_timestamp", made)
    dated = {"version": 1, "timestamp": stamp} if stamp else {}
    writer = osmium.SimpleWriter(str(path), header=header, overwrite=True)
    for node in range(1, count + 1):
        place = (2.80, LATITUDE + STEP * node)
        tags = told.get(node, {})
        writer.add_node(mutable.Node(id=node, location=place, tags=tags, **dated))
    for number, (line, tags) in enumerate(ways, 1):
        writer.add_way(mutable.Way(id=number, nodes=line, tags=tags, **dated))
    writer.close()
    return path


def meridian(latitude):
    """Return the metres of one step to the north: GRS80, by the radius of curvature."""
    a, e2 = 6_378_137.0, 0.00669438002290
    sine = math.sin(math.radians(latitude + STEP / 2))
    return math.radians(STEP) * a * (1 - e2) / (1 - e2 * sine**2) ** 1.5


def minutes_between(network, start, stop):
    """Return the minutes between two nodes, by their identifiers in the source."""
    at = {node: place for place, node in enumerate(network.node.tolist())}
    return sweep(network, [at[start]], [0.0])[at[stop]]


def words(text):
    return text.split()


def plain(text):
    """Return a French text with ordinary spaces."""
    return re.sub(r"\s", " ", text)


def street(mode, **tags):
    named = {key.replace("__", ":"): value for key, value in tags.items()}
    return Rules(mode).street({"highway": "residential", **named})


# Lengths, speeds, positions


@pytest.mark.parametrize(("mode", "speed"), [("walk", 4.8), ("bike", 15), ("car", 24)])
def test_length_time_and_position_of_a_street_are_known(tmp_path, mode, speed):
    path = write_osm(tmp_path / "a.osm.pbf", [([1, 2, 3], {"highway": "residential"})])
    network = read_network(path, mode=mode)
    assert network.node.size == 3
    assert network.tail.size == 4
    metres = [meridian(LATITUDE + STEP), meridian(LATITUDE + 2 * STEP)]
    assert np.sort(network.length)[[0, -1]] == pytest.approx(metres, abs=1e-3)
    assert network.minutes == pytest.approx(network.length / 1000 / speed * 60)
    assert network.crs.to_epsg() == 2154
    points = gpd.GeoSeries.from_xy(network.x, network.y, crs=2154).to_crs(4326)
    place = pd.Series(points.y.to_numpy(), network.node).sort_index()
    assert place.tolist() == pytest.approx(
        [LATITUDE + STEP * node for node in (1, 2, 3)]
    )
    assert points.x.to_numpy() == pytest.approx([2.80] * 3)


def test_the_four_formats_give_one_network(tmp_path):
    ways = [([1, 2, 3], {"highway": "residential"}), ([3, 4], {"highway": "steps"})]
    written = [write_osm(tmp_path / f"a{end}", ways) for end in (".osm", ".osm.pbf")]
    text = written[0].read_bytes()
    (tmp_path / "b.osm.bz2").write_bytes(bz2.compress(text))
    (tmp_path / "c.osm.gz").write_bytes(gzip.compress(text))
    shutil.copy(written[1], tmp_path / "D.OSM.PBF")
    others = [tmp_path / name for name in ("b.osm.bz2", "c.osm.gz", "D.OSM.PBF")]
    networks = [read_network(path, mode="walk") for path in (*written, *others)]
    for network in networks:
        for name in ("x", "y", "node", "tail", "head", "length", "minutes"):
            assert (getattr(network, name) == getattr(networks[0], name)).all()


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("50", 50),
        ("50 km/h", 50),
        ("30 mph", 48.28032),
        ("FR:urban", 50),
        ("FR:rural", 80),
        ("FR:motorway", 130),
        ("FR:zone30", 30),
        ("FR:zone:20", 20),
        ("fr:30", 30),
        ("walk", 6),
        ("30; 50", 30),
        ("50|30", 30),
        ("none", None),
        ("signals", None),
        ("", None),
        ("0", None),
        ("500", None),
        ("30 knots", None),
        ("BE:urban", None),
    ],
)
def test_posted_limits_are_read(text, limit):
    assert posted_speed(text) == (None if limit is None else pytest.approx(limit))


@given(st.text())
def test_no_posted_limit_is_absurd(text):
    limit = posted_speed(text)
    assert limit is None or 0 < limit <= 150


def test_a_car_keeps_four_fifths_of_the_limit_in_each_direction():
    assert street("car", maxspeed="50") == pytest.approx(
        (40, 40, math.nan), nan_ok=True
    )
    told = street("car", maxspeed="50", maxspeed__backward="30")
    assert told[:2] == (40, 24)
    # A higher limit does not make a service road faster; a lower one slows it.
    assert street("car", highway="service", maxspeed="50")[0] == 16
    assert street("car", highway="service", maxspeed="10")[0] == 8
    assert street("car", highway="primary", maxspeed="none")[0] == 64
    assert street("walk", maxspeed="50")[0] == street("walk")[0] == 4.8


@pytest.mark.parametrize("key", ["maxspeed:type", "source:maxspeed", "zone:maxspeed"])
def test_where_no_sign_stands_the_limit_is_that_of_the_place(key):
    plain = Rules("car").street({"highway": "primary"})
    found = Rules("car").street({"highway": "primary", key: "FR:urban"})
    assert (found.forward, plain.forward) == (40, 64)  # four fifths of 50, of 80
    signed = {"highway": "primary", "maxspeed": "70", key: "FR:urban"}
    assert Rules("car").street(signed).forward == 56
    assert Rules("car").street({"highway": "primary", key: "survey"}) == plain


def test_a_bicycle_is_slowed_by_the_ground_and_by_walkers():
    assert street("bike")[0] == 15
    assert street("bike", surface="asphalt")[0] == 15
    assert street("bike", surface="gravel")[0] == 8
    assert street("bike", highway="track", surface="compacted")[0] == 12
    assert street("bike", highway="pedestrian")[0] == 6
    assert street("bike", highway="footway", bicycle="dismount")[0] == 4


def test_speeds_of_the_user_win_over_all_else(tmp_path):
    ways = [([1, 2], {"highway": "residential", "maxspeed": "50"})]
    ways += [([2, 3], {"highway": "primary", "maxspeed": "50"})]
    path = write_osm(tmp_path / "a.osm.pbf", ways)
    table = pd.Series({"residential": 60.0})
    for speeds in (table, {"residential": 60}):
        network = read_network(path, mode="car", speeds=speeds)
        first = minutes_between(network, 1, 2), meridian(LATITUDE + STEP)
        assert first[0] == pytest.approx(first[1] / 1000)
        second = minutes_between(network, 2, 3), meridian(LATITUDE + 2 * STEP)
        assert second[0] == pytest.approx(second[1] / 1000 * 60 / 40)
        assert "residential 60 km/h" in plain(" ".join(network.notes))


def test_the_table_of_speeds_goes_back_as_it_came(tmp_path):
    path = write_osm(tmp_path / "a.osm.pbf", [([1, 2], {"highway": "tertiary"})])
    for mode in MODES:
        table = street_speeds(mode)
        assert (table["speed"] > 0).all()
        assert table["label"].str.len().min() > 2
        given_back = read_network(path, mode=mode, speeds=table["speed"])
        assert (given_back.minutes == read_network(path, mode=mode).minutes).all()
    assert set(SPEEDS["walk"].values()) == {4.8, 2.4, 10.0}


@pytest.mark.parametrize(
    ("speeds", "told"),
    [
        (
            {"residentiel": 20, "rue": 20},
            "2 class.*'residentiel', 'rue'.*street_speeds",
        ),
        ({"footway": 20}, "unknown on this mode, 'car'"),
        ({"residential": 0}, "residential=0"),
        ({"residential": -5.0}, "residential=-5.0"),
        ({"residential": math.nan}, "residential=nan"),
        ({"residential": math.inf}, "residential=inf"),
        ({"residential": "20"}, "residential='20'"),
        ({"residential": None}, "residential=None"),
        ({"residential": True}, "residential=True"),
        (20, "need km/h by class"),
    ],
)
def test_bad_speeds_are_refused(tmp_path, speeds, told):
    path = write_osm(tmp_path / "a.osm.pbf", [([1, 2], {"highway": "tertiary"})])
    with pytest.raises((DataError, TypeError), match=told_or_typed(told)):
        read_network(path, mode="car", speeds=speeds)


# Who may go


@pytest.mark.parametrize(
    ("tags", "modes"),
    [
        ({}, "walk bike car"),
        ({"highway": "motorway"}, "car"),
        ({"highway": "trunk"}, "car"),
        ({"highway": "trunk", "foot": "yes", "bicycle": "designated"}, "walk bike car"),
        ({"highway": "primary", "motorroad": "yes"}, "car"),
        ({"highway": "footway"}, "walk"),
        ({"highway": "footway", "bicycle": "yes"}, "walk bike"),
        ({"highway": "steps"}, "walk"),
        ({"highway": "steps", "bicycle": "dismount"}, "walk bike"),
        ({"highway": "cycleway"}, "walk bike"),
        ({"highway": "path"}, "walk bike"),
        ({"highway": "track"}, "walk bike"),
        ({"highway": "track", "motor_vehicle": "yes"}, "walk bike car"),
        ({"highway": "track", "access": "yes"}, "walk bike"),
        ({"highway": "pedestrian"}, "walk bike"),
        ({"highway": "pedestrian", "area": "yes"}, "walk bike"),
        ({"highway": "service", "area": "yes"}, "walk bike"),
        ({"highway": "service", "service": "parking_aisle"}, "walk bike car"),
        ({"highway": "construction"}, ""),
        ({"highway": "proposed"}, ""),
        ({"abandoned": "yes"}, ""),
        ({"highway": "raceway"}, ""),
        ({"access": "private"}, ""),
        ({"access": "no"}, ""),
        ({"access": "customers"}, "walk bike car"),
        ({"access": "destination"}, "walk bike car"),
        ({"access": "permissive"}, "walk bike car"),
        ({"access": "delivery"}, ""),
        ({"access": "agricultural"}, ""),
        ({"access": "unknown"}, "walk bike car"),
        ({"access": "no", "foot": "yes"}, "walk"),
        ({"access": "private", "vehicle": "yes"}, "bike car"),
        ({"vehicle": "no"}, "walk"),
        ({"vehicle": "no", "bicycle": "yes"}, "walk bike"),
        ({"motor_vehicle": "no"}, "walk bike"),
        ({"motor_vehicle": "no", "motorcar": "destination"}, "walk bike car"),
        ({"motor_vehicle": "agricultural;forestry"}, "walk bike"),
        ({"bicycle": "use_sidepath"}, "walk car"),
        ({"foot": "no"}, "bike car"),
    ],
)
def test_the_most_specific_tag_decides_who_may_go(tags, modes):
    told = {"highway": "residential", **tags}
    opened = [mode for mode in MODES if isinstance(Rules(mode).street(told), Street)]
    assert opened == modes.split()


@given(
    st.sampled_from(MODES),
    st.dictionaries(
        st.sampled_from(sorted(Rules("bike").keys | Rules("car").keys)),
        st.sampled_from(
            words(
                "yes no -1 private 50 FR:urban reversible opposite ferry steps PT20M "
                "1:30 dismount roundabout motorway residential é"
            )
        ),
    ),
)
def test_any_tags_give_a_street_or_a_reason(mode, tags):
    told = Rules(mode).street(tags)
    if isinstance(told, str):
        assert told
        return
    assert max(told.forward, told.backward) > 0
    assert min(told.forward, told.backward) >= 0
    assert math.isnan(told.crossing) or told.crossing > 0


# Which way

BOTH, ON, BACK = (True, True), (True, False), (False, True)


@pytest.mark.parametrize(
    ("tags", "walk", "bike", "car"),
    [
        ({}, BOTH, BOTH, BOTH),
        ({"oneway": "yes"}, BOTH, ON, ON),
        ({"oneway": "true"}, BOTH, ON, ON),
        ({"oneway": "1"}, BOTH, ON, ON),
        ({"oneway": "-1"}, BOTH, BACK, BACK),
        ({"oneway": "no"}, BOTH, BOTH, BOTH),
        ({"oneway": "alternating"}, BOTH, BOTH, BOTH),
        ({"junction": "roundabout"}, BOTH, ON, ON),
        ({"junction": "circular"}, BOTH, ON, ON),
        ({"junction": "roundabout", "oneway": "no"}, BOTH, BOTH, BOTH),
        ({"oneway": "yes", "oneway:bicycle": "no"}, BOTH, BOTH, ON),
        ({"oneway": "yes", "oneway:bicycle": "-1"}, BOTH, BACK, ON),
        ({"oneway:bicycle": "yes"}, BOTH, ON, BOTH),
        ({"oneway": "yes", "cycleway": "opposite"}, BOTH, BOTH, ON),
        ({"oneway": "yes", "cycleway:left": "opposite_lane"}, BOTH, BOTH, ON),
        (
            {"oneway": "yes", "cycleway:left": "lane", "cycleway:left:oneway": "-1"},
            BOTH,
            BOTH,
            ON,
        ),
        (
            {"oneway": "yes", "cycleway:right": "lane", "cycleway:right:oneway": "yes"},
            BOTH,
            ON,
            ON,
        ),
        ({"oneway": "yes", "oneway:motor_vehicle": "no"}, BOTH, ON, BOTH),
        ({"oneway:foot": "yes"}, ON, BOTH, BOTH),
    ],
)
def test_one_way_streets_bind_those_that_they_are_for(tags, walk, bike, car):
    for mode, expected in zip(MODES, (walk, bike, car), strict=True):
        told = Rules(mode).street({"highway": "residential", **tags})
        assert (told.forward > 0, told.backward > 0) == expected


def test_walkers_follow_a_direction_where_they_are_alone():
    def two_way(**tags):
        return street("walk", oneway="yes", **tags).backward > 0

    assert not two_way(highway="steps")
    assert not two_way(highway="footway")
    assert two_way(highway="footway", bicycle="designated")
    assert two_way(highway="pedestrian")
    assert street("car", highway="motorway").backward == 0
    assert street("car", highway="motorway", oneway="no").backward > 0
    assert street("car", oneway="reversible") == TIDAL


def test_a_ring_of_one_way_streets_is_long_to_go_back_along(tmp_path):
    ring = {"highway": "residential", "junction": "roundabout"}
    path = write_osm(tmp_path / "a.osm.pbf", [([1, 2, 3, 1], ring)])
    car, walk = (read_network(path, mode=mode) for mode in ("car", "walk"))
    there, back = minutes_between(car, 1, 2), minutes_between(car, 2, 1)
    assert back == pytest.approx(3 * there, rel=1e-4)  # 2 to 3, and from 3 twice as far
    assert minutes_between(walk, 2, 1) == pytest.approx(minutes_between(walk, 1, 2))


# Barriers


@pytest.mark.parametrize(
    ("tags", "modes"),
    [
        ({"barrier": "bollard"}, "car"),
        ({"barrier": "block"}, "car"),
        ({"barrier": "cycle_barrier"}, "car"),
        ({"barrier": "gate"}, ""),
        ({"barrier": "lift_gate"}, ""),
        ({"barrier": "kerb"}, ""),
        ({"barrier": "toll_booth"}, ""),
        ({"barrier": "gate", "locked": "yes"}, "walk bike car"),
        ({"barrier": "gate", "locked": "yes", "foot": "yes"}, "bike car"),
        ({"barrier": "gate", "access": "private"}, "walk bike car"),
        ({"barrier": "gate", "access": "no", "bicycle": "permissive"}, "walk car"),
        ({"barrier": "gate", "motor_vehicle": "no"}, "car"),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, ""),
        ({"barrier": "turnstile"}, "bike car"),
        ({"barrier": "turnstile", "bicycle": "yes"}, "car"),
        ({"barrier": "stile"}, "bike car"),
        ({"barrier": "wall"}, "walk bike car"),
        ({"access": "no"}, ""),
    ],
)
def test_barriers_stop_those_that_they_are_for(tags, modes):
    assert [mode for mode in MODES if Rules(mode).closes(tags)] == modes.split()


def test_streets_end_at_a_closed_barrier_and_do_not_meet(tmp_path):
    # From 1 to 3 through a bollard at 2, or by a long way round: 1, 4, 5, 6, 3.
    street = {"highway": "residential"}
    ways = [([1, 2, 3], street), ([1, 4, 5, 6, 3], street)]
    bollard = {2: {"barrier": "bollard"}}
    path = write_osm(tmp_path / "a.osm.pbf", ways, nodes=bollard)
    walk, car = (read_network(path, mode=mode) for mode in ("walk", "car"))
    steps = minutes_between(walk, 1, 3) / (0.06 * meridian(LATITUDE) / 4.8)
    assert steps == pytest.approx(2, rel=1e-4)
    steps = minutes_between(car, 1, 3) / (0.06 * meridian(LATITUDE) / 24)
    assert steps == pytest.approx(3 + 1 + 1 + 3, rel=1e-4)
    # Both ends are still there, each on its side, at the same position.
    ends = np.flatnonzero(car.node < 0)
    assert car.node[ends].tolist() != []
    assert len(ends) == 2
    assert np.ptp(car.y[ends]) == 0
    assert 2 not in car.node
    assert "Barrières qui coupent une voie : 1." in plain(" ".join(car.notes))
    assert not any("Barrières" in note for note in walk.notes)


def test_a_barrier_at_a_crossing_closes_it(tmp_path):
    street = {"highway": "residential"}
    ways = [([1, 2, 3], street), ([4, 2, 5], street)]
    nodes = {2: {"barrier": "wall"}}
    path = write_osm(tmp_path / "a.osm.pbf", ways, nodes=nodes)
    network = read_network(path, mode="walk")
    assert network.node.size == 2
    assert network.report.parts == 4


# Ferries


def test_a_ferry_takes_its_minutes_whatever_its_length(tmp_path):
    street = {"highway": "residential"}
    ferry = {"route": "ferry", "motor_vehicle": "yes"}
    for duration in ("00:20", "20", "PT20M", "00:20:00"):
        ways = [([1, 2], street), ([2, 3, 4], {**ferry, "duration": duration})]
        path = write_osm(tmp_path / "a.osm.pbf", ways)
        for mode in MODES:
            assert minutes_between(read_network(path, mode=mode), 2, 4) == (
                pytest.approx(20)
            )
    metres = meridian(LATITUDE + 2 * STEP) + meridian(LATITUDE + 3 * STEP)
    for tags in (ferry, {**ferry, "duration": "souvent"}):
        path = write_osm(tmp_path / "a.osm.pbf", [([2, 3, 4], tags)])
        told = minutes_between(read_network(path, mode="walk"), 2, 4)
        assert told == pytest.approx(metres / 10_000 * 60)
    path = write_osm(tmp_path / "a.osm.pbf", [([2, 3, 4], {"route": "ferry"})])
    with pytest.raises(DataError, match="none is open to the mode 'car'"):
        read_network(path, mode="car")
    read_network(path, mode="bike")


# What is left out, and what is said of it


def test_what_is_left_out_is_counted_and_told(tmp_path):
    ways = [
        ([1, 2, 3, 99], {"highway": "residential"}),
        ([3, 4], {"highway": "residential", "access": "private"}),
        ([3, 4], {"highway": "service", "access": "no"}),
        ([4, 5], {"highway": "construction"}),
        ([5, 6], {"highway": "residential"}),
        ([98, 99], {"highway": "residential"}),
        ([1, 6], {"route": "bus"}),
        ([1, 6], {"building": "yes"}),
    ]
    path = write_osm(tmp_path / "a.osm.pbf", ways)
    network = read_network(path, mode="car")
    assert network.report.dropped == {
        "interdites, privées ou réservées": 2,
        "en travaux, en projet ou abandonnées": 1,
        "dont les nœuds manquent au fichier": 1,
    }
    assert (network.report.nodes, network.report.parts) == (3, 2)
    assert network.report.dropped_nodes == 2
    told = plain(" ".join(network.notes))
    assert "2 interdites, privées ou réservées, 1 en travaux" in told
    assert "2 nœuds manquent" in told
    assert "interdictions de tourner" in told


@pytest.mark.parametrize(
    ("made", "stamp", "credit"),
    [
        (
            "2022-12-22T21:20:00Z",
            "2020-01-01T00:00:00Z",
            ", extrait du 22 décembre 2022",
        ),
        (None, "2020-01-01T00:00:00Z", ", dernière modification le 1er janvier 2020"),
        (None, None, ""),
    ],
)
def test_the_credit_bears_a_date_where_one_is_known(tmp_path, made, stamp, credit):
    ways = [([1, 2], {"highway": "residential"})]
    path = write_osm(tmp_path / "a.osm.pbf", ways, made=made, stamp=stamp)
    assert (
        plain(read_network(path, mode="walk").source)
        == "© les contributeurs OpenStreetMap (ODbL)" + credit
    )


# Other files


def test_a_saved_network_is_read_again_and_its_mode_checked(tmp_path):
    path = write_osm(tmp_path / "a.osm.pbf", [([1, 2], {"highway": "residential"})])
    network, saved = read_network(path, mode="walk"), tmp_path / "a.npz"
    write_network(network, saved)
    again = read_network(saved, mode="walk", crs=2154)
    assert (again.minutes == network.minutes).all()
    assert (again.source, again.notes) == (network.source, network.notes)
    with pytest.raises(DataError, match=r"mode 'walk', and mode='car' is asked"):
        read_network(saved, mode="car")
    with pytest.raises(CRSError, match="crs='EPSG:32631' is asked"):
        read_network(saved, mode="walk", crs="EPSG:32631")
    with pytest.raises(DataError, match="'speeds' mean"):
        read_network(saved, mode="walk", speeds={"steps": 2})
    with pytest.raises(DataError, match=r"a\.osm\.pbf: 'layer' mean"):
        read_network(path, mode="walk", layer="routes")


def test_a_layer_of_lines_is_read_with_its_options(tmp_path):
    line = shapely.LineString([(700_000, 7_000_000), (700_000, 7_001_000)])
    layer = gpd.GeoDataFrame({"kmh": [60.0]}, geometry=[line], crs=2154)
    layer.to_file(tmp_path / "routes.gpkg", layer="routes")
    network = read_network(
        tmp_path / "routes.gpkg", mode="car", speed="kmh", direction="both"
    )
    assert network.minutes == pytest.approx([1, 1], rel=2e-3)
    with pytest.raises(CRSError, match="crs=32631 is asked"):
        read_network(
            tmp_path / "routes.gpkg", mode="car", speed=50, direction="both", crs=32631
        )


# Bad input


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.osm.pbf", None, r"a\.osm\.pbf: missing; expected an extract"),
        ("a.gpkg", None, r"a\.gpkg: missing; expected an extract"),
        ("a.osm.pbf", b"", r"a\.osm\.pbf: empty; expected an extract"),
        ("a.osm.pbf", b"not a map " * 40, r"a\.osm\.pbf: truncated, or another"),
        ("a.osm", b"<html></html>", r"a\.osm: truncated, or another thing .*html"),
        ("a.osm", b'<osm version="0.6"><node id="1"', "truncated, or another"),
        ("a.osm.bz2", b"BZh9abc", "truncated, or another"),
        ("a.osm.gz", b"no gzip", "truncated, or another"),
        ("a.npz", b"no npz", "a network that write_network wrote"),
    ],
)
def test_a_file_that_is_no_map_says_so(tmp_path, name, content, told):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=told):
        read_network(path, mode="walk")


def test_a_truncated_file_is_refused_wherever_it_is_cut(tmp_path):
    whole = write_osm(tmp_path / "a.osm.pbf", [([1, 2], {"highway": "residential"})])
    content = whole.read_bytes()
    cut = tmp_path / "cut.osm.pbf"
    for size in range(len(content)):
        cut.write_bytes(content[:size])
        with pytest.raises(DataError, match=r"cut\.osm\.pbf"):
            read_network(cut, mode="walk")


def test_a_map_without_streets_says_what_it_has(tmp_path):
    path = write_osm(tmp_path / "a.osm.pbf", [([1, 2], {"building": "yes"})])
    with pytest.raises(DataError, match=r"of 0 way\(s\) with a tag highway"):
        read_network(path, mode="walk")
    path = write_osm(tmp_path / "a.osm.pbf", [([1, 2], {"highway": "footway"})])
    with pytest.raises(
        DataError, match=r"of 1 way\(s\).*none is open to the mode 'car'"
    ):
        read_network(path, mode="car")
    path = write_osm(tmp_path / "a.osm.pbf", [([1, 1], {"highway": "footway"})])
    with pytest.raises(DataError, match="reach each other"):
        read_network(path, mode="walk")


def test_streets_without_their_nodes_are_refused(tmp_path):
    ways = [([7, 8], {"highway": "residential"})]
    path = write_osm(tmp_path / "a.osm.pbf", ways)
    with pytest.raises(
        DataError, match=r"none of the 2 nodes .* osmium sort a\.osm\.pbf"
    ):
        read_network(path, mode="walk")
    path = tmp_path / "a.osm"
    path.write_text(
        '<osm version="0.6"><node id="-1" lat="50.4" lon="2.8"/>'
        '<node id="-2" lat="50.5" lon="2.8"/><way id="-1"><nd ref="-1"/>'
        '<nd ref="-2"/><tag k="highway" v="path"/></way></osm>'
    )
    with pytest.raises(DataError, match=r"2 node identifier.*-2, -1; .*renumber"):
        read_network(path, mode="walk")


def test_a_folder_a_history_and_a_wrong_mode_are_refused(tmp_path):
    (tmp_path / "folder.osm.pbf").mkdir()
    with pytest.raises(DataError, match="a folder; expected an extract"):
        read_network(tmp_path / "folder.osm.pbf", mode="walk")
    path = tmp_path / "a.osh.pbf"
    header = osmium.io.Header()
    header.has_multiple_object_versions = True
    osmium.SimpleWriter(str(path), header=header).close()
    with pytest.raises(DataError, match="a history of OpenStreetMap"):
        read_network(path, mode="walk")
    path = write_osm(tmp_path / "a.osm.pbf", [([1, 2], {"highway": "residential"})])
    with pytest.raises(DataError, match="unknown mode 'plane'"):
        read_network(path, mode="plane")


def test_a_crs_made_for_elsewhere_is_refused(tmp_path):
    path = write_osm(tmp_path / "a.osm.pbf", [([1, 2], {"highway": "residential"})])
    with pytest.raises(CRSError, match=r'2\.80 E, 50\.43 N.*pass crs="EPSG:32631"'):
        read_network(path, mode="walk", crs="EPSG:2193")
    with pytest.raises(CRSError, match="in degrees"):
        read_network(path, mode="walk", crs=4326)
    near, far = (read_network(path, mode="walk", crs=crs) for crs in (2154, 32631))
    assert far.crs.to_epsg() == 32631
    assert (near.length == far.length).all()


def test_without_osmium_the_message_says_what_to_type(tmp_path, monkeypatch):
    path = write_osm(tmp_path / "a.osm.pbf", [([1, 2], {"highway": "residential"})])
    monkeypatch.setitem(sys.modules, "osmium", None)
    with pytest.raises(LibraryError, match=r"pip install osmium"):
        read_network(path, mode="walk")


# A real town: Saint-Germain-en-Laye


DRIVE = words(
    "motorway motorway_link trunk trunk_link primary primary_link secondary "
    "secondary_link tertiary tertiary_link unclassified residential living_street "
    "service"
)


class EveryWay(Rules):
    """All is open both ways: what there is in the file."""

    def street(self, _tags):
        return Street(5.0, 5.0)

    def closes(self, _tags):
        return False


class Published(EveryWay):
    """The definition that gives the published 16,444: one-way where `oneway=yes`."""

    def street(self, tags):
        if tags.get("highway") not in DRIVE:
            return "another class"
        return Street(50.0, 0.0 if tags.get("oneway") == "yes" else 50.0)


def network_by(rules):
    extract = read_extract(TOWN, rules)
    ends = extract.tail, extract.head
    two_way = extract.backward[extract.way] > 0
    tail = np.concatenate([ends[0], ends[1][two_way]])
    head = np.concatenate([ends[1], ends[0][two_way]])
    ones = np.ones(len(tail))
    at = extract.lon, extract.lat
    return extract, build_network(*at, tail, head, ones, ones, mode=rules.mode)


@needs_town
def test_the_town_has_the_published_counts():
    extract, network = network_by(EveryWay("walk"))
    assert len(extract.node) == 32_802
    assert len(extract.forward) == 6_765
    assert network.report.nodes == 31_701
    _, network = network_by(Published("car"))
    assert network.report.nodes == 16_444


CLOSED = words("no private delivery agricultural forestry permit")
FINE = words("yes designated permissive destination customers")
POSTS = words("bollard block cycle_barrier chain yes turnstile stile kissing_gate")


def said_to_cars(tags):
    for key in ("motorcar", "motor_vehicle", "vehicle", "access"):
        if tags.get(key) in CLOSED + FINE:
            return key, tags[key]
    return None, None


def closed_nodes():
    for node in osmium.FileProcessor(TOWN, osmium.osm.NODE):
        tags = dict(node.tags)
        told = said_to_cars(tags)[1]
        by_itself = tags.get("barrier") in POSTS or tags.get("locked") == "yes"
        if "barrier" in tags and (told in CLOSED or (told is None and by_itself)):
            yield node.id


def ways_for_cars():
    """Yield number, nodes and side of what a car may take: `yes`, `-1` or `no`."""
    for way in osmium.FileProcessor(TOWN, osmium.osm.WAY):
        tags = dict(way.tags)
        kind, (key, value) = tags.get("highway"), said_to_cars(tags)
        track = kind == "track" and value in FINE and key != "access"
        if value not in CLOSED and (kind in [*DRIVE, "road"] or track):
            ring = tags.get("junction") in ("roundabout", "circular")
            side = tags.get("oneway", "yes" if ring or kind == "motorway" else "no")
            yield way.id, [node.ref for node in way.nodes], side


def drivable_by_hand():
    """Return the nodes one can drive to and back from, by networkx and plain loops."""
    stops, graph = set(closed_nodes()), nx.DiGraph()
    for way, refs, side in ways_for_cars():
        for at, pair in enumerate(itertools.pairwise(refs)):
            a, b = ((r, way, at, i) if r in stops else r for i, r in enumerate(pair))
            if side != "-1":
                graph.add_edge(a, b)
            if side != "yes":
                graph.add_edge(b, a)
    return max(nx.strongly_connected_components(graph), key=len)


@needs_town
def test_the_rules_for_cars_are_those_told_with_other_words():
    """
    The published 16,444 ignores access, barriers, `oneway=-1` and class `road`.

    With the last two, 16,421; with access and barriers too, the network of a car has
    14 % fewer nodes.
    """
    network = read_network(TOWN, mode="car")
    by_hand = drivable_by_hand()
    assert network.report.nodes == len(by_hand)
    real = {node for node in network.node.tolist() if node > 0}
    assert {node for node in by_hand if isinstance(node, int)} == real
    assert 1 - network.report.nodes / 16_444 == pytest.approx(0.14, abs=0.005)


@needs_town
def test_times_in_town_are_those_of_networkx():
    draw = np.random.default_rng(7)
    network = read_network(TOWN, mode="car")
    graph = nx.DiGraph()
    edges = zip(network.tail, network.head, network.minutes, strict=True)
    graph.add_weighted_edges_from((int(a), int(b), float(m)) for a, b, m in edges)
    size = len(network.node)
    for start in draw.integers(0, size, 10).tolist():
        stops = draw.integers(0, size, 20)
        minutes = sweep(network, [start], [0.0], at=stops)
        told = nx.single_source_dijkstra_path_length(graph, start)
        assert minutes == pytest.approx(
            [told[stop] for stop in stops.tolist()], abs=1e-6
        )


def on_a_sphere(extract):
    """Return the km of each segment by the haversine, with a radius of 6,371 km."""
    lon, lat = np.radians(extract.lon), np.radians(extract.lat)
    (a, b), (c, d) = ((at[extract.tail], at[extract.head]) for at in (lon, lat))
    half = np.sin((d - c) / 2) ** 2 + np.cos(c) * np.cos(d) * np.sin((b - a) / 2) ** 2
    return 2 * 6_371 * np.arcsin(np.sqrt(half))


@needs_town
def test_the_town_is_as_long_as_published():
    """The published 1,111 km are on a sphere: 0.16 % short of those on the ground."""
    extract = read_extract(TOWN, EveryWay("walk"))
    on_sphere = on_a_sphere(extract).sum()
    assert round(on_sphere) == 1_111
    places = gpd.GeoSeries.from_xy(extract.lon, extract.lat, crs=4326).to_crs(32631)
    x, y = places.x.to_numpy(), places.y.to_numpy()
    steps = (axis[extract.tail] - axis[extract.head] for axis in (x, y))
    # UTM is 0.9996 on its meridian, 3 E; at 2.1 E, 1.00005 times that.
    ground = np.hypot(*steps).sum() / 1000 / 0.9996 / 1.00005
    assert ground / on_sphere - 1 == pytest.approx(0.0016, abs=0.0001)
    report = read_network(TOWN, mode="walk").report
    assert 1_000 < report.kilometres + report.dropped_kilometres < ground


# What an XML file holds beside its streets

PLACES = {
    1: (2.81, 50.43),
    2: (2.82, 50.43),
    3: (2.83, 50.43),
    4: (2.83, 50.44),
    5: (2.82, 50.44),
    6: (2.81, 50.44),
}


def xml(path, *, way="", node="", more="", places=PLACES):
    """Write a direct street 1-2-3 and a detour, with attributes of way 1 and node 2."""
    nodes = "".join(
        f'<node id="{i}" lat="{lat}" lon="{lon}" version="1" {node if i == 2 else ""}/>'
        for i, (lon, lat) in places.items()
    )
    tag = '<tag k="highway" v="residential"/>'
    ways = (
        f'<way {way} id="1" version="1">{refs(1, 2, 3)}{tag}</way>'
        f'<way id="2" version="1">{refs(3, 4, 5, 6, 1)}{tag}</way>'
    )
    text = f'<?xml version="1.0"?><osm version="0.6">{nodes}{ways}{more}</osm>'
    opener = {".gz": gzip.open, ".bz2": bz2.open}.get(path.suffix, open)
    with opener(path, "wb") as file:
        file.write(text.encode())
    return path


def refs(*nodes):
    return "".join(f'<nd ref="{node}"/>' for node in nodes)


def test_a_node_at_nought_makes_no_street_across_africa(tmp_path):
    path = xml(tmp_path / "a.osm", places={**PLACES, 2: (0, 0)})
    with pytest.raises(
        DataError, match=r"of more than 200 km between two nodes: '1 – 2"
    ):
        read_network(path, mode="car")


def test_the_direct_street_is_taken_where_nothing_is_deleted(tmp_path):
    network = read_network(xml(tmp_path / "a.osm"), mode="car")
    assert minutes_between(network, 1, 3) == pytest.approx(3.55, abs=0.01)


@pytest.mark.parametrize("name", ["a.osm", "a.osm.gz", "a.osm.bz2"])
@pytest.mark.parametrize(
    "way",
    [
        'action="delete"',
        "action='delete'",
        'visible="false"',
        'visible="false" action="delete"',
    ],
)
def test_a_street_deleted_in_an_editor_is_not_taken(tmp_path, name, way):
    network = read_network(xml(tmp_path / name, way=way), mode="car")
    assert minutes_between(network, 1, 3) == pytest.approx(9.11, abs=0.01)
    assert network.report.dropped == {"supprimées dans le fichier": 1}


@pytest.mark.parametrize("node", ['action="delete"', 'visible="false"'])
def test_a_street_ends_at_a_deleted_node(tmp_path, node):
    network = read_network(xml(tmp_path / "a.osm", node=node), mode="car")
    assert minutes_between(network, 1, 3) == pytest.approx(9.11, abs=0.01)
    assert 2 not in network.node


def test_what_was_changed_in_an_editor_is_still_there(tmp_path):
    path = xml(tmp_path / "a.osm", way='action="modify"', node='visible="true"')
    network = read_network(path, mode="car")
    assert minutes_between(network, 1, 3) == pytest.approx(3.55, abs=0.01)


def test_a_deleted_street_is_found_wherever_blocks_are_cut(tmp_path, monkeypatch):
    path = xml(tmp_path / "a.osm", way='action="delete"')
    for size in (1, 7, 100, 333):
        monkeypatch.setattr("basinmap.access.osm._BLOCK", size)
        network = read_network(path, mode="car")
        assert network.report.dropped == {"supprimées dans le fichier": 1}


@pytest.mark.parametrize(
    "said",
    [
        'runtime error: Query timed out in "query" at line 3 after 25 seconds.',
        'runtime error: Query run out of memory in "recurse" at line 4.',
    ],
)
def test_a_part_of_an_answer_is_refused_with_what_overpass_says(
    tmp_path, said, monkeypatch
):
    path = xml(tmp_path / "a.osm", more=f"<remark> {said} </remark>")
    with pytest.raises(DataError, match=f"only a part .*« {re.escape(said)} »"):
        read_network(path, mode="car")
    monkeypatch.setattr("basinmap.access.osm._BLOCK", 50)
    with pytest.raises(DataError, match=re.escape(said)):
        read_network(path, mode="walk")


def test_positions_inside_of_ways_are_told_as_such(tmp_path):
    points = [f'<nd ref="{i}" lat="{y}" lon="{x}"/>' for i, (x, y) in PLACES.items()]
    path = tmp_path / "a.osm"
    path.write_text(
        f'<osm version="0.6"><way id="1">{"".join(points)}'
        '<tag k="highway" v="residential"/></way></osm>'
    )
    with pytest.raises(DataError, match=r"out geom;.*out body;"):
        read_network(path, mode="car")


@pytest.mark.parametrize("place", [(0.0, 0.0), (50.43, 2.82), (-2.82, 50.43)])
def test_a_node_far_from_the_next_one_of_its_street_is_refused(tmp_path, place):
    path = xml(tmp_path / "a.osm", places=PLACES | {2: place})
    with pytest.raises(DataError, match=r"2 stretch.*200 km .*'1 – 2', '2 – 3'"):
        read_network(path, mode="car")
