"""Counts of points by unit: what one machine and a cluster do alike, lot by lot."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from basinmap.arguments import texts_of
from basinmap.errors import (
    BasinmapWarning,
    ColumnError,
    DataError,
    culprits,
)
from basinmap.measures import Measure, Median, Stock, check_added, state_column
from basinmap.reports import Report
from basinmap.spatial.lookups import Found, Lookup, closest, find, near_limits
from basinmap.spatial.options import check_choice, check_flag, check_size
from basinmap.spatial.overlaps import outlines_caution
from basinmap.spatial.points import Lot, Source
from basinmap.spatial.projections import check_same_crs
from basinmap.spatial.tallies import TOTAL, Heap, Tally, numbers_of
from basinmap.states import QUALIFIERS, STATES, summed
from basinmap.territory.sums import refuse
from basinmap.typography import number, percent, shortest
from basinmap.values.masking import emptied, too_few
from basinmap.values.told import measures_of, told_of

__all__ = [
    "Account",
    "Held",
    "Options",
    "Overlaps",
    "Units",
    "add_lot",
    "caution_of",
    "check_crs",
    "check_partition",
    "check_threshold",
    "check_wanted",
    "codes_at",
    "columns_needed",
    "holders",
    "laid_out",
    "names_of",
    "notes_of",
    "notes_of_values",
    "options_of",
    "report_on",
    "told_of_counts",
    "warn_outside",
]

Units: TypeAlias = gpd.GeoDataFrame | gpd.GeoSeries | Lookup
Overlaps: TypeAlias = Literal["error", "lowest", "all"]
Ranks = NDArray[np.int32]

_POINTS: Final = "points"
_LOOKED_AT: Final = 50_000
"""Most points of which it is said how many are near a limit: a quarter of a second."""
_RULES: Final = ("error", "lowest", "all")


@dataclass(slots=True)
class Account:
    """
    How many points met each fate.

    Attributes
    ----------
    points
        All of them.
    outside
        Outside of every unit.
    without_coordinates
        Without finite coordinates.
    on_border
        On a border, counted once.
    nearest
        Outside, given to the closest unit.
    in_several
        Inside of several units.
    near_limits
        As near a limit as the error of outlines.
    """

    points: int = 0
    outside: int = 0
    without_coordinates: int = 0
    on_border: int = 0
    nearest: int = 0
    in_several: int = 0
    near_limits: int = 0

    def told(self) -> dict[str, int]:
        """Return the counts by name."""
        found = {name: getattr(self, name) for name in self.__slots__}
        # Not looked for on outlines of which no error is known.
        return {name: n for name, n in found.items() if n or name != "near_limits"}


class Options(NamedTuple):
    """
    Where points belong, checked.

    Attributes
    ----------
    nearest
        Distance in metres from which a point outside is given to a unit.
    overlaps
        What to do where several units hold a point.
    strict
        Whether a point without coordinates is an error.
    """

    nearest: float | None
    overlaps: str
    strict: bool


class Held(NamedTuple):
    """
    Ranks of the units of a lot, and further pairs of a point and a unit.

    Attributes
    ----------
    rank
        Rank of the unit of each point, -1 for none.
    point, other
        Points that several units hold, and the rank of each other one.
    """

    rank: Ranks
    point: NDArray[np.intp]
    other: Ranks


# -- the door --------------------------------------------------------------------


def check_crs(left: CRS | None, right: CRS | None) -> None:
    """
    Check that points and units share one metric CRS.

    Parameters
    ----------
    left, right
        CRS of the points and of the units.
    """
    probe = [shapely.Point(0, 0)]
    pair = (gpd.GeoSeries(probe, crs=crs) for crs in (left, right))
    check_same_crs(*pair, names=("points", "units"))


def options_of(nearest: float | None, overlaps: str, *, strict: bool) -> Options:
    """
    Check and gather where points belong.

    Parameters
    ----------
    nearest, overlaps, strict
        As in `locate`.
    """
    check_choice(overlaps, "overlaps", _RULES)
    check_flag(strict, "strict")
    if nearest is not None:
        check_size(nearest, "nearest is a distance in metres above 0")
    return Options(nearest, overlaps, strict)


def check_threshold(threshold: int | None) -> None:
    """
    Check that a threshold is a number of points.

    Parameters
    ----------
    threshold
        As in `count`.
    """
    if threshold is not None and not threshold >= 1:
        msg = f"threshold is a number of points, such as 11; got {threshold!r}"
        raise DataError(msg)


def names_of(names: str | Sequence[str]) -> list[str]:
    """
    Return names as a list, each once.

    Parameters
    ----------
    names
        One name or several.
    """
    return list(dict.fromkeys(texts_of(names, "columns", "['population']")))


def check_wanted(
    source: Source, sums: list[str], medians: list[str], by: str | None
) -> None:
    """
    Check that what is to be added up is there, and is counts.

    Parameters
    ----------
    source
        Points to come.
    sums, medians, by
        As in `count`.
    """
    wanted = [*sums, *medians, *([] if by is None else [by])]
    missing = [name for name in wanted if name not in source.names]
    if missing:
        there = culprits(source.names, most=8) or "nothing"
        msg = (
            f"points: {len(missing)} column(s) missing: {culprits(missing)}; "
            f"found {there}"
        )
        raise ColumnError(msg)
    if _POINTS in sums:
        msg = f"a sum cannot be called {_POINTS!r} here; rename the column"
        raise DataError(msg)
    known = measures_of(source.told_by)
    for name in sums:
        check_added(known, name, stacklevel=4)
    refuse({name: known[name] for name in sums if name in known})


def columns_needed(
    source: Source, sums: list[str], medians: list[str], by: str | None
) -> list[str]:
    """
    Return the columns to read, those of states included.

    Parameters
    ----------
    source
        Points to come.
    sums, medians, by
        As in `count`.
    """
    states = [state_column(n) for n in sums if state_column(n) in source.names]
    wanted = [*sums, *medians, *states, *([] if by is None else [by])]
    return list(dict.fromkeys(wanted))


# -- points ----------------------------------------------------------------------


def holders(
    lot: Lot, ready: Lookup, index: pd.Index, options: Options, account: Account
) -> Held:
    """
    Find the unit of each point of a lot, and account for them all.

    Parameters
    ----------
    lot
        Points read together.
    ready
        Units.
    index
        Labels of all points, for messages.
    options
        Where points belong.
    account
        What is added to.
    """
    found = find(ready, lot.x, lot.y)
    account.points += len(lot.x)
    if ready.outline_error and len(index) <= _LOOKED_AT:
        account.near_limits += int(near_limits(ready, lot.x, lot.y).sum())
    account.on_border += found.border
    out = np.flatnonzero(found.rank < 0)
    lost = ~(np.isfinite(lot.x[out]) & np.isfinite(lot.y[out]))
    if lost.any():
        _lost(index[lot.start + out[lost]], options)
        account.without_coordinates += int(lost.sum())
        out = out[~lost]
    if len(found.point):
        check_partition(found, ready, options)
        account.in_several += len(np.unique(found.point))
    if options.nearest is not None and len(out):
        given = closest(ready, lot.x[out], lot.y[out], options.nearest)
        found.rank[out] = given
        account.nearest += int((given >= 0).sum())
        out = out[given < 0]
    account.outside += len(out)
    if options.overlaps == "all":
        return Held(found.rank, found.point, found.other)
    return Held(found.rank, found.point[:0], found.other[:0])


def _lost(labels: pd.Index, options: Options) -> None:
    if options.strict:
        msg = (
            f"points: {len(labels)} without finite coordinates: "
            f"{culprits(labels.tolist())}; drop them, or leave strict out to have "
            "them counted apart"
        )
        raise DataError(msg)


def check_partition(found: Found, ready: Lookup, options: Options) -> None:
    """
    Check that no point lies inside of several units, unless that is asked for.

    Parameters
    ----------
    found
        What was found of a lot.
    ready
        Units.
    options
        Where points belong.
    """
    if options.overlaps != "error":
        return
    first = ready.codes[found.rank[found.point]]
    pairs = dict.fromkeys(zip(first, ready.codes[found.other], strict=True))
    shown = [f"{one} / {other}" for one, other in pairs]
    points = len(np.unique(found.point))
    msg = (
        f"units overlap: {points} point(s) inside of several, {len(shown)} pair(s): "
        f"{culprits(shown)}; clean the outlines, or say overlaps='lowest' or 'all'"
    )
    raise DataError(msg)


def codes_at(ready: Lookup, rank: Ranks) -> pd.api.extensions.ExtensionArray:
    """
    Return the codes of ranks, missing where there is no unit.

    Parameters
    ----------
    ready
        Units.
    rank
        Ranks, -1 for none.
    """
    codes = ready.codes
    if pd.api.types.is_integer_dtype(codes.dtype):
        codes = codes.astype("Int64")
    return codes.array.take(rank.astype(np.intp), allow_fill=True)


# -- tables ----------------------------------------------------------------------


def add_lot(
    lot: Lot,
    held: Held,
    tally: Tally,
    heaps: Mapping[str, Heap],
    sums: Iterable[str],
    by: str | None,
) -> None:
    """
    Add a lot up.

    Parameters
    ----------
    lot
        Points read together.
    held
        Their units.
    tally, heaps
        What is added to: sums, and values for medians.
    sums, by
        As in `count`.
    """
    rank: Ranks = held.rank
    rows: slice | NDArray[np.intp] = slice(None)
    value = tally.number(None if by is None else lot.columns[by], len(lot.x))
    if len(held.point):
        rank = np.concatenate([rank, held.other])
        rows = np.concatenate([np.arange(len(lot.x)), held.point])
        value = value[rows]
    tally.add(_POINTS, rank, value)
    for name in sums:
        tally.add_column(name, lot.columns, rank, value, rows)
    for name, heap in heaps.items():
        numbers = numbers_of(lot.columns, name)[rows]
        known = ~np.isnan(numbers)
        heap.add(rank, value, numbers)
        tally.add(f"{name}_median:known", rank, value, known.astype("float64"))
        if not known.all():
            tally.add(f"{name}:unknown", rank, value, (~known).astype("float64"))


def laid_out(
    ready: Lookup,
    tally: Tally,
    medians: Mapping[str, NDArray[np.float64]],
    sums: Iterable[str],
    threshold: int | None,
) -> pd.DataFrame:
    """
    Lay the sums out: all points, then each value of `by`.

    Parameters
    ----------
    ready
        Units.
    tally, medians
        What was added up.
    sums, threshold
        As in `count`.
    """
    columns: dict[str, NDArray] = {}
    for place, value in enumerate([TOTAL, *_ordered(tally.kinds)]):
        for name, found in _cells(tally, medians, sums, value).items():
            column = name if place == 0 else f"{name}_{_written(value)}"
            exact = name == _POINTS and threshold is None
            cell = found if threshold is None else _protected(found, threshold)
            if column in columns:
                msg = f"two columns would be called {column!r}; rename one of points"
                raise DataError(msg)
            columns[column] = cell.numbers.astype("int64") if exact else cell.numbers
            if threshold is not None or (cell.state != "").any():
                columns[state_column(column)] = cell.state
    order = ready.codes.get_indexer(ready.index)
    table = pd.DataFrame(columns, index=ready.codes).iloc[order]
    return table.rename_axis(ready.index.name)


class _Cell(NamedTuple):
    """Values, their states, and how many points each rests on."""

    numbers: NDArray
    state: NDArray
    base: NDArray


def _protected(cell: _Cell, threshold: int) -> _Cell:
    """Hide what rests on too few points."""
    few = too_few(cell.base, threshold)
    numbers, state = emptied(cell.numbers, cell.state, few)
    return cell._replace(numbers=numbers, state=state)


def _cells(
    tally: Tally,
    medians: Mapping[str, NDArray[np.float64]],
    sums: Iterable[str],
    value: object,
) -> dict[str, _Cell]:
    points = tally.of(_POINTS, value)
    nothing = np.full(tally.units, "", dtype=object)
    cells: dict[str, _Cell] = {_POINTS: _Cell(points, nothing, points)}
    for name in sums:
        base = points - tally.of(f"{name}:unknown", value)
        cells[name] = _Cell(*_sum(tally, name, value), base)
    place = 0 if value is TOTAL else tally.kinds[value] + 1
    for name, table in medians.items():
        found = table[:, place]
        state = np.where(points == 0, "not_applicable", "not_available")
        state = np.where(np.isnan(found), state, "").astype(object)
        base = tally.of(f"{name}_median:known", value)
        cells[f"{name}_median"] = _Cell(found, state, base)
    return cells


def _sum(tally: Tally, name: str, value: object) -> tuple[NDArray, NDArray]:
    """Return a sum and what it is worth, by the rule of `aggregate`."""
    has = {
        state: tally.of(f"{name}:{state}", value) > 0
        for state in (*STATES, *QUALIFIERS)
    }
    some = tally.of(_POINTS, value) > tally.of(f"{name}:unknown", value)
    state = summed(has, some, signed=name in tally.signed)
    gone = np.isin(state, list(STATES))
    return np.where(gone, np.nan, tally.of(name, value)), state


def _ordered(values: Iterable[object]) -> list[object]:
    found = list(values)
    try:
        return sorted(found)  # type: ignore[type-var]
    except TypeError:
        return sorted(found, key=str)


def _written(value: object) -> str:
    """Write a value of `by` as the end of a name: 2025, and not 2025.0; a day."""
    if isinstance(value, pd.Timestamp) and value == value.normalize():
        return value.strftime("%Y-%m-%d")
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


# -- accounts --------------------------------------------------------------------


def told_of_counts(
    source: Source,
    ready: Lookup,
    table: pd.DataFrame,
    sums: Iterable[str],
    account: Account,
    *,
    label: str = "Points",
) -> dict[str, object]:
    """
    Return what travels with a table of counts.

    Parameters
    ----------
    source
        The points.
    ready
        Units.
    table
        The counts.
    sums
        Columns added up.
    account
        How many points met each fate.
    label
        Printed name of the counts.
    """
    known = measures_of(source.told_by)
    measures: dict[str, Measure] = {_POINTS: Stock(label=label)}
    measures |= {name: known.get(name, Stock()) for name in sums}
    split = {
        column: measure
        for name, measure in measures.items()
        for column in table
        if str(column) == name or str(column).startswith(f"{name}_")
    }
    medians = {str(column) for column in table if "_median" in str(column)}
    declared = {
        str(column): Median() if column in medians else split.get(column, Stock())
        for column in table
        if not str(column).endswith("_state")
    }
    return {
        "level": ready.level,
        "measures": declared,
        "sources": told_of(source.told_by).sources,
        "account": account.told(),
    }


def notes_of(
    account: Account, options: Options, ready: Lookup, threshold: int | None
) -> list[str]:
    """
    Say in French what became of the points.

    Parameters
    ----------
    account
        How many met each fate.
    options
        Where points belong.
    ready
        Units.
    threshold
        As in `count`.
    """
    several = {"lowest": "comptés dans celle de plus petit code"}
    told = [
        (account.outside, "Points hors de toute unité"),
        (account.without_coordinates, "Points sans coordonnées, laissés de côté"),
        (account.on_border, "Points sur une limite, comptés une fois"),
        (
            account.nearest,
            "Points hors de toute unité, rattachés à la plus proche à "
            f"{shortest(options.nearest or 0)} m au plus",
        ),
        (
            account.in_several,
            "Points situés dans plusieurs unités, "
            f"{several.get(options.overlaps, 'comptés dans chacune')}",
        ),
    ]
    notes = [
        f"{what} : {number(n)} ({percent(100 * n / account.points, 2)})."
        for n, what in told
        if n
    ]
    if ready.repaired:
        codes = ", ".join(ready.repaired[:5])
        notes.append(f"Contours réparés ({number(len(ready.repaired))} : {codes}).")
    notes += caution_of(ready, account)
    if threshold is not None:
        notes.append(
            f"Valeurs portant sur moins de {number(threshold)} points masquées (secret "
            "primaire) ; avant de publier avec des totaux, bm.protect."
        )
    return notes


def warn_outside(account: Account, ready: Lookup, *, stacklevel: int = 3) -> None:
    """
    Warn where not one point of those with coordinates lies in a unit.

    Parameters
    ----------
    account
        How many met each fate.
    ready
        Units.
    stacklevel
        Where the user stands, for the warning.
    """
    if not account.outside or account.outside + account.without_coordinates < (
        account.points
    ):
        return
    west, south, east, north = shapely.total_bounds(ready.shapes)
    msg = (
        f"points: not one of {account.outside} lies in a unit; units lie within "
        f"x = {west:.0f} … {east:.0f}, y = {south:.0f} … {north:.0f} "
        f"({ready.crs.to_string()}): check that points are of the same place, in the "
        "same CRS, in metres, x before y"
    )
    warnings.warn(msg, BasinmapWarning, stacklevel=stacklevel)


def caution_of(ready: Lookup, account: Account) -> list[str]:
    """
    Say that outlines are generalised, and how many points it may concern.

    Parameters
    ----------
    ready
        Units.
    account
        How many points met each fate.
    """
    notes = list(filter(None, [outlines_caution(ready.outline_error)]))
    if notes and account.near_limits:
        share = percent(100 * account.near_limits / account.points, 1)
        notes.append(
            f"Points à cette distance d'une limite, ou moins : "
            f"{number(account.near_limits)} ({share})."
        )
    return notes


def notes_of_values(tally: Tally, by: str) -> list[str]:
    """
    Say in French how many points have no value of `by`.

    Parameters
    ----------
    tally
        What was added up.
    by
        As in `count`.
    """
    every = tally.of(_POINTS).sum()
    told = sum(tally.of(_POINTS, value).sum() for value in tally.kinds)
    if told == every:
        return []
    return [f"Points sans {by}, dans les totaux seulement : {number(every - told)}."]


def report_on(
    ready: Lookup,
    tally: Tally,
    account: Account,
    table: pd.DataFrame,
    sums: Sequence[str],
    medians: Sequence[str],
    notes: list[str],
) -> Report:
    """
    Account for a count of points.

    Parameters
    ----------
    ready
        Units.
    tally
        What was added up.
    account
        How many points met each fate.
    table
        The counts.
    sums, medians
        As in `count`.
    notes
        Sentences, in French.
    """
    missing, bounded = {}, {}
    for name in dict.fromkeys([*sums, *medians]):
        unknown = tally.of(f"{name}:unknown") > 0
        missing[name] = tuple(str(code) for code in ready.codes[unknown])
    for name in sums:
        if state_column(name) in table:
            low = table[state_column(name)] == "lower_bound"
            bounded[name] = tuple(str(code) for code in table.index[low])
    after = {name: float(tally.of(name).sum()) for name in (_POINTS, *sums)}
    return Report(
        verb="Comptage de points",
        before={_POINTS: float(account.points)}
        | {name: tally.given.get(name, 0.0) for name in sums},
        after=after,
        units_before=account.points,
        units_after=len(table),
        missing={name: codes for name, codes in missing.items() if codes},
        bounded={name: codes for name, codes in bounded.items() if codes},
        notes=tuple(notes),
    )
