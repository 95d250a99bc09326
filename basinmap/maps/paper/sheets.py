"""Sheets and their maps: what remembers what was drawn, and saves it whole."""

from __future__ import annotations

import gzip
import io
import math
import os
import warnings
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from functools import cache
from numbers import Real
from os import PathLike
from pathlib import PurePath
from typing import Any, Final, Literal, get_args

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import shapely
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backend_bases import RendererBase
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.spines import Spine
from matplotlib.text import Text

from basinmap.errors import BasinmapWarning, DataError, OutputError, culprits
from basinmap.maps.look.lettering import FlatAxes
from basinmap.maps.look.themes import (
    settings,
)
from basinmap.maps.paper.blocks import Swatch
from basinmap.maps.paper.canvas import DrawnPage, Undrawable
from basinmap.maps.paper.facts import SEPARATOR, PageFacts, facts_of
from basinmap.maps.paper.layouts import Layout
from basinmap.maps.paper.pictures import SheetCanvas, png_words, told_svg
from basinmap.maps.paper.stack import FURNITURE, layer_at
from basinmap.staging import write_whole

__all__ = [
    "LEAST_DPI",
    "UNSOURCED",
    "Fill",
    "Laid",
    "MapAxes",
    "Sheet",
    "Tint",
    "check_dpi",
]

UNSOURCED: Final = "Source des valeurs non précisée"
"""Credit of values that say none."""

LEAST_DPI: Final = 10
"""Dots an inch under which letters have no pixel."""

_UNDATED: Final = {"CreationDate": None}
_OPAQUE: Final = ("eps", "ps")
_BEARING: Final = ("pdf", "svg", "svgz", "png")  # what bears all that a page says
_UNMEASURED: Final = ("gif", "webp", "avif", "raw", "rgba")
_SCREEN: Final = (920, 960)
"""Pixels that a notebook gives to a picture, at most."""
_LEVEL: Final = 3
"""Of the compression of a PNG."""
_PIXELS: Final = 400_000_000  # 1.6 GB of memory; A0 at 430 dots an inch

Letters = Literal["plain", "embedded", "paths"]


class Sheet(Figure):
    """A figure that is a page: saved at its true size, with text kept as text."""

    layout_mm: Layout
    paper: Axes
    over: Axes | None = None
    about: dict[str, str]

    @property
    def beside(self) -> Axes:
        """The axes in millimetres of legend and scale: over a map, or not."""
        return self.over or self.paper

    @property
    def maps(self) -> list[MapAxes]:
        """The maps of the page in the order they are painted, the main one first."""
        found = [axes for axes in self.axes if isinstance(axes, MapAxes)]
        return sorted(found, key=lambda ax: ax.get_zorder())

    def _repr_mimebundle_(
        self, include: object = None, exclude: object = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Show the page in a notebook, whole on a screen, with its title."""
        del include, exclude  # what is asked for: a picture is all that there is
        wide, high = self.get_size_inches() * 100
        shrunk = min(1.0, _SCREEN[0] / wide, _SCREEN[1] / high)
        width, height = round(wide * shrunk), round(high * shrunk)
        picture = io.BytesIO()
        # Sharp on a screen of small pixels, and no heavier than a photograph.
        self.savefig(picture, format="png", dpi=150 * shrunk)
        title = self.about.get("Title", "")
        size = {"width": width, "height": height, "alt": title}
        data = {"image/png": picture.getvalue(), "text/plain": f"<Sheet {title!r}>"}
        return data, {"image/png": size}

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
            If `bbox_inches` is given, `dpi` is no resolution or makes too many pixels,
            or `text` does not suit the format.
        OutputError
            If the suffix tells no format, or one that has no transparency (EPS, PS),
            or the place cannot be written.

        Warns
        -----
        BasinmapWarning
            If a text has signs that its fonts lack, or the format loses title,
            alternative text or scale.
        """
        for ax in self.maps:
            ax.settle()
        if options.get("bbox_inches") is not None:
            msg = "bbox_inches changes the size of the page, hence the printed scale"
            raise DataError(msg)
        kind = _kind(fname, options.pop("format", None))
        if options.get("dpi") not in (None, "figure"):  # as matplotlib means them
            check_dpi(options["dpi"], least=LEAST_DPI)
            check_dpi(options["dpi"], least=LEAST_DPI, **self._finest(kind))
        if kind not in _BEARING and not _takes_figures(fname):
            warnings.warn(_loss(fname, kind), BasinmapWarning, stacklevel=2)
        _check_text(text, kind)
        self.check_glyphs()
        if _takes_figures(fname):
            self._draw_into(fname, kind, {**options, "backend": "pdf"})
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
        if kind == "pdf":
            return _finished(self.drawn_page(**options), facts, told)
        drawn = io.BytesIO()
        options = {**options, "metadata": told} if told else options
        self._draw_into(drawn, kind.removesuffix("z"), options, text=text)
        if kind in ("svg", "svgz"):
            whole = self._told(drawn.getvalue().decode(), facts, text).encode()
            return gzip.compress(whole, mtime=0) if kind == "svgz" else whole
        return drawn.getvalue()

    def drawn_page(self, **options: Any) -> DrawnPage | bytes:  # noqa: ANN401 - Figure's
        """
        Return the page drawn for a PDF, which may hold others.

        Parameters
        ----------
        **options
            Those of `savefig`.

        Returns
        -------
        DrawnPage | bytes
            A file of matplotlib, where a layer asks for what our canvas does not draw.
        """
        for ax in self.maps:
            ax.settle()
        if options.get("backend") is None:
            drawn: list[DrawnPage] = []
            with suppress(Undrawable):
                self._draw_into(drawn, "pdf", options)
                return drawn[0]
        whole = io.BytesIO()
        options = {**options, "metadata": _UNDATED, "backend": "pdf"}
        self._draw_into(whole, "pdf", options)
        return whole.getvalue()

    def _told(self, svg: str, facts: PageFacts, text: str) -> str:
        style = ""
        if text == "embedded":
            from basinmap.maps.look.webfonts import font_faces  # noqa: PLC0415 - 0.2 s

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
        if kind == "png":
            # Flat inks: two thirds of the time of level 6, for a tenth of size.
            options = {"pil_kwargs": {"compress_level": _LEVEL}, **options}
        if not isinstance(self.canvas, SheetCanvas):
            SheetCanvas(self)  # another saving left its own
        letters: AbstractContextManager[object] = nullcontext()
        if text == "paths":
            letters = mpl.rc_context({"svg.fonttype": "path"})
        with settings(), letters, warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            super().savefig(target, **options)

    def check_glyphs(self) -> None:
        """
        Check that what is written can be, whatever the file.

        Warns
        -----
        BasinmapWarning
            If a text has signs that its fonts lack.
        """
        lacking = self._without_glyph()
        if lacking:
            msg = (
                f"{len(lacking)} text(s) with signs that the fonts lack, printed as "
                f"boxes: {culprits(lacking)}; write them otherwise, or use a theme "
                "with a family that has them"
            )
            warnings.warn(msg, BasinmapWarning, stacklevel=3)

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


def _finished(pdf: DrawnPage | bytes, facts: PageFacts, told: dict[str, Any]) -> bytes:
    from basinmap.maps.paper.portable import finished  # noqa: PLC0415 - 0.1 s, for PDF alone

    title, author, subject, keywords = (
        str(told.get(key) or "") for key in ("Title", "Author", "Subject", "Keywords")
    )
    return finished(
        [pdf],
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


@dataclass(frozen=True, slots=True)
class Fill:
    """
    Ground that a layer colours, and that the legend explains.

    Attributes
    ----------
    floor
        Of the stack: what is higher hides it.
    title
        How the legend calls it.
    shapes
        Polygons, in the CRS of the map.
    """

    floor: float
    title: str
    shapes: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """
    A layer, as another program may draw it again.

    Attributes
    ----------
    kind
        `"classes"`, `"grouped"` (classes of groups of units) and `"within"` (borders
        of these units), `"symbols"`, `"grouped symbols"`, `"kinds"`, `"outlines"`,
        `"neighbours"`, `"rings"`, `"points"`, `"hatched"`, `"ground"`, or `"other"`, of
        which no other program is told.
    units
        What was drawn.
    measured
        Series, in the order of the arguments; of kinds, the label of each unit.
    blocks
        Its entries of the legend.
    swatch
        Look of lines, points and areas of one kind.
    floor
        Of the stack, where the kind does not tell it.
    """

    kind: str
    units: gpd.GeoDataFrame
    measured: tuple[pd.Series, ...] = ()
    blocks: tuple[object, ...] = ()
    swatch: Swatch | None = None
    floor: str = ""


@dataclass(frozen=True, slots=True)
class Tint:
    """
    What colour some ground has, for letters that lie on it to be read.

    Attributes
    ----------
    floor
        Of the stack: what is higher hides it.
    shapes
        Polygons, in the CRS of the map.
    color
        Their fill.
    plain
        Whether nothing is hatched on it.
    """

    floor: float
    shapes: np.ndarray
    color: str
    plain: bool


class MapAxes(FlatAxes):
    """
    The map frame of a sheet; remembers what was drawn, for the legend.

    `blocks` are the legend entries in drawing order, `credits` the sources of
    the values, `grounds` those of the outlines, `vintages` their years; `boxes`, and
    `symbols` by code (x, y, radius), the places in millimetres in the frame that
    names must avoid; `discs`, by code, the fill of those that have a plain one.
    `plan` is the layout, `subject` what the page was made for, `reserved` the
    millimetres kept above the scale bar, `explained` and `signed` whether legend and
    foot are drawn, `fills` the ground that layers colour, `named` what is written of
    which unit, `laid` the layers for another program, `strip` the legend as it was
    drawn, `host` the map whose inset this one is,
    `caption` what a map among several is called, `outline_error` the metres by which
    outlines are said to be off, 0 when nothing is said, `grounded` whether a ground is
    still to be laid, `below` its sources, `later` what is written last, `tints` the
    colours of the ground, `covered` the subject, to be looked up, `strokes` the lines
    that names keep off, `stroked` the same, to be looked up.

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
        self.discs: dict[str, str] = {}
        self.plan: Layout
        self.subject: gpd.GeoSeries | None = None
        self.reserved: float = 0.0
        self.explained: bool = False
        self.signed: bool = False
        self.fills: list[Fill] = []
        self.named: set[tuple[str, str]] = set()
        self.laid: list[Laid] = []
        self.strip: tuple[object, ...] = ()
        self.host: MapAxes | None = None
        self.caption: str = ""
        self.outline_error: float = 0.0
        self.outline_declared: float = 0.0
        self.grounded: bool = False
        self.below: dict[str, None] = {}
        self.tints: list[Tint] = []
        self.covered: shapely.STRtree | None = None
        self.strokes: list[np.ndarray] = []
        self.stroked: shapely.STRtree | None = None
        self.later: list[Callable[[], None]] = []
        self._drawing = False
        super().__init__(*args, **options)

    def draw(self, renderer: RendererBase) -> None:
        """
        Draw the map, each layer of the file in groups of its own.

        Parameters
        ----------
        renderer
            That of the file.
        """
        self._drawing = True
        try:
            super().draw(renderer)
        finally:
            self._drawing = False

    def get_children(self) -> list[Artist]:
        """Return what is on the map; while it is drawn, in layers, lowest first."""
        children = super().get_children()
        # `Axes.draw` sorts what it is given here by height, and keeps this order.
        return _in_layers(children) if self._drawing else children

    def sources_below(self, told: Iterable[str]) -> list[str]:
        """
        Return the sources of the ground that the layers do not bring.

        Parameters
        ----------
        told
            Sources that are said already.
        """
        known = set(told)
        return [b for b in self.below if b.partition(" : ")[2] not in known]

    def settle(self) -> None:
        """Write what waits for everything else to have its place."""
        waiting, self.later = self.later, []
        for write in waiting:
            write()

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


class _Mark(Artist):
    """Where a group of what is drawn ends, and another one starts."""

    def __init__(self, height: float, layer: str | None, *, first: bool) -> None:
        super().__init__()
        self.set_zorder(height)
        self._layer, self._first = layer, first

    def draw(self, renderer: RendererBase) -> None:
        if not self._first:
            renderer.close_group("layer")
        if self._layer is not None:
            renderer.open_group("layer", gid=self._layer)


def _in_layers(children: Iterable[Artist]) -> list[Artist]:
    """Return what is drawn, lowest first, with a mark where another layer starts."""
    found: list[Artist] = []
    last = None
    for child in sorted(children, key=lambda child: child.get_zorder()):
        layer = _layer_of(child)
        if layer not in (None, last):
            found.append(_Mark(child.get_zorder(), layer, first=last is None))
            last = layer
        found.append(child)
    if last is not None:
        found.append(_Mark(math.inf, None, first=False))
    return found


def _layer_of(child: Artist) -> str | None:
    """Return the layer of an artist, nothing for one that draws nothing."""
    if isinstance(child, Spine):
        return FURNITURE
    if isinstance(child, Axis) or (isinstance(child, Text) and not child.get_text()):
        return None
    return layer_at(child.get_zorder())


def check_dpi(
    dpi: object,
    *,
    usual: float = 300,
    least: float = 1,
    most: float = math.inf,
    of: str = "",
) -> None:
    """
    Check that a resolution is a number of dots an inch.

    Parameters
    ----------
    dpi
        What was given.
    usual
        What is often wanted, for the message.
    least
        How coarse it may be.
    most
        How fine it may be.
    of
        On what, for the message.

    Raises
    ------
    DataError
        If it is no number, below `least`, above `most`, or infinite.
    """
    if isinstance(dpi, Real) and least <= float(dpi) <= most and float(dpi) < math.inf:
        return
    upper = "or more" if math.isinf(most) else f"to {math.floor(most)}"
    room = f"{least:g} {upper}"
    msg = (
        f"dpi={dpi!r}: {of}give {room} dots an inch, such as "
        f"dpi={math.floor(min(most, usual))}"
    )
    raise DataError(msg)
