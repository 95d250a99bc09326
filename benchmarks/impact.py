"""
An event study and its placebo places, beside pyfixest and linearmodels, in one run.

    python benchmarks/impact.py --years 20 --runs 5

All engines estimate the same coefficients, which are compared before they are timed.
"""

import argparse
import statistics
import time
import warnings

import numpy as np
import pandas as pd
import pyfixest as pf
from linearmodels import PanelOLS

import basinmap as bm
from basinmap.impact.contrasts import Rings, contrast, rings_around
from basinmap.impact.placebos import ranked


def table_of(years, seed=3):
    rng = np.random.default_rng(seed)
    units = bm.communes()
    start = np.log(np.maximum(units["population"].to_numpy(dtype=float), 50))
    logs = start[:, None] + rng.normal(0, 0.02, (len(units), len(years))).cumsum(axis=1)
    names = [f"population_{year}" for year in years]
    return pd.DataFrame(np.exp(logs), index=units.index, columns=names)


def timed(call, runs):
    """Return the median milliseconds of a call, and its last answer."""
    found, answer = [], None
    for _ in range(runs):
        start = time.perf_counter()
        answer = call()
        found.append(1000 * (time.perf_counter() - start))
    return statistics.median(found), answer


def everywhere(plan):
    """Return the rings with all the other communes as controls: all are used."""
    rings = plan.rings
    return Rings(rings.treated, rings.buffer, 1 - rings.treated - rings.buffer)


def long_of(plan, rings):
    rows = pd.DataFrame(plan.levels, index=plan.codes, columns=plan.years)
    rows = rows.rename_axis("commune").reset_index()
    rows["w"] = plan.weights
    rows["near"], rows["middle"] = rings.treated[0], rings.buffer[0]
    rows = rows.melt(
        ["commune", "w", "near", "middle"], var_name="year", value_name="y"
    )
    return rows.assign(year=rows["year"].astype(int))


def of_pyfixest(rows, reference):
    formula = (
        f"y ~ i(year, near, ref={reference}) + i(year, middle, ref={reference})"
        " | commune + year"
    )
    return pf.feols(formula, rows, vcov={"CRV1": "commune"}, weights="w")


def of_linearmodels(rows, terms):
    parts = {
        f"{name}{year}": rows[name] * (rows["year"] == year)
        for year in terms
        for name in ("near", "middle")
    }
    wide = pd.concat([rows, pd.DataFrame(parts)], axis=1).set_index(["commune", "year"])
    model = PanelOLS(
        wide["y"],
        wide[list(parts)],
        entity_effects=True,
        time_effects=True,
        weights=wide["w"],
    )
    return model.fit(cov_type="clustered", cluster_entity=True)


def beside_peers(plan, years, runs, peers):
    """Print an event study of ours, and theirs, which are compared first."""
    rings = everywhere(plan)
    at = years.index(2012)
    terms = [year for year in years if year != 2012]
    levels, weights = plan.levels, plan.weights

    def own():
        changes = np.delete(levels - levels[:, [at]], at, axis=1)
        return [
            contrast(rings, changes, weights, ring=ring)
            for ring in ("treated", "buffer")
        ]

    fast, (near, _) = timed(own, runs)
    rows = long_of(plan, rings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        of_pyfixest(rows, 2012)  # compiles
        pyfixest, fit = timed(lambda: of_pyfixest(rows, 2012), peers)
        linear, other = timed(lambda: of_linearmodels(rows, terms), peers)
    first = [value for name, value in fit.coef().items() if ":near" in name]
    second = [other.params[f"near{year}"] for year in terms]
    apart = [np.abs(near.estimate[0] - theirs).max() for theirs in (first, second)]
    print(f"Largest difference: pyfixest {apart[0]:.1e}, linearmodels {apart[1]:.1e}\n")
    print(f"| Event study, 1,534 × {len(years)} | Milliseconds |\n|---|--:|")
    print(f"| basinmap, two rings, cluster errors | {fast:.1f} |")
    print(f"| pyfixest, second call | {pyfixest:.0f} |")
    print(f"| linearmodels | {linear:.0f} |")


def of_places(plan, count, span, runs):
    """Print what ranks among some places cost, over some years."""
    weights, chosen, far = plan.weights, plan.candidates[:count], plan.far
    changes = np.random.default_rng(0).normal(size=(len(weights), span - 1))
    places = plan.places_at(chosen)
    drawn, _ = timed(lambda: rings_around(far[chosen], plan.bounds), runs)
    short, whole = (
        timed(
            lambda bounds=bounds: ranked(
                plan.rings, places, changes, weights, bounds=bounds
            ),
            runs,
        )[0]
        for bounds in (False, True)
    )
    print(f"| {count:,} | {span} | {drawn:.0f} | {short:.0f} | {whole:.0f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=int, default=20)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peers", type=int, default=2)
    options = parser.parse_args()
    years = list(range(2003, 2003 + options.years))
    plan = bm.design(table_of(years), outcome="population")
    beside_peers(plan, years, options.runs, options.peers)
    print("\n| Placebo places | Years | Rings, ms | Ranks, ms | With intervals, ms |")
    print("|--:|--:|--:|--:|--:|")
    for count, span in ((100, 20), (500, 20), (1_000, 20), (500, 40), (500, 80)):
        of_places(plan, count, span, options.runs)
    full, _ = timed(lambda: bm.event_study(plan), 1)
    print(
        f"\n`bm.event_study`, all intervals, both weightings and rings: {full:.0f} ms"
    )


if __name__ == "__main__":
    main()
