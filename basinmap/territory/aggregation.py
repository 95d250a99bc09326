"""Adding up a table of communes or IRIS to a level above, with its account."""

from __future__ import annotations

import numpy as np
import pandas as pd

from basinmap.errors import CodeError, DataError, MeasureError, culprits
from basinmap.measures import (
    QUALIFIERS,
    STATES,
    Category,
    Evaluated,
    Growth,
    Mean,
    Measure,
    Measures,
    Median,
    Ratio,
    Stock,
    check_columns,
    check_ratios,
    declared,
    evaluate,
    printed_names,
    state_column,
    states_of,
)
from basinmap.reports import Report
from basinmap.territory import embedded
from basinmap.territory.former import unknown_communes
from basinmap.territory.levels import PRINTED, check_codes
from basinmap.territory.memberships import membership
from basinmap.territory.units import check_unique

__all__ = ["aggregate"]


def aggregate(
    table: pd.DataFrame,
    to: str | pd.Series,
    *,
    measures: Measures | None = None,
    date: str = "2026-01-01",
) -> tuple[pd.DataFrame, Report]:
    """
    Add a commune or IRIS table up to a level above, each column by its measure.

    Stocks are summed; ratios and growth rates are computed again from the sums
    of their stocks; means are weighted; categories follow their rule. The mean of
    communal rates cannot be had.

    Parameters
    ----------
    table
        Index named `commune` (COG 2026) or `iris`, one row a code.
    to
        Level (`"epci"`, `"scot"`, `"arrondissement"`, `"departement"`,
        `"region"`, `"bassin"`, `"commune"`), or a Series from commune to the units
        of your own partition, named after it.
    measures
        Column to measure; by default those that the table carries.
    date
        Day at which membership is read, from 2008: one perimeter for all columns.

    Returns
    -------
    table : DataFrame
        One row a unit, index named by the level. Where there is something to say
        of the values, a column `<column>_state`: a sum that secrecy cuts short is
        kept as a `"lower_bound"`, a sum with a value not available is missing.
    report : Report
        Totals before and after, codes without a unit, missing values, bounds.

    Raises
    ------
    MeasureError
        If a column is a median or a bare percentage, the counts of a ratio do not
        match, or nothing is declared.
    CodeError
        If codes are malformed or belong to no commune of 2026.
    ColumnError, DataError
        If a column is missing, the table is empty or a code is repeated.

    Examples
    --------
    >>> import basinmap as bm
    >>> vacancy = bm.Ratio(
    ...     numerator="vacant_dwellings_2021", denominator="dwellings_2021", scale=100
    ... )
    >>> table, report = bm.aggregate(
    ...     bm.statistics(), "epci",
    ...     measures={"dwellings_2021": bm.Stock(), "vacancy": vacancy},
    ... )
    >>> print(f"{table.loc['246200364', 'vacancy']:.3f} %")
    7.190 %
    >>> report.unmatched
    ()
    """
    known = declared(table, measures)
    _refuse(known)
    attrs = table.attrs
    check_ratios(known, {**attrs.get("measures", {}), **known})
    # pandas copies attrs deeply at every step: work without them.
    table = pd.DataFrame(table.copy(deep=False))
    table.attrs = {}
    parent = _parent(table, to, date)
    stocks = _stocks(table, known)
    sums = _summed(stocks, parent)
    columns: dict[str, pd.Series] = {}
    for column, measure in known.items():
        found = _combined(column, measure, sums, table, parent)
        columns[column] = found.series
        if found.states:
            columns[state_column(column)] = _as_column(found.states, sums.index)
    result = pd.DataFrame(columns, index=sums.index)
    result.attrs = {
        **attrs,
        "level": parent.name,
        "geography": date,
        "measures": known,
    }
    return result, _report(table, stocks, result, parent, known)


def _as_column(states: dict[str, str], index: pd.Index) -> pd.Series:
    return pd.Series([states.get(str(code), "") for code in index], index, dtype=object)


def _report(
    table: pd.DataFrame,
    stocks: pd.DataFrame,
    result: pd.DataFrame,
    parent: pd.Series,
    known: Measures,
) -> Report:
    shown = [name for name, measure in known.items() if isinstance(measure, Stock)]
    bounded = {
        name: tuple(result.index[result[state_column(name)] == "lower_bound"])
        for name in shown
        if state_column(name) in result
    }
    return Report(
        verb=f"Agrégation par {PRINTED.get(str(parent.name), parent.name)}",
        before=_totals(stocks[shown]),
        after=_totals(result[shown]),
        units_before=len(table),
        units_after=len(result),
        unmatched=tuple(table.index[parent.isna()]),
        missing={
            str(c): tuple(table.index[stocks[c].isna()])
            for c in stocks.columns.intersection(table.columns)
            if state_column(str(c)) in stocks
        },
        bounded=bounded,
        labels=printed_names(known),
    )


def _totals(table: pd.DataFrame) -> dict[str, float]:
    return {str(name): float(total) for name, total in table.sum().items()}


def _product(column: str) -> str:
    return f"{column} × weight"


def _weight(column: str) -> str:
    return f"weight of {column}"


def _refuse(known: Measures) -> None:
    wrong = [name for name, measure in known.items() if isinstance(measure, Median)]
    if wrong:
        msg = (
            f"{len(wrong)} column(s) hold a median or a quantile: {culprits(wrong)}; "
            "it cannot be added up: take the value published at that level, or go "
            "back to the individual data"
        )
        raise MeasureError(msg)
    rates = [
        name
        for name, measure in known.items()
        if isinstance(measure, Stock) and measure.unit.startswith("%")
    ]
    if rates:
        msg = (
            f"{len(rates)} column(s) in per cent declared as a stock: "
            f"{culprits(rates)}; percentages do not add up: declare a Ratio with its "
            "two counts"
        )
        raise MeasureError(msg)


def _stocks(table: pd.DataFrame, known: Measures) -> pd.DataFrame:
    """Return every stock that the measures need, as floats, with its states."""
    wanted: dict[str, pd.Series] = {}
    for column, measure in known.items():
        match measure:
            case Stock():
                needed = [column]
            case Ratio(numerator=top, denominator=bottom):
                needed = [top, bottom]
            case Growth(start=start, end=end):
                needed = [start, end]
            case Mean(weight=weight):
                needed = []
                check_columns(table, column, weight)
                states = states_of(table, column)
                # Where a mean has no object, its weight weighs nothing.
                weights = table[weight].mask(states == "not_applicable", 0.0)
                wanted[_product(column)] = table[column].astype("float64") * weights
                wanted[state_column(_product(column))] = states
                wanted[_weight(column)] = weights.astype("float64")
                wanted[state_column(_weight(column))] = states_of(table, weight)
            case _:
                needed = []
        check_columns(table, *needed)
        for name in needed:
            wanted[name] = table[name].astype("float64")
            wanted[state_column(name)] = states_of(table, name)
    return pd.DataFrame(wanted, index=table.index)


def _summed(stocks: pd.DataFrame, parent: pd.Series) -> pd.DataFrame:
    """Add stocks up by unit, each sum with what it is worth."""
    by = parent.to_numpy()
    units = pd.Index(sorted(parent.dropna().unique()), name=parent.name)
    sums = pd.DataFrame(index=units)
    for name in stocks.columns:
        if state_column(name) not in stocks.columns:
            continue
        states = stocks[state_column(name)]
        has = {
            state: (states == state).groupby(by).any().reindex(units)
            for state in (*STATES, *QUALIFIERS)
        }
        some = stocks[name].notna().groupby(by).any().reindex(units)
        hidden = has["secret"] | has["lower_bound"]
        state = np.select(
            [
                has["not_available"],
                hidden & ~some,
                hidden,
                has["not_applicable"] & ~some,
                has["estimated"],
            ],
            ["not_available", "secret", "lower_bound", "not_applicable", "estimated"],
            default="",
        )
        total = stocks[name].groupby(by).sum().reindex(units)
        sums[name] = total.mask(np.isin(state, list(STATES)))
        sums[state_column(name)] = state
    return sums


def _combined(
    column: str,
    measure: Measure,
    sums: pd.DataFrame,
    table: pd.DataFrame,
    parent: pd.Series,
) -> Evaluated:
    """Compute one measure of the units from the sums of stocks."""
    match measure:
        case Mean():
            ratio = Ratio(numerator=_product(column), denominator=_weight(column))
            found = evaluate(ratio, sums, column)
            # What secrecy hides may pull a mean either way: there is no bound.
            states = {
                code: "secret" if state == "lower_bound" else state
                for code, state in found.states.items()
            }
            hidden = [code for code, state in states.items() if state == "secret"]
            series = found.series.mask(found.series.index.isin(hidden))
            return Evaluated(series, states)
        case Category():
            return _common(column, measure, table, parent, sums.index)
        case _:
            return evaluate(measure, sums, column)


def _common(
    column: str,
    measure: Category,
    table: pd.DataFrame,
    parent: pd.Series,
    units: pd.Index,
) -> Evaluated:
    """Return the category that the rule gives each unit, or none."""
    check_columns(table, column, *filter(None, [measure.weight]))
    _check_rule(column, measure)
    majority = measure.rule == "majority"
    weights = table[measure.weight] if majority else pd.Series(1.0, table.index)
    rows = pd.DataFrame(
        {
            "unit": parent.to_numpy(),
            "category": table[column].to_numpy(),
            "weight": weights.to_numpy(dtype=float),
        }
    )
    by_category = rows.groupby(["unit", "category"])["weight"].sum()
    # The whole includes those without a category: they vote for none.
    unknown = rows["weight"].isna().groupby(rows["unit"]).any()
    whole = rows.groupby("unit")["weight"].sum().mask(unknown)
    share = by_category / whole[by_category.index.get_level_values(0)].to_numpy()
    chosen = share[share > (0.5 if majority else 1 - 1e-12)].reset_index()
    series = chosen.set_index("unit")["category"].reindex(units).rename(column)
    void = series.index[series.isna()]
    states = {
        str(code): "not_available" if unknown[code] else "not_applicable"
        for code in void
    }
    return Evaluated(series, states)


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


def check_table(table: pd.DataFrame) -> None:
    """
    Check that a table is one of communes of 2026, or of IRIS.

    Parameters
    ----------
    table
        Index named `commune` or `iris`.

    Raises
    ------
    CodeError
        If codes are malformed, or of another year.
    DataError
        If the index bears another name, the table is empty, a code is repeated.
    """
    level = table.index.name
    if level not in {"commune", "iris"}:
        msg = (
            f"the index must be named 'commune' or 'iris', found {level!r}: "
            "table.set_index('code').rename_axis('commune')"
        )
        raise DataError(msg)
    if table.empty:
        msg = "empty selection: the table has no row to add up"
        raise DataError(msg)
    check_codes(table.index, level)
    check_unique(table.index, "table")
    if level == "iris":
        _communes_of_iris(table.index)
    else:
        _check_known(table.index)


def _parent(table: pd.DataFrame, to: str | pd.Series, date: str) -> pd.Series:
    """Return the unit of each row, on the index of the table."""
    check_table(table)
    commune = table.index.to_series()
    if table.index.name == "iris":
        commune = _communes_of_iris(table.index)
    members = _partition(to) if isinstance(to, pd.Series) else membership(to, date=date)
    return pd.Series(
        members.reindex(commune.to_numpy()).to_numpy(),
        index=table.index,
        name=members.name,
        dtype=object,
    )


def _partition(given: pd.Series) -> pd.Series:
    """Return a partition of the user's that can be one."""
    check_unique(given.index, "partition")
    check_codes(given.index, "commune")
    wrong = [unit for unit in given.dropna().unique() if not isinstance(unit, str)]
    if wrong:
        msg = f"partition: units are named by strings, not {culprits(wrong)}"
        raise CodeError(msg)
    if not given.index.isin(embedded.communes_2026().index).any():
        msg = (
            "partition: none of its codes is a commune of Nord and Pas-de-Calais in "
            f"2026: {culprits(given.index)}"
        )
        raise CodeError(msg)
    return given.rename(given.name or "unit")


def _communes_of_iris(index: pd.Index) -> pd.Series:
    known = embedded.table("iris")["commune"]
    unknown = index.difference(known.index)
    if len(unknown):
        msg = (
            f"{len(unknown)} IRIS unknown in Nord and Pas-de-Calais, geography 2024: "
            f"{culprits(unknown)}"
        )
        raise CodeError(msg)
    return known.reindex(index)


def _check_known(codes: pd.Index) -> None:
    """Refuse codes that no commune of 2026 bears: they would vanish."""
    lost = codes[~codes.isin(embedded.communes_2026().index)]
    if len(lost):
        msg = (
            f"{len(lost)} code(s) are no commune of Nord and Pas-de-Calais in 2026: "
            f"{unknown_communes(lost, table='table')}"
        )
        raise CodeError(msg)
