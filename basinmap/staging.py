"""Writing beside, moving into place: an interruption leaves the previous files."""

from __future__ import annotations

import datetime as dt
import errno
import os
import re
import tempfile
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from zipfile import BadZipFile, ZipFile

from basinmap.arguments import path_of, shown
from basinmap.errors import BasinmapWarning, OutputError, VintageError, culprits
from basinmap.moves import (
    MANIFEST,
    PREFIX,
    deferred,
    discard,
    exchangeable,
    held,
    let_go,
    place,
    sweep,
)
from basinmap.windows import fault_of, on_windows

__all__ = [
    "MANIFEST",
    "UNDATED",
    "check_archive",
    "check_file",
    "check_folder",
    "moments_for_arrow",
    "refusal",
    "staged_file",
    "staged_folder",
    "today",
    "write_whole",
]

UNDATED = dt.date(2000, 1, 1)
"""Day of a file that is given none: the same content is the same bytes any day."""


def today() -> dt.date:
    """
    Return the day of making of a document that is given none.

    That of `SOURCE_DATE_EPOCH`, seconds since 1970, where the environment sets it, so
    that a document made again is the same.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "").strip()
    if epoch:
        try:
            return dt.datetime.fromtimestamp(int(epoch), tz=dt.UTC).date()
        except (ValueError, OverflowError, OSError):
            msg = f"SOURCE_DATE_EPOCH={epoch!r} is no number of seconds; unset it"
            raise VintageError(msg) from None
    return dt.date.today()  # noqa: DTZ011 - the maker's day


@contextmanager
def moments_for_arrow() -> Iterator[None]:
    """
    Let pyarrow take moments of a zone from pandas as its older releases do.

    They ask for `Series.values`, which pandas deprecates since 3.1; what they make of
    it, moments in UTC and their zone, is right.
    """
    with warnings.catch_warnings():
        told = r"Series\.values returning an ndarray that drops timezone"
        warnings.filterwarnings("ignore", told, DeprecationWarning)
        yield


def check_archive(staged: Path) -> None:
    """
    Check that every part of an archive is read back as it was written.

    Parameters
    ----------
    staged
        A workbook, the arrays of a network.

    Raises
    ------
    OSError
        If one is not.
    """
    try:
        with ZipFile(staged) as parts:
            spoilt = parts.testzip()
    except (BadZipFile, zlib.error) as error:
        raise OSError(errno.EIO, str(error)) from None
    if spoilt is not None:
        raise OSError(errno.EIO, f"{spoilt} is not what was written")


def check_file(path: str | Path) -> None:
    """
    Say of a file that cannot be written, before what goes in it is made.

    Parameters
    ----------
    path
        Where the file will be.

    Raises
    ------
    OutputError
        If it is no name, a folder, a device, or in a folder that takes nothing.
    """
    _check_takes(_checked_target(path).parent)


def check_folder(out: str | Path) -> None:
    """
    Say of a folder that cannot be written, before what goes in it is made.

    Parameters
    ----------
    out
        Where the files will be.

    Raises
    ------
    OutputError
        If it is no name, a file, or in a folder that takes nothing.
    """
    _check_takes(_checked_folder(out))


def _check_takes(folder: Path) -> None:
    """Refuse a folder that is a file, or that the system lets nobody fill."""
    there = next((one for one in (folder, *folder.parents) if one.exists()), folder)
    if not there.is_dir():
        raise refusal(folder, NotADirectoryError(errno.ENOTDIR, f"{there} is a file"))
    if not os.access(there, os.W_OK | os.X_OK):
        raise refusal(folder, PermissionError(errno.EACCES, "permission denied"))


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
        with _full_disk_told(target):
            yield staged
        try:
            if check is not None:
                check(staged)
            with deferred():
                staged.replace(target)
        except OSError as error:
            raise refusal(target, error) from error


def _checked_target(path: str | Path) -> Path:
    if isinstance(path, str | os.PathLike) and _unnamed(path):
        msg = f"{str(path)!r} is no name: cannot write there; give the path of a file"
        raise OutputError(msg)
    target = path_of(path, error=OutputError)
    _check_no_address(path)
    _check_name(target)
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


def _check_name(path: Path) -> None:
    """
    Refuse what Windows would write elsewhere, or nowhere.

    `plh:2026.pdf` makes there an empty `plh`, and says nothing.
    """
    fault = fault_of(path.absolute()) if on_windows() else ""
    if fault:
        msg = f"cannot write {str(path)!r}: {fault}; give another name"
        raise OutputError(msg)


def _unnamed(path: str | os.PathLike[str]) -> bool:
    return not str(path).strip() or "\0" in str(path)


def _check_no_address(path: str | os.PathLike[str]) -> None:
    """Refuse what libraries would take for the address of something elsewhere."""
    if _ADDRESS.match(str(path)):
        msg = f"{shown(str(path))} is an address: write in a folder, and send it after"
        raise OutputError(msg)


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
    Give a temporary folder beside `out`; move its files there as one, if all went well.

    With a new manifest, files that the previous one named and that are not written
    again are removed; any other file of the folder stays.

    Parameters
    ----------
    out
        Where the files will be. While they are made, no other process writes there.

    Raises
    ------
    OutputError
        If `out` is a file, cannot be written, or is being written; then nothing is
        changed.

    Warns
    -----
    BasinmapWarning
        If a file of the set was changed by hand since it was written: it is kept under
        another name.
    """
    target = _checked_folder(out)
    base = target if target.is_dir() and not exchangeable(target) else target.parent
    with _beside(base) as folder, _alone(base, target):
        with _full_disk_told(target):
            yield folder
        try:
            aside = place(folder.parent, target)
        except OSError as error:
            raise refusal(target, error) from error
    if aside:
        kept = culprits(aside.values())
        msg = (
            f"{len(aside)} file(s) of {target} that were changed by hand since they "
            f"were written are kept as {kept}"
        )
        warnings.warn(msg, BasinmapWarning, stacklevel=4)


# What the system says of a disk, rather than of what is written.
_OF_DISKS: Final = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS}
)


@contextmanager
def _full_disk_told(target: Path) -> Iterator[None]:
    """Say of a disk that is full what to do, whoever was writing."""
    try:
        yield
    except OSError as error:
        if error.errno not in _OF_DISKS or isinstance(error, OutputError):
            raise
        raise refusal(target, error) from error


# Of GDAL, or of the web; pathlib makes one of its two strokes. A drive has one letter.
_ADDRESS: Final = re.compile(r"/vsi|[A-Za-z][A-Za-z0-9+.-]+:/")


@contextmanager
def _alone(base: Path, target: Path) -> Iterator[None]:
    """Let one process at a time write a folder."""
    # Not in the folder itself, which may be exchanged for another.
    name = f".{target.name}" if base == target.parent else ""
    path, handle = base / f".basinmap{name}.lock", None
    try:
        try:
            with deferred(moves=False):
                handle = held(path)
        except OSError as error:
            raise refusal(target, error) from error
        if handle is None:
            msg = f"{target} is being written by another process; wait for it, or "
            raise OutputError(msg + "give another folder")
        # Files that were left half moved are moved before they are looked at.
        sweep(target)
        yield
    finally:
        if handle is not None:
            let_go(handle, path)


def _checked_folder(out: str | Path) -> Path:
    if isinstance(out, str | os.PathLike) and _unnamed(out):
        msg = f"{str(out)!r} is no name: cannot write there; give a folder, --out out"
        raise OutputError(msg)
    target = path_of(out, "out", error=OutputError)
    _check_no_address(out)
    _check_name(target)
    try:
        target = target.resolve()
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


@contextmanager
def _beside(parent: Path) -> Iterator[Path]:
    """Make a temporary folder in `parent`, which is made if it is missing."""
    made = [folder for folder in (parent, *parent.parents) if not folder.exists()]
    whole = None
    try:
        try:
            parent.mkdir(parents=True, exist_ok=True)
            sweep(parent)
            with deferred(moves=False):
                whole = _locked_folder(parent)
            folder = whole[0] / "new"
            folder.mkdir()
        except OSError as error:
            raise refusal(parent, error) from error
        yield folder
    except BaseException:
        if whole is not None:
            discard(*whole)
        for empty in made:
            with suppress(OSError):
                empty.rmdir()
        raise
    discard(*whole)


def _locked_folder(parent: Path) -> tuple[Path, int]:
    """Make a temporary folder that says, by its lock, that its process lives."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        try:
            handle = held(folder / "lock")
        except FileNotFoundError:
            continue  # who sweeps was faster by a hair, and removed it
        if handle is not None:
            return folder, handle


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
