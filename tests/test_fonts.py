"""The bundled fonts: every character printed, size, licence, names."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FONTS = ROOT / "basinmap" / "maps" / "fonts"
FACES = {  # file: family, weight, style
    "FiraSans-Regular.ttf": ("Fira Sans", 400, "normal"),
    "FiraSans-Italic.ttf": ("Fira Sans", 400, "italic"),
    "FiraSans-Bold.ttf": ("Fira Sans", 700, "normal"),
    "FiraSansCondensed-Regular.ttf": ("Fira Sans Condensed", 400, "normal"),
    "FiraSansCondensed-Medium.ttf": ("Fira Sans Condensed", 500, "normal"),
}
LOWER = "abcdefghijklmnopqrstuvwxyzàâäçéèêëîïôöùûüÿœæ"
PRINTED = (
    LOWER
    + LOWER.upper()
    + "0123456789 .,;:!?'\"()[]{}/\\-_+=*&@#%<>|~^`$"
    + "«»\u202f\u00a0\u2009\u2010\u2011–—‘’“”…•·†‡‰\u2032\u2033€№©®°"
    + "ᵉʳˢ²³₂½¼¾−×÷±≈≤≥≠→←↑↓"
)
BLANK = " \u00a0\u2009\u202f"


def font(name):
    return pytest.importorskip("fontTools.ttLib").TTFont(FONTS / name)


def test_files_present():
    assert {p.name for p in FONTS.glob("*.ttf")} == set(FACES)


@pytest.mark.parametrize("name", FACES)
def test_size(name):
    assert (FONTS / name).stat().st_size <= 60 * 1024


@pytest.mark.parametrize("name", FACES)
def test_every_printed_character_has_a_glyph(name):
    face = font(name)
    cmap = face.getBestCmap()
    missing = [f"U+{ord(c):04X} {c}" for c in PRINTED if ord(c) not in cmap]
    assert not missing
    undrawn = [
        f"U+{ord(c):04X} {c}"
        for c in PRINTED
        if c not in BLANK and face["glyf"][cmap[ord(c)]].numberOfContours == 0
    ]
    assert not undrawn
    assert ".notdef" not in {cmap[ord(c)] for c in PRINTED}


@pytest.mark.parametrize("name", FACES)
def test_blanks_and_hyphens(name):
    face = font(name)
    cmap = face.getBestCmap()

    def advance(c):
        return face["hmtx"][cmap[ord(c)]][0]

    space = advance(" ")
    assert abs(advance("\u00a0") - space) <= 1
    assert 0.5 * space <= advance("\u202f") <= 0.7 * space
    assert advance("\u202f") < advance("\u2009") < space
    assert cmap[0x2011] == cmap[0x2010] == cmap[ord("-")]
    for c in BLANK:
        assert face["glyf"][cmap[ord(c)]].numberOfContours == 0


@pytest.mark.parametrize("name", FACES)
def test_kerning_kept_and_tabular_figures(name):
    face = font(name)
    positions = {r.FeatureTag for r in face["GPOS"].table.FeatureList.FeatureRecord}
    assert positions == {"kern"}
    tags = {r.FeatureTag for r in face["GSUB"].table.FeatureList.FeatureRecord}
    assert tags == {"tnum"}  # no ligature: text stays searchable in a PDF
    assert not {"fpgm", "prep", "cvt ", "DSIG"} & set(face.keys())


@pytest.mark.parametrize("name", FACES)
def test_may_be_embedded_and_licensed(name):
    face = font(name)
    assert face["OS/2"].fsType == 0
    assert "Mozilla Foundation" in face["name"].getDebugName(0)
    assert "Open Font License" in face["name"].getDebugName(13)


def test_licence_present_without_reserved_name():
    text = (FONTS / "OFL.txt").read_text(encoding="utf-8")
    assert text.startswith("Copyright (c) 2012-2015, The Mozilla Foundation")
    assert "SIL OPEN FONT LICENSE Version 1.1" in text
    header, _, _ = text.partition("PREAMBLE")
    assert "Reserved Font Name" not in header


def test_sources_describe_the_files():
    sources = tomllib.loads((ROOT / "data" / "fonts.toml").read_text(encoding="utf-8"))
    members = [Path(m).name for p in sources["package"] for m in p["members"]]
    assert sorted(members) == sorted(FACES)
    assert sources["licence"] == "OFL-1.1"
    assert all(len(p["sha256"]) == 64 for p in sources["package"])


def test_matplotlib_tells_the_faces_apart():
    manager = pytest.importorskip("matplotlib.font_manager")
    for name in sorted(FACES):
        manager.fontManager.addfont(FONTS / name)
    for name, (family, weight, style) in FACES.items():
        wanted = manager.FontProperties(family=[family], weight=weight, style=style)
        found = manager.fontManager.findfont(
            wanted,
            directory=str(FONTS),
            fallback_to_default=False,
            rebuild_if_missing=False,
        )
        assert Path(found).name == name
