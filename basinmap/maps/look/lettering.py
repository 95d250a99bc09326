"""Letters at a known place: texts that matplotlib need not lay out again."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backend_bases import GraphicsContextBase, RendererBase
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.textpath import TextPath
from matplotlib.transforms import IdentityTransform

from basinmap.maps.look.themes import MM_PER_POINT, text_width

__all__ = ["LEADING", "Lettering", "PaperAxes", "letter"]

LEADING: Final = 1.08
"""From a line of a name to the next, in sizes of its type."""
_FIRST: Final = re.compile(r"\b1er\b")
"""What is written with raised letters on paper, and is read plain elsewhere."""
_MIDDLE: Final = 0.33  # of the size: half the height of what a line inks
_AS_IS: Final = IdentityTransform()
_BEFORE: Final = {"left": 0.0, "center": 0.5, "right": 1.0}


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

    def _draw_line(
        self, renderer: RendererBase, gc: GraphicsContextBase, line: str, i: int, n: int
    ) -> None:
        style = self.get_fontproperties()
        pixel = float(renderer.points_to_pixels(1.0))  # type: ignore[arg-type]
        size = float(style.get_size_in_points()) * pixel
        place = self.get_transform().transform(self.get_unitless_position())
        x, y = (float(side) for side in place)
        width = text_width(line, style) / MM_PER_POINT * pixel
        width += self.tracking * size * max(len(line) - 1, 0)
        x -= width * _BEFORE[self.get_horizontalalignment()]
        y -= i * LEADING * size
        if self.get_verticalalignment() == "center":
            y += ((n - 1) * LEADING / 2 - _MIDDLE) * size
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
    options = {"transform": axes.transData, "clip_on": False, **options}
    artist = Lettering(x, y, text, **options)
    clipped = artist.get_clip_on()
    axes.add_artist(artist)
    artist.set_clip_on(clipped)
    return artist


class PaperAxes(Axes):
    """Axes over a page, in millimetres, whose texts are letters at a known place."""

    name = "basinmap-paper"

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
        return letter(self, x, y, _FIRST.sub("1ᵉʳ", s), **options)
