"""Valhalla, in process, as another engine: turn costs, on the same streets."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from os import PathLike
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, Final, NamedTuple, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Geod

from basinmap.access.engines import (
    Points,
    areas_of,
    checked_limit,
    points_of,
    times_frame,
)
from basinmap.access.isochrones import checked_minutes, isochrone_frame
from basinmap.access.networks import OFF_STREET, PRINTED, Mode, check_mode
from basinmap.access.snapping import MAX_GAP, check_gaps
from basinmap.access.speeds import SPEEDS
from basinmap.access.times import WAYS, Direction, check_direction
from basinmap.arguments import check_given
from basinmap.errors import DataError, LibraryError
from basinmap.progress import progress
from basinmap.spatial.projections import METRIC
from basinmap.territory.places import Place
from basinmap.typography import shortest, typeset
from basinmap.values.told import tell

__all__ = ["valhalla_isochrones", "valhalla_tiles", "valhalla_times"]

Path_: TypeAlias = str | PathLike[str]
Numbers = NDArray[np.float64]

PROVENANCE: Final = "provenance.json"

_COSTING: Final = MappingProxyType(
    {"walk": "pedestrian", "bike": "bicycle", "car": "auto"}
)
_USUAL: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {
        "walk": {"walking_speed": SPEEDS["walk"]["residential"]},
        "bike": {"cycling_speed": SPEEDS["bike"]["residential"]},
        "car": {},
    }
)
_PAIRS: Final = 1_000_000
"""Pairs asked for at once: a few tens of megabytes of answer."""

_NO_LIMIT: Final = 1_000_000_000
_DAY: Final = 1440.0
_GEOD: Final = Geod(ellps="WGS84")

# Of the grid of its isochrones (its src/thor/isochrone.cc): the speeds by which it
# guesses how far it goes, in metres a minute, and how many cells it makes of that.
_GUESS: Final = MappingProxyType({"walk": 134.1, "bike": 536.4, "car": 1877.6})
_DEGREE: Final = 110_567.0
_CELLS: Final = 300
_PADDING: Final = 10.0


class _Side(NamedTuple):
    """Points in degrees, and how far each is from a street."""

    codes: pd.Index
    places: list[dict[str, float]]
    gap: Numbers
    sources: tuple[str, ...]


# -- tiles -------------------------------------------------------------------------


def valhalla_tiles(pbf: Path_, folder: Path_) -> Path:
    """
    Build the tiles of Valhalla from an extract of OpenStreetMap.

    They are put in place when they are whole; those that the same extract and the
    same version made stay as they are.

    Parameters
    ----------
    pbf
        Extract, `.osm.pbf`.
    folder
        Folder of the tiles: new, or empty, or made here before.

    Returns
    -------
    Path
        The folder; its `provenance.json` names the extract and the version.

    Raises
    ------
    DataError
        If the extract is missing, truncated or without streets, the folder holds
        something else or cannot be written.
    LibraryError
        If pyvalhalla is not installed.

    Examples
    --------
    >>> import basinmap as bm
    >>> bm.valhalla_tiles("lens.osm.pbf", "tiles")  # doctest: +SKIP
    """
    check_given(valhalla_tiles, locals())
    engine = _engine()
    source, target = Path(pbf), Path(folder)
    if not source.is_file():
        msg = f"{source}: missing; expected an extract of OpenStreetMap (.osm.pbf)"
        raise DataError(msg)
    made = _provenance(source, engine)
    if target.exists() and _told(target) == made and any(target.rglob("*.gph")):
        return target
    _check_free(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".tiles-", dir=target.parent) as beside:
            tiles = _built(source, Path(beside), engine)
            text = json.dumps(made, ensure_ascii=False, indent=2, sort_keys=True)
            (tiles / PROVENANCE).write_text(f"{text}\n", encoding="utf-8")
            if target.exists():
                target.replace(Path(beside) / "before")
            tiles.replace(target)
    except OSError as error:
        msg = f"{target}: cannot be written ({error.strerror}); choose another folder"
        raise DataError(msg) from error
    return target


def _engine() -> ModuleType:
    try:
        return importlib.import_module("valhalla")
    except ImportError as error:
        major, minor = sys.version_info[:2]
        cure = "pip install pyvalhalla"
        if (major, minor) < (3, 12):
            cure = f"no wheel for Python {major}.{minor}: use Python 3.12"
        msg = (
            f"pyvalhalla is not installed ({cure}), or use the built-in engine: "
            "read_network, then travel_times or isochrones"
        )
        raise LibraryError(msg) from error


def _provenance(source: Path, engine: ModuleType) -> dict[str, str]:
    with source.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "file": source.name,
        "sha256": digest,
        "source": f"© les contributeurs OpenStreetMap (ODbL), {source.name}",
        "valhalla": str(engine.__version__),
    }


def _told(tiles: Path) -> dict[str, str]:
    """Return the provenance of tiles, empty where they have none."""
    with suppress(OSError, ValueError):
        return dict(json.loads((tiles / PROVENANCE).read_text(encoding="utf-8")))
    return {}


def _check_free(target: Path) -> None:
    if target.is_file():
        msg = f"{target} is a file; give a folder for the tiles"
        raise DataError(msg)
    if target.exists() and any(target.iterdir()) and "valhalla" not in _told(target):
        msg = f"{target} holds something else than tiles; give a new folder"
        raise DataError(msg)


def _built(source: Path, beside: Path, engine: ModuleType) -> Path:
    tiles = beside / "tiles"
    tiles.mkdir()
    config = beside / "config.json"
    config.write_text(json.dumps(_config(tiles, engine)), encoding="utf-8")
    # `python -m valhalla` runs what it finds on the PATH, where a program that was
    # installed in an environment not activated is not.
    programs = Path(str(engine.__file__)).parent / "bin"
    search = os.pathsep.join([str(programs), os.environ.get("PATH", os.defpath)])
    command = [sys.executable, "-m", "valhalla", "valhalla_build_tiles"]
    run = subprocess.run(  # noqa: S603 - our own arguments
        [*command, "-c", str(config), str(source.resolve())],
        env={**os.environ, "PATH": search},
        cwd=beside,
        capture_output=True,
        text=True,
        check=False,
    )
    # It may end well without any tile, and says nothing of it.
    if run.returncode or not any(tiles.rglob("*.gph")):
        said = re.search(r"what\(\): +(.+)", run.stderr)
        why = said[1].strip() if said else "no street in it"
        if "No such file" in why:  # its first step had nothing to leave to the next
            why = "no street in it"
        msg = (
            f"{source}: Valhalla made no tiles of it ({why}); expected a whole extract "
            "of OpenStreetMap, with streets"
        )
        raise DataError(msg)
    return tiles


def _config(tiles: Path, engine: ModuleType) -> dict[str, Any]:
    config = engine.get_config(tile_dir=tiles, tile_extract="")
    # Files of the machine that must not slip in, and limits made for a public server.
    for name in ("admin", "landmarks", "timezone", "transit_dir", "traffic_extract"):
        config["mjolnir"][name] = ""
    config["mjolnir"]["data_processing"]["use_admin_db"] = False
    config["loki"]["use_connectivity"] = False
    config["thor"]["source_to_target_algorithm"] = "timedistancematrix"
    for costing in _COSTING.values():
        config["service_limits"][costing].update(
            max_locations=_NO_LIMIT,
            max_matrix_location_pairs=_NO_LIMIT,
            max_matrix_distance=4e6,
        )
    config["service_limits"]["isochrone"].update(
        max_contours=1000, max_time_contour=2 * int(_DAY), max_distance=4e6
    )
    return dict(config)


def _actor(tiles: Path_) -> Any:  # noqa: ANN401 - a class of an optional library
    engine = _engine()
    folder = Path(tiles)
    if not any(folder.rglob("*.gph")):
        msg = f"{folder}: no tiles of Valhalla; make them with valhalla_tiles(pbf, …)"
        raise DataError(msg)
    with tempfile.TemporaryDirectory() as beside:
        # From a mapping, Actor would leave its file behind if the process is killed.
        config = Path(beside) / "config.json"
        config.write_text(json.dumps(_config(folder, engine)), encoding="utf-8")
        return engine.Actor(config)


def _asked(actor: Any, action: str, request: dict[str, Any]) -> Any:  # noqa: ANN401
    """Return what Valhalla answers; its refusals are errors in our words."""
    try:
        return getattr(actor, action)(request)
    except RuntimeError as error:
        msg = f"Valhalla refuses ({error}); check the options of costing"
        raise DataError(msg) from error


# -- times -------------------------------------------------------------------------


def valhalla_times(
    origins: Points,
    destinations: Points,
    tiles: Path_,
    *,
    mode: Mode,
    direction: Direction = "from",
    limit: float | None = None,
    max_gap: float = MAX_GAP,
    costing: Mapping[str, object] | None = None,
) -> pd.DataFrame:
    """
    Return the minutes between origins and destinations, as Valhalla has them.

    The frame is that of `travel_times`. Valhalla minds turns, and prohibited turns;
    it counts whole seconds.

    Parameters
    ----------
    origins, destinations
        A `Place`, or points on the index of their codes, in a metric CRS.
    tiles
        Folder that `valhalla_tiles` made.
    mode
        `"walk"`, `"bike"` or `"car"`.
    direction
        `"from"`: travel goes from the origins to the destinations; `"to"`: it comes
        to the origins, such as a museum, from the destinations.
    limit
        Minutes above which a time is missing.
    max_gap
        Metres between a point and a street above which it has no time, and a warning
        names it, as in `travel_times`.
    costing
        Options of Valhalla for the mode, such as `{"walking_speed": 4.0}`; by
        default, 4.8 km/h on foot and 15 km/h by bike, as networks have it.

    Returns
    -------
    DataFrame
        Index `origin`, `destination`; `minutes`, missing where nothing leads there,
        a street is too far or the limit is passed; `off_street`, metres between the
        points and the streets at both ends, walked at 4 km/h and counted. `attrs`:
        `mode`, `direction`, `limit`, `max_gap`, `rule` (French sentence to print),
        `sources`, `engine`.

    Raises
    ------
    CRSError
        If a CRS is missing, in degrees, or Web Mercator.
    DataError
        If the folder holds no tiles, some are no points
        or stand more than 5 km from any street, an option is out of range.
    LibraryError
        If pyvalhalla is not installed.

    Warns
    -----
    BasinmapWarning
        With the points farther than `max_gap` from any street.

    See Also
    --------
    travel_times : The built-in engine.

    Notes
    -----
    Its algorithm `timedistancematrix` is forced: it is exact, and tens of times
    faster from one to many than its default. Points are put on the streets by its
    own rules, near enough, and where 50 nodes at least can be reached.

    Examples
    --------
    >>> import basinmap as bm
    >>> bm.valhalla_times(
    ...     bm.LOUVRE_LENS, bm.town_halls(), "tiles", mode="car", direction="to"
    ... )  # doctest: +SKIP
    """
    check_given(valhalla_times, locals())
    check_mode(mode)
    check_direction(direction)
    checked_limit(limit)
    actor = _actor(tiles)
    options = _options(mode, costing)
    sides = [
        _side(points, actor, options, what, max_gap)
        for points, what in ((origins, "origins"), (destinations, "destinations"))
    ]
    left, right = sides
    seconds = _matrix(actor, left, right, options, inward=direction == "to")
    metres = left.gap[:, None] + right.gap
    together = _together(left.places, right.places)
    metres[together] = 0
    minutes = seconds / 60 + metres * 0.06 / OFF_STREET
    minutes[(left.gap[:, None] > max_gap) | (right.gap > max_gap)] = np.nan
    minutes[together] = 0
    return times_frame(
        minutes,
        metres,
        (left.codes, right.codes),
        mode=mode,
        direction=direction,
        limit=limit,
        max_gap=max_gap,
        asked="moteur Valhalla",
        **_origin(tiles, [*left.sources, *right.sources]),
    )


def _options(mode: Mode, costing: Mapping[str, object] | None) -> dict[str, Any]:
    name = _COSTING[mode]
    return {
        "costing": name,
        "costing_options": {name: {**_USUAL[mode], **(costing or {})}},
    }


def _side(
    points: Points,
    actor: object,
    options: dict[str, Any],
    what: str,
    max_gap: float,
    *,
    strict: bool = False,
) -> _Side:
    series, told = points_of(points, what)
    degrees = shapely.get_coordinates(series.to_crs(4326).array)
    places = [{"lon": lon, "lat": lat} for lon, lat in degrees.tolist()]
    # Of a point without a street around, it would answer all the same.
    found = _asked(actor, "locate", {"locations": places, **options})
    gap = np.full(len(places), np.inf)
    for i, (place, answer) in enumerate(zip(places, found, strict=True)):
        near = [(e["correlated_lon"], e["correlated_lat"]) for e in answer["edges"]]
        if near:
            lon, lat = np.transpose(near)
            here = np.full(len(near), place["lon"]), np.full(len(near), place["lat"])
            gap[i] = min(_GEOD.inv(*here, lon, lat)[2])
    check_gaps(gap, series.index, max_gap, what, strict=strict)
    return _Side(series.index, places, gap, told)


def _matrix(
    actor: object, left: _Side, right: _Side, options: dict[str, Any], *, inward: bool
) -> Numbers:
    """Return seconds, NaN where nothing leads there; a row an origin."""
    seconds = np.empty((len(left.places), len(right.places)))
    by_origin = seconds.shape[0] <= seconds.shape[1]
    step = max(1, _PAIRS // max(seconds.shape))
    for start in progress(range(0, min(seconds.shape), step), unit="lot"):
        some = slice(start, start + step)
        rows, columns = (some, slice(None)) if by_origin else (slice(None), some)
        ends = left.places[rows], right.places[columns]
        sources, targets = ends[::-1] if inward else ends
        request = {"sources": sources, "targets": targets, "verbose": False, **options}
        answer = _asked(actor, "matrix", request)["sources_to_targets"]["durations"]
        found = np.array(answer, dtype=np.float64)
        seconds[rows, columns] = found.T if inward else found
    return seconds


def _together(
    left: Sequence[Mapping[str, float]], right: Sequence[Mapping[str, float]]
) -> NDArray[np.bool_]:
    """Say which pairs are at one place."""
    one, other = (
        np.array([(p["lon"], p["lat"]) for p in side]) for side in (left, right)
    )
    return np.asarray((one[:, None] == other[None]).all(axis=2))


def _origin(tiles: Path_, sources: Sequence[str]) -> dict[str, Any]:
    """Return the engine and what to credit."""
    made = _told(Path(tiles))
    credit = filter(None, [made.get("source", ""), *sources])
    version = made.get("valhalla", _engine().__version__)
    return {"sources": tuple(dict.fromkeys(credit)), "engine": f"Valhalla {version}"}


# -- isochrones --------------------------------------------------------------------


def valhalla_isochrones(
    place: Points,
    tiles: Path_,
    *,
    mode: Mode,
    minutes: Sequence[float],
    direction: Direction = "from",
    nested: bool = False,
    max_gap: float = MAX_GAP,
    costing: Mapping[str, object] | None = None,
) -> gpd.GeoDataFrame:
    """
    Return what is reached in so many minutes, as Valhalla has it.

    The frame is that of `isochrones`; the areas are coarser: cells of 111 m from
    north to south, and up to 553 m for cars beyond an hour and a quarter.

    Parameters
    ----------
    place
        A `Place`, or points on the index of their codes, in a metric CRS.
    tiles
        Folder that `valhalla_tiles` made.
    mode
        `"walk"`, `"bike"` or `"car"`.
    minutes
        Outer bounds, increasing.
    direction
        `"from"`: what is reached from the place; `"to"`: from where it is reached.
    nested
        Return areas that hold one another, rather than what each adds to the one
        before.
    max_gap
        Metres between a place and a street above which it is refused.
    costing
        Options of Valhalla for the mode, such as `{"walking_speed": 4.0}`; by
        default, 4.8 km/h on foot and 15 km/h by bike, as networks have it.

    Returns
    -------
    GeoDataFrame
        Index `isochrone` (outer bound, minutes), or `place`, `isochrone` for several
        places; `inner`, `outer` (minutes), `label` in French, `geometry`, in the CRS
        of the place. A bound that adds nothing has no row, unless `nested`. `attrs`:
        `mode`, `direction`, `method`, `resolution` (metres), `rule` (French sentence
        to print), `sources`, `engine`.

    Raises
    ------
    CRSError
        If a CRS is missing, in degrees, or Web Mercator.
    DataError
        If the folder holds no tiles, a place is farther than `max_gap` from any
        street, minutes are not positive and increasing, or shorter than the walk to
        the street.
    LibraryError
        If pyvalhalla is not installed.

    See Also
    --------
    isochrones : The built-in engine, finer, whose areas agree with times.

    Notes
    -----
    Valhalla draws the cells that reached streets cross: the walk off the streets is
    not counted there, as it is in `valhalla_times`, and areas do not agree with times
    as closely as those of `isochrones`.

    Small areas and holes are kept (`denoise=0`) and outlines are not simplified
    (`generalize=0`), unlike its defaults. The walk from the place to its street, at
    4 km/h, is taken off the minutes. With `direction="to"`, it marks the stretch of
    a one-way street, up to the next crossing, on the wrong side of the place.

    Examples
    --------
    >>> import basinmap as bm
    >>> bm.valhalla_isochrones(
    ...     bm.LOUVRE_LENS, "tiles", mode="walk", minutes=[10, 20]
    ... )  # doctest: +SKIP
    """
    check_given(valhalla_isochrones, locals())
    check_mode(mode)
    check_direction(direction)
    bounds = checked_minutes(minutes)
    actor = _actor(tiles)
    options = _options(mode, costing)
    side = _side(place, actor, options, "place", max_gap, strict=True)
    crs = METRIC if isinstance(place, Place) else place.crs
    options["reverse"] = direction == "to"
    areas = [
        area
        for i in range(len(side.codes))
        for area in _areas(actor, side, i, bounds, options, crs, nested=nested)
    ]
    frame = isochrone_frame(areas, side.codes, bounds, nested=nested, crs=crs)
    metres = _resolution(mode, bounds[-1])
    tell(
        frame,
        mode=mode,
        direction=direction,
        method="valhalla",
        resolution=metres,
        rule=typeset(
            f"temps de parcours {PRINTED[mode]} (moteur Valhalla), {WAYS[direction]} ; "
            f"mailles de {shortest(round(metres))} m que traversent les rues atteintes"
        ),
        **_origin(tiles, side.sources),
    )
    return frame


def _areas(
    actor: object,
    side: _Side,
    i: int,
    bounds: Sequence[float],
    options: dict[str, Any],
    crs: CRS | str,
    *,
    nested: bool,
) -> list[shapely.Geometry]:
    walk = side.gap[i] * 0.06 / OFF_STREET
    if bounds[0] <= walk:
        msg = (
            f"place: {side.codes[i]!r} is {walk:.1f} minutes away from any street, "
            f"more than minutes={bounds[0]:g}; ask for more minutes"
        )
        raise DataError(msg)
    request = {
        "locations": [side.places[i]],
        "contours": [{"time": bound - walk} for bound in bounds],
        "polygons": True,
        "denoise": 0,
        "generalize": 0,
        **options,
    }
    features = _asked(actor, "isochrone", request)["features"]
    # The largest comes first; some outlines touch themselves.
    shapes = [shapely.geometry.shape(f["geometry"]) for f in reversed(features)]
    return areas_of(shapes, crs, nested=nested)


def _resolution(mode: Mode, minutes: float) -> float:
    """Return the height of the cells of Valhalla, in metres."""
    degrees = _GUESS[mode] * (minutes + _PADDING) / _DEGREE / _CELLS
    return float(np.clip(np.round(degrees, 3), 0.001, 0.005)) * _DEGREE
