"""Sizes of symbols: what circles and squares share."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd

from basinmap.errors import DataError, MeasureError
from basinmap.maps.layers.drawing import (
    add_key,
    on_units,
    states_of_classes,
)
from basinmap.maps.paper.blocks import Swatch
from basinmap.maps.paper.sheets import MapAxes
from basinmap.measures import STATES
from basinmap.typography import typeset
from basinmap.values.checks import amounts, kind_of

__all__ = ["checked_sizes", "largest_radius", "reference_size", "tell_missing"]


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
