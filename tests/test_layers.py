"""Layers, legend, names and furniture: what is drawn is what the numbers say."""

import datetime as dt
import math
import re
import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.collections import EllipseCollection, PathCollection
from matplotlib.colors import to_hex, to_rgb
from matplotlib.patches import Circle, Polygon, Rectangle
from matplotlib.text import Text
from pyproj import Geod, Transformer

import basinmap as bm
from basinmap.deliverables.housing import PLATES
from basinmap.deliverables.subjects import subject
from basinmap.maps.layers.drawing import class_colors
from basinmap.maps.look.palettes import SEQUENTIAL, diverging_colors, sequential_colors
from basinmap.maps.look.themes import settings as print_settings
from basinmap.maps.paper.blocks import CirclesBlock, ClassesBlock, KeyBlock
from basinmap.values.told import tell, told_of

DAY = dt.date(2026, 11, 23)
MM = 25.4 / 72
STATES = {
    "62498": ("secret", "Secret statistique"),
    "62510": ("not_applicable", "Sans objet"),
    "62065": ("not_available", "Données non disponibles"),
}
GEOD = Geod(ellps="GRS80")
TO_DEGREES = Transformer.from_crs(2154, 4326, always_xy=True)


@pytest.fixture(scope="module")
def lens():
    return bm.communes(epci="246200364")


@pytest.fixture(scope="module")
def counts():
    return bm.statistics(epci="246200364")


@pytest.fixture(scope="module")
def rate(counts):
    return bm.compute("L04", counts)


@pytest.fixture(scope="module")
def stock(counts):
    return bm.compute("L01", counts)


@pytest.fixture
def ax(lens):
    return bm.page(lens, title="Essai – CA de Lens-Liévin, 2026")[1]


def blocks(ax, kind):
    return [block for block in ax.blocks if isinstance(block, kind)]


def fills(ax):
    """The filled collections, by label."""
    found = [c for c in ax.collections if isinstance(c, PathCollection)]
    return {c.get_label(): c for c in found}


def texts(ax):
    found = ax.figure.findobj(Text)
    return [t.get_text() for t in found if t.get_text().strip()]


def lightness(color):
    """L* of CIELAB under D65, from the definition."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in to_rgb(color)
    ]
    y = float(np.dot([0.2126, 0.7152, 0.0722], linear))
    return 116 * y ** (1 / 3) - 16 if y > (6 / 29) ** 3 else y * (29 / 3) ** 3


def with_gaps(rate):
    values = rate.copy()
    values[list(STATES)] = np.nan
    values.attrs["states"] = {code: state for code, (state, _) in STATES.items()}
    return values


def test_lightness_is_that_of_the_textbook():
    greys = [lightness(c) for c in ("#000000", "#777777", "#ffffff")]
    assert greys == pytest.approx([0, 50.03, 100], abs=0.01)


# --- choropleth -----------------------------------------------------------------------


def test_a_stock_is_refused_as_a_fill_and_the_message_names_the_circles(
    ax, lens, stock
):
    with pytest.raises(
        bm.errors.MeasureError, match=r"'Logements' is a stock.*draw_symbols"
    ):
        bm.draw_choropleth(ax, lens, bm.classify(stock))
    assert not ax.blocks


def test_a_column_of_statistics_declared_as_a_stock_is_refused_as_a_fill(
    ax, lens, counts
):
    assert isinstance(bm.measures_of(counts)["dwellings_2021"], bm.Stock)
    with pytest.raises(bm.errors.MeasureError, match=r"stock.*draw_symbols"):
        bm.draw_choropleth(ax, lens, bm.classify(counts["dwellings_2021"]))


def test_each_class_is_one_collection_of_its_units_in_its_colour(ax, lens, rate):
    classes = bm.classify(rate, breaks=[6, 7.5, 9])
    bm.draw_choropleth(ax, lens, classes)
    drawn = fills(ax)
    assert list(drawn) == list(classes.cat.categories)
    by_hand = [
        (rate < 6).sum(),
        ((rate >= 6) & (rate < 7.5)).sum(),
        ((rate >= 7.5) & (rate < 9)).sum(),
        (rate >= 9).sum(),
    ]
    assert [len(c.get_paths()) for c in drawn.values()] == by_hand
    colors = class_colors(classes, None)
    for collection, color in zip(drawn.values(), colors, strict=True):
        assert collection.get_facecolor()[0, :3] == pytest.approx(to_rgb(color))


def test_counts_of_the_legend_sum_to_the_number_of_units(ax, lens, rate):
    bm.draw_choropleth(ax, lens, bm.classify(rate))
    (block,) = blocks(ax, ClassesBlock)
    assert sum(swatch.count for swatch in block.swatches) == len(lens) == 36
    bm.draw_legend(ax)
    written = texts(ax)
    for swatch in block.swatches:
        assert swatch.label in written
        assert str(swatch.count) in written
    assert "Taux de vacance des logements (%)" in written


def test_the_legend_reads_from_the_highest_class_down(ax, lens, rate):
    classes = bm.classify(rate, breaks=[6, 9])
    bm.draw_choropleth(ax, lens, classes)
    (block,) = blocks(ax, ClassesBlock)
    assert [swatch.label for swatch in block.swatches] == [
        "9 et plus",
        "de 6 à moins de 9",
        "moins de 6",
    ]


def test_missing_values_are_drawn_and_named_by_what_they_mean(ax, lens, rate):
    bm.draw_choropleth(ax, lens, bm.classify(with_gaps(rate)))
    drawn = fills(ax)
    (block,) = blocks(ax, ClassesBlock)
    entries = {swatch.label: swatch for swatch in block.swatches}
    looks = set()
    for code, (_, label) in STATES.items():
        assert entries[label].count == 1
        (path,) = drawn[label].get_paths()
        box = path.get_extents()
        bounds = lens.geometry[code].bounds
        assert (*box.min, *box.max) == pytest.approx(bounds)
        looks.add((entries[label].color, entries[label].hatch))
    assert len(looks) == 3
    assert drawn["Secret statistique"].get_hatch()
    assert sum(swatch.count for swatch in block.swatches) == 36


def test_a_unit_that_the_values_do_not_know_is_not_available(ax, lens, rate):
    bm.draw_choropleth(ax, lens, bm.classify(rate.drop(["62498", "62510"])))
    (block,) = blocks(ax, ClassesBlock)
    entries = {swatch.label: swatch.count for swatch in block.swatches}
    assert entries["Données non disponibles"] == 2


def test_a_zero_is_a_value_and_not_a_gap(ax, lens, rate):
    values = tell(rate.where(rate > 6, 0.0), told_of(rate))
    bm.draw_choropleth(ax, lens, bm.classify(values, breaks=[5]))
    (block,) = blocks(ax, ClassesBlock)
    low = {swatch.label: swatch.count for swatch in block.swatches}["moins de 5"]
    assert low == (rate <= 6).sum() > 0
    assert len(block.swatches) == 2


def test_values_that_were_not_classified_are_refused(ax, lens, rate):
    with pytest.raises(bm.errors.DataError, match=r"bm\.classify\(values\)"):
        bm.draw_choropleth(ax, lens, rate)


# --- colours --------------------------------------------------------------------------


@pytest.mark.parametrize("palette", SEQUENTIAL)
@pytest.mark.parametrize("k", range(2, 8))
def test_sequential_colours_are_distinct_and_go_from_light_to_dark(palette, k):
    colors = sequential_colors(palette, k)
    assert len(set(colors)) == k
    steps = np.diff([lightness(color) for color in colors])
    assert (steps < -4).all()


@pytest.mark.parametrize("each", [1, 2, 3, 4])
def test_diverging_colours_are_distinct_and_darken_outwards(each):
    colors = diverging_colors("orange-violet", each, each)
    assert len(set(colors)) == 2 * each
    below, above = colors[:each][::-1], colors[each:]
    for side in (below, above):
        assert (np.diff([lightness(color) for color in side]) < -4).all()


@pytest.mark.parametrize("each", [2, 3, 4])
def test_losses_and_gains_of_the_same_size_are_equally_dark(each):
    colors = diverging_colors("orange-violet", each, each)
    for low, high in zip(colors[:each], colors[::-1], strict=False):
        assert lightness(low) == pytest.approx(lightness(high), abs=8)


def test_equal_distances_from_the_pivot_have_the_same_colour_whatever_the_other_side():
    assert (
        diverging_colors("orange-violet", 1, 3)
        == diverging_colors("orange-violet", 3, 3)[2:]
    )


def test_a_class_is_as_strong_as_it_is_far_whatever_bounds_the_other_side_has():
    gaps = pd.Series([-2.0, -0.6, -0.1, 0.1, 1.4, 4.0])
    classes = bm.classify(gaps, breaks=[-1, -0.5, 0, 1, 3], pivot=0)
    ladder = diverging_colors("orange-violet", 4, 4)
    assert class_colors(classes, "orange-violet") == [
        *ladder[1:4],  # from 1, from 0.5, from 0
        *(ladder[4], ladder[6], ladder[7]),  # from 0, from 1, from 3
    ]


def test_losses_are_orange_and_gains_violet_around_zero(lens):
    values = pd.Series(np.linspace(-3, 3, 36), index=lens.index, name="growth")
    classes = bm.classify(values, k=6, pivot=0)
    colors = class_colors(classes, None)
    assert 0 in classes.attrs["breaks"]
    for code, color in zip(
        classes.cat.codes, [colors[c] for c in classes.cat.codes], strict=True
    ):
        red, _, blue = to_rgb(color)
        loss = values.iloc[list(classes.cat.codes).index(code)] < 0
        assert (red > blue) == loss


@pytest.mark.parametrize(
    "sign",
    [
        pytest.param(-1),
        1,
    ],
)
def test_a_territory_that_only_loses_bears_no_colour_of_gain(lens, sign):
    values = pd.Series(sign * np.linspace(1, 5, 36), index=lens.index, name="growth")
    colors = class_colors(bm.classify(values, k=6, pivot=0), None)
    used = [to_rgb(colors[c]) for c in bm.classify(values, k=6, pivot=0).cat.codes]
    assert {red > blue for red, _, blue in used} == {sign < 0}


def test_own_breaks_without_the_pivot_are_refused(lens):
    values = pd.Series(np.linspace(-3, 3, 36), index=lens.index, name="growth")
    with pytest.raises(bm.errors.DataError, match="pivot"):
        bm.classify(values, breaks=[-2, 1], pivot=0)


def test_an_unknown_palette_is_refused_with_those_there_are(ax, lens, rate):
    with pytest.raises(bm.errors.DataError, match=r"unknown palette 'pink'.*reds"):
        bm.draw_choropleth(ax, lens, bm.classify(rate), palette="pink")


# --- circles --------------------------------------------------------------------------


def circles(ax):
    (found,) = [c for c in ax.collections if isinstance(c, EllipseCollection)]
    return found


def test_areas_of_circles_are_proportional_to_the_values_on_map_and_in_legend(
    ax, lens, stock
):
    bm.draw_symbols(ax, lens, stock)
    bm.draw_legend(ax)
    drawn = circles(ax)
    diameters = drawn.get_widths() * MM
    assert drawn.get_heights() == pytest.approx(drawn.get_widths())
    values = stock.sort_values(ascending=False, kind="stable").to_numpy()
    per_unit = math.pi / 4 * diameters**2 / values
    assert per_unit == pytest.approx(per_unit[0], rel=1e-6)
    legend = [p for p in ax.sheet.paper.patches if isinstance(p, Circle)]
    (block,) = blocks(ax, CirclesBlock)
    assert len(legend) == len(block.values) >= 2
    for patch, value in zip(legend, block.values, strict=True):
        assert math.pi * patch.radius**2 / value == pytest.approx(per_unit[0], rel=1e-6)
    paper = ax.sheet.paper.transData
    unit = np.diff(paper.transform([(0, 0), (1, 1)]), axis=0)[0]
    assert unit / ax.sheet.dpi * 25.4 == pytest.approx([1, 1], rel=1e-9)


def test_the_legend_writes_the_values_of_its_circles(ax, lens, stock):
    bm.draw_symbols(ax, lens, stock)
    bm.draw_legend(ax)
    (block,) = blocks(ax, CirclesBlock)
    plain = [text.replace("\u202f", "") for text in texts(ax)]
    sizes = tuple(block.values)
    assert {f"{value:g}" for value in sizes} <= set(plain)


def test_the_legend_of_a_stock_below_one_writes_the_values_of_its_circles(ax, lens):
    hectares = pd.Series(np.linspace(0.01, 0.6, 36), index=lens.index, name="Friches")
    bm.draw_symbols(ax, lens, hectares)
    bm.draw_legend(ax)
    assert {"0,6", "0,1"} <= set(texts(ax))


def test_large_circles_are_drawn_before_small_ones_at_a_point_of_their_unit(
    ax, lens, stock
):
    bm.draw_symbols(ax, lens, stock)
    drawn = circles(ax)
    assert (np.diff(drawn.get_widths()) <= 0).all()
    order = stock.sort_values(ascending=False, kind="stable").index
    points = gpd.GeoSeries(gpd.points_from_xy(*drawn.get_offsets().T), crs=2154)
    assert points.set_axis(order).within(lens.geometry.loc[order]).all()


def test_the_largest_circle_may_be_given_in_millimetres(ax, lens, stock):
    bm.draw_symbols(ax, lens, stock, largest_mm=5)
    assert circles(ax).get_widths().max() * MM / 2 == pytest.approx(5)


@pytest.mark.parametrize("radius", [0, -3, float("nan")])
def test_a_radius_that_draws_nothing_is_refused(ax, lens, stock, radius):
    with pytest.raises(bm.errors.DataError, match="largest_mm"):
        bm.draw_symbols(ax, lens, stock, largest_mm=radius)


def test_circles_take_the_colour_of_the_class_of_their_unit(ax, lens, stock, rate):
    classes = bm.classify(rate, breaks=[6, 9])
    bm.draw_symbols(ax, lens, stock, classes=classes)
    order = stock.sort_values(ascending=False, kind="stable").index
    colors = class_colors(classes, None)
    expected = [to_rgb(colors[code]) for code in classes.cat.codes.loc[order]]
    assert circles(ax).get_facecolor()[:, :3] == pytest.approx(np.array(expected))
    (block,) = blocks(ax, ClassesBlock)
    assert sum(swatch.count for swatch in block.swatches) == 36


def test_a_rate_is_refused_as_a_size(ax, lens, rate):
    with pytest.raises(bm.errors.MeasureError, match=r"'L04' is a ratio.*classes="):
        bm.draw_symbols(ax, lens, rate)


@pytest.mark.parametrize("wrong", [-1.0, math.inf, -math.inf])
def test_a_negative_or_infinite_size_is_refused_by_its_code(ax, lens, stock, wrong):
    values = stock.copy()
    values["62498"] = wrong
    tell(values, told_of(stock))
    with pytest.raises(bm.errors.DataError, match=r"negative or infinite.*'62498'"):
        bm.draw_symbols(ax, lens, values)


@pytest.mark.parametrize("nothing", [0.0, math.nan])
def test_sizes_that_are_all_nothing_are_refused(ax, lens, stock, nothing):
    with pytest.raises(bm.errors.DataError, match="nothing above zero"):
        bm.draw_symbols(ax, lens, tell(stock * nothing, told_of(stock)))


def test_sizes_that_are_missing_are_told_in_the_legend(ax, lens, stock):
    values = stock.copy()
    values[["62498", "62510"]] = np.nan
    values.attrs["states"] = {"62498": "secret", "62510": "secret"}
    bm.draw_symbols(ax, lens, values)
    bm.draw_legend(ax)
    assert any("Secret statistique" in text for text in texts(ax))


# --- rings, points, outlines ----------------------------------------------------------


def test_rings_are_drawn_at_their_true_distance_on_the_ground(ax):
    distances = [2_000, 5_000, 10_000]
    bm.draw_rings(ax, bm.rings(bm.LOUVRE_LENS, distances=distances))
    lon, lat = TO_DEGREES.transform(bm.LOUVRE_LENS.point.x, bm.LOUVRE_LENS.point.y)
    assert len(ax.lines) == 3
    for line, distance in zip(ax.lines, distances, strict=True):
        there = TO_DEGREES.transform(*np.array(line.get_data()))
        count = len(there[0])
        _, _, metres = GEOD.inv([lon] * count, [lat] * count, *there)
        assert metres == pytest.approx(distance, abs=0.05)


def test_distances_are_written_on_their_circle_inside_the_frame(ax):
    distances = [2_000, 5_000, 7_500, 60_000]
    bm.draw_rings(ax, bm.rings(bm.LOUVRE_LENS, distances=distances))
    assert [t.get_text() for t in ax.texts] == ["2\u00a0km", "5\u00a0km", "7,5\u00a0km"]
    for text, distance in zip(ax.texts, distances, strict=False):
        lon, lat = TO_DEGREES.transform(*text.get_position())
        home = TO_DEGREES.transform(bm.LOUVRE_LENS.point.x, bm.LOUVRE_LENS.point.y)
        assert GEOD.inv(*home, lon, lat)[2] == pytest.approx(distance, rel=1e-3)
        box = text.get_window_extent(ax.sheet.canvas.get_renderer())
        frame = ax.get_window_extent()
        assert frame.x0 < box.x0 < box.x1 < frame.x1
        assert frame.y0 < box.y0 < box.y1 < frame.y1
    (key,) = blocks(ax, KeyBlock)
    assert [s.label for s in key.swatches] == ["distance à vol d’oiseau"]


def test_a_circle_that_crosses_a_small_map_between_two_vertices_is_drawn():
    west = gpd.GeoSeries([shapely.Point(600_000, 7_037_000)], crs=2154)
    circle = bm.rings(west, distances=[86_000])
    first, second = circle.geometry.iloc[0].exterior.coords[300:302]
    middle = shapely.Point((np.array(first) + np.array(second)) / 2)
    place = gpd.GeoDataFrame(geometry=[middle.buffer(50)], crs=2154, index=["a"])
    _, ax = bm.page(place, title="x")
    bm.draw_rings(ax, circle)
    assert len(ax.lines) == 1


def test_rings_without_their_distance_are_refused(ax, lens):
    with pytest.raises(bm.errors.ColumnError, match="outer"):
        bm.draw_rings(ax, lens)


def test_points_lie_where_they_are_and_only_those_of_the_frame_are_drawn(ax):
    places = bm.places()
    bm.draw_points(ax, places, label="lieu")
    (collection,) = tuple(ax.collections)
    museum = bm.LOUVRE_LENS.point
    seen = np.asarray(collection.get_offsets())
    assert seen == pytest.approx(np.array([[museum.x, museum.y]]))
    (key,) = blocks(ax, KeyBlock)
    assert [swatch.label for swatch in key.swatches] == ["lieu"]


def test_the_place_that_is_drawn_is_credited(ax):
    bm.draw_points(ax, bm.places().loc[["louvre-lens"]], label="musée")
    bm.draw_furniture(ax, author="x", date=DAY)
    foot = " ".join(texts(ax))
    assert "Wikipédia (position\u00a0: Louvre-Lens)" in foot
    assert "BRGM" not in foot  # from which the shafts are, that are not drawn


def test_each_place_has_its_own_credit_and_others_that_of_the_whole():
    places = bm.places()
    _, ax = bm.page(places, title="Lieux")
    bm.draw_points(ax, places, label="lieu")
    assert list(ax.grounds) == [
        "Wikipédia (position : Louvre-Lens)",
        "Wikipédia, d'après le BRGM (position : Fosse de Sessevalle, puits n° 1)",
        "Wikipédia, d'après le BRGM (position : Fosse de Sessevalle, puits n° 2)",
    ]
    _, ax = bm.page(places, title="Lieux")
    bm.draw_points(ax, places.reset_index(drop=True), label="lieu")
    assert list(ax.grounds) == list(places.attrs["sources"])


def test_neighbours_lie_under_everything_and_outlines_over_the_fills(ax, lens, rate):
    bm.draw_neighbours(ax, bm.epcis())
    bm.draw_choropleth(ax, lens, bm.classify(rate))
    bm.draw_outlines(ax, bm.epcis(epci="call"), label="limite de l'EPCI")
    drawn = fills(ax)
    levels = {label: c.get_zorder() for label, c in drawn.items()}
    outline = levels.pop("limite de l'EPCI")
    below = levels.pop("_neighbours")
    assert below < min(levels.values()) <= max(levels.values()) < outline
    assert len(drawn["_neighbours"].get_paths()) < 36
    (key,) = blocks(ax, KeyBlock)
    assert [swatch.label for swatch in key.swatches] == ["limite de l’EPCI"]


def test_holes_stay_holes(ax):
    outer = shapely.box(680_000, 7_030_000, 690_000, 7_040_000)
    inner = shapely.box(684_000, 7_034_000, 686_000, 7_036_000)
    for shell in (outer, shapely.reverse(outer)):
        holed = shapely.Polygon(shell.exterior, [inner.exterior])
        units = gpd.GeoDataFrame(geometry=[holed], crs=2154, index=["a"])
        bm.draw_outlines(ax, units, fill="#000000")
        (path,) = ax.collections[-1].get_paths()
        rings = path.to_polygons()
        turns = [shapely.LinearRing(ring).is_ccw for ring in rings]
        surfaces = [shapely.Polygon(ring).area for ring in rings]
        assert sorted(surfaces) == [4e6, 1e8]
        assert sorted(turns) == [False, True]


def test_every_part_of_a_unit_of_several_parts_is_drawn(ax):
    parts = [shapely.box(x, 7e6, x + 10, 7e6 + 10) for x in (6.8e5, 6.9e5, 7e5)]
    units = gpd.GeoDataFrame(
        geometry=[shapely.MultiPolygon(parts)], crs=2154, index=["a"]
    )
    _, ax = bm.page(units, title="x")
    bm.draw_outlines(ax, units)
    (path,) = ax.collections[-1].get_paths()
    assert len(path.to_polygons()) == 3


# --- refusals -------------------------------------------------------------------------


DRAW = {
    "choropleth": lambda ax, u, r, _: bm.draw_choropleth(ax, u, bm.classify(r)),
    "symbols": lambda ax, u, _, s: bm.draw_symbols(ax, u, s),
    "outlines": lambda ax, u, *_: bm.draw_outlines(ax, u),
    "neighbours": lambda ax, u, *_: bm.draw_neighbours(ax, u),
    "points": lambda ax, u, *_: bm.draw_points(ax, u, label="x"),
}


@pytest.mark.parametrize("layer", DRAW)
@pytest.mark.parametrize(("crs", "said"), [(4326, "degrees"), (3950, "EPSG:3950")])
def test_units_of_another_projection_are_refused_by_every_layer(
    ax, lens, rate, stock, layer, crs, said
):
    with pytest.raises(bm.errors.CRSError, match=said + r".*\.to_crs\(2154\)"):
        DRAW[layer](ax, lens.to_crs(crs), rate, stock)


@pytest.mark.parametrize("crs", [3950, 3812])
def test_names_of_units_of_another_projection_are_refused(ax, lens, crs):
    with pytest.raises(bm.errors.CRSError, match=r"\.to_crs\(2154\)"):
        bm.draw_labels(ax, lens.to_crs(crs))


@pytest.mark.parametrize("layer", ["choropleth", "symbols"])
def test_values_of_another_level_are_refused_with_both_codes(
    ax, lens, rate, stock, layer
):
    units = lens.set_axis([f"{code}0000" for code in lens.index])
    with pytest.raises(
        bm.errors.DataError, match=r"no code in common.*'620010000'.*'62001'"
    ):
        DRAW[layer](ax, units, rate, stock)


@pytest.mark.parametrize("layer", ["choropleth", "symbols"])
def test_values_that_stand_twice_are_refused_by_their_code(
    ax, lens, rate, stock, layer
):
    twice = [pd.concat([v, v.loc[["62498"]]]) for v in (rate, stock)]
    with pytest.raises(bm.errors.DataError, match=r"more than once: '62498'"):
        DRAW[layer](ax, lens, *twice)


@pytest.mark.parametrize("layer", ["choropleth", "symbols"])
def test_units_that_stand_twice_are_refused_by_their_code(ax, lens, rate, stock, layer):
    units = pd.concat([lens, lens.loc[["62498"]]])
    with pytest.raises(bm.errors.DataError, match=r"more than once: '62498'"):
        DRAW[layer](ax, units, rate, stock)


def test_a_unit_without_geometry_does_not_break_the_circles(ax, lens, stock):
    units = lens.copy()
    units.loc["62498", "geometry"] = None
    with pytest.raises(bm.errors.DataError, match="62498"):
        bm.draw_symbols(ax, units, stock)


def test_a_legend_of_nothing_is_refused(ax):
    with pytest.raises(bm.errors.DataError, match="nothing to explain"):
        bm.draw_legend(ax)


@pytest.mark.filterwarnings("ignore:histogram. .* distinct value")
def test_a_histogram_of_one_single_value_does_not_break_the_legend(ax, lens):
    values = pd.Series(3.0, index=lens.index, name="part")
    bm.draw_choropleth(ax, lens, bm.classify(values))
    bm.draw_legend(ax, histogram=values)
    assert texts(ax)


@pytest.mark.filterwarnings("ignore:histogram. .* distinct value")
@pytest.mark.parametrize(("distinct", "drawn"), [(4, False), (11, False), (12, True)])
def test_a_histogram_is_of_twelve_different_values_at_least(ax, lens, distinct, drawn):
    values = pd.Series(np.arange(36) % distinct + 0.5, lens.index, name="part")
    bm.draw_choropleth(ax, lens, bm.classify(values, breaks=[2]))
    bm.draw_legend(ax, histogram=values)
    assert ("Distribution" in texts(ax)) == drawn


def bars_of(ax):
    """Return the bars of the histogram, and their colours."""
    return [
        (path.get_extents(), color)
        for drawn in ax.sheet.paper.collections
        if drawn.get_linewidth() == 0.25
        for path, color in zip(drawn.get_paths(), drawn.get_facecolor(), strict=True)
    ]


def test_bars_of_the_histogram_bear_the_colours_of_the_classes_and_never_straddle(
    ax, lens, rate
):
    classes = bm.classify(rate, breaks=[6, 9])
    bm.draw_choropleth(ax, lens, classes)
    bm.draw_legend(ax)
    assert not bars_of(ax)
    _, other = bm.page(lens, title="x")
    bm.draw_choropleth(other, lens, classes)
    bm.draw_legend(other, histogram=rate)
    bars = bars_of(other)
    left, width = bars[0][0].x0, other.plan.strip[2]
    low, high = rate.min(), rate.max()
    colors = class_colors(classes, None)
    for bar, color in bars:
        start, end = (low + (x - left) / width * (high - low) for x in (bar.x0, bar.x1))
        code = int(np.searchsorted([6, 9], (start + end) / 2, side="right"))
        assert color[:3] == pytest.approx(to_rgb(colors[code]))
        for limit in (6, 9):
            assert not start + 1e-9 < limit < end - 1e-9


def test_no_bar_of_the_histogram_is_a_sliver_that_dwarfs_the_others(ax, lens):
    # 0 to 28 in bars of 1 would cut a sliver of 0.01 off the break.
    values = pd.Series(np.linspace(0, 28, len(lens)), index=lens.index, name="part")
    values.iloc[18] = 13.995
    bm.draw_choropleth(ax, lens, bm.classify(values, breaks=[13.99]))
    bm.draw_legend(ax, histogram=values)
    strip = ax.plan.strip[2]
    bars = [box for box, _ in bars_of(ax)]
    assert min(bar.width for bar in bars) > 0.02 * strip
    assert np.median([bar.height for bar in bars]) > 5  # of 12.5 mm


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (7.19, "7,2\u202f%"),
        (-0.4, "\u22120,4\u202f%"),
        pytest.param(math.nan, "n.d."),
    ],
)
def test_a_comparison_writes_its_values_in_french(ax, value, written):
    values = pd.Series({"CA de Lens-Liévin": 1.0, "L'autre": value})
    values.attrs = {"decimals": 1, "unit": "%"}
    bm.draw_comparison(ax, values)
    bm.draw_legend(ax)
    found = texts(ax)
    assert found[found.index("L’autre") + 1] == written


def test_whole_counts_are_compared_without_decimals(lens):
    counts = pd.Series({"CALL": 242_013.0, "Bassin minier": 1_255_036.0})
    for values, written in (
        (bm.describe(counts, kind="stock", label="Population"), "242\u202f013"),
        (bm.describe(counts / 8, kind="stock", label="Moyenne"), "30\u202f251,6"),
        (bm.describe(counts / 1e4, kind="ratio", label="Taux"), "24,2"),
    ):
        _, ax = bm.page(lens, title="Comparaison")
        bm.draw_comparison(ax, values)
        bm.draw_legend(ax)
        found = texts(ax)
        assert written in found


def test_a_comparison_with_an_infinite_value_is_refused(ax):
    with pytest.raises(bm.errors.DataError, match="infinite"):
        bm.draw_comparison(ax, pd.Series({"a": math.inf, "b": 1.0}))


# --- names ----------------------------------------------------------------------------


def names(ax):
    return [text for text in ax.texts if text.get_gid() == "name"]


@pytest.fixture(scope="module")
def labelled():
    units = bm.communes(epci="200069672")  # 96 communes: not all find room
    _, ax = bm.page(units, title="CC du Ternois, 2026")
    count = bm.draw_labels(ax, units, strong=3)
    return units, ax, count


def test_the_number_of_names_written_is_returned(labelled):
    units, ax, count = labelled
    assert count == len(names(ax)) == len(ax.boxes)
    assert 30 < count <= len(units)


def ink(ax, text):
    """Pixels that a text blackens, alone on a page."""
    width, height = (round(side) for side in ax.sheet.bbox.size)
    renderer = RendererAgg(width, height, ax.sheet.dpi)
    with print_settings():
        text.draw(renderer)
    return np.asarray(renderer.buffer_rgba())[..., 3] > 100


def test_no_two_names_overlap(labelled):
    _, ax, _ = labelled
    boxes = np.array(ax.boxes)
    for i, j in zip(*np.triu_indices(len(boxes), 1), strict=True):
        a, b = boxes[i], boxes[j]
        common = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
        assert common.min() <= 1e-6, (names(ax)[i], names(ax)[j])


def test_no_pixel_is_blackened_by_two_names(labelled):
    _, ax, _ = labelled
    layers = [(text.get_text(), ink(ax, text)) for text in names(ax)]
    assert all(mask.any() for _, mask in layers)
    total = sum(mask.astype(int) for _, mask in layers)
    twice = [name for name, mask in layers if (total[mask] > 1).any()]
    assert not twice


def test_names_stay_inside_the_frame(labelled):
    _, ax, _ = labelled
    renderer = ax.sheet.canvas.get_renderer()
    frame = ax.get_window_extent(renderer)
    with print_settings():
        for text in names(ax):
            box = text.get_window_extent(renderer)
            assert box.x0 >= frame.x0
            assert box.x1 <= frame.x1
            assert box.y0 >= frame.y0
            assert box.y1 <= frame.y1


def test_the_most_populous_are_written_larger_and_names_are_those_of_the_data(labelled):
    units, ax, _ = labelled
    first = set(units["population"].nlargest(3).index)
    largest = max(text.get_fontsize() for text in names(ax))
    strong = {t.get_text() for t in names(ax) if t.get_fontsize() == largest}
    plain = {" ".join(name.replace("-\n", "-").split()) for name in strong}
    assert plain == set(units.loc[list(first), "name"].str.replace("'", "’"))


def test_names_avoid_the_distances_that_are_written_before(ax, lens):
    bm.draw_rings(ax, bm.rings(bm.LOUVRE_LENS, distances=[2_000, 5_000, 10_000]))
    distances = np.array(ax.boxes)
    bm.draw_labels(ax, lens)
    for box in np.array(ax.boxes)[len(distances) :]:
        for other in distances:
            common = np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2])
            assert common.min() <= 1e-6


def test_a_halo_does_not_turn_the_name_into_an_outline(labelled):
    _, ax, _ = labelled
    assert all(not text.get_path_effects() for text in names(ax))


def test_a_missing_name_is_not_written_as_nan(ax, lens):
    units = lens.copy()
    units.loc["62498", "name"] = np.nan
    bm.draw_labels(ax, units)
    assert not {"nan", "None", "<NA>"} & {text.get_text() for text in ax.texts}


def test_names_of_units_out_of_the_frame_or_of_no_column_are_refused(ax, lens):
    with pytest.raises(bm.errors.DataError, match="lies in the frame"):
        bm.draw_labels(ax, bm.communes(epci="245900428"))
    with pytest.raises(bm.errors.ColumnError, match=r"'nom'.*found 'name'"):
        bm.draw_labels(ax, lens, column="nom")


# --- furniture ------------------------------------------------------------------------


def around(x, y, half=10_000):
    box = shapely.box(x - half, y - half, x + half, y + half)
    return gpd.GeoDataFrame(geometry=[box], crs=2154, index=["a"])


def furnished(units, **options):
    _, ax = bm.page(units, title="Essai 2026", **options)
    bm.draw_outlines(ax, units)
    before = len(ax.sheet.paper.patches)
    bm.draw_furniture(ax, author="Mission", date=DAY, sources=["Insee"])
    return ax, ax.sheet.paper.patches[before:]


PLACES = {
    "lens": (686_006, 7_037_021),
    "geneva": (938_000, 6_570_000),  # lon 6.1: far east of the central meridian
    "brest": (145_000, 6_838_000),  # lon -4.5: far west of it
    "tip": (650_000, 7_110_000),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("half", [50, 5_000, 30_000, 200_000])
def test_the_scale_bar_has_the_length_that_it_says(place, half):
    ax, patches = furnished(around(*PLACES[place], half))
    bar = [p for p in patches if isinstance(p, Rectangle)]
    drawn = max(p.get_x() + p.get_width() for p in bar) - min(p.get_x() for p in bar)
    (last,) = [t for t in ax.sheet.paper.texts if t.get_gid() == "scale-bar-2"]
    said, unit = last.get_text().split("\u00a0")
    assert unit == ("m" if half == 50 else "km")
    kilometres = float(said.replace(",", ".").replace("\u202f", ""))
    kilometres /= 1000 if unit == "m" else 1
    x, y = np.mean(ax.get_xlim()), np.mean(ax.get_ylim())
    ends = TO_DEGREES.transform([x - 500, x + 500], [y, y])
    ground = GEOD.inv(ends[0][0], ends[1][0], ends[0][1], ends[1][1])[2]
    assert drawn * ax.plan.scale / 1e6 * ground / 1000 == pytest.approx(
        kilometres, rel=1e-3
    )
    assert 10 < drawn < 45


@pytest.mark.parametrize("place", PLACES)
def test_the_arrow_points_to_the_true_north(place):
    _, patches = furnished(around(*PLACES[place]))
    halves = [p.get_xy()[:-1] for p in patches if isinstance(p, Polygon)]
    shared = [p for p in halves[0] if np.isclose(halves[1], p).all(axis=1).any()]
    tail, tip = sorted(shared, key=lambda p: p[1])
    x, y = PLACES[place]
    lon, lat = TO_DEGREES.transform(x, y)
    up = TO_DEGREES.transform(lon, lat + 0.01, direction="INVERSE")
    north = np.array(up) - (x, y)
    drawn = math.atan2(*(tip - tail))
    assert drawn == pytest.approx(math.atan2(*north), abs=1e-3)
    # East of the third meridian the true north is to the left of the grid's.
    assert math.copysign(1, drawn) == (-1 if lon > 3 else 1)


def test_an_author_and_a_source_are_compulsory(ax, lens):
    with pytest.raises(bm.errors.DataError, match=r"author='…', sources=\['…'\]"):
        bm.draw_furniture(ax, author="Mission", date=DAY)
    bm.draw_outlines(ax, lens)
    with pytest.raises(bm.errors.DataError, match=r"author='…'"):
        bm.draw_furniture(ax, author=" ", date=DAY)


def test_the_sheet_bears_sources_author_date_and_scale_in_french(lens, rate):
    _, ax = bm.page(lens, title="x", scale=125_000)
    bm.draw_choropleth(ax, lens, bm.classify(rate))
    note = "Lecture : à Lens, l'essai vaut 11,2 %"
    bm.draw_furniture(
        ax, author="Mission Bassin Minier", date=DAY, sources=["Essai 2026"], note=note
    )
    whole = "\n".join(texts(ax))
    flat = whole.replace("\n", " ")
    assert "Échelle 1\u00a0: 125\u202f000 (A4)" in whole
    assert "Réalisation\u00a0: Mission Bassin Minier, novembre 2026" in flat
    assert "Sources\u00a0: Insee, recensement" in flat
    assert "Essai 2026" in flat
    assert "l’essai vaut 11,2\u202f%." in flat


@pytest.mark.parametrize("paper", ["A5", "A4"])
def test_long_credits_stay_on_the_page_or_the_maker_is_warned(lens, rate, paper):
    _, ax = bm.page(lens, title="x", paper=paper)
    bm.draw_choropleth(ax, lens, bm.classify(rate))
    sources = [f"Producteur n° {i}, base de données, 2021" for i in range(30)]
    note = "Lecture : " + "mot " * 60
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        bm.draw_furniture(ax, author="Mission", date=DAY, sources=sources, note=note)
    renderer = ax.sheet.canvas.get_renderer()
    with print_settings():
        lowest = min(t.get_window_extent(renderer).y0 for t in ax.sheet.paper.texts)
    assert lowest >= 0 or any(
        issubclass(warning.category, bm.errors.BasinmapWarning) for warning in caught
    )


@pytest.mark.parametrize(
    ("month", "written"), [(1, "janvier"), (2, "février"), (8, "août")]
)
def test_the_month_is_written_in_french(ax, lens, month, written):
    bm.draw_outlines(ax, lens)
    bm.draw_furniture(ax, author="x", date=dt.date(2026, month, 1))
    assert any(f"{written} 2026" in text for text in texts(ax))


# --- all the plates of an EPCI --------------------------------------------------------


@pytest.fixture(scope="module")
def plates():
    about = subject("246200364", author="Mission de l'essai", date=DAY)
    return {plate.slug: plate.draw(about) for plate in PLATES}


@pytest.mark.parametrize("slug", [plate.slug for plate in PLATES])
def test_every_text_of_a_plate_is_french(plates, slug):
    sheet = plates[slug]
    sheet.canvas.draw()  # a missing glyph would warn
    found = [t.get_text() for t in sheet.findobj(Text) if t.get_text().strip()]
    assert len(found) > 50
    for text in found:
        assert not re.search(r"\d\.\d", text), text
        assert not re.search(r"\d \d{3}(?!\d)", text), text
        assert "'" not in text
        assert not re.search(r"(^|\W)-\d", text), text
        assert not re.search(r" [:;?!%»]|« ", text), text
        assert not re.search(r"\b(nan|None|inf)\b", text), text


@pytest.mark.parametrize("slug", [plate.slug for plate in PLATES])
def test_no_text_leaves_the_page_or_lies_on_another_or_on_the_map(plates, slug):
    sheet = plates[slug]
    plan = sheet.layout_mm
    renderer = sheet.canvas.get_renderer()
    with print_settings():
        placed = {
            t.get_text(): t.get_window_extent(renderer).extents / sheet.dpi * 25.4
            for t in sheet.paper.texts
        }
    boxes = list(placed.items())
    x, y, width, height = plan.frame
    frame = np.array([x, y, x + width, y + height])
    for i, (text, box) in enumerate(boxes):
        assert box.min() >= 0, text
        assert box[2] <= plan.width, text
        assert box[3] <= plan.height, text
        for other, taken in [("map", frame), *boxes[i + 1 :]]:
            common = np.minimum(box[2:], taken[2:]) - np.maximum(box[:2], taken[:2])
            assert common.min() < 0.6, (text, other)


def test_a_circle_without_a_rate_has_the_colour_of_its_entry():
    lens = bm.communes(epci="call")
    rate = bm.compute("L04", bm.statistics(epci="call"))
    code = lens["population"].idxmax()
    for state, label in (("secret", "Secret"), ("not_applicable", "Sans objet")):
        told = rate.copy()
        told[code] = np.nan
        told.attrs = {**rate.attrs, "states": {code: state}}
        _, ax = bm.page(lens, title="Logements")
        dwellings = bm.compute("L01", bm.statistics(epci="call"))
        bm.draw_symbols(ax, lens, dwellings, classes=bm.classify(told))
        (block,) = (b for b in ax.blocks if isinstance(b, ClassesBlock))
        (entry,) = (s for s in block.swatches if s.label.startswith(label))
        circles = next(c for c in ax.collections if c.get_zorder() == 4)
        rank = dwellings.sort_values(ascending=False, kind="stable").index.get_loc(code)
        assert to_hex(circles.get_facecolor()[rank]) == entry.color


def test_an_entry_that_nobody_can_draw_is_named():
    _, ax = bm.page(bm.communes(epci="call"), title="Logements")
    ax.blocks.append(object())
    with pytest.raises(TypeError, match="object is no entry of the legend"):
        bm.draw_legend(ax)


def test_what_is_around_the_mean_of_a_rate_has_no_sign(ax, lens, rate):
    bm.draw_choropleth(ax, lens, bm.classify(rate, k=4, pivot=7))
    bm.draw_legend(ax, histogram=rate)
    assert not [text for text in texts(ax) if "+" in text]


def test_the_legend_writes_the_sign_of_a_change(ax, lens, counts):
    change = bm.compute("D02", counts)
    bm.draw_choropleth(ax, lens, bm.classify(change, breaks=[-0.5, 0, 0.5], pivot=0))
    bm.draw_legend(ax, histogram=change)
    found = texts(ax)
    assert "de 0 à moins de +0,5" in found
    assert {"−0,5", "0", "+0,5"} <= set(found)


def test_one_estimated_value_is_not_said_in_the_plural(lens, rate):
    for count, said in ((1, "1 valeur"), (2, "2 valeurs")):
        values = rate.copy()
        values.attrs = rate.attrs | {
            "states": dict.fromkeys(lens.index[:count], "estimated")
        }
        _, ax = bm.page(lens, title="Taux")
        bm.draw_choropleth(ax, lens, bm.classify(values))
        assert f"Estimation : {said}" in ax.notes


def test_a_marker_in_the_middle_of_a_unit_does_not_take_its_name_away(lens):
    units = lens.loc[["62498", "62510"]]
    for size in (2.8, 4.0):
        _, ax = bm.page(units, title="Deux communes")
        bm.draw_outlines(ax, units)
        middles = units.set_geometry(
            gpd.GeoSeries(
                [
                    shapely.Point(shapely.maximum_inscribed_circle(shape).coords[0])
                    for shape in units.geometry
                ],
                units.index,
                crs=2154,
            )
        )
        bm.draw_points(ax, middles, label="mairie", size_mm=size)
        markers = list(ax.boxes)
        assert bm.draw_labels(ax, units) == 2
        for name in ax.boxes[len(markers) :]:
            for box in markers:
                beside = name[0] > box[2] or name[2] < box[0]
                assert beside or name[1] > box[3] or name[3] < box[1]


def test_a_comparison_credits_where_its_values_come_from(ax):
    values = pd.Series({"CA de Lens-Liévin": 1.0})
    values.attrs = {"sources": ["Insee, recensement"]}
    bm.draw_comparison(ax, values)
    bm.draw_furniture(ax, author="Mission", date=DAY)
    assert "Sources\u00a0: Insee, recensement." in texts(ax)


def test_the_largest_towns_are_named_even_among_crowded_circles():
    basin = bm.communes().dropna(subset="scot")
    _, ax = bm.page(basin, title="Population en 2023 – bassin minier")
    people = bm.compute("D01", bm.statistics().loc[basin.index])
    bm.draw_symbols(ax, basin, people, largest_mm=5)
    towns = basin[basin["population"] > 20_000]
    assert bm.draw_labels(ax, towns, strong=len(towns)) == len(towns) == 8
