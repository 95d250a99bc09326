"""The doors of a map: every layer comes in by one, and leaves by the other."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from basinmap.errors import BasinmapWarning, DataError
from basinmap.maps.grounds.lands import lay_ground
from basinmap.maps.layers.drawing import frame_box, remember, rows_in_frame
from basinmap.maps.paper.blocks import FiguresBlock, in_common
from basinmap.maps.paper.guards import (
    check_areas,
    check_drawable,
    check_map,
    check_open,
    check_overlaps,
    check_seen,
    shapes_of,
)
from basinmap.maps.paper.sheets import UNSOURCED, Fill, Laid, MapAxes
from basinmap.maps.paper.stack import STACK
from basinmap.typography import typeset
from basinmap.values.checks import name_of
from basinmap.values.told import told_of

__all__ = ["add_block", "enter", "enter_fill", "fill_of", "leave", "meets_frame"]

_HIDDEN: Final = 0.5
"""Share of a fill that another may hide."""


def enter(
    ax: MapAxes,
    units: gpd.GeoDataFrame,
    what: str = "units",
    *,
    areas: bool = False,
    keyed: bool = True,
) -> None:
    """
    Let in a layer: a map, still open, and geometries that can be drawn on it.

    Parameters
    ----------
    ax
        The map of `page`.
    units
        What is drawn.
    what
        What they are, for the messages.
    areas
        Whether they must be polygons.
    keyed
        Whether the layer leaves an entry in the legend.

    Raises
    ------
    DataError
        If `ax` is no map, legend or foot are drawn already, or a geometry cannot be
        drawn.
    CRSError
        If they are not in EPSG:2154.
    """
    check_map(ax)
    check_open(ax, keyed=keyed)
    (check_areas if areas else check_drawable)(units, what)
    lay_ground(ax)


def enter_fill(
    ax: MapAxes,
    units: gpd.GeoDataFrame,
    values: object,
    title: str | None,
    what: str = "units",
) -> Fill:
    """
    Let in a layer that gives each unit a colour of its own.

    Parameters
    ----------
    ax
        The map of `page`.
    units
        Polygons.
    values
        What colours them.
    title
        How the legend will call them, for what may be drawn later; by default as the
        values are called.
    what
        What they are, for the messages.

    Returns
    -------
    Fill
        To be handed to `leave`.

    Raises
    ------
    DataError
        For a reason of `enter`; if none of the units is in the frame, some lie over
        others, or they would hide a fill that is there.
    CRSError
        If they are not in EPSG:2154.
    """
    enter(ax, units, what, areas=True)
    check_seen(ax, units, what)
    rows = rows_in_frame(ax, units)
    seen = shapes_of(units)[rows]
    check_overlaps(seen, units.index[rows], what)
    named = name_of(values) if isinstance(values, pd.Series) else ""
    return fill_of(ax, seen, typeset(title or named), "fills")


def fill_of(
    ax: MapAxes, shapes: gpd.GeoSeries | np.ndarray, title: str, floor: str
) -> Fill:
    """
    Return the ground that a layer is about to colour, if it hides no other.

    Parameters
    ----------
    ax
        The map of `page`.
    shapes
        Polygons.
    title
        How the legend will call them.
    floor
        Of the stack.

    Raises
    ------
    DataError
        If more than half of a fill would be hidden, this one or one that is there.
    """
    fill = Fill(STACK[floor], title, np.asarray(shapes))
    for other in ax.fills:
        above = fill.floor >= other.floor
        lower, upper = (other, fill) if above else (fill, other)
        if _hidden(ax, lower.shapes, upper.shapes) > _HIDDEN:
            named = (one.title or "without a title" for one in (upper, lower))
            msg = (
                "{!r} would hide {!r}, which the legend explains too: fill the ground "
                "once, and show the other by draw_hatching, draw_outlines, "
                "draw_symbols, or on a map of its own (bm.panels)"
            ).format(*named)
            raise DataError(msg)
    return fill


def _hidden(ax: MapAxes, lower: np.ndarray, upper: np.ndarray) -> float:
    """Return the share of what the frame shows of a fill that another covers."""
    shown = shapely.intersection(lower, frame_box(ax, 0.0))
    rows, columns = shapely.STRtree(upper).query(shown, predicate="intersects")
    parts = shapely.intersection(shown[rows], upper[columns])
    whole = float(shapely.area(shown).sum())
    return float(shapely.area(parts).sum()) / whole if whole else 0.0


def meets_frame(
    ax: MapAxes, units: gpd.GeoDataFrame, what: str = "units", *, stacklevel: int = 3
) -> bool:
    """
    Tell whether the frame shows some of what goes with the data; warn when not.

    Parameters
    ----------
    ax
        The map of `page`.
    units
        What is drawn.
    what
        What they are, for the warning.
    stacklevel
        Where the user stands.

    Warns
    -----
    BasinmapWarning
        If it shows none: nothing is drawn of them, and the legend does not name them.
    """
    if len(rows_in_frame(ax, units)):
        return True
    warnings.warn(
        f"none of the {len(units)} {what} lies in the frame of the map: nothing is "
        "drawn of them, and the legend does not name them",
        BasinmapWarning,
        stacklevel=stacklevel,
    )
    return False


def leave(
    ax: MapAxes,
    *blocks: object,
    values: Iterable[pd.Series] = (),
    on: gpd.GeoDataFrame,
    fill: Fill | None = None,
    laid: Laid | None = None,
) -> None:
    """
    Leave word of a layer: its entries of the legend, its sources, what it covers.

    Parameters
    ----------
    ax
        The map of `page`.
    *blocks
        Entries of the legend.
    values
        What is measured.
    on
        The units that it is measured on.
    fill
        The ground that is coloured.
    laid
        The layer, where another program can draw it again.

    Raises
    ------
    DataError
        If the same entry is there already.
    MeasureError
        If one of the same title is, that does not look alike.
    """
    values = tuple(values)
    for block in blocks:
        add_block(ax, block)
    ax.laid.append(
        laid or Laid(kind="other", units=on, measured=values, blocks=tuple(blocks))
    )
    for one in values:
        remember(ax, one, on=on)
        told = told_of(one)
        if not told.sources and not told.credits:
            ax.credits[UNSOURCED] = None
    remember(ax, on)
    if fill is not None:
        ax.fills.append(fill)


def add_block(ax: MapAxes, block: object) -> None:
    """
    Add an entry to the legend.

    Parameters
    ----------
    ax
        The map of `page`.
    block
        The entry.

    Raises
    ------
    DataError
        If it is there already: the layer would be drawn twice.
    MeasureError
        If one of the same title is, that does not look alike.
    """
    title = getattr(block, "title", "")
    for other in ax.blocks if title else ():
        if type(other) is type(block) and other.title == title:  # type: ignore[attr-defined] # as it has one
            if other == block:
                msg = (
                    f"{title!r} is drawn already on this map: make the page again "
                    "before drawing again, as in a notebook the cell of bm.page"
                )
                raise DataError(msg)
            if not isinstance(block, FiguresBlock):  # two lists of figures are welcome
                in_common(other, block)
    ax.blocks.append(block)
