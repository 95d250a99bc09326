"""
Speed of points into units, beside the peers: `python benchmarks/join.py --help`.

Runs are interleaved, so that a busy moment of the machine falls on all; medians and
their ratios are printed as Markdown. Every answer is compared before it is timed.
Peers that are not installed are left out; `--peers` names a Python that has them.
"""

import argparse
import contextlib
import datetime as dt
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
from load import partition, people

from basinmap.spatial.joins import count, locate
from basinmap.spatial.lookups import find, lookup

PACKAGES = ("geopandas", "shapely", "numpy", "pandas", "pyarrow")
PEER = """
import importlib.metadata, json, sys, time
points, units, name = sys.argv[1:]
if name == "sedonadb":
    import sedonadb
    sd = sedonadb.connect()
    sd.read_parquet(points).to_view("points")
    sd.read_parquet(units).to_view("units")
    run = lambda: sd.sql(
        "SELECT u.commune, COUNT(*) AS n FROM points p JOIN units u "
        "ON ST_Within(p.geometry, u.geometry) GROUP BY u.commune"
    ).to_pandas()
else:
    import duckdb, pathlib, duckdb_extension_spatial as extension
    con = duckdb.connect()
    (file,) = pathlib.Path(extension.__file__).parent.rglob("spatial.duckdb_extension")
    con.execute(f"LOAD '{file}'")
    con.execute("SET enable_progress_bar = false")  # it would go to stdout
    run = lambda: con.execute(
        "SELECT u.commune, COUNT(*) AS n "
        f"FROM read_parquet('{points}') p JOIN read_parquet('{units}') u "
        "ON ST_Within(p.geometry, u.geometry) GROUP BY u.commune"
    ).df()
version = importlib.metadata.version(name)
print(json.dumps({"version": version}), flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    table = run()
    spent = time.perf_counter() - start
    table = table.sort_values("commune")
    counts = dict(zip(table["commune"], map(int, table["n"])))
    print(json.dumps({"seconds": spent, "counts": counts}), flush=True)
"""
# Peak memory of a count in a process of its own.
PEAK = r"""
import pathlib, re, sys, time
from basinmap.spatial.joins import count
import geopandas as gpd
units = gpd.read_parquet(sys.argv[2]).set_index("commune")
start = time.perf_counter()
table, _ = count(sys.argv[1], units)
spent = time.perf_counter() - start
# Not ru_maxrss, which a child inherits from the process that starts it.
status = pathlib.Path("/proc/self/status").read_text()
peak = int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024
print(int(table["points"].sum()), spent, peak)
"""


class Peer:
    """Another engine in a process that stays: its import is not counted."""

    def __init__(self, python, points, units, name):
        self.name = name
        self.process = subprocess.Popen(
            [python, "-c", PEER, str(points), str(units), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.version = self.read()["version"]

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            msg = f"{self.name} does not run here"
            raise RuntimeError(msg)
        return json.loads(line)

    def run(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return self.read()

    def close(self):
        self.process.kill()
        self.process.wait()


def timed(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def interleaved(calls, runs):
    """Return the median time of each call; the first round warms up."""
    times = {name: [] for name in calls}
    for _ in range(runs + 1):
        for name, call in calls.items():
            times[name].append(call())
    return {name: statistics.median(found[1:]) for name, found in times.items()}


def counted(ranks, units):
    return np.bincount(ranks[ranks >= 0], minlength=len(units))


def check_equal(units, x, y, points):
    """Compare with geopandas point by point; borders have no answer there."""
    joined = points.sjoin(units, predicate="within")
    peer = np.full(len(points), -1)
    peer[joined.index] = units.index.get_indexer(joined["commune"])
    mine = find(lookup(units), x, y)
    differ = np.flatnonzero(mine.rank != peer)
    assert len(differ) == mine.border, f"{len(differ)} differ, {mine.border} on borders"  # noqa: S101 - the point of it
    return counted(mine.rank, units)


def in_memory(units, number, runs):
    x, y = people(number)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=units.crs)
    check_equal(units, x, y, points)
    mixed = points.geometry.sample(frac=1, random_state=0)
    ready = lookup(units)
    calls = {
        "geopandas.sjoin(within)": lambda: timed(
            lambda: points.sjoin(units, predicate="within")
        ),
        "ranks, lookup kept": lambda: timed(lambda: find(ready, x, y)),
        "ranks, lookup built": lambda: timed(lambda: find(lookup(units), x, y)),
        "count((x, y)), lookup kept": lambda: timed(lambda: count((x, y), ready)),
        "locate((x, y)), lookup kept": lambda: timed(lambda: locate((x, y), ready)),
        "locate((x, y)), lookup built": lambda: timed(lambda: locate((x, y), units)),
        "locate(GeoSeries), lookup kept": lambda: timed(
            lambda: locate(points.geometry, ready)
        ),
        # As after a sort or a filter: objects lie anywhere in memory.
        "locate(GeoSeries), shuffled": lambda: timed(lambda: locate(mixed, ready)),
    }
    return interleaved(calls, runs)


def from_file(units, number, runs, python, engines):
    x, y = people(number)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=units.crs)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        file, outlines = Path(folder, "points.parquet"), Path(folder, "units.parquet")
        points.to_parquet(file)
        units.reset_index().to_parquet(outlines)
        del points
        table, _ = count(file, units)
        # Borders are nobody's for the peers: counts may differ by those points.
        borders = find(lookup(units), x, y).border
        ready = lookup(units)

        def peer_of_ours():
            read = gpd.read_parquet(file)
            return read.sjoin(units, predicate="within").groupby("commune").size()

        calls = {
            "geopandas: read, sjoin, count": lambda: timed(peer_of_ours),
            "count(path), lookup kept": lambda: timed(lambda: count(file, ready)),
            "count(path), lookup built": lambda: timed(lambda: count(file, units)),
        }
        for name in engines:
            peer = started(python, file, outlines, name)
            if peer is None:
                continue
            stack.callback(peer.close)
            first = peer.run()["counts"]
            mine = table["points"][table["points"] > 0].to_dict()
            apart = sum(abs(mine.get(k, 0) - first.get(k, 0)) for k in mine | first)
            assert apart <= borders, f"{name} differs by {apart}"  # noqa: S101 - the point of it
            label = f"{peer.name} {peer.version}: read, join, count"
            calls[label] = lambda peer=peer: peer.run()["seconds"]
        return interleaved(calls, runs)


def started(python, file, outlines, name):
    if python is None:
        return None
    try:
        return Peer(python, file, outlines, name)
    except (OSError, RuntimeError, ValueError):
        print(f"{name} is not there: left out", file=sys.stderr)
        return None


def peak(units, number):
    """Count a file written by lots in a process that does nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        file, outlines = Path(folder, "points.parquet"), Path(folder, "units.parquet")
        units.reset_index().to_parquet(outlines)
        x, y = people(min(2_000_000, number))
        lot = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=units.crs)
        lot.to_parquet(Path(folder, "lot.parquet"))
        table = pq.read_table(Path(folder, "lot.parquet"))
        with pq.ParquetWriter(file, table.schema) as writer:
            for start in range(0, number, len(x)):  # the same people, again and again
                writer.write_table(table.slice(0, number - start))
        done = subprocess.run(
            [sys.executable, "-c", PEAK, str(file), str(outlines)],
            capture_output=True,
            text=True,
            check=True,
        )
    found, spent, memory = done.stdout.split()
    return (
        f"{number:,} points of a file counted in {float(spent):.1f} s, build included, "
        f"peak {float(memory):,.0f} MiB ({int(found):,} inside)."
    )


def markdown(title, times):
    reference = next(iter(times.values()))
    return "\n".join(
        [
            f"### {title}",
            "",
            "| What | Seconds | Times faster |",
            "|---|--:|--:|",
            *(f"| {n} | {t:.3f} | {reference / t:.1f} |" for n, t in times.items()),
            "",
        ]
    )


def draw(results, path):
    """Draw time against number of points."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - only for the chart

    fig = Figure(figsize=(7, 4.5), layout="constrained")
    ax = fig.subplots()
    numbers = sorted(results)
    for name in results[numbers[0]]:
        ax.plot(numbers, [results[n][name] for n in numbers], marker="o", label=name)
    ax.set(xscale="log", yscale="log", xlabel="points", ylabel="seconds")
    ax.grid(visible=True, which="major", alpha=0.3)
    ax.legend(fontsize=8)
    fig.savefig(path, dpi=150)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--points", type=int, nargs="+", default=[1_000_000, 5_000_000])
    parser.add_argument("--units", type=int, default=1600)
    parser.add_argument("--vertices", type=int, default=300)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--file", type=int, default=5_000_000, help="0 for none")
    parser.add_argument("--peak", type=int, default=0, help="such as 50000000")
    parser.add_argument("--peers", help="a Python that has the engines")
    parser.add_argument("--engines", nargs="*", default=["sedonadb", "duckdb"])
    parser.add_argument("--chart", type=Path, help="a PNG of time against points")
    given = parser.parse_args()
    versions = ", ".join(f"{n} {importlib.metadata.version(n)}" for n in PACKAGES)
    print(
        f"{dt.date.today():%Y-%m-%d}, {platform.system()}, {os.cpu_count()} cores, "  # noqa: DTZ011 - the day it ran
        f"Python {platform.python_version()}, {versions}. Medians of {given.runs} "
        f"interleaved runs; {given.units:,} units, {given.vertices} vertices each.\n"
    )
    units = partition(given.units, given.vertices)
    print(f"lookup(units): {timed(lambda: lookup(units)):.2f} s\n", flush=True)
    results = {}
    for number in given.points:
        results[number] = in_memory(units, number, given.runs)
        print(markdown(f"{number:,} points in memory", results[number]), flush=True)
    if given.file:
        times = from_file(units, given.file, given.runs, given.peers, given.engines)
        print(markdown(f"{given.file:,} points from GeoParquet", times), flush=True)
    if given.peak:
        print(peak(units, given.peak))
    if given.chart:
        draw(results, given.chart)


if __name__ == "__main__":
    main()
