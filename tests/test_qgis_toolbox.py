"""
The toolbox: in QGIS where it is installed, and the commands that it calls.

Tools call basinmap in an environment of its own, as a subprocess.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest

import basinmap as bm
from basinmap.cli import main

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ROOT / "basinmap/export/qgis/toolbox"
PYTHON = os.environ.get("BASINMAP_QGIS_PYTHON", "/usr/bin/python3")
PROBE = Path(__file__).with_name("qgis_probe.py")
TOOLS = {
    "carte": "map",
    "document": "scot",
    "lire": "read",
    "plh": "plh",
    "rayonnement": "reach",
    "rebaser": "rebase",
    "reglages": "--version",
}
HOSTILE = {
    "PYTHONHOME": "/nowhere",
    "PYTHONPATH": "/nowhere",
    "PYTHONEXECUTABLE": "/nowhere/python",
    "PYTHONSTARTUP": "/nowhere.py",
    "PROJ_LIB": "/nowhere",
    "PROJ_DATA": "/nowhere",
    "GDAL_DATA": "/nowhere",
    "GDAL_DRIVER_PATH": "/nowhere",
}
"""What QGIS sets, on one system or another, for its own Python and libraries."""


# --- the commands ---------------------------------------------------------------------


def test_people_around_a_place_are_those_that_reach_counts(tmp_path, capsys):
    out = tmp_path / "anneaux.gpkg"
    assert main(["reach", "--distances", "5;10", "--out", str(out)]) == 0
    assert capsys.readouterr().out.strip() == str(out)
    found = gpd.read_file(out, layer="aires")
    units = bm.communes()[["geometry"]].join(pd.DataFrame(bm.statistics()))
    rings = bm.rings(bm.LOUVRE_LENS, distances=[5000, 10_000])
    sums = ["population_2023"]
    counted = bm.reach(rings, units, sums=sums, rule="area", allow_partial=True)
    assert found["population_2023"].tolist() == pytest.approx(
        counted["population_2023"].tolist()
    )
    assert set(found["population_2023_state"]) == {"estimated"}
    assert gpd.read_file(out, layer="lieu")["name"].tolist() == ["Louvre-Lens"]


def test_a_point_of_ones_own_is_a_place(capsys):
    words = ["reach", "--point", "686000,7037000", "--name", "Mairie", "--sum"]
    words += ["dwellings_2021", "--distances", "2", "--quiet"]
    assert main([*words, "--rule", "centroid"]) == 0
    told = capsys.readouterr().out
    assert "Mairie" in told
    assert "Logements 2021" in told
    assert "Population" not in told


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["reach", "--place", "ici"], "louvre-lens"),
        (["reach", "--distances", "5;3"], "increasing"),
        (["reach", "--distances", "près"], "numbers between semicolons"),
        (["reach", "--point", "3"], "two numbers"),
        (["reach", "--minutes", "10"], "--network"),
        (["reach", "--network", "a.pbf", "--distances", "5"], "leave one"),
        (["reach", "--sum", "chats"], "'chats' is no count"),
        (["read", "a.csv", "--data", "b.csv"], "without --data"),
        (["read", "a.csv", "--out", "a.shp"], "gpkg"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(words, said, capsys):
    assert main(words) == 2
    told = capsys.readouterr().err.strip()
    assert said in told
    assert "Traceback" not in told


@pytest.fixture
def own(tmp_path):
    """Write a table on the communes of 2018, two of which merged since."""
    file = tmp_path / "tableau.csv"
    file.write_text("code;foyers\n59070;100\n59006;20\n62498;30\n", encoding="utf-8")
    return [
        "--code",
        "code",
        "--column",
        "foyers",
        "--source",
        "Moi",
        "--vintage",
        "2014",
    ], file


def test_a_table_is_read_named_and_drawn(own, tmp_path, capsys):
    options, file = own
    file.write_text("code;foyers\n59008;100\n62498;30\n", encoding="utf-8")
    out = tmp_path / "lu.gpkg"
    assert main(["read", str(file), *options, "--out", str(out), "--quiet"]) == 0
    found = gpd.read_file(out, layer="communes").set_index("commune")
    assert found["foyers_2014"].to_dict() == {"59008": 100, "62498": 30}
    assert found.loc["62498", "name"] == "Lens"
    assert main(["read", str(file), *options, "--quiet"]) == 0
    assert "Aniche" in capsys.readouterr().out


def test_a_table_of_another_year_has_no_outline_until_it_is_rebased(
    own, tmp_path, capsys
):
    options, file = own
    out = tmp_path / "a.gpkg"
    given = [str(file), *options, "--cog", "2018", "--out", str(out), "--quiet"]
    assert main(["read", *given]) == 2
    assert "basinmap rebase" in capsys.readouterr().err
    assert not out.exists()
    assert main(["rebase", *given]) == 0
    found = gpd.read_file(out, layer="communes").set_index("commune")
    assert found["foyers_2014"].to_dict() == {"59006": 120, "62498": 30}


def test_a_map_is_written_as_a_project_with_its_layer(tmp_path):
    out = tmp_path / "L04.qgz"
    words = ["map", "L04", "--epci", "245901152", "--date", "2026-11-29"]
    assert main([*words, "--out", str(out), "--quiet"]) == 0
    assert out.is_file()
    found = gpd.read_file(tmp_path / "L04.gpkg", layer="commune")
    assert found["L04"].notna().all()


def test_the_toolbox_is_copied_with_the_python_that_has_basinmap(tmp_path, capsys):
    folder = tmp_path / "Été/scripts"
    assert main(["qgis-toolbox", "--out", str(folder)]) == 0
    names = {path.name for path in folder.iterdir()}
    scripts = {f"basinmap_{name}.py" for name in (*TOOLS, "commun")}
    assert names == scripts | {"basinmap_python.txt"}
    assert len(capsys.readouterr().out.splitlines()) == len(names)
    note = (folder / "basinmap_python.txt").read_text(encoding="utf-8")
    assert note.strip() == sys.executable


@pytest.mark.parametrize("name", sorted(TOOLS))
def test_a_tool_says_its_name_its_group_and_what_it_does_in_french(name):
    tree = ast.parse((SCRIPTS / f"basinmap_{name}.py").read_text(encoding="utf-8"))
    (made,) = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    methods = {node.name for node in made.body if isinstance(node, ast.FunctionDef)}
    assert methods >= {
        *("name", "displayName", "group", "groupId", "createInstance"),
        *("shortHelpString", "initAlgorithm", "processAlgorithm"),
    }
    texts = {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)}
    assert f"basinmap_{name}" in texts
    assert TOOLS[name] in texts


# --- in QGIS itself -------------------------------------------------------------------


def plain():
    """Return the environment of QGIS: of no other Python than the system's."""
    others = ("PYTHON", "PYENV", "VIRTUAL_ENV")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(others)}
    return {**kept, "PATH": os.pathsep.join(["/usr/bin", "/bin", kept["PATH"]])}


def there():
    """Tell whether QGIS is installed."""
    if not shutil.which("qgis") and "BASINMAP_QGIS_PYTHON" not in os.environ:
        return False
    asked = [PYTHON, "-c", "import qgis.core"]
    done = subprocess.run(asked, capture_output=True, check=False, env=plain())
    return done.returncode == 0


needs_qgis = pytest.mark.skipif(not there(), reason="QGIS is not installed")


@pytest.fixture(scope="module")
def profile(tmp_path_factory):
    """Make a profile of QGIS that has the tools, and a Python that has basinmap."""
    folder = tmp_path_factory.mktemp("profil été")
    scripts = folder / "profiles/default/processing/scripts"
    assert main(["qgis-toolbox", "--out", str(scripts)]) == 0
    (scripts / "basinmap_python.txt").unlink()
    own = folder / "python"
    # Whichever basinmap is installed, that of this folder is the one that is tried.
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
        "from basinmap.__main__ import start; start()"
    )
    own.write_text(
        f'#!/bin/sh\nshift 5\nexec \'{sys.executable}\' -I -X utf8 -c "{code}" "$@"\n',
        encoding="utf-8",
    )
    own.chmod(0o755)
    return folder, scripts, own


def tool(profile, name, parameters, **more):
    """Return what a tool did."""
    folder, scripts, own = profile
    done = subprocess.run(
        [
            *(PYTHON, str(PROBE), "tool"),
            *(str(scripts / f"basinmap_{name}.py"), json.dumps(parameters)),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={
            **plain(),
            "QGIS_CUSTOM_CONFIG_PATH": str(folder),
            "BASINMAP_PYTHON": str(own),
            **more,
        },
    )
    assert "BASINMAP{" in done.stdout, done.stderr[-2000:]
    return json.loads(done.stdout.split("BASINMAP", 1)[1])


@needs_qgis
def test_a_tool_writes_and_loads_layers_that_are_dressed(profile, tmp_path):
    out = tmp_path / "à côté"
    given = {"INDICATOR": "L04", "KIND": 0, "WHERE": "245901152", "LEVEL": 0}
    found = tool(profile, "carte", {**given, "OUT": str(out)})
    assert found["done"], found["error"]
    assert {path.name for path in out.iterdir()} >= {
        *("L04.pdf", "L04.png", "L04.qgz", "L04.gpkg"),
    }
    (layer,) = found["loaded"]
    assert layer["count"] == 20
    assert len(layer["rules"]) == 6
    assert layer["aliases"]["L04"].startswith("Taux de vacance des logements")


@needs_qgis
def test_a_tool_that_is_asked_to_stop_stops_its_command(profile, tmp_path):
    slow = tmp_path / "lent"
    slow.write_text('#!/bin/sh\necho $$ > "$0.pid"\nexec sleep 60\n', encoding="utf-8")
    slow.chmod(0o755)
    more = {"BASINMAP_PYTHON": str(slow), "BASINMAP_STOP": "1"}
    given = {"BOUNDS": "5", "OUT": str(tmp_path / "a.gpkg")}
    found = tool(profile, "rayonnement", given, **more)
    assert not found["done"]
    assert "Interrompu" in found["error"]
    pid = int(Path(f"{slow}.pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@needs_qgis
def test_progress_of_a_command_is_that_of_the_tool(profile, tmp_path):
    quick = tmp_path / "vite"
    lines = "2-plans:  40%|####      | 2/5"
    quick.write_text(
        f"#!/bin/sh\nprintf '{lines}\\rfini\\n'\n".replace("%|", "%%|"),
        encoding="utf-8",
    )
    quick.chmod(0o755)
    given = {"BOUNDS": "5", "OUT": str(tmp_path / "a.gpkg")}
    found = tool(profile, "rayonnement", given, BASINMAP_PYTHON=str(quick))
    assert found["done"], found["error"]
    assert 40.0 in found["steps"]
    assert found["said"] == ["fini"]


@needs_qgis
def test_without_a_python_a_tool_says_which_tool_tells_it(profile, tmp_path):
    given = {"BOUNDS": "5", "OUT": str(tmp_path / "a.gpkg")}
    found = tool(profile, "rayonnement", given, BASINMAP_PYTHON="")
    assert not found["done"]
    assert "Régler basinmap" in found["error"]


def process(profile, *words, **more):
    """Run `qgis_process`: the wrapper of Debian fails, the program it hides works."""
    found = shutil.which("qgis_process.bin") or shutil.which("qgis_process")
    if found is None:
        pytest.skip("no qgis_process")
    folder, _, own = profile
    return subprocess.run(
        [found, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={
            **plain(),
            "QT_QPA_PLATFORM": "offscreen",
            "QGIS_CUSTOM_CONFIG_PATH": str(folder),
            "BASINMAP_PYTHON": str(own),
            **more,
        },
    )


@needs_qgis
def test_processing_lists_every_tool_and_runs_one_in_a_folder_with_accents(
    profile, tmp_path
):
    listed = process(profile, "list").stdout
    for name in TOOLS:
        assert f"script:basinmap_{name}" in listed
    out = tmp_path / "Été à côté" / "r.gpkg"
    out.parent.mkdir()
    given = ["--BOUNDS=5;10", f"--OUT={out}"]
    done = process(profile, "run", "script:basinmap_rayonnement", *given)
    assert done.returncode == 0, done.stderr
    assert len(pyogrio.read_dataframe(out, layer="aires")) == 2


@needs_qgis
def test_what_is_wrong_is_said_in_french_in_the_box(profile, tmp_path):
    given = ["--BOUNDS=10;5", f"--OUT={tmp_path / 'r.gpkg'}"]
    done = process(profile, "run", "script:basinmap_rayonnement", *given)
    assert done.returncode != 0
    assert "en ordre croissant" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@needs_qgis
def test_variables_of_qgis_do_not_reach_the_command(profile, tmp_path):
    """What a tool hands down is asked of a Python that prints its environment."""
    spy = tmp_path / "espion"
    spy.write_text("#!/bin/sh\nenv\n", encoding="utf-8")
    spy.chmod(0o755)
    given = {"BOUNDS": "5", "OUT": str(tmp_path / "a.gpkg")}
    hostile = {k: v for k, v in HOSTILE.items() if k not in ("PYTHONHOME", "PROJ_LIB")}
    found = tool(profile, "rayonnement", given, BASINMAP_PYTHON=str(spy), **hostile)
    names = {line.partition("=")[0] for line in found["said"]}
    assert names & {"PATH", "HOME"}
    assert not names & set(HOSTILE)
    assert not {name for name in names if name.startswith("QT_")}
