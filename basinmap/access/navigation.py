"""The navigation service of IGN as another engine: no network on this machine."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Unpack
from urllib.parse import urlencode

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Geod

from basinmap.access.engines import (
    Points,
    areas_of,
    checked_limit,
    points_of,
    times_frame,
)
from basinmap.access.isochrones import checked_minutes, isochrone_frame
from basinmap.access.networks import OFF_STREET, PRINTED, Mode, check_mode
from basinmap.access.snapping import MAX_GAP, check_gaps, check_max_gap
from basinmap.access.times import WAYS, Direction, check_direction
from basinmap.arguments import check_given
from basinmap.errors import (
    BasinmapWarning,
    DataError,
    FetchError,
    called_from,
    culprits,
)
from basinmap.progress import progress
from basinmap.remote.orders import (
    FetchOptions,
    Manners,
    by_hand,
    fetched_file,
    manners_of,
)
from basinmap.sources.offers import Offer, offer_of, order_of
from basinmap.spatial.projections import METRIC
from basinmap.territory.places import Place
from basinmap.typography import long_date, shortest, typeset
from basinmap.values.told import tell

__all__ = ["fetch_isochrones", "fetch_travel_times"]

Numbers = NDArray[np.float64]

_PROFILES: Final[Mapping[str, str]] = MappingProxyType(
    {"walk": "pedestrian", "car": "car"}
)
_DIRECTIONS: Final = MappingProxyType({"from": "departure", "to": "arrival"})
_AREAS: Final = "bdtopo-valhalla"
_ROUTES: Final = "bdtopo-osrm"
_MOST: Final = 1_000
"""Answers that are asked for at once: beyond, a network on this machine is the way."""
_PACE: Final = 0.2
"""Seconds between two requests: IGN says five a second at most."""
_GEOD: Final = Geod(ellps="GRS80")
_SLACK: Final = 100.0
_CAUTION: Final = (
    "Aires du service de navigation de l'IGN : la marche entre le lieu, ou le point "
    "d'arrivée, et la rue n'est pas comptée."
)


@dataclass(slots=True)
class _Service:
    """The service, asked politely; what it answered is kept, and its day."""

    manners: Manners
    days: set[dt.date] = field(default_factory=set)
    known: dict[str, Offer] = field(default_factory=dict)
    last: float = 0.0

    def answer(self, offer: str, name: str, request: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON
        """Return what it answers, now or when it was asked before."""
        query = urlencode(request, safe=",:")
        digest = hashlib.sha256(query.encode()).hexdigest()[:24]
        if offer not in self.known:
            self.known[offer] = offer_of(offer)
        order = order_of(self.known[offer], self.manners, name=digest)
        order = replace(order, name=name, address=f"{order.address}?{query}")
        if self.manners.refresh or not order.target.exists():
            time.sleep(max(0.0, self.last + _PACE - time.monotonic()))
            self.last = time.monotonic()
        record = fetched_file(order, self.manners)
        self.days.add(record.day)
        told = json.loads(order.target.read_text("utf-8"))
        if not isinstance(told, dict):
            msg = f"{name}: the service answers another thing; {by_hand(order)}"
            raise FetchError(msg)
        return told

    @property
    def credit(self) -> str:
        """Whom to credit, and of which days."""
        days = sorted(self.days)
        since = f"consulté le {long_date(days[0])}" if days else "non consulté"
        if len(days) > 1:
            since = f"consulté du {long_date(days[0])} au {long_date(days[-1])}"
        return typeset(
            f"IGN, BD TOPO, service de navigation de la Géoplateforme, {since}"
        )


def _profile(mode: Mode) -> str:
    check_mode(mode)
    if mode not in _PROFILES:
        msg = (
            f"mode={mode!r}: the navigation service of IGN knows walk and car; by "
            "bike, bm.read_network, then bm.isochrones or bm.travel_times"
        )
        raise DataError(msg)
    return _PROFILES[mode]


def _service(options: FetchOptions) -> _Service:
    manners = manners_of(options)
    if manners.file is not None or manners.sha256:
        msg = "file=, sha256= are of a file: leave them out of what a service answers"
        raise DataError(msg)
    return _Service(manners)


def _spot(lon: float, lat: float) -> str:
    return f"{lon:.6f},{lat:.6f}"


# -- times -------------------------------------------------------------------------


class _Ends(NamedTuple):
    """One way: how long it lasts, and how far its ends are from the points."""

    seconds: float
    start: float
    end: float


def fetch_travel_times(
    origins: Points,
    destinations: Points,
    *,
    mode: Mode,
    direction: Direction = "from",
    limit: float | None = None,
    max_gap: float = MAX_GAP,
    **options: Unpack[FetchOptions],
) -> pd.DataFrame:
    """
    Return the minutes between origins and destinations, as IGN's service has them.

    The frame is that of `travel_times`, without a network on this machine: the
    navigation service of the Géoplateforme works on BD TOPO, one request a pair.

    Parameters
    ----------
    origins, destinations
        A `Place`, or points on the index of their codes, in a metric CRS; at most
        1,000 pairs.
    mode
        `"walk"` or `"car"`.
    direction
        `"from"`: travel goes from the origins to the destinations; `"to"`: it comes
        to the origins, such as a museum, from the destinations.
    limit
        Minutes above which a time is missing.
    max_gap
        Metres between a point and a street above which it has no time, and a warning
        names it, as in `travel_times`.
    **options
        How the service is asked: see `fetch_source`. What it answered is kept, and
        asked for again with `refresh=True`.

    Returns
    -------
    DataFrame
        Index `origin`, `destination`; `minutes`, missing where nothing leads there,
        a street is too far or the limit is passed; `off_street`, metres between the
        points and the streets at both ends, walked at 4 km/h and counted. `attrs`:
        `mode`, `direction`, `limit`, `max_gap`, `rule` (French sentence to print),
        `sources`, with the day of the answers, `engine`.

    Raises
    ------
    CRSError
        If a CRS is missing, in degrees, or Web Mercator.
    DataError
        If the mode is not known to the service, there are more pairs, some are no
        points or stand more than 5 km from any street, an option is out of range.
    FetchError
        If the service does not answer, or refuses.

    Warns
    -----
    BasinmapWarning
        With the points farther than `max_gap` from any street, with the pairs between
        which the service finds no way.

    See Also
    --------
    travel_times : The built-in engine.
    fetch_isochrones : The same service, as areas.

    Notes
    -----
    The service puts points on the streets by its own rules, whatever the distance: the
    metres between a point and the beginning of the way that it returns are what counts
    as `off_street`. Five requests are made in a second, as IGN asks. Resource
    `bdtopo-osrm`, the fastest way.

    Examples
    --------
    >>> import basinmap as bm
    >>> bm.fetch_travel_times(
    ...     bm.LOUVRE_LENS, bm.town_halls().loc[["62498"]], mode="bike"
    ... )
    Traceback (most recent call last):
    ...
    basinmap.errors.DataError: mode='bike': the navigation service of IGN knows walk ...
    """
    check_given(fetch_travel_times, locals())
    profile = _profile(mode)
    check_direction(direction)
    check_max_gap(max_gap)
    checked_limit(limit)
    service = _service(options)
    left, told = points_of(origins, "origins")
    right, said = points_of(destinations, "destinations")
    _check_count(len(left) * len(right))
    ways = _ways(service, left, right, profile, inward=direction == "to")
    _check_side(ways, left.index, "origins", max_gap, axis=1)
    _check_side(ways, right.index, "destinations", max_gap, axis=2)
    metres = ways[..., 1] + ways[..., 2]
    minutes = ways[..., 0] / 60 + metres * 0.06 / OFF_STREET
    minutes[(ways[..., 1] > max_gap) | (ways[..., 2] > max_gap)] = np.nan
    return times_frame(
        minutes,
        metres,
        (left.index, right.index),
        mode=mode,
        direction=direction,
        limit=limit,
        max_gap=max_gap,
        asked="service de navigation de l'IGN",
        engine=f"Géoplateforme ({_ROUTES})",
        sources=[service.credit, *told, *said],
    )


def _check_count(count: int) -> None:
    if not count:
        msg = "no origin or no destination: give one of each at least"
        raise DataError(msg)
    if count > _MOST:
        msg = (
            f"{count:,} pairs, and {_MOST:,} at most are asked of a public service: "
            "bm.fetch_network(mode=…, around=…), then bm.travel_times"
        )
        raise DataError(msg)


def _ways(
    service: _Service,
    left: gpd.GeoSeries,
    right: gpd.GeoSeries,
    profile: str,
    *,
    inward: bool,
) -> Numbers:
    """Return seconds and the metres off the streets at both ends, of all pairs."""
    ones, others = (
        shapely.get_coordinates(side.to_crs(4326).array) for side in (left, right)
    )
    ways = np.full((len(ones), len(others), 3), np.nan)
    lost = []
    pairs = [(i, j) for i in range(len(ones)) for j in range(len(others))]
    for i, j in progress(pairs, unit="trajet", quiet=service.manners.quiet, delay=3):
        pair = f"{left.index[i]} – {right.index[j]}"
        if (ones[i] == others[j]).all():
            ways[i, j] = 0
            continue
        ends = (others[j], ones[i]) if inward else (ones[i], others[j])
        way = _way(service, pair, ends, profile)
        if way is None:
            lost.append(pair)
            continue
        ways[i, j] = (way.seconds, *((way.end, way.start) if inward else way[1:]))
    if lost:
        msg = (
            f"{len(lost)} pair(s) between which the service finds no way: "
            f"{culprits(lost)}; they have no time"
        )
        warnings.warn(msg, BasinmapWarning, stacklevel=called_from())
    return ways


def _way(
    service: _Service, pair: str, ends: tuple[Numbers, Numbers], profile: str
) -> _Ends | None:
    """Ask for one way; None where there is none."""
    start, end = ends
    request = {
        "resource": _ROUTES,
        "start": _spot(*start),
        "end": _spot(*end),
        "profile": profile,
        "optimization": "fastest",
        "timeUnit": "second",
        "distanceUnit": "meter",
        "getSteps": "false",
        "getBbox": "false",
        "crs": "EPSG:4326",
        "geometryFormat": "geojson",
    }
    try:
        told = service.answer("itineraires", f"way {pair}", request)
    except FetchError as error:
        if error.status == 404 and error.told:  # the service answers: no way
            return None
        raise
    _check_echo(told, request, f"way {pair}", ("profile", "timeUnit"))
    try:
        seconds = float(told["duration"])
        line = shapely.geometry.shape(told["geometry"])
        places = shapely.get_coordinates(line)
        first, last = places[0], places[-1]
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        msg = f"way {pair}: no duration or no line in the answer ({error!r})"
        raise FetchError(msg) from error
    if not 0 <= seconds < np.inf:
        msg = f"way {pair}: a duration of {seconds} s in the answer"
        raise FetchError(msg)
    return _Ends(seconds, _metres(start, first), _metres(end, last))


def _metres(one: Numbers, other: Numbers) -> float:
    return float(_GEOD.inv(one[0], one[1], other[0], other[1])[2])


def _check_echo(
    told: Mapping[str, Any],
    request: Mapping[str, object],
    name: str,
    keys: Sequence[str],
) -> None:
    """Refuse an answer to another question: the service repeats what it was asked."""
    for key in keys:
        said = told.get(key, request[key])
        if str(said) != str(request[key]):
            msg = f"{name}: asked for {key}={request[key]}, answered {said!r}"
            raise FetchError(msg)


def _check_side(
    ways: Numbers, codes: pd.Index, what: str, max_gap: float, *, axis: int
) -> None:
    """Check how far points are from the streets, by the ways that were found."""
    gaps = ways[..., axis] if axis == 1 else ways[..., axis].T
    found = ~np.isnan(gaps).all(axis=1)
    if found.any():
        check_gaps(np.nanmax(gaps[found], axis=1), codes[found], max_gap, what)


# -- isochrones --------------------------------------------------------------------


def fetch_isochrones(
    place: Points,
    *,
    mode: Mode,
    minutes: Sequence[float],
    direction: Direction = "from",
    nested: bool = False,
    max_gap: float = MAX_GAP,
    **options: Unpack[FetchOptions],
) -> gpd.GeoDataFrame:
    """
    Return what is reached in so many minutes, as IGN's service has it.

    The frame is that of `isochrones`, without a network on this machine: the
    navigation service of the Géoplateforme works on BD TOPO, one request an area.

    Parameters
    ----------
    place
        A `Place`, or points on the index of their codes, in a metric CRS.
    mode
        `"walk"` or `"car"`.
    minutes
        Outer bounds, increasing.
    direction
        `"from"`: what is reached from the place; `"to"`: from where it is reached.
    nested
        Return areas that hold one another, rather than what each adds to the one
        before.
    max_gap
        Metres between a place and what is reached above which it is refused: the
        service puts it on a street whatever the distance.
    **options
        How the service is asked: see `fetch_source`. What it answered is kept, and
        asked for again with `refresh=True`.

    Returns
    -------
    GeoDataFrame
        Index `isochrone` (outer bound, minutes), or `place`, `isochrone` for several
        places; `inner`, `outer` (minutes), `label` in French, `geometry`, in the CRS
        of the place. A bound that adds nothing has no row, unless `nested`. `attrs`:
        `mode`, `direction`, `method`, `max_gap`, `rule` (French sentence to print),
        `notes`, `sources`, with the day of the answers, `engine`.

    Raises
    ------
    CRSError
        If a CRS is missing, in degrees, or Web Mercator.
    DataError
        If the mode is not known to the service, a place is farther than `max_gap`
        from what is reached, minutes are not positive and increasing.
    FetchError
        If the service does not answer, or refuses.

    See Also
    --------
    isochrones : The built-in engine, finer, whose areas agree with times.
    valhalla_isochrones : The same engine on this machine.

    Notes
    -----
    Resource `bdtopo-valhalla`. The walk from the place to its street is not counted,
    and areas do not agree with times as closely as those of `isochrones`. Five
    requests are made in a second, as IGN asks.

    Examples
    --------
    >>> import basinmap as bm
    >>> from tempfile import mkdtemp
    >>> bm.fetch_isochrones(
    ...     bm.LOUVRE_LENS, mode="walk", minutes=[10], offline=True, cache=mkdtemp()
    ... )
    Traceback (most recent call last):
    ...
    basinmap.errors.FetchError: 10 min around ...: the network is not asked ...
    """
    check_given(fetch_isochrones, locals())
    profile = _profile(mode)
    check_direction(direction)
    check_max_gap(max_gap)
    bounds = checked_minutes(minutes)
    service = _service(options)
    points, told = points_of(place, "place")
    _check_count(len(points) * len(bounds))
    crs = METRIC if isinstance(place, Place) else place.crs
    asking = _Asking(service, profile, _DIRECTIONS[direction])
    areas = []
    for code, point, spot in zip(
        points.index, points, points.to_crs(4326), strict=True
    ):
        shapes = [asking.area(str(code), spot, bound) for bound in bounds]
        whole = areas_of(shapes, crs, nested=True)
        _check_near(whole[-1], point, str(code), max_gap)
        areas += areas_of(shapes, crs, nested=nested)
    frame = isochrone_frame(areas, points.index, bounds, nested=nested, crs=crs)
    tell(
        frame,
        mode=mode,
        direction=direction,
        method="geoplateforme",
        max_gap=float(max_gap),
        rule=typeset(
            f"temps de parcours {PRINTED[mode]} (service de navigation de l'IGN), "
            f"{WAYS[direction]}"
        ),
        notes=(typeset(_CAUTION),),
        sources=tuple(dict.fromkeys(filter(None, [service.credit, *told]))),
        engine=f"Géoplateforme ({_AREAS})",
    )
    return frame


@dataclass(frozen=True, slots=True)
class _Asking:
    """How areas are asked for, whatever the place."""

    service: _Service
    profile: str
    direction: str

    def area(self, code: str, spot: shapely.Point, bound: float) -> shapely.Geometry:
        """Return what is reached in so many minutes, in degrees."""
        name = f"{shortest(bound)} min around {code}"
        request = {
            "resource": _AREAS,
            "point": _spot(spot.x, spot.y),
            "profile": self.profile,
            "costType": "time",
            "costValue": round(bound * 60),
            "timeUnit": "second",
            "direction": self.direction,
            "crs": "EPSG:4326",
            "geometryFormat": "geojson",
        }
        told = self.service.answer("isochrones", name, request)
        _check_echo(told, request, name, ("profile", "direction", "costType"))
        value = told.get("costValue", request["costValue"])
        try:
            asked = abs(float(value) - bound * 60) <= 1
            shape = shapely.geometry.shape(told["geometry"])
            kept = shape.geom_type in {"Polygon", "MultiPolygon"} and not shape.is_empty
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            msg = f"{name}: no area in the answer ({error!r})"
            raise FetchError(msg) from error
        if not asked or not kept:
            told_as = f"costValue={value}, {shape.geom_type}"
            msg = f"{name}: asked for an area of {bound * 60:g} s, answered {told_as}"
            raise FetchError(msg)
        return shape


def _check_near(
    area: shapely.Geometry, point: shapely.Point, code: str, max_gap: float
) -> None:
    gap = shapely.distance(area, point)
    if gap > max(max_gap, _SLACK):
        msg = (
            f"place: {code!r} is {gap:,.0f} m from all that is reached: the service "
            "put it on a far street; move it, or pass max_gap= to walk farther"
        )
        raise DataError(msg)
