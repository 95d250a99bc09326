"""Hatches as strokes: for readers of SVG that know no pattern, nor any clip."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Patch
from matplotlib.path import Path

__all__ = ["strokes_for_hatches"]

_DENSITY = 6
"""Of matplotlib, in a tile of an inch."""


def strokes_for_hatches(paper: Axes) -> None:
    """
    Draw the hatches of patches stroke by stroke, cut at their edges.

    Parameters
    ----------
    paper
        Axes whose patches are not moved any more.
    """
    for patch in list(paper.patches):
        hatch = patch.get_hatch()
        if not hatch:
            continue
        strokes = _strokes(paper, patch, hatch)
        patch.set_hatch("")
        if strokes:
            drawn = LineCollection(
                strokes,
                colors=[patch.get_edgecolor()],
                linewidths=[float(mpl.rcParams["hatch.linewidth"])],
                zorder=patch.get_zorder() + 0.01,
                capstyle="butt",
            )
            paper.add_collection(drawn, autolim=False)


def _strokes(paper: Axes, patch: Patch, hatch: str) -> list[np.ndarray]:
    """Return the strokes over a patch, in the units of the axes."""
    shape = _shape(patch)
    tile = float(paper.figure.dpi)
    path = Path.hatch(hatch, _DENSITY)
    if path is None or shape.is_empty:
        return []
    parts = map(np.asarray, path.to_polygons(closed_only=False))
    lines = [part * tile for part in parts if len(part) > 1]
    x0, y0, x1, y1 = (np.asarray(shape.bounds) // tile).astype(int)
    laid = [
        shapely.LineString(line + np.array([column, row]) * tile)
        for line in lines
        for column in range(x0 - 1, x1 + 2)
        for row in range(y0 - 1, y1 + 2)
    ]
    cut = shapely.get_parts(shapely.intersection(np.asarray(laid), shape))
    back = paper.transData.inverted()
    # Two tiles share what lies over their edges.
    kept = dict.fromkeys(
        shapely.to_wkb(shapely.set_precision(one, 1e-3))
        for one in cut
        if one.geom_type == "LineString" and one.length
    )
    return [
        back.transform(shapely.get_coordinates(shapely.from_wkb(one))) for one in kept
    ]


def _shape(patch: Patch) -> shapely.Geometry:
    rings = patch.get_path().to_polygons(patch.get_transform(), closed_only=True)
    found = [shapely.Polygon(r) for r in map(np.asarray, rings) if len(r) > 3]
    return shapely.make_valid(shapely.union_all(found))
