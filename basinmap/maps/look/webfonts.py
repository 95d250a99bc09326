"""Fonts inside an SVG: only the letters it writes, so that it looks the same."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Mapping

from fontTools import subset
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.text import Text

__all__ = ["font_faces", "font_rules"]

_Face = tuple[str, str, str]


def font_faces(texts: Iterable[Text]) -> str:
    """
    Return CSS rules that hold, for each font of some texts, the letters they use.

    Parameters
    ----------
    texts
        Of a figure; those that are not seen are left out.

    Returns
    -------
    str
        `@font-face` rules with WOFF inside; the same for the same texts.

    Examples
    --------
    >>> from matplotlib.text import Text
    >>> rule = font_faces([Text(0, 0, "Liévin", family=["DejaVu Sans"])])
    >>> rule.split(";")[0]
    "@font-face{font-family:'DejaVu Sans'"
    """
    letters: dict[_Face, set[str]] = {}
    for text in texts:
        if text.get_visible():
            _share_out(text, letters)
    return font_rules(letters)


def font_rules(letters: Mapping[_Face, Iterable[str]]) -> str:
    """
    Return CSS rules that hold the letters of some fonts, those that they have.

    Parameters
    ----------
    letters
        By family, weight and slant.

    Examples
    --------
    >>> font_rules({("DejaVu Sans", "400", "normal"): "Liévin"}).split(";")[0]
    "@font-face{font-family:'DejaVu Sans'"
    """
    rules = []
    for face in sorted(letters):
        has = get_font(_path(face)).get_charmap()
        held = {sign for sign in letters[face] if ord(sign) in has}
        if held:
            rules.append(_rule(face, held))
    return "\n".join(rules)


def _share_out(text: Text, letters: dict[_Face, set[str]]) -> None:
    """Give each letter to the first family that has it, as matplotlib does."""
    style = text.get_fontproperties()
    left = {sign for sign in text.get_text() if sign.isprintable() or sign.isspace()}
    for family in style.get_family():
        face = (family, str(style.get_weight()), str(style.get_style()))
        has = get_font(_path(face)).get_charmap()
        found = {sign for sign in left if ord(sign) in has}
        if found:
            letters.setdefault(face, set()).update(found)
        left -= found


def _path(face: _Face) -> str:
    family, weight, slant = face
    style = FontProperties(family=[family])
    style.set_weight(int(weight) if weight.isdigit() else weight)
    style.set_style(slant)  # type: ignore[arg-type] # as another font has it
    return str(findfont(style))


def _rule(face: _Face, letters: set[str]) -> str:
    family, weight, slant = face
    held = base64.b64encode(_woff(_path(face), "".join(sorted(letters)))).decode()
    return (
        f"@font-face{{font-family:'{family}';font-weight:{weight};font-style:{slant};"
        f"src:url(data:font/woff;base64,{held}) format('woff')}}"
    )


def _woff(path: str, letters: str) -> bytes:
    options = subset.Options(flavor="woff", hinting=False)
    font = subset.load_font(path, options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=letters)
    # Its names, put aside: a third of the time goes into looking for who uses which.
    names = font["name"]
    del font["name"]
    subsetter.subset(font)
    names.names = [
        name
        for name in names.names
        if name.nameID in options.name_IDs
        and name.isUnicode()
        and name.langID in options.name_languages
    ]
    font["name"] = names
    saved = io.BytesIO()
    subset.save_font(font, saved, options)
    font.close()
    return saved.getvalue()
