"""Adding up a table of communes or IRIS to a level above, with its account."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basinmap.arguments import check_given
from basinmap.errors import (
    CodeError,
    DataError,
    VintageError,
    called_from,
    culprits,
)
from basinmap.measures import Measure, Measures, check_ratios
from basinmap.reports import Accounted, Report
from basinmap.territory import embedded
from basinmap.territory.days import Day, iso_day
from basinmap.territory.former import check_current, communes_of, strangers
from basinmap.territory.levels import PRINTED, check_codes
from basinmap.territory.lists import Communes, Territory, listed
from basinmap.territory.memberships import (
    Lists,
    check_alone,
    everyone,
    gaps_of,
    incomplete,
    members_of,
    members_on,
    membership,
)
from basinmap.territory.sums import (
    account,
    columns_of,
    placed,
    refuse,
    signed_of,
    tallied,
)
from basinmap.territory.tallies import added
from basinmap.territory.timelines import LAST, timeline
from basinmap.territory.units import check_unique
from basinmap.territory.wholes import (
    Lack,
    check_covered,
    lacking,
    remarks,
    warn_of_part,
    with_official,
)
from basinmap.values.told import (
    bare,
    carry,
    declared,
    measures_of,
    retell,
    told_of,
)

__all__ = ["Nest", "aggregate", "check_rows", "check_table", "nested"]


def aggregate(
    table: pd.DataFrame,
    to: str | pd.Series,
    *,
    measures: Measures | None = None,
    date: Day | None = None,
    memberships: Lists = None,
    communes: Communes = None,
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
        `"region"`, `"bassin"`, `"commune"`), or a Series from commune (or IRIS) to
        the units of your own partition, named after it: it is then the list of what
        there is, in any département. Named after a level, and of its codes, it claims
        to be these units: what they hold besides is lacking.
    measures
        Column to measure; by default those that the table carries.
    date
        Day at which membership is read, from 2008: one perimeter for all columns;
        text or date. By default 1 January 2026, or of the list in `communes`.
    memberships
        Lists of EPCI of other years, as `read_memberships` returns them.
    communes
        The list of communes that the table is about, as `read_territory` returns it;
        by default Nord and Pas-de-Calais in 2026.
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
        If codes, or those of a partition, are malformed or belong to no commune of the
        list.
    VintageError
        If measures say that they are of another list of communes, in which a code of
        the table stood for another ground, or the date is not that of the list given.
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
    check_given(aggregate, locals())
    known = declared(table, measures)
    refuse(known)
    check_ratios(known, {**measures_of(table), **known})
    given, table = table, bare(table)
    nest = nested(
        table.index,
        to,
        known,
        date=date,
        memberships=memberships,
        communes=communes,
        geography=told_of(given).geography,
        allow_partial=allow_partial,
    )
    signed = signed_of({**measures_of(given), **known})
    stocks = tallied(table, known, signed=signed)
    sums = added(stocks, nest.unit, len(nest.units), signed=signed)
    result = columns_of(
        known,
        (sums, nest.units),
        table,
        nest.parent,
        nest.part,
        allowed=allow_partial,
        signed=signed,
    )
    carry(result, given)
    retell(
        result,
        level=nest.level,
        geography=nest.geography,
        measures=_brought(known, nest.year),
        remarks=nest.remarks,
    )
    return Accounted(
        result,
        account(
            f"Agrégation par {PRINTED.get(nest.level, nest.level)}",
            known,
            (stocks, table.index),
            result,
            unmatched=table.index[nest.unit < 0],
            partial={code: lack.absent for code, lack in nest.part.items()},
            notes=tuple(filter(None, (*remarks(nest.part).values(), nest.gaps))),
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Nest:
    """
    The units of a level that rows lie in, and what these lack.

    Attributes
    ----------
    level
        Name of the level, or of the partition.
    units
        Codes of the units, in order.
    parent
        Unit of each row.
    unit
        Its position among the units; -1 where there is none.
    part
        What the rows lack of units that they do not hold whole.
    gaps
        What a list of EPCI leaves out, in French.
    year
        COG year of the rows, where it is known.
    geography
        Day, or year, of the perimeters.
    """

    level: str
    units: pd.Index
    parent: pd.Series
    unit: NDArray[np.intp]
    part: Mapping[str, Lack]
    gaps: str
    year: int | None
    geography: str

    @property
    def lacking(self) -> NDArray[np.intp]:
        """Give the positions of the units that are not whole."""
        return np.flatnonzero(self.units.isin(list(self.part)))

    @property
    def remarks(self) -> dict[str, str]:
        """What is to be printed of each unit that is not whole."""
        return remarks(self.part, self.units, self.gaps)


def nested(
    rows: pd.Index,
    to: str | pd.Series,
    known: Measures,
    *,
    date: Day | None = None,
    memberships: Lists = None,
    communes: Communes = None,
    geography: str = "",
    allow_partial: bool = False,
) -> Nest:
    """
    Find the unit of each row, and check that rows and units are of one ground.

    Parameters
    ----------
    rows
        Codes of a table, named `commune` or `iris`.
    to
        As for `aggregate`.
    known
        Column to measure, of which list of communes they say to be.
    date, memberships, communes
        As for `aggregate`.
    geography
        What the table says of its list of communes.
    allow_partial
        As for `aggregate`.
    """
    date = None if date is None else iso_day(date)
    territory = listed(communes)
    day = territory.day(date)
    check_rows(rows, to, territory, geography=geography)
    year = _list_year(known, rows, to, territory)
    parent, members = _parent(rows, to, date, memberships, territory, year)
    _check_geography(known, rows, year)
    units, unit = placed(parent)
    part = lacking(rows, parent, members, territory)
    if not allow_partial:
        check_covered(part, units)
        warn_of_part(part, stacklevel=called_from())
    return Nest(
        level=str(parent.name),
        units=units,
        parent=parent,
        unit=unit,
        part=part,
        gaps=incomplete(memberships, day) if parent.name == "epci" else "",
        year=year,
        geography=date or (f"{year}-01-01" if year else geography),
    )


def check_table(
    table: pd.DataFrame, to: str | pd.Series | None = None, communes: Communes = None
) -> None:
    """
    Check that a table is one of communes that there are, or of IRIS.

    Parameters
    ----------
    table
        Index named `commune` or `iris`.
    to
        What it is to be added up to. A level asks for a list. A partition is a list
        itself; of what it leaves out, or without any, the codes of Nord and
        Pas-de-Calais are known, and those of other départements are checked for form.
    communes
        The list, by default Nord and Pas-de-Calais in 2026.

    Raises
    ------
    CodeError
        If codes are malformed, or in no list.
    DataError
        If the index bears another name, the table is empty, a code is repeated.
    """
    check_rows(table.index, to, listed(communes), geography=told_of(table).geography)


def check_rows(
    rows: pd.Index,
    to: str | pd.Series | None,
    territory: Territory,
    *,
    geography: str,
) -> None:
    """
    Check rows as `check_table` does those of a table.

    Parameters
    ----------
    rows
        Index named `commune` or `iris`.
    to
        As for `check_table`.
    territory
        The list of communes.
    geography
        What the table says of its list of communes.
    """
    level = rows.name
    if level not in {"commune", "iris"}:
        msg = (
            f"the index must be named 'commune' or 'iris', found {level!r}: "
            "table.set_index('code').rename_axis('commune')"
        )
        raise DataError(msg)
    if rows.empty:
        msg = "empty selection: the table has no row to add up"
        raise DataError(msg)
    check_codes(rows, level)
    check_unique(rows, "table")
    codes = rows
    by_level = isinstance(to, str) and to != level
    if isinstance(to, pd.Series) and to.index.name in {level, None}:
        codes = codes.difference(to.index, sort=False)
    if level == "commune":
        known = by_level or territory.given
        lost = codes if known else strangers(codes, geography=geography)
        territory.check_known(pd.Index(lost))
    elif territory.given and to is not None:
        msg = (
            "the table is of IRIS, and communes= a list of communes: add it up first "
            "by a Series from IRIS to the code of its commune, named 'commune'"
        )
        raise DataError(msg)
    else:
        near = codes.str.startswith(("59", "62"))
        _communes_of_iris(codes if by_level else codes[near])


def _parent(
    rows: pd.Index,
    to: str | pd.Series,
    date: str | None,
    memberships: Lists,
    territory: Territory,
    year: int | None,
) -> tuple[pd.Series, pd.Series]:
    """Return the unit of each row of the table, and of all that are of its level."""
    if isinstance(to, pd.Series):
        members = _partition(to, year)
        every = _claimed(members, territory, date, year)
    elif territory.given:
        check_alone(memberships)
        members, every = members_of(territory, to), everyone(territory, to)
    else:
        lists = memberships if to == "epci" else None
        every = members = membership(to, date=date, memberships=lists)
        if lists is not None and (gaps := gaps_of(lists, territory.day(date))):
            # What is known beside the list says whose they are.
            every = members.fillna(members_on(to, territory.day(date)).reindex(gaps))
    own, at = rows, members
    if rows.name == "iris" and members.index.name != "iris":
        _communes_of_iris(rows)
        commune = embedded.table("iris")["commune"]
        own = pd.Index(commune.reindex(own))
        at, every = (
            pd.Series(
                held.reindex(commune.to_numpy()).to_numpy(), commune.index, name=at.name
            )
            for held in (members, every)
        )
    same = members.index.equals(own) and members.dtype == object
    found = members if same else members.reindex(own).astype(object)
    found = found.set_axis(rows)
    if isinstance(to, pd.Series):
        _check_met(rows, found, at)
    return found.rename(members.name), every


def _partition(given: pd.Series, year: int | None) -> pd.Series:
    """Return a partition of the user's that can be one, of the list of a year."""
    check_unique(given.index, "partition")
    parts = "iris" if given.index.name == "iris" else "commune"
    check_codes(given.index, parts)
    if parts == "commune":
        check_current(given, year=LAST if year is None else year)
    wrong = [unit for unit in given.dropna().unique() if not isinstance(unit, str)]
    if wrong:
        msg = f"partition: units are named by strings, not {culprits(wrong)}"
        raise CodeError(msg)
    return given.rename(given.name or "unit")


def _claimed(
    members: pd.Series, territory: Territory, date: str | None, year: int | None
) -> pd.Series:
    """Complete a partition with what the units that it claims to be hold besides."""
    if members.index.name == "iris":
        return with_official(members, date=territory.day(date), parts="iris")
    if territory.given:
        return with_official(members, territory=territory)
    return with_official(members, date=date, year=year)


def _check_met(codes: pd.Index, found: pd.Series, members: pd.Series) -> None:
    """Refuse a partition that is not of the table."""
    if codes.name != (members.index.name or codes.name):
        msg = (
            f"the table is of {codes.name}, the partition of {members.index.name}: "
            "give a Series from the codes of the table to the units"
        )
        raise DataError(msg)
    if found.isna().all():
        msg = (
            f"partition: none of its {len(members)} codes with a unit is in the table: "
            f"it has {culprits(members.dropna().index)}, the table {culprits(codes)}"
        )
        raise CodeError(msg)


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


def _list_year(
    known: Measures, rows: pd.Index, to: str | pd.Series, territory: Territory
) -> int | None:
    """
    Return the year of the list of communes that a table is added up by.

    That of a partition is not said: it is 2026, or what measures say, as far as its
    codes in Nord and Pas-de-Calais allow; None where it has none there.
    """
    if territory.given or not isinstance(to, pd.Series):
        return territory.year
    if "iris" in {rows.name, to.index.name}:
        return LAST
    near = {code for code in to.index if str(code).startswith(("59", "62"))}
    if not near:
        return None
    years = sorted(_years(known))
    return next((y for y in (LAST, *years) if near <= communes_of(y)), LAST)


def _years(known: Measures) -> dict[int, str]:
    """Return the years of lists of communes that measures say, with one of them."""
    told = {n: re.search(r"\b(19|20)\d\d\b", m.geography) for n, m in known.items()}
    return {int(found[0]): name for name, found in told.items() if found}


def _brought(known: Measures, year: int | None) -> dict[str, Measure]:
    """Return the measures of what was summed over the communes of a year."""
    if year is None:
        return dict(known)
    return {
        name: replace(measure, geography=str(year)) if measure.geography else measure
        for name, measure in known.items()
    }


def _check_geography(known: Measures, codes: pd.Index, now: int | None) -> None:
    """Refuse counts of communes that were not yet what they are in a year."""
    line = timeline(None)
    if codes.name == "iris" or now is None or not line.first <= now <= line.last:
        return
    for year, name in sorted(_years(known).items()):
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
