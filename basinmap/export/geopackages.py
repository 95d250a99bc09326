"""GeoPackage: layers with their dictionary, the same bytes each time."""

from __future__ import annotations

import datetime as dt
import errno
import sqlite3
import warnings
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import NoneType

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError

from basinmap.arguments import check_given, check_kind, day_of
from basinmap.errors import BasinmapWarning, CRSError, DataError, culprits
from basinmap.export.ogr_fields import crs_of, field_of, kind_of, offsets_of
from basinmap.staging import UNDATED, refusal, staged_file
from basinmap.values.cells import Cells, cells_of, check_name, codes_as_cells
from basinmap.values.checks import check_exported
from basinmap.values.told import fact_of

__all__ = ["write_geopackage"]


def write_geopackage(
    path: str | Path,
    layers: Mapping[str, gpd.GeoDataFrame],
    *,
    tables: Mapping[str, pd.DataFrame] | None = None,
    date: str | dt.date | None = None,
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
        If there is no layer, one is empty, two columns share a name, or a value is one
        that no file holds: infinite, a list, a duration, a second shape.
    TypeError
        If something given is of another type.
    VintageError
        If the date is none.
    SecrecyError, MeasureError
        If a value is there that is said to be secret, or missing.
    OutputError
        If the file cannot be written.

    Warns
    -----
    BasinmapWarning
        If a row has no shape, or one that crosses itself.

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
    check_given(write_geopackage, locals())
    check_kind(layers, Mapping, "layers", "{'communes': frame}")
    check_kind(tables, (Mapping, NoneType), "tables", "{'dictionnaire': table}")
    if not layers:
        msg = "nothing to write: give at least one layer, {'communes': frame}"
        raise DataError(msg)
    day = UNDATED if date is None else day_of(date)
    _check_names([*layers, *(tables or {})])
    content = [_layer_of(name, frame) for name, frame in layers.items()]
    content += [_table_of(name, table) for name, table in (tables or {}).items()]
    counts = {one.name: len(one.columns[0].held) for one in content}
    with staged_file(path, check=partial(_check_whole, counts)) as staged, _clock(day):
        try:
            for one in content:
                _write(one, staged)
        except OSError as error:
            raise refusal(Path(path), error) from error
    return Path(path)


@dataclass(frozen=True, slots=True)
class _Content:
    """A layer or a table: its columns, its shapes, what it says of itself."""

    name: str
    columns: tuple[Cells, ...]
    shapes: gpd.GeoSeries | None = None
    options: Mapping[str, str] = field(default_factory=dict)


def _check_names(names: list[object]) -> None:
    """Check that layers and tables can be told apart, and asked for by their names."""
    words = [check_name(name, "layer") for name in names]
    if len({word.lower() for word in words}) < len(words):
        msg = f"layers and tables that differ by case at most: {words}"
        raise DataError(msg)
    reserved = [
        w for w in words if w.lower().startswith(("gpkg_", "sqlite_", "rtree_"))
    ]
    if reserved:
        msg = (
            f"layer {reserved[0]!r}: GeoPackage keeps names in gpkg_, rtree_ and "
            "sqlite_ for itself; rename it"
        )
        raise DataError(msg)


def _layer_of(name: str, frame: gpd.GeoDataFrame) -> _Content:
    what = f"layer {name!r}"
    if not isinstance(frame, gpd.GeoDataFrame):
        if not isinstance(frame, pd.DataFrame):
            check_kind(frame, gpd.GeoDataFrame, what, "a frame, such as bm.communes()")
        msg = f"{what} has no geometry; pass it in tables={{…}}"
        raise DataError(msg)
    if frame.active_geometry_name is None:
        msg = f"{what} has no geometry: call .set_geometry(…) first"
        raise DataError(msg)
    if frame.empty:
        msg = f"{what} is empty"
        raise DataError(msg)
    if frame.crs is None:
        msg = f"{what} has no CRS: call .set_crs(…) first"
        raise CRSError(msg)
    _check_shapes(frame.geometry, what)
    columns = _columns_of(frame.drop(columns=frame.active_geometry_name), what, frame)
    options = {"IDENTIFIER": str(fact_of(frame, "title", name))}
    if described := fact_of(frame, "description"):
        options["DESCRIPTION"] = str(described)
    return _Content(str(name), columns, frame.geometry, options)


def _table_of(name: str, table: pd.DataFrame) -> _Content:
    what = f"table {name!r}"
    check_kind(table, pd.DataFrame, what, "a table")
    if isinstance(table, gpd.GeoDataFrame):
        msg = f"{what} has a geometry; pass it as a layer, or drop the column"
        raise DataError(msg)
    return _Content(str(name), _columns_of(table, what, table))


def _columns_of(
    table: pd.DataFrame, what: str, told: pd.DataFrame
) -> tuple[Cells, ...]:
    """Return what a layer or a table holds, checked."""
    codes = codes_as_cells(table, what, unnamed="index")
    names = [codes.name, *(check_name(name, what) for name in table.columns)]
    folded = pd.Index([name.lower() for name in names])
    if folded.has_duplicates:
        again = list(folded[folded.duplicated()])
        msg = f"{what}: columns that differ by case at most: {again}"
        raise DataError(msg)
    reserved = folded.intersection(["fid", "geom"])
    if len(reserved):
        msg = f"{what}: GeoPackage keeps {list(reserved)} for itself; rename"
        raise DataError(msg)
    columns = codes, *(cells_of(table[name], what) for name in table.columns)
    check_exported(told, what)
    return columns


def _check_shapes(shapes: gpd.GeoSeries, what: str) -> None:
    """Refuse coordinates that are nowhere; tell what nothing can be made of."""
    plain = shapes.to_numpy()
    if not np.isfinite(shapely.get_coordinates(plain)).all():
        bad = [
            code
            for code, shape in zip(shapes.index, plain, strict=True)
            if not np.isfinite(shapely.get_coordinates(shape)).all()
        ]
        msg = f"{what}: coordinates that are no numbers at {culprits(bad)}"
        raise DataError(msg)
    gone = shapely.is_missing(plain)
    void = shapes.index[gone | shapely.is_empty(plain)]
    crossed = shapes.index[~shapely.is_valid(plain) & ~gone]
    for codes, fault in (
        (void, "without a shape: it cannot be drawn"),
        (crossed, "whose outline crosses itself: call .make_valid()"),
    ):
        if len(codes):
            msg = f"{what}: {len(codes)} row(s) {fault}: {culprits(codes)}"
            warnings.warn(msg, BasinmapWarning, stacklevel=4)


def _write(content: _Content, path: Path) -> None:
    """Write a layer or a table after those that are in the file."""
    columns = [field_of(cells) for cells in content.columns]
    shapes = content.shapes
    kind = None if shapes is None else kind_of(shapes)
    try:
        pyogrio.raw.write(
            path,
            None if shapes is None else shapely.to_wkb(shapes.to_numpy()),
            [values for values, _ in columns],
            [cells.name for cells in content.columns],
            field_mask=[gone for _, gone in columns],
            layer=content.name,
            driver="GPKG",
            geometry_type=kind,
            crs=None if shapes is None else crs_of(shapes),
            promote_to_multi=kind is not None and kind.startswith("Multi"),
            append=path.exists(),
            layer_options=dict(content.options),
            gdal_tz_offsets=offsets_of(content.columns),
        )
    except (DataSourceError, DataLayerError, FieldError, FeatureError) as error:
        # What a file cannot bear is refused above: what is left is the disk.
        raise OSError(errno.EIO, str(error)) from error


def _check_whole(counts: Mapping[str, int], staged: Path) -> None:
    """Check that a GeoPackage is read back as it was written."""
    reader = f"{staged.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(reader, uri=True)) as base:
            found = [str(line) for (line,) in base.execute("PRAGMA quick_check")]
            held = {name: _count(base, name) for name in counts}
    except sqlite3.Error as error:
        raise OSError(errno.EIO, str(error)) from error
    if found != ["ok"] or held != dict(counts):
        raise OSError(errno.EIO, "what is there is not what was written")


def _count(base: sqlite3.Connection, name: str) -> int:
    doubled = name.replace('"', '""')
    (found,) = base.execute(f'SELECT COUNT(*) FROM "{doubled}"').fetchone()  # noqa: S608 - quoted
    return int(found)


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
