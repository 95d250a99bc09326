"""Crow-fly rings, true on the ground, and what lies inside them."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

import basinmap as bm
from basinmap.access.counting import not_reached
from basinmap.errors import (
    BasinmapWarning,
    ColumnError,
    CRSError,
    DataError,
    MeasureError,
)


def told_or_typed(message):
    """Match the words of the verb, or those of the door that all share."""
    return rf"{message}|is of no use here; pass"


quick = settings(max_examples=10, deadline=None, database=None)
GEOD = Geod(ellps="GRS80")
RULES = ("centroid", "area")


def basin():
    return bm.communes().dropna(subset="scot")


def reach(*frames, **options):
    """Count in areas that may leave the units, or be smaller than they are."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BasinmapWarning)
        return bm.reach(*frames, **options)


def spot(x=686_000.0, y=7_037_000.0, crs=2154):
    return gpd.GeoSeries([shapely.Point(x, y)], crs=crs)


def squares(*lefts, side=1000.0, **columns):
    """Return squares whose left edges stand at these metres, on one line."""
    shapes = [shapely.box(x, 0, x + side, side) for x in lefts]
    codes = [f"unit-{n}" for n in range(len(lefts))]
    return gpd.GeoDataFrame(columns, geometry=shapes, index=codes, crs=2154)


def ground(frame, place=bm.LOUVRE_LENS):
    """Return the geodesic distance from a place to each vertex of outer borders."""
    degrees = gpd.GeoSeries([place.point], crs=2154).to_crs(4326).iloc[0]
    rims = frame.to_crs(4326).geometry.exterior
    return [
        GEOD.inv(
            np.full(len(rim.coords), degrees.x),
            np.full(len(rim.coords), degrees.y),
            *np.array(rim.coords).T,
        )[2]
        for rim in rims
    ]


# -- rings ---------------------------------------------------------------------


def test_rings_are_a_partition_of_the_disc():
    areas = bm.rings(bm.LOUVRE_LENS, distances=[5_000, 10_000, 20_000])
    disc = bm.rings(bm.LOUVRE_LENS, distances=[20_000]).geometry.iloc[0]
    for left, right in ((0, 1), (0, 2), (1, 2)):
        assert (
            areas.geometry.iloc[left].intersection(areas.geometry.iloc[right]).area == 0
        )
    assert areas.union_all().symmetric_difference(disc).area < 1e-3
    assert areas.area.sum() == pytest.approx(disc.area, rel=1e-12)
    assert areas.is_valid.all()


def test_rings_share_their_border():
    areas = bm.rings(bm.LOUVRE_LENS, distances=[5_000, 10_000])
    hole = shapely.Polygon(areas.geometry.iloc[1].interiors[0])
    assert hole.equals(areas.geometry.iloc[0])


def test_a_ring_is_drawn_at_its_distance_on_the_ground():
    areas = bm.rings(bm.LOUVRE_LENS, distances=[5_000, 10_000, 30_000])
    for outer, distances in zip(areas["outer"], ground(areas), strict=True):
        np.testing.assert_allclose(distances, outer, atol=0.5)


def test_a_circle_in_the_metres_of_lambert_93_is_14_m_off():
    naive = gpd.GeoSeries([bm.LOUVRE_LENS.point.buffer(10_000)], crs=2154)
    assert np.mean(ground(naive)[0]) == pytest.approx(10_000 - 14, abs=1)


def test_the_surface_of_a_disc_is_that_of_its_circle():
    disc = bm.rings(bm.LOUVRE_LENS, distances=[10_000]).to_crs(4326).geometry.iloc[0]
    surface = abs(GEOD.geometry_area_perimeter(disc)[0])
    assert surface == pytest.approx(np.pi * 10_000**2, rel=3e-5)


def test_rings_say_what_they_are():
    areas = bm.rings(bm.LOUVRE_LENS, distances=[5_000, 10_000])
    assert areas.index.name == "ring"
    assert areas.index.tolist() == [5_000, 10_000]
    assert areas["inner"].tolist() == [0, 5_000]
    assert areas["outer"].tolist() == [5_000, 10_000]
    assert areas.crs == "EPSG:2154"
    assert areas.attrs["rule"] == "à vol d'oiseau"


@pytest.mark.parametrize(
    ("distances", "labels"),
    [
        ([10_000], ["moins de 10 km"]),
        ([5_000, 10_000], ["moins de 5 km", "de 5 à moins de 10 km"]),
        ([2_500, 12_500], ["moins de 2,5 km", "de 2,5 à moins de 12,5 km"]),
        ([250, 1_000], ["moins de 0,25 km", "de 0,25 à moins de 1 km"]),
        ([1_234], ["moins de 1,234 km"]),
        ([100, 1_000], ["moins de 0,1 km", "de 0,1 à moins de 1 km"]),
    ],
)
def test_rings_are_labelled_in_french_kilometres(distances, labels):
    assert bm.rings(bm.LOUVRE_LENS, distances=distances)["label"].tolist() == labels


@pytest.mark.parametrize(
    ("distances", "told"),
    [
        ([5, 10, 20], r"3 distance.s. under 100 m: 5, 10, 20.*distances=\[5_000, …"),
        ([99, 5_000], r"1 distance.s. under 100 m: 99; they are metres"),
    ],
)
def test_rings_typed_in_kilometres_are_questioned(distances, told):
    with pytest.warns(BasinmapWarning, match=told):
        areas = bm.rings(bm.LOUVRE_LENS, distances=distances)
    assert areas["outer"].tolist() == distances


def test_rings_of_100_metres_are_not_questioned():
    assert len(bm.rings(bm.LOUVRE_LENS, distances=[100, 200])) == 2


@pytest.mark.filterwarnings("ignore:.*under 100 m")
@pytest.mark.parametrize("distances", [[500.4, 500.9], [0.5, 0.9], [1.0, 1.5]])
def test_rings_closer_than_a_metre_keep_distinct_codes_or_are_refused(distances):
    try:
        areas = bm.rings(bm.LOUVRE_LENS, distances=distances)
    except DataError:
        return
    assert areas.index.is_unique
    assert areas["label"].is_unique


@pytest.mark.parametrize(
    "distances",
    [[], [0], [-5], [10, 5], [5, 5], [float("nan")], [5, float("inf")], [-1, 5]],
)
def test_bad_distances_are_refused_with_the_cure(distances):
    with pytest.raises(DataError, match=r"positive metres.*\[5_000, 10_000\]"):
        bm.rings(bm.LOUVRE_LENS, distances=distances)


def test_distances_that_are_no_metres_are_refused():
    with pytest.raises(DataError, match=r"metres; 2e\+06 is more than 1 000 km"):
        bm.rings(bm.LOUVRE_LENS, distances=[2_000_000])


def test_one_bare_distance_is_refused_clearly():
    with pytest.raises((DataError, TypeError)):
        bm.rings(bm.LOUVRE_LENS, distances=5_000)


def test_text_is_no_distance():
    with pytest.raises((DataError, TypeError)):
        bm.rings(bm.LOUVRE_LENS, distances=["5000"])


@pytest.mark.parametrize(
    ("crs", "told"),
    [
        (4326, r"place: in degrees \(EPSG:4326\).*to_crs\(2154\)"),
        (4171, r"place: in degrees \(EPSG:4171\).*to_crs\(2154\)"),
        (3857, r"place: in Web Mercator \(EPSG:3857\).*57 %.*to_crs\(2154\)"),
        (None, r"place: no CRS.*set_crs.*to_crs\(2154\)"),
    ],
)
def test_a_place_that_cannot_be_measured_is_refused(crs, told):
    place = bm.places().loc[["louvre-lens"]]
    place = place.to_crs(crs) if crs else place.set_crs(None, allow_override=True)
    with pytest.raises(CRSError, match=told):
        bm.rings(place, distances=[1_000])


@pytest.mark.parametrize("crs", ["EPSG:3395", "ESRI:102100", "EPSG:3785"])
def test_the_other_names_of_mercator_are_refused_too(crs):
    units = basin().loc[["62498"]].to_crs(crs)
    with pytest.raises(CRSError, match="Mercator"):
        bm.reach(units, units, sums=["population"], rule="area")


def test_feet_are_no_metres():
    units = basin().loc[["62498"]].to_crs("EPSG:2263")  # New York, US survey feet
    with pytest.raises(CRSError):
        bm.reach(units, units, sums=["population"], rule="area")


@pytest.mark.parametrize("crs", [32631, 3035, 27572])
def test_a_place_in_another_metric_crs_is_the_same_place(crs):
    there = bm.places().loc[["louvre-lens"]].to_crs(crs)
    here = bm.rings(bm.LOUVRE_LENS, distances=[1_000]).geometry.iloc[0]
    moved = bm.rings(there, distances=[1_000]).geometry.iloc[0]
    assert moved.centroid.distance(here.centroid) < 2  # old datum: a metre or so


@pytest.mark.parametrize(
    ("place", "told"),
    [
        (bm.places(), r"one point, got 3"),
        (bm.quartiers(), r"one point, got 1 geometries \(Polygon\)"),
        (bm.places().iloc[:0], "empty selection"),
        (shapely.Point(686_006, 7_037_021), "place: of type Point"),
        ((686_006, 7_037_021), "place: of type tuple"),
    ],
)
def test_a_place_is_one_point(place, told):
    with pytest.raises((DataError, bm.errors.ArgumentError), match=told):
        bm.rings(place, distances=[1_000])


@pytest.mark.parametrize("point", [None, shapely.Point()])
def test_a_place_without_position_is_refused_clearly(point):
    with pytest.raises(DataError):
        bm.rings(gpd.GeoSeries([point], crs=2154), distances=[1_000])


# -- rings of several places ---------------------------------------------------


def spots(*xy, names=None):
    points = [shapely.Point(*pair) for pair in xy]
    return gpd.GeoSeries(points, index=names or list("abcdefgh")[: len(xy)], crs=2154)


AROUND = spots((686_000, 7_037_000), (701_000, 7_037_000), (690_000, 7_050_000))


def test_each_place_keeps_its_own_rings():
    areas = bm.rings(AROUND, distances=[5_000, 10_000], overlap="each")
    assert areas.index.names == ["place", "ring"]
    assert areas.index.tolist() == [(p, r) for p in "abc" for r in (5_000, 10_000)]
    for name in "abc":
        alone = bm.rings(AROUND.loc[[name]], distances=[5_000, 10_000])
        assert_geodataframe_equal(areas.loc[name], alone)
    assert "se recouvrent" in areas.attrs["rule"]


def test_ground_goes_to_the_nearest_place():
    areas = bm.rings(AROUND, distances=[5_000, 10_000], overlap="nearest")
    whole = bm.rings(AROUND, distances=[5_000, 10_000], overlap="each")
    assert areas.index.equals(whole.index)
    assert areas.is_valid.all()
    assert whole.area.sum() > 1.05 * whole.union_all().area  # they do overlap
    assert areas.area.sum() == pytest.approx(whole.union_all().area, rel=1e-9)
    assert areas.union_all().area == pytest.approx(whole.union_all().area, rel=1e-9)
    assert areas.attrs["rule"] == "à vol d'oiseau, au lieu le plus proche"
    shared = areas.geometry.loc["a"].iloc[0].difference(whole.geometry.loc["a"].iloc[0])
    assert shared.area < 1e-3
    assert areas["label"].tolist() == whole["label"].tolist()


def test_two_places_share_a_lens_in_halves():
    # By hand: two circles of radius r, centres 2h apart: each loses the segment
    # r² acos(h/r) - h √(r² - h²).
    east = GEOD.fwd(2.8, 50.4, 90, 12_000)
    degrees = gpd.GeoSeries(gpd.points_from_xy([2.8, east[0]], [50.4, east[1]]))
    areas = bm.rings(
        degrees.set_crs(4326).to_crs(2154), distances=[10_000], overlap="nearest"
    )
    r, h = 10.0, 6.0
    left = np.pi * r**2 - (r**2 * np.arccos(h / r) - h * np.sqrt(r**2 - h**2))
    found = [
        abs(GEOD.geometry_area_perimeter(g)[0]) / 1e6
        for g in areas.to_crs(4326).geometry
    ]
    np.testing.assert_allclose(found, left, rtol=2e-5)


@quick
@given(
    st.lists(
        st.tuples(st.integers(-30, 30), st.integers(-30, 30)),
        min_size=2,
        max_size=6,
        unique=True,
    )
)
def test_each_point_belongs_to_its_nearest_place_on_the_ground(kilometres):
    places = spots(*[(686e3 + 1e3 * x, 7.037e6 + 1e3 * y) for x, y in kilometres])
    areas = bm.rings(places, distances=[8_000, 25_000], overlap="nearest")
    drawn = bm.rings(places, distances=[8_000, 25_000], overlap="each")
    assert areas.is_valid.all()
    assert areas.area.sum() == pytest.approx(drawn.union_all().area, rel=1e-8)
    chance = np.random.default_rng(len(kilometres))
    xy = np.array([686e3, 7.037e6]) + chance.uniform(-40e3, 40e3, (300, 2))
    points = gpd.GeoSeries(gpd.points_from_xy(*xy.T), crs=2154)
    lon, lat = (points.to_crs(4326).x.to_numpy(), points.to_crs(4326).y.to_numpy())
    far = np.array(
        [
            GEOD.inv(np.full(300, p.x), np.full(300, p.y), lon, lat)[2]
            for p in places.to_crs(4326)
        ]
    )
    for (name, outer), row in areas.iterrows():
        held = shapely.contains_xy(row.geometry, xy)
        own = far[list(places.index).index(name)][held]
        assert (own <= far[:, held].min(axis=0) + 1).all()  # a metre, as stated
        assert (own <= outer + 0.5).all()
        assert (own >= row["inner"] - 0.5).all()
    inside = shapely.contains_xy(areas.union_all(), xy)
    assert inside[far.min(axis=0) < 25_000 - 1].all()


def test_a_ring_that_others_cover_is_there_and_empty():
    ring = [(686e3 + 3e3 * np.cos(t), 7.037e6 + 3e3 * np.sin(t)) for t in range(7)]
    places = spots((686e3, 7.037e6), *ring)
    areas = bm.rings(places, distances=[1_000, 2_500, 9_000], overlap="nearest")
    assert areas.loc[("a", 9_000), "geometry"].is_empty
    assert len(areas) == 24
    assert set(areas.geom_type) <= {"Polygon", "MultiPolygon"}
    box = shapely.box(685_500, 7_036_500, 686_500, 7_037_500)
    units = gpd.GeoDataFrame({"homes": [3]}, geometry=[box], crs=2154)
    for rule in RULES:
        found = reach(areas, units, sums=["homes"], rule=rule)
        assert found["homes"].sum() == pytest.approx(3)
        assert found.loc[("a", 9_000), "homes"] == 0


@pytest.mark.parametrize("overlap", ["nearest", "each"])
def test_one_place_has_the_same_rings_whatever_is_said(overlap):
    plain = bm.rings(bm.LOUVRE_LENS, distances=[5_000, 10_000])
    for place in (bm.LOUVRE_LENS, bm.places().loc[["louvre-lens"]]):
        told = bm.rings(place, distances=[5_000, 10_000], overlap=overlap)
        assert_geodataframe_equal(told, plain)
        assert told.attrs == plain.attrs


def test_several_places_want_to_know_what_they_share():
    with pytest.raises(DataError, match=r"got 3 geometries.*overlap='nearest' or 'ea"):
        bm.rings(AROUND, distances=[5_000])
    with pytest.raises(DataError, match=r"unknown overlap 'first'.*nearest, each"):
        bm.rings(AROUND, distances=[5_000], overlap="first")


def test_places_on_one_another_have_no_nearest():
    twice = spots((0, 6.9e6), (0.5, 6.9e6), (900, 6.9e6))
    with pytest.raises(DataError, match=r"1 pair\(s\) less than 1 m apart"):
        bm.rings(twice, distances=[5_000], overlap="nearest")
    assert len(bm.rings(twice, distances=[5_000], overlap="each")) == 3
    with pytest.raises(DataError, match=r"place: 1 code\(s\).*more than once"):
        bm.rings(twice.set_axis(["a", "a", "b"]), distances=[1_000], overlap="each")
    with pytest.raises(DataError, match=r"need points, got 36 geometries"):
        bm.rings(bm.epcis(), distances=[1_000], overlap="each")
    with pytest.raises(CRSError, match=r"place: in degrees"):
        bm.rings(AROUND.to_crs(4326), distances=[1_000], overlap="nearest")


# -- reach ---------------------------------------------------------------------


def test_43_communes_of_the_basin_are_within_10_km_of_the_museum():
    areas = bm.rings(bm.LOUVRE_LENS, distances=[10_000])
    found = reach(areas, basin(), sums=["population"], rule="centroid").loc[10_000]
    assert (found["units"], found["population"]) == (43, 283_410)
    assert found["rule"] == "centroid"


def test_two_rings_hold_what_their_disc_holds():
    areas = bm.rings(bm.LOUVRE_LENS, distances=[5_000, 10_000])
    found = reach(areas, basin(), sums=["population"], rule="centroid")
    assert found["units"].sum() == 43
    assert found["population"].sum() == 283_410


@pytest.mark.parametrize("rule", RULES)
def test_areas_that_cover_everything_hold_everyone(rule):
    units = bm.communes()
    found = bm.reach(bm.epcis(), units, sums=["population", "area_km2"], rule=rule)
    assert found.index.equals(bm.epcis().index)
    assert found["units"].tolist() == bm.epcis()["communes"].tolist()
    np.testing.assert_allclose(found["population"], bm.epcis()["population"], rtol=1e-9)
    assert found["population"].sum() == pytest.approx(units["population"].sum())
    assert found.attrs["not_reached"] == ()


def test_a_unit_half_inside_counts_half_by_area():
    units = squares(0, 2000, homes=[10, 30])
    areas = gpd.GeoDataFrame(geometry=[shapely.box(500, 0, 2250, 1000)], crs=2154)
    found = reach(areas, units, sums=["homes"], rule="area")
    assert found.loc[0, "homes"] == pytest.approx(10 / 2 + 30 / 4)
    assert found.loc[0, "units"] == 2


def test_a_unit_counts_whole_where_its_point_falls():
    units = squares(0, 2000, homes=[10, 30])
    areas = gpd.GeoDataFrame(geometry=[shapely.box(400, 0, 2250, 1000)], crs=2154)
    found = reach(areas, units, sums=["homes"], rule="centroid")
    assert found.loc[0, ["units", "homes"]].tolist() == [1, 10]
    assert found.attrs["not_reached"] == ("unit-1",)


def test_a_point_on_a_shared_border_counts_once():
    units = squares(0, homes=[10])
    point = units.representative_point().iloc[0]
    sides = [
        shapely.box(-9e3, -9e3, point.x, 9e3),
        shapely.box(point.x, -9e3, 9e3, 9e3),
    ]
    areas = gpd.GeoDataFrame(geometry=sides, crs=2154)
    assert areas.intersects(point).all()
    found = reach(areas, units, sums=["homes"], rule="centroid")
    assert found["units"].tolist() == [1, 0]
    assert found["homes"].tolist() == [10, 0]


@pytest.mark.parametrize("rule", RULES)
def test_a_touched_unit_is_not_reached(rule):
    units = squares(0, 1000, homes=[10, 20])
    areas = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1000, 1000)], crs=2154)
    found = bm.reach(areas, units, sums=["homes"], rule=rule)
    assert found.loc[0, ["units", "homes"]].tolist() == [1, 10]
    assert found.attrs["not_reached"] == ("unit-1",)


@pytest.mark.parametrize("rule", RULES)
def test_an_area_out_of_all_units_counts_at_least_zero(rule):
    areas = bm.rings(spot(100_000, 6_500_000), distances=[1_000])
    units = basin()
    with pytest.warns(
        BasinmapWarning, match=r"1 area.s. lie partly out.*1000 \(100 %\)"
    ):
        found = bm.reach(areas, units, sums=["population"], rule=rule)
    assert found.loc[1_000, ["units", "population"]].tolist() == [0, 0]
    assert found.loc[1_000, "population_state"] == "lower_bound"
    assert found.attrs["not_reached"] == tuple(units.index)


def box(*bounds):
    return gpd.GeoDataFrame(geometry=[shapely.box(*bounds)], index=["t"], crs=2154)


def test_a_part_of_nothing_is_exactly_nothing():
    area = box(500, 0, 2000, 1000)
    found = bm.reach(area, squares(0, 1000, homes=[0, 20]), sums="homes", rule="area")
    assert found["homes"].tolist() == [20]
    assert "homes_state" not in found
    found = bm.reach(area, squares(0, 1000, homes=[2, 20]), sums="homes", rule="area")
    assert found["homes"].tolist() == [21]
    assert found["homes_state"].tolist() == ["estimated"]


@pytest.mark.parametrize("state", ["", "estimated", "lower_bound", "secret"])
def test_a_whole_unit_in_a_small_area_keeps_what_is_graver_than_an_estimate(state):
    count = np.nan if state == "secret" else 10.0
    units = squares(0, homes=[count], homes_state=[state])
    found = reach(box(400, 400, 600, 600), units, sums="homes", rule="centroid")
    assert found["homes_state"].tolist() == [state or "estimated"]
    assert found["homes"].isna().tolist() == [state == "secret"]


def test_what_has_no_object_lacks_nothing_to_tell():
    units = squares(0, 1000, homes=[np.nan, 20])
    for state, printed in (
        ("not_applicable", []),
        ("secret", ["homes, secret statistique : unit-0 (1)."]),
    ):
        units["homes_state"] = [state, ""]
        found = bm.reach(box(0, 0, 2000, 1000), units, sums="homes", rule="centroid")
        assert list(found.attrs["notes"]) == printed


@pytest.mark.parametrize(("metres", "lies"), [(5, True), (0.0005, False)])
def test_an_area_lies_on_a_unit_from_a_millionth_of_it_up(metres, lies):
    areas = box(1000 - metres, 0, 2000 - metres, 1000)
    options = {"sums": "homes", "rule": "centroid", "allow_partial": True}
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        bm.reach(areas, squares(0, homes=[10]), **options)
    told = [str(w.message) for w in heard if "hold the point of none" in str(w.message)]
    assert bool(told) == lies


@pytest.mark.parametrize("rule", RULES)
def test_the_rule_is_said_in_french(rule):
    areas = bm.rings(bm.LOUVRE_LENS, distances=[5_000])
    found = bm.reach(areas, basin(), sums=["population"], rule=rule)
    assert found.attrs["rule"].startswith("unités comptées")
    assert ("estimation" in found.attrs["rule"]) == (rule == "area")


def test_the_rule_must_be_said():
    with pytest.raises(TypeError, match="rule"):
        bm.reach(bm.epcis(), basin(), sums=["population"])


def test_an_unknown_rule_lists_the_rules():
    told = r"unknown rule 'people'.*centroid, area, dwellings"
    with pytest.raises(DataError, match=told):
        bm.reach(bm.epcis(), basin(), sums=["population"], rule="people")


def test_a_missing_column_is_named():
    with pytest.raises(ColumnError, match=r"missing: 'homes'; found 'name', 'epci'"):
        bm.reach(bm.epcis(), basin(), sums=["homes"], rule="centroid")


def test_a_column_given_alone_is_one_column():
    alone = reach(bm.epcis(), basin(), sums="population", rule="centroid")
    listed = reach(bm.epcis(), basin(), sums=["population"], rule="centroid")
    pd.testing.assert_frame_equal(alone, listed)


def test_a_sum_with_a_missing_count_is_missing_and_names_it():
    units = bm.communes().astype({"population": float})
    units.loc["62498", "population"] = np.nan
    found = bm.reach(bm.epcis(), units, sums=["population"], rule="centroid")
    assert found["population"].isna().sum() == 1
    assert found.loc["246200364", "population_state"] == "not_available"
    told = "Population municipale, données non disponibles : 62498 (1)."
    assert told in found.attrs["notes"]


@pytest.mark.parametrize(
    ("measure", "kind"),
    [
        (bm.Ratio(numerator="a", denominator="b"), "ratio"),
        (bm.Growth(start="a", end="b", years=7), "growth"),
        (bm.Mean(weight="a"), "mean"),
        (bm.Median(), "median"),
    ],
)
def test_only_stocks_add_up(measure, kind):
    units = basin()
    units.attrs["measures"] = {"population": measure}
    with pytest.raises(MeasureError, match=f"'population' is a {kind}.*its counts"):
        bm.reach(bm.epcis(), units, sums=["population"], rule="centroid")


def test_text_does_not_add_up():
    with pytest.raises((DataError, MeasureError), match="'name'"):
        bm.reach(bm.epcis(), basin(), sums=["name"], rule="centroid")


@pytest.mark.parametrize("column", ["units", "rule"])
def test_a_stock_named_like_a_result_is_not_lost_silently(column):
    units = squares(0, 1000, **{column: [10, 20]})
    areas = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 2000, 1000)], crs=2154)
    with pytest.raises(DataError, match=column):
        bm.reach(areas, units, sums=[column], rule="centroid")


def test_a_column_asked_for_twice_counts_once():
    units = squares(0, homes=[10])
    found = bm.reach(units, units, sums=["homes", "homes"], rule="centroid")
    assert found["homes"].tolist() == [10]


def test_repeated_units_are_refused():
    units = pd.concat([basin(), basin().head(1)])
    with pytest.raises(DataError, match=r"units: 1 code\(s\).*more than once"):
        bm.reach(bm.epcis(), units, sums=["population"], rule="centroid")


def test_two_crs_are_refused():
    told = r"two CRS: .*EPSG:32631.*EPSG:2154|two CRS: .*EPSG:2154.*EPSG:32631"
    with pytest.raises(CRSError, match=told):
        bm.reach(
            bm.epcis(), basin().to_crs(32631), sums=["population"], rule="centroid"
        )


@pytest.mark.parametrize("crs", [4326, 3857])
@pytest.mark.parametrize("wrong", ["areas", "units"])
def test_degrees_and_web_mercator_are_refused(wrong, crs):
    frames = {"areas": bm.epcis(), "units": basin()}
    frames[wrong] = frames[wrong].to_crs(crs)
    with pytest.raises(CRSError, match=rf"EPSG:{crs}.*to_crs\(2154\)"):
        bm.reach(frames["areas"], frames["units"], sums=["population"], rule="area")


@pytest.mark.parametrize("wrong", ["areas", "units"])
def test_the_culprit_is_called_by_its_own_name(wrong):
    frames = {"areas": bm.epcis(), "units": basin()}
    frames[wrong] = frames[wrong].to_crs(4326)
    with pytest.raises(CRSError, match=wrong):
        bm.reach(frames["areas"], frames["units"], sums=["population"], rule="area")


def test_a_table_without_geometry_is_refused():
    table = pd.DataFrame(basin().drop(columns="geometry"))
    with pytest.raises(
        (DataError, TypeError),
        match=told_or_typed("need a GeoDataFrame.*got DataFrame"),
    ):
        bm.reach(bm.epcis(), table, sums=["population"], rule="centroid")


def test_points_have_no_surface_to_share():
    with pytest.raises(DataError):
        bm.reach(
            bm.rings(bm.LOUVRE_LENS, distances=[5_000]),
            bm.places().assign(n=1),
            sums=["n"],
            rule="area",
        )


def test_a_crossed_outline_is_refused_clearly():
    bow = shapely.Polygon([(0, 0), (1000, 1000), (1000, 0), (0, 1000)])
    units = gpd.GeoDataFrame({"homes": [1]}, geometry=[bow], index=["bow"], crs=2154)
    areas = gpd.GeoDataFrame(geometry=[shapely.box(400, 0, 2000, 2000)], crs=2154)
    with pytest.raises(DataError, match="bow"):
        bm.reach(areas, units, sums=["homes"], rule="area")


# -- by dwellings -----------------------------------------------------------------

HALF = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 500, 1000)], crs=2154)


def dots(*xy, **columns):
    points = [shapely.Point(*pair) for pair in xy]
    return gpd.GeoDataFrame(columns, geometry=points, crs=2154)


def test_a_unit_counts_by_the_share_of_its_dwellings():
    units = squares(0, 2000, people=[100, 50])
    homes = dots((100, 100), (200, 800), (300, 500), (900, 900), (2500, 500))
    found = bm.reach(HALF, units, sums=["people"], rule="dwellings", weights=homes)
    assert found.loc[0, "people"] == pytest.approx(75)
    assert found.loc[0, ["units", "rule"]].tolist() == [1, "dwellings"]
    assert found.loc[0, "people_state"] == "estimated"
    assert found.attrs["not_reached"] == ("unit-1",)
    assert found.attrs["rule"] == (
        "unités comptées au prorata de leurs logements (estimation)"
    )
    assert found.attrs["notes"] == ()


def test_each_point_counts_for_what_it_stands_for():
    units = squares(0, people=[100])
    homes = dots((100, 100), (900, 900), flats=[1, 4])
    found = bm.reach(
        HALF, units, sums=["people"], rule="dwellings", weights=homes, count="flats"
    )
    assert found.loc[0, "people"] == pytest.approx(20)


def test_dwellings_may_be_polygons():
    # IRIS: 30 dwellings west, of which half inside; 10 east, outside.
    units = squares(0, people=[100])
    shapes = [shapely.box(250, 0, 750, 1000), shapely.box(750, 0, 1000, 1000)]
    iris = gpd.GeoDataFrame({"dwellings": [30, 10]}, geometry=shapes, crs=2154)
    found = bm.reach(
        HALF, units, sums=["people"], rule="dwellings", weights=iris, count="dwellings"
    )
    assert found.loc[0, "people"] == pytest.approx(100 * 15 / 40)


def test_all_dwellings_inside_is_no_estimate():
    units = squares(0, people=[100])
    found = bm.reach(
        HALF, units, sums=["people"], rule="dwellings", weights=dots((9, 9), (99, 9))
    )
    assert found.loc[0, "people"] == 100
    assert "people_state" not in found


def test_a_unit_without_dwellings_is_shared_by_surface_and_told():
    units = squares(0, 2000, people=[100, 50])
    found = bm.reach(
        HALF, units, sums=["people"], rule="dwellings", weights=dots((2100, 9))
    )
    assert found.loc[0, "people"] == pytest.approx(50)
    told = "Unités sans logement localisé, réparties par surface : unit-0 (1)."
    assert found.attrs["notes"] == (told,)


@pytest.mark.parametrize(
    "shape", [shapely.Point(9e5, 9), shapely.box(9e5, 0, 9.1e5, 9)]
)
def test_dwellings_of_another_territory_are_refused(shape):
    units = squares(0, people=[100])
    homes = gpd.GeoDataFrame(geometry=[shape], crs=2154)
    told = "weights: none lies in any unit"
    with pytest.raises(DataError, match=told):
        bm.reach(HALF, units, sums=["people"], rule="dwellings", weights=homes)
    table = pd.DataFrame({"people": [100]}, units.index)
    call = {"measures": {"people": bm.Stock()}, "weights": homes}
    with pytest.raises(DataError, match=told):
        bm.apportion(table, units, HALF, **call)


def test_dwellings_share_out_as_apportion_does():
    units = basin().loc[bm.communes(epci="call").index]
    chance = np.random.default_rng(3)
    west, south, east, north = units.total_bounds
    xy = chance.uniform([west, south], [east, north], (3000, 2))
    homes = dots(*xy)
    areas = bm.rings(bm.LOUVRE_LENS, distances=[2_000, 5_000, 20_000])
    found = reach(areas, units, sums=["population"], rule="dwellings", weights=homes)
    other, _ = bm.apportion(
        units[["population"]],
        units,
        areas,
        measures={"population": bm.Stock()},
        weights=homes,
    )
    np.testing.assert_allclose(found["population"], other["population"])
    assert found["population"].sum() == pytest.approx(242_013)


def test_dwellings_are_asked_for_and_only_then():
    units = squares(0, people=[100])
    homes = dots((9, 9), n=[1.0])
    call = {"sums": ["people"], "rule": "dwellings"}
    with pytest.raises(
        (DataError, TypeError), match=told_or_typed("wants weights=: a GeoDataFrame")
    ):
        bm.reach(HALF, units, **call)
    with pytest.raises(
        (DataError, TypeError),
        match=told_or_typed("go with rule='dwellings', not 'area'"),
    ):
        bm.reach(HALF, units, sums=["people"], rule="area", weights=homes)
    with pytest.raises(
        (DataError, TypeError),
        match=told_or_typed("go with rule='dwellings', not 'centroid'"),
    ):
        bm.reach(HALF, units, sums=["people"], rule="centroid", count="n")
    with pytest.raises(
        (DataError, TypeError),
        match=told_or_typed("GeoDataFrame of points or polygons, got Ser"),
    ):
        bm.reach(HALF, units, **call, weights=units["people"])
    with pytest.raises((CRSError, TypeError), match=told_or_typed("weights")):
        bm.reach(HALF, units, **call, weights=homes.to_crs(4326))
    with pytest.raises((ColumnError, TypeError), match=told_or_typed("'flats'")):
        bm.reach(HALF, units, **call, weights=homes, count="flats")
    with pytest.raises(
        (DataError, TypeError),
        match=told_or_typed("n: 1 weight\\(s\\) are missing, negative"),
    ):
        bm.reach(HALF, units, **call, weights=homes.assign(n=-1), count="n")


# -- by unit above, several places, what is left out --------------------------------


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("by", ["epci", "departement"])
def test_the_parts_of_an_area_add_up_to_it(rule, by):
    units = basin().drop(columns="scot")
    areas = bm.rings(bm.LOUVRE_LENS, distances=[5_000, 20_000])
    whole = reach(areas, units, sums=["population"], rule=rule)
    found = reach(areas, units, sums=["population"], rule=rule, by=by)
    assert found.index.names == ["ring", by]
    assert len(found) == len(areas) * units[by].nunique()
    sums = found[["units", "population"]].groupby(level="ring").sum()
    np.testing.assert_allclose(sums, whole[["units", "population"]])
    for told in ("rule", "sources", "notes", "not_reached", "outside", "measures"):
        assert found.attrs[told] == whole.attrs[told]
    listed = reach(areas, units, sums=["population"], rule=rule, by=units[by][::-1])
    pd.testing.assert_frame_equal(found, listed)


def test_the_people_of_an_epci_within_10_km():
    units = basin()
    areas = bm.rings(bm.LOUVRE_LENS, distances=[10_000])
    found = reach(areas, units, sums=["population"], rule="centroid", by="epci")
    call = units[units["epci"] == "246200364"]
    near = call.representative_point().within(areas.geometry.iloc[0])
    row = found.loc[(10_000, "246200364")]
    assert row["population"] == call.loc[near, "population"].sum()
    assert row["units"] == near.sum()


def test_units_of_no_group_are_named_with_the_cure():
    units = squares(0, 2000, 4000, homes=[1, 2, 3], epci=["x", None, "x"])
    with pytest.raises(DataError, match=r"1 unit\(s\) have no epci: 'unit-1'.*fillna"):
        reach(HALF, units, sums=["homes"], rule="area", by="epci")
    part = units["epci"].iloc[[0]]
    with pytest.raises(DataError, match=r"2 unit\(s\) have no epci"):
        reach(HALF, units, sums=["homes"], rule="area", by=part)
    with pytest.raises(ColumnError, match="'scot'"):
        reach(HALF, units, sums=["homes"], rule="area", by="scot")
    kinds = units.assign(epci=pd.Categorical(["x", "y", "x"]))
    found = reach(HALF, kinds, sums=["homes"], rule="area", by="epci")
    assert found["homes"].to_dict() == {(0, "x"): 0.5, (0, "y"): 0}


@pytest.mark.parametrize("rule", RULES)
def test_rings_of_the_nearest_place_count_everyone_once(rule):
    units = basin()
    areas = bm.rings(AROUND, distances=[5_000, 15_000], overlap="nearest")
    found = reach(areas, units, sums=["population"], rule=rule)
    assert found.index.equals(areas.index)
    whole = areas.dissolve()
    disc = reach(whole, units, sums=["population"], rule=rule)
    assert found["population"].sum() == pytest.approx(disc.loc[0, "population"])
    by_epci = reach(areas, units, sums=["population"], rule=rule, by="epci")
    assert by_epci.index.names == ["place", "ring", "epci"]


@pytest.mark.parametrize("rule", RULES)
def test_rings_that_overlap_are_refused_or_counted_apart(rule):
    units = basin()
    areas = bm.rings(AROUND, distances=[5_000, 15_000], overlap="each")
    with pytest.raises(DataError, match=r"overlap over .* km².*overlap='each'"):
        reach(areas, units, sums=["population"], rule=rule)
    found = reach(areas, units, sums=["population"], rule=rule, overlap="each")
    for name in "abc":
        alone = reach(areas.loc[name], units, sums=["population"], rule=rule)
        np.testing.assert_allclose(found.loc[name, "population"], alone["population"])
    assert "compte dans chacune" in found.attrs["notes"][0]
    with pytest.raises(DataError, match=r"unknown overlap 'first'.*refuse, each"):
        reach(areas, units, sums=["population"], rule=rule, overlap="first")


def test_dwellings_in_rings_that_overlap_count_in_each():
    units = squares(0, people=[100])
    homes = dots((100, 100), (900, 900))
    shapes = [shapely.box(0, 0, 500, 500), shapely.box(0, 0, 800, 800)]
    nested = gpd.GeoDataFrame(geometry=shapes, index=["near", "far"], crs=2154)
    found = bm.reach(
        nested, units, sums=["people"], rule="dwellings", weights=homes, overlap="each"
    )
    assert found["people"].tolist() == [50, 50]


def test_estimates_are_flagged_and_whole_counts_are_not():
    units = squares(0, 2000, homes=[10, 30])
    areas = units.assign(homes=0)
    whole = bm.reach(areas, units, sums=["homes"], rule="centroid")
    assert whole.columns.tolist() == ["units", "homes", "rule"]
    areas.loc["unit-0", "geometry"] = shapely.box(0, 0, 250, 1000)
    shared = bm.reach(areas, units, sums=["homes"], rule="area")
    assert shared["homes_state"].tolist() == ["estimated", ""]
    assert shared["homes"].tolist() == [pytest.approx(2.5), 30]


def test_a_lower_bound_stays_one():
    units = squares(0, 2000, homes=[10, 30], homes_state=["lower_bound", ""])
    areas = units.copy()
    found = bm.reach(areas, units, sums=["homes"], rule="centroid")
    assert found["homes_state"].tolist() == ["lower_bound", ""]


def test_the_rule_of_the_areas_is_told_with_that_of_the_count():
    areas = bm.rings(bm.LOUVRE_LENS, distances=[5_000])
    found = reach(areas, basin(), sums=["population"], rule="centroid")
    assert found.attrs["rule"] == (
        "unités comptées entières là où tombe leur point représentatif ; aires : à vol "
        "d'oiseau"
    )
    people = "Insee, populations légales 2023"
    assert found.attrs["sources"] == (*basin().attrs["sources"], people)


@pytest.mark.parametrize("rule", RULES)
def test_inside_and_outside_make_the_whole(rule):
    units = basin()
    areas = bm.rings(bm.LOUVRE_LENS, distances=[5_000, 10_000])
    found = reach(areas, units, sums=["population"], rule=rule)
    left = not_reached(areas, units, sums=["population"], rule=rule)
    whole = found["population"].sum() + left["population"].sum()
    assert whole == pytest.approx(units["population"].sum())
    assert set(found.attrs["not_reached"]) == set(left.index[left["outside"] == 1])
    assert left["name"].equals(units.loc[left.index, "name"])
    assert left.index.name == "commune"
    assert left.attrs["rule"] == found.attrs["rule"]


def test_what_is_left_out_by_hand():
    units = squares(0, 2000, 4000, homes=[10, 30, 50], name=["A", "B", "C"])
    areas = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 2250, 1000)], crs=2154)
    left = not_reached(areas, units, sums=["homes"], rule="area")
    assert left["name"].tolist() == ["B", "C"]
    assert left["outside"].tolist() == pytest.approx([0.75, 1])
    assert left["homes"].tolist() == pytest.approx([22.5, 50])
    assert left["homes_state"].tolist() == ["estimated", ""]
    homes = dots((2100, 500), (2600, 500), (4100, 9))
    left = not_reached(areas, units, rule="dwellings", weights=homes)
    assert left.index.tolist() == ["unit-1", "unit-2"]
    assert left["outside"].tolist() == [0.5, 1]
    assert "unit-0" in left.attrs["notes"][0]


def test_rings_that_overlap_leave_the_same_people_out():
    units = basin()
    each = bm.rings(AROUND, distances=[5_000, 15_000], overlap="each")
    cut = bm.rings(AROUND, distances=[5_000, 15_000], overlap="nearest")
    for rule in RULES:
        left = not_reached(each, units, sums=["population"], rule=rule)
        other = not_reached(cut, units, sums=["population"], rule=rule)
        assert left["population"].sum() == pytest.approx(other["population"].sum())
        pd.testing.assert_index_equal(left.index, other.index)


def test_nobody_left_out_is_an_empty_table():
    left = not_reached(bm.epcis(), bm.communes(), sums=["population"], rule="centroid")
    assert left.columns.tolist() == ["name", "outside", "population"]
    assert left.empty


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("void", [None, shapely.Polygon()])
def test_a_unit_without_outline_is_not_one_that_is_not_reached(rule, void):
    units = squares(0, 2000, homes=[10, 30])
    units.loc["unit-1", "geometry"] = void
    with pytest.raises(DataError, match="units: 1 without outline: 'unit-1'"):
        bm.reach(HALF, units, sums=["homes"], rule=rule)


@pytest.mark.parametrize("overlap", ["refuse", "each"])
def test_areas_without_any_ground_are_refused(overlap):
    areas = gpd.GeoDataFrame(geometry=[shapely.Polygon(), None], crs=2154)
    units = squares(0, homes=[10])
    with pytest.raises(DataError, match="areas: 2 without outline: 0, 1; drop"):
        bm.reach(areas, units, sums=["homes"], rule="centroid", overlap=overlap)


@pytest.mark.parametrize("column", ["name", "outside"])
def test_a_stock_named_like_what_is_left_out_is_not_lost(column):
    with pytest.raises(DataError, match=f"called '{column}'"):
        not_reached(HALF, squares(0, **{column: [1]}), sums=[column], rule="centroid")


# -- what areas and units have to do with one another ---------------------------------


def only(*shapes, index=None, **columns):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), index=index, crs=2154)


def test_a_disc_of_12_ha_does_not_hold_all_of_somain():
    somain = bm.communes().loc[["59574"]]
    disc = only(somain.representative_point().buffer(200).iloc[0], index=["disque"])
    with pytest.warns(BasinmapWarning, match=r"smaller than a unit.*'disque'.*'59574'"):
        found = bm.reach(disc, bm.communes(), sums=["population"], rule="centroid")
    assert found.loc["disque", "population_state"] == "estimated"
    assert "plus petites qu'une unité" in found.attrs["notes"][0]
    shared = bm.reach(disc, bm.communes(), sums=["population"], rule="area")
    assert shared.loc["disque", "population"] == pytest.approx(119, abs=1)


def test_a_quartier_that_holds_no_point_is_not_said_to_be_empty():
    told = r"lie on units but hold the point of none: 'sessevalle'.*rule='dwellings'"
    with pytest.warns(BasinmapWarning, match=told):
        found = bm.reach(
            bm.quartiers(), bm.communes(), sums=["population"], rule="centroid"
        )
    assert found.loc["sessevalle", "population_state"] == "estimated"
    assert (
        "sans contenir le point d'aucune d'elles : sessevalle"
        in found.attrs["notes"][0]
    )
    shared = bm.reach(bm.quartiers(), bm.communes(), sums=["population"], rule="area")
    assert shared.loc["sessevalle", "population"] == pytest.approx(728, abs=1)


def test_an_area_far_from_all_units_says_so():
    far = bm.communes(epci="245901152")
    areas = bm.rings(bm.LOUVRE_LENS, distances=[5_000])
    with pytest.warns(BasinmapWarning, match=r"out of the units given.*5000 \(100 %\)"):
        found = bm.reach(areas, far, sums=["population"], rule="centroid")
    assert found.attrs["outside"] == (1.0,)
    assert "100\u202f% de l'aire hors des communes fournies" in found.attrs["notes"][0]


def test_areas_of_several_places_are_told_by_place_and_ring():
    far = bm.communes(epci="245901152")
    areas = bm.rings(AROUND, distances=[5_000], overlap="nearest")
    told = r"3 area.s. lie.*: \('a', 5000\) \(100 %\), \('b', 5000\) \(100 %\)"
    with pytest.warns(BasinmapWarning, match=told):
        found = bm.reach(areas, far, sums=["population"], rule="area")
    (note,) = found.attrs["notes"]
    assert note.startswith("a, moins de 5 km : 100\u202f% de l'aire hors des communes")
    assert "; c, moins de 5 km : 100\u202f%." in note


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(("width", "state"), [(1010, None), (1011, "lower_bound")])
def test_an_area_out_of_the_units_by_more_than_1_percent_is_a_minimum(
    rule, width, state
):
    # 10 m of 1,010 are 0.99 %; 11 of 1,011 are 1.09 %.
    units = squares(0, homes=[10]).rename_axis("iris")
    area = only(shapely.box(0, 0, width, 1000))
    if state is None:
        found = bm.reach(area, units, sums=["homes"], rule=rule)
        assert "homes_state" not in found
        assert found.attrs["notes"] == ("1,0\u202f% de l'aire hors des IRIS fournis.",)
        return
    with pytest.warns(BasinmapWarning, match=r"1 area.s. lie partly out.*0 \(1 %\)"):
        found = bm.reach(area, units, sums=["homes"], rule=rule)
    assert found["homes_state"].tolist() == ["lower_bound"]
    allowed = bm.reach(area, units, sums=["homes"], rule=rule, allow_partial=True)
    pd.testing.assert_frame_equal(allowed, found)
    assert allowed.attrs["notes"] == found.attrs["notes"]
    assert "les sommes sont des minimums" in found.attrs["notes"][0]


@pytest.mark.parametrize(("width", "told"), [(951, False), (949, True)])
def test_a_unit_drawn_by_another_hand_is_no_unit_larger_than_the_area(width, told):
    units = squares(0, homes=[10])
    area = only(shapely.box(0, 0, width, 1000))
    if told:
        with pytest.warns(BasinmapWarning, match="smaller than a unit"):
            found = bm.reach(area, units, sums=["homes"], rule="centroid")
    else:
        found = bm.reach(area, units, sums=["homes"], rule="centroid")
    assert ("homes_state" in found) == told
    assert found.loc[0, "homes"] == 10


def test_a_whole_unit_is_no_minimum_of_a_small_area():
    units = squares(0, homes=[10])
    area = only(shapely.box(400, -600, 600, 600))  # half of it out of the unit
    found = reach(area, units, sums=["homes"], rule="centroid")
    assert found[["homes", "homes_state"]].iloc[0].tolist() == [10, "estimated"]
    assert found.attrs["outside"][0] == pytest.approx(0.5)


def test_a_column_that_looks_like_a_rate_and_says_nothing_is_asked_about():
    units = squares(0, 1000, 2000, 3000, rate=[7.5, 8.25, 12, 61.4], homes=[1, 2, 3, 4])
    # What a join of pandas does: the values come, what they are is lost.
    units.attrs = {}
    told = {"sums": ["rate"], "rule": "centroid"}
    with pytest.warns(bm.errors.BasinmapWarning, match="'rate': nothing says what"):
        bm.reach(units, units, **told)
    with pytest.warns(bm.errors.BasinmapWarning, match="as rates do"):
        bm.density(units, "rate")
    bm.reach(units, units, sums=["homes"], rule="centroid")
    said = bm.describe(units, measures={"rate": bm.Stock(unit="hectares")})
    assert bm.reach(said, said, **told)["rate"].tolist() == [7.5, 8.25, 12, 61.4]


def test_a_balance_without_a_part_of_its_area_bounds_nothing():
    units = squares(0, moves=[-10])
    units.attrs["measures"] = {"moves": bm.Stock(signed=True)}
    whole = bm.reach(units, units, sums=["moves"], rule="centroid")
    assert whole["moves"].tolist() == [-10]
    found = reach(only(shapely.box(0, 0, 2000, 1000)), units, sums="moves", rule="area")
    assert np.isnan(found.loc[0, "moves"])
    assert found.loc[0, "moves_state"] == "not_available"


def test_points_say_nothing_of_the_ground_between_them():
    units = dots((100, 100), (900, 900), homes=[1, 2])
    found = bm.reach(
        only(shapely.box(0, 0, 500, 500)), units, sums=["homes"], rule="centroid"
    )
    assert found.loc[0, "homes"] == 1
    assert "homes_state" not in found


def test_groups_that_an_area_does_not_touch_stay_at_zero():
    units = squares(0, 5000, homes=[10, 30], epci=["x", "y"])
    area = only(shapely.box(0, 0, 200, 1000))
    found = reach(area, units, sums=["homes"], rule="centroid", by="epci")
    assert found["homes"].tolist() == [0, 0]
    assert found["homes_state"].tolist() == ["estimated", ""]


AREAS = {
    "absent": (None, "without outline"),
    "empty": (shapely.Polygon(), "without outline"),
    "line": (shapely.LineString([(0, 0), (9, 9)]), "that are no polygon"),
    "point": (shapely.Point(0, 0), "that are no polygon"),
    "bow-tie": (
        shapely.Polygon([(0, 0), (1000, 1000), (1000, 0), (0, 1000)]),
        "with an invalid outline",
    ),
}


@pytest.mark.parametrize("verb", [bm.reach, not_reached])
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("kind", AREAS)
def test_areas_that_hold_no_ground_are_named(kind, rule, verb):
    shape, told = AREAS[kind]
    areas = only(shapely.box(0, 0, 1000, 1000), shape, index=["good", kind])
    with pytest.raises(DataError, match=f"areas: 1 {told}: '{kind}'"):
        verb(areas, squares(0, homes=[10]), sums=["homes"], rule=rule)


# -- what is counted --------------------------------------------------------------

WORTH = {
    "text": ["1", "s"],
    "dates": pd.to_datetime(["2024-01-01", "2025-01-01"]),
    "truth": [True, False],
    "complex": [1j, 2],
    "infinite": [1.0, np.inf],
    "negative": [1.0, -2.0],
}


@pytest.mark.parametrize("verb", [bm.reach, not_reached])
@pytest.mark.parametrize("kind", WORTH)
def test_what_is_no_count_is_not_added_up(kind, verb):
    units = squares(0, 1000, homes=WORTH[kind])
    told = "bm.parse_counts" if kind == "text" else "'homes'"
    with pytest.raises(MeasureError, match=told):
        verb(units, units, sums=["homes"], rule="centroid")


def test_a_secret_within_makes_a_minimum_and_is_named():
    units = squares(0, 1000, homes=[10, np.nan], homes_state=["", "secret"])
    area = only(shapely.box(0, 0, 2000, 1000))
    found = bm.reach(area, units, sums=["homes"], rule="centroid")
    assert found[["homes", "homes_state"]].iloc[0].tolist() == [10, "lower_bound"]
    assert found.attrs["notes"] == ("homes, secret statistique : unit-1 (1).",)
    left = not_reached(
        only(shapely.box(0, 0, 1000, 1000)), units, sums=["homes"], rule="centroid"
    )
    assert left.loc["unit-1", "homes_state"] == "secret"
    assert np.isnan(left.loc["unit-1", "homes"])


def test_what_is_counted_may_be_written_and_drawn(tmp_path):
    areas = bm.rings(AROUND, distances=[5_000, 15_000], overlap="nearest")
    found = reach(areas, basin(), sums=["population"], rule="centroid", cumulative=True)
    found.to_parquet(tmp_path / "reach.parquet")
    again = pd.read_parquet(tmp_path / "reach.parquet")
    pd.testing.assert_frame_equal(again, found)
    people = bm.column(found, "population_within")
    assert people.attrs["label"] == "Population municipale"
    assert set(people.attrs["states"].values()) == {"lower_bound"}


def test_who_counted_the_people_is_credited():
    areas = bm.rings(bm.LOUVRE_LENS, distances=[10_000])
    units = bm.communes()[["geometry"]].join(bm.statistics()[["dwellings_2021"]])
    units.attrs = {"sources": ("IGN",), "measures": bm.statistics().attrs["measures"]}
    found = bm.reach(areas, units, sums=["dwellings_2021"], rule="centroid")
    assert any("recensement" in line for line in found.attrs["sources"])
    assert bm.measures_of(found)["dwellings_2021"].vintage == "2021"
    plain = bm.reach(areas, bm.communes(), sums=["population"], rule="centroid")
    assert "Insee, populations légales 2023" in plain.attrs["sources"]
    left = not_reached(areas, bm.communes(), sums=["population"], rule="centroid")
    assert "Insee, populations légales 2023" in left.attrs["sources"]


# -- with all that is nearer --------------------------------------------------------


def test_43_communes_are_within_10_km_beside_those_of_each_ring():
    areas = bm.rings(bm.LOUVRE_LENS, distances=[2_000, 5_000, 10_000])
    plain = reach(areas, basin(), sums=["population"], rule="centroid")
    found = reach(areas, basin(), sums=["population"], rule="centroid", cumulative=True)
    pd.testing.assert_frame_equal(found[plain.columns], plain)
    assert found.loc[10_000, ["units_within", "population_within"]].tolist() == [
        43,
        283_410,
    ]
    assert (found["population_within"] == plain["population"].cumsum()).all()
    assert found.columns[-1] == "rule"


def test_what_two_rings_share_is_whole_within_both():
    units = squares(0, homes=[10])
    halves = [shapely.box(0, 0, 500, 1000), shapely.box(500, 0, 1000, 1000)]
    areas = only(*halves[::-1], outer=[2, 1])  # the farthest first
    found = bm.reach(areas, units, sums=["homes"], rule="area", cumulative=True)
    assert found["homes"].tolist() == [5, 5]
    assert found["homes_state"].tolist() == ["estimated", "estimated"]
    assert found["homes_within"].tolist() == [10, 5]
    assert found["homes_within_state"].tolist() == ["", "estimated"]


@pytest.mark.parametrize("overlap", ["nearest", "each"])
def test_each_place_has_its_own_counts_within(overlap):
    areas = bm.rings(AROUND, distances=[5_000, 15_000], overlap=overlap)
    call = {"sums": ["population"], "rule": "centroid", "cumulative": True}
    how = "each" if overlap == "each" else "refuse"
    found = reach(areas, bm.communes(), overlap=how, **call)
    sums = found.groupby(level="place")["population"].cumsum()
    assert found["population_within"].tolist() == sums.tolist()
    by = reach(areas, bm.communes(), overlap=how, by="epci", **call)
    whole = by["population_within"].groupby(level=["place", "ring"], sort=False).sum()
    assert whole.tolist() == found["population_within"].tolist()


def test_areas_that_are_no_rings_have_no_within():
    units = squares(0, homes=[10])
    call = {"sums": ["homes"], "rule": "area", "cumulative": True}
    with pytest.raises(DataError, match=r"wants rings or isochrones.*'outer'"):
        bm.reach(units, units, **call)
    shapes = [shapely.box(0, 0, 500, 1000), shapely.box(0, 0, 1000, 1000)]
    nested = only(*shapes, outer=[1, 2])
    with pytest.raises(DataError, match="hold one another already"):
        bm.reach(nested, units, overlap="each", **call)
    with pytest.raises(bm.errors.ArgumentError, match=r"cumulative: 'yes'.*True"):
        bm.reach(nested, units, sums=["homes"], rule="area", cumulative="yes")
    named = squares(0, homes=[10], homes_within=[1])
    with pytest.raises(DataError, match="called 'homes_within'"):
        bm.reach(
            nested, named, sums=["homes", "homes_within"], rule="area", cumulative=True
        )


# -- properties ------------------------------------------------------------------

steps = st.lists(st.integers(200, 20_000), min_size=1, max_size=5)


@quick
@given(steps)
def test_inside_and_not_reached_make_the_whole(steps):
    units = basin()
    areas = bm.rings(bm.LOUVRE_LENS, distances=np.cumsum(steps).tolist())
    found = reach(areas, units, sums=["population"], rule="centroid")
    left = units.loc[list(found.attrs["not_reached"]), "population"].sum()
    assert found["population"].sum() + left == units["population"].sum()
    assert found["units"].sum() + len(found.attrs["not_reached"]) == len(units)


@quick
@given(steps)
def test_shares_of_surface_never_exceed_the_whole(steps):
    units = basin().loc[["62498", "62510", "62427"]]
    distances = np.cumsum(steps).tolist()
    areas = bm.rings(bm.LOUVRE_LENS, distances=distances)
    found = reach(areas, units, sums=["population"], rule="area")
    disc = reach(
        bm.rings(bm.LOUVRE_LENS, distances=distances[-1:]),
        units,
        sums=["population"],
        rule="area",
    )
    assert (found["population"] >= 0).all()
    assert found["population"].sum() <= units["population"].sum() * (1 + 1e-9)
    assert found["population"].sum() == pytest.approx(
        disc["population"].sum(), rel=1e-6
    )


@quick
@given(steps, st.floats(-0.2, 0.2), st.floats(-0.2, 0.2))
def test_rings_are_disjoint_and_nested(steps, east, north):
    place = gpd.GeoSeries([shapely.Point(2.8 + east, 50.43 + north)], crs=4326)
    distances = np.cumsum(steps).tolist()
    areas = bm.rings(place.to_crs(2154), distances=distances)
    disc = bm.rings(place.to_crs(2154), distances=distances[-1:])
    assert areas.area.sum() == pytest.approx(disc.area.sum(), rel=1e-9)
    assert areas.is_valid.all()
    assert areas["inner"].tolist()[1:] == areas["outer"].tolist()[:-1]


# --- communes that are not given -----------------------------------------------------


@pytest.mark.parametrize("name", ["commune", "insee"])
@pytest.mark.parametrize("rule", ["centroid", "area"])
def test_a_commune_that_is_lost_in_a_wide_area_is_named(name, rule):
    # 11.7 km² of 1,257: under 1 % of the area, 4 % of its people.
    areas = bm.rings(bm.LOUVRE_LENS, distances=[20_000])
    whole = bm.reach(areas, bm.communes(), sums=["population"], rule=rule)
    assert "minimum" not in " ".join(whole.attrs["notes"])
    units = bm.communes().drop("62498").rename_axis(name)
    with pytest.warns(BasinmapWarning, match="are not among the units.*'62498'"):
        found = bm.reach(areas, units, sums=["population"], rule=rule)
    row = found.loc[20_000]
    assert row["population_state"] == "lower_bound"
    assert whole.loc[20_000, "population"] - row["population"] == pytest.approx(32_920)
    assert found.attrs["notes"][-1].startswith("Sans Lens (62498), qui y a son point")
    told = bm.reach(areas, units, sums=["population"], rule=rule, allow_partial=True)
    pd.testing.assert_frame_equal(told, found)


def test_an_area_without_the_point_of_what_is_lost_is_whole():
    areas = bm.rings(bm.LOUVRE_LENS, distances=[20_000])
    far = bm.communes().drop("59350")  # Lille, at 27 km
    found = bm.reach(areas, far, sums=["population"], rule="centroid")
    assert found["population"].tolist() == [794_415]
    assert "population_state" not in found


def test_ground_under_the_code_of_another_year_is_not_lost():
    units = bm.communes().rename({"59006": "59070"})
    place = units.geometry["59070"].representative_point()
    area = gpd.GeoDataFrame(geometry=[place.buffer(12_000)], index=["a"], crs=2154)
    inside = area.intersection(units.union_all())
    found = bm.reach(
        area.set_geometry(inside), units, sums=["population"], rule="centroid"
    )
    assert "population_state" not in found


def test_what_is_under_a_hundred_metres_is_written_in_metres():
    with pytest.warns(BasinmapWarning, match="100 m"):
        found = bm.rings(bm.LOUVRE_LENS, distances=[5, 50, 1_000])
    assert found["label"].tolist() == [
        "moins de 5 m",
        "de 5 à moins de 50 m",
        "de 50 m à moins de 1 km",
    ]
