"""
Making one document of a project, in this process or in one of its own.

`python -m basinmap.deliverables.making PROJECT NAME FOLDER` makes one and prints, as
JSON, what it was warned of or why it was not made.
"""

from __future__ import annotations

import datetime as dt
import json
import signal
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import pandas as pd

from basinmap.deliverables.housing import plh
from basinmap.deliverables.own_plates import read_plates
from basinmap.deliverables.projects import (
    Job,
    Project,
    hashed,
    marked,
    read_project,
)
from basinmap.deliverables.publishing import cil, pic, scot_observatory
from basinmap.deliverables.subjects import joined
from basinmap.deliverables.texts import read_texts
from basinmap.errors import BasinmapError, BasinmapWarning, OutlineWarning
from basinmap.export.document_themes import read_theme
from basinmap.sources.reading import read_source
from basinmap.territory.perimeters import Perimeter, user_perimeter
from basinmap.territory.units import statistics

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
        "counts": _counts(project),
        "formats": options.get("formats", ["pdf"]),
    }
    if "texts" in options:
        common["texts"] = read_texts(project.folder / str(options["texts"]))
    if "plates" in options:
        common["plates"] = read_plates(project.folder / str(options["plates"]))
    look = None if project.theme is None else read_theme(project.theme)
    where = _area(options.get("perimeter", project.perimeter))
    match job.kind:
        case "plh":
            plh(where, theme=look, quiet=True, **common)
        case "cil":
            told = str(options.get("generation", ""))
            cil(where, look=look, generation=told, **common)
        case "scot":
            theme = str(options.get("theme", "logement-vacance"))
            issue = str(options.get("issue", ""))
            scot_observatory(where, theme, look=look, issue=issue, **common)
        case _:
            day = project.date or dt.date.today()  # noqa: DTZ011 - the maker's day
            area = _area(options.get("perimeter", "bassin-minier"))
            pic(day.year, where=area, look=look, **{**common, "date": day})


def _area(given: object) -> str | Perimeter:
    """Return a perimeter by its name, or of the communes that a project lists."""
    if isinstance(given, dict):
        codes = [str(code) for code in given["communes"]]
        name, source = str(given["name"]), str(given.get("source", "projet"))
        return user_perimeter("perimetre", codes, name=name, source=source)
    return str(given)


def _counts(project: Project) -> pd.DataFrame | None:
    """Read the files of the project, joined on the communes."""
    if not project.data:
        return None
    whole = statistics()
    for path in project.data:
        whole = joined(whole, read_source(path))
    return whole


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
    sys.exit(main(sys.argv[1:]))
