"""The deliverable on the museum: minutes beside rings, who is in reach, questions."""

import dataclasses as dc
import datetime as dt
import re

import geopandas as gpd
import pandas as pd
import pypdfium2
import pytest

import basinmap as bm
from basinmap.deliverables.museum_areas import crow_zones, people_in
from basinmap.deliverables.pic_documents import QUESTIONS, pic_document
from basinmap.deliverables.subjects import subject
from basinmap.errors import CodeError, ColumnError, CRSError, DataError
from basinmap.export.parts import Figure, Heading, Note, Table, check_document, worded
from basinmap.export.pdf_documents import pdf_bytes
from basinmap.values.told import told_of

DAY = dt.date(2026, 11, 29)
MUSEUM = bm.LOUVRE_LENS.point
pytestmark = pytest.mark.filterwarnings("ignore::basinmap.errors.BasinmapWarning")


def spaced(text):
    return re.sub("[\u00a0\u202f]", " ", worded(text))


def saved(folder, minutes=(10, 20, 30), metres=(6_000, 14_000, 24_000), **columns):
    shapes = [MUSEUM.buffer(m) for m in metres]
    frame = gpd.GeoDataFrame(
        {"minutes": list(minutes), **columns}, geometry=shapes, crs=2154
    )
    path = folder / "aires.gpkg"
    frame.to_file(path)
    return path


@pytest.fixture(scope="module")
def about():
    return subject("bassin-minier", author="Euralens", date=DAY)


@pytest.fixture(scope="module")
def areas(tmp_path_factory):
    return bm.read_isochrones(
        saved(tmp_path_factory.mktemp("aires")), source="Agence, 2026"
    )


@pytest.fixture(scope="module")
def points():
    steps = [0, 2_000, 8_000, 20_000, 27_000]
    shapes = gpd.points_from_xy([MUSEUM.x + s for s in steps], [MUSEUM.y] * 5)
    return gpd.GeoDataFrame(
        {"state": ["A", "A", "A", "F", "A"]}, geometry=shapes, crs=2154
    )


@pytest.fixture(scope="module")
def document(about, areas, points):
    return pic_document(about, isochrones=areas, establishments=points)


def table_of(document, caption):
    return next(
        p
        for p in document.parts
        if isinstance(p, Table) and p.caption.startswith(caption)
    )


def rows_of(table):
    return {spaced(r[0].text): [spaced(c.text) for c in r[1:]] for r in table.rows}


def test_saved_areas_are_bands_that_say_who_made_them(areas):
    assert areas["label"].tolist() == [
        "moins de 10 min",
        "de 10 à moins de 20 min",
        "de 20 à moins de 30 min",
    ]
    assert areas.area.sum() == pytest.approx(MUSEUM.buffer(24_000).area, rel=1e-6)
    assert "en voiture" in told_of(areas).rule
    assert told_of(areas).sources == ("Agence, 2026",)


@pytest.mark.parametrize(
    ("minutes", "metres", "source", "error", "told"),
    [
        ((10, 10), (6_000, 9_000), "a", DataError, "each once"),
        ((10, -5), (6_000, 9_000), "a", DataError, "one time in minutes"),
        ((10, 20), (6_000, 9_000), " ", DataError, "who made these areas"),
        ((20, 10), (9_000, 20_000), "a", DataError, "20 minutes does not hold that of"),
    ],
)
def test_areas_that_say_no_time_or_no_source_are_refused(
    tmp_path, minutes, metres, source, error, told
):
    with pytest.raises(error, match=told):
        bm.read_isochrones(saved(tmp_path, minutes, metres), source=source)


def test_areas_of_another_place_or_without_minutes_are_refused(tmp_path):
    far = gpd.GeoDataFrame(
        {"minutes": [10]}, geometry=[MUSEUM.buffer(50).buffer(0)], crs=2154
    )
    far.geometry = far.translate(40_000, 0)
    far.to_file(tmp_path / "loin.gpkg")
    with pytest.raises(DataError, match="does not hold the museum"):
        bm.read_isochrones(tmp_path / "loin.gpkg", source="a")
    far.rename(columns={"minutes": "duree"}).to_file(tmp_path / "sans.gpkg")
    with pytest.raises(ColumnError, match=r"no column of minutes.*duree"):
        bm.read_isochrones(tmp_path / "sans.gpkg", source="a")
    with pytest.raises(DataError, match="cannot be read"):
        bm.read_isochrones(tmp_path / "absent.gpkg", source="a")
    (tmp_path / "lien.gpkg").write_text("<OGRVRTDataSource></OGRVRTDataSource>")
    with pytest.raises(DataError, match="a virtual format under another name"):
        bm.read_isochrones(tmp_path / "lien.gpkg", source="a")


def test_minutes_stand_beside_rings_with_their_rule(document):
    check_document(document)
    slugs = [page.slug for page in document.pages]
    assert slugs.index("isochrones") == slugs.index("couronnes") + 1
    page = document.pages[slugs.index("isochrones")]
    assert "Agence, 2026" in spaced(page.parts[1].text)
    whole, split = (p for p in page.parts if isinstance(p, Table))
    assert list(rows_of(whole))[:2] == ["moins de 10 min", "de 10 à moins de 20 min"]
    assert sum(row[2].value for row in whole.rows) == 4_073_540
    assert sum(row[2].value for row in split.rows) == 4_073_540
    drawn = {p.slug: p for p in page.parts if isinstance(p, Figure)}
    assert set(drawn) >= {"isochrones-carte", "isochrones-population"}
    assert "Isochrones : Agence, 2026" in spaced(drawn["isochrones-carte"].source)


def test_people_reached_are_estimates_and_add_up(document, about):
    rows = rows_of(table_of(document, "Population atteinte"))
    assert len(rows) == 7  # four rings, three areas of time
    ring = people_in(crow_zones(about))
    assert rows["moins de 5 km"][0] == f"≈ {ring.iloc[0]:,.0f}".replace(",", " ")
    total = spaced(f"≈ {ring.iloc[:2].sum():,.0f}".replace(",", " "))
    assert rows["de 5 à moins de 10 km"][1] == total
    cell = table_of(document, "Population atteinte").rows[0][1]
    assert cell.state == "estimated"


def test_open_establishments_are_counted_where_they_are(document):
    rows = rows_of(table_of(document, "Établissements à portée"))
    assert rows["moins de 5 km"] == ["2", "2"]
    assert rows["de 5 à moins de 10 km"] == ["1", "3"]
    assert rows["de 20 à moins de 30 km"] == ["1", "4"]  # what is closed is not
    assert rows["moins de 10 min"] == ["2", "2"]
    assert not [p for p in document.parts if getattr(p, "kind", "") == "missing"]


def test_what_is_not_given_is_named_with_what_to_give(about):
    document = pic_document(about)
    (note,) = [p for p in document.parts if isinstance(p, Note) and p.kind == "missing"]
    told = spaced(" ".join(map(worded, note.paragraphs)))
    assert "Temps de parcours : non fournis" in told
    assert "isochrones enregistrées" in told
    assert "Sirene" in told
    assert "isochrones" not in [page.slug for page in document.pages]


def test_closed_or_misplaced_establishments_are_refused(about, points):
    with pytest.raises(DataError, match="none of 1 is open"):
        pic_document(about, establishments=points[points["state"] == "F"])
    with pytest.raises(CRSError):
        pic_document(about, establishments=points.to_crs(4326))


def test_the_pages_of_the_deliverable_are_sheets_of_paper(document):
    ends = [page.slug for page in document.pages]
    sheets = len(pypdfium2.PdfDocument(pdf_bytes(document)))
    assert sheets <= len(ends) + 1  # questions run over two


# --- questions ------------------------------------------------------------------


def test_questions_are_a_file_of_ones_own(tmp_path, about):
    path = tmp_path / "questions.toml"
    path.write_text(
        "[[question]]\nnumber = 3\ntext = 'Qui habite ici ?'\n"
        "indicators = ['D02']\n\n[[question]]\nnumber = 8\n"
        "text = 'Et demain ?'\nneeds = 'une enquête'\n",
        "utf-8",
    )
    asked = bm.read_questions(path)
    assert [q.number for q in asked] == [3, 8]
    document = pic_document(about, questions=asked)
    titles = [spaced(p.text) for p in document.parts if isinstance(p, Heading)]
    assert "3. Qui habite ici ?" in titles
    left = table_of(document, "Réponse non établie")
    assert rows_of(left) == {"8. Et demain ?": ["une enquête"]}


@pytest.mark.parametrize(
    ("text", "error", "told"),
    [
        ("question = 3", DataError, "tables"),
        ("[[question]]\nnumber = 1", DataError, "question 1: number = 1 and text"),
        ("[[question]]\nnumber = 1\ntext = 'a'\nid = 2", DataError, "'id'"),
        ("[[question]]\nnumber = 1\ntext = 'a'\nindicators = ['Z']", CodeError, "'Z'"),
        (
            "[[question]]\nnumber = 1\ntext = 'a'\n[[question]]\nnumber = 1\ntext='b'",
            DataError,
            "stand twice",
        ),
        ("[[question]", DataError, "is no TOML"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(tmp_path, text, error, told):
    path = tmp_path / "questions.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(error, match=told):
        bm.read_questions(path)
    assert len(QUESTIONS) == 14


def test_texts_of_the_observatory_answer_and_their_numbers_are_checked(tmp_path):
    texts = {
        "question.11": "Bilbao a reçu **1 234 567** visiteurs.",
        "preambule": "Le bassin minier compte 1 255 036 habitants.",
        "faits": "- Une exposition.\n- Un colloque.",
    }
    with pytest.warns(
        bm.errors.BasinmapWarning, match="1 number.*question.11: 1234567"
    ):
        folder = bm.pic(
            2026, out=tmp_path / "pic", date=DAY, formats=["html"], texts=texts
        )
    told = spaced((folder / "pic.html").read_text("utf-8"))
    assert "Un colloque." in told
    assert "<strong>1 234 567</strong>" in told
    with pytest.raises(DataError, match=r"question\.11, line 2"):
        bm.pic(
            2026,
            out=tmp_path / "autre",
            date=DAY,
            formats=["html"],
            texts={"question.11": "Un.\n| a | b |"},
        )


def test_studies_are_listed_with_their_notebook(tmp_path, about):
    path = tmp_path / "etudes.csv"
    path.write_text(
        "etude;resultat;date;carnet\nVacance;Trois poches.;2026;11_etude.ipynb\n",
        "utf-8",
    )
    (study,) = bm.read_studies(path)
    assert dc.astuple(study) == ("Vacance", "Trois poches.", "2026", "11_etude.ipynb")
    table = table_of(pic_document(about, studies=[study]), "Études thématiques")
    assert [c.label for c in table.columns] == [
        "Étude",
        "Question ou résultat",
        "Date",
        "Carnet",
    ]


def test_attendance_says_from_when_it_is_counted_otherwise(tmp_path):
    path = tmp_path / "entrees.csv"
    path.write_text(
        "année;entrées;rupture\n2015;435 213;\n2016;444602;année civile\n", "utf-8"
    )
    seen, breaks = bm.read_attendance(path)
    pd.testing.assert_series_equal(seen, pd.Series({2015: 435213.0, 2016: 444602.0}))
    assert breaks == {2016: "année civile"}
