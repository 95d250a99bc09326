"""
Publishing: one document in several formats, in a folder, with its manifest.

`scot_observatory`, `cil` and `pic` make a document and write it; a document of one's
own goes through `write_document` the same way.
"""

from __future__ import annotations

import dataclasses as dc
import datetime as dt
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import pandas as pd

from basinmap.access.networks import Mode, Network
from basinmap.access.streets import read_network
from basinmap.arguments import check_given
from basinmap.deliverables.choices import Classes
from basinmap.deliverables.cil_documents import cil_document
from basinmap.deliverables.cil_files import Estates, Landlords
from basinmap.deliverables.evaluation_parts import evaluation_parts
from basinmap.deliverables.own_plates import OwnPlate, with_plates
from basinmap.deliverables.pic_documents import (
    QUESTIONS,
    Question,
    Study,
    check_answers,
    check_attendance,
    pic_document,
)
from basinmap.deliverables.programme_pages import former_page
from basinmap.deliverables.records import record_of
from basinmap.deliverables.scot_documents import bulletin_document
from basinmap.deliverables.studies import studies as own_studies
from basinmap.deliverables.subjects import Subject, subject
from basinmap.deliverables.texts import check_numbers, check_texts, with_texts
from basinmap.deliverables.web_values import PAGE, write_page_of
from basinmap.errors import BasinmapWarning, DataError, culprits
from basinmap.export.document_themes import DocumentTheme
from basinmap.export.html_documents import html_text
from basinmap.export.manifests import write_manifest
from basinmap.export.parts import Document, Part
from basinmap.export.pdf_documents import pdf_bytes
from basinmap.export.word_documents import docx_bytes
from basinmap.spatial.projections import METRIC
from basinmap.staging import check_folder, staged_folder
from basinmap.territory.outlines import Outlines, read_outlines
from basinmap.territory.perimeters import Perimeter

if TYPE_CHECKING:
    from basinmap.impact.evaluating import Evaluation

__all__ = [
    "FORMATS",
    "checked_formats",
    "cil",
    "completed",
    "pic",
    "scot_observatory",
    "write_document",
    "write_formats",
]

FORMATS: Final = ("pdf", "docx", "html", "web")


def write_formats(
    folder: Path,
    document: Document,
    formats: Iterable[str],
    theme: DocumentTheme | None = None,
    about: Subject | None = None,
) -> list[Path]:
    """
    Write a document in a folder, a file a format.

    Parameters
    ----------
    folder
        A folder that is being filled.
    document
        The document.
    formats
        Among `FORMATS`.
    theme
        Its look.
    about
        Its territory, of which `"web"` is the map and the table that a browser shows.

    Raises
    ------
    DataError
        If a format is unknown, or the document cannot be followed.
    """
    written = []
    for form in checked_formats(formats):
        if form == "web":
            if about is None:
                msg = (
                    "formats: 'web' is the page of a territory: say which, about=, or "
                    "write it with bm.write_web_page"
                )
                raise DataError(msg)
            write_page_of(folder, about, title=document.title)
            written.append(folder / PAGE)
            continue
        path = folder / f"{document.slug}.{form}"
        match form:
            case "pdf":
                path.write_bytes(pdf_bytes(document, theme=theme))
            case "docx":
                path.write_bytes(docx_bytes(document, theme=theme))
            case _:
                path.write_text(html_text(document, theme=theme), encoding="utf-8")
        written.append(path)
    return written


def checked_formats(formats: Iterable[str]) -> list[str]:
    """
    Return formats, once they are known to be some.

    Parameters
    ----------
    formats
        What was asked for.

    Raises
    ------
    DataError
        If one is none of `FORMATS`.
    """
    asked = [formats] if isinstance(formats, str) else list(formats)
    if strange := [str(form) for form in asked if form not in FORMATS]:
        msg = f"unknown format {culprits(strange)}; there are {', '.join(FORMATS)}"
        raise DataError(msg)
    return list(dict.fromkeys(asked))


def write_document(
    out: str | Path,
    document: Document,
    *,
    formats: Iterable[str] = ("pdf",),
    theme: DocumentTheme | None = None,
    texts: Mapping[str, str] | None = None,
    plates: Sequence[OwnPlate] = (),
    about: Subject | None = None,
) -> Path:
    """
    Write a document and its manifest in a folder, whole or not at all.

    Parameters
    ----------
    out
        Folder of the outputs.
    document
        The document.
    formats
        Among `"pdf"`, `"docx"`, `"html"`, and `"web"`: `page.html`, a map and a table
        that a browser shows, of all that the counts give.
    theme
        Its look.
    texts
        Texts of the user by key, in Markdown.
    plates
        Plates of the user, as `read_plates` returns them.
    about
        What it is about, whose perimeter and figures the manifest then keeps.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    DataError
        If a format or a key is unknown, or the document cannot be followed.
    OutputError
        If the folder cannot be written.

    Examples
    --------
    >>> import basinmap as bm, datetime as dt, tempfile
    >>> page = bm.Page((bm.Heading("Vacance"),))
    >>> note = bm.Document("note", "Note", "Observatoire", dt.date(2026, 1, 1), (page,))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = bm.write_document(folder, note, formats=["html"])
    ...     sorted(path.name for path in made.iterdir())
    ['manifest.json', 'note.html']
    """
    check_given(write_document, locals())
    check_folder(out)
    asked = checked_formats(formats)
    whole = completed(document, texts, plates)
    if about is not None:
        _warn_of_unshown(about)
    with staged_folder(out) as folder:
        write_formats(folder, whole, asked, theme, about)
        told = {
            "title": whole.title,
            "author": whole.author,
            "date": whole.date.isoformat(),
            "texts_of_the_user": sorted(texts or {}),
            "plates_of_the_user": [one.file.name for one in plates],
            **({} if about is None else record_of(about, whole.slug)),
        }
        write_manifest(folder, told)
    return Path(out)


def _warn_of_unshown(about: Subject) -> None:
    """Say which of the indicators asked for a document does not print."""
    gone = sorted((about.only or frozenset()) - set(about.asked))
    if gone:
        msg = (
            f"{len(gone)} indicator(s) asked for are not printed: {culprits(gone)}; "
            "the document has no place for them, or their counts were not given"
        )
        warnings.warn(msg, BasinmapWarning, stacklevel=4)


def completed(
    document: Document,
    texts: Mapping[str, str] | None,
    plates: Sequence[OwnPlate],
) -> Document:
    """
    Return a document with what the user writes and draws.

    Parameters
    ----------
    document
        The document.
    texts
        Texts by key, in Markdown.
    plates
        Plates.
    """
    whole = with_texts(document, texts) if texts else document
    return with_plates(whole, plates) if len(plates) else whole


def _chapter(about: Subject, evaluated: Evaluation | None) -> tuple[Part, ...]:
    """Return the chapter of the evaluation, where there are years to compare."""
    if evaluated is None:
        from basinmap.impact.evaluating import evaluation  # noqa: PLC0415 - 0.3 s

        if len(about.years("population")) < 2 or about.listing is not None:
            return ()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", BasinmapWarning)  # its account says it
            evaluated = evaluation(about.table)
    source = " ; ".join(about.told("D01").sources)
    return evaluation_parts(evaluated, source=source)


def _about(
    where: str | Perimeter,
    author: str,
    date: dt.date | None,
    counts: pd.DataFrame | None,
    shown: tuple[Classes, Iterable[str] | None, Outlines | None],
) -> Subject:
    day = date or dt.date.today()  # noqa: DTZ011 - the maker's day
    classes, indicators, outlines = shown
    return subject(
        where,
        author=author,
        date=day,
        counts=counts,
        outlines=None if outlines is None else read_outlines(outlines),
        classes=classes,
        indicators=indicators,
    )


def with_former(
    document: Document, about: Subject, former: pd.DataFrame | None
) -> Document:
    """
    Return a document with the page of what changed since its former edition.

    Parameters
    ----------
    document
        The document.
    about
        Its territory.
    former
        Counts of the former edition, None for a document that is as it was.

    Raises
    ------
    DataError
        If nothing of the two editions has two dates.
    """
    if former is None:
        return document
    then = subject(
        about.area,
        author=about.author,
        date=about.date,
        listing=about.listing,
        counts=former,
        alone=True,
    )
    ids = about.asked if about.only is None else sorted(about.only)
    running = next((page.running for page in document.pages if page.running), "")
    page = former_page(about, then, ids, running)
    if page is None:
        msg = (
            "former: no indicator of the document has another date in it; give the "
            "counts of the former edition, of an earlier year"
        )
        raise DataError(msg)
    return dc.replace(document, pages=(*document.pages, page))


def _notebooks() -> list[Study]:
    """Return the studies of the house, each with the notebook that makes it again."""
    known = own_studies()
    return [
        Study(str(row["title"]), str(row["question"]), notebook=f"{name}.ipynb")
        for name, row in known.iterrows()
    ]


def _streets(network: Network | str | Path, mode: Mode) -> Network:
    if isinstance(network, Network):
        return network
    return read_network(network, mode=mode, crs=METRIC, quiet=True)


def _numbers(questions: Sequence[Question]) -> list[int]:
    return [question.number for question in questions]


def _own_texts(
    texts: Mapping[str, str], questions: Sequence[Question]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the texts that stand in the place of none, and the others."""
    keys = {"preambule", "faits", *(f"question.{n}" for n in _numbers(questions))}
    own = {key: text for key, text in texts.items() if key in keys}
    return own, {key: text for key, text in texts.items() if key not in keys}


def scot_observatory(  # noqa: PLR0913 - what a bulletin may be made from
    scot: str | Perimeter,
    theme: str,
    *,
    out: str | Path,
    author: str = "basinmap",
    date: dt.date | None = None,
    counts: pd.DataFrame | None = None,
    issue: str = "",
    classes: Classes = "territoire",
    indicators: Iterable[str] | None = None,
    former: pd.DataFrame | None = None,
    outlines: Outlines | None = None,
    formats: Iterable[str] = ("pdf",),
    look: DocumentTheme | None = None,
    texts: Mapping[str, str] | None = None,
    plates: Sequence[OwnPlate] = (),
) -> Path:
    """
    Write a bulletin of the observatory of a SCoT.

    Parameters
    ----------
    scot
        Slug of the SCoT, or any perimeter.
    theme
        `"demographie"`, `"logement-vacance"`, `"peuplement"`, `"marche"`, `"foncier"`.
    out
        Folder of the outputs.
    author, date
        Who signs it, and when; today by default.
    counts
        Counts of all communes, as `read_source` returns them.
    issue
        Number of the issue.
    classes
        Of which communes the classes of rates are: `"territoire"`, or `"bassin"`, so
        that a rate has one colour from volume to volume.
    indicators
        Ids of those that are printed; by default all whose counts there are.
    former
        Counts of the former edition: a page more sets them beside those of today, on
        the communes of today.
    outlines
        Outlines of communes to draw on instead of the embedded ones: see
        `read_outlines`.
    formats
        Among `"pdf"`, `"docx"`, `"html"`, and `"web"`: `page.html`, a map and a table
        that a browser shows, of all that the counts give.
    look
        Theme of the institution, as `read_theme` returns it.
    texts
        Texts of the user by key, in Markdown.
    plates
        Plates of the user, as `read_plates` returns them.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    CodeError
        If the perimeter, the theme or an indicator is unknown.
    DataError
        If the counts of the theme are not there, the file that has them being named;
        if classes are of a bassin that the territory is not in.
    OutputError
        If the folder cannot be written.

    Examples
    --------
    >>> import basinmap as bm, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = bm.scot_observatory(
    ...         "grand-douaisis", "logement-vacance", out=folder, formats=["html"]
    ...     )
    ...     sorted(path.name for path in made.iterdir())
    ['bulletin-logement-vacance.html', 'manifest.json']
    """
    check_given(scot_observatory, locals())
    check_texts(texts)
    check_folder(out)
    formats = checked_formats(formats)
    about = _about(scot, author, date, counts, (classes, indicators, outlines))
    editorial = (texts or {}).get("une.editorial", "")
    document = bulletin_document(about, theme, issue=issue, editorial=editorial)
    document = with_former(document, about, former)
    return write_document(
        out,
        document,
        formats=formats,
        theme=look,
        texts=texts,
        plates=plates,
        about=about,
    )


def cil(  # noqa: PLR0913 - what a document may be made from
    epci: str | Perimeter,
    *,
    out: str | Path,
    author: str = "basinmap",
    date: dt.date | None = None,
    counts: pd.DataFrame | None = None,
    generation: str = "",
    quarters: gpd.GeoDataFrame | None = None,
    landlords: Landlords | None = None,
    threshold: float | None = None,
    estates: Estates | None = None,
    classes: Classes = "territoire",
    indicators: Iterable[str] | None = None,
    former: pd.DataFrame | None = None,
    outlines: Outlines | None = None,
    formats: Iterable[str] = ("pdf",),
    look: DocumentTheme | None = None,
    texts: Mapping[str, str] | None = None,
    plates: Sequence[OwnPlate] = (),
) -> Path:
    """
    Write the document of the conference on social housing of an EPCI.

    Parameters
    ----------
    epci
        SIREN or short name, or any perimeter.
    out
        Folder of the outputs.
    author, date
        Who signs it, and when; today by default.
    counts
        Counts of all communes: RPLS, SNE, OPS, as `read_source` returns them.
    generation
        Generation of the QPV, where counts are about them.
    quarters, landlords, threshold, estates
        Outlines of the QPV, stock by landlord, threshold of the first quartile and
        fragile estates: see `cil_document`.
    classes, indicators, former, outlines, formats, look, texts, plates
        See `scot_observatory`.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    CodeError
        If the perimeter is unknown.
    DataError
        If counts are about QPV and no generation is told.
    OutputError
        If the folder cannot be written.

    Examples
    --------
    >>> import basinmap as bm, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = bm.cil("call", out=folder, formats=["html"])
    ...     sorted(path.name for path in made.iterdir())
    ['cil.html', 'manifest.json']
    """
    check_given(cil, locals())
    check_texts(texts)
    check_folder(out)
    formats = checked_formats(formats)
    about = _about(epci, author, date, counts, (classes, indicators, outlines))
    document = cil_document(
        about,
        generation=generation,
        quarters=quarters,
        landlords=landlords,
        threshold=threshold,
        estates=estates,
    )
    document = with_former(document, about, former)
    return write_document(
        out,
        document,
        formats=formats,
        theme=look,
        texts=texts,
        plates=plates,
        about=about,
    )


def pic(  # noqa: PLR0913 - what a deliverable may be made from
    year: int,
    *,
    out: str | Path,
    where: str | Perimeter = "bassin-minier",
    author: str = "basinmap",
    date: dt.date | None = None,
    counts: pd.DataFrame | None = None,
    questions: Sequence[Question] | None = None,
    attendance: pd.Series | None = None,
    attendance_source: str = "",
    breaks: Mapping[int, str] | None = None,
    answers: Mapping[int, str] | None = None,
    foreword: str = "",
    studies: Sequence[Study | tuple[str, str]] | None = None,
    evaluated: Evaluation | None = None,
    forecast: float | None = None,
    highlights: Sequence[str] = (),
    network: Network | str | Path | None = None,
    mode: Mode = "car",
    isochrones: gpd.GeoDataFrame | None = None,
    establishments: gpd.GeoDataFrame | None = None,
    classes: Classes = "territoire",
    indicators: Iterable[str] | None = None,
    former: pd.DataFrame | None = None,
    outlines: Outlines | None = None,
    formats: Iterable[str] = ("pdf",),
    look: DocumentTheme | None = None,
    texts: Mapping[str, str] | None = None,
    plates: Sequence[OwnPlate] = (),
) -> Path:
    """
    Write the yearly deliverable on the Louvre-Lens.

    Parameters
    ----------
    year
        Year of the edition.
    out
        Folder of the outputs.
    where
        Perimeter, by default the bassin minier.
    author, date
        Who signs it, and when; by default today, which must be in that year.
    counts
        Counts of all communes, as `read_source` returns them.
    questions
        The questions; by default the fourteen of the first livret.
    attendance, attendance_source, breaks
        Visitors by year, whence, and the years from which they are counted otherwise.
    answers
        Text of the observatory to a question, by its number, in Markdown; that of the
        key `question.3` of `texts` is one too.
    foreword
        Text of the observatory, in Markdown; or the key `preambule` of `texts`.
    studies
        Studies of the year, or title and result of each; by default the notebooks of
        `bm.studies` with their question.
    evaluated
        What `bm.evaluation` returned, of a longer series for instance; by default that
        of the populations there are.
    forecast, highlights
        Visitors a year expected before the opening; what marked the year, or the key
        `faits` of `texts`, a line each.
    network, mode
        Streets around the museum, or a file that `read_network` reads and how it is
        travelled: areas of 10, 20 and 30 minutes then stand beside the rings.
    isochrones
        Such areas, as `isochrones` or `read_isochrones` returns them, in their place.
    establishments
        Establishments as points, as `read_points` returns those of Sirene.
    classes, indicators, former, outlines, formats, look, texts, plates
        See `scot_observatory`.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    DataError
        If the date is of another year, attendance has no source, or an answer is to no
        question.
    OutputError
        If the folder cannot be written.

    Examples
    --------
    >>> import basinmap as bm, datetime as dt, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = bm.pic(
    ...         2026, out=folder, date=dt.date(2026, 11, 29), formats=["html"]
    ...     )
    ...     sorted(path.name for path in made.iterdir())
    ['manifest.json', 'pic.html']
    """
    check_given(pic, locals())
    check_texts(texts)
    check_folder(out)
    formats = checked_formats(formats)
    questions = QUESTIONS if questions is None else questions
    check_answers(questions, answers or {})
    check_attendance(attendance, attendance_source, forecast)
    about = _about(where, author, date, counts, (classes, indicators, outlines))
    if about.date.year != year:
        msg = f"edition {year} is dated {about.date:%d/%m/%Y}; give date= in that year"
        raise DataError(msg)
    if network is not None:
        about = dc.replace(about, network=_streets(network, mode))
        about.reach.check_network()
    own, texts = _own_texts(texts or {}, questions)
    told = {n: own.get(f"question.{n}", "") for n in _numbers(questions)}
    told = {n: text for n, text in {**told, **(answers or {})}.items() if text}
    foreword = foreword or own.get("preambule", "")
    marks = [*highlights, *filter(str.strip, own.get("faits", "").splitlines())]
    document = pic_document(
        about,
        questions=questions,
        attendance=attendance,
        attendance_source=attendance_source,
        breaks=breaks,
        answers=told,
        foreword=foreword,
        studies=_notebooks() if studies is None else studies,
        evaluation=_chapter(about, evaluated),
        forecast=forecast,
        highlights=marks,
        isochrones=isochrones,
        establishments=establishments,
    )
    said = {f"question.{n}": text for n, text in told.items()}
    said |= {"preambule": foreword, "faits": "\n".join(marks)}
    check_numbers(document, said, inside=said)
    document = with_former(document, about, former)
    return write_document(
        out,
        document,
        formats=formats,
        theme=look,
        texts=texts,
        plates=plates,
        about=about,
    )
