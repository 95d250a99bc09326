"""Differences between rings: estimates, scores and the variances made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.spatial import KDTree

from basinmap.errors import DataError

__all__ = [
    "Contrast",
    "Moments",
    "Rings",
    "conley",
    "contrast",
    "effective",
    "loads",
    "moments",
    "rings_around",
    "wild_bootstrap",
]

Floats = NDArray[np.float64]
Kernel = Literal["bartlett", "uniform"]
_DEGREES: Final = 400.0
"""Largest extent under which coordinates are taken for degrees."""


@dataclass(frozen=True, slots=True)
class Rings:
    """
    Which communes are in which ring, one row a place.

    Attributes
    ----------
    treated, buffer, control
        Of shape (places, communes), 0 or 1.
    """

    treated: Floats
    buffer: Floats
    control: Floats

    @property
    def used(self) -> Floats:
        """How many communes each place compares, in all its rings."""
        return (self.treated + self.buffer + self.control).sum(axis=1)


def rings_around(far: Floats, bounds: tuple[float, float, float, float]) -> Rings:
    """
    Return the rings of each place.

    Parameters
    ----------
    far
        Metres from each place to each commune.
    bounds
        Outer distance of the treated ring, of the buffer, inner and outer distance of
        the controls, in metres.

    Examples
    --------
    >>> rings = rings_around(np.array([[5.0, 15]]), (10, 10, 12, 20))
    >>> rings.treated.tolist(), rings.control.tolist()
    ([[1.0, 0.0]], [[0.0, 1.0]])
    """
    treated, buffer, inner, outer = bounds
    return Rings(
        treated=(far < treated).astype(float),
        buffer=((far >= treated) & (far < buffer)).astype(float),
        control=((far >= inner) & (far < outer)).astype(float),
    )


@dataclass(frozen=True, slots=True)
class Contrast:
    """
    Treated (or buffer) ring less controls, one row a place, one column an outcome.

    Attributes
    ----------
    estimate
        Difference of the two weighted means.
    variance
        Of the estimate, by commune clusters (Liang & Zeger 1986), N/(N − 1).
    """

    estimate: Floats
    variance: Floats

    @property
    def error(self) -> Floats:
        """Standard error, by commune clusters."""
        return np.sqrt(np.maximum(self.variance, 0))


def contrast(
    rings: Rings, values: Floats, weights: Floats, *, ring: str = "treated"
) -> Contrast:
    """
    Compare one ring with the controls, around each place.

    With exclusive rings, weighted least squares on their indicators is the difference
    of weighted means: no system is solved.

    Parameters
    ----------
    rings
        Which communes are in which ring.
    values
        Differences over time, of shape (communes, outcomes).
    weights
        Of each commune, constant in time.
    ring
        `"treated"` or `"buffer"`.
    """
    if ring == "buffer":
        rings = Rings(rings.buffer, rings.treated, rings.control)
    found = moments(rings, values, np.zeros(len(values)), weights)
    return Contrast(found.estimate, found.noise)


@dataclass(frozen=True, slots=True)
class Moments:
    """
    Contrasts of values and of one ring, and their covariances, one row a place.

    Attributes
    ----------
    estimate, noise
        Contrast of each outcome, and its variance by commune clusters.
    of_ring, alone
        The same of the indicator of the ring.
    both
        Covariance of the two.
    """

    estimate: Floats
    noise: Floats
    of_ring: Floats
    alone: Floats
    both: Floats

    def less(self, size: Floats) -> Contrast:
        """
        Return the contrasts once a constant is taken off the ring.

        Parameters
        ----------
        size
            Of each outcome.
        """
        return Contrast(
            self.estimate - size * self.of_ring,
            self.noise - 2 * size * self.both + size**2 * self.alone,
        )


def moments(rings: Rings, values: Floats, ring: Floats, weights: Floats) -> Moments:
    """
    Compare the treated ring with the controls, for values and for one more ring.

    Parameters
    ----------
    rings, values
        As for `contrast`.
    ring
        Indicator of the ring studied, one a commune.
    weights
        As for `contrast`.
    """
    values = values - values.mean(axis=0)
    count = values.shape[1]
    every = np.column_stack([values, ring, np.ones(len(values))])
    squares = np.column_stack([values**2, values * ring[:, None], every])
    used = rings.used[:, None]
    total: dict[str, Any] = dict.fromkeys(("mean", "noise", "both", "alone"), 0.0)
    for group, sign in ((rings.treated, 1.0), (rings.control, -1.0)):
        with np.errstate(invalid="ignore", divide="ignore"):
            share = group * weights
            share /= share.sum(axis=1, keepdims=True)
        mean = share @ every[:, :-1]
        np.square(share, out=share)
        found = share @ squares
        own, ringed = found[:, :count], found[:, count : 2 * count]
        first, base, one = np.split(found[:, 2 * count :], [count, count + 1], axis=1)
        at, there = mean[:, :count], mean[:, count:]
        total["mean"] = total["mean"] + sign * mean
        total["noise"] = total["noise"] + own - 2 * at * first + at**2 * one
        total["both"] = (
            total["both"] + ringed - at * base - there * first + at * there * one
        )
        total["alone"] = total["alone"] + base - 2 * there * base + there**2 * one
    factor = used / (used - 1)
    return Moments(
        estimate=total["mean"][:, :count],
        noise=total["noise"] * factor,
        of_ring=total["mean"][:, count:],
        alone=total["alone"] * factor,
        both=total["both"] * factor,
    )


def effective(weights: Floats) -> float:
    """
    Return how many units of one weight are worth these: (Σw)² / Σw².

    Parameters
    ----------
    weights
        Of the communes of a ring.

    Examples
    --------
    >>> effective(np.array([1.0, 1, 1])), effective(np.array([100.0, 1, 1]))
    (3.0, 1.04)
    """
    total = float((weights**2).sum())
    return float(weights.sum()) ** 2 / total if total else 0.0


def loads(rings: Rings, weights: Floats) -> Floats:
    """
    Return a of the estimate a'Δ, one row a place.

    Parameters
    ----------
    rings, weights
        As for `contrast`.
    """
    plus, minus = rings.treated * weights, rings.control * weights
    return plus / plus.sum(axis=1, keepdims=True) - minus / minus.sum(
        axis=1, keepdims=True
    )


def conley(
    scores: Floats, points: Floats, *, cutoff: float, kernel: Kernel = "bartlett"
) -> Floats:
    """
    Return the variance of sums of scores that are correlated up to a distance.

    Parameters
    ----------
    scores
        One a commune, summed over its years; of shape (communes, outcomes).
    points
        In metres.
    cutoff
        Metres from which scores are taken for independent.
    kernel
        `"bartlett"` or `"uniform"`.

    Returns
    -------
    ndarray
        One an outcome; NaN where the sum is not positive, as it may be in two
        dimensions.

    Raises
    ------
    DataError
        If points look like degrees, or the cut-off is under the median distance from
        a commune to its nearest neighbour.

    Notes
    -----
    Conley 1999, all lags: scores are summed over years first, so that what neighbours
    had in other years counts.
    """
    if float(np.ptp(points, axis=0).max()) < _DEGREES:
        msg = "points seem to be in degrees: distances of Conley are in metres"
        raise DataError(msg)
    tree = KDTree(points)
    nearest = float(np.median(tree.query(points, k=2)[0][:, 1]))
    if cutoff < nearest:
        msg = (
            f"cutoff={cutoff:g} m is under the median distance between neighbours, "
            f"{nearest:.0f} m: nothing would be correlated; it is in metres"
        )
        raise DataError(msg)
    pairs = tree.query_pairs(cutoff, output_type="ndarray")
    far = np.hypot(*(points[pairs[:, 0]] - points[pairs[:, 1]]).T)
    weight = 1 - far / cutoff if kernel == "bartlett" else np.ones_like(far)
    shape = csr_array((weight, pairs.T), shape=(len(points), len(points)))
    variance = (scores * (scores + 2 * (shape @ scores))).sum(axis=0)
    return np.where(variance > 0, variance, np.nan)


def wild_bootstrap(
    values: Floats,
    rings: Rings,
    weights: Floats,
    clusters: NDArray,
    *,
    null: float = 0.0,
    draws: int = 9_999,
    seed: int = 0,
) -> float:
    """
    Return the p-value of a restricted wild cluster bootstrap, signs of Rademacher.

    Parameters
    ----------
    values
        Differences over time, one a commune.
    rings
        Of one place.
    weights
        Of each commune.
    clusters
        Of each commune.
    null
        What the difference would be.
    draws, seed
        Of the bootstrap.

    Notes
    -----
    Cameron, Gelbach & Miller 2008. With few treated clusters it may fail either way
    (MacKinnon & Webb 2018).
    """
    x = np.column_stack([rings.treated[0], np.ones(len(values)), rings.buffer[0]])
    kept = (rings.treated + rings.buffer + rings.control)[0] > 0
    if not rings.buffer[0].any():
        x = x[:, :2]
    x, y, w = x[kept], values[kept] - null * rings.treated[0, kept], weights[kept]
    _, group = np.unique(clusters[kept].astype(str), return_inverse=True)
    a = np.linalg.solve((x.T * w) @ x, x.T * w)
    bound = x[:, 1:]
    solved = np.linalg.solve((bound.T * w) @ bound, (bound.T * w) @ y)
    left = y - bound @ solved
    number = group.max() + 1
    sums = np.zeros((number, x.shape[1]))
    np.add.at(sums, group, (a * left).T)
    own = np.zeros((number, x.shape[1]))
    np.add.at(own, group, a[0][:, None] * x)
    q = sums[:, 0]
    h = np.diag(q) - sums @ own.T
    one = np.ones(number)
    real = abs(float(one @ q)) / np.linalg.norm(one @ h)
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], (draws, number))
    with np.errstate(invalid="ignore", divide="ignore"):
        drawn = np.abs(signs @ q) / np.linalg.norm(signs @ h, axis=1)
    return (1 + int((drawn >= real * (1 - 1e-12)).sum())) / (draws + 1)
