"""What the layers leave for the legend: frozen entries, one kind a block."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import singledispatch
from typing import Protocol, TypeVar

from basinmap.errors import MeasureError
from basinmap.states import SIGNS, VOIDS
from basinmap.typography import number

__all__ = [
    "CirclesBlock",
    "ClassesBlock",
    "FiguresBlock",
    "KeyBlock",
    "Swatch",
    "check_looks",
    "in_common",
    "lines_in_common",
    "of_one_scale",
    "unlike",
]


class _Sized(Protocol):
    """An entry that shows amounts by sizes."""

    @property
    def title(self) -> str:
        """Heading."""

    @property
    def values(self) -> tuple[float, ...]:
        """Amounts, largest first."""


Sized = TypeVar("Sized", bound=_Sized)


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
        `"box"`, `"line"`, `"limit"`, `"disc"` or a matplotlib marker.
    edge
        Colour of the edge; of a limit, that of the ground on which it runs.
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
    """
    Classes of a choropleth or of coloured circles, highest first.

    `bounds` are the least and the greatest of the `classified` values, of which
    `shown` are on the map. `hatches`, one a class, tell the classes below `pivot`.
    `fragile` lines after the classes are of values set apart, that no count, bound or
    bar holds. `alone`, one a class from the highest, name the only unit of a class at
    either end. `highest` and `lowest` are the units of the three greatest and least
    values, each with its value, for the alternative text; `ends` are more of them,
    highest first, then lowest first, for a strip that has room for them; `apart` tells
    whether fragile values are left out of these. `dated` is the heading of such a list,
    with its year.
    """

    title: str
    swatches: tuple[Swatch, ...]
    breaks: tuple[float, ...]
    colors: tuple[str, ...]
    bounds: tuple[float, float]
    decimals: int
    counted: str = ""
    signed: bool = False
    classified: int = 0
    shown: int = 0
    hatches: tuple[str, ...] = ()
    pivot: float | None = None
    fragile: int = 0
    alone: tuple[str, ...] = ()
    highest: tuple[str, ...] = ()
    lowest: tuple[str, ...] = ()
    ends: tuple[tuple[tuple[str, float], ...], ...] = ()
    apart: bool = False
    dated: str = ""

    @property
    def range(self) -> tuple[str, str, str]:
        """The least and the greatest value, printed, and of what they are."""
        low, high = (number(b, self.decimals, signed=self.signed) for b in self.bounds)
        of = ["série"] if self.shown < self.classified else []
        of += ["hors petits effectifs"] if self.fragile else []
        return low, high, ", ".join(of)


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
    """A few figures to compare, the first of them set off unless all are alike."""

    title: str
    rows: tuple[tuple[str, float], ...]
    decimals: int
    unit: str
    signed: bool = False
    states: tuple[str, ...] = ()
    """What is to be said of each, where something is."""
    dots: bool = False
    """Whether they are read on an axis, as rates, not from zero, as amounts."""
    about: str = ""
    """Heading that classes of the same thing would have."""
    also: str = ""
    """What changes are of."""
    changes: tuple[str, ...] = ()
    """What is printed under each figure, if anything."""
    alike: bool = False
    """Whether none is set off: they are of the maps of the sheet."""

    def written(self, place: int, unit: str) -> str:
        """
        Return a figure as it is printed, or the sign of what it lacks.

        Parameters
        ----------
        place
            Which row.
        unit
            What is printed after a value.
        """
        _, value = self.rows[place]
        state = self.states[place] if self.states else ""
        if math.isnan(value):
            return VOIDS.get(state, "n.d.")
        sign = f"{SIGNS[state]}\u202f" if state in SIGNS else ""
        return f"{sign}{number(value, self.decimals, signed=self.signed)}{unit}"


@singledispatch
def in_common(block: object, other: object) -> object | None:
    """
    Return one entry of the legend for two maps of a sheet, without their counts.

    A layer whose entry counts units, or shows sizes, registers how two of them join.

    Parameters
    ----------
    block, other
        Entries of one kind, left by the same layer on two maps.

    Returns
    -------
    object or None
        None when they are about two things, each with an entry of its own.

    Raises
    ------
    MeasureError
        If they bear one title and look different: the maps would be compared, wrongly.
    """
    if block == other:
        return block
    title = getattr(block, "title", None)
    if title and title == getattr(other, "title", None):
        raise unlike(title, "give the layers the same options")
    return None


def unlike(title: str, cure: str) -> MeasureError:
    """
    Return the error of two maps that would be compared, wrongly.

    Parameters
    ----------
    title
        Heading that both entries of the legend bear.
    cure
        What to do about it.
    """
    msg = (
        f"{title!r} is not drawn alike on the maps of this sheet, which has one "
        f"legend: {cure}, or a title of its own to each"
    )
    return MeasureError(msg)


def lines_in_common(
    lines: tuple[Swatch, ...], others: tuple[Swatch, ...], title: str
) -> tuple[Swatch, ...]:
    """
    Return the lines of two entries once each, without their counts.

    Parameters
    ----------
    lines, others
        Lines of a legend.
    title
        Of the entries, for the message.

    Raises
    ------
    MeasureError
        If a label has two looks, or two labels have one.

    Examples
    --------
    >>> lines_in_common((Swatch("bourg", "red", 3),), (Swatch("bourg", "red", 5),), "")
    (Swatch(label='bourg', color='red', count=None, ...),)
    """
    found: dict[str, Swatch] = {}
    for line in (*lines, *others):
        bare = replace(line, count=None)
        if found.setdefault(line.label, bare) != bare:
            msg = f"{title}: {line.label}" if title else line.label
            raise unlike(msg, "give it one colour with labels= or palette=")
    check_looks(found.values(), title)
    return tuple(found.values())


def check_looks(lines: Iterable[Swatch], title: str = "") -> None:
    """
    Check that one look has one meaning.

    Parameters
    ----------
    lines
        Lines of a legend.
    title
        Of the entry, for the message.

    Raises
    ------
    MeasureError
        If two labels have one look.

    Examples
    --------
    >>> check_looks([Swatch("gare", "red"), Swatch("musée", "blue")])
    >>> check_looks([Swatch("gare", "red"), Swatch("musée", "red")])
    Traceback (most recent call last):
    ...
    basinmap.errors.MeasureError: 'gare' and 'musée' look the same ...
    """
    meanings: dict[Swatch, str] = {}
    for line in lines:
        if line.shape == "none":
            continue
        look = replace(line, label="", count=None)
        other = meanings.setdefault(look, line.label)
        if other != line.label:
            named = f"{title}: " if title else ""
            msg = (
                f"{named}{other!r} and {line.label!r} look the same on the maps of "
                "this sheet, which has one legend: give one another colour, marker, "
                "width or pattern, or both the same categories with labels="
            )
            raise MeasureError(msg)


def of_one_scale(block: Sized, other: Sized, length: str) -> Sized | None:
    """
    Return the entry of the larger symbols of two maps, None under two titles.

    Parameters
    ----------
    block, other
        Entries that tell amounts, largest first, by radii or sides in millimetres.
    length
        Attribute that holds these.

    Raises
    ------
    MeasureError
        If a symbol of one area does not stand for one amount on both.

    Examples
    --------
    >>> few = CirclesBlock("Logements", (100.0,), (2.0,), "none", "black")
    >>> many = CirclesBlock("Logements", (400.0,), (4.0,), "none", "black")
    >>> of_one_scale(few, many, "radii") == many
    True
    """
    if block.title != other.title:
        return None
    areas = [getattr(one, length)[0] ** 2 / one.values[0] for one in (block, other)]
    if not math.isclose(*areas, rel_tol=1e-6):
        raise unlike(block.title, "write largest=… and largest_mm=… with each layer")
    return max(block, other, key=lambda one: one.values)


@in_common.register
def _(block: ClassesBlock, other: ClassesBlock) -> ClassesBlock | None:
    if block.title != other.title:
        return None
    if (block.breaks, block.colors) != (other.breaks, other.colors):
        raise unlike(block.title, "class the values with bm.shared_classes")
    bounds = (
        min(block.bounds[0], other.bounds[0]),
        max(block.bounds[1], other.bounds[1]),
    )
    lines = lines_in_common(block.swatches, other.swatches, block.title)
    return replace(
        block,
        swatches=lines,
        bounds=bounds,
        decimals=max(block.decimals, other.decimals),
        counted="",
        shown=block.shown + other.shown,
        fragile=max(block.fragile, other.fragile),
        alone=(),
        highest=(),
        lowest=(),
        ends=(),
    )


@in_common.register
def _(block: CirclesBlock, other: CirclesBlock) -> CirclesBlock | None:
    return of_one_scale(block, other, "radii")


@in_common.register
def _(block: KeyBlock, other: KeyBlock) -> KeyBlock:
    return KeyBlock(lines_in_common(block.swatches, other.swatches, ""))
