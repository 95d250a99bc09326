"""
Sums of stocks, column by column as arrays: fast for many columns and many communes.

A `Tally` is what `counted` returns, without an index: numbers, and what each is worth
where there is something to say of one. Most columns are whole, and cost no more then
than their sum.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basinmap.errors import MeasureError, called_from
from basinmap.measures import (
    Growth,
    Measure,
    Ratio,
    Stock,
    check_columns,
    check_parts,
    counted,
    quotient,
    state_column,
)
from basinmap.states import STATES, of_part, summed

__all__ = [
    "Tally",
    "added",
    "evaluated",
    "laid",
    "of_parts",
    "read_tally",
    "tallies_of",
]

Floats: TypeAlias = NDArray[np.float64]
States: TypeAlias = NDArray[np.object_] | None

_GONE = list(STATES)


@dataclass(frozen=True, slots=True)
class Tally:
    """
    Numbers, one a territory, and what each is worth.

    Attributes
    ----------
    numbers
        NaN where missing.
    states
        A key of `STATES` or `QUALIFIERS`, or `""`; None where nothing is to be said of
        any.
    """

    numbers: Floats
    states: States = None

    @property
    def told(self) -> NDArray[np.object_]:
        """What each is worth."""
        if self.states is not None:
            return self.states
        return np.full(len(self.numbers), "", dtype=object)


def _settled(values: Floats, states: NDArray[np.object_]) -> Tally:
    """Return a tally whose missing values are empty."""
    if not (states != "").any():
        return Tally(values)
    gone = np.isin(states, _GONE)
    return Tally(np.where(gone, np.nan, values) if gone.any() else values, states)


def read_tally(table: pd.DataFrame, name: str, *, signed: bool = False) -> Tally:
    """
    Read a column of counts, as `counted` does.

    Parameters
    ----------
    table
        With a column `<name>_state` where something is to be said.
    name
        A stock.
    signed
        Whether it may be negative.
    """
    if table.columns.is_unique and name in table.columns:
        column = table[name]
        plain = isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf"
        if plain and state_column(name) not in table.columns:
            values = column.to_numpy(dtype="float64")
            # Finite, and above zero where it must be: one look at the whole.
            low = values.min() if len(values) else 0.0
            fine = np.isfinite(low) and (signed or low >= 0)
            if fine and np.isfinite(values.max() if len(values) else 0.0):
                return Tally(values)
    values_, states = counted(table, name, signed=signed)
    told = states.to_numpy(dtype=object)
    return Tally(values_.to_numpy(), told if (told != "").any() else None)


def tallies_of(frame: pd.DataFrame) -> dict[str, Tally]:
    """
    Return the columns of a frame that have a state beside them.

    Parameters
    ----------
    frame
        What `stocks_of` or `sums_of` returned.
    """
    found = {}
    for name in map(str, frame.columns):
        if state_column(name) not in frame.columns:
            continue
        told = frame[state_column(name)].to_numpy(dtype=object)
        values = frame[name].to_numpy(dtype="float64")
        found[name] = Tally(values, told if (told != "").any() else None)
    return found


def laid(tallies: Mapping[str, Tally], index: pd.Index) -> pd.DataFrame:
    """
    Return tallies as a frame, each with its column of states.

    Parameters
    ----------
    tallies
        By name.
    index
        Of their rows.
    """
    columns: dict[str, object] = {}
    for name, one in tallies.items():
        columns[name] = one.numbers
        columns[state_column(name)] = pd.Series(one.told, index, dtype=object)
    return pd.DataFrame(columns, index=index)


def added(
    tallies: Mapping[str, Tally],
    unit: NDArray[np.intp],
    size: int,
    *,
    signed: Collection[str] = (),
) -> dict[str, Tally]:
    """
    Add tallies up by unit, each sum with what it is worth.

    Parameters
    ----------
    tallies
        By name; the counts of a quotient are called « n of rate ».
    unit
        Position of the unit of each row; below zero where it has none.
    size
        How many units there are; each has a row at least.
    signed
        Names of those that may be negative.
    """
    if not tallies:
        return {}
    held = unit >= 0
    rows, unit = (slice(None), unit) if held.all() else (held, unit[held])
    # A row a tally: pandas holds a frame by column.
    block = np.empty((len(tallies), len(unit)), dtype=float)
    for at, one in enumerate(tallies.values()):
        block[at] = one.numbers[rows]
    sums = pd.DataFrame(block.T).groupby(unit).sum().to_numpy()
    found = {}
    for at, (name, one) in enumerate(tallies.items()):
        total = np.ascontiguousarray(sums[:, at])
        if one.states is None:
            found[name] = Tally(total)
            continue
        may = name.split(" of ", maxsplit=1)[0] in signed
        found[name] = _worth(total, block[at], one.states[rows], unit, size, may)
    return found


def _worth(
    total: Floats,
    terms: Floats,
    states: NDArray[np.object_],
    unit: NDArray[np.intp],
    size: int,
    signed: bool,  # noqa: FBT001 - one private caller
) -> Tally:
    """Return sums with what they are worth, from what was added up."""

    def any_of(rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.bincount(unit[rows], minlength=size) > 0

    kinds, names = pd.factorize(states)
    has = {
        str(state): any_of(kinds == rank)
        for rank, state in enumerate(names)
        if state != ""
    }
    return _settled(total, summed(has, any_of(~np.isnan(terms)), signed=signed))


def evaluated(
    measure: Measure,
    sums: Mapping[str, Tally],
    column: str,
    index: pd.Index,
    *,
    signed: Collection[str] = (),
) -> Tally:
    """
    Compute a measure from sums, as `evaluate` does.

    Parameters
    ----------
    measure
        A stock, a ratio or a growth.
    sums
        By name.
    column
        Name of the measure.
    index
        Of the rows, for messages.
    signed
        Columns that may be negative.
    """
    match measure:
        case Ratio(numerator=top, denominator=bottom, scale=scale):
            values, states = _divided(sums, top, bottom, index, signed)
            values = values * scale
            check_parts(values, index, measure, column, stacklevel=called_from() + 1)
        case Growth(start=start, end=end, years=years):
            values, states = _divided(sums, end, start, index, (), growth=True)
            values = (values ** (1 / years) - 1) * 100
        case Stock():
            return _checked(sums, column, index, signed=column in signed)
        case _:
            kind = type(measure).__name__.lower()
            msg = f"{column!r} is a {kind}: it cannot be computed from sums of stocks"
            raise MeasureError(msg)
    return Tally(values, states)


def _divided(
    sums: Mapping[str, Tally],
    top: str,
    bottom: str,
    index: pd.Index,
    signed: Collection[str],
    *,
    growth: bool = False,
) -> tuple[Floats, States]:
    above = _checked(sums, top, index, signed=top in signed)
    below = _checked(sums, bottom, index)
    return quotient(
        above.numbers, above.states, below.numbers, below.states, growth=growth
    )


def _checked(
    sums: Mapping[str, Tally], name: str, index: pd.Index, *, signed: bool = False
) -> Tally:
    """Return a sum, refused where it is below zero and may not be."""
    if name not in sums:
        check_columns(pd.DataFrame(columns=list(sums)), name)
    one = sums[name]
    if not signed and (one.numbers < 0).any():
        counted(pd.DataFrame({name: one.numbers}, index), name)
    return one


def of_parts(
    one: Tally,
    lacking: NDArray[np.intp],
    kind: Literal["count", "balance", "rate"],
    *,
    allowed: bool = False,
) -> Tally:
    """
    Return what is left of numbers, of which some lack a part of their territory.

    Parameters
    ----------
    one
        Numbers.
    lacking
        Positions of those that lack some.
    kind, allowed
        As for `of_part`.
    """
    if not len(lacking):
        return one
    states = one.told.copy()
    states[lacking] = of_part(states[lacking], kind, allowed=allowed)
    return _settled(one.numbers, states)
