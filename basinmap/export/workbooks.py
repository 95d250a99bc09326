"""Workbooks: tables that open in French, codes as text, units in the headers."""

from __future__ import annotations

import datetime as dt
import errno
import io
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile, ZipFile

import pandas as pd
import xlsxwriter

from basinmap.arguments import check_given, check_kind, day_of, text_of
from basinmap.errors import DataError, culprits
from basinmap.measures import state_column
from basinmap.staging import UNDATED, refusal, staged_file
from basinmap.states import SIGNS, VOIDS
from basinmap.typography import capital, number, typeset, yes_or_no
from basinmap.values.cells import Cells, cells_of, codes_as_cells
from basinmap.values.checks import check_exported
from basinmap.values.columns import table_of
from basinmap.values.told import Told, fact_of, told_of, upheld

__all__ = ["write_workbook"]

_WIDEST: Final = 60
_HEADER: Final = 20
_FIRST: Final = 4  # title, note, a blank line and the headers stand above
# What a spreadsheet holds: rows, columns, signs in a cell, exact whole numbers.
_ROWS: Final = 1_048_576
_COLUMNS: Final = 16_384
_LONGEST: Final = 32_767
_MOST: Final = 10**15


def write_workbook(
    path: str | Path,
    sheets: Mapping[str, pd.DataFrame | pd.Series],
    *,
    title: str = "",
    author: str = "",
    date: str | dt.date | None = None,
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
        If there is no sheet, a name is not one that a sheet may bear, or a value is one
        that a cell does not hold: infinite, a list, a text of 40,000 signs, a whole
        number of 16 digits.
    TypeError
        If something given is of another type.
    VintageError
        If the date is none.
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
    check_given(write_workbook, locals())
    check_kind(sheets, Mapping, "sheets", "{'Communes': table}")
    if not sheets:
        msg = "nothing to write: give at least one sheet, {'Communes': table}"
        raise DataError(msg)
    title, author = text_of(title, "title"), text_of(author, "author")
    day = dt.datetime.combine(UNDATED if date is None else day_of(date), dt.time())
    _check_names(sheets)
    content = {name: _content_of(name, given) for name, given in sheets.items()}
    with staged_file(path, check=_check_whole) as staged:
        whole = io.BytesIO()
        book = xlsxwriter.Workbook(
            whole,
            # In memory: its own temporary files would stay when a disk is full.
            {"in_memory": True, "default_date_format": "dd/mm/yyyy"},
        )
        book.set_properties({"title": title, "author": author, "created": day})
        styles = _Styles(book)
        for name, sheet in content.items():
            _write_sheet(book.add_worksheet(name), styles, sheet)
        book.close()
        try:
            staged.write_bytes(whole.getbuffer())
        except OSError as error:
            raise refusal(Path(path), error) from error
    return Path(path)


def _check_whole(staged: Path) -> None:
    """Check that every part of a workbook is read back as it was written."""
    try:
        with ZipFile(staged) as parts:
            spoilt = parts.testzip()
    except (BadZipFile, zlib.error) as error:
        raise OSError(errno.EIO, str(error)) from None
    if spoilt is not None:
        raise OSError(errno.EIO, f"{spoilt} is not what was written")


def _check_names(sheets: Mapping[str, object]) -> None:
    """Check what a spreadsheet would refuse."""
    for name in sheets:
        check_kind(name, str, "name of a sheet", "{'Communes': table}")
    wrong = [
        name
        for name in sheets
        if not 0 < _length(name) <= 31
        or set(name) & set("[]:*?/\\\0")
        or name.startswith("'")
        or name.endswith("'")
    ]
    if wrong:
        msg = f"sheet names of 1 to 31 characters without []:*?/\\, not {wrong[:5]}"
        raise DataError(msg)
    if len({name.lower() for name in sheets}) < len(sheets):
        msg = f"sheet names that differ by case at most: {list(sheets)}"
        raise DataError(msg)


def _length(text: str) -> int:
    """Return the length of a text as spreadsheets count it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(frozen=True, slots=True)
class _Content:
    """A sheet: what stands above it, its columns, and what is said of their cells."""

    title: str
    note: str
    codes: Cells
    columns: tuple[Cells, ...]
    headers: tuple[str, ...]
    states: tuple[Mapping[object, str], ...]


def _content_of(name: str, given: object) -> _Content:
    """Return what a sheet holds, checked."""
    what = f"sheet {name!r}"
    if isinstance(given, pd.Series):
        given = table_of({str(name if given.name is None else given.name): given})
    check_kind(given, pd.DataFrame, what, "a table or a series")
    assert isinstance(given, pd.DataFrame)  # noqa: S101 - for the type checker
    table = given
    if not table.columns.is_unique:
        again = list(table.columns[table.columns.duplicated()])
        msg = f"{what}: columns that stand more than once: {again}"
        raise DataError(msg)
    _check_room(table, what)
    codes = codes_as_cells(table, what, unnamed="code")
    described = _described(table)
    labels = {c: _header(told) for c, told in described.items() if told.label}
    labels |= fact_of(table, "labels", {})
    decimals = fact_of(table, "decimals", {})
    plain, states = _without_states(table)
    columns = tuple(
        cells_of(plain[c], what, _rounded(described[str(c)], decimals.get(c)))
        for c in plain.columns
    )
    check_exported(table, what)
    names = [codes.name, *(cells.name for cells in columns)]
    if len({*names}) < len(names):
        msg = f"{what}: columns that bear one name as text: {culprits(names)}"
        raise DataError(msg)
    found = _Content(
        title=str(fact_of(table, "title", name)),
        note=_note(table, described),
        codes=codes,
        columns=columns,
        headers=tuple(str(labels.get(c, c)) for c in names),
        states=tuple(states.get(str(c), {}) for c in plain.columns),
    )
    _check_lengths(found, what)
    return found


def _rounded(told: Told, decimals: int | None) -> Told:
    return told if decimals is None else replace(told, decimals=int(decimals))


def _check_room(table: pd.DataFrame, what: str) -> None:
    """Check that a sheet holds a table: a spreadsheet cuts what is beyond its edge."""
    rows, columns = len(table) + _FIRST, len(table.columns) + 1
    if rows > _ROWS or columns > _COLUMNS:
        msg = (
            f"{what}: {rows:,} rows and {columns:,} columns, a spreadsheet has "
            f"{_ROWS:,} and {_COLUMNS:,}; write several sheets, or a GeoPackage"
        )
        raise DataError(msg)


def _check_lengths(content: _Content, what: str) -> None:
    """Check that each cell holds all that is put there: what is longer is cut."""
    for text in (content.title, content.note, *content.headers):
        if _length(text) > _LONGEST:
            msg = f"{what}: a text of {_length(text):,} signs above the table; at most "
            raise DataError(msg + f"{_LONGEST:,}")
    for cells in (content.codes, *content.columns):
        _check_fits(cells, f"{what}: column {cells.name!r}")


def _check_fits(cells: Cells, where: str) -> None:
    kept = cells.held.dropna()
    if cells.kind == "text":
        long = kept[kept.map(_length) > _LONGEST]
        if len(long):
            msg = (
                f"{where}: {len(long)} text(s) of more than {_LONGEST:,} signs, the "
                f"most that a cell holds, at {culprits(long.index)}; shorten them"
            )
            raise DataError(msg)
    elif cells.kind == "whole":
        large = kept[(kept.abs() >= _MOST).to_numpy(dtype=bool)]
        if len(large):
            msg = (
                f"{where}: {len(large)} whole number(s) of more than 15 digits, the "
                f"most that a spreadsheet keeps, at {culprits(large.index)}; write "
                "them as text: .astype(str)"
            )
            raise DataError(msg)


class _Styles:
    """The few formats of a workbook, made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        font = {"font_name": "Calibri", "font_size": 10}
        self.title = book.add_format({**font, "bold": True, "font_size": 14})
        self.note = book.add_format({**font, "italic": True, "font_color": "#5b6270"})
        self.text = book.add_format(font)
        self.day = book.add_format({**font, "num_format": "dd/mm/yyyy"})
        self.moment = book.add_format({**font, "num_format": "dd/mm/yyyy hh:mm"})
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
        self._numbers: dict[tuple[int, str, bool], Any] = {}

    def number(self, decimals: int, sign: str, *, grouped: bool) -> Any:  # noqa: ANN401 - xlsxwriter is untyped
        """Return the format of a number; the reader's locale writes it."""
        key = (decimals, sign, grouped)
        if key not in self._numbers:
            digits = "#,##0" if grouped else "0"
            digits += "." + "0" * decimals if decimals else ""
            pattern = f'"{sign} "{digits}' if sign else digits
            self._numbers[key] = self._book.add_format(
                {**self._font, "num_format": pattern}
            )
        return self._numbers[key]


def _write_sheet(
    sheet: Any,  # noqa: ANN401 - xlsxwriter is untyped
    styles: _Styles,
    content: _Content,
) -> None:
    sheet.hide_gridlines(2)
    sheet.write_string(0, 0, content.title, styles.title)
    sheet.write_string(1, 0, content.note, styles.note)
    for j, header in enumerate(content.headers):
        sheet.write_string(_FIRST - 1, j, header, styles.header)
        longest = max(map(len, header.split()), default=0)
        sheet.set_column(j, j, min(_HEADER, max(9, longest + 1)))
    codes = content.codes.held
    written = [_text_of(value) for value in codes.array]
    for i, code in enumerate(written, start=_FIRST):
        sheet.write_string(i, 0, code, styles.text)
    widest = max(map(len, written), default=0)
    sheet.set_column(0, 0, min(_WIDEST, max(9, len(content.headers[0]), widest) + 1))
    for j, (cells, said) in enumerate(
        zip(content.columns, content.states, strict=True), start=1
    ):
        width = _write_column(sheet, styles, j, cells, said)
        longest = max(map(len, content.headers[j].split()), default=0)
        sheet.set_column(j, j, max(width, min(_HEADER, longest + 1), 9))
    sheet.set_row(_FIRST - 1, 45)
    sheet.freeze_panes(_FIRST, 2 if len(content.columns) > 1 else 1)
    if len(codes):
        last = _FIRST - 1 + len(codes)
        sheet.autofilter(_FIRST - 1, 0, last, len(content.columns))
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(_FIRST - 1)


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
    cautions = _cautions(table, described)
    if given is not None:
        return " ".join([str(given), *cautions])
    every = [told_of(table), *described.values()]
    sources = dict.fromkeys(line for told in every for line in told.sources)
    lines = dict.fromkeys(line for told in every for line in told.notes)
    for told in every:
        lines |= {v: None for k, v in told.remarks.items() if k in table.index}
    credit = [f"Sources : {' ; '.join(sources)}."] if sources else []
    said = [f"{line.rstrip('.')}." for line in lines]
    return " ".join([*credit, *said, *cautions])


def _cautions(table: pd.DataFrame, described: Mapping[str, Told]) -> list[str]:
    """Say of each column how many values are rates over too few."""
    found = []
    for name, told in described.items():
        codes = table.index[table[name].notna()]
        reasons = [why for code, why in told.fragile.items() if code in codes]
        for why in dict.fromkeys(reasons):
            count = number(reasons.count(why))
            label = capital(told.name or name)
            found.append(typeset(f"{label} : {count} sur {why}, à lire avec prudence."))
    return found


def _without_states(
    table: pd.DataFrame,
) -> tuple[pd.DataFrame, dict[str, dict[object, str]]]:
    """Take the columns of states out: what they say is written in the cells."""
    given = fact_of(table, "states", {})
    states = {str(k): dict(v) for k, v in given.items() if isinstance(v, Mapping)}
    told = [c for c in table.columns if state_column(str(c)) in table.columns]
    for column in told:
        found = table[state_column(str(column))]
        states[str(column)] = found[found.isin([*VOIDS, *SIGNS])].to_dict()
    return table.drop(columns=[state_column(str(column)) for column in told]), states


def _write_column(
    sheet: Any,  # noqa: ANN401 - xlsxwriter is untyped
    styles: _Styles,
    j: int,
    cells: Cells,
    said: Mapping[object, str],
) -> int:
    """Write the cells of a column as what they are; return how wide the widest is."""
    write, styled, width = _writer(sheet, styles, cells)
    gone = cells.held.isna().to_numpy()
    widest = 0
    rows = zip(cells.held.index, cells.held.array, gone, strict=True)
    for i, (code, value, absent) in enumerate(rows, start=_FIRST):
        state = said.get(code, "") if said else ""
        if absent:
            sheet.write_string(i, j, VOIDS.get(state, "n.d."), styles.void)
            continue
        write(i, j, value, styled(SIGNS.get(state, "")))
        widest = max(widest, width(value) + (2 if state in SIGNS else 0))
    return min(widest + 1, _WIDEST) if widest else 0


def _writer(
    sheet: Any,  # noqa: ANN401 - xlsxwriter is untyped
    styles: _Styles,
    cells: Cells,
) -> tuple[Callable[..., object], Callable[[str], object], Callable[[Any], int]]:
    """Return how a value of a column is written, in which format, and how wide."""
    if cells.kind in ("whole", "real"):
        digits, grouped = cells.decimals, cells.grouped
        pattern = f",.{digits}f" if grouped else f".{digits}f"
        return (
            lambda i, j, value, style: sheet.write_number(i, j, float(value), style),
            lambda sign: styles.number(digits, sign, grouped=grouped),
            lambda value: len(format(value, pattern)),
        )
    # A spreadsheet knows no day before 1900.
    if cells.kind in ("day", "moment") and _modern(cells.held):
        style, wide = (styles.day, 11) if cells.kind == "day" else (styles.moment, 17)
        return (
            lambda i, j, value, style: sheet.write_datetime(i, j, _naive(value), style),
            lambda _: style,
            lambda _: wide,
        )
    return (
        lambda i, j, value, style: sheet.write_string(i, j, _text_of(value), style),
        lambda _: styles.text,
        lambda value: len(_text_of(value)),
    )


def _modern(days: pd.Series) -> bool:
    return all(value.year >= 1900 for value in days.dropna())


def _naive(value: dt.date) -> dt.datetime:
    """Return a moment as its own clock shows it: a spreadsheet has no time zone."""
    if isinstance(value, dt.datetime):
        return pd.Timestamp(value).to_pydatetime(warn=False).replace(tzinfo=None)
    return dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a day


def _text_of(value: object) -> str:
    """Write a value in French."""
    if isinstance(value, dt.datetime):
        return f"{value:%d/%m/}{value.year} {value:%H:%M}"
    if isinstance(value, dt.date):
        return f"{value:%d/%m/}{value.year}"
    return yes_or_no(value)
