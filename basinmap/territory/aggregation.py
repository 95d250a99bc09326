"""Adding up a table of communes or IRIS to a level above, with its account."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd

from basinmap.errors import CodeError, DataError, VintageError, culprits
from basinmap.measures import Measure, Measures, check_ratios
from basinmap.reports import Report
from basinmap.territory import embedded
from basinmap.territory.former import check_current, unknown_communes
from basinmap.territory.levels import PRINTED, check_codes
from basinmap.territory.memberships import (
    Day,
    Lists,
    gaps_of,
    incomplete,
    iso_day,
    members_on,
    membership,
)
from basinmap.territory.sums import (
    account,
    columns_of,
    refuse,
    signed_of,
    stocks_of,
    sums_of,
)
from basinmap.territory.timelines import LAST, timeline
from basinmap.territory.units import check_unique
from basinmap.territory.wholes import (
    check_covered,
    lacking,
    remarks,
    warn_of_part,
    with_official,
)
from basinmap.values.told import bare, carry, declared, measures_of, retell

__all__ = ["aggregate", "check_table"]


def aggregate(
    table: pd.DataFrame,
    to: str | pd.Series,
    *,
    measures: Measures | None = None,
    date: Day = "2026-01-01",
    memberships: Lists = None,
    allow_partial: bool = False,
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
        of your own partition, named after it. Named after a level, and of its codes,
        it claims to be these units: what they hold besides is lacking.
    measures
        Column to measure; by default those that the table carries.
    date
        Day at which membership is read, from 2008: one perimeter for all columns;
        text or date.
    memberships
        Lists of EPCI of other years, as `read_memberships` returns them.
    allow_partial
        Whether units some of whose communes are not in the table may stand for the
        whole: their rates are then computed, as `"estimated"`, nothing is refused, and
        what is lacking is told in `attrs["remarks"]`, which maps print.

    Returns
    -------
    table : DataFrame
        One row a unit, index named by the level. Where there is something to say
        of the values, a column `<column>_state`: a sum that secrecy cuts short is
        kept as a `"lower_bound"`, a sum with a value not available is missing. Of a
        unit that is not whole in the table, counts are lower bounds, and all else is
        not available.
    report : Report
        Totals before and after, codes without a unit, missing values, bounds, and of
        each unit that is not whole, what it lacks.

    Raises
    ------
    MeasureError
        If a column is a median or a bare percentage, the counts of a ratio do not
        match, or nothing is declared.
    CodeError
        If codes, or those of a partition, are malformed or belong to no commune of
        2026.
    VintageError
        If measures say that they are of another list of communes, in which a code of
        the table stood for another ground.
    ColumnError, DataError
        If a column is missing, the table is empty or a code is repeated, or no unit
        of the level is whole in the table.

    Warns
    -----
    BasinmapWarning
        If units are not whole in the table, naming what they lack, or a list of EPCI
        leaves communes out. Communes of other départements, of which nothing is
        embedded, are told in the report only.

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
    date = iso_day(date)
    known = declared(table, measures)
    refuse(known)
    check_ratios(known, {**measures_of(table), **known})
    given, table = table, bare(table)
    check_table(table)
    _check_geography(known, table.index)
    parent, members = _parent(table, to, date, memberships)
    signed = signed_of({**measures_of(given), **known})
    stocks = stocks_of(table, known, signed=signed)
    sums = sums_of(stocks, parent, signed=signed)
    part = lacking(table.index, parent, members)
    listed = incomplete(memberships, date) if parent.name == "epci" else ""
    if not allow_partial:
        check_covered(part, sums.index)
        warn_of_part(part, stacklevel=3)
    result = columns_of(
        known, sums, table, parent, part, allowed=allow_partial, signed=signed
    )
    carry(result, given)
    retell(
        result,
        level=parent.name,
        geography=date,
        measures=_brought(known),
        remarks=remarks(part, result.index, listed),
    )
    return result, account(
        f"Agrégation par {PRINTED.get(str(parent.name), parent.name)}",
        known,
        stocks,
        result,
        unmatched=table.index[parent.isna()],
        partial={code: lack.absent for code, lack in part.items()},
        notes=tuple(filter(None, (*remarks(part).values(), listed))),
    )


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


def _parent(
    table: pd.DataFrame, to: str | pd.Series, date: str, memberships: Lists
) -> tuple[pd.Series, pd.Series]:
    """Return the unit of each row of the table, and of all that are of its level."""
    if isinstance(to, pd.Series):
        members = _partition(to)
        every = with_official(members, date=date)
    else:
        lists = memberships if to == "epci" else None
        every = members = membership(to, date=date, memberships=lists)
        if lists is not None and (gaps := gaps_of(lists, date)):
            # What is known beside the list says whose they are.
            every = members.fillna(members_on(to, date).reindex(gaps))
    own = table.index
    if table.index.name == "iris":
        commune = embedded.table("iris")["commune"]
        own = pd.Index(commune.reindex(own))
        held = every.reindex(commune.to_numpy()).to_numpy()
        every = pd.Series(held, commune.index, name=members.name)
    found = members.reindex(own).astype(object).set_axis(table.index)
    return found.rename(members.name), every


def _partition(given: pd.Series) -> pd.Series:
    """Return a partition of the user's that can be one."""
    check_unique(given.index, "partition")
    check_codes(given.index, "commune")
    check_current(given)
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


def _brought(known: Measures) -> dict[str, Measure]:
    """Return the measures of what was summed over the communes of 2026."""
    year = str(LAST)
    return {
        name: replace(measure, geography=year) if measure.geography else measure
        for name, measure in known.items()
    }


def _check_geography(known: Measures, codes: pd.Index) -> None:
    """Refuse counts of communes that were not yet what they are in 2026."""
    if codes.name == "iris":
        return
    line, now = timeline(None), LAST
    told = {n: re.search(r"\b(19|20)\d\d\b", m.geography) for n, m in known.items()}
    years = {int(found[0]): name for name, found in told.items() if found}
    for year, name in sorted(years.items()):
        if year == now or not line.first <= year <= line.last:
            continue
        then, today = line.grounds(year), line.grounds(now)
        moved = [code for code in codes if then.get(code) != today.get(code)]
        if moved:
            msg = (
                f"{name!r} is declared in the geography of {year}, and {len(moved)} "
                f"code(s) stand for another ground in {now}: {culprits(moved)}; bring "
                f"the table there first: bm.rebase(table, from_year={year}, "
                f"to_year={now})"
            )
            raise VintageError(msg)


def _check_known(codes: pd.Index) -> None:
    """Refuse codes that no commune of 2026 bears: they would vanish."""
    lost = codes[~codes.isin(embedded.communes_2026().index)]
    if len(lost):
        msg = (
            f"{len(lost)} code(s) are no commune of Nord and Pas-de-Calais in 2026: "
            f"{unknown_communes(lost, table='table')}"
        )
        raise CodeError(msg)
