"""The sheet: paper in millimetres, a scale that is true, a frame that holds all."""

import io
import itertools
import re

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pypdf
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import style
from PIL import Image

import basinmap as bm
from basinmap.maps.look.themes import PRINT
from basinmap.maps.look.themes import settings as print_settings
from basinmap.maps.paper.layouts import PAPERS, rounded_up


def told_or_typed(message):
    """Match the words of the verb, or those of the door that all share."""
    return rf"{message}|is of no use here; pass"


SHORT = {
    "A5": (148, 210),
    "A4": (210, 297),
    "A3": (297, 420),
    "A2": (420, 594),
    "A1": (594, 841),
    "A0": (841, 1189),
}
X, Y = 686_000.0, 7_037_000.0  # Lens


def block(width, height, *, x=X, y=Y):
    """One rectangle of that many metres, as units."""
    half = (width / 2, height / 2)
    box = shapely.box(x - half[0], y - half[1], x + half[0], y + half[1])
    return gpd.GeoDataFrame({"name": ["a"]}, geometry=[box], crs=2154, index=["a"])


def on_paper(fig, ax, points):
    """Millimetres on the page, through matplotlib's own transform and the dpi."""
    return ax.transData.transform(points) / fig.dpi * 25.4


def extent_mm(fig, text):
    with print_settings():
        box = text.get_window_extent(fig.canvas.get_renderer())
    return np.array(box.extents) / fig.dpi * 25.4


def written(fig, gid):
    return [text for text in fig.paper.texts if text.get_gid() == gid]


def apart(first, second):
    """Whether two rectangles (x, y, width, height) share no surface."""
    ax, ay, aw, ah = first
    bx, by, bw, bh = second
    return ax + aw <= bx or bx + bw <= ax or ay + ah <= by or by + bh <= ay


def within(inner, outer):
    ix, iy, iw, ih = inner
    ox, oy, ow, oh = outer
    eps = 1e-9
    return (
        ix >= ox - eps
        and iy >= oy - eps
        and ix + iw <= ox + ow + eps
        and iy + ih <= oy + oh + eps
    )


@pytest.fixture(scope="module")
def lens():
    return bm.communes(epci="246200364")


# --- size -----------------------------------------------------------------------------


def test_papers_are_those_of_iso_216():
    assert dict(PAPERS) == SHORT


@pytest.mark.parametrize("paper", SHORT)
@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
def test_the_figure_has_the_size_of_its_paper(paper, orientation):
    short, long = SHORT[paper]
    size = (long, short) if orientation == "landscape" else (short, long)
    fig, ax = bm.page(
        block(9_000, 8_000), title="x", paper=paper, orientation=orientation
    )
    assert fig.get_size_inches() * 25.4 == pytest.approx(size)
    assert (ax.plan.paper, ax.plan.width, ax.plan.height) == (paper, *size)


@pytest.mark.parametrize(
    ("paper", "orientation", "size"),
    [
        ("half-column", "auto", (85, 120)),
        ("half-column", "portrait", (85, 120)),
        ((160, 90), "auto", (160, 90)),
        ((160, 90), "portrait", (90, 160)),
        ((90.5, 160.25), "landscape", (160.25, 90.5)),
    ],
)
def test_a_figure_of_a_document_has_the_size_it_was_given(paper, orientation, size):
    units = block(9_000, 8_000)
    fig, ax = bm.page(units, title="x", paper=paper, orientation=orientation)
    buffer = io.BytesIO()
    fig.savefig(buffer, format="pdf")
    (sheet,) = pypdf.PdfReader(buffer).pages
    mm = [float(side) / 72 * 25.4 for side in sheet.mediabox[2:]]
    assert mm == pytest.approx(size, abs=0.01)
    assert (ax.plan.width, ax.plan.height) == size


@pytest.mark.parametrize(
    ("paper", "times"),
    [("A5", 1), ("A4", 1), ("A3", 1), ("A2", 1.4), ("A1", 2), ("A0", 2.8)],
)
def test_type_margin_and_strip_of_a_poster_grow_with_the_paper(paper, times):
    _, ax = bm.page(
        block(9_000, 9_000), title="x", paper=paper, orientation="landscape"
    )
    assert ax.plan.theme.title == pytest.approx(16 * times)
    assert ax.plan.theme.label == pytest.approx(6.6 * times)
    assert ax.plan.theme.margin == pytest.approx(10 * times)
    assert ax.plan.strip[2] == pytest.approx(60 * times)
    assert ax.plan.zoom == pytest.approx(times)


def test_a_half_column_has_its_own_small_type_and_hardly_a_margin():
    _, ax = bm.page(block(9_000, 9_000), title="x", paper="half-column")
    assert ax.plan.theme.body < 7
    assert ax.plan.frame[2] >= 80
    _, mine = bm.page(block(9_000, 9_000), title="x", paper="half-column", theme=PRINT)
    assert mine.plan.theme == PRINT


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A black square of 10 km, as it was saved in the two formats of print."""
    square = block(10_000, 10_000)
    fig, ax = bm.page(
        square,
        title="Carré de dix kilomètres en 2026",
        scale=100_000,
        ground=False,
        orientation="landscape",
    )
    bm.draw_outlines(ax, square, fill="#000000", color="#000000", width=0.0)
    folder = tmp_path_factory.mktemp("saved")
    fig.savefig(folder / "a.pdf")
    fig.savefig(folder / "a.png")
    return folder, ax


def test_the_saved_pdf_is_a_sheet_of_a4(saved):
    folder, _ = saved
    (page,) = pypdf.PdfReader(folder / "a.pdf").pages
    size = [float(side) / 72 * 25.4 for side in page.mediabox[2:]]
    assert size == pytest.approx([297, 210], abs=0.1)


def test_the_saved_png_has_the_pixels_of_a4_at_300_dpi(saved):
    folder, _ = saved
    with Image.open(folder / "a.png") as image:
        assert image.size == (pytest.approx(3507, abs=1), pytest.approx(2480, abs=1))
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)


def test_ten_kilometres_measure_ten_centimetres_in_the_saved_picture(saved):
    folder, ax = saved
    x, y, width, height = (side / 25.4 * 300 for side in ax.plan.frame)
    with Image.open(folder / "a.png") as image:
        top = image.height - y - height
        frame = image.convert("L").crop(
            [round(v) for v in (x + 6, top + 6, x + width - 6, top + height - 6)]
        )
    black = np.asarray(frame) < 128
    columns, rows = (np.flatnonzero(black.any(axis=axis)) for axis in (0, 1))
    pixels = [columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1]
    assert pixels == pytest.approx([100 / 25.4 * 300] * 2, abs=1.5)


# --- scale ----------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [None, 150_000, 123_456])
@pytest.mark.parametrize("step", [(10_000, 0), (0, 10_000), (6_000, 8_000)])
def test_ten_kilometres_on_the_ground_are_ten_kilometres_over_the_scale(
    lens, scale, step
):
    fig, ax = bm.page(lens, title="Lens-Liévin en 2026", scale=scale)
    if scale:
        assert ax.plan.scale == scale
    first, second = on_paper(fig, ax, [(X, Y), (X + step[0], Y + step[1])])
    expected = 10_000 * 1000 / ax.plan.scale
    assert np.hypot(*(second - first)) == pytest.approx(expected, rel=1e-9)


def test_millimetres_in_the_frame_go_both_ways_and_agree_with_matplotlib(lens):
    fig, ax = bm.page(lens, title="Lens-Liévin en 2026")
    points = np.array([[X, Y], [X - 3_000, Y + 1_500]])
    mm = ax.to_mm(points)
    assert ax.to_metres(mm) == pytest.approx(points)
    assert on_paper(fig, ax, points) - ax.plan.frame[:2] == pytest.approx(mm)


@settings(max_examples=20, deadline=None)
@given(
    width=st.floats(1, 500_000),
    height=st.floats(1, 500_000),
    paper=st.sampled_from([*sorted(SHORT), "half-column", (160.0, 110.0)]),
    orientation=st.sampled_from(["auto", "portrait"]),
    title=st.integers(1, 120),
)
def test_whatever_the_territory_it_is_whole_in_a_frame_that_nothing_covers(
    width, height, paper, orientation, title
):
    units = block(width, height)
    words = ("Vacance en 2021 " * 8)[:title]
    fig, ax = bm.page(units, title=words, paper=paper, orientation=orientation)
    plan = ax.plan
    xmin, ymin, xmax, ymax = units.total_bounds
    low, high = on_paper(fig, ax, [(xmin, ymin), (xmax, ymax)])
    territory = (*low, *(high - low))
    assert within(territory, plan.frame)
    sheet = (0, 0, plan.width, plan.height)
    parts = (plan.frame, plan.strip, plan.footer, plan.head)
    assert all(within(part, sheet) for part in parts)
    assert all(apart(a, b) for a, b in itertools.combinations(parts, 2))
    assert min(side for part in parts for side in part[2:]) > 7


@pytest.mark.parametrize("size", [5, 500, 20_000, 500_000])
def test_a_unit_of_five_metres_and_one_of_five_hundred_kilometres_both_work(size):
    units = block(size, size)
    _, ax = bm.page(units, title="x")
    bm.draw_outlines(ax, units, label="limite")
    x0, x1 = ax.get_xlim()
    assert x1 - x0 == pytest.approx(ax.plan.frame[2] * ax.plan.scale / 1000)
    assert x1 - x0 > size


def test_the_default_scale_is_round_and_the_territory_fills_its_frame(lens):
    _, ax = bm.page(lens, title="Lens-Liévin en 2026")
    xmin, ymin, xmax, ymax = lens.total_bounds
    sides = np.array([xmax - xmin, ymax - ymin]) * 1000 / ax.plan.scale
    filled = (sides / ax.plan.frame[2:]).max()
    assert 0.8 < filled <= 1
    assert ax.plan.scale % 1_000 == 0


# --- arrangement ----------------------------------------------------------------------


def test_a_wide_territory_lies_down_with_its_legend_below():
    _, ax = bm.page(block(110_000, 30_000), title="Bassin minier en 2026")
    assert ax.plan.width > ax.plan.height
    assert ax.plan.strip[1] + ax.plan.strip[3] <= ax.plan.frame[1]


def test_a_tall_territory_stands():
    _, ax = bm.page(block(30_000, 60_000), title="x")
    assert ax.plan.height > ax.plan.width


@pytest.mark.parametrize("sides", [(110, 30), (30, 110), (25, 20), (20, 20)])
def test_auto_never_shows_the_territory_smaller_than_a_forced_orientation(sides):
    units = block(sides[0] * 1000, sides[1] * 1000)
    scales = {
        turn: bm.page(units, title="x", orientation=turn)[1].plan.scale
        for turn in ("auto", "landscape", "portrait")
    }
    assert scales["auto"] == min(scales.values())


def test_the_strip_below_is_as_deep_as_it_is_asked_to_be():
    units = block(110_000, 30_000)
    frames = {}
    for depth in (20, 30, 52, 80):
        _, ax = bm.page(units, title="x", legend="below", legend_mm=depth)
        assert ax.plan.strip[3] == depth
        frames[depth] = ax.plan.frame[3]
    assert frames[20] - frames[80] == pytest.approx(60)
    _, default = bm.page(units, title="x", legend="below")
    assert default.plan.strip[3] == 52


def test_a_strip_at_the_right_that_is_broad_has_two_columns():
    units = block(9_000, 9_000)
    for width, columns in ((40, 1), (60, 1), (125, 2)):
        _, ax = bm.page(
            units,
            title="x",
            legend="right",
            legend_mm=width,
            orientation="landscape",
        )
        assert (ax.plan.strip[2], ax.plan.columns) == (width, columns)


@pytest.mark.parametrize("place", ["right", "below"])
def test_the_legend_is_where_it_is_asked_for(place):
    _, ax = bm.page(block(20_000, 20_000), title="x", legend=place)
    right = ax.plan.strip[0] >= ax.plan.frame[0] + ax.plan.frame[2]
    assert right == (place == "right")


# --- refusals -------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [0, -5, float("nan"), float("inf")])
def test_what_is_no_denominator_is_refused(lens, scale):
    with pytest.raises(bm.errors.DataError, match=r"scale=.*denominator"):
        bm.page(lens, title="x", scale=scale)


@pytest.mark.parametrize("scale", [1_000, 100_000 - 1])
def test_a_scale_too_large_is_refused_and_the_one_it_names_is_accepted(lens, scale):
    with pytest.raises(bm.errors.DataError, match="do not fit on A4") as caught:
        bm.page(lens, title="x", scale=scale)
    named = float(re.search(r"write scale=(\S+) or more", str(caught.value)).group(1))
    _, ax = bm.page(lens, title="x", scale=named)
    assert ax.plan.scale == named


def test_an_infinite_scale_is_refused(lens):
    with pytest.raises(bm.errors.DataError, match="scale"):
        bm.page(lens, title="x", scale=float("inf"))


def test_an_unknown_paper_is_refused_with_those_there_are(lens):
    with pytest.raises(
        bm.errors.DataError, match=r"unknown paper 'A7'; .*A5, A4.*A0, half-column"
    ):
        bm.page(lens, title="x", paper="A7")


def test_an_unknown_orientation_is_refused(lens):
    with pytest.raises(bm.errors.DataError, match="diagonal"):
        bm.page(lens, title="x", orientation="diagonal")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"legend": "left"}, "unknown legend 'left'; choose among auto, right, below"),
        ({"legend_mm": 40}, "add legend='right', legend='below'"),
        ({"legend": "below", "legend_mm": float("nan")}, "give millimetres"),
        ({"legend": "below", "legend_mm": 5}, "need 18; write legend_mm=18 or more"),
        ({"legend": "right", "legend_mm": 20}, "write legend_mm=40 or more"),
        ({"paper": (0, 100)}, r"paper=\(0, 100\): give width and height in mm"),
        ({"paper": (float("nan"), 100)}, "give width and height in mm"),
        ({"paper": (100, 9_999)}, "give width and height in mm"),
        ({"paper": (1, 2, 3)}, r"paper: .*\(a number, a number\)"),
        ({"paper": "half-column", "orientation": "landscape"}, r"paper=\(85, 60\)"),
        ({"paper": (90, 120), "legend": "right"}, "nothing is left for the map"),
        ({"paper": (60, 40)}, "nothing is left for the map on 60 x 40 mm.*larger"),
    ],
)
def test_a_page_that_cannot_be_is_refused_with_what_to_write(lens, options, said):
    refused = (bm.errors.DataError, bm.errors.ArgumentError)
    with pytest.raises(refused, match=said):
        bm.page(lens, title="x", **options)


@pytest.mark.parametrize("legend", ["right", "below"])
def test_a_strip_that_takes_the_map_is_refused_and_the_one_it_names_accepted(
    lens, legend
):
    with pytest.raises(bm.errors.DataError, match="nothing is left") as caught:
        bm.page(lens, title="x", orientation="portrait", legend=legend, legend_mm=290)
    named = float(re.search(r"write legend_mm=(\d+) or less", str(caught.value))[1])
    _, ax = bm.page(
        lens, title="x", orientation="portrait", legend=legend, legend_mm=named - 1
    )
    assert min(ax.plan.frame[2:]) < 22


@pytest.mark.parametrize(
    ("spoilt", "error", "said"),
    [
        (lambda u: u.to_crs(4326), "CRSError", r"in degrees.*\.to_crs\(2154\)"),
        (lambda u: u.to_crs(3857), "CRSError", r"Web Mercator.*\.to_crs\(2154\)"),
        (
            lambda u: u.set_crs(None, allow_override=True),
            "CRSError",
            r"no CRS.*set_crs",
        ),
        (lambda u: u.iloc[:0], "DataError", "empty selection"),
        (lambda u: u.set_geometry([None] * len(u), crs=2154), "DataError", "extent"),
        (
            lambda u: u.drop(columns="geometry"),
            "ArgumentError",
            "a frame with outlines",
        ),
    ],
    ids=["degrees", "web-mercator", "no-crs", "empty", "no-geometry", "plain-table"],
)
def test_what_cannot_be_measured_is_refused_with_the_cure(lens, spoilt, error, said):
    with pytest.raises(
        (getattr(bm.errors, error), TypeError), match=told_or_typed(said)
    ):
        bm.page(spoilt(lens), title="x")


@pytest.mark.parametrize("box", ["tight", mpl.transforms.Bbox([[0, 0], [1, 1]])])
def test_a_cropped_page_is_refused_for_its_scale_would_be_false(lens, tmp_path, box):
    fig, _ = bm.page(lens, title="x")
    with pytest.raises(bm.errors.DataError, match=r"bbox_inches.*scale"):
        fig.savefig(tmp_path / "a.png", bbox_inches=box)
    assert not any(tmp_path.iterdir())


# --- the user's own matplotlib --------------------------------------------------------


def test_a_tight_box_in_the_settings_of_the_user_does_not_crop_the_page(lens):
    fig, _ = bm.page(lens, title="x")
    buffer = io.BytesIO()
    with mpl.rc_context({"savefig.bbox": "tight"}):
        fig.savefig(buffer, format="png", dpi=50)
    with Image.open(buffer) as image:
        width = fig.layout_mm.width / 25.4 * 50
        assert image.width == pytest.approx(width, abs=1)


def drawn_svg(lens):
    fig, ax = bm.page(lens, title="Lens-Liévin en 2026", subtitle="Contours")
    bm.draw_outlines(ax, lens, label="commune")
    bm.draw_rings(ax, bm.rings(bm.LOUVRE_LENS, distances=[5_000]))
    bm.draw_legend(ax)
    buffer = io.BytesIO()
    fig.savefig(buffer, format="svg")
    return buffer.getvalue()


def test_a_style_of_the_user_does_not_change_the_sheet(lens):
    plain = drawn_svg(lens)
    with style.context(["ggplot", "dark_background"]):
        assert drawn_svg(lens) == plain


def test_saving_accepts_metadata_none_as_matplotlib_does(lens):
    fig, _ = bm.page(lens, title="x")
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=30, metadata=None)
    assert buffer.getvalue().startswith(b"\x89PNG")


@pytest.mark.parametrize("suffix", ["jpg", "tif", "webp"])
def test_a_sheet_can_be_saved_as_a_picture_of_another_format(lens, tmp_path, suffix):
    fig, _ = bm.page(lens, title="x")
    with pytest.warns(bm.errors.BasinmapWarning, match="alternative text"):
        fig.savefig(tmp_path / f"a.{suffix}", dpi=30)
    with Image.open(tmp_path / f"a.{suffix}") as image:
        assert image.width == pytest.approx(fig.layout_mm.width / 25.4 * 30, abs=1)


# --- title ----------------------------------------------------------------------------


def test_the_title_is_set_in_french_typography(lens):
    fig, _ = bm.page(lens, title="L'habitat : état des lieux 2026", subtitle="l'essai")
    (title,), (subtitle,) = written(fig, "title"), written(fig, "subtitle")
    assert title.get_text() == "L’habitat\u00a0: état des lieux 2026"
    assert subtitle.get_text() == "l’essai"


@pytest.mark.parametrize("gid", ["title", "subtitle"])
@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
@pytest.mark.parametrize("length", [60, 90, pytest.param(200)])
def test_a_long_title_stays_on_the_page(lens, gid, orientation, length):
    words = ("Taux de vacance des logements, " * 10)[:length].strip()
    given_texts = {"title": "x", "subtitle": "y", gid: words}
    fig, _ = bm.page(lens, orientation=orientation, **given_texts)
    shown = written(fig, gid)
    assert "".join(text.get_text() for text in shown).replace(" ", "").replace(
        "\n", ""
    ) == words.replace(" ", "")
    for text in shown:
        left, bottom, right, top = extent_mm(fig, text)
        assert left >= 0
        assert right <= fig.layout_mm.width
        assert bottom >= fig.layout_mm.frame[1] + fig.layout_mm.frame[3]
        assert top <= fig.layout_mm.height


def test_a_title_with_a_line_end_is_written_without_a_missing_glyph(lens):
    fig, _ = bm.page(lens, title="Vacance\nen 2026")
    fig.canvas.draw()  # a missing glyph would warn


# --- signs that a font lacks ----------------------------------------------------------


@pytest.mark.parametrize("words", ["مدينة لانس", "עיר", "Lens ☺ → ≥ ½"])
def test_signs_that_the_fallback_has_are_printed_without_a_word(lens, tmp_path, words):
    fig, _ = bm.page(lens, title=words)
    fig.savefig(tmp_path / "a.png", dpi=30)


@pytest.mark.filterwarnings("ignore:Glyph")  # matplotlib's own, when it measures
@pytest.mark.parametrize("sign", ["漢", "🏘"])
@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_a_sign_that_no_font_has_is_told_never_printed_silently(
    lens, tmp_path, sign, suffix
):
    fig, _ = bm.page(lens, title=f"Lens {sign}", subtitle="Essai")
    with pytest.warns(bm.errors.BasinmapWarning, match=rf"1 text\(s\).*Lens {sign}"):
        fig.savefig(tmp_path / f"a.{suffix}", dpi=30)


def test_a_sheet_in_french_warns_of_no_sign(lens, tmp_path):
    fig, _ = bm.page(lens, title="L'œuvre : 1 234 € – 5 m² « Sin-le-Noble »")
    fig.savefig(tmp_path / "a.pdf")


@pytest.mark.parametrize("tenths", range(10, 91))
def test_a_round_scale_is_a_whole_number(tenths):
    scale = rounded_up(tenths * 10_000 - 1)
    assert scale == round(scale)
