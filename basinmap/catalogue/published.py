"""Medians, quantiles and rates as their producer prints them, at their own level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from basinmap.catalogue.entries import Indicator
from basinmap.catalogue.ledgers import Ledger
from basinmap.catalogue.years import Counts
from basinmap.measures import as_floats, counted, states_of
from basinmap.states import STATES, divided
from basinmap.territory.aggregation import check_rows
from basinmap.territory.lists import Territory
from basinmap.territory.tallies import Tally
from basinmap.territory.timelines import timeline

__all__ = ["Published", "published"]


@dataclass(frozen=True, slots=True)
class Published:
    """
    Published values, on the codes that they are still of.

    Attributes
    ----------
    index
        Codes.
    value
        The values.
    floor
        The count that secrecy is about, if any.
    geography
        Of which list of communes they are.
    """

    index: pd.Index
    value: Tally
    floor: Tally | None
    geography: str


def published(
    item: Indicator, found: Counts, ledger: Ledger, floor: str, territory: Territory
) -> Published:
    """
    Return published values as they are, or the quotient of two.

    Parameters
    ----------
    item
        Of kind `"median"`.
    found
        Its columns.
    ledger
        Where they are, on the level they are of.
    floor
        Column of the count that secrecy is about, or nothing.
    territory
        The list of communes that the table is about.

    Returns
    -------
    Published
        Of communes of an older list, those that are no more are left out, and those
        whose ground changed since are not available: a median does not follow them.
    """
    rows, moved, geography = _of_now(found, ledger, territory)
    names = [name for column in found.terms for name in column]
    values = as_floats(rows[names[0]], names[0]).to_numpy(copy=True)
    states = states_of(rows, names[0]).to_numpy(dtype=object, copy=True)
    if item.denominator:
        below = as_floats(rows[names[1]], names[1]).to_numpy()
        void = below == 0
        states = divided(states, states_of(rows, names[1]).to_numpy(), void)
        values = values / np.where(void, np.nan, below)
        values[np.isin(states, list(STATES))] = np.nan
    if moved is not None:
        # Published of a ground that is no longer theirs, they are of no commune of now.
        values[moved], states[moved] = np.nan, "not_available"
    least = Tally(counted(rows, floor)[0].to_numpy()) if floor else None
    return Published(rows.index, Tally(values * item.scale, states), least, geography)


def _of_now(
    found: Counts, ledger: Ledger, territory: Territory
) -> tuple[pd.DataFrame, np.ndarray | None, str]:
    """Leave out communes that are no more; tell those that are no longer the same."""
    geography = ledger.told.geography
    of_communes = ledger.level == "commune"
    year = ledger.older_than(territory, found.columns) if of_communes else None
    if year is None:
        return ledger.rows, None, geography
    line = timeline(None)
    then, now = line.grounds(year), line.grounds(territory.year)
    gone = [code in then and code not in now for code in ledger.index]
    kept = pd.DataFrame(ledger.rows[~np.array(gone, dtype=bool)])
    check_rows(kept.index, None, territory, geography=geography)
    moved = [then.get(code) != now.get(code) for code in kept.index]
    return kept, np.array(moved, dtype=bool), str(territory.year)
