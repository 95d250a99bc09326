"""What stopped a stranger who had only the guide: each is said, and right."""

import contextlib
import io
import re

import openpyxl
import pandas as pd
import pytest

import basinmap as bm
from basinmap.cli import main
from basinmap.languages import speaking
from basinmap.territory.levels import check_codes

CODE = ("--code", "Code INSEE", "--source", "Ville", "--vintage", "2024")
ENGLISH = re.compile(r"\b(a|the|it|is|its|not|this|write|found|code of|more)\b")


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """Return the workbook of an officer: a cover, titles, a total, a note."""
    made = openpyxl.Workbook()
    made.active.append(["Observatoire de l'habitat"])
    sheet = made.create_sheet("Données")
    rows = [
        ["Vacance au 1er janvier 2024"],
        [],
        ["Code INSEE", "Commune", "Vacants", "Loyer médian"],
        [62498, "Lens", "1 204", "8,1"],
        ["62 510", "Liévin", "s", "7,95"],
        [62427, "Hénin-Beaumont", 700, "7,5"],  # of another EPCI
        ["Total", None, 1904, None],
        ["Source : Ville"],
    ]
    for row in rows:
        sheet.append(row)
    path = tmp_path_factory.mktemp("officer") / "observatoire.xlsx"
    made.save(path)
    return path


def said(*words):
    """Run a command in French; return its status, and what it wrote."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main([str(word) for word in (*words, "--lang", "fr")])
    text = (out.getvalue() + err.getvalue()).replace("\u202f", " ")
    return status, text.replace("\u00a0", " ")


def test_a_rent_keeps_its_decimals_on_the_screen_and_in_the_reading_note(book):
    rent = ("--data", book, *CODE, "--column", "Loyer médian", "--published", "€/m²")
    out = book.parent / "loyers.svg"
    status, told = said("map", "--epci", "call", *rent, "--out", out)
    assert status == 0, told
    assert "à Lens, loyer médian : 8,1 €" in re.sub(r"\s", " ", out.read_text("utf-8"))
    # Hénin-Beaumont is no commune of the CA de Lens-Liévin: its row does not vanish.
    assert "1 ligne(s) qui ont une valeur sont hors du territoire" in told
    assert "'Hénin-Beaumont'" in told
    _, told = said("read", book, *rent[2:])
    assert re.search(r"62427 +Hénin-Beaumont +7,50\b", told)


def test_a_column_that_is_not_there_is_answered_by_the_headers(book):
    with pytest.raises(bm.errors.ColumnError) as caught:
        bm.read_table(
            book, code="INSEE", measures=["Vacants"], source="V", vintage=2024
        )
    assert "'Code INSEE', 'Commune', 'Vacants', 'Loyer médian'" in str(caught.value)
    assert "Vacance au 1er" not in str(caught.value)


def test_a_file_cut_by_hand_is_told_from_that_of_the_producer(tmp_path):
    path = tmp_path / "base-cc-logement-2021.csv"
    head = "CODGEO;P21_LOG;P21_RP;P21_RSECOCC;P21_LOGVAC;P21_MAISON;P21_APPART"
    path.write_text(f"{head}\n62498;100;90;2;8;80;20\n", encoding="utf-8")
    status, told = said(
        "map", "L04", "--epci", "call", "--data", path, "--out", "a.pdf"
    )
    assert status == 2
    assert "est presque le fichier de producteur rp-logement, qui a aussi" in told


def test_files_of_a_plh_stand_beside_the_embedded_counts(book, monkeypatch, tmp_path):
    given = {}

    def plh(_area, **options):
        given.update(options)
        tmp_path.joinpath("plh").mkdir()
        return tmp_path / "plh"

    monkeypatch.setattr(bm, "plh", plh)
    words = ("--data", book, *CODE, "--column", "Vacants=vacant_dwellings")
    status, told = said("plh", "--epci", "call", *words, "--out", tmp_path / "plh")
    assert status == 0, told
    counts = given["counts"]
    assert counts.loc["62498", "vacant_dwellings_2024"] == 1204
    kept = bm.statistics()["population_2023"]
    assert counts.loc[kept.index, "population_2023"].equals(kept)


def test_sectors_that_lack_a_commune_are_refused_before_a_plate_is_drawn(tmp_path):
    sectors = pd.Series({"62498": "Centre", "62510": "Ouest"}, name="secteur")
    with pytest.raises(bm.errors.DataError, match=r"34 commune.*add a row for each"):
        bm.plh("call", out=tmp_path / "plh", sectors=sectors.rename_axis("commune"))
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("level", "codes"),
    [
        ("commune", [62498, "62 510", "2a004", "99999", "Lens"]),
        ("commune", ["62O98", "20A04", "96001"]),
        ("commune", ["1001", "245901152", "QP062001", None]),
        ("epci", [246200364, "62498"]),
        ("iris", ["62498", "624980101 "]),
    ],
    ids=str,
)
def test_what_is_wrong_with_codes_is_read_in_french_to_the_last_word(level, codes):
    with pytest.raises(bm.errors.CodeError) as caught:
        check_codes(pd.Index(codes, dtype=object), level)
    with speaking("fr"):
        told = re.sub(r"'[^']*'", "", str(caught.value))
    # « a » is a verb too: « il a perdu son zéro ».
    assert not ENGLISH.search(told.replace("il a ", "").replace("y a ", "")), told


def test_a_warning_of_all_sheets_of_an_atlas_is_read_in_french():
    with speaking("fr"):
        told = str(bm.errors.BasinmapWarning("no font Marianne there [all sheets]"))
    assert told == "il n’y a pas de police Marianne [toutes les feuilles]"


def test_a_workbook_is_not_written_under_the_name_of_another_format(tmp_path):
    with pytest.raises(bm.errors.DataError, match=r"write 'a\.xlsx'"):
        bm.write_workbook(tmp_path / "a.xls", {"A": bm.statistics(epci="call")})


def test_a_year_without_counts_is_answered_by_those_there_are():
    with pytest.raises(bm.errors.ColumnError, match=r"'dwellings' \(2021\)$"):
        bm.compute("L04", bm.statistics(), year=2015)
