"""
Bounds when paths before were not quite parallel: smoothness of the difference.

Rambachan & Roth 2023, ΔSD: the slope of the difference that would have been there in
any case changes by at most m a year from one year to the next. The interval is of
fixed length (Armstrong & Kolesár 2018): estimates before are weighed so that steady
drifts cancel, and the worst that is left is added. Years need not be evenly spaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import LinearConstraint, brentq, minimize
from scipy.special import ndtr

__all__ = ["Bound", "fixed_length"]

Floats = NDArray[np.float64]
_LEVEL: Final = 0.05


@dataclass(frozen=True, slots=True)
class Bound:
    """
    An interval that allows for drifts.

    Attributes
    ----------
    estimate
        Less what the years before make of a drift.
    low, high
        Its ends.
    bias
        The worst that drifts allowed could add.
    error
        Standard error.
    """

    estimate: float
    low: float
    high: float
    bias: float
    error: float


def fixed_length(
    estimate: Floats,
    covariance: Floats,
    years: Sequence[int],
    reference: int,
    target: Floats,
    *,
    smooth: float,
) -> Bound:
    """
    Return the shortest interval of fixed length under bounded changes of slope.

    Parameters
    ----------
    estimate, covariance
        Of an event study, in the order of `years`.
    years
        All but the one of reference, in order.
    reference
        Year that others are compared with.
    target
        Weights, over `years`, of what is wanted; 0 for years before.
    smooth
        Largest change of slope, a year, from one year to the next.
    """
    at = np.asarray(years, dtype=float) - reference
    before = at < 0
    kinks = _kinks(at)
    count = int(before.sum())
    if count == 0:
        msg = "no year before the reference"
        raise ValueError(msg)
    if smooth == 0:
        weight = _unbiased(covariance, at, target, before)
        return _bound(weight, estimate, covariance, kinks, smooth)
    candidates = [
        _traded(covariance, at, target, before, kinks, price)
        for price in np.geomspace(1e-4, 1e4, 33) * np.trace(covariance) / len(at)
    ]
    candidates.append(_unbiased(covariance, at, target, before))
    bounds = [
        _bound(weight, estimate, covariance, kinks, smooth) for weight in candidates
    ]
    return min(bounds, key=lambda found: found.high - found.low)


def _kinks(at: Floats) -> Floats:
    """
    Return what each year makes of a unit change of slope at each other year.

    A path that is 0 at the reference is a line through it, and changes of slope, at
    years other than the first and the last: after the reference they act on what
    comes later, before it on what comes earlier. One at the reference acts on what
    comes after; any line makes up the rest.
    """
    points = np.sort(np.append(at, 0.0))[1:-1]
    columns = [
        np.maximum(at - point, 0) if point >= 0 else np.maximum(point - at, 0)
        for point in points
    ]
    # A change « from one year to the next » is of the mean slopes of two spans: over
    # spans of several years it is allowed for the years between their middles.
    every = np.sort(np.append(at, 0.0))
    middles = (every[1:] + every[:-1]) / 2
    return np.column_stack(columns) * np.diff(middles)


def _unbiased(
    covariance: Floats, at: Floats, target: Floats, before: NDArray
) -> Floats:
    """Return the weights of least variance that steady drifts do not move."""
    inner = covariance[np.ix_(before, before)]
    lean = at[before]
    cross = covariance[np.ix_(before, ~before)] @ target[~before]
    solved = np.linalg.solve(inner, np.column_stack([cross, lean]))
    free = -solved[:, 0]
    owed = -float(at[~before] @ target[~before])
    step = (owed - float(lean @ free)) / float(lean @ solved[:, 1])
    weight = target.astype(float).copy()
    weight[before] = free + step * solved[:, 1]
    return weight


def _traded(
    covariance: Floats,
    at: Floats,
    target: Floats,
    before: NDArray,
    kinks: Floats,
    price: float,
) -> Floats:
    """Return the weights that trade variance for the worst drift, at a price."""
    start = _unbiased(covariance, at, target, before)
    count, many = int(before.sum()), kinks.shape[1]
    fixed = np.where(before, 0, target)
    unit = float(np.trace(covariance)) / len(at)

    def cost(x: Floats) -> tuple[float, Floats]:
        weight = fixed.copy()
        weight[before] = x[:count]
        pull = covariance @ weight
        slope = np.concatenate([2 * pull[before], np.full(many, price)])
        return (float(weight @ pull) + price * x[count:].sum()) / unit, slope / unit

    rows = kinks[before].T
    most = kinks.T @ fixed
    wall = np.eye(many)
    constraints = [
        LinearConstraint(np.hstack([-rows, wall]), most, np.inf),
        LinearConstraint(np.hstack([rows, wall]), -most, np.inf),
        LinearConstraint(
            np.concatenate([at[before], np.zeros(many)])[None, :],
            -float(at @ fixed),
            -float(at @ fixed),
        ),
    ]
    first = np.concatenate([start[before], np.abs(kinks.T @ start)])
    found = minimize(
        cost,
        first,
        jac=True,
        method="SLSQP",
        constraints=constraints,
        options={"maxiter": 200, "ftol": 1e-12},
    )
    weight = fixed.copy()
    weight[before] = found.x[:count] if found.success else start[before]
    # Rounding left is put back, so that drifts cancel to the last digit.
    weight[before] -= float(at @ weight) * at[before] / float(at[before] @ at[before])
    return weight


def _bound(
    weight: Floats, estimate: Floats, covariance: Floats, kinks: Floats, smooth: float
) -> Bound:
    error = float(np.sqrt(weight @ covariance @ weight))
    bias = smooth * float(np.abs(kinks.T @ weight).sum())
    middle = float(weight @ estimate)
    half = error * _quantile(bias / error)
    return Bound(middle, middle - half, middle + half, bias, error)


def _quantile(ratio: float) -> float:
    """Return the 95 % quantile of |N(ratio, 1)|."""

    def missed(at: float) -> float:
        return float(ndtr(ratio - at) + ndtr(-at - ratio)) - _LEVEL

    return float(brentq(missed, 0, ratio + 10))
