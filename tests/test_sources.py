"""The producers' files: each in its real layout, with known answers."""

from __future__ import annotations

import gzip
import tomllib
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xlsxwriter

import basinmap as bm
from basinmap.errors import (
    BasinmapWarning,
    CodeError,
    ColumnError,
    DataError,
    MeasureError,
    VintageError,
)
from basinmap.sources.producers import SOURCES
from basinmap.testing import assert_source, assert_states

DATA = Path(__file__).parent / "data" / "sources"
REFERENCE = Path(__file__).resolve().parents[2] / "shared" / "data" / "reference"
LENS, LIEVIN, DOUAI, BETHUNE, SOMAIN = "62498", "62510", "59178", "62119", "59574"
CALL = "246200364"


def reference(name):
    """Return a real file, where the reference data stand beside the clone."""
    path = REFERENCE / name
    if not path.is_file():
        pytest.skip("the reference data are elsewhere")
    return path


def catalogue_of_counts():
    path = Path(bm.__file__).parent / "catalogue" / "catalogue.toml"
    if not path.is_file():
        pytest.skip("the catalogue is not there yet")
    return tomllib.loads(path.read_text(encoding="utf-8"))["counts"]


def notes(table):
    return "\n".join(bm.report_of(table).notes)


def book(path, sheets):
    """Write a workbook: each sheet a list of rows."""
    with xlsxwriter.Workbook(path) as made:
        for name, rows in sheets.items():
            sheet = made.add_worksheet(name)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
    return path


def ods(path, rows):
    """Write a sheet of OpenDocument: what LibreOffice makes, without its styles."""
    office = "urn:oasis:names:tc:opendocument:xmlns:"
    spaces = " ".join(
        f'xmlns:{name}="{office}{name}:1.0"' for name in ("office", "table", "text")
    )

    def cell(value):
        if isinstance(value, str):
            told = f"<text:p>{value}</text:p>" if value else ""
            kind = 'office:value-type="string"'
            return f"<table:table-cell {kind}>{told}</table:table-cell>"
        return (
            f'<table:table-cell office:value-type="float" office:value="{value}">'
            f"<text:p>{value}</text:p></table:table-cell>"
        )

    body = "".join(
        f"<table:table-row>{''.join(map(cell, row or ['']))}</table:table-row>"
        for row in rows
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} '
        'office:version="1.2"><office:body><office:spreadsheet>'
        f'<table:table table:name="Données">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)


def rows_of(name, mark=";", encoding="utf-8"):
    text = (DATA / name).read_text(encoding=encoding)
    return [line.split(mark) for line in text.splitlines()]


# -- LOVAC --------------------------------------------------------------------------


def test_lovac_keeps_what_is_secret_apart_from_zero():
    table = bm.read_source(reference("lovac/lovac_2025_plus2ans_59_62.csv"))
    column = "vacant_private_dwellings_2y_2025"
    assert len(table) == 1534
    assert (table[f"{column}_state"] == "secret").sum() == 960
    assert table.loc[[LENS, LIEVIN, DOUAI, BETHUNE], column].tolist() == [
        860,
        344,
        1002,
        466,
    ]
    assert table[column].eq(0).sum() == 27
    assert "960 sous secret statistique" in notes(table)


def test_sums_of_lovac_over_an_epci_are_lower_bounds():
    path = reference("lovac/lovac_2025_plus2ans_59_62.csv")
    table = bm.read_source(path)
    column = "vacant_private_dwellings_2y_2025"
    recent, _ = bm.rebase(table, from_year=2025, to_year=2026)
    sums, _ = bm.aggregate(recent, "epci", measures=bm.measures_of(recent))
    raw = pd.read_csv(path, sep=";", dtype=str, index_col="CODGEO_25").iloc[:, 1]
    members = bm.membership("epci", date="2026-01-01")
    known = raw[raw.index.map(members) == CALL]
    assert (known == "s").any()
    assert sums.loc[CALL, column] == pd.to_numeric(known, errors="coerce").sum()
    assert sums.loc[CALL, f"{column}_state"] == "lower_bound"


def test_the_numerator_of_lovac_goes_with_the_stock_of_the_year_before():
    table = bm.read_source(DATA / "Lovac_opendata_Communes_2026.csv")
    assert [c for c in table.columns if not c.endswith("_state")] == [
        "vacant_private_dwellings_2026",
        "vacant_private_dwellings_2y_2026",
        "private_dwellings_2025",
    ]
    assert table.loc[LENS, "vacant_private_dwellings_2026"] == 1900
    assert table.loc[LENS, "private_dwellings_2025"] == 17600
    told = bm.measures_of(table)["private_dwellings_2025"]
    assert (told.vintage, told.geography) == ("2025", "2026")
    assert told.source == "Cerema et DHUP, LOVAC 2026"


def test_a_lovac_file_without_the_stock_says_that_it_gives_no_rate():
    table = bm.read_source(reference("lovac/lovac_2025_plus2ans_59_62.csv"))
    assert "pp_total_24) n'est pas dans le fichier" in notes(table)


def test_past_editions_in_a_file_of_lovac_are_not_read():
    table = bm.read_source(DATA / "Lovac_opendata_Communes_2026.csv")
    assert not [c for c in table.columns if "2024" in c]
    assert "ne forme pas de série" in notes(table)


def test_a_lovac_file_without_its_own_edition_is_refused(tmp_path):
    path = tmp_path / "lovac.csv"
    path.write_text("CODGEO_26;LIBGEO_26;pp_vacant_25\n62498;Lens;860\n")
    with pytest.raises(DataError, match="without its vacant dwellings"):
        bm.read_source(path)


# -- census -------------------------------------------------------------------------


def test_the_comparator_of_2018_gives_its_published_figures():
    path = reference("comparateur_rp2018/base_cc_comparateur_2018_59_62.CSV")
    table = bm.read_source(path)
    assert len(table) == 1538
    lens = table.loc[LENS]
    assert lens["population_2018"] == 31606
    assert lens["population_2013"] == 31647
    assert lens["area_km2"] == 11.7
    assert lens["dwellings_2018"] == pytest.approx(17325.6975, abs=1e-4)
    assert lens["vacant_dwellings_2018"] == pytest.approx(2509.4075, abs=1e-4)
    assert lens["main_residences_owned_2018"] == pytest.approx(3921.4806, abs=1e-4)
    assert table.loc[SOMAIN, "dwellings_2018"] == pytest.approx(5527.174, abs=1e-3)
    # A surface is of no year; what published it is of one.
    surface = bm.measures_of(table)["area_km2"]
    assert surface.source == "Insee, recensement de la population 2018"


def test_rates_of_an_epci_from_the_comparator_are_those_published():
    path = reference("comparateur_rp2018/base_cc_comparateur_2018_59_62.CSV")
    table, _ = bm.rebase(bm.read_source(path), from_year=2021, to_year=2026)
    rate = bm.compute("L04", table, to="epci")
    assert rate[CALL] == pytest.approx(7.839, abs=5e-4)
    assert rate.attrs["title"] == "Taux de vacance des logements en 2018"
    assert "recensement de la population 2018" in rate.attrs["sources"][0]


def test_the_housing_file_is_of_the_list_three_years_after_its_census():
    table = bm.read_source(DATA / "base-cc-logement-2021.CSV")
    told = bm.measures_of(table)
    assert told["dwellings_2021"].geography == "2024"
    assert told["dwellings_2015"].geography == "2024"
    assert told["dwellings_2015"].vintage == "2015"
    assert "bm.rebase(table, from_year=2024, to_year=2026)" in notes(table)


def test_the_housing_file_gives_weighted_counts_untouched():
    table = bm.read_source(DATA / "base-cc-logement-2021.CSV")
    first = table.loc["01001"]
    assert first["secondary_residences_2021"] == 13.7072898550724
    assert first["vacant_dwellings_2021"] == 17.4456416337286
    assert first["main_residences_pre1919_2021"] == pytest.approx(34.1234562, abs=1e-6)
    assert bm.measures_of(table)["dwellings_2021"].family == "P"
    assert bm.measures_of(table)["overcrowded_hstu1p_2021"].family == "C"
    # The oldest of the three years has no period of building.
    assert "main_residences_pre1919_2015" in table
    assert "main_residences_pre1919_2010" not in table


def test_districts_are_left_out_where_their_city_stands():
    table = bm.read_source(DATA / "base-cc-logement-2021.CSV")
    assert "75056" in table.index
    assert "75101" not in table.index


def test_a_housing_file_that_lost_its_zeros_is_repaired_and_says_so(tmp_path):
    path = tmp_path / "base-cc-logement-2021.CSV"
    text = (DATA / path.name).read_text().replace("\n01001;", "\n1001;")
    path.write_text(text)
    table = bm.read_source(path)
    assert "01001" in table.index
    assert "1001 → 01001" in notes(table)


def test_the_workbook_of_the_housing_file_is_read_under_its_titles(tmp_path):
    (head, *rest) = rows_of("base-cc-logement-2021.CSV")
    titles = [["Logement en 2021"], ["France"], ["En ligne"], ["@Insee"], ["Libellé"]]
    names = ["CODGEO", "REG", "DEP", "LIBGEO", *head[1:]]
    body = [[row[0], "32", row[0][:2], "x", *map(float, row[1:])] for row in rest]
    path = book(
        tmp_path / "base-cc-logement-2021.xlsx",
        {"Documentation": [["Texte"]], "COM_2021": [*titles, names, *body]},
    )
    csv = bm.read_source(DATA / "base-cc-logement-2021.CSV")
    pd.testing.assert_frame_equal(bm.read_source(path), csv, check_exact=False)


def test_the_zip_of_the_producer_is_read_without_its_dictionary(tmp_path):
    path = tmp_path / "base-cc-logement-2021_csv.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(DATA / "base-cc-logement-2021.CSV", "base-cc-logement-2021.CSV")
        archive.writestr("meta_base-cc-logement-2021.CSV", "COD_VAR;LIB_VAR\nx;y\n")
    table = bm.read_source(path, "rp-logement")
    pd.testing.assert_frame_equal(
        table, bm.read_source(DATA / "base-cc-logement-2021.CSV")
    )


def test_overcrowding_of_2022_is_another_count_than_that_of_2021(tmp_path):
    path = tmp_path / "base-cc-logement-2022.CSV"
    names = (
        "CODGEO;P22_LOG;P22_RP;P22_RSECOCC;P22_LOGVAC;P22_RP_1P;P22_RP_PROP;P22_RP_ACH1919;"
        "P22_RP_ACH1945;P22_RP_ACHTOT;C22_RP_NORME;C22_RP_SOUSOCC_MOD;C22_RP_SOUSOCC_ACC;"
        "C22_RP_SOUSOCC_TACC;C22_RP_SUROCC_MOD;C22_RP_SUROCC_ACC"
    )
    path.write_text(f"{names}\n62498;120;100;5;15;10;40;12;20;98;50;20;10;5;10;5\n")
    table = bm.read_source(path)
    lens = table.loc[LENS]
    assert lens["overcrowded_2022"] == 15
    assert lens["occupancy_known_2022"] == 100
    assert lens["main_residences_1919to1945_2022"] == 20
    assert not [c for c in table if "hstu1p" in c]
    assert bm.measures_of(table)["overcrowded_2022"].geography == "2025"


def test_the_historical_series_goes_back_to_1968():
    table = bm.read_source(DATA / "base-cc-serie-historique-2021.CSV")
    lens = table.loc[LENS]
    assert lens["population_1968"] == 41600
    assert lens["population_2021"] == 32000
    assert lens["household_population_1990"] == pytest.approx(34496)
    assert bm.measures_of(table)["dwellings_1999"].family == ""
    # 1 January 2015 to 31 December 2020: six years, whatever its label.
    assert lens["births_2015_2021"] == 400
    assert lens["births_1999_2010"] == 800
    assert not [c for c in table if c.startswith("births_1990")]


def test_ages_of_communes_are_summed_from_both_sexes(tmp_path):
    path = tmp_path / "base-cc-evol-struct-pop-2021.CSV"
    path.write_text(
        "CODGEO;P21_POP;P21_POP7589;P21_POP90P;P21_H0019;P21_H65P;P21_F0019;P21_F65P\n"
        "62498;32000;1800;200;4200;2300;4000;3300\n"
    )
    lens = bm.read_source(path).loc[LENS]
    assert lens["population_under_20_2021"] == 8200
    assert lens["population_65_plus_2021"] == 5600
    assert lens["population_75_plus_2021"] == 2000


def test_ages_by_sex_are_those_of_the_pyramid(tmp_path):
    path = tmp_path / "base-cc-evol-struct-pop-2021.CSV"
    names = [f"P21_{s}{a}" for s in "HF" for a in ("0014", "1529", "90P")]
    path.write_text(
        f"CODGEO;P21_POP;P21_H0019;P21_F65P;{';'.join(names)}\n"
        "62498;32000;4200;3300;3100;2900;60.5;3000;3050;180\n"
    )
    lens = bm.read_source(path).loc[LENS]
    assert lens["men_0to14_2021"] == 3100
    assert lens["women_15to29_2021"] == 3050
    assert lens["men_90_plus_2021"] == 60.5
    path.write_text(path.read_text().replace("3100", "33100"))
    with pytest.raises(bm.errors.DataError, match="men_0to14"):
        bm.read_source(path)


def test_iris_files_are_read_at_their_level(tmp_path):
    path = tmp_path / "base-ic-evol-struct-pop-2022.CSV"
    path.write_text(
        "IRIS;COM;TYP_IRIS;LAB_IRIS;P22_POP;P22_POP0019;P22_POP65P;P22_POP75P;P22_PMEN\n"
        "010010000;01001;Z;5;859;220;150;60;850\n"
        "624980101;62498;H;1;2057.93753915075;600.5;300;120.25;2000\n"
    )
    table = bm.read_source(path)
    assert table.index.name == "iris"
    assert table.loc["624980101", "population_under_20_2022"] == 600.5
    assert bm.measures_of(table)["population_2022"].geography == "2024"


def test_families_have_two_denominators_that_do_not_mix(tmp_path):
    path = tmp_path / "base-cc-coupl-fam-men-2021.CSV"
    path.write_text(
        "CODGEO;C21_MEN;C21_MENPSEUL;C21_MEN-FAM;C21_MENFAM;C21_MENFAMMONO;C21_FAM;"
        "C21_FAMMONO\n62498;14000;5600;1;8000;2100;8200;2200\n"
    )
    lens = bm.read_source(path).loc[LENS]
    assert lens["single_parent_families_2021"] == 2200
    assert lens["families_2021"] == 8200
    assert lens["single_parent_households_2021"] == 2100
    assert lens["households_c_2021"] == 14000


def test_columns_exchanged_in_a_housing_file_are_found_by_its_totals(tmp_path):
    path = tmp_path / "base-cc-logement-2021.CSV"
    text = (DATA / path.name).read_text()
    path.write_text(text.replace("P21_LOG;P21_RP;", "P21_RP;P21_LOG;", 1))
    with pytest.raises(DataError, match="columns are shifted or exchanged"):
        bm.read_source(path)


@pytest.mark.parametrize(
    ("name", "code", "people"),
    [
        ("donnees_communes_2021.csv", "01009", 326),
        ("donnees_communes_2023.csv", "01001", 860),
    ],
)
def test_populations_are_read_whether_com_is_the_name_or_the_code(name, code, people):
    table = bm.read_source(DATA / name)
    year = name[-8:-4]
    assert table.loc[code, f"population_{year}"] == people
    assert bm.measures_of(table)[f"population_{year}"].geography == str(int(year) + 2)


def test_populations_ask_for_the_year_that_no_column_says(tmp_path):
    path = tmp_path / "donnees_communes.csv"
    path.write_bytes((DATA / "donnees_communes_2023.csv").read_bytes())
    with pytest.raises(VintageError, match="write vintage=2023"):
        bm.read_source(path)
    assert bm.read_source(path, vintage=2023).loc[LENS, "population_2023"] == 32920


# -- Filosofi -----------------------------------------------------------------------


def test_filosofi_gives_the_published_living_standards():
    table = bm.read_source(reference("filosofi/cc_filosofi_2021_COM_59_62.csv"))
    assert table.loc[LENS, "median_living_standard_2021"] == 17250
    assert table.loc[LENS, "poverty_rate_2021"] == 32
    assert table.loc[LENS, "decile_1_2021"] == 9720
    assert table.loc[LENS, "interdecile_ratio_2021"] == 3.1
    assert table.loc["59172", "poverty_rate_2021"] == 43
    secret = (table["poverty_rate_2021_state"] == "secret").sum()
    assert secret == 1193
    assert (table["median_living_standard_2021_state"] == "secret").sum() == 47


def test_medians_of_filosofi_are_never_combined():
    path = reference("filosofi/cc_filosofi_2021_COM_59_62.csv")
    table = bm.read_source(path)
    with pytest.raises(MeasureError, match="median"):
        bm.aggregate(table, "epci")
    now, report = bm.rebase(table, from_year=2024, to_year=2026)
    assert now.loc[LENS, "median_living_standard_2021"] == 17250
    # 59006 took in another commune in 2025: what was published is not of it.
    assert now.loc["59006", "median_living_standard_2021_state"] == "not_available"
    assert any("Niveau de vie médian" in note for note in report.notes)


def test_declared_income_of_iris_is_another_quantity_than_living_standards():
    path = reference("filosofi/BASE_TD_FILO_IRIS_2021_DEC_59_62.csv")
    iris = bm.read_source(path)
    communes = bm.read_source(reference("filosofi/cc_filosofi_2021_COM_59_62.csv"))
    assert len(iris) == 1155
    assert iris.loc["624980102", "median_declared_income_2021"] == 17410
    assert iris.loc["624980102", "low_declared_income_rate_2021"] == 35
    names = {c for c in iris.columns if not c.endswith("_state")}
    assert names.isdisjoint(communes.columns)


def test_the_four_marks_of_filosofi_are_three_states():
    table = bm.read_source(DATA / "BASE_TD_FILO_IRIS_2021_DEC.csv")
    ratio = bm.states_of(table, "declared_interdecile_ratio_2021")
    assert ratio["590080102"] == "not_applicable"
    assert ratio["624980101"] == "not_available"
    assert ratio["624980102"] == "not_available"
    first = bm.states_of(table, "declared_decile_1_2021")
    assert first["624980102"] == "secret"
    assert table.loc["590080102", "declared_decile_1_2021"] == 0


def test_the_name_of_a_filosofi_file_says_its_list_of_communes():
    table = bm.read_source(DATA / "cc_filosofi_2021_COM-geo2024.csv")
    told = bm.measures_of(table)["median_living_standard_2021"]
    assert (told.geography, told.vintage) == ("2024", "2021")


# -- names --------------------------------------------------------------------------


def test_counts_bear_the_labels_of_the_catalogue_where_it_has_them():
    known = catalogue_of_counts()
    read = [count for source in SOURCES for count in source.counts]
    wrong = [
        (count.name, count.label, known[count.name]["label"])
        for count in read
        if count.name in known
        and (count.label, count.unit)
        != (known[count.name]["label"], known[count.name]["unit"])
    ]
    assert not wrong


# -- which file it is ---------------------------------------------------------------


def test_a_file_that_is_not_what_is_insisted_on_is_refused_with_what_it_lacks():
    with pytest.raises(DataError, match=r"is not « LOVAC.*no column 'CODGEO_25'"):
        bm.read_source(DATA / "base-cc-logement-2021.CSV", "lovac")


def test_a_table_that_is_no_known_file_is_sent_to_read_table(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("insee;vacants\n62498;12\n")
    with pytest.raises(DataError, match=r"bm\.read_table"):
        bm.read_source(path)


def test_an_unknown_source_is_refused_with_those_that_are_known():
    with pytest.raises(CodeError, match=r"write one of .*lovac"):
        bm.read_source(DATA / "Lovac_opendata_Communes_2026.csv", "lovak")


def test_codes_of_another_list_than_the_file_says_are_refused(tmp_path):
    path = tmp_path / "lovac.csv"
    path.write_text("CODGEO_26;LIBGEO_26;pp_vacant_26\n59070;Bavay;3\n62498;Lens;9\n")
    with pytest.raises(VintageError, match=r"no commune on 1 January 2026.*'59070'"):
        bm.read_source(path)
    assert len(bm.read_source(path, cog=2024)) == 2


def test_a_file_in_gzip_is_read(tmp_path):
    path = tmp_path / "lovac.csv.gz"
    raw = (DATA / "Lovac_opendata_Communes_2026.csv").read_bytes()
    path.write_bytes(gzip.compress(raw))
    assert len(bm.read_source(path)) == 6


# -- any table ----------------------------------------------------------------------

FRENCH = (
    "Code INSEE;Commune;Vacants;Logements\n62498;Lens;1 973,5;17681\n62510;Liévin;s;\n"
)


def asked(path, **given):
    return bm.read_table(
        path,
        **{
            "code": "Code INSEE",
            "measures": {"Vacants": "vacant_dwellings", "Logements": "dwellings"},
            "source": "CALL, observatoire",
            "vintage": 2022,
            **given,
        },
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_table_of_a_french_spreadsheet_is_read_in_any_encoding(tmp_path, encoding):
    path = tmp_path / "vacance.csv"
    path.write_text(FRENCH, encoding=encoding)
    table = asked(path)
    assert table.loc[LENS].tolist()[:1] == [1973.5]
    assert_source(table)
    assert_states(table, "vacant_dwellings_2022", {LIEVIN: "secret"})
    assert_states(table, "dwellings_2022", {LIEVIN: "not_available"})
    assert bm.measures_of(table)["dwellings_2022"].source == "CALL, observatoire"


@pytest.mark.parametrize("suffix", [".xlsx", ".ods"])
def test_a_workbook_with_titles_and_codes_as_numbers_is_read(tmp_path, suffix):
    path = tmp_path / f"vacance{suffix}"
    rows = [
        ["Observatoire de l'habitat"],
        [],
        ["Code INSEE", "Commune", "Vacants", "Logements"],
        [62498, "Lens", 1973.5, 17681],
        [1001, "L'Abergement", "s", 300],
        ["Total", "", 1973.5, 17981],
    ]
    if suffix == ".xlsx":
        book(path, {"Notice": [["Texte"]], "Données": rows})
    else:
        ods(path, rows)
    table = asked(path)
    assert table.index.tolist() == ["01001", LENS]
    assert table.loc[LENS, "vacant_dwellings_2022"] == 1973.5
    assert "1001 → 01001" in notes(table)
    assert "(Total)" in notes(table)


def test_a_table_of_the_user_goes_straight_to_an_indicator(tmp_path):
    path = tmp_path / "vacance.csv"
    path.write_text(FRENCH, encoding="cp1252")
    rate = bm.compute("L04", asked(path))
    assert rate[LENS] == pytest.approx(100 * 1973.5 / 17681)
    assert rate.attrs["title"] == "Taux de vacance des logements en 2022"
    assert rate.attrs["sources"][0].startswith("CALL, observatoire")


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        ({"source": None}, DataError, "source="),
        ({"vintage": None}, VintageError, "vintage=2022"),
        ({"measures": None}, DataError, "which columns are counts"),
        ({"measures": {"Vacant": "v"}}, ColumnError, "no column 'Vacant'"),
        ({"code": "INSEE"}, ColumnError, "no column 'INSEE'"),
        ({"measures": {"Vacants": 3}}, MeasureError, "neither a count"),
        ({"measures": ["Commune"]}, MeasureError, "neither numbers"),
        ({"cog": 1900}, VintageError, "no commune on 1 January 1900"),
    ],
)
def test_what_a_table_does_not_say_is_asked_for(tmp_path, given, error, told):
    path = tmp_path / "vacance.csv"
    path.write_text(FRENCH)
    with pytest.raises(error, match=told):
        asked(path, **given)


def test_thousands_written_with_a_point_are_not_taken_for_decimals(tmp_path):
    path = tmp_path / "vacance.csv"
    path.write_text(FRENCH.replace("1 973,5", "1.973"))
    with pytest.raises(DataError, match="thousands, or decimals"):
        asked(path)
    assert asked(path, decimal=",").loc[LENS, "vacant_dwellings_2022"] == 1973


def test_decimals_written_in_two_ways_in_one_column_are_refused(tmp_path):
    path = tmp_path / "vacance.csv"
    path.write_text(FRENCH.replace(";s;", ";12.25;"))
    with pytest.raises(DataError, match=r"with a point.*with a comma"):
        asked(path)


def test_rows_repeated_for_each_postal_code_count_once():
    path = reference("comparateur/communes_comparateur_2021_59_62.csv")
    table = bm.read_table(
        path,
        code="insee_com",
        measures={"population_2021": "population", "menages_2021": "households"},
        source="Insee, comparateur de territoires",
        vintage=2021,
    )
    assert len(table) == 1538
    assert "Lignes répétées à l'identique, laissées : 13" in notes(table)
    assert bm.measures_of(table)["population_2021"].geography == "2024"


def test_rows_of_one_code_that_differ_are_refused(tmp_path):
    path = tmp_path / "vacance.csv"
    path.write_text(FRENCH + "62498;Lens;12;17681\n")
    with pytest.raises(DataError, match="several rows that differ: '62498'"):
        asked(path)


def test_rows_alike_in_what_is_read_and_not_beside_are_refused(tmp_path):
    path = tmp_path / "x.csv"
    for beside, values in (("Programme", "Lilas Roses"), ("Année", "2023 2024")):
        first, second = values.split()
        path.write_text(
            f"Code INSEE;{beside};Vacants\n62498;{first};24\n62498;{second};24\n"
            f"62510;{first};30\n"
        )
        with pytest.raises(DataError, match=f"differ in '{beside}': '62498'; add them"):
            asked(path, measures=["Vacants"])
    # A row that is the same in all it holds, or but for its postal code, is one.
    for beside, values in (("Code postal", "62300 62301"), ("Programme", "A A")):
        first, second = values.split()
        path.write_text(
            f"Code INSEE;{beside};Vacants\n62498;{first};24\n62498;{second};24\n"
        )
        assert asked(path, measures=["Vacants"])["Vacants_2022"].tolist() == [24]


def test_rows_of_a_producer_that_differ_in_what_is_not_read_are_refused(tmp_path):
    lines = (DATA / "Lovac_opendata_Communes_2026.csv").read_text("cp1252").splitlines()
    lens = next(line for line in lines if line.startswith(LENS))
    cells = lens.split(";")
    cells[1] = "Lens Est"
    path = tmp_path / "Lovac_opendata_Communes_2026.csv"
    path.write_text("\n".join([*lines, ";".join(cells)]) + "\n", "cp1252")
    with pytest.raises(DataError, match="differ in 'LIBGEO_26': '62498'"):
        bm.read_source(path)
    path.write_text("\n".join([*lines, lens]) + "\n", "cp1252")
    assert "Lignes répétées à l'identique, laissées : 1" in notes(bm.read_source(path))


@pytest.mark.parametrize(
    ("vintage", "told"),
    [
        ("24", "is no year"),
        ("bidon", "is no year"),
        (2099, "2099 is no year of figures.*of a projection"),
    ],
)
def test_a_year_that_is_none_is_refused(tmp_path, vintage, told):
    path = tmp_path / "x.csv"
    path.write_text(FRENCH)
    with pytest.raises(VintageError, match=f"x.csv: .*{told}"):
        asked(path, vintage=vintage)
    # A projection declares it.
    later = {"Vacants": bm.Stock(vintage="2040")}
    assert "Vacants_2040" in asked(path, vintage=None, measures=later)


def test_a_year_that_a_header_denies_is_refused(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("Code INSEE;Vacants 2023;Plus de 2000 hab\n62498;49;1\n")
    with pytest.raises(VintageError, match="'Vacants 2023' says 2023, and vintage='2"):
        asked(path, measures={"Vacants 2023": "vacant_dwellings"}, vintage=2024)
    for vintage in (2023, "2020-2023"):
        asked(path, measures=["Vacants 2023"], vintage=vintage)
    asked(path, measures={"Vacants 2023": bm.Stock(vintage="2024")}, vintage=None)
    asked(path, measures=["Plus de 2000 hab"], vintage=2024)


def test_thousands_that_a_header_says_are_not_read_as_units(tmp_path):
    path = tmp_path / "x.csv"
    column = "Logements (en milliers)"
    path.write_text(f"Code INSEE;{column}\n62498;16,8\n62510;14,25\n")
    with pytest.raises(DataError, match=r"milliers.* said to be in thousands"):
        asked(path, measures={column: "dwellings"})
    unit = bm.Stock(label="Logements", unit="milliers")
    table = asked(path, measures={column: unit})
    assert bm.measures_of(table)[f"{column}_2022"].unit == "milliers"


def test_a_partial_list_of_codes_that_changed_ground_is_asked_its_year(tmp_path):
    path = tmp_path / "x.csv"
    # 62447 took in three communes on 1 January 2025.
    path.write_text("Code INSEE;Vacants\n62447;5\n62498;49\n")
    with pytest.raises(VintageError, match=r"2024 and of 2026.*'62447'.*cog=2024 or"):
        asked(path, measures=["Vacants"], vintage=2024)
    for cog, given in ((2024, {"cog": 2024}), (2026, {"vintage": 2025})):
        table = asked(path, measures=["Vacants"], **{"vintage": 2024, **given})
        assert bm.measures_of(table).popitem()[1].geography == str(cog)
    # One of those that went tells.
    path.write_text("Code INSEE;Vacants\n62447;5\n62743;49\n")
    table = asked(path, measures=["Vacants"], vintage=2024)
    assert bm.measures_of(table)["Vacants_2024"].geography == "2024"


def test_a_last_line_without_end_is_told(tmp_path):
    path = tmp_path / "vacance.csv"
    path.write_text(FRENCH[:-1].removesuffix(";") + ";12")
    with pytest.warns(BasinmapWarning, match="its last line has no end"):
        asked(path)


def test_a_median_of_a_table_stays_a_median(tmp_path):
    path = tmp_path / "loyers.csv"
    path.write_text("Code INSEE;Loyer\n62498;9,5\n62510;8,75\n")
    table = asked(
        path, measures={"Loyer": bm.Median(label="Loyer médian", unit="€/m²")}
    )
    told = bm.measures_of(table)["Loyer_2022"]
    assert isinstance(told, bm.Median)
    assert (told.vintage, told.unit) == ("2022", "€/m²")
    assert np.isclose(table.loc[LIEVIN, "Loyer_2022"], 8.75)


# -- long files ---------------------------------------------------------------------

LONG = "DS_RP_LOGEMENT_PRINC_2023_data.csv"


def test_a_long_file_counts_where_all_other_dimensions_are_total():
    table = bm.read_source(DATA / LONG)
    lens = table.loc[LENS]
    assert lens["dwellings_2023"] == 17600
    assert lens["main_residences_2023"] == 15500.5
    # 7 000 owners of any kind of dwelling, not 13 000 with those of houses.
    assert lens["main_residences_owned_2023"] == 7000
    assert lens["houses_2017"] == 5000
    assert CALL not in table.index
    told = bm.measures_of(table)["dwellings_2017"]
    assert (told.family, told.geography) == ("P", "2026")


def test_statuses_of_a_long_file_are_states():
    table = bm.read_source(DATA / LONG)
    states = bm.states_of(table, "dwellings_2023")
    assert states["59001"] == "secret"
    assert states["59002"] == "not_available"
    assert "portées par une autre commune (fusion) : 1" in notes(table)


def test_the_next_census_goes_to_its_indicator_as_it_is():
    rate = bm.compute("L04", bm.read_source(DATA / LONG))
    assert rate[LENS] == pytest.approx(100 * 1919.5 / 17600)
    assert rate.attrs["title"] == "Taux de vacance des logements en 2023"


def test_a_row_of_a_long_file_that_stands_twice_is_refused(tmp_path):
    path = tmp_path / LONG
    text = (DATA / LONG).read_text()
    last = text.splitlines()[1]
    path.write_text(text + last.replace("8800.0", "1.0") + "\n")
    with pytest.raises(DataError, match="stands several times"):
        bm.read_source(path)


def test_a_long_file_of_overcrowding_adds_its_two_kinds(tmp_path):
    path = tmp_path / "DS_RP_LOGEMENT_COMP_2023_data.csv"
    head = '"GEO";"GEO_OBJECT";"OCC_IND";"RP_MEASURE";"TIME_PERIOD";"OBS_VALUE"'
    rows = [("_T", 1000), ("SEV_OVER_OCC", 40), ("MOD_OVER_OCC", 60), ("STD_OCC", 500)]
    lines = [f'"62498";"COM";"{kind}";"DWELLINGS";"2023";{n}' for kind, n in rows]
    path.write_text("\n".join([head, *lines]) + "\n")
    lens = bm.read_source(path).loc[LENS]
    assert lens["overcrowded_2023"] == 100
    assert lens["occupancy_known_2023"] == 1000
    # With one of the two kinds only, there is no sum.
    path.write_text("\n".join([head, *lines[:2]]) + "\n")
    assert np.isnan(bm.read_source(path).loc[LENS, "overcrowded_2023"])


# -- RPLS ---------------------------------------------------------------------------


def test_counts_of_rpls_add_up_to_the_published_rates_of_an_epci():
    table = bm.read_source(reference("rpls/rpls_aggrege_2016_59_62.csv"))
    assert len(table) == 1537
    with pytest.warns(BasinmapWarning):
        recent, _ = bm.rebase(table, from_year=2017, to_year=2026)
    with pytest.warns(BasinmapWarning):
        sums, _ = bm.aggregate(recent, "epci", measures=bm.measures_of(recent))
    call = sums.loc[CALL]
    assert call["social_dwellings_vacant_2016"] == 561
    assert call["social_dwellings_offered_2016"] == 39429
    assert call["social_moves_in_2016"] == 3727
    assert call["social_dwellings_offered_1y_2016"] == 38997
    rent = call["social_rents_2016"] / call["social_rented_area_m2_2016"]
    assert rent == pytest.approx(5.5787, abs=5e-5)


def workbook_of_rpls(path):
    names = (
        "DEPCOM_ARM LIBCOM LIBCOM_DEP REG DEP nb_ls nb_loues nb_vacants nb_ls_en_qpv"
    )
    names = [*names.split(), "nb_ls2022", "nb_ls2021", "tx_vac3", "tx_mob", "loymoy"]
    lens = [9200, 8800, 200, 4500, 9210, 9222, 1.2, 9.5, 6.1]
    small = [4, "secret", "secret", 0, 4, 4, "secret", "n.d.", "secret"]
    titles = [["Répertoire des logements locatifs"], ["Communes"], [], ["Parc"], []]
    return book(
        path,
        {
            "INFORMATIONS": [["Lisez-moi"]],
            "EPCI": [["EPCI_DEP", "nb_ls", "nb_loues", "nb_vacants"], [1, 2, 1, 1]],
            "COMMUNES": [
                *titles,
                names,
                [LENS, "Lens", "x", 32, 62, *lens],
                ["59001", "Abancourt", "x", 32, 59, *small],
            ],
        },
    )


def test_the_results_of_rpls_are_read_at_their_sheet_of_communes(tmp_path):
    table = bm.read_source(workbook_of_rpls(tmp_path / "rpls_resultats.xlsx"))
    assert table.loc[LENS, "social_dwellings_2023"] == 9200
    assert table.loc[LENS, "social_dwellings_vacant_2023"] == 200
    assert table.loc[LENS, "social_rent_m2_2023"] == 6.1
    assert isinstance(bm.measures_of(table)["social_mobility_rate_2023"], bm.Median)
    states = table.loc["59001"]
    assert states["social_dwellings_let_2023_state"] == "secret"
    assert states["social_mobility_rate_2023_state"] == "not_available"


# -- SRU ----------------------------------------------------------------------------


def test_the_sru_inventory_gives_the_published_rate_of_each_edition():
    last = bm.read_source(DATA / "sru_2025.csv")
    assert last.loc[LENS, "sru_rate_2024"] == 55.4
    assert last.loc["01004", "sru_social_dwellings_2024"] == 1850
    assert isinstance(bm.measures_of(last)["sru_rate_2024"], bm.Median)
    before = bm.read_source(DATA / "sru_2024.csv")
    assert before.loc["01004", "sru_rate_2023"] == 27.11
    assert "n'est pas soumise à l'article 55" in notes(before)


# -- Sitadel ------------------------------------------------------------------------


def test_months_of_sitadel_are_added_up_and_an_unfinished_year_left_out():
    table = bm.read_source(DATA / "sitadel_mensuel.csv")
    lens = table.loc[LENS]
    # 12 x 1 detached + 6 odd months x 1 grouped + 8 collective in September.
    assert lens["started_dwellings_recorded_2023"] == 26
    assert lens["started_detached_recorded_2023"] == 12
    assert lens["authorised_dwellings_recorded_2023"] == 46
    assert not [column for column in table if "2024" in column]
    assert "Années incomplètes, laissées : 2024 (2 mois)" in notes(table)


def annual(path, rows):
    head = '"ANNEE";"COMM";"TYPE_LGT";"LOG_AUT";"LOG_COM"'
    text = "\n".join([head, *(";".join(f'"{x}"' for x in row) for row in rows)])
    path.write_bytes(b"\xef\xbb\xbf" + text.encode() + b"\n")
    return path


KINDS = ("Individuel pur", "Individuel groupe", "Collectif", "Residence")


def of_year(year, code, authorised, started):
    every = [
        (sum(x for x in part if x) if None not in part else "")
        for part in (authorised, started)
    ]
    return [
        (year, code, "Tous Logements", *every),
        *(
            (year, code, kind, a, "" if s is None else s)
            for kind, a, s in zip(KINDS, authorised, started, strict=True)
        ),
    ]


def test_an_annual_file_of_sitadel_asks_for_its_dates(tmp_path):
    rows = [
        *of_year(2023, LENS, (3, 2, 10, 0), (1, 1, 0, 4)),
        *of_year(2024, LENS, (1, 0, 0, 0), (None, None, None, None)),
        (2023, "62", "Tous Logements", 900, 800),
    ]
    path = annual(tmp_path / "sitadel.csv", rows)
    with pytest.raises(DataError, match="write dates='real' or dates='recorded'"):
        bm.read_source(path)
    table = bm.read_source(path, "sitadel", dates="real")
    assert table.index.tolist() == [LENS]
    assert table.loc[LENS, "authorised_dwellings_2023"] == 15
    assert table.loc[LENS, "started_residence_2023"] == 4
    # What is blank in the last year is not zero.
    assert np.isnan(table.loc[LENS, "started_dwellings_2024"])
    assert table.loc[LENS, "started_dwellings_2024_state"] == "not_available"
    told = bm.measures_of(table)
    assert told["authorised_dwellings_2023"].geography == "2023"


def test_the_two_dates_of_sitadel_never_bear_one_name(tmp_path):
    path = annual(tmp_path / "s.csv", of_year(2023, LENS, (3, 2, 10, 0), (1, 1, 0, 4)))
    real = bm.read_source(path, dates="real")
    recorded = bm.read_source(path, dates="recorded")
    assert set(bm.measures_of(real)).isdisjoint(bm.measures_of(recorded))


def test_types_of_sitadel_that_do_not_add_up_are_refused(tmp_path):
    rows = of_year(2023, LENS, (3, 2, 10, 0), (1, 1, 0, 4))[:-1]
    rows += of_year(2023, SOMAIN, (1, 0, 0, 0), (1, 0, 0, 0))
    path = annual(tmp_path / "sitadel.csv", rows)
    with pytest.raises(DataError, match="not the sum of their types"):
        bm.read_source(path, dates="real")


def test_cancelled_permits_of_sitadel_are_kept_below_zero_and_told(tmp_path):
    rows = of_year(2023, LENS, (3, -2, -10, 0), (1, 1, 0, 4))
    path = annual(tmp_path / "sitadel.csv", rows)
    table = bm.read_source(path, dates="real")
    # 3 - 2 - 10 dwellings: more permits were taken back than given.
    assert table.loc[LENS, "authorised_dwellings_2023"] == -9
    assert table.loc[LENS, "started_dwellings_2023"] == 6
    assert "LOG_AUT : 3 valeur(s) sous zéro" in notes(table)
    kinds = bm.measures_of(table)
    assert kinds["authorised_collective_2023"].signed
    assert not kinds["started_dwellings_2023"].signed


# -- text under a table ---------------------------------------------------------------


def under(folder, text, encoding="utf-8"):
    path = folder / "own.csv"
    path.write_bytes(text.encode(encoding))
    told = {"measures": ["v"], "source": "a", "vintage": 2022}
    return bm.read_table(path, code="code", **told)


@pytest.mark.parametrize("mark", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_lines_of_text_under_a_table_are_left_out_and_told(tmp_path, mark, encoding):
    rows = mark.join(["code", "nom", "v\n"]) + mark.join([LENS, "Lens", "3\n"])
    rows += mark.join([LIEVIN, "Liévin", "4\n"])
    # One cell, more cells than the table has; without an end, as typed by hand.
    text = (
        "\nSource : Insee, RP 2021 ; calculs, CALL, tous, droits\n\nChamp : logements"
    )
    table = under(tmp_path, rows + text, encoding)
    assert table["v_2022"].to_dict() == {LENS: 3, LIEVIN: 4}
    assert "Lignes de texte sous le tableau, laissées : 2" in notes(table)


@pytest.mark.parametrize(
    "end",
    [
        "62510;Lié",  # cut in a name
        "6251",  # cut in a code
        "62510;Lié\nSource : Insee\n",  # a row that is not whole above a text
        "Source : Insee\n62510;Liévin;4\n",  # a text that is not at the end
    ],
)
def test_a_file_that_is_cut_is_refused_whatever_stands_under_it(tmp_path, end):
    with pytest.raises(DataError, match="have not the 3 fields of the header"):
        under(tmp_path, f"code;nom;v\n{LENS};Lens;3\n{end}")


# -- what may be below zero, what may not be above 100 -------------------------------


def own(folder, cells, **measures):
    path = folder / "own.csv"
    rows = [
        f"{code};{cell}\n" for code, cell in zip((LENS, LIEVIN), cells, strict=True)
    ]
    path.write_text("code;v\n" + "".join(rows), encoding="utf-8")
    return bm.read_table(path, code="code", measures=measures, source="a", vintage=2022)


@pytest.mark.parametrize(
    ("kind", "call"),
    [(bm.Stock, "bm.Stock"), (bm.Median, "bm.Median")],
)
def test_a_negative_value_is_refused_unless_it_is_said_that_it_may_be(
    tmp_path, kind, call
):
    with pytest.raises(MeasureError) as refused:
        own(tmp_path, ("-3,5", "12,1"), v=kind())
    said = str(refused.value)
    assert "'62498 : -3.5'; correct them" in said.replace("-3,5", "-3.5")
    assert f"{call}(…, signed=True) (--signed)" in said
    table = own(tmp_path, ("-3,5", "12,1"), v=kind(signed=True))
    assert table["v_2022"].tolist() == [-3.5, 12.1]


def test_a_published_share_above_100_is_told_and_a_change_is_not(tmp_path):
    share = bm.Median(unit="%")
    with pytest.warns(BasinmapWarning, match=r"1 value.s. above 100 % at '62498'"):
        table = own(tmp_path, ("1215", "12,1"), v=share)
    assert table.loc[LENS, "v_2022"] == 1215
    wide = tmp_path / "wide.csv"
    rows = "".join(f"6200{n};0,{n}\n" for n in range(1, 6))
    wide.write_text("code;v\n" + rows, encoding="utf-8")
    told = {"measures": {"v": share}, "source": "a", "vintage": 2022}
    with pytest.warns(BasinmapWarning, match=r"values are below 1.*multiply them"):
        bm.read_table(wide, code="code", **told)
    own(tmp_path, ("130,5", "-12,1"), v=bm.Median(unit="%", signed=True))


# -- land ---------------------------------------------------------------------------


def test_flows_of_land_are_of_their_first_year_and_totals_of_both():
    table = bm.read_source(DATA / "conso2021-2024-resultats-com.csv")
    lens = table.loc[LENS]
    assert lens["enaf_m2_2021"] == 12650
    assert lens["enaf_housing_m2_2022"] == 8000
    assert lens["enaf_m2_2021_2024"] == 22790
    assert lens[[f"enaf_m2_{year}" for year in (2021, 2022, 2023)]].sum() == 22790
    assert bm.measures_of(table)["enaf_m2_2021_2024"].vintage == "2021-2024"
    assert bm.measures_of(table)["enaf_m2_2021"].geography == "2024"


def test_a_window_that_the_edition_has_not_is_no_column():
    table = bm.read_source(DATA / "conso2021-2024-resultats-com.csv")
    assert "enaf_m2_2011_2021" not in table
    assert "Flux annuels de 2021 à 2023" in notes(table)


def test_destinations_of_land_must_add_up_to_the_whole(tmp_path):
    path = tmp_path / "conso.csv"
    text = (DATA / "conso2021-2024-resultats-com.csv").read_text()
    path.write_text(text.replace('"art21act22";"art21hab22"', '"x";"art21hab22"', 1))
    assert "enaf_activity_m2_2021" not in bm.read_source(path)
    path.write_text(text.replace("12650.0", "12651.0", 1))
    with pytest.raises(DataError, match="is not the sum of"):
        bm.read_source(path)


# -- DVF ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["geo-dvf-62-2023.csv", "ValeursFoncieres-2023.txt"])
def test_dvf_counts_mutations_and_not_lines(name):
    table = bm.read_source(DATA / name)
    assert_source(table)
    lens = table.loc[LENS]
    # 12 houses on 25 lines, two houses at once, three flats at once, two flats alone.
    assert lens["sales_2023"] == 16
    assert lens["sales_houses_2023"] == 12
    assert lens["sales_flats_2023"] == 2
    # 100 000 to 210 000 by 10 000.
    assert lens["median_price_houses_2023"] == 155000
    assert lens["median_price_m2_houses_2023"] == 1550
    assert table.loc[SOMAIN, "sales_land_2023"] == 2


def test_a_median_of_few_sales_is_not_given():
    table = bm.read_source(DATA / "geo-dvf-62-2023.csv")
    assert np.isnan(table.loc[LENS, "median_price_flats_2023"])
    state = table.loc[LENS, "median_price_flats_2023_state"]
    assert state == "not_available"


HOUSE = {"type_local": "Maison", "code_type_local": "1", "surface_reelle_bati": "100"}
PLOT = {"nature_culture": "terrains a bâtir", "code_nature_culture": "AB"}


def sold(path, lines, *, year=2023, whole=True):
    """Write lines of geo-DVF: eleven mutations of each, and a year around them."""
    head = (DATA / "geo-dvf-62-2023.csv").read_text().splitlines()[0].split(",")
    rows = [
        {
            "id_mutation": f"{year}-{at}",
            "date_mutation": f"{year}-{1 + at % 6:02}-{10 + at}",
            "nature_mutation": "Vente",
            "valeur_fonciere": "150000",
            "nombre_pieces_principales": "4" if "type_local" in line else "",
            **line,
        }
        for at in range(11)
        for line in lines
    ]
    last = {"date_mutation": f"{year}-12-01", "code_commune": "62065"}
    if whole:
        rows.append({**rows[0], "id_mutation": "z", **last})
    pd.DataFrame(rows, columns=head).to_csv(path, index=False)
    return bm.read_source(path)


def test_a_sale_over_two_communes_counts_once_and_is_of_no_single_house(tmp_path):
    small = {**HOUSE, "surface_reelle_bati": "80"}
    table = sold(
        tmp_path / "geo.csv",
        [{**small, "code_commune": "62510"}, {**HOUSE, "code_commune": LENS}],
    )
    # One house in each: where the larger is.
    assert table["sales_2023"].to_dict() == {"62065": 1, LENS: 11}
    assert table.loc[LENS, "sales_houses_2023"] == 0
    assert np.isnan(table.loc[LENS, "median_price_houses_2023"])
    assert "Mutations sur plusieurs communes : 11, chacune comptée une" in notes(table)


def test_land_is_priced_by_all_its_surface_in_whatever_commune(tmp_path):
    table = sold(
        tmp_path / "geo.csv",
        [
            {**PLOT, "code_commune": LENS, "surface_terrain": "1000"},
            {**PLOT, "code_commune": "62510", "surface_terrain": "500"},
        ],
    )
    assert table.loc[LENS, "sales_land_2023"] == 11
    # 150 000 € of 1 500 m².
    assert table.loc[LENS, "median_price_m2_land_2023"] == 100


def test_twin_houses_sold_together_are_two_and_one_house_of_two_grounds_one(tmp_path):
    house = {**HOUSE, "code_commune": LENS, "adresse_nom_voie": "RUE A"}
    one, three = (
        {**house, "adresse_numero": n, "id_parcelle": f"62498000AB000{n}"} for n in "13"
    )
    table = sold(tmp_path / "twins.csv", [one, three])
    assert table.loc[LENS, ["sales_2023", "sales_houses_2023"]].tolist() == [11, 0]
    grounds = [{**one, "nature_culture": use} for use in ("sols", "jardins")]
    table = sold(tmp_path / "grounds.csv", grounds)
    assert table.loc[LENS, ["sales_2023", "sales_houses_2023"]].tolist() == [11, 11]
    assert table.loc[LENS, "median_price_houses_2023"] == 150000
    # Without a number, the parcel tells.
    bare = [{**line, "adresse_numero": ""} for line in (one, three)]
    table = sold(tmp_path / "bare.csv", bare)
    assert table.loc[LENS, "sales_houses_2023"] == 0


def test_a_part_of_a_year_of_sales_is_left_out_or_refused(tmp_path):
    line = {**HOUSE, "code_commune": LENS}
    with pytest.raises(DataError, match=r"part of the year only, 2025 \(6 mois\)"):
        sold(tmp_path / "half.csv", [line], year=2025, whole=False)
    sold(tmp_path / "whole.csv", [line], year=2024)
    half = (tmp_path / "half.csv").read_text().split("\n", 1)[1]
    path = tmp_path / "both.csv"
    path.write_text((tmp_path / "whole.csv").read_text() + half)
    table = bm.read_source(path)
    assert table.loc[LENS, "sales_2024"] == 11
    assert "sales_2025" not in table.columns
    assert "Années incomplètes, laissées : 2025 (6 mois)." in notes(table)


def test_dvf_of_a_city_has_the_median_of_its_mutations(tmp_path):
    real = pd.read_csv(
        reference("dvf_nantes/dvf_44109_2017S1.csv"), dtype=str, keep_default_na=False
    ).replace("--", "")
    head = (DATA / "geo-dvf-62-2023.csv").read_text().splitlines()[0].split(",")
    made = pd.DataFrame("", index=real.index, columns=head)
    for name in ("date_mutation", "nature_mutation", "valeur_fonciere", "code_commune"):
        made[name] = real[name]
    made["id_mutation"] = real["date_mutation"] + real["valeur_fonciere"]
    for name, column in {
        "type_local": "type_local",
        "surface_reelle_bati": "surface_relle_bati",
        "nombre_pieces_principales": "nombre_pieces_principales",
        "lot1_numero": "lot_1",
    }.items():
        made[name] = real[column]
    path = tmp_path / "geo.csv"
    made.to_csv(path, index=False)
    # The published file is of January to June.
    with pytest.raises(DataError, match=r"part of the year only, 2017 \(6 mois\)"):
        bm.read_source(path)
    rest = made.head(6).assign(
        code_commune="44162",
        date_mutation=[f"2017-{month:02}-15" for month in range(7, 13)],
        id_mutation=[f"r{month}" for month in range(6)],
    )
    pd.concat([made, rest]).to_csv(path, index=False)
    nantes = bm.read_source(path).loc["44109"]
    sold = real[real["nature_mutation"].str.fullmatch("Vente|Vente terrain à bâtir")]
    assert (
        nantes["sales_2017"]
        == (sold["date_mutation"] + sold["valeur_fonciere"]).nunique()
    )
    # Lines of houses and flats are 3 599; their mutations 2 931, of one 2 670.
    assert 2600 < nantes["sales_houses_2017"] + nantes["sales_flats_2017"] <= 2670
    assert nantes["median_price_houses_2017"] == 330000
