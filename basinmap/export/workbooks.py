"""Workbooks: tables that open in French, codes as text, units in the headers."""

from __future__ import annotations

import datetime as dt
import math
import numbers
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from basinmap.errors import DataError
from basinmap.measures import state_column
from basinmap.staging import staged_file
from basinmap.states import SIGNS, VOIDS
from basinmap.typography import capital
from basinmap.values.checks import check_exported
from basinmap.values.columns import table_of
from basinmap.values.told import Told, fact_of, told_of, upheld

__all__ = ["write_workbook"]

_WIDEST = 60


def write_workbook(
    path: str | Path,
    sheets: Mapping[str, pd.DataFrame | pd.Series],
    *,
    title: str = "",
    author: str = "",
    date: dt.date | None = None,
) -> Path:
    """
    Write tables to one workbook, a sheet each, whole or not at all.

    Parameters
    ----------
    path
        The `.xlsx` file, replaced if it exists.
    sheets
        Sheet name to table, or to a series; the index becomes the first column.
        `attrs` may give `title`, `note`, `labels` (column to French header),
        `decimals` (column to number of decimals), `states` (column to code to what is
        to be said of a value). What is told of a column gives its header and decimals
        where these do not, its sources and notes stand in the sheet. A column
        `<column>_state` says what missing values mean: they are written « s », « s.o. »
        or « n.d. », minimums with ≥, estimates with ≈.
    title, author
        Properties of the file.
    date
        Date of making; the 1st of January 2000 by default, so that the same
        content gives the same bytes whenever it is written.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    DataError
        If there is no sheet, or a name is not one that a sheet may bear.
    SecrecyError, MeasureError
        If a value is there that is said to be secret, or missing.
    OutputError
        If the file cannot be written.

    Warns
    -----
    BasinmapWarning
        If a column is no longer that which is told of it: its header is its name.

    Examples
    --------
    >>> import basinmap as bm, tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> table = bm.statistics(epci="call")
    >>> bm.write_workbook(folder / "lens.xlsx", {"Communes": table}).name
    'lens.xlsx'
    """
    if not sheets:
        msg = "nothing to write: give at least one sheet, {'Communes': table}"
        raise DataError(msg)
    tables = {
        name: table_of({str(given.name or name): given})
        if isinstance(given, pd.Series)
        else given
        for name, given in sheets.items()
    }
    _check_sheets(tables)
    day = dt.datetime.combine(date or dt.date(2000, 1, 1), dt.time())
    with staged_file(path) as staged:
        book = xlsxwriter.Workbook(
            str(staged),
            {"nan_inf_to_errors": False, "default_date_format": "dd/mm/yyyy"},
        )
        book.set_properties({"title": title, "author": author, "created": day})
        styles = _Styles(book)
        for name, table in tables.items():
            _write_sheet(book, styles, name, table)
        book.close()
    return Path(path)


def _check_sheets(sheets: Mapping[str, pd.DataFrame]) -> None:
    """Check what a spreadsheet would refuse."""
    wrong = [
        name
        for name in sheets
        if not 0 < len(name.encode("utf-16-le")) // 2 <= 31
        or set(name) & set("[]:*?/\\")
        or name.startswith("'")
        or name.endswith("'")
    ]
    if wrong:
        msg = f"sheet names of 1 to 31 characters without []:*?/\\, not {wrong[:5]}"
        raise DataError(msg)
    if len({name.lower() for name in sheets}) < len(sheets):
        msg = f"sheet names that differ by case at most: {list(sheets)}"
        raise DataError(msg)
    for name, table in sheets.items():
        _check_columns(name, table)


def _check_columns(name: str, table: pd.DataFrame) -> None:
    """Check that columns can be told apart, are finite, and hide what is secret."""
    if not table.columns.is_unique:
        again = list(table.columns[table.columns.duplicated()])
        msg = f"sheet {name!r}: columns that stand more than once: {again}"
        raise DataError(msg)
    infinite = table.select_dtypes("number").isin([math.inf, -math.inf])
    if infinite.to_numpy().any():
        column = infinite.any().idxmax()
        code = infinite[column].idxmax()
        msg = f"sheet {name!r}: infinite value in {column!r} at {code!r}"
        raise DataError(msg)
    check_exported(table, f"sheet {name!r}")


class _Styles:
    """The few formats of a workbook, made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        font = {"font_name": "Calibri", "font_size": 10}
        self.title = book.add_format({**font, "bold": True, "font_size": 14})
        self.note = book.add_format({**font, "italic": True, "font_color": "#5b6270"})
        self.text = book.add_format(font)
        self.day = book.add_format({**font, "num_format": "dd/mm/yyyy"})
        self.void = book.add_format(
            {**font, "align": "right", "font_color": "#5b6270", "italic": True}
        )
        self.header = book.add_format(
            {
                **font,
                "bold": True,
                "text_wrap": True,
                "valign": "top",
                "bg_color": "#e6e9ef",
                "bottom": 1,
            }
        )
        self._book, self._font = book, font
        self._numbers: dict[tuple[int, str], Any] = {}

    def number(self, decimals: int, sign: str) -> Any:  # noqa: ANN401 - xlsxwriter is untyped
        """Return the format of a number; the reader's locale writes it."""
        key = (decimals, sign)
        if key not in self._numbers:
            digits = "#,##0" + ("." + "0" * decimals if decimals else "")
            pattern = f'"{sign} "{digits}' if sign else digits
            self._numbers[key] = self._book.add_format(
                {**self._font, "num_format": pattern}
            )
        return self._numbers[key]


def _write_sheet(
    book: xlsxwriter.Workbook, styles: _Styles, name: str, table: pd.DataFrame
) -> None:
    sheet = book.add_worksheet(name)
    described = _described(table)
    labels = {c: _header(told) for c, told in described.items() if told.label}
    labels |= fact_of(table, "labels", {})
    decimals = {c: t.decimals for c, t in described.items() if t.decimals is not None}
    decimals |= fact_of(table, "decimals", {})
    heading, note = fact_of(table, "title", name), _note(table, described)
    table, states = _without_states(table)
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, str(heading), styles.title)
    sheet.write_string(1, 0, note, styles.note)
    columns = [str(table.index.name or "code"), *map(str, table.columns)]
    for j, column in enumerate(columns):
        sheet.write_string(3, j, str(labels.get(column, column)), styles.header)
    widths = [min(14, max(9, len(columns[0])))] * len(columns)
    for i, code in enumerate(table.index):
        sheet.write_string(4 + i, 0, str(code), styles.text)
        widths[0] = max(widths[0], len(str(code)) + 1)
    for j, column in enumerate(table.columns, start=1):
        void = states.get(column, {})
        for i, (code, value) in enumerate(table[column].items()):
            state = void.get(code, "")
            width = _write_cell(
                sheet, styles, (4 + i, j), value, state, decimals.get(column)
            )
            widths[j] = max(widths[j], width)
    for j, width in enumerate(widths):
        sheet.set_column(j, j, width)
    sheet.set_row(3, 45)
    sheet.freeze_panes(4, 2 if len(columns) > 2 else 1)
    if len(table):
        sheet.autofilter(3, 0, 3 + len(table), len(columns) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(3)


def _described(table: pd.DataFrame) -> dict[str, Told]:
    """Return what is told of each column, and is still true of it."""
    beside = {state_column(str(name)) for name in table.columns}
    return {
        str(name): told_of(upheld(table[name], stacklevel=6))
        for name in table.columns
        if name not in beside
    }


def _header(told: Told) -> str:
    """Write what a column is, of which year, in which unit."""
    dated = told.title or " ".join(filter(None, [told.label, told.vintage]))
    return f"{capital(dated)} ({told.unit})" if told.unit else capital(dated)


def _note(table: pd.DataFrame, described: Mapping[str, Told]) -> str:
    """Write the note of a sheet, or whose figures they are and what they lack."""
    given = fact_of(table, "note")
    if given is not None:
        return str(given)
    every = [told_of(table), *described.values()]
    sources = dict.fromkeys(line for told in every for line in told.sources)
    lines = dict.fromkeys(line for told in every for line in told.notes)
    for told in every:
        lines |= {v: None for k, v in told.remarks.items() if k in table.index}
    credit = [f"Sources : {' ; '.join(sources)}."] if sources else []
    return " ".join([*credit, *(f"{line.rstrip('.')}." for line in lines)])


def _without_states(
    table: pd.DataFrame,
) -> tuple[pd.DataFrame, dict[str, dict[str, str]]]:
    """Take the columns of states out: what they say is written in the cells."""
    given = fact_of(table, "states", {})
    states = {str(k): dict(v) for k, v in given.items() if isinstance(v, Mapping)}
    told = [c for c in table.columns if state_column(str(c)) in table.columns]
    for column in told:
        found = table[state_column(column)]
        states[column] = found[found.isin([*VOIDS, *SIGNS])].to_dict()
    return table.drop(columns=[state_column(column) for column in told]), states


def _write_cell(
    sheet: Any,  # noqa: ANN401 - xlsxwriter is untyped
    styles: _Styles,
    cell: tuple[int, int],
    value: Any,  # noqa: ANN401 - whatever a column holds
    state: str,
    decimals: int | None,
) -> int:
    """Write a value as what it is; return how wide it is."""
    if pd.isna(value):
        sheet.write_string(*cell, VOIDS.get(state, "n.d."), styles.void)
        return 0
    if isinstance(value, dt.date):
        day = dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a day
        sheet.write_datetime(*cell, day, styles.day)
        return 11
    if not isinstance(value, numbers.Real):
        sheet.write_string(*cell, str(value), styles.text)
        return min(len(str(value)) + 1, _WIDEST)
    if decimals is None:
        decimals = 0 if float(value).is_integer() else 2
    style = styles.number(decimals, SIGNS.get(state, ""))
    sheet.write_number(*cell, float(value), style)
    return 0
