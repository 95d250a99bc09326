"""FlatGeobuf: one layer that a page or a program streams."""

from __future__ import annotations

import errno
from collections import Counter
from functools import partial
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError

from basinmap.arguments import check_given
from basinmap.errors import CRSError, DataError, culprits
from basinmap.export.contents import Content, content_of, table_from
from basinmap.export.ogr_fields import crs_of, field_of, kind_of, offsets_of
from basinmap.staging import refusal, staged_file
from basinmap.values.cells import Cells

__all__ = ["write_flatgeobuf"]


def write_flatgeobuf(path: str | Path, layer: gpd.GeoDataFrame) -> Path:
    """
    Write a layer to one FlatGeobuf, that is read by windows without being downloaded.

    What is missing is null; a column `<column>_state` says why. Title and description
    stand in the header. The format knows no days: they are moments, at midnight. Rows
    are put in the order of space, which the index of the format asks for: the first
    column holds the codes.

    Parameters
    ----------
    path
        The `.fgb` file, replaced if it exists.
    layer
        A layer; the index becomes the first column.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    CRSError
        If it has no CRS.
    DataError
        If it is empty, a row has no shape, two columns differ by case at most, or a
        value is one that no file holds.
    SecrecyError, MeasureError
        If a value is there that is said to be secret, or missing.
    OutputError
        If the file cannot be written.

    See Also
    --------
    write_geopackage : Several layers, with their styles.

    Examples
    --------
    >>> import basinmap as bm, tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> bm.write_flatgeobuf(folder / "lens.fgb", bm.communes(epci="call")).name
    'lens.fgb'
    """
    check_given(write_flatgeobuf, locals())
    name = Path(path).name
    table_from(layer, name, name="value")
    _check_layer(layer, name)
    content = content_of(layer, name, folded=True)
    with staged_file(
        path, check=partial(_check_whole, content, layer.geometry)
    ) as staged:
        try:
            _write(content, layer.geometry, staged)
        except OSError as error:
            raise refusal(Path(path), error) from error
    return Path(path)


def _check_layer(layer: gpd.GeoDataFrame, what: str) -> None:
    if layer.active_geometry_name is None:
        msg = f"{what}: has no geometry: call .set_geometry(…) first"
        raise DataError(msg)
    if layer.empty:
        msg = f"{what}: is empty; a FlatGeobuf has one row at least"
        raise DataError(msg)
    if layer.crs is None:
        msg = f"{what}: has no CRS: call .set_crs(…) first"
        raise CRSError(msg)
    plain = layer.geometry.to_numpy()
    void = layer.index[shapely.is_missing(plain) | shapely.is_empty(plain)]
    if len(void):
        msg = (
            f"{what}: {len(void)} row(s) without a shape, which the index of the "
            f"format cannot hold: {culprits(void)}; drop them"
        )
        raise DataError(msg)
    if not np.isfinite(shapely.get_coordinates(plain)).all():
        msg = f"{what}: coordinates that are no numbers; mend the shapes"
        raise DataError(msg)


def _write(content: Content, shapes: gpd.GeoSeries, path: Path) -> None:
    every = [field.cells for field in content.fields]
    columns = [field_of(cells) for cells in every]
    kind = kind_of(shapes)
    try:
        pyogrio.raw.write(
            path,
            shapely.to_wkb(shapes.to_numpy()),
            [values for values, _ in columns],
            [cells.name for cells in every],
            field_mask=[gone for _, gone in columns],
            layer=content.title or Path(path).stem,
            driver="FlatGeobuf",
            geometry_type=kind,
            crs=crs_of(shapes),
            promote_to_multi=kind.startswith("Multi"),
            layer_options=_said(content),
            gdal_tz_offsets=offsets_of(every),
        )
    except (DataSourceError, DataLayerError, FieldError, FeatureError) as error:
        # What a file cannot bear is refused above: what is left is the disk.
        raise OSError(errno.EIO, str(error)) from error


def _said(content: Content) -> dict[str, str]:
    lines = [
        f"{field.cells.name} : {field.description.heading}" for field in content.fields
    ]
    described = "\n".join(filter(None, [content.note, *lines]))
    return {
        "SPATIAL_INDEX": "YES",
        **({"TITLE": content.title} if content.title else {}),
        "DESCRIPTION": described,
    }


def _check_whole(content: Content, shapes: gpd.GeoSeries, staged: Path) -> None:
    """Check that a layer is read back as it was written, in whatever order."""
    known = [
        field.cells
        for field in content.fields
        if field.cells.kind not in ("day", "moment")
    ]
    columns = [_as_told(cells) for cells in known]
    wanted = zip(_drawn(shapes.to_numpy()), *columns, strict=True)
    try:
        _, found = pyogrio.read_arrow(staged)
        names = [cells.name for cells in known]
        drawn = _drawn(shapely.from_wkb(found[found.column_names[-1]].to_numpy()))
        read = zip(drawn, *(found[name].to_pylist() for name in names), strict=True)
        same = Counter(read) == Counter(wanted)
    except (
        DataSourceError,
        DataLayerError,
        RuntimeError,
        ValueError,
        OSError,
    ) as error:
        raise OSError(errno.EIO, str(error)) from error
    if not same:
        raise OSError(errno.EIO, "what is there is not what was written")


def _as_told(cells: Cells) -> list[object]:
    gone = cells.held.isna().tolist()
    pairs = zip(cells.held.tolist(), gone, strict=True)
    return [None if absent else value for value, absent in pairs]


def _drawn(shapes: np.ndarray) -> list[bytes]:
    """Return the coordinates of shapes: one part alone is one of many there."""
    return [
        shapely.get_coordinates(shape, include_z=True).tobytes() for shape in shapes
    ]
