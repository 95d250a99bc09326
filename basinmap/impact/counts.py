"""Counts read with their states, before anything is made of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from basinmap.errors import DataError, VintageError, culprits
from basinmap.measures import counted, state_column
from basinmap.states import STATES
from basinmap.values.told import Told, tell, told_of

__all__ = [
    "counts_of",
    "gravest_state",
    "laid_out",
    "of_source",
    "year_of",
    "years_of",
]

_ORDER: Final = ("secret", "lower_bound", "not_applicable", "not_available")
"""What makes a result of several counts missing, gravest first."""
_YEAR: Final = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)")


def counts_of(
    table: pd.DataFrame, columns: Sequence[str], *, signed: bool = False
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """
    Return columns of counts as floats, and the state of each; minimums emptied.

    Parameters
    ----------
    table
        With `<column>_state` beside those of which something is to be said.
    columns
        Counts.
    signed
        Whether they may be negative.

    Raises
    ------
    ColumnError
        If one is missing, or stands twice.
    MeasureError
        If one holds what is no count, or a state contradicts a value.
    DataError
        If the table is none, is empty, or a code stands twice.
    """
    if not isinstance(table, pd.DataFrame) or not len(table) or not len(columns):
        kind = type(table).__name__
        msg = f"expected a table of counts with a row a unit, got {kind}, maybe empty"
        raise DataError(msg)
    if not table.index.is_unique:
        again = table.index[table.index.duplicated()].unique()
        msg = f"codes that stand more than once: {culprits(again)}"
        raise DataError(msg)
    read = {name: counted(table, name, signed=signed) for name in columns}
    values = pd.DataFrame({name: found[0] for name, found in read.items()})
    states = pd.DataFrame({name: found[1] for name, found in read.items()})
    gone = values.isna() & ~states.isin(list(STATES))
    # A minimum is not what is asked: it is added to nothing.
    values = values.mask(states == "lower_bound")
    return values, states.mask(gone, "not_available")


def gravest_state(states: pd.DataFrame) -> pd.Series:
    """
    Return why what is made of several counts cannot be known, row by row.

    A minimum bounds no balance, no share and no index: what it enters is secret.

    Parameters
    ----------
    states
        One a count.

    Returns
    -------
    Series of str
        A state of `STATES`, `estimated`, or nothing.

    Examples
    --------
    >>> gravest_state(pd.DataFrame({"a": ["", "lower_bound"], "b": ["estimated", ""]}))
    0    estimated
    1       secret
    dtype: object
    """
    found = pd.Series("", index=states.index, dtype=object)
    found[(states == "estimated").any(axis=1)] = "estimated"
    for state in reversed(_ORDER):
        said = "secret" if state == "lower_bound" else state
        found[(states == state).any(axis=1)] = said
    return found


def laid_out(
    values: pd.DataFrame,
    states: pd.Series,
    told: Told,
    columns: dict[str, Told],
) -> pd.DataFrame:
    """
    Return results emptied where they cannot be known, each with its state.

    Parameters
    ----------
    values
        Results, one row a unit.
    states
        Of each row.
    told
        Of the table.
    columns
        What is told of each column; those that bear the state of their row.
    """
    gone = states.isin(list(STATES))
    table = values.copy()
    for name in columns:
        table[name] = table[name].mask(gone, np.nan)
        if (states != "").any():
            table[state_column(name)] = states
    return tell(table, told, columns=columns)


def year_of(column: object) -> int | None:
    """
    Return the year that a column is of, by its name.

    Parameters
    ----------
    column
        A year, or a name that ends by one.

    Examples
    --------
    >>> year_of(2008), year_of("population_2016"), year_of("population")
    (2008, 2016, None)
    """
    found = _YEAR.findall(str(column))
    return int(found[-1]) if found else None


def years_of(table: pd.DataFrame) -> dict[int, str]:
    """
    Return the column of each year of a table, in order of time.

    Parameters
    ----------
    table
        Columns named after their years: `2016`, or `population_2016`; those of states
        are passed over.

    Raises
    ------
    VintageError
        If a column has no year, a year stands twice, or there are fewer than two.
    """
    if not isinstance(table, pd.DataFrame):
        msg = f"expected a table with a column a year, got {type(table).__name__}"
        raise DataError(msg)
    names = [name for name in table.columns if not str(name).endswith("_state")]
    found = {name: year_of(name) for name in names}
    without = [name for name, year in found.items() if year is None]
    if without:
        msg = (
            f"columns without a year: {culprits(without)}; one thing is followed, name "
            "its columns after their years: 2016, or income_2016"
        )
        raise VintageError(msg)
    years = [year for year in found.values() if year is not None]
    twice = sorted({year for year in years if years.count(year) > 1})
    if twice or len(years) < 2:
        what = f"years that stand twice: {culprits(twice)}" if twice else "one year"
        msg = f"{what}: following something takes two years or more, each once"
        raise VintageError(msg)
    pairs = ((year, name) for name, year in found.items() if year is not None)
    return dict(sorted(pairs))


def of_source(table: pd.DataFrame | pd.Series) -> Told:
    """
    Return what is told of a table and holds for what is made of it.

    Parameters
    ----------
    table
        What was given.
    """
    told = told_of(table)
    level = told.level or str(table.index.name or "")
    return Told(
        level=level, geography=told.geography, date=told.date, sources=told.sources
    )
