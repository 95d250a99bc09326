"""Which part of each unit goes to each target: by surface, or by what it weighs."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from os import PathLike, fspath
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from basinmap.errors import BasinmapWarning, CodeError, DataError, culprits
from basinmap.measures import as_floats, check_columns
from basinmap.spatial.cells import fractions, repeated
from basinmap.spatial.polygons import NOISE, are_boxes, outlines
from basinmap.spatial.projections import check_same_crs
from basinmap.spatial.rasters import Raster, weight_within
from basinmap.typography import number, typeset
from basinmap.values.told import measures_of

__all__ = [
    "Layer",
    "Moves",
    "Weighing",
    "by_area",
    "by_weight",
    "layer_of",
    "pair_areas",
]

_MARGIN: Final = 1e-6
"""Share of a unit under which its ground counts as covered."""

_RULES: Final = {
    "area": "répartition au prorata des surfaces",
    "points": "répartition au prorata de points pondérés",
    "polygons": "répartition au prorata de surfaces pondérées",
    "raster": "répartition au prorata de « {} »",
    "given": "répartition au prorata de poids fournis",
}


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
class Layer:
    """
    Polygons, with what is asked of them more than once.

    Attributes
    ----------
    what
        What they are, for messages.
    index
        Their codes.
    shapes, areas
        Outlines and surfaces.
    lattice
        The square grid that they are cells of, if they are.
    repaired
        Codes of the outlines that were repaired.
    """

    what: str
    index: pd.Index
    shapes: np.ndarray
    areas: np.ndarray
    lattice: _Lattice | None = None
    repaired: tuple[str, ...] = ()


def layer_of(frame: gpd.GeoDataFrame, what: str, *, repair: bool) -> Layer:
    """
    Check polygons and measure them once.

    Parameters
    ----------
    frame
        Polygons, in a metric CRS.
    what
        What they are, for messages.
    repair
        Whether invalid outlines are repaired rather than refused.
    """
    shapes = outlines(frame, what, repair=repair)
    mended: tuple[str, ...] = ()
    if repair:
        wrong = frame.index[~frame.geometry.is_valid.to_numpy()]
        mended = tuple(str(code) for code in wrong)
    areas = shapely.area(shapes)
    return Layer(what, frame.index, shapes, areas, _lattice(shapes), mended)


def _lattice(shapes: np.ndarray) -> _Lattice | None:
    """Return the grid that these polygons are distinct cells of, if they are."""
    if not are_boxes(shapes).all():
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


def pair_areas(left: Layer, right: Layer) -> pd.DataFrame:
    """
    Return the surface of each intersection: `left`, `right`, `area`.

    Parameters
    ----------
    left, right
        Two layers.
    """
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


def _cut(left: Layer, right: Layer, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """Return the intersections of pairs, with rectangles the fast way."""
    for whole, cells, a, b in ((left, right, i, j), (right, left, j, i)):
        if are_boxes(cells.shapes).all():
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
    run, step = repeated(parts.size)
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
class Moves:
    """
    Parts of sources that go to targets.

    Attributes
    ----------
    pairs
        Positions `left` and `right`, `share`, and whether it is `estimated`.
    parts
        Positions `left` and `right`, and the `area` that they have in common.
    rule
        The French sentence that says how.
    tolerance
        Share of a unit under which a difference is one of outline.
    each
        Whether targets may overlap, and each counts.
    partial
        Targets whose ground is partly out of all sources.
    layers
        Sources, then targets.
    empty
        Sources without weight.
    silent
        Whether what these hold is missing.
    notes
        What else is to be said, in French.
    """

    pairs: pd.DataFrame  # left, right: positions; share; estimated
    parts: pd.DataFrame  # left, right; area: all that they have in common
    rule: str
    tolerance: float
    each: bool
    partial: np.ndarray  # targets whose ground is partly out of all sources
    layers: tuple[Layer, Layer]
    empty: np.ndarray  # sources without weight
    silent: bool = False  # whether what they hold is missing
    notes: tuple[str, ...] = ()

    @property
    def to(self) -> np.ndarray:
        """Return the position of the target of each pair."""
        return self.pairs["right"].to_numpy()

    @property
    def mute(self) -> np.ndarray:
        """Return the pairs of which nothing is to be known."""
        return self.empty[self.pairs["left"]] & self.silent

    @property
    def moved(self) -> np.ndarray:
        """Share of each source that found a target."""
        size = len(self.layers[0].index)
        return np.bincount(self.pairs["left"], self.pairs["share"], size)


def by_area(left: Layer, right: Layer, tolerance: float, *, each: bool) -> Moves:
    """
    Return which part of each source goes to each target, by surface.

    Parameters
    ----------
    left, right
        Sources and targets.
    tolerance
        Share of the smaller of two under which their intersection is dropped.
    each
        Whether targets may overlap, and each counts.
    """
    parts = pair_areas(left, right)
    covered = np.bincount(parts["left"], parts["area"], len(left.areas)) / left.areas
    filled = np.bincount(parts["right"], parts["area"], len(right.areas)) / right.areas
    small = np.minimum(left.areas[parts["left"]], right.areas[parts["right"]])
    large = parts[parts["area"] > tolerance * small]
    share = large["area"] / left.areas[large["left"]]
    pairs = _settled(large.assign(share=share), covered, tolerance, each=each)
    there = np.zeros(len(right.areas), dtype=bool)
    there[large["right"].unique()] = True
    return Moves(
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


# --- weights -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Weighing:
    """
    What the user weighs by.

    Attributes
    ----------
    by
        Points, polygons, a table of weights or a raster.
    count
        Column of a frame: how many each row stands for.
    source
        The units to share out.
    repair
        Whether invalid outlines are repaired rather than refused.
    """

    by: pd.DataFrame | Raster
    count: str | None
    source: gpd.GeoDataFrame
    repair: bool


def by_weight(
    moves: Moves,
    given: Weighing,
    left: Layer,
    right: Layer,
    unweighted: str,
) -> Moves:
    """
    Replace the shares of surface by shares of weight, where there is some.

    Parameters
    ----------
    moves
        Shares of surface.
    given
        What is weighed by.
    left, right
        Sources and targets.
    unweighted
        What becomes of a source without weight: `"area"` or `"missing"`.
    """
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
    # Ground that is cut is cut, be all that is weighed on one side of it.
    parted = moves.pairs.loc[moves.pairs["estimated"], "left"]
    pairs["estimated"] |= pairs["left"].isin(parted)
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
    moves: Moves, given: Weighing, left: Layer, right: Layer
) -> tuple[str, pd.DataFrame, np.ndarray]:
    """Return the weight of each pair (`left`, `right`, `weight`), and of sources."""
    frame = given.by
    if not isinstance(frame, pd.DataFrame):
        return _raster_weights(given, moves)
    if not isinstance(frame, gpd.GeoDataFrame):
        if given.count is not None:
            msg = (
                f"count={given.count!r}: a table of weights has its own column, "
                "'weight'; leave count out"
            )
            raise DataError(msg)
        found, total = _given_weights(frame, given.source.index, left, right)
        _check_somewhere(frame["weight"].to_numpy(), total)
        return _RULES["given"], found, total
    check_same_crs(frame, given.source, names=("weights", "source"))
    values = np.ones(len(frame))
    if given.count is not None:
        check_columns(frame, given.count)
        values = as_floats(frame[given.count], given.count).to_numpy()
        _check_weights(values, frame.index, given.count)
    _warn_of_twins(frame, values)
    if (frame.geom_type == "Point").all() and not frame.geometry.is_empty.any():
        shapes = np.asarray(frame.geometry.array)
        found, total = _point_weights(shapes, values, moves)
        _check_somewhere(values, total)
        return _rule(given, "points"), found, total
    if (frame.geom_type == "Point").any():
        wrong = frame.index[(frame.geom_type != "Point") | frame.geometry.is_empty]
        msg = (
            f"weights: {len(wrong)} row(s) are no point among points: "
            f"{culprits(wrong)}; pass points, or polygons, not both"
        )
        raise DataError(msg)
    layer = layer_of(frame, "weights", repair=given.repair)
    density = values / layer.areas if given.count is not None else values
    found, total = _polygon_weights(layer, density, left, right)
    _check_somewhere(values, total)
    return _rule(given, "polygons"), found, total


def _warn_of_twins(frame: gpd.GeoDataFrame, values: np.ndarray) -> None:
    """Tell of what is listed twice under two names: it would weigh double."""
    shapes = pd.Series(shapely.to_wkb(shapely.normalize(frame.geometry.array)))
    rows = pd.DataFrame({"shape": shapes, "value": values})
    again = rows.duplicated().to_numpy() & (values > 0) & shapes.notna().to_numpy()
    if again.any():
        share = 100 * values[again].sum() / values.sum()
        msg = (
            f"weights: {int(again.sum())} row(s) are at the very place of another, of "
            f"the same weight ({share:.2g} % of all): {culprits(frame.index[again])}; "
            "if they are listed twice, drop them: weights.drop_duplicates('geometry')"
        )
        warnings.warn(msg, BasinmapWarning, stacklevel=5)


def _rule(given: Weighing, kind: str) -> str:
    """Say what shares units out, by its name where it is told."""
    known = measures_of(given.by) if isinstance(given.by, pd.DataFrame) else {}
    told = known.get(given.count or "")
    if told is None or not told.label:
        return _RULES[kind]
    year = f", {told.vintage}" if told.vintage else ""
    return typeset(_RULES["raster"]).format(f"{told.label}{year}")


def _check_somewhere(values: np.ndarray, total: np.ndarray) -> None:
    """Check that some weights lie in units: else all would be shared by surface."""
    if not total.any() and (len(values) == 0 or values.sum() > 0):
        msg = (
            "weights: none lies in any unit to share out; see that they are of the "
            "same territory, or leave weights out to share by surface"
        )
        raise DataError(msg)


def _given_weights(
    frame: pd.DataFrame, codes: pd.Index, left: Layer, right: Layer
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
    values = as_floats(frame["weight"], "weight").to_numpy()
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
    given: Weighing, moves: Moves
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
    points: np.ndarray, values: np.ndarray, moves: Moves
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
    layer: Layer, density: np.ndarray, left: Layer, right: Layer
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
    parts = Layer("weights", pd.RangeIndex(len(i)), shapes, areas)
    found = pair_areas(parts, right)
    piece = found["left"].to_numpy()
    weight = found["area"] * density[i[piece]]
    return _by_pair(found.assign(left=j[piece], weight=weight)), total


def _surface(shape: shapely.Geometry) -> shapely.Geometry:
    """Keep the polygons of a mixed collection."""
    if shape.geom_type != "GeometryCollection":
        return shape
    parts = shapely.get_parts(shape)
    return shapely.union_all(parts[shapely.get_dimensions(parts) == 2])


def _check_weights(values: np.ndarray, index: pd.Index, column: str) -> None:
    bad = index[~(np.isfinite(values) & (values >= 0))]
    if len(bad):
        msg = (
            f"{column}: {len(bad)} weight(s) are missing, negative or no number: "
            f"{culprits(bad)}; drop those rows or give them a weight"
        )
        raise DataError(msg)
