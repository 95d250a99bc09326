"""One unit each side of every tolerance: what is told is what is done."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from rasterio import Affine

import basinmap as bm

POP = {"pop": bm.Stock()}


def boxes(*bounds, codes=None, **columns):
    codes = codes or list("abcdefgh"[: len(bounds)])
    shapes = [shapely.box(*box) for box in bounds]
    return gpd.GeoDataFrame(columns, geometry=shapes, index=codes, crs=2154)


# The tolerance is 1 %, a metre is 0.1 % of a square of 1 km.


@pytest.mark.parametrize(("width", "hole"), [(989, True), (991, False)])
def test_a_target_with_a_hole_of_more_than_the_tolerance_is_an_estimate(width, hole):
    source = boxes((0, 0, width, 1000))
    target = boxes((0, 0, 1000, 1000), codes=["t"])
    counts = pd.DataFrame({"pop": [100]}, index=["a"])
    found, report = bm.apportion(counts, source, target, measures=POP, tolerance=0.01)
    assert found.loc["t", "pop"] == 100
    assert ("pop_state" in found) == hole
    told = "Unités d'arrivée couvertes en partie seulement (1 : t)."
    assert (told in report.notes) == hole


@pytest.mark.parametrize(("width", "value"), [(989, 98.9), (991, 100)])
def test_what_is_out_of_targets_by_less_than_the_tolerance_counts_inside(width, value):
    source = boxes((0, 0, 1000, 1000))
    target = boxes((0, 0, width, 1000), codes=["t"])
    counts = pd.DataFrame({"pop": [100]}, index=["a"])
    found, report = bm.apportion(counts, source, target, measures=POP, tolerance=0.01)
    assert found.loc["t", "pop"] == pytest.approx(value, abs=1e-9)
    assert report.uncovered["pop"] == pytest.approx(1 - value / 100, abs=1e-9)


@pytest.mark.parametrize(("width", "pairs"), [(9, 1), (11, 2)])
def test_a_common_part_under_the_tolerance_is_a_difference_of_outline(width, pairs):
    source = boxes((0, 0, 1000, 1000))
    target = boxes((0, 0, width, 1000), (width, 0, 1000, 1000))
    target = target.set_geometry(
        # As large as the source, so that the tolerance is that of one and the other.
        [shapely.box(width - 1000, 0, width, 1000), target.geometry.iloc[1]]
    )
    counts = pd.DataFrame({"pop": [100]}, index=["a"])
    found, _ = bm.apportion(counts, source, target, measures=POP, tolerance=0.01)
    assert (found["pop"] > 0).sum() == pairs
    assert found["pop"].sum() == pytest.approx(100)


@pytest.mark.parametrize(("height", "border"), [(9, False), (11, True)])
def test_a_contact_of_twice_the_tolerance_at_its_ends_is_no_border(height, border):
    # Two squares share 9 m, or 11: with 5 m more at both ends, 19 or 21, and a
    # border is 20 at least.
    units = boxes((0, 0, 1000, 1000), (1000, 1000 - height, 2000, 2000 - height))
    found = bm.neighbours(units, tolerance=5, points=True)
    assert len(found) == 1
    assert (found["length"].iloc[0] > 0) == border
    assert len(bm.neighbours(units, tolerance=5)) == border


@pytest.mark.parametrize(("width", "communes"), [(4, 1), (6, 2)])
def test_a_quartier_lies_in_a_commune_from_the_tolerance_up(width, communes):
    # 0.5 % of a quartier of 1 km is 5 m.
    cities = boxes((0, 0, 5000, 5000), (5000, 0, 9000, 5000)).rename_axis("commune")
    quartier = boxes((4000 + width, 0, 5000 + width, 1000)).rename_axis("quartier")
    table, report = bm.quartier_shares(quartier, cities)
    assert len(table) == communes
    assert table["share_area"].sum() == pytest.approx(1)
    assert bool(report.notes) == (communes == 1)


def test_a_square_that_no_point_reaches_holds_zero_and_no_secret():
    points = gpd.GeoDataFrame(
        {"people": [1.0, 2.0]}, geometry=[shapely.Point(100, 100)] * 2, crs=2154
    )
    area = boxes((0, 0, 2000, 200))
    surface = bm.smooth(
        points, "people", radius_m=300, cell_m=200, area=area, threshold=3
    )
    near = surface["points"].isna()
    assert 0 < near.sum() < len(surface)
    assert (surface.loc[near, "people_state"] == "secret").all()
    assert (surface.loc[~near, ["people", "points"]] == 0).all(axis=None)
    assert (surface.loc[~near, "people_state"] == "").all()


@pytest.mark.parametrize(("least", "known"), [(0.5, True), (0.51, False)])
def test_a_unit_covered_as_much_as_is_asked_has_its_value(least, known, tmp_path):
    cells = np.array([[3, -1], [5, -1]], dtype="float32")
    path = tmp_path / "half.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=2, height=2, count=1, dtype="float32",
        crs="EPSG:2154", transform=Affine(100, 0, 0, 0, -100, 200), nodata=-1,
    ) as file:  # fmt: skip
        file.write(cells, 1)
    found = bm.zonal(path, boxes((0, 0, 200, 200)), stats="max", min_cover=least)
    assert (found.loc["a", "max"] == 5) == known
    assert found.loc["a", "max_state"] == ("" if known else "not_available")
