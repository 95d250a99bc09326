"""The text of vector files: in which encoding it is, whatever the file declares."""

from __future__ import annotations

import codecs
import re
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from basinmap.errors import DataError
from basinmap.typography import number

__all__ = ["check_encoding", "encoding_of", "mended_texts", "unreadable_text"]

_USUAL: Final = frozenset(
    map(chr, [*range(32, 127), 9, 10, 13, 0xA0, 0x202F])
) | frozenset("àâäæçéèêëîïñôöœùûüÿÀÂÄÆÇÉÈÊËÎÏÑÔÖŒÙÛÜŸ«»’‘“”–—…°ºª²³×€©®")
"""What French text is made of."""

# In the middle of a word in small letters, these are accents of another encoding.
_INSIDE: Final = re.compile("[a-zà-ÿ][“”…–—ŒŸ][a-zà-ÿ]")
_CONTROLS: Final = re.compile("[\x80-\x9f]")

_OTHERS: Final = ("utf-8", "cp1252", "cp850")
"""Encodings of French files that another one is mistaken for, the surest first."""

_TRUSTED: Final = frozenset({"ascii", "utf-8", "iso8859-1", "iso8859-15", "cp1252"})
"""Encodings that GDAL reads to the last letter."""

_VAGUE: Final = frozenset({"", "ANSI", "OEM", "SYSTEM"})
"""What a .cpg says that names no encoding."""

_MARKS: Final = {
    0x01: "cp437",
    0x02: "cp850",
    0x03: "cp1252",
    0x13: "cp932",
    0x4D: "cp936",
    0x57: "",
    0xC8: "cp1250",
    0xC9: "cp1251",
    0xCB: "cp1253",
}
"""Encodings by the mark in the header of a .dbf; 0x57 is the one of Windows."""

_ROWS: Final = 65_536
_COLUMN: Final = struct.Struct("<11sc4xB")


class _Declared(NamedTuple):
    """What a Shapefile declares: an encoding, and which part of it says so."""

    codec: str
    where: str


def check_encoding(encoding: str | None) -> None:
    """
    Check that an encoding is known.

    Parameters
    ----------
    encoding
        Such as `"cp1252"`, or None.

    Raises
    ------
    DataError
        If it is not.

    Examples
    --------
    >>> check_encoding("latin-un")
    Traceback (most recent call last):
    basinmap.errors.DataError: unknown encoding 'latin-un'; write encoding='utf-8', or \
'cp1252' for an old file of Windows
    """
    try:
        codecs.lookup("utf-8" if encoding is None else encoding)
    except (LookupError, TypeError, ValueError):
        msg = (
            f"unknown encoding {encoding!r}; write encoding='utf-8', or 'cp1252' for "
            "an old file of Windows"
        )
        raise DataError(msg) from None


def encoding_of(file: Path, encoding: str | None) -> tuple[str | None, list[str]]:
    """
    Return the encoding to read a vector file in, with what is to be said of it.

    Only a Shapefile declares one, in its .cpg or its .dbf, and often another than
    its own: what comes out is compared with what French text is made of.

    Parameters
    ----------
    file
        Any vector file.
    encoding
        The one that the user gives, which is taken as it is.

    Returns
    -------
    encoding : str or None
        None where the file knows.
    notes : list of str
        French sentences.

    Raises
    ------
    DataError
        If the encoding is unknown, or what is declared makes no text of what
        another one would read.
    """
    check_encoding(encoding)
    table = _part(file, ".dbf")
    if encoding is not None or file.suffix.lower() != ".shp" or table is None:
        return encoding, []
    declared = _declared(file, table)
    words = list(_words(table))
    codec = _known(declared.codec or "latin-1")
    if codec is None:
        return None, []
    if not _strange(words, codec):
        # GDAL cuts the last letter off in some code pages: another that reads the same.
        same = not _strange(words, "cp1252") and _read_alike(words, codec, "cp1252")
        if same and codec not in _TRUSTED:
            return "cp1252", [f"Fichier déclaré en {codec}, lu en Windows-1252."]
        return codec, []
    meant = [other for other in _OTHERS if not _strange(words, other)]
    if not meant or meant[0] == codec:
        return codec, []
    if codec in _TRUSTED - {"utf-8"} and meant[0] == "cp1252":
        return "cp1252", [_reread_note(words, declared)]
    raise DataError(_misread(file, declared, words, codec, meant[0]))


def mended_texts(frame: pd.DataFrame, file: Path) -> tuple[pd.DataFrame, list[str]]:
    """
    Read again what a text of any format holds of another encoding.

    Parameters
    ----------
    frame
        What was read.
    file
        What it was read from, for the message.

    Returns
    -------
    frame : DataFrame
        The same, its control characters read as Windows-1252.
    notes : list of str
        French sentences: what was read again, and which columns are misread.

    Raises
    ------
    DataError
        If the names of columns have a character that no text has.
    """
    odd = [name for name in map(str, frame.columns) if "\ufffd" in name]
    if odd:
        msg = (
            f"{file.name}: column {odd[0]!r} misread; write encoding='cp1252', or "
            "'utf-8'"
        )
        raise DataError(msg)
    notes, changed = [], {}
    for name, column in frame.items():
        if not (pd.api.types.is_object_dtype(column) or _is_text(column)):
            continue
        distinct = [text for text in column.dropna().unique() if isinstance(text, str)]
        texts = {text: _windows(text) for text in distinct if _CONTROLS.search(text)}
        again = {text: new for text, new in texts.items() if new != text}
        if again:
            changed[name] = column.map(lambda text, new=again: new.get(text, text))
            some = next(iter(again.values()))
            notes.append(
                f"Colonne « {name} » : {number(len(again))} textes relus en "
                f"Windows-1252, tels que « {some} »."
            )
        doubled = [text for text in distinct if _undoubled(text) != text]
        if doubled:
            notes.append(
                f"Colonne « {name} » : {number(len(doubled))} textes déformés dans le "
                f"fichier, tels que « {doubled[0]} » pour « {_undoubled(doubled[0])} »."
            )
    return frame.assign(**changed) if changed else frame, notes


def unreadable_text(file: Path, error: Exception, encoding: str | None) -> str:
    """
    Return the message for text that is in another encoding.

    Parameters
    ----------
    file
        What was read.
    error
        What the reader says.
    encoding
        The one that was given, if any.
    """
    given = f" as {encoding!r}" if encoding else ""
    return (
        f"{file.name}: its text cannot be read{given}; write encoding='utf-8', "
        f"or 'cp1252' for an old Shapefile ({error})"
    )


def _is_text(column: pd.Series) -> bool:
    return bool(pd.api.types.is_string_dtype(column.dtype))


def _undoubled(text: str) -> str:
    """Return what a text is if its UTF-8 was taken for Windows-1252, or itself."""
    for codec in () if text.isascii() else ("cp1252", "latin-1"):
        try:
            return text.encode(codec).decode("utf-8")
        except UnicodeError:
            continue
    return text


def _windows(text: str) -> str:
    """Return a text whose control characters are those of Windows-1252, or itself."""
    try:
        return text.encode("latin-1").decode("cp1252")
    except UnicodeError:
        return text


# -- what a Shapefile declares ---------------------------------------------------


def _part(file: Path, suffix: str) -> Path | None:
    """Return a part of a Shapefile, whatever the case of its suffix."""
    return next(
        (x for x in file.parent.glob(f"{file.stem}.*") if x.suffix.lower() == suffix),
        None,
    )


def _declared(file: Path, table: Path) -> _Declared:
    """Return the encoding that the .cpg declares, or else the header of the .dbf."""
    page = _part(file, ".cpg")
    if page is not None:
        said = page.read_bytes()[:64].decode("latin-1").strip()
        return _Declared(_named(said), f"{page.name} says {said!r}")
    with table.open("rb") as stream:
        head = stream.read(30)
    mark = head[29] if len(head) == 30 else 0
    codec = _MARKS.get(mark, "")
    return _Declared(codec, f"{table.name} says {codec!r}" if codec else "no .cpg")


def _named(said: str) -> str:
    """Return the codec that the text of a .cpg names, empty where it names none."""
    text = said.upper().removeprefix("ANSI ").removeprefix("OEM ").strip()
    if text in _VAGUE:
        return ""
    if text.startswith("LDID/"):
        mark = text.removeprefix("LDID/")
        return _MARKS.get(int(mark), "") if mark.isdigit() else ""
    iso = re.fullmatch(r"(?:ISO[ -]?)?8859[ -]?(\d{1,2})", text)
    if iso:
        return f"iso8859-{iso[1]}"
    if text == "65001":
        return "utf-8"
    return f"cp{text}" if text.isdigit() else text


def _known(codec: str) -> str | None:
    try:
        return codecs.lookup(codec).name
    except LookupError:
        return None


# -- what it holds ---------------------------------------------------------------


def _words(table: Path) -> Iterator[bytes]:
    """Yield the texts of a .dbf that are not plain ASCII, names of columns first."""
    with table.open("rb") as stream:
        head = stream.read(32)
        if len(head) < 32:
            return
        rows, start, width = struct.unpack("<IHH", head[4:12])
        columns = list(_text_columns(stream.read(max(start - 32, 0))))
    yield from (name for name, _, _ in columns if not name.isascii())
    whole = min(rows, (table.stat().st_size - start) // max(width, 1))
    if whole <= 0:
        return
    cells = np.memmap(table, np.uint8, "r", start, (whole, width))
    seen: set[bytes] = set()
    for first in range(0, whole, _ROWS):
        block = cells[first : first + _ROWS]
        for _, left, size in columns:
            part = block[:, left : left + size]
            high = (part > 127).any(axis=1)
            if not high.any():
                continue
            found = np.ascontiguousarray(part[high]).view(f"S{size}").ravel()
            new = [text for text in dict.fromkeys(found.tolist()) if text not in seen]
            seen.update(new)
            yield from (text.strip() for text in new)


def _text_columns(described: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, place in a row and width of each column of text."""
    left = 1  # after the mark of deleted rows
    for at in range(0, len(described) - 31, 32):
        if described[at] == 0x0D:  # the end of the descriptions
            return
        name, kind, size = _COLUMN.unpack_from(described, at)
        if kind == b"C" and size:
            yield name.partition(b"\0")[0], left, size
        left += size


def _strange(words: Iterable[bytes], codec: str) -> str | None:
    """Return the first text that is none in an encoding, if there is one."""
    for word in words:
        try:
            text = word.decode(codec)
        except UnicodeDecodeError:
            return word.decode(codec, errors="replace")
        if not _USUAL.issuperset(text) or _INSIDE.search(text):
            return text
        if codec != "utf-8" and _is_utf8(word):
            return text
    return None


def _read_alike(words: Iterable[bytes], codec: str, other: str) -> bool:
    return all(word.decode(codec) == word.decode(other) for word in words)


def _is_utf8(word: bytes) -> bool:
    try:
        return not word.isascii() and bool(word.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def _pair(words: list[bytes], codec: str, meant: str) -> tuple[str, str]:
    """Return a text as it comes out and as it is meant."""
    word = next(word for word in words if _strange([word], codec))
    return word.decode(codec, errors="replace"), word.decode(meant)


def _reread_note(words: list[bytes], declared: _Declared) -> str:
    _, text = _pair(words, "latin-1", "cp1252")
    said = "sans .cpg" if declared.where == "no .cpg" else "déclaré en Latin-1"
    return f"Fichier {said}, lu en Windows-1252 (« {text} »)."


def _misread(
    file: Path, declared: _Declared, words: list[bytes], codec: str, meant: str
) -> str:
    wrong, right = _pair(words, codec, meant)
    count = sum(1 for word in words if _strange([word], codec))
    return (
        f"{file.name}: {count} text(s) misread ({declared.where}), such as {wrong!r} "
        f"for {right!r}: write encoding={meant!r}, or correct the .cpg beside it"
    )
