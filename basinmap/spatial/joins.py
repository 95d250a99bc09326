"""Which unit holds each point, and how much the points of each unit hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, overload

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from basinmap.arguments import check_given
from basinmap.errors import CRSError, DataError
from basinmap.reports import Accounted, Report
from basinmap.spatial.holding import (
    Account,
    Overlaps,
    Units,
    add_lot,
    caution_of,
    check_crs,
    check_threshold,
    check_wanted,
    codes_at,
    columns_needed,
    holders,
    laid_out,
    names_of,
    notes_of,
    notes_of_values,
    options_of,
    report_on,
    told_of_counts,
    warn_outside,
)
from basinmap.spatial.lookups import Lookup, lookup
from basinmap.spatial.points import Points, Source, read_points
from basinmap.spatial.tallies import Heap, Tally
from basinmap.spatial.things import Things
from basinmap.territory.sums import signed_of
from basinmap.values.told import measures_of, tell

__all__ = ["count", "locate"]


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

    Warns
    -----
    BasinmapWarning
        If not one point lies in a unit: they are of another place, or in another CRS.

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
    check_given(locate, locals())
    source, ready = _ready(points, units)
    options = options_of(nearest, overlaps, strict=strict)
    account = Account()
    held = [
        (lot.start, holders(lot, ready, source.index, options, account))
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
        result = pd.Series(codes_at(ready, rank), source.index, name=ready.level)
    warn_outside(account, ready)
    caution = caution_of(ready, account)
    notes = {"notes": tuple(caution)} if caution else {}
    return tell(result, account=account.told(), **notes)


def count(  # noqa: PLR0913 - what to add up, and where points belong
    points: Points,
    units: Units,
    *,
    by: str | None = None,
    sums: Sequence[str] = (),
    medians: Sequence[str] = (),
    once: str | None = None,
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
    once
        Column that names what several points make, such as `"id_mutation"` of a sale
        whose lines all bear its whole price: each counts once in each unit where it
        has a point. It takes 16 bytes of memory for each.
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
        for sums the rule of `aggregate`: `"not_available"` where a value is missing,
        `"lower_bound"` where one is secret, `"not_applicable"` where none has an
        object; and for a median of nothing.
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
        If a column to add up is declared as anything but a stock, or holds anything
        but numbers, infinite or negative ones.
    DataError
        As in `locate`; if `by` holds too many values; or with `once`, if a point
        names nothing, points of one thing in one unit differ in what is added up,
        or units may hold a point together.

    Warns
    -----
    BasinmapWarning
        If not one point lies in a unit: they are of another place, or in another CRS.

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
    >>> lines = sales.assign(id_mutation=["2023-1", "2023-1", "2023-2"], price=9e4)
    >>> once, _ = count(lines, bm.communes(epci="call"), once="id_mutation")
    >>> int(once.loc["62498", "points"])
    1
    """
    check_given(count, locals())
    source, ready = _ready(points, units)
    options = options_of(nearest, overlaps, strict=strict)
    sums, medians = names_of(sums), names_of(medians)
    check_threshold(threshold)
    named = [] if once is None else [once]
    check_wanted(source, sums, [*medians, *named], by)
    needed = columns_needed(source, sums, medians, by)
    things = _things(once, needed, overlaps)
    signed = frozenset(signed_of(measures_of(source.told_by)))
    account, tally = Account(), Tally(len(ready.codes), signed=signed)
    heaps = {name: Heap(len(source.index), tally.units) for name in medians}
    try:
        for lot in source.lots([*dict.fromkeys([*needed, *named])]):
            held = holders(lot, ready, source.index, options, account)
            if things is not None:
                lot, held = things.first(lot, held)  # noqa: PLW2901
            add_lot(lot, held, tally, heaps, sums, by)
        found = {
            name: heap.medians(tally.units, len(tally.kinds))
            for name, heap in heaps.items()
        }
    finally:
        for heap in heaps.values():
            heap.close()
    warn_outside(account, ready)
    table = laid_out(ready, tally, found, sums, threshold)
    label = "Points" if once is None else f"Points, une fois par {once}"
    tell(table, **told_of_counts(source, ready, table, sums, account, label=label))
    notes = notes_of(account, options, ready, threshold)
    if by is not None:
        notes += notes_of_values(tally, by)
    report = report_on(ready, tally, account, table, sums, medians, notes)
    return Accounted(table, report if things is None else things.accounted(report))


def _things(once: str | None, columns: list[str], overlaps: str) -> Things | None:
    """Return what remembers the things that points make, if they make any."""
    if once is not None and overlaps == "all":
        msg = (
            f"once={once!r} and overlaps='all': what counts once cannot count in each "
            "of several units; say overlaps='lowest'"
        )
        raise DataError(msg)
    return None if once is None else Things(once, columns)


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
            check_crs(source.crs, units.crs)
        ready = lookup(units, expected=len(source.index))
    if source.crs is None:
        _check_bare(source, ready)
    else:
        check_crs(source.crs, ready.crs)
    return source, ready


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


# -- points ----------------------------------------------------------------------


# -- tables ----------------------------------------------------------------------


# -- accounts --------------------------------------------------------------------
