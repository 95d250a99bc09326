"""One indicator at one level, from counts."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, overload

import numpy as np
import pandas as pd

from basinmap.arguments import check_given
from basinmap.catalogue.entries import Indicator, Prudence, catalogue, indicator
from basinmap.catalogue.flows import flows_of
from basinmap.catalogue.formulas import evaluated
from basinmap.catalogue.ledgers import AREA, Ledger
from basinmap.catalogue.published import published
from basinmap.catalogue.surfaces import area_note, over_drawn, without_far
from basinmap.catalogue.terms import VALUE, Sums, sums_for
from basinmap.catalogue.years import Counts, Years, check_tabular, choose, floor_of
from basinmap.errors import (
    BasinmapWarning,
    CodeError,
    DataError,
    MeasureError,
    SecrecyError,
    VintageError,
    called_from,
    culprits,
)
from basinmap.measures import Stock
from basinmap.territory.aggregation import Nest, check_rows, nested
from basinmap.territory.days import Day
from basinmap.territory.evolution import Rule, compare_dates
from basinmap.territory.levels import LEVELS, PRINTED, check_codes
from basinmap.territory.lists import Communes, Territory, listed
from basinmap.territory.memberships import Lists, check_date
from basinmap.territory.sums import combined
from basinmap.territory.tallies import Tally, added, of_parts
from basinmap.territory.tallies import evaluated as of_sums
from basinmap.territory.units import check_unique
from basinmap.typography import number, typeset
from basinmap.values.columns import side_by_side
from basinmap.values.masking import too_few
from basinmap.values.told import tell

__all__ = ["Asked", "Worked", "Worker", "care_of", "compute"]

# What attrs say of how a value may be combined: a formula no more than a median.
_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {"yearly": "ratio", "gain": "ratio", "formula": "median"}
)


@overload
def compute(
    indicator_id: str,
    table: pd.DataFrame,
    *,
    to: str | pd.Series | None = ...,
    year: Years | Mapping[str, Years] = ...,
    variant: str | Mapping[str, str] | None = ...,
    date: Day | None = ...,
    perimeter: Rule = ...,
    memberships: Lists = ...,
    communes: Communes = ...,
    allow_partial: bool = ...,
    least: int | Mapping[str, int] | None = ...,
) -> pd.Series: ...


@overload
def compute(
    indicator_id: Iterable[str],
    table: pd.DataFrame,
    *,
    to: str | pd.Series | None = ...,
    year: Years | Mapping[str, Years] = ...,
    variant: str | Mapping[str, str] | None = ...,
    date: Day | None = ...,
    perimeter: Rule = ...,
    memberships: Lists = ...,
    communes: Communes = ...,
    allow_partial: bool = ...,
    least: int | Mapping[str, int] | None = ...,
) -> pd.DataFrame: ...


def compute(  # noqa: PLR0913 - each is a choice that changes the figures
    indicator_id: str | Iterable[str],
    table: pd.DataFrame,
    *,
    to: str | pd.Series | None = None,
    year: Years | Mapping[str, Years] = None,
    variant: str | Mapping[str, str] | None = None,
    date: Day | None = None,
    perimeter: Rule = "constant",
    memberships: Lists = None,
    communes: Communes = None,
    allow_partial: bool = False,
    least: int | Mapping[str, int] | None = None,
) -> pd.Series | pd.DataFrame:
    """
    Compute one indicator at one level, or several, from the counts of a table.

    Parameters
    ----------
    indicator_id
        Id in `bm.indicators()`; or several, whose counts are then read and added up
        once: many times as fast as one by one, with the same results. Of several,
        `year`, `variant` and `least` may be given by id.
    table
        Counts by commune (COG 2026) or IRIS, such as `bm.statistics()`: columns named
        as the counts of the catalogue, with or without their year, or their two years
        (`births_2015_2021`, from 1 January to 1 January). Without `to`, a table of any
        level, rings or residences. Of flows, one row a pair: `origin`, `destination`,
        `movers`. For a density, a column `area_km2` (published surface) is used where
        there is one, else the surface of the embedded outline; a note then tells the
        largest error known in the EPCI of these communes.
    to
        Level of the result, by default that of the table; or a Series from
        commune to the units of your own partition.
    year
        Year of the counts, by default the last one of which all are there; for an
        indicator that compares two years, both, by default the first and the last; for
        one of what happens in time, a year or both ends of a period, by default the
        last year.
    variant
        Which variant, of an indicator that has some; by default the first one whose
        counts the table holds.
    date
        Day at which membership is read, by default 1 January 2026, or of the list in
        `communes`.
    perimeter
        For an indicator that compares two dates: `"constant"`, the communes of
        `date` at both, or `"current"`, the perimeter of each date, which warns of
        the communes that changed unit.
    memberships
        Lists of EPCI of other years, as `read_memberships` returns them.
    communes
        The list of communes that the table is about, as `read_territory` returns it;
        by default Nord and Pas-de-Calais in 2026. Without `to`, none is needed: two
        columns are divided.
    allow_partial
        Whether units some of whose communes are not in the table may stand for the
        whole: their rates are then computed, as `"estimated"`; see `aggregate`.
    least
        What is made from fewer is secret, by default as the rule of secrecy of the
        indicator says: sales, for a median price. It may be more than a rule that the
        law or the producer sets, not less.

    Returns
    -------
    Series or DataFrame
        Named by the id, on the index of the level, in the unit of the catalogue
        (per cent as 0–100); of flows, by origin and destination, those inside a unit
        left out. `attrs` holds what a map prints: `title`, `unit`,
        `kind`, `decimals`, `vintage`, `sources`, and `states`: what each missing
        value means, by code. Year and sources are those of the counts. Of a unit that
        is not whole in the table, a count is a lower bound, a rate not available. What
        the rule of secrecy of the indicator hides is secret. Rates over fewer units
        than the catalogue says are told in `fragile`, by code: see `classify(…,
        firm=True)`. Of several, a table with
        a column an indicator, of which `bm.column` gives what one alone would be.

    Raises
    ------
    CodeError
        If the indicator, its variant or the level is unknown, or codes are of another
        year.
    ColumnError, DataError
        If a count is missing, of that year, the table is empty, a code is repeated, or
        no unit of the level is whole in the table.
    MeasureError
        If the counts are negative, infinite, text, or not of one year and one file; if
        the indicator cannot be had at that level from what is below it.
    VintageError
        If a date is not covered, the years are not as the indicator wants them, or the
        current perimeter is asked for a level that does not move or an indicator of
        one date.
    SecrecyError
        If `least` is below what the law or the producer sets, or there is no count
        that it could be about.

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
    >>> both = bm.compute(["L04", "D01"], bm.statistics(), to="epci")
    >>> both.loc["246200364", ["L04", "D01"]].round(2).tolist()
    [7.19, 242013.0]
    """
    check_given(compute, locals())
    asked = Asked(
        to=to,
        date=date,
        perimeter=perimeter,
        memberships=memberships,
        communes=communes,
        allow_partial=allow_partial,
    )
    if isinstance(indicator_id, str) or not isinstance(indicator_id, Iterable):
        item = indicator(indicator_id, _own(variant, indicator_id))
        check_tabular(table, item.id)
        options = _own(year, item.id), _own(least, item.id)
        return _one(item, table, asked, *options)
    return _several(
        list(indicator_id), table, asked, year=year, variant=variant, least=least
    )


def _own(option: Any, id_: str) -> Any:  # noqa: ANN401 - any option
    """Return an option of one indicator, which may be given by id."""
    return option.get(id_) if isinstance(option, Mapping) else option


def _one(
    item: Indicator, table: pd.DataFrame, asked: Asked, year: Years, least: int | None
) -> pd.Series:
    """Return one indicator."""
    if item.kind == "flow":
        territory, day = _meant(asked.communes, asked.date, asked.memberships)
        _check_flow(item, asked.perimeter, least)
        return flows_of(
            item,
            table,
            to=asked.to,
            year=year,
            date=day,
            memberships=asked.memberships,
            territory=territory,
        )
    return Worker(Ledger(table), asked).work(item, year=year, least=least).series()


def _several(
    ids: list[str],
    table: pd.DataFrame,
    asked: Asked,
    *,
    year: Years | Mapping[str, Years],
    variant: str | Mapping[str, str] | None,
    least: int | Mapping[str, int] | None,
) -> pd.DataFrame:
    """Return several indicators, whose counts are read and added up once."""
    check_tabular(table, culprits(ids) or "no indicator")
    again = sorted({id_ for id_ in ids if ids.count(id_) > 1})
    if not ids or again:
        told = f"{culprits(again)} given more than once" if again else "none is given"
        msg = f"indicators: {told}; write each once, such as ['L04', 'L05']"
        raise CodeError(msg)
    if isinstance(variant, str):
        msg = f"variant={variant!r} of which? Write variant={{{ids[0]!r}: {variant!r}}}"
        raise CodeError(msg)
    items = [indicator(id_, _own(variant, id_)) for id_ in ids]
    flows = [item.id for item in items if item.kind == "flow"]
    if flows:
        msg = (
            f"{culprits(flows)}: flows are between two units, and stand in no table "
            f"beside others; compute them apart: bm.compute({flows[0]!r}, table)"
        )
        raise MeasureError(msg)
    worker = Worker(Ledger(table), asked)
    jobs = worker.jobs(
        [(item, _own(year, item.id), _own(least, item.id)) for item in items]
    )
    works = [worker.done(job) for job in jobs]
    return side_by_side(
        {
            work.item.id: (
                work.index,
                work.value.numbers,
                work.value.states,
                work.facts,
            )
            for work in works
        }
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Worked:
    """
    An indicator at one level, with what it was made of.

    Attributes
    ----------
    item
        The indicator, or the variant that the table allowed.
    found
        Its columns and their years.
    index
        Codes of the units.
    value
        The values.
    sums
        The stocks they come from, by name.
    top, bottom
        Names of the numerator and of the denominator, where it has them.
    partial
        Units that are not whole in the table.
    facts
        What is told of the values.
    """

    item: Indicator
    found: Counts
    index: pd.Index
    value: Tally
    sums: Mapping[str, Tally]
    top: str
    bottom: str
    partial: frozenset[str]
    facts: Mapping[str, Any]

    def series(self) -> pd.Series:
        """Return the values, with all that is told of them."""
        values = pd.Series(self.value.numbers, self.index, name=self.item.id)
        return tell(values, **self.facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """
    What `compute` is asked besides an indicator and a table.

    Attributes
    ----------
    to, date, perimeter, memberships, communes, allow_partial
        As for `compute`.
    """

    to: str | pd.Series | None = None
    date: Day | None = None
    perimeter: Rule = "constant"
    memberships: Lists = None
    communes: Communes = None
    allow_partial: bool = False


class Worker:
    """
    Computes indicators of one table at one level: what they share is done once.

    Parameters
    ----------
    ledger
        The table.
    asked
        The level, and how it is read.
    """

    def __init__(self, ledger: Ledger, asked: Asked) -> None:
        """Find the list of communes that is meant."""
        self.ledger, self.asked = ledger, asked
        self.territory, self.day = _meant(asked.communes, asked.date, asked.memberships)
        self.regrouped = _regrouped(ledger.level, asked.to)
        self._nests: dict[object, Nest] = {}
        self._added: dict[tuple[int, bool, int], Tally] = {}
        self._kept: list[Tally] = []

    def work(
        self, item: Indicator, *, year: Years = None, least: int | None = None
    ) -> Worked:
        """
        Compute one indicator.

        Parameters
        ----------
        item
            Any but a flow.
        year, least
            As for `compute`.
        """
        (job,) = self.jobs([(item, year, least)])
        return self.done(job)

    def jobs(self, items: Iterable[tuple[Indicator, Years, int | None]]) -> list[_Job]:
        """
        Return what is to be computed, checked, all sums taken at once.

        Parameters
        ----------
        items
            Each with its year and the least of its rule.
        """
        jobs = [self._job(*one) for one in items]
        for nest in self._nests.values():
            self._add([job for job in jobs if job.nest is nest], nest)
        return jobs

    def _job(self, item: Indicator, year: Years, least: int | None) -> _Job:
        """Check what is asked of one indicator, and read its counts."""
        ledger, to = self.ledger, self.asked.to
        _check_level(item, ledger.level, to)
        if not self.regrouped:
            kinds = {one.kind for one in (item, *item.variants.values())}
            _check_rows(ledger, to, self.territory, kinds)
        note = area_note(item, ledger, self.territory, whole=self.regrouped)
        if AREA in item.counts:
            ledger.add_area(self.territory)
        item, found = _chosen(item, ledger, to, year, self.territory)
        least = _least(item, least)
        floor = floor_of(item, ledger, found.vintage) if least else ""
        job = _Job(item, found, ledger, floor, least, note)
        if self.asked.perimeter != "constant":
            job.ledger = Ledger(_current(item, found, ledger, self.asked))
        if item.kind == "median":
            return job
        job.sums = sums_for(item, found, job.ledger, floor)
        if self.regrouped and job.ledger is ledger and to is not None:
            job.nest = self._nest(job.sums)
        return job

    def _nest(self, sums: Sums) -> Nest:
        """Return the units of the level; those of one list of communes are one."""
        assert self.asked.to is not None  # noqa: S101 - what `regrouped` says
        key = tuple(sorted({m.geography for m in sums.measures.values()}))
        if key not in self._nests:
            self._nests[key] = nested(
                self.ledger.index,
                self.asked.to,
                sums.measures,
                date=self.asked.date,
                memberships=self.asked.memberships,
                communes=self.territory if self.territory.given else None,
                geography=self.ledger.told.geography,
                allow_partial=self.asked.allow_partial,
            )
        return self._nests[key]

    def _add(self, jobs: Iterable[_Job], nest: Nest) -> None:
        """Add up the stocks of several indicators."""
        wanted: dict[tuple[int, bool, int], Tally] = {}
        for job in jobs:
            for name, one in job.stocks.items():
                key = id(one), job.may_be_signed(name), id(nest)
                if key not in self._added:
                    wanted[key] = one
        if not wanted:
            return
        names = {key: str(rank) for rank, key in enumerate(wanted)}
        signed = {names[key] for key in wanted if key[1]}
        sums = added(
            {names[key]: one for key, one in wanted.items()},
            nest.unit,
            len(nest.units),
            signed=signed,
        )
        self._added |= {key: sums[names[key]] for key in wanted}
        # An id is that of one tally as long as it is there.
        self._kept += wanted.values()

    def _sums(self, job: _Job, nest: Nest) -> dict[str, Tally]:
        return {
            name: self._added[id(one), job.may_be_signed(name), id(nest)]
            for name, one in job.stocks.items()
        }

    def done(self, job: _Job) -> Worked:
        """
        Return the values of one indicator, with what is told of them.

        Parameters
        ----------
        job
            One of `jobs`.
        """
        item, found, nest = job.item, job.found, job.nest
        index, geography = job.ledger.index, job.ledger.told.geography
        sums: Mapping[str, Tally] = {}
        said: Mapping[str, str] = job.ledger.told.remarks
        if item.kind == "median":
            read = published(item, found, job.ledger, job.floor, self.territory)
            index, value, geography = read.index, read.value, read.geography
            sums = {job.floor: read.floor} if read.floor is not None else {}
        elif nest is None:
            sums = job.stocks
            value = _at_own(item, job, index)
        else:
            index, said = nest.units, nest.remarks
            value, sums = self._above(job, nest)
        level = nest.level if nest is not None else str(index.name)
        if over_drawn(item, job.ledger, self.territory):
            value = without_far(value, index, job.stocks, job.ledger.index, nest)
        _question(item, value, index)
        value = _hidden(value, sums.get(job.floor), job.least)
        return Worked(
            item=item,
            found=found,
            index=index,
            value=value,
            sums=sums,
            top=job.sums.top if job.sums else "",
            bottom=job.sums.bottom if job.sums else "",
            partial=frozenset(nest.part) if nest is not None else frozenset(),
            facts={
                **self._facts(job, index, value, level, geography, said),
                **_fragile(job, index, value, sums),
            },
        )

    def _above(self, job: _Job, nest: Nest) -> tuple[Tally, dict[str, Tally]]:
        """Return the indicator of each unit of a level above, and its stocks."""
        assert job.sums is not None  # noqa: S101 - only medians have none
        raw, measures = self._sums(job, nest), job.sums.measures
        lacking, allowed = nest.lacking, self.asked.allow_partial
        parts = {
            name: of_parts(
                raw[name],
                lacking,
                "balance" if measure.signed else "count",
                allowed=allowed,
            )
            for name, measure in measures.items()
            if isinstance(measure, Stock)
        }
        item = job.item
        if job.sums.parts:
            return evaluated(item, parts, job.sums.parts, job.found.years), parts
        if item.kind == "stock":
            return parts[job.sums.top], parts
        name = VALUE if VALUE in measures else job.sums.top
        value = combined(name, measures[name], raw, nest.units, job.sums.signed)
        value = of_parts(value, lacking, "rate", allowed=allowed)
        if item.kind == "mean":
            told = value.told
            value = Tally(value.numbers, np.where(told == "", "estimated", told))
        return value, parts

    def _facts(
        self,
        job: _Job,
        index: pd.Index,
        value: Tally,
        level: str,
        geography: str,
        remarks: Mapping[str, str],
    ) -> dict[str, Any]:
        """Return what is told of the values of an indicator."""
        item, found = job.item, job.found
        given = self.territory.given
        where = geography or (self.day if given else "")
        when = {"geography": where} if where else {}
        if isinstance(self.asked.to, str):
            when["date"] = self.day
        return {
            "indicator": item.id,
            "title": item.title(found.vintage),
            "definition": item.definition,
            "label": item.label,
            "unit": item.unit,
            "kind": _KINDS.get(item.kind, item.kind),
            "decimals": item.decimals,
            "palette": item.map.palette,
            "vintage": found.vintage,
            "level": level,
            "sources": found.sources(self.ledger),
            **when,
            "notes": (
                *job.note,
                *_notes(job, value, level, self.territory),
                *_rule(item, job.floor, job.least),
                *found.gaps(self.ledger),
            ),
            "states": _by_code(index, value),
            "remarks": dict(remarks),
            **_drawn(item),
        }


@dataclass(slots=True)
class _Job:
    """One indicator to be computed: its counts, and how they are added up."""

    item: Indicator
    found: Counts
    ledger: Ledger
    floor: str
    least: int
    note: tuple[str, ...]
    sums: Sums | None = None
    nest: Nest | None = None

    @property
    def stocks(self) -> Mapping[str, Tally]:
        """Its stocks, row by row."""
        return self.sums.tallies if self.sums is not None else {}

    def may_be_signed(self, name: str) -> bool:
        """Say whether a stock may be negative; « n of rate » as n."""
        assert self.sums is not None  # noqa: S101 - asked of stocks only
        return name.split(f" of {VALUE}", maxsplit=1)[0] in self.sums.signed


def care_of(item: Indicator, found: Counts) -> Prudence | None:
    """
    Return over how few values are fragile, of the years that were found.

    Parameters
    ----------
    item
        An indicator.
    found
        Its columns and their years.
    """
    return item.care(found.years, found.vintage.partition("-")[0])


def _fragile(
    job: _Job, index: pd.Index, value: Tally, sums: Mapping[str, Tally]
) -> dict[str, dict[str, str]]:
    """Return what is to be said of the values that are rates over too few."""
    care = care_of(job.item, job.found)
    over = sums.get(job.sums.bottom) if job.sums else None
    if care is None or over is None:
        return {}
    few = too_few(over.numbers, care.least) & ~np.isnan(value.numbers)
    told = typeset(care.told)
    return {"fragile": {str(code): told for code in index[few]}} if few.any() else {}


def _by_code(index: pd.Index, value: Tally) -> dict[str, str]:
    """Return the states of values by code, for those that have one."""
    if value.states is None:
        return {}
    if not any(value.states):
        return {}
    pairs = zip(index.tolist(), value.states, strict=True)
    return {str(code): str(state) for code, state in pairs if state}


# -- what may be asked --------------------------------------------------------------


def _meant(
    communes: Communes, date: Day | None, memberships: Lists
) -> tuple[Territory, str]:
    """Return the list of communes, and the day at which membership is read."""
    territory = listed(communes)
    day = territory.day(date)
    if not territory.given:
        check_date(day, memberships)
    return territory, day


def _regrouped(level: str, to: str | pd.Series | None) -> bool:
    """Tell whether rows are to be added up."""
    return isinstance(to, pd.Series) or (to is not None and to != level)


def _check_rows(
    ledger: Ledger,
    to: str | pd.Series | None,
    territory: Territory,
    kinds: Collection[str],
) -> None:
    """Check the rows of a table: those of communes, IRIS, or of any level as it is."""
    level = ledger.index.name
    # What is published of an older list of communes cannot be brought to another.
    older = level == "commune" and "median" in kinds
    older = older and ledger.older_than(territory) is not None
    if older in ledger.checked:
        return
    if (level in {"commune", "iris"} and not older) or level is None:
        check_rows(ledger.index, to, territory, geography=ledger.told.geography)
        ledger.checked.add(older)
        return
    if ledger.index.empty:
        msg = "empty selection: the table has no row"
        raise DataError(msg)
    check_unique(ledger.index, "table")
    if level in LEVELS:
        check_codes(ledger.index, level)
    ledger.checked.add(older)


def _chosen(
    item: Indicator,
    ledger: Ledger,
    to: str | pd.Series | None,
    year: Years,
    territory: Territory,
) -> tuple[Indicator, Counts]:
    """Return the variant that the table allows, if it can be had at that level."""
    item, found = choose(item, ledger, year)
    # It may be what the first one is not: published, and read at its own level.
    _check_level(item, ledger.level, to)
    if not _regrouped(ledger.level, to):
        _check_rows(ledger, to, territory, {item.kind})
    return item, found


def _check_level(item: Indicator, own: str, to: str | pd.Series | None) -> None:
    """Refuse a level at which the indicator means nothing."""
    target = to if isinstance(to, str) else own
    mine = isinstance(to, pd.Series)
    if item.kind == "median" and _regrouped(own, to):
        units = "your partition" if mine else f"level {to!r}"
        msg = (
            f"{item.id}: a median or a quantile cannot be had at {units} from those of "
            f"level {own!r}; give the table of the values that the "
            f"producer prints at that level, and leave to= out: "
            f"bm.compute({item.id!r}, table)"
        )
        raise MeasureError(msg)
    if mine and item.partition and item.levels:
        return
    allowed = target in item.levels or (target not in LEVELS and item.partition)
    if mine or not allowed or (not item.levels and _regrouped(own, to)):
        asked = "a partition" if mine else f"level {target!r}"
        where = ", ".join(item.levels) or "no territory"
        cure = _INSTEAD.get(item.id, "")
        if not item.levels:
            cure = ": leave to= out, table.rename_axis('enquete')"
        msg = f"{item.id} means nothing at {asked}: it is of {where}{cure}"
        raise MeasureError(msg)


_INSTEAD: Final[Mapping[str, str]] = MappingProxyType(
    {"S03": "; above it take S02, social dwellings for 100 main residences"}
)


def _check_flow(item: Indicator, perimeter: Rule, least: int | None) -> None:
    """Refuse what is of no use to flows."""
    _least(item, least)
    if perimeter != "constant":
        msg = f"perimeter={perimeter!r} is of no use to flows; leave it out"
        raise VintageError(msg)


def _least(item: Indicator, asked: int | None) -> int:
    """Return how many a value must be made from, by its rule or as asked for."""
    rule = item.secrecy
    if asked is None:
        return rule.least if item.floor else 0
    if not item.floor:
        msg = f"{item.id}: no count says what its values are made from; leave least out"
        raise SecrecyError(msg)
    if rule.verified and asked < rule.least:
        msg = f"{item.id}: least={asked} is below its rule, least={rule.least}: "
        raise SecrecyError(msg + rule.rule)
    return asked


# -- computing ----------------------------------------------------------------------


def _at_own(item: Indicator, job: _Job, index: pd.Index) -> Tally:
    """Return the indicator of each row of the table."""
    sums = job.sums
    assert sums is not None  # noqa: S101 - only medians have none
    if sums.parts:
        return evaluated(item, sums.tallies, sums.parts, job.found.years)
    if sums.mean is not None:
        return sums.mean
    if VALUE not in sums.measures:
        return sums.tallies[sums.top]
    measure = sums.measures[VALUE]
    return of_sums(measure, sums.tallies, VALUE, index, signed=sums.signed)


def _question(item: Indicator, value: Tally, index: pd.Index) -> None:
    """Warn of a share below nothing: what is taken away is more than what it is of."""
    if item.kind != "ratio":
        return
    below = index[value.numbers < 0]
    if len(below):
        warnings.warn(
            f"{item.id}: {len(below)} value(s) below 0 at {culprits(below)}: more is "
            "taken away than there is; are the counts of one file and one year?",
            BasinmapWarning,
            stacklevel=called_from(),
        )


def _hidden(value: Tally, floor: Tally | None, least: int) -> Tally:
    """Hide the values of too few, by the rule of secrecy of the indicator."""
    if floor is None:
        return value
    # Nothing proves that what bears no number is made from enough.
    few = too_few(pd.Series(floor.numbers), least, unknown=True)
    few &= ~np.isnan(value.numbers)
    if not few.any():
        return value
    return Tally(
        np.where(few, np.nan, value.numbers), np.where(few, "secret", value.told)
    )


def _current(
    item: Indicator, found: Counts, ledger: Ledger, asked: Asked
) -> pd.DataFrame:
    """Return the two counts of a growth, each over the perimeter of its time."""
    if item.kind != "growth" or not isinstance(asked.to, str):
        msg = (
            f"perimeter={asked.perimeter!r} is for an indicator that compares dates, "
            "at the level 'epci' or 'scot'; leave it out"
        )
        raise VintageError(msg)
    columns = list(reversed(found.columns))
    return compare_dates(
        ledger.given,
        asked.to,
        columns=columns,
        perimeter=asked.perimeter,
        memberships=asked.memberships,
        communes=asked.communes,
        allow_partial=asked.allow_partial,
    )[0]


# -- what is told -------------------------------------------------------------------


def _notes(
    job: _Job, value: Tally, level: str, territory: Territory
) -> tuple[str, ...]:
    """Return what is to be printed of how the indicator was computed."""
    item, found = job.item, job.found
    notes = list(item.notes)
    for term, names in zip(item.terms, found.terms, strict=True):
        told = found.known.get(names[0])
        year = told.vintage if told is not None else names[0][-4:]
        if term.when == "latest" and year.isdigit() and year != found.vintage:
            notes.append(f"{catalogue().counts[term.count].label} : {year}.")
    if item.kind == "mean" and (value.told == "estimated").any():
        weight = catalogue().counts[item.denominator[0].count].label.lower()
        notes.append(f"Estimation : moyenne des valeurs publiées, pondérée ({weight}).")
    if item.kind == "median" and job.ledger.level == "commune":
        notes += _changed(job.ledger, found, territory)
    if item.kind == "formula":
        notes.append(f"Échelle du calcul : {PRINTED.get(level, level)}.")
    if item.rolling and found.years < catalogue().cycle.years:
        notes.append(catalogue().cycle.note)
    return tuple(typeset(note) for note in notes)


def _changed(ledger: Ledger, found: Counts, territory: Territory) -> list[str]:
    """Say which list of communes published values are of, if it is an older one."""
    year = ledger.older_than(territory, found.columns)
    if year is None:
        return []
    return [
        f"Valeurs publiées sur les communes au 1er janvier {year} : celles des "
        "communes modifiées depuis ne sont pas reprises."
    ]


def _rule(item: Indicator, floor: str, least: int) -> tuple[str, ...]:
    """Say what secrecy hides, or that it could not be seen to."""
    if not least:
        return ()
    label = catalogue().counts[item.floor].label.lower()
    told = f"Valeurs masquées sous {number(least)} ({label})."
    lost = f"Règle du secret non vérifiée : effectif absent ({label})."
    return (typeset(told if floor else lost),)


def _drawn(item: Indicator) -> dict[str, Any]:
    """Return how its classes are made, and the value that they turn on."""
    style = item.map
    turns = {} if style.pivot is None else {"pivot": float(style.pivot)}
    return turns | ({"method": style.method} if style.method else {})
