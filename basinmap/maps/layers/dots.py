"""Dot density: so many dots for so many dwellings, each where some of them are."""

from __future__ import annotations

import math
import warnings
import zlib
from functools import reduce
from numbers import Integral
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.colors import to_rgba_array
from numpy.typing import NDArray

from basinmap.arguments import check_given
from basinmap.errors import BasinmapWarning, DataError, MeasureError, culprits
from basinmap.maps.layers.doors import enter, leave
from basinmap.maps.layers.drawing import add_key, inked, on_units, states_of_classes
from basinmap.maps.layers.sizes import mark_missing
from basinmap.maps.layers.typology import MOST, CategoriesBlock, gravest, label_of
from basinmap.maps.look.palettes import qualitative_colors
from basinmap.maps.look.themes import MM_PER_POINT, settings
from basinmap.maps.paper.blocks import Swatch
from basinmap.maps.paper.guards import check_areas, check_seen
from basinmap.maps.paper.sheets import MapAxes
from basinmap.maps.paper.stack import STACK
from basinmap.spatial.projections import check_same_crs
from basinmap.typography import capital, shortest, typeset
from basinmap.values.checks import amounts, check_series, columns_of, kind_of
from basinmap.values.told import retell, told_of

__all__ = ["draw_dots"]

Floats = NDArray[np.float64]

_MOST_DOTS: Final = 200_000
_COUNTABLE: Final = 1e15
_ONE: Final = "#7a2048"
"""Colour of the dots of a single stock."""
_KEY: Final = 2.4
"""Millimetres across the key of a colour."""


def draw_dots(
    ax: MapAxes,
    units: gpd.GeoDataFrame,
    stock: pd.Series | pd.DataFrame,
    *,
    per_dot: float,
    inside: gpd.GeoDataFrame | None = None,
    size_mm: float | None = None,
    title: str | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """
    Draw a dot for so many dwellings, at random inside their unit.

    Parameters
    ----------
    ax
        The map of `page`.
    units
        Valid polygons in EPSG:2154.
    stock
        A stock on codes of `units`; or several, one a column, each with its colour.
    per_dot
        How much a dot stands for.
    inside
        Built-up areas: dots keep to them wherever a unit has any.
    size_mm
        Width of a dot on paper; by default 0.6 mm, more on a poster.
    title
        Heading of the legend; by default the label of the stock.
    seed
        Another number lays the dots out otherwise.

    Returns
    -------
    DataFrame
        Number of dots by unit, one column a stock. The total of a stock is the
        rounded one; a unit has its exact share of it, rounded up or down, those with
        the largest remainders up.

    Raises
    ------
    MeasureError
        If a column is declared as anything but a stock.
    DataError
        If a value is negative or infinite, there would be no dot or more than
        200,000, a unit is no valid polygon, or there are more than seven stocks.
    CRSError
        If the units are not in EPSG:2154, or `inside` is in another CRS.

    Warns
    -----
    BasinmapWarning
        If some units hold nothing of `inside`: their dots are spread all over.

    Notes
    -----
    Points are uniform by surface: a triangle of the unit is drawn with the
    probability of its area, then a point of it (constrained Delaunay triangles). The
    dots of a unit depend on its code and on `seed` alone: they are the same on
    another sheet, and those of a smaller value are among them.

    Examples
    --------
    >>> import basinmap as bm
    >>> lens = bm.communes(epci="call")
    >>> homes = bm.compute("L01", bm.statistics(epci="call"))
    >>> fig, ax = bm.page(lens, title="Logements en 2021")
    >>> dots = bm.draw_dots(ax, lens, homes, per_dot=100)
    >>> int(dots["L01"].sum()) == round(homes.sum() / 100)
    True
    """
    check_given(draw_dots, locals())
    enter(ax, units, areas=True)
    check_seen(ax, units)
    size_mm = 0.6 * ax.plan.zoom if size_mm is None else size_mm
    _check_options(per_dot, size_mm, seed)
    stocks = _stocks(units, stock)
    if len(stocks) > 1 and ax.plan.theme.grey:
        msg = (
            f"dots of {len(stocks)} stocks cannot be told apart in grey: draw a map "
            "each, or take theme=bm.PRINT"
        )
        raise DataError(msg)
    counts = pd.DataFrame(
        {name: shared_out(values, per_dot) for name, values in stocks.items()},
        index=units.index,
    )
    _check_number(counts, stocks, per_dot)
    ground = units.geometry if inside is None else _built(units, inside, counts)
    colors = (
        [inked(ax, _ONE)]
        if len(stocks) == 1
        else qualitative_colors("okabe-ito", len(stocks))
    )
    _add_dots(ax, ground, counts, colors, size_mm, seed)
    first = next(iter(stocks.values()))
    label = label_of(first) if len(stocks) == 1 else ""
    block = CategoriesBlock(
        title=typeset(title if title is not None else label),
        swatches=tuple(
            _swatches(stocks, counts, colors, per_dot, size_mm, ax.plan.zoom)
        ),
        counted="points",
    )
    where = "territoire" if inside is None else "territoire, là où il est bâti"
    ax.notes[f"Points placés au hasard dans chaque {where}"] = None
    leave(ax, block, values=stocks.values(), on=units)
    _tell_missing(ax, units, stocks)
    return counts


# -- the door ---------------------------------------------------------------------


def _check_options(per_dot: float, size: float, seed: object) -> None:
    if not isinstance(seed, Integral) or isinstance(seed, bool) or int(seed) < 0:
        msg = f"seed={seed!r}: give a whole number, 0 or more"
        raise DataError(msg)
    if not 0 < per_dot < math.inf:
        msg = f"per_dot={per_dot}: give how much a dot stands for, such as 50"
        raise DataError(msg)
    if not 0 < size < math.inf:
        msg = f"size_mm={size}: give the width of a dot, in mm"
        raise DataError(msg)


def _stocks(
    units: gpd.GeoDataFrame, stock: pd.Series | pd.DataFrame
) -> dict[str, pd.Series]:
    """Return each stock on the units, with what it says of itself."""
    columns = columns_of(stock) if isinstance(stock, pd.DataFrame) else [stock]
    if not 1 <= len(columns) <= MOST:
        msg = f"{len(columns)} stocks: from 1 to {MOST} colours can be told apart"
        raise DataError(msg)
    for values in columns:
        check_series(values)
    return {str(values.name): _checked(units, values) for values in columns}


def _checked(units: gpd.GeoDataFrame, values: pd.Series) -> pd.Series:
    kind = kind_of(values) or "stock"
    if kind != "stock":
        msg = (
            f"{values.name!r} is a {kind}: dots are counted, and count an amount; use "
            "draw_choropleth(ax, units, bm.classify(rate))"
        )
        raise MeasureError(msg)
    aligned = amounts(on_units(units, values))
    told = told_of(values)
    return retell(aligned, label=told.label, unit=told.unit, sources=told.sources)


def _check_number(
    counts: pd.DataFrame, stocks: dict[str, pd.Series], per_dot: float
) -> None:
    number_of_dots = int(counts.to_numpy().sum())
    total = sum(float(values.sum()) for values in stocks.values())
    if number_of_dots > _MOST_DOTS:
        _refuse_dots(f"{number_of_dots:,}", total)
    if number_of_dots == 0:
        msg = f"no dot: the total is {total:g}, and a dot stands for {per_dot:g}"
        raise DataError(msg)


def _refuse_dots(number_of_dots: str, total: float) -> None:
    power = 10.0 ** math.floor(math.log10(total / _MOST_DOTS))
    enough = math.ceil(total / _MOST_DOTS / power) * power
    msg = (
        f"{number_of_dots} dots, more than {_MOST_DOTS:,}: pass per_dot={enough:g} "
        "or more"
    )
    raise DataError(msg)


# -- how many, and where ----------------------------------------------------------


def shared_out(values: pd.Series, per_dot: float) -> NDArray[np.int64]:
    """
    Return how many dots each unit has, the total being the rounded one.

    Parameters
    ----------
    values
        A stock; what is missing has no dot.
    per_dot
        How much a dot stands for.

    Raises
    ------
    DataError
        If dots are too many to be counted.

    Examples
    --------
    >>> import pandas as pd
    >>> shared_out(pd.Series([14.0, 14.0, 22.0, None]), 10).tolist()
    [2, 1, 2, 0]
    """
    exact = values.fillna(0.0).to_numpy() / per_dot
    if exact.sum() > _COUNTABLE:
        _refuse_dots(f"{exact.sum():.0e}", float(values.sum()))
    counts = np.floor(exact).astype(np.int64)
    left = math.floor(float(exact.sum()) + 0.5) - int(counts.sum())
    # Rounded, for equal remainders to be equal; the first unit goes first.
    order = np.argsort(-np.round(exact - counts, 9), kind="stable")
    counts[order[:left]] += 1
    return counts


def _built(
    units: gpd.GeoDataFrame, inside: gpd.GeoDataFrame, counts: pd.DataFrame
) -> gpd.GeoSeries:
    """Return what each unit has of some polygons, all of it where it has nothing."""
    check_same_crs(units, inside, names=("units", "inside"))
    check_areas(inside, "inside")
    tree = shapely.STRtree(inside.geometry.array)
    rows, found = tree.query(units.geometry.array, predicate="intersects")
    pieces = shapely.intersection(
        units.geometry.array[rows], inside.geometry.array[found]
    )
    ground, built = units.geometry.copy(), np.zeros(len(units), dtype=bool)
    # A place that two polygons hold counts once.
    for row, parts in pd.Series(np.asarray(pieces)).groupby(rows):
        whole = shapely.get_parts(shapely.union_all(parts.to_numpy()))
        whole = whole[shapely.area(whole) > 0]
        if len(whole):
            ground.iloc[row], built[row] = shapely.multipolygons(whole), True
    without = units.index[~built & (counts.sum(axis=1) > 0).to_numpy()]
    if len(without):
        warnings.warn(
            f"{len(without)} unit(s) have nothing of inside: {culprits(without)}; "
            "their dots are spread all over them",
            BasinmapWarning,
            stacklevel=3,
        )
    return ground


def scattered(
    ground: gpd.GeoSeries, counts: pd.Series, *, seed: int, salt: str = ""
) -> Floats:
    """
    Return points at random, uniform by surface, unit after unit.

    Parameters
    ----------
    ground
        Valid polygons.
    counts
        How many points each gets, on the same index.
    seed
        Another number gives other points.
    salt
        What tells several series of points from one another.

    Returns
    -------
    array
        (n, 2) coordinates.

    Examples
    --------
    >>> import geopandas as gpd
    >>> import pandas as pd
    >>> import shapely
    >>> ground = gpd.GeoSeries([shapely.box(0, 0, 2, 1)], index=["a"])
    >>> points = scattered(ground, pd.Series([3], index=["a"]), seed=1)
    >>> points.shape, bool((points >= 0).all() and (points <= [2, 1]).all())
    ((3, 2), True)
    """
    some = np.flatnonzero(counts.to_numpy() > 0)
    many = counts.to_numpy()[some]
    triangles, owner = shapely.get_parts(
        shapely.constrained_delaunay_triangles(ground.array[some]), return_index=True
    )
    corners = shapely.get_coordinates(triangles).reshape(-1, 4, 2)[:, :3]
    ends = np.cumsum(shapely.area(triangles))
    last = np.searchsorted(owner, np.arange(len(some)), side="right") - 1
    first = np.concatenate([[0], last[:-1] + 1])
    low = np.concatenate([[0.0], ends])[first]
    draws = [
        np.random.default_rng([seed, zlib.crc32(f"{code}|{salt}".encode())]).random(
            (count, 3)
        )
        for code, count in zip(ground.index[some], many.tolist(), strict=True)
    ]
    drawn = np.concatenate(draws)
    unit = np.repeat(np.arange(len(some)), many)
    at = low[unit] + drawn[:, 0] * (ends[last] - low)[unit]
    chosen = np.clip(np.searchsorted(ends, at, side="right"), first[unit], last[unit])
    # The far half of the parallelogram is folded back onto the triangle.
    across, up = np.where(
        drawn[:, 1:].sum(axis=1, keepdims=True) > 1, 1 - drawn[:, 1:], drawn[:, 1:]
    ).T[:, :, None]
    a, b, c = corners[chosen].transpose(1, 0, 2)
    return a + across * (b - a) + up * (c - a)


def _add_dots(
    ax: MapAxes,
    ground: gpd.GeoSeries,
    counts: pd.DataFrame,
    colors: list[str],
    size: float,
    seed: int,
) -> None:
    places = [
        scattered(ground, counts[name], seed=seed, salt=str(rank))
        for rank, name in enumerate(counts.columns)
        if counts[name].any()
    ]
    ink = np.repeat(np.arange(len(colors)), counts.sum().to_numpy())
    # Mixed, for no colour to lie over the others.
    order = np.random.default_rng(seed).permutation(sum(map(len, places)))
    where, ink = np.concatenate(places)[order], ink[order]
    with settings():
        ax.scatter(
            where[:, 0],
            where[:, 1],
            s=(size / MM_PER_POINT) ** 2,
            color=to_rgba_array(colors)[ink] if len(colors) > 1 else colors[0],
            linewidth=0,
            zorder=STACK["symbols"],
            label="dots",
        )


# -- the legend -------------------------------------------------------------------


def _swatches(
    stocks: dict[str, pd.Series],
    counts: pd.DataFrame,
    colors: list[str],
    per_dot: float,
    size: float,
    zoom: float,
) -> list[Swatch]:
    """Return a line a stock, and what a dot stands for."""
    units = {told_of(values).unit for values in stocks.values()}
    unit = f" {units.pop()}" if len(units) == 1 else ""
    worth = typeset(f"1 point = {shortest(per_dot)}{unit}").rstrip()
    named = [worth] if len(stocks) == 1 else [label_of(v) for v in stocks.values()]
    # A colour is not told apart on a dot: its key is larger, and has its own line.
    wide = size if len(stocks) == 1 else max(size, _KEY * zoom)
    swatches = [
        Swatch(capital(name), color, int(counts[column].sum()), "o", size=wide)
        for column, name, color in zip(counts.columns, named, colors, strict=True)
    ]
    if len(stocks) > 1:
        swatches.append(Swatch(worth, "#1f2430", None, "o", size=size))
    return swatches


def _tell_missing(
    ax: MapAxes, units: gpd.GeoDataFrame, stocks: dict[str, pd.Series]
) -> None:
    """Mark the units that no stock is known of; count those of which one is not."""
    table = pd.DataFrame(stocks)
    unknown = table.isna()
    states = [states_of_classes(values) for values in stocks.values()]
    worst = reduce(gravest, states)
    mark_missing(ax, units, table.sum(axis=1), worst.where(unknown.all(axis=1), ""))
    some = int((unknown.any(axis=1) & ~unknown.all(axis=1)).sum())
    if some:
        add_key(ax, Swatch("Un des effectifs manque", "none", some, "none"))
