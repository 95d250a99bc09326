"""Words inside pictures: SVG that says what it shows, PNG with title and author."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import Any, Final
from xml.sax.saxutils import escape

from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from PIL.PngImagePlugin import iTXt

from basinmap.maps.paper.canvas import draw_page
from basinmap.maps.paper.stack import LAYERS

__all__ = ["SheetCanvas", "png_words", "told_svg"]

_GROUP: Final = re.compile(r'<g id="([^"]+)"')
_INKSCAPE: Final = ' xmlns:inkscape="http://www.inkscape.org/namespaces/inkscape"'
_OPENING: Final = re.compile(r"(<svg\b[^>]*)>(?:\s*<title>.*?</title>)?", re.DOTALL)


def told_svg(svg: str, title: str, alternative: str, *, style: str = "") -> str:
    """
    Return an SVG whose root is an image with title and description, in French.

    Parameters
    ----------
    svg
        As matplotlib wrote it.
    title
        Of the page.
    alternative
        Alternative text.
    style
        Rules of CSS to add.

    Examples
    --------
    >>> said = told_svg("<svg version='1.1'><g/></svg>", "Lens", "Une carte.")
    >>> 'role="img"' in said, ">Une carte.</desc>" in said
    (True, True)
    """
    # Names that differ from page to page: several may stand in one HTML.
    name = hashlib.sha256(f"{title}\n{alternative}".encode()).hexdigest()[:8]
    words = (
        f' role="img" lang="fr" xml:lang="fr" aria-labelledby="t{name} d{name}">\n'
        f' <title id="t{name}">{escape(title)}</title>\n'
        f' <desc id="d{name}">{escape(alternative)}</desc>'
    )
    words += f'\n <style type="text/css">{style}</style>' if style else ""
    told = _OPENING.sub(lambda found: found.group(1) + _INKSCAPE + words, svg, count=1)
    return _layered(told)


def _layered(svg: str) -> str:
    """Return an SVG whose layers are so for drawing software, each name once."""
    taken = set(_GROUP.findall(svg))
    seen: Counter[str] = Counter()

    def named(found: re.Match[str]) -> str:
        name = own = found.group(1)
        seen[name] += 1
        while seen[name] > 1 and own in taken:
            own = f"{name}-{seen[name]}"
            seen[name] += own in taken
        taken.add(own)
        layer = f' inkscape:groupmode="layer" inkscape:label="{name}"'
        return f'<g id="{own}"' + (layer if name in LAYERS else "")

    return _GROUP.sub(named, svg)


def png_words(title: str, author: str, alternative: str) -> dict[str, str]:
    """
    Return the texts of a PNG, each in UTF-8 whatever it holds.

    Parameters
    ----------
    title, author, alternative
        Of the page; what is empty is left out.

    Examples
    --------
    >>> list(png_words("Lens", "", "Une carte."))
    ['Title', 'Description']
    """
    told = {"Title": title, "Author": author, "Description": alternative}
    return {key: iTXt(text, "fr", key) for key, text in told.items() if text}


class SheetCanvas(FigureCanvasAgg):
    """A canvas of as many pixels as the paper has, rounded, where Agg cuts them off."""

    def get_renderer(self) -> RendererAgg:
        """Return a renderer of the size of the paper."""
        width, height = (round(side) for side in self.figure.bbox.size)
        dpi = self.figure.dpi
        last = getattr(self, "renderer", None)
        if last is None or (last.width, last.height, last.dpi) != (width, height, dpi):
            self.renderer = RendererAgg(width, height, dpi)
        return self.renderer

    def print_pdf(
        self,
        target: Any,  # noqa: ANN401 - a list, or what matplotlib takes
        *,
        metadata: dict[str, Any] | None = None,
        **options: object,
    ) -> None:
        """
        Draw the figure as a page that waits for its file.

        Parameters
        ----------
        target
            A list, which takes the page; a path or a file takes that of matplotlib.
        metadata
            Of a file of matplotlib.
        **options
            Those of other formats.
        """
        del options
        figure = self.figure
        if not isinstance(target, list):
            FigureCanvasPdf(figure).print_pdf(target, metadata=metadata)
            figure.set_canvas(self)
            return
        dpi = figure.dpi  # of what becomes a picture
        # There are 72 points to an inch.
        figure.dpi = 72
        try:
            target.append(draw_page(figure, dpi))
        finally:
            figure.dpi = dpi
