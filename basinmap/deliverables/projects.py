"""
A project: a folder that declares its documents, and builds what changed.

`projet.toml` names a perimeter, an author, files of data, a theme, and documents. Each
document is built in a folder of its own; one whose declaration, files and version of
basinmap are those of its manifest, and whose outputs are whole, is left as it is.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import basinmap
from basinmap.arguments import check_given, path_of
from basinmap.errors import BasinmapError, DataError, OutputError, culprits
from basinmap.staging import MANIFEST, write_whole

__all__ = ["Built", "Job", "build", "init", "read_project"]

PROJECT: Final = "projet.toml"
KINDS: Final = ("plh", "cil", "scot", "pic")
_ASKED: Final = frozenset({"perimeter", "author", "date", "data", "theme", "document"})
_OPTIONS: Final[Mapping[str, frozenset[str]]] = {
    "plh": frozenset({"kind", "out", "perimeter", "formats", "texts"}),
    "cil": frozenset({"kind", "out", "perimeter", "formats", "texts", "generation"}),
    "scot": frozenset(
        {"kind", "out", "perimeter", "formats", "texts", "theme", "issue"}
    ),
    "pic": frozenset({"kind", "out", "perimeter", "formats", "texts"}),
}
_KEY: Final = "built_from"
_EXAMPLE: Final = """\
# Projet basinmap : « basinmap build » fait tous les documents déclarés ici, et refait
# seulement ceux dont quelque chose a changé.

perimeter = "246200364"          # SIREN, SCoT, « bassin-minier »…
author = "Nom de l'observatoire"
date = {day}
data = []                        # fichiers des producteurs : ["lovac.csv", "rpls.xlsx"]
# theme = "theme.toml"           # couleurs, logos

[[document]]
kind = "plh"                     # diagnostic, fiches communales, planches, données
formats = ["pdf", "docx"]
# texts = "textes"               # dossier de textes en Markdown, nommés par clé

[[document]]
kind = "scot"
perimeter = "lens-lievin-henin-carvin"
theme = "logement-vacance"
issue = "1"

[[document]]
kind = "pic"
perimeter = "bassin-minier"
"""


@dataclass(frozen=True, slots=True)
class Job:
    """
    A document that a project declares.

    Attributes
    ----------
    name
        Of its folder.
    kind
        `"plh"`, `"cil"`, `"scot"` or `"pic"`.
    options
        What is declared of it.
    """

    name: str
    kind: str
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Project:
    """
    What `projet.toml` declares.

    Attributes
    ----------
    folder
        Where it is; its files are beside it.
    author, date, perimeter
        Of all documents, unless they say otherwise.
    data
        Files of producers.
    theme
        File of the theme, or None.
    jobs
        The documents.
    """

    folder: Path
    author: str
    date: dt.date | None
    perimeter: str
    data: tuple[Path, ...]
    theme: Path | None
    jobs: tuple[Job, ...]


@dataclass(frozen=True, slots=True)
class Built:
    """
    What became of a document.

    Attributes
    ----------
    name, folder
        The document, and where it is.
    done
        Whether it was built; otherwise nothing had changed.
    error
        Why it was not, or nothing.
    """

    name: str
    folder: Path
    done: bool
    error: str = ""


def init(folder: str | Path) -> Path:
    """
    Write an example of `projet.toml`, to be filled.

    Parameters
    ----------
    folder
        Folder of the project; made if it is missing.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OutputError
        If there is one already, or the folder cannot be written.

    Examples
    --------
    >>> import basinmap as bm
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     bm.init(folder).name
    'projet.toml'
    """
    check_given(init, locals())
    path = path_of(folder, "folder", error=OutputError) / PROJECT
    if path.exists():
        msg = f"{path} is there already; change it, or give another folder"
        raise OutputError(msg)
    day = dt.date.today()  # noqa: DTZ011 - the maker's day
    write_whole(path, _EXAMPLE.format(day=day.isoformat()).encode())
    return path


def read_project(path: str | Path) -> Project:
    """
    Read what a project declares.

    Parameters
    ----------
    path
        `projet.toml`, or the folder that holds it.

    Raises
    ------
    DataError
        If it is no TOML, lacks something, or holds an unknown key: the keys there are
        are listed.
    """
    given_path = path_of(path)
    file = given_path / PROJECT if given_path.is_dir() else given_path
    try:
        given = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or "cannot be read"
        msg = f"{file}: {reason}; write one with: basinmap init FOLDER"
        raise DataError(msg) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"{file} is no TOML: {error}"
        raise DataError(msg) from error
    _check_keys(file, given, _ASKED, "the project")
    declared = given.get("document", [])
    if not isinstance(declared, list) or not declared:
        msg = f"{file} declares no document: add [[document]] with kind = 'plh'"
        raise DataError(msg)
    jobs = tuple(_job(file, n, one) for n, one in enumerate(declared, start=1))
    names = [job.name for job in jobs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        msg = f"{file}: documents {culprits(twice)} have one folder; write out = '…'"
        raise DataError(msg)
    theme = given.get("theme")
    return Project(
        folder=file.parent,
        author=_text(file, given, "author"),
        date=_day(file, given.get("date")),
        perimeter=_text(file, given, "perimeter"),
        data=tuple(file.parent / str(name) for name in given.get("data", [])),
        theme=None if theme is None else file.parent / str(theme),
        jobs=jobs,
    )


def _check_keys(
    file: Path, given: Mapping[str, Any], known: frozenset[str], what: str
) -> None:
    if unknown := sorted(set(given) - known):
        msg = f"{file}: unknown key(s) {culprits(unknown)} of {what}; there are "
        raise DataError(msg + ", ".join(sorted(known)))


def _text(file: Path, given: Mapping[str, Any], key: str) -> str:
    value = given.get(key)
    if not isinstance(value, str) or not value.strip():
        msg = f"{file}: {key} = '…' is needed, as a text"
        raise DataError(msg)
    return value


def _day(file: Path, value: object) -> dt.date | None:
    if value is None:
        return None
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    msg = f"{file}: date = {value!r} is no day; write date = 2026-11-29, unquoted"
    raise DataError(msg)


def _job(file: Path, number: int, given: object) -> Job:
    if not isinstance(given, dict) or given.get("kind") not in KINDS:
        msg = f"{file}: document {number} needs kind = one of {', '.join(KINDS)}"
        raise DataError(msg)
    kind = str(given["kind"])
    _check_keys(file, given, _OPTIONS[kind], f"document {number} ({kind})")
    parts = [kind, str(given.get("theme", ""))]
    name = str(given.get("out") or "-".join(part for part in parts if part))
    if Path(name).name != name or name.startswith("."):
        msg = f"{file}: out = {name!r} is no name of folder"
        raise DataError(msg)
    return Job(name, kind, given)


# --- what changed -----------------------------------------------------------------


def _hashed(project: Project, job: Job) -> str:
    """Return what a document is built from, as one hash."""
    found = hashlib.sha256()
    told = {
        "version": basinmap.__version__,
        "author": project.author,
        "date": str(project.date),
        "perimeter": project.perimeter,
        "job": {key: str(value) for key, value in sorted(job.options.items())},
    }
    found.update(json.dumps(told, sort_keys=True).encode())
    for file in _files(project, job):
        found.update(file.name.encode())
        try:
            found.update(hashlib.sha256(file.read_bytes()).digest())
        except OSError as error:
            msg = f"{file}: {error.strerror or 'cannot be read'}"
            raise DataError(msg) from error
    return found.hexdigest()


def _files(project: Project, job: Job) -> Iterator[Path]:
    yield from project.data
    if project.theme is not None:
        yield project.theme
    if "texts" in job.options:
        folder = project.folder / str(job.options["texts"])
        yield from sorted(folder.glob("*.md"))


def _is_whole(folder: Path, key: str) -> bool:
    """Tell whether a folder holds what its manifest says, of this very project."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        mark = json.loads((folder.parent / _mark(folder)).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    whole = hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    if mark != {_KEY: key, "manifest": whole}:
        return False
    return all(
        (folder / name).is_file()
        and hashlib.sha256((folder / name).read_bytes()).hexdigest() == told["sha256"]
        for name, told in manifest.get("outputs", {}).items()
    )


def _mark(folder: Path) -> str:
    return f".{folder.name}.built.json"


# --- building ---------------------------------------------------------------------


def build(
    path: str | Path,
    *,
    out: str | Path | None = None,
    again: bool = False,
    tell: Callable[[str], None] | None = None,
) -> list[Built]:
    r"""
    Build the documents of a project that changed; the others stay as they are.

    Parameters
    ----------
    path
        `projet.toml`, or the folder that holds it.
    out
        Folder of the documents; by default `documents` beside the project.
    again
        Whether all are built, changed or not.
    tell
        Called with the name of each document before it is built.

    Returns
    -------
    list of Built
        One a document, in order; one that failed tells why, and leaves what was there.

    Raises
    ------
    DataError
        If the project cannot be read, or a file of it is missing.

    Examples
    --------
    >>> import basinmap as bm
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     project = Path(folder) / "projet.toml"
    ...     _ = project.write_text(
    ...         "perimeter = 'call'\nauthor = 'A'\ndate = 2026-11-29\n"
    ...         "[[document]]\nkind = 'cil'\nformats = ['html']\n"
    ...     )
    ...     [built.done for built in (*bm.build(project), *bm.build(project))]
    [True, False]
    """
    check_given(build, locals())
    project = read_project(path)
    where = path_of(out, "out") if out is not None else project.folder / "documents"
    found = []
    for job in project.jobs:
        folder, key = where / job.name, _hashed(project, job)
        if not again and _is_whole(folder, key):
            found.append(Built(job.name, folder, done=False))
            continue
        if tell is not None:
            tell(job.name)
        try:
            _make(project, job, folder)
        except BasinmapError as error:
            found.append(Built(job.name, folder, done=False, error=str(error)))
            continue
        whole = hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
        mark = json.dumps({_KEY: key, "manifest": whole})
        write_whole(folder.parent / _mark(folder), mark.encode())
        found.append(Built(job.name, folder, done=True))
    return found


def _make(project: Project, job: Job, folder: Path) -> None:
    """Build one document; what draws is imported when there is something to draw."""
    from basinmap.deliverables.housing import plh  # noqa: PLC0415 - 1 s
    from basinmap.deliverables.publishing import (  # noqa: PLC0415 - 1 s
        cil,
        pic,
        scot_observatory,
    )
    from basinmap.deliverables.texts import read_texts  # noqa: PLC0415 - with them
    from basinmap.export.document_themes import read_theme  # noqa: PLC0415 - with them
    from basinmap.territory.perimeters import perimeter  # noqa: PLC0415 - with them

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
    look = None if project.theme is None else read_theme(project.theme)
    where = str(options.get("perimeter", project.perimeter))
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
            area = perimeter(str(options.get("perimeter", "bassin-minier")))
            pic(day.year, where=area, look=look, **{**common, "date": day})


def _counts(project: Project) -> Any:  # noqa: ANN401 - a frame, imported when asked for
    """Read the files of the project, joined on the communes."""
    if not project.data:
        return None
    from basinmap.deliverables.observed import joined  # noqa: PLC0415 - with what draws
    from basinmap.sources.reading import read_source  # noqa: PLC0415 - with what draws
    from basinmap.territory.units import statistics  # noqa: PLC0415 - with what draws

    whole = statistics()
    for path in project.data:
        whole = joined(whole, read_source(path))
    return whole
