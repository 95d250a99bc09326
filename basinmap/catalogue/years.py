"""Which columns of a table are the counts of an indicator, and of which years."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

import pandas as pd

from basinmap.catalogue.entries import Indicator, Term, catalogue
from basinmap.catalogue.ledgers import AREA, Held, Ledger
from basinmap.errors import (
    ColumnError,
    DataError,
    MeasureError,
    VintageError,
    culprits,
)
from basinmap.measures import Measure, Stock

__all__ = [
    "BASE",
    "Counts",
    "Years",
    "check_tabular",
    "choose",
    "counts_of",
    "floor_of",
]

BASE: Final = (2011, 2021)
"""The decade that the law compares the consumption of land with."""
Years = int | tuple[int, int] | None

Interval = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Counts:
    """
    The columns an indicator is computed from.

    Attributes
    ----------
    terms
        For each term of the indicator, in order, the columns that are added up.
    vintage
        Year, or `"2016-2023"`.
    years
        How many years there are between the two; 1 for a single one.
    known
        What the table declares of them.
    """

    terms: tuple[tuple[str, ...], ...]
    vintage: str
    years: int
    known: Mapping[str, Measure]

    @property
    def columns(self) -> tuple[str, ...]:
        """All the columns, each once."""
        return tuple(dict.fromkeys(name for names in self.terms for name in names))

    def sources(self, ledger: Ledger) -> tuple[str, ...]:
        """
        Return the credit lines of the counts, those of the surface left out.

        Parameters
        ----------
        ledger
            What they are taken from: its own credit counts for those that bear none.
        """
        lines: list[str] = []
        for name in self.columns:
            told = self.known.get(name)
            if name == AREA or told is None or not told.source:
                continue
            own = told.source.split("; ")
            iris = ledger.level == "iris"
            lines += own if iris else [_dated(line, told) for line in own]
        return tuple(dict.fromkeys(lines)) or ledger.told.sources

    def gaps(self, ledger: Ledger) -> tuple[str, ...]:
        """
        Say in French of which counts neither the table nor a measure gives the source.

        Parameters
        ----------
        ledger
            What they are taken from.
        """
        if ledger.told.sources:
            return ()
        counts = [name for name in self.columns if name != AREA]
        bare = [
            self.known[name].label or name if name in self.known else name
            for name in counts
            if not (name in self.known and self.known[name].source)
        ]
        if not bare:
            return ()
        if len(bare) == len(counts):
            return ("Source des effectifs non indiquée.",)
        return (f"Source non indiquée : {', '.join(bare)}.",)


def _dated(line: str, told: Measure) -> str:
    """Say of which list of communes the figures are, unless the line does."""
    year = told.geography[:4]
    if not year.isdigit() or "communes au" in line or "IRIS" in line:
        return line
    return f"{line}, communes au 1er janvier {year}"


def check_tabular(table: object, what: str) -> None:
    """
    Check that what is computed from is a table.

    Parameters
    ----------
    table
        What was given.
    what
        What it is for.

    Raises
    ------
    DataError
        If it is a column, or no table at all.
    """
    if not isinstance(table, pd.DataFrame):
        msg = (
            f"{what}: need a table of counts, got {type(table).__name__}; write "
            "table[['vacant_dwellings_2021', 'dwellings_2021']]"
        )
        raise DataError(msg)


# -- choosing -----------------------------------------------------------------------


def choose(item: Indicator, ledger: Ledger, year: Years) -> tuple[Indicator, Counts]:
    """
    Find the counts of an indicator, of the first variant that a table allows.

    Parameters
    ----------
    item
        The indicator, or a variant of it, which is then the only one tried.
    ledger
        Columns named as the counts.
    year
        The year of the counts, or both years.

    Raises
    ------
    ColumnError, VintageError, MeasureError
        As `counts_of` does for the first variant, saying which others there are.
    """
    refused: ColumnError | None = None
    for one in item.variants.values() or (item,):
        try:
            return one, counts_of(one, ledger, year)
        except ColumnError as error:
            refused = refused or error
    if refused is None or not item.variants:
        raise refused or ColumnError(item.id)
    others = {name: list(one.counts) for name, one in item.variants.items()}
    msg = f"{refused}. No other variant can be had either, which want {others}"
    raise ColumnError(msg)


def counts_of(item: Indicator, ledger: Ledger, year: Years) -> Counts:
    """
    Find the counts of an indicator in a table.

    Parameters
    ----------
    item
        The indicator.
    ledger
        Columns named as the counts, with or without a year: `vacant_dwellings_2021`;
        those of several years, `births_2015_2021`.
    year
        The year of the counts; by default the last one of which all are there. For an
        indicator that compares two years, both, by default the first and the last.

    Raises
    ------
    ColumnError
        If a count is missing, of that year.
    VintageError
        If the years are not as the indicator wants them.
    MeasureError
        If counts are of no common year.
    """
    found = {name: ledger.held(name) for name in item.counts}
    lost = [name for name, years in found.items() if not years]
    if lost:
        there = culprits(ledger.given.columns, most=8) or "nothing"
        msg = (
            f"{item.id}: {len(lost)} column(s) missing: {culprits(lost)}, alone or "
            f"with a year, such as {lost[0] + '_2021'!r}; found {there}"
        )
        raise ColumnError(msg)
    match item.span:
        case "one":
            terms, vintage, years = _of_one(item, found, year)
        case "two":
            terms, vintage, years = _of_two(item, found, year)
        case _:
            terms, vintage, years = _of_period(item, found, year)
    if _undated(item, found, vintage):
        vintage = ""
    counts = Counts(terms, vintage, years, ledger.known)
    _check_alike(item, counts)
    known = {**ledger.known, **ledger.standing(counts.columns)}
    return replace(counts, known=known)


def _undated(
    item: Indicator,
    found: Mapping[str, Held],
    vintage: str,
) -> bool:
    """Tell whether a count that should be of the year bears none."""
    return any(
        vintage not in found[term.count]
        for term in item.terms
        if item.span == "one"
        and not term.when
        and catalogue().counts[term.count].time != "none"
    )


def _dates(years: Iterable[str]) -> list[str]:
    return sorted(year for year in years if year)


# -- one year -----------------------------------------------------------------------

_Chosen = tuple[tuple[tuple[str, ...], ...], str, int]


def _of_one(item: Indicator, found: Mapping[str, Held], year: Years) -> _Chosen:
    """Return the columns of an indicator of one year."""
    if isinstance(year, tuple):
        msg = f"{item.id}: is of one year; write year={year[-1]}"
        raise VintageError(msg)
    wanted = _common(item, found, year)
    columns = [_at(term, found[term.count], wanted) for term in item.terms]
    if None in columns:
        lost = [
            t.count for t, name in zip(item.terms, columns, strict=True) if not name
        ]
        raise ColumnError(_none_of(item, found, wanted, lost))
    return tuple((str(name),) for name in columns), wanted, 1


def _common(item: Indicator, found: Mapping[str, Held], year: int | None) -> str:
    """Return the year of which all counts are there."""
    own = {term.count for term in item.terms if not term.when}
    dated = {n: set(_dates(found[n])) for n in own if "" not in found[n]}
    if not dated:
        told = sorted({y for name in own for y in found[name] if y})
        return _asked(item, found, year, told[-1:] or [""])
    shared = sorted(set.intersection(*dated.values()))
    if not shared:
        told_by = {name: sorted(years) for name, years in sorted(dated.items())}
        msg = (
            f"{item.id}: its counts differ by vintage: {told_by}; they do not count "
            "the same thing: take both from one file"
        )
        raise MeasureError(msg)
    return _asked(item, found, year, shared)


def _asked(
    item: Indicator,
    found: Mapping[str, Held],
    year: int | None,
    shared: Sequence[str],
) -> str:
    if year is None:
        # A year of which the lagging counts are not there is passed over.
        whole = [
            y for y in shared if all(_at(t, found[t.count], y) for t in item.terms)
        ]
        return (whole or list(shared))[-1]
    if str(year) in shared:
        return str(year)
    raise ColumnError(_none_of(item, found, str(year), []))


def _none_of(
    item: Indicator, found: Mapping[str, Held], year: str, lost: Sequence[str]
) -> str:
    told = ", ".join(
        f"{count!r} ({', '.join(_dates(years)) or 'no year'})"
        for count, years in found.items()
    )
    if not year:
        return (
            f"{item.id}: some of its counts bear no year, others do: {told}; name all "
            "columns with their year"
        )
    lags = {t.count for t in item.terms if t.when == "previous"} & set(lost)
    if lags and year.isdigit():
        return (
            f"{item.id}: of {year}, it is over {culprits(sorted(lags))} of the year "
            f"before: no counts of {int(year) - 1}; the table holds {told}"
        )
    return f"{item.id}: no counts of {year}; the table holds {told}"


def _at(term: Term, held: Held, year: str) -> str | None:
    """Return the column of a term when the indicator is of a year."""
    if year in held and term.when != "previous":
        return held[year]
    if term.when == "previous" and year.isdigit():
        before = str(int(year) - 1)
        return held.get(before, held.get(""))
    if term.when == "latest":
        last = int(year) if year.isdigit() else 9999
        past = [y for y in held if y.isdigit() and int(y) <= last]
        return held[max(past)] if past else held.get("")
    return held.get("")


# -- several years ------------------------------------------------------------------


def _of_two(item: Indicator, found: Mapping[str, Held], year: Years) -> _Chosen:
    """Return the columns of an indicator that compares two years."""
    dates = [found[t.count] for t in item.terms if t.when in {"start", "end"}]
    flows = [found[t.count] for t in item.terms if t.when == "period"]
    known = {y for held in dates for y in held if y.isdigit()}
    ends = {y for held in flows for pair in _intervals(held) for y in pair}
    dated = sorted({*map(int, known), *ends})
    if isinstance(year, int):
        msg = f"{item.id} compares two years; write year=({year - 5}, {year})"
        raise VintageError(msg)
    pairs = [(a, b) for a, b in product(dated, dated) if a < b]
    pairs.sort(key=lambda pair: (pair[0] - pair[1], pair))
    for first, last in pairs if year is None else [year]:
        columns = [_between(t, found[t.count], first, last) for t in item.terms]
        if first < last and all(columns):
            return tuple(columns), f"{first}-{last}", last - first
    counts = culprits(item.counts)
    lacks = {name: _dates(held) or "none" for name, held in found.items()}
    msg = (
        f"{item.id} compares two years of {counts}: the table holds {lacks}; write "
        "year=(first, last), of which all are there, and between which what is counted "
        "by year is, such as births_2015_2021"
    )
    raise ColumnError(msg)


def _between(term: Term, held: Held, first: int, last: int) -> tuple[str, ...]:
    """Return the columns of a term between two years; none if they are not there."""
    if term.when in {"start", "end"}:
        name = held.get(str(first if term.when == "start" else last))
        return (name,) if name else ()
    if term.when == "since":
        return _chain(held, BASE[1], last)
    if term.when == "base":
        return _chain(held, *BASE)
    if term.when == "period":
        return _chain(held, first, last)
    return (held[""],) if "" in held else ()


def _intervals(held: Held) -> dict[Interval, str]:
    """Return what each column of a count by year covers, from 1 January to another."""
    found = {}
    for vintage, column in held.items():
        told = re.fullmatch(r"([0-9]{4})(?:\D([0-9]{4}))?", vintage)
        if told is not None:
            first = int(told[1])
            found[first, int(told[2] or first + 1)] = column
    return found


def _chain(held: Held, first: int, last: int) -> tuple[str, ...]:
    """Return the columns that cover a period, end to end; none if they do not."""
    covers = _intervals(held)
    if (first, last) in covers:
        return (covers[first, last],)
    steps = sorted((a, b) for a, b in covers if first <= a < b <= last)
    reached: dict[int, tuple[str, ...]] = {first: ()}
    for a, b in steps:
        # Sorted by their beginning: what leads to it is known by then.
        if a in reached and b not in reached:
            reached[b] = (*reached[a], covers[a, b])
    return reached.get(last, ())


def _of_period(item: Indicator, found: Mapping[str, Held], year: Years) -> _Chosen:
    """Return the columns of an indicator of what happens between two years."""
    since = item.span == "since"
    flows = [found[t.count] for t in item.terms if t.when in {"period", "since"}]
    if since and isinstance(year, tuple):
        if year[0] != BASE[1]:
            msg = f"{item.id} is of what follows {BASE[1]}; write year={year[1]}"
            raise VintageError(msg)
        year = year[1]
    for first, last in _periods(flows, year, since=since):
        columns = [_between(t, found[t.count], first, last) for t in item.terms]
        if first < last and all(columns):
            one = not since and last == first + 1
            vintage = str(first) if one else f"{first}-{last}"
            return tuple(columns), vintage, last - first
    lacks = {name: _dates(held) or "none" for name, held in found.items()}
    whole = f" and all of {BASE[0]} to {BASE[1]}" if since else ""
    asked = "" if year is None else f" for year={year!r}"
    msg = (
        f"{item.id}: the counts of each year{whole} are wanted{asked}, from 1 January "
        f"to 1 January; the table holds {lacks}; write year=(first, last) of a period "
        "that it covers, or take the edition of the file that does"
    )
    raise ColumnError(msg)


def _periods(flows: Sequence[Held], year: Years, *, since: bool) -> Sequence[Interval]:
    """Return the periods that may be meant, the best first."""
    if isinstance(year, tuple):
        return [year]
    if isinstance(year, int):
        return [(BASE[1], year)] if since else [(year, year + 1)]
    covers = {pair for held in flows for pair in _intervals(held)}
    if since:
        return [(BASE[1], last) for last in sorted({b for _, b in covers})[::-1]]
    return sorted(covers, key=lambda pair: (-pair[1], pair[1] - pair[0]))


def floor_of(item: Indicator, ledger: Ledger, vintage: str) -> str:
    """
    Return the column of the count that the rule of secrecy is about, or nothing.

    Parameters
    ----------
    item
        The indicator.
    ledger
        Columns named as the counts.
    vintage
        Of the counts.
    """
    if not item.floor:
        return ""
    held = ledger.held(item.floor)
    if vintage or len(held) > 1:
        return held.get(vintage, held.get("", ""))
    return next(iter(held.values()), "")


# -- what may be set side by side ---------------------------------------------------


def _check_alike(item: Indicator, counts: Counts) -> None:
    """Refuse counts that are none, or that do not count the same thing."""
    told = {n: counts.known[n] for n in counts.columns if n in counts.known}
    printed = {
        name
        for term, names in zip(item.terms, counts.terms, strict=True)
        for name in names
        if catalogue().counts[term.count].kind == "published"
    }
    for column, measure in told.items():
        if column not in printed and not isinstance(measure, Stock):
            kind = type(measure).__name__.lower()
            msg = f"{item.id!r}: {column!r} is a {kind}; an indicator is of counts"
            raise MeasureError(msg)
    traits = ["family"]
    if item.span != "one":
        traits.append("geography")
    dated = {n: m for n, m in told.items() if n != AREA}
    for trait in traits:
        values = {n: getattr(m, trait) for n, m in dated.items()}
        if len({value for value in values.values() if value}) > 1:
            msg = (
                f"{item.id!r}: its counts differ by {trait}: {values}; they do not "
                "count the same thing: take both from one file"
            )
            raise MeasureError(msg)
