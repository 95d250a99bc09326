"""Choropleths: units filled with the colour of their class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import pandas as pd

from basinmap.arguments import check_given
from basinmap.maps.layers.doors import enter_fill, leave
from basinmap.maps.layers.drawing import (
    class_colors,
    classes_block,
    fill_shapes,
    fill_states,
    on_units,
    states_of_classes,
    stroke_on,
    textured_colors,
)
from basinmap.maps.paper.guards import check_map
from basinmap.maps.paper.sheets import Laid, MapAxes
from basinmap.maps.paper.stack import STACK
from basinmap.values.checks import check_classes, check_rate
from basinmap.values.told import fact_of

__all__ = ["draw_choropleth"]


def draw_choropleth(
    ax: MapAxes,
    units: gpd.GeoDataFrame,
    classes: pd.Series,
    *,
    palette: str | Sequence[str] | None = None,
    title: str | None = None,
) -> None:
    """
    Fill units with the colour of their class.

    Parameters
    ----------
    ax
        The map of `page`.
    units
        Polygons in EPSG:2154.
    classes
        What `classify` returned, on codes of `units`. What is missing is drawn
        and named: secret, not applicable or not available.
    palette
        Sequential, or diverging when the classes have a pivot; by default that
        of the indicator. On a grey sheet, classes below a pivot are hatched.
    title
        Heading of the legend; by default label and unit of the indicator.

    Raises
    ------
    MeasureError
        If the values are a stock: its colour would show the size of the
        outlines; use `draw_symbols`.
    DataError
        If the classes were not made by `classify`, or bear no code of `units`.
    CRSError
        If the units are not in EPSG:2154.

    Examples
    --------
    >>> import basinmap as bm
    >>> lens = bm.communes(epci="call")
    >>> rate = bm.compute("L04", bm.statistics(epci="call"))
    >>> fig, ax = bm.page(lens, title="Taux de vacance")
    >>> bm.draw_choropleth(ax, lens, bm.classify(rate))
    """
    check_given(draw_choropleth, locals())
    check_map(ax)
    check_classes(classes)
    check_rate(
        classes,
        "filled areas would show the size of the outlines, use "
        "draw_symbols(ax, units, values), or divide it by something",
    )
    fill = enter_fill(ax, units, classes, title)
    aligned = on_units(units, classes)
    hatches: tuple[str, ...] = ()
    if ax.plan.theme.grey and fact_of(classes, "pivot") is not None:
        colors, hatches = textured_colors(classes)
    else:
        colors = class_colors(classes, palette, grey=ax.plan.theme.grey)
    line: dict[str, Any] = {
        "edgecolor": "#ffffff",
        "linewidth": 0.45,
        "zorder": STACK["fills"],
    }
    for code, label in enumerate(classes.cat.categories):
        chosen = units.geometry[aligned.cat.codes == code]
        fill_shapes(ax, chosen, facecolor=colors[code], label=label, **line)
        if hatches and hatches[code]:
            _texture(ax, chosen, hatches[code], stroke_on(colors[code]), line)
    states = states_of_classes(aligned)
    fill_states(ax, units, states)
    block = classes_block(
        aligned, colors, states, title, zoom=ax.plan.zoom, hatches=hatches
    )
    laid = Laid(kind="classes", units=units, measured=(classes,), blocks=(block,))
    leave(ax, block, values=[classes], on=units, fill=fill, laid=laid)


def _texture(
    ax: MapAxes, shapes: gpd.GeoSeries, hatch: str, stroke: str, line: dict[str, Any]
) -> None:
    """Hatch shapes that are filled, and draw their borders again over the strokes."""
    for look in (
        {
            "hatch": hatch,
            "edgecolor": stroke,
            "linewidth": 0.0,
            "zorder": line["zorder"],
        },
        line,
    ):
        fill_shapes(ax, shapes, facecolor="none", label="_texture", **look)
