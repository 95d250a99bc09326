"""The legend: what the layers left, set out in its own strip of the page."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Rectangle

from basinmap.errors import BasinmapWarning, DataError
from basinmap.maps.blocks import (
    CirclesBlock,
    ClassesBlock,
    FiguresBlock,
    KeyBlock,
    Swatch,
)
from basinmap.maps.classes import written
from basinmap.maps.pages import Layout, MapAxes
from basinmap.maps.pens import (
    ROW,
    TEXT,
    Pen,
    block_height,
    draw_block,
    draw_swatch,
    heading_height,
    write_heading,
)
from basinmap.maps.themes import (
    Theme,
    font,
    settings,
    text_width,
    wrapped,
)
from basinmap.typography import number, shortest, typeset

__all__ = ["draw_comparison", "draw_legend"]

_BETWEEN = 5.0
FOOT = 15.0
"""Height kept at the bottom of the last column for the scale bar and the north."""


def draw_comparison(
    ax: MapAxes, values: pd.Series, *, title: str = "Comparaison"
) -> None:
    """
    Set the same indicator for other territories beside the map.

    Parameters
    ----------
    ax
        The map of `page`; the figures come with the next `draw_legend`.
    values
        One value a territory, indexed by its printed name, the territory of the
        map first. `attrs` may give `unit` and `decimals`.
    title
        Heading.

    Raises
    ------
    DataError
        If there is no value.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> fig, ax = bm.page(bm.communes(epci="call"), title="Taux de vacance")
    >>> rates = pd.Series({"CA de Lens-Liévin": 7.19, "Bassin minier": 8.06})
    >>> bm.draw_comparison(ax, rates)
    """
    if values.dropna().empty or np.isinf(values.to_numpy(dtype=float)).any():
        msg = "nothing to compare: the values are missing or infinite"
        raise DataError(msg)
    ax.blocks.append(
        FiguresBlock(
            title=typeset(title),
            rows=tuple((typeset(str(n)), float(v)) for n, v in values.items()),
            decimals=int(values.attrs.get("decimals", 1)),
            unit=str(values.attrs.get("unit", "")),
            signed=values.attrs.get("kind") == "growth",
        )
    )


def draw_legend(ax: MapAxes, *, histogram: pd.Series | None = None) -> None:
    """
    Write the legend of everything drawn so far, in the strip of the page.

    Parameters
    ----------
    ax
        The map of `page`.
    histogram
        Values whose distribution is drawn under the classes; none by default.

    Raises
    ------
    DataError
        If nothing that needs a legend was drawn.

    Warns
    -----
    BasinmapWarning
        If the strip is too short for all of it.

    Examples
    --------
    >>> import basinmap as bm
    >>> lens = bm.communes(epci="call")
    >>> rate = bm.compute("L04", bm.statistics(epci="call"))
    >>> fig, ax = bm.page(lens, title="Taux de vacance")
    >>> bm.draw_choropleth(ax, lens, bm.classify(rate))
    >>> bm.draw_legend(ax, histogram=rate)
    """
    if not ax.blocks:
        msg = "nothing to explain: draw a layer before the legend"
        raise DataError(msg)
    blocks = _in_reading_order(ax.blocks)
    if histogram is not None:
        blocks = _with_histogram(blocks, histogram)
    flow = _Flow(ax.plan, ax.sheet.paper)
    with settings():
        for block in blocks:
            height = block_height(block, _column(ax.plan), ax.plan.theme)
            if not flow.fits(height):
                warnings.warn(
                    "the legend is longer than its strip: draw fewer layers, or "
                    "take a larger paper",
                    BasinmapWarning,
                    stacklevel=2,
                )
            draw_block(block, flow.pen(height))


@dataclass(frozen=True, slots=True)
class _Histogram:
    """Distribution of the values of a choropleth."""

    values: np.ndarray
    block: ClassesBlock


class _Flow:
    """Columns of the strip, filled from the top; the last keeps room for the scale."""

    def __init__(self, plan: Layout, paper: Axes) -> None:
        self.plan, self.paper = plan, paper
        x, y, width, height = plan.strip
        gap = 5.0 if plan.columns > 1 else 0.0
        self.width = (width - gap * (plan.columns - 1)) / plan.columns
        self.columns = [x + i * (self.width + gap) for i in range(plan.columns)]
        self.top, self.bottom = y + height, y
        self.column, self.y = 0, self.top

    def _floor(self, column: int) -> float:
        return self.bottom + (FOOT if column == len(self.columns) - 1 else 0.0)

    def fits(self, height: float) -> bool:
        """Say whether a block fits, here or in a column to the right."""
        if self.y - height >= self._floor(self.column):
            return True
        following = range(self.column + 1, len(self.columns))
        return any(self.top - height >= self._floor(column) for column in following)

    def pen(self, height: float) -> Pen:
        """Return where a block of that height goes, and move on."""
        last = len(self.columns) - 1
        while self.y - height < self._floor(self.column) and self.column < last:
            self.column, self.y = self.column + 1, self.top
        pen = Pen(
            self.paper, self.columns[self.column], self.y, self.width, self.plan.theme
        )
        self.y -= height + _BETWEEN
        return pen


def _in_reading_order(blocks: list[object]) -> list[object]:
    """Classes first, then sizes, lines and points, figures last."""
    order = {ClassesBlock: 0, CirclesBlock: 2, KeyBlock: 3, FiguresBlock: 4}
    return sorted(blocks, key=lambda block: order.get(type(block), 1))


def _with_histogram(blocks: list[object], values: pd.Series) -> list[object]:
    for position, block in enumerate(blocks):
        if not isinstance(block, ClassesBlock):
            continue
        low, high = block.bounds
        numbers = values.dropna().to_numpy(dtype=float)
        numbers = numbers[(numbers >= low) & (numbers <= high)]
        # Below a dozen values a distribution says nothing that the map does not.
        if len(np.unique(numbers)) >= 12:
            return [
                *blocks[: position + 1],
                _Histogram(numbers, block),
                *blocks[position + 1 :],
            ]
    return blocks


def _column(plan: Layout) -> float:
    return plan.strip[2] if plan.columns == 1 else 60.0


@block_height.register
def _(block: ClassesBlock, width: float, theme: Theme) -> float:
    return heading_height(block.title, width, theme) + len(block.swatches) * ROW + 5.2


@block_height.register
def _(block: CirclesBlock, width: float, theme: Theme) -> float:
    return heading_height(block.title, width, theme) + 2 * block.radii[0] + 1.5


@block_height.register
def _(block: KeyBlock, width: float, theme: Theme) -> float:
    lines = [len(_key_lines(swatch, width, theme)) for swatch in block.swatches]
    return sum(ROW + (count - 1) * 3.0 for count in lines)


@block_height.register
def _(block: FiguresBlock, width: float, theme: Theme) -> float:
    rows = sum(_figure_heights(block, theme))
    return heading_height(block.title, width, theme) + rows


@block_height.register
def _(block: _Histogram, width: float, theme: Theme) -> float:
    del block, width, theme
    return 21.0


@draw_block.register
def _(block: ClassesBlock, pen: Pen) -> None:
    y = write_heading(pen, block.title)
    small: dict[str, Any] = {"size": pen.theme.small, "color": pen.theme.soft}
    small["ha"] = "right"
    if block.counted:
        pen.write(pen.width, y + 1.4, block.counted, **small)
        y += 2.4
    for swatch in block.swatches:
        draw_swatch(pen, swatch, y)
        pen.write(TEXT, y + 2.7, swatch.label)
        if swatch.count is not None:
            pen.write(pen.width, y + 2.7, number(swatch.count), **small)
        y += ROW
    low, high = (
        number(bound, block.decimals, signed=block.signed) for bound in block.bounds
    )
    pen.write(
        0,
        y + 2.0,
        f"minimum\u00a0: {low} – maximum\u00a0: {high}",
        size=pen.theme.small,
        color=pen.theme.soft,
    )


@draw_block.register
def _(block: CirclesBlock, pen: Pen) -> None:
    y = write_heading(pen, block.title)
    largest = block.radii[0]
    bottom = pen.y - y - 2 * largest
    last = np.inf
    for value, radius in zip(block.values, block.radii, strict=True):
        centre = (pen.x + largest, bottom + radius)
        pen.paper.add_patch(
            Circle(centre, radius, fc=block.color, ec=block.edge, lw=0.5)
        )
        # Labels keep a line apart even where the circles nearly touch.
        height = min(bottom + 2 * radius, last - 3.2)
        last = height
        start, end = pen.x + largest, pen.x + 2 * largest + 3
        pen.paper.plot(
            [start, end - 1.5, end],
            [bottom + 2 * radius, bottom + 2 * radius, height],
            color=pen.theme.soft,
            linewidth=0.35,
        )
        properties = font(pen.theme.family, pen.theme.body)
        pen.paper.text(
            end + 1,
            height,
            shortest(value),
            font=properties,
            color=pen.theme.ink,
            va="center_baseline",
        )


def _key_lines(swatch: Swatch, width: float, theme: Theme) -> list[str]:
    return wrapped(swatch.label, width - TEXT, font(theme.family, theme.body))


@draw_block.register
def _(block: KeyBlock, pen: Pen) -> None:
    y = 0.0
    for swatch in block.swatches:
        draw_swatch(pen, swatch, y)
        lines = _key_lines(swatch, pen.width, pen.theme)
        for i, line in enumerate(lines):
            pen.write(TEXT, y + 2.7 + 3.0 * i, line)
        y += ROW + (len(lines) - 1) * 3.0


_NAMES = 33.0
_VALUES = 13.0


def _figure_heights(block: FiguresBlock, theme: Theme) -> list[float]:
    properties = font(theme.family, theme.body)
    return [
        1.6 + 2.9 * len(wrapped(name, _NAMES, properties)) for name, _ in block.rows
    ]


@draw_block.register
def _(block: FiguresBlock, pen: Pen) -> None:
    y = write_heading(pen, block.title)
    values = np.array([value for _, value in block.rows])
    known = values[np.isfinite(values)]
    low, high = min(known.min(), 0.0), max(known.max(), 0.0)
    span = (high - low) or 1.0
    left, room = _NAMES + 2.0, pen.width - _NAMES - _VALUES - 3.0

    def along(value: float) -> float:
        return pen.x + left + (value - low) / span * room

    unit = "\u202f%" if block.unit.startswith("%") else ""
    heights = _figure_heights(block, pen.theme)
    for i, ((name, value), height) in enumerate(zip(block.rows, heights, strict=True)):
        style: Mapping[str, Any] = {"weight": 700 if i == 0 else 400}
        ink = pen.theme.ink if i == 0 else pen.theme.soft
        properties = font(pen.theme.family, pen.theme.body)
        for j, line in enumerate(wrapped(name, _NAMES, properties)):
            pen.write(0, y + 2.7 + 2.9 * j, line, color=ink, **style)
        text = number(value, block.decimals, signed=block.signed)
        text += unit if np.isfinite(value) else ""
        pen.write(pen.width, y + 2.7, text, color=ink, ha="right", **style)
        if np.isfinite(value):
            middle = pen.y - y - 1.7
            pen.paper.plot(
                [along(0.0), along(value)],
                [middle] * 2,
                color=ink,
                linewidth=2.2,
                solid_capstyle="butt",
            )
        y += height
    pen.paper.plot(
        [along(0.0)] * 2,
        [pen.y - y + 0.8, pen.y - y + sum(heights)],
        color=pen.theme.faint,
        linewidth=0.5,
    )


@draw_block.register
def _(drawn: _Histogram, pen: Pen) -> None:
    """Draw bars that never straddle a class, each in the colour of its class."""
    block = drawn.block
    low, high = block.bounds
    span = (high - low) or 1.0
    pen.write(0, 2.6, "Distribution", size=pen.theme.small, color=pen.theme.soft)
    floor, height = pen.y - 17.0, 12.5
    bins = np.linspace(low, high, 29)
    edges = np.unique([*bins, *(b for b in block.breaks if low < b < high)])
    counts, _ = np.histogram(drawn.values, edges)
    density = counts / np.diff(edges)
    for left, right, share in zip(
        edges[:-1], edges[1:], density / density.max(), strict=True
    ):
        code = int(np.searchsorted(block.breaks, left, side="right"))
        pen.paper.add_patch(
            Rectangle(
                (pen.x + (left - low) / span * pen.width, floor),
                (right - left) / span * pen.width,
                share * height,
                fc=block.colors[code],
                ec="#ffffff",
                lw=0.25,
            )
        )
    pen.paper.plot(
        [pen.x, pen.x + pen.width], [floor] * 2, color=pen.theme.soft, linewidth=0.5
    )
    _write_breaks(pen, block, lambda value: (value - low) / span * pen.width)


def _write_breaks(
    pen: Pen, block: ClassesBlock, along: Callable[[float], float]
) -> None:
    """Write the breaks under the axis, those that do not touch the one before."""
    properties = font(pen.theme.family, pen.theme.small)
    end = -2.0
    for value, text in zip(block.breaks, written(block.breaks), strict=True):
        x, half = along(value), text_width(text, properties) / 2
        pen.paper.plot(
            [pen.x + x] * 2,
            [pen.y - 17.0, pen.y - 17.7],
            color=pen.theme.soft,
            linewidth=0.5,
        )
        if x - half > end + 1.2 and x + half < pen.width + 2:
            style = {"size": pen.theme.small, "color": pen.theme.soft, "ha": "center"}
            pen.write(x, 20.2, text, **style)
            end = x + half
