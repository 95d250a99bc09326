"""The sheet: a page in millimetres, a map frame at a true scale."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, get_args

import geopandas as gpd
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from basinmap.errors import DataError
from basinmap.maps.themes import (
    MM_PER_POINT,
    PRINT,
    Theme,
    font,
    one_line,
    settings,
    wrapped,
)
from basinmap.spatial.projections import check_metric
from basinmap.typography import typeset

__all__ = ["Layout", "MapAxes", "Sheet", "page"]

PAPERS: Final = {
    "A5": (148.0, 210.0),
    "A4": (210.0, 297.0),
    "A3": (297.0, 420.0),
    "A2": (420.0, 594.0),
}
# Round denominators close enough that a territory never floats in a void.
_ROUND: Final = (
    *(1, 1.1, 1.2, 1.25, 1.3, 1.4, 1.5, 1.6, 1.75, 1.8),
    *(2, 2.2, 2.25, 2.5, 2.75, 3, 3.5, 4, 4.5, 5, 5.5, 6, 7, 7.5, 8, 9),
)
_STRIP: Final = 60.0
_GAP: Final = 5.0
_BELOW: Final = 52.0

Orientation = Literal["auto", "landscape", "portrait"]


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
        Look of the sheet.
    """

    paper: str
    width: float
    height: float
    frame: tuple[float, float, float, float]
    strip: tuple[float, float, float, float]
    footer: tuple[float, float, float, float]
    columns: int
    scale: float
    theme: Theme


class Sheet(Figure):
    """A figure that is a page: saved at its true size, with text kept as text."""

    layout_mm: Layout
    paper: Axes
    about: dict[str, str]

    def savefig(self, fname: Any, **options: Any) -> None:  # noqa: ANN401 - Figure's
        """
        Save the page; same content, same bytes.

        Parameters
        ----------
        fname
            Path or open file; the suffix gives the format.
        **options
            Those of matplotlib, except `bbox_inches`, which would break the
            scale.

        Raises
        ------
        DataError
            If `bbox_inches` is given.
        """
        if options.get("bbox_inches") is not None:
            msg = "bbox_inches changes the size of the page, hence the printed scale"
            raise DataError(msg)
        kind = str(options.get("format") or str(fname).rsplit(".", 1)[-1]).lower()
        metadata = self._metadata(kind) | dict(options.pop("metadata", None) or {})
        if metadata:
            options["metadata"] = metadata
        with settings():
            options.setdefault("dpi", 300)
            super().savefig(fname, **options)

    def _repr_png_(self) -> bytes:
        """Show the page in a notebook, where no pyplot figure is current."""
        shown = io.BytesIO()
        self.savefig(shown, format="png", dpi=110)
        return shown.getvalue()

    def _metadata(self, kind: str) -> dict[str, str | None]:
        """Return title and author as each format names them, and no clock time."""
        title, author = self.about["Title"], self.about.get("Author")
        match kind:
            case "pdf":
                known = {"Title": title, "Author": author, "CreationDate": None}
                return known if author else {"Title": title, "CreationDate": None}
            case "svg":
                known = {"Title": title, "Creator": author, "Date": None}
                return known if author else {"Title": title, "Date": None}
            case "png":
                return {"Title": title, "Author": author or ""}
        return {}


class MapAxes(Axes):
    """
    The map frame of a sheet; remembers what was drawn, for the legend.

    `blocks` are the legend entries in drawing order, `credits` the sources of
    the values, `grounds` those of the outlines; `boxes`, and `symbols` by code
    (x, y, radius), the places in millimetres in the frame that names must avoid.

    Parameters
    ----------
    *args, **options
        What `Axes` takes.
    """

    name = "basinmap"

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - Axes'
        """Take what `Axes` takes."""
        self.blocks: list[object] = []
        self.credits: dict[str, None] = {}
        self.grounds: dict[str, None] = {}
        self.notes: dict[str, None] = {}
        self.boxes: list[tuple[float, float, float, float]] = []
        self.symbols: dict[str, tuple[float, float, float]] = {}
        super().__init__(*args, **options)

    @property
    def sheet(self) -> Sheet:
        """The page that holds this map."""
        return self.figure  # type: ignore[return-value]

    @property
    def plan(self) -> Layout:
        """The layout of the page."""
        return self.sheet.layout_mm

    def to_mm(self, points: np.ndarray) -> np.ndarray:
        """
        Turn map metres into millimetres from the lower left corner of the frame.

        Parameters
        ----------
        points
            Array of shape (n, 2), metres.
        """
        corner = np.array([self.get_xlim()[0], self.get_ylim()[0]])
        return (np.asarray(points) - corner) * 1000 / self.plan.scale

    def to_metres(self, points: np.ndarray) -> np.ndarray:
        """
        Turn millimetres in the frame into map metres.

        Parameters
        ----------
        points
            Array of shape (n, 2), millimetres.
        """
        corner = np.array([self.get_xlim()[0], self.get_ylim()[0]])
        return np.asarray(points) * self.plan.scale / 1000 + corner


def page(
    units: gpd.GeoDataFrame,
    *,
    title: str,
    subtitle: str = "",
    paper: str = "A4",
    orientation: Orientation = "auto",
    scale: float | None = None,
    theme: Theme = PRINT,
) -> tuple[Sheet, MapAxes]:
    """
    Make a sheet whose map frame holds the units at a round, true scale.

    The legend has its own strip, at the right or below, whichever allows the
    larger scale; it never sits on the map.

    Parameters
    ----------
    units
        What must be seen whole, in a metric CRS.
    title
        French title, with territory and date.
    subtitle
        What is measured, in a line.
    paper
        `"A5"`, `"A4"`, `"A3"` or `"A2"`.
    orientation
        `"auto"` takes the one that allows the larger scale.
    scale
        Denominator, such as 100_000; by default the largest round scale at which
        the units fit.
    theme
        Look of the sheet.

    Returns
    -------
    fig : Sheet
        A matplotlib figure of the size of the paper; `fig.savefig(path)` writes
        PDF, SVG or PNG at 300 dpi.
    ax : MapAxes
        Its map frame, in metres.

    Raises
    ------
    CRSError
        If the units are in degrees, in Web Mercator or without CRS.
    DataError
        If there is nothing to show, the paper is unknown, or the units do not
        fit at the scale asked for.

    Examples
    --------
    >>> import basinmap as bm
    >>> lens = bm.communes(epci="call")
    >>> fig, ax = bm.page(lens, title="CA de Lens-Liévin")
    >>> ax.plan.paper, ax.plan.scale
    ('A4', 120000.0)
    """
    check_metric(units, "units")
    _check_options(paper, orientation, scale)
    bounds = _bounds(units)
    words = (typeset(one_line(title)), typeset(one_line(subtitle)))
    layout = _chosen(bounds, words, paper, orientation, scale, theme)
    with settings():
        fig = Sheet(figsize=(layout.width / 25.4, layout.height / 25.4))
        FigureCanvasAgg(fig)
        fig.layout_mm = layout
        fig.about = {"Title": one_line(title)}
        fig.paper = _paper_axes(fig, layout)
        ax = _map_axes(fig, layout, bounds)
        _write_title(fig, *words)
    return fig, ax


def _check_options(paper: str, orientation: str, scale: float | None) -> None:
    if paper not in PAPERS:
        msg = f"unknown paper {paper!r}; choose among {', '.join(PAPERS)}"
        raise DataError(msg)
    if orientation not in get_args(Orientation):
        known = ", ".join(get_args(Orientation))
        msg = f"unknown orientation {orientation!r}; choose among {known}"
        raise DataError(msg)
    if scale is not None and not 0 < scale < math.inf:
        msg = f"scale={scale}: give a denominator, such as scale=100_000"
        raise DataError(msg)


def _bounds(units: gpd.GeoDataFrame) -> tuple[float, float, float, float]:
    xmin, ymin, xmax, ymax = (float(value) for value in units.total_bounds)
    if not np.isfinite([xmin, ymin, xmax, ymax]).all():
        msg = f"units: none of the {len(units)} geometries has an extent"
        raise DataError(msg)
    # A point still needs some ground around it.
    room = max(100.0, 0.03 * max(xmax - xmin, ymax - ymin))
    return xmin - room, ymin - room, xmax + room, ymax + room


def _chosen(
    bounds: tuple[float, float, float, float],
    words: tuple[str, str],
    paper: str,
    orientation: Orientation,
    scale: float | None,
    theme: Theme,
) -> Layout:
    """Return the arrangement that shows the units largest."""
    width, height = bounds[2] - bounds[0], bounds[3] - bounds[1]
    turns = ["landscape", "portrait"] if orientation == "auto" else [orientation]
    layouts = []
    for turn in turns:
        for beside in (True, False):
            plan = _arranged(paper, turn, words, theme, beside=beside)
            needed = max(width / plan.frame[2], height / plan.frame[3]) * 1000
            layouts.append((_rounded_up(needed), needed, plan))
    # min keeps the first of equals: landscape, legend at the right.
    rounded, needed, plan = min(layouts, key=lambda found: found[0])
    if scale is None:
        return replace(plan, scale=rounded)
    _, needed, plan = min(layouts, key=lambda found: found[1])
    if not scale >= needed:
        msg = (
            f"at 1:{scale:g} the units do not fit on {paper}: "
            f"write scale={_rounded_up(needed):g} or more, or a larger paper"
        )
        raise DataError(msg)
    return replace(plan, scale=float(scale))


def _rounded_up(needed: float) -> float:
    power = 10 ** math.floor(math.log10(needed))
    steps = [step * power for step in (*_ROUND, 10)]
    return float(next(step for step in steps if step >= needed * (1 - 1e-9)))


def _arranged(
    paper: str, turn: str, words: tuple[str, str], theme: Theme, *, beside: bool
) -> Layout:
    short, long = PAPERS[paper]
    width, height = (long, short) if turn == "landscape" else (short, long)
    # Text keeps its size on any paper down to A5, whose strip must stay readable.
    margin = theme.margin
    head = 4.0 + sum(_heading(words, width - 2 * margin, theme).heights)
    inner, top = width - 2 * margin, height - margin - head
    # Credits take more lines on a narrow page.
    foot = 14.0 if width > 250 else 17.5
    bottom = margin + foot
    footer = (margin, margin, inner, foot - 3)
    if beside:
        frame = (margin, bottom, inner - _STRIP - _GAP, top - bottom)
        strip = (width - margin - _STRIP, bottom, _STRIP, top - bottom)
        columns = 1
    else:
        strip = (margin, bottom, inner, _BELOW)
        floor = bottom + _BELOW + _GAP
        frame = (margin, floor, inner, top - floor)
        columns = max(2, int((inner + _GAP) // (_STRIP + _GAP)))
    return Layout(
        paper, width, height, frame, strip, footer, columns, scale=0.0, theme=theme
    )


def _paper_axes(fig: Sheet, layout: Layout) -> Axes:
    """Return axes over the whole page whose unit is the millimetre."""
    axes = fig.add_axes((0, 0, 1, 1), zorder=2)
    axes.set_xlim(0, layout.width)
    axes.set_ylim(0, layout.height)
    axes.axis("off")
    return axes


def _map_axes(
    fig: Sheet, layout: Layout, bounds: tuple[float, float, float, float]
) -> MapAxes:
    x, y, width, height = layout.frame
    place = (
        x / layout.width,
        y / layout.height,
        width / layout.width,
        height / layout.height,
    )
    ax = fig.add_axes(place, axes_class=MapAxes, zorder=1)
    assert isinstance(ax, MapAxes)  # noqa: S101 - for the type checker
    half_x, half_y = (side * layout.scale / 2000 for side in (width, height))
    centre_x, centre_y = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    ax.set_xlim(centre_x - half_x, centre_x + half_x)
    ax.set_ylim(centre_y - half_y, centre_y + half_y)
    ax.set_autoscale_on(False)
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_linewidth(0.5)
        spine.set_color(layout.theme.faint)
    return ax


@dataclass(frozen=True, slots=True)
class _Heading:
    """Title and subtitle in lines, the title at the size that suits it."""

    size: float
    title: list[str]
    subtitle: list[str]
    heights: tuple[float, float]


def _heading(words: tuple[str, str], width: float, theme: Theme) -> _Heading:
    """Shrink a long title a little, then let it run over lines."""
    title, subtitle = words
    least = 0.7 * theme.title
    size = theme.title
    while size > least and (
        len(wrapped(title, width, font(theme.family, size, weight=700))) > 1
    ):
        size -= 0.5
    lines = wrapped(title, width, font(theme.family, size, weight=700))
    below = wrapped(subtitle, width, font(theme.family, theme.subtitle))
    below = below if subtitle else []
    heights = (
        (theme.title + (len(lines) - 1) * size) * MM_PER_POINT * 1.2,
        max(len(below), 1) * theme.subtitle * MM_PER_POINT * 1.3,
    )
    return _Heading(size, lines, below, heights)


def _write_title(fig: Sheet, title: str, subtitle: str) -> None:
    layout = fig.layout_mm
    theme = layout.theme
    words = (title, subtitle)
    found = _heading(words, layout.width - 2 * theme.margin, theme)
    y = layout.height - theme.margin - theme.title * MM_PER_POINT * 0.8
    for line in found.title:
        style = font(theme.family, found.size, weight=700)
        _write_line(fig, y, line, style, theme.ink, "title")
        y -= found.size * MM_PER_POINT * 1.2
    y += found.size * MM_PER_POINT * 1.2 - theme.subtitle * MM_PER_POINT * 1.65
    for line in found.subtitle:
        style = font(theme.family, theme.subtitle)
        _write_line(fig, y, line, style, theme.soft, "subtitle")
        y -= theme.subtitle * MM_PER_POINT * 1.3


def _write_line(
    fig: Sheet, y: float, line: str, style: FontProperties, color: str, gid: str
) -> None:
    x = fig.layout_mm.theme.margin
    fig.paper.text(x, y, line, font=style, color=color, va="baseline", gid=gid)
