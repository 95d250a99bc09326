"""Valhalla in process: the same frames, and times that agree with our own."""

import json
import shutil
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import basinmap as bm
from basinmap.access import valhalla as module
from basinmap.access.isochrones import isochrones
from basinmap.access.streets import read_network
from basinmap.access.times import travel_times
from basinmap.access.valhalla import (
    valhalla_isochrones,
    valhalla_tiles,
    valhalla_times,
)
from basinmap.errors import (
    ArgumentError,
    BasinmapWarning,
    CRSError,
    DataError,
    LibraryError,
)

PBF = (
    Path(__file__).parents[2]
    / "shared/data/reference/osm/saint-germain-en-laye.osm.pbf"
)
X, Y = 685_000.0, 7_037_000.0  # near the museum


def spots(crs=2154, **places):
    x, y = np.transpose([(X + x, Y + y) for x, y in places.values()])
    return gpd.GeoSeries.from_xy(x, y, index=list(places), crs=crs)


# -- without the library ---------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "cure"),
    [
        ((3, 11, 9), r"no wheel for Python 3\.11: use Python 3\.12"),
        ((3, 12, 1), "pip install pyvalhalla"),
    ],
)
def test_without_the_library_the_message_says_what_to_do(version, cure, monkeypatch):
    monkeypatch.setitem(sys.modules, "valhalla", None)
    monkeypatch.setattr(module, "sys", SimpleNamespace(version_info=version))
    a, b = spots(a=(0, 0)), spots(b=(900, 0))
    calls = [
        lambda: valhalla_tiles(PBF, "tiles"),
        lambda: valhalla_times(a, b, "tiles", mode="walk"),
        lambda: valhalla_isochrones(a, "tiles", mode="walk", minutes=[5]),
    ]
    for call in calls:
        with pytest.raises(LibraryError, match=cure) as found:
            call()
        assert "travel_times or isochrones" in str(found.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "boat"}, "unknown mode"),
        ({"direction": "back"}, "unknown direction"),
        ({"limit": 0}, "limit is"),
    ],
)
def test_options_of_times_are_checked_first(options, message):
    a, b = spots(a=(0, 0)), spots(b=(900, 0))
    with pytest.raises(DataError, match=message):
        valhalla_times(a, b, "tiles", **({"mode": "walk"} | options))


@pytest.mark.parametrize(
    "minutes", [[], [0], [-5, 5], [10, 5], [5, 5.05], "5", None, [np.nan], [2000]]
)
def test_minutes_are_checked_first(minutes):
    with pytest.raises((DataError, ArgumentError), match="minutes"):
        valhalla_isochrones(spots(a=(0, 0)), "tiles", mode="walk", minutes=minutes)


@pytest.mark.parametrize(
    ("mode", "minutes", "cell"),
    [
        # Read on the outlines of Valhalla 3.9.1, whose vertices lie on its grid.
        ("walk", 15, 0.001),
        ("walk", 120, 0.001),
        ("bike", 60, 0.001),
        ("bike", 120, 0.002),
        ("car", 10, 0.001),
        ("car", 30, 0.002),
        ("car", 90, 0.005),
        ("car", 240, 0.005),
    ],
)
def test_the_resolution_is_that_of_its_grid(mode, minutes, cell):
    assert module._resolution(mode, minutes) == pytest.approx(cell * 110_567)


# -- a small town, made by hand --------------------------------------------------

# A block of 1 km driven clockwise from a; across a river, a street from e to f that
# nothing links to it; both are walked.
NODES = {
    "a": (0, 0),
    "b": (0, 1000),
    "c": (1000, 1000),
    "d": (1000, 0),
    "e": (3000, 0),
    "f": (3000, 1000),
    "g": (0, 400),
    "h": (0, 600),
}
WAYS = [(names, {"oneway": "yes"}) for names in ("ag", "gh", "hb", "bc", "cd", "da")]
WAYS += [("ef", {})]


def write_streets(path, ways=WAYS):
    osmium = pytest.importorskip("osmium")
    degrees = spots(**NODES).to_crs(4326)
    stamp = {"version": 1, "timestamp": "2026-01-01T00:00:00Z"}
    number = {name: rank for rank, name in enumerate(NODES, start=1)}
    with osmium.SimpleWriter(str(path)) as writer:
        for name, place in degrees.items():
            spot = (place.x, place.y)
            writer.add_node(
                osmium.osm.mutable.Node(id=number[name], location=spot, **stamp)
            )
        for rank, (names, tags) in enumerate(ways, start=1):
            every = {"highway": "residential", "maxspeed": "30"} | tags
            refs = [number[name] for name in names]
            writer.add_way(
                osmium.osm.mutable.Way(id=rank, nodes=refs, tags=every, **stamp)
            )
    return path


@pytest.fixture(scope="session")
def town(tmp_path_factory):
    pytest.importorskip("valhalla")
    folder = tmp_path_factory.mktemp("town")
    return valhalla_tiles(write_streets(folder / "town.osm.pbf"), folder / "tiles")


def at(table, origin, destination):
    return table.loc[(origin, destination), "minutes"]


def test_a_one_way_block_is_driven_one_way(town):
    a, b = spots(a=(0, 300)), spots(b=(0, 700))
    out = valhalla_times(a, b, town, mode="car")
    back = valhalla_times(a, b, town, mode="car", direction="to")
    # 400 m ahead, or 3.6 km around with turns, at some 25 to 30 km/h.
    assert 0.7 < at(out, "a", "b") < 1.2
    assert 7 < at(back, "a", "b") < 11
    around = valhalla_times(b, a, town, mode="car")
    assert at(around, "b", "a") == at(back, "a", "b")


def test_on_foot_a_street_has_two_ways_at_the_speed_of_networks(town):
    a, b = spots(a=(0, 300)), spots(b=(0, 700))
    for direction in ("from", "to"):
        table = valhalla_times(a, b, town, mode="walk", direction=direction)
        assert at(table, "a", "b") == pytest.approx(0.4 / 4.8 * 60, abs=0.1)
    slow = {"walking_speed": 2.4}
    table = valhalla_times(a, b, town, mode="walk", costing=slow)
    assert at(table, "a", "b") == pytest.approx(0.4 / 2.4 * 60, abs=0.1)


def test_what_is_not_reached_is_missing(town):
    a = spots(a=(0, 300))
    others = spots(b=(0, 700), e=(3000, 500))
    table = valhalla_times(a, others, town, mode="walk")
    assert table["minutes"].isna().tolist() == [False, True]
    late = valhalla_times(a, others, town, mode="walk", limit=4)
    assert late["minutes"].isna().all()
    assert late.attrs["rule"].endswith(
        "à pied par les rues (moteur Valhalla), de l’origine à la destination, 4 min "
        "au plus, marche jusqu’à la rue comprise (à 4 km/h)"
    )


def test_the_walk_to_the_street_is_counted_at_both_ends(town):
    a, b = spots(a=(-100, 300)), spots(b=(-200, 700))
    table = valhalla_times(a, b, town, mode="walk")
    assert table["off_street"].tolist() == pytest.approx([300], rel=2e-3)
    assert at(table, "a", "b") == pytest.approx(5 + 0.3 / 4 * 60, abs=0.1)
    same = valhalla_times(a, a, town, mode="walk")
    assert same.to_numpy().tolist() == [[0, 0]]


def test_a_point_far_from_streets_is_told_then_refused(town):
    a = spots(a=(0, 300))
    with pytest.warns(BasinmapWarning, match=r"destinations: 1 farther .*'w' \(599"):
        valhalla_times(a, spots(w=(-600, 300)), town, mode="walk")
    for far in (7_000, 300_000):
        with pytest.raises(DataError, match="place: 1 outside of the network: 'z'"):
            valhalla_isochrones(spots(z=(-far, 0)), town, mode="walk", minutes=[5])


def test_many_pairs_are_asked_for_in_several_lots(town, monkeypatch):
    rows = spots(**{f"r{k}": (0, 100 * k) for k in range(7)})
    columns = spots(**{f"c{k}": (100 * k, 1000) for k in range(4)})
    whole = [
        valhalla_times(rows, columns, town, mode="car"),
        valhalla_times(rows, columns, town, mode="car", direction="to"),
        valhalla_times(columns, rows, town, mode="car"),
    ]
    monkeypatch.setattr(module, "_PAIRS", 14)
    parts = [
        valhalla_times(rows, columns, town, mode="car"),
        valhalla_times(rows, columns, town, mode="car", direction="to"),
        valhalla_times(columns, rows, town, mode="car"),
    ]
    for one, other in zip(whole, parts, strict=True):
        pd.testing.assert_frame_equal(one, other)
    swapped = whole[2]["minutes"].swaplevel().reindex(whole[1].index)
    np.testing.assert_array_equal(swapped, whole[1]["minutes"])


def test_a_place_stands_for_a_point(town):
    beside = bm.LOUVRE_LENS.point
    assert shapely.Point(X, Y).distance(beside) < 2_000
    table = valhalla_times(bm.LOUVRE_LENS, spots(a=(0, 0)), town, mode="walk")
    assert table.index[0] == (bm.LOUVRE_LENS.name, "a")
    assert bm.LOUVRE_LENS.credit in table.attrs["sources"]


@pytest.mark.parametrize("crs", [4326, 3857, None])
def test_points_that_cannot_be_measured_are_refused(crs, town):
    a = spots(a=(0, 0))
    wrong = a.to_crs(crs) if crs else a.set_crs(None, allow_override=True)
    with pytest.raises(CRSError, match="origins: "):
        valhalla_times(wrong, a, town, mode="walk")


def test_points_that_are_none_are_refused(town):
    a = spots(a=(0, 0))
    void = gpd.GeoSeries([shapely.Point(), a.iloc[0]], index=["v", "w"], crs=2154)
    with pytest.raises(DataError, match=r"1 that are no points .*'v'"):
        valhalla_times(a, void, town, mode="walk")
    with pytest.raises(DataError, match=r"1 that are no points .*'a'"):
        valhalla_times(a.buffer(9), a, town, mode="walk")
    with pytest.raises(ValueError, match="'a'"):
        valhalla_times(pd.concat([a, a]), a, town, mode="walk")


def test_what_valhalla_refuses_is_an_error_of_ours(town, monkeypatch):
    monkeypatch.setattr(module, "_options", lambda *_: {"costing": "boat"})
    a, b = spots(a=(0, 300)), spots(b=(0, 700))
    with pytest.raises(DataError, match=r"Valhalla refuses .*costing"):
        valhalla_times(a, b, town, mode="walk")


def test_areas_are_a_partition_or_nested(town):
    a = spots(a=(0, 500))
    bands = valhalla_isochrones(a, town, mode="walk", minutes=[3, 6, 9.5])
    assert bands.index.tolist() == [3, 6, 9.5]
    assert bands.index.name == "isochrone"
    assert bands["label"].tolist() == [
        "moins de 3 min",
        "de 3 à moins de 6 min",
        "de 6 à moins de 9,5 min",
    ]
    whole = valhalla_isochrones(a, town, mode="walk", minutes=[3, 6, 9.5], nested=True)
    assert whole["inner"].tolist() == [0, 0, 0]
    assert bands.area.sum() == pytest.approx(whole.area.iloc[-1], rel=1e-9)
    assert bands.area.sum() == pytest.approx(bands.union_all().area, rel=1e-9)
    assert whole.geometry.iloc[1].covers(whole.geometry.iloc[0])
    assert bands.is_valid.all()
    assert whole.is_valid.all()
    assert bands.crs == a.crs
    assert bands.attrs["resolution"] == pytest.approx(110.567)
    assert bands.attrs["engine"].startswith("Valhalla 3.")
    assert bands.attrs["sources"][0].endswith("OpenStreetMap (ODbL), town.osm.pbf")
    # 9.5 min at 4.8 km/h: 760 m of the street, 500 m to its end; not across the river.
    assert whole.geometry.iloc[-1].contains(shapely.Point(X, Y + 990))
    assert not whole.geometry.iloc[-1].intersects(shapely.Point(X + 3000, Y))


def test_areas_from_and_to_differ_by_car(town):
    a = spots(a=(0, 500))
    out = valhalla_isochrones(a, town, mode="car", minutes=[2]).geometry.iloc[0]
    back = valhalla_isochrones(
        a, town, mode="car", minutes=[2], direction="to"
    ).geometry.iloc[0]
    north, south = shapely.Point(X, Y + 990), shapely.Point(X, Y + 10)
    assert out.contains(north)
    assert not out.contains(south)
    assert back.contains(south)
    assert not back.contains(north)


def test_several_places_have_their_areas(town):
    two = spots(a=(0, 500), e=(3000, 500))
    areas = valhalla_isochrones(two, town, mode="walk", minutes=[3, 6])
    assert areas.index.names == ["place", "isochrone"]
    assert areas.index.tolist() == [("a", 3), ("a", 6), ("e", 3), ("e", 6)]
    alone = valhalla_isochrones(two[["e"]], town, mode="walk", minutes=[3, 6])
    assert alone.geometry.geom_equals(areas.loc["e"].geometry).all()


def test_minutes_shorter_than_the_walk_to_the_street_are_refused(town):
    a = spots(a=(-400, 500))
    with pytest.raises(DataError, match=r"'a' is 6\.0 minutes away"):
        valhalla_isochrones(a, town, mode="car", minutes=[5])


# -- tiles -----------------------------------------------------------------------


def test_tiles_say_where_they_come_from_and_are_made_once(town, tmp_path):
    told = json.loads((town / "provenance.json").read_text(encoding="utf-8"))
    assert told["file"] == "town.osm.pbf"
    assert set(told) == {"file", "sha256", "source", "valhalla"}
    folder = shutil.copytree(town, tmp_path / "tiles")
    when = {path: path.stat().st_mtime_ns for path in folder.rglob("*.gph")}
    pbf = town.parent / "town.osm.pbf"
    assert valhalla_tiles(pbf, folder) == folder
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.gph")} == when
    other = write_streets(tmp_path / "other.osm.pbf", WAYS[:-1])
    valhalla_tiles(other, folder)
    told = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    assert told["file"] == "other.osm.pbf"
    assert sorted(item.name for item in tmp_path.iterdir()) == [
        "other.osm.pbf",
        "tiles",
    ]


def test_extracts_that_are_none_leave_what_was_there(town, tmp_path):
    folder = shutil.copytree(town, tmp_path / "tiles")
    content = (town.parent / "town.osm.pbf").read_bytes()
    cases = {"cut": content[:-20], "text": b"not an extract", "void": b""}
    for name, found in cases.items():
        path = tmp_path / f"{name}.osm.pbf"
        path.write_bytes(found)
        with pytest.raises(DataError, match=f"{name}.osm.pbf: Valhalla made no tiles"):
            valhalla_tiles(path, folder)
    dry = write_streets(tmp_path / "dry.osm.pbf", [("ab", {"highway": "proposed"})])
    with pytest.raises(DataError, match="no street in it"):
        valhalla_tiles(dry, folder)
    with pytest.raises(DataError, match="missing; expected"):
        valhalla_tiles(tmp_path / "none.osm.pbf", folder)
    assert (folder / "provenance.json").read_bytes() == (
        town / "provenance.json"
    ).read_bytes()
    assert not list(tmp_path.glob(".tiles-*"))


def test_a_folder_of_something_else_is_left_alone(town, tmp_path):
    pbf = town.parent / "town.osm.pbf"
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(DataError, match="something else than tiles"):
        valhalla_tiles(pbf, tmp_path)
    with pytest.raises(DataError, match="is a file"):
        valhalla_tiles(pbf, tmp_path / "notes.txt")
    with pytest.raises(DataError, match="no tiles of Valhalla"):
        valhalla_times(spots(a=(0, 0)), spots(b=(0, 9)), tmp_path, mode="walk")


def test_nothing_is_left_in_the_temporary_folder(town):
    before = set(Path(tempfile.gettempdir()).glob("valhalla*"))
    valhalla_times(spots(a=(0, 300)), spots(b=(0, 700)), town, mode="walk")
    assert set(Path(tempfile.gettempdir()).glob("valhalla*")) == before


# -- a real town -----------------------------------------------------------------


@pytest.fixture(scope="session")
def real(tmp_path_factory):
    pytest.importorskip("valhalla")
    pytest.importorskip("osmium")
    if not PBF.exists():
        pytest.skip("reference data not beside the clone")
    tiles = valhalla_tiles(PBF, tmp_path_factory.mktemp("real") / "tiles")
    return tiles, read_network(PBF, mode="walk", quiet=True)


def test_walking_times_agree_with_the_built_in_engine(real):
    tiles, network = real
    rng = np.random.default_rng(5)
    node = rng.integers(0, len(network.x), (2, 50))
    names = [f"p{k}" for k in range(50)]
    starts, ends = (
        gpd.GeoSeries.from_xy(network.x[n], network.y[n], index=names, crs=network.crs)
        for n in node
    )
    pairs = [(name, name) for name in names]
    for direction in ("from", "to"):
        ours = travel_times(starts, ends, network, direction=direction)
        theirs = valhalla_times(starts, ends, tiles, mode="walk", direction=direction)
        assert theirs.index.equals(ours.index)
        assert list(theirs) == list(ours)
        assert set(ours.attrs) <= set(theirs.attrs)
        ratio = theirs.loc[pairs, "minutes"] / ours.loc[pairs, "minutes"]
        assert ratio.median() == pytest.approx(1, abs=0.02)
        assert ratio.between(0.9, 1.1).all()


def test_areas_hold_those_of_the_built_in_engine(real):
    tiles, network = real
    middle = gpd.GeoSeries.from_xy(
        [np.median(network.x)], [np.median(network.y)], index=["m"], crs=network.crs
    )
    ours = isochrones(middle, network, minutes=[5, 10])
    theirs = valhalla_isochrones(middle, tiles, mode="walk", minutes=[5, 10])
    assert list(theirs) == list(ours)
    assert theirs.index.equals(ours.index)
    assert theirs["label"].tolist() == ours["label"].tolist()
    fine, coarse = ours.union_all(), theirs.union_all()
    # What we reach, it reaches, but for a cell; in cells of 111 m it draws more.
    assert fine.difference(coarse.buffer(theirs.attrs["resolution"])).is_empty
    assert fine.area < coarse.area < 10 * fine.area
