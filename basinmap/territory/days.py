"""Days, as users write them."""

from __future__ import annotations

import datetime as dt
from typing import TypeAlias

from basinmap.arguments import day_of

__all__ = ["Day", "iso_day"]

Day: TypeAlias = str | dt.date
"""A day, written `"2026-01-01"`, or a date."""


def iso_day(date: Day) -> str:
    """
    Return a day as it is written in ISO 8601.

    Parameters
    ----------
    date
        Written `"2026-01-01"`, or a date of Python or of pandas.

    Raises
    ------
    VintageError
        If it is no date.
    ArgumentError
        If it is neither text nor a date.

    Examples
    --------
    >>> iso_day("2023-06-30"), iso_day(dt.date(2023, 6, 30))
    ('2023-06-30', '2023-06-30')
    """
    return day_of(date).isoformat()
