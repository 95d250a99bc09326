"""Points in many files: where they lie, how they are cut into parts, read, written."""

from __future__ import annotations

import shutil
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from basinmap.errors import CRSError, DataError, OutputError, culprits
from basinmap.spatial.points import (
    Lot,
    PointFile,
    Source,
    check_there,
    decoded,
    footer,
    open_parquet,
    parquet_of,
)
from basinmap.spatial.projections import check_metric
from basinmap.staging import moments_for_arrow

__all__ = [
    "PART",
    "Dataset",
    "Part",
    "Survey",
    "check_empty",
    "dataset_files",
    "dataset_parts",
    "dataset_source",
    "part_batches",
    "part_lots",
    "survey",
    "whole_file",
    "write_points_dataset",
]

Dataset = str | Path | Sequence[str | Path]

PART: Final = 2**20
"""About how many points a part has."""
_LOT: Final = 2**18


class Survey(NamedTuple):
    """
    What the footer of a file says.

    Attributes
    ----------
    url
        Where the file is.
    file
        Its CRS, columns and number of rows.
    groups
        Rows of each of its row groups.
    """

    url: str
    file: PointFile
    groups: tuple[int, ...]


class Part(NamedTuple):
    """
    Rows of a file that are read together.

    Attributes
    ----------
    url, file
        The file, and what its footer says.
    groups
        Which row groups.
    start
        Place in the dataset of the first row.
    rows
        How many there are.
    storage
        Options of fsspec.
    """

    url: str
    file: PointFile
    groups: tuple[int, ...]
    start: int
    rows: int
    storage: Mapping[str, Any]


# -- the plan --------------------------------------------------------------------


def dataset_files(dataset: Dataset, storage: Mapping[str, Any]) -> list[str]:
    """
    Return the URL of each file of a dataset, in order.

    Parameters
    ----------
    dataset
        Folder, file, or a list of them.
    storage
        Options of fsspec.

    Raises
    ------
    DataError
        If there is none, or one stands twice.
    """
    given = [dataset] if isinstance(dataset, str | Path) else list(dataset)
    found = [url for item in given for url in _files(str(item), storage)]
    if not found:
        msg = f"dataset: no .parquet file in {dataset!r}; give a folder or a list"
        raise DataError(msg)
    again = [url for url, times in Counter(found).items() if times > 1]
    if again:
        msg = (
            f"dataset: {len(again)} file(s) stand more than once: "
            f"{culprits(sorted(again))}; their points would count again"
        )
        raise DataError(msg)
    return found


def _files(item: str, storage: Mapping[str, Any]) -> list[str]:
    system, root = _system(item, storage)
    if system.isdir(root):
        top = root.rstrip("/") + "/"
        held = [path.removeprefix(top) for path in system.find(root)]
        found = [top + name for name in parquet_of(held, item)]
    elif system.exists(root):
        found = [root]
    else:
        msg = f"dataset: nothing at {item!r}; give a folder of GeoParquet or a file"
        raise DataError(msg)
    return [system.unstrip_protocol(path) for path in found]


def survey(url: str, storage: Mapping[str, Any]) -> Survey:
    """
    Read the footer of a GeoParquet file.

    Parameters
    ----------
    url
        Where it is.
    storage
        Options of fsspec.

    Raises
    ------
    DataError
        If it is truncated, or no GeoParquet.
    CRSError
        If its CRS is unknown.
    """
    with _opened(url, storage) as handle:
        file = footer(handle)._replace(path=Path(url.rpartition("/")[2]))
        with open_parquet(handle) as opened:
            about = opened.metadata
            groups = [about.row_group(n).num_rows for n in range(about.num_row_groups)]
    return Survey(url, file, tuple(groups))


def dataset_parts(
    surveys: Sequence[Survey], rows: int, storage: Mapping[str, Any]
) -> list[Part]:
    """
    Cut files into runs of row groups, whatever will read them.

    Parameters
    ----------
    surveys
        One a file.
    rows
        About how many points a part has.
    storage
        Options of fsspec, for who reads.

    Raises
    ------
    CRSError
        If files differ in CRS.
    DataError
        If there is no row at all.
    """
    parts: list[Part] = []
    start = 0
    for url, file, groups in surveys:
        for run in _runs(groups, rows):
            size = sum(groups[group] for group in run)
            parts.append(Part(url, file, run, start, size, storage))
            start += size
    if not parts:
        msg = "dataset: empty selection, its files have no row"
        raise DataError(msg)
    first = parts[0].file
    for part in parts:
        if part.file.crs != first.crs:
            msg = (
                f"two CRS: {first.path} in {first.crs.to_string()}, {part.file.path} "
                f"in {part.file.crs.to_string()}; write both in one"
            )
            raise CRSError(msg)
    return parts


def _runs(groups: Sequence[int], rows: int) -> list[tuple[int, ...]]:
    ends = [end // rows for end in accumulate(groups, initial=0)][:-1]
    runs: dict[int, list[int]] = {}
    for group, run in enumerate(ends):
        runs.setdefault(run, []).append(group)
    return [tuple(run) for run in runs.values()]


def dataset_source(parts: Sequence[Part], wanted: Sequence[str] = ()) -> Source:
    """
    Say what all parts have in common: CRS, columns, one label a point.

    Parameters
    ----------
    parts
        At least one.
    wanted
        Columns that are asked for.

    Returns
    -------
    Source
        Without lots: they are read part by part.

    Raises
    ------
    ColumnError
        If some files have a column that is wanted, and one has not: it is named.
    """
    files = [part.file for part in parts]
    held = [set(file.names) for file in files]
    shared, some = set.intersection(*held), set.union(*held)
    for file in files:
        check_there(file, [name for name in wanted if name in some])
    names = tuple(name for name in files[0].names if name in shared)
    index = pd.RangeIndex(sum(part.rows for part in parts))
    return Source(files[0].crs, index, names, pd.DataFrame(), lambda _: iter(()))


# -- reading ---------------------------------------------------------------------


def part_lots(part: Part, names: Sequence[str]) -> Iterator[Lot]:
    """
    Yield the points of a part, lot by lot.

    Parameters
    ----------
    part
        What to read.
    names
        Columns wanted beside the geometry.

    Yields
    ------
    Lot
        Points, placed in the dataset.
    """
    texts = [name for name in part.file.texts if name in names]
    start = part.start
    for batch in part_batches(part, [part.file.column, *names], texts):
        x, y = decoded(batch, part.file, start)
        columns = batch.select(list(names)).to_pandas()
        yield Lot(start, x, y, columns.set_axis(pd.RangeIndex(len(x))))
        start += len(x)


def part_batches(
    part: Part, columns: list[str] | None = None, texts: Sequence[str] = ()
) -> Iterator[pa.RecordBatch]:
    """
    Yield the rows of a part, batch by batch.

    Parameters
    ----------
    part
        What to read.
    columns
        Which columns; all by default.
    texts
        Those to read as categories.

    Yields
    ------
    RecordBatch
        Rows, 262,144 at most.

    Raises
    ------
    DataError
        If the file is damaged.
    """
    with (
        _opened(part.url, part.storage) as handle,
        open_parquet(handle, texts) as opened,
    ):
        try:
            yield from opened.iter_batches(
                _LOT,
                row_groups=list(part.groups),
                columns=columns,
                use_threads=False,  # who reads parts does so on all cores already
            )
        except (pa.ArrowException, OSError) as error:
            msg = f"{part.url} is damaged ({error}); fetch or write it again"
            raise DataError(msg) from error


def _system(url: str, storage: Mapping[str, Any]) -> tuple[Any, str]:
    from fsspec.core import url_to_fs  # noqa: PLC0415 - comes with Dask

    return url_to_fs(url, **storage)


def _is_local(system: Any) -> bool:  # noqa: ANN401 - fsspec's
    return "file" in (system.protocol if isinstance(system.protocol, tuple) else ())


class _Remote:
    """A file opened by fsspec, with the name that messages give."""

    def __init__(self, opened: Any, name: str) -> None:  # noqa: ANN401 - fsspec's
        self._opened, self.name = opened, name

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever it has
        return getattr(self._opened, name)


@contextmanager
def _opened(url: str, storage: Mapping[str, Any]) -> Iterator[Any]:
    """Yield a path for a file of this machine, an open file for any other."""
    system, root = _system(url, storage)
    if _is_local(system):
        yield Path(root)
        return
    with system.open(root, "rb") as opened:
        yield _Remote(opened, root)


# -- writing ---------------------------------------------------------------------


@contextmanager
def whole_file(url: str, storage: Mapping[str, Any]) -> Iterator[Any]:
    """
    Open a file that appears whole or not at all, even if two workers write it.

    Parameters
    ----------
    url
        Where it goes.
    storage
        Options of fsspec.

    Yields
    ------
    file
        Open for bytes.
    """
    system, root = _system(url, storage)
    if not _is_local(system):
        with system.open(root, "wb") as file:
            yield file
        return
    beside = Path(root).with_name(f".{Path(root).name}-{uuid.uuid4().hex[:8]}")
    beside.parent.mkdir(parents=True, exist_ok=True)
    try:
        with beside.open("wb") as file:
            yield file
        beside.replace(root)
    finally:
        beside.unlink(missing_ok=True)


def check_empty(folder: str | Path, storage: Mapping[str, Any]) -> None:
    """
    Check that what is written will not mix with what is there.

    Parameters
    ----------
    folder
        Path or URL.
    storage
        Options of fsspec.

    Raises
    ------
    OutputError
        If it is no folder, or one that holds files.
    """
    path = Path(folder)
    there = path.exists() and (not path.is_dir() or any(path.iterdir()))
    if "://" in str(folder):
        system, root = _system(str(folder), storage)
        there = system.exists(root) and bool(system.ls(root))
    if there:
        msg = (
            f"{str(folder)!r} holds something already; give a folder that is new or "
            "empty"
        )
        raise OutputError(msg)


def write_points_dataset(
    points: gpd.GeoDataFrame, folder: str | Path, *, rows: int = PART
) -> list[Path]:
    """
    Write points as GeoParquet files, neighbours together.

    Points are sorted along a Hilbert curve. Each file has the box of each point
    (`bbox`), by which engines that know GeoParquet 1.1 skip what is elsewhere.

    Parameters
    ----------
    points
        Points in a metric CRS, with their columns.
    folder
        A folder that does not exist yet, or is empty.
    rows
        How many points a file holds at most.

    Returns
    -------
    list of Path
        The files, in order.

    Raises
    ------
    CRSError
        If they cannot be measured.
    DataError
        If some are no points, two columns have one name, one is called `bbox`, or
        holds what Parquet does not.
    OutputError
        If the folder holds files, or cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import basinmap as bm
    >>> from basinmap.spatial.cluster import write_points_dataset
    >>> towns = bm.communes(epci="call").representative_point().to_frame("geometry")
    >>> with TemporaryDirectory() as folder:
    ...     files = write_points_dataset(towns, f"{folder}/towns", rows=20)
    >>> [file.name for file in files]
    ['part-00000.parquet', 'part-00001.parquet']
    """
    check_metric(points, "points")
    if rows < 1:
        msg = f"rows is a number of points a file, such as {PART}; got {rows!r}"
        raise DataError(msg)
    _check_writable(points)
    points = _along_a_curve(points)
    folder = Path(folder)
    check_empty(folder, {})
    beside = folder.with_name(f".{folder.name}-{uuid.uuid4().hex[:8]}")
    try:
        beside.mkdir(parents=True)
        for number, start in enumerate(range(0, len(points), rows)):
            with moments_for_arrow():
                points.iloc[start : start + rows].to_parquet(
                    beside / f"part-{number:05}.parquet",
                    write_covering_bbox=True,
                    row_group_size=_LOT,
                    compression="zstd",
                )
        if folder.exists():
            folder.rmdir()
        beside.rename(folder)
    except (pa.ArrowException, TypeError, ValueError) as error:
        told = str(error).partition("\n")[0]
        msg = (
            f"points: cannot be written as Parquet ({told}); "
            "drop that column, or make it text or numbers"
        )
        raise DataError(msg) from error
    except OSError as error:
        msg = f"{str(folder)!r} cannot be written ({error}); choose another folder"
        raise OutputError(msg) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return sorted(folder.glob("*.parquet"))


def _check_writable(points: gpd.GeoDataFrame) -> None:
    """Refuse the columns that a Parquet file cannot hold, by name."""
    other = [name for name in points.columns if not isinstance(name, str)]
    if other:
        msg = (
            f"points: {len(other)} column name(s) are no text: {culprits(other)}; "
            "rename them, .rename(columns=str)"
        )
        raise DataError(msg)
    names = pd.Index([*points.columns, *filter(None, points.index.names)]).map(str)
    again = names[names.duplicated()].unique()
    if len(again):
        msg = (
            f"points: {len(again)} column name(s) stand more than once: "
            f"{culprits(again)}; rename or drop one of each"
        )
        raise DataError(msg)
    if "bbox" in names:
        msg = (
            "points: a column 'bbox' is there already, and that is where the box of "
            "each point goes; rename it"
        )
        raise DataError(msg)
    frame = pd.DataFrame(points.drop(columns=points.geometry.name))
    for name, column in frame.items():
        if column.dtype != object:
            continue
        try:
            pa.array(column, from_pandas=True)
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
            kinds = sorted({type(value).__name__ for value in column.dropna()})
            msg = (
                f"points: column {name!r} holds what Parquet does not take or mix "
                f"({', '.join(kinds)}); make it text, .astype({{{name!r}: 'string'}}), "
                "or drop it"
            )
            raise DataError(msg) from error


def _along_a_curve(points: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Sort points along a Hilbert curve, those without coordinates last."""
    shapes = points.geometry.to_numpy()
    kind = shapely.get_type_id(shapes)
    wrong = points.index[(kind != 0) & (kind != -1)]
    if len(wrong):
        msg = f"points: {len(wrong)} row(s) are no point: {culprits(wrong)}"
        raise DataError(msg)
    known = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    order = np.full(len(points), np.iinfo(np.int64).max)
    order[known] = points.geometry[known].hilbert_distance().to_numpy()
    return points.iloc[np.argsort(order, kind="stable")]
