"""
The yearly deliverable on the Louvre-Lens: fourteen questions, rings, studies.

The questions are those of the first livret of Euralens (2014); the list is data, and a
question that no data answer keeps its place with the file that would. What is set
beside the museum is an observed gap: no sentence says why.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from basinmap.arguments import check_fields, check_given, path_of, texts_of
from basinmap.deliverables.chapters import (
    ground_credit,
    key_figures,
    map_figure,
    sentences_of,
)
from basinmap.deliverables.charts import bar_chart, line_chart
from basinmap.deliverables.groups import grouped
from basinmap.deliverables.markdown import parts_of
from basinmap.deliverables.museum_areas import KILOMETRES, Zones, crow_zones
from basinmap.deliverables.museum_pages import (
    OBSERVED,
    crow_page,
    establishments_table,
    minutes_page,
    near_table,
    people_table,
    unsupplied,
)
from basinmap.deliverables.opening_pages import (
    COVER_MM,
    definitions_table,
    essential_page,
    filled_mm,
    reading_page,
    situation_figure,
)
from basinmap.deliverables.sentences import counted, evolution, trend
from basinmap.deliverables.subjects import Subject, checked_ids
from basinmap.errors import DataError, culprits
from basinmap.export.parts import (
    Cell,
    Column,
    Document,
    Heading,
    Note,
    Page,
    Paragraph,
    Part,
    Table,
)
from basinmap.maps.layers.names import draw_labels
from basinmap.maps.layers.outlines import draw_outlines
from basinmap.maps.layers.points import draw_points
from basinmap.maps.layers.rings import draw_rings
from basinmap.maps.paper.sheets import MapAxes
from basinmap.territory.naming import Name
from basinmap.territory.places import places
from basinmap.typography import BROAD, number, percent, typeset, uncapital

__all__ = [
    "QUESTIONS",
    "Question",
    "Study",
    "check_answers",
    "check_attendance",
    "pic_document",
    "read_questions",
]

_PRINTED: Final = (
    *("D01", "D02", "D06", "L01", "L02", "L04", "L05", "E02", "E03", "E04"),
    *("R01", "R02"),
)
"""What its pages print, where the counts are given."""
_TITLED: Final = 7
_FEW: Final = 9
"""Parts under which what marked the year has no page of its own."""
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

    def __post_init__(self) -> None:
        """Refuse what could not be printed."""
        check_fields(self)


@dataclass(frozen=True, slots=True)
class Study:
    """
    A study of the year, as its index tells it.

    Attributes
    ----------
    title, result
        What it is, and what it gives or asks.
    date, notebook
        Of when, and the file that makes it again; nothing where it is not told.
    """

    title: str
    result: str
    date: str = ""
    notebook: str = ""

    def __post_init__(self) -> None:
        """Refuse what could not be printed."""
        check_fields(self)


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


def read_questions(path: str | Path) -> tuple[Question, ...]:
    r"""
    Read the questions of the deliverable, in place of the fourteen.

    Parameters
    ----------
    path
        A TOML file of tables `[[question]]`: `number`, `text`, and `indicators`, ids of
        the catalogue that answer it, and `needs`, what would answer it otherwise.

    Raises
    ------
    DataError
        If it is no TOML, a question lacks its number or text, holds an unknown key, or
        two have one number.
    CodeError
        If an indicator is unknown.

    Examples
    --------
    >>> import basinmap as bm, tempfile
    >>> from pathlib import Path
    >>> told = "[[question]]\nnumber = 1\ntext = 'Qui vient ?'\nindicators = ['P01']"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "questions.toml"
    ...     _ = path.write_text(told)
    ...     bm.read_questions(path)[0].text
    'Qui vient ?'
    """
    check_given(read_questions, locals())
    file = path_of(path, "path")
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        msg = f"{file}: {error.strerror or 'cannot be read'}"
        raise DataError(msg) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"{file} is no TOML: {error}"
        raise DataError(msg) from error
    rows = told.get("question")
    if not isinstance(rows, list) or not rows or set(told) - {"question"}:
        msg = f"{file}: tables [[question]] are expected, with number and text, alone"
        raise DataError(msg)
    found = tuple(_question(file, n, row) for n, row in enumerate(rows, start=1))
    check_answers(found, {})
    return found


def _question(file: Path, at: int, row: object) -> Question:
    """Return a question as a file declares it."""
    keys = {"number", "text", "indicators", "needs"}
    told = row if isinstance(row, dict) else {}
    number_, text, ids = (
        told.get("number"),
        told.get("text"),
        told.get("indicators", []),
    )
    if strange := sorted(set(told) - keys):
        msg = f"{file}, question {at}: unknown key(s) {culprits(strange)}; there are "
        raise DataError(msg + ", ".join(sorted(keys)))
    if type(number_) is not int or not isinstance(text, str) or not text.strip():
        msg = f"{file}, question {at}: number = 1 and text = '…' are needed"
        raise DataError(msg)
    if not isinstance(ids, list):
        msg = f"{file}, question {at}: indicators = ['D02', …] are ids"
        raise DataError(msg)
    known = tuple(str(i) for i in ids)
    if known:
        checked_ids(known)
    return Question(number_, text, known, str(told.get("needs", "")))


def pic_document(  # noqa: PLR0913 - what a yearly deliverable may be made from
    about: Subject,
    *,
    questions: Sequence[Question] = QUESTIONS,
    attendance: pd.Series | None = None,
    attendance_source: str = "",
    breaks: Mapping[int, str] | None = None,
    answers: Mapping[int, str] | None = None,
    foreword: str = "",
    studies: Sequence[Study | tuple[str, str]] = (),
    evaluation: Sequence[Part] = (),
    forecast: float | None = None,
    highlights: Sequence[str] = (),
    isochrones: gpd.GeoDataFrame | None = None,
    establishments: gpd.GeoDataFrame | None = None,
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
        Text of the observatory to a question, by its number, in Markdown.
    foreword
        Text of the observatory, in Markdown.
    studies
        The studies of the year, or title and result of each.
    evaluation
        Parts of the chapter of the evaluation.
    forecast
        Visitors a year that were expected before the opening.
    highlights
        What marked the year, one sentence each, of the observatory.
    isochrones
        Areas of travel time to the museum, as `isochrones` or `read_isochrones` returns
        them; by default those of the network of the subject, if it has one. A page sets
        them beside the rings.
    establishments
        Establishments as points, as `read_points` returns those of Sirene: they are
        counted within reach.

    Raises
    ------
    DataError
        If attendance is not by year, has no source, an answer is to no question, two
        questions have one number, or a text is not taken, with its line.
    CRSError
        If areas or establishments are not in EPSG:2154.

    Examples
    --------
    >>> import basinmap as bm
    >>> import datetime as dt
    >>> about = bm.subject("bassin-minier", author="A", date=dt.date(2026, 11, 29))
    >>> bm.pic_document(about).title
    'Louvre-Lens\xa0: état du territoire, édition 2026'
    """
    check_given(pic_document, locals())
    given = dict(answers or {})
    check_answers(questions, given)
    check_attendance(attendance, attendance_source, forecast)
    highlights = texts_of(highlights, "highlights", "['Exposition']")
    crow = crow_zones(about)
    running = typeset(f"Louvre-Lens : état du territoire · édition {about.date.year}")
    seen = _attendance(attendance, attendance_source, breaks)
    if seen and forecast is not None:
        seen.insert(
            0, Paragraph(_forecast_of(attendance, forecast), key="q1.prevision")
        )
    told = about.supplied(*_PRINTED)
    every, around = _around(about, crow, isochrones, running)
    reached = (
        [] if establishments is None else [establishments_table(establishments, *every)]
    )
    asked = _Asked(about, every, given, seen, reached)
    marks = _marks(highlights)
    apart = len(marks) > _FEW
    listed = _studies_parts(studies, evaluation)
    # A page for a few lines would be a blank one.
    long = len(evaluation) > 0 or len(studies) > _FEW
    pages = [
        _cover(about, crow),
        reading_page(
            about,
            told,
            running,
            *_foreword(foreword),
            after=_method(about, told, studied=len(studies) > 0),
            drawn=partial(_where, about),
            titled=_TITLED,
        ),
        *([Page(marks, running=running, slug="faits")] if apart else []),
        _essential(about, crow, running),
        Page(
            (
                *(() if apart else marks),
                *_question_parts(asked, questions),
                *(() if long else listed),
            ),
            running=running,
            slug="questions",
        ),
        *around,
        *([Page(listed, running=running, slug="etudes")] if long and listed else []),
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


@dataclass(frozen=True)
class _Asked:
    """What questions are answered from."""

    about: Subject
    every: tuple[Zones, ...]
    answers: Mapping[int, str]
    seen: Sequence[Part]
    reached: Sequence[Part]

    @property
    def zones(self) -> Zones:
        """The rings."""
        return self.every[0]


def check_answers(questions: Sequence[Question], answers: Mapping[int, str]) -> None:
    """
    Refuse two questions of one number, and an answer to what is not asked.

    Parameters
    ----------
    questions
        The questions.
    answers
        Texts by number of a question.

    Raises
    ------
    DataError
        If a number stands twice, or an answer bears that of no question.
    """
    numbers = [q.number for q in questions]
    if twice := sorted({n for n in numbers if numbers.count(n) > 1}):
        msg = f"questions {culprits(list(map(str, twice)))} stand twice; number each"
        raise DataError(msg)
    if strange := sorted(set(answers) - set(numbers)):
        msg = f"answers to {culprits(list(map(str, strange)))}, which are no questions"
        raise DataError(msg)


def _foreword(text: str) -> list[Part]:
    if not text.strip():
        return []
    return [Heading("Préambule"), *parts_of(text, where="preambule")]


def _around(
    about: Subject,
    crow: Zones,
    isochrones: gpd.GeoDataFrame | None,
    running: str,
) -> tuple[tuple[Zones, ...], list[Page]]:
    """Return the areas around the museum, and a page for each kind of them."""
    pages = [crow_page(about, crow, running)]
    if isochrones is None and about.network is not None:
        isochrones = about.reach.isochrones
    if isochrones is None:
        return (crow,), pages
    zones, page = minutes_page(about, isochrones, running)
    return (crow, zones), [*pages, page]


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


# --- pages ----------------------------------------------------------------------


def _cover(about: Subject, crow: Zones) -> Page:
    """Return the cover: the museum, its rings, the territory."""
    areas = crow.areas
    whole = about.communes.dissolve()
    shown = areas.union_all().union(whole.union_all())
    near = about.ground[about.ground.intersects(shown)]

    def draw(ax: MapAxes) -> None:
        draw_outlines(ax, near, label="limite de commune", width=0.2, color="#c3c8d1")
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
        size_mm=(182.0, COVER_MM),
        # The territory goes farther than the rings.
        units=gpd.GeoDataFrame(
            geometry=[*areas.geometry, *whole.geometry], crs=areas.crs
        ),
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


def _where(about: Subject, high: float) -> Iterator[tuple[str, Part]]:
    """Yield the map of the territory and of its EPCI."""
    yield "wide", situation_figure(about, high=min(high, filled_mm(about.communes)))


def _marks(highlights: Sequence[str]) -> tuple[Part, ...]:
    """Return what marked the year, in the words of the observatory."""
    if not len(highlights):
        return ()
    parts: list[Part] = [Heading("Faits marquants de l’année")]
    for text in highlights:
        told = text if text.lstrip().startswith(("-", "*", "#")) else f"- {text}"
        parts += parts_of(told, where="faits")
    return tuple(parts)


def _essential(about: Subject, crow: Zones, running: str) -> Page:
    ids = about.supplied("D01", "D02", "D06", "L01", "L04", "E02", "L05", "L02")
    near = crow.held.index[crow.held == crow.labels[0]]
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
    told.append(OBSERVED)
    return essential_page(about, ids, told, running)


def _near_name() -> Name:
    words = f"communes à moins de {KILOMETRES[0]} km du musée"
    return Name(f"les {words}", f"des {words}", f"dans les {words}", "f")


def _question_parts(asked: _Asked, questions: Sequence[Question]) -> tuple[Part, ...]:
    found: list[Part] = []
    shown: dict[str, int] = {}
    left = [question for question in questions if not _is_answered(asked, question)]
    for question in questions:
        if question not in left:
            found += _answer(asked, question, shown)
    if left:  # one line each, rather than a heading over nothing
        found += [Heading("Questions sans réponse dans cette édition"), _left(left)]
    lacking = unsupplied(streets=len(asked.every) > 1, sirene=bool(asked.reached))
    return (*found, *([] if lacking is None else [lacking]))


def _is_answered(asked: _Asked, question: Question) -> bool:
    """Tell whether data or the observatory answer a question."""
    return bool(
        asked.answers.get(question.number, "").strip()
        or ("P01" in question.indicators and asked.seen)
        or ("E04" in question.indicators and asked.reached)
        or _there(asked.about, question)
    )


def _there(about: Subject, question: Question) -> list[str]:
    return [
        i for i in question.indicators if about.of(i) is not None and about.wants(i)
    ]


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


def _answer(asked: _Asked, question: Question, shown: dict[str, int]) -> list[Part]:
    about = asked.about
    parts: list[Part] = [Heading(typeset(f"{question.number}. {question.text}"))]
    text = asked.answers.get(question.number, "")
    if text.strip():
        parts += parts_of(text, where=f"question.{question.number}")
    if "P01" in question.indicators and asked.seen:
        parts += asked.seen
    there = _there(about, question)
    if "D02" in there or "R01" in there:
        parts.append(Paragraph(OBSERVED, role="lead"))
        tiles = key_figures(about, [*there, *about.supplied("D01", "L01")])
        parts += [] if tiles is None else [tiles]
        told = "Par couronne : voir « Autour du musée, à vol d’oiseau »."
        parts.append(Paragraph(typeset(told), role="small"))
        near = near_table(about, asked.zones)
        people = people_table(*asked.every) if about.listing is None else None
        parts += [part for part in (people, near) if part is not None]
    elif there:
        tiles = key_figures(about, there)
        parts += [] if tiles is None else [tiles]
        before = next((shown[i] for i in there if i in shown), 0)
        if before:  # the same figure is not drawn twice
            told = f"Par couronne : voir la question {before}."
            parts.append(Paragraph(typeset(told), role="small"))
        else:
            parts += _by_ring(about, there, asked.zones, question.number)
            shown.update(dict.fromkeys(there, question.number))
    if "E04" in question.indicators:
        parts += asked.reached
    return parts


def _by_ring(
    about: Subject, ids: Sequence[str], zones: Zones, number_: int
) -> list[Part]:
    """Return the first indicator that adds up, by ring, with its definition."""
    for id_ in ids:
        values = grouped(about, id_, zones.held)
        line = pd.Series(
            {
                typeset(label): values[label].value
                for label in zones.labels
                if label in values and values[label].plain
            },
            dtype=float,
        )
        if len(line) >= 2:
            definition = uncapital(about.entry(id_).definition)
            text = f"{about.entry(id_).label} : {definition}. {OBSERVED}"
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


def _studies_parts(
    studies: Sequence[Study | tuple[str, str]], evaluation: Sequence[Part]
) -> tuple[Part, ...]:
    """Return the index of the studies and the chapter of the evaluation."""
    told = [s if isinstance(s, Study) else Study(*s) for s in studies]
    return (*(_studies(told) if told else ()), *evaluation)


def _studies(studies: Sequence[Study]) -> tuple[Part, ...]:
    head = Heading("Études de l’année")
    dated = any(study.date for study in studies)
    filed = any(study.notebook for study in studies)
    rows = tuple(
        (
            Cell(typeset(s.title)),
            Cell(typeset(s.result)),
            *((Cell(typeset(s.date) or "–"),) if dated else ()),
            *((Cell(s.notebook or "–"),) if filed else ()),
        )
        for s in studies
    )
    columns = (
        Column("Étude", "left", 1.4),
        Column("Question ou résultat", "left", 2.6),
        *((Column("Date", "left", 0.6),) if dated else ()),
        *((Column("Carnet", "left", 1.2),) if filed else ()),
    )
    return head, Table(
        columns, rows, "Études thématiques ; chacune se refait avec son carnet"
    )


def _method(
    about: Subject, ids: Sequence[str], *, studied: bool
) -> list[tuple[str, Part]]:
    """Return definitions, method and grounds, which stand beside the contents."""
    lines = (
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
