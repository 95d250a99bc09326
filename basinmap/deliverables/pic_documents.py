"""
The yearly deliverable on the Louvre-Lens: fourteen questions, rings, studies.

The questions are those of the first livret of Euralens (2014); the list is data, and a
question that no data answer keeps its place with the file that would. What is set
beside the museum is an observed gap: no sentence says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import pandas as pd

from basinmap.access.circles import rings
from basinmap.arguments import check_given
from basinmap.deliverables.chapter_figures import sources_line
from basinmap.deliverables.chapter_pages import PAPER_MM, Sheet
from basinmap.deliverables.chapters import (
    ground_credit,
    key_figures,
    map_figure,
    sentences_of,
    short_title,
)
from basinmap.deliverables.charts import bar_chart, line_chart
from basinmap.deliverables.groups import grouped, in_basin
from basinmap.deliverables.observed import Observed
from basinmap.deliverables.opening_pages import (
    definitions_table,
    essential_page,
    reading_page,
)
from basinmap.deliverables.sentences import counted, evolution, trend
from basinmap.errors import DataError, culprits
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
from basinmap.maps.classing.classes import classify
from basinmap.maps.layers.choropleths import draw_choropleth
from basinmap.maps.layers.names import draw_labels
from basinmap.maps.layers.outlines import draw_outlines
from basinmap.maps.layers.points import draw_points
from basinmap.maps.layers.rings import draw_rings
from basinmap.maps.paper.sheets import MapAxes
from basinmap.spatial.joins import locate
from basinmap.territory.naming import Name
from basinmap.territory.places import place, places
from basinmap.typography import BROAD, number, percent, typeset, uncapital

__all__ = [
    "QUESTIONS",
    "Question",
    "check_answers",
    "check_attendance",
    "pic_document",
]

_KILOMETRES: Final = (5, 10, 20, 30)
_PRINTED: Final = (
    *("D01", "D02", "D06", "L01", "L02", "L04", "L05", "E02", "E03", "E04"),
    *("R01", "R02"),
)
"""What its pages print, where the counts are given."""
_OBSERVED: Final = "Écart constaté, sans mesure d’effet."
_UNANSWERED: Final = "Réponse non établie par les données fournies"


@dataclass(frozen=True, slots=True)
class Question:
    """
    A question of the deliverable.

    Attributes
    ----------
    number
        Its place.
    text
        As printed.
    indicators
        Ids that answer it, where their counts are given.
    needs
        What would answer it otherwise, as printed.
    """

    number: int
    text: str
    indicators: tuple[str, ...] = ()
    needs: str = ""


QUESTIONS: Final = (
    Question(
        1,
        "La fréquentation du musée est-elle celle qui était prévue ?",
        ("P01",),
        "fréquentation annuelle (musée), prévision d’avant l’ouverture",
    ),
    Question(
        2,
        "Les hôtels et les restaurants accueillent-ils les visiteurs ?",
        ("P06",),
        "capacité hôtelière (Insee), enquête auprès des établissements",
    ),
    Question(
        3,
        "Les visiteurs repartent-ils aussitôt ?",
        ("P07",),
        "enquête auprès des visiteurs",
    ),
    Question(
        4,
        "Les retombées économiques couvrent-elles l’investissement ?",
        ("P03", "P04"),
        "étude de retombées",
    ),
    Question(
        5,
        "Combien d’emplois autour du musée ?",
        ("E02", "E04"),
        "emplois au lieu de travail (recensement), Sirene",
    ),
    Question(
        6,
        "Que deviennent les habitants autour du musée ?",
        ("D02", "L04", "R01", "R02"),
        "Filosofi pour les revenus",
    ),
    Question(
        7,
        "Les acteurs du territoire se sont-ils mobilisés ?",
        ("P05",),
        "enquête d’Euralens",
    ),
    Question(
        8,
        "Le regard sur le territoire a-t-il changé ?",
        (),
        "enquête d’image",
    ),
    Question(
        9,
        "Les habitants se sont-ils approprié le musée ?",
        ("P02",),
        "origine des visiteurs (musée)",
    ),
    Question(
        10,
        "Un musée remplace-t-il des usines ?",
        ("E02", "E03"),
        "emplois par secteur (recensement)",
    ),
    Question(11, "Que s’est-il passé à Bilbao ?", (), "texte de l’observatoire"),
    Question(12, "Bilbao est-il comparable ?", (), "texte de l’observatoire"),
    Question(13, "Que retenir d’autres villes ?", (), "texte de l’observatoire"),
    Question(
        14,
        "Comment vont les autres musées ?",
        (),
        "fréquentation d’autres musées (ministère de la Culture)",
    ),
)
"""The fourteen questions of the first livret, in order."""


def pic_document(  # noqa: PLR0913 - what a yearly deliverable may be made from
    about: Observed,
    *,
    questions: Sequence[Question] = QUESTIONS,
    attendance: pd.Series | None = None,
    attendance_source: str = "",
    breaks: Mapping[int, str] | None = None,
    answers: Mapping[int, str] | None = None,
    foreword: str = "",
    studies: Sequence[tuple[str, str]] = (),
    evaluation: Sequence[Part] = (),
    forecast: float | None = None,
    highlights: Sequence[str] = (),
) -> Document:
    r"""
    Return the deliverable of a year as a document.

    Parameters
    ----------
    about
        The bassin minier, or another perimeter around the museum.
    questions
        The questions, in order.
    attendance
        Visitors by year, whole numbers; with its source.
    attendance_source
        Whence.
    breaks
        Year from which attendance is counted otherwise, and how.
    answers
        Text of the observatory to a question, by its number; printed as it is.
    foreword
        Text of the observatory.
    studies
        Title and result of each study of the year.
    evaluation
        Parts of the chapter of the evaluation.
    forecast
        Visitors a year that were expected before the opening.
    highlights
        What marked the year, one sentence each, of the observatory.

    Raises
    ------
    DataError
        If attendance is not by year, has no source, or an answer is to no question.

    Examples
    --------
    >>> import basinmap as bm
    >>> import datetime as dt
    >>> from basinmap.deliverables.observed import observed
    >>> about = observed("bassin-minier", author="A", date=dt.date(2026, 11, 29))
    >>> bm.pic_document(about).title
    'Louvre-Lens\xa0: état du territoire, édition 2026'
    """
    check_given(pic_document, locals())
    given = dict(answers or {})
    check_answers(questions, given)
    check_attendance(attendance, attendance_source, forecast)
    ring = ring_of(about)
    running = typeset(f"Louvre-Lens : état du territoire · édition {about.date.year}")
    seen = _attendance(attendance, attendance_source, breaks)
    if seen and forecast is not None:
        seen.insert(
            0, Paragraph(_forecast_of(attendance, forecast), key="q1.prevision")
        )
    told = about.supplied(*_PRINTED)
    opening: list[Part] = []
    if foreword.strip():
        opening = [Heading("Préambule"), Paragraph(foreword)]
    pages = [
        _cover(about),
        reading_page(
            about,
            told,
            running,
            *opening,
            after=_method(about, told, studied=len(studies) > 0),
        ),
        *([_marks(highlights, running)] if len(highlights) else []),
        _essential(about, ring, running),
        Page(
            _question_parts(about, questions, given, seen, ring),
            running=running,
            slug="questions",
        ),
        _rings_page(about, ring, running),
        *_studies_page(studies, evaluation, running),
    ]
    return Document(
        slug="pic",
        title=typeset(f"Louvre-Lens : état du territoire, édition {about.date.year}"),
        author=about.author,
        date=about.date,
        pages=tuple(pages),
        subtitle="Livrable annuel de la Plateforme d’intelligence collective",
        subject="État du territoire autour du Louvre-Lens",
    )


def check_answers(questions: Sequence[Question], answers: Mapping[int, str]) -> None:
    """
    Refuse an answer to what is not asked.

    Parameters
    ----------
    questions
        The questions.
    answers
        Texts by number of a question.

    Raises
    ------
    DataError
        If a number is that of no question.
    """
    if strange := sorted(set(answers) - {q.number for q in questions}):
        msg = f"answers to {culprits(list(map(str, strange)))}, which are no questions"
        raise DataError(msg)


def check_attendance(
    series: pd.Series | None, source: str, forecast: float | None
) -> None:
    """
    Refuse visitors that could not be printed.

    Parameters
    ----------
    series
        Visitors by year.
    source
        Whence.
    forecast
        What was expected.

    Raises
    ------
    DataError
        If they are not by year or have no source, or a forecast stands alone.
    """
    if series is None:
        if forecast is not None:
            msg = "forecast is set beside attendance: give attendance= too"
            raise DataError(msg)
        return
    if not source.strip():
        msg = "attendance has no source: attendance_source='Musée du Louvre-Lens'"
        raise DataError(msg)
    if not pd.api.types.is_integer_dtype(series.index):
        msg = f"attendance is indexed by {series.index.dtype}; give years, such as 2019"
        raise DataError(msg)


def _attendance(
    series: pd.Series | None, source: str, breaks: Mapping[int, str] | None
) -> list[Part]:
    """Return the chart of the visitors, and their table with what changed."""
    if series is None:
        return []
    line = series.sort_index()
    cuts = dict(breaks or {})
    if cuts:
        figure = line_chart(
            "frequentation",
            line.to_frame("Entrées"),
            caption="Entrées au Louvre-Lens, par an",
            source=source,
            decimals=0,
            breaks=cuts,
            size_mm=(182, 62),
        )
    else:
        figure = bar_chart(
            "frequentation",
            line,
            caption="Entrées au Louvre-Lens, par an",
            source=source,
            unit="entrées",
            order=False,
            size_mm=(182, min(110, 10 + 6 * len(line))),
        )
    return [figure, _attendance_table(line, cuts, source)]


def _attendance_table(line: pd.Series, breaks: Mapping[int, str], source: str) -> Table:
    """Return visitors by year; a change over a break, or a gap, is not compared."""
    rows = []
    before: tuple[int, float] | None = None
    for year, count in ((int(y), float(v)) for y, v in line.items()):
        cut = any(before is not None and before[0] < y <= year for y in breaks)
        if pd.isna(count):
            cells = (Cell("n.d.", "not-available"), Cell("–"))
        elif before is None or cut or year - before[0] != 1 or before[1] <= 0:
            cells = (Cell(number(count), value=count), Cell("–"))
        else:
            change = 100 * (count - before[1]) / before[1]
            told = percent(change, 1, signed=True)
            cells = (Cell(number(count), value=count), Cell(told, value=change))
        rows.append(
            (Cell(str(year)), *cells, Cell(typeset(breaks.get(year, "")) or "–"))
        )
        before = None if pd.isna(count) else (year, count)
    columns = (
        Column("Année", "left", 1),
        Column("Entrées"),
        Column("Évolution sur un an"),
        Column("Rupture de série", "left", 2),
    )
    notes = ("Une rupture, ou une année absente, interrompt la comparaison.",)
    caption = "Entrées au Louvre-Lens"
    return Table(columns, tuple(rows), caption, notes=notes, source=source)


def _forecast_of(series: pd.Series | None, forecast: float) -> str:
    """Say the latest year beside what was expected."""
    known = pd.Series(dtype=float) if series is None else series.dropna().sort_index()
    if known.empty:
        return typeset(f"La prévision était de {number(forecast)} entrées par an.")
    year, count = int(known.index[-1]), float(known.iloc[-1])
    share = percent(100 * count / forecast, 0)
    return typeset(
        f"En{BROAD}{year}, {number(count)} entrées sont comptées, pour une prévision "
        "de "
        f"{number(forecast)} par an avant l’ouverture, soit {share} de la prévision."
    )


# --- rings ----------------------------------------------------------------------


def ring_of(about: Observed) -> pd.Series:
    """
    Return the ring around the museum that holds the middle of each commune.

    Parameters
    ----------
    about
        What is observed.
    """
    metres = [1000 * km for km in _KILOMETRES]
    areas = rings(place("louvre-lens"), distances=metres)
    middles = about.ground.representative_point()
    found = locate(middles, areas)
    labels = areas["label"].to_dict()
    told = found.map(labels).astype("object").fillna(f"au-delà de {_KILOMETRES[-1]} km")
    return pd.Series(told.to_numpy(), about.ground.index, name="couronne")


def _order(ring: pd.Series) -> list[str]:
    areas = rings(place("louvre-lens"), distances=[1000 * km for km in _KILOMETRES])
    listed = [str(label) for label in areas["label"]]
    listed.append(f"au-delà de {_KILOMETRES[-1]} km")
    return [label for label in listed if (ring == label).any()]


def _rings_page(about: Observed, ring: pd.Series, running: str) -> Page:
    """Return the page of the rings: map, population, vacancy, in or out of it."""
    order = _order(ring)
    sheet = Sheet([("title", Heading("Autour du musée, à vol d’oiseau"))])
    text = (
        "Les communes du Nord et du Pas-de-Calais sont rangées selon la distance à "
        f"vol d’oiseau d’un point de leur intérieur au musée. {_OBSERVED}"
    )
    sheet.put("lead", Paragraph(typeset(text), role="lead"))
    sheet.put("table", _ring_table(about, ring, order))
    sheet.put("table", _inside_table(about, ring, order))
    room = PAPER_MM - sheet.words_mm - 30
    high = min(112.0, max(70.0, 0.6 * room))
    sheet.put("map", _ring_map(about, high))
    sheet.put("side", _ring_bars(about, ring, order, "D02", (67.0, 44.0)))
    low = min(80.0, max(46.0, room - high))
    sheet.put("left", _ring_lines(about, ring, order, (88.0, low)))
    sheet.put("right", _ring_bars(about, ring, order, "L04", (89.0, low)))
    return sheet.page("couronnes", running)


def _ring_bars(
    about: Observed,
    ring: pd.Series,
    order: Sequence[str],
    id_: str,
    size_mm: tuple[float, float],
) -> Figure | None:
    """Draw an indicator by ring."""
    values = grouped(about, id_, ring)
    line = pd.Series(
        {
            typeset(label): values[label].value
            if label in values and values[label].plain
            else float("nan")
            for label in order
        }
    )
    if line.notna().sum() < 2:
        return None
    return bar_chart(
        f"couronnes-{id_.lower()}-{round(size_mm[0])}",
        line,
        caption=f"{short_title(about, id_)}, par couronne",
        source="",
        unit="%",
        decimals=1,
        order=False,
        size_mm=size_mm,
    )


def _inside_table(
    about: Observed, ring: pd.Series, order: Sequence[str]
) -> Table | None:
    """Return the communes of each ring in the bassin minier, and outside of it."""
    basin = in_basin()
    side = pd.Series(
        ["en bassin minier" if c in basin else "hors" for c in ring.index], ring.index
    )
    both = ring.astype("str") + " · " + side
    ids = [i for i in ("D01", "D02", "L04") if about.of(i) is not None]
    found = {i: grouped(about, i, both) for i in ids}
    rows = []
    for label in order:
        for where in ("en bassin minier", "hors"):
            key = f"{label} · {where}"
            count = int((both == key).sum())
            if not count:
                continue
            cells = [
                found[i][key].cell()
                if key in found[i]
                else Cell("n.d.", "not-available")
                for i in ids
            ]
            rows.append((Cell(typeset(key)), Cell(number(count)), *cells))
    if not rows:
        return None
    columns = (
        Column("Distance au musée", "left", 2),
        Column("Communes"),
        *(Column(short_title(about, i)) for i in ids),
    )
    return Table(
        columns, tuple(rows), "Dans le bassin minier et hors de lui, par couronne"
    )


def _ring_map(about: Observed, high: float) -> Figure:
    areas = rings(place("louvre-lens"), distances=[1000 * km for km in _KILOMETRES])
    values = about.of("D02")
    assert values is not None  # noqa: S101 - embedded
    near = about.ground[about.ground.intersects(areas.union_all())]

    def draw(ax: MapAxes) -> None:
        classes = classify(values.loc[near.index], k=6, pivot=0.0, firm=True)
        draw_choropleth(ax, near, classes)
        draw_outlines(ax, about.communes.dissolve(), label="bassin minier", width=1.0)
        draw_rings(ax, areas)
        draw_points(ax, places().loc[["louvre-lens"]], label="Louvre-Lens")

    return map_figure(
        about,
        "couronnes-carte",
        draw,
        title=f"{about.told('D02').title}, par commune",
        size_mm=(110.0, high),
        units=gpd.GeoDataFrame(geometry=areas.geometry, crs=areas.crs),
    )


def _ring_table(about: Observed, ring: pd.Series, order: Sequence[str]) -> Table:
    ids = [i for i in ("D01", "D02", "L01", "L04", "E02") if about.of(i) is not None]
    found = {i: grouped(about, i, ring) for i in ids}
    rows = []
    for label in order:
        cells = [
            found[i][label].cell()
            if label in found[i]
            else Cell("n.d.", "not-available")
            for i in ids
        ]
        count = int((ring == label).sum())
        rows.append((Cell(typeset(label)), Cell(number(count)), *cells))
    columns = (
        Column("Distance au musée", "left", 2),
        Column("Communes"),
        *(Column(short_title(about, i)) for i in ids),
    )
    return Table(
        columns,
        tuple(rows),
        typeset("Communes selon la distance du musée à un point de leur intérieur"),
        notes=("Taux calculés sur les sommes des effectifs des communes.",),
        source=sources_line(about, *ids),
    )


def _ring_lines(
    about: Observed,
    ring: pd.Series,
    order: Sequence[str],
    size_mm: tuple[float, float],
) -> Figure:
    sums = pd.DataFrame(
        {label: about.sums("population", ring.index[ring == label]) for label in order}
    ).T
    based = 100 * sums.div(sums.iloc[:, 0], axis=0)
    return line_chart(
        "couronnes-population",
        based.T,
        caption="Population selon la distance au musée, base 100 "
        f"en{BROAD}{based.columns[0]}",
        source="",
        size_mm=size_mm,
    )


# --- pages ----------------------------------------------------------------------


def _cover(about: Observed) -> Page:
    """Return the cover: the museum, its rings, the territory."""
    areas = rings(place("louvre-lens"), distances=[1000 * km for km in _KILOMETRES])
    near = about.ground[about.ground.intersects(areas.union_all())]

    def draw(ax: MapAxes) -> None:
        draw_outlines(ax, near, label="limite de commune", width=0.2, color="#c3c8d1")
        whole = about.communes.dissolve()
        draw_outlines(
            ax, whole, label=about.name.bare, fill="#a9bcd2", color="#1f4e79", width=1.0
        )
        draw_rings(ax, areas)
        draw_points(ax, places().loc[["louvre-lens"]], label="Louvre-Lens")
        draw_labels(ax, about.communes, most=14, strong=5)

    figure = map_figure(
        about,
        "couverture-carte",
        draw,
        title="Le musée, ses couronnes à vol d’oiseau et le bassin minier",
        size_mm=(182.0, 118.0),
        units=gpd.GeoDataFrame(geometry=areas.geometry, crs=areas.crs),
    )
    return Page(
        (
            Heading(typeset("Louvre-Lens : état du territoire"), listed=False),
            Paragraph(f"Édition {about.date.year}", role="headline"),
            Paragraph("Livrable annuel", role="lead"),
            figure,
        ),
        template="cover",
        slug="couverture",
    )


def _marks(highlights: Sequence[str], running: str) -> Page:
    """Return what marked the year, in the words of the observatory."""
    parts: list[Part] = [Heading("Faits marquants de l’année")]
    parts += [Paragraph(text, bullet=True) for text in highlights]
    return Page(tuple(parts), running=running, slug="faits")


def _essential(about: Observed, ring: pd.Series, running: str) -> Page:
    ids = about.supplied("D01", "D02", "D06", "L01", "L04", "E02", "L05", "L02")
    near = ring.index[ring == _order(ring)[0]]
    told = []
    groups = [(about.name, about.codes)]
    groups.append((_near_name(), near))
    for name, codes in groups:
        ends = about.sums("population", codes).iloc[[0, -1]]
        if ends.notna().all():  # a part of the communes is not compared
            years = (int(ends.index[0]), int(ends.index[1]))
            change = evolution(ends.iloc[0], ends.iloc[1], years)
            told.append(trend(name, change))
    for id_ in about.supplied("L04", "L05"):
        told += sentences_of(about, id_)[:1]
    told.append(_OBSERVED)
    return essential_page(about, ids, told, running)


def _near_name() -> Name:
    words = f"communes à moins de {_KILOMETRES[0]} km du musée"
    return Name(f"les {words}", f"des {words}", f"dans les {words}", "f")


def _question_parts(
    about: Observed,
    questions: Sequence[Question],
    answers: Mapping[int, str],
    seen: Sequence[Part],
    ring: pd.Series,
) -> tuple[Part, ...]:
    found: list[Part] = []
    shown: dict[str, int] = {}
    left = _unanswered(about, questions, answers, seen)
    for question in questions:
        if question not in left:
            found += _answer(about, question, answers, seen, ring, shown)
    if left:  # one line each, rather than a heading over nothing
        found += [Heading("Questions sans réponse dans cette édition"), _left(left)]
    return tuple(found)


def _left(questions: Sequence[Question]) -> Table:
    """Return the questions that nothing answers, with what would."""
    rows = tuple(
        (Cell(typeset(f"{q.number}. {q.text}")), Cell(typeset(q.needs)))
        for q in questions
    )
    columns = (
        Column("Question", "left", 2),
        Column("Données qui y répondraient", "left", 2),
    )
    return Table(columns, rows, _UNANSWERED)


def _answer(
    about: Observed,
    question: Question,
    answers: Mapping[int, str],
    seen: Sequence[Part],
    ring: pd.Series,
    shown: dict[str, int],
) -> list[Part]:
    parts: list[Part] = [Heading(typeset(f"{question.number}. {question.text}"))]
    text = answers.get(question.number, "")
    if text:
        parts.append(Paragraph(text))
    if "P01" in question.indicators and seen:
        return [*parts, *seen]
    there = [i for i in question.indicators if about.of(i) is not None]
    if there and question.number == 6:
        parts.append(Paragraph(_OBSERVED, role="lead"))
        parts.append(key_figures(about, [*there, *about.supplied("D01", "L01")]))
        parts.append(_ring_table(about, ring, _order(ring)))
    elif there:
        parts.append(key_figures(about, there))
        before = next((shown[i] for i in there if i in shown), 0)
        if before:  # the same figure is not drawn twice
            text = f"Par couronne : voir la question {before}."
            parts.append(Paragraph(typeset(text), role="small"))
        else:
            parts += _by_ring(about, there, ring, question.number)
            shown.update(dict.fromkeys(there, question.number))
    return parts


def _by_ring(
    about: Observed, ids: Sequence[str], ring: pd.Series, number_: int
) -> list[Part]:
    """Return the first indicator that adds up, by ring, with its definition."""
    order = _order(ring)
    for id_ in ids:
        values = grouped(about, id_, ring)
        line = pd.Series(
            {
                typeset(label): values[label].value
                for label in order
                if label in values and values[label].plain
            },
            dtype=float,
        )
        if len(line) >= 2:
            definition = uncapital(about.entry(id_).definition)
            text = f"{about.entry(id_).label} : {definition}. {_OBSERVED}"
            figure = bar_chart(
                f"question-{number_}",
                line,
                caption=f"{about.told(id_).title}, selon la distance au musée",
                source=" ; ".join(about.told(id_).sources),
                decimals=about.entry(id_).decimals,
                order=False,
                size_mm=(182.0, 42.0),
            )
            return [Paragraph(typeset(text), role="small"), figure]
    return []


def _studies_page(
    studies: Sequence[tuple[str, str]], evaluation: Sequence[Part], running: str
) -> list[Page]:
    """Return the page of the studies, none for a page that would be empty."""
    parts = (*(_studies(studies) if len(studies) else ()), *evaluation)
    return [Page(parts, running=running, slug="etudes")] if parts else []


def _studies(studies: Sequence[tuple[str, str]]) -> tuple[Part, ...]:
    head = Heading("Études de l’année")
    rows = tuple((Cell(typeset(t)), Cell(typeset(told))) for t, told in studies)
    columns = (
        Column("Étude", "left", 1.4),
        Column("Question ou résultat", "left", 2.6),
    )
    return head, Table(
        columns, rows, "Études thématiques ; chacune se refait avec son carnet"
    )


def _unanswered(
    about: Observed,
    questions: Sequence[Question],
    answers: Mapping[int, str],
    seen: Sequence[Part],
) -> list[Question]:
    """Return the questions that neither data nor the observatory answer."""
    return [
        q
        for q in questions
        if not answers.get(q.number, "")
        and not ("P01" in q.indicators and seen)
        and not any(about.of(i) is not None for i in q.indicators)
    ]


def _method(
    about: Observed, ids: Sequence[str], *, studied: bool
) -> list[tuple[str, Part]]:
    """Return definitions, method and grounds, which stand beside the contents."""
    streets = (
        "Temps de parcours et population atteinte : non fournis pour cette édition ; "
        "il y faut un extrait d’OpenStreetMap ou de BD TOPO autour du musée.",
    )
    lines = (
        *(streets if about.network is None else ()),
        *(() if studied else ("Aucune étude n’est jointe à cette édition.",)),
        f"Le territoire observé est {about.name.bare} : "
        f"{counted(len(about.codes), 'commune')}.",
        "Les distances sont mesurées à vol d’oiseau, sur l’ellipsoïde, du musée à un "
        "point intérieur de chaque commune, et non à sa mairie.",
        "Les données embarquées commencent en 2016, après l’ouverture du musée "
        "(12 décembre 2012) : ces pages décrivent une évolution, elles n’en disent pas "
        "la cause.",
    )
    return [
        ("table", definitions_table(about, ids)),
        ("reading", Note("method", "Méthode", tuple(map(typeset, lines)))),
        ("foot", Paragraph(ground_credit(about), role="small")),
    ]
