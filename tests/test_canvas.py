"""The compact canvas: the same picture as matplotlib's, text once, faces once."""

import importlib.util
import io
import pickle
import re
import shutil
import subprocess
import zlib
from pathlib import Path as FilePath
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pikepdf
import pypdf
import pypdfium2
import pytest
import shapely
from fontTools.ttLib import TTFont
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.patches import Circle, Rectangle
from matplotlib.path import Path
from matplotlib.patheffects import Stroke
from PIL import Image

import basinmap as bm
from basinmap.maps.look.faces import face_of, set_line, subset_name
from basinmap.maps.look.lettering import letter
from basinmap.maps.look.themes import faces_of, font, settings
from basinmap.maps.paper import stack
from basinmap.maps.paper.canvas import DrawnPage
from basinmap.maps.paper.portable import PageFacts, finished
from basinmap.maps.paper.stack import LAYERS, STACK, layer_at

spec = importlib.util.spec_from_file_location(
    "shared", FilePath(__file__).with_name("shared.py")
)
shared = importlib.util.module_from_spec(spec)
spec.loader.exec_module(shared)

X, Y = 686_000.0, 7_037_000.0


def blank(**options):
    """A map of 10 km on A5 with nothing on it; its axes are in metres."""
    square = gpd.GeoDataFrame(
        {"name": ["a"]},
        geometry=[shapely.box(X, Y, X + 10_000, Y + 10_000)],
        index=["62001"],
        crs=2154,
    )
    return bm.page(square, title="Essai", paper="A5", **options)


def matplotlib_s(fig):
    """The page as matplotlib alone draws it, then finished."""
    saved = io.BytesIO()
    fig.savefig(saved, format="pdf", backend="pdf")
    return saved.getvalue()


def ours(fig):
    saved = io.BytesIO()
    fig.savefig(saved, format="pdf")
    return saved.getvalue()


def pixels(pdf, scale=2.0):
    page = pypdfium2.PdfDocument(pdf)[0]
    return page.render(scale=scale).to_numpy()[..., :3].astype(int)


def share_off(one, other):
    """Share of the pixels that differ by more than an eye sees in a line."""
    return float((np.abs(pixels(one) - pixels(other)).max(axis=2) > 40).mean())


def read(pdf):
    return pypdf.PdfReader(io.BytesIO(pdf), strict=True)


# -- what is drawn -----------------------------------------------------------------


def shapes_of(ax):
    x = np.linspace(X + 500, X + 9_500, 8)
    ax.scatter(x, np.full(8, Y + 1_000), s=60, c="#cc0000", alpha=0.5, zorder=4)
    ax.scatter(x, np.full(8, Y + 2_000), s=x / X * 80, marker="*", ec="k", zorder=4)
    ax.plot(x, np.full(8, Y + 3_000), "s--", color="#225588", lw=2, ms=5)


def hatches(ax):
    for i, hatch in enumerate(["///", "xx", "...", "ooo"]):
        corner = (X + 2_400 * i, Y)
        ax.add_patch(
            Rectangle(corner, 2_000, 5_000, fc="#ffeecc", ec="#445566", hatch=hatch)
        )
        circle = Circle(
            (corner[0] + 900, Y + 7_000), 900, fc="none", ec="k", hatch=hatch
        )
        ax.add_patch(circle)


def pictures(ax):
    ramp = np.zeros((40, 60, 4), "uint8")
    ramp[..., 0], ramp[..., 3] = np.arange(60) * 4, np.arange(40)[:, None] * 6
    box = (X, X + 6_000, Y, Y + 4_000)
    ax.imshow(ramp, extent=box, aspect="auto", zorder=1.9, interpolation="nearest")
    grey = np.linspace(0, 1, 100).reshape(10, 10)
    box = (X + 2_000, X + 9_000, Y + 3_000, Y + 9_000)
    ax.imshow(grey, extent=box, aspect="auto", alpha=0.6, cmap="gray", zorder=1.9)
    ax.pcolormesh(
        np.linspace(X + 7_000, X + 10_000, 6),
        np.linspace(Y, Y + 3_000, 6),
        np.arange(25).reshape(5, 5),
    )


def cut(ax):
    clip = Circle((X + 5_000, Y + 5_000), 3_000, transform=ax.transData)
    for i in range(5):
        line = ax.plot([X, X + 10_000], [Y + 2_000 * i, Y + 9_000 - i * 900], lw=4)
        line[0].set_clip_path(clip)
    ax.plot([X - 90_000, X + 90_000], [Y, Y + 10_000], "k", lw=3, dashes=(4, 2))
    rows = [[(X - 5e4, Y + k * 900), (X + 5e4, Y + k * 1_100)] for k in range(9)]
    ax.add_collection(LineCollection(rows, colors="#00000080", lw=1.5), autolim=False)
    hole = np.array([(0, 0), (4, 0), (4, 4), (0, 0), (1, 1), (2, 3), (3, 1), (1, 1)])
    codes = [1, 2, 2, 79, 1, 2, 2, 79]
    ax.fill([X, np.nan, X + 900], [Y, Y, Y + 900])
    path = Path(hole * 1_000 + (X + 5_000, Y + 4_000), codes)
    ax.add_collection(PathCollection([path], fc="#88aa00", ec="k"), autolim=False)


def words(ax):
    style = font("Fira Sans", 14)
    for i, turn in enumerate((0, 30, 90)):
        ax.text(
            X + 3_000 * i, Y + 1_000, "AVÉÎ (1\u202f000)", font=style, rotation=turn
        )
    letter(ax, X, Y + 6_000, "Liévin\nŒuf", font=style, halo=3.0, color="#ffcc00")
    letter(ax, X, Y + 6_000, "Liévin\nŒuf", font=style, va="center", color="k")
    boxed = {"boxstyle": "round", "fc": "#ffffff", "ec": "#ff0000"}
    ax.text(X + 4_000, Y + 7_000, "Ωμ ✓ ⇒ loin", font=style, bbox=boxed)
    drawn = ax.text(X + 4_000, Y + 9_000, "contour", font=style)
    drawn.set_path_effects([Stroke(linewidth=2, foreground="#2266aa")])


@pytest.mark.parametrize("draw", [shapes_of, hatches, pictures, cut, words])
def test_a_page_is_the_one_that_matplotlib_draws(draw):
    fig, ax = blank()
    with settings():
        draw(ax)
    assert isinstance(fig.drawn_page(), DrawnPage)
    assert share_off(ours(fig), matplotlib_s(fig)) < 2e-3
    empty, _ = blank()
    assert share_off(ours(fig), ours(empty)) > 4e-3


@pytest.fixture(scope="module")
def plate():
    """A plate of an EPCI with most of what plates have."""
    lens = bm.communes(epci="call")
    fig, ax = bm.page(lens, title="CA de Lens-Liévin : 1\u202f000 m²")
    bm.draw_neighbours(ax, bm.communes())
    rate = bm.compute("L04", bm.statistics())
    bm.draw_choropleth(ax, lens, bm.classify(rate.loc[lens.index]))
    bm.draw_outlines(ax, bm.epcis(), label="limite d'EPCI")
    bm.draw_rings(ax, bm.rings(bm.LOUVRE_LENS, distances=[2_000, 5_000]))
    bm.draw_labels(ax, lens)
    bm.draw_legend(ax, ranking=False)
    return fig, ax


def test_a_plate_is_the_one_that_matplotlib_draws_in_fewer_bytes(plate):
    fig, _ = plate
    old, new = matplotlib_s(fig), ours(fig)
    assert share_off(old, new) < 2e-3
    assert len(new) < 0.6 * len(old)


@pytest.mark.parametrize("kind", ["pdf", "png"])
def test_the_frame_of_a_map_is_drawn(kind):
    fig, ax = blank()
    saved = io.BytesIO()
    fig.savefig(saved, format=kind, dpi=144)
    shown = (
        pixels(saved.getvalue())
        if kind == "pdf"
        else np.asarray(Image.open(saved).convert("RGB")).astype(int)
    )
    x, y, width, height = (side * 144 / 25.4 for side in ax.plan.frame)
    top = len(shown) - y - height
    across = shown[round(top + height / 2), round(x) - 2 : round(x) + 3].min()
    along = shown[round(top) - 2 : round(top) + 3, round(x + width / 2)].min()
    assert max(across, along) < 230


def test_what_the_canvas_does_not_draw_is_drawn_by_matplotlib():
    fig, ax = blank()
    ax.add_patch(Circle((X, Y), 2_000, fc="r", rasterized=True))
    ax.text(X + 5_000, Y + 5_000, "مرحبا", font=font("Fira Sans", 12))
    for artist in (ax.patches[0], ax.texts[0]):
        drawn = fig.drawn_page()
        assert isinstance(drawn, bytes)
        artist.remove()
        done = finished([drawn], [PageFacts("x", alternative="Une carte.")], title="x")
        assert "Essai" in read(done).pages[0].extract_text()
    assert isinstance(fig.drawn_page(), DrawnPage)


def test_a_page_waits_for_its_file_in_another_process(plate):
    page = plate[0].drawn_page()
    assert pickle.loads(pickle.dumps(page)) == page  # noqa: S301 - our own
    assert plate[0].drawn_page() == page


def test_a_shape_that_comes_back_is_written_once():
    fig, ax = blank()
    spots = np.random.default_rng(1).random((2_000, 2)) * 9_000 + (X, Y)
    ax.scatter(*spots.T, s=4, color="#cc2200")
    page = fig.drawn_page()
    assert len(page.forms) == 1
    assert len(zlib.decompress(page.content)) < 2_000 * 40
    assert share_off(ours(fig), matplotlib_s(fig)) < 1e-3


# -- text --------------------------------------------------------------------------


def said(pdf):
    """Text as several readers find it, without what has no width."""
    found = {
        "pypdf": read(pdf).pages[0].extract_text(),
        "pdfium": pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_bounded(),
    }
    if shutil.which("pdftotext"):
        run = ["pdftotext", "-raw", "-", "-"]
        done = subprocess.run(run, input=pdf, capture_output=True, check=True)
        found["poppler"] = done.stdout.decode()
        assert "\u200b" not in found["poppler"]
    return {reader: text.replace("\u200b", "") for reader, text in found.items()}


def test_outlines_of_one_look_share_nothing_that_changes():
    lens = bm.communes(epci="call")
    fig, ax = bm.page(lens, title="T")
    for place in range(3):
        bm.draw_outlines(ax, lens.iloc[place : place + 2])
    first, second, third = ax.collections[-3:]
    second.set_array([1.0, 2.0])
    second.set_cmap("Reds")
    second.set_clim(0, 3)
    first.set_linewidth(7)
    assert third.get_cmap() != second.get_cmap()
    assert third.get_array() is None
    assert third.get_linewidth() != first.get_linewidth()
    assert len(third.get_paths()) == 2
    before = len(ax.collections)
    second.remove()
    assert ax.collections[-2:] == [first, third]
    assert len(ax.collections) == before - 1
    ax.add_collection(second)
    fig.savefig(io.BytesIO(), format="pdf")


def test_each_name_is_read_once_though_it_has_a_halo(plate):
    fig, ax = plate
    names = [t.get_text() for t in ax.texts if t.get_gid() == "name"]
    single = [name for name in names if "\n" not in name and "-" not in name]
    assert len(single) > 10
    for reader, text in said(ours(fig)).items():
        for name in single:
            assert len(re.findall(rf"(?<![\w-]){name}\b", text)) >= 1, (reader, name)
            if name not in ("Lens", "Liévin"):  # the title and the legend have them
                assert len(re.findall(rf"(?<![\w-]){name}\b", text)) == 1, (
                    reader,
                    name,
                )
    assert "1\u202f000 m²" in said(ours(fig))["pypdf"]


def fonts_of(pdf):
    return {
        str(found["/BaseFont"]): found.get_object()
        for page in read(pdf).pages
        for found in (f.get_object() for f in page["/Resources"]["/Font"].values())
    }


def test_each_face_is_in_the_file_once_with_its_letters_alone(plate):
    found = fonts_of(ours(plate[0]))
    faces = [name.split("+")[1] for name in found]
    assert len(faces) == len(set(faces))
    for name, entry in found.items():
        assert re.fullmatch(r"/[A-Z]{6}\+.*", name)
        (drawn,) = entry["/DescendantFonts"]
        data = drawn.get_object()["/FontDescriptor"]["/FontFile2"].get_data()
        with TTFont(io.BytesIO(data)) as held:
            outlines = held["glyf"]
            kept = [g for g in held.getGlyphOrder() if outlines[g].numberOfContours]
            assert 2 <= len(kept) < 90
        assert b"beginbfchar" in entry["/ToUnicode"].get_data()


def test_pages_of_an_atlas_share_their_faces(tmp_path):
    lens = bm.communes(epci="call").iloc[:3]

    def fiche(unit):
        fig, ax = bm.page(unit, title=unit["name"].iloc[0], paper="A5")
        bm.draw_outlines(ax, unit)
        bm.draw_labels(ax, unit)
        return fig

    path = bm.atlas(lens, fiche, path=tmp_path / "a.pdf", title="T")
    pdf = path.read_bytes()
    faces = [name.split("+")[1] for name in fonts_of(pdf)]
    assert len(faces) == len(set(faces))
    pages = read(pdf).pages
    assert len({id(p["/Resources"]["/Font"]["/F0"].get_object()) for p in pages}) == 1


# -- faces -------------------------------------------------------------------------


@pytest.mark.parametrize("family", ["Fira Sans", "DejaVu Sans"])
def test_a_subset_is_a_face_with_the_same_outlines_and_widths(family):
    path = faces_of(font(family, 10))[0]
    face = face_of(path)
    glyphs = {face.signs[ord(sign)] for sign in "Éœ½ fi"}
    with TTFont(path) as whole, TTFont(io.BytesIO(face.subset(glyphs))) as part:
        order = whole.getGlyphOrder()
        assert part["maxp"].numGlyphs == len(order)
        for glyph in glyphs:
            name = order[glyph]
            one, other = whole["glyf"][name], part["glyf"][part.getGlyphName(glyph)]
            assert (
                one.getCoordinates(whole["glyf"])[0]
                == (other.getCoordinates(part["glyf"])[0])
            )
            width = whole["hmtx"][name][0]
            assert part["hmtx"][part.getGlyphName(glyph)][0] == width
            em = whole["head"].unitsPerEm
            assert face.widths[glyph] == pytest.approx(width * 1000 / em)
    assert subset_name("A", glyphs) == subset_name("A", list(glyphs)[::-1])


def test_letters_that_are_cut_to_fit_stand_closer():
    style = font("Fira Sans", 10)
    (close,), (far,) = set_line("AVA", style), set_line("HHH", style)
    assert (min(close.gaps[:2]) > 0) is shared.SHAPED
    assert close.gaps[2] == 0
    assert far.gaps == (0, 0, 0)


def test_a_line_is_set_by_the_faces_that_have_its_signs():
    runs = set_line("A⇒B", font("Fira Sans", 10))
    assert [len(run.codes) for run in runs] == [1, 1, 1]
    assert "DejaVu" in runs[1].path
    assert runs[2].start > runs[1].start > 0


# -- layers ------------------------------------------------------------------------


def drawn_by_layer(pdf):
    """What each layer of the first page draws, and what is in none of them."""
    (page, *_) = read(pdf).pages
    names = {
        key.encode(): found.get_object()["/Name"]
        for key, found in page["/Resources"]["/Properties"].items()
    }
    content = page.get_contents().get_data()
    parts = dict.fromkeys(names.values(), b"") | {None: b""}
    layer, deep = None, 0
    for line in content.splitlines():
        if opened := re.match(rb"/OC (/L\d+) BDC", line):
            assert layer is None
            layer, deep = names[opened[1]], 0
        elif line.endswith(b"BDC"):
            deep += 1
        elif line == b"EMC" and layer is not None and deep == 0:
            layer = None
        elif line == b"EMC":
            deep -= 1
        else:
            parts[layer] += line + b"\n"
    return parts


def test_a_plate_has_four_layers_that_a_reader_may_hide(plate):
    fig, ax = plate
    pdf = ours(fig)
    listed = read(pdf).root_object["/OCProperties"]
    assert [found["/Name"] for found in listed["/OCGs"]] == list(LAYERS)
    assert [found["/Name"] for found in listed["/D"]["/Order"]] == list(LAYERS)
    assert listed["/D"]["/Name"]
    parts = drawn_by_layer(pdf)
    written = {layer: part.count(b"BT") for layer, part in parts.items()}
    halos = sum(t.get_text().count("\n") + 1 for t in ax.texts if t.get_gid() == "halo")
    assert written["noms"] >= 2 * halos
    assert written["fond"] == written["données"] == written[None] == 0
    assert written["habillage"] > 10
    # In no layer but the sheet itself, white.
    assert not re.search(rb"(S|B)$", parts[None], re.MULTILINE)
    fills = re.findall(rb"f$|B$", parts["données"], re.MULTILINE)
    assert len(fills) >= len(bm.communes(epci="call"))


def test_layers_go_by_the_stack_and_what_is_added_to_it_falls_in_place(monkeypatch):
    assert [layer_at(STACK[name]) for name in ("basemap", "fills", "names")] == [
        "fond",
        "données",
        "noms",
    ]
    more = {**STACK, "sea": 0.2, "a texture": 2.05, "numbers": 8.5}
    monkeypatch.setattr(stack, "STACK", more)
    layer_at.cache_clear()
    found = [layer_at(more[name]) for name in ("sea", "a texture", "numbers")]
    layer_at.cache_clear()
    assert found == ["fond", "données", "noms"]


def test_the_layers_of_an_svg_are_those_of_drawing_software(plate):
    saved = io.BytesIO()
    plate[0].savefig(saved, format="svg")
    svg = saved.getvalue().decode()
    root = ET.fromstring(svg)  # noqa: S314 - our own
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert set(LAYERS) <= set(ids)
    label = "{http://www.inkscape.org/namespaces/inkscape}label"
    labels = {element.get(label) for element in root.iter() if element.get(label)}
    assert labels == set(LAYERS)
    words = {
        element.get(label): "".join(element.itertext())
        for element in root.iter()
        if element.get("id") in LAYERS
    }
    assert "Avion" in words["noms"]
    assert "Avion" not in words["données"] + words["fond"]


def test_layers_of_pages_joined_are_one_each(plate):
    one = ours(plate[0])
    facts = [PageFacts(f"Page {i}", alternative="Une carte.") for i in range(3)]
    pdf = finished([one, plate[0].drawn_page(), one], facts, title="x")
    listed = read(pdf).root_object["/OCProperties"]["/OCGs"]
    assert [found["/Name"] for found in listed] == list(LAYERS)
    places = {
        found.idnum
        for page in read(pdf).pages
        for found in (
            page["/Resources"]["/Properties"].raw_get(key)
            for key in page["/Resources"]["/Properties"]
        )
    }
    assert len(places) == 4


# -- access ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def atlas_of_two(tmp_path_factory):
    lens = bm.communes(epci="call").iloc[:2]

    def fiche(unit):
        fig, ax = bm.page(unit, title=unit["name"].iloc[0], paper="A5")
        bm.draw_outlines(ax, unit)
        return fig

    path = tmp_path_factory.mktemp("atlas") / "a.pdf"
    made = bm.atlas(lens, fiche, path=path, title="Atlas", contents=True)
    return made.read_bytes()


def test_files_say_that_they_follow_the_rules_of_access(plate, atlas_of_two):
    for pdf in (ours(plate[0]), matplotlib_s(plate[0]), atlas_of_two):
        told = read(pdf).root_object["/Metadata"].get_data().decode()
        assert "<pdfuaid:part>1</pdfuaid:part>" in told
        with pikepdf.open(io.BytesIO(pdf)) as opened:
            assert not opened.check_pdf_syntax()


def test_a_checker_of_access_finds_nothing(plate, atlas_of_two, tmp_path):
    pdfua = pytest.importorskip("pdfua")
    for pdf in (ours(plate[0]), atlas_of_two):
        path = tmp_path / "a.pdf"
        path.write_bytes(pdf)
        assert not pdfua.validate(path).findings


def test_a_link_is_told_in_words_and_stands_in_the_tree(atlas_of_two):
    reader = read(atlas_of_two)
    tree = reader.root_object["/StructTreeRoot"]
    numbers = tree["/ParentTree"]["/Nums"]
    parents = dict(zip(numbers[::2], numbers[1::2], strict=True))
    assert list(parents) == sorted(parents)
    links = [found.get_object() for found in reader.pages[0]["/Annots"]]
    assert [link["/Contents"] for link in links] == [
        "Ablain-Saint-Nazaire, page 2",
        "Acheville, page 3",
    ]
    for link in links:
        element = parents[link["/StructParent"]].get_object()
        assert element["/S"] == "/Link"
        assert element["/K"][0]["/Obj"].get_object() == link
    assert max(parents) < tree["/ParentTreeNextKey"]
