"""Plates of the user in a document: pictures that a file declares, page by page."""

from __future__ import annotations

import base64
import dataclasses as dc
import difflib
import io
import re
import tomllib
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Final

from basinmap.arguments import check_fields, check_given, check_kind, path_of
from basinmap.errors import DataError, culprits
from basinmap.export.parts import Document, Figure, Page
from basinmap.export.pdf_documents import rasterised
from basinmap.typography import typeset

__all__ = ["OwnPlate", "read_plates", "with_plates"]

_WIDEST: Final = 182.0
_HIGHEST: Final = 235.0
_KEYS: Final = frozenset({"file", "title", "text", "source", "after", "width"})
_NEEDED: Final = frozenset({"file", "title", "text"})
_RASTERS: Final = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg"}
_FOREIGN: Final = re.compile(r"<script\b|href=[\"'](?!#|data:)|@import", re.IGNORECASE)
# What matplotlib writes of every picture, and what is of the whole page then.
_PLAIN: Final = re.compile(r"\*\s*\{[^}]*\}")
_SHEET: Final = re.compile(r"<style\b[^>]*>(.*?)</style>", re.DOTALL)
_SIDES: Final = re.compile(
    r"<svg\b[^>]*?viewBox=[\"']\s*[-\d.]+[\s,]+[-\d.]+[\s,]+([\d.]+)[\s,]+([\d.]+)"
)


@dc.dataclass(frozen=True, slots=True)
class OwnPlate:
    """
    A picture of the user's own, to be set in a document.

    Attributes
    ----------
    file
        SVG with a `viewBox`, PNG or JPEG.
    title
        What it shows, of when.
    text
        What a reader who does not see it is told.
    source
        Whence.
    after
        Name of the page that it follows, such as `"vacance"`; by default the last.
    width
        In millimetres.

    Examples
    --------
    >>> import basinmap as bm
    >>> from pathlib import Path
    >>> bm.OwnPlate(Path("zones.svg"), "Zones", "Carte de trois zones.").width
    182.0
    """

    file: Path
    title: str
    text: str
    source: str = ""
    after: str = ""
    width: float = _WIDEST

    def __post_init__(self) -> None:
        """Refuse what could not be printed."""
        check_fields(self)
        if not 20 <= self.width <= _WIDEST:
            msg = f"{self.file}: width = {self.width:g} mm; a page takes 20 to 182"
            raise DataError(msg)


def read_plates(path: str | Path) -> tuple[OwnPlate, ...]:
    r"""
    Read the plates that a file declares: `planches.toml`.

    Parameters
    ----------
    path
        A TOML file of `[[plate]]` tables: `file` (beside it), `title`, `text` (what a
        reader who does not see it is told), and `source`, `after`, `width` if need be.

    Raises
    ------
    DataError
        If it is no TOML, a plate lacks something or holds an unknown key, a picture is
        missing or is none.

    Examples
    --------
    >>> import basinmap as bm, tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "a.svg").write_text('<svg viewBox="0 0 20 10"></svg>')
    ...     file = Path(folder) / "planches.toml"
    ...     _ = file.write_text(
    ...         "[[plate]]\nfile = 'a.svg'\ntitle = 'Zones'\ntext = 'Une carte.'\n"
    ...     )
    ...     bm.read_plates(file)[0].title
    'Zones'
    """
    check_given(read_plates, locals())
    file = path_of(path)
    try:
        given = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        msg = f"{file}: {error.strerror or 'cannot be read'}; give a planches.toml"
        raise DataError(msg) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"{file} is no TOML: {error}"
        raise DataError(msg) from error
    tables = given.get("plate")
    if set(given) != {"plate"} or not isinstance(tables, list):
        msg = f"{file}: write each plate as [[plate]] with file, title and text"
        raise DataError(msg)
    return tuple(_plate(file, n, told) for n, told in enumerate(tables, start=1))


def _plate(file: Path, number: int, told: object) -> OwnPlate:
    if not isinstance(told, dict) or not _NEEDED <= set(told) <= _KEYS:
        keys = sorted(told) if isinstance(told, dict) else []
        msg = (
            f"{file}: plate {number} has {culprits(keys) or 'nothing'}; it needs file, "
            "title and text (what a reader who does not see it is told), and may have "
            "source, after and width"
        )
        raise DataError(msg)
    made = OwnPlate(
        file.parent / str(told["file"]),
        str(told["title"]),
        str(told["text"]),
        str(told.get("source", "")),
        str(told.get("after", "")),
        float(told.get("width", _WIDEST)),
    )
    _picture(made)
    return made


def with_plates(document: Document, plates: Iterable[OwnPlate]) -> Document:
    """
    Return a document with plates of the user, each on a page of its own.

    Parameters
    ----------
    document
        The document.
    plates
        What `read_plates` returned.

    Raises
    ------
    DataError
        If a plate follows no page that there is (near ones are told), or its picture
        is none.

    Examples
    --------
    >>> import basinmap as bm, datetime as dt, tempfile
    >>> from pathlib import Path
    >>> page = bm.Page((bm.Heading("Un"),), slug="un")
    >>> note = bm.Document("d", "D", "A", dt.date(2026, 1, 1), (page,))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "a.svg"
    ...     _ = file.write_text('<svg viewBox="0 0 20 10"></svg>')
    ...     own = bm.OwnPlate(file, "Zones", "Une carte.", after="un")
    ...     len(bm.with_plates(note, [own]).pages)
    2
    """
    check_given(with_plates, locals())
    given = list(plates)
    for one in given:
        check_kind(one, OwnPlate, "plates", "bm.read_plates('planches.toml')")
    known = [page.slug for page in document.pages if page.slug]
    strange = [one.after for one in given if one.after and one.after not in known]
    if strange:
        near = difflib.get_close_matches(strange[0], known, n=3) or known[:8]
        msg = f"no page is named {culprits(strange)}; there are {', '.join(near)}"
        raise DataError(msg)
    pages: list[Page] = []
    rest = list(enumerate(given, start=1))
    for page in document.pages:
        pages.append(page)
        for n, one in [(n, one) for n, one in rest if one.after == page.slug != ""]:
            pages.append(_page(n, one, page))
    last = document.pages[-1]
    pages += [_page(n, one, last) for n, one in rest if not one.after]
    return dc.replace(document, pages=tuple(pages))


def _page(number: int, one: OwnPlate, before: Page) -> Page:
    data, (width, height) = _picture(one)
    scale = min(one.width / width, _HIGHEST / height)
    slug = f"planche-{number}"
    figure = Figure(
        slug,
        "plate",
        partial(_rendered, one.file, data),
        (width * scale, height * scale),
        typeset(one.text),
        typeset(one.title),
        source=typeset(one.source),
    )
    return Page((figure,), running=before.running, slug=slug)


def _picture(one: OwnPlate) -> tuple[bytes, tuple[float, float]]:
    """Return a picture and the sides of it, once it is one that can be set."""
    suffix = one.file.suffix.lower()
    if suffix != ".svg" and suffix not in _RASTERS:
        msg = f"{one.file}: no picture that can be set; give an SVG, a PNG or a JPEG"
        raise DataError(msg)
    try:
        data = one.file.read_bytes()
    except OSError as error:
        msg = f"{one.file}: {error.strerror or 'cannot be read'}; plate {one.title!r}"
        raise DataError(msg) from error
    return data, _sides(one.file, data) if suffix == ".svg" else _pixels(one.file, data)


def _pixels(file: Path, data: bytes) -> tuple[float, float]:
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 - for pixels alone

    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            return image.size
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        msg = f"{file} is no picture, or is not whole; save it again"
        raise DataError(msg) from error


def _sides(file: Path, data: bytes) -> tuple[float, float]:
    """Return the sides of an SVG that stands alone, and well in a page."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        msg = f"{file} is no SVG in UTF-8: {error}"
        raise DataError(msg) from error
    found = _SIDES.search(text)
    if found is None or not (float(found[1]) and float(found[2])):
        msg = f"{file}: no <svg viewBox='0 0 width height'>; export it again"
        raise DataError(msg)
    if strange := _FOREIGN.search(text):
        msg = f"{file} asks for something outside itself ({strange[0]}…): embed it"
        raise DataError(msg)
    sheets = " ".join(_SHEET.findall(text))
    if _PLAIN.sub("", sheets).strip():
        msg = (
            f"{file} holds a style sheet, which would be that of the whole page: "
            "export it with attributes (plain SVG), or as a PNG"
        )
        raise DataError(msg)
    return float(found[1]), float(found[2])


def _rendered(
    file: Path, data: bytes, form: str, size_mm: tuple[float, float]
) -> bytes:
    """Return a picture as SVG or as PNG, whatever it was."""
    kind = _RASTERS.get(file.suffix.lower(), "svg")
    if form == kind:
        return data
    if form == "svg":
        width, height = size_mm
        link = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        sides = f'width="{width}" height="{height}"'
        return f'{head}><image {sides} href="{link}"/></svg>'.encode()
    if kind == "svg":
        return rasterised(data, size_mm)
    from PIL import Image  # noqa: PLC0415 - for pixels alone

    out = io.BytesIO()
    with Image.open(io.BytesIO(data)) as image:
        image.convert("RGB").save(out, "PNG")
    return out.getvalue()
