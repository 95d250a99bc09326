"""Tables of partners as they come: totals, thousands, columns exchanged, odd years."""

from __future__ import annotations

import pandas as pd
import pytest

import basinmap as bm
from basinmap.cli.running import main
from basinmap.errors import DataError, VintageError


@pytest.fixture
def written(tmp_path):
    """Return a function that writes a file."""

    def write(text, name="t.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("cells", [["1.600"], ["1,600", "2,450"], ["12", "1.200"]])
def test_what_may_be_thousands_is_no_number(cells):
    with pytest.raises(DataError, match="thousands"):
        bm.parse_counts(pd.Series(cells, name="n"))


def test_decimals_that_are_said_are_read():
    texts = pd.Series(["1,600", "2"], name="n")
    assert bm.parse_counts(texts, decimal=",")["n"].tolist() == [1.6, 2.0]
    assert bm.parse_counts(pd.Series(["1.600", "12.5"]))["value"].tolist() == [
        1.6,
        12.5,
    ]
    assert bm.parse_counts(pd.Series([1.234]))["value"].tolist() == [1.234]


def test_thousands_of_a_balance_are_not_read_as_units(written):
    path = written("commune;objectif;réalisé\n62498;1.600;1.200\n")
    with pytest.raises(DataError, match=r"thousands"):
        bm.read_balance(path, source="CALL", period=(2014, 2020))
    spaced = written("commune;objectif;réalisé\n62498;1 600;1 200\n")
    found = bm.read_balance(spaced, source="CALL", period=(2014, 2020))
    assert found.table["achieved"].tolist() == [1200.0]


@pytest.mark.parametrize("total", ["Total", "ENSEMBLE", "Total général"])
def test_a_total_is_no_landlord(written, total):
    path = written(f"bailleur;logements\nUn;1 200\nDeux;100\n{total};1 300\n")
    with pytest.raises(DataError, match="is a total"):
        bm.read_landlords(path, source="URH", year=2024)


@pytest.mark.parametrize("year", [20240, 24, 2999])
def test_landlords_of_no_year_are_refused(written, year):
    path = written("bailleur;logements\nUn;1 200\n")
    with pytest.raises(VintageError, match=str(year)):
        bm.read_landlords(path, source="URH", year=year)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("residence;x;y\nLilas;7036900;685200\n", "seem exchanged"),
        ("residence;x;y\nLilas;2.83;50.43\n", "Lambert-93"),
        ("residence;lon;lat\nLilas;50.43;2.83\n", "seem exchanged"),
    ],
)
def test_an_estate_out_of_france_is_refused(written, text, said):
    with pytest.raises(DataError, match=said):
        bm.read_estates(written(text), source="CALL")


def test_a_secteur_is_written_one_way(written):
    path = written("commune;secteur\n62498;Nord\n62510;nord\n62001;Sud\n")
    with pytest.raises(DataError, match="Nord / nord"):
        bm.read_sectors(path)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("435213;2015\n444602;2016\n", VintageError),
        ("15;435213\n16;444602\n", VintageError),
        ("2015;200000;235213\n2016;210000;234602\n", DataError),
    ],
)
def test_visitors_in_other_columns_are_refused(written, text, error):
    with pytest.raises(error):
        bm.read_attendance(written(text))


def test_postal_codes_are_no_codes_of_communes(written, capsys):
    both = written("CP;INSEE;Nom\n62160;62133;x\n62160;62170;y\n62750;62528;z\n")
    assert main(["table", "L04", "--communes", str(both), "--name", "X"]) == 0
    told = capsys.readouterr().out
    assert all(code in told for code in ("62133", "62170", "62528"))
    assert "62160" not in told
    alone = written("Code postal;Nom\n62160;x\n62750;z\n", "seul.csv")
    assert main(["table", "L04", "--communes", str(alone), "--name", "X"]) == 2
    assert "postal" in capsys.readouterr().err


@pytest.mark.parametrize("verb", [["table", "L04", "--epci", "call"], ["compare"]])
def test_a_file_that_serves_for_nothing_is_named(written, capsys, verb):
    codes = bm.communes().index
    rows = "".join(f"{code};10\n" for code in codes)
    path = written(f"Code;Vacants\n{rows}", "vacants.csv")
    if verb == ["compare"]:
        verb = ["compare", "L04", "--unit", "246200364"]
    given = ["--data", str(path), "embedded", "--code", "Code", "--source", "CALL"]
    given += ["--column", "Vacants=vacant_dwellings", "--vintage", "2024"]
    assert main([*verb, *given]) == 0
    told = capsys.readouterr().err
    assert "'vacants.csv': not used; what is shown is of 2021" in told
