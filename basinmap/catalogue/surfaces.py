"""Surfaces: whose a density is over, and where none may be given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from basinmap.catalogue.entries import Indicator
from basinmap.catalogue.ledgers import AREA, Ledger
from basinmap.territory.aggregation import Nest
from basinmap.territory.embedded import credit
from basinmap.territory.lists import Territory
from basinmap.territory.outlines import surface_caution, surfaces_too_far
from basinmap.territory.tallies import Tally
from basinmap.values.told import measures_of

__all__ = ["area_note", "over_drawn", "without_far"]

_FAR: Final = 0.10
"""Share of the published surface from which nothing is divided by the drawn one."""


def area_note(
    item: Indicator, ledger: Ledger, territory: Territory, *, whole: bool
) -> tuple[str, ...]:
    """
    Say whose surface a density is over, and how far it is from the published.

    Parameters
    ----------
    item
        An indicator.
    ledger
        The table.
    territory
        The list of communes.
    whole
        Whether values are of more than a commune.
    """
    if AREA not in item.counts:
        return ()
    if territory.given and not ledger.own_area:
        own = measures_of(territory.frame).get(AREA)
        return (f"Superficie : {own.source}",) if own and own.source else ()
    drawn = over_drawn(item, ledger, territory)
    caution = surface_caution(ledger.index, whole=whole) if drawn else ""
    whose = _whose(ledger) or "fournie avec les données"
    return (f"Superficie : {' ; '.join(filter(None, [whose, caution]))}",)


def _whose(ledger: Ledger) -> str:
    """Return the source of the surface: by default the embedded outlines."""
    if not ledger.own_area:
        return "; ".join(credit(AREA))
    known = ledger.known.get(ledger.own_area)
    return known.source if known is not None else "fournie avec les données"


def over_drawn(item: Indicator, ledger: Ledger, territory: Territory) -> bool:
    """
    Tell whether an indicator is over the surface of the embedded outlines.

    Parameters
    ----------
    item
        An indicator.
    ledger
        The table.
    territory
        The list of communes.
    """
    if AREA not in item.counts or (territory.given and not ledger.own_area):
        return False
    return _whose(ledger) == "; ".join(credit(AREA))


def without_far(
    value: Tally,
    index: pd.Index,
    stocks: Mapping[str, Tally],
    rows: pd.Index,
    nest: Nest | None,
) -> Tally:
    """
    Return values without those over a surface that is drawn too wrongly.

    Parameters
    ----------
    value
        Values over the surface of the embedded outlines.
    index
        Their codes.
    stocks
        What they were made of, row by row.
    rows
        Codes of the rows.
    nest
        Where the rows lie, if not each in its own.
    """
    if AREA not in stocks:
        return value
    area, share = stocks[AREA].numbers, np.zeros(len(rows))
    for code, off in surfaces_too_far().items():
        share[rows == code] = off
    # What is drawn too much, of what is drawn.
    more = np.nan_to_num(area * share / (1 + share))
    if nest is not None:
        # Of a group, what its communes are off together: that of an EPCI is little.
        held = nest.unit >= 0
        area, more = (
            np.bincount(nest.unit[held], np.nan_to_num(of)[held], len(index)).astype(
                np.float64
            )
            for of in (area, more)
        )
    wrong = (np.abs(more) > _FAR * (area - more)) & ~np.isnan(value.numbers)
    if not wrong.any():
        return value
    return Tally(
        np.where(wrong, np.nan, value.numbers),
        np.where(wrong, "not_available", value.told),
    )
