"""Files of this machine: nothing that is read by its path leads anywhere else."""

from __future__ import annotations

from os import PathLike, fspath
from pathlib import Path
from typing import Final

from basinmap.errors import DataError

__all__ = ["check_local", "is_there", "local_file"]

_HEAD: Final = 4_096
_LINKS: Final = (
    b"<VRTDataset",
    b"<OGRVRTDataSource",
    b"<OGRWFSDataSource",
    b"<GDAL_",
    b"<WCS_GDAL",
    b"<WMT_MS_Capabilities",
    b"<WMS_Capabilities",
    b"<TileMapService",
)
"""How files begin that hold the address of data, and no data."""


def is_there(path: Path) -> bool:
    """
    Tell whether there is a file or a folder, whatever the name.

    Parameters
    ----------
    path
        Any path, too long or with a zero in it even.

    Examples
    --------
    >>> is_there(Path("a" * 300)), is_there(Path("."))
    (False, True)
    """
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def local_file(path: str | PathLike[str], told: str) -> Path:
    """
    Return the path of what is there, on this machine, and is what its name says.

    GDAL takes more than paths: addresses, `/vsicurl/…`, `WMS:…` are fetched.

    Parameters
    ----------
    path
        As the user gives it.
    told
        How the message begins.

    Raises
    ------
    DataError
        If nothing is there, or it is a list of addresses under another name.

    Examples
    --------
    >>> local_file("/vsicurl/http://127.0.0.1/relief.tif", "raster: cannot be read")
    Traceback (most recent call last):
    basinmap.errors.DataError: raster: cannot be read (no file \
'/vsicurl/http://127.0.0.1/relief.tif' on this machine, and addresses are not fetched: \
fetch it first)
    """
    given = fspath(path)
    file = Path(given)
    if not given or not is_there(file):
        msg = (
            f"{told} (no file {given!r} on this machine, and addresses are not "
            "fetched: fetch it first)"
        )
        raise DataError(msg)
    check_local(file, told)
    return file


def check_local(file: Path, told: str) -> None:
    """
    Check that a file is no list of addresses under the name of another format.

    Parameters
    ----------
    file
        What is there.
    told
        How the message begins.

    Raises
    ------
    DataError
        If a virtual format hides in it.
    """
    if not file.is_file() or file.suffix.lower() == ".vrt":
        return
    try:
        with file.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError as error:
        msg = f"{told} ({file}: {error.strerror})"
        raise DataError(msg) from error
    if any(mark in head for mark in _LINKS):
        msg = (
            f"{told} ({file.name} holds no data but the place of other files or an "
            "address, a virtual format under another name): give the file of the data"
        )
        raise DataError(msg)
