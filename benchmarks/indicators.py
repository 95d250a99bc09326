"""
Speed of the catalogue: `python benchmarks/indicators.py --help`.

All indicators at all levels, from a table of all counts of several years that declares
each: together, and one by one, the same values. Then the same for 35,000 communes.
Processor time, so that a busy machine does not count.
"""

import argparse
import datetime as dt
import os
import platform
import statistics
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

import basinmap as bm
from basinmap.catalogue.entries import catalogue
from basinmap.territory.france import DEPARTEMENTS

LEVELS = ("commune", "epci", "scot", "arrondissement", "departement", "bassin")
FRANCE = 35_000


def counts(codes: pd.Index) -> pd.DataFrame:
    """Return all the counts of the catalogue, drawn at random, on codes."""
    drawn = np.random.default_rng(2026)
    columns, measures = {}, {}
    for name, count in catalogue().counts.items():
        dated = {"none": [""], "date": ["_2016", "_2020", "_2021"]}
        for year in dated.get(count.time, [f"_{y}" for y in range(2011, 2022)]):
            kind = bm.Stock if count.kind == "stock" else bm.Median
            columns[name + year] = drawn.integers(1, 5_000, len(codes)).astype(float)
            measures[name + year] = kind(
                label=count.label, vintage=year[1:], source=f"Source : {name}"
            )
    return bm.describe(pd.DataFrame(columns, codes), measures=measures)


def wanted(levels: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the indicators that mean something at each level."""
    return {
        level: [
            id_
            for id_, item in catalogue().indicators.items()
            if item.kind != "flow"
            and level in item.levels
            and (item.kind != "median" or level == "commune")
        ]
        for level in levels
    }


def france() -> pd.DataFrame:
    """Return a list of 35,000 communes: those of Nord and Pas-de-Calais, and others."""
    others = [d for d in DEPARTEMENTS if len(d) == 2 and d not in {"59", "62"}]
    own = bm.communes()
    size = (FRANCE - len(own)) // len(others) + 1
    rows = [
        (f"{d}{rank:03}", f"2{d if d.isdigit() else '99'}{rank // 28:06}")
        for d in others
        for rank in range(1, size + 1)
    ][: FRANCE - len(own)]
    rows += zip(own.index, own["epci"], strict=True)
    frame = pd.DataFrame(rows, columns=["commune", "epci"]).set_index("commune")
    return bm.read_territory(frame.assign(name=frame.index), year=2026)


def seconds(runs: int, call: Callable[[], object]) -> float:
    """Return the median of a call."""
    call()
    spent = []
    for _ in range(runs):
        start = time.process_time()
        call()
        spent.append(time.process_time() - start)
    return statistics.median(spent)


def indicators(runs: int) -> None:
    """Print what all indicators cost, together and one by one."""
    table, asked = counts(bm.statistics().index), wanted(LEVELS)
    number = sum(map(len, asked.values()))

    def together() -> dict[str, pd.DataFrame]:
        return {level: bm.compute(ids, table, to=level) for level, ids in asked.items()}

    found = together()
    start = time.process_time()
    for level, ids in asked.items():
        for id_ in ids:
            alone = bm.compute(id_, table, to=level)
            pd.testing.assert_series_equal(alone, bm.column(found[level], id_))
    apart = time.process_time() - start
    print("| What | Seconds |\n|---|--:|")
    print(f"| {number} values of {len(table):,} communes, together | ", end="")
    print(f"{seconds(runs, together):.2f} |\n| one by one | {apart:.2f} |")
    communes = france()
    wide, far = counts(communes.index), wanted(("commune", "epci", "departement"))

    def large() -> None:
        for level, ids in far.items():
            bm.compute(ids, wide, to=level, communes=communes)

    def small() -> None:
        for level, ids in far.items():
            bm.compute(ids, table, to=level)

    print(f"| three levels, {len(table):,} communes | {seconds(runs, small):.2f} |")
    print(f"| three levels, {len(wide):,} communes | {seconds(1, large):.2f} |")


def sums(runs: int) -> None:
    """Print what `aggregate` costs beside a bare sum of pandas, totals compared."""
    communes = france()
    drawn = np.random.default_rng(2026).integers(0, 5_000, (FRANCE, 50))
    table = pd.DataFrame(drawn, communes.index, [f"count{n}" for n in range(50)])
    measures = {name: bm.Stock() for name in table}
    epci = communes["epci"].to_numpy()
    calls = {
        "groupby": lambda: table.groupby(epci).sum(),
        "aggregate": lambda: bm.aggregate(
            table, "epci", measures=measures, communes=communes
        )[0],
    }
    bare, ours = (call()[list(table)] for call in calls.values())
    if (bare.to_numpy() != ours.to_numpy()).any():
        message = "the sums differ"
        raise SystemExit(message)
    spent = {name: seconds(runs, call) for name, call in calls.items()}
    print("\n| Rows × columns | groupby.sum, ms | aggregate, ms | Times |")
    print("|---|--:|--:|--:|")
    bare_, ours_ = (1e3 * one for one in spent.values())
    print(f"| {FRANCE:,} × 50 | {bare_:.1f} | {ours_:.1f} | {ours_ / bare_:.0f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    warnings.simplefilter("ignore")
    print(
        f"{dt.datetime.now(tz=dt.UTC).date()}, {platform.system()}, {os.cpu_count()} "
        f"cores, Python {platform.python_version()}, pandas {pd.__version__}, numpy "
        f"{np.__version__}. Medians of {runs} runs; seconds of processor.\n"
    )
    indicators(runs)
    sums(runs)


if __name__ == "__main__":
    main()
