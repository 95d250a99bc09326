"""Proportional circles: an amount each, large ones first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.collections import EllipseCollection, LineCollection

from basinmap.arguments import check_given
from basinmap.maps.layers.doors import enter, leave
from basinmap.maps.layers.drawing import (
    FRAGILE,
    classes_block,
    naming,
    on_units,
    states_of_classes,
)
from basinmap.maps.layers.grouped import (
    counted_with_groups,
    draw_within,
    grouped_units,
)
from basinmap.maps.layers.sizes import (
    checked_sizes,
    key_of_smallest,
    largest_radius,
    mark_missing,
    reference_size,
    scale_of_host,
    sizes_told,
)
from basinmap.maps.layers.washes import Ink, Inks, inks_of, strokes_of
from basinmap.maps.look.themes import MM_PER_POINT, settings
from basinmap.maps.paper.blocks import CirclesBlock, ClassesBlock
from basinmap.maps.paper.guards import (
    check_seen,
)
from basinmap.maps.paper.sheets import Laid, MapAxes
from basinmap.maps.paper.stack import STACK
from basinmap.maps.paper.strokes import upright_chords
from basinmap.typography import capital, typeset
from basinmap.values.checks import name_of

__all__ = ["circles_block", "draw_symbols"]


def draw_symbols(  # noqa: PLR0913 - each is a choice of whoever draws
    ax: MapAxes,
    units: gpd.GeoDataFrame,
    sizes: pd.Series,
    *,
    classes: pd.Series | None = None,
    groups: pd.Series | None = None,
    palette: str | Sequence[str] | None = None,
    largest: float | None = None,
    largest_mm: float | None = None,
    title: str | None = None,
) -> None:
    """
    Draw circles whose area is proportional to a stock, large ones first.

    Of classes, a circle is at least 1.6 mm across, for its colour to be told; the key
    then says under what amount circles are that small.

    Parameters
    ----------
    ax
        The map of `page`.
    units
        Polygons or points in EPSG:2154; a circle sits at the representative
        point.
    sizes
        A stock, on the codes of `units`.
    classes
        Classes of a rate that colour the circles; by default one colour.
    groups
        What `fragile_groups` returned, where sizes and classes are those of its groups:
        each has a circle, borders within it are dotted, and the legend counts groups.
    palette
        Palette of the classes.
    largest
        Amount whose circle has that radius, the same for maps to compare; by default
        the greatest.
    largest_mm
        Radius of the largest circle; by default such that the circles cover an
        eighth of the territory.
    title
        Heading of the nested circles; by default label of the stock.

    Raises
    ------
    MeasureError
        If `sizes` is a rate, whose circles mean nothing.
    DataError
        If a value is negative or infinite, no code is of `units`, or some of `groups`
        have no size, or some units no group.
    CRSError
        If the units are not in EPSG:2154.

    Examples
    --------
    >>> import basinmap as bm
    >>> lens = bm.communes(epci="call")
    >>> table = bm.statistics(epci="call")
    >>> fig, ax = bm.page(lens, title="Logements")
    >>> bm.draw_symbols(ax, lens, bm.compute("L01", table))
    """
    check_given(draw_symbols, locals())
    enter(ax, units)
    check_seen(ax, units)
    members = units
    units = units if groups is None else grouped_units(units, groups, sizes)
    values, missing = checked_sizes(units, sizes)
    theme = ax.plan.theme
    order = values[values > 0].sort_values(ascending=False, kind="stable").index
    heading = typeset(title or capital(name_of(sizes)))
    if largest is None and largest_mm is None:
        largest, largest_mm = scale_of_host(ax, heading, CirclesBlock, "radii")
    largest = reference_size(values, largest)
    radius = largest_radius(ax, units, values / largest, largest_mm)
    places = units.geometry.representative_point().get_coordinates().loc[order]
    radii = _radii(ax, values.loc[order], largest, radius, coloured=classes is not None)
    looks = [Ink(theme.faint)] * len(order)
    if classes is not None:
        aligned = on_units(units, classes).loc[order]
        inks = inks_of(ax, classes, palette)
        looks = inks.of(aligned, states_of_classes(aligned))
    _add_circles(ax, places.to_numpy(), radii, looks, heading or "circles")
    _keep_places(ax, places, radii, looks)
    blocks: list[object] = [circles_block(ax, values, largest, radius, heading)]
    measured = [sizes]
    if classes is not None:
        measured.append(classes)
        blocks.insert(0, _classed(ax, units, aligned, inks, members))
    laid = Laid(
        kind="symbols" if groups is None else "grouped symbols",
        units=units,
        measured=tuple(measured),
        blocks=tuple(blocks),
    )
    leave(ax, *blocks, values=measured, on=units, laid=laid)
    mark_missing(ax, units, values, missing)
    if groups is not None:
        draw_within(ax, members, groups)


def _keep_places(
    ax: MapAxes, places: pd.DataFrame, radii: np.ndarray, looks: Sequence[Ink]
) -> None:
    """Keep where circles are, and of what colour, for names and what comes near."""
    ax.discs.update(
        {
            str(c): k.color
            for c, k in zip(places.index, looks, strict=True)
            if not k.hatch
        }
    )
    for code, (x, y), r in zip(places.index, ax.to_mm(places), radii, strict=True):
        ax.symbols[str(code)] = (float(x), float(y), float(r))


def _classed(
    ax: MapAxes,
    units: gpd.GeoDataFrame,
    classes: pd.Series,
    inks: Inks,
    members: gpd.GeoDataFrame,
) -> ClassesBlock:
    """Return the entry of the classes that colour circles, and what they count."""
    block = classes_block(
        classes,
        inks.colors,
        states_of_classes(classes),
        None,
        shape="disc",
        zoom=ax.plan.zoom,
        hatches=inks.hatches,
    )
    block = naming(block, classes, units)
    if units is members:
        return block
    return replace(block, counted=counted_with_groups(members))


def _radii(
    ax: MapAxes, values: pd.Series, largest: float, radius: float, *, coloured: bool
) -> np.ndarray:
    """Return the radius of each circle; of those whose colour is read, a least one."""
    least = key_of_smallest(ax, values, largest, radius, "o") if coloured else 0.0
    radii = radius * np.sqrt(values.to_numpy() / largest)
    return np.asarray(np.maximum(radii, least))


def _add_circles(
    ax: MapAxes,
    centres: np.ndarray,
    radii: np.ndarray,
    looks: list[Ink],
    label: str,
) -> None:
    """Add circles in their order, in as few collections as their hatches allow."""
    across, at = 2 * radii / MM_PER_POINT, 0
    with settings():
        for (hatch, edge), run in groupby(looks, key=lambda ink: (ink.hatch, ink.edge)):
            fills = [ink.color for ink in run]
            part = slice(at, at + len(fills))
            for look in strokes_of(
                # A hatch falls where its tile does: small circles would have none.
                Ink("", "" if hatch == FRAGILE else hatch, edge),
                ax.plan.theme.ink,
                ax.plan.zoom,
            ):
                circles = EllipseCollection(
                    across[part],
                    across[part],
                    np.zeros(len(fills)),
                    units="points",
                    offsets=centres[part],
                    offset_transform=ax.transData,
                    zorder=STACK["symbols"],
                    **{"facecolors": fills, "label": label, **look},
                )
                ax.add_collection(circles, autolim=False)
            if hatch == FRAGILE:
                _add_uprights(ax, centres[part], radii[part], edge)
            at += len(fills)


def _add_uprights(
    ax: MapAxes, centres: np.ndarray, radii: np.ndarray, edge: str
) -> None:
    """Add the strokes of what is to be read with care, centred on each circle."""
    per_mm, zoom = ax.plan.scale / 1000, ax.plan.zoom
    chords = [
        centre + per_mm * upright_chords(float(radius), zoom)
        for centre, radius in zip(centres, radii, strict=True)
    ]
    strokes = LineCollection(
        list(np.concatenate(chords)),
        colors=edge,
        linewidths=0.4 * zoom,
        capstyle="butt",
        zorder=STACK["symbols"],
        label="_strokes",
    )
    ax.add_collection(strokes, autolim=False)


def circles_block(
    ax: MapAxes, values: pd.Series, largest: float, radius: float, title: str
) -> CirclesBlock:
    """
    Return round values whose circles can be told apart.

    Parameters
    ----------
    ax
        The map of `page`.
    values
        A stock.
    largest
        Amount whose circle is the largest.
    radius
        Of its circle, in millimetres.
    title
        Heading.
    """
    radii = {
        value: radius * math.sqrt(value / largest)
        for value in sizes_told(values, largest)
    }
    first = next(iter(radii))
    told = [v for v, r in radii.items() if v == first or r > 0.5 * ax.plan.zoom]
    return CirclesBlock(
        title=title,
        values=tuple(told),
        radii=tuple(radii[value] for value in told),
        color="none",
        edge=ax.plan.theme.ink,
    )
