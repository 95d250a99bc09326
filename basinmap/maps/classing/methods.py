"""Methods of classing: where each cuts sorted values, in the sense `[a ; b[`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, Literal

import numpy as np

from basinmap.errors import DataError

__all__ = ["Method", "cut_values", "round_breaks"]

Method = Literal[
    "fisher-jenks",
    "quantile",
    "equal",
    "standard-deviation",
    "q6",
    "geometric",
    "nested-means",
    "head-tail",
    "pretty",
]

Q6: Final = (0.05, 0.275, 0.5, 0.725, 0.95)


def cut_values(numbers: np.ndarray, method: Method, k: int) -> list[float]:
    """
    Return the inner breaks of a method, exact, some of them perhaps beyond the values.

    Parameters
    ----------
    numbers
        Finite, sorted, of two distinct values at least.
    method
        See `classify`; round breaks are those of `round_breaks`.
    k
        Number of classes, 2 at least; `"q6"` makes its own six.

    Raises
    ------
    DataError
        If the method is geometric and a value is not above zero.

    References
    ----------
    * Fisher-Jenks: W. D. Fisher (1958), On grouping for maximum homogeneity, *Journal
      of the American Statistical Association* 53, by exact dynamic programming.
    * Head-tail: B. Jiang (2013), Head/tail breaks, *The Professional Geographer* 65(3).
    * Q6, nested means, geometric, standard deviation: as mapsf (R) and the manuals of
      C. Cauvin, H. Reymond, A. Serradj (1987), *Discrétisation et représentation
      cartographique*.

    Examples
    --------
    >>> import numpy as np
    >>> cut_values(np.array([1.0, 10.0, 100.0, 1000.0]), "geometric", 3)
    [10.0, 100.0]
    """
    return [_snapped(numbers, b) for b in _METHODS[method](numbers, k)]


def _snapped(numbers: np.ndarray, exact: float) -> float:
    """Return the value that a break is, but for the rounding of the machine."""
    near = float(numbers[np.argmin(np.abs(numbers - exact))])
    same = math.isclose(near, exact, rel_tol=1e-12, abs_tol=1e-12 * np.ptp(numbers))
    return near if same else exact


def _quantiles(numbers: np.ndarray, k: int) -> list[float]:
    return [float(np.quantile(numbers, i / k)) for i in range(1, k)]


def _equal_widths(numbers: np.ndarray, k: int) -> list[float]:
    return [float(b) for b in np.linspace(numbers[0], numbers[-1], k + 1)[1:-1]]


def _deviations(numbers: np.ndarray, k: int) -> list[float]:
    """Cut every standard deviation, the mean being a break or amid the middle class."""
    # All units are there: a population, not a sample.
    mean, deviation = numbers.mean(), numbers.std()
    return [float(mean + (i - k / 2) * deviation) for i in range(1, k)]


def _q6(numbers: np.ndarray, _: int) -> list[float]:
    return [float(b) for b in np.quantile(numbers, Q6)]


def _geometric(numbers: np.ndarray, k: int) -> list[float]:
    if numbers[0] <= 0:
        msg = (
            f"{int((numbers <= 0).sum())} values are not above zero: geometric classes "
            "multiply from the least value; use method='quantile' or 'fisher-jenks'"
        )
        raise DataError(msg)
    return [float(b) for b in np.geomspace(numbers[0], numbers[-1], k + 1)[1:-1]]


def _nested_means(numbers: np.ndarray, k: int) -> list[float]:
    """Cut at the mean, then each part at its own: 2, 4 or 8 classes, at most `k`."""
    parts, breaks = [numbers], []
    for _ in range(int(math.log2(k))):
        halves = []
        for part in parts:
            mean = _snapped(part, float(part.mean()))
            halves += [part[part < mean], part[part >= mean]]
            breaks.append(mean)
        parts = [half for half in halves if len(np.unique(half)) > 1]
    return sorted(breaks)


def _head_tail(numbers: np.ndarray, k: int) -> list[float]:
    """Cut at the mean, then what is above it if that is 40 % of the part at most."""
    breaks: list[float] = []
    part = numbers
    while len(breaks) < k - 1 and part[0] < part[-1]:
        mean = _snapped(part, float(part.mean()))
        head = part[part >= mean]
        breaks.append(mean)
        if len(head) > 0.4 * len(part):
            break
        part = head
    return breaks


def round_breaks(numbers: np.ndarray, k: int, decimals: int) -> list[float]:
    """
    Return the multiples of a round step that make `k` classes, or a few less.

    Parameters
    ----------
    numbers
        Finite, sorted, of two distinct values at least.
    k
        Most classes wanted, 2 at least.
    decimals
        Most decimals of a break.

    Notes
    -----
    The step is 1, 2, 2.5 or 5 times a power of ten, the least that makes no more
    than `k` classes.

    Examples
    --------
    >>> import numpy as np
    >>> round_breaks(np.array([2.0, 3.1, 17.4]), 5, 1)
    [5.0, 10.0, 15.0]
    """
    low, high = float(numbers[0]), float(numbers[-1])
    exponent = math.floor(math.log10((high - low) / k))
    while True:
        for factor in (1.0, 2.0, 2.5, 5.0):
            step = factor * 10.0**exponent
            printed = max(0, 1 - exponent)
            if abs(round(step, decimals) - step) > 1e-9 * step:
                continue
            first, last = math.floor(low / step), math.ceil(high / step)
            multiples = (round(i * step, printed) for i in range(first, last + 1))
            breaks = [b for b in multiples if low < b <= high]
            if len(breaks) < k:
                return breaks
        exponent += 1


def _natural_breaks(numbers: np.ndarray, k: int) -> list[float]:
    """Return the first value of each class but the lowest: least squared error."""
    distinct, weights = np.unique(numbers, return_counts=True)
    centred = distinct - distinct.mean()  # keeps the differences of sums exact
    count, total, squares = (
        np.concatenate([[0.0], np.cumsum(weights * centred**power)])
        for power in (0, 1, 2)
    )
    n = len(distinct)
    # Up to each end, the classes before the last lose so much.
    best = np.concatenate([[np.inf], (squares - total**2 / np.maximum(count, 1))[1:]])
    opens = np.zeros((k, n + 1), dtype=int)
    for level in range(1, k):
        best, opens[level] = _with_one_more(best, (count, total, squares), level)
    starts, end = [], n
    for level in range(k - 1, 0, -1):
        end = opens[level, end]
        starts.append(float(distinct[end]))
    return starts[::-1]


def _with_one_more(
    best: np.ndarray, sums: tuple[np.ndarray, np.ndarray, np.ndarray], level: int
) -> tuple[np.ndarray, np.ndarray]:
    """
    Return the least error up to each end with one class more, and where that opens.

    The last class never opens earlier for a later end: the end in the middle, once
    known, halves what is to be tried for those on each side of it. All the ends of one
    depth are tried together.
    """
    count, total, squares = sums
    n = len(best) - 1
    longer, opens = np.full(n + 1, np.inf), np.zeros(n + 1, dtype=int)
    # From which end to which, and between which openings.
    todo = np.array([[level + 1, n, level, n - 1]])
    while len(todo):
        low, high, earliest, latest = todo.T
        middle = (low + high) // 2
        sizes = np.minimum(latest, middle - 1) - earliest + 1
        at = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        first = np.arange(int(sizes.sum())) + np.repeat(earliest - at, sizes)
        part = np.repeat(total[middle], sizes) - total[first]
        part *= part
        part /= np.repeat(count[middle], sizes) - count[first]
        errors = np.repeat(squares[middle], sizes) - squares[first]
        errors -= part
        errors += best[first]
        least = np.minimum.reduceat(errors, at)
        found = np.flatnonzero(errors == np.repeat(least, sizes))
        # The first of equals.
        chosen = first[found[np.searchsorted(found, at)]]
        longer[middle], opens[middle] = least, chosen
        todo = np.concatenate(
            [
                np.column_stack([low, middle - 1, earliest, chosen]),
                np.column_stack([middle + 1, high, chosen, latest]),
            ]
        )
        todo = todo[todo[:, 0] <= todo[:, 1]]
    return longer, opens


_METHODS: Final[Mapping[str, Callable[[np.ndarray, int], list[float]]]] = (
    MappingProxyType(
        {
            "fisher-jenks": _natural_breaks,
            "quantile": _quantiles,
            "equal": _equal_widths,
            "standard-deviation": _deviations,
            "q6": _q6,
            "geometric": _geometric,
            "nested-means": _nested_means,
            "head-tail": _head_tail,
        }
    )
)
