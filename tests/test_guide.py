"""The guide and the pages on adding: their code runs, and prints what they say."""

import contextlib
import io
import re
import shlex
from pathlib import Path

import geopandas as gpd
import matplotlib.pyplot as plt
import openpyxl
import pytest
import shapely

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


AMIENS, ABBEVILLE = "248000531", "200070993"
MAIN = [97 - n % 7 for n in range(1, 781)]  # of 100 dwellings


def write_somme(path):
    """Write 780 squares in the layout of ADMIN EXPRESS, and two EPCI."""
    numbers = range(1, 781)
    corners = [
        (600_000 + 2_500 * (n % 30), 6_950_000 + 2_500 * (n // 30)) for n in numbers
    ]
    siren = [AMIENS if n <= 12 else ABBEVILLE if n <= 700 else "NC" for n in numbers]
    communes = gpd.GeoDataFrame(
        {
            "NOM": ["Amiens" if n == 5 else f"Village {n}" for n in numbers],
            "INSEE_COM": [f"80{n:03}" for n in numbers],
            "STATUT": "Commune simple",
            "POPULATION": [100 * n for n in numbers],
            "INSEE_ARR": "1",
            "INSEE_DEP": "80",
            "INSEE_REG": "32",
            "SIREN_EPCI": siren,
        },
        geometry=[shapely.box(x, y, x + 2_500, y + 2_500) for x, y in corners],
        crs=2154,
    )
    communes.to_file(path, layer="commune")
    merged = communes.dissolve("SIREN_EPCI").loc[[AMIENS, ABBEVILLE]]
    gpd.GeoDataFrame(
        {
            "CODE_SIREN": [AMIENS, ABBEVILLE],
            "NOM": ["CA Amiens Métropole", "CA de la Baie de Somme"],
            "NATURE": "Communauté d'agglomération",
        },
        geometry=list(merged.geometry),
        crs=2154,
    ).to_file(path, layer="epci")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder that holds what the pages say that a reader has."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BASINMAP_LANG", "en")  # a page that speaks is not heard after
    book = openpyxl.Workbook()
    for row in (
        ("Code INSEE", "Commune", "Vacants", "Logements", "Loyer médian"),
        (62498, "Lens", 1204, 16800, 8.1),
        (62510, "Liévin", "s", 14100, 7.9),
        (62065, "Avion", 310, 7900, "nd"),
    ):
        book.active.append(row)
    book.save("observatoire.xlsx")
    numbers = range(1, 781)
    rows = [
        f"80{n:03};100;{main};0;{100 - main};80;20;0;0;0;0;{main};{main}"
        for n, main in zip(numbers, MAIN, strict=True)
    ]
    names = "LOG RP RSECOCC LOGVAC MAISON APPART RP_1P RP_2P RP_3P RP_4P RP_5PP RP_PROP"
    head = ";".join(["CODGEO", *(f"P21_{name}" for name in names.split())])
    text = "\n".join([head, *rows]) + "\n"
    Path("base-cc-logement-2021-80.csv").write_text(text, encoding="utf-8")
    write_somme("ADE-COG_2024_80.gpkg")
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
