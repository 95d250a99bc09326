"""Bands of travel time or of distance, near ones dark, with their own legend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from basinmap.arguments import check_given
from basinmap.errors import DataError, culprits
from basinmap.maps.layers.doors import enter, fill_of, leave, meets_frame
from basinmap.maps.layers.drawing import (
    fill_shapes,
    frame_box,
    free_spot,
    in_frame,
    kind_colors,
    merged,
)
from basinmap.maps.look.palettes import sequential_colors
from basinmap.maps.look.themes import Theme, font, settings, text_width
from basinmap.maps.look.vision import check_colors
from basinmap.maps.paper.alternatives import Sentence, Told, told
from basinmap.maps.paper.blocks import Swatch
from basinmap.maps.paper.pens import (
    ROW,
    TEXT,
    Pen,
    block_height,
    draw_block,
    draw_swatch,
    heading_height,
    write_heading,
)
from basinmap.maps.paper.sheets import Laid, MapAxes
from basinmap.maps.paper.stack import STACK
from basinmap.measures import check_columns
from basinmap.spatial.overlaps import shared_surface
from basinmap.typography import capital, shortest, typeset
from basinmap.values.checks import amounts
from basinmap.values.told import told_of

__all__ = ["draw_isochrones"]


@dataclass(frozen=True, slots=True)
class BandsBlock:
    """Bands, nearest first."""

    title: str
    swatches: tuple[Swatch, ...]


def draw_isochrones(
    ax: MapAxes,
    areas: gpd.GeoDataFrame,
    *,
    palette: str | Sequence[str] = "teals",
    title: str | None = None,
    filled: bool = True,
) -> None:
    """
    Draw bands of travel time, near ones dark, with the minutes on their edges.

    Ground that nothing reaches stays as it is.

    Parameters
    ----------
    ax
        The map of `page`.
    areas
        What `isochrones` returned: disjoint bands of one place.
    palette
        Sequential, or colours of your own, that of the nearest band first.
    title
        Heading of the legend; by default the rule of the areas.
    filled
        Whether bands are filled; otherwise only their outer edges are drawn, to be
        put over something else.

    Raises
    ------
    CRSError
        If the areas are not in EPSG:2154.
    ColumnError
        If a column `outer` or `label` is missing.
    DataError
        If the areas overlap, such as nested ones.

    Examples
    --------
    >>> import basinmap as bm
    >>> import geopandas as gpd
    >>> from basinmap.access.networks import build_network
    >>> x, y = bm.LOUVRE_LENS.point.x, bm.LOUVRE_LENS.point.y
    >>> streets = build_network(  # one that crosses another, 20 minutes long each way
    ...     [x, x - 1600, x + 1600, x, x], [y, y, y, y - 1600, y + 1600],
    ...     [0] * 4 + [1, 2, 3, 4], [1, 2, 3, 4] + [0] * 4,
    ...     [1600.0] * 8, [20.0] * 8, mode="walk",
    ... )
    >>> museum = gpd.GeoSeries([bm.LOUVRE_LENS.point], ["louvre-lens"], crs=2154)
    >>> areas = bm.isochrones(museum, streets, minutes=[10, 20])
    >>> areas["label"].tolist()
    ['moins de 10 min', 'de 10 à moins de 20 min']
    >>> fig, ax = bm.page(areas, title="À pied du Louvre-Lens")
    >>> bm.draw_isochrones(ax, areas, title="Temps de parcours à pied")
    """
    check_given(draw_isochrones, locals())
    enter(ax, areas, "areas", areas=True)
    check_columns(areas, "outer", "label")
    _check_disjoint(areas)
    minutes = amounts(areas["outer"], "areas: outer")
    if minutes.isna().any():
        lacking = minutes.index[minutes.isna()]
        msg = f"areas: {len(lacking)} without outer: {culprits(lacking)}; drop them"
        raise DataError(msg)
    areas = areas.loc[minutes.sort_values(kind="stable").index]  # near ones are dark
    if not meets_frame(ax, areas, "areas"):
        return
    heading = capital(typeset(title if title is not None else told_of(areas).rule))
    fill = fill_of(ax, areas.geometry, heading, "bands") if filled else None
    theme = ax.plan.theme
    colors = _colors(ax, palette, len(areas))
    seen, zoom = in_frame(ax, areas), ax.plan.zoom
    swatches = []
    for color, code in zip(colors, areas.index, strict=True):
        label = typeset(str(areas.at[code, "label"]))
        if code in seen.index:
            fill_shapes(
                ax,
                areas.geometry.loc[[code]],
                facecolor=color if filled else "none",
                edgecolor="#ffffff" if filled else color,
                linewidth=0.3 if filled else 1.0,
                zorder=STACK["bands" if filled else "edges of bands"],
                label=label,
            )
        shape = "box" if filled else "line"
        edge = theme.faint if filled else color
        swatches.append(Swatch(label, color, shape=shape, edge=edge, width=zoom))
    _write_minutes(ax, seen)
    block = BandsBlock(heading, tuple(swatches))
    laid = Laid(
        kind="kinds",
        units=areas,
        measured=(areas["label"].map(str).map(typeset),),
        blocks=(block,),
        floor="bands" if filled else "edges of bands",
    )
    leave(ax, block, on=areas, fill=fill, laid=laid)


def _colors(ax: MapAxes, palette: str | Sequence[str], count: int) -> list[str]:
    """Return a colour a band, the nearest first."""
    if not isinstance(palette, str):
        return kind_colors(ax, palette, count, ordered=True)
    name = "greys" if ax.plan.theme.grey else palette
    # Names are written on the nearest, paper lies under the farthest: no extremes.
    colors = sequential_colors(name, count + 2)[-2:0:-1]
    check_colors(colors, ordered=True)
    return colors


def _check_disjoint(areas: gpd.GeoDataFrame) -> None:
    if shared_surface(areas) > 1e-6 * float(areas.area.sum()):
        msg = (
            f"areas overlap ({culprits(areas.index)}): the last would hide the others; "
            "pass disjoint bands, as isochrones(…, nested=False) gives"
        )
        raise DataError(msg)


def _write_minutes(ax: MapAxes, areas: gpd.GeoDataFrame) -> None:
    """Write « 10 min » on the outer edge of each band, where there is room."""
    theme = ax.plan.theme
    properties = font(theme.narrow, theme.label, weight=500)
    for count, outer in enumerate(areas["outer"], start=1):
        whole = merged(areas.geometry.array[:count])
        edge = _largest(whole).exterior.intersection(frame_box(ax, 5.0 * ax.plan.zoom))
        points = shapely.get_coordinates(edge)
        if not len(points):
            continue
        text = f"{shortest(float(outer))}\u00a0min"
        half = text_width(text, properties) / 2 + 0.8 * ax.plan.zoom
        highest = points[np.argsort(-points[:, 1], kind="stable")][::5]
        spot = free_spot(ax, highest, half, 1.7 * ax.plan.zoom)
        if spot is None:
            continue
        with settings():
            ax.text(
                *spot,
                text,
                font=properties,
                color=theme.ink,
                ha="center",
                va="center",
                zorder=STACK["distances"],
                bbox={"boxstyle": "round,pad=0.25", "fc": theme.halo, "ec": "none"},
            )


def _largest(shape: shapely.Geometry) -> shapely.Polygon:
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon"]
    return max(parts, key=shapely.area)


@block_height.register
def _(block: BandsBlock, width: float, theme: Theme) -> float:
    return heading_height(block.title, width, theme) + len(block.swatches) * ROW


@draw_block.register
def _(block: BandsBlock, pen: Pen) -> None:
    y = write_heading(pen, block.title)
    for swatch in block.swatches:
        draw_swatch(pen, swatch, y)
        pen.write(TEXT, y + 2.7, swatch.label)
        y += ROW


@told.register
def _(block: BandsBlock) -> Told:
    bands = tuple(swatch.label for swatch in block.swatches)
    return Told("d'isochrones", (Sentence(block.title, bands),))
