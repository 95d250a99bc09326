"""
Cells of xlsx and ods files as they are shown, for what their kind changes of a value.

A bare reading gives the bare number below a cell: 0.125 of what shows 12,5 %, 45424 of
what shows 12 mai. Here a percentage ends by « % », a truth value is a word, a date is
a date, and a formula that nothing computed is that formula.
"""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import IO, Final
from xml.etree import ElementTree as ET

__all__ = ["FALSE", "TRUE", "rows_shown"]

TRUE: Final = "VRAI"
FALSE: Final = "FAUX"
_WHOLE: Final = re.compile(r"-?[0-9]{1,15}")
_WIDEST: Final = 16_384
_CELLS: Final = 40_000_000
"""Beyond, a table is none: a cell stands far from all others."""
_DATES: Final = frozenset(
    {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
)
_PERCENTS: Final = frozenset({9, 10})
_ELAPSED: Final = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
# Quoted or escaped text, spaces of a width, colours, currencies, conditions.
_ASIDE: Final = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]', re.DOTALL)

Sheet = list[list[str]]


def rows_shown(file: Path) -> Iterator[tuple[str, Sheet]]:
    """
    Yield the name and the rows of each sheet, as text, all of one width.

    Parameters
    ----------
    file
        An xlsx, xlsm or ods file.

    Raises
    ------
    ValueError
        If it is none, or a cell stands where none should.
    """
    with zipfile.ZipFile(file) as book:
        names = set(book.namelist())
        found = _of_ods(book) if "content.xml" in names else _of_xlsx(book)
        for name, rows in found:
            yield name, _even(rows)


def _even(rows: Sheet) -> Sheet:
    """Return rows of one width, without what is blank on the right and below."""
    for row in rows:
        while row and not row[-1]:
            row.pop()
    while rows and not rows[-1]:
        rows.pop()
    width = max(map(len, rows), default=0)
    if width * len(rows) > _CELLS:
        msg = f"{len(rows)} rows of {width} columns"
        raise ValueError(msg)
    for row in rows:
        row.extend([""] * (width - len(row)))
    return rows


def _tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _given(element: ET.Element, name: str) -> str:
    """Return an attribute, whatever the space of its name."""
    if name in element.attrib:
        return element.attrib[name]
    end = f"}}{name}"
    return next((v for k, v in element.attrib.items() if k.endswith(end)), "")


def _plain(text: str) -> str:
    """Write a number without a power of ten, as it is shown."""
    if _WHOLE.fullmatch(text):
        return text
    value = float(text)
    if text == repr(value) and "." in text and "e" not in text and text[-2:] != ".0":
        return text
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    short = repr(value)
    # What is next to nothing keeps its power: it is read as the zero it stands for.
    if "e" in short and abs(value) >= 1e-8:
        return f"{Decimal(short):f}"
    return short


def _percentage(text: str) -> str:
    """Write 0.125 as « 12.5 % », no digit lost or added."""
    shown = Decimal(repr(float(text))).scaleb(2)
    return f"{_plain(f'{shown:f}')} %"


# -- xlsx ---------------------------------------------------------------------------


def _of_xlsx(book: zipfile.ZipFile) -> Iterator[tuple[str, Sheet]]:
    root = _xml(book, "xl/workbook.xml")
    targets = {
        _given(item, "Id"): _given(item, "Target")
        for item in _xml(book, "xl/_rels/workbook.xml.rels")
    }
    kinds = _kinds(book)
    texts = _shared(book)
    late = any(
        _tag(item) == "workbookPr" and _given(item, "date1904") in {"1", "true"}
        for item in root
    )
    day = dt.datetime(1904, 1, 1) if late else dt.datetime(1899, 12, 30)  # noqa: DTZ001 - a cell has no zone
    for sheet in (item for item in root.iter() if _tag(item) == "sheet"):
        link = next(v for k, v in sheet.attrib.items() if k.endswith("}id"))
        part = targets[link].removeprefix("/xl/").removeprefix("xl/")
        if "worksheet" in part or f"xl/{part}" in book.namelist():
            with book.open(f"xl/{part}") as stream:
                yield _given(sheet, "name"), _sheet(stream, kinds, texts, day)


def _xml(book: zipfile.ZipFile, member: str) -> ET.Element:
    with book.open(member) as stream:
        return ET.parse(stream).getroot()  # noqa: S314 - expat bounds what entities grow to


def _kinds(book: zipfile.ZipFile) -> list[str]:
    """Return what each style of cells shows: "", "percent", "date" or "elapsed"."""
    if "xl/styles.xml" not in book.namelist():
        return []
    root = _xml(book, "xl/styles.xml")
    own: dict[int, str] = {}
    cells: list[int] = []
    for item in root:
        if _tag(item) == "numFmts":
            own |= {
                int(_given(form, "numFmtId")): _given(form, "formatCode")
                for form in item
            }
        elif _tag(item) == "cellXfs":
            cells = [int(_given(style, "numFmtId") or 0) for style in item]
    return [_kind(number, own.get(number)) for number in cells]


def _kind(number: int, form: str | None) -> str:
    if form is None:
        if number in _PERCENTS:
            return "percent"
        return "elapsed" if number == 46 else "date" if number in _DATES else ""
    elapsed = _ELAPSED.search(form)
    bare = _ASIDE.sub("", form).lower()
    if elapsed:
        return "elapsed"
    if "%" in bare:
        return "percent"
    # Fractions of seconds are the only digits of a date.
    bare = re.sub(r"s\.0+", "s", bare)
    standard = bare.strip() in {"general", "standard", "@"}
    dated = any(sign in "dmyhs" for sign in bare) and not re.search(r"[0#?]", bare)
    return "date" if dated and not standard else ""


def _shared(book: zipfile.ZipFile) -> list[str]:
    member = "xl/sharedStrings.xml"
    if member not in book.namelist():
        return []
    found = []
    with book.open(member) as stream:
        for _, item in ET.iterparse(stream):  # noqa: S314 - as above
            if _tag(item) == "si":
                found.append(_words(item))
                item.clear()
    return found


def _words(item: ET.Element) -> str:
    """Return a text of several styles as one, how it is pronounced left out."""
    if len(item) == 1 and not len(item[0]):
        return _unescaped(item[0].text or "")
    told = []
    for part in item:
        if _tag(part) == "t":
            told.append(part.text or "")
        elif _tag(part) == "r":
            told += [t.text or "" for t in part if _tag(t) == "t"]
    return _unescaped("".join(told))


def _unescaped(text: str) -> str:
    if "_x" not in text:
        return text
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda hit: chr(int(hit[1], 16)), text)


def _sheet(
    stream: IO[bytes], kinds: list[str], texts: list[str], day: dt.datetime
) -> Sheet:
    rows: Sheet = []
    for _, item in ET.iterparse(stream):  # noqa: S314 - as above
        # As often as there are cells: quick first.
        if not item.tag.endswith("row") or _tag(item) != "row":
            continue
        at = int(_given(item, "r") or len(rows) + 1) - 1
        if at >= 1_048_576 or at < len(rows):
            msg = f"row {at + 1} is out of its place"
            raise ValueError(msg)
        rows.extend([] for _ in range(at - len(rows)))
        row: list[str] = []
        for cell in item:
            name = cell.get("r")
            place = _column(name) if name else len(row)
            if place >= _WIDEST or place < len(row):
                msg = f"cell {name} is out of its place"
                raise ValueError(msg)
            if place > len(row):
                row.extend([""] * (place - len(row)))
            row.append(_cell(cell, kinds, texts, day))
        rows.append(row)
        item.clear()
    return rows


@lru_cache(maxsize=4096)
def _letters(letters: str) -> int:
    at = 0
    for letter in letters.upper():
        at = 26 * at + ord(letter) - 64
    return at - 1


def _column(name: str) -> int:
    return _letters(name.rstrip("0123456789").replace("$", ""))


def _cell(
    cell: ET.Element, kinds: list[str], texts: list[str], day: dt.datetime
) -> str:
    kind = cell.get("t", "n")
    parts = {_tag(part): part for part in cell}
    if kind == "inlineStr":
        return _words(parts["is"]) if "is" in parts else ""
    value = parts["v"].text or "" if "v" in parts else ""
    if not value:
        return _uncomputed(parts.get("f"), kind)
    if kind == "n":
        style = int(cell.get("s") or 0)
        return _number(value, kinds[style] if style < len(kinds) else "", day)
    return texts[int(value)] if kind == "s" else _other(value, kind)


def _other(value: str, kind: str) -> str:
    """Return what is neither a number nor a text that is shared."""
    if kind == "b":
        return TRUE if value in {"1", "true"} else FALSE
    return _iso(value) if kind == "d" else _unescaped(value)


def _uncomputed(formula: ET.Element | None, kind: str) -> str:
    """Return a formula that has no value yet: it is none, and no blank cell."""
    if formula is None or kind == "str":
        return ""
    return f"={formula.text or ''}"


def _number(value: str, kind: str, day: dt.datetime) -> str:
    if kind == "percent":
        return _percentage(value)
    if kind == "elapsed":
        seconds = round(float(value) * 86_400)
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if kind == "date":
        return _day(float(value), day)
    return _plain(value)


def _day(serial: float, day: dt.datetime) -> str:
    try:
        found = day + dt.timedelta(seconds=round(serial * 86_400))
    except OverflowError:
        return "#####"  # as it is shown
    if 0 <= serial < 1:
        return f"{found:%H:%M:%S}"
    whole = f"{found.year:04}/{found:%m/%d}"
    return whole if float(serial).is_integer() else f"{whole} {found:%H:%M:%S}"


def _iso(value: str) -> str:
    """Write a day that is written 2024-05-12T00:00:00 as one that is a number."""
    date, _, hour = value.partition("T")
    shown = date.replace("-", "/")
    return f"{shown} {hour}" if hour.strip("0:.Z") else shown


# -- ods ----------------------------------------------------------------------------


def _of_ods(book: zipfile.ZipFile) -> Iterator[tuple[str, Sheet]]:
    with book.open("content.xml") as stream:
        rows: Sheet = []
        name, blank = "", 0
        for event, item in ET.iterparse(stream, ("start", "end")):  # noqa: S314 - as above
            tag = _tag(item)
            if event == "start":
                if tag == "table":
                    name, rows, blank = _given(item, "name"), [], 0
                continue
            if tag == "table-row":
                row, times = _ods_row(item), _times(item, "number-rows-repeated")
                item.clear()
                if not row:
                    blank += times
                    continue
                _check_size(len(rows) + blank + times, len(row))
                rows.extend([] for _ in range(blank))
                rows.extend(list(row) for _ in range(times))
                blank = 0
            elif tag == "table":
                yield name, rows


def _check_size(rows: int, width: int) -> None:
    if rows * width > _CELLS:
        msg = f"{rows} rows of {width} columns"
        raise ValueError(msg)


def _times(item: ET.Element, name: str) -> int:
    return int(_given(item, name) or 1)


def _ods_row(item: ET.Element) -> list[str]:
    row: list[str] = []
    void = 0
    for cell in item:
        if _tag(cell) not in {"table-cell", "covered-table-cell"}:
            continue
        text = _ods_cell(cell)
        times = _times(cell, "number-columns-repeated")
        if not text:
            void += times
            continue
        if len(row) + void + times > _WIDEST:
            msg = f"a row of {len(row) + void + times} columns"
            raise ValueError(msg)
        row.extend([""] * void + [text] * times)
        void = 0
    return row


def _ods_cell(cell: ET.Element) -> str:
    kind = _given(cell, "value-type")
    writes = _WRITES.get(kind)
    if writes is not None and (value := _given(cell, writes[0])):
        return writes[1](value)
    shown = [_told(part) for part in cell if _tag(part) == "p"]
    if not shown and not kind and _given(cell, "formula"):
        return f"={_given(cell, 'formula').partition(':=')[2]}"
    return _given(cell, "string-value") or "\n".join(shown)


def _truth(value: str) -> str:
    return TRUE if value == "true" else FALSE


def _lapse(value: str) -> str:
    """Write « PT10H30M00S » as 10:30:00."""
    found = re.fullmatch(r"PT(\d+)H(\d+)M(\d+)(?:[.,]\d+)?S", value)
    return ":".join(found.groups()) if found else value


_WRITES: Final = {
    "percentage": ("value", _percentage),
    "float": ("value", _plain),
    "currency": ("value", _plain),
    "boolean": ("boolean-value", _truth),
    "date": ("date-value", _iso),
    "time": ("time-value", _lapse),
}


def _told(item: ET.Element) -> str:
    """Return the text of a paragraph, its repeated spaces too, without notes."""
    found = [item.text or ""]
    for part in item:
        tag = _tag(part)
        if tag == "s":
            found.append(" " * int(_given(part, "c") or 1))
        elif tag in {"tab", "line-break"}:
            found.append("\t" if tag == "tab" else "\n")
        elif tag != "annotation":
            found.append(_told(part))
        found.append(part.tail or "")
    return "".join(found)
