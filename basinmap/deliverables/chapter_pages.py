"""
A chapter on its page: map beside chart, table beside text, « À retenir » at the foot.

The height of what a page holds is reckoned before the map is drawn, so that map and
charts take what the words leave; the template shares out the little that remains.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from basinmap.deliverables.chapter_figures import (
    concentration,
    each_chart,
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
from basinmap.deliverables.heights import (
    SHEET_MM,
    grown,
    legend_mm,
    of_page,
    of_words,
    part_mm,
)
from basinmap.deliverables.subjects import Subject
from basinmap.export.parts import (
    SLOTS,
    Figure,
    Heading,
    Note,
    Page,
    Paragraph,
    Part,
)
from basinmap.typography import typeset

__all__ = ["Sheet", "chapter_page", "few_figures", "placed", "said_of", "subjects_of"]

_GAP: Final = 2.6
_LINE_MM: Final = 3.5
_KEY_MM: Final = 4.6
_KEYS: Final = 6
_AGAIN_MM: Final = 4.0
"""A map that is this far from what the page leaves is drawn again."""
_TOWNS: Final = 10
_LEAST, _MOST = 62.0, 125.0
_LOWER: Final = (44.0, 96.0)
_NAMED: Final = 7.2
"""A caption of two lines over a chart."""
_SIDE_NAMED: Final = 11.0
"""A caption of three lines over the narrow chart beside a map."""
_LEAST_CHART: Final = 21.0
"""Four bars; under this there is no chart."""
_STRIPS_MM: Final = 38.0
"""Under this, strips of eight peers would touch."""
_CAPTIONED: Final = 14.0
"""A caption, and a source of three lines, around a map."""


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

    def page(
        self,
        slug: str,
        running: str,
        template: str = "chapter",
        taken_mm: float = 0.0,
    ) -> Page:
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
        taken_mm
            See `grown`.
        """
        order = [slot for row in SLOTS[template] for slot, _ in row]
        held = sorted(self.held, key=lambda pair: order.index(pair[0]))
        if template != "fiche":  # fiches are alike
            held = grown(held, taken_mm)
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
        return of_words(self.held)

    def room_mm(self, keys: int = 0, *, rows: int = 1, lines: int = 2) -> float:
        """
        Reckon how high the pictures of rows of figures may be, in all.

        Parameters
        ----------
        keys
            Lines of the legend under the highest of them.
        rows
            Rows of figures that will stand on the page.
        lines
            Lines of their caption and of their source.
        """
        around = lines * _LINE_MM + 2.8 + _GAP
        return SHEET_MM - self.words_mm - rows * around - keys * _KEY_MM

    def fill(
        self,
        slot: str,
        draw: Callable[[float], Figure],
        between: tuple[float, float],
        *,
        first: float | None = None,
    ) -> None:
        """
        Put a map that takes what the rest leaves, once its legend is known.

        Parameters
        ----------
        slot
            Its name.
        draw
            Draws it at a height, in millimetres.
        between
            The least and the most of them.
        first
            What is tried first; by default what a legend of a few lines leaves.
        """
        least, most = between
        tried = self.room_mm(_KEYS) if first is None else first
        high = min(most, max(least, tried))
        drawn = draw(high)
        spare = SHEET_MM - of_page([*self.held, (slot, drawn)])
        better = min(most, max(least, high + spare))
        if abs(better - high) > _AGAIN_MM:
            drawn = draw(better)
        self.put(slot, drawn)


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


def subjects_of(about: Subject, chapter: Chapter, ids: Sequence[str]) -> list[str]:
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


def _counts(about: Subject, id_: str) -> bool:
    """Tell whether circles can show an amount: one that adds up, none negative."""
    if about.entry(id_).kind == "formula":
        return False
    values = about.mine(id_)
    return values is not None and bool((values.dropna() >= 0).all())


def said_of(about: Subject, ids: Sequence[str], most: int = 4) -> list[str]:
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
    about: Subject,
    chapter: Chapter,
    running: str,
    *more: tuple[str, Part | None],
    said: Sequence[str] = (),
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
    said
        What is to be retained first.
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
    told = [*said, *said_of(about, [*mapped, *(i for i in ids if i not in mapped)])]
    if told:
        key = f"{chapter.slug}.retenir"
        foot.put("reading", Note("reading", "À retenir", tuple(told), key=key))
    if chapter.note[0]:
        key, text = f"{chapter.slug}.repere", typeset(chapter.note[1])
        foot.put("note", Note("method", chapter.note[0], (text,), key=key))
    room = SHEET_MM - of_words([*head.held, *foot.held])
    middle = Sheet(list(_figures(about, chapter, ids, mapped, room)))
    whole = Sheet([*head.held, *middle.held, *foot.held])
    return whole.page(chapter.slug, running)


def _figures(
    about: Subject,
    chapter: Chapter,
    ids: Sequence[str],
    mapped: Sequence[str],
    room: float,
) -> Iterable[tuple[str, Part]]:
    """Return the figures that fill what the words leave of a page."""
    if not mapped:
        shown = [*ids, *about.supplied(*chapter.beside)]
        if chapter.years:
            name = f"{chapter.slug}-annees"
            years = years_chart(about, name, (182.0, 0.4 * room), chapter.years)
            if years is not None:
                yield "wide", years
                room = 0.6 * room - _NAMED - _GAP
        yield from few_figures(about, shown, chapter.slug, room)
        return
    # Both rows have a gap, the first a caption and a source.
    twice = len(mapped) > 1 and not chapter.years
    room -= 2 * _GAP + _CAPTIONED + (_CAPTIONED if twice else _NAMED)
    share = 0.5 if twice else 0.58
    high = min(_MOST, max(_LEAST, share * room))
    low = min(_LOWER[1], max(_LOWER[0], room - high))
    high = min(_MOST, max(_LEAST, room - low))
    main = _main(about, chapter, ids, mapped, (110.0, high))
    yield "map", main
    tall = part_mm(main, 110.0) - legend_mm(main) - _SIDE_NAMED - 2.0
    lower = list(_lower(about, chapter, mapped, low))
    slug = f"{chapter.slug}-communes"
    if not lower:  # no peers: the communes themselves, over the whole width
        wide = ends_chart(about, mapped[0], slug, (182.0, low))
        lower = [] if wide is None else [("wide", wide)]
    elif tall >= _LEAST_CHART:
        side = ends_chart(about, mapped[0], slug, (67.0, tall))
        if side is not None:
            yield "side", side
    yield from lower


def few_figures(
    about: Subject, ids: Sequence[str], slug: str, room: float
) -> Iterator[tuple[str, Part]]:
    """
    Yield what stands for a map where communes are too few for classes: bars of each.

    Parameters
    ----------
    about
        What is observed.
    ids
        Indicators whose counts there are, the first ones first.
    slug
        What the names of the figures begin with.
    room
        What the words leave of the page, in millimetres.

    Yields
    ------
    tuple
        Slot and figure.
    """
    around = _NAMED + _GAP + 2.0
    high = min(_LOWER[1], room / 2 - around)
    if high < _LOWER[0]:
        high = room - around
    # Rates have a bar for each territory too: pairs are of one height.
    asked = sorted(dict.fromkeys(ids), key=lambda id_: not is_rate(about, id_))
    size = (88.0, high)
    drawn = [each_chart(about, i, f"{slug}-chaque-{i.lower()}", size) for i in asked]
    charts = [one for one in drawn if one is not None][: 4 if high < room / 2 else 2]
    for n, chart in enumerate(charts):
        yield ("left" if n % 2 == 0 else "right"), chart


def _main(
    about: Subject,
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
    about: Subject, chapter: Chapter, mapped: Sequence[str], low: float
) -> Iterable[tuple[str, Part]]:
    """Return the second row: years or a second map, beside the peers."""
    slug = f"{chapter.slug}-pairs"
    years: Figure | None = None
    if chapter.years:
        name = f"{chapter.slug}-annees"
        years = years_chart(about, name, (88.0, low), chapter.years)
    if years is None and len(mapped) > 1:
        yield from _second_map(about, chapter, mapped, low)
        return
    width = 89.0 if years is not None else 182.0
    second = peers_chart(about, mapped[0], slug, (width, low))
    if years is None:
        if second is not None:
            yield "wide", second
        return
    if second is None:
        other = mapped[1] if len(mapped) > 1 else mapped[0]
        second = ends_chart(about, other, f"{slug}-communes", (89.0, low))
    yield "left", years
    if second is not None:
        yield "right", second


def _second_map(
    about: Subject, chapter: Chapter, mapped: Sequence[str], low: float
) -> Iterable[tuple[str, Part]]:
    """Return a second map, and beside it, under its legend, the peers."""
    slug = f"{chapter.slug}-pairs"
    plan = rate_map(about, mapped[1], f"{chapter.slug}-second", (88.0, low))
    yield "plan", plan
    tall = part_mm(plan, 88.0) - legend_mm(plan, width_mm=89.0) - _NAMED - 2.0
    size = (89.0, tall)
    roomy = tall >= _STRIPS_MM
    beside = peers_chart(about, mapped[0], slug, size) if roomy else None
    if beside is None and tall >= _LEAST_CHART:
        beside = ends_chart(about, mapped[1], f"{slug}-communes", size)
    if beside is not None:
        yield "aside", beside
