"""Rankings: the units of the highest and lowest values, where a strip has room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from matplotlib.path import Path

from basinmap.maps.look.themes import Theme, font, text_width
from basinmap.maps.margins.beside import class_of
from basinmap.maps.paper.blocks import ClassesBlock
from basinmap.maps.paper.pens import (
    Pen,
    block_height,
    draw_block,
    heading_height,
    write_heading,
)
from basinmap.typography import number

__all__ = ["Ranking"]

_LINE: Final = 4.1
_BETWEEN: Final = 3.0
"""Millimetres between both ends."""
_DOT: Final = 1.7
"""Millimetres across."""
_TEXT: Final = 3.6
"""Where a name starts, in millimetres."""
_ABOVE: Final = 3.6
"""Millimetres that « les plus élevées » takes over its units."""
_SAID: Final = ("valeurs les plus élevées", "valeurs les plus basses")


@dataclass(frozen=True, slots=True)
class Ranking:
    """
    The units of the highest and of the lowest values of some classes.

    Attributes
    ----------
    block
        The classes, with what is at their ends.
    count
        Units at each end.
    """

    block: ClassesBlock
    count: int

    @property
    def said(self) -> tuple[str, ...]:
        """What is written over each end."""
        apart = ", hors petits effectifs" if self.block.apart else ""
        return tuple(f"{end}{apart}" for end in _SAID)


@block_height.register
def _(ranking: Ranking, width: float, theme: Theme) -> float:
    ends = 2 * (_ABOVE + ranking.count * _LINE) + _BETWEEN
    return heading_height(ranking.block.title, width, theme) + ends


@draw_block.register
def _(ranking: Ranking, pen: Pen) -> None:
    y = write_heading(pen, ranking.block.title)
    small = {"size": pen.theme.small, "color": pen.theme.soft}
    for said, end in zip(ranking.said, ranking.block.ends, strict=True):
        pen.write(0, y + 2.2, said, **small)
        y += _ABOVE
        _dot(ranking.block, pen, y, [value for _, value in end[: ranking.count]])
        for name, value in end[: ranking.count]:
            _write(ranking.block, pen, y, name, value)
            y += _LINE
        y += _BETWEEN


def _dot(block: ClassesBlock, pen: Pen, y: float, values: Sequence[float]) -> None:
    """Draw before each unit the colour of its class."""
    x, top = pen.x + 1.0, pen.y - y - 1.7
    dots = [
        Path.circle((x, top - place * _LINE), _DOT / 2) for place in range(len(values))
    ]
    colors = [block.colors[class_of(value, block.breaks)] for value in values]
    pen.fill(dots, colors, edge=pen.theme.soft, line=0.3)


def _write(block: ClassesBlock, pen: Pen, y: float, name: str, value: float) -> None:
    """Write a unit: its name, its value."""
    written = number(value, block.decimals, signed=block.signed)
    letters = font(pen.theme.family, pen.theme.body)
    room = pen.width - _TEXT - 2.0 - text_width(written, letters)
    size = pen.theme.body * min(1.0, room / text_width(name, letters))
    pen.write(_TEXT, y + 2.7, name, size=size)
    pen.write(pen.width, y + 2.7, written, ha="right", color=pen.theme.soft)
