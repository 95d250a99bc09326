"""Points by category: a shape and a colour each, so that grey print still tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.markers import MarkerStyle

from basinmap.arguments import check_given
from basinmap.errors import DataError
from basinmap.maps.layers.doors import enter, leave, meets_frame
from basinmap.maps.layers.drawing import (
    in_frame,
    kind_colors,
    on_units,
    states_of_classes,
)
from basinmap.maps.layers.typology import CategoriesBlock, label_of, named_categories
from basinmap.maps.look.themes import MM_PER_POINT, settings
from basinmap.maps.paper.blocks import Swatch
from basinmap.maps.paper.sheets import MapAxes
from basinmap.maps.paper.stack import STACK
from basinmap.measures import STATES
from basinmap.typography import typeset

__all__ = ["draw_markers"]

_SHAPES: Final = ("o", "s", "^", "D", "v", "P", "X")
# What makes a diamond look as large as a disc.
_EVEN: Final = {"s": 0.88, "D": 0.78, "^": 1.1, "v": 1.1, "P": 1.1, "X": 1.05}
_STATE_MARKERS: Final = {
    "secret": ("d", "#8a8f99"),
    "not_applicable": ("p", "#ebebeb"),
    "not_available": ("o", "#ffffff"),
}


def draw_markers(
    ax: MapAxes,
    points: gpd.GeoDataFrame,
    categories: pd.Series,
    *,
    labels: Mapping[object, str] | None = None,
    palette: str | Sequence[str] = "okabe-ito",
    markers: Sequence[str] | None = None,
    size_mm: float | None = None,
    title: str | None = None,
) -> None:
    """
    Draw points with the shape and the colour of their category.

    Parameters
    ----------
    ax
        The map of `page`.
    points
        Points in EPSG:2154; those outside the frame are left out, and not counted.
    categories
        Text, whole numbers or categories, on the index of `points`; seven kinds at
        most. What is missing has a marker and a line of its own.
    labels
        French name of each category, in the order of the legend; by default the
        categories themselves, in their own order.
    palette
        Qualitative, or colours of your own, one a category; greys in a grey theme.
    markers
        Filled markers of matplotlib, one a category.
    size_mm
        Width of a disc on paper; the other shapes look as large. By default 2.8 mm,
        more on a poster.
    title
        Heading of the legend; by default the label of the categories.

    Raises
    ------
    MeasureError
        If the categories are a stock or a rate.
    DataError
        If there are more than seven categories or none, one has no name or no
        marker, the palette is unknown, or no index value is of `points`.
    CRSError
        If the points are not in EPSG:2154.

    Examples
    --------
    >>> import basinmap as bm
    >>> places = bm.places()
    >>> kind = places.index.to_series().str.contains("puits")
    >>> fig, ax = bm.page(places, title="Lieux")
    >>> bm.draw_markers(ax, places, kind, labels={True: "puits", False: "musée"})
    >>> [(swatch.label, swatch.count) for swatch in ax.blocks[0].swatches]
    [('puits', 2), ('musée', 1)]
    """
    check_given(draw_markers, locals())
    enter(ax, points, "points")
    named = named_categories(categories, labels)
    names = list(named.cat.categories)
    colors = kind_colors(ax, palette, len(names))
    shapes = _checked_markers(markers, len(names))
    size_mm = 2.8 * ax.plan.zoom if size_mm is None else size_mm
    if not 0 < size_mm < np.inf:
        msg = f"size_mm={size_mm}: give the width of a marker, in mm"
        raise DataError(msg)
    aligned = on_units(points, named)
    if not meets_frame(ax, points, "points"):
        return
    aligned = aligned.loc[in_frame(ax, points).index]
    where = shapely.get_coordinates(
        shapely.centroid(points.geometry.loc[aligned.index].array)
    )
    halo = ax.plan.theme.halo
    looks = [
        Swatch(name, color, 0, shape, edge=halo, size=size_mm * _EVEN.get(shape, 1.0))
        for name, color, shape in zip(names, colors, shapes, strict=True)
    ]
    swatches = [
        _add_markers(ax, where[(aligned.cat.codes == code).to_numpy()], look)
        for code, look in enumerate(looks)
    ]
    states = states_of_classes(aligned)
    for state, meaning in STATES.items():
        chosen = where[(states == state).to_numpy()]
        if len(chosen):
            shape, color = _STATE_MARKERS[state]
            edge = ax.plan.theme.soft
            look = Swatch(meaning, color, 0, shape, edge=edge, size=size_mm)
            swatches.append(_add_markers(ax, chosen, look))
    half = size_mm / 2
    for x, y in ax.to_mm(where).tolist():
        ax.boxes.append((x - half, y - half, x + half, y + half))
    heading = label_of(categories) if title is None else title
    block = CategoriesBlock(typeset(heading), tuple(swatches))
    leave(ax, block, values=[categories], on=points.loc[aligned.index])


def _checked_markers(markers: Sequence[str] | None, wanted: int) -> list[str]:
    """Return one filled marker a category."""
    if markers is None:
        return list(_SHAPES[:wanted])
    unknown = [shape for shape in markers if shape not in MarkerStyle.filled_markers]
    if unknown or len(set(markers)) < len(markers) or len(markers) < wanted:
        msg = (
            f"markers {list(markers)}: give {wanted} different filled markers, such as "
            f"{list(_SHAPES[:wanted])}"
        )
        raise DataError(msg)
    return list(markers[:wanted])


def _add_markers(ax: MapAxes, where: np.ndarray, look: Swatch) -> Swatch:
    """Draw points of one look; return it with their number."""
    with settings():
        ax.scatter(
            where[:, 0],
            where[:, 1],
            s=(look.size / MM_PER_POINT) ** 2,
            marker=look.shape,
            facecolor=look.color,
            edgecolor=look.edge,
            linewidth=0.5 * ax.plan.zoom,
            zorder=STACK["points"],
            label=look.label,
        )
    return replace(look, count=len(where))
