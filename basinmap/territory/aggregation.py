"""Adding up a table of communes or IRIS to a level above, with its account."""

from __future__ import annotations

import pandas as pd

from basinmap.errors import CodeError, DataError, MeasureError, culprits
from basinmap.measures import (
    Growth,
    Mean,
    Measures,
    Median,
    Ratio,
    Stock,
    check_columns,
    declared,
    evaluate,
)
from basinmap.reports import Report
from basinmap.territory import embedded
from basinmap.territory.levels import check_codes
from basinmap.territory.units import check_unique, membership

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
    of their stocks; means are weighted. The mean of communal rates cannot be had.

    Parameters
    ----------
    table
        Index named `commune` (COG 2026) or `iris`, one row a code.
    to
        Level (`"epci"`, `"scot"`, `"arrondissement"`, `"departement"`,
        `"bassin"`, `"commune"`), or a Series from commune to the units of your
        own partition, named after it.
    measures
        Column to measure; by default those that the table carries.
    date
        Day at which membership is read; 2026 is embedded.

    Returns
    -------
    table : DataFrame
        One row a unit, index named by the level.
    report : Report
        Totals before and after, codes without a unit, missing values. A total
        with a missing value is itself missing.

    Raises
    ------
    MeasureError
        If a column is a median, or nothing is declared.
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
    parent = _parent(table, to, date)
    stocks = _stocks(table, known)
    grouped = stocks.groupby(parent.to_numpy(), sort=True)
    # A sum that left a missing value out would pass for the whole.
    sums = grouped.sum().where(grouped.count().eq(grouped.size(), axis=0))
    sums.index.name = parent.name
    result = pd.DataFrame(index=sums.index)
    for column, measure in known.items():
        if isinstance(measure, Mean):
            result[column] = sums[_product(column)] / sums[measure.weight]
        else:
            result[column] = evaluate(measure, sums, column).series
    result.attrs = {**table.attrs, "level": parent.name, "measures": known}
    shown = [name for name, measure in known.items() if isinstance(measure, Stock)]
    report = Report(
        verb=f"Agrégation vers {parent.name}",
        before=_totals(stocks[shown]),
        after=_totals(result[shown]),
        units_before=len(table),
        units_after=len(result),
        unmatched=tuple(table.index[parent.isna()]),
        missing={c: tuple(table.index[stocks[c].isna()]) for c in shown},
    )
    return result, report


def _totals(table: pd.DataFrame) -> dict[str, float]:
    return {str(name): float(total) for name, total in table.sum().items()}


def _product(column: str) -> str:
    return f"{column} × weight"


def _refuse(known: Measures) -> None:
    wrong = [name for name, measure in known.items() if isinstance(measure, Median)]
    if wrong:
        msg = (
            f"{len(wrong)} column(s) hold a median or a quantile: {culprits(wrong)}; "
            "it cannot be added up: take the value published at that level, or go "
            "back to the individual data"
        )
        raise MeasureError(msg)


def _stocks(table: pd.DataFrame, known: Measures) -> pd.DataFrame:
    """Return every stock that the measures need, as floats."""
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
                needed = [weight]
                check_columns(table, column, weight)
                product = table[column].astype("float64") * table[weight]
                wanted[_product(column)] = product
            case _:
                needed = []
        check_columns(table, *needed)
        wanted.update({name: table[name].astype("float64") for name in needed})
    return pd.DataFrame(wanted, index=table.index)


def _parent(table: pd.DataFrame, to: str | pd.Series, date: str) -> pd.Series:
    """Return the unit of each row, on the index of the table."""
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
    commune = table.index.to_series()
    if level == "iris":
        commune = _communes_of_iris(table.index)
    if isinstance(to, pd.Series):
        check_unique(to.index, "partition")
        members = to.rename(to.name or "unit")
    else:
        members = membership(to, date=date)
        _check_known(commune, table.index)
    return pd.Series(
        members.reindex(commune.to_numpy()).to_numpy(),
        index=table.index,
        name=members.name,
        dtype=object,
    )


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


def _check_known(commune: pd.Series, index: pd.Index) -> None:
    """Refuse codes that no commune of 2026 bears: they would vanish."""
    lost = ~commune.isin(embedded.communes_2026().index).to_numpy()
    if lost.any():
        msg = (
            f"{lost.sum()} code(s) are no commune of Nord and Pas-de-Calais in 2026: "
            f"{culprits(index[lost])}; bring the table to COG 2026 first, or drop them"
        )
        raise CodeError(msg)
