"""
Speed of `zonal` beside exactextract out of the box and rasterstats.

rasterstats runs in an interpreter of its own, where it is installed:

    python benchmarks/zonal.py --peer /path/to/venv/bin/python

All read the same tiled GeoTIFF; runs are interleaved, and medians are of one call,
on the clock and of the processor. Ratios are those of the processor, which a busy
machine disturbs less.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
from exactextract import exact_extract
from load import CORNER, HEIGHT, WIDTH, partition
from rasterio import Affine

from basinmap.spatial.rasters import zonal

STATS = ["mean", "sum", "count"]
PEER = """
import json, sys, time
import geopandas as gpd
from rasterstats import zonal_stats
raster, units, runs = sys.argv[1], gpd.read_parquet(sys.argv[2]), int(sys.argv[3])
for _ in range(runs):
    start = time.perf_counter(), time.process_time()
    found = zonal_stats(units, raster, stats=["mean", "sum", "count"])
    seconds = time.perf_counter() - start[0], time.process_time() - start[1]
    means = [one["mean"] for one in found]
    print(json.dumps({"seconds": seconds, "mean": means}), flush=True)
    sys.stdin.readline()
"""


def relief(path: Path, cell: float) -> None:
    """Write hills and noise as float32 tiles of 256 cells, deflated."""
    width, height = int(WIDTH / cell), int(HEIGHT / cell)
    random = np.random.default_rng(0)
    grid = {
        "driver": "GTiff",
        "count": 1,
        "width": width,
        "height": height,
        "dtype": "float32",
        "crs": "EPSG:2154",
        "transform": Affine(cell, 0, CORNER[0], 0, -cell, CORNER[1] + HEIGHT),
        "nodata": -9999,
        "tiled": True,
        "blockxsize": 256,
        "blockysize": 256,
        "compress": "deflate",
    }
    x = np.arange(width)
    with rasterio.open(path, "w", **grid) as file:
        for top in range(0, height, 1024):
            y = np.arange(top, min(top + 1024, height))
            rows = 200 + 100 * np.sin(y / 700)[:, None] * np.cos(x / 900)
            rows += random.normal(0, 5, rows.shape)
            window = ((top, top + len(y)), (0, width))
            file.write(rows.round(1).astype("float32"), 1, window=window)


class Rival:
    """rasterstats, kept waiting between its runs."""

    def __init__(self, python: str, raster: Path, units: Path, runs: int) -> None:
        command = [python, "-c", PEER, str(raster), str(units), str(runs)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.found: dict = {}

    def __call__(self) -> tuple[float, float]:
        self.found = json.loads(self.process.stdout.readline())
        return tuple(self.found["seconds"])

    def resume(self) -> None:
        self.process.stdin.write("\n")
        self.process.stdin.flush()


def timed(work) -> tuple[float, float]:
    """Return the seconds on the clock, and those of the processor."""
    start = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start[0], time.process_time() - start[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", help="an interpreter that has rasterstats")
    parser.add_argument("--cell", type=float, default=40.0)
    parser.add_argument("--units", type=int, default=400)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        raster, path = Path(folder, "relief.tif"), Path(folder, "units.parquet")
        relief(raster, asked.cell)
        units = partition(asked.units)
        units.to_parquet(path)
        report(asked, raster, path, units)


def report(asked, raster: Path, path: Path, units: gpd.GeoDataFrame) -> None:
    calls = {
        "zonal": lambda: timed(lambda: zonal(raster, units, stats=STATS)),
        "exactextract": lambda: timed(
            lambda: exact_extract(str(raster), units, STATS, output="pandas")
        ),
    }
    rival = None
    times: dict[str, list[tuple[float, float]]] = {}
    for number in range(asked.runs + 1):
        found = {name: call() for name, call in calls.items()}
        if asked.peer:
            if rival is None:
                rival = Rival(asked.peer, raster, path, asked.runs + 1)
            else:
                rival.resume()
            found["rasterstats"] = rival()
        if number > 0:  # the first is to warm up
            for name, spent in found.items():
                times.setdefault(name, []).append(spent)
    cells = WIDTH * HEIGHT / asked.cell**2
    print(f"{cells / 1e6:.1f} M cells, {len(units)} units, {asked.runs} runs\n")
    print("| What | Seconds | Of processor | ÷ zonal |\n|---|--:|--:|--:|")
    unit = statistics.median(spent for _, spent in times["zonal"])
    for name, spent in times.items():
        wall, own = (statistics.median(kind) for kind in zip(*spent, strict=True))
        print(f"| {name} | {wall:.2f} | {own:.2f} | {own / unit:.1f} |")
    compare(zonal(raster, units, stats=STATS), raster, units, rival)


def compare(ours, raster, units, rival: Rival | None) -> None:
    """Say how far the answers are from each other."""
    theirs = exact_extract(str(raster), units, STATS, output="pandas")
    far = {name: np.abs(theirs[name] / ours[name].to_numpy() - 1) for name in STATS}
    told = ", ".join(f"{name} {gap.max():.1e}" for name, gap in far.items())
    print(f"\nRelative distance to exactextract (shares in float32): {told}.")
    if rival is not None:
        mean = ours["mean"].to_numpy()
        gap = np.abs(np.array(rival.found["mean"]) / mean - 1).max()
        print(f"To the means of rasterstats (centres of cells): {gap:.1e}.")
        rival.resume()
        rival.process.wait()


if __name__ == "__main__":
    sys.exit(main())
