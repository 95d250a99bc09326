"""Hatches as strokes: for readers of SVG that know no pattern, nor any clip."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Patch
from matplotlib.path import Path

__all__ = ["strokes_for_hatches", "upright_chords"]

_DENSITY = 6
"""Of matplotlib, in a tile of an inch."""

_UPRIGHT = 0.8
"""Millimetres of A4 from one upright stroke of a circle to the next, nearly."""


def upright_chords(radius: float, zoom: float = 1.0) -> np.ndarray:
    """
    Return upright strokes of a circle around zero, two at least, centred.

    Those of a hatch fall where its tile does: a small circle has none, or one.

    Parameters
    ----------
    radius
        In millimetres.
    zoom
        How much larger than on A4 the sheet is drawn.

    Returns
    -------
    ndarray
        (n, 2, 2) end points, in millimetres.

    Examples
    --------
    >>> upright_chords(0.75)[:, 0, 0].tolist()
    [-0.25, 0.25]
    """
    count = max(2, round(2 * radius / (_UPRIGHT * zoom)))
    across = radius * (2 * np.arange(1, count + 1) / (count + 1) - 1)
    up = np.sqrt(radius**2 - across**2)
    ends = np.column_stack([across, -up, across, up])
    return ends.reshape(-1, 2, 2)


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
