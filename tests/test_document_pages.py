"""The documents on embedded data: whole, of one shape, and true to their numbers."""

import datetime as dt
import html
import io
import re

import pandas as pd
import pikepdf
import pypdfium2
import pytest

import basinmap as bm
from basinmap.deliverables import chapters
from basinmap.deliverables.chapters import comparison_table
from basinmap.deliverables.charts import (
    age_pyramid,
    bar_chart,
    line_chart,
    stacked_bars,
)
from basinmap.deliverables.heights import lines_in
from basinmap.deliverables.housing_documents import CHAPTERS, plh_document
from basinmap.deliverables.pic_documents import QUESTIONS, pic_document
from basinmap.deliverables.scot_documents import THEMES, bulletin_document
from basinmap.deliverables.subjects import subject
from basinmap.errors import CodeError, DataError
from basinmap.export.parts import (
    Figure,
    Heading,
    Note,
    Paragraph,
    Table,
    check_document,
    notes_of,
)
from basinmap.export.pdf_documents import pdf_bytes
from basinmap.typography import typeset

DAY = dt.date(2026, 11, 29)
pytestmark = pytest.mark.filterwarnings("ignore::basinmap.errors.BasinmapWarning")


@pytest.fixture(scope="module")
def ostrevent():
    return subject("245901152", author="Observatoire", date=DAY)


@pytest.fixture(scope="module")
def plh(ostrevent):
    return plh_document(ostrevent)


@pytest.fixture(scope="module")
def printed(plh):
    return pdf_bytes(plh)


@pytest.fixture(scope="module")
def paper(printed):
    return pypdfium2.PdfDocument(printed)


def texts(document):
    return [p.text for p in document.parts if isinstance(p, Paragraph)]


def spaced(text):
    return re.sub("[\u00a0\u202f]", " ", text)


def test_a_plh_has_a_fiche_of_one_page_for_each_commune(plh, paper):
    fiches = [page for page in plh.pages if page.template == "fiche"]
    assert len(fiches) == 20
    assert len({len(page.parts) for page in fiches}) == 1
    starts = [
        n
        for n in range(len(paper))
        if "Place parmi les 20" in paper[n].get_textpage().get_text_range()
    ]
    assert len(starts) == 20
    assert starts == list(range(starts[0], starts[0] + 20))
    assert len(paper) == starts[-1] + 1


def test_the_key_of_numbers_of_a_fiche_is_no_source(plh, paper):
    start = len(paper) - 20
    for n in range(start, len(paper)):
        text = spaced(paper[n].get_textpage().get_text_range())
        assert "Source : Communes" not in text
        assert "Communes numérotées : 1 " in text
    assert len([p for p in plh.pages if p.template == "fiche"]) == 20


def test_the_ground_is_named_on_the_fiche_of_every_commune(paper):
    named = [
        {"BELGIQUE", "NORD"}
        <= set(paper[n].get_textpage().get_text_range().replace(" ", "").split())
        for n in range(len(paper) - 20, len(paper))
    ]
    assert all(named), named


def test_the_fiche_of_somain_has_the_published_figures(plh):
    page = next(page for page in plh.pages if page.slug == "fiche-59574")
    assert spaced(page.parts[1].text) == (
        "11 766 habitants en 2023, 722 de moins qu’en 2016 ; 419 logements vacants "
        "en 2021"
    )
    table = next(part for part in page.parts if isinstance(part, Table))
    rows = {row[0].text: [spaced(cell.text) for cell in row[1:]] for row in table.rows}
    assert rows["Population municipale en 2023"] == [
        "11 766",
        "69 764",
        "219 046",
        "1 255 036",
        "2 615 635",
        "1er sur 20",
    ]
    vacancy = rows["Taux de vacance des logements en 2021"]
    assert vacancy == ["7,6 %", "6,7 %", "8,5 %", "8,1 %", "7,4 %", "3e sur 20"]
    assert rows["Logements sociaux, pour 100 rés. principales"][0] == "n.d."


def test_names_on_the_maps_of_a_document_are_in_the_letters_that_placed_them(printed):
    with pikepdf.open(io.BytesIO(printed)) as pdf:
        faces = {
            str(one.BaseFont).partition("+")[2]
            for one in pdf.objects
            if isinstance(one, pikepdf.Dictionary) and "/BaseFont" in one
        }
    assert {"FiraSansCondensed-Regular", "FiraSansCondensed-Medium"} <= faces
    assert all(face.startswith("FiraSans") for face in faces)


def letters_of(figure):
    """Return what a picture writes, without spaces and without breaks."""
    svg = figure.render("svg", figure.size_mm).decode()
    return html.unescape("".join(re.findall(">([^<>]+)</text>", svg))).replace(" ", "")


def test_the_map_of_each_fiche_names_its_own_commune(ostrevent, plh):
    fiches = [page for page in plh.pages if page.template == "fiche"]
    lacking = []
    for page, code in zip(fiches, ostrevent.alphabetical, strict=True):
        assert page.slug == f"fiche-{code}"
        drawn = page.parts[page.slots.index("map")]
        name = str(ostrevent.names[code])
        keyed = re.search(rf"\d.{re.escape(typeset(name))}\\b", drawn.caption)
        if name.replace(" ", "") not in letters_of(drawn) or keyed:
            lacking.append(name)
    assert not lacking


def test_a_rank_that_is_shared_says_so_and_stays_on_its_line(ostrevent, plh):
    shares = ostrevent.mine("L03").map(lambda value: round(value, 1))
    shared = shares[shares.duplicated(keep=False)].index
    assert len(shared) > 2
    for code in ostrevent.alphabetical:
        page = next(page for page in plh.pages if page.slug == f"fiche-{code}")
        table = page.parts[page.slots.index("table")]
        row = next(r for r in table.rows if "secondaires" in r[0].text)
        place = (shares > shares[code]).sum() + 1
        nth = "1er" if place == 1 else f"{place}e"
        tied = " ex æquo" if code in shared else ""
        assert spaced(row[-1].text) == f"{nth}{tied} sur 20"
        wide = 182.0 * table.columns[-1].width / sum(c.width for c in table.columns)
        assert lines_in(row[-1].text, wide - 1.4, 7.4) == 1


def test_the_map_of_growth_hatches_what_the_page_does_not_rank(ostrevent, plh):
    page = next(page for page in plh.pages if page.slug == "population")
    drawn = page.parts[page.slots.index("map")]
    (legend,) = [key for key in drawn.legends if "volution" in key.title]
    held = {spaced(e.label): int(e.count) for e in legend.entries if e.count}
    apart = held.pop("moins de 20 habitants de variation : à lire avec prudence")
    people = ostrevent.counted("population", ostrevent.codes)
    little = (people[2023] - people[2016]).abs() < 20
    assert apart == little.sum() == 4
    assert sum(held.values()) == 16
    said = next(p for p in page.parts if isinstance(p, Note)).paragraphs
    assert any("Parmi les 16 communes" in spaced(text) for text in said)
    ends = page.parts[page.slots.index("side")]
    assert spaced(ends.caption).endswith("les 16 communes classées")


def test_the_cover_names_the_towns_of_france_before_those_abroad(plh):
    drawn = plh.pages[0].parts[-1]
    assert "Échelle 1 : 500 000" in spaced(drawn.source)
    written = letters_of(drawn)
    for town in (
        "LILLE",
        "Douai",
        "Lens",
        "ARRAS",
        "Valenciennes",
        "Cambrai",
        "Somain",
    ):
        assert town in written
    for village in ("Courtrai", "Lokeren", "Auberchicourt"):
        assert village not in written


def test_what_is_in_grey_says_over_how_few(plh):
    notes = [p for page in plh.pages for p in page.parts if isinstance(p, Note)]
    (signs,) = [note for note in notes if note.title == "Signes"]
    told = " ".join(spaced(text) for text in signs.paragraphs)
    assert "En gris et en italique : moins de 20 habitants de variation" in told
    printed = [notes_of(t) for t in plh.parts if isinstance(t, Table)]
    grey = {line for lines in printed for line in lines if "italique" in line}
    assert grey
    assert not any("petit effectif" in line for line in grey)


def test_chapters_without_counts_are_listed_with_their_file(plh):
    titles = [part.text for part in plh.parts if isinstance(part, Heading)]
    assert "Vacance" in titles
    assert "Parc social" not in titles
    missing = next(
        part
        for part in plh.parts
        if isinstance(part, Table) and part.caption.startswith("Données non fournies")
    )
    listed = " ".join(cell.text for row in missing.rows for cell in row)
    for chapter in CHAPTERS:
        for id_ in chapter.indicators:
            shown = chapter.title in titles and id_ not in ("L06", "L07", "L13", "L14")
            assert (f"({id_})" in listed) or shown or "autre" in listed, id_


def test_communes_are_in_the_order_of_a_dictionary():
    lens = subject("call", author="A", date=DAY)
    names = [lens.names[code] for code in lens.alphabetical]
    assert names.index("Éleu-dit-Leauwette") < names.index("Estevelles")
    assert names[-1] == "Wingles"


def test_comparisons_of_the_same_communes_appear_once():
    assert [o.short for o in subject("artois", author="A", date=DAY).others] == [
        "Arrond.",
        "Bassin minier",
        "Pas-de-Calais",
    ]
    lens = subject("lens-lievin-henin-carvin", author="A", date=DAY)
    levels = [o.level for o in lens.others]
    assert "arrondissement" not in levels  # the arrondissement of Lens is the SCoT
    small = subject("osartis-marquion", author="A", date=DAY)
    assert "epci" not in [o.level for o in small.others]


def test_a_user_perimeter_is_observed_like_any_other():
    own = bm.user_perimeter(
        "trois", ["62498", "62510", "62065"], name="Trois villes", source="essai"
    )
    about = subject(own, author="A", date=DAY)
    table = bm.statistics().loc[list(own.communes)]
    vacant = table["vacant_dwellings_2021"].sum() / table["dwellings_2021"].sum()
    assert about.total("L04").value == pytest.approx(100 * vacant)
    assert about.others[0].level == "epci"


def test_counts_that_are_given_fill_their_chapters(ostrevent):
    counts = pd.DataFrame(
        {"population_under_20": 250, "population_65_plus": 300},
        index=bm.statistics().index,
    )
    counts.columns = [f"{c}_2022" for c in counts]
    about = subject("245901152", author="A", date=DAY, counts=counts)
    assert ostrevent.total("D10") is None
    assert about.total("D10").value == pytest.approx(120)
    with pytest.raises(DataError, match="commune of the list"):
        subject("call", author="A", date=DAY, counts=pd.DataFrame({"a": [1]}, ["x"]))


def test_a_sum_without_one_of_its_communes_is_not_told_as_the_whole():
    counts = bm.statistics()[["population_2016", "population_2023"]].astype(float)
    counts.loc["59574", "population_2023"] = float("nan")
    about = subject("245901152", author="A", date=DAY, counts=counts)
    sums = about.sums("population", about.codes)
    assert sums.isna().to_dict()[2023]
    assert sums[2016] == counts.loc[about.codes, "population_2016"].sum()
    assert chapters.sentences_of(about, "D01") == []


def test_a_blank_author_is_refused():
    with pytest.raises(DataError, match="author"):
        subject("call", author=" ", date=DAY)


def test_a_bulletin_says_its_message_and_compares_five_scots():
    about = subject("grand-douaisis", author="SCoT", date=DAY)
    document = bulletin_document(about, "logement-vacance", issue="12")
    check_document(document)
    assert spaced(document.title) == (
        "Dans le SCoT du Grand Douaisis, le taux de vacance des logements est de 8,5 % "
        "en 2021"
    )
    figure = next(
        p for p in document.parts if isinstance(p, Figure) and "scots" in p.slug
    )
    told = {row[0].text: row[1].text for row in figure.table.rows}
    assert told == {
        "Valenciennois": "8,9",
        "Grand Douaisis": "8,5",
        "Bassin minier": "8,1",
        "Artois": "8,0",
        "Lens-Liévin et Hénin-Carvin": "7,2",
        "Osartis-Marquion": "6,1",
    }
    zoom, last = (
        {getattr(part, "caption", "") for part in page.parts}
        for page in document.pages[-2:]
    )
    assert any(told.startswith("Logements vacants en") for told in zoom)
    assert "Données de cette édition" in last
    assert len(pypdfium2.PdfDocument(pdf_bytes(document))) == 8
    with pytest.raises(DataError, match=r"DVF|foncières"):
        bulletin_document(about, "marche")
    with pytest.raises(CodeError, match="logement-vacance"):
        bulletin_document(about, "vacance")
    assert len(THEMES) == 5


def test_the_deliverable_keeps_its_fourteen_questions():
    about = subject("bassin-minier", author="Euralens", date=DAY)
    seen = pd.Series({2013: 900_000, 2015: 435_213, 2016: 444_602})
    document = pic_document(
        about,
        attendance=seen,
        attendance_source="presse",
        breaks={2015: "année civile"},
        answers={11: "Voir le livret de 2014."},
        studies=[("Vacance", "8,1 % des logements")],
    )
    check_document(document)
    titles = [p.text for p in document.parts if isinstance(p, Heading)]
    answered = [title for title in titles if re.match(r"\d+\. ", title)]
    left = next(
        p
        for p in document.parts
        if isinstance(p, Table) and p.caption.startswith("Réponse non établie")
    )
    assert (len(answered), len(left.rows)) == (3, 11)
    told = " ".join(map(str, texts(document)))
    assert "Écart constaté, sans mesure d’effet." in told
    assert "Voir le livret de 2014." in told
    ring = next(
        p for p in document.parts if isinstance(p, Table) and "distance" in p.caption
    )
    people = sum(row[2].value for row in ring.rows)
    assert people == 4_073_540
    assert len(pypdfium2.PdfDocument(pdf_bytes(document))) == 6
    with pytest.raises(DataError, match="no questions"):
        pic_document(about, answers={15: "x"})
    with pytest.raises(DataError, match="no source"):
        pic_document(about, attendance=seen)
    assert len(QUESTIONS) == 14


def test_a_secret_is_printed_as_one_and_holds_no_number():
    raw = bm.statistics()["vacant_dwellings_2021"].astype("str")
    raw.loc["59574"] = "s"
    table = bm.parse_counts(raw)
    about = subject("245901152", author="A", date=DAY, counts=table)
    value = about.commune("L04", "59574")
    assert value.text == "s"
    cell = comparison_table(about, ["L04"], "t", code="59574").rows[0][1]
    assert (cell.text, cell.state, cell.value) == ("s", "secret", None)
    whole = about.total("L04")
    assert not whole.plain


def test_a_missing_year_cuts_a_line_and_a_break_is_told():
    lines = pd.DataFrame({"Entrées": [9.0, 5.0, 6.0]}, index=[2013, 2015, 2016])
    chart = line_chart(
        "c", lines, caption="Entrées", source="s", breaks={2015: "année civile"}
    )
    assert "Ruptures de série" in chart.alt
    assert [row[0].text for row in chart.table.rows] == ["2013", "2015", "2016"]
    assert b"<svg" in chart.render("svg", chart.size_mm)
    with pytest.raises(DataError, match="by year"):
        line_chart("c", lines.set_axis(["a", "b", "c"]), caption="E", source="s")


def test_parts_that_are_no_whole_are_refused():
    parts = pd.DataFrame({"a": [50.0], "b": [40.0]}, index=["Lens"])
    with pytest.raises(DataError, match="Lens"):
        stacked_bars("p", parts, caption="c", source="s")
    with pytest.raises(DataError, match="nothing to show"):
        bar_chart("b", pd.Series(dtype=float), caption="c", source="s")
    ages = pd.DataFrame({"Hommes": [0.0], "Femmes": [0.0]}, index=["0-14"])
    with pytest.raises(DataError, match="population is"):
        age_pyramid("a", ages, caption="c", source="s")


def test_a_bare_figure_gives_its_legend_as_data():
    lens = bm.communes(epci="call")
    rate = bm.compute("L04", bm.statistics(epci="call"))
    fig, ax = bm.figure(lens, size_mm=(105, 110), title="Taux de vacance")
    bm.draw_choropleth(ax, lens, bm.classify(rate, breaks=[5, 8]))
    (key,) = bm.legend_entries(ax)
    assert sum(int(line.count) for line in key.lines) == 36
    assert fig.get_size_inches() * 25.4 == pytest.approx([105, 110])
    assert not fig.paper.texts
    (x0, x1) = ax.get_xlim()
    assert (x1 - x0) == pytest.approx((105 - 0.4) * ax.plan.scale / 1000)
    with pytest.raises(DataError, match="do not fit"):
        bm.figure(lens, size_mm=(50, 50), title="t", scale=10_000)
    for bad in ((5, 5), "A4", (100,), None):
        with pytest.raises((DataError, bm.errors.ArgumentError), match="size_mm"):
            bm.figure(lens, size_mm=bad, title="t")
