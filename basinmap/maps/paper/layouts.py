"""Layouts: what a sheet is asked to be, and where things are on it, in millimetres."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from numbers import Real
from typing import Final, Literal, TypedDict, get_args

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.font_manager import FontProperties

from basinmap.arguments import check_given
from basinmap.errors import DataError
from basinmap.maps.look.themes import (
    GREY,
    HALF_COLUMN,
    MM_PER_POINT,
    PRINT,
    Theme,
    font,
    in_grey,
    one_line,
    wrapped,
)
from basinmap.spatial.projections import check_metric, geometries
from basinmap.typography import shortest, typeset

__all__ = [
    "PAPERS",
    "Heading",
    "Layout",
    "Orientation",
    "Place",
    "Rectangle",
    "SharedPage",
    "Wish",
    "bounds_of",
    "check_texts",
    "chosen",
    "cornered",
    "heading_of",
    "leading_of_names",
    "name_lines",
    "rounded_up",
    "scaled",
    "shared_page",
    "words_of",
]


PAPERS: Final = {
    "A5": (148.0, 210.0),
    "A4": (210.0, 297.0),
    "A3": (297.0, 420.0),
    "A2": (420.0, 594.0),
    "A1": (594.0, 841.0),
    "A0": (841.0, 1189.0),
}
_BESIDE: Final = " · "
_HALF_COLUMN: Final = (85.0, 120.0)
# Round denominators close enough that a territory never floats in a void.
_ROUND: Final = (
    *(1, 1.1, 1.2, 1.25, 1.3, 1.4, 1.5, 1.6, 1.75, 1.8),
    *(2, 2.2, 2.25, 2.5, 2.75, 3, 3.5, 4, 4.5, 5, 5.5, 6, 7, 7.5, 8, 9),
)
_STRIP: Final = 60.0
_NARROW: Final = 48.0
_NARROWEST: Final = 42.0
_GAP: Final = 5.0
_BELOW: Final = 52.0
_FEET: Final = ((250.0, 14.0), (110.0, 17.5), (0.0, 20.0))
_TWO_COLUMNS: Final = 104.0
"""Width of a foot from which the scale has a column of its own."""
_SHORT_FOOT: Final = 13.0
_LEAST_FRAME: Final = 20.0
_TIGHT: Final = 0.009  # of the longer side of the units, around them
_CORNER: Final = 4.0  # millimetres from the frame to a legend in its corner
_HIGH: Final = 85.0  # millimetres that a legend takes at least
_WHOLE: Final = 125.0  # of classes, histogram, landmarks and figures
_WORTH: Final = 0.8
_WORTH_NARROW: Final = 0.93
_LETTERS: Final = 600  # of a title
_LEAST_LEGEND: Final = {"right": 40.0, "below": 18.0}
_LONGEST: Final = 4_000
_LARGEST: Final = 5_000.0  # a PDF page is at most 200 inches wide
Orientation = Literal["auto", "landscape", "portrait"]
Place = Literal["auto", "right", "below", "inside"]
Rectangle = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Layout:
    """
    Where things are on the page, in millimetres from its lower left corner.

    Attributes
    ----------
    paper
        Name of the paper.
    width, height
        Size of the page.
    frame, strip, footer
        Rectangles `(x, y, width, height)` of the map, the legend, the credits.
    columns
        Number of legend columns in the strip.
    scale
        Denominator of the scale of the map.
    theme
        Look of the sheet, its type enlarged for a poster.
    inside
        Whether the strip is a corner of the frame.
    """

    paper: str
    width: float
    height: float
    frame: Rectangle
    strip: Rectangle
    footer: Rectangle
    columns: int
    scale: float
    theme: Theme
    inside: bool = False

    @property
    def zoom(self) -> float:
        """How much larger than on A4 the type is, and what is measured with it."""
        return self.theme.body / PRINT.body

    @property
    def head(self) -> Rectangle:
        """Rectangle of title and subtitle."""
        margin, top = self.theme.margin, self.frame[1] + self.frame[3]
        return margin, top, self.width - 2 * margin, self.height - margin - top

    @property
    def column(self) -> float:
        """Width of a legend column."""
        gaps = _GAP * self.zoom * (self.columns - 1)
        return (self.strip[2] - gaps) / self.columns

    @property
    def narrow(self) -> bool:
        """Whether the foot has no room for two columns, nor for long credits."""
        return self.footer[2] < _TWO_COLUMNS * self.zoom

    @property
    def size(self) -> str:
        """Size of the page as a French reader names it."""
        if self.paper in PAPERS:
            return self.paper
        return f"{shortest(self.width)} × {shortest(self.height)}\u00a0mm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """
    What a sheet is asked to be.

    Attributes
    ----------
    title, subtitle, paper, orientation, scale, legend, legend_mm, around, theme
        See `page`.
    headline
        See `page`.
    names
        Headings of the maps; none for a single one.
    columns
        Number of maps side by side, or None for what shows them largest.
    ground
        Whether sea, countries and départements around are drawn under the layers.
    among
        Title and subtitle of the sheets that it goes with: all leave the room of the
        tallest head, and write their titles at the smallest size.

    Raises
    ------
    DataError
        If one of them makes no sense.
    """

    title: str
    subtitle: str
    paper: str | tuple[float, float]
    orientation: Orientation
    scale: float | None
    legend: Place
    legend_mm: float | None
    around: float
    theme: Theme | None
    names: tuple[str, ...] = ()
    columns: int | None = None
    headline: str = ""
    ground: bool = True
    among: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        check_texts(title=self.title, subtitle=self.subtitle, headline=self.headline)
        if not one_line(self.title):
            msg = "title: a map bears one, with territory and date: title='…'"
            raise DataError(msg)
        if self.theme is not None and not isinstance(self.theme, Theme):
            msg = f"theme={self.theme!r}: give a Theme, such as bm.PRINT or bm.GREY"
            raise DataError(msg)
        _check_options(self.orientation, self.scale, self.legend, self.legend_mm)
        real = isinstance(self.around, Real)
        if not real or not 0 <= float(self.around) < math.inf:
            msg = f"around={self.around!r}: give metres of ground, such as around=2_000"
            raise DataError(msg)

    @property
    def name(self) -> str:
        """The paper, for messages."""
        if isinstance(self.paper, str):
            return self.paper
        return f"{self.paper[0]:g} x {self.paper[1]:g} mm"

    @property
    def look(self) -> Theme:
        """The theme, by default that of the paper."""
        if self.paper == "half-column" and self.theme in (None, GREY):
            return HALF_COLUMN if self.theme is None else in_grey(HALF_COLUMN)
        return self.theme or PRINT

    @property
    def words(self) -> tuple[str, str]:
        """Title and subtitle, in French typography; under a headline, both are one."""
        return words_of(self.title, self.subtitle, self.headline)


def words_of(title: str, subtitle: str, headline: str) -> tuple[str, str]:
    """
    Return what is written large, and under it, in French typography.

    Parameters
    ----------
    title, subtitle, headline
        See `page`; under a headline, both others are one line.

    Examples
    --------
    >>> words_of("Densité", "", "La ville est dense")
    ('La ville est dense', 'Densité')
    """
    said = one_line(headline), one_line(title), one_line(subtitle)
    first, *others = (typeset(text) for text in said if text)
    return first, _BESIDE.join(others)


def _check_options(
    orientation: str, scale: float | None, legend: str, legend_mm: float | None
) -> None:
    for name, value, kind in (
        ("orientation", orientation, Orientation),
        ("legend", legend, Place),
    ):
        if value not in get_args(kind):
            msg = f"unknown {name} {value!r}; choose among {', '.join(get_args(kind))}"
            raise DataError(msg)
    if scale is not None and not _is_length(scale):
        msg = f"scale={scale}: give a denominator, such as scale=100_000"
        raise DataError(msg)
    if legend_mm is not None and legend == "auto":
        msg = (
            "legend_mm is a width, a depth or a height: add legend='right', "
            "legend='below' or legend='inside'"
        )
        raise DataError(msg)
    if legend_mm is not None and not _is_length(legend_mm):
        msg = f"legend_mm={legend_mm}: give millimetres, such as legend_mm=40"
        raise DataError(msg)


def _is_length(number: object) -> bool:
    return isinstance(number, Real) and 0 < float(number) < math.inf


def check_texts(**texts: object) -> None:
    """
    Check that what is to be printed is text.

    Parameters
    ----------
    **texts
        By name.

    Raises
    ------
    DataError
        If one is no text, or too long for a page.
    """
    for name, text in texts.items():
        if not isinstance(text, str):
            msg = f"{name}={text!r}: write a text, {name}='…'"
            raise DataError(msg)
        if len(text) > _LONGEST:
            msg = (
                f"{name}: {len(text):,} letters, {text[:40]!r}…; no page holds more "
                f"than {_LONGEST:,}: shorten it"
            )
            raise DataError(msg)


def bounds_of(units: gpd.GeoDataFrame, around: float, share: float = 0.03) -> Rectangle:
    """
    Return the ground that a frame must show: least and greatest x and y.

    Parameters
    ----------
    units
        What must be seen whole.
    around
        Metres on every side.
    share
        Of the longer side, that is shown around too.

    Raises
    ------
    DataError
        If nothing has an extent.
    """
    shapes = np.asarray(geometries(units))
    xmin, ymin, xmax, ymax = shapely.total_bounds(shapes).tolist()
    if not np.isfinite([xmin, ymin, xmax, ymax]).all():
        msg = f"units: none of the {len(units)} geometries has an extent"
        raise DataError(msg)
    # A point still needs some ground around it.
    room = around + max(100.0, share * max(xmax - xmin, ymax - ymin))
    return xmin - room, ymin - room, xmax + room, ymax + room


def _sizes(wish: Wish) -> list[tuple[float, float]]:
    """Return the sizes that the page may have."""
    if wish.paper == "half-column":
        if wish.orientation == "landscape":
            msg = "a half-column is 85 mm wide: write paper=(85, 60) for a low figure"
            raise DataError(msg)
        return [_HALF_COLUMN]
    given = PAPERS.get(wish.paper) if isinstance(wish.paper, str) else wish.paper
    if given is None or not isinstance(given, tuple | list):
        known = f"{', '.join(PAPERS)}, half-column or (width_mm, height_mm)"
        msg = f"unknown paper {wish.paper!r}; choose among {known}"
        raise DataError(msg)
    if len(given) != 2 or not all(
        _is_length(side) and side <= _LARGEST for side in given
    ):
        msg = f"paper={wish.paper}: give width and height in mm, such as (160, 90)"
        raise DataError(msg)
    short, long = sorted(float(side) for side in given)
    turned = {"landscape": (long, short), "portrait": (short, long)}
    if wish.orientation != "auto":
        return [turned[wish.orientation]]
    if isinstance(wish.paper, str):
        return list(turned.values())
    return [(float(given[0]), float(given[1]))]


def chosen(bounds: list[Rectangle], wish: Wish) -> tuple[Layout, list[Rectangle]]:
    """
    Return the arrangement that shows the units largest, and its map frames.

    Parameters
    ----------
    bounds
        What each frame must show.
    wish
        What the sheet is asked to be.

    Raises
    ------
    DataError
        If there is no room, or the scale asked for is too large.
    """
    places = ("right", "below") if wish.legend in ("auto", "inside") else (wish.legend,)
    plans = [_arranged(size, place, wish) for size in _sizes(wish) for place in places]
    if len(bounds) == 1 and wish.legend == "auto":
        # A strip that leaves the map a larger scale, where a whole one does not.
        plans += [_arranged(size, "narrow", wish) for size in _sizes(wish)]
    most = wish.columns or len(bounds)
    # Without a choice, every number of maps side by side is tried.
    sides = [most] if wish.columns else range(1, most + 1)
    grids = [
        (plan, _cells(plan, n, wish, len(bounds))) for plan in plans for n in sides
    ]
    roomy = [g for g in grids if min(g[1][0][2:]) >= _LEAST_FRAME]
    if not roomy:
        raise DataError(_no_room(grids, wish))
    found = []
    for plan, cells in roomy:
        needed = max(
            _needed(box, cell) for box, cell in zip(bounds, cells, strict=False)
        )
        found.append((needed, len(cells), plan, cells[: len(bounds)]))
    # min keeps the first of equals: landscape, legend at the right, no empty place.
    # A strip of less width is worth it for a step of scale that is seen.
    needed, _, plan, cells = min(
        found,
        key=lambda f: (
            rounded_up(f[0]) / (_WORTH_NARROW if _is_narrow(f[2], wish) else 1.0),
            f[1],
        ),
    )
    if wish.scale is None:
        return replace(plan, scale=rounded_up(needed)), cells
    asked = wish.scale
    needed, _, plan, cells = min(
        found, key=lambda f: (f[0] > asked, _is_narrow(f[2], wish), f[0])
    )
    if not wish.scale >= needed:
        msg = (
            f"at 1:{wish.scale:g} the units do not fit on {wish.name}: "
            f"write scale={rounded_up(needed):g} or more, or a larger paper"
        )
        raise DataError(msg)
    return replace(plan, scale=float(wish.scale)), cells


def _is_narrow(plan: Layout, wish: Wish) -> bool:
    """Tell whether the strip of the legend is less wide than it is by default."""
    return wish.legend == "auto" and plan.strip[2] == _NARROW * plan.zoom


class SharedPage(TypedDict):
    """What pages to compare have in common; handed to `page` as `**shared`."""

    orientation: Orientation
    legend: Place
    scale: float


def shared_page(
    units: gpd.GeoDataFrame,
    *,
    title: str = "",
    subtitle: str = "",
    paper: str | tuple[float, float] = "A4",
    around: float = 0.0,
    theme: Theme | None = None,
) -> SharedPage:
    """
    Return one orientation, one place of the legend and one scale for pages of an atlas.

    Leave out the scale for pages that are turned alike, each as large as it can be.

    Parameters
    ----------
    units
        One a page, in a metric CRS.
    title, subtitle
        The longest there will be: they take from the map.
    paper, around, theme
        As they will be given to `page`.

    Returns
    -------
    dict
        `orientation`, `legend` and `scale`, at which the largest unit fits.

    Raises
    ------
    CRSError
        If the units are in degrees, in Web Mercator or without CRS.
    DataError
        If there is nothing to show, or no room for it.

    See Also
    --------
    atlas : A sheet for each unit, in one file.

    Examples
    --------
    >>> import basinmap as bm
    >>> lens = bm.communes(epci="call")
    >>> shared = bm.shared_page(lens, paper="A5", around=500)
    >>> _, one = bm.page(lens.loc[["62498"]], title="Lens", paper="A5", **shared)
    >>> _, other = bm.page(lens.loc[["62510"]], title="Liévin", paper="A5", **shared)
    >>> one.plan.scale == other.plan.scale
    True
    """
    check_given(shared_page, locals())
    check_metric(units, "units")
    wish = Wish(
        title=title or "x",
        subtitle=subtitle,
        paper=paper,
        orientation="auto",
        scale=None,
        legend="auto",
        legend_mm=None,
        around=around,
        theme=theme,
    )
    boxes = [bounds_of(units.iloc[[row]], around) for row in range(len(units))]
    if not boxes:
        msg = "units: no unit, hence no page"
        raise DataError(msg)
    found: list[tuple[float, float, SharedPage]] = []
    for width, height in _sizes(wish):
        turned: Orientation = "landscape" if width > height else "portrait"
        for place in ("right", "below"):
            plan = _arranged((width, height), place, wish)
            if min(plan.frame[2:]) < _LEAST_FRAME:
                continue
            needed = [_needed(box, plan.frame) for box in boxes]
            scale = rounded_up(max(needed))
            shared = SharedPage(orientation=turned, legend=place, scale=scale)
            found.append((scale, float(np.median(needed)), shared))
    if not found:
        msg = f"nothing is left for the map on {wish.name}: take a larger paper"
        raise DataError(msg)
    return min(found, key=lambda one: one[:2])[2]


def cornered(
    units: gpd.GeoDataFrame, wish: Wish, other: Layout | None
) -> tuple[Layout, Rectangle] | None:
    """
    Return a page whose map takes its whole width, the legend in an empty corner.

    Parameters
    ----------
    units
        What must be seen whole.
    wish
        What the sheet is asked to be.
    other
        The page whose legend has a strip of its own: the corner must bring a quarter
        more, less than that where the strip is narrow, unless it is asked for. None
        where a strip leaves no room for the scale that is asked for.

    Returns
    -------
    tuple or None
        The layout and what the frame shows; None where no corner is free, or it is not
        worth it.
    """
    if wish.legend not in ("auto", "inside") or len(wish.names) > 1:
        return None
    if wish.legend == "auto" and (wish.scale is None) == (other is None):
        return None  # nothing to gain, or nothing that was asked for
    box = bounds_of(units, wish.around, _TIGHT)
    plans = [_arranged(size, "inside", wish) for size in _sizes(wish)]
    plans = [plan for plan in plans if min(plan.frame[2:]) >= _LEAST_FRAME]
    least = _HIGH if wish.legend == "inside" else _WHOLE
    most_high = math.inf
    if wish.legend_mm is not None:
        least = most_high = wish.legend_mm / plans[0].zoom if plans else _HIGH
    shapes = units.geometry.to_numpy()
    tree = shapely.STRtree(shapes)
    found: list[tuple[float, Layout, Rectangle]] = []
    for plan in plans:
        most = math.inf if other is None else other.scale * _worth(other, wish)
        for scale in _scales(_needed(box, plan.frame), wish.scale, most):
            # By itself it is taken where any legend fits, not the shortest alone.
            here = replace(plan, scale=scale)
            corner = _free_corner(here, box, tree, (least, most_high))
            if corner is not None:
                found.append((scale, *corner))
                break
    if not found:
        return None
    _, plan, shown = min(found, key=lambda one: one[0])
    return plan, shown


def _worth(other: Layout, wish: Wish) -> float:
    """Return the share of a denominator from which a corner is better than a strip."""
    if wish.legend == "inside":
        return 1.0
    return _WORTH / (_WORTH_NARROW if _is_narrow(other, wish) else 1.0)


def _scales(needed: float, asked: float | None, most: float) -> list[float]:
    """Return the scales to try, the largest first."""
    if asked is not None:
        return [float(asked)] if asked >= needed else []
    scales = [rounded_up(needed)]
    while (after := rounded_up(scales[-1] * 1.001)) <= most * 1.001:
        scales.append(after)
    return scales if scales[0] <= most * 1.001 else []


def _free_corner(
    plan: Layout, box: Rectangle, tree: shapely.STRtree, heights: tuple[float, float]
) -> tuple[Layout, Rectangle] | None:
    """Push the units out of a corner until the legend fits there; none if it cannot."""
    x, y, width, height = plan.frame
    metres = plan.scale / 1000
    slack_x = width * metres - (box[2] - box[0])
    slack_y = height * metres - (box[3] - box[1])
    gap = _CORNER * plan.zoom
    wide = _STRIP * plan.zoom
    for right, top in ((True, True), (False, False), (False, True), (True, False)):
        left = box[0] - (0.0 if right else slack_x)
        low = box[1] - (0.0 if top else slack_y)
        shown = (left, low, left + width * metres, low + height * metres)
        at = width - gap - wide if right else gap
        least, most = (side * plan.zoom for side in heights)
        high = min(height - 2 * gap, most)
        while high >= least:
            floor = height - gap - high if top else gap
            rim = 2.0 * plan.zoom
            corner = shapely.box(
                shown[0] + (at - gap - rim) * metres,
                shown[1] + (floor - gap - rim) * metres,
                shown[0] + (at + wide + gap + rim) * metres,
                shown[1] + (floor + high + gap + rim) * metres,
            )
            if not len(tree.query(corner, predicate="intersects")):
                strip = (x + at, y + floor, wide, high)
                return replace(plan, strip=strip, inside=True), shown
            high -= 5.0 * plan.zoom
    return None


def _needed(box: Rectangle, cell: Rectangle) -> float:
    """Return the denominator of the scale at which a box just fits a frame."""
    across, up = box[2] - box[0], box[3] - box[1]
    return max(across / cell[2], up / cell[3]) * 1000


def _cells(plan: Layout, columns: int, wish: Wish, count: int) -> list[Rectangle]:
    """Cut the frame of a plan in rows of equal frames, each under its heading."""
    x, y, width, height = plan.frame
    gap = _GAP * plan.zoom
    rows = math.ceil(count / columns)
    wide = (width - gap * (columns - 1)) / columns
    lines = [len(name_lines(name, wide, plan.theme)) for name in wish.names]
    head = max(lines, default=0) * leading_of_names(plan.theme)
    high = (height - gap * (rows - 1)) / rows - head
    return [
        (
            x + (wide + gap) * (place % columns),
            y + (high + head + gap) * (rows - 1 - place // columns),
            wide,
            high,
        )
        for place in range(rows * columns)
    ]


def _no_room(grids: list[tuple[Layout, list[Rectangle]]], wish: Wish) -> str:
    width, height = max((cells[0][2:] for _, cells in grids), key=min)
    told = (
        f"nothing is left for the map on {wish.name}: {width:.0f} x {height:.0f} mm, "
        f"where {_LEAST_FRAME:g} are needed; "
    )
    if len(wish.names) > 1:
        return told + "take a larger paper, or fewer maps"
    if wish.legend_mm is None:
        return told + "take a larger paper, or a shorter title"
    side = 2 if wish.legend == "right" else 3
    most = wish.legend_mm + grids[0][0].frame[side] - _LEAST_FRAME
    return told + f"write legend_mm={max(most, 0):.0f} or less, or a larger paper"


def rounded_up(needed: float) -> float:
    """
    Return the next round denominator of a scale.

    Parameters
    ----------
    needed
        The least that would do.

    Examples
    --------
    >>> rounded_up(117_300)
    120000.0
    """
    power = 10 ** math.floor(math.log10(needed))
    # 2.2 × 100,000 is a hair above 220,000, which would be the scale of the sheet.
    steps = [round(step * power, 6) for step in (*_ROUND, 10)]
    return float(next(step for step in steps if step >= needed * (1 - 1e-9)))


def _enlarged(theme: Theme, size: tuple[float, float]) -> Theme:
    """Return the theme of a poster: beyond A3, type grows with the paper."""
    side = math.sqrt(size[0] * size[1] / math.prod(PAPERS["A3"]))
    return scaled(theme, max(1.0, round(side, 1)))


def scaled(theme: Theme, factor: float) -> Theme:
    """
    Return a theme with its type and its margin larger or smaller.

    Parameters
    ----------
    theme
        Look of a sheet.
    factor
        2 doubles the size.

    Examples
    --------
    >>> scaled(PRINT, 2).title
    32.0
    """
    sizes = ("title", "subtitle", "heading", "body", "small", "label", "margin")
    return replace(theme, **{name: getattr(theme, name) * factor for name in sizes})


def _arranged(size: tuple[float, float], place: str, wish: Wish) -> Layout:
    width, height = size
    theme = _enlarged(wish.look, size)
    margin, zoom = theme.margin, theme.body / PRINT.body
    inner = width - 2 * margin
    every = (wish.words, *wish.among)
    heads = [heading_of(words, inner, theme, among=every) for words in every]
    head = 4.0 * zoom + max(sum(one.heights) for one in heads)
    # Credits take more lines on a narrow page.
    foot = next(foot for broad, foot in _FEET if width > broad * zoom) * zoom
    if inner < _TWO_COLUMNS * zoom:
        foot = _SHORT_FOOT * zoom
    bottom, top = margin + foot, height - margin - head
    footer = (margin, margin, inner, foot - 3 * zoom)
    gap = _GAP * zoom
    if place == "inside":
        frame = (margin, bottom, inner, top - bottom)
        strip = (margin, bottom, _STRIP * zoom, top - bottom)
    elif place in {"right", "narrow"}:
        broad = _legend_side(wish, "right", zoom)
        if place == "narrow":
            broad = _NARROW * zoom
        frame = (margin, bottom, inner - broad - gap, top - bottom)
        strip = (width - margin - broad, bottom, broad, top - bottom)
    else:
        deep = _legend_side(wish, "below", zoom, 0.3 * height)
        floor = bottom + deep + gap
        frame = (margin, floor, inner, top - floor)
        strip = (margin, bottom, inner, deep)
    columns = max(1, int((strip[2] + gap) // (_STRIP * zoom + gap)))
    if columns == 1 and strip[2] >= 2 * _NARROWEST * zoom + gap:
        columns = 2
    name = wish.paper if isinstance(wish.paper, str) else wish.name
    return Layout(
        name, width, height, frame, strip, footer, columns, scale=0.0, theme=theme
    )


def _legend_side(
    wish: Wish,
    place: Literal["right", "below"],
    zoom: float,
    most: float = math.inf,
) -> float:
    """Return width or depth of the strip of the legend."""
    if wish.legend_mm is None or wish.legend == "inside":
        return min((_STRIP if place == "right" else _BELOW) * zoom, most)
    least = _LEAST_LEGEND[place] * zoom
    if wish.legend_mm < least:
        msg = (
            f"legend_mm={wish.legend_mm:g}: scale bar and north alone need {least:g}; "
            f"write legend_mm={math.ceil(least)} or more"
        )
        raise DataError(msg)
    return float(wish.legend_mm)


@dataclass(frozen=True, slots=True)
class Heading:
    """Title and subtitle in lines, the title at the size that suits it."""

    size: float
    title: list[str]
    subtitle: list[str]
    heights: tuple[float, float]


def heading_of(
    words: tuple[str, str],
    width: float,
    theme: Theme,
    *,
    among: Sequence[tuple[str, str]] = (),
) -> Heading:
    """
    Shrink a long title a little, then let it run over lines.

    Parameters
    ----------
    words
        Title and subtitle.
    width
        Of the page between its margins, in millimetres.
    theme
        Look of the sheet.
    among
        Those of the sheets that it goes with, whose titles are of one size.

    Raises
    ------
    DataError
        If one is too long for any sheet.
    """
    title, subtitle = words
    for text, what in ((title, "title"), (subtitle, "subtitle")):
        if len(text) > _LETTERS:
            msg = f"{what}: {len(text):,} letters; a sheet has room for {_LETTERS}"
            raise DataError(msg)
    size = min(
        _title_size(one, width, theme) for one in (title, *(t for t, _ in among))
    )
    lines = _title_lines(title, width, font(theme.family, size, weight=700))
    below = _under(subtitle, width, theme) if subtitle else []
    heights = (
        (theme.title + (len(lines) - 1) * size) * MM_PER_POINT * 1.2,
        len(below) * theme.subtitle * MM_PER_POINT * 1.3,
    )
    return Heading(size, lines, below, heights)


def _title_size(title: str, width: float, theme: Theme) -> float:
    """Return the size at which a title is one line, or the least that it may have."""
    least = 0.7 * theme.title
    size = theme.title
    while size > least and (
        len(wrapped(title, width, font(theme.family, size, weight=700))) > 1
    ):
        size -= 0.5
    return size


def _title_lines(title: str, width: float, letters: FontProperties) -> list[str]:
    """Return the lines of a title: cut between its parts, lest a word be alone."""
    first, mark, second = title.partition("; ")
    parts = [first + mark.rstrip(), second] if mark else [title]
    return _cut_between(title, parts, width, letters)


def _under(subtitle: str, width: float, theme: Theme) -> list[str]:
    """Return the lines of a subtitle: cut between its parts, lest a word be alone."""
    letters = font(theme.family, theme.subtitle)
    return _cut_between(subtitle, subtitle.split(_BESIDE), width, letters)


def _cut_between(
    text: str, parts: Sequence[str], width: float, letters: FontProperties
) -> list[str]:
    """Return one part a line, where each has room and it takes no line more."""
    lines = wrapped(text, width, letters)
    if len(lines) != len(parts) or any(
        len(wrapped(part, width, letters)) > 1 for part in parts
    ):
        return lines
    return list(parts)


def leading_of_names(theme: Theme) -> float:
    """
    Return the height of a line of the heading of a map, in millimetres.

    Parameters
    ----------
    theme
        Look of the sheet.
    """
    return theme.heading * MM_PER_POINT * 1.5


def name_lines(name: str, width: float, theme: Theme) -> list[str]:
    """
    Cut the heading of a map in lines.

    Parameters
    ----------
    name
        The heading.
    width
        Of the frame, in millimetres.
    theme
        Look of the sheet.
    """
    return wrapped(name, width, font(theme.family, theme.heading, weight=700))
