"""Grids and smoothed surfaces: many small squares, a few shapes in the file."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final, cast

import contourpy
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from basinmap.arguments import check_given
from basinmap.errors import BasinmapWarning, DataError, culprits
from basinmap.maps.layers.doors import enter_fill, leave
from basinmap.maps.layers.drawing import (
    STATE_EDGE,
    classes_block,
    fill_shapes,
    merged,
    on_units,
    state_fill,
    states_of_classes,
)
from basinmap.maps.layers.washes import Ink, inks_of
from basinmap.maps.paper.guards import check_areas
from basinmap.maps.paper.sheets import MapAxes
from basinmap.maps.paper.stack import STACK
from basinmap.measures import STATES
from basinmap.spatial.grids import check_room, parsed_squares
from basinmap.spatial.projections import check_same_crs
from basinmap.typography import number, percent
from basinmap.values.checks import check_classes, check_rate, numbers
from basinmap.values.told import fact_of

__all__ = ["draw_grid", "draw_surface"]

Floats = NDArray[np.float64]

# As Insee has named, from file to file, what says that a carreau is imputed.
_IMPUTED: Final = (
    *("i_est_200", "I_est_200", "I_est_cr", "i_est_1km", "I_est_1km", "estimated"),
)
_LEAST: Final = 0.25
"""Millimetres on paper under which a square is no longer seen."""
_EDGE: Final = 0.1
"""Points by which a shape runs over its neighbours: no white hairline between."""


def draw_grid(
    ax: MapAxes,
    cells: gpd.GeoDataFrame,
    classes: pd.Series,
    *,
    palette: str | Sequence[str] | None = None,
    title: str | None = None,
) -> None:
    """
    Fill the squares of a grid with the colour of their class, without borders.

    Parameters
    ----------
    ax
        The map of `page`.
    cells
        Squares in EPSG:2154, such as those of `grid_squares` or `square_grid`. A
        column `i_est_200` of Insee, or `estimated`, says which hold imputed values:
        the page then says how many.
    classes
        What `classify` returned of a ratio, or of the `density` of a stock.
    palette
        Sequential, or diverging when the classes have a pivot; by default that of
        the indicator.
    title
        Heading of the legend; by default label and unit of the values.

    Raises
    ------
    MeasureError
        If the values are a stock: write `classify(density(cells, column))`.
    DataError
        If the classes were not made by `classify`, or bear no code of `cells`.
    CRSError
        If the cells are not in EPSG:2154.

    Warns
    -----
    BasinmapWarning
        If a square is less than 0.25 mm wide on paper.

    Notes
    -----
    The squares of a class become one shape: the file holds its outline only.

    Examples
    --------
    >>> import basinmap as bm
    >>> from basinmap.spatial.grids import density, square_grid
    >>> lens = bm.communes(epci="call")
    >>> cells = square_grid(lens, size_m=1_000)
    >>> cells["ind"] = range(len(cells))
    >>> fig, ax = bm.page(lens, title="Population")
    >>> bm.draw_grid(ax, cells, bm.classify(density(cells, "ind"), breaks=[100, 200]))
    >>> sum(swatch.count for swatch in ax.blocks[0].swatches) == len(cells)
    True
    """
    check_given(draw_grid, locals())
    fill = enter_fill(ax, cells, classes, title, "cells")
    _check(classes)
    aligned = on_units(cells, classes)
    _check_width(ax, cells)
    inks = inks_of(ax, classes, palette)
    for code, label in enumerate(classes.cat.categories):
        chosen = cells.geometry[(aligned.cat.codes == code).to_numpy()]
        _fill(ax, merged(chosen.array), inks.firm(code), label)
    states = _fill_states(ax, cells, aligned)
    block = classes_block(
        aligned, inks.colors, states, title, zoom=ax.plan.zoom, hatches=inks.hatches
    )
    block = replace(block, counted="carreaux")
    leave(ax, block, values=[classes], on=cells, fill=fill)
    _tell_imputed(ax, cells)


def draw_surface(
    ax: MapAxes,
    cells: gpd.GeoDataFrame,
    values: pd.Series,
    classes: pd.Series,
    *,
    area: gpd.GeoDataFrame | None = None,
    palette: str | Sequence[str] | None = None,
    title: str | None = None,
) -> None:
    """
    Draw a smoothed surface as bands between lines of equal value.

    Parameters
    ----------
    ax
        The map of `page`.
    cells
        Squares of one grid in EPSG:2154, as `smooth` returns them.
    values
        The ratio or the density that was classified, on codes of `cells`.
    classes
        What `classify` made of `values`.
    area
        Polygons at whose outline the bands stop; by default that of the squares.
    palette
        Sequential, or diverging when the classes have a pivot; by default that of
        the indicator.
    title
        Heading of the legend; by default label and unit of the values.

    Raises
    ------
    MeasureError
        If the values are a stock: write `density(cells, column)`.
    DataError
        If the classes are not those of the values, or were not made by `classify`;
        if the squares are of several sizes, or there is nothing to draw.
    CodeError
        If the index does not name squares, such as `CRS2154RES200mN7037000E685000`.
    CRSError
        If the cells or the area are not in EPSG:2154.

    Notes
    -----
    Lines run between the centres of the squares, by linear interpolation: the centre
    of a square always lies in the band of its class, `[a ; b[`. Over the outer half
    of the squares of the edge, the nearest centre counts.

    Examples
    --------
    >>> import basinmap as bm
    >>> from basinmap.spatial.grids import density
    >>> from basinmap.spatial.smoothing import smooth
    >>> lens = bm.communes(epci="call")
    >>> homes = bm.town_halls().join(bm.statistics()["population_2023"], how="inner")
    >>> homes = homes.loc[homes.index.isin(lens.index)]
    >>> surface = smooth(
    ...     homes, "population_2023", radius_m=3_000, cell_m=500, area=lens
    ... )
    >>> people = density(surface, "population_2023")
    >>> fig, ax = bm.page(lens, title="Densité lissée")
    >>> bm.draw_surface(ax, surface, people, bm.classify(people), area=lens)
    """
    check_given(draw_surface, locals())
    fill = enter_fill(ax, cells, classes, title, "cells")
    _check(classes)
    aligned = on_units(cells, classes)
    if area is not None:
        check_same_crs(cells, area, names=("cells", "area"))
        check_areas(area, "area")
    known = numbers(on_units(cells, values))
    _check_classes(known, aligned)
    inks = inks_of(ax, classes, palette)
    there = known.notna()
    mask = merged(cells.geometry.array[there.to_numpy()])
    if area is not None:
        mask = shapely.intersection(mask, shapely.union_all(area.geometry.array))
    bands = gpd.GeoSeries(
        _bands(known[there], fact_of(classes, "breaks")),
        crs=parsed_squares(cells.index).crs,
    ).to_crs(cells.crs)
    for code, (band, label) in enumerate(
        zip(bands, classes.cat.categories, strict=True)
    ):
        _fill(ax, shapely.intersection(band, mask), inks.firm(code), label)
    states = _fill_states(ax, cells, aligned)
    block = classes_block(
        aligned, inks.colors, states, title, zoom=ax.plan.zoom, hatches=inks.hatches
    )
    # A surface has no squares to count.
    bare = tuple(replace(swatch, count=None) for swatch in block.swatches)
    block = replace(block, counted="", swatches=bare)
    leave(ax, block, values=[classes], on=cells, fill=fill)


# -- the door ---------------------------------------------------------------------


def _check(classes: pd.Series) -> None:
    """Check that classes may fill squares."""
    check_classes(classes)
    check_rate(
        classes,
        "squares are filled with amounts per km², write "
        "bm.classify(density(cells, column))",
        stacklevel=4,
    )


def _check_width(ax: MapAxes, cells: gpd.GeoDataFrame) -> None:
    wide = float(np.sqrt(cells.area.min())) * 1000 / ax.plan.scale
    if wide < _LEAST:
        warnings.warn(
            f"squares are {wide:.2f} mm wide at 1:{ax.plan.scale:g}, too small to be "
            "seen: add them up to squares of 1 km, or take a larger scale",
            BasinmapWarning,
            stacklevel=3,
        )


def _check_classes(known: pd.Series, aligned: pd.Series) -> None:
    codes = np.searchsorted(fact_of(aligned, "breaks"), known, side="right")
    wrong = known.index[np.where(known.isna(), -1, codes) != aligned.cat.codes]
    if len(wrong):
        msg = (
            f"values and classes differ on {len(wrong)} square(s): {culprits(wrong)}; "
            "pass classes=bm.classify(values)"
        )
        raise DataError(msg)


# -- shapes -----------------------------------------------------------------------


def _fill(ax: MapAxes, shape: shapely.Geometry, ink: Ink, label: str) -> None:
    looks = [{"facecolor": ink.color, "edgecolor": ink.color, "linewidth": _EDGE}]
    if ink.hatch:
        strokes = {"edgecolor": ink.edge, "hatch": ink.hatch, "linewidth": 0.0}
        looks.append({"facecolor": "none", **strokes})
    for look in looks:
        fill_shapes(
            ax, gpd.GeoSeries([shape]), zorder=STACK["fills"], label=label, **look
        )


def _fill_states(ax: MapAxes, cells: gpd.GeoDataFrame, aligned: pd.Series) -> pd.Series:
    """Fill what has no value, each state its own way; return the states."""
    states = states_of_classes(aligned)
    for state, meaning in STATES.items():
        chosen = cells.geometry[(states == state).to_numpy()]
        color, hatch = state_fill(state, ax.plan.zoom)
        fill_shapes(
            ax,
            gpd.GeoSeries([merged(chosen.array)]),
            facecolor=color,
            hatch=hatch,
            edgecolor=STATE_EDGE,
            linewidth=_EDGE,
            zorder=STACK["fills"],
            label=meaning,
        )
    return states


def _bands(known: pd.Series, breaks: tuple[float, ...]) -> list[shapely.Geometry]:
    """Return the ground of each class, beyond the squares too, in the CRS of these."""
    corner, size, field = _field(known)
    low, high = float(known.min()), float(known.max())
    # Contours are of ]a ; b]: a hair lower, they are of [a ; b[.
    inner = np.nextafter(np.array(breaks, dtype=float), -np.inf)
    levels = [min(low, *inner, high) - 1, *inner, max(high, *inner, low) + 1]
    rows, columns = field.shape
    drawn = contourpy.contour_generator(
        corner[0] + size * np.arange(columns),
        corner[1] + size * np.arange(rows),
        field,
        fill_type=contourpy.FillType.OuterOffset,
    )
    return [_polygons(*drawn.filled(start, end)) for start, end in pairwise(levels)]


def _field(known: pd.Series) -> tuple[tuple[float, float], int, Floats]:
    """Return where the first centre is, the step, and the values, gaps filled."""
    squares = parsed_squares(known.index)
    size = int(squares.size[0])
    row, column = squares.north // size, squares.east // size
    if (squares.size != size).any() or ((squares.north % size) != 0).any():
        msg = "squares of several sizes, or off their grid: take those of one grid"
        raise DataError(msg)
    first = int(row.min()) - 1, int(column.min()) - 1
    shape = int(row.max()) - first[0] + 2, int(column.max()) - first[1] + 2
    check_room(shape[0] * shape[1], size, "cell_m")
    field = np.full(shape, np.nan)
    field[row - first[0], column - first[1]] = known.to_numpy()
    from scipy.ndimage import distance_transform_edt  # noqa: PLC0415 - 0.2 s, and many never ask

    nearest = distance_transform_edt(
        np.isnan(field), return_distances=False, return_indices=True
    )
    corner = (first[1] + 0.5) * size, (first[0] + 0.5) * size
    return corner, size, field[tuple(cast("Floats", nearest))]


def _polygons(
    outlines: list[Floats], offsets: list[NDArray[np.uint32]]
) -> shapely.Geometry:
    """Return what contourpy fills, as one valid shape."""
    parts = [
        shapely.Polygon(rings[0], rings[1:])
        for points, cuts in zip(outlines, offsets, strict=True)
        if (rings := np.split(points, cuts[1:-1].astype(np.int64)))
    ]
    # Rings that meet at a centre on a break are told apart.
    return shapely.make_valid(shapely.MultiPolygon(parts))


# -- what is said -----------------------------------------------------------------


def _tell_imputed(ax: MapAxes, cells: gpd.GeoDataFrame) -> None:
    """Say how many squares hold values that Insee blurred, if a column says so."""
    column = next((name for name in _IMPUTED if name in cells.columns), None)
    if column is None:
        return
    count = int((pd.to_numeric(cells[column], errors="coerce") == 1).sum())
    if count:
        share = percent(100 * count / len(cells))
        note = (
            f"Carreaux de moins de 11 ménages : valeurs imputées par l'Insee "
            f"({number(count)} carreaux, {share}) ; un carreau isolé ne se lit pas"
        )
        ax.notes[note] = None
