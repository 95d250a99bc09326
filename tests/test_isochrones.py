"""Areas reached in so many minutes: nothing unreached inside, nothing lost."""

import itertools
import warnings
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from basinmap.access import surfaces
from basinmap.access.counting import reach
from basinmap.access.ground import Grid, ground
from basinmap.access.isochrones import checked_resolution, isochrones
from basinmap.access.networks import build_network
from basinmap.access.snapping import snap
from basinmap.access.streets import read_network
from basinmap.access.times import travel_times
from basinmap.errors import BasinmapWarning, CRSError, DataError
from basinmap.territory.places import LOUVRE_LENS


def told_or_typed(message):
    """Match the words of the verb, or those of the door that all share."""
    return rf"{message}|is of no use here; pass"


quick = settings(max_examples=6, deadline=None, database=None)
METHODS = ("surface", "buffer")
WALK = 80.0  # metres a minute: 4.8 km/h
X, Y = 686_000.0, 7_037_000.0
TOWN = (
    Path(__file__).parents[2]
    / "shared/data/reference/osm/saint-germain-en-laye.osm.pbf"
)


def spot(*points, names=None, crs=2154):
    """Return points given in metres from the middle of the lattices."""
    x, y = np.array(points, float).T
    index = list(names or [f"p{n}" for n in range(len(points))])
    return gpd.GeoSeries.from_xy(x + X, y + Y, index=index, crs=crs)


def streets(nodes, edges, *, pace=WALK, one_way=False, mode="walk", move=(0, 0)):
    """Return a network of straight streets at one pace."""
    x, y = np.array(nodes, float).T
    tail, head = np.array(edges).T
    if not one_way:
        tail, head = np.append(tail, head), np.append(head, tail)
    length = np.hypot(x[tail] - x[head], y[tail] - y[head])
    x, y = x + X + move[0], y + Y + move[1]
    return build_network(x, y, tail, head, length, length / pace, mode=mode)


def lattice(half=12, step=100, *, closed=lambda _a, _b: False, **options):
    """Return a square lattice around the origin, less what is closed."""
    ranks = range(-half, half + 1)
    nodes = [(i * step, j * step) for j in ranks for i in ranks]
    size = len(ranks)
    pairs = [
        (n, n + shift)
        for n in range(size * size)
        for shift, last in ((1, n % size == size - 1), (size, n >= size * (size - 1)))
        if not last
    ]
    edges = [(a, b) for a, b in pairs if not closed(nodes[a], nodes[b])]
    return streets(nodes, edges, **options)


def river(a, b):
    """Close what crosses y = 30, but at x = 600: a river and its bridge."""
    return (a[1] <= 30 < b[1]) and a[0] != 600


def park(a, b):
    """Close what lies within 300 m of (500, 0)."""
    return any(abs(x - 500) < 300 and abs(y) < 300 for x, y in (a, b))


def turning(half=14, step=100):
    """Return a lattice whose streets are one-way, every other one the other way."""
    size = 2 * half + 1
    ranks = range(-half, half + 1)
    nodes = [(i * step, j * step) for j in ranks for i in ranks]
    edges = []
    for j, i in itertools.product(range(size), range(size - 1)):
        along, across = (
            (j * size + i, j * size + i + 1),
            (i * size + j, (i + 1) * size + j),
        )
        edges += [along, across] if j % 2 else [along[::-1], across[::-1]]
    return streets(nodes, edges, one_way=True)


def on_streets(network, spacing=4.0):
    """Return points all along the streets, a few metres apart."""
    ends = [
        np.array([network.x[n], network.y[n]]) for n in (network.tail, network.head)
    ]
    lines = shapely.linestrings(np.stack([part.T for part in ends], axis=1))
    points = shapely.get_coordinates(shapely.segmentize(lines, spacing))
    return gpd.GeoSeries.from_xy(*np.unique(points, axis=0).T, crs=2154)


@lru_cache
def searched(ground, direction):
    """Return points along the streets and their minutes from START, each searched."""
    points = on_streets(GROUNDS[ground])
    found = travel_times(START, points, GROUNDS[ground], direction=direction)
    return points.array, found["minutes"].to_numpy()


def around(network, count, seed=0):
    """Return points at random over a network and next to it."""
    spread = np.random.default_rng(seed).uniform(-100, 100, (count, 2))
    near = np.random.default_rng(seed + 1).integers(len(network.x), size=count)
    return shapely.points(np.column_stack([network.x, network.y])[near] + spread)


def whole(place, network, **options):
    return isochrones(place, network, nested=True, **options).geometry


# -- what is inside ---------------------------------------------------------------

START = spot((37, 0))
GROUNDS = {
    "open": lattice(),
    "river": lattice(closed=river),
    "park": lattice(half=16, closed=park),
    "fast": lattice(half=9, step=400, pace=500.0, mode="car"),
    "one-way": turning(),
}


@pytest.mark.parametrize("direction", ["from", "to"])
@pytest.mark.parametrize("ground", GROUNDS)
def test_a_buffer_holds_what_is_near_the_streets_reached(ground, direction):
    network = GROUNDS[ground]
    metres = {"walk": 25, "car": 100}[network.mode]
    bounds = {"walk": [8, 11], "car": [4, 5.5]}[network.mode]
    areas = whole(START, network, minutes=bounds, method="buffer", direction=direction)
    points, minutes = searched(ground, direction)
    anywhere = around(network, 4000)
    for bound in bounds:
        area = areas[bound]
        shapely.prepare(area)
        tree = shapely.STRtree(points[minutes <= bound])
        inside = anywhere[shapely.contains(area, anywhere)]
        assert len(inside) > 100
        gaps = tree.query_nearest(inside, return_distance=True, all_matches=False)[1]
        # Where time is up, the last point looked at is up to 4 m behind.
        assert (gaps <= metres + 4).all()
        missed = shapely.distance(area, points[minutes <= bound])
        assert missed.max() <= metres


@pytest.mark.parametrize("direction", ["from", "to"])
@pytest.mark.parametrize("ground", GROUNDS)
def test_an_area_holds_what_travel_times_puts_within_its_bound(ground, direction):
    """Point by point, at random; blocks enclosed are filled, so more is inside."""
    network = GROUNDS[ground]
    bounds = {"walk": [8, 11], "car": [4, 5.5]}[network.mode]
    areas = isochrones(START, network, minutes=bounds, direction=direction, nested=True)
    anywhere = gpd.GeoSeries(around(network, 4000), crs=2154)
    minutes = travel_times(START, anywhere, network, direction=direction)["minutes"]
    for bound, area in areas.geometry.items():
        shapely.prepare(area)
        within = minutes.to_numpy() <= bound
        inside = shapely.contains(area, anywhere.array)
        assert within.sum() > 150
        assert np.mean(inside == within) > 0.96
        left_out = anywhere.array[within & ~inside]
        assert (shapely.distance(area, left_out) <= areas.attrs["resolution"]).all()


@pytest.mark.parametrize("mode", ["walk", "bike", "car"])
def test_people_by_areas_and_by_times_differ_by_less_than_5_per_cent(mode):
    """25 people on each square of 100 m of a town of 6 km with a river and a lake."""
    pace = {"walk": WALK, "bike": 250.0, "car": 500.0}[mode]

    def closed(a, b):
        lake = any(np.hypot(x + 700, y - 700) < 250 for x, y in (a, b))
        return river(a, b) or lake

    network = lattice(half=25, step=120, closed=closed, pace=pace, mode=mode)
    place = spot((37, -45))
    cells = _people_around(place, 2500)
    bounds = [1500 / pace, 2400 / pace]
    areas = isochrones(place, network, minutes=bounds, direction="to", nested=True)
    _assert_people_agree(areas, cells, place, network)


@pytest.mark.skipif(not TOWN.exists(), reason="no reference data")
@pytest.mark.parametrize("mode", ["walk", "bike", "car"])
def test_people_by_areas_and_by_times_agree_on_a_real_town(mode):
    """25 people on each square of 100 m around the castle of a real town."""
    network = read_network(TOWN, mode=mode, quiet=True)
    place = gpd.GeoSeries.from_xy([2.0935], [48.8985], index=["p"], crs=4326)
    place = place.to_crs(2154)
    cells = _people_around(place, 5000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BasinmapWarning)  # the extract cuts some
        areas = isochrones(
            place, network, minutes=[10, 20, 30], direction="to", nested=True
        )
        _assert_people_agree(areas, cells, place, network)


def _people_around(place, metres):
    """Return squares of 100 m with 25 people each."""
    sides = np.arange(-metres, metres, 100.0)
    sides = np.meshgrid(sides + place.x.item(), sides + place.y.item())
    west, south = (side.ravel() for side in sides)
    return gpd.GeoDataFrame(
        {"people": np.full(len(west), 25.0)},
        geometry=shapely.box(west, south, west + 100, south + 100),
        index=[f"c{n}" for n in range(len(west))],
        crs=2154,
    )


def _assert_people_agree(areas, cells, place, network):
    centres = cells.centroid
    times = travel_times(place, centres, network, direction="to", max_gap=1e4)
    minutes = times["minutes"].to_numpy(copy=True)
    minutes[times["off_street"].to_numpy() > areas.attrs["max_gap"]] = np.nan
    for bound in areas.index:
        by_time = cells["people"][minutes <= bound].sum()
        inside = reach(areas.loc[[bound]], cells, sums=["people"], rule="area")
        assert by_time > 0
        assert inside["people"].item() == pytest.approx(by_time, rel=0.05)


@pytest.mark.parametrize("offset", [3, 12, 19])
def test_addresses_off_the_streets_are_told_apart(offset):
    """Addresses 3 to 19 m from a street: exact minutes, the walk counted."""
    network, place = lattice(closed=river), spot((50, 0))
    homes = on_streets(network).translate(offset / 2**0.5, offset / 2**0.5)
    homes = homes.set_axis([f"h{n}" for n in range(len(homes))])
    minutes = travel_times(place, homes, network)["minutes"].to_numpy()
    area = whole(place, network, minutes=[8])[8]
    ground = homes.array[minutes <= 8]
    inside = shapely.contains(area, homes.array)
    assert shapely.distance(area, ground).max() <= 25
    wrong = homes.array[inside & (minutes > 8)]
    away = shapely.STRtree(ground).query_nearest(wrong, return_distance=True)[1]
    assert (away <= 25).all()
    assert np.mean(inside == (minutes <= 8)) > 0.98


@pytest.mark.parametrize("method", METHODS)
def test_the_other_bank_waits_for_the_bridge(method):
    """From (0, 0) the bridge is 600 m and the bank across 1 200 m away."""
    areas = whole(spot((0, 0)), GROUNDS["river"], minutes=[7, 14], method=method)
    across = spot((0, 100)).iloc[0]  # 600 + 100 + 600 m: 16.25 minutes
    beyond = spot((300, 100)).iloc[0]  # 600 + 100 + 300 m: 12.5 minutes
    assert not areas[14].contains(across)
    assert areas[14].contains(beyond)
    assert not areas[7].contains(beyond)
    # Half of the water is nearer to the street of this side.
    step = 25 if method == "surface" else 0
    bank = shapely.box(X - 2000, Y + 51 + step, X + 590 - 51 - step, Y + 2000)
    assert not areas[7].intersects(bank)


@pytest.mark.parametrize(
    ("options", "width"),
    [({"method": "buffer"}, 550), ({"max_gap": 40}, 520)],
)
def test_a_park_without_streets_stays_a_hole(options, width):
    """600 m wide, between streets reached; 40 m around are walked."""
    area = whole(spot((200, 0)), GROUNDS["park"], minutes=[16], **options)[16]
    middle = spot((500, 0)).iloc[0]
    park_hole = [hole for hole in holes_of(area) if hole.contains(middle)]
    assert len(park_hole) == 1
    assert park_hole[0].area == pytest.approx(width**2, rel=0.1)


def holes_of(area):
    return [shapely.Polygon(ring) for part in area.geoms for ring in part.interiors]


@pytest.mark.parametrize("max_gap", [60, 100])
def test_a_block_enclosed_by_reached_streets_is_whole_under_25_hectares(max_gap):
    """480² m is 23 hectares, 400² m is 16: nobody walks there, nothing bars it."""
    area = whole(spot((200, 0)), GROUNDS["park"], minutes=[16], max_gap=max_gap)[16]
    assert area.contains(shapely.box(X + 210, Y - 290, X + 790, Y + 290))
    bars = whole(spot((200, 0)), BARRED, minutes=[16], max_gap=max_gap)[16]
    middle = spot((500, 0)).iloc[0]
    assert any(hole.contains(middle) for hole in holes_of(bars))


def _barred():
    """Return the park with a lane in it, an hour away."""
    network = lattice(half=16, closed=lambda a, b: park(a, b) and not lane(a, b))
    middle = np.hypot(network.x - X - 500, network.y - Y) < 250
    slow = middle[network.tail] != middle[network.head]
    return replace(network, minutes=np.where(slow, 60.0, network.minutes))


def lane(a, b):
    return a[1] == b[1] == 0 and min(a[0], b[0]) >= 200 and max(a[0], b[0]) < 800


BARRED = _barred()


def test_an_island_is_never_reached():
    nodes = [(0, 0), (1000, 0), (3000, 0), (400, 60), (600, 60)]
    network = streets(nodes, [(0, 1), (1, 2), (3, 4)])
    assert network.report.dropped_nodes == 2
    area = whole(spot((1000, 0)), network, minutes=[10], max_gap=25)[10]
    assert not area.intersects(spot((500, 60)).iloc[0].buffer(30))


def test_a_barrier_is_walked_around():
    """The street from (0, 0) to (100, 0) is closed: 300 m instead of 100 m."""

    def closed(a, b):
        return a == (0, 0) and b == (100, 0)

    areas = whole(spot((0, 0)), lattice(closed=closed), minutes=[2, 3.5])
    behind = spot((60, 0)).iloc[0]
    assert not areas[2].contains(behind)
    assert not areas[3.5].contains(behind)  # nothing leads there at all
    assert not areas[2].contains(spot((100, 0)).iloc[0])  # 3.75 minutes
    far = whole(spot((0, 0)), lattice(closed=closed), minutes=[4])[4]
    assert far.contains(spot((100, 0)).iloc[0])


def test_the_place_is_inside_even_far_from_any_street():
    place = spot((0, 60))  # 60 m from y = 0 once y = 100 is closed
    network = streets([(-3000, 0), (3000, 0)], [(0, 1)])
    areas = whole(place, network, minutes=[0.5, 5])
    assert all(area.contains(place.iloc[0]) for area in areas)
    # In half a minute, 33 of the 60 metres are walked.
    assert not areas[0.5].intersects(spot((0, 0)).iloc[0])


def test_a_few_seconds_reach_a_few_metres():
    """0.1 minute: 8 m along the street, less than a cell of the grid."""
    network = streets([(-3000, 0), (3000, 0)], [(0, 1)])
    for x in (0, 3.3, 7.7):
        area = whole(spot((x, 0)), network, minutes=[0.1])[0.1]
        assert area.distance(spot((x, 0)).iloc[0]) <= 8
        low, _, high, _ = area.bounds
        assert x - 33 <= low - X < high - X <= x + 33


# -- known areas ------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_a_fine_lattice_is_reached_in_a_diamond(method):
    """|x| + |y| <= r holds 2 r²; 25 m more or less beside its sides."""
    network = lattice(half=40, step=20)
    area = whole(spot((0, 0)), network, minutes=[7.5], method=method)[7.5]
    r = 7.5 * WALK
    assert 2 * (r - 25) ** 2 <= area.area <= 2 * (r + 25 * 2**0.5) ** 2
    low, high = area.bounds[0] - X, area.bounds[2] - X
    assert -r - 25 <= low <= 25 - r
    assert r - 25 <= high <= r + 25


def test_a_straight_street_is_a_corridor():
    """400 m each way, 50 m wide, half a disc at each end."""
    network = streets([(-2000, 0), (2000, 0)], [(0, 1)])
    area = whole(spot((0, 0)), network, minutes=[5], method="buffer", resolution=25)[5]
    assert area.area == pytest.approx(800 * 50 + np.pi * 25**2, rel=0.002)


@pytest.mark.parametrize(
    ("max_gap", "surface"),
    [(500, 2 * 400 * 1000 / 3), (100, 200 * 560 + 2 * 100 * 120), (0, 0)],
)
def test_the_ground_of_a_straight_street_is_what_is_walked(max_gap, surface):
    """A lozenge of 400 m along and 333 m aside; its tips, 100 m at most aside."""
    network = streets([(-2000, 0), (2000, 0)], [(0, 1)])
    options = {"minutes": [5], "resolution": 10, "max_gap": max_gap}
    area = whole(spot((0, 3)) if max_gap else spot((0, 0)), network, **options)[5]
    assert area.area == pytest.approx(surface, rel=0.02, abs=20 * 800)
    if max_gap:
        assert area.area == pytest.approx(surface, rel=0.02)


def test_the_walk_off_the_streets_is_counted():
    """Where a fast street ends in time, there is no minute left to walk."""
    network = streets([(-9000, 0), (9000, 0)], [(0, 1)], pace=500.0, mode="car")
    area = whole(spot((0, 0)), network, minutes=[10], resolution=25)[10]

    def width(x):
        line = spot((x, -700), (x, 700))
        return area.intersection(shapely.LineString(line.array)).length

    for left in (1, 3, 5):  # minutes, at 66.7 m each
        assert width(500 * (10 - left)) == pytest.approx(400 / 3 * left, abs=10)
    assert width(600) == pytest.approx(1000, abs=25)


@pytest.mark.parametrize("method", METHODS)
def test_both_methods_draw_the_same_streets(method):
    bounds = [3, 6, 9]
    areas = whole(spot((20, 30)), GROUNDS["open"], minutes=bounds, method=method)
    corridors = whole(spot((20, 30)), GROUNDS["open"], minutes=bounds, method="buffer")
    for bound in bounds:
        # 25 m around the end of a street, where no minute is left.
        assert areas[bound].buffer(40).contains(corridors[bound])


def test_the_ground_around_is_nearest_to_the_streets_that_snap_finds():
    """Of 4 096 nodes, but those as near to two streets, to a few metres."""
    network = lattice(closed=park, move=(11.3, 4.9))
    low = (int(X // 20) - 32, int(Y // 20) - 32)
    found = ground(network, Grid(20.0, low, (64, 64)), 500.0, reverse=False)
    x, y = np.meshgrid(Grid(20.0, low, (64, 64)).x, Grid(20.0, low, (64, 64)).y)
    on = snap(np.column_stack([x.ravel(), y.ravel()]), network)
    metres = found.walk.ravel() * network.off_street * 1000 / 60
    assert metres == pytest.approx(on.gap, abs=2)
    assert np.mean(found.edge.ravel() == on.edge) > 0.95
    again = ground(network, Grid(20.0, low, (64, 64)), 500.0, reverse=False)
    assert again.walk.tolist() == found.walk.tolist()


# -- partitions -------------------------------------------------------------------


@quick
@given(
    x=st.floats(-300, 300),
    y=st.floats(-300, 300),
    steps=st.lists(st.floats(0.2, 3), min_size=2, max_size=4),
    method=st.sampled_from(METHODS),
    metres=st.sampled_from([10, 25, 40]),
)
def test_bands_are_a_partition_and_areas_are_nested(x, y, steps, method, metres):
    place, network = spot((x, y)), GROUNDS["park"]
    options = {"minutes": np.cumsum(steps).tolist(), "method": method}
    options["resolution"] = metres
    bands = isochrones(place, network, **options)
    areas = isochrones(place, network, nested=True, **options)
    assert bands.index.equals(areas.index)
    assert bands.is_valid.all()
    assert areas.is_valid.all()
    assert (bands.geom_type == "MultiPolygon").all()
    total = areas.area.iloc[-1]
    sums = np.cumsum(bands.area.to_numpy())
    assert sums == pytest.approx(areas.area.to_numpy(), rel=1e-9)
    for one, two in itertools.combinations(bands.geometry, 2):
        assert one.intersection(two).area <= 1e-9 * total
    for inner, outer in itertools.pairwise(areas.geometry):
        assert inner.difference(outer).area <= 1e-9 * total
    assert bands.union_all().symmetric_difference(areas.geometry.iloc[-1]).area < 1e-3


def test_surfaces_are_nested_to_the_last_bit():
    areas = whole(spot((13, 7)), GROUNDS["river"], minutes=[3, 5, 7, 9, 11, 13])
    for inner, outer in itertools.pairwise(areas):
        assert outer.covers(inner)


def test_what_lies_in_a_shared_hole_is_kept():
    """Of a ring around an island that is reached later, the band is the island."""
    frame = shapely.box(0, 0, 9, 9).difference(shapely.box(2, 2, 7, 7))
    before = shapely.MultiPolygon([frame])
    area = shapely.MultiPolygon([frame, shapely.box(4, 4, 5, 5)])
    assert [band.area for band in surfaces.bands([before, area])] == [56, 1]
    assert surfaces.bands([area, area])[1].is_empty


# -- invariances ------------------------------------------------------------------


def test_moving_everything_moves_the_areas():
    place, bounds = spot((40, 0)), [5, 9]
    here = whole(place, lattice(), minutes=bounds)
    move = (2500, -750)  # cells
    there = whole(place.translate(*move), lattice(move=move), minutes=bounds)
    for one, two in zip(here.translate(*move), there, strict=True):
        assert one.symmetric_difference(two).area < 1
    move = (11.3, 4.9)
    there = whole(place.translate(*move), lattice(move=move), minutes=bounds)
    for one, two in zip(here.translate(*move), there, strict=True):
        assert one.buffer(25).covers(two)
        assert two.buffer(25).covers(one)


def test_towards_is_from_on_streets_turned_round():
    nodes = [(0, 0), (700, 0), (700, 500), (0, 500)]
    nodes += [(3000, 3000), (-3000, -3000), (3000, -3000), (-3000, 3000)]
    ring = [(0, 1), (1, 2), (2, 3), (3, 0), (2, 4), (4, 2)]
    ring += [(0, 5), (5, 0), (1, 6), (6, 1), (3, 7), (7, 3)]
    back = [(b, a) for a, b in ring]
    place = spot((300, 20))
    options = {"minutes": [3, 8, 12]}
    to = whole(place, streets(nodes, ring, one_way=True), direction="to", **options)
    turned = whole(place, streets(nodes, back, one_way=True), **options)
    straight = whole(place, streets(nodes, ring, one_way=True), **options)
    for one, two, other in zip(to, turned, straight, strict=True):
        assert one.symmetric_difference(two).area < 1e-3
        assert one.symmetric_difference(other).area > 1000
    # In 3 minutes, one gets no farther than 240 m, ahead only.
    assert straight[3].contains(spot((500, 0)).iloc[0])
    assert not straight[3].contains(spot((200, 0)).iloc[0])
    assert to[3].contains(spot((100, 0)).iloc[0])


# -- the frame --------------------------------------------------------------------


def test_the_frame_says_what_it_holds():
    areas = isochrones(spot((0, 0)), GROUNDS["open"], minutes=[2, 4.5, 9])
    assert areas.index.name == "isochrone"
    assert areas.index.tolist() == [2, 4.5, 9]
    assert areas["inner"].tolist() == [0, 2, 4.5]
    assert areas["outer"].tolist() == [2, 4.5, 9]
    assert areas["label"].tolist() == [
        "moins de 2 min",
        "de 2 à moins de 4,5 min",
        "de 4,5 à moins de 9 min",
    ]
    assert areas.crs == "EPSG:2154"
    assert areas.attrs["resolution"] == 6.25
    assert areas.attrs["max_gap"] == 500
    assert areas.attrs["rule"] == (
        "temps de parcours à pied (4,8 km/h), depuis le lieu\u202f; hors des rues, "
        "marche à 4 km/h depuis la plus proche, sur 500 m au plus\u202f; îlots de "
        "moins de 25 ha entourés de rues atteintes compris\u202f; contours à 6,25 m "
        "près"
    )
    nested = isochrones(spot((0, 0)), GROUNDS["open"], minutes=[2, 4], nested=True)
    assert nested["label"].tolist() == ["moins de 2 min", "moins de 4 min"]
    assert nested["inner"].tolist() == [0, 0]


def test_streets_of_several_speeds_say_so():
    x, y = np.array([X, X + 9000, X + 18000]), np.full(3, Y)
    network = build_network(
        x,
        y,
        [0, 1, 1, 2],
        [1, 0, 2, 1],
        [9000] * 4,
        [9, 9, 6, 6],
        mode="car",
        source="Rues, 2026",
    )
    areas = isochrones(
        spot((9000, 0)), network, minutes=[4], direction="to", method="buffer"
    )
    assert areas.attrs["rule"] == (
        "temps de parcours en voiture (vitesses par classe de voie, sans "
        "congestion), jusqu’au lieu\u202f; à moins de 100 m des rues atteintes"
    )
    assert areas.attrs["sources"] == ("Rues, 2026",)


def test_each_place_has_its_areas():
    places = spot((0, 0), (200, 100), names=["musee", "gare"])
    areas = isochrones(places, GROUNDS["open"], minutes=[3, 6])
    assert areas.index.names == ["place", "isochrone"]
    assert areas.index.tolist() == list(itertools.product(["musee", "gare"], [3, 6]))
    alone = isochrones(places.iloc[[1]], GROUNDS["open"], minutes=[3, 6])
    assert areas.loc["gare"].geometry.geom_equals(alone.geometry).all()


def test_a_place_of_the_library_will_do():
    point = LOUVRE_LENS.point
    move = point.x - X, point.y - Y
    areas = isochrones(LOUVRE_LENS, lattice(move=move), minutes=[5])
    assert areas.geometry.iloc[0].contains(point)
    assert areas.attrs["sources"] == (LOUVRE_LENS.credit,)


# -- fragile answers --------------------------------------------------------------


def test_an_area_cut_by_the_extract_is_told():
    network = lattice(half=5)
    with pytest.warns(
        BasinmapWarning, match=r"edge of the network.*'p0' from 6\.25 min"
    ):
        isochrones(spot((0, 0)), network, minutes=[5, 8])
    isochrones(spot((0, 0)), network, minutes=[6])


def test_a_bound_that_adds_nothing_has_no_row():
    network = lattice(half=3)
    with pytest.warns(BasinmapWarning) as told:
        areas = isochrones(spot((0, 0)), network, minutes=[5, 20, 30])
    assert areas.index.tolist() == [5, 20]
    assert any("'p0' at 30 min" in str(item.message) for item in told)
    with pytest.warns(BasinmapWarning, match="edge"):
        nested = isochrones(spot((0, 0)), network, minutes=[5, 20, 30], nested=True)
    assert nested.area[30] == nested.area[20]


def test_a_place_that_no_street_serves_is_refused():
    place = spot((-2000, 100))
    with pytest.raises(DataError, match=r"farther than 500 m.*'p0' \(800 m\).*max_gap"):
        isochrones(place, GROUNDS["open"], minutes=[6])
    area = whole(place, GROUNDS["open"], minutes=[6], max_gap=900)[6]
    # 400 m are walked of the 800 to the street, seen to 25 m on each side.
    assert area.contains(spot((-1700, 100)).iloc[0])
    assert not area.intersects(spot((-1500, 100)).iloc[0])


def test_the_edge_of_the_network_is_in_the_answer():
    network = lattice(half=5)
    with pytest.warns(BasinmapWarning, match="edge of the network"):
        areas = isochrones(spot((0, 0)), network, minutes=[5, 8])
    assert areas.attrs["cut"] == {"p0": pytest.approx(6.25)}
    assert areas.attrs["notes"] == (
        "Réseau coupé par son bord\xa0: aires incomplètes à partir de 6,2 min.",
    )
    assert isochrones(spot((0, 0)), network, minutes=[6]).attrs["cut"] == {}


@pytest.mark.parametrize(
    ("mode", "minutes", "metres"),
    [
        ("walk", [34, 42], 50),
        ("walk", [10, 20, 30], 25),
        ("walk", [5], 12.5),
        ("bike", [10, 20, 30], 50),
        ("car", [10, 20, 30], 100),
        ("walk", [0.1, 30], 6.25),  # 400 steps for the last, not 20 for the first
    ],
)
def test_the_grid_is_finer_where_the_first_bound_is_near(mode, minutes, metres):
    assert checked_resolution(None, mode, minutes, "surface") == metres


# -- bad input --------------------------------------------------------------------


@pytest.mark.parametrize(
    "minutes",
    [
        [],
        [0],
        [-5, 10],
        [20, 10],
        [10, 10],
        [10, 10.05],
        [np.nan],
        [np.inf],
        10,
        "10",
        ["10"],
        [None],
        None,
    ],
)
def test_minutes_out_of_order_are_refused(minutes):
    with pytest.raises(
        (DataError, TypeError),
        match=told_or_typed("minutes must be.*write minutes=\\[10, 20, 30\\]"),
    ):
        isochrones(spot((0, 0)), GROUNDS["open"], minutes=minutes)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"minutes": [600, 1800]}, "1800 is more than a day; are these seconds"),
        ({"method": "hull"}, "unknown method 'hull'; choose among surface, buffer"),
        ({"direction": "away"}, "unknown direction 'away'"),
        ({"resolution": 0}, "from 1 to 5 000 metres"),
        ({"resolution": "25"}, "from 1 to 5 000 metres"),
        ({"resolution": np.nan}, "from 1 to 5 000 metres"),
        ({"max_gap": -1}, "max_gap"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises((DataError, TypeError), match=told_or_typed(message)):
        isochrones(spot((0, 0)), GROUNDS["open"], **{"minutes": [5], **options})


def test_too_large_a_grid_is_refused():
    network = streets([(-9e4, -9e4), (9e4, 9e4), (0, 9e4)], [(0, 1), (1, 2)], pace=900)
    expected = r"million nodes.*pass resolution=\d\d or more"
    with pytest.raises(DataError, match=expected):
        isochrones(spot((0, 0)), network, minutes=[300], resolution=25)


@pytest.mark.parametrize(
    ("place", "error", "message"),
    [
        (spot((90_000, 0)), DataError, r"outside of the network.*'p0' \(88800 m\)"),
        (spot((0, 0), crs=3857), CRSError, "Web Mercator"),
        (spot((0, 0), crs=2192), CRSError, "two CRS"),
        (spot((0, 0)).buffer(9), DataError, "Polygon"),
        (spot((0, 0)).iloc[:0], DataError, "empty selection"),
        (spot((0, 0), (1, 1), names="aa"), Exception, "a"),
        ((0, 0), DataError, "tuple"),
    ],
)
def test_places_that_are_none_are_refused(place, error, message):
    with pytest.raises((error, TypeError), match=told_or_typed(message)):
        isochrones(place, GROUNDS["open"], minutes=[5])


def test_a_network_is_asked_for():
    with pytest.raises((DataError, TypeError), match=told_or_typed("network")):
        isochrones(spot((0, 0)), pd.DataFrame(), minutes=[5])
