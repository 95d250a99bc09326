"""Whole territories: a part is never published as the whole."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import basinmap as bm
from basinmap.errors import BasinmapWarning, CodeError, DataError

LENS, CALL, OSTREVENT, TERNOIS = "62498", "246200364", "245901152", "200069672"
CAHC, FLANDRE_LYS = "246200299", "245900758"
VACANCY = bm.Ratio(
    numerator="vacant_dwellings_2021", denominator="dwellings_2021", scale=100
)
MEASURES = {
    "dwellings_2021": bm.Stock(),
    "vacancy": VACANCY,
    "growth": bm.Growth(start="population_2016", end="population_2023", years=7),
    "size": bm.Mean(weight="dwellings_2021"),
    "kind": bm.Category(rule="majority", weight="dwellings_2021"),
}
COVERS = "CA de Lens-Liévin (246200364) couvre 35 communes sur 36, sans Lens (62498)"


def full():
    table = bm.statistics()
    return table.assign(size=1.0, kind="urbain")


def plain(text):
    return text.replace("\u202f", " ").replace("\xa0", " ")


# -- refused ---------------------------------------------------------------------------


@pytest.mark.parametrize("to", ["departement", "scot", "bassin", "region"])
@pytest.mark.parametrize("id_", ["L04", "D01", "D02", "D05"])
def test_a_level_that_the_table_cannot_cover_is_refused_with_the_cure(id_, to):
    part = bm.statistics(epci=OSTREVENT)
    with pytest.raises(DataError, match=r"no unit of level.*bm\.statistics\(\)"):
        bm.compute(id_, part, to=to)


def test_the_whole_table_gives_the_published_figures():
    people = bm.compute("D01", bm.statistics(), to="departement")
    assert people["59"] == 2_615_635
    vacancy = bm.compute("L04", bm.statistics(), to="departement")
    assert round(vacancy["59"], 2) == 7.38


def test_the_region_is_never_whole():
    with pytest.raises(DataError, match="sans celles des autres départements"):
        bm.compute("D01", bm.statistics(), to="region")
    found = bm.compute("D01", bm.statistics(), to="region", allow_partial=True)
    assert found.attrs["states"] == {"32": "lower_bound"}


def test_two_communes_of_twenty_are_no_epci():
    table = bm.statistics(epci=OSTREVENT).iloc[:2]
    with pytest.raises(DataError, match="couvre 2 communes sur 20"):
        bm.aggregate(table, "epci")


def test_a_series_of_a_part_is_refused():
    part = bm.statistics(epci=OSTREVENT)
    columns = ["population_2016", "population_2023"]
    with pytest.raises(DataError, match="SCoT du Grand Douaisis couvre 20 communes"):
        bm.compare_dates(part, "scot", columns=columns)


# -- marked ----------------------------------------------------------------------------


def without_lens(**options):
    return bm.aggregate(full().drop(LENS), "epci", measures=MEASURES, **options)


def test_a_unit_without_a_commune_is_marked_and_told():
    with pytest.warns(BasinmapWarning, match="couvre 35 communes sur 36") as heard:
        found, report = without_lens()
    assert COVERS in str(heard[0].message)
    row = found.loc[CALL]
    assert (row["dwellings_2021"], row["dwellings_2021_state"]) == (
        93_870,
        "lower_bound",
    )
    for name in ("vacancy", "growth", "size", "kind"):
        assert pd.isna(row[name])
        assert row[f"{name}_state"] == "not_available"
    assert report.partial[CALL] == (LENS,)
    assert report.bounded["dwellings_2021"] == (TERNOIS, CALL)
    assert COVERS in plain(str(report))


def test_the_other_units_are_as_they_were():
    whole, _ = bm.aggregate(full(), "epci", measures=MEASURES)
    with pytest.warns(BasinmapWarning, match="couvre 35"):
        part, _ = without_lens()
    pd.testing.assert_frame_equal(whole.drop(CALL), part.drop(CALL))


def test_who_allows_a_part_gets_it_marked_as_an_estimate():
    found, _ = without_lens(allow_partial=True)
    row = found.loc[CALL]
    assert row["dwellings_2021_state"] == "lower_bound"
    assert row["vacancy"] == pytest.approx(6.442, abs=5e-4)
    assert {row[f"{n}_state"] for n in ("vacancy", "growth", "size", "kind")} == {
        "estimated"
    }
    assert plain(bm.told_of(found).remarks[CALL]) == f"{COVERS}."


def test_compute_tells_the_same_as_aggregate():
    with pytest.warns(BasinmapWarning, match="couvre 35"):
        rate = bm.compute("L04", bm.statistics().drop(LENS), to="epci")
    assert np.isnan(rate[CALL])
    assert rate.attrs["states"][CALL] == "not_available"
    with pytest.warns(BasinmapWarning, match="couvre 35"):
        people = bm.compute("D01", bm.statistics().drop(LENS), to="epci")
    assert (people[CALL], people.attrs["states"][CALL]) == (209_093, "lower_bound")


def test_a_map_prints_what_its_units_lack_and_no_more():
    values = bm.compute("L04", bm.statistics(), to="epci", allow_partial=True)
    classes = bm.classify(values, k=3)
    units = bm.epcis()
    for code, said in ((CALL, False), (TERNOIS, True)):
        _, ax = bm.page(units.loc[[code]], title="Vacance en 2021")
        bm.draw_choropleth(ax, units.loc[[code]], classes)
        foot = plain(" ".join(ax.notes))
        assert ("couvre 102 communes sur 103" in foot) == said


def test_an_epci_with_a_commune_elsewhere_is_a_minimum_and_nobody_is_warned():
    found, report = bm.aggregate(full(), "epci", measures=MEASURES)
    states = found.filter(like="_state").ne("").any(axis=1)
    assert states.index[states].tolist() == [TERNOIS]
    assert "sans 80810 (autre département)" in plain(str(report))
    # The table holds all that can be had of it: it is not refused.
    alone, _ = bm.aggregate(full().loc[bm.communes(epci=TERNOIS).index], "epci")
    assert alone.loc[TERNOIS, "population_2023_state"] == "lower_bound"


def test_iris_that_are_not_there_are_missed():
    iris = bm.statistics("iris").drop(columns="commune")
    iris.attrs = bm.statistics("iris").attrs
    lost = iris.index[iris.index.str.startswith(LENS)][0]
    with pytest.warns(BasinmapWarning, match="IRIS sur"):
        found, _ = bm.aggregate(iris.drop(lost), "commune")
    states = found["dwellings_2021_state"]
    assert states.index[states != ""].tolist() == [LENS]


def test_a_partition_says_itself_what_is_whole():
    table = bm.statistics(epci=CALL)
    zones = pd.Series("nord", table.index, name="secteur")
    zones.iloc[20:] = "sud"
    found, report = bm.aggregate(table, zones)
    assert not found.columns.str.endswith("_state").any()
    assert report.partial == {}
    with pytest.warns(BasinmapWarning, match="« sud » couvre 15 communes sur 16"):
        bm.aggregate(table.drop(zones.index[-1]), zones)


def test_a_dissolved_unit_that_lacks_a_commune_is_marked():
    communes = bm.communes(epci=["call", "cahc"])
    counts = bm.dissolve(communes, "epci", measures={"population": bm.Stock()})
    assert "population_state" not in counts
    with pytest.warns(BasinmapWarning, match="couvre 35 communes sur 36"):
        part = bm.dissolve(
            communes.drop(LENS), "epci", measures={"population": bm.Stock()}
        )
    assert part.loc[CALL, "population_state"] == "lower_bound"


def dissolved(communes, by="epci", **options):
    measures = {"population": bm.Stock()}
    return bm.dissolve(communes, by, measures=measures, **options)


@pytest.mark.parametrize("name", ["insee", None, "commune"])
def test_communes_are_known_by_their_codes_whatever_the_index_is_called(name):
    units = bm.communes().drop(LENS).rename_axis(name)
    with pytest.warns(BasinmapWarning, match="couvre 35 communes sur 36, sans Lens"):
        found = dissolved(units)
    row = found.loc[CALL]
    assert (row["population"], row["population_state"]) == (209_093, "lower_bound")


def test_a_commune_that_is_moved_hides_no_other_that_is_lost():
    units = bm.communes().drop(LENS)
    units.loc["62510", "epci"] = CAHC
    with pytest.warns(BasinmapWarning, match=r"\(246200364\).*sans Lens"):
        found = dissolved(units)
    states = found["population_state"]
    assert states[states != ""].index.tolist() == [TERNOIS, CALL]
    assert found.loc[CALL, "population"] == 179_030


def test_a_commune_without_unit_is_lacking_as_one_without_row():
    units = bm.communes(epci=["call", "cahc"]).drop(LENS)
    units.loc["62001", "epci"] = None
    with pytest.warns(
        BasinmapWarning, match=r"34 communes sur 36, sans Ablain.*\(62001\), Lens"
    ):
        dissolved(units)


def test_a_commune_that_lost_an_iris_is_not_whole():
    iris = bm.statistics("iris")[["commune", "dwellings_2021"]]
    x = 10.0 * np.arange(len(iris))
    squares = gpd.GeoDataFrame(iris, geometry=shapely.box(x, 0, x + 10, 10), crs=2154)
    stock = {"dwellings_2021": bm.Stock()}
    assert "dwellings_2021_state" not in bm.dissolve(squares, "commune", measures=stock)
    with pytest.warns(BasinmapWarning, match=r"Lens \(62498\) couvre 16 IRIS sur 17"):
        found = bm.dissolve(squares.drop("624980101"), "commune", measures=stock)
    states = found["dwellings_2021_state"]
    assert states[states != ""].to_dict() == {LENS: "lower_bound"}


def test_a_series_named_after_a_level_claims_its_units():
    south = bm.communes(departement="62")
    with pytest.warns(BasinmapWarning, match=r"Flandre Lys.*4 communes sur 8"):
        found = dissolved(south, south["epci"])
    states = found["population_state"]
    assert states[states != ""].index.tolist() == [TERNOIS, FLANDRE_LYS]
    with pytest.warns(BasinmapWarning, match=r"Flandre Lys.*sans Estaires \(59212\)"):
        rate = bm.compute("L04", bm.statistics(departement="62"), to=south["epci"])
    assert np.isnan(rate[FLANDRE_LYS])
    assert rate.attrs["states"][FLANDRE_LYS] == "not_available"
    whole = bm.compute("L04", bm.statistics(), to="epci")
    assert round(whole[FLANDRE_LYS], 3) == 6.692
    two = pd.Series([CALL] * 2, [LENS, "62510"], name="epci")
    table, stock = bm.statistics().loc[two.index], {"dwellings_2021": bm.Stock()}
    with pytest.raises(DataError, match="couvre 2 communes sur 36"):
        bm.aggregate(table, two, measures=stock)
    # Under a name of its own, it is a list of its own.
    mine, _ = bm.aggregate(table, two.rename("zone"), measures=stock)
    assert "dwellings_2021_state" not in mine


def test_what_a_series_puts_elsewhere_is_its_own_decision():
    zones = bm.communes(epci=["call", "cahc"])["epci"].copy()
    zones["62510"] = CAHC
    table = bm.statistics(epci=["call", "cahc"])
    found, _ = bm.aggregate(table, zones, measures={"dwellings_2021": bm.Stock()})
    assert "dwellings_2021_state" not in found


def test_one_commune_is_written_in_the_singular():
    zones = pd.Series("a", [LENS, "62510"], name="zone")
    with pytest.raises(DataError, match="couvre 1 commune sur 2, sans Lens"):
        bm.aggregate(bm.statistics().loc[["62510"]], zones)


def test_a_partition_of_communes_of_once_is_carried_over_by_what_is_typed():
    zones = pd.Series({"59006": "a", "59070": "a", "62510": "b"}, name="zone")
    table = bm.statistics().loc[["59006", "62510"]]
    stock = {"dwellings_2021": bm.Stock()}
    units = bm.communes().loc[table.index].assign(dwellings_2021=1.0)
    for verb in (
        lambda: bm.aggregate(table, zones, measures=stock),
        lambda: bm.dissolve(units, zones, measures=stock),
    ):
        with pytest.raises(CodeError, match="'59070' joined '59006' on 2025") as told:
            verb()
    typed = str(told.value).split(": ", 3)[-1]
    assert typed.startswith("bm.rebase(partition.to_frame('zone')")
    carried = eval(typed, {"bm": bm, "partition": zones})  # noqa: S307 - as typed
    found, _ = bm.aggregate(table, carried, measures=stock)
    assert found.index.tolist() == ["a", "b"]
    assert "dwellings_2021_state" not in found


# -- counts of another list ------------------------------------------------------------


def test_counts_of_another_list_are_sent_to_rebase_not_dropped():
    table = pd.DataFrame({"n": [100.0]}, pd.Index(["59006"], name="commune"))
    lens = bm.membership("epci").loc[table.index].rename("zone")
    old = {"n": bm.Stock(geography="COG au 1er janvier 2024")}
    with pytest.raises(bm.errors.VintageError, match=r"'59006'; .*bm\.rebase"):
        bm.aggregate(table, lens, measures=old)


# -- properties ------------------------------------------------------------------------

EPCIS = [CALL, OSTREVENT, "245901160", TERNOIS]
TABLE = full().loc[bm.communes(epci=EPCIS).index]
WHOLE = bm.aggregate(TABLE, "epci", measures=MEASURES, allow_partial=True)[0]
quick = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow]
)


def state(table, code, column):
    beside = f"{column}_state"
    return table.loc[code, beside] if beside in table else ""


@quick
@given(st.sets(st.sampled_from(list(TABLE.index)), min_size=1, max_size=80))
def test_a_table_without_some_rows_never_passes_for_the_whole(lost):
    part = TABLE.drop(list(lost))
    found, report = bm.aggregate(part, "epci", measures=MEASURES, allow_partial=True)
    epci = bm.membership("epci")
    touched = set(epci[list(lost)])
    for code in found.index:
        if code in touched:
            assert lost & set(report.partial[code])
            for column in MEASURES:
                assert state(found, code, column) != ""
        else:
            for column in MEASURES:
                assert state(found, code, column) == state(WHOLE, code, column)
                assert found.loc[code, column] == WHOLE.loc[code, column]


DTYPES = {
    "numpy": lambda table: table,
    "nullable": lambda table: table.convert_dtypes(dtype_backend="numpy_nullable"),
    "arrow": lambda table: table.astype(
        dict.fromkeys(NUMBERS, "double[pyarrow]") | {"kind": "string[pyarrow]"}
    ),
    "object": lambda table: table.astype(object),
}
NUMBERS = [
    "population_2016",
    "population_2023",
    "dwellings_2021",
    "vacant_dwellings_2021",
    "size",
]


@quick
@given(
    st.randoms(use_true_random=False),
    st.sampled_from(list(DTYPES)),
    st.sampled_from(["object", "string", "string[pyarrow]"]),
    st.sets(st.sampled_from(list(TABLE.index)), max_size=3),
)
def test_neither_order_nor_types_change_anything(random, dtype, codes, missing):
    table = TABLE[[*NUMBERS, "kind"]].copy()
    table.attrs = {}
    table.loc[list(missing), "vacant_dwellings_2021"] = np.nan
    expected, _ = bm.aggregate(table, "epci", measures=MEASURES)
    order = list(table.index)
    random.shuffle(order)
    other = DTYPES[dtype](table.loc[order])
    other.index = pd.Index(other.index.astype(str), dtype=codes, name="commune")
    found, _ = bm.aggregate(other, "epci", measures=MEASURES)
    pd.testing.assert_frame_equal(
        found, expected, check_dtype=False, check_index_type=False, rtol=1e-12
    )


def test_a_missing_value_hidden_by_arrow_is_missing():
    # pandas keeps a NaN apart from what is missing in a column of Arrow.
    table = bm.statistics()
    raw = table["vacant_dwellings_2021"].astype("float64")
    raw[LENS] = np.nan
    table["vacant_dwellings_2021"] = pd.array(raw.to_numpy(), dtype="double[pyarrow]")
    found = bm.compute("L04", table, to="epci")
    assert np.isnan(found[CALL])
    assert found.attrs["states"][CALL] == "not_available"
