"""Points into units: exact whatever the raster, each point once, nothing silent."""

import json
import math
import pickle
import warnings
from decimal import Decimal
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import basinmap as bm
from basinmap.errors import (
    BasinmapError,
    BasinmapWarning,
    CodeError,
    ColumnError,
    CRSError,
    DataError,
    MeasureError,
)
from basinmap.measures import Median, Stock, states_of
from basinmap.spatial import lookups, tallies
from basinmap.spatial.joins import count, locate
from basinmap.spatial.lookups import find, lookup
from basinmap.spatial.partitions import dataset_files
from basinmap.spatial.points import read_points
from basinmap.values.told import measures_of


def told_or_typed(message):
    """Match the words of the verb, or those of the door that all share."""
    return rf"{message}|is of no use here; pass"


REFERENCE = Path(__file__).parents[2] / "shared/data/reference/bassin-minier"
CRS = 2154


def frame(shapes, codes=None):
    shapes = list(shapes)
    codes = codes or [f"{rank:03d}" for rank in range(len(shapes))]
    index = pd.Index(codes, name="commune")
    return gpd.GeoDataFrame(geometry=shapes, index=index, crs=CRS)


def squares(columns=2, rows=1, side=100.0):
    """Return squares side by side, codes from left to right and up."""
    return frame(
        shapely.box(c * side, r * side, (c + 1) * side, (r + 1) * side)
        for r in range(rows)
        for c in range(columns)
    )


def expected(units, x, y):
    """Return the rank of the unit of each point by GEOS alone, and the rule."""
    shapes = units.geometry.array
    inside = np.array([shapely.contains_xy(shape, x, y) for shape in shapes])
    touched = np.array([shapely.intersects_xy(shape, x, y) for shape in shapes])
    held = np.where(inside.any(axis=0), inside, touched)
    return np.where(held.any(axis=0), held.argmax(axis=0), -1)


def delicate(units, number, rng):
    """Return points on vertices, on borders and 1e-9 m beside them."""
    edges = shapely.boundary(units.geometry.array)
    corners = shapely.get_coordinates(edges)
    corners = corners[rng.integers(0, len(corners), number // 2)]
    lines = edges[rng.integers(0, len(edges), number - len(corners))]
    along = shapely.line_interpolate_point(
        lines, rng.random(len(lines)), normalized=True
    )
    points = np.vstack([corners, shapely.get_coordinates(along)])
    beside = points + rng.choice([0, 1e-9, -1e-9], points.shape)
    return np.ascontiguousarray(np.vstack([points, beside]).T)


def clustered(units, number, rng):
    """Return points around the middle of a few units, as people are."""
    middles = shapely.get_coordinates(units.representative_point())
    towns = middles[rng.integers(0, len(middles), 60)]
    town = rng.integers(0, 60, number)
    spread = rng.uniform(100, 3000, 60)[town]
    near = towns[town] + rng.normal(size=(number, 2)) * spread[:, None]
    return np.ascontiguousarray(near.T)


def triangles(corners):
    """Return an exact partition with whole coordinates."""
    cells = shapely.get_parts(shapely.delaunay_triangles(shapely.multipoints(corners)))
    return [cell for cell in cells if shapely.is_valid(cell) and shapely.area(cell) > 0]


def voronoi(seeds):
    box = shapely.box(0, 0, 1000, 1000)
    cells = shapely.voronoi_polygons(shapely.multipoints(seeds), extend_to=box)
    return [
        part
        for part in shapely.intersection(shapely.get_parts(cells), box)
        if part.geom_type == "Polygon" and part.area > 0
    ]


whole = st.tuples(st.integers(0, 64), st.integers(0, 64))
partitions = st.lists(whole, min_size=5, max_size=25, unique=True)
seeds = st.integers(0, 2**32 - 1)


# -- the raster ------------------------------------------------------------------


def marked_cells(edges, raster):
    cells, _ = lookups._touched(edges, raster)
    return np.unique(cells)


def boxes(raster, cells):
    row, column = np.divmod(cells, raster.columns)
    left, low = raster.left(column), raster.y + row * raster.cell
    return shapely.box(left, low, left + raster.cell, low + raster.cell)


def assert_conservative(shapes, raster):
    """Each cell that a border touches is marked, and no cell far from any."""
    edges = lookups._edges(np.asarray(shapes, dtype=object))
    marked = marked_cells(edges, raster)
    every = np.arange(raster.columns * raster.rows)
    border = shapely.union_all(shapely.boundary(shapes))
    shapely.prepare(border)
    squares = boxes(raster, every)
    touched = every[shapely.intersects(border, squares)]
    assert np.isin(touched, marked).all()
    # Nor is the marking wasteful: a marked cell is within a hair of a border.
    wasted = np.setdiff1d(marked, touched)
    row, column = np.divmod(wasted, raster.columns)
    assert (shapely.distance(border, squares[wasted]) < raster.cell * 1e-3).all()
    return row, column


def on_corners(raster, rng, number):
    """Return shapes whose vertices lie exactly on corners of cells."""
    column = rng.integers(2, raster.columns - 2, number)
    row = rng.integers(2, raster.rows - 2, number)
    return np.c_[raster.left(column), raster.y + row * raster.cell]


@pytest.mark.parametrize("seed", range(20))
def test_every_cell_that_a_border_touches_is_marked(seed):
    """Edges along sides of cells, through their corners, vertices on corners."""
    rng = np.random.default_rng(seed)
    raster = lookups._Raster(
        rng.uniform(-1e6, 7e6), rng.uniform(-1e6, 7e6), rng.choice([0.1, 7, 50]), 24, 19
    )
    corners = on_corners(raster, rng, 14)
    if seed % 2:  # a hair beside: rounding must not save the day
        corners += rng.choice([0, 1e-10, -1e-10], corners.shape) * raster.cell
    shapes = triangles(corners)
    assert_conservative(shapes, raster)
    along = shapely.box(*corners[:2].min(axis=0), *corners[:2].max(axis=0))
    if along.area > 0:
        assert_conservative([along], raster)


@given(partitions, seeds)
@settings(max_examples=60, deadline=None)
def test_every_cell_left_is_wholly_inside_one_unit(corners, seed):
    shapes = triangles(np.array(corners, float))
    assume(shapes)
    units = frame(shapes)
    cell = float(np.random.default_rng(seed).uniform(0.7, 9))
    ready = lookup(units, cell=cell)
    cells = np.flatnonzero(ready.grid >= 0)
    held = ready.shapes[ready.grid[cells]]
    assert shapely.contains(held, boxes(ready._raster, cells)).all()
    outside = np.flatnonzero(ready.grid == -1)
    union = shapely.union_all(shapes)
    assert not shapely.intersects(union, boxes(ready._raster, outside)).any()


def test_a_shared_border_is_one_edge():
    edges = lookups._edges(np.asarray(squares(2).geometry.array))
    assert len(edges.x) == 7


@given(partitions, seeds)
@settings(max_examples=60, deadline=None)
def test_each_point_is_found_where_exact_predicates_find_it(corners, seed):
    """On points that share x or y with vertices, lie on them or an ulp beside."""
    shapes = triangles(np.array(corners, float))
    assume(shapes)
    units, rng = frame(shapes), np.random.default_rng(seed)
    ready = lookup(units, cell=float(rng.uniform(0.7, 40)))
    x = np.r_[
        rng.uniform(-2, 66, 300), rng.integers(0, 65, 600), rng.uniform(0, 64, 300)
    ]
    y = np.r_[
        rng.uniform(-2, 66, 600), rng.integers(0, 65, 300), rng.uniform(0, 64, 300)
    ]
    corner, raster = rng.integers(0, 64, (2, 100)), ready._raster
    x = np.r_[x, raster.left(raster.column(corner[0].astype(float))), corner[0]]
    y = np.r_[y, corner[1], raster.middle(raster.row(corner[1].astype(float)))]
    step = rng.choice([-np.inf, np.inf], len(x))
    x = np.where(rng.random(len(x)) < 0.3, np.nextafter(x, step), x)
    found = find(ready, x, y)
    assert (found.rank == expected(units, x, y)).all()
    assert len(found.point) == 0


@given(st.integers(3, 40), seeds)
@settings(max_examples=30, deadline=None)
def test_each_interior_point_of_a_partition_is_found_once(number, seed):
    rng = np.random.default_rng(seed)
    shapes = voronoi(rng.uniform(0, 1000, (number, 2)))
    units = frame(shapes)
    x, y = rng.uniform(0, 1000, (2, 400))
    inside = [shapely.contains_xy(shape, x, y) for shape in shapes]
    table, _ = count((x, y), units, overlaps="all")
    codes = locate((x, y), units, overlaps="lowest")
    once = np.sum(inside, axis=0) == 1
    assert (codes.notna() | ~once).all()
    assert (units.index.get_indexer(codes[once]) == np.argmax(inside, 0)[once]).all()
    assert table["points"].sum() >= once.sum()


@given(partitions, seeds)
@settings(max_examples=25, deadline=None)
def test_the_order_of_rows_is_irrelevant(corners, seed):
    shapes = triangles(np.array(corners, float))
    assume(shapes)
    units, rng = frame(shapes), np.random.default_rng(seed)
    points = pd.DataFrame({"x": rng.integers(0, 65, 200), "y": rng.uniform(0, 64, 200)})
    inside = shapes[0].representative_point()
    points = pd.concat([points, pd.DataFrame({"x": [inside.x], "y": [inside.y]})])
    points = points.reset_index(drop=True)
    shuffled = locate(points.sample(frac=1, random_state=1), units.sample(frac=1))
    pd.testing.assert_series_equal(shuffled.sort_index(), locate(points, units))


@given(
    partitions,
    seeds,
    st.tuples(st.integers(-(10**6), 10**6), st.integers(0, 7 * 10**6)),
)
@settings(max_examples=25, deadline=None)
def test_a_translation_changes_nothing(corners, seed, shift):
    shapes = triangles(np.array(corners, float))
    assume(shapes)
    units, rng = frame(shapes), np.random.default_rng(seed)
    # On a grid of 1/16 m, shifted coordinates are exact.
    x, y = rng.integers(0, 16 * 64, (2, 300)) / 16
    corner = shapely.get_coordinates(shapes[0])[0]  # one point at least in a unit
    x, y = np.append(x, corner[0]), np.append(y, corner[1])
    moved = units.set_geometry(units.translate(*shift))
    there = locate((x + shift[0], y + shift[1]), moved)
    pd.testing.assert_series_equal(there, locate((x, y), units))


@pytest.mark.parametrize("cell", [0.5, 3, 17, 400])
def test_the_cell_changes_no_answer(cell):
    rng = np.random.default_rng(3)
    units = frame(voronoi(rng.uniform(0, 1000, (30, 2))))
    x, y = np.hstack([rng.uniform(-50, 1050, (2, 3000)), delicate(units, 500, rng)])
    found = find(lookup(units, cell=cell), x, y)
    assert (found.rank == find(lookup(units), x, y).rank).all()


# -- the peers -------------------------------------------------------------------


def assert_as_sjoin(units, x, y):
    """Compare with geopandas wherever it answers, and with the rule elsewhere."""
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=CRS)
    peer = points.sjoin(units[["geometry"]], predicate="within")
    peer = pd.DataFrame({"point": peer.index, "commune": peer["commune"]})
    peer = peer.sort_values(["point", "commune"], ignore_index=True)
    mine = locate((x, y), units, overlaps="all")
    told = mine[mine["point"].isin(peer["point"])].reset_index(drop=True)
    assert (told["point"].to_numpy() == peer["point"].to_numpy()).all()
    assert (told["commune"].to_numpy() == peer["commune"].to_numpy()).all()
    rest = mine[~mine["point"].isin(peer["point"])].set_index("point")["commune"]
    touched = points.drop(peer["point"]).sjoin(units[["geometry"]])
    rule = touched.groupby(level=0)["commune"].min()
    assert rest.sort_index().to_dict() == rule.to_dict()
    return mine


def test_communes_are_those_of_geopandas():
    units, rng = bm.communes(), np.random.default_rng(1)
    x, y = np.hstack([clustered(units, 200_000, rng), delicate(units, 5_000, rng)])
    mine = assert_as_sjoin(units, x, y)
    assert mine["point"].is_unique
    assert len(mine) > 150_000


def test_outlines_that_overlap_are_those_of_geopandas():
    path = REFERENCE / "communes-mbm.geojson"
    if not path.exists():
        pytest.skip("reference data not beside the clone")
    units, rng = gpd.read_file(path), np.random.default_rng(2)
    units = units.set_index(units["insee"].rename("commune")).to_crs(CRS)
    assert not units.is_valid_coverage()
    x, y = np.hstack([clustered(units, 100_000, rng), delicate(units, 5_000, rng)])
    mine = assert_as_sjoin(units[["geometry"]], x, y)
    assert not mine["point"].is_unique
    with pytest.raises(DataError, match=r"units overlap: .*'\d{5} / \d{5}'"):
        locate((x, y), units)
    lowest = locate((x, y), units, overlaps="lowest")
    first = mine.groupby("point")["commune"].min()
    assert lowest.dropna().to_dict() == first.to_dict()


# -- the rule --------------------------------------------------------------------


def test_a_point_on_a_border_belongs_to_the_lowest_code():
    units = squares(2, 2).set_axis(pd.Index(list("dcba"), name="commune"))
    codes = locate(([100, 100, 100, 0, 200], [100, 50, 150, 0, 100]), units)
    assert codes.tolist() == ["a", "c", "a", "d", "a"]
    assert codes.attrs["account"]["on_border"] == 5


def test_inside_of_one_goes_before_the_border_of_another():
    units = frame([shapely.box(0, 0, 50, 100), shapely.box(40, 0, 100, 100)])
    codes = locate(([50.0, 40.0], [50.0, 50.0]), units)
    assert codes.tolist() == ["001", "000"]
    assert codes.attrs["account"]["on_border"] == 0


def test_a_hole_is_outside_and_its_border_is_not():
    hole = shapely.box(0, 0, 100, 100).difference(shapely.box(40, 40, 60, 60))
    codes = locate(([50, 40, 10], [50, 50, 10]), frame([hole]))
    assert codes.isna().tolist() == [True, False, False]


def test_islands_and_enclaves_are_found():
    enclave = shapely.box(40, 40, 60, 60)
    main = shapely.box(0, 0, 100, 100).difference(enclave)
    units = frame([shapely.union(main, shapely.box(200, 0, 210, 10)), enclave])
    codes = locate(([50, 205, 5, 150], [50, 5, 5, 50]), units)
    assert codes.fillna("").tolist() == ["001", "000", "000", ""]


def test_overlaps_are_refused_listed_or_settled():
    units = frame([shapely.box(0, 0, 60, 100), shapely.box(40, 0, 100, 100)])
    points = pd.DataFrame({"x": [50.0, 10.0, 300.0], "y": 50.0}, index=list("pqr"))
    with pytest.raises(DataError, match=r"1 point\(s\).*'000 / 001'"):
        locate(points, units)
    assert locate(points, units, overlaps="lowest")["p"] == "000"
    pairs = locate(points, units, overlaps="all")
    assert pairs["point"].tolist() == ["p", "p", "q"]
    assert pairs["commune"].tolist() == ["000", "001", "000"]
    table, report = count(points, units, overlaps="all")
    assert table["points"].tolist() == [2, 1]
    assert "comptés dans chacune" in str(report)


def test_units_one_upon_the_other_are_all_found():
    units = frame([shapely.box(0, 0, 100, 100)] * 3)
    pairs = locate(([50.0, 100.0], [50.0, 50.0]), units, overlaps="all")
    assert pairs["commune"].tolist() == ["000", "001", "002", "000"]


def test_the_closest_unit_holds_a_point_outside_within_the_limit():
    points = ([250.0, 230.0, 100.0], [50.0, 50.0, -10.0])
    codes = locate(points, squares(2), nearest=40)
    assert codes.fillna("").tolist() == ["", "001", "000"]
    assert codes.attrs["account"]["nearest"] == 2
    assert codes.attrs["account"]["outside"] == 1


def test_the_limit_itself_is_within_reach():
    assert locate(([230.0], [50.0]), squares(2), nearest=30).tolist() == ["001"]


def test_a_crowded_cell_is_left_to_exact_predicates():
    angle = np.linspace(0, 2 * np.pi, 2001)[:-1]
    disc = shapely.Polygon(500 + 100 * np.c_[np.cos(angle), np.sin(angle)])
    units = frame([disc, shapely.box(0, 0, 1000, 1000).difference(disc)])
    x, y = np.random.default_rng(0).uniform(380, 620, (2, 5000))
    assert (find(lookup(units, cell=100), x, y).rank == expected(units, x, y)).all()


# -- sources ---------------------------------------------------------------------


def test_a_series_is_on_the_index_of_its_points_and_named_after_the_level():
    points = gpd.GeoSeries(
        [shapely.Point(10, 10), shapely.Point(150, 10)], index=["b", "a"], crs=CRS
    )
    codes = locate(points, squares(2))
    assert codes.index.tolist() == ["b", "a"]
    assert codes.name == "commune"
    assert codes.tolist() == ["000", "001"]


def test_codes_that_are_numbers_stay_so():
    units = squares(2).set_axis(pd.Index([7, 5], name="zone"))
    codes = locate(([10.0, 100.0, 999.0], [10.0, 10.0, 10.0]), units)
    assert codes.dtype == "Int64"
    assert codes.tolist()[:2] == [7, 5]


def test_geometries_give_their_coordinates_however_many():
    rng = np.random.default_rng(8)
    x, y = rng.random((2, 50_000)) * 200
    shapes = shapely.points(x, y)
    odd = [None, shapely.Point(), shapely.Point(np.nan, 1), shapely.Point(1, np.inf)]
    places = [3, 20_000, 40_000, 49_999]
    shapes[places] = odd
    shapes[30_000] = shapely.Point(x[30_000], y[30_000], 7)
    (lot,) = read_points(gpd.GeoSeries(shapes, crs=CRS)).lots([])
    x[places], y[places] = [np.nan, np.nan, np.nan, 1], [np.nan, np.nan, 1, np.inf]
    np.testing.assert_array_equal([lot.x, lot.y], [x, y])
    shapes[[20_001, 45_000]] = shapely.MultiPoint([(1, 1)]), shapely.Polygon()
    with pytest.raises(DataError, match=r"2 row.*no point: 20001, 45000"):
        read_points(gpd.GeoSeries(shapes, crs=CRS))


def test_no_points_are_an_empty_answer():
    assert len(locate(([], []), squares(2))) == 0
    table, _ = count(([], []), squares(2))
    assert table["points"].tolist() == [0, 0]
    empty = gpd.GeoSeries([], crs=CRS)
    assert len(locate(empty, squares(2))) == 0


def test_a_lookup_is_kept_pickled_and_passed():
    ready = lookup(squares(3), cell=7)
    again = pickle.loads(pickle.dumps(ready))  # noqa: S301 - our own
    points = ([10.0, 100.0, 250.0], [10.0, 10.0, 10.0])
    assert locate(points, again).equals(locate(points, ready))
    assert locate(points, ready).equals(locate(points, squares(3)))
    with pytest.raises(ValueError, match="read-only"):
        ready.grid[0] = 1
    with pytest.raises(AttributeError):
        ready.cell = 3.0


def test_the_raster_is_bounded():
    wide = frame([shapely.box(0, 0, 1, 1), shapely.box(1e6, 1e6, 1e6 + 1, 1e6 + 1)])
    ready = lookup(wide)
    assert ready.grid.nbytes <= 72 * 2**20
    assert locate(([1e6 + 0.5, 5.0], [1e6 + 0.5, 5.0]), ready)[0] == "001"
    with pytest.raises(DataError, match="GiB; leave cell out"):
        lookup(wide, cell=0.1)


@pytest.fixture
def sales():
    rng = np.random.default_rng(5)
    x, y = rng.uniform(-10, 310, 5000), rng.uniform(-10, 110, 5000)
    return gpd.GeoDataFrame(
        {
            "year": rng.choice([2024, 2025], 5000),
            "kind": rng.choice(["house", "flat"], 5000),
            "price": rng.integers(50, 500, 5000) * 1000.0,
        },
        geometry=gpd.points_from_xy(x, y),
        crs=CRS,
    )


@pytest.mark.parametrize("encoding", ["WKB", "geoarrow"])
def test_a_file_gives_what_its_frame_gives(tmp_path, sales, encoding, monkeypatch):
    monkeypatch.setattr("basinmap.spatial.points._ROWS", 700)
    path = tmp_path / "sales.parquet"
    sales.to_parquet(path, geometry_encoding=encoding, row_group_size=1100)
    options = {"sums": ["price"], "medians": ["price"]}
    for by in (None, "year", "kind"):
        here, told = count(sales, squares(3), by=by, **options)
        there, read = count(path, squares(3), by=by, **options)
        pd.testing.assert_frame_equal(here, there)
        assert told.before == pytest.approx(read.before)
        assert told.notes == read.notes
    codes = locate(str(path), squares(3))
    assert codes.equals(locate(sales, squares(3)))


def test_a_folder_of_files_is_read_as_one(tmp_path, sales):
    for part in range(3):
        sales.iloc[part::3].to_parquet(tmp_path / f"{part}.parquet")
    table, _ = count(tmp_path, squares(3), sums="price")
    pd.testing.assert_frame_equal(table, count(sales, squares(3), sums="price")[0])


@pytest.mark.parametrize("ending", ["geoparquet", "PARQUET", "pq", "parq"])
def test_a_folder_is_read_whole_whatever_the_endings_of_its_files(
    tmp_path, sales, ending
):
    sales.iloc[::2].to_parquet(tmp_path / "a.parquet")
    sales.iloc[1::2].to_parquet(tmp_path / f"b.{ending}")
    sales.to_parquet(tmp_path / "_old.parquet")
    table, _ = count(tmp_path, squares(3), sums="price")
    pd.testing.assert_frame_equal(table, count(sales, squares(3), sums="price")[0])
    assert len(locate(tmp_path, squares(3))) == len(sales)
    assert [Path(url).name for url in dataset_files(tmp_path, {})] == [
        "a.parquet",
        f"b.{ending}",
    ]


@pytest.mark.parametrize("below", ["2021/b.parquet", "an=2021/b.pq", "x/y/b.parquet"])
def test_files_in_sub_folders_are_refused_by_name(tmp_path, sales, below):
    (tmp_path / below).parent.mkdir(parents=True)
    sales.iloc[::2].to_parquet(tmp_path / "a.parquet")
    sales.iloc[1::2].to_parquet(tmp_path / below)
    for read in (
        lambda: count(tmp_path, squares(3)),
        lambda: locate(tmp_path, squares(3)),
        lambda: dataset_files(tmp_path, {}),
    ):
        with pytest.raises(DataError, match=f"sub-folders: '{below}'"):
            read()


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (7_037_800.0, 685_500.0),  # swapped
        (685.5, 7037.8),  # kilometres
        (632_722.5, 2_604_832.7),  # Lambert II étendu
        (1_689_600.0, 9_247_500.0),  # CC50
    ],
)
def test_points_of_which_none_lies_in_a_unit_are_warned_of(x, y):
    table = pd.DataFrame({"x": [x] * 50, "y": [y] * 50})
    told = r"not one of 50 lies in a unit; units lie within x = \d+"
    with pytest.warns(BasinmapWarning, match=told):
        counted, _ = count(table, bm.communes(epci="call"))
    assert counted["points"].sum() == 0
    with pytest.warns(BasinmapWarning, match=told):
        codes = locate(table, bm.communes(epci="call"))
    assert codes.isna().all()


def test_one_point_in_a_unit_is_enough_and_blank_ones_are_not_warned_of():
    points = gpd.GeoSeries([shapely.Point(50, 50), shapely.Point(-9e5, 0)], crs=CRS)
    assert locate(points, squares(1)).notna().sum() == 1
    blank = gpd.GeoSeries([shapely.Point(), None], crs=CRS)
    assert locate(blank, squares(1)).isna().all()


def test_coordinates_are_read_without_geometries(tmp_path, sales, monkeypatch):
    path = tmp_path / "sales.parquet"
    sales.to_parquet(path)
    monkeypatch.setattr("shapely.from_wkb", None)
    (lot,) = read_points(path).lots([])
    assert (lot.x == sales.geometry.x).all()
    assert (lot.y == sales.geometry.y).all()


def test_other_points_of_wkb_are_read_all_the_same(tmp_path):
    points = [shapely.Point(10, 20), None, shapely.Point(), shapely.Point(150, 20, 3)]
    path = tmp_path / "points.parquet"
    gpd.GeoDataFrame(geometry=points, crs=CRS).to_parquet(path)
    codes = locate(path, squares(2))
    assert codes.fillna("").tolist() == ["000", "", "", "001"]
    assert codes.attrs["account"]["without_coordinates"] == 2


def rewritten(path, column, metadata):
    schema = pa.schema(
        [pa.field("geometry", column.type)], metadata={b"geo": json.dumps(metadata)}
    )
    pq.write_table(pa.Table.from_arrays([column], schema=schema), path)


def about(encoding="WKB", **more):
    crs = json.loads(bm.communes().crs.to_json())
    columns = {"geometry": {"encoding": encoding, "crs": crs} | more}
    return {"version": "1.1.0", "primary_column": "geometry", "columns": columns}


def test_big_endian_and_interleaved_points_are_read(tmp_path):
    points = shapely.points([10.0, 150.0], [20.0, 20.0])
    path = tmp_path / "points.parquet"
    rewritten(path, pa.array(shapely.to_wkb(points, byte_order=0)), about())
    assert locate(path, squares(2)).tolist() == ["000", "001"]
    pairs = [[10.0, 20.0], None, [150.0, 20.0]]
    kind = pa.list_(pa.float64(), 2)
    try:
        rewritten(path, pa.array(pairs, kind), about("point"))
    except pa.ArrowNotImplementedError:  # older ones write no list that is absent
        pairs[1] = [np.nan, np.nan]
        rewritten(path, pa.array(pairs, kind), about("point"))
    assert locate(path, squares(2)).fillna("").tolist() == ["000", "", "001"]


def test_a_slice_of_points_with_a_gap_is_read(tmp_path):
    kind = pa.struct([("x", pa.float64()), ("y", pa.float64())])
    points = pa.array([{"x": 10.0, "y": 20.0}, None, {"x": 150.0, "y": 20.0}], kind)
    path = tmp_path / "points.parquet"
    rewritten(path, points, about("point"))
    assert locate(path, squares(2)).fillna("").tolist() == ["000", "", "001"]


# -- counts ----------------------------------------------------------------------


def test_counts_and_sums_are_those_of_pandas(sales):
    table, report = count(
        sales, squares(3), by="kind", sums=["price"], medians=["price"]
    )
    placed = sales.assign(unit=locate(sales, squares(3)))
    groups = placed.groupby("unit")["price"]
    assert table["points"].tolist() == groups.size().tolist()
    assert table["price"].tolist() == groups.sum().tolist()
    assert table["price_median"].tolist() == groups.median().tolist()
    flats = placed[placed["kind"] == "flat"].groupby("unit")["price"]
    assert table["points_flat"].tolist() == flats.size().tolist()
    assert table["price_flat"].tolist() == flats.sum().tolist()
    assert table["price_median_flat"].tolist() == flats.median().tolist()
    assert (table["points_flat"] + table["points_house"] == table["points"]).all()
    assert report.before["price"] == sales["price"].sum()
    assert report.after["price"] == placed.dropna()["price"].sum()


# -- what several points make ------------------------------------------------------


def lines(**columns):
    """
    Return the lines of five sales on squares "a" and "b".

    A house on three parcels of "a", a flat there, a sale of a line in each of the two,
    one in "b", and one outside of both.
    """
    told = {
        "id_mutation": ["1", "1", "1", "2", "3", "3", "4", "4", "5", "5"],
        "price": [90.0, 90, 90, 50, 70, 70, np.nan, np.nan, 10, 10],
        "kind": np.repeat(["house", "flat", "land", "flat", "house"], [3, 1, 2, 2, 2]),
        "x": [10.0, 20, 30, 40, 50, 150, 160, 170, 900, 901],
    }
    return pd.DataFrame(told | {"y": 50.0} | columns)


def test_a_sale_of_several_lines_counts_once_in_each_unit():
    table, report = count(
        lines(), squares(), once="id_mutation", sums=["price"], medians=["price"]
    )
    # In the first: 90, 50 and 70; in the second 70, and one without a price.
    assert table["points"].tolist() == [3, 2]
    assert table["price"].tolist()[0] == 210
    assert table["price_median"].tolist() == [70, 70]
    assert states_of(table, "price").tolist() == ["", "not_available"]
    # 1, 2, 3 twice, 4, 5 outside.
    assert (report.before["points"], report.after["points"]) == (6, 5)
    assert (report.units_before, report.before["price"]) == (10, 290)
    assert report.notes[0].startswith("10 points, 5 valeurs de id_mutation")
    assert "1 fois de plus en tout" in report.notes[0]
    assert measures_of(table)["points"].label == "Points, une fois par id_mutation"
    assert measures_of(count(lines(), squares())[0])["points"].label == "Points"


def test_secrets_and_categories_of_sales_are_of_sales_and_not_of_lines():
    table, _ = count(lines(), squares(), once="id_mutation", by="kind", threshold=2)
    assert table["points"].tolist() == [3, 2]
    # Three lines of the house are one sale, under the threshold.
    assert table["points_house_state"].tolist() == ["secret", ""]
    assert table["points_house"].iloc[1] == 0


@pytest.mark.parametrize("rows", [1, 700])
def test_sales_cut_by_lots_of_a_file_are_those_of_pandas(
    tmp_path, sales, rows, monkeypatch
):
    sales = sales.iloc[: 300 if rows == 1 else None]
    rng = np.random.default_rng(3)
    sale = rng.integers(0, len(sales) // 3, len(sales))
    sales = sales.assign(sale=sale, price=1000.0 * sale, year=2024 + sale % 2)
    monkeypatch.setattr("basinmap.spatial.points._ROWS", rows)
    path = tmp_path / "sales.parquet"
    sales.to_parquet(path, row_group_size=max(rows, 100) * 2)
    options = {"once": "sale", "by": "year", "sums": "price", "medians": "price"}
    here, told = count(sales, squares(3), **options)
    there, read = count(path, squares(3), **options)
    pd.testing.assert_frame_equal(here, there)
    assert (told.notes, told.before) == (read.notes, pytest.approx(read.before))
    placed = sales.assign(unit=locate(sales, squares(3))).dropna()
    placed = placed.drop_duplicates(["unit", "sale"])
    groups = placed.groupby("unit")["price"]
    assert here["points"].tolist() == groups.size().tolist()
    assert here["price"].tolist() == groups.sum().tolist()
    assert here["price_median"].tolist() == groups.median().tolist()


def test_names_of_sales_are_the_same_whatever_their_type():
    whole = [10**17 + n for n in (1, 1, 1, 2, 3, 3, 4, 4, 5, 5)]  # beyond 2**53
    for names in (whole, list(map(str, whole)), pd.Categorical(whole)):
        found, _ = count(lines(id_mutation=names), squares(), once="id_mutation")
        assert found["points"].tolist() == [3, 2]
    found, _ = count(
        lines(id_mutation=[1, 1, 1, 2, 3, 3, 4, 4, 5, 5.0]),
        squares(),
        once="id_mutation",
    )
    assert found["points"].tolist() == [3, 2]


@pytest.mark.parametrize(
    ("changed", "options", "told"),
    [
        ({"price": range(10)}, {"sums": "price"}, r"3 'id_mutation' with two values"),
        ({"price": range(10)}, {"medians": "price"}, r"of 'price' in one unit: '1'"),
        ({"kind": list("abcdefghij")}, {"by": "kind"}, r"'kind' in one unit: '1'"),
        ({"id_mutation": ["1", None] * 5}, {}, r"5 row\(s\) without 'id_mutation': 1"),
        ({"id_mutation": [" "] * 10}, {}, r"10 row\(s\) without 'id_mutation'"),
        ({}, {"overlaps": "all"}, r"say overlaps='lowest'"),
        ({}, {"once": "vente"}, r"1 column\(s\) missing: 'vente'"),
    ],
)
def test_what_cannot_count_once_is_refused(changed, options, told):
    with pytest.raises(BasinmapError, match=told):
        count(lines(**changed), squares(), **({"once": "id_mutation"} | options))


def test_many_medians_wait_on_disk(sales, monkeypatch):
    here, _ = count(sales, squares(3), by="year", medians=["price"])
    monkeypatch.setattr(tallies, "_SPILLED", 800)
    there, _ = count(sales, squares(3), by="year", medians=["price"])
    pd.testing.assert_frame_equal(here, there)


def test_the_table_is_on_the_index_of_the_units():
    units = squares(3).iloc[[2, 0, 1]]
    table, _ = count(([10.0, 110.0, 120.0], [5.0, 5.0, 5.0]), units)
    assert table.index.tolist() == ["002", "000", "001"]
    assert table.index.name == "commune"
    assert table["points"].tolist() == [0, 1, 2]


def test_columns_are_declared_as_what_they_are(sales):
    table, _ = count(sales, squares(3), by="year", sums=["price"], medians=["price"])
    measures = bm.measures_of(table)
    assert set(measures) == set(table.columns)
    assert isinstance(measures["points_2024"], Stock)
    assert isinstance(measures["price_median_2024"], Median)


def test_a_sum_with_a_missing_value_is_not_available():
    points = pd.DataFrame(
        {"x": [10.0, 20.0, 110.0, 120.0], "y": 5.0, "price": [1.0, np.nan, 3.0, 4.0]}
    )
    table, report = count(points, squares(3), sums=["price"], medians=["price"])
    assert states_of(table, "price").tolist() == ["not_available", "", ""]
    assert table["price"].tolist()[1:] == [7.0, 0.0]
    assert table["price_median"].tolist()[:2] == [1.0, 3.5]
    assert states_of(table, "price_median")["002"] == "not_applicable"
    assert report.missing == {"price": ("000",)}


def test_states_of_points_reach_the_sums():
    points = pd.DataFrame(
        {
            "x": [10.0, 20.0, 110.0, 120.0, 210.0],
            "y": 5.0,
            "dwellings": [1.0, np.nan, np.nan, 4.0, np.nan],
            "dwellings_state": ["", "secret", "not_applicable", "estimated", "secret"],
        }
    )
    table, report = count(points, squares(3), sums=["dwellings"])
    states = ["lower_bound", "estimated", "secret"]
    assert table["dwellings_state"].tolist() == states
    assert table["dwellings"].fillna(-1).tolist() == [1.0, 4.0, -1.0]
    assert report.bounded == {"dwellings": ("000",)}


def test_what_rests_on_few_points_is_secret_and_zero_is_a_value():
    points = pd.DataFrame({"x": [10.0, 110.0, 120.0], "y": 5.0, "price": 7.0})
    table, report = count(
        points, squares(3), sums=["price"], medians=["price"], threshold=2
    )
    for column in ("points", "price", "price_median"):
        assert states_of(table, column)["000"] == "secret"
        assert math.isnan(table.loc["000", column])
    assert table["points"].tolist()[1:] == [2.0, 0.0]
    assert "avant de publier avec des totaux" in str(report)


def test_a_value_known_for_few_points_is_secret_too():
    points = pd.DataFrame(
        {"x": [10.0, 20.0, 30.0], "y": 5.0, "price": [7.0, np.nan, np.nan]}
    )
    table, _ = count(points, squares(1), medians=["price"], threshold=2)
    assert table["points"].tolist() == [3.0]
    assert states_of(table, "price_median").tolist() == ["secret"]


def test_points_without_a_category_are_told():
    points = pd.DataFrame({"x": [10.0, 20.0], "y": 5.0, "year": [2024.0, np.nan]})
    table, report = count(points, squares(1), by="year")
    assert table.iloc[0].to_dict() == {"points": 2, "points_2024": 1}
    assert "Points sans year, dans les totaux seulement" in str(report)


def test_the_account_tells_every_point():
    x = [10.0, 100.0, 250.0, 999.0, np.nan, np.inf]
    codes = locate((x, [5.0] * 6), squares(2), nearest=60)
    assert codes.attrs["account"] == {
        "points": 6,
        "outside": 1,
        "without_coordinates": 2,
        "on_border": 1,
        "nearest": 1,
        "in_several": 0,
    }
    _, report = count((x, [5.0] * 6), squares(2), nearest=60)
    assert "Points hors de toute unité : 1" in str(report).replace("\u00a0", " ")
    assert report.before["points"] == 6
    assert report.after["points"] == 3


# -- bad input -------------------------------------------------------------------


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_points_without_coordinates_are_refused_when_strict(value):
    points = pd.DataFrame({"x": [1.0, value], "y": [1.0, 1.0]}, index=["p", "q"])
    with pytest.raises(DataError, match="1 without finite coordinates: 'q'"):
        locate(points, squares(1), strict=True)
    assert locate(points, squares(1)).fillna("").tolist() == ["000", ""]


def test_crs_are_checked():
    points = gpd.GeoSeries([shapely.Point(10, 10)])
    with pytest.raises(CRSError, match="points: no CRS"):
        locate(points, squares(1))
    with pytest.raises(CRSError, match=r"points: in degrees.*to_crs\(2154\)"):
        locate(points.set_crs(4326), squares(1))
    with pytest.raises(CRSError, match="two CRS: points in EPSG:3035"):
        locate(points.set_crs(3035), squares(1))
    with pytest.raises(CRSError, match="units: in degrees"):
        locate(points.set_crs(2154), squares(1).set_crs(4326, allow_override=True))
    with pytest.raises(CRSError, match="x and y look like degrees"):
        locate(([2.8], [50.4]), bm.communes())
    with pytest.raises(CRSError, match="two CRS"):
        locate(points.set_crs(3035), lookup(squares(1)))


@pytest.mark.parametrize(
    ("shape", "match"),
    [
        (None, "1 with no outline: '001'"),
        (shapely.Polygon(), "1 with no outline: '001'"),
        (shapely.Point(1, 1), "no polygon: '001'"),
        (shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)]), "invalid outline: '001'"),
        (shapely.Polygon([(0, 0), (2, 2), (0, 0)]), "outline: '001'|surface: '001'"),
    ],
)
def test_units_without_a_proper_outline_are_refused(shape, match):
    with pytest.raises(DataError, match=match):
        locate(([1.0], [1.0]), frame([shapely.box(5, 5, 9, 9), shape]))


def test_outlines_are_repaired_when_asked_and_told():
    bow = shapely.Polygon([(0, 0), (20, 20), (20, 0), (0, 20)])
    ready = lookup(frame([bow]), repair=True)
    assert ready.repaired == ("000",)
    table, report = count(([1.0, 10.0], [2.0, 1.0]), ready)
    assert table["points"].tolist() == [1]
    assert "Contours réparés" in str(report)


def test_codes_are_checked():
    units = squares(2)
    with pytest.raises(DataError, match="'000'; drop the repeated"):
        locate(([1.0], [1.0]), units.set_axis(["000", "000"]))
    with pytest.raises(CodeError, match=r"1 row\(s\) without a code"):
        locate(([1.0], [1.0]), units.set_axis(["000", None]))


@pytest.mark.parametrize(
    ("points", "match"),
    [
        (gpd.GeoSeries([shapely.box(0, 0, 1, 1)], crs=CRS), "no point: 0"),
        (([1.0, 2.0], [1.0]), r"got \(2,\) and \(1,\)"),
        ((["a"], [1.0]), "x holds something else than numbers"),
        ((pd.Series([1.0]), pd.Series([1.0], index=[4])), "two indexes"),
        (3, "int is neither"),
        ("nowhere.parquet", "no file 'nowhere.parquet'"),
    ],
)
def test_what_is_no_set_of_points_is_refused(points, match):
    with pytest.raises((DataError, TypeError), match=told_or_typed(match)):
        locate(points, squares(1))


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"overlaps": "first"}, "choose among error, lowest, all"),
        ({"nearest": 0}, "nearest is a distance"),
        ({"nearest": float("nan")}, "nearest is a distance"),
        ({"threshold": 0}, "threshold is a number of points"),
    ],
)
def test_options_out_of_range_are_refused(options, match):
    with pytest.raises(DataError, match=match):
        count(([1.0], [1.0]), squares(1), **options)


def test_columns_are_checked(sales, tmp_path):
    with pytest.raises(ColumnError, match="'rooms'; found 'year'"):
        count(sales, squares(1), sums=["rooms"])
    sales.to_parquet(tmp_path / "sales.parquet")
    with pytest.raises(ColumnError, match="'rooms'; found 'year'"):
        count(tmp_path / "sales.parquet", squares(1), by="rooms")
    with pytest.raises(ColumnError, match="'y'"):
        locate(pd.DataFrame({"x": [1.0]}), squares(1))
    with pytest.raises(MeasureError, match=r"'kind' holds text.*bm\.parse_counts"):
        count(sales, squares(1), sums=["kind"])
    with pytest.raises(DataError, match="more than 500 values"):
        count(sales.assign(id=range(5000)), squares(1), by="id")
    with pytest.raises(MeasureError, match=r"1 infinite value"):
        count(
            sales.assign(price=np.r_[np.inf, np.ones(4999)]), squares(1), sums="price"
        )
    sales.attrs["measures"] = {"price": Median()}
    with pytest.raises(MeasureError, match="'price' is a median"):
        count(sales, squares(1), sums=["price"])


def test_files_are_checked(tmp_path, sales):
    path = tmp_path / "sales.parquet"
    sales.to_parquet(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="truncated"):
        locate(path, squares(1))
    path.write_bytes(whole)
    place = pq.ParquetFile(path).metadata.row_group(0).column(3).data_page_offset
    path.write_bytes(whole[:place] + bytes(200) + whole[place + 200 :])
    with pytest.raises(DataError, match=r"sales\.parquet is damaged"):
        locate(path, squares(1))
    pd.DataFrame({"x": [1.0]}).to_parquet(path)
    with pytest.raises(DataError, match="no GeoParquet metadata"):
        locate(path, squares(1))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"without any \.parquet"):
        locate(tmp_path / "empty", squares(1))


@pytest.mark.parametrize(
    ("more", "match"),
    [
        ({"crs": None}, "no CRS in its metadata"),
        ({"crs": {"id": "nonsense"}}, "cannot be read"),
        ({"crs": "EPSG:4326"}, "points: in degrees"),
        ({"crs": "EPSG:3035"}, "two CRS: points in EPSG:3035"),
    ],
)
def test_the_crs_of_a_file_is_checked(tmp_path, more, match):
    path = tmp_path / "points.parquet"
    rewritten(
        path, pa.array(shapely.to_wkb(shapely.points([[1.0, 1.0]]))), about(**more)
    )
    with pytest.raises(CRSError, match=match):
        locate(path, squares(1))


def test_a_file_that_says_nothing_of_its_crs_is_in_degrees(tmp_path):
    told = about()
    del told["columns"]["geometry"]["crs"]
    path = tmp_path / "points.parquet"
    rewritten(path, pa.array(shapely.to_wkb(shapely.points([[1.0, 1.0]]))), told)
    with pytest.raises(CRSError, match="points: in degrees"):
        locate(path, squares(1))


@pytest.mark.parametrize(
    ("column", "match"),
    [
        (pa.array([b"no geometry"]), "no WKB"),
        (pa.array([shapely.to_wkb(shapely.box(0, 0, 1, 1))]), "no point: 0"),
        (pa.array([3]), "holds int64, not points"),
        (pa.array([{"lon": 1.0}]), "has no x"),
    ],
)
def test_what_a_file_holds_is_checked(tmp_path, column, match):
    path = tmp_path / "points.parquet"
    rewritten(path, column, about())
    with pytest.raises(DataError, match=match):
        locate(path, squares(1))


def test_nothing_is_said_on_the_way(sales):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        count(sales, squares(3), by="year", sums=["price"], medians=["price"])


def test_a_column_that_one_file_of_a_folder_lacks_is_told_with_the_file(
    tmp_path, sales
):
    sales.to_parquet(tmp_path / "a.parquet")
    sales[["geometry"]].to_parquet(tmp_path / "b.parquet")
    with pytest.raises(ColumnError, match=r"b\.parquet: 1 column.* missing: 'price'"):
        count(tmp_path, squares(3), sums=["price"])
    assert count(tmp_path, squares(3))[0]["points"].sum() > 0


def test_days_end_the_names_of_columns_as_days():
    table = pd.DataFrame({"x": [10.0, 20.0], "y": 10.0})
    table["sold"] = pd.to_datetime(["2020-01-31", "2021-05-04"])
    counted, _ = count(table.assign(x=[10.0, 150.0]), squares(3), by="sold")
    assert {"points_2020-01-31", "points_2021-05-04"} <= set(counted)


def test_decimals_of_parquet_are_numbers(tmp_path):
    points = gpd.GeoDataFrame(
        {"price": [Decimal("1.50"), Decimal("2.25")]},
        geometry=[shapely.Point(10, 10)] * 2,
        crs=CRS,
    )
    points.to_parquet(tmp_path / "a.parquet")
    counted, _ = count(tmp_path, squares(1), sums=["price"], medians=["price"])
    assert counted.loc["000", ["price", "price_median"]].tolist() == [3.75, 1.875]
