"""
Counting on a cluster: one worker, two, four; a worker killed half-way.

    python benchmarks/cluster.py --points 50 --workers 1 2

Points are made part by part, so that making them takes no memory either. Equal
counts are checked against one machine in the same call; times are medians, cluster
started beforehand, units made ready and sent each time.
"""

import argparse
import os
import signal
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
from distributed import Client, LocalCluster
from load import partition, people

from basinmap.spatial.cluster import cluster_count
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


def peak(client: Client) -> float:
    """Return the most memory that a worker ever took, in MiB."""

    def resident() -> float:
        status = Path("/proc/self/status").read_text()
        line = next(row for row in status.splitlines() if row.startswith("VmHWM"))
        return int(line.split()[1]) / 1024

    return max(client.run(resident).values())


def measured(folder, units, workers, runs):
    with cluster(workers) as processes, Client(processes) as client:
        times, table = [], None
        for _ in range(runs + 1):
            start = time.perf_counter()
            table, _ = cluster_count(folder, units, client=client)
            times.append(time.perf_counter() - start)
        return statistics.median(times[1:]), table, peak(client)


def killed(folder, units, workers, after):
    """Count while one worker is killed half-way."""
    with cluster(workers) as processes, Client(processes) as client:
        victim = next(iter(client.run(os.getpid).values()))
        timer = threading.Timer(after, os.kill, (victim, signal.SIGKILL))
        timer.start()
        table, _ = cluster_count(folder, units, client=client)
        timer.join()
        return table


def cluster(workers):
    return LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=float, default=5, help="millions")
    parser.add_argument("--units", type=int, default=1600)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    units = partition(asked.units)
    with tempfile.TemporaryDirectory() as place:
        folder = written(Path(place, "points"), asked.points)
        start = time.perf_counter()
        wanted, _ = count(folder, units)
        alone = time.perf_counter() - start
        print(f"{asked.points:g} M points, {len(units)} units, {os.cpu_count()} cores")
        print(f"one machine, no Dask: {alone:.2f} s")
        first = None
        for workers in asked.workers:
            seconds, table, most = measured(folder, units, workers, asked.runs)
            first = first or seconds
            same = "same counts" if table.equals(wanted) else "OTHER COUNTS"
            print(
                f"{workers} worker(s): {seconds:.2f} s, {first / seconds:.2f} × the "
                f"first, {most:.0f} MiB at most, {same}"
            )
        table = killed(folder, units, max(asked.workers), seconds / 2)
        same = "same counts" if table.equals(wanted) else "OTHER COUNTS"
        print(f"{max(asked.workers)} worker(s), one killed half-way: {same}")


if __name__ == "__main__":
    sys.exit(main())
