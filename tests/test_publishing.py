"""Documents by call, by command, by project; texts of the user; nothing lost."""

import datetime as dt
import json
import re
import shlex
from pathlib import Path

import pandas as pd
import pytest

import basinmap as bm
from basinmap.cli import main
from basinmap.cli.running import parser
from basinmap.deliverables import publishing
from basinmap.deliverables.building import build_project
from basinmap.deliverables.chapters import rate_map
from basinmap.deliverables.classing import classes_of
from basinmap.deliverables.markdown import parts_of
from basinmap.deliverables.projects import init_project, read_project
from basinmap.deliverables.publishing import checked_formats
from basinmap.errors import BasinmapError, BasinmapWarning, DataError, OutputError

DAY = dt.date(2026, 11, 29)
GUIDE = Path(__file__).parents[1] / "docs/how-to/documents.md"


def note(*parts, slug="note"):
    return bm.Document(slug, "Note", "A", DAY, (bm.Page(parts),))


LEAD = bm.Paragraph("Le taux est de 7,2 %.", key="vacance.lead")
BOX = bm.Note("reading", "À retenir", ("Une phrase.",), key="vacance.retenir")


def test_a_document_of_ones_own_is_written_with_its_manifest(tmp_path):
    folder = bm.write_document(
        tmp_path / "out", note(bm.Heading("Un"), LEAD), formats=["html", "docx"]
    )
    assert sorted(p.name for p in folder.iterdir()) == [
        "manifest.json",
        "note.docx",
        "note.html",
    ]
    told = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert set(told["outputs"]) == {"note.docx", "note.html"}


def test_a_document_that_fails_leaves_what_was_there(tmp_path):
    folder = bm.write_document(
        tmp_path / "out", note(bm.Heading("Un")), formats=["html"]
    )
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    with pytest.raises(DataError, match="level"):
        bm.write_document(folder, note(bm.Heading("Un", 2)), formats=["html"])
    with pytest.raises(DataError, match="odt"):
        bm.write_document(folder, note(bm.Heading("Un")), formats=["odt"])
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


def test_a_bulletin_that_cannot_be_made_leaves_no_folder(tmp_path):
    for theme, formats in (("vacance", ["pdf"]), ("logement-vacance", ["odt"])):
        with pytest.raises(BasinmapError, match=r"logement-vacance|odt"):
            bm.scot_observatory(
                "grand-douaisis",
                theme,
                out=tmp_path / "bulletin",
                author="A",
                date=DAY,
                formats=formats,
            )
    assert list(tmp_path.iterdir()) == []


def test_formats_are_known_and_once_each():
    assert checked_formats(["pdf", "pdf", "html"]) == ["pdf", "html"]
    assert checked_formats("docx") == ["docx"]
    with pytest.raises(DataError, match="pdf, docx, html, web"):
        checked_formats(["PDF"])


def test_a_text_of_the_user_takes_the_place_of_a_sentence(tmp_path):
    document = note(bm.Heading("Un"), LEAD, BOX)
    assert bm.text_keys(document) == {
        "vacance.lead": "Le taux est de 7,2\u00a0%.",
        "vacance.retenir": "Une phrase.",
    }
    (tmp_path / "vacance.lead.md").write_text("Le **taux** : 7,2 %.\n\n- un point\n")
    (tmp_path / "vacance.retenir.md").write_text("Mon texte.")
    told = bm.with_texts(document, bm.read_texts(tmp_path))
    heading, lead, item, box = told.pages[0].parts
    assert isinstance(heading, bm.Heading)
    assert [run.text for run in lead.text][:2] == ["Le ", "taux"]
    assert item.bullet
    assert [run.text for run in box.paragraphs[0]] == ["Mon texte."]


def test_an_unknown_key_tells_the_near_ones():
    with pytest.raises(DataError, match=r"vacance\.lead"):
        bm.with_texts(note(bm.Heading("Un"), LEAD), {"vacance.leed": "x"})


def test_a_number_that_the_document_does_not_print_is_told():
    with pytest.warns(BasinmapWarning, match=r"8,4"):
        bm.with_texts(
            note(bm.Heading("Un"), LEAD), {"vacance.lead": "Le taux : 8,4 %."}
        )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a\n\n![x](y.png)", "line 3: a picture"),
        ("| a | b |", "line 1: a table"),
        ("<b>gras</b>", "HTML"),
        ("> cité", "quotation"),
        ("1. un", "numbered"),
        ("`code`", "code"),
        ("[lien](fichier.html)", "no address"),
        ("[x](javascript:alert)", "no address"),
    ],
)
def test_what_no_part_has_is_refused_with_its_line(text, told):
    with pytest.raises(DataError, match=re.escape(told)):
        parts_of(text, where="texte.md")


def test_headings_of_a_text_stand_under_that_of_its_page():
    heading, paragraph = parts_of("# Titre\ntexte sur\ndeux lignes", where="t", level=2)
    assert heading.level == 3
    assert not heading.listed
    assert "".join(run.text for run in paragraph.text) == "texte sur deux lignes"


def test_texts_that_are_no_folder_are_refused(tmp_path):
    with pytest.raises(DataError, match="no folder"):
        bm.read_texts(tmp_path / "absent")
    (tmp_path / "a.md").write_bytes(b"\xe9t\xe9")
    with pytest.raises(DataError, match="UTF-8"):
        bm.read_texts(tmp_path)


def test_a_text_that_cannot_be_printed_is_refused_before_anything_is_counted(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(publishing, "_about", None)
    for make, *where in (
        (bm.cil, "call"),
        (bm.pic, 2026),
        (bm.scot_observatory, "artois", "demographie"),
    ):
        with pytest.raises(DataError, match=r"une\.editorial, line 2: a table"):
            make(*where, out=tmp_path / "out", texts={"une.editorial": "Un.\n| a |"})
    assert list(tmp_path.iterdir()) == []


def test_a_deliverable_is_dated_of_its_year(tmp_path):
    with pytest.raises(DataError, match="edition 2025"):
        bm.pic(2025, out=tmp_path / "out", date=DAY)


@pytest.mark.filterwarnings("ignore::basinmap.errors.BasinmapWarning")
def test_the_deliverable_evaluates_in_the_words_of_the_evaluation(tmp_path):
    folder = bm.pic(2026, out=tmp_path / "out", date=DAY, formats=["html"])
    page = (folder / "pic.html").read_text("utf-8")
    plain = re.sub(r"<[^>]+>", "", page).replace("\u00a0", " ").replace("\u202f", " ")
    found = bm.evaluation(bm.statistics())
    for text in (*found.sentences, *found.assumptions):
        assert text.replace("\u00a0", " ").replace("\u202f", " ") in plain
    assert "il ne mesure pas l’effet de l’ouverture" in plain
    for title in bm.studies()["title"]:
        assert title.replace("\u00a0", " ").replace("\u202f", " ") in plain


# --- projects -------------------------------------------------------------------


PROJECT = """
perimeter = "grand-douaisis"
author = "Observatoire"
date = 2026-11-29
[[document]]
kind = "cil"
formats = ["html"]
"""


def project(folder, text=PROJECT):
    (folder / "projet.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.filterwarnings("ignore::basinmap.errors.BasinmapWarning")
def test_a_project_builds_what_changed_only(tmp_path):
    project(tmp_path)
    (first,) = build_project(tmp_path)
    page = first.folder / "cil.html"
    assert first.done
    assert page.is_file()
    (second,) = build_project(tmp_path)
    assert not second.done
    assert not second.error
    before = page.read_bytes()
    page.write_bytes(before + b" ")  # by hand: it is built again
    try:
        (third,) = build_project(tmp_path)
    except OutputError:  # or refused, since a person changed it
        page.write_bytes(before)
    else:
        assert third.done or third.error
    project(tmp_path, PROJECT.replace("Observatoire", "Autre"))
    (fourth,) = build_project(tmp_path, again=True)
    assert fourth.done or "by hand" in fourth.error


def test_an_example_of_a_project_can_be_read(tmp_path):
    path = init_project(tmp_path)
    assert [job.kind for job in read_project(path).jobs] == ["plh", "scot", "pic"]
    with pytest.raises(OutputError, match="already"):
        init_project(tmp_path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("perimeter = ", "no TOML"),
        (PROJECT.replace("author", "auteur"), "auteur"),
        (PROJECT.replace('"cil"', '"pdu"'), "kind"),
        (PROJECT.replace("formats", "format"), "format"),
        (PROJECT.replace("2026-11-29", '"hier"'), "no day"),
        (PROJECT.replace('author = "Observatoire"', ""), "author"),
        (PROJECT + '\nout = "../ailleurs"', "no name of folder"),
        (PROJECT + '\n[[document]]\nkind = "cil"', "one folder"),
        ('perimeter = "call"\nauthor = "A"', "declares no document"),
    ],
)
def test_a_project_that_cannot_be_read_says_what_there_is(tmp_path, text, told):
    project(tmp_path, text)
    with pytest.raises(DataError, match=told):
        read_project(tmp_path)


def test_a_file_that_is_missing_is_told_before_anything_is_built(tmp_path):
    project(
        tmp_path, PROJECT.replace("[[document]]", 'data = ["lovac.csv"]\n[[document]]')
    )
    with pytest.raises(DataError, match=r"lovac\.csv"):
        build_project(tmp_path)
    with pytest.raises(DataError, match="basinmap init"):
        build_project(tmp_path / "ailleurs")


# --- command line ---------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::basinmap.errors.BasinmapWarning")
def test_a_conference_from_the_command_line(tmp_path, capsys):
    out = tmp_path / "out"
    words = ["cil", "--epci", "call", "--out", str(out), "--formats", "html"]
    assert main([*words, "--date", "2026-11-29"]) == 0
    assert "cil.html" in capsys.readouterr().out
    assert "29\u00a0novembre\u00a02026" in (out / "cil.html").read_text("utf-8")


def test_a_command_without_a_territory_asks_for_one(tmp_path, capsys):
    assert main(["cil", "--out", str(tmp_path / "out"), "--lang", "fr"]) == 2
    assert "dites de quel territoire" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("hier;beaucoup", "entrees.csv"),
        ("2023;533000\n2024;x", "2024,x"),
        ("2023;533000\n2024;", "2024,"),
        ("2023;533000\nhier;7", "hier,7"),
        ("2023;533000\n2023;7", "2023"),
    ],
)
def test_attendance_of_which_a_row_is_not_read_is_refused(rows, said, tmp_path, capsys):
    file = tmp_path / "entrees.csv"
    file.write_text(f"année;entrées\n{rows}\n", encoding="utf-8")
    words = ["pic", "--out", str(tmp_path / "out"), "--attendance", str(file)]
    assert main(words) == 2
    told = capsys.readouterr().err
    assert "entrees.csv" in told
    assert said in told


# --- the guide ------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::basinmap.errors.BasinmapWarning")
def test_the_guide_of_documents_runs_as_it_stands(tmp_path, monkeypatch, capsys):
    text = GUIDE.read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "entrees.csv").write_text("année;entrées\n2015;435213\n", "utf-8")
    for block in re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL):
        for line in block.strip().splitlines():
            words = shlex.split(line)
            assert words[0] == "basinmap"
            if words[1] == "build":  # test_building.py builds, and smaller ones
                given = parser(words[1:]).parse_args(words[1:])
                assert given.since == "documents-2025"
                continue
            assert main(words[1:]) == 0, capsys.readouterr().err
    assert (tmp_path / "bulletin" / "bulletin-logement-vacance.docx").is_file()
    assert (tmp_path / "livrable" / "pic.pdf").is_file()
    assert read_project(tmp_path / "observatoire").perimeter == "246200364"
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL))
    capsys.readouterr()
    exec(compile(code, "guide", "exec"), {})  # noqa: S102 - the guide is ours
    assert capsys.readouterr().out == "['communes.chapeau', 'retenir.1']\n"
    assert sorted(p.suffix for p in (tmp_path / "essai").iterdir()) == [
        ".docx",
        ".html",
        ".json",
        ".pdf",
    ]
    theme, plates, project = re.findall(r"```toml\n(.*?)```", text, flags=re.DOTALL)
    (tmp_path / "projet.toml").write_text(project, encoding="utf-8")
    kinds = [job.kind for job in read_project(tmp_path / "projet.toml").jobs]
    assert kinds == ["plh", "cil", "scot", "scot", "pic"]
    (tmp_path / "logo.png").write_bytes(b"\x89PNG")
    (tmp_path / "theme.toml").write_text(theme, encoding="utf-8")
    assert bm.read_theme(tmp_path / "theme.toml").main == "#004b87"
    (tmp_path / "zones.svg").write_text('<svg viewBox="0 0 2 1"></svg>', "utf-8")
    (tmp_path / "planches.toml").write_text(plates, encoding="utf-8")
    (plate,) = bm.read_plates(tmp_path / "planches.toml")
    assert plate.after == "vacance"


# --- what every document takes --------------------------------------------------


def test_classes_of_the_bassin_are_the_same_in_each_volume():
    made = [
        bm.subject(where, author="A", date=DAY, classes="bassin")
        for where in ("call", "osartis-marquion")
    ]
    cuts = [classes_of(one, "L04", one.mine("L04")) for one in made]
    assert cuts[0].attrs["breaks"] == cuts[1].attrs["breaks"]
    alone = bm.subject("call", author="A", date=DAY)
    assert (
        classes_of(alone, "L04", alone.mine("L04")).attrs["breaks"]
        != (cuts[0].attrs["breaks"])
    )
    figure = rate_map(made[0], "L04", "carte")
    assert "Classes des communes de tout le bassin minier" in figure.source
    assert len(figure.legends[0].entries) >= 5
    with pytest.raises(DataError, match="are not in it"):
        bm.subject("200093201", author="A", date=DAY, classes="bassin")


def test_a_document_prints_the_indicators_asked_for(tmp_path, capsys):
    words = ["scot", "--scot", "osartis-marquion", "--formats", "html", "--date"]
    words += ["2026-11-29", "--indicators", "L04,L05,S01", "--classes", "bassin"]
    assert main([*words, "--out", str(tmp_path / "out")]) == 0, capsys.readouterr().err
    told = capsys.readouterr().err
    assert "1 indicator(s) asked for are not printed: 'S01'" in told
    page = (tmp_path / "out/bulletin-logement-vacance.html").read_text("utf-8")
    assert "Part des maisons" in page
    assert "Part des résidences principales" not in page
    assert "Classes des communes de tout le bassin minier" in page
    assert main([*words[:-4], "--indicators", "L05", "--out", str(tmp_path / "b")]) == 2
    assert "indicators= leaves out" in capsys.readouterr().err
    assert main([*words[:-4], "--indicators", "Z9", "--out", str(tmp_path / "b")]) == 2
    assert "'Z9'" in capsys.readouterr().err


def former_file(folder):
    """Write the housing of an earlier census, of all communes."""
    table = bm.statistics()
    old = pd.DataFrame(
        {
            "CODGEO": table.index,
            "P15_LOG": table["dwellings_2021"] + 100,
            "P15_LOGVAC": table["vacant_dwellings_2021"],
        }
    )
    path = folder / "ancien.csv"
    old.to_csv(path, sep=";", index=False)
    return path


def test_the_former_edition_is_a_page_more(tmp_path, capsys):
    words = ["cil", "--epci", "call", "--formats", "html", "--date", "2026-11-29"]
    words += ["--former", str(former_file(tmp_path)), "--former-vintage", "2015"]
    words += ["--code", "CODGEO", "--source", "Insee", "--column", "P15_LOG=dwellings"]
    words += ["--column", "P15_LOGVAC=vacant_dwellings"]
    words += ["--indicators", "D06,L01,L04"]
    assert main([*words, "--out", str(tmp_path / "out")]) == 0, capsys.readouterr().err
    page = re.sub("[\u00a0\u202f]", " ", (tmp_path / "out/cil.html").read_text("utf-8"))
    assert "Depuis l’édition précédente" in page
    gap = bm.statistics(epci="call")
    told = f"{gap['dwellings_2021'].sum() + 100 * len(gap):,.0f}".replace(",", " ")
    assert told in page


def test_numbers_of_ones_own_texts_are_told_on_the_command_line(tmp_path, capsys):
    (tmp_path / "textes").mkdir()
    (tmp_path / "textes/une.editorial.md").write_text("Nous étions 777 777.", "utf-8")
    words = ["scot", "--scot", "osartis-marquion", "--formats", "html", "--indicators"]
    words += ["L04", "--out", str(tmp_path / "out"), "--texts"]
    assert main([*words, str(tmp_path / "textes")]) == 0
    assert "une.editorial: 777777" in capsys.readouterr().err
    (tmp_path / "textes/une.editorial.md").write_text("Un.\n| a |\n", "utf-8")
    assert main([*words, str(tmp_path / "textes")]) == 2
    assert "line 2" in capsys.readouterr().err
