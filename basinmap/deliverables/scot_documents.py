"""SCoT observatories: a bulletin by theme, and the five side by side by one method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from basinmap.arguments import check_given
from basinmap.catalogue.entries import catalogue
from basinmap.deliverables.chapters import (
    Chapter,
    comparison_table,
    key_figures,
    not_supplied,
    noun_of,
    rate_map,
    sentences_of,
    units_table,
)
from basinmap.deliverables.charts import bar_chart, line_chart, range_strips
from basinmap.deliverables.housing_documents import situation_figure
from basinmap.deliverables.observed import Observed, Other, Value
from basinmap.deliverables.sentences import check_neutral
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
from basinmap.territory.memberships import membership
from basinmap.territory.naming import named
from basinmap.territory.units import scots
from basinmap.typography import BROAD, month, number, typeset, uncapital

__all__ = ["THEMES", "Theme", "bulletin_document"]


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
    series
        Count whose years are drawn, base 100.
    """

    slug: str
    title: str
    mapped: tuple[str, ...]
    indicators: tuple[str, ...]
    box: tuple[str, tuple[str, ...]]
    series: str = "population"


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
        ),
        Theme(
            "peuplement",
            "Peuplement",
            ("L08", "R02"),
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
        ),
        Theme(
            "marche",
            "Marché",
            ("M02",),
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
        ),
        Theme(
            "foncier",
            "Foncier et zéro artificialisation nette",
            ("F03",),
            ("F01", "F02", "F03", "F04", "F05"),
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
        ),
    )
}
"""The themes of the bulletins, by name."""


def bulletin_document(about: Observed, theme: str, *, issue: str = "") -> Document:
    """
    Return a bulletin of the observatory of a SCoT.

    Parameters
    ----------
    about
        A SCoT, or any other perimeter, with all counts that there are.
    theme
        One of `THEMES`.
    issue
        Number of the issue, as printed.

    Raises
    ------
    CodeError
        If the theme is unknown.
    DataError
        If none of its counts was given; the files that would feed it are named.

    Examples
    --------
    >>> import datetime as dt
    >>> from basinmap.deliverables.observed import observed
    >>> about = observed("grand-douaisis", author="A", date=dt.date(2026, 11, 29))
    >>> bulletin_document(about, "logement-vacance").title[:64]
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
    message = _message(about, mapped)
    head = " · ".join(
        filter(None, [issue and f"n° {issue}", told.title, month(about.date)])
    )
    running = typeset(f"Observatoire de l’habitat · {about.area.name} · {head}")
    pages = [
        _first(about, message, _led(mapped, ids), running),
        _retain(about, _led(mapped, ids), running),
        _central(about, told, mapped, running),
        *_details(about, told, mapped, running),
        Page(
            (
                Heading(typeset(f"Les communes {about.name.of}")),
                units_table(about, ids[:6], typeset(f"{told.title}, par commune")),
            ),
            running=running,
            slug="communes",
        ),
        _last(about, told, running),
    ]
    document = Document(
        slug=f"bulletin-{told.slug}",
        title=message,
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
            if isinstance(one, Paragraph)
        }
    )
    return document


def _lacking(about: Observed, theme: Theme) -> str:
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


def _message(about: Observed, id_: str) -> str:
    """Return the title: what the rate of the territory is."""
    total, noun = about.total(id_), noun_of(about, id_)
    assert total is not None  # noqa: S101 - its counts are there
    where = about.name.at
    year = about.told(id_).vintage
    dated = f" en{BROAD}{year}" if year.isdigit() else f", {year}" if year else ""
    verb = "vaut" if noun.unit else "est de"
    value = total.text if noun.percentage or not noun.unit else noun.write(total.value)
    text = f"{where}, {noun.the} {verb}{BROAD}{value}{dated}"
    return typeset(text[:1].upper() + text[1:])


def _led(mapped: str, ids: list[str]) -> list[str]:
    """Return the ids, that of the theme first."""
    return [mapped, *(id_ for id_ in ids if id_ != mapped)]


def _first(about: Observed, message: str, ids: list[str], running: str) -> Page:
    lead = [text for id_ in ids for text in sentences_of(about, id_)]
    return Page(
        (
            Heading(message),
            Paragraph(" ".join(lead[:2]) or message, role="lead", key="une.chapeau"),
            key_figures(about, ids),
            situation_figure(about),
        ),
        running=running,
        slug="une",
    )


def _retain(about: Observed, ids: list[str], running: str) -> Page:
    told = [text for id_ in ids for text in sentences_of(about, id_)]
    parts: list[Part] = [Heading("Que retenir")]
    parts += [
        Paragraph(text, bullet=True, key=f"retenir.{n}")
        for n, text in enumerate(told[:6], start=1)
    ]
    parts.append(comparison_table(about, ids, "Territoires comparés"))
    codes = sorted(set(about.communes["epci"].dropna()))
    if len(codes) > 1:
        parts += [Heading("Par intercommunalité", 2), _epci_table(about, codes, ids)]
    return Page(tuple(parts), running=running, slug="retenir")


def _central(about: Observed, theme: Theme, mapped: str, running: str) -> Page:
    told = tuple(typeset(text) for text in theme.box[1])
    box = Note("method", typeset(f"Repère : {uncapital(theme.box[0])}"), told)
    texts = sentences_of(about, mapped)
    parts: list[tuple[str, Part]] = [("title", Heading("Cinq SCoT, une méthode"))]
    if texts:
        parts.append(("lead", Paragraph(texts[0], role="lead")))
    parts += [("left", Paragraph(text)) for text in texts[1:]]
    parts += [
        ("left", five_scots(about, mapped)),
        ("right", rate_map(about, mapped, f"{theme.slug}-carte", (89, 100))),
        ("table", scots_table(about, theme.indicators)),
        ("box", box),
    ]
    slots, placed = zip(*parts, strict=True)
    return Page(
        tuple(placed), "bulletin", slots=tuple(slots), running=running, slug="scots"
    )


def five_scots(about: Observed, id_: str) -> Figure:
    """
    Draw a rate of the five SCoT and of the bassin minier over their communes.

    Parameters
    ----------
    about
        What is observed; its own SCoT is set off.
    id_
        Id of the rate.
    """
    rows = _scot_values(about, id_)
    every, member = about.of(id_), membership("scot").dropna()
    assert every is not None  # noqa: S101 - its counts are there
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
        unit="%" if noun.percentage else noun.unit,
        decimals=noun.decimals,
        size_mm=(86, 92),
    )


def _scot_values(about: Observed, id_: str) -> list[tuple[str, str, Value]]:
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


def scots_table(about: Observed, ids: tuple[str, ...]) -> Table:
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
    heads = tuple(Column(about.told(id_).title) for id_ in there)
    found: dict[str, list[Cell]] = {}
    for id_ in there:
        for name, _, value in _scot_values(about, id_):
            found.setdefault(name, []).append(value.cell())
    rows = tuple((Cell(name), *cells) for name, cells in found.items())
    return Table(
        (Column("Territoire", "left", 2), *heads),
        rows,
        "Les cinq SCoT du bassin minier",
    )


def _details(about: Observed, theme: Theme, mapped: str, running: str) -> list[Page]:
    pages = []
    years = _years(about, theme.series)
    parts: list[Part] = [Heading("Dans le temps")]
    if years is not None:
        parts.append(years)
    else:
        parts.append(Paragraph("Une seule année est fournie."))
    parts += [Heading("Par commune"), _bars(about, mapped)]
    pages.append(Page(tuple(parts), running=running, slug="detail"))
    return pages


def _years(about: Observed, count: str) -> Figure | None:
    if len(about.years(count)) < 2:
        return None
    groups = {about.name.short: about.codes}
    groups |= {
        o.short: about.table.index.intersection(sorted(o.communes))
        for o in about.others
    }
    lines = {name: about.sums(count, codes) for name, codes in groups.items()}
    based = pd.DataFrame({n: 100 * line / line.iloc[0] for n, line in lines.items()})
    return line_chart(
        f"annees-{count.replace('_', '-')}",
        based,
        caption=f"Population, base 100 en{BROAD}{based.index[0]}",
        source="Insee, populations de référence",
        size_mm=(182, 70),
    )


def _bars(about: Observed, id_: str) -> Figure:
    values = about.mine(id_)
    assert values is not None  # noqa: S101 - its counts are there
    kept = values.drop(list(about.fragile(id_)), errors="ignore").dropna()
    kept = kept.sort_values(ascending=False).iloc[:25]
    noun = noun_of(about, id_)
    total = about.total(id_)
    named_ = kept.set_axis([str(about.names[c]) for c in kept.index])
    reference = None if total is None else (about.name.short, total.value)
    return bar_chart(
        f"communes-{id_.lower()}",
        named_,
        caption=f"{about.told(id_).title} : les {number(len(kept))} communes les plus "
        "hautes, hors petits effectifs",
        source=" ; ".join(about.told(id_).sources),
        decimals=noun.decimals,
        unit="%" if noun.percentage else noun.unit,
        reference=reference,
        size_mm=(182, min(130, 12 + 4.6 * len(kept))),
    )


def _epci_table(about: Observed, codes: list[str], ids: list[str]) -> Table:
    rows = []
    for code in codes:
        name = named(code, "epci")
        other = Other("epci", code, name, frozenset(), "EPCI")
        cells = [about.against(id_, other) for id_ in ids[:6]]
        printed = [
            Cell("n.d.", "not-available") if c is None else c.cell() for c in cells
        ]
        rows.append((Cell(typeset(name.short)), *printed))
    heads = tuple(Column(about.told(id_).title) for id_ in ids[:6])
    return Table(
        (Column("Intercommunalité", "left", 2.2), *heads),
        tuple(rows),
        "Intercommunalités du territoire",
    )


def _last(about: Observed, theme: Theme, running: str) -> Page:
    chapter = Chapter(theme.slug, theme.title, "", theme.indicators)
    missing = not_supplied(about, [chapter])
    parts: list[Part] = [Heading("Méthode et sources")]
    lines = (
        "Tous les taux sont calculés sur les sommes des effectifs du niveau présenté.",
        "Les écarts sont les différences des valeurs imprimées.",
        "Les communes de moins de 200 logements n’ont ni rang ni comparaison.",
    )
    parts.append(Note("method", "Méthode", tuple(map(typeset, lines))))
    if missing is not None:
        parts.append(missing)
    return Page(tuple(parts), running=running, slug="methode")
