"""One indicator at one level, from counts."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from basinmap.arguments import check_given
from basinmap.catalogue.entries import Indicator, catalogue, indicator
from basinmap.catalogue.flows import flows_of
from basinmap.catalogue.formulas import evaluated
from basinmap.catalogue.published import older_list, published
from basinmap.catalogue.terms import VALUE, Sums, sums_for
from basinmap.catalogue.years import (
    AREA,
    Counts,
    Years,
    check_tabular,
    choose,
    floor_of,
)
from basinmap.errors import (
    BasinmapWarning,
    DataError,
    MeasureError,
    SecrecyError,
    VintageError,
    culprits,
)
from basinmap.measures import counted, evaluate, state_column
from basinmap.territory.aggregation import aggregate, check_table
from basinmap.territory.days import Day
from basinmap.territory.embedded import credit
from basinmap.territory.evolution import Rule, series
from basinmap.territory.levels import LEVELS, PRINTED, check_codes
from basinmap.territory.lists import Communes, Territory, listed
from basinmap.territory.memberships import check_date
from basinmap.territory.outlines import surface_caution
from basinmap.territory.units import check_unique
from basinmap.typography import number, typeset
from basinmap.values.told import carry, measures_of, tell, told_of

__all__ = ["compute"]

# What attrs say of how a value may be combined: a formula no more than a median.
_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {"yearly": "ratio", "gain": "ratio", "formula": "median"}
)


def compute(  # noqa: PLR0913 - each is a choice that changes the figures
    indicator_id: str,
    table: pd.DataFrame,
    *,
    to: str | pd.Series | None = None,
    year: Years = None,
    variant: str | None = None,
    date: Day | None = None,
    perimeter: Rule = "constant",
    communes: Communes = None,
    allow_partial: bool = False,
    least: int | None = None,
) -> pd.Series:
    """
    Compute one indicator at one level, from the counts of a table.

    Parameters
    ----------
    indicator_id
        Id in `bm.indicators()`.
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
    communes
        The list of communes that the table is about, as `read_territory` returns it;
        by default Nord and Pas-de-Calais in 2026. Without `to`, none is needed: two
        columns are divided. Flows take none.
    allow_partial
        Whether units some of whose communes are not in the table may stand for the
        whole: their rates are then computed, as `"estimated"`; see `aggregate`.
    least
        What is made from fewer is secret, by default as the rule of secrecy of the
        indicator says: sales, for a median price. It may be more than a rule that the
        law or the producer sets, not less.

    Returns
    -------
    Series
        Named by the id, on the index of the level, in the unit of the catalogue
        (per cent as 0–100); of flows, by origin and destination, those inside a unit
        left out. `attrs` holds what a map prints: `title`, `unit`,
        `kind`, `decimals`, `vintage`, `sources`, and `states`: what each missing
        value means, by code. Year and sources are those of the counts. Of a unit that
        is not whole in the table, a count is a lower bound, a rate not available. What
        the rule of secrecy of the indicator hides is secret.

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
    """
    check_given(compute, locals())
    item = indicator(indicator_id, variant)
    check_tabular(table, item.id)
    territory, day = _meant(communes, date)
    if item.kind == "flow":
        _check_flow(item, perimeter, least, territory)
        return flows_of(item, table, to=to, year=year, date=day)
    _check_level(item, table, to)
    if not _regrouped(table, to):
        kinds = {one.kind for one in (item, *item.variants.values())}
        _check_rows(table, to, territory, kinds)
    note = _area_note(item, table, territory, whole=_regrouped(table, to))
    table = _with_area(item, table, territory)
    item, found = _chosen(item, table, to, year, territory)
    own = not _regrouped(table, to)
    sources, gaps = found.sources(table), found.gaps(table)
    least = _least(item, least)
    floor = floor_of(item, table, found.vintage) if least else ""
    how = {
        "communes": territory if territory.given else None,
        "allow_partial": allow_partial,
    }
    if perimeter != "constant":
        table = _current(item, found, table, to, perimeter, how)
        own = True
    if item.kind == "median":
        result = published(item, found, table, floor, territory)
    else:
        sums = sums_for(item, found, table, floor)
        result = (
            _at_own(item, sums, found.years)
            if own or to is None
            else _above(item, sums, found.years, to, how | {"date": date})
        )
    at = result if item.kind == "median" else table
    when = _when(at, day, territory, regrouped=isinstance(to, str))
    _question(item, result)
    result = _hidden(result, floor, least)
    told = result[state_column(VALUE)]
    return tell(
        pd.Series(result[VALUE].rename(item.id)),
        indicator=item.id,
        title=item.title(found.vintage),
        definition=item.definition,
        label=item.label,
        unit=item.unit,
        kind=_KINDS.get(item.kind, item.kind),
        decimals=item.decimals,
        palette=item.map.palette,
        vintage=found.vintage,
        level=str(result.index.name),
        sources=sources,
        **when,
        notes=(
            *note,
            *_notes(item, found, result, table, territory),
            *_rule(item, floor, least),
            *gaps,
        ),
        states={str(code): state for code, state in told.items() if state},
        remarks=told_of(result).remarks,
        **_pivot(item),
    )


# -- what may be asked --------------------------------------------------------------


def _meant(communes: Communes, date: Day | None) -> tuple[Territory, str]:
    """Return the list of communes, and the day at which membership is read."""
    territory = listed(communes)
    day = territory.day(date)
    if not territory.given:
        check_date(day)
    return territory, day


def _regrouped(table: pd.DataFrame, to: str | pd.Series | None) -> bool:
    """Tell whether rows are to be added up."""
    return isinstance(to, pd.Series) or (to is not None and to != table.index.name)


def _check_rows(
    table: pd.DataFrame,
    to: str | pd.Series | None,
    territory: Territory,
    kinds: Collection[str],
) -> None:
    """Check the rows of a table: those of communes, IRIS, or of any level as it is."""
    level = table.index.name
    # What is published of an older list of communes cannot be brought to another.
    older = level == "commune" and "median" in kinds
    older = older and older_list(table, territory) is not None
    if (level in {"commune", "iris"} and not older) or level is None:
        check_table(table, to, territory)
        return
    if table.empty:
        msg = "empty selection: the table has no row"
        raise DataError(msg)
    check_unique(table.index, "table")
    if level in LEVELS:
        check_codes(table.index, level)


def _chosen(
    item: Indicator,
    table: pd.DataFrame,
    to: str | pd.Series | None,
    year: Years,
    territory: Territory,
) -> tuple[Indicator, Counts]:
    """Return the variant that the table allows, if it can be had at that level."""
    item, found = choose(item, table, year)
    # It may be what the first one is not: published, and read at its own level.
    _check_level(item, table, to)
    if not _regrouped(table, to):
        _check_rows(table, to, territory, {item.kind})
    return item, found


def _check_level(
    item: Indicator, table: pd.DataFrame, to: str | pd.Series | None
) -> None:
    """Refuse a level at which the indicator means nothing."""
    target = to if isinstance(to, str) else table.index.name
    mine = isinstance(to, pd.Series)
    if item.kind == "median" and _regrouped(table, to):
        units = "your partition" if mine else f"level {to!r}"
        msg = (
            f"{item.id}: a median or a quantile cannot be had at {units} from those of "
            f"level {table.index.name!r}; give the table of the values that the "
            f"producer prints at that level, and leave to= out: "
            f"bm.compute({item.id!r}, table)"
        )
        raise MeasureError(msg)
    if mine and item.partition and item.levels:
        return
    allowed = target in item.levels or (target not in LEVELS and item.partition)
    if mine or not allowed or (not item.levels and _regrouped(table, to)):
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


def _check_flow(
    item: Indicator, perimeter: Rule, least: int | None, territory: Territory
) -> None:
    """Refuse what is of no use to flows."""
    _least(item, least)
    if territory.given:
        msg = (
            f"{item.id}: flows are between the communes of Nord and Pas-de-Calais; "
            "leave communes out, or give your own partition, to=a Series"
        )
        raise DataError(msg)
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


def _at_own(item: Indicator, sums: Sums, years: int) -> pd.DataFrame:
    """Return the indicator of each row of the table, with its states."""
    if sums.parts:
        values, states = evaluated(item, sums.table, sums.parts, years)
    elif VALUE not in sums.measures:
        values, states = counted(sums.table, sums.top, signed=sums.top in sums.signed)
    else:
        done = evaluate(sums.measures[VALUE], sums.table, VALUE, signed=sums.signed)
        values, told = done.series, done.states
        states = pd.Series(told, dtype=object).reindex(sums.table.index).fillna("")
    result = pd.DataFrame({VALUE: values, state_column(VALUE): states})
    kept = sums.table.drop(columns=[VALUE, state_column(VALUE)], errors="ignore")
    return carry(result.join(kept), sums.table)


def _above(
    item: Indicator,
    sums: Sums,
    years: int,
    to: str | pd.Series,
    how: Mapping[str, Any],
) -> pd.DataFrame:
    """Return the indicator of each unit of a level above, with its states."""
    result, _ = aggregate(sums.table, to, measures=sums.measures, **how)
    if sums.parts:
        values, states = evaluated(item, result, sums.parts, years)
        return carry(
            result.assign(**{VALUE: values, state_column(VALUE): states}), result
        )
    value = VALUE if VALUE in sums.measures else sums.top
    states = result.get(state_column(value), pd.Series("", result.index, dtype=object))
    if item.kind == "mean":
        states = states.mask(states == "", "estimated")
    return carry(
        result.assign(**{VALUE: result[value], state_column(VALUE): states}), result
    )


def _question(item: Indicator, result: pd.DataFrame) -> None:
    """Warn of a share below nothing: what is taken away is more than what it is of."""
    below = result.index[result[VALUE] < 0]
    if len(below) and item.kind == "ratio":
        warnings.warn(
            f"{item.id}: {len(below)} value(s) below 0 at {culprits(below)}: more is "
            "taken away than there is; are the counts of one file and one year?",
            BasinmapWarning,
            stacklevel=3,
        )


def _hidden(result: pd.DataFrame, floor: str, least: int) -> pd.DataFrame:
    """Hide the values of too few, by the rule of secrecy of the indicator."""
    if not floor or floor not in result:
        return result
    # Nothing proves that what bears no number is made from enough.
    few = (result[floor].gt(0) & result[floor].lt(least)) | result[floor].isna()
    few &= result[VALUE].notna()
    if not few.any():
        return result
    states = result[state_column(VALUE)].mask(few, "secret")
    hidden = result.assign(
        **{VALUE: result[VALUE].mask(few), state_column(VALUE): states}
    )
    return carry(hidden, result)


def _current(
    item: Indicator,
    found: Counts,
    table: pd.DataFrame,
    to: str | pd.Series | None,
    rule: Rule,
    how: Mapping[str, Any],
) -> pd.DataFrame:
    """Return the two counts of a growth, each over the perimeter of its time."""
    if item.kind != "growth" or not isinstance(to, str):
        msg = (
            f"perimeter={rule!r} is for an indicator that compares dates, "
            "at the level 'epci' or 'scot'; leave it out"
        )
        raise VintageError(msg)
    columns = list(reversed(found.columns))
    return series(table, to, columns=columns, perimeter=rule, **how)[0]


# -- what is told -------------------------------------------------------------------


def _notes(
    item: Indicator,
    found: Counts,
    result: pd.DataFrame,
    table: pd.DataFrame,
    territory: Territory,
) -> tuple[str, ...]:
    """Return what is to be printed of how the indicator was computed."""
    notes = list(item.notes)
    for term, names in zip(item.terms, found.terms, strict=True):
        told = found.known.get(names[0])
        year = told.vintage if told is not None else names[0][-4:]
        if term.when == "latest" and year.isdigit() and year != found.vintage:
            notes.append(f"{catalogue().counts[term.count].label} : {year}.")
    if item.kind == "mean" and (result[state_column(VALUE)] == "estimated").any():
        weight = catalogue().counts[item.denominator[0].count].label.lower()
        notes.append(f"Estimation : moyenne des valeurs publiées, pondérée ({weight}).")
    if item.kind == "median" and table.index.name == "commune":
        notes += _changed(table, found, territory)
    if item.kind == "formula":
        level = str(result.index.name)
        notes.append(f"Échelle du calcul : {PRINTED.get(level, level)}.")
    return tuple(typeset(note) for note in notes)


def _changed(table: pd.DataFrame, found: Counts, territory: Territory) -> list[str]:
    """Say which list of communes published values are of, if it is an older one."""
    year = older_list(table, territory, found.columns)
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


def _pivot(item: Indicator) -> dict[str, float]:
    """Return the value that its classes turn on; a growth is known to turn on 0."""
    turns = item.map.pivot is not None and item.kind != "growth"
    return {"pivot": float(item.map.pivot or 0)} if turns else {}


def _when(
    table: pd.DataFrame, date: str, territory: Territory, *, regrouped: bool
) -> dict[str, str]:
    """Return of which list of communes the values are, and of which perimeters."""
    geography = told_of(table).geography or (date if territory.given else "")
    found = {"geography": geography} if geography else {}
    return found | ({"date": date} if regrouped else {})


def _with_area(
    item: Indicator, table: pd.DataFrame, territory: Territory
) -> pd.DataFrame:
    """Add the surface that the list of communes has when the table has none."""
    if AREA not in item.counts or AREA in table.columns:
        return table
    if table.index.name != "commune" or AREA not in territory.frame:
        return table
    areas = territory.frame[AREA].reindex(table.index)
    return carry(table.assign(**{AREA: areas}), table)


def _area_note(
    item: Indicator, table: pd.DataFrame, territory: Territory, *, whole: bool
) -> tuple[str, ...]:
    """Say whose surface a density is over, and how far it is from the published."""
    if AREA not in item.counts:
        return ()
    drawn = "; ".join(credit(AREA))
    if territory.given and AREA not in table.columns:
        own = measures_of(territory.frame).get(AREA)
        return (f"Superficie : {own.source}",) if own and own.source else ()
    known = measures_of(table).get(AREA)
    whose = known.source if known is not None else "fournie avec les données"
    whose = whose if AREA in table.columns else drawn
    caution = surface_caution(table.index, whole=whole) if whose == drawn else ""
    told = [whose or "fournie avec les données", *([caution] if caution else [])]
    return (f"Superficie : {' ; '.join(told)}",)
