"""Names on the map: placed without overlap, text that stays text."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Iterable, Iterator
from functools import cache
from numbers import Real
from typing import Any, Final, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D

from basinmap.arguments import check_given
from basinmap.errors import BasinmapWarning, DataError, culprits
from basinmap.maps.layers.drawing import inked
from basinmap.maps.layers.led_off import led_off
from basinmap.maps.layers.placement import PlacedLabels, place_labels, split_label
from basinmap.maps.look.lettering import LEADING
from basinmap.maps.look.themes import MM_PER_POINT, font, one_line, settings, text_width
from basinmap.maps.paper.crossings import clear_spot, crossed, segments_of
from basinmap.maps.paper.guards import check_drawable, check_map, rows_in, shapes_of
from basinmap.maps.paper.haloed import write_inked
from basinmap.maps.paper.inks import Ink, inks_of
from basinmap.maps.paper.kept import Kept
from basinmap.maps.paper.sheets import MapAxes
from basinmap.maps.paper.stack import STACK
from basinmap.measures import check_columns
from basinmap.territory.embedded import table
from basinmap.typography import shortest, typeset
from basinmap.values.checks import check_series, check_states, numbers, states_beside

__all__ = ["draw_labels"]

_NEAR = 1.5  # mm: half a name high, it would be written over the marker
_FAR = (-1e15, 1e15)
_SHOWN = " shown"  # column of the part of each unit that the frame shows
_WHOLE = " whole"  # column of the unit itself
_SLIVER = 30.0  # square millimetres of a unit that the frame cuts, for its name
_PART = 0.25  # of a unit, which is named however little it takes of the paper
_SMALLEST = 5.5  # points: what is smaller on paper is not read
_LEAST = 0.85  # of the size of the theme: what the least names are
_FIRST = 0.5  # points, more than the others: the least names of the first rank
_FEW = 30
_TIGHT = 0.2
_INKED = 0.78  # of the size: what a line of capitals and descenders inks
_APART = 0.12  # of the size, more than between the lines of a name
_STRAY = 0.25  # of a name over units that it does not name
_WITHIN = 0.25  # mm at least between a name and the rim that is around it
_MOSTLY = 0.5
_TOUCHED = 0.02  # of a name, out of all units: it lies across their outline
_CLOSE_MM, _APART_MM = 0.4, 1.0  # between two names, and where each stands alone


def draw_labels(  # noqa: PLR0913 - each is a choice of whoever prints
    ax: MapAxes,
    units: gpd.GeoDataFrame,
    *,
    column: str = "name",
    priority: pd.Series | None = None,
    strong: int = 0,
    most: int | None = None,
    size: float | None = None,
    color: str | None = None,
    italic: bool = False,
    apart: bool = False,
    every: bool = False,
) -> int:
    """
    Write the names of units where there is room, the important ones first.

    A name that finds no room is left out rather than drawn over another. Draw
    every other layer first: names avoid circles, distances and markers.

    Parameters
    ----------
    ax
        The map of `page`.
    units
        Polygons or points in EPSG:2154.
    column
        Column of the names.
    priority
        The greater, the sooner placed, what is missing as 0; by default the column
        `population`, else the surface.
    strong
        How many of the first are written larger.
    most
        How many names are tried, the first by priority; all by default. Thirty is
        what a picture of a third of a page bears.
    size
        Size in points; by default that of the theme, larger on a poster.
    color
        Text colour; by default the ink of the theme.
    italic
        Whether the names slant, as those of what is around: none of them is led to
        its unit by a line.
    apart
        Whether a name that would lie over other units for more than a quarter of its
        box is left out, were it led there: on a small map it would name them. So is
        one so near another that both would be read as one. A name too long in large
        letters for its unit is written as the others.
    every
        Whether all the names that are tried are promised, by the title for instance: a
        warning then tells those that found no room.

    Returns
    -------
    int
        How many names were written.

    Raises
    ------
    ColumnError
        If the column is missing.
    CRSError
        If the units are in degrees, in Web Mercator or without CRS.
    DataError
        If no unit lies in the frame, a priority is no number, or these very names are
        written already.

    Warns
    -----
    BasinmapWarning
        If `every` name is promised and some found no room.

    Examples
    --------
    >>> import basinmap as bm
    >>> lens = bm.communes(epci="call")
    >>> fig, ax = bm.page(lens, title="CA de Lens-Liévin")
    >>> bm.draw_outlines(ax, lens)
    >>> bm.draw_labels(ax, lens, strong=3) > 30
    True
    """
    check_given(draw_labels, locals())
    check_map(ax)
    check_drawable(units)
    check_columns(units, column)
    check_states(units[column], states_beside(units, units[column]))
    columns = dict.fromkeys([column, *({"population"} & set(units.columns))])
    visible = _new(ax, _named(_visible(ax, units, columns), column), column)
    rank = _rank(visible, priority)
    order = np.argsort(-rank.to_numpy(), kind="stable")[: _checked_most(most)]
    rank, visible = rank.iloc[order], visible.iloc[order]
    _check_size(size)
    ranked = _Ranked(ax, visible, column, rank, strong, size, italic=italic)
    ranked.hold(apart=apart)
    placed = ranked.placed(_APART_MM if apart else _CLOSE_MM)
    zoom = ax.plan.zoom
    boxes = zoom * placed.boxes
    kept = placed.placed & ~ranked.astray(boxes, placed) if apart else placed.placed
    shown = np.flatnonzero(kept).tolist()
    if every:
        _warn_lost(visible.loc[~kept, column], len(kept))
    chosen = inked(ax, color) if color else None
    leaders = zoom * placed.leader
    inks = ranked.inks(boxes, leaders, placed, shown, chosen)
    ax.boxes.extend(map(tuple, boxes[shown].tolist()))
    centres = ax.to_metres((boxes[:, :2] + boxes[:, 2:]) / 2)
    lines = ax.to_metres(leaders.reshape(-1, 2)).reshape(-1, 4)
    pairs = _pairs(visible, column)
    with settings():
        for i in shown:
            _write(ax, ranked.names[i], centres[i], ranked.style(i), inks[i])
            ax.named.add(pairs[i])
            if np.isfinite(lines[i]).all():
                _lead(ax, lines[i], chosen or ax.plan.theme.ink, ranked.radii[i])
    return len(shown)


def _warn_lost(lost: pd.Series, tried: int) -> None:
    """Warn of the names that found no room."""
    if len(lost):
        msg = (
            f"{len(lost)} name(s) of {tried} found no room: {culprits(lost)}; take a "
            "larger paper, fewer names (most=…), or a smaller size="
        )
        warnings.warn(msg, BasinmapWarning, stacklevel=3)


class _Ranked:
    """Names in ranks: what each is called, in which letters, and where it may go."""

    def __init__(
        self,
        ax: MapAxes,
        units: pd.DataFrame,
        column: str,
        rank: pd.Series,
        strong: int,
        size: float | None,
        *,
        italic: bool,
    ) -> None:
        self.ax, self.units, self.rank = ax, units, rank
        self.strong, self.italic = strong, italic
        theme, zoom = ax.plan.theme, ax.plan.zoom
        self.family = theme.family if italic else theme.narrow  # narrow never slants
        self.given = size is not None
        self.base = base = float(size or theme.label)
        first = np.arange(len(units)) < strong
        self.sizes = np.where(first, base + 1.4 * zoom, base)
        self.weights = np.where(first, 500, 400)
        self.anchors, self.radii, self.home = _rooms(ax, units)
        self.lines = segments_of(ax)
        self.whole = [_printed(name) for name in units[column]]
        self.whole = _capitals(units, self.whole)
        self._set()
        if size is None and self._crowded():
            # The least of them smaller: all are there, and towns are seen first.
            least = max(_SMALLEST * max(zoom, 1.0), _LEAST * base)
            self.sizes = np.where(
                self._lesser(), np.minimum(self.sizes, least), self.sizes
            )
            self._set()

    def _set(self) -> None:
        """Break the names that are wider than their unit, and measure them."""
        self.names = [typeset(name) for name in self.whole]
        self.boxes = np.array([self._box(i) for i in range(len(self.names))])
        self.needs = np.full(len(self.names), np.inf)
        for i in np.flatnonzero(~(self.boxes[:, 0] <= 2 * self.home[:, 0])).tolist():
            # A name in two pieces is two words for who searches the file.
            if not (self.radii[i] and self._fit(i)):
                self.names[i] = _broken(self.whole[i])
            self.boxes[i] = self._box(i)
        self._move_off()

    def hold(self, *, apart: bool) -> None:
        """Write strong names too long for their units as small as the others."""
        long = apart & (self.boxes > 2 * self.home).any(axis=1) & (self.radii == 0)
        if (long & (self.sizes > self.sizes.min())).any():
            self.sizes = np.where(long, self.sizes.min(), self.sizes)
            self._set()

    def _box(self, i: int) -> tuple[float, float]:
        """Return width and height of a name, in millimetres."""
        style = (self.sizes[i], int(self.weights[i]), self.family)
        return _box(self.names[i], *style, 0.4 * self.ax.plan.zoom)

    def _fit(self, i: int) -> bool:
        """Write a name as its circle holds it, if it does, no larger than others."""
        zoom = self.ax.plan.zoom
        room = self.radii[i] - _WITHIN * zoom
        least = (min(self.sizes[i], self.base), 400)
        for size, weight in dict.fromkeys(((self.sizes[i], self.weights[i]), least)):
            style = font(self.family, float(size), weight=int(weight))
            for line in dict.fromkeys((typeset(self.whole[i]), _parted(self.whole[i]))):
                need = _need(line, style)
                box = _box(line, size, weight, self.family, 0.4 * zoom)
                if need <= room and self._alone(i, np.array(box) / 2):
                    self.names[i], self.needs[i] = line, need
                    self.sizes[i], self.weights[i] = size, weight
                    return True
        return False

    def _alone(self, i: int, half: np.ndarray) -> bool:
        """Tell whether no other circle lies on the middle of that of a name."""
        discs = np.array(list(self.ax.symbols.values()), dtype=float).reshape(-1, 3)
        away = discs[:, :2] - self.anchors[i]
        over = np.hypot(*np.maximum(np.abs(away) - half, 0).T) < discs[:, 2]
        return bool((np.abs(away[over]).max(axis=1) < 1e-6).all())

    def _move_off(self) -> None:
        """Hang a name where it is whole in its unit, and no line runs through it."""
        half = self.boxes / 2
        here = np.hstack([self.anchors - half, self.anchors + half])
        off = ~self._whole_at_home(here) | crossed(self.ax, here)
        shapes = self.units[_SHOWN].to_numpy()
        for row in np.flatnonzero(off & (self.radii == 0)).tolist():
            shape = shapes[row]
            for name, size, weight, box in self._forms(row):
                spot = clear_spot(self.ax, shape, self.anchors[row], box / 2)
                if spot is not None:
                    self.anchors[row], self.home[row] = spot, box / 2
                    self.names[row], self.boxes[row] = name, box
                    self.sizes[row], self.weights[row] = size, weight
                    break

    def _forms(self, row: int) -> Iterator[tuple[str, float, int, np.ndarray]]:
        """Yield the ways to write a name: as it is, on two lines, a little smaller."""
        size, weight = float(self.sizes[row]), int(self.weights[row])
        yield self.names[row], size, weight, self.boxes[row]
        least = max(_SMALLEST * max(self.ax.plan.zoom, 1.0), _LEAST * self.base)
        # A town of the first rank is less large, and heavier than the others still.
        first = self.base + _FIRST * self.ax.plan.zoom
        smaller = (min(size, first if row < self.strong else least), weight)
        lines = dict.fromkeys((typeset(self.whole[row]), _parted(self.whole[row])))
        kept = self.given or self.italic
        for points, heavy in dict.fromkeys(
            ((size, weight), *([] if kept else [smaller]))
        ):
            for line in lines:
                room = 0.4 * self.ax.plan.zoom
                box = np.array(_box(line, points, heavy, self.family, room))
                if (line, points) != (self.names[row], size):
                    yield line, points, heavy, box

    def _whole_at_home(self, boxes: np.ndarray) -> np.ndarray:
        """Tell which boxes their own unit holds, each its own."""
        corners = self.ax.to_metres(boxes.reshape(-1, 2)).reshape(-1, 4)
        held: np.ndarray = shapely.contains(
            self.units[_SHOWN].to_numpy(), shapely.box(*corners.T)
        )
        return held

    def _crowded(self) -> bool:
        """Tell whether many names are larger than what they name."""
        tight = (self.boxes > 2 * self.home).any(axis=1)
        return len(self.names) > _FEW and float(tight.mean()) > _TIGHT

    def _lesser(self) -> np.ndarray:
        """Tell the names of the last rank: those of fewer people than the median."""
        lesser: np.ndarray = np.arange(len(self.names)) >= max(
            self.strong, len(self.names) // 4
        )
        return lesser

    def style(self, row: int) -> FontProperties:
        """Return the letters of a name."""
        weight = int(self.weights[row])
        return font(self.family, self.sizes[row], weight=weight, italic=self.italic)

    def placed(self, padding: float) -> PlacedLabels:
        """Place the names; those without room at home are led from elsewhere."""
        ax, zoom = self.ax, self.ax.plan.zoom
        width, height = ax.plan.frame[2:]
        at_home = self._homes()
        first = max(self.strong, 4) if ax.symbols else self.strong
        spare = np.array([shape is not None for shape in at_home]) | (self.radii > 0)
        spare &= not self.italic
        # Gaps between names are told for A4: on a poster they are larger.
        return place_labels(
            self.anchors / zoom,
            self.boxes / zoom,
            priority=self.rank.to_numpy(dtype=float),
            frame=(0.8, 0.8, width / zoom - 0.8, height / zoom - 0.8),
            radii=self.radii / zoom,
            obstacles=np.array(ax.boxes).reshape(-1, 4) / zoom,
            discs=np.array(list(ax.symbols.values())).reshape(-1, 3) / zoom,
            home=self.home / zoom,
            lines=self.lines / zoom,
            leaders=np.arange(len(self.names)) < (0 if self.italic else first),
            spare=spare,
            inside=at_home,
            needs=self.needs / zoom,
            padding=padding,
            leading=self._leading() / zoom,
        )

    def _leading(self) -> float:
        """Return what is to be between names, more than between lines of one."""
        return (LEADING - _INKED + _APART) * MM_PER_POINT * float(self.sizes.max())

    def _homes(self) -> np.ndarray:
        """Return the polygons where names must be, in millimetres of A4."""
        found = np.full(len(self.units), None, dtype=object)
        scale = 1000 / self.ax.plan.scale / self.ax.plan.zoom
        corner = np.array([self.ax.get_xlim()[0], self.ax.get_ylim()[0]])
        for row, shape in enumerate(self.units[_SHOWN].tolist()):
            if shape.area > 0:
                found[row] = shapely.transform(shape, lambda xy: (xy - corner) * scale)
        return found

    def astray(
        self, boxes: np.ndarray, placed: PlacedLabels, most: float = _STRAY
    ) -> np.ndarray:
        """Tell which names without a symbol lie over other units, led there or not."""
        stray = np.zeros(len(boxes), dtype=bool)
        rows = np.flatnonzero(placed.placed & (self.radii == 0))
        if not len(rows):
            return stray
        corners = self.ax.to_metres(boxes[rows].reshape(-1, 2)).reshape(-1, 4)
        texts = shapely.box(*corners.T)
        shapes = self.units[_SHOWN].to_numpy()
        mine, other = shapely.STRtree(shapes).query(texts, predicate="intersects")
        elsewhere = rows[mine] != other
        over = np.zeros(len(rows))
        parts = shapely.intersection(texts[mine], shapes[other])
        np.add.at(over, mine[elsewhere], shapely.area(parts)[elsewhere])
        stray[rows] = over > most * shapely.area(texts)
        return stray

    def inks(
        self,
        boxes: np.ndarray,
        leaders: np.ndarray,
        placed: PlacedLabels,
        shown: list[int],
        chosen: str | None,
    ) -> dict[int, Ink]:
        """Return the ink of each name, those half on a dark fill led off it."""
        found = self._inks(boxes[shown], chosen)
        torn = np.array([ink.torn for ink in found], dtype=bool)
        # So are those that lie, for the most part, over what they do not name.
        torn |= self.astray(boxes, placed, _MOSTLY)[shown]
        torn |= self._over_edge(boxes[shown])
        torn &= np.isnan(leaders[shown]).any(axis=1) & (self.radii[shown] == 0)
        if torn.any() and not self.italic:
            there, lines = boxes[shown], leaders[shown]
            shapes = self.units[_SHOWN].to_numpy()[shown]
            if led_off(self.ax, there, lines, torn, self.anchors[shown], shapes):
                boxes[shown], leaders[shown] = there, lines
                found = self._inks(there, chosen)
        return dict(zip(shown, found, strict=True))

    def _over_edge(self, boxes: np.ndarray) -> np.ndarray:
        """Tell which boxes lie across the outline of all units, drawn as a line."""
        hit = crossed(self.ax, boxes)
        if hit.any():
            corners = self.ax.to_metres(boxes[hit].reshape(-1, 2)).reshape(-1, 4)
            texts = shapely.box(*corners.T)
            shapes = self.units[_SHOWN].to_numpy()
            mine, other = shapely.STRtree(shapes).query(texts, predicate="intersects")
            over = np.zeros(len(texts))
            parts = shapely.intersection(texts[mine], shapes[other])
            np.add.at(over, mine, shapely.area(parts))
            hit[hit] = over < (1 - _TOUCHED) * shapely.area(texts)
        return hit

    def _inks(self, boxes: np.ndarray, chosen: str | None) -> list[Ink]:
        # A line that runs through a name is cut by its halo.
        alone = self.within(boxes) & ~crossed(self.ax, boxes)
        return inks_of(self.ax, boxes, alone, chosen)

    def within(self, boxes: np.ndarray) -> np.ndarray:
        """Tell which boxes lie in one unit."""
        if not len(boxes):
            return np.zeros(0, dtype=bool)
        corners = self.ax.to_metres(boxes.reshape(-1, 2)).reshape(-1, 4)
        shapes = self.units[_SHOWN].to_numpy()
        tree = shapely.STRtree(shapes)
        rows, _ = tree.query(shapely.box(*corners.T), predicate="within")
        alone = np.zeros(len(boxes), dtype=bool)
        alone[rows] = True
        return alone


def _capitals(units: pd.DataFrame, names: list[str]) -> list[str]:
    """Return the names, those of prefectures in capitals."""
    if units.index.name != "commune":
        return names
    seats = _seats()
    return [
        name.upper() if code in seats else name
        for code, name in zip(units.index.astype(str), names, strict=True)
    ]


@cache
def _seats() -> frozenset[str]:
    """Return the codes of prefectures."""
    towns = table("towns")
    return frozenset(towns.loc[towns["seat"] == "departement", "commune"])


def _lead(ax: MapAxes, leader: np.ndarray, color: str, radius: float) -> None:
    """Draw a line from what is named to its name, a point where nothing marks it."""
    zoom = ax.plan.zoom
    x0, y0, x1, y1 = leader
    line = Line2D([x0, x1], [y0, y1], color=color, lw=0.35 * zoom)
    line.set_zorder(STACK["leaders"])
    if not radius:
        # On a dark fill, it is its casing that is seen.
        under = Line2D([x0, x1], [y0, y1], color=ax.plan.theme.halo, lw=1.2 * zoom)
        under.set_zorder(STACK["leaders"])
        ax.add_line(under)
        line.set(marker="o", markersize=2.2 * zoom, markevery=[0])
        line.set(markeredgewidth=0.45 * zoom, markeredgecolor=ax.plan.theme.halo)
    ax.add_line(line)


def _checked_most(most: object) -> int | None:
    if most is None or (isinstance(most, int) and most > 0):
        return most
    msg = f"most={most!r}: give how many names may be written, such as most=30"
    raise DataError(msg)


def _named(units: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the units that have a name."""
    named = units[column].notna().to_numpy()
    named = named & [bool(one_line(str(name))) for name in units[column].tolist()]
    if named.all():
        return units
    if not named.any():
        msg = f"{column}: none of the {len(units)} units has a name to write"
        raise DataError(msg)
    return units[named]


def _check_size(size: float | None) -> None:
    if size is not None and not 0 < size < np.inf:
        msg = f"size={size}: give the size of the names, in points"
        raise DataError(msg)


def _new(ax: MapAxes, units: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the units whose name is not written yet."""
    there = np.array([pair in ax.named for pair in _pairs(units, column)])
    if not there.any():
        return units
    if there.all():
        msg = (
            f"the names of these {len(units)} units are written already: make the page "
            "again before writing them again"
        )
        raise DataError(msg)
    return units[~there]


def _pairs(units: pd.DataFrame, column: str) -> list[tuple[str, str]]:
    """Return code and name of each unit."""
    codes, names = units.index.tolist(), units[column].tolist()
    return list(zip(map(str, codes), map(str, names), strict=True))


def _printed(name: object) -> str:
    """Return a name on one line; a number as the French write it."""
    if isinstance(name, Real) and not isinstance(name, bool):
        return shortest(float(name))
    return one_line(str(name))


def _visible(
    ax: MapAxes, units: gpd.GeoDataFrame, columns: Iterable[str]
) -> pd.DataFrame:
    """Return the units that the frame shows, slivers left out, with what it shows."""
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    box = (x0, y0, x1, y1)
    shapes = shapes_of(units)
    seen = rows_in(shapes, box)
    if not len(seen):
        msg = f"none of the {len(units)} units lies in the frame of the map"
        raise DataError(msg)
    whole, shown = shapes[seen], shapes[seen]
    left, low, right, high = shapely.bounds(shown).T
    # Those that are whole stay the same object: their widest circle is known.
    cut = (left < x0) | (right > x1) | (low < y0) | (high > y1)
    shown[cut] = shapely.clip_by_rect(shown[cut], *box)
    left = ~shapely.is_empty(shown)
    left[cut] &= ~_slivers(ax, shown[cut], whole[cut])
    rows = seen[left]
    # Without what is told of the units and their other columns, which pandas would
    # copy at each step.
    plain = pd.DataFrame(units, copy=False)
    kept = {name: plain[name].array[rows] for name in columns}
    return pd.DataFrame(
        {**kept, _SHOWN: shown[left], _WHOLE: whole[left]}, index=units.index[rows]
    )


def _slivers(ax: MapAxes, shown: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Tell which units the frame cuts to so little that a name would be of another."""
    area = shapely.area(shown)
    least = _SLIVER * (ax.plan.zoom * ax.plan.scale / 1000) ** 2
    return np.asarray((area < least) & (area < _PART * shapely.area(whole)))


def _rank(units: pd.DataFrame, priority: pd.Series | None) -> pd.Series:
    what = "priority"
    if priority is None:
        if "population" not in units.columns:
            return pd.Series(shapely.area(units[_SHOWN].to_numpy()), units.index)
        what, priority = "population", units["population"]
    check_series(priority, what)
    found = numbers(priority, what).reindex(units.index).to_numpy(dtype=float)
    return pd.Series(np.nan_to_num(found, nan=0.0).clip(*_FAR), units.index)


def _broken(name: str) -> str:
    return split_label(typeset(name), 13)


def _parted(name: str) -> str:
    """Return a name on two lines, if it can be."""
    return split_label(typeset(name), 1)


def _need(name: str, style: FontProperties) -> float:
    """Return the radius of the circle that holds the lines of a name, in mm."""
    lines = name.split("\n")
    size = style.get_size_in_points() * MM_PER_POINT
    rows = np.abs(np.arange(len(lines)) - (len(lines) - 1) / 2) * LEADING
    half = np.array([text_width(line, style) / 2 for line in lines])
    return float(np.hypot(half, (rows + _INKED / 2) * size).max())


def _box(
    name: str, points: float, weight: int, family: str, room: float
) -> tuple[float, float]:
    """Return width and height of a name in millimetres."""
    properties = font(family, points, weight=weight)
    lines = name.split("\n")
    width = max(text_width(line, properties) for line in lines)
    return width + room, points * MM_PER_POINT * (_INKED + LEADING * (len(lines) - 1))


def _rooms(
    ax: MapAxes, units: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where each name hangs, the radius of its symbol, the room at home."""
    shapes = units[_SHOWN].to_numpy()
    frame = (*ax.get_xlim(), *ax.get_ylim())
    wholes = units[_WHOLE].to_numpy()
    circles = [
        _circle(shown, whole, frame)
        for shown, whole in zip(shapes.tolist(), wholes.tolist(), strict=True)
    ]
    anchors = ax.to_mm(np.array([(x, y) for x, y, _ in circles]))
    radii = np.zeros(len(units))
    home = _homes_of(shapes, wholes, np.array(circles)) * 1000 / ax.plan.scale
    boxes = np.array(ax.boxes, dtype=float).reshape(-1, 4)
    sides = boxes[:, 2:] - boxes[:, :2]
    # Of what is taken, markers alone are square; a name hangs beside them.
    markers = boxes[np.abs(sides[:, 0] - sides[:, 1]) < 1e-6]
    for row, code in enumerate(units.index.astype(str).tolist()):
        if code in ax.symbols:
            x, y, r = ax.symbols[code]
            anchors[row], radii[row], home[row] = (x, y), r, np.nan
        elif len(markers):
            anchors[row], radii[row] = _beside_marker(markers, anchors[row])
    return anchors, radii, home


def _beside_marker(markers: np.ndarray, anchor: np.ndarray) -> tuple[np.ndarray, float]:
    """Return where a name hangs, and half the width of the marker that bars it."""
    low, high = markers[:, :2], markers[:, 2:]
    bars = ((low - _NEAR <= anchor) & (anchor <= high + _NEAR)).all(axis=1)
    if not bars.any():
        return anchor, 0.0
    place = int(np.argmax(bars))
    return (low[place] + high[place]) / 2, float(high[place, 0] - low[place, 0]) / 2


_Circle: TypeAlias = tuple[float, float, float]
"""Centre and radius."""


def _widest_circle(shape: shapely.Geometry) -> _Circle:
    """Return centre and radius of the widest circle inside the largest part."""
    part = shape
    if shape.geom_type != "Polygon":
        part = max(shapely.get_parts(shape), key=shapely.area)
    if part.area == 0:
        middle = shapely.centroid(shape)
        return middle.x, middle.y, 0.0
    fine_enough = max(1.0, part.area**0.5 / 50)
    line = shapely.maximum_inscribed_circle(part, tolerance=fine_enough)
    return (*line.coords[0][:2], float(line.length))


_CIRCLES: Final = Kept(_widest_circle)
"""The widest circle of each unit that maps showed."""


def _circle(
    shown: shapely.Geometry,
    whole: shapely.Geometry,
    frame: tuple[float, float, float, float],
) -> _Circle:
    """Return the widest circle of what is shown: that of the unit, where that is."""
    x, y, radius = _CIRCLES.of(whole)
    x0, x1, y0, y1 = frame
    if shown is whole or (
        x0 + radius <= x <= x1 - radius and y0 + radius <= y <= y1 - radius
    ):
        return x, y, radius
    return _widest_circle(shown)


def _chords(shapes: np.ndarray, circles: np.ndarray) -> np.ndarray:
    """Return half the width of each unit at the height of its anchor, and a height."""
    spots, radii = circles[:, :2], circles[:, 2]
    left, _, right, _ = shapely.bounds(shapes).T
    ends = np.column_stack([left - 1, spots[:, 1], right + 1, spots[:, 1]])
    lines = shapely.linestrings(ends.reshape(-1, 2, 2))
    parts, owner = shapely.get_parts(
        shapely.intersection(lines, shapes), return_index=True
    )
    start, _, end, _ = shapely.bounds(parts).T
    x = spots[owner, 0]
    here = (start <= x) & (x <= end)
    half = np.full(len(shapes), np.inf)
    np.minimum.at(half, owner[here], np.minimum(x - start, end - x)[here])
    return np.column_stack([np.where(np.isinf(half), radii, half), radii])


def _homes_of(
    shapes: np.ndarray, wholes: np.ndarray, circles: np.ndarray
) -> np.ndarray:
    """Return the room of units, that of those which the frame does not cut as kept."""
    cut = np.array(list(map(operator.is_not, shapes, wholes)), dtype=bool)
    home = np.empty((len(shapes), 2))
    if cut.any():
        home[cut] = _chords(shapes[cut], circles[cut])
    for row in np.flatnonzero(~cut).tolist():
        home[row] = _CHORDS.of(shapes[row])
    return home


def _chord(shape: shapely.Geometry) -> tuple[float, float]:
    """Return what `_chords` does of a unit at its widest circle."""
    found = _chords(np.array([shape]), np.array([_CIRCLES.of(shape)]))[0]
    return float(found[0]), float(found[1])


_CHORDS: Final = Kept(_chord)
"""The room of each unit that maps showed whole."""


def _write(
    ax: MapAxes, text: str, centre: np.ndarray, style: FontProperties, ink: Ink
) -> None:
    """Write the halo as an outline, then the text itself, which stays text."""
    x, y = (float(value) for value in centre)
    common: dict[str, Any] = {
        "font": style,
        "ha": "center",
        "va": "center",
        "linespacing": LEADING,
        "clip_on": True,
    }
    halo = 1.7 * ax.plan.zoom
    write_inked(ax, x, y, text, ink, halo=halo, gid="name", **common)
