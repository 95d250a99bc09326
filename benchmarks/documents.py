"""
Speed of documents: processor seconds and memory of each, in a process of its own.

Processor, not wall: a busy machine counts the same. What it prints is a section of
`docs/benchmarks.md`.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CODE = """
import datetime as dt, os, resource, sys, warnings
warnings.simplefilter("ignore")
import basinmap as bm
where, formats, out = sys.argv[1], sys.argv[2], sys.argv[3]
forms = formats.split(",") if formats else ()
bm.plh(where, out=out, date=dt.date(2026, 11, 29), formats=forms, quiet=True)
spent = os.times()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(spent.user + spent.system, peak)
"""
JOBS = (
    ("Lens-Liévin, plates and data alone", "call", "", 7.7),
    ("Lens-Liévin complete, 36 fiches, PDF", "call", "pdf", 60),
    ("Lens-Liévin complete, PDF, Word and web", "call", "pdf,docx,html", 60),
    ("SCoT de l'Artois complete, 100 fiches, PDF", "artois", "pdf", 120),
)
PROJECT = """perimeter = "call"
author = "A"
date = 2026-11-29
[[document]]
kind = "cil"
formats = ["html"]
"""


def measured(where: str, formats: str) -> tuple[float, float]:
    """Return processor seconds and peak MiB."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-c", CODE, where, formats, f"{folder}/out"]
        done = subprocess.run(
            command,
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
    cpu, peak = done.stdout.split()
    return float(cpu), float(peak)


def unchanged() -> float:
    """Return the seconds of a build in which nothing changed."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "projet.toml").write_text(PROJECT)
        command = [sys.executable, "-m", "basinmap", "build", folder, "--quiet"]
        subprocess.run(command, check=True, capture_output=True)
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--jobs", type=int, default=len(JOBS))
    given = parser.parse_args()
    print("## Documents\n\n| What | Processor | Aim | Peak memory |\n|---|--:|--:|--:|")
    for name, where, formats, aim in JOBS[: given.jobs]:
        cpu, peak = measured(where, formats)
        print(f"| {name} | {cpu:.1f} s | ≤ {aim:g} s | {peak:,.0f} MiB |", flush=True)
    print(f"| build of a project, nothing changed | {unchanged():.1f} s | ≤ 3 s | |")


if __name__ == "__main__":
    main()
