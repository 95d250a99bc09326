"""
Speed of local statistics of neighbours: `python benchmarks/autocorrelation.py --help`.

Squares of a grid, their values made of noise and of what neighbours share; the local
Moran of ours and of esda in the same run, by the same number of draws, statistics
compared. Wall-clock time, the two in turn; esda is compiled before.
"""

import argparse
import datetime as dt
import os
import platform
import resource
import statistics
import time
import warnings
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import basinmap as bm


def squares(side: int) -> gpd.GeoDataFrame:
    """Return a grid of squares of 1 km."""
    x, y = (axis.ravel() * 1e3 for axis in np.meshgrid(range(side), range(side)))
    codes = [f"{rank:05}" for rank in range(side * side)]
    return gpd.GeoDataFrame(
        geometry=shapely.box(x, y, x + 1e3, y + 1e3), index=codes, crs=2154
    )


def seconds(runs: int, **calls: Callable[[], object]) -> dict[str, float]:
    """Return the median of each call, run in turn."""
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(runs):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            spent[name].append(time.perf_counter() - start)
    return {name: statistics.median(found) for name, found in spent.items()}


def compared(side: int, draws: int, runs: int, *, peer: bool) -> None:
    """Print one row: ours, esda, and how far their results are."""
    units = squares(side)
    near = bm.contiguity_weights(units)
    rng = np.random.default_rng(2026)
    noise = rng.normal(size=len(units))
    lag = near.matrix @ noise / near.counts.to_numpy()
    values = bm.describe(pd.Series(noise + lag, near.codes, name="taux"), kind="mean")
    options = {"permutations": draws, "correction": "none"}
    calls: dict[str, Callable[[], object]] = {
        "ours": lambda: bm.lisa(values, near, **options)
    }
    if peer:
        esda = __import__("esda")
        rows, x = near.graph().transform("r"), values.to_numpy()

        def theirs():
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return esda.Moran_Local(
                    x, rows, permutations=draws, seed=1, keep_simulations=False
                )

        calls["esda"] = theirs
    spent = seconds(runs, **calls)
    tail = "– | – | – |"
    if peer:
        found, other = bm.lisa(values, near, **options), calls["esda"]()
        apart = np.abs(found["moran"].to_numpy() - other.Is).max()
        half = np.abs(found["p_value"] - np.minimum(1, 2 * other.p_sim)).max()
        if apart > 1e-9:
            msg = f"statistics differ by {apart}"
            raise SystemExit(msg)
        tail = (
            f"{spent['esda']:.2f} | {spent['esda'] / spent['ours']:.0f} | {half:.3f} |"
        )
    print(f"| {len(units):,} | {draws:,} | {spent['ours']:.2f} | {tail}", flush=True)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--units", type=int, default=35_000)
    options = parser.parse_args()
    system = f"{platform.system()}, {os.cpu_count()} cores"
    print(
        f"{dt.datetime.now(tz=dt.UTC):%Y-%m-%d}, {system}, {platform.python_version()}"
    )
    print("| Units | Draws | lisa, s | esda, s | Times | Largest gap of p |")
    print("|--:|--:|--:|--:|--:|--:|")
    side = int(options.units**0.5)
    for part in (side // 4, side // 2, side):
        compared(part, 999, options.runs, peer=True)
    compared(side, 9_999, 1, peer=True)
    compared(side, 99_999, 1, peer=False)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak {peak:.0f} MiB, esda included")


if __name__ == "__main__":
    main()
