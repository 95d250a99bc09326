"""Flows, dots, grids and surfaces: widths, numbers and places are what is said."""

import datetime as dt
import io
import math
import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.collections import PathCollection, PolyCollection
from matplotlib.colors import to_hex
from matplotlib.patches import Polygon
from pyproj import Geod, Transformer

import basinmap as bm
from basinmap.errors import (
    BasinmapWarning,
    CodeError,
    ColumnError,
    CRSError,
    DataError,
    MeasureError,
    OutlineWarning,
)
from basinmap.maps.layers.dots import draw_dots, scattered, shared_out
from basinmap.maps.layers.drawing import class_colors
from basinmap.maps.layers.grids import draw_grid, draw_surface
from basinmap.maps.layers.links import LinksBlock, draw_links, outlines
from basinmap.maps.layers.typology import CategoriesBlock
from basinmap.maps.look.themes import settings as print_settings
from basinmap.maps.paper.blocks import ClassesBlock, KeyBlock
from basinmap.measures import Median, Stock
from basinmap.spatial import grids
from basinmap.spatial.grids import density, grid_squares, square_grid
from basinmap.spatial.smoothing import smooth
from basinmap.values.told import tell, told_of


def told_or_typed(message):
    """Match the words of the verb, or those of the door that all share."""
    return rf"{message}|is of no use here; pass"


DAY = dt.date(2026, 11, 23)


@pytest.fixture(scope="module")
def lens():
    return bm.communes(epci="246200364")


@pytest.fixture(scope="module")
def stock():
    return bm.compute("L01", bm.statistics(epci="246200364"))


@pytest.fixture(scope="module")
def rate():
    return bm.compute("L04", bm.statistics(epci="246200364"))


@pytest.fixture
def ax(lens):
    return bm.page(lens, title="Essai – CA de Lens-Liévin, 2026")[1]


def block(ax, kind):
    (found,) = [entry for entry in ax.blocks if isinstance(entry, kind)]
    return found


def collection(ax, label):
    (found,) = [c for c in ax.collections if c.get_label() == label]
    return found


def texts(axes):
    return [t.get_text() for t in axes.texts if t.get_text().strip()]


def saved(ax, kind="pdf"):
    page = io.BytesIO()
    ax.sheet.savefig(page, format=kind, dpi=60)
    return page.getvalue()


# === flows ==========================================================================

FLOWS = {
    ("62498", "62510"): 800.0,
    ("62510", "62498"): 1_000.0,
    ("62065", "62498"): 400.0,
    ("62498", "62065"): 150.0,
    ("62510", "62065"): 40.0,
    ("62498", "62498"): 5_000.0,
    ("62065", "62510"): 0.0,
}


def series(pairs=None, **attrs):
    pairs = FLOWS if pairs is None else pairs
    index = pd.MultiIndex.from_tuples(list(pairs), names=["home", "work"])
    found = pd.Series(list(pairs.values()), index=index, name="workers")
    found.attrs = {
        "label": "actifs",
        "unit": "personnes",
        "sources": ("Essai",),
    } | attrs
    return found


def table(pairs=None):
    found = series(pairs).rename_axis(["origin", "destination"]).reset_index()
    found.attrs = {}
    return found


def bars(ax):
    """Polygons of the lines, in millimetres, in drawing order."""
    lines = collection(ax, "links")
    assert isinstance(lines, PolyCollection)
    return [ax.to_mm(path.vertices[:-1]) for path in lines.get_paths()]


def test_widths_are_proportional_to_flows_and_the_large_come_first(ax, lens):
    draw_links(ax, lens, series(), threshold=100, widest_mm=3.0)
    # Start, inner and outer: the last corner lies a width to the right of the first.
    wide = [math.dist(bar[0], bar[4]) for bar in bars(ax)]
    assert wide == pytest.approx([3.0, 2.4, 1.2, 0.45], rel=1e-9)


def test_the_legend_shows_widths_of_its_own_values_exactly(ax, lens):
    draw_links(ax, lens, series(), threshold=100, widest_mm=3.0)
    entry = block(ax, LinksBlock)
    amounts = np.array(entry.values)
    assert amounts.tolist() == [1_000, 200, 100]
    assert entry.widths == pytest.approx(amounts * 3.0 / 1_000)
    bm.draw_legend(ax)
    shapes = [
        patch.get_xy()[:-1]
        for patch in ax.sheet.paper.patches
        if isinstance(patch, Polygon) and to_hex(patch.get_facecolor()) == "#225e98"
    ]
    drawn = [math.dist(shape[0], shape[4]) for shape in shapes]
    assert drawn == pytest.approx(entry.widths, rel=1e-9)


def test_the_legend_accounts_for_every_flow(ax, lens):
    draw_links(ax, lens, series(), threshold=100, widest_mm=3.0)
    # 800 + 1 000 + 400 + 150 of 2 390 between two units.
    assert block(ax, LinksBlock).title == "Actifs"
    assert block(ax, LinksBlock).lines == (
        "Flux d’au moins 100 personnes\u00a0: 4 tracés sur 5, soit 98,3\u202f% du "
        "total hors flux internes",
        "Flux internes aux territoires, non tracés\u00a0: 5\u202f000 personnes",
    )
    assert list(ax.credits) == ["Essai"]


def test_a_flow_on_the_threshold_is_drawn(ax, lens):
    draw_links(ax, lens, series(), threshold=150, widest_mm=3.0)
    assert len(bars(ax)) == 4


def test_each_way_lies_on_the_right_of_its_way(ax, lens):
    pairs = {("62498", "62510"): 10.0, ("62510", "62498"): 10.0}
    draw_links(ax, lens, series(pairs), threshold=1)
    one, other = (shapely.Polygon(bar) for bar in bars(ax))
    assert not one.intersects(other)
    places = ax.to_mm(
        shapely.get_coordinates(lens.representative_point().loc[["62498", "62510"]])
    )
    way = places[1] - places[0]
    right = np.array([way[1], -way[0]])
    for bar, sense in zip(bars(ax), (1, -1), strict=True):
        beside = (bar - places[0]) @ right * sense
        assert (beside > 0).all()


def test_a_half_arrow_ends_in_a_point_on_the_axis_side():
    # Due north: right is east; the head is wider than the line by its barb.
    shape = outlines(
        np.array([[0.0, 0.0]]), np.array([[0.0, 10.0]]), np.array([1.0]), directed=True
    )[0]
    start, tip, barb, neck, foot = shape
    assert tip.tolist() == pytest.approx([0.12, 10.0])
    assert start.tolist() == pytest.approx([0.12, 0.0])
    assert foot.tolist() == pytest.approx([1.12, 0.0])
    assert neck[0] == pytest.approx(1.12)
    assert barb[0] > neck[0]
    assert barb[1] == neck[1] < 10


def test_without_direction_both_ways_are_added(ax, lens):
    draw_links(ax, lens, series(), threshold=100, directed=False, widest_mm=3.0)
    wide = [math.dist(bar[0], bar[3]) for bar in bars(ax)]
    # 1 800, then 550; 40 is under the threshold.
    assert wide == pytest.approx([3.0, 3.0 * 550 / 1_800], rel=1e-9)
    line = block(ax, LinksBlock).lines[0]
    assert "deux sens confondus" in line
    assert "2 tracés sur 3" in line


def test_lines_stop_short_of_their_places(ax, lens):
    draw_links(ax, lens, series(), threshold=100)
    x, y, radius = ax.symbols["62498"]
    place = shapely.Point(x, y).buffer(radius)
    assert all(not shapely.Polygon(bar).intersects(place) for bar in bars(ax))
    places = {code for code in ax.symbols if " → " not in code}
    assert places == {"62498", "62510", "62065"}


def test_by_default_no_line_is_wider_than_a_third_of_its_length(ax, lens):
    near = {("62498", "62510"): 10.0, ("62510", "62498"): 10.0}
    draw_links(ax, lens, series(near), threshold=1)
    for bar in bars(ax):
        wide, long = math.dist(bar[0], bar[4]), math.dist(bar[0], bar[1])
        assert wide <= long / 3 + 1e-9
        assert wide <= 4.0 + 1e-9


def test_names_keep_off_thick_lines(ax, lens):
    pairs = {("62498", "62510"): 5_000.0, ("62510", "62498"): 5_000.0}
    draw_links(ax, lens, series(pairs), threshold=1, widest_mm=4)
    bm.draw_labels(ax, lens.loc[["62498", "62510"]], strong=2)
    lines = shapely.union_all([shapely.Polygon(corners) for corners in bars(ax)])
    names = [shapely.box(*one) for one in ax.boxes]
    assert len(names) >= 2
    assert all(lines.intersection(name).area < 0.15 * name.area for name in names)


def test_squares_below_a_pivot_are_hatched(ax, cells, people):
    values = bm.describe(
        people - people.median(), label="Écart", unit="hab./km²", kind="ratio"
    )
    draw_grid(ax, cells, bm.classify(values, breaks=[0], pivot=0))
    found = block(ax, ClassesBlock)
    assert [bool(hatch) for hatch in found.hatches] == [True, False]
    assert sum(bool(c.get_hatch()) for c in ax.collections) == 1


def test_a_place_out_of_the_frame_is_named_at_its_edge(ax, lens):
    lille = gpd.GeoDataFrame(
        {"name": ["MEL"]}, geometry=[shapely.Point(704_000, 7_059_000)], crs=2154,
        index=["MEL"],
    )  # fmt: skip
    units = pd.concat([lens[["name", "geometry"]], lille])
    draw_links(ax, units, series({("62498", "MEL"): 10.0}), threshold=1)
    assert texts(ax) == ["MEL"]
    assert "MEL" not in ax.symbols
    width, height = ax.plan.frame[2:]
    (bar,) = bars(ax)
    assert ((bar >= 0) & (bar <= [width, height])).all()
    (box,) = ax.boxes
    assert 0 <= box[0] < box[2] <= width
    assert height - 12 < box[3] <= height
    assert not shapely.Polygon(bar).intersects(shapely.box(*box))


def test_a_table_says_as_much_as_a_series(ax, lens):
    draw_links(ax, lens, series(), threshold=100, title="A")
    other = bm.page(lens, title="Essai – CA de Lens-Liévin, 2026")[1]
    draw_links(other, lens, table(), threshold=100, title="A")
    assert np.array_equal(np.array(bars(ax)), np.array(bars(other)))
    assert "personnes" not in block(other, LinksBlock).lines[0]


def test_flows_of_a_table_bear_their_measure_and_their_states(ax, lens):
    flows = table()
    flows.loc[2, "workers"] = np.nan
    flows["workers_state"] = ""
    flows.loc[2, "workers_state"] = "secret"
    flows.loc[[0, 1], "workers_state"] = "estimated"
    flows.attrs["measures"] = {
        "workers": Stock(label="actifs", unit="personnes", source="Insee, MOBPRO 2021")
    }
    draw_links(ax, lens, flows, threshold=100)
    entry = block(ax, LinksBlock)
    assert entry.title == "Actifs"
    assert "Secret statistique\u00a0: 1 flux" in entry.lines
    assert "Estimation\u00a0: 2 flux" in entry.lines
    assert "Insee, MOBPRO 2021" in ax.credits


def test_a_line_too_thin_for_print_warns_with_the_threshold(ax, lens):
    pairs = {("62498", "62510"): 10_000.0, ("62510", "62065"): 100.0}
    with pytest.warns(BasinmapWarning, match="1 of 2 lines .* pass threshold=250"):
        draw_links(ax, lens, series(pairs), threshold=50, widest_mm=4)


def flows_refused(ax, units, flows, match, error=DataError, **options):
    with pytest.raises(error, match=match):
        draw_links(ax, units, flows, **{"threshold": 1, **options})
    assert not ax.blocks


def test_flows_that_cannot_be_drawn_are_refused(ax, lens):
    unknown = {("62498", "59350"): 10.0, ("62498", "75056"): 3.0}
    flows_refused(ax, lens, series(unknown), "2 code.* '59350', '75056'; group those "
                  "outside", CodeError)  # fmt: skip
    flows_refused(ax, lens, series({("62498", "62510"): -1.0}), "62498 → 62510")
    flows_refused(ax, lens, series({("62498", "62510"): np.inf}), "infinite")
    flows_refused(ax, lens, series(kind="ratio"), "is a ratio", MeasureError)
    twice = pd.concat([series({("62498", "62510"): 1.0})] * 2)
    flows_refused(ax, lens, twice, "more than once: '62498 → 62510'; sum them")
    flows_refused(
        ax, lens, series({("62498", "62498"): 9.0}), "all of them stay inside"
    )
    flows_refused(ax, lens, series().iloc[:0], "no flow")
    flows_refused(ax, lens, series().droplevel(0), "index of two levels")
    flows_refused(ax, lens, table().assign(other=1), "found", ColumnError)
    lost = table()
    lost.loc[0, "origin"] = None
    flows_refused(ax, lens, lost, "without origin or destination")


def test_links_with_options_without_meaning_are_refused(ax, lens):
    flows_refused(ax, lens, series(), "largest is 1000", threshold=1_001)
    flows_refused(ax, lens, series(), "threshold=-1", threshold=-1)
    flows_refused(ax, lens, series(), "threshold=nan", threshold=np.nan)
    flows_refused(ax, lens, series(), "widest_mm=0", widest_mm=0)
    flows_refused(ax, lens, series(), "unknown color", color="bleu")
    flows_refused(ax, lens.to_crs(4326), series(), r"to_crs\(2154\)", CRSError)


def test_two_codes_in_one_place_are_refused(ax, lens):
    same = lens.copy()
    same.loc["62510", "geometry"] = same.loc["62498", "geometry"]
    flows_refused(ax, same, series(), "2 units have one place: .*62498")


# === dots ===========================================================================


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.floats(0, 1e5, allow_nan=False), min_size=1, max_size=40),
    st.floats(1, 1e4),
)
def test_dots_add_up_to_the_rounded_total_and_each_is_a_share(values, per_dot):
    counts = shared_out(pd.Series(values), per_dot)
    exact = np.array(values) / per_dot
    assert abs(counts.sum() - exact.sum()) <= 0.5 + 1e-9
    assert (np.abs(counts - exact) < 1 + 1e-9).all()


def test_the_largest_remainders_are_rounded_up():
    # 5,6 + 3,3 + 1,1 = 10: the largest remainder gets the dot that is left.
    assert shared_out(pd.Series([56.0, 33.0, 11.0]), 10).tolist() == [6, 3, 1]
    assert shared_out(pd.Series([5.0, 5.0]), 10).tolist() == [1, 0]


def test_each_unit_holds_its_dots(ax, lens, stock):
    counts = draw_dots(ax, lens, stock, per_dot=50)
    points = shapely.points(collection(ax, "dots").get_offsets())
    assert len(points) == counts["L01"].sum() == round(stock.sum() / 50)
    tree = shapely.STRtree(points)
    inside = [len(tree.query(shape, predicate="intersects")) for shape in lens.geometry]
    assert inside == counts["L01"].tolist()


def test_points_are_uniform_by_surface():
    # An L of three squares, cut by no triangle as the thirds are: 3 × 10 000, give
    # or take five standard deviations.
    shape = shapely.union_all([shapely.box(0, 0, 20, 10), shapely.box(0, 10, 10, 20)])
    ground = gpd.GeoSeries([shape], index=["a"])
    points = scattered(ground, pd.Series([30_000], index=["a"]), seed=3)
    x, y = points.T
    thirds = [(x >= 10).sum(), (y >= 10).sum(), ((x < 10) & (y < 10)).sum()]
    assert sum(thirds) == 30_000
    assert np.abs(np.array(thirds) - 10_000).max() < 5 * math.sqrt(30_000 * 2 / 9)
    corner = points[(x < 10) & (y < 10)]
    assert corner.mean(axis=0) == pytest.approx([5, 5], abs=0.15)
    assert corner.std(axis=0) == pytest.approx([10 / math.sqrt(12)] * 2, rel=0.03)


def test_holes_stay_empty():
    ring = shapely.Point(0, 0).buffer(10).difference(shapely.Point(0, 0).buffer(6))
    ground = gpd.GeoSeries([ring], index=["a"])
    points = scattered(ground, pd.Series([500], index=["a"]), seed=0)
    assert (np.hypot(*points.T) > 5.9).all()


def test_a_unit_has_the_same_dots_on_another_sheet_and_fewer_are_among_them():
    ground = gpd.GeoSeries(shapely.box([0, 5], 0, [4, 9], 4), index=["a", "b"])
    both = scattered(ground, pd.Series([7, 5], index=["a", "b"]), seed=0)
    alone = scattered(ground.loc[["b"]], pd.Series([3], index=["b"]), seed=0)
    assert np.allclose(alone, both[7:10])
    other = scattered(ground, pd.Series([7, 5], index=["a", "b"]), seed=1)
    assert not np.allclose(both, other)


def test_dots_keep_inside_what_is_built(ax, lens, stock):
    built = lens.representative_point().buffer(300)
    built = gpd.GeoDataFrame(geometry=[*built, built.iloc[0]], crs=2154)
    draw_dots(ax, lens, stock, per_dot=100, inside=built)
    points = shapely.points(collection(ax, "dots").get_offsets())
    assert shapely.dwithin(built.union_all(), points, 1e-6).all()
    assert any("là où il est bâti" in note for note in ax.notes)


def test_units_without_built_ground_are_told(ax, lens, stock):
    built = gpd.GeoDataFrame(
        geometry=lens.representative_point().loc[["62498"]].buffer(300)
    )
    with pytest.warns(BasinmapWarning, match=r"35 unit\(s\) have nothing of inside"):
        counts = draw_dots(ax, lens, stock, per_dot=100, inside=built)
    assert counts["L01"].sum() == round(stock.sum() / 100)


def test_several_stocks_have_a_colour_and_a_line_each(ax, lens):
    table = bm.statistics(epci="246200364")[["houses_2021", "flats_2021"]]
    counts = draw_dots(ax, lens, table, per_dot=50)
    entry = block(ax, CategoriesBlock)
    labels = [(s.label, s.count) for s in entry.swatches]
    assert labels == [
        ("Maisons", int(counts["houses_2021"].sum())),
        ("Appartements", int(counts["flats_2021"].sum())),
        ("1 point = 50 logements", None),
    ]
    dots = collection(ax, "dots")
    shades = {to_hex(color) for color in dots.get_facecolor()}
    assert shades == {s.color for s in entry.swatches[:2]}
    assert len(dots.get_facecolor()) == counts.to_numpy().sum()
    assert "Insee, recensement de la population 2021" in ax.credits


def test_the_legend_says_what_a_dot_is_and_what_is_missing(ax, lens, stock):
    gaps = stock.copy()
    gaps[["62498", "62510"]] = np.nan
    gaps.attrs = {**stock.attrs, "states": {"62498": "secret"}}
    counts = draw_dots(ax, lens, gaps, per_dot=50, size_mm=0.7)
    assert counts.loc["62498", "L01"] == 0
    (first,) = block(ax, CategoriesBlock).swatches
    assert (first.label, first.size) == ("1 point = 50 logements", 0.7)
    assert [(s.label, s.count) for s in block(ax, KeyBlock).swatches] == [
        ("Secret statistique", 1),
        ("Données non disponibles", 1),
    ]
    assert "Points placés au hasard dans chaque territoire" in ax.notes
    (size,) = collection(ax, "dots").get_sizes()
    assert math.sqrt(size) * 25.4 / 72 == pytest.approx(0.7)


def dots_refused(ax, units, stock, match, error=DataError, **options):
    with pytest.raises(error, match=match):
        draw_dots(ax, units, stock, **{"per_dot": 50, **options})
    assert not ax.blocks


def test_dots_that_cannot_be_drawn_are_refused(ax, lens, stock, rate):
    dots_refused(ax, lens, rate, "is a ratio", MeasureError)
    dots_refused(ax, lens, tell(-stock, told_of(stock)), "36 negative")
    dots_refused(ax, lens, stock, "per_dot=0", per_dot=0)
    dots_refused(ax, lens, stock, "size_mm=-1", size_mm=-1)
    dots_refused(ax, lens, stock, "no dot: the total is", per_dot=1e9)
    dots_refused(ax, lens.to_crs(4326), stock, r"to_crs\(2154\)", CRSError)
    dots_refused(ax, bm.town_halls(), stock, "no polygon")
    dots_refused(ax, lens, pd.DataFrame(index=lens.index), "0 stocks")
    dots_refused(ax, lens, stock, "two CRS", CRSError, inside=lens.to_crs(3035))


def test_too_many_dots_are_refused_with_a_number_that_fits(ax, lens, stock):
    many = tell(stock * 100, told_of(stock))
    dots_refused(ax, lens, many, "pass per_dot=60 or more", per_dot=1)
    dots_refused(ax, lens, many, "pass per_dot=60 or more", per_dot=1e-100)
    counts = draw_dots(ax, lens, many, per_dot=60)
    assert counts.to_numpy().sum() <= 200_000


# === squares and their names ========================================================


def test_squares_of_insee_are_where_their_names_say():
    # The corner by an independent transformation.
    code = "CRS3035RES200mN3064800E3810200"
    square = grid_squares([code])
    corner = Transformer.from_crs(3035, 2154, always_xy=True).transform(
        3_810_200, 3_064_800
    )
    points = shapely.get_coordinates(square.geometry.iloc[0])
    assert min(math.dist(corner, point) for point in points) < 1e-6
    assert square.index.tolist() == [code]
    assert square.crs.to_epsg() == 2154


def test_a_grid_covers_its_area_and_no_square_is_for_nothing(lens):
    grid = square_grid(lens, size_m=1_000)
    whole = lens.union_all()
    # The edge of a square bends by some millimetres from one CRS to the other.
    assert whole.difference(grid.union_all()).area < 1e-6 * whole.area
    assert grid.intersects(whole).all()
    assert grid.index.is_unique
    assert grid.index.str.fullmatch(r"CRS3035RES1000mN\d+000E\d+000").all()
    assert len(square_grid(lens, size_m=200)) > 20 * len(grid)


def test_a_grid_of_lambert_has_its_corners_at_multiples():
    area = gpd.GeoDataFrame(geometry=[shapely.box(100, 100, 500, 200)], crs=2154)
    grid = square_grid(area, size_m=200, crs=2154)
    assert grid.index.tolist() == [
        "CRS2154RES200mN0E0", "CRS2154RES200mN0E200", "CRS2154RES200mN0E400",
    ]  # fmt: skip
    assert grid.total_bounds.tolist() == [0, 0, 600, 200]


def test_names_and_areas_of_squares_that_make_no_sense_are_refused(lens, monkeypatch):
    with pytest.raises(
        (CodeError, TypeError), match=told_or_typed("2 code.* 'x', 'CRS3035RES0mN1E1'")
    ):
        grid_squares(["x", "CRS3035RES0mN1E1"])
    with pytest.raises((CodeError, TypeError), match=told_or_typed("more than once")):
        grid_squares(["CRS3035RES200mN0E0"] * 2)
    with pytest.raises(
        (CRSError, TypeError), match=told_or_typed("two CRS: 2154, 3035")
    ):
        grid_squares(["CRS3035RES200mN0E0", "CRS2154RES200mN0E0"])
    with pytest.raises((DataError, TypeError), match=told_or_typed("empty")):
        grid_squares([])
    with pytest.raises(
        (DataError, TypeError), match=told_or_typed("size_m=0.5: give whole metres")
    ):
        square_grid(lens, size_m=0.5)
    with pytest.raises((CRSError, TypeError), match=told_or_typed("degrees")):
        square_grid(lens, size_m=200, crs=4326)
    with pytest.raises(
        (CRSError, TypeError), match=told_or_typed("unknown CRS 'Lambert'")
    ):
        square_grid(lens, size_m=200, crs="Lambert")
    with pytest.raises((DataError, TypeError), match=told_or_typed("without surface")):
        square_grid(bm.town_halls(), size_m=200)
    with pytest.raises(
        (DataError, TypeError),
        match=told_or_typed("million squares, more than 2; pass size_m="),
    ):
        square_grid(lens, size_m=1)
    monkeypatch.setattr(grids, "MOST_SQUARES", 100)
    with pytest.raises((DataError, TypeError), match=told_or_typed("pass size_m=")):
        square_grid(lens, size_m=1_000)


def test_a_density_is_per_km2_on_the_ground():
    cells = grid_squares(["CRS3035RES200mN3064800E3810200"])
    cells["ind"] = 10.0
    # 10 on 0.04 km², the projection of the names keeping surfaces.
    per_km2 = density(cells, "ind", measure=Stock(label="Population", unit="habitants"))
    assert per_km2.tolist() == pytest.approx([250.0], rel=1e-9)
    assert per_km2.attrs["kind"] == "ratio"
    lambert = grid_squares(["CRS2154RES1000mN7037000E685000"]).assign(ind=1.0)
    degrees = lambert.to_crs(4326).geometry.iloc[0]
    surface = abs(Geod(ellps="GRS80").geometry_area_perimeter(degrees)[0]) / 1e6
    assert density(lambert, "ind").tolist() == pytest.approx([1 / surface], rel=1e-6)


def test_a_density_keeps_states_and_refuses_what_is_no_stock():
    cells = grid_squares(["CRS3035RES200mN0E0", "CRS3035RES200mN0E200"])
    cells["ind"] = [np.nan, 4.0]
    cells["ind_state"] = ["secret", "lower_bound"]
    per_km2 = density(cells, "ind")
    assert per_km2.isna().tolist() == [True, False]
    assert list(per_km2.attrs["states"].values()) == ["secret", "lower_bound"]
    with pytest.raises(ColumnError, match="absent"):
        density(cells, "absent")
    cells.attrs["measures"] = {"ind": Median()}
    with pytest.raises(MeasureError, match="'ind' is a median"):
        density(cells, "ind")
    with pytest.raises(CRSError, match="degrees"):
        density(cells.to_crs(4326), "ind")


# === grids ==========================================================================


@pytest.fixture(scope="module")
def cells(lens):
    found = square_grid(lens, size_m=1_000)
    found["ind"] = np.arange(len(found), dtype=float)
    return found


@pytest.fixture(scope="module")
def people(cells):
    return density(cells, "ind", measure=Stock(unit="habitants", source="Essai"))


def ground(path_collection):
    """The surface of what is drawn, holes left out."""
    (path,) = path_collection.get_paths()
    rings = [shapely.Polygon(ring) for ring in path.to_polygons()]
    return sum(r.area if r.exterior.is_ccw else -r.area for r in rings)


def test_the_squares_of_a_class_are_one_shape_of_their_surface(ax, cells, people):
    classes = bm.classify(people, breaks=[50, 100, 150])
    draw_grid(ax, cells, classes)
    colors = class_colors(classes, None)
    shapes = [c for c in ax.collections if isinstance(c, PathCollection)]
    assert len(shapes) == 4
    for label, color in zip(classes.cat.categories, colors, strict=True):
        shape = collection(ax, label)
        assert to_hex(shape.get_facecolor()[0]) == color
        wanted = cells.area[(classes == label).to_numpy()].sum()
        assert abs(ground(shape)) == pytest.approx(wanted, rel=1e-9)
        # Their outline only: fewer corners than four a square.
        (path,) = shape.get_paths()
        assert len(path.vertices) < 3 * (classes == label).sum()


def test_the_legend_counts_squares(ax, cells, people):
    draw_grid(ax, cells, bm.classify(people, k=4))
    entry = block(ax, ClassesBlock)
    assert entry.counted == "carreaux"
    assert sum(s.count for s in entry.swatches) == len(cells)
    assert entry.title == "Ind (habitants\u00a0par\u00a0km²)"
    assert "Essai" in ax.credits


def test_squares_without_a_value_keep_their_state(ax, cells, people):
    gaps = people.copy()
    gaps.iloc[:3] = np.nan
    gaps.attrs = {**people.attrs, "states": {people.index[0]: "secret"}}
    draw_grid(ax, cells, bm.classify(gaps, breaks=[100]))
    entry = {s.label: s.count for s in block(ax, ClassesBlock).swatches}
    assert entry["Secret statistique"] == 1
    assert entry["Données non disponibles"] == 2
    assert collection(ax, "Secret statistique").get_hatch() == "////"


def test_imputed_squares_are_told(ax, cells, people):
    marked = cells.assign(i_est_200=(np.arange(len(cells)) < 10).astype(int))
    draw_grid(ax, marked, bm.classify(people, k=4))
    outlines, note = ax.notes
    assert outlines.startswith("Contours généralisés")
    assert note.startswith("Carreaux de moins de 11 ménages")
    assert "(10 carreaux, " in note
    assert "un carreau isolé ne se lit pas" in note


def test_squares_of_two_sizes_are_drawn(ax):
    codes = ["CRS2154RES1000mN7037000E685000", "CRS2154RES200mN7037000E686000"]
    two = grid_squares(codes)
    values = pd.Series([1.0, 2.0], two.index, name="taux")
    draw_grid(ax, two, bm.classify(values, breaks=[9]))
    (shape,) = [c for c in ax.collections if isinstance(c, PathCollection)]
    assert abs(ground(shape)) == pytest.approx(1_000**2 + 200**2)


def test_a_stock_in_squares_is_refused_with_the_cure(ax, cells):
    heads = cells["ind"].copy()
    heads.attrs = {"kind": "stock"}
    with pytest.raises(MeasureError, match=r"classify\(density\(cells, column\)\)"):
        draw_grid(ax, cells, bm.classify(heads))
    with pytest.raises(MeasureError, match="is a stock"):
        draw_surface(ax, cells, heads, bm.classify(heads))
    with pytest.raises(CRSError, match=r"to_crs\(2154\)"):
        draw_grid(ax, cells.to_crs(3035), bm.classify(cells["ind"]))
    assert not ax.blocks


def test_squares_too_small_to_be_seen_warn(lens):
    wide = bm.page(bm.communes(), title="Nord – Pas-de-Calais", paper="A5")[1]
    small = square_grid(lens.loc[["62498"]], size_m=200)
    values = pd.Series(range(len(small)), small.index, name="taux", dtype=float)
    values.attrs["kind"] = "ratio"
    with pytest.warns(BasinmapWarning, match="mm wide at 1:.* squares of 1 km"):
        draw_grid(wide, small, bm.classify(values))


# === surfaces =======================================================================


@pytest.fixture(scope="module")
def surface(lens):
    counts = bm.statistics(epci="246200364")
    points = bm.town_halls().join(counts["population_2023"], how="inner")
    points.attrs["measures"] = bm.measures_of(counts)
    return smooth(points, "population_2023", radius_m=2_500, cell_m=400, area=lens)


@pytest.fixture(scope="module")
def heads(surface):
    return density(surface, "population_2023")


def shape_of(ax, label):
    """What is drawn under a label, as a geometry."""
    (path,) = collection(ax, label).get_paths()
    whole = shapely.Polygon()
    for ring in path.to_polygons():
        whole = whole.symmetric_difference(shapely.make_valid(shapely.Polygon(ring)))
    return whole


def test_the_centre_of_a_square_lies_in_the_band_of_its_class(ax, surface, heads):
    classes = bm.classify(heads, breaks=[200, 500, 1000, 2000])
    draw_surface(ax, surface, heads, classes)
    centres = surface.centroid
    for label in classes.cat.categories:
        band = shape_of(ax, label)
        chosen = centres[(classes == label).to_numpy()]
        assert shapely.dwithin(band, chosen, 1e-3).all()
        others = centres[(classes != label).to_numpy()]
        assert not shapely.contains(band.buffer(-1.0), others).any()


def test_bands_share_the_ground_of_the_squares(ax, surface, heads):
    classes = bm.classify(heads, breaks=[200, 500, 1000, 2000])
    draw_surface(ax, surface, heads, classes)
    bands = [shape_of(ax, label) for label in classes.cat.categories]
    total = sum(band.area for band in bands)
    assert total == pytest.approx(surface.area.sum(), rel=1e-6)
    assert shapely.union_all(bands).area == pytest.approx(total, rel=1e-6)


def test_an_area_cuts_the_bands_at_its_outline(ax, surface, heads, lens):
    classes = bm.classify(heads, breaks=[500, 1000])
    draw_surface(ax, surface, heads, classes, area=lens)
    bands = [shape_of(ax, label) for label in classes.cat.categories]
    total = sum(band.area for band in bands)
    assert total == pytest.approx(lens.union_all().area, rel=1e-6)


def test_a_value_on_a_break_is_in_the_class_above(ax):
    codes = [
        f"CRS2154RES200mN{7_037_000 + 200 * i}E{685_000 + 200 * j}"
        for i in range(6)
        for j in range(6)
    ]
    flat = grid_squares(codes)
    values = pd.Series(np.repeat([1.0, 5.0], 18), flat.index, name="taux")
    classes = bm.classify(values, breaks=[5])
    draw_surface(ax, flat, values, classes)
    # From the first centres where the value is 5, 100 m into their squares, upwards.
    assert shape_of(ax, "5 et plus").area == pytest.approx(500 * 1_200)
    assert shape_of(ax, "moins de 5").area == pytest.approx(700 * 1_200)


def test_a_surface_of_one_value_is_one_band(ax):
    flat = grid_squares(["CRS2154RES200mN7037000E685000"])
    values = pd.Series([3.0], flat.index, name="taux")
    draw_surface(ax, flat, values, bm.classify(values))
    assert shape_of(ax, "toutes les valeurs").area == pytest.approx(200**2)


def test_secret_squares_are_cut_out_of_the_surface(ax, surface, heads):
    gaps = heads.copy()
    gaps.iloc[:5] = np.nan
    gaps.attrs = {**heads.attrs, "states": dict.fromkeys(heads.index[:5], "secret")}
    draw_surface(ax, surface, gaps, bm.classify(gaps, breaks=[500]))
    hidden = shape_of(ax, "Secret statistique")
    assert hidden.area == pytest.approx(surface.area.iloc[:5].sum(), rel=1e-9)
    drawn = shapely.union_all(
        [shape_of(ax, label) for label in ("moins de 500", "500 et plus")]
    )
    assert drawn.intersection(hidden).area < 1
    assert all(s.count is None for s in block(ax, ClassesBlock).swatches)


def test_the_page_says_how_it_was_smoothed(ax, surface, heads):
    draw_surface(ax, surface, heads, bm.classify(heads))
    assert any("noyau quadratique de rayon 2\u202f500 m" in note for note in ax.notes)


def test_squares_named_in_another_crs_are_drawn(ax, lens):
    cells = square_grid(lens, size_m=1_000)
    values = pd.Series(cells.centroid.x - 680_000, cells.index, name="taux")
    classes = bm.classify(values, breaks=[5_000])
    draw_surface(ax, cells, values, classes)
    band = shape_of(ax, "5\u202f000 et plus")
    above = (classes == "5\u202f000 et plus").to_numpy()
    centres = cells.to_crs(3035).centroid.to_crs(2154)
    assert shapely.dwithin(band, centres[above], 1.0).all()
    assert not shapely.contains(band.buffer(-1.0), centres[~above]).any()


def test_surfaces_that_cannot_be_drawn_are_refused(ax, surface, heads, lens):
    classes = bm.classify(heads)
    differ = pytest.raises(DataError, match="values and classes differ on")
    with pytest.warns(BasinmapWarning, match="no longer those"), differ:
        draw_surface(ax, surface, heads * 2, classes)
    with pytest.raises(CRSError, match="two CRS"):
        draw_surface(ax, surface, heads, classes, area=lens.to_crs(3035))
    named = surface.set_axis([f"c{i}" for i in range(len(surface))], axis=0)
    other = heads.set_axis(named.index)
    other.attrs = heads.attrs
    with pytest.raises(CodeError, match="name no square"):
        draw_surface(ax, named, other, bm.classify(other))
    mixed = grid_squares(
        ["CRS2154RES1000mN7037000E685000", "CRS2154RES200mN7037000E686000"]
    )
    values = pd.Series([1.0, 2.0], mixed.index, name="taux")
    with pytest.raises(DataError, match="several sizes"):
        draw_surface(ax, mixed, values, bm.classify(values, breaks=[2]))
    assert not ax.blocks


# === the sheet ======================================================================


def full(lens, stock, surface, heads, cells, people):
    """A page of each kind, with its legend and its furniture."""
    drawn = []
    for number in range(4):
        _, ax = bm.page(lens, title="Essai – CA de Lens-Liévin, 2026")
        bm.draw_neighbours(ax, bm.epcis())
        if number == 0:
            draw_links(ax, lens, series(), threshold=100)
        elif number == 1:
            draw_dots(ax, lens, stock, per_dot=100)
        elif number == 2:
            draw_surface(ax, surface, heads, bm.classify(heads), area=lens)
        else:
            draw_grid(ax, cells, bm.classify(people))
        bm.draw_labels(ax, lens, strong=3)
        bm.draw_legend(ax)
        bm.draw_furniture(ax, author="Mission Bassin Minier", date=DAY)
        drawn.append(ax)
    return drawn


def test_pages_are_the_same_bytes_again(lens, stock, surface, heads, cells, people):
    given_ = (lens, stock, surface, heads, cells, people)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", OutlineWarning)
        one = [saved(ax) for ax in full(*given_)]
        other = [saved(ax) for ax in full(*given_)]
    assert one == other


def test_legends_stay_in_their_strip(lens, stock, surface, heads, cells, people):
    for ax in full(lens, stock, surface, heads, cells, people):
        x, y, width, height = ax.plan.strip
        strip = shapely.box(x, y, x + width, y + height).buffer(0.5)
        renderer = RendererAgg(width=1, height=1, dpi=ax.sheet.dpi)
        per_mm = ax.sheet.dpi / 25.4
        seen = 0
        for text in ax.sheet.paper.texts:
            with print_settings():
                box = text.get_window_extent(renderer)
            there = shapely.box(*(np.array(box.extents) / per_mm))
            if strip.contains(there.centroid):
                seen += 1
                assert strip.contains(there), text.get_text()
        assert seen >= 2
