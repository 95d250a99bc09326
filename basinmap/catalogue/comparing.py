"""One indicator for a unit and for the territories that hold it."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import numpy as np
import pandas as pd

from basinmap.arguments import check_given
from basinmap.catalogue.computing import Asked, Worked, Worker
from basinmap.catalogue.entries import Indicator, catalogue, indicator
from basinmap.catalogue.ledgers import Ledger
from basinmap.catalogue.years import Years, check_tabular
from basinmap.errors import (
    BasinmapWarning,
    CodeError,
    DataError,
    MeasureError,
    VintageError,
    called_from,
    culprits,
)
from basinmap.measures import quotient
from basinmap.states import STATES, grown
from basinmap.territory.days import Day
from basinmap.territory.france import DEPARTEMENTS, departement_of, region_of
from basinmap.territory.levels import PRINTED, fold
from basinmap.territory.lists import Communes, Territory, listed
from basinmap.territory.memberships import (
    Lists,
    check_alone,
    check_date,
    epci_names,
    members_of,
    members_on,
)
from basinmap.territory.perimeters import Perimeter, perimeter
from basinmap.typography import typeset
from basinmap.values.told import Told, tell, told_of

__all__ = ["compare"]

Tables: TypeAlias = pd.DataFrame | Mapping[str, pd.DataFrame]

_ABOVE: Final = ("epci", "scot", "arrondissement", "bassin", "departement", "region")
"""Levels of the territories that may hold a unit, nearest first."""
_PARTS: Final = ("commune", "iris")


@dataclass(frozen=True, slots=True)
class _Unit:
    """A territory of the comparison."""

    level: str
    code: str
    name: str
    communes: frozenset[str]
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Ground:
    """Who is where: the list of communes, a day, the lists of EPCI."""

    territory: Territory
    day: str
    date: Day | None
    memberships: Lists

    @property
    def how(self) -> dict[str, Any]:
        """What `worked` is to be told of it."""
        given = self.territory.given
        return {
            "date": self.date,
            "memberships": self.memberships,
            "communes": self.territory if given else None,
        }

    @property
    def dated(self) -> bool:
        """Whether it is of another year than what is embedded."""
        return not self.territory.given and int(self.day[:4]) != self.territory.year

    def members(self, level: str) -> pd.Series | None:
        """Return the unit of each commune that has one; None where it is not told."""
        try:
            if self.territory.given:
                found = members_of(self.territory, level)
            else:
                lists = self.memberships if level == "epci" else None
                found = members_on(level, self.day, memberships=lists)
        except (DataError, VintageError):  # of arrondissements, one year is known
            return None
        return found.dropna()

    def name(self, level: str, code: str) -> str:
        """Return the printed name of a unit."""
        if level == "epci" and not self.territory.given:
            names = epci_names(int(self.day[:4]), self.memberships)["name"]
        else:
            names = self.territory.names(level)
        name = str(names.get(code, code))
        return f"{name} (arrondissement)" if level == "arrondissement" else name


def compare(  # noqa: PLR0913 - each is a choice that changes the figures
    indicator_id: str,
    table: Tables,
    unit: str | Perimeter,
    *,
    since: Tables | Years = None,
    year: Years = None,
    variant: str | None = None,
    date: Day | None = None,
    memberships: Lists = None,
    communes: Communes = None,
    allow_partial: bool = False,
    least: int | None = None,
) -> pd.DataFrame:
    """
    Set one indicator of a unit beside that of the territories that hold it.

    Parameters
    ----------
    indicator_id
        Id in `bm.indicators()`.
    table
        Counts by commune or IRIS, as for `compute`; or tables by the level they are
        of, `{"commune": …, "epci": …}`, for what never adds up, such as medians.
    unit
        Code of a commune; SIREN or name of an EPCI, slug of a SCoT, or any name that
        `perimeter` knows; or a perimeter of your own.
    since
        What is compared with, at the same perimeter: an earlier year of the same table,
        or the table of an earlier year.
    year, variant, date, memberships, communes, allow_partial, least
        As for `compute`.

    Returns
    -------
    DataFrame
        One row a territory, index `unit` (its code), the unit first, then its EPCI,
        SCoT, arrondissement, the bassin minier, its département, and its region if the
        list of communes has all its départements: `level`, `name`, `value`,
        `value_state`, `numerator`, `denominator`, `rank` among the units of its level
        (1 is the highest value), `peers`, how many have a rank, `ties`, how many others
        have the same value, `also`, names of the territories of the same communes,
        which are not repeated. What is not whole in the table has no value. With
        `since`, also `before`, `change`, and their states: the change is in points of
        what is in per cent, in « % par an » of a count, in its unit of all else.
        `bm.column` gives a column with its title, unit and states; `bm.draw_comparison`
        prints it all.

    Raises
    ------
    CodeError
        If the unit is unknown, or may be several.
    DataError
        If no territory is whole in the table.
    MeasureError
        If the indicator is of flows, or means nothing at the level of the unit, or
        what is compared is not one quantity.
    VintageError
        If `since` is not earlier.

    Warns
    -----
    BasinmapWarning
        Naming the territories that are not whole in the table; if two editions of the
        census have surveys in common.

    See Also
    --------
    compute : The indicator of every unit of one level.

    Examples
    --------
    >>> import basinmap as bm
    >>> found = bm.compare("L04", bm.statistics(), "245901152")
    >>> found["value"].round(2).head(2).to_dict()
    {'245901152': 6.74, 'grand-douaisis': 8.51}
    >>> int(found["rank"]["grand-douaisis"]), int(found["peers"]["grand-douaisis"])
    (2, 5)
    """
    check_given(compare, locals())
    item = indicator(indicator_id, variant)
    if item.kind == "flow":
        msg = f"{item.id} is of flows between units, which have no territory above"
        raise MeasureError(msg)
    tables = _by_level(item, table)
    territory = listed(communes)
    ground = _Ground(territory, territory.day(date), date, memberships)
    if territory.given:
        check_alone(memberships)
    else:
        check_date(ground.day, memberships)
    units, notes = _units(unit, ground)
    # Of the unit itself, `compute` says what would be asked instead.
    units = [one for one in units if one is units[0] or one.level in item.levels]
    how = {"year": year, "least": least, "allow_partial": allow_partial}
    workers = _Workers(item, ground, how)
    rows = [workers.row(tables, one) for one in units]
    frame = _laid_out(item, rows, notes)
    if since is None:
        return frame
    earlier, then = tables, since
    if isinstance(since, pd.DataFrame | Mapping):
        earlier, then = _by_level(item, since), None
    workers = _Workers(item, ground, {**how, "year": then})
    return _with_change(item, frame, rows, [workers.row(earlier, u) for u in units])


def _by_level(item: Indicator, table: Tables) -> dict[str, Ledger]:
    """Return the tables by level."""
    several = table if isinstance(table, Mapping) else {"": table}
    if not several:
        msg = f"{item.id}: no table is given; write {{'commune': table}}"
        raise DataError(msg)
    for one in several.values():
        check_tabular(one, item.id)
    return {str(one.index.name): Ledger(one) for one in several.values()}


# -- which territories --------------------------------------------------------------


def _units(
    unit: str | Perimeter, ground: _Ground
) -> tuple[list[_Unit], tuple[str, ...]]:
    """Return the unit and the territories that hold it, and what is to be said."""
    first = _asked(unit, ground)
    found, notes = [first], []
    for level in _ABOVE:
        members = ground.members(level)
        if members is None or level == first.level:
            if members is None and level == "arrondissement" and ground.dated:
                notes.append("Arrondissements non comparés : connus en 2026 seulement.")
            continue
        held = members.reindex(sorted(first.communes)).dropna().unique()
        whole = members.index.isin(list(first.communes)).sum() == len(first.communes)
        if len(held) != 1 or not whole:
            if held.size > 1 and _below(first.level, level):
                named = ", ".join(ground.name(level, str(code)) for code in held[:5])
                notes.append(
                    f"{first.name} s'étend sur plusieurs {PRINTED[level]} : {named}."
                )
            continue
        code = str(held[0])
        own = frozenset(members.index[members == code])
        if level == "region" and not _covered(ground, code):
            continue
        found = _added(found, _Unit(level, code, ground.name(level, code), own))
    return found, tuple(typeset(note) for note in notes)


def _below(level: str, other: str) -> bool:
    """Tell whether a level is expected to lie inside another."""
    order = ("commune", "secteur", *_ABOVE)
    return level not in order or order.index(level) < order.index(other)


def _added(found: list[_Unit], more: _Unit) -> list[_Unit]:
    """Add a territory, or say of one that is equal what it is also."""
    for at, one in enumerate(found):
        if one.communes == more.communes:
            also = replace(one, also=(*one.also, more.name))
            return [*found[:at], also, *found[at + 1 :]]
    return [*found, more]


def _asked(unit: str | Perimeter, ground: _Ground) -> _Unit:
    """Return the unit that is asked for."""
    if isinstance(unit, Perimeter):
        codes = frozenset(unit.communes)
        ground.territory.check_known(pd.Index(sorted(codes)), table="perimeter")
        return _Unit(unit.level, unit.code, unit.name, codes)
    if isinstance(unit, str) and unit in ground.territory.codes:
        name = str(ground.territory.names("commune").get(unit, unit))
        return _Unit("commune", unit, name, frozenset([unit]))
    if not isinstance(unit, str):
        msg = f"unit: a code or a name as text, or a perimeter, not {unit!r}"
        raise CodeError(msg)
    try:
        found = perimeter(
            unit,
            date=ground.date,
            memberships=ground.memberships,
            communes=ground.territory if ground.territory.given else None,
        )
    except CodeError as error:
        msg = f"{error.args[0]}{_communes_of(unit, ground)}"
        raise CodeError(msg) from None
    name = ground.name(found.level, found.code)
    return _Unit(found.level, found.code, name, frozenset(found.communes))


def _communes_of(name: str, ground: _Ground) -> str:
    """Say the code of the commune that bears a name, if one does."""
    names = ground.territory.names("commune")
    own = names.index[names.map(fold) == fold(name)]
    return f"; of the commune itself, its code: {culprits(own)}" if len(own) else ""


def _covered(ground: _Ground, region: str) -> bool:
    """Tell whether the list of communes holds all the départements of a region."""
    held = set(ground.territory.codes.map(departement_of))
    return held >= {d for d in DEPARTEMENTS if region_of(d) == region}


# -- values -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """A territory with its value, what it is made of, and its rank."""

    unit: _Unit
    work: Worked | None
    value: float = np.nan
    state: str = "not_available"
    above: float = np.nan
    below: float = np.nan
    rank: float = np.nan
    peers: int = 0
    ties: int = 0
    remark: str = ""
    whole: bool = True


@dataclass(frozen=True, slots=True)
class _Workers:
    """How the value of each territory is computed."""

    item: Indicator
    ground: _Ground
    how: Mapping[str, Any]

    def row(self, tables: Mapping[str, Ledger], unit: _Unit) -> _Row:
        """Return the value of one territory, or why there is none."""
        item, how = self.item, self.how
        own = tables.get(unit.level)
        base = own or next((tables[part] for part in _PARTS if part in tables), None)
        if base is None or (own is None and item.kind == "median"):
            return _Row(unit, None, remark=_unpublished(unit), whole=False)
        to = None if own else _target(unit, self.ground)
        asked = Asked(to=to, allow_partial=True, **self.ground.how)
        work = Worker(base, asked).work(item, year=how["year"], least=how["least"])
        return _read(unit, work, allowed=how["allow_partial"])


def _unpublished(unit: _Unit) -> str:
    return f"{unit.name} : valeur publiée à ce niveau non fournie."


def _target(unit: _Unit, ground: _Ground) -> str | pd.Series:
    """Return the level of a unit, or the partition that a perimeter is."""
    members = ground.members(unit.level) if unit.level in _ABOVE else None
    if unit.level == "commune":
        return unit.level
    if (
        members is not None
        and set(members.index[members == unit.code]) == unit.communes
    ):
        return unit.level
    codes = pd.Index(sorted(unit.communes), name="commune")
    return pd.Series(unit.code, codes, name="perimeter", dtype=object)


def _read(unit: _Unit, work: Worked, *, allowed: bool) -> _Row:
    """Return the value of a territory, what it is made of, and its rank."""
    remark = str(work.facts["remarks"].get(unit.code, ""))
    there = unit.code in work.index
    if not there or (unit.code in work.partial and not allowed):
        remark = remark or f"{unit.name} : absent du tableau."
        return _Row(unit, work, remark=remark, whole=False)
    at = int(work.index.get_indexer([unit.code])[0])
    rank, peers, ties = _ranked(work, at, allowed=allowed)
    return _Row(
        unit,
        work,
        float(work.value.numbers[at]),
        str(work.value.told[at]),
        above=_count(work, work.top, at),
        below=_count(work, work.bottom, at),
        rank=rank,
        peers=peers,
        ties=ties,
        remark=remark,
    )


def _count(work: Worked, name: str, at: int) -> float:
    """Return a count that a value comes from, where it has one."""
    return float(work.sums[name].numbers[at]) if name in work.sums else np.nan


def _ranked(work: Worked, at: int, *, allowed: bool) -> tuple[float, int, int]:
    """Return the rank of a unit among those that have one, and how many are equal."""
    values = work.value.numbers
    known = ~np.isnan(values) & np.isin(work.value.told, ["", "estimated"])
    if not allowed:
        known &= ~work.index.isin(list(work.partial))
    if not known[at] or known.sum() < 2:
        return np.nan, int(known.sum()), 0
    equal = known & np.isclose(values, values[at], rtol=1e-12, atol=0)
    higher = int((known & ~equal & (values > values[at])).sum())
    return float(higher + 1), int(known.sum()), int(equal.sum()) - 1


# -- two years ----------------------------------------------------------------------


def _with_change(
    item: Indicator, frame: pd.DataFrame, now: list[_Row], then: list[_Row]
) -> pd.DataFrame:
    """Add the values of an earlier year at the same perimeter, and the change."""
    first, last = (
        next((row.work for row in rows if row.whole and row.work), None)
        for rows in (then, now)
    )
    if first is None or last is None:
        msg = f"{item.id}: no territory is whole in the earlier table: "
        raise DataError(msg + _cure(then))
    _check_order(first, last)
    _warn_of_part(item, [row for row in then if not row.whole])
    years = _end(last) - _end(first)
    before = np.array([row.value for row in then]), _states(then)
    after = np.array([row.value for row in now]), _states(now)
    values, states = _changed(item, before, after, years)
    value = _told(last)
    span = f"de {first.found.vintage} à {last.found.vintage}"
    change = replace(
        value,
        kind="growth",
        label=f"{item.label} : évolution",
        title=f"{item.label} : évolution {span}",
        definition=f"Évolution {span}, en {_unit_of_change(item)}",
        unit=_unit_of_change(item),
        decimals=2 if item.kind == "stock" else item.decimals,
        vintage=f"{_end(first)}-{_end(last)}",
        pivot=None,
    )
    frame = frame.assign(
        before=before[0], before_state=before[1], change=values, change_state=states
    )
    told = told_of(frame)
    notes = [
        *_lines([row.work for row in then if row.work], "notes"),
        *_overlap(item, years),
        f"Périmètre constant : communes au {_french(value.date or value.geography)} "
        "aux deux dates.",
    ]
    sources = _lines([row.work for row in then if row.work], "sources")
    told = replace(
        told,
        sources=tuple(dict.fromkeys([*told.sources, *sources])),
        notes=tuple(dict.fromkeys([*told.notes, *map(typeset, notes)])),
    )
    columns = {"value": value, "before": _told(first), "change": change}
    return tell(frame, told, columns=columns)


def _states(rows: list[_Row]) -> np.ndarray:
    return np.array([row.state for row in rows], dtype=object)


def _end(work: Worked) -> int:
    """Return the last year of what a value is of."""
    year = work.found.vintage[-4:]
    if not year.isdigit():
        msg = (
            f"{work.item.id}: of which year are these counts? Name the columns with "
            f"their year, such as {work.found.columns[0] + '_2021'!r}"
        )
        raise VintageError(msg)
    return int(year)


def _check_order(first: Worked, last: Worked) -> None:
    """Refuse two values that are not of one quantity, or not in order of time."""
    before, after = _end(first), _end(last)
    if before >= after:
        msg = (
            f"since: {first.found.vintage} is not before {last.found.vintage}; write "
            f"since={min(before, after)}, year={max(before, after)}"
        )
        raise VintageError(msg)
    if first.item.variant != last.item.variant:
        msg = (
            f"{first.item.id}: its variant is {first.item.variant!r} in "
            f"{first.found.vintage}, {last.item.variant!r} in {last.found.vintage}: "
            "they make no change; write variant="
        )
        raise MeasureError(msg)


def _unit_of_change(item: Indicator) -> str:
    if item.kind == "stock":
        return "% par an"
    return "points" if item.unit.startswith("%") else item.unit


def _changed(
    item: Indicator,
    before: tuple[np.ndarray, np.ndarray],
    after: tuple[np.ndarray, np.ndarray],
    years: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the change between two years, and what each is worth."""
    if item.kind == "stock":
        values, states = quotient(after[0], after[1], before[0], before[1], growth=True)
        values = (values ** (1 / years) - 1) * 100
    else:
        # What is hidden of one of two makes their difference unknown: as of a growth.
        states = grown(before[1], after[1], np.zeros(len(before[1]), dtype=bool))
        values = np.where(np.isin(states, list(STATES)), np.nan, after[0] - before[0])
    whole = np.full(len(values), "", dtype=object)
    return values, whole if states is None else states


def _overlap(item: Indicator, years: int) -> list[str]:
    """Say that two editions of the census have surveys in common."""
    rolling = any(catalogue().counts[n].sampling == "rolling" for n in item.counts)
    # The population is published every year, to be followed.
    if not rolling or years >= 5 or item.counts == ("population",):
        return []
    warnings.warn(
        f"{item.id}: {years} year(s) lie between two editions of the census, which "
        "have surveys in common under 5: the change means little",
        BasinmapWarning,
        stacklevel=called_from(),
    )
    return [
        "Éditions du recensement à moins de cinq ans d'écart : elles ont des enquêtes "
        "en commun."
    ]


def _french(day: str) -> str:
    return f"1er janvier {day[:4]}" if day.endswith("01-01") or len(day) == 4 else day


# -- what is told -------------------------------------------------------------------


def _laid_out(item: Indicator, rows: list[_Row], notes: Iterable[str]) -> pd.DataFrame:
    """Return the rows as a table that says what it is."""
    works = [row.work for row in rows if row.work is not None]
    whole = [row for row in rows if row.whole]
    if not works or not whole:
        msg = f"{item.id}: no territory of the comparison is whole in the table: "
        raise DataError(msg + _cure(rows))
    _warn_of_part(item, [row for row in rows if not row.whole])
    index = pd.Index([row.unit.code for row in rows], name="unit")
    frame = pd.DataFrame(
        {
            "level": [row.unit.level for row in rows],
            "name": [row.unit.name for row in rows],
            "value": [row.value for row in rows],
            "value_state": [row.state for row in rows],
            "numerator": [row.above for row in rows],
            "denominator": [row.below for row in rows],
            "rank": pd.array(
                [None if np.isnan(row.rank) else int(row.rank) for row in rows], "Int64"
            ),
            "peers": [row.peers for row in rows],
            "ties": [row.ties for row in rows],
            "also": ["; ".join(row.unit.also) for row in rows],
        },
        index=index,
    )
    value = _told(works[0])
    told = replace(
        value,
        sources=_lines(works, "sources"),
        notes=(*_lines(works, "notes"), *notes),
        remarks={row.unit.code: row.remark for row in rows if row.remark},
    )
    return tell(frame, told, columns={"value": value})


_KEPT: Final = frozenset(
    {
        *("kind", "label", "title", "definition", "unit", "decimals", "vintage"),
        *("indicator", "palette", "method", "pivot", "geography", "date"),
    }
)


def _told(work: Worked) -> Told:
    """Return what is told of a column of values."""
    return Told(**{k: v for k, v in work.facts.items() if k in _KEPT})


def _lines(works: Iterable[Worked], name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for work in works for line in work.facts[name]))


def _warn_of_part(item: Indicator, rows: list[_Row]) -> None:
    if rows:
        warnings.warn(
            f"{item.id}: {len(rows)} of the territories compared are not whole in the "
            f"table, and have no value: {_cure(rows)}",
            BasinmapWarning,
            stacklevel=called_from(),
        )


def _cure(rows: list[_Row]) -> str:
    """Say what rows lack, and what to type."""
    told = " ".join(row.remark for row in rows)
    plain = told.replace("\u202f", " ").replace("\u00a0", " ")
    levels = [row.unit.level for row in rows if row.work is None]
    cures = []
    if levels:
        cures.append(
            "give what is published at each level, "
            f"{{'commune': table, {levels[0]!r}: table_of_that_level}}"
        )
    if len(levels) < len(rows):
        cures.append(
            "give a table of all their communes, such as bm.statistics() without "
            "epci=, or say allow_partial=True"
        )
    return f"{plain} To have them, {'; '.join(cures)}"
