"""Indicators that are no ratio of sums: computed at the level asked for only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import add
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd

from basinmap.catalogue.entries import Indicator, Term
from basinmap.states import QUALIFIERS, STATES, summed
from basinmap.territory.tallies import Tally

__all__ = ["evaluated"]

_FLUID: Final = ("secondary_residences", "vacant_dwellings")

Terms = Mapping[tuple[str, str], pd.Series]


def evaluated(
    item: Indicator, tallies: Mapping[str, Tally], parts: Sequence[str], years: int
) -> Tally:
    """
    Compute an indicator from the sums of its terms.

    Parameters
    ----------
    item
        Of kind `"gain"` or `"formula"`.
    tallies
        One number a unit of the level asked for, by name.
    parts
        Names of its terms, in order.
    years
        How many years lie between its two dates.

    Returns
    -------
    Tally
        What has no finite value is not applicable.
    """
    terms: dict[tuple[str, str], pd.Series] = {}
    told = []
    for term, name in zip(item.terms, parts, strict=True):
        terms[term.count, term.when] = pd.Series(tallies[name].numbers)
        told.append(tallies[name].told)
    every = np.array(told)
    has = {state: (every == state).any(axis=0) for state in (*STATES, *QUALIFIERS)}
    # What has no object makes the whole have none, here: a formula is of all its terms.
    has["not_available"] |= has["not_applicable"]
    some = np.zeros(every.shape[1], dtype=bool)
    states = summed(has, ~some, signed=True)
    found = _FORMULAS.get(item.id, _gained)(item, terms, years)
    values = found.where(np.isfinite(found)).to_numpy(copy=True)
    gone = np.isin(states, list(STATES))
    states[np.isnan(values) & ~gone] = "not_applicable"
    values[gone] = np.nan
    return Tally(values, states if (states != "").any() else None)


def _gained(item: Indicator, terms: Terms, years: int) -> pd.Series:
    """Return what is used for each unit that is gained; nothing where none is."""
    del years
    above = _sum_of(item.numerator, terms)
    gain = _sum_of(item.denominator, terms)
    return above / gain.where(gain > 0) * item.scale


def _sum_of(side: Sequence[Term], terms: Terms) -> pd.Series:
    return reduce(add, (term.sign * terms[term.count, term.when] for term in side))


def _stationary(item: Indicator, terms: Terms, years: int) -> pd.Series:
    """
    Return the point mort: dwellings a year that leave the population as it is.

    Renewal is what was built and did not add to the stock; fluidity, the change of
    vacant dwellings and secondary residences; loosening, the homes that smaller
    households of the same people want.
    """
    del item
    start = {name: values for (name, when), values in terms.items() if when == "start"}
    end = {name: values for (name, when), values in terms.items() if when == "end"}
    renewal = terms["started_dwellings", "period"] - (
        end["dwellings"] - start["dwellings"]
    )
    fluidity = reduce(add, (end[name] - start[name] for name in _FLUID))
    people = start["household_population"]
    before, after = (
        one["household_population"] / one["main_residences"].replace(0, np.nan)
        for one in (start, end)
    )
    loosening = people / after.replace(0, np.nan) - people / before.replace(0, np.nan)
    return (renewal + fluidity + loosening) / years


_Formula = Callable[[Indicator, Terms, int], pd.Series]
_FORMULAS: Final[Mapping[str, _Formula]] = MappingProxyType({"L12": _stationary})
