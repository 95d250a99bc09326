"""
A chapter on its page: map beside chart, table beside text, « À retenir » at the foot.

The height of what a page holds is reckoned before the map is drawn, so that map and
charts take what the words leave; the template shares out the little that remains.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from basinmap.deliverables.chapter_figures import (
    concentration,
    ends_chart,
    peers_chart,
    peers_rank,
    years_chart,
)
from basinmap.deliverables.chapters import (
    Chapter,
    comparison_table,
    is_rate,
    key_figures,
    rate_map,
    sentences_of,
    stock_map,
    units_table,
    varies,
)
from basinmap.deliverables.observed import Observed
from basinmap.export.parts import (
    SLOTS,
    Figure,
    Heading,
    KeyFigures,
    Note,
    Page,
    Paragraph,
    Part,
    Table,
    worded,
)
from basinmap.typography import typeset

__all__ = ["Sheet", "chapter_page", "legend_mm", "placed", "said_of", "subjects_of"]

PAPER_MM: Final = 272.0
"""What a page holds between its running head and its foot."""
_GAP: Final = 2.6
_LETTER: Final = 0.178  # of the size of a letter in points, in millimetres
_TOWNS: Final = 10
_LEAST, _MOST = 62.0, 112.0
_LOWER: Final = (44.0, 88.0)


@dataclass
class Sheet:
    """
    Parts being placed in the slots of a page.

    Attributes
    ----------
    held
        Slot and part, in order.
    """

    held: list[tuple[str, Part]]

    def put(self, slot: str, *parts: Part | None) -> None:
        """
        Put parts in a slot, those that there are.

        Parameters
        ----------
        slot
            Its name.
        *parts
            The parts, or nothing.
        """
        self.held += [(slot, part) for part in parts if part is not None]

    def page(self, slug: str, running: str, template: str = "chapter") -> Page:
        """
        Return the page, its parts in the order of the slots.

        Parameters
        ----------
        slug
            Its name.
        running
            What its head says.
        template
            Where its slots are.
        """
        order = [slot for row in SLOTS[template] for slot, _ in row]
        held = sorted(self.held, key=lambda pair: order.index(pair[0]))
        slots, parts = zip(*held, strict=True)
        return Page(
            parts,
            template=template,  # type: ignore[arg-type] # one that has slots
            slots=slots,
            running=running,
            slug=slug,
        )

    @property
    def words_mm(self) -> float:
        """The height of what is no figure, and of the gaps."""
        rows: dict[str, float] = {}
        for slot, part in self.held:
            if not isinstance(part, Figure):
                row = _ROW.get(slot, slot)
                beside = rows.get(row, 0.0)
                rows[row] = (
                    max(beside, height_mm(part, _WIDE.get(slot, 182.0)))
                    if row != slot
                    else beside + height_mm(part, 182.0)
                )
        return sum(rows.values()) + _GAP * len(rows)


_ROW: Final = {
    "below": "under",
    "beside": "under",
    "reading": "last",
    "note": "last",
}
_WIDE: Final = {"below": 88.0, "beside": 89.0, "reading": 106.0, "note": 71.0}


def placed(pairs: Iterable[tuple[str, Part | None]], slug: str, running: str) -> Page:
    """
    Return a page from pairs of slot and part, without what there is none of.

    Parameters
    ----------
    pairs
        In reading order.
    slug, running
        See `Page`.
    """
    sheet = Sheet([])
    for slot, part in pairs:
        sheet.put(slot, part)
    return sheet.page(slug, running)


def legend_mm(figure: Figure, *, across: bool = False) -> float:
    """
    Reckon how high the legend of a figure stands.

    Parameters
    ----------
    figure
        A map.
    across
        Whether its headings stand side by side, as under a wide map.
    """
    high = [
        4.0 * bool(key.title) + sum(max(4.6, e.size_mm + 1.8) for e in key.entries)
        for key in figure.legends
    ]
    return max(high, default=0.0) if across else sum(high)


def lines_of(text: str, width_mm: float, points: float) -> int:
    """
    Reckon how many lines a text takes.

    Parameters
    ----------
    text
        The text.
    width_mm, points
        Of the column, and of its letters.
    """
    return max(1, math.ceil(len(text) * points * _LETTER / width_mm))


def height_mm(part: Part, width_mm: float) -> float:
    """
    Reckon how high a part stands on paper.

    Parameters
    ----------
    part
        A part.
    width_mm
        Of its column.
    """
    match part:
        case Heading():
            return 8.0 * lines_of(part.text, width_mm, 19.0)
        case Paragraph():
            size = {"lead": 11.5, "headline": 12.5, "small": 7.5}.get(part.role, 9.5)
            return 0.52 * size * lines_of(worded(part.text), width_mm, size) + 1
        case KeyFigures():
            return 15.5
        case Note():
            told = [lines_of(worded(p), width_mm - 6, 9.0) for p in part.paragraphs]
            return 6.5 + sum(3.9 * n + 0.8 for n in told)
        case Table():
            return _of_table(part, width_mm)
        case _:
            return 0.0


def _of_table(table: Table, width_mm: float) -> float:
    whole = sum(column.width for column in table.columns)
    heads = max(
        lines_of(c.label, width_mm * c.width / whole - 1.6, 8.0) for c in table.columns
    )
    first = width_mm * table.columns[0].width / whole - 1.6
    rows = sum(lines_of(row[0].text, first, 7.2) for row in table.rows)
    lines = [*table.notes, table.source] if table.source else [*table.notes]
    under = sum(lines_of(line, width_mm, 7.5) for line in lines)
    return 4.5 + 3.2 * heads + 3.3 * rows + 3.0 * under


def subjects_of(about: Observed, chapter: Chapter, ids: Sequence[str]) -> list[str]:
    """
    Return what a chapter maps, the first one first: rates, or else its stock.

    Parameters
    ----------
    about
        What is observed.
    chapter
        The chapter.
    ids
        Those of its indicators that there are.
    """
    rates = [i for i in ids if is_rate(about, i) and varies(about, i)]
    if chapter.mapped in rates:
        rates.sort(key=lambda i: i != chapter.mapped)
    return rates or [i for i in ids if varies(about, i) and _counts(about, i)][:1]


def _counts(about: Observed, id_: str) -> bool:
    """Tell whether circles can show an amount: none is negative."""
    values = about.mine(id_)
    return values is not None and bool((values.dropna() >= 0).all())


def said_of(about: Observed, ids: Sequence[str], most: int = 4) -> list[str]:
    """
    Return what is to be retained of indicators, the first ones first.

    Parameters
    ----------
    about
        What is observed.
    ids
        Indicators whose counts there are.
    most
        How many sentences.
    """
    if ids and about.entry(ids[0]).kind == "growth":  # said by its counts
        ids = ["D01", *(i for i in ids if i != "D01")]
    first = [text for id_ in ids for text in sentences_of(about, id_)[:1]]
    told = [*first[:1], *(peers_rank(about, i) for i in ids[:1])]
    told += [concentration(about, i) for i in ids[:1]]
    told += [text for id_ in ids[:1] for text in sentences_of(about, id_)[1:]]
    told += first[1:]
    return list(dict.fromkeys(filter(None, told)))[:most]


def chapter_page(
    about: Observed, chapter: Chapter, running: str, *more: tuple[str, Part | None]
) -> Page | None:
    """
    Return the page of a chapter, nothing if none of its counts were given.

    Parameters
    ----------
    about
        What is observed.
    chapter
        The chapter.
    running
        What the head of the page says.
    *more
        Other parts, with their slots: `"table"`, `"below"`, `"beside"`, `"box"`.
    """
    ids = about.supplied(*chapter.indicators)
    if not ids:
        return None
    head, foot = Sheet([]), Sheet([])
    head.put("title", Heading(chapter.title))
    question = typeset(chapter.question)
    head.put("lead", Paragraph(question, role="lead", key=f"{chapter.slug}.lead"))
    rows = list(dict.fromkeys([*about.supplied(*chapter.beside), *ids]))
    head.put("tiles", key_figures(about, [*ids, *(i for i in rows if i not in ids)]))
    caption = typeset(f"{chapter.title} : territoires comparés")
    if any(about.total(i) is not None for i in ids):
        foot.put("table", comparison_table(about, rows, caption))
    else:  # medians: of communes alone
        most = (
            f"{chapter.title} : les {min(_TOWNS, len(about.codes))} communes les plus"
        )
        title = typeset(f"{most} peuplées")
        foot.put("table", units_table(about, ids, title, most=_TOWNS))
    for slot, part in more:
        foot.put(slot, part)
    mapped = subjects_of(about, chapter, ids)
    told = said_of(about, [*mapped, *(i for i in ids if i not in mapped)])
    if told:
        key = f"{chapter.slug}.retenir"
        foot.put("reading", Note("reading", "À retenir", tuple(told), key=key))
    if chapter.note[0]:
        key, text = f"{chapter.slug}.repere", typeset(chapter.note[1])
        foot.put("note", Note("method", chapter.note[0], (text,), key=key))
    left = PAPER_MM - head.words_mm - foot.words_mm
    middle = Sheet(list(_figures(about, chapter, ids, mapped, left)))
    if mapped and not {slot for slot, _ in middle.held} & {"wide", "left"}:
        foot.put("table", _by_commune(about, ids, left - 100.0))
    whole = Sheet([*head.held, *middle.held, *foot.held])
    return whole.page(chapter.slug, running)


def _by_commune(about: Observed, ids: Sequence[str], room: float) -> Table | None:
    """Return the communes, as many as there is room for where no figure stands."""
    most = min(len(about.codes), int((room - 18.0) / 3.5))
    if most < 5:
        return None
    which = "" if most == len(about.codes) else f" : les {most} plus peuplées"
    return units_table(about, ids, typeset(f"Par commune{which}"), most=most)


def _figures(
    about: Observed,
    chapter: Chapter,
    ids: Sequence[str],
    mapped: Sequence[str],
    left: float,
) -> Iterable[tuple[str, Part]]:
    """Return the figures that fill what the words leave of a page."""
    if not mapped:
        return
    # A caption of one line and a source of three stand with each row of figures.
    room = left - 2 * (14.0 + _GAP)
    high = min(_MOST, max(_LEAST, 0.6 * room))
    low = min(_LOWER[1], max(_LOWER[0], room - high))
    main = _main(about, chapter, ids, mapped, (110.0, high))
    yield "map", main
    tall = max(30.0, high + 10.0 - legend_mm(main) - 9.0)
    side = ends_chart(about, mapped[0], f"{chapter.slug}-communes", (67.0, tall))
    if side is not None:
        yield "side", side
    yield from _lower(about, chapter, mapped, low)


def _main(
    about: Observed,
    chapter: Chapter,
    ids: Sequence[str],
    mapped: Sequence[str],
    size_mm: tuple[float, float],
) -> Figure:
    rate = mapped[0]
    if chapter.sized in ids and is_rate(about, rate):
        slug = f"{chapter.slug}-effectifs"
        return stock_map(about, chapter.sized, rate, slug, size_mm)
    if not is_rate(about, rate):
        return stock_map(about, rate, "", f"{chapter.slug}-effectifs", size_mm)
    return rate_map(about, rate, f"{chapter.slug}-taux", size_mm)


def _lower(
    about: Observed, chapter: Chapter, mapped: Sequence[str], low: float
) -> Iterable[tuple[str, Part]]:
    """Return the second row: years or a second map, beside the peers."""
    slug = f"{chapter.slug}-pairs"
    first: Figure | None = None
    if chapter.years:
        years = f"{chapter.slug}-annees"
        first = years_chart(about, years, (88.0, low), chapter.years)
    if first is None and len(mapped) > 1:
        # Its legend stands under it, and takes some of its height.
        first = rate_map(
            about, mapped[1], f"{chapter.slug}-second", (88.0, max(40.0, low - 27))
        )
    width = 89.0 if first is not None else 182.0
    tall = low if first is None else max(low, first.size_mm[1] + legend_mm(first) + 6)
    second = peers_chart(about, mapped[0], slug, (width, tall))
    if first is None:
        if second is not None:
            yield "wide", second
        return
    if second is None:
        other = mapped[1] if len(mapped) > 1 else mapped[0]
        second = ends_chart(about, other, f"{slug}-communes", (89.0, tall))
    yield "left", first
    if second is not None:
        yield "right", second
