"""The door: what may be measured, and what must be reprojected first."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
from geopandas.array import GeometryArray
from pyproj import CRS
from pyproj.exceptions import CRSError as NoSuchCRSError
from shapely import Point, bounds

from basinmap.arguments import shown
from basinmap.errors import CRSError, DataError, culprits

__all__ = [
    "METRIC",
    "check_finite",
    "check_frame",
    "check_metric",
    "check_same_crs",
    "crs_of",
    "geometries",
    "metric_crs",
    "read_crs",
]

METRIC: Final = "EPSG:2154"
"""RGF93 v1 / Lambert-93: the CRS of everything embedded."""


def check_frame(frame: object, what: str = "frame") -> None:
    """
    Check that geometries come with columns.

    Parameters
    ----------
    frame
        What was given.
    what
        What it is, for the message.

    Raises
    ------
    DataError
        If it is no GeoDataFrame.

    Examples
    --------
    >>> import basinmap as bm
    >>> check_frame(bm.communes().geometry, "units")
    Traceback (most recent call last):
    basinmap.errors.DataError: units: need a GeoDataFrame, got GeoSeries; write \
.to_frame()
    """
    if not isinstance(frame, gpd.GeoDataFrame):
        cure = "; write .to_frame()" if isinstance(frame, gpd.GeoSeries) else ""
        msg = f"{what}: need a GeoDataFrame, got {type(frame).__name__}{cure}"
        raise DataError(msg)


def metric_crs(crs: object, what: str) -> CRS:
    """
    Return the CRS that a user names, if lengths can be measured in it.

    Parameters
    ----------
    crs
        Anything that pyproj knows, such as `2154`.
    what
        What it is for, for the message.

    Raises
    ------
    CRSError
        If there is none of that name, or it is not metric.

    Examples
    --------
    >>> metric_crs(2154, "network").to_epsg()
    2154
    >>> metric_crs("nope", "network")
    Traceback (most recent call last):
    basinmap.errors.CRSError: network: unknown CRS 'nope'; write crs=2154
    """
    found = read_crs(crs, what)
    check_metric(gpd.GeoSeries([Point(0, 0)], crs=found), what)
    return found


def read_crs(crs: object, what: str) -> CRS:
    """
    Return a CRS.

    Parameters
    ----------
    crs
        Its EPSG code, its name, its WKT, or itself.
    what
        What is in it, for the message.

    Raises
    ------
    CRSError
        If there is none of that name.
    """
    if crs is None:
        msg = f"{what}: no CRS; write crs=2154"
        raise CRSError(msg)
    named = isinstance(crs, str | int | np.integer) and not isinstance(crs, bool)
    if not named and not isinstance(crs, CRS):
        msg = f"{what}: unknown CRS {shown(crs)}; write crs=2154"
        raise CRSError(msg)
    try:
        return CRS.from_user_input(int(crs) if isinstance(crs, np.integer) else crs)
    except (NoSuchCRSError, UnicodeEncodeError, OverflowError):
        msg = f"{what}: unknown CRS {shown(crs)}; write crs=2154"
        raise CRSError(msg) from None


def check_finite(points: gpd.GeoSeries, what: str) -> None:
    """
    Check that points have coordinates, and finite ones.

    Parameters
    ----------
    points
        Points.
    what
        What they are, for the message.

    Raises
    ------
    DataError
        If some have none.

    Examples
    --------
    >>> check_finite(gpd.GeoSeries([Point(0, float("inf"))], index=["a"]), "place")
    Traceback (most recent call last):
    basinmap.errors.DataError: place: 1 without finite coordinates: 'a'; drop them, or \
correct them
    """
    wild = points.index[~np.isfinite(bounds(points.array)).all(axis=1)]
    if len(wild):
        msg = (
            f"{what}: {len(wild)} without finite coordinates: {culprits(wild)}; drop "
            "them, or correct them"
        )
        raise DataError(msg)


def check_metric(frame: gpd.GeoDataFrame | gpd.GeoSeries, what: str = "frame") -> None:
    """
    Check that lengths and areas can be measured in this frame.

    Parameters
    ----------
    frame
        Any geometries.
    what
        What they are, for the message.

    Raises
    ------
    CRSError
        If there is no CRS, or it is in degrees, or it is Web Mercator, whose
        lengths are 57 % too long at Lens.
    DataError
        If there is nothing in it.

    Examples
    --------
    >>> import basinmap as bm
    >>> check_metric(bm.communes())
    >>> check_metric(bm.communes().to_crs(4326), "communes")
    Traceback (most recent call last):
    basinmap.errors.CRSError: communes: in degrees (EPSG:4326); call .to_crs(2154) first
    """
    if not isinstance(frame, gpd.GeoDataFrame | gpd.GeoSeries):
        msg = f"{what}: need a GeoDataFrame or a GeoSeries, got {type(frame).__name__}"
        raise DataError(msg)
    crs = crs_of(frame)
    if id(crs) not in _MEASURED:
        _check_crs(crs, what)
        if len(_MEASURED) >= _MOST:
            _MEASURED.clear()
        _MEASURED[id(crs)] = crs
    if len(frame) == 0:
        msg = f"{what}: empty selection, nothing to measure"
        raise DataError(msg)


def geometries(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> GeometryArray:
    """
    Return the geometries of a frame, its own.

    Parameters
    ----------
    frame
        Any geometries.
    """
    name = frame.active_geometry_name if isinstance(frame, gpd.GeoDataFrame) else None
    if name is None or name not in frame.columns:
        return frame.geometry.array  # or what says what is wrong
    # By name, pandas would make a series, with a deep copy of what is told.
    place = frame.columns.get_loc(name)
    return frame._get_column_array(place)  # noqa: SLF001


def crs_of(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> CRS | None:
    """
    Return the CRS of a frame, looked up without making its series.

    Parameters
    ----------
    frame
        Any geometries.
    """
    return geometries(frame).crs


_MOST: Final = 64
_MEASURED: Final[dict[int, CRS | None]] = {}
"""CRS in which lengths can be measured, known as objects, which frames share."""


def _check_crs(crs: CRS | None, what: str) -> None:
    """Check that lengths can be measured in a CRS."""
    if crs is None:
        msg = (
            f"{what}: no CRS; say which one it is in with .set_crs(…), "
            "then call .to_crs(2154)"
        )
        raise CRSError(msg)
    name = crs.to_string()
    if crs.is_geographic:
        msg = f"{what}: in degrees ({name}); call .to_crs(2154) first"
        raise CRSError(msg)
    operation = crs.coordinate_operation
    method = operation.method_name.lower() if operation is not None else ""
    if "mercator" in method and not {"transverse", "oblique"} & set(method.split()):
        kind = "Web Mercator" if "pseudo" in method else "Mercator"
        msg = (
            f"{what}: in {kind} ({name}), where lengths are 57 % too long at Lens; "
            "call .to_crs(2154) first"
        )
        raise CRSError(msg)
    units = {axis.unit_name for axis in crs.axis_info}
    if not crs.is_projected or units != {"metre"}:
        found = ", ".join(sorted(units)) or "nothing"
        msg = f"{what}: {name} is no plane in metres (its unit: {found}); "
        raise CRSError(msg + "call .to_crs(2154) first")


def check_same_crs(
    left: gpd.GeoDataFrame | gpd.GeoSeries,
    right: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    names: tuple[str, str] = ("first frame", "second frame"),
) -> None:
    """
    Check that two frames share one metric CRS.

    Parameters
    ----------
    left, right
        The frames.
    names
        What they are, for the message.

    Raises
    ------
    CRSError
        If either cannot be measured, or they differ.
    """
    check_metric(left, names[0])
    check_metric(right, names[1])
    if left.crs != right.crs:
        msg = (
            f"two CRS: {names[0]} in {left.crs.to_string()}, {names[1]} in "
            f"{right.crs.to_string()}; "
            "call .to_crs(2154) on both"
        )
        raise CRSError(msg)
