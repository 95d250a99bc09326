"""
How high the parts of a page stand on paper, before any picture is drawn.

The measures are those of the template of paper: what words leave goes to pictures. A
page that is reckoned a little too full has its pictures a little smaller
(`export/templates/document.typ`), so that a guess need not be safe.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from basinmap.export.parts import (
    Figure,
    Heading,
    KeyFigures,
    Legend,
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
    "grown",
    "legend_mm",
    "lines_in",
    "of_page",
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
    frozenset({"one", "two", "three"}),
    frozenset({"four", "five", "key"}),
)
_KEYED: Final = (frozenset({"map", "side"}), frozenset({"plan", "aside"}))
"""A map and the column of its legend, which keep their widths."""
_THIRD: Final = 57.3
_WIDTHS: Final = {
    **dict.fromkeys(("one", "two", "three", "four", "five", "key"), _THIRD),
    "map": 110.0,
    "side": 67.0,
    "plan": 88.0,
    "aside": 89.0,
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


def _boxed_mm(note: Note) -> float:
    """Reckon how high a box over the whole width is, its paragraphs side by side."""
    across = max(1, min(3, len(note.paragraphs)))
    wide = (174.0 - 5.0 * (across - 1)) / across
    told = [_text_mm(worded(text), wide, 8.6) for text in note.paragraphs]
    rows = [told[n : n + across] for n in range(0, len(told), across)]
    return 13.0 + sum(map(max, rows)) + 5.0 * max(0, len(rows) - 1)


def legend_mm(figure: Figure, *, across: bool = False, width_mm: float = 67.0) -> float:
    """
    Reckon how high the legend of a figure stands.

    Parameters
    ----------
    figure
        A map.
    across
        Whether its headings stand side by side, as under a wide map.
    width_mm
        Of its column.
    """
    high = [_key_mm(key, width_mm) for key in figure.legends]
    return max(high, default=0.0) if across else sum(high)


def _key_mm(key: Legend, width_mm: float) -> float:
    """Reckon how high a heading of a legend is, with its samples."""
    sample = max([8.0, *(entry.size_mm for entry in key.entries)])
    wide = width_mm - sample - 8.0  # the count stands at the end of the line
    high = sum(
        max(3.4, _text_mm(entry.label, wide, 8.0), entry.size_mm) + 0.9
        for entry in key.entries
    )
    title = worded(key.title)
    return high + (3.2 + _text_mm(title, width_mm, 8.0) if title else 0.0)


def of_words(held: Iterable[tuple[str, Part]]) -> float:
    """
    Reckon what the parts that are no figure take of a page, with the gaps of all rows.

    Parameters
    ----------
    held
        Slot and part.
    """
    return _rows_mm(list(held), figures=False)


def of_page(held: Iterable[tuple[str, Part]]) -> float:
    """
    Reckon what the parts take of a page, figures and their legends too.

    Parameters
    ----------
    held
        Slot and part.
    """
    return _rows_mm(list(held), figures=True)


def _rows_mm(held: Sequence[tuple[str, Part]], *, figures: bool) -> float:
    slots = {slot for slot, _ in held}
    columns: dict[str, list[float]] = {}
    for slot, part in held:
        width = _width_of(slot, slots)
        counted = figures or not isinstance(part, Figure)
        high = _placed_mm(slot, part, width) if counted else 0.0
        columns.setdefault(slot, []).append(high)
        if figures and slot in ("map", "plan") and isinstance(part, Figure):
            beside = "side" if slot == "map" else "aside"
            key = legend_mm(part, width_mm=_WIDTHS[beside]) + 2.0
            columns.setdefault(beside, []).insert(0, key)
    tall = {k: sum(v) + _PAR_GAP * (len(v) - 1) for k, v in columns.items()}
    rows: dict[object, float] = {}
    for slot, high in tall.items():
        row = next((row for row in (*_BESIDE, *_KEYED) if slot in row), slot)
        rows[row] = max(rows.get(row, 0.0), high)
    return sum(rows.values()) + _ROW_GAP * max(0, len(rows) - 1)


def _width_of(slot: str, slots: set[str]) -> float:
    """Return the width of a slot: an empty one leaves its own to the other."""
    if any(slot in row for row in _KEYED):
        return _WIDTHS[slot]
    pair = next((row for row in _BESIDE if slot in row), frozenset())
    return 182.0 if len(pair & slots) < 2 else _WIDTHS[slot]


def _placed_mm(slot: str, part: Part, width: float) -> float:
    if slot == "box" and isinstance(part, Note):
        return _boxed_mm(part)
    under = 0.0
    if isinstance(part, Figure) and slot not in ("map", "plan", "five"):
        across = slot == "wide"
        wide = width / max(1, len(part.legends)) if across else width
        under = legend_mm(part, across=across, width_mm=wide)
    return part_mm(part, width) + under


# --- what is left ---------------------------------------------------------------

_SHARE: Final = 0.6
"""Of what a page leaves, what goes to its charts; letters and rows have the rest."""
_MOST: Final = 1.6
"""By how much a chart may grow."""
_ROW_MM: Final = 9.0
"""Of a bar, or a year, as high as it may be."""
_TALL: Final = 1.05
"""Of its width, as high as a chart may be: a curve would seem steeper than it is."""


def grown(
    held: Sequence[tuple[str, Part]], taken_mm: float = 0.0
) -> list[tuple[str, Part]]:
    """
    Return the parts of a page, its charts taller by what the page has too much of.

    A row grows where it holds charts, beside each other or a table; maps are drawn
    already.

    Parameters
    ----------
    held
        Slot and part, in order.
    taken_mm
        What the page holds that has no height of its own: its contents.
    """
    rows: dict[str, list[int]] = {}
    for n, (slot, _) in enumerate(held):
        if slot in ("wide", "left", "right"):
            # Two figures of the whole width are two rows.
            row = f"wide {n}" if slot == "wide" else "pair"
            rows.setdefault(row, []).append(n)
    able = {
        row: places
        for row, places in rows.items()
        if all(_is_chart(held[n][1]) or _is_table(held[n][1]) for n in places)
        and any(_is_chart(held[n][1]) for n in places)
        and len({held[n][0] for n in places}) == len(places)
    }
    high = {row: max(_high(held[n][1]) for n in places) for row, places in able.items()}
    spare = _SHARE * (SHEET_MM - of_page(held) - taken_mm)
    if not able or spare <= 0:
        return list(held)
    whole = sum(high.values())
    out = list(held)
    for row, places in able.items():
        most = min(_MOST * high[row], max(map(_tallest, (held[n][1] for n in places))))
        more = max(0.0, min(spare * high[row] / whole, most - high[row]))
        for n in places:
            slot, part = held[n]
            if isinstance(part, Figure):
                size = (part.size_mm[0], round(part.size_mm[1] + more, 1))
                out[n] = (slot, replace(part, size_mm=size))
    return out


def _is_table(part: Part) -> bool:
    return isinstance(part, Table)


def _is_chart(part: Part) -> bool:
    return isinstance(part, Figure) and part.kind == "chart"


def _high(part: Part) -> float:
    return part.size_mm[1] if isinstance(part, Figure) else 0.0


def _tallest(part: Part) -> float:
    """Return how high a chart may be, by what it draws."""
    rows = (
        len(part.table.rows)
        if isinstance(part, Figure) and part.table is not None
        else 0
    )
    wide = part.size_mm[0] if isinstance(part, Figure) else 0.0
    return max(_high(part), min(18.0 + _ROW_MM * rows, _TALL * wide))
