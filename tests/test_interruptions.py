"""What is written is whole or not there, whoever is killed, and whenever."""

import datetime as dt
import errno
import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

import basinmap as bm
from basinmap import moves
from basinmap.access.networks import build_network
from basinmap.cli import main
from basinmap.deliverables.records import read_record
from basinmap.export.manifests import write_manifest
from basinmap.maps.grounds.imagery import Grid, write_tiff
from basinmap.staging import staged_file, staged_folder, today

MANIFEST = moves.MANIFEST
OutputError = bm.errors.OutputError

spec = importlib.util.spec_from_file_location(
    "kills", Path(__file__).with_name("kills.py")
)
kills = sys.modules["kills"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(kills)


def fill(out, version, *, names=("a.txt", "b.txt")):
    with staged_folder(out) as folder:
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(f"{version} {name}")
        write_manifest(folder, {"version": version})


def texts(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }


def old(version="old", *names):
    return {name: f"{version} {name}" for name in names or ("a.txt", "b.txt")}


@pytest.fixture(params=["exchanged", "journalled"])
def way(request, monkeypatch):
    """Each way by which a set takes the place of another."""
    if request.param == "journalled":
        monkeypatch.setattr(moves, "_exchange", lambda *_: False)
    return request.param


@pytest.fixture
def out(tmp_path, way):
    assert way
    return tmp_path / "out"


# --- a set is one ---------------------------------------------------------------------


@pytest.mark.parametrize("journal", [False, True], ids=["exchange", "journal"])
def test_a_set_is_whole_after_a_kill_at_some_moments(tmp_path, journal):
    row = kills.Row("short", journal=journal)
    for _ in kills.sets(tmp_path / "base", row, foreign=True, step=64):
        pass
    assert row.faults == []
    assert row.killed == row.moments == row.settled >= 3
    assert row.whole + row.told == row.moments
    assert journal or not row.told


def test_between_two_moves_the_manifest_says_that_the_set_is_in_progress(
    out, monkeypatch
):
    monkeypatch.setattr(moves, "_exchange", lambda *_: False)
    fill(out, "old")
    replace, seen = Path.replace, []

    def watched(path, target):
        if Path(target).parent == out and Path(target).name in ("a.txt", "b.txt"):
            seen.append(kills.says_so(out))
            with pytest.raises(bm.errors.DataError, match="stopped between two files"):
                read_record(out)
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", watched)
    fill(out, "new")
    assert seen == [True, True]
    assert kills.is_whole(out)
    assert not kills.says_so(out)
    assert kills.leftovers(out.parent) == []


def test_a_set_that_fails_between_two_moves_is_as_it_was(out, monkeypatch):
    monkeypatch.setattr(moves, "_exchange", lambda *_: False)
    fill(out, "old", names=("a.txt", "b.txt", "stale.txt"))
    before = texts(out)
    replace = Path.replace
    for failing in range(1, 4):
        moved = []

        def broken(path, target, failing=failing, moved=moved):
            if Path(target).parent == out and "new" in path.parts:
                moved.append(target)
                if len(moved) == failing:
                    raise PermissionError(errno.EACCES, "open elsewhere")
            return replace(path, target)

        monkeypatch.setattr(Path, "replace", broken)
        with pytest.raises(OutputError, match="open elsewhere"):
            fill(out, "new")
        monkeypatch.setattr(Path, "replace", replace)
        assert texts(out) == before
        assert kills.is_whole(out)
        assert kills.leftovers(out.parent) == []


def test_a_new_set_removes_the_stale_and_keeps_what_is_of_others(out):
    fill(out, "old", names=("a.txt", "stale.txt", "deep/stale.txt"))
    (out / "mine.txt").write_text("mine")
    fill(out, "new", names=("a.txt", "deep/b.txt"))
    assert texts(out) == {
        **old("new", "a.txt", "deep/b.txt"),
        "mine.txt": "mine",
    }


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_between_two_moves_waits_until_the_set_is_whole(out, number):
    fill(out, "old")
    heard = []
    before = signal.signal(signal.SIGTERM, lambda *given: heard.append(given))
    # Run in the background of a shell, Ctrl-C comes ignored.
    stopped = signal.signal(signal.SIGINT, signal.default_int_handler)
    replace = Path.replace

    def interrupting(path, target):
        if Path(target).parent == out:
            os.kill(os.getpid(), number)
        return replace(path, target)

    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(moves, "_exchange", lambda *_: False)
            patch.setattr(Path, "replace", interrupting)
            if number == signal.SIGINT:
                with pytest.raises(bm.errors.Interrupted):
                    fill(out, "new")
            else:
                fill(out, "new")
                assert len(heard) == 1
    finally:
        signal.signal(signal.SIGTERM, before)
        signal.signal(signal.SIGINT, stopped)
    assert texts(out) == old("new")
    assert kills.leftovers(out.parent) == []


def test_a_set_written_by_a_thread_hears_no_signal_and_is_whole(out):
    fill(out, "old")
    thread = threading.Thread(target=fill, args=(out, "new"))
    thread.start()
    thread.join()
    assert texts(out) == old("new")


def test_what_a_user_put_in_a_folder_is_there_after_an_exchange(tmp_path):
    out = tmp_path / "out"
    fill(out, "old", names=("a.txt", "fiches/stale.txt", "fiches/b.txt"))
    (out / "fiches" / "mine.txt").write_text("mine")
    (out / "empty").mkdir()
    (out / "deep" / "er").mkdir(parents=True)
    (out / "deep" / "er" / "far.txt").write_text("far")
    (out / "deep" / "link").symlink_to("er/far.txt")
    (out / "gone").symlink_to("nowhere")
    before = out.stat().st_ino
    fill(out, "new", names=("a.txt", "fiches/b.txt", "more/c.txt"))
    assert out.stat().st_ino != before
    assert texts(out) == {
        **old("new", "a.txt", "fiches/b.txt", "more/c.txt"),
        "fiches/mine.txt": "mine",
        "deep/er/far.txt": "far",
        "deep/link": "far",
    }
    assert (out / "empty").is_dir()
    assert (out / "deep" / "link").readlink() == Path("er/far.txt")
    assert (out / "gone").is_symlink()
    assert kills.leftovers(tmp_path) == []


@pytest.mark.parametrize("odd", ["a pipe", "very many files"])
def test_a_folder_that_cannot_be_exchanged_is_written_by_journal(
    tmp_path, odd, monkeypatch
):
    out = tmp_path / "out"
    fill(out, "old")
    if odd == "a pipe":
        os.mkfifo(out / "pipe")
    else:
        monkeypatch.setattr(moves, "_MOST", 3)
        (out / "sub").mkdir()
        for name in "xyz":
            (out / "sub" / name).write_text("mine")
    before = out.stat().st_ino
    fill(out, "new")
    assert out.stat().st_ino == before
    assert {k: v for k, v in texts(out).items() if v != "mine"} == old("new")
    assert kills.leftovers(tmp_path) == []


def test_the_folder_that_a_user_stands_in_stays_the_same(tmp_path, monkeypatch):
    out = tmp_path / "out"
    fill(out, "old")
    before = out.stat().st_ino
    monkeypatch.chdir(out)
    fill(".", "new")
    assert out.stat().st_ino == before
    assert texts(out) == old("new")


# --- a second build, the dead, and the user's hand ------------------------------------


def test_a_second_build_of_one_folder_is_refused(out):
    fill(out, "old")
    with staged_folder(out) as folder:
        (folder / "c.txt").write_text("c")
        with pytest.raises(OutputError, match="out is being written by another"):
            fill(out, "new")
        with staged_file(out / "beside.txt") as beside:  # one file is no set
            beside.write_text("x")
    assert texts(out) == {**old(), "c.txt": "c", "beside.txt": "x"}
    assert kills.leftovers(out.parent) == []


def test_what_the_dead_left_is_cleaned_and_the_living_are_left(tmp_path):
    dead, living, unknown, ancient = (
        tmp_path / f"{moves.PREFIX}{name}" for name in ("d", "l", "u", "a")
    )
    for folder in (dead, living, unknown, ancient):
        (folder / "new").mkdir(parents=True)
    (tmp_path / f"{moves.PREFIX}e").mkdir()
    (dead / "lock").touch()
    os.utime(ancient, (0, 0))
    handle = moves.held(living / "lock")
    with staged_file(tmp_path / "a.txt") as staged:
        staged.write_text("a")
    os.close(handle)
    assert kills.leftovers(tmp_path) == [living.name, unknown.name]


@pytest.mark.parametrize(
    "plan",
    [
        {"target": "..", "names": ["a.txt"]},
        {"target": ".", "names": ["../victim.txt"]},
        {"target": ".", "names": [], "stale": ["/etc/hosts", "../victim.txt"]},
        {"target": ".", "names": [], "aside": {"a.txt": "../victim.txt"}},
        {"target": "."},
        [],
    ],
)
def test_a_journal_of_others_moves_nothing_outside_its_folder(tmp_path, plan):
    place = tmp_path / "place"
    left = place / f"{moves.PREFIX}x"
    (left / "new").mkdir(parents=True)
    (left / "new" / "a.txt").write_text("bad")
    (left / "lock").touch()
    (left / moves._JOURNAL).write_text(json.dumps(plan))
    (tmp_path / "victim.txt").write_text("mine")
    (place / "a.txt").write_text("mine")
    moves.sweep(place)
    assert texts(tmp_path) == {"victim.txt": "mine", "place/a.txt": "mine"}


def test_a_file_changed_by_hand_is_kept_under_another_name(out):
    fill(out, "old", names=("a.txt", "b.tar.gz", "stale.txt"))
    for name in ("a.txt", "b.tar.gz", "stale.txt"):
        (out / name).write_text("by hand")
    with pytest.warns(
        bm.errors.BasinmapWarning, match=r"2 file\(s\).*'a \(modifié\).txt"
    ):
        fill(out, "new", names=("a.txt", "b.tar.gz"))
    assert texts(out) == {
        **old("new", "a.txt", "b.tar.gz"),
        "a (modifié).txt": "by hand",
        "b.tar (modifié).gz": "by hand",
        "stale.txt": "by hand",
    }
    (out / "a.txt").write_text("again")
    with pytest.warns(bm.errors.BasinmapWarning, match=r"1 file\(s\).*\(modifié 2\)"):
        fill(out, "newer", names=("a.txt", "b.tar.gz"))
    assert (out / "a (modifié 2).txt").read_text() == "again"
    assert (out / "a (modifié).txt").read_text() == "by hand"


def test_a_file_of_the_user_that_bears_the_name_of_a_new_one_is_kept(out):
    fill(out, "old")
    (out / "c.txt").write_text("mine")
    with pytest.warns(bm.errors.BasinmapWarning, match="changed by hand"):
        fill(out, "new", names=("a.txt", "c.txt"))
    assert texts(out)["c (modifié).txt"] == "mine"


def test_a_foreign_manifest_removes_nothing(out):
    out.mkdir(parents=True, exist_ok=True)
    (out / "important.txt").write_text("mine")
    (out / MANIFEST).write_text(json.dumps({"outputs": {"important.txt": {}}}))
    fill(out, "new")
    assert texts(out) == {**old("new"), "important.txt": "mine"}


# --- a disk that is full --------------------------------------------------------------


GRID = Grid((0, 0, 100, 100), 100, 100)


def writers():
    noise = np.random.default_rng(1).integers(0, 255, (100, 100, 3), dtype=np.uint8)
    table = pd.DataFrame({"v": np.arange(3000)}, index=map(str, range(3000)))
    x = np.arange(3000.0)
    there, back = np.arange(2999), np.arange(1, 3000)
    network = build_network(
        x,
        x * 0,
        [*there, *back],
        [*back, *there],
        np.ones(5998),
        np.random.default_rng(2).uniform(1, 2, 5998),
        mode="walk",
    )
    layer = bm.communes(epci="call")
    return {
        "a.tif": lambda path: write_tiff(path, noise, GRID, {}),
        "a.xlsx": lambda path: bm.write_workbook(path, {"A": table}),
        "a.gpkg": lambda path: bm.write_geopackage(path, {"a": layer}),
        "a.npz": lambda path: bm.write_network(network, path),
        "a.csv": lambda path: bm.write_csv(path, table),
        "a.parquet": lambda path: bm.write_parquet(path, layer),
        "a.fgb": lambda path: bm.write_flatgeobuf(path, layer),
    }


WRITTEN = ("a.tif", "a.xlsx", "a.gpkg", "a.npz", "a.csv", "a.parquet", "a.fgb")


@pytest.mark.parametrize("name", WRITTEN)
def test_a_disk_that_fills_leaves_the_file_of_before(name, tmp_path):
    resource = pytest.importorskip("resource")
    path = tmp_path / name
    write = writers()[name]
    write(path)
    before = path.read_bytes()
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, usual[1]))
    try:
        with pytest.raises(OutputError, match=r"cannot write in .*a\."):
            write(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
        signal.signal(signal.SIGXFSZ, ignored)
    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == [name]


def spoil(path):
    """Change bytes in the middle, as a disk that errs does."""
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 400] = bytes(400)
    path.write_bytes(data)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_file_that_is_not_read_back_does_not_replace(name, tmp_path, monkeypatch):
    path = tmp_path / name
    write = writers()[name]
    write(path)
    before = path.read_bytes()

    def staged(path, *, check, _staged=staged_file):
        def spoilt(found):
            spoil(found)
            check(found)

        return _staged(path, check=spoilt)

    for module in (
        "basinmap.export.csv_files",
        "basinmap.export.flatgeobufs",
        "basinmap.export.geopackages",
        "basinmap.export.parquets",
        "basinmap.export.workbooks",
        "basinmap.maps.grounds.imagery",
        "basinmap.access.networks",
    ):
        monkeypatch.setattr(f"{module}.staged_file", staged)
    with pytest.raises(OutputError, match="cannot write in"):
        write(path)
    assert path.read_bytes() == before


# --- the process, and its day ---------------------------------------------------------


def test_ctrl_c_says_whether_something_was_changed(monkeypatch, capsys):
    from basinmap.cli import listings  # noqa: PLC0415 - as the command finds it

    def stopped(error):
        def command(_):
            raise error

        fill = lambda parser: parser.set_defaults(run=command)  # noqa: E731
        monkeypatch.setattr(listings, "fill", fill)
        return main(["info"])

    assert stopped(KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == "basinmap: interrupted; nothing was changed\n"
    assert stopped(bm.errors.Interrupted(15)) == 143
    assert capsys.readouterr().err == "basinmap: interrupted; all files are in place\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_is_stopped_says_one_line_and_leaves_nothing(tmp_path, number):
    code = f"""
import time
from basinmap.cli import listings
from basinmap.__main__ import start
from basinmap.staging import staged_folder
def slow(_):
    with staged_folder({str(tmp_path / "out")!r}):
        time.sleep(60)
listings.fill = lambda parser: parser.set_defaults(run=slow)
start()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code, "info"],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    # Its temporary folder is made once all is loaded.
    while len(kills.leftovers(tmp_path)) < 2 and process.poll() is None:
        threading.Event().wait(0.02)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert said == "basinmap: interrupted; nothing was changed\n"
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_while_the_command_loads_is_one_line(monkeypatch, capsys):
    from basinmap import __main__  # noqa: PLC0415 - a module of that name

    def stopped():
        raise KeyboardInterrupt

    monkeypatch.setattr("basinmap.cli.run", stopped)
    with pytest.raises(SystemExit, match="130"):
        __main__.start()
    assert capsys.readouterr().err == "basinmap: interrupted; nothing was changed\n"


def test_the_day_may_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1355270400")
    assert today() == dt.date(2012, 12, 12)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "soon")
    with pytest.raises(bm.errors.VintageError, match="SOURCE_DATE_EPOCH='soon'"):
        today()
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    assert today() == dt.date.today()  # noqa: DTZ011 - the maker's day


def test_layers_are_read_back_by_their_names(tmp_path):
    points = bm.places().set_geometry([shapely.Point(0, 0)] * len(bm.places()))
    path = tmp_path / 'é "a" #1 %20?.gpkg'
    bm.write_geopackage(path, {'lieu "1"': points})
    assert pyogrio.list_layers(path)[0][0] == 'lieu "1"'


@pytest.mark.parametrize("path", ["/vsicurl/http://a.fr/x.tif", "https://a.fr/x.csv"])
def test_nothing_is_written_to_an_address(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for given in (path, Path(path)):
        with pytest.raises(OutputError, match="is an address"):
            bm.write_csv(given, bm.statistics(epci="call"))
        with pytest.raises(OutputError, match="is an address"):
            bm.init_project(given)
    assert list(tmp_path.iterdir()) == []
