"""
Tables of text as others make them: CSV of any separator, workbooks, archives of one.

Every cell stays text. Nothing is skipped: a row of another number of fields, an
archive that grows without end, a web page under the name of a table are refused.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow

from basinmap.errors import DataError, culprits
from basinmap.workbooks import rows_shown

__all__ = [
    "BOOKS",
    "NOTE",
    "TEXTS",
    "Grid",
    "Rows",
    "decoded",
    "grids",
    "rows_of",
    "stripped",
    "workbook_rows",
]

Rows = list[list[str]]
Opened = Callable[[], AbstractContextManager[BinaryIO]]

BOOKS: Final = (".xlsx", ".xlsm", ".ods")
TEXTS: Final = (".csv", ".txt", ".tsv")
NOTE: Final = (
    r"(?:sources?|notes?|champ|lecture|d[ée]finitions?|avertissement|l[ée]gende)\b.*"
)
"""What a line of text under a table begins with, whatever its case."""
_MARKS: Final = (";", ",", "\t", "|")
_TAIL: Final = 1 << 13
"""Bytes in which the lines of text under a table stand."""
_HEAD: Final = 1 << 18
"""Bytes in which titles and header stand."""
_BLOCK: Final = 1 << 23
_LARGEST: Final = 16 << 30
_RATIO: Final = 200
_SMALL: Final = 1 << 20
"""Up to there an archive may shrink as it likes."""
_BROKEN: Final = (
    OSError,
    EOFError,
    zlib.error,
    zipfile.BadZipFile,
    RuntimeError,  # encrypted
    NotImplementedError,  # packed by a method of its own
)
_ODD: Final = (ValueError, LookupError, SyntaxError, ArithmeticError)
"""What cells that are no cells raise."""


# -- shared with the lists of EPCI --------------------------------------------------


def decoded(raw: bytes) -> str:
    """
    Return text that is UTF-8, else Windows-1252.

    Parameters
    ----------
    raw
        Of a whole file, with or without a byte order mark.

    Examples
    --------
    >>> decoded("Cœur".encode("cp1252"))
    'Cœur'
    """
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def rows_of(text: str, mark: str, name: str) -> Rows:
    """
    Return the rows of a text that are not blank.

    Parameters
    ----------
    text
        Of a table.
    mark
        What separates its cells.
    name
        Of the file, for messages.

    Raises
    ------
    DataError
        If it is no table.
    """
    try:
        return [row for row in csv.reader(io.StringIO(text), delimiter=mark) if row]
    except csv.Error as error:
        msg = f"{name} cannot be read as a table of text; fetch it ({error})"
        raise DataError(msg) from error


def workbook_rows(file: Path, name: str = "") -> Iterator[tuple[str, Rows]]:
    """
    Yield the name and the rows of each sheet of a workbook, as text.

    Headers are found by who reads: titles often stand above them.

    Parameters
    ----------
    file
        A workbook.
    name
        How it is called in messages.

    Raises
    ------
    DataError
        If it is none.
    """
    try:
        yield from rows_shown(file)
    except (*_BROKEN, *_ODD) as error:
        told = name or file.name
        msg = f"{told} cannot be read as a workbook; fetch it again ({error})"
        raise DataError(msg) from error


# -- any table of others ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Grid:
    """
    One table of a file, before anything is known of its columns.

    Attributes
    ----------
    file
        How the file, and its member, are called.
    sheet
        Of a workbook.
    head
        The first rows.
    opened
        French sentences on how it was opened.
    """

    file: str
    sheet: str
    head: Rows
    opened: tuple[str, ...]
    _ended: bool
    _body: Callable[[int, list[int]], Iterator[pd.DataFrame]]
    _under: list[str] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        """Whether no number may be cut: the last line has an end, or is a text."""
        return self._ended or bool(self._under)

    @property
    def notes(self) -> tuple[str, ...]:
        """French sentences on how it was opened, and on what was left once read."""
        if not self._under:
            return self.opened
        some = culprits([line[:40] for line in self._under], most=3)
        told = f"Lignes de texte sous le tableau, laissées : {len(self._under)}"
        return (*self.opened, f"{told} ({some}).")

    def blocks(self, header: int, wanted: list[int]) -> Iterator[pd.DataFrame]:
        """
        Yield what stands under a row of the head, by blocks, every cell as text.

        Parameters
        ----------
        header
            Position of the header in `head`.
        wanted
            Positions of the columns; they name those that are returned.

        Raises
        ------
        DataError
            If a row has not as many fields as the header.
        """
        return self._body(header, wanted)

    def frame(self, header: int, wanted: list[int]) -> pd.DataFrame:
        """
        Return what stands under a row of the head, every cell as text.

        Parameters
        ----------
        header
            Position of the header in `head`.
        wanted
            Positions of the columns; they name those that are returned.

        Raises
        ------
        DataError
            If a row has not as many fields as the header.
        """
        parts = list(self.blocks(header, wanted))
        empty = pd.DataFrame(columns=wanted, dtype=str)
        table = pd.concat(parts, ignore_index=True) if parts else empty
        return table.apply(stripped) if len(table) else table


def stripped(column: pd.Series) -> pd.Series:
    """
    Return text without the spaces around it, no-break ones and marks among them.

    Parameters
    ----------
    column
        Of a table.
    """
    return column.astype("str").str.strip(" \t\u00a0\u202f\u200b\ufeff")


def grids(path: str | Path, *, member: str | None = None) -> Iterator[Grid]:
    """
    Yield the tables that a file may be: each sheet, or each separator.

    Parameters
    ----------
    path
        CSV, text, xlsx, ods, one of them in a zip or a gz.
    member
        Of a zip that holds several.

    Raises
    ------
    DataError
        If the file is absent, empty, no table, or an archive that is not safe.
    """
    file = _existing(Path(path))
    kind = file.suffix.lower()
    if kind == ".zip":
        yield from _of_zip(file, member)
    elif kind == ".gz":
        yield from _of_text(partial(gzip.open, file), file.name, gz=file)  # type: ignore[arg-type]
    elif kind in BOOKS:
        _check_book(file, file.name)
        yield from _of_book(file, file.name)
    else:
        yield from _of_text(lambda: file.open("rb"), file.name)


def _existing(file: Path) -> Path:
    kind = file.suffix.lower()
    try:
        there, size = file.is_file(), file.stat().st_size if file.is_file() else 0
    except OSError as error:
        msg = f"no file {str(file)[:80]!r} ({error.strerror})"
        raise DataError(msg) from error
    if not there:
        names = sorted(x.name for x in file.parent.glob("*")) if file.name else []
        told = f"; its folder has {culprits(names)}" if names else ""
        msg = f"no file {str(file)!r}{told}"
    elif size == 0:
        msg = f"{file.name} is an empty file (0 bytes); fetch it again"
    elif kind == ".xls":
        msg = f"{file.name} is a workbook of before 2007: save it as .xlsx"
    elif kind not in {*BOOKS, *TEXTS, ".zip", ".gz"}:
        kinds = ", ".join([*TEXTS, *BOOKS, ".zip", ".gz"])
        msg = f"{file.name}: a table is read from {kinds}; save it as one of them"
    else:
        return file
    raise DataError(msg)


# -- archives -----------------------------------------------------------------------


def _of_zip(file: Path, member: str | None) -> Iterator[Grid]:
    try:
        with zipfile.ZipFile(file) as archive:
            chosen = _member(archive, file.name, member)
            name = f"{file.name}, {chosen.filename}"
            kind = PurePosixPath(chosen.filename).suffix.lower()
            if kind in BOOKS:
                with tempfile.TemporaryDirectory() as folder:
                    book = Path(folder) / f"book{kind}"
                    with archive.open(chosen) as inside:
                        book.write_bytes(inside.read())
                    _check_book(book, name)
                    yield from _of_book(book, name)
            else:
                yield from _of_text(partial(_inside, file, chosen), name)
    except _BROKEN as error:
        msg = f"{file.name} is no sound archive; fetch it again ({error})"
        raise DataError(msg) from error


@contextmanager
def _inside(file: Path, member: zipfile.ZipInfo) -> Iterator[BinaryIO]:
    """Open a member where it stands: nothing is written."""
    with zipfile.ZipFile(file) as archive, archive.open(member) as stream:
        yield stream  # type: ignore[misc]


def _member(archive: zipfile.ZipFile, name: str, wanted: str | None) -> zipfile.ZipInfo:
    """Return the one table of an archive; its dictionary is none."""
    every = [item for item in archive.infolist() if not item.is_dir()]
    _check_sizes(every, name)
    tables = [
        item
        for item in every
        if (path := PurePosixPath(item.filename)).suffix.lower() in {*TEXTS, *BOOKS}
        and "__MACOSX" not in path.parts
        and not path.name.lower().startswith(("meta", "varmod", "."))
        and not path.stem.lower().endswith("_metadata")
    ]
    if wanted is not None:
        tables = [item for item in every if item.filename == wanted]
    if len(tables) != 1:
        names = [item.filename for item in tables or every]
        told = f"has {culprits(names)}" if names else "is empty"
        few = "no table" if not tables else f"{len(tables)} tables"
        msg = f"{name}: {few} in this archive, which {told}; write member='…'"
        raise DataError(msg)
    return tables[0]


def _check_sizes(items: list[zipfile.ZipInfo], name: str) -> None:
    """Refuse an archive that leads out of it, or that grows without measure."""
    out = [
        item.filename
        for item in items
        if ".." in (path := PurePosixPath(item.filename.replace("\\", "/"))).parts
        or path.is_absolute()
    ]
    if out:
        msg = f"{name}: members that lead out of the archive: {culprits(out)}; unsafe"
        raise DataError(msg)
    whole = sum(item.file_size for item in items)
    packed = max(sum(item.compress_size for item in items), 1)
    if whole > _LARGEST or (whole > _SMALL and whole / packed > _RATIO):
        msg = (
            f"{name}: {packed:,} bytes would become {whole:,}: not what a producer "
            "publishes; open it yourself if you trust it, and give the table it holds"
        )
        raise DataError(msg)


def _check_book(file: Path, name: str) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            _check_sizes(archive.infolist(), name)
    except (zipfile.BadZipFile, OSError) as error:
        with file.open("rb") as opened:
            _check_kind(opened.read(_HEAD), name)
        msg = f"{name} is no workbook, or is cut short; fetch it again ({error})"
        raise DataError(msg) from error


# -- workbooks ----------------------------------------------------------------------


def _of_book(file: Path, name: str) -> Iterator[Grid]:
    for sheet, rows in workbook_rows(file, name):
        if not rows:
            continue

        def body(
            header: int, wanted: list[int], rows: Rows = rows
        ) -> Iterator[pd.DataFrame]:
            cells = [
                [row[at] if at < len(row) else "" for at in wanted]
                for row in rows[header + 1 :]
                if any(cell.strip() for cell in row)
            ]
            yield pd.DataFrame(cells, columns=wanted, dtype="str")

        told = (f"Feuille lue : {sheet}.",)
        yield Grid(name, sheet, rows[:40], told, _ended=True, _body=body)


# -- text ---------------------------------------------------------------------------

_SIGNATURES: Final = {
    b"PK\x03\x04": "{name} is an archive or a workbook: name it .zip or .xlsx",
    b"\xd0\xcf\x11\xe0": "{name} is a workbook of before 2007: save it as .xlsx",
    b"\x1f\x8b": "{name} is compressed: name it .gz",
    b"PAR1": (
        "{name} is a Parquet file: read it with pandas, then bm.describe its columns"
    ),
    b"%PDF": "{name} is a PDF: take the table from the producer's page",
    b"SQLite": "{name} is a database: give the table as .csv",
}
_ENCODINGS: Final = {"utf-8": "UTF-8", "cp1252": "Windows-1252", "utf-16": "UTF-16"}


def _check_kind(head: bytes, name: str) -> None:
    """Refuse what is no text, whatever its name says."""
    mark = next((mark for mark in _SIGNATURES if head.startswith(mark)), None)
    if mark is not None:
        raise DataError(_SIGNATURES[mark].format(name=name))
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:300].lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<!--")):
        msg = f"{name} is a web page, not the table: fetch it again from the producer"
        raise DataError(msg)
    if start.startswith((b"{", b"[")):
        msg = f"{name} is JSON, maybe the answer of a service in error; fetch a CSV"
        raise DataError(msg)


@dataclass(frozen=True, slots=True)
class _Scan:
    """What one pass over a text tells."""

    encoding: str
    lines: int
    ended: bool
    tail: str = ""


def _of_text(opened: Opened, name: str, *, gz: Path | None = None) -> Iterator[Grid]:
    try:
        with opened() as stream:
            start = stream.read(_HEAD)
        _check_kind(start, name)
        packed = gz.stat().st_size if gz else None
        with opened() as stream:
            scan = _scanned(stream, name, start, packed)
    except _BROKEN as error:
        msg = f"{name} cannot be read, it may be cut short; fetch it again ({error})"
        raise DataError(msg) from error
    text = _start_of(start, scan.encoding)
    told = (f"Encodage lu : {_ENCODINGS[scan.encoding]}.",)
    found = []

    def grid_of(mark: str, head: Rows, lines: list[int]) -> Grid:
        under: list[str] = []
        body = _body(opened, name, scan, mark, head, lines, under)
        return Grid(name, "", head, told, _ended=scan.ended, _body=body, _under=under)

    for mark in _MARKS:
        head, lines = _head(text, mark)
        width = max((len(row) for row in head), default=0)
        if width > 1:
            found.append((width, grid_of(mark, head, lines)))
    if not found and text.strip():
        head, lines = _head(text, ";")
        found.append((1, grid_of(";", head, lines)))
    for _, grid in sorted(found, key=lambda pair: -pair[0]):
        yield grid


def _scanned(stream: BinaryIO, name: str, start: bytes, packed: int | None) -> _Scan:
    """Tell encoding and number of lines, refuse what is no text."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = stream.read().decode("utf-16", errors="replace")
        lines = sum(1 for line in text.splitlines() if line.strip())
        return _Scan("utf-16", lines, text.endswith("\n"), text[-_TAIL:])
    decoder = codecs.getincrementaldecoder("utf-8")()
    plain, wrong, lines, size, rest, tail = True, set(), 0, 0, b"", b""
    while block := stream.read(_BLOCK):
        size += len(block)
        if packed is not None and size > _SMALL and size > _RATIO * packed:
            msg = f"{name}: grows beyond {_RATIO} times its size: not read"
            raise DataError(msg)
        if b"\0" in block:
            msg = f"{name} holds bytes of zero: it is no text, or is UTF-16 unannounced"
            raise DataError(msg)
        plain = plain and _is_utf8(decoder, block)
        wrong |= {byte for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D) if byte in block}
        *whole, rest = (rest + block).replace(b"\r", b"\n").split(b"\n")
        lines += sum(1 for line in whole if line.strip())
        tail = (tail + block)[-_TAIL:]
    if plain:
        plain = _is_utf8(decoder, b"", final=True)
    if not plain and wrong:
        told = ", ".join(f"0x{byte:02X}" for byte in sorted(wrong))
        msg = (
            f"{name} is neither UTF-8 nor Windows-1252 (bytes {told}): save it as "
            "« CSV UTF-8 »"
        )
        raise DataError(msg)
    encoding = "utf-8" if plain else "cp1252"
    last = tail.decode(encoding, errors="replace")
    return _Scan(encoding, lines + bool(rest.strip()), not rest, last)


def _notes_under(tail: str, mark: str, width: int) -> list[str]:
    """Return the lines of text under a table: of fewer fields, and that say so."""
    found: list[str] = []
    for line in reversed(tail.splitlines()[1:]):
        text = line.strip()
        if not text:
            continue
        cells = next(csv.reader([text], delimiter=mark), [])
        words = re.fullmatch(
            NOTE, cells[0].strip() if cells else "", re.IGNORECASE | re.DOTALL
        )
        if words is None or len(cells) == width:
            break
        found.append(text)
    return found[::-1]


def _is_utf8(
    decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False
) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True


def _start_of(start: bytes, encoding: str) -> str:
    """Return the first lines, whole."""
    decoder = codecs.getincrementaldecoder(
        "utf-8-sig" if encoding == "utf-8" else encoding
    )(errors="replace")
    text = decoder.decode(start, final=len(start) < _HEAD)
    return text if len(start) < _HEAD else text[: text.rfind("\n") + 1]


def _head(text: str, mark: str) -> tuple[Rows, list[int]]:
    """Return the first rows that are not blank, and the line at which each ends."""
    rows: Rows = []
    lines: list[int] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append([cell.strip("\ufeff\u200b \t\u00a0") for cell in row])
                lines.append(reader.line_num)
            if len(rows) == 40:
                break
    except csv.Error:
        return [], []
    return rows, lines


def _body(
    opened: Opened,
    name: str,
    scan: _Scan,
    mark: str,
    head: Rows,
    lines: list[int],
    under: list[str],
) -> Callable[[int, list[int]], Iterator[pd.DataFrame]]:
    """Return what reads under the header of a text, and fills what is left under it."""

    def body(header: int, wanted: list[int]) -> Iterator[pd.DataFrame]:
        names = [str(at) for at in range(len(head[header]))]
        odd: list[arrow.InvalidRow] = []
        above = lines[header]
        under[:] = _notes_under(scan.tail, mark, len(names))
        due = scan.lines - header - 1 - len(under)
        if due == 0:
            return
        done = 0
        with opened() as stream:
            for table in _batches(
                stream, scan.encoding, mark, names, wanted, above, odd, name
            ):
                _check_rows(odd, under, name, len(names), whole=False)
                done += len(table)
                yield table.set_axis(wanted, axis=1)
        _check_rows(odd, under, name, len(names), whole=True)
        # A title of two lines, quoted, is one row of several lines.
        spread = above - header - 1
        if done not in range(due - max(spread, 0), due + 1):
            msg = (
                f"{name}: {due} lines make {done} rows: a quote is not closed, or a "
                "cell holds a line break; mend it, or fetch the file again"
            )
            raise DataError(msg)

    return body


def _batches(
    stream: BinaryIO,
    encoding: str,
    mark: str,
    names: list[str],
    wanted: list[int],
    above: int,
    odd: list[arrow.InvalidRow],
    name: str,
) -> Iterator[pd.DataFrame]:
    def keep(row: arrow.InvalidRow) -> str:
        odd.append(row)
        return "skip"

    columns = [str(at) for at in wanted]
    try:
        reader = arrow.open_csv(
            stream,
            read_options=arrow.ReadOptions(
                column_names=names,
                skip_rows=above,
                encoding="utf8" if encoding == "utf-8" else encoding,
                block_size=_BLOCK,
            ),
            parse_options=arrow.ParseOptions(
                delimiter=mark, invalid_row_handler=keep, newlines_in_values=False
            ),
            convert_options=arrow.ConvertOptions(
                include_columns=columns,
                column_types=dict.fromkeys(columns, pa.string()),
                strings_can_be_null=False,
            ),
        )
        for batch in reader:
            yield batch.to_pandas().astype("str")
    except (pa.ArrowInvalid, UnicodeDecodeError, *_BROKEN) as error:
        if odd:
            _refuse_rows(odd, name, len(names))
        msg = f"{name} cannot be read as a table of text; fetch it again ({error})"
        raise DataError(msg) from error


def _check_rows(
    odd: list[arrow.InvalidRow], under: list[str], name: str, width: int, *, whole: bool
) -> None:
    """Refuse rows of another number of fields, but the lines of text at the end."""
    meant = Counter(row.text.strip() for row in odd)
    if meant - Counter(under) or (whole and len(odd) != len(under)):
        _refuse_rows(odd, name, width)


def _refuse_rows(odd: list[arrow.InvalidRow], name: str, width: int) -> None:
    some = culprits([row.text[:60] for row in odd], most=2)
    msg = (
        f"{name}: {len(odd)} row(s) have not the {width} fields of the header, the "
        f"first has {odd[0].actual_columns}: {some}; the file is cut or its "
        "separator is also in its numbers: fetch it again, or save it as .xlsx"
    )
    raise DataError(msg)
