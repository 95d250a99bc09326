"""What a result is worth: six states through sums, ratios, means and categories."""

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import basinmap as bm
from basinmap.errors import MeasureError
from basinmap.states import of_part, shared_out

ORDER = ("", "lower_bound", "estimated", "secret", "not_applicable", "not_available")
GONE = {"secret", "not_applicable", "not_available"}
WORDS = {
    "whole": "",
    "minimum": "lower_bound",
    "estimate": "estimated",
    "secret": "secret",
    "no_object": "not_applicable",
    "unavailable": "not_available",
}
LENS, LIEVIN = "62498", "62510"
CALL = "246200364"


def cells(table, rows=ORDER, columns=ORDER):
    """Read a table written by hand: two states, and what comes of them."""
    words = [line.split() for line in table.split("\n") if line]
    assert [len(line) for line in words] == [len(columns)] * len(rows)
    return [
        (one, other, WORDS[words[i][j]])
        for (i, one), (j, other) in itertools.product(
            enumerate(rows), enumerate(columns)
        )
    ]


# By hand, from decision 0006; rows and columns in the order above.
SUM = """
whole       minimum     estimate    minimum     whole       unavailable
minimum     minimum     minimum     minimum     minimum     unavailable
estimate    minimum     estimate    minimum     estimate    unavailable
minimum     minimum     minimum     secret      secret      unavailable
whole       minimum     estimate    secret      no_object   unavailable
unavailable unavailable unavailable unavailable unavailable unavailable
"""
# The numerator in rows, the denominator in columns.
RATIO = """
whole       secret      estimate    secret      no_object   unavailable
minimum     secret      minimum     secret      no_object   unavailable
estimate    secret      estimate    secret      no_object   unavailable
secret      secret      secret      secret      no_object   secret
no_object   no_object   no_object   no_object   no_object   no_object
unavailable secret      unavailable secret      no_object   unavailable
"""
# The count at the end in rows, at the start in columns: a minimum bounds no growth.
GROWTH = RATIO.replace("minimum", "secret")
# The mean in rows, its weight in columns: the minimum of a mean is as a secret.
MEAN = """
whole       secret      estimate    secret      no_object   unavailable
secret      secret      secret      secret      no_object   secret
estimate    secret      estimate    secret      no_object   unavailable
secret      secret      secret      secret      no_object   secret
no_object   no_object   no_object   no_object   no_object   no_object
unavailable secret      unavailable secret      no_object   unavailable
"""
# The category in rows, without a minimum, which it cannot be; its weight in columns.
CATEGORIES = ("", "estimated", "secret", "not_applicable", "not_available")
CATEGORY = """
whole       secret      estimate    secret      no_object   unavailable
estimate    secret      estimate    secret      no_object   unavailable
secret      secret      secret      secret      no_object   unavailable
no_object   no_object   no_object   no_object   no_object   no_object
unavailable secret      unavailable secret      no_object   unavailable
"""


def valued(*pairs):
    return [np.nan if state in GONE else value for state, value in pairs]


def by_aggregate(one, other):
    index = pd.Index([LENS, LIEVIN], name="commune")
    table = pd.DataFrame(
        {"n": valued((one, 1.0), (other, 2.0)), "n_state": [one, other]}, index
    )
    lens = bm.membership("epci").loc[index].rename("zone")
    return bm.aggregate(table, lens, measures={"n": bm.Stock()})[0]


def by_series(one, other):
    """Follow the whole EPCI, of which the other communes have no object."""
    index = bm.communes(epci=CALL).index
    table = pd.DataFrame({"n": np.nan, "n_state": "not_applicable"}, index)
    table.loc[[LENS, LIEVIN], "n_state"] = [one, other]
    table.loc[[LENS, LIEVIN], "n"] = valued((one, 1.0), (other, 2.0))
    table.attrs["measures"] = {"n": bm.Stock(vintage="2021")}
    return bm.compare_dates(table, "epci", columns=["n"])[0]


def by_rebase(one, other):
    """Carry two communes to the list in which they are one."""
    table = pd.DataFrame(
        {"n": valued((one, 1.0), (other, 2.0)), "n_state": [one, other]},
        pd.Index(["59006", "59070"], name="commune"),
    )
    measures = {"n": bm.Stock()}
    return bm.rebase(table, from_year=2024, to_year=2026, measures=measures)[0]


def by_flows(one, other):
    """Carry two flows to the list in which their origins are one commune."""
    table = pd.DataFrame(
        {
            "from": ["59006", "59070"],
            "to": [LENS, LENS],
            "n": valued((one, 1.0), (other, 2.0)),
            "n_state": [one, other],
        }
    )
    return bm.rebase_flows(
        table,
        origin="from",
        destination="to",
        values="n",
        from_year=2024,
        to_year=2026,
    )[0]


VERBS = {
    "aggregate": by_aggregate,
    "series": by_series,
    "rebase": by_rebase,
    "rebase_flows": by_flows,
}


def only(found, column):
    states = found.get(f"{column}_state", pd.Series([""]))
    assert len(found) == len(states) == 1
    return found[column].iloc[0], states.iloc[0]


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(("one", "other", "worth"), cells(SUM))
def test_a_sum_is_worth_what_its_terms_are(one, other, worth, verb):
    value, state = only(VERBS[verb](one, other), "n")
    assert state == worth
    assert np.isnan(value) == (worth in GONE)
    if worth not in GONE:
        assert value == np.nansum(valued((one, 1.0), (other, 2.0)))


def combined(measure, **columns):
    """Combine one commune, alone in its unit, whose columns bear states."""
    index = pd.Index([LENS], name="commune")
    table = pd.DataFrame(index=index)
    for name, (value, state) in columns.items():
        table[name] = [None if state in GONE else value]
        table[f"{name}_state"] = [state]
    to = bm.membership("epci").loc[index].rename("zone")
    return only(bm.aggregate(table, to, measures={"x": measure})[0], "x")


@pytest.mark.parametrize(("above", "below", "worth"), cells(RATIO))
def test_a_ratio_is_worth_what_its_counts_are(above, below, worth):
    ratio = bm.Ratio(numerator="a", denominator="b", scale=100)
    value, state = combined(ratio, a=(1.0, above), b=(4.0, below))
    assert state == worth
    assert (value == 25.0) == (worth not in GONE)


@pytest.mark.parametrize(("end", "start", "worth"), cells(GROWTH))
def test_a_growth_is_worth_what_its_counts_are(end, start, worth):
    growth = bm.Growth(start="a", end="b", years=1)
    value, state = combined(growth, b=(6.0, end), a=(4.0, start))
    assert state == worth
    assert (value == pytest.approx(50.0)) == (worth not in GONE)


@pytest.mark.parametrize(("mean", "weight", "worth"), cells(MEAN))
def test_a_mean_is_worth_what_it_and_its_weight_are(mean, weight, worth):
    table = {"x": (7.0, mean), "w": (3.0, weight)}
    index = pd.Index([LENS], name="commune")
    frame = pd.DataFrame(index=index)
    for name, (value, state) in table.items():
        frame[name] = [np.nan if state in GONE else value]
        frame[f"{name}_state"] = [state]
    to = bm.membership("epci").loc[index].rename("zone")
    found, _ = bm.aggregate(frame, to, measures={"x": bm.Mean(weight="w")})
    value, state = only(found, "x")
    assert state == worth
    assert (value == 7.0) == (worth not in GONE)


@pytest.mark.parametrize(
    ("category", "weight", "worth"), cells(CATEGORY, rows=CATEGORIES)
)
def test_a_category_is_worth_what_it_and_its_weight_are(category, weight, worth):
    index = pd.Index([LENS], name="commune")
    frame = pd.DataFrame(
        {
            "x": [None if category in GONE else "urbain"],
            "x_state": [category],
            "w": [np.nan if weight in GONE else 5.0],
            "w_state": [weight],
        },
        index,
    )
    to = bm.membership("epci").loc[index].rename("zone")
    kind = bm.Category(rule="majority", weight="w")
    value, state = only(bm.aggregate(frame, to, measures={"x": kind})[0], "x")
    assert state == worth
    assert (value == "urbain") == (worth not in GONE)


# -- what the tables do not say ------------------------------------------------------


def test_the_zero_of_a_lower_bound_is_no_zero():
    # None counted, some hidden: the denominator may be anything above zero.
    ratio = bm.Ratio(numerator="a", denominator="b")
    assert combined(ratio, a=(0.0, ""), b=(0.0, "lower_bound"))[1] == "secret"
    assert combined(ratio, a=(0.0, ""), b=(0.0, ""))[1] == "not_applicable"


def test_a_commune_emptied_of_what_is_counted_lost_all_of_it():
    growth = bm.Growth(start="a", end="b", years=5)
    assert combined(growth, a=(40.0, ""), b=(0.0, "")) == (-100.0, "")


def test_a_majority_is_more_than_half():
    index = pd.Index([LENS, LIEVIN], name="commune")
    table = pd.DataFrame({"x": ["a", "b"], "w": [5.0, 5.0]}, index)
    to = bm.membership("epci").loc[index].rename("zone")
    kind = {"x": bm.Category(rule="majority", weight="w")}
    assert only(bm.aggregate(table, to, measures=kind)[0], "x")[1] == "not_applicable"
    more = table.assign(w=[5.1, 5.0])
    assert only(bm.aggregate(more, to, measures=kind)[0], "x") == ("a", "")


def test_a_hidden_category_unsettles_a_majority_only_where_it_could_make_it():
    index = pd.Index([LENS, LIEVIN, "62065"], name="commune")
    table = pd.DataFrame(
        {"x": ["a", "b", None], "x_state": ["", "", "secret"], "w": [6.0, 1.0, 2.0]},
        index,
    )
    to = bm.membership("epci").loc[index].rename("zone")
    kind = {"x": bm.Category(rule="majority", weight="w")}
    # 6 of 9 are known to be a, whatever the third is.
    assert only(bm.aggregate(table, to, measures=kind)[0], "x") == ("a", "")
    # 4 of 9, and 2 that could make them 6.
    less = table.assign(w=[4.0, 3.0, 2.0])
    assert only(bm.aggregate(less, to, measures=kind)[0], "x")[1] == "secret"
    # 3 of 9, and 2 that make 5, against 4 and 2 that make 6: still open.
    assert only(
        bm.aggregate(table.assign(w=[3.0, 4.0, 2.0]), to, measures=kind)[0], "x"
    )[1] == ("secret")
    # 4 of 9 each, and 1 that settles nothing short of a majority: it could.
    even = table.assign(w=[4.0, 4.0, 0.0])
    assert only(bm.aggregate(even, to, measures=kind)[0], "x")[1] == "not_applicable"


def test_a_balance_may_be_negative_and_has_no_bound():
    index = pd.Index([LENS, LIEVIN], name="commune")
    table = pd.DataFrame({"n": [-5.0, np.nan], "n_state": ["", "secret"]}, index)
    to = bm.membership("epci").loc[index].rename("zone")
    with pytest.raises(MeasureError, match=r"1 negative.*'62498'.*signed=True"):
        bm.aggregate(table, to, measures={"n": bm.Stock()})
    balance = {"n": bm.Stock(signed=True)}
    assert only(bm.aggregate(table, to, measures=balance)[0], "n")[1] == "secret"
    known = table.assign(n=[-5.0, 2.0], n_state="")
    assert only(bm.aggregate(known, to, measures=balance)[0], "n") == (-3.0, "")


@pytest.mark.parametrize(
    ("state", "count", "rate", "allowed"),
    [
        ("", "lower_bound", "not_available", "estimated"),
        ("lower_bound", "lower_bound", "not_available", "lower_bound"),
        ("estimated", "lower_bound", "not_available", "estimated"),
        ("secret", "secret", "secret", "secret"),
        ("not_applicable", "not_available", "not_available", "not_available"),
        ("not_available", "not_available", "not_available", "not_available"),
    ],
)
def test_a_part_of_a_territory_is_worth_less_than_the_whole(
    state, count, rate, allowed
):
    assert of_part([state], "count").tolist() == [count]
    assert of_part([state], "count", allowed=True).tolist() == [count]
    for kind in ("rate", "balance"):
        assert of_part([state], kind).tolist() == [rate]
        assert of_part([state], kind, allowed=True).tolist() == [allowed]


def test_a_secret_of_a_commune_that_is_not_whole_stays_a_secret():
    table = pd.DataFrame(
        {"n": [np.nan], "n_state": ["secret"]}, pd.Index(["59006"], name="commune")
    )
    with pytest.warns(bm.errors.BasinmapWarning, match="59006 lacks 59070"):
        found, _ = bm.rebase(
            table, from_year=2024, to_year=2026, measures={"n": bm.Stock()}
        )
    assert only(found, "n")[1] == "secret"


def test_a_weight_of_what_has_no_object_hides_nothing():
    index = pd.Index([LENS, LIEVIN], name="commune")
    table = pd.DataFrame(
        {
            "x": [10.0, np.nan],
            "x_state": ["", "not_applicable"],
            "w": [3.0, np.nan],
            "w_state": ["", "secret"],
        },
        index,
    )
    to = bm.membership("epci").loc[index].rename("zone")
    found, _ = bm.aggregate(table, to, measures={"x": bm.Mean(weight="w")})
    assert only(found, "x") == (10.0, "")


def test_the_balance_of_a_part_says_nothing_of_the_whole():
    table = bm.statistics()[["population_2023"]].drop(LENS)
    for signed, worth in ((True, "not_available"), (False, "lower_bound")):
        measures = {"population_2023": bm.Stock(signed=signed)}
        with pytest.warns(bm.errors.BasinmapWarning, match="couvre 35 communes sur 36"):
            found, _ = bm.aggregate(table, "epci", measures=measures)
        row = found.loc[CALL]
        assert row["population_2023_state"] == worth
        assert np.isnan(row["population_2023"]) == signed


# -- shares ---------------------------------------------------------------------------

# By hand: what the share of a count is worth, and of a zero; whole, it keeps its worth.
SHARES = [
    ("", "estimated", ""),
    ("lower_bound", "estimated", "lower_bound"),
    ("estimated", "estimated", "estimated"),
    ("secret", "secret", "secret"),
    ("not_applicable", "not_applicable", "not_applicable"),
    ("not_available", "not_available", "not_available"),
]


@pytest.mark.parametrize(("state", "share", "of_zero"), SHARES)
def test_a_share_is_worth_less_than_the_whole(state, share, of_zero):
    assert shared_out([state], [True], [False]).tolist() == [share]
    assert shared_out([state], [True], [True]).tolist() == [of_zero]
    for nothing in (True, False):
        assert shared_out([state], [False], [nothing]).tolist() == [state]


def two_squares(*shapes):
    return gpd.GeoDataFrame(
        geometry=list(shapes), index=[*"ab"][: len(shapes)], crs=2154
    )


def share_by_rebase(state, value):
    """Carry a commune to the list in which it was two: 37.1 and 62.9 %."""
    table = pd.DataFrame(
        {"n": [value], "n_state": [state]}, pd.Index(["59006"], name="commune")
    )
    measures = {"n": bm.Stock(label="Logements")}
    found, report = bm.rebase(table, from_year=2026, to_year=2024, measures=measures)
    return found.loc["59006"], report.notes, 0.371048


def share_by_apportion(state, value):
    table = pd.DataFrame({"n": [value], "n_state": [state]}, ["a"])
    unit = two_squares(shapely.box(0, 0, 1000, 1000))
    parts = two_squares(shapely.box(0, 0, 250, 1000), shapely.box(250, 0, 1000, 1000))
    measures = {"n": bm.Stock(label="Logements")}
    found, report = bm.apportion(table, unit, parts, measures=measures)
    return found.loc["a"], report.notes, 0.25


def share_by_reach(state, value):
    unit = two_squares(shapely.box(0, 0, 1000, 1000))
    unit = unit.assign(n=[value], n_state=[state])
    unit.attrs["measures"] = {"n": bm.Stock(label="Logements")}
    area = two_squares(shapely.box(0, 0, 250, 1000))
    found = bm.reach(area, unit, sums=["n"], rule="area")
    return found.loc["a"], bm.told_of(found).notes, 0.25


SHARING = {
    "rebase": share_by_rebase,
    "apportion": share_by_apportion,
    "reach by area": share_by_reach,
}


@pytest.mark.parametrize("verb", SHARING)
@pytest.mark.parametrize(("state", "share", "of_zero"), SHARES)
def test_what_is_cut_is_worth_its_share_in_every_verb(state, share, of_zero, verb):
    row, notes, part = SHARING[verb](state, np.nan if state in GONE else 8.0)
    assert row["n_state"] == share
    assert np.isnan(row["n"]) == (share in GONE)
    if share not in GONE:
        assert row["n"] == pytest.approx(8 * part, abs=1e-4)
    told = [note for note in notes if note.startswith("Logements, minimums partagés")]
    assert len(told) == (state == "lower_bound")
    if state not in GONE:
        row, _, _ = SHARING[verb](state, 0.0)
        assert (row["n"], row.get("n_state", "")) == (0.0, of_zero)


def test_a_rate_over_a_share_of_a_minimum_stays_secret():
    table = pd.DataFrame(
        {
            "a": [8.0, 4.0],
            "a_state": ["lower_bound", ""],
            "b": [16.0, 8.0],
            "b_state": ["", "lower_bound"],
        },
        pd.Index(["59006", "62447"], name="commune"),
    )
    rate = {"x": bm.Ratio(numerator="a", denominator="b", scale=100)}
    found, _ = bm.rebase(table, from_year=2026, to_year=2024, measures=rate)
    assert found.loc["59006", ["x", "x_state"]].tolist() == [50.0, "estimated"]
    assert found.loc["62447", "x_state"] == "secret"
    assert np.isnan(found.loc["62447", "x"])
    units = two_squares(shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10))
    halves = two_squares(shapely.box(0, 0, 5, 10), shapely.box(10, 0, 15, 10))
    shared, _ = bm.apportion(table.set_axis([*"ab"]), units, halves, measures=rate)
    assert shared["x_state"].tolist() == ["estimated", "secret"]
    assert np.isnan(shared.loc["b", "x"])


def test_a_minimum_that_moves_whole_is_one_beside_shares():
    table = pd.DataFrame({"n": [8.0, 4.0], "n_state": ["lower_bound", ""]}, [*"ab"])
    units = two_squares(shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10))
    area = two_squares(shapely.box(0, 0, 15, 10))
    found, report = bm.apportion(table, units, area, measures={"n": bm.Stock()})
    assert found.loc["a", ["n", "n_state"]].tolist() == [10.0, "lower_bound"]
    assert not any("minimums partagés" in note for note in report.notes)


def test_a_flow_that_is_shared_bounds_nothing():
    flows = pd.DataFrame(
        {"from": ["59006"], "to": [LENS], "n": [8.0], "n_state": ["lower_bound"]}
    )
    found, report = bm.rebase_flows(
        flows,
        origin="from",
        destination="to",
        values="n",
        from_year=2026,
        to_year=2024,
    )
    assert found["n_state"].tolist() == ["estimated"] * 2
    assert any(
        "(1 : 59006 → 62498)" in note.replace("\u202f", " ").replace("\xa0", " ")
        for note in report.notes
    )
