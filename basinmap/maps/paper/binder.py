"""Drawn pages bound in one file of PDF: what they share is written once."""

from __future__ import annotations

import io
import zlib
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import accumulate, count, groupby
from typing import Final

import pypdf
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DictionaryObject,
    FloatObject,
    IndirectObject,
    NameObject,
    NumberObject,
    PdfObject,
    StreamObject,
    TextStringObject,
)

from basinmap.maps.look.faces import Face, face_of, subset_name
from basinmap.maps.paper.canvas import HALOS, DrawnPage, Picture

__all__ = ["Binder", "dictionary", "numbers", "packed"]

_BLANK: Final = 0x200B
"""What the letters of a halo are read as: a space of no width, no glyph."""
_TILE: Final = (0, 0, 72, 72)
_PACK: Final = 200  # objects that are packed together
_BLOCK: Final = 100  # lines that a block of a map of codes may have


def dictionary(**items: str | PdfObject) -> DictionaryObject:
    """
    Return a dictionary of PDF.

    Parameters
    ----------
    **items
        Entries; a string is a name.

    Examples
    --------
    >>> dictionary(Type="/Page")["/Type"]
    '/Page'
    """
    return DictionaryObject(
        {
            # A text of PDF is a str too.
            NameObject(f"/{key}"): NameObject(item) if type(item) is str else item
            for key, item in items.items()
        }
    )


def numbers(values: Iterable[float]) -> ArrayObject:
    """
    Return numbers as PDF has them.

    Parameters
    ----------
    values
        Whole ones stay whole.

    Examples
    --------
    >>> numbers([1, 2.5])
    [1, 2.5]
    """
    return ArrayObject(
        NumberObject(value) if isinstance(value, int) else FloatObject(value)
        for value in values
    )


class Binder:
    """
    What adds drawn pages to a file; each face, picture and hatch is there once.

    Parameters
    ----------
    writer
        The file.
    """

    def __init__(self, writer: pypdf.PdfWriter) -> None:
        """Take a file."""
        self._writer = writer
        self._faces: dict[str, DictionaryObject] = {}
        self._letters: dict[str, set[int]] = {}
        self._shared: dict[Hashable, IndirectObject] = {}

    def add(self, page: DrawnPage) -> None:
        """
        Add a page.

        Parameters
        ----------
        page
            What was drawn.
        """
        added = self._writer.add_blank_page(page.width, page.height)
        content = self._stream(page.content, packed=True)
        added[NameObject("/Contents")] = content
        added[NameObject("/Group")] = dictionary(
            Type="/Group", S="/Transparency", CS="/DeviceRGB"
        )
        added[NameObject("/Resources")] = self._resources(page)

    def close(self) -> None:
        """Put in the file the letters that its pages use of each face."""
        for path, entries in self._faces.items():
            entries.update(self._font(face_of(path), sorted(self._letters[path])))

    def _resources(self, page: DrawnPage) -> DictionaryObject:
        for path, letters in zip(page.faces, page.letters, strict=True):
            self._letters.setdefault(path, set()).update(letters)
        drawn = {f"X{i}": self._form(*form) for i, form in enumerate(page.forms)}
        drawn |= {f"I{i}": self._picture(it) for i, it in enumerate(page.pictures)}
        kinds: dict[str, Mapping[str, PdfObject]] = {
            "Font": {f"F{i}": self._face(path) for i, path in enumerate(page.faces)},
            "ExtGState": {
                f"A{i}": self._opacity(*pair) for i, pair in enumerate(page.opacities)
            },
            "Pattern": {
                f"P{i}": self._pattern(tile, page.height)
                for i, tile in enumerate(page.patterns)
            },
            "XObject": drawn,
            "Properties": {
                f"L{i}": self._layer(name) for i, name in enumerate(page.layers)
            },
        }
        return dictionary(
            **{kind: dictionary(**found) for kind, found in kinds.items() if found}
        )

    def _once(self, key: Hashable, made: PdfObject) -> IndirectObject:
        if key not in self._shared:
            self._shared[key] = self._writer._add_object(made)  # noqa: SLF001 - its way
        return self._shared[key]

    def _stream(
        self,
        data: bytes,
        about: DictionaryObject | None = None,
        *,
        packed: bool = False,
        key: Hashable = None,
    ) -> IndirectObject:
        stream = StreamObject()
        stream.update(about or {})
        stream.set_data(data if packed else zlib.compress(data, 9))
        stream[NameObject("/Filter")] = NameObject("/FlateDecode")
        if key is not None:
            return self._once(key, stream)
        return self._writer._add_object(stream)  # noqa: SLF001 - its way

    def _opacity(self, stroke: float, fill: float) -> IndirectObject:
        made = dictionary(
            Type="/ExtGState", CA=FloatObject(stroke), ca=FloatObject(fill)
        )
        return self._once(("opacity", stroke, fill), made)

    def _pattern(self, tile: bytes, height: float) -> IndirectObject:
        about = dictionary(
            Type="/Pattern",
            PatternType=NumberObject(1),
            PaintType=NumberObject(1),
            TilingType=NumberObject(1),
            BBox=numbers(_TILE),
            XStep=NumberObject(_TILE[2]),
            YStep=NumberObject(_TILE[3]),
            Resources=DictionaryObject(),
            # From the top left corner, as in a picture of the page.
            Matrix=numbers([1, 0, 0, 1, 0, height]),
        )
        return self._stream(tile, about, key=("pattern", tile, height))

    def _form(
        self, box: tuple[float, float, float, float], drawn: bytes
    ) -> IndirectObject:
        about = dictionary(
            Type="/XObject",
            Subtype="/Form",
            BBox=numbers(box),
            Resources=DictionaryObject(),
        )
        return self._stream(drawn, about, key=("form", box, drawn))

    def _picture(self, picture: Picture) -> IndirectObject:
        about = self._pixels(picture, picture.colors)
        if picture.mask:
            mask = self._pixels(picture, 1)
            key = ("mask", picture.width, picture.height, picture.mask)
            about[NameObject("/SMask")] = self._stream(
                picture.mask, mask, packed=True, key=key
            )
        return self._stream(picture.data, about, packed=True, key=picture)

    def _pixels(self, picture: Picture, colors: int) -> DictionaryObject:
        rows = dictionary(
            Predictor=NumberObject(15),  # each row says how it is packed
            Colors=NumberObject(colors),
            Columns=NumberObject(picture.width),
        )
        return dictionary(
            Type="/XObject",
            Subtype="/Image",
            Width=NumberObject(picture.width),
            Height=NumberObject(picture.height),
            ColorSpace="/DeviceRGB" if colors > 1 else "/DeviceGray",
            BitsPerComponent=NumberObject(8),
            DecodeParms=rows,
        )

    def _layer(self, name: str) -> IndirectObject:
        made = dictionary(Type="/OCG", Name=TextStringObject(name))
        return self._once(("layer", name), made)

    # -- faces ---------------------------------------------------------------------

    def _face(self, path: str) -> IndirectObject:
        if path not in self._faces:
            self._faces[path] = DictionaryObject()
        return self._once(("face", path), self._faces[path])

    def _font(self, face: Face, codes: list[int]) -> DictionaryObject:
        glyphs = {
            code: code - HALOS if code >= HALOS else face.signs.get(code, 0)
            for code in codes
        }
        name = f"/{subset_name(face.name, set(glyphs.values()))}"
        data = face.subset(glyphs.values())
        length = dictionary(Length1=NumberObject(len(data)))
        about = dictionary(
            Type="/FontDescriptor",
            FontName=name,
            FontFile2=self._stream(data, length),
        )
        for key, value in face.about.items():
            told = value if isinstance(value, list) else [value]
            entry = numbers(told)
            about[NameObject(f"/{key}")] = entry if told is value else entry[0]
        places = bytearray(2 * (max(codes) + 1))
        for code, glyph in glyphs.items():
            places[2 * code : 2 * code + 2] = glyph.to_bytes(2, "big")
        system = dictionary(
            Registry=TextStringObject("Adobe"),
            Ordering=TextStringObject("Identity"),
            Supplement=NumberObject(0),
        )
        drawn = dictionary(
            Type="/Font",
            Subtype="/CIDFontType2",
            BaseFont=name,
            CIDSystemInfo=system,
            FontDescriptor=self._writer._add_object(about),  # noqa: SLF001 - its way
            W=_widths({code: face.widths[glyph] for code, glyph in glyphs.items()}),
            CIDToGIDMap=self._stream(bytes(places)),
        )
        return dictionary(
            Type="/Font",
            Subtype="/Type0",
            BaseFont=name,
            Encoding="/Identity-H",
            DescendantFonts=ArrayObject([self._writer._add_object(drawn)]),  # noqa: SLF001
            ToUnicode=self._stream(_meanings(codes)),
        )


def packed(writer: pypdf.PdfWriter, made_from: bytes) -> bytes:
    """
    Return the file, what are no streams packed in streams: pypdf writes them bare.

    Parameters
    ----------
    writer
        The file.
    made_from
        What names it: the same for the same pages, where pypdf would draw lots.
    """
    objects = dict(enumerate(writer._objects, start=1))  # noqa: SLF001 - no other way
    bare = [n for n, it in objects.items() if it and not isinstance(it, StreamObject)]
    number = len(objects)
    places: dict[int, tuple[int, int, int]] = {0: (0, 0, 0xFFFF)}
    for at in range(0, len(bare), _PACK):
        together, number = bare[at : at + _PACK], number + 1
        bodies = [_written(objects.pop(n)) for n in together]
        objects[number] = _together(together, bodies)
        places |= {n: (2, number, i) for i, n in enumerate(together)}
    saved = io.BytesIO(f"{writer.pdf_header}\n%".encode() + b"\xe2\xe3\xcf\xd3\n")
    saved.seek(0, io.SEEK_END)
    for n, item in sorted(objects.items()):
        if item is None:
            places[n] = (0, 0, 0)
            continue
        places[n] = (1, saved.tell(), 0)
        saved.write(b"%d 0 obj\n%b\nendobj\n" % (n, _written(item)))
    start, number = saved.tell(), number + 1
    places[number] = (1, start, 0)
    name = ByteStringObject(made_from)
    table = b"".join(
        kind.to_bytes(1, "big") + there.to_bytes(4, "big") + nth.to_bytes(2, "big")
        for _, (kind, there, nth) in sorted(places.items())
    )
    about = dictionary(
        Type="/XRef",
        Size=NumberObject(number + 1),
        W=numbers([1, 4, 2]),
        Root=_place_of(writer.root_object),
        Info=_place_of(writer._info),  # noqa: SLF001
        ID=ArrayObject([name, name]),
    )
    last = _written(_deflated(table, about))
    saved.write(b"%d 0 obj\n%b\nendobj\n" % (number, last))
    saved.write(b"startxref\n%d\n%%%%EOF\n" % start)
    return saved.getvalue()


def _place_of(item: PdfObject | None) -> IndirectObject:
    found = None if item is None else item.indirect_reference
    assert found is not None  # noqa: S101 - for the type checker
    return found


def _written(item: PdfObject | None) -> bytes:
    assert item is not None  # noqa: S101 - for the type checker
    saved = io.BytesIO()
    item.write_to_stream(saved)
    return saved.getvalue()


def _together(numbers_: Iterable[int], bodies: Sequence[bytes]) -> StreamObject:
    """Return objects in one stream."""
    starts = [0, *accumulate(len(body) + 1 for body in bodies)]
    pairs = zip(numbers_, starts, strict=False)
    head = " ".join(f"{n} {start}" for n, start in pairs).encode() + b"\n"
    about = dictionary(
        Type="/ObjStm", N=NumberObject(len(bodies)), First=NumberObject(len(head))
    )
    return _deflated(head + b"\n".join(bodies), about)


def _deflated(data: bytes, about: DictionaryObject) -> StreamObject:
    stream = StreamObject()
    stream.update(about)
    stream.set_data(zlib.compress(data, 9))
    stream[NameObject("/Filter")] = NameObject("/FlateDecode")
    return stream


def _widths(widths: Mapping[int, float]) -> ArrayObject:
    """Return widths by code, those that follow each other together."""
    made = ArrayObject()
    place = count()
    for _, group in groupby(widths, key=lambda code: code - next(place)):
        codes = list(group)
        made.append(NumberObject(codes[0]))
        made.append(numbers([round(widths[code]) for code in codes]))
    return made


_MEANINGS: Final = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
{}
endcmap
CMapName currentdict /CMap defineresource pop
end
end"""


def _meanings(codes: Iterable[int]) -> bytes:
    """Return what the codes of a face are read as."""
    lines = [
        f"<{code:04X}> <{_BLANK if code >= HALOS else code:04X}>" for code in codes
    ]
    blocks = [lines[at : at + _BLOCK] for at in range(0, len(lines), _BLOCK)]
    told = [
        f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar"
        for block in blocks
    ]
    return _MEANINGS.format("\n".join(told)).encode()
