"""The first pages of a document: cover, how to read it, what to retain, perimeter."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

import geopandas as gpd
import pandas as pd

from basinmap.deliverables.chapter_figures import (
    ends_chart,
    peers_chart,
    sources_line,
    years_chart,
)
from basinmap.deliverables.chapter_pages import Sheet, few_figures
from basinmap.deliverables.chapters import (
    HAIR,
    comparison_table,
    few_of,
    is_rate,
    key_figures,
    map_figure,
    noun_of,
    rate_map,
    sources_told,
    stock_map,
    varies,
)
from basinmap.deliverables.charts import bar_chart
from basinmap.deliverables.groups import by_size, parts_of_territory
from basinmap.deliverables.heights import SHEET_MM, legend_mm, of_words, part_mm
from basinmap.deliverables.printed import Other
from basinmap.deliverables.reasons import reasons_of_wholes
from basinmap.deliverables.sentences import counted, enumerated, titles
from basinmap.deliverables.situations import name_french_towns, name_largest
from basinmap.deliverables.subjects import Subject
from basinmap.export.parts import (
    Cell,
    Column,
    Contents,
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
from basinmap.maps.paper.layouts import rounded_up
from basinmap.maps.paper.sheets import MapAxes
from basinmap.territory.memberships import lineage
from basinmap.typography import capital, long_date, number, typeset

__all__ = [
    "COVER_MM",
    "cover_page",
    "defined_early",
    "definitions_table",
    "essential_page",
    "filled_mm",
    "perimeter_page",
    "reading_page",
    "since_and_among",
    "situation_figure",
    "sources_table",
]

_SIGNS: Final = (
    "« s » : secret statistique ; « n.d. » : donnée non disponible ; « s.o. » : sans "
    "objet ; « ≥ » : au moins, une partie étant masquée ou absente ; « ≈ » : "
    "estimation. Un zéro est un zéro.",
    "Classes des cartes : la borne basse est comprise, la borne haute ne l'est pas ; "
    "l'effectif de chaque classe est en légende.",
)
_READING: Final = (
    "Une page traite un thème : la carte, les communes aux deux bouts, l'évolution ou "
    "une seconde carte, la place parmi les territoires de même rang, le tableau "
    "comparé, puis ce qu'il faut retenir.",
    "Les phrases suivent les nombres imprimés et n'en donnent aucune cause. Un écart "
    "est la différence de deux valeurs imprimées.",
    "Un graphique sans source a celle de la carte et du tableau de sa page.",
)
_MANY: Final = 40
COVER_MM: Final = 140.0
"""How high the map of a cover is."""
_COVER_SCALE: Final = 500_000.0
"""Of most covers, which then compare: ninety kilometres of towns around."""
_COVER_AROUND: Final = 1.5
"""How much wider than a large territory its cover is."""
_COVER_NAMES: Final = 3
_TITLE_MM: Final = 4.0
_HEAD_MM, _ENTRY_MM = 7.0, 4.4
"""Of the contents in one column: its heading, and each line."""
_WORTH_MM: Final = 45.0
"""Under this, what is left of a page goes to its letters rather than to a figure."""
_CHARTS_MM: Final = 85.0
_NAMES_AROUND: Final = 1.1
"""What the names around a territory take of its map."""


def cover_page(about: Subject, title: str, lead: str) -> Page:
    """
    Return the cover: title, territory, where it is, who made it when.

    Parameters
    ----------
    about
        What is observed.
    title
        Of the document.
    lead
        A line under the name of the territory.
    """
    return Page(
        (
            Heading(typeset(title), listed=False),
            Paragraph(typeset(about.area.name), role="headline"),
            Paragraph(typeset(lead), role="lead"),
            _locator(about),
        ),
        template="cover",
        slug="couverture",
    )


def _locator(about: Subject) -> Figure:
    """Draw the territory among the towns that a reader knows, at one scale for most."""
    whole = about.communes.dissolve()
    size = (182.0, COVER_MM)
    west, south, east, north = whole.total_bounds
    across = max((east - west) / size[0], (north - south) / size[1])
    scale = max(_COVER_SCALE, rounded_up(1000 * _COVER_AROUND * float(across)))

    def draw(ax: MapAxes) -> None:
        draw_outlines(
            ax, whole, label=about.name.bare, width=1.4, fill="#a9bcd2", color="#1f4e79"
        )
        draw_outlines(ax, about.communes, width=0.4, color="#ffffff")
        draw_outlines(ax, whole, width=1.4, color="#1f4e79")
        name_largest(ax, about.communes, whole, _COVER_NAMES)
        name_french_towns(ax)

    return map_figure(
        about,
        "couverture-carte",
        draw,
        title=f"Situation {about.name.of}",
        size_mm=size,
        scale=scale,
    )


def reading_page(
    about: Subject,
    ids: Sequence[str],
    running: str,
    *parts: Part,
    after: Sequence[tuple[str, Part]] = (),
    drawn: Callable[[float], Iterable[tuple[str, Part | None]]] | None = None,
    titled: int = 0,
) -> Page:
    """
    Return the contents, the data of the edition and how to read it.

    Parameters
    ----------
    about
        What is observed.
    ids
        Indicators that the document prints, those that there are.
    running
        What the head of the page says.
    *parts
        What goes before, such as a foreword.
    after
        What fills the page of a short document, with its slots.
    drawn
        Draws figures over the height that is left, in millimetres, with their slots.
    titled
        How many titles the contents lists, once figures are drawn.
    """
    sheet = Sheet([])
    for part in parts:
        sheet.put("title" if isinstance(part, Heading) else "words", part)
    sheet.put("words", Contents(1))
    sheet.put("table", sources_table(about, ids))
    sheet.put("below", Note("method", "Lire ce document", _set(_READING)))
    sheet.put("beside", _signs(about, ids))
    for slot, part in after:
        sheet.put(slot, part)
    taken = _HEAD_MM + _ENTRY_MM * titled
    room = sheet.room_mm() - taken
    if drawn is not None and room > _WORTH_MM:
        for slot, figure in drawn(room):
            sheet.put(slot, figure)
    return sheet.page("sommaire", running, taken_mm=taken)


def since_and_among(
    about: Subject, slug: str, high: float
) -> Iterator[tuple[str, Part]]:
    """
    Yield the population over the years, beside its change among the peers.

    Parameters
    ----------
    about
        What is observed.
    slug
        What the names of the figures begin with.
    high
        In millimetres.

    Yields
    ------
    tuple
        Slot and figure.
    """
    low = min(_CHARTS_MM, high)
    asked = about.supplied("D02")
    beside: Figure | None = None
    if asked:
        size = (89.0, low)
        beside = peers_chart(about, "D02", f"{slug}-pairs", size)
        beside = beside or _parts_chart(about, "D02", f"{slug}-parties", size)
    wide = 182.0 if beside is None else 88.0
    years = years_chart(about, f"{slug}-annees", (wide, low))
    if years is not None:
        yield ("wide" if beside is None else "left"), years
    if beside is not None:
        yield ("wide" if years is None else "right"), beside


def defined_early(
    about: Subject, ids: Sequence[str], *more: Part, titles: Iterable[int]
) -> bool:
    """
    Tell whether the page of the contents has room for the definitions.

    Parameters
    ----------
    about
        What is observed.
    ids
        Indicators whose counts there are.
    *more
        What would stand there too.
    titles
        How many lines the contents may have.
    """
    rows = max(math.ceil(n / (1 if n <= 24 else 2 if n <= 60 else 3)) for n in titles)
    notes = [
        Note("method", "Lire ce document", _set(_READING)),
        _signs(about, ids),
    ]
    high = 10.0 + _TITLE_MM * rows + max(part_mm(note, 88.0) for note in notes)
    parts = (sources_table(about, ids), definitions_table(about, ids), *more)
    return high + sum(part_mm(part, 182.0) + 4.0 for part in parts) < SHEET_MM


def _signs(about: Subject, ids: Iterable[str]) -> Note:
    """Say what signs and letters mean, with over how few a value is fragile."""
    few = few_of(about, ids, about.codes)
    told = f"En gris et en italique : {few}, à lire avec prudence, sans rang ni "
    grey = [f"{told}comparaison."] if few else []
    return Note("method", "Signes", _set([_SIGNS[0], *grey, _SIGNS[1]]))


def _set(lines: Sequence[str]) -> tuple[str, ...]:
    return tuple(map(typeset, lines))


def sources_table(about: Subject, ids: Sequence[str]) -> Table:
    """
    Return the data of a document, one source a row, with what each feeds.

    Parameters
    ----------
    about
        What is observed.
    ids
        Indicators whose counts there are.
    """
    found: dict[str, dict[str, str]] = {}
    for id_ in ids:
        for source in sources_told(about, id_):
            found.setdefault(source, {})[about.entry(id_).label] = about.told(
                id_
            ).vintage
    rows = tuple(
        (
            Cell(typeset(capital(source))),
            Cell(typeset(titles(labels, most=8))),
            Cell(", ".join(dict.fromkeys(filter(None, labels.values())))),
        )
        for source, labels in found.items()
    )
    columns = (
        Column("Source", "left", 2.4),
        Column("Indicateurs", "left", 3),
        Column("Millésime", "left", 1),
    )
    return Table(columns, rows, "Données de cette édition")


def definitions_table(about: Subject, ids: Sequence[str]) -> Table:
    """
    Return what each indicator is, as the catalogue defines it.

    Parameters
    ----------
    about
        What is observed.
    ids
        Indicators.
    """
    rows = tuple(
        (
            Cell(typeset(f"{about.entry(id_).label} ({id_})")),
            Cell(typeset(about.entry(id_).definition)),
        )
        for id_ in ids
        if about.entry(id_).definition.strip(". ").lower()
        != about.entry(id_).label.strip(". ").lower()
    )
    columns = (Column("Indicateur", "left", 2), Column("Définition", "left", 3.4))
    return Table(columns, rows, "Définitions des indicateurs")


def _parts_chart(
    about: Subject, id_: str, slug: str, size_mm: tuple[float, float]
) -> Figure | None:
    """Draw a rate of the EPCI of a territory, none where under three have one."""
    noun, values = noun_of(about, id_), {}
    for part in parts_of_territory(about):
        found = about.against(id_, part)
        if found is not None and found.plain:
            values[part.short] = found.value
    if len(values) < 3:
        return None
    return bar_chart(
        slug,
        pd.Series(values),
        caption=f"{about.told(id_).title}, par intercommunalité",
        source="",
        unit="%" if noun.unit.startswith("%") else noun.unit,
        decimals=noun.decimals,
        size_mm=size_mm,
    )


# --- what to retain -------------------------------------------------------------


def essential_page(
    about: Subject,
    ids: Sequence[str],
    sentences: Sequence[str],
    running: str,
    *,
    title: str = "L’essentiel",
) -> Page:
    """
    Return the page of what to retain: figures, sentences, a map, peers, a table.

    Parameters
    ----------
    about
        What is observed.
    ids
        Its indicators, those that there are, the most important first.
    sentences
        What is said, six at most.
    running
        What the head of the page says.
    title
        Of the page.
    """
    head, foot = Sheet([]), Sheet([])
    head.put("title", Heading(title))
    head.put("tiles", key_figures(about, ids))
    for n, text in enumerate(sentences[:6], start=1):
        head.put("words", Paragraph(text, bullet=True, key=f"essentiel.{n}"))
    foot.put("table", comparison_table(about, ids[:9], "Territoires comparés"))
    room = SHEET_MM - of_words([*head.held, *foot.held])
    rates = [i for i in ids if is_rate(about, i) and varies(about, i)]
    rates.sort(key=lambda i: i != "L04")
    middle = Sheet(list(_essential_figures(about, rates, room)))
    return Sheet([*head.held, *middle.held, *foot.held]).page("essentiel", running)


_AROUND: Final = 26.4
"""Captions and source of a map and of the charts under it, with their gaps."""
_LEAST_CHART: Final = 21.0


def _essential_figures(
    about: Subject, rates: Sequence[str], room: float
) -> Iterator[tuple[str, Part]]:
    """Return a map beside its ends, and the years beside the peers."""
    room -= _AROUND
    low = min(84.0, max(42.0, 0.42 * room))
    if rates:
        size = (110.0, min(120.0, max(60.0, room - low)))
        sized = about.mine("L01") is not None and rates[0] != "D02"
        drawn = (
            stock_map(about, "L01", rates[0], "essentiel-carte", size)
            if sized
            else rate_map(about, rates[0], "essentiel-carte", size)
        )
        yield "map", drawn
        tall = part_mm(drawn, 110.0) - legend_mm(drawn) - 13.0
        ends = (
            ends_chart(about, rates[0], "essentiel-communes", (67.0, tall))
            if tall >= _LEAST_CHART
            else None
        )
        if ends is not None:
            yield "side", ends
    # Without peers the years take the width.
    size = (89.0, low)
    beside = peers_chart(about, rates[0], "essentiel-pairs", size) if rates else None
    wide = 182.0 if beside is None else 88.0
    years = years_chart(about, "essentiel-annees", (wide, low))
    if not rates:
        yield from few_figures(
            about, about.supplied("D02", "L04"), "essentiel", room - low
        )
    if years is not None:
        yield ("wide" if beside is None else "left"), years
    if beside is not None:
        yield "right", beside


# --- perimeter ------------------------------------------------------------------


def perimeter_page(about: Subject, running: str, *more: tuple[str, Part]) -> Page:
    """
    Return the page of the perimeter: where, of what, what it is compared with.

    Parameters
    ----------
    about
        What is observed.
    running
        What the head of the page says.
    *more
        Other parts, with their slots.
    """
    sheet = Sheet([])
    sheet.put("title", Heading("Périmètre"))
    text = (
        f"Le périmètre est celui {about.name.of} au 1er janvier {about.area.vintage} : "
        f"{counted(len(about.codes), 'commune')}."
    )
    sheet.put("words", Paragraph(typeset(text), key="perimetre.texte"))
    if about.outside:
        told = enumerated(list(about.outside), most=5)
        text = (
            f"Hors des départements du Nord et du Pas-de-Calais, {told} ne sont pas "
            "comptées : les totaux sont des minimums."
        )
        sheet.put("words", Paragraph(typeset(text)))
    tail = Sheet([("table", _territories(about)), *more])
    history = _history(about)
    if history:
        tail.put("box", Note("place", "Le périmètre dans le temps", history))
    whole = Sheet([*sheet.held, *tail.held])
    room = whole.room_mm(2)
    spare = room - filled_mm(about.communes) - _CHART_AROUND
    sizes: list[tuple[str, Part]] = list(_by_size(about, spare))
    words = Sheet([*sheet.held, *sizes, *tail.held])
    words.fill(
        "wide",
        lambda high: situation_figure(about, high=high),
        (80.0, 196.0),
        first=min(filled_mm(about.communes), room) if sizes else room,
    )
    return words.page("perimetre", running)


_CHART_AROUND: Final = 11.0
"""Caption of the charts under a map, and their gap."""
_LEAST_SIZES: Final = 30.0


def filled_mm(units: gpd.GeoDataFrame, wide: float = 182.0) -> float:
    """
    Return how high a map is of which units fill the width, with names around them.

    Parameters
    ----------
    units
        What it shows.
    wide
        Its width, in millimetres.
    """
    west, south, east, north = units.total_bounds
    return float(_NAMES_AROUND * wide * (north - south) / (east - west))


def _by_size(about: Subject, high: float) -> Iterator[tuple[str, Figure]]:
    """Yield how many communes there are of each size, and who lives there."""
    sizes = by_size(about)
    if high < _LEAST_SIZES or sizes.nunique() < 2:
        return
    year = about.years("population")[-1]
    people = about.counted("population", about.codes)[year]
    if people.isna().any():
        return
    high = min(high, 14.0 + 9.0 * sizes.nunique())
    kept = [label for label in sizes.cat.categories if (sizes == label).any()]
    counts = sizes.value_counts().reindex(kept).astype(float)
    held = people.groupby(sizes, observed=True).sum().reindex(kept)
    charts = (
        ("left", 88.0, counts, "Communes selon leur nombre d’habitants"),
        (
            "right",
            89.0,
            held,
            f"Habitants en {year} de ces communes, selon leur taille",
        ),
    )
    for slot, wide, line, caption in charts:
        yield (
            slot,
            bar_chart(
                f"perimetre-tailles-{slot}",
                line.set_axis([str(label) for label in line.index]),
                caption=typeset(caption),
                source="",
                order=False,
                size_mm=(wide, high),
            ),
        )


def _territories(about: Subject) -> Table:
    ids = about.supplied("D01", "D05", "L01")
    listed: list[tuple[str, int, Other | None]] = [
        (about.area.name, len(about.codes), None)
    ]
    listed += [
        (o.name.bare[:1].upper() + o.name.bare[1:], len(o.communes), o)
        for o in (*parts_of_territory(about)[:9], *about.others)
        if frozenset(about.codes) != o.communes
    ]
    rows = []
    for name, count, other in listed:
        values = [
            about.total(i) if other is None else about.against(i, other) for i in ids
        ]
        cells = [
            Cell("n.d.", "not-available") if v is None else v.cell() for v in values
        ]
        rows.append(
            (Cell(typeset(name)), Cell(number(count), value=float(count)), *cells)
        )
    heads = [about.told(i).title + (" (hab./km²)" if i == "D05" else "") for i in ids]
    columns = (
        Column("Territoire", "left", 2.6),
        Column("Communes"),
        *(Column(typeset(head), "right", 1.3) for head in heads),
    )
    return Table(
        columns,
        tuple(rows),
        "Territoires du document",
        notes=(
            *reasons_of_wholes(about, ids, [o for *_, o in listed if o is not None]),
            "Deux territoires faits des mêmes communes ne paraissent qu’une fois.",
        ),
        source=" ; ".join(
            dict.fromkeys(filter(None, [about.area.source, sources_line(about, *ids)]))
        ),
    )


def _history(about: Subject) -> tuple[str, ...]:
    """Say how the perimeter of an EPCI moved, the latest first."""
    if about.area.level != "epci" or about.listing is not None:
        return ()
    table = lineage(epci=about.area.code)
    told = []
    for day, group in list(table.groupby("date"))[::-1][:3]:
        when = long_date(dt.date.fromisoformat(str(day)))
        notes = list(dict.fromkeys(map(str, group["note"].dropna())))
        text = f"{when} : {_event(group)}. {' '.join(notes)}"
        told.append(typeset(text.strip()))
    return tuple(told)


def _event(group: pd.DataFrame) -> str:
    """Say in French what happened to an EPCI on a day."""
    first = group.iloc[0]
    match str(first["nature"]):
        case "fusion":
            names = list(dict.fromkeys(map(str, group["from_name"])))
            return f"fusion de {enumerated(names, most=3)}"
        case "transfer":
            return (
                f"transfert d'une commune, de {first['from_name']} à {first['to_name']}"
            )
        case "siren":
            return f"nouveau SIREN, même périmètre ({first['to_name']})"
        case _:
            return f"{first['from_name']} devient {first['to_name']}"


def situation_figure(
    about: Subject,
    *,
    high: float = 130.0,
    wide: float = 182.0,
    slug: str = "situation",
) -> Figure:
    """
    Draw where the communes of the territory are.

    Parameters
    ----------
    about
        What is observed.
    high, wide
        In millimetres.
    slug
        Name of the figure.
    """

    def draw(ax: MapAxes) -> None:
        draw_outlines(
            ax, about.communes, label="limite de commune", width=0.35, color=HAIR
        )
        parts = parts_of_territory(about)
        if len(parts) > 1:
            codes = [part.code for part in parts]
            inner = about.epcis[about.epcis.index.isin(codes)]
            draw_outlines(ax, inner, label="limite d'EPCI", width=0.9, color="#1f6fb2")
        outline = about.communes.dissolve()
        draw_outlines(ax, outline, label="limite du territoire", width=1.2)
        many = len(about.codes) > _MANY
        draw_labels(ax, about.communes, most=60 if many else None, strong=5)

    return map_figure(
        about,
        slug,
        draw,
        title=f"Les communes {about.name.of}",
        size_mm=(wide, high),
        beside="Les noms qui n'ont pas de place ne sont pas écrits",
    )
