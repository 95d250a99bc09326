"""
Speed of what a page costs alone: a wall map with all its names, a save, its classes.

Seconds of processor, medians; what it prints is a section of `docs/benchmarks.md`. The
load of the machine is printed beside, for processor time grows with it too.
"""

import argparse
import datetime as dt
import os
import statistics
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

import basinmap as bm

DAY = dt.date(2026, 11, 30)
COMMUNES = bm.communes()
BASIN = COMMUNES.loc[list(bm.perimeter("bassin-minier").communes)]
LENS = bm.communes(epci="call")
TABLE = bm.statistics()


def drawn(units, **options):
    """A plate with neighbours, limits, names, legend, histogram and foot."""
    rate = bm.compute("L04", TABLE.loc[units.index])
    fig, ax = bm.page(units, title="Taux de vacance des logements en 2021", **options)
    bm.draw_neighbours(ax, bm.epcis())
    bm.draw_choropleth(ax, units, bm.classify(rate, firm=True))
    limits = bm.epcis().loc[units["epci"].unique()]
    bm.draw_outlines(ax, limits, label="limite d'EPCI", width=1.1)
    named = bm.draw_labels(ax, units, strong=10)
    bm.draw_legend(ax, histogram=rate)
    bm.draw_furniture(ax, author="Mission Bassin Minier", date=DAY)
    return fig, named


def processor(work):
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def wall_map(folder):
    """Draw and save the A3 of the basin; return both times and names written."""
    drawing, (fig, written) = processor(lambda: drawn(BASIN, paper="A3"))
    saving, _ = processor(lambda: fig.savefig(folder / "a3.pdf"))
    return drawing, saving, written


def saved(folder):
    fig, _ = drawn(LENS)
    return processor(lambda: fig.savefig(folder / "a4.pdf"))[0]


def classed(count):
    """Class values that are all distinct, as a gamma law spreads them."""
    values = pd.Series(np.random.default_rng(0).gamma(2.0, 3.0, count))
    return processor(lambda: bm.classify(values, method="fisher-jenks", k=5))[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    warnings.simplefilter("ignore", bm.errors.OutlineWarning)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wall_map(folder), saved(folder)  # imports, faces, ground: once a process
        walls = [wall_map(folder) for _ in range(runs)]
        saves = [saved(folder) for _ in range(runs)]
        few = [classed(50_000) for _ in range(runs)]
        many = [classed(1_000_000) for _ in range(min(runs, 3))]
    drawing, saving = (statistics.median(one[i] for one in walls) for i in (0, 1))
    print(f"load {os.getloadavg()[0]:.1f}; {walls[0][2]} names written on the A3")
    print("| What | Processor, ms | Aim |\n|---|--:|--:|")
    for what, seconds, aim in (
        ("A3 of the 336 communes, drawn and saved", drawing + saving, "1,500"),
        ("of which saved", saving, ""),
        ("A4 of Lens-Liévin, saved alone", statistics.median(saves), "40"),
        ("Fisher-Jenks, 50,000 values", statistics.median(few), "500"),
        ("Fisher-Jenks, 1,000,000 values", statistics.median(many), "10,000"),
    ):
        print(f"| {what} | {1e3 * seconds:,.0f} | {aim} |")


if __name__ == "__main__":
    main()
