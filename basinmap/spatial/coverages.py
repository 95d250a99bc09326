"""Coverages: units that share their borders, checked, cleaned, merged, simplified."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from basinmap.arguments import check_given
from basinmap.errors import BasinmapWarning, DataError, MeasureError, culprits
from basinmap.measures import Measures, check_columns, check_ratios
from basinmap.reports import Report
from basinmap.spatial.combining import keys_of, part_of, sums_at
from basinmap.spatial.matching import is_coverage
from basinmap.spatial.merging import merged_coverage
from basinmap.spatial.options import check_flag, check_size
from basinmap.spatial.polygons import NOISE, outlines, overlapping, vertices
from basinmap.spatial.projections import check_frame
from basinmap.territory.lists import Communes
from basinmap.territory.outlines import error_of
from basinmap.territory.sums import columns_of, refuse, signed_of, stocks_of
from basinmap.territory.units import check_unique
from basinmap.territory.wholes import check_covered, remarks, warn_of_part
from basinmap.typography import number, percent
from basinmap.values.told import bare, carry, declared, fact_of, measures_of, tell

__all__ = [
    "Cleaning",
    "check_coverage",
    "clean_coverage",
    "dissolve",
    "neighbours",
    "simplify_coverage",
]


_KEPT: Final = ("geography", "sources", "outline_error")
"""What is said of units and holds for those that they are merged into."""

_NEAR: Final = 1.0
"""Metres within which borders that do not touch are one border, badly drawn."""

_CURE: Final = "see where with bm.check_coverage(…), mend with bm.clean_coverage(…)"


@dataclass(frozen=True, slots=True)
class Cleaning(Report):
    """
    A report that also says, unit by unit, what a cleaning changed.

    Attributes
    ----------
    changed
        Per unit whose surface changed, by how many m² (what it gained, less what
        it lost).
    """

    changed: dict[str, float] = field(default_factory=dict, repr=False)


# --- what is public ----------------------------------------------------------------


def neighbours(
    units: gpd.GeoDataFrame, *, points: bool = False, tolerance: float | None = None
) -> pd.DataFrame:
    """
    Return the pairs of units that touch, with the length of their common border.

    Parameters
    ----------
    units
        Polygons, in a metric CRS.
    points
        Whether units that only touch at a point are neighbours too, at length 0.
    tolerance
        Distance in metres under which two borders are one, for units that are no
        valid coverage: slivers, small gaps and overlaps. By default none is
        tolerated.

    Returns
    -------
    DataFrame
        Columns `unit`, `neighbour` (index values, each pair once, in the order of
        the frame) and `length` (metres in the plane of the CRS). `attrs["tolerance"]`
        is the distance used, 0 for shared edges.

    Raises
    ------
    DataError
        If the units are no valid coverage and no tolerance is given, a code is
        repeated, or an outline is absent, invalid or flat.
    CRSError
        If lengths cannot be measured.

    Notes
    -----
    In a valid coverage a common border is made of the very same edges: they are
    paired, exactly, without any geometric operation. With a tolerance, the length is
    the mean of the two lengths of border that lie that close to the other unit, a few
    times the tolerance too long at its ends; where it is less than four times the
    tolerance, it is that of the edges in common, and without any the pair touches at
    a point.

    Examples
    --------
    >>> import basinmap as bm
    >>> from basinmap.spatial.coverages import neighbours
    >>> pairs = neighbours(bm.communes(epci="call"))
    >>> of_lens = pairs[pairs[["unit", "neighbour"]].eq("62498").any(axis=1)]
    >>> len(pairs), len(of_lens)
    (84, 7)
    """
    check_given(neighbours, locals())
    shapes = outlines(units, "units")
    check_flag(points, "points")
    if tolerance is not None:
        told = "tolerance is a distance in metres above 0, such as 5"
        check_size(tolerance, told)
    if tolerance is not None:
        pairs = _close_borders(shapes, tolerance)
    else:
        _check_valid(units, shapes, ", or say tolerance=5 (metres)")
        pairs = _shared_borders(shapes)
    if not points:
        pairs = pairs[pairs["length"] > 0]
    pairs = pairs.sort_values(["left", "right"])
    codes = units.index.to_numpy()
    found = pd.DataFrame(
        {
            "unit": codes[pairs["left"]],
            "neighbour": codes[pairs["right"]],
            "length": pairs["length"].to_numpy(),
        }
    )
    return tell(found, tolerance=tolerance or 0.0)


def dissolve(
    units: gpd.GeoDataFrame,
    by: str | pd.Series,
    *,
    measures: Measures | None = None,
    allow_partial: bool = False,
    communes: Communes = None,
) -> gpd.GeoDataFrame:
    """
    Merge units into those that a column names, borders and counts alike.

    Parameters
    ----------
    units
        Polygons, in a metric CRS.
    by
        Column of the units to make, or a Series on the index of `units`. Units
        without a value are left out. Named after a level, of its codes, it claims to
        be these units, as in `aggregate`.
    measures
        Column to measure: what to combine, each as `aggregate` does; none by
        default.
    allow_partial
        Whether units some of whose communes are in no row may stand for the whole,
        as in `aggregate`.
    communes
        The list of communes that tells what units hold, as `read_territory` returns
        it; by default Nord and Pas-de-Calais in 2026.

    Returns
    -------
    GeoDataFrame
        Index named by `by`; `units` (how many were merged), the measures, with
        `<column>_state` where there is something to say, and `geometry`.
        `attrs["remarks"]` says which units lack communes.

    Raises
    ------
    DataError
        If a code is repeated, an outline is absent, invalid or flat, nothing has a
        value, or there are measures and all units lack communes.
    ColumnError, MeasureError
        If a column is missing, or cannot be combined.
    CRSError
        If there is no metric CRS.

    Warns
    -----
    BasinmapWarning
        If the units are no valid coverage: they are merged the slow way, and
        slivers between them remain as holes. If measures are combined and an EPCI,
        or another unit that is known, lacks communes.

    Examples
    --------
    >>> import basinmap as bm
    >>> from basinmap.spatial.coverages import dissolve
    >>> merged = dissolve(
    ...     bm.communes(epci="call"), "epci", measures={"population": bm.Stock()}
    ... )
    >>> merged[["units", "population"]]
               units  population
    epci
    246200364     36    242013.0
    """
    check_given(dissolve, locals())
    check_frame(units, "units")
    shapes = outlines(units, "units")
    groups = _groups(units, by)
    known = {} if measures is None else declared(units, measures)
    check_flag(allow_partial, "allow_partial")
    number_of, names = pd.factorize(groups, sort=True)
    kept = number_of >= 0
    if not kept.any():
        msg = "empty selection: no unit says what it is merged into"
        raise DataError(msg)
    merged = merged_coverage(shapes[kept], number_of[kept], _NEAR)
    if merged is None:
        msg = (
            "units are no valid coverage: merged by plain union, slivers remain as "
            f"holes; {_CURE}"
        )
        warnings.warn(msg, BasinmapWarning, stacklevel=2)
        members = [shapes[number_of == n] for n in range(len(names))]
        merged = np.array([shapely.union_all(each) for each in members])
    index = pd.Index(names, name=groups.name)
    part = part_of(units, groups, by, communes)
    if known and not allow_partial:
        check_covered(part, index)
        warn_of_part(part)
    frame = gpd.GeoDataFrame(
        {"units": np.bincount(number_of[kept])}, geometry=merged, index=index
    ).set_crs(units.crs)
    if known:
        lacking = keys_of(np.flatnonzero(index.isin(list(part))))
        sums, rows, parent = _added_up(units[kept], number_of[kept], known)
        found = columns_of(known, sums, rows, parent, lacking, allowed=allow_partial)
        found.index = index
        frame = gpd.GeoDataFrame(
            pd.concat([frame[["units"]], found], axis=1),
            geometry=frame.geometry,
        )
    kept = {name: fact_of(units, name) for name in _KEPT}
    facts = {
        **{name: fact for name, fact in kept.items() if fact is not None},
        "level": groups.name,
        **({"measures": known} if known else {}),
        **({"remarks": remarks(part)} if part else {}),
    }
    tell(frame, **facts)
    return frame


def simplify_coverage(
    units: gpd.GeoDataFrame, *, scale: float, paper_mm: float = 0.05
) -> gpd.GeoDataFrame:
    """
    Simplify outlines for a scale of print, neighbours keeping one common border.

    Parameters
    ----------
    units
        Polygons that are a valid coverage, in a metric CRS.
    scale
        Denominator of the scale, such as 250_000.
    paper_mm
        Size on paper, in millimetres, of the details that may go.

    Returns
    -------
    GeoDataFrame
        The same units with simplified outlines; `attrs["simplified"]` is the size of
        the details in metres, which adds to `attrs["outline_error"]`.

    Raises
    ------
    DataError
        If the units are no valid coverage, a code is repeated, or the scale or the
        size is not above 0.
    CRSError
        If there is no metric CRS.

    Notes
    -----
    Visvalingam and Whyatt (1993): a vertex goes where the triangle that it makes with
    its neighbours is less than the square of that size.

    Examples
    --------
    >>> import basinmap as bm
    >>> import shapely
    >>> from basinmap.spatial.coverages import simplify_coverage
    >>> fine = bm.communes(epci="call")
    >>> coarse = simplify_coverage(fine, scale=2_000_000)
    >>> coarse.attrs["simplified"]
    100.0
    >>> bool(shapely.coverage_is_valid(coarse.geometry.array))
    True
    """
    check_given(simplify_coverage, locals())
    for name, value in (("scale", scale), ("paper_mm", paper_mm)):
        check_size(value, f"{name} must be a number above 0: write scale=250_000")
    check_frame(units, "units")
    shapes = outlines(units, "units")
    _check_valid(units, shapes)
    size = paper_mm * scale / 1000
    simple = shapely.coverage_simplify(shapes, tolerance=size)
    frame = units.set_geometry(gpd.GeoSeries(simple, units.index, crs=units.crs))
    error = (error_of(units) or 0.0) + size
    carry(frame, units, simplified=size, outline_error=error)
    return frame


def check_coverage(
    units: gpd.GeoDataFrame, *, gap_width: float = _NEAR
) -> gpd.GeoDataFrame:
    """
    Return where units overlap, leave gaps, or do not share their edges.

    Parameters
    ----------
    units
        Polygons, in a metric CRS.
    gap_width
        Width in metres under which a hole is a gap; wider, it is a lake or an
        enclave. 0: holes are not looked at.

    Returns
    -------
    GeoDataFrame
        One row a fault, the largest first: `kind`, `codes` (the units concerned),
        `area` (m²), `geometry` (a point of it). Empty if the coverage is valid. Kinds:
        `"overlap"` of two units; `"gap"`, a narrow hole; `"edge"`, a unit in no
        overlap and no gap whose edges do not match those of its neighbours, vertex
        by vertex, or come that close to them without touching.

    Raises
    ------
    DataError
        If a code is repeated, an outline is absent, invalid or flat, or the width
        is negative.
    CRSError
        If there is no metric CRS.

    Examples
    --------
    >>> import basinmap as bm
    >>> from basinmap.spatial.coverages import check_coverage
    >>> len(check_coverage(bm.communes()))
    0
    """
    check_given(check_coverage, locals())
    _check_width(gap_width)
    shapes = outlines(units, "units")
    faults: list[tuple[str, tuple[object, ...], float, shapely.Point]] = []
    if not is_coverage(shapes, gap_width):
        faults = _overlap_faults(units, shapes)
        faults += _gap_faults(units, shapes, gap_width)
        told = {code for _, codes, _, _ in faults for code in codes}
        edges = shapely.coverage_invalid_edges(shapes, gap_width=gap_width)
        faults += [
            ("edge", (code,), 0.0, shapely.line_interpolate_point(line, 0.0))
            for code, line in zip(units.index, map(_first_line, edges), strict=True)
            if line is not None and code not in told
        ]
    faults.sort(key=lambda fault: (-fault[2], fault[0], str(fault[1])))
    kinds, codes, areas, places = zip(*faults, strict=True) if faults else [()] * 4
    return gpd.GeoDataFrame(
        {
            "kind": pd.Series(kinds, dtype="str"),
            "codes": pd.Series(codes, dtype=object),
            "area": pd.Series(areas, dtype="float64"),
        },
        geometry=gpd.GeoSeries(list(places), crs=units.crs),
    )


def clean_coverage(
    units: gpd.GeoDataFrame, *, snap: float | None = None, gap_width: float = _NEAR
) -> tuple[gpd.GeoDataFrame, Cleaning]:
    """
    Make a valid coverage of units that overlap, leave gaps, or do not match.

    Parameters
    ----------
    units
        Polygons, in a metric CRS.
    snap
        Distance in metres within which vertices are brought together; by default a
        very small one, that depends on the extent, or 1 m (`gap_width` if less) where
        that leaves a crack open at its end, which the report then says.
    gap_width
        Width in metres under which a gap is filled, by the unit with the longest
        border around it. What two units both claim goes by the same rule.

    Returns
    -------
    frame : GeoDataFrame
        The same units, with outlines that share their edges.
    report : Cleaning
        Surface before and after, and `changed`, the m² by which each unit changed.

    Raises
    ------
    DataError
        If a unit would be lost, the result is no coverage, a code is repeated, an
        outline is absent, invalid or flat, or a distance is negative.
    CRSError
        If there is no metric CRS.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import shapely
    >>> from basinmap.spatial.coverages import clean_coverage
    >>> two = gpd.GeoDataFrame(
    ...     geometry=[shapely.box(0, 0, 1000, 1000), shapely.box(998, 0, 2000, 1000)],
    ...     index=["a", "b"], crs=2154,
    ... )
    >>> clean, report = clean_coverage(two)
    >>> f"{clean.area.sum():.0f}", report.changed
    ('2000000', {'b': -2000.0})
    """
    check_given(clean_coverage, locals())
    _check_width(gap_width)
    if snap is not None:
        check_size(snap, "snap is a distance in metres, 0 or more", zero=True)
    check_frame(units, "units")
    shapes = outlines(units, "units")
    near = min(gap_width, _NEAR)
    cleaned = _cleaned(shapes, -1.0 if snap is None else snap, gap_width)
    snapped = snap or 0.0
    if snap is None and not shapely.coverage_is_valid(cleaned, gap_width=near):
        # A crack that is open at its end is no hole: only its sides can be joined.
        cleaned, snapped = _cleaned(shapes, near, gap_width), near
    lost = units.index[shapely.area(cleaned) == 0]
    if len(lost):
        msg = (
            f"units: {len(lost)} would vanish under their neighbours: "
            f"{culprits(lost)}; drop what they repeat, or lower snap and gap_width"
        )
        raise DataError(msg)
    wrong = _mismatched(units, cleaned, near)
    if len(wrong):
        msg = (
            f"units: {len(wrong)} still no valid coverage once cleaned: "
            f"{culprits(wrong)}; a crack that is open at its end is closed by "
            "snap=, above its width, such as snap=1 (metres)"
        )
        raise DataError(msg)
    frame = units.set_geometry(gpd.GeoSeries(cleaned, units.index, crs=units.crs))
    carry(frame, units)
    notes = _cleaning_notes(snapped, gap_width, _mismatched(units, cleaned, gap_width))
    return frame, _cleaning(units, shapes, cleaned, notes)


# --- checks ------------------------------------------------------------------------


def _check_valid(units: gpd.GeoDataFrame, shapes: np.ndarray, more: str = "") -> None:
    """Refuse units that overlap, do not match, or nearly touch without touching."""
    wrong = _mismatched(units, shapes, _NEAR)
    if len(wrong):
        msg = (
            f"units: the borders of {len(wrong)} unit(s) do not match those of their "
            f"neighbours: {culprits(wrong)}; {_CURE}{more}"
        )
        raise DataError(msg)


def _cleaned(shapes: np.ndarray, snap: float, gap_width: float) -> np.ndarray:
    return np.asarray(
        shapely.coverage_clean(shapes, gap_width=gap_width, snapping_distance=snap)
    )


def _mismatched(
    units: gpd.GeoDataFrame, shapes: np.ndarray, gap_width: float
) -> pd.Index:
    """Return the units whose edges do not match, or come that close to others."""
    if is_coverage(shapes, gap_width):
        return units.index[:0]
    edges = shapely.coverage_invalid_edges(shapes, gap_width=gap_width)
    return units.index[~shapely.is_empty(edges)]


def _check_width(gap_width: float) -> None:
    check_size(gap_width, "gap_width is a distance in metres, 0 or more", zero=True)


# --- overlaps and gaps -------------------------------------------------------------


def _overlap_faults(
    units: gpd.GeoDataFrame, shapes: np.ndarray
) -> list[tuple[str, tuple[object, ...], float, shapely.Point]]:
    pairs = overlapping(shapes)
    places = shapely.point_on_surface(pairs["shape"].to_numpy())
    return [
        ("overlap", (units.index[i], units.index[j]), float(area), place)
        for i, j, area, place in zip(
            pairs["left"], pairs["right"], pairs["area"], places, strict=True
        )
    ]


def _gap_faults(
    units: gpd.GeoDataFrame, shapes: np.ndarray, gap_width: float
) -> list[tuple[str, tuple[object, ...], float, shapely.Point]]:
    """Return the holes of the union that a disc of that width cannot enter."""
    if gap_width == 0:
        return []
    parts = shapely.get_parts(shapely.union_all(shapes))
    rings = [ring for part in parts for ring in part.interiors]
    holes = shapely.polygons(rings) if rings else np.array([], dtype=object)
    holes = holes[shapely.is_empty(shapely.buffer(holes, -gap_width / 2))]
    tree = shapely.STRtree(shapes)
    faults = []
    for hole in holes:
        around = np.sort(tree.query(hole, predicate="dwithin", distance=1e-6))
        codes = tuple(units.index[around])
        faults.append(("gap", codes, hole.area, shapely.point_on_surface(hole)))
    return faults


def _first_line(lines: shapely.Geometry) -> shapely.Geometry | None:
    return None if lines.is_empty else shapely.get_parts(lines)[0]


# --- borders -----------------------------------------------------------------------


def _shared_borders(shapes: np.ndarray) -> pd.DataFrame:
    """Pair the edges of a valid coverage that stand twice, and its vertices."""
    xy, ring, owner = vertices(shapes)
    inside = ring[1:] == ring[:-1]
    start, end, own = xy[:-1][inside], xy[1:][inside], owner[1:][inside]
    turn = (start[:, 0] > end[:, 0]) | (
        (start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1])
    )
    low = np.where(turn[:, None], end, start)
    high = np.where(turn[:, None], start, end)
    edges = np.hstack([low, high])
    order = np.lexsort(edges.T)
    twin = np.flatnonzero((edges[order[1:]] == edges[order[:-1]]).all(axis=1))
    first, second = order[twin], order[twin + 1]
    length = np.hypot(*(edges[first, :2] - edges[first, 2:]).T)
    # A vertex in two units makes them touch, at length 0 unless an edge says more.
    _, spot = np.unique(xy, axis=0, return_inverse=True)
    at = pd.DataFrame({"spot": spot.ravel(), "unit": owner}).drop_duplicates()
    at = at[at["spot"].duplicated(keep=False)]
    met = at.merge(at, on="spot")
    left = np.concatenate([own[first], met["unit_x"]])
    right = np.concatenate([own[second], met["unit_y"]])
    pairs = pd.DataFrame(
        {
            "left": np.minimum(left, right),
            "right": np.maximum(left, right),
            "length": np.concatenate([length, np.zeros(len(met))]),
        }
    )
    pairs = pairs[pairs["left"] < pairs["right"]]
    return pairs.groupby(["left", "right"], as_index=False)["length"].sum()


def _close_borders(shapes: np.ndarray, tolerance: float) -> pd.DataFrame:
    """Measure how much of each border runs within a distance of another unit."""
    tree = shapely.STRtree(shapes)
    left, right = tree.query(shapes, predicate="dwithin", distance=tolerance)
    once = left < right
    left, right = left[once], right[once]
    rims, wide = shapely.boundary(shapes), shapely.buffer(shapes, tolerance)
    lengths = [
        shapely.length(shapely.intersection(rims[a], wide[b]))
        for a, b in ((left, right), (right, left))
    ]
    length = (lengths[0] + lengths[1]) / 2
    pairs = pd.DataFrame({"left": left, "right": right, "length": length})
    # A border that is short beside the tolerance is one where edges are shared.
    shared = pairs[["left", "right"]].merge(
        _shared_borders(shapes), "left", on=["left", "right"]
    )
    exact = shared["length"].fillna(0.0).to_numpy()
    return pairs.assign(length=np.where(length < 4 * tolerance, exact, length))


# --- counts ------------------------------------------------------------------------


def _groups(units: gpd.GeoDataFrame, by: str | pd.Series) -> pd.Series:
    if isinstance(by, pd.Series):
        check_unique(by.index, "by")
        return by.reindex(units.index).rename(by.name or "unit")
    check_columns(units, by)
    return units[by]


def _added_up(
    units: gpd.GeoDataFrame, number_of: np.ndarray, known: Measures
) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """Add up the units of each group, in the order of groups."""
    refuse(known)
    taken = {"units", "geometry"} & set(known)
    if taken:
        msg = f"a measure cannot be called {culprits(sorted(taken))} here; rename it"
        raise MeasureError(msg)
    check_ratios(known, {**measures_of(units), **known})
    table = bare(units).drop(columns=units.geometry.name)
    parent = pd.Series(keys_of(number_of), table.index, dtype=object)
    stocks = stocks_of(table, known)
    sums = sums_at(stocks, number_of, signed=signed_of(known))
    return sums, table, parent


# --- accounts ----------------------------------------------------------------------


def _cleaning_notes(snapped: float, gap_width: float, near: pd.Index) -> list[str]:
    notes = [f"Vides de moins de {number(gap_width, 2)} m de large comblés."]
    if snapped > 0:
        notes.append(
            f"Sommets à moins de {number(snapped, 2)} m l'un de l'autre réunis."
        )
    if len(near):
        some = ", ".join(map(str, near[:5])) + ("…" if len(near) > 5 else "")
        notes.append(
            "Unités bordées d'un vide de moins de cette largeur, ouvert à un bout et "
            f"laissé : {number(len(near))} ({some})."
        )
    return notes


def _cleaning(
    units: gpd.GeoDataFrame,
    shapes: np.ndarray,
    cleaned: np.ndarray,
    notes: list[str],
) -> Cleaning:
    before, after = shapely.area(shapes), shapely.area(cleaned)
    change = pd.Series(after - before, units.index)
    change = change[change.abs() > NOISE * before]
    if len(change):
        code = change.abs().idxmax()
        share = change[code] / before[units.index.get_loc(code)]
        notes.append(
            f"Unités dont la surface change : {number(len(change))} ; au plus "
            f"{number(change[code], signed=True)} m² pour {code} "
            f"({percent(100 * share, 2, signed=True)})."
        )
    return Cleaning(
        verb="Nettoyage des contours",
        before={"surface (ha)": float(before.sum()) / 1e4},
        after={"surface (ha)": float(after.sum()) / 1e4},
        units_before=len(units),
        units_after=len(units),
        notes=tuple(notes),
        changed={str(unit): round(float(area), 3) for unit, area in change.items()},
    )
