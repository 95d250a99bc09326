"""The door: what may be measured, and what must be reprojected first."""

from __future__ import annotations

from typing import Final

import geopandas as gpd

from basinmap.errors import CRSError, DataError

__all__ = ["METRIC", "check_metric", "check_same_crs"]

METRIC: Final = "EPSG:2154"
"""RGF93 v1 / Lambert-93: the CRS of everything embedded."""


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
    if frame.crs is None:
        msg = (
            f"{what}: no CRS; say which one it is in with .set_crs(…), "
            "then call .to_crs(2154)"
        )
        raise CRSError(msg)
    name = frame.crs.to_string()
    if frame.crs.is_geographic:
        msg = f"{what}: in degrees ({name}); call .to_crs(2154) first"
        raise CRSError(msg)
    operation = frame.crs.coordinate_operation
    method = operation.method_name.lower() if operation is not None else ""
    if "mercator" in method and not {"transverse", "oblique"} & set(method.split()):
        kind = "Web Mercator" if "pseudo" in method else "Mercator"
        msg = (
            f"{what}: in {kind} ({name}), where lengths are 57 % too long at Lens; "
            "call .to_crs(2154) first"
        )
        raise CRSError(msg)
    units = {axis.unit_name for axis in frame.crs.axis_info}
    if not frame.crs.is_projected or units != {"metre"}:
        found = ", ".join(sorted(units)) or "nothing"
        msg = f"{what}: {name} is no plane in metres (its unit: {found}); "
        raise CRSError(msg + "call .to_crs(2154) first")
    if len(frame) == 0:
        msg = f"{what}: empty selection, nothing to measure"
        raise DataError(msg)


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
