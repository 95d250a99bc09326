"""Saving a sheet: whole or not at all, told in words, the same bytes."""

import base64
import datetime as dt
import gzip
import io
import os
import re
import stat
import struct
import warnings
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pypdf
import pypdfium2
import pytest
import shapely
from fontTools.ttLib import TTFont
from matplotlib.backends.backend_pdf import FigureCanvasPdf, PdfPages
from PIL import Image

import basinmap as bm
from basinmap.maps.look.themes import settings
from basinmap.maps.paper import sheets

SVG = "{http://www.w3.org/2000/svg}"
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def drawn(**options):
    """Return a plate of squares, light to draw, with words in the page and around."""
    shapes = [
        shapely.box(680_000 + x, 7_030_000 + y, 682_000 + x, 7_032_000 + y)
        for x in range(0, 8_000, 2_000)
        for y in range(0, 6_000, 2_000)
    ]
    codes = [f"62{i:03d}" for i in range(len(shapes))]
    units = gpd.GeoDataFrame({"name": "Liévin"}, geometry=shapes, index=codes, crs=2154)
    given = {"title": "L'été à Lens en 2026", "subtitle": "Écart de 10 % à 1 000 €"}
    fig, ax = bm.page(units, **given, **options)
    units.attrs["sources"] = ("Insee",)
    bm.draw_outlines(ax, units, label="maille", fill="#ddeeff")
    bm.draw_legend(ax)
    bm.draw_furniture(ax, author="Mission Œuvre", date=dt.date(2026, 11, 23))
    return fig


@pytest.fixture(scope="module")
def sheet():
    return drawn()


def saved(fig, kind, **options):
    buffer = io.BytesIO()
    fig.savefig(buffer, format=kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["pdf", "svg", "svgz", "png"])
def test_the_same_sheet_drawn_twice_has_the_same_bytes(sheet, kind):
    first = saved(sheet, kind, dpi=60)
    assert first == saved(sheet, kind, dpi=60) == saved(drawn(), kind, dpi=60)


@pytest.mark.parametrize("text", ["embedded", "paths"])
def test_letters_in_the_file_are_the_same_bytes_too(sheet, text):
    assert saved(sheet, "svg", text=text) == saved(drawn(), "svg", text=text)


# -- pdf ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pdf(sheet):
    return saved(sheet, "pdf")


def test_the_pdf_says_what_the_sheet_is_about(sheet, pdf):
    reader = pypdf.PdfReader(io.BytesIO(pdf), strict=True)
    assert reader.metadata.title == "L'été à Lens en 2026"
    assert reader.metadata.author == "Mission Œuvre"
    assert reader.metadata.subject == "Écart de 10 % à 1 000 €"
    assert reader.metadata["/Keywords"] == "carte"
    assert reader.xmp_metadata.dc_title == {"x-default": reader.metadata.title}
    assert [day.date() for day in reader.xmp_metadata.dc_date] == [
        dt.date(2026, 11, 23)
    ]
    (document,) = reader.root_object["/StructTreeRoot"]["/K"]
    (figure,) = document.get_object()["/K"]
    assert figure.get_object()["/Alt"] == bm.alternative_text(sheet)
    (page,) = reader.pages
    assert len(page["/VP"]) == 1
    size = [float(side) * 25.4 / 72 for side in page.mediabox[2:]]
    plan = sheet.layout_mm
    assert size == pytest.approx([plan.width, plan.height], abs=0.01)


def test_words_of_the_pdf_come_title_first_names_of_the_map_last():
    fig = drawn()
    first = fig.maps[0].subject.iloc[:1]
    frame = gpd.GeoDataFrame({"name": ["Éleu"]}, geometry=first.to_numpy(), crs=2154)
    bm.draw_labels(fig.maps[0], frame)
    (page,) = pypdf.PdfReader(io.BytesIO(saved(fig, "pdf"))).pages
    text = page.extract_text()
    wanted = ("L’été à Lens en 2026", "Écart de 10\u202f% à", "maille", "Œuvre", "Éleu")
    places = [text.index(words) for words in wanted]
    assert places == sorted(places)
    assert "novembre 2026" in text


def test_a_pdf_shows_what_matplotlib_would_draw(sheet, pdf):
    bare = io.BytesIO()
    with settings():
        dpi = sheet.dpi
        FigureCanvasPdf(sheet).print_pdf(bare)
        sheet.set_dpi(dpi)  # older ones leave that of the PDF
    one, two = (
        pypdfium2.PdfDocument(data)[0].render(scale=1.5).to_numpy().astype(int)
        for data in (bare.getvalue(), pdf)
    )
    assert (np.abs(one - two).max(axis=2) > 40).mean() < 2e-3
    assert len(np.unique(one)) > 20


def test_metadata_of_ones_own_goes_before_that_of_the_sheet(sheet):
    mine = {"Title": "Autre", "Keywords": "Lens; musée"}
    reader = pypdf.PdfReader(io.BytesIO(saved(sheet, "pdf", metadata=mine)))
    assert reader.metadata.title == "Autre"
    assert reader.metadata.author == "Mission Œuvre"
    assert reader.xmp_metadata.dc_subject == ["Lens", "musée"]
    none = pypdf.PdfReader(io.BytesIO(saved(sheet, "pdf", metadata={"Author": None})))
    assert none.metadata.author is None
    assert not none.xmp_metadata.dc_creator


# -- svg ---------------------------------------------------------------------------


def root_of(svg):
    return ET.fromstring(svg)  # noqa: S314 - our own


def test_the_svg_is_an_image_with_title_and_description_in_french(sheet):
    root = root_of(saved(sheet, "svg"))
    title, description = root[:2]
    assert (title.tag, description.tag) == (f"{SVG}title", f"{SVG}desc")
    assert title.text == "L'été à Lens en 2026"
    assert description.text == bm.alternative_text(sheet)
    assert (root.get("role"), root.get("lang")) == ("img", "fr")
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "fr"
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert len([e for e in root.iter() if e.tag == f"{SVG}title"]) == 1


def test_two_sheets_in_one_page_of_html_do_not_share_their_names(sheet):
    other = drawn()
    other.about["Alternative"] = "Autre chose."
    names = [root_of(saved(fig, "svg"))[0].get("id") for fig in (sheet, other)]
    assert names[0] != names[1]


def test_signs_of_xml_in_the_words_of_a_sheet_are_no_mark_up():
    fig = drawn()
    fig.about.update(Title="A < B & C", Alternative="« 1 < 2 » & </desc>")
    title, description = root_of(saved(fig, "svg"))[:2]
    assert (title.text, description.text) == ("A < B & C", "« 1 < 2 » & </desc>")


def test_signs_that_print_nothing_break_no_file():
    """A bell, a soft hyphen, a line end of a word processor; half a pair is refused."""
    with pytest.raises(bm.errors.DataError, match="half a sign"):
        bm.page(bm.communes(epci="call"), title="a\ud800b")
    odd = "a\x07bc\u00add\x0be"
    units = gpd.GeoDataFrame(
        {"name": [odd]},
        geometry=[shapely.box(0, 0, 9e3, 9e3)],
        crs=2154,
    )
    fig, ax = bm.page(units, title=odd, subtitle=odd)
    bm.draw_outlines(ax, units, label=odd)
    bm.draw_labels(ax, units)
    bm.draw_legend(ax)
    given = {"author": odd, "note": odd, "sources": [odd]}
    bm.draw_furniture(ax, date=dt.date(2026, 11, 23), **given)
    written = texts(root_of(saved(fig, "svg")))
    assert {"abcd e", "abcd e.", "Sources\u00a0: abcd e."} <= written
    assert not any(sign in t for t in written for sign in odd if not sign.isprintable())
    pdf = pypdf.PdfReader(io.BytesIO(saved(fig, "pdf")))
    assert pdf.metadata.title == "abcd e"
    assert root_of(pdf.xmp_metadata.stream.get_data()) is not None
    assert saved(fig, "png", dpi=30)
    with pytest.raises(bm.errors.DataError, match="title"):
        bm.page(units, title="\x07\u200b")


def texts(root):
    return {"".join(e.itertext()).strip() for e in root.iter() if e.tag == f"{SVG}text"}


def test_letters_are_text_unless_paths_are_asked_for(sheet):
    words = {"L’été à Lens en 2026", "maille"}
    assert words <= texts(root_of(saved(sheet, "svg")))
    assert words <= texts(root_of(saved(sheet, "svg", text="embedded")))
    paths = root_of(saved(sheet, "svg", text="paths"))
    assert not texts(paths)
    assert paths[1].text == bm.alternative_text(sheet)
    assert len(list(paths.iter(f"{SVG}use"))) > 50
    assert words <= texts(root_of(saved(sheet, "svg")))  # the choice does not stay


def test_embedded_fonts_hold_the_letters_and_few_others(sheet):
    svg = saved(sheet, "svg", text="embedded").decode()
    faces = re.findall(
        r"font-family:'([^']+)';font-weight:(\w+);font-style:normal;"
        r"src:url\(data:font/woff;base64,([^)]+)\)",
        svg,
    )
    held = {}
    for family, weight, data in faces:
        with TTFont(io.BytesIO(base64.b64decode(data))) as font:
            assert font.flavor == "woff"
            held[family, weight] = {chr(code) for code in font.getBestCmap()}
    assert set("L’été à Lens en 2026") <= held["Fira Sans", "700"]
    assert set("Écart de 10\u202f% à 1 000 €") <= held["Fira Sans", "400"]
    assert "Z" not in held["Fira Sans", "700"]
    assert not re.findall(r"url\((?!#|data:)", svg)


def test_a_compressed_svg_is_the_svg(sheet):
    assert gzip.decompress(saved(sheet, "svgz")) == saved(sheet, "svg")


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("svg", "outlines", "unknown text='outlines'.*plain, embedded, paths"),
        ("pdf", "paths", "text='paths' is for SVG"),
        ("png", "embedded", "text='embedded' is for SVG"),
    ],
)
def test_letters_are_asked_of_svg_alone(sheet, kind, text, said):
    with pytest.raises(bm.errors.DataError, match=said):
        saved(sheet, kind, text=text)


# -- png ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paper", "dpi", "pixels"),
    [
        # 297 / 25.4 * 300 = 3507.87; 210 / 25.4 * 300 = 2480.31
        ("A4", 300, (3508, 2480)),
        ("A4", 96, (1123, 794)),
        ("A5", 150, (1240, 874)),
        ((160, 90), 254, (1600, 900)),
    ],
)
def test_a_png_has_the_pixels_of_the_paper(paper, dpi, pixels):
    data = saved(drawn(paper=paper, orientation="landscape"), "png", dpi=dpi)
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == pixels
        assert image.info["dpi"] == pytest.approx((dpi, dpi), abs=0.02)
        last = np.asarray(image.convert("RGB"))[:, -1]
    assert (last == 255).all()  # the margin reaches the edge


def chunks(png):
    at = 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += 12 + length


def test_a_png_says_title_author_and_alternative_in_utf_8(sheet):
    found = {}
    for kind, data in chunks(saved(sheet, "png", dpi=60)):
        if kind == b"iTXt":
            key, rest = data.split(b"\0", 1)
            assert rest[:2] == b"\0\0"  # not compressed
            lang, _, text = rest[2:].split(b"\0", 2)
            assert lang == b"fr"
            found[key.decode()] = text.decode("utf-8")
    assert found == {
        "Title": "L'été à Lens en 2026",
        "Author": "Mission Œuvre",
        "Description": bm.alternative_text(sheet),
    }


# -- where -------------------------------------------------------------------------


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize("kind", ["pdf", "svg", "png"])
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, MemoryError])
def test_a_saving_that_fails_leaves_the_file_of_before(
    sheet, tmp_path, monkeypatch, kind, error
):
    path = tmp_path / f"a.{kind}"
    path.write_bytes(b"mine")

    def fail(*_, **__):
        raise error

    monkeypatch.setattr(sheets, "facts_of", fail)
    with pytest.raises(error):
        sheet.savefig(path, dpi=30)
    assert path.read_bytes() == b"mine"
    assert files(tmp_path) == [path.name]


def test_a_disk_that_fills_leaves_the_file_of_before(sheet, tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_bytes(b"mine")

    def full(self, data):
        with self.open("wb") as half:
            half.write(data[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(bm.errors.OutputError, match=r"a\.png: No space left.*another"):
        sheet.savefig(path, dpi=30)
    monkeypatch.undo()
    assert path.read_bytes() == b"mine"
    assert files(tmp_path) == ["a.png"]


def test_a_first_saving_that_fails_leaves_nothing(sheet, tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "facts_of", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        sheet.savefig(tmp_path / "new" / "a.pdf")
    assert files(tmp_path) == []


def test_a_folder_that_is_missing_is_made(sheet, tmp_path):
    sheet.savefig(tmp_path / "out" / "plates" / "a.png", dpi=30)
    assert files(tmp_path) == ["out", "out/plates", "out/plates/a.png"]


@pytest.mark.parametrize(
    "name", ["a.doc", "a.xlsx", "plate", "a.", ".pdf2", "a.pdf.bak"]
)
def test_a_suffix_that_tells_no_format_is_named_and_nothing_written(
    sheet, tmp_path, name
):
    with pytest.raises(
        bm.errors.OutputError, match=r"no format.*\.pdf'.*\.svg'.*\.png'"
    ):
        sheet.savefig(tmp_path / name)
    assert files(tmp_path) == []


@pytest.mark.parametrize("kind", ["eps", "ps", "EPS"])
def test_a_format_without_transparency_is_refused(sheet, tmp_path, kind):
    said = rf"'{kind.lower()}|{kind.lower()} has no transparency.*'a\.pdf'"
    with pytest.raises(bm.errors.OutputError, match=said):
        sheet.savefig(tmp_path / f"a.{kind}")
    with pytest.raises(bm.errors.OutputError, match=r"'plate\.pdf'"):
        saved(sheet, kind)
    assert files(tmp_path) == []


@pytest.mark.parametrize("dpi", [0, 1, -3, float("nan"), float("inf"), "x", 1j])
@pytest.mark.parametrize("kind", ["png", "pdf", "svg"])
def test_a_resolution_that_cannot_be_is_refused(sheet, kind, dpi):
    with pytest.raises(bm.errors.DataError, match=r"dpi=.* 10 or more .*dpi=300"):
        saved(sheet, kind, dpi=dpi)


def test_the_resolution_may_be_that_of_the_figure(sheet):
    width, _ = struct.unpack(">II", saved(sheet, "png", dpi="figure")[16:24])
    assert width == int(297 / 25.4 * 100)  # of matplotlib, when nothing is set


def test_letters_as_paths_leave_the_settings_as_they_were(sheet):
    with settings():
        saved(sheet, "svg", text="paths")
        assert mpl.rcParams["svg.fonttype"] == "none"
    assert len(texts(root_of(saved(sheet, "svg")))) > 3


def test_a_format_that_is_unknown_is_named(sheet):
    with pytest.raises(bm.errors.OutputError, match="'docx' is no format of a page"):
        saved(sheet, "docx")


def test_a_suffix_in_capitals_is_understood(sheet, tmp_path):
    sheet.savefig(tmp_path / "a.PDF")
    assert (tmp_path / "a.PDF").read_bytes().startswith(b"%PDF-1.7")


def test_places_that_cannot_be_written_are_refused(sheet, tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder.png").mkdir()
    for path, said in (
        (tmp_path / "file" / "a.png", "cannot write in .*file.*another place"),
        (tmp_path / "folder.png", "is a folder; give the path of a file"),
        (tmp_path / "a\0.png", "is no name"),
    ):
        with pytest.raises(bm.errors.OutputError, match=said):
            sheet.savefig(path, dpi=30)
    assert files(tmp_path) == ["file", "folder.png"]


@pytest.mark.skipif(ROOT, reason="root writes everywhere")
def test_a_folder_that_may_not_be_written_is_refused(sheet, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    try:
        with pytest.raises(bm.errors.OutputError, match=r"Permission denied.*another"):
            sheet.savefig(closed / "a.png", dpi=30)
    finally:
        closed.chmod(stat.S_IRWXU)


def test_a_pipe_is_never_replaced_by_a_file(sheet, tmp_path):
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    with pytest.raises(bm.errors.OutputError, match="pipe; open it"):
        sheet.savefig(pipe, dpi=30)
    assert pipe.is_fifo()


def test_a_link_stays_a_link_to_what_is_saved(sheet, tmp_path):
    (tmp_path / "true.png").write_bytes(b"old")
    (tmp_path / "link.png").symlink_to(tmp_path / "true.png")
    sheet.savefig(tmp_path / "link.png", dpi=30)
    assert (tmp_path / "link.png").is_symlink()
    assert (tmp_path / "true.png").read_bytes().startswith(b"\x89PNG")


def test_open_files_are_written_as_they_are(sheet, tmp_path):
    with (tmp_path / "a.svg").open("wb") as file:
        sheet.savefig(file)
    assert (tmp_path / "a.svg").read_bytes() == saved(sheet, "svg")
    words = io.StringIO()
    sheet.savefig(words, format="svg")
    assert words.getvalue().encode() == saved(sheet, "svg")
    unnamed = io.BytesIO()
    sheet.savefig(unnamed, dpi=30)
    assert unnamed.getvalue().startswith(b"\x89PNG")
    sheet.savefig(str(tmp_path / "b"), format="png", dpi=30)
    assert (tmp_path / "b").read_bytes().startswith(b"\x89PNG")


def test_matplotlib_s_own_file_of_many_pages_takes_a_sheet(sheet, tmp_path):
    path = tmp_path / "many.pdf"
    with PdfPages(path) as many, warnings.catch_warnings():
        many.savefig(sheet)
        sheet.savefig(many)
    reader = pypdf.PdfReader(path)
    assert len(reader.pages) == 2
    assert pypdfium2.PdfDocument(path)[1].render().to_numpy().min() < 60
