"""Parquet and GeoParquet: columns in their types, with all that is told of them."""

from __future__ import annotations

import errno
import io
import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from basinmap.arguments import check_given, path_of
from basinmap.errors import CRSError, DataError
from basinmap.export.contents import Content, Field, content_of, table_from
from basinmap.export.csv_files import check_same
from basinmap.staging import moments_for_arrow, refusal, staged_file
from basinmap.values.cells import Cells
from basinmap.values.told import kept_facts, restored

__all__ = ["read_parquet", "write_parquet"]

_KEY: Final = b"basinmap"


def write_parquet(
    path: str | Path, table: pd.DataFrame | pd.Series | gpd.GeoDataFrame
) -> Path:
    """
    Write a table, or a layer (GeoParquet 1.1), with all that is told of its columns.

    What is missing is null; a column `<column>_state` says why. Titles, units, years
    and sources are in the metadata of the file and of each column, so that
    `read_parquet` gives back what was written, and other software reads what it is.

    Parameters
    ----------
    path
        The `.parquet` file, replaced if it exists.
    table
        A table, a series, or a layer; the index becomes the first column.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    CRSError
        If a layer has no CRS.
    DataError
        If two columns share a name, or a value is one that no file holds.
    SecrecyError, MeasureError
        If a value is there that is said to be secret, or missing.
    OutputError
        If the file cannot be written.

    See Also
    --------
    read_parquet : The way back.

    Examples
    --------
    >>> import basinmap as bm, tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> rate = bm.compute("L04", bm.statistics(epci="call"))
    >>> path = bm.write_parquet(folder / "vacance.parquet", rate)
    >>> again = bm.column(bm.read_parquet(path), "L04")
    >>> again.attrs["title"], again.equals(rate)
    ('Taux de vacance des logements en 2021', True)
    """
    check_given(write_parquet, locals())
    name = Path(path).name
    given = table_from(table, name, name="value")
    shapes = _shapes_of(given, name)
    reserved = () if shapes is None else (str(shapes.name), "bbox")
    content = content_of(given, name, reserved=reserved)
    with moments_for_arrow():
        whole = _arrow_of(content, given, shapes)
    raw = io.BytesIO()
    pq.write_table(whole, raw, compression="zstd")
    with staged_file(path, check=partial(_check_whole, raw, whole)) as staged:
        try:
            staged.write_bytes(raw.getbuffer())
        except OSError as error:
            raise refusal(Path(path), error) from error
    return Path(path)


def _shapes_of(table: pd.DataFrame, what: str) -> gpd.GeoSeries | None:
    if not isinstance(table, gpd.GeoDataFrame):
        return None
    if table.active_geometry_name is None:
        msg = f"{what}: has no geometry: call .set_geometry(…) first"
        raise DataError(msg)
    if table.crs is None:
        msg = f"{what}: has no CRS: call .set_crs(…) first"
        raise CRSError(msg)
    if not np.isfinite(shapely.get_coordinates(table.geometry.to_numpy())).all():
        msg = f"{what}: coordinates that are no numbers; mend the shapes"
        raise DataError(msg)
    return table.geometry


def _arrow_of(
    content: Content, table: pd.DataFrame, shapes: gpd.GeoSeries | None
) -> pa.Table:
    """Return what is written: columns, then shapes, and what is told of them."""
    arrays = [_array(field.cells) for field in content.fields]
    fields = [
        pa.field(field.cells.name, array.type, metadata=_about(field))
        for field, array in zip(content.fields, arrays, strict=True)
    ]
    told: dict[str, Any] = {
        "version": 1,
        "index": content.codes.cells.name,
        "named": table.index.name is not None,
        "title": content.title,
        "note": content.note,
        "sources": list(content.sources),
        "facts": kept_facts(table),
    }
    meta = {
        _KEY: json.dumps(told, ensure_ascii=False).encode(),
        # pandas alone finds the index and what is told, too.
        b"pandas": _for_pandas(content, told["facts"]),
    }
    if b'"attributes"' not in meta[b"pandas"]:
        # Of older pyarrow; pandas looks there too.
        meta[b"PANDAS_ATTRS"] = json.dumps(told["facts"]).encode()
    if shapes is not None:
        # The covering boxes let a reader take the rows of a window only.
        raw = io.BytesIO()
        name = str(shapes.name)
        layer = gpd.GeoDataFrame(
            {name: shapes.to_numpy()}, geometry=name, crs=shapes.crs
        )
        layer.to_parquet(
            raw, index=False, schema_version="1.1.0", write_covering_bbox=True
        )
        drawn = pq.read_table(io.BytesIO(raw.getvalue()))
        meta[b"geo"] = drawn.schema.metadata[b"geo"]
        arrays += [drawn[name] for name in drawn.column_names]
        fields += list(drawn.schema)
    return pa.table(arrays, schema=pa.schema(fields, metadata=meta))


def _for_pandas(content: Content, facts: Mapping[str, Any]) -> bytes:
    """Return the metadata by which pandas sets the index and its own dtypes."""
    codes = content.codes.cells.name
    plain = {field.cells.name: _exact(field.cells) for field in content.fields}
    frame = pd.DataFrame({name: values.array for name, values in plain.items()})
    frame = restored(frame.set_index(codes), facts)
    return pa.Schema.from_pandas(frame).metadata[b"pandas"]


def _exact(cells: Cells) -> pd.Series:
    """Return a column in the dtype in which it is read: gaps only where there are."""
    held = cells.held
    if held.isna().any() or not len(held):
        return held
    match cells.kind:
        case "whole":
            return held.astype("int64")
        case "truth":
            return held.astype(bool)
    return held


def _about(field: Field) -> dict[str, str]:
    """Return what is said of a column to software that knows nothing of us."""
    told = field.description
    every = {
        "title": told.heading,
        "description": told.text,
        "unit": told.unit,
        "vintage": told.vintage,
        "kind": told.kind,
        "state_of": told.of,
    }
    return {key: text for key, text in every.items() if text}


def _array(cells: Cells) -> pa.Array:
    held = cells.held
    match cells.kind:
        case "whole":
            return pa.array(held, pa.int64(), from_pandas=True)
        case "real":
            return pa.array(held, pa.float64(), from_pandas=True)
        case "truth":
            return pa.array(held, pa.bool_(), from_pandas=True)
        case "day":
            return pa.array(held.tolist(), pa.date32(), from_pandas=True)
        case "moment":
            return pa.array(held, from_pandas=True)
    return pa.array(held.mask(held.isna(), None).tolist(), pa.string())


def _check_whole(raw: io.BytesIO, written: pa.Table, staged: Path) -> None:
    """Check that a file is read back as it was written."""
    # What is told stands twice in the file: all of its bytes count.
    check_same(raw.getvalue(), staged)
    try:
        found = pq.read_table(staged)
    except (pa.ArrowException, OSError) as error:
        raise OSError(errno.EIO, str(error)) from error
    if not found.equals(written, check_metadata=True):
        raise OSError(errno.EIO, "what is there is not what was written")


def read_parquet(path: str | Path) -> pd.DataFrame | gpd.GeoDataFrame:
    """
    Read what `write_parquet` wrote: the table or layer, and all that is told of it.

    Parameters
    ----------
    path
        A `.parquet` file, of any maker; of others, the columns as they are.

    Returns
    -------
    DataFrame or GeoDataFrame
        On its codes. Take `bm.column(table, name)` of a value with its states.

    Raises
    ------
    DataError
        If it is absent, or no Parquet file.

    See Also
    --------
    read_table : A table of another format.

    Examples
    --------
    >>> import basinmap as bm, tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "lens.parquet"
    >>> lens = bm.communes(epci="call")
    >>> again = bm.read_parquet(bm.write_parquet(path, lens))
    >>> again.crs == lens.crs, list(again.columns) == list(lens.columns)
    (True, True)
    """
    check_given(read_parquet, locals())
    file = path_of(path)
    if not file.is_file():
        msg = f"no file {str(file)!r}; give one that bm.write_parquet wrote"
        raise DataError(msg)
    try:
        whole = pq.read_table(file)
        told = _told_in(whole)
        frame = _frame_of(file, whole)
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{file.name} cannot be read as Parquet; write it again ({error})"
        raise DataError(msg) from error
    if told is None:
        return frame
    for field in whole.schema:
        if b"state_of" in (field.metadata or {}):
            frame[field.name] = frame[field.name].astype(object).fillna("")
    if told["index"] in frame.columns:
        frame = frame.set_index(told["index"])
    if not told.get("named", True):
        frame.index.name = None
    return restored(frame, told.get("facts", {}))


def _told_in(whole: pa.Table) -> dict[str, Any] | None:
    raw = (whole.schema.metadata or {}).get(_KEY)
    told = None if raw is None else json.loads(raw)
    if told is not None and told.get("index") not in whole.column_names:
        msg = "its index is not among its columns"
        raise ValueError(msg)
    return told


def _frame_of(file: Path, whole: pa.Table) -> pd.DataFrame | gpd.GeoDataFrame:
    if b"geo" in (whole.schema.metadata or {}):
        return gpd.read_parquet(file)
    return whole.to_pandas()
