"""Flows, registers and things that lie somewhere, each in its producer's layout."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import basinmap as bm
from basinmap.catalogue.entries import catalogue
from basinmap.errors import (
    CodeError,
    CRSError,
    DataError,
    MeasureError,
    VintageError,
)
from basinmap.sources.producers import PARTNERS, SOURCES

DATA = Path(__file__).parent / "data" / "sources"
REFERENCE = Path(__file__).resolve().parents[2] / "shared" / "data" / "reference"
LENS, LIEVIN, DOUAI, SOMAIN = "62498", "62510", "59178", "59574"
CALL, DOUAISIS, OSTREVENT = "246200364", "200044618", "245901152"
MOVES = "base-flux-mobilite-residentielle-2021.csv"
WORK = "base-flux-mobilite-domicile-lieu-travail-2021.csv"
STOCK = "StockEtablissement_utf8.csv"
POSITIONS = "GeolocalisationEtablissement_Sirene_pour_etudes_statistiques_utf8.csv"
ENDS = {"origin": "origin", "destination": "destination"}


def notes(table):
    """Return what a report says, with ordinary spaces and apostrophes."""
    text = "\n".join(bm.report_of(table).notes)
    return text.replace("\u202f", " ").replace("\xa0", " ").replace("’", "'")


def changed(tmp_path, name, *pairs):
    """Write a fixture with some of its text changed."""
    text = (DATA / name).read_text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / name
    path.write_text(text)
    return path


# -- flows --------------------------------------------------------------------------


def test_moves_go_from_where_one_lived_to_where_one_lives():
    table = bm.read_source(DATA / MOVES).set_index(["origin", "destination"])
    # « 62510;…;62498;…;505.75 »: in Liévin now, in Lens a year before.
    assert table.loc[(LENS, LIEVIN), "movers_2021"] == 505.75
    assert table.loc[(LIEVIN, LENS), "movers_2021"] == 412.25


def test_commuters_go_from_where_they_live_to_where_they_work():
    table = bm.read_source(DATA / WORK).set_index(["origin", "destination"])
    assert table.loc[(LIEVIN, LENS), "commuters_2021"] == 1105.25
    assert table.loc[(LENS, LIEVIN), "commuters_2021"] == 705.5


def test_flows_of_a_file_go_to_their_indicator_once_they_are_of_the_same_list():
    table = bm.read_source(DATA / MOVES)
    told = bm.measures_of(table)["movers_2021"]
    assert (told.family, told.vintage, told.geography) == ("C", "2021", "2024")
    recent, _ = bm.rebase_flows(
        table, **ENDS, values="movers_2021", from_year=2024, to_year=2026
    )
    assert bm.measures_of(recent)["movers_2021"].geography == "2026"
    found = bm.compute("D12", recent, to="epci")
    # Lens to Liévin is inside the EPCI, and left out last.
    assert found.to_dict() == {
        (DOUAISIS, OSTREVENT): 210.5,
        (DOUAISIS, CALL): 52.385,
        (CALL, DOUAISIS): 60.125,
        (CALL, "ailleurs"): 5,
        ("ailleurs", CALL): 36,
    }
    assert found.attrs["title"] == "Migrations résidentielles en 2021"
    assert found.attrs["sources"][0].startswith("Insee, recensement de la population")


def test_flows_to_belgium_stay_in_the_totals_and_through_a_change_of_list():
    table = bm.read_source(DATA / WORK)
    total = 3900.25 + 705.5 + 1020.75 + 1105.25 + 95.5 + 7210 + 4.935 + 5.25
    total += 1320.5 + 10.125 + 2500
    assert table["commuters_2021"].sum() == pytest.approx(total)
    assert "20 actifs viennent de l'étranger ou y vont" in notes(table)
    assert "(BE, LU, ZZ)" in notes(table)
    recent, report = bm.rebase_flows(
        table, **ENDS, values="commuters_2021", from_year=2024, to_year=2026
    )
    assert recent["commuters_2021"].sum() == pytest.approx(total)
    assert {"BE110", "LU100", "ZZZZZ"} <= set(recent["destination"])
    assert any("laissés tels quels" in note for note in report.notes)


def test_every_code_of_abroad_of_commuting_files_is_known_for_one(tmp_path):
    path = REFERENCE / "mobpro_codes/insee_RP2021_mobpro_border_cities_BE_LU.csv"
    if not path.is_file():
        pytest.skip("the reference data are elsewhere")
    codes = pd.read_csv(path, header=None, dtype=str, keep_default_na=False)[0]
    assert len(codes) == 713
    assert codes.str[:2].value_counts().to_dict() == {
        "BE": 589,
        "LU": 122,
        "ZZ": 1,
        "99": 1,
    }
    head = (DATA / WORK).read_text().splitlines()[0]
    rows = [f"{LENS};Lens;{code};x;1.5" for code in codes]
    made = tmp_path / "base-flux-mobilite-domicile-lieu-travail-2021.csv"
    made.write_text("\n".join([head, *rows]) + "\n")
    table = bm.read_source(made)
    assert table["commuters_2021"].sum() == 713 * 1.5
    recent, _ = bm.rebase_flows(
        table, **ENDS, values="commuters_2021", from_year=2024, to_year=2026
    )
    assert set(recent["destination"]) == set(codes)


def test_persons_of_a_detail_file_are_added_by_their_weights():
    table = bm.read_source(DATA / "FD_MIGCOM_2021.csv")
    flows = table.set_index(["origin", "destination"])["movers_2021"]
    assert flows[LIEVIN, LENS] == 9.2625
    # Same dwelling and same commune: 1.5 and 3.5.
    assert flows[LENS, LENS] == 5
    assert flows["75101", "75112"] == 7.75
    assert flows["99999", LIEVIN] == 2.5
    # Attached elsewhere (IRAN 0): 9 more, out of the field.
    assert flows[LENS, LIEVIN] == 5
    assert "Personnes hors du champ (IRAN 0) : 1" in notes(table)


def test_modes_of_transport_are_added_up_and_districts_told_apart():
    table = bm.read_source(DATA / "FD_MOBPRO_2021.csv")
    flows = table.set_index(["origin", "destination"])["commuters_2021"]
    assert flows[SOMAIN, DOUAI] == 5.5
    assert flows["75112", "75101"] == 8


def test_a_detail_file_asks_for_the_year_that_its_name_does_not_say(tmp_path):
    path = tmp_path / "migcom.csv"
    path.write_bytes((DATA / "FD_MIGCOM_2021.csv").read_bytes())
    with pytest.raises(VintageError, match="vintage="):
        bm.read_source(path)
    assert "movers_2019" in bm.read_source(path, vintage=2019, cog=2026)


def test_a_pair_in_two_rows_that_differ_is_refused(tmp_path):
    path = changed(tmp_path, MOVES, ("62498;Lens;59178;", "62498;Lens;62510;"))
    with pytest.raises(DataError, match=r"1 pair.*'62510 → 62498'"):
        bm.read_source(path)


def test_a_flow_without_an_end_is_refused(tmp_path):
    path = changed(tmp_path, MOVES, ("62498;Lens;59178;", "62498;Lens;;"))
    with pytest.raises(CodeError, match=r"1 flow\(s\) without one of their ends"):
        bm.read_source(path)


def test_flows_of_a_city_whole_and_by_district_are_of_the_city(tmp_path):
    path = changed(
        tmp_path,
        WORK,
        ("62498;Lens;59350;Lille;1020.75", "62498;Lens;75056;Paris;3"),
        ("62510;Liévin;59178;Douai;95.5", "62498;Lens;75101;Paris 1er;4"),
    )
    table = bm.read_source(path)
    flows = table.set_index(["origin", "destination"])["commuters_2021"]
    assert flows[LENS, "75056"] == 7
    assert flows["75056", "75056"] == 2500
    assert "portés à la ville" in notes(table)


def test_flows_keep_the_zero_of_their_codes(tmp_path):
    path = changed(tmp_path, MOVES, ("01004;", "1004;"))
    table = bm.read_source(path)
    assert "01004" in set(table["destination"])
    assert "1004 → 01004" in notes(table)


def test_a_matrix_of_another_list_than_it_says_is_refused(tmp_path):
    path = changed(tmp_path, MOVES, ("59574;Somain", "59355;Lomme"))
    with pytest.raises(VintageError, match=r"no commune on 1 January 2024.*'59355'"):
        bm.read_source(path)


# -- Sirene -------------------------------------------------------------------------


def test_creations_are_counted_by_year_whatever_became_of_them():
    table = bm.read_source(DATA / STOCK)
    lens = table.loc[LENS]
    # Two in 2023 that told their name, one of them closed, and one half told of.
    assert lens["establishment_creations_2023"] == 3
    assert table.loc[LIEVIN, "establishment_creations_2024"] == 1
    # Of Lomme, which is of Lille since 2000.
    assert table.loc["59350", "establishment_creations_2022"] == 1
    years = [c.removeprefix("establishment_creations_") for c in table]
    assert years == [str(year) for year in range(2015, 2025)]


def test_establishments_that_have_no_commune_are_told():
    said = notes(bm.read_source(DATA / STOCK))
    assert "à diffusion partielle sans commune : 1, dans aucune commune" in said
    assert "sans code de commune (à l'étranger) : 1" in said
    assert "sans date de création : 1" in said
    assert "Stock au 2025-10-30 : l'année 2025, incomplète, est laissée" in said


def test_creations_go_to_their_indicator():
    found = bm.compute("E04", bm.read_source(DATA / STOCK), year=2023)
    assert found[LENS] == 3
    assert found.attrs["sources"][0].startswith("Insee, Sirene 2023")


def test_the_stock_of_sirene_has_points_with_its_file_of_positions():
    found = bm.read_points(DATA / STOCK, positions=DATA / POSITIONS)
    assert found.crs.to_epsg() == 2154
    assert len(found) == 6
    hotel = found.loc["10000000300013"]
    assert (hotel["naf"], hotel["diffusion"], hotel["commune"]) == ("55.10Z", "P", LENS)
    assert hotel["qpv"] == "QN06224M"
    assert "Sans position, laissés : 4" in notes(found)
    assert "à compter et jamais à montrer un à un : 1" in notes(found)
    # Made within the ring of the museum since 2023, by position.
    ring = bm.rings(bm.LOUVRE_LENS, distances=[3_000])
    recent = found[found["created"] >= "2023"]
    counted, _ = bm.count(recent, ring)
    assert counted["points"].tolist() == [3]


def test_points_of_some_communes_only_are_kept():
    found = bm.read_points(DATA / STOCK, positions=DATA / POSITIONS, communes=[SOMAIN])
    assert found["naf"].tolist() == ["84.11Z"]
    assert "D'autres communes, laissés : 9" in notes(found)


def test_a_commune_of_which_a_file_has_nothing_is_told():
    found = bm.read_points(DATA / "adresses-62.csv", communes=[LENS, "59070"])
    assert len(found) == 2
    assert "dont le fichier n'a rien (59070) : 1" in notes(found)


def test_the_stock_of_sirene_alone_says_what_to_give():
    with pytest.raises(DataError, match="write positions= with"):
        bm.read_points(DATA / STOCK)
    with pytest.raises(DataError, match="leave positions= out"):
        bm.read_points(DATA / "adresses-62.csv", positions=DATA / POSITIONS)


def test_an_establishment_that_stands_twice_is_refused(tmp_path):
    path = changed(
        tmp_path, STOCK, ("100000002,00012,10000000200012", "x,y,10000000100011")
    )
    with pytest.raises(DataError, match="stand more than once"):
        bm.read_source(path)


# -- BAN ----------------------------------------------------------------------------


def test_an_address_of_several_positions_counts_once_at_its_entrance():
    found = bm.read_points(DATA / "adresses-62.csv", communes=[LENS, LIEVIN])
    assert found["commune"].tolist() == [LENS, LENS, LIEVIN]
    assert found.loc["62498_0010_00001", "geometry"].x == 685_200
    assert found.loc["62498_0010_00001", "position"] == "entrée"
    assert "laissées : 1" in notes(found)


def test_addresses_in_gzip_are_read(tmp_path):
    path = tmp_path / "adresses-62.csv.gz"
    path.write_bytes(gzip.compress((DATA / "adresses-62.csv").read_bytes()))
    assert len(bm.read_points(path, "ban")) == 3


def test_addresses_are_no_counts_and_counts_no_points():
    with pytest.raises(DataError, match=r"read it with bm\.read_points"):
        bm.read_source(DATA / "adresses-62.csv")
    with pytest.raises(DataError, match=r"read\s+it with bm\.read_source"):
        bm.read_points(DATA / "base-cc-logement-2021.CSV")


def test_coordinates_that_are_exchanged_are_refused(tmp_path):
    path = changed(tmp_path, "adresses-62.csv", (";x;y;", ";y;x;"))
    with pytest.raises(CRSError, match="x and y are exchanged"):
        bm.read_points(path)


def test_two_places_of_one_address_are_refused(tmp_path):
    path = changed(tmp_path, "adresses-62.csv", (";50.430452;", ";50.530452;"))
    with pytest.raises(DataError, match="more than 20 m apart"):
        bm.read_points(path)


def test_no_commune_asked_for_is_refused():
    with pytest.raises(CodeError, match="communes= holds no code"):
        bm.read_points(DATA / "adresses-62.csv", communes=[])
    with pytest.raises(DataError, match="nothing of these communes"):
        bm.read_points(DATA / "adresses-62.csv", communes=[DOUAI])


# -- DPE ----------------------------------------------------------------------------


def test_valid_diagnoses_are_counted_at_1_january():
    table = bm.read_source(DATA / "dpe03existant.csv")
    # Lens: F was replaced by D, G stands. Liévin: E, replaced in March 2025 only.
    assert table.loc[[LENS, LIEVIN, SOMAIN], "dpe_valid_2025"].tolist() == [2, 1, 1]
    assert table.loc[[LENS, LIEVIN, SOMAIN], "dpe_efg_2025"].tolist() == [1, 1, 0]
    said = notes(table)
    assert "D'immeubles entiers, laissés : 1" in said
    assert "Sans commune (adresse non reconnue) : 1" in said
    assert bm.compute("L15", table)[LENS] == 50


def test_diagnoses_of_another_year_are_those_valid_then():
    table = bm.read_source(DATA / "dpe03existant.csv", vintage=2023)
    # The F of 2022 was not yet replaced.
    assert table.loc[LENS].tolist() == [1, 1]
    with pytest.raises(DataError, match="no diagnosis is valid on 1 January 2020"):
        bm.read_source(DATA / "dpe03existant.csv", vintage=2020)


def test_diagnoses_of_before_2021_are_refused_for_their_method(tmp_path):
    path = tmp_path / "dpe-france.csv"
    path.write_text(
        "numero_dpe,classe_consommation_energie,code_insee_commune_actualise\n"
        "1,N,62498\n"
    )
    with pytest.raises(DataError, match=r"another\s+method"):
        bm.read_source(path)


def test_points_of_diagnoses_leave_out_those_replaced():
    found = bm.read_points(DATA / "dpe03existant.csv")
    assert found["label"].tolist() == ["D", "G", "C", "G", "B"]
    assert "Remplacés par un autre, laissés : 2" in notes(found)


# -- RPLS ---------------------------------------------------------------------------


def test_dwellings_of_rpls_are_counted_and_those_in_a_quartier_of_2024():
    table = bm.read_source(DATA / "RPLS_detail_2025.csv")
    assert table["social_dwellings_2025"].to_dict() == {SOMAIN: 2, LENS: 5, LIEVIN: 1}
    assert table.loc[LENS, "social_dwellings_in_qpv_2025"] == 3
    said = notes(table)
    assert "colonne PLG_QP24, génération 2024" in said
    assert "(2 : CSZ, HZ)" in said
    assert "Ni occupation, ni loyer, ni bailleur" in said
    assert bm.compute("S07", table)[LENS] == 60


def test_a_file_of_dwellings_without_the_quartiers_of_2024_takes_those_of_2015(
    tmp_path,
):
    path = changed(tmp_path, "RPLS_detail_2025.csv", ("PLG_QP24", "ANCIEN"))
    table = bm.read_source(path)
    assert table.loc[LENS, "social_dwellings_in_qpv_2025"] == 4
    assert "colonne PLG_QP15, génération 2015" in notes(table)


def test_what_the_open_detail_does_not_hold_is_no_column():
    table = bm.read_source(DATA / "RPLS_detail_2025.csv")
    with pytest.raises(Exception, match="social_dwellings_vacant"):
        bm.compute("S04", table)


def test_a_file_of_dwellings_joined_to_itself_is_refused(tmp_path):
    text = (DATA / "RPLS_detail_2025.csv").read_text()
    path = tmp_path / "rpls_2025.csv"
    path.write_text(text + text.split("\n", 1)[1])
    with pytest.raises(DataError, match="every row stands 2 times"):
        bm.read_source(path)


def test_dwellings_of_rpls_are_points_where_they_have_a_place():
    found = bm.read_points(DATA / "RPLS_detail_2025.csv")
    assert len(found) == 7
    assert found["qpv"].str.startswith("QN").sum() == 3
    assert "Sans position, laissés : 1" in notes(found)


# -- LOVAC above the commune --------------------------------------------------------


def test_what_lovac_publishes_of_an_epci_is_read_and_not_summed():
    table = bm.read_source(DATA / "Lovac_opendata_EPCI_2026.csv")
    assert table.index.name == "epci"
    assert table.loc[CALL, "vacant_private_dwellings_2y_2026"] == 3100
    assert table.loc[CALL, "private_dwellings_2025"] == 83000
    # 3 100 of 83 000; those of 24 and 25 are of other editions.
    found = bm.compute("L14", table)
    assert found[CALL] == pytest.approx(100 * 3100 / 83000)
    assert found.attrs.get("states", {}) == {}
    with pytest.raises((CodeError, DataError, MeasureError)):
        bm.compute("L14", table, to="departement")


def test_lovac_of_departements_and_regions_is_told_by_its_header(tmp_path):
    path = tmp_path / "lovac.csv"
    head = "{}_26;LIB_26;pp_vacant_26;ff_pp_total_25\n"
    rows = "32;x;26\u00a0755;300\u00a0000\n84;y;12;400\n"
    path.write_text(head.format("DEP") + rows)
    table = bm.read_source(path)
    assert table.index.name == "departement"
    assert table.loc["32", "vacant_private_dwellings_2026"] == 26755
    path.write_text(head.format("REG") + rows)
    assert bm.read_source(path).index.name == "region"
    path.write_text(head.format("CODGEO") + rows)
    with pytest.raises(DataError, match=r"rename the file lovac_REG\.csv"):
        bm.read_source(path)


def test_the_median_of_an_epci_is_the_one_that_filosofi_publishes_for_it(tmp_path):
    path = tmp_path / "cc_filosofi_2021_EPCI-geo2024.csv"
    head, *rows = (DATA / "cc_filosofi_2021_COM-geo2024.csv").read_text().splitlines()
    one = next(row for row in rows if row.startswith(f"{LENS};"))
    path.write_text(f"{head}\n{CALL};{one.partition(';')[2]}\n")
    table = bm.read_source(path)
    assert table.index.tolist() == [CALL]
    assert table.index.name == "epci"
    found = bm.compute("R01", table)
    assert found[CALL] == table.loc[CALL, "median_living_standard_2021"]


# -- carreaux -----------------------------------------------------------------------


def test_squares_of_filosofi_are_counts_by_square_and_outlines_of_them():
    table = bm.read_source(DATA / "Filosofi2021_carreaux_200m.csv")
    assert table.index.name == "carreau"
    assert table["grid_households_2021"].sum() == pytest.approx(76.1)
    assert table["grid_estimated_2021"].tolist() == [0, 0, 1]
    squares = bm.grid_squares(table)
    assert squares["grid_households_2021"].sum() == pytest.approx(76.1)
    assert np.allclose(squares.area, 40_000, rtol=0.01)
    assert bm.measures_of(squares)["grid_households_2021"].vintage == "2021"


def test_the_squares_ask_for_the_year_that_their_file_does_not_say(tmp_path):
    path = tmp_path / "carreaux_200m_met.csv"
    path.write_bytes((DATA / "Filosofi2021_carreaux_200m.csv").read_bytes())
    with pytest.raises(VintageError, match="vintage="):
        bm.read_source(path)
    assert "grid_persons_2019" in bm.read_source(path, vintage=2019)


# -- what is declared of a file ------------------------------------------------------


def test_a_year_that_a_file_does_not_hold_is_refused():
    path = DATA / "Lovac_opendata_Communes_2026.csv"
    with pytest.raises(VintageError, match="vintage=2019, and its counts are of 2025"):
        bm.read_source(path, vintage=2019)
    assert len(bm.read_source(path, vintage=2026))


def test_dates_of_sitadel_are_asked_of_nothing_else():
    with pytest.raises(DataError, match="leave dates= out"):
        bm.read_source(DATA / MOVES, dates="real")


def test_sales_of_a_file_joined_to_itself_are_refused(tmp_path):
    text = (DATA / "geo-dvf-62-2023.csv").read_text()
    path = tmp_path / "dvf.csv"
    path.write_text(text + text.split("\n", 1)[1])
    with pytest.raises(DataError, match="stands 2 times"):
        bm.read_source(path)


# -- extracts of partners -----------------------------------------------------------


@pytest.mark.parametrize("source", PARTNERS)
def test_an_extract_of_a_partner_says_which_columns_to_name(source):
    with pytest.raises(DataError, match=rf"'{source}' is an extract.*bm\.read_table"):
        bm.read_source(DATA / MOVES, source)


@pytest.mark.parametrize("source", catalogue().sources)
def test_each_source_of_the_catalogue_is_read_or_says_what_to_write(source, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a;b\n1;2\n")
    with pytest.raises(DataError, match=r"no column|is not|bm\.read_table") as told:
        bm.read_source(path, source)
    known = any(f"{item.id}-".startswith(f"{source}-") for item in SOURCES)
    assert known != ("is an extract" in str(told.value))


def test_counts_of_partners_are_those_of_the_catalogue():
    known = set(catalogue().counts)
    named = {name for _, counts in PARTNERS.values() for name in counts}
    assert named <= known
    assert not set(PARTNERS) & {source.id for source in SOURCES}


def test_an_extract_of_sne_mapped_by_its_user_gives_its_indicators(tmp_path):
    path = tmp_path / "infocentre.csv"
    path.write_text(
        "Commune;Demandes actives;Attributions;Baux HQPV;dont Q1\n"
        "62498;1200;300;200;42\n62510;400;80;50;11\n59574;30;6;8;2\n"
    )
    table = bm.read_table(
        path,
        code="Commune",
        measures={
            "Demandes actives": "social_applications",
            "Attributions": "social_lettings",
            "Baux HQPV": "leases_outside_qpv",
            "dont Q1": "leases_outside_qpv_q1",
        },
        source="SNE, Infocentre",
        vintage=2024,
    )
    pressure = bm.compute("S10", table)
    assert pressure[LENS] == 4
    assert pressure.attrs["sources"][0].startswith("SNE, Infocentre")
    share = bm.compute("S11", table)
    assert share[LENS] == 21
    # Eight leases in Somain: under eleven, secret.
    assert share.attrs["states"][SOMAIN] == "secret"
    assert np.isnan(share[SOMAIN])


def test_an_extract_of_ops_by_epci_gives_its_indicator(tmp_path):
    path = tmp_path / "ops.csv"
    path.write_text(
        "SIREN;Répondants;Moins de 20 %;Moins de 60 %\n"
        f"{CALL};20000;5000;13000\n{DOUAISIS};9000;1800;5400\n"
    )
    table = bm.read_table(
        path,
        code="SIREN",
        level="epci",
        measures={
            "Répondants": "ops_households",
            "Moins de 20 %": "ops_households_under_20pct",
            "Moins de 60 %": "ops_households_under_60pct",
        },
        source="GIP SNE, OPS",
        vintage=2022,
    )
    assert bm.compute("S13", table, variant="20")[CALL] == 25
    assert bm.compute("S13", table, variant="60")[DOUAISIS] == 60


# -- census -------------------------------------------------------------------------


def test_unemployment_is_of_those_of_15_to_64_and_jobs_of_all_who_work():
    table = bm.read_source(DATA / "base-cc-emploi-pop-active-2020.CSV")
    found = bm.compute("E01", table, year=2020)
    assert found["01001"] == pytest.approx(100 * 14.5 / 381.25)
    # Employed at any age: 370.25, not 366.75.
    jobs = bm.compute("E03", table, year=2020)
    assert jobs["01001"] == pytest.approx(100 * 71.5 / 370.25)
    assert bm.measures_of(table)["jobs_2020"].geography == "2023"


def test_families_and_households_make_two_readings_of_single_parents():
    table = bm.read_source(DATA / "base-cc-coupl-fam-men-2021.CSV")
    families = bm.compute("D09", table, variant="families", year=2021)
    households = bm.compute("D09", table, variant="households", year=2021)
    assert families[LENS] == pytest.approx(100 * 2200.5 / 8200)
    assert households[LENS] == pytest.approx(100 * 2100 / 14000.5)
    assert bm.compute("D08", table, year=2021)[LENS] == pytest.approx(
        100 * 5600.25 / 14000.5
    )


def test_dwellings_by_iris_are_at_the_list_two_years_after():
    table = bm.read_source(DATA / "base-ic-logement-2022.CSV")
    assert table.index.name == "iris"
    assert bm.measures_of(table)["dwellings_2022"].geography == "2024"
    assert bm.compute("L04", table)["624980102"] == pytest.approx(100 * 100 / 980)
