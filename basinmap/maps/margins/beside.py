"""Figures beside a map: dots on the axis of its classes, or bars from zero."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product
from typing import Any, Final

import numpy as np
from matplotlib.patches import Rectangle

from basinmap.maps.look.themes import MM_PER_POINT, Theme, font, text_width, wrapped
from basinmap.maps.paper.blocks import ClassesBlock, FiguresBlock
from basinmap.maps.paper.pens import (
    Pen,
    block_height,
    draw_block,
    heading_height,
    leading,
    write_heading,
)
from basinmap.typography import number

__all__ = [
    "LOGARITHMIC",
    "Compared",
    "class_of",
    "decimals_kept",
    "mark_references",
    "of_decades",
    "on_axes",
    "positions",
    "references_of",
]

LOGARITHMIC: Final = "échelle logarithmique"

_LINE: Final = 2.9
_AXIS: Final = (2.1, 3.3)
"""Millimetres that a bar takes under its name, and that a dot does."""
_DOWN: Final = (1.0, 1.5)
"""Millimetres from a name to its bar, and to its dot."""
_DOTS: Final = (2.4, 1.7)
"""Millimetres across the dot of the territory, and those of the others."""
_NAMES: Final = 0.4
"""Least share of a column that a name has, whatever the figures are."""
_NEAR: Final = 1.0
"""Least reach of an axis of changes: a tenth of a point is no collapse."""
_ROOM: Final = 1.15
_SHORT: Final = (
    (("CA ", "CC ", "CU ", "Métropole "), "EPCI"),
    (("SCoT ",), "SCoT"),
    (("Bassin minier", "bassin minier"), "bassin"),
    (("Arrondissement ", "arrondissement "), "arr."),
)
_LONGEST: Final = 16
_MARKED: Final = 3
"""Figures that are marked on a histogram, at most."""
_SIDES: Final = (0.5, 0.1, 0.9, -0.12, 1.12)
"""Share of a text left of what it is about, the best first; it may stand beside it."""
_GAP: Final = 1.2
"""Millimetres between two texts of one line."""
_POINTED: Final = 2.2
"""Millimetres that the arrow of what lies beyond an axis takes."""
_DECADES: Final = 1.4
"""Powers of ten from which an axis of equal steps would heap up the small values."""
_FINEST: Final = 3
"""Decimals that may be added to keep a printed figure in its class."""


@dataclass(frozen=True, slots=True)
class Compared:
    """
    Figures with the axis that they are read on.

    Attributes
    ----------
    block
        The figures.
    low, high
        Ends of the axis.
    breaks, colors
        Of the classes of the map, where they are of the same thing.
    log
        Whether equal steps of the axis are equal ratios.
    decimals
        Of what is written at its ends, if not those of the figures.
    """

    block: FiguresBlock
    low: float
    high: float
    breaks: tuple[float, ...] = ()
    colors: tuple[str, ...] = ()
    log: bool = False
    decimals: int | None = None

    @property
    def title(self) -> str:
        """Heading."""
        return self.block.title


def of_decades(low: float, high: float) -> bool:
    """
    Tell whether values are read on a logarithmic axis: they span many times the least.

    Parameters
    ----------
    low, high
        The least and the greatest.

    Examples
    --------
    >>> of_decades(35, 2292), of_decades(3, 12), of_decades(0, 100)
    (True, False, False)
    """
    return low > 0 and bool(np.log10(high / low) > _DECADES)


def positions(
    low: float, high: float, width: float, *, log: bool
) -> Callable[[float], float]:
    """
    Return how far along an axis a value is.

    Parameters
    ----------
    low, high
        Ends of the axis.
    width
        Its length.
    log
        Whether equal steps are equal ratios.

    Examples
    --------
    >>> positions(1, 100, 60, log=True)(10)
    30.0
    """
    if log:
        whole = float(np.log(high / low))
        return lambda value: float(np.log(value / low)) / whole * width
    span = (high - low) or 1.0
    return lambda value: (value - low) / span * width


def decimals_kept(
    values: Sequence[float], breaks: Sequence[float], decimals: int
) -> int:
    """
    Return the decimals with which no printed figure is of another class than its own.

    Parameters
    ----------
    values
        Figures, coloured by their class.
    breaks
        Inner bounds.
    decimals
        Those wanted, the least.

    Examples
    --------
    >>> decimals_kept([-0.502, -0.3], [-0.5, 0.0], 2)
    3
    """
    known = [value for value in values if np.isfinite(value)]
    for more in range(decimals, decimals + _FINEST):
        seen = [class_of(round(value, more), breaks) for value in known]
        if seen == [class_of(value, breaks) for value in known]:
            return more
    return decimals


def on_axes(blocks: Sequence[object]) -> list[object]:
    """
    Return entries of which the figures have an axis.

    Parameters
    ----------
    blocks
        Entries of a legend.
    """
    classes = [block for block in blocks if isinstance(block, ClassesBlock)]
    return [
        _on_axis(block, classes) if isinstance(block, FiguresBlock) else block
        for block in blocks
    ]


def _on_axis(block: FiguresBlock, classes: Sequence[ClassesBlock]) -> Compared:
    values = [value for _, value in block.rows if np.isfinite(value)]
    same = next((one for one in classes if one.title == block.about), None)
    if same is not None and block.about:
        low, high = min(same.bounds[0], *values), max(same.bounds[1], *values)
        log = block.dots and of_decades(*same.bounds) and low > 0
        low = low if block.dots else min(low, 0.0)
        decimals = decimals_kept(values, same.breaks, block.decimals)
        kept = replace(block, decimals=decimals)
        looks = same.breaks, same.colors
        return Compared(kept, low, high, *looks, log, decimals=block.decimals)
    if block.signed or (block.dots and min(values) < 0):
        reach = max(_NEAR, *(abs(value) * _ROOM for value in values))
        return Compared(block, -reach, reach)
    low, high = min(*values, 0.0), max(*values, 0.0)
    return Compared(block, low, high * (_ROOM if block.dots else 1.0))


def references_of(blocks: Sequence[object], block: ClassesBlock) -> list[Compared]:
    """
    Return the figures that are marked on the histogram of some classes.

    Parameters
    ----------
    blocks
        Entries, with their axes.
    block
        The classes.
    """
    return [
        one
        for one in blocks
        if isinstance(one, Compared) and one.colors and one.block.about == block.title
    ]


def class_of(value: float, breaks: Sequence[float]) -> int:
    """
    Return the class that holds a value, the lowest being 0.

    Parameters
    ----------
    value
        A number.
    breaks
        Inner bounds.

    Examples
    --------
    >>> class_of(5.0, [5.0, 8.0])
    1
    """
    return bisect_right(breaks, value)


def mark_references(
    pen: Pen,
    compared: Compared,
    along: Callable[[float], float],
    y: float,
    ends: tuple[float, float],
) -> None:
    """
    Write under an axis where the figures of territories are, those that have room.

    What lies beyond the axis is told at its end, with an arrow that points there.

    Parameters
    ----------
    pen
        Where the histogram is drawn.
    compared
        The figures, the first of them first.
    along
        Millimetres of a value on the axis.
    y
        Millimetres down to the line that is written.
    ends
        Least and greatest value of the axis.
    """
    block, properties = compared.block, font(pen.theme.family, pen.theme.small)
    texts = {
        place: f"{_shortened(block.rows[place][0])} {block.written(place, '')}"
        for place in _by_interest(block)
    }
    beyond = {place: _beyond(block.rows[place][1], ends) for place in texts}
    wide = {
        place: text_width(text, properties) + _POINTED * abs(beyond[place])
        for place, text in texts.items()
    }
    within = {p: float(np.clip(block.rows[p][1], *ends)) for p in texts}
    at = {place: along(value) for place, value in within.items()}
    for place, left in _placed(at, wide, beyond, pen.width).items():
        ink = pen.theme.ink if place == 0 else pen.theme.soft
        side = beyond[place]
        # Under what it points at, or at the end of its own line.
        across, up = (at[place] - 0.7 * side, 0.8) if side else (at[place], 2.6)
        pen.paper.scatter(
            [pen.x + across],
            [pen.y - y + up],
            s=(1.4 / MM_PER_POINT) ** 2,
            marker={-1: "<", 0: "^", 1: ">"}[side],
            facecolor=ink,
            edgecolor="none",
        )
        start = left + (_POINTED if side < 0 else 0.0)
        pen.write(start, y, texts[place], size=pen.theme.small, color=ink)


def _beyond(value: float, ends: tuple[float, float]) -> int:
    """Return -1 for what lies under an axis, 1 for what lies over it, else 0."""
    return int(value > ends[1]) - int(value < ends[0])


def _placed(
    at: Mapping[int, float],
    wide: Mapping[int, float],
    beyond: Mapping[int, int],
    width: float,
) -> dict[int, float]:
    """Return where texts start, as many of the first ones as there is room for."""
    for count in range(min(len(at), _MARKED), 0, -1):
        kept = list(at)[:count]
        for sides in product(_SIDES, repeat=count):
            starts = {
                place: float(
                    np.clip(at[place] - wide[place] * side, 0, width - wide[place])
                )
                for place, side in zip(kept, sides, strict=True)
            }
            # Beside its arrow, which is at the very end.
            starts |= {
                place: 0.0 if beyond[place] < 0 else width - wide[place]
                for place in kept
                if beyond[place]
            }
            if all(
                starts[one] + wide[one] + _GAP <= starts[other]
                for one, other in pairwise(sorted(kept, key=starts.__getitem__))
            ):
                return starts
    return {}


def _by_interest(block: FiguresBlock) -> list[int]:
    """Return rows, the territory and the bassin minier first, whose short name is."""
    names = [_shortened(name) for name, _ in block.rows]
    # Of peers, « EPCI » would be any of them.
    names = [name if names.count(name) == 1 else "" for name in names]
    order = sorted(range(len(names)), key=lambda i: (i > 0, names[i] != "bassin", i))
    return [i for i in order if names[i] and np.isfinite(block.rows[i][1])]


def _shortened(name: str) -> str:
    """Return how a territory is called on an axis, nothing where it has no short."""
    if name.endswith("(arrondissement)"):
        return "arr."
    for starts, short in _SHORT:
        if name.startswith(starts):
            return short
    return name if len(name) <= _LONGEST else ""


def _values_width(block: FiguresBlock, theme: Theme) -> float:
    style = font(theme.family, theme.body, weight=700)
    unit = unit_beside(block)
    rows = range(len(block.rows))
    return max(text_width(block.written(i, unit), style) for i in rows) + 2.0


def unit_beside(block: FiguresBlock) -> str:
    """
    Return what is printed after each figure: of units, only that of per cent is short.

    Parameters
    ----------
    block
        The figures.
    """
    if block.unit != "%" and f"({block.unit})" in block.title.replace("\u00a0", " "):
        return ""  # « −0,14 % » under « (% par an) » would be of another unit
    return "\u202f%" if block.unit.startswith("%") else ""


def _is_set_off(block: FiguresBlock, place: int) -> bool:
    return place == 0 and not block.alike


def _weight(block: FiguresBlock, place: int) -> int:
    return 700 if _is_set_off(block, place) else 400


def _name_lines(block: FiguresBlock, width: float, theme: Theme) -> list[list[str]]:
    room = max(width - _values_width(block, theme), _NAMES * width)
    return [
        wrapped(
            name,
            room,
            font(theme.family, theme.body, weight=_weight(block, i)),
        )
        for i, (name, _) in enumerate(block.rows)
    ]


def _heights(block: FiguresBlock, width: float, theme: Theme) -> list[float]:
    least = _LINE * (2 if block.changes else 1)
    return [
        max(least, _LINE + leading(theme) * (len(lines) - 1)) + _AXIS[block.dots]
        for lines in _name_lines(block, width, theme)
    ]


def _also_lines(block: FiguresBlock, width: float, theme: Theme) -> list[str]:
    """Return the lines under the heading, which say what changes are of."""
    if not block.also:
        return []
    return wrapped(block.also, width, font(theme.family, theme.small))


@block_height.register
def _(drawn: Compared, width: float, theme: Theme) -> float:
    block = drawn.block
    rows = sum(_heights(block, width, theme))
    rows += 2.6 * len(_also_lines(block, width, theme)) + (0.8 if block.also else 0.0)
    ends = 2.6 if block.dots else 0.0
    return heading_height(block.title, width, theme) + rows + ends


@draw_block.register
def _(drawn: Compared, pen: Pen) -> None:
    block = drawn.block
    y = write_heading(pen, block.title)
    small: dict[str, Any] = {"size": pen.theme.small, "color": pen.theme.soft}
    for line in _also_lines(block, pen.width, pen.theme):
        pen.write(0, y + 1.4, line, **small)
        y += 2.6
    y += 0.8 if block.also else 0.0
    along = positions(drawn.low, drawn.high, pen.width, log=drawn.log)
    unit = unit_beside(block)
    names = _name_lines(block, pen.width, pen.theme)
    heights = _heights(block, pen.width, pen.theme)
    for i, (lines, height) in enumerate(zip(names, heights, strict=True)):
        first = _is_set_off(block, i)
        style: dict[str, Any] = {"weight": _weight(block, i)}
        style["color"] = pen.theme.ink if first else pen.theme.soft
        for j, line in enumerate(lines):
            pen.write(0, y + 2.7 + leading(pen.theme) * j, line, **style)
        pen.write(pen.width, y + 2.7, block.written(i, unit), ha="right", **style)
        if block.changes:
            pen.write(pen.width, y + 5.6, block.changes[i], ha="right", **small)
        _mark(drawn, pen, i, along, y + height - _AXIS[block.dots] + _DOWN[block.dots])
        y += height
    if block.dots:
        _write_ends(drawn, pen, along, y + 1.0)


def _mark(
    drawn: Compared, pen: Pen, place: int, along: Callable[[float], float], y: float
) -> None:
    """Draw a dot on its axis, or a bar from zero."""
    _, value = drawn.block.rows[place]
    first = _is_set_off(drawn.block, place)
    ink, height = pen.theme.ink if first else pen.theme.soft, pen.y - y
    if drawn.block.dots:
        pen.paper.plot(
            [pen.x, pen.x + pen.width],
            [height] * 2,
            color=pen.theme.faint,
            linewidth=0.5,
        )
        if drawn.low < 0 < drawn.high:
            pen.paper.plot(
                [pen.x + along(0.0)] * 2,
                [height - 0.9, height + 0.9],
                color=pen.theme.soft,
                linewidth=0.5,
            )
    if not np.isfinite(value):
        return
    if not drawn.block.dots:
        left, right = sorted((along(0.0), along(value)))
        bar = (pen.x + left, height - 0.4), right - left, 0.8
        pen.paper.add_patch(Rectangle(*bar, fc=ink, ec="none"))
        # Zero beside the bar alone: one line from top to bottom would strike the names.
        pen.paper.plot(
            [pen.x + along(0.0)] * 2,
            [height - 0.8, height + 0.8],
            color=pen.theme.faint,
            linewidth=0.5,
            zorder=0.9,
        )
        return
    fill = ink
    if drawn.colors:
        fill = drawn.colors[class_of(value, drawn.breaks)]
    pen.paper.scatter(
        [pen.x + along(value)],
        [height],
        s=(_DOTS[0 if first else 1] / MM_PER_POINT) ** 2,
        facecolor=fill,
        edgecolor=ink,
        linewidth=0.9 if first else 0.5,
        zorder=3,
    )


def _write_ends(
    drawn: Compared, pen: Pen, along: Callable[[float], float], y: float
) -> None:
    """Write what the axis goes from and to, and where zero is."""
    block, style = drawn.block, {"size": pen.theme.small, "color": pen.theme.soft}
    ends = [(drawn.low, "left"), (drawn.high, "right")]
    ends += [(0.0, "center")] if drawn.low < 0 < drawn.high else []
    properties = font(pen.theme.family, pen.theme.small)
    taken: list[tuple[float, float]] = []
    decimals = block.decimals if drawn.decimals is None else drawn.decimals
    for value, side in ends:
        text = number(value, decimals, signed=block.signed) if value else "0"
        wide, x = text_width(text, properties), along(value)
        left = x - {"left": 0.0, "center": wide / 2, "right": wide}[side]
        if any(left < b + _GAP and left + wide > a - _GAP for a, b in taken):
            continue
        taken.append((left, left + wide))
        pen.write(left, y + 0.6, text, **style)
    half = text_width(LOGARITHMIC, properties) / 2 + _GAP
    middle = pen.width / 2
    if drawn.log and all(b <= middle - half or a >= middle + half for a, b in taken):
        pen.write(middle, y + 0.6, LOGARITHMIC, ha="center", **style)
