"""Columns and shapes as GDAL takes them, for every format that it writes."""

from __future__ import annotations

from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from basinmap.values.cells import Cells

__all__ = ["crs_of", "field_of", "kind_of", "offsets_of"]


def field_of(cells: Cells) -> tuple[np.ndarray, np.ndarray]:
    """
    Return a column as GDAL takes it, with what is missing.

    Parameters
    ----------
    cells
        The column.
    """
    gone = cells.held.isna().to_numpy()
    match cells.kind:
        case "whole":
            return cells.held.fillna(0).to_numpy(dtype="int64"), gone
        case "truth":
            return cells.held.fillna(value=False).to_numpy(dtype=bool), gone
        case "real":
            return cells.held.to_numpy(dtype="float64"), gone
        case "day":
            days = np.array(cells.held.tolist(), dtype="datetime64[D]")
            return days.reshape(len(gone)), gone
        case "moment":
            naive = cells.held
            naive = naive if naive.dt.tz is None else naive.dt.tz_localize(None)
            return naive.to_numpy(dtype="datetime64[ms]"), gone
    return cells.held.mask(gone, None).to_numpy(dtype=object), gone


def offsets_of(columns: Iterable[Cells]) -> dict[str, np.ndarray]:
    """
    Return how far moments are from Greenwich, by column.

    Parameters
    ----------
    columns
        Of a layer.
    """
    found = {}
    for cells in columns:
        if cells.kind == "moment" and cells.held.dt.tz is not None:
            # GDAL counts quarters of an hour from Greenwich, which is 100.
            local = cells.held.dt.tz_localize(None)
            shift = local - cells.held.dt.tz_convert("UTC").dt.tz_localize(None)
            quarters = (shift // pd.Timedelta("15m")).fillna(0)
            found[cells.name] = (quarters + 100).to_numpy(dtype="int64")
    return found


def kind_of(shapes: gpd.GeoSeries) -> str:
    """
    Return the type of geometry that a layer declares.

    Parameters
    ----------
    shapes
        Of a layer.
    """
    kinds = set(shapes.geom_type.dropna())
    singles = {kind.removeprefix("Multi") for kind in kinds}
    if len(singles) != 1 or singles & {"GeometryCollection", "LinearRing"}:
        return "Unknown"
    (single,) = singles
    # Outlines are of parts: a layer of communes is one of multipolygons.
    kind = f"Multi{single}" if single == "Polygon" or len(kinds) > 1 else kinds.pop()
    plain = shapes.to_numpy()
    raised = shapely.has_z(plain) & ~shapely.is_empty(plain)
    return f"{kind} Z" if raised.any() else kind


def crs_of(shapes: gpd.GeoSeries) -> str:
    """
    Return the CRS of a layer as GDAL reads it.

    Parameters
    ----------
    shapes
        Of a layer.
    """
    known = shapes.crs.to_epsg()
    return f"EPSG:{known}" if known else shapes.crs.to_wkt("WKT1_GDAL")
