"""Every registry, entry by entry: all that docs/add asks of each is there."""

import ast
import importlib
import importlib.util
import re
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest
from hypothesis import find
from hypothesis import strategies as st

import basinmap as bm
from basinmap.catalogue.entries import catalogue
from basinmap.deliverables.projects import KINDS
from basinmap.deliverables.web_pages import FAMILIES
from basinmap.questions import QUESTIONS
from basinmap.sources.files import recognised
from basinmap.sources.producers import PARTNERS, SOURCES
from basinmap.typography import typeset

ROOT = Path(__file__).parents[1]
DATA = ROOT / "tests" / "data" / "sources"
NAMES = {question.title: question.names for question in QUESTIONS}
ENGLISH = re.compile(
    r"\b(the|of|and|with|by|from|dwellings|rate|share)\b", re.IGNORECASE
)
ADDRESSES = tomllib.loads(
    (ROOT / "basinmap" / "sources" / "addresses.toml").read_text(encoding="utf-8")
)
DOCUMENTS = {
    "plh": ("plh", "plh_document"),
    "cil": ("cil", "cil_document"),
    "scot": ("scot_observatory", "bulletin_document"),
    "pic": ("pic", "pic_document"),
}
"""Of each kind that a project declares: what writes it, what makes it."""


def module(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@cache
def cheat_sheet():
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        return importlib.import_module("pages.cheat_sheet")
    finally:
        sys.path.remove(str(ROOT / "docs"))


@cache
def numbers():
    cheat_sheet()
    return importlib.import_module("pages.numbers")


@cache
def gallery():
    return cheat_sheet().builder()


@cache
def fuzzed():
    """Return the verbs that tests/fuzz.py calls."""
    tree = ast.parse((ROOT / "tests" / "fuzz.py").read_text(encoding="utf-8"))
    (entries,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and node.target.id == "ENTRIES"
    )
    return {key.value for key in entries.keys if key is not None}


@cache
def named_in_tests(name):
    own = {"test_registries.py", "test_gallery.py", "test_guide.py", "fuzz.py"}
    return [
        path.name
        for path in (ROOT / "tests").glob("*.py")
        if path.name not in own
        and re.search(rf"\b{name}\b", path.read_text(encoding="utf-8"))
    ]


def text_of(value):
    return (ROOT / (value.__module__.replace(".", "/") + ".py")).read_text("utf-8")


# -- layers ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*NAMES["Layers"], *NAMES["Margins"]])
def test_a_layer_is_tried_and_tested(name):
    assert name in fuzzed(), "add a valid call to ENTRIES in tests/fuzz.py"
    assert named_in_tests(name), "no test names it"
    assert f"check_given({name}, locals())" in text_of(getattr(bm, name))


@pytest.mark.parametrize("name", [*NAMES["Layers"], *NAMES["Margins"]])
def test_a_layer_has_its_card_with_a_figure_that_draws_it(name):
    if not name.startswith("draw_") or name == "draw_logos":
        return  # of logos, none is ours to show
    shown = cheat_sheet().SHOWN
    assert name in shown, "add it to SHOWN in docs/pages/cheat_sheet.py"
    stem, purpose = shown[name]
    assert not ENGLISH.search(purpose)
    build = gallery()
    script = build.FOLDER / f"{stem}.py"
    assert script.exists()
    assert f"bm.{name}(" in build.code(script), f"{stem} does not draw it"


@pytest.mark.parametrize("name", NAMES["Layers"])
def test_a_layer_is_among_those_whose_doors_are_tried(name):
    doors = {f"test_{of}.py" for of in ("map_doors", "bad_maps", "grounds", "lands")}
    assert doors & set(named_in_tests(name)), "give it what no map can show"


def test_every_card_is_of_a_layer():
    assert set(cheat_sheet().SHOWN) <= {*NAMES["Layers"], *NAMES["Margins"]}


# -- sources ---------------------------------------------------------------------------


@cache
def fixtures():
    """Return the files that are recognised, by source."""
    found = {}
    for path in sorted(DATA.iterdir()):
        found.setdefault(recognised(path, SOURCES).source.id, []).append(path)
    return found


def spelled(pattern):
    """Return the shortest name of a column that a pattern takes."""
    for group, year in {"{yyyy}": "2021", "{yy}": "21", "{cog}": "24"}.items():
        pattern = pattern.replace(group, year)
    pattern = pattern.replace("{aa}", "15").replace("{bb}", "20")
    return find(st.from_regex(pattern, fullmatch=True), lambda _: True)


def written(source, folder):
    """Write a file of nothing but the columns that a source is known by."""
    needed = [spelled(source.code[0]), *(spelled(one) for one in source.needs)]
    names = list(dict.fromkeys(needed))
    code = "624980101" if source.level == "iris" else "62498"
    path = folder / f"{source.id}-2021.csv"
    rows = [";".join(names), ";".join([code, *["0"] * (len(names) - 1)])]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.id)
def test_a_source_is_told_in_french_and_in_the_catalogue(source):
    assert re.fullmatch(r"[a-z0-9-]+", source.id)
    for told in (source.name, source.credit, *source.cautions):
        assert told
        assert not ENGLISH.search(told.replace("{year}", "")), told
    assert all(told.endswith(".") for told in source.cautions)
    page = (ROOT / "docs/catalogue/README.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `([\w-]+)` ", page, re.MULTILINE))
    assert [one for one in told if f"{source.id}-".startswith(f"{one}-")]
    assert all(count.label and count.name.islower() for count in source.counts)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.id)
def test_a_source_recognises_its_own_file_and_no_other(source, tmp_path):
    if source.id in fixtures():
        return  # tests/test_sources.py and test_registers.py know its figures
    path = written(source, tmp_path)
    assert recognised(path, SOURCES).source.id == source.id


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.id)
def test_the_module_of_a_source_says_what_the_file_is(source):
    folder = ROOT / "basinmap" / "sources" / "producers"
    modules = [
        importlib.import_module(f"basinmap.sources.producers.{path.stem}")
        for path in folder.glob("[a-z]*.py")
    ]
    (of,) = [one for one in modules if source in getattr(one, "SOURCES", ())]
    assert len(of.__doc__) > 40


def test_every_source_of_the_catalogue_is_read_or_is_of_a_partner():
    read = {one.id for one in SOURCES} | set(PARTNERS)
    for id_, name in catalogue().sources.items():
        known = any(f"{one}-".startswith(f"{id_}-") for one in read)
        only = [i for i in catalogue().indicators.values() if id_ in i.sources]
        assert known or all(i.status == "partner" for i in only), (id_, name)


@pytest.mark.parametrize(("id_", "entry"), ADDRESSES.items(), ids=list(ADDRESSES))
def test_an_address_says_whose_file_it_is_and_which_verb_asks_for_it(id_, entry):
    asked = {"title", "producer", "licence", "page", "kind", "largest", "seen"}
    assert asked <= set(entry), f"{id_} lacks {sorted(asked - set(entry))}"
    assert not ENGLISH.search(entry["title"])
    if "verb" in entry:
        assert entry["verb"] in NAMES["Read"] + NAMES["Reach"]
    else:
        assert id_ in {source.id for source in SOURCES}, "fetch_source reads none"
    assert entry["page"].startswith("https://")


# -- indicators ------------------------------------------------------------------------


@pytest.mark.parametrize("id_", catalogue().indicators)
def test_an_indicator_is_told_in_french_with_its_formula(id_):
    item = catalogue().indicators[id_]
    assert id_[0] in FAMILIES
    told = (item.label, item.definition, item.law, item.doubt, *item.notes)
    for text in filter(None, told):
        assert not ENGLISH.search(text), text
    page = numbers().entry(item)
    assert page.startswith(f"### {id_} · {typeset(item.label)}")
    assert all(f"`{name}`" in page for name in item.counts)
    assert "÷" in page or item.kind in {"stock", "median", "flow", "formula", "gain"}


def test_the_value_by_hand_of_each_is_in_the_tests():
    text = (ROOT / "tests" / "test_catalogue.py").read_text(encoding="utf-8")
    lacking = [id_ for id_ in catalogue().indicators if f'"{id_}"' not in text]
    assert lacking == []


# -- documents -------------------------------------------------------------------------


def test_every_kind_of_document_is_of_this_list():
    assert set(KINDS) == set(DOCUMENTS)


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_document_is_written_tried_told_and_declared(kind):
    page = (ROOT / "docs/how-to/documents.md").read_text(encoding="utf-8")
    assert f"`basinmap {kind}`" in page
    for name in DOCUMENTS[kind]:
        assert name in NAMES["Documents"]
        assert name in fuzzed()
        assert named_in_tests(name)
    assert f"bm.{DOCUMENTS[kind][0]}" in page


# -- the pages -------------------------------------------------------------------------


@pytest.mark.parametrize("page", sorted((ROOT / "docs/add").glob("*.md")), ids=str)
def test_the_files_that_a_page_says_to_touch_are_there(page):
    text = page.read_text(encoding="utf-8")
    for name in re.findall(r"`((?:basinmap|tests|docs|data)/[\w./-]*)`", text):
        assert (ROOT / name).exists(), name


def test_the_pictures_of_rooms_are_those_of_the_imports():
    rooms = module(ROOT / "docs" / "pages" / "rooms.py", "rooms")
    for name, text in rooms.pictures().items():
        kept = (rooms.IMAGES / name).read_text(encoding="utf-8")
        assert kept == text, "python docs/pages/rooms.py"


def test_no_arrow_of_the_rooms_points_up():
    rooms = module(ROOT / "docs" / "pages" / "rooms.py", "rooms")
    house = rooms.house_of("basinmap")
    height = {room: at for at, storey in enumerate(house.storeys) for room in storey}
    assert all(height[above] < height[below] for above, below in house.arrows)
