"""
The traps of the field that concern territories, measures and time, one test each.

The numbers are those of the list in `tests/README.md`; where a trap belongs to a
room that is not built yet, the list says so.
"""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import basinmap as bm
from basinmap.errors import (
    BasinmapWarning,
    CodeError,
    CRSError,
    DataError,
    MeasureError,
)

SHARED = Path(__file__).parents[2] / "shared/data/reference"
needs_reference = pytest.mark.skipif(not SHARED.exists(), reason="no reference data")
OSTREVENT, HAINAUT = "245901152", "200042190"
YEARS = ["population_2019", "population_2020", "population_2021"]


def test_trap_01_a_moving_perimeter_is_constant_unless_asked_and_then_warned_of():
    table = bm.statistics()
    constant, report = bm.compare_dates(table, "epci", columns=YEARS)
    assert constant.loc[OSTREVENT, YEARS].tolist() == [70_800, 70_668, 70_431]
    assert "Périmètre constant" in str(report)
    with pytest.warns(BasinmapWarning, match=r"Émerchicourt \(59192\)"):
        current, report = bm.compare_dates(
            table, "epci", columns=YEARS, perimeter="current"
        )
    assert current.loc[OSTREVENT, YEARS].tolist() == [70_800, 71_494, 70_431]
    apparent = current.loc[OSTREVENT, YEARS].astype(float).pct_change().dropna() * 100
    true = constant.loc[OSTREVENT, YEARS].astype(float).pct_change().dropna() * 100
    assert apparent.round(2).tolist() == [0.98, -1.49]
    assert true.round(2).tolist() == [-0.19, -0.34]
    assert "Émerchicourt (59192)" in str(report)


@needs_reference
def test_trap_01_agrees_with_the_published_tables_of_five_years():
    published = pd.read_csv(SHARED / "domain/test_emerchicourt.csv")
    columns = [f"population_{year - 3}" for year in published["annee_fichier"]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BasinmapWarning)
        moving, _ = bm.compare_dates(
            bm.statistics(), "epci", columns=columns, perimeter="current"
        )
    fixed, _ = bm.compare_dates(bm.statistics(), "epci", columns=columns)
    assert moving.loc[OSTREVENT, columns].tolist() == published["ccco_publie"].tolist()
    assert moving.loc[HAINAUT, columns].tolist() == published["caph_publie"].tolist()
    told = published["ccco_perimetre_constant_20"].tolist()
    assert fixed.loc[OSTREVENT, columns].tolist() == told
    told = published["caph_perimetre_constant_47"].tolist()
    assert fixed.loc[HAINAUT, columns].tolist() == told


def test_trap_02_a_siren_changes_while_the_perimeter_does_not():
    before = bm.perimeter("245901228", date="2013-01-01")
    after = bm.perimeter("200044618", date="2014-01-01")
    assert before.communes == after.communes
    assert len(after.communes) == 35
    assert bm.lineage(epci="200044618")["nature"].tolist() == ["siren"]


def test_trap_03_one_siren_bears_several_perimeters():
    counts = [
        len(bm.perimeter(HAINAUT, date=f"{year}-01-01").communes)
        for year in (2018, 2019, 2023, 2024)
    ]
    assert counts == [46, 47, 46, 47]


def test_trap_04_one_name_bears_two_siren():
    events = bm.lineage(epci=HAINAUT)
    same = events[events["from_name"].str.contains("Porte du Hainaut")]
    assert "245901145" in set(same["from_siren"])
    with pytest.raises(CodeError, match="245901145"):
        bm.epcis(epci="245901145")


def test_trap_05_the_nature_changes_and_the_siren_stays():
    natures = [
        bm.epcis(date=f"{year}-01-01").loc[OSTREVENT, "nature"] for year in (2024, 2025)
    ]
    assert natures == ["CC", "CA"]


def test_trap_06_a_scot_has_one_perimeter_a_date():
    counts = [
        len(bm.perimeter("grand-douaisis", date=f"{year}-01-01").communes)
        for year in (2012, 2015, 2019, 2023, 2024)
    ]
    assert counts == [65, 56, 55, 56, 55]


@pytest.mark.parametrize(
    ("written", "official"),
    [
        ("Givenchy-lez-La-Bassée", "62373"),
        ("Haisnes-les-La-Bassée", "62401"),
        ("Mont-Bernenchon", "62584"),
        ("Lambres", "62486"),
    ],
)
def test_trap_07_a_name_is_suggested_and_never_joined(written, official):
    with pytest.raises(CodeError, match=official):
        bm.user_perimeter("test", [written], name="Test", source="enquête publique")
    assert official in set(bm.find_unit(written, level="commune")["code"])


def test_trap_08_the_comma_of_a_name_survives(tmp_path):
    name = bm.epcis().loc["200072460", "name"]
    assert name == "CA de Béthune-Bruay, Artois-Lys Romane"
    assert "Cœur" in bm.epcis().loc[OSTREVENT, "name"]
    bm.epcis()[["name"]].to_csv(tmp_path / "epci.csv")
    read = pd.read_csv(tmp_path / "epci.csv", dtype=str).set_index("epci")
    assert read.loc["200072460", "name"] == name


def test_trap_09_a_code_is_a_string():
    for wrong, right in [(200072460.0, "200072460"), ("200072460.0", "200072460")]:
        with pytest.raises(CodeError, match=f"'{right}'"):
            bm.check_codes([wrong], "epci")
    with pytest.raises(CodeError, match="'02691'"):
        bm.check_codes(["2691"], "commune")
    repaired, report = bm.repair_codes(pd.Series(["2691", "02691 "]), "commune")
    assert repaired.tolist() == ["02691", "02691"]
    assert "2" in str(report)


@needs_reference
def test_trap_10_a_secret_is_no_zero_and_a_sum_with_it_is_a_bound():
    path = SHARED / "lovac/lovac_2025_plus2ans_59_62.csv"
    raw = pd.read_csv(path, sep=";", dtype=str).set_index("CODGEO_25")
    column = "pp_vacant_plus_2ans_25"
    table = bm.parse_counts(raw[column].rename_axis("commune"))
    states = bm.states_of(table, column)
    assert (states == "secret").sum() == 960
    assert (table[column] == 0).sum() == 27
    summed, report = bm.aggregate(table, "epci", measures={column: bm.Stock()})
    state = bm.states_of(summed, column)
    hidden = bm.membership("epci")[states.index[states == "secret"]].unique()
    assert set(state.index[state == "lower_bound"]) == set(hidden)
    assert "minimums" in str(report)


def test_trap_11_a_ratio_owns_its_two_counts():
    row = bm.indicators().loc["L02"]
    counts = (row["numerator"], row["denominator"])
    assert counts == ("main_residences", "dwellings")
    without = bm.statistics().drop(columns="dwellings_2021")
    with pytest.raises(bm.errors.ColumnError, match="'dwellings'"):
        bm.compute("L02", without)


def test_trap_14_two_generations_of_quartiers_are_not_compared():
    left = bm.quartiers().assign(generation="2015")
    right = bm.quartiers().assign(generation="2024")
    with pytest.raises(bm.errors.VintageError, match=r"2015.*2024"):
        bm.check_generations(left, right)


def test_trap_15_a_quartier_may_span_communes():
    two = bm.communes().loc[["62498", "62510"]]
    middle = two.representative_point()
    shape = middle.union_all().convex_hull.buffer(300)
    quartier = bm.quartiers().assign(generation="none")
    quartier.geometry = [shape]
    shares, _ = bm.quartier_shares(quartier, bm.communes())
    assert {"62498", "62510"} <= set(shares.index.get_level_values("commune"))
    assert shares["share_area"].sum() == pytest.approx(1, abs=0.01)


def test_trap_16_a_basin_is_a_named_dated_sourced_perimeter():
    basin = bm.perimeter("bassin-minier")
    assert len(basin.communes) == 336
    assert "Insee Flash" in basin.source
    own = bm.user_perimeter("unesco", ["59574"], name="Bien inscrit", source="MBM")
    assert (own.name, own.source) == ("Bien inscrit", "MBM")
    with pytest.raises(DataError, match="where the list comes from"):
        bm.user_perimeter("erbm", ["59574"], name="ERBM", source=" ")


def test_trap_17_each_column_carries_its_vintage():
    table = bm.statistics()
    assert table.loc["62498", ["population_2022", "population_2023"]].tolist() == [
        32_697,
        32_920,
    ]
    measures = bm.measures_of(table)
    assert measures["population_2023"].vintage == "2023"
    mixed = bm.Ratio(numerator="vacant_dwellings_2021", denominator="population_2023")
    with pytest.raises(MeasureError, match="vintage"):
        bm.aggregate(table, "epci", measures={**measures, "rate": mixed})


def test_trap_17_the_two_samplings_of_the_census_are_not_mixed():
    table = pd.DataFrame(
        {"owners": [3.0], "households": [4.0]},
        index=pd.Index(["62498"], name="commune"),
    )
    measures = {
        "owners": bm.Stock(family="P", vintage="2021"),
        "households": bm.Stock(family="C", vintage="2021"),
        "rate": bm.Ratio(numerator="owners", denominator="households"),
    }
    with pytest.raises(MeasureError, match="family"):
        bm.aggregate(table, "epci", measures=measures)


@pytest.mark.parametrize("crs", [4326, 3857])
def test_trap_18_nothing_is_measured_in_degrees_or_in_web_mercator(crs):
    place = bm.places().loc[["louvre-lens"]].to_crs(crs)
    with pytest.raises(CRSError, match=r"to_crs\(2154\)"):
        bm.rings(place, distances=[10_000])


def test_trap_19_the_rule_of_counting_is_named():
    areas = bm.rings(bm.LOUVRE_LENS, distances=[10_000])
    units = bm.communes().dropna(subset="scot")
    call = {"sums": ["population"], "allow_partial": True}  # 9 % are around Arras
    whole = bm.reach(areas, units, rule="centroid", **call)
    shared = bm.reach(areas, units, rule="area", **call)
    assert whole["population"].iloc[0] == 283_410
    assert shared["population"].iloc[0] != whole["population"].iloc[0]
    assert "représentatif" in whole.attrs["rule"]
    assert "estimation" in shared.attrs["rule"]


def test_trap_22_the_mean_of_communal_rates_is_not_to_be_had():
    table = bm.statistics()
    right = bm.compute("L04", table, to="epci")["246200364"]
    communal = bm.compute("L04", table)
    wrong = communal.groupby(bm.membership("epci")).mean()["246200364"]
    assert round(right, 3) == 7.190
    assert round(wrong, 3) == 5.995
    with pytest.raises(MeasureError, match="per cent"):
        bm.aggregate(communal.to_frame(), "epci", measures={"L04": bm.Stock(unit="%")})


def test_trap_24_labels_come_from_one_table():
    assert bm.communes().loc["62486", "name"] == "Lambres-lez-Aire"
    assert bm.find_unit("62486").loc[0, "name"] == "Lambres-lez-Aire"


def test_trap_25_the_region_is_not_the_same_before_2016():
    regions = [
        bm.membership("region", date=f"{year}-01-01")["62498"] for year in (2015, 2016)
    ]
    assert regions == ["31", "32"]


def test_trap_27_a_typo_is_a_suggestion():
    assert bm.find_unit("Sessevale").loc[0, "code"] == "sessevalle"
    with pytest.raises(CodeError):
        bm.perimeter("Sessevale")


def test_arrondissements_equal_two_scot_exactly():
    arrondissement, scot = bm.membership("arrondissement"), bm.membership("scot")
    lens = set(arrondissement.index[arrondissement == "627"])
    assert lens == set(scot.index[scot == "lens-lievin-henin-carvin"])
    valenciennes = set(arrondissement.index[arrondissement == "596"])
    assert valenciennes == set(scot.index[scot == "valenciennois"])


def test_a_median_and_a_bare_percentage_do_not_add_up():
    income = pd.DataFrame(
        {"income": [20_000.0]}, index=pd.Index(["62498"], name="commune")
    )
    with pytest.raises(MeasureError, match="median"):
        bm.aggregate(income, "epci", measures={"income": bm.Median()})


@pytest.mark.parametrize("rule", ["majority", "unanimous"])
def test_a_category_follows_the_rule_that_is_said(rule):
    codes = pd.Index(["62498", "62510", "62065"], name="commune")
    table = pd.DataFrame({"type": ["a", "b", "b"], "people": [9.0, 3.0, 3.0]}, codes)
    kind = bm.Category(rule=rule, weight="people")
    lens = bm.membership("epci").loc[codes].rename("zone")
    result, _ = bm.aggregate(table, lens, measures={"type": kind})
    if rule == "majority":
        assert result.loc["246200364", "type"] == "a"
    else:
        assert pd.isna(result.loc["246200364", "type"])
        assert bm.states_of(result, "type")["246200364"] == "not_applicable"


def test_the_four_kinds_of_nothing_survive_export_and_reading(tmp_path):
    lens = bm.communes(epci="call")
    raw = pd.Series(["0", "s", "s.o.", "n.d."], index=lens.index[:4], name="vacant")
    table = bm.parse_counts(raw.rename_axis("commune"))
    layer = lens.iloc[:4].join(table)
    path = bm.write_geopackage(tmp_path / "lens.gpkg", {"communes": layer})
    back = bm.read_units(path, "commune", code="commune")
    assert bm.states_of(back, "vacant").tolist() == [
        "",
        "secret",
        "not_applicable",
        "not_available",
    ]
    assert back["vacant"].iloc[0] == 0
    assert np.isnan(back["vacant"].iloc[1])


def test_a_growth_takes_the_perimeter_rule_and_one_date_does_not():
    table = bm.statistics()
    constant = bm.compute("D02", table, to="epci")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BasinmapWarning)
        current = bm.compute("D02", table, to="epci", perimeter="current")
    # The métropole took in five communes in 2021, under a new SIREN.
    assert current.attrs["states"]["200093201"] == "not_applicable"
    assert np.isnan(current["200093201"])
    assert current["246200364"] == constant["246200364"]
    with pytest.raises(bm.errors.VintageError, match="compares dates"):
        bm.compute("L04", table, to="epci", perimeter="current")
