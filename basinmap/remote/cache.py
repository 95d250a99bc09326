"""What was fetched, kept on disk: where, since when, from where, with its digest."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from typing import Final, Literal

from basinmap.errors import FetchError, OutputError
from basinmap.moves import held, let_go
from basinmap.staging import refusal, write_whole

__all__ = [
    "CACHE",
    "Record",
    "alone",
    "cache_root",
    "digest_of",
    "folder_of",
    "kept_files",
    "record_of",
    "state_of",
    "write_record",
]

CACHE: Final = "BASINMAP_CACHE"
"""Environment variable that names the folder of what was downloaded."""
_RECORD: Final = ".fetched.json"
_WAIT: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """
    Where a file of the cache came from.

    Attributes
    ----------
    name
        What it is, such as « lovac 2026 ».
    address
        From which it came; empty for a file that was given.
    fetched
        Day and hour, UTC.
    size, sha256
        Of the file.
    etag, modified
        What the server said of its edition.
    licence, producer
        Of the data.
    given
        Name of the file that was given by hand.
    """

    name: str
    address: str
    fetched: str
    size: int
    sha256: str
    etag: str = ""
    modified: str = ""
    licence: str = ""
    producer: str = ""
    given: str = ""

    @property
    def day(self) -> dt.date:
        """Day on which it came."""
        return dt.datetime.fromisoformat(self.fetched).date()


def cache_root() -> Path:
    """Return the folder of all that is downloaded: of the environment or the user."""
    if told := os.environ.get(CACHE, ""):
        return Path(told)
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "basinmap"


def folder_of(given: str | PathLike[str] | None, kind: str) -> Path:
    """
    Return the folder of tiles, or of data, as given or of the user.

    Parameters
    ----------
    given
        A folder, or None.
    kind
        Name of the folder in that of the user.

    Raises
    ------
    OutputError
        If the one given cannot be written.
    """
    if given is None:
        return cache_root() / kind
    folder = Path(given)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"cache={folder}: no folder to write in ({error.strerror}); "
        raise OutputError(msg + "give another, such as cache='tuiles'") from error
    return folder


def digest_of(path: Path, kind: Literal["sha256", "md5"] = "sha256") -> str:
    """
    Return the digest of a file.

    Parameters
    ----------
    path
        The file.
    kind
        `"md5"` where a producer publishes no other.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, kind).hexdigest()


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}{_RECORD}")


def write_record(path: Path, record: Record) -> None:
    """
    Keep where a file came from, beside it.

    Parameters
    ----------
    path
        The file.
    record
        What is known of it.
    """
    text = json.dumps(asdict(record), ensure_ascii=False, indent=2, sort_keys=True)
    write_whole(_beside(path), f"{text}\n".encode())


def record_of(path: Path) -> Record | None:
    """
    Return where a file came from; None if nothing is known.

    Parameters
    ----------
    path
        The file.
    """
    with suppress(OSError, ValueError, TypeError):
        return Record(**json.loads(_beside(path).read_text(encoding="utf-8")))
    return None


def state_of(path: Path) -> Literal["whole", "changed", "gone", "unknown"]:
    """
    Tell whether a file is still what was fetched.

    Parameters
    ----------
    path
        The file.
    """
    record = record_of(path)
    if not path.is_file():
        return "gone"
    if record is None:
        return "unknown"
    same = path.stat().st_size == record.size and digest_of(path) == record.sha256
    return "whole" if same else "changed"


def kept_files(folder: Path) -> list[Path]:
    """
    Return the files that a cache holds, or held.

    Parameters
    ----------
    folder
        Of the data.
    """
    records = sorted(folder.rglob(f".*{_RECORD}"))
    return [path.with_name(path.name[1 : -len(_RECORD)]) for path in records]


@contextmanager
def alone(path: Path, *, patience: float) -> Iterator[None]:
    """
    Let one process at a time fetch a file; the others wait, then find it there.

    Parameters
    ----------
    path
        Where the file will be; its folder is made.
    patience
        Seconds to wait.

    Raises
    ------
    FetchError
        If another process still fetches it.
    OutputError
        If the cache cannot be written.
    """
    lock = path.with_name(f".{path.name}.lock")
    end = time.monotonic() + patience
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        while (handle := held(lock)) is None:
            if time.monotonic() > end:
                msg = (
                    f"{path.name} is being fetched by another process for more than "
                    f"{patience:g} s; wait for it, or end it"
                )
                raise FetchError(msg)
            time.sleep(_WAIT)
    except OSError as error:
        if isinstance(error, FetchError):
            raise
        raise refusal(path.parent, error) from error
    try:
        yield
    finally:
        let_go(handle, lock)
