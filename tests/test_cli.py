"""The command line: one message, the right exit status, nothing half-written."""

import os
import re
import subprocess
import sys
import warnings
from pathlib import Path
from typing import ClassVar

import pytest

import basinmap
from basinmap import cli
from basinmap.cli import documents
from basinmap.deliverables import housing
from basinmap.territory.embedded import provenance

CALL = "246200364"


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.fixture(autouse=True)
def _english(monkeypatch):
    """Speak English, whatever the session of whoever runs the tests."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture
def run(capsys):
    """Run the command line here; return status, stdout and stderr."""

    def _run(*words):
        try:
            status = cli.main([str(word) for word in words])
        except SystemExit as exit_:  # argparse's own way out
            status = exit_.code
        told = capsys.readouterr()
        return status, told.out, told.err

    return _run


@pytest.fixture
def refused(run, tmp_path):
    """Run what must be refused; return its one message."""

    def _refused(*words):
        before = files(tmp_path)
        status, out, err = run(*words)
        assert status == 2
        assert not out
        assert err.count("\n") == 1
        assert err.startswith("basinmap: ")
        assert "Traceback" not in err
        assert files(tmp_path) == before
        return err

    return _refused


def test_a_value_below_zero_is_declared_where_it_is_typed(run, refused, tmp_path):
    path = tmp_path / "solde.csv"
    path.write_text("code;Solde;Part\n62498;-12;120,5\n62510;4;31,2\n")
    own = ["read", path, "--code", "code", "--source", "CALL", "--vintage", 2022]
    said = refused(*own, "--column", "Solde", "--counted", "logements")
    assert "below zero" in said
    assert "(--signed)" in said
    status, out, _ = run(
        *own, "--column", "Solde", "--counted", "logements", "--signed"
    )
    assert status == 0
    assert "-12" in out or "−12" in out
    status, _, err = run(*own, "--column", "Part", "--published", "%")
    assert status == 0
    assert "1 value(s) above 100 % at '62498'" in err
    status, _, err = run(*own, "--column", "Part", "--published", "%", "--signed")
    assert "above 100" not in err
    said = refused(*own, "--column", "Solde=vacant_dwellings", "--signed")
    assert "write --column 'Solde'" in said


def test_advice_is_what_the_command_can_take(refused, run, tmp_path):
    path = tmp_path / "sitadel.csv"
    rows = ["2023;62498;Tous Logements;-3;2", "2023;62498;Collectif;-3;2"]
    head = "ANNEE;COMM;TYPE_LGT;LOG_AUT;LOG_COM\n"
    path.write_text(head + "\n".join(rows) + "\n")
    said = refused("read", path)
    assert "write --dates 'real' or --dates 'recorded'" in said
    assert "dates=" not in said
    status, out, _ = run("read", path, "--dates", "real")
    assert status == 0
    assert "-3" in out or "−3" in out
    share = tmp_path / "part.csv"
    share.write_text("code;Part\n62498;12 %\n62510;31 %\n")
    said = refused(
        *("read", share, "--code", "code", "--source", "CALL", "--vintage", 2022),
        *("--column", "Part", "--counted", "logements"),
    )
    assert "declare them, --published '%'" in said


@pytest.fixture
def quick(monkeypatch):
    """Outputs of one line each, so that the whole command takes no time."""

    class Page:
        about: ClassVar = {"Title": "Plate", "Alternative": "One plate."}

        def savefig(self, path):
            path.write_text("plate")

    def write(name):
        return lambda _, folder, *_more: (folder / name).write_text(name)

    plates = [housing.Plate(slug, lambda _: Page()) for slug in ("01-a", "02-b")]
    monkeypatch.setattr(housing, "PLATES", tuple(plates))
    monkeypatch.setattr(housing, "_write_data", write("donnees.gpkg"))
    monkeypatch.setattr(housing, "_write_tables", write("tableaux.xlsx"))
    monkeypatch.setattr(housing, "_write_page", write("page.html"))
    monkeypatch.setattr(housing, "_write_document", lambda *_: None)
    monkeypatch.setattr(documents, "_write_others", lambda *_: None)


# --- bad input ------------------------------------------------------------------------


def test_an_unknown_epci_is_refused_and_near_misses_are_named(refused, tmp_path):
    said = refused("plh", "--epci", "246200365", "--out", tmp_path / "out")
    assert "'246200365'" in said
    assert "did you mean 246200364 (CA de Lens-Liévin)" in said


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("59070", "'59070' joined '59006' on 2025-01-01; its epci is '200043321'"),
        ("245901228", "'245901228' took the SIREN '200044618' on 2014-01-01"),
    ],
)
def test_a_unit_of_once_is_answered_by_its_history(refused, tmp_path, code, told):
    assert told in refused("plh", "--epci", code, "--out", tmp_path / "out")


def test_a_misspelt_name_is_refused_and_the_epci_is_suggested(refused, tmp_path):
    said = refused("plh", "--epci", "Henin-Carvain", "--out", tmp_path / "out")
    assert "'Henin-Carvain'" in said
    assert "246200299" in said


@pytest.mark.parametrize(
    "code",
    [
        "62498.0",
        "1001",
        "",
        " ",
        "62498",
        "246200364.0",
    ],
)
def test_what_is_no_siren_is_refused_with_the_form_of_one(refused, tmp_path, code):
    said = refused("plh", "--epci", code, "--out", tmp_path / "out")
    assert repr(code) in said
    assert CALL in said


def test_an_output_that_is_a_file_is_refused_and_the_file_is_left(refused, tmp_path):
    target = tmp_path / "out"
    target.write_text("mine")
    said = refused("plh", "--epci", CALL, "--out", target)
    assert f"{target} is a file; give a folder" in said
    assert target.read_text() == "mine"


def test_an_output_under_a_file_is_refused(refused, tmp_path):
    (tmp_path / "file").write_text("mine")
    said = refused("plh", "--epci", CALL, "--out", tmp_path / "file" / "deep" / "out")
    assert re.search(r"cannot write in .*file.*choose another", said)


@pytest.mark.usefixtures("quick")
def test_an_empty_output_is_refused_rather_than_filling_the_current_folder(
    refused, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert "--out" in refused("plh", "--epci", CALL, "--out", "")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_an_output_that_may_not_be_written_is_refused(refused, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    said = refused("plh", "--epci", CALL, "--out", closed / "out")
    assert "cannot write" in said


@pytest.mark.parametrize(
    "date", ["2026-13-01", "23/11/2026", "demain", "", "2026-02-29"]
)
def test_what_is_no_date_is_refused_with_the_form_of_one(refused, tmp_path, date):
    said = refused("plh", "--epci", CALL, "--out", tmp_path / "out", "--date", date)
    assert f"--date {date!r} is no date: write it as 2026-11-23" in said


def test_an_empty_author_is_refused(refused, tmp_path):
    out = tmp_path / "out"
    said = refused("plh", "--epci", CALL, "--out", out, "--author", " ")
    assert "author" in said


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("name", "said"), [("x" * 300, "too long for a name"), ("a\0b", "cannot write")]
)
def test_a_name_that_no_folder_can_bear_is_refused(refused, tmp_path, name, said):
    assert said in refused("plh", "--epci", CALL, "--out", tmp_path / name)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "COMMAND"),
        (["frob"], "'frob'.*plh"),
        (["plh"], "--out"),
        (["plh", "--epci", CALL], "--out"),
        (["plh", "--epci", CALL, "--out", "x", "--nothing"], "--nothing"),
    ],
)
def test_a_command_line_that_is_none_shows_its_use(run, words, said):
    status, out, err = run(*words)
    assert status == 2
    assert not out
    assert err.startswith("usage: basinmap")
    assert re.search(said, err)


def test_a_document_of_no_territory_asks_for_one(run):
    status, out, err = run("plh", "--out", "x")
    assert (status, out) == (2, "")
    assert err.startswith("basinmap: say of which territory: --epci")


# --- what goes well -------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
def test_plh_lists_its_files_on_stdout_and_shows_no_progress_to_a_pipe(run, tmp_path):
    out = tmp_path / "deep" / "out"
    status, told, err = run("plh", "--epci", CALL, "--out", out, "--date", "2026-11-23")
    assert (status, err) == (0, "")
    first, *lines = told.splitlines()
    assert first == f"{out}:"
    assert [line.split()[0] for line in lines] == files(out)
    assert {"01-a.pdf", "02-b.png", "donnees.gpkg", "manifest.json"} <= set(files(out))
    assert files(tmp_path / "deep") == ["out", *(f"out/{name}" for name in files(out))]


@pytest.mark.usefixtures("quick")
def test_demo_is_the_plh_of_the_epci_of_the_museum(run, tmp_path):
    assert run("demo", "--out", tmp_path / "out")[0] == 0
    assert "CA de Lens-Liévin" in (tmp_path / "out" / "methode.md").read_text("utf-8")


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", ["cahc", "Hénin-Carvin", "CA d'Hénin-Carvin"])
def test_an_epci_may_be_given_by_its_short_or_usual_name(run, tmp_path, name):
    assert run("plh", "--epci", name, "--out", tmp_path / "out")[0] == 0
    assert "246200299" in (tmp_path / "out" / "manifest.json").read_text("utf-8")


def test_data_lists_every_data_set_with_its_vintage_its_source_and_its_licence(run):
    status, out, err = run("data")
    assert (status, err) == (0, "")
    known = provenance()
    blocks = out.split("\n")
    for key, item in known["datasets"].items():
        start = blocks.index(f"{key}: {item['title']}")
        told = "\n".join(blocks[start : start + 4])
        for needed in ("vintage", "credit", "licence"):
            assert item[needed], (key, needed)
            assert item[needed] in told
    for name in known["files"]:
        assert name in out
    embedded = Path(basinmap.__file__).parent / "data"
    assert {path.name for path in embedded.glob("*.parquet")} == set(known["files"])


def test_info_writes_the_versions(run):
    status, out, _ = run("info")
    assert status == 0
    assert re.search(
        rf"^basinmap\s+{re.escape(basinmap.__version__)}$", out, re.MULTILINE
    )
    assert re.search(r"^python\s+3\.", out, re.MULTILINE)


def test_version_writes_the_version(run):
    assert run("--version") == (0, f"basinmap {basinmap.__version__}\n", "")


# --- bugs and interruptions -----------------------------------------------------------


@pytest.mark.usefixtures("quick")
def test_a_bug_gives_status_1_and_says_so_and_leaves_nothing(
    run, tmp_path, monkeypatch
):
    def broken(*_):
        msg = "broken on purpose"
        raise RuntimeError(msg)

    monkeypatch.setattr(housing, "_write_tables", broken)
    status, out, err = run("plh", "--epci", CALL, "--out", tmp_path / "new" / "out")
    assert status == 1
    assert not out
    assert "broken on purpose" in err
    assert err.rstrip().endswith("basinmap: this is a bug, please report it")
    assert files(tmp_path) == []


@pytest.mark.usefixtures("quick")
def test_an_interruption_gives_status_130_and_leaves_what_was_there(
    run, tmp_path, monkeypatch
):
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")

    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(housing, "_write_tables", stopped)
    status, told, err = run("plh", "--epci", CALL, "--out", out)
    assert (status, told) == (130, "")
    assert err == "basinmap: interrupted; nothing was changed\n"
    assert files(tmp_path) == ["out", "out/mine.txt"]


@pytest.mark.usefixtures("quick")
def test_a_warning_is_one_line_on_stderr_and_no_failure(run, tmp_path, monkeypatch):
    def warned(*_):
        for _i in range(3):
            warnings.warn("look twice", basinmap.errors.BasinmapWarning, stacklevel=1)

    monkeypatch.setattr(housing, "_write_tables", warned)
    status, _, err = run("plh", "--epci", CALL, "--out", tmp_path / "out")
    assert (status, err) == (0, "basinmap: warning: look twice\n")


# --- as a process ---------------------------------------------------------------------


def process(*words, **environment):
    return subprocess.run(
        [sys.executable, "-m", "basinmap", *map(str, words)],
        capture_output=True,
        check=False,
        env={**os.environ, **environment},
        timeout=60,
    )


def test_the_module_runs_as_a_process_and_refuses_without_a_traceback(tmp_path):
    done = process("plh", "--epci", "1001", "--out", tmp_path / "out")
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.startswith(b"basinmap: epci code '1001': ")
    assert done.stderr.count(b"\n") == 1
    assert files(tmp_path) == []


@pytest.mark.parametrize("encoding", ["cp1252", pytest.param("ascii")])
def test_data_can_be_written_to_a_terminal_of_another_encoding(encoding):
    done = process("data", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
