"""Units of once and names in use: told by their history, wherever a code is checked."""

import datetime as dt
import time
import warnings

import pandas as pd
import pytest
from shapely import Point, Polygon

import basinmap as bm
from basinmap.errors import (
    BasinmapWarning,
    CodeError,
    CRSError,
    DataError,
    MeasureError,
    VintageError,
)
from basinmap.territory.former import (
    fates,
    fates_of_epcis,
    former_names,
    strangers,
    unknown_communes,
)
from basinmap.territory.rebasing import join_on_code
from basinmap.territory.timelines import timeline

STOCK = {"n": bm.Stock()}
HISTORY = "'59070' joined '59006' on 2025-01-01"


def of_2024(**values):
    codes = pd.Index([code.removeprefix("c") for code in values], name="commune")
    return pd.DataFrame({"n": list(values.values())}, index=codes, dtype=float)


# -- what became of a commune ------------------------------------------------------


def test_a_merged_commune_is_followed_to_the_one_that_holds_its_ground():
    # Insee: 59355 Lomme 27/02/2000; 62549 Marconne 1/1/2025; 59248 9/12/2010.
    heirs = {code: fates()[code].heir for code in ("59355", "62549", "59248", "62210")}
    assert heirs == {
        "59355": "59350",
        "62549": "62447",
        "59248": "59183",
        "62210": "62154",
    }


@pytest.mark.parametrize(
    ("code", "year"),
    [("59070", 2024), ("62210", 2018), ("62431", 2016), ("59248", 2010)],
)
def test_the_last_list_of_a_code_is_that_of_the_year_before_or_of_its_end(code, year):
    assert fates()[code].last_year == year
    assert code in bm.cog_codes(year)
    assert code not in bm.cog_codes(year + 1)


def test_every_code_that_ever_was_is_of_today_or_is_told():
    now = set(bm.cog_codes(2026))
    for year in range(1943, 2027):
        assert all(code in fates() for code in set(bm.cog_codes(year)) - now)


def test_the_heir_of_a_code_holds_all_the_ground_of_its_last_day():
    # The other way: the ground of communes is replayed through every event.
    line = timeline(None)
    now = line.grounds(2026)
    for code, fate in fates().items():
        last = [spell.ground for spell in line.spells if spell.code == code][-1]
        assert last <= now[fate.heir]


def test_an_epci_is_followed_through_two_fusions():
    told = str(fates_of_epcis()["246200141"])
    assert fates_of_epcis()["246200141"].heir == "200072460"
    assert "into '200044055' on 2014-01-01, then" in told


def test_former_names_name_no_commune_by_its_own_name_of_today():
    current = bm.communes()["name"]
    names = former_names()
    assert not (names["heir"].map(current) == names["name"]).any()
    assert {"Bermeries", "Amfroipret", "Lomme", "Montreuil"} <= set(names["name"])
    # Wavans changed its name twice: each name leads to the one that came next.
    notes = names.set_index("name")["note"]
    assert notes["Wavans"].endswith("became Wavans-sur-l'Authie on 1948-12-10")


def test_what_lies_outside_is_dropped_and_what_merged_never_is():
    told = unknown_communes(["59070", "80021", "59999"], table="table")
    first, second, third = told.split("; ")
    assert first == f"{HISTORY}: bm.rebase(table, from_year=2024, to_year=2026)"
    assert "drop" not in second
    assert "'59999'" in second
    assert "'80021' outside Nord and Pas-de-Calais: drop" in third


def test_mergers_of_several_years_are_brought_from_the_year_that_has_them_all():
    assert "from_year=2018" in unknown_communes(["59070", "62210"], table="table")


@pytest.mark.parametrize(
    "call",
    [
        lambda t: bm.aggregate(t, "epci", measures=STOCK),
        lambda t: bm.aggregate(t, "departement", measures=STOCK),
        lambda t: bm.aggregate(t, bm.membership("scot"), measures=STOCK),
    ],
)
def test_a_table_that_holds_a_merged_commune_is_told_to_be_rebased(call):
    with pytest.raises(CodeError) as error:
        call(of_2024(c59006=100, c59070=120))
    said = str(error.value)
    assert f"{HISTORY}: bm.rebase(table, from_year=2024, to_year=2026)" in said
    assert "drop" not in said


@pytest.mark.parametrize(
    "call",
    [
        lambda t: bm.rebase(t, from_year=2026, to_year=2020, measures=STOCK),
        lambda t: join_on_code(t, t, left_year=2026, right_year=2026),
    ],
)
def test_a_table_said_to_be_of_2026_is_told_what_became_of_its_codes(call):
    said = r"'59070' \(Bermeries, 1943–2024; joined '59006' on 2025-01-01\)"
    with pytest.raises(VintageError, match=said):
        call(of_2024(c59006=100, c59070=120))


def test_the_cure_that_is_told_keeps_the_sum():
    table = of_2024(c59006=100, c59070=120)
    new, _ = bm.rebase(table, from_year=2024, to_year=2026, measures=STOCK)
    # The rest of the CC du Pays de Mormal is not given here.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BasinmapWarning)
        by_epci, _ = bm.aggregate(new, "epci", measures=STOCK, allow_partial=True)
    assert by_epci.loc["200043321", "n"] == 220


def test_series_tell_a_merged_commune_too():
    table = of_2024(c59006=100, c59070=120)
    table.attrs = {"measures": {"n": bm.Stock(vintage="2021", published=2024)}}
    with pytest.raises(CodeError, match=HISTORY):
        bm.compare_dates(table, "epci", columns="n")


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: bm.perimeter("59070"), HISTORY),
        (
            lambda: bm.user_perimeter("x", ["59070"], name="X", source="y"),
            f"{HISTORY}: write '59006'",
        ),
        (lambda: bm.communes(epci="59070"), f"{HISTORY}; its epci is '200043321'"),
        (lambda: bm.statistics(scot="59070"), HISTORY),
        (
            lambda: bm.user_perimeter("x", ["Bermeries"], name="X", source="y"),
            r"Bermeries \(59070\) joined L'Orée de Mormal \(59006\) on 2025-01-01",
        ),
        (
            lambda: bm.communes(epci="246200141"),
            "'246200141' merged into '200044055' on 2014-01-01, then",
        ),
    ],
)
def test_a_unit_of_once_is_answered_by_its_history_and_no_near_number(call, said):
    with pytest.raises(CodeError, match=said) as error:
        call()
    assert "did you mean" not in str(error.value)


@pytest.mark.parametrize("code", ["59999", "62000"])
def test_a_code_that_never_was_is_not_taken_for_a_near_number(code):
    with pytest.raises(
        CodeError, match=rf"'{code}' never stood for a commune"
    ) as error:
        bm.user_perimeter("x", [code], name="X", source="y")
    assert "59001" not in str(error.value)


def test_a_mistake_inside_the_territory_is_corrected_and_aliens_are_dropped():
    table = of_2024(c59006=1, c59999=2, c80001=3)
    with pytest.raises(CodeError, match=r"'59999': correct them; '80001': drop them"):
        bm.rebase(table, from_year=2024, to_year=2026, measures=STOCK)
    with pytest.raises(CodeError, match="'59999': correct them"):
        join_on_code(table, table, left_year=2026, right_year=2026)


# -- names -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "level", "code"),
    [
        ("Béthune-Bruay", "epci", "200072460"),
        ("CABBALR", "epci", "200072460"),
        ("Cœur d'Ostrevent", "epci", "245901152"),
        ("lens-lievin", "epci", "246200364"),
        ("Communauté d'agglomération de Lens-Liévin", "epci", "246200364"),
        ("Hénin-Carvin", "epci", "246200299"),
        ("la Porte du Hainaut", "epci", "200042190"),
        ("59070", "commune", "59006"),
        ("Amfroipret", "commune", "59006"),
        ("Bermeries", "commune", "59006"),
        ("Lomme", "commune", "59350"),
        ("Hellemmes", "commune", "59350"),
        ("Fort-Mardyck", "commune", "59183"),
        ("Hénin-Liétard", "commune", "62427"),
    ],
)
def test_usual_and_former_names_come_first(text, level, code):
    found = bm.find_unit(text)
    assert found.loc[0, ["level", "code"]].tolist() == [level, code]
    assert found["score"].is_monotonic_decreasing
    assert not found.duplicated(["level", "code"]).any()


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("Lomme", "Lomme (59355) was associated with Lille (59350) on 2000-02-27"),
        (
            "Bermeries",
            "Bermeries (59070) joined L'Orée de Mormal (59006) on 2025-01-01",
        ),
        (
            "Amfroipret",
            "Amfroipret (59006) became L'Orée de Mormal on 2025-01-01",
        ),
        ("Lens", ""),
    ],
)
def test_what_a_former_commune_became_is_noted(text, note):
    assert bm.find_unit(text).loc[0, "note"] == note


def test_a_number_that_is_a_code_has_no_neighbours():
    assert bm.find_unit("59070")["code"].tolist() == ["59006"]
    assert bm.find_unit("627")["level"].tolist() == ["arrondissement"]


def test_a_very_long_text_is_no_name_and_costs_nothing():
    start = time.process_time()
    with pytest.raises(CodeError, match="a text of 20000 letters is no name"):
        bm.find_unit("lens " * 4000)
    with pytest.raises(CodeError, match="no perimeter is called"):
        bm.perimeter("x" * 20_000)
    with pytest.raises(CodeError, match="unknown epci"):
        bm.communes(epci="x" * 20_000)
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("name", "siren"),
    [
        ("Béthune-Bruay", "200072460"),
        ("CŒUR D'OSTREVENT", "245901152"),
        ("cabbalr", "200072460"),
        ("Lens Lievin", "246200364"),
        ("CA de Lens - Liévin", "246200364"),
        ("Valenciennes Métropole", "245901160"),
    ],
)
def test_a_usual_name_names_an_epci_wherever_one_is_given(name, siren):
    assert bm.epcis(epci=name).index.tolist() == [siren]
    assert bm.perimeter(name).code == siren
    assert bm.communes(epci=name)["epci"].unique().tolist() == [siren]
    assert len(bm.lineage(epci=name)) == len(bm.lineage(epci=siren))


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("lens", ["246200364", "lens-lievin-henin-carvin", "627"]),
        ("douai", ["200044618", "grand-douaisis", "593"]),
        ("béthune", ["200072460", "artois", "622"]),
        ("Valenciennes", ["245901160", "valenciennois", "596"]),
        ("Liévin", ["246200364", "lens-lievin-henin-carvin", "627"]),
        ("Arras", ["200033579", "621"]),
        ("Osartis-Marquion", ["200044048", "osartis-marquion"]),
        ("62498", ["246200364", "lens-lievin-henin-carvin", "627"]),
    ],
)
def test_a_name_of_several_perimeters_lists_them(name, codes):
    with pytest.raises(CodeError, match=f"may be any of {len(codes)}") as error:
        bm.perimeter(name)
    told = str(error.value).split(": ", 1)[1]
    assert [part.split(" ")[0].strip("'") for part in told.split("; ")][:-1] == codes


@pytest.mark.parametrize(
    ("name", "level", "size"),
    [
        ("627", "arrondissement", 50),
        ("osartis-marquion", "scot", 49),
        ("artois", "scot", 100),
        ("CUA", "epci", 46),
        ("59", "departement", 647),
    ],
)
def test_an_exact_id_stays_one_perimeter(name, level, size):
    found = bm.perimeter(name)
    assert (found.level, len(found.communes)) == (level, size)


def test_a_perimeter_that_is_not_embedded_is_no_misspelt_commune():
    with pytest.raises(CodeError, match=r"'erbm'.*Known are 'bassin-minier'") as error:
        bm.perimeter("erbm")
    assert "Hermin" not in str(error.value)
    assert "bm.user_perimeter" in str(error.value)


@pytest.mark.parametrize("given", ["nope", 3, float("nan"), None.__class__])
def test_a_lineage_of_no_epci_is_refused(given):
    with pytest.raises((CodeError, TypeError)):
        bm.lineage(epci=given)


# -- values at what is no commune --------------------------------------------------


def rates(**more):
    found = bm.compute("L04", bm.statistics(epci="call"))
    attrs = found.attrs
    extra = pd.Series({code.removeprefix("c"): value for code, value in more.items()})
    found = pd.concat([found, extra]).rename_axis("commune")
    found.attrs = attrs
    return found


@pytest.mark.parametrize("code", ["59999", "59070", "Total"])
def test_a_value_of_no_commune_is_told_and_makes_no_class(code):
    alone = bm.classify(rates())
    with pytest.warns(BasinmapWarning, match=f"no commune: '{code}'; they are in no"):
        classes = bm.classify(rates(**{f"c{code}": 99.0}))
    assert pd.isna(classes[code])
    assert classes.attrs["breaks"] == alone.attrs["breaks"]
    assert classes.attrs["bounds"] == alone.attrs["bounds"]


def test_the_total_of_a_table_of_epci_makes_no_class():
    values = bm.compute("L04", bm.statistics(), to="epci")
    alone, attrs = bm.classify(values), values.attrs
    values = pd.concat([values, pd.Series({"Total": 99.0})]).rename_axis("epci")
    values.attrs = attrs
    with pytest.warns(BasinmapWarning, match="stand at what is no epci: 'Total'"):
        classes = bm.classify(values)
    assert classes.attrs["breaks"] == alone.attrs["breaks"]


def test_codes_of_the_user_make_classes_as_they_are():
    own = pd.Series([1.0, 2.0, 9.0], index=["a", "b", "c"], name="x")
    assert bm.classify(own.rename_axis("commune"), k=2).notna().all()
    assert bm.classify(own.rename_axis("secteur"), k=2).notna().all()


def test_a_commune_of_another_departement_may_make_a_class():
    classes = bm.classify(rates(c80021=99.0))
    assert classes["80021"] == classes.cat.categories[-1]


def test_a_code_of_the_year_of_the_values_is_known():
    values = rates(c59070=99.0)
    values.attrs = {**values.attrs, "geography": "2024-01-01"}
    assert not pd.isna(bm.classify(values)["59070"])
    assert strangers(["59070"], geography="COG au 1er janvier 2025") == ["59070"]


def test_a_layer_tells_the_values_it_is_given_for_no_commune():
    units = bm.communes(epci="call")
    _, ax = bm.page(units, title="Logements")
    counts = bm.statistics(epci="call")["dwellings_2021"].astype(float)
    counts = pd.concat([counts, pd.Series({"59999": 5.0})]).rename_axis("commune")
    counts.attrs = {"measures": {"dwellings_2021": bm.Stock()}}
    with pytest.warns(BasinmapWarning, match=r"1 value\(s\).*no commune: '59999'"):
        bm.draw_symbols(ax, units, counts)


def test_numbers_and_text_are_told_apart():
    units = bm.communes(epci="call")
    _, ax = bm.page(units, title="x")
    values = pd.Series([1.0, 2.0], index=[62498, 62510], name="taux")
    values.attrs = {"kind": "ratio"}
    with pytest.raises(DataError, match="one is text, the other numbers: a code is te"):
        bm.draw_choropleth(ax, units, bm.classify(values, k=2))


# -- what constructors refuse ------------------------------------------------------


@pytest.mark.parametrize(
    ("point", "error", "said"),
    [
        (Point(2.8, 50.4), CRSError, "it is in degrees; write gpd.GeoSeries"),
        (Point(7_038_000, 686_000), CRSError, "or its latitude and longitude, are exc"),
        (Point(9e7, 9e7), CRSError, "nowhere near France"),
        (None, DataError, "a shapely Point in EPSG:2154 is needed, not None"),
        ("x", DataError, "is needed, not 'x'"),
        (Polygon([(0, 0), (1, 0), (1, 1)]), DataError, "not Polygon"),
        (Point(), DataError, "empty or infinite"),
    ],
)
def test_a_place_is_a_point_of_france_in_metres(point, error, said):
    with pytest.raises(error, match=said):
        bm.Place(code="x", name="X", point=point)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"name": 3}, DataError),
        ({"code": " "}, DataError),
        ({"opened": "2012-12-04"}, VintageError),
        ({"precision_m": float("nan")}, DataError),
        ({"precision_m": -1.0}, DataError),
    ],
)
def test_a_place_says_what_it_is(options, error):
    good = {"code": "x", "name": "X", "point": Point(686_000, 7_038_000)}
    assert bm.Place(**good).name == "X"
    with pytest.raises(error):
        bm.Place(**{**good, **options})


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"valid_from": "hier"}, VintageError),
        ({"valid_from": 2026}, VintageError),
        ({"valid_to": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}, VintageError),
        (
            {"valid_from": dt.date(2026, 1, 1), "valid_to": dt.date(2025, 1, 1)},
            VintageError,
        ),
        ({"name": 3}, CodeError),
        ({"name": ""}, CodeError),
        ({"code": 12}, CodeError),
        ({"source": None}, DataError),
    ],
)
def test_a_perimeter_of_the_user_has_days_and_names(options, error):
    good = {"code": "x", "communes": ["62498"], "name": "X", "source": "CALL"}
    assert bm.user_perimeter(**good).communes == ("62498",)
    with pytest.raises((error, TypeError)):
        bm.user_perimeter(**{**good, **options})


def test_one_column_of_a_series_is_a_name():
    table, _ = bm.compare_dates(bm.statistics(), "epci", columns="population_2021")
    assert table["population_2021"].sum() == 4_072_734
    with pytest.raises(MeasureError, match="'population_2021' given more than once"):
        bm.compare_dates(bm.statistics(), "epci", columns=["population_2021"] * 2)
