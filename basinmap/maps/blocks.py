"""What the layers leave for the legend: frozen entries, one kind a block."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = [
    "CirclesBlock",
    "ClassesBlock",
    "FiguresBlock",
    "KeyBlock",
    "Swatch",
]


@dataclass(frozen=True, slots=True)
class Swatch:
    """
    One line of a legend.

    Attributes
    ----------
    label
        French text.
    color
        Fill or line colour.
    count
        How many units, or None.
    shape
        `"box"`, `"line"`, `"disc"` or a matplotlib marker.
    edge
        Colour of the edge.
    width
        Line width in points.
    dashes
        Dash pattern in points, empty for a full line.
    hatch
        Matplotlib hatch, or empty.
    size
        Width of a marker in millimetres.
    """

    label: str
    color: str
    count: int | None = None
    shape: str = "box"
    edge: str = "none"
    width: float = 0.5
    dashes: tuple[float, ...] = ()
    hatch: str = ""
    size: float = 3.6


@dataclass(frozen=True, slots=True)
class ClassesBlock:
    """Classes of a choropleth or of coloured circles, highest first."""

    title: str
    swatches: tuple[Swatch, ...]
    breaks: tuple[float, ...]
    colors: tuple[str, ...]
    bounds: tuple[float, float]
    decimals: int
    counted: str = ""
    signed: bool = False


@dataclass(frozen=True, slots=True)
class CirclesBlock:
    """Nested circles: value and radius in millimetres, largest first."""

    title: str
    values: tuple[float, ...]
    radii: tuple[float, ...]
    color: str
    edge: str


@dataclass(frozen=True, slots=True)
class KeyBlock:
    """Lines, points and areas that have no class."""

    swatches: tuple[Swatch, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class FiguresBlock:
    """A few figures to compare, the first of them set off."""

    title: str
    rows: tuple[tuple[str, float], ...]
    decimals: int
    unit: str
    signed: bool = False
