"""Evaluation around a place: equal to other engines, honest, in French."""

import dataclasses
import datetime as dt
import re
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from scipy.stats import norm

import basinmap as bm
from basinmap.errors import (
    ArgumentError,
    CodeError,
    ColumnError,
    DataError,
    MeasureError,
    VintageError,
)
from basinmap.impact.bounds import fixed_length
from basinmap.impact.contrasts import (
    Rings,
    conley,
    contrast,
    loads,
    rings_around,
    wild_bootstrap,
)
from basinmap.impact.fields import (
    chain_of,
    correlation,
    field_of,
    fit_shape,
    likelihoods,
)
from basinmap.impact.placebos import Places, ranked
from basinmap.impact.robustness import simplex

YEARS = [2009, 2010, 2011, 2012, 2014, 2015]
BOUNDS = (10_000, 20_000, 20_000, 40_000)


def made(
    years=YEARS, *, treated=0.0, buffer=0.0, seed=3, noise=1.0, count="population"
):
    """Return a table of all communes, whose rings left the others by per cents."""
    rng = np.random.default_rng(seed)
    units = bm.communes()
    points = units.representative_point()
    place = bm.LOUVRE_LENS.point
    far = np.hypot(points.x - place.x, points.y - place.y).to_numpy() / 1.001436
    start = np.log(np.maximum(units["population"].to_numpy(dtype=float), 50))
    drawn = rng.normal(0, noise / 100, (len(units), len(years)))
    late = np.array([year > 2012 for year in years])
    gap = np.where(far < 10_000, treated, np.where(far < 20_000, buffer, 0.0)) / 100
    logs = start[:, None] + drawn + gap[:, None] * late
    table = pd.DataFrame(
        np.exp(logs), index=units.index, columns=[f"{count}_{y}" for y in years]
    )
    return bm.describe(
        table,
        measures={
            column: bm.Stock(
                label="Population",
                vintage=column[-4:],
                geography="2026",
                source="Insee, essai",
            )
            for column in table
        },
    )


@pytest.fixture(scope="module")
def plan():
    return bm.design(made(treated=5.0, buffer=2.0), outcome="population", places=99)


@pytest.fixture(scope="module")
def found(plan):
    return bm.difference_in_differences(plan)


@pytest.fixture(scope="module")
def study(plan):
    return bm.event_study(plan)


def long_panel(plan):
    """Return the communes of the rings as rows by year, for other engines."""
    rings = plan.rings
    used = (rings.treated + rings.buffer + rings.control)[0] > 0
    codes = plan.codes[used]
    rows = pd.DataFrame(plan.levels[used], index=codes, columns=plan.years)
    rows = rows.rename_axis("commune").reset_index()
    rows["w"] = plan.weights[used] / plan.weights[used].mean()
    rows["near"] = rings.treated[0, used]
    rows["middle"] = rings.buffer[0, used]
    rows = rows.melt(
        ["commune", "w", "near", "middle"], var_name="year", value_name="y"
    )
    late = (rows["year"].astype(int) > 2012).astype(float)
    rows["post"], rows["treat"] = late, late * rows["near"]
    rows["mid"] = late * rows["middle"]
    rows["year"] = rows["year"].astype(int)
    return rows


# -- equal to others ----------------------------------------------------------------


def test_the_difference_is_that_of_pyfixest_to_the_sixth_decimal(plan, found):
    pf = pytest.importorskip("pyfixest")
    rows = long_panel(plan)
    factor = pf.ssc(k_adj=False, G_adj=True)
    for name, weights in ((plan.weighed, {"weights": "w"}), ("equal", {})):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its own calls of pandas
            fit = pf.feols(
                "y ~ treat + mid | commune + year",
                rows,
                vcov={"CRV1": "commune"},
                ssc=factor,
                **weights,
            )
        for ring, term in (("treated", "treat"), ("buffer", "mid")):
            own = found.table.loc[(ring, name, "after", "cluster")]
            assert own["estimate"] == pytest.approx(fit.coef()[term], abs=1e-6)
            assert own["error"] == pytest.approx(fit.se()[term], abs=1e-6)


def test_each_year_is_that_of_linearmodels_to_the_sixth_decimal(plan, study):
    lm = pytest.importorskip("linearmodels")
    rows = long_panel(plan)
    terms = [year for year in plan.years if year != 2012]
    for year in terms:
        now = rows["year"] == year
        rows[f"near{year}"], rows[f"mid{year}"] = (
            rows["near"] * now,
            rows["middle"] * now,
        )
    rows = rows.set_index(["commune", "year"])
    names = [f"{ring}{year}" for year in terms for ring in ("near", "mid")]
    fit = lm.PanelOLS(
        rows["y"],
        rows[names],
        entity_effects=True,
        time_effects=True,
        weights=rows["w"],
    ).fit()
    for year in terms:
        own = study.table.loc[("treated", plan.weighed, year, "placebos"), "estimate"]
        assert own == pytest.approx(fit.params[f"near{year}"], abs=1e-6)


def test_conley_is_that_of_diff_diff_in_one_cross_section():
    module = pytest.importorskip("diff_diff.conley")
    rng = np.random.default_rng(0)
    points = rng.uniform(0, 60_000, (80, 2))
    x = np.column_stack([np.ones(80), rng.integers(0, 2, 80)])
    y = rng.normal(size=80)
    left = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
    bread = np.linalg.inv(x.T @ x)
    scores = (bread @ x.T)[1] * left
    for kernel in ("bartlett", "uniform"):
        theirs = module._compute_conley_vcov(
            x,
            left,
            points,
            cutoff=20_000,
            metric="euclidean",
            kernel=kernel,
            bread_matrix=x.T @ x,
        )
        own = conley(scores[:, None], points, cutoff=20_000, kernel=kernel)
        assert own[0] == pytest.approx(theirs[1, 1], rel=1e-9)


def test_bounds_are_those_of_another_library():
    # moderndid 0.2.0, compute_flci, on the same estimates; its search is on a grid.
    rng = np.random.default_rng(0)
    root = rng.normal(size=(9, 9))
    covariance = (root @ root.T / 9 + np.eye(9)) * 0.01
    estimate = np.array([0.02, -0.03, 0.01, 0.04, 0.4, 0.5, 0.45, 0.6, 0.5])
    years = [-5, -4, -3, -2, 0, 1, 2, 3, 4]
    first, mean = (
        np.r_[np.zeros(4), 1, np.zeros(4)],
        np.r_[np.zeros(4), np.full(5, 0.2)],
    )
    for smooth, target, low, high in (
        (0.0, first, 0.1155, 0.6504),
        (0.05, first, 0.0769, 0.7150),
        (0.0, mean, 0.3130, 0.6649),
        (0.05, mean, -0.1361, 1.1331),
    ):
        own = fixed_length(estimate, covariance, years, -1, target, smooth=smooth)
        assert (own.low, own.high) == pytest.approx((low, high), abs=3e-3)


def test_a_steady_drift_before_leaves_bounds_where_they_were():
    years, at = [1968, 1975, 1990, 2010, 2015], np.array([-31.0, -24, -9, 11, 16])
    target = np.array([0, 0, 0, 0.5, 0.5])
    covariance = np.eye(5)
    for smooth in (0.0, 0.02):
        still = fixed_length(
            np.zeros(5), covariance, years, 1999, target, smooth=smooth
        )
        drifting = fixed_length(
            0.3 * at, covariance, years, 1999, target, smooth=smooth
        )
        assert drifting.estimate == pytest.approx(still.estimate, abs=1e-6)
        assert drifting.low == pytest.approx(still.low, abs=1e-6)


def test_the_likelihood_given_all_neighbours_is_the_exact_one():
    rng = np.random.default_rng(4)
    points = rng.uniform(0, 40_000, (60, 2))
    known = np.column_stack([np.ones(60), rng.integers(0, 2, 60)])
    y = rng.normal(size=(60, 1))
    shape = correlation(points, 8_000, 0.3)
    inverse = np.linalg.inv(shape)
    gram = known.T @ inverse @ known
    beta = np.linalg.solve(gram, known.T @ inverse @ y[:, 0])
    left = y[:, 0] - known @ beta
    logs = np.linalg.slogdet(shape)[1] + np.linalg.slogdet(gram)[1]
    exact = -0.5 * (58 * np.log(left @ inverse @ left / 58) + logs)
    chain = chain_of(points, nearest=59)
    own = likelihoods(chain.whitening(8_000, 0.3), y, known)[0]
    assert own == pytest.approx(exact, rel=1e-9)


def test_a_field_is_found_again():
    rng = np.random.default_rng(5)
    points = rng.uniform(0, 110_000, (500, 2))
    root = np.linalg.cholesky(correlation(points, 12_000, 0.3))
    y = 2.0 * root @ rng.normal(size=(500, 1))
    one, chain = np.ones((500, 1)), chain_of(points)
    shape = fit_shape(y, one, chain)
    field = field_of(y, one, points, chain, shape)
    assert 6_000 < field.length < 24_000
    assert 0.15 < field.nugget < 0.45
    assert field.innovations[0, 0] == pytest.approx(4, rel=0.35)


def test_the_bootstrap_is_that_of_regressions_made_one_by_one():
    rng = np.random.default_rng(6)
    count, groups = 60, np.repeat([f"e{k}" for k in range(6)], 10)
    treated = np.zeros((1, count))
    treated[0, :15] = 1
    buffer = np.zeros((1, count))
    buffer[0, 15:25] = 1
    rings = Rings(treated, buffer, 1 - treated - buffer)
    weights, y = rng.uniform(1, 5, count), rng.normal(size=count) + 0.4 * treated[0]
    x = np.column_stack([treated[0], np.ones(count), buffer[0]])
    root = np.sqrt(weights)

    def statistic(values):
        solved = np.linalg.lstsq(x * root[:, None], values * root, rcond=None)[0]
        a = np.linalg.solve((x.T * weights) @ x, x.T * weights)[0]
        scores = pd.Series(a * (values - x @ solved)).groupby(groups).sum()
        return abs(solved[0]) / np.sqrt((scores**2).sum())

    bound = np.linalg.lstsq(x[:, 1:] * root[:, None], y * root, rcond=None)[0]
    fitted = x[:, 1:] @ bound
    real = statistic(y)
    signs = np.array(np.meshgrid(*[[-1, 1]] * 6)).reshape(6, -1).T
    every = [
        statistic(fitted + (y - fitted) * np.repeat(sign, 10)) >= real * (1 - 1e-9)
        for sign in signs
    ]
    own = wild_bootstrap(y, rings, weights, groups, draws=20_000, seed=1)
    assert own == pytest.approx(np.mean(every), abs=0.015)


# -- ranks --------------------------------------------------------------------------


def four_places():
    """Return a treated place of two communes, three others, and controls of all."""
    far = np.full((4, 12), 30.0)
    for row in range(4):
        far[row, 2 * row : 2 * row + 2] = 1
        far[row, 8:] = 15
    rings = rings_around(far, (10, 10, 10, 20))
    own = Rings(rings.treated[:1], rings.buffer[:1], rings.control[:1])
    rest = Rings(rings.treated[1:], rings.buffer[1:], rings.control[1:])
    return own, Places(pd.Index(list("abc")), np.zeros((3, 2)), rest)


def test_a_rank_is_counted_by_hand():
    own, places = four_places()
    values = np.array([3, 3, 1, 1, -5, -5, 2, 2, 0, 0, 0, 0.0])[:, None]
    found = ranked(own, places, values, np.ones(12), bounds=False)
    assert found.estimate[0] == 3
    assert found.raw[0] == 2 / 4  # |−5| is as strong, and itself
    assert found.rank[0] >= 2
    assert found.p[0] == max(found.raw[0], found.studentised[0])


def test_three_places_reject_nothing_and_say_so():
    own, places = four_places()
    values = np.array([9, 8, 1, 0, -1, -2, 2, 1, 0, 0.1, 0, 0.2])[:, None]
    found = ranked(own, places, values, np.ones(12))
    assert found.p[0] >= 1 / 4
    assert np.isneginf(found.low[0])
    assert np.isposinf(found.high[0])
    assert np.isposinf(found.detectable[0])


def test_an_interval_holds_what_ranks_do_not_reject(plan):
    change = plan.levels[:, 4:].mean(axis=1) - plan.levels[:, :4].mean(axis=1)
    own, places, weights = plan.rings, plan.places, plan.weights
    found = ranked(own, places, change[:, None], weights)
    for difference in np.linspace(found.low[0], found.high[0], 5):
        moved = change - difference * own.treated[0]
        again = ranked(own, places, moved[:, None], weights, bounds=False)
        assert again.p[0] >= 0.05 - 1e-9
    for difference in (found.low[0] - 0.5, found.high[0] + 0.5):
        moved = change - difference * own.treated[0]
        again = ranked(own, places, moved[:, None], weights, bounds=False)
        assert again.p[0] <= 0.05


@settings(max_examples=8, deadline=None)
@given(
    scale=st.floats(0.01, 100),
    shift=st.floats(-50, 50),
    heavy=st.floats(0.1, 10),
    seed=st.integers(0, 99),
)
def test_scale_order_and_weights_in_another_unit_change_no_rank(
    plan, scale, shift, heavy, seed
):
    change = plan.levels[:, 4] - plan.levels[:, 3]
    places = plan.places
    first = ranked(plan.rings, places, change[:, None], plan.weights, bounds=False)
    order = np.random.default_rng(seed).permutation(len(change))

    def moved(rings):
        parts = (rings.treated, rings.buffer, rings.control)
        return Rings(*(part[:, order] for part in parts))

    again = ranked(
        moved(plan.rings),
        Places(places.codes, places.points, moved(places.rings)),
        scale * change[order, None] + shift,
        heavy * plan.weights[order],
        bounds=False,
    )
    assert again.p[0] == first.p[0]
    assert again.estimate[0] == pytest.approx(scale * first.estimate[0], rel=1e-6)
    assert again.error[0] == pytest.approx(scale * first.error[0], rel=1e-6)


def test_effects_of_communes_and_years_change_nothing(plan):
    rng = np.random.default_rng(1)
    table = made(treated=5.0, buffer=2.0)
    own = np.exp(rng.normal(size=len(table)))[:, None]
    moved = bm.describe(
        table * own * np.exp(rng.normal(size=6)), measures=bm.measures_of(table)
    )
    other = bm.design(
        moved, outcome="population", weights=table["population_2009"], places=99
    )
    change = [d.levels[:, 5] - d.levels[:, 2] for d in (plan, other)]
    first, second = (
        contrast(plan.rings, c[:, None], plan.weights).estimate[0, 0] for c in change
    )
    assert first == pytest.approx(second, abs=1e-9)


# -- honest by simulation -----------------------------------------------------------


@pytest.fixture(scope="module")
def ground(plan):
    """Return points, weights, rings and places of the two départements."""
    return plan.points, plan.weights, plan.rings, plan.places


@pytest.mark.parametrize("smooth", [False, True])
def test_ranks_seldom_conclude_where_there_is_nothing(ground, smooth):
    points, weights, rings, places = ground
    rng = np.random.default_rng(8)
    far = cdist(points, points)
    shape = np.exp(-((far / 15_000) ** 2)) if smooth else np.exp(-far / 10_000)
    shape = 0.7 * shape + 0.3 * np.eye(len(points))
    draws = np.linalg.cholesky(shape) @ rng.normal(size=(len(points), 100))
    for weight in (weights, np.ones_like(weights)):
        ranks = ranked(rings, places, draws, weight, bounds=False)
        assert (ranks.p <= 0.05).mean() <= 0.1  # 5 % and two Monte-Carlo errors
        # What is only shown beside concludes many times too often.
        load = loads(rings, weight)[0]
        used = load != 0
        scores = load[used, None] * draws[used]
        errors = np.sqrt(conley(scores, points[used], cutoff=20_000))
        assert (np.abs(ranks.estimate) > norm.ppf(0.975) * ranks.error).mean() > 0.3
        assert np.isfinite(errors).mean() > 0.5


def test_an_interval_covers_what_is_true(ground):
    points, weights, rings, places = ground
    rng = np.random.default_rng(9)
    shape = 0.7 * np.exp(-cdist(points, points) / 10_000) + 0.3 * np.eye(len(points))
    draws = np.linalg.cholesky(shape) @ rng.normal(size=(len(points), 30))
    found = ranked(rings, places, draws + 1.5 * rings.treated[0][:, None], weights)
    covered = (found.low <= 1.5) & (found.high >= 1.5)
    assert covered.mean() >= 0.9
    # What is said to be told four times in five is.
    moved = draws + found.detectable * rings.treated[0][:, None]
    told = ranked(rings, places, moved, weights, bounds=False).p <= 0.05
    assert 0.6 <= told.mean() <= 0.97


# -- what is said -------------------------------------------------------------------


def test_a_true_difference_is_found_and_its_sentence_says_between_what(found):
    row = found.chart.loc["after"]
    assert row["estimate"] == pytest.approx(5, abs=0.3)
    assert row["low"] < 5 < row["high"]
    assert row["p"] == 1 / 100
    assert "compatible avec un effet compris entre +" in found.sentences[1]
    assert (
        "plus fort qu’autour de 99\u202f% des lieux tirés au hasard"
        in found.sentences[1]
    )
    assert "(rang 1 sur 100)" in found.sentences[1]


def test_the_buffer_has_a_difference_of_its_own(found, plan):
    row = found.table.loc[("buffer", "equal", "after", "placebos")]
    assert row["estimate"] == pytest.approx(2, abs=0.3)
    assert row["communes"] == plan.rings.buffer.sum()


def test_the_first_line_is_the_rank_and_conley_never_stands_alone(found, study):
    for result in (found, study):
        methods = result.table.index.get_level_values("method")
        assert list(methods[:5]) == [
            "placebos", "covariance", "bootstrap", "conley", "cluster",
        ]  # fmt: skip
        alone = result.table.xs("conley", level="method")["caution"]
        assert alone.str.contains("ne se lit jamais seul").all()


def test_nothing_found_is_said_first_with_what_would_have_been():
    plan = bm.design(made(seed=11), outcome="population", places=99)
    found = bm.difference_in_differences(plan)
    assert found.chart.loc["after", "p"] > 0.05
    assert found.sentences[1].startswith(
        "Rien ne permet de conclure\u00a0: l’écart mesuré"
    )
    assert found.sentences[-1].startswith("Seul un effet d’au moins 0,")
    assert found.sentences[-1].endswith("ne prouve pas l’absence d’effet.")


ALLOWED = (
    "Seul un effet d’au moins",
    "compatible avec un effet compris entre",
    "il ne mesure pas l’effet de l’ouverture",
)


def test_the_word_effect_stands_only_where_a_result_allows_it(found, study, plan):
    checks = [bm.pre_trends(plan), bm.placebo_dates(plan), bm.synthetic_control(plan)]
    lines = [
        line
        for result in (found, study, *checks)
        for line in (*result.sentences, *result.assumptions)
    ]
    lines += list(dict.fromkeys(found.table["caution"]))
    for line in lines:
        if re.search(r"\b(effets?|impacts?)\b", line):
            assert any(text in line for text in ALLOWED), line
    assert not [
        line for line in lines if re.search(r"prouve que|a fait|nan|inf\b", line)
    ]


def test_a_finding_shows_what_it_says_and_a_design_what_it_compares(found, plan):
    shown = repr(found)
    assert shown.startswith(found.sentences[0])
    assert f"\n– {found.assumptions[0]}" in shown
    assert "47 communes within 10 km" in repr(plan)


def test_assumptions_tell_places_rings_and_how_few_are_independent(found, plan):
    text = " ".join(found.assumptions)
    assert "47 communes à moins de 10 km (effectif équivalent\u00a0: " in text
    assert "99 lieux comparés, dont les couronnes se recouvrent\u00a0: environ " in text
    assert f"environ {plan.disjoint}, celui-ci compris" in text
    assert "Un seul lieu est traité" in text
    assert "c’est une hypothèse, rien ne la prouve" in text
    assert "les lieux sont comparables" in text
    assert 5 <= plan.disjoint <= 12


def test_a_basin_that_varies_more_than_the_rest_makes_the_rank_fragile():
    table = made(seed=2)
    basin = table.index.isin(list(bm.perimeter("bassin-minier").communes))
    wild = table.copy()
    rng = np.random.default_rng(0)
    wild.loc[basin] *= np.exp(rng.normal(0, 0.05, (basin.sum(), 6)))
    wild = bm.describe(wild, measures=bm.measures_of(table))
    plan = bm.design(wild, outcome="population", places=99)
    text = " ".join(bm.difference_in_differences(plan).assumptions)
    assert "ne sont pas tout à fait comparables, le rang est fragile" in text


# -- checks -------------------------------------------------------------------------


def test_an_earlier_drift_is_seen_and_the_drift_that_would_do_is_told():
    table = made(seed=4, noise=0.3)
    near = bm.design(table, outcome="population", places=99).rings.treated[0] > 0
    for column in table:
        table.loc[near, column] *= np.exp(0.01 * (int(column[-4:]) - 2009))
    table = bm.describe(table, measures=bm.measures_of(table))
    plan = bm.design(table, outcome="population", places=99)
    found = bm.pre_trends(plan)
    assert found.chart.loc["slope", "estimate"] == pytest.approx(1, abs=0.1)
    assert "les évolutions n’étaient pas parallèles" in found.sentences[0]
    assert "passerait inaperçue une fois sur cinq" in found.sentences[1]
    assert "suffirait à produire cet écart" in found.sentences[2]
    assert "il ne peut pas venir de l’ouverture" in bm.placebo_dates(plan).sentences[0]
    bounds = bm.trend_bounds(plan, changes=[0, 0.5])
    assert bounds.loc[0.0, "estimate"] == pytest.approx(0, abs=0.5)
    assert bounds.loc[0.0, "low"] < 0 < bounds.loc[0.0, "high"]
    assert bounds.loc[0.5, "high"] > bounds.loc[0.0, "high"]


def test_other_rings_are_told_and_those_too_small_say_why(plan):
    sweep = bm.ring_sweep(plan, treated=[1_000, 10_000], gaps=[0, 20_000])
    small = sweep.xs(1_000.0, level="treated")
    assert small["why"].str.contains("5 at least are needed").all()
    assert small["estimate"].isna().all()
    main = sweep.loc[(10_000.0, 20_000.0, 40_000.0, plan.weighed)]
    assert main["estimate"] == pytest.approx(5, abs=0.3)
    assert main["controls"] == plan.rings.control.sum()
    farther = sweep.loc[(10_000.0, 40_000.0, 60_000.0, plan.weighed)]
    assert farther["estimate"] == pytest.approx(5, abs=0.4)


def test_weights_of_a_synthetic_path_are_a_mix():
    rng = np.random.default_rng(0)
    others = rng.normal(size=(12, 5))
    target = others @ [0.5, 0.3, 0.2, 0, 0]
    assert simplex(target, others) == pytest.approx([0.5, 0.3, 0.2, 0, 0], abs=1e-5)
    outside = simplex(np.full(12, 100.0), others)
    assert outside.sum() == pytest.approx(1)
    assert outside.min() >= 0


def test_a_synthetic_path_finds_what_was_put_there(plan):
    found = bm.synthetic_control(plan)
    late = found.table.loc[[2014, 2015], "gap"]
    assert late.mean() == pytest.approx(5, abs=0.5)
    weights = found.table.filter(like="weight:").iloc[0]
    assert weights.sum() == pytest.approx(1, abs=1e-4)
    assert "(rang 1 sur " in found.sentences[0]


# -- the chapter --------------------------------------------------------------------


def test_the_chapter_on_embedded_data_describes_and_does_not_conclude():
    chapter = bm.evaluation(bm.statistics(), years=[2016, 2019, 2023], sweep=False)
    assert chapter.sentences[0] == (
        "Les données commencent en 2016, après l’ouverture (12\u00a0décembre 2012)"
        "\u00a0: ce chapitre décrit une évolution, il ne mesure pas l’effet de "
        "l’ouverture."
    )
    assert chapter.sentences[2].startswith("Rien ne permet de conclure")
    assert chapter.difference is None
    assert list(chapter.checks) == ["among_towns"]
    assert "communes de 5\u202f000 habitants ou plus" in chapter.sentences[-1]
    assert chapter.panel.loc[(10_000, 2023), "population"] == 287637
    assert bm.told_of(chapter.chart).sources == (
        "Insee, populations légales 2016 à 2023",
    )
    text = " ".join((*chapter.sentences, *chapter.assumptions))
    assert text.count("effet de") == 1


SERIES = (1968, 1975, 1982, 1990, 1999, 2010, 2015, 2021)


@pytest.fixture(scope="module")
def historical(tmp_path_factory):
    """Return a file of the census series, in its layout, of communes of 2024."""
    moved = made(SERIES, treated=6.0, seed=21, noise=0.5)
    names = {y: f"{'D' if y < 2006 else 'P'}{y % 100:02d}" for y in SERIES}
    raw = pd.DataFrame({"CODGEO": moved.index})
    for year in SERIES:
        values = moved[f"population_{year}"].to_numpy().round(9)
        raw[f"{names[year]}_POP"] = values
        raw[f"{names[year]}_LOG"] = (values * 0.45).round(9)
        raw[f"{names[year]}_RP"] = (values * 0.4).round(9)
        raw[f"{names[year]}_RSECOCC"] = (values * 0.02).round(9)
        raw[f"{names[year]}_LOGVAC"] = (values * 0.03).round(9)
        people = "PMEN" if year > 1990 else "NPER_RP"
        raw[f"{names[year]}_{people}"] = (values * 0.98).round(9)
    raw["SUPERF"] = 10.0
    for span in ("1520", "1014", "9909", "9099", "8290", "7582", "6875"):
        raw[f"NAIS{span}"], raw[f"DECE{span}"] = 10, 9
    path = tmp_path_factory.mktemp("census") / "base-cc-serie-historique-2021.CSV"
    raw.to_csv(path, sep=";", index=False)
    return path


def in_2026(table):
    """Return the table, whose codes are those of 2026, as of that year."""
    known = {
        name: dataclasses.replace(measure, geography="2026")
        for name, measure in bm.measures_of(table).items()
    }
    return bm.describe(table, measures=known)


def test_the_same_call_runs_on_a_census_series_since_1968(historical):
    table = bm.read_source(historical)
    with pytest.raises(VintageError, match=r"bm\.rebase\(table, from_year=2024"):
        bm.design(table, outcome="population")
    chapter = bm.evaluation(in_2026(table), sweep=False)
    assert chapter.design.years == SERIES
    assert chapter.difference is not None
    assert chapter.difference.chart.loc["after", "estimate"] == pytest.approx(
        6, abs=0.3
    )
    assert set(chapter.checks) == {
        "among_towns", "pre_trends", "placebo_dates", "synthetic_control",
        "trend_bounds",
    }  # fmt: skip
    # What changed in the way of counting is declared, and drawn.
    assert list(chapter.chart.index[chapter.chart["change"] != ""]) == [2010]
    assert any(
        "À partir de 2010\u00a0: recensement exhaustif" in a
        for a in chapter.assumptions
    )
    assert any("À partir de 2010" in note for note in chapter.report.notes)
    assert list(chapter.chart["after"]) == [False] * 6 + [True] * 2
    assert "compatible avec un effet compris entre" in chapter.sentences[1]
    assert any("Après l’annonce (2004)" in a for a in chapter.assumptions)
    periods = chapter.panel.loc[10_000, "period"]
    assert periods[1999] == "avant l’annonce (2004)"
    assert periods[2010] == "entre l’annonce (2004) et l’ouverture (2012)"
    assert periods[2015] == "après l’ouverture (2012)"


def test_a_rate_is_followed_in_points(historical):
    table = bm.read_source(historical)
    table = in_2026(table)
    rate = bm.Ratio(
        numerator="vacant_dwellings",
        denominator="dwellings",
        scale=100,
        unit="%",
        label="Taux de vacance",
    )
    plan = bm.design(table, outcome=rate, years=[1999, 2010, 2015, 2021], places=99)
    found = bm.difference_in_differences(plan)
    assert plan.outcome.unit == "point"
    assert found.chart.loc["after", "estimate"] == pytest.approx(0, abs=1e-6)


# -- panels -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def areas():
    return bm.rings(bm.LOUVRE_LENS, distances=[10_000, 20_000, 40_000])


def test_a_panel_adds_the_communes_of_each_ring(areas):
    table = bm.statistics()
    panel, report = bm.ring_panel(table, areas, measures=["population"])
    plan = bm.design(table, outcome="population")
    for ring, mask in (
        (10_000, plan.rings.treated),
        (20_000, plan.rings.buffer),
        (40_000, plan.rings.control),
    ):
        codes = plan.codes[mask[0] > 0]
        own = table.loc[codes, "population_2023"].sum()
        assert panel.loc[(ring, 2023), "population"] == own
        assert panel.loc[(ring, 2023), "communes"] == len(codes)
    shares = panel["population_share"].groupby("year").sum()
    assert shares.to_numpy() == pytest.approx(np.full(8, 100))
    assert panel.loc[(10_000, 2016), "population_index"] == 100
    assert list(panel.groupby(level=0)["role"].first()) == [
        "treated",
        "buffer",
        "control",
    ]
    assert any("6,4\u202f% de l’aire est hors des communes" in n for n in report.notes)
    assert any(
        "étant coupées par une limite\u00a0: 151 communes" in n for n in report.notes
    )


def vacancy(*, secret=()):
    table = bm.statistics()[["dwellings_2021", "vacant_dwellings_2021"]].copy()
    for column in ("dwellings", "vacant_dwellings"):
        table[f"{column}_2022"] = table[f"{column}_2021"]
    table["vacant_dwellings_2022_state"] = ""
    codes = list(secret)
    table.loc[codes, "vacant_dwellings_2022"] = np.nan
    table.loc[codes, "vacant_dwellings_2022_state"] = "secret"
    return bm.describe(table, measures={"dwellings_2021": bm.Stock(label="Logements")})


RATE = bm.Ratio(
    numerator="vacant_dwellings", denominator="dwellings", scale=100, unit="%"
)


def test_a_secret_makes_a_ring_a_minimum_or_its_commune_leaves(areas):
    table = vacancy(secret=["62498"])
    panel, _ = bm.ring_panel(table, areas, measures={"rate": RATE})
    assert panel.loc[(10_000, 2022), "rate_state"] == "lower_bound"
    assert panel.loc[(10_000, 2021), "rate_state"] == ""
    other, report = bm.ring_panel(
        table,
        areas,
        measures={"rate": RATE, "vacant": "vacant_dwellings"},
        missing="drop",
    )
    assert "rate_state" not in other
    assert other.loc[(10_000, 2021), "communes"] == 46
    lens = bm.statistics().loc["62498", "vacant_dwellings_2021"]
    whole = panel.loc[(10_000, 2021), "rate"]
    assert other.loc[(10_000, 2021), "rate"] != whole
    assert lens > 0
    assert any("1 commune laissée de côté" in n for n in report.notes)


def test_a_panel_of_a_perimeter_counts_its_communes_only(areas):
    basin = bm.perimeter("bassin-minier")
    panel, _ = bm.ring_panel(
        bm.statistics(),
        areas,
        measures=["population"],
        perimeter=basin,
        years=[2016, 2023],
    )
    assert panel["communes"].groupby(level=0).first().sum() < 336


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"perimeter": "current"}, VintageError, "same communes in all years"),
        ({"years": [2023]}, DataError, "nothing is followed"),
        ({"years": [1999, 2023]}, ColumnError, "population_1999"),
        ({"measures": []}, MeasureError, "nothing to follow"),
        ({"measures": ["communes"]}, MeasureError, "a column of the panel"),
        ({"measures": {"a": 3}}, MeasureError, "count without its year"),
        ({"roles": ["treated"]}, DataError, "for each of the 3 areas"),
        ({"missing": "keep"}, DataError, "missing"),
    ],
)
def test_a_panel_that_cannot_be_is_refused_by_name(areas, options, error, match):
    asked = {"measures": ["population"], **options}
    with pytest.raises(error, match=match):
        bm.ring_panel(bm.statistics(), areas, **asked)


# -- bad input ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"distances": (10_000, 10_000, 40_000)}, DataError, "collinear"),
        ({"distances": (10, 20, 40)}, DataError, "they are metres"),
        ({"distances": (1_000, 20_000, 40_000)}, DataError, "0 commune.s. within 1 km"),
        ({"years": [2012]}, DataError, "nothing is followed"),
        ({"years": [2012, 2099]}, ColumnError, "population_2099"),
        ({"years": [2012, 2012, 2015]}, DataError, "stands twice"),
        ({"outcome": 3}, ArgumentError, "outcome: 3"),
        ({"outcome": "dwellings"}, DataError, "0 year in the table"),
        ({"weights": "dwellings"}, ColumnError, "no column 'dwellings_2009'"),
        ({"weights": pd.DataFrame()}, ArgumentError, "weights: "),
        ({"missing": "keep"}, DataError, "missing"),
        ({"places": 5}, DataError, "19 at least"),
        ({"years": "2012"}, ArgumentError, "years: '2012'"),
        ({"distances": "far"}, ArgumentError, "distances: 'far'"),
        ({"distances": (1, float("nan"), 3)}, DataError, "write metres"),
        ({"opened": "one day"}, VintageError, "not a date"),
        ({"place": "Lens"}, ArgumentError, r"bm\.LOUVRE_LENS"),
        ({"breaks": {1990: "x"}}, VintageError, "1990 is not among"),
    ],
)
def test_a_design_that_cannot_be_is_refused_by_name(options, error, match):
    with pytest.raises(error, match=match):
        bm.design(made(), **{"outcome": "population", **options})


def changed(**columns):
    table = made()
    known = bm.measures_of(table)
    for name, values in columns.items():
        table[name] = values
    return bm.describe(table, measures=known)


def test_what_is_no_table_no_design_no_change_is_refused(plan):
    for table in ([1], made().reset_index(), bm.statistics("iris")):
        with pytest.raises((DataError, ArgumentError), match="table: "):
            bm.design(table, outcome="population")
    for ask in (bm.event_study, bm.ring_sweep, bm.pre_trends, bm.trend_bounds):
        with pytest.raises(ArgumentError, match="of type DataFrame is of no use"):
            ask(made())
    with pytest.raises(DataError, match="0 or more"):
        bm.trend_bounds(plan, changes=[-1])


def test_nested_areas_are_refused_with_what_to_ask_for(areas):
    nested = areas.copy()
    nested.loc[20_000, "geometry"] = areas.geometry.iloc[:2].union_all()
    with pytest.raises(DataError, match="nested=False"):
        bm.ring_panel(bm.statistics(), nested, measures=["population"])


def test_no_control_left_is_said_with_what_to_give():
    table = made()
    near = bm.communes(epci="call").index
    with pytest.raises(DataError, match="no control left"):
        bm.design(
            table.loc[near],
            outcome="population",
            missing="drop",
            weights=table.iloc[:, 0],
        )


def test_a_year_all_missing_is_refused_with_those_to_keep():
    with pytest.raises(DataError, match=r"without any value: 2011.*years=\[2009, 2010"):
        bm.design(changed(population_2011=np.nan), outcome="population")


def test_a_secret_in_the_rings_is_refused_or_leaves_and_it_is_said():
    table = made()
    states = pd.Series("", index=table.index)
    states["62498"] = "secret"
    values = table["population_2012"].mask(states == "secret")
    table = changed(population_2012=values, population_2012_state=states)
    with pytest.raises(
        DataError, match=r"1 commune.*1 of them treated.*'62498'.*secret"
    ):
        bm.design(table, outcome="population")
    plan = bm.design(table, outcome="population", missing="drop", places=99)
    assert plan.left_out == {"62498": "secret statistique"}
    assert plan.rings.treated.sum() == 46
    found = bm.difference_in_differences(plan)
    assert any(
        "laissée de côté, toutes années\u00a0: secret" in a for a in found.assumptions
    )


def test_communes_far_from_the_rings_leave_without_stopping_anything():
    values = made()["population_2012"].mask(bm.communes().index == "59183")  # Dunkerque
    plan = bm.design(changed(population_2012=values), outcome="population")
    assert plan.left_out == {"59183": "non disponible"}


def test_a_count_of_zero_has_no_growth():
    values = made()["population_2012"].mask(bm.communes().index == "62498", 0.0)
    with pytest.raises(DataError, match="'62498'"):
        bm.design(changed(population_2012=values), outcome="population")


def test_columns_of_two_lists_of_communes_are_refused():
    table = made()
    known = bm.measures_of(table)
    known["population_2009"] = bm.Stock(vintage="2009", geography="2011")
    with pytest.raises(VintageError, match=r"2 lists of communes.*bm\.rebase"):
        bm.design(bm.describe(table, measures=known), outcome="population")


def test_codes_of_no_commune_are_refused():
    table = made().rename(index={"62498": "62999"})
    with pytest.raises(CodeError, match="62999"):
        bm.design(table, outcome="population")


def test_years_all_after_or_all_before_have_no_before_and_after(plan):
    late = bm.design(made(), outcome="population", opened="2001-01-01", places=99)
    with pytest.raises(VintageError, match="no year before 01/01/2001"):
        bm.difference_in_differences(late)
    early = bm.design(made(), outcome="population", opened="2030-01-01", places=99)
    for ask in (bm.difference_in_differences, bm.event_study, bm.pre_trends):
        with pytest.raises(VintageError, match="no year after 01/01/2030"):
            ask(early)
    with pytest.raises(DataError, match="metres above 0"):
        bm.ring_sweep(plan, treated=[-1])


def test_one_year_before_allows_no_drift_nor_date_to_be_told():
    plan = bm.design(made(), outcome="population", years=[2012, 2014, 2015], places=99)
    with pytest.raises(VintageError, match="earlier drift cannot be told"):
        bm.pre_trends(plan)
    with pytest.raises(VintageError, match="three at least"):
        bm.placebo_dates(plan)
    with pytest.raises(VintageError, match="path cannot be fitted"):
        bm.synthetic_control(plan)
    with pytest.raises(VintageError, match="drift cannot be told"):
        bm.trend_bounds(plan)


def test_checks_that_years_do_not_allow_are_named():
    chapter = bm.evaluation(made(), years=[2012, 2014, 2015], sweep=False)
    assert list(chapter.checks) == ["among_towns"]
    assert chapter.assumptions[-1] == (
        "Vérifications que les données ne permettent pas\u00a0: évolutions "
        "antérieures, dates fictives, assemblage d’autres couronnes, poursuite de la "
        "dérive."
    )


def test_a_large_difference_of_logarithms_is_printed_as_the_growth_it_is():
    plan = bm.design(made(treated=50.0), outcome="population", places=99)
    found = bm.difference_in_differences(plan)
    row = found.table.loc[("treated", plan.weighed, "after", "placebos")]
    assert row["estimate"] == pytest.approx(50, abs=0.3)
    assert found.chart.loc["after", "estimate"] == pytest.approx(64.9, abs=0.6)
    assert "a varié de +64," in found.sentences[0] or "+65," in found.sentences[0]


def test_outlines_of_the_user_serve_and_too_few_places_are_told():
    units = bm.communes()
    near = bm.design(made(), outcome="population", places=99).here[0] < 42_000
    table = made()
    plan = bm.design(
        table.loc[near], outcome="population", communes=units[near], places=99
    )
    assert plan.rings.treated.sum() == 47
    few = dataclasses.replace(plan, least=(5, 450))
    assert len(few.places) < 19
    found = bm.difference_in_differences(few)
    assert found.sentences[1].startswith("Rien ne permet de conclure")
    assert "ne pourrait être distingué du hasard" in found.sentences[-1]
    assert not any("infini" in line for line in found.sentences)
    assert any("des couronnes proches" in line for line in found.assumptions)


def test_towns_are_compared_with_towns(plan):
    found = bm.among_towns(plan)
    row = found.chart.loc["towns"]
    assert row["p"] <= 0.05
    assert 19 <= row["places"] - 1 <= 99
    towns = plan.among_towns(5_000).places.codes
    assert (bm.communes().loc[towns, "population"] > 4_500).all()
    with pytest.raises(DataError, match="19 at least"):
        bm.among_towns(plan, least=150_000)


def test_what_happened_to_the_museum_is_not_told_of_another_place():
    place = bm.Place("arras", "Arras", bm.communes().loc["62041"].geometry.centroid)
    areas = bm.rings(place, distances=[5_000, 30_000])
    panel, _ = bm.ring_panel(
        bm.statistics(), areas, measures=["population"], years=[2016, 2023]
    )
    assert set(panel["period"]) == {""}


def test_isochrones_are_followed_as_rings_are():
    rings = bm.rings(bm.LOUVRE_LENS, distances=[8_000, 15_000])
    areas = rings.set_axis([15, 30]).rename_axis("isochrone").drop(columns="label")
    areas.attrs |= {"rule": "temps de parcours", "sources": ("OpenStreetMap",)}
    panel, report = bm.ring_panel(
        bm.statistics(),
        areas,
        measures=["population"],
        years=[2016, 2023],
    )
    assert panel.index.names == ["isochrone", "year"]
    assert panel.loc[(15, 2023), "label"] == "15"
    assert bm.told_of(panel).rule == "temps de parcours"
    assert bm.told_of(panel).sources[-1] == "OpenStreetMap"
    assert report.units_after == 2


def test_the_opening_is_between_the_censuses_of_2012_and_2013():
    plan = bm.design(made([2012, 2013, 2014]), outcome="population", places=99)
    assert plan.opened == dt.date(2012, 12, 12)
    assert plan.after.tolist() == [False, True, True]


def test_conley_refuses_degrees_and_kilometres(ground):
    points, _, _, _ = ground
    scores = np.ones((len(points), 1))
    with pytest.raises(DataError, match="degrees"):
        conley(scores, points / 1e5, cutoff=20_000)
    with pytest.raises(DataError, match="it is in metres"):
        conley(scores, points, cutoff=20)
    signs = np.where(np.arange(len(points)) % 2, 1.0, -1.0)[:, None]
    assert np.isnan(conley(signs, points, cutoff=1e6, kernel="uniform")[0])
