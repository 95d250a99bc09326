"""
The one model of a document: typed parts in reading order.

A part says what it is, never where it stands: a writer of pages on paper places parts
in the slots of a template, those of Word and of the web follow the order. Titles,
legends, captions and sources are data of a figure, not ink in its picture, so that
each writer sets them as its readers expect, and no string is lost between formats
(`strings` lists them all; the tests look for each in each output).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from basinmap.arguments import check_fields, number_of
from basinmap.errors import DataError, culprits
from basinmap.typography import capital, glued, long_date, printable, stopped, typeset
from basinmap.windows import is_device

__all__ = [
    "FEW",
    "KINDS_OF_NOTE",
    "SLOTS",
    "STATES_OF_CELL",
    "WORDS",
    "Cell",
    "Column",
    "Contents",
    "Data",
    "Document",
    "Figure",
    "Heading",
    "KeyFigure",
    "KeyFigures",
    "Legend",
    "LegendEntry",
    "Note",
    "Page",
    "Paragraph",
    "Part",
    "Run",
    "Table",
    "check_document",
    "notes_of",
    "runs",
    "strings",
    "worded",
]

Style = Literal["", "sup", "strong", "link"]
Role = Literal["body", "lead", "headline", "small"]
StateOfCell = Literal[
    "value",
    "zero",
    "secret",
    "not-applicable",
    "not-available",
    "bound",
    "fragile",
    "estimated",
]
KindOfNote = Literal["reading", "method", "missing", "place", "warning"]
Template = Literal[
    "cover", "text", "fiche", "bulletin", "chapter", "multiples", "table"
]
Render = Callable[[str, tuple[float, float]], bytes]

STATES_OF_CELL: Final = (
    *("value", "zero", "secret", "not-applicable", "not-available"),
    *("bound", "fragile", "estimated"),
)
KINDS_OF_NOTE: Final = ("reading", "method", "missing", "place", "warning")
SLOTS: Final[Mapping[str, tuple[tuple[tuple[str, float], ...], ...]]] = {
    "cover": (),
    "text": (),
    "table": (),
    "fiche": (
        (("band", 1),),
        (("headline", 1),),
        (("tiles", 1),),
        (("map", 102), ("side", 75)),
        (("left", 1), ("right", 1)),
        (("table", 1),),
        (("reading", 115), ("missing", 62)),
        (("foot", 1),),
    ),
    "bulletin": (
        (("title", 1),),
        (("lead", 1),),
        (("left", 88), ("right", 89)),
        (("table", 1),),
        (("box", 1),),
        (("foot", 1),),
    ),
    # A chapter fills its page: what is left of it is shared out between the rows.
    "chapter": (
        (("title", 1),),
        (("lead", 1),),
        (("tiles", 1),),
        (("words", 1),),
        (("map", 110), ("side", 67)),
        (("wide", 1),),
        # A second map: its legend heads the column beside it.
        (("plan", 88), ("aside", 89)),
        (("left", 88), ("right", 89)),
        (("table", 1),),
        (("below", 88), ("beside", 89)),
        (("box", 1),),
        (("reading", 106), ("note", 71)),
        (("foot", 1),),
    ),
    "multiples": (
        (("title", 1),),
        (("lead", 1),),
        (("one", 1), ("two", 1), ("three", 1)),
        (("four", 1), ("five", 1), ("key", 1)),
        (("left", 88), ("right", 89)),
        (("table", 1),),
        (("box", 1),),
        (("reading", 1),),
        (("foot", 1),),
    ),
}
"""Rows of slots of each template on paper, each with its share of the width."""

_FOOT: Final = 75
WORDS: Final = {
    "legend": "Légende",
    "figure": "Figure",
    "table": "Tableau",
    "source": "Source",
    "contents": "Sommaire",
    "data": "Données jointes",
    "made": "Réalisation",
    "values": "Valeurs de la figure",
    "page": "page",
}
"""What every writer adds of its own; one table, so that all say the same."""

# « 1er », « 2e », « 3es »: letters raised by a run, not by signs of Unicode.
_ORDINAL: Final = re.compile(r"(?<![\w])(\d+)(ers?|res?|es?)(?![\w])")
_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Run:
    """
    A stretch of text in one style.

    Attributes
    ----------
    text
        What is written.
    style
        `""`, `"sup"`, `"strong"` or `"link"`.
    target
        Address of a link.
    """

    text: str
    style: Style = ""
    target: str = ""


Inline = tuple[Run, ...]


def runs(text: str | Inline) -> Inline:
    r"""
    Cut a text into runs, ordinals raised, numbers and units kept on one line.

    Parameters
    ----------
    text
        A printed text, or runs already cut, whose ordinals are raised too.

    Examples
    --------
    >>> [(run.text, run.style) for run in runs("le 3e taux au 1er janvier")]
    [('le 3', ''), ('e', 'sup'), (' taux au 1', ''), ('er', 'sup'), ('\xa0janvier', '')]
    """
    given = (Run(text),) if isinstance(text, str) else text
    return tuple(piece for run in given for piece in _raised(run))


def _raised(run: Run) -> Iterator[Run]:
    text = glued(printable(run.text))
    if run.style in {"sup", "link"}:
        yield Run(text, run.style, run.target)
        return
    at = 0
    for found in _ORDINAL.finditer(text):
        yield Run(text[at : found.end(1)], run.style)
        yield Run(found.group(2), "sup")
        at = found.end()
    if at < len(text):
        yield Run(text[at:], run.style)


def worded(text: str | Inline) -> str:
    """
    Return the plain text of runs.

    Parameters
    ----------
    text
        A text or its runs.

    Examples
    --------
    >>> worded(runs("le 3e"))
    'le 3e'
    """
    return "".join(run.text for run in runs(text))


@dataclass(frozen=True, slots=True)
class Heading:
    """
    A title of the text.

    Attributes
    ----------
    text
        The title.
    level
        1 to 4; a level is never skipped.
    id
        What a link leads to; made from the place of the title if none is given.
    listed
        Whether the contents list it.
    """

    text: str
    level: int = 1
    id: str = ""
    listed: bool = True

    def __post_init__(self) -> None:
        """Refuse what is of another type."""
        check_fields(self)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """
    A paragraph.

    Attributes
    ----------
    text
        Its text, or runs.
    role
        `"body"`, `"lead"`, `"headline"` or `"small"`.
    bullet
        Whether it is an item of a list.
    key
        By which a user replaces it.
    """

    text: str | Inline
    role: Role = "body"
    bullet: bool = False
    key: str = ""

    def __post_init__(self) -> None:
        """Refuse what is of another type."""
        check_fields(self)


@dataclass(frozen=True, slots=True)
class Cell:
    """
    A printed value and what it is.

    Attributes
    ----------
    text
        As printed.
    state
        One of `STATES_OF_CELL`.
    value
        The number behind the text, if one may be known.
    """

    text: str
    state: StateOfCell = "value"
    value: float | None = None

    def __post_init__(self) -> None:
        """Refuse what is of another type."""
        check_fields(self)
        if self.value is not None:
            number_of(self.value, "value")


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """
    One figure in a tile.

    Attributes
    ----------
    label
        What it is, with its year.
    cell
        The figure.
    detail
        A line under it.
    indicator
        Id of the indicator, if it is one.
    """

    label: str
    cell: Cell
    detail: str = ""
    indicator: str = ""

    def __post_init__(self) -> None:
        """Refuse what is of another type."""
        check_fields(self)


@dataclass(frozen=True, slots=True)
class KeyFigures:
    """
    Tiles side by side.

    Attributes
    ----------
    items
        The figures, six at most in a row.
    """

    items: tuple[KeyFigure, ...]

    def __post_init__(self) -> None:
        """Refuse what is of another type."""
        check_fields(self)


@dataclass(frozen=True, slots=True)
class Column:
    """
    A column of a table.

    Attributes
    ----------
    label
        Its heading, unit included.
    align
        `"left"` or `"right"`.
    width
        Share of the width that it takes; a column of numbers has 1.
    mine
        Whether it is that of the territory of the page, set off in the table.
    """

    label: str
    align: Literal["left", "right"] = "right"
    width: float = 1.0
    mine: bool = False

    def __post_init__(self) -> None:
        """Refuse what is of another type."""
        check_fields(self)
        number_of(self.width, "width", above=0, such_as=1)


FEW: Final = "petit effectif"
"""What fragile cells are made from, where nothing says it."""


@dataclass(frozen=True, slots=True)
class Table:
    """
    A table with a heading for each column and each row.

    Attributes
    ----------
    columns
        Its columns; the first heads the rows.
    rows
        Cells, one a column.
    caption
        What it shows, of when.
    notes
        Lines under it.
    source
        Whence.
    groups
        Title before the row of this number.
    total
        Row of the whole, set off, if there is one.
    few
        What its fragile cells are made from: « moins de 200 logements ».
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str
    notes: tuple[str, ...] = ()
    source: str = ""
    groups: Mapping[int, str] = field(default_factory=dict)
    total: int | None = None
    few: str = FEW

    def __post_init__(self) -> None:
        """Refuse what is of another type."""
        check_fields(self)


@dataclass(frozen=True, slots=True)
class LegendEntry:
    r"""
    A line of the legend of a figure.

    Attributes
    ----------
    color
        `#rrggbb`, or nothing for a line without sample.
    label
        What it stands for.
    count
        How many units, as printed.
    hatched
        Whether the sample is hatched.
    shape
        `"box"`, `"disc"`, `"square"`, `"line"`, `"dashes"`, or the filled mark of a
        point: `"star"`, `"triangle"`, `"diamond"`, `"tile"`.
    size_mm
        Width of a disc, of a square or of a line, as on the map; 0 for a sample.
    slant
        Direction of the strokes of a hatched sample: `"/"`, `"\"`, `"|"`, `"-"`,
        `"x"`, `"+"`, or `"."` for dots.
    stroke
        Colour of the strokes over `color`; where it is empty the strokes are of
        `color`, over nothing.
    """

    color: str
    label: str
    count: str = ""
    hatched: bool = False
    shape: Literal[
        "box",
        "disc",
        "square",
        "line",
        "dashes",
        "star",
        "triangle",
        "diamond",
        "tile",
    ] = "box"
    size_mm: float = 0.0
    slant: Literal["/", "\\", "|", "-", "x", "+", "."] = "/"
    stroke: str = ""

    def __post_init__(self) -> None:
        """Refuse what is of another type."""
        check_fields(self)
        number_of(self.size_mm, "size_mm", least=0)


@dataclass(frozen=True, slots=True)
class Legend:
    """
    Entries of a legend under one heading.

    Attributes
    ----------
    title
        What the entries are, with the unit; nothing for landmarks.
    entries
        In reading order.
    """

    title: str
    entries: tuple[LegendEntry, ...]

    def __post_init__(self) -> None:
        """Refuse what is of another type."""
        check_fields(self)


@dataclass(frozen=True, slots=True)
class Figure:
    """
    A map or a chart: the picture is its bare frame, the rest is data.

    Attributes
    ----------
    slug
        Unique in the document; a name of file.
    kind
        `"plate"` or `"chart"`.
    render
        Called with `"svg"` or `"png"` and a size in millimetres; returns the bytes.
    size_mm
        Width and height it is made for.
    alt
        What a reader who does not see it is told.
    caption
        What it shows, of when, at what scale.
    source
        Whence.
    legends
        Its legend, under as many headings as it has layers.
    table
        The values of a chart, where there is room to give them.
    """

    slug: str
    kind: Literal["plate", "chart"]
    render: Render
    size_mm: tuple[float, float]
    alt: str
    caption: str
    source: str = ""
    legends: tuple[Legend, ...] = ()
    table: Table | None = None

    def __post_init__(self) -> None:
        """Refuse what is of another type."""
        check_fields(self)
        for length in self.size_mm:
            number_of(length, "size_mm", such_as="(182, 80)")


@dataclass(frozen=True, slots=True)
class Note:
    """
    A box beside the text.

    Attributes
    ----------
    kind
        One of `KINDS_OF_NOTE`.
    title
        Its title.
    paragraphs
        Its text.
    key
        By which a user replaces it.
    """

    kind: KindOfNote
    title: str
    paragraphs: tuple[str | Inline, ...]
    key: str = ""

    def __post_init__(self) -> None:
        """Refuse what is of another type."""
        check_fields(self)


@dataclass(frozen=True, slots=True)
class Data:
    """
    Files handed over with the document.

    Attributes
    ----------
    files
        Name of each and what it holds.
    """

    files: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        """Refuse what is of another type."""
        check_fields(self)


@dataclass(frozen=True, slots=True)
class Contents:
    """
    The list of the headings.

    Attributes
    ----------
    depth
        Deepest level listed.
    """

    depth: int = 2

    def __post_init__(self) -> None:
        """Refuse what is of another type."""
        check_fields(self)


Part = Heading | Paragraph | KeyFigures | Figure | Table | Note | Data | Contents


@dataclass(frozen=True, slots=True)
class Page:
    """
    Parts in reading order, and the template that places them on paper.

    Attributes
    ----------
    parts
        The parts.
    template
        `"cover"`, `"text"`, `"fiche"`, `"bulletin"`, `"chapter"`, `"multiples"` or
        `"table"`.
    slots
        Slot of each part on paper, for a template that has some; as long as `parts`.
    running
        What the head of the page says.
    slug
        Name of the page.
    landscape
        Whether the paper lies on its side.
    """

    parts: tuple[Part, ...]
    template: Template = "text"
    slots: tuple[str, ...] = ()
    running: str = ""
    slug: str = ""
    landscape: bool = False

    def __post_init__(self) -> None:
        """Refuse what is of another type."""
        check_fields(self)


@dataclass(frozen=True, slots=True, repr=False)
class Document:
    """
    A document: pages, and who signs them when.

    Attributes
    ----------
    slug
        Name of its files.
    title, subtitle
        Its title.
    author
        Who makes it.
    date
        Day of making.
    pages
        Its pages, in order.
    lang
        Language of its texts.
    subject
        What it is about, for the properties of the file.
    """

    slug: str
    title: str
    author: str
    date: dt.date
    pages: tuple[Page, ...]
    subtitle: str = ""
    lang: str = "fr"
    subject: str = ""

    def __post_init__(self) -> None:
        """Refuse what is of another type."""
        check_fields(self)

    def __repr__(self) -> str:
        """Say in one line what it is: its pages are in `pages`."""
        return f"<Document {self.slug!r}, {self.title} : {len(self.pages)} page(s)>"

    @property
    def parts(self) -> Iterator[Part]:
        """Every part, in reading order."""
        return (part for page in self.pages for part in page.parts)

    @property
    def made(self) -> str:
        """Who made it and when, as printed."""
        return typeset(f"{WORDS['made']} : {self.author}, {long_date(self.date)}")

    @property
    def foot(self) -> str:
        """What stands at the foot of each page: a title that is a sentence is long."""
        long = len(self.title) > _FOOT and 0 < len(self.subtitle) <= _FOOT
        name = self.subtitle if long else self.title
        return f"{name.rstrip('.')}. {self.made}"


def strings(document: Document) -> list[str]:
    """
    Return every string that a reader must find in each output.

    Parameters
    ----------
    document
        The document.

    Examples
    --------
    >>> page = Page((Heading("Vacance"), Paragraph("Le 3e taux.")))
    >>> strings(Document("d", "PLH", "A", dt.date(2026, 1, 1), (page,)))
    ['PLH', 'Vacance', 'Le 3e taux.']
    """
    told = [document.title, document.subtitle]
    told += [text for page in document.pages for text in _of_page(page)]
    return [glued(printable(text)) for text in told if text]


def _of_page(page: Page) -> Iterator[str]:
    for part in page.parts:
        yield from _of_part(part)


def _of_part(part: Part) -> Iterator[str]:
    match part:
        case Heading(text=text) | Paragraph(text=text):
            yield worded(text)
        case KeyFigures(items=items):
            yield from (t for i in items for t in (i.label, i.cell.text, i.detail))
        case Table():
            yield from _of_table(part)
        case Figure():
            yield from _of_figure(part)
        case Note(title=title, paragraphs=paragraphs):
            yield from (title, *map(worded, paragraphs))
        case Data(files=files):
            yield from (text for file in files for text in file)


def _of_figure(figure: Figure) -> Iterator[str]:
    yield from (figure.alt, figure.caption, figure.source)
    for legend in figure.legends:
        yield legend.title
        yield from (text for e in legend.entries for text in (e.label, e.count))


def _of_table(table: Table) -> Iterator[str]:
    yield table.caption
    yield from (column.label for column in table.columns)
    yield from table.groups.values()
    yield from (cell.text for row in table.rows for cell in row)
    yield from notes_of(table)


_EXPLAINED: Final = {
    "secret": "s : secret statistique",
    "not-applicable": "s.o. : sans objet",
    "not-available": "n.d. : donnée non disponible",
    "bound": "≥ : au moins, une partie des données étant masquée ou absente",
    "estimated": "≈ : estimation",
    "fragile": "en gris et en italique : {few}, à lire avec prudence",
}


def notes_of(table: Table) -> tuple[str, ...]:
    r"""
    Return the lines under a table: its notes, its signs, its source.

    Parameters
    ----------
    table
        The table.

    Examples
    --------
    >>> columns = (Column("Commune", "left"), Column("Vacants"))
    >>> rows = ((Cell("Lens"), Cell("s", "secret")),)
    >>> notes_of(Table(columns, rows, "Vacance", source="Lovac 2024"))
    ('s\xa0: secret statistique.', 'Source\xa0: Lovac 2024.')
    """
    states = {cell.state for row in table.rows for cell in row}
    signs = [
        told.format(few=table.few)
        for state, told in _EXPLAINED.items()
        if state in states
    ]
    lines = [*table.notes]
    if signs:
        told = stopped(" ; ".join(signs))
        # « n.d. » keeps its small letters, a word takes its capital.
        lines.append(capital(told) if told.startswith("en ") else told)
    if table.source:
        lines.append(stopped(f"{WORDS['source']} : {table.source}"))
    return tuple(typeset(line) for line in lines)


def check_document(document: Document) -> None:
    """
    Refuse a document that a reader, or a reader of its tags, could not follow.

    Parameters
    ----------
    document
        The document.

    Raises
    ------
    DataError
        With every fault: no title or author, no page, a level of heading that is
        skipped, a figure without alternative or caption, a slug used twice, a row that
        has not one cell a column, an unknown state.

    Examples
    --------
    >>> page = Page((Heading("Vacance", level=2),))
    >>> check_document(Document("d", "PLH", "A", dt.date(2026, 1, 1), (page,)))
    Traceback (most recent call last):
    ...
    basinmap.errors.DataError: document 'd': heading 'Vacance' is of level 2 after 0
    """
    faults = [
        *_faults_of_cover(document),
        *_faults_of_order(document),
        *_faults_of_slugs(document),
        *(fault for page in document.pages for fault in _faults_of_slots(page)),
        *(fault for part in document.parts for fault in _faults_of_part(part)),
    ]
    if faults:
        more = f" (and {len(faults) - 5} more)" if len(faults) > 5 else ""
        msg = f"document {document.slug!r}: {' ; '.join(faults[:5])}{more}"
        raise DataError(msg)


def _faults_of_cover(document: Document) -> Iterator[str]:
    for what in ("title", "author"):
        if not getattr(document, what).strip():
            yield f"no {what}; give one"
    if not _SLUG.fullmatch(document.slug):
        yield f"slug {document.slug!r} is no name of file such as 'plh-2026'"
    if not document.pages:
        yield "no page"


def _faults_of_order(document: Document) -> Iterator[str]:
    level = 0
    for part in document.parts:
        if isinstance(part, Heading):
            if not 1 <= part.level <= level + 1:
                yield f"heading {part.text!r} is of level {part.level} after {level}"
            level = part.level


def _faults_of_slugs(document: Document) -> Iterator[str]:
    slugs = [part.slug for part in document.parts if isinstance(part, Figure)]
    heads = [part for part in document.parts if isinstance(part, Heading)]
    slugs += [part.id for part in heads if part.id]
    bad = [slug for slug in slugs if not _SLUG.fullmatch(slug) or is_device(slug)]
    if bad:
        yield f"slug(s) {culprits(bad)} are no names such as 'vacance-2021'"
    if twice := sorted({slug for slug in slugs if slugs.count(slug) > 1}):
        yield f"slug(s) {culprits(twice)} stand twice"


def _faults_of_slots(page: Page) -> Iterator[str]:
    if page.template not in SLOTS:
        yield f"template {page.template!r} is none of {', '.join(SLOTS)}"
        return
    rows = [[slot for slot, _ in row] for row in SLOTS[page.template]]
    place = {slot: n for n, slot in enumerate(slot for row in rows for slot in row)}
    if len(page.slots) != (len(page.parts) if place else 0):
        yield (
            f"page {page.slug!r} has {len(page.slots)} slot(s) for "
            f"{len(page.parts)} part(s) of template {page.template!r}"
        )
    if strange := [slot for slot in page.slots if slot not in place]:
        yield f"slot(s) {culprits(strange)} are not in template {page.template!r}"
    elif list(page.slots) != sorted(page.slots, key=place.__getitem__):
        yield f"slots of page {page.slug!r} are not in reading order: {list(place)}"


def _faults_of_part(part: Part) -> Iterator[str]:
    match part:
        case Figure():
            yield from _faults_of_figure(part)
        case Table():
            yield from _faults_of_table(part)
        case Note() if part.kind not in KINDS_OF_NOTE:
            yield f"note {part.title!r} is of unknown kind {part.kind!r}"
        case Heading() if not part.text.strip():
            yield "a heading is blank"
        case KeyFigures(items=items):
            if not items:
                yield "key figures hold no figure; leave them out"
            yield from _faults_of_cells(item.cell for item in items)


def _faults_of_figure(part: Figure) -> Iterator[str]:
    for what in ("alt", "caption"):
        if not getattr(part, what).strip():
            yield f"figure {part.slug!r} has no {what}"
    if min(part.size_mm) <= 0:
        yield f"figure {part.slug!r} is {part.size_mm} mm"
    if part.table is not None:
        yield from _faults_of_table(part.table)


def _faults_of_table(table: Table) -> Iterator[str]:
    if not table.caption.strip():
        yield "a table has no caption"
    if not table.columns:
        yield f"table {table.caption!r} has no column"
    wide = {len(row) for row in table.rows} - {len(table.columns)}
    if wide:
        yield (
            f"table {table.caption!r} has rows of {sorted(wide)} cells for "
            f"{len(table.columns)} columns"
        )
    yield from _faults_of_cells(cell for row in table.rows for cell in row)


def _faults_of_cells(cells: Iterable[Cell]) -> Iterator[str]:
    for cell in cells:
        if cell.state not in STATES_OF_CELL:
            yield f"cell {cell.text!r} has the unknown state {cell.state!r}"
        elif cell.state == "secret" and cell.value is not None:
            yield f"cell {cell.text!r} is secret, and still holds its number"
