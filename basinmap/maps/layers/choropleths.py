"""Choropleths: units filled with the colour of their class."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import pandas as pd

from basinmap.arguments import check_given
from basinmap.maps.layers.doors import enter_fill, leave
from basinmap.maps.layers.drawing import (
    classes_block,
    fill_states,
    naming,
    on_units,
    states_of_classes,
)
from basinmap.maps.layers.washes import fill_classes, inks_of
from basinmap.maps.paper.guards import check_map
from basinmap.maps.paper.sheets import Laid, MapAxes
from basinmap.values.checks import check_classes, check_rate

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
        and named: secret, not applicable or not available. With `firm=True`, what is
        over too few is a pale grey hatched upright, and named.
    palette
        Sequential, or diverging when the classes have a pivot; by default that
        of the indicator. Classes below a pivot are hatched, for a photocopy.
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
    inks = inks_of(ax, classes, palette)
    fill_classes(ax, units, aligned, inks)
    states = states_of_classes(aligned)
    fill_states(ax, units, states)
    block = classes_block(
        aligned,
        inks.colors,
        states,
        title,
        zoom=ax.plan.zoom,
        hatches=inks.hatches,
        filled=True,
    )
    block = naming(block, aligned, units)
    laid = Laid(kind="classes", units=units, measured=(classes,), blocks=(block,))
    leave(ax, block, values=[classes], on=units, fill=fill, laid=laid)
