"""What several points make together, such as the lines of one sale, counted once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basinmap.errors import DataError, culprits
from basinmap.reports import Report
from basinmap.spatial.holding import Held
from basinmap.spatial.points import Lot
from basinmap.typography import number

__all__ = ["Things"]

Hashes = NDArray[np.uint64]

_SPREAD = np.uint64(0x9E37_79B9_7F4A_7C15)
"""An odd number that spreads small ones over 64 bits."""


class Things:
    """
    What was met so far: each thing is kept once in each unit.

    Parameters
    ----------
    once
        Column that names what several points make.
    columns
        Columns of which a thing has one value in a unit.
    """

    def __init__(self, once: str, columns: Sequence[str]) -> None:
        """Have met nothing yet."""
        self._once = once
        self._columns = [name for name in dict.fromkeys(columns) if name != once]
        self._lines = 0
        # From a thing in a unit to what it holds there, both on 64 bits.
        self._met = pd.Series(np.zeros(0, "uint64"), pd.Index([], dtype="uint64"))
        self._things = pd.Index([], dtype="uint64")

    def first(self, lot: Lot, held: Held) -> tuple[Lot, Held]:
        """
        Return the first point of each thing in each unit, of those not met yet.

        Parameters
        ----------
        lot
            Points read together.
        held
            Their units, one each.

        Raises
        ------
        DataError
            If a point names no thing, or two points of one thing in one unit hold
            two values of a column that is added up.
        """
        names = lot.columns[self._once]
        self._check_named(names, lot.start)
        thing = _texts(_whole(names))
        with np.errstate(over="ignore"):
            pair = thing ^ ((held.rank + 2).astype("uint64") * _SPREAD)
            worth = np.zeros(len(pair), "uint64")
            for name in self._columns:
                worth = worth * _SPREAD + _values(lot.columns[name])
        place, found = pd.factorize(pair)
        start = np.zeros(len(found), np.intp)
        start[place[::-1]] = np.arange(len(place))[::-1]
        before = self._met.index.get_indexer(pd.Index(found))
        told = np.where(before < 0, worth[start], _taken(self._met, before))
        self._check_same(names[told[place] != worth])
        rows = start[before < 0]
        self._met = pd.concat([self._met, pd.Series(worth[rows], pair[rows])])
        self._things = self._things.append(
            pd.Index(np.setdiff1d(thing, self._things.to_numpy()))
        )
        self._lines += len(names)
        kept = Lot(lot.start, lot.x[rows], lot.y[rows], lot.columns.iloc[rows])
        return kept, held._replace(rank=held.rank[rows])

    def accounted(self, report: Report) -> Report:
        """
        Return an account of points as one of things.

        Parameters
        ----------
        report
            Of `count`.
        """
        things, kept = len(self._things), len(self._met)
        also = f", {number(kept - things)} fois de plus en tout" * (kept > things)
        note = (
            f"{number(self._lines)} points, {number(things)} valeurs de "
            f"{self._once} : chacune compte une fois dans chaque unité où elle a un "
            f"point, et une fois hors de toutes{also}."
        )
        before = report.before | {"points": float(kept)}
        return replace(report, before=before, notes=(note, *report.notes))

    def _check_named(self, names: pd.Series, start: int) -> None:
        blank = names.isna() | (names.astype("str").str.strip() == "")
        if blank.any():
            rows = start + np.flatnonzero(blank)
            msg = (
                f"points: {len(rows)} row(s) without {self._once!r}: "
                f"{culprits(rows.tolist())}; drop them, or name each"
            )
            raise DataError(msg)

    def _check_same(self, odd: pd.Series) -> None:
        if len(odd):
            found = [*dict.fromkeys(odd.astype("str"))]
            msg = (
                f"points: {len(found)} {self._once!r} with two values of one of "
                f"{culprits(self._columns)} in one unit: {culprits(found)}; what "
                "differs from line to line cannot be counted once: keep the lines "
                "that are meant, or leave once out"
            )
            raise DataError(msg)


def _taken(met: pd.Series, places: NDArray[np.intp]) -> Hashes:
    """Return what stands at places, anything where one is -1."""
    if met.empty:
        return np.zeros(len(places), "uint64")
    return np.asarray(met.to_numpy()[places])


def _whole(names: pd.Series) -> pd.Series:
    """Return numbers that name things as integers, as in a file without gaps."""
    if pd.api.types.is_float_dtype(names.dtype) and (names % 1 == 0).all():
        return names.astype("Int64")
    return names


def _texts(column: pd.Series) -> Hashes:
    """Return a number of 64 bits by value, the same in every lot."""
    codes, found = pd.factorize(column)
    texts = np.array([*map(str, found), ""], dtype=object)
    return np.asarray(pd.util.hash_array(texts))[codes]


def _values(column: pd.Series) -> Hashes:
    kind = column.dtype
    if pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind):
        # A zero has two signs.
        numbers = column.to_numpy("float64", na_value=np.nan) + 0.0
        return np.asarray(pd.util.hash_array(numbers))
    return _texts(column)
