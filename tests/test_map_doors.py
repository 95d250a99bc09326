"""The doors of a map: what comes in, what is told on the way out, for every layer."""

import ast
import datetime as dt
import warnings
from itertools import combinations
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from PIL import Image

import basinmap as bm
from basinmap.errors import BasinmapWarning, DataError, MeasureError
from basinmap.maps.classing.figures import decimals_of
from basinmap.maps.classing.methods import cut_values
from basinmap.maps.layers.typology import named_categories
from basinmap.maps.paper.stack import STACK

DAY = dt.date(2026, 11, 29)
X, Y, SIDE = 684_000.0, 7_036_000.0, 1_000.0
CODES = [f"u{i}" for i in range(16)]


def square(x, y, side=SIDE):
    west, south = X + x * SIDE, Y + y * SIDE
    return shapely.box(west, south, west + side, south + side)


G = gpd.GeoDataFrame(
    {"name": [f"Bourg {code}" for code in CODES]},
    geometry=[square(i % 4, i // 4) for i in range(16)],
    crs=2154,
    index=CODES,
)
P = G.set_geometry(G.representative_point())
AWAY = G.set_geometry(G.translate(500_000))


def rate(values=range(16), label="Taux", **told):
    found = pd.Series(list(values), index=CODES, dtype=float, name="t")
    found.attrs.update(kind="ratio", label=label, unit="%", **told)
    return found


def stock(times=1.0):
    found = pd.Series(10.0 * times * np.arange(1, 17), index=CODES, name="pop")
    found.attrs.update(kind="stock", label="Habitants")
    return found


KINDS = pd.Series(["a", "b"] * 8, index=CODES, name="type")
FLOWS = pd.DataFrame([["u0", "u9", 10]], columns=["origin", "destination", "n"])
BANDS = gpd.GeoDataFrame(
    {"outer": [5.0, 10.0], "label": ["moins de 5 min", "de 5 à moins de 10 min"]},
    geometry=[square(0, 0, 2 * SIDE), square(2, 0, 2 * SIDE)],
    crs=2154,
    index=["near", "far"],
)
RINGS = gpd.GeoDataFrame(
    {"outer": [900.0]},
    geometry=[shapely.Point(X + 2 * SIDE, Y + 2 * SIDE).buffer(900)],
    crs=2154,
    index=["r"],
)
FILLS = {
    "choropleth": lambda ax, u=G: bm.draw_choropleth(ax, u, bm.classify(rate(), k=3)),
    "typology": lambda ax, u=G: bm.draw_typology(ax, u, KINDS),
    "bivariate": lambda ax, u=G: bm.draw_bivariate(ax, u, rate(), rate(label="Autre")),
    "grid": lambda ax, u=G: bm.draw_grid(
        ax, u, bm.classify(rate(label="Carreaux"), k=3)
    ),
}
AMOUNTS = {
    "symbols": lambda ax, u=G: bm.draw_symbols(ax, u, stock()),
    "squares": lambda ax, u=G: bm.draw_squares(ax, u, stock()),
    "dots": lambda ax, u=G: bm.draw_dots(ax, u, stock(), per_dot=5),
}
GAPS = {"gaps": lambda ax, u=G: bm.draw_discontinuities(ax, u, rate(), threshold=2)}
AROUND = {
    "hatching": lambda ax, u=G: bm.draw_hatching(ax, u, label="zone"),
    "points": lambda ax, u=P: bm.draw_points(ax, u, label="gare"),
    "markers": lambda ax, u=P: bm.draw_markers(ax, u, KINDS),
    "outlines": lambda ax, u=G: bm.draw_outlines(ax, u, label="limite"),
    "isochrones": lambda ax, u=BANDS: bm.draw_isochrones(ax, u, title="Temps"),
    "rings": lambda ax, u=RINGS: bm.draw_rings(ax, u),
}
LINKS = {"links": lambda ax, u=G: bm.draw_links(ax, u, FLOWS, threshold=1)}
KEYED = FILLS | AMOUNTS | GAPS | AROUND | LINKS
AGAIN = "make the page again"


def page(units=G, **options):
    return bm.page(units, title="Essai – 2026", **options)[1]


def signed(ax, sources=("s",)):
    bm.draw_furniture(ax, author="x", date=DAY, sources=sources)


def told(ax):
    text = bm.alternative_text(ax.sheet)
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def keys(ax):
    return {s.label: s for block in ax.blocks for s in getattr(block, "swatches", ())}


# -- arguments that mean nothing ------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda ax: bm.draw_inset(ax, G.iloc[:1], print, scale="5"), "scale: '5'"),
        (lambda ax: bm.draw_inset(ax, G.iloc[:1], None), "draw: None"),
        (lambda ax: bm.draw_inset(ax, G.iloc[:1], print, title=3), "title: 3"),
        (lambda ax: bm.draw_dots(ax, G, stock(), per_dot=5, seed=-1), "seed=-1"),
        (lambda ax: bm.draw_dots(ax, G, stock(), per_dot=5, seed=0.5), r"seed: 0\.5"),
        (lambda ax: bm.draw_outlines(ax, G, dashes=[0]), "dashes"),
        (lambda ax: bm.draw_outlines(ax, G, dashes=(3, -2)), "dashes="),
        (
            lambda ax: ax.sheet.savefig("x.png", dpi=20_000),
            "dpi=20000",
        ),
        (
            lambda _: page(paper="A5") and bm.page(G, title="a" * 10_000),
            "10,000 letters",
        ),
    ],
)
def test_what_no_sheet_can_show_is_refused_at_once(call, told):
    with pytest.raises((DataError, bm.errors.ArgumentError), match=told):
        call(page())


def test_an_array_of_breaks_is_as_good_as_a_list():
    ax = page()
    bm.draw_discontinuities(ax, G, rate(), breaks=np.array([2.0, 3.5]))
    assert len(bm.classify(rate(), breaks=np.array([4.0, 8.0])).cat.categories) == 3


def test_a_logo_of_more_pixels_than_paper_shows_is_refused_before_it_is_read(tmp_path):
    huge = Image.new("1", (6_000, 6_000))
    huge.save(tmp_path / "logo.png")
    with pytest.raises(DataError, match="6000 × 6000 pixels"):
        bm.draw_logos(page(), [tmp_path / "logo.png"])


# -- the stack ---------------------------------------------------------------------


def test_every_height_on_a_map_is_that_of_the_stack():
    rooms = Path(bm.__file__).parent / "maps"
    literal = [
        f"{path.name}, line {node.value.lineno}"
        for room in ("grounds", "layers")
        for path in sorted((rooms / room).glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.keyword)
        and node.arg == "zorder"
        and isinstance(node.value, ast.Constant)
    ]
    assert literal == []
    assert list(STACK.values()) == sorted(STACK.values())


# -- in ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", KEYED)
def test_a_layer_after_the_legend_would_have_no_key(name):
    ax = page()
    bm.draw_outlines(ax, G, label="communes", width=2)
    bm.draw_legend(ax)
    with pytest.raises(DataError, match=r"legend is drawn already.*then draw_legend"):
        KEYED[name](ax)


@pytest.mark.parametrize("name", KEYED)
def test_a_layer_after_the_foot_would_have_no_source(name):
    ax = page()
    bm.draw_outlines(ax, G)
    signed(ax)
    with pytest.raises(DataError, match=r"foot is drawn already.*then draw_furniture"):
        KEYED[name](ax)


def test_what_has_neither_key_nor_source_may_come_after_the_legend():
    ax = page()
    bm.draw_outlines(ax, G, label="communes")
    bm.draw_legend(ax)
    bm.draw_outlines(ax, G)
    assert bm.draw_labels(ax, G) == 16
    signed(ax)
    with pytest.raises(DataError, match="foot is drawn already"):
        bm.draw_neighbours(ax, G)


@pytest.mark.parametrize("name", FILLS | AMOUNTS | GAPS)
def test_values_of_units_that_are_all_outside_the_frame_are_refused(name):
    ax = page()
    with pytest.raises(DataError, match="none of the 16"):
        KEYED[name](ax, AWAY)
    assert not ax.blocks


@pytest.mark.parametrize("name", AROUND)
def test_what_goes_with_data_and_is_outside_the_frame_is_told_and_not_explained(name):
    ax = page()
    u = {"rings": RINGS, "isochrones": BANDS, "points": P, "markers": P}.get(name, G)
    u = u.set_geometry(u.translate(500_000))
    with pytest.warns(BasinmapWarning, match=r"none of the \d+ \w+ lies in the frame"):
        AROUND[name](ax, u)
    assert not ax.blocks
    assert not ax.collections
    assert not ax.lines


@pytest.mark.parametrize("name", FILLS)
def test_units_that_lie_over_others_are_refused(name):
    units = G.iloc[:2].copy()
    units.geometry = [square(0, 0), square(0, 0, 3 * SIDE)]
    with pytest.raises(DataError, match=r"lie.* over others: 'u1', over 'u0'"):
        FILLS[name](page(), units)


def test_a_total_row_among_communes_is_refused_and_named():
    lens, whole = bm.communes(epci="call"), bm.epcis(epci="246200364")
    both = pd.concat([lens[["name", "geometry"]], whole[["name", "geometry"]]])
    values = bm.compute("L04", bm.statistics(epci="call"))
    with pytest.raises(DataError, match=r"1 lie.* over others: '246200364'"):
        bm.draw_choropleth(page(lens), both, bm.classify(values))


def test_outlines_that_run_a_metre_over_each_other_are_welcome():
    units = G.set_geometry(G.buffer(1.0, join_style="mitre"))
    FILLS["choropleth"](page(), units)


@pytest.mark.parametrize("name", [*FILLS, "filled outlines", "itself"])
def test_a_fill_that_hides_another_is_refused(name):
    ax = page()
    FILLS["choropleth"](ax)
    second = {
        "filled outlines": lambda ax: bm.draw_outlines(
            ax, G, fill="#eee", label="fond"
        ),
        "itself": FILLS["choropleth"],
    }.get(name, FILLS.get(name))
    with pytest.raises(DataError, match="would hide"):
        second(ax)


def test_a_stock_is_refused_as_one_where_a_fill_is_there_already():
    ax = page()
    FILLS["choropleth"](ax)
    with pytest.raises(MeasureError, match="draw_symbols"):
        bm.draw_choropleth(ax, G, bm.classify(stock(), k=3))


def test_a_fill_beside_another_or_over_a_part_of_it_is_welcome():
    ax = page()
    FILLS["choropleth"](ax, G.iloc[:8])
    bm.draw_typology(ax, G.iloc[6:], KINDS)  # over 2 of the 8
    bm.draw_outlines(ax, G, fill="#eeeeee")  # ground, that no entry explains
    assert len(ax.fills) == 2


# -- out ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        bm.draw_legend,
        signed,
        lambda ax: bm.draw_labels(ax, G),
        lambda ax: bm.draw_symbols(ax, G, stock()),
        lambda ax: bm.draw_comparison(ax, pd.Series({"Ici": 1.0})),
        lambda ax: bm.draw_locator(ax, G.iloc[:1], G),
        lambda ax: bm.draw_inset(ax, G.iloc[:1], lambda a: bm.draw_outlines(a, G)),
    ],
)
def test_what_is_drawn_twice_is_refused_and_not_printed_over_itself(call):
    ax = page(around=2_000)
    FILLS["typology"](ax)
    call(ax)
    with pytest.raises(DataError, match=f"{AGAIN}|legend is drawn already"):
        call(ax)


def test_a_name_is_written_once_and_other_names_are_welcome():
    ax = page()
    assert bm.draw_labels(ax, G.iloc[:4]) == 4
    assert bm.draw_labels(ax, G) == 12
    names = [t.get_text() for t in ax.texts if t.get_gid() == "name"]
    assert len(names) == len(set(names)) == 16


def test_a_legend_for_each_of_two_maps_is_refused():
    _, maps = bm.panels({"a": G, "b": G}, title="Deux")
    for ax in maps.values():
        bm.draw_outlines(ax, G, label="limite")
    bm.draw_legend(maps["a"])
    with pytest.raises(DataError, match=r"draw_legend\(maps\) once"):
        bm.draw_legend(maps["b"])


# -- series ------------------------------------------------------------------------

ONE = P.iloc[:1]
SERIES = {
    "dots": lambda i, ax: bm.draw_dots(ax, G, stock(1 + i), per_dot=(5, 20)[i]),
    "gaps, thresholds": lambda i, ax: bm.draw_discontinuities(
        ax, G, rate(), threshold=(2, 3)[i]
    ),
    "gaps, difference and ratio": lambda i, ax: bm.draw_discontinuities(
        ax, G, rate(range(1, 17)), threshold=1.5, by=("difference", "ratio")[i]
    ),
    "markers": lambda i, ax: bm.draw_markers(
        ax, ONE, pd.Series([("gare", "musée")[i]], index=["u0"], name="type")
    ),
    "typology": lambda i, ax: bm.draw_typology(
        ax, ONE.set_geometry(G.geometry), pd.Series(["ab"[i]], ["u0"], name="type")
    ),
    "hatching, two labels": lambda i, ax: bm.draw_hatching(ax, G, label="ab"[i]),
    "hatching, two looks": lambda i, ax: bm.draw_hatching(
        ax, G, label="zone", pattern="/x"[i]
    ),
    "points": lambda i, ax: bm.draw_points(ax, ONE, label=("gare", "musée")[i]),
    "outlines": lambda i, ax: bm.draw_outlines(ax, G, label=("canton", "EPCI")[i]),
}


@pytest.mark.parametrize("name", SERIES)
def test_one_look_has_one_meaning_on_a_sheet(name):
    _, maps = bm.panels({"2016": G, "2021": G}, title="Série")
    for i, ax in enumerate(maps.values()):
        SERIES[name](i, ax)
    with pytest.raises(MeasureError):
        bm.draw_legend(maps)


@pytest.mark.parametrize("name", SERIES)
def test_maps_drawn_alike_share_their_legend(name):
    _, maps = bm.panels({"2016": G, "2021": G}, title="Série")
    for ax in maps.values():
        SERIES[name](0, ax)
    bm.draw_legend(maps)


def test_two_hatchings_of_one_look_on_a_map_are_refused():
    ax = page()
    bm.draw_hatching(ax, G.iloc[:4], label="QPV 2024")
    with pytest.raises(MeasureError, match="a look one label"):
        bm.draw_hatching(ax, G.iloc[4:], label="ORT")
    bm.draw_hatching(ax, G.iloc[4:], label="ORT", pattern="x")


# -- insets ------------------------------------------------------------------------

INSETS = {
    "classes": (
        lambda ax: bm.draw_choropleth(ax, G, bm.classify(rate(), breaks=[4, 8])),
        lambda ax: bm.draw_choropleth(ax, G, bm.classify(rate(), breaks=[1, 2])),
    ),
    "dots": (
        lambda ax: bm.draw_dots(ax, G, stock(), per_dot=10),
        lambda ax: bm.draw_dots(ax, G, stock(), per_dot=5),
    ),
    "circles": (
        lambda ax: bm.draw_symbols(ax, G, stock()),
        lambda ax: bm.draw_symbols(ax, G, stock(), largest_mm=9),
    ),
}


@pytest.mark.parametrize("name", INSETS)
def test_an_inset_that_is_not_drawn_as_its_map_is_refused(name):
    ax = page(paper="A5")
    main, other = INSETS[name]
    main(ax)
    with pytest.raises(MeasureError):
        bm.draw_inset(ax, G.loc[["u5"]], other)


@pytest.mark.parametrize("name", [*INSETS, "squares"])
def test_an_inset_of_the_same_layer_adds_nothing_to_the_legend(name):
    ax = page(paper="A5")
    main = INSETS[name][0] if name in INSETS else AMOUNTS["squares"]
    main(ax)
    before = [b for b in ax.blocks if getattr(b, "title", "")]
    bm.draw_inset(ax, G.loc[["u5"]], main)
    assert [b for b in ax.blocks if getattr(b, "title", "")] == before


def test_an_inset_has_the_circles_of_its_map():
    ax, found = page(paper="A5"), []
    bm.draw_symbols(ax, G, stock())

    def zoom(small):
        bm.draw_symbols(small, G, stock())
        found.append(small)

    bm.draw_inset(ax, G.loc[["u5"]], zoom)
    assert found[0].symbols["u5"][2] == pytest.approx(ax.symbols["u5"][2])


# -- atlases -----------------------------------------------------------------------


def fiche(draw):
    def one(unit):
        fig, ax = bm.page(unit, title=unit["name"].iloc[0], paper="A5")
        draw(ax, unit)
        bm.draw_legend(ax)
        signed(ax)
        return fig

    return one


PAGES = {
    "classes": (
        lambda ax, u: bm.draw_choropleth(
            ax, G, bm.classify(rate(), breaks=[4, 8 if u.index[0] == "u0" else 9])
        ),
        "shared_classes",
    ),
    "sizes": (
        lambda ax, u: bm.draw_symbols(
            ax, G, stock(), largest_mm=5 if u.index[0] == "u0" else 6
        ),
        "largest=… and largest_mm=…",
    ),
}


@pytest.mark.parametrize("name", PAGES)
def test_pages_of_an_atlas_that_cannot_be_compared_are_named(name, tmp_path):
    draw, cure = PAGES[name]
    units = G.loc[["u0", "u5", "u6"]]
    with pytest.warns(BasinmapWarning, match="not drawn alike.* 'u5', 'u6'") as heard:
        bm.atlas(
            units, fiche(draw), path=tmp_path / "{code}.png", title="T", quiet=True
        )
    assert len(heard) == 1
    assert cure in str(heard[0].message)


def test_pages_drawn_alike_are_silent(tmp_path):
    def draw(ax, unit):
        bm.draw_choropleth(ax, G, bm.classify(rate(), breaks=[4, 8]))
        bm.draw_symbols(ax, G, stock(), largest=160, largest_mm=5)
        bm.draw_comparison(ax, pd.Series({unit["name"].iloc[0]: 1.0, "Tout": 2.0}))

    units = G.loc[["u0", "u5"]]
    bm.atlas(units, fiche(draw), path=tmp_path / "a.pdf", title="T", quiet=True)


@pytest.mark.parametrize(
    ("code", "file"),
    [
        ("62498", "62498"),
        ("1/2", "1-2"),
        ("../../out", "out"),
        ("/etc/x", "etc-x"),
        ("a\\b", "a-b"),
        ("62498 : nord?", "62498-nord"),
        ("n°12", "n12"),
        ("..", "sans-code"),
    ],
)
def test_a_code_makes_a_file_of_the_folder_and_no_other(code, file, tmp_path):
    one = G.iloc[:1].set_axis([code])
    folder = tmp_path / "atlas"

    def sheet(unit):
        fig, ax = bm.page(unit, title="x", paper="A5")
        bm.draw_outlines(ax, unit)
        signed(ax)
        return fig

    bm.atlas(one, sheet, path=folder / "{code}.svg", title="T", quiet=True)
    files = [p.relative_to(tmp_path) for p in tmp_path.rglob("*") if p.is_file()]
    assert files == [Path("atlas") / f"{file}.svg"]


def test_two_codes_that_make_one_file_are_refused(tmp_path):
    units = G.iloc[:2].set_axis(["a/b", "a:b"])
    with pytest.raises(DataError, match=r"name.* for several files"):
        bm.atlas(
            units, fiche(None), path=tmp_path / "{code}.pdf", title="T", quiet=True
        )


# -- zero, and nothing ---------------------------------------------------------------


@pytest.mark.parametrize("name", AMOUNTS)
def test_a_unit_without_a_value_is_marked_and_one_at_zero_is_counted(name):
    values = stock()
    values[["u1", "u2"]] = 0.0
    values[["u5"]] = np.nan
    values.attrs["states"] = {"u5": "secret"}
    ax = page()
    {"symbols": bm.draw_symbols, "squares": bm.draw_squares}.get(
        name, lambda *a: bm.draw_dots(*a, per_dot=5)
    )(ax, G, values)
    (marked,) = [c for c in ax.collections if c.get_label() == "Secret statistique"]
    (path,) = marked.get_paths()
    assert shapely.box(*path.get_extents().extents).equals(G.geometry["u5"])
    assert marked.get_hatch()
    assert keys(ax)["Secret statistique"].count == 1
    assert keys(ax)["0 (sans symbole)"].count == 2
    bm.draw_legend(ax)
    text = told(ax)
    assert "Secret statistique : 1" in text
    assert "0 (sans symbole) : 2" in text


def test_a_point_without_a_value_bears_a_hatched_disc():
    values = stock()
    values["u5"] = np.nan
    ax = page()
    bm.draw_symbols(ax, P, values)
    (mark,) = [c for c in ax.collections if c.get_label() == "Données non disponibles"]
    (place,) = mark.get_offsets()
    assert tuple(place) == (P.geometry["u5"].x, P.geometry["u5"].y)
    assert keys(ax)["Données non disponibles"].shape == "disc"


def test_over_a_fill_what_has_no_symbol_is_hatched_and_lets_the_colour_be_seen():
    values = stock()
    values["u5"] = np.nan
    ax = page()
    FILLS["choropleth"](ax)
    bm.draw_symbols(ax, G, values)
    (mark,) = [c for c in ax.collections if c.get_label() == "Données non disponibles"]
    assert not len(mark.get_facecolor())


def test_of_two_stocks_a_unit_that_lacks_one_is_counted():
    table = pd.DataFrame({"a": stock(), "b": stock()})
    table.loc["u1", "a"] = table.loc["u5", ["a", "b"]] = np.nan
    ax = page()
    bm.draw_dots(ax, G, table, per_dot=10)
    assert keys(ax)["Un des effectifs manque"].count == 1
    assert keys(ax)["Données non disponibles"].count == 1


# -- figures -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("figures", "options", "right"),
    [
        ([0.021, 0.111], {"breaks": [0.045, 0.09]}, 3),
        ([0.0561, 0.0423], {}, 3),
        ([32_920, 68_000_000], {}, 0),
        ([4.31, 14.72], {}, 1),
        ([4.31, 14.72], {"told": 1}, 1),
        ([3, 9], {"told": 1}, 1),  # as the indicator is always written
        ([4.96, 14.7], {"breaks": [5]}, 2),  # not « 5,0 » under « moins de 5 »
        ([7.12, 7.13], {}, 2),
        ([7.12, 7.13, 8.0], {"told": 1}, 1),
        ([0.0, 0.0], {}, 0),
        ([1000.01, 1000.04], {}, 2),
        ([0.001, 5000.5], {}, 1),
        ([0.1 * 3, 0.6], {}, 1),
        ([1.0, 2.0], {"breaks": [1.25]}, 2),
        ([float("nan"), 2.5], {}, 1),
        ([], {}, 0),
    ],
)
def test_figures_have_the_decimals_that_tell_them_apart(figures, options, right):
    assert decimals_of(figures, **options) == right


@given(
    st.lists(st.integers(-(10**6), 10**6), min_size=2, max_size=2, unique=True),
    st.integers(0, 4),
)
@settings(max_examples=60, deadline=None)
def test_two_figures_are_never_printed_alike(numbers, power):
    figures = [n / 10**power for n in numbers]
    decimals = decimals_of(figures)
    assert len({round(x, decimals) for x in figures}) == len(figures)


SHARES = [0.021, 0.024, 0.028, 0.031, 0.036, 0.04, 0.044, 0.05, 0.052, 0.057, 0.06]
SHARES += [0.066, 0.07, 0.08, 0.09, 0.111]


def share(less=0.0, label="Part"):
    found = rate([v - less for v in SHARES], label)
    found.attrs.pop("unit")
    return found


@pytest.mark.parametrize(
    ("draw", "right"),
    [
        (
            lambda ax: bm.draw_choropleth(ax, G, bm.classify(share(), breaks=[0.05])),
            "minimum 0,021, maximum 0,111",
        ),
        (
            lambda ax: bm.draw_grid(ax, G, bm.classify(share(), breaks=[0.045])),
            "minimum 0,021, maximum 0,111",
        ),
        (
            lambda ax: bm.draw_choropleth(
                ax, G, bm.classify(share(0.05), breaks=[-0.01, 0, 0.02], pivot=0)
            ),
            "minimum −0,029, maximum +0,061",
        ),
        (
            lambda ax: bm.draw_bivariate(ax, G, share(), share(label="Autre")),
            "de 0,021 à 0,111",
        ),
        (
            lambda ax: bm.draw_comparison(
                ax, pd.Series({"Ici": 0.0561, "Ailleurs": 0.0423})
            ),
            "Ici 0,056",
        ),
        (
            lambda ax: bm.draw_comparison(
                ax, pd.Series({"Lens": 32_920, "France": 68_000_000})
            ),
            "Lens 32 920",
        ),
    ],
)
def test_small_and_large_figures_are_printed_whole(draw, right):
    ax = page()
    draw(ax)
    text = told(ax)
    assert right in text
    assert "0,0," not in text
    assert "920,0" not in text


def test_a_break_that_no_decimal_would_tell_from_zero_is_refused():
    with pytest.raises(DataError, match="per 100,000"):
        bm.classify(share(), breaks=[1e-9])


def test_no_bar_runs_into_the_figure_of_a_comparison():
    ax = page()
    bm.draw_comparison(ax, pd.Series({"Lens": 32_920, "France": 68_000_000}))
    bm.draw_legend(ax)
    paper = ax.sheet.paper
    (text,) = [t for t in paper.texts if "68" in t.get_text()]
    ax.sheet.canvas.draw()
    low = paper.transData.inverted().transform(text.get_window_extent())[0, 1]
    bar = max(paper.patches, key=lambda p: p.get_width())
    assert bar.get_y() + bar.get_height() < low


@pytest.mark.parametrize(
    ("values", "right"),
    [
        ([5, 3, 2, 1], (5.0, 1.0)),
        ([50, 30, 20, 10], (50.0, 10.0)),
        ([160, 20, 9, 4], (200.0, 20.0, 10.0)),
        ([0.5, 0.2, 0.1, 0.01], (0.5, 0.1, 0.02)),
        ([3, 3, 3, 3], (3.0,)),
    ],
)
def test_circles_of_whole_amounts_are_explained_by_whole_amounts(values, right):
    amounts = pd.Series(values, index=CODES[:4], dtype=float, name="pop")
    ax = page()
    bm.draw_symbols(ax, G.iloc[:4], amounts, largest_mm=11)
    assert ax.blocks[0].values == right  # noqa: PD011 - of an entry


@pytest.mark.parametrize(
    ("scale", "right"),
    [
        (9_000, ["0", "150", "300\u00a0m"]),
        (60_000, ["0", "1", "2\u00a0km"]),
        (120_000, ["0", "2", "4\u00a0km"]),
    ],
)
def test_the_scale_bar_is_in_metres_under_a_kilometre(scale, right):
    one = gpd.GeoDataFrame(geometry=[square(0, 0, 40.0)], crs=2154, index=["a"])
    ax = page(one, scale=scale)
    bm.draw_outlines(ax, one)
    signed(ax)
    ax.settle()  # as when it is saved: a legend might have come in the corner
    texts = {t.get_gid(): t.get_text() for t in ax.sheet.beside.texts}
    assert [texts[f"scale-bar-{i}"] for i in range(3)] == right


def test_one_foot_says_once_whose_surface_a_density_is_over():
    def noted(values, told):
        values.attrs["notes"] = (f"Superficie : contours ; écart de {told} au plus",)
        return values

    ax = page()
    bm.draw_choropleth(ax, G, bm.classify(noted(rate(), "4,2 %")))
    others = pd.Series({"EPCI": 4.0, "SCoT": 5.0}, name="t")
    bm.draw_comparison(ax, noted(others, "0,3 %"))
    assert [n for n in ax.notes if n.startswith("Superficie")] == [
        "Superficie : contours ; écart de 4,2 % au plus"
    ]


# -- grey ------------------------------------------------------------------------------


def test_in_grey_what_is_below_zero_is_hatched_and_zero_is_marked():
    gaps = rate([i - 6.0 for i in range(16)], "Écart")
    ax = page(theme=bm.GREY)
    bm.draw_choropleth(ax, G, bm.classify(gaps, breaks=[-3, 0, 3], pivot=0))
    lines = ax.blocks[0].swatches
    assert [bool(line.hatch) for line in lines] == [False, False, True, True]
    assert lines[0].color == lines[3].color != lines[1].color == lines[2].color
    hatched = [c for c in ax.collections if c.get_hatch()]
    assert [len(c.get_paths()) for c in hatched] == [3, 3]
    bm.draw_legend(ax, histogram=gaps)
    ink = [line for line in ax.sheet.paper.lines if line.get_color() == bm.GREY.ink]
    rule, axis = ink
    assert len(set(rule.get_ydata())) == 1
    assert len(set(axis.get_xdata())) == 1


@pytest.mark.parametrize("draw", ["choropleth", "circles", "squares"])
@pytest.mark.parametrize("theme", ["PRINT", "GREY"])
def test_below_a_pivot_classes_are_hatched_in_colour_as_in_grey(draw, theme):
    gaps = rate([i - 6.0 for i in range(16)], "Écart")
    amounts = pd.Series(range(1, 17), G.index, name="n")
    for pivot in (0, None):
        ax = page(theme=getattr(bm, theme))
        classes = bm.classify(gaps, breaks=[-3, 0, 5], pivot=pivot)
        if draw == "choropleth":
            bm.draw_choropleth(ax, G, classes)
        else:
            verb = bm.draw_symbols if draw == "circles" else bm.draw_squares
            verb(ax, G, amounts, classes=classes)
        (block,) = [one for one in ax.blocks if hasattr(one, "hatches")]
        said = [bool(line.hatch) for line in block.swatches]
        assert said == [False, False, pivot == 0, pivot == 0]
        assert any(c.get_hatch() for c in ax.collections) == (pivot == 0)


# -- words ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "right",
    [
        ["1", "2", "10", "11"],
        ["zone 1", "zone 2", "zone 10"],
        ["moins de 5 ans", "de 5 à 10 ans", "de 10 à 20 ans", "plus de 100 ans"],
        ["moins de 500", "de 500 à 1 000", "de 1 000 à 2 000", "2 000 et plus"],
        ["T1", "T2", "T3", "T5 et plus"],
        ["−5 à 0 %", "0 à 5 %", "5 à 10 %"],
        ["2,5 pièces", "2,75 pièces", "10 pièces"],
        ["Eau", "Économie", "Emploi"],
        ["1945-1970", "1971-1990", "avant le bassin"],
        ["plus proche", "rural", "urbain"],  # no number: letters alone
    ],
)
def test_categories_of_text_are_in_their_natural_order(right):
    given_ = pd.Series(right[::-1], index=[f"c{i}" for i in range(len(right))])
    found = list(named_categories(given_, None).cat.categories)
    plain = [text.replace("\u202f", " ").replace("\u00a0", " ") for text in found]
    assert plain == right


def test_true_and_false_are_said_in_french():
    kinds = pd.Series([True, False], index=["a", "b"], name="gare")
    assert named_categories(kinds, None).tolist() == ["oui", "non"]


@pytest.mark.parametrize(
    ("options", "labels", "counts"),
    [
        ({"breaks": [5, 10]}, ["0", "plus de 0 à moins de 5", "de 5 à moins de 10",
                               "10 et plus"], [3, 2, 1, 2]),
        ({"k": 2}, ["0", "plus de 0"], [3, 5]),
    ],
)  # fmt: skip
def test_zero_is_a_class_of_its_own_on_request(options, labels, counts):
    values = pd.Series([0.0, 0, 0, 0.4, 3, 7, 12, 40], index=CODES[:8], name="t")
    found = bm.classify(values, zero=True, **options)
    assert list(found.cat.categories) == labels
    assert found.value_counts(sort=False).tolist() == counts
    found.attrs |= {"kind": "ratio", "label": "Taux", "unit": "%"}
    ax = page()
    bm.draw_choropleth(ax, G.iloc[:8], found)
    bm.draw_legend(ax)
    assert "minimum 0" in told(ax)


def test_without_a_zero_there_is_no_class_for_it():
    values = pd.Series([1.0, 2, 7, 12], index=CODES[:4])
    found = bm.classify(values, zero=True, breaks=[5])
    assert list(found.cat.categories) == ["moins de 5", "5 et plus"]


@pytest.mark.parametrize(
    ("values", "options", "match"),
    [
        ([-1.0, 0, 2], {}, "values below zero: write pivot=0"),
        ([0.0, 1, 2], {"pivot": 0}, "a pivot"),
        ([0.0, 1, 2], {"breaks": [0, 1]}, "above zero"),
    ],
)
def test_a_class_of_zero_that_means_nothing_is_refused(values, options, match):
    with pytest.raises(DataError, match=match):
        bm.classify(pd.Series(values), zero=True, **options)


def test_a_histogram_with_a_class_of_zero_keeps_its_bars():
    values = pd.Series([0.0] * 3 + list(range(1, 14)), index=CODES, name="t")
    values.attrs = {"kind": "ratio", "label": "Taux"}
    ax = page()
    bm.draw_choropleth(ax, G, bm.classify(values, zero=True, breaks=[5, 10]))
    bm.draw_legend(ax, histogram=values)
    (drawn,) = ax.sheet.paper.collections
    bars = [path.get_extents().height for path in drawn.get_paths()]
    assert sum(height > 1 for height in bars) > 8


# -- classes ---------------------------------------------------------------------------


@given(
    st.lists(st.integers(0, 40), min_size=4, max_size=12),
    st.integers(2, 4),
)
@settings(max_examples=80, deadline=None)
def test_natural_breaks_have_the_least_variance_of_all_cuts(numbers, k):
    values = np.sort(np.array(numbers, dtype=float))
    distinct = np.unique(values)
    if len(distinct) < k:
        return

    def lost(breaks):
        parts = np.split(values, np.searchsorted(values, breaks))
        return sum(float(((p - p.mean()) ** 2).sum()) for p in parts)

    least = min(lost(list(cut)) for cut in combinations(distinct[1:], k - 1))
    assert lost(cut_values(values, "fisher-jenks", k)) == pytest.approx(least)


def test_natural_breaks_of_many_values_are_found_too():
    values = np.sort(
        np.concatenate([np.linspace(i, i + 0.4, 15_000) for i in range(4)])
    )
    assert cut_values(values, "fisher-jenks", 4) == [1.0, 2.0, 3.0]


def test_outlines_points_and_rings_over_each_other_are_welcome():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ax = page()
        for draw in ("outlines", "points", "rings"):
            AROUND[draw](ax)


@pytest.mark.parametrize("draw", [bm.draw_symbols, bm.draw_squares])
def test_strokes_below_a_pivot_do_not_eat_the_rim_of_a_symbol(draw):
    gaps = rate([i - 6.0 for i in range(16)], "Écart")
    ax = page()
    draw(ax, G, stock(), classes=bm.classify(gaps, breaks=[-3, 0, 3], pivot=0))
    strokes = [c for c in ax.collections if c.get_hatch()]
    rims = [c for c in ax.collections if c.get_label() == "_rim"]
    assert strokes
    assert len(rims) == len(strokes)
    assert all(c.get_linewidth()[0] == 0 for c in strokes)
    assert {to_hex(c.get_edgecolor()[0]) for c in rims} == {bm.PRINT.ink}
