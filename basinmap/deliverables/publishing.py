"""
Publishing: one document in several formats, in a folder, with its manifest.

`scot_observatory`, `cil` and `pic` make a document and write it; a document of one's
own goes through `write_document` the same way.
"""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from basinmap.arguments import check_given
from basinmap.deliverables.cil_documents import cil_document
from basinmap.deliverables.cil_files import Estates, Landlords
from basinmap.deliverables.evaluation_parts import evaluation_parts
from basinmap.deliverables.own_plates import OwnPlate, with_plates
from basinmap.deliverables.pic_documents import (
    QUESTIONS,
    Question,
    check_answers,
    check_attendance,
    pic_document,
)
from basinmap.deliverables.records import record_of
from basinmap.deliverables.scot_documents import bulletin_document
from basinmap.deliverables.studies import studies as own_studies
from basinmap.deliverables.subjects import Subject, subject
from basinmap.deliverables.texts import with_texts
from basinmap.deliverables.web_values import PAGE, write_page_of
from basinmap.errors import BasinmapWarning, DataError, culprits
from basinmap.export.document_themes import DocumentTheme
from basinmap.export.html_documents import html_text
from basinmap.export.manifests import write_manifest
from basinmap.export.parts import Document, Part
from basinmap.export.pdf_documents import pdf_bytes
from basinmap.export.word_documents import docx_bytes
from basinmap.impact.evaluating import Evaluation, evaluation
from basinmap.staging import check_folder, staged_folder
from basinmap.territory.perimeters import Perimeter

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
) -> Subject:
    day = date or dt.date.today()  # noqa: DTZ011 - the maker's day
    return subject(where, author=author, date=day, counts=counts)


def scot_observatory(  # noqa: PLR0913 - what a bulletin may be made from
    scot: str | Perimeter,
    theme: str,
    *,
    out: str | Path,
    author: str = "basinmap",
    date: dt.date | None = None,
    counts: pd.DataFrame | None = None,
    issue: str = "",
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
        If the perimeter or the theme is unknown.
    DataError
        If the counts of the theme are not there; the file that has them is named.
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
    check_folder(out)
    formats = checked_formats(formats)
    about = _about(scot, author, date, counts)
    editorial = (texts or {}).get("une.editorial", "")
    document = bulletin_document(about, theme, issue=issue, editorial=editorial)
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
    formats, look, texts, plates
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
    check_folder(out)
    formats = checked_formats(formats)
    about = _about(epci, author, date, counts)
    document = cil_document(
        about,
        generation=generation,
        quarters=quarters,
        landlords=landlords,
        threshold=threshold,
        estates=estates,
    )
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
    questions: Sequence[Question] = QUESTIONS,
    attendance: pd.Series | None = None,
    attendance_source: str = "",
    breaks: Mapping[int, str] | None = None,
    answers: Mapping[int, str] | None = None,
    foreword: str = "",
    studies: Sequence[tuple[str, str]] | None = None,
    evaluated: Evaluation | None = None,
    forecast: float | None = None,
    highlights: Sequence[str] = (),
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
        Text of the observatory to a question, by its number.
    foreword
        Text of the observatory.
    studies
        Title and result of each study of the year; by default the notebooks of
        `bm.studies` with their question.
    evaluated
        What `bm.evaluation` returned, of a longer series for instance; by default that
        of the populations there are.
    forecast, highlights
        Visitors a year expected before the opening; what marked the year.
    formats, look, texts, plates
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
    check_folder(out)
    formats = checked_formats(formats)
    check_answers(questions, answers or {})
    check_attendance(attendance, attendance_source, forecast)
    about = _about(where, author, date, counts)
    if about.date.year != year:
        msg = f"edition {year} is dated {about.date:%d/%m/%Y}; give date= in that year"
        raise DataError(msg)
    if studies is None:
        known = own_studies()
        studies = list(zip(known["title"], known["question"], strict=True))
    document = pic_document(
        about,
        questions=questions,
        attendance=attendance,
        attendance_source=attendance_source,
        breaks=breaks,
        answers=answers,
        foreword=foreword,
        studies=studies,
        evaluation=_chapter(about, evaluated),
        forecast=forecast,
        highlights=highlights,
    )
    return write_document(
        out,
        document,
        formats=formats,
        theme=look,
        texts=texts,
        plates=plates,
        about=about,
    )
