"""
Speed of a change of the list of communes: `python benchmarks/rebase.py --help`.

A table of two départements from 2018 to 2024, then one of a country: the embedded
history, repeated under other codes until it has as many communes as France, and
replayed in each run as any history of the user is. Totals are compared.
"""

import argparse
import datetime as dt
import os
import platform
import statistics
import time

import pandas as pd

import basinmap as bm
from basinmap.territory.timelines import timeline

FRANCE = 35_357
YEARS = {"from_year": 2018, "to_year": 2024}


def copies(count: int) -> pd.DataFrame:
    """Return the embedded events, as if `count` pairs of départements had them."""
    events = bm.cog_events()
    communes = list(bm.cog_codes(2026))
    parts, listed = [], []
    for number in range(count):
        # Départements outside the two are met in three events: they are copied too.
        heads = {"59": f"{2 * number + 1:02}", "62": f"{2 * number + 2:02}"}

        def moved(code, heads=heads, number=number):
            head = heads.get(code[:2])
            return f"{head}{code[2:]}" if head else f"98{number:02}{code[-1]}"

        part = events.assign(
            before=events["before"].map(moved, na_action="ignore"),
            after=events["after"].map(moved),
        )
        parts.append(part)
        listed += [moved(code) for code in communes]
    found = pd.concat(parts).sort_values(["date", "after"], ignore_index=True)
    found.attrs = {"communes": tuple(listed), "year": 2026}
    return found


def measured(events: pd.DataFrame | None, runs: int) -> tuple[int, float]:
    """Return the number of communes, and the median of seconds."""
    line = timeline(events)
    codes = sorted(line.grounds(YEARS["from_year"]).keys() - line.outside)
    table = pd.DataFrame({"people": 100.0}, pd.Index(codes, name="commune"))
    found = []
    for _ in range(runs):
        start = time.perf_counter()
        total = rebased_total(table, events)
        found.append(time.perf_counter() - start)
        if total != table["people"].sum():
            message = f"{total} people after, {table['people'].sum()} before"
            raise SystemExit(message)
    return len(codes), statistics.median(found)


def rebased_total(table: pd.DataFrame, events: pd.DataFrame | None) -> float:
    """Rebase, and return the total, which is that of before."""
    new, _ = bm.rebase(table, measures={"people": bm.Stock()}, events=events, **YEARS)
    return new["people"].sum()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    small, one = measured(None, runs)
    large, all_ = measured(copies(-(-FRANCE // small)), runs)
    print(
        f"{dt.date.today():%Y-%m-%d}, {platform.system()}, {os.cpu_count()} cores, "  # noqa: DTZ011 - the day it ran
        f"Python {platform.python_version()}, pandas {pd.__version__}. "
        f"Medians of {runs} runs, 2018 to 2024.\n\n"
        "| Communes | Seconds | Microseconds a commune |\n|--:|--:|--:|\n"
        f"| {small:,} | {one:.3f} | {1e6 * one / small:.0f} |\n"
        f"| {large:,} | {all_:.3f} | {1e6 * all_ / large:.0f} |"
    )


if __name__ == "__main__":
    main()
