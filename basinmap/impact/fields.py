"""
A fitted spatial covariance: exponential with a nugget, by restricted likelihood.

The likelihood is a product of conditional ones (Vecchia 1988): each commune given the
nearest of those that stand before it in a drawn order. One evaluation is then small
systems instead of one of all communes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_array
from scipy.spatial.distance import cdist

__all__ = [
    "Chain",
    "Field",
    "chain_of",
    "correlation",
    "field_of",
    "fit_shape",
    "likelihoods",
]

Floats = NDArray[np.float64]
_START: Final = (10_000.0, 0.3)
_RANGE: Final = (500.0, 100_000.0)
_NUGGET: Final = (0.01, 0.99)
_NEAREST: Final = 20


@dataclass(frozen=True, slots=True)
class Field:
    """
    How neighbours are alike.

    Attributes
    ----------
    length
        Metres over which the correlation falls to 37 %.
    nugget
        Share of the variance that is of each commune alone.
    correlation
        Of shape (communes, communes).
    innovations
        Covariance of the outcomes, given the correlation in space.
    """

    length: float
    nugget: float
    correlation: Floats
    innovations: Floats

    def covariance(self, load: Floats) -> Floats:
        """
        Return the covariance, over outcomes, of the estimate a'Δ.

        Parameters
        ----------
        load
            The weight of each commune in the estimate.
        """
        return float(load @ self.correlation @ load) * self.innovations


@dataclass(frozen=True, slots=True)
class Chain:
    """
    The communes one after another, each with the nearest of those before it.

    Attributes
    ----------
    rows, before
        Positions: of each commune in turn, and of those before it (itself where there
        are fewer).
    there
        Which of `before` are.
    near, among
        Metres from a commune to those before it, and among these.
    """

    rows: NDArray
    before: NDArray
    there: NDArray
    near: Floats
    among: Floats

    def whitening(self, length: float, nugget: float) -> tuple[csr_array, float]:
        """
        Return what makes values independent, and the log-determinant.

        Parameters
        ----------
        length, nugget
            Of the exponential covariance, of unit variance.
        """
        cross = np.where(self.there, (1 - nugget) * np.exp(-self.near / length), 0)
        both = self.there[:, :, None] & self.there[:, None, :]
        inner = np.where(both, (1 - nugget) * np.exp(-self.among / length), 0)
        at = np.arange(inner.shape[1])
        inner[:, at, at] = 1
        weight = np.linalg.solve(inner, cross[:, :, None])[:, :, 0]
        left = np.maximum(1 - (weight * cross).sum(axis=1), 1e-12)
        scale = 1 / np.sqrt(left)
        count, most = self.before.shape
        data = np.concatenate([scale, (-weight * scale[:, None]).ravel()])
        row = np.concatenate([np.arange(count), np.repeat(np.arange(count), most)])
        column = np.concatenate([self.rows, self.before.ravel()])
        shape = csr_array((data, (row, column)), shape=(count, count))
        return shape, float(np.log(left).sum())


def chain_of(points: Floats, *, nearest: int = _NEAREST, seed: int = 0) -> Chain:
    """
    Put communes in a drawn order, each with the nearest of those before it.

    Parameters
    ----------
    points
        In metres.
    nearest
        How many are kept; all of them make the likelihood exact.
    seed
        Of the order.
    """
    count = len(points)
    most = min(nearest, count - 1)
    rows = np.random.default_rng(seed).permutation(count)
    far = cdist(points[rows], points[rows])
    far[np.triu_indices(count)] = np.inf
    found = np.argsort(far, axis=1, kind="stable")[:, :most]
    near = np.take_along_axis(far, found, axis=1)
    there = np.isfinite(near)
    before = rows[found]
    among = np.linalg.norm(
        points[before][:, :, None] - points[before][:, None, :], axis=3
    )
    return Chain(rows, before, there, np.where(there, near, 0), among)


def likelihoods(
    whitened: tuple[csr_array, float], values: Floats, known: Floats
) -> Floats:
    """
    Return the restricted log-likelihood of each outcome, its variance profiled out.

    Parameters
    ----------
    whitened
        What `Chain.whitening` returns.
    values
        Of shape (communes, outcomes).
    known
        Regressors: a constant and the rings.
    """
    shape, logs = whitened
    x, y = shape @ known, shape @ values
    gram = x.T @ x
    left = (y**2).sum(axis=0) - ((x.T @ y) * np.linalg.solve(gram, x.T @ y)).sum(axis=0)
    freedom = len(values) - known.shape[1]
    rest = logs + float(np.linalg.slogdet(gram)[1])
    return -0.5 * (freedom * np.log(left / freedom) + rest)


def fit_shape(values: Floats, known: Floats, chain: Chain) -> tuple[float, float]:
    """
    Return the range and the nugget that are the likeliest.

    Parameters
    ----------
    values
        Differences over time, one a commune.
    known
        Regressors: a constant and the rings.
    chain
        What `chain_of` returns for the points.
    """
    one = values.reshape(-1, 1)

    def cost(at: Floats) -> float:
        return -float(likelihoods(chain.whitening(*_inside(at)), one, known)[0])

    start = np.array([np.log(_START[0]), np.log(_START[1] / (1 - _START[1]))])
    options = {
        "initial_simplex": start + np.array([[0, 0], [0.7, 0], [0, 0.8]]),
        "xatol": 0.05,
        "fatol": 0.02,
        "maxfev": 60,
    }
    return _inside(minimize(cost, start, method="Nelder-Mead", options=options).x)


def field_of(
    values: Floats,
    known: Floats,
    points: Floats,
    chain: Chain,
    shape: tuple[float, float],
) -> Field:
    """
    Return the covariance of outcomes in space, given range and nugget.

    Parameters
    ----------
    values
        Differences over time, of shape (communes, outcomes).
    known
        Regressors: a constant and the rings.
    points
        In metres.
    chain
        What `chain_of` returns for them.
    shape
        What `fit_shape` returns.
    """
    white, _ = chain.whitening(*shape)
    x, y = white @ known, white @ values
    left = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    spread = left.T @ left / (len(values) - known.shape[1])
    return Field(*shape, correlation(points, *shape), spread)


def correlation(points: Floats, length: float, nugget: float) -> Floats:
    """
    Return the correlation of communes.

    Parameters
    ----------
    points
        In metres.
    length, nugget
        Of the exponential.
    """
    shape = (1 - nugget) * np.exp(-cdist(points, points) / length)
    shape[np.diag_indices_from(shape)] = 1.0
    return shape


def _inside(at: Floats) -> tuple[float, float]:
    length = float(np.clip(np.exp(at[0]), *_RANGE))
    nugget = float(np.clip(1 / (1 + np.exp(-at[1])), *_NUGGET))
    return length, nugget
