"""Sums of the units that others make up, by their positions in a frame."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

import numpy as np
import pandas as pd

from basinmap.territory import embedded
from basinmap.territory.former import check_current
from basinmap.territory.lists import Communes, Territory, listed
from basinmap.territory.sums import sums_of
from basinmap.territory.wholes import Lack, lacking, official_units, with_official
from basinmap.values.told import told_of

__all__ = ["keys_of", "part_of", "sums_at"]

_PARTS: Final = ("commune", "iris")
_MOST: Final = 0.5
"""Share of codes above which an index without a name is one of communes, or IRIS."""


def keys_of(positions: Iterable[int]) -> list[str]:
    """
    Name positions by strings, as sums of units expect.

    Parameters
    ----------
    positions
        Places in a frame.
    """
    return [str(n) for n in positions]


def sums_at(
    stocks: pd.DataFrame, positions: np.ndarray, *, signed: Collection[str] = ()
) -> pd.DataFrame:
    """
    Add stocks up by position of their unit, each sum under the name of it.

    Parameters
    ----------
    stocks
        Counts and their states, one row a part.
    positions
        Place of the unit of each row.
    signed
        Columns that may be negative.
    """
    # Whole numbers are grouped many times faster than text.
    sums = sums_of(stocks, pd.Series(positions, stocks.index), signed=signed)
    sums.index = pd.Index(keys_of(sums.index), dtype=object)
    return sums


def part_of(
    units: pd.DataFrame, groups: pd.Series, by: object, communes: Communes = None
) -> dict[str, Lack]:
    """
    Return what units to come lack, some of their communes being in no row.

    Parameters
    ----------
    units
        Communes or IRIS, by their codes; of anything else nothing is known.
    groups
        The unit of each, on their index.
    by
        Where it was found: a Series, which may tell of more communes, or the name of
        a column.
    communes
        The list of communes that tells what units hold; by default the embedded one.

    Returns
    -------
    dict
        By code of the unit; nothing where all are whole.
    """
    territory = listed(communes)
    date = told_of(units).date or f"{territory.year}-01-01"
    parts = _parts(groups, date, territory)
    if not parts:
        return {}
    groups = groups.rename_axis(parts)
    if isinstance(by, pd.Series):
        if parts == "commune":
            check_current(by, year=territory.year)
        members = with_official(
            by.rename(groups.name), date=date, parts=parts, territory=territory
        )
        return lacking(groups.index, groups, members, territory)
    official = official_units(str(groups.name), parts, date=date, territory=territory)
    if official is None:
        return {}
    # What a column puts in another unit is there; what it puts in none is lacking.
    return lacking(groups.index, groups, official, territory)


def _parts(groups: pd.Series, date: str, territory: Territory) -> str:
    """Return what the codes of units are, `"commune"` or `"iris"`; else nothing."""
    name = groups.index.name
    if name in _PARTS:
        return str(name)
    for parts in _PARTS:
        known = embedded.table("iris").index
        if parts == "commune":
            known = territory.codes
        official = official_units(
            str(groups.name), parts, date=date, territory=territory
        )
        # As objects: pandas looks for text of Arrow fifty times as slowly.
        if groups.index.astype(object).isin(known).mean() <= _MOST:
            continue
        # Postcodes look like communes, and are in the units of others.
        if official is None or _agreeing(groups, official) > _MOST:
            return parts
    return ""


def _agreeing(groups: pd.Series, official: pd.Series) -> float:
    held = groups.dropna()
    same = held.astype(object) == official.reindex(held.index).astype(object)
    return float(same.mean()) if len(held) else 0.0
