"""Registers of one row a thing, counted by commune block by block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from basinmap.errors import DataError, culprits
from basinmap.sheets import stripped
from basinmap.sources.layouts import Cells, Count, Found, Held, position

__all__ = [
    "DAY",
    "Rows",
    "blocks_of",
    "cells_of",
    "check_form",
    "check_times",
    "columns_of",
    "day_of",
]

DAY: Final = r"(?:1[4-9]|20)\d\d-(?:0\d|1[0-2])-[0-3]\d(?:T[0-9:.]+)?|"
"""An ISO day, with a time or without, or nothing."""
_FEW: Final = 5


class Rows:
    """
    Rows that have no key of their own, to find a file that stands in itself twice.

    Two of them may be alike: two flats of one building. All of them may not.
    """

    def __init__(self) -> None:
        self._seen: list[np.ndarray] = []

    def add(self, rows: pd.DataFrame) -> None:
        """
        Take note of some rows.

        Parameters
        ----------
        rows
            Cells as text.
        """
        found = pd.util.hash_pandas_object(rows.reset_index(drop=True), index=False)
        self._seen.append(found.to_numpy())

    def check(self, file: str) -> None:
        """
        Refuse rows that all stand the same number of times, or multiples of it.

        Parameters
        ----------
        file
            For messages.

        Raises
        ------
        DataError
            Saying how many times.
        """
        times = np.unique(np.concatenate(self._seen), return_counts=True)[1]
        check_times(times, file)


def check_times(times: np.ndarray, file: str) -> None:
    """
    Refuse what stands several times, all of it: a file that was joined to itself.

    Parameters
    ----------
    times
        How many times each thing stands; of less than five, nothing is said.
    file
        For messages.

    Raises
    ------
    DataError
        Saying how many times.
    """
    often = int(np.gcd.reduce(times)) if len(times) >= _FEW else 1
    if often > 1:
        msg = (
            f"{file}: every row stands {often} times: the file was joined to itself; "
            "fetch it again"
        )
        raise DataError(msg)


def blocks_of(found: Found, places: Mapping[int, str | int]) -> Iterator[pd.DataFrame]:
    """
    Yield the rows of a register, their columns named, no space around their cells.

    Parameters
    ----------
    found
        The file.
    places
        Name of each column that is read, by position.
    """
    for block in found.grid.blocks(found.at, sorted(places)):
        yield block.rename(columns=places).apply(stripped)


def check_form(text: pd.Series, name: str, form: str, file: str) -> None:
    """
    Refuse a column that holds something else than it should.

    Parameters
    ----------
    text
        Its cells.
    name
        Of it, for messages.
    form
        Expression of what is expected.
    file
        For messages.

    Raises
    ------
    DataError
        With some of what it holds.
    """
    odd = text[~text.str.fullmatch(form)]
    if len(odd):
        msg = (
            f"{file}: {name}: {len(odd)} cell(s) such as "
            f"{culprits(odd.unique(), most=3)} where {form} was expected; columns are "
            "shifted, or the file went through a spreadsheet: fetch it again"
        )
        raise DataError(msg)


def columns_of(
    found: Found, names: Mapping[str, Sequence[str]], optional: Sequence[str] = ()
) -> dict[int, str]:
    """
    Return the columns that are read, by position.

    Parameters
    ----------
    found
        The file.
    names
        What each is called here, and names that it may have there.
    optional
        Those that may be absent.

    Raises
    ------
    DataError
        Naming those that are.
    """
    places = {name: position(found.header, those) for name, those in names.items()}
    absent = [
        names[name][0]
        for name, at in places.items()
        if at is None and name not in optional
    ]
    if absent:
        msg = (
            f"{found.grid.file}: no column {culprits(absent)}: what is counted rests "
            "on it; fetch the file with all its columns"
        )
        raise DataError(msg)
    return {int(at): name for name, at in places.items() if at is not None}


def day_of(text: pd.Series, name: str, file: str) -> pd.Series:
    """
    Return days as ISO text, blank where there is none.

    Parameters
    ----------
    text
        Dates of a register, with a time or without.
    name, file
        For messages.

    Raises
    ------
    DataError
        If something is no ISO date.
    """
    check_form(text, name, DAY, file)
    return text.str.slice(0, 10)


def cells_of(
    tallies: Mapping[tuple[Count, int], pd.Series],
    *,
    notes: Sequence[str],
    cog: int | None = None,
) -> Cells:
    """
    Return what was counted; a commune of the file without one has none.

    Parameters
    ----------
    tallies
        Counts by commune, of each count and year.
    notes
        French sentences.
    cog
        Year of the list of communes.
    """
    codes = pd.Index(sorted(set().union(*(tally.index for tally in tallies.values()))))
    held = {}
    columns = {}
    states = {}
    for (count, year), tally in tallies.items():
        item = Held(count, (year,))
        held[item.column] = item
        values = tally.reindex(codes).fillna(0.0).astype(float)
        columns[item.column] = values.reset_index(drop=True)
        states[item.column] = pd.Series("", range(len(codes)), dtype=object)
    return Cells(
        codes=pd.Series(codes, dtype="str"),
        columns=pd.DataFrame(columns, index=range(len(codes))),
        held=held,
        states=states,
        notes=tuple(notes),
        cog=cog,
    )
