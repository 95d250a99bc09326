"""Networks as arrays: what is kept, what is searched, what is written."""

import json
import pickle
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from basinmap.access.networks import (
    build_network,
    load_network,
    sweep,
    write_network,
)
from basinmap.errors import CRSError, DataError, OutputError


def streets(pairs, minutes, *, size, mode="walk", **options):
    tail, head = np.array(pairs).T
    x = np.arange(size) * 100.0
    return build_network(
        x, np.sqrt(x), tail, head, np.full(len(tail), 100.0), minutes,
        mode=mode, **options,
    )  # fmt: skip


@st.composite
def networks(draw):
    """Random streets with bends, dead ends, one-way streets and loops."""
    size = draw(st.integers(2, 9))
    pairs, minutes = [], []
    extra = size
    for _ in range(draw(st.integers(1, 14))):
        a, b = draw(st.integers(0, size - 1)), draw(st.integers(0, size - 1))
        bends = draw(st.integers(0, 4))
        both = draw(st.integers(0, 3)) > 0
        line = [a, *range(extra, extra + bends), b]
        extra += bends
        for u, v in pairwise(line):
            pairs.append((u, v))
            minutes.append(draw(st.integers(1, 20)) / 4)
            if both:
                pairs.append((v, u))
                minutes.append(draw(st.integers(1, 20)) / 4)
    return pairs, minutes, extra


def as_graph(network):
    graph = nx.DiGraph()
    graph.add_nodes_from(range(len(network.x)))
    edges = zip(
        network.tail.tolist(), network.head.tolist(), network.minutes, strict=True
    )
    graph.add_weighted_edges_from(edges)
    return graph


@given(networks(), st.data())
def test_a_sweep_equals_networkx_from_any_node_and_back(drawn, data):
    pairs, minutes, size = drawn
    try:
        network = streets(pairs, minutes, size=size)
    except DataError:  # no two places reach each other and back
        return
    start = data.draw(st.integers(0, len(network.x) - 1))
    second = data.draw(st.integers(0, len(network.x) - 1))
    graph = as_graph(network)
    for reverse in (False, True):
        way = graph.reverse() if reverse else graph
        one = nx.single_source_dijkstra_path_length(way, start)
        two = nx.single_source_dijkstra_path_length(way, second)
        known = [min(0.5 + one[i], 2.25 + two[i]) for i in range(len(network.x))]
        found = sweep(network, [start, second], [0.5, 2.25], reverse=reverse)
        np.testing.assert_allclose(found, known, atol=1e-12)
        limited = sweep(network, [start, second], [0.5, 2.25], reverse=reverse, limit=6)
        np.testing.assert_allclose(
            limited, np.where(np.array(known) <= 6, known, np.inf), atol=1e-12
        )
        some = [second, start]
        np.testing.assert_array_equal(
            sweep(network, [start, second], [0.5, 2.25], reverse=reverse, at=some),
            found[some],
        )


@given(networks())
def test_the_part_that_is_kept_is_the_largest_of_networkx(drawn):
    pairs, minutes, size = drawn
    graph = nx.DiGraph()
    graph.add_edges_from((u, v) for u, v in pairs if u != v)
    largest = max(map(len, nx.strongly_connected_components(graph)), default=0)
    if largest < 2:
        with pytest.raises(DataError):
            streets(pairs, minutes, size=size)
        return
    network = streets(pairs, minutes, size=size)
    assert len(network.x) == network.report.nodes == largest
    used = graph.number_of_nodes()
    assert network.report.dropped_nodes == used - largest
    parts = nx.number_strongly_connected_components(graph)
    assert network.report.parts == parts


def test_a_single_ring_is_searched():
    network = streets([(0, 1), (1, 2), (2, 0)], [1.0, 2.0, 4.0], size=3, mode="car")
    start = int(np.flatnonzero(network.node == 1)[0])
    found = sweep(network, [start], [0.0])
    assert found[np.argsort(network.node)].tolist() == [6.0, 0.0, 2.0]


def test_the_fastest_of_two_edges_stays_and_kilometres_count_once():
    network = streets(
        [(0, 1), (0, 1), (1, 0), (1, 1), (2, 3), (3, 2)],
        [3.0, 2.0, 5.0, 1.0, 1.0, 1.0],
        size=4,
    )
    assert sorted(network.minutes.tolist()) in ([2.0, 5.0], [1.0, 1.0])
    assert network.report.kilometres == pytest.approx(0.1)
    assert network.report.dropped_kilometres == pytest.approx(0.1)
    assert "2 nœuds" in network.report.text


def test_an_identifier_follows_its_node_and_the_opposite_edge_is_known():
    network = streets([(0, 1), (1, 0), (1, 2), (2, 0)], [1.0] * 4, size=3)
    np.testing.assert_array_equal(network.x, network.node * 100.0)
    for edge, back in enumerate(network.backward):
        ends = (int(network.tail[edge]), int(network.head[edge]))
        names = tuple(network.node[list(ends)].tolist())
        assert (back >= 0) == (names in {(0, 1), (1, 0)})


def test_a_network_is_read_as_it_was_written(tmp_path):
    network = streets(
        [(0, 1), (1, 0), (1, 2), (2, 1)], [1.0, 2.0, 3.0, 4.0], size=3,
        source="© les contributeurs OpenStreetMap", notes=("Une note.",),
        dropped={"private": 3},
    )  # fmt: skip
    path = tmp_path / "network.npz"
    write_network(network, path)
    first = path.read_bytes()
    write_network(network, path)
    assert path.read_bytes() == first
    again = load_network(path)
    for name in ("x", "y", "node", "tail", "head", "length", "minutes"):
        np.testing.assert_array_equal(getattr(again, name), getattr(network, name))
    assert again.crs == network.crs
    assert (again.source, again.notes, again.report, again.mode) == (
        network.source, network.notes, network.report, network.mode,
    )  # fmt: skip
    assert [item.name for item in tmp_path.iterdir()] == ["network.npz"]
    (tmp_path / "cut.npz").write_bytes(first[: len(first) // 2])
    with pytest.raises(DataError, match=r"cut\.npz: cannot be read"):
        load_network(tmp_path / "cut.npz")
    with pytest.raises(DataError, match="write_network"):
        load_network(tmp_path / "none.npz")
    with pytest.raises(DataError, match="npz"):
        write_network(network, tmp_path / "network.zip")


def test_a_network_travels_to_another_process():
    network = streets([(0, 1), (1, 0)], [1.0, 2.0], size=2)
    sweep(network, [0], [0.0])
    again = pickle.loads(pickle.dumps(network))  # noqa: S301 - ours
    np.testing.assert_array_equal(sweep(again, [0], [0.0]), sweep(network, [0], [0.0]))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"crs": "EPSG:4326"}, CRSError, "degrees"),
        ({"crs": "EPSG:3857"}, CRSError, "Web Mercator"),
        ({"crs": None}, CRSError, "no CRS"),
        ({"mode": "plane"}, DataError, "choose among walk, bike, car"),
        ({"minutes": [1.0, -1.0]}, DataError, "check the speeds"),
        ({"minutes": [1.0, np.inf]}, DataError, "check the speeds"),
        ({"length": [np.nan, 1.0]}, DataError, "length: 1 edge"),
        ({"x": [0.0, np.nan]}, DataError, "without a position"),
        ({"head": [1, 7]}, DataError, "without a node: 1"),
        ({"node": [5, 5]}, DataError, "repeated: 5"),
        ({"head": [1, 1], "tail": [0, 0]}, DataError, "reach each other and back"),
        ({"off_street": 0}, DataError, "km/h"),
        ({"tail": [0]}, DataError, "differ in size"),
        (
            {"tail": [], "head": [], "length": [], "minutes": []},
            DataError,
            "without any street",
        ),
    ],
)
def test_bad_arrays_are_refused(change, error, message):
    given_ = {
        "x": [0.0, 100.0],
        "y": [0.0, 0.0],
        "tail": [0, 1],
        "head": [1, 0],
        "length": [100.0, 100.0],
        "minutes": [1.0, 1.0],
        "mode": "walk",
        **change,
    }
    arrays = [
        given_.pop(name) for name in ("x", "y", "tail", "head", "length", "minutes")
    ]
    with pytest.raises(error, match=message):
        build_network(*arrays, **given_)


# -- saved networks that are none ----------------------------------------------


def saved(path, *, about=None, without=(), **arrays):
    """Write a network of three nodes, something of it changed."""
    network = streets([(0, 1), (1, 0), (1, 2), (2, 1)], [1.0, 2.0, 3.0, 4.0], size=3)
    write_network(network, path)
    with np.load(path) as archive:
        held = {name: archive[name] for name in archive.files}
    told = json.loads(str(held.pop("about")))
    told.pop("sum")
    told = about(told) if callable(about) else told | (about or {})
    kept = held | arrays
    for name in without:
        told.pop(name)
    np.savez_compressed(path, about=np.array(json.dumps(told)), **kept)
    return path


def test_a_saved_network_without_a_sum_is_read_as_before(tmp_path):
    assert len(load_network(saved(tmp_path / "n.npz")).x) == 3


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"minutes": np.array([1.0, -2, 3, 4])}, "minutes: 1 edge.* negative"),
        ({"minutes": np.array([1.0, np.nan, 3, 4])}, "minutes: 1 edge"),
        ({"minutes": np.array([1.0, np.inf, 3, 4])}, "minutes: 1 edge"),
        ({"length": np.array([1.0, -2, 3, 4])}, "length: 1 edge"),
        ({"head": np.array([1, 0, 2, 3])}, "without a node"),
        ({"head": np.array([1, 0, 2, -1])}, "without a node"),
        ({"tail": np.array([1, 0, 1, 2])}, "not in order"),
        ({"head": np.array([0, 0, 2, 1])}, "lead nowhere"),
        ({"head": np.array([1, 0, 2])}, "differ in size"),
        ({"x": np.array([0.0, np.nan, 1])}, "without a position"),
        ({"node": np.array([1, 1, 2])}, "repeated"),
        ({"x": np.zeros((3, 1))}, "'x' hold no list of numbers"),
        ({"x": np.array(["a", "b", "c"])}, "'x' hold no list of numbers"),
        ({"x": np.array([{}, {}, {}], dtype=object)}, "holds Python objects"),
    ],
)
def test_a_saved_network_that_no_search_could_use_is_refused(tmp_path, arrays, told):
    path = saved(tmp_path / "n.npz", **arrays)
    with pytest.raises(DataError, match=rf"n\.npz: .*{told}.*write_network wrote"):
        load_network(path)


@pytest.mark.parametrize(
    "about",
    [
        {"mode": "plane"},
        {"mode": None},
        {"crs": "nope"},
        {"crs": CRS.from_epsg(4326).to_wkt()},
        {"crs": 3},
        {"off_street": -4},
        {"off_street": "fast"},
        {"off_street": None},
        {"notes": 3},
        {"report": {"weight": 3}},
        {"report": []},
        list,
        len,
    ],
)
def test_a_saved_network_that_says_nonsense_of_itself_is_refused(tmp_path, about):
    with pytest.raises(DataError, match="write_network wrote"):
        load_network(saved(tmp_path / "n.npz", about=about))


@pytest.mark.parametrize("name", ["mode", "crs", "off_street", "report", "notes"])
def test_a_saved_network_that_lacks_a_word_is_refused(tmp_path, name):
    with pytest.raises(DataError, match="write_network wrote"):
        load_network(saved(tmp_path / "n.npz", without=[name]))


def test_a_saved_network_with_a_flipped_bit_is_refused_or_the_same(tmp_path):
    network = streets([(0, 1), (1, 0), (1, 2), (2, 1)], [1.0, 2.0, 3.0, 4.0], size=3)
    path = tmp_path / "n.npz"
    write_network(network, path)
    whole = path.read_bytes()
    for place in range(0, len(whole), 7):
        path.write_bytes(
            whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :]
        )
        try:
            again = load_network(path)
        except DataError:
            continue
        np.testing.assert_array_equal(again.minutes, network.minutes)
        np.testing.assert_array_equal(again.head, network.head)


def test_a_network_is_written_in_a_folder_that_is_made(tmp_path):
    network = streets([(0, 1), (1, 0)], [1.0, 2.0], size=2)
    write_network(network, tmp_path / "new" / "deep" / "n.npz")
    assert (tmp_path / "new" / "deep" / "n.npz").is_file()
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file"):
        write_network(network, tmp_path / "file" / "n.npz")
