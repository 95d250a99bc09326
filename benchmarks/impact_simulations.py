"""
What intervals around one place are worth: 500 draws on the real communes.

    python benchmarks/impact_simulations.py --draws 500

A field is drawn on the 1,534 communes; nothing happened near the museum, or something
did. A test is honest if it rejects 5 % of the truths. What it prints is the table of
`docs/evaluation.md`.
"""

import argparse

import numpy as np
from scipy.spatial.distance import cdist
from scipy.stats import norm

import basinmap as bm
from basinmap.impact.contrasts import conley, contrast, loads, wild_bootstrap
from basinmap.impact.effects import CUTOFF
from basinmap.impact.fields import correlation, likelihoods
from basinmap.impact.placebos import ranked

LENGTHS = np.geomspace(1_000, 80_000, 9)
NUGGETS = (0.05, 0.15, 0.3, 0.45, 0.6, 0.8, 0.97)
TWO_SIDED = norm.ppf(0.975)


def fields(plan, draws, seed):
    """Yield the name and the draws of each field, of unit variance on the whole."""
    rng = np.random.default_rng(seed)
    points, count = plan.points, len(plan.points)
    far = cdist(points, points)
    population = plan.weights

    def noise():
        return rng.normal(size=(count, draws))

    def field(shape):
        return np.linalg.cholesky(shape + 1e-8 * np.eye(count)) @ noise()

    def mixed(shape):
        return np.sqrt(0.7) * field(shape) + np.sqrt(0.3) * noise()

    yield "sans ressemblance", noise()
    yield "exponentielle, 10 km", mixed(np.exp(-far / 3_300))
    thirty = field(np.exp(-far / 10_000))
    yield "exponentielle, 30 km", np.sqrt(0.7) * thirty + np.sqrt(0.3) * noise()
    small = np.sqrt(np.median(population) / population)[:, None]
    loud = np.sqrt(0.7) * thirty + np.sqrt(0.3) * small * noise()
    yield "30 km, petites communes bruitées", loud
    yield "lisse (gaussienne 15 km)", mixed(np.exp(-((far / 15_000) ** 2)))
    basin = np.where(plan.perimeter[0], np.sqrt(2), 1.0)[:, None]
    stationary = np.sqrt(0.7) * thirty + np.sqrt(0.3) * noise()
    yield "non stationnaire : variance double dans le bassin", basin * stationary


def fitted_errors(plan, values, weights):
    """Return the standard errors of the fitted covariance, the grid's best, by draw."""
    rings = plan.rings
    known = np.column_stack([np.ones(len(values)), rings.treated[0], rings.buffer[0]])
    grid = [(length, nugget) for length in LENGTHS for nugget in NUGGETS]
    whitened = [plan.chain.whitening(*at) for at in grid]
    scores = np.array([likelihoods(one, values, known) for one in whitened])
    best = scores.argmax(axis=0)
    load = loads(rings, weights)[0]
    found = np.empty(values.shape[1])
    for k in np.unique(best):
        shape, _ = whitened[k]
        x, y = shape @ known, shape @ values[:, best == k]
        left = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
        scale = (left**2).sum(axis=0) / (len(values) - 3)
        found[best == k] = np.sqrt(
            scale * (load @ correlation(plan.points, *grid[k]) @ load)
        )
    return found


def without_buffer(plan, values, weights):
    gap = contrast(plan.rings, values, weights, ring="buffer").estimate[0]
    return values - plan.rings.buffer[0][:, None] * gap


def measured(plan, values, weights):
    """Return per cent of rejections of a true null, and of coverage, by method."""
    rings, places = plan.rings, plan.places
    ranks = ranked(rings, places, without_buffer(plan, values, weights), weights)
    estimate, error = ranks.estimate, ranks.error
    load = loads(rings, weights)[0]
    plus, minus = np.maximum(load, 0), np.maximum(-load, 0)
    inside = rings.treated[0][:, None] > 0
    left = values - np.where(inside, plus @ values, minus @ values)
    used = load != 0
    spatial = np.sqrt(
        conley(load[used, None] * left[used], plan.points[used], cutoff=CUTOFF)
    )
    fitted = fitted_errors(plan, values, weights)
    boot = [
        wild_bootstrap(values[:, k], rings, weights, plan.clusters, draws=999, seed=k)
        for k in range(values.shape[1])
    ]
    # Something happened: three true standard errors near, half of it in the buffer.
    size = 3 * estimate.std()
    moved = values + size * (rings.treated[0] + 0.5 * rings.buffer[0])[:, None]
    again = ranked(rings, places, without_buffer(plan, moved, weights), weights)
    covered = (again.low <= size) & (size <= again.high)
    percents = {
        "rang": (ranks.p <= 0.05).mean(),
        "couverture": covered.mean(),
        "puissance": (again.p <= 0.05).mean(),
        "écart seul": (ranks.raw <= 0.05).mean(),
        "studentisé seul": (ranks.studentised <= 0.05).mean(),
        "covariance": (np.abs(estimate) > TWO_SIDED * fitted).mean(),
        "bootstrap": (np.array(boot) <= 0.05).mean(),
        "Conley 20 km": 1 - (np.abs(estimate) <= TWO_SIDED * spatial).mean(),
        "commune": (np.abs(estimate) > TWO_SIDED * error).mean(),
    }
    return {name: 100 * share for name, share in percents.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=500)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    plan = bm.design(bm.statistics(), outcome="population")
    head = None
    for name, values in fields(plan, options.draws, options.seed):
        for mark, weights in (("=", np.ones(len(values))), ("p", plan.weights)):
            found = measured(plan, values, weights)
            if head is None:
                head = list(found)
                print("| champ | poids | " + " | ".join(head) + " |")
                print("|---|---|" + "--:|" * len(head))
            shown = " | ".join(f"{found[key]:.1f}".replace(".", ",") for key in head)
            print(f"| {name} | {mark} | {shown} |", flush=True)


if __name__ == "__main__":
    main()
