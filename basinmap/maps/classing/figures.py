"""Figures beside classes: as many decimals as tell them apart, and no more."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import product
from typing import Final

from basinmap.typography import rounded

__all__ = ["decimals_of", "decimals_told"]

_MOST: Final = 6
_CLOSE: Final = 1e-9
"""Share of a number that computing may have lost: 0.1 × 3 is 0.3."""


def decimals_told(numbers: Iterable[float]) -> int:
    """
    Return the fewest decimals that tell numbers exactly, six at most.

    Parameters
    ----------
    numbers
        Such as the breaks of classes.

    Examples
    --------
    >>> decimals_told([5, 7.5]), decimals_told([0.1 * 3]), decimals_told([])
    (1, 1, 0)
    """
    known = list(numbers)
    return next(
        d
        for d in range(_MOST + 1)
        if d == _MOST or all(_same(round(x, d), x) for x in known)
    )


def decimals_of(
    figures: Iterable[float],
    *,
    told: int | None = None,
    breaks: Sequence[float] = (),
) -> int:
    """
    Return the decimals with which figures are printed together.

    They are those of the indicator when it has its own; else none of whole numbers, and
    of others what writes the smallest with two digits, and tells two figures from each
    other and from the breaks. Never fewer than those of the breaks.

    Parameters
    ----------
    figures
        What is printed; what is no finite number is left out.
    told
        Decimals of the indicator, when it says so.
    breaks
        Bounds of classes that are printed beside.

    Examples
    --------
    >>> decimals_of([0.021, 0.111], breaks=[0.04, 0.075])
    3
    >>> decimals_of([32_920.0, 68e6]), decimals_of([4.31, 14.72]), decimals_of([0.2, 4])
    (0, 1, 1)
    >>> decimals_of([0.0561, 0.0423]), decimals_of([7.1, 7.13], told=1)
    (3, 1)
    """
    known = sorted({float(x) for x in figures if math.isfinite(x)})
    if told is not None:
        return max(told, decimals_told(breaks))
    least = max(_natural(known), decimals_told(breaks))
    pairs = [tuple(known)] if len(known) == 2 else []
    pairs += product(known, breaks)
    apart = [(a, b) for a, b in pairs if not _same(a, b)]
    return next(
        d
        for d in range(least, max(least, _MOST) + 1)
        if d >= _MOST or all(rounded(a, d) != rounded(b, d) for a, b in apart)
    )


def _natural(known: list[float]) -> int:
    """Return none of whole numbers, else what writes the smallest with two digits."""
    exact = decimals_told(known)
    if exact == 0:
        return 0
    sizes = [abs(x) for x in known if abs(x) > _CLOSE]
    # Of numbers of very different sizes, the small ones are not worth the digits.
    enough = min(1 - _power(min(sizes)), 3 - _power(max(sizes)))
    return min(max(1, enough), exact)


def _power(size: float) -> int:
    return math.floor(math.log10(size))


def _same(a: float, b: float) -> bool:
    return abs(a - b) <= _CLOSE * max(1.0, abs(a), abs(b))
