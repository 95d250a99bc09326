"""The sheet: a page in millimetres, a map frame at a true scale."""

from __future__ import annotations

import gzip
import io
import math
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from numbers import Real
from os import PathLike
from pathlib import PurePath
from typing import Any, Final, Literal, get_args

import geopandas as gpd
import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.text import Text

from basinmap.arguments import check_given
from basinmap.errors import BasinmapWarning, DataError, OutputError, culprits
from basinmap.maps.facts import SEPARATOR, PageFacts, facts_of
from basinmap.maps.lettering import PaperAxes
from basinmap.maps.pictures import SheetCanvas, png_words, told_svg
from basinmap.maps.precision import tell_outlines
from basinmap.maps.themes import (
    HALF_COLUMN,
    MM_PER_POINT,
    PRINT,
    Theme,
    font,
    one_line,
    settings,
    wrapped,
)
from basinmap.spatial.projections import check_metric
from basinmap.staging import write_whole
from basinmap.typography import shortest, typeset

__all__ = ["Layout", "MapAxes", "Sheet", "Wish", "bare_sheet", "open_sheet", "page"]

PAPERS: Final = {
    "A5": (148.0, 210.0),
    "A4": (210.0, 297.0),
    "A3": (297.0, 420.0),
    "A2": (420.0, 594.0),
    "A1": (594.0, 841.0),
    "A0": (841.0, 1189.0),
}
_HALF_COLUMN: Final = (85.0, 120.0)
# Round denominators close enough that a territory never floats in a void.
_ROUND: Final = (
    *(1, 1.1, 1.2, 1.25, 1.3, 1.4, 1.5, 1.6, 1.75, 1.8),
    *(2, 2.2, 2.25, 2.5, 2.75, 3, 3.5, 4, 4.5, 5, 5.5, 6, 7, 7.5, 8, 9),
)
_UNDATED: Final = {"CreationDate": None}
_OPAQUE: Final = ("eps", "ps")
_BEARING: Final = ("pdf", "svg", "svgz", "png")  # what bears all that a page says
_UNMEASURED: Final = ("gif", "webp", "avif", "raw", "rgba")
_PIXELS: Final = 400_000_000  # 1.6 GB of memory; A0 at 430 dots an inch
_STRIP: Final = 60.0
_NARROWEST: Final = 42.0
_GAP: Final = 5.0
_BELOW: Final = 52.0
_FEET: Final = ((250.0, 14.0), (110.0, 17.5), (0.0, 20.0))
_LEAST_FRAME: Final = 20.0
_LEAST_LEGEND: Final = {"right": 40.0, "below": 18.0}
_LARGEST: Final = 5_000.0  # a PDF page is at most 200 inches wide

Letters = Literal["plain", "embedded", "paths"]
Orientation = Literal["auto", "landscape", "portrait"]
Place = Literal["auto", "right", "below"]
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
    def size(self) -> str:
        """Size of the page as a French reader names it."""
        if self.paper in PAPERS:
            return self.paper
        return f"{shortest(self.width)} × {shortest(self.height)}\u00a0mm"


class Sheet(Figure):
    """A figure that is a page: saved at its true size, with text kept as text."""

    layout_mm: Layout
    paper: Axes
    about: dict[str, str]

    @property
    def maps(self) -> list[MapAxes]:
        """The maps of the page in the order they are painted, the main one first."""
        found = [axes for axes in self.axes if isinstance(axes, MapAxes)]
        return sorted(found, key=lambda ax: ax.get_zorder())

    def savefig(
        self,
        fname: Any,  # noqa: ANN401 - Figure's
        *,
        text: Letters = "plain",
        **options: Any,  # noqa: ANN401 - Figure's
    ) -> None:
        """
        Save the page whole, with its alternative text; same content, same bytes.

        A PDF is tagged, in French, and georeferenced (one viewport a map); an SVG
        bears title and description; a PNG as many pixels as millimetres at its
        resolution, title, author and description.

        Parameters
        ----------
        fname
            Path or open file; the suffix gives the format: pdf, svg, png, or another
            of matplotlib's. The file is written beside and moved into place: a
            failure leaves what was there.
        text
            Of an SVG, for who lacks the fonts: `"embedded"` puts the letters that
            are used in the file (browsers read them); `"paths"` draws each letter,
            which then is text no more (drawing software reads those).
        **options
            Those of matplotlib, except `bbox_inches`, which would break the
            scale.

        Raises
        ------
        DataError
            If `bbox_inches` is given, `dpi` is no resolution, or `text` does not suit
            the format.
        OutputError
            If the suffix tells no format, or one that has no transparency (EPS, PS),
            or the place cannot be written.

        Warns
        -----
        BasinmapWarning
            If a text has signs that its fonts lack, or the format loses title,
            alternative text or scale.
        """
        if options.get("bbox_inches") is not None:
            msg = "bbox_inches changes the size of the page, hence the printed scale"
            raise DataError(msg)
        kind = _kind(fname, options.pop("format", None))
        if options.get("dpi") not in (None, "figure"):  # as matplotlib means them
            check_dpi(options["dpi"])
            check_dpi(options["dpi"], **self._finest(kind))
        if kind not in _BEARING and not _takes_figures(fname):
            warnings.warn(_loss(fname, kind), BasinmapWarning, stacklevel=2)
        _check_text(text, kind)
        lacking = self._without_glyph()
        if lacking:
            msg = (
                f"{len(lacking)} text(s) with signs that the fonts lack, printed as "
                f"boxes: {culprits(lacking)}; write them otherwise, or use a theme "
                "with a family that has them"
            )
            warnings.warn(msg, BasinmapWarning, stacklevel=2)
        if _takes_figures(fname):
            self._draw_into(fname, kind, options)
        else:
            _put(fname, self._saved(kind, text, options))

    def _finest(self, kind: str) -> dict[str, Any]:
        """Return the resolution beyond which a picture of the page is too large."""
        if kind in ("pdf", "svg", "svgz"):
            return {}
        inches = float(np.prod(self.get_size_inches()))
        return {
            "most": math.floor(math.sqrt(_PIXELS / inches)),
            "of": "on this paper, ",
        }

    def _saved(self, kind: str, text: str, options: dict[str, Any]) -> bytes:
        """Return the whole file."""
        facts = facts_of(self)
        given = options.pop("metadata", None) or {}
        told = {**_metadata(kind, facts), **given}
        drawn = io.BytesIO()
        options = {**options, "metadata": told} if told else options
        self._draw_into(drawn, kind.removesuffix("z"), options, text=text)
        if kind == "pdf":
            return _finished(drawn.getvalue(), facts, told)
        if kind in ("svg", "svgz"):
            whole = self._told(drawn.getvalue().decode(), facts, text).encode()
            return gzip.compress(whole, mtime=0) if kind == "svgz" else whole
        return drawn.getvalue()

    def _told(self, svg: str, facts: PageFacts, text: str) -> str:
        style = ""
        if text == "embedded":
            from basinmap.maps.webfonts import font_faces  # noqa: PLC0415 - 0.2 s

            texts = [found for found in self.findobj(Text) if isinstance(found, Text)]
            style = font_faces(texts)
        return told_svg(svg, facts.title, facts.alternative, style=style)

    def _draw_into(
        self,
        target: Any,  # noqa: ANN401 - open file, or matplotlib's of many pages
        kind: str,
        options: dict[str, Any],
        *,
        text: str = "plain",
    ) -> None:
        """Let matplotlib draw, under the settings of the page."""
        options = {"dpi": 300, **options, "format": kind}
        if not isinstance(self.canvas, SheetCanvas):
            SheetCanvas(self)  # another saving left its own
        shape: Literal["path", "none"] = "path" if text == "paths" else "none"
        letters = mpl.rc_context({"svg.fonttype": shape})
        with settings(), letters, warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            super().savefig(target, **options)

    def _without_glyph(self) -> list[str]:
        """Return the texts that no font of theirs can write."""
        # Not findobj, which would make the ticks that maps do not have.
        written = [*self.texts, *(text for axes in self.axes for text in axes.texts)]
        texts = {
            text.get_text(): text.get_fontproperties()
            for text in written
            if text.get_visible()
        }
        return [text for text, style in texts.items() if not _can_write(style, text)]

    def _repr_png_(self) -> bytes:
        """Show the page in a notebook, where no pyplot figure is current."""
        shown = io.BytesIO()
        self.savefig(shown, format="png", dpi=110)
        return shown.getvalue()


def _kind(fname: Any, given: str | None) -> str:  # noqa: ANN401 - Figure's
    """Return the format that is asked for, or that the name tells."""
    known = SheetCanvas.get_supported_filetypes()
    if _takes_figures(fname):
        return "pdf"
    name = fname if isinstance(fname, str | PathLike) else getattr(fname, "name", "")
    named = PurePath(os.fsdecode(name)) if isinstance(name, str | PathLike) else None
    kind = (given or (named.suffix if named else "") or "").lower().removeprefix(".")
    if not kind and not isinstance(fname, str | PathLike):
        return "png"  # as matplotlib writes in an open file
    stem = named.stem if named and named.stem else "plate"
    if kind in _OPAQUE:
        msg = (
            f"{os.fspath(name)!r}: {kind} has no transparency, shadows would hide the "
            f"map; write '{stem}.pdf'"
        )
        raise OutputError(msg)
    if kind not in known:
        msg = (
            f"{os.fspath(name)!r}: {kind or 'no suffix'!r} is no format of a page; "
            f"write '{stem}.pdf', '{stem}.svg' or '{stem}.png'"
        )
        raise OutputError(msg)
    return kind


def _loss(fname: Any, kind: str) -> str:  # noqa: ANN401 - Figure's
    """Say what a format loses of a page, and which keeps it."""
    name = fname if isinstance(fname, str | PathLike) else getattr(fname, "name", "")
    stem = PurePath(os.fsdecode(name)).stem if isinstance(name, str | PathLike) else ""
    lost = "title, author and alternative text"
    if kind in _UNMEASURED:
        lost += ", nor its resolution, hence its scale"
    return (
        f"a file in {kind} bears of the page neither {lost}; write "
        f"'{stem or 'plate'}.png', '.pdf' or '.svg', or say them beside the picture"
    )


def _takes_figures(target: object) -> bool:
    """Tell matplotlib's file of many pages from an open file."""
    return callable(getattr(target, "savefig", None))


def _finished(pdf: bytes, facts: PageFacts, told: dict[str, Any]) -> bytes:
    from basinmap.maps.portable import finished  # noqa: PLC0415 - 0.1 s, for PDF alone

    title, author, subject, keywords = (
        str(told.get(key) or "") for key in ("Title", "Author", "Subject", "Keywords")
    )
    return finished(
        pdf,
        [facts],
        title=title or facts.title,
        author=author,
        subject=subject,
        keywords=keywords.split(SEPARATOR),
    )


def _check_text(text: str, kind: str) -> None:
    if text not in get_args(Letters):
        msg = f"unknown text={text!r}; choose among {', '.join(get_args(Letters))}"
        raise DataError(msg)
    if text != "plain" and kind not in ("svg", "svgz"):
        msg = f"text={text!r} is for SVG: a {kind} needs no fonts; leave it out"
        raise DataError(msg)


def _put(fname: Any, data: bytes) -> None:  # noqa: ANN401 - Figure's
    if isinstance(fname, str | PathLike):
        write_whole(os.fsdecode(fname), data)
    elif isinstance(fname, io.TextIOBase):
        fname.write(data.decode())
    else:
        fname.write(data)


def _metadata(kind: str, facts: PageFacts) -> dict[str, Any]:
    """Return what each format says of a page, and no clock time."""
    match kind:
        case "pdf":
            told = {
                "Title": facts.title,
                "Author": facts.author,
                "Subject": facts.subtitle,
                "Keywords": SEPARATOR.join(facts.keywords),
            }
            return {key: text for key, text in told.items() if text} | _UNDATED
        case "svg" | "svgz":
            creator = {"Creator": facts.author} if facts.author else {}
            return {"Title": facts.title, "Language": "fr", "Date": None, **creator}
        case "png":
            return png_words(facts.title, facts.author, facts.alternative)
    return {}


def _can_write(style: FontProperties, text: str) -> bool:
    signs = {ord(sign) for sign in text if not sign.isspace() and sign.isprintable()}
    families = tuple(style.get_family())
    return signs <= _signs(families, style.get_weight(), style.get_style())


@cache
def _signs(families: tuple[str, ...], weight: int, slant: str) -> frozenset[int]:
    """Return the code points that a font and its fallbacks have."""
    found: set[int] = set()
    for family in families:
        style = FontProperties(family=[family], weight=weight)
        style.set_style(slant)  # type: ignore[arg-type] # as another font has it
        found |= get_font(findfont(style)).get_charmap().keys()
    return frozenset(found)


class MapAxes(Axes):
    """
    The map frame of a sheet; remembers what was drawn, for the legend.

    `blocks` are the legend entries in drawing order, `credits` the sources of
    the values, `grounds` those of the outlines, `vintages` their years; `boxes`, and
    `symbols` by code (x, y, radius), the places in millimetres in the frame that
    names must avoid.
    `plan` is the layout, `subject` what the page was made for, `reserved` the
    millimetres kept above the scale bar, `explained` whether the legend is drawn,
    `caption` what a map among several is called, `outline_error` the metres by which
    outlines are said to be off, 0 when nothing is said.

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
        self.vintages: dict[str, dict[str, str]] = {"values": {}, "outlines": {}}
        self.boxes: list[tuple[float, float, float, float]] = []
        self.symbols: dict[str, tuple[float, float, float]] = {}
        self.plan: Layout
        self.subject: gpd.GeoSeries | None = None
        self.reserved: float = 0.0
        self.explained: bool = False
        self.caption: str = ""
        self.outline_error: float = 0.0
        super().__init__(*args, **options)

    @property
    def sheet(self) -> Sheet:
        """The page that holds this map."""
        return self.figure  # type: ignore[return-value]

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


def page(  # noqa: PLR0913 - each is a choice of whoever prints
    units: gpd.GeoDataFrame,
    *,
    title: str,
    subtitle: str = "",
    paper: str | tuple[float, float] = "A4",
    orientation: Orientation = "auto",
    scale: float | None = None,
    legend: Place = "auto",
    legend_mm: float | None = None,
    around: float = 0.0,
    theme: Theme | None = None,
) -> tuple[Sheet, MapAxes]:
    """
    Make a sheet whose map frame holds the units at a round, true scale.

    The legend has its own strip, at the right or below; it never sits on the map.

    Parameters
    ----------
    units
        What must be seen whole, in a metric CRS.
    title
        French title, with territory and date.
    subtitle
        What is measured, in a line.
    paper
        `"A5"` to `"A0"`, `"half-column"` (85 × 120 mm, for a bulletin), or the
        width and height in millimetres.
    orientation
        `"auto"` takes the one that allows the larger scale.
    scale
        Denominator, such as 100_000; by default the largest round scale at which
        the units fit.
    legend
        Where the legend is; `"auto"` takes what allows the larger scale.
    legend_mm
        Width of the strip at the right (60 mm), or depth of that below (52 mm).
    around
        Metres of ground to show on every side of the units.
    theme
        Look of the sheet; by default `PRINT`, or `HALF_COLUMN` on that paper.

    Returns
    -------
    fig : Sheet
        A matplotlib figure of the size of the paper; `fig.savefig(path)` writes
        PDF, SVG or PNG at 300 dpi, whole or not at all, with its alternative text.
    ax : MapAxes
        Its map frame, in metres.

    Raises
    ------
    CRSError
        If the units are in degrees, in Web Mercator or without CRS.
    DataError
        If there is nothing to show, the paper is unknown, nothing is left for
        the map, or the units do not fit at the scale asked for.

    Warns
    -----
    OutlineWarning
        If the outlines are off by more than 0.3 mm on paper, as the embedded ones are
        above 1:580,000; the foot then says « contours généralisés (± 170 m) ». It is
        a BasinmapWarning, with one text, that Python prints once a process.

    See Also
    --------
    panels : Several maps of one scale on a sheet.
    atlas : A sheet for each unit, in one file.

    Notes
    -----
    A poster is read from a metre: beyond A3, type, margins and strip grow with the
    side of the paper (1.4 times on A2, 2 on A1, 2.8 on A0).

    Examples
    --------
    >>> import basinmap as bm
    >>> lens = bm.communes(epci="call")
    >>> fig, ax = bm.page(lens, title="CA de Lens-Liévin")
    >>> ax.plan.paper, ax.plan.scale
    ('A4', 120000.0)
    """
    check_given(page, locals())
    wish = Wish(
        title=title,
        subtitle=subtitle,
        paper=paper,
        orientation=orientation,
        scale=scale,
        legend=legend,
        legend_mm=legend_mm,
        around=around,
        theme=theme,
    )
    fig, (ax,) = open_sheet([units], wish)
    return fig, ax


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """
    What a sheet is asked to be.

    Attributes
    ----------
    title, subtitle, paper, orientation, scale, legend, legend_mm, around, theme
        See `page`.
    names
        Headings of the maps; none for a single one.
    columns
        Number of maps side by side, or None for what shows them largest.

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

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        check_texts(title=self.title, subtitle=self.subtitle)
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
        return self.theme or (HALF_COLUMN if self.paper == "half-column" else PRINT)

    @property
    def words(self) -> tuple[str, str]:
        """Title and subtitle, in French typography."""
        return typeset(one_line(self.title)), typeset(one_line(self.subtitle))


def open_sheet(
    territories: Sequence[gpd.GeoDataFrame], wish: Wish
) -> tuple[Sheet, list[MapAxes]]:
    """
    Make a sheet with a map frame for each territory, all at one scale.

    Parameters
    ----------
    territories
        What must be seen whole in each frame.
    wish
        What the sheet is asked to be.

    Raises
    ------
    CRSError
        If units are in degrees, in Web Mercator or without CRS.
    DataError
        If there is nothing to show, or no room for it.

    Warns
    -----
    OutlineWarning
        If outlines are coarser than the scale.
    """
    for units in territories:
        check_metric(units, "units")
    bounds = [_bounds(units, wish.around) for units in territories]
    layout, frames = _chosen(bounds, wish)
    fig = _blank(layout, wish.title, wish.subtitle)
    with settings():
        maps = []
        for frame, box, units in zip(frames, bounds, territories, strict=True):
            ax = map_axes(fig, replace(layout, frame=frame), box)
            ax.subject = units.geometry
            tell_outlines(ax, units)
            maps.append(ax)
        _write_title(fig, *wish.words)
        for ax, name in zip(maps, wish.names, strict=bool(wish.names)):
            ax.caption = name
            _write_name(fig, ax.plan.frame, name)
    return fig, maps


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
        msg = "legend_mm is a width or a depth: add legend='right' or legend='below'"
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
        If one is no text.
    """
    for name, text in texts.items():
        if not isinstance(text, str):
            msg = f"{name}={text!r}: write a text, {name}='…'"
            raise DataError(msg)


def check_dpi(
    dpi: object, *, usual: float = 300, most: float = math.inf, of: str = ""
) -> None:
    """
    Check that a resolution is a number of dots an inch.

    Parameters
    ----------
    dpi
        What was given.
    usual
        What is often wanted, for the message.
    most
        How fine it may be.
    of
        On what, for the message.

    Raises
    ------
    DataError
        If it is no number, below 1, above `most`, or infinite.
    """
    if isinstance(dpi, Real) and 1 <= float(dpi) <= most and float(dpi) < math.inf:
        return
    room = "1 or more" if math.isinf(most) else f"1 to {math.floor(most)}"
    msg = (
        f"dpi={dpi!r}: {of}give {room} dots an inch, such as "
        f"dpi={math.floor(min(most, usual))}"
    )
    raise DataError(msg)


def _bounds(units: gpd.GeoDataFrame, around: float) -> Rectangle:
    xmin, ymin, xmax, ymax = (float(value) for value in units.total_bounds)
    if not np.isfinite([xmin, ymin, xmax, ymax]).all():
        msg = f"units: none of the {len(units)} geometries has an extent"
        raise DataError(msg)
    # A point still needs some ground around it.
    room = around + max(100.0, 0.03 * max(xmax - xmin, ymax - ymin))
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


def _chosen(bounds: list[Rectangle], wish: Wish) -> tuple[Layout, list[Rectangle]]:
    """Return the arrangement that shows the units largest, and its map frames."""
    places = ("right", "below") if wish.legend == "auto" else (wish.legend,)
    plans = [_arranged(size, place, wish) for size in _sizes(wish) for place in places]
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
    needed, _, plan, cells = min(found, key=lambda f: (rounded_up(f[0]), f[1]))
    if wish.scale is None:
        return replace(plan, scale=rounded_up(needed)), cells
    needed, _, plan, cells = min(found, key=lambda f: f[0])
    if not wish.scale >= needed:
        msg = (
            f"at 1:{wish.scale:g} the units do not fit on {wish.name}: "
            f"write scale={rounded_up(needed):g} or more, or a larger paper"
        )
        raise DataError(msg)
    return replace(plan, scale=float(wish.scale)), cells


def _blank(layout: Layout, title: str, subtitle: str) -> Sheet:
    """Return a sheet with nothing on it."""
    with settings():
        fig = Sheet(figsize=(layout.width / 25.4, layout.height / 25.4))
        SheetCanvas(fig)
        fig.layout_mm = layout
        fig.about = {"Title": one_line(title)}
        if one_line(subtitle):
            fig.about["Subtitle"] = one_line(subtitle)
        fig.paper = _paper_axes(fig, layout)
    return fig


def bare_sheet(like: Layout, title: str, subtitle: str) -> Sheet:
    """
    Make a sheet without a map: title and subtitle over an empty page.

    Parameters
    ----------
    like
        A layout of the same paper and theme.
    title, subtitle
        See `page`.
    """
    theme = like.theme
    words = (typeset(one_line(title)), typeset(one_line(subtitle)))
    head = 4.0 * like.zoom
    head += sum(_heading(words, like.width - 2 * theme.margin, theme).heights)
    side, deep = theme.margin, like.height - 2 * theme.margin - head
    frame = (side, side, like.width - 2 * side, deep)
    fig = _blank(replace(like, frame=frame), title, subtitle)
    with settings():
        _write_title(fig, *words)
    return fig


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
    lines = [len(_name_lines(name, wide, plan.theme)) for name in wish.names]
    head = max(lines, default=0) * _leading_of_names(plan.theme)
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
    head = 4.0 * zoom + sum(_heading(wish.words, inner, theme).heights)
    # Credits take more lines on a narrow page.
    foot = next(foot for broad, foot in _FEET if width > broad * zoom) * zoom
    bottom, top = margin + foot, height - margin - head
    footer = (margin, margin, inner, foot - 3 * zoom)
    gap = _GAP * zoom
    if place == "right":
        broad = _legend_side(wish, "right", zoom)
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
    if wish.legend_mm is None:
        return min((_STRIP if place == "right" else _BELOW) * zoom, most)
    least = _LEAST_LEGEND[place] * zoom
    if wish.legend_mm < least:
        msg = (
            f"legend_mm={wish.legend_mm:g}: scale bar and north alone need {least:g}; "
            f"write legend_mm={math.ceil(least)} or more"
        )
        raise DataError(msg)
    return float(wish.legend_mm)


def _paper_axes(fig: Sheet, layout: Layout) -> Axes:
    """Return axes over the whole page, under its maps, whose unit is the millimetre."""
    # Painted first: who listens to the text hears the title before the names.
    axes = fig.add_axes((0, 0, 1, 1), axes_class=PaperAxes, zorder=0.5)
    axes.set_xlim(0, layout.width)
    axes.set_ylim(0, layout.height)
    axes.axis("off")
    return axes


def map_axes(fig: Sheet, layout: Layout, bounds: Rectangle) -> MapAxes:
    """
    Add a map frame to a sheet.

    Parameters
    ----------
    fig
        The sheet.
    layout
        Tells the frame and the scale.
    bounds
        Map metres to have in the middle of it.
    """
    x, y, width, height = layout.frame
    place = (
        x / layout.width,
        y / layout.height,
        width / layout.width,
        height / layout.height,
    )
    ax = fig.add_axes(place, axes_class=MapAxes, zorder=1)
    assert isinstance(ax, MapAxes)  # noqa: S101 - for the type checker
    ax.plan = layout
    half_x, half_y = (side * layout.scale / 2000 for side in (width, height))
    centre_x, centre_y = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    ax.set_xlim(centre_x - half_x, centre_x + half_x)
    ax.set_ylim(centre_y - half_y, centre_y + half_y)
    ax.set_autoscale_on(False)
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_linewidth(0.5 * layout.zoom)
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


def _leading_of_names(theme: Theme) -> float:
    return theme.heading * MM_PER_POINT * 1.5


def _name_lines(name: str, width: float, theme: Theme) -> list[str]:
    return wrapped(name, width, font(theme.family, theme.heading, weight=700))


def _write_name(fig: Sheet, frame: Rectangle, name: str) -> None:
    """Write the heading of a map above its frame."""
    theme = fig.layout_mm.theme
    x, y, width, height = frame
    leading = _leading_of_names(theme)
    for i, line in enumerate(_name_lines(name, width, theme)[::-1]):
        fig.paper.text(
            x,
            y + height + leading * (i + 0.33),
            line,
            font=font(theme.family, theme.heading, weight=700),
            color=theme.ink,
            va="baseline",
            gid="panel-name",
        )
