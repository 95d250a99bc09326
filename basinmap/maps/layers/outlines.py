"""Outlines of units, and the land around them."""

from __future__ import annotations

import math
from collections.abc import Iterable

import geopandas as gpd

from basinmap.arguments import check_given, number_of
from basinmap.errors import DataError
from basinmap.maps.layers.doors import enter, fill_of, leave, meets_frame
from basinmap.maps.layers.drawing import (
    add_key,
    checked_width,
    fill_shapes,
    in_frame,
    inked,
    rows_in_frame,
)
from basinmap.maps.paper.blocks import Swatch
from basinmap.maps.paper.crossings import keep_off
from basinmap.maps.paper.guards import shapes_of
from basinmap.maps.paper.precision import is_indicative
from basinmap.maps.paper.sheets import Laid, MapAxes
from basinmap.maps.paper.stack import STACK
from basinmap.typography import typeset

__all__ = ["draw_neighbours", "draw_outlines"]

_INDICATIVE = (3.0, 2.0)  # points: what is not surveyed is no firm line


def draw_neighbours(ax: MapAxes, units: gpd.GeoDataFrame) -> None:
    """
    Draw the land around the territory, pale, to be put under everything else.

    Parameters
    ----------
    ax
        The map of `page`.
    units
        Polygons in EPSG:2154; those outside the frame are left out.

    Raises
    ------
    CRSError
        If the units are not in EPSG:2154.

    Examples
    --------
    >>> import basinmap as bm
    >>> fig, ax = bm.page(bm.communes(epci="call"), title="CA de Lens-Liévin")
    >>> bm.draw_neighbours(ax, bm.epcis())
    """
    check_given(draw_neighbours, locals())
    enter(ax, units, areas=True, keyed=False)
    if not meets_frame(ax, units):
        return
    theme = ax.plan.theme
    seen = in_frame(ax, units).geometry
    keep_off(ax, seen)
    fill_shapes(
        ax,
        seen,
        facecolor=theme.land,
        edgecolor="#ffffff",
        linewidth=0.9,
        zorder=STACK["neighbours"],
        label="_neighbours",
    )
    land = Swatch("", theme.land, edge="#ffffff", width=0.9)
    leave(ax, on=units, laid=Laid(kind="neighbours", units=units, swatch=land))


def draw_outlines(
    ax: MapAxes,
    units: gpd.GeoDataFrame,
    *,
    label: str | None = None,
    color: str | None = None,
    width: float | None = None,
    dashes: tuple[float, ...] = (),
    fill: str | None = None,
) -> None:
    """
    Draw the outlines of units.

    Parameters
    ----------
    ax
        The map of `page`.
    units
        Polygons in EPSG:2154.
    label
        Entry of the legend; none by default.
    color
        Line colour; by default the ink of the theme.
    width
        Line width in points; by default 0.8, more on a poster.
    dashes
        Dash pattern in points, such as `(3, 2)`; by default none, but for outlines
        that are all indicative (column `quality`), as a cartographer dashes what is
        not surveyed.
    fill
        Fill colour; none by default.

    Raises
    ------
    CRSError
        If the units are not in EPSG:2154.

    Examples
    --------
    >>> import basinmap as bm
    >>> fig, ax = bm.page(bm.communes(epci="call"), title="CA de Lens-Liévin")
    >>> bm.draw_outlines(ax, bm.epcis(), label="limite d'EPCI")
    """
    check_given(draw_outlines, locals())
    dashes = tuple(
        number_of(dash, "dashes", least=0, such_as="(5, 2)") for dash in dashes
    )
    if dashes and not sum(dashes) > 0:
        msg = "dashes: no length; write those of the stroke and of the gap, (5, 2)"
        raise DataError(msg)
    enter(ax, units, areas=True, keyed=bool(label))
    color = inked(ax, color or ax.plan.theme.ink)
    fill = inked(ax, fill) if fill else None
    zoom = ax.plan.zoom
    dashes = _checked_dashes(dashes or (_INDICATIVE if is_indicative(units) else ()))
    width = (
        0.8 * zoom
        if width is None
        else checked_width(width, "width", "points", least=0.0)
    )
    seen = shapes_of(units)[rows_in_frame(ax, units)]
    if not len(seen) and not meets_frame(ax, units):
        return
    if label and fill is None:
        keep_off(ax, seen)
    floor = "outlines" if fill is None else "filled outlines"
    # Without a label it is ground, that data are meant to cover.
    ground = fill_of(ax, seen, label, floor) if fill and label else None
    fill_shapes(
        ax,
        seen,
        facecolor=fill or "none",
        edgecolor=color,
        linewidth=width / zoom,
        linestyle=(0, dashes) if dashes else "solid",
        zorder=STACK[floor],
        label=label or "_outlines",
    )
    shape, inner = ("line", color) if fill is None else ("box", fill)
    swatch = Swatch(
        typeset(label or ""), inner, shape=shape, edge=color, width=width, dashes=dashes
    )
    laid = Laid(kind="outlines", units=units, swatch=swatch)
    leave(ax, on=units, fill=ground, laid=laid)
    if label:
        add_key(ax, swatch)


def _checked_dashes(dashes: Iterable[float]) -> tuple[float, ...]:
    """Return lengths of strokes and gaps, some of them above zero."""
    found = tuple(float(length) for length in dashes)
    if found and (min(found) < 0 or not 0 < sum(found) < math.inf):
        msg = f"dashes={found}: give strokes and gaps in points, such as (3, 2)"
        raise DataError(msg)
    return found
