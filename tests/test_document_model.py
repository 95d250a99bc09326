"""One model of documents, three writers: nothing is lost, and everyone can read it."""

import datetime as dt
import html
import io
import re
import zipfile
from dataclasses import replace

import matplotlib.pyplot as plt
import pikepdf
import pypdfium2
import pytest

from basinmap.errors import DataError
from basinmap.export.document_themes import DocumentTheme, read_theme
from basinmap.export.html_documents import html_text
from basinmap.export.parts import (
    Cell,
    Column,
    Contents,
    Data,
    Document,
    Figure,
    Heading,
    KeyFigure,
    KeyFigures,
    Legend,
    LegendEntry,
    Note,
    Page,
    Paragraph,
    Run,
    Table,
    check_document,
    runs,
    strings,
    worded,
)
from basinmap.export.pdf_documents import pdf_bytes
from basinmap.export.word_documents import docx_bytes
from basinmap.maps.look.themes import settings


def render(form, size):
    with settings():
        figure = plt.figure(figsize=(size[0] / 25.4, size[1] / 25.4))
        figure.text(0.2, 0.5, "Somain 94,2")
        out = io.BytesIO()
        figure.savefig(
            out, format=form, metadata={"Date": None} if form == "svg" else {}
        )
        plt.close(figure)
    return out.getvalue()


COLUMNS = (Column("Indicateur", "left", 3), Column("Somain", mine=True), Column("EPCI"))
ROWS = (
    (Cell("Population 2023"), Cell("11 766", value=11766), Cell("69 764")),
    (Cell("Logements vacants"), Cell("s", "secret"), Cell("≥ 860", "bound")),
    (
        Cell("Logements sociaux"),
        Cell("n.d.", "not-available"),
        Cell("≈ 12", "estimated"),
    ),
    (Cell("Maisons"), Cell("0", "zero"), Cell("84 %", "fragile")),
)
TABLE = Table(
    COLUMNS,
    ROWS,
    "Comparaison au 1er janvier 2026",
    notes=("Rang : par ordre décroissant.",),
    source="Insee, RP 2021",
    groups={1: "Logement"},
)
FIGURE = Figure(
    "courbe",
    "chart",
    render,
    (80, 45),
    "Courbe qui descend de 100 à 94,2.",
    "Population, base 100 en 2016",
    source="Insee, populations de référence",
    legends=(
        Legend(
            "Taux de vacance (%)",
            (
                LegendEntry("#aa3344", "7,0 et plus", "6"),
                LegendEntry("#5b6270", "secret statistique", "2", hatched=True),
            ),
        ),
        Legend(
            "Logements",
            (LegendEntry("#1f4e79", "5 000", shape="disc", size_mm=9.0),),
        ),
    ),
    table=TABLE,
)
TILES = KeyFigures(
    tuple(
        KeyFigure(f"Population {year}", Cell("11 766"), "16,9 % de l’EPCI")
        for year in range(2018, 2024)
    )
)
READING = Note("reading", "Ce que disent ces chiffres", ("Une phrase.", "Au 3e rang."))
MISSING = Note("missing", "Données non fournies", ("Logements sociaux (RPLS).",))


def sample():
    fiche = Page(
        (
            Heading("Somain"),
            Paragraph("Somain : 11 766 habitants", role="headline"),
            TILES,
            replace(FIGURE, slug="carte", size_mm=(102, 75)),
            Note("place", "Quartier : Sessevalle", ("Repère indicatif.",)),
            replace(FIGURE, slug="gauche", legends=()),
            replace(FIGURE, slug="droite", legends=()),
            TABLE,
            READING,
            MISSING,
            Paragraph("Sources : Insee.", role="small"),
        ),
        template="fiche",
        slots=(
            *("band", "headline", "tiles", "map", "side", "left", "right"),
            *("table", "reading", "missing", "foot"),
        ),
    )
    text = Page(
        (
            Contents(),
            Heading("Population"),
            Paragraph("Le 3e taux au 1er janvier.", role="lead"),
            Paragraph((Run("Voir "), Run("le site", "link", "https://www.insee.fr"))),
            Paragraph("Un point.", bullet=True),
            TILES,
            FIGURE,
            Heading("Âges", 2),
            TABLE,
            READING,
            Data((("tableaux.xlsx", "les tableaux"),)),
        ),
        running="PLH · Somain",
    )
    cover = Page((Heading("Programme local de l’habitat"),), template="cover")
    return Document(
        "plh-somain",
        "PLH de Somain",
        "Observatoire",
        dt.date(2026, 11, 29),
        (cover, text, fiche),
        subtitle="Diagnostic",
    )


@pytest.fixture(scope="module")
def document():
    return sample()


@pytest.fixture(scope="module")
def pdf(document):
    return pdf_bytes(document)


@pytest.fixture(scope="module")
def page(document):
    return html_text(document)


@pytest.fixture(scope="module")
def word(document):
    return docx_bytes(document)


def squeezed(text):
    return re.sub(r"\s+", "", text)


def kinds(pdf):
    """Return every structure element as (kind, element), in reading order."""
    found = []

    def walk(element):
        kids = element.get("/K")
        kids = [kids] if isinstance(kids, pikepdf.Dictionary) else list(kids or [])
        for kid in kids:
            if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
                found.append((str(kid.S), kid))
                walk(kid)

    walk(pdf.Root.StructTreeRoot)
    return found


def lost(document, text):
    squeezed_text = squeezed(text)
    return [told for told in strings(document) if squeezed(told) not in squeezed_text]


def test_no_string_is_lost_in_the_pdf(document, pdf):
    opened = pypdfium2.PdfDocument(pdf)
    text = "".join(
        opened[n].get_textpage().get_text_range() for n in range(len(opened))
    )
    with pikepdf.open(io.BytesIO(pdf)) as read:
        told = "".join(str(e.get("/Alt", "")) for _, e in kinds(read))
        text += told + str(read.docinfo["/Title"])
    # The letters of a word may be cut over lines; captions lead with their number.
    assert lost(document, text.replace("\ufffe", "")) == []


def test_no_string_is_lost_on_the_web(document, page):
    text = html.unescape(re.sub(r"<[^>]+>", "", page))
    text += html.unescape("".join(re.findall(r'aria-label="([^"]*)"', page)))
    assert lost(document, text) == []


def test_no_string_is_lost_in_word(document, word):
    with zipfile.ZipFile(io.BytesIO(word)) as opened:
        told = opened.read("word/document.xml").decode()
    text = html.unescape(re.sub(r"<[^>]+>", "", told))
    text += html.unescape("".join(re.findall(r'descr="([^"]*)"', told)))
    assert lost(document, text) == []


def test_the_same_document_gives_the_same_bytes(document, pdf, page, word):
    assert pdf_bytes(document) == pdf
    assert html_text(document) == page
    assert docx_bytes(document) == word


def test_the_pdf_is_tagged_for_all(pdf):
    with pikepdf.open(io.BytesIO(pdf)) as read:
        assert str(read.Root.Lang).startswith("fr")
        assert read.Root.MarkInfo.Marked
        assert str(read.Root.ViewerPreferences.DisplayDocTitle) == "True"
        told = read.Root.Metadata.read_bytes().decode()
        assert re.search(r"pdfuaid:part\D+1", told)
        assert re.search(r"pdfaid:part\D+2", told)
        found = kinds(read)
        figures = [e for kind, e in found if kind == "/Figure"]
        assert len(figures) >= 4
        assert all(str(e.get("/Alt", "")) for e in figures)
        heads = [kind for kind, _ in found if re.fullmatch("/H[1-6]", kind)]
        assert heads.count("/H1") == 3


def test_each_row_and_each_column_has_a_header(pdf):
    with pikepdf.open(io.BytesIO(pdf)) as read:
        heads = [e for kind, e in kinds(read) if kind == "/TH"]
        scopes = [str(a.get("/Scope", "")) for e in heads for a in _attributes(e)]
    # Two tables on paper, of 3 columns and 4 rows and a title of group.
    assert scopes.count("/Column") == 6
    assert scopes.count("/Row") == 10


def _attributes(element):
    given = element.get("/A")
    return [given] if isinstance(given, pikepdf.Dictionary) else list(given or [])


def test_a_fiche_is_one_page(document, pdf):
    fiche = replace(document, pages=document.pages[-1:])
    assert len(pypdfium2.PdfDocument(pdf_bytes(fiche))) == 1
    assert len(pypdfium2.PdfDocument(pdf)) == 3


def test_the_web_page_asks_nothing(page):
    assert "<script" not in page
    assert not re.search(r"""(src|href)=["'](?!#|data:|https://www\.insee\.fr)""", page)
    assert "default-src 'none'" in page
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    for target in re.findall(r"url\(#([^)]+)\)|href=\"#([^\"]+)\"", page):
        assert "".join(target) in ids


def test_what_a_user_writes_is_text_never_markup(document):
    bad = '<script>alert(1)</script> #read("/etc/passwd") *gras* {{ 1 }}'
    odd = replace(document, pages=(Page((Heading("Un"), Paragraph(bad))),))
    told = html_text(odd)
    assert "<script" not in told
    assert html.escape(bad, quote=False) in html.unescape(told).replace(bad, bad) or (
        "&lt;script&gt;" in told
    )
    text = pypdfium2.PdfDocument(pdf_bytes(odd))[0].get_textpage().get_text_range()
    assert squeezed(bad) in squeezed(text)


def test_word_finds_titles_headers_and_language(word):
    with zipfile.ZipFile(io.BytesIO(word)) as opened:
        told = opened.read("word/document.xml").decode()
        styles = opened.read("word/styles.xml").decode()
    assert told.count('<w:pStyle w:val="Heading1"/>') == 3
    assert told.count("<w:tblHeader/>") == 4
    assert 'w:val="fr-FR"' in styles
    assert 'w:val="en-US"' not in styles
    assert told.count('descr="') == 4


def test_contents_of_word_lead_to_each_title_and_ask_for_its_page():
    page = Page((Contents(2), Heading("Un"), Heading("Deux", 2), Heading("Non", 3)))
    hidden = Page((Heading("Tue", listed=False),))
    made = docx_bytes(Document("d", "T", "A", dt.date(2026, 1, 1), (page, hidden)))
    with zipfile.ZipFile(io.BytesIO(made)) as opened:
        told = opened.read("word/document.xml").decode()
    marks = re.findall(r'<w:bookmarkStart [^>]*w:name="([^"]+)"', told)
    assert len(marks) == len(set(marks)) == 4
    assert re.findall(r'w:anchor="([^"]+)"', told) == marks[:2]
    assert re.findall(r"PAGEREF (\S+)", told) == marks[:2]
    assert told.count('w:dirty="true"') == 2  # reckoned as the file is opened
    assert told.count("bookmarkEnd") == 4


SETTLED = [
    ("218 hab./km² en 2021", "218\xa0hab./km² en\xa02021"),
    ("3 communes, 12,5 ha, 4 points", "3\xa0communes, 12,5\xa0ha, 4\xa0points"),
    ("1\u202f000 habitants", "1\u202f000\xa0habitants"),
    ("1 place, 2 mots", "1 place, 2 mots"),  # not a unit
    ("en 20 minutes, En 2030", "en 20\xa0minutes, En\xa02030"),
    ("12 m² et 3 min", "12\xa0m² et 3\xa0min"),
    ("12 mairies, 3 hameaux", "12 mairies, 3 hameaux"),
]


@pytest.mark.parametrize(("given", "kept"), SETTLED)
def test_a_number_and_its_unit_stay_on_one_line(given, kept):
    assert worded(runs(given)) == kept
    assert runs(runs(given)) == runs(given)  # once is enough


def test_no_line_ends_after_the_slash_of_a_unit_on_paper_and_on_the_web():
    text = "218 hab./km², 14 €/m², 21\u202f000 €/UC, oui/non"
    document = bare(Heading("A"), Paragraph(text))
    page = html_text(document)
    for unit in ("hab./\u2060km²", "€/\u2060m²", "€/\u2060UC", "oui/non"):
        assert unit in page
    for letters in range(80, 104, 3):  # the unit falls around the end of the line
        told = bare(Heading("A"), Paragraph(f"{'x' * letters} 218 hab./km²"))
        opened = pypdfium2.PdfDocument(pdf_bytes(told))
        lines = opened[0].get_textpage().get_text_range().splitlines()
        assert not [line for line in lines if line.rstrip("\u2060").endswith("/")]


def test_ordinals_are_raised_by_a_run():
    told = [(run.text, run.style) for run in runs("1er, 2e, 3es, 4 et 5euros")]
    assert [text for text, style in told if style == "sup"] == ["er", "e", "es"]
    assert worded(runs("le 3e taux")) == "le 3e taux"


def bare(*parts, **options):
    return Document("d", "T", "A", dt.date(2026, 1, 1), (Page(parts, **options),))


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (bare(Heading("A", 2)), "level 2 after 0"),
        (bare(Heading("A"), Heading("B", 3)), "level 3 after 1"),
        (bare(replace(FIGURE, alt=" ")), "no alt"),
        (bare(replace(FIGURE, caption="")), "no caption"),
        (bare(FIGURE, FIGURE), "stand twice"),
        (bare(replace(FIGURE, slug="../x")), "no names"),
        (bare(replace(TABLE, rows=(ROWS[0][:2],))), "rows of"),
        (bare(replace(TABLE, caption="")), "no caption"),
        (bare(replace(TABLE, rows=((Cell("s", "secret", 3.0),) * 3,))), "still holds"),
        (bare(replace(TABLE, rows=((Cell("s", "perdu"),) * 3,))), "unknown state"),
        (bare(Note("autre", "T", ())), "unknown kind"),
        (bare(KeyFigures(())), "leave them out"),
        (bare(Heading("A"), template="poster"), "template"),
        (bare(Heading("A"), template="fiche"), "slot"),
        (bare(Heading("A"), template="fiche", slots=("cave",)), "not in template"),
        (
            bare(Heading("A"), Heading("B"), template="fiche", slots=("foot", "band")),
            "reading order",
        ),
        (replace(bare(Heading("A")), title=" "), "no title"),
        (replace(bare(Heading("A")), pages=()), "no page"),
        (replace(bare(Heading("A")), slug="a/b"), "name of file"),
    ],
)
def test_a_document_that_cannot_be_followed_is_refused(document, told):
    with pytest.raises(DataError, match=told):
        check_document(document)
    with pytest.raises(DataError, match=told):
        html_text(document)


def test_a_letter_that_no_font_has_is_refused_on_paper():
    with pytest.raises(DataError, match="cannot be set"):
        pdf_bytes(bare(Heading("\u4e2d\u6587")))


def test_a_picture_in_another_font_is_refused():
    svg = (
        b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
        b"<text style=\"font: 12px 'Comic Sans MS'\">a</text></svg>"
    )
    odd = replace(FIGURE, render=lambda *_: svg)
    with pytest.raises(DataError, match="Comic Sans"):
        pdf_bytes(bare(odd))
    with pytest.raises(DataError, match="no svg"):
        pdf_bytes(bare(replace(FIGURE, render=lambda *_: b"")))


def test_a_theme_is_a_file(tmp_path, document):
    file = tmp_path / "theme.toml"
    file.write_text('main = "#004b87"\nfoot = "Observatoire"', encoding="utf-8")
    theme = read_theme(file)
    assert "#004b87" in html_text(document, theme=theme)
    file.write_text('principal = "#004b87"', encoding="utf-8")
    with pytest.raises(DataError, match="principal"):
        read_theme(file)
    file.write_text('main = "bleu"', encoding="utf-8")
    with pytest.raises(DataError, match="bleu"):
        read_theme(file)
    file.write_text("main = ", encoding="utf-8")
    with pytest.raises(DataError, match="no TOML"):
        read_theme(file)
    with pytest.raises(DataError, match="not found"):
        DocumentTheme(logos=(tmp_path / "a.png",), logo_texts=("Logo",))
    with pytest.raises(DataError, match="say what each is"):
        DocumentTheme(logos=(tmp_path / "a.png",))
