"""Classes: rounded breaks, `[a ; b[` everywhere, labels in French."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import pandas as pd

from basinmap.errors import DataError
from basinmap.typography import interval, number

__all__ = ["Method", "classify"]

Method = Literal["fisher-jenks", "quantile", "equal"]


def classify(
    values: pd.Series,
    *,
    method: Method = "fisher-jenks",
    k: int = 5,
    breaks: Sequence[float] | None = None,
    pivot: float | None = None,
) -> pd.Series:
    """
    Cut values into ordered classes with finished French labels.

    Classes are closed on the left and open on the right, `[a ; b[`. Breaks are
    rounded to the roundest number that leaves the classes as the method made
    them, or moves at most 3 % of the values. There are fewer classes than `k`
    when the values do not allow so many.

    Parameters
    ----------
    values
        Numbers; a missing one gets a missing class.
    method
        `"fisher-jenks"` (least variance inside classes), `"quantile"` (equal
        numbers), `"equal"` (equal widths).
    k
        Number of classes wanted, 1 to 9; with a pivot, half of them on each side.
    breaks
        Inner bounds of your own, increasing; then neither method nor `k` count.
    pivot
        A value, such as 0, that must be a break: classes are then symmetric
        around it, for a diverging palette.

    Returns
    -------
    Series
        Ordered categories on the index of `values`. `attrs` keeps those of
        `values` and adds `breaks` (inner bounds), `bounds` (least and greatest
        value), `pivot`.

    Raises
    ------
    DataError
        If all values are missing, one is infinite, `k` or `breaks` make no sense.

    References
    ----------
    W. D. Fisher (1958), On grouping for maximum homogeneity, *Journal of the
    American Statistical Association* 53, by exact dynamic programming.

    Examples
    --------
    >>> import pandas as pd
    >>> rates = pd.Series([1.2, 1.9, 5.1, 5.4, 9.7], index=list("abcde"))
    >>> classify(rates, k=3).tolist()  # doctest: +NORMALIZE_WHITESPACE
    ['moins de 5', 'moins de 5', 'de 5 à moins de 9', 'de 5 à moins de 9', '9 et plus']
    >>> classify(pd.Series([-2.0, -0.1, 0.0, 3.0]), k=4, pivot=0).iloc[2]
    'de 0 à moins de 2'
    """
    numbers = _checked(values, k, method, pivot)
    if breaks is not None:
        inner = _own_breaks(breaks, pivot)
    elif pivot is not None:
        inner = _mirrored(numbers, method, k, pivot, values.attrs.get("decimals"))
    else:
        inner = _breaks(numbers, method, k, values.attrs.get("decimals"))
    labels = _labels(inner)
    codes = np.searchsorted(inner, values.to_numpy(dtype=float), side="right")
    codes = np.where(values.isna(), -1, codes)
    categories = pd.Categorical.from_codes(codes, categories=labels, ordered=True)
    classes = pd.Series(categories, index=values.index, name=values.name)
    classes.attrs = {
        **values.attrs,
        "breaks": tuple(inner),
        "bounds": (float(numbers[0]), float(numbers[-1])),
        "pivot": pivot,
    }
    return classes


def _checked(values: pd.Series, k: int, method: str, pivot: float | None) -> np.ndarray:
    """Return the values there are, sorted."""
    if not 1 <= k <= 9:
        msg = f"k={k}: from 1 to 9 classes can be told apart"
        raise DataError(msg)
    if method not in get_args(Method):
        msg = f"unknown method {method!r}: fisher-jenks, quantile or equal"
        raise DataError(msg)
    if pivot is not None and not math.isfinite(pivot):
        msg = f"pivot={pivot}: give a number, such as 0"
        raise DataError(msg)
    numbers = np.sort(values.dropna().to_numpy(dtype=float))
    if not len(numbers):
        msg = f"{values.name or 'values'}: all {len(values)} values are missing"
        raise DataError(msg)
    if not np.isfinite(numbers).all():
        culprits = list(values.index[np.isinf(values.to_numpy(dtype=float))][:5])
        msg = f"{values.name or 'values'}: infinite values at {culprits}"
        raise DataError(msg)
    return numbers


def _own_breaks(breaks: Sequence[float], pivot: float | None) -> list[float]:
    inner = [float(b) for b in breaks]
    if not np.isfinite(inner).all() or (np.diff(inner) < 1e-6).any():
        msg = f"breaks must increase, got {inner}; write breaks=[5, 10, 20]"
        raise DataError(msg)
    if pivot is not None and pivot not in inner:
        msg = f"the pivot {pivot} is none of the breaks {inner}; add it to them"
        raise DataError(msg)
    return inner


def _enough_decimals(numbers: np.ndarray, raw: list[float]) -> int:
    """Return the decimals that keep the breaks apart once they are rounded."""
    steps = np.diff(np.unique([numbers[0], *raw, numbers[-1]]))
    steps = steps[steps > 0]
    if not len(steps):
        return 2
    return int(np.clip(1 - math.floor(math.log10(steps.min())), 0, 6))


def _breaks(
    numbers: np.ndarray, method: Method, k: int, decimals: int | None
) -> list[float]:
    """Return at most k - 1 rounded inner breaks, each with values on both sides."""
    k = min(k, len(np.unique(numbers)))
    if k == 1:
        return []
    raw = _raw_breaks(numbers, method, k)
    if decimals is None:
        decimals = _enough_decimals(numbers, raw)
    cuts = np.searchsorted(numbers, raw, side="left")
    sizes = np.diff([0, *cuts, len(numbers)])
    # A rounder break may move a few values, never a good part of a class.
    slack = np.minimum(0.03 * len(numbers), 0.2 * np.minimum(sizes[:-1], sizes[1:]))
    rounded = {
        _roundest(numbers, b, int(room), decimals)
        for b, room in zip(raw, slack, strict=True)
    }
    return sorted(b for b in rounded if numbers[0] < b <= numbers[-1])


def _raw_breaks(numbers: np.ndarray, method: Method, k: int) -> list[float]:
    """Return k - 1 breaks in the sense `[a ; b[`."""
    match method:
        case "fisher-jenks":
            return _natural_breaks(numbers, k)
        case "quantile":
            return [float(np.quantile(numbers, i / k)) for i in range(1, k)]
        case "equal":
            return [float(b) for b in np.linspace(numbers[0], numbers[-1], k + 1)[1:-1]]


def _natural_breaks(numbers: np.ndarray, k: int) -> list[float]:
    """Return the first value of each class but the lowest: least squared error."""
    distinct, weights = np.unique(numbers, return_counts=True)
    centred = distinct - distinct.mean()  # keeps the differences of sums exact
    count, total, squares = (
        np.concatenate([[0.0], np.cumsum(weights * centred**power)])
        for power in (0, 1, 2)
    )

    def error(first: np.ndarray, end: int) -> np.ndarray:
        """Squared error of the classes first..end-1, for every first."""
        part = total[end] - total[first]
        return squares[end] - squares[first] - part**2 / (count[end] - count[first])

    n = len(distinct)
    best = np.concatenate(
        [[np.inf], [error(np.array([0]), j)[0] for j in range(1, n + 1)]]
    )
    opens = np.zeros((k, n + 1), dtype=int)
    for level in range(1, k):
        longer = np.full(n + 1, np.inf)
        for end in range(level + 1, n + 1):
            first = np.arange(level, end)
            errors = best[first] + error(first, end)
            at = int(np.argmin(errors))
            longer[end], opens[level, end] = errors[at], first[at]
        best = longer
    starts, end = [], n
    for level in range(k - 1, 0, -1):
        end = opens[level, end]
        starts.append(float(distinct[end]))
    return starts[::-1]


def _roundest(numbers: np.ndarray, raw: float, slack: int, decimals: int) -> float:
    """Return the roundest number that cuts the values where `raw` does, or nearly."""
    position = int(np.searchsorted(numbers, raw, side="left"))
    low = numbers[max(position - 1 - slack, 0)]
    high = numbers[min(position + slack, len(numbers) - 1)]
    for exponent in range(9, -decimals - 1, -1):
        for factor in (1.0, 0.5):
            step = factor * 10.0**exponent
            if step < 10.0**-decimals:
                continue
            near = step * float(np.rint(raw / step))
            # 3 × 0.1 is a hair above 0.3: compare what will be printed.
            near_by = [round(b, decimals) for b in (near, near - step, near + step)]
            fit = [b for b in near_by if low < b <= high]
            if fit:
                nearest = int(np.argmin(np.abs(np.array(fit) - raw)))
                return fit[nearest]
    return round(raw, decimals)


def _mirrored(
    numbers: np.ndarray, method: Method, k: int, pivot: float, decimals: int | None
) -> list[float]:
    """Return breaks symmetric around the pivot, without empty ends beyond them."""
    away = np.sort(np.abs(numbers - pivot))
    away = away[away > 0]
    half = _breaks(away, method, max(1, k // 2), decimals) if len(away) else []
    both = [pivot - b for b in half[::-1]] + [pivot + b for b in half]
    low, high = numbers[0], numbers[-1]
    kept = {round(b, 6) for b in both if low < b <= high}
    # The pivot is a break even when every value lies on one side of it.
    return sorted({*kept, pivot})


def written(inner: Sequence[float]) -> list[str]:
    """
    Write breaks with the same, fewest decimals that tell them exactly.

    Parameters
    ----------
    inner
        Inner breaks.

    Examples
    --------
    >>> written([0.0, 2.0, 3.5])
    ['0', '2,0', '3,5']
    """
    decimals = next(
        d for d in range(7) if d == 6 or all(abs(round(b, d) - b) < 1e-9 for b in inner)
    )
    return [number(b, decimals if b else 0) for b in inner]


def _labels(inner: Sequence[float]) -> list[str]:
    text = written(inner)
    return [interval(a, b) for a, b in zip([None, *text], [*text, None], strict=True)]
