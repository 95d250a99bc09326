"""What surrounds a map: furniture, locator, insets, exits, logos; never on data."""

import datetime as dt
import io
import itertools
import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pypdf
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.patches import Polygon, Rectangle
from PIL import Image

import basinmap as bm
from basinmap.errors import BasinmapWarning
from basinmap.maps.look.themes import GREY, PRINT
from basinmap.maps.look.themes import settings as print_settings
from basinmap.maps.margins.exits import draw_exits
from basinmap.maps.margins.insets import draw_inset, draw_locator
from basinmap.maps.margins.logos import draw_logos
from basinmap.maps.paper.layouts import scaled

DAY = dt.date(2026, 11, 24)
# What the foot of a page on the embedded outlines says first.
GENERALISED = "Contours généralisés (±\u00a0170\u00a0m). "
X, Y = 686_000.0, 7_037_000.0  # Lens
CALL = "246200364"


def block(width, height, *, x=X, y=Y, code="a"):
    half = (width / 2, height / 2)
    box = shapely.box(x - half[0], y - half[1], x + half[0], y + half[1])
    return gpd.GeoDataFrame({"name": ["Ici"]}, geometry=[box], crs=2154, index=[code])


@pytest.fixture(scope="module")
def lens():
    return bm.communes(epci=CALL)


@pytest.fixture(scope="module")
def rate():
    return bm.compute("L04", bm.statistics(epci=CALL))


@pytest.fixture
def ax(lens):
    return bm.page(lens, title="CA de Lens-Liévin")[1]


def in_mm(fig, artist):
    with print_settings():
        box = artist.get_window_extent(fig.canvas.get_renderer())
    return np.array(box.extents) / fig.dpi * 25.4


def place_mm(axes):
    """Left, bottom, right, top of small axes on the page, through matplotlib."""
    fig = axes.figure
    size = fig.get_size_inches() * 25.4
    low, high = axes.get_position().min * size, axes.get_position().max * size
    return np.array([*low, *high])


def small_maps(fig, label):
    return [axes for axes in fig.axes if axes.get_label() == label]


def edges(rectangle):
    x, y, width, height = rectangle
    return np.array([x, y, x + width, y + height])


def inside(inner, outer, eps=0.05):
    return (inner[:2] >= outer[:2] - eps).all() and (inner[2:] <= outer[2:] + eps).all()


def overlap(a, b):
    """Millimetres that two boxes share in the direction where they share least."""
    return (np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])).min()


# --- a whole sheet --------------------------------------------------------------------


def furnished(units, values=None, **options):
    fig, ax = bm.page(units, subtitle="Essai, par commune", **options)
    if values is None:
        bm.draw_outlines(ax, units, label="limite de l'essai")
    else:
        bm.draw_choropleth(ax, units, bm.classify(values, k=3))
    bm.draw_furniture(ax, author="Mission", date=DAY, sources=["Insee, essai 2021"])
    bm.draw_legend(ax)
    return fig, ax


def legend_texts(fig):
    large = [text for axes in small_maps(fig, "legend") for text in axes.texts]
    over = fig.over.texts if fig.over else []
    return [*fig.paper.texts, *over, *large]


def foot_of(ax):
    texts = [text.get_text() for text in ax.sheet.paper.texts]
    return " ".join(texts)


def test_values_without_a_source_say_so_in_the_foot_and_ask_for_it(lens):
    values = pd.Series(range(len(lens)), lens.index, dtype=float, name="essai")
    told = bm.describe(values, label="Essai", unit="%", kind="ratio")
    for one in (values, told):
        _, ax = bm.page(lens, title="Essai")
        bm.draw_choropleth(ax, lens, bm.classify(one))
        with pytest.warns(BasinmapWarning, match=r"bm\.describe\(values, sources='"):
            bm.draw_furniture(ax, author="Mission", date=DAY)
        assert "Source des valeurs non précisée. " in foot_of(ax)
        assert "Sources\u00a0: Source" not in foot_of(ax)
    for sources, said in ((["CALL, 2024"], told), ((), bm.describe(told, sources="A"))):
        _, ax = bm.page(lens, title="Essai")
        bm.draw_choropleth(ax, lens, bm.classify(said))
        with warnings.catch_warnings():
            warnings.filterwarnings("error", "the values of this map")
            bm.draw_furniture(ax, author="Mission", date=DAY, sources=sources)
        assert "non précisée" not in foot_of(ax)


@settings(max_examples=25, deadline=None)
@given(
    width=st.floats(5, 500_000),
    height=st.floats(5, 500_000),
    paper=st.sampled_from(["A5", "A4", "A3", "A2", "A1", "A0", "half-column"]),
    legend=st.sampled_from(["auto", "below"]),
    title=st.integers(1, 200),
    theme=st.sampled_from([None, GREY, scaled(PRINT, 1.2), scaled(PRINT, 0.8)]),
)
def test_no_text_leaves_the_page_its_part_of_it_or_lies_on_another(
    width, height, paper, legend, title, theme
):
    words = ("Taux de vacance des logements en 2021 " * 6)[:title]
    options = {"title": words, "paper": paper, "legend": legend, "theme": theme}
    if paper == "half-column":
        del options["theme"]
    fig, ax = furnished(block(width, height), **options)
    plan = ax.plan
    parts = [edges(p) for p in (plan.head, plan.frame, plan.strip, plan.footer)]
    page = np.array([0, 0, plan.width, plan.height])
    apart = [parts[i] for i in ((0, 1, 3) if plan.inside else range(4))]
    for one, other in itertools.combinations(apart, 2):
        assert overlap(one, other) <= 1e-9
    assert inside(parts[2], parts[1]) or not plan.inside
    boxes = [in_mm(fig, text) for text in legend_texts(fig)]
    assert all(inside(box, page) for box in boxes)
    slack = 0.6 * plan.zoom
    for box, other in itertools.combinations(boxes, 2):
        assert overlap(box, other) < slack
    if plan.inside:
        corner = ax.to_metres(np.reshape(parts[2], (2, 2)) - plan.frame[:2])
        assert not ax.subject.intersects(shapely.box(*corner.ravel())).any()
        boxes = [in_mm(fig, text) for text in fig.paper.texts]
        assert all(inside(in_mm(fig, text), parts[1]) for text in fig.over.texts)
    assert all(overlap(box, parts[1]) < slack for box in boxes)


@pytest.mark.parametrize("paper", ["A5", "A0", "half-column"])
def test_the_texts_of_a_saved_sheet_stand_in_reading_order(lens, rate, paper):
    fig, _ = furnished(lens, rate, title="Vacance en 2021", paper=paper)
    buffer = io.BytesIO()
    fig.savefig(buffer, format="pdf")
    (sheet,) = pypdf.PdfReader(buffer).pages
    found = sheet.extract_text().replace("\u202f", " ").replace("\u00a0", " ")
    credit = "Insee, IGN" if paper == "half-column" else "Sources : "
    for text in ("Vacance en 2021", "Essai, par commune", credit, "Mission"):
        assert text in found, text
    drawn = [text.get_text() for text in fig.paper.texts]
    assert drawn.index("Vacance en 2021") < drawn.index("Essai, par commune")
    legend = [text.get_text() for text in legend_texts(fig)]
    classes = list(bm.classify(rate, k=3).cat.categories)[::-1]
    at = [legend.index(label) for label in classes]
    assert at == sorted(at)


@pytest.mark.parametrize("paper", ["A5", "A3", "A1", "half-column"])
def test_the_scale_bar_is_true_on_every_paper(lens, paper):
    fig, ax = furnished(lens, title="x", paper=paper)
    (last,) = [t for t in fig.paper.texts if t.get_gid() == "scale-bar-2"]
    kilometres = float(last.get_text().split("\u00a0")[0].replace(",", "."))
    bar = [p for p in fig.paper.patches if isinstance(p, Rectangle)][-2:]
    drawn = bar[1].get_x() + bar[1].get_width() - bar[0].get_x()
    pixels = ax.transData.transform([(X, Y), (X + 1_000, Y)])
    one = (pixels[1] - pixels[0])[0] / fig.dpi * 25.4  # mm a kilometre of the grid
    ends = pyproj.Transformer.from_crs(2154, 4326, always_xy=True).transform(
        [X, X + 1_000], [Y, Y]
    )
    ground = pyproj.Geod(ellps="GRS80").inv(*np.array(ends).T.ravel())[2] / 1000
    assert drawn / one * ground == pytest.approx(kilometres, rel=1e-4)
    assert drawn > 10 * ax.plan.zoom


@pytest.mark.parametrize(
    ("paper", "said"),
    [
        ("A3", "(A3)"),
        ("half-column", "(85 × 120\u00a0mm)"),
        ((160, 110.5), "(160 × 110,5\u00a0mm)"),
    ],
)
def test_the_scale_is_written_with_the_size_at_which_it_is_true(lens, paper, said):
    fig, ax = furnished(lens, title="x", paper=paper)
    scale = f"{ax.plan.scale:,.0f}".replace(",", "\u202f")
    whole = " ".join(text.get_text() for text in fig.paper.texts)
    lead = "" if paper == "half-column" else "Échelle "
    assert f"{lead}1\u00a0: {scale} {said}" in whole


def test_the_foot_of_a_half_column_is_a_line_and_the_file_keeps_the_credits(lens, rate):
    fig, ax = bm.page(lens, title="Vacance", paper="half-column", theme=bm.GREY)
    assert ax.plan.theme == bm.in_grey(bm.HALF_COLUMN)
    bm.draw_choropleth(ax, lens, bm.classify(rate))
    bm.draw_furniture(ax, author="Mission", date=DAY)
    top = ax.plan.footer[1] + ax.plan.footer[3]
    foot = [t.get_text() for t in fig.paper.texts if t.get_position()[1] < top]
    assert foot[0].startswith("Insee, IGN, DGCL. Mission, ")
    assert "(85 × 120\u00a0mm)" in foot[0]
    assert len(foot) <= 3
    assert "Insee, recensement de la population 2021" in fig.about["Sources"]


@pytest.mark.parametrize("state", ["secret", "not_available"])
def test_what_s_means_is_said_when_a_secret_is_drawn_and_only_then(lens, rate, state):
    values = rate.copy()
    values.iloc[:3] = np.nan
    values.attrs = rate.attrs | {"states": dict.fromkeys(values.index[:3], state)}
    fig, _ = furnished(lens, values, title="x")
    whole = " ".join(text.get_text() for text in fig.paper.texts)
    note = "s\u00a0: donnée couverte par le secret statistique."
    assert (note in whole) == (state == "secret")


# --- legend ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("note", "printed"),
    [
        ("le taux vaut 7 %. ", "le taux vaut 7\u202f%."),
        ("et ici ?", "et ici\u202f?"),
        ("suite…", "suite…"),
        ("sans point", "sans point."),
    ],
)
def test_a_sentence_of_the_foot_has_one_stop(ax, lens, note, printed):
    bm.draw_outlines(ax, lens, label="commune")
    credit = "Insee, etc."
    bm.draw_furniture(ax, author="Essai", date=DAY, sources=[credit, " "], note=note)
    foot = [text.get_text() for text in ax.sheet.paper.texts]
    assert any(line.removeprefix(GENERALISED) == printed for line in foot)
    assert ax.sheet.about["Sources"].startswith(credit)
    assert not any("  " in text or ".." in text or text.endswith(" .") for text in foot)


@pytest.mark.parametrize(
    "date", [dt.datetime(2026, 11, 24, 9, 30, tzinfo=dt.UTC), pd.Timestamp(DAY)]
)
def test_of_a_date_with_hours_the_day_is_kept(ax, lens, date):
    bm.draw_outlines(ax, lens)
    bm.draw_furniture(ax, author="Essai", date=date)
    assert ax.sheet.about["Date"] == DAY.isoformat()
    assert "Réalisation\u00a0: Essai, novembre 2026." in bm.alternative_text(ax)


def with_keys(ax, lens, count):
    for i in range(count):
        bm.draw_outlines(ax, lens, label=f"limite {i}", dashes=(i + 1, 2))


@pytest.mark.parametrize(("count", "smaller"), [(10, False), (28, True)])
def test_a_long_legend_is_set_tighter_before_anyone_is_warned(lens, count, smaller):
    fig, ax = bm.page(lens, title="x", orientation="landscape", legend="right")
    with_keys(ax, lens, count)
    figures = pd.Series({f"Territoire {i}": float(i) for i in range(1, 4)})
    bm.draw_comparison(ax, figures)
    bm.draw_legend(ax)
    assert bool(small_maps(fig, "legend")) == smaller
    strip = edges(ax.plan.strip) + np.array([0, 14, 0, 0])
    entries = [t for t in legend_texts(fig) if t.get_text().startswith("limite ")]
    assert len(entries) == count
    boxes = [in_mm(fig, text) for text in entries]
    assert all(inside(box, strip, eps=0.6) for box in boxes)
    for box, other in itertools.combinations(boxes, 2):
        assert overlap(box, other) < 0.6


def test_a_legend_that_nothing_shortens_warns_with_the_millimetres(lens):
    _, ax = bm.page(lens, title="x", orientation="landscape", legend="right")
    with_keys(ax, lens, 60)
    with pytest.warns(
        bm.errors.BasinmapWarning, match=r"legend is \d+ mm longer.*legend_mm"
    ):
        bm.draw_legend(ax)


@pytest.mark.parametrize("paper", ["A5", "A4", "A0", "half-column"])
def test_the_circles_of_the_legend_are_as_large_as_those_of_the_map(lens, paper):
    fig, ax = bm.page(lens, title="x", paper=paper)
    stock = bm.compute("L01", bm.statistics(epci=CALL))
    bm.draw_symbols(ax, lens, stock)
    (nested,) = [b for b in ax.blocks if hasattr(b, "radii")]
    bm.draw_legend(ax)
    axes = next(iter(small_maps(fig, "legend")), fig.paper)
    circles = [p for p in axes.patches if hasattr(p, "radius")]
    unit = axes.transData.transform([(0, 0), (1, 0)])
    mm = (unit[1] - unit[0])[0] / fig.dpi * 25.4
    assert [c.radius * mm for c in circles] == pytest.approx(list(nested.radii))
    # The same law as on the map: the area is in proportion to the value.
    code = stock.idxmax()
    radius = ax.symbols[code][2]
    per_unit = np.square(nested.radii) / np.array(nested.values)
    assert per_unit == pytest.approx([radius**2 / stock[code]] * len(per_unit))


# --- locator --------------------------------------------------------------------------


def test_a_locator_stands_in_a_corner_of_the_frame_away_from_the_units(ax, lens):
    bm.draw_outlines(ax, lens)
    draw_locator(ax, bm.epcis().loc[[CALL]], bm.epcis())
    (small,) = small_maps(ax.sheet, "locator")
    box, frame = place_mm(small), edges(ax.plan.frame)
    assert inside(box, frame)
    assert min(np.abs(box - frame)) < 2
    width, height = box[2:] - box[:2]
    assert width <= 34.01
    assert height <= 26.01
    ground = ax.to_metres((box - [*frame[:2], *frame[:2]]).reshape(2, 2)).ravel()
    assert not shapely.intersects(lens.geometry.array, shapely.box(*ground)).any()
    # Names that come after keep clear of it.
    bm.draw_labels(ax, bm.epcis())
    for text in ax.texts:
        if text.get_gid() == "name":
            assert overlap(in_mm(ax.sheet, text), box) < 0.6


def test_a_locator_says_what_it_shows(ax, lens):
    bm.draw_outlines(ax, lens)
    draw_locator(ax, lens.loc[["62498"]], lens, title="CA de Lens-Liévin")
    (small,) = small_maps(ax.sheet, "locator")
    said = [text for text in small.texts if text.get_gid() == "inset-caption"]
    assert " ".join(text.get_text() for text in said) == "CA de Lens-Liévin"
    box = place_mm(small)
    for text in said:
        where = in_mm(ax.sheet, text)
        assert where[3] <= box[1] + 0.1
        assert box[0] <= where[0]
        assert where[2] <= box[2]
        # What it takes of the frame is kept from names, its words too.
        assert where[1] >= min(taken[1] for taken in ax.boxes) + ax.plan.frame[1]


def test_the_locator_shows_the_whole_context_at_one_scale(ax, lens):
    context = bm.epcis()
    draw_locator(ax, lens, context)
    (small,) = small_maps(ax.sheet, "locator")
    x0, y0, x1, y1 = context.total_bounds
    (left, right), (bottom, top) = small.get_xlim(), small.get_ylim()
    assert (left <= x0, right >= x1, bottom <= y0, top >= y1) == (True,) * 4
    box = place_mm(small)
    assert (right - left) / (box[2] - box[0]) == pytest.approx(
        (top - bottom) / (box[3] - box[1])
    )
    fills = {tuple(c.get_facecolor()[0][:3].round(2)) for c in small.collections}
    assert len(fills) == 2


def full(scale_of=1.0):
    """A square page filled by its unit: every corner of the frame holds data."""
    units = block(20_000 * scale_of, 20_000 * scale_of)
    return bm.page(units, title="x", paper=(175, 128), legend="right")


def test_where_every_corner_holds_data_the_locator_goes_to_the_legend():
    fig, ax = full()
    bm.draw_outlines(ax, block(20_000, 20_000), label="limite")
    draw_locator(ax, block(20_000, 20_000), block(200_000, 90_000))
    bm.draw_legend(ax)
    (small,) = small_maps(fig, "locator")
    assert inside(place_mm(small), edges(ax.plan.strip))
    texts = [in_mm(fig, text) for text in legend_texts(fig)]
    assert all(overlap(place_mm(small), box) < 0.1 for box in texts)


def test_a_unit_that_is_hardly_seen_is_circled(ax, lens):
    draw_locator(ax, lens.loc[["62498"]], bm.epcis())
    (small,) = small_maps(ax.sheet, "locator")
    (circle,) = [p for p in small.patches if hasattr(p, "radius")]
    assert lens.loc[["62498"]].covers(
        shapely.Point(circle.center)
    ).all() or shapely.Point(circle.center).distance(
        lens.geometry["62498"]
    ) == pytest.approx(0)


def test_without_units_the_locator_shows_the_frame_of_the_map(ax):
    draw_locator(ax, None, bm.epcis())
    (small,) = small_maps(ax.sheet, "locator")
    (frame,) = [p for p in small.patches if isinstance(p, Rectangle)]
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    assert frame.get_bbox().extents == pytest.approx([x0, y0, x1, y1])


def test_a_locator_that_cannot_be_true_is_refused(ax, lens):
    with pytest.raises(bm.errors.DataError, match="context lies elsewhere"):
        draw_locator(ax, lens, block(1_000, 1_000, x=300_000))
    with pytest.raises(bm.errors.CRSError, match="degrees"):
        draw_locator(ax, lens, bm.epcis().to_crs(4326))
    bm.draw_outlines(ax, lens, label="limite")
    bm.draw_legend(ax)
    with pytest.raises(bm.errors.DataError, match="legend is drawn already"):
        draw_locator(ax, lens, bm.epcis())


# --- insets ---------------------------------------------------------------------------


def drawn_inset(ax, lens, area, **options):
    draw_inset(ax, area, lambda inset: bm.draw_outlines(inset, lens), **options)
    (small,) = small_maps(ax.sheet, "inset")
    return small


@pytest.mark.parametrize("scale", [None, 60_000, 55_555])
def test_an_inset_has_the_scale_that_is_written_under_it(ax, lens, scale):
    bm.draw_outlines(ax, lens)
    small = drawn_inset(ax, lens, lens.loc[["62133"]], scale=scale, title="Le centre")
    box = place_mm(small)
    (left, right), (bottom, top) = small.get_xlim(), small.get_ylim()
    measured = (right - left) * 1000 / (box[2] - box[0])
    assert measured == pytest.approx((top - bottom) * 1000 / (box[3] - box[1]))
    if scale:
        assert measured == pytest.approx(scale)
    (caption,) = [t for t in small.texts if t.get_gid() == "inset-caption"]
    written = f"{measured:,.0f}".replace(",", "\u202f")
    assert caption.get_text() == f"Le centre – 1\u00a0:\u00a0{written}"
    x0, y0, x1, y1 = lens.loc[["62133"]].total_bounds
    assert (left <= x0, right >= x1, bottom <= y0, top >= y1) == (True,) * 4


def test_the_box_on_the_map_is_what_the_inset_shows(ax, lens):
    small = drawn_inset(ax, lens, lens.loc[["62133"]])
    (extent,) = [p for p in ax.patches if p.get_gid() == "extent"]
    (left, right), (bottom, top) = small.get_xlim(), small.get_ylim()
    assert extent.get_bbox().extents == pytest.approx([left, bottom, right, top])


def test_the_entries_and_credits_of_an_inset_join_those_of_the_page_once(
    ax, lens, rate
):
    classes = bm.classify(rate, k=3)

    def layers(inset):
        bm.draw_choropleth(inset, lens, classes)
        bm.draw_outlines(inset, lens, label="limite de commune")

    bm.draw_choropleth(ax, lens, classes)
    before = len(ax.blocks)
    draw_inset(ax, lens.loc[["62133"]], layers)
    kinds = [type(block).__name__ for block in ax.blocks]
    assert kinds.count("ClassesBlock") == 1
    assert kinds.count("KeyBlock") == 1
    assert len(ax.blocks) - before in (1, 2)  # the key, and the inset in the strip
    assert "".join(ax.grounds)


def test_where_every_corner_holds_data_the_inset_goes_to_the_legend():
    fig, ax = full()
    units = block(20_000, 20_000)
    bm.draw_outlines(ax, units, label="limite")
    small = drawn_inset(ax, units, block(4_000, 3_000), title="Le centre de Lens")
    bm.draw_legend(ax)
    box, strip = place_mm(small), edges(ax.plan.strip)
    assert inside(box, strip)
    (left, right) = small.get_xlim()
    measured = (right - left) * 1000 / (box[2] - box[0])
    assert measured == pytest.approx(small.plan.scale)
    captions = [in_mm(fig, t) for t in small.texts if t.get_gid() == "inset-caption"]
    assert all(inside(caption, strip, eps=0.2) for caption in captions)
    for text in legend_texts(fig):
        assert all(overlap(in_mm(fig, text), c) < 0.3 for c in captions)


@pytest.mark.parametrize(
    ("area", "options", "said"),
    [
        (block(1_000, 1_000, x=300_000), {}, "outside the map"),
        (block(30_000, 30_000), {}, "hardly more than the map.*smaller area"),
        (block(2_000, 2_000), {"scale": 110_000}, "hardly more than the map"),
        (block(2_000, 2_000), {"scale": 1_000}, r"no room: write scale=\d+ or more"),
        (block(2_000, 2_000), {"scale": float("nan")}, "an inset at 1:nan"),
    ],
    ids=["outside", "too-large", "same-scale", "no-room", "nan"],
)
def test_an_inset_that_shows_nothing_new_is_refused(ax, lens, area, options, said):
    with pytest.raises(bm.errors.DataError, match=said):
        drawn_inset(ax, lens, area, **options)


# --- exits ----------------------------------------------------------------------------


def test_an_arrow_points_at_the_town_from_where_it_is(ax):
    assert draw_exits(ax, towns={"Lille": (3.06, 50.63)}) == 1
    (text,) = [t for t in ax.texts if t.get_gid() == "exit"]
    assert text.get_text() == "Vers Lille"
    (arrow,) = [p for p in ax.patches if isinstance(p, Polygon)]
    points = arrow.get_xy()[:-1]
    town = np.array([704_250.0, 7_059_210.0])  # Lille, by IGN's Circé, to 100 m
    tip = points[np.argmin(np.hypot(*(points - town).T))]
    tail = points[np.argmax(np.hypot(*(points - town).T))]
    heading, wanted = tip - tail, town - tip
    cosine = heading @ wanted / np.hypot(*heading) / np.hypot(*wanted)
    assert cosine > 0.998


def test_exits_stay_in_the_frame_apart_and_off_the_units(ax, lens):
    bm.draw_outlines(ax, lens)
    count = draw_exits(ax)
    texts = [t for t in ax.texts if t.get_gid() == "exit"]
    assert len(texts) == count
    assert 3 <= count <= 5
    boxes = [in_mm(ax.sheet, text) for text in texts]
    frame = edges(ax.plan.frame)
    assert all(inside(box, frame) for box in boxes)
    for box, other in itertools.combinations(boxes, 2):
        assert overlap(box, other) < 0
    for box in boxes:
        middle = (box.reshape(2, 2) - frame[:2]).mean(axis=0)
        point = shapely.Point(ax.to_metres(middle))
        assert not lens.covers(point).any()


@pytest.mark.parametrize("most", [0, 1, 2])
def test_no_more_exits_than_asked_are_written(ax, most):
    assert draw_exits(ax, most=most) == most


def test_a_town_in_the_frame_is_no_exit(ax):
    assert draw_exits(ax, towns={"Lens": (2.83, 50.43)}) == 0


def test_metres_given_for_degrees_are_refused(ax):
    with pytest.raises(bm.errors.DataError, match=r"1 town\(s\).*'Lille'"):
        draw_exits(ax, towns={"Lille": (704_000.0, 7_059_000.0)})


# --- logos ----------------------------------------------------------------------------


@pytest.fixture
def logos(tmp_path):
    paths = [tmp_path / "wide.png", tmp_path / "square.jpg"]
    Image.new("RGBA", (300, 100), "#b3123f80").save(paths[0])
    Image.new("CMYK", (80, 80)).save(paths[1])
    return paths


def test_logos_stand_right_of_the_title_with_their_own_proportions(ax, logos):
    draw_logos(ax, logos, height_mm=9)
    boxes = [in_mm(ax.sheet, image) for image in ax.sheet.paper.images]
    ratios = sorted((b[2] - b[0]) / (b[3] - b[1]) for b in boxes)
    assert ratios == pytest.approx([1, 3])
    assert all(b[3] - b[1] == pytest.approx(9) for b in boxes)
    assert max(b[2] for b in boxes) == pytest.approx(ax.plan.width - 10)
    assert all(inside(box, edges(ax.plan.head)) for box in boxes)
    for text, box in itertools.product(ax.sheet.paper.texts, boxes):
        assert overlap(in_mm(ax.sheet, text), box) < 0
    assert overlap(*boxes) < 0


@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
def test_beside_a_long_title_logos_go_above_the_scale_bar(lens, logos, orientation):
    title = "Taux de vacance des logements en 2021 dans la CA de Lens-Liévin, " * 2
    fig, ax = bm.page(lens, title=title, orientation=orientation)
    bm.draw_outlines(ax, lens, label="limite")
    draw_logos(ax, logos, height_mm=12)
    with_keys(ax, lens, 4)
    bm.draw_furniture(ax, author="Mission", date=DAY)
    bm.draw_legend(ax)
    boxes = [in_mm(fig, image) for image in fig.paper.images]
    strip = edges(ax.plan.strip)
    assert all(inside(box, strip) for box in boxes)
    for text, box in itertools.product(fig.paper.texts, boxes):
        assert overlap(in_mm(fig, text), box) < 0.1, text.get_text()
    assert all(overlap(box, edges(ax.plan.footer)) < 0 for box in boxes)


def test_a_sheet_with_logos_has_the_same_bytes_when_it_is_saved_again(lens, logos):
    def saved():
        fig, ax = bm.page(lens, title="x")
        draw_logos(ax, logos)
        buffer = io.BytesIO()
        fig.savefig(buffer, format="pdf")
        return buffer.getvalue()

    assert saved() == saved()


def test_what_is_no_logo_is_refused_with_its_path(ax, tmp_path):
    svg, torn, void = (tmp_path / name for name in ("a.svg", "torn.png", "void.jpg"))
    svg.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    Image.new("RGB", (500, 500), "#123456").save(torn)
    torn.write_bytes(torn.read_bytes()[:400])
    void.write_bytes(b"")
    for path in (svg, torn, void):
        with pytest.raises(bm.errors.DataError, match=f"{path.name}: no readable PNG"):
            draw_logos(ax, [path])
    with pytest.raises(bm.errors.DataError, match=r"none\.png: no such file"):
        draw_logos(ax, [tmp_path / "none.png"])
    assert not ax.sheet.paper.images


def test_logos_that_would_be_unreadable_or_too_late_are_refused(ax, lens, logos):
    with pytest.raises(bm.errors.DataError, match="no logo"):
        draw_logos(ax, [])
    with pytest.raises(bm.errors.DataError, match="no height"):
        draw_logos(ax, logos, height_mm=0)
    with pytest.raises(bm.errors.DataError, match="30 logos do not fit"):
        draw_logos(ax, logos * 15)
    bm.draw_outlines(ax, lens, label="limite")
    bm.draw_legend(ax)
    with pytest.raises(bm.errors.DataError, match="before draw_legend"):
        draw_logos(ax, logos)


def test_a_histogram_of_few_values_is_left_out_and_told():
    units = bm.communes(epci="call")
    values = pd.Series([1.0, 2.0, 3.0, 4.0] * 9, units.index, name="v")
    _, ax = bm.page(units, title="t", ground=False)
    bm.draw_choropleth(ax, units, bm.classify(values, breaks=[2, 3]))
    told = r"histogram: 4 distinct value\(s\), under 12.*left out; drop histogram="
    with pytest.warns(bm.errors.BasinmapWarning, match=told):
        bm.draw_legend(ax, histogram=values)
