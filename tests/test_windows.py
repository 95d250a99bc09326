"""What Windows does to names, paths and letters, simulated where it is not."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from functools import cache
from pathlib import Path, PurePosixPath, PureWindowsPath

import pandas as pd
import pytest

import basinmap as bm
from basinmap import staging
from basinmap.deliverables.qgis_plates import slug_of
from basinmap.export.data_packages import slug
from basinmap.windows import fault_of

ROOT = Path(bm.__file__).parent
POSIX = {"fcntl", "grp", "pwd", "resource", "termios"}
ABSENT = {"chown", "fchmod", "fork", "geteuid", "getuid", "mkfifo", "sysconf", "uname"}
LIMITED = {"SIGALRM", "SIGHUP", "SIGKILL", "SIGUSR1", "SIGUSR2", "SIGPIPE"}
TABLE = pd.DataFrame(
    {"n": [1]}, index=pd.Index(["62498"], name="commune"), dtype="int64"
)


@pytest.fixture
def there(monkeypatch):
    monkeypatch.setattr(staging, "on_windows", lambda: True)


# -- names -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("out/aux.csv", "'aux.csv' is the name of a device"),
        ("out/AUX", "device"),
        ("con.d/plh.pdf", "'con.d' is the name of a device"),
        ("out/com1.tar.gz", "device"),
        ("out/nul .pdf", "device"),
        ("out/plh: 2026.pdf", "holds ':'"),
        ("out/quoi?.pdf", "holds '?'"),
        ('out/"plh".pdf', "holds '\"'"),
        ("out/plh ", "ends with ' '"),
        ("out/plh.", "ends with '.'"),
        ("C:/documents/a:b.pdf", "holds ':'"),
        ("x" * 300, "a path of 300 signs"),
        ("out/" + "/".join(["dossier"] * 40) + "/a.pdf", "signs, where Windows takes"),
    ],
)
def test_names_that_windows_lacks_are_told(path, told):
    assert told in fault_of(path)


@pytest.mark.parametrize(
    "path",
    [
        "out/auxerre.pdf",
        "out/console.pdf",
        "out/.cache",
        "../out/./plh.pdf",
        PureWindowsPath("C:\\Users\\Zoé\\Documents\\plh 2026.pdf"),
        PureWindowsPath("\\\\serveur\\partage\\observatoire\\plh.pdf"),
        PurePosixPath("out/l’habitat (n° 2).pdf"),
    ],
)
def test_other_names_are_names_everywhere(path):
    assert fault_of(path) == ""


@pytest.mark.usefixtures("there")
@pytest.mark.parametrize("name", ["aux.csv", "plh: 2026.csv", "plh?.csv"])
def test_a_file_is_refused_before_windows_loses_it(tmp_path, name):
    with pytest.raises(bm.errors.OutputError, match="give another name"):
        bm.write_csv(tmp_path / name, TABLE)
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("there")
def test_a_folder_is_refused_too(tmp_path):
    with (
        pytest.raises(bm.errors.OutputError, match="device of Windows"),
        staging.staged_folder(tmp_path / "nul"),
    ):
        pass


def test_elsewhere_such_names_are_the_user_s_own(tmp_path):
    bm.write_csv(tmp_path / "aux.csv", TABLE)
    assert (tmp_path / "aux.csv").is_file()


@pytest.mark.parametrize("made", [slug, slug_of])
@pytest.mark.parametrize("title", ["Aux", "CON", "nul", "Com1"])
def test_names_that_the_house_makes_are_names_everywhere(made, title):
    assert made(title) == f"{title.lower()}-1"
    assert fault_of(f"{made(title)}.csv") == ""


def test_embedded_files_and_pages_have_names_that_a_clone_on_windows_takes():
    listed = [path.relative_to(ROOT.parent) for path in ROOT.rglob("*")]
    told = [p for p in listed if "__pycache__" not in p.parts and fault_of(p)]
    assert told == []
    folded = [str(p).casefold() for p in listed]
    assert len(set(folded)) == len(folded)


# -- what only other systems have ------------------------------------------------------


@cache
def guarded(tree):
    """The nodes that stand under a try, or beside a hasattr or a name of the system."""
    found = set()
    for node in ast.walk(tree):
        asked = {
            getattr(part, "id", getattr(part, "attr", ""))
            for part in ast.walk(node)
            if isinstance(part, ast.Name | ast.Attribute)
        }
        asks = {"hasattr", "getattr", "on_windows"} & asked
        if isinstance(node, ast.Try) or (
            isinstance(node, ast.BoolOp | ast.If) and asks
        ):
            found |= {id(part) for part in ast.walk(node)}
    return found


def test_nothing_is_imported_or_called_that_windows_has_not():
    wrong = []
    for path in ROOT.rglob("*.py"):
        text = path.read_text("utf-8")
        if not any(word in text for word in (*POSIX, *ABSENT, *LIMITED)):
            continue
        tree = ast.parse(text)
        for node in ast.walk(tree):
            name = ""
            if isinstance(node, ast.Import):
                name = next((n.name for n in node.names if n.name in POSIX), "")
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                of = {"os": ABSENT, "signal": LIMITED}.get(node.value.id, set())
                name = node.attr if node.attr in of else ""
            if name and id(node) not in guarded(tree):
                wrong.append(f"{path.relative_to(ROOT)}, line {node.lineno}: {name}")
    assert wrong == []


def test_every_text_file_is_opened_in_a_named_encoding():
    wrong = []
    for path in ROOT.rglob("*.py"):
        text = path.read_text("utf-8")
        told = "read_text" in text or "write_text" in text
        for node in ast.walk(ast.parse(text)) if told else ():
            if not isinstance(node, ast.Call) or not isinstance(
                node.func, ast.Attribute
            ):
                continue
            texts = {"read_text": 0, "write_text": 1}
            known = {key.arg for key in node.keywords} & {"encoding", None}
            few = len(node.args) <= texts.get(node.func.attr, -1)
            if few and not known:
                wrong.append(f"{path.relative_to(ROOT)}, line {node.lineno}")
    assert wrong == []


# -- letters ---------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["cp1252", "cp850", "cp437", "ascii"])
def test_french_reaches_a_console_of_any_code_page(encoding):
    ran = subprocess.run(
        [sys.executable, "-m", "basinmap", "map", "L04", "--epci", "rien"],
        env={
            **os.environ,
            "BASINMAP_LANG": "fr",
            "PYTHONIOENCODING": encoding,
            "PYTHONPATH": str(ROOT.parent),
            "COLUMNS": "80",
        },
        capture_output=True,
        check=False,
    )
    said = ran.stderr.decode(encoding)
    assert ran.returncode == 2
    assert "Traceback" not in said
    assert "?" not in said.replace(" ?", "")


def test_paths_of_windows_stand_in_messages_as_they_are_typed():
    with pytest.raises(bm.errors.DataError) as caught:
        bm.read_units(str(PureWindowsPath("Z:\\SIG\\nulle part.gpkg")), "commune")
    assert "Z:\\\\SIG\\\\nulle part.gpkg" in str(caught.value)


def test_a_file_of_windows_is_read_whatever_ends_its_lines(tmp_path):
    path = tmp_path / "vacants.csv"
    path.write_bytes("commune;vacants\r\n62498;812\r\n62510;s\r\n".encode("cp1252"))
    table = bm.read_table(
        path,
        code="commune",
        measures={"vacants": bm.Stock(label="Logements vacants")},
        source="Ville de Lens",
        vintage=2025,
        cog=2025,
    )
    assert table.loc["62498", "vacants_2025"] == 812


def test_what_is_written_has_the_same_bytes_on_windows(tmp_path):
    bm.write_csv(tmp_path / "a.csv", TABLE)
    raw = (tmp_path / "a.csv").read_bytes()
    assert raw.count(b"\r\n") in (0, raw.count(b"\n"))
    assert b"\r\r" not in raw
