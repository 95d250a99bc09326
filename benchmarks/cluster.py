"""
Counting on a cluster: one worker, two, four; a peer; a worker killed half-way.

    python benchmarks/cluster.py --points 50 --workers 1 2 --peer-points 5

Points are made part by part, so that making them takes no memory either. Equal
counts are checked against one machine in the same call; times are medians, cluster
started beforehand, units made ready and sent each time. The peer, dask-geopandas,
joins the same files on the same workers, in turn with ours. Workers are those of
`local_client`, which keep the memory that they free; `--plain` has them as Dask
makes them.
"""

import argparse
import importlib.util
import os
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from distributed import Client, LocalCluster
from load import partition, people

from basinmap.spatial.cluster import cluster_count, local_client
from basinmap.spatial.joins import count

PART = 1_000_000


def written(folder: Path, millions: float) -> Path:
    """Write points as files of a million, each sorted along a Hilbert curve."""
    folder.mkdir()
    for number in range(int(np.ceil(millions))):
        size = int(min(1.0, millions - number) * PART)
        points = gpd.GeoSeries(gpd.points_from_xy(*people(size, number)), crs=2154)
        points = points.iloc[np.argsort(points.hilbert_distance().to_numpy())]
        path = folder / f"part-{number:03}.parquet"
        points.to_frame("geometry").to_parquet(path, row_group_size=2**18)
    return folder


@contextmanager
def crew(workers: int, *, plain: bool) -> Iterator[Client]:
    if not plain:
        with local_client(workers) as client:
            yield client
        return
    options = {"threads_per_worker": 1, "dashboard_address": ":0"}
    with LocalCluster(n_workers=workers, **options) as cluster, Client(cluster) as own:
        yield own


def peak(client: Client) -> float:
    """Return the most memory that a worker ever took, in MiB."""

    def resident() -> float:
        status = Path("/proc/self/status").read_text()
        line = next(row for row in status.splitlines() if row.startswith("VmHWM"))
        return int(line.split()[1]) / 1024

    return max(client.run(resident).values())


def timed(work: Callable[[], pd.Series]) -> tuple[float, pd.Series]:
    start = time.perf_counter()
    answer = work()
    return time.perf_counter() - start, answer


def ours(folder: Path, units: gpd.GeoDataFrame, client: Client | None) -> pd.Series:
    if client is None:
        return count(folder, units)[0]["points"]
    return cluster_count(folder, units, client=client)[0]["points"]


def theirs(folder: Path, units: gpd.GeoDataFrame) -> pd.Series:
    """Join and count with dask-geopandas, on the client that is open."""
    import dask_geopandas  # noqa: PLC0415 - may be absent

    points = dask_geopandas.read_parquet(folder)
    joined = dask_geopandas.sjoin(points, units.reset_index(), predicate="within")
    found = joined.groupby("commune").size().compute()
    return found.reindex(units.index, fill_value=0)


def check(found: pd.Series, wanted: pd.Series, who: str) -> None:
    if found.tolist() != wanted.tolist():
        apart = int((found - wanted).abs().sum())
        msg = f"{who}: other counts, {apart} apart"
        raise SystemExit(msg)


def scaling(folder: Path, units: gpd.GeoDataFrame, asked: argparse.Namespace) -> None:
    alone, wanted = timed(lambda: ours(folder, units, None))
    print(f"one machine, no Dask: {alone:.2f} s")
    first = None
    for workers in asked.workers:
        times = []
        with crew(workers, plain=asked.plain) as client:
            for _ in range(asked.runs + 1):
                seconds, found = timed(lambda: ours(folder, units, client))
                check(found, wanted, f"{workers} worker(s)")
                times.append(seconds)
            most = peak(client)
        seconds = statistics.median(times[1:])
        first = first or seconds
        print(
            f"{workers} worker(s): {seconds:.2f} s, {first / seconds:.2f} × the "
            f"first, {most:.0f} MiB at most, same counts"
        )
    with crew(workers, plain=asked.plain) as client:
        found = killed(folder, units, client, seconds / 2)
    check(found, wanted, "one worker killed")
    print(f"{workers} worker(s), one killed half-way: same counts")


def killed(
    folder: Path, units: gpd.GeoDataFrame, client: Client, after: float
) -> pd.Series:
    """Count while one worker is killed half-way."""
    victim = next(iter(client.run(os.getpid).values()))
    timer = threading.Timer(after, os.kill, (victim, signal.SIGKILL))
    timer.start()
    found = ours(folder, units, client)
    timer.join()
    return found


def beside(folder: Path, units: gpd.GeoDataFrame, asked: argparse.Namespace) -> None:
    """Time dask-geopandas and ours in turn on the same workers."""
    if importlib.util.find_spec("dask_geopandas") is None:
        print("dask-geopandas: not installed, left out")
        return
    workers = max(asked.workers)
    times = {ours: [], theirs: []}
    with crew(workers, plain=asked.plain) as client:
        for _ in range(asked.peer_runs + 1):
            seconds, wanted = timed(lambda: ours(folder, units, client))
            times[ours].append(seconds)
            seconds, found = timed(lambda: theirs(folder, units))
            times[theirs].append(seconds)
            check(found, wanted, "dask-geopandas")
    one, other = (statistics.median(times[who][1:]) for who in (ours, theirs))
    print(
        f"{asked.peer_points:g} M points, {workers} worker(s): cluster_count "
        f"{one:.2f} s, dask-geopandas sjoin {other:.2f} s, {other / one:.1f} ×, same "
        "counts"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=float, default=5, help="millions")
    parser.add_argument("--peer-points", type=float, default=5, help="0 for none")
    parser.add_argument("--units", type=int, default=1600)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peer-runs", type=int, default=3)
    parser.add_argument("--plain", action="store_true", help="workers as of Dask")
    asked = parser.parse_args()
    units = partition(asked.units)
    print(f"{asked.points:g} M points, {len(units)} units, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as place:
        scaling(written(Path(place, "points"), asked.points), units, asked)
        if asked.peer_points:
            beside(written(Path(place, "few"), asked.peer_points), units, asked)


if __name__ == "__main__":
    sys.exit(main())
