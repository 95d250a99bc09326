"""PDF finished: words, places on the ground, many pages, the same bytes."""

import io
import math
import pickle
import re
import shutil
import subprocess
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pypdf
import pypdfium2
import pytest
import shapely
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from pyproj import Transformer

import basinmap as bm
from basinmap.maps.look.themes import settings
from basinmap.maps.paper.portable import (
    Bookmark,
    Link,
    MapFrame,
    PageFacts,
    facts_of,
    finished,
)

CORNERS = [(0, 0), (0, 1), (1, 1), (1, 0)]


def block(width, height, x=680_000, y=7_030_000):
    shape = shapely.box(x, y, x + width, y + height)
    return gpd.GeoDataFrame(geometry=[shape], index=["a"], crs=2154)


def bare(fig):
    """Return the PDF as matplotlib alone makes it."""
    saved = io.BytesIO()
    with settings():
        FigureCanvasPdf(fig).print_pdf(saved, metadata={"CreationDate": None})
    return saved.getvalue()


def sheet(title="Carré de 10 km en 2026", x=680_000, legend="right"):
    square = block(10_000, 10_000, x)
    fig, ax = bm.page(
        square, title=title, scale=100_000, orientation="landscape", legend=legend
    )
    bm.draw_outlines(ax, square, label="carré", fill="#dddddd")
    return fig, ax


@pytest.fixture(scope="module")
def one():
    fig, ax = sheet()
    return bare(fig), facts_of(fig), ax


@pytest.fixture(scope="module")
def three():
    figs = [sheet(f"Page {i}", 680_000 + 1_000 * i)[0] for i in range(3)]
    return [bare(fig) for fig in figs], [facts_of(fig) for fig in figs]


def read(pdf):
    return pypdf.PdfReader(io.BytesIO(pdf), strict=True)


def pixels(pdf, page=0):
    return pypdfium2.PdfDocument(pdf)[page].render(scale=1.5).to_numpy()


# -- one page ------------------------------------------------------------------


def test_finishing_changes_no_pixel(one):
    pdf, facts, _ = one
    done = finished(pdf, [facts], title="x")
    assert (pixels(done) == pixels(pdf)).all()
    assert (pixels(pdf) != 255).any()


def test_the_file_says_title_author_subject_and_words_twice_the_same(one):
    pdf, facts, _ = one
    told = {"title": "L'été <2026> & après", "author": "Mission", "subject": "Sujet"}
    reader = read(finished(pdf, [facts], **told, keywords=["carte", "habitat"]))
    info, xmp = reader.metadata, reader.xmp_metadata
    assert (info.title, info.author, info.subject) == tuple(told.values())
    assert info["/Keywords"] == "carte; habitat"
    assert not {"/CreationDate", "/ModDate"} & set(info)
    assert xmp.dc_title == {"x-default": told["title"]}
    assert xmp.dc_creator == ["Mission"]
    assert xmp.dc_description == {"x-default": "Sujet"}
    assert xmp.dc_subject == ["carte", "habitat"]
    assert xmp.dc_language == ["fr-FR"]
    assert xmp.pdf_keywords == info["/Keywords"]
    assert xmp.pdf_producer == info["/Producer"]


def test_the_file_is_in_french_tagged_and_shows_its_title(one):
    pdf, facts, _ = one
    root = read(finished(pdf, [facts], title="x")).root_object
    assert root["/Lang"] == "fr-FR"
    assert root["/MarkInfo"]["/Marked"].value is True
    assert root["/ViewerPreferences"]["/DisplayDocTitle"].value is True


def figures(reader):
    (document,) = reader.root_object["/StructTreeRoot"]["/K"]
    assert document.get_object()["/S"] == "/Document"
    return [element.get_object() for element in document.get_object()["/K"]]


def test_the_page_is_one_figure_with_its_alternative_text(one):
    pdf, _, _ = one
    told = PageFacts("x", alternative="Une carte, à 10\u202f% près.")
    reader = read(finished(pdf, [told], title="x"))
    (figure,) = figures(reader)
    (page,) = reader.pages
    assert figure["/S"] == "/Figure"
    assert figure["/Alt"] == told.alternative
    assert figure["/Pg"] == page
    number, parents = reader.root_object["/StructTreeRoot"]["/ParentTree"]["/Nums"]
    assert number == page["/StructParents"]
    assert parents[0].get_object() == figure
    content = page.get_contents().get_data()
    assert content.startswith(b"/Figure <</MCID 0>> BDC")
    assert content.rstrip().endswith(b"EMC")
    assert content.count(b"BDC") == content.count(b"EMC") == 1
    (empty,) = figures(read(finished(pdf, [PageFacts("x")], title="x")))
    assert empty["/S"] == "/P"
    assert "/Alt" not in empty


def test_a_legend_in_the_frame_leaves_the_ground_where_it_is():
    fig, ax = sheet(legend="inside")
    (page,) = read(finished(bare(fig), [facts_of(fig)], title="x")).pages
    _, ground = corners(page["/VP"][0])
    (west, east), (south, north) = ax.get_xlim(), ax.get_ylim()
    assert ground.min(axis=0) == pytest.approx([west, south], abs=0.1)
    assert ground.max(axis=0) == pytest.approx([east, north], abs=0.1)


def test_finishing_again_replaces_what_was_said(one):
    pdf, _, _ = one
    once = finished(pdf, [PageFacts("x", alternative="avant")], title="x")
    again = read(finished(once, [PageFacts("y", alternative="après")], title="y"))
    assert [figure["/Alt"] for figure in figures(again)] == ["après"]
    assert again.pages[0].get_contents().get_data().count(b"BDC") == 1
    assert again.metadata.title == "y"


# -- where ---------------------------------------------------------------------


def corners(viewport):
    """Return paper (points) and ground (metres) of each corner that is told."""
    measure = viewport["/Measure"]
    x0, y0, x1, y1 = (float(side) for side in viewport["/BBox"])
    ground = Transformer.from_crs("EPSG:4171", "EPSG:2154")
    unit = np.array(measure["/LPTS"], dtype=float).reshape(-1, 2)
    degrees = np.array(measure["/GPTS"], dtype=float).reshape(-1, 2)
    paper = [x0, y0] + unit * [x1 - x0, y1 - y0]
    return paper, np.column_stack(ground.transform(*degrees.T))


def test_each_corner_of_the_frame_is_where_the_ground_is(one):
    pdf, facts, ax = one
    (page,) = read(finished(pdf, [facts], title="x")).pages
    (viewport,) = page["/VP"]
    gcs = viewport["/Measure"]["/GCS"]
    assert (gcs["/Type"], gcs["/EPSG"]) == ("/PROJCS", 2154)
    assert "Lambert" in gcs["/WKT"]
    paper, ground = corners(viewport)
    # By hand: 1:100 000, the square in the middle of the frame, 72 points an inch.
    x, y, width, height = ax.plan.frame
    middle = np.array([x + width / 2, y + height / 2])
    expected = [685_000, 7_035_000] + (paper * 25.4 / 72 - middle) * 100
    assert np.abs(ground - expected).max() < 0.1
    assert len(ground) == 4
    assert np.ptp(paper, axis=0) == pytest.approx(
        [s * 72 / 25.4 for s in (width, height)]
    )


def test_an_inset_has_a_viewport_of_its_own_after_that_of_the_map():
    lens = bm.communes(epci="call")
    fig, ax = bm.page(lens, title="x")
    bm.draw_outlines(ax, lens, label="commune")
    bm.draw_inset(ax, lens.loc[["62133"]], lambda small: bm.draw_outlines(small, lens))
    bm.draw_locator(ax, None, bm.departements())
    bm.draw_legend(ax)  # an inset that found no room in the frame moves to the strip
    frames = facts_of(fig).frames
    for frame, small in zip(frames, fig.maps, strict=True):
        assert frame.box == pytest.approx(small.plan.frame, abs=1e-5)
    names = [frame.name for frame in frames]
    assert [names[0], names[2]] == ["x", "locator"]
    assert re.fullmatch(r"1\u00a0:\u00a0\d\d\u202f000", names[1])
    (page,) = read(finished(bare(fig), [facts_of(fig)], title="x")).pages
    for viewport, small in zip(page["/VP"], fig.maps, strict=True):
        paper, ground = corners(viewport)
        scale = np.ptp(ground, axis=0) / (np.ptp(paper, axis=0) * 25.4 / 72 / 1000)
        assert scale == pytest.approx([small.plan.scale] * 2, rel=1e-5)
        (x0, x1), (y0, y1) = small.get_xlim(), small.get_ylim()
        assert ground[[0, 2]] == pytest.approx(np.array([[x0, y0], [x1, y1]]), abs=0.1)


@pytest.mark.skipif(not shutil.which("gdalinfo"), reason="GDAL with PDF is not there")
def test_gdal_reads_the_frame_back(one, tmp_path):
    pdf, facts, ax = one
    small = MapFrame("inset", (20.0, 30.0, 40.0, 30.0), (0.0, 6e6, 4e3, 6e6 + 3e3))
    facts = replace(facts, frames=(*facts.frames, small))
    path = tmp_path / "a.pdf"
    path.write_bytes(finished(pdf, [facts], title="x"))
    run = ["gdalinfo", "--config", "GDAL_PDF_DPI", "150", str(path)]
    said = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    assert 'ID["EPSG",2154]]' in said
    assert len(facts.frames) == 2  # it takes the largest
    line = re.search(r"NEATLINE=POLYGON \(\((.*)\)\)", said).group(1)
    found = np.array([corner.split() for corner in line.split(",")], dtype=float)
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    for corner in [(x0, y0), (x0, y1), (x1, y1), (x1, y0)]:
        assert np.hypot(*(found - corner).T).min() < 1
    size = re.search(r"Pixel Size = \((\S+),(\S+)\)", said).groups()
    assert float(size[0]) == pytest.approx(25.4 / 150 * 100, rel=1e-3)
    assert float(size[1]) == pytest.approx(-25.4 / 150 * 100, rel=1e-3)


@pytest.mark.skipif(not shutil.which("qpdf"), reason="qpdf is not there")
def test_qpdf_finds_no_fault(one, three, tmp_path):
    parts, facts = three
    made = {
        "one": finished(one[0], [one[1]], title="x"),
        "many": finished(parts, facts, title="x", labels=["i", "1", "2"]),
    }
    for name, pdf in made.items():
        path = tmp_path / f"{name}.pdf"
        path.write_bytes(pdf)
        done = subprocess.run(
            ["qpdf", "--check", path], capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr


# -- many pages ----------------------------------------------------------------


def test_many_pages_are_joined_in_order_with_what_each_says(three):
    parts, facts = three
    told = [
        PageFacts(f.title, alternative=f"{f.title}.", frames=f.frames) for f in facts
    ]
    pdf = finished(parts, told, title="Atlas")
    reader = read(pdf)
    assert [f["/Alt"] for f in figures(reader)] == ["Page 0.", "Page 1.", "Page 2."]
    for i, page in enumerate(reader.pages):
        assert f"Page {i}" in page.extract_text()
        _, ground = corners(page["/VP"][0])
        assert ground.mean(axis=0) == pytest.approx([685_000 + 1_000 * i, 7_035_000])
        assert page["/StructParents"] == i
        assert (pixels(pdf, i) == pixels(parts[i])).all()
    assert [mark.title for mark in reader.outline] == ["Page 0", "Page 1", "Page 2"]
    pages = [reader.get_destination_page_number(mark) for mark in reader.outline]
    assert pages == [0, 1, 2]


def test_joining_first_or_at_once_or_from_finished_pages_says_the_same(three):
    parts, facts = three
    saved = [
        finished(part, [f], title="x") for part, f in zip(parts, facts, strict=True)
    ]
    for pdf in (parts, saved, finished(saved, facts, title="x")):
        reader = read(finished(pdf, facts, title="Atlas"))
        assert len(figures(reader)) == len(reader.pages) == 3
        for page in reader.pages:
            assert page.get_contents().get_data().count(b"BDC") == 1


def told(pdf):
    """All that a file says, its streams apart."""
    reader = read(pdf)
    count = reader.trailer["/Size"]
    found = [
        reader.get_object(pypdf.generic.IndirectObject(n, 0, reader))
        for n in range(1, count)
    ]
    return repr(found)


def test_finishing_many_pages_again_keeps_nothing_of_what_was_said(three):
    parts, facts = three
    before = [replace(f, title="avant", alternative="dit avant") for f in facts]
    once = finished(parts, before, title="avant", labels=["a", "b", "c"])
    again = finished(once, facts, title="x")
    reader = read(again)
    assert [mark.title for mark in reader.outline] == ["Page 0", "Page 1", "Page 2"]
    assert "/PageLabels" not in reader.root_object
    assert "avant" in told(once)
    assert "avant" not in told(again)


def test_bookmarks_nest_and_pages_bear_their_labels(three):
    parts, facts = three
    marks = [Bookmark("A", 0), Bookmark("a", 1, 1), Bookmark("B", 2)]
    pdf = finished(parts, facts, title="x", bookmarks=marks, labels=["i", "ii", "1"])
    reader = read(pdf)
    first, under, second = reader.outline
    assert (first.title, under[0].title, second.title) == ("A", "a", "B")
    assert reader.page_labels == ["i", "ii", "1"]
    (single,) = [finished(parts[0], facts[:1], title="x")]
    assert read(single).outline == []


def test_the_same_pages_give_the_same_bytes_and_others_another_name(three):
    parts, facts = three
    assert finished(parts[::-1], facts, title="x") != finished(parts, facts, title="x")
    first, second = (finished(parts, facts, title="x") for _ in range(2))
    assert first == second
    other = finished(parts, facts, title="y")
    assert read(first).trailer["/ID"] != read(other).trailer["/ID"]


def test_a_link_is_where_it_is_said_and_leads_to_its_page(three):
    parts, facts = three
    links = [Link(0, (25.4, 50.8, 25.4, 12.7), 2)]
    reader = read(finished(parts, facts, title="x", links=links))
    (link,) = (found.get_object() for found in reader.pages[0]["/Annots"])
    assert link["/Subtype"] == "/Link"
    assert [float(side) for side in link["/Rect"]] == pytest.approx([72, 144, 144, 180])
    target = link["/Dest"][0].get_object()
    assert target == reader.pages[2].get_object()
    assert not list(reader.pages[1].annotations or [])


def test_facts_travel_to_another_process(three):
    _, facts = three
    assert pickle.loads(pickle.dumps(facts)) == facts  # noqa: S301 - our own
    assert len(pickle.dumps(facts[0])) < 4_000
    assert all(isinstance(side, float) for side in facts[0].frames[0].box)
    assert isinstance(facts[0].frames[0], MapFrame)
    assert math.isclose(
        facts[0].frames[0].bounds[2] - facts[0].frames[0].bounds[0],
        facts[0].frames[0].box[2] * 100,
        rel_tol=1e-6,
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"sheets": 2}, "sheets: 2 for 3"),
        ({"labels": ["1"]}, "labels: 1 for 3"),
        ({"bookmarks": [Bookmark("A", 3)]}, "page 3.*0 to 2"),
        ({"bookmarks": [Bookmark("A", 0, 1)]}, "depth 1"),
    ],
)
def test_what_does_not_fit_the_pages_is_refused(three, options, said):
    parts, facts = three
    facts = facts[: options.pop("sheets", 3)]
    with pytest.raises(bm.errors.DataError, match=said):
        finished(parts, facts, title="x", **options)


def test_nothing_to_join_is_refused():
    with pytest.raises(bm.errors.DataError, match="no PDF"):
        finished([], [], title="x")
