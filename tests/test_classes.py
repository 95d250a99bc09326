"""Classes: `[a ; b[`, rounded breaks, French labels, symmetry around a pivot."""

import re
import warnings

import mapclassify
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import basinmap as bm
from basinmap.errors import DataError

quick = settings(max_examples=60, deadline=None, database=None)
METHODS = ("fisher-jenks", "quantile", "equal")


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
    with pytest.raises(DataError, match=r"rate: infinite values at \['62510'\]"):
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
    with pytest.raises(DataError, match=r"'jenks': fisher-jenks, quantile or equal"):
        bm.classify(series(1, 2, 3), method="jenks")


def test_an_unknown_method_is_refused_whatever_the_values():
    with pytest.raises(DataError, match="unknown method"):
        bm.classify(series(1, 1), method="jenks")


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
def test_rounding_a_break_moves_at_most_3_per_cent(n):
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
def test_natural_breaks_are_those_of_mapclassify(k, seed):
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
    {"method": st.sampled_from(METHODS), "k": st.integers(1, 9)}
)


@quick
@given(tenths, options)
def test_a_value_lies_between_the_bounds_of_its_label(values, options):
    values = series(*[np.nan if v is None else v for v in values])
    assume(values.notna().any())
    found = bm.classify(values, **options)
    assert found.isna().equals(values.isna())
    assert found.value_counts().sum() == values.notna().sum()
    assert len(found.cat.categories) <= options["k"]
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
    found = breaks(*values, k=k, pivot=0)
    assert 0 in found
    least = min(-min(values), max(values))
    inside = [b for b in found if 0 < abs(b) < least]
    assert sorted(-b for b in inside) == sorted(inside)
