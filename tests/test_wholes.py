"""Whole territories: a part is never published as the whole."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import basinmap as bm
from basinmap.errors import BasinmapWarning, DataError

LENS, CALL, OSTREVENT, TERNOIS = "62498", "246200364", "245901152", "200069672"
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
        bm.series(part, "scot", columns=columns)


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


# -- counts of another list ------------------------------------------------------------


def test_counts_of_another_list_are_sent_to_rebase_not_dropped():
    table = pd.DataFrame({"n": [100.0]}, pd.Index(["59006"], name="commune"))
    lens = bm.membership("epci").loc[table.index]
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
