"""Squares whose surface is an amount, with nested ones in the legend."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.collections import PolyCollection
from matplotlib.patches import Rectangle

from basinmap.arguments import check_given
from basinmap.errors import DataError
from basinmap.maps.layers.doors import enter, leave
from basinmap.maps.layers.drawing import (
    classes_block,
    naming,
    on_units,
    states_of_classes,
)
from basinmap.maps.layers.sizes import (
    checked_sizes,
    key_of_smallest,
    largest_radius,
    mark_missing,
    reference_size,
    scale_of_host,
)
from basinmap.maps.layers.symbols import circles_block
from basinmap.maps.layers.washes import Ink, inks_of, strokes_of
from basinmap.maps.look.themes import Theme, settings
from basinmap.maps.paper.alternatives import Told, proportional, told
from basinmap.maps.paper.blocks import in_common, of_one_scale
from basinmap.maps.paper.guards import check_seen
from basinmap.maps.paper.pens import (
    Pen,
    at_true_size,
    block_height,
    draw_block,
    heading_height,
    write_heading,
)
from basinmap.maps.paper.sheets import MapAxes
from basinmap.maps.paper.stack import STACK
from basinmap.typography import capital, shortest, typeset
from basinmap.values.checks import name_of

__all__ = ["draw_squares"]


@dataclass(frozen=True, slots=True)
class SquaresBlock:
    """Nested squares: value and side in millimetres, largest first."""

    title: str
    values: tuple[float, ...]
    sides: tuple[float, ...]


def draw_squares(
    ax: MapAxes,
    units: gpd.GeoDataFrame,
    sizes: pd.Series,
    *,
    classes: pd.Series | None = None,
    palette: str | Sequence[str] | None = None,
    largest: float | None = None,
    largest_mm: float | None = None,
    title: str | None = None,
) -> None:
    """
    Draw squares whose area is proportional to a stock, large ones first.

    Without a size of your own, a square has the area of the circle that
    `draw_symbols` would draw.

    Parameters
    ----------
    ax
        The map of `page`.
    units
        Polygons or points in EPSG:2154; a square is centred on the representative
        point.
    sizes
        A stock, on the codes of `units`.
    classes
        Classes of a rate that colour the squares; by default one colour.
    palette
        Palette of the classes.
    largest
        Amount whose square has that side, the same for maps to compare; by default
        the greatest.
    largest_mm
        Side of the largest square; by default such that the squares cover an
        eighth of the territory.
    title
        Heading of the nested squares; by default label of the stock.

    Raises
    ------
    MeasureError
        If `sizes` is a rate, whose squares mean nothing.
    DataError
        If a value is negative or infinite, nothing is above zero, or no code is of
        `units`.
    CRSError
        If the units are not in EPSG:2154.

    Examples
    --------
    >>> import basinmap as bm
    >>> lens = bm.communes(epci="call")
    >>> table = bm.statistics(epci="call")
    >>> fig, ax = bm.page(lens, title="Logements")
    >>> bm.draw_squares(ax, lens, bm.compute("L01", table))
    """
    check_given(draw_squares, locals())
    enter(ax, units)
    check_seen(ax, units)
    values, missing = checked_sizes(units, sizes)
    order = values[values > 0].sort_values(ascending=False, kind="stable").index
    heading = typeset(title or capital(name_of(sizes)))
    if largest is None and largest_mm is None:
        largest, largest_mm = scale_of_host(ax, heading, SquaresBlock, "sides")
    largest = reference_size(values, largest)
    radius = _radius(ax, units, values, largest, largest_mm)
    points = units.geometry.loc[order].representative_point()
    centres = np.column_stack([points.x, points.y])
    nested = circles_block(ax, values, largest, radius, heading)
    sides = radius * np.sqrt(math.pi * values.loc[order].to_numpy() / largest)
    looks = [Ink(ax.plan.theme.faint)] * len(order)
    blocks: list[object] = []
    if classes is not None:
        least = key_of_smallest(ax, values, largest, radius, "s")
        sides = np.maximum(sides, least * math.sqrt(math.pi))
        aligned = on_units(units, classes).loc[order]
        inks = inks_of(ax, classes, palette)
        states = states_of_classes(aligned)
        looks = inks.of(aligned, states)
        block = classes_block(
            aligned,
            inks.colors,
            states,
            None,
            zoom=ax.plan.zoom,
            hatches=inks.hatches,
        )
        blocks.append(naming(block, aligned, units))
    _add_squares(ax, centres, sides, looks, nested.title)
    for code, (x, y), side in zip(order, ax.to_mm(centres), sides, strict=True):
        # Names keep clear of the corners.
        ax.symbols[str(code)] = (float(x), float(y), float(side) / math.sqrt(2))
    per_radius = math.sqrt(math.pi)
    blocks.append(
        SquaresBlock(nested.title, nested.values, _times(nested.radii, per_radius))
    )
    measured = [sizes] if classes is None else [classes, sizes]
    leave(ax, *blocks, values=measured, on=units)
    mark_missing(ax, units, values, missing)


def _times(numbers: tuple[float, ...], factor: float) -> tuple[float, ...]:
    return tuple(factor * x for x in numbers)


def _radius(
    ax: MapAxes,
    units: gpd.GeoDataFrame,
    values: pd.Series,
    largest: float,
    side: float | None,
) -> float:
    """Return the radius of the circle as large as the largest square."""
    if side is not None and not 0 < side < math.inf:
        msg = f"largest_mm={side}: give the side of the largest square, in mm"
        raise DataError(msg)
    given = None if side is None else side / math.sqrt(math.pi)
    return largest_radius(ax, units, values / largest, given)


def _add_squares(
    ax: MapAxes,
    centres: np.ndarray,
    sides: np.ndarray,
    looks: list[Ink],
    label: str,
) -> None:
    """Add squares in their order, in as few collections as their hatches allow."""
    half = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) / 2
    metres = sides[:, None, None] * ax.plan.scale / 1000
    corners = centres[:, None, :] + half * metres
    at = 0
    with settings():
        for (hatch, edge), run in groupby(looks, key=lambda ink: (ink.hatch, ink.edge)):
            colors = [ink.color for ink in run]
            for look in strokes_of(
                Ink("", hatch, edge), ax.plan.theme.ink, ax.plan.zoom
            ):
                squares = PolyCollection(
                    list(corners[at : at + len(colors)]),
                    zorder=STACK["symbols"],
                    **{"facecolors": colors, "label": typeset(label), **look},
                )
                ax.add_collection(squares, autolim=False)
            at += len(colors)


@at_true_size.register
def _(block: SquaresBlock, zoom: float) -> SquaresBlock:
    return replace(block, sides=tuple(side / zoom for side in block.sides))


@in_common.register
def _(block: SquaresBlock, other: SquaresBlock) -> SquaresBlock | None:
    return of_one_scale(block, other, "sides")


@block_height.register
def _(block: SquaresBlock, width: float, theme: Theme) -> float:
    return heading_height(block.title, width, theme) + block.sides[0] + 1.5


@draw_block.register
def _(block: SquaresBlock, pen: Pen) -> None:
    y = write_heading(pen, block.title)
    right = pen.x + block.sides[0]
    bottom = pen.y - y - block.sides[0]
    last = np.inf
    for value, side in zip(block.values, block.sides, strict=True):
        pen.paper.add_patch(
            Rectangle(
                (right - side, bottom), side, side, fc="none", ec=pen.theme.ink, lw=0.5
            )
        )
        # Labels keep a line apart even where the squares nearly touch.
        height = last = min(bottom + side, last - 3.2)
        pen.paper.plot(
            [right, right + 1.5, right + 3],
            [bottom + side, bottom + side, height],
            color=pen.theme.soft,
            linewidth=0.35,
        )
        pen.write(block.sides[0] + 4, pen.y - height + 0.9, shortest(value))


@told.register
def _(block: SquaresBlock) -> Told:
    return proportional(block.title, block.values, "carrés")
