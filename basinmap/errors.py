"""Errors and warnings: each says what, how many, up to five culprits, what to type."""

from __future__ import annotations

import inspect
from collections.abc import Iterable

from basinmap.languages import french, language

__all__ = [
    "ArgumentError",
    "BasinmapError",
    "BasinmapWarning",
    "CRSError",
    "CodeError",
    "ColumnError",
    "DataError",
    "FetchError",
    "Interrupted",
    "LibraryError",
    "MeasureError",
    "OutlineWarning",
    "OutputError",
    "RenamedWarning",
    "SecrecyError",
    "VintageError",
    "called_from",
    "culprits",
]


class _Told:
    """What is read in the language of the reader; `args` stays in English."""

    args: tuple[object, ...]

    def __str__(self) -> str:
        """Return the message itself; `KeyError` would print it in quotes."""
        text = str(self.args[0]) if self.args else ""
        return french(text) if language() == "fr" else text


class BasinmapError(_Told, Exception):
    """Base of every error that basinmap raises about its input."""


class ArgumentError(BasinmapError, TypeError):
    """An argument is of another type than the verb takes."""


class CodeError(BasinmapError, ValueError):
    """A code or a name is unknown, malformed, repeated or of the wrong type."""


class VintageError(BasinmapError, ValueError):
    """A date or a vintage is out of range, or two of them are mixed."""


class MeasureError(BasinmapError, ValueError):
    """A quantity is used in a way that its type forbids."""


class CRSError(BasinmapError, ValueError):
    """No CRS, degrees, Web Mercator, or two different CRS."""


class ColumnError(BasinmapError, KeyError):
    """A column is missing."""


class SecrecyError(BasinmapError, ValueError):
    """A result would reveal what statistical secrecy protects."""


class DataError(BasinmapError, ValueError):
    """A file or a table is empty, truncated, or not what it claims to be."""


class FetchError(BasinmapError, OSError):
    """A file or an answer cannot be had from the network, or is not what it should."""

    status: int | None = None
    """With which a server refused, if it did."""
    told = ""
    """What a service says of its refusal."""


class LibraryError(BasinmapError, ImportError):
    """An optional library is not installed."""


class OutputError(BasinmapError, OSError):
    """An output cannot be written."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, or the like, that came while files moved: they are all in place."""


class BasinmapWarning(_Told, UserWarning):
    """Usable, but worth a second look."""


class OutlineWarning(BasinmapWarning):
    """Outlines are drawn at a scale finer than they are."""


class RenamedWarning(BasinmapWarning, FutureWarning):
    """A name changed: the old one goes with the next version."""


def culprits(items: Iterable[object], *, most: int = 5) -> str:
    """
    Write a few culprits and how many more there are.

    Parameters
    ----------
    items
        What is to blame, in the order it should be read.
    most
        How many are written out.

    Examples
    --------
    >>> culprits(["62498", "62510"])
    "'62498', '62510'"
    >>> culprits(range(7), most=3)
    '0, 1, 2 and 4 more'
    """
    found = list(items)
    text = ", ".join(repr(item) for item in found[:most])
    left = len(found) - most
    return f"{text} and {left} more" if left > 0 else text


def called_from() -> int:
    """
    Return the `stacklevel` at which a warning names the line that called the library.

    For a warning given where this is called; one more for what is called from there,
    unless it counts itself.
    """
    frame, level = inspect.currentframe(), 0
    while frame and frame.f_globals.get("__name__", "").startswith("basinmap."):
        frame, level = frame.f_back, level + 1
    return level
