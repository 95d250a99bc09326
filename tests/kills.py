"""
Kill writers at every moment, and tell whether what they leave is whole.

`python tests/kills.py --seeds 1 2` kills a child before each thing that it does to the
file system, then at random moments, and writes the table of docs/reliability.md.

Children are forked from a server that has imported the library and written each kind
of file once: a fork is a process of its own, that dies alone, and takes milliseconds.
"""

from __future__ import annotations

import argparse
import atexit
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REPORT = ROOT / "docs" / "reliability.md"
FILES = 21

# What a child does: it writes a set, or one file, of a version, and is killed before
# the k-th thing that it does to a path of the place. The server forks one a request.
SERVER = """
import json, os, signal, sys, tempfile, threading, time, traceback
from pathlib import Path
import numpy as np, pandas as pd
import basinmap as bm
import basinmap.moves
from basinmap.access.networks import build_network
from basinmap.export.manifests import write_manifest
from basinmap.staging import staged_folder
watched = {"os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir", "open"}
watched |= {"basinmap.exchange", "os.listdir", "os.scandir"}
started, seen = False, 0
# A folder is removed below the folder that the system is told of, by relative names.
def watch(event, given):
    global seen
    if event not in watched or not started:
        return
    path = given[0] if given else ""
    if event == "open" and not str(path).startswith(str(place.parent)):
        return
    seen += 1
    if seen == at:
        os.kill(os.getpid(), number)
def later():
    time.sleep(pause)
    os.kill(os.getpid(), number)
def build(folder, version):
    with staged_folder(folder) as staged:
        for i in range(FILES - 1):
            (staged / f"{i:02d}.txt").write_text(f"{version} {i}" * 50)
        (staged / f"only-{version}.txt").write_text(version)
        write_manifest(staged, {"version": version})
def one(path, version):
    value = {"old": 1, "new": 2}[version]
    table = pd.DataFrame({"v": [value] * 300}, index=[str(i) for i in range(300)])
    if path.suffix == ".xlsx":
        bm.write_workbook(path, {"A": table})
    elif path.suffix == ".gpkg":
        bm.write_geopackage(path, {"a": bm.places()}, tables={"t": table})
    elif path.suffix == ".npz":
        x = np.arange(200.0) * 100
        network = build_network(
            x, x * 0, [*range(199), *range(1, 200)], [*range(1, 200), *range(199)],
            [100.0] * 398, [value] * 398, mode="walk",
        )
        bm.write_network(network, path)
    elif path.suffix == ".tif":
        units = bm.communes(epci="call")
        _, ax = bm.page(units, title=version, paper="A5")
        bm.draw_outlines(ax, units)
        bm.write_geotiff(ax, path, dpi=40 + 10 * value)
def work():
    # What runs this in the background may have it ignore Ctrl-C, children included.
    global started
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.addaudithook(watch)
    if kind in ("set", "journalled"):
        exchange = basinmap.moves._exchange
        def told(*given):
            sys.audit("basinmap.exchange", str(place))
            return kind == "set" and exchange(*given)
        basinmap.moves._exchange = told
    started = True
    if pause:
        threading.Thread(target=later, daemon=True).start()
    (one if kind == "file" else build)(place, version)
    started = False
    print(seen)
def child(out, err):
    os.dup2(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
    os.dup2(os.open(err, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    status = 0
    try:
        work()
    except KeyboardInterrupt:
        status = 130
    except SystemExit as stop:
        status = int(stop.code or 0)
    except BaseException:
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    os._exit(status)
with tempfile.TemporaryDirectory() as warm:
    for suffix in (".xlsx", ".gpkg", ".npz", ".tif"):
        one(Path(warm) / f"warm{suffix}", "old")
    build(Path(warm) / "set", "old")
    print("ready", flush=True)
    running = {}
    for line in sys.stdin:
        asked = json.loads(line)
        if "wait" in asked:
            pid = asked["wait"]
            _, status = os.waitpid(pid, 0)
            code = os.waitstatus_to_exitcode(status)
            print(json.dumps([code, *(p.read_text() for p in running.pop(pid))]))
            sys.stdout.flush()
            continue
        kind, place, version, at, number, pause = asked["run"]
        place = Path(place)
        files = [Path(warm) / f"{len(running)}.{end}" for end in ("out", "err")]
        pid = os.fork()
        if not pid:
            child(*files)
        running[pid] = files
        print(pid, flush=True)
""".replace("FILES", str(FILES))


@dataclass(frozen=True)
class Done:
    """What became of a child."""

    returncode: int
    stdout: str
    stderr: str


class Server:
    """A process that has imported what children need, and forks them."""

    def __init__(self) -> None:
        """Start it, and wait until it is ready."""
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER],
            env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._line() == "ready"

    def _line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def _ask(self, asked: dict[str, object]) -> str:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        return self._line()

    def start(self, given: list[object]) -> int:
        """Fork a child, and return its number."""
        return int(self._ask({"run": given}))

    def wait(self, pid: int) -> Done:
        """Wait for a child."""
        return Done(*json.loads(self._ask({"wait": pid})))

    def close(self) -> None:
        """End it."""
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(timeout=60)


@cache
def server() -> Server:
    """Return the one server, started when first asked for."""
    made = Server()
    atexit.register(made.close)
    return made


@dataclass
class Row:
    """A line of the table."""

    what: str
    moments: int = 0
    killed: int = 0
    whole: int = 0
    told: int = 0
    journal: bool = False
    settled: int = 0
    left: int = 0
    faults: list[str] = field(default_factory=list)


def child(
    kind: str,
    place: Path,
    version: str,
    *,
    at: int = 0,
    number: int = signal.SIGKILL,
    pause: float = 0.0,
) -> Done:
    """Write a version in a process that dies before the `at`-th thing it does."""
    given = [kind, str(place), version, at, int(number), pause]
    return server().wait(server().start(given))


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def is_whole(folder: Path) -> bool:
    """Tell whether the files of a folder are those that its manifest says."""
    try:
        listed = json.loads((folder / "manifest.json").read_text())["outputs"]
    except (OSError, ValueError, KeyError):
        return False
    found = {p.name for p in folder.iterdir() if p.suffix == ".txt"} - {"mine.txt"}
    return found == set(listed) and all(
        digest(folder / name) == about["sha256"] for name, about in listed.items()
    )


def says_so(folder: Path) -> bool:
    """Tell whether the manifest of a folder says that it is being written."""
    try:
        return bool(json.loads((folder / "manifest.json").read_text())["in_progress"])
    except (OSError, ValueError, KeyError):
        return False


def leftovers(folder: Path) -> list[str]:
    """Return what is temporary in a place and in its folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob(".basinmap*"))


def places(base: Path, *, foreign: bool) -> Path:
    """Make a place that holds a whole old set, and what the user put there."""
    base.mkdir(parents=True)
    place = base / "out"
    made = child("set", place, "old")
    assert made.returncode == 0, made.stderr
    (place / "mine.txt").write_text("mine")
    if foreign:
        (place / "sub").mkdir()
        (place / "sub" / "mine.txt").write_text("mine")
    return place


def sets(
    base: Path, row: Row, *, foreign: bool, number: int = signal.SIGKILL, step: int = 1
) -> Iterator[None]:
    """Kill the writing of a set before each thing it does to the file system."""
    kind = "journalled" if row.journal else "set"
    model = places(base / "model", foreign=foreign)
    trial = base / "trial"
    shutil.copytree(model.parent, trial)
    count = int(child(kind, trial / "out", "new").stdout)
    shutil.rmtree(trial)
    for at in range(1, count + 1, step):
        shutil.copytree(model.parent, trial)
        done = child(kind, trial / "out", "new", at=at, number=number)
        judge_set(row, trial, done.returncode, f"before {at} of {count}")
        shutil.rmtree(trial)
        yield


def judge_set(row: Row, base: Path, status: int, moment: str) -> None:
    """Look at a set after a kill, and after the next run."""
    out = base / "out"
    row.moments += 1
    row.killed += status != 0
    row.whole += is_whole(out)
    row.told += says_so(out)
    row.left += bool(leftovers(base))
    again = child("set", out, "new")
    foreign = [out / "mine.txt", *out.glob("sub/mine.txt")]
    settled = (
        again.returncode == 0
        and is_whole(out)
        and (out / "only-new.txt").exists()
        and not (out / "only-old.txt").exists()
        and not leftovers(base)
        and all(path.read_text() == "mine" for path in foreign)
    )
    row.settled += settled
    if not settled:
        row.faults.append(f"{moment}: {leftovers(base)} {again.stderr[-200:]}")


def one(
    base: Path, row: Row, suffix: str, moments: list[float | int], step: int = 1
) -> Iterator[None]:
    """Kill the writing of one file: before a thing it does, or after some seconds."""
    base.mkdir()
    versions = {}
    for version in ("old", "new"):
        path = base / f"{version}{suffix}"
        made = child("file", path, version)
        assert made.returncode == 0, made.stderr
        versions[digest(path)] = version
        if version == "new" and not moments:
            moments.extend(range(1, int(made.stdout) + 1, step))
    place = base / "place"
    for moment in moments:
        place.mkdir()
        path = place / f"a{suffix}"
        shutil.copy(base / f"old{suffix}", path)
        when = {"at": moment} if isinstance(moment, int) else {"pause": moment}
        done = child("file", path, "new", **when)
        row.moments += 1
        row.killed += done.returncode != 0
        row.whole += digest(path) in versions
        row.left += bool(leftovers(place))
        again = child("file", path, "new")
        settled = (
            again.returncode == 0
            and versions.get(digest(path)) == "new"
            and not leftovers(place)
        )
        row.settled += settled
        if not settled:
            row.faults.append(f"{moment}: {leftovers(place)} {again.stderr[-200:]}")
        shutil.rmtree(place)
        yield


def concurrent(base: Path, row: Row, times: int) -> None:
    """Start two builds of one folder at once: one writes, the other is refused."""
    base.mkdir()
    for i in range(times):
        out = base / f"out{i}"
        running = [
            server().start(["set", str(out), version, 0, 9, 0.0])
            for version in ("old", "new")
        ]
        said = [server().wait(pid).stderr for pid in running]
        refused = [text for text in said if "being written by another" in text]
        row.moments += 1
        row.killed += len(refused)
        row.whole += is_whole(out)
        row.left += bool(leftovers(base))
        row.settled += len(refused) < 2 and not leftovers(base)


def table(rows: list[Row]) -> str:
    """Write the table in Markdown."""
    lines = [
        "| what | moments | stopped | whole at once | said to be in progress | whole, "
        "and clean, after the next run |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {r.what} | {r.moments:,} | {r.killed:,} | {r.whole:,} | {r.told:,} | "
        f"{r.settled:,} |"
        for r in rows
    ]
    return "\n".join(lines)


def written(text: str, mark: str) -> None:
    """Put a part in docs/reliability.md, between its two marks."""
    start, end = f"<!-- {mark} -->", f"<!-- end of {mark} -->"
    whole = REPORT.read_text(encoding="utf-8")
    head, _, rest = whole.partition(start)
    _, _, tail = rest.partition(end)
    REPORT.write_text(f"{head}{start}\n{text}\n{end}{tail}", encoding="utf-8")


def every(base: Path, seeds: list[int], count: int, step: int) -> list[Row]:
    """Run all trials."""
    rows = []
    for what, number, journal in (
        ("set of 22 files, SIGKILL before each operation", signal.SIGKILL, False),
        ("the same, Ctrl-C", signal.SIGINT, False),
        ("the same, SIGTERM", signal.SIGTERM, False),
        ("the same by journal, SIGKILL", signal.SIGKILL, True),
        ("the same by journal, Ctrl-C", signal.SIGINT, True),
    ):
        row = Row(what, journal=journal)
        for _ in sets(
            base / f"set{len(rows)}", row, foreign=True, number=number, step=step
        ):
            pass
        rows.append(row)
        print(row, flush=True)
    for suffix in (".xlsx", ".gpkg", ".npz", ".tif"):
        row = Row(f"one file in {suffix}, SIGKILL before each operation")
        for _ in one(base / f"one{suffix}", row, suffix, [], step):
            pass
        rows.append(row)
        print(row, flush=True)
    for seed in seeds:
        chance = random.Random(seed)
        row = Row(f"xlsx and gpkg, SIGKILL at random moments, seed {seed}")
        for suffix in (".xlsx", ".gpkg"):
            moments: list[float | int] = [chance.uniform(0, 0.15) for _ in range(count)]
            for _ in one(base / f"random{seed}{suffix}", row, suffix, moments):
                pass
        rows.append(row)
        print(row, flush=True)
    row = Row("two builds of one folder at once (stopped: refused)")
    concurrent(base / "two", row, 6)
    rows.append(row)
    return rows


def main() -> int:
    """Run all, write the table, and return whether all was whole."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--count", type=int, default=8, help="random moments a file")
    parser.add_argument("--step", type=int, default=1, help="of operations, one in")
    given = parser.parse_args()
    start = time.monotonic()
    base = Path(tempfile.mkdtemp())
    try:
        rows = every(base, given.seeds, given.count, given.step)
    finally:
        shutil.rmtree(base)
    seeds = ", ".join(map(str, given.seeds))
    part = "each operation" if given.step == 1 else f"one operation in {given.step}"
    text = f"Made by `make kills`, seeds {seeds}, {part}.\n\n{table(rows)}"
    written(text, "kills")
    print(text, f"\n{time.monotonic() - start:.0f} s")
    for row in rows:
        print(*row.faults, sep="\n")
    return int(
        any(
            row.settled < row.moments
            or row.whole + row.told != row.moments
            or (row.told and not row.journal)
            for row in rows
        )
    )


if __name__ == "__main__":
    sys.exit(main())
