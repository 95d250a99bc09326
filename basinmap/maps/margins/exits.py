"""Exit labels: where the roads that leave the frame lead, « Vers Lille »."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.patches import Polygon
from matplotlib.patheffects import Stroke
from pyproj import Transformer

from basinmap.arguments import check_given
from basinmap.errors import DataError, culprits
from basinmap.maps.grounds.lands import credit_town, water_of
from basinmap.maps.layers.drawing import frame_box
from basinmap.maps.look.themes import MM_PER_POINT, font, settings, text_width
from basinmap.maps.paper.crossings import crossed
from basinmap.maps.paper.guards import check_drawable, check_map
from basinmap.maps.paper.sheets import MapAxes
from basinmap.maps.paper.stack import STACK
from basinmap.spatial.projections import METRIC
from basinmap.territory.embedded import table
from basinmap.typography import typeset

__all__ = ["draw_exits"]

_ARROW: Final = 3.4
_EDGE: Final = 1.2
_SHIFT: Final = 0.45  # of the side of the frame: farther, the way there would be wrong
_ASIDE: Final = 0.25  # of that side, for a name to lie on no line
_APART: Final = math.radians(32)
_FARTHEST: Final = 120_000.0  # metres: farther, it is no next town
_CANDIDATES: Final = 40
_LEAST_TOWN: Final = 12_000
_LOOK: Final = 8.0  # millimetres of a road that tell which way it goes
_TURN: Final = math.radians(40)


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where an arrow ends, in millimetres in the frame, and the box it takes."""

    tip: tuple[float, float]
    angle: float
    text: tuple[float, float]
    box: tuple[float, float, float, float]


def draw_exits(
    ax: MapAxes,
    *,
    towns: Mapping[str, tuple[float, float]] | None = None,
    roads: gpd.GeoDataFrame | None = None,
    most: int = 5,
) -> int:
    """
    Write at the edge of the frame which town lies beyond, with an arrow.

    Draw every layer first, then exits, then names: each avoids what came before.

    Parameters
    ----------
    ax
        The map of `page`.
    towns
        Longitude and latitude of towns, the important ones first; by default the next
        towns around Nord and Pas-de-Calais, the larger and the nearer first.
    roads
        Lines in EPSG:2154, such as motorways: arrows then stand where one leaves the
        frame towards its town, and a town without a road is not written.
    most
        How many are written, in directions at least 32° apart.

    Returns
    -------
    int
        How many were written: those inside the frame, or without room beside the
        units of the page, are left out.

    Raises
    ------
    CRSError
        If the roads are not in EPSG:2154.
    DataError
        If a position is no longitude and latitude, or the roads cannot be drawn.

    Examples
    --------
    >>> import basinmap as bm
    >>> fig, ax = bm.page(bm.communes(epci="call"), title="CA de Lens-Liévin")
    >>> bm.draw_neighbours(ax, bm.epcis())
    >>> bm.draw_exits(ax, towns={"Lille": (3.06, 50.63)})
    1
    """
    check_given(draw_exits, locals())
    check_map(ax)
    if towns is not None:
        _check(towns)
    if roads is not None:
        check_drawable(roads, "roads")
    width, height = ax.plan.frame[2:]
    theme = ax.plan.theme
    style = font(theme.family, theme.label, italic=True)
    taken: list[float] = []
    barred: list[float] = []
    for name, place, gate in _ways(ax, towns, roads):
        seen = place if gate is None else gate
        angle = math.atan2(seen[1] - height / 2, seen[0] - width / 2)
        if len(taken) == most or _is_led(angle, taken, barred):
            continue
        text = typeset(f"Vers {name}")
        if ("", text) in ax.named:  # drawn before
            continue
        long = text_width(text, style), theme.label * MM_PER_POINT
        spot = _spot(ax, place, long, gate)
        if spot is None:
            barred.append(angle)
            continue
        taken.append(angle)
        ax.named.add(("", text))
        _draw(ax, text, spot)
        if towns is None:
            credit_town(ax, name)
    return len(taken)


def _is_led(angle: float, taken: list[float], barred: list[float]) -> bool:
    """Tell whether a larger town is that way, be it written or without room."""
    if _near(angle, taken, _APART):
        barred.append(angle)
        return True
    return _near(angle, barred, _APART / 2)


def _near(angle: float, others: list[float], apart: float) -> bool:
    """Tell whether a direction is nearly one of some others."""
    return any(abs(math.remainder(angle - other, math.tau)) < apart for other in others)


def _ways(
    ax: MapAxes,
    towns: Mapping[str, tuple[float, float]] | None,
    roads: gpd.GeoDataFrame | None,
) -> Iterator[tuple[str, tuple[float, float], tuple[float, float] | None]]:
    """Yield towns, where they are, and where the road to them leaves the frame."""
    gates = None if roads is None else _gates(ax, roads)
    for name, place in _outside(ax, _next_towns(ax) if towns is None else towns):
        gate = None if gates is None else _gate(gates, place)
        if gates is None or gate is not None:
            yield name, place, gate


def _next_towns(ax: MapAxes) -> dict[str, tuple[float, float]]:
    """Return the towns beyond the frame, those that draw people there first."""
    towns = table("towns")
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    across = np.maximum(np.maximum(x0 - towns["x"], towns["x"] - x1), 0)
    up = np.maximum(np.maximum(y0 - towns["y"], towns["y"] - y1), 0)
    edge = np.hypot(across, up)
    beyond = (edge > 0) & (edge < _FARTHEST)
    beyond &= (towns["population"] >= _LEAST_TOWN) | towns["seat"].ne("")
    # From the middle, where who drives off is: a suburb that the edge nearly touches
    # is no nearer to them than its town.
    away = np.hypot(towns["x"] - (x0 + x1) / 2, towns["y"] - (y0 + y1) / 2)
    beyond &= towns["country"].ne("GBR")  # over the sea
    people = towns["population"].where(towns["seat"].eq(""), towns["population"] * 2)
    # Over a border fewer ways go.
    people = people.where(towns["country"].eq("FRA"), people / 2)
    pull = (people / away**3)[beyond].sort_values(ascending=False)
    found = towns.loc[pull.index[:_CANDIDATES]]
    to_degrees = Transformer.from_crs(METRIC, "EPSG:4326", always_xy=True)
    lon, lat = to_degrees.transform(found["x"].to_numpy(), found["y"].to_numpy())
    places = zip(lon.tolist(), lat.tolist(), strict=True)
    return dict(zip(found["name"], places, strict=True))


def _gates(
    ax: MapAxes, roads: gpd.GeoDataFrame
) -> list[tuple[tuple[float, float], float]]:
    """Return where roads leave the frame, in millimetres, and the way they take."""
    edge = shapely.boundary(frame_box(ax, 0.0))
    metres = _LOOK * ax.plan.zoom * ax.plan.scale / 1000
    found = []
    for shape in shapely.get_parts(roads.geometry.to_numpy()):
        for point in shapely.get_parts(shapely.intersection(shape, edge)):
            if point.geom_type != "Point":
                continue
            near = shapely.intersection(shape, shapely.buffer(point, metres))
            inner = shapely.intersection(near, frame_box(ax, 0.0))
            if inner.is_empty:
                continue
            start = shapely.centroid(inner)
            (x0, y0), (x1, y1) = ax.to_mm(
                np.array([[start.x, start.y], [point.x, point.y]])
            ).tolist()
            found.append(((x1, y1), math.atan2(y1 - y0, x1 - x0)))
    return found


def _gate(
    gates: list[tuple[tuple[float, float], float]], place: tuple[float, float]
) -> tuple[float, float] | None:
    """Return the gate whose road goes most straight to a place, if one does."""
    turns = []
    for (x, y), way in gates:
        to = math.atan2(place[1] - y, place[0] - x)
        turns.append((abs(math.remainder(to - way, math.tau)), (x, y)))
    turn, gate = min(turns, default=(math.inf, (0.0, 0.0)))
    return gate if turn <= _TURN else None


def _check(towns: Mapping[str, tuple[float, float]]) -> None:
    wrong = [
        name
        for name, (lon, lat) in towns.items()
        if not (abs(lon) <= 180 and abs(lat) <= 90)
    ]
    if wrong:
        msg = (
            f"{len(wrong)} town(s) not in longitude and latitude: {culprits(wrong)}; "
            "write towns={'Lille': (3.06, 50.63)}"
        )
        raise DataError(msg)


def _outside(
    ax: MapAxes, towns: Mapping[str, tuple[float, float]]
) -> Iterator[tuple[str, tuple[float, float]]]:
    """Yield the towns beyond the frame, with their place in its millimetres."""
    to_metres = Transformer.from_crs("EPSG:4326", METRIC, always_xy=True)
    width, height = ax.plan.frame[2:]
    for name, degrees in towns.items():
        ((x, y),) = ax.to_mm(np.array([to_metres.transform(*degrees)])).tolist()
        if not (0 <= x <= width and 0 <= y <= height):
            yield name, (x, y)


def _spot(
    ax: MapAxes,
    place: tuple[float, float],
    size: tuple[float, float],
    gate: tuple[float, float] | None = None,
) -> _Spot | None:
    """Return the room nearest to where the way there leaves the frame."""
    width, height = ax.plan.frame[2:]
    edge = _EDGE * ax.plan.zoom
    centre = (width / 2, height / 2)
    goal = gate or place
    across, up = goal[0] - centre[0], goal[1] - centre[1]
    share = min(
        (centre[0] - edge) / abs(across) if across else math.inf,
        (centre[1] - edge) / abs(up) if up else math.inf,
    )
    x, y = centre[0] + share * across, centre[1] + share * up
    sideways = abs(abs(x - centre[0]) - (centre[0] - edge)) < 1e-6
    side = height if sideways else width
    found: list[_Spot] = []
    for shift in sorted(np.arange(-_SHIFT, _SHIFT, 0.01) * side, key=abs):
        tip = (x, y + shift) if sideways else (x + shift, y)
        # The arrow points at the town from wherever it is.
        angle = math.atan2(place[1] - tip[1], place[0] - tip[0])
        spot = _laid(tip, angle, size, _ARROW * ax.plan.zoom, (width, height))
        if found and abs(shift) > _ASIDE * side:
            break
        if _fits(ax, spot.box):
            found.append(spot)
    if not found:
        return None
    lined = crossed(ax, np.array([spot.box for spot in found]))
    return found[int(np.argmin(lined))]


def _laid(
    tip: tuple[float, float],
    angle: float,
    size: tuple[float, float],
    arrow: float,
    frame: tuple[float, float],
) -> _Spot:
    """Set a text behind an arrow, towards the inside of the frame."""
    long, high = size
    tail = tip[0] - arrow * math.cos(angle), tip[1] - arrow * math.sin(angle)
    # From the middle of the text to the edge of its box, some room around it, that way.
    room = 0.16 * arrow
    reach = min(
        (long / 2 + room) / max(abs(math.cos(angle)), 1e-9),
        (high / 2 + room) / max(abs(math.sin(angle)), 1e-9),
    )
    text = tail[0] - reach * math.cos(angle), tail[1] - reach * math.sin(angle)
    if high / abs(math.sin(angle) or 1e-9) < long / abs(math.cos(angle) or 1e-9):
        # Over or under its arrow, it may slide along for the frame to hold it.
        room_x = long / 2 + arrow * _EDGE / _ARROW
        text = min(max(text[0], room_x), frame[0] - room_x), text[1]
    xs = [tip[0], text[0] - long / 2, text[0] + long / 2]
    ys = [tip[1], text[1] - high / 2, text[1] + high / 2]
    return _Spot(tip, angle, text, (min(xs), min(ys), max(xs), max(ys)))


def _fits(ax: MapAxes, box: tuple[float, float, float, float]) -> bool:
    width, height = ax.plan.frame[2:]
    edge = _EDGE * ax.plan.zoom / 2
    if min(box[:2]) < edge or box[2] > width - edge or box[3] > height - edge:
        return False
    ground = shapely.box(*ax.to_metres(np.array(box).reshape(2, 2)).ravel())
    if ax.subject is not None and shapely.intersects(ax.subject.array, ground).any():
        return False
    # No road leaves by the sea.
    sea = water_of(ax)
    if sea is not None and shapely.intersects(sea, ground):
        return False
    boxes = [
        *ax.boxes,
        *((x - r, y - r, x + r, y + r) for x, y, r in ax.symbols.values()),
    ]
    # Two texts on a line need a space between them.
    low, high = box[0] - 2 * edge, box[2] + 2 * edge
    return all(high < a or low > c or box[3] < b or box[1] > d for a, b, c, d in boxes)


def _draw(ax: MapAxes, text: str, spot: _Spot) -> None:
    theme = ax.plan.theme
    turn = np.array(
        [
            [math.cos(spot.angle), -math.sin(spot.angle)],
            [math.sin(spot.angle), math.cos(spot.angle)],
        ]
    )
    arrow = np.array([[0, 0], [-1.9, 0.9], [-1.5, 0.18], [-_ARROW, 0.18]])
    arrow = np.concatenate([arrow, arrow[::-1] * [1, -1]]) * ax.plan.zoom
    ((x, y),) = ax.to_metres(np.array([spot.text])).tolist()
    with settings():
        shape = ax.to_metres(arrow @ turn.T + spot.tip)
        ax.add_patch(
            Polygon(
                shape, closed=True, fc=theme.soft, ec="none", zorder=STACK["distances"]
            )
        )
        style = font(theme.family, theme.label, italic=True)
        middle: dict[str, Any] = {"font": style, "ha": "center", "va": "center"}
        # Two texts: an effect on the one that is read would turn it into outlines.
        halo = ax.text(
            x, y, text, color=theme.halo, zorder=STACK["halos"], gid="halo", **middle
        )
        halo.set_path_effects(
            [Stroke(linewidth=1.7 * ax.plan.zoom, foreground=theme.land)]
        )
        ax.text(
            x, y, text, color=theme.soft, zorder=STACK["names"], gid="exit", **middle
        )
    ax.boxes.append(spot.box)
