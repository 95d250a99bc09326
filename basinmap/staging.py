"""Writing beside, moving into place: an interruption leaves the previous files."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from basinmap.errors import OutputError

__all__ = [
    "MANIFEST",
    "UNDATED",
    "refusal",
    "staged_file",
    "staged_folder",
    "write_whole",
]

MANIFEST = "manifest.json"
"""Name of the list of outputs; a new set removes what the old list named."""

UNDATED = dt.date(2000, 1, 1)
"""Day of a file that is given none: the same content is the same bytes any day."""


@contextmanager
def staged_file(
    path: str | Path, *, check: Callable[[Path], None] | None = None
) -> Iterator[Path]:
    """
    Give a temporary path beside `path`; move it there if all went well.

    Parameters
    ----------
    path
        Where the file will be; its folder is made if it is missing.
    check
        Reads back what was written, and raises OSError if it is not whole: a full disk
        is not always told to who writes.

    Raises
    ------
    OutputError
        If the folder cannot be written, or what is there is no file.
    """
    target = _checked_target(path)
    with _beside(target.parent) as folder:
        staged = folder / target.name
        yield staged
        try:
            if check is not None:
                check(staged)
            staged.replace(target)
        except OSError as error:
            raise refusal(target, error) from error


def _checked_target(path: str | Path) -> Path:
    if not str(path).strip() or "\0" in str(path):
        msg = f"{str(path)!r} is no name: cannot write there; give the path of a file"
        raise OutputError(msg)
    target = Path(path)
    try:
        # A link stays a link: what it points to is replaced.
        target = target.resolve() if target.is_symlink() else target
        if target.is_dir():
            msg = f"{target} is a folder; give the path of a file"
            raise OutputError(msg)
        if target.exists() and not target.is_file():
            msg = f"{target} is a device or a pipe; open it, and pass the open file"
            raise OutputError(msg)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise refusal(target, error) from error
    return target


def write_whole(path: str | Path, data: bytes) -> None:
    """
    Write a file whole, or leave what was there.

    Parameters
    ----------
    path
        Where the file will be; its folder is made if it is missing.
    data
        All of it.

    Raises
    ------
    OutputError
        If it cannot be written.
    """
    with staged_file(path) as staged:
        try:
            staged.write_bytes(data)
        except OSError as error:
            raise refusal(Path(path), error) from error


@contextmanager
def staged_folder(out: str | Path) -> Iterator[Path]:
    """
    Give a temporary folder beside `out`; move its files there if all went well.

    With a new manifest, files that the previous one named and that are not written
    again are removed; any other file of the folder stays.

    Parameters
    ----------
    out
        Where the files will be.

    Raises
    ------
    OutputError
        If `out` is a file or cannot be written; then nothing is changed.
    """
    target = _checked_folder(out)
    # Inside a folder that is there: it may be writable when its parent is not,
    # or lie on another disk, from which files cannot be moved.
    with _beside(target if target.is_dir() else target.parent) as folder:
        yield folder
        try:
            target.mkdir(exist_ok=True)
            _move_all(folder, target)
        except OutputError:
            raise
        except OSError as error:
            raise refusal(target, error) from error


def _checked_folder(out: str | Path) -> Path:
    target = Path(out)
    if not str(out).strip() or "\0" in str(out):
        msg = f"{str(out)!r} is no name: cannot write there; give a folder, --out out"
        raise OutputError(msg)
    try:
        if target.exists() and not target.is_dir():
            msg = f"{target} is a file; give a folder that can be written"
            raise OutputError(msg)
        if target.is_dir() and not os.access(target, os.W_OK | os.X_OK):
            msg = f"cannot write in {target}: permission denied; choose another folder"
            raise OutputError(msg)
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        raise refusal(target, error) from error
    return target


def _move_all(folder: Path, target: Path) -> None:
    names = sorted(item.name for item in folder.iterdir())
    blocked = [name for name in names if (target / name).is_dir()]
    if blocked:
        msg = f"{target / blocked[0]} is a folder where a file must go; rename it"
        raise OutputError(msg)
    # Files alone are added to a set; a new list of files replaces the set.
    listed = _listed(target) if MANIFEST in names else []
    stale = [name for name in listed if name not in names]
    # The manifest goes last: until then the old one still names the old files.
    for name in sorted(names, key=lambda item: item == MANIFEST):
        (folder / name).replace(target / name)
    for name in stale:
        (target / name).unlink(missing_ok=True)


def _listed(folder: Path) -> list[str]:
    """Return the plain file names that the manifest of a folder lists."""
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        known = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["outputs"]
        return [n for n in known if Path(n).name == n and (folder / n).is_file()]
    return []


@contextmanager
def _beside(parent: Path) -> Iterator[Path]:
    """Make a temporary folder in `parent`, which is made if it is missing."""
    made = [folder for folder in (parent, *parent.parents) if not folder.exists()]
    try:
        parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".basinmap-", dir=parent))
    except OSError as error:
        raise refusal(parent, error) from error
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        for empty in made:
            with suppress(OSError):
                empty.rmdir()
        raise
    shutil.rmtree(folder, ignore_errors=True)


def refusal(path: Path, error: OSError) -> OutputError:
    """
    Return the error of a place that cannot be written.

    Parameters
    ----------
    path
        The place.
    error
        What the system says.
    """
    reason = error.strerror or str(error) or type(error).__name__
    return OutputError(f"cannot write in {path}: {reason}; choose another place")
