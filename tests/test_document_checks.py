"""The documents read by others: checkers of PDF, an office, a browser, a reader."""

import datetime as dt
import importlib.util
import io
import itertools
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pikepdf
import pypdfium2
import pytest

import basinmap as bm
from basinmap.deliverables.publishing import write_formats
from basinmap.export.parts import Heading, strings
from basinmap.export.pdf_documents import pdf_bytes

spec = importlib.util.spec_from_file_location(
    "shared", Path(__file__).with_name("shared.py")
)
shared = importlib.util.module_from_spec(spec)
spec.loader.exec_module(shared)

pytestmark = pytest.mark.filterwarnings("ignore::basinmap.errors.BasinmapWarning")
DAY = dt.date(2026, 11, 29)
WHO = {"author": "Observatoire", "date": DAY}
CODES = ["62498", "62510", "62065", "62291"]
NAMES = ("plh", "bulletin-demographie", "pic")
BLANK_MM = 35
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu"),
    *("--disable-background-networking", "--disable-component-update"),
    "--disable-sync",
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
AGAIN = """
import sys, warnings
sys.path.insert(0, sys.argv[1])
import test_document_checks as checks
from pathlib import Path
warnings.simplefilter("ignore")
checks.written(Path(sys.argv[2]), "plh")
"""


def document(name):
    """Return one of three documents, small ones of their kind."""
    if name == "plh":
        area = bm.user_perimeter("centre", CODES, name="Secteur centre", source="essai")
        return bm.plh_document(bm.subject(area, **WHO))
    if name == "pic":
        return bm.pic_document(bm.subject("bassin-minier", **WHO))
    return bm.bulletin_document(bm.subject("osartis-marquion", **WHO), "demographie")


def written(folder, *names):
    """Write documents in their three formats, and what they say, line by line."""
    folder.mkdir(exist_ok=True)
    for name in names:
        made = document(name)
        assert made.slug == name
        write_formats(folder, made, ("pdf", "docx", "html"))
        told = "\0".join(str(text) for text in strings(made))
        (folder / f"{name}.txt").write_text(told, encoding="utf-8")
        heads = [p for p in made.parts if isinstance(p, Heading) and p.listed]
        titles = "\0".join(head.text for head in heads)
        (folder / f"{name}.titles").write_text(titles, encoding="utf-8")


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return shared.once(tmp_path_factory, "checked", lambda f: written(f, *NAMES))


def lines(path):
    return path.read_text("utf-8").split("\0")


def squeezed(text):
    """Leave out spaces, joiners, and hyphens, not told where a line ends on one."""
    return re.sub(r"[-\s\u00ad\u200b\u2060\ufffe]+", "", text)


# --- nothing is lost, and the same is the same ----------------------------------


def texts_of(path):
    """Return all that a file says, without its spaces."""
    if path.suffix == ".pdf":
        read = pypdfium2.PdfDocument(path)
        with pikepdf.open(path) as pdf:
            told = [str(e.get("/Alt", "")) for _, e in elements(pdf)]
            told.append(str(pdf.docinfo.get("/Subject", "")))
        told += [page.get_textpage().get_text_range() for page in read]
        return squeezed(" ".join(told))
    if path.suffix == ".docx":
        with zipfile.ZipFile(path) as opened:
            parts = [n for n in opened.namelist() if n.endswith(".xml")]
            told = " ".join(opened.read(name).decode() for name in parts)
        alternatives = " ".join(re.findall(r'descr="([^"]*)"', told))
        words = re.sub(r"<w:instrText.*?</w:instrText>", "", told)
        return squeezed(unescaped(alternatives + re.sub(r"<[^>]+>", "", words)))
    told = path.read_text("utf-8")
    alternatives = " ".join(re.findall(r'aria-label="([^"]*)"', told))
    return squeezed(unescaped(alternatives + re.sub(r"<[^>]+>", "", told)))


def unescaped(text):
    import html  # noqa: PLC0415 - of the two formats of tags

    return html.unescape(text)


@pytest.mark.parametrize("form", ["pdf", "docx", "html"])
@pytest.mark.parametrize("name", NAMES)
def test_every_string_of_a_document_is_in_each_of_its_files(folder, name, form):
    told = texts_of(folder / f"{name}.{form}")
    lost = [
        text
        for text in dict.fromkeys(lines(folder / f"{name}.txt"))
        if squeezed(text) not in told
    ]
    assert lost == []


# --- what the printer sees ------------------------------------------------------


def blank_mm(page):
    """Return the highest band of a page, between its head and its foot, without ink."""
    picture = page.render(scale=1, grayscale=True).to_numpy().squeeze()
    inked = (picture < 247).any(axis=1)
    top, foot = (int(mm * 72 / 25.4) for mm in (18, 281))
    runs = [
        len(list(run)) for ink, run in itertools.groupby(inked[top:foot]) if not ink
    ]
    return max(runs, default=0) * 25.4 / 72


@pytest.fixture(scope="module")
def conference(tmp_path_factory):
    path = tmp_path_factory.mktemp("conference") / "cil.pdf"
    path.write_bytes(pdf_bytes(bm.cil_document(bm.subject("call", **WHO))))
    return path


@pytest.mark.parametrize("name", [*NAMES, "cil"])
def test_no_page_but_a_cover_is_left_half_blank(folder, conference, name):
    path = conference if name == "cil" else folder / f"{name}.pdf"
    read = pypdfium2.PdfDocument(path)
    found = {n + 1: round(blank_mm(read[n])) for n in range(1, len(read))}
    assert {n: high for n, high in found.items() if high > BLANK_MM} == {}


def test_another_process_writes_the_same_bytes(folder, tmp_path):
    subprocess.run(
        [sys.executable, "-c", AGAIN, str(Path(__file__).parent), str(tmp_path)],
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7", "TZ": "Pacific/Auckland"},
    )
    for form in ("pdf", "docx", "html"):
        again = (tmp_path / f"plh.{form}").read_bytes()
        assert again == (folder / f"plh.{form}").read_bytes(), form


# --- PDF ------------------------------------------------------------------------


def elements(pdf):
    """Return the elements of the structure, with their kind, in order."""

    def below(element):
        kids = element.get("/K")
        listed = [kids] if isinstance(kids, pikepdf.Dictionary) else list(kids or [])
        for kid in listed:
            if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
                yield str(kid.S), kid
                yield from below(kid)

    yield from below(pdf.Root.StructTreeRoot)


@pytest.mark.parametrize("name", NAMES)
def test_a_checker_of_pdf_for_all_finds_nothing(folder, name):
    pytest.importorskip("pdfua")
    done = subprocess.run(
        [sys.executable, "-m", "pdfua", "check", folder / f"{name}.pdf"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "PASS (no findings)" in done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_the_structure_of_a_pdf_is_whole(folder, name):
    with pikepdf.open(folder / f"{name}.pdf") as pdf:
        found = list(elements(pdf))
        assert str(pdf.Root.Lang).startswith("fr")
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.docinfo["/Title"]).strip()
        figures = [e for kind, e in found if kind == "/Figure"]
        assert figures
        assert all(len(str(e.get("/Alt", "")).strip()) > 20 for e in figures)
        rows = [e for kind, e in found if kind == "/TBody"]
        for body in rows:
            for kind, row in ((str(k.S), k) for k in body.K):
                assert kind == "/TR"
                first = row.K[0]
                assert str(first.S) == "/TH"
                assert str(first.A.Scope) == "/Row"
        levels = [int(kind[2:]) for kind, _ in found if re.fullmatch(r"/H\d", kind)]
        assert levels
        assert levels[0] == 1
        assert all(b <= a + 1 for a, b in itertools.pairwise(levels))
        with pdf.open_outline() as outline:
            marks = list(_titles(outline.root))
        heads = [squeezed(text) for text in lines(folder / f"{name}.titles")]
        assert [squeezed(mark) for mark in marks] == heads


def _titles(items):
    for item in items:
        yield str(item.title)
        yield from _titles(item.children)


@pytest.mark.parametrize("name", NAMES)
def test_every_font_of_a_pdf_is_in_it(folder, name):
    with pikepdf.open(folder / f"{name}.pdf") as pdf:
        described = [
            thing
            for thing in pdf.objects
            if isinstance(thing, pikepdf.Dictionary)
            and thing.get("/Type") == "/FontDescriptor"
        ]
        names = {str(thing.FontName).split("+")[-1] for thing in described}
        assert described
        assert all(
            any(f"/FontFile{n}" in thing for n in ("", "2", "3")) for thing in described
        )
    assert all(found.startswith("FiraSans") for found in names), names


# --- an office ------------------------------------------------------------------


@pytest.mark.skipif(OFFICE is None, reason="no LibreOffice on this machine")
def test_an_office_opens_the_documents_and_prints_them(folder, tmp_path):
    subprocess.run(
        [
            *(OFFICE, "--headless", f"-env:UserInstallation=file://{tmp_path}/user"),
            *("--convert-to", "pdf", "--outdir", str(tmp_path)),
            *(str(folder / f"{name}.docx") for name in NAMES),
        ],
        check=True,
        capture_output=True,
        timeout=240,
    )
    for name in NAMES:
        read = pypdfium2.PdfDocument(tmp_path / f"{name}.pdf")
        told = squeezed(" ".join(p.get_textpage().get_text_range() for p in read))
        assert len(read) >= 4
        titles = [squeezed(text) for text in lines(folder / f"{name}.titles")]
        assert [text for text in titles if text not in told] == []
        for page in read:
            assert sorted(round(side / 72 * 25.4) for side in page.get_size()) == [
                210,
                297,
            ]


# --- a browser ------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with playwright.sync_playwright() as engine:
        opened = engine.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield opened
        opened.close()


@pytest.mark.parametrize("name", NAMES)
def test_a_browser_asks_for_nothing_says_nothing_and_prints(browser, folder, name):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    context = browser.new_context(
        viewport={"width": 1200, "height": 900}, offline=True, bypass_csp=True
    )
    page = context.new_page()
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda line: said.append(line.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    address = (folder / f"{name}.html").as_uri()
    page.goto(address)
    found = axe.Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []
    gone = page.evaluate(
        "Array.from(document.querySelectorAll('figure svg use')).filter("
        "u => !document.querySelector(u.getAttribute('href'))).length"
    )
    assert gone == 0  # outlines that are shared are there
    assert page.evaluate("document.querySelectorAll('figure svg use').length") > 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 1200
    paper = pypdfium2.PdfDocument(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    assert len(paper) >= 4
    assert [round(side / 72 * 25.4) for side in paper[0].get_size()] == [210, 297]
    context.close()
    assert asked == [address]
    assert said == []
