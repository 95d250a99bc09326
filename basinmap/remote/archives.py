"""Archives that others packed: looked into before anything is taken out."""

from __future__ import annotations

import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, Final

from basinmap.errors import DataError, culprits
from basinmap.staging import staged_file

__all__ = ["check_zip", "unpack"]

_MEMBERS: Final = 10_000
_RATIO: Final = 200
_SMALL: Final = 1 << 20
"""Bytes up to which a file may shrink as it likes."""
_PIECE: Final = 1 << 20
_BROKEN: Final = (
    OSError,
    EOFError,
    zlib.error,
    zipfile.BadZipFile,
    RuntimeError,  # encrypted
    NotImplementedError,  # packed by a method of its own
    ValueError,
)


def check_zip(path: Path, *, largest: int) -> None:
    """
    Check that a zip is whole, and holds nothing that harms.

    Parameters
    ----------
    path
        The zip.
    largest
        Bytes that its files may be together.

    Raises
    ------
    DataError
        If it is no zip or is cut, holds a path that leads out of a folder, a link, too
        many files, or files that are too large or shrink too well.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            found = archive.infolist()
    except _BROKEN as error:
        msg = f"no zip, or one that is cut ({error})"
        raise DataError(msg) from error
    if len(found) > _MEMBERS:
        msg = f"a zip of {len(found):,} files, where {_MEMBERS:,} are looked into"
        raise DataError(msg)
    out = [info.filename for info in found if not _is_inside(info)]
    if out:
        msg = f"a zip with {len(out)} path(s) that lead out of it: {culprits(out)}"
        raise DataError(msg)
    size = sum(info.file_size for info in found)
    if size > largest:
        msg = f"a zip of {size:,} bytes once unpacked, where {largest:,} may be"
        raise DataError(msg)
    dense = [
        info.filename
        for info in found
        if info.file_size > max(_SMALL, _RATIO * info.compress_size)
    ]
    if dense:
        msg = (
            f"a zip with {len(dense)} file(s) more than {_RATIO} times as large as "
            f"they are packed: {culprits(dense)}"
        )
        raise DataError(msg)


def _is_inside(info: zipfile.ZipInfo) -> bool:
    """Tell whether a member is a file or a folder inside the zip."""
    # `filename` was already mended by zipfile: what was written is looked at too.
    for name in (info.filename, getattr(info, "orig_filename", info.filename)):
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in name or "\0" in name:
            return False
    return not stat.S_ISLNK(info.external_attr >> 16)


def unpack(path: Path, ending: str, target: Path, *, largest: int) -> Path:
    """
    Take one file out of a zip, whole or not at all.

    Parameters
    ----------
    path
        A zip that `check_zip` let through.
    ending
        How the name of the file ends, in any case.
    target
        Where it will be.
    largest
        Bytes it may be, whatever the zip says.

    Raises
    ------
    DataError
        If no file, or more than one, is so called, it is larger, or is spoilt.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            name = _only(archive, ending, path.name)
            with staged_file(target) as staged, archive.open(name) as source:
                _copy(source, staged, largest, f"{path.name}: {name}")
    except DataError:
        raise
    except _BROKEN as error:
        msg = f"{path.name}: {ending} cannot be taken out ({error}); fetch it again"
        raise DataError(msg) from error
    return target


def _only(archive: zipfile.ZipFile, ending: str, told: str) -> str:
    names = [name for name in archive.namelist() if name.lower().endswith(ending)]
    if len(names) != 1:
        found = culprits(names or archive.namelist())
        msg = f"{told}: one file …{ending} is expected, found {found}"
        raise DataError(msg)
    return names[0]


def _copy(source: IO[bytes], target: Path, largest: int, told: str) -> None:
    """Copy what comes out, up to a size: a zip may lie about it."""
    size = 0
    with target.open("wb") as copy:
        while piece := source.read(_PIECE):
            size += len(piece)
            if size > largest:
                msg = f"{told} is over {largest:,} bytes"
                raise DataError(msg)
            copy.write(piece)
