"""The legend: what the layers left, set out in its own strip of the page."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle
from matplotlib.path import Path

from basinmap.arguments import check_given
from basinmap.errors import BasinmapWarning, DataError, culprits
from basinmap.maps.classing.classes import written
from basinmap.maps.classing.figures import decimals_of
from basinmap.maps.layers.doors import add_block
from basinmap.maps.layers.drawing import heading_of, remember, stroke_on
from basinmap.maps.look.lettering import PaperAxes
from basinmap.maps.look.themes import (
    Theme,
    font,
    settings,
    text_width,
    wrapped,
)
from basinmap.maps.margins.beside import (
    LOGARITHMIC,
    Compared,
    mark_references,
    of_decades,
    on_axes,
    positions,
    references_of,
)
from basinmap.maps.margins.chronicles import ChronicleBlock
from basinmap.maps.margins.insets import InsetBlock
from basinmap.maps.margins.rankings import Ranking
from basinmap.maps.paper.blocks import (
    CirclesBlock,
    ClassesBlock,
    FiguresBlock,
    KeyBlock,
    Swatch,
)
from basinmap.maps.paper.guards import check_map, check_open
from basinmap.maps.paper.layouts import scaled
from basinmap.maps.paper.panels import Gathered, Maps, gathered
from basinmap.maps.paper.pens import (
    BOX,
    ROW,
    TEXT,
    Pen,
    at_true_size,
    block_height,
    box_path,
    draw_block,
    draw_swatch,
    heading_height,
    leading,
    write_heading,
)
from basinmap.maps.paper.sheets import MapAxes
from basinmap.maps.paper.strokes import strokes_for_hatches
from basinmap.measures import check_columns
from basinmap.typography import glued, number, shortest, typeset, uncapital
from basinmap.values.checks import check_series, check_states, numbers
from basinmap.values.columns import column
from basinmap.values.told import Told, fresh, retell, told_of

__all__ = [
    "Entry",
    "draw_comparison",
    "draw_legend",
    "entry_picture",
    "has_spread",
    "legend_fits",
]

_DOZEN = 12
"""Distinct values under which a distribution says nothing that the map does not."""

# Millimetres between two entries, and size: a long legend is set tighter, then smaller.
_TIGHTER = (
    *((5.0, 1.0), (3.6, 1.0), (2.4, 1.0)),
    *((2.4, 0.93), (2.0, 0.86), (1.6, 0.82)),
)
_LONE = 2.6
"""Millimetres that the name of the only unit of a class takes under it."""
_SEEN = 0.9
"""Millimetres that the bar of a single unit has at least."""
_READ_ON_AN_AXIS = ("ratio", "growth", "mean", "median")
_CLEAR = 2.5
"""Millimetres around a legend in the frame, that no name takes."""
_COUNT = 6.0
"""Millimetres that a count takes at the right of a class."""
_VOID = 0.2
"""Share of the strip whose void is worth a ranking."""
_AS_LARGE = 3
"""Ways to set a legend tighter that keep its type."""
_FEWEST = 2
"""Units at each end under which a ranking says nothing."""
FOOT = 15.0
"""Height kept at the bottom of the last column for the scale bar and the north."""


def draw_comparison(
    ax: MapAxes,
    values: pd.Series | pd.DataFrame,
    *,
    names: pd.Series | Mapping[str, str] | None = None,
    title: str | None = None,
) -> None:
    """
    Set the same indicator for other territories beside the map.

    Parameters
    ----------
    ax
        The map of `page`; the figures come with the next `draw_legend`.
    values
        One value a territory, indexed by its code, or by its printed name, the
        territory of the map first. What is told of them gives unit, decimals, sources,
        and what is printed before or in the place of one: « ≥ », « ≈ », « s », « s.o. »
        or « n.d. ». Or what `compare` returned, with its names, and the change where
        it is of two years.
    names
        Printed name of each code, such as `bm.epcis()["name"]`. What is said of a value
        goes by its code: with names in the place of codes it would be lost.
    title
        Heading; by default the title of the indicator, which holds its year, and its
        unit.

    Raises
    ------
    DataError
        If there is no value, or legend or foot are drawn already.
    ColumnError
        If a table is not as `compare` returns it.

    Warns
    -----
    BasinmapWarning
        If values are no longer those described, or names took the place of codes of
        which something is said.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> fig, ax = bm.page(bm.communes(epci="call"), title="Taux de vacance")
    >>> rates = pd.Series({"CA de Lens-Liévin": 7.19, "Bassin minier": 8.06})
    >>> bm.draw_comparison(ax, rates)
    """
    check_given(draw_comparison, locals())
    check_map(ax)
    check_open(ax)
    changes: tuple[str, ...] = ()
    also = ""
    if isinstance(values, pd.DataFrame):
        check_columns(values, "name", "value")
        names = values["name"] if names is None else names
        if "change" in values.columns:
            also, changes = _changes(values)
        values = retell(
            column(values, "value"),
            sources=told_of(values).sources,
            notes=told_of(values).notes,
            remarks=told_of(values).remarks,
        )
    check_series(values)
    values = fresh(values)
    states = check_states(values)
    figures, told = numbers(values), told_of(values)
    printed = dict(names) if names is not None else {}
    if figures.dropna().empty or np.isinf(figures).any():
        msg = "nothing to compare: the values are missing or infinite"
        raise DataError(msg)
    add_block(
        ax,
        FiguresBlock(
            alike=_are_maps(ax, [str(printed.get(n, n)) for n in figures.index]),
            title=glued(typeset(_heading(told) if title is None else title)),
            rows=tuple(
                (typeset(str(printed.get(n, n))), float(v)) for n, v in figures.items()
            ),
            decimals=_decimals(figures, told),
            unit=told.unit,
            signed=told.kind == "growth",
            states=tuple(str(states.get(n, "")) for n in figures.index),
            dots=told.kind in _READ_ON_AN_AXIS,
            about=heading_of(told, None) if told.name else "",
            also=typeset(also),
            changes=changes,
        ),
    )
    heads = {note.partition(" ; ")[0] for note in ax.notes}
    there = set(ax.notes)
    remember(ax, values)
    # « Superficie : … ; écart de 4,2 % au plus » of the map holds for larger units too.
    for note in [one for one in ax.notes if one not in there and " ; " in one]:
        if note.partition(" ; ")[0] in heads:
            del ax.notes[note]


def _decimals(figures: pd.Series, told: Told) -> int:
    """Return the decimals that tell figures, one at least of what is a rate."""
    least = 0 if told.decimals is not None or told.kind in ("", "stock") else 1
    return max(least, decimals_of(figures, told=told.decimals))


def _heading(told: Told) -> str:
    """Return what figures are of: indicator, year and unit."""
    named = told.title or told.label
    if not named:
        return "Comparaison"
    return f"{named} ({told.unit})" if told.unit else named


def _are_maps(ax: MapAxes, names: list[str]) -> bool:
    """Tell whether figures are those of the maps of the sheet: none is set off."""
    captions = {typeset(one.caption) for one in ax.sheet.maps if one.caption}
    return len(captions) > 1 and captions.issuperset(map(typeset, names))


def _changes(table: pd.DataFrame) -> tuple[str, tuple[str, ...]]:
    """Return what changes are of, and each as it is printed."""
    changes = column(table, "change")
    told, states = told_of(changes), check_states(changes)
    rows = tuple((str(code), float(value)) for code, value in changes.items())
    block = FiguresBlock(
        title="",
        rows=rows,
        decimals=decimals_of(numbers(changes), told=told.decimals),
        unit="",
        signed=True,
        states=tuple(str(states.get(code, "")) for code in changes.index),
    )
    written_ = tuple(block.written(place, "") for place in range(len(rows)))
    return f"Sous chaque valeur : {uncapital(told.definition)}", written_


def draw_legend(
    ax: Maps,
    *,
    histogram: pd.Series | Mapping[Any, pd.Series] | None = None,
    ranking: bool = True,
) -> None:
    """
    Write the legend of everything drawn so far, in the strip of the page.

    Parameters
    ----------
    ax
        The map of `page`, or all those of `panels`: what they share stands once,
        without counts.
    histogram
        Values whose distribution is drawn under the classes; none by default. Of maps
        that share classes, all their values, as `shared_classes` took them.
    ranking
        Whether a strip beside the map, a fifth of which would stay void, lists the
        units of the highest and of the lowest values.

    Raises
    ------
    DataError
        If nothing that needs a legend was drawn, or the legend is there already.
    MeasureError
        If maps of a sheet bear one title and other classes, colours or sizes.

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
    check_given(draw_legend, locals())
    found = gathered(ax)
    if any(one.explained for one in found.sheet.maps):
        msg = (
            "the legend of this sheet is drawn already: make the page again before "
            "drawing it again; of several maps, write draw_legend(maps) once"
        )
        raise DataError(msg)
    if not found.blocks:
        msg = (
            "nothing to explain: no layer with an entry was drawn before the legend, "
            "or what was lies outside the frame"
        )
        raise DataError(msg)
    blocks = on_axes(_in_reading_order(found.blocks))
    blocks = blocks if histogram is None else _with_histogram(blocks, histogram)
    with settings():
        flow, left = _fitting(found, blocks, ranking=ranking)
        _without_locators(blocks, flow)
        if left:
            warnings.warn(
                f"left out of the legend for want of room: {left}; take a larger paper",
                BasinmapWarning,
                stacklevel=2,
            )
        if flow.missing > 0:
            warnings.warn(
                f"the legend is {flow.missing:.0f} mm longer than its strip: draw "
                "fewer layers, take a larger paper, or widen the strip with "
                "page(…, legend=…, legend_mm=…)",
                BasinmapWarning,
                stacklevel=2,
            )
        if found.plan.inside:
            _draw_panel(found, flow)
        flow.draw()
    for drawn in found.maps:
        drawn.explained, drawn.strip = True, flow.entries


def legend_fits(ax: Maps, *, tighter: bool = False) -> bool:
    """
    Tell whether the legend of what is drawn has room in its strip, as it is read.

    Not where figures would have to come before the keys, nor the type be set tight.

    Parameters
    ----------
    ax
        The map of `page`, or all those of `panels`, the legend not drawn yet.
    tighter
        Whether it may be set as tight as any legend.
    """
    found = gathered(ax)
    blocks = on_axes(_in_reading_order(found.blocks))
    steps = _TIGHTER if tighter else _TIGHTER[:_AS_LARGE]
    ways = product(steps, _orders(blocks, found.plan.columns))
    with settings():
        fit = (o for step, o in ways if _Flow(found, o, *step).missing <= 0)
        return next(fit, None) is blocks


def _is_locator(block: object) -> bool:
    return isinstance(block, InsetBlock) and block.axes.get_label() == "locator"


def _without_locators(blocks: list[object], flow: _Flow) -> None:
    """Take off the page the small maps for which the strip has no room."""
    kept = {id(block.axes) for block in flow.blocks if isinstance(block, InsetBlock)}
    for block in filter(_is_locator, blocks):
        if isinstance(block, InsetBlock) and id(block.axes) not in kept:
            block.axes.remove()


def _fitting(
    found: Gathered, blocks: list[object], *, ranking: bool
) -> tuple[_Flow, str]:
    """Return the legend as it fits, and what it has to do without."""
    # Worth less than the scale bar, over which the rest would be drawn.
    spared: dict[str, list[object]] = {
        "the histogram": [one for one in blocks if isinstance(one, _Histogram)],
        "the locator": [one for one in blocks if _is_locator(one)],
    }
    kept, left = blocks, ""
    tried = [(kept, left)]
    for name, some in spared.items():
        if some:
            kept = [one for one in kept if all(one is not other for other in some)]
            left = f"{left} and {name}" if left else name
            tried.append((kept, left))
    for kept, left in tried:
        for step, order in product(_TIGHTER, _orders(kept, found.plan.columns)):
            flow = _Flow(found, order, *step)
            if flow.missing <= 0:
                return _filled(found, order, flow) if ranking else flow, left
    # Whatever is drawn over the foot, the ground of a small map would hide it.
    kept = [one for one in blocks if not _is_locator(one)]
    left = "the locator" if len(kept) < len(blocks) else ""
    return _Flow(found, kept, *_TIGHTER[-1]), left


def _orders(blocks: list[object], columns: int) -> list[list[object]]:
    """Return how entries may follow each other: as they are read, or figures sooner."""
    if columns == 1:
        return [blocks]
    # Figures that are too long for the column of the scale bar fit the one before it.
    place = {ClassesBlock: 0, Compared: 1, InsetBlock: 3}
    sooner = sorted(blocks, key=lambda block: place.get(type(block), 2))
    return [blocks] if sooner == blocks else [blocks, sooner]


def _filled(found: Gathered, blocks: list[object], flow: _Flow) -> _Flow:
    """Return the legend with a ranking where a fifth of the strip would stay void."""
    plan = found.plan
    spare = flow.lowest - flow.floors[-1]
    beside = len(found.maps) == 1 and not plan.inside and plan.columns == 1
    listed = [one for one in blocks if isinstance(one, ClassesBlock) and one.ends]
    if not beside or not listed or spare < _VOID * plan.strip[3] / flow.zoom:
        return flow
    ranked = listed[0]
    before = [block for block in blocks if not isinstance(block, InsetBlock)]
    after = blocks[len(before) :]
    for count in range(len(ranked.ends[0]), _FEWEST - 1, -1):
        more = [*before, Ranking(ranked, count), *after]
        for between, size in _TIGHTER[: _AS_LARGE if count == _FEWEST else 1]:
            fuller = _Flow(found, more, between, size)
            if fuller.missing <= 0:
                return fuller
    return flow


@dataclass(frozen=True, slots=True)
class Entry:
    """
    An entry of a legend, where it was drawn.

    Attributes
    ----------
    block
        What is explained.
    x, y
        Its upper left corner, in millimetres from the lower left of the page.
    width, height
        In millimetres.
    zoom
        How much larger than on A4 it was drawn.
    """

    block: object
    x: float
    y: float
    width: float
    height: float
    zoom: float


def entry_picture(ax: MapAxes, entry: Entry) -> bytes:
    """
    Return an entry of the legend as an SVG, for a page that another program sets.

    Parameters
    ----------
    ax
        A map whose legend is drawn.
    entry
        One of its `strip`.
    """
    zoom = entry.zoom
    theme = scaled(ax.plan.theme, 1 / zoom) if zoom != 1 else ax.plan.theme
    width, height = entry.width / zoom, entry.height / zoom
    drawn = Figure(figsize=(entry.width / 25.4, entry.height / 25.4))
    paper = drawn.add_axes((0, 0, 1, 1), axes_class=PaperAxes)
    paper.set_xlim(0, width)
    paper.set_ylim(0, height)
    paper.axis("off")
    held = io.BytesIO()
    # Letters as outlines: QGIS would not find the fonts of a picture.
    with settings(), mpl.rc_context({"svg.fonttype": "path"}):
        draw_block(entry.block, Pen(paper, 0.0, height, width, theme))
        for text in paper.texts:
            text.set_fontsize(float(text.get_fontsize()) * zoom)
        # What QGIS draws pictures with knows no pattern: hatched bars would be white.
        strokes_for_hatches(paper)
        drawn.savefig(held, format="svg", transparent=True, metadata={"Date": None})
    return held.getvalue()


def _draw_panel(drawn: Gathered, flow: _Flow) -> None:
    """Make the corner as high as its legend, whiten it, and give the map the rest."""
    plan, ax = drawn.plan, drawn.first
    x, bottom, wide, high = plan.strip
    needed = bottom + high - flow.lowest * flow.zoom + FOOT * plan.zoom + drawn.reserved
    spare = max(high - needed, 0.0)
    low_corner = bottom - plan.frame[1] < plan.frame[1] + plan.frame[3] - bottom - high
    floor = bottom if low_corner else bottom + spare
    strip = (x, floor, wide, high - spare)
    ax.plan = replace(plan, strip=strip)
    drawn.sheet.layout_mm = ax.plan
    flow.shift(-spare if low_corner else 0.0)
    rim = 2.5 * plan.zoom
    left, low, right, top = (
        x - rim,
        floor - rim,
        x + wide + rim,
        floor + high - spare + rim,
    )
    frame_x, frame_y, frame_wide, frame_high = plan.frame
    # Up to the frame: of what a gap shows, nobody knows what it is.
    gap = 2 * rim
    left = frame_x if left - frame_x < gap else left
    low = frame_y if low - frame_y < gap else low
    right = max(right, frame_x + frame_wide * (frame_x + frame_wide - right < gap))
    top = max(top, frame_y + frame_high * (frame_y + frame_high - top < gap))
    kept = _corner_box(plan.strip, plan.frame)
    if kept in ax.boxes:
        clear = _CLEAR * plan.zoom
        ax.boxes[ax.boxes.index(kept)] = (
            left - frame_x - clear,
            low - frame_y - clear,
            right - frame_x + clear,
            top - frame_y + clear,
        )
    drawn.sheet.beside.add_patch(
        Rectangle(
            (left, low),
            right - left,
            top - low,
            fc="#ffffff",
            ec=plan.theme.faint,
            lw=0.5 * plan.zoom,
            zorder=0.0,
            gid="panel",
        )
    )


def _corner_box(
    strip: tuple[float, float, float, float], frame: tuple[float, float, float, float]
) -> tuple[float, float, float, float]:
    """Return what `page` kept of the map for the legend."""
    x, y, wide, high = strip
    left, low = x - frame[0], y - frame[1]
    return left - 2, low - 2, left + wide + 2, low + high + 2


@dataclass(frozen=True, slots=True)
class _Histogram:
    """Distribution of the values of a choropleth."""

    values: np.ndarray
    block: ClassesBlock
    beside: tuple[Compared, ...] = ()
    without: str = ""
    """Periods that are of the map, but whose years others hold already."""


class _Flow:
    """
    Columns of the strip, filled from the top; the last keeps room for the scale.

    All is measured for the type of A4, then drawn `zoom` times as large.
    """

    def __init__(
        self, drawn: Gathered, blocks: list[object], between: float, size: float
    ) -> None:
        plan = drawn.plan
        self.sheet, self.zoom = drawn.sheet, plan.zoom * size
        self.theme = scaled(plan.theme, 1 / self.zoom) if self.zoom != 1 else plan.theme
        self.blocks = [at_true_size(block, self.zoom) for block in blocks]
        x, bottom, width, height = (side / self.zoom for side in plan.strip)
        self.width = plan.column / self.zoom
        step = (width - self.width) / max(plan.columns - 1, 1)
        self.columns = [x + i * step for i in range(plan.columns)]
        self.floors = [bottom] * plan.columns
        self.floors[-1] += (FOOT * plan.zoom + drawn.reserved) / self.zoom
        self.lowest = bottom + height
        self.places, self.missing = self._placed(bottom + height, between)

    def _placed(
        self, top: float, between: float
    ) -> tuple[list[tuple[float, float]], float]:
        """Return where each block goes, and the millimetres that are missing."""
        places = []
        column, y, lowest = 0, top, 0.0
        for block in self.blocks:
            height = block_height(block, self.width, self.theme)
            # What is too long for a column is no shorter in the next one.
            while (
                y < top
                and y - height < self.floors[column]
                and column < len(self.columns) - 1
            ):
                column, y = column + 1, top
            places.append((self.columns[column], y))
            self.lowest = min(self.lowest, y - height)
            lowest = max(lowest, self.floors[column] - (y - height))
            y -= height + between
        return places, lowest * self.zoom if lowest > 1e-6 else 0.0

    def shift(self, millimetres: float) -> None:
        """Set every block higher, or lower."""
        step = millimetres / self.zoom
        self.places = [(x, y + step) for x, y in self.places]

    def draw(self) -> None:
        """Draw every block where it goes."""
        paper = self.sheet.beside if self.zoom == 1 else self._enlarged_paper()
        for block, (x, y) in zip(self.blocks, self.places, strict=True):
            draw_block(block, Pen(paper, x, y, self.width, self.theme))
        if paper is not self.sheet.beside:
            for text in paper.texts:
                text.set_fontsize(float(text.get_fontsize()) * self.zoom)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every block, where it goes on the page."""
        return tuple(
            Entry(
                block,
                x * self.zoom,
                y * self.zoom,
                self.width * self.zoom,
                block_height(block, self.width, self.theme) * self.zoom,
                self.zoom,
            )
            for block, (x, y) in zip(self.blocks, self.places, strict=True)
        )

    def _enlarged_paper(self) -> Axes:
        """Return axes over the whole page whose unit is `zoom` millimetres."""
        plan = self.sheet.layout_mm
        floor = self.sheet.beside.get_zorder()
        axes = self.sheet.add_axes((0, 0, 1, 1), zorder=floor, label="legend")
        axes.set_xlim(0, plan.width / self.zoom)
        axes.set_ylim(0, plan.height / self.zoom)
        axes.axis("off")
        return axes


def _in_reading_order(blocks: list[object]) -> list[object]:
    """Classes first, then sizes, lines and points, figures, small maps last."""
    order = {
        ClassesBlock: 0,
        CirclesBlock: 2,
        KeyBlock: 3,
        FiguresBlock: 4,
        ChronicleBlock: 5,
        InsetBlock: 6,
    }
    return sorted(blocks, key=lambda block: order.get(type(block), 1))


def has_spread(values: pd.Series, *, firm: bool = False) -> bool:
    """
    Tell whether a histogram says more than the map: a dozen distinct values.

    Parameters
    ----------
    values
        Those of the classes.
    firm
        Whether what is made from few is left out.
    """
    few = list(told_of(values).fragile) if firm else []
    known = values.drop(few, errors="ignore") if few else values
    return bool(known.nunique() >= _DOZEN)


def _known(values: pd.Series, *, firm: bool) -> pd.Series:
    """Return the values of a histogram that there are, firm ones or all."""
    check_series(values, "histogram")
    check_states(values)
    few = list(told_of(values).fragile) if firm else []
    known = numbers(values, "histogram").dropna()
    return known.drop(few, errors="ignore") if few else known


def _counted_once(series: list[pd.Series]) -> tuple[list[pd.Series], list[str]]:
    """Leave out the periods that hold others: their years would be counted twice."""
    if len(series) == 1:
        return series, []
    spans = [_span(told_of(one).vintage) for one in series]
    whole = [any(_holds(span, part) for part in spans) for span in spans]
    left = [told_of(s).vintage for s, held in zip(series, whole, strict=True) if held]
    return [s for s, held in zip(series, whole, strict=True) if not held], left


def _holds(span: tuple[int, int] | None, part: tuple[int, int] | None) -> bool:
    """Tell whether a period holds another one, and more."""
    if span is None or part is None or span == part:
        return False
    return span[0] <= part[0] and part[1] <= span[1]


def _span(vintage: str) -> tuple[int, int] | None:
    """Return the years of « 2016-2023 »."""
    found = re.fullmatch(r"(\d{4})\s*[-–]\s*(\d{4})", vintage.strip())
    return (int(found[1]), int(found[2])) if found else None


def _with_histogram(
    blocks: list[object], values: pd.Series | Mapping[Any, pd.Series]
) -> list[object]:
    series = list(values.values()) if isinstance(values, Mapping) else [values]
    if not series:
        msg = "histogram: no series; give those that bm.shared_classes took"
        raise DataError(msg)
    series, without = _counted_once(series)
    for position, block in enumerate(blocks):
        if not isinstance(block, ClassesBlock):
            continue
        all_known = [_known(one, firm=bool(block.fragile)) for one in series]
        known = all_known[0] if len(all_known) == 1 else pd.concat(all_known)
        low, high = block.bounds
        figures = known.to_numpy()
        beyond = (figures < low) | (figures > high)
        if beyond.any():
            wrong = known.index[beyond]
            msg = (
                f"histogram: {len(wrong)} value(s) beyond those of the classes, "
                f"{low:g} to {high:g}: {culprits(wrong)}; pass the values classified"
            )
            raise DataError(msg)
        if not has_spread(known):
            msg = (
                f"histogram: {known.nunique()} distinct value(s), under {_DOZEN}: it "
                "would say nothing that the map does not; it is left out; drop "
                "histogram="
            )
            warnings.warn(msg, BasinmapWarning, stacklevel=3)
            return blocks
        return [
            *blocks[: position + 1],
            _Histogram(
                known.to_numpy(),
                block,
                tuple(references_of(blocks, block)),
                f", sans {', '.join(without)}" if without else "",
            ),
            *blocks[position + 1 :],
        ]
    return blocks


@block_height.register
def _(block: ClassesBlock, width: float, theme: Theme) -> float:
    lines = sum(len(_class_lines(line, width, theme)) - 1 for line in block.swatches)
    rows = len(block.swatches) * ROW + lines * leading(theme)
    rows += _LONE * len([name for name in block.alone if name])
    return heading_height(block.title, width, theme) + rows + 5.2


@block_height.register
def _(block: CirclesBlock, width: float, theme: Theme) -> float:
    return heading_height(block.title, width, theme) + 2 * block.radii[0] + 1.5


@block_height.register
def _(block: KeyBlock, width: float, theme: Theme) -> float:
    lines = [len(_key_lines(swatch, width, theme)) for swatch in block.swatches]
    return sum(ROW + (count - 1) * leading(theme) for count in lines)


@block_height.register
def _(block: _Histogram, width: float, theme: Theme) -> float:
    del width, theme
    return 24.0 if block.beside else 21.0


@at_true_size.register
def _(block: CirclesBlock, zoom: float) -> CirclesBlock:
    return replace(block, radii=tuple(radius / zoom for radius in block.radii))


@draw_block.register
def _(block: ClassesBlock, pen: Pen) -> None:
    y = write_heading(pen, block.title)
    small: dict[str, Any] = {"size": pen.theme.small, "color": pen.theme.soft}
    small["ha"] = "right"
    if block.counted:
        pen.write(pen.width, y + 1.4, block.counted, **small)
        y += 2.4
    for place, swatch in enumerate(block.swatches):
        if any(block.hatches) and place == block.hatches.count(""):
            _mark_pivot(pen, y)
        draw_swatch(pen, swatch, y)
        lines = _class_lines(swatch, pen.width, pen.theme)
        for i, line in enumerate(lines):
            pen.write(TEXT, y + 2.7 + leading(pen.theme) * i, line)
        if swatch.count is not None:
            pen.write(pen.width, y + 2.7, number(swatch.count), **small)
        y += ROW + (len(lines) - 1) * leading(pen.theme)
        if place < len(block.alone) and block.alone[place]:
            # Left of the count, at the size of what is said besides.
            look = {"size": pen.theme.small, "color": pen.theme.soft}
            pen.write(TEXT, y + 0.9, block.alone[place], **look)
            y += _LONE
    low, high, of = block.range
    whole = f"{of}\u00a0: de {low} à {high}"
    pen.write(
        0,
        y + 2.0,
        whole if of else f"minimum\u00a0: {low} – maximum\u00a0: {high}",
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


def _class_lines(swatch: Swatch, width: float, theme: Theme) -> list[str]:
    """Return the lines of the label of a class, left of its count."""
    room = width - TEXT - (_COUNT if swatch.count is not None else 0.0)
    return wrapped(swatch.label, room, font(theme.family, theme.body))


def _key_lines(swatch: Swatch, width: float, theme: Theme) -> list[str]:
    text = swatch.label
    if swatch.count is not None:
        text += f"\u00a0: {number(swatch.count)}"
    return wrapped(text, width - TEXT, font(theme.family, theme.body))


@draw_block.register
def _(block: KeyBlock, pen: Pen) -> None:
    y = 0.0
    for swatch in block.swatches:
        draw_swatch(pen, swatch, y)
        lines = _key_lines(swatch, pen.width, pen.theme)
        for i, line in enumerate(lines):
            pen.write(TEXT, y + 2.7 + leading(pen.theme) * i, line)
        y += ROW + (len(lines) - 1) * leading(pen.theme)


@draw_block.register
def _(drawn: _Histogram, pen: Pen) -> None:
    """Draw bars that never straddle a class, each in the colour of its class."""
    block = drawn.block
    low, high = block.bounds
    log = of_decades(low, high)
    along = positions(low, high, pen.width, log=log)
    head = f"Distribution{f' ({LOGARITHMIC})' if log else ''}{drawn.without}"
    pen.write(0, 2.6, head, size=pen.theme.small, color=pen.theme.soft)
    floor, height = pen.y - 17.0, 12.5
    edges = _bar_edges(low, high, block.breaks, log=log)
    counts, _ = np.histogram(drawn.values, edges)
    density = counts / np.diff(np.log(edges) if log else edges)
    tall = density / density.max() * height
    # One unit among hundreds is no empty place.
    tall = np.where(counts > 0, np.maximum(tall, _SEEN), 0.0)
    plain: list[tuple[Path, str]] = []
    for left, right, high_mm in zip(edges[:-1], edges[1:], tall, strict=True):
        code = int(np.searchsorted(block.breaks, (left + right) / 2, side="right"))
        x, width = along(left), along(right) - along(left)
        bar = (pen.x + x, floor, width, float(high_mm))
        color = block.colors[code]
        hatch = block.hatches[code] if block.hatches else ""
        if hatch:
            look: dict[str, Any] = {"fc": color, "hatch": hatch, "lw": 0.25}
            look["ec"] = stroke_on(color)
            pen.paper.add_patch(Rectangle(bar[:2], *bar[2:], **look))
        else:
            plain.append((box_path(*bar), color))
    if plain:
        pen.fill(*zip(*plain, strict=True), edge="#ffffff", line=0.25)
    if any(block.hatches) and block.pivot is not None and low < block.pivot < high:
        at = pen.x + along(block.pivot)
        pen.paper.plot(
            [at] * 2, [floor, floor + height], color=pen.theme.ink, linewidth=0.9
        )
    pen.paper.plot(
        [pen.x, pen.x + pen.width], [floor] * 2, color=pen.theme.soft, linewidth=0.5
    )

    _write_breaks(pen, block, along)
    for compared in drawn.beside:
        mark_references(pen, compared, along, 23.6, (low, high))


def _mark_pivot(pen: Pen, y: float) -> None:
    """Draw a rule between what is above the pivot and what is below."""
    height = pen.y - y + (ROW - BOX[1]) / 2
    pen.paper.plot(
        [pen.x - 1.0, pen.x + BOX[0] + 1.0],
        [height] * 2,
        color=pen.theme.ink,
        linewidth=0.9,
    )


def _bar_edges(
    low: float, high: float, breaks: Sequence[float], *, log: bool
) -> np.ndarray:
    """Return the edges of bars, about 28 in all, each class cut in equal ones."""
    # The break that sets zero apart would make a bar of no width.
    least = low + 1e-9 * (high - low)
    ends = [low, *(b for b in breaks if least < b < high), high]
    share = positions(low, high, 28.0, log=log)
    cut = np.geomspace if log else np.linspace
    # A break inside a bar would leave a sliver, whose density dwarfs all others.
    parts = [
        cut(a, b, 1 + max(1, round(share(b) - share(a)))) for a, b in pairwise(ends)
    ]
    return np.unique(np.concatenate(parts))


def _write_breaks(
    pen: Pen, block: ClassesBlock, along: Callable[[float], float]
) -> None:
    """Write the breaks under the axis with their ticks, those that have room."""
    properties = font(pen.theme.family, pen.theme.small)
    style = {"size": pen.theme.small, "color": pen.theme.soft, "ha": "center"}
    end, ticks = -2.0, []
    texts = written(block.breaks, signs=block.signed)
    for value, text in zip(block.breaks, texts, strict=True):
        x, half = along(value), text_width(text, properties) / 2
        if x - half > end + 1.2 and x + half < pen.width + 2:
            pen.write(x, 20.2, text, **style)
            ticks.append(pen.x + x)
            end = x + half
    # One line, with a gap after each: one of matplotlib's objects.
    floor = pen.y - 17.0
    pen.paper.plot(
        [x for x in ticks for _ in range(3)],
        [height for _ in ticks for height in (floor, floor - 0.7, np.nan)],
        color=pen.theme.soft,
        linewidth=0.5,
    )
