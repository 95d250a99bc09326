"""The public surface: names, signatures, docstrings, a light import."""

import ast
import dataclasses
import importlib
import inspect
import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest

import basinmap as bm
from basinmap import errors
from basinmap.questions import QUESTIONS

SOURCE = Path(bm.__file__)
NAMES = [name for name in bm.__all__ if name != "__version__"]


def value(name):
    """Return what a public name stands for."""
    return getattr(bm, name)


FUNCTIONS = [name for name in NAMES if inspect.isfunction(value(name))]
TYPES = [name for name in NAMES if inspect.isclass(value(name))]
ERRORS = [name for name in errors.__all__ if inspect.isclass(getattr(errors, name))]
LONG = {"plh"}  # writes a folder of plates: its example is the README's


def python(code, *flags):
    """Run code in a fresh interpreter and return what it printed."""
    done = subprocess.run(
        [sys.executable, *flags, "-c", code], capture_output=True, text=True, check=True
    )
    return done.stdout, done.stderr


def parameters(name):
    return inspect.signature(value(name)).parameters.values()


# -- names ---------------------------------------------------------------------


@pytest.mark.parametrize("name", bm.__all__)
def test_every_public_name_exists(name):
    assert getattr(bm, name) is not None


def test_public_names_are_sorted_and_stand_once():
    assert sorted(NAMES) == NAMES
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize(("old", "new"), bm._RENAMED.items())
def test_an_old_name_still_works_and_says_the_new_one(old, new):
    assert old not in bm.__all__
    with pytest.warns(errors.RenamedWarning, match=f"bm.{old} is now bm.{new};"):
        assert getattr(bm, old) is getattr(bm, new)


def test_an_old_name_is_told_to_whom_wrote_it():
    code = "import basinmap as bm\nbm.simulate"
    _, told = python(code)
    assert told.startswith("<string>:2: RenamedWarning")


def test_every_public_name_answers_one_question():
    asked = Counter(name for question in QUESTIONS for name in question.names)
    twice = sorted(name for name, times in asked.items() if times > 1)
    assert twice == [], "a name stands under one question of basinmap/questions.py"
    assert set(asked) == set(NAMES), "add, or take away, in basinmap/questions.py"


def test_help_is_the_index_by_question():
    words = set(re.findall(r"\w+", bm.__doc__))
    assert set(NAMES) <= words
    assert all(f"\n{question.title}: " in bm.__doc__ for question in QUESTIONS)
    assert max(map(len, bm.__doc__.splitlines())) <= 88


def test_dir_lists_the_public_names():
    assert dir(bm) == sorted(bm.__all__)


@pytest.mark.parametrize("name", ["Communes", "commune", "np", "_nothing"])
def test_an_unknown_name_is_an_attribute_error(name):
    with pytest.raises(AttributeError, match=f"'basinmap' has no attribute '{name}'"):
        getattr(bm, name)


def test_an_unknown_place_is_an_attribute_error():
    rooms = importlib.import_module("basinmap.territory.places")
    with pytest.raises(AttributeError, match="LOUVRE_PARIS"):
        _ = rooms.LOUVRE_PARIS


def test_a_name_is_one_object():
    assert bm.communes is importlib.import_module("basinmap.territory.units").communes
    assert bm.LOUVRE_LENS == bm.LOUVRE_LENS


def test_the_version_is_that_of_the_project():
    pyproject = (SOURCE.parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{bm.__version__}"' in pyproject


def test_type_checkers_and_python_see_the_same_names():
    body = ast.parse(SOURCE.read_text(encoding="utf-8")).body
    (rooms,) = (
        ast.literal_eval(node.value)
        for node in body
        if isinstance(node, ast.AnnAssign) and node.target.id == "_ROOMS"
    )
    (checking,) = (
        node.body
        for node in body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    seen = {
        alias.asname
        for node in checking
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    # A value read when asked for cannot be imported: it is annotated.
    seen |= {node.target.id for node in checking if isinstance(node, ast.AnnAssign)}
    listed = [name for names in rooms.values() for name in names]
    assert len(set(listed)) == len(listed)
    assert seen == set(listed)


def test_every_name_is_read_from_the_room_that_declares_it():
    for name in FUNCTIONS + TYPES:
        room = importlib.import_module(value(name).__module__)
        assert name in room.__all__, name


# -- functions -------------------------------------------------------------------


@pytest.mark.parametrize("name", FUNCTIONS + TYPES + ["errors"])
def test_every_public_name_is_documented(name):
    assert len(inspect.getdoc(value(name)).splitlines()[0]) > 10


@pytest.mark.parametrize(
    "name",
    [name for name in FUNCTIONS if name not in LONG],
)
def test_every_function_shows_an_example(name):
    assert ">>> " in value(name).__doc__


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_parameter_is_documented(name):
    text = inspect.getdoc(value(name))
    for parameter in parameters(name):
        assert parameter.name in text.partition("Parameters\n")[2]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_options_are_keyword_only(name):
    for parameter in parameters(name):
        if parameter.default is not inspect.Parameter.empty:
            # What is read, or listed, is said right after where.
            said = (name, parameter.name) in {
                ("statistics", "level"),
                ("named", "level"),
                ("read_source", "source"),
                ("read_points", "source"),
                # Of what is fetched: which edition, of where.
                ("fetch_cog", "year"),
                ("fetch_lovac", "year"),
                ("fetch_populations", "year"),
                ("fetch_source", "year"),
                ("fetch_outlines", "departements"),
                ("fetch_qpv", "departements"),
                ("fetch_network", "region"),
            }
            assert said or parameter.kind is inspect.Parameter.KEYWORD_ONLY


@pytest.mark.parametrize("name", FUNCTIONS)
def test_at_most_three_arguments_go_without_name(name):
    kinds = [p.kind for p in parameters(name) if p.name != "ax"]
    assert kinds.count(inspect.Parameter.POSITIONAL_OR_KEYWORD) <= 3
    loose = [p for p in parameters(name) if p.kind is inspect.Parameter.VAR_KEYWORD]
    assert all("Unpack[" in str(p.annotation) for p in loose)


@pytest.mark.parametrize("name", FUNCTIONS + TYPES)
def test_every_default_is_immutable(name):
    for parameter in parameters(name):
        default = parameter.default
        if dataclasses.is_dataclass(default):
            assert type(default).__dataclass_params__.frozen
        elif default is not inspect.Parameter.empty:
            factory = type(default).__name__ == "_HAS_DEFAULT_FACTORY_CLASS"
            assert factory or isinstance(default, str | int | float | tuple | None)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_argument_and_result_is_annotated(name):
    signature = inspect.signature(value(name))
    assert signature.return_annotation is not inspect.Signature.empty
    for parameter in signature.parameters.values():
        assert parameter.annotation is not inspect.Parameter.empty


@pytest.mark.parametrize(
    "name", [n for n in TYPES if dataclasses.is_dataclass(value(n))]
)
def test_values_are_frozen(name):
    assert value(name).__dataclass_params__.frozen


# -- errors ----------------------------------------------------------------------


@pytest.mark.parametrize("name", [n for n in ERRORS if n.endswith("Error")])
def test_every_error_has_one_base(name):
    assert issubclass(getattr(errors, name), errors.BasinmapError)


@pytest.mark.parametrize(
    ("name", "builtin"),
    [
        ("CodeError", ValueError),
        ("VintageError", ValueError),
        ("MeasureError", ValueError),
        ("CRSError", ValueError),
        ("DataError", ValueError),
        ("SecrecyError", ValueError),
        ("ColumnError", KeyError),
        ("OutputError", OSError),
        ("BasinmapWarning", UserWarning),
    ],
)
def test_an_error_is_also_the_builtin_that_one_expects(name, builtin):
    assert issubclass(getattr(errors, name), builtin)


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_prints_its_message(name):
    assert str(getattr(errors, name)("what, and the cure")) == "what, and the cure"


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, ""), (1, "0"), (5, "0, 1, 2, 3, 4"), (7, "0, 1, 2, 3, 4 and 2 more")],
)
def test_at_most_five_culprits_are_named(count, text):
    assert errors.culprits(range(count)) == text


# -- import ----------------------------------------------------------------------


def test_importing_loads_nothing_heavy_and_says_nothing():
    code = (
        "import sys, basinmap, json;"
        "heavy = 'matplotlib geopandas pandas numpy shapely fiona rasterio'.split();"
        "json.dump([name for name in heavy if name in sys.modules], sys.stderr)"
    )
    out, err = python(code, "-W", "error")
    assert out == ""
    assert json.loads(err) == []


def test_territories_are_read_without_drawing():
    code = "import sys, basinmap; basinmap.epcis(); print('matplotlib' in sys.modules)"
    assert python(code, "-W", "error") == ("False\n", "")


def test_documents_load_no_solver_before_they_need_one():
    code = (
        "import sys, basinmap; basinmap.plh, basinmap.cil, basinmap.pic;"
        "print([name for name in ('scipy', 'highspy') if name in sys.modules])"
    )
    assert python(code, "-W", "error") == ("[]\n", "")


def test_indicators_is_a_verb_whatever_was_imported_before():
    code = (
        "import basinmap; import basinmap.catalogue.computing;"
        "print(len(basinmap.indicators()) > 0)"
    )
    assert python(code)[0] == "True\n"


def test_types_are_declared_and_the_archive_holds_what_its_readme_says_to_type():
    assert (SOURCE.parent / "py.typed").is_file()
    root = SOURCE.parents[1]
    if not (root / "pyproject.toml").is_file():
        pytest.skip("installed, without its project")
    told = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    held = set(told["tool"]["hatch"]["build"]["targets"]["sdist"]["include"])
    assert {"basinmap", "tests", "docs", "data", "benchmarks", "Makefile"} <= held
