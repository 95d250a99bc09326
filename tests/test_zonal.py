"""Rasters into units: exact shares of cells, what has no value, what is refused."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from exactextract import exact_extract
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio import Affine

from basinmap.errors import BasinmapWarning, CRSError, DataError, MeasureError
from basinmap.measures import Mean, Stock, states_of
from basinmap.spatial import cells, rasters
from basinmap.spatial.cells import fractions
from basinmap.spatial.rasters import weight_within, zonal
from basinmap.values.told import measures_of

WEST, NORTH, CELL = 680_000.0, 7_040_000.0, 100.0


def north_up(cell=CELL, west=WEST, north=NORTH):
    return Affine(cell, 0, west, 0, -cell, north)


def write(path, values, *, crs="EPSG:2154", transform=None, nodata=None, **more):
    bands = np.atleast_3d(np.asarray(values))
    bands = values[None] if np.ndim(values) == 2 else bands
    count, height, width = bands.shape
    grid = {
        "driver": "GTiff",
        "count": count,
        "height": height,
        "width": width,
        "dtype": bands.dtype.name,
        "crs": crs,
        "transform": transform or north_up(),
        "nodata": nodata,
        **more,
    }
    with rasterio.open(path, "w", **grid) as file:
        file.write(bands)
    return path


def box(left, bottom, right, top):
    """Return a rectangle in cells from the north-western corner, down and right."""
    return shapely.box(
        WEST + CELL * left,
        NORTH - CELL * top,
        WEST + CELL * right,
        NORTH - CELL * bottom,
    )


def frame(**shapes):
    index = pd.Index(list(shapes), name="quartier")
    return gpd.GeoDataFrame(
        geometry=list(shapes.values()), index=index, crs="EPSG:2154"
    )


@pytest.fixture
def stairs(tmp_path):
    """Four rows of four cells, 0 to 15 from the north-west."""
    return write(tmp_path / "stairs.tif", np.arange(16.0).reshape(4, 4))


# -- known answers ---------------------------------------------------------------


def test_one_cell_and_a_half(stairs):
    units = frame(A=box(0.5, 0, 2, 1))
    table = zonal(stairs, units, stats=("count", "sum", "mean", "min", "max"))
    assert table.loc["A", ["count", "sum", "mean", "min", "max"]].tolist() == (
        pytest.approx([1.5, 0.5 * 0 + 1, 1 / 1.5, 0, 1])
    )
    assert table.loc["A", "covered"] == 1
    assert table.index.name == "quartier"


def test_smaller_than_a_cell(stairs):
    units = frame(tiny=box(2.4, 1.4, 2.6, 1.6), corner=box(0.9, 0.9, 1.1, 1.1))
    table = zonal(stairs, units, stats=("count", "mean", "majority"))
    assert table["count"].tolist() == pytest.approx([0.04, 0.04])
    assert table["mean"].tolist() == pytest.approx([6, (0 + 1 + 4 + 5) / 4])
    assert table["covered"].tolist() == [1, 1]


def test_order_statistics_by_hand(tmp_path):
    raster = write(tmp_path / "r.tif", np.array([[1, 1, 1, 9]], "uint8"))
    table = zonal(
        raster,
        frame(A=box(0, 0, 4, 1)),
        stats=("median", "stdev", "variety", "majority"),
    )
    found = table.loc["A", ["median", "stdev", "variety", "majority"]].tolist()
    assert found == pytest.approx([1, np.std([1, 1, 1, 9]), 2, 1])


def test_median_of_whole_cells_is_numpy_s(tmp_path):
    random = np.random.default_rng(5)
    for number, size in enumerate((7, 8, 9, 30)):
        values = random.integers(0, 5, (1, size)).astype("int32")
        raster = write(tmp_path / f"{number}.tif", values)
        table = zonal(raster, frame(A=box(0, 0, size, 1)), stats="median")
        assert table.loc["A", "median"] == np.median(values)


def test_ties_go_to_the_highest_class(tmp_path):
    raster = write(tmp_path / "r.tif", np.array([[3, 1], [2, 1]], "uint8"))
    units = frame(A=box(0, 0, 1, 2), B=box(0, 0, 2, 1))
    assert zonal(raster, units, stats="majority")["majority"].tolist() == [3, 3]


@pytest.mark.parametrize("nodata", [-9999.0, float("nan")])
def test_cells_without_data_count_for_nothing(tmp_path, nodata):
    values = np.array([[nodata, 10.0], [20.0, np.nan]], "float32")
    raster = write(tmp_path / "r.tif", values, nodata=nodata)
    units = frame(all=box(0, 0, 2, 2), none=box(0, 0, 1, 1), half=box(0, 0, 2, 1))
    table = zonal(raster, units, stats=("mean", "count"))
    assert table["count"].tolist() == [2, 0, 1]
    assert table["mean"].tolist() == pytest.approx([15, np.nan, 10], nan_ok=True)
    assert table["covered"].tolist() == pytest.approx([0.5, 0, 0.5])
    assert states_of(table, "mean").tolist() == ["", "not_available", ""]


def test_integers_without_data(tmp_path):
    raster = write(tmp_path / "r.tif", np.array([[255, 7]], "uint8"), nodata=255)
    with pytest.warns(BasinmapWarning, match="sum: 1 unit.*'A'.*min_cover"):
        table = zonal(
            raster, frame(A=box(0, 0, 2, 1)), stats=("sum", "max", "majority")
        )
    assert table.loc["A", ["sum", "max", "majority"]].tolist() == [7, 7, 7]


def test_a_mask_band_is_honoured(tmp_path):
    path = write(tmp_path / "r.tif", np.array([[5, 7]], "uint8"))
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True),
        rasterio.open(path, "r+") as file,
    ):
        file.write_mask(np.array([[0, 255]], "uint8"))
    table = zonal(path, frame(A=box(0, 0, 2, 1)), stats=("count", "mean"))
    assert table.loc["A", ["count", "mean"]].tolist() == [1, 7]


def test_scale_and_offset_are_applied(tmp_path):
    path = write(tmp_path / "r.tif", np.array([[10, -1]], "int16"), nodata=-1)
    with rasterio.open(path, "r+") as file:
        file.scales, file.offsets = (0.1,), (100.0,)
    table = zonal(path, frame(A=box(0, 0, 2, 1)), stats=("mean", "count"))
    assert table.loc["A", ["mean", "count"]].tolist() == pytest.approx([101, 1])


def test_outside_and_astride(stairs):
    units = frame(
        out=box(9, 9, 11, 11), astride=box(3, 3, 5, 4), inside=box(0, 0, 1, 1)
    )
    with pytest.warns(BasinmapWarning, match="'astride'"):
        table = zonal(stairs, units, stats=("sum", "mean", "count", "variety"))
    assert table["covered"].tolist() == pytest.approx([0, 0.5, 1])
    assert table.loc["out", ["sum", "mean", "variety"]].isna().all()
    assert table.loc["out", "sum_state"] == "not_available"
    assert table.loc["astride", "sum"] == 15
    assert table["count"].tolist() == [0, 1, 1]


def test_min_cover_empties_what_is_hardly_covered(stairs):
    units = frame(astride=box(3, 3, 5, 4), inside=box(0, 0, 1, 1))
    table = zonal(stairs, units, stats="sum", min_cover=0.9)
    assert table["sum"].tolist() == pytest.approx([np.nan, 0], nan_ok=True)
    assert table["sum_state"].tolist() == ["not_available", ""]


def test_shares_of_classes(tmp_path):
    classes = np.array([[1, 1, 2], [1, 5, 0]], "uint8")
    raster = write(tmp_path / "cover.tif", classes, nodata=0)
    units = frame(A=box(0, 0, 3, 2), B=box(0, 0, 1.5, 1), C=box(8, 8, 9, 9))
    table = zonal(raster, units, stats=("shares", "variety"))
    shares = table.filter(like="share_")
    assert list(shares.columns) == ["share_1", "share_2", "share_5"]
    assert shares.loc["A"].tolist() == pytest.approx([3 / 5, 1 / 5, 1 / 5])
    assert shares.loc["B"].tolist() == [1, 0, 0]
    assert shares.loc["C"].isna().all()
    assert shares.loc[["A", "B"]].sum(axis=1).tolist() == pytest.approx([1, 1])
    assert table.loc["A", "covered"] == pytest.approx(5 / 6)


def test_no_class_at_all(tmp_path):
    raster = write(tmp_path / "r.tif", np.zeros((2, 2), "uint8"), nodata=0)
    table = zonal(raster, frame(A=box(0, 0, 2, 2)), stats="shares")
    assert list(table.columns) == ["covered"]


def test_bands(tmp_path):
    raster = write(tmp_path / "r.tif", np.array([[[1.0]], [[2.0]]]))
    units = frame(A=box(0, 0, 1, 1))
    found = [zonal(raster, units, band=band).loc["A", "mean"] for band in (1, 2)]
    assert found == [1, 2]
    for band in (0, 3):
        with pytest.raises(DataError, match=f"no band {band!r}.* has 2"):
            zonal(raster, units, band=band)


def test_south_up(tmp_path):
    values = np.arange(6.0).reshape(3, 2)
    turned = Affine(CELL, 0, WEST, 0, CELL, NORTH - 3 * CELL)
    one = write(tmp_path / "north.tif", values)
    two = write(tmp_path / "south.tif", values[::-1], transform=turned)
    units = frame(A=box(0.3, 0.2, 1.1, 1.4), B=box(1, 1, 2, 3))
    stats = ("sum", "mean", "max")
    assert zonal(one, units, stats=stats).equals(zonal(two, units, stats=stats))


# -- weights ---------------------------------------------------------------------


def test_weighted_mean_by_hand(tmp_path):
    raster = write(tmp_path / "r.tif", np.array([[10.0, 20.0, 30.0]]))
    people = write(tmp_path / "p.tif", np.array([[1.0, 3.0, -1.0]]), nodata=-1)
    units = frame(A=box(0, 0, 2, 1), half=box(0.5, 0, 2, 1), none=box(2, 0, 3, 1))
    table = zonal(raster, units, weights=people)
    means = [(10 + 60) / 4, (0.5 * 10 + 60) / 3.5, np.nan]
    assert table["weighted_mean"].tolist() == pytest.approx(means, nan_ok=True)
    assert table["weight"].tolist() == [4, 3.5, 0]
    assert table["weighted_mean_state"].tolist() == ["", "", "not_applicable"]
    assert table["mean"].tolist() == pytest.approx([15, 25 / 1.5, 30])


def test_people_where_there_is_no_value(tmp_path):
    raster = write(tmp_path / "r.tif", np.array([[10.0, np.nan]]))
    people = write(tmp_path / "p.tif", np.array([[1.0, 3.0]]))
    units = frame(A=box(0, 0, 2, 1), B=box(1, 0, 2, 1))
    table = zonal(raster, units, stats="count", weights=people)
    assert table["weighted_mean"].tolist() == pytest.approx([10, np.nan], nan_ok=True)
    assert table["weight_covered"].tolist() == [0.25, 0]
    assert table["weight"].tolist() == [1, 0]
    assert table.loc["B", "weighted_mean_state"] == "not_available"


def test_people_where_the_raster_ends(tmp_path):
    raster = write(tmp_path / "r.tif", np.array([[10.0, 20.0]]))
    people = write(tmp_path / "p.tif", np.array([[1.0, 3.0, 4.0]]))
    table = zonal(raster, frame(A=box(0, 0, 3, 1)), weights=people)
    found = table.loc["A", ["weighted_mean", "weight", "weight_covered"]].tolist()
    assert found == [70 / 4, 4, 0.5]


@pytest.mark.parametrize("fine", ["values", "weights"])
def test_grids_that_nest(tmp_path, fine):
    small, large = np.array([[1.0, 2.0, 3.0, 5.0]] * 2), np.array([[10.0, 4.0]])
    a = write(tmp_path / "a.tif", small, transform=north_up(50))
    b = write(tmp_path / "b.tif", large)
    units = frame(A=box(0, 0, 2, 1))
    large = np.repeat(np.repeat(large, 2, 0), 2, 1)
    if fine == "values":
        table, mean = zonal(a, units, weights=b), np.average(small, weights=large)
    else:
        table, mean = zonal(b, units, weights=a), np.average(large, weights=small)
    assert table.loc["A", "weighted_mean"] == pytest.approx(mean)
    assert table.loc["A", "weight"] == pytest.approx(14 if fine == "values" else 22)


def test_grids_that_do_not_fit(tmp_path):
    raster = write(tmp_path / "r.tif", np.ones((4, 4)))
    shifted = np.full((9, 9), 2.0)
    people = write(
        tmp_path / "p.tif", shifted, transform=north_up(60, WEST - 30, NORTH + 30)
    )
    units = frame(A=box(1, 1, 3, 3))
    with pytest.raises(DataError, match=r"do not fit.*resample='sum'"):
        zonal(raster, units, weights=people)
    table = zonal(raster, units, weights=people, resample="sum")
    assert table.loc["A", "weighted_mean"] == pytest.approx(1)
    # 200 m × 200 m at 2 inhabitants for 60 m × 60 m.
    assert table.loc["A", "weight"] == pytest.approx(2 * (200 / 60) ** 2, rel=1e-6)
    with pytest.raises(DataError, match="resample='cubic'"):
        zonal(raster, units, weights=people, resample="cubic")


def test_weights_of_another_crs(tmp_path):
    raster = write(tmp_path / "r.tif", np.ones((4, 4)))
    people = write(tmp_path / "p.tif", np.ones((4, 4)), crs="EPSG:3035")
    with pytest.raises(CRSError, match=r"weights in EPSG:3035, raster in EPSG:2154"):
        zonal(raster, frame(A=box(0, 0, 1, 1)), weights=people)
    nowhere = write(tmp_path / "n.tif", np.ones((4, 4)), crs=None)
    with pytest.raises(CRSError, match="weights: no CRS"):
        zonal(raster, frame(A=box(0, 0, 1, 1)), weights=nowhere)


def test_weights_too_small_or_negative(tmp_path):
    raster = write(tmp_path / "r.tif", np.array([[1.0, 3.0]]))
    people = write(tmp_path / "p.tif", np.array([[2.0]]))
    units = frame(A=box(0, 0, 2, 1))
    with pytest.warns(BasinmapWarning, match="1 unit.*stick out.*'A'"):
        table = zonal(raster, units, weights=people)
    assert table.loc["A", ["weighted_mean", "weight"]].tolist() == [1, 2]
    debts = write(tmp_path / "d.tif", np.array([[2.0, -5.0]]))
    with pytest.raises(DataError, match=r"1 negative value\(s\): -5.0"):
        zonal(raster, units, weights=debts)


@pytest.mark.parametrize("shift", [-1, 0, 1])
@pytest.mark.parametrize("southern", [False, True])
def test_weights_on_other_ground(tmp_path, shift, southern):
    values = np.arange(24.0).reshape(4, 6)
    raster = write(tmp_path / "r.tif", values)
    # 2 × 4 cells of 200 m, that start 200 m before, at, or after those of 100 m.
    people = np.array([[1.0, 2, 3, 4], [5, 6, 7, 8]])
    south = NORTH - 200 * shift - 400
    lay = Affine(200, 0, WEST + 200 * shift, 0, 200, south)
    lay = lay if southern else north_up(200, WEST + 200 * shift, NORTH - 200 * shift)
    weights = write(tmp_path / "p.tif", people[::-1] if southern else people,
                    transform=lay)  # fmt: skip
    units = frame(A=box(0.5, 0, 6, 4), B=box(2, 2, 4, 4))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BasinmapWarning)
        table = zonal(raster, units, weights=weights)
    full = np.zeros((12, 16))
    start = 4 + 2 * shift
    full[start : start + 4, start : start + 8] = np.kron(people, np.ones((2, 2)))
    full = full[4:8, 4:10]
    share = np.ones((4, 6))
    share[:, 0] = 0.5
    for code, part in (
        ("A", share),
        ("B", np.kron([[0, 0, 0], [0, 1, 0]], np.ones((2, 2)))),
    ):
        held = (full * part).sum()
        assert table.loc[code, "weight"] == pytest.approx(held / 4)
        if held:
            mean = (full * part * values).sum() / held
            assert table.loc[code, "weighted_mean"] == pytest.approx(mean)


def test_weight_within_is_the_sum_of_cells(stairs):
    shapes = frame(A=box(0.5, 0, 2, 1), B=box(2, 1, 4, 3)).geometry
    assert weight_within(stairs, shapes).tolist() == [1, 6 + 7 + 10 + 11]
    with pytest.warns(BasinmapWarning, match="1 unit.*stick out.*'far'"):
        found = weight_within(stairs, frame(far=box(3, 3, 5, 5)).geometry)
    assert found.tolist() == [15]
    with pytest.raises(CRSError, match=r"weights in EPSG:2154, units in EPSG:3035"):
        weight_within(stairs, shapes.to_crs(3035))


# -- against brute force and exactextract itself -----------------------------------


@pytest.fixture(scope="module")
def relief(tmp_path_factory):
    """Hills of 80 × 60 cells, and units that partition most of them."""
    rows, columns = np.mgrid[:60, :80]
    hills = 50 + 20 * np.sin(rows / 7) * np.cos(columns / 9)
    hills += np.random.default_rng(3).normal(0, 2, hills.shape)
    hills[20:23, 30:40] = -9999
    path = tmp_path_factory.mktemp("relief") / "hills.tif"
    write(path, hills.astype("float32"), nodata=-9999, tiled=True, blockxsize=16,
          blockysize=16, compress="deflate")  # fmt: skip
    spots = np.random.default_rng(4).random((25, 2)) * [80, 60]
    spots = [WEST, NORTH] + spots * [CELL, -CELL]
    frontier = box(1.3, 1.7, 78.2, 58.9)
    cells = shapely.voronoi_polygons(shapely.multipoints(spots), extend_to=frontier)
    shapes = shapely.intersection(shapely.get_parts(cells), frontier)
    codes = pd.Index([f"U{n:02}" for n in range(len(shapes))], name="unit")
    return path, gpd.GeoDataFrame(geometry=shapes, index=codes, crs=2154)


def brute(path, units, finer):
    """Return means over the centres of a much finer grid."""
    with rasterio.open(path) as file:
        values = file.read(1).astype(float)
        values[values == file.nodata] = np.nan
    values = np.repeat(np.repeat(values, finer, 0), finer, 1)
    step = CELL / finer
    x = WEST + step * (np.arange(values.shape[1]) + 0.5)
    y = NORTH - step * (np.arange(values.shape[0]) + 0.5)
    means = []
    for shape in units.geometry:
        inside = shapely.contains_xy(shape, *np.meshgrid(x, y))
        means.append(np.nanmean(values[inside]))
    return np.array(means)


def test_equals_brute_force(relief):
    path, units = relief
    found = zonal(path, units)["mean"]
    assert found.to_numpy() == pytest.approx(brute(path, units, 10), rel=1e-3)


def test_equals_exactextract(relief):
    path, units = relief
    stats = ["count", "sum", "mean", "min", "max", "stdev"]
    theirs = exact_extract(str(path), units.reset_index(), stats, output="pandas")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BasinmapWarning)
        ours = zonal(path, units, stats=stats)
    assert ours[stats].to_numpy() == pytest.approx(theirs[stats].to_numpy(), rel=1e-12)


def test_windows_equal_the_whole(relief, monkeypatch):
    path, units = relief
    stats = ("count", "mean", "max")
    whole = zonal(path, units, stats=stats)
    sizes = []
    read = rasters._Cells.read_window

    def watched(self, x, y, width, height):
        sizes.append(width * height)
        return read(self, x, y, width, height)

    monkeypatch.setattr(rasters._Cells, "read_window", watched)
    monkeypatch.setattr(rasters, "_MOST_CELLS", 200)
    windows = zonal(path, units, stats=stats)
    assert 0 < max(sizes) <= 200
    pd.testing.assert_frame_equal(windows, whole, rtol=1e-12)


def test_only_the_windows_of_units_are_read(tmp_path, monkeypatch):
    # A raster of 4 × 10⁹ cells, nothing written in it: what a country takes.
    path = tmp_path / "country.tif"
    grid = {
        "driver": "GTiff", "count": 1, "height": 63_000, "width": 63_000,
        "dtype": "uint8", "crs": "EPSG:2154", "transform": north_up(1),
        "sparse_ok": True, "tiled": True, "blockxsize": 512, "blockysize": 512,
    }  # fmt: skip
    with rasterio.open(path, "w", **grid) as file:
        file.write(np.full((100, 100), 7, "uint8"), 1, window=((0, 100), (0, 100)))
    cells = []
    read = rasters._Cells.read_window

    def watched(self, x, y, width, height):
        cells.append(width * height)
        return read(self, x, y, width, height)

    monkeypatch.setattr(rasters._Cells, "read_window", watched)
    table = zonal(path, frame(A=box(0, 0, 1, 1), B=box(600, 600, 601, 601)))
    assert table["mean"].tolist() == [7, 0]
    assert sum(cells) <= 2 * 102**2


# -- sums of cells, against intersections --------------------------------------------


def star(random, reach):
    """Return a polygon with many corners around a point, and a hole in the middle."""
    count = random.integers(3, 12)
    turns = np.sort(random.random(count)) * 2 * np.pi
    far = reach * random.uniform(0.3, 1, count)
    ring = np.stack([np.cos(turns), np.sin(turns)], 1) * far[:, None]
    centre = random.uniform([-2, -2], [14, 11]) * CELL
    holes = [0.4 * ring + centre] if random.random() < 0.5 else []
    return shapely.make_valid(shapely.Polygon(ring + centre, holes), method="structure")


def share_of_each(shapes, rows=9, columns=12):
    """Return the share of each cell in each polygon, by intersection."""
    x, y = np.meshgrid(np.arange(columns) * CELL, (rows - 1 - np.arange(rows)) * CELL)
    boxes = shapely.box(x, y, x + CELL, y + CELL)
    shapes = np.asarray(shapes)[:, None, None]
    return shapely.area(shapely.intersection(shapes, boxes)) / CELL**2


def polygons(random):
    """Return polygons of all sizes, some of two parts, some in and some outside."""
    reach = CELL * 10.0 ** random.uniform(-2, 1, 8)
    found = [star(random, far) for far in reach]
    found = [shapely.union(a, b) for a, b in zip(found[:4], found[4:], strict=True)]
    found = [*found, *(star(random, 5 * CELL) for _ in range(4)), box(-9, 0, -8, 1)]
    # On the lines of cells, and beyond them.
    found += [shapely.box(100, 200, 400, 300), shapely.box(-50, -50, 1250, 950)]
    return gpd.GeoSeries([shape for shape in found if shape.area > 0], crs=2154)


@settings(max_examples=40, deadline=None, database=None)
@given(st.integers(0, 2**32 - 1), st.booleans(), st.booleans())
def test_sums_are_those_of_intersections(seed, southern, holed):
    random = np.random.default_rng(seed)
    values = random.normal(50, 20, (9, 12)) * 10.0 ** random.integers(-3, 6)
    if holed:
        values[random.random(values.shape) < 0.3] = -9999
    shapes = polygons(random)
    units = gpd.GeoDataFrame(geometry=shapes.set_axis([f"u{n}" for n in shapes.index]))
    grid = {
        "driver": "GTiff", "count": 1, "height": 9, "width": 12, "dtype": "float64",
        "crs": 2154, "nodata": -9999,
        "transform": Affine(CELL, 0, 0, 0, CELL, 0) if southern
        else north_up(CELL, 0, 9 * CELL),
    }  # fmt: skip
    with rasterio.MemoryFile() as memory:
        with memory.open(**grid) as file:
            file.write(values[::-1] if southern else values, 1)
        with memory.open() as file, warnings.catch_warnings():
            warnings.simplefilter("ignore", BasinmapWarning)
            ours = zonal(file, units, stats=("count", "sum", "mean"))
            # Its own, which keeps the shares of cells in single precision.
            theirs = zonal(file, units, stats=("count", "sum", "mean", "min"))
    share = share_of_each(shapes) * (values != -9999)
    known = np.where(values == -9999, 0, values)
    room = shapes.area.to_numpy() / CELL**2
    size = np.abs(known).max()
    for name, truth, scale in (
        ("count", share.sum((1, 2)), room),
        ("sum", (share * known).sum((1, 2)), room * size),
    ):
        assert (np.abs(ours[name].fillna(0) - truth) <= 1e-9 * scale).all()
        apart = np.abs(ours[name] - theirs[name]).fillna(0)
        assert (apart <= 2e-7 * scale).all()
    sure = share.sum((1, 2)) > 1e-3 * room
    means = (share * known).sum((1, 2))[sure] / share.sum((1, 2))[sure]
    assert np.abs(ours.loc[sure, "mean"] - means).max() <= 1e-9 * size
    assert (ours["mean"].isna() == theirs["mean"].isna())[sure].all()


@settings(max_examples=40, deadline=None, database=None)
@given(st.integers(0, 2**32 - 1))
def test_shares_of_cells_are_those_of_intersections(seed):
    shapes = polygons(np.random.default_rng(seed))
    parts = fractions(shapes.to_numpy(), (0, 9 * CELL), (CELL, -CELL), (9, 12))
    found = np.zeros((len(shapes), 9, 12))
    for owner, row, column, size, share in zip(*parts, strict=True):
        found[owner, row, column : column + size] += share
    assert np.abs(found - share_of_each(shapes)).max() < 1e-10
    place = parts.row * 12 + parts.column
    assert (np.diff(place) >= 0).all()


def test_a_side_along_a_row_leaves_shares_between():
    shape = np.array([shapely.box(0.5, 0.25, 5.5, 1.5)])
    parts = fractions(shape, (0, 2), (1, -1), (2, 6))
    assert parts.row.tolist() == [0, 0, 0, 1, 1, 1]
    assert parts.column.tolist() == [0, 1, 5, 0, 1, 5]
    assert parts.size.tolist() == [1, 4, 1, 1, 4, 1]
    assert parts.share.tolist() == [0.25, 0.5, 0.25, 0.375, 0.75, 0.375]


def test_a_large_value_beside_costs_no_digit(tmp_path):
    values = np.ones((2, 4000))
    values[:, ::2000] = 1e17
    raster = write(tmp_path / "r.tif", values)
    units = frame(A=box(1, 0, 1999, 2), B=box(1.5, 0, 1.75, 1), C=box(3000, 1, 4000, 2))
    table = zonal(raster, units, stats=("sum", "mean"))
    assert table["sum"].tolist() == pytest.approx([2 * 1998, 0.25, 1000], rel=1e-12)
    assert table["mean"].tolist() == pytest.approx([1, 1, 1], rel=1e-12)


def test_lots_and_bands_equal_the_whole(relief, monkeypatch):
    path, units = relief
    whole = zonal(path, units, stats=("count", "mean"))
    sizes = []
    read = rasters._Cells.read_window

    def watched(self, x, y, width, height):
        sizes.append(width * height)
        return read(self, x, y, width, height)

    monkeypatch.setattr(rasters._Cells, "read_window", watched)
    zonal(path, units)
    # In one band, which ends where the tiles do; each cell once.
    assert sum(sizes) == 78 * 58
    for name, value in (("_BAND", 200), ("_MOST_PIECES", 100), ("_FEW_CELLS", 0)):
        monkeypatch.setattr(cells, name, value)
        sizes.clear()
        parts = zonal(path, units, stats=("count", "mean"))
        assert len(sizes) > 1
        pd.testing.assert_frame_equal(parts, whole, rtol=1e-12)
    assert max(sizes) <= 200


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_partition_conserves_the_sum(seed):
    random = np.random.default_rng(seed)
    values = random.random((9, 11)).astype("float32")
    cuts = np.sort(random.random(3)) * 11
    edges = [0, *cuts, 11]
    shapes = {f"c{n}": box(edges[n], 0, edges[n + 1], 9) for n in range(4)}
    shapes = {name: shape for name, shape in shapes.items() if shape.area > 1e-3}
    order = random.permutation(list(shapes))
    with rasterio.MemoryFile() as memory:
        grid = {
            "driver": "GTiff", "count": 1, "height": 9, "width": 11,
            "dtype": "float32", "crs": "EPSG:2154", "transform": north_up(),
        }  # fmt: skip
        with memory.open(**grid) as file:
            file.write(values, 1)
        with memory.open() as file:
            table = zonal(file, frame(**shapes), stats="sum", min_cover=0.5)
            again = zonal(file, frame(**shapes).loc[order], stats="sum", min_cover=0.5)
            assert not file.closed
    assert table["sum"].sum() == pytest.approx(values.sum(dtype="float64"), rel=1e-5)
    assert again["sum"].reindex(table.index).tolist() == table["sum"].tolist()


# -- what travels ------------------------------------------------------------------


def test_attributes(stairs):
    units = frame(A=box(0, 0, 1, 1))
    units.attrs["sources"] = ("IGN",)
    table = zonal(stairs, units, stats=("count", "sum", "mean"), source="CNES")
    assert table.attrs["sources"] == ("CNES", "IGN")
    assert table.attrs["resolution"] == (100, 100)
    assert table.attrs["band"] == 1
    assert table.attrs["level"] == "quartier"
    measures = measures_of(table)
    assert isinstance(measures["sum"], Stock)
    assert measures["mean"] == Mean(weight="count", source="CNES")
    # Without the count, a mean cannot be combined: it is not declared.
    assert "mean" not in measures_of(zonal(stairs, units))


def test_holes_and_parts(stairs):
    ring = shapely.difference(box(0, 0, 3, 3), box(1, 1, 2, 2))
    both = shapely.MultiPolygon([ring, box(3, 3, 4, 4)])
    table = zonal(stairs, frame(A=both), stats=("count", "sum"))
    assert table.loc["A", ["count", "sum"]].tolist() == [9, 55]


# -- refused -----------------------------------------------------------------------


def test_another_crs_is_refused(tmp_path, stairs):
    units = frame(A=box(0, 0, 1, 1))
    with pytest.raises(
        CRSError, match=r"raster in EPSG:2154, units in EPSG:3035.*to_crs"
    ):
        zonal(stairs, units.to_crs(3035))
    degrees = write(tmp_path / "d.tif", np.ones((2, 2)), crs="EPSG:4326")
    with pytest.raises(CRSError, match=r"raster in EPSG:4326.*rio warp"):
        zonal(degrees, units)
    with pytest.raises(CRSError, match="in degrees"):
        zonal(degrees, units.to_crs(4326))
    nowhere = write(tmp_path / "n.tif", np.ones((2, 2)), crs=None)
    with pytest.raises(CRSError, match=r"has no CRS.*rio edit-info"):
        zonal(nowhere, units)


def test_one_crs_under_two_names(tmp_path):
    lambert = (
        "+proj=lcc +lat_0=46.5 +lon_0=3 +lat_1=49 +lat_2=44 +x_0=700000 "
        "+y_0=6600000 +ellps=GRS80 +units=m +no_defs"
    )
    esri = rasterio.CRS.from_epsg(2154).to_wkt(version="WKT1_ESRI")
    raster = write(tmp_path / "esri.tif", np.ones((2, 2)), crs=esri)
    assert zonal(raster, frame(A=box(0, 0, 1, 1))).loc["A", "mean"] == 1
    bare = write(tmp_path / "proj.tif", np.ones((2, 2)), crs=lambert)
    assert zonal(bare, frame(A=box(0, 0, 1, 1))).loc["A", "mean"] == 1
    shifted = lambert.replace("x_0=700000", "x_0=600000")
    other = write(tmp_path / "other.tif", np.ones((2, 2)), crs=shifted)
    with pytest.raises(CRSError, match="units in EPSG:2154"):
        zonal(other, frame(A=box(0, 0, 1, 1)))


def test_no_raster(tmp_path):
    units = frame(A=box(0, 0, 1, 1))
    text = tmp_path / "text.tif"
    text.write_text("<html>404</html>")
    for path in (text, tmp_path / "absent.tif", str(text)):
        with pytest.raises(DataError, match="raster: cannot be read as a raster"):
            zonal(path, units)
    with pytest.raises(DataError, match=r"need a path or what rasterio\.open returns"):
        zonal(np.ones((2, 2)), units)


def test_truncated_file(tmp_path):
    noise = np.random.default_rng(1).random((200, 200))
    path = write(tmp_path / "r.tif", noise, compress="deflate")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(DataError, match="cannot be read"):
        zonal(path, frame(A=box(0, 0, 200, 200)))


def test_closed_dataset(stairs):
    with rasterio.open(stairs) as file:
        assert zonal(file, frame(A=box(0, 0, 1, 1))).loc["A", "mean"] == 0
    with pytest.raises(DataError, match="is closed; open it again"):
        zonal(file, frame(A=box(0, 0, 1, 1)))


def test_rotated(tmp_path):
    turned = Affine(70, 70, WEST, 70, -70, NORTH)
    path = write(tmp_path / "r.tif", np.ones((2, 2)), transform=turned)
    with pytest.raises(DataError, match="rotated"):
        zonal(path, frame(A=box(0, 0, 1, 1)))


def test_classes_of_decimals(tmp_path):
    whole = write(tmp_path / "w.tif", np.array([[1.0, np.nan, 2.0]]))
    units = frame(A=box(0, 0, 3, 1))
    assert zonal(whole, units, stats="shares").loc["A", "share_2"] == 0.5
    path = write(tmp_path / "r.tif", np.array([[1.5, 2.0]]))
    with pytest.raises(MeasureError, match=r"1 decimal value\(s\).*1.5"):
        zonal(path, units, stats="shares")


def test_too_many_classes(tmp_path):
    values = np.arange(1600, dtype="uint16").reshape(40, 40)
    path = write(tmp_path / "r.tif", values)
    with pytest.raises(MeasureError, match="1600 classes"):
        zonal(path, frame(A=box(0, 0, 40, 40)), stats="shares")


def test_complex_numbers(tmp_path):
    path = write(tmp_path / "r.tif", np.ones((1, 1), "complex64"))
    with pytest.raises(DataError, match="complex"):
        zonal(path, frame(A=box(0, 0, 1, 1)))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (None, "without outline.*'bad'"),
        (shapely.Polygon(), "without outline"),
        (shapely.Point(WEST, NORTH), "no polygons.*locate"),
        (
            shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]),
            "invalid outline.*make_valid",
        ),
    ],
)
def test_outlines_that_have_no_cells(stairs, shape, message):
    units = frame(good=box(0, 0, 1, 1), bad=shape)
    with pytest.raises(DataError, match=message):
        zonal(stairs, units)


def test_repeated_codes_and_empty_units(stairs):
    units = frame(A=box(0, 0, 1, 1))
    with pytest.raises(DataError, match="more than once: 'A'"):
        zonal(stairs, pd.concat([units, units]))
    with pytest.raises(DataError, match="empty"):
        zonal(stairs, units.iloc[:0])


def test_unknown_statistics(stairs):
    units = frame(A=box(0, 0, 1, 1))
    for stats in ("moyenne", ["mean", "weighted_mean"], []):
        with pytest.raises(MeasureError, match=r"unknown statistic.*pass weights"):
            zonal(stairs, units, stats=stats)
    with pytest.raises(DataError, match="min_cover"):
        zonal(stairs, units, min_cover=50)


LOWEST = np.float32(-3.4028234663852886e38)


@pytest.mark.parametrize(
    ("cell", "header"),
    [
        (LOWEST, -3.4028234663852886e38),
        (LOWEST, -3.40282e38),
        (LOWEST, -3.4028230607370965e38),
        (LOWEST, -3.39999999999999996e38),
        (np.float32(-3.4e38), -3.39999999999999996e38),
        (LOWEST, None),
        (np.nextafter(LOWEST, np.float32(0)), -3.4028234663852886e38),
        (-LOWEST, None),
        (LOWEST, -9999),
    ],
)
def test_the_no_data_of_decimal_cells_is_no_value_whatever_the_header_says(
    tmp_path, cell, header
):
    values = np.array([[cell], [3.0]], dtype="float32")
    path = write(tmp_path / "relief.tif", values, nodata=header)
    units = frame(q=box(0, 0, 1, 2))
    found = zonal(path, units, stats=("mean", "min", "max", "count", "median"))
    assert found.loc["q", ["mean", "min", "max", "median"]].tolist() == [3.0] * 4
    assert found.loc["q", ["count", "covered"]].tolist() == [1.0, 0.5]
    assert weight_within(path, units.geometry).tolist() == [3.0]


def test_great_values_of_a_raster_are_values(tmp_path):
    path = write(tmp_path / "stars.tif", np.array([[1e29, 3e29]], dtype="float64"))
    found = zonal(path, frame(q=box(0, 0, 2, 1)), stats="mean")
    assert found.loc["q", "mean"] == 2e29


def test_a_raster_of_elsewhere_is_warned_of_with_both_boxes(stairs):
    far = frame(q=box(1000, 1000, 1001, 1001))
    told = r"raster and units have no ground in common: raster .* 680000 … 680400"
    with pytest.warns(BasinmapWarning, match=told):
        found = zonal(stairs, far)
    assert found.loc["q", "covered"] == 0
    assert found.loc["q", "mean_state"] == "not_available"


@pytest.mark.parametrize(("cell", "state"), [(4.0, "lower_bound"), (-4.0, "")])
def test_a_sum_of_a_part_is_a_minimum_unless_something_is_negative(cell, state):
    grid = {"driver": "GTiff", "width": 2, "height": 1, "count": 1, "dtype": "float32"}
    grid |= {
        "crs": "EPSG:2154",
        "nodata": -9999,
        "transform": Affine(100, 0, 0, 0, -100, 100),
    }
    units = gpd.GeoDataFrame(
        geometry=[shapely.box(0, 0, 200, 100), shapely.box(0, 0, 100, 100)],
        crs=2154,
        index=pd.Index(["A", "B"], name="quartier"),
    )
    with rasterio.MemoryFile() as file, file.open(**grid) as raster:
        raster.write(np.array([[cell, -9999.0]]), 1)
        with pytest.warns(BasinmapWarning, match="without data on a part"):
            table = zonal(raster, units, stats=("sum", "mean"))
    assert table["sum"].tolist() == [cell, cell]
    assert table["sum_state"].tolist() == [state, ""]
    assert table["mean_state"].tolist() == ["", ""]
