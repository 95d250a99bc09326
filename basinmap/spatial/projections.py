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
    if "Mercator" in frame.crs.name and "Pseudo" in frame.crs.name:
        msg = (
            f"{what}: in Web Mercator ({name}), where lengths are 57 % too long "
            "at Lens; call .to_crs(2154) first"
        )
        raise CRSError(msg)
    if len(frame) == 0:
        msg = f"{what}: empty selection, nothing to measure"
        raise DataError(msg)


def check_same_crs(
    left: gpd.GeoDataFrame | gpd.GeoSeries, right: gpd.GeoDataFrame | gpd.GeoSeries
) -> None:
    """
    Check that two frames share one metric CRS.

    Parameters
    ----------
    left, right
        The frames.

    Raises
    ------
    CRSError
        If either cannot be measured, or they differ.
    """
    check_metric(left, "first frame")
    check_metric(right, "second frame")
    if left.crs != right.crs:
        msg = (
            f"two CRS: {left.crs.to_string()} and {right.crs.to_string()}; "
            "call .to_crs(2154) on both"
        )
        raise CRSError(msg)
