"""The look of a sheet: fonts, inks, sizes, as one frozen value."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from types import MappingProxyType
from typing import Any, Final, cast

import matplotlib as mpl
from matplotlib import font_manager

__all__ = ["PRINT", "Theme"]

MM_PER_POINT: Final = 25.4 / 72
_MEASURED: Final = 200.0

RC: Final = MappingProxyType(
    {
        "pdf.fonttype": 42,  # real TrueType: text stays text
        "pdf.compression": 6,
        "svg.fonttype": "none",
        "svg.hashsalt": "basinmap",  # ids that do not change from run to run
        "text.parse_math": False,
        "text.hinting": "none",  # hinted glyphs are wider than their halo
        "path.simplify": False,
        "font.family": ["Fira Sans", "DejaVu Sans"],
    }
)


@dataclass(frozen=True, slots=True)
class Theme:
    """
    Fonts, inks and sizes of a sheet.

    Attributes
    ----------
    family, narrow
        Font families of the text and of the labels on the map.
    title, subtitle, heading, body, small, label
        Sizes in points: title, subtitle, legend heading, legend text, credits,
        names on the map.
    ink, soft, faint
        Colours of text and strong lines, of secondary text, of thin lines.
    land, missing, halo
        Colours of the neighbours, of what is not available, around names.
    margin
        Margin of the page, in millimetres.
    """

    family: str = "Fira Sans"
    narrow: str = "Fira Sans Condensed"
    title: float = 16.0
    subtitle: float = 9.0
    heading: float = 8.2
    body: float = 7.5
    small: float = 6.5
    label: float = 6.6
    ink: str = "#1f2430"
    soft: str = "#5b6270"
    faint: str = "#b9bcc4"
    land: str = "#eeede9"
    missing: str = "#ffffff"
    halo: str = "#ffffff"
    margin: float = 10.0


PRINT: Final = Theme()
"""The default theme, for A4 on an office printer or at a printer's."""


@cache
def register_fonts() -> None:
    """Make the bundled fonts known to matplotlib, once."""
    folder = files("basinmap.maps") / "fonts"
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".ttf"):
            with as_file(entry) as path:
                font_manager.fontManager.addfont(path)


@cache
def font(
    family: str, size: float, *, weight: int = 400, italic: bool = False
) -> font_manager.FontProperties:
    """
    Return a font, with a fallback that has the rarer signs.

    Parameters
    ----------
    family
        Font family.
    size
        Size in points.
    weight
        400 (regular), 500 (medium) or 700 (bold).
    italic
        Whether it slants.
    """
    register_fonts()
    # DejaVu has no medium weight, and matplotlib would say so at every text.
    fallback = [] if weight == 500 else ["DejaVu Sans"]
    return font_manager.FontProperties(
        family=[family, *fallback],
        size=size,
        weight=weight,
        style="italic" if italic else "normal",
    )


@cache
def text_width(text: str, properties: font_manager.FontProperties) -> float:
    """
    Return the width of one line of text, in millimetres.

    Parameters
    ----------
    text
        One line.
    properties
        Its font, as returned by `font`.
    """
    face = font_manager.get_font(font_manager.findfont(properties))
    # Measured large and scaled down, so that no hinting changes the widths.
    face.set_size(_MEASURED, 72)
    face.set_text(text)
    points = face.get_width_height()[0] / 64 / _MEASURED
    return float(points * properties.get_size_in_points() * MM_PER_POINT)


def wrapped(
    text: str, width: float, properties: font_manager.FontProperties
) -> list[str]:
    """
    Cut a text into lines no wider than `width`.

    Parameters
    ----------
    text
        The text; only ordinary spaces become line ends, but in a word that is
        wider than a line.
    width
        In millimetres.
    properties
        Its font.
    """
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, properties) <= width:
            lines[-1] = longer
        else:
            lines += _pieces(word, width, properties)
    return lines


def _pieces(
    word: str, width: float, properties: font_manager.FontProperties
) -> list[str]:
    """Cut a word that is wider than a line."""
    pieces = [word]
    while len(pieces[-1]) > 1 and text_width(pieces[-1], properties) > width:
        last = pieces.pop()
        share = width / text_width(last, properties)
        cut = max(1, int(len(last) * share * 0.95))
        pieces += [last[:cut], last[cut:]]
    return pieces


def one_line(text: str) -> str:
    r"""
    Return a text without line ends; no-break spaces stay.

    Parameters
    ----------
    text
        Any text.

    Examples
    --------
    >>> one_line("Taux  de\nvacance ")
    'Taux de vacance'
    """
    return re.sub(r"[ \t\r\n]+", " ", text).strip()


_OURS: Final = (
    *("axes", "figure", "font", "grid", "hatch", "image", "legend", "lines"),
    *("markers", "mathtext", "patch", "path", "pdf", "savefig", "scatter", "svg"),
    *("text", "xtick", "ytick"),
)


@cache
def _defaults() -> dict[str, Any]:
    """Return matplotlib's own settings for what a sheet depends on."""
    kept = {
        str(name): value
        for name, value in mpl.rcParamsDefault.items()
        if name.split(".")[0] in _OURS and name != "savefig.directory"
    }
    return kept | dict(RC)


@contextmanager
def settings() -> Iterator[None]:
    """
    Draw and save under our settings, whatever style the user has set.

    A style that changed the inks, or `savefig.bbox`, would change the sheet.
    """
    register_fonts()
    with mpl.rc_context():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", mpl.MatplotlibDeprecationWarning)
            mpl.rcParams.update(cast("Any", _defaults()))
        yield
