"""The legend as data: what a document, a web page or a style sets by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Final, Literal, cast, get_args

from basinmap.arguments import check_given
from basinmap.maps.layers.bivariate import BivariateBlock
from basinmap.maps.layers.hatching import HatchingBlock
from basinmap.maps.layers.links import LinksBlock
from basinmap.maps.layers.squares import SquaresBlock
from basinmap.maps.look.themes import MM_PER_POINT
from basinmap.maps.paper.blocks import CirclesBlock, FiguresBlock, Swatch
from basinmap.maps.paper.panels import Maps, gathered
from basinmap.typography import number, shortest

__all__ = ["Key", "KeyLine", "Slant", "legend_entries"]

# Marks of matplotlib that are no disc, by what a document calls them.
_MARKS: Final = {
    "*": "star",
    "^": "triangle",
    "D": "diamond",
    "d": "diamond",
    "s": "tile",
}
Slant = Literal["/", "\\", "|", "-", "x", "+", "."]


@dataclass(frozen=True, slots=True)
class KeyLine:
    """
    One line of a legend.

    Attributes
    ----------
    label
        French text.
    color
        `#rrggbb`, or nothing where there is no sample.
    shape
        `"box"`, `"disc"`, `"square"`, `"line"`, `"dashes"`, or the filled mark of a
        point: `"star"`, `"triangle"`, `"diamond"`, `"tile"`.
    count
        How many units, as printed, or nothing.
    hatched
        Whether the sample is hatched.
    size_mm
        Width of a disc, of a square or of a line, as on the map; 0 for a sample.
    slant
        Direction of the strokes of a hatched sample, as on the map.
    stroke
        Colour of the strokes over a colour; nothing where the strokes bear the colour
        and nothing is under them.
    """

    label: str
    color: str = ""
    shape: str = "box"
    count: str = ""
    hatched: bool = False
    size_mm: float = 0.0
    slant: Slant = "/"
    stroke: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """
    An entry of a legend.

    Attributes
    ----------
    title
        Its heading, with the unit; nothing for landmarks.
    lines
        Its lines, in reading order.
    """

    title: str
    lines: tuple[KeyLine, ...]


def legend_entries(ax: Maps) -> list[Key]:
    """
    Return the legend of what is drawn, as texts and colours.

    Small maps of the margins are left out.

    Parameters
    ----------
    ax
        The map of `page` or of `figure`, or those of `panels`, with their layers drawn.

    Returns
    -------
    list of Key
        In the order they were drawn.

    Raises
    ------
    DataError
        If it was made by neither.

    Examples
    --------
    >>> import basinmap as bm
    >>> lens = bm.communes(epci="call")
    >>> rate = bm.compute("L04", bm.statistics(epci="call"))
    >>> fig, ax = bm.figure(lens, size_mm=(105, 110), title="Taux de vacance")
    >>> bm.draw_choropleth(ax, lens, bm.classify(rate, breaks=[5, 8]))
    >>> [(line.label, line.count) for line in bm.legend_entries(ax)[0].lines]
    [('8 et plus', '4'), ('de 5 à moins de 8', '22'), ('moins de 5', '10')]
    """
    check_given(legend_entries, locals())
    found = []
    for block in gathered(ax).blocks:
        title = str(getattr(block, "title", ""))
        lines = tuple(_lines(block))
        if lines:
            found.append(Key(title, lines))
    return found


@singledispatch
def _lines(block: object) -> Iterator[KeyLine]:
    """Return the lines of an entry: those of its swatches, if it has some."""
    yield from _of_swatches(getattr(block, "swatches", ()))


def _of_swatches(swatches: Sequence[Swatch]) -> Iterator[KeyLine]:
    for swatch in swatches:
        shape = _shape(swatch)
        hollow = swatch.color in {"none", ""}
        yield KeyLine(
            swatch.label,
            swatch.edge if hollow and swatch.edge != "none" else swatch.color,
            shape,
            "" if swatch.count is None else number(swatch.count),
            bool(swatch.hatch),
            size_mm=swatch.width * MM_PER_POINT if swatch.shape == "line" else 0.0,
            slant=_slant(swatch.hatch),
            stroke="" if hollow or not swatch.hatch else swatch.edge,
        )


def _shape(swatch: Swatch) -> str:
    """Return what a sample is, as on the map: a dashed line, a star."""
    if swatch.shape == "line":
        return "dashes" if swatch.dashes else "line"
    if swatch.shape == "box":
        return "box"
    return _MARKS.get(swatch.shape, "disc")


def _slant(hatch: str) -> Slant:
    """Return the direction of a hatch of matplotlib, which repeats its sign."""
    crossed = {frozenset("/\\"): "x", frozenset("|-"): "+"}
    sign = crossed.get(frozenset(hatch), hatch[:1])
    return cast("Slant", sign) if sign in get_args(Slant) else "/"


@_lines.register
def _(block: CirclesBlock) -> Iterator[KeyLine]:
    for value, radius in zip(block.values, block.radii, strict=True):
        yield KeyLine(shortest(value), block.edge, "disc", size_mm=2 * radius)


@_lines.register
def _(block: SquaresBlock) -> Iterator[KeyLine]:
    for value, side in zip(block.values, block.sides, strict=True):
        yield KeyLine(shortest(value), "#5b6270", "square", size_mm=side)


@_lines.register
def _(block: LinksBlock) -> Iterator[KeyLine]:
    for value in block.values:
        yield KeyLine(shortest(value), block.color, "line")
    for text in block.lines:
        yield KeyLine(text)


@_lines.register
def _(block: HatchingBlock) -> Iterator[KeyLine]:
    for hatch in block.hatches:
        slant = _slant(hatch.pattern)
        yield KeyLine(hatch.label, hatch.color, hatched=True, slant=slant)


@_lines.register
def _(block: FiguresBlock) -> Iterator[KeyLine]:
    unit = (
        f"\u202f{block.unit}" if block.unit == "%" else f"\u00a0{block.unit}".rstrip()
    )
    for place, (label, _) in enumerate(block.rows):
        yield KeyLine(label, count=block.written(place, unit))


@_lines.register
def _(block: BivariateBlock) -> Iterator[KeyLine]:
    rows, columns = block.rows, block.columns
    for i, line in enumerate(block.colors):
        for j, color in enumerate(line):
            told = f"{rows.title} : classe {i + 1} ; {columns.title} : classe {j + 1}"
            count = number(block.counts[i][j]) if block.counts else ""
            yield KeyLine(told, color, count=count)
