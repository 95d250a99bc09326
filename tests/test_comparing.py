"""One indicator for a unit and for the territories that hold it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import basinmap as bm
from basinmap.catalogue.entries import catalogue


@pytest.fixture(scope="module")
def counts():
    return bm.statistics()


@pytest.fixture(scope="module")
def ostrevent(counts):
    return bm.compare("L04", counts, "245901152")


def test_a_unit_stands_first_then_the_territories_that_hold_it(ostrevent):
    assert ostrevent["level"].tolist() == [
        "epci",
        "scot",
        "arrondissement",
        "bassin",
        "departement",
    ]
    assert ostrevent.index.tolist() == [
        "245901152",
        "grand-douaisis",
        "593",
        "bassin-minier",
        "59",
    ]


def test_every_value_is_that_which_compute_returns(ostrevent, counts):
    for code, row in ostrevent.iterrows():
        found = bm.compute("L04", counts, to=row["level"])
        assert row["value"] == found[code]
        assert row["value"] == pytest.approx(
            100 * row["numerator"] / row["denominator"], rel=1e-12
        )


def test_what_is_equal_by_definition_appears_once(counts):
    call = bm.compare("L04", counts, "call")
    assert "627" not in call.index
    assert call.loc["lens-lievin-henin-carvin", "also"] == "Lens (arrondissement)"
    artois = bm.compare("L04", counts, "200072460")
    assert "artois" not in artois.index
    assert artois.loc["200072460", "also"] == "SCoT de l'Artois"


def test_what_is_not_whole_in_the_table_has_no_value_and_is_told():
    mine = bm.statistics(epci="call")
    with pytest.warns(bm.errors.BasinmapWarning, match=r"36 communes sur 887.*give a"):
        found = bm.compare("L04", mine, "62498")
    whole = found["value"].notna()
    assert found.index[whole].tolist() == ["62498", "246200364"]
    assert set(found["value_state"][~whole]) == {"not_available"}
    assert found[["numerator", "denominator"]][~whole].isna().all(axis=None)


def test_a_table_in_which_nothing_is_whole_is_refused():
    lens = bm.statistics().loc[["62498"]]
    with pytest.raises(bm.errors.DataError, match=r"35 autres|sans.*allow_partial"):
        bm.compare("L04", lens, "call")


def test_who_allows_a_part_has_it_as_an_estimate():
    mine = bm.statistics(epci="call")
    found = bm.compare("L04", mine, "62498", allow_partial=True)
    assert found.loc["62", "value"] == found.loc["246200364", "value"]
    assert found.loc["62", "value_state"] == "estimated"
    assert "36 communes sur 887" in bm.told_of(found).remarks["62"].replace(
        "\u202f", " "
    )


def test_ranks_are_those_of_the_values_and_ties_are_told(counts):
    table = counts.assign(
        vacant_dwellings_2021=np.where(counts.index == "62510", 0.0, 1.0),
        dwellings_2021=100.0,
    )
    table = bm.describe(
        table,
        measures={n: bm.Stock() for n in ("vacant_dwellings_2021", "dwellings_2021")},
    )
    lens = bm.compare("L04", table, "62498").loc["62498"]
    assert (lens["rank"], lens["peers"], lens["ties"]) == (1, 1534, 1532)
    lievin = bm.compare("L04", table, "62510").loc["62510"]
    assert (lievin["rank"], lievin["ties"]) == (1534, 0)


def test_what_is_no_exact_value_has_no_rank(counts):
    secret = counts.assign(population_2023_state="")
    secret.loc["62510", "population_2023"] = np.nan
    secret.loc["62510", "population_2023_state"] = "secret"
    found = bm.compare("D01", secret, "62498", year=2023)
    assert found.loc["62498", "peers"] == 1533
    call = found.loc["246200364"]
    assert call["value_state"] == "lower_bound"
    assert pd.isna(call["rank"])
    assert call["peers"] == 34  # of 36, less the one bounded and the Ternois


def test_a_perimeter_of_the_user_stands_before_the_territories_that_hold_it(counts):
    own = bm.user_perimeter("coeur", ["62498", "62510"], name="Cœur", source="CALL")
    found = bm.compare("D01", counts, own, year=2023)
    assert found.index[:2].tolist() == ["coeur", "246200364"]
    assert (
        found.loc["coeur", "value"]
        == counts["population_2023"][["62498", "62510"]].sum()
    )
    wide = bm.user_perimeter("x", ["62498", "62041"], name="Deux", source="moi")
    found = bm.compare("D01", counts, wide, year=2023)
    assert found.index.tolist() == ["x", "62"]
    assert "Deux s’étend sur plusieurs EPCI" in " ".join(bm.told_of(found).notes)


def test_a_list_of_the_user_covers_a_region():
    codes = ["2A001", "2A004", "2B033"]
    communes = bm.read_territory(
        pd.DataFrame(
            {"name": list("abc"), "epci": ["200000001", "200000002", "200000001"]},
            pd.Index(codes, name="commune"),
        ),
        year=2026,
    )
    table = pd.DataFrame({"population_2023": [1.0, 2, 3]}, communes.index)
    found = bm.compare("D01", table, "2A004", communes=communes)
    assert found["value"].to_dict() == {"2A004": 2, "2A": 3, "94": 6}
    assert found.loc["2A004", "also"] == "200000002"
    assert (
        "94" not in bm.compare("D01", table[:2], "2A004", communes=communes[:2]).index
    )


def test_territories_are_those_of_the_day(counts):
    then = bm.compare("D01", counts, "200042190", date="2023-01-01", year=2019)
    now = bm.compare("D01", counts, "200042190", year=2019)
    gone = counts.loc["59192", "population_2019"]  # Émerchicourt was away in 2023
    assert now.loc["200042190", "value"] - then.loc["200042190", "value"] == gone
    assert "arrondissement" not in set(then["level"])
    assert "connus en 2026" in " ".join(bm.told_of(then).notes)


@pytest.mark.parametrize(
    ("unit", "message"),
    [
        ("Lens", r"any of 3.*of the commune itself, its code: '62498'"),
        ("zzz", "no perimeter is called"),
    ],
)
def test_a_unit_that_is_not_clear_is_refused(unit, message, counts):
    with pytest.raises(bm.errors.CodeError, match=message):
        bm.compare("D01", counts, unit)
    with pytest.raises(bm.errors.ArgumentError, match=r"unit: 62498.*'62498'"):
        bm.compare("D01", counts, 62498)
    with pytest.raises(bm.errors.DataError, match="no table is given"):
        bm.compare("D01", {}, "call")


def test_flows_and_what_is_of_communes_only(counts):
    with pytest.raises(bm.errors.MeasureError, match="flows"):
        bm.compare("D12", counts, "call")
    table = pd.DataFrame(
        {"sru_social_dwellings_2024": 30.0, "sru_main_residences_2024": 100.0},
        counts.index,
    )
    assert bm.compare("S03", table, "62498")["value"].to_dict() == {"62498": 30.0}


def test_medians_are_those_published_at_each_level():
    def median(code, level, value):
        index = pd.Index([code], name=level)
        return pd.DataFrame({"median_living_standard_2021": [value]}, index)

    tables = {
        "commune": median("62498", "commune", 16_000.0),
        "epci": median("246200364", "epci", 18_000.0),
    }
    with pytest.warns(bm.errors.BasinmapWarning, match="published at each level"):
        found = bm.compare("R01", tables, "62498")
    assert found["value"].dropna().to_dict() == {"62498": 16_000, "246200364": 18_000}
    assert set(found["value_state"][2:]) == {"not_available"}


# -- two years ----------------------------------------------------------------------


def test_a_count_grows_by_so_much_a_year_at_a_constant_perimeter(counts):
    found = bm.compare("D01", counts, "245901152", since=2016, year=2023)
    row = found.loc["245901152"]
    whole = bm.aggregate(counts, "epci")[0].loc["245901152"]
    assert (row["before"], row["value"]) == (
        whole["population_2016"],
        whole["population_2023"],
    )
    assert row["change"] == pytest.approx(
        100 * ((row["value"] / row["before"]) ** (1 / 7) - 1)
    )
    assert bm.told_of(bm.column(found, "change")).unit == "% par an"
    assert any("Périmètre constant" in note for note in bm.told_of(found).notes)


def two_years(codes):
    """Return counts by hand: vacancy 10 % in 2016, 12 % in 2021."""
    index = pd.Index(codes, name="commune")
    before = {"vacant_dwellings_2016": 10.0, "dwellings_2016": 100.0}
    after = {"vacant_dwellings_2021": 24.0, "dwellings_2021": 200.0}
    return pd.DataFrame(before, index), pd.DataFrame(after, index)


def test_a_rate_changes_by_points_in_one_table_or_in_two(counts):
    first, last = two_years(counts.index)
    one = bm.compare("L04", first.join(last), "call", since=2016)
    two = bm.compare("L04", last, "call", since=first)
    for found in (one, two):
        assert found["before"].tolist() == pytest.approx([10.0] * len(found))
        assert found["change"].tolist() == pytest.approx([2.0] * len(found))
        assert bm.told_of(bm.column(found, "change")).unit == "points"
        assert bm.told_of(bm.column(found, "before")).vintage == "2016"


def test_a_change_of_what_is_hidden_is_hidden(counts):
    first, last = two_years(counts.index)
    first["vacant_dwellings_2016_state"] = ""
    first.loc["62498", "vacant_dwellings_2016"] = np.nan
    first.loc["62498", "vacant_dwellings_2016_state"] = "secret"
    found = bm.compare("L04", last, "62498", since=first)
    assert (
        found.loc["62498", ["before_state", "change_state"]].tolist() == ["secret"] * 2
    )
    assert found.loc["246200364", ["before_state", "change_state"]].tolist() == [
        "lower_bound",
        "secret",
    ]
    assert found["change"].isna().all()


def test_years_run_forwards_and_editions_of_the_census_are_five_apart(counts):
    first, last = two_years(counts.index)
    with pytest.raises(bm.errors.VintageError, match="since=2016, year=2021"):
        bm.compare("L04", first, "call", since=last)
    near = first.rename(columns=lambda name: name.replace("2016", "2019"))
    with pytest.warns(bm.errors.BasinmapWarning, match="surveys in common"):
        bm.compare("L04", last, "call", since=near)


# -- on paper -----------------------------------------------------------------------


def test_the_comparison_prints_indicator_unit_and_year(counts):
    fig, ax = bm.page(bm.communes(epci="call"), title="Autre chose")
    first, last = two_years(counts.index)
    bm.draw_comparison(ax, bm.compare("L04", last, "call", since=first))
    bm.draw_legend(ax)
    texts = [text.get_text() for text in ax.sheet.paper.texts]
    page = " ".join(texts).replace("\u00a0", " ")
    assert "Taux de vacance des logements en 2021 (%)" in page
    assert "évolution de 2016 à 2021, en points" in page
    assert texts.count("12,0\u202f%") == texts.count("+2,0") == 4
    assert "CA de Lens-Liévin +2,0" in bm.alternative_text(fig)


# -- several at once ----------------------------------------------------------------


@pytest.fixture(scope="module")
def wide(counts):
    """Return a table of all counts, some hidden, some years of them."""
    codes = counts.index
    drawn = np.random.default_rng(2026)
    columns, measures = {}, {}
    for name, count in catalogue().counts.items():
        dated = {"none": [""], "date": ["_2016", "_2020", "_2021"]}
        for year in dated.get(count.time, [f"_{y}" for y in range(2011, 2022)]):
            column = name + year
            values = drawn.integers(1, 5_000, len(codes)).astype(float)
            columns[column] = np.where(drawn.random(len(codes)) < 0.01, np.nan, values)
            kind = bm.Stock if count.kind == "stock" else bm.Median
            measures[column] = kind(
                label=count.label, vintage=year[1:], source=f"Source : {name}"
            )
    table = pd.DataFrame(columns, pd.Index(codes, name="commune"))
    hidden = {f"{n}_state": np.where(v.isna(), "secret", "") for n, v in table.items()}
    table = table.assign(**dict(list(hidden.items())[::2]))
    return bm.describe(table, measures=measures)


@pytest.mark.filterwarnings("ignore::basinmap.errors.BasinmapWarning")
@pytest.mark.parametrize("level", ["commune", "epci", "departement"])
def test_several_indicators_are_what_each_is_alone(level, wide):
    table = wide[::4] if level == "epci" else wide
    ids = [
        id_
        for id_, item in catalogue().indicators.items()
        if item.kind != "flow"
        and level in item.levels
        and (item.kind != "median" or level == "commune")
    ]
    asked = {"to": level, "allow_partial": level == "epci"}
    together = bm.compute(ids, table, **asked)
    for id_ in ids[len(level) % 4 :: 4]:
        alone, column = bm.compute(id_, table, **asked), bm.column(together, id_)
        pd.testing.assert_series_equal(alone, column)
        assert told(alone) == told(column)


def told(values):
    """Return what is told of values, void or not."""
    found = {k: v for k, v in values.attrs.items() if v not in ({}, (), "")}
    return {k: v for k, v in found.items() if k != "print"}


def test_options_of_several_go_by_id(counts):
    found = bm.compute(
        ["D01", "D02"], counts, to="epci", year={"D01": 2019, "D02": (2016, 2023)}
    )
    assert bm.told_of(bm.column(found, "D01")).vintage == "2019"
    assert bm.told_of(bm.column(found, "D02")).vintage == "2016-2023"
    for asked, error, message in (
        (([], {}), bm.errors.CodeError, "none is given"),
        ((["L04", "L04"], {}), bm.errors.CodeError, "more than once"),
        ((["L04", "D12"], {}), bm.errors.MeasureError, "flows"),
        ((["L04"], {"variant": "T3"}), bm.errors.CodeError, "variant={'L04': 'T3'}"),
    ):
        with pytest.raises(error, match=message):
            bm.compute(asked[0], counts, **asked[1])


def test_classes_are_made_as_the_indicator_tells(counts):
    growth = bm.compute(
        "D02", counts[counts.index.isin(bm.communes(epci="call").index)]
    )
    assert growth.attrs["method"] == "fisher-jenks"
    classes = bm.classify(growth)
    assert classes.attrs["pivot"] == 0
    assert 0 in classes.attrs["breaks"]
    # An option of one's own takes the place of what is told.
    assert bm.classify(growth, method="fisher-jenks").attrs["pivot"] is None
    assert bm.classify(growth, breaks=[1.0]).attrs["pivot"] is None
    both = bm.shared_classes({"a": growth, "b": growth.iloc[:9]})
    assert both["b"].attrs["pivot"] == 0


def test_a_warning_names_the_line_of_the_caller(counts):
    part = counts.drop("62498")
    for call in (
        lambda: bm.compute("L04", part, to="epci"),
        lambda: bm.compute(["L04", "D01"], part, to="epci"),
        lambda: bm.aggregate(part, "epci"),
        lambda: bm.compare("L04", part, "62510"),
    ):
        with pytest.warns(bm.errors.BasinmapWarning, match="not whole") as caught:
            call()
        assert {Path(one.filename).name for one in caught} == {"test_comparing.py"}
