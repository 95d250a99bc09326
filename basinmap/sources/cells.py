"""Text of a table as numbers, and what is said of those that are missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from basinmap.measures import check_counts, check_decimals, parse_counts, state_column
from basinmap.sources.layouts import Marks
from basinmap.states import STATES, summed

__all__ = ["numbers_of", "sum_of"]

_SPACE: Final = "[ \u00a0\u202f]"
_SPACED: Final = rf"[-−]?[0-9]{{1,3}}(?:{_SPACE}[0-9]{{3}})+(?:[.,][0-9]+)?"
_PLAIN: Final = r"[0-9]+(?:\.[0-9]+)?"
_ROUND: Final = r"[1-9]e\+[0-9]{2}"
_NOTHING: Final = r"-?[0-9](?:\.[0-9]+)?[eE]-(?:09|[1-9][0-9]|[1-3][0-9]{2})"
_THOUSANDS: Final = r"[-−]?[1-9][0-9]{0,2}(?:[.,][0-9]{3})+"

Parsed = tuple[pd.Series, pd.Series]


def numbers_of(
    text: pd.Series, name: str, marks: Marks, *, signed: bool = False
) -> Parsed:
    """
    Return a column of text as numbers, and the state of each.

    Parameters
    ----------
    text
        As read.
    name
        Of the column, for messages.
    marks
        What stands for no number.
    signed
        Whether numbers may be negative.

    Raises
    ------
    MeasureError
        If something is neither a number nor a known sign.
    DataError
        If decimals are written in two ways.

    Examples
    --------
    >>> values, states = numbers_of(pd.Series(["1 234,5", "s", ""]), "n", Marks())
    >>> values.tolist(), states.tolist()
    ([1234.5, nan, nan], ['', 'secret', 'not_available'])
    """
    text = _written_out(text)
    values = pd.Series(np.nan, index=text.index, dtype=float)
    states = pd.Series("", index=text.index, dtype=object)
    if marks.suffix:
        text = text.str.removesuffix(marks.suffix).str.strip()
    whole = r"[0-9]+" if marks.decimal != "." or marks.declared else _PLAIN
    plain = text.str.fullmatch(whole).to_numpy(dtype=bool)
    if not plain.all():
        text = _decimals_of(text, name, marks)
        plain = text.str.fullmatch(_PLAIN).to_numpy(dtype=bool)
    values[plain] = pd.to_numeric(text[plain]).to_numpy(dtype=float)
    rest = text[~plain]
    if len(rest):
        read = _marked(rest.rename(name), marks, signed=signed)
        values[rest.index] = read[name]
        states[rest.index] = read[state_column(name)]
    check_counts(values, name, signed=signed)
    return values, states


def _written_out(text: pd.Series) -> pd.Series:
    """
    Return text without the powers of ten that statistical software writes.

    « 3e+05 » of R is 300 000 and nothing else: it writes so what is shorter so. What is
    next to nothing, « -1.8e-15 », is the zero that a difference left. « 1.2E+05 » of a
    spreadsheet may have lost digits, and stays no number.
    """
    if not text.str.contains("e", case=False, regex=False).any():
        return text
    round_ = text.str.fullmatch(_ROUND)
    if round_.any():
        wide = text[round_].map(lambda cell: str(int(float(cell))))
        text = text.mask(round_, wide.reindex(text.index))
    return text.mask(text.str.fullmatch(_NOTHING), "0")


def _marked(rest: pd.Series, marks: Marks, *, signed: bool) -> pd.DataFrame:
    """Read the cells that are no plain number."""
    secret = marks.secret
    if marks.text == "secret":
        known = {*marks.not_applicable, *marks.not_available}
        letters = rest.str.contains(r"[^\W\d_]", regex=True)
        secret = (*secret, *set(rest[letters].str.lower()) - known)
    return parse_counts(
        rest,
        secret=secret,
        not_applicable=marks.not_applicable,
        not_available=marks.not_available,
        signed=signed,
        decimal=marks.decimal or ("." if marks.declared else ""),
    )


def _decimals_of(text: pd.Series, name: str, marks: Marks) -> pd.Series:
    """Return text without spaces, nor what the caller says is between thousands."""
    spaced = text.str.fullmatch(_SPACED)
    text = text.mask(spaced, text.str.replace(_SPACE, "", regex=True))
    if marks.declared:
        other = "," if marks.decimal == "." else "."
        loose = text.str.fullmatch(_THOUSANDS)
        loose |= text.str.contains(marks.decimal, regex=False)
        text = text.mask(loose, text.str.replace(other, "", regex=False))
    check_decimals(text, name, marks.decimal)
    return text


def sum_of(parts: Sequence[Parsed], minus: Sequence[Parsed] = ()) -> Parsed:
    """
    Return the sum of columns, and what it is worth.

    Parameters
    ----------
    parts
        Values and states to add.
    minus
        To take away: what is hidden there bounds nothing.
    """
    every = [*parts, *minus]
    if len(every) == 1:
        return every[0]
    values = np.column_stack([value.to_numpy(dtype=float) for value, _ in every])
    told = np.column_stack([state.to_numpy(dtype=object) for _, state in every])
    signs = np.array([1.0] * len(parts) + [-1.0] * len(minus))
    some = ~np.isnan(values).all(axis=1)
    has = {state: (told == state).any(axis=1) for state in np.unique(told.astype(str))}
    states = summed(has, some, signed=bool(minus))
    total = np.where(np.isnan(values), 0.0, values) @ signs
    total[~some | np.isin(states, list(STATES))] = np.nan
    index = every[0][0].index
    return pd.Series(total, index), pd.Series(states, index, dtype=object)
