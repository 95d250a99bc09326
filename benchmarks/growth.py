"""
How time and memory grow with the input: `python benchmarks/growth.py [names]`.

Each work is done at several sizes, each in a process of its own: seconds of processor
(the best of three, loading left out) and the memory that the work adds at its peak. The
exponent is that of the last doubling: 1 is linear. `dissolve` stands beside geopandas.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from math import log
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import basinmap as bm

RUNS = 3
Prepared = Callable[[], object]


def units(count: int) -> gpd.GeoDataFrame:
    """Squares side by side, with codes of communes."""
    side = int(np.ceil(np.sqrt(count)))
    x, y = (1_000.0 * each for each in divmod(np.arange(count), side))
    shapes = shapely.box(x + 6e5, y + 6.9e6, x + 601_000, y + 6_901_000)
    codes = [f"{n // 900 + 1:02}{n % 900:03}" for n in range(count)]
    index = pd.Index(codes, name="commune")
    return gpd.GeoDataFrame({"name": codes}, geometry=shapes, index=index, crs=2154)


def outlined(count: int) -> gpd.GeoDataFrame:
    """The same, with 60 vertices each."""
    table = units(count)[["geometry"]]
    return table.set_geometry(shapely.segmentize(table.geometry.array, 1_000 / 15))


def feed(count: int, folder: Path) -> Path:
    """A feed of `count` calls: trips of 20 calls at 400 stops of a grid."""
    trips, rng = count // 20, np.random.default_rng(1)
    lon, lat = (each.ravel() for each in np.meshgrid(*[np.linspace(0, 0.4, 20)] * 2))
    stops = pd.DataFrame({"stop_id": [f"S{n}" for n in range(400)]})
    stops = stops.assign(
        stop_name=stops["stop_id"], stop_lat=50.3 + lat / 2, stop_lon=2.6 + lon
    )
    first = rng.integers(0, 380, trips)
    start = rng.integers(5 * 60, 20 * 60, trips)
    trip = np.repeat(np.arange(trips), 20)
    step = np.tile(np.arange(20), trips)
    minutes = start[trip] + 2 * step
    clock = [f"{m // 60:02}:{m % 60:02}:00" for m in minutes.tolist()]
    calls = pd.DataFrame(
        {
            "trip_id": np.char.add("T", trip.astype(str)),
            "arrival_time": clock,
            "departure_time": clock,
            "stop_id": np.char.add("S", (first[trip] + step).astype(str)),
            "stop_sequence": step,
        }
    )
    tables = {
        "stops": stops,
        "stop_times": calls,
        "trips": pd.DataFrame(
            {
                "route_id": "R",
                "service_id": "W",
                "trip_id": [f"T{n}" for n in range(trips)],
            }
        ),
        "routes": pd.DataFrame(
            {"route_id": ["R"], "route_short_name": ["1"], "route_type": [3]}
        ),
        "agency": pd.DataFrame({"agency_name": ["A"], "agency_timezone": ["x"]}),
        "calendar_dates": pd.DataFrame(
            {"service_id": ["W"], "date": [20250114], "exception_type": [1]}
        ),
    }
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.txt", index=False)
    return folder


def apart(make: Callable[[int, Path], Path], count: int, folder: Path) -> Path:
    """Make files in another process: their making must not raise the peak here."""
    child = multiprocessing.get_context("fork").Process(
        target=make, args=(count, folder)
    )
    child.start()
    child.join()
    return folder


def counts(count: int) -> pd.DataFrame:
    """Nine counts of units."""
    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        rng.integers(0, 9_999, (count, 9)),
        units(count).index,
        [f"c{n}" for n in "abcdefghi"],
    )
    return bm.describe(table, measures={c: bm.Stock() for c in table})


def listing(count: int, folder: Path) -> gpd.GeoDataFrame:
    """A list of so many communes, in 92 départements of which no code is known."""
    numbers = [n for n in range(1, 96) if n not in {20, 59, 62}]
    codes = [f"{numbers[n % 92]:02}{n // 92 + 1:03}" for n in range(count)]
    names = [f"Commune {code}" for code in codes]
    table = pd.DataFrame(
        {
            "TYPECOM": "COM",
            "COM": codes,
            "REG": "32",
            "DEP": [code[:2] for code in codes],
            "CTCD": "",
            "ARR": "",
            "TNCC": "0",
            "NCC": [name.upper() for name in names],
            "NCCENR": names,
            "LIBELLE": names,
            "CAN": "",
            "COMPARENT": "",
        }
    )
    path = folder / "v_commune_2026.csv"
    table.to_csv(path, index=False)
    return bm.read_territory(path)


def _series(count: int, folder: Path) -> Prepared:
    communes = listing(count, folder)
    rng = np.random.default_rng(1)
    columns = ["population_2016", "population_2023"]
    people = rng.integers(100, 9_999, (count, 2))
    table = pd.DataFrame(people, pd.Index(communes.index, name="commune"), columns)
    about = {c: bm.Stock(vintage=c[-4:], source="essai") for c in columns}
    told = bm.describe(table, measures=about)
    return lambda: bm.compare_dates(
        told, "departement", columns=columns, communes=communes
    )


def page(title: str) -> None:
    """A page with a title of any length: one that has no room is refused at once."""
    try:
        bm.page(bm.communes(epci="call"), title=title, paper="A4")
    except bm.errors.DataError:
        return


def sheets(count: int, folder: Path) -> None:
    """An atlas of so many pages."""
    some = units(count)

    def drawn(unit: gpd.GeoDataFrame) -> object:
        figure, ax = bm.page(unit, title="A", paper="A5")
        bm.draw_outlines(ax, unit)
        return figure

    path = folder / "atlas.pdf"
    bm.atlas(some, drawn, path=path, title="A", workers=1, quiet=True)


def of_unit(count: int) -> object:
    """The search for a name of so many letters."""
    try:
        return bm.find_unit("x" * count)
    except bm.errors.BasinmapError as error:
        return error


def _dissolve(count: int, _: Path) -> Prepared:
    table = outlined(count)
    groups = pd.Series(np.arange(len(table)) // 30, table.index).astype(str)
    table = table.assign(group=groups, n=1)
    return lambda: bm.dissolve(table, by="group", measures={"n": bm.Stock()})


def _peer(count: int, _: Path) -> Prepared:
    table = outlined(count)
    groups = pd.Series(np.arange(len(table)) // 30, table.index).astype(str)
    table = table.assign(group=groups, n=1)
    return lambda: table.dissolve(by="group", method="coverage", aggfunc="sum")


WORKS: dict[str, tuple[list[int], Callable[[int, Path], Prepared]]] = {
    "find_unit, letters": ([5_000, 10_000, 20_000], lambda n, _: lambda: of_unit(n)),
    "title of a page, letters": (
        [500, 2_000, 20_000],
        lambda n, _: lambda: page("mot " * (n // 4)),
    ),
    "read_gtfs, calls": (
        [100_000, 200_000, 400_000, 1_000_000],
        lambda n, at: partial(bm.read_gtfs, apart(feed, n, at)),
    ),
    "dissolve, units": ([8_750, 17_500, 35_000], _dissolve),
    "geopandas dissolve by coverage, units": ([8_750, 17_500, 35_000], _peer),
    "check_coverage, units": (
        [8_750, 17_500, 35_000],
        lambda n, _: partial(bm.check_coverage, units(n)),
    ),
    "series, rows": ([8_750, 17_500, 35_000], _series),
    "write_workbook, rows": (
        [8_750, 17_500, 35_000],
        lambda n, at: partial(bm.write_workbook, at / "a.xlsx", {"A": counts(n)}),
    ),
    "write_geopackage, rows": (
        [8_750, 17_500, 35_000],
        lambda n, at: partial(
            bm.write_geopackage, at / "a.gpkg", {"a": units(n).join(counts(n))}
        ),
    ),
    "atlas, pages": (
        [50, 100, 200],
        lambda n, at: lambda: sheets(n, at),
    ),
}


def measured(name: str, size: int) -> tuple[float, float]:
    """Return seconds of processor and mebibytes more at the peak."""
    with tempfile.TemporaryDirectory() as folder:
        work = WORKS[name][1](size, Path(folder))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        best = np.inf
        for _ in range(RUNS):
            start = time.process_time()
            work()
            best = min(best, time.process_time() - start)
            if best > 20:
                break
        more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return best, more / 1024


def main() -> None:
    """Measure each size in a process of its own, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="parts of the names of works")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measured(given.one[0], int(given.one[1]))))
        return
    print("| Work | Size | Seconds | Exponent | MiB more |")
    print("|---|--:|--:|--:|--:|", flush=True)
    for name, (sizes, _) in WORKS.items():
        if given.names and not any(part in name for part in given.names):
            continue
        last = None
        for size in sizes:
            done = subprocess.run(
                [sys.executable, __file__, "--one", name, str(size)],
                capture_output=True,
                text=True,
                check=True,
            )
            seconds, more = json.loads(done.stdout.splitlines()[-1])
            grown = "" if last is None else log(seconds / last[1]) / log(size / last[0])
            told = f"{grown:.2f}" if last else ""
            print(
                f"| {name} | {size:,} | {seconds:.3f} | {told} | {more:.0f} |",
                flush=True,
            )
            last = size, seconds


if __name__ == "__main__":
    main()
