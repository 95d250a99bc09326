"""
Speed and size of the house: import, demo, wheel content.

Each figure is the median of several runs in this one call, beside the peer, so that
ratios hold on another machine. What it prints is a section of `docs/benchmarks.md`.
"""

import argparse
import datetime as dt
import importlib.metadata
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
IMPORTS = {
    "import geopandas": "import geopandas",
    "import basinmap": "import basinmap",
    "import basinmap, then the 1,534 communes": "import basinmap as bm; bm.communes()",
    "import geopandas, then reading the same file": (
        "import geopandas, importlib.resources as r;"
        "geopandas.read_parquet(str(r.files('basinmap') / 'data/communes.parquet'))"
    ),
    "import basinmap and its maps": "import basinmap as bm; bm.page",
}


def seconds(code: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - start


def measured_imports(runs: int) -> list[tuple[str, float]]:
    # Interleaved, so that a busy moment of the machine falls on all of them.
    times: dict[str, list[float]] = {name: [] for name in IMPORTS}
    for _ in range(runs + 1):
        for name, code in IMPORTS.items():
            times[name].append(seconds(code))
    return [(name, statistics.median(found[1:])) for name, found in times.items()]


def measured_demo() -> tuple[float, float]:
    """Return wall seconds and peak MiB of the demo in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        command = [sys.executable, "-m", "basinmap", "demo", "--out", f"{folder}/out"]
        subprocess.run([*command, "--quiet"], check=True, stdout=subprocess.DEVNULL)
        wall = time.perf_counter() - start
    return wall, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def report(runs: int) -> str:
    wall, peak = measured_demo()
    imports = measured_imports(runs)
    reference = imports[0][1]
    size = sum(f.stat().st_size for f in (ROOT / "basinmap/data").iterdir())
    fonts = sum(f.stat().st_size for f in (ROOT / "basinmap/maps/fonts").iterdir())
    names = ("geopandas", "shapely", "matplotlib", "pandas", "pyogrio")
    versions = ", ".join(f"{n} {importlib.metadata.version(n)}" for n in names)
    lines = [
        f"{dt.date.today():%Y-%m-%d}, {platform.system()}, {os.cpu_count()} cores, "  # noqa: DTZ011 - the day it ran
        f"Python {platform.python_version()}, {versions}.",
        "",
        "## House",
        "",
        f"Median of {runs} processes, interleaved; ratio to `import geopandas`.",
        "",
        "| What | Seconds | Ratio |",
        "|---|--:|--:|",
        *(f"| {n} | {t:.2f} | {t / reference:.2f} |" for n, t in imports),
        "",
        "| Main job | Measured | Aim |",
        "|---|--:|--:|",
        f"| `basinmap demo`, 6 plates × 3 formats, data | {wall:.1f} s | ≤ 60 s |",
        f"| its peak memory | {peak:.0f} MiB | < 1,024 MiB |",
        f"| embedded data | {size / 1e6:.2f} MB | ≤ 3 MB |",
        f"| embedded fonts | {fonts / 1e6:.2f} MB | |",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--runs", type=int, default=7)
    given = parser.parse_args()
    print(report(given.runs))


if __name__ == "__main__":
    main()
