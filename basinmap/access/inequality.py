"""Inequality of access: how unevenly something is shared among people."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basinmap.arguments import check_given
from basinmap.errors import BasinmapWarning, DataError, culprits
from basinmap.territory.units import check_unique

__all__ = ["inequality"]

Floats = NDArray[np.float64]

_NOISE: Final = 1e-12
"""Share of the whole that is nothing but rounding."""


def inequality(
    values: pd.Series,
    *,
    weights: pd.Series | None = None,
    measure: Literal["gini", "palma", "theil"],
) -> float:
    """
    Return how unevenly a score, or an income, is shared among people.

    Parameters
    ----------
    values
        What one person has in each unit: 0 or more, 0 out of reach.
    weights
        People in each unit, on the same codes; by default each unit counts for one.
        Without them a hamlet weighs as much as a town.
    measure
        `"gini"`: 0 where all have the same, near 1 where one has all. `"palma"`: what
        the 10 % best served have, over what the 40 % worst served have; 0.25 where
        all have the same. `"theil"`: 0 where all have the same, at most the logarithm
        of the number of people.

    Returns
    -------
    float
        Missing for the Palma ratio of a population of which 40 % have nothing.

    Raises
    ------
    DataError
        If values or weights are missing, negative, infinite or all 0, codes are
        repeated or without weight, or the measure is unknown.

    Warns
    -----
    BasinmapWarning
        If the Palma ratio does not exist, for the 40 % worst served have nothing.

    Notes
    -----
    Everyone in a unit has its value. From the Lorenz curve `L` of people ranked by
    value: Gini is 1 minus twice the surface under it, without correction for small
    numbers; the Palma ratio is `(1 - L(0.9)) / L(0.4)` (Palma, 2011,
    doi:10.1111/j.1467-7660.2011.01646.x), those on the margin of a share being
    counted in part. People are ranked by what they reach, not by income, and
    shares are compared, not means, which would be 4 times that. Theil is the index
    T, `Σ w x/μ ln(x/μ) / Σ w`.

    Examples
    --------
    >>> import pandas as pd
    >>> from basinmap.access.inequality import inequality
    >>> score = pd.Series({"Lens": 4.0, "Liévin": 2.0, "Arras": 0.0})
    >>> people = pd.Series({"Lens": 1000, "Liévin": 1000, "Arras": 2000})
    >>> inequality(score, weights=people, measure="gini")
    0.5833
    """
    check_given(inequality, locals())
    if measure not in _MEASURES:
        msg = f"unknown measure {measure!r}; choose among {', '.join(_MEASURES)}"
        raise DataError(msg)
    x = _numbers(values, "values")
    if weights is None:
        w = np.ones(len(x))
    else:
        _numbers(weights, "weights")
        lost = values.index.difference(weights.index)
        if len(lost):
            msg = f"weights: {len(lost)} unit(s) have none: {culprits(lost)}; give 0"
            raise DataError(msg)
        w = weights.reindex(values.index).to_numpy("float64")
    if not (w @ x > 0):
        msg = "values: all 0 where there is someone: nothing is shared out"
        raise DataError(msg)
    order = np.argsort(x, kind="stable")
    return _MEASURES[measure](x[order], w[order] / w.sum())


def _numbers(values: pd.Series, what: str) -> Floats:
    if not isinstance(values, pd.Series) or not pd.api.types.is_numeric_dtype(values):
        msg = f"{what}: need a Series of numbers on codes, got {type(values).__name__}"
        raise DataError(msg)
    check_unique(values.index, what)
    numbers = values.to_numpy("float64", na_value=np.nan)
    wrong = values.index[~(np.isfinite(numbers) & (numbers >= 0))]
    if len(wrong):
        msg = (
            f"{what}: {len(wrong)} value(s) are missing, negative or infinite: "
            f"{culprits(wrong)}; what is out of reach has a score of 0"
        )
        raise DataError(msg)
    return numbers


def _lorenz(x: Floats, w: Floats) -> tuple[Floats, Floats]:
    """Return the cumulated shares of people and of what they have, from 0 to 1."""
    people = np.concatenate([[0.0], np.cumsum(w)])
    had = np.concatenate([[0.0], np.cumsum(w * x)])
    return people / people[-1], had / had[-1]


def _gini(x: Floats, w: Floats) -> float:
    people, had = _lorenz(x, w)
    return max(0.0, float(1 - np.diff(people) @ (had[1:] + had[:-1])))


def _palma(x: Floats, w: Floats) -> float:
    people, had = _lorenz(x, w)
    low, high = np.interp([0.4, 0.9], people, had)
    if low < _NOISE:
        msg = (
            "palma: the 40 % worst served have nothing, the ratio does not exist; say "
            "so, and print the Gini index or the share of people out of reach"
        )
        warnings.warn(msg, BasinmapWarning, stacklevel=3)
        return float("nan")
    return float((1 - high) / low)


def _theil(x: Floats, w: Floats) -> float:
    share = x[x > 0] / (w @ x)
    return max(0.0, float(w[x > 0] @ (share * np.log(share))))


_MEASURES: Mapping[str, Callable[[Floats, Floats], float]] = MappingProxyType(
    {"gini": _gini, "palma": _palma, "theil": _theil}
)
