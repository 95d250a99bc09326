"""What is reached, shared among how many, and how unevenly."""

import importlib
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from basinmap.access.catchments import Decay, catchment
from basinmap.access.inequality import inequality
from basinmap.errors import BasinmapWarning, ColumnError, DataError
from basinmap.typography import typeset

quick = settings(max_examples=40, deadline=None, database=None)
LABELS = ["origin", "destination"]
ZONES = Decay.stepped({10: 1, 20: 0.68, 30: 0.22})


def table(rows, origins=None, destinations=None):
    """Return a matrix of minutes, None where there is no way, as a long frame."""
    rows = np.array(rows, dtype=float)
    origins = origins or [f"home-{n}" for n in range(rows.shape[0])]
    destinations = destinations or [f"site-{n}" for n in range(rows.shape[1])]
    index = pd.MultiIndex.from_product([origins, destinations], names=LABELS)
    return pd.DataFrame({"minutes": rows.ravel()}, index=index)


def homes(*people):
    return pd.Series(people, index=[f"home-{n}" for n in range(len(people))])


def sites(*offer):
    return pd.Series(offer, index=[f"site-{n}" for n in range(len(offer))])


# Home 0 reaches both sites, home 1 the first, home 2 none.
TOWN = table([[5, 20], [30, None], [None, 31]])


def scores(times, **options):
    return catchment(times, **options)["score"].tolist()


# -- methods ---------------------------------------------------------------------


def test_cumulative_adds_up_what_is_within_the_threshold():
    offer = sites(80, 30)
    found = catchment(TOWN, supply=offer, method="cumulative", threshold=30)
    assert found["score"].tolist() == [110, 80, 0]
    assert found["reached"].tolist() == [True, True, False]
    assert found.attrs["not_reached"] == ("home-2",)


@pytest.mark.parametrize(
    ("threshold", "expected"), [(29.999, [2, 0, 0]), (30, [2, 1, 0]), (31, [2, 1, 1])]
)
def test_the_threshold_is_inclusive(threshold, expected):
    assert scores(TOWN, method="cumulative", threshold=threshold) == expected


def test_nearest_gives_minutes_and_where():
    found = catchment(TOWN, method="nearest")
    assert found["minutes"].tolist() == [5, 30, 31]
    assert found["destination"].tolist() == ["site-0", "site-0", "site-1"]
    assert found["reached"].all()


def test_the_second_nearest_may_not_be():
    found = catchment(TOWN, method="nearest", rank=2)
    assert found["minutes"].tolist()[0] == 20
    assert found["minutes"].isna().tolist() == [False, True, True]
    assert found["destination"].isna().tolist() == [False, True, True]
    assert found["reached"].tolist() == [True, False, False]
    assert found.attrs["rule"] == "temps vers le 2e lieu le plus proche"
    assert found.attrs["unit"] == "min"


def test_a_site_that_offers_nothing_is_no_site():
    found = catchment(TOWN, supply=sites(0, 5), method="nearest", threshold=30)
    assert found["minutes"].tolist()[0] == 20
    assert found["reached"].tolist() == [True, False, False]
    found = catchment(TOWN, supply=sites(0, 5), method="cumulative", threshold=30)
    assert found["reached"].tolist() == [True, False, False]


def test_of_two_sites_as_near_the_first_in_the_supply_is_told():
    times = table([[7, 7]])
    offer = sites(1, 1)
    for known in (offer, offer[::-1]):
        found = catchment(times, supply=known, method="nearest")
        assert found.loc["home-0", "destination"] == known.index[0]


def test_gravity_weighs_what_is_offered():
    decay = Decay.exponential(np.log(2) / 10)  # half every 10 minutes
    times = table([[0, 10], [20, None]])
    found = scores(times, supply=sites(8, 4), method="gravity", decay=decay)
    assert found == pytest.approx([8 + 2, 2])
    near = scores(times, supply=sites(8, 4), method="gravity", decay=decay, threshold=9)
    assert near == pytest.approx([8, 0])


def test_2sfca_by_hand():
    # Site 0: 80 for 300 + 100 people = 0.2; site 1: 30 for 300 = 0.1.
    options = {"supply": sites(80, 30), "demand": homes(300, 100, 400)}
    found = catchment(TOWN, **options, method="2sfca", threshold=30)
    assert found["score"].tolist() == pytest.approx([0.3, 0.2, 0])
    assert found["reached"].tolist() == [True, True, False]


def test_e2sfca_by_hand():
    # Site 0: 80 / (300 × 1 + 100 × 0.22) ; site 1: 30 / (300 × 0.68).
    options = {"supply": sites(80, 30), "demand": homes(300, 100, 400)}
    found = scores(TOWN, **options, method="e2sfca", decay=ZONES)
    first, second = 80 / 322, 30 / 204
    assert found == pytest.approx([first + 0.68 * second, 0.22 * first, 0])


def test_3sfca_by_hand():
    # Home 0 chooses site 0 with 1 / 1.68 and site 1 with 0.68 / 1.68; home 1 has no
    # choice.
    options = {"supply": sites(80, 30), "demand": homes(300, 100, 400)}
    found = scores(TOWN, **options, method="3sfca", decay=ZONES)
    near, far = 1 / 1.68, 0.68 / 1.68
    first = 80 / (300 * near + 100 * 0.22)
    second = 30 / (300 * far * 0.68)
    expected = [near * first + far * 0.68 * second, 0.22 * first, 0]
    assert found == pytest.approx(expected)


def test_an_offer_that_nobody_reaches_is_told_and_not_divided_by_zero():
    times = table([[5, None], [7, None], [None, 3]])
    options = {"supply": sites(10, 30), "demand": homes(60, 40, 0)}
    found = catchment(times, **options, method="2sfca", threshold=10)
    assert found["score"].tolist() == pytest.approx([0.1, 0.1, 0])
    assert found["reached"].tolist() == [True, True, True]
    assert found.attrs["without_demand"] == ("site-1",)
    assert found.attrs["notes"] == (
        "Offre hors de portée de toute demande, comptée nulle part : 30 (1 : site-1).",
    )


def test_everyone_in_the_desert_scores_zero_and_not_nothing():
    times = table([[None], [None]])
    options = {"supply": sites(10), "demand": homes(60, 40)}
    for method, more in (
        ("2sfca", {"threshold": 30}),
        ("3sfca", {"decay": ZONES}),
        ("gravity", {"decay": ZONES}),
        ("cumulative", {"threshold": 30}),
    ):
        found = catchment(times, **options, method=method, **more)
        assert found["score"].tolist() == [0, 0]
        assert not found["reached"].any()
    assert catchment(times, method="nearest")["destination"].isna().all()


def test_origins_keep_their_order_and_the_name_of_their_codes():
    people = homes(300, 100, 400)[::-1].rename_axis("commune")
    found = catchment(TOWN, demand=people, method="cumulative", threshold=30)
    pd.testing.assert_index_equal(found.index, people.index)
    assert found["score"].tolist() == [0, 1, 2]


def test_the_order_of_trips_does_not_matter():
    options = {"supply": sites(80, 30), "demand": homes(300, 100, 400)}
    shuffled = TOWN.sample(frac=1, random_state=1)
    for method in ("e2sfca", "3sfca"):
        there = catchment(shuffled, **options, method=method, decay=ZONES)
        here = catchment(TOWN, **options, method=method, decay=ZONES)
        pd.testing.assert_frame_equal(there, here)


def test_the_method_is_said_in_french():
    times = TOWN.copy()
    times.attrs = {"rule": "en voiture, sans trafic", "sources": ("OSM",)}
    options = {"demand": homes(300, 100, 400), "supply": sites(80, 30)}
    found = catchment(times, **options, method="e2sfca", decay=ZONES, threshold=20)
    assert found.attrs["rule"] == typeset(
        "accessibilité E2SFCA (Luo et Qi, 2009), par zones (1 jusqu'à 10 min ; 0,68 "
        "jusqu'à 20 min ; 0,22 jusqu'à 30 min), à 20 min au plus ; en voiture, "
        "sans trafic"
    )
    assert found.attrs["unit"] == "unités d'offre par unité de demande"
    assert found.attrs["sources"] == ("OSM",)


# -- against others -----------------------------------------------------------------


def draw(seed, most=60):
    """Return a matrix with gaps, supply and demand, of any size."""
    chance = np.random.default_rng(seed)
    size = chance.integers(1, 12, 2)
    minutes = chance.uniform(0, most, size).round(1)
    minutes[chance.random(size) < 0.3] = np.nan
    return minutes, chance.integers(1, 50, size[1]), chance.integers(0, 900, size[0])


def reference(minutes, supply, demand, *, weight, three=False):
    """Return the scores, written out with loops."""
    homes_, sites_ = range(len(demand)), range(len(supply))
    w = [[weight(minutes[i][j]) for j in sites_] for i in homes_]
    for i in homes_ if three else ():
        total = sum(w[i])
        w[i] = [v * v / total if total else 0 for v in w[i]]
    result = [0.0] * len(demand)
    for j in sites_:
        people = sum(demand[i] * w[i][j] for i in homes_)
        for i in homes_:
            result[i] += w[i][j] * supply[j] / people if people else 0
    return result


def stepped(minutes):
    for bound, weight in ((10, 1), (20, 0.68), (30, 0.22)):
        if minutes <= bound:
            return weight
    return 0


FAMILY = [
    ("2sfca", {"threshold": 30}, {"weight": lambda t: float(t <= 30)}),
    ("e2sfca", {"decay": ZONES}, {"weight": stepped}),
    ("3sfca", {"decay": ZONES}, {"weight": stepped, "three": True}),
]


@pytest.mark.parametrize(("method", "options", "same"), FAMILY)
@quick
@given(seed=st.integers(0, 10**6))
def test_floating_catchments_are_those_of_ten_lines(method, options, same, seed):
    minutes, supply, demand = draw(seed)
    given_ = {"supply": sites(*supply), "demand": homes(*demand)}
    found = scores(table(minutes), **given_, method=method, **options)
    assert found == pytest.approx(reference(minutes, supply, demand, **same))


@pytest.mark.parametrize(("method", "options"), [row[:2] for row in FAMILY])
@quick
@given(seed=st.integers(0, 10**6))
def test_what_people_are_given_is_what_is_offered(method, options, seed):
    minutes, supply, demand = draw(seed)
    people, offer = homes(*demand), sites(*supply)
    found = catchment(
        table(minutes), supply=offer, demand=people, method=method, **options
    )
    lost = offer[list(found.attrs["without_demand"])].sum()
    held = (found["score"] * people).sum()
    assert held == pytest.approx(offer.sum() - lost)
    assert found["score"].notna().all()
    assert (found.loc[~found["reached"], "score"] == 0).all()


@quick
@given(seed=st.integers(0, 10**6), limit=st.floats(1, 60), rank=st.integers(1, 4))
def test_nearest_and_cumulative_agree_with_each_other(seed, limit, rank):
    minutes = draw(seed)[0]
    times = table(minutes)
    near = catchment(times, method="nearest", rank=rank, threshold=limit)
    count = catchment(times, method="cumulative", threshold=limit)
    assert ((count["score"] >= rank) == near["reached"]).all()
    assert (near["minutes"].notna() == near["reached"]).all()
    sorted_ = np.sort(minutes, axis=1)
    for place, found in enumerate(near["minutes"]):
        if not np.isnan(found):
            assert found == sorted_[place, rank - 1]


@pytest.fixture(scope="module")
def pysal():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module("access")
        except ImportError:
            pytest.skip("PySAL access is not installed")


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # of pandas, in access
@pytest.mark.parametrize("method", ["2sfca", "e2sfca", "3sfca", "gravity"])
def test_the_same_as_pysal_access(pysal, method):
    chance = np.random.default_rng(5)
    minutes = chance.uniform(1, 50, (40, 15)).round(1)
    people = homes(*chance.integers(1, 900, 40))
    offer = sites(*chance.integers(1, 50, 15))
    times = table(minutes)
    cost = times["minutes"].rename("cost").reset_index()
    cost = cost.rename(columns={"destination": "dest"})
    demand = people.rename("demand").rename_axis("geoid").to_frame()
    supply = offer.rename("supply").rename_axis("geoid").to_frame()
    steps = pysal.weights.step_fn({10: 1, 20: 0.68, 30: 0.22})
    power = pysal.weights.gravity(scale=1, alpha=-2, min_dist=2)
    common = {"demand_index": True, "supply_index": True, "max_cost": 30}
    if method == "gravity":
        theirs = pysal.fca.weighted_catchment(
            supply,
            cost,
            max_cost=30,
            cost_source="dest",
            cost_dest="origin",
            loc_index=True,
            loc_value="supply",
            weight_fn=power,
        )
    else:
        weight = {} if method == "2sfca" else {"weight_fn": steps}
        staged = pysal.fca.three_stage_fca if method == "3sfca" else None
        staged = staged or pysal.fca.two_stage_fca
        theirs = staged(demand, supply, cost, **common, **weight)
    decay = {"2sfca": None, "gravity": Decay.power(2, floor=2)}.get(method, ZONES)
    ours = catchment(
        times,
        supply=offer,
        demand=people,
        method=method,
        decay=decay,
        threshold=30,
    )
    assert len(theirs) == 40  # everyone reaches something here: no gap to compare
    np.testing.assert_allclose(ours["score"], theirs.loc[ours.index], rtol=1e-9)


# -- decays ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decay", "minutes", "expected"),
    [
        (Decay.exponential(0.1), [0, 10], [1, np.exp(-1)]),
        (Decay.power(2), [0, 1, 2, 10], [1, 1, 1 / 4, 1 / 100]),
        (Decay.power(1, floor=5), [0, 5, 10], [0.2, 0.2, 0.1]),
        (Decay.gaussian(20), [0, 20, 40], [1, 0.60653066, 0.13533528]),
        (Decay.linear(30), [0, 15, 30, 45], [1, 0.5, 0, 0]),
        (ZONES, [0, 10, 10.1, 30, 30.1], [1, 1, 0.68, 0.22, 0]),
    ],
)
def test_known_weights(decay, minutes, expected):
    found = decay.weight(np.array(minutes, dtype=float))
    np.testing.assert_allclose(found, expected, rtol=1e-7)


def test_the_logistic_decay_is_that_of_its_formula():
    minutes = np.array([0.0, 15.0, 30.0, 60.0, 9000.0])
    decay = Decay.logistic(30, deviation=10)
    slope = np.pi / (10 * np.sqrt(3))
    expected = (1 + np.exp(-30 * slope)) / (1 + np.exp((minutes[:4] - 30) * slope))
    np.testing.assert_allclose(decay.weight(minutes)[:4], expected)
    assert decay.weight(minutes)[0] == pytest.approx(1)
    assert decay.weight(minutes)[4] == 0


@pytest.mark.parametrize(
    "decay",
    [
        Decay.exponential(0.05),
        Decay.power(1.5),
        Decay.gaussian(12),
        Decay.logistic(20, deviation=5),
        Decay.linear(40),
        ZONES,
    ],
)
def test_no_decay_rises(decay):
    weight = decay.weight(np.linspace(0, 10_000, 5_001))
    assert (np.diff(weight) <= 0).all()
    assert (weight >= 0).all()
    assert weight[0] == pytest.approx(1)


@pytest.mark.parametrize(
    "bad", [0, -1, float("nan"), float("inf")], ids=["0", "-1", "nan", "inf"]
)
@pytest.mark.parametrize(
    "make",
    [
        Decay.exponential,
        Decay.power,
        Decay.gaussian,
        Decay.linear,
        lambda value: Decay.logistic(value, deviation=5),
        lambda value: Decay.logistic(20, deviation=value),
        lambda value: Decay.power(2, floor=value),
        lambda value: Decay.stepped({value: 1}),
    ],
)
def test_a_decay_wants_positive_numbers(make, bad):
    with pytest.raises(DataError, match="positive"):
        make(bad)


@pytest.mark.parametrize("zones", [{}, {10: -1}, {10: float("nan")}])
def test_zones_want_weights(zones):
    with pytest.raises(DataError, match=r"Decay.stepped\(\{10: 1"):
        Decay.stepped(zones)


def test_a_decay_of_ones_own_is_checked():
    odd = Decay("maison", lambda minutes: 1 - minutes / 10)
    with pytest.raises(DataError, match=r"3 weight\(s\).*20.0, 30.0, 31.0 min"):
        catchment(TOWN, method="gravity", decay=odd)
    flat = Decay("constante", np.ones_like)
    assert scores(TOWN, method="gravity", decay=flat) == [2, 1, 1]


# -- bad input ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"method": "4sfca"}, "unknown method '4sfca'.*cumulative, nearest"),
        ({"method": "cumulative"}, "'cumulative' wants threshold="),
        ({"method": "gravity"}, "'gravity' wants decay="),
        ({"method": "2sfca", "threshold": 30}, "'2sfca' wants demand="),
        ({"method": "e2sfca", "demand": homes(1, 1, 1)}, "'e2sfca' wants decay="),
        (
            {"method": "cumulative", "threshold": 30, "decay": ZONES},
            "'cumulative' ignores decay=; it goes with gravity, e2sfca, 3sfca",
        ),
        (
            {"method": "cumulative", "threshold": 30, "rank": 2},
            "'cumulative' ignores rank=; it goes with nearest",
        ),
        ({"method": "cumulative", "threshold": -5}, "threshold must be a positive"),
        ({"method": "nearest", "rank": 0}, "rank is 1 for the nearest.*got 0"),
    ],
)
def test_a_method_says_what_it_needs(options, told):
    with pytest.raises(DataError, match=told):
        catchment(TOWN, **options)


@pytest.mark.parametrize(
    "minutes", [-1, np.inf, -np.inf, 4294967.295, 2147483647, 10_081]
)
def test_a_number_that_stands_for_unreachable_is_refused(minutes):
    times = TOWN.copy()
    times.iloc[1] = minutes
    with pytest.raises(DataError, match=r"1 are negative or above a week.*NaN"):
        catchment(times, method="nearest")


def test_times_come_with_both_ends():
    with pytest.raises(DataError, match=r"\(origin, destination\).*without nearest="):
        catchment(TOWN.rename_axis(["origin", "rank"]), method="nearest")
    with pytest.raises(ColumnError, match="'minutes'"):
        catchment(TOWN.rename(columns={"minutes": "time"}), method="nearest")
    with pytest.raises(DataError, match="empty selection"):
        catchment(TOWN.iloc[:0], method="nearest")
    with pytest.raises(DataError, match=r"times: 1 code.*more than once"):
        catchment(pd.concat([TOWN, TOWN.head(1)]), method="nearest")


@pytest.mark.parametrize("what", ["supply", "demand"])
@pytest.mark.parametrize("bad", [np.nan, -1, np.inf])
def test_supply_and_demand_are_counts(what, bad):
    given_ = {"supply": sites(80.0, 30.0), "demand": homes(3.0, 1.0, 4.0)}
    given_[what].iloc[1] = bad
    told = rf"{what}: 1 value\(s\) are missing, negative or infinite: '(site|home)-1'"
    with pytest.raises(DataError, match=told):
        catchment(TOWN, **given_, method="2sfca", threshold=30)


def test_supply_is_a_series_of_numbers():
    with pytest.raises(TypeError, match=r"supply: of type list .*pass a series"):
        catchment(TOWN, supply=[80, 30], method="nearest")
    with pytest.raises(DataError, match="supply: holds text"):
        catchment(TOWN, supply=sites("80", "30"), method="nearest")
    with pytest.raises(DataError, match=r"supply: 1 code.*more than once"):
        catchment(TOWN, supply=pd.concat([sites(1, 2), sites(3)]), method="nearest")


def test_a_site_without_supply_is_refused_by_name():
    with pytest.raises(DataError, match=r"1 destination\(s\) of times.*'site-1'.*0"):
        catchment(TOWN, supply=sites(80), method="nearest")


def test_times_to_a_museum_are_turned_round_as_the_message_says():
    times = TOWN.swaplevel().rename_axis(LABELS)  # sites first
    people = homes(300, 100, 400)
    with pytest.raises(DataError, match=r"swaplevel\(\)\.rename_axis") as told:
        catchment(times, demand=people, method="cumulative", threshold=30)
    assert "'site-0'" in str(told.value)
    turned = times.swaplevel().rename_axis(["origin", "destination"])
    assert scores(turned, demand=people, method="cumulative", threshold=30) == [2, 1, 0]


def test_those_whom_times_leave_out_are_told_and_score_zero():
    with pytest.warns(BasinmapWarning, match=r"demand: 1 code\(s\).*'home-3'"):
        found = catchment(
            TOWN, demand=homes(1, 1, 1, 1), method="cumulative", threshold=30
        )
    assert found.loc["home-3"].tolist() == [0, False]
    with pytest.warns(BasinmapWarning, match=r"supply: 1 code\(s\).*'site-2'"):
        found = catchment(
            TOWN,
            demand=homes(1, 1, 1),
            supply=sites(1, 1, 1),
            method="2sfca",
            threshold=30,
        )
    assert found.attrs["without_demand"] == ("site-2",)


# -- inequality -----------------------------------------------------------------------


def people(*numbers):
    return pd.Series(numbers, index=list("abcdefghij")[: len(numbers)], dtype=float)


@pytest.mark.parametrize(
    ("values", "weights", "expected"),
    [
        ([5, 5, 5], None, 0),
        ([0, 0, 0, 8], None, 3 / 4),  # one of n has all: 1 - 1/n
        ([1, 2, 3, 4], None, 1 / 4),
        ([4, 2, 0], [1000, 1000, 2000], 7 / 12),
        ([3, 1], [1, 3], 1 / 4),  # half of the goods for a quarter of people
    ],
)
def test_gini_by_hand(values, weights, expected):
    weights = None if weights is None else people(*weights)
    found = inequality(people(*values), weights=weights, measure="gini")
    assert found == pytest.approx(expected, abs=1e-12)


def test_palma_by_hand():
    # Ten people with 1 to 10: the best served has 10, the four worst 1 + 2 + 3 + 4.
    assert inequality(people(*range(1, 11)), measure="palma") == pytest.approx(1)
    assert inequality(people(*[7] * 10), measure="palma") == pytest.approx(0.25)


def test_palma_shares_the_people_on_the_margin():
    # Five people with 1, 2, 3, 4, 10: the best 10 % are half of the last one (5),
    # the worst 40 % the first two (3).
    assert inequality(people(1, 2, 3, 4, 10), measure="palma") == pytest.approx(5 / 3)
    # Three people with 1, 2, 7: 0.3 of the last (2.1); one and a fifth (1 + 0.4).
    assert inequality(people(1, 2, 7), measure="palma") == pytest.approx(1.5)


def test_palma_of_a_desert_does_not_exist_and_says_why():
    values, weights = people(0, 1, 2), people(4, 3, 3)
    with pytest.warns(BasinmapWarning, match="40 % worst served have nothing"):
        assert np.isnan(inequality(values, weights=weights, measure="palma"))
    # The margin of rounding is not a share.
    values = people(0, 0, 0, 0, 1, 1, 1, 1, 1, 1)
    with pytest.warns(BasinmapWarning, match="the ratio does not exist"):
        assert np.isnan(
            inequality(values, weights=people(*[0.1] * 10), measure="palma")
        )


def test_palma_of_a_smaller_desert_exists():
    # 30 % have nothing, 10 % more 1 each of 9 × 1: 0.1 × … by tenths: 1 / 1.
    values = people(0, 0, 0, 1, 1, 1, 1, 1, 1, 1)
    assert inequality(values, measure="palma") == pytest.approx(1)


def test_theil_by_hand():
    assert inequality(people(5, 5, 5), measure="theil") == 0
    found = inequality(people(0, 0, 0, 8), measure="theil")
    assert found == pytest.approx(np.log(4))  # one of n has all
    found = inequality(people(3, 1), weights=people(1, 3), measure="theil")
    assert found == pytest.approx(0.5 * np.log(2) + 0.5 * np.log(2 / 3))


amounts = st.lists(
    st.tuples(st.integers(1, 100), st.integers(1, 9)), min_size=2, max_size=8
)


@quick
@given(amounts, st.sampled_from(["gini", "palma", "theil"]), st.floats(0.1, 1000))
def test_weights_are_people_and_units_do_not_matter(rows, measure, scale):
    values, weights = people(*[v for v, _ in rows]), people(*[w for _, w in rows])
    found = inequality(values, weights=weights, measure=measure)
    each = pd.Series(np.repeat(values.to_numpy(), weights.astype(int)))
    assert found == pytest.approx(inequality(each, measure=measure), abs=1e-9)
    scaled = inequality(values * scale, weights=weights / scale, measure=measure)
    assert found == pytest.approx(scaled, abs=1e-9)
    shuffled = values[::-1]  # weights follow the codes, not the order
    again = inequality(shuffled, weights=weights, measure=measure)
    assert found == pytest.approx(again, abs=1e-9)


@quick
@given(amounts)
def test_gini_is_the_mean_difference(rows):
    x = np.repeat([v for v, _ in rows], [w for _, w in rows]).astype(float)
    mean_difference = np.abs(x[:, None] - x).mean()
    found = inequality(pd.Series(x), measure="gini")
    assert found == pytest.approx(mean_difference / (2 * x.mean()), abs=1e-9)


@pytest.mark.parametrize(
    ("values", "weights", "told"),
    [
        (people(1, -1), None, r"values: 1 value\(s\) are missing, negative.*'b'"),
        (people(1, np.nan), None, r"values: 1 value\(s\) are missing.*score of 0"),
        (people(0, 0), None, "values: all 0"),
        (people(0, 3), people(5, 0), "values: all 0 where there is someone"),
        (people(1, 2), people(1, -1), r"weights: 1 value\(s\)"),
        (people(1, 2), people(1), r"weights: 1 unit\(s\) have none: 'b'"),
        (pd.Series(["1", "2"]), None, "values: need a Series of numbers"),
        (pd.Series(dtype=float), None, "values: all 0"),
    ],
)
@pytest.mark.parametrize("measure", ["gini", "palma", "theil"])
def test_what_cannot_be_shared_is_refused(values, weights, told, measure):
    with pytest.raises(DataError, match=told):
        inequality(values, weights=weights, measure=measure)


def test_an_unknown_measure_lists_those_there_are():
    with pytest.raises(
        DataError, match=r"unknown measure 'hoover'.*gini, palma, theil"
    ):
        inequality(people(1, 2), measure="hoover")
