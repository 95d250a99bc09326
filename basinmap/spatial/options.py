"""Options, checked at the door: one that is wrong is never passed over in silence."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from basinmap.errors import DataError

__all__ = ["check_choice", "check_flag", "check_size", "check_tolerance"]


def check_flag(value: object, name: str) -> None:
    """
    Check that a switch is on or off.

    Parameters
    ----------
    value
        What was given.
    name
        The option.

    Raises
    ------
    DataError
        If it is neither True nor False.

    Examples
    --------
    >>> check_flag("nope", "strict")
    Traceback (most recent call last):
    basinmap.errors.DataError: strict='nope': write strict=True or strict=False
    """
    if not isinstance(value, bool | np.bool_):
        msg = f"{name}={value!r}: write {name}=True or {name}=False"
        raise DataError(msg)


def check_choice(value: object, name: str, choices: Collection[str]) -> None:
    """
    Check that an option is one of those that there are.

    Parameters
    ----------
    value
        What was given.
    name
        The option.
    choices
        What it may be.

    Raises
    ------
    DataError
        If it is anything else.

    Examples
    --------
    >>> check_choice("first", "overlap", ("refuse", "each"))
    Traceback (most recent call last):
    basinmap.errors.DataError: unknown overlap 'first'; choose among refuse, each
    """
    if value not in tuple(choices):
        msg = f"unknown {name} {value!r}; choose among {', '.join(choices)}"
        raise DataError(msg)


def check_tolerance(value: object) -> None:
    """
    Check that a tolerance is a share of a surface.

    Parameters
    ----------
    value
        What was given.

    Raises
    ------
    DataError
        If it is no number of [0, 0.5[.

    Examples
    --------
    >>> check_tolerance(0.005)
    """
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not number or not 0 <= float(value) < 0.5:  # type: ignore[arg-type]
        msg = f"tolerance is a share in [0, 0.5[, such as 0.005; got {value!r}"
        raise DataError(msg)


def check_size(value: object, told: str, *, zero: bool = False) -> None:
    """
    Check that a distance, a width, a scale is one.

    Parameters
    ----------
    value
        What was given.
    told
        What it is and how to write it, for the message.
    zero
        Whether it may be 0.

    Raises
    ------
    DataError
        If it is no finite number, or too small.

    Examples
    --------
    >>> check_size("5", "tolerance is a distance in metres above 0, such as 5")
    Traceback (most recent call last):
    basinmap.errors.DataError: tolerance is a distance in metres above 0, such as 5; \
got '5'
    """
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    size = float(value) if number else np.nan  # type: ignore[arg-type]
    if not (0 < size < np.inf or (zero and size == 0)):
        msg = f"{told}; got {value!r}"
        raise DataError(msg)
