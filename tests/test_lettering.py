"""Letters at a known place: where they are said to be, and still text."""

import io
import re
import warnings

import numpy as np
import pypdf
import pypdfium2
import pytest
from matplotlib.font_manager import get_font
from matplotlib.ft2font import LoadFlags
from matplotlib.text import Text
from PIL import Image

import basinmap as bm
from basinmap.maps.look.lettering import Lettering, letter
from basinmap.maps.look.themes import faces_of, font, measured, settings

POINTS = 40.0


@pytest.fixture
def blank():
    """A page of 140 × 100 mm whose unit is the millimetre, and nothing on it."""
    fig, ax = bm.page(bm.communes(epci="call"), title="T", paper=(140, 100))
    ax.remove()
    for text in fig.paper.texts:
        text.remove()
    return fig


def ink(fig, kind, dpi=300):
    """Left, top, right, bottom of what is red, in points from the top left corner."""
    drawn = io.BytesIO()
    fig.savefig(drawn, format=kind, dpi=dpi)
    if kind == "pdf":
        page = pypdfium2.PdfDocument(drawn.getvalue())[0]
        image = page.render(scale=dpi / 72).to_pil()
    else:
        image = Image.open(drawn)
    pixels = np.asarray(image.convert("RGB")).astype(int)
    rows, columns = np.nonzero((pixels[..., 0] > 150) & (pixels[..., 1] < 100))
    box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    return np.array(box) * 72 / dpi


def red(fig, text, **options):
    style = font("Fira Sans", POINTS)
    common = {"font": style, "color": "#ff0000", "ha": "left", "va": "baseline"}
    with settings():
        return letter(fig.paper, 50, 40, text, **{**common, **options})


@pytest.mark.parametrize("kind", ["png", "pdf"])
@pytest.mark.parametrize(("ha", "before"), [("left", 0), ("center", 0.5), ("right", 1)])
def test_a_line_stands_on_its_baseline_at_its_side(blank, kind, ha, before):
    red(blank, "H", ha=ha)
    left, top, right, bottom = ink(blank, kind)
    x, y = 50 / 25.4 * 72, (100 - 40) / 25.4 * 72
    assert bottom == pytest.approx(y, abs=0.6)
    assert bottom - top == pytest.approx(0.689 * POINTS, abs=0.6)  # capitals of Fira
    middle = {0: left, 0.5: (left + right) / 2, 1: right}[before]
    # Beside its ink a letter has a little white, which counts in its width.
    assert middle == pytest.approx(x, abs=0.12 * POINTS)


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_lines_of_a_name_are_apart_by_the_leading_around_their_middle(blank, kind):
    one = ink(blank, kind) if red(blank, "x", va="center") else None
    blank.paper.texts[0].remove()
    red(blank, "x\nx", va="center")
    two = ink(blank, kind)
    assert two[3] - two[1] - (one[3] - one[1]) == pytest.approx(1.08 * POINTS, abs=0.6)
    assert (two[1] + two[3]) / 2 == pytest.approx((one[1] + one[3]) / 2, abs=0.6)


@pytest.mark.parametrize(("kind", "dpi"), [("png", 150), ("png", 300), ("pdf", 300)])
def test_a_halo_is_as_wide_in_every_file(blank, kind, dpi):
    red(blank, "l")
    bare = ink(blank, kind, dpi)
    blank.paper.texts[0].remove()
    red(blank, "l", halo=4.0)
    haloed = ink(blank, kind, dpi)
    assert bare[0] - haloed[0] == pytest.approx(2.0, abs=0.5)
    assert haloed[2] - bare[2] == pytest.approx(2.0, abs=0.5)


def test_letters_stay_text_and_a_halo_does_not_double_them(blank):
    red(blank, "Éleu-dit-\nLeauwette", halo=2.0, va="center")
    red(blank, "Éleu-dit-\nLeauwette", va="center")
    saved = io.BytesIO()
    blank.savefig(saved, format="pdf")
    text = pypdf.PdfReader(saved).pages[0].extract_text().replace("\u200b", "")
    assert text.split() == ["Éleu-dit-", "Leauwette"]
    saved = io.BytesIO()
    blank.savefig(saved, format="svg")
    assert re.findall(r">([^<>]*\w[^<>]*)</text>", saved.getvalue().decode()) == [
        "Éleu-dit-",
        "Leauwette",
    ]


@pytest.mark.parametrize(
    "options",
    [
        {"rotation": 30},
        {"va": "top"},
        {"text": "deux\nlignes"},
        {"bbox": {"fc": "white"}},
        {"va": "center_baseline"},
    ],
)
def test_what_only_matplotlib_lays_out_is_left_to_it(blank, options):
    text = options.pop("text", "Hx")
    written = red(blank, text, **options)
    assert isinstance(written, Lettering)
    found = ink(blank, "png")
    written.remove()
    style = {"font": font("Fira Sans", POINTS), "color": "#ff0000", **options}
    with settings():
        blank.paper.add_artist(
            Text(50, 40, text, transform=blank.paper.transData, **style)
        )
    np.testing.assert_allclose(found, ink(blank, "png"), atol=0.3)


def test_a_text_out_of_the_frame_of_a_map_is_cut():
    fig, ax = bm.page(bm.communes(epci="call"), title="T", paper=(140, 100))
    (x0, _), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    style = {"font": font("Fira Sans", POINTS), "color": "#ff0000", "ha": "center"}
    with settings():
        letter(ax, x0, (y0 + y1) / 2, "HHH", clip_on=True, **style)
    edge = ax.plan.frame[0] / 25.4 * 72
    assert ink(fig, "png")[0] == pytest.approx(edge, abs=0.5)


def test_axes_without_ticks_take_those_of_who_asks_for_them():
    fig, ax = bm.page(bm.communes(epci="call"), title="T")
    (left, right), (low, _) = ax.get_xlim(), ax.get_ylim()
    ax.set_xlabel("est")
    ax.set_xticks([left, right])
    ax.set_yticks([low], ["bas"])
    ax.ticklabel_format(axis="x", useOffset=False)
    ax.set_title("carte")
    ax.twinx().plot([left, right], [0, 1])
    picture = ax.imshow(np.eye(2), extent=(left, left + 900, low, low + 900))
    fig.colorbar(picture, ax=ax)
    fig.savefig(saved := io.BytesIO(), format="svg")
    texts = re.findall(r"<text[^>]*>([^<]+)</text>", saved.getvalue().decode())
    assert {"est", "bas", "carte", f"{left:.0f}"} <= set(texts)
    assert ax.xaxis.label.get_text() == "est"
    fig.paper.axis("on")
    fig.paper.set_xticks([50], ["à 50 mm"])
    assert "à 50 mm" in {text.get_text() for text in fig.findobj(Text)}
    fig.savefig(io.BytesIO(), format="pdf")
    ax.clear()
    assert ax.get_xlabel() == ""
    assert len(ax.get_xticks()) > 2


def test_texts_of_one_look_share_nothing_that_changes(blank):
    first, second, third = (red(blank, sign) for sign in "abc")
    second.set_fontsize(7)
    second.set_color("#00ff00")
    second.set_visible(False)
    assert [text.get_fontsize() for text in (first, third)] == [POINTS, POINTS]
    assert third.get_color() == first.get_color() == "#ff0000"
    assert third.get_visible()
    second.remove()
    assert list(blank.paper.texts)[-2:] == [first, third]
    blank.paper.clear()
    last = red(blank, "d")
    last.remove()
    assert not blank.paper.texts


@pytest.mark.filterwarnings("ignore:Glyph .* missing from font")
@pytest.mark.parametrize(
    ("family", "weight"),
    [("Fira Sans", 400), ("Fira Sans", 700), ("Fira Sans Condensed", 500)],
)
def test_a_line_measured_pair_by_pair_is_as_long_as_laid_out(family, weight):
    faces = tuple(faces_of(font(family, 9, weight=weight)))
    face = get_font(list(faces))
    names = [*bm.communes(epci="call")["name"], *bm.epcis()["name"]]
    said = [
        "L’Étoile, 1ᵉʳ",
        "« AVANT »\u00a0: −3,2\u202f%",
        "œuf ffi fl fj",
        "T\u0301o",
    ]
    for line in [*names, *said]:
        face.set_size(1000, 72)
        with warnings.catch_warnings():
            # A face without the accent that is set on a letter says so; both ways do.
            warnings.simplefilter("ignore", UserWarning)
            spots = face.set_text(line, flags=LoadFlags.NO_HINTING)
            whole = face.get_width_height()[0] / 64
            starts, width = measured(line, faces)
        assert list(starts) == (spots[:, 0] / 64).tolist()
        assert width == whole
