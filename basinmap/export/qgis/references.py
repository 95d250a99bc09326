"""Coordinate systems as QGIS writes them: with an identity alone it finds none."""

from __future__ import annotations

from functools import cache
from typing import Final

from pyproj import CRS

from basinmap.export.qgis.marks import tag, words

__all__ = ["crs_element"]

# Keys of the list of QGIS, which only it knows; others are looked up by their code.
_KEYS: Final = {"EPSG:2154": 145, "EPSG:4326": 3452}
_LAMBERT: Final = (
    "+proj=lcc +lat_0=46.5 +lon_0=3 +lat_1=49 +lat_2=44 +x_0=700000 +y_0=6600000 "
    "+ellps=GRS80 +towgs84=0,0,0,0,0,0,0 +units=m +no_defs"
)


@cache
def crs_element(name: str) -> str:
    """
    Return the element of a coordinate system.

    Parameters
    ----------
    name
        Such as `EPSG:2154`, or its text (WKT).

    Examples
    --------
    >>> "<authid>EPSG:2154</authid>" in crs_element("EPSG:2154")
    True
    """
    known = CRS.from_user_input(name)
    code = known.to_epsg()
    authority = f"EPSG:{code}" if code else ""
    return tag(
        "spatialrefsys",
        None,
        tag("wkt", None, words(known.to_wkt())),
        tag("proj4", None, words(_LAMBERT if authority == "EPSG:2154" else "")),
        tag("srsid", None, str(_KEYS.get(authority, 0))),
        tag("srid", None, str(code or 0)),
        tag("authid", None, authority),
        tag("description", None, words(known.name)),
        tag("projectionacronym", None, "lcc" if authority == "EPSG:2154" else ""),
        tag("ellipsoidacronym", None, "EPSG:7019" if authority == "EPSG:2154" else ""),
        tag("geographicflag", None, "true" if known.is_geographic else "false"),
    )
