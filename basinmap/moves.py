"""
A set of files takes the place of another as one, whatever happens meanwhile.

Where the system can exchange two folders at once, that is done. Elsewhere a journal is
written before the first file moves: a run that is killed between two moves is finished
by the next, one that fails is undone. Meanwhile the manifest says that the folder is
being written, so that nobody takes files of two versions for a set.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import json
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Final

from basinmap.errors import Interrupted

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment] # asked where it is used

__all__ = [
    "MANIFEST",
    "PREFIX",
    "deferred",
    "discard",
    "exchangeable",
    "files_in",
    "held",
    "let_go",
    "place",
    "sweep",
]

MANIFEST: Final = "manifest.json"
"""Name of the list of outputs; a new set removes what the old list named."""
PREFIX: Final = ".basinmap-"
"""How the names of temporary folders start."""

_NEW, _OLD, _LOCK, _JOURNAL = "new", "old", "lock", "journal.json"
_SIGNALS: Final = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if hasattr(signal, name)
)
_UNLOCKED: Final = 3600.0  # seconds after which a folder without a lock is a leftover
_PENDING: Final = {
    "in_progress": True,
    "told": "Some files of this folder are of the version being written, some of the "
    "one before. If nothing is running, run it again: the rest is then moved.",
}
_MOST: Final = 2000  # files and folders that are linked into an exchanged folder


# -- signals ---------------------------------------------------------------------------


@contextmanager
def deferred(*, moves: bool = True) -> Iterator[None]:
    """
    Let Ctrl-C and requests to end wait until the block is done.

    Parameters
    ----------
    moves
        Whether the block moves files to their place.

    Raises
    ------
    Interrupted
        After a block that moves files, if one came.
    KeyboardInterrupt
        After another block.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are heard by the main thread alone
        return
    heard: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        heard.append(number)

    before = {number: signal.getsignal(number) for number in _SIGNALS}
    kept = {n: h for n, h in before.items() if h not in (signal.SIG_IGN, None)}
    for number in kept:
        signal.signal(number, note)
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
    if not heard:
        return
    try:
        # Whoever set a handler of his own is told; Python's raises.
        signal.raise_signal(heard[0])
    except KeyboardInterrupt as stop:
        if moves:
            raise Interrupted(*stop.args) from None
        raise


# -- locks -----------------------------------------------------------------------------


def held(path: Path) -> int | None:
    """
    Lock a file, made if it is missing; the system lets go of it when a process ends.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    int or None
        What `let_go` takes; None if another process holds it.
    """
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            locked = _locked(handle)
            same = locked and _is_still(handle, path)
        except BaseException:
            os.close(handle)
            raise
        if same:
            return handle
        os.close(handle)
        if not locked:
            return None


def _is_still(handle: int, path: Path) -> bool:
    """Tell whether a file that was opened is the one of that name: not yet removed."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _locked(handle: int) -> bool:
    if fcntl is None:
        import msvcrt  # noqa: PLC0415 - Windows has it

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS):
            raise
    return True


def let_go(handle: int, path: Path) -> None:
    """
    Let go of a lock, and remove its file.

    Parameters
    ----------
    handle
        What `held` returned.
    path
        The file.
    """
    # Removed while it is held: who waits for it sees that it is not there any more.
    with suppress(OSError):
        path.unlink(missing_ok=True)
    os.close(handle)


# -- one set in the place of another ---------------------------------------------------


@dataclass(slots=True)
class _Plan:
    """What becomes of each file; paths are relative to the folder, with slashes."""

    target: str
    names: list[str]
    stale: list[str] = field(default_factory=list)
    aside: dict[str, str] = field(default_factory=dict)


def place(temporary: Path, target: Path) -> dict[str, str]:
    """
    Put the files of a temporary folder in their folder, all or none.

    With a new manifest, files of the old one that are not written again are removed. A
    file that was changed by hand since, or is not of the old set, keeps its content
    under another name.

    Parameters
    ----------
    temporary
        Holds the set in `new`; the rest of it is the business of this module.
    target
        The folder, which may be missing.

    Returns
    -------
    dict
        Files that were kept aside: the name they had, the name they have.

    Raises
    ------
    OSError
        If a file cannot be moved; then nothing is changed.
    """
    new = temporary / _NEW
    if not target.exists():
        with deferred():
            new.replace(target)
        return {}
    plan = _planned(new, target, os.path.relpath(target, temporary.parent))
    blocked = [name for name in plan.names if (target / name).is_dir()]
    if blocked:
        raise IsADirectoryError(
            errno.EISDIR, f"{blocked[0]} is a folder where a file must go; rename it"
        )
    if temporary.parent == target.parent and _exchanged(new, target, plan):
        return plan.aside
    _moved(temporary, target, plan)
    return plan.aside


def files_in(folder: Path) -> list[str]:
    """
    Return the paths of all files of a folder, with slashes, in order.

    Parameters
    ----------
    folder
        Where they are.
    """
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if not path.is_dir()
    )


def _planned(new: Path, target: Path, name: str) -> _Plan:
    plan = _Plan(name, files_in(new))
    if MANIFEST not in plan.names:
        return plan  # files alone are added to a set
    listed = _listed(target)
    if listed is None:
        return plan
    for path in plan.names:
        there = target / path
        if path == MANIFEST or not there.is_file():
            continue
        now = _digest(there)
        if now != listed.get(path) and now != _digest(new / path):
            plan.aside[path] = _free(path, target, {*plan.names, *plan.aside.values()})
    plan.stale = [
        path
        for path, digest in listed.items()
        if path not in plan.names
        and (target / path).is_file()
        and _digest(target / path) == digest
    ]
    return plan


def _listed(folder: Path) -> dict[str, str] | None:
    """Return the files that the manifest of a folder lists, with their digests."""
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        known = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["outputs"]
        return {
            name: str(about["sha256"])
            for name, about in known.items()
            if isinstance(about, Mapping) and "sha256" in about and _inside(name)
        }
    return None


def _inside(name: str) -> bool:
    """Tell whether a name is that of a file inside the folder that lists it."""
    parts = name.split("/")
    odd = {"", ".", ".."}.intersection(parts)
    return (
        not odd
        and not Path(name).is_absolute()
        and "\\" not in name
        and ":" not in name
    )


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _free(name: str, target: Path, taken: set[str]) -> str:
    """Return a name that no file has: « tables (modifié).xlsx »."""
    head, dot, suffix = name.rpartition(".")
    stem, suffix = (head, dot + suffix) if head and "/" not in suffix else (name, "")
    for i in range(1, 1000):
        number = "" if i == 1 else f" {i}"
        found = f"{stem} (modifié{number}){suffix}"
        if found not in taken and not (target / found).exists():
            return found
    raise FileExistsError(errno.EEXIST, f"{name} was changed by hand too often")


# -- at once ---------------------------------------------------------------------------


def exchangeable(target: Path) -> bool:
    """
    Tell whether a folder may be exchanged for another that holds all it held.

    Parameters
    ----------
    target
        A folder that is there. One that the process is in, of another owner, on a disk
        of its own, or that holds very many files or anything but files, links and
        folders, stays the same.
    """
    parent = target.parent
    try:
        if target.is_symlink() or target.stat().st_dev != parent.stat().st_dev:
            return False
        if target == Path.cwd() or target in Path.cwd().parents:
            return False
        return _held_in(target) is not None and os.access(parent, os.W_OK | os.X_OK)
    except OSError:
        return False


def _held_in(target: Path) -> tuple[list[str], list[str]] | None:
    """Return the folders and the files in a folder; None if any cannot be linked."""
    disk, folders, files = target.stat().st_dev, [], []
    waiting = [target]
    while waiting:
        folder = waiting.pop()
        if not _is_ours(folder, disk):
            return None
        with os.scandir(folder) as entries:
            inside = sorted(entries, key=lambda entry: entry.name)
        for entry in inside:
            if folder == target and entry.name.startswith(PREFIX):
                continue
            path = Path(entry.path)
            if entry.is_dir(follow_symlinks=False):
                waiting.append(path)
                folders.append(path.relative_to(target).as_posix())
            elif entry.is_symlink() or entry.is_file(follow_symlinks=False):
                files.append(path.relative_to(target).as_posix())
            else:
                return None
        if len(files) + len(folders) > _MOST:
            return None
    return folders, files


def _is_ours(folder: Path, disk: int) -> bool:
    """Tell whether a folder is on a disk, and its owner's to read, fill and remove."""
    about = folder.stat()
    mine = not hasattr(os, "geteuid") or about.st_uid == os.geteuid()
    able = os.access(folder, os.R_OK | os.W_OK | os.X_OK)
    return mine and able and about.st_dev == disk


def _exchanged(new: Path, target: Path, plan: _Plan) -> bool:
    """Exchange the folder for the new one, where the system can; tell whether."""
    made: list[Path] = []
    try:
        if not exchangeable(target) or not _filled(new, target, plan, made):
            return False
        shutil.copystat(target, new)
        with deferred():
            if _exchange(new, target):
                return True
    except (FileExistsError, PermissionError):  # the journal finds it, and says so
        pass
    for path in reversed(made):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    return False


def _filled(new: Path, target: Path, plan: _Plan, made: list[Path]) -> bool:
    """Give the new folder all that stays of the old one, under a second name."""
    held = _held_in(target)
    if held is None:
        return False
    folders, files = held
    gone = {*plan.names, *plan.stale}
    kept = {name: plan.aside.get(name, name) for name in files}
    kept = {n: k for n, k in kept.items() if n in plan.aside or n not in gone}
    # A folder that held nothing but what goes, goes; one that was empty stays.
    full = {parent for name in files for parent in _above(name)}
    used = {parent for name in kept for parent in _above(name)}
    for name in sorted(folders):
        there = new / name
        if there.exists() or (name in full and name not in used):
            continue
        there.mkdir()
        made.append(there)
    for name, copy in kept.items():
        _link(target / name, new / copy)
        made.append(new / copy)
    for name in sorted(folders, reverse=True):
        if (new / name).is_dir():
            shutil.copystat(target / name, new / name)
    return True


def _above(name: str) -> list[str]:
    """Return the folders a path of a set is in."""
    return [path.as_posix() for path in Path(name).parents][:-1]


def _link(source: Path, copy: Path) -> None:
    """Give a file a second name, or a copy where it can have one only."""
    if source.is_symlink():
        copy.symlink_to(source.readlink())
        return
    try:
        copy.hardlink_to(source)
    except FileExistsError:
        raise
    except OSError:
        shutil.copy2(source, copy)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; False where the system cannot."""
    calls = {"linux": ("renameat2", 2), "darwin": ("renameatx_np", 2)}
    if sys.platform not in calls:
        return False
    name, exchange = calls[sys.platform]
    here = -100 if sys.platform == "linux" else -2  # AT_FDCWD
    try:
        call = getattr(ctypes.CDLL(None, use_errno=True), name)
    except (AttributeError, OSError):
        return False
    paths = os.fsencode(one.absolute()), os.fsencode(other.absolute())
    return bool(call(here, paths[0], here, paths[1], exchange) == 0)


# -- one after the other ---------------------------------------------------------------


def _moved(temporary: Path, target: Path, plan: _Plan) -> None:
    """Move the files one by one, under a journal."""
    old = temporary / _OLD
    for name in (*plan.names, *plan.stale):
        if (target / name).is_file():
            (old / name).parent.mkdir(parents=True, exist_ok=True)
            _link(target / name, old / name)
    with deferred():
        try:
            _write_journal(temporary / _JOURNAL, plan)
            _forward(temporary, target, plan)
        except OSError:
            _back(temporary, target, plan)
            raise


def _write_journal(path: Path, plan: _Plan) -> None:
    # Under another name first: half a journal is none.
    draft = path.with_suffix(".draft")
    with draft.open("w", encoding="utf-8") as stream:
        json.dump(asdict(plan), stream)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)


def _forward(temporary: Path, target: Path, plan: _Plan) -> None:
    """Move what is not moved yet; may be done again from any point."""
    for name, kept in plan.aside.items():
        if not (target / kept).exists():
            _link(target / name, target / kept)
    # Until the new manifest, which goes last, the folder claims nothing.
    if MANIFEST in plan.names and (temporary / _NEW / MANIFEST).exists():
        draft = temporary / f"{MANIFEST}.draft"
        draft.write_text(json.dumps(_PENDING, indent=2) + "\n", encoding="utf-8")
        draft.replace(target / MANIFEST)
    for name in sorted(plan.names, key=lambda item: item == MANIFEST):
        if name == MANIFEST:
            for path in plan.stale:
                (target / path).unlink(missing_ok=True)
        if (temporary / _NEW / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (temporary / _NEW / name).replace(target / name)
    (temporary / _JOURNAL).unlink(missing_ok=True)


def _back(temporary: Path, target: Path, plan: _Plan) -> None:
    """Put back what was there."""
    for name in sorted((*plan.names, *plan.stale), key=lambda item: item == MANIFEST):
        if (temporary / _OLD / name).exists():
            (temporary / _OLD / name).replace(target / name)
        else:
            (target / name).unlink(missing_ok=True)
    for kept in plan.aside.values():
        (target / kept).unlink(missing_ok=True)
    (temporary / _JOURNAL).unlink(missing_ok=True)


# -- what the dead leave ---------------------------------------------------------------


def sweep(folder: Path) -> None:
    """
    Finish what a process that died left in a folder, and remove its leftovers.

    Parameters
    ----------
    folder
        Where temporary folders are made; those of a process that lives are left.
    """
    try:
        with os.scandir(folder) as entries:
            found = [e.name for e in entries if e.name.startswith(PREFIX)]
    except OSError:
        return
    for name in sorted(found):
        left = folder / name
        with suppress(OSError):
            if left.is_dir() and not left.is_symlink():
                _clear(left)


def _clear(left: Path) -> None:
    lock = left / _LOCK
    if not lock.exists():
        with suppress(OSError):
            left.rmdir()  # empty: its process was just making it, or removing it
            return
        if time.time() - left.stat().st_mtime > _UNLOCKED:  # no lock, no process
            shutil.rmtree(left, ignore_errors=True)
        return
    handle = held(lock)
    if handle is None:
        return
    try:
        with suppress(FileNotFoundError, ValueError, TypeError):
            kept: dict[str, Any] = json.loads((left / _JOURNAL).read_text("utf-8"))
            plan = _Plan(**kept)
            target = left.parent / plan.target
            if _sound(plan) and target.resolve() in _around(left):
                _forward(left, target, plan)
        (left / _JOURNAL).unlink(missing_ok=True)
    except BaseException:
        os.close(handle)
        raise
    discard(left, handle)


def discard(folder: Path, handle: int) -> None:
    """
    Remove a temporary folder, unless a journal says that it is still needed.

    Parameters
    ----------
    folder
        The folder.
    handle
        Its lock, of which it lets go.
    """
    if not (folder / _JOURNAL).exists():
        for name in (_NEW, _OLD):
            shutil.rmtree(folder / name, ignore_errors=True)
        # The lock last: as long as it is there, the next run knows what this is.
        with suppress(OSError):
            (folder / _JOURNAL).with_suffix(".draft").unlink(missing_ok=True)
            (folder / f"{MANIFEST}.draft").unlink(missing_ok=True)
            (folder / _LOCK).unlink(missing_ok=True)
            folder.rmdir()
    os.close(handle)


def _sound(plan: _Plan) -> bool:
    """Tell whether a journal moves files of its own folder only."""
    return all(
        _inside(name)
        for name in (*plan.names, *plan.stale, *plan.aside, *plan.aside.values())
    )


def _around(left: Path) -> tuple[Path, ...]:
    """Return the folders that a temporary folder may be for: its own, or a brother."""
    parent = left.parent.resolve()
    return parent, *(path for path in parent.iterdir() if path.is_dir())
