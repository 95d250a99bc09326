"""What is published: tables, the territories of their rows, what their columns are."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Final, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basinmap.arguments import check_kind
from basinmap.catalogue.entries import catalogue
from basinmap.errors import CodeError, DataError, culprits
from basinmap.measures import Growth, Mean, Median, Ratio, Stock, state_column
from basinmap.values.checks import check_exported, with_read_states
from basinmap.values.told import bare, measures_of, told_of

__all__ = [
    "Given",
    "Ground",
    "Hierarchies",
    "Links",
    "Quotient",
    "Sheet",
    "Tables",
    "is_alone",
    "is_count",
    "known_sums",
    "quotients_of",
    "sheets_of",
    "sums_of",
    "vintaged",
    "year_of_sums",
]

Given: TypeAlias = pd.DataFrame | pd.Series
Tables: TypeAlias = Given | Mapping[str, Given] | Sequence[Given]
Hierarchies: TypeAlias = (
    pd.DataFrame
    | Mapping[str, pd.Series | Mapping[str, Iterable[str]]]
    | Sequence[str]
    | None
)
Links: TypeAlias = Mapping[str, Sequence[str] | Ratio | Growth]
Extent = frozenset[str]
Terms: TypeAlias = tuple[tuple[str, float], ...]

_GIVEN: Final = "unit by base unit, by level: {'epci': bm.membership('epci')}"
_HELD: Final = "its base units, as a list of codes"
_DATED: Final = re.compile(r"(.+?)((?:_\d{4}){1,2})")


@dataclass(frozen=True)
class Sheet:
    """
    One table: its name, the level of its rows, and whether it is published elsewhere.

    Attributes
    ----------
    name
        As given.
    level
        Of its codes.
    frame
        Its columns.
    known
        Whether it is published elsewhere, so that nothing in it can be hidden.
    """

    name: str
    level: str
    frame: pd.DataFrame
    known: bool = False

    def states(self, column: str) -> NDArray[np.object_]:
        """
        Return what is said of each value of a column.

        Parameters
        ----------
        column
            A column.
        """
        beside = state_column(column)
        if beside in self.frame.columns:
            told = self.frame[beside].fillna("").astype(str)
            return told.to_numpy(dtype=object)
        said = told_of(self.frame[column]).states
        return np.array([said.get(code, "") for code in self.frame.index], dtype=object)

    def numbers(self, column: str) -> NDArray[np.float64]:
        """
        Return the values of a column, NaN where there is none.

        Parameters
        ----------
        column
            A column.
        """
        found = pd.to_numeric(self.frame[column], errors="coerce")
        return found.to_numpy(dtype=float, na_value=np.nan)

    def value(self, column: str, code: str) -> float:
        """
        Return one value.

        Parameters
        ----------
        column, code
            Where.
        """
        if column not in self._read:
            self._read[column] = self.numbers(column)
        return float(self._read[column][self._rows[code]])

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {code: k for k, code in enumerate(self.frame.index.astype(str))}

    @cached_property
    def _read(self) -> dict[str, NDArray[np.float64]]:
        return {}

    @cached_property
    def columns(self) -> list[str]:
        """The columns of numbers."""
        beside = {state_column(str(name)) for name in self.frame.columns}
        return [
            str(name)
            for name in self.frame.columns
            if name not in beside and _numeric(self.frame[name])
        ]


def _numeric(values: pd.Series) -> bool:
    kind = values.dtype
    if pd.api.types.is_bool_dtype(kind):
        return False
    gone = pd.api.types.is_object_dtype(kind) and bool(values.isna().all())
    return gone or bool(pd.api.types.is_numeric_dtype(kind))


def sheets_of(
    tables: Tables, what: str = "tables", *, known: bool = False
) -> list[Sheet]:
    """
    Return tables as they were given, checked.

    Parameters
    ----------
    tables
        See `protect`.
    what
        How the argument is called.
    known
        Whether they are published elsewhere.

    Raises
    ------
    DataError
        If there is none, or the index of one bears no name or holds a code twice.
    SecrecyError, MeasureError
        If a value is there that is said to be missing.
    """
    if isinstance(tables, pd.DataFrame | pd.Series):
        tables = {"": tables}
    if not isinstance(tables, Mapping):
        tables = {str(n): table for n, table in enumerate(tables, start=1)}
    if not tables:
        msg = f"{what}: nothing to look at; give tables by name, {{'communes': table}}"
        raise DataError(msg)
    return [_sheet(str(n), t, what, known) for n, t in tables.items()]


def _sheet(name: str, table: Given, what: str, known: bool) -> Sheet:  # noqa: FBT001
    here = f"{what}[{name!r}]" if name else what
    if isinstance(table, pd.Series):
        table = _framed(table, here)
    if not isinstance(table, pd.DataFrame):
        msg = f"{here}: expected a table or a series, got {type(table).__name__}"
        raise DataError(msg)
    if table.index.nlevels > 1 or not table.index.name:
        msg = (
            f"{here}: its index bears no name, the level of its codes; write "
            "table.rename_axis('commune')"
        )
        raise DataError(msg)
    if not table.index.is_unique:
        again = table.index[table.index.duplicated()].unique()
        msg = f"{here}: codes that stand more than once: {culprits(again)}"
        raise DataError(msg)
    table = with_read_states(table, here)
    check_exported(table, here)
    return Sheet(name, str(table.index.name), table, known)


def _framed(values: pd.Series, here: str) -> pd.DataFrame:
    """Return a series as a table, with its states beside it."""
    if not values.name:
        msg = f"{here}: a series without a name; write values.rename('vacants')"
        raise DataError(msg)
    said = told_of(values).states
    name = str(values.name)
    table = values.to_frame(name)
    states = [said.get(code, "") for code in values.index]
    if any(states):
        table[state_column(name)] = states
    return table


# -- territories --------------------------------------------------------------------


@dataclass(slots=True)
class Ground:
    """
    The territory of each code: what base units it is made of.

    Attributes
    ----------
    base
        Level of the units that all others are made of.
    """

    base: str
    _extents: dict[str, Mapping[str, Extent]] = field(default_factory=dict)
    _known: Extent | None = None

    @classmethod
    def of(cls, hierarchies: Hierarchies, base: str = "commune") -> Ground:
        """
        Return the ground of hierarchies as they were given.

        Parameters
        ----------
        hierarchies
            See `protect`.
        base
            Level of the smallest units, where the hierarchies do not tell it.
        """
        if hierarchies is None:
            return cls(base)
        if isinstance(hierarchies, pd.DataFrame):
            _check_texts(hierarchies)
            hierarchies = {str(c): hierarchies[c] for c in hierarchies.columns}
        check_kind(hierarchies, (Mapping, list, tuple), "hierarchies", _GIVEN)
        if isinstance(hierarchies, Mapping):
            named = {
                str(one.index.name)
                for one in hierarchies.values()
                if isinstance(one, pd.Series) and one.index.name
            }
            if len(named) > 1:
                msg = f"hierarchies over several levels ({culprits(sorted(named))})"
                raise DataError(msg)
            found = {str(k): _extents_of(k, v) for k, v in hierarchies.items()}
            return cls(named.pop() if named else base, dict(found))
        return cls(base)

    def extent(self, sheet: Sheet, code: str) -> Extent:
        """
        Return the base units of a row.

        Parameters
        ----------
        sheet
            Its table.
        code
            Its code.

        Raises
        ------
        CodeError
            If no hierarchy tells it.
        """
        if sheet.level == self.base:
            return frozenset((code,))
        for name in (sheet.name, sheet.level):
            held = self._extents.get(name)
            if held is None and name == sheet.level:
                held = self._embedded(sheet)
            if held is not None and code in held:
                return held[code]
        if self._extents.get(sheet.level) is None and code in self._units():
            return frozenset((code,))
        msg = (
            f"tables[{sheet.name!r}]: {code!r} is no unit of level {sheet.level!r} in "
            f"the hierarchies; give what it is made of, hierarchies={{{sheet.level!r}: "
            f"a Series from {self.base} to {sheet.level}}}"
        )
        raise CodeError(msg)

    def _units(self) -> Extent:
        """Return the base units that the hierarchies speak of."""
        if self._known is None:
            every = [e for held in self._extents.values() for e in held.values()]
            self._known = frozenset().union(*every)
        return self._known

    def _embedded(self, sheet: Sheet) -> Mapping[str, Extent] | None:
        """Return the units of a level that the embedded lists tell."""
        from basinmap.territory.memberships import membership  # noqa: PLC0415 - reads data

        if self.base != "commune":
            return None
        try:
            found = _extents_of(sheet.level, membership(sheet.level))
        except CodeError:
            return None
        self._extents[sheet.level] = found
        return found


def _check_texts(table: pd.DataFrame) -> None:
    """Refuse columns that hold no codes, outlines or lists, or that stand twice."""
    twice = table.columns[table.columns.duplicated()].unique()
    if len(twice):
        msg = f"hierarchies: column(s) {culprits(list(map(str, twice)))} stand twice"
        raise DataError(msg)
    other = [
        str(name)
        for name in table.columns
        if not table[name].dropna().map(lambda code: isinstance(code, str)).all()
    ]
    if other:
        msg = (
            f"hierarchies: column(s) {culprits(other)} hold no codes; keep those of "
            "codes alone, such as units[['epci', 'scot']]"
        )
        raise DataError(msg)


def _extents_of(
    level: str, told: pd.Series | Mapping[str, Iterable[str]]
) -> dict[str, Extent]:
    """Return unit to base units."""
    if isinstance(told, pd.Series):
        known = told.dropna()
        if not known.index.is_unique:
            again = known.index[known.index.duplicated()].unique()
            msg = f"hierarchies[{level!r}]: codes that stand twice: {culprits(again)}"
            raise DataError(msg)
        groups = known.index.to_series().groupby(known.to_numpy()).agg(frozenset)
        return {str(unit): frozenset(map(str, held)) for unit, held in groups.items()}
    if isinstance(told, Mapping):
        for unit, held in told.items():
            check_kind(held, Iterable, f"hierarchies[{level!r}][{unit!r}]", _HELD)
        return {
            str(unit): frozenset([held] if isinstance(held, str) else map(str, held))
            for unit, held in told.items()
        }
    msg = (
        f"hierarchies[{level!r}]: give a Series from base unit to unit, or unit to its "
        f"base units, {{'5 km': ['62498', '62510']}}; got {type(told).__name__}"
    )
    raise DataError(msg)


# -- what columns are ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Quotient:
    """
    A rate: what is above, what is below, how it is printed.

    Attributes
    ----------
    above, below
        Column to factor.
    scale
        What the quotient is multiplied by.
    years
        Of a yearly growth, in per cent; 0 for a rate.
    """

    above: tuple[tuple[str, float], ...]
    below: tuple[tuple[str, float], ...]
    scale: float = 1.0
    years: float = 0.0

    @property
    def columns(self) -> tuple[str, ...]:
        """The counts it is made of."""
        return tuple(name for name, _ in (*self.above, *self.below))

    def between(self, printed: float, half: float) -> tuple[float, float]:
        """
        Return what lies between the two ends of what was printed.

        Parameters
        ----------
        printed
            The rate, as printed.
        half
            Half of its last decimal.
        """
        low, high = printed - half, printed + half
        if self.years:
            first, last = (max(1 + end / 100, 0) ** self.years for end in (low, high))
            return first, last
        return low / self.scale, high / self.scale


def vintaged(name: str, columns: Collection[str], vintage: str = "") -> str | None:
    """
    Return the column of a count that is named without its year.

    Parameters
    ----------
    name
        Count, or column.
    columns
        Those there are.
    vintage
        Year, or period, that is meant.

    Examples
    --------
    >>> vintaged("dwellings", ["dwellings_2021", "houses_2021"], "2021")
    'dwellings_2021'
    """
    if vintage and f"{name}_{vintage.replace('-', '_')}" in columns:
        return f"{name}_{vintage.replace('-', '_')}"
    if name in columns:
        return name
    dated = [c for c in columns if (m := _DATED.fullmatch(c)) and m[1] == name]
    return dated[0] if len(dated) == 1 and not vintage else None


def quotients_of(
    sheets: Sequence[Sheet], links: Links | None, every: Collection[str]
) -> dict[str, Quotient]:
    """
    Return the rates among the columns of tables.

    Parameters
    ----------
    sheets
        Tables.
    links
        See `protect`.
    every
        The columns of all tables.
    """
    found: dict[str, Quotient] = {}
    for sheet in sheets:
        told = measures_of(sheet.frame)
        for name in sheet.columns:
            one = _quotient(told.get(name)) or _catalogued(sheet, name, every)
            if one is not None:
                found[name] = one
    for name, link in (links or {}).items():
        one = _quotient(link)
        if one is not None:
            found[name] = one
    return found


def _quotient(measure: object) -> Quotient | None:
    if isinstance(measure, Ratio):
        above, below = ((measure.numerator, 1.0),), ((measure.denominator, 1.0),)
        return Quotient(above, below, measure.scale)
    if isinstance(measure, Growth):
        above, below = ((measure.end, 1.0),), ((measure.start, 1.0),)
        return Quotient(above, below, 100.0, measure.years)
    return None


def _catalogued(sheet: Sheet, name: str, every: Collection[str]) -> Quotient | None:
    """Return the rate that the catalogue says a column is."""
    told = told_of(sheet.frame[name])
    item = catalogue().indicators.get(told.indicator or name)
    if item is None or item.kind not in {"ratio", "growth"}:
        return None
    years = told.vintage.split("-") if item.kind == "growth" else []
    when = {"": told.vintage, "start": years[0] if years else "", "end": ""}
    when["end"] = years[-1] if years else ""
    if {term.when for term in item.terms} - set(when):
        return None
    column = partial(_term, every=every, when=when)
    above = tuple((column(t.count, t.when), float(t.sign)) for t in item.numerator)
    below = tuple((column(t.count, t.when), float(t.sign)) for t in item.denominator)
    if item.kind == "ratio":
        above, below = _of_one_year(above, below, told.vintage, every)
    if len(years) > 1:
        return Quotient(above, below, 100.0, float(years[-1]) - float(years[0]))
    return Quotient(above, below, item.scale)


def _of_one_year(
    above: Terms, below: Terms, vintage: str, every: Collection[str]
) -> tuple[Terms, Terms]:
    """Return terms of which those that stand nowhere are of the year of the others."""
    every_term = [name for name, _ in (*above, *below)]
    dated = [m[2] for n in every_term if n in every and (m := _DATED.fullmatch(n))]
    years = {f"_{vintage}".replace("-", "_")} if vintage else set(dated)
    years = years or {year_of_sums(every)}
    if len(years) != 1:
        return above, below
    (year,) = years

    def named(terms: Terms) -> Terms:
        return tuple(
            (n if n in every or _DATED.fullmatch(n) else f"{n}{year}", factor)
            for n, factor in terms
        )

    return named(above), named(below)


def _term(
    count: str, at: str, *, every: Collection[str], when: Mapping[str, str]
) -> str:
    return vintaged(count, every, when[at]) or vintaged(count, every) or count


def sums_of(links: Links | None) -> dict[str, tuple[str, ...]]:
    """
    Return the columns that are sums of others.

    Parameters
    ----------
    links
        See `protect`.

    Raises
    ------
    DataError
        If one is a sum of nothing.
    """
    found = {}
    for total, link in (links or {}).items():
        if isinstance(link, Ratio | Growth):
            continue
        named = isinstance(link, str) or not isinstance(link, Iterable)
        if named or not link:
            msg = f"links[{total!r}]: give the columns it is the sum of, as a list"
            raise DataError(msg)
        found[total] = tuple(link)
    return found


def year_of_sums(names: Collection[str]) -> str:
    """
    Return the one year of the counts that add up, as their names bear it, or nothing.

    Parameters
    ----------
    names
        Columns.

    Examples
    --------
    >>> year_of_sums(["L01", "vacant_dwellings_2021"])
    '_2021'
    """
    summed = {n for total, parts in catalogue().sums.items() for n in (total, *parts)}
    dated = [m for n in names if (m := _DATED.fullmatch(n)) and m[1] in summed]
    years = {m[2] for m in dated}
    return years.pop() if len(years) == 1 else ""


def known_sums(names: Collection[str]) -> dict[str, tuple[str, ...]]:
    """
    Return the sums among counts that the catalogue knows, of one year each.

    Parameters
    ----------
    names
        Counts, with or without their year.

    Examples
    --------
    >>> parts = ("main_residences", "secondary_residences", "vacant_dwellings")
    >>> known_sums({"dwellings_2021", *(f"{part}_2021" for part in parts)})
    {'dwellings_2021': ('main_residences_2021', 'secondary_residences_2021', \
'vacant_dwellings_2021')}
    """
    found = {}
    for total, parts in catalogue().sums.items():
        for name in sorted(names):
            dated = _DATED.fullmatch(name)
            if total != (dated[1] if dated else name):
                continue
            year = dated[2] if dated else ""
            terms = tuple(f"{part}{year}" for part in parts)
            if set(terms) <= set(names):
                found[name] = terms
    return found


def is_count(sheet: Sheet, name: str) -> bool:
    """
    Tell whether a column adds up.

    Parameters
    ----------
    sheet
        A table.
    name
        A column of it.
    """
    measure = measures_of(sheet.frame).get(name)
    if measure is not None:
        return isinstance(measure, Stock)
    kind = told_of(bare(sheet.frame)[name]).kind or told_of(sheet.frame[name]).kind
    return kind in {"", "stock"}


def is_alone(sheet: Sheet, name: str) -> bool:
    """
    Tell whether a column is what no subtraction gives: a median, a mean.

    Parameters
    ----------
    sheet
        A table.
    name
        A column of it.
    """
    measure = measures_of(sheet.frame).get(name)
    kind = told_of(sheet.frame[name]).kind
    return isinstance(measure, Median | Mean) or kind in {"median", "mean"}
