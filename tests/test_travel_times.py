"""Travel times: snapped on edges, exact, missing where nothing leads there."""

import itertools
import warnings
from functools import partial
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from basinmap.access import snapping
from basinmap.access.networks import build_network
from basinmap.access.snapping import ends, seeds, snap
from basinmap.access.times import travel_times
from basinmap.errors import BasinmapWarning, CRSError, DataError
from basinmap.territory.places import Place


def told_or_typed(message):
    """Match the words of the verb, or those of the door that all share."""
    return rf"{message}|is of no use here; pass"


X, Y = 685_000.0, 7_038_000.0
anywhere = partial(travel_times, max_gap=np.inf)


def network_of(spots, streets, *, mode="walk", **options):
    """Build streets (from, to, minutes) or (from, to, minutes, minutes back)."""
    xy = np.array(spots, dtype=float)
    rows = [(a, b, m) for a, b, m, *_ in streets]
    rows += [(b, a, back[0]) for a, b, _, *back in streets if back]
    tail, head, minutes = (np.array(values) for values in zip(*rows, strict=True))
    length = np.hypot(*(xy[tail] - xy[head]).T)
    return build_network(
        xy[:, 0] + X, xy[:, 1] + Y, tail, head, np.maximum(length, 1), minutes,
        mode=mode, **options,
    )  # fmt: skip


def points(*spots, index=None):
    xy = np.array(spots, dtype=float)
    codes = list("abcdefghij")[: len(xy)] if index is None else index
    return gpd.GeoSeries.from_xy(xy[:, 0] + X, xy[:, 1] + Y, index=codes, crs=2154)


def minutes(left, right, network, **options):
    table = travel_times(points(left), points(right), network, **options)
    return table["minutes"].iloc[0]


@pytest.fixture
def street():
    """One kilometre, two ways, 10 minutes east and 20 minutes back."""
    return network_of([(0, 0), (1000, 0)], [(0, 1, 10, 20)])


@pytest.fixture
def loop():
    """Return a one-way triangle: 6 minutes east, 5 up, 5 down."""
    return network_of(
        [(0, 0), (600, 0), (300, 400)], [(0, 1, 6), (1, 2, 5), (2, 0, 5)], mode="car"
    )


# -- snapping --------------------------------------------------------------------


def test_a_point_is_put_on_the_edge_not_at_the_crossing(street):
    on = snap(np.array([[X + 250, Y + 80]]), street)
    assert (on.x[0] - X, on.y[0] - Y, on.gap[0]) == (250, 0, 80)
    a, b = street.tail[on.edge[0]], street.head[on.edge[0]]
    at = street.x[a] + on.share[0] * (street.x[b] - street.x[a])
    assert at - X == 250


def test_beyond_the_end_of_a_street_is_its_end(street):
    on = snap(np.array([[X - 30, Y + 40], [X + 1030, Y - 40]]), street)
    assert on.gap.tolist() == [50, 50]
    assert set(on.share) == {0.0, 1.0}


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_nearest_street_is_that_of_shapely_whatever_the_way(seed):
    rng = np.random.default_rng(seed)
    size = int(rng.integers(3, 12))
    spots = rng.integers(0, 30, (size, 2)) * 100
    ring = [(i, (i + 1) % size, 1.0, 1.0) for i in range(size)]
    network = network_of(spots, ring)
    xy = rng.integers(0, 60, (8, 2)) * 50.0 + (X, Y)
    some = snap(xy, network)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapping, "_FEW", 0)
        many = snap(xy, network)
    nodes = np.column_stack([network.x, network.y])
    lines = shapely.linestrings(np.stack([nodes[network.tail], nodes[network.head]], 1))
    truth = shapely.distance(shapely.points(xy)[:, None], lines).min(axis=1)
    for on in (some, many):
        np.testing.assert_allclose(on.gap, truth, atol=2e-6)
        spot = shapely.points(on.x, on.y)
        np.testing.assert_allclose(shapely.distance(spot, lines[on.edge]), 0, atol=1e-6)
    assert some.edge.tolist() == many.edge.tolist()
    assert some.share.tolist() == many.share.tolist()


def test_a_long_edge_whose_ends_are_far_is_found():
    spots = [(0, 0), (20_000, 0), (10_000, 900), (10_000, 1_000)]
    network = network_of(
        spots, [(0, 1, 20, 20), (1, 2, 20, 20), (2, 3, 1, 1), (3, 0, 20, 20)]
    )
    on = snap(np.array([[X + 10_000, Y + 100]]), network)
    assert on.gap[0] == pytest.approx(100)


def test_streets_as_near_are_told_apart_by_their_rank():
    square = network_of(
        [(0, 0), (200, 0), (200, 200), (0, 200)],
        [(0, 1, 2, 2), (1, 2, 2, 2), (2, 3, 2, 2), (3, 0, 2, 2)],
    )
    on = snap(np.array([[X + 100, Y + 100]] * 3), square)
    assert on.edge.tolist() == [0, 0, 0]
    assert on.gap.tolist() == [100] * 3


def test_seeds_of_one_way_and_two_way_streets(street, loop):
    node, when = seeds(snap(np.array([[X + 250, Y]]), street), 0, street)
    assert dict(zip(street.node[node].tolist(), when, strict=True)) == {0: 5, 1: 7.5}
    on = snap(np.array([[X + 150, Y]]), loop)
    node, when = seeds(on, 0, loop)
    assert (loop.node[node].tolist(), when.tolist()) == ([1], [4.5])
    node, when = seeds(on, 0, loop, reverse=True)
    assert (loop.node[node].tolist(), when.tolist()) == ([0], [1.5])


def test_at_a_crossing_the_street_chosen_does_not_matter(loop):
    for spot in range(3):
        on = snap(np.array([[loop.x[spot], loop.y[spot]]]), loop)
        for reverse in (False, True):
            node, when = ends(on, loop, reverse=reverse)
            assert when[0, node[0] == spot].tolist() == [0]


def test_a_segment_without_extent_holds_a_point():
    lift = network_of([(0, 0), (0, 0), (300, 0)], [(0, 1, 1, 1), (1, 2, 3, 3)])
    on = snap(np.array([[X - 100, Y]]), lift)
    assert (on.gap.tolist(), on.share.tolist()) == ([100], [0])


# -- hand-computed times ---------------------------------------------------------


def test_along_one_street_both_ways(street):
    assert minutes((200, 0), (700, 0), street) == 5
    assert minutes((700, 0), (200, 0), street) == 10
    assert minutes((700, 0), (200, 0), street, direction="to") == 5


def test_the_walk_to_the_street_counts_at_both_ends(street):
    # 200 m and 100 m at 4 km/h: 3 and 1.5 minutes, whatever the mode.
    table = travel_times(points((200, 200)), points((700, -100)), street)
    assert table["minutes"].tolist() == [9.5]
    assert table["off_street"].tolist() == [300]


def test_upstream_of_a_one_way_street_one_goes_round(loop):
    assert minutes((150, 0), (450, 0), loop) == 3
    assert minutes((450, 0), (150, 0), loop) == 1.5 + 10 + 1.5
    assert minutes((450, 0), (150, 0), loop, direction="to") == 3


def test_going_round_beats_a_slow_street():
    square = network_of(
        [(0, 0), (100, 0), (100, 100), (0, 100)],
        [(0, 1, 100, 100), (1, 2, 1, 1), (2, 3, 1, 1), (3, 0, 1, 1)],
    )
    # 10 back, 3 round, 10 on, rather than 80 straight.
    assert minutes((10, 0), (90, 0), square) == 23


def test_a_river_is_crossed_at_its_bridge():
    # Banks of 4 nodes, 1 minute apart; one bridge of 2 minutes at the east end.
    south = [(100 * i, 0) for i in range(4)]
    north = [(100 * i, 50) for i in range(4)]
    banks = [(i + k, i + k + 1, 1, 1) for k in (0, 4) for i in range(3)]
    town = network_of(south + north, [*banks, (3, 7, 2, 2)])
    assert minutes((0, 0), (0, 50), town) == 3 + 2 + 3
    assert minutes((50, 0), (50, 50), town) == 2.5 + 2 + 2.5


def test_a_dead_end_is_left_by_where_one_came():
    spots = [(0, 0), (600, 0), (300, 400), (900, 0)]
    town = network_of(spots, [(0, 1, 6), (1, 2, 5), (2, 0, 5), (1, 3, 3, 3)])
    assert minutes((750, 0), (300, 0), town) == 1.5 + 10 + 3
    assert minutes((300, 0), (750, 0), town) == 3 + 1.5


def test_the_same_spot_is_0_minutes_away(street):
    homes = points((200, 200), (200, 200), (200, -200))
    table = square_of(travel_times(homes, homes, street))
    assert np.diag(table).tolist() == [0, 0, 0]
    assert table[0].tolist() == [0, 0, 6]


def test_a_time_on_the_limit_is_within(street):
    assert minutes((200, 0), (700, 0), street, limit=np.int64(5)) == 5
    assert np.isnan(minutes((200, 0), (700, 0), street, limit=4.999))


# -- shape of the answer ---------------------------------------------------------


def test_index_attributes_and_place(street):
    museum = Place("musee", "Musée", shapely.Point(X + 500, Y), source="Relevé")
    codes = pd.Index(["62001", "62002"], name="commune")
    homes = points((0, 0), (1000, 0), index=codes).to_frame("geometry")
    homes.attrs["sources"] = ("Insee",)
    table = travel_times(museum, homes, street, direction="to", limit=30)
    assert table.index.names == ["origin", "destination"]
    assert table["minutes"].to_dict() == {
        ("Musée", "62001"): 5, ("Musée", "62002"): 10,
    }  # fmt: skip
    assert table.attrs == {
        "mode": "walk", "direction": "to", "limit": 30, "max_gap": 500,
        "rule": "temps de parcours à pied par les rues, jusqu’au lieu, 30 min au plus, "
        "marche jusqu’à la rue comprise (à 4 km/h, sur 500 m au plus)",
        "sources": ("Relevé (position : Musée)", "Insee"),
    }  # fmt: skip


def test_a_place_is_brought_to_the_crs_of_the_network():
    utm = build_network(
        [480_000, 481_000], [5_590_000] * 2, [0, 1], [1, 0], [1000] * 2, [10] * 2,
        mode="walk", crs=32631,
    )  # fmt: skip
    spot = gpd.GeoSeries.from_xy([480_250], [5_590_000], crs=32631)
    museum = Place("m", "M", spot.to_crs(2154).iloc[0])
    table = travel_times(museum, spot, utm)
    assert table["minutes"].tolist() == pytest.approx([0], abs=1e-6)


def test_nearest_ranks_ties_by_code_and_leaves_deserts_missing(street):
    homes = points((0, 0), (1000, 0), index=["west", "east"])
    schools = points((500, 0), (100, 0), (100, 0), index=["s", "z", "c"])
    table = travel_times(homes, schools, street, nearest=2, limit=4)
    assert table.index.names == ["origin", "rank"]
    assert table.loc["west", "destination"].tolist() == ["c", "z"]
    assert table.loc["west", "minutes"].tolist() == [1, 1]
    assert table.loc["east"].isna().all(axis=None)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_nearest_is_the_head_of_the_sorted_table(seed):
    rng = np.random.default_rng(seed)
    network = grid(rng, 4)
    left = scattered(rng, int(rng.integers(1, 9)))
    right = scattered(rng, int(rng.integers(1, 9)))
    limit = float(rng.integers(5, 40))
    kept = int(rng.integers(1, 5))
    long = anywhere(left, right, network, limit=limit)
    table = anywhere(left, right, network, limit=limit, nearest=kept)
    for code in left.index:
        whole = long.loc[code].sort_values("minutes").dropna().head(kept)
        got = table.loc[code].dropna()
        assert got["minutes"].tolist() == whole["minutes"].tolist()
        pairs = long.loc[[(code, to) for to in got["destination"]], "off_street"]
        assert got["off_street"].tolist() == pairs.tolist()


def test_integer_codes_stay_integers(street):
    homes = points((0, 0), (900, 0), index=[10, 20])
    table = anywhere(homes, homes, street, nearest=1, limit=1)
    assert table["destination"].tolist() == [10, 20]
    assert table.index.get_level_values("origin").dtype.kind == "i"


# -- properties ------------------------------------------------------------------


def grid(rng, size, *, two_way=False):
    """Random times on a jittered grid, some streets one-way, off the border."""
    spots = [(200 * i, 200 * j) for i in range(size) for j in range(size)]
    spots = np.array(spots) + rng.integers(-50, 50, (len(spots), 2))
    number = np.arange(size * size).reshape(size, size)
    pairs = [*zip(number[:-1].ravel(), number[1:].ravel(), strict=True)]
    pairs += zip(number[:, :-1].ravel(), number[:, 1:].ravel(), strict=True)
    streets = []
    for a, b in pairs:
        one = float(rng.integers(4, 40)) / 4
        inner = rng.random() < 0.2 and not two_way
        back = one if two_way else float(rng.integers(4, 40)) / 4
        streets.append((a, b, one) if inner else (a, b, one, back))
    return network_of(spots, streets)


def scattered(rng, count):
    xy = rng.uniform(-100, 800, (count, 2))  # no two streets just as near
    return points(*xy, index=[f"p{i}" for i in range(count)])


def reversed_of(network):
    return build_network(
        network.x, network.y, network.head, network.tail, network.length,
        network.minutes, mode=network.mode, crs=network.crs, node=network.node,
    )  # fmt: skip


def square_of(table):
    size = int(np.sqrt(len(table)))
    return table["minutes"].to_numpy().reshape(size, size)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_to_is_from_on_reversed_streets_and_the_triangle_holds(seed):
    rng = np.random.default_rng(seed)
    network = grid(rng, 4)
    left, right = scattered(rng, 5), scattered(rng, 3)
    to = anywhere(left, right, network, direction="to")
    back = anywhere(left, right, reversed_of(network))
    np.testing.assert_allclose(to["minutes"], back["minutes"], atol=1e-8)
    swapped = anywhere(right, left, network)["minutes"].swaplevel()
    np.testing.assert_allclose(to["minutes"], swapped.loc[to.index], atol=1e-8)
    d = square_of(anywhere(left, left, network))
    for a, b, c in itertools.product(range(5), repeat=3):
        assert d[a, c] <= d[a, b] + d[b, c] + 1e-8


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=15, deadline=None)
def test_symmetric_where_streets_are_two_way(seed):
    rng = np.random.default_rng(seed)
    homes = scattered(rng, 6)
    d = square_of(anywhere(homes, homes, grid(rng, 4, two_way=True)))
    np.testing.assert_allclose(d, d.T, atol=1e-8)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_limit_only_removes_values_and_rows_may_come_in_any_order(seed):
    rng = np.random.default_rng(seed)
    network = grid(rng, 4)
    left, right = scattered(rng, 4), scattered(rng, 6)
    limit = float(rng.integers(1, 30))
    free = anywhere(left, right, network)["minutes"]
    bound = anywhere(left, right, network, limit=limit)["minutes"]
    pd.testing.assert_series_equal(bound, free.where(free <= limit))
    mixed = anywhere(left.sample(frac=1, random_state=1), right.iloc[::-1], network)
    pd.testing.assert_series_equal(mixed["minutes"].loc[free.index], free)


def truth(network, left, right):
    """Return minutes from networkx, with each point inserted in its street."""
    graph = nx.MultiDiGraph()
    walk = 60 / (1000 * network.off_street)
    sides = {"a": (left, snap(xy_of(left), network))}
    sides["b"] = (right, snap(xy_of(right), network))
    on_edge = {}
    for name, (_, on) in sides.items():
        for i, edge in enumerate(on.edge):
            on_edge.setdefault(int(edge), []).append((on.share[i], (name, i)))
            out = [((name, i), (name, i, "on")), ((name, i, "on"), (name, i))]
            graph.add_edges_from((*pair, {"weight": on.gap[i] * walk}) for pair in out)
    for edge in range(len(network.tail)):
        along = [(0.0, int(network.tail[edge]))]
        there = edge
        back = network.backward[edge]
        if edge in on_edge or back in on_edge:
            there = edge if edge in on_edge else back
        for share, key in on_edge.get(int(there), []):
            along.append((share if there == edge else 1 - share, (*key, "on")))
        along.append((1.0, int(network.head[edge])))
        along.sort(key=lambda stop: stop[0])
        for (low, one), (high, other) in itertools.pairwise(along):
            weight = (high - low) * network.minutes[edge]
            graph.add_edge(one, other, weight=weight)
            if high == low:  # the same spot: any order
                graph.add_edge(other, one, weight=0.0)
    return graph


def xy_of(series):
    return np.column_stack([series.x, series.y])


def test_equal_to_networkx_with_the_points_put_in_the_streets():
    rng = np.random.default_rng(11)
    network = grid(rng, 9)
    left, right = (
        points(*rng.integers(-50, 1700, (n, 2)), index=list(range(n))) for n in (10, 20)
    )
    graph = truth(network, left, right)
    for direction in ("from", "to"):
        table = anywhere(left, right, network, direction=direction)["minutes"]
        for (i, j), got in table.items():
            pair = [("a", i), ("b", j)]
            source, target = pair if direction == "from" else pair[::-1]
            want = nx.dijkstra_path_length(graph, source, target)
            assert got == pytest.approx(want, abs=1e-6)


def test_points_of_one_street_agree_with_networkx():
    rng = np.random.default_rng(5)
    network = grid(rng, 2)
    spots = rng.integers(-20, 240, (15, 2))
    left, right = (points(*spots + k, index=list(range(15))) for k in (0, 7))
    graph = truth(network, left, right)
    table = anywhere(left, right, network)["minutes"]
    for (i, j), got in table.items():
        want = nx.dijkstra_path_length(graph, ("a", i), ("b", j))
        assert got == pytest.approx(want, abs=1e-6)


# -- far from the streets, and bad input -----------------------------------------


def test_far_points_are_named_with_their_distance_and_have_no_time(street):
    homes = points((0, 0), (500, 600), (500, -900), index=["h", "i", "j"])
    with pytest.warns(BasinmapWarning, match="farther than 500 m") as caught:
        table = travel_times(homes, points((0, 0)), street)
    text = str(caught[0].message)
    assert "origins: 2 farther" in text
    assert "'j' (900 m), 'i' (600 m)" in text
    assert caught[0].filename == __file__
    assert "they have no time" in text
    assert table["minutes"].isna().tolist() == [False, True, True]
    assert table["off_street"].tolist() == [0, 600, 900]
    farther = travel_times(homes.iloc[:2], points((0, 0)), street, max_gap=700)
    assert farther["minutes"].tolist() == [0, 10 + 9]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        travel_times(homes, points((0, 0)), street, max_gap=900)


def test_a_point_outside_of_the_network_is_refused_with_its_distance(street):
    homes = points((0, 0), (500, 7_000), index=[7, 8])
    with pytest.raises(DataError, match=r"1 outside of the network: 8 \(7000 m\)"):
        travel_times(points((0, 0)), homes, street)
    table = travel_times(points((0, 0)), homes, street, max_gap=8_000)
    assert table["minutes"].tolist() == [0, 5 + 105]


def polygons():
    return points((0, 0)).buffer(10)


def missing_shape():
    homes = points((0, 0), (5, 5))
    homes.iloc[1] = None
    return homes


@pytest.mark.parametrize(
    ("homes", "error", "message"),
    [
        (points((0, 0), (1, 1), index=["a", "a"]), DataError, "stand more than once"),
        (points((0, 0), index=[None]), DataError, r"1 code\(s\) missing"),
        (points((0, 0)).iloc[:0], DataError, "origins: empty selection"),
        (polygons(), DataError, r"no points \(Polygon\): 'a'; pass bm.town_halls\(\)"),
        (missing_shape(), DataError, r"no points \(nothing\): 'b'"),
        (gpd.GeoSeries([shapely.Point()], crs=2154), DataError, "without finite"),
        (points((0, np.inf)), DataError, "1 without finite coordinates: 'a'"),
        (points((0, 0)).to_crs(4326), CRSError, "origins: in degrees"),
        (points((0, 0)).to_crs(3857), CRSError, "Web Mercator"),
        (points((0, 0)).to_crs(32631), CRSError, r"two CRS.*\.to_crs\(2154\)"),
        (pd.DataFrame({"x": [1]}), DataError, "need a GeoDataFrame"),
    ],
)
def test_bad_points_are_refused(street, homes, error, message):
    with pytest.raises((error, TypeError), match=told_or_typed(message)):
        travel_times(homes, points((0, 0)), street)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"direction": "both"}, "unknown direction 'both'; choose among from, to"),
        ({"limit": -5}, "limit is a number of minutes above 0"),
        ({"limit": 0}, "limit is a number"),
        ({"limit": np.nan}, "limit is a number"),
        ({"limit": "30"}, "limit is a number"),
        ({"nearest": 0}, "nearest is how many destinations"),
        ({"nearest": 1.5}, "nearest is how many destinations"),
        ({"max_gap": -1}, "max_gap is a distance in metres"),
        ({"max_gap": None}, "max_gap is a distance in metres"),
    ],
)
def test_bad_options_are_refused(street, options, message):
    with pytest.raises((DataError, TypeError), match=told_or_typed(message)):
        travel_times(points((0, 0)), points((0, 0)), street, **options)


def test_a_path_is_no_network():
    with pytest.raises(
        (DataError, TypeError),
        match=told_or_typed("network: need what read_network returns"),
    ):
        travel_times(points((0, 0)), points((0, 0)), Path("lens.osm.pbf"))
