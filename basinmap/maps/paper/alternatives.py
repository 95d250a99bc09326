"""Alternative text: what a sheet shows, in French sentences, from what layers left."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import singledispatch
from itertools import chain
from typing import TYPE_CHECKING, Final

from basinmap.arguments import check_given
from basinmap.errors import DataError
from basinmap.maps.paper.blocks import (
    CirclesBlock,
    ClassesBlock,
    FiguresBlock,
    KeyBlock,
    Swatch,
)
from basinmap.measures import STATES
from basinmap.typography import (
    capital,
    month,
    number,
    shortest,
    stopped,
    typeset,
    uncapital,
)

if TYPE_CHECKING:  # pages asks for the text when it saves
    from basinmap.maps.paper.sheets import MapAxes, Sheet

__all__ = [
    "BETWEEN",
    "Sentence",
    "Told",
    "alternative_text",
    "counted",
    "notes_of",
    "proportional",
    "told",
    "with_counts",
    "without_value",
]

BETWEEN: Final = " → "
"""Between the two ends of a line, in what it is called."""
LONGEST: Final = 1500
"""Signs that a screen reader can be asked to read at once."""

_FEWER: Final = (1000, 12, 8, 5, 3, 2)
_IN_CLASSES: Final = "en classes de couleur"
_SIZED: Final = "proportionnels"
_SMALL: Final = {"locator": "Encart de situation", "inset": "Encart"}


@dataclass(frozen=True, slots=True)
class Sentence:
    """
    A French sentence, its full stop aside.

    Attributes
    ----------
    lead
        What it says.
    items
        What it lists after a colon; a long list is cut.
    """

    lead: str
    items: tuple[str, ...] = ()

    def written(self, most: int) -> str:
        r"""
        Write it with no more items than asked for.

        Parameters
        ----------
        most
            How many items may be written out.

        Examples
        --------
        >>> Sentence("Repères", ("a", "b", "c")).written(2)
        'Repères\xa0: a\u202f; b\u202f; et 1 de plus.'
        """
        kept = list(self.items[:most])
        if len(self.items) > most:
            kept.append(f"et {number(len(self.items) - most)} de plus")
        lead = self.lead.rstrip(". ") if kept else self.lead
        parts = [lead, " ; ".join(kept)]
        return typeset(stopped(" : ".join(filter(None, parts))))


@dataclass(frozen=True, slots=True)
class Told:
    """
    What an entry of the legend says in words.

    Attributes
    ----------
    kind
        How it completes « carte », such as « en classes de couleur »; nothing for
        what does not make a kind of map.
    sentences
        In reading order.
    rank
        Entries are told by rank, then as they were drawn: 0 for what the map is
        about, 1 for what it is compared with, 2 for its landmarks.
    """

    kind: str = ""
    sentences: tuple[Sentence, ...] = ()
    rank: int = 0


@singledispatch
def told(block: object) -> Told:
    """
    Say an entry of the legend in words; what has no words says nothing.

    Parameters
    ----------
    block
        An entry; its module registers how it is told.

    Returns
    -------
    Told
        Its kind and its sentences.
    """
    del block
    return Told()


def alternative_text(sheet: Sheet | MapAxes) -> str:
    """
    Return what a sheet shows, in words, for who does not see it.

    Title and kind of map; then extremes, classes and how many units each holds,
    values of the symbols, what has no value, comparison, notes, landmarks, small
    maps, sources and author. A sheet that is saved bears it: `/Alt` of the PDF,
    `<desc>` of the SVG, `Description` of the PNG. `draw_furniture(…, alternative=…)`
    replaces it.

    Parameters
    ----------
    sheet
        The sheet of `page`, or its map, once drawn.

    Returns
    -------
    str
        French prose, 1,500 signs at most: long lists are cut, then landmarks left out.

    Raises
    ------
    DataError
        If it was not made by `page`.

    Examples
    --------
    >>> import basinmap as bm
    >>> lens = bm.communes(epci="call")
    >>> rate = bm.compute("L04", bm.statistics(epci="call"))
    >>> fig, ax = bm.page(lens, title="Taux de vacance en 2021")
    >>> bm.draw_choropleth(ax, lens, bm.classify(rate, k=3))
    >>> bm.alternative_text(fig).split(". ")[0]
    'Taux de vacance en 2021 (carte en classes de couleur)'
    """
    check_given(alternative_text, locals())
    whole = _sheet_of(sheet)
    about = whole.about
    if about.get("Alternative"):
        return about["Alternative"]
    small = [ax for ax in whole.maps if ax.get_label() in _SMALL]
    large = [ax for ax in whole.maps if ax.get_label() not in _SMALL]
    entries = sorted([*_entries(large), _noted(whole, large)], key=_rank)
    opening = Sentence(
        f"{about['Title'].rstrip('. ')} ({_kinds(large, small, entries)})"
    )
    body = [
        *([Sentence(about["Headline"])] if "Headline" in about else []),
        opening,
        *([Sentence(capital(about["Subtitle"]))] if "Subtitle" in about else []),
        *_captions(large),
        *chain.from_iterable(entry.sentences for entry in entries),
        *_unclassed(large, entries),
        *(_inset(ax) for ax in small),
    ]
    return _fitted(body, [*_sources(whole, large), *_author(about)])


def _sheet_of(drawn: Sheet | MapAxes) -> Sheet:
    sheet = getattr(drawn, "sheet", drawn)
    if not hasattr(sheet, "about"):
        msg = (
            "expected what page() returns: fig, ax = bm.page(…); alternative_text(fig)"
        )
        raise DataError(msg)
    return sheet  # type: ignore[return-value] # as it has what a sheet has


def _rank(entry: Told) -> int:
    return entry.rank


def _entries(maps: Sequence[MapAxes]) -> list[Told]:
    """Return what the legends of the maps say, each entry once."""
    seen: list[object] = []
    entries = []
    for ax in maps:
        for block in ax.blocks:
            if block not in seen:
                seen.append(block)
                shared = sum(block in other.blocks for other in maps) > 1
                alone = len(maps) == 1 or shared
                entries.append(_named(told(block), "" if alone else ax.caption))
    return entries


def _named(entry: Told, caption: str) -> Told:
    """Say of which of several maps an entry is."""
    if not caption or not entry.sentences:
        return entry
    first, *others = entry.sentences
    named = Sentence(f"{caption} – {first.lead}", first.items)
    return Told(entry.kind, (named, *others), entry.rank)


def _kinds(
    large: Sequence[MapAxes], small: Sequence[MapAxes], entries: Iterable[Told]
) -> str:
    kinds = " et ".join(dict.fromkeys(entry.kind for entry in entries if entry.kind))
    many = f"{len(large)} cartes" if len(large) > 1 else "carte"
    inside = f", {counted(len(small), 'encarts')}" if small else ""
    return f"{many} {kinds or 'de localisation'}{inside}"


def _captions(maps: Sequence[MapAxes]) -> list[Sentence]:
    captions = tuple(ax.caption for ax in maps if ax.caption)
    return [Sentence("Cartes", captions)] if len(captions) > 1 else []


def _unclassed(maps: Sequence[MapAxes], entries: Sequence[Told]) -> list[Sentence]:
    """Count the symbols where no class counts them."""
    kinds = [entry.kind for entry in entries]
    if _IN_CLASSES in kinds or not any(kind.endswith(_SIZED) for kind in kinds):
        return []
    places = [code for ax in maps for code in ax.symbols if BETWEEN not in code]
    return [Sentence(f"Symboles tracés : {number(len(places))}")]


def _inset(ax: MapAxes) -> Sentence:
    return Sentence(_SMALL[str(ax.get_label())], (ax.caption,) if ax.caption else ())


def _noted(sheet: Sheet, maps: Sequence[MapAxes]) -> Told:
    """Tell the notes that are printed, or those that would be, before landmarks."""
    printed = sheet.about.get("Notes")
    lines = list(notes_of(maps)) if printed is None else printed.splitlines()
    return Told(sentences=tuple(map(Sentence, lines)), rank=1)


def notes_of(maps: Sequence[MapAxes]) -> dict[str, None]:
    """
    Return the notes of all maps of a sheet, those of some under the names of these.

    Parameters
    ----------
    maps
        Maps with their captions.
    """
    notes: dict[str, None] = {}
    for note in dict.fromkeys(note for ax in maps for note in ax.notes):
        named = [ax.caption for ax in maps if note in ax.notes and ax.caption]
        shared = all(note in ax.notes for ax in maps)
        notes[note if shared or not named else f"{' ; '.join(named)} – {note}"] = None
    return notes


def _sources(sheet: Sheet, maps: Iterable[MapAxes]) -> list[Sentence]:
    """Return the sources that are printed, or those that would be."""
    maps = list(maps)
    drawn = [line for ax in maps for line in (*ax.credits, *ax.grounds)]
    drawn += [line for ax in maps for line in ax.sources_below(drawn)]
    lines = sheet.about["Sources"].split(" ; ") if "Sources" in sheet.about else drawn
    return [Sentence("Sources", tuple(dict.fromkeys(lines)))] if lines else []


def _author(about: dict[str, str]) -> list[Sentence]:
    if "Author" not in about:
        return []
    day = about.get("Date")
    dated = f", {month(dt.date.fromisoformat(day))}" if day else ""
    return [Sentence(f"Réalisation : {about['Author']}{dated}")]


def _fitted(body: list[Sentence], closing: list[Sentence]) -> str:
    """Cut lists, then leave out what comes last, until it is short enough."""
    for most in _FEWER:
        text = _joined([*body, *closing], most)
        if len(text) <= LONGEST:
            return text
    while len(body) > 1 and len(text) > LONGEST:
        body = body[:-1]
        text = _joined([*body, *closing], _FEWER[-1])
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"


def _joined(sentences: Iterable[Sentence], most: int) -> str:
    return " ".join(sentence.written(most) for sentence in sentences)


# -- what blocks say ---------------------------------------------------------------


def counted(count: int, plural: str) -> str:
    r"""
    Write how many, the noun in the singular below two.

    Parameters
    ----------
    count
        How many.
    plural
        French plural, such as « communes »; initials do not change.

    Examples
    --------
    >>> counted(1, "communes"), counted(2, "carreaux"), counted(1, "EPCI")
    ('1 commune', '2 carreaux', '1 EPCI')
    """
    if count < 2 and plural.islower():
        plural = plural.removesuffix("s").removesuffix("x")
    return f"{number(count)} {plural}".strip()


def with_counts(swatches: Iterable[Swatch]) -> tuple[str, ...]:
    """
    Write each line of a legend with how many it stands for.

    Parameters
    ----------
    swatches
        Lines.

    Examples
    --------
    >>> with_counts([Swatch("9,0 et plus", "#000000", 2), Swatch("autres", "#000000")])
    ('9,0 et plus (2)', 'autres')
    """
    return tuple(_with_count(swatch) for swatch in swatches)


def _with_count(swatch: Swatch) -> str:
    if swatch.count is None:
        return swatch.label
    if swatch.label.endswith(")"):
        return f"{swatch.label[:-1]}, {number(swatch.count)})"
    return f"{swatch.label} ({number(swatch.count)})"


def without_value(swatches: Iterable[Swatch], plural: str) -> list[Sentence]:
    """
    Say how many units have no value, and why.

    Parameters
    ----------
    swatches
        Lines of a legend; those of states are kept.
    plural
        What is counted.

    Examples
    --------
    >>> lines = [Swatch("Secret statistique", "#e2e2e2", 2)]
    >>> without_value(lines, "communes")[0].lead
    '2 communes sans valeur'
    """
    lines = [swatch for swatch in swatches if swatch.label in STATES.values()]
    if not lines:
        return []
    why = tuple(text[:1].lower() + text[1:] for text in with_counts(lines))
    if any(swatch.count is None for swatch in lines):
        return [Sentence("Sans valeur", why)]
    total = sum(swatch.count or 0 for swatch in lines)
    return [Sentence(f"{counted(total, plural)} sans valeur", why)]


@told.register
def _(block: ClassesBlock) -> Told:
    low, high, of = block.range
    extent = f"{of} de {low} à {high}" if of else f"minimum {low}, maximum {high}"
    classes = block.swatches[: len(block.colors)]
    count = counted(len(classes), "classes")
    if all(swatch.count is not None for swatch in classes):
        total = sum(swatch.count or 0 for swatch in classes)
        count = f"{counted(total, block.counted or 'unités')} en {count}"
    return Told(
        _IN_CLASSES,
        (
            Sentence(f"{block.title} : {extent}"),
            *([Sentence("Plus élevées", block.highest)] if block.highest else []),
            *([Sentence("Plus faibles", block.lowest)] if block.lowest else []),
            Sentence(count, _with_names(classes, block.alone)),
            *_fragile(block),
            *without_value(block.swatches, block.counted or "unités"),
        ),
    )


def _with_names(lines: Sequence[Swatch], alone: Sequence[str]) -> tuple[str, ...]:
    """Write lines with their counts, and who is alone in one."""
    names = [*alone, *[""] * (len(lines) - len(alone))]
    return tuple(
        f"{text[:-1]}, {name})" if name and text.endswith(")") else text
        for text, name in zip(with_counts(lines), names, strict=True)
    )


def _fragile(block: ClassesBlock) -> list[Sentence]:
    """Say what is set apart from the classes."""
    first = len(block.colors)
    lines = block.swatches[first : first + block.fragile]
    return [Sentence("Hors classes", with_counts(lines))] if lines else []


@told.register
def _(block: CirclesBlock) -> Told:
    return proportional(block.title, block.values, "cercles")


def proportional(title: str, values: Iterable[float], shape: str) -> Told:
    """
    Say symbols whose area is proportional to a stock.

    Parameters
    ----------
    title
        What they show.
    values
        Those of the legend.
    shape
        « cercles » or « carrés ».

    Examples
    --------
    >>> proportional("Logements", [1000], "cercles").kind
    'en cercles proportionnels'
    """
    lead = f"{title}, {shape} de surface proportionnelle ; repères de la légende"
    amounts = tuple(shortest(value) for value in values)
    return Told(f"en {shape} {_SIZED}", (Sentence(lead, amounts),))


@told.register
def _(block: KeyBlock) -> Told:
    """Name landmarks; a line without a symbol is a sentence of its own."""
    bare = [s for s in block.swatches if s.shape == "none" or s.count is not None]
    shown = tuple(swatch.label for swatch in block.swatches if swatch not in bare)
    said = [
        Sentence(s.label if s.count is None else f"{s.label} : {number(s.count)}")
        for s in bare
    ]
    marks = [Sentence("Repères", shown)] if shown else []
    return Told("", (*said, *marks), rank=2)


@told.register
def _(block: FiguresBlock) -> Told:
    figures = tuple(
        f"{name} {_figure(value, place, block)}".strip()
        for place, (name, value) in enumerate(block.rows)
    )
    if block.changes:
        changes = tuple(
            f"{name} {change}"
            for (name, _), change in zip(block.rows, block.changes, strict=True)
        )
        both = Sentence(block.title, figures), Sentence(block.also, changes)
        return Told("", both, rank=1)
    return Told("", (Sentence(block.title, figures),), rank=1)


def _figure(value: float, place: int, block: FiguresBlock) -> str:
    if math.isnan(value):
        state = block.states[place] if block.states else ""
        return uncapital(STATES[state]) if state in STATES else "sans valeur"
    return block.written(place, f" {block.unit}")
