"""A chart in the legend: an estimate year by year, with what it is compatible with."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from basinmap.arguments import check_given
from basinmap.errors import DataError
from basinmap.maps.layers.drawing import remember
from basinmap.maps.look.themes import Theme, font, text_width, wrapped
from basinmap.maps.paper.alternatives import Sentence, Told, told
from basinmap.maps.paper.guards import check_map
from basinmap.maps.paper.pens import (
    Pen,
    block_height,
    draw_block,
    heading_height,
    write_heading,
)
from basinmap.maps.paper.sheets import MapAxes
from basinmap.measures import check_columns
from basinmap.typography import month, number, typeset
from basinmap.values.told import told_of

__all__ = ["ChronicleBlock", "draw_event_study"]

_HEIGHT: Final = 44.0
_LINE: Final = 2.9
_LEFT: Final = 13.0
_BELOW: Final = 5.0
_NOTE: Final = (
    "Barres : valeurs que la comparaison avec d'autres lieux n'écarte pas. Point "
    "creux : année de référence."
)
_ABOVE: Final = 2.4
_EVENT: Final = 3.2


@dataclass(frozen=True, slots=True)
class ChronicleBlock:
    """
    An estimate year by year.

    Attributes
    ----------
    title
        Heading, with the unit.
    years, estimate, low, high
        One a year; that of reference has 0 everywhere.
    unit
        What is printed after a number.
    event
        Decimal year and printed name of what happened, or None.
    changes
        Year to what changed in the way of counting.
    """

    title: str
    years: tuple[int, ...]
    estimate: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    unit: str
    event: tuple[float, str] | None
    changes: tuple[tuple[int, str], ...]

    @property
    def above(self) -> float:
        """How much room there is over the plot, in millimetres."""
        return _ABOVE + (_EVENT if self.event is not None else 0)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is written under the axis."""
        return (
            typeset(_NOTE),
            *(typeset(f"À partir de {year} : {what}.") for year, what in self.changes),
        )


def draw_event_study(
    ax: MapAxes,
    chart: pd.DataFrame,
    *,
    event: dt.date | None = None,
    name: str = "ouverture",
    title: str = "",
) -> None:
    """
    Set an estimate year by year beside the map, with what it is compatible with.

    Breaks of the series are dotted lines that no curve crosses; the event is a dashed
    one. The year of reference is a hollow point.

    Parameters
    ----------
    ax
        The map of `page`; the chart comes with the next `draw_legend`. A strip of
        80 mm or more (`legend_mm=`) suits it.
    chart
        One row a year: `estimate`, `low`, `high`, and `change` where there is one; as
        the chart of `bm.event_study`.
    event
        Day to mark, such as the opening.
    name
        Its French name.
    title
        Heading; by default from what is told of the chart.

    Raises
    ------
    ColumnError
        If a column is missing.
    DataError
        If there are fewer than two years, or rows are no years.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> rows = {"estimate": [0, 1.2], "low": [0, -0.5], "high": [0, 2.9]}
    >>> chart = pd.DataFrame(rows, index=[2016, 2023])
    >>> fig, ax = bm.page(bm.communes(epci="call"), title="Population – Lens, 2023")
    >>> bm.draw_event_study(ax, chart, title="Population")
    """
    check_given(draw_event_study, locals())
    check_map(ax)
    check_columns(chart, "estimate", "low", "high")
    rows = chart.sort_index()
    years = _years(rows)
    facts = told_of(chart)
    unit = facts.unit
    heading = title or f"{facts.label} : écart avec les témoins"
    shown = f"{heading} ({_plural(unit)})" if unit else heading
    changes = (
        [(y, str(w)) for y, w in zip(years, rows["change"], strict=True) if w]
        if "change" in rows.columns
        else []
    )
    ax.blocks.append(
        ChronicleBlock(
            title=typeset(shown),
            years=years,
            estimate=tuple(float(v) for v in rows["estimate"]),
            low=tuple(float(v) for v in rows["low"]),
            high=tuple(float(v) for v in rows["high"]),
            unit=unit,
            event=None
            if event is None
            else (
                event.year + (event.timetuple().tm_yday - 1) / 366,
                typeset(f"{name}, {month(event)}"),
            ),
            changes=tuple(changes),
        )
    )
    remember(ax, rows["estimate"])


def _years(rows: pd.DataFrame) -> tuple[int, ...]:
    try:
        found = tuple(int(year) for year in rows.index)
    except (TypeError, ValueError):
        found = ()
    known = np.isfinite(rows["estimate"].to_numpy(dtype=float))
    if len(found) < 2 or len(set(found)) < len(found) or not known.all():
        msg = (
            "chart: one row a year is needed, two years at least, each with an "
            "estimate, as bm.event_study(design).chart"
        )
        raise DataError(msg)
    return found


def _plural(unit: str) -> str:
    return "points" if unit == "point" else unit


@block_height.register
def _(block: ChronicleBlock, width: float, theme: Theme) -> float:
    lines = sum(len(_note_lines(note, width, theme)) for note in block.notes)
    return (
        heading_height(block.title, width, theme)
        + block.above
        + _HEIGHT
        + _BELOW
        + lines * _LINE
    )


def _note_lines(note: str, width: float, theme: Theme) -> list[str]:
    return wrapped(note, width, font(theme.family, theme.small))


@draw_block.register
def _(block: ChronicleBlock, pen: Pen) -> None:
    top = write_heading(pen, block.title) + block.above
    plot = _Plot(block, pen, top)
    plot.axes()
    plot.marks()
    plot.values()
    y = top + _HEIGHT + _BELOW + _LINE - 0.6
    for note in block.notes:
        for line in _note_lines(note, pen.width, pen.theme):
            pen.write(0, y, line, size=pen.theme.small, color=pen.theme.soft)
            y += _LINE


class _Plot:
    """The chart on paper, in millimetres."""

    def __init__(self, block: ChronicleBlock, pen: Pen, top: float) -> None:
        self.block, self.pen, self.top = block, pen, top
        ends = np.array([*block.low, *block.high, *block.estimate, 0.0])
        ends = ends[np.isfinite(ends)]
        locator = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10])
        self.ticks = np.asarray(
            locator.tick_values(float(ends.min()), float(ends.max()))
        )
        self.bounds = (float(self.ticks[0]), float(self.ticks[-1]))
        first, last = float(block.years[0]), float(block.years[-1])
        if block.event is not None:
            first, last = min(first, block.event[0]), max(last, block.event[0])
        pad = 0.04 * (last - first)
        self.span = (first - pad, last + pad)

    def x(self, year: float) -> float:
        """Return where a year is."""
        start, end = self.span
        room = self.pen.width - _LEFT
        return self.pen.x + _LEFT + (year - start) / (end - start) * room

    def y(self, value: float) -> float:
        """Return where a value is, at the edge if it is beyond."""
        low, high = self.bounds
        share = (min(max(value, low), high) - low) / ((high - low) or 1)
        return self.pen.y - self.top - _HEIGHT + share * _HEIGHT

    def axes(self) -> None:
        """Draw the lines of the axes and what is written along them."""
        pen, theme = self.pen, self.pen.theme
        decimals = 0 if (self.ticks % 1 == 0).all() else 1
        for tick in self.ticks:
            at = self.y(float(tick))
            zero = abs(tick) < 1e-12
            pen.paper.plot(
                [pen.x + _LEFT, pen.x + pen.width],
                [at, at],
                color=theme.soft if zero else theme.faint,
                linewidth=0.7 if zero else 0.3,
            )
            pen.write(
                _LEFT - 1.2,
                pen.y - at + 0.8,
                number(float(tick), decimals, signed=True),
                size=theme.small,
                color=theme.soft,
                ha="right",
            )
        end = -np.inf
        for year in self.block.years:
            at = self.x(year) - pen.x
            width = text_width(str(year), font(theme.family, theme.small))
            if at - width / 2 < end + 1:
                continue
            end = at + width / 2
            pen.write(
                at,
                self.top + _HEIGHT + 3.4,
                str(year),
                size=theme.small,
                color=theme.soft,
                ha="center",
            )

    def marks(self) -> None:
        """Draw the event, and the breaks of the series."""
        pen, theme = self.pen, self.pen.theme
        floor, roof = self.y(self.bounds[0]), self.y(self.bounds[1])
        for year, _ in self.block.changes:
            before = max(y for y in self.block.years if y < year)
            at = self.x((before + year) / 2)
            pen.paper.plot(
                [at, at],
                [floor, roof],
                color=theme.soft,
                linewidth=0.7,
                linestyle=(0, (1, 1.6)),
            )
        if self.block.event is None:
            return
        when, name = self.block.event
        at = self.x(when)
        pen.paper.plot(
            [at, at], [floor, roof], color=theme.ink, linewidth=0.7, linestyle="--"
        )
        right = at - pen.x > _LEFT + (pen.width - _LEFT) / 2
        pen.write(
            at - pen.x + (-1 if right else 1),
            self.top - 1.4,
            name,
            size=theme.small,
            ha="right" if right else "left",
        )

    def values(self) -> None:
        """Draw bars and points; lines join the years that one count tells."""
        pen, block = self.pen, self.block
        broken = {year for year, _ in block.changes}
        ink = pen.theme.ink
        for k, year in enumerate(block.years):
            at, value = self.x(year), self.y(block.estimate[k])
            if k and year not in broken:
                pen.paper.plot(
                    [self.x(block.years[k - 1]), at],
                    [self.y(block.estimate[k - 1]), value],
                    color=pen.theme.soft,
                    linewidth=0.5,
                )
            low, high = self.y(block.low[k]), self.y(block.high[k])
            pen.paper.plot([at, at], [low, high], color=ink, linewidth=1.1)
            for end, marker in ((block.low[k], "v"), (block.high[k], "^")):
                if np.isinf(end):
                    pen.paper.plot([at], [self.y(end)], marker=marker, color=ink, ms=3)
            hollow = block.low[k] == block.high[k] == 0
            pen.paper.plot(
                [at],
                [value],
                marker="o",
                markersize=3.6,
                markerfacecolor="#ffffff" if hollow else ink,
                markeredgecolor=ink,
                markeredgewidth=0.7,
                zorder=3,
            )


@told.register
def _(block: ChronicleBlock) -> Told:
    unit = f" {_plural(block.unit)}" if block.unit else ""
    rows = zip(block.years, block.estimate, block.low, block.high, strict=True)
    figures = tuple(
        f"{year} {number(value, 1, signed=True)}{unit}{_between(low, high)}"
        for year, value, low, high in rows
    )
    return Told("", (Sentence(block.title, figures),), rank=1)


def _between(low: float, high: float) -> str:
    """Say the ends of a bar, where it has two."""
    if not (np.isfinite(low) and np.isfinite(high)) or low == high:
        return ""
    return f" (de {number(low, 1, signed=True)} à {number(high, 1, signed=True)})"
