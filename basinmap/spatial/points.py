"""Points wherever they are: geometries, columns of coordinates, GeoParquet files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError as NoSuchCRSError

from basinmap.arguments import path_of
from basinmap.errors import ColumnError, CRSError, DataError, culprits
from basinmap.measures import check_columns
from basinmap.progress import progress

__all__ = [
    "Coordinates",
    "Lot",
    "PointFile",
    "Points",
    "Source",
    "check_there",
    "decoded",
    "footer",
    "open_parquet",
    "parquet_of",
    "read_points",
]

Floats = NDArray[np.float64]
Coordinates: TypeAlias = np.ndarray | pd.Series | Sequence[float]
Points: TypeAlias = (
    gpd.GeoSeries
    | gpd.GeoDataFrame
    | pd.DataFrame
    | tuple[Coordinates, Coordinates]
    | str
    | Path
)

_ROWS: Final = 2**18
_ENDINGS: Final = (".parquet", ".geoparquet", ".parq", ".pq")
_AT_HAND: Final = 2**14  # geometries read twice while they are near the processor
_WKB: Final = np.dtype([("order", "u1"), ("kind", "<u4"), ("x", "<f8"), ("y", "<f8")])


class Lot(NamedTuple):
    """
    Points read together.

    Attributes
    ----------
    start
        Place of the first one.
    x, y
        Coordinates, NaN where a point is absent or empty.
    columns
        What else was asked for, one row a point.
    """

    start: int
    x: Floats
    y: Floats
    columns: pd.DataFrame


class Source(NamedTuple):
    """
    Points to come.

    Attributes
    ----------
    crs
        Their CRS, None where bare coordinates do not say.
    index
        One label a point.
    names
        Columns that there are.
    told_by
        The table that tells what its columns are, empty where none does.
    lots
        From names of columns to the points, lot by lot.
    """

    crs: CRS | None
    index: pd.Index
    names: tuple[str, ...]
    told_by: pd.DataFrame
    lots: Callable[[Sequence[str]], Iterator[Lot]]


def read_points(points: Points) -> Source:
    """
    Open points: nothing of a file but its footer is read until lots are asked for.

    Parameters
    ----------
    points
        Point geometries; a table with columns `x` and `y`; a pair of arrays; the
        path of a GeoParquet file, or of a folder of them.

    Returns
    -------
    Source
        Lots are the whole of a frame, 262,144 rows of a file.

    Raises
    ------
    CRSError
        If geometries have no CRS, or that of a file cannot be read.
    ColumnError
        If a table has no `x` or `y`.
    DataError
        If some are no points, two arrays differ in length, a file is absent,
        truncated, or no GeoParquet.

    Examples
    --------
    >>> source = read_points(([685_500.0, 0.0], [7_037_800.0, 0.0]))
    >>> [lot.x.tolist() for lot in source.lots([])]
    [[685500.0, 0.0]]
    """
    if isinstance(points, str | Path):
        return _opened(path_of(points, "points"))
    if isinstance(points, gpd.GeoSeries | gpd.GeoDataFrame):
        return _geometries(points)
    if isinstance(points, pd.DataFrame):
        check_columns(points, "x", "y")
        return _table(points["x"], points["y"], points)
    if isinstance(points, tuple) and len(points) == 2:
        index = points[0].index if isinstance(points[0], pd.Series) else None
        return _table(*points, pd.DataFrame(index=index))
    msg = (
        f"points: {type(points).__name__} is neither geometries, a table with x and y, "
        "a pair (x, y) nor the path of a GeoParquet file"
    )
    raise DataError(msg)


# -- in memory -------------------------------------------------------------------


def _geometries(points: gpd.GeoSeries | gpd.GeoDataFrame) -> Source:
    if points.crs is None:
        msg = "points: no CRS; say which one it is in with .set_crs(…)"
        raise CRSError(msg)
    x, y, wrong = _xy(np.asarray(points.geometry.array))
    if len(wrong):
        msg = (
            f"points: {len(wrong)} row(s) are no point: "
            f"{culprits(points.index[wrong])}; polygons have a "
            ".representative_point(), several points .explode()"
        )
        raise DataError(msg)
    frame = points if isinstance(points, gpd.GeoDataFrame) else pd.DataFrame()
    return _whole(x, y, points.index, frame, points.crs)


def _xy(shapes: NDArray[np.object_]) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """
    Return the coordinates of points, and the places of what is no point.

    NaN for those that are absent or empty. The bounds of a point are read at once,
    in half the time of its coordinates.
    """
    x, y = np.empty(len(shapes)), np.empty(len(shapes))
    wrong = [np.zeros(0, np.intp)]
    for start in range(0, len(shapes), _AT_HAND):
        part = shapes[start : start + _AT_HAND]
        kind = shapely.get_type_id(part)
        wrong.append(start + np.flatnonzero((kind != 0) & (kind != -1)))
        bounds = shapely.bounds(part)
        x[start : start + _AT_HAND] = bounds[:, 0]
        y[start : start + _AT_HAND] = bounds[:, 1]
    return x, y, np.concatenate(wrong)


def _table(x: Coordinates, y: Coordinates, frame: pd.DataFrame) -> Source:
    first, second = _numbers("x", x), _numbers("y", y)
    if first.shape != second.shape or first.ndim != 1:
        msg = (
            "points: x and y are two lists of one length; got "
            f"{first.shape} and {second.shape}"
        )
        raise DataError(msg)
    both = isinstance(x, pd.Series) and isinstance(y, pd.Series)
    if both and not pd.Series(x).index.equals(pd.Series(y).index):
        msg = "points: x and y are on two indexes; align them, or pass .to_numpy()"
        raise DataError(msg)
    index = frame.index if len(frame.index) else pd.RangeIndex(len(first))
    return _whole(first, second, index, frame, None)


def _numbers(name: str, values: Coordinates) -> Floats:
    try:
        return np.ascontiguousarray(values, dtype="float64")
    except (TypeError, ValueError) as error:
        msg = f"points: {name} holds something else than numbers ({error})"
        raise DataError(msg) from error


def _whole(
    x: Floats, y: Floats, index: pd.Index, frame: pd.DataFrame, crs: CRS | None
) -> Source:
    def lots(names: Sequence[str]) -> Iterator[Lot]:
        if names:
            check_columns(frame, *names)
        rows = pd.RangeIndex(len(index))
        columns = {name: frame[name].array for name in names}
        yield Lot(0, x, y, pd.DataFrame(columns, index=rows))

    return Source(crs, index, tuple(map(str, frame.columns)), frame, lots)


# -- GeoParquet ------------------------------------------------------------------


class PointFile(NamedTuple):
    """
    What the footer of a GeoParquet file of points says.

    Attributes
    ----------
    path
        Where it is.
    column
        The column of its geometries.
    crs
        Their CRS.
    rows
        How many there are.
    names
        The other columns.
    texts
        Those of them that hold text.
    """

    path: Path
    column: str
    crs: CRS
    rows: int
    names: tuple[str, ...]
    texts: tuple[str, ...]


def _opened(path: Path) -> Source:
    files = [footer(file) for file in _files(path)]
    first = files[0]
    for file in files[1:]:
        if file.crs != first.crs:
            msg = (
                f"two CRS: {first.path.name} in {first.crs.to_string()}, "
                f"{file.path.name} in {file.crs.to_string()}; write both in one"
            )
            raise CRSError(msg)

    def lots(names: Sequence[str]) -> Iterator[Lot]:
        for file in files:  # all of them, before the first is read
            check_there(file, names)
        return _streamed(files, list(dict.fromkeys(names)))

    index = pd.RangeIndex(sum(file.rows for file in files))
    names = tuple(dict.fromkeys(name for file in files for name in file.names))
    return Source(first.crs, index, names, pd.DataFrame(), lots)


def _files(path: Path) -> list[Path]:
    found = [path]
    if path.is_dir():
        held = [file for file in path.rglob("*") if file.is_file()]
        names = parquet_of([file.relative_to(path).as_posix() for file in held], path)
        found = [path / name for name in names]
    if not found:
        msg = f"{str(path)!r} is a folder without any .parquet file"
        raise DataError(msg)
    for file in found:
        if not file.is_file():
            msg = f"no file {str(file)!r}; give the path of a GeoParquet file"
            raise DataError(msg)
    return found


def parquet_of(names: Sequence[str], where: object) -> list[str]:
    """
    Return the Parquet files of a folder, whatever their ending, in order.

    Parameters
    ----------
    names
        Paths of all that it holds, sub-folders included, under it.
    where
        The folder, for the message.

    Raises
    ------
    DataError
        If some lie in sub-folders: their points would be left out, or counted
        without the year or the place that the name of the sub-folder says.

    Examples
    --------
    >>> parquet_of(["b.geoparquet", "a.PARQUET", "lisez-moi.txt", ".b.pq"], "points")
    ['a.PARQUET', 'b.geoparquet']
    """
    seen = [
        name
        for name in sorted(names)
        if name.lower().endswith(_ENDINGS)
        and not any(part.startswith((".", "_")) for part in name.split("/"))
    ]
    below = [name for name in seen if "/" in name]
    if below:
        msg = (
            f"{str(where)!r} holds {len(below)} Parquet file(s) in sub-folders: "
            f"{culprits(below)}; give one folder whose files are all beside each "
            "other, or one sub-folder at a time"
        )
        raise DataError(msg)
    return seen


def open_parquet(path: Path, texts: Sequence[str] = ()) -> pq.ParquetFile:
    """
    Open a Parquet file, if it is a whole one.

    Parameters
    ----------
    path
        Where it is.
    texts
        Columns of text to be read as dictionaries.
    """
    try:
        return pq.ParquetFile(
            path,
            read_dictionary=list(texts),
            buffer_size=2**20,
            page_checksum_verification=True,
        )
    except (pa.ArrowException, OSError) as error:
        msg = (
            f"{path.name} is no whole Parquet file: truncated, or another format "
            f"({_first_line(error)}); fetch or write it again"
        )
        raise DataError(msg) from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:120]


def footer(path: Path) -> PointFile:
    """
    Read what the footer of a GeoParquet file says.

    Parameters
    ----------
    path
        Where it is.
    """
    with open_parquet(path) as file:
        schema, rows = file.schema_arrow, file.metadata.num_rows
        raw = file.metadata.metadata or {}
    try:
        told = json.loads(raw[b"geo"])
        column = str(told["primary_column"])
        about = dict(told["columns"][column])
    except (KeyError, ValueError, TypeError) as error:
        msg = (
            f"{path.name} has no GeoParquet metadata that say where its geometry is; "
            "write it with GeoDataFrame.to_parquet, or pass its x and y"
        )
        raise DataError(msg) from error
    if column not in schema.names:
        msg = f"{path.name}: its metadata name a column {column!r} that it has not"
        raise DataError(msg)
    names = tuple(name for name in schema.names if name != column)
    texts = tuple(name for name in names if _is_text(schema.field(name).type))
    return PointFile(path, column, _crs(path, about), rows, names, texts)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _crs(path: Path, about: dict) -> CRS:
    # Without a word on it, a GeoParquet file is in degrees; null means unknown.
    told = about.get("crs", "OGC:CRS84")
    if told is None:
        msg = f"{path.name}: no CRS in its metadata; write it again with .set_crs(…)"
        raise CRSError(msg)
    try:
        return CRS.from_user_input(told)
    except NoSuchCRSError as error:
        msg = f"{path.name}: the CRS of its metadata cannot be read; write it again"
        raise CRSError(msg) from error


def _streamed(files: list[PointFile], names: list[str]) -> Iterator[Lot]:
    total = sum(file.rows for file in files)
    start = 0
    with progress(total=total, unit="pt", unit_scale=True) as bar:
        for file in files:
            for batch in _batches(file, names):
                x, y = decoded(batch, file, start)
                columns = batch.select(names).to_pandas()
                columns.index = pd.RangeIndex(len(x))
                yield Lot(start, x, y, columns)
                start += len(x)
                bar.update(len(x))


def check_there(file: PointFile, names: Sequence[str]) -> None:
    """
    Check that a file has these columns.

    Parameters
    ----------
    file
        The file.
    names
        What is wanted of it.
    """
    missing = [name for name in names if name not in file.names]
    if missing:
        there = culprits(file.names, most=8) or "nothing"
        msg = (
            f"{file.path.name}: {len(missing)} column(s) missing: {culprits(missing)}; "
            f"found {there}"
        )
        raise ColumnError(msg)


def _batches(file: PointFile, names: list[str]) -> Iterator[pa.RecordBatch]:
    check_there(file, names)
    texts = [name for name in file.texts if name in names]
    columns = [file.column, *names]
    # One reader for all row groups would keep what it has read until the end.
    with open_parquet(file.path, texts) as opened:
        for group in range(opened.num_row_groups):
            batches = opened.iter_batches(_ROWS, row_groups=[group], columns=columns)
            while (batch := _next(batches, file)) is not None:
                yield batch


def _next(batches: Iterator[pa.RecordBatch], file: PointFile) -> pa.RecordBatch | None:
    try:
        return next(batches, None)
    except (pa.ArrowException, OSError) as error:
        msg = (
            f"{file.path.name} is damaged: {_first_line(error)}; "
            "fetch or write it again"
        )
        raise DataError(msg) from error


def decoded(
    batch: pa.RecordBatch, file: PointFile, start: int
) -> tuple[Floats, Floats]:
    """
    Return the coordinates of a batch, without building geometries if possible.

    Parameters
    ----------
    batch
        Rows of a file.
    file
        What its footer says.
    start
        Place of the first row, for messages.
    """
    column = batch.column(batch.schema.get_field_index(file.column))
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    kind = column.type
    if pa.types.is_struct(kind):
        return _axis(column, "x", file), _axis(column, "y", file)
    if pa.types.is_fixed_size_list(kind):
        return _interleaved(column)
    if not (pa.types.is_binary(kind) or pa.types.is_large_binary(kind)):
        msg = f"{file.path.name}: {file.column!r} holds {kind}, not points"
        raise DataError(msg)
    plain = _plain_points(column)
    return _built_points(column, file, start) if plain is None else plain


def _axis(column: pa.StructArray, name: str, file: PointFile) -> Floats:
    if column.type.get_field_index(name) < 0:
        msg = f"{file.path.name}: {file.column!r} has no {name}: it holds no points"
        raise DataError(msg)
    fields = column.flatten()  # unlike field(), minds absent points
    values = fields[column.type.get_field_index(name)]
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype="float64")


def _interleaved(column: pa.FixedSizeListArray) -> tuple[Floats, Floats]:
    size = column.type.list_size
    pairs = column.values  # noqa: PD011 - of Arrow, absent points included
    pairs = pairs.slice(column.offset * size, len(column) * size)
    both = pairs.to_numpy(zero_copy_only=False).astype("float64").reshape(-1, size)
    absent = column.is_null().to_numpy(zero_copy_only=False)
    x, y = (np.where(absent, np.nan, both[:, axis]) for axis in (0, 1))
    return x, y


def _plain_points(column: pa.Array) -> tuple[Floats, Floats] | None:
    """View little-endian WKB of points in the plane, if there is nothing else."""
    wide = pa.types.is_large_binary(column.type)
    _, offsets, data = column.buffers()
    if column.null_count or not len(column) or data is None:
        return None
    place = np.frombuffer(offsets, np.int64 if wide else np.int32)
    place = place[column.offset : column.offset + len(column) + 1]
    if (np.diff(place) != _WKB.itemsize).any():
        return None
    size = len(column) * _WKB.itemsize
    points = np.frombuffer(data, np.uint8, size, int(place[0])).view(_WKB)
    if (points["order"] != 1).any() or (points["kind"] != 1).any():
        return None
    return np.ascontiguousarray(points["x"]), np.ascontiguousarray(points["y"])


def _built_points(
    column: pa.Array, file: PointFile, start: int
) -> tuple[Floats, Floats]:
    """Decode by geometries: absent, empty, big-endian, measured or raised points."""
    try:
        shapes = shapely.from_wkb(column.to_numpy(zero_copy_only=False))
    except shapely.errors.GEOSException as error:
        msg = (
            f"{file.path.name}: rows {start} to {start + len(column) - 1} hold what is "
            f"no WKB ({_first_line(error)}); write the file again"
        )
        raise DataError(msg) from error
    x, y, wrong = _xy(shapes)
    if len(wrong):
        msg = (
            f"{file.path.name}: {len(wrong)} row(s) are no point: "
            f"{culprits((start + wrong).tolist())}; polygons have a "
            ".representative_point()"
        )
        raise DataError(msg)
    return x, y
