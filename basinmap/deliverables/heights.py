"""
How high the parts of a page stand on paper, before any picture is drawn.

The measures are those of the template of paper: what words leave goes to pictures. A
page that is reckoned a little too full has its pictures a little smaller
(`export/templates/document.typ`), so that a guess need not be safe.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from basinmap.export.parts import (
    Figure,
    Heading,
    KeyFigures,
    Note,
    Paragraph,
    Part,
    Table,
    notes_of,
    worded,
)

__all__ = [
    "SHEET_MM",
    "around_figure",
    "lines_in",
    "of_words",
    "part_mm",
    "under_table",
]

SHEET_MM: Final = 262.0
"""What a page holds between its margins."""
_PT: Final = 0.3528
_CAP: Final = 0.689  # height of a capital, in the size of the letter
_PITCH: Final = 1.239  # from one line to the next
_WIDE: Final = 0.505  # of a letter, on average
_ROW_GAP: Final = 2.6
_PAR_GAP: Final = 2.0
_ROLES: Final = {"lead": 11.5, "headline": 12.5, "small": 7.5}
_BESIDE: Final = (
    frozenset({"below", "beside"}),
    frozenset({"reading", "note"}),
    frozenset({"left", "right"}),
)
_WIDTHS: Final = {
    "below": 88.0,
    "beside": 89.0,
    "reading": 106.0,
    "note": 71.0,
    "left": 88.0,
    "right": 89.0,
}


def lines_in(text: str, width_mm: float, points: float) -> int:
    """
    Reckon how many lines a text takes.

    Parameters
    ----------
    text
        The text.
    width_mm, points
        Of the column, and of its letters.
    """
    return max(1, math.ceil(len(text) * points * _WIDE * _PT / width_mm))


def _text_mm(text: str, width_mm: float, points: float) -> float:
    lines = lines_in(text, width_mm, points)
    return points * _PT * (_CAP + _PITCH * (lines - 1))


def part_mm(part: Part, width_mm: float) -> float:
    """
    Reckon how high a part stands: a figure with its caption and its source.

    Parameters
    ----------
    part
        A part.
    width_mm
        Of its column.
    """
    match part:
        case Table():
            return _table_mm(part, width_mm)
        case Figure(size_mm=(_, high), caption=caption, source=source):
            return high + around_figure(caption, source, width_mm)
        case _:
            return _words_mm(part, width_mm)


def _words_mm(part: Part, width_mm: float) -> float:
    match part:
        case Heading():
            return _text_mm(part.text, width_mm, 19.0) + 1.4
        case Paragraph():
            return _text_mm(worded(part.text), width_mm, _ROLES.get(part.role, 9.5))
        case KeyFigures():
            return 15.0
        case Note():
            size = 8.6 if part.kind == "reading" else 7.8
            told = [_text_mm(worded(p), width_mm - 4, size) for p in part.paragraphs]
            return 7.0 + sum(told) + _PAR_GAP * max(0, len(told) - 1)
        case _:
            return 0.0


def around_figure(caption: str, source: str, width_mm: float) -> float:
    """
    Reckon what stands over and under the picture of a figure.

    Parameters
    ----------
    caption, source
        Its texts; the source may be empty.
    width_mm
        Of its column.
    """
    # « Figure 12. – » goes before.
    over = _text_mm(f"{caption}{'n' * 13}", width_mm, 8.5) + 1.4
    return over + (1.4 + _text_mm(source, width_mm, 7.5) if source else 0.0)


def _table_mm(table: Table, width_mm: float) -> float:
    whole = sum(column.width for column in table.columns)

    def row_mm(texts: Iterable[str], points: float) -> float:
        cells = zip(texts, table.columns, strict=True)
        lines = max(
            lines_in(text, width_mm * column.width / whole - 1.4, points)
            for text, column in cells
        )
        return 7.4 * _PT * (_CAP + _PITCH * (lines - 1)) + 1.13

    head = row_mm([column.label for column in table.columns], 8.0)
    rows = sum(row_mm([cell.text for cell in row], 7.4) for row in table.rows)
    groups = 2.93 * len(table.groups)
    return 3.5 + head + rows + groups + under_table(table, width_mm)


def under_table(table: Table, width_mm: float) -> float:
    """
    Reckon how high the notes of a table stand under it.

    Parameters
    ----------
    table
        The table.
    width_mm
        Of its column.
    """
    return sum(_text_mm(note, width_mm, 7.5) + 1.1 for note in notes_of(table))


def of_words(held: Iterable[tuple[str, Part]]) -> float:
    """
    Reckon what the parts that are no figure take of a page, with the gaps of all rows.

    Parameters
    ----------
    held
        Slot and part.
    """
    pairs = list(held)
    slots = {slot for slot, _ in pairs}
    columns: dict[str, list[float]] = {}
    for slot, part in pairs:
        pair = next((row for row in _BESIDE if slot in row), frozenset())
        alone = len(pair & slots) < 2  # an empty slot leaves its width to the other
        width = 182.0 if alone else _WIDTHS[slot]
        high = 0.0 if isinstance(part, Figure) else part_mm(part, width)
        columns.setdefault(slot, []).append(high)
    tall = {k: sum(v) + _PAR_GAP * (len(v) - 1) for k, v in columns.items()}
    rows: dict[object, float] = {}
    for slot, high in tall.items():
        row = next((row for row in _BESIDE if slot in row), slot)
        rows[row] = max(rows.get(row, 0.0), high)
    return sum(rows.values()) + _ROW_GAP * len(rows)
