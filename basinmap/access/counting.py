"""What is inside each area, and what is in none, with the counting rule named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from basinmap.errors import DataError, MeasureError, culprits
from basinmap.measures import Stock, check_columns, state_column, states_of
from basinmap.spatial.overlaps import point_shares, shared_surface
from basinmap.spatial.polygons import NOISE
from basinmap.spatial.projections import check_metric, check_same_crs
from basinmap.spatial.sharing import Weighing, by_area, by_weight, layer_of
from basinmap.territory.units import check_unique
from basinmap.typography import number
from basinmap.values.told import measures_of

__all__ = ["not_reached", "reach"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "centroid": "unités comptées entières là où tombe leur point représentatif",
        "area": "unités comptées au prorata de leur surface (estimation)",
        "dwellings": "unités comptées au prorata de leurs logements (estimation)",
    }
)
Rule = Literal["centroid", "area", "dwellings"]

_LEAST: Final = 1e-6
"""Share of a unit under which its ground is not said to be outside."""


# --- what is public ----------------------------------------------------------------


def reach(
    areas: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    *,
    sums: Sequence[str],
    rule: Rule,
    weights: gpd.GeoDataFrame | None = None,
    count: str | None = None,
    by: str | pd.Series | None = None,
    overlap: Literal["refuse", "each"] = "refuse",
) -> pd.DataFrame:
    """
    Add up what lies inside each area, such as rings or isochrones.

    Parameters
    ----------
    areas
        Polygons in a metric CRS; those that are empty hold nothing.
    units
        Polygons with the counts to add up, in the same CRS.
    sums
        Columns of stocks.
    rule
        `"centroid"`: a unit counts whole where its representative point falls.
        `"area"`: it counts by share of surface, an estimate that is wrong
        wherever people are not spread evenly. `"dwellings"`: it counts by share of
        its dwellings, which `weights` places; an estimate too.
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

    Returns
    -------
    DataFrame
        On the index of `areas`: `units` (how many count, whole or in part), the
        `sums`, and `rule`; `<column>_state` is `"estimated"` where a sum rests on a
        share. With `by`, a last level of that name is added to the index, each area
        having a row for each value, 0 included: their sums are those without `by`.
        `attrs["rule"]` is the French sentence to print, `attrs["sources"]` the
        credit, `attrs["notes"]` what else is to be said; `attrs["not_reached"]` the
        codes of the units that no area holds, even in part.

    Raises
    ------
    CRSError
        If a CRS is missing, in degrees, or differs.
    MeasureError
        If a column is declared as anything but a stock.
    ColumnError, DataError
        If a column is missing, holds missing values, a code is repeated, the
        rule is unknown or lacks its weights, areas overlap.

    See Also
    --------
    not_reached : The units that are outside, by name.

    Examples
    --------
    >>> import basinmap as bm
    >>> basin = bm.perimeter("bassin-minier").communes
    >>> units = bm.communes().loc[list(basin)]
    >>> areas = bm.rings(bm.LOUVRE_LENS, distances=[10_000])
    >>> bm.reach(areas, units, sums=["population"], rule="centroid")
           units  population      rule
    ring
    10000     43    283410.0  centroid
    >>> found = bm.reach(areas, units, sums=["population"], rule="centroid", by="epci")
    >>> found.loc[(10_000, "246200364"), ["units", "population"]].tolist()
    [33.0, 239899.0]
    """
    columns = [sums] if isinstance(sums, str) else list(dict.fromkeys(sums))
    _check(areas, units, columns, rule, taken={"units", "rule"})
    shared = _shared(areas, units, _Counting(rule, weights, count, overlap))
    groups = None if by is None else _groups(units, by)
    cell, index = _cells(shared.pairs, areas.index, groups)
    result = pd.DataFrame(index=index)
    result["units"] = np.bincount(cell, minlength=len(index))
    for column in columns:
        values, states = _summed(units, column, shared.pairs, cell, len(index))
        result[column] = values
        if (states != "").any():
            result[state_column(column)] = states
    result["rule"] = rule
    at = np.setdiff1d(np.arange(len(units)), shared.pairs["unit"])
    result.attrs = _attrs(areas, units, shared) | {
        "not_reached": tuple(units.index[at])
    }
    return result


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
        `<column>_state` where it is an estimate. `attrs` as for `reach`.

    Raises
    ------
    BasinmapError
        As for `reach`.

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
    columns = [sums] if isinstance(sums, str) else list(dict.fromkeys(sums))
    _check(areas, units, columns, rule, taken={"name", "outside"})
    whole = gpd.GeoDataFrame(geometry=[_union(areas)], crs=areas.crs)
    shared = _shared(whole, units, _Counting(rule, weights, count, "refuse"))
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
        result[column] = values
        if (states != "").any():
            result[state_column(column)] = states
    result.attrs = _attrs(areas, units, shared)
    return result


# --- checks ------------------------------------------------------------------------


def _check(
    areas: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    columns: list[str],
    rule: str,
    *,
    taken: set[str],
) -> None:
    if rule not in tuple(RULES):
        msg = f"unknown rule {rule!r}; choose among {', '.join(RULES)}"
        raise DataError(msg)
    check_columns(units, *columns)
    for column in taken.intersection(columns):
        msg = f"a stock cannot be called {column!r} here; rename the column"
        raise DataError(msg)
    check_unique(units.index, "units")
    check_unique(areas.index, "areas")
    _check_stocks(units, columns)
    check_metric(areas, "areas")


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


def _union(areas: gpd.GeoDataFrame) -> shapely.Geometry:
    return shapely.union_all(shapely.make_valid(areas.geometry.array))


def _check_stocks(units: pd.DataFrame, columns: Sequence[str]) -> None:
    known = measures_of(units)
    for column in columns:
        measure = known.get(column)
        if measure is not None and not isinstance(measure, Stock):
            kind = type(measure).__name__.lower()
            msg = f"{column!r} is a {kind}: only stocks add up; sum its counts instead"
            raise MeasureError(msg)
        if not pd.api.types.is_numeric_dtype(units[column]):
            msg = f"{column!r} holds text, not counts; pass a column of numbers"
            raise MeasureError(msg)
        missing = units.index[units[column].isna()]
        if len(missing):
            msg = (
                f"{column!r}: {len(missing)} missing value(s), so that a sum would "
                f"pass for the whole: {list(missing[:5])}; drop or fill them first"
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
    rule: str
    notes: tuple[str, ...] = ()


def _shared(
    areas: gpd.GeoDataFrame, units: gpd.GeoDataFrame, counting: _Counting
) -> _Shared:
    if counting.overlap not in ("refuse", "each"):
        msg = f"unknown overlap {counting.overlap!r}; choose between refuse, each"
        raise DataError(msg)
    check_same_crs(units, areas, names=("units", "areas"))
    _check_outlines(units)
    each = counting.overlap == "each"
    if not each:
        _check_disjoint(areas)
    _check_weights(counting)
    held = np.flatnonzero(~(areas.geometry.is_empty | areas.geometry.isna()))
    if len(held) == 0:
        msg = f"areas: all {len(areas)} are empty, nothing can be inside"
        raise DataError(msg)
    shapes = areas.iloc[held].set_axis(pd.Index(held))
    if counting.rule == "centroid":
        pairs = (_alone if each else point_shares)(units, shapes)
        pairs["unit"] = units.index.get_indexer(pairs["unit"])
        shared = _Shared(pairs, counting.rule)
    else:
        shared = _in_part(shapes, units, counting)
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
    areas: gpd.GeoDataFrame, units: gpd.GeoDataFrame, counting: _Counting
) -> _Shared:
    """Share units out by surface or by dwellings, the way `apportion` does."""
    left = layer_of(units, "units", repair=False)
    right = layer_of(areas, "areas", repair=False)
    moves = by_area(left, right, NOISE, each=counting.overlap == "each")
    if counting.weights is not None:
        given = Weighing(counting.weights, counting.count, units, repair=False)
        moves = by_weight(moves, given, left, right, "area")
    pairs = moves.pairs[moves.pairs["share"] > 0]
    area = areas.index.to_numpy()[pairs["right"]]
    unit = pairs["left"].to_numpy()
    empty = units.index[np.intersect1d(np.flatnonzero(moves.empty), unit)]
    notes: tuple[str, ...] = ()
    if len(empty):
        first = ", ".join(str(code) for code in empty[:5])
        more = "…" if len(empty) > 5 else ""
        told = f"Unités sans logement localisé, réparties par surface : {first}{more}"
        notes = (f"{told} ({number(len(empty))}).",)
    found = pd.DataFrame({"area": area, "unit": unit, "share": pairs["share"]})
    return _Shared(found, counting.rule, notes)


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


def _summed(
    units: pd.DataFrame, column: str, pairs: pd.DataFrame, cell: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the sum of each row and what it is worth, by the rule of `aggregate`."""
    unit, share = pairs["unit"].to_numpy(), pairs["share"].to_numpy()
    values = units[column].to_numpy("float64")[unit]
    state = states_of(units, column).to_numpy(dtype=object)[unit]
    cut = (share < 1 - NOISE) & (values != 0)
    low = np.bincount(cell[state == "lower_bound"], minlength=size) > 0
    unsure = np.bincount(cell[cut | (state == "estimated")], minlength=size) > 0
    states = np.select([low, unsure], ["lower_bound", "estimated"], default="")
    sums = np.bincount(cell, values * share, size).astype(np.float64)
    return sums, states.astype(object)


def _attrs(
    areas: gpd.GeoDataFrame, units: gpd.GeoDataFrame, shared: _Shared
) -> dict[str, object]:
    """Return what is to be printed with the figures."""
    drawn = areas.attrs.get("rule")
    credits_ = (*areas.attrs.get("sources", ()), *units.attrs.get("sources", ()))
    return {
        "rule": RULES[shared.rule] + (f" ; aires : {drawn}" if drawn else ""),
        "sources": tuple(dict.fromkeys(credits_)),
        "notes": shared.notes,
    }
