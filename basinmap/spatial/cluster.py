"""
Points that outgrow one machine: the same kernel on the parts of a dataset, by Dask.

Units are made ready once and sent to each worker. Points stay where they are, and
are read by parts of a dataset; only sums come back. It needs
`pip install "basinmap[cluster]"`.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from itertools import accumulate
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely
from numpy.typing import NDArray
from tqdm import tqdm

from basinmap.errors import CRSError, DataError, OutputError, culprits
from basinmap.reports import Report
from basinmap.spatial.joins import (
    Overlaps,
    Units,
    _Account,
    _added,
    _attrs,
    _by_notes,
    _check_columns,
    _check_crs,
    _check_threshold,
    _checked,
    _columns,
    _holders,
    _named,
    _needed,
    _notes,
    _Options,
    _report,
    _table,
)
from basinmap.spatial.lookups import Lookup, lookup
from basinmap.spatial.projections import check_metric
from basinmap.spatial.sources import Lot, Source, _decoded, _File, _footer, _parquet
from basinmap.spatial.tallies import Tally, numbers_of

__all__ = [
    "cluster_count",
    "cluster_locate",
    "cluster_weights",
    "write_points_dataset",
]

Dataset = str | Path | Sequence[str | Path]
Keys = NDArray[np.int64]
Floats = NDArray[np.float64]
Client = Any  # distributed.Client, imported when a verb is called

_LOT: Final = 2**18
_PART: Final = 2**20
_ATTEMPTS: Final = 3
_Answer = TypeVar("_Answer")


class _Part(NamedTuple):
    """Rows of a file that one task reads."""

    url: str
    file: _File
    groups: tuple[int, ...]
    start: int
    rows: int
    storage: Mapping[str, Any]


class _Ask(NamedTuple):
    """What a task adds up."""

    rows: int
    options: _Options
    sums: tuple[str, ...] = ()
    by: str | None = None
    needed: tuple[str, ...] = ()


def cluster_count(  # noqa: PLR0913 - those of `count`, and where it runs
    dataset: Dataset,
    units: Units,
    *,
    by: str | None = None,
    sums: Sequence[str] = (),
    threshold: int | None = None,
    nearest: float | None = None,
    overlaps: Overlaps = "error",
    strict: bool = False,
    client: Client | None = None,
    workers: int | None = None,
    rows: int = _PART,
    storage: Mapping[str, Any] | None = None,
) -> tuple[pd.DataFrame, Report]:
    """
    Count the points of a dataset by unit on a cluster, and add up what they hold.

    The answer is that of `count`: numbers of points bit for bit. Sums of decimals
    are merged in the order of the dataset, so that they are the same whatever the
    workers. Medians need all values in one place: `count` has them.

    Parameters
    ----------
    dataset
        Folder of GeoParquet files, one file, or a list of them, in the CRS of the
        units: paths that each worker sees, or URL that fsspec reads (`s3://…`).
    units
        As in `count`: polygons in metres, or what `lookup` made of them.
    by, sums, threshold, nearest, overlaps, strict
        As in `count`.
    client
        A client of `dask.distributed`, which is left open; by default, processes
        of this machine are started for the call.
    workers
        How many processes, when there is no client; by default one a core.
    rows
        About how many points a task reads; row groups are never cut. Sums of
        decimals depend on it in the last bits.
    storage
        Options of fsspec, such as `{"anon": True}`.

    Returns
    -------
    table : DataFrame
        As in `count`.
    report : Report
        As in `count`.

    Raises
    ------
    ImportError
        If Dask is not installed.
    CRSError
        If a CRS is missing, in degrees, or differs.
    ColumnError, MeasureError
        As in `count`.
    DataError
        As in `count`; or if a part of the dataset kills the workers that read it.

    See Also
    --------
    basinmap.count : The same on one machine.

    Notes
    -----
    A part is counted by one task, from the file to its sums, and its sums are added
    once, in their turn. A task that dies with its worker starts again elsewhere.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import basinmap as bm
    >>> from distributed import Client
    >>> from basinmap.spatial.cluster import cluster_count, write_points_dataset
    >>> units = bm.communes(epci="call")
    >>> halls = units[["geometry"]].set_geometry(units.representative_point())
    >>> options = {"processes": False, "dashboard_address": ":0"}
    >>> with TemporaryDirectory() as folder, Client(**options) as client:
    ...     _ = write_points_dataset(halls, f"{folder}/halls", rows=10)
    ...     table, report = cluster_count(f"{folder}/halls", units, client=client)
    >>> int(table["points"].sum()), int(table["points"].max())
    (36, 1)
    """
    options = _checked(nearest, overlaps, strict=strict)
    sums = _columns(sums)
    _check_threshold(threshold)
    with _working(client, workers) as crew:
        parts = _planned(crew, dataset, rows, storage or {})
        source = _source(parts)
        _check_columns(source, sums, [], by)
        ready = _made_ready(units, source)
        needed = tuple(_needed(source, sums, [], by))
        ask = _Ask(len(source.index), options, tuple(sums), by, needed)
        tally, account = Tally(len(ready.codes)), _Account()
        for part, told in _answers(crew, _tallied, parts, ready, ask):
            _merge(tally, part, by)
            _add_up(account, told)
    table = _table(ready, tally, {}, sums, threshold)
    table.attrs = _attrs(source, ready, table, sums, account)
    notes = _notes(account, options, ready, threshold)
    if by is not None:
        notes += _by_notes(tally, by)
    return table, _report(ready, tally, account, table, sums, [], notes)


def cluster_locate(  # noqa: PLR0913 - those of `locate`, and where it runs
    dataset: Dataset,
    units: Units,
    folder: str | Path,
    *,
    nearest: float | None = None,
    overlaps: Overlaps = "error",
    strict: bool = False,
    client: Client | None = None,
    workers: int | None = None,
    rows: int = _PART,
    storage: Mapping[str, Any] | None = None,
) -> Report:
    """
    Write the dataset again with the code of the unit that holds each point.

    Parameters
    ----------
    dataset, units
        As in `cluster_count`.
    folder
        Where the files go: a new folder that each worker sees, or a URL. They have
        the columns of the dataset and one more, named after the level of the units.
    nearest, overlaps, strict
        As in `locate`; `overlaps="all"` has no place in one column.
    client, workers, rows, storage
        As in `cluster_count`.

    Returns
    -------
    Report
        Points, and points that a unit holds.

    Raises
    ------
    ImportError
        If Dask is not installed.
    CRSError, DataError
        As in `cluster_count`; or if the column is there already.
    OutputError
        If the folder holds files.

    See Also
    --------
    basinmap.locate : The same on one machine, as a series.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import basinmap as bm
    >>> import geopandas as gpd
    >>> from distributed import Client
    >>> from basinmap.spatial.cluster import cluster_locate, write_points_dataset
    >>> units = bm.communes(epci="call")
    >>> halls = units[["name", "geometry"]].reset_index(drop=True)
    >>> halls = halls.set_geometry(halls.representative_point())
    >>> options = {"processes": False, "dashboard_address": ":0"}
    >>> with TemporaryDirectory() as folder, Client(**options) as client:
    ...     _ = write_points_dataset(halls, f"{folder}/halls")
    ...     report = cluster_locate(
    ...         f"{folder}/halls", units, f"{folder}/located", client=client
    ...     )
    ...     located = gpd.read_parquet(f"{folder}/located")
    >>> located.set_index("name").loc["Lens", "commune"], report.after
    ('62498', {'points': 36.0})
    """
    if overlaps == "all":
        msg = "overlaps='all' gives several codes a point; choose 'lowest' or 'error'"
        raise DataError(msg)
    options = _checked(nearest, overlaps, strict=strict)
    with _working(client, workers) as crew:
        parts = _planned(crew, dataset, rows, storage or {})
        source = _source(parts)
        ready = _made_ready(units, source)
        if ready.level in source.names:
            msg = (
                f"points: a column {ready.level!r} is there already; drop or rename it"
            )
            raise DataError(msg)
        _check_empty(str(folder), storage or {})
        ask = _Ask(len(source.index), options)
        account, held = _Account(), 0
        to = [
            f"{str(folder).rstrip('/')}/part-{n:05}.parquet" for n in range(len(parts))
        ]
        for told, inside in _answers(crew, _labelled, parts, ready, ask, to):
            _add_up(account, told)
            held += inside
    return Report(
        verb="Localisation de points",
        before={"points": float(account.points)},
        after={"points": float(held)},
        units_before=account.points,
        units_after=account.points,
        notes=tuple(_notes(account, options, ready, None)),
    )


def cluster_weights(
    dataset: Dataset,
    source: Units,
    target: Units,
    *,
    count: str | None = None,
    client: Client | None = None,
    workers: int | None = None,
    rows: int = _PART,
    storage: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """
    Weigh each part of a source unit in each target by points, for `apportion`.

    What is heavy in an apportionment by dwellings is the dwellings. They are counted
    here on the cluster; `apportion(…, weights=table)` then takes seconds anywhere.

    Parameters
    ----------
    dataset
        As in `cluster_count`.
    source, target
        Polygons in metres, each a partition; or what `lookup` made of them.
    count
        Column of the dataset: how many each point stands for; 1 by default.
    client, workers, rows, storage
        As in `cluster_count`.

    Returns
    -------
    DataFrame
        Columns `source`, `target` (missing: outside of all targets) and `weight`,
        by code; points outside of all sources are left out.

    Raises
    ------
    ImportError
        If Dask is not installed.
    CRSError, ColumnError, DataError
        As in `cluster_count`; or if a weight is missing or negative.

    See Also
    --------
    basinmap.apportion : What the weights are for.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import basinmap as bm
    >>> from distributed import Client
    >>> from basinmap.spatial.cluster import cluster_weights, write_points_dataset
    >>> units, areas = bm.communes(epci="call"), bm.epcis()
    >>> halls = units[["geometry"]].set_geometry(units.representative_point())
    >>> options = {"processes": False, "dashboard_address": ":0"}
    >>> with TemporaryDirectory() as folder, Client(**options) as client:
    ...     _ = write_points_dataset(halls, f"{folder}/halls")
    ...     table = cluster_weights(f"{folder}/halls", units, areas, client=client)
    >>> len(table), table["target"].unique().tolist(), int(table["weight"].sum())
    (36, ['246200364'], 36)
    """
    with _working(client, workers) as crew:
        parts = _planned(crew, dataset, rows, storage or {})
        points = _source(parts)
        names = () if count is None else (count,)
        _check_columns(points, list(names), [], None)
        left, right = (_made_ready(units, points) for units in (source, target))
        ask = _Ask(len(points.index), _checked(None, "error", strict=False), names)
        pair: Keys = np.zeros(0, np.int64)
        weight: Floats = np.zeros(0)
        for key, told in _answers(crew, _weighed, parts, (left, right), ask):
            pair, weight = _summed([pair, key], [weight, told])
    one, other = np.divmod(pair, len(right.codes) + 1)
    return pd.DataFrame(
        {
            "source": left.codes.take(one),
            "target": _named(right, (other - 1).astype(np.int32)),
            "weight": weight,
        }
    )


def write_points_dataset(
    points: gpd.GeoDataFrame, folder: str | Path, *, rows: int = _PART
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
        If some are no points.
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
        msg = f"rows is a number of points a file, such as {_PART}; got {rows!r}"
        raise DataError(msg)
    shapes = points.geometry.to_numpy()
    kind = shapely.get_type_id(shapes)
    wrong = points.index[(kind != 0) & (kind != -1)]
    if len(wrong):
        msg = f"points: {len(wrong)} row(s) are no point: {culprits(wrong)}"
        raise DataError(msg)
    folder = Path(folder)
    _check_empty(str(folder), {})
    known = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    order = np.full(len(points), np.iinfo(np.int64).max)
    order[known] = points.geometry[known].hilbert_distance().to_numpy()
    points = points.iloc[np.argsort(order, kind="stable")]
    beside = folder.with_name(f".{folder.name}-{uuid.uuid4().hex[:8]}")
    try:
        beside.mkdir(parents=True)
        for number, start in enumerate(range(0, len(points), rows)):
            points.iloc[start : start + rows].to_parquet(
                beside / f"part-{number:05}.parquet",
                write_covering_bbox=True,
                row_group_size=_LOT,
                compression="zstd",
            )
        if folder.exists():
            folder.rmdir()
        beside.rename(folder)
    except OSError as error:
        msg = f"{str(folder)!r} cannot be written ({error}); choose another folder"
        raise OutputError(msg) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return sorted(folder.glob("*.parquet"))


# -- the crew --------------------------------------------------------------------


@contextmanager
def _working(client: Client | None, workers: int | None) -> Iterator[Client]:
    """Lend the client of the caller, or one of our own that is closed at the end."""
    distributed = _distributed()
    if client is not None:
        yield client
        return
    if workers is not None and workers < 1:
        msg = f"workers is a number of processes, such as 2; got {workers!r}"
        raise DataError(msg)
    with ExitStack() as stack:
        cluster = distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address=":0",
        )
        stack.enter_context(cluster)
        yield stack.enter_context(distributed.Client(cluster))


def _distributed() -> Any:  # noqa: ANN401 - a module
    try:
        import distributed  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        msg = (
            "a cluster needs Dask, which is not installed; "
            'type: pip install "basinmap[cluster]"'
        )
        raise ImportError(msg) from error
    return distributed


def _answers(
    crew: Client,
    work: Callable[..., _Answer],
    parts: Sequence[_Part],
    ready: object,
    ask: _Ask,
    *more: Sequence[str],
) -> Iterator[_Answer]:
    """
    Yield what each part gives, once, in the order of the parts.

    The scheduler starts again what was lost with a worker. If every copy of the
    units was, they are sent again, and what was not yielded yet is asked for again.
    """
    distributed = _distributed()
    done, attempts = 0, 0
    futures: list[Any] = []
    with tqdm(
        total=ask.rows, unit="pt", unit_scale=True, disable=None, leave=False
    ) as bar:
        while done < len(parts):
            if not futures:
                attempts += 1
                sent = crew.scatter(ready, broadcast=True, hash=False)
                rest = [list(each)[done:] for each in (parts, *more)]
                futures = _submitted(crew, work, sent, ask, rest)
            try:
                answer = futures.pop(0).result()
            except distributed.KilledWorker as error:
                msg = (
                    f"{parts[done].url}: workers die on {parts[done].rows} points of "
                    "it, most likely for want of memory; give each more, or pass a "
                    "smaller rows=…"
                )
                raise DataError(msg) from error
            except distributed.CancelledError:
                if attempts == _ATTEMPTS:
                    raise
                futures = []
                continue
            bar.update(parts[done].rows)
            done += 1
            yield answer


def _submitted(
    crew: Client,
    work: Callable[..., _Answer],
    sent: object,
    ask: _Ask,
    each: Sequence[Sequence[Any]],
) -> list[Any]:
    """Submit one task a part. Names are new: no result of another call is reused."""
    call = uuid.uuid4().hex
    return [
        crew.submit(work, sent, ask, *args, key=f"basinmap-{call}-{number:06}")
        for number, args in enumerate(zip(*each, strict=True))
    ]


# -- the plan --------------------------------------------------------------------


def _planned(
    crew: Client, dataset: Dataset, rows: int, storage: Mapping[str, Any]
) -> list[_Part]:
    """Cut the files into runs of row groups, the same for any crew."""
    if rows < 1:
        msg = f"rows is a number of points a task, such as {_PART}; got {rows!r}"
        raise DataError(msg)
    urls = _urls(dataset, storage)
    call = uuid.uuid4().hex
    surveys = crew.gather(
        [
            crew.submit(_surveyed, url, storage, key=f"basinmap-survey-{call}-{n:06}")
            for n, url in enumerate(urls)
        ]
    )
    parts: list[_Part] = []
    start = 0
    for url, (file, groups) in zip(urls, surveys, strict=True):
        for run in _runs(groups, rows):
            size = sum(groups[group] for group in run)
            parts.append(_Part(url, file, run, start, size, storage))
            start += size
    return parts


def _urls(dataset: Dataset, storage: Mapping[str, Any]) -> list[str]:
    given = [dataset] if isinstance(dataset, str | Path) else list(dataset)
    found = [url for item in given for url in _files(str(item), storage)]
    if not found:
        msg = f"dataset: no .parquet file in {dataset!r}; give a folder or a list"
        raise DataError(msg)
    again = {url for url in found if found.count(url) > 1}
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
        found = sorted(system.glob(root.rstrip("/") + "/*.parquet"))
    elif system.exists(root):
        found = [root]
    else:
        msg = f"dataset: nothing at {item!r}; give a folder of GeoParquet or a file"
        raise DataError(msg)
    return [system.unstrip_protocol(path) for path in found]


def _system(url: str, storage: Mapping[str, Any]) -> tuple[Any, str]:
    from fsspec.core import url_to_fs  # noqa: PLC0415 - comes with Dask

    return url_to_fs(url, **storage)


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
    if "file" in (system.protocol if isinstance(system.protocol, tuple) else ()):
        yield Path(root)
        return
    with system.open(root, "rb") as opened:
        yield _Remote(opened, root)


def _surveyed(url: str, storage: Mapping[str, Any]) -> tuple[_File, list[int]]:
    """Return what the footer of a file says, and the rows of its groups."""
    with _opened(url, storage) as handle:
        file = _footer(handle)._replace(path=Path(url.rpartition("/")[2]))
        with _parquet(handle) as opened:
            about = opened.metadata
            groups = [about.row_group(n).num_rows for n in range(about.num_row_groups)]
    return file, groups


def _runs(groups: Sequence[int], rows: int) -> list[tuple[int, ...]]:
    ends = [end // rows for end in accumulate(groups, initial=0)][:-1]
    runs: dict[int, list[int]] = {}
    for group, run in enumerate(ends):
        runs.setdefault(run, []).append(group)
    return [tuple(run) for run in runs.values()]


def _source(parts: Sequence[_Part]) -> Source:
    """Say what all parts have in common."""
    files = {part.url: part.file for part in parts}
    first = next(iter(files.values()), None)
    if first is None:
        msg = "dataset: empty selection, its files have no row"
        raise DataError(msg)
    for file in files.values():
        if file.crs != first.crs:
            msg = (
                f"two CRS: {first.path} in {first.crs.to_string()}, {file.path} in "
                f"{file.crs.to_string()}; write both in one"
            )
            raise CRSError(msg)
    shared = set.intersection(*(set(file.names) for file in files.values()))
    names = tuple(name for name in first.names if name in shared)
    index = pd.RangeIndex(sum(part.rows for part in parts))
    return Source(first.crs, index, names, {}, lambda _: iter(()))


def _made_ready(units: Units, source: Source) -> Lookup:
    if not isinstance(units, Lookup):
        if isinstance(units, gpd.GeoDataFrame | gpd.GeoSeries):
            _check_crs(source.crs, units.crs)  # told before outlines are
        units = lookup(units, expected=len(source.index))
    _check_crs(source.crs, units.crs)
    return units


# -- on a worker -----------------------------------------------------------------


def _lots(part: _Part, names: Sequence[str]) -> Iterator[Lot]:
    texts = [name for name in part.file.texts if name in names]
    start = part.start
    for batch in _batches(part, [part.file.column, *names], texts):
        x, y = _decoded(batch, part.file, start)
        columns = batch.select(list(names)).to_pandas()
        yield Lot(start, x, y, columns.set_axis(pd.RangeIndex(len(x))))
        start += len(x)


def _batches(
    part: _Part, columns: list[str] | None, texts: Sequence[str] = ()
) -> Iterator[pa.RecordBatch]:
    with (
        _opened(part.url, part.storage) as handle,
        _parquet(handle, texts) as opened,
    ):
        try:
            yield from opened.iter_batches(
                _LOT, row_groups=list(part.groups), columns=columns
            )
        except (pa.ArrowException, OSError) as error:
            msg = f"{part.url} is damaged ({error}); fetch or write it again"
            raise DataError(msg) from error


def _tallied(ready: Lookup, ask: _Ask, part: _Part) -> tuple[Tally, _Account]:
    tally, account = Tally(len(ready.codes)), _Account()
    index = pd.RangeIndex(ask.rows)
    for lot in _lots(part, ask.needed):
        held = _holders(lot, ready, index, ask.options, account)
        _added(lot, held, tally, {}, ask.sums, ask.by)
    return tally, account


def _weighed(
    ready: tuple[Lookup, Lookup], ask: _Ask, part: _Part
) -> tuple[Keys, Floats]:
    """Return pairs of units, each as one number, and what the points in both weigh."""
    index, wide = pd.RangeIndex(ask.rows), len(ready[1].codes) + 1
    keys: list[Keys] = [np.zeros(0, np.int64)]
    weights: list[Floats] = [np.zeros(0)]
    for lot in _lots(part, ask.sums):
        ranks = [
            _holders(lot, units, index, ask.options, _Account()).rank for units in ready
        ]
        inside = ranks[0] >= 0
        key = ranks[0][inside].astype(np.int64) * wide + ranks[1][inside] + 1
        keys.append(key)
        weights.append(_weights(lot, ask.sums)[inside])
    return _summed(keys, weights)


def _summed(keys: list[Keys], weights: list[Floats]) -> tuple[Keys, Floats]:
    """Add up the weights of each key, in order."""
    pair, place = np.unique(np.concatenate(keys), return_inverse=True)
    total = np.bincount(place, np.concatenate(weights), len(pair))
    return pair, total.astype("float64")


def _weights(lot: Lot, names: Sequence[str]) -> NDArray[np.float64]:
    if not names:
        return np.ones(len(lot.x))
    weights = numbers_of(lot.columns, names[0])
    wrong = lot.start + np.flatnonzero(~(weights >= 0))
    if len(wrong):
        msg = (
            f"{names[0]}: {len(wrong)} weight(s) are missing or negative, at rows "
            f"{culprits(wrong.tolist())}; drop them or give them a weight"
        )
        raise DataError(msg)
    return weights


def _labelled(ready: Lookup, ask: _Ask, part: _Part, to: str) -> tuple[_Account, int]:
    """Write the rows of a part again, each with the code of its unit."""
    account, inside = _Account(), 0
    index, start = pd.RangeIndex(ask.rows), part.start
    kind = pa.array(ready.codes).type
    with _writing(to, part.storage) as file:
        writer = None
        for batch in _batches(part, None):
            x, y = _decoded(batch, part.file, start)
            lot = Lot(start, x, y, pd.DataFrame())
            rank = _holders(lot, ready, index, ask.options, account).rank
            codes = pa.array(_named(ready, rank), type=kind, from_pandas=True)
            batch = batch.append_column(ready.level, codes)  # noqa: PLW2901 - one more
            writer = writer or pq.ParquetWriter(file, batch.schema, compression="zstd")
            writer.write_batch(batch)
            inside += int((rank >= 0).sum())
            start += len(x)
        if writer is not None:
            writer.close()
    return account, inside


@contextmanager
def _writing(url: str, storage: Mapping[str, Any]) -> Iterator[Any]:
    """Open a file that appears whole or not at all, even if two workers write it."""
    system, root = _system(url, storage)
    if "file" not in (system.protocol if isinstance(system.protocol, tuple) else ()):
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


def _check_empty(folder: str, storage: Mapping[str, Any]) -> None:
    """Check that what is written will not mix with what is there."""
    from_url = "://" in folder
    path = Path(folder)
    there = path.exists() and (not path.is_dir() or any(path.iterdir()))
    if from_url:
        system, root = _system(folder, storage)
        there = system.exists(root) and bool(system.ls(root))
    if there:
        msg = f"{folder!r} holds something already; give a folder that is new or empty"
        raise OutputError(msg)


# -- one sum ---------------------------------------------------------------------


def _merge(tally: Tally, part: Tally, by: str | None) -> None:
    """Add the sums of a part."""
    # Gives numbers to the values that are new, and refuses too many.
    tally.number(pd.Series(list(part.kinds), dtype=object, name=by), 0)
    for key, found in part.sums.items():
        tally.sums[key] = tally.sums[key] + found if key in tally.sums else found
    for name, total in part.given.items():
        tally.given[name] = tally.given.get(name, 0.0) + total


def _add_up(account: _Account, told: _Account) -> None:
    for item in fields(account):
        total = getattr(account, item.name) + getattr(told, item.name)
        setattr(account, item.name, total)
