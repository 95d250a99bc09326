"""The ground of a map: sea, countries and départements around, towns and their names.

Laid by the first layer of a map that wants it, below all of them; its names come last,
when the foot is drawn or the sheet saved, where everything else has left room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.colors import to_hex
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from basinmap.maps.look.lettering import LEADING, letter
from basinmap.maps.look.themes import MM_PER_POINT, font, settings, text_width
from basinmap.maps.paper.crossings import crossed, keep_off
from basinmap.maps.paper.haloed import write_inked
from basinmap.maps.paper.inks import inks_of
from basinmap.maps.paper.shapes import line_path, outline_path
from basinmap.maps.paper.sheets import MapAxes
from basinmap.maps.paper.stack import STACK
from basinmap.territory.embedded import communes_2026, credit, spatial_table, table
from basinmap.typography import typeset

__all__ = [
    "Lettered",
    "credit_town",
    "ground_sources",
    "lay_ground",
    "lift_ground",
    "lift_lines",
    "lines_of_ground",
    "towns_around",
    "water_of",
    "write_own_towns",
    "write_region",
    "write_towns",
]

_Box = tuple[float, float, float, float]
"""Left, bottom, right, top, in millimetres in the frame."""
REACH: Final = (480_000.0, 6_780_000.0, 920_000.0, 7_200_000.0)
"""Where the embedded ground is whole: left, bottom, right, top, in metres."""
# Of the Strait of Dover, where the North Sea ends: Walde, then Leathercoat Point.
_STRAIT: Final = ((624_000.0, 7_101_000.0), (588_000.0, 7_123_000.0))
_SLIT: Final = 20.0  # metres: half the width of what two sources leave between them
_SPIT: Final = 110.0  # metres: half the width of a needle of land
_NEEDLE: Final = 12.0  # square of its length over its surface, at least
_CORNER: Final = 1.5e-3  # of the frame: too little of a country to be seen as one
_TRACKING: Final = 0.16
_GRID: Final = 26
_WIDE: Final = 60_000.0
_APART: Final = 0.09  # of the width of the frame, between two towns
_NEAREST: Final = 17.0  # millimetres
_MOST: Final = 16
_VILLAGE: Final = 3_000
_TOWN: Final = 20_000  # the least that a map of a département names
_CENTRE: Final = 25_000  # people of a town that is named even across a line
_WEIGHTS: Final = {"departement": 2.0, "arrondissement": 1.5, "": 1.0}


@dataclass(frozen=True, slots=True)
class Lettered:
    """
    How the name of a region is written.

    Attributes
    ----------
    text
        As it is printed, on one line or several.
    size
        In points, for A4.
    color
        Of the letters.
    spaced
        Whether they stand apart, in capitals.
    italic
        Whether they slant.
    narrow
        Whether they are of the narrow face, as the names of units are.
    """

    text: str
    size: float
    color: str
    spaced: bool = True
    italic: bool = False
    narrow: bool = False


@dataclass(frozen=True, slots=True)
class _Land:
    """A piece of ground that the frame shows."""

    name: str
    kind: str
    shape: shapely.Geometry


@dataclass(frozen=True, slots=True)
class _Names:
    """The names of the ground, to be written last."""

    ax: MapAxes
    lands: tuple[_Land, ...]
    water: shapely.Geometry | None

    def __call__(self) -> None:
        """Write them."""
        _write_names(self.ax, self.lands, self.water)


@cache
def _own() -> pd.Series:
    """Return the two départements, joined along the very vertices of the communes."""
    communes = communes_2026()
    groups = communes.groupby("departement")["geometry"]
    return groups.agg(lambda part: shapely.coverage_union_all(part.to_numpy()))


@cache
def _lands() -> gpd.GeoDataFrame:
    """Return every land that is known, the farthest first."""
    around, abroad = spatial_table("surroundings"), spatial_table("abroad")
    own = gpd.GeoDataFrame(
        {"name": ["Nord", "Pas-de-Calais"], "kind": "own"},
        index=["59", "62"],
        geometry=_own().loc[["59", "62"]].to_numpy(),
        crs=around.crs,
    )
    return gpd.GeoDataFrame(pd.concat([abroad, around, own]), crs=around.crs)


@cache
def _lands_apart() -> tuple[list[str], list[str], np.ndarray, np.ndarray]:
    """Return name, kind, shape and box of every land: all sheets look through them."""
    lands = _lands()
    shapes = lands.geometry.to_numpy()
    boxes = shapely.box(*shapely.bounds(shapes).T)
    names, kinds = (lands[column].astype(str).tolist() for column in ("name", "kind"))
    return names, kinds, shapes, boxes


def lay_ground(ax: MapAxes) -> None:
    """
    Lay the ground of a map that wants one, once, where it is known.

    Parameters
    ----------
    ax
        The map of `page`.
    """
    if not ax.grounded:
        return
    ax.grounded = False
    box = _frame(ax)
    if not shapely.contains(shapely.box(*REACH), box):
        return
    lands = _without_corners(_seen(box), box)
    theme = ax.plan.theme
    kinds = {"country": theme.abroad, "departement": theme.beyond, "own": theme.land}
    kinds["corner"] = theme.land
    areas = [land for land in lands if land.kind in kinds]
    with settings():
        shown = _clipped([land.shape for land in areas], box)
        sea = shapely.area(shown).sum() < 0.9999 * box.area
        if sea:
            ax.set_facecolor(theme.sea)
        for kind, color in kinds.items():
            # A hair of its own colour hides the seams.
            _fill(ax, [land for land in areas if land.kind == kind], color)
        land, spits = _rounded(_whole_land(areas)) if sea else (None, None)
        if spits is not None:
            path = outline_path(spits)
            wide = 1.6 * ax.plan.zoom  # over limits that were drawn around them
            style = {"fc": theme.sea, "ec": theme.sea, "lw": wide}
            _add(ax, "spits", [path] if path else [], "borders", **style)
        coast = shapely.boundary(land) if sea else None
        water = shapely.difference(box, land) if sea else None
        _line(ax, "coast", [coast], theme.coast, 0.9)
        for kind, color, width in (
            ("limit", theme.faint, 0.5),
            ("border", theme.border, 1.1),
        ):
            shapes = [land.shape for land in lands if land.kind == kind]
            _line(ax, kind, shapes, color, width)
            keep_off(ax, shapes)
        if coast is not None:
            keep_off(ax, [coast])
    _credit(ax, {land.kind for land in areas})
    ax.later.append(_Names(ax, tuple(areas), water))


def _whole_land(areas: list[_Land]) -> shapely.Geometry:
    """
    Join lands, and what is between them that is no sea.

    Two sources never draw one limit alike: what is thin, and lies between our own
    départements and the others, is a slit. A river mouth that is as thin has the same
    land on both sides, or is wider elsewhere.
    """
    land = shapely.union_all([one.shape for one in areas])
    water = shapely.difference(shapely.box(*land.bounds), land)
    wide = shapely.buffer(shapely.buffer(water, -_SLIT), 1.5 * _SLIT)
    thin = shapely.get_parts(shapely.difference(water, wide))
    between = np.ones(len(thin), dtype=bool)
    for own in (True, False):
        side = [one.shape for one in areas if (one.kind == "own") == own]
        between &= shapely.dwithin(thin, shapely.union_all(side), 1.0)
    # A metre more, for the parts to melt into one another.
    return shapely.union_all([land, *shapely.buffer(thin[between], 1.0)])


def lift_lines(ax: MapAxes) -> None:
    """
    Draw limits of départements and frontiers over the outlines that run along them.

    Parameters
    ----------
    ax
        The map of `page`, its ground laid.
    """
    zoom = ax.plan.zoom
    looks = {"limit": (ax.plan.theme.soft, 0.7), "border": (ax.plan.theme.ink, 1.3)}
    for patch in ax.patches:
        kind = str(patch.get_label()).removeprefix("_lands ")
        if kind in looks:
            color, width = looks[kind]
            patch.set(
                zorder=STACK["limits over outlines"],
                edgecolor=color,
                linewidth=width * zoom,
            )


def lines_of_ground(ax: MapAxes) -> dict[str, tuple[str, float]]:
    """
    Return colour and width of the lines that the ground of a map shows, by kind.

    Parameters
    ----------
    ax
        The map of `page`, its ground laid.
    """
    frame, found = _frame(ax), {}
    for kind in ("limit", "border"):
        for patch in ax.patches:
            if patch.get_label() != f"_lands {kind}":
                continue
            lines = patch.get_path().to_polygons(closed_only=False)
            shapes = [
                shapely.LineString(line)
                for line in map(np.asarray, lines)
                if len(line) > 1
            ]
            if shapely.intersects(shapes, frame).any():
                found[kind] = (to_hex(patch.get_edgecolor()), patch.get_linewidth())
    return found


def _rounded(land: shapely.Geometry) -> tuple[shapely.Geometry, shapely.Geometry]:
    """
    Return land without its needles, and these.

    Outlines that were simplified fold where a spit of sand was: a coast would be drawn
    there and back.
    """
    core = shapely.buffer(land, -_SPIT, join_style="mitre")
    core = shapely.buffer(core, 1.2 * _SPIT, join_style="mitre")
    thin = shapely.get_parts(shapely.difference(land, core))
    # A needle is long; what is as wide as long is a cape, or the edge of the cut.
    length, area = shapely.length(thin) / 2, shapely.area(thin)
    needles = thin[(area > _SPIT**2) & (length**2 > _NEEDLE * area)]
    # A metre more, for nothing of them to be left.
    cut = shapely.union_all(shapely.buffer(needles, 1.0))
    return shapely.difference(land, cut), cut


def _without_corners(lands: list[_Land], box: shapely.Polygon) -> list[_Land]:
    """Give what is seen of a country to what is around, where it is but a corner."""
    countries = [land.shape for land in lands if land.kind == "country"]
    parts = shapely.get_parts(shapely.intersection(countries, box))
    at_edge = shapely.intersects(parts, shapely.boundary(box))
    small = shapely.area(parts) < _CORNER * box.area
    corners = parts[at_edge & small]
    if not len(corners):
        return lands
    # As far as lands are cut out of the frame, and the width of a line.
    corner = shapely.buffer(shapely.union_all(corners), 0.025 * box.length / 4)
    whole = parts[~(at_edge & small)]
    corner = shapely.difference(corner, shapely.union_all(whole))
    gone = {"country", "border"}
    kept = [
        replace(land, shape=_left(land.shape, corner)) if land.kind in gone else land
        for land in lands
    ]
    # To the metre: GEOS cuts no shape by a frame of which it nearly is along an edge.
    found = shapely.set_precision(
        shapely.intersection(corner, shapely.union_all(countries)), 1.0
    )
    areas = shapely.get_parts(found)
    under = _Land("", "corner", shapely.multipolygons(areas[shapely.area(areas) > 1.0]))
    return [land for land in [under, *kept] if not land.shape.is_empty]


def _left(shape: shapely.Geometry, gone: shapely.Geometry) -> shapely.Geometry:
    """Return what is left of lines, or of areas, without what is no area any more."""
    parts = shapely.get_parts(shapely.difference(shape, gone))
    kept = parts[shapely.get_dimensions(parts) == shapely.get_dimensions(shape)]
    if shapely.get_dimensions(shape) == 2:
        kept = kept[shapely.area(kept) > 1.0]
    return shapely.union_all(kept)


def lift_ground(ax: MapAxes) -> None:
    """
    Take the ground away, with its names and sources, from under a picture.

    Parameters
    ----------
    ax
        The map of `page`.
    """
    ax.grounded = False
    ax.below.clear()
    ax.later = [write for write in ax.later if not isinstance(write, _Names)]
    for drawn in list(ax.patches):
        if str(drawn.get_label()).startswith("_lands"):
            drawn.remove()


def water_of(ax: MapAxes) -> shapely.Geometry | None:
    """
    Return the sea that a map shows, whose names are still to be written.

    Parameters
    ----------
    ax
        The map of `page`.
    """
    waiting = (one for one in ax.later if isinstance(one, _Names))
    return next((one.water for one in waiting), None)


def _frame(ax: MapAxes) -> shapely.Polygon:
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    return shapely.box(x0, y0, x1, y1)


def _seen(box: shapely.Polygon) -> list[_Land]:
    """Return what the frame shows of each land and limit."""
    names, kinds, shapes, boxes = _lands_apart()
    x0, y0, x1, y1 = box.bounds
    # Wider than the frame, for no edge of a cut to be drawn in it.
    room = 0.02 * (x1 - x0)
    met = np.flatnonzero(shapely.intersects(boxes, box))
    cut = shapely.clip_by_rect(shapes[met], x0 - room, y0 - room, x1 + room, y1 + room)
    return [
        _Land(names[row], kinds[row], shape)
        for row, shape in zip(met.tolist(), cut, strict=True)
        if not shape.is_empty and shape.intersects(box)
    ]


def _clipped(shapes: Any, box: shapely.Polygon) -> Any:  # noqa: ANN401 - one or many
    """Return what a frame holds of shapes, soonest."""
    try:
        return shapely.clip_by_rect(shapes, *box.bounds)
    except shapely.errors.GEOSException:
        # Of what barely touches the frame it makes rings of three points.
        return shapely.intersection(shapes, box)


def _fill(ax: MapAxes, lands: list[_Land], color: str) -> None:
    paths = [path for land in lands if (path := outline_path(land.shape)) is not None]
    _add(ax, "area", paths, "lands", fc=color, ec=color, lw=0.25 * ax.plan.zoom)


def _line(
    ax: MapAxes,
    kind: str,
    shapes: Iterable[shapely.Geometry | None],
    color: str,
    width: float,
) -> None:
    paths = [path for shape in shapes if (path := line_path(shape)) is not None]
    _add(ax, kind, paths, "borders", fc="none", ec=color, lw=width * ax.plan.zoom)


def _add(
    ax: MapAxes,
    kind: str,
    paths: list[Path],
    floor: str,
    **style: Any,  # noqa: ANN401 - matplotlib's own options
) -> None:
    """Add paths as one; among collections there are layers alone."""
    if not paths:
        return
    # Cut a little out of the frame, paths have ends that are not seen.
    shape = PathPatch(
        Path.make_compound_path(*paths),
        capstyle="round",
        joinstyle="round",
        zorder=STACK[floor],
        label=f"_lands {kind}",
        **style,
    )
    ax.add_artist(shape)


_CREDITS: Final = {
    "own": "geometry",
    "departement": "surroundings.geometry",
    "country": "abroad.geometry",
}


def _credit(ax: MapAxes, kinds: set[str]) -> None:
    for kind, column in _CREDITS.items():
        if kind in kinds:
            ax.below[f"fond : {credit(column)[0]}"] = None


def ground_sources() -> tuple[str, ...]:
    """Return all that the ground of a map may be made from, with its vintage."""
    columns = (*_CREDITS.values(), "towns.name")
    return tuple(dict.fromkeys(credit(column)[0] for column in columns))


# -- names -------------------------------------------------------------------------


def _write_names(
    ax: MapAxes, lands: tuple[_Land, ...], water: shapely.Geometry | None
) -> None:
    """Write towns, then lands and seas, where nothing else is."""
    theme = ax.plan.theme
    with settings():
        write_towns(ax, towns_around(ax))
        if _is_covered(ax):
            return
        for land in lands:
            if not land.name:
                continue
            size = theme.label / ax.plan.zoom + (1.6 if land.kind == "country" else 0.6)
            look = Lettered(land.name.upper(), size, theme.soft)
            write_region(ax, land.shape, look)
        if water is not None:
            for name, part in _seas(water):
                size = theme.label / ax.plan.zoom + 3.6
                look = Lettered(name, size, theme.water, spaced=False, italic=True)
                write_region(ax, part, look)


def _is_covered(ax: MapAxes) -> bool:
    """Tell whether a layer fills the frame, whose units do not lie on each other."""
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    filled = (
        shapely.area(shapely.clip_by_rect(fill.shapes, x0, y0, x1, y1)).sum()
        for fill in ax.fills
        if fill.floor == STACK["fills"]
    )
    return max(filled, default=0.0) > (1 - 1e-9) * (x1 - x0) * (y1 - y0)


def _seas(water: shapely.Geometry) -> Iterable[tuple[str, shapely.Geometry]]:
    """Cut the sea along the strait."""
    (x0, y0), (x1, y1) = _STRAIT
    slope = (y1 - y0) / (x1 - x0)
    left, right = REACH[0] - 1e5, REACH[2] + 1e5
    low, high = (y0 + slope * (x - x0) for x in (left, right))
    channel = shapely.Polygon(
        [(left, low), (right, high), (right, REACH[1] - 1e6), (left, REACH[1] - 1e6)]
    )
    yield "Manche", shapely.intersection(water, channel)
    yield "Mer du Nord", shapely.difference(water, channel)


def write_region(ax: MapAxes, shape: shapely.Geometry, look: Lettered) -> bool:
    """
    Write the name of a region where its visible part is widest, if it fits there.

    Parameters
    ----------
    ax
        The map of `page`.
    shape
        What the region covers.
    look
        The name, and how it is written.
    """
    theme, zoom = ax.plan.theme, ax.plan.zoom
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    free = _clipped(shape, shapely.box(x0, y0, x1, y1))
    if free.is_empty:
        return False
    family = theme.narrow if look.narrow else theme.family
    # Smaller and closer before not at all: a country that is unnamed is unknown.
    apart = _TRACKING if look.spaced else 0.0
    for share, tracking in ((1.0, apart), (0.85, apart / 2)):
        size = share * look.size * zoom
        style = font(family, size, italic=look.italic)
        lines = look.text.split("\n")
        wide = max(_width(line, style, tracking) for line in lines) + 2.0 * zoom
        high = size * MM_PER_POINT * (1 + LEADING * (len(lines) - 1)) + 1.4 * zoom
        spot = _widest(ax, free, wide, high)
        if spot is not None:
            break
    else:
        return False
    x, y = spot
    box = (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
    at_x, at_y = ax.to_metres(np.array([[x, y]]))[0].tolist()
    options: dict[str, Any] = {
        "font": style,
        "ha": "center",
        "va": "center",
        "clip_on": True,
    }
    if len(lines) > 1:
        options["linespacing"] = LEADING
    if look.narrow and (ink := _halo(ax, box, look.color)):
        halo = {"color": ink, "halo": 1.4 * zoom, "zorder": STACK["halos"]}
        letter(ax, at_x, at_y, look.text, gid="halo", **{**halo, **options})
    letter(
        ax,
        at_x,
        at_y,
        look.text,
        color=look.color,
        tracking=tracking,
        zorder=STACK["names"],
        gid="name" if look.narrow else "region",
        **options,
    )
    ax.boxes.append(box)
    return True


def _halo(ax: MapAxes, box: _Box, color: str) -> str:
    """Return the colour of what is around letters that a line runs through."""
    if not crossed(ax, np.array([box]))[0]:
        return ""
    (ink,) = inks_of(ax, np.array([box]), np.array([False]), color)
    return ink.halo


def _width(text: str, style: FontProperties, tracking: float) -> float:
    size = style.get_size_in_points() * MM_PER_POINT
    return text_width(text, style) + tracking * size * max(len(text) - 1, 0)


def _data(ax: MapAxes) -> shapely.STRtree:
    """Return what the map is about, where names of the ground do not go."""
    if ax.covered is None:
        shapes = [] if ax.subject is None else [ax.subject.to_numpy()]
        # A page may show one commune, and the rates of those around it.
        shapes += [fill.shapes for fill in ax.fills if fill.floor == STACK["fills"]]
        ax.covered = shapely.STRtree(np.concatenate(shapes) if shapes else [])
    return ax.covered


def _boxes(ax: MapAxes) -> np.ndarray:
    """Return what is taken by names, markers and symbols, in millimetres."""
    boxes = np.array(ax.boxes, dtype=float).reshape(-1, 4)
    discs = np.array(list(ax.symbols.values()), dtype=float).reshape(-1, 3)
    low, high = discs[:, :2] - discs[:, 2:], discs[:, :2] + discs[:, 2:]
    return np.vstack([boxes, np.column_stack([low, high])])


def _widest(
    ax: MapAxes, free: shapely.Geometry, wide: float, high: float
) -> tuple[float, float] | None:
    """Return the place where a box fits with most room around, in millimetres."""
    width, height = ax.plan.frame[2:]
    x0, y0, x1, y1 = free.bounds
    ((left, low), (right, top)) = ax.to_mm(np.array([[x0, y0], [x1, y1]])).tolist()
    half_x, half_y = wide / 2, high / 2
    xs = np.linspace(max(left, 0) + half_x, min(right, width) - half_x, _GRID)
    ys = np.linspace(max(low, 0) + half_y, min(top, height) - half_y, _GRID)
    if xs[0] > xs[-1] or ys[0] > ys[-1]:
        return None
    half = np.array([half_x, half_y])
    open_ = ~_barred(_boxes(ax), (xs, ys), half)
    spots = np.stack(np.meshgrid(xs, ys), axis=-1)[open_]
    places = ax.to_metres(spots)
    shapely.prepare(free)
    data = _data(ax)
    # Most are given up for their middle: boxes are made of the few that are left.
    inside = np.flatnonzero(shapely.intersects_xy(free, *places.T))
    inside = _clear(data, shapely.points(places[inside]), inside)
    corners = (ax.to_metres(spots[inside] - half), ax.to_metres(spots[inside] + half))
    boxes = shapely.box(*np.column_stack(corners).T)
    whole = shapely.contains(free, boxes)
    inside = _clear(data, boxes[whole], inside[whole])
    if not len(inside):
        return None
    clear = ~crossed(ax, np.hstack([spots[inside] - half, spots[inside] + half]))
    if clear.any():
        inside = inside[clear]
    points = shapely.points(ax.to_metres(spots[inside]))
    away = shapely.distance(points, shapely.boundary(free))
    if len(data):
        _, near = data.query_nearest(points, return_distance=True, all_matches=False)
        away = np.minimum(away, near)
    x, y = spots[inside[int(np.argmax(np.round(away)))]].tolist()
    return x, y


def _clear(data: shapely.STRtree, shapes: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the rows whose shape meets no data."""
    barred = data.query(shapes, predicate="intersects")[0]
    clear: np.ndarray = np.delete(rows, np.unique(barred))
    return clear


def _barred(
    taken: np.ndarray, axes: tuple[np.ndarray, np.ndarray], half: np.ndarray
) -> np.ndarray:
    """Tell on which places of a grid, y by x, a box would meet what is taken."""
    over = [
        (places[:, None] - room < taken[:, 2 + side])
        & (places[:, None] + room > taken[:, side])
        for side, (places, room) in enumerate(zip(axes, half, strict=True))
    ]
    across, up = (one.astype(np.float32) for one in over)
    barred: np.ndarray = up @ across.T > 0
    return barred


def _hit(taken: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Tell which boxes, by their corners, meet something that is taken."""
    below = (low[:, None] < taken[:, 2:]).all(axis=2)
    above = (high[:, None] > taken[:, :2]).all(axis=2)
    hit = np.zeros(len(low), dtype=bool)
    hit[np.nonzero(below & above)[0]] = True
    return hit


# -- towns -------------------------------------------------------------------------


def towns_around(
    ax: MapAxes, *, least: float | None = None, abroad: bool = True
) -> pd.DataFrame:
    """
    Return the towns that orient a reader: seats and centres, the largest first.

    Parameters
    ----------
    ax
        The map of `page`; those on its subject, or named already, are left out, and
        those that are too near to a town that is named.
    least
        People of a town that is no seat; by default fewer on a map of a few
        kilometres.
    abroad
        Whether those that are not in France are among them.
    """
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    small = bool(x1 - x0 <= _WIDE)
    towns, listed = _towns(small=small), _listed(small=small)
    if least is None:
        least = _VILLAGE if small else _TOWN
    x, y = listed.places.T
    seen = (x0 <= x) & (x <= x1) & (y0 <= y) & (y <= y1)
    seen &= (listed.people >= least) | listed.seat
    seen &= listed.french | abroad
    rows = np.flatnonzero(seen)
    # Exits are named without a code, as towns abroad are.
    named = {one for pair in ax.named for one in pair} - {""}
    rows = _clear(_data(ax), shapely.points(listed.places[rows]), rows)
    new = np.array(
        [named.isdisjoint(listed.called[row]) for row in rows.tolist()], dtype=bool
    )
    there, rows = rows[~new].tolist(), rows[new]
    rows = rows[np.argsort(-listed.weight[rows], kind="stable")]
    # On a small page names need as many millimetres as on a large one.
    apart = max(_APART * (x1 - x0), _NEAREST * ax.plan.scale / 1000)
    chosen: list[int] = []
    for row in rows.tolist():
        steps = listed.places[there + chosen] - listed.places[row]
        if not len(steps) or np.hypot(*steps.T).min() >= apart:
            chosen.append(row)
    chosen = chosen[: max(_MOST - len(there), 0)]
    return towns.iloc[chosen] if chosen else towns.iloc[:0]


@dataclass(frozen=True, slots=True)
class _Listed:
    """Towns as arrays: every sheet of a series looks through them."""

    places: np.ndarray
    people: np.ndarray
    weight: np.ndarray
    seat: np.ndarray
    french: np.ndarray
    called: list[tuple[object, object]]
    """Code and name of each."""


@cache
def _listed(*, small: bool) -> _Listed:
    towns = _towns(small=small)
    people = towns["population"].to_numpy(dtype=float)
    return _Listed(
        places=towns[["x", "y"]].to_numpy(dtype=float),
        people=people,
        weight=people * towns["seat"].map(_WEIGHTS).to_numpy(dtype=float),
        seat=towns["seat"].ne("").to_numpy(dtype=bool),
        french=towns["country"].eq("FRA").to_numpy(dtype=bool),
        called=list(zip(towns["commune"], towns["name"], strict=True)),
    )


@cache
def _towns(*, small: bool) -> pd.DataFrame:
    towns = table("towns")
    return pd.concat([towns, _small_towns()]) if small else towns


@cache
def _small_towns() -> pd.DataFrame:
    """Return the communes that only a map of a few kilometres names."""
    communes = communes_2026()
    latest = table("population").iloc[:, -1].reindex(communes.index)
    listed = set(table("towns")["commune"])
    found = pd.DataFrame(
        {
            "name": communes["name"],
            "country": "FRA",
            "commune": communes.index,
            "seat": "",
            "population": latest,
            "x": communes["town_hall_x"],
            "y": communes["town_hall_y"],
        }
    )
    small = (
        latest.ge(_VILLAGE) & found["x"].notna() & ~communes.index.isin(list(listed))
    )
    return found[small].set_axis(range(10_000, 10_000 + int(small.sum())))


def write_towns(ax: MapAxes, towns: pd.DataFrame) -> int:
    """
    Write towns as points with italic names, each beside its point, where there is room.

    Parameters
    ----------
    ax
        The map of `page`.
    towns
        With columns `name`, `x`, `y`, `country` and `seat`, the important ones first.
    """
    if towns.empty:
        return 0
    theme = ax.plan.theme
    spots = ax.to_mm(towns[["x", "y"]].to_numpy(dtype=float))
    style = font(theme.family, theme.label, italic=True)
    meets = partial(_meets, ax)
    written = 0
    for (x, y), (_, town) in zip(spots.tolist(), towns.iterrows(), strict=True):
        name = str(town["name"])
        seat = town["seat"] == "departement"
        text = typeset(name.upper() if seat else name)
        found = _beside(ax, (x, y), _size(text, style), meets, meets)
        if found is None:
            continue
        lined = bool(crossed(ax, np.array([found[0]]))[0])
        if lined and not seat and town["population"] < _CENTRE:
            continue  # it orients less than it disturbs
        _put(ax, (x, y), found[0])
        _mark(ax, (x, y), ax.plan.theme.soft, seat=seat)
        _name(ax, text, *found, style)
        ax.named.add((str(town["commune"]), name))
        credit_town(ax, name)
        written += 1
    return written


def write_own_towns(
    ax: MapAxes, towns: pd.DataFrame, within: shapely.Geometry, *, strong: int = 0
) -> int:
    """
    Write towns of an area as points with names that its edge does not cut.

    A name lies in the area, or out of it: its halo never spills over the edge.

    Parameters
    ----------
    ax
        The map of `page`.
    towns
        On their codes, with columns `name`, `broken` (the same on two lines), `x`, `y`,
        the important ones first.
    within
        The area, which is filled.
    strong
        How many of the first are written larger.
    """
    theme, zoom = ax.plan.theme, ax.plan.zoom
    spots = ax.to_mm(towns[["x", "y"]].to_numpy(dtype=float))
    rim = shapely.boundary(within)
    shapely.prepare(rim)
    edge = 0.5 * zoom

    # A name leaves the points of the others free, which come after it.
    points = np.hstack([spots - 0.6 * zoom, spots + 0.6 * zoom])

    def taken(box: _Box) -> bool:
        low, high = np.array([box[:2]]), np.array([box[2:]])
        return bool(_hit(_boxes(ax), low - edge / 2, high + edge / 2).any())

    def bars(box: _Box) -> bool:
        low, high = np.array([box[:2]]), np.array([box[2:]])
        if taken(box) or _hit(points, low, high).any():
            return True
        corners = ax.to_metres(np.array([low[0] - edge, high[0] + edge])).ravel()
        return bool(shapely.intersects(rim, shapely.box(*corners)))

    written = 0
    texts = towns[["name", "broken"]].astype(str).to_numpy().tolist()
    rows = zip(spots.tolist(), towns.index.astype(str), texts, strict=True)
    with settings():
        for place, ((x, y), code, forms) in enumerate(rows):
            first = place < strong
            size = theme.label + (1.4 * zoom if first else 0.0)
            style = font(theme.narrow, size, weight=500 if first else 400)
            rooms = (
                (t, _beside(ax, (x, y), _size(t, style), bars, taken, far=True))
                for t in map(typeset, forms)
            )
            room = next(((t, found) for t, found in rooms if found is not None), None)
            if room is None:
                continue
            text, found = room
            _put(ax, (x, y), found[0])
            _mark(ax, (x, y), theme.halo, seat=False)
            _name(ax, text, *found, style, own=True)
            ax.named.add((code, forms[0]))
            written += 1
    return written


def _size(text: str, style: FontProperties) -> tuple[float, float]:
    """Return width and height of a text of some lines, in millimetres."""
    lines = text.split("\n")
    high = style.get_size_in_points() * MM_PER_POINT
    wide = max(text_width(line, style) for line in lines)
    return wide, high * (1 + LEADING * (len(lines) - 1))


def _put(ax: MapAxes, spot: tuple[float, float], box: _Box) -> None:
    """Keep the room of a town: its point, and its name."""
    (x, y), dot = spot, 0.5 * ax.plan.zoom
    ax.boxes += [box, (x - dot, y - dot, x + dot, y + dot)]


@cache
def _abroad() -> frozenset[str]:
    """Return the names of the towns that are not in France."""
    towns = table("towns")
    return frozenset(towns.loc[towns["country"] != "FRA", "name"])


def credit_town(ax: MapAxes, name: str) -> None:
    """
    Keep the source of a town abroad, whose name is written.

    Parameters
    ----------
    ax
        The map of `page`.
    name
        Of one of the embedded towns.
    """
    if name in _abroad():
        ax.below[f"villes : {credit('towns.name')[0]}"] = None


def _beside(
    ax: MapAxes,
    place: tuple[float, float],
    size: tuple[float, float],
    barred: Callable[[_Box], bool],
    dotted: Callable[[_Box], bool],
    *,
    far: bool = False,
) -> tuple[_Box, str] | None:
    """Return the first free box beside a point, on no line if one is, and its side."""
    zoom = ax.plan.zoom
    width, height = ax.plan.frame[2:]
    (x, y), (long, high) = place, size
    gap, edge = 1.1 * zoom, 1.0 * zoom
    if not (edge <= x <= width - edge and edge <= y <= height - edge):
        return None
    dot = 0.7 * zoom
    if dotted((x - dot, y - dot, x + dot, y + dot)):
        return None
    found: list[tuple[_Box, str]] = []
    for across, up, align in (
        (gap, 0.0, "left"),
        (-gap - long, 0.0, "right"),
        (-long / 2, gap + high / 2, "center"),
        (-long / 2, -gap - high / 2, "center"),
        (gap * 0.7, gap * 0.8, "left"),
        (-gap * 0.7 - long, gap * 0.8, "right"),
        (gap * 0.7, -gap * 0.8, "left"),
        (-gap * 0.7 - long, -gap * 0.8, "right"),
        *(
            (-share * long, side * (gap + high / 2), "center")
            for share in (0.2, 0.8, 0.35, 0.65)
            for side in (1, -1)
        ),
        *(
            (
                -ring * gap - long if left else ring * gap,
                0.0,
                "right" if left else "left",
            )
            for ring in ((2.0, 3.0, 4.0) if far else ())
            for left in (False, True)
        ),
        *(
            (-long / 2, side * (ring * gap + high / 2), "center")
            for ring in ((2.0, 3.0) if far else ())
            for side in (1, -1)
        ),
    ):
        box = (x + across, y + up - high / 2, x + across + long, y + up + high / 2)
        inside = box[0] >= edge and box[2] <= width - edge
        inside &= box[1] >= edge and box[3] <= height - edge
        if inside and not barred(box):
            found.append((box, align))
    if not found:
        return None
    # Over a line only where no free place is beside it.
    lined = crossed(ax, np.array([box for box, _ in found]))
    return found[int(np.argmin(lined))]


def _meets(ax: MapAxes, box: _Box) -> bool:
    """Tell whether a box meets the data, or something written since."""
    gap = 0.4 * ax.plan.zoom
    low, high = np.array([box[:2]]) - gap, np.array([box[2:]]) + gap
    if _hit(_boxes(ax), low, high).any():
        return True
    corners = ax.to_metres(np.array(box).reshape(2, 2)).ravel()
    return bool(len(_data(ax).query(shapely.box(*corners), predicate="intersects")))


def _mark(ax: MapAxes, spot: tuple[float, float], color: str, *, seat: bool) -> None:
    """Set the point of a town, the square one of a prefecture."""
    theme, zoom = ax.plan.theme, ax.plan.zoom
    mark = Path.unit_rectangle() if seat else Path.unit_circle()
    ends = np.asarray(mark.vertices, dtype=float)
    corners = ends - 0.5 if seat else ends / 2
    side = (1.0 if seat else 0.85) * zoom
    drawn = Path(ax.to_metres(corners * side + np.array(spot)), mark.codes)
    _add(ax, "town", [drawn], "towns", fc=color, ec=theme.halo, lw=0.4 * zoom)


def _name(
    ax: MapAxes,
    text: str,
    box: _Box,
    align: str,
    style: FontProperties,
    *,
    own: bool = False,
) -> None:
    """Write the name of a town, white on a dark fill where it is of the subject."""
    theme, zoom = ax.plan.theme, ax.plan.zoom
    x = {"left": box[0], "right": box[2]}.get(align, (box[0] + box[2]) / 2)
    ((x, y),) = ax.to_metres(np.array([[x, (box[1] + box[3]) / 2]])).tolist()
    common = {"font": style, "ha": align, "va": "center", "clip_on": True}
    if "\n" in text:
        common["linespacing"] = LEADING
    wanted = None if own else theme.soft
    (ink,) = inks_of(ax, np.array([box]), np.array([False]), wanted)
    ink = replace(ink, halo=ink.halo or theme.beyond)
    kind = "name" if own else "town"
    write_inked(ax, x, y, text, ink, halo=1.2 * zoom, gid=kind, **common)
