"""
Typed measures: what a column is decides how it may be combined and mapped.

A `Stock` is summed. A `Ratio` and a `Growth` are computed again from their
counts. A `Mean` is weighted. A `Median` never moves to another territory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from basinmap.errors import ColumnError, MeasureError, culprits

__all__ = [
    "STATES",
    "Growth",
    "Mean",
    "Measure",
    "Median",
    "Ratio",
    "Stock",
    "check_columns",
    "declared",
    "evaluate",
]

STATES: Mapping[str, str] = {
    "secret": "Secret statistique",
    "not_applicable": "Sans objet",
    "not_available": "Données non disponibles",
}
"""What a missing value may mean, with the entry of the legend. Zero is a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """
    What a column holds; one of the daughters below.

    Attributes
    ----------
    label
        French name, as printed.
    unit
        French unit, as printed after a number.
    vintage
        Year, or period, of the statistic.
    geography
        Date of the list of communes (COG) the file was made with.
    source
        Credit line, as printed.
    family
        Sampling family of the census, `"P"` (main) or `"C"` (complementary).
    """

    label: str = ""
    unit: str = ""
    vintage: str = ""
    geography: str = ""
    source: str = ""
    family: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock(Measure):
    """A count or a quantity that adds up, such as dwellings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio(Measure):
    """
    A ratio of two stocks, computed again wherever territories are combined.

    Attributes
    ----------
    numerator, denominator
        Columns of two stocks.
    scale
        What the quotient is multiplied by, such as 100 for a percentage.
    """

    numerator: str
    denominator: str
    scale: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth(Measure):
    """
    A yearly compound rate between two stocks, in per cent.

    Attributes
    ----------
    start, end
        Columns of the stock at the two dates.
    years
        Number of years between them.
    """

    start: str
    end: str
    years: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean(Measure):
    """
    A mean, combined with the stock it is a mean over.

    Attributes
    ----------
    weight
        Column of the stock that weighs it.
    """

    weight: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Median(Measure):
    """A median or a quantile: read at its own level, never combined."""


Measures = Mapping[str, Measure]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Values of one measure, and what each missing one means."""

    series: pd.Series
    states: dict[str, str] = field(default_factory=dict)


def declared(table: pd.DataFrame, measures: Measures | None) -> dict[str, Measure]:
    """
    Return the measures of a table: those given, else those it carries.

    Parameters
    ----------
    table
        A table whose `attrs["measures"]` may declare its columns.
    measures
        Column to measure, which then replaces what the table carries.

    Raises
    ------
    MeasureError
        If nothing is declared, or what is given is no measure.
    """
    found = dict(table.attrs.get("measures", {}) if measures is None else measures)
    if not found:
        msg = (
            "no column is declared as a measure: pass "
            "measures={'column': bm.Stock()} or bm.Ratio(numerator=…, denominator=…)"
        )
        raise MeasureError(msg)
    wrong = [name for name, item in found.items() if not isinstance(item, Measure)]
    if wrong:
        msg = (
            f"{len(wrong)} column(s) declared by something that is no measure: "
            f"{culprits(wrong)}; write bm.Stock(), bm.Ratio(…), bm.Mean(…)"
        )
        raise MeasureError(msg)
    return found


def check_columns(table: pd.DataFrame, *columns: str) -> None:
    """
    Check that a table has these columns.

    Parameters
    ----------
    table
        Any table.
    *columns
        Names it must have.

    Raises
    ------
    ColumnError
        Naming what is missing and what there is.
    """
    missing = [name for name in columns if name not in table.columns]
    if missing:
        there = culprits(table.columns, most=8) or "nothing"
        msg = f"{len(missing)} column(s) missing: {culprits(missing)}; found {there}"
        raise ColumnError(msg)


def evaluate(measure: Measure, table: pd.DataFrame, column: str) -> Evaluated:
    """
    Compute a measure from the stocks of a table, one value a row.

    Parameters
    ----------
    measure
        What to compute. A ratio over 0 is *not applicable*, never infinite.
    table
        Stocks, one row a territory.
    column
        Name of the result, and the column itself for a stock.

    Raises
    ------
    ColumnError
        If a stock that the measure needs is missing.
    MeasureError
        If the measure cannot be computed from stocks.
    """
    match measure:
        case Stock():
            check_columns(table, column)
            values, void = table[column].astype("float64"), None
        case Ratio(numerator=top, denominator=bottom, scale=scale):
            check_columns(table, top, bottom)
            values, void = _quotient(table[top], table[bottom])
            values = values * scale
        case Growth(start=start, end=end, years=years):
            check_columns(table, start, end)
            values, void = _quotient(table[end], table[start])
            values = (values ** (1 / years) - 1) * 100
        case _:
            kind = type(measure).__name__.lower()
            msg = f"{column!r} is a {kind}: it cannot be computed from sums of stocks"
            raise MeasureError(msg)
    states = dict.fromkeys(values.index[values.isna()], "not_available")
    if void is not None:
        states.update(dict.fromkeys(values.index[void], "not_applicable"))
    return Evaluated(values.rename(column), states)


def _quotient(top: pd.Series, bottom: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Divide; say where the denominator is zero."""
    void = bottom == 0
    return top.astype("float64") / bottom.astype("float64").mask(void, np.nan), void
