"""The five SCoT side by side: one page an indicator, all alike, classes shared."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from basinmap.arguments import check_given
from basinmap.catalogue.entries import catalogue
from basinmap.deliverables.chapter_figures import ends_chart, ranked, sources_line
from basinmap.deliverables.chapter_pages import Sheet
from basinmap.deliverables.chapters import (
    HAIR,
    Chapter,
    ground_credit,
    is_rate,
    map_figure,
    not_supplied,
    noun_of,
    short_title,
    varies,
)
from basinmap.deliverables.charts import bar_chart, range_strips
from basinmap.deliverables.classing import classes_of
from basinmap.deliverables.groups import in_basin, spread
from basinmap.deliverables.opening_pages import (
    cover_page,
    definitions_table,
    reading_page,
    since_and_among,
)
from basinmap.deliverables.printed import Other, Value
from basinmap.deliverables.publishing import checked_formats, write_document
from basinmap.deliverables.scot_documents import every_scot, scots_outline, wider
from basinmap.deliverables.sentences import (
    Noun,
    check_neutral,
    enumerated,
    printed,
)
from basinmap.deliverables.subjects import Subject, subject
from basinmap.deliverables.texts import check_texts
from basinmap.errors import CodeError, DataError, culprits
from basinmap.export.document_themes import DocumentTheme
from basinmap.export.parts import (
    Cell,
    Column,
    Document,
    Figure,
    Heading,
    Legend,
    Note,
    Page,
    Paragraph,
    Table,
)
from basinmap.maps.layers.choropleths import draw_choropleth
from basinmap.maps.layers.names import draw_labels
from basinmap.maps.layers.outlines import draw_outlines
from basinmap.maps.layers.symbols import draw_symbols
from basinmap.maps.paper.figures import figure
from basinmap.maps.paper.sheets import MapAxes
from basinmap.staging import check_folder
from basinmap.territory.levels import BASSIN
from basinmap.territory.naming import Name
from basinmap.typography import BROAD, capital, number, typeset, uncapital
from basinmap.values.told import measures_of

__all__ = ["COMPARED", "comparison_document", "scot_comparison"]

COMPARED: Final = (
    *("D01", "D02", "D05", "L01", "L02", "L03", "L04", "L05"),
    *("D10", "D08", "L08", "L09", "L14", "S02", "R01", "R02", "C02", "M02", "F03"),
)
"""Indicators of the comparison, those whose counts are given, in order."""
_SLOTS: Final = ("one", "two", "three", "four", "five")
_SIZE: Final = (57.0, 58.0)
_CIRCLE: Final = 3.6


def comparison_document(
    about: Subject,
    *,
    indicators: Iterable[str] = COMPARED,
    procedures: Mapping[str, str] | None = None,
) -> Document:
    """
    Return the five SCoT of the bassin minier side by side, by one method.

    Maps are at one scale with the same classes, strips on one axis, ranks on printed
    values; nothing adds indicators up into a score.

    Parameters
    ----------
    about
        The bassin minier, with all counts that there are.
    indicators
        Ids, one page each; those whose counts were not given are listed with their
        file.
    procedures
        Procedure of each SCoT, by slug, as printed.

    Raises
    ------
    CodeError
        If an indicator or a SCoT is unknown.
    DataError
        If the territory does not hold the five SCoT, or no indicator has its counts.

    Examples
    --------
    >>> import basinmap as bm, datetime as dt
    >>> about = bm.subject("bassin-minier", author="A", date=dt.date(2026, 11, 29))
    >>> bm.comparison_document(about, indicators=["L04"]).title
    'Les cinq SCoT du bassin minier'
    """
    check_given(comparison_document, locals())
    asked = list(dict.fromkeys(indicators))
    if strange := [i for i in asked if i not in catalogue().indicators]:
        msg = f"unknown indicator(s) {culprits(strange)}; see bm.indicators()"
        raise CodeError(msg)
    five = every_scot()
    told = dict(procedures or {})
    if strange := sorted(set(told) - {o.code for o in five}):
        known = ", ".join(o.code for o in five)
        msg = f"procedures of {culprits(strange)}, which are no SCoT; there are {known}"
        raise CodeError(msg)
    if not in_basin() <= frozenset(about.codes):
        msg = (
            f"{about.area.name} does not hold the five SCoT: observe 'bassin-minier', "
            "or a perimeter around it"
        )
        raise DataError(msg)
    ids = [i for i in about.supplied(*asked) if varies(about, i)]
    if not ids:
        msg = f"no counts of {', '.join(asked)} were given; see bm.read_source"
        raise DataError(msg)
    running = typeset(f"Les cinq SCoT du bassin minier · {about.date.year}")
    scale = _common_scale(about, five)
    pages = [
        cover_page(
            about,
            "Les cinq SCoT",
            f"Une page par indicateur, édition {about.date.year}",
        ),
        reading_page(
            about,
            ids,
            running,
            after=[("table", definitions_table(about, ids))],
            drawn=partial(since_and_among, about, "sommaire"),
            titled=len(ids) + 2,
        ),
        _presentation(about, five, told, running),
        *(_page_of(about, id_, five, scale, running) for id_ in ids),
        _matrix_page(about, asked, ids, five, running),
    ]
    document = Document(
        slug="comparaison-scot",
        title="Les cinq SCoT du bassin minier",
        author=about.author,
        date=about.date,
        pages=tuple(pages),
        subtitle="Comparaison par une seule méthode",
        subject="Comparaison des SCoT du bassin minier",
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


def scot_comparison(  # noqa: PLR0913 - what a document may be made from
    *,
    out: str | Path,
    author: str = "basinmap",
    date: dt.date | None = None,
    counts: pd.DataFrame | None = None,
    indicators: Iterable[str] | None = None,
    procedures: Mapping[str, str] | None = None,
    formats: Iterable[str] = ("pdf",),
    look: DocumentTheme | None = None,
    texts: Mapping[str, str] | None = None,
) -> Path:
    """
    Write the comparison of the five SCoT of the bassin minier.

    Parameters
    ----------
    out
        Folder of the outputs.
    author, date
        Who signs it, and when; today by default.
    counts
        Counts of all communes, as `read_source` returns them.
    indicators, procedures
        See `comparison_document`; all those that are compared by default.
    formats, look, texts
        See `scot_observatory`.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    CodeError
        If an indicator or a SCoT is unknown.
    DataError
        If no indicator has its counts.
    OutputError
        If the folder cannot be written.

    Examples
    --------
    >>> import basinmap as bm, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = bm.scot_comparison(
    ...         out=folder, indicators=["L04"], formats=["html"]
    ...     )
    ...     sorted(path.name for path in made.iterdir())
    ['comparaison-scot.html', 'manifest.json']
    """
    check_given(scot_comparison, locals())
    check_texts(texts)
    check_folder(out)
    formats = checked_formats(formats)
    day = date or dt.date.today()  # noqa: DTZ011 - the maker's day
    about = subject(BASSIN, author=author, date=day, counts=counts)
    asked = COMPARED if indicators is None else indicators
    document = comparison_document(about, indicators=asked, procedures=procedures)
    return write_document(
        out, document, formats=formats, theme=look, texts=texts, about=about
    )


def _ground(about: Subject, other: Other) -> gpd.GeoDataFrame:
    return about.ground[about.ground.index.isin(list(other.communes))]


def _common_scale(about: Subject, five: Sequence[Other]) -> float:
    """Return the scale at which each of the five fits in its frame."""
    scales = []
    for other in five:
        _, ax = figure(_ground(about, other), size_mm=_SIZE, title=other.name.short)
        scales.append(ax.plan.scale)
    return max(scales)


# --- the five -------------------------------------------------------------------


def _presentation(
    about: Subject, five: Sequence[Other], procedures: Mapping[str, str], running: str
) -> Page:
    sheet = Sheet([("title", Heading("Les cinq SCoT"))])
    text = (
        "Les cinq schémas de cohérence territoriale couvrent les huit "
        "intercommunalités du bassin minier, chacune dans un seul. Leurs "
        "surfaces sont sommées par commune."
    )
    sheet.put("lead", Paragraph(typeset(text), role="lead", key="scots.presentation"))
    sheet.put("table", _five_table(about, five, procedures))
    sheet.fill("wide", partial(scots_outline, about), (100.0, 180.0))
    return sheet.page("presentation", running)


def _five_table(
    about: Subject, five: Sequence[Other], procedures: Mapping[str, str]
) -> Table:
    held = about.ground["epci"]
    area = about.table.get("area_km2")
    rows = []
    for other in five:
        codes = sorted(other.communes)
        names = [
            str(about.epcis.loc[code, "name"])
            for code in sorted(set(held.reindex(codes).dropna()))
        ]
        people = about.against("D01", other)
        row = [
            Cell(typeset(other.name.short)),
            Cell(typeset(" ; ".join(names))),
            Cell(number(len(codes)), value=float(len(codes))),
            Cell("n.d.", "not-available") if people is None else people.cell(),
            Cell("n.d.", "not-available")
            if area is None
            else Cell(number(float(area.reindex(codes).sum()), 0)),
        ]
        if procedures:
            told = procedures.get(other.code, "")
            row.append(Cell(typeset(told)) if told else Cell("n.d.", "not-available"))
        rows.append(tuple(row))
    year = about.told("D01").vintage if about.of("D01") is not None else ""
    columns = [
        Column("SCoT", "left", 1.8),
        Column("Intercommunalités", "left", 3),
        Column("Communes"),
        Column(f"Population {year}".strip()),
        Column("Surface (km²)"),
    ]
    if procedures:
        columns.append(Column("Procédure", "left", 2))
    known = measures_of(about.table).get("area_km2")
    surface = f"surface : {known.source}" if area is not None and known else ""
    people_of = () if about.of("D01") is None else about.told("D01").sources
    source = " ; ".join(filter(None, [*people_of, surface]))
    caption = "Les cinq SCoT du bassin minier"
    return Table(tuple(columns), tuple(rows), caption, source=source)


# --- one page an indicator ------------------------------------------------------


def _page_of(
    about: Subject, id_: str, five: Sequence[Other], scale: float, running: str
) -> Page:
    entry = about.entry(id_)
    sheet = Sheet([("title", Heading(typeset(about.told(id_).title)))])
    text = _sentence(about, id_, five)
    if text:
        sheet.put("lead", Paragraph(text, role="lead", key=f"{id_.lower()}.chapeau"))
    for slot, drawn in zip(_SLOTS, _maps(about, id_, five, scale), strict=True):
        sheet.put(slot, drawn)
    values = _values(about, id_, five)
    strips = _strips(about, id_, values)
    if strips is None:  # a median: its communes alone have one
        slug = f"{id_.lower()}-communes"
        strips = ends_chart(about, id_, slug, (88.0, 78.0))
    sheet.put("left", strips)
    sheet.put("right", _table(about, id_, five))
    same = entry.definition == entry.label
    lines = [] if same else [f"{entry.label} : {uncapital(entry.definition)}."]
    if is_rate(about, id_) and any(v is not None for v in values.values()):
        lines.append(
            "Le taux d’un SCoT est celui de ses effectifs additionnés, jamais la "
            "moyenne des taux de ses communes."
        )
    lines += list(entry.notes)
    if lines:
        note = Note("method", "Méthode", tuple(map(typeset, lines)))
        sheet.put("reading", note)
    sheet.put("foot", Paragraph(_foot(about, id_, scale), role="small"))
    return sheet.page(id_.lower(), running, "multiples")


def _foot(about: Subject, id_: str, scale: float) -> str:
    return typeset(
        f"Source : {sources_line(about, id_)}. Cinq cartes à une même échelle, "
        f"1{BROAD}:{BROAD}{number(scale)}, aux mêmes classes. {ground_credit(about)}"
    )


def _values(
    about: Subject, id_: str, five: Sequence[Other]
) -> dict[Other, Value | None]:
    return {other: about.against(id_, other) for other in five}


def _maps(
    about: Subject, id_: str, five: Sequence[Other], scale: float
) -> list[Figure]:
    """Draw the five at one scale; the last one bears the legend of all."""
    every = about.of(id_)
    assert every is not None  # noqa: S101 - asked for only when supplied
    shared = every[every.index.isin(list(in_basin()))]
    rate = is_rate(about, id_)
    classes = classes_of(about, id_, shared, beside=True) if rate else None
    largest = float(shared.max())
    drawn = []
    for other in five:
        draw = partial(_draw, about, other, shared, classes, largest)
        drawn.append(
            map_figure(
                about,
                f"{id_.lower()}-{other.code}",
                draw,
                title=_bare(other.name),
                size_mm=_SIZE,
                units=_ground(about, other),
                scale=scale,
            )
        )
    legends = _joined([f.legends for f in drawn], classes)
    bare = [replace(f, source="", legends=()) for f in drawn]
    return [*bare[:-1], replace(bare[-1], legends=legends)]


def _draw(
    about: Subject,
    other: Other,
    values: pd.Series,
    classes: pd.Series | None,
    largest: float,
    ax: MapAxes,
) -> None:
    ground = _ground(about, other)
    if classes is not None:
        draw_choropleth(ax, ground, classes)
    else:
        draw_outlines(ax, ground, label="limite de commune", width=0.25, color=HAIR)
        draw_symbols(ax, ground, values, largest=largest, largest_mm=_CIRCLE)
    outline = ground.dissolve()
    draw_outlines(ax, outline, label="limite du SCoT", width=1.0)
    draw_labels(ax, ground, most=5, strong=2)


def _joined(
    many: Sequence[tuple[Legend, ...]], classes: pd.Series | None
) -> tuple[Legend, ...]:
    """Return one legend of five, the numbers of communes added up."""
    found: dict[str, Legend] = {}
    for legends in many:
        for legend in legends:
            known = found.get(legend.title)
            found[legend.title] = legend if known is None else _added(known, legend)
    if classes is None:
        return tuple(found.values())
    # In the order of the classes, whichever map had which of them.
    order = [str(label) for label in classes.cat.categories][::-1]
    return tuple(
        replace(
            legend,
            entries=tuple(
                sorted(
                    legend.entries,
                    key=lambda e: order.index(e.label) if e.label in order else 99,
                )
            ),
        )
        for legend in found.values()
    )


def _added(one: Legend, two: Legend) -> Legend:
    entries = {entry.label: entry for entry in one.entries}
    for entry in two.entries:
        known = entries.get(entry.label)
        if known is None:
            entries[entry.label] = entry
        elif known.count.isdigit() and entry.count.isdigit():
            total = str(int(known.count) + int(entry.count))
            entries[entry.label] = replace(known, count=total)
    return replace(one, entries=tuple(entries.values()))


def _strips(
    about: Subject, id_: str, values: Mapping[Other, Value | None]
) -> Figure | None:
    plain = {o: v.value for o, v in values.items() if v is not None and v.plain}
    noun = noun_of(about, id_)
    unit = "%" if noun.percentage or noun.unit.startswith("%") else noun.unit
    lines = {o: spread(about, id_, o.communes) for o in plain}
    plain = {o: v for o, v in plain.items() if len(lines[o])}
    if len(plain) < 2:  # a median: the communes alone have one
        return None
    totals = pd.Series({_bare(o.name): v for o, v in plain.items()})
    caption, slug = f"{short_title(about, id_)} : les cinq SCoT", f"{id_.lower()}-scots"
    if not is_rate(about, id_):
        return bar_chart(
            slug,
            totals,
            caption=caption,
            source="",
            decimals=noun.decimals,
            signed=noun.signed,
            unit=unit,
            size_mm=(88.0, 76.0),
        )
    return range_strips(
        slug,
        totals,
        {_bare(o.name): lines[o] for o in plain},
        caption=f"{caption} ; petits points : communes",
        source="",
        unit=unit,
        decimals=noun.decimals,
        signed=noun.signed,
        size_mm=(88.0, 78.0),
    )


def _bare(name: Name) -> str:
    """Return the name of a SCoT without the word."""
    for head in ("SCoT de l'", "SCoT du ", "SCoT de ", "SCoT "):
        if name.short.startswith(head):
            return typeset(name.short.removeprefix(head))
    return typeset(capital(name.short))


def _ranks(values: Mapping[Other, Value | None]) -> dict[str, str]:
    """Return the rank of each printed value, ties told by « ex. »."""
    seen = {
        o.code: printed(v.value, v.decimals)
        for o, v in values.items()
        if v is not None and v.plain
    }
    told = {}
    for code, value in seen.items():
        place = sum(other > value for other in seen.values()) + 1
        tied = sum(other == value for other in seen.values()) > 1
        text = "1er" if place == 1 else f"{place}e"
        told[code] = f"{text} ex." if tied else text
    return told


def _table(about: Subject, id_: str, five: Sequence[Other]) -> Table:
    values = _values(about, id_, five)
    ranks, noun = _ranks(values), noun_of(about, id_)
    rows = []
    for other in [*five, *wider(about)]:
        value = about.against(id_, other)
        line = spread(about, id_, other.communes)
        ends = (
            [_written(v, value, noun) for v in (line.min(), line.max())]
            if len(line)
            else ["n.d.", "n.d."]
        )
        rank = ranks.get(other.code, "–")
        rows.append(
            (
                Cell(_bare(other.name)),
                Cell("n.d.", "not-available") if value is None else value.cell(),
                *(Cell(end) for end in ends),
                Cell(rank),
            )
        )
    columns = (
        Column("Territoire", "left", 3.2),
        Column("Ensemble", "right", 1.2),
        Column("Commune la plus basse", "right", 1.2),
        Column("Commune la plus haute", "right", 1.2),
        Column("Rang", "right", 0.8),
    )
    caption = f"{short_title(about, id_)}, par territoire"
    notes = ("ex. : ex æquo, les valeurs imprimées étant égales.",)
    tied = any("ex." in rank for rank in ranks.values())
    told = list(notes) if tied else []
    if (care := about.care(id_)) and about.unranked(id_):
        told.append(f"Communes de {care} : hors des extrêmes.")
    return Table(
        columns, tuple(rows), typeset(caption), notes=tuple(map(typeset, told))
    )


def _written(number_: float, like: Value | None, noun: Noun) -> str:
    """Write the value of a commune as the column writes those of territories."""
    if like is None:  # the heading says the unit
        alone = noun.unit and not noun.percentage
        value = float(number_)
        return number(value, noun.decimals) if alone else noun.write(value)
    return replace(like, value=float(number_), state="").text


def _sentence(about: Subject, id_: str, five: Sequence[Other]) -> str:
    """Say both ends among the five, or among their communes for a median."""
    noun = noun_of(about, id_)
    values = {
        o: v for o, v in _values(about, id_, five).items() if v is not None and v.plain
    }
    subject, goes = noun.the[:1].upper() + noun.the[1:], "vont" if noun.many else "va"
    if len(values) < 2:
        line = ranked(about, id_)
        if line.empty:
            return ""
        low, high = (noun.write(float(line.iloc[n])) for n in (-1, 0))
        return typeset(f"{subject} {goes} de {low} à {high} selon la commune.")
    seen = {o: printed(v.value, v.decimals) for o, v in values.items()}
    if len(set(seen.values())) == 1 and len(seen) == len(five):
        (value,) = set(seen.values())
        is_ = "sont les mêmes" if noun.many else "est la même"
        if not noun.many and noun.gender == "m":
            is_ = "est le même"
        return typeset(
            f"{subject} {is_} dans les cinq SCoT{BROAD}: {noun.write(value)}."
        )
    told = []
    for value in (min(seen.values()), max(seen.values())):
        who = enumerated([o.name.at for o, v in seen.items() if v == value])
        same = noun.many and noun.unit == noun.singular
        told.append(
            f"{number(value, noun.decimals) if same else noun.write(value)} {who}"
        )
    what = f"{noun.the} {goes}"
    if noun.many:  # « les logements vont de 18 877 logements » repeats itself
        what = f"le nombre {'d’' if noun.singular[0] in 'aeéi' else 'de '}"
        what += f"{noun.singular} va"
    return typeset(f"Parmi les cinq SCoT, {what} de {told[0]} à {told[1]}.")


# --- matrix and end -------------------------------------------------------------


def _matrix_page(
    about: Subject,
    asked: Sequence[str],
    ids: Sequence[str],
    five: Sequence[Other],
    running: str,
) -> Page:
    sheet = Sheet([("title", Heading("Tous les indicateurs"))])
    text = (
        "Chaque case donne la valeur imprimée et son rang, du plus élevé au plus "
        "faible. Un rang n’est pas une note : aucune somme n’en est faite."
    )
    sheet.put("lead", Paragraph(typeset(text), role="lead", key="matrice.chapeau"))
    rows = []
    for id_ in ids:
        values = _values(about, id_, five)
        ranks = _ranks(values)
        cells = []
        for other in five:
            value = values[other]
            if value is None:
                cells.append(Cell("n.d.", "not-available"))
                continue
            cell, rank = value.cell(), ranks.get(other.code)
            cells.append(replace(cell, text=f"{cell.text} ({rank})") if rank else cell)
        rows.append((Cell(short_title(about, id_)), *cells))
    columns = (
        Column("Indicateur", "left", 1.6),
        *(Column(_bare(o.name), "right", 1.2) for o in five),
    )
    table = Table(
        columns,
        tuple(rows),
        "Les cinq SCoT : valeurs et rangs",
        source=sources_line(about, *ids),
    )
    sheet.put("table", table)
    sheet.put("table", _ends_table(about, ids))
    chapter = Chapter("comparaison", "Comparaison", "", tuple(asked))
    sheet.put("table", not_supplied(about, [chapter]))
    lines = (
        "Chaque indicateur est calculé de la même façon pour les cinq SCoT, sur la "
        "liste des communes au 1er janvier "
        f"{about.area.vintage}, y compris pour les années antérieures : un périmètre "
        "constant, avec Émerchicourt là où elle est à cette date.",
        "Les classes sont celles des communes des cinq SCoT réunies : une couleur vaut "
        "le même taux sur les cinq cartes. Les rangs sont ceux des valeurs imprimées, "
        "les égalités étant dites.",
        "Un écart entre deux SCoT est constaté ; il n’est donné d’aucun une cause.",
    )
    sheet.put("reading", Note("method", "Méthode", tuple(map(typeset, lines))))
    sheet.put("foot", Paragraph(ground_credit(about), role="small"))
    return sheet.page("matrice", running)


def _ends_table(about: Subject, ids: Sequence[str]) -> Table | None:
    """Return the communes at both ends of each rate, by name."""
    rows = []
    for id_ in ids:
        line = ranked(about, id_) if is_rate(about, id_) else pd.Series(dtype=float)
        if line.empty:
            continue
        noun = noun_of(about, id_)
        seen = line.map(lambda value, n=noun.decimals: printed(value, n))
        cells = []
        for value in (seen.min(), seen.max()):
            names = [str(about.names[code]) for code in seen.index[seen == value]]
            who = enumerated(sorted(names), most=2)
            text = noun.write(float(value))
            cells.append(Cell(typeset(f"{text} : {who}"), value=float(value)))
        rows.append((Cell(short_title(about, id_)), *cells))
    if not rows:
        return None
    columns = (
        Column("Indicateur", "left", 1.4),
        Column("Valeur la plus basse", "left", 2.2),
        Column("Valeur la plus haute", "left", 2.2),
    )
    title = "Les communes aux deux bouts, parmi celles qui ont rang"
    return Table(columns, tuple(rows), title)
