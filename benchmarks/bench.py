"""
The house beside its peers: `make bench` writes the table and figures of the docs.

Each race gives both the same data at several sizes, checks that they answer the same,
then runs them in turn, at least five times. What is kept is the median, its ratio, and
how time grows with size. A race that is lost must say why: see `Race.why`.
"""

from __future__ import annotations

import argparse
import datetime as dt
import importlib.metadata
import math
import os
import platform
import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

import basinmap as bm

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/benchmarks.md"
FIGURES = ROOT / "docs/images"
START, END = "<!-- make bench -->", "<!-- end of make bench -->"
FEWEST = 5
LOST = 1.1  # times the peer, from which a race is lost


@dataclass(frozen=True)
class Race:
    """Two ways of doing one thing: what is raced, and what is known of it."""

    slug: str
    title: str
    peer: str  # name of its distribution
    call: str  # what of it is called
    sizes: tuple[int, ...]
    make: Callable[[int], Any]
    ours: Callable[[Any], Any]
    theirs: Callable[[Any], Any]
    same: Callable[[Any, Any], bool]
    why: str = ""  # what the difference buys, where the peer is faster


# -- points in communes ----------------------------------------------------------------


def points(size):
    units = bm.communes()[["geometry"]]
    west, south, east, north = units.total_bounds
    chance = np.random.default_rng(7)
    x, y = chance.uniform(west, east, size), chance.uniform(south, north, size)
    return gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=2154), units


def joined(given):
    dots, units = given
    found = dots.sjoin(units, predicate="within")
    return found.groupby("commune").size().reindex(units.index, fill_value=0)


def counted(given):
    dots, units = given
    table, _ = bm.count(dots, units)
    return table["points"]


# -- sums by EPCI ----------------------------------------------------------------------


def table_of(columns):
    communes = bm.membership("epci").dropna()
    chance = np.random.default_rng(7)
    counts = {f"n{i}": chance.integers(0, 1000, len(communes)) for i in range(columns)}
    table = pd.DataFrame(counts, index=communes.index, dtype=float)
    return table, communes, {name: bm.Stock() for name in table}


# -- classes ---------------------------------------------------------------------------


def rate(size):
    chance = np.random.default_rng(7)
    values = pd.Series(
        chance.gamma(2, 4, size).round(3), [f"{i:05}" for i in range(size)]
    )
    return bm.describe(values, kind="ratio", unit="%")


def jenks(values):
    from mapclassify import FisherJenks  # noqa: PLC0415 - a peer

    return FisherJenks(values.to_numpy(), k=5).yb


def classes(values):
    return bm.classify(values, method="fisher-jenks", k=5).cat.codes.to_numpy()


# -- neighbours ------------------------------------------------------------------------


def field(side):
    import shapely  # noqa: PLC0415 - of one race

    at = np.arange(side) * 1000.0
    x, y = (grid.ravel() for grid in np.meshgrid(at, at))
    codes = pd.Index([f"c{i:06}" for i in range(side * side)], name="zone")
    cells = shapely.box(x, y, x + 1000, y + 1000)
    units = gpd.GeoDataFrame(index=codes, geometry=cells, crs=2154)
    chance = np.random.default_rng(7)
    values = pd.Series(chance.normal(8, 2, side * side), codes, name="taux")
    values = bm.describe(values, kind="ratio", unit="%", label="Taux")
    weights = bm.contiguity_weights(units)
    from libpysal.graph import Graph  # noqa: PLC0415 - a peer

    return values, weights, Graph.build_contiguity(units, rook=False).transform("r")


def esda_moran(given):
    from esda import Moran  # noqa: PLC0415 - a peer

    values, _, graph = given
    return Moran(values.to_numpy(), graph, permutations=999).I


RACES = (
    Race(
        "points",
        "Points comptés par commune",
        "geopandas",
        "`sjoin`, puis `groupby`",
        (10_000, 100_000, 400_000),
        points,
        counted,
        joined,
        lambda a, b: a.sum() == b.sum() and bool((a.to_numpy() == b.to_numpy()).all()),
        "`count` vérifie CRS, codes, recouvrements et coordonnées, et rend un compte.",
    ),
    Race(
        "sommes",
        "Colonnes additionnées par EPCI, 1 534 communes",
        "pandas",
        "`groupby(…).sum()`",
        (5, 50, 200),
        table_of,
        lambda g: bm.aggregate(g[0], "epci", measures=g[2])[0],
        lambda g: g[0].groupby(g[1]).sum(),
        lambda a, b: bool(np.allclose(a.loc[b.index, b.columns], b)),
        "`aggregate` dit de chaque somme ce qu’elle vaut (secret, minimum, territoire "
        "incomplet) et vérifie chaque code : une part fixe, qui ne croît guère.",
    ),
    Race(
        "classes",
        "Classes de Fisher-Jenks, k = 5",
        "mapclassify",
        "`FisherJenks`",
        (500, 1_500, 3_000),
        rate,
        classes,
        jenks,
        lambda a, b: bool((a == b).mean() > 0.95),
        "`mapclassify` compile sa boucle par numba, compilation hors de la mesure ; "
        "`classify` arrondit les bornes à ce qui s’imprime.",
    ),
    Race(
        "moran",
        "I de Moran, 999 permutations, par côté de grille",
        "esda",
        "`Moran`",
        (20, 40, 80),
        field,
        lambda g: bm.moran(g[0], g[1], permutations=999).statistic,
        esda_moran,
        lambda a, b: math.isclose(float(a), float(b), rel_tol=1e-6),
        "`moran` corrige, vérifie les codes et laisse les isolats à part.",
    ),
)


# -- measuring -------------------------------------------------------------------------


def seconds(work, given):
    start = time.perf_counter()
    work(given)
    return time.perf_counter() - start


def raced(race, size, runs):
    """Return the median of both, in turn, each first one time out of two."""
    given = race.make(size)
    if not race.same(race.ours(given), race.theirs(given)):
        msg = f"{race.slug}, {size}: the two do not answer the same"
        raise SystemExit(msg)
    times = ([], [])
    for run in range(max(runs, FEWEST)):
        both = ((0, race.ours), (1, race.theirs))
        for who, work in both if run % 2 else both[::-1]:
            times[who].append(seconds(work, given))
    return tuple(map(statistics.median, times))


def growth(sizes, times):
    """Return the power of the size by which time grows, between the last two."""
    return math.log(times[-1] / times[-2]) / math.log(sizes[-1] / sizes[-2])


def number(value, digits=2):
    text = f"{value:.{digits}g}" if value < 100 else f"{value:,.0f}"
    return text.replace(",", "\u202f").replace(".", ",")


def draw(race, found):
    """Draw how both grow, on axes of powers."""
    from matplotlib.figure import Figure  # noqa: PLC0415 - once a race

    fig = Figure(figsize=(4.2, 2.8), layout="constrained")
    ax = fig.subplots()
    for at, (name, color) in enumerate(
        (("basinmap", "#225e98"), (race.peer, "#8a8f98"))
    ):
        times = [1000 * pair[at] for pair in found.values()]
        ax.plot(list(found), times, "o-", color=color, linewidth=1.6, markersize=4)
        ax.annotate(
            name,
            (list(found)[-1], times[-1]),
            xytext=(6, 0),
            textcoords="offset points",
            color=color,
            va="center",
            fontsize=9,
        )
    ax.set(xscale="log", yscale="log", xlabel="taille", ylabel="millisecondes")
    ax.set_title(race.title, fontsize=10, loc="left")
    ax.margins(x=0.25, y=0.15)
    ax.grid(visible=True, color="#e4e6ea", linewidth=0.6)
    ax.spines[["top", "right"]].set_visible(False)
    FIGURES.mkdir(exist_ok=True)
    fig.savefig(FIGURES / f"bench-{race.slug}.svg", metadata={"Date": None})


def section(results, runs):
    """Write what was found, in French, with versions."""
    peers = sorted({race.peer for race in results} | {"numpy", "shapely"})
    told = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in peers)
    lines = [
        START,
        "",
        "## Course avec les pairs",
        "",
        f"`make bench`, {dt.date.today().isoformat()}, {platform.system()}, "  # noqa: DTZ011
        f"{os.cpu_count()} cœurs, Python {platform.python_version()}, {told}. "
        f"Médianes de {max(runs, FEWEST)} passages, en alternance, mêmes données et "
        "mêmes réponses.",
        "",
        "| Ce qui est mesuré | Taille | basinmap, ms | Pair | Pair, ms | Rapport |",
        "|---|--:|--:|---|--:|--:|",
    ]
    for race, found in results.items():
        for size, (ours, theirs) in found.items():
            lines.append(
                f"| {race.title} | {number(size, 6)} | {number(1000 * ours)} | "
                f"{race.peer}, {race.call} | {number(1000 * theirs)} | "
                f"{number(ours / theirs)} |"
            )
    lines += ["", "| Croissance avec la taille | basinmap | Pair |", "|---|--:|--:|"]
    for race, found in results.items():
        ours, theirs = zip(*found.values(), strict=True)
        powers = [growth(list(found), times) for times in (ours, theirs)]
        told = " | ".join(f"n^{number(max(power, 0))}" for power in powers)
        lines.append(f"| {race.title} | {told} |")
    lines += ["", "### Ce qui est plus lent qu’un pair, et pourquoi", ""]
    slow = {
        race: [s for s, (a, b) in found.items() if a > LOST * b]
        for race, found in results.items()
    }
    lines += [
        f"- **{race.title}**, {race.peer}, à "
        f"{', '.join(number(s, 6) for s in sizes)} : {race.why or 'raison à écrire'}"
        for race, sizes in slow.items()
        if sizes
    ] or ["Rien, à ces tailles."]
    lines += [
        "",
        *(f"![{r.title}](images/bench-{r.slug}.svg)" for r in results),
        "",
        END,
    ]
    return "\n".join(lines)


def placed(page, text):
    """Put a section in the page, where it was or at the end."""
    if START in page:
        head, _, rest = page.partition(START)
        return head + text + rest.partition(END)[2]
    return page.rstrip("\n") + "\n\n" + text + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=FEWEST)
    parser.add_argument("--only", nargs="*", default=[race.slug for race in RACES])
    parser.add_argument("--dry", action="store_true", help="print, write nothing")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    results = {
        race: {size: raced(race, size, given.runs) for size in race.sizes}
        for race in RACES
        if race.slug in given.only
    }
    text = section(results, given.runs)
    print(text)
    if not given.dry:
        for race, found in results.items():
            draw(race, found)
        PAGE.write_text(placed(PAGE.read_text("utf-8"), text), encoding="utf-8")


if __name__ == "__main__":
    main()
