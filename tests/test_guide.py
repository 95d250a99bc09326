"""The guide and the pages on adding: their code runs, and prints what they say."""

import contextlib
import io
import re
import shlex
from pathlib import Path

import matplotlib.pyplot as plt
import openpyxl
import pytest

import basinmap as bm
from basinmap.cli import main
from basinmap.cli.running import parser

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted([*DOCS.glob("guide/*.md"), *DOCS.glob("add/*.md")])
BLOCK = re.compile(r"^```(python|text|sh)\n(.*?)^```", re.DOTALL | re.MULTILINE)
# Of these other tests make the files, which takes minutes; the words are read.
LONG = {"plh", "demo", "build", "scot", "pic", "cil"}


def plain(text):
    """Return a text without what a screen does not show."""
    lines = re.sub("[\u00a0\u202f]", " ", text).replace("’", "'").splitlines()
    return [line.rstrip() for line in lines if line.strip()]


def pairs(text):
    """Yield each block to run, with what follows at once and is meant to be printed."""
    found = list(BLOCK.finditer(text))
    for at, block in enumerate(found):
        if block[1] == "text":
            continue
        after = found[at + 1] if at + 1 < len(found) else None
        said = None
        if after is not None and after[1] == "text":
            gap = text[block.end() : after.start()]
            said = None if gap.strip() else after[2]
        yield block[1], block[2], said


def run_shell(line):
    """Run a line of the command line; those that take minutes are only read."""
    words = shlex.split(line)
    assert words[0] == "basinmap", line
    if words[1] in LONG:
        assert parser(words[1:]).parse_args(words[1:])
    else:
        told = io.StringIO()
        with contextlib.redirect_stderr(told):
            status = main(words[1:])
        assert status == 0, f"{line}\n{told.getvalue()}"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder that holds what the pages say that a reader has."""
    monkeypatch.chdir(tmp_path)
    book = openpyxl.Workbook()
    for row in (
        ("Code INSEE", "Commune", "Vacants", "Logements", "Loyer médian"),
        (62498, "Lens", 1204, 16800, 8.1),
        (62510, "Liévin", "s", 14100, 7.9),
        (62065, "Avion", 310, 7900, "nd"),
    ):
        book.active.append(row)
    book.save("observatoire.xlsx")
    sectors = "commune;secteur\n62498;Centre\n62510;Centre\n62427;Centre\n"
    Path("secteur.csv").write_text(sectors, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda p: f"{p.parent.name}-{p.stem}")
@pytest.mark.usefixtures("folder")
def test_a_page_runs_as_written_and_prints_what_it_says(page, capsys):
    names: dict[str, object] = {}
    for kind, code, said in pairs(page.read_text(encoding="utf-8")):
        capsys.readouterr()
        if kind == "sh":
            for line in code.splitlines():
                run_shell(line)
        else:
            exec(compile(code, page.name, "exec"), names)  # noqa: S102 - our own text
        if said is not None:
            assert plain(capsys.readouterr().out) == plain(said)
    plt.close("all")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_links_of_a_page_lead_somewhere(page):
    made = {"nombres.md", "aide-memoire.md", "index.rst"}  # docs/build.py writes them
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (page.parent / target).exists() or Path(target).name in made, target


def test_each_name_of_the_library_in_the_guide_is_one():
    for page in PAGES:
        named = re.findall(r"\bbm\.([A-Za-z_]+)", page.read_text(encoding="utf-8"))
        strange = set(named) - set(bm.__all__)
        assert not strange, f"{page.name}: {strange}"
