"""Which columns of a table are the counts of an indicator, and of which year."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import pandas as pd

from basinmap.errors import (
    ColumnError,
    DataError,
    MeasureError,
    VintageError,
    culprits,
)
from basinmap.indicators.catalogue import Indicator
from basinmap.measures import Growth, Measure, Ratio, check_columns
from basinmap.values.told import measures_of, standing, told_of

__all__ = ["AREA", "Counts", "Years", "check_tabular", "counts_of", "found_year"]

AREA: Final = "area_km2"
"""Surface, of no year."""
Years = int | tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Counts:
    """
    The columns an indicator is computed from.

    Attributes
    ----------
    columns
        Columns of the table, the numerator, or the later one, first.
    measure
        The measure of the indicator on these columns, with their year.
    known
        What the table declares of them.
    """

    columns: tuple[str, ...]
    measure: Measure
    known: Mapping[str, Measure]

    def sources(self, table: pd.DataFrame) -> tuple[str, ...]:
        """
        Return the credit lines of the counts, those of the surface left out.

        Parameters
        ----------
        table
            What they are taken from: its own credit counts for those that bear none.
        """
        lines: list[str] = []
        for name in self.columns:
            told = self.known.get(name)
            if name == AREA or told is None or not told.source:
                continue
            own = told.source.split("; ")
            iris = table.index.name == "iris"
            lines += own if iris else [_dated(line, told) for line in own]
        return tuple(dict.fromkeys(lines)) or told_of(table).sources

    def gaps(self, table: pd.DataFrame) -> tuple[str, ...]:
        """
        Say in French of which counts neither the table nor a measure gives the source.

        Parameters
        ----------
        table
            What they are taken from.
        """
        if told_of(table).sources:
            return ()
        bare = [
            self.known[name].label or name if name in self.known else name
            for name in self.columns
            if name != AREA and not (name in self.known and self.known[name].source)
        ]
        if not bare:
            return ()
        if len(bare) == len([name for name in self.columns if name != AREA]):
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


def counts_of(item: Indicator, table: pd.DataFrame, year: Years) -> Counts:
    """
    Find the counts of an indicator in a table.

    Parameters
    ----------
    item
        The indicator.
    table
        Columns named as the counts, with or without a year: `vacant_dwellings_2021`.
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
    known = measures_of(table)
    found = {count: _columns(count, table, known) for count in item.counts}
    lost = [count for count, years in found.items() if not years]
    if lost:
        there = culprits(table.columns, most=8) or "nothing"
        msg = (
            f"{item.id}: {len(lost)} column(s) missing: {culprits(lost)}, alone or "
            f"with a year, such as {lost[0] + '_2021'!r}; found {there}"
        )
        raise ColumnError(msg)
    if isinstance(item.measure, Growth):
        return _compared(item, table, found[item.counts[0]], year, known)
    if isinstance(year, tuple):
        msg = f"{item.id}: is of one year; write year={year[-1]}"
        raise VintageError(msg)
    wanted = _common(item, found, year)
    columns = tuple(
        years[wanted] if wanted in years else years[""] for years in found.values()
    )
    check_columns(table, *columns)
    undated = [c for c in columns if c != AREA and found_year(c, known) != wanted]
    measure = replace(item.measure, vintage="" if undated else wanted)
    if isinstance(measure, Ratio):
        measure = replace(measure, numerator=columns[0], denominator=columns[1])
    return Counts(columns, measure, _standing(table, columns, known))


def found_year(column: str, known: Mapping[str, Measure]) -> str:
    """
    Return the year of a column: that of its measure, else that of its name.

    Parameters
    ----------
    column
        Its name.
    known
        What the table declares.
    """
    told = known[column].vintage if column in known else ""
    named = re.search(r"_([0-9]{4})$", column)
    return told or (named[1] if named else "")


def _standing(
    table: pd.DataFrame, columns: Sequence[str], known: Mapping[str, Measure]
) -> dict[str, Measure]:
    used = {name: known[name] for name in columns if name in known}
    return {**known, **standing(table, used, stacklevel=6)}


def _columns(
    count: str, table: pd.DataFrame, known: Mapping[str, Measure]
) -> dict[str, str]:
    """Return the columns of a count by year; of none, the surface among them, by ""."""
    found = {}
    for column in map(str, table.columns):
        named = re.fullmatch(rf"{re.escape(count)}(?:_([0-9]{{4}}))?", column)
        if named is None:
            continue
        found["" if count == AREA else found_year(column, known)] = column
    return found


def _common(
    item: Indicator, found: Mapping[str, Mapping[str, str]], year: int | None
) -> str:
    """Return the year of which all counts are there."""
    dated = {
        count: set(years) - {""} for count, years in found.items() if "" not in years
    }
    if not dated:
        told = sorted({y for years in found.values() for y in years if y})
        return _asked(item, found, year, told[-1:] or [""])
    shared = sorted(set.intersection(*dated.values()))
    if not shared:
        told_by = {count: sorted(years) for count, years in dated.items()}
        msg = (
            f"{item.id}: its counts differ by vintage: {told_by}; they do not count "
            "the same thing: take both from one file"
        )
        raise MeasureError(msg)
    return _asked(item, found, year, shared)


def _asked(
    item: Indicator,
    found: Mapping[str, Mapping[str, str]],
    year: int | None,
    shared: Sequence[str],
) -> str:
    if year is None:
        return shared[-1]
    if str(year) in shared:
        return str(year)
    told = {count: [y for y in years if y] for count, years in found.items()}
    msg = f"{item.id}: no counts of {year}; the table holds {told}"
    raise ColumnError(msg)


def _compared(
    item: Indicator,
    table: pd.DataFrame,
    years: Mapping[str, str],
    year: Years,
    known: Mapping[str, Measure],
) -> Counts:
    """Return the two counts of a growth."""
    dated = sorted(y for y in years if y.isdigit())
    if isinstance(year, int):
        msg = f"{item.id} compares two years; write year=({year - 5}, {year})"
        raise VintageError(msg)
    first, last = (dated[0], dated[-1]) if year is None and dated else ("", "")
    if year is not None:
        first, last = map(str, year)
    if first not in years or last not in years or not first < last:
        msg = (
            f"{item.id} compares two years of {item.counts[0]!r}: the table holds "
            f"{dated or 'none'}; write year=(first, last)"
        )
        raise ColumnError(msg)
    measure = replace(
        item.measure,
        start=years[first],
        end=years[last],
        years=int(last) - int(first),
        vintage=f"{first}-{last}",
    )  # type: ignore[call-arg]
    pair = (years[last], years[first])
    return Counts(pair, measure, _standing(table, pair, known))
