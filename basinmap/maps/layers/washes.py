"""Washes: fills of classes, texture below a pivot, what is fragile apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypedDict

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.colors import to_hex, to_rgb

from basinmap.maps.layers.drawing import (
    FRAGILE,
    NEGATIVE,
    PALEST,
    STATE_EDGE,
    caution_look,
    class_colors,
    fill_shapes,
    fragile_in,
    state_fill,
    stroke_on,
    textured,
    textured_colors,
)
from basinmap.maps.paper.guards import shapes_of
from basinmap.maps.paper.inks import contrast
from basinmap.maps.paper.sheets import MapAxes
from basinmap.maps.paper.stack import STACK
from basinmap.values.told import fact_of

__all__ = ["Ink", "Inks", "fill_classes", "inks_of", "stroke_over", "strokes_of"]

_DARK: Final = 0.45
"""How far towards black goes a pale colour, for strokes to be seen on it."""


@dataclass(frozen=True, slots=True)
class Ink:
    """
    What one unit is filled with.

    Attributes
    ----------
    color
        Fill.
    hatch
        Of matplotlib, or nothing.
    edge
        Colour of the hatch, and of the edge of a symbol that has one; nothing for that
        of the theme.
    """

    color: str
    hatch: str = ""
    edge: str = ""


_LOST: Final = 1.3
"""Contrast under which a white line is lost on a fill."""


class _Limit(TypedDict, total=False):
    """Colour of limits, and how many times as broad as usual they are."""

    rim: str
    times: float


@dataclass(frozen=True, slots=True)
class Inks:
    """
    What classes are filled with.

    Attributes
    ----------
    colors
        One a class, lowest first.
    hatches
        One a class, empty above the pivot; none at all where there is none.
    zoom
        How much larger than on A4 the sheet is drawn.
    """

    colors: tuple[str, ...]
    hatches: tuple[str, ...] = ()
    zoom: float = 1.0

    def firm(self, code: int) -> Ink:
        """
        Return the ink of a class.

        Parameters
        ----------
        code
            Of the class, the lowest being 0.
        """
        color = self.colors[code]
        hatch = self.hatches[code] if self.hatches else ""
        return Ink(color, hatch, stroke_over(color) if hatch else "")

    def of(self, classes: pd.Series, states: pd.Series) -> list[Ink]:
        """
        Return the ink of each symbol: that of its class, or of what it lacks.

        Parameters
        ----------
        classes
            What `classify` returned, on the symbols.
        states
            What each missing value means.
        """
        apart, care = fragile_in(classes), Ink(PALEST, FRAGILE, STATE_EDGE)
        return [
            Ink(*state_fill(state, self.zoom), STATE_EDGE)
            if code < 0
            else care
            if few
            else self.firm(code)
            for code, state, few in zip(
                classes.cat.codes, states, apart.to_numpy(), strict=True
            )
        ]


def strokes_of(ink: Ink, rim: str, zoom: float) -> tuple[dict[str, Any], ...]:
    """
    Return how symbols of an ink are stroked, one collection after the other.

    What is below a pivot has its strokes, then its rim over them: white strokes would
    eat a rim of theirs.

    Parameters
    ----------
    ink
        Of the symbols; its colour does not count.
    rim
        Colour of rims.
    zoom
        How much larger than on A4 the sheet is drawn.
    """
    thin = 0.4 * zoom
    if ink.hatch == NEGATIVE:
        over = {"facecolors": "none", "edgecolors": rim, "linewidths": thin}
        return (
            {"hatch": ink.hatch, "edgecolors": ink.edge, "linewidths": 0.0},
            {**over, "label": "_rim"},
        )
    width = 2 * thin if ink.hatch else thin
    look = {"edgecolors": ink.edge or rim, "linewidths": width}
    return ({"hatch": ink.hatch or None, **look},)


def stroke_over(color: str) -> str:
    """
    Return white, or the same hue darker, for strokes to be seen on a colour.

    Parameters
    ----------
    color
        A fill.

    Examples
    --------
    >>> stroke_over("#7f3b08"), stroke_over("#fdd49e")
    ('#ffffff', '#8b7557')
    """
    red, green, blue = to_rgb(color)
    if red == green == blue:
        return stroke_on(color)
    luminance = 0.299 * red + 0.587 * green + 0.114 * blue
    if luminance < 0.6:
        return "#ffffff"
    return _towards(color, 0.0, _DARK)


def _towards(color: str, end: float, share: float) -> str:
    """Return a colour mixed with black or white."""
    red, green, blue = (part + (end - part) * share for part in to_rgb(color))
    return to_hex((red, green, blue))


def inks_of(
    ax: MapAxes, classes: pd.Series, palette: str | Sequence[str] | None
) -> Inks:
    """
    Return what classes are filled with on a map, in colour or in grey.

    What is below a pivot is hatched, so that a photocopy keeps the side.

    Parameters
    ----------
    ax
        The map of `page`.
    classes
        What `classify` returned.
    palette
        As for `draw_choropleth`.
    """
    grey = ax.plan.theme.grey
    if fact_of(classes, "pivot") is None:
        return Inks(tuple(class_colors(classes, palette, grey=grey)), zoom=ax.plan.zoom)
    colors, hatches = textured_colors(classes)
    if not grey:
        colors, hatches = class_colors(classes, palette), textured(classes)
    return Inks(tuple(colors), hatches, ax.plan.zoom)


def fill_classes(
    ax: MapAxes,
    units: gpd.GeoDataFrame,
    classes: pd.Series,
    inks: Inks,
    *,
    grouped: bool = False,
) -> None:
    """
    Fill units with the ink of their class, those of fragile values apart.

    Parameters
    ----------
    ax
        The map of `page`.
    units
        Polygons.
    classes
        On the index of `units`.
    inks
        What `inks_of` returned.
    grouped
        Whether units are groups, within which borders are drawn too: theirs are
        broader, and seen on the palest class as well.
    """
    apart = fragile_in(classes).to_numpy()
    codes, shapes = classes.cat.codes.to_numpy(), shapes_of(units)
    for code, label in enumerate(classes.cat.categories):
        ink = inks.firm(code)
        look: _Limit = _limit_over(ink.color) if grouped else {}
        _fill(ax, shapes[(codes == code) & ~apart], ink, label, **look)
    # White rims would be lost on what is nearly white: a block of fragile communes
    # would be one.
    care = Ink(PALEST, *caution_look(classes))
    _fill(ax, shapes[(codes >= 0) & apart], care, "fragile", rim=STATE_EDGE)
    if fact_of(classes, "mostly_fragile", default=False) and apart.any():
        _contour(ax, shapes[(codes >= 0) & ~apart])


def _limit_over(color: str) -> _Limit:
    """Return the look of the limits of groups: white, unless it would be lost."""
    if contrast(color, "#ffffff") < _LOST:
        return {"rim": stroke_over(color), "times": 1.4}
    return {"rim": "#ffffff", "times": 2.0}


def _contour(ax: MapAxes, shapes: np.ndarray) -> None:
    """Draw the limit of what is firm, or its palest class is lost in grey."""
    if not len(shapes):
        return
    line: dict[str, Any] = {"edgecolor": STATE_EDGE, "linewidth": 0.7}
    line["zorder"] = STACK["fills"]
    whole = shapely.get_parts(shapely.union_all(shapes))
    fill_shapes(ax, whole, facecolor="none", label="_firm", **line)


def _fill(
    ax: MapAxes,
    shapes: np.ndarray,
    ink: Ink,
    label: str,
    *,
    rim: str = "#ffffff",
    times: float = 1.0,
) -> None:
    """Fill shapes, hatch them, and draw their borders again over the strokes."""
    if not len(shapes):
        return
    line: dict[str, Any] = {
        "edgecolor": rim,
        "linewidth": 0.45 * times,
        "zorder": STACK["fills"],
    }
    if not ink.hatch:
        fill_shapes(ax, shapes, facecolor=ink.color, label=label, **line)
        return
    strokes = {**line, "hatch": ink.hatch, "edgecolor": ink.edge, "linewidth": 0.0}
    fill_shapes(ax, shapes, facecolor=ink.color, label=label, **strokes)
    fill_shapes(ax, shapes, facecolor="none", label="_texture", **line)
