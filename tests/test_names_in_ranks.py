"""Names in ranks, each in its unit or led to it, inked by what is under them."""

import datetime as dt
import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib.colors import to_hex

import basinmap as bm
from basinmap.errors import BasinmapWarning, DataError
from basinmap.maps.layers.placement import place_labels, split_label
from basinmap.maps.paper.inks import contrast, inks_of

DARK, PALE, INK = "#6d1d4a", "#fcead0", bm.PRINT.ink


def squares(count, side=10_000):
    """Return squares in a row, named a, b, c…"""
    shapes = [shapely.box(i * side, 0, (i + 1) * side, side) for i in range(count)]
    shapes = shapely.transform(shapes, lambda xy: xy + np.array([680_000, 7_030_000]))
    names = [chr(97 + i) for i in range(count)]
    index = pd.Index(names, name="zone")
    return gpd.GeoDataFrame({"name": names}, index=index, geometry=shapes, crs=2154)


@pytest.fixture(scope="module")
def wall():
    """The 336 communes on A3, classed, with their names."""
    communes = bm.communes().loc[list(bm.perimeter("bassin-minier").communes)]
    rate = bm.compute("L04", bm.statistics())
    fig, ax = bm.page(communes, title="Taux de vacance des logements", paper="A3")
    bm.draw_choropleth(ax, communes, bm.classify(rate.reindex(communes.index)))
    count = bm.draw_labels(ax, communes, strong=4)
    bm.draw_legend(ax)
    bm.draw_furniture(ax, author="essai", date=dt.date(2026, 11, 29))
    return fig, ax, communes, count


def names_on(ax):
    return [text for text in ax.texts if text.get_gid() == "name"]


# -- the wall map ------------------------------------------------------------------


def test_the_basin_fills_the_width_of_an_a3(wall):
    _, ax, communes, _ = wall
    assert ax.plan.scale == 250_000
    # 98.04 km by 57.93 km, in a frame of 400 mm.
    wide, high = np.ptp(communes.total_bounds.reshape(2, 2), axis=0) / 250
    assert (round(wide), round(high)) == (392, 232)
    assert ax.plan.frame[2] == pytest.approx(400)
    assert ax.plan.frame[3] >= 240


def test_all_of_336_names_are_written_the_60_largest_among_them(wall):
    _, ax, communes, count = wall
    assert count == 336
    codes = {code for code, _ in ax.named}
    assert set(communes.nlargest(60, "population").index) <= codes


def test_no_name_is_off_its_commune_without_a_line(wall):
    _, ax, communes, _ = wall
    led = [line.get_xydata()[0] for line in ax.lines if line.get_marker() == "o"]
    shapes = dict(zip(communes["name"], communes.geometry, strict=True))
    places = {name.replace("'", "’"): shape for name, shape in shapes.items()}
    off = 0
    for text in names_on(ax):
        name = text.get_text().replace("\n", "")
        found = places.get(name) or places.get(text.get_text().replace("\n", " "))
        assert found is not None, name
        if not found.buffer(1).contains(shapely.Point(text.get_position())):
            off += 1
            assert any(found.buffer(1).contains(shapely.Point(p)) for p in led), name
    assert off == len(led)


def test_nothing_is_under_five_points_and_a_half(wall):
    fig, ax, _, _ = wall
    sizes = [text.get_fontsize() for text in [*ax.texts, *fig.paper.texts]]
    assert min(sizes) >= 5.5
    assert len({round(text.get_fontsize(), 1) for text in names_on(ax)}) == 3


def test_towns_of_the_first_rank_stay_heavier_than_the_others_where_room_is_short():
    basin = bm.communes().dropna(subset="scot")
    _, ax = bm.page(basin, title="Bassin minier", paper="A3")
    bm.draw_outlines(ax, basin, label="commune")
    # Lines run through Douai and Hénin-Beaumont: their names are to keep off them.
    bm.draw_rings(ax, bm.rings(bm.LOUVRE_LENS, distances=[10_000, 20_000]))
    bm.draw_labels(ax, basin, strong=10)
    first = {n.replace("'", "’") for n in basin.nlargest(10, "population")["name"]}
    texts = {"".join(t.get_text().split("\n")): t for t in names_on(ax)}
    heavy = {name for name, t in texts.items() if t.get_fontweight() == 500}
    assert heavy == first
    least = min(texts[name].get_fontsize() for name in first)
    assert least > max(t.get_fontsize() for n, t in texts.items() if n not in first)


def test_the_legend_in_the_corner_covers_no_commune(wall):
    fig, ax, communes, _ = wall
    (panel,) = [p for p in fig.beside.patches if p.get_gid() == "panel"]
    x, y = panel.get_xy()
    left, low = x - ax.plan.frame[0], y - ax.plan.frame[1]
    corners = [[left, low], [left + panel.get_width(), low + panel.get_height()]]
    box = shapely.box(*ax.to_metres(np.array(corners)).ravel())
    assert not communes.intersects(box).any()
    assert fig.beside.get_zorder() > ax.get_zorder()
    # Scale and north are at its foot.
    bar = [t for t in fig.beside.texts if (t.get_gid() or "").startswith("scale-bar")]
    fig.maps[0].settle()
    bar = bar or [
        t for t in fig.beside.texts if (t.get_gid() or "").startswith("scale-bar")
    ]
    assert bar
    assert all(y < text.get_position()[1] < y + panel.get_height() for text in bar)


def test_a_corner_is_taken_for_a_quarter_more_and_on_demand_alone():
    lens = bm.communes(epci="call")
    _, ax = bm.page(lens, title="x")
    assert not ax.plan.inside
    with pytest.raises(DataError, match=r"no corner.*legend='right'"):
        bm.page(squares(1), title="x", legend="inside", scale=60_000, paper="A4")
    _, ax = bm.page(lens, title="x", legend="inside", scale=150_000)
    assert ax.plan.inside
    assert ax.plan.scale == 150_000


# -- inks --------------------------------------------------------------------------


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def painted(*colors):
    units = squares(len(colors))
    _, ax = bm.page(units, title="x", ground=False)
    for code, color in zip(units.index, colors, strict=True):
        bm.draw_outlines(ax, units.loc[[code]], fill=color)
    return ax, units


def test_names_are_white_on_dark_and_dark_on_pale_without_halo():
    ax, units = painted(DARK, PALE)
    assert bm.draw_labels(ax, units) == 2
    inks = {t.get_text(): to_hex(t.get_color()) for t in names_on(ax)}
    assert inks == {"a": "#ffffff", "b": INK}
    assert not [t for t in ax.texts if t.get_gid() == "halo"]


def test_a_name_across_a_border_has_a_halo_in_the_tint_of_its_fill():
    ax, units = painted(DARK, DARK)
    (x0, y0, x1, _) = units.total_bounds
    middle = ax.to_mm(np.array([[(x0 + x1) / 2, y0 + 5_000]]))[0]
    box = np.array([[*(middle - 3), *(middle + 3)]])
    (ink,) = inks_of(ax, box, np.array([False]), None)
    assert (ink.color, ink.halo) == ("#ffffff", DARK)


def test_a_chosen_colour_is_kept_and_made_legible():
    ax, units = painted(PALE, DARK)
    bm.draw_labels(ax, units, color="#7a3e9d")
    assert {to_hex(t.get_color()) for t in names_on(ax)} == {"#7a3e9d"}
    (halo,) = [t for t in ax.texts if t.get_gid() == "halo"]
    assert contrast("#7a3e9d", halo.get_color()) >= 4.5


@pytest.mark.parametrize(
    "tint", ["#000000", "#5a5a5a", "#b84a63", "#e2766d", "#ffffff"]
)
def test_names_are_legible_on_every_tint(tint):
    ax, units = painted(tint)
    box = ax.to_mm(shapely.get_coordinates(units.centroid.array))
    for alone, color in itertools.product((True, False), (None, INK)):
        spots = np.hstack([box - 2, box + 2])
        (ink,) = inks_of(ax, spots, np.array([alone]), color)
        assert contrast(ink.color, ink.halo or tint) >= 4.5


# -- ranks and lines ---------------------------------------------------------------


def test_names_that_are_promised_and_find_no_room_are_told():
    shapes = squares(2, side=400)
    named = shapes.assign(name=["Montigny-en-Ostrevent", "Bruille-lez-Marchiennes"])
    _, ax = bm.page(named, title="Essai", around=20_000)
    for x in range(0, 400, 2):  # nowhere is free
        ax.boxes.append((float(x), 0.0, x + 2.0, 400.0))
    with pytest.warns(BasinmapWarning, match="2 name.s. of 2 found no room: .*Bruille"):
        assert bm.draw_labels(ax, named, every=True) == 0


def test_names_that_find_room_are_promised_without_a_word(recwarn):
    shapes = squares(2)
    _, ax = bm.page(shapes, title="Essai")
    assert bm.draw_labels(ax, shapes, every=True) == 2
    assert not [one for one in recwarn if issubclass(one.category, BasinmapWarning)]


def hemmed():
    """Return a commune of two hundred metres among four large ones."""
    x, y = 680_000, 7_030_000
    hole = shapely.box(x - 300, y - 300, x + 300, y + 300)
    around = [
        shapely.box(x + min(dx, 0), y + min(dy, 0), x + max(dx, 0), y + max(dy, 0))
        for dx, dy in itertools.product((-40_000, 40_000), repeat=2)
    ]
    shapes = [hole, *(shapely.difference(one, hole) for one in around)]
    names = ["Bruille-lez-Marchiennes", "a", "b", "c", "d"]
    index = pd.Index(["hole", *"abcd"], name="zone")
    frame = {"name": names, "population": [9.0, 1, 1, 1, 1]}
    return gpd.GeoDataFrame(frame, index=index, geometry=shapes, crs=2154)


@pytest.mark.parametrize("strong", [0, 1])
def test_a_name_apart_is_not_on_another_commune_not_even_led_there(strong):
    units = hemmed()
    _, ax = bm.page(units, title="Essai")
    assert bm.draw_labels(ax, units, strong=strong, apart=True) == 4
    assert "hole" not in {code for code, _ in ax.named}


def test_a_strong_name_apart_is_small_rather_than_out_of_its_commune():
    units = squares(6).assign(population=range(6, 0, -1))
    units["name"] = ["Pecquencourt", *(f"b{n}" for n in range(5))]
    sizes = {}
    for apart in (False, True):
        _, ax = bm.figure(units, size_mm=(90, 40), title="Essai")
        bm.draw_labels(ax, units, strong=1, apart=apart)
        sizes[apart] = {t.get_text(): t.get_fontsize() for t in names_on(ax)}
    assert sizes[False]["Pecquencourt"] > sizes[False]["b1"]
    assert sizes[True]["Pecquencourt"] <= sizes[True]["b1"]


def test_a_sliver_that_the_frame_cuts_bears_no_name():
    # The frame ends in d, 200 m of ten kilometres, and cuts a in two.
    frame = shapely.box(685_000, 7_030_000, 710_200, 7_040_000)
    ground = gpd.GeoDataFrame(geometry=[frame], crs=2154)
    _, ax = bm.page(ground, title="x", scale=150_000)
    (x0, x1), _ = ax.get_xlim(), ax.get_ylim()
    row = squares(8)
    bm.draw_outlines(ax, row)
    bm.draw_labels(ax, row)
    seen = {
        name: min(x1, 690_000 + 10_000 * i) - max(x0, 680_000 + 10_000 * i)
        for i, name in enumerate(row["name"])
    }
    said = {text.get_text() for text in names_on(ax)}
    assert {n for n, wide in seen.items() if wide > 3_000} <= said
    high = 10_000 / 150 / 1000  # of a square, in mm for each metre across
    small = {n for n, wide in seen.items() if wide * high < 30 and wide < 2_500}
    assert small.isdisjoint(said)


def test_prefectures_are_in_capitals():
    mel = bm.communes(epci="MEL")
    _, ax = bm.page(mel, title="x")
    bm.draw_labels(ax, mel, most=10)
    written = {text.get_text() for text in names_on(ax)}
    assert "LILLE" in written
    assert "Roubaix" in written


def test_the_larger_is_placed_where_one_name_has_room():
    units = squares(2).assign(name=["Vingt-deux", "Trente"], population=[10, 20])
    _, ax = bm.page(units, title="x", scale=3_000_000)
    assert bm.draw_labels(ax, units) >= 1
    assert ("b", "Trente") in ax.named


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("CA de Lens-Liévin", "CA\nde Lens-Liévin"),
        ("CA d’Hénin-Carvin", "CA\nd’Hénin-Carvin"),
        ("Le Touquet-Paris-Plage", "Le Touquet-\nParis-Plage"),
        ("Loos-en-Gohelle", "Loos-\nen-Gohelle"),
    ],
)
def test_a_joined_name_is_not_torn_where_a_space_may_be(name, broken):
    assert split_label(name, 12) == broken


def test_a_name_that_fits_its_unit_stays_on_one_line():
    units = squares(1).assign(name="Loos-en-Gohelle")
    _, ax = bm.page(units, title="x")
    bm.draw_labels(ax, units)
    (name,) = names_on(ax)
    assert name.get_text() == "Loos-en-Gohelle"


def test_a_place_out_of_the_polygon_is_no_place_without_a_leader():
    home = [shapely.box(9, 9, 11, 11)]
    wide = {"priority": [1.0], "frame": (0, 0, 40, 40), "inside": home}
    placed = place_labels([[10.0, 10.0]], [[6.0, 2.0]], **wide)
    assert placed.placed[0]
    assert abs(placed.x[0] - 10) <= 1
    barred = [[7.0, 8.0, 13.0, 12.0]]
    assert not place_labels([[10, 10]], [[6, 2]], obstacles=barred, **wide).placed[0]


def test_pages_of_an_atlas_share_one_orientation_and_one_scale():
    lens = bm.communes(epci="call")
    shared = bm.shared_page(lens, around=1_000)
    found = set()
    for code in lens.index[:6]:
        unit = lens.loc[[code]]
        _, ax = bm.page(unit, title=str(code), around=1_000, **shared)
        found.add((ax.plan.scale, ax.plan.width, ax.plan.frame))
    assert len(found) == 1
    with pytest.raises(DataError, match="empty"):
        bm.shared_page(lens.iloc[:0])


# -- ways out ----------------------------------------------------------------------


def exits(ax):
    return [t.get_text() for t in ax.texts if t.get_gid() == "exit"]


def test_exits_name_the_next_towns_not_the_famous_ones():
    unit = bm.communes().loc[["59574"]]
    _, ax = bm.page(unit, title="Somain", around=2_500)
    bm.draw_exits(ax)
    found = set(exits(ax))
    assert found & {"Vers Douai", "Vers Valenciennes", "Vers Denain"}
    assert not found & {"Vers Paris", "Vers Reims", "Vers Bruxelles"}


def test_exits_stand_where_roads_leave_the_frame():
    lens = bm.communes(epci="call")
    _, ax = bm.page(lens, title="x")
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    # Due north, towards the Lille of this map, put beyond the end of the road.
    x = x0 + 0.75 * (x1 - x0)
    way = shapely.LineString([(x, (y0 + y1) / 2), (x, y1 + 5_000)])
    roads = gpd.GeoDataFrame({"n": ["A1"]}, geometry=[way], crs=2154)
    towns = {"Arras": (2.78, 50.29), "Lille": (2.87, 50.70)}
    assert bm.draw_exits(ax, towns=towns, roads=roads) == 1
    assert exits(ax) == ["Vers Lille"]
    (text,) = [t for t in ax.texts if t.get_gid() == "exit"]
    assert abs(text.get_position()[0] - x) < 0.1 * (x1 - x0)


# -- situation ---------------------------------------------------------------------


def test_rings_have_a_white_casing_under_their_dashes():
    lens = bm.communes(epci="call")
    _, ax = bm.page(lens, title="x")
    bm.draw_rings(ax, bm.rings(bm.LOUVRE_LENS, distances=[5_000]))
    (casing,) = [p for p in ax.patches if p.get_label() == "_casing"]
    (line,) = ax.lines
    assert casing.get_linewidth() > 2 * line.get_linewidth()
    assert contrast(to_hex(line.get_color()), to_hex(casing.get_edgecolor())) >= 3
