"""A table of counts that is read once, however many indicators are made of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import numpy as np
import pandas as pd

from basinmap.catalogue.entries import catalogue
from basinmap.errors import ColumnError, MeasureError, called_from, culprits
from basinmap.measures import Measure, check_columns
from basinmap.territory.lists import Territory
from basinmap.territory.tallies import Tally, read_tally
from basinmap.territory.timelines import timeline
from basinmap.values.told import bare, measures_of, standing, told_of

__all__ = ["AREA", "Held", "Ledger"]

AREA: Final = "area_km2"
"""Surface, of no year."""
_ALIKE: Final = 0.1
"""Share by which surfaces may differ from what another unit would make them."""
# Of a count: vintage, "" where it has none, to column of the table.
Held = Mapping[str, str]


class Ledger:
    """
    A table of counts, each of its columns read when it is first asked for.

    Parameters
    ----------
    table
        Columns named as counts, with or without a year.

    Attributes
    ----------
    given
        The table.
    rows
        The same, without what is told of it.
    told
        What is told of the table.
    known
        What it declares its columns to be.
    own_area
        Its own column of surfaces, if it has one.
    """

    def __init__(self, table: pd.DataFrame) -> None:
        """Keep the table, and what is told of it."""
        self.given, self.rows = table, bare(table)
        self.told, self.known = told_of(table), measures_of(table)
        self._columns = _by_count(self.rows.columns)
        self._held: dict[str, Held] = {}
        self._read: dict[tuple[str, bool], Tally] = {}
        self._standing: dict[str, Measure] = {}
        self._older: dict[tuple[int, tuple[str, ...]], int | None] = {}
        self.checked: set[object] = set()
        # A table of one's own dates all its columns, a surface too.
        self.own_area = next(iter(self.held(AREA).values()), "")

    @property
    def index(self) -> pd.Index:
        """The codes of its rows."""
        return self.rows.index

    @property
    def level(self) -> str:
        """Name of the codes of its rows."""
        return str(self.rows.index.name)

    def add_area(self, territory: Territory) -> None:
        """
        Add the surface that the list of communes has when the table has none.

        Parameters
        ----------
        territory
            The list of communes.

        Raises
        ------
        MeasureError
            If that of the table is in hectares or square metres, beside that list.
        """
        if self.level != "commune" or AREA not in territory.frame:
            return
        area = territory.frame[AREA].reindex(self.index)
        if self.own_area:
            self._check_unit(area)
            return
        if AREA in self.rows:
            return
        self.rows = self.rows.assign(**{AREA: area})
        self._columns = _by_count(self.rows.columns)
        self._held.pop(AREA, None)

    def _check_unit(self, known: pd.Series) -> None:
        """Refuse surfaces that are those of the list times what units differ by."""
        times = self.tally(self.own_area).numbers / known.to_numpy(dtype=float)
        times = times[np.isfinite(times)]
        for size in (1e2, 1e6) if len(times) else ():
            if abs(np.median(times) / size - 1) < _ALIKE:
                msg = (
                    f"{self.own_area!r} is {size:.0f} times the surface of its "
                    f"communes, in km²: divide it by {size:.0f}"
                )
                raise MeasureError(msg)

    def held(self, name: str) -> Held:
        """
        Return the columns of a count by vintage.

        Parameters
        ----------
        name
            Of the count, without a year.

        Raises
        ------
        ColumnError
            If a vintage stands twice.
        """
        if name not in self._held:
            self._held[name] = self._found(name)
        return self._held[name]

    def _found(self, name: str) -> Held:
        timeless = catalogue().counts[name].time == "none"
        found: dict[str, str] = {}
        for column, years in self._columns.get(name, ()):
            told = self.known[column].vintage if column in self.known else ""
            own = years.replace("_", "-")
            # Of a period, the name says it where the measure has but a word for it.
            vintage = "" if timeless else (own if "-" in own else told or own)
            if vintage in found:
                msg = (
                    f"{name!r} stands twice for {vintage or 'no year'}: "
                    f"{culprits([found[vintage], column])}; drop one of them"
                )
                raise ColumnError(msg)
            found[vintage] = column
        return found

    def tally(self, name: str, *, signed: bool = False) -> Tally:
        """
        Return the counts of a column.

        Parameters
        ----------
        name
            A column.
        signed
            Whether they may be negative.
        """
        if (name, signed) not in self._read:
            check_columns(self.rows, name)
            self._read[name, signed] = read_tally(self.rows, name, signed=signed)
        return self._read[name, signed]

    def made(self, name: str, *, signed: bool, make: Callable[[], Tally]) -> Tally:
        """
        Return counts that are made of several columns, once.

        Parameters
        ----------
        name
            How they are made.
        signed
            Whether they may be negative.
        make
            What makes them.
        """
        if (name, signed) not in self._read:
            self._read[name, signed] = make()
        return self._read[name, signed]

    def standing(self, columns: Iterable[str]) -> dict[str, Measure]:
        """
        Return what is declared of columns, as far as it still holds of them.

        Parameters
        ----------
        columns
            Those that are used.
        """
        used = [name for name in columns if name in self.known]
        new = {n: self.known[n] for n in used if n not in self._standing}
        if new:
            self._standing |= standing(self.given, new, stacklevel=called_from() + 1)
        return {name: self._standing[name] for name in used}

    def older_than(
        self, territory: Territory, columns: Iterable[str] = ()
    ) -> int | None:
        """
        Return the year of the list of communes, if it is not the one meant.

        Parameters
        ----------
        territory
            The list that is meant: by default that of 2026.
        columns
            Which columns are asked about, by default all.
        """
        key = (territory.year, tuple(columns))
        if key not in self._older:
            self._older[key] = self._older_than(territory.year, key[1] or self.known)
        return self._older[key]

    def _older_than(self, meant: int, columns: Iterable[str]) -> int | None:
        told = [self.known[name].geography for name in columns if name in self.known]
        years = {
            int(year)
            for text in [*told, self.told.geography]
            if (year := text[:4]).isdigit()
        }
        years.discard(meant)
        line = timeline(None)
        if not line.first <= meant <= line.last:
            return None
        return next((y for y in sorted(years) if line.first <= y <= line.last), None)


def _by_count(columns: pd.Index) -> dict[str, list[tuple[str, str]]]:
    """Return the columns that each name may be the count of, with their years."""
    found: dict[str, list[tuple[str, str]]] = {}
    for column in map(str, columns.tolist()):
        found.setdefault(column, []).append((column, ""))
        dated = re.fullmatch(r"(.+)_([0-9]{4})", column)
        if dated is None:
            continue
        found.setdefault(dated[1], []).append((column, dated[2]))
        both = re.fullmatch(r"(.+)_([0-9]{4}_[0-9]{4})", column)
        if both is not None:
            found.setdefault(both[1], []).append((column, both[2]))
    return found
