"""Files of producers at hand, and the figures that are known of them."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import basinmap as bm
from basinmap.catalogue.entries import catalogue
from basinmap.errors import CodeError, DataError, MeasureError

TESTS = Path(__file__).parent
REFERENCE = Path(__file__).resolve().parents[2] / "shared" / "data" / "reference"
LENS, LIEVIN, DOUAI, DENAIN, SOMAIN = "62498", "62510", "59178", "59172", "59574"
CALL, DOUAISIS = "246200364", "200044618"
BASIN = [
    *("200072460", "246200364", "246200299", "200044618"),
    *("245901152", "200042190", "245901160", "200044048"),
]
here = pytest.mark.skipif(not REFERENCE.is_dir(), reason="no reference data")
pytestmark = here
# Of these no figure is read: a nomenclature, and outlines of no territory of ours.
UNREAD = {"ocs2d"}


def test_each_folder_of_files_at_hand_is_read_by_a_test():
    texts = "\n".join(p.read_text("utf-8") for p in TESTS.glob("test_*.py"))
    folders = {path.name for path in REFERENCE.iterdir() if path.is_dir()}
    unread = {f for f in folders if f"{f}/" not in texts and f'"{f}"' not in texts}
    assert unread <= UNREAD


def test_each_of_the_69_has_a_value_by_hand():
    text = (TESTS / "test_catalogue.py").read_text("utf-8")
    values = text[text.index("VALUES = {") : text.index("def test_every_indicator")]
    known = {id_ for id_ in catalogue().indicators if f'("{id_}", ' in values}
    # Flows have two ends: theirs stands below.
    assert set(catalogue().indicators) - known == {"D12"}
    assert 'bm.compute("D12"' in text


# -- comparateur de territoires -----------------------------------------------------


def comparator():
    path = REFERENCE / "comparateur/communes_comparateur_2021_59_62.csv"
    table = bm.read_table(
        path,
        code="insee_com",
        measures={
            "menages_2021": "households",
            "pop_15_64_chomage_2021": "unemployed_15_64",
            "pop_15_64_active_2021": "active_15_64",
        },
        source="Insee, comparateur de territoires",
        vintage=2021,
        cog=2024,
    )
    raw = pd.read_csv(path, dtype={"insee_com": str}).drop_duplicates("insee_com")
    merged = {
        "59070": "59006",
        "62461": "62447",
        "62549": "62447",
        "62743": "62447",
    }
    raw["commune"] = raw["insee_com"].replace(merged)
    members = pd.read_csv(REFERENCE / "domain/communes_8epci_2026.csv", dtype=str)
    epci = raw["commune"].map(members.set_index("code_insee")["epci_siren"])
    return table, raw.groupby(epci).sum(numeric_only=True)


def test_unemployment_and_households_of_an_epci_are_those_of_its_counts():
    table, wanted = comparator()
    recent, _ = bm.rebase(table, from_year=2024, to_year=2026)
    sums, _ = bm.aggregate(recent, "epci", measures=bm.measures_of(recent))
    assert sorted(wanted.index) == sorted(BASIN)
    ours = sums.loc[wanted.index]
    np.testing.assert_allclose(ours["households_2021"], wanted["menages_2021"])
    rate = bm.compute("E01", recent, to="epci")
    due = wanted["pop_15_64_chomage_2021"] / wanted["pop_15_64_active_2021"]
    np.testing.assert_allclose(rate[wanted.index], 100 * due)


def test_people_of_the_iris_are_those_of_their_commune_within_four():
    iris = bm.statistics("iris")["population_2021"]
    held = iris.groupby(iris.index.str[:5]).sum()
    path = REFERENCE / "comparateur/communes_comparateur_2021_59_62.csv"
    told = pd.read_csv(path, dtype={"insee_com": str}).drop_duplicates("insee_com")
    told = told.set_index("insee_com")["population_2021"]
    assert len(held) == 1538
    assert (held - told.reindex(held.index)).abs().max() <= 4


def test_the_comparator_of_2018_gives_all_its_known_figures():
    path = REFERENCE / "comparateur_rp2018/base_cc_comparateur_2018_59_62.CSV"
    table = bm.read_source(path)
    assert table.loc[SOMAIN, "vacant_dwellings_2018"] == pytest.approx(
        408.910, abs=1e-3
    )
    parts = ["main_residences_2018", "secondary_residences_2018"]
    parts += ["vacant_dwellings_2018"]
    assert (table["dwellings_2018"] - table[parts].sum(axis=1)).abs().max() < 1e-9
    recent, _ = bm.rebase(table, from_year=2021, to_year=2026)
    every, _ = bm.aggregate(recent, "epci", measures=bm.measures_of(recent))
    sums = every.loc[CALL]
    assert round(sums["population_2018"]) == 241_703
    assert sums["dwellings_2018"] == pytest.approx(110_145.716, abs=1e-3)
    assert sums["vacant_dwellings_2018"] == pytest.approx(8_634.279, abs=1e-3)
    assert sums["main_residences_owned_2018"] == pytest.approx(45_790.823, abs=1e-3)
    assert sums["unemployed_15_64_2018"] == pytest.approx(20_892.427, abs=1e-3)
    assert sums["active_15_64_2018"] == pytest.approx(101_700.264, abs=1e-3)


# -- LOVAC --------------------------------------------------------------------------


def test_the_sum_of_lovac_over_any_epci_that_hides_something_is_a_minimum():
    path = REFERENCE / "lovac/lovac_2025_plus2ans_59_62.csv"
    table = bm.read_source(path)
    column = "vacant_private_dwellings_2y_2025"
    recent, _ = bm.rebase(table, from_year=2025, to_year=2026)
    sums, _ = bm.aggregate(recent, "epci", measures=bm.measures_of(recent))
    raw = pd.read_csv(path, sep=";", dtype=str, index_col="CODGEO_25").iloc[:, 1]
    members = bm.membership("epci")
    hidden = (raw == "s").groupby(raw.index.map(members)).sum()
    known = pd.to_numeric(raw, errors="coerce")
    known = known.groupby(raw.index.map(members)).sum()
    assert hidden.sum() + (raw[raw.index.map(members).isna()] == "s").sum() == 960
    assert hidden[BASIN].sum() == 139
    states = bm.states_of(sums, column)
    for epci in hidden.index:
        told = "lower_bound" if hidden[epci] else ""
        assert states[epci] == told, epci
        assert sums.loc[epci, column] == known[epci], epci


# -- Filosofi -----------------------------------------------------------------------


def test_filosofi_gives_its_known_figures():
    table = bm.read_source(REFERENCE / "filosofi/cc_filosofi_2021_COM_59_62.csv")
    known = {
        LENS: (17250, 32),
        LIEVIN: (17840, 28),
        DOUAI: (18440, 29),
        DENAIN: (14890, 43),
        SOMAIN: (19150, 23),
    }
    columns = ["median_living_standard_2021", "poverty_rate_2021"]
    for code, pair in known.items():
        assert tuple(table.loc[code, columns]) == pair, code
    members = bm.membership("epci")
    call = table.loc[table.index.map(members) == CALL, columns[0]]
    assert (call.min(), call.max()) == (16370, 27470)
    basin = table[table.index.map(members).isin(BASIN)]
    assert (basin["median_living_standard_2021_state"] == "secret").sum() == 1
    assert (basin["poverty_rate_2021_state"] == "secret").sum() == 193


# -- RPLS ---------------------------------------------------------------------------


def of_2017():
    """Return the EPCI of each commune on 1 January 2017."""
    path = REFERENCE / "epci_dgcl/epci_2017_59_62.csv"
    return pd.read_csv(path, sep=";", dtype=str).set_index("insee")["siren"]


def test_lines_of_epci_of_rpls_are_the_sums_of_their_communes():
    path = REFERENCE / "rpls/rpls_aggrege_2016_59_62.csv"
    table = bm.read_source(path)
    raw = pd.read_csv(path, dtype=str)
    epcis = raw[raw["TypeZone"] == "Epci"].set_index("epci_2017")
    members = of_2017()
    columns = {
        "social_dwellings_2016": "Parc_HLM",
        "social_dwellings_in_qpv_2016": "Parc_en_qpv",
        "social_dwellings_vacant_2016": "Taux_de_vacance_numerateur",
        "social_dwellings_offered_2016": "Taux_de_vacance_denominateur",
        "social_moves_in_2016": "Taux_de_mobilite_numerateur",
        "social_dwellings_offered_1y_2016": "Taux_de_mobilite_denominateur",
        "social_rents_2016": "Loyer_total",
        "social_rented_area_m2_2016": "Surface_totale",
    }
    sums = table[list(columns)].groupby(table.index.map(members)).sum()
    told = pd.Index(BASIN)
    for ours, theirs in columns.items():
        due = pd.to_numeric(epcis.loc[told, theirs])
        np.testing.assert_allclose(sums.loc[told, ours], due, rtol=1e-6, err_msg=ours)


def test_the_mean_of_communal_rates_is_not_the_rate_of_douaisis():
    table = bm.read_source(REFERENCE / "rpls/rpls_aggrege_2016_59_62.csv")
    members = of_2017()
    rows = table[table.index.map(members) == DOUAISIS]
    above = rows["social_dwellings_vacant_2016"]
    below = rows["social_dwellings_offered_2016"]
    assert (above.sum(), below.sum()) == (139, 17_414)
    assert 100 * above.sum() / below.sum() == pytest.approx(0.798, abs=5e-4)
    assert (100 * above / below.mask(below == 0)).mean() == pytest.approx(
        1.787, abs=5e-4
    )


# -- DVF by commune -----------------------------------------------------------------

SALES = {
    2020: ("Nb_mutations", 292, 51_740),
    2022: ("Nb_mutations", 349, 54_645),
    2024: ("nb_mutations", 224, 40_099),
}


def sales(year):
    named = SALES[year][0]
    return bm.read_table(
        REFERENCE / f"dvf_communes/dvf{year}_59_62.csv",
        code="INSEE_COM",
        measures={
            named: "sales",
            "NbMaisons": "sales_houses",
            "NbApparts": "sales_flats",
            "PrixMoyen": bm.Median(label="Prix moyen", unit="€"),
        },
        source="DGFiP, DVF",
        vintage=year,
        cog=2024,
        decimal=".",
    )


@pytest.mark.parametrize("year", SALES)
def test_sales_by_commune_are_those_known_whatever_the_layout(year):
    table = sales(year)
    _, lens, every = SALES[year]
    assert table.loc[LENS, f"sales_{year}"] == lens
    assert table[f"sales_{year}"].sum() == every
    parts = table[f"sales_houses_{year}"] + table[f"sales_flats_{year}"]
    assert (parts == table[f"sales_{year}"]).all()


def test_prices_that_a_producer_wrote_as_powers_of_ten_are_read():
    prices = sales(2020)["PrixMoyen_2020"]
    assert prices[LENS] == pytest.approx(116_040.205, abs=1e-3)
    # « 3e+05 » and « 2e+05 » of R.
    assert set(prices) >= {300_000, 200_000}


def test_the_share_of_houses_is_computed_from_counts_and_not_from_swapped_columns():
    table = sales(2024)
    lens = table.loc[LENS]
    assert round(100 * lens["sales_houses_2024"] / lens["sales_2024"]) == 63
    raw = pd.read_csv(
        REFERENCE / "dvf_communes/dvf2024_59_62.csv", dtype={"INSEE_COM": str}
    ).set_index("INSEE_COM")
    # The producer says 37 and 63: exchanged in all rows.
    assert tuple(raw.loc[LENS, ["PropMaison", "PropAppart"]]) == (37, 63)


def test_what_may_have_lost_digits_in_a_spreadsheet_is_no_number(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("code;n\n62498;1.2E+05\n62510;12\n")
    with pytest.raises(MeasureError, match=r"1\.2E\+05"):
        bm.read_table(path, code="code", measures=["n"], source="x", vintage=2020)
    path.write_text("code;n\n62498;-1.7763568394002505e-15\n62510;12\n")
    found = bm.read_table(path, code="code", measures=["n"], source="x", vintage=2020)
    assert found["n_2020"].tolist() == [0, 12]


# -- others -------------------------------------------------------------------------


def test_a_regional_series_of_sitadel_is_no_file_of_communes():
    path = REFERENCE / "sitadel/ROES_201702_AUT_REG_hdf.csv"
    with pytest.raises(DataError, match="no known file has these columns"):
        bm.read_source(path)
    # Months of two regions: no row a territory.
    with pytest.raises(DataError, match="several rows that differ"):
        bm.read_table(
            path,
            code="REG",
            level="region",
            measures={"log_AUT": "authorised_dwellings"},
            source="SDES",
            vintage=2016,
        )
    raw = pd.read_csv(path)
    year = raw[(raw["REG"] == 31) & (raw["date"] // 100 == 2016)]
    assert year["log_AUT"].sum() == 18_387


def test_populations_of_several_years_in_one_column_are_refused():
    path = REFERENCE / "metadonnees/population-millesimee-communes-francaises.csv"
    with pytest.raises(DataError, match="several rows that differ"):
        bm.read_table(
            path,
            code="code_insee",
            measures={"population_municipale": "population"},
            source="Insee",
            vintage=2014,
        )


def test_the_urban_basin_to_redevelop_is_159_communes_of_nine_groupings(tmp_path):
    codes = pd.read_csv(REFERENCE / "zonages_anct/bud_communes_derived.csv", dtype=str)
    mine = bm.user_perimeter("bud", codes["code"], name="BUD", source="ANCT, 2018-2020")
    assert len(mine.communes) == 159
    held = bm.membership("epci")[list(mine.communes)].value_counts()
    wanted = [37, 25, 24, 21, 17, 13, 13, 1]
    assert sorted(held[held.index.isin(BASIN)], reverse=True) == wanted
    assert held[~held.index.isin(BASIN)].sum() == 8
    drawn = gpd.read_file(REFERENCE / "zonages_anct/bud.topojson").set_crs(4326)
    path = tmp_path / "bud.gpkg"
    drawn.to_file(path)
    area = drawn.to_crs(2154).area.sum() / 1e6
    assert area == pytest.approx(1_225.7, rel=2e-3)


def test_quartiers_that_are_points_of_communes_are_no_outlines():
    path = REFERENCE / "qpv_2024/centroide-4326_qpv_59_62.geojson"
    with pytest.raises(CodeError, match="55 code"):
        bm.read_units(path, "quartier", code="code_qp", generation="2024")
    raw = gpd.read_file(path)
    pairs = raw.assign(code_qp=raw["code_qp"].str.split(r"[,;]\s*", regex=True))
    pairs = pairs.explode("code_qp")
    assert pairs["code_qp"].nunique() == 158
    held = pairs.groupby("code_qp")["insee_com"].agg(list)
    assert (held.map(len) > 1).sum() == 53
    assert sorted(held["QN05940M"]) == sorted([SOMAIN, "59501"])


def test_outlines_of_36_epci_and_13_arrondissements_are_read():
    epcis = bm.read_units(
        REFERENCE / "contours/epci_metro_geo_2025_59_62_l93.geojson",
        "epci",
        code="EPCI",
        repair=True,
    )
    assert len(epcis) == 36
    assert epcis.loc[CALL].geometry.area / 1e6 == pytest.approx(240.78, abs=0.01)
    parts = bm.read_units(
        REFERENCE / "contours/polygone-4326_arr_59_62.geojson",
        "arrondissement",
        code="insee_arr",
    )
    assert len(parts) == 13
