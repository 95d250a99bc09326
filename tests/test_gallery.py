"""The gallery: each figure runs, is finished and in French; the page is theirs."""

import importlib.util
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from matplotlib.text import Text
from PIL import Image

import basinmap as bm
from basinmap.maps.paper.canvas import DrawnPage

ROOT = Path(__file__).parents[1]
# What these draw, another figure stands for, or it is no layer of data.
ELSEWHERE = {"draw_logos"}
# Compared with the pictures of the page: one a way of drawing.
PINNED = (
    "taux_1_choroplethe",
    "taux_3_evolution",
    "taux_4_bivariee",
    "effectifs_3_cercles_et_taux",
    "flux_1_liens",
    "distance_2_isochrones",
)
ENGLISH = re.compile(
    r"\b(the|of|and|with|by|from|no data|missing|other|units?|None|nan)\b"
)


def load():
    path = ROOT / "docs" / "gallery" / "build.py"
    spec = importlib.util.spec_from_file_location("gallery_build", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


spec = importlib.util.spec_from_file_location(
    "shared", Path(__file__).with_name("shared.py")
)
shared = importlib.util.module_from_spec(spec)
spec.loader.exec_module(shared)
build = load()
SCRIPTS = build.scripts()


@cache
def sheet(stem):
    return build.drawn(build.FOLDER / f"{stem}.py")


def texts(fig, gid=None):
    found = [t for t in fig.findobj(Text) if t.get_text().strip() and t.get_visible()]
    return [t.get_text() for t in found if gid is None or t.get_gid() == gid]


@pytest.mark.parametrize("stem", [script.stem for script in SCRIPTS])
def test_a_figure_is_finished(stem):
    fig = sheet(stem)
    written = texts(fig)
    title = " ".join(texts(fig, "title"))
    assert " – " in title or "bassin minier" in title
    assert re.search(r"\b20\d\d\b", title)
    assert texts(fig, "subtitle")
    whole = " ".join(written)
    assert re.search(r"(Insee|IGN).*20\d\d", whole)
    assert "Mission Bassin Minier, novembre 2026." in whole
    assert re.search("1\u00a0: [\\d\u202f]+ \\(", whole)
    if "demi_colonne" not in stem:  # whose foot is a line
        assert "Sources\u00a0: " in whole
        assert "Réalisation\u00a0: " in whole
        assert "Échelle 1\u00a0: " in whole
    assert texts(fig, "scale-bar-2")
    assert "N" in written
    maps = [ax for ax in fig.axes if getattr(ax, "explained", False)]
    assert maps, "no legend"
    assert all(ax.blocks for ax in maps)


@pytest.mark.parametrize("stem", [script.stem for script in SCRIPTS])
def test_a_figure_is_drawn_by_our_canvas(stem):
    assert isinstance(sheet(stem).drawn_page(), DrawnPage)


@pytest.mark.parametrize("stem", [script.stem for script in SCRIPTS])
def test_every_text_of_a_figure_is_french(stem):
    for text in texts(sheet(stem)):
        assert not ENGLISH.search(text), text
        assert "'" not in text, text
        assert not re.search(r"\d\.\d", text), text  # a comma is meant
        assert not re.search(r" [;?!%:](\s|$)", text), text  # no-break spaces are


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_is_what_a_user_would_write(script):
    kind, purpose, rule = build.words(script)
    assert kind[0].isupper()
    assert purpose.endswith(".")
    assert len(rule.splitlines()) <= 3
    assert len(build.code(script).splitlines()) <= 50
    assert "import basinmap as bm" in build.code(script)
    assert "basinmap." not in build.code(script)  # public names only


def test_what_is_invented_is_said_in_the_title():
    for stem, word in {
        "flux_1_liens": "non observés",
        "distance_2_isochrones": "réseau fictif",
        "taux_7_seuils_legaux": "valeurs fictives",
        "maille_1_carreaux": "estimée",
    }.items():
        assert word in " ".join(texts(sheet(stem), "title"))


def test_the_page_and_its_pictures_are_those_of_the_scripts():
    assert build.stale() == []


def test_a_page_that_is_not_that_of_the_scripts_is_told(tmp_path, monkeypatch):
    other = tmp_path / "README.md"
    other.write_text(build.page().replace("Galerie", "Galeries"), encoding="utf-8")
    monkeypatch.setattr(build, "PAGE", other)
    assert build.stale() == ["README.md is not that of the scripts"]


def test_a_picture_of_another_script_is_told(tmp_path, monkeypatch):
    for script in SCRIPTS[:2]:
        (tmp_path / script.name).write_bytes(script.read_bytes() + b"# changed")
    monkeypatch.setattr(build, "FOLDER", tmp_path)
    told = build.stale()
    assert f"{SCRIPTS[0].stem}.png was made by another {SCRIPTS[0].name}" in told
    assert f"{SCRIPTS[-1].stem}.png has no script" in told


def test_a_script_of_no_family_or_without_a_sheet_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "FOLDER", tmp_path)
    (tmp_path / "taux_1_vide.py").write_text('"""Rien."""\n')
    with pytest.raises(SystemExit, match=r"taux_1_vide\.py: end with a sheet"):
        build.drawn(build.scripts()[0])
    with pytest.raises(SystemExit, match=r"taux_1_vide\.py: write « Type"):
        build.words(build.scripts()[0])
    (tmp_path / "autre_1_vide.py").write_text("")
    with pytest.raises(SystemExit, match=r"no family for autre_1_vide\.py"):
        build.scripts()


def test_every_map_type_of_the_field_has_its_figure():
    assert len(build.TYPES) == 14
    assert set(build.TYPES.values()) <= {script.stem for script in SCRIPTS}


def test_every_way_of_drawing_has_its_figure():
    shown = "".join(build.code(script) for script in SCRIPTS)
    drawing = {name for name in bm.__all__ if name.startswith("draw_")}
    lacking = sorted(n for n in drawing - ELSEWHERE if f"bm.{n}(" not in shown)
    assert not lacking, "add a script to docs/gallery, then `make gallery`"


def test_the_pictures_stay_light():
    sizes = [build.picture(script).stat().st_size for script in SCRIPTS]
    assert sum(sizes) < 4_000_000
    assert max(sizes) < 250_000


def apart(first, second):
    """Return how far two pictures are, once blurred: on average, and at worst."""
    # A pixel more or less on a side, and letters a hair aside, are no difference.
    size = (first.width // 8, first.height // 8)
    if abs(first.width - second.width) > 2 or abs(first.height - second.height) > 2:
        return np.inf, np.inf
    one, other = (
        np.asarray(im.resize(size, Image.Resampling.BOX), dtype=float)
        for im in (first, second)
    )
    gap = np.abs(one - other).max(axis=2)
    return float(gap.mean()), float(gap.max())


@pytest.mark.skipif(not shared.SHAPED, reason=shared.UNSHAPED)
@pytest.mark.parametrize("stem", PINNED)
def test_a_picture_is_what_the_code_draws(stem):
    script = build.FOLDER / f"{stem}.py"
    with Image.open(build.picture(script)) as picture:
        mean, worst = apart(build.rendered(sheet(stem)), picture.convert("RGB"))
    assert mean < 1.5
    assert worst < 60


def test_a_square_of_two_millimetres_of_another_colour_is_another_picture():
    drawn = build.rendered(sheet("taux_1_choroplethe"))
    changed = drawn.copy()
    changed.paste((0, 0, 0), (400, 400, 410, 410))
    mean, worst = apart(drawn, changed)
    assert mean < 0.5
    assert worst > 60
