"""One indicator at one level, from counts."""

from __future__ import annotations

import pandas as pd

from basinmap.errors import VintageError
from basinmap.indicators.catalogue import Indicator, indicator
from basinmap.indicators.counts import (
    AREA,
    Counts,
    Years,
    check_tabular,
    counts_of,
)
from basinmap.measures import Growth, Stock, check_ratios, evaluate, state_column
from basinmap.territory.aggregation import aggregate, check_table
from basinmap.territory.embedded import communes_2026, credit
from basinmap.territory.evolution import Rule, series
from basinmap.territory.memberships import check_date
from basinmap.territory.outlines import surface_caution
from basinmap.values.told import bare, carry, measures_of, tell, told_of

__all__ = ["compute"]


def compute(
    indicator_id: str,
    table: pd.DataFrame,
    *,
    to: str | pd.Series | None = None,
    year: Years = None,
    date: str = "2026-01-01",
    perimeter: Rule = "constant",
    allow_partial: bool = False,
) -> pd.Series:
    """
    Compute one indicator at one level, from the counts of a table.

    Parameters
    ----------
    indicator_id
        Id in `bm.indicators()`.
    table
        Counts by commune (COG 2026) or IRIS, such as `bm.statistics()`: columns named
        as the counts of the catalogue, with or without their year. For a density, a
        column `area_km2` (published surface) is used where there is one, else the
        surface of the embedded outline; a note then tells the largest error known
        in the EPCI of these communes.
    to
        Level of the result, by default that of the table; or a Series from
        commune to the units of your own partition.
    year
        Year of the counts, by default the last one of which all are there; for an
        indicator that compares two years, both, by default the first and the last.
    date
        Day at which membership is read.
    perimeter
        For an indicator that compares two dates: `"constant"`, the communes of
        `date` at both, or `"current"`, the perimeter of each date, which warns of
        the communes that changed unit.
    allow_partial
        Whether units some of whose communes are not in the table may stand for the
        whole: their rates are then computed, as `"estimated"`; see `aggregate`.

    Returns
    -------
    Series
        Named by the id, on the index of the level, in the unit of the catalogue
        (per cent as 0–100). `attrs` holds what a map prints: `title`, `unit`,
        `kind`, `decimals`, `vintage`, `sources`, and `states`: what each missing
        value means, by code. Year and sources are those of the counts. Of a unit that
        is not whole in the table, a count is a lower bound, a rate not available.

    Raises
    ------
    CodeError
        If the indicator or the level is unknown, or codes are of another year.
    ColumnError, DataError
        If a count is missing, of that year, the table is empty, a code is repeated, or
        no unit of the level is whole in the table.
    MeasureError
        If the counts are negative, infinite, text, or not of one year and one file.
    VintageError
        If a date is not covered, or the current perimeter is asked for a level that
        does not move or an indicator of one date.

    Warns
    -----
    BasinmapWarning
        At the current perimeter, naming the communes that changed unit; if units are
        not whole in the table; if a part is more than its whole.

    Examples
    --------
    >>> import basinmap as bm
    >>> vacancy = bm.compute("L04", bm.statistics(), to="epci")
    >>> vacancy.loc[["246200364", "245901152"]].round(3).tolist()
    [7.19, 6.744]
    >>> vacancy.attrs["unit"]
    '%'
    """
    item = indicator(indicator_id)
    check_tabular(table, item.id)
    check_table(table)
    check_date(date)
    regrouped = isinstance(to, str) and to != table.index.name
    note = _area_note(item, table, whole=regrouped)
    table = _with_area(item, table)
    found = counts_of(item, table, year)
    check_ratios({item.id: found.measure}, measures_of(table))
    sources, gaps = found.sources(table), found.gaps(table)
    when = _when(table, date, regrouped=isinstance(to, str))
    if perimeter != "constant":
        table = _current(found, table, to, perimeter, allow_partial=allow_partial)
        to = None
    result = _measured(found, table, to, date, allow_partial=allow_partial)
    values = result["value"].rename(item.id)
    told = result.get(state_column("value"), pd.Series(dtype=object))
    measure = found.measure
    return tell(
        pd.Series(values),
        indicator=item.id,
        title=item.title(measure.vintage),
        definition=item.definition,
        label=measure.label,
        unit=measure.unit,
        kind=type(measure).__name__.lower(),
        decimals=item.decimals,
        palette=item.palette,
        vintage=measure.vintage,
        level=str(result.index.name),
        sources=sources,
        **when,
        notes=(*note, *gaps),
        states={str(code): state for code, state in told.items() if state},
        remarks=told_of(result).remarks,
    )


def _measured(
    found: Counts,
    table: pd.DataFrame,
    to: str | pd.Series | None,
    date: str,
    *,
    allow_partial: bool,
) -> pd.DataFrame:
    """Return the indicator by unit in the column `value`, with its states."""
    names = found.columns
    kept = [c for name in names for c in (name, state_column(name)) if c in table]
    table = carry(bare(table[list(dict.fromkeys(kept))]), table)
    stocks = {name: _as_stock(found.known.get(name)) for name in names}
    measured = isinstance(found.measure, Stock)
    measures = {names[0]: stocks[names[0]]} if measured else {"value": found.measure}
    if to is not None and (isinstance(to, pd.Series) or to != table.index.name):
        result, _ = aggregate(
            table, to, measures=measures, date=date, allow_partial=allow_partial
        )
        value = names[0] if measured else "value"
        return result.rename(
            columns={value: "value", state_column(value): state_column("value")}
        )
    signed = {name for name, stock in stocks.items() if stock.signed}
    done = evaluate(found.measure, table, names[0], signed=signed)
    states = pd.Series(done.states, dtype=object).reindex(table.index).fillna("")
    return pd.DataFrame({"value": done.series, state_column("value"): states})


def _as_stock(told: object) -> Stock:
    return told if isinstance(told, Stock) else Stock()


def _when(table: pd.DataFrame, date: str, *, regrouped: bool) -> dict[str, str]:
    """Return of which list of communes the values are, and of which perimeters."""
    geography = told_of(table).geography
    found = {"geography": geography} if geography else {}
    return found | ({"date": date} if regrouped else {})


def _current(
    found: Counts,
    table: pd.DataFrame,
    to: str | pd.Series | None,
    rule: Rule,
    *,
    allow_partial: bool,
) -> pd.DataFrame:
    """Return the two counts of a growth, each over the perimeter of its time."""
    if not isinstance(found.measure, Growth) or not isinstance(to, str):
        msg = (
            f"perimeter={rule!r} is for an indicator that compares dates, "
            "at the level 'epci' or 'scot'; leave it out"
        )
        raise VintageError(msg)
    columns = list(reversed(found.columns))
    return series(
        table, to, columns=columns, perimeter=rule, allow_partial=allow_partial
    )[0]


def _with_area(item: Indicator, table: pd.DataFrame) -> pd.DataFrame:
    """Add the surface of the embedded outlines when the user gives none."""
    if AREA not in item.counts or AREA in table.columns:
        return table
    if table.index.name != "commune":
        return table
    areas = communes_2026()[AREA].reindex(table.index)
    return carry(table.assign(**{AREA: areas}), table)


def _area_note(item: Indicator, table: pd.DataFrame, *, whole: bool) -> tuple[str, ...]:
    """Say whose surface a density is over, and how far it is from the published."""
    if AREA not in item.counts:
        return ()
    drawn = "; ".join(credit(AREA))
    known = measures_of(table).get(AREA)
    whose = known.source if known is not None else "fournie avec les données"
    whose = whose if AREA in table.columns else drawn
    caution = surface_caution(table.index, whole=whole) if whose == drawn else ""
    told = [whose or "fournie avec les données", *([caution] if caution else [])]
    return (f"Superficie : {' ; '.join(told)}",)
