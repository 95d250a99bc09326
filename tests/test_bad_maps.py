"""
What no layer may draw: a table of layers and inputs, and a fuzz over both.

Whatever is handed over, a layer draws it right or raises an error of ours that names
what is wrong. An error of another library is a failure, and so is an empty map.
"""

import datetime as dt
import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
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
    SecrecyError,
    VintageError,
)
from basinmap.maps.layers.drawing import STATE_FILL, state_fill
from basinmap.maps.look.palettes import SEQUENTIAL, sequential_colors
from basinmap.maps.look.vision import least_color_difference
from basinmap.maps.paper.blocks import ClassesBlock
from basinmap.maps.paper.guards import check_drawable
from basinmap.maps.paper.sheets import Sheet
from basinmap.measures import STATES
from basinmap.values.checks import numbers


def told_or_typed(message):
    """Match the words of the verb, or those of the door that all share."""
    return rf"{message}|is of no use here; pass"


CODES = ["62490", "62491", "62492", "62493"]
X, Y = 690_000.0, 7_035_000.0
DAY = dt.date(2026, 11, 23)
SOLID = [shapely.box(X + 1e3 * i, Y, X + 1e3 * (i + 1), Y + 1e3) for i in range(4)]
NESTED = [5.0, 10.0, 15.0, 20.0]
GEOMETRY = pd.Series(SOLID, index=CODES)


def frame(shapes=SOLID, codes=CODES, **columns):
    names = [f"Commune {i}" for i in range(len(shapes))]
    data = {"name": names, **columns}
    return gpd.GeoDataFrame(data, geometry=list(shapes), crs=2154, index=list(codes))


def of(*values, codes=CODES, name="taux", **attrs):
    series = pd.Series(list(values), index=list(codes)[: len(values)], name=name)
    series.attrs = attrs
    return series


@pytest.fixture
def four():
    return frame()


@pytest.fixture
def ax(four):
    return bm.page(four, title="Essai")[1]


RATE = of(1.0, 2.0, 4.0, 7.0, kind="ratio", unit="%")
STOCK = of(10.0, 2.0, 3.0, 4.0, name="logements", kind="stock")
FLOWS = pd.Series(
    [10.0, 5.0],
    pd.MultiIndex.from_tuples([("62490", "62492"), ("62493", "62491")]),
    name="actifs",
)

# -- layers by what they take ------------------------------------------------------

FILLS = {
    "choropleth": lambda ax, u, v: bm.draw_choropleth(ax, u, bm.classify(v, k=3)),
    "bivariate": lambda ax, u, v: bm.draw_bivariate(ax, u, v, v),
    "discontinuities": bm.draw_discontinuities,
    "grid": lambda ax, u, v: bm.draw_grid(ax, u, bm.classify(v, k=3)),
}
SIZES = {
    "symbols": bm.draw_symbols,
    "squares": bm.draw_squares,
    "dots": lambda ax, u, v: bm.draw_dots(ax, u, v, per_dot=1),
}
COLOURED = {
    "coloured symbols": lambda ax, u, v: bm.draw_symbols(
        ax, u, STOCK, classes=bm.classify(v, k=3)
    ),
    "coloured squares": lambda ax, u, v: bm.draw_squares(
        ax, u, STOCK, classes=bm.classify(v, k=3)
    ),
}
KINDS = {
    "typology": bm.draw_typology,
    "markers": bm.draw_markers,
}
FIGURES = {
    "comparison": lambda ax, _, v: bm.draw_comparison(ax, v),
    "priority": lambda ax, u, v: bm.draw_labels(ax, u, priority=v),
    "histogram": lambda ax, u, v: (
        bm.draw_choropleth(ax, u, bm.classify(RATE, k=2)),
        bm.draw_legend(ax, histogram=v),
    ),
}
BY_VALUES = {**FILLS, **SIZES, **COLOURED, **KINDS, **FIGURES}


def bands(u):
    return u.assign(outer=NESTED[: len(u)], label=list("abcd")[: len(u)])


AREAS = {
    "choropleth": lambda ax, u: FILLS["choropleth"](ax, u, RATE),
    "bivariate": lambda ax, u: FILLS["bivariate"](ax, u, RATE),
    "discontinuities": lambda ax, u: FILLS["discontinuities"](ax, u, RATE),
    "grid": lambda ax, u: FILLS["grid"](ax, u, RATE),
    "surface": lambda ax, u: bm.draw_surface(ax, u, RATE, bm.classify(RATE, k=2)),
    "typology": lambda ax, u: KINDS["typology"](ax, u, of(*"abab")),
    "dots": lambda ax, u: SIZES["dots"](ax, u, STOCK),
    "dots inside": lambda ax, u: bm.draw_dots(ax, frame(), STOCK, per_dot=1, inside=u),
    "hatching": lambda ax, u: bm.draw_hatching(ax, u, label="zone"),
    "isochrones": lambda ax, u: bm.draw_isochrones(ax, bands(u), title="Temps"),
    "outlines": lambda ax, u: bm.draw_outlines(ax, u, label="limite"),
    "neighbours": bm.draw_neighbours,
    "names of areas": bm.draw_area_names,
    "locator": lambda ax, u: bm.draw_locator(ax, u, frame()),
    "context": lambda ax, u: bm.draw_locator(ax, frame(), u),
}
PLACES = {
    "symbols": lambda ax, u: SIZES["symbols"](ax, u, STOCK),
    "squares": lambda ax, u: SIZES["squares"](ax, u, STOCK),
    "links": lambda ax, u: bm.draw_links(ax, u, FLOWS, threshold=1),
    "markers": lambda ax, u: KINDS["markers"](ax, u, of(*"abab")),
    "points": lambda ax, u: bm.draw_points(ax, u, label="lieu"),
    "rings": lambda ax, u: bm.draw_rings(ax, bands(u)),
    "labels": bm.draw_labels,
    "inset": lambda ax, u: bm.draw_inset(
        ax, u, lambda small: bm.draw_outlines(small, frame())
    ),
}
BY_SHAPES = {**AREAS, **PLACES}


def something_drawn(ax):
    small = [axes for axes in ax.sheet.axes if axes.get_label() in {"inset", "locator"}]
    return bool(ax.collections or ax.lines or ax.texts or small)


def finished(ax):
    """Finish a page, as whoever prints does; whatever lies on it must be printable."""
    if ax.blocks and not ax.explained:
        bm.draw_legend(ax)
    bm.draw_furniture(ax, author="Essai", date=DAY, sources=["basinmap"])
    ax.sheet.canvas.draw()


# -- values ------------------------------------------------------------------------

BAD_VALUES = {
    "all missing": of(np.nan, np.nan, np.nan, np.nan),
    "none": of(codes=[]).astype(float),
    "text": of(*"abcd"),
    "dates": of(*pd.to_datetime(["2021-01-01"] * 4)),
    "complex": of(1 + 1j, 2, 3, 4),
    "true or false": of(*[True, False] * 2),
    "infinite": of(np.inf, 2.0, 3.0, 4.0),
    "beyond floats": of(1e300, 2.0, 3.0, 4.0),
    "int codes": pd.Series([1.0, 2, 3, 4], [62490, 62491, 62492, 62493], name="taux"),
    "twice": of(1.0, 2.0, 3.0, 4.0, codes=["62490", *CODES[:3]]),
    "two levels": pd.Series(
        [1.0, 2.0], pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])
    ),
    "a list": [1.0, 2.0, 3.0, 4.0],
    "a frame": pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]}, CODES[:2]),
    "unknown state": of(1.0, np.nan, 3.0, 4.0, states={"62491": "hidden"}),
    "a number said to be missing": of(1.0, 2.0, 4.0, states={"62491": "not_available"}),
}
# What a layer takes, rightly: types of kinds, and of figures, are broader.
RIGHT = {
    *((kind, name) for kind in KINDS for name in ("text", "dates", "true or false")),
    *(("priority", name) for name in ("all missing", "none", "infinite", "int codes")),
    *(("priority", name) for name in ("two levels", "beyond floats", "unknown state")),
    ("priority", "a number said to be missing"),
    *(("comparison", name) for name in ("int codes", "beyond floats", "two levels")),
    *(("histogram", name) for name in ("all missing", "none", "int codes")),
    *(("histogram", name) for name in ("two levels",)),
    ("dots", "a frame"),
    ("typology", "complex"),
    ("markers", "complex"),
}


@pytest.mark.filterwarnings("ignore:histogram. .* distinct value")
@pytest.mark.parametrize("name", BAD_VALUES)
@pytest.mark.parametrize("layer", BY_VALUES)
def test_bad_values_are_refused_by_name_in_every_layer(ax, four, layer, name):
    values = BAD_VALUES[name]
    if (layer, name) in RIGHT:
        BY_VALUES[layer](ax, four, values)
        finished(ax)
        return
    with pytest.raises(BasinmapError) as told:
        BY_VALUES[layer](ax, four, values)
    assert len(str(told.value)) > 20


GOOD_VALUES = {
    "one value": of(np.nan, 3.5, np.nan, np.nan),
    "constant": of(3.5, 3.5, 3.5, 3.5),
    "objects": of(1, 2.5, "3", 7).astype(object),
    "pd.NA": of(1, 2, pd.NA, 4).astype(object),
    "Int64": of(1, 2, None, 4).astype("Int64"),
    "text of numbers": of("1", "2", None, "4").astype("string"),
    "a part": of(1.5, 2.5),
    "more": pd.Series([1.0, 2, 3, 4, 5], [*CODES, "62499"], name="taux"),
    "no name": of(1.0, 2.0, 3.0, 4.0).rename(None),
    "few": of(1.0, 1.0, 1.0, 2.0),
}


@pytest.mark.filterwarnings("ignore:histogram. .* distinct value")
@pytest.mark.parametrize("name", GOOD_VALUES)
@pytest.mark.parametrize("layer", {**FILLS, **SIZES, **COLOURED, **FIGURES})
def test_odd_values_that_mean_something_are_drawn(ax, four, layer, name):
    flat = {"one value", "constant", "pd.NA", "Int64", "text of numbers", "a part"}
    if layer == "discontinuities" and name in flat | {"more", "no name"}:
        with pytest.raises(DataError, match=r"nothing to compare|differ alike"):
            BY_VALUES[layer](ax, four, GOOD_VALUES[name])
        return
    BY_VALUES[layer](ax, four, GOOD_VALUES[name])
    finished(ax)


@pytest.mark.parametrize("layer", FILLS)
@pytest.mark.parametrize("values", [of(-4.0, -1.0, 0.0, 9.0), of(0.0, 1.0, 0.0, 1.0)])
def test_negative_rates_and_zeros_are_values(ax, four, layer, values):
    if layer == "discontinuities":
        FILLS[layer](ax, four, values * [1, 2, 3, 5])
    else:
        FILLS[layer](ax, four, values)
    finished(ax)
    counts = [s.count for b in ax.blocks for s in getattr(b, "swatches", ())]
    if layer in {"choropleth", "grid"}:
        assert sum(counts) == 4


@pytest.mark.parametrize("layer", SIZES)
def test_a_negative_stock_is_refused_by_its_code(ax, four, layer):
    with pytest.raises(DataError, match=r"1 negative or infinite value.*'62491'"):
        SIZES[layer](ax, four, of(3.0, -1.0, 4.0, 5.0))


def test_more_classes_than_values_are_as_many_as_there_are(four, ax):
    classes = bm.classify(of(1.0, 1.0, 2.0, 2.0), k=9)
    assert len(classes.cat.categories) == 2
    bm.draw_choropleth(ax, four, classes)
    assert [s.count for s in ax.blocks[0].swatches] == [2, 2]


# -- a stock in a fill -------------------------------------------------------------


@pytest.mark.parametrize("layer", FILLS)
def test_a_stock_fills_no_area(ax, four, layer):
    with pytest.raises(MeasureError, match=r"is a stock: .*describe.*kind='ratio'"):
        FILLS[layer](ax, four, STOCK)


@pytest.mark.parametrize("layer", FILLS)
@pytest.mark.parametrize(
    "changed",
    [
        lambda v: v * 1,
        lambda v: v.rename("effectif"),
        lambda v: pd.concat([v.iloc[:2], v.iloc[2:]]),
        lambda v: v.astype("Int64"),
        lambda v: v.sort_values(),
    ],
)
def test_what_pandas_does_to_a_stock_leaves_it_one(ax, four, layer, changed):
    with pytest.raises(MeasureError, match="is a stock"):
        FILLS[layer](ax, four, changed(STOCK))


@pytest.mark.parametrize("layer", FILLS)
def test_counts_of_which_nothing_is_said_warn_how_to_declare_them(ax, four, layer):
    read = of(846, 239, 17_681, 1_764, name="logements")  # as from CSV
    with pytest.warns(BasinmapWarning, match=r"whole numbers.*describe.*kind='ratio'"):
        FILLS[layer](ax, four, read)


@pytest.mark.parametrize("layer", FILLS)
@pytest.mark.parametrize(
    "values",
    [
        of(846, 239, 17_681, 1_764, kind="ratio"),
        of(12, 45, 100, 3),  # rounded percentages
        of(1_949, 1_975, 1_990, 2_015),  # years of building
        of(846.5, 239.25, 17_681.0, 1_764.0),
    ],
)
def test_what_is_declared_or_is_no_count_does_not_warn(ax, four, layer, values):
    FILLS[layer](ax, four, values)


def test_the_population_of_the_embedded_outlines_is_a_stock_everywhere(tmp_path):
    for units in (bm.communes(epci="call"), bm.epcis(scot="grand-douaisis")):
        fig, ax = bm.page(units, title="Population")
        assert isinstance(fig, Sheet)
        with pytest.raises(MeasureError, match="'Population municipale' is a stock"):
            bm.draw_choropleth(ax, units, bm.classify(units["population"]))
        large = units["population"].ge(10_000).map({True: "ville", False: "bourg"})
        bm.draw_typology(ax, units, large)
        units.to_parquet(tmp_path / "units.parquet")  # with its attributes
        bm.draw_symbols(ax, units, units["population"])
        assert "Insee, populations légales 2023" in ax.credits
        assert any("ADMIN EXPRESS" in source for source in ax.grounds)


@pytest.mark.parametrize("layer", SIZES)
@pytest.mark.parametrize("attrs", [{"kind": "median"}, {"kind": "mean"}, {"unit": "%"}])
def test_only_amounts_have_a_size(ax, four, layer, attrs):
    with pytest.raises(MeasureError):
        SIZES[layer](ax, four, of(1.0, 2.0, 3.0, 4.0, **attrs))


def test_a_median_is_shown_at_its_own_level_and_never_moved(ax, four):
    income = of(18_000.0, 19_500.0, 21_000.0, 17_250.0, kind="median")
    bm.draw_choropleth(ax, four, bm.classify(income, k=2))
    table = income.to_frame().rename_axis("commune")
    with pytest.raises(MeasureError, match="median"):
        bm.aggregate(table, "epci", measures={"taux": bm.Median()})
    kinds = {type(row).__name__ for row in bm.measures_of(bm.statistics()).values()}
    assert kinds == {"Stock"}


# -- a secret drawn ----------------------------------------------------------------

SECRET = of(3.0, 2.0, 4.0, 5.0, states={"62491": "secret"})


@pytest.mark.parametrize("layer", sorted(set(BY_VALUES) - {"priority"}))
def test_a_secret_that_still_holds_a_number_is_never_drawn(ax, four, layer):
    with pytest.raises(SecrecyError, match=r"1 value\(s\) under .* there: '62491'"):
        BY_VALUES[layer](ax, four, SECRET)
    assert not something_drawn(ax) or layer == "histogram"


def test_a_secret_is_in_no_class_no_bound_and_no_count(ax, four):
    with pytest.raises(SecrecyError):
        bm.classify(SECRET)
    with pytest.raises(SecrecyError):
        bm.shared_classes({2016: RATE, 2021: SECRET})
    hidden = SECRET.mask(SECRET.index == "62491")
    bm.draw_choropleth(ax, four, bm.classify(hidden, k=2))
    (block,) = (b for b in ax.blocks if isinstance(b, ClassesBlock))
    assert block.bounds == (3.0, 5.0)
    lines = {s.label: s.count for s in block.swatches}
    assert lines.pop("Secret statistique") == 1
    assert sum(lines.values()) == 3


def test_a_secret_filled_by_zero_is_still_one(ax, four):
    hidden = SECRET.mask(SECRET.index == "62491")
    with pytest.raises(SecrecyError):
        bm.draw_choropleth(ax, four, bm.classify(hidden.fillna(0.0)))


def test_the_states_beside_a_column_of_the_units_count(ax):
    states = ["", "secret", "", "not_applicable"]
    table = frame(vacants=[3.0, 2.0, 4.0, np.nan], vacants_state=states)
    for draw in (
        lambda: bm.draw_choropleth(ax, table, bm.classify(table["vacants"])),
        lambda: bm.draw_symbols(ax, table, table["vacants"]),
        lambda: bm.draw_dots(ax, table, table[["vacants", "vacants_state"]], per_dot=1),
        lambda: bm.draw_labels(ax, table, column="vacants"),
    ):
        with pytest.raises(SecrecyError, match="'62491'"):
            draw()
    told = table.assign(vacants=[3.0, np.nan, 4.0, np.nan])
    bm.draw_choropleth(ax, told, bm.classify(told["vacants"], k=2))
    lines = {s.label: s.count for s in ax.blocks[0].swatches}
    assert lines["Secret statistique"] == lines["Sans objet"] == 1
    bm.draw_labels(ax, told, column="vacants")
    assert {t.get_text() for t in ax.texts} == {"3", "4"}


def test_a_secret_flow_is_never_drawn(ax, four):
    table = FLOWS.rename_axis(["origin", "destination"]).reset_index()
    table["actifs_state"] = ["secret", ""]
    with pytest.raises(SecrecyError):
        bm.draw_links(ax, four, table, threshold=1)
    flows = FLOWS.copy()
    flows.attrs["states"] = {("62490", "62492"): "secret"}
    with pytest.raises(SecrecyError):
        bm.draw_links(ax, four, flows, threshold=1)


# -- degrees, Web Mercator and other planes ----------------------------------------


@pytest.mark.parametrize("crs", [4326, 3857, 3950])
@pytest.mark.parametrize("layer", BY_SHAPES)
def test_no_layer_draws_what_is_in_another_crs(ax, four, layer, crs):
    with pytest.raises(CRSError, match=r"to_crs\(2154\)|CRS"):
        BY_SHAPES[layer](ax, four.to_crs(crs))


# -- shapes ------------------------------------------------------------------------


def bow_tie():
    return shapely.Polygon([(X, Y), (X + 1e3, Y + 1e3), (X + 1e3, Y), (X, Y + 1e3)])


ODD_SHAPES = {
    "points": [shapely.Point(X + 1e3 * i, Y) for i in range(4)],
    "lines": [shapely.LineString([(X + i, Y), (X + i, Y + 900)]) for i in range(4)],
    "rims": [shape.exterior for shape in SOLID],
    "collection": [
        shapely.GeometryCollection([SOLID[0], shapely.Point(X, Y)]),
        *SOLID[1:],
    ],
    "one place": [shapely.Point(X, Y)] * 4,
}
with np.errstate(invalid="ignore"):
    NOWHERE = shapely.Polygon([(X, Y), (np.nan, Y), (X + 1, Y + 1)])
WRONG_SHAPES = {
    "bow tie": [bow_tie(), *SOLID[1:]],
    "spike": [shapely.Polygon([(X, Y), (X + 1, Y), (X, Y)]), *SOLID[1:]],
    "empty": [shapely.Polygon(), *SOLID[1:]],
    "none": [None, *SOLID[1:]],
    "infinite": [shapely.Polygon([(X, Y), (np.inf, Y), (X + 1, Y + 1)]), *SOLID[1:]],
    "NaN": [NOWHERE, *SOLID[1:]],
    "hair beside": [
        shapely.MultiPolygon([SOLID[0], shapely.box(X - 1e-7, Y, X, Y + 1)]),
        *SOLID[1:],
    ],
}


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
@pytest.mark.parametrize("name", WRONG_SHAPES)
@pytest.mark.parametrize("layer", BY_SHAPES)
def test_broken_shapes_are_refused_by_name_in_every_layer(ax, layer, name):
    with pytest.raises(DataError, match=r"62490|outer|names squares") as told:
        BY_SHAPES[layer](ax, frame(WRONG_SHAPES[name]))
    assert "1 " in str(told.value)
    assert not something_drawn(ax)


@pytest.mark.parametrize("name", ODD_SHAPES)
@pytest.mark.parametrize("layer", AREAS)
def test_what_is_no_polygon_fills_nothing(ax, layer, name):
    with pytest.raises(DataError, match="no polygon"):
        AREAS[layer](ax, frame(ODD_SHAPES[name]))
    assert not something_drawn(ax)


@pytest.mark.parametrize("name", ODD_SHAPES)
@pytest.mark.parametrize("layer", sorted(set(PLACES) - {"rings", "inset"}))
def test_a_place_may_be_a_point_a_line_or_several(ax, layer, name):
    if (layer, name) == ("links", "one place"):
        with pytest.raises(DataError, match="have one place"):
            PLACES[layer](ax, frame(ODD_SHAPES[name]))
        return
    PLACES[layer](ax, frame(ODD_SHAPES[name]))
    assert something_drawn(ax)


@pytest.mark.parametrize("layer", sorted(set(BY_SHAPES) - {"surface", "inset"}))
def test_heights_are_left_out(four, layer):
    drawn = []
    for shapes in (SOLID, [shapely.force_3d(shape, 40.0) for shape in SOLID]):
        ax = bm.page(four, title="Essai")[1]
        BY_SHAPES[layer](ax, frame(shapes))
        drawn.append([path.vertices for c in ax.collections for path in c.get_paths()])
    assert len(drawn[0]) == len(drawn[1])
    assert all(np.array_equal(a, b) for a, b in zip(*drawn, strict=True))


@pytest.mark.parametrize("layer", BY_SHAPES)
@pytest.mark.parametrize(
    ("given", "error", "match"),
    [
        (
            frame(codes=["62490", "62490", "62491", "62492"]),
            DataError,
            "more than once",
        ),
        (frame().iloc[:0], DataError, "empty selection"),
        (frame().set_crs(None, allow_override=True), CRSError, "no CRS"),
    ],
)
def test_frames_that_are_no_units_are_refused(ax, layer, given, error, match):
    with pytest.raises(error, match=match):
        BY_SHAPES[layer](ax, given)


@pytest.mark.parametrize("given", [None, pd.DataFrame({"a": [1]}), [1, 2], "communes"])
def test_what_is_no_frame_at_all_is_refused(given):
    with pytest.raises(
        (DataError, TypeError), match=told_or_typed("need a GeoDataFrame")
    ):
        check_drawable(given)
    with pytest.raises(
        (DataError, TypeError), match=told_or_typed("need a GeoDataFrame")
    ):
        bm.page(given, title="Essai")
    with pytest.raises(
        (DataError, TypeError), match=told_or_typed("GeoSeries has no columns")
    ):
        check_drawable(frame().geometry)


@pytest.mark.parametrize("side", [5.0, 500_000.0])
def test_a_territory_of_five_metres_or_of_five_hundred_kilometres(side):
    shapes = [
        shapely.box(4e5 + i * side, 6.4e6, 4e5 + (i + 1) * side, 6.4e6 + side)
        for i in range(2)
    ]
    units = frame(shapes, CODES[:2])
    fig, ax = bm.page(units, title="Essai")
    assert isinstance(fig, Sheet)
    bm.draw_choropleth(ax, units, bm.classify(RATE.iloc[:2], k=2))
    bm.draw_symbols(ax, units, STOCK.iloc[:2])
    assert bm.draw_labels(ax, units) == 2
    finished(ax)
    inside = units.cx[slice(*ax.get_xlim()), slice(*ax.get_ylim())]
    assert len(inside) == 2


SEEN = (
    "choropleth",
    "bivariate",
    "discontinuities",
    "grid",
    "typology",
    "dots",
    "symbols",
    "squares",
)


@pytest.mark.parametrize("layer", SEEN)
def test_a_layer_that_the_frame_does_not_show_makes_no_empty_map(ax, four, layer):
    far = four.set_geometry(four.translate(300_000, 0))
    with pytest.raises(DataError, match=r"none of the 4 .* in the frame"):
        BY_SHAPES[layer](ax, far)


# -- two vintages ------------------------------------------------------------------


@pytest.mark.parametrize("layer", {**FILLS, **SIZES, **COLOURED})
def test_values_of_one_list_of_communes_are_not_put_on_another(ax, four, layer):
    four.attrs["geography"] = "2026-01-01"
    values = STOCK if layer in SIZES else RATE
    old = values.copy()
    old.attrs = {**values.attrs, "geography": "2024-01-01"}
    with pytest.raises(VintageError, match="from_year=2024, to_year=2026"):
        BY_VALUES[layer](ax, four, old)
    declared = values.rename("v")
    declared.attrs = {
        **values.attrs,
        "measures": {"v": bm.Stock(geography="2019")},
        "kind": values.attrs["kind"],
    }
    with pytest.raises(VintageError, match="from_year=2019"):
        BY_VALUES[layer](ax, four, declared)


def test_perimeters_of_one_date_bear_values_of_that_date():
    rates = bm.compute("L04", bm.statistics(), to="epci")
    assert (rates.attrs["geography"], rates.attrs["date"]) == ("2026-01-01",) * 2
    then = bm.epcis(date="2019-01-01")
    _, ax = bm.page(then, title="Vacance")
    with pytest.raises(VintageError, match=r"of 2026-01-01 on outlines of 2019-01-01"):
        bm.draw_choropleth(ax, then, bm.classify(rates))


def test_two_lists_of_codes_that_only_nearly_match_warn(ax, four):
    other = RATE.rename(index={"62493": "62999"})
    with pytest.warns(BasinmapWarning, match=r"'62493'.*'62999'.*bm\.rebase"):
        bm.draw_choropleth(ax, four, bm.classify(other, k=2))


def test_layers_of_two_years_are_said_at_the_foot(ax, four):
    recent = STOCK.copy()
    recent.attrs |= {"label": "Logements", "vintage": "2023"}
    rate = RATE.copy()
    rate.attrs |= {"label": "Taux de vacance", "vintage": "2021"}
    bm.draw_symbols(ax, four, recent)
    assert not ax.notes
    bm.draw_choropleth(ax, four, bm.classify(rate, k=2))
    assert list(ax.notes) == ["Millésimes : logements 2023 ; taux de vacance 2021"]
    finished(ax)
    assert any("taux de vacance 2021" in t.get_text() for t in ax.sheet.paper.texts)


def test_perimeters_of_two_dates_are_said_at_the_foot():
    now, then = bm.epcis(), bm.epcis(date="2019-01-01")
    _, ax = bm.page(now, title="EPCI")
    bm.draw_outlines(ax, now, label="2026")
    assert not ax.notes
    bm.draw_outlines(ax, then, label="2019", dashes=(3, 2))
    assert list(ax.notes) == ["Limites au 1er janvier : EPCI 2026 ; EPCI 2019"]


def test_two_indicators_of_one_unit_share_no_classes():
    table = bm.statistics(epci="call")
    vacancy, houses = bm.compute("L04", table), bm.compute("L05", table)
    assert vacancy.attrs["unit"] == houses.attrs["unit"]
    with pytest.raises(MeasureError, match=r"2 indicators .* cannot share"):
        bm.shared_classes({"vacance": vacancy, "maisons": houses})
    with pytest.raises(MeasureError, match="2 kinds of measure"):
        bm.shared_classes({1: of(1.0, kind="stock"), 2: of(2.0, kind="ratio")})


# -- missing classes ---------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        lambda c: c.cat.remove_unused_categories(),
        lambda c: c.cat.reorder_categories(list(c.cat.categories)[::-1]),
        lambda c: c.cat.add_categories(["autre"]),
        lambda c: c.cat.codes,
        lambda c: c.astype(object),
    ],
)
@pytest.mark.parametrize("layer", ["choropleth", "symbols", "grid", "bivariate"])
def test_classes_that_were_changed_since_are_refused(ax, four, layer, changed):
    classes = bm.classify(RATE, breaks=[1.5, 3, 100])
    attrs = classes.attrs
    wrong = changed(classes)
    wrong.attrs = attrs
    draw = {
        "choropleth": lambda: bm.draw_choropleth(ax, four, wrong),
        "symbols": lambda: bm.draw_symbols(ax, four, STOCK, classes=wrong),
        "grid": lambda: bm.draw_grid(ax, four, wrong),
        "bivariate": lambda: bm.draw_bivariate(ax, four, wrong, RATE),
    }[layer]
    with pytest.raises(DataError, match=r"classify|no numbers"):
        draw()


def test_an_empty_class_keeps_its_line_and_other_names_are_welcome(ax, four):
    classes = bm.classify(RATE, breaks=[1.5, 3, 100])
    named = classes.cat.rename_categories(["bas", "moyen", "haut", "très haut"])
    named.attrs = classes.attrs
    bm.draw_choropleth(ax, four, named)
    lines = [(s.label, s.count) for s in ax.blocks[0].swatches]
    assert lines == [("très haut", 0), ("haut", 2), ("moyen", 1), ("bas", 1)]


def test_a_histogram_is_of_the_values_that_were_classified(ax, four):
    bm.draw_choropleth(ax, four, bm.classify(RATE, k=2))
    with pytest.raises(DataError, match=r"histogram: 1 value.*1 to 7: '62499'"):
        bm.draw_legend(ax, histogram=of(2.0, 30.0, codes=["62490", "62499"]))


# -- colours really drawn ----------------------------------------------------------


def test_two_entries_that_look_alike_warn(ax, four):
    bm.draw_outlines(ax, four.iloc[:2], label="A", fill="#d7191c")
    with pytest.warns(BasinmapWarning, match="'A' and 'B' look alike with"):
        bm.draw_outlines(ax, four.iloc[2:], label="B", fill="#8a7b0c")
    right = four.set_geometry(four.buffer(-100))
    with pytest.warns(BasinmapWarning, match="'A' and 'C' look alike: "):
        bm.draw_outlines(ax, right.iloc[:1], label="C", fill="#d7191c")
    bm.draw_outlines(ax, four, label="limite")
    with pytest.warns(BasinmapWarning, match="'limite' and 'bord' look alike"):
        bm.draw_outlines(ax, four, label="bord")
    bm.draw_outlines(ax, four, label="canton", dashes=(4, 2))
    bm.draw_outlines(ax, four, label="arrondissement", width=1.6)
    bm.draw_points(ax, four, label="gare", marker="s")
    with pytest.warns(BasinmapWarning, match="'gare' and 'mairie' look alike"):
        bm.draw_points(ax, four, label="mairie", marker="s")


def test_a_fill_like_a_class_warns(ax, four):
    bm.draw_choropleth(ax, four.iloc[1:], bm.classify(RATE.iloc[1:], k=2))
    color = ax.blocks[0].swatches[0].color
    with pytest.warns(BasinmapWarning, match="look alike"):
        bm.draw_outlines(ax, four.iloc[:1], label="parc", fill=color)


OWN = {
    "typology": lambda ax, u, p: bm.draw_typology(ax, u, of(*"abab"), palette=p),
    "markers": lambda ax, u, p: bm.draw_markers(ax, u, of(*"abab"), palette=p),
    "choropleth": lambda ax, u, p: bm.draw_choropleth(
        ax, u, bm.classify(RATE, k=2), palette=p
    ),
    "isochrones": lambda ax, u, p: bm.draw_isochrones(
        ax, bands(u.iloc[:2]), palette=p, title="Temps"
    ),
}


@pytest.mark.parametrize("layer", OWN)
def test_colours_of_your_own_are_checked_everywhere(four, layer):
    _, ax = bm.page(four, title="Essai")
    for palette in ("pink", ["#ff0000"], ["#ff0000", "#fe0000"], ["rouge", "vert"]):
        with pytest.raises(DataError):
            OWN[layer](ax, four, palette)
    with pytest.warns(BasinmapWarning, match="look alike|order of the classes"):
        OWN[layer](ax, four, ["#8a7b0c", "#d7191c"])
    _, ax = bm.page(four, title="Essai")
    OWN[layer](ax, four, ["#0a3364", "#bdd7eb"])


def test_more_bands_than_shades_are_refused(four):
    count = 24
    shapes = [
        shapely.box(X, Y + 40.0 * i, X + 4e3, Y + 40.0 * (i + 1)) for i in range(count)
    ]
    areas = frame(shapes, [str(i) for i in range(count)])
    areas["outer"] = np.arange(1.0, count + 1)
    areas["label"] = [f"{i} min" for i in range(count)]
    with pytest.raises(DataError, match="have nearly one colour"):
        bm.draw_isochrones(bm.page(four, title="x")[1], areas, title="Temps")


def test_bands_are_dark_near_whatever_their_order(ax, four):
    shuffled = bands(four).iloc[[2, 0, 3, 1]]
    bm.draw_isochrones(ax, shuffled, title="Temps")
    labels = [swatch.label for swatch in ax.blocks[0].swatches]
    assert labels == list("abcd")


COLOURS = {
    "outlines": lambda ax, u, c: bm.draw_outlines(ax, u, color=c),
    "fill": lambda ax, u, c: bm.draw_outlines(ax, u, fill=c),
    "points": lambda ax, u, c: bm.draw_points(ax, u, label="lieu", color=c),
    "rings": lambda ax, u, c: bm.draw_rings(ax, bands(u), color=c),
    "hatching": lambda ax, u, c: bm.draw_hatching(ax, u, label="zone", color=c),
    "links": lambda ax, u, c: bm.draw_links(ax, u, FLOWS, threshold=1, color=c),
    "labels": lambda ax, u, c: bm.draw_labels(ax, u, color=c),
    "discontinuities": lambda ax, u, c: bm.draw_discontinuities(
        ax, u, RATE, threshold=1, color=c
    ),
}


def inks(ax):
    found = [np.atleast_2d(c.get_facecolor()) for c in ax.collections]
    found += [np.atleast_2d(c.get_edgecolor()) for c in ax.collections]
    return np.concatenate([colors for colors in found if len(colors)])


@pytest.mark.parametrize("layer", COLOURS)
def test_a_colour_is_one_and_grey_in_a_grey_theme(four, layer):
    with pytest.raises(DataError, match="unknown color 'rouge vif'"):
        COLOURS[layer](bm.page(four, title="x")[1], four, "rouge vif")
    ax = bm.page(four, title="x", theme=bm.GREY)[1]
    COLOURS[layer](ax, four, "#d7191c")
    for red, green, blue, _ in inks(ax) if ax.collections else ():
        assert red == pytest.approx(green, abs=0.01) == pytest.approx(blue, abs=0.01)


@pytest.mark.parametrize("layer", ["choropleth", "typology", "markers", "isochrones"])
def test_a_grey_theme_leaves_no_colour(four, layer):
    ax = bm.page(four, title="x", theme=bm.GREY)[1]
    BY_SHAPES[layer](ax, four)
    for red, green, blue, _ in inks(ax):
        assert red == pytest.approx(green, abs=0.03) == pytest.approx(blue, abs=0.03)


def test_what_grey_cannot_show_is_refused(four):
    ax = bm.page(four, title="x", theme=bm.GREY)[1]
    with pytest.raises(DataError, match="nine colours"):
        bm.draw_bivariate(ax, four, RATE, RATE)
    with pytest.raises(DataError, match="2 stocks cannot be told apart in grey"):
        bm.draw_dots(ax, four, pd.DataFrame({"a": STOCK, "b": STOCK}), per_dot=1)


# -- what has no value -------------------------------------------------------------


def test_the_three_states_differ_from_each_other_and_from_every_class_in_grey():
    hatches = [state_fill(state)[1] for state in STATES]
    assert len(set(hatches)) == len(STATES) == len(STATE_FILL)
    assert all(hatches)  # no class has one
    for zoom in (1.0, 1.4, 2.0, 2.8):
        assert len({state_fill(state, zoom)[1] for state in STATES}) == len(STATES)
    # In the land around, and on paper, the lightest class is still one.
    for k in range(2, 8):
        lightest = sequential_colors("greys", k)[0]
        assert least_color_difference([lightest, "#ffffff"]) >= 7
        assert least_color_difference([lightest, bm.GREY.land]) >= 5
    assert set(SEQUENTIAL) >= {"greys"}


@pytest.mark.parametrize("draw", [bm.draw_symbols, bm.draw_squares])
def test_circles_and_squares_bear_the_hatch_of_what_they_lack(ax, four, draw):
    rate = of(np.nan, 2.0, np.nan, np.nan, kind="ratio", unit="%")
    rate.attrs["states"] = {"62490": "secret", "62492": "not_applicable"}
    draw(ax, four, STOCK, classes=bm.classify(rate))
    hatches = [c.get_hatch() for c in ax.collections]
    wanted = [STATE_FILL[state][1] for state in STATES]
    assert set(hatches) == {*wanted, None}
    legend = {s.label: s.hatch for s in ax.blocks[0].swatches}
    assert [legend[meaning] for meaning in STATES.values()] == wanted


# -- posters -----------------------------------------------------------------------


def widths(ax):
    found = [w for c in ax.collections for w in np.atleast_1d(c.get_linewidths())]
    return np.array(found + [line.get_linewidth() for line in ax.lines])


@pytest.mark.parametrize(
    "layer", sorted(set(BY_SHAPES) - {"surface", "inset", "grid", "links"})
)
def test_lines_of_a_poster_are_as_much_wider_as_its_type(four, layer):
    drawn = {}
    for paper in ("A4", "A0"):
        ax = bm.page(four, title="x", paper=paper)[1]
        BY_SHAPES[layer](ax, four)
        drawn[paper] = widths(ax), ax.plan.zoom
    assert drawn["A0"][1] == pytest.approx(2.8)
    assert drawn["A0"][0] == pytest.approx(drawn["A4"][0] * 2.8)


def sizes_of(collection):
    return list(collection.get_sizes()) if hasattr(collection, "get_sizes") else []


def test_symbols_markers_strokes_and_dots_of_a_poster_are_larger(four):
    found = {}
    for paper in ("A4", "A0"):
        ax = bm.page(four, title="x", paper=paper)[1]
        bm.draw_symbols(ax, four, STOCK)
        bm.draw_hatching(ax, four, label="zone")
        bm.draw_points(ax, four, label="lieu")
        bm.draw_dots(ax, four, STOCK, per_dot=1)
        sizes = [size for c in ax.collections for size in sizes_of(c)]
        spacing = next(b for b in ax.blocks if hasattr(b, "hatches")).hatches[0].spacing
        found[paper] = (ax.symbols["62490"][2], np.sqrt(max(sizes)), spacing)
        texts = bm.draw_labels(ax, four, strong=1) and [
            t.get_fontsize() for t in ax.texts if t.get_gid() == "name"
        ]
        found[paper] += (max(texts), min(texts))
    assert np.array(found["A0"]) == pytest.approx(np.array(found["A4"]) * 2.8)


def test_a_size_that_is_given_is_kept_on_a_poster(four):
    ax = bm.page(four, title="x", paper="A0")[1]
    bm.draw_outlines(ax, four, label="limite", width=0.8)
    bm.draw_points(ax, four, label="lieu", size_mm=4)
    assert ax.collections[0].get_linewidths()[0] == pytest.approx(0.8)
    side = np.sqrt(sizes_of(ax.collections[1])[0]) * 25.4 / 72
    assert side == pytest.approx(4)
    ax = bm.page(four, title="x", paper="A0")[1]
    assert bm.draw_labels(ax, four, size=8) == 4
    assert {t.get_fontsize() for t in ax.texts} == {8.0}


# -- the page, its texts and its margins -------------------------------------------

NAMES = [
    "x" * 200,
    "🙂 Lens",
    "مدينة",
    "",
    "Sallau\nmines",
    "  ",
    "$\\alpha_2$",
    "a b" * 60,
]


@pytest.mark.filterwarnings("ignore:Glyph:UserWarning")  # saving names them
@pytest.mark.parametrize("name", NAMES)
def test_names_of_any_kind_leave_the_others_alone(ax, four, name):
    four["name"] = [name, "Lens", "Liévin", "Avion"]
    assert bm.draw_labels(ax, four) >= 3
    for text in ax.texts:
        low, high = text.get_window_extent().get_points()
        frame_low, frame_high = ax.get_window_extent().get_points()
        assert (low >= frame_low - 2).all()
        assert (high <= frame_high + 2).all()


def test_no_name_at_all_and_no_size_at_all_are_refused(ax, four):
    with pytest.raises(DataError, match="none of the 4 units has a name"):
        bm.draw_labels(ax, four.assign(name=None))
    with pytest.raises(ColumnError, match="nom"):
        bm.draw_labels(ax, four, column="nom")
    with pytest.raises(DataError, match="size=-2"):
        bm.draw_labels(ax, four, size=-2)


@pytest.mark.parametrize(
    "population", [["9", "10", "8", "7"], [9.0, 10.0, np.nan, None], [9, 10, 8, 7]]
)
def test_the_most_populous_unit_is_named_first_whatever_holds_the_numbers(
    ax, four, population
):
    bm.draw_labels(ax, four.assign(population=population), strong=1)
    sizes = {text.get_text(): text.get_fontsize() for text in ax.texts}
    assert max(sizes, key=sizes.get) == "Commune 1"


def test_a_population_that_is_no_number_is_named(ax, four):
    with pytest.raises(DataError, match="population: no numbers: 'mille'"):
        bm.draw_labels(ax, four.assign(population=[1, 2, "mille", 4]))


def test_numbers_as_names_are_french(ax, four):
    four["rang"] = [1.5, 2_000, np.nan, 4]
    bm.draw_labels(ax, four, column="rang")
    assert {t.get_text() for t in ax.texts} == {"1,5", "2\u202f000", "4"}


@pytest.mark.parametrize(
    "text", ["🙂 carte", "خريطة", "x" * 300, "a\nb", "$x_1$", "«»"]
)
def test_texts_of_any_kind_are_printed_or_named(four, tmp_path, text):
    fig, ax = bm.page(four, title=text, subtitle=text)
    bm.draw_outlines(ax, four, label=text)
    bm.draw_legend(ax)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BasinmapWarning)
        bm.draw_furniture(ax, author=text, date=DAY, sources=[text], note=text)
        fig.savefig(tmp_path / "carte.pdf")
    assert (tmp_path / "carte.pdf").stat().st_size > 5_000


def test_a_legend_of_forty_lines_warns_and_stays_in_reading_order(ax, four):
    for i in range(40):
        bm.draw_outlines(ax, four, label=f"limite {i}", dashes=(i + 1, 2))
    with pytest.warns(BasinmapWarning, match="mm longer than its strip"):
        bm.draw_legend(ax)


@pytest.mark.parametrize(
    "wrong",
    [
        {"author": ""},
        {"author": None},
        {"author": 12},
        {"date": "23/11/2026"},
        {"date": None},
        {"sources": "Insee"},
        {"date": pd.NaT},
        {"sources": [None]},
        {"sources": [""]},
        {"sources": ["\n", " "]},
        {"note": 3},
        {"alternative": None},
    ],
)
def test_margins_are_checked(ax, four, wrong):
    bm.draw_outlines(ax, four)
    given = {"author": "Essai", "date": DAY, "sources": ["Insee"], **wrong}
    refused = (DataError, TypeError, bm.errors.VintageError)  # the last one of no day
    with pytest.raises(refused, match=told_or_typed(next(iter(wrong)))):
        bm.draw_furniture(ax, **given)


@pytest.mark.parametrize(
    "wrong",
    [
        {"paper": "A7"},
        {"paper": (0, 100)},
        {"paper": ("a", "b")},
        {"paper": 4},
        {"paper": (np.nan, 100)},
        {"scale": "1:1000"},
        {"scale": np.nan},
        {"title": None},
        {"title": ""},
        {"subtitle": 3},
        {"legend": "left"},
        {"legend_mm": 40},
        {"orientation": "paysage"},
        {"theme": "grey"},
    ],
)
def test_pages_are_checked(four, wrong):
    with pytest.raises(
        (DataError, TypeError),
        match=told_or_typed(next(iter(wrong)).removesuffix("_mm")),
    ):
        bm.page(four, **{"title": "Essai", **wrong})


@pytest.mark.parametrize("path", ["note.txt/carte.pdf", "carte.xyz"], ids=str)
def test_a_path_that_cannot_be_written_is_named(four, tmp_path, path):
    (tmp_path / "note.txt").write_text("à garder", encoding="utf-8")
    fig, ax = bm.page(four, title="Essai")
    bm.draw_outlines(ax, four)
    with pytest.raises(bm.errors.OutputError, match=r"note\.txt|xyz"):
        fig.savefig(tmp_path / path)
    assert [found.name for found in tmp_path.iterdir()] == ["note.txt"]


OPTIONS = [
    lambda ax, u: bm.draw_points(ax, u, label="x", marker="étoile"),
    lambda ax, u: bm.draw_points(ax, u, label="x", size_mm=0),
    lambda ax, u: bm.draw_markers(ax, u, of(*"abab"), size_mm=-1),
    lambda ax, u: bm.draw_outlines(ax, u, width=np.nan),
    lambda ax, u: bm.draw_symbols(ax, u, STOCK, largest_mm=np.inf),
    lambda ax, u: bm.draw_hatching(ax, u, label="x", spacing_mm=np.nan),
    lambda ax, u: bm.draw_rings(ax, u.assign(outer=["a", "b", "c", "d"])),
    lambda ax, u: bm.draw_rings(ax, u.assign(outer=[1.0, np.inf, 2.0, 3.0])),
    lambda ax, u: bm.draw_isochrones(ax, bands(u).assign(outer=np.nan)),
    lambda ax, u: bm.draw_choropleth(ax, u, bm.classify(RATE, k=2), palette="rouge"),
    lambda ax, u: bm.draw_bivariate(ax, u, RATE, RATE, palette="rouge"),
    lambda ax, u: bm.draw_locator(ax, None, u),
    lambda _, u: bm.classify(u["rang"], k=0),
    lambda _, u: bm.classify(u["rang"], breaks=[2, 1]),
]


@pytest.mark.parametrize("number", range(len(OPTIONS)))
def test_options_that_make_no_sense_are_refused(ax, four, number):
    with pytest.raises(DataError):
        OPTIONS[number](ax, four.assign(rang=[1.0, 2.0, 4.0, 7.0]))


def test_flows_of_any_kind_are_read_or_refused(ax, four):
    for wrong, error in (
        ([1, 2], DataError),
        (FLOWS.astype(str).replace("5.0", "cinq"), DataError),
        (FLOWS.mask(FLOWS > 0), DataError),
        (FLOWS.rename(index={"62491": "99999"}, level=1), CodeError),
        (FLOWS.reset_index(drop=True), DataError),
    ):
        with pytest.raises((error, TypeError)):
            bm.draw_links(ax, four, wrong, threshold=1)


# -- a fuzz over values and shapes -------------------------------------------------

ANYTHING = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.integers(-(10**6), 10**18),
    st.none(),
    st.text(max_size=5),
    st.booleans(),
    st.just(pd.NA),
    st.decimals(allow_nan=False),
)
PROMISES = st.dictionaries(
    st.sampled_from(CODES), st.sampled_from([*STATES, "estimated", "autre"]), max_size=3
)
SHAPES = st.one_of(
    *(st.just(shape) for shape in (*SOLID, bow_tie(), shapely.Point(X, Y))),
    st.just(shapely.Polygon()),
    st.none(),
)


def outcome(draw):
    """Return whether something was drawn; only our errors and warnings may arise."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", BasinmapWarning)
        told = ""
        try:
            draw()
        except BasinmapError as error:
            told = str(error)
    assert not told or len(told) > 15
    return not told


FUZZ = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@FUZZ
@given(
    layer=st.sampled_from(sorted(BY_VALUES)),
    values=st.lists(ANYTHING, min_size=4, max_size=4),
    states=PROMISES,
    kind=st.sampled_from(["", "ratio", "stock", "median", "category", "growth"]),
)
def test_whatever_the_values_a_layer_draws_or_says_why(layer, values, states, kind):
    units = frame()
    ax = bm.page(units, title="Essai")[1]
    series = pd.Series(values, CODES, dtype=object, name="v")
    series.attrs = {"states": states, "kind": kind} if kind else {"states": states}
    if outcome(lambda: BY_VALUES[layer](ax, units, series)):
        assert something_drawn(ax) or ax.blocks
        secret = [c for c, state in states.items() if state == "secret"]
        if layer != "priority":
            assert series[secret].isna().all()


@FUZZ
@given(
    layer=st.sampled_from(sorted(BY_SHAPES)),
    shapes=st.lists(SHAPES, min_size=4, max_size=4),
)
def test_whatever_the_shapes_a_layer_draws_or_says_why(layer, shapes):
    ax = bm.page(frame(), title="Essai")[1]
    if outcome(lambda: BY_SHAPES[layer](ax, frame(shapes))):
        assert something_drawn(ax)
        assert all(shape is not None and not shape.is_empty for shape in shapes)


@FUZZ
@given(st.lists(st.one_of(st.floats(), st.integers(), st.none()), max_size=6))
def test_numbers_are_those_given_or_missing(values):
    series = pd.Series(values, dtype=object)
    found = numbers(series)
    for given_, read in zip(values, found, strict=True):
        if given_ is None or np.isnan(float(given_)):
            assert np.isnan(read)
        else:
            assert read == float(given_)
