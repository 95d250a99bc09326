"""Counts between units that do not nest: nothing lost, nothing made, what is said."""

import dataclasses
import itertools
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio import Affine

import basinmap as bm
from basinmap.errors import (
    BasinmapWarning,
    CodeError,
    ColumnError,
    CRSError,
    DataError,
    MeasureError,
)
from basinmap.spatial import sharing
from basinmap.spatial.apportioning import apportion
from basinmap.spatial.coverages import clean_coverage

SHARED = Path(__file__).parents[2] / "shared/data/reference"
needs_reference = pytest.mark.skipif(not SHARED.exists(), reason="no reference data")
quick = settings(max_examples=15, deadline=None, database=None)
POP = {"pop": bm.Stock()}


def frame(shapes, codes=None, **columns):
    codes = codes or [f"u{n}" for n in range(len(shapes))]
    return gpd.GeoDataFrame(columns, geometry=list(shapes), index=codes, crs=2154)


def strips(*edges, height=1000.0, codes=None):
    """Return rectangles side by side, cut at these x."""
    pairs = itertools.pairwise(edges)
    return frame([shapely.box(a, 0, b, height) for a, b in pairs], codes)


def plain(report):
    """Return the note of a report with ordinary spaces."""
    return str(report).replace("\u202f", " ").replace("\xa0", " ")


def table(source, **columns):
    return pd.DataFrame(columns, index=source.index)


SOURCE = strips(0, 1000, 2000, codes=["a", "b"])
TARGET = strips(0, 500, 2000, codes=["t1", "t2"])
COUNTS = table(SOURCE, pop=[100, 60])


def partition(seed, n, *, side=10_000.0, origin=(0.0, 0.0)):
    """Return the cells of random points in a square."""
    rng = np.random.default_rng(seed)
    square = shapely.box(0, 0, side, side)
    points = shapely.multipoints(rng.random((n, 2)) * side)
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=square))
    cells = shapely.intersection(cells, square)
    return frame(shapely.transform(cells, lambda xy: xy + np.array(origin)))


def grid(cell, columns, rows, *, corner=(0.0, 0.0)):
    x, y = np.meshgrid(np.arange(columns) * cell, np.arange(rows) * cell)
    x, y = x.ravel() + corner[0], y.ravel() + corner[1]
    return frame(shapely.box(x, y, x + cell, y + cell))


def people(source, seed=0):
    rng = np.random.default_rng(seed)
    return table(source, pop=rng.integers(0, 5000, len(source)).astype(float))


# -- known answers -------------------------------------------------------------


def test_a_unit_cut_in_half_gives_half_and_says_so():
    result, report = apportion(COUNTS, SOURCE, TARGET, measures=POP)
    assert result["pop"].to_dict() == {"t1": 50.0, "t2": 110.0}
    assert result["pop_state"].tolist() == ["estimated", "estimated"]
    assert report.before == report.after == {"pop": 160.0}
    assert report.split == ("a",)
    assert report.moved == {"a": 1.0, "b": 1.0}
    assert report.estimated["pop"] == pytest.approx(100 / 160)
    assert "estimation" in plain(report)
    assert "estimation" in result.attrs["rule"]


def test_what_moves_whole_is_no_estimate():
    target = strips(0, 1000, 2000, codes=["t1", "t2"])
    result, report = apportion(COUNTS, SOURCE, target, measures=POP)
    assert result.to_dict("list") == {"pop": [100.0, 60.0]}
    assert report.estimated == {"pop": 0.0}
    assert report.split == ()


def test_what_is_not_covered_is_reported_and_never_spread():
    target = strips(0, 750, codes=["t"])
    result, report = apportion(COUNTS, SOURCE, target, measures=POP)
    assert result["pop"].tolist() == [75.0]
    assert report.uncovered["pop"] == pytest.approx(85 / 160)
    assert report.moved == {"a": 0.75, "b": 0.0}
    assert report.unmatched == ("b",)
    assert report.frame.loc["pop", "difference"] == -85


def test_a_target_without_source_is_missing_and_not_zero():
    target = strips(0, 2000, 3000, codes=["t1", "t2"])
    result, report = apportion(COUNTS, SOURCE, target, measures=POP)
    assert result["pop"].iloc[0] == 160
    assert np.isnan(result["pop"].iloc[1])
    assert result["pop_state"].tolist() == ["", "not_available"]
    assert "sans donnée (1 : t2)" in plain(report)


def test_a_target_that_is_partly_without_source_is_an_estimate():
    target = strips(0, 4000, codes=["t"])
    result, report = apportion(COUNTS, SOURCE, target, measures=POP)
    assert result["pop"].tolist() == [160.0]
    assert result["pop_state"].tolist() == ["estimated"]
    assert "en partie seulement (1 : t)" in plain(report)


def test_rings_take_their_share_of_each_commune():
    units = bm.communes(epci="call")
    areas = bm.rings(bm.LOUVRE_LENS, distances=[5_000, 10_000, 40_000])
    result, report = apportion(
        units[["population"]], units, areas, measures={"population": bm.Stock()}
    )
    slow = [
        float((units.intersection(area).area / units.area * units["population"]).sum())
        for area in areas.geometry
    ]
    np.testing.assert_allclose(result["population"], slow, rtol=1e-9)
    assert report.after["population"] == pytest.approx(242_013, rel=1e-12)
    assert result.index.equals(areas.index)
    assert result.attrs["level"] == "ring"


# -- measures and states -------------------------------------------------------


def test_each_measure_moves_as_it_must():
    counts = table(
        SOURCE,
        vacant=[10, 30],
        homes=[100, 60],
        past=[50, 60],
        rent=[4.0, 8.0],
        kind=["urban", "rural"],
    )
    measures = {
        "vacant": bm.Stock(),
        "rate": bm.Ratio(numerator="vacant", denominator="homes", scale=100),
        "growth": bm.Growth(start="past", end="homes", years=1),
        "rent": bm.Mean(weight="homes"),
        "kind": bm.Category(rule="majority", weight="homes"),
    }
    result, report = apportion(counts, SOURCE, TARGET, measures=measures)
    assert result["vacant"].tolist() == [5.0, 35.0]
    np.testing.assert_allclose(result["rate"], [10, 100 * 35 / 110])
    np.testing.assert_allclose(result["growth"], [100, 100 * (110 / 85 - 1)])
    np.testing.assert_allclose(result["rent"], [4, (50 * 4 + 60 * 8) / 110])
    assert result["kind"].tolist() == ["urban", "rural"]
    for name in measures:
        assert result[f"{name}_state"].tolist() == ["estimated"] * 2
    assert list(report.before) == ["vacant"]


def test_a_mean_is_known_on_targets_numbered_by_integers():
    counts = table(SOURCE, homes=[100, np.nan], homes_state=["", "secret"], rent=4.0)
    target = TARGET.set_axis([5000, 10000])
    measures = {"rent": bm.Mean(weight="homes")}
    result, _ = apportion(counts, SOURCE, target, measures=measures)
    assert result["rent_state"].tolist() == ["estimated", "secret"]
    assert result["rent"].iloc[0] == 4
    assert np.isnan(result["rent"].iloc[1])


def test_a_part_of_a_secret_is_a_secret_and_a_sum_with_one_a_lower_bound():
    counts = table(SOURCE, pop=[np.nan, 60], pop_state=["secret", ""])
    result, report = apportion(counts, SOURCE, TARGET, measures=POP)
    assert result["pop_state"].tolist() == ["secret", "lower_bound"]
    assert result["pop"].iloc[1] == 60
    assert report.bounded == {"pop": ("t2",)}
    assert report.missing == {"pop": ("a",)}


def test_what_is_not_available_stays_so():
    counts = table(SOURCE, pop=[np.nan, 60])
    result, _ = apportion(counts, SOURCE, TARGET, measures=POP)
    assert result["pop"].isna().all()
    assert result["pop_state"].tolist() == ["not_available"] * 2


def test_what_does_not_apply_counts_for_nothing():
    counts = table(SOURCE, pop=[np.nan, 60], pop_state=["not_applicable", ""])
    result, _ = apportion(counts, SOURCE, TARGET, measures=POP)
    assert result["pop_state"].tolist() == ["not_applicable", ""]
    assert result["pop"].iloc[1] == 60


def test_a_median_and_a_bare_percentage_are_refused():
    for measure in (bm.Median(), bm.Stock(unit="%")):
        with pytest.raises(MeasureError, match="pop"):
            apportion(COUNTS, SOURCE, TARGET, measures={"pop": measure})


def test_a_category_on_a_border_of_two_needs_its_majority():
    counts = table(SOURCE, pop=[100, 100], kind=["x", "y"])
    target = strips(500, 1500, codes=["t"])
    measures = {"kind": bm.Category(rule="majority", weight="pop")}
    result, _ = apportion(counts, SOURCE, target, measures=measures)
    assert result["kind"].isna().all()
    assert result["kind_state"].tolist() == ["not_applicable"]


# -- weights -------------------------------------------------------------------


def points(*xs, crs=2154, **columns):
    shapes = [shapely.Point(x, 500) for x in xs]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=crs)


def test_dwellings_share_out_better_than_surface():
    homes = points(100, 800, 900, 950)
    result, report = apportion(COUNTS, SOURCE, TARGET, measures=POP, weights=homes)
    assert result["pop"].to_dict() == {"t1": 25.0, "t2": 135.0}
    assert "points" in result.attrs["rule"]
    assert "sans poids, réparties par surface (1 : b)" in plain(report)
    assert "dont 0 hors des unités" in plain(report)


def test_points_may_stand_for_several():
    homes = points(100, 800, 1500, homes=[1, 4, 0])
    result, _ = apportion(
        COUNTS, SOURCE, TARGET, measures=POP, weights=homes, count="homes"
    )
    assert result["pop"].to_dict() == {"t1": 20.0, "t2": 140.0}


def test_a_unit_without_weight_is_missing_when_asked():
    homes = points(100, 800, 900, 950)
    options = {"measures": POP, "weights": homes, "unweighted": "missing"}
    result, report = apportion(COUNTS, SOURCE, TARGET, **options)
    assert result["pop_state"].tolist() == ["estimated", "not_available"]
    assert "non disponibles (1 : b)" in plain(report)
    # Nobody is nobody, wherever they would have lived.
    result, _ = apportion(COUNTS.assign(pop=[100, 0]), SOURCE, TARGET, **options)
    assert result["pop"].tolist() == [25.0, 75.0]


def test_a_target_without_dwellings_has_zero_and_is_known():
    target = strips(0, 500, 1000, 2000, codes=["t1", "t2", "t3"])
    homes = points(100, 1500)
    result, report = apportion(COUNTS, SOURCE, target, measures=POP, weights=homes)
    assert result["pop"].tolist() == [100.0, 0.0, 60.0]
    assert report.after == {"pop": 160.0}


def test_dwellings_outside_of_all_targets_are_reported():
    homes = points(100, 800, 900, 950)
    target = strips(0, 500, codes=["t"])
    result, report = apportion(COUNTS, SOURCE, target, measures=POP, weights=homes)
    assert result["pop"].tolist() == [25.0]
    assert report.uncovered["pop"] == pytest.approx(135 / 160)
    assert report.moved == {"a": 0.25, "b": 0.0}


def test_a_point_on_a_border_counts_once():
    homes = points(500, 1000, 1000, 250)
    homes.loc[homes.index[2], "geometry"] = shapely.Point(1000, 501)
    result, report = apportion(COUNTS, SOURCE, TARGET, measures=POP, weights=homes)
    assert report.after == {"pop": 160.0}
    # 500 and 250 go to t1, those at 1000 to a; b has none.
    assert result["pop"].to_dict() == {"t1": 50.0, "t2": 110.0}


def test_buildings_share_out_by_their_ground():
    shapes = [
        shapely.box(400, 0, 600, 10),  # 1,000 m² on each side of 500
        shapely.box(700, 0, 900, 10),  # 2,000 m²
        shapely.box(950, 0, 1050, 10),  # 500 m² in a, 500 m² in b
    ]
    result, report = apportion(
        COUNTS, SOURCE, TARGET, measures=POP, weights=frame(shapes)
    )
    np.testing.assert_allclose(result["pop"], [100 * 1000 / 4500, 160 - 100 / 4.5])
    assert "surfaces pondérées" in result.attrs["rule"]
    assert report.after["pop"] == pytest.approx(160, rel=1e-12)


def test_a_building_spreads_its_dwellings_over_its_ground():
    shapes = [shapely.box(400, 0, 600, 10), shapely.box(700, 0, 900, 10)]
    buildings = frame(shapes, homes=[30, 10])
    result, _ = apportion(
        COUNTS, SOURCE, TARGET, measures=POP, weights=buildings, count="homes"
    )
    np.testing.assert_allclose(result["pop"], [100 * 15 / 40, 60 + 100 * 25 / 40])


def test_weights_may_come_from_elsewhere():
    given = pd.DataFrame(
        {
            "source": ["a", "a", "a", "b"],
            "target": ["t1", "t2", None, "t2"],
            "weight": [1, 2, 1, 5],
        }
    )
    result, report = apportion(COUNTS, SOURCE, TARGET, measures=POP, weights=given)
    assert result["pop"].tolist() == [25.0, 110.0]
    assert report.uncovered["pop"] == pytest.approx(25 / 160)


@pytest.mark.parametrize("kind", ["points", "footprints"])
def test_what_weighs_and_is_listed_twice_is_told(kind):
    spots = [shapely.Point(100, 100), shapely.Point(700, 700), shapely.Point(700, 700)]
    if kind == "footprints":
        spots = [spot.buffer(20) for spot in spots]
    homes = frame(spots, ["x", "y", "z"], homes=[1.0, 2.0, 2.0])
    told = r"1 row\(s\) are at the very place .* \(40 % of all\): 'z'.*drop_duplicates"
    with pytest.warns(bm.errors.BasinmapWarning, match=told):
        apportion(COUNTS, SOURCE, TARGET, measures=POP, weights=homes, count="homes")
    # Another number at one place is another building.
    homes["homes"] = [1.0, 2.0, 3.0]
    apportion(COUNTS, SOURCE, TARGET, measures=POP, weights=homes, count="homes")


def test_as_many_dwellings_everywhere_is_surface():
    source, target = partition(1, 12), partition(2, 9)
    spots = np.stack(np.meshgrid(*[np.arange(25, 10_000, 50)] * 2), -1).reshape(-1, 2)
    homes = frame(shapely.points(spots), list(range(len(spots))))
    counts = people(source)
    by_point, _ = apportion(counts, source, target, measures=POP, weights=homes)
    by_area, _ = apportion(counts, source, target, measures=POP)
    np.testing.assert_allclose(by_point["pop"], by_area["pop"], rtol=0.03)


def test_weights_that_are_no_weights_are_refused():
    for wrong, told in (([1, -1], "negative"), ([1, np.nan], "missing")):
        homes = points(100, 800, homes=wrong)
        with pytest.raises(DataError, match=told):
            apportion(
                COUNTS, SOURCE, TARGET, measures=POP, weights=homes, count="homes"
            )
    with pytest.raises(ColumnError, match="homes"):
        apportion(
            COUNTS, SOURCE, TARGET, measures=POP, weights=points(100), count="homes"
        )
    with pytest.raises(CRSError, match="weights"):
        apportion(COUNTS, SOURCE, TARGET, measures=POP, weights=points(1, 2, crs=4326))
    mixed = frame([shapely.Point(1, 1), shapely.box(0, 0, 5, 5)])
    with pytest.raises(DataError, match="not both"):
        apportion(COUNTS, SOURCE, TARGET, measures=POP, weights=mixed)
    given = pd.DataFrame({"source": ["z"], "target": ["t1"], "weight": [1]})
    with pytest.raises(CodeError, match="'z'"):
        apportion(COUNTS, SOURCE, TARGET, measures=POP, weights=given)


# -- weights of a raster -------------------------------------------------------


def raster(path, values, cell, *, top=1000, crs="EPSG:2154", nodata=None):
    values = np.asarray(values, dtype="float64")
    height, width = values.shape
    grid = {
        "driver": "GTiff", "count": 1, "height": height, "width": width,
        "dtype": "float64", "crs": crs, "nodata": nodata,
        "transform": Affine(cell, 0, 0, 0, -cell, top),
    }  # fmt: skip
    with rasterio.open(path, "w", **grid) as file:
        file.write(values, 1)
    return path


def test_a_grid_of_people_shares_out(tmp_path):
    # Columns of 400 m: a holds the first two and half of the third.
    people = raster(tmp_path / "people.tif", [[4, 8, 2, 5, 1]] * 3, 400, top=1100)
    result, report = apportion(COUNTS, SOURCE, TARGET, measures=POP, weights=people)
    # Of a, 4 + 8 / 4 of 4 + 8 + 2 / 2 lie in t1; b lies whole in t2.
    assert result["pop"].tolist() == pytest.approx([100 * 6 / 13, 60 + 100 * 7 / 13])
    assert result["pop_state"].tolist() == ["estimated", "estimated"]
    assert report.after["pop"] == pytest.approx(160, rel=1e-12)
    assert plain(result.attrs["rule"]) == (
        "répartition au prorata de « people.tif » (estimation)"
    )
    assert "au prorata de « people.tif » : ces valeurs" in plain(report)
    # 20 people a row; rows of 400 m, of which 1,000 m in all are inside.
    assert "Poids : 50, dont 0 hors des unités" in plain(report)


def test_a_cell_without_data_weighs_nothing(tmp_path):
    people = [[1, 3, -1, 4], [1, 3, -1, 4]]
    path = raster(tmp_path / "people.tif", people, 500, nodata=-1)
    target = strips(0, 500, 1250, 2000, codes=["t1", "t2", "t3"])
    with rasterio.open(path) as file:
        result, _ = apportion(COUNTS, SOURCE, target, measures=POP, weights=file)
        assert not file.closed
    assert result["pop"].tolist() == [25.0, 75.0, 60.0]


def test_a_unit_without_people_is_shared_by_surface(tmp_path):
    path = raster(tmp_path / "people.tif", [[0, 0, 1, 3]] * 2, 500)
    result, report = apportion(COUNTS, SOURCE, TARGET, measures=POP, weights=path)
    assert result["pop"].tolist() == [50.0, 110.0]
    assert "sans poids, réparties par surface (1 : a)" in plain(report)


def test_people_outside_of_all_targets_are_reported(tmp_path):
    path = raster(tmp_path / "people.tif", [[1, 3, 2, 2]] * 2, 500)
    target = strips(0, 500, codes=["t"])
    result, report = apportion(COUNTS, SOURCE, target, measures=POP, weights=path)
    assert result["pop"].tolist() == [25.0]
    assert report.moved == {"a": 0.25, "b": 0.0}
    assert report.uncovered["pop"] == pytest.approx(135 / 160)


def test_people_of_a_sliver_go_with_their_unit(tmp_path):
    # Where the two outlines differ by 1 m lie half of the people of a.
    source, target = strips(0, 1000, 2000, codes=["a", "b"]), strips(0, 999, 2000)
    people = np.zeros((1000, 2000))
    people[:, 999] = 1
    people[:, 0] = 1
    path = raster(tmp_path / "people.tif", people, 1)
    result, report = apportion(
        COUNTS, source, target, measures=POP, weights=path, tolerance=0.005
    )
    assert result["pop"].tolist() == [100.0, 60.0]
    assert report.uncovered == {"pop": 0.0}


@quick
@given(st.integers(0, 2**32 - 1), st.sampled_from(["each", "refuse"]))
def test_as_many_people_everywhere_is_surface(tmp_path_factory, seed, overlap):
    path = tmp_path_factory.mktemp("people") / "people.tif"
    raster(path, np.full((40, 40), 7.0), 250, top=10_000)
    source, target = partition(seed, 12), grid(1700, 5, 5)
    if seed % 2:
        target = partition(seed + 1, 9)
    counts = people(source)
    options = {"measures": POP, "overlap": overlap}
    by_people, report = apportion(counts, source, target, weights=path, **options)
    by_area, surface = apportion(counts, source, target, **options)
    np.testing.assert_allclose(by_people["pop"], by_area["pop"], rtol=1e-9)
    assert report.uncovered["pop"] == pytest.approx(surface.uncovered["pop"], abs=1e-9)


def test_only_what_is_cut_is_added_up(tmp_path, monkeypatch):
    sizes = []
    within = sharing.weight_within

    def watched(by, shapes):
        sizes.append(len(shapes))
        return within(by, shapes)

    monkeypatch.setattr(sharing, "weight_within", watched)
    path = raster(tmp_path / "people.tif", [[1, 3, 2, 2]] * 2, 500)
    apportion(COUNTS, SOURCE, TARGET, measures=POP, weights=path)
    assert sizes == [4]  # two sources, and what t1 and t2 cut out of a


def test_rasters_that_are_no_weights_are_refused(tmp_path):
    def shared(weights, **options):
        return apportion(
            COUNTS, SOURCE, TARGET, measures=POP, weights=weights, **options
        )

    debts = raster(tmp_path / "debts.tif", [[1, -3, 2, 2]] * 2, 500)
    with pytest.raises(DataError, match=r"1 negative value\(s\): -3.0"):
        shared(debts)
    other = raster(tmp_path / "other.tif", [[1, 3]], 1000, crs="EPSG:3035")
    with pytest.raises(CRSError, match="weights in EPSG:3035, units in EPSG:2154"):
        shared(other)
    with pytest.raises(DataError, match="weights: cannot be read as a raster"):
        shared(tmp_path / "absent.tif")
    with pytest.raises(DataError, match=r"weights: need a path.*got GeoSeries"):
        shared(SOURCE.geometry)
    whole = raster(tmp_path / "whole.tif", [[1, 3]], 1000)
    with pytest.raises(DataError, match="count='pop': a raster has no columns"):
        shared(whole, count="pop")
    small = raster(tmp_path / "small.tif", [[1, 3, 2]] * 2, 500)
    with pytest.warns(BasinmapWarning, match="1 unit.*stick out of them.*'b'"):
        shared(small)


# -- overlaps and differences of outline ---------------------------------------


def test_targets_that_overlap_are_refused_unless_each_counts():
    target = frame([shapely.box(0, 0, 1000, 1000), shapely.box(500, 0, 2000, 1000)])
    with pytest.raises(DataError, match=r"target: 1 pair.*u0 / u1.*overlap='each'"):
        apportion(COUNTS, SOURCE, target, measures=POP)
    result, report = apportion(COUNTS, SOURCE, target, measures=POP, overlap="each")
    assert result["pop"].tolist() == [100.0, 110.0]
    assert "compte dans chacune" in plain(report)
    assert report.moved["a"] == 1.5


def test_points_count_in_each_target_that_overlaps():
    target = frame([shapely.box(0, 0, 1000, 1000), shapely.box(500, 0, 2000, 1000)])
    result, _ = apportion(
        COUNTS,
        SOURCE,
        target,
        measures=POP,
        overlap="each",
        weights=points(100, 800, 900, 950, 1500),
    )
    assert result["pop"].tolist() == [100.0, 135.0]


def test_the_same_cell_twice_is_an_overlap():
    cells = grid(500, 2, 2)
    twice = pd.concat([cells, cells.set_axis(list("wxyz"))])
    with pytest.raises(DataError, match="4 pair"):
        apportion(COUNTS, SOURCE, twice, measures=POP)


def test_sources_that_overlap_are_refused():
    source = frame([shapely.box(0, 0, 1000, 1000), shapely.box(900, 0, 2000, 1000)])
    counts = table(source, pop=[1, 1])
    for overlap in ("refuse", "each"):
        with pytest.raises(
            DataError, match=r"source: 1 pair.*100000 m².*tolerance=0.1"
        ):
            apportion(counts, source, TARGET, measures=POP, overlap=overlap)


def test_a_difference_of_outline_is_given_back_when_asked():
    target = strips(0, 1003, 1990, codes=["t1", "t2"])
    result, _ = apportion(COUNTS, SOURCE, target, measures=POP)
    assert result["pop"].iloc[0] == pytest.approx(100 + 60 * 0.003)
    result, report = apportion(COUNTS, SOURCE, target, measures=POP, tolerance=0.02)
    assert result.to_dict("list") == {"pop": [100.0, 60.0]}
    assert "écarts de tracé" in plain(report)


def test_a_small_target_is_no_difference_of_outline():
    target = frame([shapely.box(10, 10, 20, 20)])
    result, _ = apportion(COUNTS, SOURCE, target, measures=POP, tolerance=0.02)
    assert result["pop"].iloc[0] == pytest.approx(100 * 1e-4)


# -- properties ----------------------------------------------------------------

seeds = st.integers(0, 10_000)


@quick
@given(seeds, st.integers(2, 25), st.integers(1, 25))
def test_there_and_back_conserves_totals(seed, n, m):
    source, target = partition(seed, n), partition(seed + 1, m)
    counts = people(source, seed)
    there, first = apportion(counts, source, target, measures=POP)
    back, second = apportion(there[["pop"]], target, source, measures=POP)
    total = counts["pop"].sum()
    assert there["pop"].sum() == pytest.approx(total, rel=1e-9)
    assert back["pop"].sum() == pytest.approx(total, rel=1e-9)
    np.testing.assert_allclose(list(first.moved.values()), 1, rtol=0, atol=1e-12)
    assert second.uncovered["pop"] == 0


@quick
@given(seeds, st.integers(2, 20), st.sampled_from([300.0, 700.0, 1000.0, 3300.0]))
def test_cells_of_a_grid_agree_with_intersections(seed, n, cell):
    source = partition(seed, n, origin=(650_000, 7_000_000))
    rng = np.random.default_rng(seed)
    corner = np.array([650_000, 7_000_000]) + rng.uniform(-4000, 8000, 2)
    target = grid(cell, 7, 9, corner=corner)
    target = target[rng.random(len(target)) < 0.8]
    if target.empty:
        return
    left = sharing.layer_of(source, "source", repair=False)
    right = sharing.layer_of(target, "target", repair=False)
    assert right.lattice is not None
    slow = dataclasses.replace(right, lattice=None)
    found = [
        sharing.pair_areas(left, layer).set_index(["left", "right"])["area"]
        for layer in (right, slow)
    ]
    gap = found[0].subtract(found[1], fill_value=0).abs()
    assert (gap <= 1e-10 * cell**2).all()
    turned = sharing.pair_areas(right, left)
    assert turned["area"].sum() == pytest.approx(found[0].sum())


def test_rectangles_of_any_size_agree_with_intersections():
    source = partition(3, 15)
    target = frame(
        shapely.box(
            [0, 2000, 2000, 5000],
            [0, 0, 3000, 0],
            [2000, 5000, 5000, 9000],
            [9000, 3000, 9000, 8000],
        )
    )
    counts = people(source)
    result, _ = apportion(counts, source, target, measures=POP)
    slow = [
        float((source.intersection(t).area / source.area * counts["pop"]).sum())
        for t in target.geometry
    ]
    np.testing.assert_allclose(result["pop"], slow, rtol=1e-9)


def test_holes_and_islands_are_measured_in_a_grid():
    ring = shapely.box(0, 0, 1000, 1000) - shapely.box(200, 200, 800, 800)
    islands = shapely.MultiPolygon([ring, shapely.box(300, 300, 400, 400)])
    source = frame([islands])
    result, _ = apportion(
        table(source, pop=[650_000.0]), source, grid(250, 5, 4), measures=POP
    )
    values = result["pop"].to_numpy().reshape(4, 5)
    assert values[:, 4].tolist() == pytest.approx([np.nan] * 4, nan_ok=True)
    assert values[0, 0] == pytest.approx(250 * 250 - 50 * 50)
    assert values[1, 1] == pytest.approx(100 * 100)
    assert np.isnan(values[2, 2])
    assert np.nansum(values) == pytest.approx(650_000, rel=1e-12)


@quick
@given(seeds, st.integers(2, 20), st.integers(2, 20))
def test_row_order_does_not_matter(seed, n, m):
    source, target = partition(seed, n), partition(seed + 1, m)
    counts = people(source, seed)
    first, _ = apportion(counts, source, target, measures=POP)
    mixed = [f.sample(frac=1, random_state=seed) for f in (counts, source, target)]
    second, _ = apportion(*mixed, measures=POP)
    pd.testing.assert_frame_equal(
        first, second.loc[first.index], check_exact=False, rtol=1e-12
    )


@quick
@given(seeds, st.integers(-600_000, 600_000), st.integers(-600_000, 600_000))
def test_moving_the_map_does_not_matter(seed, x, y):
    counts = people(partition(seed, 12), seed)
    found = [
        apportion(
            counts,
            partition(seed, 12, origin=origin),
            partition(seed + 1, 9, origin=origin),
            measures=POP,
        )[0]["pop"]
        for origin in ((0, 0), (x, y))
    ]
    np.testing.assert_allclose(*found, rtol=1e-7)


@quick
@given(seeds, st.integers(3, 30), st.integers(1, 6))
def test_nested_units_are_summed_exactly(seed, n, groups):
    source = partition(seed, n)
    group = np.random.default_rng(seed).integers(0, groups, n)
    shapes = source.assign(group=group).dissolve("group")
    counts = people(source, seed)
    result, report = apportion(counts, source, shapes, measures=POP)
    exact = counts["pop"].groupby(group).sum()
    assert result["pop"].tolist() == exact.tolist()
    assert report.estimated == {"pop": 0.0}
    assert list(result.columns) == ["pop"]


@pytest.mark.parametrize("level", ["epci", "arrondissement", "departement"])
def test_nested_communes_give_exactly_aggregate(level):
    counts = bm.statistics()
    counts.loc["62498", "vacant_dwellings_2021"] = np.nan
    counts["vacant_dwellings_2021_state"] = ""
    counts.loc["62498", "vacant_dwellings_2021_state"] = "secret"
    measures = {
        "population_2023": bm.Stock(),
        "rate": bm.Ratio(
            numerator="vacant_dwellings_2021", denominator="dwellings_2021", scale=100
        ),
        "growth": bm.Growth(start="population_2016", end="population_2023", years=7),
    }
    units = bm.communes()
    outlines = units.dissolve(level, method="coverage")[["geometry"]]
    result, report = apportion(counts, units, outlines, measures=measures)
    exact, _ = bm.aggregate(counts, level, measures=measures)
    # Outlines do not tell that an EPCI has a commune in the Somme.
    whole = result.index.difference(["200069672"])
    exact = exact.loc[whole, result.columns]
    pd.testing.assert_frame_equal(result.loc[whole], exact, check_exact=True)
    assert report.split == ()


# -- an independent figure -----------------------------------------------------


@pytest.fixture(scope="module")
def iris():
    path = SHARED / "iris/iris_2020_59_62_from_z9tiles.gpkg"
    found = gpd.read_file(path).to_crs(2154).set_index("CODE_IRIS")
    return found.rename_axis("iris")


@needs_reference
def test_population_of_iris_gives_that_of_communes(iris):
    counts = bm.statistics("iris")[["population_2021"]]
    measures = {"population_2021": bm.Stock()}
    exact, _ = bm.aggregate(counts, "commune", measures=measures)
    result, report = apportion(
        counts, iris, bm.communes(), measures=measures, tolerance=0.06
    )
    published = exact["population_2021"]
    # Both outlines are generalised, apart from each other, on grids of some 12 m:
    # what crosses a border by less than 6 % of the smaller unit goes back.
    gap = (result["population_2021"] - published).abs()
    assert (gap < 1e-6).mean() > 0.96
    assert gap.sum() / 2 / published.sum() < 0.002
    assert report.uncovered["population_2021"] < 1e-4


@needs_reference
def test_without_tolerance_outlines_differ_by_half_a_per_cent(iris):
    communes = bm.communes(epci="call")
    counts = bm.statistics("iris", epci="call")[["population_2021"]]
    measures = {"population_2021": bm.Stock()}
    with pytest.raises(DataError, match=r"source: .* overlap.*clean_coverage"):
        apportion(counts, iris, communes, measures=measures)
    clean, _ = clean_coverage(iris.loc[counts.index], gap_width=30)
    result, report = apportion(counts, clean, communes, measures=measures)
    exact, _ = bm.aggregate(counts, "commune", measures=measures)
    gap = (result["population_2021"] - exact["population_2021"]).abs()
    assert gap.sum() / 2 / exact["population_2021"].sum() < 0.01
    assert report.after["population_2021"] == pytest.approx(
        report.before["population_2021"] * (1 - report.uncovered["population_2021"]),
        rel=1e-9,
    )


# -- bad input -----------------------------------------------------------------


def test_outlines_must_share_one_metric_crs():
    with pytest.raises(CRSError, match="source: in degrees"):
        apportion(COUNTS, SOURCE.to_crs(4326), TARGET, measures=POP)
    with pytest.raises(CRSError, match="two CRS"):
        apportion(COUNTS, SOURCE, TARGET.to_crs(3035), measures=POP)


def test_codes_without_outline_are_named():
    counts = pd.DataFrame({"pop": [1, 2]}, index=["a", "z"])
    with pytest.raises(CodeError, match=r"1 code.*'z'"):
        apportion(counts, SOURCE, TARGET, measures=POP)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_repeated_codes_and_empty_frames_are_refused(which):
    frames = [COUNTS, SOURCE, TARGET]
    again = [f.iloc[[0, 0]] if n == which else f for n, f in enumerate(frames)]
    with pytest.raises(DataError, match="more than once"):
        apportion(*again, measures=POP)
    none = [f.iloc[:0] if n == which else f for n, f in enumerate(frames)]
    with pytest.raises(DataError, match="empty"):
        apportion(*none, measures=POP)


def test_measures_must_be_there():
    with pytest.raises(MeasureError, match="no column is declared"):
        apportion(COUNTS, SOURCE, TARGET)
    with pytest.raises(ColumnError, match="homes"):
        apportion(COUNTS, SOURCE, TARGET, measures={"homes": bm.Stock()})


def test_units_of_the_source_without_a_row_are_ground_without_data():
    result, _ = apportion(COUNTS.loc[["a"]], SOURCE, TARGET, measures=POP)
    assert result["pop"].tolist() == [50.0, 50.0]
    assert result["pop_state"].tolist() == ["estimated"] * 2


def test_invalid_outlines_are_named_and_repaired_only_when_asked():
    bow = shapely.Polygon([(0, 0), (1000, 1000), (1000, 0), (0, 1000)])
    source = frame([bow, shapely.box(1000, 0, 2000, 1000)], ["a", "b"])
    with pytest.raises(DataError, match=r"source: 1 invalid.*'a'"):
        apportion(COUNTS, source, TARGET, measures=POP)
    result, report = apportion(COUNTS, source, TARGET, measures=POP, repair=True)
    assert result["pop"].sum() == pytest.approx(160)
    assert "réparés (1 : a)" in plain(report)


@pytest.mark.parametrize(
    "options",
    [{"unweighted": "zero"}, {"overlap": "all"}, {"tolerance": 0.5}, {"tolerance": -1}],
)
def test_unknown_options_are_refused(options):
    with pytest.raises(DataError, match=next(iter(options))):
        apportion(COUNTS, SOURCE, TARGET, measures=POP, **options)


def test_the_frames_given_are_left_as_they_are():
    counts, source, target = COUNTS.copy(), SOURCE.copy(), TARGET.copy()
    counts.attrs = {"sources": ("Insee",), "measures": POP}
    result, _ = apportion(counts, source, target)
    assert result.attrs["sources"] == ("Insee",)
    pd.testing.assert_frame_equal(counts, COUNTS)
    assert source.geom_equals(SOURCE).all()
    assert target.geom_equals(TARGET).all()


SIDE = gpd.GeoDataFrame(
    geometry=[shapely.box(0, 0, 100, 200), shapely.box(100, 0, 200, 200)],
    index=pd.Index(["a", "b"], name="iris"),
    crs=2154,
)
ACROSS = gpd.GeoDataFrame(
    geometry=[shapely.box(0, 0, 200, 100), shapely.box(0, 100, 200, 200)],
    index=pd.Index(["x", "y"], name="quartier"),
    crs=2154,
)
ON_ONE_SIDE = {
    "dwellings": gpd.GeoDataFrame(
        geometry=[shapely.Point(50, 50), shapely.Point(150, 50)], crs=2154
    ),
    "buildings": gpd.GeoDataFrame(
        geometry=[shapely.box(40, 40, 60, 60), shapely.box(140, 40, 160, 60)], crs=2154
    ),
    "table": pd.DataFrame({"source": ["a", "b"], "target": ["x", "x"], "weight": 1}),
}


@pytest.mark.parametrize("weights", ON_ONE_SIDE.values(), ids=ON_ONE_SIDE.keys())
def test_a_unit_is_whole_or_cut_and_both_sides_of_a_cut_are_estimates(weights):
    table = pd.DataFrame({"pop": [100.0, 200.0]}, index=SIDE.index)
    result, report = apportion(table, SIDE, ACROSS, measures=POP, weights=weights)
    assert result["pop"].tolist() == [300.0, 0.0]
    assert result["pop_state"].tolist() == ["estimated", "estimated"]
    assert "entières : 0. Unités coupées : 2" in plain(report)
    assert report.estimated == {"pop": 1.0}


def test_a_unit_that_lies_whole_in_a_target_moves_whole_whatever_weighs():
    table = pd.DataFrame({"pop": [100.0, 200.0]}, index=SIDE.index)
    target = SIDE.set_axis(pd.Index(["x", "y"], name="quartier"))
    weights = ON_ONE_SIDE["dwellings"]
    result, report = apportion(table, SIDE, target, measures=POP, weights=weights)
    assert "pop_state" not in result
    assert "entières : 2. Unités coupées : 0" in plain(report)


def test_targets_of_elsewhere_are_warned_of():
    table = pd.DataFrame({"pop": [100.0, 200.0]}, index=SIDE.index)
    far = ACROSS.set_geometry(ACROSS.translate(1e6, 0))
    with pytest.warns(BasinmapWarning, match="source and target have no ground"):
        result, _ = apportion(table, SIDE, far, measures=POP)
    assert result["pop_state"].tolist() == ["not_available"] * 2


def test_a_table_of_weights_without_a_row_is_refused():
    table = pd.DataFrame({"pop": [100.0, 200.0]}, index=SIDE.index)
    none = ON_ONE_SIDE["table"].iloc[:0]
    with pytest.raises(DataError, match="none lies in any unit"):
        apportion(table, SIDE, ACROSS, measures=POP, weights=none)


# -- a quartier of an IRIS, in three ways -------------------------------------------


@pytest.fixture(scope="module")
def somain():
    """Return Somain as one IRIS of 1,000 dwellings, and what it is shared out to."""
    outline = bm.communes().loc["59574", "geometry"]
    index = pd.Index(["595740000"], name="iris")
    iris = gpd.GeoDataFrame(geometry=[outline], index=index, crs=2154)
    counts = bm.describe(
        pd.DataFrame({"dwellings_2021": [1000.0]}, index=index),
        measures={
            "dwellings_2021": bm.Stock(
                label="Logements", vintage="2021", source="Insee, RP 2021"
            )
        },
    )
    mark = bm.quartiers().loc["sessevalle", "geometry"].intersection(outline)
    both = gpd.GeoDataFrame(
        {"quality": ["indicative", ""]},
        geometry=[mark, outline.difference(mark)],
        index=pd.Index(["sessevalle", "ailleurs"], name="quartier"),
        crs=2154,
    )
    return iris, counts, both


def inside(area, n, seed):
    """Return points of an area."""
    west, south, east, north = area.bounds
    chance = np.random.default_rng(seed)
    x = chance.uniform(west, east, 40 * n)
    y = chance.uniform(south, north, 40 * n)
    return shapely.points(x, y)[shapely.contains_xy(area, x, y)][:n]


def three_ways(both):
    """Return weights of which three in ten lie in Sessevalle."""
    here, there = both.geometry
    points = [*inside(here.buffer(-30), 30, 1), *inside(there.buffer(-30), 70, 2)]
    dwellings = gpd.GeoDataFrame(geometry=points, crs=2154)
    boxes = shapely.buffer(np.array(points), 8, cap_style="square")
    buildings = gpd.GeoDataFrame(
        {"homes": 1.0}, geometry=boxes, crs=2154, index=range(100)
    )
    heart = shapely.box(*here.representative_point().buffer(60).bounds)
    far = shapely.box(*there.representative_point().buffer(60).bounds)
    squares = gpd.GeoDataFrame(
        {"men_2021": [30.0, 70.0]},
        geometry=[heart, far],
        crs=2154,
        index=pd.Index(["a", "b"], name="carreau"),
    )
    told = bm.Stock(
        label="Ménages des carreaux", vintage="2021", source="Insee, Filosofi"
    )
    return {
        "dwellings": (dwellings, None),
        "buildings": (buildings, "homes"),
        "squares": (bm.describe(squares, measures={"men_2021": told}), "men_2021"),
    }


@pytest.mark.parametrize("way", ["dwellings", "buildings", "squares"])
def test_an_iris_is_shared_out_to_a_quartier_by_what_people_live_in(somain, way):
    iris, counts, both = somain
    weights, count = three_ways(both)[way]
    found, report = bm.apportion(counts, iris, both, weights=weights, count=count)
    # Three in ten, and nothing lost.
    assert found.loc["sessevalle", "dwellings_2021"] == pytest.approx(300)
    assert found["dwellings_2021"].sum() == 1000
    assert found["dwellings_2021_state"].tolist() == ["estimated", "estimated"]
    assert "(estimation)" in bm.told_of(found).rule
    assert "mention « estimation »" in plain(report)
    assert "Totaux conservés : Logements (2021)" in plain(report)


def test_what_weighs_is_named_and_credited(somain):
    iris, counts, both = somain
    weights, count = three_ways(both)["squares"]
    found, _ = bm.apportion(counts, iris, both, weights=weights, count=count)
    series = bm.column(found, "dwellings_2021")
    assert "« Ménages des carreaux, 2021 »" in series.attrs["rule"].replace("\xa0", " ")
    assert series.attrs["sources"] == ("Insee, RP 2021", "poids : Insee, Filosofi")


def test_an_indicative_outline_makes_an_estimate_of_what_moves_whole(somain):
    iris, counts, _ = somain
    whole = iris.set_axis(pd.Index(["sessevalle"], name="quartier"))
    exact, _ = bm.apportion(counts, iris, whole)
    assert "dwellings_2021_state" not in exact
    found, report = bm.apportion(counts, iris, whole.assign(quality="indicative"))
    assert found["dwellings_2021_state"].tolist() == ["estimated"]
    assert "Contours indicatifs, valeurs estimées (1 : sessevalle)" in plain(report)
    assert bm.told_of(found).remarks == {"sessevalle": "Contour indicatif."}


def test_a_rate_is_not_shared_out_but_computed_from_its_two_counts(somain):
    iris, counts, both = somain
    rate = pd.DataFrame({"taux": [11.1]}, index=counts.index)
    with pytest.raises(MeasureError):
        bm.apportion(rate, iris, both, measures={"taux": bm.Median(unit="%")})


@needs_reference
def test_sessevalle_is_shared_out_of_the_iris_of_somain_by_squares():
    outlines = bm.read_units(SHARED / "iris/iris_2020_59_62_from_z9tiles.gpkg", "iris")
    outlines = outlines[outlines.index.str.startswith("59574")]
    outlines, _ = bm.clean_coverage(outlines)
    counts = bm.statistics("iris").loc[outlines.index, ["dwellings_2021"]]
    squares = bm.square_grid(outlines, size_m=200)
    homes = pd.DataFrame({"men_2021": 12.0}, index=squares.index)
    told = bm.Stock(label="Ménages des carreaux", vintage="2021", source="Insee")
    weights = bm.grid_squares(bm.describe(homes, measures={"men_2021": told}))
    mark = bm.quartiers()
    found, report = bm.apportion(
        counts,
        outlines,
        mark,
        measures={"dwellings_2021": bm.Stock(vintage="2021")},
        weights=weights,
        count="men_2021",
    )
    plainly, _ = bm.apportion(
        counts, outlines, mark, measures={"dwellings_2021": bm.Stock(vintage="2021")}
    )
    # Even squares share as surface does, to the squares that stick out.
    assert found.loc["sessevalle", "dwellings_2021"] == pytest.approx(
        plainly.loc["sessevalle", "dwellings_2021"], rel=0.02
    )
    lost = counts["dwellings_2021"].sum() * report.uncovered["dwellings_2021"]
    held = found["dwellings_2021"].sum()
    assert lost + held == pytest.approx(counts["dwellings_2021"].sum())
