"""
Cost of an atlas: processor time a page beside QGIS, in one run; memory as pages grow.

The atlas is that of `maps.py`; QGIS draws it with its own Python, start-up and reading
of the data taken off, left out where it is not there. What it prints is a section of
`docs/benchmarks.md`.
"""

import argparse
import datetime as dt
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import maps

ONE = """
import resource, sys, time
sys.path.insert(0, sys.argv[1])
import basinmap as bm, maps
units = maps.BASIN.iloc[:int(sys.argv[3])]
bm.atlas(units.iloc[:1], maps.fiche, path=sys.argv[2], title="A", workers=1, quiet=True)
start = time.process_time()
bm.atlas(units, maps.fiche, path=sys.argv[2], title="Atlas", group="group", workers=1,
         quiet=True)
spent = time.process_time() - start
print(spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def ours(folder, pages):
    """Seconds of processor, peak MiB and bytes of an atlas."""
    path = f"{folder}/atlas.pdf"
    where = str(Path(__file__).parent)
    command = [sys.executable, "-W", "ignore", "-c", ONE, where, path, str(pages)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    spent, peak = map(float, done.stdout.split())
    return spent, peak, Path(path).stat().st_size


def theirs(package, folder):
    """Seconds of processor of QGIS, its start-up apart, and bytes."""
    spent = []
    for what in ("start", "atlas"):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        if maps.by_qgis(package, folder, what) is None:
            return None
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(
            after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        )
    return spent[1] - spent[0], Path(f"{folder}/qgis-atlas.pdf").stat().st_size


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--pages", type=int, default=336)
    given = parser.parse_args()
    load = os.getloadavg()[0]
    print(
        f"`benchmarks/atlas.py`. {dt.date.today():%Y-%m-%d}, {platform.system()}, "  # noqa: DTZ011
        f"{os.cpu_count()} cores, load {load:.0f}, "
        f"Python {platform.python_version()}.\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        package = maps.written(folder)
        mine, other = [], []
        for _ in range(given.runs):
            mine.append(ours(folder, given.pages))
            other.append(theirs(package, folder))
        few = ours(folder, max(1, given.pages // 8))
    spent = statistics.median(one[0] for one in mine)
    _, peak, size = mine[0]
    print(
        "| What | ms of processor a page | kB a page | peak, MiB |\n|---|--:|--:|--:|"
    )
    row = f"{spent * 1e3 / given.pages:.0f} | {size / given.pages / 1e3:.1f}"
    print(f"| basinmap, {given.pages} pages | {row} | {peak:.0f} |")
    row = f"{few[0] * 1e3 / (given.pages // 8):.0f} |"
    print(f"| basinmap, {given.pages // 8} pages | {row} | {few[1]:.0f} |")
    if all(other):
        theirs_ = statistics.median(one[0] for one in other)
        size = other[0][1] / 336 / 1e3
        print(f"| QGIS, 336 pages | {theirs_ * 1e3 / 336:.0f} | {size:.1f} | |")
        ratio = spent / given.pages / (theirs_ / 336)
        print(f"| basinmap ÷ QGIS | {ratio:.2f} | | |")


if __name__ == "__main__":
    main()
