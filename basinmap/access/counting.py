"""What is inside each area, and what is in none, with the counting rule named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from types import MappingProxyType
from typing import Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from basinmap.access.extents import Extent, check_areas, extent_of, notes_of, warn_of
from basinmap.arguments import check_given, texts_of
from basinmap.errors import DataError, culprits
from basinmap.measures import (
    Stock,
    check_added,
    check_columns,
    counted,
    printed_names,
    state_column,
)
from basinmap.spatial.options import check_choice, check_flag
from basinmap.spatial.overlaps import point_shares, shared_surface
from basinmap.spatial.polygons import NOISE
from basinmap.spatial.projections import check_frame, check_metric, check_same_crs
from basinmap.spatial.sharing import Weighing, by_area, by_weight, layer_of
from basinmap.states import QUALIFIERS, STATES, of_part, shared_out, summed
from basinmap.territory.sums import refuse, shared_minima, stocks_of
from basinmap.territory.units import check_unique
from basinmap.typography import number
from basinmap.values.told import measures_of, tell, told_of

__all__ = ["not_reached", "reach"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "centroid": "unités comptées entières là où tombe leur point représentatif",
        "area": "unités comptées au prorata de leur surface (estimation)",
        "dwellings": "unités comptées au prorata de leurs logements (estimation)",
    }
)
Rule = Literal["centroid", "area", "dwellings"]

_WITHIN: Final = "_within"
"""What ends the name of a count of all that is nearer."""
_LEAST: Final = 1e-6
"""Share of a unit under which its ground is not said to be outside."""


# --- what is public ----------------------------------------------------------------


def reach(  # noqa: PLR0913 - each is a choice that changes the figures
    areas: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    *,
    sums: Sequence[str],
    rule: Rule,
    weights: gpd.GeoDataFrame | None = None,
    count: str | None = None,
    by: str | pd.Series | None = None,
    overlap: Literal["refuse", "each"] = "refuse",
    cumulative: bool = False,
    allow_partial: bool = False,
) -> pd.DataFrame:
    """
    Add up what lies inside each area, such as rings or isochrones.

    Parameters
    ----------
    areas
        Polygons in a metric CRS; a ring that is empty holds nothing.
    units
        Polygons with the counts to add up, in the same CRS.
    sums
        Columns of stocks.
    rule
        `"centroid"`: a unit counts whole where its representative point falls, which
        is no count of areas that are smaller than units. `"area"`: it counts by share
        of surface, an estimate that is wrong wherever people are not spread evenly.
        `"dwellings"`: it counts by share of its dwellings, which `weights` places; an
        estimate too.
    weights
        Where dwellings are: points (addresses, dwellings) or polygons (buildings,
        IRIS, cells), in the same CRS. A unit that has none is shared by surface, and
        `attrs["notes"]` says so.
    count
        Column of `weights`: how many dwellings each row stands for; those of a
        polygon are spread evenly over it.
    by
        Column of `units`, or Series on their index, such as the EPCI of each: what
        is inside is then told for each of its values too.
    overlap
        `"refuse"`: areas that overlap are an error. `"each"`: every area counts as
        if it were alone, for rings of several places or nested isochrones; what lies
        in several counts in each.
    cumulative
        Whether rings and isochrones are also counted with all that is nearer to
        their place: columns `units_within` and `<column>_within`.
    allow_partial
        Whether areas may leave the units: it is then told, without a warning.

    Returns
    -------
    DataFrame
        On the index of `areas`: `units` (how many count, whole or in part), the
        `sums`, and `rule`; `<column>_state` where there is something to say: as in
        `aggregate`, `"lower_bound"` where a unit is secret, missing where one is not
        available; `"lower_bound"` too where more than 1 % of the area is out of all
        units, or the point of a commune that is not among them is inside;
        `"estimated"` where a sum rests on a share, or where whole units are no
        count of the area. With `by`, a last level of that name is added to the index,
        each area having a row for each value, 0 included: their sums are those
        without `by`.
        `attrs["rule"]` is the French sentence to print, `attrs["sources"]` the
        credit, `attrs["notes"]` what else is to be said; `attrs["not_reached"]` the
        codes of the units that no area holds, even in part; `attrs["outside"]` the
        share of each area, in their order, that is out of all units.

    Raises
    ------
    CRSError
        If a CRS is missing, in degrees, or differs.
    MeasureError
        If a column is declared as anything but a stock, or holds anything but
        numbers, infinite or negative ones.
    ColumnError, DataError
        If a column is missing, a code is repeated, an area has no outline or is no
        polygon, the rule is unknown or lacks its weights, areas overlap.

    Warns
    -----
    BasinmapWarning
        If more than 1 % of an area is out of all units, or a commune that is not
        among them has its point inside; if, by their points, none
        of the units that it lies on counts in it, or one larger than itself does.

    See Also
    --------
    not_reached : The units that are outside, by name.

    Examples
    --------
    >>> import basinmap as bm
    >>> basin = bm.perimeter("bassin-minier").communes
    >>> units = bm.communes().loc[list(basin)]
    >>> areas = bm.rings(bm.LOUVRE_LENS, distances=[5_000, 10_000])
    >>> options = {"sums": ["population"], "rule": "centroid", "allow_partial": True}
    >>> found = bm.reach(areas, units, cumulative=True, **options)
    >>> found[["population", "population_within", "population_within_state"]]
           population  population_within population_within_state
    ring
    5000     124816.0           124816.0
    10000    158594.0           283410.0             lower_bound
    >>> "de l'aire hors des communes fournies" in found.attrs["notes"][0]
    True
    >>> found = bm.reach(areas, units, by="epci", **options)
    >>> found.loc[(10_000, "246200364"), ["units", "population"]].tolist()
    [22.0, 115083.0]
    """
    check_given(reach, locals())
    columns = list(dict.fromkeys(texts_of(sums, "sums", "['population']")))
    taken = {f"{column}{_WITHIN}" for column in columns} if cumulative else set()
    _check(areas, units, columns, rule, taken={"units", "rule", *taken})
    check_flag(cumulative, "cumulative")
    check_flag(allow_partial, "allow_partial")
    groups = None if by is None else _groups(units, by)
    counting = _Counting(rule, weights, count, overlap)
    shared = _shared(areas, units, counting)
    extent = shared.extent
    warn_of(extent, areas, shared.pairs, units.index, partial=allow_partial)
    result = _counted(areas, units, columns, groups, shared)
    if cumulative:
        nested = _nested(areas)
        other = _shared(nested, units, replace(counting, overlap="each"))
        more = _counted(nested, units, columns, groups, other)
        result = result.join(more.rename(columns=_within))
    result["rule"] = rule
    at = np.setdiff1d(np.arange(len(units)), shared.pairs["unit"])
    known = {column: _measure(units, column) for column in columns}
    within = {_within(column): item for column, item in known.items()}
    return tell(
        result,
        **_told(areas, units, known, shared, notes_of(extent, areas, units)),
        measures=known | (within if cumulative else {}),
        not_reached=tuple(units.index[at]),
        outside=tuple(extent.outside.tolist()),
    )


def not_reached(
    areas: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    *,
    sums: Sequence[str] = (),
    rule: Rule,
    weights: gpd.GeoDataFrame | None = None,
    count: str | None = None,
) -> pd.DataFrame:
    """
    Return the units that no area holds, or not whole, and what of them is outside.

    Parameters
    ----------
    areas, units, sums, rule, weights, count
        As for `reach`; areas may overlap here.

    Returns
    -------
    DataFrame
        On the index of `units`, in their order, without those that are wholly
        inside: `name` where `units` has it, `outside` (share of the unit that is in
        no area, in ]0, 1]), and of each of `sums` what is outside, with its
        `<column>_state` where there is something to say. `attrs` as for `reach`.

    Raises
    ------
    BasinmapError
        As for `reach`.

    Warns
    -----
    BasinmapWarning
        If, together, areas hold the point of no unit that they lie on, or are smaller
        than one that counts whole.

    Examples
    --------
    >>> import basinmap as bm
    >>> from basinmap.access.counting import not_reached
    >>> lens = bm.communes(epci="call")
    >>> areas = bm.rings(bm.LOUVRE_LENS, distances=[10_000])
    >>> not_reached(areas, lens, sums=["population"], rule="centroid")
                    name  outside  population
    commune
    62380       Gouy-Servins      1.0       360.0
    62793            Servins      1.0      1147.0
    62854    Villers-au-Bois      1.0       607.0
    """
    check_given(not_reached, locals())
    columns = list(dict.fromkeys(texts_of(sums, "sums", "['population']")))
    _check(areas, units, columns, rule, taken={"name", "outside"})
    union = shapely.union_all(areas.geometry.array)
    whole = gpd.GeoDataFrame(geometry=[union], index=["aires réunies"], crs=areas.crs)
    shared = _shared(whole, units, _Counting(rule, weights, count, "refuse"))
    warn_of(shared.extent, whole, shared.pairs, units.index, partial=True)
    inside = np.bincount(shared.pairs["unit"], shared.pairs["share"], len(units))
    outside = np.clip(1 - inside, 0, 1)
    at = np.flatnonzero(outside > _LEAST)
    pairs = pd.DataFrame({"unit": at, "share": outside[at]})
    result = pd.DataFrame(index=units.index[at])
    if "name" in units.columns:
        result["name"] = units["name"].iloc[at]
    result["outside"] = outside[at]
    for column in columns:
        values, states = _summed(units, column, pairs, np.arange(len(at)), len(at))
        result[column] = np.where(np.isin(states, list(STATES)), np.nan, values)
        if (states != "").any():
            result[state_column(column)] = states
    known = {column: _measure(units, column) for column in columns}
    notes = notes_of(replace(shared.extent, outside=np.zeros(1), lost={}), whole, units)
    facts = _told(areas, units, known, replace(shared, pairs=pairs), notes)
    return tell(result, **facts, measures=known)


# --- checks ------------------------------------------------------------------------


def _check(
    areas: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    columns: list[str],
    rule: str,
    *,
    taken: set[str],
) -> None:
    check_choice(rule, "rule", RULES)
    check_frame(areas, "areas")
    check_frame(units, "units")
    check_columns(units, *columns)
    for column in taken.intersection(columns):
        msg = f"a stock cannot be called {column!r} here; rename the column"
        raise DataError(msg)
    check_unique(units.index, "units")
    known = measures_of(units)
    for column in columns:
        check_added(known, column, stacklevel=4)
        signed = _measure(units, column).signed
        values, _ = counted(units, column, signed=signed)
        check_added(known, column, values, stacklevel=4)
    refuse({column: known[column] for column in columns if column in known})
    check_metric(areas, "areas")
    check_areas(areas)


def _check_disjoint(areas: gpd.GeoDataFrame) -> None:
    """Check that nothing would be counted twice."""
    twice = shared_surface(areas)
    if twice > 1e-6 * float(areas.area.sum()):
        msg = (
            f"areas overlap over {twice / 1e6:.3g} km²: what lies there "
            "would count twice; pass disjoint areas, such as rings, or say "
            "overlap='each' to count every area as if it were alone"
        )
        raise DataError(msg)


# --- shares ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Counting:
    """How units are counted."""

    rule: str
    weights: gpd.GeoDataFrame | None
    count: str | None
    overlap: str


@dataclass(frozen=True, slots=True)
class _Shared:
    """Which part of each unit lies in each area, both by position."""

    pairs: pd.DataFrame  # area, unit, share
    extent: Extent
    rule: str
    notes: tuple[str, ...] = ()


def _shared(
    areas: gpd.GeoDataFrame, units: gpd.GeoDataFrame, counting: _Counting
) -> _Shared:
    check_choice(counting.overlap, "overlap", ("refuse", "each"))
    check_same_crs(units, areas, names=("units", "areas"))
    _check_outlines(units)
    each = counting.overlap == "each"
    if not each:
        _check_disjoint(areas)
    _check_weights(counting)
    held = np.flatnonzero(~areas.geometry.is_empty)
    shapes = areas.iloc[held].set_axis(pd.Index(held))
    if counting.rule == "centroid":
        pairs = (_alone if each else point_shares)(units, shapes)
        pairs["unit"] = units.index.get_indexer(pairs["unit"])
        shared = _Shared(pairs, extent_of(areas, units, pairs), counting.rule)
    else:
        shared = _in_part(areas, shapes, units, counting)
    if each:
        note = "Ce qui est dans plusieurs aires compte dans chacune : leurs totaux ne "
        shared = replace(shared, notes=(*shared.notes, note + "s'additionnent pas."))
    return shared


def _check_outlines(units: gpd.GeoDataFrame) -> None:
    """Check that what has no place is not taken for what is not reached."""
    void = units.index[units.geometry.isna() | units.geometry.is_empty]
    if len(void):
        msg = f"units: {len(void)} without outline: {culprits(void)}; drop them"
        raise DataError(msg)


def _check_weights(counting: _Counting) -> None:
    given = counting.weights is not None
    if counting.rule == "dwellings" and not given:
        msg = (
            "rule='dwellings' wants weights=: a GeoDataFrame of the dwellings, as "
            "points or polygons"
        )
        raise DataError(msg)
    if counting.rule != "dwellings" and (given or counting.count is not None):
        msg = f"weights and count go with rule='dwellings', not {counting.rule!r}"
        raise DataError(msg)
    if given and not isinstance(counting.weights, gpd.GeoDataFrame):
        kind = type(counting.weights).__name__
        msg = f"weights: need a GeoDataFrame of points or polygons, got {kind}"
        raise DataError(msg)


def _alone(units: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Say which units each area holds by their point, as if it were the only one."""
    points = units.set_geometry(units.representative_point())
    held = [point_shares(points, areas.iloc[[i]]) for i in range(len(areas))]
    return pd.concat(held, ignore_index=True)


def _in_part(
    areas: gpd.GeoDataFrame,
    held: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    counting: _Counting,
) -> _Shared:
    """Share units out by surface or by dwellings, the way `apportion` does."""
    left = layer_of(units, "units", repair=False)
    right = layer_of(held, "areas", repair=False)
    moves = by_area(left, right, NOISE, each=counting.overlap == "each")
    if counting.weights is not None:
        given = Weighing(counting.weights, counting.count, units, repair=False)
        moves = by_weight(moves, given, left, right, "area")
    pairs = moves.pairs[moves.pairs["share"] > 0]
    area = held.index.to_numpy()[pairs["right"]]
    unit = pairs["left"].to_numpy()
    empty = units.index[np.intersect1d(np.flatnonzero(moves.empty), unit)]
    notes: tuple[str, ...] = ()
    if len(empty):
        first = ", ".join(str(code) for code in empty[:5])
        more = "…" if len(empty) > 5 else ""
        told = f"Unités sans logement localisé, réparties par surface : {first}{more}"
        notes = (f"{told} ({number(len(empty))}).",)
    found = pd.DataFrame({"area": area, "unit": unit, "share": pairs["share"]})
    extent = extent_of(areas, units, found, moves.parts)
    return _Shared(found, extent, counting.rule, notes)


def _nested(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return each ring or isochrone with all that is nearer to its place."""
    if "outer" not in areas.columns:
        msg = (
            "cumulative=True wants rings or isochrones, with their bound in a column "
            f"'outer'; areas have {culprits(areas.columns)}"
        )
        raise DataError(msg)
    places = [
        areas.index.get_level_values(n).to_numpy() for n in range(areas.index.nlevels)
    ][:-1]
    place = np.zeros(len(areas))
    if places:
        place, _ = pd.factorize(pd.MultiIndex.from_arrays(places))
    shapes = np.asarray(areas.geometry.array).copy()
    outer = areas["outer"].to_numpy(dtype=float)
    for one in np.unique(place):
        rows = np.flatnonzero(place == one)
        order = rows[np.argsort(outer[rows])]
        if shared_surface(areas.iloc[order]) > _LEAST * areas.area.iloc[order].sum():
            msg = (
                "areas hold one another already: each is counted with all that is "
                "nearer; leave cumulative out, or draw them with nested=False"
            )
            raise DataError(msg)
        for near, far in pairwise(order):
            shapes[far] = shapely.union(shapes[near], shapes[far])
    return gpd.GeoDataFrame(geometry=shapes, index=areas.index, crs=areas.crs)


def _within(column: str) -> str:
    """Name a count of all that is nearer, or its state."""
    bare = column.removesuffix(state_column(""))
    return f"{bare}{_WITHIN}{column[len(bare) :]}"


# --- sums --------------------------------------------------------------------------


def _groups(units: gpd.GeoDataFrame, by: str | pd.Series) -> pd.Series:
    """Return the group of each unit."""
    if isinstance(by, str):
        check_columns(units, by)
        by = units[by]
    check_unique(by.index, "by")
    groups = by.reindex(units.index)
    lost = units.index[groups.isna()]
    if len(lost):
        msg = (
            f"by: {len(lost)} unit(s) have no {by.name}: {culprits(lost)}; "
            "name their group, as in .fillna('hors périmètre')"
        )
        raise DataError(msg)
    return groups


def _cells(
    pairs: pd.DataFrame, areas: pd.Index, groups: pd.Series | None
) -> tuple[np.ndarray, pd.Index]:
    """Return the row of the result that each pair adds to, and its index."""
    if groups is None:
        return pairs["area"].to_numpy(), areas
    group, values = pd.factorize(groups, sort=True)
    size = len(values)
    at = np.repeat(np.arange(len(areas)), size)
    levels = [areas.get_level_values(level).take(at) for level in range(areas.nlevels)]
    index = pd.MultiIndex.from_arrays(
        [*levels, np.tile(np.asarray(values), len(areas))],
        names=[*areas.names, groups.name],
    )
    return pairs["area"].to_numpy() * size + group[pairs["unit"]], index


def _counted(
    areas: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    columns: list[str],
    groups: pd.Series | None,
    shared: _Shared,
) -> pd.DataFrame:
    """Add up what lies in each area, or in each group of it."""
    cell, index = _cells(shared.pairs, areas.index, groups)
    size, extent = len(index), shared.extent
    result = pd.DataFrame(index=index)
    result["units"] = np.bincount(cell, minlength=size)
    each = size // len(areas)
    partial = np.repeat(extent.partial & ~extent.larger, each)
    rough = np.zeros(size, dtype=bool)
    lies = extent.lies[extent.rough[extent.lies["area"]]]
    rough[_cells(lies, areas.index, groups)[0]] = True
    for column in columns:
        values, states = _summed(units, column, shared.pairs, cell, size)
        signed = _measure(units, column).signed
        kind: Literal["balance", "count"] = "balance" if signed else "count"
        states[partial] = of_part(states[partial], kind)
        states[rough & (states == "")] = "estimated"
        result[column] = np.where(np.isin(states, list(STATES)), np.nan, values)
        if (states != "").any():
            result[state_column(column)] = states
    return result


def _measure(units: pd.DataFrame, column: str) -> Stock:
    """Return what a column is told to be, else a plain stock."""
    told = measures_of(units).get(column)
    return told if isinstance(told, Stock) else Stock()


def _summed(
    units: pd.DataFrame, column: str, pairs: pd.DataFrame, cell: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the sum of each row and what it is worth, by the rule of `aggregate`."""
    signed = _measure(units, column).signed
    counts, told = counted(units, column, signed=signed)
    unit, share = pairs["unit"].to_numpy(), pairs["share"].to_numpy()
    values = counts.to_numpy()[unit]
    state = told.to_numpy(dtype=object)[unit]
    known = ~np.isnan(values)
    cut = share < 1 - NOISE
    state = shared_out(state, cut & known, values == 0)

    def some(which: np.ndarray) -> np.ndarray:
        return np.bincount(cell[which], minlength=size) > 0

    has = {name: some(state == name) for name in (*STATES, *QUALIFIERS)}
    states = summed(has, some(known), signed=signed)
    sums = np.bincount(cell, np.where(known, values, 0.0) * share, size)
    return sums.astype(np.float64), states


def _told(
    areas: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    known: Mapping[str, Stock],
    shared: _Shared,
    notes: tuple[str, ...],
) -> dict[str, object]:
    """Return what is to be printed with the figures."""
    drawn, frame = told_of(areas), told_of(units)
    lines = [line for item in known.values() for line in item.source.split("; ")]
    sources = dict.fromkeys([*drawn.sources, *frame.sources, *lines])
    rule = RULES[shared.rule] + (f" ; aires : {drawn.rule}" if drawn.rule else "")
    return {
        "rule": rule,
        "sources": tuple(filter(None, sources)),
        "notes": (
            *shared.notes,
            *_blanks(units, known, shared.pairs),
            *_minima(units, known, shared.pairs),
            *notes,
        ),
    }


def _minima(
    units: gpd.GeoDataFrame, known: Mapping[str, Stock], pairs: pd.DataFrame
) -> list[str]:
    """Say in French which minima are cut, so that their parts bound nothing."""
    cut = units.index[np.unique(pairs.loc[pairs["share"] < 1 - NOISE, "unit"])]
    stocks = stocks_of(units.loc[cut], known)
    return shared_minima(stocks, cut, printed_names(known))


def _blanks(
    units: gpd.GeoDataFrame, known: Mapping[str, Stock], pairs: pd.DataFrame
) -> list[str]:
    """Say in French which units count for nothing, their value being missing."""
    inside = units.iloc[np.unique(pairs["unit"])]
    notes = []
    for column, measure in known.items():
        _, states = counted(inside, column, signed=measure.signed)
        for state, printed in STATES.items():
            codes = [str(code) for code in inside.index[states == state]]
            if codes and state != "not_applicable":
                more = "…" if len(codes) > 5 else ""
                notes.append(
                    f"{measure.label or column}, {printed.lower()} : "
                    f"{', '.join(codes[:5])}{more} ({number(len(codes))})."
                )
    return notes
