"""What a producer's file is made of, as data: names of columns, counts, cautions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

import pandas as pd

from basinmap.errors import ColumnError, VintageError, culprits
from basinmap.measures import Measure, Median, Stock
from basinmap.sheets import Grid

__all__ = [
    "MARKS",
    "Cells",
    "Count",
    "Found",
    "Held",
    "Marks",
    "Options",
    "Points",
    "Source",
    "full_year",
    "held_counts",
    "pattern",
    "position",
    "told_year",
    "whole_rows",
]

Period = tuple[int, ...]
"""A year, or the first and the last; nothing for what is of no year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """
    What a producer writes where there is no number.

    Attributes
    ----------
    secret, not_applicable, not_available
        Its signs.
    text
        What any other text in a column of numbers means: nothing known, or secret.
    decimal
        What stands before decimals, if it is known: « 1.234 » may be a thousand.
    suffix
        What may stand after a number, such as « % ».
    declared
        Whether the caller says so: the other mark then stands between thousands.
    """

    secret: tuple[str, ...] = ("s",)
    not_applicable: tuple[str, ...] = ("so", "s.o.", "///")
    not_available: tuple[str, ...] = ("", "ns", "nd", "n.d.", "n.s.", "n/a")
    text: Literal["", "secret"] = ""
    decimal: Literal["", ".", ","] = ""
    suffix: str = ""
    declared: bool = False


MARKS: Final = Marks()


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """
    A count that a file holds.

    Attributes
    ----------
    name
        Of the catalogue, without year.
    columns
        Names of the columns to add up. `{yy}` and `{yyyy}` stand for the year,
        `{aa}{bb}` for the first and the last whole year of a period.
    label, unit
        French.
    family
        Sampling family of the census.
    published
        Whether it is printed as it stands, and never adds up.
    signed
        Whether it may be negative.
    minus
        Columns to take away.
    """

    name: str
    columns: tuple[str, ...]
    label: str
    unit: str
    family: str = ""
    published: bool = False
    signed: bool = False
    minus: tuple[str, ...] = ()

    def measure(self, period: Period, geography: str, source: str) -> Measure:
        """
        Return what its column is.

        Parameters
        ----------
        period
            Its year or years.
        geography
            Year of the list of communes.
        source
            Credit.
        """
        told: dict[str, Any] = {
            "label": self.label,
            "unit": self.unit,
            "vintage": "-".join(map(str, period)),
            "geography": geography,
            "source": source,
            "family": self.family,
        }
        kind = Median if self.published else Stock
        return kind(signed=self.signed, **told)

    def column(self, period: Period) -> str:
        """
        Return the name of its column in a table.

        Parameters
        ----------
        period
            Its year or years.
        """
        return "_".join([self.name, *map(str, period)])


@dataclass(frozen=True, slots=True)
class Held:
    """
    A count that is in a file, of a year.

    Attributes
    ----------
    count
        Which.
    period
        Its year or years.
    at
        Positions of its columns in the header.
    minus
        Positions of those to take away.
    """

    count: Count
    period: Period
    at: tuple[int, ...] = ()
    minus: tuple[int, ...] = ()

    @property
    def column(self) -> str:
        """Name of the column in a table."""
        return self.count.column(self.period)


@dataclass(frozen=True, slots=True)
class Options:
    """
    What the caller declares of a file, which the file does not say.

    Attributes
    ----------
    dates
        Of Sitadel: `"real"` or `"recorded"`.
    vintage
        Year of a statistic that stands in no column.
    """

    dates: str = ""
    vintage: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """
    A table of a file in which a source is recognised.

    Attributes
    ----------
    source
        Which.
    grid
        The table.
    at
        Position of the header.
    header
        Names of the columns.
    path
        Of the file.
    options
        What the caller declares.
    """

    source: Source
    grid: Grid
    at: int
    header: tuple[str, ...]
    path: Path
    options: Options = Options()

    def whole(self) -> pd.DataFrame:
        """Return all columns of the table, named as in the file, every cell as text."""
        return whole_rows(self.grid, self.at, self.header)


def whole_rows(grid: Grid, at: int, header: Sequence[str]) -> pd.DataFrame:
    """
    Return all columns of a table, named as in the file, every cell as text.

    Parameters
    ----------
    grid
        The table.
    at
        Position of its header.
    header
        Names of the columns; those that stand twice bear their position too.
    """
    names = [
        name if header.index(name) == place else f"{name} ({place + 1})"
        for place, name in enumerate(header)
    ]
    return grid.frame(at, list(range(len(header)))).set_axis(names, axis=1)


@dataclass(frozen=True, slots=True)
class Cells:
    """
    What was read of a file, before codes and numbers are looked at.

    Attributes
    ----------
    codes
        Text.
    columns
        A column a count: text, or numbers where the reader made them.
    held
        The counts, by column.
    states
        Of columns that are numbers, what those missing mean.
    notes
        French sentences.
    cog
        Year of the list of communes, where the columns tell it.
    credit
        That of the file, where it is not that of the source.
    dated
        Whether the codes of each count are those of its own year.
    level
        Of the codes, where the file holds another than its source.
    ends
        Of flows: origin and destination of each row, in place of codes.
    whole
        What gives the same rows with all columns of the file; nothing of sums.
    """

    codes: pd.Series
    columns: pd.DataFrame
    held: Mapping[str, Held]
    states: Mapping[str, pd.Series] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    cog: int | None = None
    credit: str = ""
    dated: bool = False
    level: str = ""
    ends: pd.DataFrame | None = None
    whole: Callable[[], pd.DataFrame] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """
    Where a file of things that lie somewhere says where.

    Attributes
    ----------
    key
        Names of the column that tells one from another; none of rows that are each one.
    named
        What the index is called.
    x, y
        Names of the columns of coordinates, in Lambert-93.
    commune
        Names of the column of the code of the commune.
    kept
        What else is kept: its name, and names that its column may have.
    epsg
        Column of the EPSG code of the coordinates of each row, if any.
    lonlat
        Columns of longitude and latitude that say the same place, if any.
    apart
        Whether coordinates are in a file of their own, joined by the key.
    first
        Of the places of one key, a kept column and what it holds at the best; by
        default a key has one place.
    replaced
        A kept column that holds the keys of rows that are worth nothing any more.
    checked
        Kept columns, or the `key`, whose values are these, and no others.
    shown
        A kept column, what it holds of things that may be shown one by one, and French
        words on the others.
    """

    key: tuple[str, ...]
    named: str
    x: tuple[str, ...] = ()
    y: tuple[str, ...] = ()
    commune: tuple[str, ...]
    kept: Mapping[str, tuple[str, ...]]
    epsg: str = ""
    lonlat: tuple[str, str] | None = None
    apart: bool = False
    first: tuple[str, str] | None = None
    replaced: str = ""
    checked: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    shown: tuple[str, str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """
    A producer's file.

    Attributes
    ----------
    id
        What `read_source` is told to insist.
    name
        French name of the file.
    credit
        French credit; `{year}` stands for its vintage.
    code
        Names that the column of codes may have; a group `cog` is the year of the list.
    needs
        Names of columns without which it is another file.
    counts
        What it may hold.
    level
        Of its codes.
    marks
        Signs of absence.
    lag
        Years from the vintage to the list of communes, where the producer keeps one.
    totals
        Counts that are the sum of others in each row.
    parts
        Pairs of counts of which the first is never more than the second.
    cautions
        French sentences on what the file cannot give.
    year
        Year of the counts, where their columns bear none.
    only
        A column that tells levels apart, and what it holds for that of the source.
    title
        What the file's own name says of the year of its list of communes.
    read
        What reads a layout of its own; by default one row a territory.
    points
        Where its rows lie, where they are things of their own.
    above
        Whether the same columns are published of what lies above the commune.
    """

    id: str
    name: str
    credit: str
    code: tuple[str, ...]
    needs: tuple[str, ...]
    counts: tuple[Count, ...] = ()
    level: str = "commune"
    marks: Marks = MARKS
    lag: int | None = None
    totals: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    parts: tuple[tuple[str, str], ...] = ()
    cautions: tuple[str, ...] = ()
    year: Callable[[Found], int] | None = None
    only: tuple[str, ...] = ()
    title: str = ""
    read: Callable[[Found], Cells] | None = None
    points: Points | None = None
    above: bool = False


def told_year(found: Found, *forms: str) -> int:
    """
    Return the year of a statistic, from the caller, its columns, its name or titles.

    Parameters
    ----------
    found
        The file.
    *forms
        Names of columns that bear the year before.

    Raises
    ------
    VintageError
        If nothing says it.
    """
    if found.options.vintage:
        return found.options.vintage
    before = [
        full_year(told["yyyy"])
        for cell in found.header
        for form in forms
        if (told := pattern(form).fullmatch(cell)) is not None
    ]
    if before:
        return max(before) + 1
    titles = " ".join(cell for row in found.grid.head[: found.at] for cell in row)
    told_in = [*_YEAR.findall(found.path.name), *_YEAR.findall(titles)]
    if len(set(told_in)) == 1:
        return int(told_in[0])
    msg = (
        f"{found.grid.file}: of which year is it? Neither its columns nor its name say "
        "so: write vintage=2024"
    )
    raise VintageError(msg)


_YEAR: Final = re.compile(r"(?<!\d)20\d\d(?!\d)")

# -- names of columns ---------------------------------------------------------------

_GROUPS: Final = {
    "{yyyy}": r"(?P<yyyy>(?:19|20)\d\d)",
    "{yy}": r"(?P<yy>\d\d)",
    "{aa}": r"(?P<aa>\d\d)",
    "{bb}": r"(?P<bb>\d\d)",
    "{cog}": r"(?P<cog>\d\d(?:\d\d)?)",
}


@cache
def pattern(name: str) -> re.Pattern[str]:
    """
    Return the expression of a name of columns that holds a year.

    Parameters
    ----------
    name
        Such as `"P{yy}_LOG"`.

    Examples
    --------
    >>> pattern("P{yy}_LOG").fullmatch("P21_LOG")["yy"]
    '21'
    """
    for mark, form in _GROUPS.items():
        name = name.replace(mark, form)
    return re.compile(name, re.IGNORECASE)


def full_year(text: str) -> int:
    """
    Return a year from two digits or four.

    Parameters
    ----------
    text
        Digits.

    Examples
    --------
    >>> full_year("21"), full_year("68"), full_year("2024")
    (2021, 1968, 2024)
    """
    year = int(text)
    return year if year > 99 else year + (1900 if year > 60 else 2000)


def position(header: Sequence[str], names: Sequence[str]) -> int | None:
    """
    Return the first column that has one of some names.

    Parameters
    ----------
    header
        Names of the columns.
    names
        In order of preference.
    """
    for name in names:
        for at, cell in enumerate(header):
            if pattern(name).fullmatch(cell):
                return at
    return None


def held_counts(counts: Sequence[Count], header: Sequence[str]) -> list[Held]:
    """
    Return the counts that a header holds, with their years.

    Parameters
    ----------
    counts
        Those it may hold.
    header
        Names of the columns.

    Raises
    ------
    ColumnError
        If a column stands twice.
    """
    found: dict[str, Held] = {}
    for count in counts:
        added = _by_period(count.columns, header)
        taken = _by_period(count.minus, header)
        for period, at in added.items():
            if len(at) < len(count.columns):
                continue
            less = taken.get(period, ())
            if len(less) < len(count.minus):
                continue
            item = Held(count, period, at, less)
            found.setdefault(item.column, item)
    return list(found.values())


def _by_period(
    names: Sequence[str], header: Sequence[str]
) -> dict[Period, tuple[int, ...]]:
    """Return the positions of some columns, by the year their names bear."""
    found: dict[Period, tuple[int, ...]] = {}
    for name in names:
        here: dict[Period, list[int]] = {}
        for at, cell in enumerate(header):
            told = pattern(name).fullmatch(cell)
            if told is not None:
                here.setdefault(_period(told.groupdict()), []).append(at)
        twice = [header[at[0]] for at in here.values() if len(at) > 1]
        if twice:
            msg = f"{len(twice)} column(s) stand twice: {culprits(twice)}; keep one"
            raise ColumnError(msg)
        for period, (at,) in here.items():
            found[period] = (*found.get(period, ()), at)
    return found


def _period(told: Mapping[str, str | None]) -> Period:
    year = told.get("yyyy") or told.get("yy")
    if year:
        return (full_year(year),)
    first, last = told.get("aa"), told.get("bb")
    if first and last:
        # « de aa à bb », both whole: up to 1 January of the next.
        return full_year(first), full_year(last) + 1
    return ()
