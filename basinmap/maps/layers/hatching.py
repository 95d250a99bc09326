"""Hatching: perimeters laid over a map without hiding it, at a density in mm."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from types import MappingProxyType
from typing import Final, Literal

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.collections import LineCollection
from matplotlib.patches import Rectangle

from basinmap.arguments import check_given
from basinmap.errors import DataError, MeasureError, VintageError
from basinmap.maps.layers.doors import enter, leave, meets_frame
from basinmap.maps.layers.drawing import (
    fill_shapes,
    frame_box,
    in_frame,
    inked,
)
from basinmap.maps.look.themes import Theme, font, settings, wrapped
from basinmap.maps.paper.alternatives import Sentence, Told, told
from basinmap.maps.paper.blocks import Swatch, in_common
from basinmap.maps.paper.pens import (
    BOX,
    ROW,
    TEXT,
    Pen,
    block_height,
    draw_block,
    leading,
)
from basinmap.maps.paper.sheets import Laid, MapAxes
from basinmap.maps.paper.stack import STACK
from basinmap.territory.reading import check_generations
from basinmap.typography import typeset
from basinmap.values.told import told_of

__all__ = ["draw_hatching"]

Pattern = Literal["/", "\\", "x", "-", "|", "+"]

_ANGLES: Final[Mapping[str, tuple[float, ...]]] = MappingProxyType(
    {"/": (45,), "\\": (-45,), "x": (45, -45), "-": (0,), "|": (90,), "+": (0, 90)}
)
_OUTLINE: Final = 0.9
_STROKE: Final = 0.4


@dataclass(frozen=True, slots=True)
class Hatch:
    """
    One line of the legend of hatched areas.

    Attributes
    ----------
    label
        French text, with the generation of the areas.
    color
        Of outline and strokes.
    pattern
        Key of the angles of the strokes.
    spacing
        Millimetres from one stroke to the next.
    """

    label: str
    color: str
    pattern: str
    spacing: float


@dataclass(frozen=True, slots=True)
class HatchingBlock:
    """All the hatched areas of a map."""

    hatches: tuple[Hatch, ...]


def draw_hatching(
    ax: MapAxes,
    areas: gpd.GeoDataFrame,
    *,
    label: str,
    pattern: Pattern = "/",
    color: str | None = None,
    spacing_mm: float | None = None,
) -> None:
    r"""
    Hatch areas such as QPV over what is drawn, which stays visible.

    The strokes are lines, at a distance in millimetres that no format or resolution
    changes, and line up from one area to the next.

    Parameters
    ----------
    ax
        The map of `page`.
    areas
        Polygons in EPSG:2154; what is outside the frame is left out.
    label
        Entry of the legend. QPV must say their generation: without a year in the
        label, that of the column `generation`, else `attrs["vintage"]`, is added.
    pattern
        Direction of the strokes: `"/"`, `"\"`, `"x"`, `"-"`, `"|"` or `"+"`.
    color
        Of outline and strokes; by default the ink of the theme.
    spacing_mm
        Distance between strokes, 0.4 to 10 mm; by default 1.2 mm, more on a poster.

    Raises
    ------
    VintageError
        If QPV are of two generations, of none that is told, or of another than the
        label says.
    MeasureError
        If areas of another label look the same on this map, or of this one otherwise.
    DataError
        If an area is no polygon, a code is repeated, or the pattern, the spacing or
        the label make no sense.
    CRSError
        If the areas are not in EPSG:2154.

    Examples
    --------
    >>> import basinmap as bm
    >>> quartiers = bm.quartiers()
    >>> fig, ax = bm.page(quartiers, title="Cité de Sessevalle")
    >>> bm.draw_hatching(ax, quartiers, label="quartier étudié (repère de 500 m)")
    """
    check_given(draw_hatching, locals())
    enter(ax, areas, "areas", areas=True)
    if pattern not in _ANGLES:
        msg = f"unknown pattern {pattern!r}; choose among {', '.join(_ANGLES)}"
        raise DataError(msg)
    zoom = ax.plan.zoom
    spacing_mm = 1.2 * zoom if spacing_mm is None else spacing_mm
    if not 0.4 <= spacing_mm <= 10:
        msg = f"spacing_mm={spacing_mm}: strokes are 0.4 to 10 mm apart"
        raise DataError(msg)
    text = typeset(_dated(label, areas))
    ink = inked(ax, color or ax.plan.theme.ink)
    if not meets_frame(ax, areas, "areas"):
        return
    seen = in_frame(ax, areas)
    _add_strokes(ax, seen, _ANGLES[pattern], spacing_mm, ink)
    for edge, width, name in (
        (ax.plan.theme.halo, _OUTLINE + 0.9, f"_{text}"),
        (ink, _OUTLINE, text),
    ):
        fill_shapes(
            ax,
            seen.geometry,
            facecolor="none",
            edgecolor=edge,
            linewidth=width,
            zorder=STACK["hatching"],
            label=name,
        )
    _add_entry(ax, Hatch(text, ink, pattern, spacing_mm))
    sign = {"x": "/\\", "+": "|-"}.get(pattern, pattern)
    swatch = Swatch(text, "none", edge=ink, width=_OUTLINE, hatch=3 * sign)
    leave(ax, on=areas, laid=Laid(kind="hatched", units=areas, swatch=swatch))


def strokes(shape: shapely.Geometry, angle: float, spacing: float) -> list[np.ndarray]:
    """
    Return parallel lines inside a shape, those of a grid that is the same for all.

    Parameters
    ----------
    shape
        Polygons.
    angle
        Direction in degrees from the horizontal.
    spacing
        Distance between lines, in the unit of the shape.

    Returns
    -------
    list of ndarray
        (2, 2) end points each.

    Examples
    --------
    >>> import shapely
    >>> lines = strokes(shapely.box(0, 1, 10, 7), 0, 2)
    >>> [float(line[0, 1]) for line in lines]
    [2.0, 4.0, 6.0]
    """
    turn = np.radians(angle)
    ahead = np.array([np.cos(turn), np.sin(turn)])
    aside = np.array([-ahead[1], ahead[0]])
    corners = shapely.get_coordinates(shapely.envelope(shape))
    along, across = corners @ ahead, corners @ aside
    first, last = np.floor(across.min() / spacing), np.ceil(across.max() / spacing)
    heights = np.arange(first, last + 1) * spacing
    ends = [
        heights[:, None] * aside + reach * ahead
        for reach in (along.min() - 1, along.max() + 1)
    ]
    lines = shapely.multilinestrings(shapely.linestrings(np.stack(ends, axis=1)))
    inside = shapely.get_parts(shapely.intersection(lines, shape))
    return [
        np.asarray(part.coords)[:, :2]
        for part in inside
        if part.geom_type == "LineString"
    ]


def _add_strokes(
    ax: MapAxes,
    areas: gpd.GeoDataFrame,
    angles: tuple[float, ...],
    spacing: float,
    color: str,
) -> None:
    """Draw the strokes once where areas overlap, each over a pale edge."""
    whole = shapely.union_all(shapely.make_valid(areas.geometry.array))
    shown = shapely.intersection(whole, frame_box(ax, 0.0))
    if shown.is_empty:
        return
    step = spacing * ax.plan.scale / 1000
    lines = [line for angle in angles for line in strokes(shown, angle, step)]
    with settings():
        for ink, width in ((ax.plan.theme.halo, _STROKE + 0.5), (color, _STROKE)):
            ax.add_collection(
                LineCollection(
                    lines,
                    colors=ink,
                    linewidths=width * ax.plan.zoom,
                    capstyle="butt",
                    zorder=STACK["hatching"],
                    label="_strokes",
                ),
                autolim=False,
            )


_YEAR = re.compile(r"\b(?:19|20)\d{2}\b")
_QPV = re.compile(r"\bQPV\b|quartiers? prioritaires?", re.IGNORECASE)


def _dated(label: str, areas: gpd.GeoDataFrame) -> str:
    """Return a label that says of what generation the areas are."""
    label = label.strip()
    if not label:
        msg = "hatched areas need a label: label='QPV 2024'"
        raise DataError(msg)
    told = _generation(areas)
    years = _YEAR.findall(label)
    if told and years and told not in years:
        msg = (
            f"label {label!r} says {years[0]}, the areas are of generation {told}; "
            "write that in the label"
        )
        raise VintageError(msg)
    year = told or told_of(areas).vintage
    if _QPV.search(label) and not (years or year):
        msg = (
            f"label {label!r} does not say of which generation: QPV of 2015 and of "
            "2024 are other perimeters; write label='QPV 2024'"
        )
        raise VintageError(msg)
    if years or not year:
        return label
    return f"{label[:-1]}, {year})" if label.endswith(")") else f"{label} ({year})"


def _generation(areas: gpd.GeoDataFrame) -> str:
    """Return the one generation of QPV, or nothing for other areas."""
    if "generation" not in areas.columns:
        return ""
    found = check_generations(areas, areas)
    return "" if found == "none" else found


def _add_entry(ax: MapAxes, hatch: Hatch) -> None:
    """Add a line to the entry of hatched areas."""
    for position, block in enumerate(ax.blocks):
        if isinstance(block, HatchingBlock):
            if hatch not in block.hatches:
                hatches = (*block.hatches, hatch)
                _check_hatches(hatches)
                ax.blocks[position] = HatchingBlock(hatches)
            return
    ax.blocks.append(HatchingBlock((hatch,)))


def _check_hatches(hatches: tuple[Hatch, ...]) -> None:
    """Check that a label has one look, and a look one label."""
    for one, other in combinations(hatches, 2):
        if one.label == other.label or replace(one, label=other.label) == other:
            named = " and ".join(dict.fromkeys([repr(one.label), repr(other.label)]))
            msg = (
                f"hatching {named}: a label has one look on a sheet, and a look one "
                "label; give each its pattern=…, color=… or spacing_mm=…"
            )
            raise MeasureError(msg)


def _lines(hatch: Hatch, width: float, theme: Theme) -> list[str]:
    return wrapped(hatch.label, width - TEXT, font(theme.family, theme.body))


@in_common.register
def _(block: HatchingBlock, other: HatchingBlock) -> HatchingBlock:
    hatches = tuple(dict.fromkeys((*block.hatches, *other.hatches)))
    _check_hatches(hatches)
    return HatchingBlock(hatches)


@block_height.register
def _(block: HatchingBlock, width: float, theme: Theme) -> float:
    return sum(
        ROW + leading(theme) * (len(_lines(hatch, width, theme)) - 1)
        for hatch in block.hatches
    )


@draw_block.register
def _(block: HatchingBlock, pen: Pen) -> None:
    y = 0.0
    for hatch in block.hatches:
        _draw_box(pen, hatch, y)
        lines = _lines(hatch, pen.width, pen.theme)
        for i, line in enumerate(lines):
            pen.write(TEXT, y + 2.7 + leading(pen.theme) * i, line)
        y += ROW + leading(pen.theme) * (len(lines) - 1)


def _draw_box(pen: Pen, hatch: Hatch, y: float) -> None:
    """Draw the swatch with the very strokes of the map."""
    width, height = BOX
    corner = (pen.x, pen.y - y - height)
    pen.paper.add_patch(
        Rectangle(corner, width, height, fc="none", ec=hatch.color, lw=_OUTLINE)
    )
    for angle in _ANGLES[hatch.pattern]:
        for line in strokes(shapely.box(0, 0, width, height), angle, hatch.spacing):
            x, up = (line + corner).T
            pen.paper.plot(
                x, up, color=hatch.color, linewidth=_STROKE, solid_capstyle="butt"
            )


@told.register
def _(block: HatchingBlock) -> Told:
    areas = tuple(hatch.label for hatch in block.hatches)
    return Told("", (Sentence("Hachures", areas),), rank=2)
