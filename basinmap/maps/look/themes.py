"""The look of a sheet: fonts, inks, sizes, as one frozen value."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib.resources import as_file, files
from itertools import accumulate, pairwise, repeat
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, cast

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.colors import to_hex, to_rgb
from matplotlib.ft2font import LoadFlags

from basinmap.arguments import check_fields, check_given, number_of, path_of
from basinmap.errors import BasinmapWarning, DataError, culprits
from basinmap.maps.look.vision import seen
from basinmap.territory.local import is_there
from basinmap.typography import glued, printable

__all__ = ["GREY", "HALF_COLUMN", "PRINT", "Theme", "in_grey", "with_fonts"]

MM_PER_POINT: Final = 25.4 / 72
_THOUSAND: Final = 1000.0
_PLAIN: Final = re.compile(
    "[ -\u02ff\u1d2c-\u1d6a\u2000-\u200a\u2010-\u2027\u202f-\u205e\u20ac\u2190-\u22ff]+"
)
"""Signs that are read one after the other, none over another."""
# What French documents print beyond ASCII.
_FRENCH: Final = "àâçéèêëîïôùûœÀÇÉÈÊŒæ«»’–…°²€×−\u00a0\u202f"

_INKS: Final = (
    *("ink", "soft", "faint", "land", "missing", "halo"),
    *("beyond", "abroad", "sea", "coast", "water", "border"),
)
"""Colours of a theme."""

RC: Final = MappingProxyType(
    {
        "pdf.fonttype": 42,  # real TrueType: text stays text
        "pdf.compression": 6,
        "svg.fonttype": "none",
        "svg.hashsalt": "basinmap",  # ids that do not change from run to run
        "text.parse_math": False,
        # A texture is read over a colour, and under a name.
        "hatch.linewidth": 0.6,
        "text.hinting": "none",  # hinted glyphs are wider than their halo
        "path.simplify": False,
        "axes.titley": 1.0,  # by default, looked for above ticks that there are not
        "font.family": ["Fira Sans", "DejaVu Sans"],
    }
)


@dataclass(frozen=True, slots=True)
class Theme:
    """
    Fonts, inks and sizes of a sheet.

    Attributes
    ----------
    family, narrow
        Font families of the text and of the labels on the map.
    title, subtitle, heading, body, small, label
        Sizes in points: title, subtitle, legend heading, legend text, credits,
        names on the map.
    ink, soft, faint
        Colours of text and strong lines, of secondary text, of thin lines.
    land, missing, halo
        Colours of the neighbours, of what is not available, around names.
    beyond, abroad, sea, coast, water, border
        Colours of the ground: other départements, other countries, the sea and its
        edge, names and lines of water, borders of the State.
    margin
        Margin of the page, in millimetres.
    grey
        Whether all is printed in black and white: colours of classes become greys.
    """

    family: str = "Fira Sans"
    narrow: str = "Fira Sans Condensed"
    title: float = 16.0
    subtitle: float = 9.0
    heading: float = 8.2
    body: float = 7.5
    small: float = 6.5
    label: float = 6.6
    ink: str = "#1f2430"
    soft: str = "#5b6270"
    faint: str = "#b9bcc4"
    land: str = "#eeede9"
    beyond: str = "#f5f4f0"
    abroad: str = "#e6e6e1"
    sea: str = "#d6e6f0"
    coast: str = "#9fc0d6"
    water: str = "#2f6f9f"
    border: str = "#7d7a74"
    missing: str = "#ffffff"
    halo: str = "#ffffff"
    margin: float = 10.0
    grey: bool = False

    def __post_init__(self) -> None:
        """Refuse a size or a colour that is none, before it is drawn with."""
        check_fields(self)
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(item.default, float):
                number_of(value, item.name, least=0, such_as=item.default)


def in_grey(theme: Theme) -> Theme:
    """
    Return a theme without colours, of the same sizes; the land around is paler.

    Parameters
    ----------
    theme
        Any theme.

    Examples
    --------
    >>> import basinmap as bm
    >>> bm.in_grey(bm.PRINT).ink
    '#242424'
    """
    check_given(in_grey, locals())
    greys = dict(
        zip(_INKS, seen([getattr(theme, ink) for ink in _INKS], "grey"), strict=True)
    )
    # Paler once, for the land around not to be taken for the lightest class.
    pale = 0.0 if theme.grey else 0.55
    for name in ("land", "beyond", "abroad"):
        parts = to_rgb(greys[name])
        greys[name] = to_hex([part + pale * (1 - part) for part in parts])  # type: ignore[arg-type]
    return replace(theme, grey=True, **cast("dict[str, Any]", greys))


PRINT: Final = Theme()
"""The default theme, for A4 on an office printer or at a printer's."""

GREY: Final = in_grey(PRINT)
"""« Niveaux de gris »: for a black-and-white print or a photocopy."""

HALF_COLUMN: Final = Theme(
    title=9.5,
    subtitle=7.0,
    heading=7.0,
    body=6.5,
    small=5.5,
    label=5.8,
    margin=2.0,
)
"""For a figure of 85 mm in the column of a bulletin."""


@cache
def register_fonts() -> None:
    """Make the bundled fonts known to matplotlib, once."""
    folder = files("basinmap.maps") / "fonts"
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".ttf"):
            with as_file(entry) as path:
                font_manager.fontManager.addfont(path)


def with_fonts(
    theme: Theme,
    fonts: str | PathLike[str] | Iterable[str | PathLike[str]],
    *,
    family: str | None = None,
    narrow: str | None = None,
) -> Theme:
    """
    Return a theme in fonts of your own, from TTF or OTF files.

    Parameters
    ----------
    theme
        The theme to dress.
    fonts
        A folder, a file, or several files. Regular and bold of one family at least;
        the italic when names of rivers and neighbours are to slant.
    family, narrow
        Which families to use for the text and for the names on the map, when the files
        hold several; the second is by default the first.

    Raises
    ------
    DataError
        If there is no font file, one cannot be read or is a variable font, or the
        family is none of those the files hold.

    Warns
    -----
    BasinmapWarning
        If a font lacks signs of French; DejaVu Sans draws those.

    Examples
    --------
    >>> import basinmap as bm
    >>> from importlib.resources import as_file, files
    >>> with as_file(files("basinmap.maps") / "fonts") as folder:
    ...     theme = bm.with_fonts(bm.PRINT, folder, family="Fira Sans Condensed")
    >>> theme.family, theme.narrow
    ('Fira Sans Condensed', 'Fira Sans Condensed')
    """
    check_given(with_fonts, locals())
    found: dict[str, set[str]] = {}
    for path in _font_files(fonts):
        name, signs = _read_font(path)
        found[name] = found.get(name, set(_FRENCH)) & signs
        _register(path)
    for known in (text_width, measured, _faces_of):
        known.cache_clear()
    family = family or (next(iter(found)) if len(found) == 1 else None)
    for wanted in (family, narrow or family):
        if wanted not in found:
            asked = f"no font {wanted!r} there" if wanted else f"{len(found)} families"
            msg = f"{asked}: the files hold {culprits(sorted(found))}; name one, "
            raise DataError(msg + f"family={min(found)!r}")
    chosen = (str(family), str(narrow or family))
    for name in dict.fromkeys(chosen):
        lacking = [sign for sign in _FRENCH if sign not in found[name]]
        if lacking:
            written = ", ".join(f"U+{ord(sign):04X} {sign}" for sign in lacking[:8])
            msg = f"font {name!r} lacks {len(lacking)} signs: {written}; "
            warnings.warn(msg + "others will draw them", BasinmapWarning, stacklevel=2)
    return replace(theme, family=chosen[0], narrow=chosen[1])


def _font_files(
    fonts: str | PathLike[str] | Iterable[str | PathLike[str]],
) -> list[Path]:
    """Return the font files there are, in order."""
    given = [fonts] if isinstance(fonts, (str, PathLike)) else list(fonts)
    paths: list[Path] = []
    for item in given:
        path = path_of(item, "fonts")
        there = is_there(path)
        inside = sorted(path.iterdir()) if there and path.is_dir() else [path]
        kept = [
            item.resolve()
            for item in inside
            if item.suffix.lower() in {".ttf", ".otf"} and there
        ]
        if not kept:
            msg = f"{path}: no TTF or OTF file there; give the folder or the files"
            raise DataError(msg)
        paths += kept
    if not paths:
        msg = "no font file; give a folder, or the files: with_fonts(theme, 'fonts')"
        raise DataError(msg)
    return paths


def _read_font(path: Path) -> tuple[str, set[str]]:
    """Return the family of a font file, and the signs of French it has."""
    try:
        head = path.read_bytes()
        face = font_manager.get_font(path)
    except (OSError, RuntimeError) as error:
        msg = f"{path}: cannot be read as a font: {error}"
        raise DataError(msg) from error
    tables = {head[at : at + 4] for at in range(12, 12 + 16 * head[5], 16)}
    if b"fvar" in tables:
        msg = (
            f"{path.name} is a variable font, of which only the lightest weight would "
            "be drawn; give the static files (Regular, Bold…) of the family"
        )
        raise DataError(msg)
    signs = {sign for sign in _FRENCH if face.get_char_index(ord(sign))}
    return str(face.family_name), signs


_OWN: Final[dict[str, None]] = {}


def own_fonts() -> list[str]:
    """Return the files of the fonts that `with_fonts` has met."""
    return list(_OWN)


def register_own(paths: Iterable[str]) -> None:
    """
    Make the fonts of the user known, as in the process that sent them.

    Parameters
    ----------
    paths
        What `own_fonts` returned there.
    """
    for path in paths:
        _register(Path(path))


def _register(path: Path) -> None:
    """Make a font file known to matplotlib, unless it is already."""
    register_fonts()
    manager = font_manager.fontManager
    _OWN[str(path)] = None
    if str(path) not in {entry.fname for entry in manager.ttflist}:
        manager.addfont(path)


@cache
def font(
    family: str, size: float, *, weight: int = 400, italic: bool = False
) -> font_manager.FontProperties:
    """
    Return a font, with a fallback that has the rarer signs.

    Parameters
    ----------
    family
        Font family.
    size
        Size in points.
    weight
        400 (regular), 500 (medium) or 700 (bold).
    italic
        Whether it slants.

    Raises
    ------
    DataError
        If the family is unknown.
    """
    register_fonts()
    known = {entry.name for entry in font_manager.fontManager.ttflist}
    if family not in known:
        near = get_close_matches(family, known, n=5, cutoff=0.5) or sorted(known)
        msg = f"unknown font {family!r}; there are {culprits(near)}; "
        raise DataError(msg + "add your own with with_fonts(theme, folder)")
    # DejaVu has no medium weight, and matplotlib would say so at every text.
    spare = "Fira Sans Condensed" if weight == 500 else "DejaVu Sans"
    fallback = [] if spare == family else [spare]
    return font_manager.FontProperties(
        family=[family, *fallback],
        size=size,
        weight=weight,
        style="italic" if italic else "normal",
    )


@cache
def text_width(text: str, properties: font_manager.FontProperties) -> float:
    """
    Return the width of one line of text, in millimetres.

    Parameters
    ----------
    text
        One line.
    properties
        Its font, as returned by `font`.
    """
    points = _width_of_one(text, tuple(faces_of(properties)))
    return float(points * properties.get_size_in_points() * MM_PER_POINT)


def _width_of_one(text: str, faces: tuple[str, ...]) -> float:
    """Return the width of a line in sizes of its type: names come in several sizes."""
    return measured(text, faces)[1] / _THOUSAND


@lru_cache(maxsize=16_384)
def measured(text: str, faces: tuple[str, ...]) -> tuple[tuple[float, ...], float]:
    """
    Return where each sign of a line starts, and its width, in thousandths of its size.

    Parameters
    ----------
    text
        One line.
    faces
        The font file, then those that have the rarer signs.
    """
    if len(text) > 2 and _PLAIN.fullmatch(text) and _are_ours(faces):
        return _by_pairs(text, faces) or _laid_out(text, faces)
    return _laid_out(text, faces)


@cache
def _are_ours(faces: tuple[str, ...]) -> bool:
    """Tell faces in which no sign looks further than the next one."""
    ours = (str(files("basinmap.maps") / "fonts"), mpl.get_data_path())
    return all(face.startswith(ours) for face in faces)


def _by_pairs(
    text: str, faces: tuple[str, ...]
) -> tuple[tuple[float, ...], float] | None:
    """Return a line sign by sign, each as far from the next as in any line."""
    starts = [0.0]
    for one, other in pairwise(text):
        both, _ = measured(one + other, faces)
        if len(both) != 2:  # they are one letter
            return None
        starts.append(starts[-1] + both[1])
    return tuple(starts), starts[-1] + measured(text[-1], faces)[1]


def _laid_out(text: str, faces: tuple[str, ...]) -> tuple[tuple[float, ...], float]:
    """Let matplotlib lay out a line."""
    face = font_manager.get_font(list(faces))
    face.set_size(_THOUSAND, 72)
    with warnings.catch_warnings():  # saving the sheet names what has no sign
        warnings.filterwarnings("ignore", message="(?s)Glyph .* missing from font")
        # A file is set without hinting: what is measured is what is written.
        spots = face.set_text(text, flags=LoadFlags.NO_HINTING)
    starts = tuple(float(x) / 64 for x in spots[:, 0])
    return starts, float(face.get_width_height()[0] / 64)


def faces_of(properties: font_manager.FontProperties) -> list[str]:
    """
    Return the font file, then those that have the rarer signs.

    Parameters
    ----------
    properties
        A font, as returned by `font`.
    """
    return list(
        _faces_of(
            tuple(properties.get_family()),
            properties.get_style(),
            properties.get_variant(),
            properties.get_weight(),
            properties.get_stretch(),
        )
    )


@cache
def _faces_of(families: tuple[str, ...], *look: Any) -> tuple[str, ...]:  # noqa: ANN401 - matplotlib's
    """Return the files of families, which do not depend on the size of the type."""
    style, variant, weight, stretch = look
    return tuple(
        str(
            font_manager.findfont(
                font_manager.FontProperties(
                    family=[family],
                    style=style,
                    variant=variant,
                    weight=weight,
                    stretch=stretch,
                )
            )
        )
        for family in families
    )


def wrapped(
    text: str, width: float, properties: font_manager.FontProperties
) -> list[str]:
    """
    Cut a text into lines no wider than `width`.

    Parameters
    ----------
    text
        The text; only ordinary spaces become line ends, but in a word that is
        wider than a line.
    width
        In millimetres.
    properties
        Its font.
    """
    return list(_wrapped(text, float(width), properties))


_HAIR: Final = 0.2
"""Millimetres that nobody sees a line stand out by."""
_LETTER: Final = 0.48
"""Width of a letter on average, in sizes of the type."""


@lru_cache(maxsize=4096)
def _wrapped(
    text: str, width: float, properties: font_manager.FontProperties
) -> tuple[str, ...]:
    """Return the lines of a text; most come back from sheet to sheet."""
    given = re.sub(r"[\t\r\n]+", " ", text)
    stuck = glued(given)
    words = stuck.split(" ")
    lines: list[str] = []
    while words:
        lines += _pieces(words[0], width, properties)
        more = _fitting(lines[-1], words[1:], width, properties)
        lines[-1] = " ".join([lines[-1], *words[1 : 1 + more]])
        words = words[1 + more :]
    return tuple(_as_given(lines, stuck, given))


def _as_given(lines: list[str], stuck: str, given: str) -> Iterator[str]:
    """Yield lines with the spaces that were given: they are cut elsewhere alone."""
    start = 0
    for line in lines:
        found = stuck.find(line, start)
        if found < 0 or len(stuck) != len(given):
            yield line
            continue
        start = found + len(line)
        yield given[found:start]


def _fitting(
    line: str, words: list[str], width: float, properties: font_manager.FontProperties
) -> int:
    """Return how many words a line has room for: a guess, then step by step."""

    def fits(count: int) -> bool:
        longer = " ".join([line, *words[:count]])
        return not count or text_width(longer, properties) <= width + _HAIR

    em = float(properties.get_size_in_points()) * MM_PER_POINT
    ends = accumulate((1 + len(word) for word in words), initial=len(line))
    room = width / (_LETTER * em)
    count = max(sum(1 for end in ends if end <= room) - 1, 0)
    if not fits(count):
        return next(n for n in range(count - 1, -1, -1) if fits(n))
    return next((n for n in range(count, len(words)) if not fits(n + 1)), len(words))


def _pieces(
    word: str, width: float, properties: font_manager.FontProperties
) -> list[str]:
    """Cut a word that is wider than a line."""
    pieces = [word]
    while len(pieces[-1]) > 1 and text_width(pieces[-1], properties) > width:
        last = pieces.pop()
        share = width / text_width(last, properties)
        cut = max(1, int(len(last) * share * 0.95))
        pieces += [last[:cut], last[cut:]]
    return pieces


def one_line(text: str) -> str:
    r"""
    Return a text without line ends and without signs that print nothing.

    No-break spaces stay.

    Parameters
    ----------
    text
        Any text.

    Examples
    --------
    >>> one_line("Taux  de\nvacance\x07 ")
    'Taux de vacance'
    """
    return _one_line(text)


@lru_cache(maxsize=16_384)
def _one_line(text: str) -> str:
    return re.sub(r"[ \t\r\n]+", " ", printable(text)).strip()


_OURS: Final = (
    *("axes", "figure", "font", "grid", "hatch", "image", "legend", "lines"),
    *("markers", "mathtext", "patch", "path", "pdf", "savefig", "scatter", "svg"),
    *("text", "xtick", "ytick"),
)


@cache
def _defaults() -> dict[str, Any]:
    """Return matplotlib's own settings for what a sheet depends on."""
    kept = {
        str(name): value
        for name, value in mpl.rcParamsDefault.items()
        if name.split(".")[0] in _OURS and name != "savefig.directory"
    }
    return kept | dict(RC)


@cache
def _validated() -> dict[str, Any]:
    """Return our settings as matplotlib keeps them."""
    ours = _defaults()
    with mpl.rc_context():
        _apply()
        return {name: value for name, value in mpl.rcParams.items() if name in ours}


def _apply() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", mpl.MatplotlibDeprecationWarning)
        mpl.rcParams.update(cast("Any", _defaults()))


@contextmanager
def settings() -> Iterator[None]:
    """
    Draw and save under our settings, whatever style the user has set.

    A style that changed the inks, or `savefig.bbox`, would change the sheet.
    """
    register_fonts()
    # Not `rc_context`, which copies and checks three hundred of them: these are ours,
    # checked once, and a sheet sets them a hundred times.
    params = cast("dict[str, Any]", mpl.rcParams)
    ours = _validated()
    before = list(map(dict.__getitem__, repeat(params), ours))
    if before == list(ours.values()):
        yield
        return
    dict.update(params, ours)
    try:
        yield
    finally:
        dict.update(params, dict(zip(ours, before, strict=True)))
