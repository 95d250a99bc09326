"""How wide, high and large a sheet must be for nothing to be cut."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["Paper", "column_units", "lines_of", "paper_for", "pixels_of"]

# Pixels of a letter of 10 points, in the widest of the fonts that stand in for each
# other where one is not installed (Calibri, Carlito, Arial, DejaVu Sans).
_LETTER: Final = 8.2
_DIGIT: Final = 8.5
_NARROW: Final = 4.9
_WIDE: Final = 12.8
_CAPITAL: Final = 9.6
_BOLD: Final = 1.1
_THIN: Final = frozenset("ijl.,;:'’!|()[] \u00a0\u202f")
_BROAD: Final = frozenset("mwMWŒœ%@—…")

_MM: Final = 25.4 / 96
"""Millimetres of a pixel, as spreadsheets count them."""


def pixels_of(text: str, *, bold: bool = False) -> float:
    """
    Return how wide a text is at most, in pixels.

    Parameters
    ----------
    text
        Of one line.
    bold
        Whether it is bold.
    """
    width = sum(map(_letter, text))
    return width * _BOLD if bold else width


def _letter(sign: str) -> float:
    if sign in _THIN:
        return _NARROW
    if sign.isdigit():
        return _DIGIT
    if sign in _BROAD or ord(sign) > 0x2FFF:
        return _WIDE
    return _CAPITAL if sign.isupper() else _LETTER


def lines_of(text: str, width: float, *, bold: bool = False) -> int:
    """
    Return on how many lines a text stands in a width.

    Parameters
    ----------
    text
        Words.
    width
        Pixels.
    bold
        Whether it is bold.

    Examples
    --------
    >>> lines_of("Taux de vacance des logements", 100), lines_of("", 100)
    (3, 1)
    """
    count = 0
    for paragraph in text.split("\n"):
        count, place = count + 1, 0.0
        for word in paragraph.split(" "):
            wide = pixels_of(word, bold=bold)
            if place and place + _NARROW + wide > width:
                count, place = count + 1, 0.0
            # A word longer than the line is cut by the spreadsheet where it ends.
            over = int(max(wide - 1, 0) // width)
            count += over
            place += wide - over * width + (_NARROW if place else 0)
    return count


def column_units(pixels: float) -> float:
    """
    Return a width as spreadsheets count it: digits of their default font.

    Parameters
    ----------
    pixels
        Of the column, margins included.
    """
    return round((pixels - 5) / 7, 2)


@dataclass(frozen=True, slots=True)
class Paper:
    """
    A paper on which a sheet is printed.

    Attributes
    ----------
    code
        Of spreadsheets: 9 for A4, 8 for A3.
    landscape
        Which way it lies.
    fits
        Whether all columns stand on one page; else their first ones are repeated.
    """

    code: int
    landscape: bool
    fits: bool


_PAPERS: Final = (
    (Paper(9, landscape=False, fits=True), 190),
    (Paper(9, landscape=True, fits=True), 277),
    (Paper(8, landscape=True, fits=True), 400),
)
_LEAST: Final = 0.62
"""Below this scale ten points are read with a magnifying glass."""


def paper_for(pixels: float) -> Paper:
    """
    Return the smallest paper on which columns are read.

    Parameters
    ----------
    pixels
        Of all columns.

    Examples
    --------
    >>> paper_for(600).code, paper_for(2000).code, paper_for(9000).fits
    (9, 8, False)
    """
    width = pixels * _MM
    for paper, room in _PAPERS:
        # A portrait page is not shrunk: lying down, its lines are read as they are.
        least = _LEAST if paper.landscape else 0.95
        if room >= width * least:
            return paper
    return Paper(8, landscape=True, fits=False)
