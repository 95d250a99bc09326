"""Faces for a PDF: lines set letter by letter, and only the letters that are used."""

from __future__ import annotations

import hashlib
import struct
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from matplotlib.font_manager import FontProperties, get_font

from basinmap.maps.look.themes import faces_of, measured

__all__ = ["Face", "Run", "Unset", "face_of", "set_line", "subset_name"]

_EM: Final = 1000
"""What sizes are told in, as in a PDF."""
_KEPT: Final[tuple[str, ...]] = (
    "cvt ",
    "fpgm",
    "glyf",
    "head",
    "hhea",
    "hmtx",
    "loca",
    "maxp",
    "prep",
)
_TURNED: Final = frozenset({"R", "AL", "AN", "NSM"})
"""Kinds of signs whose place is not that of their reading: Arabic, accents alone…"""
# Parts of a glyph made of others: what follows each is told by these flags.
_WORDS, _SCALE, _MORE, _XY, _TWO = 0x1, 0x8, 0x20, 0x40, 0x80


class Unset(Exception):  # noqa: N818 - no fault of the user: another way is taken
    """A line, or a face, that is not set letter by letter."""


@dataclass(frozen=True, slots=True)
class Run:
    """
    Letters of a line that one face writes.

    Attributes
    ----------
    path
        File of the face.
    codes
        Unicode of each letter.
    glyphs
        Their glyphs in the face.
    start
        Where the run starts, in thousandths of the size of the type.
    gaps
        What to take back after each letter, in thousandths: pairs that are closer.
    """

    path: str
    codes: tuple[int, ...]
    glyphs: tuple[int, ...]
    start: float
    gaps: tuple[int, ...]


@lru_cache(maxsize=8192)
def set_line(line: str, style: FontProperties) -> tuple[Run, ...]:
    """
    Return a line letter by letter, each from the first face that has it.

    Letters stand where matplotlib puts them in a picture: pairs such as AV closer since
    its release 3.11, each its own width apart before.

    Parameters
    ----------
    line
        One line.
    style
        Its font; names come back from map to map.

    Raises
    ------
    Unset
        If the line is not read from left to right, one sign after the other.

    Examples
    --------
    >>> from basinmap.maps.look.themes import font
    >>> (run,) = set_line("AVE", font("Fira Sans", 8))
    >>> bytes(run.codes).decode(), len(run.gaps)
    ('AVE', 3)
    """
    odd = {unicodedata.bidirectional(sign) for sign in line} & _TURNED
    if odd or (line and max(map(ord, line)) > 0xFFFF):
        msg = f"{line!r} is not set letter by letter"
        raise Unset(msg)
    paths = tuple(faces_of(style))
    places = _places(line, paths)
    runs: list[Run] = []
    first = 0
    found = [_sign_in(paths, ord(sign)) for sign in line]
    for i in range(1, len(line) + 1):
        if i == len(line) or found[i][0] != found[first][0]:
            runs.append(_run(line, found, places, first, i))
            first = i
    return tuple(runs)


def _run(
    line: str, found: list[tuple[str, int]], places: list[float], first: int, end: int
) -> Run:
    path = found[first][0]
    face = face_of(path)
    glyphs = tuple(glyph for _, glyph in found[first:end])
    steps = [after - before for before, after in pairwise(places[first : end + 1])]
    gaps = [
        round(face.widths[glyph] - step)
        for glyph, step in zip(glyphs, steps, strict=False)
    ]
    gaps += [0] * (len(glyphs) - len(gaps))
    codes = tuple(ord(sign) for sign in line[first:end])
    return Run(path, codes, glyphs, places[first], tuple(gaps))


def _places(line: str, paths: tuple[str, ...]) -> list[float]:
    """Return where each letter of a line starts, in thousandths of its size."""
    starts, _ = measured(line, paths)
    if len(starts) == len(line):
        return list(starts)
    # Letters that a face of the user joins: they stand apart, as they are read.
    place, places = 0.0, []
    for sign in line:
        places.append(place)
        path, glyph = _sign_in(paths, ord(sign))
        place += face_of(path).widths[glyph]
    return places


def _sign_in(paths: tuple[str, ...], code: int) -> tuple[str, int]:
    """Return the first face that has a sign, and its glyph; else a box of the first."""
    for path in paths:
        glyph = face_of(path).signs.get(code)
        if glyph is not None:
            return path, glyph
    return paths[0], 0


class Face:
    """
    A TrueType face: its signs, its widths, and what a PDF says of it.

    Parameters
    ----------
    path
        The file.

    Attributes
    ----------
    name
        PostScript name.
    signs
        Glyphs by Unicode.
    widths
        Of each glyph, in thousandths of the size.
    about
        Entries of the descriptor of a font in a PDF.

    Raises
    ------
    Unset
        If its outlines are not those of TrueType.
    """

    def __init__(self, path: str) -> None:
        """Read the file."""
        self._data = Path(path).read_bytes()
        self._tables = self._found()
        if "glyf" not in self._tables:
            msg = f"{path}: outlines of another kind than TrueType"
            raise Unset(msg)
        face = get_font(path)
        self.name: str = str(face.postscript_name)
        self.signs: dict[int, int] = dict(face.get_charmap())
        self._em = int(face.units_per_EM)
        wide = struct.unpack(">H", self._table("hhea")[34:36])[0]
        metrics = np.frombuffer(self._table("hmtx"), ">u2", count=2 * wide)[::2]
        count = int(face.num_glyphs)
        last = np.full(count - wide, metrics[-1])
        self._advances = np.concatenate([metrics, last]).astype(int)
        self.widths: list[float] = (self._advances * _EM / self._em).tolist()
        self._wide = int(wide)
        long = struct.unpack(">h", self._table("head")[50:52])[0]
        kind, times = (">u4", 1) if long else (">u2", 2)
        self._starts = (
            np.frombuffer(self._table("loca"), kind, count=count + 1).astype(int)
            * times
        )
        self.about = self._described()

    def _found(self) -> dict[str, tuple[int, int]]:
        (count,) = struct.unpack(">H", self._data[4:6])
        found = {}
        for i in range(count):
            tag, _, start, length = struct.unpack(
                ">4sLLL", self._data[12 + 16 * i : 28 + 16 * i]
            )
            found[tag.decode("latin-1")] = (start, length)
        return found

    def _table(self, tag: str) -> bytes:
        start, length = self._tables.get(tag, (0, 0))
        return self._data[start : start + length]

    def _described(self) -> dict[str, float | list[int]]:
        def scaled(value: float) -> int:
            return round(value * _EM / self._em)

        box = struct.unpack(">4h", self._table("head")[36:44])
        up, down = struct.unpack(">2h", self._table("hhea")[4:8])
        os2, post = self._table("OS/2"), self._table("post")
        slant = struct.unpack(">l", post[4:8])[0] / 65536 if post else 0.0
        high = up
        if len(os2) >= 90 and struct.unpack(">H", os2[:2])[0] >= 2:
            high = struct.unpack(">h", os2[88:90])[0]
        return {
            "Flags": 32 | (64 if slant else 0),
            "FontBBox": [scaled(side) for side in box],
            "ItalicAngle": round(slant, 2),
            "Ascent": scaled(up),
            "Descent": scaled(down),
            "CapHeight": scaled(high),
            "StemV": 80,
        }

    def _glyph(self, glyph: int) -> bytes:
        start = self._tables["glyf"][0]
        return self._data[start + self._starts[glyph] : start + self._starts[glyph + 1]]

    def _parts(self, glyph: int) -> Iterable[int]:
        """Return the glyphs that one is made of."""
        data = self._glyph(glyph)
        if not data or struct.unpack(">h", data[:2])[0] >= 0:
            return
        at, flags = 10, _MORE
        while flags & _MORE:
            flags, part = struct.unpack(">2H", data[at : at + 4])
            yield part
            at += 8 if flags & _WORDS else 6
            at += (
                8 if flags & _TWO else 4 if flags & _XY else 2 if flags & _SCALE else 0
            )

    def subset(self, glyphs: Iterable[int]) -> bytes:
        """
        Return the face with some glyphs and no other, each at its number.

        Parameters
        ----------
        glyphs
            Their numbers; the box of what has no sign is kept too.
        """
        left, kept = [0, *glyphs], set[int]()
        while left:
            glyph = left.pop()
            if glyph not in kept:
                kept.add(glyph)
                left += self._parts(glyph)
        count = len(self._starts) - 1
        outlines = [self._glyph(i) if i in kept else b"" for i in range(count)]
        outlines = [data + b"\0" * (-len(data) % 4) for data in outlines]
        starts = np.concatenate([[0], np.cumsum([len(data) for data in outlines])])
        chosen = np.zeros(count, bool)
        chosen[list(kept)] = True
        made = {
            "glyf": b"".join(outlines),
            "loca": starts.astype(">u4").tobytes(),
            "hmtx": self._metrics(chosen),
        }
        head = bytearray(self._table("head"))
        head[8:12] = b"\0\0\0\0"
        head[50:52] = struct.pack(">h", 1)  # long places
        made["head"] = bytes(head)
        tables: dict[str, bytes] = {
            tag: made.get(tag) or self._table(tag)
            for tag in _KEPT
            if tag in self._tables
        }
        return _assembled(tables)

    def _metrics(self, chosen: np.ndarray) -> bytes:
        """Return the widths of some glyphs; those of others are nothing."""
        data = np.frombuffer(self._table("hmtx"), ">u2").copy()
        wide = self._wide
        pairs = data[: 2 * wide].reshape(-1, 2)
        pairs[~chosen[:wide]] = 0
        if len(chosen) > wide:
            # Of what follows, each takes the width of the last one that has its own.
            pairs[-1, 0] = self._advances[wide - 1]
            data[2 * wide : 2 * wide + len(chosen) - wide][~chosen[wide:]] = 0
        return data.tobytes()


def _assembled(tables: dict[str, bytes]) -> bytes:
    """Return a font file made of tables."""
    count = len(tables)
    power = count.bit_length() - 1
    reach = 16 * 2**power
    parts = [struct.pack(">L4H", 0x10000, count, reach, power, 16 * count - reach)]
    at = 12 + 16 * count
    bodies = []
    for tag, data in sorted(tables.items()):
        padded = data + b"\0" * (-len(data) % 4)
        total = int(np.frombuffer(padded, ">u4").sum(dtype=np.uint64)) & 0xFFFFFFFF
        parts.append(struct.pack(">4s3L", tag.encode("latin-1"), total, at, len(data)))
        bodies.append(padded)
        at += len(padded)
    whole = b"".join([*parts, *bodies])
    total = int(np.frombuffer(whole, ">u4").sum(dtype=np.uint64)) & 0xFFFFFFFF
    head = whole.index(b"head", 12)
    (start,) = struct.unpack(">L", whole[head + 8 : head + 12])
    seal = struct.pack(">L", (0xB1B0AFBA - total) & 0xFFFFFFFF)
    return whole[: start + 8] + seal + whole[start + 12 :]


@cache
def face_of(path: str) -> Face:
    """
    Return the face of a file, read once.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    Unset
        If its outlines are not those of TrueType.
    """
    return Face(path)


def subset_name(name: str, glyphs: Iterable[int]) -> str:
    """
    Return the name of a part of a face: six letters that tell it from others.

    Parameters
    ----------
    name
        Of the face.
    glyphs
        Those that are kept.

    Examples
    --------
    >>> subset_name("FiraSans-Regular", [1, 2])[6:]
    '+FiraSans-Regular'
    """
    drawn = hashlib.sha256(repr(sorted(glyphs)).encode()).digest()
    return "".join(chr(65 + value % 26) for value in drawn[:6]) + f"+{name}"
