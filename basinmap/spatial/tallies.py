"""Sums of what many points hold, unit by unit, lot after lot."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basinmap.errors import DataError, culprits
from basinmap.measures import as_floats, check_counts, counted, state_column
from basinmap.states import QUALIFIERS, STATES

__all__ = ["TOTAL", "Heap", "Tally"]

TOTAL: Final = None
"""The value of `by` that stands for all values."""
_MOST_VALUES: Final = 500
_SPILLED: Final = 2**23  # values kept in memory; more go to disk
_ENTRY: Final = np.dtype([("rank", "<i4"), ("value", "<i4"), ("number", "<f8")])

Ranks = NDArray[np.int32]
Rows: TypeAlias = slice | NDArray[np.intp]
Key: TypeAlias = tuple[str, object]


@dataclass(slots=True)
class Tally:
    """
    Sums by unit and by value of `by`.

    Attributes
    ----------
    units
        Number of units.
    kinds
        Values of `by` in the order they came, each with its number.
    sums
        From what is added and a value of `by` to the sum of each unit.
    given
        Totals over all points, inside of units or not.
    signed
        Columns that may be negative, such as a balance.
    """

    units: int
    kinds: dict[object, int] = field(default_factory=dict)
    sums: dict[Key, NDArray[np.float64]] = field(default_factory=dict)
    given: dict[str, float] = field(default_factory=dict)
    signed: frozenset[str] = frozenset()

    def of(self, what: str, value: object = TOTAL) -> NDArray[np.float64]:
        """
        Return a sum by unit, zeros if nothing was ever added.

        Parameters
        ----------
        what
            Name of what was added.
        value
            Value of `by`.
        """
        return self.sums.get((what, value), np.zeros(self.units))

    def number(self, column: pd.Series | None, rows: int) -> Ranks:
        """
        Give each value of `by` a number, -1 where one is missing.

        Parameters
        ----------
        column
            Values, or None where there is no `by`.
        rows
            Number of points.
        """
        if column is None:
            return np.broadcast_to(np.int32(-1), rows)
        codes, found = pd.factorize(column)
        for value in found:
            self.kinds.setdefault(value, len(self.kinds))
        if len(self.kinds) > _MOST_VALUES:
            msg = (
                f"by={column.name!r} has more than {_MOST_VALUES} values, such as "
                f"{culprits(self.kinds, most=3)}; group them into categories first"
            )
            raise DataError(msg)
        places = np.array([self.kinds[value] for value in found] + [-1], np.int32)
        return places[codes]

    def add(
        self,
        what: str,
        rank: Ranks,
        value: Ranks,
        weights: NDArray[np.float64] | None = None,
    ) -> None:
        """
        Add up points, or what they weigh.

        Parameters
        ----------
        what
            Name of what is added.
        rank
            Rank of the unit of each point, -1 for none.
        value
            Number of the value of `by` of each point, -1 for none.
        weights
            What each point weighs; 1 by default.
        """
        wide = len(self.kinds) + 1
        cell = rank + np.intp(1)
        if wide > 1:
            cell = cell * wide + value + 1
        found = np.bincount(cell, weights, minlength=(self.units + 1) * wide)
        table = found.reshape(self.units + 1, wide)[1:].astype("float64")
        self._keep((what, TOTAL), table.sum(axis=1))
        for name, place in self.kinds.items():
            self._keep((what, name), table[:, place + 1])

    def add_column(
        self, name: str, table: pd.DataFrame, rank: Ranks, value: Ranks, rows: Rows
    ) -> None:
        """
        Add up a column, and count what its values are worth.

        Parameters
        ----------
        name
            Column of `table`, which may have a column of states beside it.
        table
            One row a point of the lot.
        rank, value
            As in `add`, one for each of `rows`.
        rows
            Rows of `table`, some perhaps twice where units overlap.
        """
        numbers, states = _counts(table, name, signed=name in self.signed)
        self.given[name] = self.given.get(name, 0.0) + float(np.nansum(numbers))
        numbers = numbers[rows]
        known = ~np.isnan(numbers)
        self.add(name, rank, value, np.where(known, numbers, 0.0))
        if known.all() and state_column(name) not in table:
            return
        self.add(f"{name}:unknown", rank, value, (~known).astype("float64"))
        for state in (*STATES, *QUALIFIERS):
            which = states[rows] == state
            if which.any():
                self.add(f"{name}:{state}", rank, value, which.astype("float64"))

    def _keep(self, key: Key, found: NDArray[np.float64]) -> None:
        if key in self.sums:
            self.sums[key] += found
        else:
            self.sums[key] = found.copy()


def numbers_of(table: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """
    Return a column as numbers, NaN where missing.

    Parameters
    ----------
    table
        One row a point.
    name
        A column of it.

    Raises
    ------
    MeasureError
        If it holds anything but numbers, or infinite ones.
    """
    numbers = as_floats(table[name], name)
    check_counts(numbers, name, signed=True)
    return numbers.to_numpy()


def _counts(
    table: pd.DataFrame, name: str, *, signed: bool
) -> tuple[NDArray[np.float64], NDArray[np.object_]]:
    """Return a column of counts as numbers, and what each is worth."""
    columns = [c for c in (name, state_column(name)) if c in table]
    values, states = counted(table[columns], name, signed=signed)
    return values.to_numpy(), states.to_numpy(dtype=object)


class Heap:
    """
    Values by unit, kept for their medians; on disk where they are many.

    Parameters
    ----------
    expected
        How many may come.
    units
        Number of units.
    """

    def __init__(self, expected: int, units: int) -> None:
        self._parts = 1 + expected // _SPILLED
        self._share = -(-units // self._parts)
        self._lots: list[NDArray[np.void]] = []
        self._folder = tempfile.TemporaryDirectory() if self._parts > 1 else None

    def add(self, rank: Ranks, value: Ranks, numbers: NDArray[np.float64]) -> None:
        """
        Keep values.

        Parameters
        ----------
        rank, value
            Ranks of units and numbers of values of `by`; -1 for none.
        numbers
            The values; NaN is left out.
        """
        kept = (rank >= 0) & ~np.isnan(numbers)
        lot = np.empty(int(kept.sum()), _ENTRY)
        lot["rank"], lot["value"] = rank[kept], value[kept]
        lot["number"] = numbers[kept]
        if self._folder is None:
            self._lots.append(lot)
            return
        for part in range(self._parts):
            some = lot[lot["rank"] // self._share == part]
            with self._path(part).open("ab") as file:
                file.write(some.tobytes())

    def medians(self, units: int, values: int) -> NDArray[np.float64]:
        """
        Return medians, one row a unit: for all values of `by`, then for each.

        Parameters
        ----------
        units
            Number of units.
        values
            Number of values of `by`.
        """
        table = np.full((units, values + 1), np.nan)
        for entries in self._entries():
            _write_medians(table[:, 0], entries["rank"], entries["number"])
            some = entries[entries["value"] >= 0]
            cell = some["rank"] * np.intp(values) + some["value"]
            cells = np.full(units * values, np.nan)
            _write_medians(cells, cell, some["number"])
            split = cells.reshape(units, values)
            table[:, 1:] = np.where(np.isnan(split), table[:, 1:], split)
        return table

    def close(self) -> None:
        """Remove what is on disk."""
        if self._folder is not None:
            self._folder.cleanup()

    def _path(self, part: int) -> Path:
        assert self._folder is not None  # noqa: S101 - for the type checker
        return Path(self._folder.name, f"{part}.bin")

    def _entries(self) -> Iterator[NDArray[np.void]]:
        if self._folder is None:
            yield np.concatenate([np.empty(0, _ENTRY), *self._lots])
            return
        for part in range(self._parts):
            if self._path(part).exists():
                yield np.fromfile(self._path(part), _ENTRY)


def _write_medians(out: NDArray, cell: NDArray, numbers: NDArray) -> None:
    """Write the median of the numbers of each cell where it has some."""
    order = np.lexsort((numbers, cell))
    cell, numbers = cell[order], numbers[order]
    start = np.flatnonzero(np.r_[True, cell[1:] != cell[:-1]])[: len(cell)]
    count = np.diff(np.r_[start, len(cell)])
    low, high = numbers[start + (count - 1) // 2], numbers[start + count // 2]
    out[cell[start]] = low + (high - low) / 2
