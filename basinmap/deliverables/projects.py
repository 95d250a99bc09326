"""
A project: a folder that declares its documents, and what each is made from.

`projet.toml` names a perimeter, an author, files of data, a theme, and documents. Each
document is built in a folder of its own; one whose declaration, files and version of
basinmap are those it was built from, and whose outputs are whole, is left as it is.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import basinmap
from basinmap.arguments import check_given, path_of
from basinmap.errors import (
    DataError,
    OutputError,
    culprits,
)
from basinmap.staging import MANIFEST, write_whole

__all__ = [
    "Job",
    "Project",
    "files_of",
    "hashed",
    "init_project",
    "is_whole",
    "marked",
    "read_project",
]

PROJECT: Final = "projet.toml"
KINDS: Final = ("plh", "cil", "scot", "pic")
_ASKED: Final = frozenset({"perimeter", "author", "date", "data", "theme", "document"})
_COMMON: Final = frozenset(
    {
        *("kind", "out", "perimeter", "formats", "texts", "plates"),
        *("classes", "indicators", "former"),
    }
)
_WAY: Final = frozenset({"network", "mode"})
_OPTIONS: Final[Mapping[str, frozenset[str]]] = {
    "plh": _COMMON | _WAY | {"balance", "sectors", "moves", "iris"},
    "cil": _COMMON | {"generation", "quarters", "landlords", "estates", "threshold"},
    "scot": _COMMON | {"theme", "issue"},
    "pic": _COMMON
    | _WAY
    | {"attendance", "forecast", "questions", "studies", "isochrones", "sirene"},
}
_TABLES: Final[Mapping[str, tuple[frozenset[str], frozenset[str]]]] = {
    "balance": (frozenset({"file", "source", "period"}), frozenset({"closed"})),
    "landlords": (frozenset({"file", "source", "year"}), frozenset()),
    "estates": (frozenset({"file", "source"}), frozenset()),
    "attendance": (frozenset({"file", "source"}), frozenset()),
    "isochrones": (frozenset({"file", "source"}), frozenset({"mode"})),
    "sirene": (frozenset({"file"}), frozenset({"positions"})),
}
"""What is declared by a table: the keys that it needs, and those that it may have."""
_FILES: Final = frozenset(
    {"sectors", "moves", "quarters", "network", "iris", "questions", "studies"}
)
"""What is declared by the name of a file."""
_KEY: Final = "built_from"
_EXAMPLE: Final = """\
# Projet basinmap : « basinmap build » fait tous les documents déclarés ici, et refait
# seulement ceux dont quelque chose a changé.

perimeter = "246200364"          # SIREN, SCoT, « bassin-minier »…, ou vos communes :
# perimeter = {{name = "Secteur centre", communes = ["62498", "62510"], source = "PLH"}}
author = "Nom de l'observatoire"
date = {day}
data = []                        # fichiers des producteurs : ["lovac.csv", "rpls.xlsx"]
# theme = "theme.toml"           # couleurs, logos

[[document]]
kind = "plh"                     # diagnostic, fiches communales, planches, données
formats = ["pdf", "docx"]
# texts = "textes"               # dossier de textes en Markdown, nommés par clé
# plates = "planches.toml"       # vos planches : fichier, titre, description, source
# classes = "bassin"             # un taux a la même couleur d'un volume à l'autre
# former = ["lovac-2020.csv"]    # fichiers de l'édition précédente
# sectors = "secteurs.csv"       # commune ; secteur
# moves = "base-flux-mobilite-residentielle-2021.csv"
# balance = {{file = "bilan.csv", source = "CALL", period = "2014-2020", closed = true}}

[[document]]
kind = "scot"
perimeter = "lens-lievin-henin-carvin"
theme = "logement-vacance"
issue = "1"

[[document]]
kind = "pic"
perimeter = "bassin-minier"
# attendance = {{file = "entrees.csv", source = "Musée du Louvre-Lens"}}
# network = "lens.osm.pbf"       # isochrones à côté des anneaux

# [[document]]
# kind = "cil"
# generation = "2024"
# quarters = "qpv-2024.gpkg"     # contours des QPV
# landlords = {{file = "bailleurs.csv", source = "URH", year = 2024}}
# estates = {{file = "residences.csv", source = "CALL"}}
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
    folder, file
        Where it is, with its files beside it; the file itself.
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
    file: Path
    author: str
    date: dt.date | None
    perimeter: str | Mapping[str, Any]
    data: tuple[Path, ...]
    theme: Path | None
    jobs: tuple[Job, ...]


def init_project(folder: str | Path) -> Path:
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
    ...     bm.init_project(folder).name
    'projet.toml'
    """
    check_given(init_project, locals())
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
        file=file,
        author=_text(file, given, "author"),
        date=_day(file, given.get("date")),
        perimeter=_where(file, given.get("perimeter")),
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


def _where(file: Path, given: object) -> str | Mapping[str, Any]:
    """Return a perimeter: a name, or communes with one."""
    if isinstance(given, str) and given.strip():
        return given
    if isinstance(given, dict):
        keys = set(given)
        if {"name", "communes"} <= keys <= {"name", "communes", "source"}:
            _check_listed(file, given["communes"])
            return given
    msg = (
        f"{file}: perimeter = {given!r} is no perimeter; write perimeter = 'call', or "
        "perimeter = {name = '…', communes = ['62498', …], source = '…'}"
    )
    raise DataError(msg)


def _check_listed(file: Path, codes: object) -> None:
    """Refuse codes of communes that are no text: a number loses its first zero."""
    if not isinstance(codes, list) or not codes:
        msg = f"{file}: communes = {codes!r} is no list; write communes = ['62498', …]"
        raise DataError(msg)
    odd = [code for code in codes if not isinstance(code, str)]
    if not odd:
        return
    whole = [code for code in odd if isinstance(code, int)]
    right = f"{whole[0]:05d}" if whole else "62498"
    lost = [code for code in whole if len(str(code)) < len("62498")]
    msg = f"{file}: {len(odd)} code(s) of communes are no text: {culprits(odd)}; "
    told = f'write it as text: "{right}"'
    if lost:
        told = f'a number loses the zero before it; write it as text: "{lost[0]:05d}"'
    raise DataError(msg + told)


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
    if "perimeter" in given:
        _where(file, given["perimeter"])
    for key, value in given.items():
        _check_value(file, f"document {number} ({kind})", key, value)
    parts = [kind, str(given.get("theme", ""))]
    name = str(given.get("out") or "-".join(part for part in parts if part))
    if Path(name).name != name or name.startswith("."):
        msg = f"{file}: out = {name!r} is no name of folder"
        raise DataError(msg)
    return Job(name, kind, given)


def _check_value(file: Path, where: str, key: str, value: object) -> None:
    """Refuse a key whose value is not of the kind that it takes."""
    if key in _TABLES:
        needed, also = _TABLES[key]
        keys = set(value) if isinstance(value, dict) else set()
        if not needed <= keys <= needed | also:
            told = ", ".join(f"{name} = …" for name in sorted(needed))
            more = f", and may have {', '.join(sorted(also))}" if also else ""
            msg = f"{file}: {key} of {where} takes {{{told}}}{more}"
            raise DataError(msg)
    elif key in _FILES and not (isinstance(value, str) and value.strip()):
        msg = f"{file}: {key} of {where} is the name of a file: {key} = '…'"
        raise DataError(msg)
    elif key in {"former", "indicators", "formats"} and not (
        isinstance(value, list) and all(isinstance(one, str) for one in value)
    ):
        msg = f"{file}: {key} of {where} is a list: {key} = ['…']"
        raise DataError(msg)


def files_of(project: Project, job: Job) -> dict[str, Path]:
    """
    Return the files of its own that a document declares, by key.

    Parameters
    ----------
    project
        The project.
    job
        The document.

    Returns
    -------
    dict
        Paths from the folder of the project; that of the geolocation of Sirene under
        `"positions"`.
    """
    found = {}
    for key, value in job.options.items():
        if key in _TABLES:
            found[key] = project.folder / str(value["file"])
            if "positions" in value:
                found["positions"] = project.folder / str(value["positions"])
        elif key in _FILES:
            found[key] = project.folder / str(value)
    return found


# --- what changed -----------------------------------------------------------------


def hashed(project: Project, job: Job) -> str:
    """
    Return what a document is built from, as one hash.

    Parameters
    ----------
    project
        The project.
    job
        The document.

    Raises
    ------
    DataError
        If a file of the project is missing, or cannot be read.
    """
    found = hashlib.sha256()
    told = {
        "version": basinmap.__version__,
        "author": project.author,
        "date": str(project.date),
        "perimeter": str(project.perimeter),
        "job": {key: str(value) for key, value in sorted(job.options.items())},
    }
    found.update(json.dumps(told, sort_keys=True).encode())
    for file in _files(project, job):
        found.update(file.name.encode())
        try:
            found.update(hashlib.sha256(file.read_bytes()).digest())
        except OSError as error:
            msg = (
                f"{file}: {error.strerror or 'cannot be read'}; put it there, or take "
                f"it out of {project.file.name}"
            )
            raise DataError(msg) from error
    return found.hexdigest()


def _files(project: Project, job: Job) -> Iterator[Path]:
    """Return the files that a document is built from, logos and plates included."""
    yield from project.data
    yield from (project.folder / str(name) for name in job.options.get("former", ()))
    yield from files_of(project, job).values()
    if project.theme is not None:
        yield from _with_named(project.theme, "logo")
    if "texts" in job.options:
        folder = project.folder / str(job.options["texts"])
        yield from sorted(folder.glob("*.md"))
    if "plates" in job.options:
        yield from _with_named(project.folder / str(job.options["plates"]), "plate")


def _with_named(file: Path, key: str) -> Iterator[Path]:
    """Return a TOML file, and the files that its tables of a key name."""
    yield file
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8")).get(key, [])
    except (OSError, ValueError):
        return  # who reads it says what is wrong
    for one in told if isinstance(told, list) else []:
        if isinstance(one, dict) and isinstance(one.get("file"), str):
            yield file.parent / one["file"]


def is_whole(folder: Path, key: str) -> bool:
    """
    Tell whether a folder holds what its manifest says, of this very project.

    Parameters
    ----------
    folder
        A document.
    key
        What `hashed` returned.
    """
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


def marked(folder: Path, key: str) -> None:
    """
    Say beside a document what it was built from.

    Parameters
    ----------
    folder
        The document.
    key
        What `hashed` returned.
    """
    whole = hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    mark = json.dumps({_KEY: key, "manifest": whole})
    write_whole(folder.parent / _mark(folder), mark.encode())
