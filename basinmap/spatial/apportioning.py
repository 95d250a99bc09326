"""Apportioning: counts between units that do not nest, nothing lost, nothing made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from basinmap.arguments import check_given
from basinmap.errors import CodeError, DataError, culprits
from basinmap.measures import (
    Category,
    Measure,
    Measures,
    Stock,
    check_ratios,
    counted,
    printed_names,
    state_column,
    states_of,
)
from basinmap.reports import Accounted, Report
from basinmap.spatial.combining import keys_of, sums_at
from basinmap.spatial.options import check_choice, check_flag, check_tolerance
from basinmap.spatial.overlaps import warn_apart
from basinmap.spatial.polygons import NOISE, disjoint, overlapping
from basinmap.spatial.projections import check_same_crs
from basinmap.spatial.rasters import Raster
from basinmap.spatial.sharing import (
    Layer,
    Moves,
    Weighing,
    by_area,
    by_weight,
    layer_of,
)
from basinmap.states import shared_out
from basinmap.territory.sums import (
    account,
    columns_of,
    refuse,
    shared_minima,
    signed_of,
    still_hidden,
    stocks_of,
)
from basinmap.territory.units import check_unique
from basinmap.typography import number, percent
from basinmap.values.told import (
    bare,
    carry,
    declared,
    measures_of,
    retell,
    told_of,
)

__all__ = ["Apportionment", "apportion"]


@dataclass(frozen=True, slots=True, repr=False)
class Apportionment(Report):
    """
    A report that also says what became of each unit that was shared out.

    Attributes
    ----------
    moved
        Per source unit, the share of it that found a target, in [0, 1]; more where
        targets overlap and each counts.
    uncovered
        Per stock, the share of the total that no target covers.
    """

    moved: dict[str, float] = field(default_factory=dict, repr=False)
    uncovered: dict[str, float] = field(default_factory=dict)


# --- what is public ----------------------------------------------------------------


def apportion(  # noqa: PLR0913 - each is a choice that changes the figures
    table: pd.DataFrame,
    source: gpd.GeoDataFrame,
    target: gpd.GeoDataFrame,
    *,
    measures: Measures | None = None,
    weights: pd.DataFrame | Raster | None = None,
    count: str | None = None,
    unweighted: Literal["area", "missing"] = "area",
    overlap: Literal["refuse", "each"] = "refuse",
    tolerance: float = 0.0,
    repair: bool = False,
) -> tuple[pd.DataFrame, Apportionment]:
    """
    Share counts out between units that do not nest: IRIS, quartiers, cells, rings.

    What lies whole in a target moves whole, exactly; what is cut is shared out, by
    surface or by what people live in, and called an estimate. What no target covers
    is reported, never spread over the others.

    Parameters
    ----------
    table
        Counts, one row a unit of `source`, on its index. Units of `source` without a
        row are left out.
    source, target
        Polygons, in one metric CRS.
    measures
        Column to measure; by default those that the table carries.
    weights
        What shares a unit out, in place of its surface: a frame of points (dwellings,
        addresses); one of polygons (buildings), by surface of intersection; a raster
        of counts, such as a grid of inhabitants (a path, or what rasterio.open
        returns), in the CRS of the units; or a plain table with columns `source`,
        `target` (missing: outside of all targets) and `weight`. A cell of a raster
        counts in each part for the share of it that is inside, and for nothing
        without data.
    count
        Column of `weights`: how many each point or polygon stands for; that of a
        polygon is spread evenly over it.
    unweighted
        What becomes of a unit without any weight. `"area"`: it is shared by surface.
        `"missing"`: what it holds, unless 0, is not available where it lies.
    overlap
        `"refuse"`: targets that overlap are an error. `"each"`: what lies in several
        counts in each, and totals are not conserved.
    tolerance
        Share of the smaller of two units, in [0, 0.5[, under which their intersection
        is a difference of outline: it is dropped and given back in proportion, and
        what lies outside of all targets is counted inside when under that share.
    repair
        Whether invalid outlines are repaired, which the report says; otherwise they
        are refused.

    Returns
    -------
    table : DataFrame
        On the index of `target`; a target that no unit of the table covers is
        `"not_available"`, not 0. `<column>_state` where there is something to say:
        `"estimated"` where a value rests on a share, or on a part of the target.
        So is all that lies in a target whose column `quality` says `"indicative"`.
        `attrs["rule"]` is the French sentence to print; the credits of weights and
        outlines go with those of the counts.
    report : Apportionment
        Totals before and after, share of each unit moved, what is uncovered and
        what is estimated.

    Raises
    ------
    CRSError
        If a frame cannot be measured, or they differ.
    CodeError
        If the table has codes that `source` has not.
    MeasureError
        If a column is a median or the rate of something, a count or a weight is no
        number, or a count infinite or negative, the counts of a ratio do not match,
        or nothing is declared.
    ColumnError, DataError
        If a column is missing, a code is repeated, something is empty, an outline is
        absent, invalid or flat, sources or targets overlap, a weight is missing or
        negative, a raster cannot be read, or an option is unknown.

    Warns
    -----
    BasinmapWarning
        If a source unit sticks out of a raster of weights, or sources and targets
        have no ground in common.

    Notes
    -----
    A ratio is computed again from its counts, a mean is weighted, a category follows
    its rule. A part of a secret is a secret, a sum with one a lower bound, as
    `aggregate` has it. Cells of a square grid are measured by summing, edge by edge,
    the signed surface on one side of each outline: exact, without intersections.

    Examples
    --------
    >>> import basinmap as bm
    >>> from basinmap.spatial.apportioning import apportion
    >>> lens = bm.communes(epci="call")
    >>> areas = bm.rings(bm.LOUVRE_LENS, distances=[5_000, 10_000])
    >>> counts, report = apportion(
    ...     lens[["population"]], lens, areas, measures={"population": bm.Stock()}
    ... )
    >>> counts.round()
           population population_state
    ring
    5000     121223.0        estimated
    10000    115587.0        estimated
    >>> f"{100 * report.uncovered['population']:.1f} % is beyond 10 km"
    '2.1 % is beyond 10 km'
    """
    check_given(apportion, locals())
    known = declared(table, measures)
    refuse(known)
    check_ratios(known, {**measures_of(table), **known})
    _check_options(
        unweighted, overlap, tolerance, repair=repair, count=count, weights=weights
    )
    check_same_crs(source, target, names=("source", "target"))
    full, table = table, _checked(table, source)
    warn_apart(source, target, ("source", "target"))
    tolerance = max(tolerance, NOISE)
    left = layer_of(source.loc[table.index], "source", repair=repair)
    right = layer_of(target, "target", repair=repair)
    _check_disjoint(left, tolerance)
    if overlap == "refuse":
        _check_disjoint(right, tolerance)
    moves = by_area(left, right, tolerance, each=overlap == "each")
    if weights is not None:
        given = Weighing(weights, count, source, repair=repair)
        moves = by_weight(moves, given, left, right, unweighted)
    counts = stocks_of(table, known)
    numbers = [str(name) for name in counts if state_column(name) in counts]
    cut = moves.pairs["estimated"].to_numpy()
    stocks = _shared_out(counts, numbers, moves, cut)
    rows = _rows(table, known, moves)
    result = _combined(stocks, numbers, rows, known, moves)
    if (counts[list(map(state_column, numbers))] == "lower_bound").any(axis=None):
        whole = _shared_out(counts, numbers, moves, np.zeros_like(cut))
        result = still_hidden(result, _combined(whole, numbers, rows, known, moves))
    result = _uncertain(result, known, moves)
    vague = _vague(target)
    result = _estimated_at(_placed(result, target.index, known), vague, known)
    report = _report(counts, stocks, result, known, moves, vague)
    _told(result, full, target, known, weights, f"{moves.rule} (estimation)", vague)
    return Accounted(result, report)


# --- checks ------------------------------------------------------------------------


def _check_options(
    unweighted: str,
    overlap: str,
    tolerance: float,
    *,
    repair: bool,
    count: str | None,
    weights: pd.DataFrame | Raster | None,
) -> None:
    check_choice(unweighted, "unweighted", ("area", "missing"))
    check_choice(overlap, "overlap", ("refuse", "each"))
    check_tolerance(tolerance)
    check_flag(repair, "repair")
    if count is not None and weights is None:
        msg = (
            f"count={count!r} is a column of weights, and there are none; pass "
            "weights=, a frame of points or polygons, or leave count out"
        )
        raise DataError(msg)


def _checked(table: pd.DataFrame, source: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the table in the order of its codes, if they all have an outline."""
    if table.empty:
        msg = "empty selection: the table has no row to share out"
        raise DataError(msg)
    check_unique(table.index, "table")
    check_unique(source.index, "source")
    lost = table.index[~table.index.isin(source.index)]
    if len(lost):
        msg = (
            f"{len(lost)} code(s) of the table have no outline in source: "
            f"{culprits(lost)}; drop those rows, or take the outlines of the same "
            "geography"
        )
        raise CodeError(msg)
    # In the order of codes, sums are the same to the last bit whatever the order of
    # the rows.
    return bare(table).loc[sorted(table.index, key=str)]


def _check_disjoint(layer: Layer, tolerance: float) -> None:
    if layer.lattice is not None or disjoint(layer.shapes):
        return
    pairs = overlapping(layer.shapes)
    areas = layer.areas
    part = pairs["area"] / np.minimum(areas[pairs["left"]], areas[pairs["right"]])
    wrong = pairs[part > tolerance].sort_values("area", ascending=False)
    if len(wrong):
        codes = layer.index
        told = [
            f"{codes[i]} / {codes[j]}"
            for i, j in zip(wrong["left"][:5], wrong["right"][:5], strict=True)
        ]
        each = ", or ask for overlap='each'" if layer.what == "target" else ""
        msg = (
            f"{layer.what}: {len(wrong)} pair(s) overlap, over "
            f"{wrong['area'].sum():.0f} m²: {culprits(told)}; mend them with "
            f"bm.clean_coverage(…), say tolerance={_least(part.max())} if they are "
            f"differences of outline{each}"
        )
        raise DataError(msg)


def _least(part: float) -> str:
    """Write the tolerance that a part would need, if there is one."""
    return f"{part * 1.01:.2g}" if part * 1.01 < 0.5 else "…"


# --- surfaces ----------------------------------------------------------------------


# --- shares ------------------------------------------------------------------------


# --- combining ---------------------------------------------------------------------


def _categories(known: Measures) -> list[str]:
    return [name for name, measure in known.items() if isinstance(measure, Category)]


def _combined(
    stocks: pd.DataFrame,
    numbers: list[str],
    rows: pd.DataFrame,
    known: Measures,
    moves: Moves,
) -> pd.DataFrame:
    """Return the measures of each target from what goes to it."""
    sums = sums_at(stocks, moves.to, signed=signed_of(known))
    parent = pd.Series(keys_of(moves.to if len(rows) else ()), dtype=object)
    return columns_of(known, _flagged(sums, numbers, moves), rows, parent)


def _shared_out(
    stocks: pd.DataFrame, numbers: list[str], moves: Moves, cut: np.ndarray
) -> pd.DataFrame:
    """Return the stocks of each pair, with what is to be said of a part."""
    share = moves.pairs["share"].to_numpy()
    stocks = stocks.take(moves.pairs["left"].to_numpy()).reset_index(drop=True)
    columns: dict[str, np.ndarray] = {}
    for name in numbers:
        values = stocks[name].to_numpy()
        states = stocks[state_column(name)].to_numpy(dtype=object)
        states = shared_out(states, cut, values == 0)
        # Nobody is nobody, wherever they would have lived.
        mute = moves.mute & (values != 0) & ~np.isnan(values)
        columns[name] = np.where(mute, np.nan, values * share)
        columns[state_column(name)] = np.where(mute, "not_available", states)
    return pd.DataFrame(columns, index=stocks.index)


def _rows(table: pd.DataFrame, known: Measures, moves: Moves) -> pd.DataFrame:
    """Return a row per pair, the weights of categories shared out."""
    if not _categories(known):
        return table.iloc[:0]
    rows = table.take(moves.pairs["left"].to_numpy()).reset_index(drop=True)
    weights = {getattr(known[name], "weight", "") for name in _categories(known)}
    for weight in weights - {""}:
        values = counted(table, weight)[0].to_numpy()[moves.pairs["left"]]
        values = values * moves.pairs["share"].to_numpy()
        rows[weight] = np.where(moves.mute & (values != 0), np.nan, values)
    return rows


def _flagged(sums: pd.DataFrame, numbers: list[str], moves: Moves) -> pd.DataFrame:
    """Say of the targets whose ground is not all there that they are estimated."""
    partial = sums.index.isin(keys_of(np.flatnonzero(moves.partial)))
    for name in numbers:
        state = sums[state_column(name)]
        sums[state_column(name)] = state.mask(partial & (state == ""), "estimated")
    return sums


def _uncertain(result: pd.DataFrame, known: Measures, moves: Moves) -> pd.DataFrame:
    """Say of the categories that rest on a part that they are estimated."""
    if not _categories(known):
        return result
    cut = moves.to[moves.pairs["estimated"]]
    unsure = keys_of(np.union1d(np.flatnonzero(moves.partial), cut))
    for name in _categories(known):
        told = result.index.isin(unsure) & result[name].notna().to_numpy()
        if told.any():
            states = pd.Series("", result.index, dtype=object)
            states = result.get(state_column(name), states)
            result[state_column(name)] = states.mask(told, "estimated")
    return result


def _placed(result: pd.DataFrame, index: pd.Index, known: Measures) -> pd.DataFrame:
    """Return the result on the index of the targets; nothing is not 0."""
    at = result.index.astype(np.int64)
    void = np.ones(len(index), dtype=bool)
    void[at] = False
    columns: dict[str, pd.Series] = {}
    for name in known:
        values = result[name].set_axis(at).reindex(range(len(index)))
        columns[name] = values.set_axis(index)
        if state_column(name) in result or void.any():
            states = np.full(len(index), "", dtype=object)
            if state_column(name) in result:
                states[at] = result[state_column(name)].to_numpy(dtype=object)
            states[void] = "not_available"
            columns[state_column(name)] = pd.Series(states, index, dtype=object)
    return pd.DataFrame(columns, index=index)


def _vague(target: gpd.GeoDataFrame) -> tuple[str, ...]:
    """Return the targets of which the outline is but indicative."""
    if "quality" not in target:
        return ()
    return _codes(target.index[target["quality"].eq("indicative")])


def _estimated_at(
    result: pd.DataFrame, vague: tuple[str, ...], known: Measures
) -> pd.DataFrame:
    """Say of all that lies in an indicative outline that it is estimated."""
    here = result.index.isin(vague)
    for name in known if here.any() else ():
        states = states_of(result, name)
        told = here & states.eq("").to_numpy() & result[name].notna().to_numpy()
        if told.any():
            result[state_column(name)] = states.mask(told, "estimated")
    return result


def _told(
    result: pd.DataFrame,
    full: pd.DataFrame,
    target: gpd.GeoDataFrame,
    known: Measures,
    weights: pd.DataFrame | Raster | None,
    rule: str,
    vague: tuple[str, ...],
) -> None:
    """Write of a result what it is, by which rule, and who made what it rests on."""
    carry(result, full)
    weighed = _credits(weights)
    retell(
        result,
        level=target.index.name or "unit",
        measures={n: _weighed(m, weighed) for n, m in known.items()},
        rule=rule,
        sources=tuple(
            dict.fromkeys((*told_of(full).sources, *told_of(target).sources))
        ),
        remarks=dict.fromkeys(vague, "Contour indicatif."),
    )


def _credits(weights: pd.DataFrame | Raster | None) -> str:
    """Return the credits of what weighs, if it tells them."""
    if not isinstance(weights, pd.DataFrame):
        return ""
    every = [*told_of(weights).sources]
    every += [m.source for m in measures_of(weights).values()]
    return "; ".join(dict.fromkeys(filter(None, every)))


def _weighed(measure: Measure, credit: str) -> Measure:
    """Return a measure whose credit is also that of what shared it out."""
    if not credit:
        return measure
    source = f"{measure.source}; poids : {credit}".removeprefix("; ")
    return replace(measure, source=source)


# --- accounts ----------------------------------------------------------------------


def _report(
    counts: pd.DataFrame,
    stocks: pd.DataFrame,
    result: pd.DataFrame,
    known: Measures,
    moves: Moves,
    vague: tuple[str, ...],
) -> Apportionment:
    shown = [name for name, measure in known.items() if isinstance(measure, Stock)]
    moved = moves.moved
    outside = pd.Series(np.clip(1 - moved, 0, None), counts.index)
    outside = outside.mask(outside < NOISE, 0.0)
    uncovered = {}
    for name in shown:
        sizes = counts[name].abs()
        whole = float(sizes.sum())
        uncovered[name] = float((sizes * outside).sum()) / whole if whole > 0 else 0.0
    targets = moves.pairs.loc[moves.pairs["share"] > 0].groupby("left").size()
    codes = pd.Index(_codes(counts.index))
    return account(
        f"Répartition vers {result.index.name or 'les unités demandées'}",
        known,
        counts.set_axis(codes),
        result.set_axis(pd.Index(_codes(result.index))),
        unmatched=codes[moved == 0],
        form=Apportionment,
        split=tuple(codes[targets.index[targets > 1]]),
        estimated={name: _estimated(stocks[name], moves) for name in shown},
        notes=(
            *_notes(moves, result, uncovered, printed_names(known)),
            *filter(None, [_listed("Contours indicatifs, valeurs estimées", vague)]),
            *shared_minima(
                counts.set_axis(codes),
                codes[moves.pairs.loc[moves.pairs["estimated"], "left"]],
                printed_names(known),
            ),
        ),
        moved=dict(zip(codes, moved.tolist(), strict=True)),
        uncovered=uncovered,
    )


def _estimated(values: pd.Series, moves: Moves) -> float:
    """Return the share of a total that rests on an estimate."""
    sizes = values.abs()
    whole = float(sizes.sum())
    return float(sizes[moves.pairs["estimated"]].sum()) / whole if whole > 0 else 0.0


def _codes(index: Iterable[object]) -> tuple[str, ...]:
    return tuple(str(code) for code in index)


def _notes(
    moves: Moves,
    result: pd.DataFrame,
    uncovered: dict[str, float],
    labels: dict[str, str],
) -> list[str]:
    left, right = moves.layers
    there = np.isin(np.arange(len(result)), moves.pairs["right"])
    parted = moves.pairs.groupby("left")["estimated"].any()
    whole, cut = int((~parted).sum()), int(parted.sum())
    lines = [
        f"Unités déplacées entières : {number(whole)}. Unités coupées : {number(cut)}, "
        f"par {moves.rule} : ces valeurs portent la mention « estimation »."
    ]
    lines += [
        f"Part hors des unités d'arrivée, non répartie, {labels.get(name, name)} : "
        f"{percent(100 * share, 2)}."
        for name, share in uncovered.items()
        if share > 0
    ]
    zero = left.index[moves.empty]
    fate = "tenues pour non disponibles" if moves.silent else "réparties par surface"
    lines += moves.notes
    lines.append(_listed(f"Unités sans poids, {fate}", zero))
    lines.append(_listed("Unités d'arrivée sans donnée", result.index[~there]))
    lines.append(
        _listed(
            "Unités d'arrivée couvertes en partie seulement",
            result.index[moves.partial & there],
        )
    )
    lines += [
        _listed("Contours invalides réparés", layer.repaired) for layer in (left, right)
    ]
    if moves.tolerance > NOISE:
        lines.append(
            f"Recouvrements de moins de {percent(100 * moves.tolerance, 1)} de la plus "
            "petite unité tenus pour des écarts de tracé."
        )
    if moves.each:
        lines.append(
            "Les unités d'arrivée peuvent se recouvrir : ce qui est dans plusieurs "
            "compte dans chacune, et leurs totaux ne s'additionnent pas."
        )
    return list(filter(None, lines))


def _listed(title: str, codes: Iterable[object]) -> str:
    """Write a title, how many codes, and the first of them; nothing if none."""
    found = _codes(codes)
    more = "…" if len(found) > 5 else ""
    first = ", ".join(found[:5])
    return f"{title} ({number(len(found))} : {first}{more})." if found else ""
