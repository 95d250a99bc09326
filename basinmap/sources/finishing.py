"""From text to a table: codes repaired, counts typed, and all of it told."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd

from basinmap.errors import DataError, culprits
from basinmap.measures import Measure, check_percents, state_column
from basinmap.reports import Report
from basinmap.sources.cells import FETCHED, numbers_of, sum_of
from basinmap.sources.codes import (
    dated,
    once,
    repaired,
    squares,
    without_districts,
)
from basinmap.sources.layouts import Cells, Held, Source
from basinmap.states import STATES
from basinmap.territory.levels import check_level
from basinmap.typography import number
from basinmap.values.told import tell

__all__ = ["Reading", "absent", "finished", "measures_read", "parsed"]

_TOLD: Final = {
    "secret": ("sous secret statistique", "sous secret statistique"),
    "not_applicable": ("sans objet", "sans objet"),
    "not_available": ("non disponible", "non disponibles"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """
    What is known of a file when its cells are read.

    Attributes
    ----------
    cells
        As read.
    file
        For messages.
    source
        What it is.
    notes
        French sentences so far.
    credit
        French credit; `{year}` stands for the vintage.
    cog
        Year of the list of communes, if anything says it.
    declared
        Whether the caller does.
    measures
        Of columns that the caller declares.
    """

    cells: Cells
    file: str
    source: Source
    notes: tuple[str, ...]
    credit: str
    cog: int | None = None
    declared: bool = False
    measures: Mapping[str, Measure] | None = None


def finished(reading: Reading) -> pd.DataFrame:
    """
    Return the table of a reading: codes repaired, counts typed, all of it told.

    Parameters
    ----------
    reading
        What was read.
    """
    cells, source, file = reading.cells, reading.source, reading.file
    level = cells.level or source.level
    codes, said = _codes(cells, level, file)
    notes = [*reading.notes, *said]
    if level == "commune":
        codes, said = without_districts(codes)
        notes += said
    codes, said = once(codes, cells.columns, file, cells.whole)
    notes += said
    geography, said = (
        dated(
            codes,
            reading.cog,
            file,
            declared=reading.declared,
            since=_since(reading),
        )
        if level == "commune" and not cells.dated
        else (str(reading.cog or ""), [])
    )
    notes += said
    index = pd.Index(codes.to_numpy(), dtype="str", name=level)
    rows = codes.index
    found = {
        name: parsed(item, reading, rows, index) for name, item in cells.held.items()
    }
    _check_totals(found, reading)
    measures = measures_read(reading, geography)
    columns: dict[str, pd.Series] = {}
    for name, (values, states) in found.items():
        columns[name] = values
        if (states != "").any():
            columns[state_column(name)] = states
            notes.append(absent(measures[name], name, states))
    table = pd.DataFrame(columns, index=index).sort_index()
    report = Report(
        verb=f"Lecture de {file}",
        units_before=len(cells.codes),
        units_after=len(table),
        notes=(*notes, *source.cautions),
    )
    facts: dict[str, Any] = {"geography": f"{geography}-01-01"} if geography else {}
    return tell(table, level=level, measures=measures, report=report, **facts)


def _since(reading: Reading) -> str:
    """Return the first year of what the caller declares."""
    told = reading.measures or {}
    return min((given.vintage for given in told.values() if given.vintage), default="")


def _codes(cells: Cells, level: str, file: str) -> tuple[pd.Series, list[str]]:
    if level == "carreau":
        return squares(cells.codes, file), []
    return repaired(cells.codes, cells.columns, check_level(level), file)


def measures_read(reading: Reading, geography: str) -> dict[str, Measure]:
    """
    Return what each column is, on the list of communes that was found.

    Parameters
    ----------
    reading
        What was read.
    geography
        Year of the list.
    """
    if reading.measures is not None:
        return {
            name: replace(given, geography=given.geography or geography)
            for name, given in reading.measures.items()
        }
    held = reading.cells.held
    # A surface is of no year, and whoever published it did so in one.
    years = [item.period[0] for item in held.values() if len(item.period) == 1]
    latest = [max(years, default=0)]
    return {
        name: item.count.measure(
            item.period,
            str(item.period[0]) if reading.cells.dated else geography,
            _credit(reading.credit, item.period or latest),
        )
        for name, item in held.items()
    }


def parsed(
    item: Held, reading: Reading, rows: pd.Index, index: pd.Index
) -> tuple[pd.Series, pd.Series]:
    """
    Return a count as numbers, and the state of each.

    Parameters
    ----------
    item
        Which.
    reading
        What was read.
    rows
        Those that are kept.
    index
        What names them from here on.
    """
    cells = reading.cells
    name = item.column
    if name in cells.states:
        values = cells.columns.loc[rows, name].astype(float)
        states = cells.states[name].loc[rows]
        return values.set_axis(index), states.set_axis(index)
    marks, signed = reading.source.marks, item.count.signed
    if item.count.unit.strip().startswith("%"):
        # A cell that shows 12,5 % is 12.5 of that unit, and 0.125 of no other.
        marks = replace(marks, suffix="%")

    cure = _cure(reading.measures[name]) if reading.measures is not None else FETCHED

    def column(at: object) -> tuple[pd.Series, pd.Series]:
        text = cells.columns.loc[rows, at].set_axis(index)
        return numbers_of(text, name, marks, signed=signed, cure=cure)

    positions: Sequence[object] = item.at or (name,)
    values, states = sum_of(
        [column(at) for at in positions], [column(at) for at in item.minus]
    )
    if item.count.published and not signed:
        check_percents(values, name, item.count.unit, bounded=True, stacklevel=5)
    return values.set_axis(index), states.set_axis(index)


def _cure(measure: Measure) -> str:
    """Say what to do of negative values in a table that is the user's own."""
    kind = type(measure).__name__
    return (
        "correct them, write « s » where they stand for a secret; what may be below "
        f"zero, a balance or a change, is declared: bm.{kind}(…, signed=True) "
        "(--signed)"
    )


def _check_totals(
    found: Mapping[str, tuple[pd.Series, pd.Series]], reading: Reading
) -> None:
    """Refuse figures that contradict each other: columns are mixed up, or shifted."""
    held = reading.cells.held
    loose = 2.0 if reading.source.level == "iris" else 0.6
    by_name = {(h.count.name, h.period): column for column, h in held.items()}
    for (name, period), column in by_name.items():
        names = reading.source.totals.get(name, ())
        parts = [by_name.get((part, period)) for part in names]
        if names and None not in parts:
            due = sum(found[str(part)][0] for part in parts)
            off = (found[column][0] - due).abs()
            _refuse(
                off > loose + 1e-6 * due.abs(),
                reading,
                column,
                f"the sum of {culprits(parts)}",
            )
    for part, whole in reading.source.parts:
        for (name, period), column in by_name.items():
            above = by_name.get((whole, period))
            if name == part and above is not None:
                over = found[column][0] - found[above][0] > loose
                _refuse(over, reading, column, f"at most {above!r}")


def _refuse(wrong: pd.Series, reading: Reading, column: str, what: str) -> None:
    codes = wrong.index[wrong.to_numpy(dtype=bool)]
    if len(codes):
        msg = (
            f"{reading.file}: {column!r} is not {what} in "
            f"{len(codes)} row(s): {culprits(codes)}; columns are shifted or "
            "exchanged: fetch the file again"
        )
        raise DataError(msg)


def _credit(credit: str, period: Sequence[int]) -> str:
    year = str(max(period) or "")
    return re.sub(r"\s+([,;]|$)", r"\1", credit.replace("{year}", year)).strip()


def absent(measure: Measure, name: str, states: pd.Series) -> str:
    """
    Write how many values are missing, and why.

    Parameters
    ----------
    measure, name
        Of the column.
    states
        Of its values.
    """
    told = []
    for state, words in _TOLD.items():
        n = int((states == state).sum())
        if n:
            told.append(f"{number(n)} {words[n > 1]}")
    rest = int((~states.isin(["", *STATES])).sum())
    if rest:
        told.append(f"{number(rest)} à valeur minimale ou estimée")
    label = measure.label or name
    year = f" ({measure.vintage})" if measure.vintage else ""
    return f"{label}{year} : {', '.join(told)}."
