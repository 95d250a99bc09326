"""Apportioning: counts between units that do not nest, nothing lost, nothing made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from os import PathLike, fspath
from pathlib import Path
from typing import Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from basinmap.errors import CodeError, DataError, culprits
from basinmap.measures import (
    Category,
    Measures,
    Stock,
    check_columns,
    check_ratios,
    printed_names,
    state_column,
)
from basinmap.reports import Report
from basinmap.spatial.cells import fractions
from basinmap.spatial.coverages import (
    NOISE,
    _are_boxes,
    _disjoint,
    _keys,
    _outlines,
    _overlaps,
    _sums,
)
from basinmap.spatial.lookups import _repeated
from basinmap.spatial.projections import check_same_crs
from basinmap.spatial.rasters import Raster, weight_within
from basinmap.territory.sums import columns_of, refuse, stocks_of, totals
from basinmap.territory.units import check_unique
from basinmap.typography import number, percent, typeset
from basinmap.values.told import declared, measures_of

__all__ = ["Apportionment", "apportion"]

_MARGIN: Final = 1e-6
"""Share of a unit under which its ground counts as covered."""

_RULES: Final = {
    "area": "répartition au prorata des surfaces",
    "points": "répartition au prorata de points pondérés",
    "polygons": "répartition au prorata de surfaces pondérées",
    "raster": "répartition au prorata de « {} »",
    "given": "répartition au prorata de poids fournis",
}


@dataclass(frozen=True, slots=True)
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
        `attrs["rule"]` is the French sentence to print.
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
        If a column is a median or a bare percentage, the counts of a ratio do not
        match, or nothing is declared.
    ColumnError, DataError
        If a column is missing, a code is repeated, something is empty, an outline is
        absent, invalid or flat, sources or targets overlap, a weight is missing or
        negative, a raster cannot be read, or an option is unknown.

    Warns
    -----
    BasinmapWarning
        If a source unit sticks out of a raster of weights.

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
    known = declared(table, measures)
    refuse(known)
    check_ratios(known, {**measures_of(table), **known})
    _check_options(unweighted=unweighted, overlap=overlap, tolerance=tolerance)
    check_same_crs(source, target, names=("source", "target"))
    attrs, table = table.attrs, _checked(table, source)
    tolerance = max(tolerance, NOISE)
    left = _layer(source.loc[table.index], "source", repair=repair)
    right = _layer(target, "target", repair=repair)
    _check_disjoint(left, tolerance)
    if overlap == "refuse":
        _check_disjoint(right, tolerance)
    moves = _by_area(left, right, tolerance, each=overlap == "each")
    if weights is not None:
        given = _Weighing(weights, count, source, repair=repair)
        moves = _by_weight(moves, given, left, right, unweighted)
    stocks = stocks_of(table, known)
    numbers = [str(name) for name in stocks if state_column(name) in stocks]
    stocks = _shared_out(stocks, numbers, moves)
    rows = _rows(table, known, moves)
    sums = _flagged(_sums(stocks, moves.to), numbers, moves)
    parent = pd.Series(_keys(moves.to if len(rows) else ()), dtype=object)
    result = _uncertain(columns_of(known, sums, rows, parent), known, moves)
    result = _placed(result, target.index, known)
    report = _report(table, stocks, result, known, moves)
    result.attrs = {
        **attrs,
        "level": target.index.name or "unit",
        "measures": known,
        "rule": f"{moves.rule} (estimation)",
    }
    return result, report


# --- checks ------------------------------------------------------------------------


def _check_options(*, unweighted: str, overlap: str, tolerance: float) -> None:
    for name, value, choices in (
        ("unweighted", unweighted, ("area", "missing")),
        ("overlap", overlap, ("refuse", "each")),
    ):
        if value not in choices:
            msg = f"unknown {name} {value!r}; choose among {', '.join(choices)}"
            raise DataError(msg)
    if not 0 <= tolerance < 0.5:
        msg = f"tolerance is a share in [0, 0.5[, such as 0.005; got {tolerance!r}"
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
    # pandas copies attrs deeply at every step: work without them. In the order of
    # codes, sums are the same to the last bit whatever the order of the rows.
    table = pd.DataFrame(table.copy(deep=False))
    table.attrs = {}
    return table.loc[sorted(table.index, key=str)]


def _check_disjoint(layer: _Layer, tolerance: float) -> None:
    if layer.lattice is not None or _disjoint(layer.shapes):
        return
    pairs = _overlaps(layer.shapes)
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


def _check_weights(values: np.ndarray, index: pd.Index, column: str) -> None:
    bad = index[~(np.isfinite(values) & (values >= 0))]
    if len(bad):
        msg = (
            f"{column}: {len(bad)} weight(s) are missing, negative or no number: "
            f"{culprits(bad)}; drop those rows or give them a weight"
        )
        raise DataError(msg)


# --- surfaces ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Lattice:
    """Cells of one size in rows and columns."""

    corner: tuple[float, float]
    size: tuple[float, float]
    shape: tuple[int, int]  # rows, columns
    keys: np.ndarray  # row × columns + column of each cell, sorted
    order: np.ndarray  # its position in the frame


@dataclass(frozen=True, slots=True)
class _Layer:
    """Polygons, with what is asked of them more than once."""

    what: str
    index: pd.Index
    shapes: np.ndarray
    areas: np.ndarray
    lattice: _Lattice | None = None
    repaired: tuple[str, ...] = ()


def _layer(frame: gpd.GeoDataFrame, what: str, *, repair: bool) -> _Layer:
    shapes = _outlines(frame, what, repair=repair)
    mended: tuple[str, ...] = ()
    if repair:
        wrong = frame.index[~frame.geometry.is_valid.to_numpy()]
        mended = tuple(str(code) for code in wrong)
    areas = shapely.area(shapes)
    return _Layer(what, frame.index, shapes, areas, _lattice(shapes), mended)


def _lattice(shapes: np.ndarray) -> _Lattice | None:
    """Return the grid that these polygons are distinct cells of, if they are."""
    if not _are_boxes(shapes).all():
        return None
    bounds = shapely.bounds(shapes)
    corner = bounds[:, :2].min(axis=0)
    sides = bounds[:, 2:] - bounds[:, :2]
    size = np.median(sides, axis=0)
    shape = np.rint((bounds[:, 2:].max(axis=0) - corner) / size)
    size = (bounds[:, 2:].max(axis=0) - corner) / shape
    place = (bounds[:, :2] - corner) / size
    off = max(np.abs(place - np.rint(place)).max(), np.abs(sides / size - 1).max())
    column, row = np.rint(place).astype(np.int64).T
    keys = row * int(shape[0]) + column
    order = np.argsort(keys, kind="stable")
    if off > NOISE or (np.diff(keys[order]) == 0).any():
        return None
    return _Lattice(
        (float(corner[0]), float(corner[1])),
        (float(size[0]), float(size[1])),
        (int(shape[1]), int(shape[0])),
        keys[order],
        order,
    )


def _pair_areas(left: _Layer, right: _Layer) -> pd.DataFrame:
    """Return the surface of each intersection: `left`, `right`, `area`."""
    if right.lattice is not None:
        return _cell_areas(left.shapes, right.lattice)
    if left.lattice is not None:
        swapped = _cell_areas(right.shapes, left.lattice)
        return swapped.rename(columns={"left": "right", "right": "left"})
    tree = shapely.STRtree(right.shapes)
    i, j = tree.query(left.shapes, predicate="intersects")
    area = np.full(len(i), np.nan)
    for outer, inner, a, b in ((left, right, i, j), (right, left, j, i)):
        # What is wholly inside needs no intersection; its box says where to look.
        near = _box_in_box(outer.shapes, inner.shapes, a, b) & np.isnan(area)
        rank = np.flatnonzero(near)
        rank = rank[np.argsort(a[rank], kind="stable")]
        shapely.prepare(outer.shapes[a[rank]])
        held = shapely.contains_properly(outer.shapes[a[rank]], inner.shapes[b[rank]])
        area[rank[held]] = inner.areas[b[rank[held]]]
    rest = np.flatnonzero(np.isnan(area))
    area[rest] = shapely.area(_cut(left, right, i[rest], j[rest]))
    return pd.DataFrame({"left": i, "right": j, "area": area})


def _box_in_box(
    outer: np.ndarray, inner: np.ndarray, a: np.ndarray, b: np.ndarray
) -> np.ndarray:
    large, small = shapely.bounds(outer)[a], shapely.bounds(inner)[b]
    low = (large[:, :2] < small[:, :2]).all(axis=1)
    return low & (large[:, 2:] > small[:, 2:]).all(axis=1)


def _cut(left: _Layer, right: _Layer, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """Return the intersections of pairs, with rectangles the fast way."""
    for whole, cells, a, b in ((left, right, i, j), (right, left, j, i)):
        if _are_boxes(cells.shapes).all():
            bounds = shapely.bounds(cells.shapes)[b].tolist()
            parts = [
                shapely.clip_by_rect(shape, *box)
                for shape, box in zip(whole.shapes[a], bounds, strict=True)
            ]
            return np.array(parts, dtype=object)
    return shapely.intersection(left.shapes[i], right.shapes[j])


def _cell_areas(shapes: np.ndarray, lattice: _Lattice) -> pd.DataFrame:
    """Return the surface of polygons in each cell of a grid, without intersections."""
    parts = fractions(shapes, lattice.corner, lattice.size, lattice.shape)
    run, step = _repeated(parts.size)
    key = parts.row[run] * lattice.shape[1] + parts.column[run] + step
    at = np.minimum(np.searchsorted(lattice.keys, key), len(lattice.keys) - 1)
    there = lattice.keys[at] == key
    width, height = lattice.size
    return pd.DataFrame(
        {
            "left": parts.owner[run][there],
            "right": lattice.order[at[there]],
            "area": parts.share[run][there] * (width * height),
        }
    )


# --- shares ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Moves:
    """Which part of each source goes to each target."""

    pairs: pd.DataFrame  # left, right: positions; share; estimated
    parts: pd.DataFrame  # left, right; area: all that they have in common
    rule: str
    tolerance: float
    each: bool
    partial: np.ndarray  # targets whose ground is partly out of all sources
    layers: tuple[_Layer, _Layer]
    empty: np.ndarray  # sources without weight
    silent: bool = False  # whether what they hold is missing
    notes: tuple[str, ...] = ()

    @property
    def to(self) -> np.ndarray:
        """Position of the target of each pair."""
        return self.pairs["right"].to_numpy()

    @property
    def mute(self) -> np.ndarray:
        """Pairs of which nothing is to be known."""
        return self.empty[self.pairs["left"]] & self.silent

    @property
    def moved(self) -> np.ndarray:
        """Share of each source that found a target."""
        size = len(self.layers[0].index)
        return np.bincount(self.pairs["left"], self.pairs["share"], size)


def _by_area(left: _Layer, right: _Layer, tolerance: float, *, each: bool) -> _Moves:
    parts = _pair_areas(left, right)
    covered = np.bincount(parts["left"], parts["area"], len(left.areas)) / left.areas
    filled = np.bincount(parts["right"], parts["area"], len(right.areas)) / right.areas
    small = np.minimum(left.areas[parts["left"]], right.areas[parts["right"]])
    large = parts[parts["area"] > tolerance * small]
    share = large["area"] / left.areas[large["left"]]
    pairs = _settled(large.assign(share=share), covered, tolerance, each=each)
    there = np.zeros(len(right.areas), dtype=bool)
    there[large["right"].unique()] = True
    return _Moves(
        pairs,
        parts,
        _RULES["area"],
        tolerance,
        each,
        there & (filled < 1 - max(tolerance, _MARGIN)),
        (left, right),
        np.zeros(len(left.areas), dtype=bool),
    )


def _settled(
    pairs: pd.DataFrame, covered: np.ndarray, tolerance: float, *, each: bool
) -> pd.DataFrame:
    """Make the shares of a source add up to what is covered of it, to the last bit."""
    share = pairs["share"].to_numpy()
    left = pairs["left"].to_numpy()
    if not each:
        held = np.bincount(left, share, len(covered))[left]
        goal = np.where(covered >= 1 - tolerance, 1.0, covered)[left]
        share = np.divide(share * goal, held, out=np.zeros(len(share)), where=held > 0)
    share = np.where(share >= 1 - (tolerance if each else NOISE), 1.0, share)
    pairs = pairs[["left", "right"]].assign(share=share, estimated=share < 1)
    return pairs.sort_values(["left", "right"], ignore_index=True)


@dataclass(frozen=True, slots=True)
class _Weighing:
    """What the user weighs by."""

    by: pd.DataFrame | Raster
    count: str | None
    source: gpd.GeoDataFrame
    repair: bool


def _by_weight(
    moves: _Moves,
    given: _Weighing,
    left: _Layer,
    right: _Layer,
    unweighted: str,
) -> _Moves:
    """Replace the shares of surface by shares of weight, where there is some."""
    rule, found, total = _weights(moves, given, left, right)
    # A weight on the wrong side of two outlines of one border goes with its unit.
    covered = np.bincount(found["left"], found["weight"], len(total))
    covered = np.divide(covered, total, out=np.zeros(len(total)), where=total > 0)
    pairs = moves.pairs[["left", "right"]].merge(found, "left", on=["left", "right"])
    weight = pairs["weight"].fillna(0.0).to_numpy()
    held = total[pairs["left"]]
    share = np.divide(weight, held, out=np.zeros(len(weight)), where=held > 0)
    empty = total == 0
    pairs = pairs.assign(share=share)[held > 0]
    pairs = _settled(pairs, covered, moves.tolerance, each=moves.each)
    pairs = pd.concat([pairs, moves.pairs[empty[moves.pairs["left"]]]])
    # No weight, no count: but a target where there is none at all has 0.
    some = pairs["right"].isin(pairs.loc[pairs["share"] > 0, "right"])
    pairs = pairs[(pairs["share"] > 0) | ~some]
    lost = float(total.sum() - covered @ total)
    note = f"Poids : {number(total.sum())}, dont {number(max(lost, 0.0))} hors des "
    return replace(
        moves,
        pairs=pairs.sort_values(["left", "right"], ignore_index=True),
        rule=rule,
        empty=empty,
        silent=unweighted == "missing",
        notes=(note + "unités d'arrivée.",),
    )


def _weights(
    moves: _Moves, given: _Weighing, left: _Layer, right: _Layer
) -> tuple[str, pd.DataFrame, np.ndarray]:
    """Return the weight of each pair (`left`, `right`, `weight`), and of sources."""
    frame = given.by
    if not isinstance(frame, pd.DataFrame):
        return _raster_weights(given, moves)
    if not isinstance(frame, gpd.GeoDataFrame):
        found = _given_weights(frame, given.source.index, left, right)
        return _RULES["given"], *found
    check_same_crs(frame, given.source, names=("weights", "source"))
    values = np.ones(len(frame))
    if given.count is not None:
        check_columns(frame, given.count)
        numbers = pd.to_numeric(frame[given.count], errors="coerce")
        values = numbers.to_numpy("float64")
        _check_weights(values, frame.index, given.count)
    if (frame.geom_type == "Point").all() and not frame.geometry.is_empty.any():
        shapes = np.asarray(frame.geometry.array)
        return _RULES["points"], *_point_weights(shapes, values, moves)
    if (frame.geom_type == "Point").any():
        wrong = frame.index[(frame.geom_type != "Point") | frame.geometry.is_empty]
        msg = (
            f"weights: {len(wrong)} row(s) are no point among points: "
            f"{culprits(wrong)}; pass points, or polygons, not both"
        )
        raise DataError(msg)
    layer = _layer(frame, "weights", repair=given.repair)
    density = values / layer.areas if given.count is not None else values
    return _RULES["polygons"], *_polygon_weights(layer, density, left, right)


def _given_weights(
    frame: pd.DataFrame, codes: pd.Index, left: _Layer, right: _Layer
) -> tuple[pd.DataFrame, np.ndarray]:
    check_columns(frame, "source", "target", "weight")
    for column, known in (("source", codes), ("target", right.index)):
        said = frame[column] if column == "source" else frame[column].dropna()
        unknown = said[~said.isin(known)].unique()
        if len(unknown):
            msg = (
                f"weights: {len(unknown)} code(s) of {column} are unknown: "
                f"{culprits(unknown)}; a missing target means outside of all"
            )
            raise CodeError(msg)
    values = pd.to_numeric(frame["weight"], errors="coerce").to_numpy("float64")
    _check_weights(values, frame.index, "weight")
    rows = pd.DataFrame(
        {
            "left": left.index.get_indexer(frame["source"]),
            "right": right.index.get_indexer(frame["target"]),
            "weight": values,
        }
    )
    rows = rows[rows["left"] >= 0]
    total = np.bincount(rows["left"], rows["weight"], len(left.areas))
    return _by_pair(rows[rows["right"] >= 0]), total


def _raster_weights(
    given: _Weighing, moves: _Moves
) -> tuple[str, pd.DataFrame, np.ndarray]:
    """Add cells up in each source, and in what each target cuts out of it."""
    if given.count is not None:
        msg = f"count={given.count!r}: a raster has no columns; leave it out"
        raise DataError(msg)
    left, right = moves.layers
    parts = moves.parts[moves.parts["area"] > 0]
    i, j = parts["left"].to_numpy(), parts["right"].to_numpy()
    cut = np.flatnonzero(parts["area"] < (1 - NOISE) * left.areas[i])
    pieces = [_surface(piece) for piece in _cut(left, right, i[cut], j[cut])]
    shapes = gpd.GeoSeries(
        [*left.shapes, *pieces],
        left.index.append(left.index[i[cut]]),
        crs=given.source.crs,
    )
    found = weight_within(given.by, shapes)
    total, weight = found[: len(left.shapes)], found[: len(left.shapes)][i]
    weight[cut] = found[len(left.shapes) :]
    by = fspath(given.by) if isinstance(given.by, str | PathLike) else given.by.name
    rule = typeset(_RULES["raster"]).format(Path(by).name)
    return rule, pd.DataFrame({"left": i, "right": j, "weight": weight}), total


def _by_pair(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.groupby(["left", "right"], as_index=False)["weight"].sum()


def _point_weights(
    points: np.ndarray, values: np.ndarray, moves: _Moves
) -> tuple[pd.DataFrame, np.ndarray]:
    """Add points up by pair; one on a border goes to the lowest code."""
    left, right = moves.layers
    tree = shapely.STRtree(points)
    unit, point = tree.query(left.shapes, predicate="intersects")
    at = pd.DataFrame({"point": point, "left": unit})
    at = at.sort_values(["point", "left"]).drop_duplicates("point")
    total = np.bincount(at["left"], values[at["point"]], len(left.areas))
    unit, point = tree.query(right.shapes, predicate="intersects")
    both = at.merge(pd.DataFrame({"point": point, "right": unit}), on="point")
    # On the border of two targets: of one that has ground in common, if any.
    real = moves.pairs[["left", "right"]].assign(real=True)
    both = both.merge(real, "left", on=["left", "right"])
    both["apart"] = both["real"].isna()
    both["rank"] = np.argsort(np.argsort(right.index.astype(str)))[both["right"]]
    if not moves.each:
        both = both.sort_values(["point", "apart", "rank"]).drop_duplicates("point")
    return _by_pair(both.assign(weight=values[both["point"]])), total


def _polygon_weights(
    layer: _Layer, density: np.ndarray, left: _Layer, right: _Layer
) -> tuple[pd.DataFrame, np.ndarray]:
    """Add the surface of polygons up by pair, each metre weighed."""
    tree = shapely.STRtree(left.shapes)
    i, j = tree.query(layer.shapes, predicate="intersects")
    shapely.prepare(left.shapes)
    held = shapely.contains_properly(left.shapes[j], layer.shapes[i])
    shapes = layer.shapes[i].copy()
    cut = shapely.intersection(layer.shapes[i[~held]], left.shapes[j[~held]])
    shapes[~held] = [_surface(part) for part in cut]
    areas = shapely.area(shapes)
    kept = areas > 0
    i, j, shapes, areas = i[kept], j[kept], shapes[kept], areas[kept]
    total = np.bincount(j, areas * density[i], len(left.areas))
    parts = _Layer("weights", pd.RangeIndex(len(i)), shapes, areas)
    found = _pair_areas(parts, right)
    piece = found["left"].to_numpy()
    weight = found["area"] * density[i[piece]]
    return _by_pair(found.assign(left=j[piece], weight=weight)), total


def _surface(shape: shapely.Geometry) -> shapely.Geometry:
    """Keep the polygons of a mixed collection."""
    if shape.geom_type != "GeometryCollection":
        return shape
    parts = shapely.get_parts(shape)
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])


# --- combining ---------------------------------------------------------------------


def _categories(known: Measures) -> list[str]:
    return [name for name, measure in known.items() if isinstance(measure, Category)]


def _shared_out(
    stocks: pd.DataFrame, numbers: list[str], moves: _Moves
) -> pd.DataFrame:
    """Return the stocks of each pair, with what is to be said of a part."""
    share = moves.pairs["share"].to_numpy()
    estimated = moves.pairs["estimated"].to_numpy()
    stocks = stocks.take(moves.pairs["left"].to_numpy()).reset_index(drop=True)
    columns: dict[str, np.ndarray] = {}
    for name in numbers:
        values = stocks[name].to_numpy()
        states = stocks[state_column(name)].to_numpy(dtype=object)
        states = np.where(estimated & (states == ""), "estimated", states)
        # Nobody is nobody, wherever they would have lived.
        mute = moves.mute & (values != 0) & ~np.isnan(values)
        columns[name] = np.where(mute, np.nan, values * share)
        columns[state_column(name)] = np.where(mute, "not_available", states)
    return pd.DataFrame(columns, index=stocks.index)


def _rows(table: pd.DataFrame, known: Measures, moves: _Moves) -> pd.DataFrame:
    """Return a row per pair, the weights of categories shared out."""
    if not _categories(known):
        return table.iloc[:0]
    rows = table.take(moves.pairs["left"].to_numpy()).reset_index(drop=True)
    weights = {getattr(known[name], "weight", "") for name in _categories(known)}
    for weight in weights - {""}:
        check_columns(table, weight)
        values = rows[weight].to_numpy(dtype=float) * moves.pairs["share"].to_numpy()
        rows[weight] = np.where(moves.mute & (values != 0), np.nan, values)
    return rows


def _flagged(sums: pd.DataFrame, numbers: list[str], moves: _Moves) -> pd.DataFrame:
    """Say of the targets whose ground is not all there that they are estimated."""
    partial = sums.index.isin(_keys(np.flatnonzero(moves.partial)))
    for name in numbers:
        state = sums[state_column(name)]
        sums[state_column(name)] = state.mask(partial & (state == ""), "estimated")
    return sums


def _uncertain(result: pd.DataFrame, known: Measures, moves: _Moves) -> pd.DataFrame:
    """Say of the categories that rest on a part that they are estimated."""
    if not _categories(known):
        return result
    cut = moves.to[moves.pairs["estimated"]]
    unsure = _keys(np.union1d(np.flatnonzero(moves.partial), cut))
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


# --- accounts ----------------------------------------------------------------------


def _report(
    table: pd.DataFrame,
    stocks: pd.DataFrame,
    result: pd.DataFrame,
    known: Measures,
    moves: _Moves,
) -> Apportionment:
    shown = [name for name, measure in known.items() if isinstance(measure, Stock)]
    bounded = {
        name: _codes(result.index[result[state_column(name)] == "lower_bound"])
        for name in shown
        if state_column(name) in result
    }
    missing = {
        str(c): _codes(table.index[table[c].isna()])
        for c in stocks.columns.intersection(table.columns)
        if state_column(str(c)) in stocks
    }
    moved = moves.moved
    outside = pd.Series(np.clip(1 - moved, 0, None), table.index)
    outside = outside.mask(outside < NOISE, 0.0)
    uncovered = {}
    for name in shown:
        sizes = table[name].astype("float64").abs()
        whole = float(sizes.sum())
        uncovered[name] = float((sizes * outside).sum()) / whole if whole > 0 else 0.0
    labels = printed_names(known)
    targets = moves.pairs.loc[moves.pairs["share"] > 0].groupby("left").size()
    return Apportionment(
        verb=f"Répartition vers {result.index.name or 'les unités demandées'}",
        before=totals(table[shown].astype("float64")),
        after=totals(result[shown]),
        units_before=len(table),
        units_after=len(result),
        unmatched=_codes(table.index[moved == 0]),
        missing=missing,
        bounded=bounded,
        split=_codes(table.index[targets.index[targets > 1]]),
        estimated={name: _estimated(stocks[name], moves) for name in shown},
        notes=tuple(_notes(moves, result, uncovered, labels)),
        labels=labels,
        moved={str(c): float(s) for c, s in zip(table.index, moved, strict=True)},
        uncovered=uncovered,
    )


def _estimated(values: pd.Series, moves: _Moves) -> float:
    """Return the share of a total that rests on an estimate."""
    sizes = values.abs()
    whole = float(sizes.sum())
    return float(sizes[moves.pairs["estimated"]].sum()) / whole if whole > 0 else 0.0


def _codes(index: Iterable[object]) -> tuple[str, ...]:
    return tuple(str(code) for code in index)


def _notes(
    moves: _Moves,
    result: pd.DataFrame,
    uncovered: dict[str, float],
    labels: dict[str, str],
) -> list[str]:
    left, right = moves.layers
    there = np.isin(np.arange(len(result)), moves.pairs["right"])
    whole = moves.pairs.groupby("left")["share"].max().eq(1).sum()
    cut = moves.pairs.loc[moves.pairs["estimated"], "left"].nunique()
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
