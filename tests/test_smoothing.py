"""Kernel smoothing: nobody lost, nobody moved further than said."""

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import basinmap as bm
from basinmap.errors import (
    BasinmapError,
    ColumnError,
    CRSError,
    DataError,
    MeasureError,
)
from basinmap.measures import Median, Ratio, Stock
from basinmap.spatial.grids import density
from basinmap.spatial.smoothing import smooth

X, Y = 685_000.0, 7_037_000.0
CORNER = np.array([X, Y])


def homes(places, values, name="people", crs=2154):
    """Points at places in metres from a corner of the grid."""
    xy = np.asarray(places, dtype=float).reshape(-1, 2) + CORNER
    points = shapely.points(xy)
    return gpd.GeoDataFrame({name: np.asarray(values, float)}, geometry=points, crs=crs)


def square(*sides, code="a"):
    """One polygon, in metres from the corner."""
    box = shapely.box(X + sides[0], Y + sides[1], X + sides[2], Y + sides[3])
    return gpd.GeoDataFrame(geometry=[box], index=[code], crs=2154)


def centres(surface):
    return np.column_stack([surface.centroid.x, surface.centroid.y]) - CORNER


def received(surface):
    """What each square got, by its centre."""
    places = map(tuple, centres(surface).round(6).tolist())
    return dict(zip(places, surface["people"].tolist(), strict=True))


def by_hand(points, column, cells, radius):
    """
    Return what each of some squares receives, point by point, from the definition.

    The weight (1 - d²/R²)² of each centre, over the sum of those of all.
    """
    shared = dict.fromkeys(cells, 0.0)
    for place, value in zip(points.geometry, points[column], strict=True):
        weights = {
            cell: (1 - (math.dist(cell, (place.x - X, place.y - Y)) / radius) ** 2) ** 2
            for cell in cells
            if math.dist(cell, (place.x - X, place.y - Y)) < radius
        }
        for cell, weight in weights.items():
            shared[cell] += value * weight / sum(weights.values())
    return shared


offsets = st.floats(-3_000, 3_000, allow_nan=False)
several = st.lists(
    st.tuples(offsets, offsets, st.floats(0, 1e6, allow_nan=False)),
    min_size=1,
    max_size=12,
)


# --- the kernel ---------------------------------------------------------------------


def test_one_point_at_a_centre_is_the_kernel_by_hand():
    # At 0, 200 and 283 m of a centre: 1, (1 - 4/9)² = 25/81 and (1 - 8/9)² = 1/81.
    surface = smooth(homes([(100, 100)], [185.0]), "people", radius_m=300, cell_m=200)
    seen = received(surface)
    assert len(seen) == 9
    # Their sum is 81/81 + 4·25/81 + 4/81 = 185/81.
    assert seen[100, 100] == pytest.approx(81)
    for cell in ((300, 100), (-100, 100), (100, 300), (100, -100)):
        assert seen[cell] == pytest.approx(25)
    for cell in ((300, 300), (-100, 300), (300, -100), (-100, -100)):
        assert seen[cell] == pytest.approx(1)


def test_any_points_are_those_of_the_definition():
    rng = np.random.default_rng(6)
    points = homes(rng.uniform(-900, 900, (25, 2)), rng.uniform(0, 50, 25))
    surface = smooth(points, "people", radius_m=730, cell_m=200)
    grid = [(100.0 + 200 * i, 100.0 + 200 * j) for i in range(-12, 12)
            for j in range(-12, 12)]  # fmt: skip
    expected = {k: v for k, v in by_hand(points, "people", grid, 730).items() if v}
    seen = received(surface)
    for cell, value in expected.items():
        assert seen[cell] == pytest.approx(value, rel=1e-12)
    assert len(seen) == len(expected)


def test_with_an_area_the_squares_of_the_area_share_it_all():
    rng = np.random.default_rng(7)
    points = homes(rng.uniform(10, 990, (12, 2)), rng.uniform(0, 50, 12))
    surface = smooth(
        points, "people", radius_m=600, cell_m=200, area=square(0, 0, 1000, 1000)
    )
    grid = [(100.0 + 200 * i, 100.0 + 200 * j) for i in range(5) for j in range(5)]
    expected = by_hand(points, "people", grid, 600)
    seen = received(surface)
    assert set(seen) == set(grid)
    for cell, value in expected.items():
        assert seen[cell] == pytest.approx(value, rel=1e-12)


@settings(max_examples=40, deadline=None)
@given(several, st.floats(200, 1_500), st.booleans())
def test_the_total_is_kept(points, radius, within):
    places = [(x, y) for x, y, _ in points]
    given_ = homes(places, [v for *_, v in points])
    area = square(-3_100, -3_100, 3_100, 3_100) if within else None
    surface = smooth(given_, "people", radius_m=radius, cell_m=200, area=area)
    assert (surface["people"] >= 0).all()
    total = given_["people"].sum()
    assert surface["people"].sum() == pytest.approx(total, rel=1e-9, abs=1e-12)


@settings(max_examples=15, deadline=None)
@given(several, st.integers(-9, 9), st.integers(-9, 9))
def test_points_moved_by_whole_squares_move_the_surface(points, right, up):
    # Whole metres: the coordinates of both lie as far from the centres, exactly.
    places = np.array([(round(x), round(y)) for x, y, _ in points])
    values = [v for *_, v in points]
    one = smooth(homes(places, values), "people", radius_m=500, cell_m=200)
    shift = np.array([200 * right, 200 * up])
    moved = homes(places + shift, values)
    other = smooth(moved, "people", radius_m=500, cell_m=200)
    assert np.array_equal(centres(one) + shift, centres(other))
    assert other["people"].to_numpy() == pytest.approx(one["people"].to_numpy())


@settings(max_examples=15, deadline=None)
@given(several)
def test_mirrored_points_make_a_mirrored_surface(points):
    places = np.array([(round(x) + 0.5, round(y) + 0.5) for x, y, _ in points])
    values = [v for *_, v in points]
    one = smooth(homes(places, values), "people", radius_m=700, cell_m=200)
    other = smooth(homes(places * [-1, 1], values), "people", radius_m=700, cell_m=200)
    left = received(one)
    right = {(-x, y): value for (x, y), value in received(other).items()}
    assert set(left) == set(right)
    for cell, value in left.items():
        assert right[cell] == pytest.approx(value, rel=1e-9, abs=1e-9)


def test_many_points_in_lots_are_those_of_one_lot(monkeypatch):
    rng = np.random.default_rng(8)
    points = homes(rng.uniform(0, 5_000, (300, 2)), rng.uniform(0, 50, 300))
    whole = smooth(points, "people", radius_m=900, cell_m=200)
    monkeypatch.setattr("basinmap.spatial.smoothing._AT_ONCE", 2_000)
    lots = smooth(points, "people", radius_m=900, cell_m=200)
    assert lots["people"].to_numpy() == pytest.approx(whole["people"].to_numpy())


# --- what comes back ----------------------------------------------------------------


def test_squares_are_named_by_their_corner_and_count_their_points():
    surface = smooth(homes([(100, 100), (150, 50)], [1, 1]), "people", radius_m=200,
                     cell_m=200)  # fmt: skip
    own = surface.loc["CRS2154RES200mN7037000E685000"]
    assert own.geometry.equals(square(0, 0, 200, 200).geometry.iloc[0])
    assert own["points"] == 2
    assert surface.index.name == "carreau"
    assert surface.crs.to_epsg() == 2154


def test_a_ratio_is_that_of_its_smoothed_counts():
    points = homes([(100, 100), (500, 100)], [100.0, 300.0], "dwellings")
    points["vacant"] = [10.0, 0.0]
    points.attrs["measures"] = {
        "dwellings": Stock(vintage="2021", family="P"),
        "vacant": Stock(vintage="2021", family="P"),
        "rate": Ratio(numerator="vacant", denominator="dwellings", scale=100),
    }
    surface = smooth(points, "rate", radius_m=500, cell_m=200)
    expected = 100 * surface["vacant"] / surface["dwellings"]
    assert surface["rate"].to_numpy() == pytest.approx(expected.to_numpy())
    assert surface["rate"].max() == pytest.approx(10)  # near the first alone
    assert 0 < surface["rate"].loc["CRS2154RES200mN7037000E685200"] < 10
    assert surface["dwellings"].sum() == pytest.approx(400)
    assert bm.measures_of(surface)["rate"].scale == 100


def test_a_ratio_of_nothing_is_not_applicable():
    points = homes([(100, 100)], [0.0], "dwellings")
    points["vacant"] = 0.0
    points.attrs["measures"] = {
        "rate": Ratio(numerator="vacant", denominator="dwellings")
    }
    surface = smooth(points, "rate", radius_m=300, cell_m=200)
    assert surface["rate"].isna().all()
    assert (surface["rate_state"] == "not_applicable").all()


def test_under_the_threshold_a_square_is_secret():
    places = [(100, 100)] * 11 + [(2_100, 100)]
    surface = smooth(homes(places, [1.0] * 12), "people", radius_m=300, cell_m=200,
                     threshold=11)  # fmt: skip
    lone = centres(surface)[:, 0] > 1_000
    assert surface.loc[lone, ["people", "points"]].isna().all(axis=None)
    assert (surface.loc[lone, "people_state"] == "secret").all()
    assert surface.loc[~lone, "people"].sum() == pytest.approx(11)
    told = density(surface, "people").attrs["states"]
    assert set(told.values()) == {"secret"}
    assert set(told) == set(surface.index[lone])


def test_with_an_open_edge_what_leaves_is_not_counted():
    area = square(0, 0, 1000, 1000)
    inside = homes([(500, 500)], [10.0])
    on_edge = homes([(1000, 500)], [10.0])
    options = {"radius_m": 400, "cell_m": 200, "area": area, "edge": "open"}
    assert smooth(inside, "people", **options)["people"].sum() == pytest.approx(10)
    assert smooth(on_edge, "people", **options)["people"].sum() == pytest.approx(5)
    far = homes([(9_000, 500)], [10.0])
    assert smooth(far, "people", **options)["people"].sum() == 0
    (note,) = smooth(on_edge, "people", **options).attrs["notes"]
    assert "hors du périmètre" in note


def test_the_note_says_the_kernel_and_its_radius():
    surface = smooth(homes([(0, 0)], [1.0]), "people", radius_m=2_000, cell_m=200)
    (note,) = surface.attrs["notes"]
    assert "noyau quadratique de rayon 2\u202f000 m, carreaux de 200 m" in note


def test_town_halls_of_lens_keep_their_population():
    lens = bm.communes(epci="246200364")
    statistics = bm.statistics(epci="246200364")
    points = bm.town_halls().join(statistics["population_2023"], how="inner")
    points.attrs["measures"] = bm.measures_of(statistics)
    surface = smooth(points, "population_2023", radius_m=2_000, cell_m=200, area=lens)
    expected = points["population_2023"].sum()
    assert surface["population_2023"].sum() == pytest.approx(expected, rel=1e-12)
    people = density(surface, "population_2023")
    assert people.attrs["unit"] == "habitants par km²"
    assert "Insee, populations légales 2023" in people.attrs["sources"]


# --- bad input ----------------------------------------------------------------------


def refused(match, *, error=DataError, points=None, columns="people", **changed):
    options = {"radius_m": 500, "cell_m": 200, **changed}
    points = homes([(0, 0), (50, 50)], [1.0, 2.0]) if points is None else points
    with pytest.raises(error, match=match) as caught:
        smooth(points, columns, **options)
    assert isinstance(caught.value, BasinmapError)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (-1.0, r"'people': 1 negative count\(s\) at 0"),
        (np.inf, r"'people': 1 infinite value\(s\) at 0"),
        (pd.Timestamp("2024-01-01"), "'people' holds values of type Timestamp"),
        (pd.Timedelta("1D"), "'people' holds values of type Timedelta"),
        (True, "'people' holds values of type bool"),
        (1j, "'people' holds values of type complex"),
    ],
)
def test_a_value_that_is_no_amount_is_refused(value, told):
    points = homes([(0, 0)], [1.0]).assign(people=[value])
    refused(told, points=points, error=MeasureError)


@pytest.mark.parametrize(
    ("state", "value", "near"),
    [
        ("secret", np.nan, "lower_bound"),
        ("lower_bound", 1.0, "lower_bound"),
        ("not_available", np.nan, "not_available"),
        ("not_applicable", np.nan, ""),
        ("estimated", 1.0, "estimated"),
        ("", 1.0, ""),
    ],
)
def test_squares_within_reach_of_a_point_are_worth_what_it_is(state, value, near):
    # The second point reaches some squares of the first; the third, far away, none.
    places = [(100, 100), (500, 100), (9_100, 100)]
    points = homes(places, [1.0, value, 1.0]).assign(people_state=["", state, ""])
    surface = smooth(points, "people", radius_m=300, cell_m=200)
    states = surface.get("people_state", pd.Series("", surface.index))
    x = centres(surface)[:, 0]
    assert (states[x > 8_000] == "").all()
    assert (states[(x > 200) & (x < 400)] == near).all()
    assert surface["people"].isna().equals(states.isin(["not_available", "secret",
                                                       "not_applicable"]))  # fmt: skip
    alone = states[(x > 600) & (x < 1_000)]
    assert len(alone)
    assert (alone == ("secret" if state == "secret" else state)).all()


def test_options_without_meaning_are_refused():
    refused("radius_m=100", radius_m=100)
    refused("radius_m=nan", radius_m=np.nan)
    refused("radius_m=inf", radius_m=np.inf)
    refused("cell_m: 200.5 is of no use here", error=TypeError, cell_m=200.5)
    refused("cell_m=0", cell_m=0)
    refused("edge='soft': conserve or open", edge="soft")
    refused("threshold is a number of points", threshold=0)
    refused("name at least one column", error=ColumnError, columns=[])


def test_places_that_cannot_be_smoothed_are_refused():
    degrees = homes([(0, 0)], [1.0]).to_crs(4326)
    refused(r"to_crs\(2154\)", error=CRSError, points=degrees)
    polygons = square(0, 0, 10, 10).assign(people=1.0)
    refused("1 geometries are no point: 'a'", points=polygons)
    void = homes([(0, 0), (1, 1)], [1.0, 2.0])
    void.loc[1, "geometry"] = None
    refused("1 geometries are no point: 1", points=void)
    refused("two CRS", error=CRSError, area=square(0, 0, 10, 10).to_crs(3035))
    refused("empty selection", points=homes([(0, 0)], [1.0]).iloc[:0])


def test_a_point_outside_the_area_is_refused_with_the_cure():
    points = homes([(50, 50), (5_000, 50)], [1.0, 1.0])
    refused("1 outside the area: 1; drop them, or pass edge='open'", points=points,
            area=square(0, 0, 400, 400))  # fmt: skip


def test_columns_that_are_no_stock_are_refused():
    points = homes([(0, 0)], [1.0])
    points.attrs["measures"] = {"people": Median()}
    refused("'people' is a median", error=MeasureError, points=points)
    refused("column", error=ColumnError, columns="absent")
    of_median = homes([(0, 0)], [1.0]).assign(total=2.0)
    of_median.attrs["measures"] = {
        "people": Median(),
        "rate": Ratio(numerator="people", denominator="total"),
    }
    refused("no stock", error=MeasureError, points=of_median, columns="rate")


def test_too_many_squares_are_refused_with_a_side_that_fits():
    far = homes([(0, 0), (90_000, 90_000)], [1.0, 1.0])
    refused(r"cell_m=20: .* million squares", points=far, cell_m=20)
    least = 66  # 90 000 m + 2 × 500 m over √2 000 000, rounded up
    assert len(smooth(far, "people", radius_m=500, cell_m=least)) > 0


def test_text_is_read_as_numbers_or_refused():
    points = homes([(0, 0)], [1.0])
    points["people"] = pd.Series(["s"])
    refused("bm.parse_counts", points=points, error=MeasureError)
