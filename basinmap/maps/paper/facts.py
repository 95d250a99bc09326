"""Facts of a page: what a file says of it that its drawing does not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from basinmap.maps.paper.alternatives import alternative_text, told

if TYPE_CHECKING:  # pages asks for its facts when it saves
    from basinmap.maps.paper.sheets import Sheet

__all__ = ["MapFrame", "PageFacts", "facts_of"]

SEPARATOR: Final = "; "
"""Between keywords, in what has one text for all."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class MapFrame:
    """
    Where a map is, on paper and on the ground.

    Attributes
    ----------
    name
        What a reader of PDF calls it.
    box
        `(x, y, width, height)` in millimetres from the lower left corner of the
        page.
    bounds
        `(xmin, ymin, xmax, ymax)` in metres, EPSG:2154.
    """

    name: str
    box: Box
    bounds: Box


@dataclass(frozen=True, slots=True)
class PageFacts:
    """
    What a page of PDF cannot say by itself; small, and made to be pickled.

    Attributes
    ----------
    title, subtitle
        Of the page; the title is that of its bookmark.
    alternative
        Alternative text. Without one, the page counts as text to be read as it is.
    author
        Who made it.
    date
        When, as ISO 8601, or nothing.
    keywords
        For a catalogue.
    frames
        Its maps, in the order they were drawn.
    """

    title: str
    subtitle: str = ""
    alternative: str = ""
    author: str = ""
    date: str = ""
    keywords: tuple[str, ...] = ()
    frames: tuple[MapFrame, ...] = ()


def facts_of(sheet: Sheet) -> PageFacts:
    """
    Return what must be told of a sheet once it is PDF.

    Parameters
    ----------
    sheet
        A page with its layers, legend and furniture.

    Examples
    --------
    >>> import basinmap as bm
    >>> fig, ax = bm.page(bm.communes(epci="call"), title="CA de Lens-Liévin")
    >>> facts_of(fig).frames[0].box[:2]
    (10.0, 24.0)
    """
    about = sheet.about
    return PageFacts(
        title=about["Title"],
        subtitle=about.get("Subtitle", ""),
        alternative=alternative_text(sheet),
        author=about.get("Author", ""),
        date=about.get("Date", ""),
        keywords=("carte", *dict.fromkeys(_subjects(sheet))),
        frames=tuple(_frames(sheet)),
    )


def _subjects(sheet: Sheet) -> Iterable[str]:
    """Return the headings of what the maps are about."""
    for ax in sheet.maps:
        for block in ax.blocks:
            title = str(getattr(block, "title", ""))
            if title and told(block).rank == 0:
                yield title


def _frames(sheet: Sheet) -> Iterable[MapFrame]:
    width, height = sheet.layout_mm.width, sheet.layout_mm.height
    for ax in sheet.maps:
        x, y, broad, deep = ax.get_position(original=True).bounds
        (xmin, xmax), (ymin, ymax) = ax.get_xlim(), ax.get_ylim()
        box = (x * width, y * height, broad * width, deep * height)
        yield MapFrame(
            ax.caption or str(ax.get_label()) or sheet.about["Title"],
            tuple(round(float(side), 6) for side in box),  # type: ignore[arg-type] # four
            (float(xmin), float(ymin), float(xmax), float(ymax)),
        )
