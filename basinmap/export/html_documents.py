"""Documents as one web page, which asks nothing of the network and prints well."""

from __future__ import annotations

import base64
import html
import re
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from basinmap.arguments import check_given
from basinmap.errors import LibraryError
from basinmap.export.document_themes import DocumentTheme
from basinmap.export.flat import flat_document
from basinmap.export.parts import Document, check_document
from basinmap.export.pdf_documents import figures_of, picture
from basinmap.maps.look.webfonts import font_rules
from basinmap.staging import check_file, write_whole

__all__ = ["html_text", "write_html"]

_TEMPLATES: Final = files("basinmap.export") / "templates"
_TYPES: Final = {".svg": "svg+xml", ".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg"}
_PROLOGUE: Final = re.compile(r"^.*?(?=<svg\b)", re.DOTALL)
_METADATA: Final = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)
_ID: Final = re.compile(r' id="([^"]*)"')
_ASKED: Final = re.compile(r"""(url\(#|href="#)([^)"]*)""")
_INDENT: Final = re.compile(r">\n\s*<")
_STYLE: Final = re.compile(r' style="([^"]*)"')
_SVG: Final = re.compile(r"<svg\b([^>]*)>")
_PATH: Final = re.compile(r'<path d="([^"]*)"([^>]*)/>')
_FONTS: Final = "/* fonts */"
_UPRIGHT: Final = "normal"
_TEXT: Final = re.compile(r'<text\b[^>]*? style="([^"]*)"[^>]*>(.*?)</text>', re.DOTALL)
_SHEETS: Final = re.compile(r"<style>.*?</style>", re.DOTALL)
_TAG: Final = re.compile(r"<[^>]*>")
_FINE: Final = re.compile(r"-?\d+\.\d+")
_ENDS: Final = {
    1: {".0": ""},
    2: {".00": "", **{f".{tenth}0": f".{tenth}" for tenth in range(1, 10)}},
}
"""What a number of one or two decimals ends with, and is written without."""
_NOUGHT: Final = re.compile(r"-0(?![\d.])")
_AROUND: Final = [
    (spaced, letter)
    for letter in "MmZzLlHhVvCcSsQqTtAa"
    for spaced in (f" {letter}", f"{letter} ")
]
_PLACE: Final = re.compile(r'( [xy]=")(-?\d+\.\d{3,})"')
# What every text of a picture says, and turns that are none.
_SAID: Final = (
    (re.compile(r"font-family:'Fira Sans'(?:, 'DejaVu Sans')?;"), ""),
    (re.compile(r"'Fira Sans Condensed'(?:, 'DejaVu Sans')?"), "var(--narrow)"),
    (re.compile(r' transform="rotate\(-?0 [-\d. ]*\)"'), ""),
)
# Of shapes that follow one another, with one clip and one style: an opacity of all
# would be another thing than that of each.
_SHAPE: Final = r'<(?:use href|path d)="[^"]*"(?: x="[^"]*" y="[^"]*")?'
_RUN: Final = re.compile(
    _SHAPE + r'((?: clip-path="[^"]*")?'
    r' style="(?:(?!(?<![-\w])opacity)[^"])*")/>'
    rf"(?:{_SHAPE}\1/>)+"
)
_LONG: Final = 40
"""Letters from which an outline that is drawn twice is worth a name."""


def write_html(
    path: str | Path, document: Document, *, theme: DocumentTheme | None = None
) -> None:
    """
    Write a document as one HTML file, self-contained.

    Headings, alternatives, headers of tables and language are those of the PDF; the
    style sheet prints on A4. No script, no request.

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
        If the document could not be followed by a reader (`check_document`).
    LibraryError
        If jinja2 is not installed.
    OutputError
        If the file cannot be written.

    Examples
    --------
    >>> import basinmap as bm
    >>> import datetime as dt, tempfile
    >>> from pathlib import Path
    >>> from basinmap.export.parts import Heading, Page
    >>> page = Page((Heading("Vacance"),))
    >>> day = dt.date(2026, 1, 1)
    >>> about = bm.Document("note", "Note", "Observatoire", day, (page,))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     bm.write_html(Path(folder) / "note.html", about)
    ...     '<h1 id="titre-1">Vacance</h1>' in (Path(folder) / "note.html").read_text()
    True
    """
    check_given(write_html, locals())
    check_file(path)
    write_whole(path, html_text(document, theme=theme).encode())


def html_text(document: Document, *, theme: DocumentTheme | None = None) -> str:
    """
    Return a document as the text of a web page; see `write_html`.

    Parameters
    ----------
    document
        The document.
    theme
        Its look.

    Raises
    ------
    DataError
        If the document could not be followed by a reader.
    LibraryError
        If jinja2 is not installed.
    """
    check_document(document)
    try:
        import jinja2  # noqa: PLC0415 - asked for only when a page is written
        import markupsafe  # noqa: PLC0415 - goes with jinja2
    except ImportError as error:
        msg = "HTML documents need jinja2: pip install jinja2"
        raise LibraryError(msg) from error
    look = theme or DocumentTheme()
    flat = flat_document(document, look)
    parts = [part for page in flat["pages"] for part in page["parts"]]
    drawn = {
        figure.slug: _inlined(picture(figure, "svg").decode(), f"f{n}", figure.alt)
        for n, figure in enumerate(figures_of(document), start=1)
    }
    outlines, drawn = _shared(drawn)
    for part in parts:
        if part["kind"] == "figure":
            told = drawn[part["slug"]]
            part["svg"] = markupsafe.Markup(told)  # noqa: S704 - drawn by this package
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
    template = environment.from_string(
        (_TEMPLATES / "document.html.j2").read_text("utf-8")
    )
    style = (_TEMPLATES / "document.css").read_text("utf-8")
    page = template.render(
        **flat,
        style=markupsafe.Markup(style),  # noqa: S704 - our own style sheet
        headings=[part for part in parts if part["kind"] == "heading"],
        logos=_logos(look),
        outlines=markupsafe.Markup(outlines),  # noqa: S704 - as above
    )
    return page.replace(_FONTS, _fonts(page), 1)


def _fonts(page: str) -> str:
    """Return the letters of a page in its own fonts: halos are of their shapes."""
    letters: dict[tuple[str, str, str], set[str]] = {}
    for style, text in _TEXT.findall(page):
        told = dict(part.split(":", 1) for part in style.split(";") if ":" in part)
        narrow = "--narrow" in told.get("font-family", "")
        family = "Fira Sans Condensed" if narrow else "Fira Sans"
        face = (
            family,
            told.get("font-weight", "400"),
            told.get("font-style", _UPRIGHT),
        )
        letters.setdefault(face, set()).update(_letters(text))
    rest = _letters(_TEXT.sub("", _SHEETS.sub("", page)))
    for weight in ("400", "700"):
        face = ("Fira Sans", weight, _UPRIGHT)
        letters.setdefault(face, set()).update(rest)
    return font_rules(letters)


def _letters(text: str) -> set[str]:
    return {s for s in html.unescape(_TAG.sub("", text)) if s.isprintable() or s == " "}


def _logos(theme: DocumentTheme) -> list[tuple[str, str]]:
    return [
        (f"data:image/{_TYPES[path.suffix.lower()]};base64,{_encoded(path)}", text)
        for path, text in zip(theme.logos, theme.logo_texts, strict=True)
    ]


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def _inlined(svg: str, name: str, alternative: str) -> str:
    """Return a picture to stand in a page: ids of its own, and its alternative."""
    body = _METADATA.sub("", _PROLOGUE.sub("", svg, count=1))
    asked = dict.fromkeys(found[2] for found in _ASKED.finditer(body))
    own = {id_: f"{name}-{n}" for n, id_ in enumerate(asked, start=1)}
    body = _ID.sub(
        lambda found: f' id="{own[found[1]]}"' if found[1] in own else "", body
    )
    body = _ASKED.sub(lambda found: f"{found[1]}{own[found[2]]}", body)
    body = body.replace("xlink:href=", "href=")
    body = _STYLE.sub(lambda found: _squeezed(found[0]), _INDENT.sub("><", body))
    attributes = {"role": "img", "aria-label": _escaped(alternative)}
    told = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return _SVG.sub(lambda head: f"<svg{told}{head.group(1)}>", body, count=1)


def _squeezed(style: str) -> str:
    return style.replace(": ", ":").replace("; ", ";")


def _shared(drawn: dict[str, str]) -> tuple[str, dict[str, str]]:
    """
    Draw once the outlines that several pictures have, and name them in these.

    The maps of the fiches are of the same communes: nine tenths of a document.
    """
    drawn = {
        slug: _PLACE.sub(
            lambda found: f'{found[1]}{_short(found[2])}"', _PATH.sub(_path, svg)
        )
        for slug, svg in drawn.items()
    }
    seen = Counter(path[1] for svg in drawn.values() for path in _PATH.finditer(svg))
    names = {
        outline: f"c{n}"
        for n, outline in enumerate(
            (o for o, count in seen.items() if count > 1 and len(o) >= _LONG), start=1
        )
    }

    def named(path: re.Match[str]) -> str:
        name, rest = names.get(path[1]), path[2]
        if name is None:
            return path[0]
        return f'<use href="#{name}"{rest}/>'

    defs = "".join(
        f'<path id="{name}" d="{outline}"/>' for outline, name in names.items()
    )
    return defs, {slug: _gathered(_PATH.sub(named, svg)) for slug, svg in drawn.items()}


def _path(found: re.Match[str]) -> str:
    """Write a shape to a hundredth of a point; the halo of letters, to a tenth."""
    halo = "fill:none" in found[2] and "Q" in found[1]
    return f'<path d="{_closer(found[1], 1 if halo else 2)}"{found[2]}/>'


def _closer(outline: str, decimals: int) -> str:
    """Write an outline no finer than an eye or a printer tells, and without spaces."""
    # All numbers at a time, then what they end with: an outline has thousands.
    form = _FINE.sub(f"%.{decimals}f", outline)
    rounded = form % tuple(map(float, _FINE.findall(outline)))
    for end, instead in _ENDS[decimals].items():
        rounded = rounded.replace(end, instead)
    rounded = _NOUGHT.sub("0", rounded)
    rounded = " ".join(rounded.split())
    for spaced, letter in _AROUND:
        rounded = rounded.replace(spaced, letter)
    return rounded


def _short(number: str) -> str:
    told = f"{float(number):.2f}".rstrip("0").rstrip(".")
    return "0" if told == "-0" else told


def _gathered(svg: str) -> str:
    """Say once of shapes that follow one another what is the same of all."""
    for pattern, instead in _SAID:
        svg = pattern.sub(instead, svg)
    return _RUN.sub(
        lambda found: f"<g{found[1]}>{found[0].replace(found[1] + '/>', '/>')}</g>", svg
    )


def _escaped(text: str) -> Any:  # noqa: ANN401 - markupsafe
    import markupsafe  # noqa: PLC0415 - goes with jinja2

    return markupsafe.escape(text)
