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
from basinmap.catalogue.computing import compute
from basinmap.deliverables.chapters import key_figures, map_figure
from basinmap.deliverables.charts import bar_chart, line_chart
from basinmap.deliverables.observed import Observed
from basinmap.deliverables.sentences import counted, evolution, trend
from basinmap.errors import DataError, culprits
from basinmap.export.parts import (
    Cell,
    Column,
    Contents,
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
from basinmap.maps.layers.outlines import draw_outlines
from basinmap.maps.layers.points import draw_points
from basinmap.maps.layers.rings import draw_rings
from basinmap.maps.paper.sheets import MapAxes
from basinmap.spatial.joins import locate
from basinmap.territory.naming import Name
from basinmap.territory.places import place, places
from basinmap.typography import BROAD, number, percent, typeset
from basinmap.values.told import told_of

__all__ = ["QUESTIONS", "Question", "pic_document"]

_KILOMETRES: Final = (5, 10, 20, 30)
_OBSERVED: Final = "Écart constaté, sans mesure d’effet."
_UNANSWERED: Final = "Réponse non établie par les données fournies."


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
    if strange := sorted(set(given) - {q.number for q in questions}):
        msg = f"answers to {culprits(list(map(str, strange)))}, which are no questions"
        raise DataError(msg)
    ring = _ring_of(about)
    running = typeset(f"Louvre-Lens : état du territoire · édition {about.date.year}")
    seen = _attendance(attendance, attendance_source, breaks)
    pages = [
        Page(
            (
                Heading(typeset("Louvre-Lens : état du territoire"), listed=False),
                Paragraph(f"Édition {about.date.year}", role="headline"),
                Paragraph("Livrable annuel", role="lead"),
            ),
            template="cover",
        ),
        Page(
            (
                *((Heading("Préambule"), Paragraph(foreword)) if foreword else ()),
                Contents(1),
            ),
            running=running,
        ),
        Page(_essential(about, ring), running=running, slug="essentiel"),
        Page(
            _question_parts(about, questions, given, seen, ring),
            running=running,
            slug="questions",
        ),
        Page(_rings_parts(about, ring), running=running, slug="couronnes"),
        Page(_studies(studies), running=running, slug="etudes"),
    ]
    if len(evaluation):
        pages.append(Page(tuple(evaluation), running=running, slug="evaluation"))
    pages.append(Page(_last(about, questions), running=running, slug="methode"))
    return Document(
        slug="pic",
        title=typeset(f"Louvre-Lens : état du territoire, édition {about.date.year}"),
        author=about.author,
        date=about.date,
        pages=tuple(pages),
        subtitle="Livrable annuel de la Plateforme d’intelligence collective",
        subject="État du territoire autour du Louvre-Lens",
    )


def _attendance(
    series: pd.Series | None, source: str, breaks: Mapping[int, str] | None
) -> Figure | None:
    if series is None:
        return None
    if not source.strip():
        msg = "attendance has no source: attendance_source='Musée du Louvre-Lens'"
        raise DataError(msg)
    if not pd.api.types.is_integer_dtype(series.index):
        msg = f"attendance is indexed by {series.index.dtype}; give years, such as 2019"
        raise DataError(msg)
    if breaks:
        return line_chart(
            "frequentation",
            series.to_frame("Entrées"),
            caption="Entrées au Louvre-Lens, par an",
            source=source,
            decimals=0,
            breaks=breaks,
            size_mm=(182, 62),
        )
    return bar_chart(
        "frequentation",
        series.sort_index(),
        caption="Entrées au Louvre-Lens, par an",
        source=source,
        unit="entrées",
        order=False,
        size_mm=(182, min(110, 10 + 6 * len(series))),
    )


# --- rings ----------------------------------------------------------------------


def _ring_of(about: Observed) -> pd.Series:
    """Return the ring around the museum that holds the middle of each commune."""
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


def _rings_parts(about: Observed, ring: pd.Series) -> tuple[Part, ...]:
    order = _order(ring)
    return (
        Heading("Autour du musée, à vol d’oiseau"),
        Paragraph(
            "Les communes du Nord et du Pas-de-Calais sont rangées selon la distance à "
            f"vol d’oiseau de leur milieu au musée. {_OBSERVED}",
            role="lead",
        ),
        _ring_map(about),
        _ring_table(about, ring, order),
        _ring_lines(about, ring, order),
    )


def _ring_map(about: Observed) -> Figure:
    areas = rings(place("louvre-lens"), distances=[1000 * km for km in _KILOMETRES])
    values = about.of("D02")
    assert values is not None  # noqa: S101 - embedded
    near = about.ground[about.ground.intersects(areas.union_all())]

    def draw(ax: MapAxes) -> None:
        classes = classify(values.loc[near.index], k=6, pivot=0.0)
        draw_choropleth(ax, near, classes)
        draw_outlines(ax, about.communes.dissolve(), label="bassin minier", width=1.0)
        draw_rings(ax, areas)
        draw_points(ax, places().loc[["louvre-lens"]], label="Louvre-Lens")

    return map_figure(
        about,
        "couronnes-carte",
        draw,
        title=f"{about.told('D02').title}, par commune",
        size_mm=(125, 118),
        units=gpd.GeoDataFrame(geometry=areas.geometry, crs=areas.crs),
    )


def _ring_table(about: Observed, ring: pd.Series, order: Sequence[str]) -> Table:
    ids = [i for i in ("D01", "D02", "L01", "L04") if about.of(i) is not None]
    columns = [Column("Distance au musée", "left", 2), Column("Communes")]
    columns += [Column(about.told(i).title) for i in ids]
    found = {i: compute(i, about.table, to=ring) for i in ids}
    rows = []
    for label in order:
        cells = [Cell(typeset(label)), Cell(number(int((ring == label).sum())))]
        for values in found.values():
            told = told_of(values)
            value = float(values[label])
            places_ = 1 if told.kind == "growth" else (told.decimals or 0)
            sign = "≈\u202f" if told.states.get(label) == "estimated" else ""
            text = (
                percent(value, places_, signed=told.kind == "growth")
                if told.unit.startswith("%")
                else number(value, places_)
            )
            state = "estimated" if sign else "value"
            cells.append(Cell(sign + text, state, value))  # type: ignore[arg-type] # a state
        rows.append(tuple(cells))
    return Table(
        tuple(columns),
        tuple(rows),
        typeset(
            "Communes selon la distance au musée : à vol d'oiseau, par leur milieu"
        ),
        notes=("Taux calculés sur les sommes des effectifs des communes.",),
        source=" ; ".join(dict.fromkeys(s for i in ids for s in about.told(i).sources)),
    )


def _ring_lines(about: Observed, ring: pd.Series, order: Sequence[str]) -> Figure:
    sums = pd.DataFrame(
        {label: about.sums("population", ring.index[ring == label]) for label in order}
    ).T
    based = 100 * sums.div(sums.iloc[:, 0], axis=0)
    return line_chart(
        "couronnes-population",
        based.T,
        caption="Population selon la distance au musée, base 100 "
        f"en{BROAD}{based.columns[0]}",
        source="Insee, populations de référence",
        size_mm=(182, 60),
    )


# --- pages ----------------------------------------------------------------------


def _essential(about: Observed, ring: pd.Series) -> tuple[Part, ...]:
    ids = about.supplied("D01", "D02", "D06", "L01", "L04", "E02")
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
    return (
        Heading("L’essentiel"),
        key_figures(about, ids),
        *(Paragraph(text, bullet=True) for text in told),
        Paragraph(_OBSERVED, role="small"),
    )


def _near_name() -> Name:
    words = f"communes à moins de {_KILOMETRES[0]} km du musée"
    return Name(f"les {words}", f"des {words}", f"dans les {words}", "f")


def _question_parts(
    about: Observed,
    questions: Sequence[Question],
    answers: Mapping[int, str],
    seen: Figure | None,
    ring: pd.Series,
) -> tuple[Part, ...]:
    found: list[Part] = []
    for question in questions:
        found += _answer(about, question, answers, seen, ring)
    return tuple(found)


def _answer(
    about: Observed,
    question: Question,
    answers: Mapping[int, str],
    seen: Figure | None,
    ring: pd.Series,
) -> list[Part]:
    parts: list[Part] = [Heading(typeset(f"{question.number}. {question.text}"))]
    text = answers.get(question.number, "")
    if text:
        parts.append(Paragraph(text))
    if "P01" in question.indicators and seen is not None:
        return [*parts, seen]
    there = [i for i in question.indicators if about.of(i) is not None]
    if there and question.number == 6:
        parts.append(Paragraph(_OBSERVED, role="lead"))
        parts.append(_ring_table(about, ring, _order(ring)))
    elif there:
        parts.append(key_figures(about, there))
    elif not text:
        parts.append(Paragraph(_UNANSWERED, role="lead"))
        needs = typeset(f"Il y faudrait : {question.needs}.")
        parts.append(Paragraph(needs, role="small"))
    return parts


def _studies(studies: Sequence[tuple[str, str]]) -> tuple[Part, ...]:
    head = Heading("Études de l’année")
    if not len(studies):
        return head, Paragraph("Aucune étude n’est jointe à cette édition.")
    rows = tuple((Cell(typeset(t)), Cell(typeset(told))) for t, told in studies)
    columns = (
        Column("Étude", "left", 1.4),
        Column("Question ou résultat", "left", 2.6),
    )
    return head, Table(columns, rows, "Études thématiques, à refaire de leurs carnets")


def _last(about: Observed, questions: Sequence[Question]) -> tuple[Part, ...]:
    lacking = [
        (f"Question {q.number}", q.needs)
        for q in questions
        if q.needs and not any(about.of(i) is not None for i in q.indicators)
    ]
    rows = tuple((Cell(typeset(n)), Cell(typeset(w))) for n, w in lacking)
    parts: list[Part] = [Heading("Méthode et sources")]
    if rows:
        wide = Column("Données qui y répondraient", "left", 3)
        columns = (Column("Question", "left"), wide)
        parts.append(Table(columns, rows, "Données non fournies pour cette édition"))
    lines = (
        f"Le territoire observé est {about.name.bare} : "
        f"{counted(len(about.codes), 'commune')}.",
        "Les distances sont mesurées à vol d’oiseau, sur l’ellipsoïde, du musée au "
        "milieu de chaque commune.",
        "Les données embarquées commencent en 2016, après l’ouverture du musée "
        "(12 décembre 2012) : ces pages décrivent une évolution, elles n’en disent pas "
        "la cause.",
    )
    parts.append(Note("method", "Méthode", tuple(map(typeset, lines))))
    return tuple(parts)
