"""An atlas: a sheet for each unit, numbered, found again, and nothing lost."""

import datetime as dt
import gc
import io
import os
import re
import threading
import warnings

import geopandas as gpd
import numpy as np
import pypdf
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from tqdm import tqdm

import basinmap as bm
from basinmap import progress
from basinmap.errors import BasinmapWarning, ColumnError, DataError, OutputError
from basinmap.maps.paper import atlases
from basinmap.maps.paper.contents import Line, contents_sheets


def told_or_typed(message):
    """Match the words of the verb, or those of the door that all share."""
    return rf"{message}|is of no use here; pass"


DAY = dt.date(2026, 11, 25)
X, Y = 686_000.0, 7_037_000.0  # Lens


def row_of(count, *, names=None, groups=None):
    """Squares of one kilometre, side by side."""
    boxes = [
        shapely.box(X + i * 1000, Y, X + (i + 1) * 1000, Y + 1000) for i in range(count)
    ]
    units = gpd.GeoDataFrame(
        {"name": names or [f"Commune {i + 1}" for i in range(count)]},
        geometry=boxes,
        crs=2154,
        index=[f"{62001 + i}" for i in range(count)],
    )
    return units if groups is None else units.assign(epci=groups)


def fiche(unit):
    fig, ax = bm.page(unit, title=f"Fiche de {unit['name'].iloc[0]}", paper="A5")
    bm.draw_outlines(ax, unit, label="limite")
    bm.draw_legend(ax)
    bm.draw_furniture(ax, author="Mission", date=DAY, sources=["Insee"])
    return fig


def read(path):
    return pypdf.PdfReader(io.BytesIO(path.read_bytes()))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Five communes of two EPCI, given mixed."""
    units = row_of(5, groups=["Nord", "Sud", "Nord", "Sud", "Nord"])
    path = tmp_path_factory.mktemp("atlas") / "atlas.pdf"
    found = bm.atlas(
        units, fiche, path=path, title="Atlas d'essai", group="epci", contents=True
    )
    return units, found


# --- one file ------------------------------------------------------------------------


def test_an_atlas_has_a_page_for_each_unit_group_by_group(made):
    _, path = made
    pages = [page.extract_text() for page in read(path).pages]
    assert len(pages) == 6
    order = [re.search(r"Fiche de (Commune \d)", text)[1] for text in pages[1:]]
    assert order == [f"Commune {i}" for i in (1, 3, 5, 2, 4)]


def test_pages_bear_their_number_and_the_contents_lead_to_them(made):
    _, path = made
    pages = [page.extract_text() for page in read(path).pages]
    for i, text in enumerate(pages[1:], start=2):
        assert str(i) in text.split()
    assert "Sommaire" in pages[0]
    told = dict(re.findall(r"(Commune \d)\s*\n?(\d)(?!\d)", pages[0]))
    assert len(told) == 5
    for name, page in told.items():
        assert f"Fiche de {name}" in pages[int(page) - 1]


def test_a_name_of_the_contents_is_a_link_to_its_page(made):
    _, path = made
    pdf = read(path)
    links = [found.get_object() for found in pdf.pages[0]["/Annots"]]
    targets = [link["/Dest"][0].get_object() for link in links]
    pages = [page.get_object() for page in pdf.pages]
    # Two groups and five communes.
    assert [pages.index(target) for target in targets] == [1, 1, 2, 3, 4, 4, 5]


def test_bookmarks_lead_to_the_pages_under_their_group(made):
    _, path = made
    pdf = read(path)
    contents, *rest = pdf.outline
    assert contents.title == "Sommaire"
    groups = dict(zip([g.title for g in rest[::2]], rest[1::2], strict=True))
    assert {g: [m.title for m in marks] for g, marks in groups.items()} == {
        "Nord": ["Commune 1", "Commune 3", "Commune 5"],
        "Sud": ["Commune 2", "Commune 4"],
    }
    for marks in groups.values():
        for mark in marks:
            page = pdf.pages[pdf.get_destination_page_number(mark)]
            assert f"Fiche de {mark.title}" in page.extract_text()


def test_the_file_says_its_title_its_author_and_embeds_true_fonts(made):
    _, path = made
    pdf = read(path)
    assert pdf.metadata.title == "Atlas d'essai"
    assert pdf.metadata.author == "Mission"
    kinds = {
        font.get_object()["/Subtype"]
        for page in pdf.pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert kinds == {"/Type0"}
    assert pdf.page_labels == [str(i) for i in range(1, 7)]


def test_every_map_knows_where_it_is_and_every_page_is_told(made):
    _, path = made
    pages = read(path).pages
    assert "/VP" not in pages[0]
    assert all(len(page["/VP"]) == 1 for page in pages[1:])


def test_without_contents_the_first_unit_is_page_one(tmp_path):
    path = bm.atlas(
        row_of(2), fiche, path=tmp_path / "a.pdf", title="T", contents=False
    )
    pdf = read(path)
    assert len(pdf.pages) == 2
    assert [mark.title for mark in pdf.outline] == ["Commune 1", "Commune 2"]
    assert "1" in pdf.pages[0].extract_text().split()


def test_units_of_one_name_are_told_apart_by_their_code(tmp_path):
    units = row_of(3, names=["Saint-Aubin", "Lens", "Saint-Aubin"])
    path = bm.atlas(units, fiche, path=tmp_path / "a.pdf", title="T", contents=True)
    assert [mark.title for mark in read(path).outline][1:] == [
        "Saint-Aubin (62001)",
        "Lens",
        "Saint-Aubin (62003)",
    ]


def test_the_bytes_do_not_depend_on_the_processes(tmp_path):
    units = row_of(26)
    paths = [
        bm.atlas(units, fiche, path=tmp_path / f"{n}.pdf", title="T", workers=n)
        for n in (1, 2)
    ]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_what_is_defined_in_place_is_sent_to_other_processes(tmp_path):
    said = "d'un nom local"
    units = row_of(25)

    def draw(unit):
        if unit.index[0] == "62025":
            warnings.warn("le dernier", BasinmapWarning, stacklevel=1)
        fig, ax = bm.page(unit, title=f"Fiche {said}", paper="A5")
        bm.draw_outlines(ax, unit)
        return fig

    with pytest.warns(BasinmapWarning, match=r"le dernier \[sheet\(s\) '62025'\]"):
        path = bm.atlas(units, draw, path=tmp_path / "a.pdf", title="T", workers=2)
    assert "Fiche d’un nom local" in read(path).pages[-1].extract_text()


# --- a file a unit -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("{code}.pdf", ["62001.pdf", "62002.pdf"]),
        ("fiche-{name}.svg", ["fiche-eleu-dit-leauwette.svg", "fiche-lens.svg"]),
        ("{number}-{code}.png", ["0001-62001.png", "0002-62002.png"]),
    ],
)
def test_a_name_with_a_field_makes_a_file_a_unit(tmp_path, name, expected):
    units = row_of(2, names=["Éleu-dit-Leauwette", "Lens"])
    folder = bm.atlas(units, fiche, path=tmp_path / "fiches" / name, title="T")
    assert folder == tmp_path / "fiches"
    assert sorted(p.name for p in folder.iterdir()) == expected
    assert all(p.stat().st_size > 1000 for p in folder.iterdir())


def test_files_beside_stay_and_those_of_the_name_are_replaced(tmp_path):
    (tmp_path / "note.txt").write_text("à garder", encoding="utf-8")
    (tmp_path / "62001.svg").write_text("ancien", encoding="utf-8")
    bm.atlas(row_of(1), fiche, path=tmp_path / "{code}.svg", title="T")
    assert (tmp_path / "note.txt").read_text(encoding="utf-8") == "à garder"
    assert "<svg" in (tmp_path / "62001.svg").read_text(encoding="utf-8")


def test_files_are_added_to_a_folder_that_has_a_manifest(tmp_path):
    listed = '{"outputs": {"rapport.pdf": "x"}}'
    (tmp_path / "manifest.json").write_text(listed, encoding="utf-8")
    (tmp_path / "rapport.pdf").write_text("à garder", encoding="utf-8")
    bm.atlas(row_of(1), fiche, path=tmp_path / "{code}.svg", title="T")
    names = sorted(found.name for found in tmp_path.iterdir())
    assert names == ["62001.svg", "manifest.json", "rapport.pdf"]


def test_braces_in_the_name_of_a_folder_are_no_field(tmp_path):
    path = bm.atlas(row_of(1), fiche, path=tmp_path / "{projet}" / "a.pdf", title="T")
    assert path.read_bytes().startswith(b"%PDF")


def test_a_file_is_named_after_a_code_that_is_a_number(tmp_path):
    units = row_of(2).reset_index(drop=True)
    bm.atlas(units, fiche, path=tmp_path / "{code}.svg", title="T")
    assert sorted(found.name for found in tmp_path.iterdir()) == ["0.svg", "1.svg"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("a{b.pdf", "brace"),
        ("{number:d}.svg", "unknown 'd'"),
        ("{code!r}.svg", "unknown 'r'"),
        ("{code}", "no format"),
        ("atlas.png", "file a unit"),
        ("atlas", "is a PDF"),
        ("{siren}.pdf", "siren"),
        ("{code}/fiche.pdf", "one folder"),
        ("{name}.pdf", "several files"),
    ],
)
def test_a_path_that_cannot_hold_the_atlas_is_refused(tmp_path, path, said):
    units = row_of(2, names=["Lens", "Lens"])
    with pytest.raises(DataError, match=said):
        bm.atlas(units, fiche, path=tmp_path / path, title="T")
    assert not list(tmp_path.iterdir())


# --- what goes wrong -----------------------------------------------------------------


@pytest.mark.parametrize("path", ["atlas.pdf", "62001.svg"])
def test_a_sheet_that_fails_names_its_unit_and_leaves_what_was_there(tmp_path, path):
    target = tmp_path / path
    target.write_text("ancien", encoding="utf-8")

    def draw(unit):
        if unit.index[0] == "62002":
            msg = "all 3 values are missing"
            raise bm.errors.MeasureError(msg)
        return fiche(unit)

    asked = target if path.endswith("pdf") else tmp_path / "{code}.svg"
    with pytest.raises(bm.errors.MeasureError, match=r"62002 \(Commune 2\): all 3"):
        bm.atlas(row_of(3), draw, path=asked, title="T")
    assert target.read_text(encoding="utf-8") == "ancien"
    assert [p.name for p in tmp_path.iterdir()] == [path]


def test_a_bug_of_the_user_keeps_its_type_and_names_the_unit(tmp_path):
    def draw(unit):
        return unit["absent"]

    with pytest.raises(KeyError) as caught:
        bm.atlas(row_of(1), draw, path=tmp_path / "a.pdf", title="T")
    assert caught.value.__notes__ == ["while drawing 62001 (Commune 1)"]


def test_what_is_no_sheet_is_refused_with_what_to_return(tmp_path):
    with pytest.raises(
        DataError, match="draw returned tuple; it must return the sheet"
    ):
        bm.atlas(
            row_of(1),
            lambda unit: bm.page(unit, title="T"),
            path=tmp_path / "a.pdf",
            title="T",
        )


def test_what_several_sheets_warn_of_is_said_once(tmp_path):
    def draw(unit):
        warnings.warn("fond de carte indisponible", BasinmapWarning, stacklevel=1)
        if unit.index[0] == "62003":
            warnings.warn("autre chose", BasinmapWarning, stacklevel=1)
        return fiche(unit)

    with pytest.warns(BasinmapWarning) as caught:
        bm.atlas(row_of(3), draw, path=tmp_path / "a.pdf", title="T")
    assert sorted(str(w.message) for w in caught) == [
        "autre chose [sheet(s) '62003']",
        "fond de carte indisponible [all sheets]",
    ]


def test_a_draw_that_cannot_be_sent_is_refused_with_the_cure(tmp_path):
    lock = threading.Lock()

    def draw(unit):
        with lock:
            return fiche(unit)

    with pytest.raises(DataError, match="workers=1"):
        bm.atlas(row_of(25), draw, path=tmp_path / "a.pdf", title="T", workers=2)
    assert not list(tmp_path.iterdir())
    bm.atlas(row_of(2), draw, path=tmp_path / "a.pdf", title="T", workers=1)


@pytest.mark.parametrize(
    ("units", "options", "error", "said"),
    [
        (row_of(2), {"name": "nom"}, ColumnError, "nom"),
        (row_of(2), {"group": "epci"}, ColumnError, "epci"),
        (row_of(2, names=["a", None]), {}, DataError, "without 'name': '62002'"),
        (row_of(2, groups=["a", None]), {"group": "epci"}, DataError, "'62002'"),
        (row_of(2), {"workers": 0}, DataError, "workers=0"),
        (row_of(2), {"title": " "}, DataError, "title"),
        (row_of(2), {"title": None}, DataError, "title"),
        (row_of(2), {"path": None}, DataError, "path=None"),
        (row_of(2), {"draw": 3}, DataError, "draw=3"),
        (row_of(2).to_crs(4326), {}, bm.errors.CRSError, "degrees"),
        (row_of(2).iloc[:0], {}, DataError, "empty"),
    ],
)
def test_units_that_make_no_atlas_are_refused(tmp_path, units, options, error, said):
    asked = {"draw": fiche, "path": tmp_path / "a.pdf", "title": "T", **options}
    with pytest.raises((error, TypeError), match=told_or_typed(said)):
        bm.atlas(units, **asked)


def test_nothing_of_a_sheet_reaches_the_next(tmp_path):
    units = row_of(3)
    units.attrs["seen"] = []
    seen = []

    def draw(unit):
        unit.attrs["seen"].append(unit.index[0])
        seen.append(list(unit.attrs["seen"]))
        return fiche(unit)

    bm.atlas(units, draw, path=tmp_path / "a.pdf", title="T", contents=False)
    assert seen[-3:] == [["62001"], ["62002"], ["62003"]]
    assert units.attrs["seen"] == []


def test_cycles_are_looked_for_once_a_chunk(tmp_path, monkeypatch):
    looked = []
    real = gc.collect
    monkeypatch.setattr(gc, "collect", lambda *a: looked.append(a) or real(*a))
    monkeypatch.setattr(atlases, "_CHUNK", 2)
    before = gc.get_freeze_count()
    bm.atlas(row_of(4), fiche, path=tmp_path / "a.pdf", title="T", workers=1)
    assert len(looked) == 3  # of the first sheet, which tells the look; of two chunks
    assert (gc.isenabled(), gc.get_freeze_count()) == (True, before)


def test_a_sheet_with_names_ground_and_histogram_takes_few_bytes(tmp_path):
    communes, rate = bm.communes(), bm.compute("L04", bm.statistics())
    classes = bm.classify(rate)

    def full(unit):
        fig, ax = bm.page(unit, title=unit["name"].iloc[0], around=4_000)
        bm.draw_choropleth(ax, communes, classes)
        bm.draw_outlines(ax, unit, label="limite communale", width=2)
        bm.draw_labels(ax, communes)
        bm.draw_legend(ax, histogram=rate)
        bm.draw_furniture(ax, author="Mission", date=DAY)
        return fig

    units = communes.loc[["62498", "62510", "62427", "62065"]]
    sizes = [
        len(bm.atlas(some, full, path=tmp_path / "a.pdf", title="T").read_bytes())
        for some in (units.iloc[:1], units)
    ]
    assert (sizes[1] - sizes[0]) / 3 < 25_000
    pages = read(tmp_path / "a.pdf").pages
    shared = [
        {id(page["/Resources"][kind][name].get_object()) for page in list(pages)[1:]}
        for kind, name in (("/Font", "/F0"), ("/Properties", "/L0"))
    ]
    assert [len(found) for found in shared] == [1, 1]


def test_what_one_sheet_says_three_times_is_not_said_by_all(tmp_path):
    def draw(unit):
        if unit.index[0] == "62002":
            for _ in range(3):
                warnings.warn("dit", BasinmapWarning, stacklevel=1)
        return fiche(unit)

    with pytest.warns(BasinmapWarning, match=r"^dit \[sheet\(s\) '62002'\]$"):
        bm.atlas(row_of(3), draw, path=tmp_path / "a.pdf", title="T")


@pytest.mark.parametrize(("workers", "steps"), [(1, 26), (2, 2)])
def test_progress_is_told_page_by_page_or_by_chunk(
    tmp_path, monkeypatch, workers, steps
):
    bars = []

    class Bar(tqdm):
        def __init__(self, *args, **options):
            super().__init__(
                *args, **{**options, "disable": False, "file": io.StringIO()}
            )
            self.told = []
            bars.append(self)

        def update(self, n=1):
            self.told.append(n)
            return super().update(n)

    monkeypatch.setattr(progress, "tqdm", Bar)
    bm.atlas(row_of(26), fiche, path=tmp_path / "a.pdf", title="T", workers=workers)
    (bar,) = bars
    assert (sum(bar.told), len(bar.told), bar.total) == (26, steps, 26)


def test_a_process_that_is_killed_is_told_of(tmp_path):
    parent = os.getpid()

    def draw(unit):
        if os.getpid() != parent:
            os._exit(1)
        return fiche(unit)

    with pytest.raises(DataError, match="workers=1"):
        bm.atlas(row_of(25), draw, path=tmp_path / "a.pdf", title="T", workers=2)
    assert not list(tmp_path.iterdir())


def test_a_picture_waits_packed_and_the_same_one_is_in_the_file_once(tmp_path):
    def draw(unit):
        fig, ax = bm.page(unit, title=f"Fiche de {unit['name'].iloc[0]}", paper="A5")
        (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
        ax.imshow(np.zeros((200, 200, 4), "uint8") + 99, extent=(x0, x1, y0, y1))
        bm.draw_outlines(ax, unit)
        return fig

    (page,) = atlases._printed([draw(row_of(1))])
    assert sum(len(one.data) + len(one.mask) for one in page.pictures) < 40_000
    path = bm.atlas(
        row_of(3), draw, path=tmp_path / "a.pdf", title="T", workers=1, contents=True
    )
    pages = read(path).pages[1:]
    assert [f"Commune {i}" in pages[i - 1].extract_text() for i in (1, 2, 3)]
    found = [page["/Resources"]["/XObject"].raw_get("/I0") for page in pages]
    assert len({one.idnum for one in found}) == 1


def test_a_path_that_is_a_folder_is_refused(tmp_path):
    (tmp_path / "a.pdf").mkdir()
    with pytest.raises(OutputError, match="is a folder"):
        bm.atlas(row_of(1), fiche, path=tmp_path / "a.pdf", title="T")


# --- contents ------------------------------------------------------------------------


def placed(sheet):
    """Texts of the columns of a page of contents, with their place."""
    texts = [t for t in sheet.paper.texts if t.get_gid() is None]
    return [(t.get_text(), *t.get_position()) for t in texts]


@settings(max_examples=25, deadline=None)
@given(
    count=st.integers(1, 700),
    every=st.integers(1, 40),
    paper=st.sampled_from(["A5", "A4"]),
)
def test_contents_hold_every_line_once_on_the_page_and_no_group_ends_a_column(
    count, every, paper
):
    like, _ = bm.page(row_of(1), title="T", paper=paper)
    lines = []
    for i in range(count):
        if i % every == 0:
            lines.append(Line(f"Groupe {i}", i, heading=True))
        lines.append(Line(f"Unité {i}", i))
    sheets, links = contents_sheets(like, "Atlas", lines)
    found = [placed(sheet) for sheet in sheets]
    names = [text for page in found for text, _, _ in page if " " in text]
    assert names == [line.text for line in lines]
    plan = like.layout_mm
    assert [link.target for link in links] == [len(sheets) + n.sheet for n in lines]
    for page in found:
        assert all(plan.theme.margin <= x <= plan.width for _, x, _ in page)
        assert all(plan.theme.margin <= y <= plan.height for _, _, y in page)
        spots = [(x, y) for _, x, y in page]
        assert len(set(spots)) == len(spots)
        by_column = {}
        for text, x, y in page:
            if " " in text:
                by_column.setdefault(x, []).append((y, text))
        for x, column in by_column.items():
            lowest = min(column)[1]
            assert not lowest.startswith("Groupe") or x == max(by_column)
    numbers = [
        int(t.replace("\u202f", ""))
        for page in found
        for t, _, _ in page
        if " " not in t
    ]
    assert numbers == [len(sheets) + i + 1 for i in range(count)]


def test_a_long_name_takes_two_lines_and_one_number():
    like, _ = bm.page(row_of(1), title="T")
    name = "Communauté d'agglomération de Béthune-Bruay, Artois-Lys Romane"
    (sheet,), links = contents_sheets(like, "Atlas", [Line(name, 0), Line("Lens", 1)])
    assert [link.target for link in links] == [1, 1, 2]
    texts = [text for text, _, _ in placed(sheet)]
    assert texts[-2:] == ["Lens", "3"]
    assert texts.count("2") == 1
    assert " ".join(t for t in texts[:-2] if t != "2") == name.replace("'", "’")


def test_an_atlas_under_six_sheets_opens_with_its_first_sheet(tmp_path):
    for count, opening in ((5, 0), (6, 1)):
        path = bm.atlas(row_of(count), fiche, path=tmp_path / "a.pdf", title="T")
        pdf = pypdf.PdfReader(path)
        assert len(pdf.pages) == count + opening
        assert ("Sommaire" in pdf.pages[0].extract_text()) == bool(opening)
    # It is signed as the sheets are, and dated.
    said = pdf.pages[0].extract_text().replace("\u00a0", " ")
    assert "Réalisation : Mission, novembre 2026." in said


def test_a_short_contents_is_one_column():
    like, _ = bm.page(row_of(1), title="T")
    # 190 mm hold three columns of 52 and what is between them.
    for count, columns in ((3, 1), (12, 1), (13, 2), (150, 3)):
        lines = [Line(f"Commune {i}", i) for i in range(count)]
        (sheet, *_), _ = contents_sheets(like, "Atlas", lines)
        names = {x for text, x, _ in placed(sheet) if " " in text}
        assert len(names) == columns
