"""Rankings: the units of the highest and lowest values, where a strip has room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from matplotlib.path import Path

from basinmap.maps.look.themes import Theme, font, text_width
from basinmap.maps.margins.beside import class_of, decimals_kept
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
    def title(self) -> str:
        """Heading, with the year of the values."""
        return self.block.dated or self.block.title

    @property
    def ends(self) -> tuple[tuple[str, tuple[tuple[str, float], ...]], ...]:
        """What is written over each end, and its units, none beyond the pivot."""
        apart = ", hors petits effectifs" if self.block.apart else ""
        kept = (
            (f"{said}{apart}", self._this_side(units, sign)[: self.count])
            for said, units, sign in zip(_SAID, self.block.ends, (1, -1), strict=True)
        )
        return tuple((said, units) for said, units in kept if units)

    @property
    def decimals(self) -> int:
        """The decimals with which no value is printed as if of another class."""
        values = [value for _, units in self.ends for _, value in units]
        return decimals_kept(values, self.block.breaks, self.block.decimals)

    def _this_side(
        self, units: tuple[tuple[str, float], ...], sign: int
    ) -> tuple[tuple[str, float], ...]:
        """Return the units on one side of the pivot: a loss is no highest value."""
        pivot = self.block.pivot
        if pivot is None:
            return units
        seen = self.block.decimals
        return tuple(
            (name, value)
            for name, value in units
            if sign * round(value - pivot, seen) > 0
        )


@block_height.register
def _(ranking: Ranking, width: float, theme: Theme) -> float:
    rows = sum(_ABOVE + len(units) * _LINE + _BETWEEN for _, units in ranking.ends)
    return heading_height(ranking.title, width, theme) + rows - _BETWEEN


@draw_block.register
def _(ranking: Ranking, pen: Pen) -> None:
    y = write_heading(pen, ranking.title)
    small = {"size": pen.theme.small, "color": pen.theme.soft}
    decimals = ranking.decimals
    for said, units in ranking.ends:
        pen.write(0, y + 2.2, said, **small)
        y += _ABOVE
        _dot(ranking.block, pen, y, [value for _, value in units])
        for name, value in units:
            written = number(value, decimals, signed=ranking.block.signed)
            _write(pen, y, name, written)
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


def _write(pen: Pen, y: float, name: str, written: str) -> None:
    """Write a unit: its name, its value."""
    letters = font(pen.theme.family, pen.theme.body)
    room = pen.width - _TEXT - 2.0 - text_width(written, letters)
    size = pen.theme.body * min(1.0, room / text_width(name, letters))
    pen.write(_TEXT, y + 2.7, name, size=size)
    pen.write(pen.width, y + 2.7, written, ha="right", color=pen.theme.soft)
