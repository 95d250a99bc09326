"""Ground of your own, under the data: lands, waters, roads, railways."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.collections import PathCollection

from basinmap.arguments import check_given
from basinmap.errors import DataError, culprits
from basinmap.maps.grounds.lands import Lettered, write_region
from basinmap.maps.layers.doors import enter, leave, meets_frame
from basinmap.maps.layers.drawing import add_key, frame_box, in_frame, inked
from basinmap.maps.look.lettering import letter
from basinmap.maps.look.themes import (
    MM_PER_POINT,
    Theme,
    font,
    one_line,
    settings,
    text_width,
)
from basinmap.maps.paper.blocks import Swatch
from basinmap.maps.paper.shapes import line_path, outline_path
from basinmap.maps.paper.sheets import Laid, MapAxes
from basinmap.maps.paper.stack import STACK
from basinmap.measures import check_columns
from basinmap.typography import typeset

__all__ = ["draw_ground"]

GroundKind = Literal[
    "land",
    "abroad",
    "sea",
    "water",
    "river",
    "canal",
    "motorway",
    "road",
    "railway",
    "limit",
    "border",
]
_STRAIGHT: Final = 0.975  # of the way: a name on a bend is not read


@dataclass(frozen=True, slots=True)
class _Style:
    """How a kind of ground looks: colours, widths in points, dashes."""

    color: str
    width: float
    casing: float = 0.0
    dashes: tuple[float, ...] = ()
    fill: bool = False


def _style(kind: str, theme: Theme) -> _Style:
    return {
        "land": _Style(theme.land, 0.25, fill=True),
        "abroad": _Style(theme.abroad, 0.25, fill=True),
        "sea": _Style(theme.sea, 0.25, fill=True),
        "water": _Style(theme.sea, 0.4, fill=True),
        "river": _Style(theme.water, 0.85),
        "canal": _Style(theme.water, 0.85, casing=1.7),
        "motorway": _Style(theme.border, 1.1, casing=2.0),
        "road": _Style(theme.border, 0.6),
        "railway": _Style(theme.soft, 0.7, dashes=(4.0, 1.6)),
        "limit": _Style(theme.faint, 0.5),
        "border": _Style(theme.border, 1.1),
    }[kind]


def draw_ground(
    ax: MapAxes,
    layer: gpd.GeoDataFrame,
    *,
    kind: GroundKind,
    label: str | None = None,
    names: str | None = None,
    over: bool = False,
) -> None:
    """
    Draw ground of your own under the data: lands, waters, roads, railways.

    It lies over the ground that `page` brings, which `page(ground=False)` leaves out.

    Parameters
    ----------
    ax
        The map of `page`.
    layer
        Polygons of lands and waters, lines of the others, in EPSG:2154.
    kind
        What they are: `"land"`, `"abroad"`, `"sea"`, `"water"`; `"river"`, `"canal"`,
        `"motorway"`, `"road"`, `"railway"`, `"limit"`, `"border"`.
    label
        Entry of the legend; none by default.
    names
        Column of the names, written last where there is room: capitals on lands,
        blue italics on waters, along the line of rivers.
    over
        Whether lines are seen over the data too, under outlines and names.

    Raises
    ------
    CRSError
        If the layer is not in EPSG:2154.
    ColumnError
        If the column of the names is missing.
    DataError
        If the kind is unknown, or the geometries are none of that kind.

    Warns
    -----
    BasinmapWarning
        If none of the layer lies in the frame.

    See Also
    --------
    page : Brings the ground around Nord and Pas-de-Calais by itself.

    Examples
    --------
    >>> import basinmap as bm
    >>> import geopandas as gpd, shapely
    >>> scarpe = shapely.LineString([(700_000, 7_025_000), (725_000, 7_040_000)])
    >>> rivers = gpd.GeoDataFrame({"nom": ["Scarpe"]}, geometry=[scarpe], crs=2154)
    >>> fig, ax = bm.page(bm.communes(epci="CA Douaisis Agglo"), title="Douaisis")
    >>> bm.draw_ground(ax, rivers, kind="river", names="nom", label="rivière")
    """
    check_given(draw_ground, locals())
    if kind not in get_args(GroundKind):
        msg = f"unknown kind {kind!r}; choose among {', '.join(get_args(GroundKind))}"
        raise DataError(msg)
    style = _style(kind, ax.plan.theme) if isinstance(ax, MapAxes) else None
    enter(ax, layer, "layer", areas=bool(style and style.fill), keyed=bool(label))
    assert style is not None  # noqa: S101 - enter refuses what is no map
    if names is not None:
        check_columns(layer, names)
    if not style.fill:
        _check_lines(layer, kind)
    if not meets_frame(ax, layer, "features of the layer"):
        return
    seen = in_frame(ax, layer)
    floor = "waters" if style.fill else "lines of the ground"
    if over and not style.fill:
        floor = "lines over data"
    _draw(ax, seen.geometry, style, floor, kind)
    leave(ax, on=layer, laid=Laid(kind="ground", units=layer))
    if label:
        add_key(ax, _swatch(ax, typeset(label), style))
    if names is not None:
        named = [(str(n), g) for n, g in zip(seen[names], seen.geometry, strict=True)]
        ax.later.append(lambda: _write(ax, named, kind, filled=style.fill))


def _check_lines(layer: gpd.GeoDataFrame, kind: str) -> None:
    """Refuse surfaces for what is a line."""
    odd = layer.index[~layer.geom_type.isin(["LineString", "MultiLineString"])]
    if len(odd):
        msg = (
            f"layer: {len(odd)} of {len(layer)} are no lines, which kind={kind!r} "
            f"needs: {culprits(odd)}; write kind='water' or 'land' for surfaces, or "
            "layer.boundary for their edges"
        )
        raise DataError(msg)


def _draw(
    ax: MapAxes, shapes: gpd.GeoSeries, style: _Style, floor: str, kind: str
) -> None:
    zoom = ax.plan.zoom
    color = inked(ax, style.color)
    to_path = outline_path if style.fill else line_path
    paths = [path for shape in shapes if (path := to_path(shape)) is not None]
    common: dict[str, Any] = {
        "facecolor": color if style.fill else "none",
        "zorder": STACK[floor],
        "label": f"_ground {kind}",
    }
    if not style.fill:
        common |= {"capstyle": "round", "joinstyle": "round"}
    with settings():
        if style.casing:
            cased = PathCollection(
                paths, edgecolor="#ffffff", linewidth=style.casing * zoom, **common
            )
            ax.add_collection(cased, autolim=False)
        if style.dashes:
            common |= {"capstyle": "butt", "linestyle": (0, style.dashes)}
        edge = ax.plan.theme.coast if kind == "water" else color
        drawn = PathCollection(
            paths, edgecolor=edge, linewidth=style.width * zoom, **common
        )
        ax.add_collection(drawn, autolim=False)


def _swatch(ax: MapAxes, label: str, style: _Style) -> Swatch:
    color = inked(ax, style.color)
    if style.fill:
        return Swatch(label, color, edge=ax.plan.theme.faint)
    width = style.width * ax.plan.zoom
    return Swatch(
        label, color, shape="line", edge=color, width=width, dashes=style.dashes
    )


def _write(
    ax: MapAxes, named: list[tuple[str, shapely.Geometry]], kind: str, *, filled: bool
) -> None:
    """Write each name once, where it is widest, or along its line."""
    theme = ax.plan.theme
    groups: dict[str, list[shapely.Geometry]] = {}
    for name, shape in named:
        if one_line(name) and name not in ("nan", "None", "<NA>"):
            groups.setdefault(typeset(one_line(name)), []).append(shape)
    with settings():
        for name, shapes in groups.items():
            whole = shapely.union_all(shapes)
            size = theme.label / ax.plan.zoom
            if not filled:
                watery = kind in ("river", "canal")
                _write_along(ax, whole, name, theme.water if watery else theme.soft)
            elif kind in ("sea", "water"):
                look = Lettered(name, size, theme.water, spaced=False, italic=True)
                write_region(ax, whole, look)
            else:
                write_region(ax, whole, Lettered(name.upper(), size, theme.soft))


def _write_along(ax: MapAxes, shape: shapely.Geometry, text: str, color: str) -> None:
    """Write a name along the straightest stretch of a line, where nothing is."""
    theme, zoom = ax.plan.theme, ax.plan.zoom
    style = font(theme.family, theme.label, italic=True)
    long, high = text_width(text, style), theme.label * MM_PER_POINT
    line = shapely.line_merge(shapely.intersection(shape, frame_box(ax, 1.5 * zoom)))
    spots = [
        spot
        for part in shapely.get_parts(line)
        if part.geom_type == "LineString"
        for spot in _stretches(ax, part, long * 1.15)
    ]
    for straight, start, end in sorted(spots, key=lambda spot: -round(spot[0], 3)):
        if straight < _STRAIGHT:
            return
        (x0, y0), (x1, y1) = sorted((start, end))
        angle = math.atan2(y1 - y0, x1 - x0)
        # Above the line, by half a letter.
        x = (x0 + x1) / 2 - math.sin(angle) * 0.75 * high
        y = (y0 + y1) / 2 + math.cos(angle) * 0.75 * high
        across = (abs(math.cos(angle)) * long + abs(math.sin(angle)) * high) / 2
        up = (abs(math.sin(angle)) * long + abs(math.cos(angle)) * high) / 2
        box = (x - across, y - up, x + across, y + up)
        boxes = np.array(ax.boxes, dtype=float).reshape(-1, 4)
        hit = (boxes[:, :2] <= box[2:]) & (boxes[:, 2:] >= box[:2])
        if hit.all(axis=1).any():
            continue
        ((x, y),) = ax.to_metres(np.array([[x, y]])).tolist()
        letter(
            ax,
            x,
            y,
            text,
            font=style,
            color=inked(ax, color),
            ha="center",
            va="center",
            rotation=math.degrees(angle),
            rotation_mode="anchor",
            clip_on=True,
            zorder=STACK["names"],
            gid="river",
        )
        ax.boxes.append(box)
        return


def _stretches(
    ax: MapAxes, line: shapely.LineString, long: float
) -> list[tuple[float, tuple[float, float], tuple[float, float]]]:
    """Return how straight each stretch of a length is, and its ends in millimetres."""
    metres = long * ax.plan.scale / 1000
    if line.length < metres:
        return []
    starts = np.linspace(0, line.length - metres, 40)
    first = ax.to_mm(
        shapely.get_coordinates(shapely.line_interpolate_point(line, starts))
    )
    last = ax.to_mm(
        shapely.get_coordinates(shapely.line_interpolate_point(line, starts + metres))
    )
    straight = np.hypot(*(last - first).T) / long
    return [
        (float(share), tuple(a), tuple(b))
        for share, a, b in zip(straight, first.tolist(), last.tolist(), strict=True)
    ]
