"""Two rates at once: three classes of each, nine colours, one turned square."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from matplotlib.colors import to_rgb
from matplotlib.patches import FancyArrowPatch, Polygon

from basinmap.arguments import check_given, texts_of
from basinmap.errors import DataError
from basinmap.maps.classing.classes import classify, signed, written
from basinmap.maps.classing.figures import decimals_of
from basinmap.maps.layers.doors import enter_fill, leave
from basinmap.maps.layers.drawing import (
    fill_shapes,
    fill_states,
    on_units,
    state_swatches,
    states_of_classes,
)
from basinmap.maps.layers.typology import (
    CategoriesBlock,
    counted_as,
    gravest,
    label_of,
)
from basinmap.maps.look.palettes import bivariate_colors
from basinmap.maps.look.themes import Theme, font, wrapped
from basinmap.maps.paper.alternatives import Sentence, Told, counted, told
from basinmap.maps.paper.blocks import in_common, unlike
from basinmap.maps.paper.guards import check_map
from basinmap.maps.paper.pens import (
    LINE,
    Pen,
    block_height,
    draw_block,
    heading_height,
    write_heading,
)
from basinmap.maps.paper.sheets import MapAxes
from basinmap.maps.paper.stack import STACK
from basinmap.typography import number, typeset
from basinmap.values.checks import check_classes, check_rate
from basinmap.values.told import fact_of, retell, told_of

__all__ = ["draw_bivariate"]

_CELL: Final = 7.0
_COLUMN: Final = 60.0
_FOOT: Final = 2.2
"""Millimetres from the point of the square to the first line of the titles."""
# Which of three steps two classes take, or one.
_STEPS: Final = {1: (1,), 2: (0, 2), 3: (0, 1, 2)}


@dataclass(frozen=True, slots=True)
class Axis:
    """
    One of the two rates, as the legend writes it.

    Attributes
    ----------
    title
        Label and unit.
    breaks
        Inner bounds, written.
    extent
        Least and greatest value, written.
    """

    title: str
    breaks: tuple[str, ...]
    extent: str


@dataclass(frozen=True, slots=True)
class BivariateBlock:
    """
    The cells of two crossed rates, low ones at the bottom.

    Attributes
    ----------
    title
        Heading.
    colors, counts
        By class of the first rate, then of the second; no counts for several maps.
    rows, columns
        The rate that grows to the left, the one that grows to the right.
    counted
        What is counted, such as « communes ».
    """

    title: str
    colors: tuple[tuple[str, ...], ...]
    counts: tuple[tuple[int, ...], ...]
    rows: Axis
    columns: Axis
    counted: str = ""


def draw_bivariate(
    ax: MapAxes,
    units: gpd.GeoDataFrame,
    rows: pd.Series,
    columns: pd.Series,
    *,
    palette: str = "violet-gold",
    title: str = "Lecture croisée des deux indicateurs",
    labels: tuple[str, str] | None = None,
) -> None:
    """
    Fill units with the colour of their classes of two rates.

    Parameters
    ----------
    ax
        The map of `page`.
    units
        Polygons in EPSG:2154.
    rows, columns
        Two rates on codes of `units`: values, cut into terciles, or what
        `classify` returned, in three classes at most. A unit that misses either is
        drawn and named by what that means.
    palette
        Bivariate.
    title
        Heading of the legend.
    labels
        What is written along both axes; by default label and unit of the
        indicators, with their vintages when they differ.

    Raises
    ------
    MeasureError
        If one of them is a stock.
    DataError
        If the theme is grey, all is missing, no unit has both, a value is infinite,
        there are more than three classes, the palette is unknown, or no code is of
        `units`.
    CRSError
        If the units are not in EPSG:2154.

    Notes
    -----
    Of two reasons why a unit is missing, the legend gives one: secrecy before what
    does not apply, and that before what is not available.

    Examples
    --------
    >>> import basinmap as bm
    >>> lens, table = bm.communes(epci="call"), bm.statistics(epci="call")
    >>> vacancy, houses = bm.compute("L04", table), bm.compute("L05", table)
    >>> fig, ax = bm.page(lens, title="Vacance et maisons individuelles")
    >>> bm.draw_bivariate(ax, lens, bm.classify(vacancy, breaks=[6, 8]), houses)
    >>> ax.blocks[0].rows.breaks
    ('6', '8')
    """
    check_given(draw_bivariate, locals())
    check_map(ax)
    cut = [_cut(rows), _cut(columns)]
    fill = enter_fill(ax, units, rows, title)
    if ax.plan.theme.grey:
        msg = (
            "nine colours cannot be told apart in grey: draw two maps, or circles "
            "coloured by classes, draw_symbols(ax, units, stock, classes=classes)"
        )
        raise DataError(msg)
    first, second = (on_units(units, classes) for classes in cut)
    states = gravest(states_of_classes(first), states_of_classes(second))
    if (states != "").all():
        msg = f"none of the {len(units)} units has both values: nothing to cross"
        raise DataError(msg)
    colors = _colors(palette, len(first.cat.categories), len(second.cat.categories))
    counts = np.zeros((len(colors), len(colors[0])), dtype=int)
    for i, j in np.ndindex(counts.shape):
        chosen = (first.cat.codes == i) & (second.cat.codes == j)
        counts[i, j] = chosen.sum()
        fill_shapes(
            ax,
            units.geometry[chosen],
            facecolor=colors[i][j],
            # Low on both is nearly the grey of the land around: keep its outline.
            edgecolor=ax.plan.theme.faint,
            linewidth=0.45,
            zorder=STACK["fills"],
            label=f"{first.cat.categories[i]} × {second.cat.categories[j]}",
        )
    fill_states(ax, units, states)
    axes = _axes(cut, labels)
    block = BivariateBlock(
        title=typeset(title),
        colors=colors,
        counts=tuple(tuple(int(n) for n in row) for row in counts),
        rows=axes[0],
        columns=axes[1],
        counted=counted_as(rows, units),
    )
    missing = state_swatches(states, zoom=ax.plan.zoom)
    # Apart, as a short strip may hold it only in its next column.
    apart = [CategoriesBlock("", tuple(missing))] if missing else []
    # Nine colours leave no room for a hatch: the foot says what is over too few.
    said = [retell(rate.copy(deep=False), firm=False) for rate in (rows, columns)]
    leave(ax, block, *apart, values=said, on=units, fill=fill)


def _cut(values: pd.Series) -> pd.Series:
    """Return three classes at most."""
    check_rate(
        values,
        "filled areas would show the size of the outlines, divide it by something, or "
        "use draw_symbols",
        stacklevel=4,
    )
    classes = values
    if fact_of(values, "breaks") is None:
        classes = classify(values, method="quantile", k=3)
    check_classes(classes)
    if len(classes.cat.categories) > max(_STEPS):
        msg = (
            f"{values.name!r} has {len(classes.cat.categories)} classes: two rates "
            "cross in 3 × 3 at most; write bm.classify(values, k=3)"
        )
        raise DataError(msg)
    return classes


def _colors(palette: str, rows: int, columns: int) -> tuple[tuple[str, ...], ...]:
    """Return the colours by class, those in the middle left out of fewer than three."""
    nine = bivariate_colors(palette)
    return tuple(tuple(nine[i][j] for j in _STEPS[columns]) for i in _STEPS[rows])


def _axes(cut: list[pd.Series], labels: tuple[str, str] | None) -> list[Axis]:
    dated = len({told_of(classes).vintage for classes in cut}) > 1
    given = None if labels is None else texts_of(labels, "labels", "('…', '…')")
    if given is not None and len(given) != len(cut):
        msg = f"labels: {len(given)} given; write two, labels=('rows', 'columns')"
        raise DataError(msg)
    titles = given or [_axis_title(classes, dated=dated) for classes in cut]
    return [
        Axis(typeset(title), _written_breaks(classes), _extent(classes))
        for title, classes in zip(titles, cut, strict=True)
    ]


def _written_breaks(classes: pd.Series) -> tuple[str, ...]:
    return tuple(written(fact_of(classes, "breaks"), signs=signed(classes)))


def _axis_title(classes: pd.Series, *, dated: bool) -> str:
    told = told_of(classes)
    title = label_of(classes)
    # A unit alone on a line is of nothing.
    title += f"\u00a0({told.unit})" if told.unit else ""
    return f"{title}, {told.vintage}" if dated and told.vintage else title


def _extent(classes: pd.Series) -> str:
    bounds = fact_of(classes, "bounds")
    decimals = decimals_of(
        bounds, told=told_of(classes).decimals, breaks=fact_of(classes, "breaks")
    )
    signs = signed(classes)
    low, high = (number(bound, decimals, signed=signs) for bound in bounds)
    return f"de {low} à {high}"


# --- its entry in the legend -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Diamond:
    """A square on its point, in millimetres right and down of the entry."""

    x: float
    bottom: float
    half: float

    def at(self, i: float, j: float) -> tuple[float, float]:
        """Return the corner after `i` steps to the left and `j` to the right."""
        return self.x + (j - i) * self.half, self.bottom - (i + j) * self.half


def _half(width: float) -> float:
    return _CELL * min(1.0, width / _COLUMN) / math.sqrt(2)


def _titles(block: BivariateBlock, width: float, theme: Theme) -> list[list[str]]:
    style = font(theme.family, theme.body)
    return [
        wrapped(axis.title, width / 2 - 1.5, style)
        for axis in (block.rows, block.columns)
    ]


def _steps(block: BivariateBlock) -> int:
    return len(block.colors) + len(block.colors[0])


@in_common.register
def _(block: BivariateBlock, other: BivariateBlock) -> BivariateBlock | None:
    if block.title != other.title:
        return None
    bare, same = (replace(one, counts=(), counted="") for one in (block, other))
    if bare != same:
        raise unlike(block.title, "class both rates with bm.shared_classes")
    return bare


@block_height.register
def _(block: BivariateBlock, width: float, theme: Theme) -> float:
    lines = max(len(title) for title in _titles(block, width, theme))
    square = _steps(block) * _half(width) + _FOOT + lines * LINE + 0.8
    return heading_height(block.title, width, theme) + square


@draw_block.register
def _(block: BivariateBlock, pen: Pen) -> None:
    y = write_heading(pen, block.title)
    small = {"size": pen.theme.small, "color": pen.theme.soft, "ha": "right"}
    if block.counted:
        pen.write(pen.width, y + 1.4, block.counted, **small)
    half = _half(pen.width)
    centre = pen.width / 2 + (len(block.colors) - len(block.colors[0])) * half / 2
    diamond = _Diamond(centre, y + _steps(block) * half, half)
    _draw_cells(pen, block, diamond)
    _draw_axes(pen, block, diamond)


def _draw_cells(pen: Pen, block: BivariateBlock, diamond: _Diamond) -> None:
    """Draw each cell with its count, in the ink that its colour bears."""
    for i, row in enumerate(block.colors):
        for j, color in enumerate(row):
            corners = [
                diamond.at(i + a, j + b) for a, b in ((0, 0), (0, 1), (1, 1), (1, 0))
            ]
            cell = [(pen.x + x, pen.y - y) for x, y in corners]
            pen.paper.add_patch(Polygon(cell, fc=color, ec=pen.theme.faint, lw=0.45))
            if block.counts:
                x, y = diamond.at(i + 0.5, j + 0.5)
                ink = "#ffffff" if _is_dark(color) else pen.theme.ink
                text = number(block.counts[i][j])
                pen.write(
                    x, y + 0.9, text, ha="center", color=ink, size=pen.theme.small
                )


def _is_dark(color: str) -> bool:
    """Tell whether white is read better than ink on a colour (WCAG luminance)."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in to_rgb(color)
    ]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear)) < 0.2


def _draw_axes(pen: Pen, block: BivariateBlock, diamond: _Diamond) -> None:
    """Write breaks along both lower edges, and titles at the foot of their arrows."""
    away = 10.0 * diamond.half * math.sqrt(2) / _CELL
    lines = _titles(block, pen.width, pen.theme)
    for side, axis, length, title in (
        (-1, block.rows, len(block.colors), lines[0]),
        (1, block.columns, len(block.colors[0]), lines[1]),
    ):
        inner = {"ha": "right" if side < 0 else "left"}
        for step, text in enumerate(axis.breaks, start=1):
            x, y = diamond.at(*((step, 0) if side < 0 else (0, step)))
            pen.write(x + side * 1.0, y + 1.6, text, size=pen.theme.small, **inner)
        ends = [(step, 0) if side < 0 else (0, step) for step in (0.2, length)]
        start, stop = (
            (pen.x + x + side * away, pen.y - y)
            for x, y in (diamond.at(*end) for end in ends)
        )
        pen.paper.add_patch(
            FancyArrowPatch(
                start,
                stop,
                arrowstyle="-|>",
                mutation_scale=5,
                shrinkA=0,
                shrinkB=0,
                lw=0.6,
                color=pen.theme.ink,
            )
        )
        edge = {"ha": "left"} if side < 0 else {"ha": "right"}
        x = 0.0 if side < 0 else pen.width
        y = diamond.bottom + _FOOT
        for i, line in enumerate(title):
            pen.write(x, y + LINE * i, line, **edge)
        style = {"size": pen.theme.small, "color": pen.theme.soft, **edge}
        pen.write(x, y + LINE * len(title), axis.extent, **style)


@told.register
def _(block: BivariateBlock) -> Told:
    """Say both rates, then the four corners of the square."""
    cells, last = block.counts, len(block.counts[0]) - 1
    total = counted(sum(map(sum, cells)), block.counted or "unités")
    corners = {
        "faibles pour les deux": cells[0][0],
        "élevés pour les deux": cells[-1][last],
        "seul le premier élevé": cells[-1][0],
        "seul le second élevé": cells[0][last],
    }
    rates = [
        f"{axis.title}, {axis.extent}, bornes {' et '.join(axis.breaks)}"
        for axis in (block.rows, block.columns)
    ]
    return Told(
        "à deux variables",
        (
            Sentence(block.title, tuple(rates)),
            Sentence(
                f"{total} en {len(cells)} × {last + 1} classes, dont",
                tuple(f"{name} ({number(count)})" for name, count in corners.items()),
            ),
        ),
    )
