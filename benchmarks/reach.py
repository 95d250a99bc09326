"""
One to all, many to many, isochrones: basinmap beside other engines, one run.

    python benchmarks/reach.py --sides 200 1000
    python benchmarks/reach.py --pbf town.osm.pbf
    python benchmarks/reach.py --isochrones 300 700 --pbf town.osm.pbf --mode walk

Streets are a jittered lattice, or those of an extract of OpenStreetMap. Engines get
the same edges, and their answers are compared before they are timed.
"""

import argparse
import functools
import importlib.util
import statistics
import tempfile
import time
import warnings

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

import basinmap as bm
from basinmap.access.networks import build_network, sweep
from basinmap.errors import BasinmapWarning


def lattice(side, step=100.0, seed=7, bends=0):
    """Return side x side crossings, some links missing, streets in straight pieces."""
    random = np.random.default_rng(seed)
    museum = bm.LOUVRE_LENS.point
    i, j = np.mgrid[:side, :side]
    node = np.arange(side * side).reshape(side, side)
    x = museum.x + (j - side / 2) * step + random.normal(0, 18, i.shape)
    y = museum.y + (i - side / 2) * step + random.normal(0, 18, i.shape)
    kind = np.zeros(side, int)
    kind[::8], kind[::32] = 1, 2
    across = np.broadcast_to(kind[:, None], (side, side - 1)).ravel()
    along = np.broadcast_to(kind[None], (side - 1, side)).ravel()
    tail = np.concatenate([node[:, :-1].ravel(), node[:-1].ravel()])
    head = np.concatenate([node[:, 1:].ravel(), node[1:].ravel()])
    kmh = np.array([30.0, 50.0, 80.0])[np.concatenate([across, along])]
    kept = (kmh > 30) | (random.random(len(tail)) > 0.14)
    tail, head, kmh = tail[kept], head[kept], kmh[kept]
    x, y = x.ravel(), y.ravel()
    share = np.arange(1, bends + 1) / (bends + 1)
    inner = len(x) + np.arange(len(tail) * bends).reshape(len(tail), bends)
    line = np.column_stack([tail, inner, head])
    x = np.concatenate(
        [x, (x[tail, None] + (x[head] - x[tail])[:, None] * share).ravel()]
    )
    y = np.concatenate(
        [y, (y[tail, None] + (y[head] - y[tail])[:, None] * share).ravel()]
    )
    u, v = line[:, :-1].ravel(), line[:, 1:].ravel()
    length = np.hypot(x[u] - x[v], y[u] - y[v])
    minutes = length / (np.repeat(kmh, bends + 1) * 1000 / 60)
    both = np.concatenate
    return build_network(
        x, y, both([u, v]), both([v, u]), both([length] * 2), both([minutes] * 2),
        mode="car",
    )  # fmt: skip


def engines(network):
    """Return one-to-all searches of each engine at hand, by name."""
    size = len(network.x)
    graph = csr_array((network.minutes, (network.tail, network.head)), (size, size))
    edges = np.column_stack([network.tail, network.head])
    found = {
        "basinmap": lambda start: sweep(network, [start], [0.0]),
        "scipy, every node": lambda start: dijkstra(graph, indices=start),
    }
    try:
        import igraph  # noqa: PLC0415

        other = igraph.Graph(n=size, edges=edges, directed=True)
        found["igraph"] = lambda start: np.array(
            other.distances(start, weights=network.minutes, mode="out")[0]
        )
    except ImportError:
        pass
    try:
        import networkit  # noqa: PLC0415

        third = networkit.GraphFromCoo(
            (network.minutes, (network.tail, network.head)),
            n=size, directed=True, weighted=True,
        )  # fmt: skip
        found["networkit"] = lambda start: np.array(
            networkit.distance.Dijkstra(third, start, storePaths=False)
            .run()
            .getDistances()
        )
    except ImportError:
        pass
    if size <= 400_000:
        import networkx as nx  # noqa: PLC0415

        last = nx.DiGraph()
        last.add_weighted_edges_from(
            zip(
                network.tail.tolist(),
                network.head.tolist(),
                network.minutes,
                strict=True,
            )
        )

        def by_networkx(start):
            times = nx.single_source_dijkstra_path_length(last, start)
            return np.array([times[node] for node in range(size)])

        found["networkx"] = by_networkx
    return found


def timed(calls, runs):
    """Return the median seconds of each call, interleaved."""
    seconds = {name: [] for name in calls}
    for _ in range(runs):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


def table(title, seconds, base):
    print(f"\n### {title}\n\n| What | Milliseconds | ÷ {base} |\n|---|--:|--:|")
    for name, value in seconds.items():
        print(f"| {name} | {1000 * value:,.1f} | {value / seconds[base]:.1f} |")


def measured(network, runs):
    print(f"\n## {network!r}")
    start = time.perf_counter()
    network.chains  # noqa: B018 - built when first asked for
    print(f"\nmade ready once: {time.perf_counter() - start:.2f} s")
    middle = int(
        np.hypot(
            network.x - np.median(network.x), network.y - np.median(network.y)
        ).argmin()
    )
    known = engines(network)
    truth = known["scipy, every node"](middle)
    for name, search in known.items():
        np.testing.assert_allclose(search(middle), truth, rtol=1e-9, err_msg=name)
    calls = {name: (lambda s=search: s(middle)) for name, search in known.items()}
    near = float(np.quantile(truth, 0.1))
    calls["basinmap, the nearest tenth"] = lambda: sweep(
        network, [middle], [0.0], limit=near
    )
    place = gpd.GeoSeries(
        [shapely.Point(network.x[middle], network.y[middle])],
        index=["place"], crs=network.crs,
    )  # fmt: skip
    bounds = [float(np.quantile(truth, share)) for share in (0.1, 0.25, 0.4, 0.6)]
    calls["isochrones, 4 contours, nested"] = lambda: bm.isochrones(
        place, network, minutes=bounds, nested=True
    )
    table("One to all", timed(calls, runs), "basinmap")
    random = np.random.default_rng(1)
    some = random.choice(len(network.x), (2, 1534))
    sides = [
        gpd.GeoSeries(
            gpd.points_from_xy(network.x[nodes], network.y[nodes]),
            index=[f"{name}{i}" for i in range(len(nodes))], crs=network.crs,
        )
        for name, nodes in (("o", some[0]), ("d", some[1, :100]))
    ]  # fmt: skip
    start = time.perf_counter()
    bm.travel_times(*sides, network)
    print(f"\n1,534 × 100 travel times: {time.perf_counter() - start:.2f} s")


def areas(network, runs):
    """Time isochrones beside one search, the first call on a network apart."""
    print(f"\n## {network!r}")
    network.chains  # noqa: B018 - built when first asked for
    middle = int(
        np.hypot(
            network.x - np.median(network.x), network.y - np.median(network.y)
        ).argmin()
    )
    place = gpd.GeoSeries(
        [shapely.Point(network.x[middle], network.y[middle])],
        index=["place"], crs=network.crs,
    )  # fmt: skip
    truth = sweep(network, [middle], [0.0])
    bounds = [float(np.quantile(truth, share)) for share in (0.1, 0.25, 0.4, 0.6)]
    call = functools.partial(bm.isochrones, place, network)
    start = time.perf_counter()
    call(minutes=bounds)
    first = time.perf_counter() - start
    seconds = timed(
        {
            "one search": lambda: sweep(network, [middle], [0.0]),
            "4 bounds, as by default": lambda: call(minutes=bounds),
            "4 bounds, nested": lambda: call(minutes=bounds, nested=True),
            "1 bound": lambda: call(minutes=bounds[-1:]),
        },
        runs,
    )
    seconds["4 bounds, first call on the network"] = first
    table("Isochrones", seconds, "one search")


def beside_valhalla(pbf, mode, runs):
    """Time one place to a thousand by both engines, where Valhalla is installed."""
    network = bm.read_network(pbf, mode=mode, quiet=True)
    random = np.random.default_rng(1)
    nodes = random.choice(len(network.x), 1001, replace=False)
    points = gpd.GeoSeries(
        gpd.points_from_xy(network.x[nodes], network.y[nodes]),
        index=[f"p{i}" for i in range(len(nodes))], crs=network.crs,
    )  # fmt: skip
    one, many = points.iloc[:1], points.iloc[1:]
    with tempfile.TemporaryDirectory() as folder:
        tiles = bm.valhalla_tiles(pbf, f"{folder}/tiles")
        calls = {
            "basinmap, travel_times": lambda: bm.travel_times(one, many, network),
            "Valhalla, valhalla_times": lambda: bm.valhalla_times(
                one, many, tiles, mode=mode
            ),
            "basinmap, isochrones": lambda: bm.isochrones(
                one, network, minutes=[2, 4, 6, 8]
            ),
            "Valhalla, valhalla_isochrones": lambda: bm.valhalla_isochrones(
                one, tiles, mode=mode, minutes=[2, 4, 6, 8]
            ),
        }
        seconds = timed(calls, runs)
    table("1 × 1,000 times, 4 contours", seconds, "basinmap, travel_times")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sides", type=int, nargs="*", default=[])
    parser.add_argument("--isochrones", type=int, nargs="*")
    parser.add_argument("--bends", type=int, default=0)
    parser.add_argument("--pbf")
    parser.add_argument("--mode", default="car")
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    warnings.simplefilter("ignore", BasinmapWarning)  # areas that an extract cuts
    if given.isochrones is not None:
        for side in given.isochrones:
            areas(lattice(side, bends=given.bends), given.runs)
        if given.pbf:
            network = bm.read_network(given.pbf, mode=given.mode, quiet=True)
            areas(network, given.runs)
        return
    for side in given.sides:
        measured(lattice(side, bends=given.bends), given.runs)
    if given.pbf:
        measured(bm.read_network(given.pbf, mode=given.mode, quiet=True), given.runs)
        if importlib.util.find_spec("valhalla"):
            beside_valhalla(given.pbf, given.mode, given.runs)


if __name__ == "__main__":
    main()
