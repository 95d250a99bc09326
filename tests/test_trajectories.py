"""How territories moved, which are of a kind, and how apart groups live."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.cluster.vq import kmeans2

import basinmap as bm
from basinmap.errors import (
    ArgumentError,
    BasinmapWarning,
    CodeError,
    ColumnError,
    DataError,
    MeasureError,
    SecrecyError,
    VintageError,
)

quick = settings(max_examples=10, deadline=None, database=None)

# G. Krumme, University of Washington, Geography 350, « Shift & share »: four industries
# of a region, 1985 and 1995; the nation had 10, 20, 40 and 30 % of its jobs in them,
# which grew by 10, 20, 30 and 40 %.
SECTORS = ["I", "II", "III", "IV"]
REGION = pd.DataFrame([[500, 100, 200, 200]], ["r"], SECTORS)
LATER = pd.DataFrame([[1000, 100, 250, 280]], ["r"], SECTORS)
NATION = (
    pd.Series([100, 200, 400, 300], SECTORS),
    pd.Series([110, 240, 520, 420], SECTORS),
)
PARTS = ["national", "mix", "local"]


# -- what a change is made of --------------------------------------------------------


def test_shift_share_is_that_of_the_textbook():
    found = bm.shift_share(REGION, LATER, reference=NATION).loc["r"]
    assert found["change"] == 630
    assert found["national"] == pytest.approx(290)
    assert found["local"] == pytest.approx(420)
    assert found["mix"] == pytest.approx(-80)


def test_shift_share_of_each_sector_is_that_of_the_textbook():
    found = bm.shift_share(REGION, LATER, reference=NATION, detail=True)
    assert found.index.names == ["unit", "sector"]
    assert found["local"].tolist() == pytest.approx([450, -20, -10, 0])
    assert found["mix"].tolist() == pytest.approx([-95, -9, 2, 22])


def test_location_quotients_are_those_of_the_textbook():
    found = bm.location_quotient(REGION, reference=NATION[0]).loc["r"]
    assert found.tolist() == pytest.approx([5, 0.5, 0.5, 2 / 3])


@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(1, 5))
@quick
def test_the_parts_of_a_change_add_up_to_it(seed, units, sectors):
    rng = np.random.default_rng(seed)
    shape = (units, sectors)
    names = [f"s{k}" for k in range(sectors)]
    start = pd.DataFrame(rng.integers(1, 10_000, shape), columns=names)
    end = pd.DataFrame(rng.integers(0, 10_000, shape), columns=names)
    found = bm.shift_share(start, end)
    gap = found[PARTS].sum(axis=1) - found["change"]
    assert np.abs(gap).max() <= 1e-9 * max(1.0, start.to_numpy().sum())
    # Over the whole, places and sectors cancel out.
    scale = start.to_numpy().sum() + end.to_numpy().sum()
    assert abs(found["mix"].sum()) <= 1e-9 * scale
    assert abs(found["local"].sum()) <= 1e-9 * scale


@given(st.integers(0, 10_000), st.floats(0.01, 100))
@quick
def test_parts_follow_the_unit_of_measure_and_not_the_order(seed, scale):
    rng = np.random.default_rng(seed)
    start = pd.DataFrame(rng.integers(1, 999, (4, 3)), [*"abcd"], [*"xyz"])
    end = pd.DataFrame(rng.integers(1, 999, (4, 3)), [*"abcd"], [*"xyz"])
    plain = bm.shift_share(start, end)
    scaled = bm.shift_share(start * scale, end * scale)
    assert scaled.to_numpy() == pytest.approx(plain.to_numpy() * scale, abs=1e-6)
    turned = bm.shift_share(
        start.iloc[::-1, ::-1], end[["y", "z", "x"]].iloc[[1, 0, 3, 2]]
    )
    assert turned.loc[plain.index].to_numpy() == pytest.approx(plain.to_numpy())


def test_a_secret_count_hides_its_unit_and_asks_for_a_whole():
    start = REGION.assign(I=np.nan, I_state="secret")
    with pytest.raises(DataError, match=r"1 unit.*the whole is not their sum"):
        bm.shift_share(start, LATER)
    found = bm.shift_share(start, LATER, reference=NATION)
    assert found[["change", *PARTS]].isna().all(axis=None)
    assert bm.column(found, "local").attrs["states"] == {"r": "secret"}
    quotient = bm.location_quotient(start, reference=NATION[0])
    assert quotient.loc["r", SECTORS].isna().all()
    with pytest.raises(DataError, match="not their sum"):
        bm.location_quotient(start)


def test_a_minimum_is_added_to_no_whole():
    start = REGION.assign(I_state="lower_bound")
    with pytest.raises(DataError, match="not their sum"):
        bm.shift_share(start, LATER)
    found = bm.shift_share(start, LATER, reference=NATION)
    assert found["local_state"].tolist() == ["secret"]
    jobs = pd.DataFrame({2008: [9], 2009: [8]}, ["a"]).assign(
        **{"2009_state": "lower_bound"}
    )
    lost = bm.resilience(jobs.rename(columns=str), shock=(2008, 2009))
    assert lost["outcome"].isna().all()


def test_tables_that_do_not_match_are_refused():
    with pytest.raises(DataError, match=r"1 sector\(s\) in one table only: 'IV'"):
        bm.shift_share(REGION, LATER.drop(columns="IV"))
    with pytest.raises(DataError, match=r"perimeter.*changed"):
        bm.shift_share(REGION, LATER.rename(index={"r": "q"}))
    pair = tuple(part.drop("IV") for part in NATION)
    with pytest.raises(ColumnError, match="'IV'"):
        bm.shift_share(REGION, LATER, reference=pair)
    with pytest.raises(MeasureError):
        bm.shift_share(-REGION, LATER)
    with pytest.raises(ArgumentError, match="start: of type Series"):
        bm.shift_share(REGION["I"], LATER)
    with pytest.raises(DataError, match="none at all in 'I'"):
        bm.location_quotient(REGION.assign(I=0))
    with pytest.raises(ArgumentError, match="table: None"):
        bm.location_quotient(None)


def test_growth_is_births_less_deaths_and_the_rest():
    table = pd.DataFrame(
        {"p_2016": [1000, 0], "p_2021": [1100, 5], "b": [80, 1], "d": [30, 0]},
        index=["a", "b"],
    )
    found = bm.growth_split(table, start="p_2016", end="p_2021", births="b", deaths="d")
    assert found.loc["a"].iloc[:6].tolist() == pytest.approx([100, 50, 50, 2, 1, 1])
    assert found.loc["b", ["change", "migration"]].tolist() == [5, 4]
    rate = bm.column(found, "natural_rate")
    assert rate.attrs["states"] == {"b": "not_applicable"}
    both = found["natural_rate"] + found["migration_rate"]
    assert both["a"] == pytest.approx(found.loc["a", "change_rate"])


def test_growth_is_split_as_the_catalogue_does():
    counts = {
        "population_2016": [1000.0, 2000],
        "population_2021": [1100.0, 1900],
        "births_2016_2021": [80.0, 90],
        "deaths_2016_2021": [30.0, 100],
    }
    table = pd.DataFrame(counts, pd.Index(["62498", "62510"], name="commune"))
    start, end, births, deaths = counts
    found = bm.growth_split(table, start=start, end=end, births=births, deaths=deaths)
    years = {c: c[-4:] if c.startswith("p") else "2016-2021" for c in counts}
    measures = {c: bm.Stock(vintage=year) for c, year in years.items()}
    told = bm.describe(table, measures=measures)
    for name, column in (("D03", "natural_rate"), ("D04", "migration_rate")):
        expected = bm.compute(name, told)
        assert found[column].tolist() == pytest.approx(expected.tolist())


def test_secret_deaths_hide_the_balance():
    table = pd.DataFrame(
        {"p_2016": [100.0], "p_2021": [90.0], "b": [5.0], "d": [np.nan]}, ["a"]
    ).assign(d_state="secret")
    found = bm.growth_split(table, start="p_2016", end="p_2021", births="b", deaths="d")
    assert found[["change", "natural", "migration"]].isna().all(axis=None)
    assert found.loc["a", "natural_state"] == "secret"
    table = table.assign(d=3.0, d_state="lower_bound")
    found = bm.growth_split(table, start="p_2016", end="p_2021", births="b", deaths="d")
    assert found.loc["a", "natural_state"] == "secret"


def test_growth_without_years_is_refused():
    table = pd.DataFrame({"p": [1], "q": [2], "b": [1], "d": [0]})
    names = {"births": "b", "deaths": "d"}
    with pytest.raises(VintageError, match="write years="):
        bm.growth_split(table, start="p", end="q", **names)
    with pytest.raises(ArgumentError, match=r"years: '5' is .* a number"):
        bm.growth_split(table, start="p", end="q", **names, years="5")
    table = table.rename(columns={"p": "p_2021", "q": "p_2016"})
    with pytest.raises(VintageError, match="not after"):
        bm.growth_split(table, start="p_2021", end="p_2016", **names)
    with pytest.raises(ColumnError):
        bm.growth_split(table, start="p_2016", end="p_2022", **names)


# -- towards one another, or not -----------------------------------------------------


def test_convergence_by_hand():
    # ln levels 0, 1, 2 then 1, 1.5, 2 in ten years: growth 0.1, 0.05, 0: slope -0.05.
    levels = pd.DataFrame(
        {2000: np.exp([0.0, 1, 2]), 2010: np.exp([1.0, 1.5, 2])}, index=[*"abc"]
    )
    found = bm.convergence(levels)
    assert found.beta == pytest.approx(-0.05)
    assert found.speed == pytest.approx(100 * np.log(2) / 10)
    assert found.half_life == pytest.approx(10)
    assert found.sigma["deviation"].tolist() == pytest.approx(
        [np.sqrt(2 / 3), np.sqrt(2 / 3) / 2]
    )
    assert "les écarts se sont réduits" in found.sentence


def test_a_return_to_the_mean_is_no_convergence():
    # The order is reversed: the last grew faster, and gaps are what they were.
    levels = pd.DataFrame({2000: [1.0, 2, 4], 2010: [4.0, 2, 1]}, index=[*"abc"])
    found = bm.convergence(levels)
    assert found.beta < 0
    assert np.ptp(found.sigma["deviation"]) == 0
    assert "retour vers la moyenne" in str(found)
    assert np.isnan(found.speed)


def test_the_slope_is_that_of_least_squares():
    rng = np.random.default_rng(0)
    levels = pd.DataFrame(
        rng.lognormal(3, 0.5, (50, 2)), columns=["income_2000", "income_2020"]
    )
    first, last = np.log(levels).to_numpy().T
    slope = stats.linregress(first, (last - first) / 20).slope
    assert bm.convergence(levels).beta == pytest.approx(slope)
    people = pd.Series(rng.integers(1, 5, 50), levels.index)
    # Weights are people: each row as many times is the same.
    again = levels.loc[levels.index.repeat(people)].reset_index(drop=True)
    weighted = bm.convergence(levels, weights=people)
    assert weighted.beta == pytest.approx(bm.convergence(again).beta)
    assert weighted.sigma.to_numpy() == pytest.approx(
        bm.convergence(again).sigma.to_numpy()
    )


@given(st.floats(0.001, 1_000), st.randoms(use_true_random=False))
@quick
def test_convergence_knows_neither_unit_nor_order(scale, random):
    levels = pd.DataFrame(
        np.random.default_rng(1).lognormal(3, 0.5, (9, 3)), columns=[2000, 2005, 2010]
    )
    plain = bm.convergence(levels)
    order = list(levels.index)
    random.shuffle(order)
    other = bm.convergence(levels.loc[order, [2010, 2000, 2005]] * scale)
    assert other.beta == pytest.approx(plain.beta)
    assert other.sigma.to_numpy() == pytest.approx(plain.sigma.to_numpy())


def test_levels_that_are_not_compared_are_refused():
    levels = pd.DataFrame({2000: [1.0, 2, 4], 2010: [2.0, 3, 5]}, index=[*"abc"])
    with pytest.raises(MeasureError, match="stocks follow the size"):
        bm.convergence(bm.statistics()[["population_2016", "population_2023"]])
    with pytest.raises(MeasureError, match="growth is of levels above 0"):
        bm.convergence(levels - 1)
    with pytest.raises(VintageError, match="columns without a year: 'a'"):
        bm.convergence(levels.rename(columns={2000: "a"}))
    with pytest.raises(VintageError, match="one year"):
        bm.convergence(levels[[2000]])
    with pytest.raises(CodeError, match="without one: 'c'"):
        bm.convergence(levels, weights=pd.Series({"a": 1, "b": 2}))
    with pytest.raises(DataError, match=r"2 unit.*3 are needed"):
        bm.convergence(levels.mask(levels == 4))
    with pytest.raises(DataError, match="begin equal"):
        bm.convergence(levels.assign(**{"2000": 1.0})[["2000", 2010]])
    hidden = levels.rename(columns=str).assign(**{"2000_state": ["", "secret", ""]})
    with pytest.raises(MeasureError, match=r"secret|missing"):
        bm.convergence(hidden)
    known = levels.assign(d=0)[[2000, 2010]].reindex([*"abcd"])
    assert bm.convergence(known).left_out == {"d": "not_available"}


def test_ranks_move_as_kendall_says():
    rng = np.random.default_rng(2)
    first, last = (pd.Series(rng.random(30), name="x") for _ in range(2))
    found = bm.rank_mobility(first, last)
    assert found.attrs["tau"] == pytest.approx(stats.kendalltau(first, last).statistic)
    assert found["change"].sum() == 0
    assert found.loc[first.idxmax(), "rank_first"] == 1
    still = bm.rank_mobility(first, first)
    assert still.attrs["tau"] == pytest.approx(1)
    assert (still["change"] == 0).all()


def test_ranks_leave_out_what_is_not_known():
    first = pd.Series([3.0, 2, 1, np.nan], [*"abcd"], name="x")
    last = pd.Series([1.0, 2, 3, 4], [*"abcd"], name="x")
    found = bm.rank_mobility(first, last)
    assert found.loc["d"].isna().all()
    assert found.attrs["tau"] == pytest.approx(-1)
    with pytest.raises(CodeError, match=r"1 code\(s\) at one date only: 'd'.*rebase"):
        bm.rank_mobility(first.drop("d"), last)
    with pytest.raises(DataError, match="at least 3"):
        bm.rank_mobility(first.head(2), last.head(2))
    with pytest.raises(DataError, match="no order"):
        bm.rank_mobility(first * 0, last)
    last.attrs = {"states": {"a": "secret"}}
    with pytest.raises(SecrecyError):
        bm.rank_mobility(first, last)


# -- after a shock -------------------------------------------------------------------


def test_a_shock_its_trough_and_its_recovery_by_hand():
    jobs = pd.DataFrame(
        {
            "jobs_2008": [100.0, 200, 50, 80],
            "jobs_2009": [90.0, 200, 45, np.nan],
            "jobs_2010": [80.0, 210, 40, 70],
            "jobs_2011": [100.0, 220, 45, 90],
            "jobs_2012": [110.0, 230, 49, 95],
        },
        index=[*"abcd"],
    )
    found = bm.resilience(jobs, shock=(2008, 2010))
    assert found["drop"].tolist()[:3] == pytest.approx([-20, 0, -20])
    assert found["trough_year"].tolist()[:3] == [2010, 2008, 2010]
    assert found["recovered"].tolist()[0] == 2011
    assert found["years"].tolist()[0] == 3
    assert found["outcome"].tolist()[:3] == [
        "Recul effacé",
        "Pas de recul",
        "Recul non effacé",
    ]
    assert found.loc["d"].drop("outcome_state").isna().all()
    assert found.loc["d", "outcome_state"] == "not_available"
    # All together 350, 335, 330: -5.7 %.
    assert found["relative"].tolist()[0] == pytest.approx(20 / (100 * 20 / 350))
    assert bm.resilience(jobs, shock=(2008, 2010), until=2010)["recovered"].isna()["a"]


def test_a_year_that_is_missing_is_named():
    jobs = pd.DataFrame({2008: [100], 2010: [90], 2011: [95]}, ["a"])
    with pytest.raises(VintageError, match=r"1 year\(s\) missing.*2009"):
        bm.resilience(jobs, shock=(2008, 2010))
    with pytest.raises(VintageError, match="years from 2008 to 2011"):
        bm.resilience(jobs, shock=(2005, 2010))
    with pytest.raises(VintageError, match="two years"):
        bm.resilience(jobs, shock=[2008, 2010])
    for shock in (2008, ("2008", "2010"), (2008,)):
        with pytest.raises(ArgumentError, match=r"shock: .*a whole number, a whole"):
            bm.resilience(jobs, shock=shock)


def test_the_embedded_populations_pass_through_2020():
    found = bm.resilience(
        bm.statistics().filter(regex="^population_20"), shock=(2019, 2020)
    )
    assert found["outcome"].notna().all()
    said = bm.told_of(bm.column(found, "outcome"))
    assert said.kind == "category"
    assert "2019-2020" in said.notes[0]


# -- how apart groups live -----------------------------------------------------------


def test_segregation_by_hand():
    # Group 10, 0, 10 of 20, 10, 10: rest 10, 10, 0. D = (|.5-.5| + |0-.5| + |.5-0|)/2.
    table = pd.DataFrame({"g": [10, 0, 10, 0], "t": [20, 10, 10, 0]}, index=[*"abcd"])
    found = bm.segregation(table, "g", total="t").iloc[0]
    assert found["units"] == 3
    assert found["share"] == 50
    assert found["dissimilarity"] == pytest.approx(0.5)
    assert found["isolation"] == pytest.approx(0.5 * 0.5 + 0.5 * 1)
    # Only a is mixed, as the whole is: half of the people live in no diversity.
    assert found["entropy"] == pytest.approx(0.5)
    assert found["gini"] == pytest.approx(0.75)


def test_segregation_is_that_of_pysal():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peers = pytest.importorskip("segregation.singlegroup")
        table = pd.DataFrame(bm.statistics("iris"))
        columns = ("vacant_dwellings_2021", "dwellings_2021")
        found = bm.segregation(table, columns[0], total=columns[1]).iloc[0]
        plain = table[list(columns)][table[columns[1]] > 0].copy()
        names = ("Dissim", "Isolation", "Entropy")
        expected = [getattr(peers, n)(plain, *columns).statistic for n in names]
    ours = found[["dissimilarity", "isolation", "entropy"]].tolist()
    assert ours == pytest.approx(expected, abs=1e-12)


def test_gini_is_the_mean_difference_of_all_pairs():
    # PySAL's compiles for half a minute: the definition itself, on 80 units.
    rng = np.random.default_rng(4)
    total = rng.integers(1, 500, 80)
    group = rng.binomial(total, rng.random(80))
    table = pd.DataFrame({"g": group, "t": total})
    found = bm.segregation(table, "g", total="t")["gini"].iloc[0]
    share, whole = group / total, group.sum() / total.sum()
    apart = np.abs(share[:, None] - share[None]) * total[:, None] * total[None]
    assert found == pytest.approx(
        apart.sum() / (2 * total.sum() ** 2 * whole * (1 - whole))
    )


def test_a_missing_quartier_is_no_mixed_one():
    table = pd.DataFrame(
        {"city": ["x", "x", "y", "y"], "g": [1, np.nan, 3, 4], "t": [9, 9, 9, 9]},
        index=[*"abcd"],
    ).assign(g_state=["", "secret", "", ""])
    found = bm.segregation(table, "g", total="t", by="city")
    assert found.loc["x", ["entropy", "dissimilarity", "group", "share"]].isna().all()
    assert found.loc["x", "entropy_state"] == "secret"
    assert found.loc["y", "entropy"] > 0
    told = bm.segregation(table, "g", total="t", by="city", allow_partial=True)
    assert told.loc["x", "entropy_state"] == "not_applicable"  # one unit is left


def test_a_commune_without_one_of_its_iris_is_not_whole():
    table = bm.statistics("iris")
    lens = table[table["commune"] == "62498"]
    with pytest.warns(BasinmapWarning, match="16 IRIS sur 17"):
        found = bm.segregation(
            lens.iloc[1:], "vacant_dwellings_2021", total="dwellings_2021", by="commune"
        )
    assert found["entropy_state"].tolist() == ["not_available"]
    part = bm.segregation(
        lens.iloc[1:],
        "vacant_dwellings_2021",
        total="dwellings_2021",
        by="commune",
        allow_partial=True,
    )
    assert part["entropy_state"].tolist() == ["estimated"]
    assert "16 IRIS" in part.attrs["remarks"]["62498"]


def test_segregation_that_means_nothing_is_told():
    table = pd.DataFrame({"g": [0, 0], "t": [5, 5]}, index=["a", "b"])
    found = bm.segregation(table, "g", total="t")
    assert found["gini_state"].tolist() == ["not_applicable"]
    with pytest.raises(MeasureError, match="is more than"):
        bm.segregation(table, "t", total="g")
    with pytest.raises(MeasureError, match="both the group and all"):
        bm.segregation(table, "g", total="g")
    with pytest.raises(ArgumentError, match="by: of type list"):
        bm.segregation(table, "g", total="t", by=["city"])
    with pytest.raises(ColumnError, match="no column 'city'"):
        bm.segregation(table, "g", total="t", by="city")
    with pytest.raises(DataError, match="no unit has a territory"):
        bm.segregation(table, "g", total="t", by=pd.Series({"z": "city"}, name="c"))
    with pytest.raises(DataError, match="more than once"):
        bm.segregation(pd.concat([table, table]), "g", total="t")


@given(st.integers(0, 10_000), st.integers(1, 50))
@quick
def test_indices_know_neither_size_nor_order_nor_names(seed, scale):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"g": rng.integers(1, 99, 8), "r": rng.integers(1, 99, 8)})
    table = table.assign(t=table["g"] + table["r"])
    names = ["dissimilarity", "isolation", "entropy", "gini"]
    plain = bm.segregation(table, "g", total="t")[names].iloc[0].tolist()
    assert all(-1e-12 <= value <= 1 for value in plain)
    other = (table.sample(frac=1, random_state=seed) * scale).add_prefix("n_")
    other.index = [f"q{rank}" for rank in range(8)]
    found = bm.segregation(other, "n_g", total="n_t")[names].iloc[0].tolist()
    assert found == pytest.approx(plain)
    # A unit that is cut in two like halves changes nothing.
    halves = pd.concat([table, table], keys=["a", "b"]).set_axis(range(16))
    again = bm.segregation(halves, "g", total="t")[names].iloc[0].tolist()
    assert again == pytest.approx(plain)


# -- which are of a kind -------------------------------------------------------------


@pytest.fixture(scope="module")
def three():
    """Return three clouds of 30, 20 and 10 units, far from one another."""
    rng = np.random.default_rng(3)
    centres = np.repeat([[0, 0], [10, 0], [0, 10]], [30, 20, 10], axis=0)
    codes = [f"u{rank:02}" for rank in range(60)]
    return pd.DataFrame(
        centres + rng.normal(0, 0.5, (60, 2)), index=codes, columns=["x", "y"]
    )


def test_clouds_are_found_again_and_are_firm(three):
    found = bm.typology(three, groups=3, names=["a", "b", "c"], draws=30)
    assert found.groups.tolist() == ["a"] * 30 + ["b"] * 20 + ["c"] * 10
    assert found.profile["units"].tolist() == [30, 20, 10]
    assert (found.profile["stability"] > 0.99).all()
    assert (found.confidence == 1).all()
    assert found.explained > 95
    assert found.profile.loc["b", "x"] == pytest.approx(10, abs=0.5)


def test_kinds_are_where_k_means_leaves_them(three):
    found = bm.typology(three, groups=3, draws=0)
    z = ((three - three.mean()) / three.std(ddof=0)).to_numpy()
    kinds = found.groups.cat.codes.to_numpy()
    centres = np.stack([z[kinds == k].mean(axis=0) for k in range(3)])
    again, labels = kmeans2(z, centres, minit="matrix")
    assert again == pytest.approx(centres)
    assert (labels == kinds).all()
    assert found.profile["stability"].isna().all()


def test_noise_makes_kinds_that_are_told_to_be_frail():
    rng = np.random.default_rng(5)
    noise = pd.DataFrame(rng.normal(size=(80, 4)), columns=[*"wxyz"])
    found = bm.typology(noise, groups=6, draws=30)
    assert found.profile["stability"].median() < 0.75
    assert "trop fragile" in str(found)


@given(st.floats(0.01, 1_000), st.floats(-99, 99), st.randoms(use_true_random=False))
@settings(max_examples=8, deadline=None, database=None)
def test_kinds_know_neither_unit_nor_order(three, scale, shift, random):
    plain = bm.typology(three, groups=3, draws=0).groups
    order = list(three.index)
    random.shuffle(order)
    moved = (three.loc[order] * scale + shift)[["y", "x"]]
    other = bm.typology(moved, groups=3, draws=0).groups
    assert other.loc[plain.index].tolist() == plain.tolist()


def test_a_unit_that_lacks_an_indicator_is_of_no_kind(three):
    table = three.assign(x_state="")
    table.loc["u05", ["x", "x_state"]] = [np.nan, "secret"]
    found = bm.typology(table, groups=3, draws=5)
    assert found.left_out == {"u05": "secret"}
    assert found.groups.isna().sum() == 1
    assert found.groups.attrs["states"] == {"u05": "secret"}
    assert "1 laissées de côté" in str(found)


def test_what_cannot_be_sorted_is_refused(three):
    with pytest.raises(MeasureError, match="stocks follow the size"):
        bm.typology(bm.statistics()[["population_2023", "dwellings_2021"]], groups=3)
    with pytest.raises(DataError, match="from 2 to 7"):
        bm.typology(three, groups=9)
    with pytest.raises(DataError, match="equal everywhere"):
        bm.typology(three.assign(z=1.0), groups=3)
    with pytest.raises(DataError, match="say one thing twice"):
        bm.typology(three.assign(z=-2 * three["x"]), groups=3)
    with pytest.raises(DataError, match="3 different names"):
        bm.typology(three, groups=3, names=["a", "b"])
    with pytest.raises(DataError, match="draws: a whole number from 0"):
        bm.typology(three, groups=3, draws=-1)
    with pytest.raises(DataError, match="4 unit"):
        bm.typology(three.head(4), groups=3)
    with pytest.raises(DataError, match="more than once"):
        bm.typology(pd.concat([three, three]), groups=3)
    with pytest.raises(DataError, match="infinite at 'u00'"):
        bm.typology(three.assign(x=[np.inf, *three["x"].iloc[1:]]), groups=3)


def test_kinds_of_the_basin_are_told_and_drawn():
    codes = list(bm.perimeter("bassin-minier").communes)
    counts = bm.statistics().loc[codes]
    names = ("D02", "D05", "L04", "L05")
    table = bm.table_of({name: bm.compute(name, counts) for name in names})
    found = bm.typology(table, groups=4, draws=10)
    assert found.profile["units"].sum() == 336
    units = bm.communes().loc[codes]
    fig, ax = bm.page(units, title="Quatre types de communes")
    bm.draw_typology(ax, units, found.groups)
    assert sum(swatch.count for swatch in ax.blocks[-1].swatches) == 336
    assert "centres mobiles" in bm.alternative_text(fig)
