"""A document as plain data: what the templates of paper and of the web read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import cos, pi, sin
from typing import Any, Final

from basinmap.export.document_themes import DocumentTheme
from basinmap.export.parts import (
    SLOTS,
    WORDS,
    Cell,
    Contents,
    Data,
    Document,
    Figure,
    Heading,
    Inline,
    KeyFigures,
    LegendEntry,
    Note,
    Page,
    Paragraph,
    Part,
    Table,
    notes_of,
    runs,
    worded,
)
from basinmap.typography import stopped, typeset, unbroken

__all__ = ["flat_document", "headings_of"]

# Each stroke of a tile of 1 by 1, from its left end to its right one, y downward.
_STROKES: Final[Mapping[str, list[list[float]]]] = {
    "/": [[0.0, 1.0, 1.0, 0.0]],
    "\\": [[0.0, 0.0, 1.0, 1.0]],
    "|": [[0.5, 0.0, 0.5, 1.0]],
    "-": [[0.0, 0.5, 1.0, 0.5]],
    "x": [[0.0, 1.0, 1.0, 0.0], [0.0, 0.0, 1.0, 1.0]],
    "+": [[0.5, 0.0, 0.5, 1.0], [0.0, 0.5, 1.0, 0.5]],
    ".": [[0.4, 0.5, 0.6, 0.5]],
}
# Corners of the mark of a point, in a square of 1 by 1, y downward.
_CORNERS: Final[Mapping[str, list[list[float]]]] = {
    "star": [
        [round(0.5 + r * sin(pi * n / 5), 3), round(0.53 - r * cos(pi * n / 5), 3)]
        for n, r in enumerate((0.53, 0.2) * 5)
    ],
    "triangle": [[0.5, 0.05], [1.0, 0.95], [0.0, 0.95]],
    "diamond": [[0.5, 0.0], [1.0, 0.5], [0.5, 1.0], [0.0, 0.5]],
    "tile": [[0.06, 0.06], [0.94, 0.06], [0.94, 0.94], [0.06, 0.94]],
}
_WIDEST: Final = 3
"""Pieces of text measured in a column: the longest may be of thin letters."""
_NOT_SLUG: Final = re.compile(r"[^a-z0-9]+")


def flat_document(document: Document, theme: DocumentTheme) -> dict[str, Any]:
    """
    Return a document as numbers, texts and lists.

    Parameters
    ----------
    document
        A document that `check_document` lets pass.
    theme
        Its look.
    """
    depth = _Depth()
    numbered = {"figure": 0, "table": 0}
    pages = [_flat_page(page, depth, numbered) for page in document.pages]
    return {
        "title": document.title,
        "subtitle": document.subtitle,
        "subtitle_runs": _flat(document.subtitle),
        "author": document.author,
        "subject": document.subject or document.subtitle or document.title,
        "day": [document.date.year, document.date.month, document.date.day],
        "lang": document.lang,
        "made": _flat(document.made),
        "foot": _flat(theme.foot or document.foot),
        "words": {key: typeset(word) for key, word in WORDS.items()},
        "pages": pages,
        "theme": {
            ink: getattr(theme, ink)
            for ink in ("main", "accent", "pale", "ink", "soft")
        },
    }


class _Depth:
    """The level of the last heading, and the ids given."""

    def __init__(self) -> None:
        self.level = 0
        self.count = 0

    def next_id(self, part: Heading) -> str:
        self.level = part.level
        self.count += 1
        return part.id or f"titre-{self.count}"


def headings_of(document: Document) -> Iterator[tuple[Heading, str]]:
    """
    Return each heading with the id that links lead to.

    Parameters
    ----------
    document
        The document.
    """
    depth = _Depth()
    for part in document.parts:
        if isinstance(part, Heading):
            yield part, depth.next_id(part)


def _flat_page(page: Page, depth: _Depth, numbered: dict[str, int]) -> dict[str, Any]:
    slots = page.slots or ("",) * len(page.parts)
    framed = page.template in {"fiche", "bulletin"}
    return {
        "template": page.template,
        "running": _flat(page.running),
        "landscape": page.landscape,
        "slug": page.slug,
        "rows": [list(map(list, row)) for row in SLOTS[page.template]],
        "parts": [
            {"slot": slot, **_flat_part(part, depth, None if framed else numbered)}
            for part, slot in zip(page.parts, slots, strict=True)
        ],
    }


def _flat(text: str | Inline) -> list[dict[str, str]]:
    return [
        {"text": unbroken(run.text), "style": run.style, "target": run.target}
        for run in runs(text)
    ]


def _number(numbered: dict[str, int] | None, what: str) -> dict[str, Any]:
    """Return the number of a figure or of a table; in a fiche they have none."""
    if numbered is None:
        return {"numbered": False, "number": 0}
    numbered[what] += 1
    return {"numbered": True, "number": numbered[what]}


def _flat_part(
    part: Part, depth: _Depth, numbered: dict[str, int] | None
) -> dict[str, Any]:
    match part:
        case Heading():
            return _flat_heading(part, depth)
        case Paragraph():
            told = {"text": _flat(part.text), "role": part.role, "bullet": part.bullet}
            return {"kind": "paragraph", **told}
        case Figure():
            return _flat_figure(part, numbered)
        case Table():
            return {"kind": "table", **_flat_table(part), **_number(numbered, "table")}
        case _:
            return {**_flat_box(part), "level": min(depth.level + 1, 4)}


def _flat_heading(part: Heading, depth: _Depth) -> dict[str, Any]:
    return {
        "kind": "heading",
        "id": depth.next_id(part),
        "level": part.level,
        "listed": part.listed,
        "text": _flat(part.text),
    }


def _flat_box(part: KeyFigures | Note | Data | Contents) -> dict[str, Any]:
    match part:
        case KeyFigures(items=items):
            tiles = [
                {
                    "label": _flat(item.label),
                    "cell": _flat_cell(item.cell),
                    "detail": _flat(item.detail),
                }
                for item in items
            ]
            return {"kind": "key-figures", "items": tiles}
        case Note():
            told = [_flat(text) for text in part.paragraphs]
            title = _flat(part.title)
            return {
                "kind": "note",
                "note": part.kind,
                "title": title,
                "paragraphs": told,
            }
        case Data(files=files):
            return {"kind": "data", "files": [[_flat(n), _flat(t)] for n, t in files]}
        case Contents(depth=deep):
            return {"kind": "contents", "depth": deep}


def _flat_figure(part: Figure, numbered: dict[str, int] | None) -> dict[str, Any]:
    source = (
        typeset(stopped(f"{WORDS['source']} : {part.source}")) if part.source else ""
    )
    return {
        "kind": "figure",
        "slug": part.slug,
        "file": f"{part.slug}.svg",
        "size": list(part.size_mm),
        "alt": part.alt,
        "caption": _flat(part.caption),
        "source": _flat(source),
        "legends": [
            {
                "title": _flat(legend.title),
                "entries": [_flat_entry(entry) for entry in legend.entries],
            }
            for legend in part.legends
        ],
        "table": part.table and {**_flat_table(part.table), **_number(None, "table")},
        **_number(numbered, "figure"),
    }


def _flat_entry(entry: LegendEntry) -> dict[str, Any]:
    return {
        "color": entry.color,
        "label": _flat(entry.label),
        "count": _flat(entry.count),
        "hatched": entry.hatched,
        "shape": entry.shape,
        "size": entry.size_mm,
        "corners": _CORNERS.get(entry.shape, []),
        "strokes": _STROKES[entry.slant] if entry.hatched else [],
        "fill": entry.color if entry.stroke or not entry.hatched else "",
        "stroke": entry.stroke or entry.color,
    }


def _flat_table(part: Table) -> dict[str, Any]:
    return {
        "caption": _flat(part.caption),
        "caption_text": worded(part.caption),
        "columns": [
            {
                "label": _flat(column.label),
                "align": column.align,
                "width": column.width,
                "mine": column.mine,
                "widest": _widest(column.label, *(row[n].text for row in part.rows)),
            }
            for n, column in enumerate(part.columns)
        ],
        "rows": [[_flat_cell(cell) for cell in row] for row in part.rows],
        "groups": {str(row): _flat(title) for row, title in part.groups.items()},
        "notes": [_flat(note) for note in notes_of(part)],
        "total": part.total,
    }


def _widest(*texts: str | Inline) -> list[str]:
    """Return the longest pieces of text that no line parts: a column holds them."""
    pieces = {
        piece for text in texts for piece in re.split(r"[ \u200b-]", worded(text))
    }
    return sorted(pieces, key=lambda piece: (-len(piece), piece))[:_WIDEST]


def _flat_cell(cell: Cell) -> dict[str, Any]:
    return {"text": _flat(cell.text), "state": cell.state}
