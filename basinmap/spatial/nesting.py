"""Quartiers and communes: several of each for one of the other, with shares."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from basinmap.arguments import check_given
from basinmap.errors import ColumnError, DataError, culprits
from basinmap.measures import as_floats
from basinmap.reports import Accounted, Report
from basinmap.spatial.options import check_tolerance
from basinmap.spatial.overlaps import outlines_caution, surface_shares, warn_apart
from basinmap.spatial.projections import check_metric, check_same_crs
from basinmap.territory.outlines import error_of, ground_area
from basinmap.territory.units import check_unique
from basinmap.typography import number, percent
from basinmap.values.told import tell, told_of

__all__ = ["quartier_shares"]


def quartier_shares(
    quartiers: gpd.GeoDataFrame,
    communes: gpd.GeoDataFrame,
    *,
    dwellings: gpd.GeoDataFrame | None = None,
    count: str | None = None,
    tolerance: float = 0.005,
) -> tuple[pd.DataFrame, Report]:
    """
    Share quartiers out between the communes that they lie in.

    A QPV may span communes: none of them is its parent. Slivers, where two
    outlines of one border differ, are dropped, and the account names them.

    Parameters
    ----------
    quartiers
        Polygons, index `quartier`, as `read_units` returns them.
    communes
        Polygons, index `commune`, in the same metric CRS.
    dwellings
        Points, each one dwelling, or as many as the column `count` says.
    count
        Column of `dwellings`.
    tolerance
        Share of a quartier under which a part is a sliver, and under which what
        lies in no commune is taken for a difference of outline; in [0, 0.5[.

    Returns
    -------
    table : DataFrame
        Index `quartier`, `commune`, one row a pair. `share_area`, in ]0, 1], adds
        up to 1 for each quartier that the communes cover; `area_km2` on the
        ellipsoid; `generation` where quartiers have one. With dwellings: their
        number, and `share_dwellings`, missing where a quartier has none.
    report : Report
        Hectares before and after, quartiers in no commune (`unmatched`) or in
        several (`split`), slivers and parts outside of every commune; that outlines
        are generalised, where frames tell it, and the pairs that may come of that.

    Raises
    ------
    CRSError
        If a frame cannot be measured, or they differ.
    DataError
        If an outline is invalid, a code is repeated, communes overlap, dwellings
        are no points or are badly counted, an option serves nothing, or the tolerance
        is out of range.
    ColumnError, MeasureError
        If the column of counts is missing, or holds no numbers.

    Warns
    -----
    BasinmapWarning
        If quartiers and communes have no ground in common.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import pandas as pd
    >>> import basinmap as bm
    >>> lens = bm.communes(epci="call")
    >>> disc = lens.geometry["62498"].centroid.buffer(2500)
    >>> mine = gpd.GeoDataFrame(
    ...     {"name": ["Centre"]}, geometry=[disc], crs=lens.crs,
    ...     index=pd.Index(["centre"], name="quartier"),
    ... )
    >>> table, report = bm.quartier_shares(mine, lens)
    >>> len(table), f"{table['share_area'].sum():.6f}", report.split
    (8, '1.000000', ('centre',))
    """
    check_given(quartier_shares, locals())
    _check_frames(quartiers, communes, tolerance)
    if count is not None and dwellings is None:
        msg = (
            f"count={count!r} is a column of dwellings, and there are none; pass "
            "dwellings=, a frame of points, or leave count out"
        )
        raise DataError(msg)
    warn_apart(quartiers, communes, ("quartiers", "communes"))
    pairs = surface_shares(quartiers, communes)
    pairs = pairs.rename(columns={"unit": "quartier", "area": "commune"})
    covered = pairs.groupby("quartier")["share"].sum().reindex(quartiers.index)
    covered = covered.fillna(0.0)
    _check_overlaps(covered, tolerance)
    # Within the tolerance, what is not covered is a difference of outline.
    covered = covered.mask(covered >= 1 - tolerance, 1.0)
    small = pairs["share"] < tolerance
    table = _shared(pairs[~small], covered, quartiers)
    notes = _surface_notes(pairs[small], covered, tolerance)
    notes += _outline_notes(quartiers, communes, table)
    missing: dict[str, tuple[str, ...]] = {}
    if dwellings is not None:
        weights = _weights(dwellings, count, quartiers)
        table, told = _with_dwellings(table, dwellings, weights, quartiers, communes)
        notes += told
        blank = table["share_dwellings"].isna()
        missing["share_dwellings"] = _quartiers_of(table[blank])
    tell(
        table,
        level="quartier",
        sources=tuple(
            dict.fromkeys((*told_of(quartiers).sources, *told_of(communes).sources))
        ),
    )
    return Accounted(table, _report(table, quartiers, notes, missing))


def _check_frames(
    quartiers: gpd.GeoDataFrame, communes: gpd.GeoDataFrame, tolerance: float
) -> None:
    check_same_crs(quartiers, communes)
    check_tolerance(tolerance)
    for frame, level in ((quartiers, "quartier"), (communes, "commune")):
        if frame.index.name != level:
            msg = (
                f"index named {frame.index.name!r} instead of {level!r}: read the file "
                f"with bm.read_units(…, {level!r}), or write .rename_axis({level!r})"
            )
            raise DataError(msg)
        check_unique(frame.index, f"{level}s")
        area = ~frame.geometry.isna() & frame.geometry.is_valid
        area &= frame.geometry.area > 0
        if not area.all():
            wrong = frame.index[~area]
            msg = (
                f"{len(wrong)} {level}(s) with an absent, invalid or flat outline: "
                f"{culprits(wrong)}; read the file with bm.read_units(…, repair=True)"
            )
            raise DataError(msg)


def _check_overlaps(covered: pd.Series, tolerance: float) -> None:
    over = covered.index[covered > 1 + max(tolerance, 1e-6)]
    if len(over):
        msg = (
            f"communes overlap inside {len(over)} quartier(s): {culprits(over)}; take "
            "communes of one date, such as bm.communes(), or clean their outlines"
        )
        raise DataError(msg)


def _shared(
    kept: pd.DataFrame, covered: pd.Series, quartiers: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return the pairs kept, with what the slivers held given back in proportion."""
    held = kept.groupby("quartier")["share"].transform("sum")
    share = kept["share"] / held * kept["quartier"].map(covered)
    area = share * kept["quartier"].map(ground_area(quartiers))
    table = kept[["quartier", "commune"]].assign(share_area=share, area_km2=area)
    if "generation" in quartiers:
        table.insert(2, "generation", table["quartier"].map(quartiers["generation"]))
    order = {code: rank for rank, code in enumerate(quartiers.index)}
    table["rank"] = table["quartier"].map(order)
    table = table.sort_values(
        ["rank", "share_area", "commune"], ascending=[True, False, True]
    )
    return table.drop(columns="rank").set_index(["quartier", "commune"])


def _surface_notes(
    slivers: pd.DataFrame, covered: pd.Series, tolerance: float
) -> list[str]:
    notes = []
    if len(slivers):
        pairs = list(slivers["quartier"] + " / " + slivers["commune"])
        notes.append(
            f"Recouvrements de moins de {percent(100 * tolerance, 1)} tenus pour des "
            f"écarts de tracé et écartés {_listed(pairs)}."
        )
    outside = 1 - covered[(covered < 1) & (covered > 0)]
    if len(outside):
        parts = [f"{code} {percent(100 * share)}" for code, share in outside.items()]
        notes.append(f"Part des quartiers hors des communes données {_listed(parts)}.")
    return notes


def _outline_notes(
    quartiers: gpd.GeoDataFrame, communes: gpd.GeoDataFrame, table: pd.DataFrame
) -> list[str]:
    """Say that outlines are generalised, and which pairs may come of that alone."""
    error = max(error_of(frame) or 0.0 for frame in (quartiers, communes))
    caution = outlines_caution(error)
    if not caution:
        return []
    share = table["share_area"]
    minor = table.index[share < share.groupby("quartier").transform("max")]
    # What is left of a quartier that recedes by the error does not reach them.
    inner = quartiers.geometry.loc[minor.get_level_values(0)].buffer(-error)
    others = communes.geometry.loc[minor.get_level_values(1)]
    deep = shapely.intersects(inner.array, others.array)
    unsure = [f"{q} / {c}" for (q, c), far in zip(minor, deep, strict=True) if not far]
    if not unsure:
        return [caution]
    return [caution, f"Rattachements qui peuvent tenir à cet écart {_listed(unsure)}."]


def _listed(items: list[str]) -> str:
    more = "…" if len(items) > 5 else ""
    return f"({number(len(items))} : {', '.join(items[:5])}{more})"


def _weights(
    dwellings: gpd.GeoDataFrame, count: str | None, quartiers: gpd.GeoDataFrame
) -> np.ndarray:
    """Return how many dwellings each point stands for."""
    check_metric(dwellings, "dwellings")
    check_same_crs(dwellings, quartiers)
    wrong = dwellings.index[dwellings.geometry.geom_type != "Point"]
    if len(wrong):
        msg = (
            f"dwellings: {len(wrong)} row(s) are no point: {culprits(wrong)}; polygons "
            "stand for their dwellings by .representative_point(), an estimate"
        )
        raise DataError(msg)
    if count is None:
        return np.ones(len(dwellings))
    if count not in dwellings:
        msg = f"no column {count!r} in dwellings; it has {culprits(dwellings.columns)}"
        raise ColumnError(msg)
    weights = as_floats(dwellings[count], count).to_numpy()
    bad = dwellings.index[~(np.isfinite(weights) & (weights >= 0))]
    if len(bad):
        msg = (
            f"{count}: {len(bad)} count(s) are missing, negative or no number: "
            f"{culprits(bad)}; drop those points or give them a count"
        )
        raise DataError(msg)
    return weights


def _with_dwellings(
    table: pd.DataFrame,
    dwellings: gpd.GeoDataFrame,
    weights: np.ndarray,
    quartiers: gpd.GeoDataFrame,
    communes: gpd.GeoDataFrame,
) -> tuple[pd.DataFrame, list[str]]:
    """Add the dwellings of each pair, and what share of the quartier they are."""
    inside = _holders(dwellings, quartiers)
    within = _holders(dwellings, communes).drop_duplicates("point").set_index("point")
    inside["weight"] = weights[inside["point"]]
    inside["commune"] = inside["point"].map(within["holder"])
    every = inside.groupby("holder")["weight"].sum()
    pairs = inside.groupby(["holder", "commune"])["weight"].sum()
    pairs = pairs.rename_axis(["quartier", "commune"])
    table = table.assign(dwellings=pairs.reindex(table.index, fill_value=0.0))
    placed = table.index.get_level_values("quartier")
    total = pd.Series(every.reindex(placed).to_numpy(), table.index)
    table["share_dwellings"] = table["dwellings"] / total.where(total > 0)
    lost = every.sum() - table["dwellings"].sum()
    notes = []
    if lost > 0:
        notes.append(
            f"Logements situés dans un quartier mais dans aucune des communes "
            f"retenues pour lui : {number(lost)} sur {number(every.sum())}."
        )
    outside = weights.sum() - weights[inside["point"].unique()].sum()
    notes.append(
        f"Logements pris en compte : {number(weights.sum())}, dont {number(outside)} "
        "hors de tout quartier."
    )
    return table, notes


def _holders(points: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return each point (its rank) with each area that holds it."""
    tree = shapely.STRtree(areas.geometry.array)
    ranks, columns = tree.query(points.geometry.array, predicate="intersects")
    found = pd.DataFrame({"point": ranks, "column": columns})
    found = found.sort_values(["point", "column"], ignore_index=True)
    return found.assign(holder=areas.index.to_numpy()[found["column"]])


def _quartiers_of(table: pd.DataFrame) -> tuple[str, ...]:
    return tuple(table.index.get_level_values("quartier").unique())


def _report(
    table: pd.DataFrame,
    quartiers: gpd.GeoDataFrame,
    notes: list[str],
    missing: dict[str, tuple[str, ...]],
) -> Report:
    placed = _quartiers_of(table)
    counts = table.groupby("quartier", sort=False).size()
    return Report(
        verb="Rattachement des quartiers aux communes",
        before={"surface (ha)": 100 * float(ground_area(quartiers).sum())},
        after={"surface (ha)": 100 * float(table["area_km2"].sum())},
        units_before=len(quartiers),
        units_after=len(placed),
        unmatched=tuple(quartiers.index[~quartiers.index.isin(placed)]),
        missing=missing,
        split=tuple(counts.index[counts > 1]),
        notes=tuple(notes),
    )
