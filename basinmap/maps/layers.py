"""Layers: each function adds one to the map it is handed, and to its legend."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.collections import EllipseCollection
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle

from basinmap.arguments import check_given, number_of
from basinmap.errors import DataError, MeasureError, culprits
from basinmap.maps.blocks import CirclesBlock, Swatch
from basinmap.maps.drawing import (
    STATE_EDGE,
    add_key,
    class_colors,
    class_looks,
    classes_block,
    fill_shapes,
    fill_states,
    frame_box,
    free_spot,
    in_frame,
    inked,
    on_units,
    remember,
    states_of_classes,
)
from basinmap.maps.guards import check_areas, check_drawable, check_map, check_seen
from basinmap.maps.pages import MapAxes
from basinmap.maps.themes import MM_PER_POINT, font, settings, text_width
from basinmap.measures import STATES, check_columns
from basinmap.typography import capital, typeset
from basinmap.values.checks import amounts, check_classes, check_rate, kind_of, name_of

__all__ = [
    "draw_choropleth",
    "draw_neighbours",
    "draw_outlines",
    "draw_points",
    "draw_rings",
    "draw_symbols",
]


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
        of the indicator.
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
    check_areas(units)
    check_seen(ax, units)
    check_classes(classes)
    check_rate(
        classes,
        "filled areas would show the size of the outlines, use "
        "draw_symbols(ax, units, values), or divide it by something",
    )
    aligned = on_units(units, classes)
    colors = class_colors(classes, palette, grey=ax.plan.theme.grey)
    line = {"edgecolor": "#ffffff", "linewidth": 0.45, "zorder": 2}
    for code, label in enumerate(classes.cat.categories):
        chosen = units.geometry[aligned.cat.codes == code]
        fill_shapes(ax, chosen, facecolor=colors[code], label=label, **line)
    states = states_of_classes(aligned)
    fill_states(ax, units, states)
    remember(ax, classes, on=units)
    remember(ax, units)
    block = classes_block(aligned, colors, states, title, zoom=ax.plan.zoom)
    ax.blocks.append(block)


def draw_symbols(
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
    Draw circles whose area is proportional to a stock, large ones first.

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
        If a value is negative or infinite, or no code is of `units`.
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
    check_map(ax)
    check_drawable(units)
    check_seen(ax, units)
    values, missing = checked_sizes(units, sizes)
    theme = ax.plan.theme
    order = values.sort_values(ascending=False, kind="stable").index
    order = order[values.loc[order] > 0]
    largest = reference_size(values, largest)
    radius = largest_radius(ax, units, values / largest, largest_mm)
    points = units.geometry.representative_point()
    places = pd.DataFrame({"x": points.x, "y": points.y}).loc[order]
    radii = radius * np.sqrt(values.loc[order].to_numpy() / largest)
    looks = [(theme.faint, "")] * len(order)
    if classes is not None:
        aligned = on_units(units, classes).loc[order]
        colors = class_colors(classes, palette, grey=ax.plan.theme.grey)
        states = states_of_classes(aligned)
        looks = class_looks(aligned, colors, states, ax.plan.zoom)
    name = typeset(title or name_of(sizes) or "circles")
    _add_circles(ax, places.to_numpy(), radii, looks, name)
    for code, (x, y), r in zip(order, ax.to_mm(places), radii, strict=True):
        ax.symbols[str(code)] = (float(x), float(y), float(r))
    remember(ax, sizes, on=units)
    remember(ax, units)
    if classes is not None:
        remember(ax, classes, on=units)
        block = classes_block(
            aligned, colors, states, None, shape="disc", zoom=ax.plan.zoom
        )
        ax.blocks.append(block)
    ax.blocks.append(circles_block(ax, sizes, largest, radius, title))
    tell_missing(ax, missing)


def _add_circles(
    ax: MapAxes,
    centres: np.ndarray,
    radii: np.ndarray,
    looks: list[tuple[str, str]],
    label: str,
) -> None:
    """Add circles in their order, in as few collections as their hatches allow."""
    across, at = 2 * radii / MM_PER_POINT, 0
    with settings():
        for hatch, run in groupby(looks, key=lambda look: look[1]):
            fills = [color for color, _ in run]
            part = slice(at, at + len(fills))
            circles = EllipseCollection(
                across[part],
                across[part],
                np.zeros(len(fills)),
                units="points",
                offsets=centres[part],
                offset_transform=ax.transData,
                facecolors=fills,
                edgecolors=STATE_EDGE if hatch else ax.plan.theme.ink,
                linewidths=(0.8 if hatch else 0.4) * ax.plan.zoom,
                hatch=hatch or None,
                zorder=4,
                label=label,
            )
            ax.add_collection(circles, autolim=False)
            at += len(fills)


def tell_missing(ax: MapAxes, states: pd.Series) -> None:
    """
    Say in the legend how many units have no symbol, and why.

    Parameters
    ----------
    ax
        The map of `page`.
    states
        What each missing value means, by code.
    """
    for state, meaning in STATES.items():
        count = int((states == state).sum())
        if count:
            add_key(ax, Swatch(typeset(f"{meaning} : {count}"), "none", shape="none"))


def checked_sizes(
    units: gpd.GeoDataFrame, sizes: pd.Series
) -> tuple[pd.Series, pd.Series]:
    """
    Return sizes on the index of the units, 0 where there is none, and why.

    Parameters
    ----------
    units
        What is drawn.
    sizes
        A stock.

    Returns
    -------
    sizes, states
        Numbers, and what each missing one means.

    Raises
    ------
    MeasureError
        If `sizes` is a rate.
    DataError
        If a value is negative or infinite, or nothing is above zero.
    """
    kind = kind_of(sizes) or "stock"
    if kind != "stock":
        msg = (
            f"{sizes.name!r} is a {kind}: the area of a circle shows an amount; "
            "pass the stock as sizes and the rate as classes=bm.classify(rate)"
        )
        raise MeasureError(msg)
    values = amounts(on_units(units, sizes), "sizes")
    if not values.max() > 0:
        msg = "sizes: nothing above zero to draw"
        raise DataError(msg)
    return values.fillna(0.0), states_of_classes(values)


def reference_size(values: pd.Series, given: float | None) -> float:
    """
    Return the amount whose symbol has the largest size.

    Parameters
    ----------
    values
        Sizes, one of them at least above zero.
    given
        An amount, instead of the greatest.

    Raises
    ------
    DataError
        If the amount given is not positive.
    """
    if given is None:
        return float(values.max())
    if not 0 < given < math.inf:
        msg = f"largest={given}: give the amount that the largest symbol stands for"
        raise DataError(msg)
    return float(given)


def largest_radius(
    ax: MapAxes, units: gpd.GeoDataFrame, values: pd.Series, given: float | None
) -> float:
    """
    Return a radius such that all circles cover an eighth of the territory.

    Parameters
    ----------
    ax
        The map of `page`.
    units
        What is drawn.
    values
        Their sizes, as shares of the one that has the radius.
    given
        Radius in millimetres, instead.

    Raises
    ------
    DataError
        If the radius given is not positive.
    """
    if given is not None:
        if not 0 < given < math.inf:
            msg = f"largest_mm={given}: give the radius of the largest circle, in mm"
            raise DataError(msg)
        return given
    surface = float(units.area.sum()) * (1000 / ax.plan.scale) ** 2
    share = float(values.sum())
    zoom = ax.plan.zoom
    if surface == 0:
        return 6.0 * zoom
    radius = math.sqrt(surface / 8 / (math.pi * share))
    return float(np.clip(radius, 2.5 * zoom, 11.0 * zoom))


def circles_block(
    ax: MapAxes, sizes: pd.Series, largest: float, radius: float, title: str | None
) -> CirclesBlock:
    """
    Return three round values whose circles can be told apart.

    Parameters
    ----------
    ax
        The map of `page`.
    sizes
        A stock, for its label.
    largest
        Greatest value.
    radius
        Of its circle, in millimetres.
    title
        Heading; by default the label of the stock.
    """
    power = 10 ** math.floor(math.log10(largest))
    top = next(f * power for f in (5, 2, 1) if f * power <= largest * (1 + 1e-12))
    values = [top]
    for divisor in (5, 20):
        value = top / divisor
        if radius * math.sqrt(value / largest) > 0.5 * ax.plan.zoom:
            values.append(value)
    heading = title or capital(name_of(sizes))
    return CirclesBlock(
        title=typeset(str(heading)),
        values=tuple(float(value) for value in values),
        radii=tuple(radius * math.sqrt(value / largest) for value in values),
        color="none",
        edge=ax.plan.theme.ink,
    )


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
    check_map(ax)
    check_areas(units)
    theme = ax.plan.theme
    fill_shapes(
        ax,
        in_frame(ax, units).geometry,
        facecolor=theme.land,
        edgecolor="#ffffff",
        linewidth=0.9,
        zorder=1,
        label="_neighbours",
    )
    remember(ax, units)


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
        Dash pattern in points, such as `(3, 2)`.
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
    check_map(ax)
    check_areas(units)
    color = inked(ax, color or ax.plan.theme.ink)
    fill = inked(ax, fill) if fill else None
    zoom = ax.plan.zoom
    width = (
        0.8 * zoom
        if width is None
        else _checked_size(width, "width", "points", least=0.0)
    )
    fill_shapes(
        ax,
        in_frame(ax, units).geometry,
        facecolor=fill or "none",
        edgecolor=color,
        linewidth=width / zoom,
        linestyle=(0, dashes) if dashes else "solid",
        zorder=3 if fill is None else 1.5,
        label=label or "_outlines",
    )
    remember(ax, units)
    if label:
        shape, inner = ("line", color) if fill is None else ("box", fill)
        swatch = Swatch(
            typeset(label), inner, shape=shape, edge=color, width=width, dashes=dashes
        )
        add_key(ax, swatch)


def draw_points(
    ax: MapAxes,
    points: gpd.GeoDataFrame,
    *,
    label: str,
    marker: str = "*",
    color: str = "#1f2430",
    size_mm: float | None = None,
) -> None:
    """
    Draw points with one marker.

    Parameters
    ----------
    ax
        The map of `page`.
    points
        Points in EPSG:2154; those outside the frame are left out.
    label
        Entry of the legend.
    marker
        Matplotlib marker.
    color
        Fill colour.
    size_mm
        Width of the marker on paper; by default 4 mm, more on a poster.

    Raises
    ------
    CRSError
        If the points are not in EPSG:2154.

    Examples
    --------
    >>> import basinmap as bm
    >>> fig, ax = bm.page(bm.communes(epci="call"), title="CA de Lens-Liévin")
    >>> bm.draw_points(ax, bm.places().loc[["louvre-lens"]], label="Louvre-Lens")
    """
    check_given(draw_points, locals())
    check_map(ax)
    check_drawable(points)
    color, zoom = inked(ax, color), ax.plan.zoom
    if marker not in MarkerStyle.filled_markers:
        known = ", ".join(str(known) for known in MarkerStyle.filled_markers)
        msg = f"unknown marker {marker!r}; choose among {known}"
        raise DataError(msg)
    size_mm = 4.0 * zoom if size_mm is None else _checked_size(size_mm, "size_mm", "mm")
    inside = in_frame(ax, points)
    if inside.empty:
        return
    where = shapely.get_coordinates(shapely.centroid(inside.geometry.array))
    with settings():
        ax.scatter(
            where[:, 0],
            where[:, 1],
            s=(size_mm / MM_PER_POINT) ** 2,
            marker=marker,
            facecolor=color,
            edgecolor=ax.plan.theme.halo,
            linewidth=0.6 * zoom,
            zorder=6,
            label=label,
        )
    remember(ax, inside)
    half = size_mm / 2
    for x, y in ax.to_mm(where):
        ax.boxes.append((x - half, y - half, x + half, y + half))
    edge = ax.plan.theme.halo
    add_key(ax, Swatch(typeset(label), color, shape=marker, edge=edge, size=size_mm))


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
    check_map(ax)
    check_drawable(areas, "rings")
    check_columns(areas, "outer")
    color, width = inked(ax, color), 0.7 * ax.plan.zoom
    distances = amounts(areas["outer"], "rings: outer")
    odd = areas.index[areas.geom_type != "Polygon"]
    if len(odd):
        msg = f"rings: {len(odd)} of them are no polygon: {culprits(odd)}; use bm.rings"
        raise DataError(msg)
    frame = frame_box(ax, 0.0)
    seen = [
        (float(outer), shapely.force_2d(ring.exterior))
        for outer, ring in zip(distances, areas.geometry, strict=True)
        if ring.exterior.intersects(frame)
    ]
    with settings():
        for outer, circle in seen:
            ax.add_line(
                Line2D(
                    *np.asarray(circle.coords).T,
                    color=color,
                    linewidth=width,
                    dashes=(5, 2.5),
                    zorder=3.5,
                    label=f"_ring {outer:g}",
                )
            )
            _write_distance(ax, circle, outer)
    if seen:
        swatch = Swatch(
            typeset(label), color, shape="line", width=width, dashes=(5, 2.5)
        )
        add_key(ax, swatch)
    remember(ax, areas)


def _checked_size(size: float, name: str, unit: str, *, least: float = 1e-3) -> float:
    """Return a size that can be drawn."""
    if not least <= size < math.inf:
        msg = f"{name}={size}: give how wide, in {unit}"
        raise DataError(msg)
    return size


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
        zorder=5,
        bbox={"boxstyle": "round,pad=0.25", "fc": ax.plan.theme.halo, "ec": "none"},
    )
