"""SCoT observatories: a bulletin by theme, and the five side by side by one method."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Final

import pandas as pd

from basinmap.arguments import check_given
from basinmap.catalogue.entries import catalogue
from basinmap.deliverables.chapter_figures import (
    concentration,
    ends_chart,
    peers_chart,
    peers_rank,
    ranked,
    sources_line,
    tied_out,
    two_counts,
    years_chart,
)
from basinmap.deliverables.chapter_pages import (
    Sheet,
    said_of,
)
from basinmap.deliverables.chapters import (
    Chapter,
    change_of,
    comparison_table,
    ground_credit,
    is_rate,
    key_figures,
    map_figure,
    not_supplied,
    noun_of,
    rate_map,
    sentences_of,
    short_title,
    stock_map,
    units_table,
    varies,
)
from basinmap.deliverables.charts import bar_chart, range_strips
from basinmap.deliverables.groups import (
    by_size,
    grouped,
    in_basin,
    parts_of_territory,
    spread,
)
from basinmap.deliverables.heights import SHEET_MM, of_page, of_words, part_mm
from basinmap.deliverables.opening_pages import (
    definitions_table,
    situation_figure,
    sources_table,
)
from basinmap.deliverables.printed import PALES, Other, Value
from basinmap.deliverables.sentences import check_neutral, counted, enumerated, trend
from basinmap.deliverables.subjects import Subject
from basinmap.deliverables.theme_pages import theme_parts
from basinmap.errors import CodeError, DataError
from basinmap.export.parts import (
    Cell,
    Column,
    Document,
    Figure,
    Heading,
    Note,
    Page,
    Paragraph,
    Part,
    Table,
)
from basinmap.maps.layers.names import draw_labels
from basinmap.maps.layers.outlines import draw_outlines
from basinmap.maps.paper.sheets import MapAxes
from basinmap.territory.levels import BASSIN
from basinmap.territory.memberships import membership
from basinmap.territory.naming import named
from basinmap.territory.units import scots
from basinmap.typography import (
    BROAD,
    capital,
    month,
    number,
    typeset,
    uncapital,
)

__all__ = [
    "THEMES",
    "Theme",
    "after_title",
    "bulletin_document",
    "every_scot",
    "scots_outline",
    "wider",
]


@dataclass(frozen=True, slots=True)
class Theme:
    """
    The theme of a bulletin, declared.

    Attributes
    ----------
    slug, title
        Its name, and how it is printed.
    mapped
        Rate of the map and of the comparison of the SCoT, the first that there is.
    indicators
        All that it prints, where counts are given.
    box
        Title and paragraphs of the didactic box.
    sized
        Stock of the circles of the first page, coloured by the rate mapped.
    over
        Title of the page of the theme.
    """

    slug: str
    title: str
    mapped: tuple[str, ...]
    indicators: tuple[str, ...]
    box: tuple[str, tuple[str, ...]]
    sized: str = "L01"
    over: str = "Dans le temps"


THEMES: Final = {
    theme.slug: theme
    for theme in (
        Theme(
            "demographie",
            "Démographie",
            ("D02", "D10"),
            ("D01", "D02", "D05", "D03", "D04", "D07", "D10"),
            (
                "Population municipale et population totale",
                (
                    "La population municipale compte chaque habitant une fois ; c’est "
                    "elle qui se compare d’un territoire à l’autre.",
                    "La population totale ajoute les personnes comptées à part : elle "
                    "sert aux textes qui fixent des seuils.",
                    "Le recensement est tournant : deux millésimes se comparent à cinq "
                    "ans d’écart au moins.",
                ),
            ),
            sized="D01",
        ),
        Theme(
            "logement-vacance",
            "Logement et vacance",
            ("L04",),
            ("L01", "L02", "L03", "L04", "L05", "L13", "L14"),
            (
                "Trois façons de compter la vacance",
                (
                    "Le recensement (ici) compte tout logement sans occupant au jour "
                    "de l’enquête, sur cinq ans de collecte.",
                    "Lovac, fichier fiscal, compte le parc privé au 1er janvier et sa "
                    "part vacante depuis deux ans ou plus.",
                    "Le parc social (RPLS) rapporte les vacants aux logements proposés "
                    "à la location. Les trois taux ne s’additionnent ni ne se "
                    "comparent.",
                ),
            ),
            over="De quoi le parc est fait",
        ),
        Theme(
            "peuplement",
            "Peuplement",
            ("L08", "R02", "R01", "D08"),
            ("L08", "L09", "L10", "R01", "R02", "R03", "D08", "D09"),
            (
                "Une médiane ne se moyenne pas",
                (
                    "Le niveau de vie médian partage les habitants en deux moitiés.",
                    "La médiane d’un territoire n’est pas la moyenne des médianes de "
                    "ses communes : elle se lit dans le fichier de son niveau.",
                    "Sous 1 000 ménages ou 2 000 habitants, elle n’est pas publiée.",
                ),
            ),
            sized="D06",
            over="Une autre lecture du peuplement",
        ),
        Theme(
            "marche",
            "Marché",
            ("M02", "C02", "M01"),
            ("M01", "M02", "M03", "M04", "C01", "C02"),
            (
                "Ce que les valeurs foncières ne disent pas",
                (
                    "Les ventes sont celles des actes notariés ; les donations et les "
                    "successions n’en sont pas.",
                    "Une mutation de plusieurs biens n’a qu’un prix : elle ne compte "
                    "que si tous ses locaux sont d’une même nature.",
                    "Le nombre de ventes est imprimé avec chaque médiane.",
                ),
            ),
            sized="M01",
            over="Les ventes, année par année",
        ),
        Theme(
            "foncier",
            "Foncier et zéro artificialisation nette",
            ("F03",),
            ("F01", "F03", "F04", "F02", "F05"),
            (
                "Consommation brute, artificialisation nette",
                (
                    "La consommation d’espaces naturels, agricoles et forestiers est "
                    "un flux brut, en hectares et en pour cent de la surface "
                    "(R. 2231-1).",
                    "La loi vise, de 2021 à 2031, la moitié de la consommation de "
                    "2011 à 2021.",
                    "La dernière année est provisoire.",
                ),
            ),
            sized="F01",
            over="Consommation et trajectoire",
        ),
    )
}
"""The themes of the bulletins, by name."""


def bulletin_document(
    about: Subject, theme: str, *, issue: str = "", editorial: str = ""
) -> Document:
    """
    Return a bulletin of the observatory of a SCoT: eight pages on one theme.

    Parameters
    ----------
    about
        A SCoT, or any other perimeter, with all counts that there are.
    theme
        One of `THEMES`.
    issue
        Number of the issue, as printed.
    editorial
        Text of the observatory on the first page.

    Raises
    ------
    CodeError
        If the theme is unknown.
    DataError
        If none of its counts was given; the files that would feed it are named.

    Examples
    --------
    >>> import basinmap as bm
    >>> import datetime as dt
    >>> about = bm.subject("grand-douaisis", author="A", date=dt.date(2026, 11, 29))
    >>> bm.bulletin_document(about, "logement-vacance").title[:64]
    'Dans le SCoT du Grand Douaisis, le taux de vacance des logements'
    """
    check_given(bulletin_document, locals())
    if theme not in THEMES:
        msg = f"unknown theme {theme!r}; choose among {', '.join(THEMES)}"
        raise CodeError(msg)
    told = THEMES[theme]
    ids = about.supplied(*told.indicators)
    mapped = next((id_ for id_ in told.mapped if id_ in ids), "")
    if not mapped:
        raise DataError(_lacking(about, told))
    issued = _Issue(about, told, mapped, tuple(_led(mapped, ids)), issue)
    pages = [
        _first(issued, editorial),
        _retain(issued),
        _central(issued),
        _own_page(issued),
        _by_commune(issued),
        _by_part(issued),
        _zoom(issued),
        _all_communes(issued),
    ]
    document = Document(
        slug=f"bulletin-{told.slug}",
        title=issued.message,
        author=about.author,
        date=about.date,
        pages=tuple(pages),
        subtitle=typeset(f"{told.title} – {about.area.name}"),
        subject=f"Observatoire de l’habitat {about.name.of}",
    )
    check_neutral(
        {
            f"{page.slug}.{n}": str(one.text)
            for page in pages
            for n, one in enumerate(page.parts)
            if isinstance(one, Paragraph) and one.key != "une.editorial"
        }
    )
    return document


@dataclass(frozen=True)
class _Issue:
    """A bulletin being made: of what, about what, with which indicators."""

    about: Subject
    theme: Theme
    mapped: str
    ids: tuple[str, ...]
    number: str

    @property
    def running(self) -> str:
        """What the head of each page says."""
        number = self.number and f"n° {self.number}"
        head = " · ".join(
            filter(None, [number, self.theme.title, month(self.about.date)])
        )
        return typeset(f"Observatoire de l’habitat · {self.about.area.name} · {head}")

    @property
    def about_made(self) -> str:
        """Who made it, and what the next issue is asked of."""
        made = f"{self.about.author}, {month(self.about.date)}."
        return typeset(f"{made} {ground_credit(self.about)}")

    @cached_property
    def message(self) -> str:
        """The title: what the rate of the territory is, or what its communes have."""
        about, id_ = self.about, self.mapped
        total, noun = about.total(id_), noun_of(about, id_)
        change = change_of(about) if noun.unit == "% par an" else None
        if change is not None:  # the rate that is in the sentence, without its counts
            told = trend(about.name, change).split(", soit")[0].split(" (")[0]
            return typeset(told.rstrip("."))
        year = about.told(id_).vintage
        dated = f" en{BROAD}{year}" if year.isdigit() else f", {year}" if year else ""
        if total is None or not total.plain:
            values = ranked(about, id_)
            if values.empty:
                return typeset(f"{self.theme.title} {about.name.at}{dated}")
            ends = [noun.write(float(values.iloc[n])) for n in (-1, 0)]
            text = f"{noun.the} va de {ends[0]} à {ends[1]} selon la commune{dated}"
            return typeset(text[:1].upper() + text[1:])
        if noun.many:
            told = f"{about.name.at}, {number(total.value, noun.decimals)}"
            text = f"{told} {noun.singular}{dated}"
            return typeset(text[:1].upper() + text[1:])
        verb = "vaut" if noun.unit else "est de"
        value = (
            total.text if noun.percentage or not noun.unit else noun.write(total.value)
        )
        text = f"{about.name.at}, {noun.the} {verb}{BROAD}{value}{dated}"
        return typeset(text[:1].upper() + text[1:])

    @cached_property
    def said(self) -> list[str]:
        """The sentences of the issue, the most important first."""
        return said_of(self.about, self.ids, most=8)

    @property
    def front(self) -> list[str]:
        """The sentences of the front page; the rank among the SCoT has its page."""
        rank = peers_rank(self.about, self.mapped)
        return [text for text in self.said if text != rank][:2]

    @property
    def title_of_parts(self) -> str:
        """What the page of parts is called."""
        many = len(parts_of_territory(self.about)) > 1
        return "Par intercommunalité et par taille" if many else "Par taille de commune"


def _lacking(about: Subject, theme: Theme) -> str:
    if not any(map(about.wants, theme.mapped)):
        return (
            f"theme {theme.slug!r} maps {' or '.join(theme.mapped)}, which "
            "indicators= leaves out; add it"
        )
    names = catalogue().sources
    files = dict.fromkeys(
        names.get(source, source)
        for id_ in theme.mapped
        for source in about.entry(id_).sources[:1]
    )
    return (
        f"theme {theme.slug!r} needs counts that were not given: read "
        f"{' or '.join(files)} with bm.read_source, and pass counts="
    )


def _led(mapped: str, ids: list[str]) -> list[str]:
    """Return the ids, that of the theme first."""
    return [mapped, *(id_ for id_ in ids if id_ != mapped)]


# --- the eight pages ------------------------------------------------------------


def _first(issue: _Issue, editorial: str) -> Page:
    """Return the front page: message, key figures, circles, what is inside."""
    about, theme = issue.about, issue.theme
    sheet = Sheet([("title", Heading(issue.message))])
    lead = " ".join(after_title(issue.message, issue.front)) or issue.message
    sheet.put("lead", Paragraph(lead, role="lead", key="une.chapeau"))
    sheet.put("tiles", key_figures(about, issue.ids))
    if editorial.strip():
        text = tuple(typeset(p) for p in editorial.split("\n\n") if p.strip())
        sheet.put("box", Note("place", "Éditorial", text, key="une.editorial"))
    inside = (
        "Que retenir (page 2) ; cinq SCoT, une méthode (3) ; "
        f"{uncapital(theme.over)} (4) ; par commune (5) ; "
        f"{uncapital(issue.title_of_parts)} (6) ; "
        f"{uncapital(theme.box[0])} (7) ; toutes les communes (8)."
    )
    sheet.put("reading", Note("place", "Dans ce numéro", (typeset(inside),)))
    slug = f"{theme.slug}-une"
    stock = theme.sized if about.mine(theme.sized) is not None else "D01"
    colored = is_rate(about, issue.mapped) and about.mine(stock) is not None
    shown = (stock, issue.mapped) if colored else (issue.mapped, "")
    sheet.fill(
        "wide", lambda h: stock_map(about, *shown, slug, (182.0, h)), (80.0, 180.0)
    )
    return sheet.page("une", issue.running)


def after_title(title: str, said: Sequence[str]) -> list[str]:
    """
    Return sentences without what the title over them has said already.

    Parameters
    ----------
    title
        The title.
    said
        The sentences, in order.
    """
    told = []
    for text in said:
        rest = text.removeprefix(title).lstrip(", ")
        goes_on = rest != text and rest.startswith("soit ")
        told.append(capital(rest) if goes_on else text)
    return told


def _retain(issue: _Issue) -> Page:
    """Return what to retain: six sentences, where it is, two tables."""
    about = issue.about
    sheet = Sheet([("title", Heading("Que retenir"))])
    for n, text in enumerate(issue.said[:6], start=1):
        sheet.put("words", Paragraph(text, bullet=True, key=f"retenir.{n}"))
    sheet.put("table", comparison_table(about, issue.ids, "Territoires comparés"))
    parts = parts_of_territory(about)
    if len(parts) > 1:
        sheet.put("table", _parts_table(about, parts, issue.ids))
    sheet.fill("wide", lambda h: situation_figure(about, high=h), (70.0, 180.0))
    return sheet.page("retenir", issue.running)


def _compared(issue: _Issue) -> list[str]:
    """Say ranks and shares, without what the front page or that of communes says."""
    about, mapped = issue.about, issue.mapped
    told = [
        *(peers_rank(about, id_) for id_ in issue.ids),
        concentration(about, mapped),
    ]
    told += [text for i in issue.ids[1:] for text in sentences_of(about, i)]
    said = {*issue.front, *sentences_of(about, mapped)}
    kept = [text for text in dict.fromkeys(told) if text and text not in said]
    return kept or [text for text in dict.fromkeys(told) if text][:1]


def _central(issue: _Issue) -> Page:
    """Return the page of the five SCoT, one method."""
    about, theme, mapped = issue.about, issue.theme, issue.mapped
    sheet = Sheet([("title", Heading("Cinq SCoT, une méthode"))])
    texts = _compared(issue)
    if texts:
        lead = Paragraph(texts[0], role="lead", key="scots.chapeau")
        sheet.put("lead", lead)
    for n, text in enumerate(texts[1:4], start=1):
        sheet.put("left", Paragraph(text, key=f"scots.{n}"))
    sheet.put("table", scots_table(about, theme.indicators))
    told = tuple(typeset(text) for text in theme.box[1])
    box = Note("method", typeset(f"Repère : {uncapital(theme.box[0])}"), told)
    sheet.put("box", box)
    slug = f"{theme.slug}-carte"
    sheet.fill("right", lambda h: rate_or_stock(about, mapped, slug, h), (70.0, 130.0))
    # As low as the map with its source and its legend.
    row = [(slot, part) for slot, part in sheet.held if slot in ("left", "right")]
    words = sum(part_mm(part, 88.0) + 2.0 for slot, part in row if slot == "left")
    tall = max(60.0, min(165.0, of_page(row) - words - _UNDER_TEXTS))
    # Where nothing is of a SCoT whole, as a median, another indicator of theirs is.
    drawn = (five_scots(about, id_, tall) for id_ in issue.ids)
    sheet.put("left", next(filter(None, drawn), None))
    return sheet.page("scots", issue.running)


_UNDER_TEXTS: Final = 12.0
"""Gap and caption of the chart under the texts beside a map."""


def rate_or_stock(about: Subject, id_: str, slug: str, high: float) -> Figure:
    """
    Map a rate as colours, a stock as circles, in a column.

    Parameters
    ----------
    about
        What is observed.
    id_
        Its id.
    slug
        Name of the figure.
    high
        Height, in millimetres.
    """
    if is_rate(about, id_):
        return rate_map(about, id_, slug, (89.0, high))
    return stock_map(about, id_, "", slug, (89.0, high))


def _own_page(issue: _Issue) -> Page:
    """Return the page of the theme itself."""
    about, theme = issue.about, issue.theme
    sheet = Sheet([("title", Heading(theme.over))])
    note = _method_of(about, issue.ids[:4])
    sheet.put("reading", Note("method", "Lecture", note) if note else None)
    room = sheet.room_mm(rows=2)
    for slot, part in theme_parts(about, theme.slug, list(issue.ids), room):
        sheet.put(slot, part)
    if len(sheet.held) < 3:  # nothing but its title: the territory over the years
        sheet.put("wide", years_chart(about, "theme-annees", (182.0, 92.0)))
    return sheet.page("theme", issue.running)


def _method_of(about: Subject, ids: Sequence[str]) -> tuple[str, ...]:
    """Return what indicators are, in the words of the catalogue."""
    return tuple(
        typeset(f"{about.entry(id_).label} : {uncapital(about.entry(id_).definition)}.")
        for id_ in ids
        if about.entry(id_).definition != about.entry(id_).label
    )


def _by_commune(issue: _Issue) -> Page:
    """Return the page of the communes: where, the highest, the lowest."""
    about, mapped = issue.about, issue.mapped
    sheet = Sheet([("title", Heading("Par commune"))])
    # From one commune to another; what the front page says is not said again.
    spread_ = sentences_of(about, mapped) or issue.said[:1]
    if spread_:
        lead = Paragraph(spread_[-1], role="lead", key="communes.chapeau")
        sheet.put("lead", lead)
    values = ranked(about, mapped)
    half = min(_BARS, (len(values) + 1) // 2)
    high, low = values.iloc[:half], values.iloc[half:][-_BARS:]
    tall = 12.0 + 3.7 * half
    decimals = noun_of(about, mapped).decimals
    for slot, line, what in (("left", high, "hautes"), ("right", low, "basses")):
        if not line.empty:
            rest = values.drop([*high.index, *low.index])
            which = f"{what}{tied_out(line, rest, decimals)}"
            sheet.put(slot, _bars(issue, line, slot, tall, which))
    if few := about.fragile(mapped):
        told = [
            f"{counted(n, 'commune')} {'de ' * why.startswith('moins')}{why}"
            for why, n in Counter(few.values()).items()
        ]
        text = f"Hors {enumerated(told)} : à lire avec prudence."
        sheet.put("foot", Paragraph(typeset(text), role="small"))
    sheet.fill("wide", partial(_grounded, issue), (60.0, 140.0))
    return sheet.page("communes", issue.running)


def _grounded(issue: _Issue, high: float) -> Figure:
    about = issue.about
    slug = f"{issue.theme.slug}-communes"
    if is_rate(about, issue.mapped):
        return rate_map(about, issue.mapped, slug, (182.0, high))
    return stock_map(about, issue.mapped, "", slug, (182.0, high))


def _bars(issue: _Issue, line: pd.Series, side: str, tall: float, what: str) -> Figure:
    about, id_ = issue.about, issue.mapped
    noun, total = noun_of(about, id_), about.total(id_)
    whole = total is not None and total.plain and is_rate(about, id_)
    reference = ("SCoT", total.value) if whole and total is not None else None
    if about.area.level != "scot" and reference:
        reference = ("Ensemble", reference[1])
    count = number(len(line))
    return bar_chart(
        f"communes-{side}-{id_.lower()}",
        line.set_axis([str(about.names[code]) for code in line.index]),
        caption=f"{short_title(about, id_)} : {count} valeurs les plus {what}",
        source="",
        decimals=noun.decimals,
        signed=noun.signed,
        unit="%" if noun.percentage or noun.unit.startswith("%") else noun.unit,
        reference=reference,
        size_mm=(88.0 if side == "left" else 89.0, tall),
    )


def _by_part(issue: _Issue) -> Page:
    """Return the page of the EPCI and of the sizes of communes."""
    about, mapped = issue.about, issue.mapped
    sheet = Sheet([("title", Heading(typeset(issue.title_of_parts)))])
    sizes = by_size(about)
    listed = [i for i in issue.ids if grouped(about, i, sizes)][:6]
    if listed:
        sheet.put("table", _sizes_table(about, sizes, listed))
    parts = parts_of_territory(about)
    if len(parts) > 1:
        sheet.put("table", _parts_table(about, parts, issue.ids))
    told = (
        "Les communes d’une même taille sont réunies : leur taux est celui de leurs "
        "effectifs additionnés, non la moyenne de leurs taux.",
    )
    sheet.put("reading", Note("method", "Lecture", tuple(map(typeset, told))))
    room = SHEET_MM - of_words(sheet.held) - 26.0
    strips = _parts_strips(issue, parts, 0.5 * room) if len(parts) > 1 else None
    sheet.put("wide", strips)
    if listed:
        mapped = mapped if mapped in listed else listed[0]
        low = min(88.0, (0.44 if strips else 0.5) * room)
        rates = [i for i in listed if i != mapped and is_rate(about, i)]
        other = next(iter(rates or [i for i in listed if i != mapped]), "")
        wide = 88.0 if other else 182.0
        chart = _sizes_chart(about, sizes, mapped, (wide, low))
        sheet.put("left" if other else "wide", chart)
        if other:
            sheet.put("right", _sizes_chart(about, sizes, other, (89.0, low)))
    if strips is None:
        other = next((i for i in issue.ids[1:] if is_rate(about, i)), mapped)
        high = min(110.0, max(64.0, 0.5 * room))
        sheet.put("wide", peers_chart(about, other, "parties-pairs", (182.0, high)))
    return sheet.page("parties", issue.running)


def _parts_strips(issue: _Issue, parts: Sequence[Other], high: float) -> Figure | None:
    about, id_ = issue.about, issue.mapped
    noun = noun_of(about, id_)
    values = {part: about.against(id_, part) for part in parts}
    totals = {p.short: v.value for p, v in values.items() if v is not None and v.plain}
    own = about.total(id_)
    if len(totals) < 2 or not is_rate(about, id_) or own is None:
        return None
    units = {p.short: spread(about, id_, p.communes) for p in parts}
    units = {name: line for name, line in units.items() if len(line)}
    totals = {name: value for name, value in totals.items() if name in units}
    if len(totals) < 2:
        return None
    name = about.name.short
    return range_strips(
        "parties-communes",
        pd.Series({**totals, name: own.value}),
        {**units, name: spread(about, id_, frozenset(about.codes))},
        mine=[name],
        caption=f"{about.told(id_).title}. Petits points : communes",
        source="",
        unit="%" if noun.percentage or noun.unit.startswith("%") else noun.unit,
        decimals=noun.decimals,
        signed=noun.signed,
        size_mm=(182.0, min(88.0, max(40.0, high))),
    )


def _sizes_chart(
    about: Subject, sizes: pd.Series, id_: str, size_mm: tuple[float, float]
) -> Figure:
    noun = noun_of(about, id_)
    values = grouped(about, id_, sizes)
    line = pd.Series(
        {
            label: values[label].value
            if values[label].plain and not values[label].few
            else float("nan")
            for label in map(str, sizes.cat.categories)
            if label in values
        }
    )
    return bar_chart(
        f"tailles-{id_.lower()}",
        line,
        caption=f"{short_title(about, id_)}, selon la taille de la commune",
        source="",
        order=False,
        decimals=noun.decimals,
        signed=noun.signed,
        unit="%" if noun.percentage or noun.unit.startswith("%") else noun.unit,
        size_mm=(size_mm[0], max(44.0, size_mm[1])),
    )


def _sizes_table(about: Subject, sizes: pd.Series, ids: Sequence[str]) -> Table:
    found = {id_: grouped(about, id_, sizes) for id_ in ids}
    counts = sizes.value_counts()
    rows = []
    for label in map(str, sizes.cat.categories):
        if not counts.get(label):
            continue
        cells = [
            found[i][label].cell()
            if label in found[i]
            else Cell("n.d.", "not-available")
            for i in ids
        ]
        rows.append((Cell(label), Cell(number(counts[label])), *cells))
    columns = (
        Column("Taille de la commune", "left", 2),
        Column("Communes"),
        *(Column(short_title(about, i)) for i in ids),
    )
    year = about.years("population")[-1]
    caption = f"Selon la taille de la commune (population municipale de {year})"
    return Table(
        columns, tuple(rows), typeset(caption), source=sources_line(about, *ids)
    )


def _parts_table(about: Subject, parts: Sequence[Other], ids: Sequence[str]) -> Table:
    rows = []
    for part in parts:
        cells = [about.against(id_, part) for id_ in ids[:6]]
        printed = [
            Cell("n.d.", "not-available") if c is None else c.cell() for c in cells
        ]
        rows.append((Cell(typeset(part.name.short)), *printed))
    heads = tuple(Column(short_title(about, id_)) for id_ in ids[:6])
    return Table(
        (Column("Intercommunalité", "left", 2.2), *heads),
        tuple(rows),
        "Intercommunalités du territoire",
        source=sources_line(about, *ids[:6]),
    )


def _care_of(about: Subject, ids: Sequence[str]) -> list[str]:
    """Say over how few values are not ranked, as the catalogue does."""
    told = list(dict.fromkeys(care for i in ids if (care := about.care(i))))
    if not told:
        return []
    return [f"Un taux sur {enumerated(told, most=4)} n’a ni rang ni comparaison."]


def _zoom(issue: _Issue) -> Page:
    """Return the didactic page: the box, a worked example, definitions, what lacks."""
    about, theme = issue.about, issue.theme
    sheet = Sheet(
        [("title", Heading(typeset(f"Zoom sur : {uncapital(theme.box[0])}")))]
    )
    for n, text in enumerate(theme.box[1], start=1):
        sheet.put("words", Paragraph(typeset(text), key=f"zoom.{n}"))
    example = _worked(issue)
    if example is not None:
        sheet.put("table", example[0])
        sheet.put("box", Note("method", "Un exemple", example[1]))
    last = [part for _, part in _last(issue)]
    for slot, part in _notices(issue):
        if part not in last:
            sheet.put(slot, part)
    if not any(slot == "reading" for slot, _ in _last(issue)):
        sheet.put("foot", Paragraph(ground_credit(about), role="small"))
    room = SHEET_MM - of_words(sheet.held) - 2 * _CAPTIONED
    if room > 34:
        sheet.put("wide", _zoom_chart(issue, min(150.0, room)))
    return sheet.page("zoom", issue.running)


_CAPTIONED: Final = 8.0
_BAR_MM: Final = 4.6
_TALL_MM: Final = 60.0


def _zoom_chart(issue: _Issue, high: float) -> Figure | None:
    """Draw what the rate is a part of, or else an indicator among its peers."""
    about, mapped = issue.about, issue.mapped
    found = two_counts(about, mapped)
    if found is not None and not about.outside:
        (part, _), (word, _) = found
        most = min(len(part.dropna()), max(4, int((high - 8) / _BAR_MM)))
        shown = part.dropna().sort_values(ascending=False, kind="stable")[:most]
        year = about.told(mapped).vintage
        title = f"{word[:1].upper()}{word[1:]} en {year} : les {number(most)} communes"
        return bar_chart(
            "zoom-effectifs",
            shown.set_axis([str(about.names[code]) for code in shown.index]),
            caption=typeset(f"{title} qui en comptent le plus"),
            source=sources_line(about, mapped),
            size_mm=(182.0, min(high, 12.0 + 6.5 * most)),
        )
    # The page of the parts shows the first rate after that of the map.
    shown = next((i for i in issue.ids[1:] if is_rate(about, i)), mapped)
    spare = [i for i in (*issue.ids[:0:-1], "D01") if i != shown and varies(about, i)]
    stock = next((i for i in spare if not is_rate(about, i)), "")
    if stock and high >= _TALL_MM:  # five peers would be five thick bars
        return ends_chart(about, stock, "zoom-communes", (182.0, high))
    charts = (
        peers_chart(about, other, "zoom-pairs", (182.0, min(90.0, high)))
        for other in (*spare, mapped)
    )
    return next(filter(None, charts), None)  # a median has no peers


def _notices(issue: _Issue) -> list[tuple[str, Part]]:
    """Return the data, what lacks, the method and the definitions, with slots."""
    about, theme = issue.about, issue.theme
    chapter = Chapter(theme.slug, theme.title, "", theme.indicators)
    lines = (
        "Tous les taux sont calculés sur les sommes des effectifs du niveau présenté ; "
        "les écarts sont les différences des valeurs imprimées.",
        *_care_of(about, issue.ids),
        "Un graphique sans source a celle de la carte et du tableau de sa page.",
        f"Périmètre : {about.area.name}, {counted(len(about.codes), 'commune')} au 1er "
        f"janvier {about.area.vintage}.",
    )
    lacking = not_supplied(about, [chapter])
    return [
        ("table", sources_table(about, issue.ids)),
        *([] if lacking is None else [("table", lacking)]),
        ("reading", Note("method", "Méthode", tuple(map(typeset, lines)))),
        ("table", definitions_table(about, issue.ids)),
    ]


def _last(issue: _Issue) -> list[tuple[str, Part]]:
    """Return those of the notices that the page of all communes has room for."""
    held = _communes_sheet(issue).held
    kept: list[tuple[str, Part]] = []
    for slot, part in _notices(issue):
        if of_words([*held, *kept, (slot, part)]) < SHEET_MM:
            kept.append((slot, part))
    return kept


def _worked(issue: _Issue) -> tuple[Table, tuple[str, ...]] | None:
    """Return the rate of the territory from its counts, beside the mean of rates."""
    about, id_ = issue.about, issue.mapped
    found, total = two_counts(about, id_), about.total(id_)
    if found is None or total is None or not total.plain or about.outside:
        return None
    (part, whole), (of, against_of) = found
    noun = noun_of(about, id_)
    mean = about.mine(id_)
    if mean is None or part.isna().any() or whole.isna().any():
        return None
    top = whole.sort_values(ascending=False, kind="stable").index[:5]
    rows = [
        (
            Cell(str(about.names[code])),
            Cell(number(part[code]), value=float(part[code])),
            Cell(number(whole[code]), value=float(whole[code])),
            (about.commune(id_, code) or total).cell(),
        )
        for code in top
    ]
    rest = [code for code in about.codes if code not in top]
    sums = (float(part[rest].sum()), float(whole[rest].sum()))
    rate = 100 * sums[0] / sums[1] if sums[1] > 0 else float("nan")
    rows.append(
        (
            Cell(typeset(f"Les {number(len(rest))} autres communes")),
            Cell(number(sums[0]), value=sums[0]),
            Cell(number(sums[1]), value=sums[1]),
            Cell(noun.write(rate), value=rate),
        )
    )
    rows.append(
        (
            Cell("Ensemble"),
            Cell(number(part.sum()), value=float(part.sum())),
            Cell(number(whole.sum()), value=float(whole.sum())),
            total.cell(),
        )
    )
    columns = (
        Column("Commune", "left", 2),
        Column(of[:1].upper() + of[1:]),
        Column(against_of[:1].upper() + against_of[1:]),
        Column(about.told(id_).title),
    )
    plain = noun.write(float(mean.mean()))
    text = (
        f"{about.name.at}, {number(part.sum())} {of} pour {number(whole.sum())} "
        f"{against_of} : le taux est de {noun.write(total.value)}. La moyenne des "
        f"{number(len(mean))} taux communaux serait de {plain} : "
        "elle donnerait le même poids à chaque commune, et n’est imprimée nulle part "
        "ailleurs."
    )
    table = Table(
        columns,
        tuple(rows),
        typeset(f"{about.told(id_).title} : des effectifs au taux"),
        source=sources_line(about, id_),
        total=len(rows) - 1,
    )
    return table, (typeset(text[:1].upper() + text[1:]),)


def _all_communes(issue: _Issue) -> Page:
    """Return the page of all communes, and of the notices that there is room for."""
    sheet = _communes_sheet(issue)
    sheet.held += _last(issue)
    room = SHEET_MM - of_words(sheet.held) - _CAPTIONED
    if len(issue.about.codes) <= _ONE_COLUMN and room > 44:
        size = (182.0, min(110.0, room))
        sheet.put("wide", years_chart(issue.about, "fin-annees", size))
    return sheet.page("toutes", issue.running)


def _communes_sheet(issue: _Issue) -> Sheet:
    """Return the table of all communes, in two columns where they are many."""
    about = issue.about
    sheet = Sheet([("title", Heading(typeset(f"Les communes {about.name.of}")))])
    many = len(about.codes) > _ONE_COLUMN
    ids = issue.ids[: 3 if many else 6]
    whole = units_table(about, ids, typeset(f"{issue.theme.title}, par commune"))
    if not many:
        sheet.put("table", whole)
    else:
        half = (len(whole.rows) + 1) // 2
        last = len(whole.rows) - half - 1
        first = replace(whole, rows=whole.rows[:half], total=None, source="")
        caption = f"{whole.caption} (suite)"
        second = replace(whole, rows=whole.rows[half:], total=last, caption=caption)
        sheet.put("left", first)
        sheet.put("right", second)
    sheet.put("foot", Paragraph(issue.about_made, role="small"))
    return sheet


_ONE_COLUMN: Final = 56
_BARS: Final = 20


def five_scots(about: Subject, id_: str, high: float = 92.0) -> Figure | None:
    """
    Draw a rate of the five SCoT and of the bassin minier over their communes.

    Parameters
    ----------
    about
        What is observed; its own SCoT is set off.
    id_
        Id of the rate.
    high
        Height, in millimetres.
    """
    rows = scot_values(about, id_)
    every, member = about.of(id_), membership("scot").dropna()
    if every is None or len(rows) < 2:
        return None
    if not is_rate(about, id_):
        return bar_chart(
            f"scots-{id_.lower()}",
            pd.Series({name: value.value for name, code, value in rows if code}),
            mine=[name for name, code, _ in rows if code == about.area.code],
            caption=about.told(id_).title,
            source="",
            decimals=noun_of(about, id_).decimals,
            signed=noun_of(about, id_).signed,
            size_mm=(88.0, high),
        )
    units = {
        name: every.reindex(member.index[member == code] if code else member.index)
        for name, code, _ in rows
    }
    totals = pd.Series({name: value.value for name, _, value in rows})
    mine = [name for name, code, _ in rows if code == about.area.code]
    noun = noun_of(about, id_)
    return range_strips(
        f"scots-{id_.lower()}",
        totals,
        units,
        mine=mine,
        caption=f"{about.told(id_).title}. Grand point : SCoT ; petits : communes",
        source="",
        unit="%" if noun.percentage or noun.unit.startswith("%") else noun.unit,
        decimals=noun.decimals,
        signed=noun.signed,
        size_mm=(88.0, high),
    )


def scot_values(about: Subject, id_: str) -> list[tuple[str, str, Value]]:
    """
    Return an indicator of the five SCoT and of the bassin minier, those whole.

    Parameters
    ----------
    about
        What is observed.
    id_
        Id of the indicator.

    Returns
    -------
    list
        Printed name, code (nothing for the bassin) and value.
    """
    rows = []
    for code in scots().index:
        name = named(str(code), "scot")
        other = Other("scot", str(code), name, frozenset(), "SCoT")
        value = about.against(id_, other)
        if value is not None and value.plain:
            short = name.short.replace("SCoT de l'", "").replace("SCoT de ", "")
            short = short.replace("SCoT du ", "").replace("SCoT ", "")
            rows.append((typeset(short), str(code), value))
    basin = Other(
        "bassin", "bassin-minier", named("bassin-minier", "bassin"), frozenset(), ""
    )
    value = about.against(id_, basin)
    if value is not None and value.plain:
        rows.append(("Bassin minier", "", value))
    return rows


def scots_table(about: Subject, ids: tuple[str, ...]) -> Table:
    """
    Return the five SCoT and the bassin minier, one row each.

    Parameters
    ----------
    about
        What is observed.
    ids
        Indicators; those whose counts were not given are left out.
    """
    there = about.supplied(*ids)[:6]
    heads = tuple(Column(short_title(about, id_)) for id_ in there)
    listed = [*parts_of_territory(about)[:4], *every_scot(), *wider(about)]
    rows, seen = [], set()
    for other in listed:
        if other.communes in seen:
            continue
        seen.add(other.communes)
        values = [about.against(id_, other) for id_ in there]
        cells = [
            Cell("n.d.", "not-available") if v is None else v.cell() for v in values
        ]
        rows.append((Cell(typeset(capital(other.name.short))), *cells))
    return Table(
        (Column("Territoire", "left", 2.2), *heads),
        tuple(rows),
        "Intercommunalités, cinq SCoT et bassin minier",
        source=sources_line(about, *there),
    )


def every_scot() -> list[Other]:
    """Return the five SCoT of the bassin minier."""
    member = membership("scot").dropna()
    return [
        Other(
            "scot",
            str(code),
            named(str(code), "scot"),
            frozenset(member.index[member == code]),
            "SCoT",
        )
        for code in scots().index
    ]


def wider(about: Subject) -> list[Other]:
    """
    Return the bassin minier and the two départements.

    Parameters
    ----------
    about
        What is observed.
    """
    basin = Other("bassin", BASSIN, named(BASSIN, "bassin"), in_basin(), "")
    codes = sorted({code[:2] for code in about.table.index})
    every = about.table.index
    return [
        basin,
        *(
            Other(
                "departement",
                code,
                named(code, "departement"),
                frozenset(every[every.str[:2] == code]),
                "",
            )
            for code in codes
        ),
    ]


def scots_outline(about: Subject, high: float = 118.0) -> Figure:
    """
    Draw the five SCoT, their EPCI and their towns.

    Parameters
    ----------
    about
        What is observed.
    high
        Height, in millimetres.
    """
    five = scots()
    inside = about.ground[about.ground.index.isin(list(in_basin()))]
    codes = set(inside["epci"].dropna())

    def draw(ax: MapAxes) -> None:
        for n, (code, row) in enumerate(five.iterrows()):
            alone = five.loc[[code]]
            name = typeset(str(row["name"]))
            draw_outlines(ax, alone, label=name, fill=PALES[n % len(PALES)], width=0.3)
        inner = about.epcis[about.epcis.index.isin(codes)]
        draw_outlines(ax, inner, label="limite d'EPCI", width=0.6, color="#1f6fb2")
        draw_outlines(ax, five, label="limite de SCoT", width=1.3)
        draw_labels(ax, inside, most=24, strong=6)

    return map_figure(
        about,
        "cinq-scots",
        draw,
        title="Les cinq SCoT du bassin minier et leurs intercommunalités",
        size_mm=(182.0, high),
        units=five,
    )
