"""Classes: `[a ; b[`, rounded breaks, French labels, symmetry around a pivot."""

import re
import warnings
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import basinmap as bm
from basinmap.errors import DataError, MeasureError
from basinmap.maps.classing.classes import SRU, shared_classes
from basinmap.maps.classing.methods import Method, cut_values, round_breaks

quick = settings(max_examples=60, deadline=None, database=None)
METHODS = get_args(Method)
SIGNED = tuple(method for method in METHODS if method != "geometric")


@pytest.fixture(scope="module")
def mapclassify():
    import mapclassify  # noqa: PLC0415 - 3 s: by the worker that needs it

    return mapclassify


def series(*values, decimals=None, name="rate"):
    found = pd.Series(values, dtype=float, name=name)
    if decimals is not None:
        found.attrs["decimals"] = decimals
    return found


def breaks(*values, **options):
    return bm.classify(series(*values), **options).attrs["breaks"]


def labels(*values, **options):
    return bm.classify(series(*values), **options).cat.categories.tolist()


def bounds(label):
    """Read the bounds back from a French label."""
    text = label.replace("\u202f", "").replace("\u2212", "-").replace(",", ".")
    numbers = [float(x) for x in re.findall(r"-?\d+(?:\.\d+)?", text)]
    match label.split()[0]:
        case "toutes":
            return -np.inf, np.inf
        case "moins":
            return -np.inf, numbers[0]
        case "de":
            return numbers[0], numbers[1]
        case _:
            return numbers[0], np.inf


def squared_error(values, inner):
    """Sum of squared deviations from the class means."""
    values = np.asarray(values, dtype=float)
    classes = np.searchsorted(inner, values, side="right")
    return sum(
        ((part := values[classes == c]) - part.mean()).dot(part - part.mean())
        for c in np.unique(classes)
    )


# -- worked by hand ------------------------------------------------------------


def test_a_value_equal_to_a_break_goes_up():
    found = bm.classify(series(4.999, 5.0, 5.001), breaks=[5])
    assert found.tolist() == ["moins de 5", "5 et plus", "5 et plus"]


def test_classes_are_ordered_and_aligned():
    values = series(9.7, 1.2, 5.4, np.nan).set_axis(list("dacb"))
    found = bm.classify(values, breaks=[5, 9])
    assert found.index.equals(values.index)
    assert found.name == "rate"
    assert found.cat.ordered
    assert found.cat.codes.to_dict() == {"d": 2, "a": 0, "c": 1, "b": -1}


def test_a_missing_value_stays_missing():
    found = bm.classify(series(1, np.nan, 3), breaks=[2])
    assert found.isna().tolist() == [False, True, False]
    assert found.value_counts().sum() == 2


def test_what_the_values_carry_is_kept():
    values = bm.compute("L04", bm.statistics())
    found = bm.classify(values)
    for key, carried in values.attrs.items():
        assert found.attrs[key] == carried
    assert found.attrs["bounds"] == (values.min(), values.max())
    assert "breaks" not in values.attrs


def test_labels_have_commas_thin_spaces_and_a_true_minus():
    found = labels(-2e6, 0.5, 2e6, breaks=[-1234567.5, 1000])
    assert found == [
        "moins de \u22121\u202f234\u202f567,5",
        "de \u22121\u202f234\u202f567,5 à moins de 1\u202f000,0",
        "1\u202f000,0 et plus",
    ]


def test_zero_is_written_without_decimals():
    assert labels(-1, 1, 3, breaks=[0, 2.5])[0] == "moins de 0"


@pytest.mark.parametrize(
    ("method", "inner"),
    [
        ("quantile", (25, 50, 75)),
        ("equal", (25, 50, 75)),
        ("fisher-jenks", (25, 50, 75)),
    ],
)
def test_a_regular_series_is_cut_in_four_equal_parts(method, inner):
    found = bm.classify(series(*range(100)), method=method, k=4)
    assert found.attrs["breaks"] == inner
    assert found.value_counts().tolist() == [25, 25, 25, 25]


def test_natural_breaks_fall_in_the_gaps():
    found = bm.classify(series(1.2, 1.9, 5.1, 5.4, 9.7), k=3)
    assert found.cat.codes.tolist() == [0, 0, 1, 1, 2]


def test_equal_widths_are_equal():
    assert breaks(*range(13), method="equal", k=3) == (4, 8)


def test_ties_are_never_split():
    found = bm.classify(series(*[1] * 10, *[2] * 10, *[3]), k=3)
    assert found.value_counts(sort=False).tolist() == [10, 10, 1]


# -- each method by hand -----------------------------------------------------------

EIGHT = (2, 4, 4, 4, 5, 5, 7, 9)  # mean 5, standard deviation 2


def exact(*values, method, k):
    return cut_values(np.sort(np.array(values, dtype=float)), method, k)


def test_an_even_number_of_standard_deviations_has_the_mean_as_a_break():
    assert exact(*EIGHT, method="standard-deviation", k=4) == [3, 5, 7]
    assert breaks(*EIGHT, method="standard-deviation", k=4) == (3, 5, 7)


def test_an_odd_number_of_standard_deviations_has_the_mean_amid_a_class():
    assert exact(*EIGHT, method="standard-deviation", k=5) == [2, 4, 6, 8]
    # Nothing lies under 2: that class is not made.
    assert breaks(*EIGHT, method="standard-deviation", k=5) == (4, 6, 8)


def test_q6_cuts_at_its_six_shares_whatever_k():
    shares = [5, 27.5, 50, 72.5, 95]
    for k in (2, 5, 9):
        assert exact(*range(101), method="q6", k=k) == pytest.approx(shares)
    found = bm.classify(series(*range(101)), method="q6", k=2)
    assert len(found.cat.categories) == 6


def test_geometric_classes_have_equal_ratios():
    assert exact(1, 10, 100, 1000, method="geometric", k=3) == [10, 100]
    found = bm.classify(series(1, 10, 100, 1000), method="geometric", k=3)
    assert found.cat.codes.tolist() == [0, 1, 2, 2]
    assert exact(3, 48, method="geometric", k=4) == pytest.approx([6, 12, 24])


@pytest.mark.parametrize(
    ("k", "inner"), [(2, [4]), (3, [4]), (4, [2, 4]), (7, [2, 4]), (8, [2, 2.5, 4])]
)
def test_nested_means_halve_at_the_mean(k, inner):
    # 4 is the mean of all, 2 that of 1, 2, 3; then 2.5 that of 2, 3.
    assert exact(1, 2, 3, 10, method="nested-means", k=k) == inner


def test_a_value_that_is_the_mean_is_above_it_whatever_the_rounding_of_sums():
    assert 0.1 + 0.2 + 0.3 > 0.6
    assert exact(0.1, 0.2, 0.3, method="nested-means", k=4) == [0.2, 0.25]


def test_head_and_tail_are_cut_while_the_head_is_a_minority():
    doubling = [1] * 8 + [2] * 4 + [4] * 2 + [8]  # of 15: 3 above 32/15; 1 above 16/3
    assert exact(*doubling, method="head-tail", k=9) == pytest.approx([32 / 15, 16 / 3])
    assert exact(*doubling, method="head-tail", k=2) == pytest.approx([32 / 15])
    assert exact(*range(1, 11), method="head-tail", k=9) == [5.5]  # half is above


@pytest.mark.parametrize(
    ("values", "k", "decimals", "inner"),
    [
        ((2, 17.4), 5, 1, [5, 10, 15]),
        ((0.012, 0.087), 4, 6, [0.025, 0.05, 0.075]),
        ((0.012, 0.087), 4, 2, [0.05]),
        ((-3, 7), 6, 0, [-2, 0, 2, 4, 6]),
        ((-3, 8.5), 5, 0, [0, 5]),
        ((1.2, 1.5), 5, 0, []),
        ((0, 10_000), 5, 0, [2500, 5000, 7500, 10_000]),
    ],
)
def test_round_steps_make_k_classes_or_less(values, k, decimals, inner):
    found = round_breaks(np.array(values, dtype=float), k, decimals)
    assert found == inner


def test_round_breaks_are_not_rounded_again():
    values = np.arange(1000) / 10
    found = breaks(*values, method="pretty", k=4)
    assert found == (25, 50, 75)


@pytest.mark.parametrize("k", [2, 3, 5, 8])
def test_quantiles_and_equal_widths_are_those_of_mapclassify(mapclassify, k):
    values = np.random.default_rng(k).gamma(2, 5, 80)
    for method, oracle in [
        ("quantile", mapclassify.Quantiles),
        ("equal", mapclassify.EqualInterval),
    ]:
        expected = oracle(values, k=k).bins[:-1]
        assert exact(*values, method=method, k=k) == pytest.approx(expected)


@pytest.mark.parametrize("k", [4, 5, 6])
def test_standard_deviations_are_those_of_mapclassify(mapclassify, k):
    values = np.random.default_rng(k).normal(10, 3, 60)
    # Its deviation is that of a sample, n - 1.
    of_sample = np.sqrt(59 / 60)
    times = [(i - k / 2) * of_sample for i in range(1, k)]
    expected = mapclassify.StdMean(values, multiples=times).bins[: k - 1]
    found = exact(*values, method="standard-deviation", k=k)
    assert found == pytest.approx(expected)


def test_heads_and_tails_are_those_of_mapclassify(mapclassify):
    values = 1000 / np.arange(1, 201)
    found = exact(*values, method="head-tail", k=9)
    expected = mapclassify.HeadTailBreaks(values).bins
    assert len(found) >= 3
    assert found == pytest.approx(expected[: len(found)])


@pytest.mark.parametrize("least", [0, -1])
def test_geometric_classes_need_values_above_zero(least):
    with pytest.raises(DataError, match=r"2 values are not above zero.*'quantile'"):
        bm.classify(series(least, least, 3, 9), method="geometric")


# -- what the sheet says of the classes ----------------------------------------------


def test_the_sheet_says_what_standard_deviations_are():
    values = series(*EIGHT, decimals=1)
    values.attrs["notes"] = ("Note",)
    found = bm.classify(values, method="standard-deviation", k=4)
    assert found.attrs["notes"] == (
        "Note",
        "Classes d’un écart-type\u00a0: moyenne 5,0, écart-type 2,0\u202f; "
        "bornes exactes",
    )
    assert values.attrs["notes"] == ("Note",)


def test_standard_deviations_only_lose_decimals():
    values = np.random.default_rng(4).normal(10, 3, 300)
    found = bm.classify(series(*values, decimals=1), method="standard-deviation", k=4)
    expected = [values.mean() + i * values.std() for i in (-1, 0, 1)]
    assert found.attrs["breaks"] == pytest.approx(expected, abs=0.05)
    assert found.attrs["notes"][0].endswith("bornes arrondies")


def test_the_sheet_says_that_q6_is_rounded():
    found = bm.classify(series(*range(101)), method="q6")
    assert found.attrs["breaks"] != (5, 27.5, 50, 72.5, 95)
    (note,) = found.attrs["notes"]
    assert note.startswith("Classes\u00a0: quantiles à 5, 27,5, 50, 72,5 et 95\u202f%")
    assert note.endswith("bornes arrondies")


@pytest.mark.parametrize("method", ["fisher-jenks", "quantile", "pretty"])
def test_other_methods_say_nothing(method):
    assert "notes" not in bm.classify(series(1, 2, 3), method=method).attrs


def test_legal_thresholds_are_those_of_the_law_and_are_said():
    values = series(19.99, 20, 24.99, 25, 60, decimals=1)
    found = bm.classify(values, breaks="sru")
    assert SRU == (20, 25)
    assert found.attrs["breaks"] == SRU
    assert found.cat.codes.tolist() == [0, 1, 1, 2, 2]
    assert found.cat.categories.tolist() == [
        "moins de 20",
        "de 20 à moins de 25",
        "25 et plus",
    ]
    assert "art. L. 302-5" in found.attrs["notes"][0]


def test_unknown_thresholds_are_refused():
    with pytest.raises(DataError, match=r"unknown thresholds 'zan': sru, or breaks="):
        bm.classify(series(1, 2), breaks="zan")


# -- shared by a series of maps --------------------------------------------------------


def test_classes_of_a_series_are_found_on_all_the_values():
    before, after = series(1, 1.5, 2), series(8, 9, np.nan)
    found = shared_classes({2016: before, 2021: after}, k=2)
    assert list(found) == [2016, 2021]
    for classes in found.values():
        assert classes.attrs["breaks"] == (5,)
        assert classes.attrs["bounds"] == (1, 9)
        assert classes.cat.categories.tolist() == ["moins de 5", "5 et plus"]
    assert found[2016].value_counts(sort=False).tolist() == [3, 0]
    assert found[2021].value_counts(sort=False).tolist() == [0, 2]


def test_each_series_keeps_its_index_its_name_and_what_it_carries():
    one = series(1, 2, name="2016").set_axis(["62498", "62510"])
    other = series(3, name="2021").set_axis(["59178"])
    one.attrs["vintage"], other.attrs["vintage"] = 2016, 2021
    found = shared_classes({"a": one, "b": other}, method="quantile", k=2)
    assert found["a"].index.tolist() == ["62498", "62510"]
    assert found["b"].name == "2021"
    assert [classes.attrs["vintage"] for classes in found.values()] == [2016, 2021]


def test_a_territory_without_any_value_has_the_classes_of_the_others():
    found = shared_classes({"a": series(1, 9), "b": series(np.nan, np.nan)}, k=2)
    assert found["b"].isna().all()
    assert found["b"].cat.categories.equals(found["a"].cat.categories)


@quick
@given(
    st.lists(st.integers(1, 200), min_size=2, max_size=40),
    st.integers(1, 39),
    st.sampled_from(METHODS),
)
def test_how_values_are_shared_out_does_not_move_the_breaks(values, cut, method):
    whole = bm.classify(series(*values), method=method)
    parts = {"a": series(*values[:cut]), "b": series(*values[cut:])}
    found = shared_classes(parts, method=method)
    together = [*found["a"].cat.codes, *found["b"].cat.codes]
    assert together == whole.cat.codes.tolist()


def test_two_units_cannot_share_classes():
    share, price = series(1, 2), series(3, 4)
    share.attrs["unit"], price.attrs["unit"] = "%", "€"
    with pytest.raises(MeasureError, match=r"2 units \('%', '€'\)"):
        shared_classes({"a": share, "b": price})


def test_no_series_is_refused():
    with pytest.raises(DataError, match="no series to classify"):
        shared_classes({})


def test_every_series_missing_is_refused():
    with pytest.raises(DataError, match="rate: all 3 values are missing"):
        shared_classes({"a": series(np.nan), "b": series(np.nan, np.nan)})


# -- few values ------------------------------------------------------------------


@pytest.mark.parametrize("values", [[7], [3, 3, 3], [0, 0]])
@pytest.mark.parametrize("method", METHODS)
def test_constant_values_make_one_class(values, method):
    assert labels(*values, method=method) == ["toutes les valeurs"]


@pytest.mark.parametrize("k", [4, 9])
def test_there_are_no_more_classes_than_distinct_values(k):
    found = bm.classify(series(1, 2, 2, 3), k=k)
    assert found.value_counts(sort=False).tolist() == [1, 2, 1]


@pytest.mark.parametrize("values", [[], [np.nan], [np.nan, np.nan]])
def test_nothing_to_class_is_refused(values):
    with pytest.raises(DataError, match=f"rate: all {len(values)} values are missing"):
        bm.classify(series(*values))


@pytest.mark.parametrize("infinite", [np.inf, -np.inf])
def test_infinite_values_are_refused_by_code(infinite):
    values = series(1, infinite).set_axis(["62498", "62510"])
    with pytest.raises(DataError, match="rate: infinite values at '62510'"):
        bm.classify(values)


def test_negative_values_are_classed_too():
    assert bm.classify(series(-5, -3, -1), k=3).cat.codes.tolist() == [0, 1, 2]


@pytest.mark.parametrize("k", [0, 10, -1])
def test_the_number_of_classes_is_bounded(k):
    with pytest.raises(DataError, match=f"k={k}: from 1 to 9"):
        bm.classify(series(1, 2, 3), k=k)


def test_one_class_holds_everything():
    assert labels(1, 2, 3, k=1) == ["toutes les valeurs"]


def test_an_unknown_method_lists_the_methods():
    with pytest.raises(
        DataError, match=r"'jenks': fisher-jenks, quantile, .* or pretty"
    ):
        bm.classify(series(1, 2, 3), method="jenks")


def test_an_unknown_method_is_refused_whatever_the_values():
    with pytest.raises(DataError, match="unknown method"):
        bm.classify(series(1, 1), method="jenks")


@pytest.mark.parametrize("method", ["standard-deviation", "q6"])
def test_methods_with_a_centre_of_their_own_have_no_pivot(method):
    with pytest.raises(DataError, match=f"'{method}' classes are not symmetric"):
        bm.classify(series(-1, 2), method=method, pivot=0)


def test_text_is_no_number():
    with pytest.raises(DataError, match="rate: no numbers: 's', '12,5'"):
        bm.classify(pd.Series(["s", 3, "12,5"], name="rate"))


def test_whole_numbers_with_a_gap_are_classed():
    found = bm.classify(pd.Series([1, None, 9], dtype="Int64"), k=2)
    assert found.cat.codes.tolist() == [0, -1, 1]


# -- own breaks --------------------------------------------------------------------


@pytest.mark.parametrize("inner", [[5, 3], [3, 3], [1, np.nan], [1, np.inf]])
def test_breaks_must_increase(inner):
    with pytest.raises(DataError, match=r"breaks must increase.*breaks=\[5, 10, 20\]"):
        bm.classify(series(1, 2, 3), breaks=inner)


def test_own_breaks_are_kept_even_when_a_class_is_empty():
    found = bm.classify(series(1, 2, 3), breaks=[2, 10, 20], k=9)
    assert found.attrs["breaks"] == (2, 10, 20)
    assert found.value_counts(sort=False).tolist() == [1, 2, 0, 0]


def test_own_breaks_finer_than_the_labels_are_told_apart_or_refused():
    try:
        found = labels(1, 2, breaks=[1.00000001, 1.00000002, 1.00000003])
    except DataError:
        return
    assert len(set(found)) == 4


def test_a_pivot_with_own_breaks_is_one_of_them_or_is_refused():
    try:
        found = bm.classify(series(-1, 2, 3), breaks=[1, 2], pivot=0)
    except DataError:
        return
    assert found.attrs["pivot"] is None or found.attrs["pivot"] in found.attrs["breaks"]


# -- pivot -------------------------------------------------------------------------


def test_classes_are_symmetric_around_the_pivot():
    found = breaks(*np.linspace(-9, 9, 37), k=6, pivot=0)
    assert len(found) == 5
    assert [-b for b in found[::-1]] == list(found)
    assert 0 in found


@pytest.mark.parametrize("pivot", [0, 5, -2.5])
def test_the_pivot_is_a_break(pivot):
    found = breaks(*np.linspace(-9, 9, 37), k=4, pivot=pivot)
    assert pivot in found
    inside = [b - pivot for b in found if b > pivot]
    assert set(inside) >= {
        pivot - b for b in found if b < pivot and pivot - b in inside
    }


@pytest.mark.parametrize(
    "values",
    [
        (-5, -3, -2, -1),
        (3, 3, 3),
        pytest.param((1, 2, 3, 5)),
        pytest.param((5.3, 3.2, 2.1, 1.7)),
        pytest.param((0, 1, 2, 3)),
    ],
)
def test_the_pivot_is_a_break_when_all_values_lie_on_one_side(values):
    assert 0 in breaks(*values, k=4, pivot=0)


def test_the_pivot_is_a_break_when_all_values_are_equal_to_it():
    assert breaks(0, 0, 0, pivot=0) == (0,)


def test_a_pivot_finer_than_the_breaks_stays_what_it_is():
    assert 2.345 in breaks(1, 2, 3, 4, pivot=2.345)


@pytest.mark.parametrize(
    "k",
    [
        pytest.param(3),
        4,
        pytest.param(5),
        6,
    ],
)
def test_a_pivot_makes_no_more_classes_than_wanted(k):
    assert len(labels(*np.linspace(-9.7, 9.3, 41), k=k, pivot=0)) <= k


@pytest.mark.parametrize("pivot", [np.nan, np.inf])
def test_a_pivot_is_a_finite_number(pivot):
    with pytest.raises(DataError):
        bm.classify(series(1, 2, 3), pivot=pivot)


def test_growth_of_every_epci_keeps_zero_as_a_break():
    growth = bm.compute("D02", bm.statistics())
    lost = []
    for epci, part in growth.groupby(bm.membership("epci")):
        found = bm.classify(part, pivot=0, k=6)
        if 0 not in found.attrs["breaks"]:
            lost.append(epci)
    assert lost == []


# -- rounding ----------------------------------------------------------------------


@pytest.mark.parametrize(("decimals", "step"), [(0, 1), (1, 0.1), (2, 0.01)])
@pytest.mark.parametrize("method", METHODS)
def test_breaks_have_no_more_decimals_than_the_indicator(method, decimals, step):
    values = np.random.default_rng(2).gamma(2, 5, 200)
    found = bm.classify(series(*values, decimals=decimals), method=method)
    for inner in found.attrs["breaks"]:
        assert inner == pytest.approx(round(inner / step) * step, abs=1e-9)


@pytest.mark.parametrize(
    "values",
    [
        (1.1, 1.2),
        (0.1, 0.2),
        pytest.param((0.2, 0.3)),
        pytest.param((0.6, 0.7)),
    ],
)
def test_two_neighbours_of_one_decimal_are_told_apart(values):
    assert len(breaks(*values, k=2)) == 1


def test_tenths_are_each_in_their_class():
    found = bm.classify(series(*[n / 10 for n in range(1, 10)]), k=9)
    assert found.cat.codes.tolist() == list(range(9))


@pytest.mark.parametrize("n", [40, 150, 400])
def test_rounding_a_break_moves_at_most_3_per_cent(mapclassify, n):
    values = np.random.default_rng(n).gamma(2, 3, n)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exact = mapclassify.FisherJenks(values, k=5).bins[:-1]
    rounded = bm.classify(series(*values, decimals=3)).attrs["breaks"]
    assert len(rounded) == 4
    for high, low in zip(exact, rounded, strict=True):
        moved = abs(int((values <= high).sum()) - int((values < low).sum()))
        assert moved <= 0.03 * n


@pytest.mark.parametrize(("k", "seed"), [(3, 1), (4, 2), (5, 3), (5, 4), (7, 5)])
def test_natural_breaks_are_those_of_mapclassify(mapclassify, k, seed):
    # Under 34 values nothing may be moved by the rounding of breaks.
    values = np.random.default_rng(seed).gamma(2, 30, 33).round(2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        oracle = mapclassify.FisherJenks(values, k=k).bins[:-1]
    ours = bm.classify(series(*values, decimals=2), k=k).attrs["breaks"]
    # mapclassify closes on the right: its bound is the last value below.
    above = [values[values > high].min() for high in oracle]
    assert squared_error(values, ours) == pytest.approx(
        squared_error(values, above), rel=1e-9
    )


def test_no_other_cut_of_a_small_series_has_a_smaller_error():
    values = np.array([1.0, 2, 4, 7, 8, 11, 13, 20])
    best = min(
        squared_error(values, [values[i], values[j]])
        for i in range(1, 7)
        for j in range(i + 1, 8)
    )
    ours = breaks(*values, k=3)
    assert squared_error(values, ours) == pytest.approx(best, rel=1e-12)


# -- properties ------------------------------------------------------------------

tenths = st.lists(
    st.one_of(st.none(), st.integers(-5000, 5000).map(lambda n: n / 8)),
    min_size=1,
    max_size=60,
)
options = st.fixed_dictionaries(
    {"method": st.sampled_from(SIGNED), "k": st.integers(1, 9)}
)


@quick
@given(tenths, options)
def test_a_value_lies_between_the_bounds_of_its_label(values, options):
    values = series(*[np.nan if v is None else v for v in values])
    assume(values.notna().any())
    found = bm.classify(values, **options)
    assert found.isna().equals(values.isna())
    assert found.value_counts().sum() == values.notna().sum()
    most = 6 if options["method"] == "q6" else options["k"]
    assert len(found.cat.categories) <= most
    for value, label in zip(values.dropna(), found.dropna(), strict=True):
        low, high = bounds(label)
        assert low <= value < high


@quick
@given(tenths, options)
def test_a_greater_value_is_never_in_a_lower_class(values, options):
    values = series(*[v for v in values if v is not None])
    assume(len(values))
    codes = bm.classify(values, **options).cat.codes
    assert codes[values.argsort()].is_monotonic_increasing


@quick
@given(tenths, options, st.randoms(use_true_random=False))
def test_the_order_of_values_is_irrelevant(values, options, random):
    values = [v for v in values if v is not None]
    assume(values)
    first = breaks(*values, **options)
    random.shuffle(values)
    assert breaks(*values, **options) == first


@quick
@given(
    st.lists(st.integers(-500, 500), min_size=4, max_size=60, unique=True),
    st.integers(2, 9),
)
def test_around_a_pivot_the_breaks_mirror_each_other(values, k):
    assume(min(values) < 0 < max(values))
    # A method that follows the values lets each side go its way where one is crowded.
    found = breaks(*values, k=k, pivot=0, method="equal")
    assert 0 in found
    least = min(-min(values), max(values))
    inside = [b for b in found if 0 < abs(b) < least]
    assert sorted(-b for b in inside) == sorted(inside)


@quick
@given(
    st.lists(st.integers(-500, 500), min_size=1, max_size=60),
    st.integers(1, 9),
    st.integers(-300, 300),
    st.sampled_from(["fisher-jenks", "quantile", "equal", "pretty", "head-tail"]),
)
def test_around_a_pivot_no_class_is_empty_but_one_that_nothing_lies_on_the_side_of(
    values, k, pivot, method
):
    classes = bm.classify(series(*values), k=k, pivot=pivot, method=method)
    held = classes.value_counts(sort=False).to_numpy()
    below, above = min(values) < pivot, max(values) >= pivot
    assert (held[1:-1] > 0).all()
    assert held[0] > 0 or not below
    assert held[-1] > 0 or not above


def test_a_class_that_would_be_empty_on_one_side_is_merged_on_both():
    # By halves of their distances the breaks would be −4, 0 and 4; between 0 and 4
    # nothing gains.
    assert breaks(-1, -2, -3, -5, -6, 5, 6, 7, k=4, pivot=0, method="equal") == (0,)


# Dunkerque and its communes, % a year from 2016 to 2023: two of 17 gain.
DUNKERQUE = (
    *(-1.99, -1.42, -1.15, -1.05, -0.91, -0.72, -0.68, -0.6, -0.55, -0.37),
    *(-0.3, -0.28, -0.2, -0.09, -0.04, 0.23, 1.53),
)


def test_where_one_class_would_be_the_map_each_side_is_cut_by_its_own():
    # Mirrored, −1.4 and +1.4 would leave 13 of 17 in one class.
    found = bm.classify(series(*DUNKERQUE, decimals=2), k=6, pivot=0)
    assert found.attrs["breaks"] == (-1.2, -0.5, 0, 1.2)
    assert found.value_counts(sort=False).tolist() == [2, 7, 6, 1, 1]


def test_a_distance_that_may_be_that_of_both_sides_is():
    # −1.2 parts −1.15 from −1.42, and does as well as +1 between 0.23 and 1.53.
    found = breaks(*DUNKERQUE, k=6, pivot=0)
    assert {-b for b in found if b < 0} & {b for b in found if b > 0}
    shifted = breaks(*(v + 7 for v in DUNKERQUE), k=6, pivot=7)
    assert [b - 7 for b in shifted] == pytest.approx(found)


def test_a_crowd_of_equal_values_is_one_class():
    found = bm.classify(series(*[-1.0] * 8, -3.0, 0.5, 2.0), k=6, pivot=0)
    assert found.value_counts(sort=False).max() == 8


def test_even_classes_stay_even_however_full():
    found = breaks(*DUNKERQUE, k=6, pivot=0, method="equal")
    assert {round(abs(b), 6) for b in found} <= {0, *(abs(b) for b in found if b > 0)}


@quick
@given(
    st.lists(st.integers(-500, 500), min_size=4, max_size=60, unique=True),
    st.integers(4, 9),
    st.sampled_from([-40, 0, 25]),
    st.sampled_from(["fisher-jenks", "quantile"]),
)
def test_no_class_of_a_change_is_the_map_where_values_differ(values, k, pivot, method):
    classes = bm.classify(series(*values), k=k, pivot=pivot, method=method)
    held = classes.value_counts(sort=False)
    # Distinct values, two classes a side at least: halves of a side at worst.
    assert held.max() <= 0.6 * len(values)
    assert len(held) <= k
    assert held.sum() == len(values)


def test_growth_of_every_epci_leaves_no_class_that_is_the_map():
    growth = bm.compute("D02", bm.statistics())
    crowded = {}
    for epci, part in growth.groupby(bm.membership("epci")):
        held = bm.classify(part, pivot=0, k=6).value_counts(sort=False)
        if held.max() > 0.6 * held.sum():
            crowded[epci] = held.to_dict()
    assert crowded == {}


def test_growth_of_every_epci_has_no_empty_class():
    growth = bm.compute("D02", bm.statistics())
    empty = {}
    for epci, part in growth.groupby(bm.membership("epci")):
        held = bm.classify(part, pivot=0, k=6).value_counts(sort=False)
        if (held[1:-1] == 0).any() or (held.iloc[0] == 0) != (part.min() >= 0):
            empty[epci] = held.to_dict()
    assert empty == {}


def test_the_bounds_of_a_change_bear_their_sign_and_those_of_a_rate_do_not():
    change = series(-2.0, -0.1, 0.0, 1.0, 3.0)
    assert bm.classify(change, breaks=[-1, 0, 2], pivot=0).cat.categories.tolist() == [
        "moins de −1",
        "de −1 à moins de 0",
        "de 0 à moins de +2",
        "+2 et plus",
    ]
    change.attrs["kind"] = "growth"
    assert bm.classify(change, breaks=[2]).cat.categories[1] == "+2 et plus"
    rate = series(5.0, 7.0, 8.0)
    assert bm.classify(rate, breaks=[7], pivot=7).cat.categories[1] == "7 et plus"
