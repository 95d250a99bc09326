"""Comparing dates: at a constant perimeter, or at the perimeter of each date."""

from __future__ import annotations

import warnings
from dataclasses import replace
from itertools import pairwise
from typing import Literal

import pandas as pd

from basinmap.arguments import check_given
from basinmap.errors import BasinmapWarning, MeasureError, VintageError, culprits
from basinmap.measures import (
    Stock,
    check_columns,
    printed_names,
    state_column,
)
from basinmap.reports import Accounted, Report
from basinmap.territory.aggregation import aggregate
from basinmap.territory.days import Day
from basinmap.territory.embedded import communes_2026, labels
from basinmap.territory.levels import PRINTED
from basinmap.territory.lists import Communes, listed
from basinmap.territory.memberships import (
    Lists,
    epci_names,
    members_on,
)
from basinmap.values.told import bare, carry, declared, retell, told_of

__all__ = ["Rule", "compare_dates"]

Rule = Literal["constant", "current"]


def compare_dates(
    table: pd.DataFrame,
    to: str,
    *,
    columns: str | list[str],
    perimeter: Rule = "constant",
    date: Day | None = None,
    allow_partial: bool = False,
    memberships: Lists = None,
    communes: Communes = None,
) -> tuple[pd.DataFrame, Report]:
    """
    Follow stocks over time at a level above the commune.

    At a constant perimeter, all dates are added up over the communes of one date.
    At the current one, each column is added up over the perimeter of its own time,
    as the tables published each year do: what moves then is also the perimeter.

    Parameters
    ----------
    table
        Communes of COG 2026; its measures tell the year of each column, and the
        year whose perimeters the published tables use (`Stock.published`).
    to
        Level, such as `"epci"` or `"scot"`.
    columns
        Stocks, one a date, in order of time; a name alone is one column.
    perimeter
        `"constant"` or `"current"`.
    date
        The day of the constant perimeter, by default 1 January 2026, or of the list in
        `communes`; text or date.
    allow_partial
        Whether units some of whose communes are not in the table may stand for the
        whole; see `aggregate`.
    memberships
        Lists of EPCI of other years, as `read_memberships` returns them.
    communes
        The list of communes that the table is about, as `read_territory` returns it;
        at a constant perimeter, for it tells one year.

    Returns
    -------
    table : DataFrame
        One row a unit, the `columns`, and `<column>_state` where there is something
        to say.
    report : Report
        Totals before and after, and the French note on the perimeter.

    Raises
    ------
    MeasureError
        If a column is no stock, its year is not declared, two columns are not of one
        label, or they are not in order of time.
    DataError
        If no unit is whole in the table.
    VintageError
        If the rule is unknown or a date is not covered.

    Warns
    -----
    BasinmapWarning
        At the current perimeter, naming the communes that changed unit; and if units
        are not whole in the table.

    Examples
    --------
    >>> import basinmap as bm
    >>> columns = ["population_2019", "population_2020", "population_2021"]
    >>> table, report = bm.compare_dates(bm.statistics(), "epci", columns=columns)
    >>> table.loc["245901152", columns].astype(int).tolist()
    [70800, 70668, 70431]
    """
    check_given(compare_dates, locals())
    columns = [columns] if isinstance(columns, str) else list(columns)
    again = sorted({name for name in columns if columns.count(name) > 1})
    if again:
        msg = f"columns: {culprits(again)} given more than once; one column a date"
        raise MeasureError(msg)
    check_columns(table, *columns)
    known = {name: declared(table, None).get(name) for name in columns}
    stocks = {name: item for name, item in known.items() if isinstance(item, Stock)}
    if len(stocks) < len(columns):
        wrong = [name for name in columns if name not in stocks]
        msg = f"{culprits(wrong)}: no declared stock; only stocks are followed"
        raise MeasureError(msg)
    _check_order(stocks)
    if perimeter == "constant":
        result, report = aggregate(
            table,
            to,
            measures=stocks,
            date=date,
            memberships=memberships,
            communes=communes,
            allow_partial=allow_partial,
        )
        day = _french(listed(communes).day(date))
        note = f"Périmètre constant : communes au {day} à toutes les dates."
        return Accounted(result, replace(report, notes=(*report.notes, note)))
    if perimeter != "current":
        msg = f"unknown perimeter {perimeter!r}; write 'constant' or 'current'"
        raise VintageError(msg)
    if listed(communes).given:
        msg = (
            f"perimeter='current': {listed(communes).title} tells one year; leave "
            "communes out, or write perimeter='constant'"
        )
        raise VintageError(msg)
    return _current(table, to, stocks, memberships, allow_partial=allow_partial)


def _current(
    table: pd.DataFrame,
    to: str,
    stocks: dict[str, Stock],
    memberships: Lists,
    *,
    allow_partial: bool,
) -> tuple[pd.DataFrame, Report]:
    dates = {name: _date(name, stock) for name, stock in stocks.items()}
    parts, reports = [], []
    for name, stock in stocks.items():
        part, report = aggregate(
            table,
            to,
            measures={name: stock},
            date=dates[name],
            memberships=memberships,
            allow_partial=allow_partial,
        )
        parts.append(part)
        reports.append(report)
    result = pd.concat([bare(part) for part in parts], axis=1).rename_axis(to)
    for name in stocks:
        # A unit that did not exist, or is not known, at a date has no value then.
        absent = result.index[result[name].isna()]
        if len(absent) and state_column(name) not in result:
            result[state_column(name)] = ""
        if len(absent):
            result.loc[absent, state_column(name)] = "not_applicable"
    carry(result, table)
    lacks = {k: v for part in parts for k, v in told_of(part).remarks.items()}
    retell(result, level=to, measures=stocks, remarks=lacks)
    notes = _moves(to, table.index, dates, memberships)
    if notes:
        warnings.warn(
            "at the current perimeter, part of the change is that of the perimeter. "
            + " ".join(notes),
            BasinmapWarning,
            stacklevel=3,
        )
    names = printed_names(stocks)
    told = ", ".join(
        f"{names.get(name, name)} au {_french(day)}" for name, day in dates.items()
    )
    return result, Report(
        verb=f"Suivi par {PRINTED.get(to, to)}",
        before={k: v for report in reports for k, v in report.before.items()},
        after={k: v for report in reports for k, v in report.after.items()},
        units_before=len(table),
        units_after=len(result),
        unmatched=tuple(sorted({c for r in reports for c in r.unmatched})),
        partial={unit: gone for r in reports for unit, gone in r.partial.items()},
        notes=(f"Périmètre courant : {told}.", *notes, *lacks.values()),
        labels=printed_names(stocks),
    )


def _check_order(stocks: dict[str, Stock]) -> None:
    """Refuse two quantities as one series, or dates that run backwards."""
    labels = {name: stock.label for name, stock in stocks.items() if stock.label}
    if len(set(labels.values())) > 1:
        msg = (
            f"{len(set(labels.values()))} quantities are no series: "
            f"{culprits(dict.fromkeys(labels.values()))}; follow each apart"
        )
        raise MeasureError(msg)
    years = [(s.vintage, name) for name, s in stocks.items() if s.vintage.isdigit()]
    for (before, first), (after, second) in pairwise(years):
        if int(after) <= int(before):
            msg = (
                f"{second!r} ({after}) follows {first!r} ({before}): give the columns "
                "in order of time"
            )
            raise VintageError(msg)


def _date(name: str, stock: Stock) -> str:
    year = stock.published or (int(stock.vintage) if stock.vintage.isdigit() else 0)
    if not year:
        msg = (
            f"{name!r} declares no year: write bm.Stock(vintage='2019', published=2022)"
        )
        raise MeasureError(msg)
    return f"{year}-01-01"


def _moves(
    to: str, communes: pd.Index, dates: dict[str, str], memberships: Lists
) -> list[str]:
    """Write which communes changed unit between two dates that follow each other."""
    names = communes_2026()["name"]
    days = list(dict.fromkeys(dates.values()))
    sentences = []
    for before, after in pairwise(days):
        old, new = (
            members_on(to, day, memberships=memberships).reindex(communes)
            for day in (before, after)
        )
        moved = communes[(old != new) & old.notna() & new.notna()]
        pairs = pd.DataFrame({"old": old[moved], "new": new[moved]})
        for (one, other), rows in pairs.groupby(["old", "new"]):
            first = ", ".join(f"{names[c]} ({c})" for c in rows.index[:5])
            more = f" et {len(rows) - 5} autres" if len(rows) > 5 else ""
            sentences.append(
                f"Entre le {_french(before)} et le {_french(after)} : {first}{more}, "
                f"de « {_name(to, one, before, memberships)} » à "
                f"« {_name(to, other, after, memberships)} »."
            )
    return sentences


def _name(level: str, code: str, date: str, memberships: Lists) -> str:
    dated = level == "epci"
    names = epci_names(int(date[:4]), memberships) if dated else labels(level)
    return str(names["name"].get(code, code))


def _french(date: str) -> str:
    year = date[:4]
    return f"1er janvier {year}" if date.endswith("01-01") else date
