"""Rings: crow-fly distances around a place."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from basinmap.arguments import check_given
from basinmap.errors import DataError, culprits
from basinmap.maps.layers.doors import enter, leave, meets_frame
from basinmap.maps.layers.drawing import (
    add_key,
    frame_box,
    free_spot,
    inked,
)
from basinmap.maps.look.themes import font, settings, text_width
from basinmap.maps.paper.blocks import Swatch
from basinmap.maps.paper.crossings import keep_off
from basinmap.maps.paper.sheets import Laid, MapAxes
from basinmap.maps.paper.stack import STACK
from basinmap.measures import check_columns
from basinmap.typography import typeset
from basinmap.values.checks import amounts

__all__ = ["draw_rings"]


def draw_rings(
    ax: MapAxes,
    areas: gpd.GeoDataFrame,
    *,
    label: str = "distance à vol d'oiseau",
    color: str = "#1f2430",
) -> None:
    """
    Draw the outer circle of each ring, with its distance written on it.

    Parameters
    ----------
    ax
        The map of `page`.
    areas
        What `rings` returned.
    label
        Entry of the legend; crow-fly distances must say so.
    color
        Line colour.

    Raises
    ------
    CRSError
        If the rings are not in EPSG:2154.
    ColumnError
        If there is no column `outer`.

    Examples
    --------
    >>> import basinmap as bm
    >>> fig, ax = bm.page(bm.communes(epci="call"), title="CA de Lens-Liévin")
    >>> bm.draw_rings(ax, bm.rings(bm.LOUVRE_LENS, distances=[5_000, 10_000]))
    """
    check_given(draw_rings, locals())
    enter(ax, areas, "rings")
    check_columns(areas, "outer")
    color, width = inked(ax, color), 0.7 * ax.plan.zoom
    distances = amounts(areas["outer"], "rings: outer")
    odd = areas.index[areas.geom_type != "Polygon"]
    if len(odd):
        msg = f"rings: {len(odd)} of them are no polygon: {culprits(odd)}; use bm.rings"
        raise DataError(msg)
    circles = areas.set_geometry(areas.exterior)
    if not meets_frame(ax, circles, "circles"):
        return
    frame = frame_box(ax, 0.0)
    seen = [
        (float(outer), shapely.force_2d(ring.exterior))
        for outer, ring in zip(distances, areas.geometry, strict=True)
        if ring.exterior.intersects(frame)
    ]
    keep_off(ax, [circle for _, circle in seen])
    with settings():
        for outer, circle in seen:
            # White under the dashes, which would be lost on a dark fill.
            casing = PathPatch(Path(np.asarray(circle.coords)), fc="none")
            casing.set(edgecolor=ax.plan.theme.halo, linewidth=2.6 * width)
            casing.set(zorder=STACK["rings"], label="_casing")
            ax.add_artist(casing)
            ax.add_line(
                Line2D(
                    *np.asarray(circle.coords).T,
                    color=color,
                    linewidth=width,
                    dashes=(5, 2.5),
                    zorder=STACK["rings"],
                    label=f"_ring {outer:g}",
                )
            )
            _write_distance(ax, circle, outer)
    swatch = Swatch(typeset(label), color, shape="line", width=width, dashes=(5, 2.5))
    add_key(ax, swatch)
    leave(ax, on=areas, laid=Laid(kind="rings", units=circles, swatch=swatch))


def _write_distance(ax: MapAxes, circle: shapely.LinearRing, outer: float) -> None:
    """Write « 10 km » where the circle is highest, well inside the frame."""
    zoom = ax.plan.zoom
    arc = shapely.get_coordinates(circle.intersection(frame_box(ax, 6.0 * zoom)))
    if not len(arc):
        return
    text = typeset(f"{outer / 1000:g}".replace(".", ",")) + "\u00a0km"
    properties = font(ax.plan.theme.narrow, ax.plan.theme.label, weight=500)
    half = text_width(text, properties) / 2 + 0.8 * zoom
    order = np.argsort(-arc[:, 1], kind="stable")
    spot = free_spot(ax, arc[order], half, 1.7 * zoom)
    if spot is None:
        return
    ax.text(
        *spot,
        text,
        font=properties,
        color=ax.plan.theme.ink,
        ha="center",
        va="center",
        zorder=STACK["distances"],
        bbox={"boxstyle": "round,pad=0.25", "fc": ax.plan.theme.halo, "ec": "none"},
    )
