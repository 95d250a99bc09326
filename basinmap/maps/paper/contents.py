"""The table of contents of an atlas: names in columns, with their pages."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from basinmap.maps.look.themes import (
    MM_PER_POINT,
    Theme,
    font,
    settings,
    text_width,
    wrapped,
)
from basinmap.maps.paper.pages import bare_sheet
from basinmap.maps.paper.portable import Link
from basinmap.maps.paper.sheets import Sheet
from basinmap.typography import month, number, typeset

__all__ = ["CONTENTS", "Line", "contents_sheets"]

CONTENTS: Final = "Sommaire"
"""What the pages are called."""

_COLUMN: Final = 52.0
_GAP: Final = 8.0
_LEADING: Final = 1.45  # of the size of the type
_FEW: Final = 12
"""Lines under which another column would be three words in a corner."""
_NUMBER: Final = 8.0  # kept at the right of a name, in millimetres


@dataclass(frozen=True, slots=True)
class Line:
    """
    A line of the contents.

    Attributes
    ----------
    text
        A name.
    sheet
        Of the unit, or of the first of a group, from 0.
    heading
        Whether it is the name of a group.
    """

    text: str
    sheet: int
    heading: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    """A printed line: a name or a part of one, with its page if it is the last."""

    text: str
    sheet: int
    heading: bool
    last: bool


def contents_sheets(
    like: Sheet, title: str, lines: list[Line], *, author: str = ""
) -> tuple[list[Sheet], list[Link]]:
    """
    Return the pages of the contents, on the paper of another sheet, and its links.

    Parameters
    ----------
    like
        A sheet of the atlas.
    title
        Of the document.
    lines
        In order; the pages of the contents come before those they name.
    author
        Of the document; by default that of the sheet.
    """
    plan = like.layout_mm
    theme, zoom = plan.theme, plan.zoom
    inner = plan.width - 2 * theme.margin
    gap = _GAP * zoom
    columns = max(1, int((inner + gap) // (_COLUMN * zoom + gap)))
    width = (inner - gap * (columns - 1)) / columns
    leading = theme.body * MM_PER_POINT * _LEADING
    rows = [row for line in lines for row in _rows(line, width, theme, zoom)]

    pages: list[tuple[Sheet, list[list[_Row]]]] = []
    while rows:
        sheet = bare_sheet(plan, title, CONTENTS)
        # The foot says who made it.
        depth = int((sheet.layout_mm.head[1] - theme.margin) / leading - 1.5)
        page = _filled(rows, columns, max(2, depth))
        rows = rows[sum(map(len, page)) :]
        pages.append((sheet, page))
    links = []
    for number_, (sheet, page) in enumerate(pages):
        top = sheet.layout_mm.head[1] - leading
        _sign(sheet, author or like.about.get("Author", ""), like.about.get("Date", ""))
        for column, taken in enumerate(page):
            x = theme.margin + column * (width + gap)
            for i, row in enumerate(taken):
                y = top - i * leading
                _write_row(sheet, x, y, width, row, len(pages))
                box = (x, y - 0.25 * leading, width, leading)
                target = len(pages) + row.sheet
                told = f"{row.text}, page {number(target + 1)}"
                links.append(Link(number_, box, target, told))
    return [sheet for sheet, _ in pages], links


def _sign(sheet: Sheet, author: str, date: str) -> None:
    """Write at the foot who made the atlas, and when its first sheet was."""
    if not author:
        return
    plan = sheet.layout_mm
    when = f", {month(dt.date.fromisoformat(date))}" if date else ""
    with settings():
        sheet.paper.text(
            plan.theme.margin,
            plan.theme.margin,
            typeset(f"Réalisation : {author}{when}."),
            font=font(plan.theme.family, plan.theme.small),
            color=plan.theme.soft,
            va="baseline",
            gid="signature",
        )


def _filled(rows: list[_Row], columns: int, depth: int) -> list[list[_Row]]:
    """Return the columns of a page, equally short when it holds all the rows."""
    least = min(depth, max(_FEW, -(-len(rows) // columns)))
    for deep in range(least, depth + 1):
        page, at = [], 0
        for _ in range(columns):
            page.append(_column(rows[at:], deep))
            at += len(page[-1])
        if at == len(rows):
            break
    return page


def _column(rows: list[_Row], deep: int) -> list[_Row]:
    """Return what a column takes: the name of a group is never its last line."""
    taken = rows[:deep]
    while len(taken) > 1 and taken[-1].heading and len(rows) > len(taken):
        taken = taken[:-1]
    return taken


def _rows(line: Line, width: float, theme: Theme, zoom: float) -> list[_Row]:
    style = font(theme.family, theme.body, weight=700 if line.heading else 400)
    texts = wrapped(typeset(line.text), width - _NUMBER * zoom, style)
    return [
        _Row(text, line.sheet, line.heading, i == len(texts))
        for i, text in enumerate(texts, start=1)
    ]


def _write_row(
    sheet: Sheet, x: float, y: float, width: float, row: _Row, before: int
) -> None:
    theme, paper = sheet.layout_mm.theme, sheet.paper
    style = font(theme.family, theme.body, weight=700 if row.heading else 400)
    with settings():
        paper.text(x, y, row.text, font=style, color=theme.ink, va="baseline")
        if row.heading or not row.last:
            return
        page = number(before + row.sheet + 1)
        paper.text(
            x + width, y, page, font=style, color=theme.ink, ha="right", va="baseline"
        )
        left = x + text_width(row.text, style) + 1.2
        right = x + width - text_width(page, style) - 1.2
        if right - left > 2.0:
            paper.plot(
                [left, right],
                [y + 0.2] * 2,
                color=theme.faint,
                linewidth=0.6,
                linestyle=(0, (0.8, 2.4)),
            )
