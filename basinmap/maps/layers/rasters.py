"""Rasters in classes, or in categories: temperature, density, land cover."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.colors import to_rgba

from basinmap.arguments import check_given
from basinmap.errors import DataError
from basinmap.maps.classing.classes import Thresholds, classify
from basinmap.maps.classing.methods import Method
from basinmap.maps.grounds.imagery import (
    Floats,
    Path_,
    Pixels,
    check_voids,
    credit_of,
    frame_grid,
    inside,
    opened,
    read_values,
)
from basinmap.maps.grounds.laying import lay
from basinmap.maps.layers.doors import add_block, fill_of
from basinmap.maps.layers.drawing import (
    STATE_EDGE,
    classes_block,
    fill_shapes,
    frame_box,
    kind_colors,
    remember,
    state_fill,
    state_swatches,
)
from basinmap.maps.layers.typology import CategoriesBlock, named_categories
from basinmap.maps.layers.washes import inks_of, stroke_over
from basinmap.maps.paper.blocks import ClassesBlock, Swatch
from basinmap.maps.paper.guards import check_drawable, check_map, check_open
from basinmap.maps.paper.sheets import MapAxes
from basinmap.maps.paper.stack import STACK
from basinmap.measures import STATES
from basinmap.spatial.projections import METRIC
from basinmap.values.told import carry, fact_of, tell

__all__ = ["draw_raster"]

_BETWEEN_MM: Final = 1.7
_STROKE_MM: Final = 0.2
_SAMPLE: Final = 4_000
"""Values that exact Fisher-Jenks classes are found from, in a second or less."""


def draw_raster(  # noqa: PLR0913, PLR0915 - classes are a choice, and so is what they are of
    ax: MapAxes,
    path: Path_,
    *,
    label: str,
    unit: str,
    band: int = 1,
    method: Method = "fisher-jenks",
    k: int = 5,
    breaks: Sequence[float] | Thresholds | None = None,
    pivot: float | None = None,
    palette: str | Sequence[str] | None = None,
    labels: Mapping[int, str] | None = None,
    area: gpd.GeoDataFrame | None = None,
    credit: str = "",
    dpi: float | None = None,
) -> None:
    """
    Colour the cells of a raster by class, or by category, with the legend of these.

    The values must be of a place, whatever the size of the cells: a temperature, a
    rate, people per km². Counts per cell are a stock: divide them by the surface of
    the cell first, or use `zonal`.

    Parameters
    ----------
    ax
        The map of `page`.
    path
        File of one or more bands, in any CRS.
    label, unit
        French heading of the legend: what is measured, and in what, if anything.
    band
        Which band, from 1. Its scale and offset are applied.
    method, k, breaks, pivot
        Of `classify`. Cells count by the surface they have on the map.
    palette
        Sequential, or diverging with a pivot; qualitative with `labels`.
    labels
        French name of each code, of a raster of categories, such as land cover: each
        has its colour and its line, where it is seen; then there are no classes.
    area
        Polygons in EPSG:2154 at whose outline the raster stops; by default it fills
        the frame.
    credit
        Credit line of the values; by default what the tags of the file say.
    dpi
        Dots an inch on paper; by default 200, fewer on A0.

    Raises
    ------
    DataError
        If the file cannot be read, lies outside the map, has no such band or no value
        there, holds -9999 or the like that is not declared as nodata, says not whom it
        is from, or holds a code that `labels` does not name; if legend or foot are
        drawn already, or it would hide another fill; or for a reason of `classify`.
    CRSError
        If it has no CRS, or the area is not in EPSG:2154.

    Notes
    -----
    Only the window of the frame is read; cells finer than 1.5 times the dots of the
    print are averaged, and the others drawn as they are. Classes, least and greatest
    value are those of what is drawn. Without a value, ground in the area (or in the
    units of the page) is hatched and named in the legend; elsewhere it stays bare.
    Beyond 4,000 pixels, Fisher-Jenks classes are those of 4,000 evenly spaced ranks.

    Examples
    --------
    >>> import basinmap as bm
    >>> fig, ax = bm.page(bm.communes(epci="call"), title="Température de surface")
    >>> bm.draw_raster(ax, "chaleur.tif", label="Température", unit="°C")
    Traceback (most recent call last):
    ...
    basinmap.errors.DataError: chaleur.tif: cannot be read as a raster ...
    """
    check_given(draw_raster, locals())
    check_map(ax)
    check_open(ax)
    if area is not None:
        check_drawable(area)
    grid = frame_grid(ax, dpi)
    with opened(path) as dataset:
        told = credit_of(dataset, credit, path)
        check_voids(dataset, grid, band=band)
        values = read_values(dataset, grid, band=band, kinds=labels is not None)
    ground = area.geometry if area is not None else ax.subject
    within = np.ones(values.shape, bool) if ground is None else inside(ground, grid)
    if area is not None:
        values[~within] = np.nan
    known = _known(values, path, "in the frame" if area is None else "in the area")
    about = {"label": label, "unit": unit, "sources": (told,)}
    if labels is None:
        sample = (
            _sample(known) if method == "fisher-jenks" and breaks is None else known
        )
        series = tell(pd.Series(sample.astype(np.float64), name=label), **about)
        given = classify(series, method=method, k=k, breaks=breaks, pivot=pivot)
        inks = inks_of(ax, given, palette)
        colors, codes = list(inks.colors), _codes(values, fact_of(given, "breaks"))
        block: ClassesBlock | CategoriesBlock = classes_block(
            given,
            colors,
            pd.Series(dtype=object),
            None,
            zoom=ax.plan.zoom,
            hatches=inks.hatches,
        )
    else:
        _check_no_classes(breaks, pivot)
        given, codes = _kinds(
            tell(pd.Series(known, name=label), **about), values, labels
        )
        colors = kind_colors(
            ax,
            "profiles" if palette is None else palette,
            len(given.cat.categories),
        )
        lines = zip(given.cat.categories, colors, strict=True)
        block = CategoriesBlock(label, tuple(Swatch(n, c) for n, c in lines))
    shapes = gpd.GeoSeries([frame_box(ax, 0.0)]) if ground is None else ground
    fill = fill_of(ax, shapes, label, "raster")
    codes[np.isnan(values)] = len(colors)
    pixels = _painted(codes, colors)
    if isinstance(block, ClassesBlock):
        _texture(pixels, codes, block, pixels.shape[1] / ax.plan.frame[2])
    lay(ax, pixels, grid, zorder=STACK["raster"], label=label)
    lacking = bool((np.isnan(values) & within).any())
    states = pd.Series(["not_available"] if lacking else [], dtype=object)
    if lacking:
        _hatch_under(ax, ground)
    lines_of_states = state_swatches(states, zoom=ax.plan.zoom)
    # Pixels are no units to count.
    bare = (replace(line, count=None) for line in (*block.swatches, *lines_of_states))
    add_block(ax, replace(block, swatches=tuple(bare), counted=""))
    remember(ax, given)
    ax.fills.append(fill)


def _check_no_classes(breaks: object, pivot: object) -> None:
    if breaks is not None or pivot is not None:
        msg = "labels= names categories, which have no classes: leave breaks, pivot out"
        raise DataError(msg)


def _kinds(
    known: pd.Series, values: Floats, labels: Mapping[int, str]
) -> tuple[pd.Series, np.ndarray]:
    """Return the categories that are seen, in the order of labels, and each cell's."""
    seen = known.unique()
    order = [code for code in labels if code in seen]
    unnamed = set(seen) - set(labels)  # refused by name
    kept = list(labels) if unnamed else order
    named: dict[object, str] = {code: labels[code] for code in kept}
    kinds = named_categories(carry(pd.Series(seen, name=known.name), known), named)
    codes = np.zeros(values.shape, dtype=np.uint8)
    for place, code in enumerate(order):
        codes[values == code] = place
    return kinds, codes


def _known(values: Floats, path: Path_, where: str) -> Floats:
    known = values[np.isfinite(values)]
    if not len(known):
        msg = f"{path}: no cell has a value {where}; check nodata, or the area"
        raise DataError(msg)
    return known


def _hatch_under(ax: MapAxes, ground: gpd.GeoSeries | None) -> None:
    """Hatch the ground, to be seen where the cells above have no value."""
    frame = gpd.GeoSeries([frame_box(ax, 0.0)], crs=METRIC)
    color, hatch = state_fill("not_available", ax.plan.zoom)
    fill_shapes(
        ax,
        frame if ground is None else ground,
        facecolor=color,
        hatch=hatch,
        edgecolor=STATE_EDGE,
        linewidth=0.0,
        zorder=STACK["hatch under a raster"],
        label=STATES["not_available"],
    )


def _sample(known: Floats) -> Floats:
    """Return evenly spaced ranks of the values, the least and the greatest too."""
    ranked = np.sort(known)
    if len(ranked) <= _SAMPLE:
        return ranked
    return ranked[np.linspace(0, len(ranked) - 1, _SAMPLE).round().astype(int)]


def _codes(values: Floats, breaks: tuple[float, ...]) -> np.ndarray:
    """Return the class of each pixel, `[a ; b[`."""
    # As precise as the values: 0.7 in float32 is below 0.7.
    cuts = np.array(breaks, dtype=values.dtype)
    return np.searchsorted(cuts, values, side="right").astype(np.uint8)


def _painted(codes: np.ndarray, colors: Sequence[str]) -> Pixels:
    """Return the colour of each pixel, or nothing beyond the last."""
    table = np.array([to_rgba(ink) for ink in (*colors, "none")]) * 255
    return np.rint(table).astype(np.uint8)[codes]


def _texture(
    pixels: Pixels, codes: np.ndarray, block: ClassesBlock, per_mm: float
) -> None:
    """Draw strokes over the pixels below a pivot, as hatches do over outlines."""
    rows, columns = (np.arange(side) for side in codes.shape)
    step = max(3, round(_BETWEEN_MM * per_mm))
    strokes = (columns - rows[:, None]) % step < max(1, round(_STROKE_MM * per_mm))
    for code, (hatch, color) in enumerate(
        zip(block.hatches, block.colors, strict=False)
    ):
        if hatch:
            ink = np.array(to_rgba(stroke_over(color))) * 255
            pixels[strokes & (codes == code)] = np.rint(ink).astype(np.uint8)
