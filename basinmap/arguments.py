"""
One door for each sort of argument: what is given is what a verb takes, or named.

Something of another Python type is an `ArgumentError`, which is a `TypeError`; what is
of the right type and says nothing is the error of its subject.
"""

from __future__ import annotations

import datetime as dt
import math
import os
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from numbers import Integral, Real
from pathlib import Path
from typing import Any, TypeVar

from basinmap.errors import ArgumentError, BasinmapError, DataError, VintageError

__all__ = [
    "check_choice",
    "check_flag",
    "check_kind",
    "check_mapping",
    "day_of",
    "many_of",
    "number_of",
    "numbers_of",
    "path_of",
    "shown",
    "text_of",
    "whole_of",
]

Kind = TypeVar("Kind")
_LONGEST = 60


def shown(value: object) -> str:
    """
    Return what was given, short enough for a message.

    Parameters
    ----------
    value
        Anything.

    Examples
    --------
    >>> shown("x" * 1000), shown(None)
    ("a text of 1,000 letters, 'xxxxxxxxxxxxxxxxxxxx'…", 'None')
    """
    if isinstance(value, str) and len(value) > _LONGEST:
        return f"a text of {len(value):,} letters, {value[:20]!r}…"
    if isinstance(value, int) and value.bit_length() > 200:  # too long to be written
        return "a whole number of more than 60 digits"
    if isinstance(value, str | bytes | int | float | dt.date | type(None)):
        return repr(value)
    return f"of type {type(value).__name__}"


def check_kind(
    value: object,
    kind: type | tuple[type, ...],
    argument: str,
    instead: str,
) -> None:
    """
    Check the Python type of an argument.

    Parameters
    ----------
    value
        What was given.
    kind
        What it must be.
    argument
        Its name.
    instead
        What to pass.

    Raises
    ------
    ArgumentError
        If it is something else.

    Examples
    --------
    >>> check_kind(3, str, "title", "text: title='Vacance'")
    Traceback (most recent call last):
    ...
    basinmap.errors.ArgumentError: title: 3 is no str; pass text: title='Vacance'
    """
    if isinstance(value, kind):
        return
    kinds = kind if isinstance(kind, tuple) else (kind,)
    names = " or ".join(one.__name__ for one in kinds)
    msg = f"{argument}: {shown(value)} is no {names}; pass {instead}"
    raise ArgumentError(msg)


def check_flag(value: object, argument: str) -> None:
    """
    Check that an argument is yes or no.

    Parameters
    ----------
    value
        What was given.
    argument
        Its name.

    Raises
    ------
    ArgumentError
        If it is neither True nor False.
    """
    # numpy's truth values are no bool, and a frame of them has no truth.
    if isinstance(value, bool) or type(value).__name__ in ("bool_", "bool"):
        return
    msg = f"{argument}: {shown(value)} is neither True nor False"
    raise ArgumentError(msg)


def text_of(
    value: object,
    argument: str,
    *,
    error: type[BasinmapError] = DataError,
    named: bool = False,
) -> str:
    """
    Return a text.

    Parameters
    ----------
    value
        What was given.
    argument
        Its name.
    error
        What to raise of a text that is none.
    named
        Whether it must hold a letter.

    Raises
    ------
    ArgumentError
        If it is no text.
    """
    check_kind(value, str, argument, f"text: {argument}='…'")
    assert isinstance(value, str)  # noqa: S101 - for the type checker
    if named and not value.strip():
        msg = f"{argument}: {value!r} is empty; give text"
        raise error(msg)
    return value


def check_choice(
    value: object,
    choices: Iterable[object],
    argument: str,
    *,
    error: type[BasinmapError] = DataError,
) -> None:
    """
    Check that an argument is one of a few words.

    Parameters
    ----------
    value
        What was given.
    choices
        The words.
    argument
        Its name.
    error
        What to raise of another word.

    Raises
    ------
    ArgumentError
        If it is no text.
    """
    words = [str(choice) for choice in choices]
    check_kind(value, str, argument, f"one of {', '.join(words)}")
    if value not in words:
        msg = f"unknown {argument} {shown(value)}; choose among {', '.join(words)}"
        raise error(msg)


def number_of(
    value: object,
    argument: str,
    *,
    least: float = -math.inf,
    most: float = math.inf,
    above: float = -math.inf,
    unit: str = "",
    such_as: float | str = "",
    error: type[BasinmapError] = DataError,
) -> float:
    """
    Return a finite number within bounds.

    Parameters
    ----------
    value
        What was given; no truth value, which Python counts as 1.
    argument
        Its name.
    least, most
        Bounds, which are allowed.
    above
        A bound, which is not.
    unit
        For the message, such as "metres".
    such_as
        An example.
    error
        What to raise of another number.

    Raises
    ------
    ArgumentError
        If it is no number.

    Examples
    --------
    >>> number_of(-3, "speed", above=0, such_as=15)
    Traceback (most recent call last):
    ...
    basinmap.errors.DataError: speed: -3 is no number above 0; pass speed=15
    """
    example = f"; pass {argument}={such_as}" if such_as != "" else ""
    truth = isinstance(value, bool) or type(value).__name__ == "bool_"
    if truth or not isinstance(value, Real | Decimal):
        of = f" of {unit}" if unit else ""
        msg = f"{argument}: {shown(value)} is no number{of}{example}"
        raise ArgumentError(msg)
    try:
        found = float(value)
    except (OverflowError, ValueError):
        found = math.nan
    if math.isfinite(found) and least <= found <= most and found > above:
        return found
    bounds = _bounds(least, most, above)
    of = f" of {unit}" if unit else ""
    finite = "" if bounds else "finite "
    msg = f"{argument}: {shown(value)} is no {finite}number{of}{bounds}{example}"
    raise error(msg)


def _bounds(least: float, most: float, above: float) -> str:
    """Write between which bounds a number lies."""
    if above > -math.inf:
        text = f" above {above:g}"
        return text + (f", up to {most:g}" if most < math.inf else "")
    if least > -math.inf and most < math.inf:
        return f" from {least:g} to {most:g}"
    if least > -math.inf:
        return f" of {least:g} or more"
    return f" up to {most:g}" if most < math.inf else ""


def whole_of(
    value: object,
    argument: str,
    *,
    least: int | None = None,
    most: int | None = None,
    such_as: object = "",
    error: type[BasinmapError] = DataError,
) -> int:
    """
    Return a whole number within bounds.

    Parameters
    ----------
    value
        What was given: `3`, or a number of numpy.
    argument
        Its name.
    least, most
        Bounds, which are allowed.
    such_as
        An example.
    error
        What to raise of a number out of bounds.

    Raises
    ------
    ArgumentError
        If it is no whole number.
    """
    example = f"; pass {argument}={such_as}" if such_as != "" else ""
    truth = isinstance(value, bool) or type(value).__name__ == "bool_"
    whole = isinstance(value, Integral) and not truth
    if not whole:
        msg = f"{argument}: {shown(value)} is no whole number{example}"
        raise ArgumentError(msg)
    found = int(value)  # type: ignore[call-overload] # an Integral
    if (least is not None and found < least) or (most is not None and found > most):
        bounds = _bounds(
            -math.inf if least is None else least,
            math.inf if most is None else most,
            -math.inf,
        )
        msg = f"{argument}: {shown(value)} is no whole number{bounds}{example}"
        raise error(msg)
    return int(found)


def numbers_of(
    values: object,
    argument: str,
    *,
    such_as: str,
    **bounds: Any,  # noqa: ANN401 - as number_of takes them
) -> list[float]:
    """
    Return several numbers; one alone is a list of one.

    Parameters
    ----------
    values
        A number, a list, an array, a series.
    argument
        Their name.
    such_as
        An example.
    **bounds
        As for `number_of`, of each.

    Raises
    ------
    ArgumentError
        If they are no numbers.
    DataError
        If there is none, or one is out of bounds.
    """
    if isinstance(values, Real | Decimal | Fraction):
        values = [values]
    found = [
        number_of(value, argument, such_as=such_as, **bounds)
        for value in many_of(values, argument, such_as)
    ]
    if not found:
        msg = f"{argument}: no number; pass {argument}={such_as}"
        raise bounds.get("error", DataError)(msg)
    return found


def many_of(values: object, argument: str, such_as: str) -> list[Any]:
    """
    Return what a list, a tuple, an array or a series holds.

    Parameters
    ----------
    values
        What was given: neither one text, which is a list of letters for Python, nor a
        table, which is one of columns.
    argument
        Their name.
    such_as
        An example.

    Raises
    ------
    ArgumentError
        If they are no list.
    """
    table = getattr(values, "ndim", 1) != 1
    if (
        table
        or isinstance(values, str | bytes | os.PathLike)
        or not isinstance(values, Iterable)
    ):
        msg = f"{argument}: {shown(values)} is no list; pass {argument}={such_as}"
        raise ArgumentError(msg)
    return list(values)


def path_of(
    value: object,
    argument: str = "path",
    *,
    error: type[BasinmapError] = DataError,
) -> Path:
    """
    Return a path.

    Parameters
    ----------
    value
        Text, or a path of `pathlib`.
    argument
        Its name.
    error
        What to raise of a text that is no name of a file.

    Raises
    ------
    ArgumentError
        If it is something else.
    """
    check_kind(value, (str, os.PathLike), argument, "a path: 'folder/file'")
    text = os.fspath(value)  # type: ignore[call-overload] # just checked
    if isinstance(text, bytes):
        text = os.fsdecode(text)
    if not text.strip() or "\0" in text:
        msg = f"{argument}: {text!r} is no name of a file; give its path"
        raise error(msg)
    try:
        os.fsencode(text)
        text.encode()
    except UnicodeEncodeError:
        msg = f"{argument}: {text!r} cannot be written here; rename it in UTF-8"
        raise error(msg) from None
    return Path(text)


def day_of(value: object, argument: str = "date") -> dt.date:
    """
    Return a day.

    Parameters
    ----------
    value
        Written `"2026-01-01"`, or a date of Python or of pandas.
    argument
        Its name.

    Raises
    ------
    ArgumentError
        If it is neither text nor a date.
    VintageError
        If it is no day of the calendar.

    Examples
    --------
    >>> import datetime as dt
    >>> day_of("2023-06-30"), day_of(dt.datetime(2023, 6, 30, 12))
    (datetime.date(2023, 6, 30), datetime.date(2023, 6, 30))
    """
    check_kind(value, (str, dt.date), argument, f"a day: {argument}='2026-01-01'")
    try:
        if isinstance(value, str):
            return dt.date.fromisoformat(value)
        # A moment is a date for Python; so is the one of pandas that is none.
        return dt.date(value.year, value.month, value.day)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        where = "" if argument == "date" else f"{argument}: "
        msg = f"{where}not a date: {shown(value)}; write it as '2026-01-01'"
        raise VintageError(msg) from None


def check_mapping(
    value: object, argument: str, such_as: str, *, keys: Collection[str] = ()
) -> None:
    """
    Check that an argument gives things by name.

    Parameters
    ----------
    value
        What was given.
    argument
        Its name.
    such_as
        An example.
    keys
        The names that are known; none: any.

    Raises
    ------
    ArgumentError
        If it is no mapping.
    DataError
        If a name is not known.
    """
    check_kind(value, Mapping, argument, such_as)
    odd = [key for key in value if keys and key not in keys]  # type: ignore[attr-defined]
    if odd:
        msg = f"{argument}: unknown {shown(odd[0])}; choose among {', '.join(keys)}"
        raise DataError(msg)
