"""Workbooks: tables that open in French, print, and say what they hold."""

from __future__ import annotations

import datetime as dt
import io
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from zipfile import ZIP_DEFLATED, ZipFile

import pandas as pd
import xlsxwriter

from basinmap.arguments import check_given, check_kind, day_of, text_of, texts_of
from basinmap.errors import DataError, culprits
from basinmap.export.contents import (
    Content,
    Field,
    content_of,
    table_from,
    with_names,
)
from basinmap.export.sheet_charts import CHARTS, Chart, charts_of, write_chart
from basinmap.export.sheet_guides import (
    DICTIONARY,
    READ_ME,
    SOURCES,
    Line,
    dictionary,
    missing_from,
    read_me,
    sources,
)
from basinmap.export.sheet_sizes import column_units, lines_of, paper_for, pixels_of
from basinmap.staging import UNDATED, check_archive, check_file, refusal, staged_file
from basinmap.states import SIGNS, VOIDS
from basinmap.typography import yes_or_no
from basinmap.values.cells import Cells

__all__ = ["write_workbook"]

_FIRST: Final = 4  # title, note, a blank line and the headers stand above
# What a spreadsheet holds: rows, columns, signs in a cell, exact whole numbers.
_OTHERS: Final = frozenset({".xls", ".xlsm", ".xlsb", ".ods", ".csv"})
_ROWS: Final = 1_048_576
_COLUMNS: Final = 16_384
_LONGEST: Final = 32_767
_LONGEST_HEADING: Final = 255
_MOST: Final = 10**15
_LARGEST: Final = 9.99e307
_SHEETS: Final = frozenset({"history", "historique"})
"""Names that a spreadsheet keeps for itself."""

# Pixels: margins of a cell, button of a filter, indent, a cell at least and at most.
_MARGIN: Final = 14
_BUTTON: Final = 18
_INDENT: Final = 9
_LEAST: Final = 66
_WIDEST: Final = 420
_LINE: Final = 13.5  # points
_NARROWEST: Final = 180
_DEEPEST: Final = 20
"""Of a note on pages side by side: pixels at least, lines at most."""
_TITLE: Final = 1.4
"""How much larger a title is than the rest."""


def write_workbook(
    path: str | Path,
    sheets: Mapping[str, pd.DataFrame | pd.Series],
    *,
    title: str = "",
    author: str = "",
    date: str | dt.date | None = None,
    guide: bool = True,
    charts: Mapping[str, str | Sequence[str]] | None = None,
) -> Path:
    """
    Write tables to one workbook, a sheet each, whole or not at all.

    French headings, names of units, numbers by the format of their column, headings
    that stay in sight, a paper on which all is read. Sheets « Lisez-moi »,
    « Dictionnaire » and « Sources » say what the others hold.

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
        or « n.d. », minimums with ≥, estimates with ≈. Where official codes have no
        names beside them, the names are added.
    title, author
        Properties of the file.
    date
        Date of making; the 1st of January 2000 by default, so that the same
        content gives the same bytes whenever it is written.
    guide
        Whether sheets say what the others hold; those that are given stay.
    charts
        Sheet to the columns to draw, in a sheet « Graphiques »: curves where rows are
        years, bars elsewhere. By default, tables of years, and one rate of a few units;
        `{}` for none.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    DataError
        If there is no sheet, a name is not one that a sheet may bear, there are more
        rows or columns than a sheet has, or a value is one that a cell does not hold:
        infinite, a list, a text of 40,000 signs, a whole number of 16 digits; if a
        chart would have more bars than are read.
    ColumnError, MeasureError
        If a column to draw is not there, or holds no numbers.
    TypeError
        If something given is of another type.
    VintageError
        If the date is none.
    SecrecyError
        If a value is there that is said to be secret; one that is said to be missing
        is a `MeasureError`.
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
    check_file(path)
    _check_suffix(Path(path))
    check_kind(sheets, Mapping, "sheets", "{'Communes': table}")
    if not sheets:
        msg = "nothing to write: give at least one sheet, {'Communes': table}"
        raise DataError(msg)
    title, author = text_of(title, "title"), text_of(author, "author")
    day = dt.datetime.combine(UNDATED if date is None else day_of(date), dt.time())
    _check_names(sheets)
    content = {name: _content_of(name, given) for name, given in sheets.items()}
    drawn = charts_of(content, None if charts is None else _asked(charts))
    about: list[Line] = []
    guides: dict[str, Content] = {}
    if drawn and not missing_from(sheets, CHARTS):
        msg = (
            f"sheet {CHARTS!r}: charts stand there; rename yours, or write charts={{}}"
        )
        raise DataError(msg)
    if guide:
        guides = _guides(content)
    if guide and missing_from(sheets, READ_ME):
        beside = [*([CHARTS] if drawn else []), *guides]
        about = read_me(
            content, title=title, author=author, date=day.date(), beside=beside
        )
    book = _Book(title=title, author=author, day=day)
    raw = book.written(content, drawn, about, guides)
    with staged_file(path, check=check_archive) as staged:
        try:
            staged.write_bytes(raw)
        except OSError as error:
            raise refusal(Path(path), error) from error
    return Path(path)


def _check_suffix(path: Path) -> None:
    """Refuse a name that a spreadsheet would open as another format."""
    if path.suffix.lower() in _OTHERS:
        msg = (
            f"{path.name}: a workbook is written as .xlsx; write "
            f"{path.with_suffix('.xlsx').name!r}"
        )
        raise DataError(msg)


def _asked(charts: Mapping[str, str | Sequence[str]]) -> dict[str, list[str]]:
    return {
        str(name): list(texts_of(columns, f"charts[{name!r}]", "['L04']"))
        for name, columns in charts.items()
    }


def _guides(content: Mapping[str, Content]) -> dict[str, Content]:
    """Return the sheets that say what is in the others."""
    made = {DICTIONARY: dictionary(content), SOURCES: sources(content)}
    return {
        name: content_of(table, f"sheet {name!r}")
        for name, table in made.items()
        if missing_from(content, name) and len(table)
    }


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
        or name.lower() in _SHEETS
    ]
    if wrong:
        # « Historique » is a sheet that spreadsheets make by themselves.
        msg = f"sheet names of 1 to 31 characters without []:*?/\\, not {wrong[:5]}"
        raise DataError(msg)
    if len({name.lower() for name in sheets}) < len(sheets):
        msg = f"sheet names that differ by case at most: {list(sheets)}"
        raise DataError(msg)


def _length(text: str) -> int:
    """Return the length of a text as spreadsheets count it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _content_of(name: str, given: object) -> Content:
    """Return what a sheet holds, checked."""
    what = f"sheet {name!r}"
    table = with_names(table_from(given, what, name=name))
    _check_room(table, what)
    content = content_of(table, what)
    content = replace(content, title=content.title or _title_of(name, content))
    _check_lengths(content, what)
    return content


def _title_of(name: str, content: Content) -> str:
    """Return what a sheet of one column is of; of several, its name."""
    told = [field for field in content.values() if field.description.role == "value"]
    return told[0].description.heading if len(told) == 1 else name


def _check_room(table: pd.DataFrame, what: str) -> None:
    """Check that a sheet holds a table: a spreadsheet cuts what is beyond its edge."""
    rows, columns = len(table) + _FIRST, len(table.columns) + 1
    if rows > _ROWS or columns > _COLUMNS:
        msg = (
            f"{what}: {rows:,} rows and {columns:,} columns, a spreadsheet has "
            f"{_ROWS:,} and {_COLUMNS:,}; write several sheets, or a GeoPackage"
        )
        raise DataError(msg)


def _check_lengths(content: Content, what: str) -> None:
    """Check that each cell holds all that is put there: what is longer is cut."""
    for text in (content.title, content.note):
        if _length(text) > _LONGEST:
            msg = f"{what}: a text of {_length(text):,} signs above the table; at most "
            raise DataError(msg + f"{_LONGEST:,}")
    headings = [field.description.heading for field in content.fields]
    long = [text for text in headings if _length(text) > _LONGEST_HEADING]
    if long:
        msg = (
            f"{what}: {len(long)} heading(s) of more than {_LONGEST_HEADING} signs: "
            f"{culprits([text[:40] for text in long])}; shorten them"
        )
        raise DataError(msg)
    for field in (content.codes, *content.values()):
        _check_fits(field.cells, f"{what}: column {field.cells.name!r}")


def _check_fits(cells: Cells, where: str) -> None:
    kept = cells.held.dropna()
    if cells.kind == "text":
        wrong = kept[kept.map(_length) > _LONGEST]
        told = f"text(s) of more than {_LONGEST:,} signs, the most that a cell holds"
        cure = "shorten them"
    elif cells.kind == "whole":
        wrong = kept[(kept.abs() >= _MOST).to_numpy(dtype=bool)]
        told = (
            "whole number(s) of more than 15 digits, the most that a spreadsheet keeps"
        )
        cure = "write them as text: .astype(str)"
    elif cells.kind == "real":
        size = kept.abs()
        wrong = kept[(size > _LARGEST) | ((size > 0) & (size < 1 / _LARGEST))]
        told = "number(s) that a spreadsheet cannot hold, beyond 1e307 or below 1e-307"
        cure = "write them in another unit"
    else:
        return
    if len(wrong):
        msg = f"{where}: {len(wrong)} {told}, at {culprits(wrong.index)}; {cure}"
        raise DataError(msg)


class _Styles:
    """The few formats of a workbook, made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        font = {"font_name": "Calibri", "font_size": 10, "valign": "top"}
        grey = {"font_color": "#5b6270"}
        self.title = book.add_format({**font, "bold": True, "font_size": 14})
        self.long_title = book.add_format(
            {**font, "bold": True, "font_size": 14, "text_wrap": True}
        )
        self.note = book.add_format({**font, **grey, "italic": True, "text_wrap": True})
        self.text = book.add_format(font)
        self.strong = book.add_format({**font, "bold": True})
        self.wrapped = book.add_format({**font, "text_wrap": True})
        self.link = book.add_format({**font, "font_color": "#1f4e9c", "underline": 1})
        self.day = book.add_format({**font, "num_format": "dd/mm/yyyy"})
        self.moment = book.add_format({**font, "num_format": "dd/mm/yyyy hh:mm"})
        void = {**grey, "align": "right", "indent": 1, "italic": True}
        self.void = book.add_format({**font, **void})
        header = {"bold": True, "text_wrap": True, "bg_color": "#e6e9ef", "bottom": 1}
        self.header = book.add_format({**font, **header})
        # Set in on the right: two headings that fill their columns would touch.
        aside = {"align": "right", "indent": 1}
        self.over_numbers = book.add_format({**font, **header, **aside})
        self._book, self._font = book, font
        self._numbers: dict[tuple[int, str, bool], Any] = {}

    def heading_of(self, cells: Cells) -> Any:  # noqa: ANN401 - xlsxwriter is untyped
        """Return the format of a heading, which stands over its figures."""
        return self.over_numbers if cells.kind in ("whole", "real") else self.header

    def naught(self, decimals: int) -> Any:  # noqa: ANN401 - xlsxwriter is untyped
        """Return the format of what is a little less than zero: no « -0,0 »."""
        digits = "#,##0." + "0" * decimals if decimals else "#,##0"
        key = (decimals, "-", False)
        if key not in self._numbers:
            shown = "0," + "0" * decimals if decimals else "0"
            pattern = f'{digits};"{shown}"'
            self._numbers[key] = self._book.add_format(
                {
                    **self._font,
                    "num_format": pattern,
                    "align": "right",
                    "indent": 1,
                }
            )
        return self._numbers[key]

    def number(self, decimals: int, sign: str, *, grouped: bool) -> Any:  # noqa: ANN401 - xlsxwriter is untyped
        """Return the format of a number; the reader's locale writes it."""
        key = (decimals, sign, grouped)
        if key not in self._numbers:
            digits = "#,##0" if grouped else "0"
            digits += "." + "0" * decimals if decimals else ""
            pattern = f'"{sign} "{digits}' if sign else digits
            self._numbers[key] = self._book.add_format(
                {
                    **self._font,
                    "num_format": pattern,
                    "align": "right",
                    "indent": 1,
                }
            )
        return self._numbers[key]


class _Book:
    """A workbook that is being written, in memory."""

    def __init__(self, *, title: str, author: str, day: dt.datetime) -> None:
        self.whole = io.BytesIO()
        self.title = title
        self.book = xlsxwriter.Workbook(
            self.whole,
            # In memory: its own temporary files would stay when a disk is full.
            {"in_memory": True, "default_date_format": "dd/mm/yyyy"},
        )
        self.book.set_properties({"title": title, "author": author, "created": day})
        self.styles = _Styles(self.book)
        self.tables: set[str] = set()

    def written(
        self,
        content: Mapping[str, Content],
        charts: list[Chart],
        about: list[Line],
        guides: Mapping[str, Content],
    ) -> bytes:
        """Return the file: tables, charts, then what says what they are."""
        for name, sheet in content.items():
            self._write_table(name, sheet)
        if charts:
            self._write_charts(charts)
        if about:
            self._write_about(about)
        for name, sheet in guides.items():
            self._write_table(name, sheet)
        self.book.close()
        return _in_french(self.whole)

    def _sheet(self, name: str, title: str, *, guide: bool = False) -> Any:  # noqa: ANN401 - xlsxwriter is untyped
        """Return a new sheet, with its title in its first cell."""
        sheet = self.book.add_worksheet(name)
        sheet.hide_gridlines(2)
        sheet.write_string(0, 0, title, self.styles.title)
        sheet.set_row(0, 22)
        if guide:
            sheet.set_tab_color("#5b6270")
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        left = (self.title or title).replace("&", "&&")[:100]
        sheet.set_footer(f"&L&8{left}&C&8&A&R&8&P / &N")
        return sheet

    def _write_table(self, name: str, content: Content) -> None:
        fields = [content.codes, *content.values()]
        sheet = self._sheet(name, content.title, guide=name in (DICTIONARY, SOURCES))
        written = [_Column(self.styles, content, field) for field in fields]
        for j, column in enumerate(written):
            column.write(sheet, j)
            sheet.set_column(j, j, column_units(column.pixels))
        pixels = [column.pixels for column in written]
        last = _FIRST - 1 + len(content.codes.cells.held)
        self._write_head(sheet, name, fields, pixels, last)
        _write_title(sheet, self.styles, content.title, pixels)
        _set_heights(sheet, written)
        named = len(fields) > 1 and fields[1].cells.kind == "text"
        kept = 1 + named if sum(pixels[: 1 + named]) <= _WIDEST else 1
        _write_note(sheet, self.styles, content.note, pixels, kept)
        sheet.freeze_panes(_FIRST, kept if pixels[0] <= _WIDEST else 0)
        _set_paper(sheet, sum(pixels), kept)

    def _write_head(
        self,
        sheet: Any,  # noqa: ANN401 - xlsxwriter is untyped
        name: str,
        fields: list[Field],
        pixels: list[float],
        last: int,
    ) -> None:
        """Write headings, as those of a named table where it has rows."""
        headings = _apart([field.description.heading for field in fields], fields)
        styles = [self.styles.heading_of(field.cells) for field in fields]
        for j, (heading, style) in enumerate(zip(headings, styles, strict=True)):
            sheet.write_string(_FIRST - 1, j, heading, style)
        lines = max(map(_lines_of_heading, headings, pixels))
        sheet.set_row(_FIRST - 1, max(1, lines) * _LINE + 6)
        if last < _FIRST:
            return
        columns = [
            {"header": heading, "header_format": style}
            for heading, style in zip(headings, styles, strict=True)
        ]
        options = {
            "name": self._named(name),
            "columns": columns,
            "style": "Table Style Light 1",
        }
        sheet.add_table(_FIRST - 1, 0, last, len(fields) - 1, options)

    def _named(self, name: str) -> str:
        """Return the name of a table, which formulas may call."""
        plain = re.sub(r"\W", "_", name)
        found, number = f"T_{plain}", 1
        while found.lower() in self.tables:
            number += 1
            found = f"T_{plain}_{number}"
        self.tables.add(found.lower())
        return found

    def _write_charts(self, charts: list[Chart]) -> None:
        sheet = self._sheet(CHARTS, CHARTS)
        widest = max(len(chart.head) for chart in charts)
        sheet.set_column(0, 0, 30)
        sheet.set_column(1, widest - 1, 16)
        top, breaks = 2, []
        for chart in charts:
            top = write_chart(self.book, sheet, self.styles, chart, top)
            breaks.append(top)
        sheet.set_h_pagebreaks(breaks[:-1])
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)

    def _write_about(self, lines: list[Line]) -> None:
        sheet = self._sheet(READ_ME, READ_ME, guide=True)
        first, second = 170.0, 560.0
        for i, (word, text, leads) in enumerate(lines, start=2):
            if leads:
                where = leads.replace("'", "''")
                sheet.write_url(i, 0, f"internal:'{where}'!A1", self.styles.link, leads)
            else:
                style = self.styles.text if text else self.styles.header
                sheet.write_string(i, 0, word, style)
            if text:
                sheet.write_string(i, 1, text, self.styles.wrapped)
            deep = max(
                lines_of(word, first - _MARGIN), lines_of(text, second - _MARGIN)
            )
            sheet.set_row(i, deep * _LINE + 3)
        sheet.set_column(0, 0, column_units(first))
        sheet.set_column(1, 1, column_units(second))
        sheet.set_portrait()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)


class _Column:
    """A column that is being written: how its cells are, how wide they stand."""

    def __init__(self, styles: _Styles, content: Content, field: Field) -> None:
        self.field, self.styles = field, styles
        self.said = content.states_of(field)
        self.texts = self._texts()
        self.wraps = False
        self.pixels = self._pixels()

    def _texts(self) -> list[str]:
        """Return the texts of which the widest says how wide a column is."""
        cells = self.field.cells
        kept = cells.held.dropna()
        match cells.kind:
            case "text" | "truth":
                return [yes_or_no(value) for value in dict.fromkeys(kept)]
            case "whole" | "real" if len(kept):
                sign = "≥ " if any(s in SIGNS for s in self.said) else ""
                digits = "," if cells.grouped else ""
                pattern = f"{digits}.{cells.decimals}f"
                ends = (float(kept.min()), float(kept.max()))
                return [sign + format(end, pattern) for end in ends]
            case "day":
                return ["00/00/0000"]
            case "moment":
                return ["00/00/0000 00:00"]
        return []

    def _pixels(self) -> float:
        """Return how wide a column is: its cells, then its heading on four lines."""
        widest = max(map(pixels_of, self.texts), default=0) + _MARGIN
        if self.field.cells.kind in ("whole", "real"):
            widest += _INDENT
        if self.field.cells.kind == "text" and widest > _WIDEST:
            self.wraps, widest = True, _WIDEST
        heading = self.field.description.heading
        words = [pixels_of(word, bold=True) for word in heading.split()]
        longest = max(words, default=0) + _MARGIN
        width = max(widest, min(longest, _WIDEST), _LEAST)
        while _lines_of_heading(heading, width) > 4 and width < 240:
            width += 10
        return width

    def write(self, sheet: Any, j: int) -> None:  # noqa: ANN401 - xlsxwriter is untyped
        """Write each cell as what it is."""
        write, styled = _writer(sheet, self.styles, self.field.cells, wraps=self.wraps)
        held = self.field.cells.held
        void = self.styles.void
        decimals, tiny = self.field.cells.decimals, self._tiny()
        rows = zip(_plain(held), held.isna().tolist(), self.said, strict=True)
        for i, (value, absent, state) in enumerate(rows, start=_FIRST):
            if absent:
                sheet.write_string(i, j, VOIDS.get(state or "", "n.d."), void)
            else:
                sign = SIGNS.get(state or "", "")
                naught = i in tiny and not sign
                style = self.styles.naught(decimals) if naught else styled(sign)
                write(i, j, value, style)

    def _tiny(self) -> set[int]:
        """Return the rows of what is written zero, and is a little below it."""
        cells = self.field.cells
        if cells.kind != "real":
            return set()
        values = cells.held.to_numpy()
        small = (values < 0) & (values > -0.5 * 10.0**-cells.decimals)
        return {int(row) + _FIRST for row in small.nonzero()[0]}


def _plain(held: pd.Series) -> list[Any]:
    return held.array.tolist() if held.dtype.kind == "M" else held.tolist()


def _apart(headings: list[str], fields: list[Field]) -> list[str]:
    """Tell apart headings that differ by case at most: a named table wants it."""
    headings = [" ".join(heading.split()) for heading in headings]
    folded = [heading.lower() for heading in headings]
    return [
        f"{heading} [{field.cells.name}]"
        if folded.count(heading.lower()) > 1
        else heading
        for heading, field in zip(headings, fields, strict=True)
    ]


def _lines_of_heading(heading: str, pixels: float) -> int:
    room = max(pixels - _MARGIN - _BUTTON, 30)
    return lines_of(heading, room, bold=True)


def _write_title(
    sheet: Any,  # noqa: ANN401 - xlsxwriter is untyped
    styles: _Styles,
    title: str,
    pixels: list[float],
) -> None:
    """Write the title on several lines where it is wider than what it is of."""
    wide = sum(pixels)
    asked = pixels_of(title, bold=True) * _TITLE
    if asked <= wide:
        return
    if len(pixels) > 1:
        sheet.merge_range(0, 0, 0, len(pixels) - 1, "", styles.long_title)
    sheet.write_string(0, 0, title, styles.long_title)
    lines = lines_of(title, (wide - _MARGIN) / _TITLE, bold=True)
    sheet.set_row(0, lines * _LINE * _TITLE + 4)


def _write_note(
    sheet: Any,  # noqa: ANN401 - xlsxwriter is untyped
    styles: _Styles,
    note: str,
    pixels: list[float],
    kept: int,
) -> None:
    """
    Write the note over as many columns as a reader takes in at once.

    Where pages stand side by side it keeps to the columns that all of them repeat, if
    it has room there: a page would else bear the first words of it alone.
    """
    last, width = 0, pixels[0]
    most = 900.0
    repeated = sum(pixels[:kept])
    if not paper_for(sum(pixels)).fits and _note_fits(note, repeated):
        most = repeated
    while last + 1 < len(pixels) and width + pixels[last + 1] <= most:
        last += 1
        width += pixels[last]
    if last and note:
        sheet.merge_range(1, 0, 1, last, "", styles.note)
    sheet.write_string(1, 0, note, styles.note)
    sheet.set_row(1, lines_of(note, width - _MARGIN) * _LINE + 3)


def _note_fits(note: str, pixels: float) -> bool:
    return pixels >= _NARROWEST and lines_of(note, pixels - _MARGIN) <= _DEEPEST


def _set_heights(sheet: Any, columns: list[_Column]) -> None:  # noqa: ANN401 - xlsxwriter is untyped
    """Make rows as high as their longest text."""
    wrapped = [column for column in columns if column.wraps]
    if not wrapped:
        return
    room = _WIDEST - _MARGIN
    rows = zip(*(column.field.cells.held.tolist() for column in wrapped), strict=True)
    for i, texts in enumerate(rows, start=_FIRST):
        deep = max(
            lines_of(text, room) if isinstance(text, str) else 1 for text in texts
        )
        # A spreadsheet has no row of more than 409 points.
        sheet.set_row(i, min(deep * _LINE + 3, 409))


def _set_paper(sheet: Any, pixels: float, kept: int) -> None:  # noqa: ANN401 - xlsxwriter is untyped
    """Choose a paper on which the columns are read."""
    paper = paper_for(pixels)
    sheet.set_paper(paper.code)
    (sheet.set_landscape if paper.landscape else sheet.set_portrait)()
    sheet.repeat_rows(_FIRST - 1)
    if paper.fits:
        sheet.fit_to_pages(1, 0)
    else:
        sheet.set_print_scale(65)
        sheet.repeat_columns(0, max(kept - 1, 0))
        sheet.print_across()


def _writer(
    sheet: Any,  # noqa: ANN401 - xlsxwriter is untyped
    styles: _Styles,
    cells: Cells,
    *,
    wraps: bool,
) -> tuple[Callable[..., object], Callable[[str], object]]:
    """Return how a value of a column is written, and in which format."""
    if cells.kind in ("whole", "real"):
        digits, grouped = cells.decimals, cells.grouped
        known = {
            sign: styles.number(digits, sign, grouped=grouped)
            for sign in ("", *SIGNS.values())
        }
        return sheet.write_number, known.__getitem__
    # A spreadsheet knows no day before 1900.
    if cells.kind in ("day", "moment") and _modern(cells.held):
        style = styles.day if cells.kind == "day" else styles.moment
        return (
            lambda i, j, value, style: sheet.write_datetime(i, j, _naive(value), style),
            lambda _: style,
        )
    style = styles.wrapped if wraps else styles.text
    return (
        lambda i, j, value, style: sheet.write_string(i, j, _text_of(value), style),
        lambda _: style,
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


def _in_french(raw: io.BytesIO) -> bytes:
    """Return a workbook that says in which language it is, for who reads it aloud."""
    found = io.BytesIO()
    mark = b"</cp:coreProperties>"
    with (
        ZipFile(raw) as given,
        ZipFile(found, "w", ZIP_DEFLATED) as made,
    ):
        for part in given.infolist():
            if part.filename == "docProps/core.xml":
                data = given.read(part)
                data = data.replace(mark, b"<dc:language>fr-FR</dc:language>" + mark)
                made.writestr(part, data)
                continue
            # By pieces: a sheet of 35,000 rows is 50 MB of text.
            with given.open(part) as source, made.open(part, "w") as copy:
                shutil.copyfileobj(source, copy)
    return found.getvalue()
