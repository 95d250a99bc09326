"""What a notebook shows: cards, tables with their account, pages, progress."""

import ast
import builtins
import copy
import doctest
import inspect
import io
import pickle
import sys
import types

import pandas as pd
import pytest
from IPython.core.formatters import DisplayFormatter
from PIL import Image

import basinmap as bm
from basinmap import progress as progress_module
from basinmap.progress import progress
from basinmap.reports import Accounted


def shown(value):
    """Return what a cell that ends with a value shows."""
    return DisplayFormatter().format(value)


@pytest.fixture(scope="module")
def result():
    counts = bm.statistics()
    return bm.aggregate(counts.iloc[:600], "epci", allow_partial=True)


def test_a_report_is_a_card_and_one_line(result):
    _, report = result
    data, _ = shown(report)
    assert data["text/html"].startswith("<div lang='fr'")
    assert "Agrégation" in data["text/html"]
    assert len(data["text/plain"]) < 200
    assert data["text/plain"].startswith("<Report Agrégation par EPCI : 600 → ")
    first, _, folded = data["text/html"].partition("<details>")
    assert first.count("<p") < 7
    assert "autres lignes</summary>" in folded
    assert "Lestrem" in folded or "couvre" in folded  # nothing is left out


def test_a_table_and_its_report_do_not_flood_a_cell(result):
    table, report = result  # two things to unpack, as ever
    assert isinstance(result, tuple)
    assert result == (table, report) or result[0] is table
    data, _ = shown(result)
    assert data["text/html"].count("<tr") < 40
    assert "Agrégation" in data["text/html"]
    assert len(data["text/plain"].splitlines()) < 60


def test_a_table_and_its_report_are_copied_and_sent(result):
    for again in (copy.copy(result), pickle.loads(pickle.dumps(result))):  # noqa: S301
        assert type(again) is Accounted
        assert again[1] == result[1]


def test_codes_and_their_report_are_shown_too():
    codes = pd.Series(["62498", "1001"], name="commune")
    data, _ = shown(bm.repair_codes(codes, "commune"))
    assert "<td>01001</td>" in data["text/html"]


def test_a_perimeter_and_a_place_are_cards():
    for value, word in (
        (bm.perimeter("bassin-minier"), "336 (59"),
        (bm.LOUVRE_LENS, "12\u00a0décembre 2012"),
    ):
        data, _ = shown(value)
        assert word in data["text/html"].replace("&#x27;", "'")
        assert len(data["text/plain"]) < 500


def test_what_is_said_in_a_card_is_no_markup():
    place = bm.Place("x", "<script>alert(1)</script>", bm.LOUVRE_LENS.point)
    assert "<script>" not in shown(place)[0]["text/html"]


@pytest.mark.parametrize(("paper", "most"), [("A4", (920, 960)), ("A3", (920, 960))])
def test_a_page_is_shown_whole_on_a_screen(paper, most):
    units = bm.communes(epci="call")
    fig, ax = bm.page(units, title="Communes", paper=paper)
    bm.draw_outlines(ax, units)
    data, about = shown(fig)
    size = about["image/png"]
    assert size["width"] <= most[0]
    assert size["height"] <= most[1]
    assert size["alt"] == "Communes"
    picture = Image.open(io.BytesIO(data["image/png"]))
    ratio = picture.width / picture.height
    assert ratio == pytest.approx(size["width"] / size["height"], rel=0.01)


# --- progress -------------------------------------------------------------------------


@pytest.fixture
def kernel(monkeypatch):
    """Make believe that a kernel of Jupyter runs."""
    shell = type("ZMQInteractiveShell", (), {})()
    ipython = types.SimpleNamespace(get_ipython=lambda: shell)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setattr(progress_module, "_PATIENCE", 0.0)


@pytest.mark.usefixtures("kernel")
def test_progress_is_told_in_a_notebook_without_widgets(monkeypatch, capsys):
    monkeypatch.setattr(progress_module, "find_spec", lambda _: None)
    assert list(progress(range(3), unit="lieu")) == [0, 1, 2]
    assert "lieu" in capsys.readouterr().err


def test_progress_is_silent_where_nobody_looks(capsys):
    assert list(progress(range(3), unit="lieu")) == [0, 1, 2]
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("kernel")
def test_progress_is_silent_when_asked(capsys):
    assert list(progress(range(3), unit="lieu", quiet=True)) == [0, 1, 2]
    assert capsys.readouterr().err == ""


# --- examples -------------------------------------------------------------------------


def public():
    """Yield every public name, and every method and property of public classes."""
    for name in bm.__all__:
        found = getattr(bm, name)
        yield name, found
        if inspect.isclass(found):
            for part, inside in vars(found).items():
                if not part.startswith("_"):
                    yield f"{name}.{part}", inside


def unknown(source):
    """Return the names that a text uses and neither defines nor finds."""
    tree, known = ast.parse(source), {"bm", *dir(builtins)}
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                known |= {(one.asname or one.name).split(".")[0] for one in names}
            case ast.Name(id=name, ctx=ast.Store()):
                known.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                known.add(name)
            case ast.arg(arg=name):
                known.add(name)
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} - known


def test_every_example_runs_when_it_is_pasted():
    """That they run is what doctest tells: here, that they need `bm` alone."""
    examples = doctest.DocTestParser()
    wrong = {}
    for name, found in public():
        parts = examples.get_examples(inspect.getdoc(found) or "")
        lacking = unknown("".join(part.source for part in parts))
        if lacking:
            wrong[name] = lacking
    assert not wrong
