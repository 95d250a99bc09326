"""What spatial verbs and readers of streets refuse at the door, in their own words."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import basinmap as bm
from basinmap.access.networks import build_network
from basinmap.errors import CRSError, DataError, MeasureError


def told_or_typed(message):
    """Match the words of the verb, or those of the door that all share."""
    return rf"{message}|is of no use here; pass"


UNITS = bm.communes(epci="call")
STREETS = gpd.GeoDataFrame(
    {"n": [1]},
    geometry=[shapely.LineString([(685_000, 7_037_000), (686_000, 7_037_000)])],
    crs=2154,
)
NETWORK = ([0, 100], [0, 0], [0, 1], [1, 0], [100, 100], [2, 2])


def point(x):
    return gpd.GeoDataFrame({"v": [1.0]}, geometry=[shapely.Point(x, 0)], crs=2154)


@pytest.mark.parametrize(
    "call",
    [
        lambda crs: build_network(*NETWORK, mode="walk", crs=crs),
        lambda crs: bm.read_layer(STREETS.to_crs(4326), mode="walk", crs=crs),
    ],
)
@pytest.mark.parametrize("crs", ["nope", "EPSG:999999", {}, 3.5])
def test_a_crs_that_does_not_exist_is_refused_by_name(call, crs):
    with pytest.raises(CRSError, match=r"unknown CRS .* write crs=2154"):
        call(crs)


@pytest.mark.parametrize("crs", [4326, 3857])
def test_a_crs_that_measures_nothing_is_refused_for_a_network(crs):
    with pytest.raises(CRSError, match="network: in"):
        build_network(*NETWORK, mode="walk", crs=crs)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda v: bm.simplify_coverage(UNITS, scale=v), "scale must be"),
        (lambda v: bm.check_coverage(UNITS, gap_width=v), "gap_width is"),
        (lambda v: bm.clean_coverage(UNITS, snap=v), "snap is"),
        (lambda v: bm.neighbours(UNITS, tolerance=v), "tolerance is"),
        (lambda v: bm.locate(point(0), UNITS, nearest=v), "nearest is"),
        (lambda v: bm.zonal("x.tif", UNITS, min_cover=v), "min_cover is"),
        (lambda v: bm.read_layer(STREETS, mode="walk", tolerance=v), "tolerance: 0"),
    ],
)
@pytest.mark.parametrize("value", ["5", float("nan"), float("inf"), -1, [1]])
def test_a_size_that_is_none_is_refused_by_its_name(call, told, value):
    with pytest.raises((DataError, TypeError), match=told_or_typed(told)):
        call(value)


@pytest.mark.parametrize("x", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    "call",
    [
        lambda points: bm.rings(points, distances=[1000]),
        lambda points: bm.smooth(points, "v", radius_m=1000, cell_m=200),
        lambda points: bm.travel_times(
            points, point(0), build_network(*NETWORK, mode="walk")
        ),
    ],
)
def test_points_without_finite_coordinates_are_refused(call, x):
    with pytest.raises(DataError, match=r"finite coordinates|no place|empty|no point"):
        call(point(x))


@pytest.mark.parametrize(
    "call",
    [
        lambda frame: bm.dissolve(frame, "epci"),
        lambda frame: bm.simplify_coverage(frame, scale=250_000),
        bm.clean_coverage,
        lambda frame: bm.reach(frame, UNITS, sums=["population"], rule="centroid"),
        lambda frame: bm.reach(UNITS, frame, sums=["population"], rule="centroid"),
    ],
)
def test_outlines_without_columns_are_no_frame(call):
    with pytest.raises(
        (DataError, TypeError),
        match=told_or_typed("need a GeoDataFrame, got GeoSeries"),
    ):
        call(UNITS.geometry)
    with pytest.raises(
        (DataError, TypeError),
        match=told_or_typed("need a GeoDataFrame, got DataFrame"),
    ):
        call(pd.DataFrame(UNITS.drop(columns="geometry")))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"closed": 3}, "closed is"),
        ({"speeds": 3, "class_column": "n"}, "speeds is"),
        ({"speeds": {"a": "x"}, "class_column": "n"}, "speed"),
    ],
)
def test_what_columns_of_streets_mean_is_checked(options, told):
    with pytest.raises((DataError, TypeError), match=told_or_typed(told)):
        bm.read_layer(STREETS, mode="walk", **options)


def test_minutes_that_are_text_are_refused_by_catchments():
    trips = pd.MultiIndex.from_tuples([("a", "b")], names=["origin", "destination"])
    times = pd.DataFrame({"minutes": ["8,6"]}, index=trips)
    supply = pd.Series([1.0], index=["b"])
    with pytest.raises(MeasureError, match=r"minutes.*'8,6'"):
        bm.catchment(times, supply=supply, method="cumulative", threshold=10)
