"""GeoPackage: layers with their dictionary, the same bytes each time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio

from basinmap.errors import CRSError, DataError
from basinmap.staging import staged_file
from basinmap.values.checks import check_exported
from basinmap.values.told import fact_of

__all__ = ["write_geopackage"]


def write_geopackage(
    path: str | Path,
    layers: Mapping[str, gpd.GeoDataFrame],
    *,
    tables: Mapping[str, pd.DataFrame] | None = None,
    date: dt.date | None = None,
) -> Path:
    """
    Write layers and tables to one GeoPackage, whole or not at all.

    Parameters
    ----------
    path
        The file, replaced if it exists.
    layers
        Layer name to frame; the index becomes the first column. `attrs` may give
        `title` and `description`.
    tables
        Tables without geometry, such as a dictionary of columns.
    date
        Date of making; the 1st of January 2000 by default, so that the same
        content gives the same bytes whenever it is written.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    CRSError
        If a layer has no CRS.
    DataError
        If there is no layer, one is empty, or two columns share a name.
    SecrecyError, MeasureError
        If a value is there that is said to be secret, or missing.
    OutputError
        If the file cannot be written.

    Examples
    --------
    >>> import basinmap as bm, tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> path = bm.write_geopackage(
    ...     folder / "lens.gpkg", {"communes": bm.communes(epci="call")}
    ... )
    >>> path.name
    'lens.gpkg'
    """
    if not layers:
        msg = "nothing to write: give at least one layer, {'communes': frame}"
        raise DataError(msg)
    names = pd.Index([*layers, *(tables or {})]).astype(str)
    if names.str.lower().has_duplicates:
        msg = f"layers and tables that differ by case at most: {list(names)}"
        raise DataError(msg)
    for name, frame in layers.items():
        _check_layer(name, frame)
        check_exported(frame, f"layer {name!r}")
    for name, table in (tables or {}).items():
        check_exported(table, f"table {name!r}")
    day = date or dt.date(2000, 1, 1)
    with staged_file(path) as staged, _clock(day):
        for name, frame in layers.items():
            flat = frame.reset_index()
            options = {"IDENTIFIER": str(fact_of(frame, "title", name))}
            if described := fact_of(frame, "description"):
                options["DESCRIPTION"] = str(described)
            pyogrio.write_dataframe(
                flat,
                staged,
                layer=name,
                driver="GPKG",
                promote_to_multi=_polygonal(frame),
                append=staged.exists(),
                layer_options=options,
            )
        for name, table in (tables or {}).items():
            pyogrio.write_dataframe(
                table.reset_index(), staged, layer=name, driver="GPKG", append=True
            )
    return Path(path)


def _polygonal(frame: gpd.GeoDataFrame) -> bool:
    return bool(frame.geom_type.isin(["Polygon", "MultiPolygon"]).any())


def _check_layer(name: str, frame: gpd.GeoDataFrame) -> None:
    if not isinstance(frame, gpd.GeoDataFrame):
        msg = f"layer {name!r} has no geometry; pass it in tables={{…}}"
        raise DataError(msg)
    if frame.empty:
        msg = f"layer {name!r} is empty"
        raise DataError(msg)
    if frame.crs is None:
        msg = f"layer {name!r} has no CRS: call .set_crs(…) first"
        raise CRSError(msg)
    columns = pd.Index([*frame.index.names, *frame.columns]).astype(str).str.lower()
    if columns.has_duplicates:
        again = list(columns[columns.duplicated()])
        msg = f"layer {name!r}: columns that differ by case at most: {again}"
        raise DataError(msg)
    reserved = columns.intersection(["fid", "geom"])
    if len(reserved):
        msg = f"layer {name!r}: GeoPackage keeps {list(reserved)} for itself; rename"
        raise DataError(msg)


@contextmanager
def _clock(date: dt.date) -> Iterator[None]:
    """Let GDAL write that date instead of the time of day."""
    key = "OGR_CURRENT_DATE"
    before = pyogrio.get_gdal_config_option(key)
    pyogrio.set_gdal_config_options({key: f"{date.isoformat()}T00:00:00.000Z"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({key: before})
