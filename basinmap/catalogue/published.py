"""Medians, quantiles and rates as their producer prints them, at their own level."""

from __future__ import annotations

import numpy as np
import pandas as pd

from basinmap.catalogue.entries import Indicator
from basinmap.catalogue.terms import VALUE
from basinmap.catalogue.years import Counts
from basinmap.measures import as_floats, counted, state_column, states_of
from basinmap.states import STATES, divided
from basinmap.values.told import carry

__all__ = ["published"]


def published(
    item: Indicator, found: Counts, table: pd.DataFrame, floor: str
) -> pd.DataFrame:
    """
    Return published values as they are, or the quotient of two.

    Parameters
    ----------
    item
        Of kind `"median"`.
    found
        Its columns.
    table
        Where they are, on the level they are of.
    floor
        Column of the count that secrecy is about, or nothing.
    """
    names = [name for column in found.terms for name in column]
    values = as_floats(table[names[0]], names[0])
    states = states_of(table, names[0])
    if item.denominator:
        below = as_floats(table[names[1]], names[1])
        void = below.eq(0)
        told = divided(states, states_of(table, names[1]), void)
        states = pd.Series(told, table.index, dtype=object)
        values = (values / below.mask(void)).mask(np.isin(told, list(STATES)))
    result = {VALUE: values * item.scale, state_column(VALUE): states}
    if floor:
        result[floor] = counted(table, floor)[0]
    return carry(pd.DataFrame(result, index=table.index), table)
