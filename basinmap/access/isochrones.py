"""What is reached in so many minutes, as areas."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final, Literal, TypeAlias, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from tqdm import tqdm

from basinmap.access.networks import PRINTED, Mode, Network, sweep
from basinmap.access.snapping import (
    Snapped,
    check_gaps,
    point_frame,
    seeds,
    snap,
    walked,
)
from basinmap.access.surfaces import (
    Areas,
    Stretches,
    bands,
    corridors,
    joined,
    surfaces,
)
from basinmap.access.times import Direction, check_direction
from basinmap.errors import BasinmapWarning, DataError
from basinmap.territory.places import Place
from basinmap.typography import interval, shortest, typeset

__all__ = ["checked_minutes", "isochrone_frame", "isochrones"]

Method: TypeAlias = Literal["surface", "buffer"]
Drawing: TypeAlias = Callable[[Stretches, Sequence[float]], Areas]
Numbers = NDArray[np.float64]

RESOLUTIONS: Final = {"walk": 25.0, "bike": 50.0, "car": 100.0}
"""Metres, by mode: the faster, the coarser."""

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
    max_gap: float = 500.0,
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
        `"surface"`: the outline of the ground reached when the walk off the streets
        is counted; `"buffer"`: what is within `resolution` of the streets reached,
        cut where time is up.
    resolution
        Metres from a reached street beyond which nothing is inside; what is reached
        is inside, or within that distance of it. By default 25 on foot, 50 by bike,
        100 by car.
    nested
        Return areas that hold one another, rather than what each adds to the one
        before.
    max_gap
        Metres between a place and a street above which a warning names the place.

    Returns
    -------
    GeoDataFrame
        Index `isochrone` (outer bound, minutes), or `place`, `isochrone` for several
        places; `inner`, `outer` (minutes), `label` in French, `geometry`, in the CRS
        of the network, with the holes that are not reached. A bound that adds
        nothing to the one before has no row, unless `nested`. `attrs`: `mode`,
        `direction`, `method`, `resolution` (metres), `rule` (French sentence to
        print), `notes` (those of the network), `sources`.

    Raises
    ------
    CRSError
        If a CRS is missing, in degrees, or differs.
    DataError
        If minutes are not positive and increasing, places are no points or more than
        5 km from any street, the grid would be too large, an option is unknown.

    Warns
    -----
    BasinmapWarning
        With the places whose areas the edge of the network probably cuts, with the
        bounds that add nothing, with the places farther than `max_gap` from a street.

    See Also
    --------
    rings : The same as the crow flies.
    travel_times : Minutes between points.

    Notes
    -----
    One search a place (Dijkstra, 1959, doi:10.1007/BF01386390) serves all bounds.
    Between a street and the ground one walks at `network.off_street`, in all modes,
    in a straight line; from the place to its street as well. Whether areas are cut
    is told from the nodes within 2 % of the sides of the network's box, or of its
    corners cut at 45°: an inlet in an extract is not seen.

    Examples
    --------
    A street of 2 km, walked in 20 minutes:

    >>> from basinmap.access.networks import build_network
    >>> street = build_network(
    ...     [0, 2000], [0, 0], [0, 1], [1, 0], [2000, 2000], [20, 20], mode="walk"
    ... )
    >>> middle = gpd.GeoSeries.from_xy([1000], [0], index=["m"], crs=2154)
    >>> areas = isochrones(middle, street, minutes=[4, 8], method="buffer")
    >>> areas["label"].tolist()
    ['moins de 4 min', 'de 4 à moins de 8 min']
    >>> [round(bound) for bound in areas.total_bounds]
    [175, -25, 1825, 25]
    >>> areas.attrs["rule"].split(", ")[0]
    'temps de parcours à pied (6 km/h)'
    """
    bounds = checked_minutes(minutes)
    check_direction(direction)
    points = point_frame(place, network, "place")
    metres = _checked_resolution(resolution, network.mode)
    draw = _drawing(method, metres, network)
    xy = shapely.get_coordinates(points.array)
    on = snap(xy, network)
    check_gaps(on.gap, points.index, max_gap, "place")
    outskirts, soonest, drawn = _outskirts(network, metres), [], []
    for i in _progress(len(xy)):
        clock, travelled = _search(xy, on, i, network, bounds[-1], direction)
        areas = draw(travelled, bounds)
        drawn.append(areas if nested else bands(areas))
        soonest.append(float(clock[outskirts].min(initial=np.inf)))
    _warn_of_edges(soonest, points.index, bounds)
    _warn_of_nothing(drawn, points.index, bounds)
    flat = [area for areas in drawn for area in areas]
    frame = isochrone_frame(flat, points.index, bounds, nested=nested)
    frame = frame.set_crs(network.crs)
    told = (
        [place.credit] if isinstance(place, Place) else place.attrs.get("sources", ())
    )
    frame.attrs = {
        "mode": network.mode,
        "direction": direction,
        "method": method,
        "resolution": metres,
        "rule": _rule(network, direction, method, metres),
        "notes": network.notes,
        "sources": tuple(dict.fromkeys(filter(None, [network.source, *told]))),
    }
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


def _checked_resolution(resolution: float | None, mode: Mode) -> float:
    if resolution is None:
        return RESOLUTIONS[mode]
    if not isinstance(resolution, int | float) or not 1 <= resolution <= 5_000:
        msg = f"resolution is from 1 to 5 000 metres, such as 25; got {resolution!r}"
        raise DataError(msg)
    return float(resolution)


def _drawing(method: Method, metres: float, network: Network) -> Drawing:
    """Return the function that draws areas from what is travelled."""
    if method == "surface":
        pace = 1000 * network.off_street / 60
        return partial(surfaces, resolution=metres, pace=pace)
    if method == "buffer":
        return partial(corridors, width=metres)
    msg = f"unknown method {method!r}; choose among {', '.join(get_args(Method))}"
    raise DataError(msg)


# -- searches --------------------------------------------------------------------


def _progress(count: int) -> Iterable[int]:
    return tqdm(range(count), unit="lieu", disable=None, leave=False, delay=_PATIENCE)


def _search(
    xy: Numbers,
    on: Snapped,
    i: int,
    network: Network,
    limit: float,
    direction: Direction,
) -> tuple[Numbers, Stretches]:
    """Return the minutes to each node, or from it, and what is travelled."""
    reverse = direction == "to"
    nodes, first = seeds(on, i, network, reverse=reverse)
    clock = sweep(network, nodes, first, limit=limit, reverse=reverse)
    approach = _approach(xy[i], on.take(np.array([i])), nodes, first, network)
    return clock, joined(approach, _streets(network, clock, reverse=reverse))


def _approach(
    place: Numbers,
    on: Snapped,
    nodes: NDArray[np.int64],
    minutes: Numbers,
    network: Network,
) -> Stretches:
    """Return the walk from a place to its street, and the way to the next nodes."""
    street = np.concatenate([on.x, on.y])
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


def _warn_of_edges(
    soonest: Sequence[float], codes: pd.Index, bounds: Sequence[float]
) -> None:
    """Warn of the areas that the edge of the network cuts."""
    cut = [
        f"{code!r} from {when:.3g} min"
        for code, when in zip(codes, soonest, strict=True)
        if when < bounds[-1]
    ]
    if cut:
        msg = (
            f"isochrones: {len(cut)} reach the edge of the network, which probably "
            f"cuts them: {_some(cut)}; read a larger extract, or ask for less"
        )
        warnings.warn(msg, BasinmapWarning, stacklevel=3)


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
) -> gpd.GeoDataFrame:
    """
    Return areas as `isochrones` does, without those that are empty, nor CRS.

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
    """
    outer = np.tile(bounds, len(codes))
    inner = np.tile([0.0, *bounds[:-1]], len(codes)) * (not nested)
    names = [int(b) if b.is_integer() else b for b in bounds]
    index = pd.MultiIndex.from_product([codes, names], names=["place", "isochrone"])
    frame = gpd.GeoDataFrame(
        {
            "inner": inner,
            "outer": outer,
            "label": [_label(*pair) for pair in zip(inner, outer, strict=True)],
        },
        geometry=list(areas),
        index=index if len(codes) > 1 else index.droplevel("place"),
    )
    return frame[~frame.geometry.is_empty]


def _label(inner: float, outer: float) -> str:
    low = None if inner == 0 else shortest(inner)
    return f"{interval(low, shortest(outer))} min"


def _rule(network: Network, direction: Direction, method: Method, metres: float) -> str:
    way = {"from": "depuis le lieu", "to": "vers le lieu"}[direction]
    off = (
        f"hors des rues, marche à {shortest(network.off_street)} km/h jusqu'à "
        if method == "surface"
        else "à moins de "
    )
    return typeset(
        f"temps de parcours {PRINTED[network.mode]} ({_speeds(network)}), {way} ; {off}"
        f"{shortest(metres)} m des rues atteintes"
    )


def _speeds(network: Network) -> str:
    """Return the speed that nearly all streets have, or that they differ."""
    speeds = 0.06 * network.length / network.minutes
    usual = float(np.median(speeds))
    if np.mean(np.abs(speeds / usual - 1) < 0.01) > 0.9:
        return f"{shortest(round(usual, 1))} km/h"
    free = ", sans congestion" if network.mode == "car" else ""
    return f"vitesses par classe de voie{free}"
