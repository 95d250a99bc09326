"""Sums of the units that others make up, by their positions in a frame."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

import numpy as np
import pandas as pd

from basinmap.territory.memberships import membership
from basinmap.territory.sums import sums_of
from basinmap.territory.wholes import Lack, lacking

__all__ = ["keys_of", "part_of", "sums_at"]

_ABOVE: Final = frozenset(
    {"epci", "scot", "arrondissement", "departement", "region", "bassin"}
)


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


def part_of(units: pd.DataFrame, groups: pd.Series, by: object) -> dict[str, Lack]:
    """
    Return what units to come lack, some of their communes being in no row.

    Parameters
    ----------
    units
        Communes; of anything else nothing is known.
    groups
        The unit of each, on their index.
    by
        Where it was found: a Series, which may tell of more communes, or the name of
        a column.

    Returns
    -------
    dict
        By code of the unit; nothing where all are whole.
    """
    if units.index.name != "commune":
        return {}
    if isinstance(by, pd.Series):
        return lacking(units.index, groups, by.rename(groups.name))
    if groups.name not in _ABOVE:
        return {}
    members = membership(str(groups.name))
    held = groups.dropna()
    # Another date, or a partition of the user's under that name, tells nothing.
    if not members.reindex(held.index).equals(held.astype(members.dtype)):
        return {}
    return lacking(units.index, groups, members)
