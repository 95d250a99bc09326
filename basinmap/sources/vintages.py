"""Years that a user types: true ones, and those that the columns of a file say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from basinmap.errors import DataError, VintageError, culprits
from basinmap.staging import today
from basinmap.territory.timelines import timeline

__all__ = [
    "check_grounds",
    "check_scale",
    "check_vintage",
    "check_year",
    "check_years_of",
]

_FIRST: Final = 1900

_YEAR: Final = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")
# A year of a header, and no number of its own: « plus de 2000 habitants ».
_SAID: Final = re.compile(
    rf"{_YEAR.pattern}(?!\s*(?:hab|m²|m2|€|euro|log|pers|ménage|emploi|unité))",
    re.IGNORECASE,
)
_SCALED: Final = re.compile(
    r"\b(?:milliers?|millions?|milliards?|centaines?)\b|\b[x×]\s?1[\s.]?000\b",
    re.IGNORECASE,
)


def check_year(year: int, what: str, *, projected: bool = False) -> None:
    """
    Check that a year is one of which there may be figures.

    Parameters
    ----------
    year
        A year.
    what
        Of what, for the message.
    projected
        Whether a column may be declared to be of a year to come.

    Raises
    ------
    VintageError
        If it is before 1900, or has not begun.

    Examples
    --------
    >>> check_year(2024, "landlords")
    """
    last = today().year
    if not _FIRST <= year <= last:
        msg = f"{what}: {year} is no year of figures; write one from {_FIRST} to {last}"
        if projected:
            msg += f"; of a projection, declare its column, bm.Stock(vintage='{year}')"
        raise VintageError(msg)


def check_vintage(vintage: str | int, file: str) -> None:
    """
    Refuse what is neither a year nor a period, or is of after today.

    Parameters
    ----------
    vintage
        As typed.
    file
        For messages.

    Raises
    ------
    VintageError
        Saying what to type.
    """
    years = [int(year) for year in _YEAR.findall(str(vintage))]
    if not years or years != sorted(years):
        msg = (
            f"{file}: vintage={vintage!r} is no year: write that of the figures, "
            "vintage=2022, or a period, vintage='2016-2021'"
        )
        raise VintageError(msg)
    check_year(years[-1], file, projected=True)


def check_years_of(columns: Iterable[str], vintage: str, file: str) -> None:
    """
    Refuse columns whose header says another year than is typed.

    Parameters
    ----------
    columns
        Headers, of columns that declare no year of their own.
    vintage
        Year or period typed.
    file
        For messages.

    Raises
    ------
    VintageError
        With the years that they say.
    """
    meant = set(_YEAR.findall(vintage))
    for column in columns:
        said = list(dict.fromkeys(_SAID.findall(column)))
        if said and not meant & set(said):
            msg = (
                f"{file}: the column {column!r} says {', '.join(said)}, and "
                f"vintage={vintage!r}: read it with the year it is of, "
                f"vintage={said[-1]!r} (--vintage {said[-1]}), or declare it, "
                f"bm.Stock(vintage={said[-1]!r})"
            )
            raise VintageError(msg)


def check_scale(columns: Iterable[str], file: str) -> None:
    """
    Refuse columns whose header says that they count thousands.

    Parameters
    ----------
    columns
        Headers, of columns that declare no unit of their own.
    file
        For messages.

    Raises
    ------
    DataError
        Saying how to write them.
    """
    wrong = [column for column in columns if _SCALED.search(column)]
    if wrong:
        msg = (
            f"{file}: {culprits(wrong)} said to be in thousands or more: 16,8 would be "
            "read as 16.8 and not 16 800; write whole numbers in the file, or declare "
            "the unit, bm.Stock(unit='milliers de logements') (--counted)"
        )
        raise DataError(msg)


def check_grounds(codes: Iterable[str], vintage: str, file: str) -> None:
    """
    Refuse a partial list with codes that name other ground from year to year.

    Parameters
    ----------
    codes
        Of communes of Nord and Pas-de-Calais, on a list that nothing dates.
    vintage
        Year of the figures: their list is of that year, or of one after.
    file
        For messages.

    Raises
    ------
    VintageError
        With the codes, and the years between which they change.
    """
    mine = set(codes)
    years = [int(year) for year in _YEAR.findall(vintage)]
    line = timeline(None)
    if not years or _is_whole(mine):
        return
    lists = {
        year: line.grounds(year)
        for year in range(max(years[-1], line.first), line.last + 1)
    }
    # Years of which all codes may be.
    lists = {year: there for year, there in lists.items() if mine <= there.keys()}
    changed = sorted(
        code for code in mine if len({there[code] for there in lists.values()}) > 1
    )
    if changed:
        spans = sorted(lists)
        msg = (
            f"{file}: of which list of communes is it? Its codes are those of "
            f"{spans[0]} and of {spans[-1]} alike, and {culprits(changed)} not of the "
            f"same ground in both: write cog={spans[0]} or cog={spans[-1]} (--cog)"
        )
        raise VintageError(msg)


def _is_whole(codes: set[str]) -> bool:
    """Tell whether codes are all those of their départements, of the last list."""
    line = timeline(None)
    there = line.grounds(line.last).keys()
    heads = {code[:2] for code in codes}
    return {code for code in there if code[:2] in heads} <= codes
