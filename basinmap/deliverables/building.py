"""
Building a project: what changed, several documents at a time.

Each document is made in a process of its own and moved into place whole; one that
fails, or is interrupted, leaves what was there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import basinmap
from basinmap.arguments import check_given, path_of
from basinmap.deliverables.projects import (
    Job,
    Project,
    hashed,
    is_whole,
    read_project,
)
from basinmap.errors import BasinmapError, BasinmapWarning, DataError
from basinmap.staging import check_folder, write_whole

__all__ = ["CHANGES", "Built", "build_project"]

CHANGES: Final = "changements.md"


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
    notes
        What it was warned of.
    """

    name: str
    folder: Path
    done: bool
    error: str = ""
    notes: tuple[str, ...] = ()


def build_project(
    path: str | Path,
    *,
    out: str | Path | None = None,
    again: bool = False,
    since: str | Path | None = None,
    at_once: int | None = None,
    quiet: bool = False,
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
    since
        `manifest.json` of an earlier edition, or the folder of its documents: what
        changed is written in `changements.md`, in the folder of the documents.
    at_once
        How many documents are built at a time, each in a process of its own; by default
        as many as there are cores.
    quiet
        Whether the bar of progress is off; it is anyway out of a terminal or notebook.
    tell
        Called with the name of each document before it is built.

    Returns
    -------
    list of Built
        One a document, in order; one that failed tells why, and leaves what was there.

    Raises
    ------
    DataError
        If the project cannot be read, a file of it is missing, or the earlier edition
        cannot be read.

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
    ...     twice = (*bm.build_project(project), *bm.build_project(project))
    ...     [built.done for built in twice]
    [True, False]
    """
    check_given(build_project, locals())
    project = read_project(path)
    where = path_of(out, "out") if out is not None else project.folder / "documents"
    check_folder(where)
    # Read first: the earlier edition may be the very one that is built over.
    before = None if since is None else _earlier(since)
    keys = {job.name: hashed(project, job) for job in project.jobs}
    todo = [
        job
        for job in project.jobs
        if again or not is_whole(where / job.name, keys[job.name])
    ]
    made = _made(project, todo, where, _workers(at_once, todo), quiet=quiet, tell=tell)
    found = [
        made.get(job.name) or Built(job.name, where / job.name, done=False)
        for job in project.jobs
    ]
    if before is not None:
        _write_changes(where, before, [one for one in found if not one.error])
    return found


def _workers(at_once: int | None, todo: Sequence[Job]) -> int:
    if at_once is not None and at_once < 1:
        msg = f"at_once={at_once}: at least one document at a time"
        raise DataError(msg)
    return min(at_once or os.cpu_count() or 1, len(todo))


def _made(
    project: Project,
    todo: Sequence[Job],
    where: Path,
    workers: int,
    *,
    quiet: bool,
    tell: Callable[[str], None] | None,
) -> dict[str, Built]:
    """Build documents, several at a time; return what became of each."""
    if not todo:
        return {}
    from basinmap.progress import progress  # noqa: PLC0415 - tqdm

    running = _Running()

    def one(job: Job) -> Built:
        if tell is not None:
            tell(job.name)
        make = _made_here if workers == 1 else running.made
        return make(project, job, where / job.name)

    found: dict[str, Built] = {}
    with progress(unit="document", total=len(todo), quiet=quiet) as bar:
        for built in _each(one, todo, workers, running):
            found[built.name] = built
            bar.set_description(built.name)
            bar.update()
    for built in found.values():
        for note in built.notes:
            warnings.warn(f"{built.name}: {note}", BasinmapWarning, stacklevel=3)
    return found


def _each(
    one: Callable[[Job], Built], todo: Sequence[Job], workers: int, running: _Running
) -> Iterator[Built]:
    """Return what becomes of each document, as soon as it is known."""
    if workers == 1:
        yield from map(one, todo)
        return
    with ThreadPoolExecutor(workers) as pool, running:
        for ended in as_completed([pool.submit(one, job) for job in todo]):
            yield ended.result()


def _made_here(project: Project, job: Job, folder: Path) -> Built:
    """Build one document; what draws is imported when there is something to draw."""
    from basinmap.deliverables.making import make  # noqa: PLC0415 - 1 s

    try:
        notes = make(project, job, folder)
    except BasinmapError as error:
        return Built(job.name, folder, done=False, error=str(error))
    return Built(job.name, folder, done=True, notes=tuple(notes))


class _Running:
    """The processes that build documents: none outlives who started them."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._lock = threading.Lock()
        self._live: list[subprocess.Popen[str]] = []
        self._ended = False

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *failure: object) -> None:
        """End what still runs: only an interruption leaves something."""
        with self._lock:
            self._ended = True
            for process in self._live:
                process.terminate()  # it removes what it had half written

    def made(self, project: Project, job: Job, folder: Path) -> Built:
        """
        Build one document in a process of its own.

        Parameters
        ----------
        project
            The project.
        job
            The document.
        folder
            Where it will be.
        """
        root = str(Path(basinmap.__file__).parents[1])
        known = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        words = [sys.executable, "-m", "basinmap.deliverables.making"]
        with self._lock:
            if self._ended:
                return Built(job.name, folder, done=False, error="interrupted")
            process = subprocess.Popen(  # noqa: S603 - this very package
                [*words, str(project.file), job.name, str(folder)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                env={"OMP_NUM_THREADS": "1", **os.environ, "PYTHONPATH": known},
            )
            self._live.append(process)
        out, told = process.communicate()
        with self._lock:
            self._live.remove(process)
        if process.returncode != 0:
            last = (told.strip().splitlines() or [f"status {process.returncode}"])[-1]
            msg = f"its process ended before its time: {last}"
            return Built(job.name, folder, done=False, error=msg)
        said = json.loads(out.splitlines()[-1])
        return Built(
            job.name,
            folder,
            done=not said["error"],
            error=said["error"],
            notes=tuple(said["notes"]),
        )


# --- what changed since an edition ------------------------------------------------


def _earlier(since: str | Path) -> list[Mapping[str, Any]]:
    from basinmap.deliverables.records import read_record  # noqa: PLC0415 - what draws

    return list(read_record(since).values())


def _write_changes(
    where: Path, before: Sequence[Mapping[str, Any]], found: Sequence[Built]
) -> None:
    """Write what changed of the documents that the earlier edition has too."""
    from basinmap.deliverables.records import (  # noqa: PLC0415 - what draws
        changes,
        read_record,
    )

    told, alone = [], []
    for built in found:
        (after,) = read_record(built.folder).values()
        earlier = [one for one in before if _same(one, after)]
        if earlier:
            told.append(changes(earlier[0], after))
        else:
            alone.append(built.name)
    lines = ["# Changements", "", *told]
    if alone:
        lines += ["## Sans édition antérieure", "", f"{', '.join(alone)}.", ""]
    write_whole(where / CHANGES, "\n".join(lines).encode())


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Tell whether two manifests are of editions of one document."""
    return (one["document"], one["perimeter"]["code"]) == (
        other["document"],
        other["perimeter"]["code"],
    )
