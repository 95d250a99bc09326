"""Several maps on a sheet: one scale, one legend, one foot, or a refusal."""

import datetime as dt
import inspect
import itertools
import re

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.text import Text

import basinmap as bm
from basinmap.errors import DataError, MeasureError
from basinmap.maps.paper.blocks import CirclesBlock, ClassesBlock, KeyBlock
from basinmap.maps.paper.panels import gathered


def told_or_typed(message):
    """Match the words of the verb, or those of the door that all share."""
    return rf"{message}|is of no use here; pass"


DAY = dt.date(2026, 11, 25)
X, Y = 686_000.0, 7_037_000.0  # Lens


def block(width, height, *, x=X, y=Y):
    half = (width / 2, height / 2)
    box = shapely.box(x - half[0], y - half[1], x + half[0], y + half[1])
    return gpd.GeoDataFrame({"name": ["Ici"]}, geometry=[box], crs=2154, index=["a"])


@pytest.fixture(scope="module")
def four():
    """Four communes of one kilometre, side by side, and a rate at two dates."""
    boxes = [
        shapely.box(X + i * 1000, Y, X + (i + 1) * 1000, Y + 1000) for i in range(4)
    ]
    return gpd.GeoDataFrame(
        {"name": list("abcd")}, geometry=boxes, crs=2154, index=list("abcd")
    )


def rate(*values):
    found = pd.Series(
        values, index=list("abcd")[: len(values)], name="taux", dtype=float
    )
    found.attrs = {"label": "taux", "unit": "%", "kind": "ratio", "level": "commune"}
    return found


def stock(*values):
    found = pd.Series(values, index=list("abcd"), name="logements", dtype=float)
    found.attrs = {"label": "logements", "kind": "stock", "sources": ("Insee",)}
    return found


def written(fig, gid):
    return [t.get_text() for t in fig.findobj(Text) if t.get_gid() == gid]


def legend_texts(fig):
    return [t.get_text() for t in fig.paper.texts]


def overlap(one, other):
    (x, y, w, h), (a, b, c, d) = one, other
    return (
        x < a + c - 1e-6 and a < x + w - 1e-6 and y < b + d - 1e-6 and b < y + h - 1e-6
    )


# --- the frames ----------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(1, 9),
    paper=st.sampled_from(["A3", "A4", (300.0, 200.0)]),
    legend=st.sampled_from(["auto", "right", "below"]),
    sides=st.tuples(st.floats(200, 90_000), st.floats(200, 90_000)),
)
def test_frames_are_equal_apart_inside_the_page_and_hold_their_territory(
    count, paper, legend, sides
):
    units = block(*sides)
    names = [f"Carte {i}" for i in range(count)]
    fig, maps = bm.panels(
        dict.fromkeys(names, units), title="Titre", paper=paper, legend=legend
    )
    plan = fig.layout_mm
    frames = [ax.plan.frame for ax in maps.values()]
    assert {(round(w, 6), round(h, 6)) for _, _, w, h in frames} == {
        (round(frames[0][2], 6), round(frames[0][3], 6))
    }
    assert {ax.plan.scale for ax in maps.values()} == {plan.scale}
    for one, other in itertools.combinations([*frames, plan.strip, plan.footer], 2):
        assert not overlap(one, other)
    for ax in maps.values():
        x, y, w, h = ax.plan.frame
        assert x >= plan.frame[0] - 1e-6
        assert y >= plan.frame[1] - 1e-6
        assert x + w <= plan.frame[0] + plan.frame[2] + 1e-6
        assert y + h < plan.frame[1] + plan.frame[3]  # its heading is above
        shown = shapely.box(
            ax.get_xlim()[0], ax.get_ylim()[0], ax.get_xlim()[1], ax.get_ylim()[1]
        )
        assert shown.covers(units.geometry.iloc[0])
        # A metre of ground is 1000 / scale millimetres, in every frame.
        assert np.diff(ax.get_xlim())[0] * 1000 / plan.scale == pytest.approx(w)


def test_maps_are_read_from_left_to_right_then_down_under_their_names():
    names = ["Avant", "Pendant", "Après"]
    fig, maps = bm.panels(
        dict.fromkeys(names, block(5_000, 4_000)), title="Titre", columns=2
    )
    places = [ax.plan.frame[:2] for ax in maps.values()]
    assert places[0][1] == places[1][1] > places[2][1]
    assert places[0][0] == places[2][0] < places[1][0]
    assert written(fig, "panel-name") == names
    texts = [t for t in fig.findobj(Text) if t.get_gid() == "panel-name"]
    for text, ax in zip(texts, maps.values(), strict=True):
        x, y, _, high = ax.plan.frame
        assert text.get_position()[0] == x
        assert 0 < text.get_position()[1] - (y + high) < 3


def test_a_map_is_centred_on_its_own_territory_at_the_scale_of_the_largest():
    small, large = block(1_000, 1_000), block(40_000, 30_000, x=X + 50_000)
    fig, maps = bm.panels({"petit": small, "grand": large}, title="Titre")
    alone, _ = bm.panels({"grand": large, "grand bis": large}, title="Titre")
    assert fig.layout_mm.scale == alone.layout_mm.scale
    assert np.mean(maps["petit"].get_xlim()) == pytest.approx(X)
    assert np.mean(maps["grand"].get_xlim()) == pytest.approx(X + 50_000)


def test_the_arrangement_chosen_is_never_smaller_than_another():
    units = dict.fromkeys("abcdef", block(60_000, 20_000))
    chosen = bm.panels(units, title="Titre")[0].layout_mm.scale
    others = [
        bm.panels(units, title="Titre", columns=n)[0].layout_mm.scale
        for n in range(1, 7)
    ]
    assert chosen == min(others)


def test_keys_may_be_years_and_names_are_set_in_french():
    fig, maps = bm.panels({2016: block(9, 9), "avant ; après": block(9, 9)}, title="T")
    assert list(maps) == [2016, "avant ; après"]
    assert written(fig, "panel-name") == ["2016", "avant\u202f; après"]


def test_a_long_name_is_cut_in_lines_inside_its_frame():
    name = "Communauté d'agglomération de Béthune-Bruay, Artois-Lys Romane " * 3
    fig, maps = bm.panels(
        dict.fromkeys([name, "b", "c"], block(9, 9)), title="T", columns=3
    )
    lines = written(fig, "panel-name")
    assert len(lines) > 4
    width = next(iter(maps.values())).plan.frame[2]
    texts = [t for t in fig.findobj(Text) if t.get_gid() == "panel-name"]
    for text in texts:
        box = text.get_window_extent(fig.canvas.get_renderer())
        assert box.width / fig.dpi * 25.4 <= width + 0.5


@pytest.mark.parametrize(
    ("territories", "options", "said"),
    [
        ({}, {}, "no map to draw"),
        ({"a": block(9, 9)}, {"columns": 2}, "from 1 to 1 maps"),
        ({"a": block(9, 9)}, {"columns": 0}, "columns=0"),
        (dict.fromkeys(range(60), block(9, 9)), {"paper": "A5"}, "fewer maps"),
        ({"a": block(9, 9)}, {"around": -1}, "around=-1"),
        ({"a": block(9, 9)}, {"around": "2"}, "around='2': give metres"),
        ({1: block(9, 9), 2: block(9, 9)}, {"columns": 1.5}, "columns=1.5: from 1"),
        ({"a": block(9, 9)}, {"columns": "1"}, "columns='1': from 1 to 1"),
        (block(9, 9), {}, "in a GeoDataFrame: give them by name"),
        ([block(9, 9)], {}, "in a list: give them by name"),
    ],
)
def test_a_sheet_that_cannot_be_is_refused(territories, options, said):
    with pytest.raises((DataError, TypeError), match=told_or_typed(said)):
        bm.panels(territories, title="Titre", **options)


def test_degrees_on_one_of_the_maps_are_refused(four):
    with pytest.raises(bm.errors.CRSError, match="degrees"):
        bm.panels({"a": four, "b": four.to_crs(4326)}, title="Titre")


def test_around_shows_as_many_metres_more_on_every_side():
    units = block(20_000, 4_000)
    near = bm.page(units, title="T", scale=200_000)[1]
    far = bm.page(units, title="T", scale=400_000, around=3_000)[1]
    assert near.plan.frame == far.plan.frame
    least = bm.page(units, title="T", around=30_000)[1]
    (x0, x1), (y0, y1) = least.get_xlim(), least.get_ylim()
    assert x0 <= X - 40_000
    assert x1 >= X + 40_000
    assert y0 <= Y - 32_000
    assert y1 >= Y + 32_000


# --- one legend ----------------------------------------------------------------------


def test_classes_in_common_stand_once_without_counts_with_every_state(four):
    before, after = rate(1, 2, 8, np.nan), rate(2, 9, 9, 1)
    before.attrs["states"] = {"d": "secret"}
    cut = bm.shared_classes({2016: before, 2021: after}, breaks=[5])
    fig, maps = bm.panels({2016: four, 2021: four}, title="Taux")
    for year, ax in maps.items():
        bm.draw_choropleth(ax, four, cut[year])
    (block_,) = gathered(maps).blocks
    assert isinstance(block_, ClassesBlock)
    assert [s.label for s in block_.swatches] == [
        "5 et plus",
        "moins de 5",
        "Secret statistique",
    ]
    assert {s.count for s in block_.swatches} == {None}
    assert block_.bounds == (1, 9)
    bm.draw_legend(maps)
    assert legend_texts(fig).count("5 et plus") == 1
    assert "communes" not in legend_texts(fig)
    # What each map says of itself is as it was.
    assert [s.count for s in maps[2016].blocks[0].swatches] == [1, 2, 1]


def test_classes_that_are_not_shared_are_refused(four):
    _, maps = bm.panels({2016: four, 2021: four}, title="Taux")
    bm.draw_choropleth(maps[2016], four, bm.classify(rate(1, 2, 8, 9), breaks=[5]))
    bm.draw_choropleth(maps[2021], four, bm.classify(rate(1, 2, 8, 9), breaks=[3]))
    with pytest.raises(MeasureError, match="shared_classes"):
        bm.draw_legend(maps)


def test_one_class_in_two_colours_is_refused(four):
    _, maps = bm.panels({2016: four, 2021: four}, title="Taux")
    for ax, palette in zip(maps.values(), ("reds", "teals"), strict=True):
        classes = bm.classify(rate(1, 2, 8, 9), breaks=[5])
        bm.draw_choropleth(ax, four, classes, palette=palette)
    with pytest.raises(MeasureError, match="not drawn alike"):
        bm.draw_legend(maps)


def test_two_indicators_under_two_titles_have_two_entries(four):
    fig, maps = bm.panels({"Vacance": four, "Maisons": four}, title="Logement")
    for name, ax in maps.items():
        classes = bm.classify(rate(1, 2, 8, 9), breaks=[5 if name == "Vacance" else 3])
        bm.draw_choropleth(ax, four, classes, title=name)
    bm.draw_legend(maps)
    assert {"Vacance", "Maisons"} <= set(legend_texts(fig))


@pytest.mark.parametrize("draw", [bm.draw_symbols, bm.draw_squares])
def test_symbols_to_compare_need_one_scale(four, draw):
    few, many = stock(10, 20, 30, 40), stock(100, 200, 300, 400)
    _, maps = bm.panels({2016: four, 2021: four}, title="Logements")
    for ax, sizes in zip(maps.values(), (few, many), strict=True):
        draw(ax, four, sizes)
    with pytest.raises(MeasureError, match="largest="):
        bm.draw_legend(maps)
    _, maps = bm.panels({2016: four, 2021: four}, title="Logements")
    for ax, sizes in zip(maps.values(), (few, many), strict=True):
        draw(ax, four, sizes, largest=400, largest_mm=4)
    bm.draw_legend(maps)
    # Areas are as the amounts, from one map to the other: 400 against 40.
    radii = [ax.symbols["d"][2] for ax in maps.values()]
    assert (radii[1] / radii[0]) ** 2 == pytest.approx(10, rel=1e-9)


@pytest.mark.parametrize("wrong", [0, -1, np.inf, np.nan])
def test_a_largest_amount_that_is_none_is_refused(four, wrong):
    ax = bm.page(four, title="T")[1]
    with pytest.raises(DataError, match="largest="):
        bm.draw_symbols(ax, four, stock(1, 2, 3, 4), largest=wrong)


def test_the_circle_of_the_largest_amount_has_the_radius_asked_for(four):
    ax = bm.page(four, title="T")[1]
    bm.draw_symbols(ax, four, stock(1, 2, 3, 4), largest=16, largest_mm=8)
    assert ax.symbols["d"][2] == pytest.approx(4)  # a quarter of the area
    (nested,) = [b for b in ax.blocks if isinstance(b, CirclesBlock)]
    radii = dict(zip(nested.values, nested.radii, strict=True))
    assert radii[20] == pytest.approx(8 * np.sqrt(20 / 16))


def test_keys_of_the_maps_stand_once(four):
    _, maps = bm.panels({"a": four, "b": four}, title="T")
    for ax in maps.values():
        bm.draw_outlines(ax, four, label="limite")
    bm.draw_outlines(maps["b"], four, label="autre", dashes=(2, 2))
    (keys,) = gathered(maps).blocks
    assert isinstance(keys, KeyBlock)
    assert [s.label for s in keys.swatches] == ["limite", "autre"]


def test_types_in_common_stand_once_and_two_colours_are_refused(four):
    types = pd.Series(
        ["ville", "bourg", "ville", "bourg"], index=list("abcd"), name="t"
    )
    _, maps = bm.panels({"a": four, "b": four}, title="T")
    for ax in maps.values():
        bm.draw_typology(ax, four, types, title="Type")
    (block_,) = gathered(maps).blocks
    assert [(s.label, s.count) for s in block_.swatches] == [
        ("bourg", None),
        ("ville", None),
    ]
    _, maps = bm.panels({"a": four, "b": four}, title="T")
    bm.draw_typology(maps["a"], four, types, title="Type")
    bm.draw_typology(maps["b"], four, types.replace("ville", "autre"), title="Type")
    with pytest.raises(MeasureError, match="Type"):
        gathered(maps)


def test_bivariate_maps_share_their_legend_when_classes_are_shared(four):
    a = bm.shared_classes({1: rate(1, 2, 8, 9), 2: rate(3, 4, 8, 2)}, breaks=[3, 6])
    b = bm.shared_classes({1: rate(1, 5, 8, 2), 2: rate(3, 4, 7, 2)}, breaks=[2, 5])
    fig, maps = bm.panels({"avant": four, "après": four}, title="T")
    for year, ax in enumerate(maps.values(), start=1):
        bm.draw_bivariate(ax, four, a[year], b[year], labels=("a", "b"))
    (block_,) = gathered(maps).blocks
    assert block_.counts == ()
    bm.draw_legend(maps)
    # The nine counts alone are gone.
    alone, ax = bm.page(four, title="T")
    bm.draw_bivariate(ax, four, a[1], b[1], labels=("a", "b"))
    bm.draw_legend(ax)
    numbers = [sum(t.isdigit() for t in legend_texts(sheet)) for sheet in (alone, fig)]
    assert numbers[0] - numbers[1] == 9


def test_maps_of_two_sheets_are_refused(four):
    one, other = (bm.page(four, title="T")[1] for _ in range(2))
    with pytest.raises(DataError, match="one sheet"):
        bm.draw_legend({"a": one, "b": other})
    with pytest.raises(DataError, match="one sheet"):
        bm.draw_furniture({}, author="x", date=DAY)


# --- one foot ------------------------------------------------------------------------


def test_the_foot_credits_what_any_of_the_maps_shows(four):
    fig, maps = bm.panels({"a": four, "b": four}, title="T")
    for ax, source in zip(maps.values(), ("Insee 2016", "Insee 2021"), strict=True):
        values = rate(1, 2, 8, 9)
        values.attrs["sources"] = (source,)
        bm.draw_choropleth(ax, four, bm.classify(values, breaks=[5]))
    bm.draw_legend(maps)
    bm.draw_furniture(maps, author="Mission Bassin Minier", date=DAY)
    foot = " ".join(legend_texts(fig))
    assert "Insee 2016" in foot
    assert "Insee 2021" in foot
    assert sum("Échelle" in t for t in legend_texts(fig)) == 1
    assert sum(t == "N" for t in legend_texts(fig)) == 1


def test_a_note_says_of_which_maps_it_is_unless_it_is_of_all(four):
    fig, maps = bm.panels({2016: four, 2021: four, 2023: four}, title="Taux")
    for ax, estimated in zip(maps.values(), ("a", "ab", "ab"), strict=True):
        values = rate(1, 2, 8, 9)
        values.attrs["states"] = dict.fromkeys(estimated, "estimated")
        values.attrs["notes"] = ("Hors logements occasionnels",)
        bm.draw_choropleth(ax, four, bm.classify(values, breaks=[5]))
    assert list(gathered(maps).notes) == [
        "2016 – Estimation : 1 valeur",
        "Hors logements occasionnels",
        "2021 ; 2023 – Estimation : 2 valeurs",
    ]
    bm.draw_furniture(maps, author="x", date=DAY, sources=["Insee"])
    foot = " ".join(legend_texts(fig)).replace("\u00a0", " ")
    assert "2016 – Estimation : 1 valeur. Hors logements occasionnels. 2021" in foot
    # A map alone needs no name.
    assert next(iter(gathered(maps[2016]).notes)) == "Estimation : 1 valeur"


DOORS = [
    name
    for name in bm.__all__
    if name.startswith(("draw_", "write_geotiff"))
    and next(iter(inspect.signature(getattr(bm, name)).parameters)) == "ax"
]
SEVERAL = ("draw_legend", "draw_furniture")


def asked(name, wrong):
    """Call a layer on something that is no map, and with little else."""
    _, *others = inspect.signature(getattr(bm, name)).parameters.values()
    needed = [p for p in others if p.default is inspect.Parameter.empty]
    given = {p.name: "x" for p in needed if p.kind is p.KEYWORD_ONLY}
    given |= {"date": DAY} if "date" in given else {}
    missing = [None for p in needed if p.kind is not p.KEYWORD_ONLY]
    getattr(bm, name)(wrong, *missing, **given)


@pytest.mark.parametrize("name", DOORS)
def test_what_is_no_map_is_told_before_anything_else(four, name):
    fig, maps = bm.panels({"a": four, "b": four}, title="T")
    with pytest.raises(
        (DataError, TypeError), match=told_or_typed("ax is the sheet: pass its map")
    ):
        asked(name, fig)
    one = "pass what panels returned" if name in SEVERAL else "type list: pass one map"
    with pytest.raises((DataError, TypeError), match=told_or_typed(one)):
        asked(name, list(maps.values()))
    with pytest.raises(
        (DataError, TypeError),
        match=told_or_typed("ax is of type GeoDataFrame: pass one map"),
    ):
        asked(name, four)
    with pytest.raises(
        (DataError, TypeError),
        match=told_or_typed("ax is of type NoneType: pass one map"),
    ):
        asked(name, None)
    if name not in SEVERAL:
        with pytest.raises(
            (DataError, TypeError),
            match=told_or_typed("the 2 maps of panels: .* maps\\['a'\\]"),
        ):
            asked(name, maps)
    else:
        with pytest.raises(
            (DataError, TypeError), match=told_or_typed("ax is the sheet")
        ):
            asked(name, {"a": fig})


def test_every_layer_is_a_door():
    assert len(DOORS) > 20
    assert {"draw_choropleth", "write_geotiff", *SEVERAL} <= set(DOORS)


def test_a_sheet_of_maps_has_the_same_bytes_when_it_is_drawn_again(tmp_path, four):
    for name in ("one.pdf", "other.pdf"):
        fig, maps = bm.panels({"a": four, "b": four}, title="T")
        for ax in maps.values():
            bm.draw_choropleth(ax, four, bm.classify(rate(1, 2, 8, 9), breaks=[5]))
        bm.draw_legend(maps)
        bm.draw_furniture(maps, author="x", date=DAY, sources=["Insee"])
        fig.savefig(tmp_path / name)
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "other.pdf").read_bytes()


def test_a_locator_and_names_go_on_each_map(four):
    fig, maps = bm.panels({"a": four, "b": four}, title="T", paper="A3")
    for ax in maps.values():
        bm.draw_outlines(ax, four)
        assert bm.draw_labels(ax, four) == 4
        bm.draw_locator(ax, four, bm.epcis())
    assert len(fig.axes) == 5  # the paper, two maps, two locators


def test_the_sheet_is_told_map_by_map(four):
    fig, maps = bm.panels({"En 2016": four, "En 2021": four}, title="Taux")
    for ax, values in zip(maps.values(), ((1, 2, 8, 9), (8, 8, 8, 1)), strict=True):
        bm.draw_choropleth(ax, four, bm.classify(rate(*values), breaks=[5]))
    bm.draw_legend(maps)
    bm.draw_furniture(maps, author="x", date=DAY, sources=["Insee"])
    told = bm.alternative_text(fig)
    assert "En 2016" in told
    assert "En 2021" in told


def test_the_least_and_the_greatest_are_said_to_be_those_of_the_series(four):
    cut = bm.shared_classes({1: rate(1, 2, 8, 9), 2: rate(3, 4, 8, 20)}, breaks=[5])
    fig, ax = bm.page(four, title="T")
    bm.draw_choropleth(ax, four, cut[1])
    bm.draw_legend(ax)
    assert "série\u00a0: de 1 à 20" in legend_texts(fig)
    assert "série de 1 à 20" in bm.alternative_text(fig)
    fig, maps = bm.panels({1: four, 2: four}, title="T")
    for key, ax in maps.items():
        bm.draw_choropleth(ax, four, cut[key])
    bm.draw_legend(maps)
    assert "minimum\u00a0: 1 – maximum\u00a0: 20" in legend_texts(fig)
    fig, ax = bm.page(four, title="T")
    bm.draw_choropleth(ax, four.iloc[:3], cut[1])
    bm.draw_legend(ax)
    assert "série\u00a0: de 1 à 20" in legend_texts(fig)


def test_people_are_counted_once_in_the_histogram_of_periods_and_of_their_whole():
    communes = bm.communes(epci="call")
    everyone = bm.statistics()
    spans = [(2016, 2018), (2018, 2023), (2016, 2023)]
    change = {
        f"De {a} à {b}": bm.compute("D02", everyone.loc[communes.index], year=(a, b))
        for a, b in spans
    }
    classes = bm.shared_classes(change, breaks=[-1, 0, 1], pivot=0)
    fig, maps = bm.panels(dict.fromkeys(change, communes), title="Population – Lens")
    for period, ax in maps.items():
        bm.draw_choropleth(ax, communes, classes[period])
    whole = pd.Series([-0.14, 0.11, -0.02], index=list(change))
    whole = bm.describe(
        whole, label="Évolution", unit="% par an", kind="growth", decimals=2
    )
    bm.draw_comparison(maps["De 2016 à 2018"], whole, title="Ensemble (% par an)")
    bm.draw_legend(maps, histogram=change)
    bm.draw_furniture(maps, author="A", date=dt.date(2026, 11, 30))
    texts = {t.get_text().replace("\u00a0", " "): t for t in fig.paper.texts}
    assert "Distribution, sans 2016-2023" in texts
    # The unit is that of the heading; no period is the territory of the sheet.
    assert {"−0,14", "+0,11", "−0,02"} <= set(texts)
    weights = {texts[v].get_fontweight() for v in ("−0,14", "+0,11", "−0,02")}
    assert weights == {400}
    credits_ = fig.about["Sources"]
    years = re.findall(r"populations légales (\d{4})", credits_)
    assert years == ["2016", "2018", "2023"]
