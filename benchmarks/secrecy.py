"""
Secrecy: how long an attack and a defence take, and how they grow.

The 336 communes of the five SCoT and the 1,534 of both départements: households that
are known, ten counts drawn from them (four tenures, vacancy in two, three free ones),
at five levels that do not nest. `python benchmarks/secrecy.py [336|1534]`.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd

import basinmap as bm

TENURES = ["owned", "social", "rented", "free"]
LINKS = {"households": TENURES, "vacant": ["vacant_long", "vacant_short"]}


def bed(size: int, seed: int = 1):
    """Tables at six levels, what they are made of, and the households alone."""
    rng = np.random.default_rng(seed)
    scots, epcis = bm.membership("scot"), bm.membership("epci")
    codes = scots.dropna().index if size == 336 else epcis.index[:size]
    homes = bm.statistics().loc[codes, "main_residences_2021"].round().astype(int)
    shares = rng.dirichlet([3, 1.2, 0.8, 0.08], len(codes))
    drawn = [rng.multinomial(n, p) for n, p in zip(homes, shares, strict=True)]
    columns = dict(zip(TENURES, np.array(drawn).T, strict=True))
    columns["vacant"] = rng.binomial(homes, 0.08)
    columns["vacant_long"] = rng.binomial(columns["vacant"], 0.35)
    columns["vacant_short"] = columns["vacant"] - columns["vacant_long"]
    columns |= {
        f"count_{k}": rng.binomial(homes, p) for k, p in enumerate((0.02, 0.05, 0.3))
    }
    table = pd.DataFrame(
        {**columns, "households": homes}, pd.Index(codes, name="commune")
    )
    sectors, rings = (8, 3) if size == 336 else (40, 5)
    made_of = {
        "epci": epcis.loc[codes],
        "scot": scots.loc[codes].fillna("hors"),
        "arrondissement": bm.membership("arrondissement").loc[codes],
        "secteur": pd.Series(rng.integers(0, sectors, len(codes)).astype(str), codes),
        "anneau": pd.Series(rng.integers(0, rings, len(codes)).astype(str), codes),
    }
    tables = {"commune": table} | {
        name: table.groupby(of).sum().rename_axis(name) for name, of in made_of.items()
    }
    known = {name: t[["households"]] for name, t in tables.items()}
    return {n: t.drop(columns="households") for n, t in tables.items()}, made_of, known


def measure(size: int, rule, what: str, **options):
    tables, made_of, known = bed(size)
    links = {"hierarchies": made_of, "known": known, "links": LINKS}
    start = time.perf_counter(), time.process_time()
    safe = bm.protect(
        tables, rules=dict.fromkeys(tables["commune"], rule), **links, **options
    )
    wall, cpu = time.perf_counter() - start[0], time.process_time() - start[1]
    start = time.perf_counter(), time.process_time()
    found = bm.attack(safe.tables, **links)
    seconds = time.process_time() - start[1]
    cells = sum(t.size for t in tables.values())
    why = safe.cells["why"].value_counts()
    print(
        f"| {size} × 5 × 10, {what} | {cells} | "
        f"{why['primary']} | {why['protection']} | "
        f"{cpu:.1f} | {wall:.1f} | {seconds:.1f} | {found.safe} | {safe.hasty} |",
        flush=True,
    )


def main() -> None:
    sizes = [int(n) for n in sys.argv[1:]] or [336, 1_534]
    exact = bm.SecrecyRule(least=11, need="exact")
    heads = ["Bed", "Cells", "Primary", "Added", "Protect, CPU s", "wall s"]
    heads += ["Attack, CPU s", "Safe", "Hasty"]
    print("| " + " | ".join(heads) + " |")
    print("|---|--:|--:|--:|--:|--:|--:|---|---|")
    for size in sizes:
        measure(size, exact, "not found", improve=False, time_limit=400.0)
        if size == 336:
            measure(size, 11, "from 1 to 11", improve=False, time_limit=400.0)
            measure(size, exact, "not found, best looked for", time_limit=60.0)


if __name__ == "__main__":
    main()
