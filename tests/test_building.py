"""A project: several documents at a time, only what changed, and what moved since."""

import copy
import datetime as dt
import importlib.util
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import geopandas as gpd
import pytest

import basinmap as bm
from basinmap.cli import main
from basinmap.deliverables.building import CHANGES, build_project
from basinmap.deliverables.own_plates import read_plates, with_plates
from basinmap.deliverables.projects import hashed, read_project
from basinmap.deliverables.records import changes, read_record
from basinmap.errors import BasinmapError, BasinmapWarning, DataError
from basinmap.export.html_documents import html_text
from basinmap.export.parts import check_document
from basinmap.export.pdf_documents import pdf_bytes
from basinmap.export.word_documents import docx_bytes

spec = importlib.util.spec_from_file_location(
    "shared", Path(__file__).with_name("shared.py")
)
shared = importlib.util.module_from_spec(spec)
spec.loader.exec_module(shared)
once = shared.once

pytestmark = pytest.mark.filterwarnings("ignore::basinmap.errors.BasinmapWarning")
DAY = dt.date(2026, 11, 29)
LOGO = Path(__file__).parents[1] / "docs/images/vacance-lens-lievin.png"
PROJECT = """
perimeter = {name = "Secteur centre", communes = ["62498", "62510", "62065"]}
author = "Observatoire"
date = 2026-11-29
theme = "theme.toml"
[[document]]
kind = "cil"
formats = ["html"]
plates = "planches.toml"
texts = "textes"
[[document]]
kind = "cil"
out = "autre"
perimeter = "osartis-marquion"
formats = ["html"]
"""
THEME = """
main = "#004b87"
foot = "Mission Bassin Minier"
[[logo]]
file = "logo.png"
text = "Logo de l'observatoire"
"""
PLATES = """
[[plate]]
file = "zones.svg"
title = "Zones d'activité en 2024"
text = "Carte de deux zones, au nord de Lens."
source = "Observatoire, 2024"
"""
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 10">'
    '<path d="M 0 0 L 9 9"/></svg>'
)


def files(folder):
    """Lay out a project with every file that a user may give."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "projet.toml").write_text(PROJECT, "utf-8")
    (folder / "theme.toml").write_text(THEME, "utf-8")
    (folder / "planches.toml").write_text(PLATES, "utf-8")
    (folder / "zones.svg").write_text(SVG, "utf-8")
    shutil.copy(LOGO, folder / "logo.png")
    (folder / "textes").mkdir(exist_ok=True)
    return folder


def made(folder):
    found = build_project(files(folder), at_once=2)
    assert [(one.name, one.done, one.error) for one in found] == [
        ("cil", True, ""),
        ("autre", True, ""),
    ]


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """Return a project that was built by two processes, once for all workers."""
    return once(tmp_path_factory, "projet", made)


def states_of(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "/." not in f"/{path.relative_to(folder)}"
    }


def test_documents_are_built_each_in_its_folder_and_nothing_is_left(built):
    names = sorted(p.name for p in (built / "documents").iterdir())
    assert names == [
        ".autre.built.json",
        ".cil.built.json",
        "autre",
        "cil",
    ]


def test_what_the_user_gives_by_file_is_in_the_document(built):
    page = (built / "documents/cil/cil.html").read_text("utf-8")
    assert "--main: #004b87" in page
    assert 'alt="Logo de l&#39;observatoire"' in page
    assert "Zones d’activité en\u00a02024" in page
    assert "Carte de deux zones, au nord de Lens." in page
    assert "Secteur centre" in page
    told = json.loads((built / "documents/cil/manifest.json").read_text("utf-8"))
    assert told["plates_of_the_user"] == ["zones.svg"]
    assert told["perimeter"]["communes"] == ["62065", "62498", "62510"]


def test_nothing_is_built_twice_and_each_file_of_the_user_counts(built, tmp_path):
    assert [one.done for one in build_project(built)] == [False, False]
    copied = tmp_path / "copie"
    shutil.copytree(built, copied)
    project = read_project(copied)
    cil, other = project.jobs
    before = hashed(project, cil), hashed(project, other)
    (copied / "zones.svg").write_text(SVG.replace("9 9", "8 8"), "utf-8")
    assert hashed(project, cil) != before[0]
    assert hashed(project, other) == before[1]
    (copied / "zones.svg").write_text(SVG, "utf-8")
    assert (hashed(project, cil), hashed(project, other)) == before
    (copied / "logo.png").write_bytes(LOGO.read_bytes() + b" ")
    assert hashed(project, cil) != before[0]
    assert hashed(project, other) != before[1]
    shutil.copy(LOGO, copied / "logo.png")
    (copied / "textes/un.md").write_text("Un.", "utf-8")
    assert hashed(project, cil) != before[0]


def test_a_document_that_is_not_whole_is_built_again(built, tmp_path):
    folder = tmp_path / "copie"
    shutil.copytree(built, folder)
    (folder / "documents/cil/cil.html").unlink()
    assert [one.done for one in build_project(folder)] == [True, False]
    assert states_of(folder / "documents") == states_of(built / "documents")


def test_one_that_fails_leaves_the_other_and_what_was_there(built, tmp_path):
    folder = tmp_path / "copie"
    shutil.copytree(built, folder)
    before = states_of(folder / "documents/cil")
    (folder / "textes/perimetre.lead.md").write_text("Un\n\n![a](b.png)", "utf-8")
    cil, other = build_project(folder, again=True, at_once=2)
    assert "perimetre.lead" in cil.error
    assert not cil.done
    assert other.done
    assert states_of(folder / "documents/cil") == before


def test_a_template_error_is_told_with_its_file_and_line():
    page = bm.Page((bm.Heading("Un"), bm.Paragraph("Deux.", key="un.lead")))
    note = bm.Document("d", "D", "A", DAY, (page,))
    with pytest.raises(DataError, match=r"un\.lead, line 3: a picture"):
        bm.with_texts(note, {"un.lead": "Un.\n\n![a](b.png)"})


# --- bad input ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gone", "told"),
    [
        ("theme.toml", r"theme\.toml.*take it out of projet\.toml"),
        ("logo.png", r"logo\.png.*take it out"),
        ("planches.toml", r"planches\.toml.*take it out"),
        ("zones.svg", r"zones\.svg.*take it out"),
    ],
)
def test_a_file_that_is_missing_is_named_before_anything_is_built(tmp_path, gone, told):
    folder = files(tmp_path)
    (folder / gone).unlink()
    with pytest.raises(DataError, match=told):
        build_project(folder)
    assert not (folder / "documents").exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("perimeter = 12", "perimeter = 12 is no perimeter"),
        ('perimeter = {name = "A"}', "is no perimeter"),
        ('perimeter = "call"', ""),
    ],
)
def test_a_perimeter_is_a_name_or_communes(tmp_path, text, told):
    line = (
        'perimeter = {name = "Secteur centre", communes = ["62498", "62510", "62065"]}'
    )
    file = tmp_path / "projet.toml"
    file.write_text(PROJECT.replace(line, text), "utf-8")
    if not told:
        assert read_project(file).perimeter == "call"
        return
    with pytest.raises(DataError, match=told):
        read_project(file)


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("balance = 'bilan.csv'", "balance of document 1 .plh. takes .*period = …"),
        ("sectors = 3", "sectors of document 1 .plh. is the name of a file"),
        ("former = 'lovac.csv'", "former of document 1 .plh. is a list"),
        ("attendance = {file = 'a', source = 'b'}", "unknown key.*attendance"),
    ],
)
def test_a_key_that_a_document_does_not_take_so_is_refused(tmp_path, key, told):
    text = "perimeter = 'call'\nauthor = 'A'\n[[document]]\nkind = 'plh'\n"
    (tmp_path / "projet.toml").write_text(text + key, "utf-8")
    with pytest.raises(DataError, match=told):
        read_project(tmp_path)


DECLARED = """
perimeter = "call"
author = "Observatoire"
date = 2026-11-29
data = ["base-cc-logement-2021.csv"]
[[document]]
kind = "cil"
formats = ["html"]
generation = "2015"
indicators = ["L01", "L04", "L08"]
classes = "bassin"
landlords = {file = "bailleurs.csv", source = "URH", year = 2024}
estates = {file = "residences.csv", source = "CALL"}
threshold = 8700
[[document]]
kind = "pic"
perimeter = "call"
formats = ["html"]
attendance = {file = "entrees.csv", source = "Musée du Louvre-Lens"}
forecast = 500000
questions = "questions.toml"
studies = "etudes.csv"
isochrones = {file = "aires.gpkg", source = "Agence, 2026"}
"""


@pytest.fixture(scope="session")
def given(tmp_path_factory):
    """Return a project whose documents are given all that files can give."""
    return once(tmp_path_factory, "declare", _declared)


def _declared(folder):
    folder.mkdir()
    own = {
        "projet.toml": DECLARED,
        "bailleurs.csv": "bailleur;logements\nMaisons & Cités;16000\n",
        "residences.csv": "residence;x;y;menages\nLes Tilleuls;685200;7036900;40\n",
        "entrees.csv": "2015;435213;\n2016;444602;année civile\n",
        "questions.toml": "[[question]]\nnumber = 1\ntext = 'Qui vient ?'\n"
        "indicators = ['P01']\n",
        "etudes.csv": "etude;resultat\nVacance;Trois poches.\n",
    }
    for name, text in own.items():
        (folder / name).write_text(text, "utf-8")
    museum = bm.LOUVRE_LENS.point
    shapes = [museum.buffer(7_000), museum.buffer(15_000)]
    gpd.GeoDataFrame({"minutes": [10, 20]}, geometry=shapes, crs=2154).to_file(
        folder / "aires.gpkg"
    )
    # Of the communes of 2024: four of them have merged since.
    codes = sorted([*bm.communes().index, "59070", "62461", "62549", "62743"])
    names = ("LOG", "RP", "RSECOCC", "LOGVAC", "MAISON", "APPART", "RP_1P")
    names += ("RP_2P", "RP_3P", "RP_4P", "RP_5PP", "RP_PROP")
    rows = [";".join(["CODGEO", *(f"P21_{name}" for name in names)])]
    rows += [f"{code};100;92;0;8;80;20;0;0;0;0;92;50" for code in codes]
    (folder / "base-cc-logement-2021.csv").write_text("\n".join(rows) + "\n", "utf-8")
    found = build_project(folder, at_once=2)
    assert [one.error for one in found] == ["", ""]


def read(folder, name):
    page = (folder / "documents" / name / f"{name}.html").read_text("utf-8")
    return re.sub("[\u00a0\u202f]", " ", page)


def test_what_files_declare_is_in_the_documents(given):
    cil, pic = read(given, "cil"), read(given, "pic")
    for told in ("Maisons &amp; Cités", "Les Tilleuls", "génération 2015"):
        assert told in cil, told
    for told in ("Qui vient ?", "année civile", "Trois poches.", "Agence, 2026"):
        assert told in pic, told
    assert "prévision de 500 000 par an" in pic


def test_a_file_of_another_year_is_brought_to_the_communes_of_today(given):
    # 36 communes of 100 dwellings, four merged elsewhere; owners are 50 of 92.
    cil = read(given, "cil")
    assert "3 600" in cil
    assert [one.done for one in build_project(given)] == [False, False]


def test_a_file_that_a_document_declares_counts_among_what_it_is_made_of(
    given, tmp_path
):
    copied = tmp_path / "copie"
    shutil.copytree(given, copied)
    project = read_project(copied)
    cil, pic = project.jobs
    before = hashed(project, cil), hashed(project, pic)
    (copied / "aires.gpkg").write_bytes(b"")
    assert hashed(project, cil) == before[0]
    assert hashed(project, pic) != before[1]
    (copied / "bailleurs.csv").unlink()
    with pytest.raises(DataError, match=r"bailleurs\.csv: No such file"):
        build_project(copied)


def test_communes_that_are_not_loaded_are_told_and_the_rest_is_built(tmp_path):
    text = PROJECT.replace('"62498"', '"75056"').split("[[document]]")
    folder = files(tmp_path)
    (folder / "projet.toml").write_text("[[document]]".join(text[:2]), "utf-8")
    (one,) = build_project(folder)
    assert not one.done
    assert "75056" in one.error


def test_as_many_documents_at_a_time_as_is_asked(tmp_path):
    with pytest.raises(DataError, match="at least one"):
        build_project(files(tmp_path), at_once=0)


# --- plates of the user ---------------------------------------------------------


def note():
    page = bm.Page((bm.Heading("Vacance"),), slug="vacance")
    more = bm.Page((bm.Heading("Marché"),), slug="marche")
    return bm.Document("note", "Note", "A", DAY, (page, more))


def declared(folder, text):
    (folder / "planches.toml").write_text(text, "utf-8")
    return folder / "planches.toml"


def test_a_plate_of_each_kind_is_set_in_each_format_after_its_page(tmp_path):
    from PIL import Image  # noqa: PLC0415 - for this picture

    (tmp_path / "zones.svg").write_text(SVG, "utf-8")
    Image.new("RGB", (40, 20), "red").save(tmp_path / "photo.jpg")
    Image.new("RGB", (40, 20), "blue").save(tmp_path / "carte.png")
    text = PLATES + 'after = "vacance"\n'
    text += text.replace("zones.svg", "photo.jpg") + PLATES.replace(
        "zones.svg", "carte.png"
    )
    own = read_plates(declared(tmp_path, text))
    made = with_plates(note(), own)
    assert [page.slug for page in made.pages] == [
        *("vacance", "planche-1", "planche-2", "marche", "planche-3"),
    ]
    check_document(made)
    assert pdf_bytes(made)[:5] == b"%PDF-"
    assert docx_bytes(made)[:2] == b"PK"
    page = html_text(made)
    assert "data:image/jpeg;base64," in page
    assert page.count("Zones d’activité en\u00a02024") == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[plate]]\nfile = 'zones.svg'\ntitle = 'A'", "needs file, title and text"),
        ("[[plate]]\nfile = 'a.pdf'\ntitle = 'A'\ntext = 'B'", "no picture"),
        ("[[plate]]\nfile = 'absent.svg'\ntitle = 'A'\ntext = 'B'", "absent.svg"),
        ("[[plate]]\nfile = 'texte.png'\ntitle = 'A'\ntext = 'B'", "no picture"),
        ("[[plate]]\nfile = 'bare.svg'\ntitle = 'A'\ntext = 'B'", "viewBox"),
        ("[[plate]]\nfile = 'out.svg'\ntitle = 'A'\ntext = 'B'", "outside itself"),
        ("[[plate]]\nfile = 'sheet.svg'\ntitle = 'A'\ntext = 'B'", "style sheet"),
        (PLATES + "width = 400", "182"),
        ("[plate]\nfile = 'a'", r"\[\[plate\]\]"),
        ("plate = ", "no TOML"),
    ],
)
def test_a_plate_that_cannot_be_set_is_refused_by_its_file(tmp_path, text, told):
    inside = "<rect width='9' height='9'/>"
    for name, content in {
        "zones.svg": SVG,
        "texte.png": "texte",
        "bare.svg": f"<svg>{inside}</svg>",
        "out.svg": SVG.replace("<path", '<image href="https://a.b/c.png"/><path'),
        "sheet.svg": SVG.replace("<path", "<style>.a{fill:red}</style><path"),
    }.items():
        (tmp_path / name).write_text(content, "utf-8")
    with pytest.raises(DataError, match=told):
        read_plates(declared(tmp_path, text))


def test_a_plate_in_another_font_or_after_no_page_is_refused(tmp_path):
    odd = SVG.replace("<path", "<text style=\"font: 9px 'Arial'\">a</text><path")
    (tmp_path / "zones.svg").write_text(odd, "utf-8")
    own = read_plates(declared(tmp_path, PLATES))
    with pytest.raises(DataError, match="Arial"):
        html_text(with_plates(note(), own))
    (tmp_path / "zones.svg").write_text(SVG, "utf-8")
    lost = read_plates(declared(tmp_path, PLATES + 'after = "vacances"'))
    with pytest.raises(DataError, match="there are vacance"):
        with_plates(note(), lost)


# --- what changed since an edition ----------------------------------------------


def edition(**figures):
    """Return the manifest of a small document, as it is kept."""
    return {
        "title": "PLH – A",
        "date": "2025-11-29",
        "document": "plh",
        "perimeter": {"code": "own", "name": "A", "communes": ["1", "2", "3"]},
        "names": {"own": "A", "1": "Un", "2": "Deux", "3": "Trois"},
        "figures": {
            "L04": {
                "title": "Taux de vacance",
                "unit": "%",
                "vintage": "2021",
                "decimals": 1,
                "values": {"own": 7.2, "1": 5.0, "2": 6.1},
                "states": {"3": "secret"},
            }
            | figures
        },
        "plates": {s: {"title": s, "alternative": "x"} for s in ("a", "b", "c")},
        "outputs": {f"{s}.svg": {"sha256": s} for s in ("a", "b", "c")},
    }


def test_two_editions_that_are_the_same_say_so():
    told = changes(edition(), edition()).replace("\u00a0", " ")
    assert "Inchangé : 3 communes." in told
    assert "Aucune valeur imprimée n’a changé." in told
    assert "Inchangés." in told
    assert "- Identiques : a, b, c." in told


def test_what_moved_is_told_kind_by_kind():
    after = edition(
        vintage="2022", values={"own": 7.4, "2": 6.1}, states={"1": "secret"}
    )
    after["date"] = "2026-11-29"
    after["perimeter"] = {**after["perimeter"], "communes": ["1", "2", "4"]}
    after["names"] = {**after["names"], "4": "Quatre"}
    after["figures"]["D01"] = {
        **after["figures"]["L04"],
        "title": "Population",
        "states": {},
    }
    after["plates"] = copy.deepcopy(after["plates"])
    after["plates"]["c"]["alternative"] = "y"
    after["plates"]["d"] = {"title": "d", "alternative": "x"}
    after["outputs"] = {**after["outputs"], "b.svg": {}, "c.svg": {}}
    told = changes(edition(), after).replace("\u00a0", " ").replace("\u202f", " ")
    assert "édition du 29/11/2025 ; celle-ci est du 29/11/2026" in told
    assert "- Entrées (1) : Quatre (4)." in told
    assert "- Sorties (1) : Trois (3)." in told
    assert "- Taux de vacance (L04) : 2022 au lieu de 2021." in told
    assert "- Population (D01) : nouveau." in told
    assert "(L04, 2022) : 1 valeur." in told
    assert "A (own) : 7,2 → 7,4" in told
    assert "Deux (2)" not in told.split("### Valeurs")[1].split("###")[0]
    masked = told.split("### Nouvellement masquées")[1].split("###")[0]
    assert "- Taux de vacance (L04) : Un (1)." in masked
    assert "- Identiques : a." in told
    assert "- De même contenu (date, auteur ou tracé ont changé) : b." in told
    assert "- Changées : c." in told
    assert "- Nouvelles : d." in told


def test_a_revision_of_the_same_year_is_told_as_one():
    told = changes(edition(), edition(values={"own": 7.3, "1": 5.0, "2": 6.1}))
    assert "même millésime, valeurs révisées" in told


def test_a_build_says_what_changed_since_the_one_it_replaces(built, tmp_path, capsys):
    folder = tmp_path / "copie"
    shutil.copytree(built, folder)
    words = ["build", str(folder), "--since", str(folder / "documents"), "--quiet"]
    assert main([*words, "--lang", "fr"]) == 0
    assert "ce qui a changé" in capsys.readouterr().out
    told = (folder / "documents" / CHANGES).read_text("utf-8")
    assert told.count("Aucune valeur imprimée n’a changé.") == 2
    assert "Sans édition antérieure" not in told


def test_an_edition_without_figures_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"no manifest\.json"):
        read_record(tmp_path)
    (tmp_path / "manifest.json").write_text("{}")
    with pytest.raises(DataError, match="holds no figures"):
        read_record(tmp_path)
    (tmp_path / "manifest.json").write_text("x")
    with pytest.raises(DataError, match="no JSON"):
        read_record(tmp_path / "manifest.json")


# --- kills and full disks -------------------------------------------------------


def started(folder, *words, limit=None):
    """Start a build in a process of its own, in a group of its own."""

    def limited():
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    return subprocess.Popen(
        [sys.executable, "-m", "basinmap", "build", str(folder), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=limited if limit else None,  # noqa: PLW1509 - one thread here
        start_new_session=True,
    )


def alone(built, folder):
    """Copy a project that was built, of which one document stays."""
    shutil.copytree(built, folder)
    text = "[[document]]".join(PROJECT.split("[[document]]")[:2])
    (folder / "projet.toml").write_text(text, "utf-8")
    return folder


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGINT])
def test_a_build_that_is_killed_leaves_the_previous_documents(built, tmp_path, sign):
    folder = alone(built, tmp_path / "copie")
    before = states_of(folder / "documents")
    process = started(folder, "--again")
    for _ in range(1500):  # until a document is half written, or the build ends
        if list((folder / "documents").glob(".basinmap-*")):
            break
        if process.poll() is not None:
            break
        time.sleep(0.02)
    os.killpg(process.pid, sign)
    process.communicate(timeout=60)
    assert states_of(folder / "documents") == before
    if sign == signal.SIGKILL:  # what it left is removed by the next build
        (again,) = build_project(folder, again=True)
        assert again.done
        assert states_of(folder / "documents") == before
    assert not list((folder / "documents").glob(".basinmap-*"))


def test_a_full_disk_is_told_and_leaves_the_previous_documents(built, tmp_path):
    folder = alone(built, tmp_path / "copie")
    before = states_of(folder / "documents")
    process = started(folder, "--again", limit=50_000)
    out, _ = process.communicate(timeout=120)
    assert process.returncode == 2, out
    assert "cannot write" in out
    assert states_of(folder / "documents") == before


def test_a_bug_in_a_document_is_no_silence(tmp_path, monkeypatch):
    from basinmap.deliverables import making  # noqa: PLC0415 - it draws

    def broken(*_, **__):
        msg = "a bug"
        raise ZeroDivisionError(msg)

    monkeypatch.setattr(making, "cil", broken)
    with pytest.raises(ZeroDivisionError):
        build_project(files(tmp_path), at_once=1)
    assert issubclass(BasinmapWarning, UserWarning)
    assert not issubclass(ZeroDivisionError, BasinmapError)


def test_codes_of_communes_that_are_numbers_are_refused_with_what_to_write(tmp_path):
    file = tmp_path / "projet.toml"
    for codes, told in [("[62498]", 'text: "62498"'), ("[1004]", 'text: "01004"')]:
        words = PROJECT.replace('["62498", "62510", "62065"]', codes)
        file.write_text(words, encoding="utf-8")
        with pytest.raises(DataError, match=told):
            read_project(file)
