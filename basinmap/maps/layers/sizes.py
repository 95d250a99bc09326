"""Sizes of symbols: what circles and squares share."""

from __future__ import annotations

import math
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from basinmap.errors import DataError, MeasureError
from basinmap.maps.layers.drawing import (
    STATE_EDGE,
    add_key,
    fill_shapes,
    on_units,
    state_fill,
    states_of_classes,
)
from basinmap.maps.look.themes import MM_PER_POINT, settings
from basinmap.maps.paper.blocks import Swatch
from basinmap.maps.paper.sheets import MapAxes
from basinmap.maps.paper.stack import STACK
from basinmap.measures import STATES
from basinmap.typography import shortest
from basinmap.values.checks import amounts, kind_of

__all__ = [
    "SMALLEST",
    "checked_sizes",
    "key_of_smallest",
    "largest_radius",
    "mark_missing",
    "reference_size",
    "scale_of_host",
    "sizes_told",
]

_VALUES: Final = "values"
_TOPS: Final = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
SMALLEST: Final = 1.6
"""Millimetres across under which the colour of a circle is not told on paper."""
_DISC: Final = 2.0
"""Millimetres across what marks a point without a value."""


def mark_missing(
    ax: MapAxes, units: gpd.GeoDataFrame, values: pd.Series, states: pd.Series
) -> None:
    """
    Mark the units that have no symbol for want of a value, and count those at zero.

    Areas are hatched as on a filled map, over what fills them; points bear a small
    disc with that hatch.

    Parameters
    ----------
    ax
        The map of `page`.
    units
        What is drawn.
    values
        Amounts, 0 where there is none.
    states
        What each missing value means, by code; empty where there is a value.
    """
    for state, meaning in STATES.items():
        chosen = units.geometry[states == state]
        if len(chosen):
            color, hatch = state_fill(state, ax.plan.zoom)
            color = "none" if ax.fills else color
            flat = chosen.geom_type.isin(["Polygon", "MultiPolygon"]).all()
            _hatch(ax, chosen, (color, hatch), meaning, areas=flat)
            shape = "box" if flat else "disc"
            add_key(
                ax,
                Swatch(
                    meaning, color, len(chosen), shape, edge=STATE_EDGE, hatch=hatch
                ),
            )
    nothing = int(((values == 0) & (states == "")).sum())
    if nothing:
        add_key(ax, Swatch("0 (sans symbole)", "none", nothing, "none"))


def key_of_smallest(
    ax: MapAxes, values: pd.Series, largest: float, radius: float, shape: str
) -> float:
    """
    Return the radius of the smallest circle, and say in the key whose they are.

    A circle of less is seen and its colour is not: those of a little have one size, as
    cartographers set it, and the key says up to what amount.

    Parameters
    ----------
    ax
        The map of `page`.
    values
        Amounts, 0 where there is none.
    largest
        The amount whose circle has the radius.
    radius
        Of that circle, in millimetres.
    shape
        Marker of the key, `"o"` or `"s"`.

    Returns
    -------
    float
        In millimetres; under it, no circle.
    """
    least = SMALLEST / 2 * max(ax.plan.zoom, 1.0)
    amount = largest * (least / radius) ** 2
    small = values[(values > 0) & (values < amount)]
    if len(small):
        what = "cercle minimal" if shape == "o" else "carré minimal"
        text = f"{what}\u00a0: moins de\u00a0{shortest(_told_above(values, amount))}"
        edge, across = ax.plan.theme.ink, 2 * least / ax.plan.zoom
        across *= 1.0 if shape == "o" else math.sqrt(math.pi) / 2
        add_key(ax, Swatch(text, "none", None, shape, edge=edge, size=across))
    return least


def _told_above(values: pd.Series, amount: float) -> float:
    """Return the roundest amount that has the same values under it as an amount."""
    under = int((values < amount).sum())
    power = 10.0 ** math.floor(math.log10(amount))
    for step in (power, power / 2, power / 10, power / 20, power / 100):
        told = math.ceil(amount / step - 1e-9) * step
        if int((values < told).sum()) == under:
            return told
    return float(values[values >= amount].min())


def _hatch(
    ax: MapAxes,
    shapes: gpd.GeoSeries,
    look: tuple[str, str],
    label: str,
    *,
    areas: bool,
) -> None:
    """Hatch areas, or a disc at each point."""
    color, hatch = look
    floor, width = STACK["without symbol"], 0.45
    if areas:
        fill_shapes(
            ax,
            shapes,
            facecolor=color,
            hatch=hatch,
            edgecolor=STATE_EDGE,
            linewidth=width,
            zorder=floor,
            label=label,
        )
        return
    points = shapes.representative_point()
    with settings():
        ax.scatter(
            points.x,
            points.y,
            s=(_DISC * ax.plan.zoom / MM_PER_POINT) ** 2,
            facecolor=color,
            hatch=hatch,
            edgecolor=STATE_EDGE,
            linewidth=width * ax.plan.zoom,
            zorder=floor,
            label=label,
        )


def scale_of_host(
    ax: MapAxes, title: str, block: type, length: str
) -> tuple[float | None, float | None]:
    """
    Return an amount and the size of its symbol on the map whose inset this one is.

    Parameters
    ----------
    ax
        A map.
    title
        Heading of the amounts.
    block
        Kind of entry that their symbols leave.
    length
        Attribute that holds their sizes, in millimetres.

    Returns
    -------
    largest, largest_mm
        None for both where the map is no inset, or the other shows no such amounts.
    """
    for other in ax.host.blocks if ax.host is not None else ():
        if isinstance(other, block) and getattr(other, "title", "") == title:
            told: tuple[float, ...] = getattr(other, _VALUES)
            return told[0], getattr(other, length)[0]
    return None, None


def sizes_told(values: pd.Series, largest: float) -> list[float]:
    """
    Return up to three round amounts whose symbols can be told apart.

    The first is that of the largest symbol, or a little more: all lie within the key.

    Parameters
    ----------
    values
        Amounts; of whole ones, so are those that are told.
    largest
        The amount whose symbol is the largest.

    Examples
    --------
    >>> import pandas as pd
    >>> sizes_told(pd.Series([5.0, 3.0, 1.0]), 5.0)
    [5.0, 1.0]
    >>> sizes_told(pd.Series([0.5, 0.01]), 0.5)
    [0.5, 0.1, 0.02]
    >>> sizes_told(pd.Series([926.0, 58.0]), 926.0)
    [1000.0, 200.0]
    """
    drawn = values[values > 0]
    whole = bool((drawn % 1 == 0).all())
    power = 10.0 ** math.floor(math.log10(largest))
    # As large as the largest on the map, or a little more: no circle is out of the key.
    top = next(f * power for f in _TOPS if f * power >= largest * (1 - 1e-12))
    found = [float(top)]
    for divisor in (5, 20):
        value = _round_below(top / divisor)
        value = max(1.0, value) if whole else value
        if drawn.min() * (1 - 1e-12) <= value < found[-1]:
            found.append(value)
    return found


def _round_below(value: float) -> float:
    """Return 1, 2 or 5 times a power of ten, at most a value."""
    power = 10.0 ** math.floor(math.log10(value) + 1e-12)
    return next(f * power for f in (5, 2, 1) if f * power <= value * (1 + 1e-9))


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
