"""Which unit holds each point, and how much the points of each unit hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias, overload

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from basinmap.errors import (
    ColumnError,
    CRSError,
    DataError,
    MeasureError,
    culprits,
)
from basinmap.measures import Measure, Median, Stock, state_column
from basinmap.reports import Report
from basinmap.spatial.lookups import Found, Lookup, closest, find, lookup, near_limits
from basinmap.spatial.overlaps import outlines_caution
from basinmap.spatial.projections import check_same_crs
from basinmap.spatial.sources import Lot, Points, Source, read_points
from basinmap.spatial.tallies import TOTAL, Heap, Tally, numbers_of
from basinmap.typography import number, percent, shortest
from basinmap.values.told import measures_of

__all__ = ["count", "locate"]

Units: TypeAlias = gpd.GeoDataFrame | gpd.GeoSeries | Lookup
Overlaps: TypeAlias = Literal["error", "lowest", "all"]
Ranks = NDArray[np.int32]

_POINTS: Final = "points"
_LOOKED_AT: Final = 50_000
"""Most points of which it is said how many are near a limit: a quarter of a second."""
_RULES: Final = ("error", "lowest", "all")
_STATES: Final = ("secret", "not_available", "lower_bound", "estimated")


@dataclass(slots=True)
class _Account:
    """How many points met each fate."""

    points: int = 0
    outside: int = 0
    without_coordinates: int = 0
    on_border: int = 0
    nearest: int = 0
    in_several: int = 0
    near_limits: int = 0

    def told(self) -> dict[str, int]:
        found = {name: getattr(self, name) for name in self.__slots__}
        # Not looked for on outlines of which no error is known.
        return {name: n for name, n in found.items() if n or name != "near_limits"}


class _Options(NamedTuple):
    nearest: float | None
    overlaps: str
    strict: bool


class _Held(NamedTuple):
    """Ranks of the units of a lot, and further pairs of a point and a unit."""

    rank: Ranks
    point: NDArray[np.intp]
    other: Ranks


@overload
def locate(
    points: Points,
    units: Units,
    *,
    nearest: float | None = ...,
    overlaps: Literal["error", "lowest"] = ...,
    strict: bool = ...,
) -> pd.Series: ...
@overload
def locate(
    points: Points,
    units: Units,
    *,
    nearest: float | None = ...,
    overlaps: Literal["all"],
    strict: bool = ...,
) -> pd.DataFrame: ...
def locate(
    points: Points,
    units: Units,
    *,
    nearest: float | None = None,
    overlaps: Overlaps = "error",
    strict: bool = False,
) -> pd.Series | pd.DataFrame:
    """
    Say which unit holds each point.

    The answer is that of `geopandas.sjoin(predicate="within")` for a point inside
    of a unit. A point on a border, and inside of no other unit, belongs to the
    lowest code among those that it touches, so that each point counts once.

    Parameters
    ----------
    points
        Point geometries in the CRS of the units; a pair of arrays (x, y), or a
        table with columns `x` and `y`, taken to be in it; or the path of a
        GeoParquet file (or a folder of them), read by lots.
    units
        Polygons in a metric CRS, on the index of their codes; or what
        `lookup` made of them.
    nearest
        Distance in metres at most from which a point outside is given to the
        closest unit, the lowest code where two are as close.
    overlaps
        What to do where several units hold a point inside: `"error"`, for they were
        to be a partition; `"lowest"` code; or `"all"` of them.
    strict
        Whether a point without coordinates, or whose coordinates are infinite, is
        an error rather than counted and left without a unit.

    Returns
    -------
    Series or DataFrame
        Codes on the index of the points, missing where no unit holds them, named
        after the level. With `overlaps="all"`, a frame with one row a pair,
        columns `point` (label) and the level. `attrs["account"]` says how many
        points lie outside, on a border, in several units, without coordinates;
        `attrs["notes"]` that outlines are generalised, where units tell it.

    Raises
    ------
    CRSError
        If a CRS is missing, in degrees, or differs.
    DataError
        If a unit has no proper outline or code, units overlap where a point lies,
        some are no points, a file is truncated or no GeoParquet, an option is
        out of range.

    See Also
    --------
    count : Counts and sums by unit, of files larger than memory.

    Examples
    --------
    >>> import basinmap as bm
    >>> from basinmap.spatial.joins import locate
    >>> museum, sea = (685_500.0, 7_037_800.0), (580_000.0, 7_037_800.0)
    >>> codes = locate(([museum[0], sea[0]], [museum[1], sea[1]]), bm.communes())
    >>> codes.tolist()
    ['62498', nan]
    >>> codes.attrs["account"]["outside"]
    1
    """
    source, ready = _ready(points, units)
    options = _checked(nearest, overlaps, strict=strict)
    account = _Account()
    held = [
        (lot.start, _holders(lot, ready, source.index, options, account))
        for lot in source.lots([])
    ]
    empty = np.zeros(0, np.int32)
    rank = np.concatenate([empty, *(part.rank for _, part in held)])
    if overlaps == "all":
        inside = np.flatnonzero(rank >= 0)
        point = np.concatenate([inside, *(part.point + at for at, part in held)])
        pairs = np.concatenate([rank[inside], *(part.other for _, part in held)])
        order = np.lexsort((pairs, point))
        result: pd.Series | pd.DataFrame = pd.DataFrame(
            {
                "point": source.index.take(point[order]),
                ready.level: ready.codes.take(pairs[order]),
            }
        )
    else:
        result = pd.Series(_named(ready, rank), source.index, name=ready.level)
    result.attrs = {"account": account.told()}
    caution = _caution(ready, account)
    if caution:
        result.attrs["notes"] = tuple(caution)
    return result


def count(  # noqa: PLR0913 - what to add up, and where points belong
    points: Points,
    units: Units,
    *,
    by: str | None = None,
    sums: Sequence[str] = (),
    medians: Sequence[str] = (),
    threshold: int | None = None,
    nearest: float | None = None,
    overlaps: Overlaps = "error",
    strict: bool = False,
) -> tuple[pd.DataFrame, Report]:
    """
    Count points by unit, and add up what they hold.

    A file is read by lots: 50 million points need no more memory than 1 million.

    Parameters
    ----------
    points, units
        As in `locate`.
    by
        Column of a category, a year: each value gets its own columns.
    sums
        Columns of numbers to add up.
    medians
        Columns of which the exact median of the known values is wanted; many
        values of a file wait on disk.
    threshold
        Number of points under which what rests on them is secret. A zero is not.
        This is the primary secret only: what is hidden may still be had by
        difference, from a total or from `report`, which is not to be published.
    nearest, overlaps, strict
        As in `locate`; with `overlaps="all"`, a point counts in each unit.

    Returns
    -------
    table : DataFrame
        One row a unit: `points`, the sums, `<column>_median`; with `by`, also each
        of them for a value, such as `points_2025`. Where there is something to say,
        a column `<column>_state`: `"secret"` below the threshold,
        `"not_available"` for a sum of which a value is missing, `"lower_bound"`
        where one is secret, `"not_applicable"` for a median of nothing.
    report : Report
        Totals over all points, then over the units; points outside, on a border,
        in several units, without coordinates; units where values are missing;
        that outlines are generalised, where units tell it.

    Raises
    ------
    CRSError
        If a CRS is missing, in degrees, or differs.
    ColumnError
        If a column is missing.
    MeasureError
        If a column to add up is declared as anything but a stock, or is text.
    DataError
        As in `locate`; or if a column holds infinite values or `by` too many.

    See Also
    --------
    locate : The unit of each point.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> from basinmap.spatial.joins import count
    >>> sales = pd.DataFrame({
    ...     "x": [685_500.0, 685_510.0, 580_000.0], "y": 7_037_800.0,
    ...     "price": [100_000.0, 150_000.0, 90_000.0],
    ... })
    >>> table, report = count(sales, bm.communes(epci="call"), medians=["price"])
    >>> table.loc["62498", ["points", "price_median"]].tolist()
    [2.0, 125000.0]
    >>> report.before["points"] - report.after["points"]
    1.0
    """
    source, ready = _ready(points, units)
    options = _checked(nearest, overlaps, strict=strict)
    sums, medians = _columns(sums), _columns(medians)
    _check_threshold(threshold)
    _check_columns(source, sums, medians, by)
    account, tally = _Account(), Tally(len(ready.codes))
    heaps = {name: Heap(len(source.index), tally.units) for name in medians}
    try:
        for lot in source.lots(_needed(source, sums, medians, by)):
            held = _holders(lot, ready, source.index, options, account)
            _added(lot, held, tally, heaps, sums, by)
        found = {
            name: heap.medians(tally.units, len(tally.kinds))
            for name, heap in heaps.items()
        }
    finally:
        for heap in heaps.values():
            heap.close()
    table = _table(ready, tally, found, sums, threshold)
    table.attrs = _attrs(source, ready, table, sums, account)
    notes = _notes(account, options, ready, threshold)
    if by is not None:
        notes += _by_notes(tally, by)
    return table, _report(ready, tally, account, table, sums, medians, notes)


# -- the door --------------------------------------------------------------------


def _ready(points: Points, units: Units) -> tuple[Source, Lookup]:
    source = read_points(points)
    if isinstance(units, Lookup):
        ready = units
    else:
        if source.crs is not None and isinstance(
            units, gpd.GeoDataFrame | gpd.GeoSeries
        ):
            # A wrong CRS is told before outlines are.
            _check_crs(source.crs, units.crs)
        ready = lookup(units, expected=len(source.index))
    if source.crs is None:
        _check_bare(source, ready)
    else:
        _check_crs(source.crs, ready.crs)
    return source, ready


def _check_crs(left: CRS | None, right: CRS | None) -> None:
    probe = [shapely.Point(0, 0)]
    pair = (gpd.GeoSeries(probe, crs=crs) for crs in (left, right))
    check_same_crs(*pair, names=("points", "units"))


def _check_bare(source: Source, ready: Lookup) -> None:
    """Refuse bare coordinates that look like degrees and lie outside of all units."""
    for lot in source.lots([]):
        if not _degrees(lot.x, 180) or not _degrees(lot.y, 90):
            return
        west, south, east, north = shapely.total_bounds(ready.shapes)
        inside = (lot.x >= west) & (lot.x <= east) & (lot.y >= south) & (lot.y <= north)
        if not inside.any():
            msg = (
                "points: x and y look like degrees, and units are in "
                f"{ready.crs.to_string()}; pass gpd.GeoSeries.from_xy(x, y, crs=4326)"
                ".to_crs(2154)"
            )
            raise CRSError(msg)


def _degrees(values: NDArray[np.float64], most: float) -> bool:
    """Return whether all values that are numbers could be an angle."""
    if not len(values):
        return False
    low, high = np.fmin.reduce(values), np.fmax.reduce(values)
    return bool(low >= -most and high <= most)


def _checked(nearest: float | None, overlaps: str, *, strict: bool) -> _Options:
    if overlaps not in _RULES:
        msg = f"unknown overlaps={overlaps!r}; choose among {', '.join(_RULES)}"
        raise DataError(msg)
    if nearest is not None and not (np.isfinite(nearest) and nearest > 0):
        msg = f"nearest is a distance in metres above 0; got {nearest!r}"
        raise DataError(msg)
    return _Options(nearest, overlaps, strict)


def _check_threshold(threshold: int | None) -> None:
    if threshold is not None and not threshold >= 1:
        msg = f"threshold is a number of points, such as 11; got {threshold!r}"
        raise DataError(msg)


def _columns(names: str | Sequence[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(dict.fromkeys(names))


def _check_columns(
    source: Source, sums: list[str], medians: list[str], by: str | None
) -> None:
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
    known = measures_of(source)
    for name in sums:
        if name in known and not isinstance(known[name], Stock):
            kind = type(known[name]).__name__.lower()
            msg = f"{name!r} is a {kind}: only stocks add up; sum its counts instead"
            raise MeasureError(msg)


def _needed(
    source: Source, sums: list[str], medians: list[str], by: str | None
) -> list[str]:
    states = [state_column(n) for n in sums if state_column(n) in source.names]
    wanted = [*sums, *medians, *states, *([] if by is None else [by])]
    return list(dict.fromkeys(wanted))


# -- points ----------------------------------------------------------------------


def _holders(
    lot: Lot, ready: Lookup, index: pd.Index, options: _Options, account: _Account
) -> _Held:
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
        _check_partition(found, ready, options)
        account.in_several += len(np.unique(found.point))
    if options.nearest is not None and len(out):
        given = closest(ready, lot.x[out], lot.y[out], options.nearest)
        found.rank[out] = given
        account.nearest += int((given >= 0).sum())
        out = out[given < 0]
    account.outside += len(out)
    if options.overlaps == "all":
        return _Held(found.rank, found.point, found.other)
    return _Held(found.rank, found.point[:0], found.other[:0])


def _lost(labels: pd.Index, options: _Options) -> None:
    if options.strict:
        msg = (
            f"points: {len(labels)} without finite coordinates: "
            f"{culprits(labels.tolist())}; drop them, or leave strict out to have "
            "them counted apart"
        )
        raise DataError(msg)


def _check_partition(found: Found, ready: Lookup, options: _Options) -> None:
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


def _named(ready: Lookup, rank: Ranks) -> pd.api.extensions.ExtensionArray:
    codes = ready.codes
    if pd.api.types.is_integer_dtype(codes.dtype):
        codes = codes.astype("Int64")
    return codes.array.take(rank.astype(np.intp), allow_fill=True)


# -- tables ----------------------------------------------------------------------


def _added(
    lot: Lot,
    held: _Held,
    tally: Tally,
    heaps: Mapping[str, Heap],
    sums: Iterable[str],
    by: str | None,
) -> None:
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


def _table(
    ready: Lookup,
    tally: Tally,
    medians: Mapping[str, NDArray[np.float64]],
    sums: Iterable[str],
    threshold: int | None,
) -> pd.DataFrame:
    """Lay the sums out: all points, then each value of `by`."""
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
    secret = (cell.base > 0) & (cell.base < threshold)
    return cell._replace(
        numbers=np.where(secret, np.nan, cell.numbers),
        state=np.where(secret, "secret", cell.state),
    )


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
    has = {state: tally.of(f"{name}:{state}", value) > 0 for state in _STATES}
    hidden = has["secret"] | has["lower_bound"]
    nothing = hidden & (tally.of(_POINTS, value) == tally.of(f"{name}:unknown", value))
    state = np.select(
        [has["not_available"], nothing, hidden, has["estimated"]],
        ["not_available", "secret", "lower_bound", "estimated"],
        default="",
    ).astype(object)
    gone = has["not_available"] | nothing
    return np.where(gone, np.nan, tally.of(name, value)), state


def _ordered(values: Iterable[object]) -> list[object]:
    found = list(values)
    try:
        return sorted(found)  # type: ignore[type-var]
    except TypeError:
        return sorted(found, key=str)


def _written(value: object) -> str:
    """Write a value of `by` as the end of a name: 2025, and not 2025.0."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


# -- accounts --------------------------------------------------------------------


def _attrs(
    source: Source,
    ready: Lookup,
    table: pd.DataFrame,
    sums: Iterable[str],
    account: _Account,
) -> dict:
    known = measures_of(source)
    measures: dict[str, Measure] = {_POINTS: Stock(label="Points")}
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
        "sources": tuple(source.attrs.get("sources", ())),
        "account": account.told(),
    }


def _notes(
    account: _Account, options: _Options, ready: Lookup, threshold: int | None
) -> list[str]:
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
    notes += _caution(ready, account)
    if threshold is not None:
        notes.append(
            f"Valeurs portant sur moins de {number(threshold)} points masquées (secret "
            "primaire) ; le secret secondaire reste à traiter."
        )
    return notes


def _caution(ready: Lookup, account: _Account) -> list[str]:
    """Say that outlines are generalised, and how many points it may concern."""
    notes = list(filter(None, [outlines_caution(ready.outline_error)]))
    if notes and account.near_limits:
        share = percent(100 * account.near_limits / account.points, 1)
        notes.append(
            f"Points à cette distance d'une limite, ou moins : "
            f"{number(account.near_limits)} ({share})."
        )
    return notes


def _by_notes(tally: Tally, by: str) -> list[str]:
    every = tally.of(_POINTS).sum()
    told = sum(tally.of(_POINTS, value).sum() for value in tally.kinds)
    if told == every:
        return []
    return [f"Points sans {by}, dans les totaux seulement : {number(every - told)}."]


def _report(
    ready: Lookup,
    tally: Tally,
    account: _Account,
    table: pd.DataFrame,
    sums: Sequence[str],
    medians: Sequence[str],
    notes: list[str],
) -> Report:
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
