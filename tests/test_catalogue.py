"""The catalogue of indicators: its entries, and a value by hand of each of them."""

import csv
import importlib.util
import tomllib
from importlib import resources
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import basinmap as bm
from basinmap.catalogue.entries import catalogue, indicator, read
from basinmap.deliverables.age_pages import BANDS
from basinmap.errors import (
    BasinmapWarning,
    CodeError,
    ColumnError,
    DataError,
    MeasureError,
    SecrecyError,
    VintageError,
)
from basinmap.maps.classing.classes import Method
from basinmap.maps.look.palettes import DIVERGING, QUALITATIVE, SEQUENTIAL
from basinmap.territory.levels import LEVELS

LENS, LIEVIN, DOUAI, ARRAS = "62498", "62510", "59178", "62041"
CALL = "246200364"
REFERENCE = Path(__file__).parents[2] / "shared/data/reference"
DOMAIN = REFERENCE / "domain/indicateurs.csv"

EVERY = [
    (id_, variant)
    for id_, item in catalogue().indicators.items()
    for variant in item.variants or [""]
]


def table_of_two(**counts):
    """Return counts of Lens and Liévin, that declare nothing."""
    index = pd.Index([LENS, LIEVIN], name="commune")
    return pd.DataFrame({name: list(pair) for name, pair in counts.items()}, index)


def union():
    """Return both as one territory of the user."""
    return pd.Series("both", pd.Index([LENS, LIEVIN], name="commune"), name="secteur")


# -- the entries -------------------------------------------------------------------


def test_the_catalogue_holds_the_69_indicators_of_the_field():
    assert len(catalogue().indicators) == 69
    sizes = {f: sum(i[0] == f for i in catalogue().indicators) for f in "DLSMCFREP"}
    assert list(sizes.values()) == [13, 16, 14, 4, 3, 5, 3, 4, 7]


@pytest.mark.skipif(not DOMAIN.exists(), reason="the list of the field is not here")
def test_the_catalogue_is_the_list_of_the_field():
    with DOMAIN.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == list(catalogue().indicators)
    median = {row["id"] for row in rows if row["agregation"].startswith("M ")}
    median |= {row["id"] for row in rows if row["agregation"] == "M"}
    told = {i for i, item in catalogue().indicators.items() if item.kind == "median"}
    assert median - {"R02"} <= told


@pytest.mark.parametrize(("id_", "variant"), EVERY)
def test_an_entry_says_all_that_a_map_and_a_document_need(id_, variant):
    item = indicator(id_, variant or None)
    palettes = {*SEQUENTIAL, *DIVERGING, *QUALITATIVE}
    assert item.map.palette in palettes
    assert item.map.method in {"", *get_args(Method)}
    assert bool(item.map.method) == (item.map.type == "choropleth")
    assert (item.map.pivot is not None) == (item.map.palette in DIVERGING)
    assert set(item.levels) <= set(LEVELS)
    assert item.label.strip() == item.label != ""
    assert item.definition[0].isupper()
    assert item.unit or id_ == "R03"
    assert item.decimals in {0, 1, 2}
    assert item.deliverables
    assert item.sources
    assert item.verified or item.doubt
    assert item.secrecy.rule
    scales = {"%": 100}
    if item.kind == "ratio" and item.unit == "%" and id_ != "F03":
        assert item.scale == scales[item.unit]
    if item.kind != "median" and item.family:
        families = {catalogue().counts[name].family for name in item.counts}
        assert families <= {item.family, ""}


def test_every_count_serves_an_indicator():
    used = {
        name
        for id_, variant in EVERY
        for name in (*indicator(id_, variant or None).counts, indicator(id_).floor)
    }
    # Flats are embedded beside houses, and no indicator is of them; ages by sex are
    # those of the pyramid.
    ages = {f"{sex}_{band}" for sex in ("men", "women") for band in BANDS}
    assert set(catalogue().counts) - used == {"flats", *ages}


def raw():
    told = resources.files("basinmap.catalogue").joinpath("catalogue.toml")
    return tomllib.loads(told.read_text("utf-8"))


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("numerator", ["nothing_of_the_kind"], "nothing_of_the_kind"),
        ("numerator", ["vacant_dwellings@when"], "is no term"),
        ("numerator", ["vacant_dwellings@period"], "of no period"),
        ("numerator", ["households_c"], "family C"),
        ("numerator", ["poverty_rate"], "never added up"),
        ("denominator", [], "has a denominator"),
        ("levels", ["canton"], "canton"),
        ("secrecy", "nobody", "nobody"),
        ("sources", ["nowhere"], "nowhere"),
        ("kind", "sum", "sum"),
        ("label", "", "label"),
        ("verified", False, "doubt"),
    ],
)
def test_an_entry_that_names_what_does_not_exist_is_refused(field, value, message):
    told = raw()
    told["indicators"]["L04"][field] = value
    with pytest.raises(DataError, match=rf"'L04'.*{message}"):
        read(told)


@pytest.mark.parametrize("field", ["unit", "definition", "map", "direction"])
def test_an_entry_that_lacks_a_field_is_refused(field):
    told = raw()
    del told["indicators"]["L04"][field]
    with pytest.raises(DataError, match="'L04'"):
        read(told)


def test_the_list_shows_every_indicator_with_its_status():
    shown = bm.indicators()
    assert len(shown) == 69
    assert set(shown["status"]) == {"embedded", "file", "partner"}
    assert list(bm.indicators(status="embedded").index) == [
        *("D01", "D02", "D05", "D06", "L01", "L02", "L03", "L04", "L05")
    ]
    assert shown.loc["L10", "numerator"] == (
        "main_residences_rented - main_residences_rented_hlm"
    )
    with pytest.raises(CodeError, match="'open'"):
        bm.indicators(status="open")


def test_the_page_of_the_catalogue_is_that_of_the_catalogue():
    path = Path(__file__).parents[1] / "docs/catalogue/build.py"
    spec = importlib.util.spec_from_file_location("catalogue_build", path)
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    page = build.PAGE.read_text("utf-8")
    assert page == build.page(), "make catalogue"
    assert sum(f"\n| {id_}" in page for id_ in catalogue().indicators) == 69


# -- a value by hand of each --------------------------------------------------------

# Per cent of 1 out of 4, of 3 out of 6, and of 4 out of 10.
QUARTERS = (25, 50, 40)


def share(top, bottom, year=2021, worth=QUARTERS):
    return {f"{top}_{year}": (1, 3), f"{bottom}_{year}": (4, 6)}, worth


def stock(name, year=2021):
    return {f"{name}_{year}": (10, 30)}, (10, 30, 40)


def rooms(name):
    return share(f"main_residences_{name}", "main_residences")


def landing(top):
    return share(top, "enaf_m2", 2022)


def built(kind, stem="started"):
    # 1 of 1 + 1 + 1 + 1, and 3 of 3 + 1 + 1 + 1.
    kinds = ("detached", "grouped", "collective", "residence")
    counts = {f"{stem}_{k}_2023": (1, 3 if k == kind else 1) for k in kinds}
    return counts, QUARTERS


def publ(name, year=2021, values=(21_000, 19_500)):
    return {f"{name}_{year}": values}, (*values, None)


def visitors(name):
    return share(name, "surveyed_visitors", 2022)


LAND = {f"enaf_m2_{year}": (10_000, 20_000) for year in range(2011, 2021)}
AGES = {"main_residences_dated_2021": (8, 12), "main_residences_pre1919_2021": (1, 3)}
YOUNG = {"main_residences_1919to1945_2021": (1, 3)}
OFFERED = {"social_dwellings_let_2023": (3, 3), "social_dwellings_vacant_2023": (1, 3)}
CENSUSES = {
    "births_2015_2021": (60, 30),
    "deaths_2015_2021": (30, 60),
    "population_2015": (1_000, 500),
}
# Lens: 30 built for 20 more, 10 renewed; 4 more secondary or vacant; 1,000 people, 2.5
# in a home, then 2: 500 - 400 homes. (10 + 4 + 100) / 2 = 57. Liévin: 200 built for 200
# more, as many empty, 3 in a home before and after: 0. Both: 10, 4, and 2,200 people in
# 800 homes, then 2,800 in 1,100: 2,200 × 1,100 / 2,800 - 800 = 450/7.
STATIONARY = {
    "dwellings_2020": (500, 600),
    "dwellings_2022": (520, 800),
    "started_dwellings_2020": (20, 200),
    "started_dwellings_2021": (10, 0),
    "secondary_residences_2020": (10, 10),
    "secondary_residences_2022": (11, 10),
    "vacant_dwellings_2020": (20, 20),
    "vacant_dwellings_2022": (23, 20),
    "household_population_2020": (1_000, 1_200),
    "household_population_2022": (1_000, 1_800),
    "main_residences_2020": (400, 400),
    "main_residences_2022": (500, 600),
}
VALUES = {
    # People.
    ("D01", ""): stock("population", 2022),
    ("D02", ""): (
        {"population_2020": (100, 300), "population_2022": (144, 340)},
        # 144/100 = 1.2²; 484/400 = 1.1².
        (20, 6.458129484, 10),
    ),
    # 30 in 6 years of 1,000; -30 in 6 years of 500; 0.
    ("D03", ""): (CENSUSES, (0.5, -1, 0)),
    # 60 - 30 in 6 years of 1,000; -20 + 30 in 6 of 500; 40 in 6 of 1,500.
    ("D04", ""): (
        {**CENSUSES, "population_2021": (1_060, 480)},
        (0.5, 1 / 3, 4 / 9),
    ),
    ("D05", ""): (
        {"population_2022": (100, 300), "area_km2": (2, 3)},
        (50, 100, 80),
    ),
    ("D06", ""): stock("main_residences"),
    ("D07", ""): (
        {"household_population_2021": (20, 36), "main_residences_2021": (10, 12)},
        (2, 3, 56 / 22),
    ),
    ("D08", ""): share("one_person_households", "households_c"),
    ("D09", "families"): share("single_parent_families", "families"),
    ("D09", "households"): share("single_parent_households", "households_c"),
    ("D10", ""): share("population_65_plus", "population_under_20"),
    ("D11", ""): share("population_75_plus", "population"),
    ("D13", ""): share("households_moved_in_2y", "households"),
    # Dwellings.
    ("L01", ""): stock("dwellings"),
    ("L02", ""): share("main_residences", "dwellings"),
    ("L03", ""): share("secondary_residences", "dwellings"),
    ("L04", ""): share("vacant_dwellings", "dwellings"),
    ("L05", ""): share("houses", "dwellings"),
    ("L06", "T1"): rooms("1_room"),
    ("L06", "T2"): rooms("2_rooms"),
    ("L06", "T3"): rooms("3_rooms"),
    ("L06", "T4"): rooms("4_rooms"),
    ("L06", "T5"): rooms("5_rooms"),
    ("L07", "before-1946"): ({**AGES, **YOUNG}, QUARTERS),
    ("L07", "before-1919"): (AGES, (12.5, 25, 20)),
    ("L07", "before-1971"): (
        {**AGES, **YOUNG, "main_residences_1946to1970_2021": (2, 0)},
        (50, 50, 50),
    ),
    ("L08", ""): share("main_residences_owned", "main_residences"),
    ("L09", ""): share("main_residences_rented_hlm", "main_residences"),
    ("L10", ""): (
        {
            "main_residences_rented_2021": (3, 4),
            "main_residences_rented_hlm_2021": (2, 1),
            "main_residences_2021": (4, 6),
        },
        QUARTERS,
    ),
    ("L11", "norm"): share("overcrowded", "occupancy_known", 2022),
    ("L11", "hstu1p"): share("overcrowded_hstu1p", "main_residences_hstu1p"),
    ("L12", ""): (STATIONARY, (57, 0, (14 + 450 / 7) / 2)),
    ("L13", ""): (
        {"vacant_private_dwellings_2026": (1, 3), "private_dwellings_2025": (4, 6)},
        QUARTERS,
    ),
    ("L14", ""): (
        {"vacant_private_dwellings_2y_2026": (1, 3), "private_dwellings_2025": (4, 6)},
        QUARTERS,
    ),
    ("L15", ""): share("dpe_efg", "dpe_valid", 2025),
    ("L16", ""): (
        {
            "unfit_private_residences_2019": (20, 60),
            "private_main_residences_2019": (400, 600),
        },
        (5, 10, 8),
    ),
    # Social dwellings.
    ("S01", ""): stock("social_dwellings", 2023),
    ("S02", ""): share("social_dwellings", "main_residences"),
    ("S03", ""): (
        {"sru_social_dwellings_2024": (1, 3), "sru_main_residences_2024": (4, 6)},
        (25, 50, None),
    ),
    ("S04", "let"): (OFFERED, QUARTERS),
    ("S04", "offered"): share(
        "social_dwellings_vacant", "social_dwellings_offered", 2023
    ),
    ("S05", "counts"): (
        {**OFFERED, "social_dwellings_vacant_3m_2023": (1, 0)},
        (25, 0, 10),
    ),
    ("S05", "weighted"): (
        {"social_vacancy_3m_rate_2023": (1, 4), "social_dwellings_2023": (20, 10)},
        (1, 4, 2),
    ),
    ("S05", "offered"): share(
        "social_dwellings_vacant_3m", "social_dwellings_offered", 2023
    ),
    ("S06", "counts"): share("social_moves_in", "social_dwellings_offered_1y", 2023),
    ("S06", "weighted"): (
        {"social_mobility_rate_2023": (6, 9), "social_dwellings_2023": (20, 10)},
        (6, 9, 7),
    ),
    ("S07", ""): share("social_dwellings_in_qpv", "social_dwellings", 2023),
    ("S08", "counts"): (
        {"social_rents_2023": (600, 900), "social_rented_area_m2_2023": (100, 200)},
        (6, 4.5, 5),
    ),
    ("S08", "weighted"): (
        {"social_rent_m2_2023": (6, 4.5), "social_dwellings_2023": (10, 20)},
        (6, 4.5, 5),
    ),
    ("S09", ""): share("landlord_dwellings", "social_dwellings", 2023),
    ("S10", ""): (
        {"social_applications_2023": (30, 100), "social_lettings_2023": (15, 20)},
        (2, 5, 130 / 35),
    ),
    ("S11", ""): (
        {"leases_outside_qpv_q1_2023": (10, 30), "leases_outside_qpv_2023": (40, 60)},
        QUARTERS,
    ),
    ("S12", ""): (
        {"leases_in_qpv_q2to4_2023": (10, 30), "leases_in_qpv_2023": (40, 60)},
        QUARTERS,
    ),
    ("S13", "60"): (
        {"ops_households_under_60pct_2022": (10, 30), "ops_households_2022": (40, 60)},
        QUARTERS,
    ),
    ("S13", "40"): (
        {"ops_households_under_40pct_2022": (10, 30), "ops_households_2022": (40, 60)},
        QUARTERS,
    ),
    ("S13", "20"): (
        {"ops_households_under_20pct_2022": (10, 30), "ops_households_2022": (40, 60)},
        QUARTERS,
    ),
    ("S14", "share"): (
        {"plai_households_2020": (100, 300), "fiscal_households_2020": (400, 600)},
        QUARTERS,
    ),
    ("S14", "number"): ({"plai_households_2020": (100, 300)}, (100, 300, 400)),
    # Markets.
    ("M01", "all"): stock("sales", 2023),
    ("M01", "houses"): stock("sales_houses", 2023),
    ("M01", "flats"): stock("sales_flats", 2023),
    ("M01", "land"): stock("sales_land", 2023),
    ("M02", "houses"): publ("median_price_houses", 2023),
    ("M02", "flats"): publ("median_price_flats", 2023),
    ("M02", "houses-m2"): publ("median_price_m2_houses", 2023),
    ("M02", "flats-m2"): publ("median_price_m2_flats", 2023),
    ("M03", ""): publ("median_price_m2_land", 2023),
    ("M04", "median"): publ("median_rent_m2", 2023, (8.4, 9.1)),
    ("M04", "q1"): publ("rent_m2_q1", 2023, (7.4, 8.1)),
    ("M04", "q3"): publ("rent_m2_q3", 2023, (9.4, 9.9)),
    ("M04", "d1"): publ("rent_m2_d1", 2023, (6.4, 6.5)),
    ("M04", "d9"): publ("rent_m2_d9", 2023, (10.4, 11.1)),
    # Building.
    ("C01", "started"): stock("started_dwellings", 2023),
    ("C01", "authorised"): stock("authorised_dwellings", 2023),
    ("C01", "started-recorded"): stock("started_dwellings_recorded", 2023),
    ("C01", "authorised-recorded"): stock("authorised_dwellings_recorded", 2023),
    ("C02", "started"): (
        {"started_dwellings_2023": (5, 45), "population_2022": (1_000, 4_000)},
        (5, 11.25, 10),
    ),
    ("C02", "started-recorded"): (
        {"started_dwellings_recorded_2023": (5, 45), "population_2022": (1_000, 4_000)},
        (5, 11.25, 10),
    ),
    ("C03", "detached"): built("detached"),
    ("C03", "grouped"): built("grouped"),
    ("C03", "collective"): built("collective"),
    ("C03", "residence"): built("residence"),
    ("C03", "detached-authorised"): built("detached", "authorised"),
    ("C03", "grouped-authorised"): built("grouped", "authorised"),
    ("C03", "collective-authorised"): built("collective", "authorised"),
    ("C03", "residence-authorised"): built("residence", "authorised"),
    # Land: 10,000 m² are a hectare.
    ("F01", ""): ({"enaf_m2_2023": (15_000, 5_000)}, (1.5, 0.5, 2)),
    ("F02", "housing"): landing("enaf_housing_m2"),
    ("F02", "activity"): landing("enaf_activity_m2"),
    ("F02", "mixed"): landing("enaf_mixed_m2"),
    ("F02", "road"): landing("enaf_road_m2"),
    ("F02", "rail"): landing("enaf_rail_m2"),
    ("F02", "unknown"): landing("enaf_unknown_m2"),
    # 10,000 m² of 2 km², 30,000 m² of 2 km².
    ("F03", ""): (
        {"enaf_m2_2023": (10_000, 30_000), "area_km2": (2, 2)},
        (0.5, 1.5, 1),
    ),
    # 20,000 of 100,000; 120,000 of 200,000; 140,000 of 300,000.
    ("F04", ""): (
        {**LAND, "enaf_m2_2021": (5_000, 60_000), "enaf_m2_2022": (15_000, 60_000)},
        (20, 60, 140 / 3),
    ),
    # 6,000 m² for 10 more households; one household less; 9,000 m² for 9 more.
    ("F05", "households"): (
        {
            "enaf_housing_m2_2016_2022": (6_000, 3_000),
            "main_residences_2016": (100, 50),
            "main_residences_2022": (110, 49),
        },
        (600, None, 1_000),
    ),
    ("F05", "dwellings"): (
        {
            "enaf_housing_m2_2016_2022": (6_000, 3_000),
            "dwellings_2016": (100, 50),
            "dwellings_2022": (110, 49),
        },
        (600, None, 1_000),
    ),
    # Income.
    ("R01", ""): publ("median_living_standard"),
    ("R02", "counts"): share("poor_persons", "fiscal_persons"),
    ("R02", "published"): publ("poverty_rate", 2021, (25.3, 19.9)),
    ("R03", "deciles"): (
        {"decile_9_2021": (30_000, 36_000), "decile_1_2021": (10_000, 9_000)},
        (3, 4, None),
    ),
    ("R03", "published"): publ("interdecile_ratio", 2021, (3.1, 2.8)),
    # Work.
    ("E01", ""): share("unemployed_15_64", "active_15_64"),
    ("E02", ""): stock("jobs"),
    ("E03", ""): share("jobs", "employed_residents"),
    ("E04", ""): stock("establishment_creations", 2023),
    # The museum.
    ("P01", ""): ({"museum_visits_2022": (571_047, 533_000)}, (571_047, 533_000, None)),
    ("P02", "france"): (*visitors("visitors_france")[:1], (25, 50, None)),
    ("P02", "abroad"): (*visitors("visitors_abroad")[:1], (25, 50, None)),
    ("P02", "nord-pas-de-calais"): (
        *visitors("visitors_nord_pas_de_calais")[:1],
        (25, 50, None),
    ),
    ("P02", "hauts-de-france"): (
        *visitors("visitors_hauts_de_france")[:1],
        (25, 50, None),
    ),
    ("P02", "pma"): (*visitors("visitors_pma")[:1], (25, 50, None)),
    ("P02", "mel"): (*visitors("visitors_mel")[:1], (25, 50, None)),
    ("P02", "call"): (*visitors("visitors_call")[:1], (25, 50, None)),
    # The first year: 42 M€.
    ("P03", ""): ({"visitor_spending_2013": (42e6, 1e6)}, (42, 1, None)),
    # 91 € a visitor.
    ("P04", ""): (
        {
            "visitor_spending_2013": (9_100, 500),
            "non_regional_visitors_2013": (100, 10),
        },
        (91, 50, None),
    ),
    # 61 % of those who answered.
    ("P05", "impact"): (
        {"hotels_positive_2014": (61, 3), "hotels_surveyed_2014": (100, 6)},
        (61, 50, None),
    ),
    ("P05", "turnover"): (
        {"hotels_turnover_up_2014": (42, 3), "hotels_surveyed_2014": (100, 6)},
        (42, 50, None),
    ),
    ("P06", ""): share("hotel_rooms_3_stars", "hotel_rooms", 2014),
    # 9 in 100.
    ("P07", ""): (
        {
            "non_regional_visitors_30min_2014": (9, 1),
            "non_regional_visitors_2014": (100, 10),
        },
        (9, 10, None),
    ),
}


def test_every_indicator_and_variant_has_a_value_by_hand():
    assert set(EVERY) - set(VALUES) == {("D12", "")}  # flows: further down
    assert set(VALUES) <= set(EVERY)


def asked(counts, id_, variant):
    """Return a table of two rows on the level that an indicator is of."""
    table = table_of_two(**counts)
    if not indicator(id_, variant).levels:
        table.index = pd.Index(["first", "second"], name="enquete")
    return table


@pytest.mark.parametrize(("id_", "variant"), VALUES)
def test_an_indicator_is_what_one_finds_by_hand(id_, variant):
    counts, (first, second, _) = VALUES[id_, variant]
    found = bm.compute(
        id_, asked(counts, id_, variant or None), variant=variant or None
    )
    wanted = [np.nan if value is None else value for value in (first, second)]
    np.testing.assert_allclose(found.to_numpy(), wanted, rtol=1e-9)
    item = indicator(id_, variant or None)
    assert (found.attrs["unit"], found.attrs["label"]) == (
        (item.unit, item.label) if item.unit else ("", item.label)
    )


@pytest.mark.parametrize(("id_", "variant"), VALUES)
def test_above_it_is_computed_from_sums_or_refused(id_, variant):
    counts, (*_, both) = VALUES[id_, variant]
    table, chosen = asked(counts, id_, variant or None), variant or None
    if both is None:
        with pytest.raises(MeasureError, match=id_):
            bm.compute(id_, table, to=union(), variant=chosen)
        return
    found = bm.compute(id_, table, to=union(), variant=chosen)
    assert found["both"] == pytest.approx(both, rel=1e-9)


# The table of the last one allows an earlier one too.
@pytest.mark.parametrize(
    ("id_", "variant"), [key for key in VALUES if key[1] != "before-1971"]
)
def test_the_variant_that_a_table_allows_is_found(id_, variant):
    counts, (first, *_) = VALUES[id_, variant]
    found = bm.compute(id_, asked(counts, id_, variant or None))
    assert found.iloc[0] == pytest.approx(first)


# -- years -------------------------------------------------------------------------

YEARLY = {f"enaf_m2_{year}": (10_000, 20_000) for year in range(2011, 2024)}


def test_a_period_is_the_sum_of_its_years():
    found = bm.compute("F01", table_of_two(**YEARLY), year=(2012, 2020))
    assert found.tolist() == [8, 16]
    assert found.attrs["title"].endswith("de 2012 à 2020")


def test_the_last_year_is_taken_where_none_is_asked_for():
    found = bm.compute("F01", table_of_two(**YEARLY))
    assert found.tolist() == [1, 2]
    assert found.attrs["title"].endswith("forestiers en 2023")


def test_periods_of_the_producer_are_put_end_to_end():
    counts = {
        "births_2010_2015": (50, 50),
        "births_2015_2021": (60, 60),
        "deaths_2010_2015": (25, 25),
        "deaths_2015_2021": (30, 30),
        "population_2010": (1_000, 500),
        "population_2015": (1_000, 500),
    }
    table = table_of_two(**counts)
    # 55 in 11 years of 1,000, of 500; 30 in 6.
    assert bm.compute("D03", table).tolist() == pytest.approx([0.5, 1])
    assert bm.compute("D03", table, year=(2015, 2021)).tolist() == pytest.approx(
        [0.5, 1]
    )


def test_a_period_that_the_producer_summed_is_taken_as_it_is():
    counts = {"enaf_m2_2011_2021": (100, 200), "enaf_m2_2021_2025": (30, 120)}
    found = bm.compute("F04", table_of_two(**counts))
    assert found.tolist() == [30, 60]
    assert found.attrs["title"].endswith("au 1er janvier 2025")


def test_a_trajectory_stops_at_the_year_asked_for():
    table = table_of_two(**YEARLY)
    assert bm.compute("F04", table, year=2023).tolist() == [20, 20]
    assert bm.compute("F04", table).tolist() == [30, 30]
    with pytest.raises(VintageError, match="write year=2023"):
        bm.compute("F04", table, year=(2011, 2023))


@pytest.mark.parametrize("year", [(2009, 2011), 2010, (2020, 2030), (2015, 2012)])
def test_a_window_that_the_file_does_not_cover_is_refused(year):
    with pytest.raises(ColumnError, match="from 1 January to 1 January"):
        bm.compute("F01", table_of_two(**YEARLY), year=year)


def test_a_trajectory_without_its_whole_decade_is_refused():
    short = {name: pair for name, pair in YEARLY.items() if name != "enaf_m2_2014"}
    with pytest.raises(ColumnError, match="all of 2011 to 2021"):
        bm.compute("F04", table_of_two(**short))


def test_the_stock_of_the_year_before_is_never_that_of_the_year():
    counts = {"vacant_private_dwellings_2026": (1, 3), "private_dwellings_2026": (4, 6)}
    with pytest.raises(ColumnError, match=r"year before.*no counts of 2025"):
        bm.compute("L13", table_of_two(**counts))


def test_of_several_editions_the_last_whole_one_is_taken():
    counts = {
        "vacant_private_dwellings_2026": (1, 3),
        "vacant_private_dwellings_2025": (2, 3),
        "private_dwellings_2024": (4, 6),
    }
    found = bm.compute("L13", table_of_two(**counts))
    assert found.attrs["vintage"] == "2025"
    assert found.tolist() == [50, 50]


def test_the_year_of_a_population_that_lags_is_printed():
    counts = {
        "started_dwellings_2023": (5, 45),
        "population_2020": (1, 1),
        "population_2022": (1_000, 4_000),
        "population_2024": (2, 2),
    }
    found = bm.compute("C02", table_of_two(**counts))
    assert found.tolist() == [5, 11.25]
    assert any(note.endswith(": 2022.") for note in found.attrs["notes"])


def test_counts_without_a_year_are_not_set_beside_those_of_one():
    counts = {"vacant_private_dwellings": (1, 3), "private_dwellings_2025": (4, 6)}
    with pytest.raises(ColumnError, match="bear no year, others do"):
        bm.compute("L13", table_of_two(**counts))
    counts = {"social_dwellings": (1, 3), "main_residences_2021": (4, 6)}
    found = bm.compute("S02", table_of_two(**counts))
    assert found.tolist() == [25, 50]
    assert found.attrs["title"] == "Densité de logements sociaux"
    assert any(note.endswith(": 2021.") for note in found.attrs["notes"])


@pytest.mark.parametrize("id_", ["L12", "F05", "L10", "S04"])
def test_a_negative_count_is_refused_whatever_is_made_of_it(id_):
    key = next(key for key in VALUES if key[0] == id_)
    table = table_of_two(**VALUES[key][0])
    name = table.columns[-1]
    table[name] = [-1, 5]
    for to in (None, union()):
        with pytest.raises(MeasureError, match=rf"{name}.*1 negative.*'62498'"):
            bm.compute(id_, table, to=to)


def test_a_count_that_stands_twice_for_a_year_is_refused():
    table = table_of_two(dwellings_2021=(1, 1), dwellings=(2, 2))
    measures = {c: bm.Stock(vintage="2021") for c in table}
    table = bm.describe(table, measures=measures)
    with pytest.raises(ColumnError, match=r"stands twice for 2021.*drop one"):
        bm.compute("L01", table)


def test_the_years_of_an_indicator_are_asked_for_as_it_wants_them():
    table = table_of_two(**STATIONARY)
    with pytest.raises(VintageError, match=r"year=\(2017, 2022\)"):
        bm.compute("L12", table, year=2022)
    with pytest.raises(ColumnError, match="compares two years"):
        bm.compute("L12", table, year=(2020, 2021))


# -- properties --------------------------------------------------------------------

SHARES = [
    (id_, variant)
    for id_, variant in EVERY
    if (item := indicator(id_, variant or None)).kind == "ratio"
    and item.unit.startswith("%")
    and item.levels
    and item.partition
    and not item.floor
    and len(item.terms) == 2
    and id_ not in {"F03", "F04"}
]
drawn = st.lists(
    st.tuples(st.integers(0, 1_000), st.integers(0, 1_000)), min_size=2, max_size=2
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SHARES), drawn)
def test_the_share_of_a_whole_lies_between_those_of_its_parts(key, pairs):
    item = indicator(key[0], key[1] or None)
    above, below = (term.count for term in item.terms)
    lag = item.denominator[0].when == "previous"
    counts = {
        f"{above}_2023": [part for part, _ in pairs],
        f"{below}_{2022 if lag else 2023}": [part + rest for part, rest in pairs],
    }
    table = table_of_two(**counts)
    parts = bm.compute(item.id, table, variant=key[1] or None)
    whole = bm.compute(item.id, table, variant=key[1] or None, to=union())["both"]
    assert parts.dropna().between(0, 100).all()
    if parts.isna().all():
        assert np.isnan(whole)
    else:
        assert parts.min() - 1e-9 <= whole <= parts.max() + 1e-9


STOCKS = [
    key
    for key in VALUES
    if indicator(key[0], key[1] or None).kind == "stock"
    and indicator(key[0]).levels
    and not indicator(key[0], key[1] or None).floor
]


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(STOCKS), st.tuples(*[st.integers(0, 10**6)] * 2))
def test_sums_are_conserved(key, pair):
    (name,) = VALUES[key][0]
    table = table_of_two(**{name: pair})
    own = bm.compute(key[0], table, variant=key[1] or None)
    whole = bm.compute(key[0], table, variant=key[1] or None, to=union())
    assert whole["both"] == pytest.approx(own.sum())


# -- what counts are worth ----------------------------------------------------------


def test_a_secret_in_a_sum_of_counts_makes_a_minimum():
    table = table_of_two(**OFFERED, social_dwellings_vacant_3m_2023=(1, np.nan))
    table["social_dwellings_vacant_3m_2023_state"] = ["", "secret"]
    found = bm.compute("S05", table, to=union())
    assert found["both"] == 10  # of 10, 1 at least
    assert found.attrs["states"] == {"both": "lower_bound"}


def test_a_secret_that_is_taken_away_bounds_nothing():
    counts = VALUES["L10", ""][0]
    table = table_of_two(**counts).astype(float)
    table.loc[LIEVIN, "main_residences_rented_hlm_2021"] = np.nan
    table["main_residences_rented_hlm_2021_state"] = ["", "secret"]
    for to, code in ((None, LIEVIN), (union(), "both")):
        found = bm.compute("L10", table, to=to)
        assert np.isnan(found[code])
        assert found.attrs["states"] == {code: "secret"}


@pytest.mark.parametrize("id_", ["L10", "L12", "D04", "F05"])
@pytest.mark.parametrize("allowed", [False, True])
def test_a_part_of_a_unit_is_not_taken_for_the_whole(id_, allowed):
    key = next(key for key in VALUES if key[0] == id_)
    table = table_of_two(**VALUES[key][0])
    if not allowed:
        with pytest.raises(DataError, match="no unit of level 'epci' is whole"):
            bm.compute(id_, table, to="epci")
        return
    found = bm.compute(id_, table, to="epci", allow_partial=True)
    assert found[CALL] == pytest.approx(VALUES[key][1][2])
    assert found.attrs["states"] == {CALL: "estimated"}
    assert CALL in found.attrs["remarks"]


@pytest.mark.parametrize("state", ["secret", "not_available"])
def test_a_formula_is_worth_what_its_counts_are(state):
    table = table_of_two(**STATIONARY).astype(float)
    table.loc[LENS, "dwellings_2020"] = np.nan
    table["dwellings_2020_state"] = [state, ""]
    found = bm.compute("L12", table)
    assert found.attrs["states"] == {LENS: state}
    assert np.isnan(found[LENS])
    both = bm.compute("L12", table, to=union())
    assert both.attrs["states"] == {"both": state}


def test_nothing_gained_has_no_consumption_by_gain():
    counts = VALUES["F05", "households"][0]
    found = bm.compute("F05", table_of_two(**counts))
    assert found.attrs["states"] == {LIEVIN: "not_applicable"}


def test_a_home_of_nobody_has_no_point_mort():
    table = table_of_two(**{**STATIONARY, "main_residences_2020": (0, 400)})
    found = bm.compute("L12", table)
    assert found.attrs["states"] == {LENS: "not_applicable"}


def test_the_point_mort_is_not_the_sum_of_its_parts():
    table = table_of_two(**STATIONARY)
    parts, both = bm.compute("L12", table), bm.compute("L12", table, to=union())
    assert both["both"] != pytest.approx(parts.sum())
    assert any("secteur" in note for note in both.attrs["notes"])
    with pytest.raises(MeasureError, match="no column is declared"):
        bm.aggregate(bm.table_of({"L12": parts}), union())


def test_more_taken_away_than_there_is_is_told():
    counts = {**VALUES["L10", ""][0], "main_residences_rented_2021": (1, 4)}
    with pytest.warns(BasinmapWarning, match="below 0 at '62498'"):
        bm.compute("L10", table_of_two(**counts))


def test_two_samplings_make_no_indicator():
    table = table_of_two(**VALUES["D08", ""][0])
    households, people = table.columns
    measures = {households: bm.Stock(family="C"), people: bm.Stock(family="P")}
    with pytest.raises(MeasureError, match="differ by family"):
        bm.compute("D08", bm.describe(table, measures=measures))


def test_two_lists_of_communes_make_no_change():
    table = table_of_two(**VALUES["D04", ""][0])
    measures = {c: bm.Stock(geography="2024") for c in table}
    measures["population_2021"] = bm.Stock(geography="2025")
    with pytest.raises(MeasureError, match="differ by geography"):
        bm.compute("D04", bm.describe(table, measures=measures))


def test_a_rate_is_no_count():
    table = table_of_two(**VALUES["L04", ""][0])
    mean = bm.Mean(weight="dwellings_2021", vintage="2021")
    table = bm.describe(table, measures={"vacant_dwellings_2021": mean})
    with pytest.raises(MeasureError, match="is a mean; an indicator is of counts"):
        bm.compute("L04", table)


def test_a_published_rate_above_its_level_is_an_estimate_and_says_so():
    table = table_of_two(**VALUES["S08", "weighted"][0])
    own, above = bm.compute("S08", table), bm.compute("S08", table, to=union())
    assert own.attrs["states"] == {}
    assert above.attrs["states"] == {"both": "estimated"}
    assert any("Estimation" in note for note in above.attrs["notes"])
    assert not any("Estimation" in note for note in own.attrs["notes"])


def test_credit_and_years_are_those_of_all_the_counts():
    table = table_of_two(**VALUES["S02", ""][0])
    measures = {
        "social_dwellings_2021": bm.Stock(source="SDES, RPLS", vintage="2021"),
        "main_residences_2021": bm.Stock(source="Insee, RP 2021", vintage="2021"),
    }
    found = bm.compute("S02", bm.describe(table, measures=measures))
    assert found.attrs["sources"] == ("SDES, RPLS", "Insee, RP 2021")
    assert found.attrs["title"] == "Densité de logements sociaux en 2021"


# -- secrecy -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("id_", "floor", "least"),
    [("M02", "sales_houses", 11), ("M04", "rent_observations", 50)],
)
def test_a_median_of_too_few_is_secret(id_, floor, least):
    key = next(key for key in VALUES if key[0] == id_)
    table = table_of_two(**VALUES[key][0], **{f"{floor}_2023": (least - 1, least)})
    found = bm.compute(id_, table)
    assert found.attrs["states"] == {LENS: "secret"}
    assert found[LIEVIN] == VALUES[key][1][1]
    assert any(f"sous {least}" in note for note in found.attrs["notes"])


def test_a_median_without_its_number_says_that_the_rule_was_not_seen_to():
    found = bm.compute("M04", table_of_two(**VALUES["M04", "median"][0]))
    assert any("non vérifiée" in note for note in found.attrs["notes"])


def test_a_median_of_an_unknown_number_is_secret():
    counts = {**VALUES["M04", "median"][0], "rent_observations_2023": (np.nan, 50)}
    found = bm.compute("M04", table_of_two(**counts))
    assert found.attrs["states"] == {LENS: "secret"}


def test_what_turns_on_a_value_says_so():
    assert bm.compute("D03", table_of_two(**CENSUSES)).attrs["pivot"] == 0
    jobs = bm.compute("E03", table_of_two(**VALUES["E03", ""][0]))
    assert jobs.attrs["pivot"] == 100


def test_few_households_are_secret_alone_and_not_together():
    counts = {
        "ops_households_under_60pct_2022": (5, 30),
        "ops_households_2022": (10, 60),
    }
    table = table_of_two(**counts)
    assert bm.compute("S13", table).attrs["states"] == {LENS: "secret"}
    assert bm.compute("S13", table, to=union())["both"] == 50


def test_a_threshold_is_chosen_where_no_text_sets_it():
    table = table_of_two(**VALUES["M02", "houses"][0], sales_houses_2023=(5, 4))
    assert bm.compute("M02", table, least=5).attrs["states"] == {LIEVIN: "secret"}
    with pytest.raises(SecrecyError, match="least=50"):
        bm.compute("M04", table_of_two(**VALUES["M04", "median"][0]), least=10)
    with pytest.raises(SecrecyError, match="leave least out"):
        bm.compute("L04", table_of_two(**VALUES["L04", ""][0]), least=10)


# -- levels ------------------------------------------------------------------------


def test_the_rate_of_the_law_is_that_of_a_commune():
    table = table_of_two(**VALUES["S03", ""][0])
    for to in ("epci", union()):
        with pytest.raises(MeasureError, match=r"S03 means nothing.*take S02"):
            bm.compute("S03", table, to=to)


def test_a_survey_is_of_no_territory():
    table = table_of_two(**VALUES["P02", "france"][0])
    for to in (None, "epci"):
        with pytest.raises(MeasureError, match="of no territory"):
            bm.compute("P02", table, to=to)


def test_a_median_is_read_at_its_own_level():
    epci = pd.DataFrame(
        {"median_living_standard_2021": [18_990.0]}, pd.Index([CALL], name="epci")
    )
    assert bm.compute("R01", epci).to_dict() == {CALL: 18_990}
    assert bm.compute("R01", epci, to="epci").attrs["level"] == "epci"
    with pytest.raises(MeasureError, match=r"at level 'scot'.*leave to= out"):
        bm.compute("R01", epci, to="scot")


def test_a_published_rate_that_stands_in_for_counts_is_read_at_its_own_level():
    table = table_of_two(**VALUES["R02", "published"][0], fiscal_persons_2021=(9, 9))
    assert bm.compute("R02", table)[LENS] == 25.3
    for to in ("epci", union()):
        with pytest.raises(MeasureError, match="R02: a median"):
            bm.compute("R02", table, to=to)


def test_published_values_of_an_older_list_of_communes_keep_to_their_ground():
    # 59070 joined 59006 in 2025: neither value is that of the commune of 2026.
    index = pd.Index([LENS, "59006", "59070"], name="commune")
    table = pd.DataFrame({"median_living_standard_2021": [17_250.0, 20_000, 21_000]})
    table.index = index
    with pytest.raises(CodeError, match="59070"):
        bm.compute("R01", table)
    told = {"median_living_standard_2021": bm.Median(geography="2024-01-01")}
    table = bm.describe(table, measures=told)
    found = bm.compute("R01", table)
    assert found.index.tolist() == [LENS, "59006"]
    assert found[LENS] == 17_250
    assert found.attrs["states"] == {"59006": "not_available"}
    assert any("janvier 2024" in note for note in found.attrs["notes"])
    # What is read of it is of the communes of 2026, and is drawn on them.
    assert found.attrs["geography"] == "2026"
    with pytest.raises(CodeError, match="59999"):
        bm.compute("R01", table.rename(index={LENS: "59999"}))


def test_a_table_of_any_level_is_computed_as_it_is():
    rings = pd.Index(["0-5 km", "5-10 km"], name="ring")
    table = pd.DataFrame({"establishment_creations_2023": [12, 30]}, rings)
    assert bm.compute("E04", table).tolist() == [12, 30]
    with pytest.raises(DataError, match="more than once"):
        bm.compute("E04", pd.concat([table, table]))
    with pytest.raises(DataError, match="empty selection"):
        bm.compute("E04", table.iloc[:0])
    with pytest.raises(CodeError, match="'Lens'"):
        bm.compute("E04", table.set_axis(pd.Index(["Lens", CALL], name="epci")))


def test_a_variant_that_does_not_exist_lists_those_there_are():
    table = table_of_two(**VALUES["L06", "T1"][0])
    with pytest.raises(CodeError, match="variant='T1' or 'T2'"):
        bm.compute("L06", table, variant="T6")
    with pytest.raises(CodeError, match="leave variant= out"):
        bm.compute("L04", table, variant="T1")
    with pytest.raises(ColumnError, match=r"No other variant.*main_residences_3_rooms"):
        bm.compute("L06", table[["main_residences_2021"]])


# -- flows -------------------------------------------------------------------------


def flows():
    """Return movers: 1,000 who stay in Lens, 15 inside the EPCI, others further."""
    rows = [
        (LENS, LENS, 1_000.0),
        (LENS, LIEVIN, 10.0),
        (LIEVIN, LENS, 5.0),
        (LIEVIN, DOUAI, 9.0),
        (LENS, DOUAI, 4.0),
        (DOUAI, ARRAS, 3.0),
        ("75056", LENS, 7.0),
        ("75056", "99999", 8.0),
    ]
    return pd.DataFrame(rows, columns=["origin", "destination", "movers_2022"])


def test_flows_between_communes_leave_out_those_who_stay():
    found = bm.compute("D12", flows())
    assert found.sum() == 46
    assert (LENS, LENS) not in found.index
    assert found.attrs["title"] == "Migrations résidentielles en 2022"


def test_flows_are_summed_before_their_diagonal_is_dropped():
    found = bm.compute("D12", flows(), to="epci")
    douai = bm.membership("epci")[DOUAI]
    arras = bm.membership("epci")[ARRAS]
    assert found.to_dict() == {
        (CALL, douai): 13,
        (douai, arras): 3,
        ("ailleurs", CALL): 7,
    }
    assert any("1\u202f015" in note for note in found.attrs["notes"])
    assert bm.compute("D12", flows(), to="departement").to_dict() == {
        ("62", "59"): 13,
        ("59", "62"): 3,
        ("ailleurs", "62"): 7,
    }


def test_flows_of_a_partition_of_the_user():
    found = bm.compute("D12", flows(), to=union())
    assert found.to_dict() == {
        ("both", "ailleurs"): 13,
        ("ailleurs", "both"): 7,
    }


def test_a_secret_flow_makes_a_minimum():
    table = flows()
    table["movers_2022_state"] = ""
    table.loc[3, ["movers_2022", "movers_2022_state"]] = [np.nan, "secret"]
    douai = bm.membership("epci")[DOUAI]
    found = bm.compute("D12", table, to="epci")
    assert found[CALL, douai] == 4
    assert found.attrs["states"] == {(CALL, douai): "lower_bound"}


def test_flows_of_a_unit_that_goes_beyond_are_minimums():
    ternois = "200069672"
    inside = bm.membership("epci").eq(ternois).idxmax()
    table = pd.DataFrame(
        {"origin": [inside], "destination": [LENS], "movers_2022": [12.0]}
    )
    found = bm.compute("D12", table, to="epci")
    assert found.attrs["states"] == {(ternois, CALL): "lower_bound"}
    assert ternois in found.attrs["remarks"]


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"perimeter": "current"}, VintageError),
        ({"least": 11}, SecrecyError),
        ({"to": pd.Series(1, [LENS], name="secteur")}, CodeError),
        ({"to": pd.Series("a", ["Lens"], name="secteur")}, CodeError),
        ({"year": 2019}, ColumnError),
        ({"to": "canton"}, CodeError),
    ],
)
def test_what_flows_do_not_know_is_refused(asked, error):
    with pytest.raises(error):
        bm.compute("D12", flows(), **asked)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda t: t.replace(LIEVIN, "59070"), CodeError, "59070"),
        (lambda t: t.replace("99999", ""), CodeError, "''"),
        (lambda t: t.iloc[:0], DataError, "no flow"),
        (lambda t: pd.concat([t, t]), DataError, "more than once"),
        (lambda t: t.assign(origin=62498), DataError, "dtype=str"),
        (lambda t: t.drop(columns="origin"), ColumnError, "'origin'"),
        (lambda t: t.drop(columns="movers_2022"), ColumnError, "'movers'"),
        (lambda t: t.assign(movers_2022=-1.0), MeasureError, "negative"),
    ],
)
def test_flows_that_cannot_be_are_refused(change, error, message):
    with pytest.raises(error, match=message):
        bm.compute("D12", change(flows()), to="epci")


def test_flows_between_iris_are_not_to_be_had():
    with pytest.raises(MeasureError, match="means nothing at level 'iris'"):
        bm.compute("D12", flows(), to="iris")


# -- the rule of 25 % --------------------------------------------------------------

Q1 = pd.Series({CALL: 8_500.0, "200044618": 9_000.0})


def leases(**changes):
    told = {
        "commune": [LENS, LENS, DOUAI, DOUAI, LENS],
        "income": [8_500.0, 8_501.0, 8_501.0, 20_000.0, 9_000.0],
        "in_qpv": [False, False, False, False, True],
        "rehoused": [False, False, False, True, False],
    }
    return pd.DataFrame({**told, **changes})


def test_each_lease_is_judged_by_the_threshold_of_its_own_epci():
    q1 = Q1.rename(index={"200044618": bm.membership("epci")[DOUAI]})
    counts = bm.count_leases(leases(), q1, year=2024)
    assert counts.loc[LENS].tolist() == [2, 1, 1, 1]
    # 8,501 is of the first quartile at Douai, and who is rehoused counts at any income.
    assert counts.loc[DOUAI].tolist() == [2, 2, 0, 0]
    table = counts.astype(float)
    found = bm.compute("S11", table, to=pd.Series("a", table.index))
    assert np.isnan(found["a"])  # four leases: fewer than 11
    many = counts * 10
    many.attrs = {}
    assert bm.compute("S11", many, to=pd.Series("a", many.index))["a"] == 75
    in_qpv = bm.compute("S12", many * 2)
    assert in_qpv[LENS] == 100
    assert in_qpv.attrs["states"] == {DOUAI: "not_applicable"}


def test_old_zus_are_left_out_of_the_rule_of_25():
    q1 = Q1.rename(index={"200044618": bm.membership("epci")[DOUAI]})
    told = leases(in_former_zus=[True, False, False, False, False])
    counts = bm.count_leases(told, q1, year=2024)
    assert counts.loc[LENS].tolist() == [1, 0, 1, 1]


@pytest.mark.parametrize(
    ("changes", "q1", "error", "message"),
    [
        ({}, Q1[[CALL]], DataError, "1 EPCI without a threshold"),
        ({"income": [1.0, np.nan, 1, 1, 1]}, Q1, DataError, "1 lease.s. without"),
        ({"in_qpv": ["oui"] * 5}, Q1, MeasureError, "'in_qpv'.*'oui'"),
        ({"commune": ["59000"] * 5}, Q1, CodeError, "'59000'"),
        ({"commune": ["Lens"] * 5}, Q1, CodeError, "'Lens'"),
        ({}, Q1.rename(index={CALL: "call"}), CodeError, "'call'"),
    ],
)
def test_leases_that_cannot_be_judged_are_refused(changes, q1, error, message):
    with pytest.raises(error, match=message):
        bm.count_leases(leases(**changes), q1, year=2024)


def test_no_lease_makes_no_count():
    with pytest.raises(DataError, match="no lease"):
        bm.count_leases(leases().iloc[:0], Q1, year=2024)
    with pytest.raises(ColumnError, match="'rehoused'"):
        bm.count_leases(leases().drop(columns="rehoused"), Q1, year=2024)


# -- figures of the producers ------------------------------------------------------

CENSUS_2018 = REFERENCE / "comparateur_rp2018/base_cc_comparateur_2018_59_62.CSV"
RPLS_2016 = REFERENCE / "rpls/rpls_aggrege_2016_59_62.csv"


def renamed(path, names, code, **how):
    """Return columns of a file of communes under the names of the catalogue."""
    raw = pd.read_csv(path, dtype={code: str}, **how).set_index(code)
    return raw[list(names)].rename(columns=names).rename_axis("commune")


@pytest.mark.skipif(not CENSUS_2018.exists(), reason="the file is not here")
def test_the_census_of_2018_gives_its_published_rates():
    names = {
        "P18_LOG": "dwellings_2018",
        "P18_LOGVAC": "vacant_dwellings_2018",
        "P18_RP": "main_residences_2018",
        "P18_RP_PROP": "main_residences_owned_2018",
        "P18_CHOM1564": "unemployed_15_64_2018",
        "P18_ACT1564": "active_15_64_2018",
        "P13_POP": "population_2013",
        "P18_POP": "population_2018",
        "NAIS1318": "births_2013_2018",
        "DECE1318": "deaths_2013_2018",
        "P18_MEN": "households_2018",
        "SUPERF": "area_km2",
        "MED19": "median_living_standard_2019",
    }
    table = renamed(CENSUS_2018, names, "CODGEO", sep=";")
    members = bm.membership("epci")
    basin = bm.membership("bassin").dropna().index
    lens = table.loc[members.index[members == CALL]]
    for id_, rate in {"L04": 7.839, "L08": 45.268, "E01": 20.543}.items():
        found = bm.compute(id_, lens, to="epci")
        assert round(found[CALL], 3) == rate, id_
    assert bm.compute("D01", lens, to="epci")[CALL] == pytest.approx(241_703)
    assert bm.compute("R01", lens)[LENS] == 16_310
    whole = bm.compute("L04", table.loc[basin], to="bassin")
    assert round(whole.iloc[0], 3) == 8.309
    # The three parts of a change of population add up to it.
    births, moves = (bm.compute(id_, lens) for id_ in ("D03", "D04"))
    change = (lens["population_2018"] / lens["population_2013"] - 1) * 100 / 5
    np.testing.assert_allclose(births + moves, change, atol=1e-9)


@pytest.mark.skipif(not RPLS_2016.exists(), reason="the file is not here")
def test_the_register_of_social_housing_gives_its_published_rates():
    names = {
        "Taux_de_vacance_numerateur": "social_dwellings_vacant_2016",
        "Taux_de_vacance_denominateur": "social_dwellings_offered_2016",
        "Taux_de_mobilite_numerateur": "social_moves_in_2016",
        "Taux_de_mobilite_denominateur": "social_dwellings_offered_1y_2016",
        "Loyer_total": "social_rents_2016",
        "Surface_totale": "social_rented_area_m2_2016",
        "Parc_HLM": "social_dwellings_2016",
        "Parc_en_qpv": "social_dwellings_in_qpv_2016",
    }
    raw = pd.read_csv(RPLS_2016, dtype=str)
    raw = raw[raw["TypeZone"] == "Communes"].set_index("depcom2017")
    table = raw[list(names)].rename(columns=names).rename_axis("commune").astype(float)
    members = bm.membership("epci")
    lens = table.loc[members.index[members == CALL]]
    found = {
        id_: round(bm.compute(id_, lens, to="epci")[CALL], digits)
        for id_, digits in {"S04": 3, "S06": 3, "S08": 4, "S07": 1}.items()
    }
    assert found == {"S04": 1.423, "S06": 9.557, "S08": 5.5787, "S07": 41.9}


def test_surfaces_in_another_unit_make_no_density():
    people, drawn = [32_920.0, 30_063.0], bm.communes().loc[[LENS, LIEVIN], "area_km2"]
    right = bm.compute("D05", table_of_two(population_2023=people, area_km2=drawn))
    assert right[LENS] == pytest.approx(32_920 / drawn[LENS])
    for times in (100, 1_000_000):
        wrong = table_of_two(population_2023=people, area_km2=drawn * times)
        with pytest.raises(MeasureError, match=rf"is {times} times.*divide it by"):
            bm.compute("D05", wrong)
