"""The commands of an officer's day: a plate, a table, a comparison from her files."""

import argparse
import ast
import contextlib
import csv
import io
import re
import shlex
import string
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely
from matplotlib.text import Text

import basinmap as bm
from basinmap import cli
from basinmap.cli import parsing, running
from basinmap.cli.words import french, spoken_in
from basinmap.languages import LANGUAGES, speaking
from basinmap.maps.paper.sheets import Sheet

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs/how-to/ligne-de-commande.md").read_text(encoding="utf-8")
LOVAC = ROOT.parent / "shared/data/reference/lovac/lovac_2025_plus2ans_59_62.csv"
LENS, LIEVIN, AVION = "62498", "62510", "62065"
AMIENS, ABBEVILLE = "248000531", "200070993"
SIGNED = ["--author", "Mission Bassin Minier", "--date", "2026-11-29"]


def plain(text):
    return str(text).replace("\u202f", " ").replace("\u00a0", " ").replace("’", "'")


# -- files as producers, and officers, make them ---------------------------------------


def write_housing(path, codes, year, share):
    """Write a base-cc-logement: so many dwellings in a hundred are vacant."""
    names = ("LOG", "RP", "RSECOCC", "LOGVAC", "MAISON", "APPART", "RP_1P")
    names += ("RP_2P", "RP_3P", "RP_4P", "RP_5PP", "RP_PROP")
    rows = [";".join(["CODGEO", *(f"P{year}_{name}" for name in names)])]
    for at, code in enumerate(codes):
        vacant = share + at % 7
        main = 100 - vacant
        figures = [100, main, 0, vacant, 80, 20, 0, 0, 0, 0, main, main]
        rows.append(";".join([code, *map(str, figures)]))
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def write_lovac(path, communes, *, stock=True):
    """Write a LOVAC of 2025: 1,000 private dwellings, the eighth commune secret."""
    head = "CODGEO_25;LIBGEO_25;pp_vacant_25;pp_vacant_plus_2ans_25"
    rows = [f"{head};pp_total_24" if stock else head]
    for at, (code, name) in enumerate(communes.items()):
        old = "s" if at % 8 == 7 else str(20 + at % 11)
        row = f"{code};{name};{60 + at % 11};{old}"
        rows.append(f"{row};1000" if stock else row)
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


def write_workbook(path, communes):
    """Write the table of an officer: a title, codes as numbers, a total below."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Observatoire de l'habitat, CALL"])
    sheet.append([])
    heads = ["Code INSEE", "Commune", "Logements", "Vacants", "Taux de vacance"]
    sheet.append([*heads, "Parc privé", "Loyer médian"])
    for at, (code, name) in enumerate(communes.items()):
        vacant = "s" if at == 2 else 40 + at
        figures = [1000, vacant, round(4 + at / 10, 1), 800, round(8 + at / 20, 2)]
        sheet.append([int(code), name, *figures])
    sheet.append(["Total", None, 1, 2, 3, 4, 5])
    book.save(path)


def write_somme(path):
    """Write 780 synthetic communes in the layout of ADMIN EXPRESS, and two EPCI."""
    numbers = np.arange(1, 781)
    side, west, south = 2_500.0, 600_000.0, 6_950_000.0
    squares = [
        shapely.box(x, y, x + side, y + side)
        for n in range(780)
        for x, y in [(west + side * (n % 30), south + side * (n // 30))]
    ]
    siren = np.select([numbers <= 12, numbers <= 700], [AMIENS, ABBEVILLE], "NC")
    communes = gpd.GeoDataFrame(
        {
            "NOM": ["Amiens" if n == 5 else f"Village {n}" for n in numbers],
            "INSEE_COM": [f"80{n:03}" for n in numbers],
            "STATUT": "Commune simple",
            "POPULATION": 100 * numbers,
            "INSEE_ARR": "1",
            "INSEE_DEP": "80",
            "INSEE_REG": "32",
            "SIREN_EPCI": siren,
        },
        geometry=squares,
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


TWINS = ["base-cc-logement-2021.csv", "base-cc-logement-2021-bis.csv"]


def write_files(folder):
    """Write the files that the guide names."""
    names = bm.communes(epci="call")["name"]
    write_lovac(folder / "lovac.csv", names)
    write_lovac(folder / "lovac-sans-parc.csv", names, stock=False)
    write_workbook(folder / "observatoire.xlsx", names)
    write_housing(folder / "base-cc-logement-2021.csv", names.index, 21, 3)
    write_housing(folder / "base-cc-logement-2021-bis.csv", names.index, 21, 3)
    write_housing(folder / "base-cc-logement-2022.csv", names.index, 22, 6)
    somme = [f"80{n:03}" for n in range(1, 781)]
    write_housing(folder / "base-cc-logement-2021-80.csv", somme, 21, 3)
    write_somme(folder / "ADE-COG_2024_80.gpkg")
    rows = "nom;code\nLens;62498\nLiévin;62510\nAvion;62065\n"
    (folder / "secteur.csv").write_text(rows, encoding="utf-8")


# -- running ---------------------------------------------------------------------------


class Run:
    """What a command said, and the sheets it drew, by name of file."""

    def __init__(self, words):
        self.sheets = {}
        keep = self.sheets

        drawn = Sheet.savefig

        def savefig(sheet, path, **options):
            if hasattr(path, "write"):  # a figure of a document
                drawn(sheet, path, **options)
                return
            keep[Path(path).name] = sheet
            Path(path).write_bytes(b"a sheet")

        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("LC_ALL", "C")
            patch.setattr(Sheet, "savefig", savefig)
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                try:
                    self.status = cli.main([str(word) for word in words])
                except SystemExit as left:
                    self.status = left.code
        self.out, self.err = plain(out.getvalue()), plain(err.getvalue())

    def title(self, name):
        return plain(self.sheets[name].about["Title"])

    def texts(self, name):
        found = self.sheets[name].findobj(Text)
        return plain(" | ".join(text.get_text() for text in found)).replace("\n", " ")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with the files of the guide."""
    made = tmp_path_factory.mktemp("day")
    write_files(made)
    return made


@pytest.fixture(scope="module")
def day(folder):
    """Run every command of the guide in that folder; return what each did."""
    blocks = re.findall(r"```sh\n(.*?)```", GUIDE, flags=re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    with contextlib.chdir(folder):
        return {line: Run(shlex.split(line)[1:]) for line in lines}


def of(day, *words):
    """Return the one run of the guide whose line holds words."""
    (found,) = [run for line, run in day.items() if all(w in line for w in words)]
    return found


@pytest.fixture
def refused(folder, monkeypatch):
    """Run what must be refused; return its message."""
    monkeypatch.chdir(folder)

    def _refused(*words):
        before = sorted(folder.iterdir())
        run = Run([*words, *([] if words[0] == "indicators" else ["--quiet"])])
        assert (run.status, run.out) == (2, ""), run.err
        assert "Traceback" not in run.err
        assert sorted(folder.iterdir()) == before
        return run.err

    return _refused


# -- the guide -------------------------------------------------------------------------


def test_every_command_of_the_guide_is_done_and_writes_what_it_says(day, folder):
    assert len(day) == 27
    for line, run in day.items():
        assert run.status == 0, (line, run.err)
        words = shlex.split(line)
        if "--out" in words:
            assert (folder / words[words.index("--out") + 1]).exists(), line


def test_the_guide_has_an_example_of_every_command_that_draws_or_lays_out(day):
    used = {shlex.split(line)[1] for line in day}
    drawn = {"indicators", "map", "table", "compare", "plh"}
    assert used == drawn | {"reach", "read", "rebase", "web"}


# -- plates ----------------------------------------------------------------------------


def test_a_plate_of_lovac_has_its_year_its_units_its_secrets_and_its_credit(day):
    run, name = of(day, "--out structurelle.pdf"), "structurelle.pdf"
    assert run.title(name) == (
        "Taux de vacance structurelle du parc privé en 2025 – CA de Lens-Liévin"
    )
    told = run.texts(name)
    assert "Taux de vacance structurelle du parc privé (%)" in told.replace(" |", "")
    assert "Secret statistique" in told
    assert "Cerema et DHUP, LOVAC 2025" in told
    assert "Réalisation : Mission Bassin Minier" in told
    assert "par commune" in told
    assert re.search(r"CA de Lens-Liévin \|.*≥ ", told)


def test_the_reference_file_of_lovac_is_drawn_as_circles(tmp_path, monkeypatch):
    if not LOVAC.is_file():
        pytest.skip("no file of LOVAC at hand")
    monkeypatch.chdir(tmp_path)
    column = ["--column", "vacant_private_dwellings_2y", "--data", LOVAC]
    run = Run(["map", *column, "--epci", "call", "--out", "a.pdf", *SIGNED])
    assert run.status == 0, run.err
    assert run.title("a.pdf") == (
        "Logements du parc privé vacants depuis deux ans ou plus en 2025 – "
        "CA de Lens-Liévin"
    )
    told = run.texts("a.pdf")
    assert "Secret statistique : 8" in told
    assert "nombre de logements, par commune" in told
    assert "LOVAC 2025" in told
    table = Run(["table", *column, "--communes", *[_three(tmp_path)]])
    assert re.search(r"62498 +Lens +860\b", table.out)
    assert re.search(r"62510 +Liévin +344\b", table.out)


def _three(folder):
    path = folder / "three.txt"
    path.write_text("62498\n62510\n62065\n")
    return path


def test_a_plate_of_ones_own_workbook_is_credited_and_keeps_its_secret(day):
    run = of(day, "map L04", "observatoire.xlsx")
    assert run.title("observatoire.pdf") == (
        "Taux de vacance des logements en 2024 – CA de Lens-Liévin"
    )
    told = run.texts("observatoire.pdf")
    assert "CALL, observatoire de l'habitat" in told
    assert "recensement" not in told
    assert "Secret statistique" in told
    assert "laissées : 1 (Total)" in run.err


def test_a_column_is_drawn_by_what_it_is_said_to_be(day):
    counted, published = of(day, "--counted"), of(day, "--published")
    assert counted.title("vacants.pdf").startswith("Vacants en 2024 – CA de Lens")
    assert "nombre de logements" in counted.texts("vacants.pdf")
    assert published.title("loyers.pdf").startswith("Loyer médian en 2024")
    assert "Loyer médian (€/m²)" in published.texts("loyers.pdf")
    # 8 €/m² and 5 cents more a commune: Lens is the 20th of 36 in the order of codes.
    assert "Lecture : à Lens, loyer médian : 8,95 €" in published.texts("loyers.pdf")


def test_numerator_and_denominator_of_two_files_are_joined_and_both_credited(day):
    run = of(day, "lovac-sans-parc.csv")
    assert run.title("jointure.pdf").startswith(
        "Taux de vacance structurelle du parc privé en 2025"
    )
    told = run.texts("jointure.pdf")
    assert "LOVAC 2025" in told
    assert "CALL, observatoire de l'habitat" in told


def test_the_next_census_is_the_same_command(day):
    first = of(day, "--out vacance-2021.pdf")
    second = of(day, "--out vacance-2022.pdf")
    title = "Taux de vacance des logements en {} – CA de Lens-Liévin"
    credit = "Insee, recensement de la population {}"
    for run, year, other in ((first, 2021, 2022), (second, 2022, 2021)):
        name = f"vacance-{year}.pdf"
        assert run.title(name) == title.format(year)
        assert credit.format(year) in run.texts(name)
        assert credit.format(other) not in run.texts(name)


def test_classes_are_those_asked_for(day):
    told = of(day, "--scot").texts("scot.png")
    for label in ("moins de 5,0", "de 5,0 à moins de 7,5", "10,0 et plus"):
        assert label in told
    assert "limite du SCoT" in told


def test_units_of_a_level_above_are_drawn(day):
    run = of(day, "--out bassin.png")
    assert run.title("bassin.png") == (
        "Taux de vacance des logements en 2021 – Bassin minier"
    )
    assert "par EPCI" in run.texts("bassin.png")


def test_a_perimeter_of_ones_own_bears_its_name(day):
    run = of(day, "secteur.csv")
    assert run.title("secteur.png").endswith(" – Secteur nord")
    assert run.sheets["secteur.png"].maps[0].plan.paper == "A3"


# -- tables and comparisons ------------------------------------------------------------


def test_a_table_is_printed_with_its_values_and_its_sources(day):
    told = of(day, "table L01").out
    # 111,551 dwellings and 8,020 vacant ones: 7.19 %.
    assert re.search(r"246200364 +CA de Lens-Liévin +111 551 +7,2 +", told)
    assert "Sources : Insee, recensement de la population 2021" in told
    assert len(re.findall(r"^2\d{8} ", told, flags=re.MULTILINE)) == 8


def test_a_csv_is_what_a_french_spreadsheet_opens(day, folder):
    assert of(day, "structurelle.csv").status == 0
    raw = (folder / "structurelle.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig")), delimiter=";"))
    head, body = rows[0], {row[0]: row for row in rows[1:]}
    assert head[:2] == ["Code", "Nom"]
    assert head[2].endswith("en 2025 (%)")
    assert head[3].startswith("État : ")
    # The first commune: 20 of 1,000; the eighth is secret.
    codes = list(body)
    assert body[codes[0]][2:] == ["2", ""]
    assert body[codes[1]][2:] == ["2,1", ""]
    assert body[codes[7]][2:] == ["s", "Secret statistique"]
    assert rows[37][0].startswith("Sources : Cerema et DHUP, LOVAC 2025")
    # What was written is read again as it was: the credit is no territory.
    again = bm.read_table(
        folder / "structurelle.csv",
        code="Code",
        measures={head[2]: bm.Median(unit="%")},
        source="moi",
        vintage=2025,
    )
    assert len(again) == 36
    assert (again.iloc[:, 1] == "secret").sum() == 4


def test_a_workbook_has_headings_names_and_sources(day, folder):
    assert of(day, "communes.xlsx").status == 0
    sheet = openpyxl.load_workbook(folder / "communes.xlsx")["Tableau"]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][0] == "CA de Lens-Liévin, par commune"
    assert "Insee, recensement de la population 2021" in rows[1][0]
    assert rows[3][:3] == (
        "Commune",
        "Nom",
        "Taux de vacance des logements en 2021 (%)",
    )
    (lens,) = [row for row in rows if row[0] == LENS]
    assert lens[1] == "Lens"
    assert lens[2] == pytest.approx(100 * 1973 / 17681)


def test_a_parquet_keeps_what_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Run(["table", "L04", "--epci", "call", "--out", "a.parquet"]).status == 0
    table = pd.read_parquet("a.parquet")
    assert table.loc[LENS, "name"] == "Lens"
    told = bm.told_of(bm.column(table, "L04"))
    assert (told.unit, told.vintage) == ("%", "2021")


def test_a_comparison_is_printed_with_ranks(day):
    told = of(day, "Ostrevent").out
    assert re.search(r"245901152 .*Ostrevent +6,7 +EPCI +2 097 +31 094 +23 sur", told)
    assert re.search(r"grand-douaisis .* +8,5 +SCoT .* 2 sur 5", told)
    assert "Sources : Insee, recensement de la population 2021" in told


def test_units_compared_together_come_first_and_none_comes_twice(day, folder):
    assert of(day, "comparaison.csv").status == 0
    text = (folder / "comparaison.csv").read_text(encoding="utf-8-sig")
    codes = [row[0] for row in csv.reader(io.StringIO(text), delimiter=";")]
    codes = codes[1 : codes.index(next(c for c in codes if c.startswith("Sources")))]
    assert codes[:3] == [LENS, LIEVIN, "246200364"]
    assert len(codes) == len(set(codes))
    # Counts are numbers for a spreadsheet.
    assert ";1973;17681;134 sur 1\u202f534" in text


def test_a_comparison_in_a_workbook_has_its_counts_as_numbers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Run(["compare", "L04", "--unit", LENS, "--out", "a.xlsx"]).status == 0
    sheet = openpyxl.load_workbook("a.xlsx")["Tableau"]
    rows = list(sheet.iter_rows(min_row=4, values_only=True))
    assert rows[0][3:6] == ("Échelon", "Numérateur", "Dénominateur")
    assert rows[1][:2] == (LENS, "Lens")
    assert rows[1][4:6] == (1973, 17681)


def test_a_comparison_is_a_plate_too(day):
    run = of(day, "comparaison.pdf")
    told = run.texts("comparaison.pdf")
    assert "Taux de vacance des logements en 2021 (%)" in told.replace(" |", "")
    assert "11,2 %" in told
    assert run.title("comparaison.pdf").endswith(" – CA de Lens-Liévin")


# -- the Somme -------------------------------------------------------------------------


def test_a_plate_of_another_departement_is_drawn_on_its_own_list(day):
    run = of(day, "map L04", "--territory")
    assert run.title("amiens.pdf") == (
        "Taux de vacance des logements en 2021 – CA Amiens Métropole"
    )
    told = run.texts("amiens.pdf")
    assert "CA de la Baie de Somme" in told
    # A list knows an arrondissement by its code only: what it is also, is printed.
    assert "801" not in told
    assert "| Somme |" in told
    assert "Lens" not in told


def test_a_plh_of_another_departement_invents_nothing(day, folder):
    run = of(day, "basinmap plh")
    assert not any("Lens" in run.texts(n) for n in run.sheets)
    assert not any("Sessevalle" in run.texts(n) for n in run.sheets)
    made = sorted(path.name for path in (folder / "plh-amiens").iterdir())
    plates = {"01-situation", "02-vacance", "05-logements-vacance", "06-maisons"}
    assert {name.split(".")[0] for name in made} == {
        *plates,
        *("donnees", "manifest", "methode", "page", "plh", "tableaux"),
        *("plh-habillage", "polices", "styles", "LISEZ-MOI"),
    }
    assert "les EPCI voisins" in run.texts("01-situation.pdf")
    method = plain((folder / "plh-amiens/methode.md").read_text(encoding="utf-8"))
    assert "12 communes au 1er janvier 2024 (SIREN 248000531)" in method
    assert "Distances au Louvre-Lens non représentées : le territoire en est" in method
    assert "Planche 03-evolution-population absente" in method
    assert "ni la cité de Sessevalle" in method
    assert "- Insee, recensement de la population 2021." in method
    layers = [
        name for name, _ in pyogrio.list_layers(folder / "plh-amiens/donnees.gpkg")
    ]
    assert not {"anneaux", "lieux"} & set(layers)
    book = openpyxl.load_workbook(folder / "plh-amiens/tableaux.xlsx")
    rows = list(book["Comparaison"].iter_rows(values_only=True))
    at = rows[3].index("Taux de vacance des logements en 2021 (%)")
    # Twelve communes of 100 dwellings: 3 to 9 vacant, then 3 to 7 again.
    assert rows[4][0] == AMIENS
    assert rows[4][at] == pytest.approx((sum(range(3, 10)) + sum(range(3, 8))) / 12)


def test_a_territory_without_figures_or_of_another_year_is_refused(refused, folder):
    ground = ["--territory", folder / "ADE-COG_2024_80.gpkg", "--epci", AMIENS]
    assert "give its figures, --data FILE" in refused("map", "L04", *ground)
    codes = [f"80{n:03}" for n in range(1, 781)]
    late = folder.parent / "base-cc-logement-2022.csv"
    write_housing(late, codes, 22, 3)
    said = refused("map", "L04", *ground, "--data", late)
    assert "follows the communes of 2025, --territory those of 2024" in said
    assert "--movements" in said


# -- what is asked for, what is refused ------------------------------------------------


OWN = ["--data", "observatoire.xlsx", "--code", "Code INSEE"]
COUNTS = ["--column", "Vacants=vacant_dwellings", "--column", "Logements=dwellings"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["map", "L04", "--data", "observatoire.xlsx"], "--code COLUMN --column"),
        (["map", "L04", *OWN], "--column 'COLUMN=COUNT'.*'Logements', 'Vacants'"),
        (["map", "L04", *OWN, *COUNTS], "who made these figures.*--source"),
        (["map", "L04", *OWN, *COUNTS, "--source", "CALL"], "--vintage 2022"),
        (
            ["map", "L04", *OWN, "--column", "Vacants"],
            "'Vacants' is no count of the catalogue.*'vacant_dwellings'",
        ),
        (
            ["map", *OWN, "--column", "Nulle", "--source", "a", "--vintage", "2024"],
            "observatoire.xlsx: no column 'Nulle'",
        ),
        (
            [
                *("map", *OWN, "--column", "Taux de vacance"),
                *("--source", "CALL", "--vintage", "2024"),
            ],
            "a count, or a rate.*--published '%'",
        ),
        (["map"], "what is to be shown"),
        (["map", "L04", "--classes", "4,6"], "between semicolons"),
        (["map", "L04", "--classes", "8;4"], "increasing bounds"),
        (["map", "L04", "--year", "21"], "--year '21' is no year"),
        (
            ["map", "L01", "--epci", "call", "--classes", "4"],
            "a stock, drawn as circles",
        ),
        (["map", "L04", "--out", "a.docx"], r"\.pdf, \.svg, \.png or \.qgz"),
        (["map", "D12"], "D12 is drawn as links"),
        (["table", "D12"], "flows between units"),
        (["table", "L04", "--out", "a.docx"], r"\.xlsx, \.csv, \.parquet"),
        (["map", "L04", "--name", "x"], "--communes FILE"),
        (["map", "L04", "--territory-year", "2024"], "--territory FILE"),
        (
            ["map", "L04", "--epci", "call", "--level", "scot"],
            "no unit of level 'scot'",
        ),
        (
            ["compare", "L04", "--unit", LENS, LIEVIN, "--out", "a.pdf"],
            "a plate compares one unit",
        ),
        (
            ["map", "L04", "--data", *TWINS],
            "'dwellings_2021' is in two files",
        ),
        (["map", "L14", "--data", "lovac-sans-parc.csv"], "'private_dwellings'"),
        (["map", "S03"], "What feeds S03: DGALN, inventaire SRU; give it, --data FILE"),
        (["map", "L04", "--data", "nothing.csv"], "nothing.csv"),
        (["indicators", "L99"], "unknown indicator 'L99'"),
    ],
)
def test_what_is_wrong_is_told_with_what_to_write(refused, words, said):
    assert re.search(said, refused(*words), flags=re.DOTALL)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("62498;10;100\n62510;abc;120\n", "row 2 under the header, column 'Vacants'"),
        ("62498;10;100\n6X510;11;120\n", "row 2 under the header, column 'INSEE'"),
        ("62498;10;100\n62510;11\n", "have not the 3 fields"),
    ],
)
def test_a_wrong_cell_is_told_by_file_row_and_column(refused, tmp_path, rows, said):
    path = tmp_path / "mine.csv"
    path.write_text(f"Titre\nINSEE;Vacants;Logements\n{rows}", encoding="utf-8")
    words = ["--data", path, "--code", "INSEE", *COUNTS, "--source", "a"]
    told = refused("map", "L04", *words, "--vintage", "2022")
    assert "mine.csv" in told
    assert said in told


def test_a_list_of_communes_is_read_with_or_without_header(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    book = openpyxl.Workbook()
    for row in (["Population", "Commune"], [32920, 62498], [30000, 62510]):
        book.active.append(row)
    book.save("list.xlsx")
    _three(tmp_path)
    for name, count in (("list.xlsx", 2), ("three.txt", 3)):
        run = Run(["table", "L04", "--communes", name])
        assert len(re.findall(r"^62\d{3} ", run.out, flags=re.MULTILINE)) == count


def test_a_list_of_communes_with_a_wrong_code_says_where(refused, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("a;code\nx;62498\ny;62510\nz;62065\nw;62003\nv;99999\n")
    said = refused("table", "L04", "--communes", path)
    assert re.search(r"list.csv, column 'code'.*row\(s\) 5 \('99999'\)", said)
    path.write_text("a;b\nx;y\n")
    assert "no column of codes of communes" in refused(
        "table", "L04", "--communes", path
    )


def test_rows_of_elsewhere_are_left_out_and_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    codes = ["01001", "62065", "62498", "80001"]
    write_housing(tmp_path / "base-cc-logement-2021.csv", codes, 21, 3)
    _three(tmp_path)
    words = ["--data", "base-cc-logement-2021.csv", "--communes", "three.txt"]
    run = Run(["table", "L04", *words])
    assert run.status == 0, run.err
    assert "2 communes d'ailleurs, laissées" in run.err
    # 4 and 5 of 100; Liévin is not in the file.
    assert re.search(r"62065 +Avion +4,0$", run.out, flags=re.MULTILINE)
    assert re.search(r"62510 +Liévin +n\.d\.$", run.out, flags=re.MULTILINE)


def test_a_file_goes_before_the_embedded_statistics_and_says_so(folder, monkeypatch):
    monkeypatch.chdir(folder)
    words = ["table", "L04", "--epci", "call", "--data", "base-cc-logement-2021.csv"]
    both = Run([*words, "embedded"])
    assert (both.status, both.out) == (0, Run(words).out)
    assert "non des statistiques embarquées : dwellings_2021" in both.err


def test_a_surface_of_the_users_stands_for_the_drawn_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # The 3.13 km² that Insee publishes of Grand-Fort-Philippe, drawn 41 % off.
    codes = bm.communes(epci="245900428").index
    rows = [f"{code};{3.13 if code == '59272' else 10.0}" for code in codes]
    Path("superficie.csv").write_text("\n".join(["code;km2", *rows]) + "\n", "utf-8")
    own = ["--code", "code", "--column", "km2=area_km2", "--source", "Insee"]
    words = ["table", "D05", "--epci", "245900428", *own, "--vintage", "2018"]
    run = Run([*words, "--data", "embedded", "superficie.csv"])
    assert run.status == 0, run.err
    people = bm.communes().loc["59272", "population"]
    found = re.search(r"59272 +Grand-Fort-Philippe +([\d\s]+)$", run.out, re.MULTILINE)
    assert int(re.sub(r"\s", "", found[1])) == round(people / 3.13)
    assert "area_km2" in run.err


def test_units_that_go_beyond_a_perimeter_are_left_out_and_told():
    run = Run(["table", "L01", "--departement", "62", "--level", "epci"])
    assert run.status == 0
    assert "left out, for they go beyond the perimeter" in run.err
    assert "CC du Pays de Mormal" not in run.out


def test_a_refusal_or_a_failure_leaves_the_file_that_was_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.pdf", "a.csv"):
        Path(name).write_text("mine")
    assert Run(["map", "L14", "--epci", "call", "--out", "a.pdf"]).status == 2
    assert Run(["table", "L14", "--epci", "call", "--out", "a.csv"]).status == 2
    assert [Path(name).read_text() for name in ("a.pdf", "a.csv")] == ["mine"] * 2
    assert len(list(tmp_path.iterdir())) == 2


def test_quiet_says_nothing_of_what_goes_well(folder, monkeypatch):
    monkeypatch.chdir(folder)
    words = ["table", "L14", "--epci", "call", "--data", "lovac.csv"]
    assert "Fichier reconnu (lovac)" in Run(words).err
    assert Run([*words, "--quiet"]).err == ""


def corrupted(raw, rng):
    """Return a file as it comes when something went wrong on the way."""
    lines = raw.splitlines(keepends=True)
    at = int(rng.integers(len(lines)))
    flipped = bytearray(raw)
    for place in rng.integers(len(raw), size=4):
        flipped[place] = int(rng.integers(256))
    return [
        raw[: int(rng.integers(len(raw)))],
        bytes(flipped),
        raw.replace(b";", b","),
        raw.replace(b"624", b"X24", 1),
        b"<html>" + raw,
        b"".join([*lines[:at], lines[at], *lines[at:]]),
    ]


@pytest.mark.parametrize("name", ["lovac.csv", "observatoire.xlsx", "secteur.csv"])
def test_a_corrupted_file_is_never_a_bug_and_is_named(folder, tmp_path, name):
    head = {
        "lovac.csv": ["L14", "--epci", "call", "--data"],
        "observatoire.xlsx": ["L04", "--epci", "call", "--data"],
        "secteur.csv": ["L04", "--communes"],
    }
    own = ["--code", "Code INSEE", *COUNTS, "--source", "a", "--vintage", "2024"]
    tail = own if name == "observatoire.xlsx" else []
    raw, rng = (folder / name).read_bytes(), np.random.default_rng(12)
    path = tmp_path / f"bad-{name}"
    for text in corrupted(raw, rng):
        path.write_bytes(text)
        run = Run(["table", *head[name], path, *tail, "--quiet"])
        assert run.status in {0, 2}, run.err
        assert run.status == 0 or path.name in run.err, run.err


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_a_terminal_that_lacks_signs_loses_none(folder, monkeypatch, encoding):
    monkeypatch.chdir(folder)
    monkeypatch.setenv("LC_ALL", "C")
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr("sys.stdout", out)
    words = ["compare", "L14", "--unit", "call", "--data", "lovac.csv", "--quiet"]
    assert cli.main(words) == 0
    out.flush()
    told = plain(out.buffer.getvalue().decode(encoding))
    assert "?" not in told
    # 32 communes of 36 are told: a minimum.
    assert (">= 2," if encoding != "utf-8" else "≥ 2,") in told
    assert "36 000" in told


# -- the catalogue ---------------------------------------------------------------------


def test_the_69_indicators_are_listed_with_their_status(day):
    (told,) = [run.out for line, run in day.items() if line.endswith("indicators")]
    rows = re.findall(r"^[A-Z]\d\d  .+$", told, flags=re.MULTILINE)
    assert len(rows) == 69
    for count, status in (
        (9, "embedded"),
        (47, "a file that you give"),
        (13, "a partner's extract"),
    ):
        assert f"{count:>3} {status}" in told
    assert len(Run(["indicators", "--status", "partner"]).out.splitlines()) == 13 + 2


def test_an_indicator_is_shown_whole(day):
    told = " ".join(of(day, "indicators L14").out.split())
    for part in (
        "L14 – Taux de vacance structurelle du parc privé",
        "vacant_private_dwellings_2y : Logements du parc privé vacants",
        "private_dwellings@previous",
        "lovac : Cerema, LOVAC ouvert",
        "vacant_private_dwellings_2y = pp_vacant_plus_2ans_AA",
        "private_dwellings = pp_total_AA",
        "arrondissement",
        "LOVAC : « s » dans le fichier",
        "CCH, art. R302-14-1",
    ):
        assert part in told, part


def test_every_indicator_can_be_shown():
    for id_ in bm.indicators().index:
        run = Run(["indicators", id_.lower()])
        assert run.status == 0
        assert run.out.startswith(f"{id_} – ")


# -- two languages ---------------------------------------------------------------------


def texts_said():
    """Return every text that the command line says, from its source."""
    found = [text for _, text in running.COMMANDS.values()]
    found += [text for _, text in parsing.REFUSALS]
    for path in sorted((ROOT / "basinmap/cli").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = isinstance(node, ast.Call) and getattr(node.func, "id", "")
            if called == "say" and isinstance(node.args[0], ast.Constant):
                found.append(node.args[0].value)
    return set(found)


def holes(text):
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


def test_every_text_has_its_french_and_no_french_is_left_over():
    assert texts_said() == set(french())
    for english, said in french().items():
        assert holes(english) == holes(said), english
        assert "'" not in re.sub(r"'[^']*'", "", said), said
        assert not re.search(r" [:;?!»]", said), said


def test_what_a_command_refuses_is_said_in_both_languages():
    bare = []
    for path in sorted((ROOT / "basinmap/cli").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                not isinstance(node, ast.Assign)
                or getattr(node.targets[0], "id", "") != "msg"
            ):
                continue
            words = [
                part.value
                for part in ast.walk(node.value)
                if isinstance(part, ast.Constant)
                and isinstance(part.value, str)
                and any(map(str.isalpha, part.value))
            ]
            if words and not isinstance(node.value, ast.Call):
                bare.append((path.name, words))
    assert not bare


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_option_of_every_command_has_its_help_in_the_language(language):
    with speaking(language):
        made = running.parser(list(running.COMMANDS))
    (commands,) = [
        action.choices
        for action in made._actions
        if isinstance(action, argparse._SubParsersAction)
    ]
    assert list(commands) == list(running.COMMANDS)
    known = set(french().values()) if language == "fr" else set(french())
    for parser in (made, *commands.values()):
        assert parser.description in known
        for action in parser._actions:
            if action.help != argparse.SUPPRESS and action.dest != "command":
                assert action.help in known, action.dest
        assert parser.format_help()


@pytest.mark.parametrize(
    ("words", "environment", "language"),
    [
        ([], {}, "en"),
        ([], {"LANG": "fr_FR.UTF-8"}, "fr"),
        ([], {"LANG": "fr_FR.UTF-8", "LC_ALL": "C"}, "en"),
        (["map", "--lang=en"], {"LANG": "fr"}, "en"),
        (["--lang", "fr", "map"], {}, "fr"),
        (["--lang"], {"LANG": "C"}, "en"),
        (["--lang", "de"], {"LANG": "fr"}, "en"),
    ],
)
def test_the_language_is_that_asked_for_else_that_of_the_session(
    words, environment, language
):
    assert spoken_in(words, environment) == language


def test_help_and_refusals_are_in_french():
    told = Run(["map", "--help", "--lang", "fr"])
    assert told.status == 0
    assert told.out.startswith("usage : basinmap map")
    assert "une planche d'un indicateur" in told.out
    told = Run(["plh", "--lang", "fr"])
    assert told.status == 2
    assert "basinmap plh: erreur: il manque : --out" in told.err
    told = Run(["map", "--lang", "fr"])
    assert told.err == plain(
        "basinmap: que faut-il montrer ? Écrivez un indicateur (basinmap indicators en "
        "donne la liste), ou une seule --column\n"
    )
    told = Run(["map", "L99", "--lang", "fr"])
    assert "indicateur inconnu, 'L99' ; choisissez parmi D01, D02" in told.err
    told = Run(["map", "l4", "--lang", "fr"])
    assert "indicateur inconnu, 'L4' : vouliez-vous dire 'L04' ?" in told.err
