"""Marks of QGIS: elements, colours, and the symbols that fill, stroke and point."""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from matplotlib.colors import to_rgba

__all__ = [
    "MM",
    "Look",
    "expressions",
    "figure_of",
    "identity",
    "ink",
    "map_of",
    "symbol_of",
    "tag",
    "words",
]

MM: Final = 25.4 / 72
"""Millimetres a point."""
_HOUSE: Final = uuid.UUID("6f1f3c1e-5a0e-5c7e-9f0a-62617369006d")
_SCALE: Final = "3x:0,0,0,0,0,0"
_TILE: Final = 25.4 / 6
"""Millimetres between strokes of a single sign: matplotlib draws six in an inch."""
# What matplotlib names by a sign.
_MARKERS: Final[Mapping[str, str]] = {
    "*": "star",
    "D": "diamond",
    "d": "diamond",
    "s": "square",
    "^": "triangle",
    "v": "triangle",
    "p": "pentagon",
    "h": "hexagon",
    "H": "hexagon",
    "P": "cross_fill",
    "X": "cross_fill",
    "8": "octagon",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """
    What a rule draws.

    Attributes
    ----------
    kind
        `"fill"`, `"line"` or `"marker"`.
    color, edge
        Of the inside and of the edge, `"none"` for none; a line has a colour only.
    width
        Of the edge or of the line, in millimetres.
    dashes
        Strokes and gaps, in millimetres.
    hatch
        As matplotlib writes it: slashes, dashes, dots.
    shape
        Of a marker, as matplotlib writes it; by default a disc.
    size
        Of a marker, in millimetres across.
    size_by
        Expression of QGIS in its place.
    """

    kind: str = "fill"
    color: str = "none"
    edge: str = "none"
    width: float = 0.1
    dashes: tuple[float, ...] = ()
    hatch: str = ""
    shape: str = "o"
    size: float = 2.0
    size_by: str = ""


def words(text: object) -> str:
    """
    Return a text as the content of an element; signs that XML lacks are left out.

    Parameters
    ----------
    text
        Any text.

    Examples
    --------
    >>> words('Béthune & "Bruay" <62>')
    'Béthune &amp; "Bruay" &lt;62&gt;'
    """
    return escape(_LACKED.sub("", str(text)))


_LACKED: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Signs that XML lacks."""


def tag(name: str, attributes: Mapping[str, object] | None = None, *inside: str) -> str:
    """
    Return an element.

    Parameters
    ----------
    name
        Of the element.
    attributes
        Any values; numbers are written as numbers, truth values as 0 and 1.
    *inside
        Elements, or a text that `words` returned.

    Examples
    --------
    >>> tag("layer", {"id": "a&b", "on": True}, tag("title"))
    '<layer id="a&amp;b" on="1"><title/></layer>'
    """
    told = "".join(
        f" {key}={quoteattr(_plain(value), _ENTITIES)}"
        for key, value in (attributes or {}).items()
    )
    content = "".join(inside)
    return f"<{name}{told}>{content}</{name}>" if content else f"<{name}{told}/>"


# What an attribute would lose when it is read.
_ENTITIES: Final = {"\n": "&#xa;", "\t": "&#x9;", "\r": "&#xd;"}


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return figure_of(value)
    return _LACKED.sub("", str(value))


def figure_of(value: float) -> str:
    """
    Return a number as QGIS reads it: numpy would print its type, read as zero.

    Parameters
    ----------
    value
        Any finite number.

    Examples
    --------
    >>> figure_of(0.1 + 0.2), figure_of(7_000_000.125), figure_of(3)
    ('0.30000000000000004', '7000000.125', '3')
    """
    plain = float(value)
    if not math.isfinite(plain):
        msg = f"{value} is no number that a project holds"
        raise ValueError(msg)
    return str(int(plain)) if plain.is_integer() else repr(plain)


def identity(*parts: object) -> str:
    """
    Return a stable identity, between braces as QGIS writes them.

    Parameters
    ----------
    *parts
        What tells a thing from all others.
    """
    return "{" + str(uuid.uuid5(_HOUSE, "\x1f".join(map(str, parts)))) + "}"


def ink(color: str) -> str:
    """
    Return a colour as QGIS writes it.

    Parameters
    ----------
    color
        Any that matplotlib knows; `"none"` is clear.

    Examples
    --------
    >>> ink("#1f2430"), ink("none")
    ('31,36,48,255', '0,0,0,0')
    """
    return ",".join(str(round(255 * part)) for part in to_rgba(color))


def map_of(values: Mapping[str, object], **types: str) -> str:
    """
    Return a map of options.

    Parameters
    ----------
    values
        By name; what is written already as an option stays as it is.
    **types
        Type of a value that is no text.
    """
    inside = [
        tag(
            "Option",
            {"name": key, "value": value, "type": types.get(key, "QString")},
        )
        for key, value in values.items()
    ]
    return tag("Option", {"type": "Map"}, *inside)


def expressions(given: Mapping[str, str]) -> str:
    """
    Return properties that expressions of QGIS define.

    Parameters
    ----------
    given
        Expression by the key of the property.
    """
    inside = [
        tag(
            "Option",
            {"name": key, "type": "Map"},
            tag("Option", {"name": "active", "value": "true", "type": "bool"}),
            tag("Option", {"name": "expression", "value": text, "type": "QString"}),
            tag("Option", {"name": "type", "value": 3, "type": "int"}),
        )
        for key, text in given.items()
    ]
    held: dict[str, object] = {"name": "properties"}
    return tag(
        "Option",
        {"type": "Map"},
        tag("Option", {"name": "name", "value": "", "type": "QString"}),
        tag("Option", {**held, "type": "Map"} if inside else held, *inside),
        tag("Option", {"name": "type", "value": "collection", "type": "QString"}),
    )


def symbol_of(look: Look, name: str = "0") -> str:
    """
    Return the symbol of a look.

    Parameters
    ----------
    look
        What is drawn.
    name
        By which a rule finds it.
    """
    if look.kind == "line":
        layers = [_line(look.color, look.width, look.dashes)]
    elif look.kind == "marker":
        layers = [_filled_marker(look, name) if look.hatch else _marker(look)]
    else:
        layers = [_area(look), *_hatches(look, name)]
    told = {
        "type": look.kind,
        "name": name,
        "alpha": 1,
        "clip_to_extent": 1,
        "force_rhr": 0,
    }
    return tag("symbol", told, _defined({}), *layers)


def _filled_marker(look: Look, name: str) -> str:
    """Return a marker that is hatched: what fills it is the symbol of an area."""
    bare = replace(look, kind="fill", size_by="")
    values = {
        "angle": 0,
        "horizontal_anchor_point": 1,
        "name": _MARKERS.get(look.shape, "circle"),
        "offset": "0,0",
        "offset_map_unit_scale": _SCALE,
        "offset_unit": "MM",
        "scale_method": "diameter",
        "size": look.size,
        "size_map_unit_scale": _SCALE,
        "size_unit": "MM",
        "vertical_anchor_point": 1,
    }
    defined = {"size": look.size_by} if look.size_by else {}
    inner = symbol_of(bare, f"@{name}@0")
    return _layer("FilledMarker", values, inner, defined=defined)


def _defined(given: Mapping[str, str]) -> str:
    return tag("data_defined_properties", None, expressions(given))


def _layer(
    kind: str,
    values: Mapping[str, object],
    *inside: str,
    defined: Mapping[str, str] | None = None,
) -> str:
    """Return a layer of a symbol, each property written for new and old QGIS."""
    old = [tag("prop", {"k": key, "v": value}) for key, value in values.items()]
    told = {"class": kind, "enabled": 1, "locked": 0, "pass": 0}
    parts = [map_of(values), *old, _defined(defined or {}), *inside]
    return tag("layer", told, *parts)


def _area(look: Look) -> str:
    clear = look.color == "none"
    bare = look.edge == "none"
    return _layer(
        "SimpleFill",
        {
            "border_width_map_unit_scale": _SCALE,
            "color": ink("#ffffff" if clear else look.color),
            "joinstyle": "round",
            "offset": "0,0",
            "offset_map_unit_scale": _SCALE,
            "offset_unit": "MM",
            "outline_color": ink("#000000" if bare else look.edge),
            "outline_style": "no" if bare else "dash" if look.dashes else "solid",
            "outline_width": look.width,
            "outline_width_unit": "MM",
            "style": "no" if clear else "solid",
        },
    )


def _hatches(look: Look, name: str) -> list[str]:
    """Return the strokes and dots that a hatch of matplotlib stands for."""
    if not look.hatch:
        return []
    edge = look.edge if look.edge != "none" else "#8a8f99"
    found: list[str] = []
    for sign, angles in (("/", (45,)), ("\\", (135,)), ("-", (0,)), ("|", (90,))):
        count = look.hatch.count(sign)
        if count:
            apart = _TILE / count / (1.4 if sign in "/\\" else 1.0)
            found += [
                _strokes(angle, apart, edge, f"@{name}@{len(found) + 1}")
                for angle in angles
            ]
    if "." in look.hatch:
        found.append(_dots(edge, f"@{name}@{len(found) + 1}"))
    return found


def _strokes(angle: int, apart: float, color: str, name: str) -> str:
    told = {"type": "line", "name": name, "alpha": 1, "clip_to_extent": 1}
    inner = tag("symbol", {**told, "force_rhr": 0}, _defined({}), _line(color, 0.2, ()))
    values = {
        "angle": angle,
        "color": ink(color),
        "distance": round(apart, 3),
        "distance_map_unit_scale": _SCALE,
        "distance_unit": "MM",
        "line_width": 0.2,
        "line_width_map_unit_scale": _SCALE,
        "line_width_unit": "MM",
        "offset": 0,
        "offset_map_unit_scale": _SCALE,
        "offset_unit": "MM",
        "outline_width_map_unit_scale": _SCALE,
        "outline_width_unit": "MM",
    }
    return _layer("LinePatternFill", values, inner)


def _dots(color: str, name: str) -> str:
    told = {"type": "marker", "name": name, "alpha": 1, "clip_to_extent": 1}
    dot = Look(kind="marker", color=color, size=0.5)
    inner = tag("symbol", {**told, "force_rhr": 0}, _defined({}), _marker(dot))
    values = {
        "displacement_x": 1.5,
        "displacement_x_map_unit_scale": _SCALE,
        "displacement_x_unit": "MM",
        "displacement_y": 0,
        "displacement_y_map_unit_scale": _SCALE,
        "displacement_y_unit": "MM",
        "distance_x": 3,
        "distance_x_map_unit_scale": _SCALE,
        "distance_x_unit": "MM",
        "distance_y": 1.5,
        "distance_y_map_unit_scale": _SCALE,
        "distance_y_unit": "MM",
        "outline_width_map_unit_scale": _SCALE,
        "outline_width_unit": "MM",
    }
    return _layer("PointPatternFill", values, inner)


def _line(color: str, width: float, dashes: Sequence[float]) -> str:
    return _layer(
        "SimpleLine",
        {
            "capstyle": "flat" if dashes else "round",
            "customdash": ";".join(figure_of(round(d, 4)) for d in dashes) or "5;2",
            "customdash_map_unit_scale": _SCALE,
            "customdash_unit": "MM",
            "draw_inside_polygon": 0,
            "joinstyle": "round",
            "line_color": ink(color),
            "line_style": "solid",
            "line_width": round(width, 4),
            "line_width_unit": "MM",
            "offset": 0,
            "offset_map_unit_scale": _SCALE,
            "offset_unit": "MM",
            "ring_filter": 0,
            "use_custom_dash": bool(dashes),
            "width_map_unit_scale": _SCALE,
        },
    )


def _marker(look: Look) -> str:
    bare = look.edge == "none"
    return _layer(
        "SimpleMarker",
        {
            "angle": 180 if look.shape == "v" else 0,
            "color": ink(look.color),
            "horizontal_anchor_point": 1,
            "joinstyle": "bevel",
            "name": _MARKERS.get(look.shape, "circle"),
            "offset": "0,0",
            "offset_map_unit_scale": _SCALE,
            "offset_unit": "MM",
            "outline_color": ink("#000000" if bare else look.edge),
            "outline_style": "no" if bare else "solid",
            "outline_width": round(look.width, 4),
            "outline_width_map_unit_scale": _SCALE,
            "outline_width_unit": "MM",
            "scale_method": "diameter",
            "size": look.size,
            "size_map_unit_scale": _SCALE,
            "size_unit": "MM",
            "vertical_anchor_point": 1,
        },
        defined={"size": look.size_by} if look.size_by else {},
    )
