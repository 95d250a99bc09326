"""What is inside each area, with the counting rule named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal

import geopandas as gpd
import pandas as pd
import shapely

from basinmap.errors import DataError, MeasureError
from basinmap.measures import Stock, check_columns
from basinmap.spatial.overlaps import point_shares, surface_shares
from basinmap.spatial.projections import check_metric
from basinmap.territory.units import check_unique

__all__ = ["reach"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "centroid": "unités comptées entières là où tombe leur point représentatif",
        "area": "unités comptées au prorata de leur surface (estimation)",
    }
)


def reach(
    areas: gpd.GeoDataFrame,
    units: gpd.GeoDataFrame,
    *,
    sums: Sequence[str],
    rule: Literal["centroid", "area"],
) -> pd.DataFrame:
    """
    Add up what lies inside each area of a partition, such as rings.

    Parameters
    ----------
    areas
        Polygons that do not overlap, in a metric CRS.
    units
        Polygons with the counts to add up, in the same CRS.
    sums
        Columns of stocks.
    rule
        `"centroid"`: a unit counts whole where its representative point falls.
        `"area"`: it counts by share of surface, an estimate that is wrong
        wherever people are not spread evenly.

    Returns
    -------
    DataFrame
        On the index of `areas`: `units` (how many count, whole or in part), the
        `sums`, and `rule`. `attrs["rule"]` is the French sentence to print;
        `attrs["not_reached"]` the codes that no area holds.

    Raises
    ------
    CRSError
        If a CRS is missing, in degrees, or differs.
    MeasureError
        If a column is declared as anything but a stock.
    ColumnError, DataError
        If a column is missing, holds missing values, a code is repeated, the
        rule is unknown.

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
    """
    if rule not in tuple(RULES):
        msg = f"unknown rule {rule!r}; choose among {', '.join(RULES)}"
        raise DataError(msg)
    columns = [sums] if isinstance(sums, str) else list(dict.fromkeys(sums))
    check_columns(units, *columns)
    check_unique(units.index, "units")
    check_unique(areas.index, "areas")
    _check_stocks(units, columns)
    _check_disjoint(areas)
    shares = (point_shares if rule == "centroid" else surface_shares)(units, areas)
    values = units.loc[shares["unit"], columns].astype("float64")
    parts = values.mul(shares["share"].to_numpy(), axis=0)
    totals = parts.groupby(shares["area"].to_numpy()).sum()
    result = pd.DataFrame(index=areas.index)
    counted = shares.groupby("area")["unit"].size()
    result["units"] = counted.reindex(areas.index, fill_value=0)
    result[columns] = totals.reindex(areas.index, fill_value=0.0)
    result["rule"] = rule
    result.attrs = {
        "rule": RULES[rule],
        "not_reached": tuple(units.index.difference(shares["unit"])),
    }
    return result


def _check_disjoint(areas: gpd.GeoDataFrame) -> None:
    """Check that nothing would be counted twice."""
    check_metric(areas, "areas")
    shapes = areas.geometry.array
    whole = shapely.area(shapely.union_all(shapely.make_valid(shapes)))
    total = float(areas.area.sum())
    if total - whole > 1e-6 * total:
        msg = (
            f"areas overlap over {(total - whole) / 1e6:.3g} km²: what lies there "
            "would count twice; pass disjoint areas, such as rings"
        )
        raise DataError(msg)


def _check_stocks(units: pd.DataFrame, columns: Sequence[str]) -> None:
    known = units.attrs.get("measures", {})
    for column in columns:
        if column in {"units", "rule"}:
            msg = f"a stock cannot be called {column!r} here; rename the column"
            raise DataError(msg)
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
