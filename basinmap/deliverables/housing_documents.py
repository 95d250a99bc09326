"""The PLH as a document: diagnostic, fiches communales, what was not given."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import pandas as pd

from basinmap.arguments import check_given
from basinmap.deliverables.age_pages import PYRAMID, pyramid_page
from basinmap.deliverables.chapter_pages import Sheet, chapter_page
from basinmap.deliverables.chapters import (
    NUMBERED,
    Chapter,
    CommuneMaps,
    commune_sentences,
    comparison_table,
    ground_credit,
    halves_table,
    is_rate,
    not_supplied,
    noun_of,
    places_of_communes,
    rates_by_commune,
    row_label,
    sentences_of,
    short_name,
    short_title,
    units_table,
    varies,
    written,
)
from basinmap.deliverables.charts import bar_chart, line_chart, peer_strips
from basinmap.deliverables.glossary import glossary_table, loose_mm
from basinmap.deliverables.heights import SHEET_MM, legend_mm, of_words, part_mm
from basinmap.deliverables.move_pages import Moves, moves_of, moves_page
from basinmap.deliverables.opening_pages import (
    cover_page,
    defined_early,
    definitions_table,
    essential_page,
    perimeter_page,
    reading_page,
)
from basinmap.deliverables.point_mort import point_mort_parts
from basinmap.deliverables.programme_pages import (
    Balance,
    balance_lacking,
    balance_page,
    former_page,
    sectors_of,
    sectors_page,
)
from basinmap.deliverables.sentences import (
    Evolution,
    Noun,
    check_neutral,
    counted,
    enumerated,
    evolution,
    part,
    titles,
    trend,
)
from basinmap.deliverables.subjects import Subject
from basinmap.export.parts import (
    Document,
    Figure,
    Heading,
    KeyFigure,
    KeyFigures,
    Note,
    Page,
    Paragraph,
    Part,
    Table,
)
from basinmap.territory.naming import Name
from basinmap.typography import (
    BROAD,
    capital,
    long_date,
    number,
    percent,
    stopped,
    typeset,
)
from basinmap.values.told import told_of

__all__ = ["CHAPTERS", "fiche", "plh_document"]

CHAPTERS: Final = (
    Chapter(
        "population",
        "Population",
        "Où la population augmente-t-elle, où diminue-t-elle ?",
        ("D01", "D02", "D05"),
        mapped="D02",
        years="population",
    ),
    Chapter(
        "moteurs",
        "Naissances, décès, arrivées et départs",
        "L'évolution vient-elle du solde naturel ou des déménagements ?",
        ("D03", "D04"),
        mapped="D04",
    ),
    Chapter(
        "mobilites",
        "Mobilités résidentielles",
        "Combien de ménages ont emménagé depuis moins de deux ans ?",
        ("D13",),
        asks=(
            (
                "mobilite-residentielle",
                "Migrations résidentielles entre territoires (D12)",
                "movers",
            ),
        ),
    ),
    Chapter(
        "ages",
        "Âges",
        "La population est-elle plus âgée qu'ailleurs ?",
        ("D10", "D11"),
        asks=(("rp-evol-struct-pop", "Pyramide des âges", PYRAMID),),
    ),
    Chapter(
        "menages",
        "Ménages",
        "Combien de ménages, et où ?",
        ("D06", "D07", "D08", "D09"),
        beside=("D01", "L01", "L02"),
    ),
    Chapter(
        "revenus",
        "Revenus",
        "De quels revenus les ménages disposent-ils ?",
        ("R01", "R02", "R03", "S14"),
    ),
    Chapter(
        "parc",
        "Parc de logements",
        "De quels logements le parc est-il fait ?",
        ("L01", "L02", "L03", "L05", "L06", "L07"),
        mapped="L05",
        sized="L01",
    ),
    Chapter(
        "vacance",
        "Vacance",
        "Combien de logements sont vacants, et où ?",
        ("L04", "L13", "L14"),
        mapped="L04",
        beside=("L01", "L02", "L03"),
        note=(
            "Trois façons de compter la vacance",
            "Le recensement compte tout logement sans occupant au jour de l’enquête, "
            "sur cinq ans de collecte. Lovac, fichier fiscal, compte le parc privé au "
            "1er janvier et sa part vacante depuis deux ans ou plus. Le parc social "
            "rapporte les vacants aux logements proposés à la location. Les trois taux "
            "ne s’additionnent ni ne se comparent.",
        ),
    ),
    Chapter(
        "statuts",
        "Statuts d'occupation et confort",
        "Qui occupe les logements, et sont-ils assez grands ?",
        ("L08", "L09", "L10", "L11"),
    ),
    Chapter(
        "fragile",
        "Parc fragile",
        "Quelle part du parc est énergivore ou potentiellement indigne ?",
        ("L15", "L16"),
    ),
    Chapter(
        "construction",
        "Construction",
        "Combien de logements sont commencés ?",
        ("C01", "C02", "C03"),
    ),
    Chapter(
        "point-mort",
        "Point mort",
        "Combien de logements faut-il pour garder la population ?",
        ("L12",),
    ),
    Chapter(
        "marche",
        "Marché",
        "À quels prix les logements se vendent-ils et se louent-ils ?",
        ("M01", "M02", "M03", "M04"),
    ),
    Chapter(
        "social",
        "Parc social",
        "Combien de logements sociaux, et où ?",
        ("S01", "S02", "S04", "S05", "S06", "S07", "S08"),
        mapped="S02",
        sized="S01",
    ),
    Chapter(
        "demande",
        "Demande de logement social",
        "Combien de demandes pour une attribution ?",
        ("S10",),
    ),
    Chapter(
        "sru",
        "Loi SRU",
        "Quelles communes atteignent le taux de la loi ?",
        ("S03",),
    ),
    Chapter(
        "foncier",
        "Foncier",
        "Combien d'espaces naturels, agricoles et forestiers sont consommés ?",
        ("F01", "F02", "F03", "F04", "F05"),
        mapped="F03",
    ),
)
"""The chapters of the diagnostic, in order (CCH R302-1 to R302-1-4)."""

_MOVES: Final = "mobilites"
"""The chapter that the file of moves opens a page after."""
_FICHE_ROWS: Final = (
    *("D01", "D02", "D05", "D06", "L01", "L02", "L03", "L04", "L05"),
    *("L14", "R01", "S02"),
)
_MAPPED: Final = ("L04", "L05", "L02", "D05")
"""Rates that the map of a fiche may show: the first that there is."""
_STRIPS: Final = ("D02", "D05", "L05", "L02", "L04")
_STRIP_LABELS: Final = {
    "D02": "Population (% par an)",
    "D05": "Densité (hab./km²)",
    "L05": "Maisons (%)",
    "L02": "Rés. principales (%)",
    "L04": "Vacance (%)",
}
_SECOND: Final = 5
"""Indicators from which a second page of a commune is worth its paper."""
_ONCE: Final = "Deux territoires faits des mêmes communes ne paraissent qu’une fois."
_DWELLING: Final = Noun("logement")


def plh_document(
    about: Subject,
    *,
    fiches: bool = True,
    balance: Balance | None = None,
    sectors: pd.Series | None = None,
    former: Subject | None = None,
    moves: pd.DataFrame | None = None,
) -> Document:
    """
    Return the PLH of a territory as a document.

    Parameters
    ----------
    about
        What is observed, with all counts that there are.
    fiches
        Whether a page by commune follows the diagnostic, and a second one where the
        counts that are given fill it.
    balance
        Objectives of the previous PLH and what was done, as `read_balance` returns
        them; without it the last page says which file it takes.
    sectors
        Secteur of each commune, as `read_sectors` returns them.
    former
        The same territory with the counts of a former edition, to be compared with.
    moves
        Who moved in a year, as `read_source` returns Insee's file of residential
        moves: whence people came, and where they went.

    Raises
    ------
    CodeError
        If a commune of the balance or of the secteurs is not of the territory.
    DataError
        If a commune has no secteur, the former edition is of other communes, moves are
        none or lack some of the territory, or a generated sentence gives a cause or a
        judgement.

    Examples
    --------
    >>> import basinmap as bm
    >>> import datetime as dt
    >>> about = bm.subject("osartis-marquion", author="A", date=dt.date(2026, 11, 29))
    >>> bm.plh_document(about, fiches=False).title
    'Programme local de l’habitat – SCoT Osartis-Marquion'
    """
    check_given(plh_document, locals())
    cut = None if sectors is None else sectors_of(about, sectors)
    moved = None if moves is None else moves_of(about, moves)
    own = {"balance": balance, "moves": moved}
    lacks = frozenset(name for name, given in own.items() if given is None)
    running = f"Programme local de l’habitat · {typeset(about.area.name)}"
    printed_ = about.supplied(*(i for c in CHAPTERS for i in c.indicators))
    chapters = [
        page
        for chapter in CHAPTERS
        for page in _pages_of(about, chapter, moved, running)
    ]
    # The pages around chapters are three to nine.
    least = 3 + len(chapters) + (len(about.codes) if fiches else 0)
    listed = range(least, least + 7)
    early, place = _places(about, printed_, lacks=lacks, titles=listed)
    communes: tuple[Part, ...] = _all_communes(about)
    if place == "communes":
        communes = (*communes, _method(about))
        words = glossary_table(printed_, *communes) if early else None
        communes = communes if words is None else (*communes, words)
    pages = [
        cover_page(about, "Programme local de l’habitat", _size_of(about)),
        reading_page(
            about,
            printed_,
            running,
            after=[
                *([("table", definitions_table(about, printed_))] if early else []),
                *([("reading", _method(about))] if place == "contents" else []),
            ],
        ),
        _essential(about, running),
        perimeter_page(about, running),
        *([] if balance is None else [balance_page(about, balance, running)]),
        *_since(about, former, printed_, running),
        *chapters,
        *_sectors(about, cut, printed_, running),
        Page(communes, running=running, slug="communes"),
        *_halves(about, running),
        *_closing(about, running, lacks=lacks, early=early, place=place),
    ]
    if fiches:
        mapped = next((i for i in _MAPPED if about.mine(i) is not None), "")
        rates = rates_by_commune(about, mapped) if mapped else None
        maps = (rates, places_of_communes(about))
        more = [i for i in printed_ if i not in _FICHE_ROWS]
        again = second_fiches(about, more) if len(more) >= _SECOND else {}
        for code in about.alphabetical:
            pages.append(fiche(about, code, maps))
            pages += [again[code]] if code in again else []
    document = Document(
        slug="plh",
        title=f"Programme local de l’habitat – {typeset(about.area.name)}",
        author=about.author,
        date=about.date,
        pages=tuple(pages),
        subtitle="Diagnostic et fiches communales" if fiches else "Diagnostic",
        subject=f"Diagnostic du PLH {about.name.of}",
    )
    check_neutral(_generated(document))
    return document


def _pages_of(
    about: Subject, chapter: Chapter, moved: Moves | None, running: str
) -> list[Page]:
    """Return the page of a chapter, and what its file opens beside it."""
    said = _vacancy(about) if chapter.slug == "vacance" else ()
    more = _more_of(about, chapter)
    found = [chapter_page(about, chapter, running, *more, said=said)]
    if chapter.slug == "ages":
        found.append(pyramid_page(about, running))
    if chapter.slug == _MOVES and moved is not None:
        found.append(moves_page(about, moved, running))
    return [page for page in found if page is not None]


def _more_of(about: Subject, chapter: Chapter) -> list[tuple[str, Part]]:
    """Return what a chapter shows that its indicators alone do not."""
    return point_mort_parts(about) if chapter.slug == "point-mort" else []


def _sectors(
    about: Subject, sectors: pd.Series | None, ids: Sequence[str], running: str
) -> list[Page]:
    """Return the page of the secteurs, the indicators of the fiches first."""
    if sectors is None:
        return []
    first = [i for i in _FICHE_ROWS if i in ids]
    listed = [*first, *(i for i in ids if i not in first)]
    return [sectors_page(about, sectors, listed, running)]


def _since(
    about: Subject, former: Subject | None, ids: Sequence[str], running: str
) -> list[Page]:
    """Return the page of what changed since a former edition, if there is one."""
    page = None if former is None else former_page(about, former, ids, running)
    return [] if page is None else [page]


def _generated(document: Document) -> dict[str, str]:
    """Return the sentences that were made here, by place."""
    found = {}
    for page in document.pages:
        for n, told in enumerate(page.parts):
            if isinstance(told, Note) and told.kind == "reading":
                for k, text in enumerate(told.paragraphs):
                    found[f"{page.slug}.{n}.{k}"] = str(text)
    return found


def _size_of(about: Subject) -> str:
    communes = counted(len(about.codes), "commune")
    text = f"{communes} au 1er janvier {about.area.vintage}"
    people, values = about.total("D01"), about.of("D01")
    if people is None or values is None:
        return text
    return f"{text}, {people.text} habitants en {about.told('D01').vintage}"


# --- what to retain -------------------------------------------------------------


_KEYS: Final = ("D01", "D02", "D06", "L01", "L04", "L05", "S01", "R01", "M02")
_SAID: Final = ("D01", "L04", "L05", "L14", "S02", "R02")


def _essential(about: Subject, running: str) -> Page:
    sentences = _vacancy(about)
    for id_ in about.supplied(*_SAID):
        sentences += sentences_of(about, id_)[:1]
    return essential_page(about, about.supplied(*_KEYS), sentences, running)


def _vacant_of(about: Subject, codes: pd.Index) -> tuple[float, float, int] | None:
    """Return vacant dwellings, all dwellings and their year, where both are there."""
    found = about.of("L04")
    year = about.told("L04").vintage if found is not None else ""
    names = ("vacant_dwellings", "dwellings")
    if not year.isdigit() or any(int(year) not in about.years(n) for n in names):
        return None
    vacant, whole = (float(about.sums(name, codes)[int(year)]) for name in names)
    whole_known = math.isfinite(vacant) and whole > 0
    return (vacant, whole, int(year)) if whole_known else None


def _vacancy(about: Subject) -> list[str]:
    found = None if about.outside else _vacant_of(about, about.codes)
    total = about.total("L04")
    if found is None or total is None or not total.plain:
        return []
    vacant, whole, year = found
    return [part(vacant, whole, _DWELLING, ("vacant", "vacants"), year=year)]


def _all_communes(about: Subject) -> tuple[Part, ...]:
    ids = about.supplied("D01", "D02", "L01", "L04", "L05", "L14", "S02")
    title = f"Les communes {about.name.of}"
    return (
        Heading(typeset(title)),
        units_table(about, ids, typeset(f"{title} : principaux indicateurs")),
    )


def _fits(*parts: Part) -> bool:
    """Tell whether a page of text holds parts."""
    return sum(map(loose_mm, parts)) < SHEET_MM


def _halves(about: Subject, running: str) -> list[Page]:
    """Return the page of the counts given of rates that lack their denominator."""
    table = halves_table(about, (i for c in CHAPTERS for i in c.indicators))
    if table is None:
        return []
    head = Heading("Effectifs fournis, sans leur taux")
    return [Page((head, table), running=running, slug="effectifs")]


def _closing(
    about: Subject, running: str, *, lacks: frozenset[str], early: bool, place: str
) -> list[Page]:
    """Return what was not given and the method: a page, or two where one is short."""
    first = _lacking(about, lacks=lacks)
    ids = about.supplied(*(i for c in CHAPTERS for i in c.indicators))
    method: list[Part] = [_method(about)] if place in ("lacking", "") else []
    defined: list[Part] = [] if early else [definitions_table(about, ids)]
    names = ["Méthode"] * bool(method) + ["Définitions"] * bool(defined)
    both = [*defined, *method]
    pages: list[tuple[str, list[Part], str]]
    if not both:
        pages = [("Données non fournies", first, "donnees")]
    elif _fits(Heading("Données non fournies"), *first, *both):
        pages = [("Données non fournies et méthode", [*first, *both], "methode")]
    else:
        pages = [
            ("Données non fournies", first, "donnees"),
            *_defined(capital(" et ".join(names).lower()), both),
        ]
    pages = [page for page in pages if page[1]]
    if both and pages[-1][2] == "methode":  # the last page is not left half blank
        title, parts, slug = pages[-1]
        words = glossary_table(ids, Heading(title), *parts)
        if words is not None:
            listed = title.replace(" et ", ", ")
            pages[-1] = (typeset(f"{listed} et lexique"), [*parts, words], slug)
    return [
        Page((Heading(title), *parts), running=running, slug=slug)
        for title, parts, slug in pages
    ]


def _defined(title: str, parts: list[Part]) -> list[tuple[str, list[Part], str]]:
    """Return the last page, or two where the definitions take more than one."""
    table = parts[0]
    if _fits(Heading(title), *parts) or not isinstance(table, Table):
        return [(title, parts, "methode")]
    half = (len(table.rows) + 1) // 2
    rest = replace(table, rows=table.rows[half:], caption=f"{table.caption} (suite)")
    return [
        ("Définitions", [replace(table, rows=table.rows[:half])], "definitions"),
        (
            title,
            [rest, *parts[1:]],
            "methode",
        ),
    ]


def _lacking(about: Subject, *, lacks: frozenset[str]) -> list[Part]:
    there = () if "moves" in lacks else (_MOVES,)
    asked = [replace(c, asks=()) if c.slug in there else c for c in CHAPTERS]
    missing = not_supplied(about, asked)
    found: list[Part] = [] if missing is None else [missing]
    return [*found, balance_lacking()] if "balance" in lacks else found


def _places(
    about: Subject,
    ids: Sequence[str],
    *,
    lacks: frozenset[str],
    titles: Sequence[int],
) -> tuple[bool, str]:
    """Tell whether the contents has room for the definitions; where the method goes."""
    method = _method(about)
    if _fits(*_all_communes(about), method):  # under a table that leaves room
        place = "communes"
    elif defined_early(about, ids, method, titles=titles):
        place = "contents"
    else:
        lacking = _lacking(about, lacks=lacks)
        place = "lacking" if _fits(Heading("Données"), *lacking, method) else ""
    # A page for the method alone would be nearly blank: the definitions go there.
    return bool(place) and defined_early(about, ids, titles=titles), place


def _method(about: Subject) -> Note:
    lines = [
        "Tous les taux sont calculés sur les sommes des effectifs du niveau présenté, "
        "jamais par moyenne des taux communaux.",
        "Les écarts en points sont les différences des valeurs imprimées ; les rangs "
        "sont ceux des valeurs imprimées, les égalités étant dites.",
        f"Un taux sur {about.care('L04')}, une évolution sur {about.care('D02')} "
        "sont à lire avec prudence : imprimés en gris et en italique, sans rang ni "
        "comparaison ; hachurés sur les cartes, hors des classes.",
        "Une population qui change de moins de 20 habitants se dit en habitants, sans "
        "taux ni rang ; elle est hachurée sur les cartes, hors des classes. « De "
        "moins » et « de plus » comparent deux années, quelles que soient celles "
        "d’entre elles ; « chaque année depuis » vaut pour toutes.",
        "Les logements du recensement sont des sommes d’effectifs arrondis à l’unité : "
        "les composantes peuvent différer du total de quelques unités.",
        ground_credit(about),
        f"Fait le {long_date(about.date)}.",
    ]
    return Note("method", "Méthode", tuple(typeset(line) for line in lines))


# --- fiches ---------------------------------------------------------------------


def fiche(
    about: Subject, code: str, maps: tuple[CommuneMaps | None, CommuneMaps]
) -> Page:
    """
    Return the page of a commune.

    Parameters
    ----------
    about
        What is observed.
    code
        A commune of its perimeter.
    maps
        Those of a rate, and those of where each commune is.
    """
    name = about.town(code)
    comparison = comparison_table(about, _FICHE_ROWS, "Comparaison", code=code)
    parts: list[tuple[str, Part]] = [
        ("band", Heading(typeset(name.bare))),
        (
            "headline",
            Paragraph(
                _headline(about, code, name),
                role="headline",
                key=f"fiche-{code}.titre",
            ),
        ),
        *([("tiles", tiles)] if (tiles := _tiles(about, code)).items else []),
        *([("map", _fiche_map(maps[0].of(code)))] if maps[0] else []),
        ("side", _place_map(maps[1].of(code), about, code)),
        *(
            [("left", _curve(about, code, name))]
            if len(about.years("population")) > 1
            else []
        ),
        ("right", _strips(about, code, name)),
        ("table", replace(comparison, source="")),
        (
            "reading",
            Note(
                "reading",
                "Ce que disent ces chiffres",
                _words(about, code),
                key=f"fiche-{code}.lecture",
            ),
        ),
    ]
    missing = [i for i in _FICHE_ROWS if about.of(i) is None and not about.halves(i)]
    sources = comparison.source
    lines = [
        f"{written(about.half(i, code))} ; pour un taux il manque "
        f"{enumerated(about.lacks(i))}."
        for i in _FICHE_ROWS
        if about.halves(i)
    ]
    if missing:
        lines.append(f"{titles([row_label(about, i).text for i in missing])}.")
    if lines:
        told = tuple(map(typeset, lines))
        parts.append(("missing", Note("missing", "Données non fournies", told)))
    outlines = " ; ".join(told_of(about.ground).sources)
    # Surfaces are mostly those of the outlines, credited once.
    drawn = "fond de carte"
    for one in told_of(about.ground).sources:
        if f" ; superficie : {one}" in sources:
            sources = sources.replace(f" ; superficie : {one}", "")
            drawn = "surfaces et fond de carte"
    foot = stopped(f"Sources : {sources} ; {drawn} : {outlines}")
    parts.append(("foot", Paragraph(typeset(foot), role="small")))
    slots, placed = zip(*parts, strict=True)
    return Page(
        tuple(placed), template="fiche", slots=tuple(slots), slug=f"fiche-{code}"
    )


def second_fiches(
    about: Subject, ids: Sequence[str], codes: Sequence[str] = ()
) -> dict[str, Page]:
    """
    Return the second page of communes: what the files that were given say of them.

    Parameters
    ----------
    about
        What is observed.
    ids
        Indicators that their first pages have not.
    codes
        Communes of its perimeter, by default all.
    """
    codes = codes or about.alphabetical
    words = {code: _second_words(about, code, ids) for code in codes}
    rates = [i for i in ids if is_rate(about, i) and varies(about, i)]
    there = {c: [i for i in rates if _known(about, i, c)][:_MOST_STRIPS] for c in codes}
    free = {code: SHEET_MM - of_words(sheet.held) for code, sheet in words.items()}
    most = max((len(found) for found in there.values()), default=0)
    # One size of map, that of the commune with the least room: fiches compare.
    high = min(free.values()) - _strips_mm(most, _LOW_STRIP) - _ON_MAP
    mapped = _second_mapped(about, rates)
    maps = None
    if mapped and high >= _LEAST_MAP:
        size = (110.0, min(_MOST_MAP, high))
        maps = rates_by_commune(about, mapped, size, "carte-suite")
    pages = {}
    for code, sheet in words.items():
        room = free[code]
        if maps is not None:
            drawn = maps.of(code)
            sheet.put("map", drawn)
            tall = part_mm(drawn, 110.0) - legend_mm(drawn) - _ON_CHART
            sheet.put("side", _beside_map(about, code, mapped, max(24.0, tall)))
            room -= part_mm(drawn, 110.0) + 2.6
        held = there[code][: _held(room - _ON_CHART)]
        if len(held) >= _LEAST_STRIPS:
            wide = _second_strips(about, code, held, room - _ON_CHART)
            sheet.put("wide", wide)
        name = typeset(about.town(code).bare)
        pages[code] = sheet.page(f"fiche-{code}-suite", f"{name} · suite")
    return pages


def _second_mapped(about: Subject, rates: Sequence[str]) -> str:
    """Return the rate of the map: one that the territory has a value of, if any."""
    first = [i for i in _SECOND_MAPPED if i in rates]
    listed = [*first, *(i for i in rates if i not in first)]
    whole = [i for i in listed if (v := about.total(i)) is not None and v.plain]
    return next(iter([*whole, *listed]), "")


_SECOND_MAPPED: Final = ("R02", "L08", "S04", "F03", "D04")
"""Rates that the map of a second page shows: the first that there is."""
_MOST_STRIPS: Final = 12
_LEAST_STRIPS: Final = 2
_LOW_STRIP, _HIGH_STRIP = 5.2, 11.0
_LEAST_MAP, _MOST_MAP = 42.0, 112.0
_ON_MAP: Final = 21.0
"""Caption and source of a map, a caption of the strips, and gaps."""
_ON_CHART: Final = 9.0
_VOID: Final = ("n.d.", "s", "s.o.")


def _second_words(about: Subject, code: str, ids: Sequence[str]) -> Sheet:
    """Return the second page of a commune but for its figures."""
    name = about.town(code)
    title = Heading(
        typeset(f"{name.bare} : données des fichiers fournis"), listed=False
    )
    sheet = Sheet([("title", title)])
    tiles = []
    for id_ in ids:
        value = about.commune(id_, code)
        if value is not None and value.text not in _VOID:
            whole = about.total(id_)
            beside = "" if whole is None else f"{_whole(about)} : {whole.text}"
            label = short_title(about, id_)
            tiles.append(KeyFigure(label, value.cell(), typeset(beside), id_))
    if tiles:
        sheet.put("tiles", KeyFigures(tuple(tiles[:6])))
    sheet.put("table", comparison_table(about, ids, "Comparaison", code=code))
    told = [text for i in ids for text in commune_sentences(about, code, i)[:1]][:4]
    if told:
        key = f"fiche-{code}.suite"
        note = Note("reading", "Ce que disent ces chiffres", tuple(told), key=key)
        sheet.put("reading", note)
    return sheet


def _known(about: Subject, id_: str, code: str) -> bool:
    value = about.commune(id_, code)
    return value is not None and value.plain


def _held(room: float) -> int:
    """Return how many strips a height holds."""
    return max(0, int((room - _strips_mm(0, 0.0)) / _LOW_STRIP))


def _strips_mm(count: int, each: float) -> float:
    return 6.0 + each * count


def _second_strips(
    about: Subject, code: str, ids: Sequence[str], room: float
) -> Figure:
    values = pd.DataFrame({i: about.mine(i) for i in ids})
    totals = {i: about.total(i) for i in ids}
    high = max(
        _strips_mm(len(ids), _LOW_STRIP), min(_strips_mm(len(ids), _HIGH_STRIP), room)
    )
    return peer_strips(
        f"suite-rangs-{code.lower()}",
        values,
        code,
        name=about.town(code).short,
        reference=pd.Series(
            {i: v.value if v and v.plain else float("nan") for i, v in totals.items()}
        ),
        reference_name=_whole(about),
        labels={i: _strip_label(about, i) for i in ids},
        decimals={i: about.told(i).decimals or 1 for i in ids},
        signed=[i for i in ids if noun_of(about, i).signed],
        units=dict.fromkeys(ids, ""),
        caption=f"Place parmi les {number(len(about.codes))} communes",
        source="",
        size_mm=(182.0, high),
    )


def _strip_label(about: Subject, id_: str) -> str:
    """Return the name of an indicator with its unit, said once."""
    name, unit = short_name(about, id_), about.entry(id_).unit
    said = "(" in name or not unit or unit.startswith("pour") or unit in name
    return name if said else typeset(f"{name} ({unit})")


def _beside_map(about: Subject, code: str, id_: str, high: float) -> Figure | None:
    """Draw the rate of a map for the commune and the territories that hold it."""
    found = {about.town(code).short: about.commune(id_, code)}
    found[_whole(about)] = about.total(id_)
    found |= {other.short: about.against(id_, other) for other in about.others}
    values = {k: v.value for k, v in found.items() if v is not None and v.plain}
    if len(values) < 2:
        return None
    return bar_chart(
        f"suite-taux-{code.lower()}",
        pd.Series(values),
        caption=short_title(about, id_),
        source="",
        decimals=about.told(id_).decimals or 1,
        signed=noun_of(about, id_).signed,
        unit=about.entry(id_).unit,
        mine=[about.town(code).short],
        order=False,
        size_mm=(67.0, min(high, 9.0 + 7.5 * len(values))),
    )


def _belongs(about: Subject, code: str) -> str:
    lines = [f"commune {code}", typeset(about.area.name)]
    lines += [typeset(o.name.short) for o in about.others if o.level == "scot"]
    return ", ".join(lines)


def _population(about: Subject, code: str) -> pd.Series:
    return about.counted("population", pd.Index([code])).loc[code]


def _change(about: Subject, code: str) -> Evolution | None:
    """Judge the change of the population of a commune, if two years are known."""
    line = _population(about, code).dropna()
    if len(line) < 2:
        return None
    years = (int(line.index[0]), int(line.index[-1]))
    between = list(line.iloc[1:-1])
    return evolution(line.iloc[0], line.iloc[-1], years, between=between)


def _headline(about: Subject, code: str, name: Name) -> str:
    change, people = _change(about, code), about.commune("D01", code)
    facts = []
    if change is not None:
        end = f"{counted(change.after, 'habitant')} en{BROAD}{change.end}"
        facts.append(f"{end}, {change.short}")
    elif people is not None:
        year = about.told("D01").vintage
        facts.append(f"{people.text}{BROAD}habitants en{BROAD}{year}".rstrip())
    found = _vacant_of(about, pd.Index([code]))
    if found is not None:
        told = counted(found[0], "logement vacant", "logements vacants")
        facts.append(f"{told} en{BROAD}{found[2]}")
    # The band over it says who.
    return typeset(capital(" ; ".join(facts or [f"commune {name.of}"])))


def _tiles(about: Subject, code: str) -> KeyFigures:
    tiles = []
    for id_ in about.supplied("D01", "D02", "D06", "L01", "L04", "L05"):
        value, whole = about.commune(id_, code), about.total(id_)
        if value is None or whole is None:
            continue
        if id_ == "D02" and _small(about, code):
            continue  # a rate that no page of this commune prints
        kind = about.entry(id_).kind
        detail = ""
        if kind == "stock" and value.plain and whole.plain:
            share = percent(100 * value.value / whole.value, 1)
            detail = f"{share} {_of_whole(about)}"
        elif whole.plain:
            detail = f"{_whole(about)} : {whole.text}"
        title = short_title(about, id_)
        fragile = code in about.fragile(id_)
        tiles.append(
            KeyFigure(typeset(title), value.cell(fragile=fragile), typeset(detail), id_)
        )
    return KeyFigures(tuple(tiles))


def _small(about: Subject, code: str) -> bool:
    change = _change(about, code)
    return change is None or change.verdict in {"same", "small"}


def _whole(about: Subject) -> str:
    return {"epci": "EPCI", "scot": "SCoT"}.get(about.area.level, about.name.short)


def _of_whole(about: Subject) -> str:
    words = {"epci": "de l'EPCI", "scot": "du SCoT"}
    return words.get(about.area.level, about.name.of)


def _fiche_map(drawn: Figure) -> Figure:
    # The foot of the fiche says the rest: title and scale are enough here.
    told = drawn.source.split(". ")
    scale = next(t for t in told if t.startswith("Échelle"))
    key = next((t for t in told if t.startswith(NUMBERED)), "")
    caption = ". ".join(filter(None, [drawn.caption, scale, key.removesuffix(".")]))
    return replace(drawn, source="", caption=caption)


def _place_map(drawn: Figure, about: Subject, code: str) -> Figure:
    told = typeset(f"Situation : {_belongs(about, code)}")
    alt = typeset(
        f"Petite carte : {about.town(code).bare} (rouge) dans {about.name.bare} (bleu)."
    )
    return replace(drawn, source="", legends=(), caption=told, alt=alt)


def _curve(about: Subject, code: str, name: Name) -> Figure:
    own = _population(about, code)
    groups = {_whole(about): about.codes}
    groups |= {
        o.short: about.table.index.intersection(sorted(o.communes))
        for o in about.others
        if o.level in {"scot", "bassin"}
    }
    lines = {name.short: own}
    for label, codes in groups.items():
        lines[label] = about.sums("population", codes)
    based = pd.DataFrame(
        {label: 100 * line / line.iloc[0] for label, line in lines.items()}
    )
    first = int(based.index[0])
    return line_chart(
        f"courbe-{code.lower()}",
        based,
        caption=f"Population, base 100 en{BROAD}{first}",
        source="",
        size_mm=(89, 38),
    )


def _strips(about: Subject, code: str, name: Name) -> Figure:
    ids = [i for i in _STRIPS if about.mine(i) is not None]
    if _small(about, code):
        ids = [i for i in ids if i != "D02"]
    values = pd.DataFrame({i: about.mine(i) for i in ids})
    totals = {i: about.total(i) for i in ids}
    return peer_strips(
        f"place-{code.lower()}",
        values,
        code,
        name=name.short,
        reference=pd.Series(
            {i: v.value if v else float("nan") for i, v in totals.items()}
        ),
        reference_name=_whole(about),
        labels={i: _STRIP_LABELS[i] for i in ids},
        decimals={i: v.decimals if v else 1 for i, v in totals.items()},
        signed=[i for i in ids if noun_of(about, i).signed],
        units=dict.fromkeys(ids, ""),
        caption=f"Place parmi les {number(len(about.codes))} communes",
        source="",
        size_mm=(89, 38),
    )


def _words(about: Subject, code: str) -> tuple[str, ...]:
    change, told = _change(about, code), []
    if change is not None and (change.before and change.after):
        told.append(trend(about.town(code), change))
    found, value = _vacant_of(about, pd.Index([code])), about.commune("L04", code)
    if found is not None and value is not None and value.plain:
        vacant, whole, year = found
        told.append(
            _counts_only(vacant, whole, year)
            if code in about.fragile("L04")
            else part(vacant, whole, _DWELLING, ("vacant", "vacants"), year=year)
        )
    told += commune_sentences(about, code, "L04")
    return tuple(told)


def _counts_only(vacant: float, whole: float, year: int) -> str:
    """Say the counts of a small commune, whose rate is not commented."""
    verb = "sont vacants" if vacant >= 2 else "est vacant"
    return typeset(
        f"En{BROAD}{year}, {number(vacant)} des {counted(whole, 'logement')} {verb} ; "
        "le taux est à lire avec prudence."
    )
