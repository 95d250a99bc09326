"""
Speed of counts between units that do not nest: `python benchmarks/apportion.py --help`.

IRIS of Nord and Pas-de-Calais when the reference data stand beside the clone (cleaned
into a coverage first, out of the clock), else units like communes; onto a 500 m grid
and onto communes. Runs are interleaved; totals are compared before anything is timed.
`--peers` names a Python that has tobler.
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
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from load import partition

import basinmap as bm
from basinmap.spatial.apportioning import apportion
from basinmap.spatial.coverages import clean_coverage

REFERENCE = Path(__file__).parents[2] / "shared/data/reference"
PACKAGES = ("geopandas", "shapely", "numpy", "pandas")
PEOPLE = {"people": bm.Stock()}
PEER = """
import importlib.metadata, json, sys, time, warnings
warnings.simplefilter("ignore")
import geopandas as gpd
from tobler.area_weighted import area_interpolate
source, target = (gpd.read_parquet(path) for path in sys.argv[1:])
print(json.dumps({"version": importlib.metadata.version("tobler")}), flush=True)
for line in sys.stdin:
    start = time.perf_counter(), time.process_time()
    found = area_interpolate(
        source, target, extensive_variables=["people"], n_jobs=1, allocate_total=False
    )
    spent = time.perf_counter() - start[0], time.process_time() - start[1]
    print(json.dumps({"seconds": spent, "people": list(found["people"])}), flush=True)
"""


class Peer:
    """tobler in a process that stays: its import is not counted."""

    def __init__(self, python, source, target):
        self.process = subprocess.Popen(
            [python, "-c", PEER, str(source), str(target)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.version = json.loads(self.process.stdout.readline())["version"]

    def run(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)


def units():
    """Return units with people: real IRIS, or as many that look like communes."""
    path = REFERENCE / "iris/iris_2020_59_62_from_z9tiles.gpkg"
    if not path.exists():
        frame = partition(1600, 300)
        rng = np.random.default_rng(0)
        return frame.assign(people=rng.integers(50, 5000, len(frame)))
    frame = gpd.read_file(path).to_crs(2154).set_index("CODE_IRIS")[["geometry"]]
    frame, _ = clean_coverage(frame, gap_width=30)
    counts = bm.statistics("iris")["population_2021"]
    return frame.assign(people=counts.reindex(frame.index))


def grid(source, cell):
    """Return the square cells that the units touch."""
    x0, y0, x1, y1 = source.total_bounds // cell * cell
    x, y = np.meshgrid(np.arange(x0, x1 + 1, cell), np.arange(y0, y1 + 1, cell))
    cells = shapely.box(x.ravel(), y.ravel(), x.ravel() + cell, y.ravel() + cell)
    shapes = source.geometry.array
    touched = shapely.STRtree(cells).query(shapes, predicate="intersects")[1]
    cells = cells[np.unique(touched)]
    index = pd.RangeIndex(len(cells), name="cell")
    return gpd.GeoDataFrame(geometry=cells, index=index, crs=source.crs)


def overlaid(source, target):
    """Apportion as one writes it with geopandas."""
    left = source.assign(whole=source.area)
    parts = left.overlay(target.reset_index(names="target"), keep_geom_type=True)
    parts["people"] *= parts.area / parts["whole"]
    return parts.groupby("target")["people"].sum().reindex(target.index)


def timed(call):
    """Return the seconds on the clock, and those of the processor."""
    start = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - start[0], time.process_time() - start[1]


def check_equal(name, mine, other):
    gap = np.nanmax(np.abs(np.nan_to_num(mine) - np.nan_to_num(other)))
    # Of one person: tobler keeps its shares in single precision.
    assert gap < 1e-3, f"{name} differs by {gap}"  # noqa: S101 - the point of it


def measured(source, target, runs, python):
    table = pd.DataFrame(source[["people"]])

    def ours():
        return apportion(table, source, target, measures=PEOPLE)

    mine, report = ours()
    calls = {
        "geopandas.overlay": lambda: timed(lambda: overlaid(source, target)),
        "apportion": lambda: timed(ours),
    }
    check_equal("overlay", mine["people"], overlaid(source, target))
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        files = [Path(folder, name) for name in ("source.parquet", "target.parquet")]
        for frame, file in zip((source, target), files, strict=True):
            frame.to_parquet(file)
        if python:
            peer = Peer(python, *files)
            stack.callback(peer.close)
            check_equal("tobler", mine["people"], np.array(peer.run()["people"]))
            label = f"tobler {peer.version}, area_interpolate, n_jobs=1"
            calls = {label: lambda: peer.run()["seconds"], **calls}
        times = {name: [] for name in calls}
        for _ in range(runs + 1):
            for name, call in calls.items():
                times[name].append(call())
    kept = abs(report.after["people"] / report.before["people"] - 1)
    return {n: medians(found[1:]) for n, found in times.items()}, kept


def medians(found):
    return [statistics.median(kind) for kind in zip(*found, strict=True)]


def markdown(title, times, kept):
    wall, processor = times["apportion"]
    lines = [
        f"| {n} | {a:.3f} | {a / wall:.1f} | {b:.3f} | {b / processor:.1f} |"
        for n, (a, b) in times.items()
    ]
    return "\n".join(
        [
            f"### {title}",
            "",
            "| What | Seconds | ÷ apportion | Of processor | ÷ apportion |",
            "|---|--:|--:|--:|--:|",
            *lines,
            "",
            f"Total before and after: {kept:.1e} apart.",
            "",
        ]
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--cell", type=float, default=500.0)
    parser.add_argument("--peers", help="a Python that has tobler")
    given = parser.parse_args()
    versions = ", ".join(f"{n} {importlib.metadata.version(n)}" for n in PACKAGES)
    print(
        f"{dt.date.today():%Y-%m-%d}, {platform.system()}, {os.cpu_count()} cores, "  # noqa: DTZ011 - the day it ran
        f"Python {platform.python_version()}, {versions}.\n"
    )
    source = units()
    targets = {f"{given.cell:.0f} m grid": grid(source, given.cell)}
    if REFERENCE.exists():
        targets["communes"] = bm.communes()[["geometry"]]
    for name, target in targets.items():
        times, kept = measured(source, target, given.runs, given.peers)
        print(markdown(f"{len(source):,} units → {len(target):,} {name}", times, kept))


if __name__ == "__main__":
    main()
