"""Files handed over: true text, true codes, the same bytes, whole or not at all."""

import datetime as dt
import json
import os
import re
import stat
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pypdf
import pytest
import shapely
from PIL import Image

import basinmap as bm
from basinmap.export.manifests import write_manifest
from basinmap.staging import MANIFEST, staged_file, staged_folder

DAY = dt.date(2026, 11, 23)
FORMATS = ("pdf", "svg", "png")
ROOT = os.geteuid() == 0


def draw():
    """Return a plate with everything that a format could get wrong."""
    units = bm.communes(epci="246200364")
    rate = bm.compute("L04", bm.statistics(epci="246200364"))
    rate["62001"] = np.nan
    rate.attrs["states"] = {"62001": "secret"}
    fig, ax = bm.page(units, title="L'essai de 2026 – CA de Lens-Liévin")
    bm.draw_neighbours(ax, bm.epcis())
    bm.draw_choropleth(ax, units, bm.classify(rate))
    bm.draw_rings(ax, bm.rings(bm.LOUVRE_LENS, distances=[5_000]))
    bm.draw_labels(ax, units, strong=3)
    bm.draw_furniture(ax, author="Mission d'essai", date=DAY)
    bm.draw_legend(ax, histogram=rate)
    return fig


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    """The same plate, drawn and saved twice."""
    folders = [tmp_path_factory.mktemp("plate") for _ in range(2)]
    for folder in folders:
        fig = draw()
        for suffix in FORMATS:
            fig.savefig(folder / f"plate.{suffix}")
    return folders


@pytest.fixture(scope="module")
def plate(twice):
    return twice[0]


@pytest.fixture(scope="module")
def units():
    return bm.communes(epci="246200299")


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


# --- plates ---------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_same_plate_drawn_twice_has_the_same_bytes(twice, suffix):
    first, second = (folder / f"plate.{suffix}" for folder in twice)
    assert first.read_bytes() == second.read_bytes()


def test_fonts_of_the_pdf_are_embedded_true_type(plate):
    (page,) = pypdf.PdfReader(plate / "plate.pdf").pages
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]
    assert fonts
    for font in fonts:
        assert font["/Subtype"] in {"/Type0", "/TrueType"}
        inner = font
        if font["/Subtype"] == "/Type0":
            (descendant,) = font["/DescendantFonts"]
            inner = descendant.get_object()
            assert "/ToUnicode" in font
        assert "/FontFile2" in inner["/FontDescriptor"].get_object()
    assert any("FiraSans" in font["/BaseFont"] for font in fonts)


@pytest.fixture(scope="module")
def pdf_text(plate):
    return pypdf.PdfReader(plate / "plate.pdf").pages[0].extract_text()


@pytest.mark.parametrize(
    "said",
    [
        "L’essai de 2026 – CA de Lens-Liévin",
        "Liévin",
        "Noyelles-",
        "Sources",
        "Réalisation",
        "Mission d’essai, novembre 2026",
        "Secret statistique",
        "Échelle 1",
        "5 km",
        "Distribution",
    ],
)
def test_text_of_the_pdf_can_be_searched(pdf_text, said):
    plain = pdf_text.replace("\u00a0", " ").replace("\u202f", " ")
    assert said in plain


def test_the_pdf_says_its_title_and_author_and_no_clock_time(plate):
    about = pypdf.PdfReader(plate / "plate.pdf").metadata
    assert about["/Title"] == "L'essai de 2026 – CA de Lens-Liévin"
    assert about["/Author"] == "Mission d'essai"
    assert not {"/CreationDate", "/ModDate"} & set(about)


def test_the_svg_is_well_formed_and_its_text_is_text(plate):
    root = ET.parse(plate / "plate.svg").getroot()  # noqa: S314 - our own file
    assert root.get("width") == f"{297 / 25.4 * 72:.6f}pt"
    texts = [
        "".join(e.itertext()).strip() for e in root.iter() if e.tag[-5:] == "}text"
    ]
    assert len(texts) > 50
    assert {"L’essai de 2026 – CA de Lens-Liévin", "Liévin"} <= set(texts)
    whole = (plate / "plate.svg").read_text(encoding="utf-8")
    assert "<dc:date>" not in whole
    assert "Mission d'essai" in whole


def test_the_svg_holds_no_picture_and_no_link_to_the_network(plate):
    whole = (plate / "plate.svg").read_text(encoding="utf-8")
    assert "<image" not in whole
    assert not re.findall(r'(?:href|src)="(?!#)[^"]*"', whole)


def test_the_png_is_at_300_dpi_with_its_title(plate):
    with Image.open(plate / "plate.png") as image:
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        assert image.info["Title"] == "L'essai de 2026 – CA de Lens-Liévin"
        assert image.info["Author"] == "Mission d'essai"
        assert image.getpixel((3, 3))[:3] == (255, 255, 255)


# --- geopackage -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def package(tmp_path_factory, units):
    folder = tmp_path_factory.mktemp("package")
    frame = units.copy()
    frame.attrs["title"] = "Communes d'Hénin-Carvin"
    words = pd.DataFrame({"libelle": ["Nom"]}, index=pd.Index(["name"], name="colonne"))
    paths = [
        bm.write_geopackage(
            folder / name,
            {"communes": frame, "lieux": bm.places()},
            tables={"dictionnaire": words},
            date=DAY,
        )
        for name in ("a.gpkg", "b.gpkg")
    ]
    assert paths == [folder / "a.gpkg", folder / "b.gpkg"]
    return folder


def test_the_geopackage_holds_its_layers_and_its_dictionary(package):
    listed = dict(pyogrio.list_layers(package / "a.gpkg").tolist())
    assert listed == {
        "communes": "MultiPolygon",
        "lieux": "Point",
        "dictionnaire": None,
        "layer_styles": None,  # where QGIS finds how to draw them
    }
    words = pyogrio.read_dataframe(package / "a.gpkg", layer="dictionnaire")
    assert words.to_dict("list") == {"colonne": ["name"], "libelle": ["Nom"]}


def test_a_layer_comes_back_as_it_was_with_its_codes_as_text(package, units):
    back = gpd.read_file(package / "a.gpkg", layer="communes").set_index("commune")
    assert back.crs == "EPSG:2154"
    assert back.index.tolist() == units.index.tolist()
    assert all(isinstance(code, str) for code in back.index)
    assert back["population"].tolist() == units["population"].tolist()
    assert back["name"].tolist() == units["name"].tolist()
    same = back.geometry.normalize().geom_equals_exact(units.normalize(), 1e-6)
    assert (same | back.geometry.geom_equals(units.geometry)).all()


def test_codes_with_a_leading_zero_keep_it(tmp_path):
    index = pd.Index(["01001", "02002"], name="commune")
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(0, i) for i in (0, 1)], crs=2154)
    bm.write_geopackage(tmp_path / "a.gpkg", {"a": frame.set_index(index)})
    back = gpd.read_file(tmp_path / "a.gpkg", layer="a")
    assert back["commune"].tolist() == ["01001", "02002"]


def test_two_geopackages_of_the_same_content_have_the_same_bytes(package):
    assert (package / "a.gpkg").read_bytes() == (package / "b.gpkg").read_bytes()


def test_nothing_but_the_geopackage_is_left(package):
    assert files(package) == ["a.gpkg", "b.gpkg"]


def test_a_geopackage_that_fails_half_way_leaves_the_previous_one(
    tmp_path, units, monkeypatch
):
    path = bm.write_geopackage(tmp_path / "a.gpkg", {"avant": units})
    before = path.read_bytes()
    write, calls = pyogrio.raw.write, []

    def broken(*args, **options):
        calls.append(options["layer"])
        if len(calls) == 2:
            msg = "no space left on device"
            raise OSError(msg)
        write(*args, **options)

    monkeypatch.setattr(pyogrio.raw, "write", broken)
    with pytest.raises(bm.errors.OutputError, match="no space left"):
        bm.write_geopackage(path, {"a": units, "b": units})
    assert calls == ["a", "b"]
    assert path.read_bytes() == before
    assert files(tmp_path) == ["a.gpkg"]


def test_the_date_of_one_geopackage_does_not_stay_for_the_next_writer(tmp_path, units):
    bm.write_geopackage(tmp_path / "a.gpkg", {"a": units}, date=DAY)
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None


@pytest.mark.parametrize(
    ("spoilt", "error", "said"),
    [
        (lambda _: {}, "DataError", r"nothing to write.*\{'communes': frame\}"),
        (lambda u: {"c": u.iloc[:0]}, "DataError", "layer 'c' is empty"),
        (
            lambda u: {"c": u.set_crs(None, allow_override=True)},
            "CRSError",
            r"layer 'c' has no CRS.*set_crs",
        ),
        (lambda u: {"c": u.assign(NAME=1)}, "DataError", r"layer 'c'.*\['name'\]"),
        (lambda u: {"c": u.assign(commune=1)}, "DataError", r"layer 'c'.*'commune'"),
        pytest.param(
            lambda u: {"c": pd.DataFrame(u)},
            "DataError",
            "'c'",
        ),
        pytest.param(
            lambda u: {"c": u.assign(fid="x")},
            "DataError",
            "fid",
        ),
        pytest.param(
            lambda u: {"c": u.assign(geom="x")},
            "DataError",
            "geom",
        ),
        pytest.param(
            lambda u: {"c": u, "C": u},
            "DataError",
            "C",
        ),
    ],
    ids=[
        *("nothing", "empty", "no-crs", "case", "index-name", "plain-table"),
        *("fid", "geom", "layers-by-case"),
    ],
)
def test_a_layer_that_cannot_be_written_is_refused_by_its_name(
    tmp_path, units, spoilt, error, said
):
    with pytest.raises(getattr(bm.errors, error), match=said):
        bm.write_geopackage(tmp_path / "a.gpkg", spoilt(units))
    assert files(tmp_path) == []


def test_a_table_that_bears_the_name_of_a_layer_is_refused(tmp_path, units):
    table = pd.DataFrame({"a": [1]}, index=pd.Index(["x"], name="code"))
    with pytest.raises(bm.errors.DataError, match="'a'"):
        bm.write_geopackage(tmp_path / "a.gpkg", {"a": units}, tables={"a": table})


# --- workbook -------------------------------------------------------------------------


def table():
    frame = pd.DataFrame(
        {
            "nom": ["Lens", "L'Écluse", "=1+1", "d"],
            "logements": [17681, 0, 12, np.nan],
            "taux": [7.190, np.nan, np.nan, np.nan],
        },
        index=pd.Index(["01001", "62498", "2A004", "59574"], name="commune"),
    )
    frame.attrs = {
        "title": "Communes d'essai",
        "labels": {"commune": "Code", "nom": "Nom", "taux": "Taux de vacance (%)"},
        "decimals": {"taux": 1},
        "states": {"taux": {"62498": "not_applicable", "2A004": "secret"}},
    }
    return frame


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "a.xlsx"
    sheets = {"Communes": table(), "Autre": table()}
    bm.write_workbook(path, sheets, title="Essai", author="Mission", date=DAY)
    bm.write_workbook(
        path.with_name("b.xlsx"), sheets, title="Essai", author="Mission", date=DAY
    )
    return path


@pytest.fixture(scope="module")
def rows(book):
    sheet = openpyxl.load_workbook(book)["Communes"]
    return [list(row) for row in sheet.iter_rows(min_row=4)]


def test_headers_of_a_workbook_are_the_french_labels(rows):
    assert [cell.value for cell in rows[0]] == [
        "Code",
        "Nom",
        "logements",
        "Taux de vacance (%)",
    ]


def test_codes_of_a_workbook_are_text_and_numbers_are_numbers(rows):
    codes = [row[0] for row in rows[1:]]
    assert [cell.value for cell in codes] == ["01001", "62498", "2A004", "59574"]
    assert {cell.data_type for cell in codes} == {"s"}
    counts = [row[2] for row in rows[1:4]]
    assert [(cell.value, cell.data_type) for cell in counts] == [
        (17681, "n"),
        (0, "n"),
        (12, "n"),
    ]
    assert rows[1][3].value == pytest.approx(7.19)
    assert rows[1][3].number_format == "#,##0.0"


def test_text_that_looks_like_a_formula_stays_text(rows):
    assert (rows[3][1].value, rows[3][1].data_type) == ("=1+1", "s")


def test_missing_values_of_a_workbook_say_why(rows):
    assert [row[3].value for row in rows[2:5]] == ["s.o.", "s", "n.d."]
    assert rows[4][2].value == "n.d."


def test_a_workbook_bears_its_title_author_and_sheets(book):
    found = openpyxl.load_workbook(book)
    assert found.sheetnames == ["Communes", "Autre", "Lisez-moi", "Dictionnaire"]
    assert (found.properties.title, found.properties.creator) == ("Essai", "Mission")
    assert found.properties.created.date() == DAY
    assert found["Communes"]["A1"].value == "Communes d'essai"


def test_the_header_and_codes_of_a_workbook_stay_in_sight_and_filter(book):
    sheet = openpyxl.load_workbook(book)["Communes"]
    assert sheet.freeze_panes == "C5"
    assert [table.ref for table in sheet.tables.values()] == ["A4:D8"]


def test_two_workbooks_of_the_same_content_have_the_same_bytes(book):
    assert book.read_bytes() == book.with_name("b.xlsx").read_bytes()
    assert files(book.parent) == ["a.xlsx", "b.xlsx"]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "x" * 32,
        "a/b",
        "a[b]",
        "a:b",
        "a?",
        "a*",
        "a\\b",
        pytest.param("'a'", id="apostrophes"),
        pytest.param("😀" * 16, id="emoji"),
    ],
)
def test_a_name_that_no_sheet_may_bear_is_refused(tmp_path, name):
    with pytest.raises(bm.errors.DataError, match="sheet name") as caught:
        bm.write_workbook(tmp_path / "a.xlsx", {name: table()})
    assert name in str(caught.value).replace("\\\\", "\\")
    assert files(tmp_path) == []


def test_two_sheets_that_differ_by_case_are_refused(tmp_path):
    with pytest.raises(bm.errors.DataError, match="communes"):
        bm.write_workbook(
            tmp_path / "a.xlsx", {"Communes": table(), "communes": table()}
        )


def test_a_workbook_without_sheet_is_refused(tmp_path):
    with pytest.raises(bm.errors.DataError, match="nothing to write"):
        bm.write_workbook(tmp_path / "a.xlsx", {})


def test_an_infinite_value_is_refused_by_its_column_and_the_old_file_stays(tmp_path):
    path = bm.write_workbook(tmp_path / "a.xlsx", {"Communes": table()})
    before = path.read_bytes()
    endless = table()
    endless.loc["62498", "taux"] = np.inf
    with pytest.raises(bm.errors.DataError, match=r"infinite.*taux|taux.*infinite"):
        bm.write_workbook(path, {"Communes": endless})
    assert path.read_bytes() == before
    assert files(tmp_path) == ["a.xlsx"]


@pytest.mark.parametrize("value", [dt.date(2012, 12, 12), pd.Timestamp("2012-12-12")])
def test_dates_of_a_workbook_are_dates(tmp_path, value):
    path = bm.write_workbook(
        tmp_path / "a.xlsx", {"A": table().assign(ouverture=value)}
    )
    cell = openpyxl.load_workbook(path)["A"]["E5"]
    assert cell.is_date
    assert cell.value.date() == dt.date(2012, 12, 12)


def test_a_word_that_is_no_state_is_refused_by_name(tmp_path):
    frame = table()
    frame.attrs["states"] = {"taux": {"62498": "perdu"}}
    with pytest.raises(bm.errors.MeasureError, match=r"unknown state\(s\) 'perdu'"):
        bm.write_workbook(tmp_path / "a.xlsx", {"A": frame})


# --- staging --------------------------------------------------------------------------


def fill(out, **content):
    with staged_folder(out) as folder:
        for name, text in content.items():
            (folder / f"{name}.txt").write_text(text)
        write_manifest(folder, {"title": "essai"})


def contents(folder):
    return {
        n: (folder / n).read_bytes() for n in files(folder) if (folder / n).is_file()
    }


def test_a_folder_under_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(bm.errors.OutputError, match=r"cannot write in .*file.*choose"):
        fill(tmp_path / "file" / "out", a="1")
    assert contents(tmp_path) == {"file": b"mine"}


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(bm.errors.OutputError, match=r"out is a file; give a folder"):
        fill(tmp_path / "out", a="1")
    assert contents(tmp_path) == {"out": b"mine"}


def test_a_file_that_is_a_folder_is_refused(tmp_path):
    with (
        pytest.raises(bm.errors.OutputError, match="is a folder; give the path"),
        staged_file(tmp_path),
    ):
        pass


@pytest.mark.skipif(ROOT, reason="root writes everywhere")
def test_a_folder_that_may_not_be_written_is_refused(tmp_path):
    out = tmp_path / "out"
    out.mkdir(mode=0o500)
    with pytest.raises(bm.errors.OutputError, match="permission denied"):
        fill(out, a="1")
    assert files(out) == []


@pytest.mark.skipif(ROOT, reason="root writes everywhere")
def test_a_folder_that_may_be_written_in_one_that_may_not_is_filled(tmp_path):
    out = tmp_path / "closed" / "out"
    out.mkdir(parents=True)
    out.parent.chmod(0o500)
    try:
        fill(out, a="1")
    finally:
        out.parent.chmod(stat.S_IRWXU)
    assert files(out) == ["a.txt", MANIFEST]


def test_a_folder_on_another_file_system_than_its_parent_is_filled(tmp_path):
    other = Path("/dev/shm")  # noqa: S108 - only as another file system
    if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs two file systems")
    far = other / f"basinmap-{os.getpid()}"
    far.mkdir()
    try:
        (tmp_path / "out").symlink_to(far)
        fill(tmp_path / "out", a="1")
        assert files(far) == ["a.txt", MANIFEST]
    finally:
        for path in far.iterdir():
            path.unlink()
        far.rmdir()


def test_a_second_run_replaces_its_files_removes_the_stale_and_keeps_the_foreign(
    tmp_path,
):
    out = tmp_path / "out"
    fill(out, a="1", b="1")
    (out / "mine.txt").write_text("mine")
    fill(out, a="2", c="2")
    assert files(out) == ["a.txt", "c.txt", MANIFEST, "mine.txt"]
    assert (out / "a.txt").read_text() == "2"
    assert (out / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize("manifest", ["", "[]", "{", '{"outputs": null}', '{"x": 1}'])
def test_a_manifest_that_cannot_be_read_removes_nothing(tmp_path, manifest):
    (tmp_path / MANIFEST).write_text(manifest)
    (tmp_path / "mine.txt").write_text("mine")
    fill(tmp_path, a="1")
    assert files(tmp_path) == ["a.txt", MANIFEST, "mine.txt"]


@pytest.mark.parametrize("name", ["../victim.txt", "sub/inner.txt", "/etc/hosts"])
def test_a_manifest_that_names_a_file_elsewhere_removes_nothing(tmp_path, name):
    out = tmp_path / "out"
    (out / "sub").mkdir(parents=True)
    (tmp_path / "victim.txt").write_text("mine")
    (out / "sub" / "inner.txt").write_text("mine")
    (out / MANIFEST).write_text(json.dumps({"outputs": {name: {}}}))
    fill(out, a="1")
    assert (tmp_path / "victim.txt").exists()
    assert (out / "sub" / "inner.txt").exists()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("", id="nothing"),
        ".",
        pytest.param("..", id="parent"),
        pytest.param("sub", id="sub"),
    ],
)
def test_a_manifest_that_names_a_folder_does_not_fail_the_run(tmp_path, name):
    out = tmp_path / "out"
    (out / "sub").mkdir(parents=True)
    (out / MANIFEST).write_text(json.dumps({"outputs": {name: {}}}))
    fill(out, a="1")
    assert (out / "sub").is_dir()


def test_a_folder_that_bears_the_name_of_an_output_is_refused_before_any_move(tmp_path):
    out = tmp_path / "out"
    fill(out, a="old", b="old")
    (out / "c.txt").mkdir()
    before = contents(tmp_path)
    with pytest.raises(bm.errors.OutputError, match=r"c\.txt"):
        fill(out, a="new", b="new", c="new")
    assert contents(tmp_path) == before


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_interruption_leaves_the_old_content_and_no_temporary_folder(
    tmp_path, error
):
    out = tmp_path / "out"
    fill(out, a="old", b="old")
    before = contents(tmp_path)
    seen = []

    def interrupted():
        with staged_folder(out) as folder:
            (folder / "a.txt").write_text("new")
            seen.append(folder)
            raise error

    with pytest.raises(error):
        interrupted()
    assert contents(tmp_path) == before
    assert files(tmp_path) == ["out", *(f"out/{name}" for name in files(out))]
    assert not seen[0].exists()


def test_parents_that_are_missing_are_made(tmp_path):
    fill(tmp_path / "a" / "b" / "out", a="1")
    assert files(tmp_path / "a" / "b") == ["out", "out/a.txt", f"out/{MANIFEST}"]


@pytest.mark.parametrize("stage", [staged_file, staged_folder])
def test_parents_that_were_made_are_removed_on_failure(tmp_path, stage):
    def broken():
        with stage(tmp_path / "a" / "b" / "out") as staged:
            assert staged.parent.exists()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    assert files(tmp_path) == []


def test_a_file_is_as_readable_as_any_other_of_the_user(tmp_path):
    with staged_file(tmp_path / "a.txt") as staged:
        staged.write_text("1")
    (tmp_path / "b.txt").write_text("1")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in files(tmp_path)}
    assert len(modes) == 1


def test_the_folder_is_as_readable_as_any_other_of_the_user(tmp_path):
    fill(tmp_path / "out", a="1")
    (tmp_path / "other").mkdir()
    modes = {(tmp_path / name).stat().st_mode for name in ("out", "other")}
    assert len(modes) == 1
