"""
Fingerprints: whether values are still those that a description is of.

pandas keeps `attrs` through arithmetic, ranks and rounding. A print holds a few bits of
each value under its code: it holds for any selection or order of the rows, for names in
the place of all codes, beside rows of other codes, and no longer once a value changed.

It stays in the memory of the process: what a file or a pickle keeps of it is a word. A
few bits of a small count would tell the count, and `Series.mask` empties a secret
without a word to us.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Self, SupportsIndex

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basinmap.measures import missing

__all__ = [
    "MOST",
    "Held",
    "InMemory",
    "Print",
    "codes_of",
    "holds",
    "knows",
    "print_of",
    "prints_of",
]

_WORD: Final = "in memory"


class InMemory(str):
    """A word to all that writes it, which bears what stays in the memory."""

    __slots__ = ()

    def __copy__(self) -> Self:
        """Return itself: nothing changes in it."""
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return itself: pandas copies attributes deeply at every step."""
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[type[str], tuple[str]]:
        """Leave the process as a word."""
        return str, (_WORD,)


class Held(InMemory):
    """
    Values that what was made of them is read with.

    Attributes
    ----------
    figures
        Numbers by code.
    """

    __slots__ = ("figures",)

    figures: pd.Series

    def __new__(cls, figures: pd.Series) -> Self:
        """Return a word that bears them."""
        found = super().__new__(cls, _WORD)
        found.figures = figures
        return found


class Print(InMemory):
    """
    A fingerprint, which is a word to all that writes it.

    Attributes
    ----------
    codes, bits
        A few bits of each code, sorted, and of its value.
    """

    __slots__ = ("bits", "codes")

    codes: NDArray[np.uint32]
    bits: NDArray[np.uint32]

    def __new__(cls, codes: NDArray[np.uint32], bits: NDArray[np.uint32]) -> Self:
        """Return a word that bears them."""
        found = super().__new__(cls, _WORD)
        found.codes, found.bits = codes, bits
        return found

    def __eq__(self, other: object) -> bool:
        """Tell whether both are of the same values."""
        return self is other or (
            isinstance(other, Print)
            and np.array_equal(self.codes, other.codes)
            and np.array_equal(self.bits, other.bits)
        )

    def __ne__(self, other: object) -> bool:
        """Tell whether they are of other values: text has a test of its own."""
        return not self == other

    def __hash__(self) -> int:
        """Return what equal prints share."""
        return hash(self.bits.tobytes())


MOST: Final = 200_000
"""Values beyond which no print is kept: it would weigh more than it is worth."""
_BITS = np.dtype("<u4")


_KEPT: Final = 32
_KNOWN: Final[dict[int, tuple[pd.Index, NDArray[np.uint32]]]] = {}
"""Bits of indexes, which never change, known as objects."""


def codes_of(index: pd.Index) -> NDArray[np.uint32]:
    """
    Return a few bits of each code.

    Parameters
    ----------
    index
        Codes; their type does not count.
    """
    found = _KNOWN.get(id(index))
    if found is None:
        if len(_KNOWN) >= _KEPT:
            _KNOWN.clear()
        found = _KNOWN[id(index)] = (index, _codes(index))
    return found[1]


def _codes(index: pd.Index) -> NDArray[np.uint32]:
    if isinstance(index, pd.MultiIndex):
        index = index.map(lambda levels: "\x1f".join(map(str, levels)))
    names = np.asarray(index.astype(str), dtype=object)
    return (pd.util.hash_array(names, categorize=False) >> 32).astype(_BITS)


def _bits(values: pd.Series) -> NDArray[np.uint32]:
    """Return a few bits of each value, 0 where it is missing."""
    if values.dtype == np.float64:
        floats = values.to_numpy() + 0.0
        bits = (pd.util.hash_array(floats) >> 32).astype(_BITS)
        bits[bits == 0] = 1
        bits[np.isnan(floats)] = 0
        return bits
    gone = missing(values).to_numpy()
    if values.dtype == object and all(
        isinstance(value, int | float | np.number) for value in values[~gone]
    ):
        values = values.where(~gone, np.nan).astype("float64")
    kind = values.dtype
    if isinstance(kind, pd.CategoricalDtype) or not pd.api.types.is_numeric_dtype(kind):
        text = np.asarray(values.astype(object).where(~gone, "").astype(str), object)
        found = pd.util.hash_array(text, categorize=False)
    else:
        # The zero below zero is zero.
        floats = values.to_numpy(dtype="float64", na_value=np.nan) + 0.0
        found = pd.util.hash_array(floats)
    bits = (found >> 32).astype(_BITS)
    bits[bits == 0] = 1
    bits[gone] = 0
    return bits


def print_of(values: pd.Series, codes: NDArray[np.uint32] | None = None) -> str:
    """
    Return the print of values, or nothing where they are too many.

    Parameters
    ----------
    values
        Numbers, categories or text, by code.
    codes
        What `codes_of` returned of the index, where it is at hand.

    Examples
    --------
    >>> rates = pd.Series([7.2, 3.1, None], index=["62498", "62510", "62065"])
    >>> holds(print_of(rates), rates.iloc[::-1]), holds(print_of(rates), rates - 1)
    (True, False)
    """
    if len(values) > MOST:
        return ""
    codes = codes_of(values.index) if codes is None else codes
    return prints_of({"": values}, codes)[""]


def prints_of(
    columns: Mapping[str, pd.Series], codes: NDArray[np.uint32]
) -> dict[str, str]:
    """
    Return the print of each column of a table.

    Parameters
    ----------
    columns
        By name, on one index.
    codes
        What `codes_of` returned of it.
    """
    order = np.argsort(codes, kind="stable")
    first = codes[order]
    return {
        name: Print(first, _bits(values)[order]) for name, values in columns.items()
    }


def holds(kept: str, values: pd.Series) -> bool:
    """
    Tell whether no value changed since a print was made.

    Parameters
    ----------
    kept
        What `print_of` returned. No print, or one of another process, holds for all.
    values
        Some of the values it was made of, in any order; those emptied since, and rows
        of codes it does not know, do not count. Where it knows none of the codes, as
        when names stand in their place, all must be among the values it was made of.
    """
    if not isinstance(kept, Print):
        return True
    codes, bits, size = kept.codes, kept.bits, len(kept.codes)
    mine = _bits(values)
    there = mine != 0
    if not there.any():
        return True
    if size == 0:
        return False
    wanted = codes_of(values.index)
    wanted = wanted if there.all() else wanted[there]
    at = np.clip(np.searchsorted(codes, wanted), 0, size - 1)
    known = codes[at] == wanted
    if not known.any():
        return bool(np.isin(mine[there], bits).all())
    other = known & (bits[at] != mine[there])
    if not other.any():
        return True
    # Of some thousand codes two may share their few bits, and one may stand twice.
    given = _together(wanted[other], mine[there][other])
    return bool(np.isin(given, _together(codes, bits)).all())


def _together(
    codes: NDArray[np.uint32], bits: NDArray[np.uint32]
) -> NDArray[np.uint64]:
    return (codes.astype(np.uint64) << np.uint64(32)) | bits


def knows(kept: str, index: pd.Index) -> bool:
    """
    Tell whether a print knows one at least of some codes.

    Parameters
    ----------
    kept
        What `print_of` returned. No print, or one of another process, knows all.
    index
        Codes, or names that stand in their place.

    Examples
    --------
    >>> rates = pd.Series([7.2], index=["62498"])
    >>> knows(print_of(rates), rates.index), knows(print_of(rates), pd.Index(["Lens"]))
    (True, False)
    """
    if not isinstance(kept, Print) or not len(index):
        return True
    return bool(np.isin(codes_of(index), kept.codes).any())
