"""Points of one kind."""

from __future__ import annotations

import geopandas as gpd
import shapely
from matplotlib.markers import MarkerStyle

from basinmap.arguments import check_given
from basinmap.errors import DataError
from basinmap.maps.layers.doors import enter, leave, meets_frame
from basinmap.maps.layers.drawing import (
    add_key,
    checked_width,
    in_frame,
    inked,
)
from basinmap.maps.look.themes import MM_PER_POINT, settings
from basinmap.maps.paper.blocks import Swatch
from basinmap.maps.paper.sheets import Laid, MapAxes
from basinmap.maps.paper.stack import STACK
from basinmap.typography import typeset

__all__ = ["draw_points"]


def draw_points(
    ax: MapAxes,
    points: gpd.GeoDataFrame,
    *,
    label: str,
    marker: str = "*",
    color: str = "#1f2430",
    size_mm: float | None = None,
) -> None:
    """
    Draw points with one marker.

    Parameters
    ----------
    ax
        The map of `page`.
    points
        Points in EPSG:2154; those outside the frame are left out.
    label
        Entry of the legend.
    marker
        Matplotlib marker.
    color
        Fill colour.
    size_mm
        Width of the marker on paper; by default 4 mm, more on a poster.

    Raises
    ------
    CRSError
        If the points are not in EPSG:2154.

    Examples
    --------
    >>> import basinmap as bm
    >>> fig, ax = bm.page(bm.communes(epci="call"), title="CA de Lens-Liévin")
    >>> bm.draw_points(ax, bm.places().loc[["louvre-lens"]], label="Louvre-Lens")
    """
    check_given(draw_points, locals())
    enter(ax, points, "points")
    color, zoom = inked(ax, color), ax.plan.zoom
    if marker not in MarkerStyle.filled_markers:
        known = ", ".join(str(known) for known in MarkerStyle.filled_markers)
        msg = f"unknown marker {marker!r}; choose among {known}"
        raise DataError(msg)
    size_mm = 4.0 * zoom if size_mm is None else checked_width(size_mm, "size_mm", "mm")
    if not meets_frame(ax, points, "points"):
        return
    inside = in_frame(ax, points)
    where = shapely.get_coordinates(shapely.centroid(inside.geometry.array))
    with settings():
        ax.scatter(
            where[:, 0],
            where[:, 1],
            s=(size_mm / MM_PER_POINT) ** 2,
            marker=marker,
            facecolor=color,
            edgecolor=ax.plan.theme.halo,
            linewidth=0.6 * zoom,
            zorder=STACK["points"],
            label=label,
        )
    edge = ax.plan.theme.halo
    swatch = Swatch(typeset(label), color, shape=marker, edge=edge, size=size_mm)
    leave(ax, on=inside, laid=Laid(kind="points", units=inside, swatch=swatch))
    half = size_mm / 2
    for x, y in ax.to_mm(where):
        ax.boxes.append((x - half, y - half, x + half, y + half))
    add_key(ax, swatch)
