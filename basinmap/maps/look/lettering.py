"""Letters at a known place: texts that matplotlib need not lay out again."""

from __future__ import annotations

import re
from copy import copy
from functools import cache, lru_cache
from typing import Any, Final, Protocol, TypeGuard

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis, Ticker, XAxis, YAxis
from matplotlib.backend_bases import GraphicsContextBase, RendererBase
from matplotlib.cbook import CallbackRegistry
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.path import Path
from matplotlib.spines import Spine
from matplotlib.text import Text
from matplotlib.textpath import TextPath
from matplotlib.ticker import Formatter, NullFormatter, NullLocator, ScalarFormatter
from matplotlib.transforms import (
    BboxBase,
    IdentityTransform,
    Transform,
    TransformedPath,
)

from basinmap.maps.look.themes import MM_PER_POINT, settings, text_width

__all__ = ["LEADING", "FlatAxes", "Lettering", "PaperAxes", "Stroking", "letter"]

LEADING: Final = 1.08
"""From a line of a name to the next, in sizes of its type."""
_FIRST: Final = re.compile(r"\b1er\b")
"""What is written with raised letters on paper, and is read plain elsewhere."""
_MIDDLE: Final = 0.33  # of the size: half the height of what a line inks
_AS_IS: Final = IdentityTransform()
_OWN: Final = ("transform", "clip_on", "gid", "zorder")
"""Options that texts of one look do not share."""
_LATER: Final = ("label", "offsetText")
"""Texts of a side of axes."""
_BEFORE: Final = {"left": 0.0, "center": 0.5, "right": 1.0}


class Stroking(Protocol):
    """A canvas that writes lines, and strokes letters: a halo needs no outlines."""

    def spot(self, move: Transform, place: tuple[float, float]) -> tuple[float, float]:
        """
        Return where a place is on the page.

        Parameters
        ----------
        move
            From the units of the place to points.
        place
            The place.
        """

    def write_line(
        self,
        place: tuple[float, float],
        line: str,
        style: FontProperties,
        color: Any,  # noqa: ANN401 - what matplotlib takes for one
        halo: float | None,
        frame: BboxBase | None,
        tracking: float,
        outline: TransformedPath | None = None,
    ) -> None:
        """
        Write a line, or what is around its letters.

        Parameters
        ----------
        place
            Start of the baseline, in points.
        line
            One line.
        style
            Its font.
        color
            Of the letters, or of the halo.
        halo
            Width of the halo, or nothing for the letters.
        frame
            What cuts it, or nothing.
        tracking
            What is added between letters, in sizes of the type.
        outline
            What else cuts it.
        """


def _strokes(renderer: object) -> TypeGuard[Stroking]:
    """Tell a canvas that strokes letters; `isinstance` asks for each of its verbs."""
    return hasattr(renderer, "write_line")


class Lettering(Text):
    """
    A text whose lines have a known place: a halo, or letters that stay text.

    Most of what a map costs to save is its texts, each laid out anew for each file;
    here the width of a line is known by `text_width`, its baseline by the leading.

    Parameters
    ----------
    *args
        What `Text` takes.
    halo
        Width of an outline around the letters, in points, instead of the letters.
    tracking
        Room between two letters, in sizes of their type.
    **options
        What `Text` takes; the vertical alignment is `"baseline"` or `"center"`.
    """

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 - those of Text
        halo: float | None = None,
        tracking: float = 0.0,
        **options: Any,  # noqa: ANN401 - those of Text
    ) -> None:
        """Take what `Text` takes."""
        self.halo = halo
        self.tracking = tracking
        super().__init__(*args, **options)

    def __copy__(self) -> Lettering:
        """Return a text of the same look that shares nothing which may change."""
        made = object.__new__(type(self))
        made.__dict__.update(self.__dict__)
        made.__dict__["_callbacks"] = CallbackRegistry(signals=["pchanged"])
        made.set_fontproperties(self.get_fontproperties())  # which copies them
        return made

    def set_clip_path(self, path: Any, transform: Any = None) -> None:  # noqa: ANN401 - those of Artist
        """
        Cut the text by a shape; without a box around it, nothing else is to be cut.

        Parameters
        ----------
        path, transform
            Those of `Artist.set_clip_path`.
        """
        if isinstance(path, _Ground) and path.axes is not None:
            self.set_clip_box(path.axes.bbox)
        elif self.get_bbox_patch() is None:
            Artist.set_clip_path(self, path, transform)
        else:
            super().set_clip_path(path, transform)

    def draw(self, renderer: RendererBase) -> None:
        """
        Draw each line where it goes.

        Parameters
        ----------
        renderer
            That of the file.
        """
        if not self.get_visible() or not self.get_text():
            return
        if not self._is_plain():
            super().draw(renderer)
            return
        if _strokes(renderer):
            self._write(renderer)
            return
        renderer.open_group("text", self.get_gid())
        gc = renderer.new_gc()
        gc.set_foreground(self.get_color())
        self._set_gc_clip(gc)  # type: ignore[attr-defined] # that of every artist
        lines = self.get_text().split("\n")
        for i, line in enumerate(lines):
            self._draw_line(renderer, gc, line, i, len(lines))
        gc.restore()
        renderer.close_group("text")
        self.stale = False

    def _is_plain(self) -> bool:
        """Tell whether nothing is asked that only matplotlib can lay out."""
        place = self.get_verticalalignment()
        return (
            (place == "center" or (place == "baseline" and "\n" not in self.get_text()))
            and self.get_rotation() == 0
            and self.get_bbox_patch() is None
            and not (self.get_path_effects() or self.get_wrap() or self.get_usetex())
        )

    def _write(self, canvas: Stroking) -> None:
        """Write each line, without what another renderer would be told."""
        style, lines = self.get_fontproperties(), self.get_text().split("\n")
        place = canvas.spot(self.get_transform(), self.get_position())
        frame = self.get_clip_box() if self.get_clip_on() else None
        color, halo = self.get_color(), self.halo
        path, apart = self.get_clip_path(), self.tracking
        cut = path if isinstance(path, TransformedPath) else None
        for i, line in enumerate(lines):
            start = self._start(place, line, i, len(lines), 1.0)
            canvas.write_line(start, line, style, color, halo, frame, apart, cut)
        self.stale = False

    def _start(
        self, place: tuple[float, float], line: str, i: int, n: int, pixel: float
    ) -> tuple[float, float]:
        """Return where the baseline of a line starts."""
        style, (x, y) = self.get_fontproperties(), place
        size = float(style.get_size_in_points()) * pixel
        before = _BEFORE[self.get_horizontalalignment()]
        if before:
            width = text_width(line, style) / MM_PER_POINT * pixel
            x -= before * (width + self.tracking * size * max(len(line) - 1, 0))
        y -= i * LEADING * size
        if self.get_verticalalignment() == "center":
            y += ((n - 1) * LEADING / 2 - _MIDDLE) * size
        return x, y

    def _draw_line(
        self, renderer: RendererBase, gc: GraphicsContextBase, line: str, i: int, n: int
    ) -> None:
        style = self.get_fontproperties()
        pixel = float(renderer.points_to_pixels(1.0))  # type: ignore[arg-type]
        place = self.get_transform().transform(self.get_position())
        x, y = self._start((float(place[0]), float(place[1])), line, i, n, pixel)
        if self.halo is not None:
            gc.set_linewidth(self.halo)
            outline = _outline(line, style)
            # Six decimals of a point, as matplotlib writes them, fill half of a PDF.
            drawn = np.round(outline.vertices * pixel + (x, y), 2)
            renderer.draw_path(gc, Path(drawn, outline.codes), _AS_IS, None)
            return
        if renderer.flipy():
            y = renderer.get_canvas_width_height()[1] - y
        if self.tracking:
            size = float(style.get_size_in_points()) * pixel
            for sign in line:
                renderer.draw_text(gc, x, y, sign, style, 0.0)
                x += text_width(sign, style) / MM_PER_POINT * pixel
                x += self.tracking * size
            return
        # What a reader of SVG aligns is a whole text, not a line of several.
        whole = self if n == 1 else None
        renderer.draw_text(gc, x, y, line, style, 0.0, mtext=whole)


@lru_cache(maxsize=4096)
def _outline(line: str, style: FontProperties) -> TextPath:
    """Return the outline of a line, in points; names come back from map to map."""
    return TextPath((0, 0), line, prop=style)


def letter(
    axes: Axes,
    x: float,
    y: float,
    text: str,
    **options: Any,  # noqa: ANN401 - those of Text
) -> Lettering:
    """
    Write a text whose place is known.

    Parameters
    ----------
    axes
        Where; unlike other artists, it may be written out of its frame unless
        `clip_on=True`.
    x, y
        In the units of the axes.
    text
        One line or several.
    **options
        Those of `Lettering`.
    """
    looks = axes.looks if isinstance(axes, FlatAxes) else {}
    look = _hashed(options)
    if isinstance(axes, FlatAxes) and look in looks:
        artist = _alike(looks[look], x, y, text)
        axes.add_alike(artist)
        return artist
    artist = _made({"transform": axes.transData, "clip_on": False, **options})
    artist.set_position((x, y))
    artist.set_text(text)
    clipped = artist.get_clip_on()
    axes.add_artist(artist)
    artist.set_clip_on(clipped)
    if look is not None:
        looks[look] = dict(vars(artist))
    return artist


def _hashed(options: dict[str, Any]) -> tuple[tuple[str, Any], ...] | None:
    """Return what texts of one look share, where that can be looked up."""
    look = tuple(sorted(options.items()))
    try:
        hash(look)
    except TypeError:  # transforms, boxes around the text
        return None
    return look


def _alike(known: dict[str, Any], x: float, y: float, text: str) -> Lettering:
    """Return a text as one that is on the same axes, that shares nothing changing."""
    made = object.__new__(Lettering)
    state = made.__dict__
    # Each setter would tell the text, its axes and its figure that they are stale.
    state.update(known, _x=x, _y=y, _text=text)
    state["_callbacks"] = CallbackRegistry(signals=["pchanged"])
    style = state["_fontproperties"]
    state["_fontproperties"] = own = object.__new__(type(style))
    own.__dict__.update(style.__dict__)
    return made


def _made(options: dict[str, Any]) -> Lettering:
    """Return an empty text of some look: a copy, where texts before had that look."""
    own = {name: options.pop(name) for name in _OWN if name in options}
    try:
        artist = copy(_pattern(tuple(sorted(options.items()))))
    except TypeError:  # a box around the text, which has a dictionary for a look
        artist = Lettering(0, 0, "", **options)
    for name, value in own.items():
        getattr(artist, f"set_{name}")(value)
    return artist


@lru_cache(maxsize=256)
def _pattern(look: tuple[tuple[str, Any], ...]) -> Lettering:
    """Return an empty text in no figure, of which others are copies."""
    return Lettering(0, 0, "", **dict(look))


class _Ground(Rectangle):
    """The ground of axes, which is their whole frame: it moves with them alone."""

    def get_transform(self) -> Transform:
        """Return that of the axes; of a rectangle it would be made anew each time."""
        return Artist.get_transform(self)


class _Unsaid(Ticker):
    """Ticks that are nowhere; what they would say is made when it is asked for."""

    def __init__(self, axis: Any, say: type[Formatter]) -> None:  # noqa: ANN401 - a side
        super().__init__()
        self._axis, self._say = axis, say
        self._said: Formatter | None = None
        nowhere = NullLocator()
        nowhere.set_axis(axis)
        self.locator = nowhere

    @property
    def formatter(self) -> Formatter:
        if self._said is None:
            self._said = self._say()
            self._said.set_axis(self._axis)
        return self._said

    @formatter.setter
    def formatter(self, formatter: Formatter) -> None:
        self._said = formatter


class _Bare(Axis):
    """
    A side of axes that has no ticks: matplotlib would make some, to cut them.

    Its label and its other text, two thirds of what it costs, are made when asked for.
    """

    def __init__(self, axes: FlatAxes) -> None:
        Artist.__init__(self)
        self.set_figure(axes.get_figure(root=False))  # type: ignore[arg-type] # it has one
        usual = _usual(across=isinstance(self, XAxis))
        self.__dict__.update({k: v for k, v in usual.items() if k not in self.__dict__})
        self.axes = axes
        self.major = _Unsaid(self, ScalarFormatter)
        self.minor = _Unsaid(self, NullFormatter)
        self.isDefault_majloc = False
        self._major_tick_kw = {"gridOn": False}
        self._minor_tick_kw = {"gridOn": False}
        self.callbacks = CallbackRegistry(signals=["units"])

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - those of an axis
        if name not in _LATER or "_axes" not in self.__dict__:
            raise AttributeError(name)
        with settings():  # those of the page, whenever it is asked
            whole = (XAxis if isinstance(self, XAxis) else YAxis)(self.axes)
        self.__dict__.update({late: getattr(whole, late) for late in _LATER})
        return self.__dict__[name]

    def clear(self) -> None:
        if not (isinstance(self.axes, FlatAxes) and self.axes.unmade):
            super().clear()

    def set_clip_path(self, path: Any, transform: Any = None) -> None:  # noqa: ANN401 - those of Artist
        Artist.set_clip_path(self, path, transform)

    def get_children(self) -> list[Artist]:
        # Those that are there: whoever looks for texts would have ticks made.
        if not len(self.get_majorticklocs()):
            made = vars(self)
            return [made[text] for text in _LATER if text in made]
        return super().get_children()

    def draw(self, renderer: RendererBase) -> None:
        named = "label" in self.__dict__ and self.get_label_text()
        if named or len(self.get_majorticklocs()):
            super().draw(renderer)


@cache
def _usual(*, across: bool) -> dict[str, Any]:
    """Return what every side of axes has, and none changes in place."""
    axes = Figure().add_axes((0, 0, 1, 1))
    made = vars(axes.xaxis if across else axes.yaxis)
    own = {*_LATER, "figure", "_parent_figure", "majorTicks", "minorTicks"}
    return {name: value for name, value in made.items() if name not in own}


class _Across(_Bare, XAxis):
    pass


class _Up(_Bare, YAxis):
    pass


class FlatAxes(Axes):
    """
    Axes whose limits are told: what is added moves none, and is cut by the frame.

    Parameters
    ----------
    *args, **options
        What `Axes` takes.
    """

    unmade = True

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - Axes'
        """Take what `Axes` takes; no tick is made to say how it would look."""
        super().__init__(*args, **options)
        self.unmade = False
        for spine in self.spines.values():
            spine.set_position(("outward", 0.0))  # ticks would have asked for it

    def clear(self) -> None:
        """Take everything off; texts to come are told anew of the axes."""
        self.looks: dict[Any, dict[str, Any]] = {}
        super().clear()

    def add_alike(self, text: Lettering) -> None:
        """
        Add a text that is already told of these axes.

        Parameters
        ----------
        text
            The text.
        """
        self._children.append(text)  # type: ignore[attr-defined] # those of every axes
        self.stale = True

    def add_artist(self, a: Artist) -> Artist:
        """
        Add what is drawn, cut by the frame unless it is cut already.

        Parameters
        ----------
        a
            What is drawn.
        """
        cut = a.get_clip_path() is not None
        super().add_artist(a)
        if not cut:
            # One box for all of them: a file looks it up once.
            a.set_clip_box(self.bbox)
        return a

    def add_patch(self, p: Patch) -> Patch:
        """
        Add a shape.

        Parameters
        ----------
        p
            The shape.
        """
        self.add_artist(p)
        return p

    def add_line(self, line: Line2D) -> Line2D:
        """
        Add a line.

        Parameters
        ----------
        line
            The line.
        """
        self.add_artist(line)
        return line

    def grid(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - those of Axes
        """
        Draw a grid, once the axes are made.

        Parameters
        ----------
        *args, **options
            Those of `Axes.grid`.
        """
        if not self.unmade:
            super().grid(*args, **options)

    def tick_params(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - those of Axes
        """
        Say how ticks look, once the axes are made.

        Parameters
        ----------
        *args, **options
            Those of `Axes.tick_params`.
        """
        if not self.unmade:
            super().tick_params(*args, **options)

    def _init_axis(self) -> None:
        self.xaxis, self.yaxis = _Across(self), _Up(self)
        for side, spine in self.spines.items():
            across = side in {"bottom", "top"}
            spine.register_axis(self.xaxis if across else self.yaxis)

    def _gen_axes_patch(self) -> Rectangle:
        ground = _Ground((0.0, 0.0), 1.0, 1.0)
        ground.axes = self
        return ground


class PaperAxes(FlatAxes):
    """Axes over a page, in millimetres, whose texts are letters at a known place."""

    name = "basinmap-paper"

    def _gen_axes_spines(self, *_: object, **__: object) -> dict[str, Spine]:
        return {}  # paper has no frame

    def get_xaxis_transform(self, which: str = "grid") -> Transform:
        """
        Return what places ticks across, as a frame that is nowhere would.

        Parameters
        ----------
        which
            Whatever matplotlib asks.
        """
        del which
        return super().get_xaxis_transform("grid")

    def get_yaxis_transform(self, which: str = "grid") -> Transform:
        """
        Return what places ticks up, as a frame that is nowhere would.

        Parameters
        ----------
        which
            Whatever matplotlib asks.
        """
        del which
        return super().get_yaxis_transform("grid")

    def text(self, x: float, y: float, s: str, **options: Any) -> Lettering:  # type: ignore[override] # noqa: ANN401
        """
        Write a text.

        Parameters
        ----------
        x, y
            In millimetres.
        s
            The text.
        **options
            Those of `matplotlib.text.Text`.
        """
        written = _FIRST.sub("1ᵉʳ", s) if "1er" in s else s
        return letter(self, x, y, written, **options)
