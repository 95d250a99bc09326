"""What is reached in so many minutes, as areas."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import floor
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from basinmap.access.ground import Grid, ground
from basinmap.access.networks import PRINTED, Mode, Network, sweep
from basinmap.access.snapping import (
    MAX_GAP,
    Snapped,
    alongside,
    check_gaps,
    point_frame,
    seeds,
    snap,
    walked,
)
from basinmap.access.surfaces import (
    BLOCK,
    Areas,
    Field,
    Stretches,
    bands,
    between,
    check_size,
    corridors,
    joined,
    surfaces,
)
from basinmap.access.times import WAYS, Direction, check_direction
from basinmap.arguments import check_given
from basinmap.errors import BasinmapWarning, DataError
from basinmap.progress import progress
from basinmap.territory.places import Place
from basinmap.typography import interval, shortest, typeset
from basinmap.values.told import tell, told_of

__all__ = [
    "checked_minutes",
    "checked_resolution",
    "isochrone_frame",
    "isochrones",
]

Method: TypeAlias = Literal["surface", "buffer"]
Numbers = NDArray[np.float64]

_STEPS: Final[Mapping[Mode, float]] = MappingProxyType(
    {"walk": 50.0, "bike": 50.0, "car": 100.0}
)
"""Metres between the nodes of a grid, at most: half a millimetre at 1 : 100 000."""

_PACES: Final[Mapping[Mode, float]] = MappingProxyType(
    {"walk": 80.0, "bike": 250.0, "car": 700.0}
)
"""Metres a minute, about: how far one may get."""

_LEAST: Final = 20
"""Steps from the place to the first outline: fewer would not look round."""

_MOST: Final = 400
"""Steps from the place to the last one: more are not looked for."""

_WIDTHS: Final[Mapping[Mode, float]] = MappingProxyType(
    {"walk": 25.0, "bike": 50.0, "car": 100.0}
)
"""Metres on each side of the streets, with `"buffer"`."""

_DAY: Final = 1440.0
_APART: Final = 0.1
_PATIENCE: Final = 3
"""Seconds after which a progress bar appears."""

_INSTANT: Final = 1e-9
"""Minutes that rounding may leave between two ways to the same node."""

_EDGE: Final = 0.02
"""Share of the width of a network within which a node is at its edge."""


def isochrones(
    place: Place | gpd.GeoDataFrame | gpd.GeoSeries,
    network: Network,
    *,
    minutes: Sequence[float],
    direction: Direction = "from",
    method: Method = "surface",
    resolution: float | None = None,
    nested: bool = False,
    max_gap: float = MAX_GAP,
) -> gpd.GeoDataFrame:
    """
    Return what is reached from a place in so many minutes, as a partition.

    Parameters
    ----------
    place
        A `Place`, or points on the index of their codes, in the CRS of the network.
        The areas of several places may overlap.
    network
        What `read_network` returned.
    minutes
        Outer bounds, increasing.
    direction
        `"from"`: what is reached from the place; `"to"`: from where the place, such
        as a museum, is reached.
    method
        `"surface"`: the ground whose minutes, as `travel_times` counts them, are
        within the bounds; `"buffer"`: what is within `resolution` of the streets
        reached, cut where time is up.
    resolution
        Metres: the step of the grid of a surface, to which its outline is right; by
        default 50 on foot and by bike, 100 by car, less where the first bound is
        near. Of a buffer, its width on each side; by default 25, 50 and 100.
    nested
        Return areas that hold one another, rather than what each adds to the one
        before.
    max_gap
        Metres from a street beyond which nothing is inside, as in `travel_times`.

    Returns
    -------
    GeoDataFrame
        Index `isochrone` (outer bound, minutes), or `place`, `isochrone` for several
        places; `inner`, `outer` (minutes), `label` in French, `geometry`, in the CRS
        of the network, with the holes that are not reached. A bound that adds
        nothing to the one before has no row, unless `nested`. `attrs`: `mode`,
        `direction`, `method`, `resolution` and `max_gap` (metres), `cut` (minutes
        from which the edge of the network probably cuts the areas, by place), `rule`
        (French sentence to print), `notes` (those of the network, and the cut),
        `sources`.

    Raises
    ------
    CRSError
        If a CRS is missing, in degrees, or differs.
    DataError
        If minutes are not positive and increasing, places are no points or farther
        than `max_gap` from any street, the grid would be too large, an option is
        unknown.

    Warns
    -----
    BasinmapWarning
        With the places whose areas the edge of the network probably cuts, with the
        bounds that add nothing.

    See Also
    --------
    rings : The same as the crow flies.
    travel_times : Minutes between points.

    Notes
    -----
    One search a place (Dijkstra, 1959, doi:10.1007/BF01386390) serves all bounds.
    The time at a place off the streets is that at the nearest street and the walk
    there, in a straight line at `network.off_street`, in all modes, over `max_gap`
    metres at most; from the place to its street as well. So ground across a river
    or a railway is reached by the streets of its own side. Blocks under 25 hectares
    that reached streets enclose are filled, unless a street within is reached too
    late.

    A surface of four bounds costs 2 to 3 searches on large networks, 18 on a town,
    where a search takes a millisecond. The first one on a network also looks for the
    street nearest to each node of its grid, whatever the place: 16 to 17 searches on
    large networks, some 90 on a town (`docs/benchmarks.md`). A buffer costs hundreds.

    Whether areas are cut is told from the nodes within 2 % of the sides of the
    network's box, or of its corners cut at 45°: an inlet in an extract is not seen.

    Examples
    --------
    A street of 2 km, walked in 20 minutes:

    >>> import basinmap as bm
    >>> import geopandas as gpd
    >>> from basinmap.access.networks import build_network
    >>> street = build_network(
    ...     [0, 2000], [0, 0], [0, 1], [1, 0], [2000, 2000], [20, 20], mode="walk"
    ... )
    >>> middle = gpd.GeoSeries.from_xy([1000], [0], index=["m"], crs=2154)
    >>> areas = bm.isochrones(middle, street, minutes=[4, 8], method="buffer")
    >>> areas["label"].tolist()
    ['moins de 4 min', 'de 4 à moins de 8 min']
    >>> [round(bound) for bound in areas.total_bounds]
    [175, -25, 1825, 25]
    >>> areas.attrs["rule"].split(", ")[0]
    'temps de parcours à pied (6 km/h)'
    """
    check_given(isochrones, locals())
    bounds = checked_minutes(minutes)
    check_direction(direction)
    points = point_frame(place, network, "place")
    drawing = _Drawing(
        network,
        bounds,
        _checked_method(method),
        checked_resolution(resolution, network.mode, bounds, method),
        max_gap,
        reverse=direction == "to",
    )
    xy = shapely.get_coordinates(points.array)
    on = snap(xy, network)
    check_gaps(on.gap, points.index, max_gap, "place", strict=True)
    outskirts, soonest, drawn = _outskirts(network, drawing.metres), [], []
    for i in _progress(len(xy)):
        clock, areas = drawing.areas(xy[i], on.take(np.array([i])))
        drawn.append(areas if nested else bands(areas))
        soonest.append(float(clock[outskirts].min(initial=np.inf)))
    cut = _cut(soonest, points.index, bounds)
    _warn_of_nothing(drawn, points.index, bounds)
    flat = [area for areas in drawn for area in areas]
    frame = isochrone_frame(flat, points.index, bounds, nested=nested, crs=network.crs)
    told = (place.credit,) if isinstance(place, Place) else told_of(place).sources
    tell(
        frame,
        mode=network.mode,
        direction=direction,
        method=method,
        resolution=drawing.metres,
        max_gap=float(max_gap),
        cut=cut,
        rule=_rule(drawing, direction),
        notes=(*network.notes, *_noted(cut, len(xy))),
        sources=tuple(dict.fromkeys(filter(None, [network.source, *told]))),
    )
    return frame


# -- the door --------------------------------------------------------------------


def checked_minutes(minutes: Sequence[float]) -> list[float]:
    """
    Return the bounds of isochrones as floats.

    Parameters
    ----------
    minutes
        Outer bounds, increasing.

    Raises
    ------
    DataError
        If they are not positive, increasing and 0.1 apart, or exceed a day.
    """
    try:
        numbers = [moment for moment in minutes if not isinstance(moment, str)]
        bounds = [float(number) for number in numbers]
        whole = len(bounds) == len(list(minutes)) > 0
    except TypeError:
        bounds, whole = [], False
    steps = np.diff([0.0, *bounds])
    if not whole or not np.isfinite(bounds).all() or (steps < _APART - 1e-9).any():
        msg = (
            "minutes must be positive, in increasing order, 0.1 apart, got "
            f"{minutes!r}: write minutes=[10, 20, 30]"
        )
        raise DataError(msg)
    if max(bounds) > _DAY:
        msg = f"minutes: {max(bounds):g} is more than a day; are these seconds?"
        raise DataError(msg)
    return bounds


def _checked_method(method: Method) -> Method:
    if method not in get_args(Method):
        msg = f"unknown method {method!r}; choose among {', '.join(get_args(Method))}"
        raise DataError(msg)
    return method


def checked_resolution(
    resolution: float | None, mode: Mode, bounds: Sequence[float], method: Method
) -> float:
    """
    Return the metres of a surface's grid, or of a buffer's width.

    Parameters
    ----------
    resolution
        As asked for; None for the usual one.
    mode
        `"walk"`, `"bike"` or `"car"`.
    bounds
        Minutes, increasing: near ones want a finer grid.
    method
        `"surface"` or `"buffer"`.

    Raises
    ------
    DataError
        If it is no such distance.
    """
    if resolution is None:
        return _WIDTHS[mode] if method == "buffer" else _usual_step(mode, bounds)
    if not isinstance(resolution, int | float) or not 1 <= resolution <= 5_000:
        msg = f"resolution is from 1 to 5 000 metres, such as 25; got {resolution!r}"
        raise DataError(msg)
    return float(resolution)


def _usual_step(mode: Mode, bounds: Sequence[float]) -> float:
    """Return the step of the grid, finer where the first outline is near."""
    step, pace = _STEPS[mode], _PACES[mode]
    while step > pace * bounds[0] / _LEAST and step / 2 >= pace * bounds[-1] / _MOST:
        step /= 2
    return step


# -- searches --------------------------------------------------------------------


def _progress(count: int) -> Iterable[int]:
    return progress(range(count), unit="lieu", delay=_PATIENCE)


@dataclass(frozen=True, slots=True, eq=False)
class _Drawing:
    """How areas are drawn, whatever the place."""

    network: Network
    bounds: list[float]
    method: Method
    metres: float
    max_gap: float
    reverse: bool

    @property
    def pace(self) -> float:
        """Metres walked off the streets in a minute."""
        return 1000 * self.network.off_street / 60

    def areas(self, place: Numbers, on: Snapped) -> tuple[Numbers, Areas]:
        """Return the minutes to each node, or from it, and the areas reached."""
        network, reverse, last = self.network, self.reverse, self.bounds[-1]
        nodes, first = seeds(on, 0, network, reverse=reverse)
        clock = sweep(network, nodes, first, limit=last, reverse=reverse)
        approach = _approach(place, on, nodes, first, network)
        if self.method == "buffer":
            travelled = joined(approach, _streets(network, clock, reverse=reverse))
            return clock, corridors(travelled, self.bounds, width=self.metres)
        tips = joined(approach, _tips(network, clock, reverse=reverse))
        field = self._field(place, on, clock, between(tips, -np.inf, last))
        areas = surfaces(field, self.bounds, pace=self.pace)
        return clock, _with_place(areas, self, place)

    def _field(
        self, place: Numbers, on: Snapped, clock: Numbers, tips: Stretches
    ) -> Field:
        """Return the minutes at the nodes of a grid around what is reached."""
        network, last = self.network, self.bounds[-1]
        reached = np.isfinite(clock)
        around = np.array([network.x[reached], network.y[reached]])
        around = np.column_stack([around, tips.end, place])
        margin = min(self.max_gap, last * self.pace) / self.metres + 2
        low = np.floor(around.min(axis=1) / self.metres - margin).astype(int)
        high = np.ceil(around.max(axis=1) / self.metres + margin).astype(int)
        size = high - low + 1
        grid = Grid(
            self.metres, (int(low[0]), int(low[1])), (int(size[0]), int(size[1]))
        )
        check_size(grid)
        near = ground(network, grid, self.max_gap, reverse=self.reverse)
        minutes = np.minimum(
            clock[near.node[0]] + near.minutes[0], clock[near.node[1]] + near.minutes[1]
        )
        same = np.nonzero(near.edge == on.edge[0])
        straight = alongside(on, near.share[same], network, reverse=self.reverse)
        straight += walked(on.gap[0], network) + near.walk[same]
        minutes[same] = np.minimum(minutes[same], straight)
        with np.errstate(invalid="ignore"):  # beyond the walk, no street is near
            street = minutes - near.walk
        past = (near.walk * self.pace - self.max_gap) / self.metres
        beyond = np.asarray(past, dtype=np.float64)
        self._walk_out(grid, place, on, (minutes, beyond))
        return Field(grid, minutes, street, beyond)

    def _walk_out(
        self, grid: Grid, place: Numbers, on: Snapped, field: tuple[Numbers, Numbers]
    ) -> None:
        """Lower the minutes beside the walk from the place to its street."""
        if not on.gap[0]:
            return
        street = np.array([on.x[0], on.y[0]])
        low, high = np.minimum(place, street), np.maximum(place, street)
        rows = np.flatnonzero(
            np.abs(grid.y - np.clip(grid.y, low[1], high[1])) <= grid.step
        )
        columns = np.flatnonzero(
            np.abs(grid.x - np.clip(grid.x, low[0], high[0])) <= grid.step
        )
        at = np.stack(np.meshgrid(grid.x[columns], grid.y[rows]), axis=-1) - place
        along = (at @ (street - place)).clip(0, on.gap[0] ** 2) / on.gap[0]
        aside = np.hypot(*(at - along[..., None] * (street - place) / on.gap[0]).T).T
        walk = walked(along + aside, self.network)
        walk[aside > grid.step] = np.inf
        box = np.ix_(rows, columns)
        minutes, beyond = field
        minutes[box] = np.minimum(minutes[box], walk)
        beyond[box] = np.where(aside > grid.step, beyond[box], -1)


def _with_place(areas: Areas, drawing: _Drawing, place: Numbers) -> Areas:
    """Put the place in each area, where the grid is too coarse to see it."""
    spot, spots = shapely.Point(place), shapely.MultiPolygon()
    whole = []
    for area, bound in zip(areas, drawing.bounds, strict=True):
        if not shapely.intersects_xy(area, *place):
            width = min(bound * drawing.pace, drawing.metres)
            spots = shapely.union(spots, spot.buffer(width))
        if not spots.is_empty:
            parts = shapely.get_parts(shapely.union(area, spots))
            area = shapely.multipolygons(parts)  # noqa: PLW2901 - the same, completed
        whole.append(area)
    return whole


def _approach(
    place: Numbers,
    on: Snapped,
    nodes: NDArray[np.int64],
    minutes: Numbers,
    network: Network,
) -> Stretches:
    """Return the walk from a place to its street, and the way to the next nodes."""
    street = np.array([on.x[0], on.y[0]])
    around = np.array([network.x[nodes], network.y[nodes]])
    walk = walked(on.gap, network)
    stretches = Stretches(
        np.column_stack([place, *[street] * len(nodes)]),
        np.column_stack([street, around]),
        np.concatenate([[0.0], walk.repeat(len(nodes))]),
        np.concatenate([walk, minutes]),
    )
    return stretches[stretches.ends > stretches.begins]


def _streets(network: Network, clock: Numbers, *, reverse: bool) -> Stretches:
    """Return the streets travelled, in the directions that reach something."""
    ways = network.tail, network.head
    start, end = ways[::-1] if reverse else ways
    back = network.backward
    against = np.where(back >= 0, network.minutes[back], np.inf)
    edge = np.flatnonzero(np.isfinite(clock[start]))
    # Where the start is reached along the same street, all of it is travelled then.
    ahead = clock[end[edge]] + against[edge] - clock[start[edge]]
    edge = edge[ahead > _INSTANT]
    ahead, lasts = ahead[ahead > _INSTANT], network.minutes[edge]
    # Two ways along a street meet where they take as long: each stops there.
    both = np.where(np.isfinite(against[edge]), lasts + against[edge], 1.0)
    share = np.minimum(ahead / both, 1.0)
    start, end = start[edge], end[edge]
    places = np.array([network.x, network.y])
    return Stretches(
        places[:, start],
        places[:, start] + (places[:, end] - places[:, start]) * share,
        clock[start],
        clock[start] + lasts * share,
    )


def _tips(network: Network, clock: Numbers, *, reverse: bool) -> Stretches:
    """Return the streets under way when time is up."""
    ways = network.tail, network.head
    start, end = ways[::-1] if reverse else ways
    reached = np.isfinite(clock)
    edge = np.flatnonzero(reached[start] & ~reached[end])
    start, end = start[edge], end[edge]
    places = np.array([network.x, network.y])
    return Stretches(
        places[:, start],
        places[:, end],
        clock[start],
        clock[start] + network.minutes[edge],
    )


# -- warnings --------------------------------------------------------------------


def _outskirts(network: Network, metres: float) -> NDArray[np.intp]:
    """Return the nodes near the edge of a network."""
    near = np.zeros(len(network.x), bool)
    for along in (
        network.x,
        network.y,
        network.x + network.y,
        network.x - network.y,
    ):
        low, high = along.min(), along.max()
        margin = max(metres, _EDGE * (high - low))
        if high - low > 2 * margin:  # or all nodes would be near the edge
            near |= (along < low + margin) | (along > high - margin)
    return np.flatnonzero(near)


def _cut(
    soonest: Sequence[float], codes: pd.Index, bounds: Sequence[float]
) -> dict[object, float]:
    """Warn of the areas that the edge of the network cuts; return when it does."""
    cut = {
        code: when
        for code, when in zip(codes.tolist(), soonest, strict=True)
        if when < bounds[-1]
    }
    if cut:
        shown = [f"{code!r} from {when:.3g} min" for code, when in cut.items()]
        msg = (
            f"isochrones: {len(cut)} reach the edge of the network, which probably "
            f"cuts them: {_some(shown)}; read a larger extract, or ask for less"
        )
        warnings.warn(msg, BasinmapWarning, stacklevel=3)
    return cut


def _noted(cut: Mapping[object, float], places: int) -> list[str]:
    """Write that areas are cut, for the foot of a map."""
    if not cut:
        return []
    soonest = shortest(floor(10 * min(cut.values())) / 10)
    some = "" if places == 1 else f" pour {len(cut)} lieux sur {places}"
    return [
        typeset(
            f"Réseau coupé par son bord{some} : aires incomplètes à partir de "
            f"{soonest} min."
        )
    ]


def _warn_of_nothing(
    drawn: Sequence[Areas], codes: pd.Index, bounds: Sequence[float]
) -> None:
    """Warn of the bounds that add nothing."""
    void = [
        f"{code!r} at {bound:g} min"
        for code, areas in zip(codes, drawn, strict=True)
        for bound, area in zip(bounds, areas, strict=True)
        if area.is_empty
    ]
    if void:
        msg = (
            f"isochrones: {len(void)} add nothing to the one before, for the whole "
            f"network is reached: {_some(void)}; they have no row"
        )
        warnings.warn(msg, BasinmapWarning, stacklevel=3)


def _some(items: Sequence[str]) -> str:
    left = len(items) - 5
    return ", ".join(items[:5]) + (f" and {left} more" if left > 0 else "")


# -- the frame -------------------------------------------------------------------


def isochrone_frame(
    areas: Sequence[shapely.Geometry],
    codes: pd.Index,
    bounds: Sequence[float],
    *,
    nested: bool,
    crs: object,
) -> gpd.GeoDataFrame:
    """
    Return areas as `isochrones` does, without those that are empty.

    Parameters
    ----------
    areas
        One a place and a bound, places first.
    codes
        Of the places.
    bounds
        Outer minutes.
    nested
        Whether each area holds the one before.
    crs
        Of the areas.
    """
    outer = np.tile(bounds, len(codes))
    inner = np.tile([0.0, *bounds[:-1]], len(codes)) * (not nested)
    names = [int(b) if b.is_integer() else b for b in bounds]
    index = pd.Index(names, name="isochrone")
    if len(codes) > 1:
        levels = [codes, names]
        index = pd.MultiIndex.from_product(levels, names=["place", "isochrone"])
    kept = ~shapely.is_empty(list(areas))
    inner, outer = inner[kept], outer[kept]
    return gpd.GeoDataFrame(
        {
            "inner": inner,
            "outer": outer,
            "label": [_label(*pair) for pair in zip(inner, outer, strict=True)],
            "geometry": np.array(areas, dtype=object)[kept],
        },
        crs=crs,
        index=index[kept],
    )


def _label(inner: float, outer: float) -> str:
    low = None if inner == 0 else shortest(inner)
    return f"{interval(low, shortest(outer))} min"


_WALKS: Final = {"from": "depuis la", "to": "jusqu'à la"}


def _rule(drawing: _Drawing, direction: Direction) -> str:
    network, metres = drawing.network, shortest(drawing.metres)
    far = drawing.max_gap
    off = f"à moins de {metres} m des rues atteintes"
    if drawing.method == "surface":
        most = "" if np.isinf(far) else f", sur {shortest(far)} m au plus"
        off = (
            f"hors des rues, marche à {shortest(network.off_street)} km/h "
            f"{_WALKS[direction]} plus proche{most} ; îlots de moins de "
            f"{shortest(BLOCK)} ha entourés de rues atteintes compris ; contours à "
            f"{metres} m près"
        )
    return typeset(
        f"temps de parcours {PRINTED[network.mode]} ({_speeds(network)}), "
        f"{WAYS[direction]} ; {off}"
    )


def _speeds(network: Network) -> str:
    """Return the speed that nearly all streets have, or that they differ."""
    if network.usual_speed is not None:
        return f"{shortest(round(network.usual_speed, 1))} km/h"
    free = ", sans congestion" if network.mode == "car" else ""
    return f"vitesses par classe de voie{free}"
