"""What a sum is worth, whichever verb of space adds it up; and what is no count."""

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import basinmap as bm
from basinmap.errors import DataError, MeasureError


def told_or_typed(message):
    """Match the words of the verb, or those of the door that all share."""
    return rf"{message}|is of no use here; pass"


ORDER = ("", "lower_bound", "estimated", "secret", "not_applicable", "not_available")
COUNTS = pd.DataFrame({"n": [1.0, 2.0]}, index=["a", "b"])
GONE = {"secret", "not_applicable", "not_available"}

# By hand, from decision 0006: row and column in the order above.
TABLE = """
whole       minimum    estimate    minimum    whole          unavailable
minimum     minimum    minimum     minimum    minimum        unavailable
estimate    minimum    estimate    minimum    estimate       unavailable
minimum     minimum    minimum     secret     secret         unavailable
whole       minimum    estimate    secret     no_object      unavailable
unavailable unavailable unavailable unavailable unavailable  unavailable
"""
WORDS = {
    "whole": "",
    "minimum": "lower_bound",
    "estimate": "estimated",
    "secret": "secret",
    "no_object": "not_applicable",
    "unavailable": "not_available",
}
ROWS = [line.split() for line in TABLE.split("\n") if line]
PAIRS = [
    (one, other, WORDS[ROWS[i][j]])
    for (i, one), (j, other) in itertools.product(enumerate(ORDER), enumerate(ORDER))
]


def squares(**columns):
    shapes = [shapely.box(x, 0, x + 1000, 1000) for x in (0, 1000)]
    return gpd.GeoDataFrame(columns, geometry=shapes, index=["a", "b"], crs=2154)


def whole(units):
    return gpd.GeoDataFrame(geometry=[units.union_all()], index=["t"], crs=2154)


def by_reach(units, rule="centroid"):
    return bm.reach(whole(units), units, sums=["n"], rule=rule)


def by_count(units):
    points = units.set_geometry(units.representative_point())
    return bm.count(points, whole(units), sums=["n"])[0]


def by_apportion(units):
    table = pd.DataFrame(units.drop(columns="geometry"))
    found, _ = bm.apportion(table, units, whole(units), measures={"n": bm.Stock()})
    return found


def by_dissolve(units):
    return bm.dissolve(units.assign(to="t"), "to", measures={"n": bm.Stock()})


def by_smooth(units):
    """Return the squares that both points reach."""
    points = units.set_geometry(units.representative_point())
    surface = bm.smooth(points, "n", radius_m=1500, cell_m=1000)
    return surface[surface["points"] == 2]


VERBS = {
    "reach": by_reach,
    "reach by area": lambda units: by_reach(units, "area"),
    "count": by_count,
    "apportion": by_apportion,
    "dissolve": by_dissolve,
    "smooth": by_smooth,
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(("one", "other", "worth"), PAIRS)
def test_a_sum_is_worth_what_its_terms_are(one, other, worth, verb):
    values = [
        np.nan if state in GONE else value
        for state, value in ((one, 1.0), (other, 2.0))
    ]
    found = VERBS[verb](squares(n=values, n_state=[one, other]))
    states = found.get("n_state", pd.Series("", found.index))
    assert set(states) == {worth}
    assert (found["n"].isna() == (worth in GONE)).all()
    if worth not in GONE and verb != "smooth":
        assert found["n"].tolist() == [np.nansum(values)]


@pytest.mark.parametrize("state", ORDER)
def test_a_density_is_worth_what_its_count_is(state):
    values = [np.nan if state in GONE else 10.0, 20.0]
    found = bm.density(squares(n=values, n_state=[state, ""]), "n")
    assert found.attrs["states"] == ({"a": state} if state else {})
    assert np.isnan(found["a"]) == (state in GONE)


NO_COUNTS = {
    "text": ["1", "s"],
    "dates": pd.to_datetime(["2024-01-01", "2025-01-01"]),
    "durations": pd.to_timedelta([1, 2], unit="D"),
    "truth": [True, False],
    "complex": [1j, 2.0],
    "infinite": [1.0, np.inf],
    "negative": [1.0, -2.0],
}
SUMS = {**VERBS, "density": lambda units: bm.density(units, "n")}


@pytest.mark.parametrize("verb", SUMS)
@pytest.mark.parametrize("kind", NO_COUNTS)
def test_what_is_no_count_is_refused_by_every_verb(kind, verb):
    with pytest.raises(MeasureError, match=r"'?n'?") as caught:
        SUMS[verb](squares(n=NO_COUNTS[kind]))
    if kind == "text":
        assert "read it with bm.parse_counts" in str(caught.value)


@pytest.mark.parametrize("kind", ["text", "dates", "durations", "truth", "complex"])
def test_a_weight_that_is_no_number_is_refused(kind):
    homes = squares(w=NO_COUNTS[kind])
    homes = homes.set_geometry(homes.representative_point())
    call = {"measures": {"n": bm.Stock()}}
    with pytest.raises(MeasureError, match="'w' holds"):
        bm.apportion(COUNTS, squares(), squares(), weights=homes, count="w", **call)
    given = pd.DataFrame({"source": ["a", "b"], "target": ["a", "b"]})
    given["weight"] = NO_COUNTS[kind]
    with pytest.raises(MeasureError, match="'weight' holds"):
        bm.apportion(COUNTS, squares(), squares(), weights=given, **call)


HIDDEN = {
    "numpy": lambda v: pd.Series(v, dtype="float64"),
    "nullable": lambda v: pd.Series(v, dtype="float64").astype("Float64"),
    "arrow": lambda v: pd.Series(v, dtype="float64").astype("double[pyarrow]"),
    "object": lambda v: pd.Series(v, dtype=object),
    "none": lambda v: pd.Series([v[0], None], dtype=object),
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("dtype", HIDDEN)
def test_what_is_missing_is_missing_in_every_dtype(dtype, verb):
    units = squares(n=[0.0, 0.0])
    units["n"] = HIDDEN[dtype]([1.0, np.nan]).to_numpy(dtype=object)
    units["n"] = HIDDEN[dtype]([1.0, np.nan]).set_axis(units.index)
    found = VERBS[verb](units)
    assert (found["n_state"] == "not_available").all()
    assert found["n"].isna().all()


# -- options that were passed over ---------------------------------------------------


def quartiers():
    return squares().rename_axis("quartier"), squares().rename_axis("commune")


def points():
    return squares().set_geometry(squares().representative_point())


PASSED_OVER = {
    "a count of no weights": (
        lambda: bm.apportion(
            COUNTS, squares(), squares(), measures={"n": bm.Stock()}, count="nope"
        ),
        "count='nope' is a column of weights",
    ),
    "a count of a table of weights": (
        lambda: bm.apportion(
            COUNTS,
            squares(),
            squares(),
            measures={"n": bm.Stock()},
            weights=pd.DataFrame({"source": ["a"], "target": ["a"], "weight": [1]}),
            count="weight",
        ),
        "a table of weights has its own column",
    ),
    "a count of no dwellings": (
        lambda: bm.quartier_shares(*quartiers(), count=3),
        "count=3 is a column of dwellings",
    ),
    "repair of apportion": (
        lambda: bm.apportion(
            COUNTS, squares(), squares(), measures={"n": bm.Stock()}, repair=np.nan
        ),
        "repair=nan: write repair=True",
    ),
    "repair of lookup": (
        lambda: bm.lookup(squares(), repair="no"),
        "repair='no': write repair=True",
    ),
    "strict of count": (
        lambda: bm.count(points(), squares(), strict="nope"),
        "strict='nope': write strict=True",
    ),
    "strict of locate": (
        lambda: bm.locate(points(), squares(), strict=1),
        "strict=1: write strict=True",
    ),
    "points of neighbours": (
        lambda: bm.neighbours(squares(), points="x"),
        "points='x': write points=True",
    ),
    "tolerance of apportion": (
        lambda: bm.apportion(
            COUNTS, squares(), squares(), measures={"n": bm.Stock()}, tolerance="x"
        ),
        "tolerance is a share",
    ),
    "measures of dissolve": (
        lambda: bm.dissolve(squares(to="t"), "to", measures=[]),
        "no column is declared as a measure",
    ),
}


@pytest.mark.parametrize("kind", PASSED_OVER)
def test_an_option_that_serves_nothing_is_refused(kind):
    call, told = PASSED_OVER[kind]
    with pytest.raises((DataError, MeasureError, TypeError), match=told_or_typed(told)):
        call()


# -- what changes nothing -------------------------------------------------------------


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("change", ["rows", "codes"])
def test_the_order_of_rows_and_the_type_of_codes_change_nothing(change, verb):
    units = squares(n=[1.0, np.nan], n_state=["estimated", "secret"])
    other = units.iloc[::-1] if change == "rows" else units.set_axis([7, 12])
    found, again = VERBS[verb](units), VERBS[verb](other)
    columns = ["n", "n_state"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(found[columns]), pd.DataFrame(again[columns])
    )
