"""
Typed measures: what a column is decides how it may be combined and mapped.

A `Stock` is summed. A `Ratio` and a `Growth` are computed again from their
counts. A `Mean` is weighted. A `Median` never moves to another territory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from basinmap.errors import ColumnError, MeasureError, culprits

__all__ = [
    "QUALIFIERS",
    "STATES",
    "Category",
    "Growth",
    "Mean",
    "Measure",
    "Median",
    "Ratio",
    "Stock",
    "check_columns",
    "check_ratios",
    "declared",
    "evaluate",
    "parse_counts",
    "printed_names",
    "state_column",
    "states_of",
]

STATES: Mapping[str, str] = {
    "secret": "Secret statistique",
    "not_applicable": "Sans objet",
    "not_available": "Données non disponibles",
}
"""What a missing value may mean, with the entry of the legend. Zero is a value."""

QUALIFIERS: Mapping[str, str] = {
    "lower_bound": "Minimum (une partie est couverte par le secret statistique)",
    "estimated": "Estimation",
}
"""What may have to be said of a value that is there."""


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
    published
        Year whose 1 January perimeters the published tables use, when it is not
        that of the statistic: the legal population 2019 is published for 2022.
    """

    label: str = ""
    unit: str = ""
    vintage: str = ""
    geography: str = ""
    source: str = ""
    family: str = ""
    published: int | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Category(Measure):
    """
    A class or a type, combined by a rule that is said.

    Attributes
    ----------
    rule
        `"majority"`: the category that holds more than half of the weight, else
        undefined. `"unanimous"`: the one that all share, else undefined.
    weight
        Column of the stock that weighs the majority, such as a population.
    """

    rule: Literal["majority", "unanimous"]
    weight: str = ""


Measures = Mapping[str, Measure]


def state_column(column: str) -> str:
    """
    Return the name of the column that says what the values of a column mean.

    Parameters
    ----------
    column
        Column of values.

    Examples
    --------
    >>> state_column("vacant_2025")
    'vacant_2025_state'
    """
    return f"{column}_state"


def states_of(table: pd.DataFrame, column: str) -> pd.Series:
    """
    Return the state of each value: a key of `STATES` or `QUALIFIERS`, or `""`.

    Parameters
    ----------
    table
        May have a column `<column>_state`; a missing value without a state is
        `"not_available"`.
    column
        Column of values.

    Raises
    ------
    MeasureError
        If a state is unknown, or says that a value is missing where there is one.

    Examples
    --------
    >>> table = parse_counts(pd.Series(["12", "s"], name="vacant"))
    >>> states_of(table, "vacant").tolist()
    ['', 'secret']
    """
    values = table[column]
    states = pd.Series("", index=table.index, dtype=object)
    if state_column(column) in table.columns:
        states = table[state_column(column)].astype(object)
        states = states.where(states.notna(), "")
    unknown = set(states) - {"", *STATES, *QUALIFIERS}
    if unknown:
        msg = (
            f"{state_column(column)}: unknown state(s) {culprits(sorted(unknown))}; "
            f"write one of {', '.join([*STATES, *QUALIFIERS])}, or nothing"
        )
        raise MeasureError(msg)
    wrong = table.index[states.isin(list(STATES)) & values.notna()]
    if len(wrong):
        msg = (
            f"{column}: {len(wrong)} value(s) said to be missing are there: "
            f"{culprits(wrong)}; empty the value or its state"
        )
        raise MeasureError(msg)
    return states.mask(values.isna() & ~states.isin(list(STATES)), "not_available")


def parse_counts(
    raw: pd.Series,
    *,
    secret: str | Sequence[str] = ("s",),
    not_applicable: str | Sequence[str] = ("s.o.", "so"),
    not_available: str | Sequence[str] = ("n.d.", "nd", ""),
) -> pd.DataFrame:
    """
    Read counts as they are published, with the signs that stand for no value.

    Parameters
    ----------
    raw
        Text or numbers, such as the column of a file read with `dtype=str`.
    secret, not_applicable, not_available
        The signs of each kind of missing value. A zero is a value.

    Returns
    -------
    DataFrame
        On the index of `raw`: its name, as numbers, and `<name>_state`.

    Raises
    ------
    MeasureError
        If something is neither a number nor one of the signs.

    Examples
    --------
    >>> parse_counts(pd.Series(["12", "0", "s", None], name="vacant"))
       vacant   vacant_state
    0    12.0
    1     0.0
    2     NaN         secret
    3     NaN  not_available
    """
    name = str(raw.name or "value")
    text = raw.astype(object).where(raw.notna(), "").astype(str).str.strip()
    text = text.str.replace(r"(?<=\d)\s(?=\d{3}(?!\d))", "", regex=True)
    states = pd.Series("", index=raw.index, dtype=object)
    signs = zip(STATES, (secret, not_applicable, not_available), strict=True)
    for state, spellings in signs:
        known = [spellings] if isinstance(spellings, str) else list(spellings)
        states[text.str.lower().isin([sign.lower() for sign in known])] = state
    counts = text.where(text.str.fullmatch(r"\d+([.,]\d+)?") & (states == ""))
    values = pd.to_numeric(counts.str.replace(",", ".", regex=False))
    wrong = text[values.isna() & (states == "")]
    if len(wrong):
        msg = (
            f"{name}: {len(wrong)} value(s) are neither numbers nor known signs: "
            f"{culprits(wrong.unique())}; say what they mean with secret=[…]"
        )
        raise MeasureError(msg)
    return pd.DataFrame({name: values.astype("float64"), state_column(name): states})


@dataclass(frozen=True, slots=True)
class Evaluated:
    """
    Values of one measure, and what is to be said of them.

    Attributes
    ----------
    series
        The values.
    states
        Code to key of `STATES` or `QUALIFIERS`, for those that need one.
    """

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
    found = table.attrs.get("measures", {}) if measures is None else measures
    if isinstance(found, Mapping):
        found = dict(found)
    if not found or not isinstance(found, dict):
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


def printed_names(measures: Measures) -> dict[str, str]:
    """
    Return the printed name of each measure that has one, with its year.

    Parameters
    ----------
    measures
        Column to measure.

    Examples
    --------
    >>> printed_names({"p": Stock(label="Logements", vintage="2021"), "q": Stock()})
    {'p': 'Logements (2021)'}
    """
    return {
        name: f"{item.label} ({item.vintage})" if item.vintage else item.label
        for name, item in measures.items()
        if item.label
    }


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
            values = table[column].astype("float64")
            states = states_of(table, column)
        case Ratio(numerator=top, denominator=bottom, scale=scale):
            values, states = _quotient(table, top, bottom)
            values = values * scale
        case Growth(start=start, end=end, years=years):
            if not years > 0:
                msg = f"{column!r}: growth over {years} years; give how many, above 0"
                raise MeasureError(msg)
            values, states = _quotient(table, end, start)
            negative = values < 0
            values, states = (
                values.mask(negative),
                states.mask(negative, "not_applicable"),
            )
            # A rate of growth from or to a minimum is bounded by nothing.
            states = states.mask(states == "lower_bound", "secret")
            values = ((values ** (1 / years) - 1) * 100).mask(states == "secret")
        case _:
            kind = type(measure).__name__.lower()
            msg = f"{column!r} is a {kind}: it cannot be computed from sums of stocks"
            raise MeasureError(msg)
    told = states[states != ""]
    return Evaluated(
        values.rename(column), {str(code): state for code, state in told.items()}
    )


def _quotient(
    table: pd.DataFrame, top: str, bottom: str
) -> tuple[pd.Series, pd.Series]:
    """Divide two stocks; say what each result is worth."""
    check_columns(table, top, bottom)
    above, below = states_of(table, top), states_of(table, bottom)
    divisor = table[bottom].astype("float64")
    void = divisor == 0
    values = table[top].astype("float64") / divisor.mask(void, np.nan)
    # In order: the first that holds is what is said.
    states = pd.Series(
        np.select(
            [
                void | (above == "not_applicable") | (below == "not_applicable"),
                (above == "secret") | below.isin(["secret", "lower_bound"]),
                (above == "not_available") | (below == "not_available"),
                above == "lower_bound",
                (above == "estimated") | (below == "estimated"),
            ],
            ["not_applicable", "secret", "not_available", "lower_bound", "estimated"],
            default="",
        ),
        index=table.index,
        dtype=object,
    )
    return values.mask(states.isin(list(STATES))), states


def check_ratios(measures: Measures, known: Measures) -> None:
    """
    Check that the two counts of each ratio may be divided.

    Parameters
    ----------
    measures
        What is to be computed.
    known
        Measures of the columns of the table.

    Raises
    ------
    MeasureError
        If a count is no stock, or where both say theirs: the counts of a ratio
        differ by sampling family or vintage, those of a growth by sampling family
        or geography.
    """
    for name, measure in measures.items():
        match measure:
            case Ratio(numerator=first, denominator=second):
                _check_pair(name, (first, second), known, ("family", "vintage"))
            case Growth(start=first, end=second):
                _check_pair(name, (first, second), known, ("family", "geography"))


def _check_pair(
    name: str, pair: tuple[str, str], known: Measures, traits: tuple[str, ...]
) -> None:
    """Check that two counts are stocks that agree on what they both say."""
    counts = {column: known[column] for column in pair if column in known}
    for column, count in counts.items():
        if not isinstance(count, Stock):
            kind = type(count).__name__.lower()
            msg = f"{name!r}: {column!r} is a {kind}; a ratio is of two counts"
            raise MeasureError(msg)
    for trait in traits:
        told = {column: getattr(count, trait) for column, count in counts.items()}
        if len({value for value in told.values() if value}) > 1:
            msg = (
                f"{name!r}: its counts differ by {trait}: {told}; they do not count "
                "the same thing: take both from one file"
            )
            raise MeasureError(msg)
