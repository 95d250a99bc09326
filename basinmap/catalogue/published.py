"""Medians, quantiles and rates as their producer prints them, at their own level."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from basinmap.catalogue.entries import Indicator
from basinmap.catalogue.terms import VALUE
from basinmap.catalogue.years import Counts
from basinmap.measures import as_floats, counted, state_column, states_of
from basinmap.states import STATES, divided
from basinmap.territory.aggregation import check_table
from basinmap.territory.lists import Territory
from basinmap.territory.timelines import timeline
from basinmap.values.told import carry, measures_of, retell, told_of

__all__ = ["older_list", "published"]


def published(
    item: Indicator,
    found: Counts,
    table: pd.DataFrame,
    floor: str,
    territory: Territory,
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
    territory
        The list of communes that the table is about.

    Returns
    -------
    DataFrame
        Of communes of an older list, those that are no more are left out, and those
        whose ground changed since are not available: a median does not follow them.
    """
    table, moved = _of_now(found, table, territory)
    names = [name for column in found.terms for name in column]
    values = as_floats(table[names[0]], names[0])
    states = states_of(table, names[0])
    if item.denominator:
        below = as_floats(table[names[1]], names[1])
        void = below.eq(0)
        told = divided(states, states_of(table, names[1]), void)
        states = pd.Series(told, table.index, dtype=object)
        values = (values / below.mask(void)).mask(np.isin(told, list(STATES)))
    # Published of a ground that is no longer theirs, they are of no commune of now.
    values, states = values.mask(moved), states.mask(moved, "not_available")
    result = {VALUE: values * item.scale, state_column(VALUE): states}
    if floor:
        result[floor] = counted(table, floor)[0]
    return carry(pd.DataFrame(result, index=table.index), table)


def older_list(
    table: pd.DataFrame, territory: Territory, columns: Iterable[str] = ()
) -> int | None:
    """
    Return the year of the list of communes of a table, if it is not the one meant.

    Parameters
    ----------
    table
        One row a commune.
    territory
        The list that is meant: by default that of 2026.
    columns
        Which of its columns are asked about, by default all.
    """
    known = measures_of(table)
    told = [known[name].geography for name in columns or known if name in known]
    years = {
        int(year)
        for text in [*told, told_of(table).geography]
        if (year := text[:4]).isdigit()
    }
    years.discard(territory.year)
    line = timeline(None)
    if not line.first <= territory.year <= line.last:
        return None
    return next((y for y in sorted(years) if line.first <= y <= line.last), None)


def _of_now(
    found: Counts, table: pd.DataFrame, territory: Territory
) -> tuple[pd.DataFrame, pd.Series]:
    """Leave out communes that are no more; tell those that are no longer the same."""
    of_communes = table.index.name == "commune"
    year = older_list(table, territory, found.columns) if of_communes else None
    if year is None:
        return table, pd.Series(data=False, index=table.index)
    line = timeline(None)
    then, now = line.grounds(year), line.grounds(territory.year)
    gone = [code in then and code not in now for code in table.index]
    kept = carry(pd.DataFrame(table[~np.array(gone, dtype=bool)]), table)
    check_table(kept, communes=territory)
    retell(kept, geography=str(territory.year))
    moved = [then.get(code) != now.get(code) for code in kept.index]
    return kept, pd.Series(moved, kept.index, dtype=bool)
