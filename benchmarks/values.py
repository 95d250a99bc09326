"""
Speed of what travels with numbers: `python benchmarks/values.py --help`.

Sums with their states beside bare sums of pandas on the same table, the doors from a
table to a series, prints, and copies of a table of which much is told beside one of
which nothing is. Processor time, so that a busy machine does not count.
"""

import argparse
import datetime as dt
import os
import platform
import statistics
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

import basinmap as bm
from basinmap.territory import tallies
from basinmap.territory.sums import columns_of, placed, tallied
from basinmap.values.prints import holds, print_of
from basinmap.values.told import bare

COLUMNS, FRANCE, MANY = 50, 35_000, 200_000


def seconds(runs: int, **calls: Callable[[], object]) -> dict[str, float]:
    """Return the median of each call, run in turn."""
    spent: dict[str, list[float]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(runs):
        for name, call in calls.items():
            start = time.process_time()
            call()
            spent[name].append(time.process_time() - start)
    return {name: statistics.median(found) for name, found in spent.items()}


def counts(codes: pd.Index) -> pd.DataFrame:
    """Return columns of counts, drawn at random, on codes."""
    drawn = np.random.default_rng(2026).integers(0, 5_000, (len(codes), COLUMNS))
    return pd.DataFrame(drawn, codes, [f"n{rank}" for rank in range(COLUMNS)])


def added(runs: int) -> None:
    """Print what sums with states cost beside bare ones, totals compared."""
    print("| Rows × columns | groupby.sum | summed with states | aggregate | Times |")
    print("|---|--:|--:|--:|--:|")
    measures = {f"n{rank}": bm.Stock() for rank in range(COLUMNS)}
    for level in ("commune", "iris"):
        table = counts(bm.statistics(level).index)
        commune = bm.statistics("iris")["commune"] if level == "iris" else table.index
        epci = bm.membership("epci").reindex(commune).set_axis(table.index)

        def aggregated(table=table):
            to = {"to": "epci", "measures": measures, "allow_partial": True}
            return bm.aggregate(table, **to)[0]

        row(table, epci, measures, runs, aggregated)
    # No table but one of communes or IRIS is aggregated: of a country, the sums.
    codes = pd.Index([f"{rank:05}" for rank in range(FRANCE)], name="commune")
    epci = pd.Series([f"E{rank % 1_250:04}" for rank in range(FRANCE)], codes)
    row(counts(codes), epci, measures, runs)


def row(table, parent, measures, runs, aggregated=None) -> None:
    """Print one row of the table of sums."""
    parent = parent.astype(object).rename("epci")

    def summed():
        units, unit = placed(parent)
        sums = tallies.added(tallied(table, measures), unit, len(units))
        return columns_of(measures, (sums, units), table, parent)

    calls = {"bare": lambda: table.groupby(parent).sum(), "summed": summed}
    if aggregated:
        calls["aggregate"] = aggregated
    if any(
        (calls["bare"]() != found()[list(table)]).any(axis=None)
        for found in calls.values()
    ):
        message = "the sums differ"
        raise SystemExit(message)
    spent = seconds(runs, **calls)
    whole = f"{1e3 * spent['aggregate']:.1f}" if aggregated else "–"
    times = spent.get("aggregate", spent["summed"]) / spent["bare"]
    print(
        f"| {len(table):,} × {COLUMNS} | {1e3 * spent['bare']:.1f} | "
        f"{1e3 * spent['summed']:.1f} | {whole} | {times:.0f} |"
    )


def doors(runs: int) -> None:
    """Print what the doors and copies cost."""
    full = bm.statistics()
    rates = {id_: bm.compute(id_, full) for id_ in ("L04", "L05")}
    plain = bare(full)
    spent = seconds(
        runs,
        **{
            '`bm.compute("L04", statistics)`': lambda: bm.compute("L04", full),
            '`bm.compute("L04", statistics, to="epci")`': lambda: bm.compute(
                "L04", full, to="epci"
            ),
            "`bm.column`, one of 1,534": lambda: bm.column(full, "dwellings_2021"),
            "`bm.table_of`, two series of 1,534": lambda: bm.table_of(rates),
            f"`copy()` of {full.shape[1]} columns, described": full.copy,
            f"`copy()` of {full.shape[1]} columns, bare": plain.copy,
            f"`head()` of {full.shape[1]} columns, described": full.head,
            f"`head()` of {full.shape[1]} columns, bare": plain.head,
        },
    )
    print("\n| What | Milliseconds |\n|---|--:|")
    for name, found in spent.items():
        print(f"| {name} | {1e3 * found:.2f} |")


def prints(runs: int) -> None:
    """Print what prints cost."""
    print("\n| Values | print_of, ms | holds, ms | Kilobytes |\n|--:|--:|--:|--:|")
    for size in (len(bm.statistics()), FRANCE, MANY):
        codes = pd.Index([f"{rank:06}" for rank in range(size)], name="code")
        values = pd.Series(np.random.default_rng(1).random(size), codes)
        kept = print_of(values)
        if not holds(kept, values) or holds(kept, values + 1):
            message = "a print holds for other values, or not for its own"
            raise SystemExit(message)
        spent = seconds(
            runs,
            made=lambda values=values: print_of(values),
            held=lambda kept=kept, values=values: holds(kept, values),
        )
        print(
            f"| {size:,} | {1e3 * spent['made']:.2f} | {1e3 * spent['held']:.2f} | "
            f"{len(kept) / 1e3:.0f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    print(
        f"{dt.date.today():%Y-%m-%d}, {platform.system()}, {os.cpu_count()} cores, "  # noqa: DTZ011 - the day it ran
        f"Python {platform.python_version()}, pandas {pd.__version__}, "
        f"numpy {np.__version__}. Medians of {runs} runs, in turn; milliseconds of "
        "processor.\n"
    )
    added(runs)
    doors(runs)
    prints(runs)


if __name__ == "__main__":
    main()
