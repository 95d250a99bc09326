"""Geometries as paths, holes left open."""

from __future__ import annotations

import numpy as np
import shapely
from matplotlib.path import Path

__all__ = ["line_path", "outline_path"]


def outline_path(shape: shapely.Geometry | None) -> Path | None:
    """Turn polygons into one path whose holes are holes.

    Parameters
    ----------
    shape
        A geometry; what is no polygon is left out.
    """
    if shape is None or shape.is_empty:
        return None
    rings = [
        np.asarray(ring.coords)[:, :2]
        for polygon in shapely.get_parts(shapely.orient_polygons(shape))
        if polygon.geom_type == "Polygon"
        for ring in (polygon.exterior, *polygon.interiors)
    ]
    if not rings:
        return None
    codes = []
    for ring in rings:
        codes += [Path.MOVETO, *[Path.LINETO] * (len(ring) - 2), Path.CLOSEPOLY]
    return Path(np.concatenate(rings), codes)


def line_path(shape: shapely.Geometry | None) -> Path | None:
    """Turn lines into one path.

    Parameters
    ----------
    shape
        A geometry; what is no line is left out.
    """
    if shape is None or shape.is_empty:
        return None
    lines = [
        np.asarray(part.coords)[:, :2]
        for part in shapely.get_parts(shapely.get_parts(shape))
        if part.geom_type in ("LineString", "LinearRing")
    ]
    if not lines:
        return None
    codes = []
    for line in lines:
        codes += [Path.MOVETO, *[Path.LINETO] * (len(line) - 1)]
    return Path(np.concatenate(lines), codes)
