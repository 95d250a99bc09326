"""Documents as PDF for all: PDF/UA-1 and PDF/A-2a, set by typst in this process."""

from __future__ import annotations

import io
import json
import re
import tempfile
from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from basinmap.arguments import check_given
from basinmap.errors import DataError, LibraryError, culprits
from basinmap.export.document_themes import DocumentTheme
from basinmap.export.flat import flat_document
from basinmap.export.parts import Document, Figure, check_document
from basinmap.staging import check_file, write_whole

__all__ = ["figures_of", "pdf_bytes", "picture", "rasterised", "write_pdf"]

STANDARDS: Final = ("ua-1", "a-2a")
_TEMPLATE: Final = files("basinmap.export") / "templates" / "document.typ"
_FONTS: Final = files("basinmap.maps") / "fonts"
_FAMILIES: Final = frozenset({"Fira Sans", "Fira Sans Condensed"})
_NARROW: Final = re.compile(
    rb"(font(?:-family)?:[^;\"}]*?)('|&quot;|)Fira Sans Condensed\2([^;\"}]*)"
)
_FAMILY: Final = re.compile(r"font(?:-family)?:[^;\"}]*")


def write_pdf(
    path: str | Path, document: Document, *, theme: DocumentTheme | None = None
) -> None:
    """
    Write a document as a PDF that everyone can read, to be kept.

    PDF/UA-1 and PDF/A-2a: tags in reading order, alternatives, headers of columns and
    of rows, bookmarks, language, embedded fonts. The same document gives the same
    bytes.

    Parameters
    ----------
    path
        Where the file will be.
    document
        The document.
    theme
        Its look.

    Raises
    ------
    DataError
        If the document could not be followed by a reader (`check_document`), a
        picture is none, or a text has a letter that the fonts lack.
    LibraryError
        If typst or pikepdf is not installed.
    OutputError
        If the file cannot be written.

    Examples
    --------
    >>> import basinmap as bm
    >>> import datetime as dt, tempfile
    >>> from pathlib import Path
    >>> from basinmap.export.parts import Heading, Page, Paragraph
    >>> page = Page((Heading("Vacance"), Paragraph("Le 3e taux.")))
    >>> day = dt.date(2026, 1, 1)
    >>> about = bm.Document("note", "Note", "Observatoire", day, (page,))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     bm.write_pdf(Path(folder) / "note.pdf", about)
    ...     (Path(folder) / "note.pdf").read_bytes()[:5]
    b'%PDF-'
    """
    check_given(write_pdf, locals())
    check_file(path)
    write_whole(path, pdf_bytes(document, theme=theme))


def pdf_bytes(document: Document, *, theme: DocumentTheme | None = None) -> bytes:
    """
    Return a document as the bytes of a PDF; see `write_pdf`.

    Parameters
    ----------
    document
        The document.
    theme
        Its look.

    Raises
    ------
    DataError
        As `write_pdf`.
    LibraryError
        If typst or pikepdf is not installed.
    """
    check_document(document)
    look = theme or DocumentTheme()
    with tempfile.TemporaryDirectory(prefix="basinmap-") as folder:
        root = Path(folder)
        _lay_out(root, document, look)
        made = _compiled(root, document)
    return _with_row_headers(made)


def _lay_out(root: Path, document: Document, theme: DocumentTheme) -> None:
    """Write what typst reads: the template, the data, the pictures."""
    (root / "document.typ").write_text(_TEMPLATE.read_text("utf-8"), encoding="utf-8")
    flat = flat_document(document, theme)
    flat["theme"]["logos"] = [
        [f"logo-{n}{logo.suffix.lower()}", text]
        for n, (logo, text) in enumerate(
            zip(theme.logos, theme.logo_texts, strict=True)
        )
    ]
    for (name, _), logo in zip(flat["theme"]["logos"], theme.logos, strict=True):
        (root / name).write_bytes(logo.read_bytes())
    for figure in figures_of(document):
        data = _for_typst(picture(figure, "svg"))
        (root / f"{figure.slug}.svg").write_bytes(data)
    text = json.dumps(flat, ensure_ascii=False)
    (root / "data.json").write_text(text, encoding="utf-8")


def figures_of(document: Document) -> Iterator[Figure]:
    """
    Return the figures of a document.

    Parameters
    ----------
    document
        The document.
    """
    return (part for part in document.parts if isinstance(part, Figure))


def picture(figure: Figure, form: str) -> bytes:
    """
    Return the picture of a figure, once it is one, in fonts that go with it.

    Parameters
    ----------
    figure
        The figure.
    form
        `"svg"` or `"png"`.

    Raises
    ------
    DataError
        If `render` returns something else, or a font is not one of the package.
    """
    data = figure.render(form, figure.size_mm)
    head = {"svg": b"<svg", "png": b"\x89PNG"}[form]
    if not isinstance(data, bytes) or head not in data[:2000]:
        msg = f"figure {figure.slug!r}: render({form!r}, …) returned no {form}"
        raise DataError(msg)
    if form == "svg":
        _check_fonts(figure.slug, data.decode("utf-8"))
    return data


def rasterised(svg: bytes, size_mm: tuple[float, float], dpi: float = 200) -> bytes:
    """
    Return an SVG as a PNG.

    Parameters
    ----------
    svg
        The picture.
    size_mm
        Width and height.
    dpi
        Pixels by inch.

    Raises
    ------
    DataError
        If typst cannot read it.
    """
    width, height = size_mm
    with tempfile.TemporaryDirectory(prefix="basinmap-") as folder:
        root = Path(folder)
        (root / "picture.svg").write_bytes(_for_typst(svg))
        told = f"#set page(width: {width}mm, height: {height}mm, margin: 0mm)\n"
        told += '#image("picture.svg", width: 100%)'
        (root / "picture.typ").write_text(told, encoding="utf-8")
        with as_file(_FONTS) as fonts:
            try:
                made = _typst().compile(
                    str(root / "picture.typ"),
                    root=str(root),
                    font_paths=[str(fonts)],
                    ignore_system_fonts=True,
                    format="png",
                    ppi=dpi,
                )
            except RuntimeError as error:  # typst has one error of its own
                msg = f"an SVG cannot be drawn as a PNG: {_told(error)}"
                raise DataError(msg) from error
    return bytes(made)


def _for_typst(svg: bytes) -> bytes:
    """
    Return a picture whose narrow letters typst finds.

    It knows them as a stretch of their family; asked for by their name, they were set
    in the letters of the page, wider than the room that they were given.
    """
    return _NARROW.sub(rb"\1'Fira Sans'\3; font-stretch: condensed", svg)


def _check_fonts(slug: str, text: str) -> None:
    """Refuse a picture whose letters would be set in another font, silently."""
    told = {found.group() for found in _FAMILY.finditer(text)}
    strange = sorted(
        style
        for style in told
        if not any(name in style for name in _FAMILIES)
        and ("family" in style or "px" in style)
    )
    if strange:
        msg = (
            f"figure {slug!r} has letters in {culprits(strange)}; draw them in "
            f"{' or '.join(sorted(_FAMILIES))}"
        )
        raise DataError(msg)


def _typst() -> ModuleType:
    try:
        import typst  # noqa: PLC0415 - asked for only when a document is set
    except ImportError as error:
        msg = "PDF documents need typst: pip install typst pikepdf"
        raise LibraryError(msg) from error
    return typst


def _compiled(root: Path, document: Document) -> bytes:
    typst = _typst()
    with as_file(_FONTS) as fonts:
        try:
            made, warned = typst.compile_with_warnings(
                str(root / "document.typ"),
                root=str(root),
                font_paths=[str(fonts)],
                ignore_system_fonts=True,
                pdf_standards=list(STANDARDS),
            )
        except RuntimeError as error:  # typst has one error of its own
            msg = f"document {document.slug!r} cannot be set: {_told(error)}"
            raise DataError(msg) from error
    if warned:
        told = culprits([str(warning.message) for warning in warned])
        msg = f"document {document.slug!r} is set with {len(warned)} fault(s): {told}"
        raise DataError(msg)
    return bytes(made)


def _told(error: RuntimeError) -> str:
    lines = [str(error), *getattr(error, "hints", [])]
    return " ; ".join(line for line in lines if line)


def _with_row_headers(data: bytes) -> bytes:
    """
    Tag the first cell of each row of each body as the header of its row.

    typst tags headers of columns only.
    """
    try:
        import pikepdf  # noqa: PLC0415 - goes with typst
    except ImportError as error:
        msg = "PDF documents need pikepdf: pip install typst pikepdf"
        raise LibraryError(msg) from error
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for row in _rows(pdf.Root.get("/StructTreeRoot"), in_body=False):
            first = next(iter(_kids(row)), None)
            if first is not None and first.get("/S") == "/TD":
                first.S = pikepdf.Name("/TH")
                first.A = pikepdf.Dictionary(
                    O=pikepdf.Name("/Table"), Scope=pikepdf.Name("/Row")
                )
        pdf.save(out, deterministic_id=True)
    return out.getvalue()


def _rows(element: Any, *, in_body: bool) -> Iterator[Any]:  # noqa: ANN401 - pikepdf
    for kid in _kids(element):
        kind = kid.get("/S")
        if in_body and kind == "/TR":
            yield kid
        else:
            yield from _rows(kid, in_body=in_body or kind == "/TBody")


def _kids(element: Any) -> list[Any]:  # noqa: ANN401 - pikepdf
    import pikepdf  # noqa: PLC0415 - goes with typst

    kids = element.get("/K") if isinstance(element, pikepdf.Dictionary) else None
    listed = [kids] if isinstance(kids, pikepdf.Dictionary) else list(kids or [])
    return [kid for kid in listed if isinstance(kid, pikepdf.Dictionary)]
