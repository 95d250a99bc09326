"""Types, squares, crossed rates, discontinuities, markers, hatching."""

import datetime as dt
import io
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.collections import EllipseCollection, LineCollection, PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.patches import FancyArrowPatch, Polygon, Rectangle
from matplotlib.text import Text

import basinmap as bm
from basinmap.errors import (
    BasinmapWarning,
    CRSError,
    DataError,
    MeasureError,
    VintageError,
)
from basinmap.maps.layers.bivariate import BivariateBlock, draw_bivariate
from basinmap.maps.layers.discontinuities import draw_discontinuities
from basinmap.maps.layers.drawing import STATE_FILL, class_colors
from basinmap.maps.layers.hatching import HatchingBlock, draw_hatching, strokes
from basinmap.maps.layers.markers import draw_markers
from basinmap.maps.layers.squares import SquaresBlock, draw_squares
from basinmap.maps.layers.typology import (
    CategoriesBlock,
    draw_typology,
    named_categories,
)
from basinmap.maps.look.palettes import bivariate_colors, qualitative_colors
from basinmap.maps.look.themes import settings as print_settings
from basinmap.maps.paper.blocks import CirclesBlock, ClassesBlock, KeyBlock
from basinmap.measures import STATES
from basinmap.values.told import tell, told_of

DAY = dt.date(2026, 11, 23)
MM = 25.4 / 72
GAPS = {"62498": "secret", "62510": "not_applicable", "62065": "not_available"}


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
def houses(counts):
    return bm.compute("L05", counts)


@pytest.fixture(scope="module")
def stock(counts):
    return bm.compute("L01", counts)


@pytest.fixture(scope="module")
def profiles(lens):
    """Ten towns, twenty mining villages, six villages, in the order of the codes."""
    names = ["ville"] * 10 + ["cité minière"] * 20 + ["bourg"] * 6
    found = pd.Series(names, index=lens.index, name="profil")
    found.attrs = {"label": "profil de commune", "sources": ("Essai",)}
    return found


@pytest.fixture
def ax(lens):
    return bm.page(lens, title="Essai – CA de Lens-Liévin, 2026")[1]


@pytest.fixture
def four():
    """
    Four squares of 1 km, values in their names, that meet in the middle.

    c5 d9
    a1 b2
    """
    corners = {"a1": (0, 0), "b2": (1, 0), "c5": (0, 1), "d9": (1, 1)}
    shapes = [
        shapely.box(x, y, x + 1000, y + 1000)
        for x, y in (
            (680_000 + 1000 * i, 7_030_000 + 1000 * j) for i, j in corners.values()
        )
    ]
    return gpd.GeoDataFrame(geometry=shapes, index=list(corners), crs=2154)


@pytest.fixture
def sites(lens):
    """A point in each of the 36 communes, and one far away."""
    points = [*lens.representative_point(), shapely.Point(500_000, 6_500_000)]
    return gpd.GeoDataFrame(geometry=points, index=[*lens.index, "far"], crs=2154)


def values_of(four):
    return pd.Series([float(name[1]) for name in four.index], four.index, name="taux")


def block(ax, kind):
    (found,) = [entry for entry in ax.blocks if isinstance(entry, kind)]
    return found


def entries(ax, kind=CategoriesBlock):
    return {swatch.label: swatch for swatch in block(ax, kind).swatches}


def drawn(ax):
    return {c.get_label(): c for c in ax.collections}


def with_gaps(values):
    found = values.copy()
    found[list(GAPS)] = np.nan if values.dtype.kind == "f" else None
    found.attrs = {**values.attrs, "states": dict(GAPS)}
    return found


def texts(ax):
    """Texts of the paper, from the top of the page to its foot."""
    found = [t for t in ax.sheet.paper.texts if t.get_text().strip()]
    return [t.get_text() for t in sorted(found, key=lambda t: -t.get_position()[1])]


def facecolor(collection):
    return tuple(collection.get_facecolor()[0][:3])


# --- typology -----------------------------------------------------------------------


def test_each_category_is_filled_with_its_colour_and_counted(ax, lens, profiles):
    draw_typology(ax, lens, profiles)
    lines = entries(ax)
    assert {n: s.count for n, s in lines.items()} == {
        "bourg": 6,
        "cité minière": 20,
        "ville": 10,
    }
    for name, color in zip(lines, qualitative_colors("profiles", 3), strict=True):
        fill = drawn(ax)[name]
        assert len(fill.get_paths()) == lines[name].count
        assert facecolor(fill) == pytest.approx(to_rgb(color))
        assert lines[name].color == color


def test_the_legend_names_types_in_order_with_their_heading_and_numbers(
    ax, lens, profiles
):
    draw_typology(ax, lens, profiles)
    bm.draw_legend(ax)
    written = texts(ax)
    names = ["Profil de commune", "communes", "bourg", "cité minière", "ville"]
    assert [text for text in written if text in names] == names
    assert {"6", "20", "10"} <= set(written)


def test_types_are_sorted_as_in_a_french_dictionary_and_numbers_as_numbers():
    words = pd.Series(["Emploi", "Économie", "eau", "Zone"])
    order = ["eau", "Économie", "Emploi", "Zone"]
    assert list(named_categories(words, None).cat.categories) == order
    numbers = pd.Series([10.0, 2.0, np.nan, 1.0])
    assert list(named_categories(numbers, None).cat.categories) == ["1", "2", "10"]


def test_types_keep_the_order_and_the_colour_of_those_that_no_unit_has(
    ax, lens, profiles
):
    order = ["ville", "pôle", "cité minière", "bourg"]
    draw_typology(ax, lens, profiles.astype(pd.CategoricalDtype(order)))
    lines = entries(ax)
    assert list(lines) == order
    assert lines["pôle"].count == 0
    colors = qualitative_colors("profiles", 4)
    assert [line.color for line in lines.values()] == colors


def test_labels_name_the_types_and_give_their_order(ax, lens, profiles):
    number = profiles.map({"ville": 3, "cité minière": 1, "bourg": 2})
    labels = {3: "Ville", 1: "Cité de l'ERBM", 2: "Bourg"}
    draw_typology(ax, lens, number, labels=labels, title="Profil")
    lines = entries(ax)
    assert list(lines) == ["Ville", "Cité de l’ERBM", "Bourg"]
    assert [line.count for line in lines.values()] == [10, 20, 6]
    assert block(ax, CategoriesBlock).title == "Profil"


def test_units_without_a_type_are_drawn_and_named_by_what_that_means(
    ax, lens, profiles
):
    draw_typology(ax, lens, with_gaps(profiles))
    lines = entries(ax)
    assert list(lines)[-3:] == list(STATES.values())
    assert sum(line.count for line in lines.values()) == 36
    for code, state in GAPS.items():
        fill = drawn(ax)[STATES[state]]
        (path,) = fill.get_paths()
        box = path.get_extents()
        assert (*box.min, *box.max) == pytest.approx(lens.geometry[code].bounds)
        assert (
            (fill.get_hatch() or "")
            == STATE_FILL[state][1]
            == lines[STATES[state]].hatch
        )


def test_circles_lie_over_a_typology_and_their_legend_under_it(
    ax, lens, profiles, stock
):
    draw_typology(ax, lens, profiles)
    bm.draw_symbols(ax, lens, stock)
    circles = [c for c in ax.collections if isinstance(c, EllipseCollection)]
    assert circles[0].get_zorder() > max(
        c.get_zorder() for c in ax.collections if c not in circles
    )
    assert block(ax, CirclesBlock)
    bm.draw_legend(ax)
    written = texts(ax)
    assert written.index("Profil de commune") < written.index("Logements")


@given(
    st.lists(
        st.sampled_from(["a", "b", "c", "d", "e", "f", "g", None]), min_size=1
    ).filter(any)
)
def test_categories_lose_and_gain_nothing(given_):
    found = named_categories(pd.Series(given_, dtype=object), None)
    assert [None if pd.isna(c) else c for c in found] == given_


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (lambda p: p.map(lambda _: None), DataError, "all 36 values are missing"),
        (
            lambda p: pd.Series([f"t{n % 8}" for n in range(36)], p.index),
            DataError,
            r"8 categories: at most 7.*group 't6', 't7'",
        ),
        (
            lambda p: pd.Series(np.linspace(0, 1, 36), p.index),
            DataError,
            r"decimal.*classify",
        ),
        (lambda p: pd.Series(math.inf, p.index), DataError, "infinite"),
        (lambda p: p.replace("ville", " "), DataError, "empty text"),
        (
            lambda p: p.replace({"ville": "l'un", "bourg": "l’un"}),
            DataError,
            "under one name: 'l’un'",
        ),
        (lambda p: p.set_axis(p.index + "0000"), DataError, "no code in common"),
        (lambda p: pd.concat([p, p.iloc[:1]]), DataError, "more than once: '62001'"),
    ],
)
def test_what_is_no_typology_is_refused(ax, lens, profiles, change, error, said):
    with pytest.raises(error, match=said):
        draw_typology(ax, lens, change(profiles))
    assert not ax.blocks


def test_a_measure_or_its_classes_are_no_typology(ax, lens, rate, stock):
    with pytest.raises(MeasureError, match="'L01' is a stock, no category"):
        draw_typology(ax, lens, stock)
    classes = bm.classify(rate)
    classes.attrs["kind"] = ""
    with pytest.raises(DataError, match="use draw_choropleth"):
        draw_typology(ax, lens, classes)


def test_an_unknown_palette_of_types_is_refused_before_anything_is_drawn(
    ax, lens, profiles
):
    with pytest.raises(DataError, match="'pink' is no palette of kinds"):
        draw_typology(ax, lens, profiles, palette="pink")
    assert not ax.blocks
    assert not ax.collections


def test_a_type_that_the_labels_do_not_know_is_refused(ax, lens, profiles):
    with pytest.raises(DataError, match=r"without a name: 'cité minière', 'bourg'"):
        draw_typology(ax, lens, profiles, labels={"ville": "Ville"})


def test_a_name_of_two_hundred_characters_takes_lines_and_stays_in_its_column(
    ax, lens, profiles
):
    long = "commune " * 25
    draw_typology(ax, lens, profiles.replace("ville", long))
    bm.draw_legend(ax)
    assert_in_strip(ax)


# --- squares ------------------------------------------------------------------------


def squares(ax):
    found = [c for c in ax.collections if isinstance(c, PolyCollection)]
    return [path.vertices for c in found for path in c.get_paths()]


def side_mm(ax, vertices):
    return np.ptp(vertices, axis=0) * 1000 / ax.plan.scale


def test_areas_of_squares_are_proportional_to_the_values_on_map_and_in_legend(
    ax, lens, stock
):
    draw_squares(ax, lens, stock)
    bm.draw_legend(ax)
    sides = np.array([side_mm(ax, v) for v in squares(ax)])
    assert sides[:, 0] == pytest.approx(sides[:, 1], rel=1e-9)
    values = stock.sort_values(ascending=False, kind="stable").to_numpy()
    per_unit = sides.prod(axis=1) / values
    assert per_unit == pytest.approx(per_unit[0], rel=1e-6)
    entry = block(ax, SquaresBlock)
    nested = [p for p in ax.sheet.paper.patches if isinstance(p, Rectangle)]
    assert len(nested) == len(entry.values) >= 2
    for patch, value in zip(nested, entry.values, strict=True):
        area = patch.get_width() * patch.get_height()
        assert area / value == pytest.approx(per_unit[0], rel=1e-6)
        assert f"{value:_.0f}".replace("_", "\u202f") in texts(ax)


def test_a_square_has_the_area_of_the_circle_and_lies_on_a_point_of_its_unit(
    ax, lens, stock
):
    bm.draw_symbols(ax, lens, stock)
    (circles,) = ax.collections
    draw_squares(ax, lens, stock)
    order = stock.sort_values(ascending=False, kind="stable").index
    for code, vertices, diameter in zip(
        order, squares(ax), circles.get_widths() * MM, strict=True
    ):
        area = side_mm(ax, vertices).prod()
        assert area == pytest.approx(math.pi * diameter**2 / 4)
        assert shapely.Point(vertices[:4].mean(axis=0)).within(lens.geometry[code])


def test_names_keep_clear_of_squares(ax, lens, stock):
    draw_squares(ax, lens, stock, largest_mm=8)
    first = stock.idxmax()
    x, y, radius = ax.symbols[first]
    assert radius == pytest.approx(8 / math.sqrt(2))
    assert ax.to_metres(np.array([[x, y]]))[0] == pytest.approx(
        squares(ax)[0][:4].mean(axis=0)
    )


def test_squares_take_the_look_of_the_class_of_their_unit(ax, lens, stock, rate):
    classes = bm.classify(with_gaps(rate), breaks=[6, 9])
    draw_squares(ax, lens, stock, classes=classes)
    order = stock.sort_values(ascending=False, kind="stable").index
    found = [c for c in ax.collections if isinstance(c, PolyCollection)]
    looks = [
        (tuple(color[:3]), c.get_hatch() or "")
        for c in found
        for color in c.get_facecolor()
    ]
    colors = class_colors(classes, None)
    expected = [
        (colors[code], "") if code >= 0 else STATE_FILL[GAPS[unit]]
        for unit, code in classes.cat.codes.loc[order].items()
    ]
    assert looks == [(to_rgb(color), hatch) for color, hatch in expected]
    lines = entries(ax, ClassesBlock)
    assert sum(line.count for line in lines.values()) == 36
    assert set(STATES.values()) < set(lines)


def test_sizes_that_are_missing_are_told(ax, lens, stock):
    draw_squares(ax, lens, with_gaps(stock))
    assert len(squares(ax)) == 33
    lines = block(ax, KeyBlock).swatches
    assert [(line.label, line.count) for line in lines] == [
        (meaning, 1) for meaning in STATES.values()
    ]
    assert [line.hatch for line in lines] == [hatch for _, hatch in STATE_FILL.values()]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0.01, 1e9), min_size=1, max_size=4))
def test_any_amounts_make_squares_of_their_size(numbers):
    boxes = [shapely.box(i * 9e3, 7e6, (i + 1) * 9e3, 7.009e6) for i in range(4)]
    units = gpd.GeoDataFrame(geometry=boxes[: len(numbers)], crs=2154)
    _, ax = bm.page(units, title="x")
    draw_squares(ax, units, pd.Series(numbers, name="n"), largest_mm=10)
    area = [side_mm(ax, v).prod() for v in squares(ax)]
    expected = 100 * np.sort(numbers)[::-1] / max(numbers)
    assert area == pytest.approx(expected, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("wrong", [-1.0, math.inf])
def test_a_negative_or_infinite_size_is_refused(ax, lens, stock, wrong):
    values = stock.copy()
    values["62498"] = wrong
    tell(values, told_of(stock))
    with pytest.raises(DataError, match=r"negative or infinite.*'62498'"):
        draw_squares(ax, lens, values)


def test_squares_of_nothing_of_a_rate_or_without_a_side_are_refused(
    ax, lens, stock, rate
):
    with pytest.raises(DataError, match="nothing above zero"):
        draw_squares(ax, lens, stock * np.nan)
    with pytest.raises(MeasureError, match=r"'L04' is a ratio.*classes="):
        draw_squares(ax, lens, rate)
    with pytest.raises(DataError, match="side of the largest square"):
        draw_squares(ax, lens, stock, largest_mm=0)
    with pytest.raises(DataError, match="unknown palette 'pink'"):
        draw_squares(ax, lens, stock, classes=bm.classify(rate), palette="pink")
    assert not ax.blocks


# --- two rates ----------------------------------------------------------------------


def cut(values, breaks):
    return [int(sum(value >= b for b in breaks)) for value in values]


def test_cells_are_those_of_both_classes_and_add_up(ax, lens, rate, houses):
    first = bm.classify(rate, breaks=[6, 8])
    second = bm.classify(houses, breaks=[85, 95])
    draw_bivariate(ax, lens, first, second)
    pairs = list(
        zip(
            cut(rate[lens.index], [6, 8]),
            cut(houses[lens.index], [85, 95]),
            strict=True,
        )
    )
    nine = bivariate_colors("violet-gold")
    entry = block(ax, BivariateBlock)
    for i in range(3):
        for j in range(3):
            assert entry.counts[i][j] == pairs.count((i, j))
            assert entry.colors[i][j] == nine[i][j]
            name = f"{first.cat.categories[i]} × {second.cat.categories[j]}"
            if pairs.count((i, j)):
                fill = drawn(ax)[name]
                assert len(fill.get_paths()) == pairs.count((i, j))
                assert facecolor(fill) == pytest.approx(to_rgb(nine[i][j]))
    assert sum(map(sum, entry.counts)) == 36


def test_values_are_cut_into_terciles(ax, lens, rate, houses):
    draw_bivariate(ax, lens, rate, houses)
    table = np.array(block(ax, BivariateBlock).counts)
    # A rounder break may move one unit in thirty-six.
    assert table.sum(axis=1) == pytest.approx([12] * 3, abs=2)
    assert table.sum(axis=0) == pytest.approx([12] * 3, abs=2)


def test_the_square_stands_on_its_point_low_at_the_foot_and_high_at_the_top(
    ax, lens, rate, houses
):
    draw_bivariate(ax, lens, rate, houses)
    bm.draw_legend(ax)
    entry = block(ax, BivariateBlock)
    cells = [p for p in ax.sheet.paper.patches if isinstance(p, Polygon)]
    centre = {}
    for n, cell in enumerate(cells):
        i, j = divmod(n, 3)
        assert cell.get_facecolor()[:3] == pytest.approx(to_rgb(entry.colors[i][j]))
        centre[i, j] = x, y = np.array(cell.get_xy())[:4].mean(axis=0)
        (count,) = [
            t.get_text()
            for t in ax.sheet.paper.texts
            if np.abs(np.array(t.get_position()) - (x, y - 0.9)).max() < 1e-6
        ]
        assert count == str(entry.counts[i][j])
    assert centre[2, 2][0] == pytest.approx(centre[0, 0][0])
    assert centre[2, 2][1] > centre[1, 1][1] > centre[0, 0][1]
    assert centre[2, 0][0] < centre[1, 1][0] < centre[0, 2][0]
    arrows = [p for p in ax.sheet.paper.patches if isinstance(p, FancyArrowPatch)]
    ways = [np.subtract(*arrow._posA_posB[::-1]) for arrow in arrows]
    assert [(dx < 0, dy > 0) for dx, dy in ways] == [(True, True), (False, True)]


def test_axes_are_named_with_unit_breaks_and_extent_in_french(ax, lens, rate, houses):
    draw_bivariate(ax, lens, bm.classify(rate, breaks=[5.5, 8]), houses)
    bm.draw_legend(ax)
    written = texts(ax)
    assert {"Part des", "maisons\u00a0(%)"} <= set(written)
    assert {"Taux de vacance", "des logements\u00a0(%)"} <= set(written)
    assert {"5,5", "8,0"} <= set(written)
    low, high = (f"{x:.1f}".replace(".", ",") for x in (rate.min(), rate.max()))
    assert f"de {low} à {high}" in written
    _, below = " ".join(written).split("Lecture croisée des deux indicateurs ")
    assert below


def test_two_vintages_are_written_on_the_axes(ax, lens, rate, houses):
    older = houses.copy()
    older.attrs = {**houses.attrs, "vintage": "2015"}
    draw_bivariate(ax, lens, rate, older)
    entry = block(ax, BivariateBlock)
    assert entry.rows.title.endswith(", 2021")
    assert entry.columns.title == "Part des maisons\u00a0(%), 2015"


def test_a_unit_that_misses_either_is_drawn_by_the_graver_reason(
    ax, lens, rate, houses
):
    first, second = with_gaps(rate), houses.copy()
    second[["62510", "62001"]] = np.nan
    second.attrs = {**houses.attrs, "states": {"62510": "secret"}}
    draw_bivariate(ax, lens, first, second)
    entry = block(ax, BivariateBlock)
    missing = {label: line.count for label, line in entries(ax).items()}
    assert missing == {"Secret statistique": 2, "Données non disponibles": 2}
    assert sum(map(sum, entry.counts)) == 32
    assert len(drawn(ax)["Secret statistique"].get_paths()) == 2
    bm.draw_legend(ax)
    assert "Secret statistique" in texts(ax)


def test_a_rate_of_two_values_crosses_in_two_rows_of_far_colours(
    ax, lens, rate, houses
):
    above = (rate > 6).astype(float).rename("seuil")
    two = bm.classify(tell(above, told_of(rate)), breaks=[1])
    draw_bivariate(ax, lens, two, houses)
    entry = block(ax, BivariateBlock)
    nine = bivariate_colors("violet-gold")
    assert [list(row) for row in entry.colors] == [list(nine[0]), list(nine[2])]
    assert sum(map(sum, entry.counts)) == 36
    bm.draw_legend(ax)
    assert_in_strip(ax)


def test_a_single_unit_still_makes_a_map(four):
    unit = four.iloc[:1]
    _, ax = bm.page(unit, title="x")
    draw_bivariate(ax, unit, values_of(unit), values_of(unit).rename("autre"))
    assert block(ax, BivariateBlock).counts == ((1,),)
    bm.draw_legend(ax)


def test_what_cannot_be_crossed_is_refused(ax, lens, rate, houses, stock):
    with pytest.raises(MeasureError, match=r"'Logements' is a stock"):
        draw_bivariate(ax, lens, rate, stock)
    with pytest.raises(DataError, match=r"'L04' has 5 classes.*k=3"):
        draw_bivariate(ax, lens, bm.classify(rate, k=5), houses)
    with pytest.raises(DataError, match="all 36 values are missing"):
        draw_bivariate(ax, lens, rate, houses * np.nan)
    wild = tell(houses.replace(houses.iloc[0], math.inf), told_of(houses))
    with pytest.raises(DataError, match="infinite values at"):
        draw_bivariate(ax, lens, rate, wild)
    half = [rate.iloc[:18], houses.iloc[18:]]
    with pytest.raises(DataError, match="none of the 36 units has both"):
        draw_bivariate(ax, lens, *half)
    with pytest.raises(DataError, match="'pink' does not cross two rates"):
        draw_bivariate(ax, lens, rate, houses, palette="pink")
    assert not ax.blocks


# --- discontinuities ----------------------------------------------------------------


def borders(ax):
    """The drawn borders with their widths, halos apart."""
    return {
        c.get_label(): (c.get_linewidth()[0], c.get_segments())
        for c in ax.collections
        if isinstance(c, LineCollection) and not c.get_label().startswith("_")
    }


def test_borders_are_those_between_values_far_apart(four):
    _, ax = bm.page(four, title="x")
    draw_discontinuities(ax, four, values_of(four), threshold=4, breaks=[6])
    # a1-b2: 1, a1-c5: 4, b2-d9: 7, c5-d9: 4; a and d only touch at a point.
    lines = entries(ax)
    assert {name: line.count for name, line in lines.items()} == {
        "6 et plus": 1,
        "de 4 à moins de 6": 2,
        "moins de 4 (non tracé)": 1,
    }
    assert list(lines) == ["6 et plus", "de 4 à moins de 6", "moins de 4 (non tracé)"]
    found = borders(ax)
    assert list(found) == ["de 4 à moins de 6", "6 et plus"]
    (segment,) = found["6 et plus"][1]
    ends = sorted(map(tuple, segment))
    assert ends == [(681_000, 7_031_000), (682_000, 7_031_000)]
    # The two others are one behind the other.
    (line,) = {len(found["de 4 à moins de 6"][1])}
    assert line == 2
    assert found["6 et plus"][0] > found["de 4 à moins de 6"][0]
    assert lines["6 et plus"].width == found["6 et plus"][0]


def test_a_ratio_is_the_greater_over_the_other(four):
    _, ax = bm.page(four, title="x")
    draw_discontinuities(ax, four, values_of(four), by="ratio", breaks=[2, 4.5, 5])
    assert {name: line.count for name, line in entries(ax).items()} == {
        "5,0 et plus": 1,
        "de 4,5 à moins de 5,0": 1,
        "de 2,0 à moins de 4,5": 1,
        "moins de 2,0 (non tracé)": 1,
    }
    assert block(ax, CategoriesBlock).title == "Taux\u00a0: rapport entre voisins"


def test_a_gap_on_the_threshold_has_its_own_width(four):
    _, ax = bm.page(four, title="x")
    # Gaps of 1, 4, 4 and 7: what is on the threshold makes a step of its own.
    draw_discontinuities(ax, four, values_of(four), threshold=4)
    assert {name: line.count for name, line in entries(ax).items()} == {
        "5 et plus": 1,
        "de 4 à moins de 5": 2,
        "moins de 4 (non tracé)": 1,
    }


def test_a_gap_on_the_threshold_is_drawn_whatever_the_last_bit(four):
    values = values_of(four).replace({1.0: 0.1, 2.0: 0.3, 5.0: 0.1, 9.0: 0.3})
    assert 0.3 - 0.1 < 0.2
    _, ax = bm.page(four, title="x")
    draw_discontinuities(ax, four, values, threshold=0.2)
    assert entries(ax)["0,2 et plus"].count == 2


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=9, max_size=9), st.integers(1, 9))
def test_counts_are_those_of_a_walk_over_the_grid(numbers, threshold):
    boxes = [
        shapely.box(x * 1e3, 7e6 + y * 1e3, x * 1e3 + 1e3, 7e6 + y * 1e3 + 1e3)
        for y in range(3)
        for x in range(3)
    ]
    units = gpd.GeoDataFrame(geometry=boxes, crs=2154)
    _, ax = bm.page(units, title="x")
    values = pd.Series(numbers, dtype=float, name="n")
    draw_discontinuities(ax, units, values, threshold=threshold)
    grid = np.array(numbers).reshape(3, 3)
    gaps = np.concatenate([np.abs(np.diff(grid, axis=axis)).ravel() for axis in (0, 1)])
    lines = [line.count for line in block(ax, CategoriesBlock).swatches]
    assert sum(lines) == 12
    assert sum(lines[:-1]) == (gaps >= threshold).sum()


def test_the_default_threshold_leaves_about_a_quarter_of_the_borders(ax, lens, rate):
    draw_discontinuities(ax, lens, rate)
    lines = [line.count for line in block(ax, CategoriesBlock).swatches]
    assert sum(lines) == 84
    assert 0.2 <= sum(lines[:-1]) / 84 <= 0.3
    title = "Taux de vacance des logements\u00a0: écart entre voisins (points)"
    assert block(ax, CategoriesBlock).title == title


def test_drawn_borders_have_the_length_of_those_of_the_units(ax, lens, rate):
    draw_discontinuities(ax, lens, rate, threshold=1e-5)
    total = sum(
        shapely.LineString(part).length
        for _, segments in borders(ax).values()
        for part in segments
    )
    pairs = bm.neighbours(lens)
    assert total == pytest.approx(pairs["length"].sum(), rel=1e-9)


def test_borders_without_a_value_on_one_side_are_counted_by_reason(four):
    values = values_of(four)
    values[["a1", "d9"]] = np.nan
    values.attrs["states"] = {"a1": "secret"}
    values["d9"] = 9
    _, ax = bm.page(four, title="x")
    draw_discontinuities(ax, four, values, threshold=3)
    assert {name: line.count for name, line in entries(ax).items()} == {
        "5 et plus": 1,
        "de 3 à moins de 5": 1,
        "moins de 3 (non tracé)": 0,
        "Secret statistique (non tracé)": 2,
    }


def test_a_threshold_that_nothing_reaches_is_said(four):
    _, ax = bm.page(four, title="x")
    draw_discontinuities(ax, four, values_of(four), threshold=50)
    assert [(s.label, s.count) for s in block(ax, CategoriesBlock).swatches] == [
        ("50 et plus", 0),
        ("moins de 50 (non tracé)", 4),
    ]
    bm.draw_legend(ax)


@pytest.mark.parametrize(
    ("change", "options", "error", "said"),
    [
        (lambda v: v * np.nan, {}, DataError, "none with a value on both sides"),
        (lambda v: v * 0 + 3, {}, DataError, "no discontinuity"),
        (lambda v: v.replace(9, math.inf), {}, DataError, "infinite values at 'd9'"),
        (lambda v: v - 1, {"by": "ratio"}, DataError, "not above zero at 'a1'"),
        (lambda v: v, {"by": "écart"}, DataError, "difference or ratio"),
        (lambda v: v, {"threshold": 0}, DataError, "above 0"),
        (lambda v: v, {"threshold": -math.inf}, DataError, "above 0"),
        (lambda v: v, {"threshold": 1, "by": "ratio"}, DataError, "above 1"),
        (lambda v: v, {"threshold": 4, "breaks": [3]}, DataError, "must increase"),
        (lambda v: v, {"breaks": range(1, 7)}, DataError, "up to 5"),
    ],
)
def test_what_has_no_discontinuity_is_refused(four, change, options, error, said):
    _, ax = bm.page(four, title="x")
    with pytest.raises(error, match=said):
        draw_discontinuities(ax, four, change(values_of(four)), **options)
    assert not ax.blocks


def test_stocks_islands_and_overlaps_have_no_discontinuity(ax, lens, stock, four):
    with pytest.raises(MeasureError, match=r"'Logements' is a stock.*by size alone"):
        draw_discontinuities(ax, lens, stock)
    far = four.loc[["a1", "d9"]]
    with pytest.raises(DataError, match=r"0 border\(s\) between 2 unit"):
        draw_discontinuities(ax, far, values_of(far), threshold=1)
    over = four.set_geometry(four.buffer(10, join_style="mitre"))
    with pytest.raises(DataError, match="do not match"):
        draw_discontinuities(ax, over, values_of(four), threshold=1)


# --- markers ------------------------------------------------------------------------


def test_points_bear_the_shape_and_colour_of_their_kind_and_are_counted(ax, sites):
    kinds = pd.Series(["gare"] * 30 + ["école"] * 7, index=sites.index, name="lieu")
    draw_markers(ax, sites, kinds)
    lines = entries(ax)
    # The last of the schools is far outside the frame.
    assert {name: line.count for name, line in lines.items()} == {
        "école": 6,
        "gare": 30,
    }
    for name, line in lines.items():
        points = drawn(ax)[name]
        assert len(points.get_offsets()) == line.count
        assert facecolor(points) == pytest.approx(to_rgb(line.color))
        wanted = sites[(kinds == name) & (sites.index != "far")]
        assert np.asarray(points.get_offsets()) == pytest.approx(
            wanted.get_coordinates().to_numpy()
        )
    assert len({line.shape for line in lines.values()}) == 2
    assert len(ax.boxes) == 36


def test_seven_kinds_have_seven_shapes_so_that_grey_print_tells_them(ax, sites):
    kinds = pd.Series([f"k{n % 7}" for n in range(37)], index=sites.index)
    draw_markers(ax, sites, kinds)
    assert len({line.shape for line in entries(ax).values()}) == 7
    bm.draw_legend(ax)
    assert_in_strip(ax)


def test_points_without_a_kind_are_drawn_and_named(ax, sites):
    kinds = with_gaps(pd.Series("gare", index=sites.index, dtype=object))
    draw_markers(ax, sites, kinds, title="Lieux")
    lines = entries(ax)
    assert list(lines) == ["gare", *STATES.values()]
    assert sum(line.count for line in lines.values()) == 36
    looks = {(line.shape, line.color) for line in lines.values()}
    assert len(looks) == 4


def test_points_that_are_all_outside_the_frame_are_told_and_not_explained(ax, sites):
    with pytest.warns(BasinmapWarning, match="none of the 1 points lies in the frame"):
        draw_markers(ax, sites.loc[["far"]], pd.Series({"far": "gare"}))
    assert not ax.collections
    assert not ax.blocks


def test_markers_of_ones_own_are_used(ax, sites):
    kinds = pd.Series(["gare"] * 30 + ["école"] * 7, index=sites.index)
    draw_markers(ax, sites, kinds, markers=["*", "h"], size_mm=4)
    assert [line.shape for line in entries(ax).values()] == ["*", "h"]
    for points in ax.collections:
        assert math.sqrt(points.get_sizes()[0]) * MM == pytest.approx(4)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"markers": ["x", "o"]}, "filled markers"),
        ({"markers": ["o"]}, "give 2 different"),
        ({"markers": ["o", "o"]}, "give 2 different"),
        ({"size_mm": 0}, "size_mm"),
        ({"palette": "pink"}, "'pink' is no palette of kinds"),
    ],
)
def test_markers_that_tell_nothing_apart_are_refused(ax, sites, options, said):
    kinds = pd.Series(["gare"] * 30 + ["école"] * 7, index=sites.index)
    with pytest.raises(DataError, match=said):
        draw_markers(ax, sites, kinds, **options)


# --- hatching -----------------------------------------------------------------------


@pytest.fixture
def qpv(lens):
    places = lens.representative_point().iloc[:3]
    found = gpd.GeoDataFrame(
        {"generation": "2024"},
        geometry=places.buffer(800).array,
        index=pd.Index(["QN05901M", "QN05902M", "QN05903M"], name="quartier"),
    )
    found.attrs = {"level": "quartier", "sources": ("ANCT, QPV 2024",)}
    return found


def strokes_of(ax):
    return [
        segment
        for c in ax.collections
        if isinstance(c, LineCollection) and c.get_linewidth()[0] < 0.5
        for segment in c.get_segments()
    ]


@pytest.mark.parametrize(
    ("pattern", "angles"),
    [("/", {45}), ("\\", {135}), ("x", {45, 135}), ("-", {0}), ("+", {0, 90})],
)
def test_strokes_are_millimetres_apart_on_paper_and_inside_the_areas(
    ax, qpv, pattern, angles
):
    draw_hatching(ax, qpv, label="QPV", pattern=pattern, spacing_mm=1.5)
    shape = qpv.union_all().buffer(1e-3)
    found = {}
    for line in strokes_of(ax):
        assert shapely.LineString(line).within(shape)
        dx, dy = line[1] - line[0]
        angle = round(math.degrees(math.atan2(dy, dx))) % 180
        turn = math.radians(angle)
        across = line[0] @ (-math.sin(turn), math.cos(turn))
        found.setdefault(angle, []).append(across * 1000 / ax.plan.scale / 1.5)
    assert set(found) == angles
    for steps in found.values():
        assert steps == pytest.approx(np.round(steps), abs=1e-6)
        assert len(set(np.round(steps))) > 5


def test_strokes_cover_areas_that_overlap_once(ax, qpv):
    twice = pd.concat([qpv, qpv.set_axis(["a", "b", "c"])])
    twice = gpd.GeoDataFrame(twice, crs=qpv.crs)
    draw_hatching(ax, qpv, label="QPV")
    once = len(strokes_of(ax))
    draw_hatching(ax, twice, label="QPV")
    assert len(strokes_of(ax)) == 2 * once > 0


def test_hatching_is_lines_and_no_pattern_in_the_pdf(ax, qpv):
    draw_hatching(ax, qpv, label="QPV")
    bm.draw_legend(ax)
    assert not any(c.get_hatch() for c in ax.collections)
    saved = io.BytesIO()
    ax.sheet.savefig(saved, format="pdf")
    assert b"/PatternType" not in saved.getvalue()
    assert b"/Image" not in saved.getvalue().replace(b"/ImageC", b"").replace(
        b"/ImageB", b""
    ).replace(b"/ImageI", b"")


def test_hatching_lies_over_the_fills_and_under_the_symbols(ax, lens, rate, qpv):
    bm.draw_choropleth(ax, lens, bm.classify(rate))
    fills = max(c.get_zorder() for c in ax.collections)
    count = len(ax.collections)
    draw_hatching(ax, qpv, label="QPV")
    levels = [c.get_zorder() for c in ax.collections[count:]]
    assert fills < min(levels) <= max(levels) < 4
    assert not ax.boxes


@pytest.mark.parametrize(
    ("label", "attrs", "generation", "printed"),
    [
        ("QPV", {}, "2024", "QPV (2024)"),
        ("QPV", {}, "2015", "QPV (2015)"),
        ("quartier prioritaire (QPV)", {}, "2024", "quartier prioritaire (QPV, 2024)"),
        ("QPV 2024", {}, "2024", "QPV 2024"),
        ("QPV 2015", {}, None, "QPV 2015"),
        ("QPV", {"vintage": 2024}, None, "QPV (2024)"),
        ("zone d'aménagement", {"vintage": "2026"}, None, "zone d’aménagement (2026)"),
        ("quartier vécu", {}, "none", "quartier vécu"),
    ],
)
def test_the_label_states_the_generation(ax, qpv, label, attrs, generation, printed):
    areas = qpv.drop(columns="generation")
    areas.attrs = attrs
    if generation is not None:
        areas["generation"] = generation
    draw_hatching(ax, areas, label=label)
    assert [hatch.label for hatch in block(ax, HatchingBlock).hatches] == [printed]


def test_quartiers_of_no_or_two_generations_are_refused(ax, qpv):
    bare = qpv.drop(columns="generation")
    with pytest.raises(VintageError, match=r"which generation.*label='QPV 2024'"):
        draw_hatching(ax, bare, label="quartiers prioritaires")
    with pytest.raises(VintageError, match=r"says 2015, the areas are of .* 2024"):
        draw_hatching(ax, qpv, label="QPV 2015")
    mixed = qpv.assign(generation=["2015", "2024", "2024"])
    with pytest.raises(VintageError, match="two generations"):
        draw_hatching(ax, mixed, label="QPV")


def test_two_hatchings_share_one_entry_drawn_with_the_strokes_of_the_map(ax, qpv):
    draw_hatching(ax, qpv, label="QPV")
    draw_hatching(ax, qpv, label="QPV")
    older = qpv.assign(generation="2015")
    draw_hatching(ax, older, label="QPV", pattern="x", color="#0a3364")
    hatches = block(ax, HatchingBlock).hatches
    assert [hatch.label for hatch in hatches] == ["QPV (2024)", "QPV (2015)"]
    bm.draw_legend(ax)
    assert [t for t in texts(ax) if t.startswith("QPV")] == ["QPV (2024)", "QPV (2015)"]
    boxes = [p for p in ax.sheet.paper.patches if isinstance(p, Rectangle)]
    assert len(boxes) == 2
    for line in ax.sheet.paper.lines:
        x, y = line.get_data()
        inside = [
            box.get_x() - 1e-9 <= min(x)
            and max(x) <= box.get_x() + box.get_width() + 1e-9
            and box.get_y() - 1e-9 <= min(y)
            and max(y) <= box.get_y() + box.get_height() + 1e-9
            for box in boxes
        ]
        assert any(inside)


def test_strokes_of_a_box_are_those_of_the_multiples_of_their_spacing():
    lines = strokes(shapely.box(3, 1, 9, 8), 90, 2.5)
    assert sorted(float(line[0, 0]) for line in lines) == pytest.approx([5.0, 7.5])
    assert all(abs(line[1, 1] - line[0, 1]) == pytest.approx(7) for line in lines)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"pattern": "o"}, "unknown pattern 'o'"),
        ({"spacing_mm": 0}, "spacing_mm=0"),
        ({"spacing_mm": math.nan}, "spacing_mm"),
        ({"label": " "}, "need a label"),
    ],
)
def test_hatching_that_cannot_be_drawn_is_refused(ax, qpv, options, said):
    with pytest.raises(DataError, match=said):
        draw_hatching(ax, qpv, **{"label": "QPV", **options})


def test_areas_that_are_no_polygon_are_refused(ax, qpv):
    with pytest.raises(DataError, match="no polygon: 'QN05901M'"):
        draw_hatching(ax, qpv.set_geometry(qpv.centroid), label="QPV")


def test_areas_that_are_all_outside_the_frame_are_told_and_not_explained(ax, qpv):
    away = qpv.set_geometry(qpv.translate(200_000))
    with pytest.warns(BasinmapWarning, match="none of the 3 areas lies in the frame"):
        draw_hatching(ax, away, label="QPV")
    assert not ax.collections
    assert not ax.blocks


# --- all of them --------------------------------------------------------------------


def _kinds(units):
    return pd.Series([f"k{n % 4}" for n in range(len(units))], index=units.index)


def _squared(rate):
    return tell((rate**2).rename("carré"), told_of(rate))


DRAW = {
    "typology": lambda ax, u, *_: draw_typology(ax, u, _kinds(u)),
    "squares": lambda ax, u, r, s: draw_squares(ax, u, s, classes=bm.classify(r)),
    "bivariate": lambda ax, u, r, _: draw_bivariate(ax, u, r, _squared(r)),
    "discontinuities": lambda ax, u, r, _: draw_discontinuities(ax, u, r),
    "markers": lambda ax, u, *_: draw_markers(ax, u, _kinds(u)),
    "hatching": lambda ax, u, *_: draw_hatching(ax, u, label="périmètre étudié"),
}
every_layer = pytest.mark.parametrize("layer", DRAW)


def assert_in_strip(ax):
    """Nothing of the legend leaves its strip."""
    x, y, width, height = ax.plan.strip
    renderer = ax.sheet.canvas.get_renderer()
    to_mm = ax.sheet.paper.transData.inverted()
    kinds = (Text, Rectangle, Polygon, FancyArrowPatch)
    for artist in ax.sheet.paper.get_children():
        gid = artist.get_gid()
        if not isinstance(artist, kinds) or gid in {"title", "subtitle"}:
            continue
        if isinstance(artist, Text) and not artist.get_text():
            continue
        if artist is ax.sheet.paper.patch:
            continue
        with print_settings():  # no hinting
            box = artist.get_window_extent(renderer).transformed(to_mm)
        assert x - 0.3 <= box.x0 <= box.x1 <= x + width + 0.3, artist
        assert y - 0.3 <= box.y0 <= box.y1 <= y + height + 0.3, artist


@every_layer
def test_a_layer_stays_in_the_frame_and_its_legend_in_the_strip(
    ax, lens, rate, stock, layer
):
    DRAW[layer](ax, lens, rate, stock)
    bm.draw_legend(ax)
    frame = ax.get_window_extent()
    for artist in ax.collections:
        assert artist.get_clip_on()
        assert artist.get_clip_box().bounds == pytest.approx(frame.bounds)
    assert_in_strip(ax)
    limits = (*ax.get_xlim(), *ax.get_ylim())
    assert np.ptp(limits[:2]) == pytest.approx(ax.plan.frame[2] * ax.plan.scale / 1000)


@every_layer
@pytest.mark.parametrize("paper", ["A5", "A3"])
def test_a_layer_has_its_legend_on_other_papers(lens, rate, stock, layer, paper):
    _, ax = bm.page(lens, title="x", paper=paper, orientation="portrait")
    DRAW[layer](ax, lens, rate, stock)
    bm.draw_legend(ax)
    assert_in_strip(ax)


@every_layer
def test_a_layer_credits_its_values_and_its_ground(ax, lens, rate, stock, layer):
    DRAW[layer](ax, lens, rate, stock)
    bm.draw_furniture(ax, author="x", date=DAY)
    credit = " ".join(t.get_text() for t in ax.sheet.paper.texts)
    assert "ADMIN EXPRESS" in credit
    if layer not in {"typology", "markers", "hatching"}:
        assert "recensement de la population 2021" in credit


@every_layer
def test_a_layer_is_the_same_bytes_when_drawn_again(lens, rate, stock, layer):
    files = []
    for _ in range(2):
        fig, ax = bm.page(lens, title="x")
        DRAW[layer](ax, lens, rate, stock)
        bm.draw_legend(ax)
        saved = io.BytesIO()
        fig.savefig(saved, format="svg")
        files.append(saved.getvalue())
    assert files[0] == files[1]


@every_layer
@pytest.mark.parametrize(("crs", "said"), [(4326, "degrees"), (3950, "EPSG:3950")])
def test_units_of_another_projection_are_refused(
    ax, lens, rate, stock, layer, crs, said
):
    with pytest.raises(CRSError, match=said + r".*\.to_crs\(2154\)"):
        DRAW[layer](ax, lens.to_crs(crs), rate, stock)


@every_layer
def test_units_that_stand_twice_or_have_no_outline_are_refused(
    ax, lens, rate, stock, layer
):
    twice = pd.concat([lens, lens.loc[["62498"]]])
    with pytest.raises(DataError, match="more than once: '62498'"):
        DRAW[layer](ax, twice, rate, stock)
    for void in (None, shapely.Polygon()):
        units = lens.copy()
        units.loc["62498", "geometry"] = void
        with pytest.raises(DataError, match="without geometry: '62498'"):
            DRAW[layer](ax, units, rate, stock)
    assert not ax.blocks


@pytest.mark.parametrize("layer", ["squares", "bivariate", "discontinuities"])
def test_values_of_another_level_are_refused(ax, lens, rate, stock, layer):
    units = lens.set_axis([f"{code}0000" for code in lens.index])
    with pytest.raises(DataError, match=r"no code in common.*'620010000'.*'62001'"):
        DRAW[layer](ax, units, rate, stock)
