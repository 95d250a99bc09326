"""
Making one document of a project, in this process or in one of its own.

`python -m basinmap.deliverables.making PROJECT NAME FOLDER` makes one and prints, as
JSON, what it was warned of or why it was not made.
"""

from __future__ import annotations

import datetime as dt
import gc
import json
import signal
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from basinmap.deliverables.bringing import counts_of
from basinmap.deliverables.choices import COMPARISON
from basinmap.deliverables.cil_files import read_estates, read_landlords
from basinmap.deliverables.comparison_documents import scot_comparison
from basinmap.deliverables.housing import plh
from basinmap.deliverables.museum_areas import read_isochrones
from basinmap.deliverables.museum_files import read_attendance, read_studies
from basinmap.deliverables.own_plates import read_plates
from basinmap.deliverables.pic_documents import read_questions
from basinmap.deliverables.programme_files import read_balance, read_sectors
from basinmap.deliverables.projects import (
    Job,
    Project,
    files_of,
    hashed,
    marked,
    read_project,
)
from basinmap.deliverables.publishing import cil, pic, scot_observatory
from basinmap.deliverables.texts import read_texts
from basinmap.errors import (
    BasinmapError,
    BasinmapWarning,
    DataError,
    OutlineWarning,
)
from basinmap.export.document_themes import DocumentTheme, read_theme
from basinmap.sources.points import read_points
from basinmap.sources.reading import read_source
from basinmap.territory.perimeters import Perimeter, user_perimeter
from basinmap.territory.reading import read_units

__all__ = ["main", "make"]


def make(project: Project, job: Job, folder: Path) -> list[str]:
    """
    Make a document of a project, and say beside it what it was made from.

    Parameters
    ----------
    project
        The project.
    job
        The document.
    folder
        Where it will be.

    Returns
    -------
    list of str
        What it was warned of.

    Raises
    ------
    BasinmapError
        If it cannot be made; what was there is left.
    """
    key = hashed(project, job)  # of the files as they are before they are read
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", BasinmapWarning)
        warnings.simplefilter("ignore", OutlineWarning)  # the foot of maps says it
        _written(project, job, folder)
    marked(folder, key)
    told = [str(one.message) for one in said if _is_ours(one.category)]
    return list(dict.fromkeys(told))


def _is_ours(category: type[Warning]) -> bool:
    return issubclass(category, BasinmapWarning)


def _written(project: Project, job: Job, folder: Path) -> None:
    options = job.options
    common: dict[str, Any] = {
        "out": folder,
        "author": project.author,
        "date": project.date,
        "counts": counts_of(project.data),
        "formats": options.get("formats", ["pdf"]),
        "classes": str(options.get("classes", "territoire")),
        "indicators": options.get("indicators"),
        "former": counts_of(
            [project.folder / str(name) for name in options.get("former", ())],
            alone=True,
        ),
    }
    if "texts" in options:
        common["texts"] = read_texts(project.folder / str(options["texts"]))
    if "plates" in options:
        common["plates"] = read_plates(project.folder / str(options["plates"]))
    look = None if project.theme is None else read_theme(project.theme)
    where = _area(options.get("perimeter", project.perimeter))
    own = _own(job, files_of(project, job))
    match job.kind:
        case "plh":
            plh(where, theme=look, quiet=True, **own, **common)
        case "cil":
            told = str(options.get("generation", ""))
            cil(where, look=look, generation=told, **own, **common)
        case "scot":
            theme = str(options.get("theme", "logement-vacance"))
            issue = str(options.get("issue", ""))
            if theme == COMPARISON:
                _compared(look, common)
            else:
                scot_observatory(where, theme, look=look, issue=issue, **common)
        case _:
            day = project.date or dt.date.today()  # noqa: DTZ011 - the maker's day
            area = _area(options.get("perimeter", "bassin-minier"))
            pic(day.year, where=area, look=look, **own, **{**common, "date": day})


def _compared(look: DocumentTheme | None, common: Mapping[str, Any]) -> None:
    """Make the comparison of the five SCoT, which has no territory of its own."""
    taken = ("out", "author", "date", "counts", "indicators", "formats", "texts")
    given = {key: common[key] for key in taken if key in common}
    scot_comparison(look=look, **given)


def _own(job: Job, files: Mapping[str, Path]) -> dict[str, Any]:
    """Return what a document is given by files of its own, read."""
    told = job.options
    readers: dict[str, Callable[[Path], Any]] = {
        "balance": lambda path: read_balance(
            path,
            source=str(told["balance"]["source"]),
            period=_period(job, told["balance"]["period"]),
            closed=bool(told["balance"].get("closed", False)),
        ),
        "sectors": read_sectors,
        "moves": read_source,
        "landlords": lambda path: read_landlords(
            path,
            source=str(told["landlords"]["source"]),
            year=int(told["landlords"]["year"]),
        ),
        "estates": lambda path: read_estates(
            path, source=str(told["estates"]["source"])
        ),
        "quarters": lambda path: read_units(
            path,
            level="quartier",
            generation=str(told["generation"]) if "generation" in told else None,
            repair=True,
        ),
        "questions": read_questions,
        "studies": read_studies,
        "isochrones": lambda path: read_isochrones(
            path,
            source=str(told["isochrones"]["source"]),
            mode=told["isochrones"].get("mode", "car"),
        ),
    }
    own = {key: readers[key](path) for key, path in files.items() if key in readers}
    own |= {key: files[key] for key in ("network", "iris") if key in files}
    own |= {key: told[key] for key in ("mode", "threshold", "forecast") if key in told}
    if "attendance" in files:
        own["attendance"], own["breaks"] = read_attendance(files["attendance"])
        own["attendance_source"] = str(told["attendance"]["source"])
    if "sirene" in files:
        positions = files.get("positions")
        own["establishments"] = read_points(files["sirene"], positions=positions)
    return own


def _period(job: Job, told: object) -> tuple[int, int]:
    years = str(told).split("-")
    if len(years) != 2 or not all(year.isdigit() for year in years):
        msg = f"{job.name}: balance: period = {told!r}; write period = '2014-2020'"
        raise DataError(msg)
    return int(years[0]), int(years[1])


def _area(given: object) -> str | Perimeter:
    """Return a perimeter by its name, or of the communes that a project lists."""
    if isinstance(given, dict):
        codes = [str(code) for code in given["communes"]]
        name, source = str(given["name"]), str(given.get("source", "projet"))
        return user_perimeter("perimetre", codes, name=name, source=source)
    return str(given)


def main(words: Sequence[str]) -> int:
    """
    Make one document, and print what came of it as JSON.

    Parameters
    ----------
    words
        The project, the name of the document, its folder.
    """
    path, name, folder = words
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, _ended)
    told: dict[str, Any] = {"notes": [], "error": ""}
    try:
        project = read_project(path)
        (job,) = [job for job in project.jobs if job.name == name]
        told["notes"] = make(project, job, Path(folder))
    except BasinmapError as error:
        told["error"] = str(error)
    except KeyboardInterrupt:
        return 130
    print(json.dumps(told))  # noqa: T201 - read by the process that started this one
    return 0


def _ended(*_: object) -> NoReturn:
    """Leave as for Ctrl-C, once: what was half written is being removed."""
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    gc.set_threshold(50_000, 20, 20)  # as the command line does
    sys.exit(main(sys.argv[1:]))
