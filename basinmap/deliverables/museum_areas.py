"""Areas around the museum: rings as the crow flies, minutes, and what lies in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from basinmap.access.circles import rings
from basinmap.access.counting import reach
from basinmap.access.isochrones import isochrone_frame
from basinmap.access.networks import PRINTED, Mode, check_mode
from basinmap.access.surfaces import bands
from basinmap.arguments import check_given, path_of
from basinmap.deliverables.subjects import Subject
from basinmap.errors import ColumnError, DataError, culprits
from basinmap.reports import Report
from basinmap.spatial.joins import locate
from basinmap.spatial.projections import METRIC, check_metric
from basinmap.territory.curves import straightened
from basinmap.territory.local import local_file
from basinmap.territory.places import place
from basinmap.territory.units import communes
from basinmap.typography import shortest
from basinmap.values.columns import column
from basinmap.values.told import carry, tell, told_of

__all__ = [
    "KILOMETRES",
    "Zones",
    "crow_zones",
    "establishments_in",
    "minutes_zones",
    "people_in",
    "read_isochrones",
]

KILOMETRES: Final = (5, 10, 20, 30)
_BOUNDS: Final = ("outer", "minutes", "time", "contour", "value", "AA_MINS")
"""Headings under which makers of isochrones write their outer bound."""


@dataclass(frozen=True)
class Zones:
    """
    Areas around the museum that share the communes out.

    Attributes
    ----------
    slug
        What names of pages and figures begin with.
    areas
        Disjoint polygons, with their `label`.
    held
        Label of the area that holds a point inside of each commune, that of what is
        beyond where none does.
    beyond
        What is beyond, in words.
    heading
        Of the column of labels.
    by
        How a caption says it: « par couronne ».
    """

    slug: str
    areas: gpd.GeoDataFrame
    held: pd.Series
    beyond: str
    heading: str
    by: str

    @property
    def labels(self) -> list[str]:
        """The labels of what holds communes, the nearest first."""
        listed = [*map(str, self.areas["label"]), self.beyond]
        return [label for label in listed if (self.held == label).any()]


def _held(about: Subject, areas: gpd.GeoDataFrame, beyond: str) -> pd.Series:
    middles = about.ground.representative_point()
    told = locate(middles, areas).map(areas["label"].to_dict())
    told = told.astype("object").fillna(beyond)
    return pd.Series(told.to_numpy(), about.ground.index, name="aire")


def crow_zones(about: Subject) -> Zones:
    """
    Return the rings around the museum, as the crow flies.

    Parameters
    ----------
    about
        What is observed.
    """
    areas = rings(place("louvre-lens"), distances=[1000 * km for km in KILOMETRES])
    beyond = f"au-delà de {KILOMETRES[-1]} km"
    return Zones(
        "couronnes",
        areas,
        _held(about, areas, beyond),
        beyond,
        "Distance au musée",
        "par couronne",
    )


def minutes_zones(about: Subject, areas: gpd.GeoDataFrame) -> Zones:
    """
    Return the areas of travel time around the museum.

    Parameters
    ----------
    about
        What is observed.
    areas
        What `isochrones` or `read_isochrones` returned, in EPSG:2154.

    Raises
    ------
    ColumnError
        If `outer` or `label` is missing.
    CRSError
        If they are not in EPSG:2154.
    """
    check_metric(areas, "isochrones")
    if lacking := [name for name in ("outer", "label") if name not in areas]:
        msg = (
            f"isochrones: no column {culprits(lacking)}; give what bm.isochrones or "
            "bm.read_isochrones returned"
        )
        raise ColumnError(msg)
    near = carry(areas.sort_values("outer", kind="stable"), areas)
    beyond = f"au-delà de {shortest(float(near['outer'].iloc[-1]))} min"
    return Zones(
        "isochrones",
        near,
        _held(about, near, beyond),
        beyond,
        "Temps jusqu’au musée",
        "selon le temps de parcours",
    )


def people_in(zones: Zones) -> pd.Series:
    """
    Return the inhabitants of each area, by share of surface: an estimate.

    Parameters
    ----------
    zones
        The areas.

    Returns
    -------
    Series
        On the labels of the areas, rounded to tens as estimates are.
    """
    table = reach(
        zones.areas,
        communes(),
        sums=["population"],
        rule="area",
        allow_partial=True,
    )
    people = column(table, "population")
    labels = zones.areas["label"].astype("str")
    return tell(
        pd.Series(people.to_numpy().round(-1), labels.to_numpy(), name="habitants"),
        sources=told_of(people).sources,
        states=dict.fromkeys(labels, "estimated"),
    )


def establishments_in(points: gpd.GeoDataFrame, zones: Zones) -> pd.Series:
    """
    Count the establishments of each area, those that are open where it is said.

    Parameters
    ----------
    points
        What `read_points` returned of Sirene: `state` is « A » of an open one.
    zones
        The areas.

    Returns
    -------
    Series
        Whole numbers, on the labels of the areas.

    Raises
    ------
    DataError
        If there is none.
    CRSError
        If they are not in the CRS of the areas.
    """
    check_metric(points, "establishments")
    there = points[points["state"] == "A"] if "state" in points else points
    if there.empty:
        msg = (
            f"establishments: none of {len(points)} is open (state « A »); give what "
            "bm.read_points returned of the stock of Sirene"
        )
        raise DataError(msg)
    found = locate(there.geometry, zones.areas).map(zones.areas["label"].to_dict())
    counts = found.value_counts()
    labels = [str(label) for label in zones.areas["label"]]
    return counts.reindex(labels, fill_value=0).astype("int64")


def read_isochrones(
    path: str | Path, *, source: str, mode: Mode = "car", layer: str | None = None
) -> gpd.GeoDataFrame:
    """
    Read areas of travel time around the museum that were made elsewhere, or saved.

    Parameters
    ----------
    path
        A layer of polygons, such as a GeoPackage: one row a bound, whose minutes are in
        a column `outer` or `minutes`, disjoint or one holding the other.
    source
        Who made them and from what, as it is printed.
    mode
        `"walk"`, `"bike"` or `"car"`.
    layer
        Where the file has several.

    Returns
    -------
    GeoDataFrame
        In EPSG:2154, on the index `isochrone`: `inner` and `outer` (minutes), `label`,
        disjoint, the nearest first, as `isochrones` returns them.

    Raises
    ------
    DataError
        If the file cannot be read, holds no polygon, a bound is no time or stands
        twice, an area neither holds the nearer ones nor is apart from them, no area
        holds the museum, or no source is told.
    ColumnError
        If no column holds minutes.

    See Also
    --------
    isochrones : The same from streets.

    Examples
    --------
    >>> import basinmap as bm, geopandas as gpd, tempfile
    >>> from pathlib import Path
    >>> museum = bm.LOUVRE_LENS.point
    >>> saved = gpd.GeoDataFrame(
    ...     {"minutes": [10, 20]}, geometry=[museum.buffer(9e3), museum.buffer(2e4)],
    ...     crs=2154,
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "aires.gpkg"
    ...     saved.to_file(path)
    ...     bm.read_isochrones(path, source="Agence, 2026")["label"].tolist()
    ['moins de 10 min', 'de 10 à moins de 20 min']
    """
    check_given(read_isochrones, locals())
    check_mode(mode)
    where = path_of(path, "path")
    if not source.strip():
        msg = f"{where}: who made these areas? source='Agence d’urbanisme, 2026'"
        raise DataError(msg)
    frame = _polygons(where, layer)
    heads = {str(name).lower(): str(name) for name in frame.columns}
    bound = next((heads[b.lower()] for b in _BOUNDS if b.lower() in heads), None)
    if bound is None:
        msg = (
            f"{where}: no column of minutes ({', '.join(_BOUNDS[:2])}); found "
            f"{culprits([c for c in frame.columns if c != 'geometry'])}"
        )
        raise ColumnError(msg)
    minutes = pd.to_numeric(frame[bound], errors="coerce")
    if not (minutes > 0).all() or minutes.duplicated().any():
        msg = (
            f"{where}: {bound} {culprits(list(map(str, frame[bound])))}: one time in "
            "minutes an area is expected, each once"
        )
        raise DataError(msg)
    order = minutes.sort_values().index
    ordered = [float(m) for m in minutes[order]]
    _check_nested(frame.loc[order], ordered, where)
    made = _apart(frame.loc[order], ordered)
    if not made.geometry.iloc[0].buffer(_NEAR).contains(place("louvre-lens").point):
        msg = f"{where}: the nearest area does not hold the museum; are they of it?"
        raise DataError(msg)
    return tell(
        made,
        mode=mode,
        direction="to",
        rule=f"temps de parcours {PRINTED[mode]} jusqu’au musée, {source}",
        sources=(source,),
        report=Report(
            verb=f"Lecture de {where.name}",
            units_before=len(frame),
            units_after=len(made),
            notes=straightened(where, layer),
        ),
    )


_NEAR: Final = 1_000.0
"""Metres: areas are simplified, and a museum may be at the end of a street."""


def _polygons(path: Path, layer: str | None) -> gpd.GeoDataFrame:
    local_file(path, f"{path}: cannot be read as a layer")
    try:
        frame = gpd.read_file(path, layer=layer)
    except Exception as error:  # one kind by driver
        msg = f"{path}: cannot be read as a layer: {error}"
        raise DataError(msg) from error
    if not isinstance(frame, gpd.GeoDataFrame) or frame.empty:
        msg = f"{path}: no area in it"
        raise DataError(msg)
    if frame.crs is None:
        msg = f"{path}: no CRS is told; save it in EPSG:2154"
        raise DataError(msg)
    kinds = set(frame.geom_type.dropna())
    if frame.geometry.isna().any() or not kinds <= {"Polygon", "MultiPolygon"}:
        msg = (
            f"{path}: polygons are expected, found {culprits(sorted(map(str, kinds)))}"
        )
        raise DataError(msg)
    placed = frame.to_crs(METRIC).reset_index(drop=True)
    return placed.set_geometry(placed.geometry.make_valid())


_TOUCHING: Final = 0.1
"""Share of an area under which it is beside another, simplified as it was."""


def _check_nested(
    frame: gpd.GeoDataFrame, minutes: Sequence[float], path: Path
) -> None:
    """Refuse times that are exchanged: an area of less time that holds more."""
    shapes = frame.geometry
    near = shapes.iloc[0]
    for n in range(1, len(frame)):
        far = shapes.iloc[n]
        shared = near.intersection(far).area
        apart = shared <= _TOUCHING * min(near.area, far.area)
        nested = shared >= (1 - _TOUCHING) * near.area and far.area > near.area
        if not (apart or nested):
            less, more = shortest(minutes[n - 1]), shortest(minutes[n])
            large, small, common = (
                shortest(round(area / 1e6, 1)) for area in (far.area, near.area, shared)
            )
            msg = (
                f"{path}: the area of {more} minutes does not hold that of {less}, "
                f"nor is it beside: {large} km² against {small} km², {common} "
                "km² of them shared; more time reaches farther: correct the column of "
                "minutes, or make the areas again"
            )
            raise DataError(msg)
        near = near.union(far)


def _apart(frame: gpd.GeoDataFrame, minutes: Sequence[float]) -> gpd.GeoDataFrame:
    """Return each area without what is nearer, given apart or one in the other."""
    whole = [frame.geometry.iloc[: n + 1].union_all() for n in range(len(frame))]
    ids = pd.Index(["louvre-lens"])
    return isochrone_frame(bands(whole), ids, minutes, nested=False, crs=METRIC)
