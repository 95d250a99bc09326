"""Choropleths: units filled with the colour of their class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

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
from basinmap.maps.layers.grouped import counted_with_groups, draw_within, grouped_units
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
    groups: pd.Series | None = None,
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
    groups
        What `fragile_groups` returned, where the classes are those of its groups: each
        is one area, within which the borders of its units are thin and dotted. The
        legend says so, and counts groups.

    Raises
    ------
    MeasureError
        If the values are a stock: its colour would show the size of the
        outlines; use `draw_symbols`.
    DataError
        If the classes were not made by `classify`, or bear no code of `units`; if
        some of `groups` have no class, or some units no group.
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
    members = units
    if groups is not None:
        units = grouped_units(members, groups, classes)
    aligned = on_units(units, classes)
    inks = inks_of(ax, classes, palette)
    fill_classes(ax, units, aligned, inks, grouped=groups is not None)
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
    kind = "classes"
    if groups is not None:
        kind = "grouped"
        block = replace(block, counted=counted_with_groups(members))
    laid = Laid(kind=kind, units=units, measured=(classes,), blocks=(block,))
    leave(ax, block, values=[classes], on=units, fill=fill, laid=laid)
    if groups is not None:
        draw_within(ax, members, groups, aligned, inks)
