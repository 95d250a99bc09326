"""
Sums of stocks over territories, and what each is worth.

What `aggregate`, `rebase`, `apportion` and `dissolve` share: the stocks that measures
need, their sums with one rule of states, the measures of a territory computed from
them, the account of what moved.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal, TypeAlias, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basinmap.errors import BasinmapWarning, MeasureError, called_from, culprits
from basinmap.measures import (
    Category,
    Evaluated,
    Growth,
    Mean,
    Measure,
    Measures,
    Median,
    Ratio,
    Stock,
    as_floats,
    check_columns,
    counted,
    printed_names,
    state_column,
    states_of,
)
from basinmap.reports import Report
from basinmap.states import QUALIFIERS, STATES, grown, of_part
from basinmap.territory.tallies import (
    Tally,
    added,
    evaluated,
    laid,
    of_parts,
    read_tally,
    tallies_of,
)
from basinmap.typography import number
from basinmap.values.told import bare

__all__ = [
    "account",
    "as_column",
    "columns_of",
    "combined",
    "paired",
    "placed",
    "question",
    "refuse",
    "shared_minima",
    "signed_of",
    "still_hidden",
    "stocks_of",
    "sums_of",
    "tallied",
    "totals",
]

Told = TypeVar("Told", bound=Report)
Sums: TypeAlias = tuple[Mapping[str, Tally], pd.Index]
"""What `added` returned, and the units it is of."""

# What is no count, by the unit that is printed after it.
_RATES: Final = re.compile(
    r"%|‰|pour ?cent|pour ?mille|pour 1[\s\u202f\u00a0]?000"
    r"|\bpar (?!an\b)|/(?!\s?an\b)",
    re.IGNORECASE,
)
# What is hardly one, by the name of its column.
_NAMED_RATE: Final = re.compile(
    r"^[A-Z][0-9]{2}$|(^|_)(taux|tx|part|pct|pourcent|pourcentage|ratio|indice|densite|moyenne|moy"
    r"|mediane|median|rate|share|percent|mean|density)(_|\d|$)",
    re.IGNORECASE,
)


def refuse(known: Measures) -> None:
    """
    Refuse measures that cannot be added up.

    Parameters
    ----------
    known
        Column to measure.

    Raises
    ------
    MeasureError
        If one is a median, or a stock in the unit of a rate: per cent, per thousand,
        per inhabitant…
    """
    wrong = [name for name, measure in known.items() if isinstance(measure, Median)]
    if wrong:
        msg = (
            f"{len(wrong)} column(s) hold a median or a quantile: {culprits(wrong)}; "
            "it cannot be added up: take the value published at that level, or go "
            "back to the individual data"
        )
        raise MeasureError(msg)
    rates = {
        name: measure.unit
        for name, measure in known.items()
        if isinstance(measure, Stock) and _RATES.search(measure.unit)
    }
    if rates:
        told = culprits(dict.fromkeys(rates.values()))
        msg = (
            f"{len(rates)} column(s) in the unit of a rate ({told}) declared as a "
            f"stock: {culprits(rates)}; what is per cent or per head does "
            "not add up: declare a Ratio with its two counts, or a Mean with its weight"
        )
        raise MeasureError(msg)


def stocks_of(
    table: pd.DataFrame, known: Measures, *, signed: Collection[str] | None = None
) -> pd.DataFrame:
    """
    Return every stock that measures need, as floats, with its states.

    Parameters
    ----------
    table
        One row a territory.
    known
        Column to measure.
    signed
        Columns that may be negative, by default those that are declared so.

    Raises
    ------
    ColumnError
        If a column is missing, or stands twice.
    MeasureError
        If one holds no counts, or a weight is negative.

    Warns
    -----
    BasinmapWarning
        If a stock bears the name of a rate and holds numbers that are not whole.
    """
    return laid(tallied(table, known, signed=signed), table.index)


def tallied(
    table: pd.DataFrame,
    known: Measures,
    *,
    signed: Collection[str] | None = None,
) -> dict[str, Tally]:
    """
    Return every stock that measures need, as `stocks_of` does, without a frame.

    Parameters
    ----------
    table, known, signed
        As for `stocks_of`.
    """
    wanted: dict[str, Tally] = {}
    signed = signed_of(known) if signed is None else signed
    for column, measure in known.items():
        if isinstance(measure, Mean):
            wanted |= _weighed(table, column, measure.weight)
        for name in _needed(column, measure):
            if name not in wanted:
                wanted[name] = read_tally(table, name, signed=name in signed)
    for column, measure in known.items():
        if isinstance(measure, Ratio | Growth):
            wanted |= paired(column, measure, wanted)
    odd = [
        n for n, m in known.items() if isinstance(m, Stock) and _NAMED_RATE.search(n)
    ]
    question({n: pd.Series(wanted[n].numbers) for n in odd}, stacklevel=called_from())
    return wanted


def _needed(column: str, measure: Measure) -> tuple[str, ...]:
    """Return the counts that a measure is added up from."""
    if isinstance(measure, Stock):
        return (column,)
    return _counts(measure) if isinstance(measure, Ratio | Growth) else ()


def _counts(measure: Ratio | Growth) -> tuple[str, str]:
    """Return the count above, and the count below."""
    if isinstance(measure, Ratio):
        return measure.numerator, measure.denominator
    return measure.end, measure.start


def _of(count: str, column: str) -> str:
    return f"{count} of {column}"


def paired(
    column: str, measure: Ratio | Growth, wanted: Mapping[str, Tally]
) -> dict[str, Tally]:
    """
    Return the two counts of a quotient where what has no object leaves both.

    Parameters
    ----------
    column
        Name of the quotient.
    measure
        What it is.
    wanted
        Counts, those of the quotient among them.
    """
    pair = _counts(measure)
    if all(wanted[count].states is None for count in pair):
        return {}
    above, below = (wanted[count].told == "not_applicable" for count in pair)
    if not (above != below).any():
        return {}
    void = above | below
    return {
        _of(count, column): Tally(
            np.where(void, np.nan, wanted[count].numbers),
            np.where(void, "not_applicable", wanted[count].told),
        )
        for count in pair
    }


def signed_of(known: Measures) -> set[str]:
    """
    Return the columns that may be negative.

    Parameters
    ----------
    known
        Column to measure.
    """
    return {name for name, m in known.items() if isinstance(m, Stock) and m.signed}


def _weighed(table: pd.DataFrame, column: str, weight: str) -> dict[str, Tally]:
    """Return a mean times its weight, and its weight where it has an object."""
    check_columns(table, column)
    means, states = as_floats(table[column], column), states_of(table, column)
    weights = read_tally(table, weight)
    # Where a mean has no object, its weight weighs nothing.
    void = (states == "not_applicable").to_numpy()
    told = states.to_numpy(dtype=object)
    return {
        _product(column): Tally(
            means.to_numpy() * np.where(void, 0.0, weights.numbers), told
        ),
        _weight(column): Tally(
            np.where(void, 0.0, weights.numbers), np.where(void, "", weights.told)
        ),
    }


def question(stocks: Mapping[str, pd.Series], *, stacklevel: int = 2) -> None:
    """
    Warn of stocks that look like rates: by their name, with numbers not whole.

    Parameters
    ----------
    stocks
        What is to be added up, by name.
    stacklevel
        See `warnings.warn`.

    Warns
    -----
    BasinmapWarning
        Naming them.
    """
    odd = [
        name
        for name, values in stocks.items()
        if _NAMED_RATE.search(name) and _fine(values.to_numpy())
    ]
    if odd:
        warnings.warn(
            f"{culprits(odd)}: declared a stock, but it bears the name of a rate and "
            "its values are not whole; a sum of rates means nothing: declare a "
            "bm.Ratio with its two counts, or rename the column if it does add up",
            BasinmapWarning,
            stacklevel=stacklevel + 1,
        )


def _fine(numbers: NDArray[np.float64]) -> bool:
    """Tell whether some number is not whole; the missing are passed over."""
    return bool(((numbers != np.floor(numbers)) & ~np.isnan(numbers)).any())


def _product(column: str) -> str:
    return f"{column} × weight"


def _weight(column: str) -> str:
    return f"weight of {column}"


def sums_of(
    stocks: pd.DataFrame, parent: pd.Series, *, signed: Collection[str] = ()
) -> pd.DataFrame:
    """
    Add stocks up by unit, each sum with what it is worth.

    Parameters
    ----------
    stocks
        What `stocks_of` returned.
    parent
        Unit of each row, on the same index; missing where there is none.
    signed
        Columns that may be negative.

    Returns
    -------
    DataFrame
        One row a unit, in the order of their codes; `<column>_state` beside each.
    """
    units, unit = placed(parent)
    return laid(added(tallies_of(stocks), unit, len(units), signed=signed), units)


def placed(parent: pd.Series) -> tuple[pd.Index, NDArray[np.intp]]:
    """
    Return the units that rows are of, in the order of their codes, and whose each is.

    Parameters
    ----------
    parent
        Unit of each row; missing where there is none, which is -1.
    """
    unit, units = pd.factorize(parent, sort=True)
    return pd.Index(list(units), name=parent.name), unit


def columns_of(
    known: Measures,
    sums: pd.DataFrame | Sums,
    table: pd.DataFrame,
    parent: pd.Series,
    part: Collection[str] = (),
    *,
    allowed: bool = False,
    signed: Collection[str] | None = None,
) -> pd.DataFrame:
    """
    Compute every measure of the units, with what each value is worth.

    Parameters
    ----------
    known
        Column to measure.
    sums
        What `sums_of` returned, or `added` with its units.
    table
        The rows that were added up, for categories.
    parent
        Unit of each of them.
    part
        Units some of whose territory is in no row.
    allowed
        Whether these may stand for the whole.
    signed
        Columns that may be negative, by default those that are declared so.

    Returns
    -------
    DataFrame
        One row a unit, a column a measure; `<column>_state` beside those of which there
        is something to say.
    """
    tallies, units = (
        (tallies_of(sums), sums.index) if isinstance(sums, pd.DataFrame) else sums
    )
    lacking = np.flatnonzero(units.isin(list(part)))
    columns: dict[str, object] = {}
    signed = signed_of(known) if signed is None else signed
    for column, measure in known.items():
        if isinstance(measure, Category):
            found = _common(column, measure, table, parent, units)
            series, told = (
                found.series,
                as_column(found.states, units).to_numpy(copy=True),
            )
            told[lacking] = of_part(told[lacking], "rate", allowed=allowed)
            columns[column] = series.mask(np.isin(told, list(STATES)))
        else:
            one = combined(column, measure, tallies, units, signed)
            one = of_parts(one, lacking, _kind(measure), allowed=allowed)
            columns[column], told = one.numbers, one.states
        if told is not None and (told != "").any():
            columns[state_column(column)] = pd.Series(told, units, dtype=object)
    return pd.DataFrame(columns, index=units)


def still_hidden(result: pd.DataFrame, whole: pd.DataFrame) -> pd.DataFrame:
    """
    Keep hidden what rests on a share of a minimum.

    A rate over a minimum is secret; the share of a minimum is an estimate, and a rate
    over it no better known for that.

    Parameters
    ----------
    result
        What `columns_of` made of shares.
    whole
        What it made of the same, minima left as they are.
    """
    result = result.copy()
    for name in whole.columns:
        state = state_column(str(name))
        if state not in whole.columns:
            continue
        hidden = whole[state].isin(list(STATES))
        if state in result.columns and hidden.any():
            hidden &= ~result[state].isin(list(STATES))
            result[name] = result[name].mask(hidden)
            result[state] = result[state].mask(hidden, whole[state])
    return result


def shared_minima(
    stocks: pd.DataFrame, cut: Collection[object], labels: Mapping[str, str]
) -> list[str]:
    """
    Say in French which minima are shared out, so that their parts bound nothing.

    Parameters
    ----------
    stocks
        What `stocks_of` returned.
    cut
        Codes of the rows that are shared out.
    labels
        Printed names of columns.
    """
    rows = stocks[stocks.index.isin(list(cut))]
    notes = []
    for name in rows.columns:
        if " " in str(name) or state_column(str(name)) not in rows.columns:
            continue
        bound = (rows[state_column(str(name))] == "lower_bound") & (rows[name] != 0)
        codes = [str(code) for code in rows.index[bound].unique()]
        if codes:
            more = "…" if len(codes) > 5 else ""
            notes.append(
                f"{labels.get(str(name), str(name))}, minimums partagés : une partie "
                "en est cachée, ce qui en vient est une estimation et non un minimum "
                f"({number(len(codes))} : {', '.join(codes[:5])}{more})."
            )
    return notes


def _kind(measure: Measure) -> Literal["count", "balance", "rate"]:
    if isinstance(measure, Stock):
        return "balance" if measure.signed else "count"
    return "rate"


def as_column(states: Mapping[str, str], index: pd.Index) -> pd.Series:
    """
    Return states by code as a column.

    Parameters
    ----------
    states
        Code to state, for those that need one.
    index
        Codes of the column.
    """
    return pd.Series([states.get(str(code), "") for code in index], index, dtype=object)


def combined(
    column: str,
    measure: Measure,
    sums: Mapping[str, Tally],
    units: pd.Index,
    signed: Collection[str] = (),
) -> Tally:
    """
    Compute one measure of the units from the sums of stocks.

    Parameters
    ----------
    column
        Its name.
    measure
        What it is, but a category.
    sums
        What `added` returned.
    units
        Codes of the rows, for messages.
    signed
        Columns that may be negative.
    """
    match measure:
        case Mean():
            return _mean(column, sums)
        case Ratio() | Growth():
            top, bottom = _counts(measure)
            if _of(top, column) in sums:
                own = {_of(top, column)} if top in signed else set()
                pair = _of(top, column), _of(bottom, column)
                return evaluated(_on(measure, pair), sums, column, units, signed=own)
            return evaluated(measure, sums, column, units, signed=signed)
        case _:
            return evaluated(measure, sums, column, units, signed=signed)


def _on(measure: Ratio | Growth, pair: tuple[str, str]) -> Ratio | Growth:
    """Return a quotient on other columns, the one above first."""
    if isinstance(measure, Ratio):
        return replace(measure, numerator=pair[0], denominator=pair[1])
    return replace(measure, end=pair[0], start=pair[1])


def _mean(column: str, sums: Mapping[str, Tally]) -> Tally:
    """Divide products by weights; what secrecy hides may pull a mean either way."""
    product, weight = sums[_product(column)], sums[_weight(column)]
    void = weight.numbers == 0
    states = grown(weight.told, product.told, void)
    values = product.numbers / np.where(void, np.nan, weight.numbers)
    return Tally(np.where(np.isin(states, list(STATES)), np.nan, values), states)


def _common(
    column: str,
    measure: Category,
    table: pd.DataFrame,
    parent: pd.Series,
    units: pd.Index,
) -> Evaluated:
    """Return the category that the rule gives each unit, or why there is none."""
    _check_rule(column, measure)
    majority = measure.rule == "majority"
    check_columns(table, column, *filter(None, [measure.weight]))
    ones = pd.Series(1.0, table.index), pd.Series("", table.index, dtype=object)
    weights, worth = counted(table, measure.weight) if majority else ones
    said = states_of(table, column)
    rows = pd.DataFrame(
        {
            "unit": parent.to_numpy(),
            "category": table[column].astype(object).to_numpy(),
            "weight": weights.to_numpy(),
            "said": said.to_numpy(),
            "worth": worth.to_numpy(),
        }
    )
    # What has no object counts for nothing: it is no part of the whole.
    rows = rows[rows["said"] != "not_applicable"]
    whole = rows.groupby("unit")["weight"].sum()
    known = rows[rows["said"].isin(["", *QUALIFIERS])]
    shares = known.groupby(["unit", "category"])["weight"].sum()
    shares = shares / whole[shares.index.get_level_values(0)].to_numpy()
    least = 0.5 if majority else 1 - 1e-12
    chosen = shares[shares > least].reset_index().set_index("unit")["category"]
    series = chosen.reindex(units).rename(column)
    states = {
        str(code): state
        for code, state in _undecided(rows, shares, whole, units, least).items()
        if state
    }
    gone = [code for code, state in states.items() if state in STATES]
    return Evaluated(series.mask(series.index.astype(str).isin(gone)), states)


def _undecided(
    rows: pd.DataFrame,
    shares: pd.Series,
    whole: pd.Series,
    units: pd.Index,
    least: float,
) -> pd.Series:
    """Say what the category of each unit is worth, and why some have none."""

    def any_of(column: str, *states: str) -> np.ndarray:
        has = rows[column].isin(states).groupby(rows["unit"]).any()
        return has.reindex(units, fill_value=False).to_numpy(dtype=bool)

    first = shares.groupby(level=0).max().reindex(units).fillna(0.0).to_numpy()
    unknown = rows["weight"].where(~rows["said"].isin(["", *QUALIFIERS]), 0.0)
    open_ = unknown.groupby(rows["unit"]).sum() / whole
    open_ = open_.reindex(units).fillna(0.0).to_numpy()
    # Those without a category could still give the first one its majority.
    settled = (first > least) | (first + open_ <= least)
    nobody = whole.reindex(units).fillna(0.0).to_numpy() == 0
    states = np.select(
        [
            any_of("worth", "not_available"),
            any_of("worth", "secret", "lower_bound"),
            nobody & ~any_of("said", "secret", "not_available"),
            ~settled & any_of("said", "not_available"),
            ~settled,
            first <= least,
            any_of("worth", "estimated") | any_of("said", "estimated"),
        ],
        [
            "not_available",
            "secret",
            "not_applicable",
            "not_available",
            "secret",
            "not_applicable",
            "estimated",
        ],
        default="",
    )
    return pd.Series(states, index=units, dtype=object)


def _check_rule(column: str, measure: Category) -> None:
    if measure.rule not in {"majority", "unanimous"}:
        msg = f"{column!r}: unknown rule {measure.rule!r}; majority or unanimous"
        raise MeasureError(msg)
    if measure.rule == "majority" and not measure.weight:
        msg = (
            f"{column!r}: a majority of what? Declare "
            "Category(rule='majority', weight='population_2023')"
        )
        raise MeasureError(msg)


def totals(table: pd.DataFrame) -> dict[str, float]:
    """
    Return the sum of each column, by name.

    Parameters
    ----------
    table
        Numbers.
    """
    return {str(name): float(total) for name, total in table.sum().items()}


def account(
    verb: str,
    known: Measures,
    stocks: pd.DataFrame | Sums,
    result: pd.DataFrame,
    *,
    before: Mapping[str, float] | None = None,
    units_before: int | None = None,
    unmatched: Sequence[object] | pd.Index = (),
    form: type[Told] = Report,  # type: ignore[assignment]
    **more: object,
) -> Told:
    """
    Return the account of what stocks became.

    Parameters
    ----------
    verb
        French name of what was done.
    known
        Column to measure.
    stocks
        What `stocks_of` returned, one row a territory before, or `tallied` with the
        index of its rows.
    result
        One row a unit after, with its states.
    before
        Total of each stock before, by default that of `stocks`.
    units_before
        How many territories there were, by default the rows of `stocks`.
    unmatched
        Codes that found no place.
    form
        The report, or a daughter of it.
    **more
        Other fields of the report.
    """
    shown = [name for name, measure in known.items() if isinstance(measure, Stock)]
    result = bare(result)
    tallies, rows = (
        (tallies_of(stocks), stocks.index)
        if isinstance(stocks, pd.DataFrame)
        else stocks
    )
    bounded = {
        name: tuple(result.index[result[state_column(name)] == "lower_bound"])
        for name in shown
        if state_column(name) in result
    }
    gone = {
        name: tuple(rows[np.isnan(one.numbers)].unique())
        if one.states is not None
        else ()
        for name, one in tallies.items()
        if " " not in name
    }
    first = {name: float(np.nansum(tallies[name].numbers)) for name in shown}
    return form(
        verb=verb,
        before=dict(before) if before is not None else first,
        after=totals(result[shown]),
        units_before=len(rows) if units_before is None else units_before,
        units_after=len(result),
        unmatched=tuple(str(code) for code in unmatched),
        missing=gone,
        bounded=bounded,
        labels=printed_names(known),
        **more,  # type: ignore[arg-type]
    )
