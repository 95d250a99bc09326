"""Crow-fly rings, true on the ground, and what lies inside them."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

import basinmap as bm
from basinmap.errors import ColumnError, CRSError, DataError, MeasureError

quick = settings(max_examples=10, deadline=None, database=None)
GEOD = Geod(ellps="GRS80")
RULES = ("centroid", "area")


def basin():
    return bm.communes().dropna(subset="scot")


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
    ],
)
def test_rings_are_labelled_in_french_kilometres(distances, labels):
    assert bm.rings(bm.LOUVRE_LENS, distances=distances)["label"].tolist() == labels


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
    with pytest.raises(DataError):
        bm.rings(bm.LOUVRE_LENS, distances=5_000)


def test_text_is_no_distance():
    with pytest.raises(DataError):
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
        (shapely.Point(686_006, 7_037_021), "need a GeoDataFrame.*got Point"),
        ((686_006, 7_037_021), "need a GeoDataFrame.*got tuple"),
    ],
)
def test_a_place_is_one_point(place, told):
    with pytest.raises(DataError, match=told):
        bm.rings(place, distances=[1_000])


@pytest.mark.parametrize("point", [None, shapely.Point()])
def test_a_place_without_position_is_refused_clearly(point):
    with pytest.raises(DataError):
        bm.rings(gpd.GeoSeries([point], crs=2154), distances=[1_000])


# -- reach ---------------------------------------------------------------------


def test_43_communes_of_the_basin_are_within_10_km_of_the_museum():
    areas = bm.rings(bm.LOUVRE_LENS, distances=[10_000])
    found = bm.reach(areas, basin(), sums=["population"], rule="centroid").loc[10_000]
    assert (found["units"], found["population"]) == (43, 283_410)
    assert found["rule"] == "centroid"


def test_two_rings_hold_what_their_disc_holds():
    areas = bm.rings(bm.LOUVRE_LENS, distances=[5_000, 10_000])
    found = bm.reach(areas, basin(), sums=["population"], rule="centroid")
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
    found = bm.reach(areas, units, sums=["homes"], rule="area")
    assert found.loc[0, "homes"] == pytest.approx(10 / 2 + 30 / 4)
    assert found.loc[0, "units"] == 2


def test_a_unit_counts_whole_where_its_point_falls():
    units = squares(0, 2000, homes=[10, 30])
    areas = gpd.GeoDataFrame(geometry=[shapely.box(400, 0, 2250, 1000)], crs=2154)
    found = bm.reach(areas, units, sums=["homes"], rule="centroid")
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
    found = bm.reach(areas, units, sums=["homes"], rule="centroid")
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
def test_an_area_that_holds_nothing_counts_zero(rule):
    areas = bm.rings(spot(100_000, 6_500_000), distances=[1_000])
    units = basin()
    found = bm.reach(areas, units, sums=["population"], rule=rule)
    assert found.loc[1_000, ["units", "population"]].tolist() == [0, 0]
    assert found.attrs["not_reached"] == tuple(units.index)


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
    with pytest.raises(DataError, match=r"unknown rule 'dwellings'.*centroid, area"):
        bm.reach(bm.epcis(), basin(), sums=["population"], rule="dwellings")


def test_a_missing_column_is_named():
    with pytest.raises(ColumnError, match=r"missing: 'homes'; found 'name', 'epci'"):
        bm.reach(bm.epcis(), basin(), sums=["homes"], rule="centroid")


def test_a_column_given_alone_is_one_column():
    alone = bm.reach(bm.epcis(), basin(), sums="population", rule="centroid")
    listed = bm.reach(bm.epcis(), basin(), sums=["population"], rule="centroid")
    pd.testing.assert_frame_equal(alone, listed)


def test_missing_counts_are_refused_by_name():
    units = basin().astype({"population": float})
    units.loc["62498", "population"] = np.nan
    with pytest.raises(DataError, match=r"'population': 1 missing.*'62498'.*drop"):
        bm.reach(bm.epcis(), units, sums=["population"], rule="centroid")


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
    with pytest.raises(DataError, match=r"need a GeoDataFrame.*got DataFrame"):
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


# -- properties ------------------------------------------------------------------

steps = st.lists(st.integers(200, 20_000), min_size=1, max_size=5)


@quick
@given(steps)
def test_inside_and_not_reached_make_the_whole(steps):
    units = basin()
    areas = bm.rings(bm.LOUVRE_LENS, distances=np.cumsum(steps).tolist())
    found = bm.reach(areas, units, sums=["population"], rule="centroid")
    left = units.loc[list(found.attrs["not_reached"]), "population"].sum()
    assert found["population"].sum() + left == units["population"].sum()
    assert found["units"].sum() + len(found.attrs["not_reached"]) == len(units)


@quick
@given(steps)
def test_shares_of_surface_never_exceed_the_whole(steps):
    units = basin().loc[["62498", "62510", "62427"]]
    distances = np.cumsum(steps).tolist()
    areas = bm.rings(bm.LOUVRE_LENS, distances=distances)
    found = bm.reach(areas, units, sums=["population"], rule="area")
    disc = bm.reach(
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
