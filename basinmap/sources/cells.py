"""Text of a table as numbers, and what is said of those that are missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from basinmap.errors import MeasureError, culprits
from basinmap.measures import check_counts, check_decimals, parse_counts, state_column
from basinmap.sources.layouts import Marks
from basinmap.states import STATES, summed
from basinmap.workbooks import FALSE, TRUE

__all__ = ["FETCHED", "numbers_of", "sum_of"]

_SPACE: Final = "[ \u00a0\u202f]"
_SPACED: Final = rf"[-−]?[0-9]{{1,3}}(?:{_SPACE}[0-9]{{3}})+(?:[.,][0-9]+)?"
_PLAIN: Final = r"[0-9]+(?:\.[0-9]+)?"
_ROUND: Final = r"[1-9]e\+[0-9]{2}"
_NOTHING: Final = r"-?[0-9](?:\.[0-9]+)?[eE]-(?:09|[1-9][0-9]|[1-3][0-9]{2})"
_THOUSANDS: Final = r"[-−]?[1-9][0-9]{0,2}(?:[.,][0-9]{3})+"

_DAY: Final = (
    r"(?:[12][0-9]{3}[-/][01]?[0-9][-/][0-3]?[0-9]|[0-3]?[0-9]/[01]?[0-9]/[12][0-9]{3})"
    r"(?:[ T].*)?"
)
_HOUR: Final = r"[0-9]+:[0-5][0-9](?::[0-5][0-9])?"
_TRUTH: Final = rf"(?i:{TRUE}|{FALSE}|true|false)"
_SHARE: Final = r".*[0-9]\s*%"
_BARE: Final = r"(?!-?0+(?:[.,]0+)?$)[-−]?[0-9][0-9.,]*"

Parsed = tuple[pd.Series, pd.Series]


FETCHED: Final = "a producer writes none; fetch the file again"
"""What to do of negative counts of a producer."""


def numbers_of(
    text: pd.Series,
    name: str,
    marks: Marks,
    *,
    signed: bool = False,
    cure: str = FETCHED,
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
    cure
        What to do of negative ones, where whoever reads stands.

    Raises
    ------
    MeasureError
        If something is neither a number nor a known sign, or a date, a percentage
        that is declared none, or is negative.
    DataError
        If decimals are written in two ways.

    Examples
    --------
    >>> values, states = numbers_of(pd.Series(["1 234,5", "s", ""]), "n", Marks())
    >>> values.tolist(), states.tolist()
    ([1234.5, nan, nan], ['', 'secret', 'not_available'])
    """
    text = _written_out(text)
    _check_kinds(text, name, marks)
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
        read = _marked(rest.rename(name), marks)
        values[rest.index] = read[name]
        states[rest.index] = read[state_column(name)]
    below = values[values < 0]
    if len(below) and not signed:
        msg = f"{name!r}: {len(below)} negative value(s): {_where(below)}; {cure}"
        raise MeasureError(msg)
    check_counts(values, name, signed=signed)
    return values, states


def _check_kinds(text: pd.Series, name: str, marks: Marks) -> None:
    """Refuse cells that are of another kind than numbers, by their row and content."""
    odd = text[~text.str.fullmatch(rf"(?:{_PLAIN})?")]
    if odd.empty:
        return
    other = odd[odd.str.fullmatch(rf"{_DAY}|{_HOUR}|{_TRUTH}")]
    if len(other):
        msg = (
            f"{name!r}: {len(other)} cell(s) are dates, times or truth values where "
            f"numbers are expected: {_where(other)}; write the number, in a cell whose "
            "format is that of a number"
        )
        raise MeasureError(msg)
    never = odd[odd.str.startswith("=")]
    if len(never):
        msg = (
            f"{name!r}: {len(never)} formula(s) that nothing has computed yet: "
            f"{_where(never)}; open the workbook in a spreadsheet, and save it"
        )
        raise MeasureError(msg)
    share = odd[odd.str.fullmatch(_SHARE)]
    if len(share):
        _check_shares(text, share, name, marks)


def _check_shares(text: pd.Series, share: pd.Series, name: str, marks: Marks) -> None:
    """Refuse percentages where none is declared, and beside what may be one or not."""
    if marks.suffix != "%":
        msg = (
            f"{name!r}: {len(share)} cell(s) are percentages: {_where(share)}; declare "
            "them, bm.Median(unit='%'), or read the two counts they come from"
        )
        raise MeasureError(msg)
    bare = text[text.str.fullmatch(_BARE)]
    if len(bare):
        msg = (
            f"{name!r}: some cells are percentages ({_where(share, most=1)}) and "
            f"{len(bare)} bare numbers ({_where(bare, most=2)}): which is which? Write "
            "them in one way"
        )
        raise MeasureError(msg)


def _where(cells: pd.Series, most: int = 5) -> str:
    return culprits([f"{at} : {cell}" for at, cell in cells.items()], most=most)


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


def _marked(rest: pd.Series, marks: Marks) -> pd.DataFrame:
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
        signed=True,  # `numbers_of` says what to do of those that may not be
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
