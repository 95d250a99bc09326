"""Fonts in a PDF: the glyphs that are used, and nothing to lay them out again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from fontTools import subset

__all__ = ["small_fonts"]

_LAYOUT: Final = ("BASE", "DSIG", "GDEF", "GPOS", "GSUB", "JSTF", "STAT")
"""Tables that say how letters follow one another: in a PDF each has its place."""


@contextmanager
def small_fonts() -> Iterator[None]:
    """
    Let matplotlib leave out of its fonts what a PDF never reads.

    Cutting these tables to the letters of a page is two thirds of the time that its
    fonts take.
    """
    whole = subset.Options

    class Small(whole):  # type: ignore[misc, valid-type] # a class of that moment
        def __init__(self, **options: Any) -> None:  # noqa: ANN401 - of fontTools
            super().__init__(**options)
            dropped: list[str] = self.drop_tables  # type: ignore[has-type] # fontTools
            self.drop_tables = [*dropped, *_LAYOUT]

    subset.Options = Small
    try:
        yield
    finally:
        subset.Options = whole
