"""Build the bundled fonts: download, check, subset to Latin, complete, write.

    python data/build_fonts.py                 # writes basinmap/maps/fonts
    python data/build_fonts.py --check         # rebuilds, compares, writes nothing
    python data/build_fonts.py --wheels DIR    # takes the wheels already in DIR

Sources and checksums are in fonts.toml. Needs Python 3.11 and fontTools; with the
fontTools version named there, every run gives the same bytes (dates are those of the
source fonts).
"""

from __future__ import annotations

import argparse
import hashlib
import io
import math
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from fontTools import subset
from fontTools.misc.transform import Transform
from fontTools.otlLib.optimize import compact
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

if TYPE_CHECKING:
    from fontTools.ttLib.tables._g_l_y_f import Glyph

PIP_DOWNLOAD = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
PIP_DOWNLOAD += ["--only-binary", ":all:"]

HERE = Path(__file__).resolve().parent
OUT = HERE.parent / "basinmap" / "maps" / "fonts"

PUNCTUATION = "–—‒‘’‚“”„…‹›•†‡‰′″€№"  # noqa: RUF001
MATHS = "−×÷±≈≤≥≠→←↑↓↗↘∞∆Δ½¼¾⅓⅔"
RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻₀₁₂₃₄₅₆₇₈₉"
IF_PRESENT = "●■▲"  # Fira 4.203 has none of them
NO_BREAK = (0x2007, 0x2009, 0x2010, 0x2011, 0x202F)
WANTED = {
    *range(0x0020, 0x007F),  # Basic Latin
    *range(0x00A0, 0x0180),  # Latin-1, Latin Extended-A
    *map(ord, PUNCTUATION + MATHS + RAISED + IF_PRESENT),
    *NO_BREAK,
}
# No liga, no calt: one character stays one glyph and text stays searchable.
FEATURES = ["kern", "tnum"]

PRIME_SLANT = math.tan(math.radians(14))
# Characters added when the source lacks them: a blank (width in word spaces), the same
# glyph as another character, the slanted or the raised form of another character.
ADDED: dict[int, tuple[str, float]] = {
    0x202F: ("blank", 0.66),
    0x2009: ("blank", 0.75),
    0x2010: ("same", 0x2D),
    0x2011: ("same", 0x2D),
    0x2032: ("slanted", 0x27),
    0x2033: ("slanted", 0x22),
    0x1D49: ("raised", 0x65),  # 1er, 2e
    0x02B3: ("raised", 0x72),
    0x02E2: ("raised", 0x73),
}
RAISED_TO, RAISED_SIZE = 0.32, 0.62  # of the size of the type


def fetch(package: dict, folder: Path) -> Path:
    """Return the wheel of a package, downloaded if absent, its checksum verified."""
    wheel = folder / package["wheel"]
    if not wheel.exists():
        requirement = f"{package['name']}=={package['version']}"
        subprocess.run(
            [*PIP_DOWNLOAD, "--dest", str(folder), requirement],
            check=True,
        )
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != package["sha256"]:
        message = f"{wheel.name}: sha256 {found}, expected {package['sha256']}"
        raise SystemExit(message)
    return wheel


def _encode(font: TTFont, code: int, name: str) -> None:
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap[code] = name


def _add_glyph(font: TTFont, code: int, glyph: Glyph, advance: int) -> None:
    name = f"uni{code:04X}"
    font["glyf"][name] = glyph  # also appends the name to the glyph order
    font["hmtx"][name] = (advance, glyph.xMin if glyph.numberOfContours else 0)
    _encode(font, code, name)


def _slanted(font: TTFont, source: str) -> Glyph:
    """Return a straight quote leaning to the right: a prime sign."""
    foot = font["glyf"][source].yMin
    slant = Transform(1, 0, PRIME_SLANT, 1, -PRIME_SLANT * foot, 0)
    return _transformed(font, source, slant)


def _raised(font: TTFont, source: str) -> Glyph:
    """Return a letter made small, and set high: that of an ordinal."""
    up = round(RAISED_TO * font["head"].unitsPerEm)
    return _transformed(font, source, Transform(RAISED_SIZE, 0, 0, RAISED_SIZE, 0, up))


def _transformed(font: TTFont, source: str, how: Transform) -> Glyph:
    glyphs = font.getGlyphSet()
    recording = DecomposingRecordingPen(glyphs)
    glyphs[source].draw(recording)
    pen = TTGlyphPen(None)
    recording.replay(TransformPen(pen, how))
    glyph = pen.glyph()
    glyph.recalcBounds(font["glyf"])
    return glyph


def complete(font: TTFont) -> list[str]:
    """Add what French typography and coordinates need and the source lacks."""
    cmap = font.getBestCmap()
    widths = font["hmtx"].metrics
    space = widths[cmap[0x20]][0]
    missing = [code for code in ADDED if code not in cmap]
    for code in missing:
        kind, value = ADDED[code]
        if kind == "blank":
            _add_glyph(font, code, TTGlyphPen(None).glyph(), round(space * value))
        elif kind == "same":
            _encode(font, code, cmap[value])
        elif kind == "raised":
            advance = round(widths[cmap[value]][0] * RAISED_SIZE)
            _add_glyph(font, code, _raised(font, cmap[value]), advance)
        else:
            advance = widths[cmap[value]][0] + round(PRIME_SLANT * 100)
            _add_glyph(font, code, _slanted(font, cmap[value]), advance)
    return [f"U+{code:04X}" for code in missing]


def _only_figures(font: TTFont) -> None:
    """Limit tabular forms (tnum) to figures and signs: the rest is dead weight."""
    gsub = font["GSUB"].table
    cmap = font.getBestCmap()
    kept = {cmap[ord(c)] for c in "0123456789+−%€" if ord(c) in cmap}
    indices = {
        index
        for record in gsub.FeatureList.FeatureRecord
        if record.FeatureTag == "tnum"
        for index in record.Feature.LookupListIndex
    }
    for index in sorted(indices):
        for table in gsub.LookupList.Lookup[index].SubTable:
            single = getattr(table, "ExtSubTable", table)
            single.mapping = {k: v for k, v in single.mapping.items() if k in kept}


def build(data: bytes) -> bytes:
    """Subset one font, complete it, and return the new file."""
    font = TTFont(io.BytesIO(data), recalcTimestamp=False)
    options = subset.Options()
    options.layout_features = FEATURES
    options.hinting = False
    options.glyph_names = False
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 14, 16, 17]
    options.name_legacy = False
    options.notdef_outline = True
    options.recalc_timestamp = False
    options.drop_tables += ["DSIG", "GlyphOrder", "gasp"]
    # plain-Python packing only: same bytes whether or not uharfbuzz is installed
    font.cfg["fontTools.ttLib.tables.otBase:USE_HARFBUZZ_REPACKER"] = False

    _only_figures(font)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=WANTED)
    subsetter.subset(font)

    compact(font, 9)  # same kerning, smaller tables

    added = complete(font)
    names = font["name"]
    version = f"{names.getDebugName(5)}; Latin subset for basinmap"
    names.setName(f"{version}, added {' '.join(added)}", 5, 3, 1, 0x409)
    out = io.BytesIO()
    font.save(out, reorderTables=True)
    return out.getvalue()


def build_all(wheels: Path | None = None) -> dict[str, bytes]:
    """Every output file, by name."""
    sources = tomllib.loads((HERE / "fonts.toml").read_text(encoding="utf-8"))
    result: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as temporary:
        for package in sources["package"]:
            with zipfile.ZipFile(fetch(package, wheels or Path(temporary))) as archive:
                licence = archive.read(package["licence_member"])
                if result.setdefault("OFL.txt", licence) != licence:
                    message = f"{package['name']}: a different licence text"
                    raise SystemExit(message)
                for member in package["members"]:
                    result[Path(member).name] = build(archive.read(member))
    # "Reserved Font Name" stands in the licence's definitions; a reservation would be
    # declared before them, next to the copyright line.
    header, _, _ = result["OFL.txt"].decode("utf-8").partition("PREAMBLE")
    expected = sources["copyright"][0] in header
    if "reserved font name" in header.lower() or not expected:
        message = "the licence header is not the expected one: see fonts.toml"
        raise SystemExit(message)
    return result


def main() -> int:
    """Build the fonts, or check those present; return the exit status."""
    parser = argparse.ArgumentParser(description="Build the bundled fonts.")
    parser.add_argument("--wheels", type=Path, help="folder of downloaded wheels")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    files = build_all(args.wheels)
    if args.check:
        different = [
            name
            for name, data in files.items()
            if not (args.out / name).exists() or (args.out / name).read_bytes() != data
        ]
        print("different: " + ", ".join(different) if different else "identical")
        return 1 if different else 0
    args.out.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (args.out / name).write_bytes(data)
        print(f"{len(data):7d}  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
