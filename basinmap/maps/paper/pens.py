"""The pen of the legend: what entries of the strip are written and drawn with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Rectangle
from matplotlib.path import Path

from basinmap.maps.look.themes import MM_PER_POINT, Theme, font, wrapped
from basinmap.maps.paper.blocks import Swatch
from basinmap.maps.paper.shapes import Shapes
from basinmap.maps.paper.strokes import upright_chords

__all__ = [
    "BOX",
    "LINE",
    "ROW",
    "TEXT",
    "Pen",
    "at_true_size",
    "block_height",
    "box_path",
    "draw_block",
    "draw_swatch",
    "heading_height",
    "leading",
    "write_heading",
]

_LEADING: Final = 1.12
"""Of the size of the type."""
_LEAST_LEADING: Final = 3.0
ROW: Final = 4.7
"""Millimetres from one swatch to the next."""
LINE: Final = 3.5
"""Millimetres from one line of a heading to the next."""
BOX: Final = (7.0, 3.4)
"""Width and height of a swatch, in millimetres."""
TEXT: Final = 9.5
"""Where the text of a swatch starts, in millimetres."""
_DISC: Final = 1.6
"""Radius of a circle of a swatch, in millimetres."""


@dataclass(frozen=True, slots=True)
class Pen:
    """
    Where to draw, in axes whose unit is the millimetre.

    Attributes
    ----------
    paper
        The axes.
    x, y
        Left and top of the entry.
    width
        Of the column.
    theme
        Look of the sheet.
    """

    paper: Axes
    x: float
    y: float
    width: float
    theme: Theme

    def write(
        self,
        x: float,
        y: float,
        text: str,
        **style: Any,  # noqa: ANN401 - matplotlib's
    ) -> None:
        """
        Write a text.

        Parameters
        ----------
        x, y
            Right and down from the top left corner, in millimetres.
        text
            One line.
        **style
            `size` in points, `weight`, and options of `matplotlib.text.Text`.
        """
        style.setdefault("color", self.theme.ink)
        size, weight = style.pop("size", self.theme.body), style.pop("weight", 400)
        properties = font(self.theme.family, size, weight=weight)
        self.paper.text(
            self.x + x, self.y - y, text, font=properties, va="baseline", **style
        )

    def fill(
        self,
        paths: Sequence[Path],
        colors: Sequence[str],
        *,
        edge: str,
        line: float,
    ) -> None:
        """
        Draw many shapes at once: one of matplotlib's objects, where each would be one.

        Parameters
        ----------
        paths
            Their outlines, in the millimetres of the axes.
        colors
            One a shape.
        edge
            Colour of their edges.
        line
            Width of these, in points.
        """
        drawn = Shapes(
            paths, facecolors=list(colors), edgecolors=edge, linewidths=line, zorder=1
        )
        self.paper.add_collection(drawn, autolim=False)


def box_path(x: float, y: float, width: float, height: float) -> Path:
    """
    Return the outline of a rectangle.

    Parameters
    ----------
    x, y
        Its lower left corner.
    width, height
        Its sides.
    """
    right, top = x + width, y + height
    return Path([(x, y), (right, y), (right, top), (x, top), (x, y)], _BOX_CODES)


_BOX_CODES: Final = [Path.MOVETO, *[Path.LINETO] * 3, Path.CLOSEPOLY]


def _unknown(block: object) -> str:
    name = type(block).__name__
    return f"{name} is no entry of the legend: register block_height and draw_block"


@singledispatch
def block_height(block: object, width: float, theme: Theme) -> float:
    """
    Return the height of an entry of the legend, in millimetres.

    A layer that leaves an entry of its own registers how it is measured and drawn.

    Parameters
    ----------
    block
        The entry.
    width
        Of its column, in millimetres.
    theme
        Look of the sheet.
    """
    del width, theme
    raise TypeError(_unknown(block))


@singledispatch
def at_true_size(block: object, zoom: float) -> object:
    """
    Return an entry whose symbols keep the size that they have on the map.

    The type of a poster is enlarged, and the legend with it: an entry that shows
    lengths of the map registers how they are divided beforehand.

    Parameters
    ----------
    block
        The entry.
    zoom
        How much larger than on A4 the legend is drawn.
    """
    del zoom
    return block


@singledispatch
def draw_block(block: object, pen: Pen) -> None:
    """
    Draw an entry of the legend.

    Parameters
    ----------
    block
        The entry.
    pen
        Where, and with what.
    """
    del pen
    raise TypeError(_unknown(block))


def _heading(title: str, width: float, theme: Theme) -> list[str]:
    if not title:
        return []
    style = font(theme.family, theme.heading, weight=700)
    lines = wrapped(title, width, style)
    if lines[-1] == "(%)":  # alone, it would be a hole under the heading
        lines = wrapped(title.replace(" (%)", "\u00a0(%)"), width, style)
    return lines


def leading(theme: Theme) -> float:
    """
    Return the millimetres from one line of a text to the next.

    Parameters
    ----------
    theme
        Of the strip: type keeps its size in a legend set tighter, whose millimetres
        are smaller, and would touch.
    """
    return max(_LEAST_LEADING, _LEADING * theme.body * MM_PER_POINT)


def heading_height(title: str, width: float, theme: Theme) -> float:
    """
    Return how much of a column a heading takes, in millimetres.

    Parameters
    ----------
    title
        The heading, or nothing.
    width
        Of the column, in millimetres.
    theme
        Look of the sheet.
    """
    return len(_heading(title, width, theme)) * LINE + 1.2


def write_heading(pen: Pen, title: str) -> float:
    """
    Write a heading; return how far down the entry goes on, in millimetres.

    Parameters
    ----------
    pen
        Where, and with what.
    title
        The heading, or nothing.
    """
    lines = _heading(title, pen.width, pen.theme)
    for i, line in enumerate(lines):
        baseline = LINE * (i + 1) - 0.8
        pen.write(0, baseline, line, size=pen.theme.heading, weight=700)
    return len(lines) * LINE + 1.2


def draw_swatch(pen: Pen, swatch: Swatch, y: float) -> None:
    """
    Draw a swatch at the left of a column.

    Parameters
    ----------
    pen
        Where, and with what.
    swatch
        What is drawn.
    y
        Millimetres down from the top of the entry.
    """
    x, top = pen.x, pen.y - y
    width, height = BOX
    middle = (x + width / 2, top - height / 2)
    if swatch.shape == "line":
        pen.paper.plot(
            [x, x + width],
            [middle[1]] * 2,
            color=swatch.color,
            linewidth=swatch.width,
            linestyle=(0, swatch.dashes) if swatch.dashes else "solid",
        )
    elif swatch.shape == "limit":
        # Of the colour of paper, a line is seen on the ground on which it runs.
        ground = Rectangle((x, top - height), width, height, fc=swatch.edge, lw=0)
        pen.paper.add_patch(ground)
        ends = [x, x + width], [middle[1]] * 2
        pen.paper.plot(*ends, color=swatch.color, linewidth=swatch.width)
    elif swatch.shape == "none":
        return
    elif swatch.shape == "box":
        edge = swatch.edge if swatch.edge != "none" else "#8a8f99"
        line = swatch.width if swatch.edge != "none" else 0.3
        _add_box(pen, (x, top - height), swatch, edge, line)
    elif swatch.shape == "disc":
        _add_disc(pen, middle, swatch)
    else:
        pen.paper.scatter(
            *middle,
            s=(swatch.size / MM_PER_POINT) ** 2,
            marker=swatch.shape,
            facecolor=swatch.color,
            edgecolor=swatch.edge,
            linewidth=0.5,
        )


def _add_disc(pen: Pen, middle: tuple[float, float], swatch: Swatch) -> None:
    """Draw a circle as on the map: upright strokes are centred on it."""
    edge = swatch.edge if swatch.hatch else pen.theme.ink
    upright = set(swatch.hatch) == {"|"}
    hatch = None if upright else swatch.hatch or None
    disc = Circle(middle, _DISC, lw=0.4, fc=swatch.color, ec=edge, hatch=hatch)
    pen.paper.add_patch(disc)
    if upright:
        for chord in upright_chords(_DISC) + np.array(middle):
            pen.paper.plot(*chord.T, color=edge, lw=0.4, solid_capstyle="butt")
    if _eaten(swatch):
        rim = Circle(middle, _DISC, lw=0.4, fc="none", ec=pen.theme.ink)
        pen.paper.add_patch(rim)


def _eaten(swatch: Swatch) -> bool:
    """Tell whether strokes of a swatch are as white as the paper, and eat its rim."""
    return bool(swatch.hatch) and swatch.edge == "#ffffff"


def _add_box(
    pen: Pen, corner: tuple[float, float], swatch: Swatch, edge: str, line: float
) -> None:
    box = Rectangle(
        corner, *BOX, fc=swatch.color, ec=edge, lw=line, hatch=swatch.hatch or None
    )
    if swatch.dashes:
        box.set_linestyle((0, swatch.dashes))
    pen.paper.add_patch(box)
    if _eaten(swatch):
        pen.paper.add_patch(Rectangle(corner, *BOX, fc="none", ec="#8a8f99", lw=0.3))
