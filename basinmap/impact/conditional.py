"""Conditional permutations: what neighbours would be worth, were they any others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

__all__ = ["LEAST", "Tails", "affordable", "discoveries", "tails"]

Floats = NDArray[np.float64]
Whole = NDArray[np.intp]

_DRAWS: Final = 100_000
"""Draws at a time."""
_CELLS: Final = 4_000_000
"""Numbers held at a time."""
_MOST: Final = 199_999
"""Draws above which more would not be seen on a map, and would be waited for."""
LEAST: Final = 9_999
"""Draws of a map of clusters, unless the user says how many."""
_SUMS: Final = 3e8
"""Sums that are done in seconds."""
_NOISE: Final = 1e-12
"""Share of the spread of the values under which two sums are equal."""


class Tails(NamedTuple):
    """
    How many draws are at least, and at most, what is observed; one number a unit.

    Attributes
    ----------
    above, below
        Draws at least, and at most, as large as what is observed.
    drawn
        Draws that the unit itself was not in: those that count.
    """

    above: NDArray[np.int64]
    below: NDArray[np.int64]
    drawn: NDArray[np.int64]


def tails(values: Floats, matrix: sparse.csr_array, *, draws: int, seed: int) -> Tails:
    """
    Compare what neighbours of each unit are worth with as many others, drawn at random.

    Parameters
    ----------
    values
        One a unit.
    matrix
        What each column counts for each row; each row has a neighbour, none all.
    draws
        How many draws each unit is to be compared with, at least.
    seed
        Of the draws.

    Returns
    -------
    Tails
        Of the weighted sum over the neighbours.

    Notes
    -----
    The unit stays where it is, and its neighbours are drawn among all the others
    (Anselin, 1995, doi:10.1111/j.1538-4632.1995.tb00338.x). Units of as many
    neighbours share their draws: a draw among all units, of which those with the unit
    itself are left out, is one among all the others. Where all neighbours count alike
    a draw is one sum, sorted once for all of them.
    """
    rng = np.random.default_rng(seed)
    size = len(values)
    degree = np.diff(matrix.indptr)
    observed = matrix @ values
    found = Tails(*(np.zeros(size, dtype=np.int64) for _ in range(3)))
    for count in np.unique(degree):
        rows = np.flatnonzero(degree == count)
        places = matrix.indptr[rows][:, None] + np.arange(count)
        shares = matrix.data[places]
        even = _even(shares)
        wanted = _wanted(draws, int(count), size)
        for drawn in _drawn(rng, size, int(count), wanted):
            _by_sums(found, values, drawn, rows[even], observed, shares[even])
            _by_shares(found, values, drawn, rows[~even], observed, shares[~even])
    return found


def affordable(matrix: sparse.csr_array) -> int:
    """
    Return how many draws are done in seconds.

    Parameters
    ----------
    matrix
        What each column counts for each row; where neighbours of a unit do not count
        alike, each draw is a sum for each unit.
    """
    degree = np.diff(matrix.indptr)
    first = np.repeat(matrix.data[matrix.indptr[:-1]], degree)
    if (np.abs(matrix.data - first) <= _NOISE * first).all():
        return _MOST
    return int(min(_MOST, max(LEAST, _SUMS / len(degree))))


def discoveries(p: Floats, share: float) -> NDArray[np.bool_]:
    """
    Tell which tests stand when no more than a share of them may be false discoveries.

    Parameters
    ----------
    p
        One a test.
    share
        Expected share of false ones among those that stand.

    Notes
    -----
    Benjamini and Hochberg (1995, doi:10.1111/j.2517-6161.1995.tb02031.x).

    Examples
    --------
    >>> discoveries(np.array([0.01, 0.04, 0.03, 0.5]), 0.05).tolist()
    [True, False, False, False]
    """
    order = np.sort(p)
    passed = np.flatnonzero(order <= share * np.arange(1, len(p) + 1) / len(p))
    return p <= (order[passed[-1]] if len(passed) else -1.0)


def _even(shares: Floats) -> NDArray[np.bool_]:
    return np.ptp(shares, axis=1) <= _NOISE * shares[:, 0]


def _wanted(draws: int, count: int, size: int) -> int:
    """Return how many draws leave enough of them once those with a unit are out."""
    left = 1 - count / size
    return int(np.ceil(draws / left * (1 + 5 / np.sqrt(draws * left)))) + 5


def _drawn(
    rng: np.random.Generator, size: int, count: int, wanted: int
) -> Iterator[Whole]:
    """Draw sets of distinct units, some thousands at a time."""
    while wanted > 0:
        if count * count > size:
            many = min(wanted, max(1, _CELLS // size))
            found = rng.random((many, size)).argpartition(count, axis=1)[:, :count]
        else:
            many = min(int(wanted * 1.1 * np.exp(count * count / 2 / size)) + 5, _DRAWS)
            found = rng.integers(size, size=(many, count))
            ranked = np.sort(found, axis=1)
            found = found[(np.diff(ranked, axis=1) > 0).all(axis=1)][:wanted]
        wanted -= len(found)
        yield found


def _by_sums(
    found: Tails,
    values: Floats,
    drawn: Whole,
    rows: Whole,
    observed: Floats,
    shares: Floats,
) -> None:
    """Count where all neighbours of a unit count alike: a draw is one sum for all."""
    if not len(rows):
        return
    sums = values[drawn].sum(axis=1)
    ranked = np.sort(sums)
    goal = np.full(len(values), np.nan)
    goal[rows] = observed[rows] / shares[:, 0]
    slack = _slack(values) * drawn.shape[1]
    with_unit, many = drawn.ravel(), np.repeat(sums, drawn.shape[1])
    aim = goal[with_unit]
    size = len(values)
    above = len(sums) - np.searchsorted(ranked, goal[rows] - slack, side="left")
    found.above[rows] += above - _times(with_unit, many >= aim - slack, size)[rows]
    below = np.searchsorted(ranked, goal[rows] + slack, side="right")
    found.below[rows] += below - _times(with_unit, many <= aim + slack, size)[rows]
    found.drawn[rows] += len(sums) - np.bincount(with_unit, minlength=size)[rows]


def _by_shares(
    found: Tails,
    values: Floats,
    drawn: Whole,
    rows: Whole,
    observed: Floats,
    shares: Floats,
) -> None:
    """Count where neighbours do not count alike: a draw is a sum for each unit."""
    step = max(1, _CELLS // max(1, len(drawn)))
    draws = values[drawn]
    for start in range(0, len(rows), step):
        some, weights = rows[start : start + step], shares[start : start + step]
        slack = _slack(values) * weights.sum(axis=1)
        high, low = observed[some] - slack, observed[some] + slack
        sums = draws @ weights.T
        place = np.full(len(values), -1, dtype=np.intp)
        place[some] = np.arange(len(some))
        draw, _ = np.nonzero(place[drawn] >= 0)
        unit = place[drawn][place[drawn] >= 0]
        own = sums[draw, unit]
        size = len(some)
        above = (sums >= high).sum(axis=0) - _times(unit, own >= high[unit], size)
        below = (sums <= low).sum(axis=0) - _times(unit, own <= low[unit], size)
        found.above[some] += above
        found.below[some] += below
        found.drawn[some] += len(drawn) - np.bincount(unit, minlength=size)


def _slack(values: Floats) -> float:
    return _NOISE * float(np.abs(values).max())


def _times(units: Whole, which: NDArray[np.bool_], size: int) -> NDArray[np.int64]:
    return np.bincount(units[which], minlength=size)
