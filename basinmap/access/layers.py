"""Streets of any vector layer, such as BD TOPO: what its columns mean, then arrays."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping, Sequence
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

import fiona
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from fiona.errors import FionaError
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, GeometryError
from pyproj import CRS, Geod, Transformer

from basinmap.access.layouts import Layout, layout_of
from basinmap.access.networks import LONGEST, Mode, Network, build_network, check_mode
from basinmap.access.rules import SLOW
from basinmap.access.speeds import PRACTICE, SPEEDS
from basinmap.arguments import check_given
from basinmap.errors import (
    BasinmapWarning,
    ColumnError,
    CRSError,
    DataError,
    culprits,
)
from basinmap.measures import check_columns
from basinmap.spatial.projections import check_metric, metric_crs
from basinmap.territory.curves import straightened
from basinmap.territory.local import local_file
from basinmap.territory.texts import encoding_of, mended_texts, unreadable_text
from basinmap.typography import number, percent, shortest, typeset

__all__ = ["read_layer"]

Connect = Literal["vertices", "ends"]
Streets: TypeAlias = str | PathLike[str] | gpd.GeoDataFrame
Speeds: TypeAlias = Mapping[str, float] | pd.Series
Box: TypeAlias = tuple[float, float, float, float]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

_FASTEST: Final = 200.0
_LOOSEST: Final = 5.0
_LINES: Final = frozenset({1, 5})  # of shapely: line strings, one or several

# Names of the columns of BD TOPO, in a GeoPackage and in a shapefile.
_NAMES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "direction": ("sens_de_circulation", "SENS"),
        "speed": ("vitesse_moyenne_vl", "VIT_MOY_VL"),
        "access": ("acces_vehicule_leger", "ACCES_VL"),
        "nature": ("nature", "NATURE"),
        "state": ("etat_de_l_objet", "ETAT"),
        "purpose": ("vocation", "VOCATION"),  # of ROUTE 500
    }
)
_MEANINGS: Final[Mapping[str, tuple[object, ...]]] = MappingProxyType(
    {
        "both": ("Double sens", "Double", "Sans objet"),
        "forward": ("Sens direct", "Direct"),
        "backward": ("Sens inverse", "Inverse"),
    }
)
_UNBUILT: Final = ("En construction", "En projet")
# Of versions 3 and 2 of BD TOPO, whose words are others.
_FERRY: Final = ("Bac ou liaison maritime", "Bac auto", "Bac piéton")
_MOTORWAY: Final = ("Type autoroutier", "Bretelle", "Autoroute", "Quasi-autoroute")
_NATURES: Final = frozenset(
    {
        *_FERRY,
        *_MOTORWAY,
        "Route à 1 chaussée",
        "Route à 2 chaussées",
        "Rond-point",
        "Route empierrée",
        "Chemin",
        "Piste cyclable",
        "Sentier",
        "Escalier",
    }
)
"""What a street may be: each mode has a rule for it."""
_CLOSED: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = MappingProxyType(
    {
        "walk": {
            "state": _UNBUILT,
            "nature": (*_FERRY, *_MOTORWAY),
            "purpose": _MOTORWAY,
        },
        "bike": {
            "state": _UNBUILT,
            "nature": (*_FERRY, *_MOTORWAY, "Escalier"),
            "purpose": _MOTORWAY,
        },
        "car": {
            "state": _UNBUILT,
            "nature": _FERRY,
            "access": ("Physiquement impossible", "Restreint aux ayants droit"),
        },
    }
)


class _Layer(NamedTuple):
    """A layer of a file, before it is read."""

    path: Path
    name: str
    kind: str
    columns: tuple[str, ...]
    crs: str
    rows: int
    encoding: str | None = None
    notes: tuple[str, ...] = ()


class _Directions(NamedTuple):
    """The column of directions, and what its values mean."""

    column: str
    meanings: Mapping[str, tuple[object, ...]]


class _Plan(NamedTuple):
    """What is read of a layer."""

    directions: _Directions | None
    closed: Mapping[str, tuple[object, ...]]
    speed: str | float | None
    speeds: Speeds | None
    class_column: str | None
    default: float | None
    posted: bool
    length: str | None

    @property
    def columns(self) -> list[str]:
        """Columns needed, each once."""
        named = [self.speed if isinstance(self.speed, str) else None]
        named += [self.class_column, self.length, *self.closed]
        named += [self.directions.column if self.directions else None]
        return list(dict.fromkeys(name for name in named if name is not None))


class _Segments(NamedTuple):
    """Lines cut at their vertices: positions of vertices, and their lines."""

    xy: Floats
    line: Ints
    tail: Ints
    is_end: Flags


def read_layer(  # noqa: PLR0913 - what each column of an unknown layer means
    streets: Streets,
    *,
    mode: Mode,
    layer: str | None = None,
    bbox: Box | None = None,
    direction: str | Mapping[str, object] | None = None,
    speed: str | float | None = None,
    speeds: Speeds | None = None,
    class_column: str | None = None,
    default: float | None = None,
    closed: Mapping[str, Sequence[object]] | None = None,
    length: str | None = None,
    connect: Connect = "vertices",
    tolerance: float = 0.001,
    source: str = "",
    crs: object = None,
    encoding: str | None = None,
) -> Network:
    """
    Read a network from a layer of lines, such as `troncon_de_route` of BD TOPO.

    The columns of BD TOPO, and those of `gis_osm_roads_free_1` of Geofabrik, are
    recognised; those of another layer are named. Lines are cut at their vertices, and
    meet where they share one: two lines that cross without a common vertex, a road
    and its bridge, do not meet.

    Parameters
    ----------
    streets
        Path of a GeoPackage, a shapefile, a GeoJSON…, or a frame of lines; in a
        metric CRS, or with `crs`.
    mode
        `"walk"`, `"bike"` or `"car"`.
    layer
        Name of the layer, where the file has several, and not just one of BD TOPO
        or of Geofabrik.
    bbox
        West, south, east and north, in the CRS of the layer: only the lines that
        touch this box are read.
    direction
        Column of directions with the values of BD TOPO (« Double sens », « Sens
        direct », « Sens inverse », « Sans objet »); or `"both"`, every street
        being two-way; or for other values, a mapping such as `{"column": "oneway",
        "both": ["B"], "forward": ["F"], "backward": ["T"]}`, where None stands for
        a missing value. By default, the column of BD TOPO or of Geofabrik for bikes
        and cars, and two ways on foot.
    speed
        Column of speeds in km/h, or one speed for all. By default that of BD TOPO
        for cars, 4.8 km/h on foot, 15 km/h by bike; with Geofabrik, 80 % of
        `maxspeed` for cars, and the speeds of `street_speeds` by `fclass`.
    speeds
        Speeds in km/h by value of `class_column`; with `speed`, only where that
        is missing or 0.
    class_column
        Column of classes, such as `"NATURE"`.
    default
        Speed in km/h where nothing else says.
    closed
        Streets to leave out: from a column to its values. By default, with BD
        TOPO (versions 2 and 3, or ROUTE 500), ferries and roads not yet built; for
        cars, what they may not or cannot take; on foot and by bike, motorways and
        their ramps; by bike, steps.
        With Geofabrik, the classes that the mode does not take, or only where a tag
        that the layer lacks opens them: for cars, footways, paths, tracks, steps.
    length
        Column of lengths in metres. By default, on the ground (ellipsoid), without
        the slope.
    connect
        `"vertices"`, or `"ends"` where lines meet at their ends only, and vertices
        in common are bridges.
    tolerance
        Metres under which the end of a line meets the vertex of another, 5 at most.
    source
        Credit line, in French; by default, the name of the file.
    crs
        Metric CRS, such as 2154, to bring a layer in degrees to; `notes` tell it.
    encoding
        Of the text of a file, when accents come out wrong: `"utf-8"`, `"cp1252"`.

    Returns
    -------
    Network
        Its largest part; `report` says what was dropped and why.

    Raises
    ------
    CRSError
        If the layer has no CRS, is in degrees without `crs`, or in Web Mercator.
    ColumnError
        If a column is missing.
    DataError
        If the file or its text cannot be read, the layer is unknown or empty or has no
        lines, a speed is missing or no speed, a direction or a class has no meaning.

    Warns
    -----
    BasinmapWarning
        If less than 80 % of the kilometres hang together, or a nature of street is
        none of BD TOPO and `closed` does not say what becomes of it.

    Examples
    --------
    >>> import basinmap as bm
    >>> import geopandas as gpd
    >>> from shapely import LineString
    >>> streets = gpd.GeoDataFrame(
    ...     {"VIT_MOY_VL": [30, 60], "SENS": ["Double sens", "Double sens"]},
    ...     geometry=[
    ...         LineString([(685_000, 7_037_000), (686_000, 7_037_000)]),
    ...         LineString([(686_000, 7_037_000), (686_000, 7_039_000)]),
    ...     ],
    ...     crs=2154,
    ... )
    >>> network = bm.read_layer(streets, mode="car")
    >>> network
    <Network car: 3 nodes, 4 edges, 3 km>
    >>> network.minutes.round(2)
    array([2., 2., 2., 2.])
    """
    check_given(read_layer, locals())
    check_mode(mode)
    _check_choices(connect, tolerance, speeds, class_column, default)
    opened = (
        streets
        if isinstance(streets, gpd.GeoDataFrame)
        else _opened(Path(streets), layer, to=crs, encoding=encoding)
    )
    there = tuple(map(str, opened.columns))
    known = layout_of(there, mode)
    posted = known is not None and speed is None and speeds is None
    if known is not None:
        direction = known.direction if direction is None else direction
        closed = known.closed if closed is None else closed
        source = source or _credit(opened, known)
        if posted:
            speed, speeds, class_column = (
                known.speed,
                known.speeds,
                known.class_column,
            )
    plan = _Plan(
        _directions(direction, mode, there),
        _closed(closed, mode, there),
        _speed(speed, mode, there, alone=speeds is None and default is None),
        speeds,
        class_column,
        default,
        posted,
        length,
    )
    frame = _frame(opened, plan.columns, _checked_box(bbox), crs)
    frame, moved = _brought(frame, crs)
    frame, told = _texts(opened, frame)
    if closed is None:
        _warn_of_natures(frame)
    frame, dropped = _kept(frame, plan)
    pace = _paces(frame, plan)
    ways = _ways(frame, plan.directions)
    network = _network(
        frame,
        (pace, ways, _lengths(frame, length)),
        connect,
        tolerance,
        mode=mode,
        source=source or _credit(opened),
        notes=(*told, *moved, *_notes(plan, dropped)),
        dropped=dropped,
    )
    _warn_of_gaps(network)
    return network


# -- the file ----------------------------------------------------------------------


def _opened(
    path: Path, layer: str | None, *, to: object, encoding: str | None
) -> _Layer:
    """Look into a file without reading it."""
    local_file(path, f"{path}: no layer of streets")
    try:
        codec, notes = encoding_of(path, encoding)
        names = list(fiona.listlayers(path))
        found = [
            _described(path, name, codec) for name in names if layer in {None, name}
        ]
    except UnicodeError as error:
        raise DataError(unreadable_text(path, error, encoding)) from error
    except (FionaError, OSError) as error:
        msg = (
            f"{path}: no vector file that can be read ({_first_line(error)}); expected "
            "a GeoPackage, a shapefile or a GeoJSON of lines"
        )
        raise DataError(msg) from error
    if layer is not None and not found:
        msg = f"{path.name}: no layer {layer!r}; found {culprits(names, most=12)}"
        raise DataError(msg)
    lines = [item for item in found if "Line" in item.kind]
    roads = [item for item in lines if _is_known(item.columns)]
    if len(roads) == 1:  # beside railways and rivers
        lines = roads
    if len(lines) > 1:
        told = ", ".join(f"{item.name!r} ({item.rows} rows)" for item in lines[:12])
        msg = f"{path.name}: {len(lines)} layers of lines: {told}; say layer={{name}}"
        raise DataError(msg.replace("{name}", repr(lines[0].name)))
    chosen = (lines or found)[0]
    _check_file_crs(chosen, to)
    return chosen._replace(notes=tuple(notes))


def _is_known(columns: tuple[str, ...]) -> bool:
    """Say whether a layer is one of roads, of BD TOPO or of Geofabrik."""
    return _known("speed", columns) is not None or layout_of(columns, "car") is not None


def _described(path: Path, name: str, encoding: str | None) -> _Layer:
    with fiona.open(path, layer=name, encoding=encoding) as collection:
        return _Layer(
            path=path,
            name=name,
            kind=str(collection.schema["geometry"]),
            columns=tuple(collection.schema["properties"]),
            crs=collection.crs_wkt,
            rows=len(collection),
            encoding=encoding,
        )


def _check_file_crs(opened: _Layer, to: object) -> None:
    mark = gpd.GeoSeries([shapely.Point(0, 0)], crs=opened.crs or None)
    if to is not None and mark.crs is not None and mark.crs.is_geographic:
        return
    try:
        check_metric(mark, opened.path.name)
    except CRSError as error:
        read = f"geopandas.read_file({opened.path.name!r}, layer={opened.name!r})"
        cure = f"pass {read}.to_crs(2154) to read_layer"
        if mark.crs is not None and mark.crs.is_geographic:
            cure = f"pass crs=2154, or {cure.removeprefix('pass ')}"
        msg = f"{error}: {cure}"
        raise CRSError(msg) from error


def _brought(
    frame: gpd.GeoDataFrame, crs: object
) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """Bring a layer in degrees to a metric CRS, and say so."""
    if crs is None or not frame.crs.is_geographic:
        return frame, ()
    brought = frame.to_crs(metric_crs(crs, "crs"))
    ours, theirs = frame.crs.to_string(), brought.crs.to_string()
    return brought, (typeset(f"Couche en degrés ({ours}), projetée en {theirs}."),)


def _frame(
    opened: _Layer | gpd.GeoDataFrame,
    columns: list[str],
    box: Box | None,
    crs: object,
) -> gpd.GeoDataFrame:
    """Return the lines and the columns needed, nothing else being read."""
    if isinstance(opened, gpd.GeoDataFrame):
        check_columns(opened, *columns)
        if crs is None or opened.crs is None or not opened.crs.is_geographic:
            check_metric(opened, "streets")
        near = opened if box is None else opened.cx[box[0] : box[2], box[1] : box[3]]
        frame = gpd.GeoDataFrame(
            near[columns].reset_index(drop=True),
            geometry=near.geometry.reset_index(drop=True),
        )
        frame.index = near.index
        what, rows = "streets", len(opened)
    else:
        frame, what, rows = _rows(opened, columns, box), opened.path.name, opened.rows
    if not len(frame):
        where = "" if box is None else f" within {box}, of {rows}"
        msg = f"{what}: no street{where}; check the layer and the box, in its CRS"
        raise DataError(msg)
    kind = shapely.get_type_id(frame.geometry.array)
    wrong = (kind >= 0) & ~np.isin(kind, list(_LINES))
    if wrong.any():
        kinds = ", ".join(sorted(frame.geometry[wrong].geom_type.unique()))
        msg = (
            f"{what}: {wrong.sum()} of {len(frame)} row(s) are no lines ({kinds}): "
            f"{culprits(frame.index[wrong].tolist())}; choose the layer of streets"
        )
        raise DataError(msg)
    return frame


def _rows(opened: _Layer, columns: list[str], box: Box | None) -> gpd.GeoDataFrame:
    missing = [name for name in columns if name not in opened.columns]
    if missing:
        msg = (
            f"{opened.path.name}, layer {opened.name!r}: {len(missing)} column(s) "
            f"missing: {culprits(missing)}; found {culprits(opened.columns, most=40)}"
        )
        raise ColumnError(msg)
    try:
        frame = gpd.read_file(
            opened.path,
            layer=opened.name,
            columns=columns,
            bbox=box,
            fid_as_index=True,
            engine="pyogrio",
            encoding=opened.encoding,
        )
    except UnicodeError as error:
        msg = unreadable_text(opened.path, error, opened.encoding)
        raise DataError(msg) from error
    except (DataSourceError, DataLayerError, FeatureError, GeometryError) as error:
        msg = f"{opened.path}: cannot be read to its end ({_first_line(error)})"
        raise DataError(msg) from error
    if box is None and len(frame) != opened.rows:
        msg = (
            f"{opened.path}: {len(frame)} rows read of {opened.rows}: truncated; fetch "
            "it again"
        )
        raise DataError(msg)
    return frame


def _texts(
    opened: _Layer | gpd.GeoDataFrame, frame: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """Read the text of a file in its true encoding, with what is to be said of it."""
    if isinstance(opened, gpd.GeoDataFrame):
        return frame, ()
    frame, mended = mended_texts(frame, opened.path)
    notes = (*opened.notes, *mended, *straightened(opened.path, opened.name))
    return frame, tuple(typeset(note) for note in notes)


def _credit(opened: _Layer | gpd.GeoDataFrame, known: Layout | None = None) -> str:
    credit = [] if known is None else [known.credit]
    if not isinstance(opened, gpd.GeoDataFrame):
        credit += [opened.path.name]
        credit += [f"couche « {opened.name} »"] * (known is None)
    return typeset(", ".join(credit))


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:120]


# -- what was asked for --------------------------------------------------------------


def _check_choices(
    connect: str,
    tolerance: float,
    speeds: Speeds | None,
    class_column: str | None,
    default: float | None,
) -> None:
    if connect not in get_args(Connect):
        msg = f"unknown connect={connect!r}; choose among {get_args(Connect)}"
        raise DataError(msg)
    real = isinstance(tolerance, int | float | np.number)
    if not real or not 0 <= tolerance <= _LOOSEST:
        msg = f"tolerance: 0 to {_LOOSEST:g} metres, got {tolerance!r}"
        raise DataError(msg)
    if (speeds is None) != (class_column is None):
        msg = (
            "speeds and class_column go together: class_column='NATURE', "
            "speeds={'Chemin': 10, …}"
        )
        raise DataError(msg)
    if not isinstance(speeds, Mapping | pd.Series | None):
        msg = f"speeds is {{class: km/h}}, such as {{'Chemin': 10}}; got {speeds!r}"
        raise DataError(msg)
    told = ({} if speeds is None else dict(speeds.items())) | (
        {} if default is None else {"default": default}
    )
    wrong = [f"{name}: {value!r}" for name, value in told.items() if not _fits(value)]
    if wrong:
        msg = (
            f"{len(wrong)} speed(s) out of ]0 ; {_FASTEST:g}] km/h: {culprits(wrong)}; "
            "leave streets out with closed={column: [values]}"
        )
        raise DataError(msg)


def _fits(speed: object) -> bool:
    real = isinstance(speed, int | float | np.number) and not isinstance(speed, bool)
    return real and 0 < float(speed) <= _FASTEST  # type: ignore[arg-type]


def _checked_box(bbox: Box | None) -> Box | None:
    if bbox is None:
        return None
    try:
        west, south, east, north = (float(bound) for bound in bbox)
    except (TypeError, ValueError):
        west = south = east = north = np.nan
    if not (west < east and south < north):
        msg = f"bbox is (west, south, east, north) in the CRS, increasing; got {bbox!r}"
        raise DataError(msg)
    return west, south, east, north


def _known(role: str, columns: tuple[str, ...]) -> str | None:
    """Return the column of BD TOPO that plays a role, if it is there."""
    return next((name for name in _NAMES[role] if name in columns), None)


def _directions(
    direction: str | Mapping[str, object] | None, mode: str, columns: tuple[str, ...]
) -> _Directions | None:
    if direction == "both" or (direction is None and mode == "walk"):
        return None
    if isinstance(direction, Mapping):
        return _told_directions(direction)
    column = direction or _known("direction", columns)
    if column is None:
        msg = (
            "direction: no column of BD TOPO among "
            f"{culprits(columns, most=40) or 'none'}; name it, such as "
            "direction={'column': 'oneway', 'both': ['B'], 'forward': ['F'], "
            "'backward': ['T']}, or say direction='both' if each street is two-way"
        )
        raise ColumnError(msg)
    return _Directions(column, _MEANINGS)


def _told_directions(direction: Mapping[str, object]) -> _Directions:
    meanings = {name: direction.get(name, ()) for name in _MEANINGS}
    lists = {
        name: tuple(told)
        for name, told in meanings.items()
        if isinstance(told, Sequence) and not isinstance(told, str)
    }
    values = [value for told in lists.values() for value in told]
    proper = set(direction) <= {"column", *_MEANINGS} and len(lists) == len(meanings)
    if not proper or not isinstance(direction.get("column"), str) or not values:
        msg = (
            "direction is a mapping with 'column', and lists of values under 'both', "
            f"'forward' and 'backward'; got {dict(direction)!r}"
        )
        raise DataError(msg)
    twice = [value for value in dict.fromkeys(values) if values.count(value) > 1]
    if twice:
        msg = f"direction: {culprits(twice)} under two headings; keep one"
        raise DataError(msg)
    return _Directions(str(direction["column"]), lists)


def _closed(
    closed: Mapping[str, Sequence[object]] | None, mode: str, columns: tuple[str, ...]
) -> dict[str, tuple[object, ...]]:
    if closed is not None:
        if not isinstance(closed, Mapping):
            msg = f"closed is {{column: [values]}}, what to leave out; got {closed!r}"
            raise DataError(msg)
        alone = [
            str(name)
            for name, values in closed.items()
            if isinstance(values, str) or not isinstance(values, Collection)
        ]
        if alone:
            msg = f"closed: {culprits(alone)}: write a list of values, {{column: [v]}}"
            raise DataError(msg)
        return {name: tuple(values) for name, values in closed.items()}
    found = {_known(role, columns): told for role, told in _CLOSED[mode].items()}
    return {name: told for name, told in found.items() if name is not None}


def _speed(
    speed: str | float | None, mode: str, columns: tuple[str, ...], *, alone: bool
) -> str | float | None:
    """Return the column of speeds, or one speed, or nothing if others say."""
    if isinstance(speed, str):
        return speed
    if speed is not None:
        if not _fits(speed):
            msg = f"speed: a column, or km/h in ]0 ; {_FASTEST:g}]; got {speed!r}"
            raise DataError(msg)
        return float(speed)
    found: str | float | None = SPEEDS[mode]["residential"] if alone else None
    if mode == "car":
        found = _known("speed", columns)
    if found is None and alone:
        msg = (
            f"speed: no column of BD TOPO among {culprits(columns, most=40) or 'none'};"
            " name it (speed='…', km/h), or speeds={…} by class_column='…'"
        )
        raise ColumnError(msg)
    return found


# -- the columns -----------------------------------------------------------------------


def _kept(
    frame: gpd.GeoDataFrame, plan: _Plan
) -> tuple[gpd.GeoDataFrame, dict[str, int]]:
    """Leave out closed streets and those without length; say how many."""
    metres = shapely.length(frame.geometry.array)
    left = ~(metres > 0)  # absent and empty ones too
    dropped = {"sans longueur": int(left.sum())}
    for column, values in plan.closed.items():
        for value in values:
            out = _is(frame[column], value) & ~left
            dropped[f"{column} : {value}"] = int(out.sum())
            left |= out
    if left.all():
        msg = f"all of the {len(frame)} streets are left out: {dropped}; check closed"
        raise DataError(msg)
    return frame[~left], {why: count for why, count in dropped.items() if count}


def _is(column: pd.Series, value: object) -> Flags:
    missing = value is None or value is pd.NA or value != value  # noqa: PLR0124 - NaN
    found = column.isna() if missing else column.eq(value).fillna(value=False)
    return found.to_numpy(dtype=bool)


def _ways(
    frame: gpd.GeoDataFrame, directions: _Directions | None
) -> tuple[Flags, Flags]:
    """Say whether each line is open in its direction, and against it."""
    if directions is None:
        always = np.ones(len(frame), bool)
        return always, always
    column = frame[directions.column]
    told = {
        name: np.any([np.zeros(len(frame), bool), *(_is(column, v) for v in values)], 0)
        for name, values in directions.meanings.items()
    }
    unknown = column[~(told["both"] | told["forward"] | told["backward"])]
    if len(unknown):
        counts = unknown.value_counts(dropna=False)
        shown = [f"{value}: {count}" for value, count in counts.items()]
        msg = (
            f"direction: {len(unknown)} street(s) of {len(frame)} whose "
            f"{directions.column!r} has no meaning: {culprits(shown)}; say direction="
            f"{{'column': {directions.column!r}, 'both': […], 'forward': […], "
            "'backward': […]}, None standing for a missing value"
        )
        raise DataError(msg)
    return told["both"] | told["forward"], told["both"] | told["backward"]


def _paces(frame: gpd.GeoDataFrame, plan: _Plan) -> Floats:
    """Return the speed of each line, km/h: column, then class, then default."""
    found = np.full(len(frame), np.nan)
    by_class = found
    if plan.speeds is not None and plan.class_column is not None:
        table = dict(plan.speeds.items())
        by_class = frame[plan.class_column].map(table).to_numpy(np.float64)
    if isinstance(plan.speed, str):
        found = _numbers(frame[plan.speed])
        wrong = (found < 0) | (found > _FASTEST)
        _refuse(frame[plan.speed], wrong, f"out of [0 ; {_FASTEST:g}] km/h")
        found[found == 0] = np.nan
    elif plan.speed is not None:
        found[:] = plan.speed
    if plan.posted and plan.class_column is not None:
        slow = frame[plan.class_column].isin(SLOW).to_numpy()
        found = found * PRACTICE
        found[slow] = np.fmin(found, by_class)[slow]
    found = np.where(np.isnan(found), by_class, found)
    if plan.default is not None:
        found = np.where(np.isnan(found), plan.default, found)
    named = plan.speed if isinstance(plan.speed, str) else plan.class_column
    if plan.posted:
        named = plan.class_column
    if named is not None:
        _refuse(frame[named], np.isnan(found), "missing, 0 or without a speed")
    return found


def _refuse(column: pd.Series, wrong: Flags, why: str) -> None:
    if not wrong.any():
        return
    values = [
        f"{value} ({n})"
        for value, n in column[wrong].value_counts(dropna=False).items()
    ]
    msg = (
        f"speed: {wrong.sum()} street(s) of {len(column)} with {column.name!r} {why}: "
        f"{culprits(values)}, rows {culprits(column.index[wrong].tolist())}; say "
        "speeds={…} by class_column='…', default=… km/h, or leave them out with "
        f"closed={{{column.name!r}: […]}}"
    )
    raise DataError(msg)


def _numbers(column: pd.Series) -> Floats:
    values = pd.to_numeric(column, errors="coerce")
    return values.to_numpy(np.float64, na_value=np.nan).copy()


def _lengths(frame: gpd.GeoDataFrame, length: str | None) -> Floats | None:
    if length is None:
        return None
    metres = _numbers(frame[length])
    wrong = ~(metres > 0)
    if wrong.any():
        msg = (
            f"length: {wrong.sum()} street(s) whose {length!r} is no positive number, "
            f"rows {culprits(frame.index[wrong].tolist())}; leave length out to have "
            "them measured"
        )
        raise DataError(msg)
    ratio = float(np.median(metres / shapely.length(frame.geometry.array)))
    if not 0.5 < ratio < 2:
        msg = (
            f"length: {length!r} is {ratio:.3g} times the length of the lines, in "
            "metres; multiply it, or leave length out"
        )
        raise DataError(msg)
    return metres


# -- the network -----------------------------------------------------------------------


def _network(
    frame: gpd.GeoDataFrame,
    lines: tuple[Floats, tuple[Flags, Flags], Floats | None],
    connect: str,
    tolerance: float,
    **about: object,
) -> Network:
    pace, (ahead, back), whole = lines
    segments = _segments(frame)
    metres = _ground(segments, frame.crs)
    line = segments.line[segments.tail]
    _check_leaps(frame, line, metres)
    if whole is not None:
        measured = np.bincount(line, metres, len(frame))
        metres = metres * (whole / measured)[line]
    minutes = metres / pace[line] * 0.06
    node, xy = _nodes(segments, connect, tolerance)
    tail, head = node[segments.tail], node[segments.tail + 1]
    there, again = ahead[line], back[line]
    return build_network(
        xy[:, 0],
        xy[:, 1],
        np.concatenate([tail[there], head[again]]),
        np.concatenate([head[there], tail[again]]),
        np.concatenate([metres[there], metres[again]]),
        np.concatenate([minutes[there], minutes[again]]),
        crs=frame.crs,
        **about,  # type: ignore[arg-type]
    )


def _check_leaps(frame: gpd.GeoDataFrame, line: Ints, metres: Floats) -> None:
    """Refuse vertices that lie nowhere near the next one of their street."""
    rows = frame.index[np.unique(line[~(metres <= LONGEST)])]
    if len(rows):
        msg = (
            f"{len(rows)} street(s) with more than {LONGEST / 1000:.0f} km between two "
            f"vertices, rows {culprits(rows)}: one of the two has a wrong position; "
            "correct it, or drop those rows"
        )
        raise DataError(msg)


def _segments(frame: gpd.GeoDataFrame) -> _Segments:
    parts, owner = shapely.get_parts(frame.geometry.array, return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    wild = ~np.isfinite(xy).all(axis=1)
    if wild.any():
        rows = frame.index[np.unique(owner[part[wild]])]
        msg = f"{len(rows)} street(s) without finite coordinates: {culprits(rows)}"
        raise DataError(msg)
    follows = part[1:] == part[:-1]
    is_end = ~(np.r_[False, follows] & np.r_[follows, False])
    return _Segments(xy, owner[part], np.flatnonzero(follows), is_end)


def _ground(segments: _Segments, crs: CRS) -> Floats:
    """Return the length of each segment on the ellipsoid, in metres."""
    degrees = Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    lon, lat = degrees.transform(segments.xy[:, 0], segments.xy[:, 1])
    tail = segments.tail
    geod = crs.get_geod() or Geod(ellps="GRS80")
    _, _, metres = geod.inv(lon[tail], lat[tail], lon[tail + 1], lat[tail + 1])
    return np.asarray(metres)


def _nodes(segments: _Segments, connect: str, tolerance: float) -> tuple[Ints, Floats]:
    """Give vertices at one place one number; return the numbers and the places."""
    from scipy.sparse import coo_array  # noqa: PLC0415 - 0.2 s, and many never ask
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415 - as above
    from scipy.spatial import cKDTree  # noqa: PLC0415 - as above

    xy, is_end = segments.xy, segments.is_end
    millimetres = pd.DataFrame(np.round(xy * 1000).astype(np.int64))
    if connect == "ends":
        millimetres["own"] = np.where(is_end, -1, np.arange(len(xy)))
    node = millimetres.groupby(list(millimetres), sort=False).ngroup().to_numpy()
    first = np.unique(node, return_index=True)[1]
    place = xy[first]
    ends = np.unique(node[is_end])
    others = ends if connect == "ends" else np.arange(len(place))
    near = cKDTree(place[ends]).sparse_distance_matrix(
        cKDTree(place[others]), tolerance, output_type="coo_matrix"
    )
    pairs = (np.ones(len(near.row)), (ends[near.row], others[near.col]))
    graph = coo_array(pairs, shape=(len(place), len(place)))
    count, merged = connected_components(graph, directed=False)
    where = np.empty((count, 2))
    where[merged[::-1]] = place[::-1]  # of several, the first
    return merged[node].astype(np.int64), where


def _notes(plan: _Plan, dropped: Mapping[str, int]) -> tuple[str, ...]:
    told = []
    if isinstance(plan.speed, str):
        kept = f"{percent(PRACTICE * 100, 0)} de la limite affichée, " * plan.posted
        told.append(f"{kept}colonne « {plan.speed} »")
    elif plan.speed is not None:
        told.append(f"{shortest(plan.speed)} km/h partout")
    if plan.posted:
        lacking = "à défaut, " if told else ""
        told.append(
            f"{lacking}vitesse usuelle de la classe de voie « {plan.class_column} »"
        )
    elif plan.speeds is not None:
        table = ", ".join(f"{name} {shortest(v)}" for name, v in plan.speeds.items())
        told.append(f"par « {plan.class_column} » ({table} km/h)")
    if plan.default is not None:
        told.append(f"{shortest(plan.default)} km/h à défaut")
    way = (
        f"sens de circulation : colonne « {plan.directions.column} »"
        if plan.directions
        else "rues à double sens"
    )
    notes = [f"Vitesses : {' ; '.join(told)} ; {way}."]
    if dropped:
        out = ", ".join(f"{number(count)} ({why})" for why, count in dropped.items())
        notes.append(f"Tronçons écartés : {out}.")
    return tuple(typeset(note) for note in notes)


def _warn_of_natures(frame: gpd.GeoDataFrame) -> None:
    """Warn of natures of street that no rule knows, and that are left open."""
    column = _known("nature", tuple(map(str, frame.columns)))
    if column is None:
        return
    unknown = frame[column][~frame[column].isin(_NATURES)]
    if len(unknown):
        counts = unknown.value_counts(dropna=False).items()
        shown = [f"{value}: {count}" for value, count in counts]
        msg = (
            f"{len(unknown)} street(s) of {len(frame)} whose {column!r} is none of BD "
            f"TOPO: {culprits(shown)}; they are taken as open to all: say which to "
            f"leave out, closed={{{column!r}: […]}}"
        )
        warnings.warn(msg, BasinmapWarning, stacklevel=3)


def _warn_of_gaps(network: Network) -> None:
    kept, lost = network.report.kilometres, network.report.dropped_kilometres
    if kept < 0.8 * (kept + lost):
        share = percent(100 * kept / (kept + lost))
        msg = (
            f"only {share} of the kilometres hang together, in the largest of "
            f"{network.report.parts} parts: lines may not share vertices where they "
            "meet; try tolerance=1.0, or check one-way streets"
        )
        warnings.warn(msg, BasinmapWarning, stacklevel=3)
