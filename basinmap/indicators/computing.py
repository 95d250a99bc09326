"""One indicator at one level, from counts."""

from __future__ import annotations

import pandas as pd

from basinmap.errors import VintageError
from basinmap.indicators.catalogue import Indicator, indicator
from basinmap.measures import (
    Growth,
    Ratio,
    Stock,
    check_columns,
    check_ratios,
    evaluate,
    state_column,
)
from basinmap.territory.aggregation import aggregate, check_table
from basinmap.territory.embedded import communes_2026, credit
from basinmap.territory.evolution import Rule, series
from basinmap.territory.memberships import check_date
from basinmap.territory.outlines import surface_caution

__all__ = ["compute"]

_AREA = "area_km2"


def compute(
    indicator_id: str,
    table: pd.DataFrame,
    *,
    to: str | pd.Series | None = None,
    date: str = "2026-01-01",
    perimeter: Rule = "constant",
) -> pd.Series:
    """
    Compute one indicator at one level, from the counts of a table.

    Parameters
    ----------
    indicator_id
        Id in `bm.indicators()`.
    table
        Counts by commune (COG 2026) or IRIS, such as `bm.statistics()`. For a
        density, a column `area_km2` (published surface) is used where there is
        one, else the surface of the embedded outline; a note then tells the largest
        error known in the EPCI of these communes.
    to
        Level of the result, by default that of the table; or a Series from
        commune to the units of your own partition.
    date
        Day at which membership is read.
    perimeter
        For an indicator that compares two dates: `"constant"`, the communes of
        `date` at both, or `"current"`, the perimeter of each date, which warns of
        the communes that changed unit.

    Returns
    -------
    Series
        Named by the id, on the index of the level, in the unit of the catalogue
        (per cent as 0–100). `attrs` holds what a map prints: `title`, `unit`,
        `kind`, `decimals`, `vintage`, `sources`, and `states`: what each missing
        value means, by code.

    Raises
    ------
    CodeError
        If the indicator or the level is unknown, or codes are of another year.
    ColumnError, DataError
        If a count is missing, the table is empty, a code is repeated.
    VintageError
        If a date is not covered, or the current perimeter is asked for a level that
        does not move or an indicator of one date.

    Warns
    -----
    BasinmapWarning
        At the current perimeter, naming the communes that changed unit.

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
    check_table(table)
    level = table.index.name
    check_date(date)
    regrouped = isinstance(to, str) and to != level
    note = _area_note(item, table, whole=regrouped)
    table = _with_area(item, table)
    counts = _counts(item)
    check_columns(table, *counts)
    check_ratios({item.id: item.measure}, table.attrs.get("measures", {}))
    if perimeter != "constant":
        table = _current(item, table, to, perimeter)
        to = None
    when = _when(table, date, regrouped=to is not None and isinstance(to, str))
    table = pd.DataFrame(table.copy(deep=False))
    table.attrs = {}
    if to is not None and (isinstance(to, pd.Series) or to != level):
        kept = [c for name in counts for c in (name, state_column(name)) if c in table]
        stocks = {name: Stock() for name in counts}
        table = aggregate(table[kept], to, measures=stocks, date=date)[0]
    found = evaluate(item.measure, table, item.column)
    values = found.series.rename(item.id)
    values.attrs = {
        **_attrs(item, table),
        **when,
        "notes": note,
        "states": found.states,
    }
    return values


def _when(table: pd.DataFrame, date: str, *, regrouped: bool) -> dict[str, str]:
    """Return of which list of communes the values are, and of which perimeters."""
    geography = str(table.attrs.get("geography", ""))
    found = {"geography": geography} if geography else {}
    return found | ({"date": date} if regrouped else {})


def _current(
    item: Indicator, table: pd.DataFrame, to: str | pd.Series | None, rule: Rule
) -> pd.DataFrame:
    """Return the two counts of a growth, each over the perimeter of its time."""
    if not isinstance(item.measure, Growth) or not isinstance(to, str):
        msg = (
            f"{item.id}: perimeter={rule!r} is for an indicator that compares dates, "
            "at the level 'epci' or 'scot'; leave it out"
        )
        raise VintageError(msg)
    return series(table, to, columns=_counts(item), perimeter=rule)[0]


def _counts(item: Indicator) -> list[str]:
    match item.measure:
        case Ratio(numerator=top, denominator=bottom):
            return [top, bottom]
        case Growth(start=start, end=end):
            return [start, end]
        case _:
            return [item.column]


def _with_area(item: Indicator, table: pd.DataFrame) -> pd.DataFrame:
    """Add the surface of the embedded outlines when the user gives none."""
    if _AREA not in _counts(item) or _AREA in table.columns:
        return table
    if table.index.name != "commune":
        return table
    return table.assign(**{_AREA: communes_2026()[_AREA].reindex(table.index)})


def _area_note(item: Indicator, table: pd.DataFrame, *, whole: bool) -> tuple[str, ...]:
    """Say whose surface a density is over, and how far it is from the published."""
    if _AREA not in _counts(item):
        return ()
    drawn = "; ".join(credit(_AREA))
    known = table.attrs.get("measures", {}).get(_AREA)
    whose = known.source if known is not None else "fournie avec les données"
    whose = whose if _AREA in table.columns else drawn
    caution = surface_caution(table.index, whole=whole) if whose == drawn else ""
    told = [whose or "fournie avec les données", *([caution] if caution else [])]
    return (f"Superficie : {' ; '.join(told)}",)


def _attrs(item: Indicator, table: pd.DataFrame) -> dict[str, object]:
    counts = [name for name in _counts(item) if name != _AREA]
    return {
        "indicator": item.id,
        "title": item.title,
        "definition": item.definition,
        "label": item.measure.label,
        "unit": item.measure.unit,
        "kind": type(item.measure).__name__.lower(),
        "decimals": item.decimals,
        "palette": item.palette,
        "vintage": item.measure.vintage,
        "level": table.index.name,
        "sources": tuple(
            f"{line}, communes au 1er janvier 2026"
            if line.startswith("Insee") and table.index.name != "iris"
            else line
            for line in credit(*counts)
        ),
    }
