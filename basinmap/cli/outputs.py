"""Tables that a command writes: workbook, CSV for a French spreadsheet, Parquet."""

from __future__ import annotations

import argparse
import datetime as dt
import math
import numbers
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from basinmap.cli.words import say
from basinmap.errors import DataError
from basinmap.export.csv_files import write_csv
from basinmap.export.parquets import write_parquet
from basinmap.export.workbooks import write_workbook
from basinmap.measures import state_column
from basinmap.states import SIGNS, VOIDS
from basinmap.typography import capital, decimals_had, number
from basinmap.values.told import Told, carry, fact_of, retell, told_of

__all__ = ["Laid", "add_output", "heading_of", "output_of", "write_table"]

_SUFFIXES: Final = (".xlsx", ".csv", ".parquet")
_WIDE: Final = 26
"""Letters of a heading in a terminal, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """
    A table as it is to be written.

    Attributes
    ----------
    table
        What `table_of` returned: values, their states beside.
    names
        Name of each unit.
    title
        Of the table.
    heading
        How the units are called: « Commune ».
    more
        Columns that stand after, by French heading.
    """

    table: pd.DataFrame
    names: pd.Series
    title: str
    heading: str
    more: pd.DataFrame | None = None

    @property
    def columns(self) -> list[str]:
        """Give the columns of values."""
        told = [str(name) for name in self.table.columns]
        beside = {state_column(name) for name in told}
        return [name for name in told if name not in beside]

    def told(self, name: str) -> Told:
        """
        Return what is told of a column.

        Parameters
        ----------
        name
            Of values.
        """
        return told_of(self.table[name])

    def states(self, name: str) -> pd.Series:
        """
        Return the state of each value of a column.

        Parameters
        ----------
        name
            Of values.
        """
        beside = state_column(name)
        if beside in self.table:
            return self.table[beside]
        return pd.Series("", self.table.index, dtype=object)

    @property
    def credit(self) -> list[str]:
        """Sources, then notes, a line each."""
        every = [told_of(self.table), *map(self.told, self.columns)]
        sources = dict.fromkeys(line for told in every for line in told.sources)
        notes = dict.fromkeys(line for told in every for line in told.notes)
        told = [f"Sources : {' ; '.join(sources)}."] if sources else []
        return [*told, *(f"Note : {line.rstrip('.')}." for line in notes)]


def add_output(parser: argparse.ArgumentParser) -> None:
    """
    Add where a table is written.

    Parameters
    ----------
    parser
        Of a command.
    """
    group = parser.add_argument_group(say("output"))
    group.add_argument(
        "--out",
        metavar=say("FILE"),
        help=say(
            "file to write: .xlsx, .csv for a French spreadsheet, .parquet (the table "
            "is printed)"
        ),
    )


def output_of(given: argparse.Namespace, more: Iterable[str] = ()) -> Path | None:
    """
    Return the file to write, once it is known that it can be; none to print.

    Parameters
    ----------
    given
        The options of `add_output`.
    more
        Other suffixes that the command writes.

    Raises
    ------
    DataError
        If its suffix tells no format.
    """
    if given.out is None:
        return None
    path = Path(given.out)
    known = (*_SUFFIXES, *more)
    if path.suffix.lower() not in known:
        msg = say(
            "--out {path}: a table is written as {suffixes}",
            path=repr(given.out),
            suffixes=", ".join(known),
        )
        raise DataError(msg)
    return path


def write_table(path: Path | None, laid: Laid, *, author: str, date: dt.date) -> None:
    """
    Write a table whole, or print it.

    Parameters
    ----------
    path
        Where, or None for the terminal.
    laid
        The table.
    author, date
        Properties of a workbook.
    """
    if path is None:
        print("\n".join(_printed(laid)))
        return
    match path.suffix.lower():
        case ".xlsx":
            write_workbook(
                path,
                {"Tableau": _sheet(laid)},
                title=laid.title,
                author=author,
                date=date,
            )
        case ".csv":
            write_csv(path, _for_csv(laid))
        case _:
            named = laid.table.copy()
            named.insert(0, "name", laid.names.to_numpy())
            write_parquet(path, carry(named, laid.table))
    print(path)


def heading_of(told: Told, name: str) -> str:
    """
    Write what a column is, of which year, in which unit.

    Parameters
    ----------
    told
        What is told of it.
    name
        Of the column, where nothing is.
    """
    dated = told.title or " ".join(filter(None, [told.label, told.vintage])) or name
    return f"{capital(dated)} ({told.unit})" if told.unit else capital(dated)


def _decimals(laid: Laid, name: str) -> int:
    """Return the decimals of a column: those it says, else those that it has."""
    told = laid.told(name).decimals
    return decimals_had(laid.table[name]) if told is None else told


def _sheet(laid: Laid) -> pd.DataFrame:
    """Return the table of a workbook, with names and headings."""
    frame = laid.table.copy()
    frame.insert(0, "name", laid.names.to_numpy())
    labels = {"name": "Nom", str(frame.index.name): laid.heading}
    labels |= {name: heading_of(laid.told(name), name) for name in laid.columns}
    decimals = {name: _decimals(laid, name) for name in laid.columns}
    if laid.more is not None:
        for name in laid.more:
            frame[name] = laid.more[name].to_numpy()
    return retell(
        carry(frame, laid.table),
        title=laid.title,
        note=" ".join(laid.credit),
        labels=labels,
        decimals=decimals,
    )


def _rows(laid: Laid) -> tuple[list[str], list[list[str]]]:
    """Return headings and cells as a reader sees them: « ≥ 2 446 »."""
    head = ["Code", "Nom"]
    columns: list[list[str]] = []
    for name in laid.columns:
        told = laid.told(name)
        places = _decimals(laid, name)
        pairs = zip(laid.table[name], laid.states(name), strict=True)
        columns.append([_shown(value, state, places) for value, state in pairs])
        head.append(heading_of(told, name))
    if laid.more is not None:
        head += [str(name) for name in laid.more]
        columns += [[_plain(cell) for cell in laid.more[name]] for name in laid.more]
    codes = [str(code) for code in laid.table.index]
    rows = zip(codes, map(str, laid.names), *columns, strict=True)
    return head, [list(row) for row in rows]


def _shown(value: float, state: str, places: int) -> str:
    if pd.isna(value):
        return VOIDS.get(state, "n.d.")
    sign = SIGNS.get(state, "")
    return f"{sign} {number(value, places)}".strip()


def _plain(cell: object) -> str:
    """Write a count as it is set for a reader; text as it is."""
    if not isinstance(cell, numbers.Real):
        return "" if cell is None else str(cell)
    return "" if math.isnan(cell) else number(float(cell))


def _for_csv(laid: Laid) -> pd.DataFrame:
    """Return the table of a CSV: two decimals more than are printed."""
    frame = _sheet(laid)
    labels = dict(fact_of(frame, "labels", {}))
    labels[str(frame.index.name)] = "Code"
    for name in laid.columns:
        frame[name] = frame[name].round(_decimals(laid, name) + 2)
        labels[state_column(name)] = f"État : {labels[name]}"
    return retell(frame, labels=labels)


def _printed(laid: Laid) -> list[str]:
    """Return the lines of a terminal."""
    head, rows = _rows(laid)
    heads = [textwrap.wrap(cell, _WIDE) or [""] for cell in head]
    deep = max(map(len, heads))
    above = [[""] * (deep - len(lines)) + lines for lines in heads]
    every = [*map(list, zip(*above, strict=True)), *rows]
    widths = [max(map(len, column)) for column in zip(*every, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if at < 2 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in every
    ]
    rule = "-" * max(map(len, lines))
    return [laid.title, "", *lines[:deep], rule, *lines[deep:], "", *laid.credit]
