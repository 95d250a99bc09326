"""Small maps on a map: where the frame lies, and a zoom with a scale of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from numbers import Real
from typing import Final

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.patches import Circle, Rectangle

from basinmap.arguments import check_given
from basinmap.errors import DataError
from basinmap.maps.layers.doors import enter
from basinmap.maps.layers.drawing import add_key, fill_shapes, remember, tell_vintages
from basinmap.maps.look.themes import MM_PER_POINT, Theme, font, settings, wrapped
from basinmap.maps.paper.blocks import KeyBlock, in_common
from basinmap.maps.paper.guards import check_areas, shapes_of
from basinmap.maps.paper.layouts import check_texts, rounded_up
from basinmap.maps.paper.pages import map_axes
from basinmap.maps.paper.pens import Pen, at_true_size, block_height, draw_block
from basinmap.maps.paper.sheets import MapAxes
from basinmap.maps.paper.stack import STACK
from basinmap.typography import number, typeset

__all__ = ["InsetBlock", "draw_inset", "draw_locator"]

_LOCATOR: Final = (34.0, 26.0)
_BESIDE: Final = (46.0, 44.0)
_INSET: Final = (60.0, 45.0)
_EDGE: Final = 1.5
_CLEAR: Final = 1.2  # millimetres around an inset, that no name takes
_LARGER: Final = 0.75  # an inset whose scale is closer to the map's shows nothing new
_VISIBLE: Final = 3.0
_FINE: Final = 0.15  # what the eye does not miss in a small outline, in millimetres

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class InsetBlock:
    """
    A small map in the legend: no corner of the frame was free.

    Attributes
    ----------
    axes
        The map.
    size
        Width, and height with its caption, in millimetres.
    """

    axes: MapAxes
    size: tuple[float, float]


def draw_locator(
    ax: MapAxes,
    units: gpd.GeoDataFrame | None,
    context: gpd.GeoDataFrame,
    *,
    title: str = "",
    beside: bool = False,
) -> None:
    """
    Show where the map lies in a larger territory.

    A small map goes to the emptiest corner of the frame, or to the legend when
    every corner holds data. Draw it after the layers, before names and legend.

    Parameters
    ----------
    ax
        The map of `page`, with its layers drawn.
    units
        What is shown dark; None draws the frame of the map instead.
    context
        What is shown pale, in EPSG:2154.
    title
        What the context is, written under it: a shape alone is known to few.
    beside
        Whether it goes to the strip of the legend, where there is one, and leaves the
        frame to the map.

    Raises
    ------
    CRSError
        If units or context are not in EPSG:2154.
    DataError
        If they do not meet, or a locator or the legend is drawn already.

    Examples
    --------
    >>> import basinmap as bm
    >>> lens = bm.communes(epci="call")
    >>> fig, ax = bm.page(lens, title="CA de Lens-Liévin")
    >>> bm.draw_outlines(ax, lens)
    >>> call = bm.epcis().loc[["246200364"]]
    >>> bm.draw_locator(ax, call, bm.epcis(), title="Nord et Pas-de-Calais")
    """
    check_given(draw_locator, locals())
    check_texts(title=title)
    enter(ax, context, "context", areas=True)
    if units is not None:
        check_areas(units)
    shown = _frame(ax) if units is None else shapely.box(*units.total_bounds)
    bounds = context.total_bounds
    if not shapely.intersects(shapely.box(*bounds), shown):
        msg = "the context lies elsewhere: pass a territory that holds the units"
        raise DataError(msg)
    if units is None and shapely.covers(shown, shapely.box(*bounds)):
        msg = (
            "the map shows the whole context: a locator would say nothing; pass a "
            "larger territory, or the units to show dark"
        )
        raise DataError(msg)
    beside = beside and not ax.plan.inside
    # At the right of a map there is the width of the strip, below it no such height.
    wide = _BESIDE if beside and ax.plan.columns == 1 else _LOCATOR
    most = np.minimum(np.array(wide) * ax.plan.zoom, 0.24 * ax.plan.frame[2])
    bounds, scale = _as_small(bounds, most, shown, ax.plan.zoom)
    extent = np.maximum(bounds[2:] - bounds[:2], 1.0) * 1.06
    size = tuple((extent * 1000 / scale).tolist())
    _check_once(ax, "locator", bounds)
    lines = _lines(typeset(title), size[0], ax.plan.theme) if title else []
    foot = len(lines) * _leading(ax.plan.theme) + 0.8 if lines else 0.0
    spot = None if beside else _free_corner(ax, size[0], size[1] + foot, None)
    small = _small_map(ax, bounds, (*size, foot), scale, spot)
    small.set_label("locator")
    if lines:
        _write_caption(small, lines, foot)
    _draw_context(small, context)
    _draw_place(small, units, shown)
    remember(small, context)  # at its own scale
    _join(ax, small)


def _as_small(
    bounds: np.ndarray, most: np.ndarray, shown: shapely.Polygon, zoom: float
) -> tuple[np.ndarray, float]:
    """Return what a locator shows, and its scale, in so many millimetres at most."""
    for _ in range(3):  # what is hardly seen has a circle around, that is seen whole
        extent = np.maximum(bounds[2:] - bounds[:2], 1.0) * 1.06
        scale = float((extent / most).max()) * 1000
        held, bounds = bounds, _with_circle(bounds, shown, scale, zoom)
    return held, scale


def _with_circle(
    bounds: np.ndarray, shown: shapely.Polygon, scale: float, zoom: float
) -> np.ndarray:
    """Return bounds that hold the circle around a place, if it bears one."""
    x0, y0, x1, y1 = shown.bounds
    if max(x1 - x0, y1 - y0) * 1000 / scale >= _VISIBLE * zoom:
        return bounds
    radius = _VISIBLE * zoom * scale / 1000
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    low = np.minimum(bounds[:2], [x - radius, y - radius])
    return np.concatenate([low, np.maximum(bounds[2:], [x + radius, y + radius])])


def _draw_context(small: MapAxes, context: gpd.GeoDataFrame) -> None:
    theme = small.plan.theme
    fill_shapes(
        small,
        _simplified(context, small.plan.scale),
        facecolor=theme.land,
        edgecolor=theme.faint,
        linewidth=0.3,
        zorder=STACK["neighbours"],
    )


def _simplified(units: gpd.GeoDataFrame, scale: float) -> np.ndarray:
    """Return outlines as coarse as a small map shows; sheets of a series share them."""
    shapes = tuple(shapes_of(units).tolist())
    return np.array(_coarse(_Same(shapes), _FINE * scale / 1000), dtype=object)


class _Same:
    """Geometries told from others by what they are, not by what they look like."""

    def __init__(self, shapes: tuple[shapely.Geometry, ...]) -> None:
        self.shapes = shapes
        self._ids = tuple(map(id, shapes))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self._ids == other._ids

    def __hash__(self) -> int:
        return hash(self._ids)


@lru_cache(maxsize=16)
def _coarse(same: _Same, tolerance: float) -> list[shapely.Geometry]:
    found: np.ndarray = shapely.coverage_simplify(list(same.shapes), tolerance)
    return found.tolist()


def _draw_place(
    small: MapAxes, units: gpd.GeoDataFrame | None, shown: shapely.Polygon
) -> None:
    """Draw the units, or the frame, with a circle around what is hardly seen."""
    theme, scale = small.plan.theme, small.plan.scale
    x0, y0, x1, y1 = shown.bounds
    if units is None:
        frame = Rectangle((x0, y0), x1 - x0, y1 - y0, fc="none", ec=theme.ink, lw=0.9)
        small.add_patch(frame)
    else:
        shapes = _simplified(units, scale)
        ink = {"facecolor": theme.ink, "edgecolor": theme.ink, "linewidth": 0.2}
        fill_shapes(small, shapes, zorder=STACK["fills"], **ink)
    if max(x1 - x0, y1 - y0) * 1000 / scale < _VISIBLE * small.plan.zoom:
        radius = _VISIBLE * small.plan.zoom * scale / 1000
        centre = ((x0 + x1) / 2, (y0 + y1) / 2)
        small.add_patch(
            Circle(
                centre,
                radius,
                fc="none",
                ec=theme.ink,
                lw=0.8,
                zorder=STACK["outlines"],
            )
        )


def draw_inset(
    ax: MapAxes,
    area: gpd.GeoDataFrame,
    draw: Callable[[MapAxes], object],
    *,
    title: str = "",
    scale: float | None = None,
) -> None:
    """
    Show a part of the map larger, at a round scale that is written under it.

    It goes to the emptiest corner of the frame, or to the legend when every corner
    holds data; its extent is drawn on the map. Draw it before names and legend.

    Parameters
    ----------
    ax
        The map of `page`, with its layers drawn.
    area
        What the inset must hold, in EPSG:2154.
    draw
        Called with the map of the inset: `lambda inset: draw_outlines(inset, …)`.
        Its entries join the legend of the page; circles and squares have the sizes of
        the map under it, where this shows the same amounts.
    title
        French title.
    scale
        Denominator; by default, the largest round one that about 60 × 45 mm allow.

    Raises
    ------
    CRSError
        If the area is not in EPSG:2154.
    DataError
        If the area lies outside the map, the inset would be no larger than the
        map or has no room, it is there already, or the legend is.
    MeasureError
        If what it shows bears a title of the map and looks different.

    Examples
    --------
    >>> import basinmap as bm
    >>> lens = bm.communes(epci="call")
    >>> fig, ax = bm.page(lens, title="CA de Lens-Liévin")
    >>> bm.draw_outlines(ax, lens)
    >>> centre = lens.loc[["62133"]]
    >>> bm.draw_inset(ax, centre, lambda inset: bm.draw_outlines(inset, lens))
    """
    check_given(draw_inset, locals())
    enter(ax, area, "area")
    check_texts(title=title)
    if not callable(draw):
        msg = f"draw={draw!r}: give a function of the map of the inset"
        raise DataError(msg)
    if scale is not None and not isinstance(scale, Real):
        msg = f"scale={scale!r}: give a denominator, such as scale=50_000"
        raise DataError(msg)
    bounds = area.total_bounds
    if not shapely.intersects(_frame(ax), shapely.box(*bounds)):
        msg = "the area of the inset lies outside the map"
        raise DataError(msg)
    _check_once(ax, "inset", bounds)
    small = _opened(ax, bounds, typeset(title), scale)
    small.subject = area.geometry
    draw(small)
    _join(ax, small)
    (x0, x1), (y0, y1) = small.get_xlim(), small.get_ylim()
    extent = Rectangle(
        (x0, y0), x1 - x0, y1 - y0, fc="none", zorder=STACK["extent of an inset"]
    )
    extent.set(gid="extent", edgecolor=ax.plan.theme.ink, linewidth=0.8)
    with settings():
        ax.add_patch(extent)


def _opened(
    ax: MapAxes, bounds: np.ndarray, title: str, scale: float | None
) -> MapAxes:
    """Return the map of an inset, in the frame if a corner of it is free."""
    plan = ax.plan
    extent = np.maximum(bounds[2:] - bounds[:2], 50.0) * 1.04
    box, most = shapely.box(*bounds), _LARGER * plan.scale
    for in_frame in (True, False):
        room = np.minimum(
            np.array(_INSET) * plan.zoom,
            0.45 * np.array(plan.frame[2:])
            if in_frame
            else np.array([plan.column, 0.6 * plan.strip[3]]),
        )
        needed = float((extent / room).max()) * 1000
        at = rounded_up(needed) if scale is None else float(scale)
        if at < needed * (1 - 1e-9) or (in_frame and scale is None and at > most):
            continue
        _check_larger(ax, at, most)
        size = tuple((extent * 1000 / at).tolist())
        lines = _caption(title, at, size[0], plan.theme)
        foot = (len(lines) * _leading(plan.theme)) + 0.8
        spot = _free_corner(ax, size[0], size[1] + foot, box) if in_frame else None
        if spot is not None or not in_frame:
            small = _small_map(ax, bounds, (*size, foot), at, spot)
            _write_caption(small, lines, foot)
            small.caption = " ".join(lines)
            return small
    msg = (
        f"at 1:{scale:g} the inset finds no room: write scale={rounded_up(needed):g} "
        "or more, or leave scale out"
    )
    raise DataError(msg)


def _check_larger(ax: MapAxes, scale: float, most: float) -> None:
    if not 0 < scale <= most:
        msg = (
            f"an inset at 1:{scale:g} shows hardly more than the map, at "
            f"1:{ax.plan.scale:g}: pass a smaller area, or a larger scale"
        )
        raise DataError(msg)


def _check_once(ax: MapAxes, label: str, bounds: np.ndarray) -> None:
    """Refuse a small map that is there already: it would take another corner."""
    for one in ax.sheet.maps:
        if one.host is not ax or one.get_label() != label:
            continue
        (x0, x1), (y0, y1) = one.get_xlim(), one.get_ylim()
        if label == "locator" or shapely.covers(
            shapely.box(x0, y0, x1, y1), shapely.box(*bounds)
        ):
            msg = (
                f"this {label} is drawn already: make the page again before drawing it "
                "again"
            )
            raise DataError(msg)


def _frame(ax: MapAxes) -> shapely.Polygon:
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    return shapely.box(x0, y0, x1, y1)


def _free_corner(
    ax: MapAxes, width: float, height: float, avoid: shapely.Polygon | None
) -> Box | None:
    """Return the corner of the frame farthest from data, None if all hold some."""
    edge = _EDGE * ax.plan.zoom
    right, top = ax.plan.frame[2] - edge, ax.plan.frame[3] - edge
    subject = [] if ax.subject is None else list(ax.subject)
    data = np.array([*subject, *([avoid] if avoid is not None else [])], dtype=object)
    best: tuple[float, Box] | None = None
    for x in (right - width, edge):
        for y in (top - height, edge):
            box = (x, y, x + width, y + height)
            corners = ax.to_metres(np.array(box).reshape(2, 2)).ravel()
            gap = float(np.nanmin(shapely.distance(data, shapely.box(*corners))))
            crossed = _crosses(ax, box)
            if gap > 0 and not crossed and (best is None or gap > best[0] * 1.001):
                best = gap, box
    return best and best[1]


def _crosses(ax: MapAxes, box: Box) -> bool:
    taken = [
        *ax.boxes,
        *((x - r, y - r, x + r, y + r) for x, y, r in ax.symbols.values()),
    ]
    return any(
        box[0] < c and box[2] > a and box[1] < d and box[3] > b for a, b, c, d in taken
    )


def _small_map(
    ax: MapAxes,
    bounds: np.ndarray,
    size: tuple[float, float, float],
    scale: float,
    spot: Box | None,
) -> MapAxes:
    """Add a small map above its caption, in the frame or at the next legend."""
    width, height, foot = size
    x, y = (spot[0] + ax.plan.frame[0], spot[1] + ax.plan.frame[1]) if spot else (0, 0)
    layout = replace(ax.plan, frame=(x, y + foot, width, height), scale=scale)
    with settings():
        xmin, ymin, xmax, ymax = bounds.tolist()
        small = map_axes(ax.sheet, layout, (xmin, ymin, xmax, ymax))
        small.set_zorder(3)
        small.set_label("inset")
        small.host = ax
        for spine in small.spines.values():
            spine.set_color(ax.plan.theme.soft)
    if spot is None:
        ax.blocks.append(InsetBlock(small, (width, height + foot)))
    else:
        # Names keep a little off.
        clear = _CLEAR * ax.plan.zoom
        left, low, right, top = spot
        ax.boxes.append((left - clear, low - clear, right + clear, top + clear))
    return small


def _leading(theme: Theme) -> float:
    return theme.small * MM_PER_POINT * 1.25


def _caption(title: str, scale: float, width: float, theme: Theme) -> list[str]:
    text = f"1\u00a0:\u00a0{number(scale)}"
    return _lines(f"{title} – {text}" if title else text, width, theme)


def _lines(text: str, width: float, theme: Theme) -> list[str]:
    return wrapped(text, width - 1.0, font(theme.family, theme.small, weight=700))


def _write_caption(small: MapAxes, lines: list[str], foot: float) -> None:
    """Write title and scale under an inset, on white, in the same frame."""
    plan = small.plan
    width, height = plan.frame[2:]
    spine = small.spines["bottom"]
    with settings():
        small.add_patch(
            Rectangle(
                (0, -foot / height),
                1,
                foot / height,
                transform=small.transAxes,
                fc="#ffffff",
                ec=spine.get_edgecolor(),
                lw=spine.get_linewidth(),
                clip_on=False,
                zorder=0.5,
            )
        )
        for i, line in enumerate(lines, start=1):
            small.text(
                0.5 / width,
                -i * _leading(plan.theme) / height,
                line,
                transform=small.transAxes,
                font=font(plan.theme.family, plan.theme.small, weight=700),
                color=plan.theme.ink,
                va="baseline",
                zorder=STACK["captions"],
                gid="inset-caption",
            )


def _join(ax: MapAxes, small: MapAxes) -> None:
    """Bring what an inset needs explained to the legend and the credits."""
    for block in small.blocks:
        if isinstance(block, KeyBlock):
            for swatch in block.swatches:
                add_key(ax, swatch)
        else:
            _join_block(ax, block)
    ax.credits.update(small.credits)
    ax.grounds.update(small.grounds)
    ax.notes.update(small.notes)
    tell_vintages(ax, small.vintages)


def _join_block(ax: MapAxes, block: object) -> None:
    """Add an entry of an inset, unless one of the map is true for both."""
    for position, other in enumerate(ax.blocks):
        if type(other) is not type(block):
            continue
        common = in_common(other, block)
        if common is not None:
            # Counts are those of the map, which holds the ground of its inset.
            ax.blocks[position] = common if _sized(common) else other
            return
    ax.blocks.append(block)


def _sized(block: object) -> bool:
    """Tell an entry whose symbols may be larger on one of two maps."""
    return not hasattr(block, "swatches")


@at_true_size.register
def _(block: InsetBlock, zoom: float) -> InsetBlock:
    width, height = block.size
    return replace(block, size=(width / zoom, height / zoom))


@block_height.register
def _(block: InsetBlock, width: float, theme: Theme) -> float:
    del width, theme
    return block.size[1]


@draw_block.register
def _(block: InsetBlock, pen: Pen) -> None:
    """Move the small map to where the legend has room for it."""
    page = pen.paper.get_xlim()[1]
    plan = block.axes.plan
    zoom = plan.width / page
    x, top = pen.x * zoom, pen.y * zoom
    width, height = plan.frame[2:]
    y = top - height
    block.axes.plan = replace(plan, frame=(x, y, width, height))
    block.axes.set_position(
        (x / plan.width, y / plan.height, width / plan.width, height / plan.height)
    )
