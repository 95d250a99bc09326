"""
Points that outgrow one machine: the same kernel on the parts of a dataset, by Dask.

Units are made ready once and sent to each worker. Points stay where they are, and
are read by parts of a dataset; only sums come back. It needs
`pip install "dask[distributed]"`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from basinmap.errors import DataError, LibraryError, culprits
from basinmap.measures import Measures
from basinmap.progress import progress
from basinmap.reports import Accounted, Report
from basinmap.spatial.apportioning import Apportionment, apportion
from basinmap.spatial.holding import (
    Account,
    Options,
    Overlaps,
    Units,
    add_lot,
    check_crs,
    check_partition,
    check_threshold,
    check_wanted,
    codes_at,
    columns_needed,
    holders,
    laid_out,
    names_of,
    notes_of,
    notes_of_values,
    options_of,
    report_on,
    told_of_counts,
    warn_outside,
)
from basinmap.spatial.lookups import Lookup, find, lookup, touching
from basinmap.spatial.partitions import (
    PART,
    Dataset,
    Part,
    check_empty,
    dataset_files,
    dataset_parts,
    dataset_source,
    part_batches,
    part_lots,
    survey,
    whole_file,
    write_points_dataset,
)
from basinmap.spatial.points import Lot, Source, decoded
from basinmap.spatial.tallies import Heap, Tally, numbers_of
from basinmap.values.told import tell

__all__ = [
    "cluster_apportion",
    "cluster_count",
    "cluster_locate",
    "cluster_weights",
    "local_client",
    "write_points_dataset",
]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Client = Any  # distributed.Client, imported when a verb is called

_ATTEMPTS: Final = 3
_READERS: Final = 16  # footers read at once: far away, each is a wait
_KEPT_MEMORY: Final = {
    "MALLOC_TRIM_THRESHOLD_": str(2**27),
    "MALLOC_MMAP_THRESHOLD_": str(2**25),
}
_Answer = TypeVar("_Answer")


class _Ask(NamedTuple):
    """What a task adds up."""

    rows: int
    options: Options
    sums: tuple[str, ...] = ()
    medians: tuple[str, ...] = ()
    by: str | None = None
    needed: tuple[str, ...] = ()


class _Sums(NamedTuple):
    """What the points of a part, or of several, add up to."""

    tally: Tally
    heaps: dict[str, Heap]
    account: Account


class _Weights(NamedTuple):
    """Points and what they weigh, each under a number for its pair of units."""

    pair: Ints
    x: Floats
    y: Floats
    weight: Floats


_NO_WEIGHTS: Final = _Weights(np.zeros(0, np.int64), *np.zeros((3, 0)))


@dataclass(frozen=True, slots=True)
class _Weighing:
    """How points weigh, and how they are read."""

    count: str | None
    overlaps: str
    rows: int
    storage: Mapping[str, Any]
    repair: bool = False


def cluster_count(  # noqa: PLR0913 - those of `count`, and where it runs
    dataset: Dataset,
    units: Units,
    *,
    by: str | None = None,
    sums: Sequence[str] = (),
    medians: Sequence[str] = (),
    threshold: int | None = None,
    nearest: float | None = None,
    overlaps: Overlaps = "error",
    strict: bool = False,
    client: Client | None = None,
    workers: int | None = None,
    rows: int = PART,
    storage: Mapping[str, Any] | None = None,
) -> tuple[pd.DataFrame, Report]:
    """
    Count the points of a dataset by unit on a cluster, and add up what they hold.

    The answer is that of `count`: numbers of points bit for bit. Sums of decimals
    are merged in the order of the dataset, so that they are the same whatever the
    workers. Medians are exact: their values come to the client, 16 bytes each, and
    wait on its disk where they are many.

    Parameters
    ----------
    dataset
        Folder of GeoParquet files, one file, or a list of them, in the CRS of the
        units: paths that each worker sees, or URL that fsspec reads (`s3://…`).
    units
        As in `count`: polygons in metres, or what `lookup` made of them.
    by, sums, medians, threshold, nearest, overlaps, strict
        As in `count`.
    client
        A client of `dask.distributed`, which is left open; by default, that of
        `local_client` for the time of the call.
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
    LibraryError
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
    options = options_of(nearest, overlaps, strict=strict)
    sums, medians = names_of(sums), names_of(medians)
    check_threshold(threshold)
    with _working(client, workers) as crew, ExitStack() as after:
        parts = _planned(dataset, rows, storage or {})
        asked = [*sums, *medians, *([] if by is None else [by])]
        source = dataset_source(parts, asked)
        check_wanted(source, sums, medians, by)
        ready = _made_ready(units, source)
        needed = tuple(columns_needed(source, sums, medians, by))
        ask = _Ask(len(source.index), options, tuple(sums), tuple(medians), by, needed)
        total = _nothing(ready, medians, len(source.index))
        for heap in total.heaps.values():
            after.callback(heap.close)
        for part in _answers(crew, _tallied, parts, [ready], ask):
            _merge(total, part, by)
        tally, heaps, account = total
        found = {
            name: heap.medians(tally.units, len(tally.kinds))
            for name, heap in heaps.items()
        }
    warn_outside(account, ready)
    table = laid_out(ready, tally, found, sums, threshold)
    tell(table, **told_of_counts(source, ready, table, sums, account))
    notes = notes_of(account, options, ready, threshold)
    if by is not None:
        notes += notes_of_values(tally, by)
    return Accounted(
        table, report_on(ready, tally, account, table, sums, medians, notes)
    )


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
    rows: int = PART,
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
    LibraryError
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
    options = options_of(nearest, overlaps, strict=strict)
    with _working(client, workers) as crew:
        parts = _planned(dataset, rows, storage or {})
        source = dataset_source(parts)
        ready = _made_ready(units, source)
        if ready.level in source.names:
            msg = (
                f"points: a column {ready.level!r} is there already; drop or rename it"
            )
            raise DataError(msg)
        check_empty(folder, storage or {})
        ask = _Ask(len(source.index), options)
        account, held = Account(), 0
        to = [
            f"{str(folder).rstrip('/')}/part-{n:05}.parquet" for n in range(len(parts))
        ]
        for told, inside in _answers(crew, _labelled, parts, [ready], ask, to):
            _add_up(account, told)
            held += inside
    warn_outside(account, ready)
    return Report(
        verb="Localisation de points",
        before={"points": float(account.points)},
        after={"points": float(held)},
        units_before=account.points,
        units_after=account.points,
        notes=tuple(notes_of(account, options, ready, None)),
    )


def cluster_weights(
    dataset: Dataset,
    source: Units,
    target: Units,
    *,
    count: str | None = None,
    client: Client | None = None,
    workers: int | None = None,
    rows: int = PART,
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
        by code; points outside of all sources are left out. A point on a border
        is given to the lowest code.

    Raises
    ------
    LibraryError
        If Dask is not installed.
    CRSError, ColumnError, DataError
        As in `cluster_count`; or if a weight is missing or negative, or a point
        is without coordinates.

    See Also
    --------
    basinmap.apportion : What the weights are for.
    cluster_apportion : Both in one call, to the last point on a border.

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
    ask = _Weighing(count, "error", rows, storage or {})
    with _working(client, workers) as crew:
        (left, right), found = _pairs(crew, dataset, (source, target), ask)
    found = _summed([_taken(found, found.pair >= 0)])
    one, other = np.divmod(found.pair, len(right.codes) + 1)
    return pd.DataFrame(
        {
            "source": left.codes.take(one),
            "target": codes_at(right, (other - 1).astype(np.int32)),
            "weight": found.weight,
        }
    )


def cluster_apportion(  # noqa: PLR0913 - those of `apportion`, and where it runs
    table: pd.DataFrame,
    source: gpd.GeoDataFrame,
    target: gpd.GeoDataFrame,
    dataset: Dataset,
    *,
    measures: Measures | None = None,
    count: str | None = None,
    unweighted: Literal["area", "missing"] = "area",
    overlap: Literal["refuse", "each"] = "refuse",
    tolerance: float = 0.0,
    repair: bool = False,
    client: Client | None = None,
    workers: int | None = None,
    rows: int = PART,
    storage: Mapping[str, Any] | None = None,
) -> tuple[pd.DataFrame, Apportionment]:
    """
    Share counts out by the points of a dataset, weighed on a cluster.

    The answer is that of `apportion(…, weights=points)`, its report included: bit
    for bit where points count for whole numbers. By surface, without points,
    `apportion` needs no cluster.

    Parameters
    ----------
    table, source, target
        As in `apportion`.
    dataset
        Points: dwellings, addresses; as in `cluster_count`.
    measures
        As in `apportion`.
    count
        Column of the dataset: how many each point stands for; 1 by default.
    unweighted, overlap, tolerance, repair
        As in `apportion`.
    client, workers, rows, storage
        As in `cluster_count`.

    Returns
    -------
    table : DataFrame
        As in `apportion`.
    report : Apportionment
        As in `apportion`.

    Raises
    ------
    LibraryError
        If Dask is not installed.
    CRSError, CodeError, MeasureError, ColumnError, DataError
        As in `apportion`, before any point is read; then as in `cluster_weights`.

    See Also
    --------
    basinmap.apportion : The same on one machine.

    Notes
    -----
    Points that touch one source and one target at most are added up by pair where
    they are read. Of each pair comes back one point, with the weight of all; and
    each point that touches several units of one layer, as it is. `apportion` then
    shares out by those few points, by its own rule on borders.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import basinmap as bm
    >>> from distributed import Client
    >>> from basinmap.spatial.cluster import cluster_apportion, write_points_dataset
    >>> units = bm.communes(epci="call")
    >>> areas = bm.rings(bm.LOUVRE_LENS, distances=[5_000, 10_000])
    >>> halls = units[["geometry"]].set_geometry(units.representative_point())
    >>> options = {"processes": False, "dashboard_address": ":0"}
    >>> with TemporaryDirectory() as folder, Client(**options) as client:
    ...     _ = write_points_dataset(halls, f"{folder}/halls")
    ...     table, report = cluster_apportion(
    ...         units[["population"]],
    ...         units,
    ...         areas,
    ...         f"{folder}/halls",
    ...         measures={"population": bm.Stock()},
    ...         client=client,
    ...     )
    >>> wanted, _ = bm.apportion(
    ...     units[["population"]],
    ...     units,
    ...     areas,
    ...     measures={"population": bm.Stock()},
    ...     weights=halls,
    ... )
    >>> table.equals(wanted)
    True
    """
    shared_out = partial(
        apportion,
        table,
        source,
        target,
        measures=measures,
        unweighted=unweighted,
        overlap=overlap,
        tolerance=tolerance,
        repair=repair,
    )
    shared_out()  # what is refused is refused before any point is read
    used = source.loc[source.index.isin(table.index)]
    ask = _Weighing(count, "all", rows, storage or {}, repair)
    with _working(client, workers) as crew:
        (left, _), found = _pairs(crew, dataset, (used, target), ask)
    points = gpd.GeoDataFrame(
        {"weight": found.weight},
        geometry=gpd.points_from_xy(found.x, found.y),
        crs=left.crs,
    )
    return shared_out(weights=points, count="weight")


# -- what travels ----------------------------------------------------------------


_Packed = tuple[Lookup, NDArray[np.int32]]


class _Sent:
    """Units sent to workers: on their way, a raster is runs of equal cells."""

    def __init__(self, *layers: Lookup) -> None:
        self.layers = layers

    def __getstate__(self) -> list[_Packed]:
        return [_packed(units) for units in self.layers]

    def __setstate__(self, packed: list[_Packed]) -> None:
        self.layers = tuple(
            replace(units, grid=np.repeat(units.grid, runs)) for units, runs in packed
        )


def _packed(units: Lookup) -> _Packed:
    """Keep one cell a run, and how long each run is: a tenth of the size."""
    grid = units.grid
    start = np.append(0, 1 + np.flatnonzero(grid[1:] != grid[:-1]))
    runs = np.diff(start, append=len(grid)).astype(np.int32)
    return replace(units, grid=grid[start]), runs


# -- the crew --------------------------------------------------------------------


@contextmanager
def local_client(workers: int | None = None) -> Iterator[Client]:
    """
    Start processes on this machine, for several calls, and stop them at the end.

    Parameters
    ----------
    workers
        How many; by default one a core.

    Yields
    ------
    Client
        A client of `dask.distributed`, to be passed as `client=`.

    Raises
    ------
    LibraryError
        If Dask is not installed, or its processes do not start.
    DataError
        If `workers` is no number of processes.

    Notes
    -----
    Workers have one thread, and keep the memory that they free. Dask has them give
    it back at once, and each array is paid for again in page faults: 50 million
    points took 5.4 s on a worker in place of 3.1.

    Examples
    --------
    >>> from basinmap.spatial.cluster import local_client
    >>> with local_client(1) as client:
    ...     len(client.nthreads())
    1
    """
    distributed = _distributed()
    import dask  # noqa: PLC0415 - there if distributed is

    if workers is not None and workers < 1:
        msg = f"workers is a number of processes, such as 2; got {workers!r}"
        raise DataError(msg)
    started = "distributed.nanny.pre-spawn-environ"
    kept = {**dask.config.get(started), **_KEPT_MEMORY}
    with dask.config.set({started: kept}), ExitStack() as after:
        try:
            cluster = after.enter_context(
                distributed.LocalCluster(
                    n_workers=workers,
                    threads_per_worker=1,
                    processes=True,
                    dashboard_address=":0",
                )
            )
        except RuntimeError as error:
            msg = (
                f"the processes did not start ({error}); in a script, put the calls "
                "under if __name__ == '__main__':, for each process reads it again"
            )
            raise LibraryError(msg) from error
        yield after.enter_context(distributed.Client(cluster, direct_to_workers=True))


def _working(
    client: Client | None, workers: int | None
) -> AbstractContextManager[Client]:
    """Lend the client of the caller, or one of our own that is closed at the end."""
    return local_client(workers) if client is None else nullcontext(client)


def _distributed() -> Any:  # noqa: ANN401 - a module
    try:
        import distributed  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        msg = (
            "a cluster needs Dask, which is not installed; "
            'type: pip install "dask[distributed]"'
        )
        raise LibraryError(msg) from error
    return distributed


def _submitted(
    crew: Client, work: Callable[..., object], calls: Iterable[Sequence[object]]
) -> list[Any]:
    """Submit one task a call. Names are new: no earlier result is taken for it."""
    name = f"basinmap-{uuid.uuid4().hex}"
    return [
        crew.submit(work, *call, key=f"{name}-{number:06}")
        for number, call in enumerate(calls)
    ]


def _answers(
    crew: Client,
    work: Callable[..., _Answer],
    parts: Sequence[Part],
    layers: Sequence[Lookup],
    ask: _Ask,
    *more: Sequence[str],
) -> Iterator[_Answer]:
    """
    Yield what each part gives, once, in the order of the parts.

    The scheduler starts again what was lost with a worker. If every copy of the
    units was, or a worker died of those that they were on their way to, they are
    sent again, and what was not yielded yet is asked for again.
    """
    distributed = _distributed()
    done, attempts = 0, 0
    futures: list[Any] = []
    with progress(total=ask.rows, unit="pt", unit_scale=True) as bar:
        while done < len(parts):
            try:
                if not futures:
                    attempts += 1
                    sent = crew.scatter(_Sent(*layers), broadcast=True, hash=False)
                    rest = zip(*(each[done:] for each in (parts, *more)), strict=True)
                    calls = ((sent, ask, *one) for one in rest)
                    futures = _submitted(crew, work, calls)
                answer = futures.pop(0).result()
            except distributed.KilledWorker as error:
                msg = (
                    f"{parts[done].url}: workers die on {parts[done].rows} points of "
                    "it, most likely for want of memory; give each more, or pass a "
                    "smaller rows=…"
                )
                raise DataError(msg) from error
            except (distributed.CancelledError, distributed.comm.CommClosedError):
                if attempts == _ATTEMPTS:
                    raise
                futures = []
                continue
            bar.update(parts[done].rows)
            done += 1
            yield answer


def _planned(dataset: Dataset, rows: int, storage: Mapping[str, Any]) -> list[Part]:
    """Cut the files into parts, the same for any crew."""
    if rows < 1:
        msg = f"rows is a number of points a task, such as {PART}; got {rows!r}"
        raise DataError(msg)
    urls = dataset_files(dataset, storage)
    with ThreadPoolExecutor(_READERS) as readers:
        surveys = list(readers.map(partial(survey, storage=storage), urls))
    return dataset_parts(surveys, rows, storage)


def _made_ready(units: Units, source: Source, *, repair: bool = False) -> Lookup:
    if not isinstance(units, Lookup):
        if isinstance(units, gpd.GeoDataFrame | gpd.GeoSeries):
            check_crs(source.crs, units.crs)  # told before outlines are
        units = lookup(units, expected=len(source.index), repair=repair)
    check_crs(source.crs, units.crs)
    return units


# -- counts ----------------------------------------------------------------------


def _nothing(ready: Lookup, medians: Iterable[str], expected: int) -> _Sums:
    units = len(ready.codes)
    heaps = {name: Heap(expected, units) for name in medians}
    return _Sums(Tally(units), heaps, Account())


def _tallied(sent: _Sent, ask: _Ask, part: Part) -> _Sums:
    """Add a part up, on a worker; values for medians stay in its memory."""
    (ready,) = sent.layers
    sums = _nothing(ready, ask.medians, 0)
    index = pd.RangeIndex(ask.rows)
    for lot in part_lots(part, ask.needed):
        held = holders(lot, ready, index, ask.options, sums.account)
        add_lot(lot, held, sums.tally, sums.heaps, ask.sums, ask.by)
    return sums


def _merge(total: _Sums, part: _Sums, by: str | None) -> None:
    """Add what a part adds up to."""
    tally = total.tally
    # Gives numbers to the values that are new, and refuses too many.
    values = pd.Series(list(part.tally.kinds), dtype=object, name=by)
    places = np.append(tally.number(values, 0), np.int32(-1))
    for key, found in part.tally.sums.items():
        tally.sums[key] = tally.sums[key] + found if key in tally.sums else found
    for name, given in part.tally.given.items():
        tally.given[name] = tally.given.get(name, 0.0) + given
    for name, heap in part.heaps.items():
        for lot in heap._entries():  # noqa: SLF001 - no other way to pour it out
            total.heaps[name].add(lot["rank"], places[lot["value"]], lot["number"])
    _add_up(total.account, part.account)


def _add_up(account: Account, told: Account) -> None:
    for item in fields(account):
        total = getattr(account, item.name) + getattr(told, item.name)
        setattr(account, item.name, total)


# -- weights ---------------------------------------------------------------------


def _pairs(
    crew: Client, dataset: Dataset, units: tuple[Units, Units], ask: _Weighing
) -> tuple[tuple[Lookup, Lookup], _Weights]:
    """Weigh pairs of units; points that touch several of a layer stay apart."""
    parts = _planned(dataset, ask.rows, ask.storage)
    names = () if ask.count is None else (ask.count,)
    points = dataset_source(parts, names)
    check_wanted(points, list(names), [], None)
    left, right = (_made_ready(layer, points, repair=ask.repair) for layer in units)
    options = options_of(None, ask.overlaps, strict=False)
    told = _Ask(len(points.index), options, names)
    sure, doubt = _NO_WEIGHTS, [_NO_WEIGHTS]
    for found, apart in _answers(crew, _weighed, parts, [left, right], told):
        sure = _summed([sure, found])
        doubt.append(apart)
    return (left, right), _joined([sure, *doubt])


def _weighed(sent: _Sent, ask: _Ask, part: Part) -> tuple[_Weights, _Weights]:
    """Weigh pairs of units, on a worker; and points that touch several of a layer."""
    source, target = sent.layers
    wide = len(target.codes) + 1
    sure, doubt = _NO_WEIGHTS, [_NO_WEIGHTS]
    for lot in part_lots(part, ask.sums):
        _check_placed(lot)
        left, right = (_ranks(units, lot, ask.options) for units in sent.layers)
        several = _several(source, lot) | _several(target, lot)
        several &= left >= 0
        pair = left.astype(np.int64) * wide + right + 1  # below 0 outside of sources
        rows = _Weights(pair, lot.x, lot.y, _weights(lot, ask.sums))
        sure = _summed([sure, _taken(rows, ~several)])
        doubt.append(_taken(rows, several))
    return sure, _joined(doubt)


def _ranks(units: Lookup, lot: Lot, options: Options) -> NDArray[np.int32]:
    found = find(units, lot.x, lot.y)
    if len(found.point):
        check_partition(found, units, options)
    return found.rank


def _several(units: Lookup, lot: Lot) -> NDArray[np.bool_]:
    """Mark the points that touch several units."""
    raster = units._raster  # noqa: SLF001 - where a border may pass
    cell = raster.row(lot.y) * raster.columns + raster.column(lot.x)
    near = np.flatnonzero(units.grid[cell] < -1)
    point, _ = touching(units, lot.x[near], lot.y[near], inside=False)
    several = np.zeros(len(lot.x), bool)
    several[near] = np.bincount(point, minlength=len(near)) > 1
    return several


def _taken(rows: _Weights, which: NDArray[np.bool_]) -> _Weights:
    pair, x, y, weight = rows
    return _Weights(pair[which], x[which], y[which], weight[which])


def _joined(several: Sequence[_Weights]) -> _Weights:
    return _Weights(*map(np.concatenate, zip(*several, strict=True)))


def _summed(several: Sequence[_Weights]) -> _Weights:
    """Add the weights of each pair up, in order, at the place of its first point."""
    rows = _joined(several)
    pair, first, place = np.unique(rows.pair, return_index=True, return_inverse=True)
    weight = np.bincount(place, rows.weight, len(pair)).astype("float64")
    return _Weights(pair, rows.x[first], rows.y[first], weight)


def _check_placed(lot: Lot) -> None:
    lost = lot.start + np.flatnonzero(~(np.isfinite(lot.x) & np.isfinite(lot.y)))
    if len(lost):
        msg = (
            f"points: {len(lost)} without finite coordinates, at rows "
            f"{culprits(lost.tolist())}; drop or place them"
        )
        raise DataError(msg)


def _weights(lot: Lot, names: Sequence[str]) -> Floats:
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


# -- codes -----------------------------------------------------------------------


def _labelled(sent: _Sent, ask: _Ask, part: Part, to: str) -> tuple[Account, int]:
    """Write the rows of a part again, each with the code of its unit."""
    (ready,) = sent.layers
    account, inside = Account(), 0
    index, start = pd.RangeIndex(ask.rows), part.start
    kind = pa.array(ready.codes).type
    with whole_file(to, part.storage) as file:
        writer = None
        for batch in part_batches(part):
            x, y = decoded(batch, part.file, start)
            lot = Lot(start, x, y, pd.DataFrame())
            rank = holders(lot, ready, index, ask.options, account).rank
            codes = pa.array(codes_at(ready, rank), type=kind, from_pandas=True)
            batch = batch.append_column(ready.level, codes)  # noqa: PLW2901 - one more
            writer = writer or pq.ParquetWriter(file, batch.schema, compression="zstd")
            writer.write_batch(batch)
            inside += int((rank >= 0).sum())
            start += len(x)
        if writer is not None:
            writer.close()
    return account, inside
