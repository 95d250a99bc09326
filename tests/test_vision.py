"""Colours told apart by everyone and in grey; palettes and themes of the house."""

import shutil
from dataclasses import fields, replace
from importlib.resources import files
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from matplotlib.text import Text

import basinmap as bm
from basinmap.errors import BasinmapWarning, DataError
from basinmap.maps.look import themes
from basinmap.maps.look.palettes import (
    BIVARIATE,
    DIVERGING,
    QUALITATIVE,
    SEQUENTIAL,
    bivariate_colors,
    diverging_colors,
    qualitative_colors,
    sequential_colors,
)
from basinmap.maps.look.themes import (
    GREY,
    HALF_COLUMN,
    PRINT,
    Theme,
    in_grey,
    with_fonts,
)
from basinmap.maps.look.vision import (
    check_colors,
    difference,
    least_color_difference,
    lightness,
    own_colors,
    seen,
    simulate_vision,
)

DEFICIENCIES = ("deuteranopia", "protanopia", "tritanopia")
RED_YELLOW_GREEN = ["#d7191c", "#fdae61", "#ffffbf", "#a6d96a", "#1a9641"]

# Sharma, Wu and Dalal (2005), table 1: L, a, b twice, the difference.
PUBLISHED = np.array(
    [
        (50.0000, 2.6772, -79.7751, 50.0000, 0.0000, -82.7485, 2.0425),
        (50.0000, 3.1571, -77.2803, 50.0000, 0.0000, -82.7485, 2.8615),
        (50.0000, 2.8361, -74.0200, 50.0000, 0.0000, -82.7485, 3.4412),
        (50.0000, -1.3802, -84.2814, 50.0000, 0.0000, -82.7485, 1.0000),
        (50.0000, -1.1848, -84.8006, 50.0000, 0.0000, -82.7485, 1.0000),
        (50.0000, -0.9009, -85.5211, 50.0000, 0.0000, -82.7485, 1.0000),
        (50.0000, 0.0000, 0.0000, 50.0000, -1.0000, 2.0000, 2.3669),
        (50.0000, -1.0000, 2.0000, 50.0000, 0.0000, 0.0000, 2.3669),
        (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0009, 7.1792),
        (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0010, 7.1792),
        (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0011, 7.2195),
        (50.0000, 2.4900, -0.0010, 50.0000, -2.4900, 0.0012, 7.2195),
        (50.0000, -0.0010, 2.4900, 50.0000, 0.0009, -2.4900, 4.8045),
        (50.0000, -0.0010, 2.4900, 50.0000, 0.0010, -2.4900, 4.8045),
        (50.0000, -0.0010, 2.4900, 50.0000, 0.0011, -2.4900, 4.7461),
        (50.0000, 2.5000, 0.0000, 50.0000, 0.0000, -2.5000, 4.3065),
        (50.0000, 2.5000, 0.0000, 73.0000, 25.0000, -18.0000, 27.1492),
        (50.0000, 2.5000, 0.0000, 61.0000, -5.0000, 29.0000, 22.8977),
        (50.0000, 2.5000, 0.0000, 56.0000, -27.0000, -3.0000, 31.9030),
        (50.0000, 2.5000, 0.0000, 58.0000, 24.0000, 15.0000, 19.4535),
        (50.0000, 2.5000, 0.0000, 50.0000, 3.1736, 0.5854, 1.0000),
        (50.0000, 2.5000, 0.0000, 50.0000, 3.2972, 0.0000, 1.0000),
        (50.0000, 2.5000, 0.0000, 50.0000, 1.8634, 0.5757, 1.0000),
        (50.0000, 2.5000, 0.0000, 50.0000, 3.2592, 0.3350, 1.0000),
        (60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644),
        (63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630),
        (61.2901, 3.7196, -5.3901, 61.4292, 2.2480, -4.9620, 1.8731),
        (35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645),
        (22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373),
        (36.4612, 47.8580, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146),
        (90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441),
        (90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381),
        (6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377),
        (2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082),
    ]
)


# --- the measure ----------------------------------------------------------------------


def test_differences_are_those_published():
    found = difference(PUBLISHED[:, :3], PUBLISHED[:, 3:6])
    assert found == pytest.approx(PUBLISHED[:, 6], abs=5e-5)


def test_a_difference_is_the_same_both_ways():
    there = difference(PUBLISHED[:, :3], PUBLISHED[:, 3:6])
    back = difference(PUBLISHED[:, 3:6], PUBLISHED[:, :3])
    assert there == pytest.approx(back, abs=1e-9)


def test_lightness_of_known_colours():
    # 18.4 % of the light of white, sRGB 119, is the middle grey.
    found = lightness(["black", "#777777", "white", "#ff0000", "#00ff00", "#0000ff"])
    assert found == pytest.approx([0, 50.03, 100, 53.24, 87.73, 32.30], abs=0.02)


@pytest.mark.parametrize("vision", ["normal", *DEFICIENCIES, "grey"])
def test_greys_are_seen_as_they_are_by_everyone(vision):
    greys = ["#000000", "#333333", "#808080", "#c8c8c8", "#ffffff"]
    assert seen(greys, vision) == greys


def test_red_without_green_cones_is_the_first_column_of_the_published_matrix():
    # Of linear red, encoded back: 0.367322, 0.280085, and -0.01182 cut at nothing.
    def encoded(linear):
        return round(255 * (1.055 * linear ** (1 / 2.4) - 0.055))

    pixel = simulate_vision(np.array([[[255, 0, 0]]], dtype=np.uint8), "deuteranopia")
    assert pixel.tolist() == [[[encoded(0.367322), encoded(0.280085), 0]]]


def test_red_and_green_are_confused_blue_and_yellow_are_not():
    assert least_color_difference(["#b35900", "#598000"], vision="deuteranopia") < 10
    assert least_color_difference(["#b35900", "#598000"]) > 30
    for vision in DEFICIENCIES[:2]:
        assert least_color_difference(["#0000ff", "#ffff00"], vision=vision) > 60


def test_the_least_difference_is_that_of_the_closest_pair():
    colors = ["#000000", "#ffffff", "#fefefe"]
    assert least_color_difference(colors) == least_color_difference(colors[1:])
    assert least_color_difference(["#123456"]) == np.inf


@pytest.mark.parametrize("kind", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("depth", [3, 4])
def test_an_image_keeps_its_shape_type_and_transparency(kind, depth):
    noise = np.random.default_rng(3).random((5, 7, depth))
    image = (noise * 255).astype(kind) if kind == np.uint8 else noise.astype(kind)
    before = image.copy()
    for vision in DEFICIENCIES:
        found = simulate_vision(image, vision)
        assert found.shape == image.shape
        assert found.dtype == kind
        assert (found[..., 3:] == image[..., 3:]).all()
    assert (image == before).all()
    assert simulate_vision(image, "normal") == pytest.approx(image, abs=1e-6)


def test_an_image_and_colours_are_seen_alike():
    colors = sequential_colors("reds", 6)
    pixels = np.array([[to_rgb(color) for color in colors]])
    whole = np.rint(pixels * 255).astype(np.uint8)
    for vision in (*DEFICIENCIES, "grey"):
        as_colors = np.array([to_rgb(color) for color in seen(colors, vision)])
        assert simulate_vision(whole, vision)[0] == pytest.approx(
            as_colors * 255, abs=0.51
        )


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 2), ()])
def test_what_is_no_image_is_refused(shape):
    with pytest.raises(DataError, match="an image of shape"):
        simulate_vision(np.zeros(shape), "grey")


def test_an_image_of_wide_integers_is_refused():
    with pytest.raises(DataError, match="an image of int64: give integers of 0–255"):
        simulate_vision(np.zeros((2, 2, 3), dtype=int), "grey")


def test_an_unknown_vision_is_refused():
    with pytest.raises(DataError, match=r"'daltonism': normal, deuteranopia.*grey"):
        least_color_difference(["#000", "#fff"], vision="daltonism")


# --- the guard ------------------------------------------------------------------------


def test_traffic_lights_around_a_pivot_are_told_of():
    colors = RED_YELLOW_GREEN[:2] + RED_YELLOW_GREEN[3:]
    with pytest.warns(
        BasinmapWarning, match=r"deuteranopia classes . and . look alike"
    ):
        check_colors(colors, ordered=True, below=2)


def test_a_rainbow_loses_its_order_in_grey():
    with pytest.warns(BasinmapWarning, match=r"in grey the order .* is lost"):
        check_colors(RED_YELLOW_GREEN, ordered=True)


def test_an_order_that_only_some_lose_is_told_of():
    # Red is dark without the cones of red: lightness 53 for all, 40 for them.
    with pytest.warns(BasinmapWarning, match="with protanopia the order"):
        check_colors(["#ff0000", "#8a6900"], ordered=True)


def test_types_that_only_red_and_green_tell_apart_are_told_of():
    with pytest.warns(BasinmapWarning, match="deuteranopia classes 1 and 3 look alike"):
        check_colors(["#b35900", "#0050c0", "#6b8000"], ordered=False)


def test_one_colour_for_two_classes_is_refused():
    with pytest.raises(DataError, match="classes 1 and 3 have nearly one colour"):
        check_colors(["#ffffff", "#808080", "#fefefe"], ordered=False)


@pytest.mark.parametrize("way", [1, -1])
def test_a_plain_palette_may_go_either_way(way):
    check_colors(sequential_colors("blues", 6)[::way], ordered=True)


@pytest.mark.parametrize("below", [0, 1, 3])
def test_a_pivot_may_have_nothing_on_one_side(below):
    colors = diverging_colors("orange-violet", below, 3 - below)
    check_colors(colors, ordered=True, below=below)


def test_sides_that_lighten_outwards_are_told_of():
    colors = diverging_colors("orange-violet", 2, 2)
    with pytest.warns(BasinmapWarning, match="order of the classes is lost"):
        check_colors([*colors[:2][::-1], *colors[2:]], ordered=True, below=2)


def test_own_colours_are_written_in_full():
    assert own_colors(["gold", "#803"], 2, ordered=True) == ["#ffd700", "#880033"]


@pytest.mark.parametrize(
    ("colors", "said"),
    [
        (["#fff"], "1 colours for 2 classes"),
        (["#fff", "blurple"], "'blurple'.*write colours as '#84b3d8'"),
        (["#fff", 3], "3.*write colours as"),
        (["#fff", "#00000080"], "1 transparent colours: '#00000080'"),
        (["#fff", "none"], "1 transparent colours: 'none'"),
    ],
)
def test_what_is_no_colour_of_a_class_is_refused(colors, said):
    with pytest.raises(DataError, match=said):
        own_colors(colors, 2, ordered=True)


@settings(max_examples=30, deadline=None, database=None)
@given(st.lists(st.integers(0, 0xFFFFFF), min_size=2, max_size=7, unique=True))
def test_no_colour_list_breaks_the_guard(numbers):
    colors = [f"#{number:06x}" for number in numbers]
    apart = least_color_difference(colors)
    assert apart > 0
    for vision in DEFICIENCIES:
        assert np.isfinite(least_color_difference(colors, vision=vision))


# --- the palettes of the house --------------------------------------------------------


@pytest.mark.parametrize("palette", SEQUENTIAL)
@pytest.mark.parametrize("k", range(1, 10))
def test_sequential_palettes_are_read_by_everyone(palette, k):
    colors = sequential_colors(palette, k)
    check_colors(colors, ordered=True)
    assert (np.diff(lightness(colors)) < 0).all()
    if k <= 5:
        assert all(least_color_difference(colors, vision=v) >= 7 for v in DEFICIENCIES)


@pytest.mark.parametrize("palette", DIVERGING)
@pytest.mark.parametrize("below", range(5))
def test_diverging_palettes_are_read_by_everyone(palette, below):
    for above in range(1, 5):
        colors = diverging_colors(palette, below, above)
        check_colors(colors, ordered=True, below=below)


@pytest.mark.parametrize("palette", DIVERGING)
def test_both_sides_of_a_pivot_are_equally_strong(palette):
    for each in (2, 3, 4):
        light = lightness(diverging_colors(palette, each, each))
        assert light == pytest.approx(light[::-1], abs=8)


@pytest.mark.parametrize("palette", QUALITATIVE)
def test_qualitative_palettes_are_read_by_everyone(palette):
    colors = qualitative_colors(palette, len(QUALITATIVE[palette]))
    check_colors(colors, ordered=False)
    assert (
        least_color_difference([*colors, "#ffffff"]) >= 4
    )  # not that of what is missing


@pytest.mark.parametrize("palette", ["profiles", "greys"])
def test_types_on_areas_are_told_apart_in_grey(palette):
    light = np.sort(lightness(QUALITATIVE[palette]))
    assert np.diff(light).min() >= 5.5


def test_fewer_types_are_further_apart():
    apart = [
        min(
            least_color_difference(qualitative_colors("profiles", k), vision=vision)
            for vision in DEFICIENCIES
        )
        for k in range(2, 8)
    ]
    assert apart == sorted(apart, reverse=True)
    assert apart[1] > 25


@pytest.mark.parametrize("palette", BIVARIATE)
def test_the_nine_colours_are_told_apart_by_everyone(palette):
    nine = bivariate_colors(palette)
    assert [len(row) for row in nine] == [3, 3, 3]
    check_colors([color for row in nine for color in row], ordered=False)


@pytest.mark.parametrize("palette", BIVARIATE)
def test_both_rates_darken(palette):
    light = np.array([lightness(row) for row in bivariate_colors(palette)])
    assert (np.diff(light, axis=0) < -3).all()
    assert (np.diff(light, axis=1) < -3).all()


@pytest.mark.parametrize("k", [0, 8])
def test_more_types_than_colours_are_refused(k):
    with pytest.raises(DataError, match=f"{k} kinds: from 1 to 7.*group the rarest"):
        qualitative_colors("profiles", k)


@pytest.mark.parametrize("make", [lambda p: qualitative_colors(p, 2), bivariate_colors])
def test_an_unknown_palette_is_refused_with_those_there_are(make):
    with pytest.raises(
        DataError, match=r"'reds' .*; choose among (profiles|teal-plum)"
    ):
        make("reds")


# --- themes ---------------------------------------------------------------------------


GROUNDS = {"land", "beyond", "abroad"}


def test_the_grey_theme_has_no_colour():
    assert GREY.grey
    assert not PRINT.grey
    for field in fields(Theme):
        value = getattr(GREY, field.name)
        if str(value).startswith("#"):
            assert len(set(to_rgb(value))) == 1
            before = lightness([getattr(PRINT, field.name)])
            if field.name in GROUNDS:  # paler than the lightest class of a ramp
                assert before < lightness([value]) < 100
                lightest = sequential_colors("greys", 5)[0]
                assert least_color_difference([value, lightest]) > 5
            else:
                assert lightness([value]) == pytest.approx(before, abs=0.5)
        elif field.name != "grey":
            assert value == getattr(PRINT, field.name)


def test_any_theme_has_its_greys():
    small = in_grey(HALF_COLUMN)
    assert small.grey
    assert small.title == HALF_COLUMN.title
    assert in_grey(small) == small


def test_a_figure_of_half_a_column_is_all_smaller_and_still_legible():
    assert HALF_COLUMN.margin == 2
    for size in ("title", "subtitle", "heading", "body", "small", "label"):
        assert 5.5 <= getattr(HALF_COLUMN, size) < getattr(PRINT, size)


@pytest.mark.parametrize("theme", [GREY, HALF_COLUMN])
def test_a_sheet_is_drawn_in_each_theme(theme):
    lens = bm.communes(epci="call")
    _, ax = bm.page(lens, title="Essai", theme=theme)
    assert ax.plan.theme == theme


def test_an_unknown_font_is_refused_with_those_like_it():
    theme = replace(PRINT, family="Fira Sanz")
    with pytest.raises(DataError, match=r"unknown font 'Fira Sanz'; there are 'Fira S"):
        bm.page(bm.communes(epci="call"), title="Essai", theme=theme)


# --- fonts of one's own ---------------------------------------------------------------

BUNDLED = files("basinmap.maps") / "fonts"


def own_font(
    folder, name, *, family="Essai", without="", source="FiraSans-Regular.ttf"
):
    """Write a font of another name that lacks some signs."""
    tools = pytest.importorskip("fontTools.ttLib")
    face = tools.TTFont(BUNDLED / source)
    for record in face["name"].names:
        if record.nameID in {1, 16}:
            record.string = family
    for table in face["cmap"].tables:
        for sign in without:
            table.cmap.pop(ord(sign), None)
    path = Path(folder) / name
    face.save(path)
    return path


@pytest.fixture(autouse=True)
def _forget_fonts():
    """Leave matplotlib with the fonts it had."""
    manager = mpl.font_manager.fontManager
    themes.register_fonts()
    before = list(manager.ttflist)
    yield
    manager.ttflist[:] = before
    manager._findfont_cached.cache_clear()
    themes.font.cache_clear()
    themes.text_width.cache_clear()
    themes._faces_of.cache_clear()


def test_a_folder_of_fonts_dresses_a_sheet(tmp_path):
    own_font(tmp_path, "a.ttf")
    own_font(tmp_path, "b.ttf", source="FiraSans-Bold.ttf")
    (tmp_path / "licence.txt").write_text("OFL")
    theme = with_fonts(PRINT, tmp_path)
    assert theme == replace(PRINT, family="Essai", narrow="Essai")
    fig, ax = bm.page(bm.communes(epci="call"), title="Été à Œuf", theme=theme)
    title = next(text for text in fig.findobj(Text) if "Œuf" in text.get_text())
    assert title.get_fontproperties().get_family()[0] == "Essai"
    found = mpl.font_manager.findfont(title.get_fontproperties())
    assert Path(found).name == "b.ttf"
    assert ax.plan.theme.narrow == "Essai"


def test_one_file_or_several_make_a_theme(tmp_path):
    wide = own_font(tmp_path, "a.ttf")
    thin = own_font(tmp_path, "b.TTF", family="Mince")
    assert with_fonts(PRINT, str(wide)).family == "Essai"
    both = with_fonts(PRINT, [wide, thin], family="Essai", narrow="Mince")
    assert (both.family, both.narrow) == ("Essai", "Mince")


def test_several_families_are_named_to_choose_from(tmp_path):
    own_font(tmp_path, "a.ttf")
    own_font(tmp_path, "b.ttf", family="Mince")
    with pytest.raises(DataError, match=r"2 families: .*'Essai', 'Mince'; name one"):
        with_fonts(PRINT, tmp_path)
    with pytest.raises(DataError, match=r"no font 'Epais' there: .*'Essai', 'Mince'"):
        with_fonts(PRINT, tmp_path, family="Essai", narrow="Epais")


def test_signs_that_a_font_lacks_are_told_and_drawn_by_another(tmp_path):
    own_font(tmp_path, "a.ttf", without="\u202fœ")
    with pytest.warns(BasinmapWarning, match=r"lacks 2 signs: U\+0153 œ, U\+202F"):
        theme = with_fonts(PRINT, tmp_path)
    # No « glyph missing » of matplotlib, in any weight, measured or drawn.
    for weight in (400, 500, 700):
        properties = themes.font(theme.family, 8, weight=weight)
        assert themes.text_width("1\u202f234 œufs", properties) > 5
    fig, _ = bm.page(bm.communes(epci="call"), title="1\u202f234 œufs", theme=theme)
    fig.canvas.draw()


def test_fonts_given_twice_are_known_once(tmp_path):
    own_font(tmp_path, "a.ttf")
    with_fonts(PRINT, tmp_path)
    known = len(mpl.font_manager.fontManager.ttflist)
    with_fonts(PRINT, tmp_path)
    assert len(mpl.font_manager.fontManager.ttflist) == known


def test_a_variable_font_is_refused(tmp_path):
    tools = pytest.importorskip("fontTools.ttLib")
    path = own_font(tmp_path, "a.ttf")
    face = tools.TTFont(path)
    face["fvar"] = table = tools.newTable("fvar")
    axis = tools.tables._f_v_a_r.Axis()
    axis.axisTag, axis.axisNameID = "wght", 1
    axis.minValue, axis.defaultValue, axis.maxValue = 100, 100, 900
    table.axes, table.instances = [axis], []
    face.save(path)
    with pytest.raises(DataError, match=r"a\.ttf is a variable font.*static files"):
        with_fonts(PRINT, path)


def test_what_is_no_font_is_refused(tmp_path):
    with pytest.raises(DataError, match="no TTF or OTF file there"):
        with_fonts(PRINT, tmp_path)
    with pytest.raises(DataError, match="no TTF or OTF file there"):
        with_fonts(PRINT, tmp_path / "absent.ttf")
    (tmp_path / "broken.ttf").write_bytes(b"\x00\x01\x00\x00nothing of a font")
    with pytest.raises(DataError, match=r"broken\.ttf: cannot be read as a font"):
        with_fonts(PRINT, tmp_path)


def test_the_bundled_fonts_have_every_sign_of_french(tmp_path):
    for face in Path(str(BUNDLED)).glob("FiraSans-*.ttf"):
        shutil.copy(face, tmp_path)
    assert with_fonts(PRINT, tmp_path).family == "Fira Sans"
