"""Styles: rules that keep [a ; b[, as QGIS (QML) and other software (SLD) read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from basinmap.export.descriptions import STATE_TEXTS, Description
from basinmap.export.qgis.marks import (
    Look,
    expressions,
    figure_of,
    identity,
    ink,
    symbol_of,
    tag,
    words,
)

__all__ = [
    "DOCTYPE",
    "VERSION",
    "Names",
    "Rule",
    "Style",
    "Where",
    "body_of",
    "qml_of",
    "sld_of",
]

VERSION: Final = "3.22.16-Białowieża"
"""Whose words are written; newer versions read them."""
DOCTYPE: Final = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"

_CODES: Final[Mapping[str, int]] = {"marker": 0, "line": 1, "fill": 2}
_OTHER: Final = ("secret", "not_applicable")


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """
    Which rows a rule draws; all of them by default.

    Attributes
    ----------
    column
        Whose values count.
    low, high
        At least, and less than.
    state
        Instead: that the value is missing, and why.
    states
        Column that says why, or nothing where there is none.
    equal
        Instead: text that the column holds.
    only
        Instead of all: an expression of QGIS.
    code
        Column of the codes of the units.
    among, without
        Of these, those alone that are drawn, and those that are not.
    """

    column: str = ""
    low: float | None = None
    high: float | None = None
    state: str = ""
    states: str = ""
    equal: str | None = None
    only: str = ""
    code: str = ""
    among: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    @property
    def expression(self) -> str:
        """In the words of QGIS."""
        parts = [self._values(), *self._listed()]
        return " AND ".join(filter(None, parts))

    def _listed(self) -> list[str]:
        """Say which units are drawn, or are not, by their codes."""
        return [
            f"{quoted(self.code)} {sign} ({', '.join(map(literal, codes))})"
            for sign, codes in (("IN", self.among), ("NOT IN", self.without))
            if codes
        ]

    def _values(self) -> str:
        if self.only or not self.column:
            return self.only
        name = quoted(self.column)
        if self.equal is not None:
            return f"{name} = {literal(self.equal)}"
        if self.state:
            return f"{name} IS NULL" + self._why()
        bounds = [
            f"{name} {sign} {figure_of(bound)}"
            for sign, bound in ((">=", self.low), ("<", self.high))
            if bound is not None
        ]
        return " AND ".join(bounds) or f"{name} IS NOT NULL"

    def _why(self) -> str:
        if not self.states:
            return ""
        told = f"coalesce({quoted(self.states)}, '')"
        if self.state in _OTHER:
            return f" AND {told} = {literal(self.state)}"
        return f" AND {told} NOT IN ({', '.join(map(literal, _OTHER))})"

    @property
    def filter(self) -> str:
        """In the words of OGC, for SLD; nothing where all rows are drawn."""
        inside = [*self._conditions(), *self._codes()]
        if not inside:
            return ""
        one = inside[0] if len(inside) == 1 else tag("ogc:And", None, *inside)
        return tag("ogc:Filter", None, one)

    def _codes(self) -> list[str]:
        """Say the same of the codes: OGC has no list."""
        found = []
        if self.among:
            found.append(self._any_of(self.among))
        if self.without:
            found.append(tag("ogc:Not", None, self._any_of(self.without)))
        return found

    def _any_of(self, codes: Sequence[str]) -> str:
        each = [_compared("EqualTo", self.code, code) for code in codes]
        return each[0] if len(each) == 1 else tag("ogc:Or", None, *each)

    def _conditions(self) -> list[str]:
        if not self.column:
            return []
        if self.equal is not None:
            return [_compared("EqualTo", self.column, self.equal)]
        if self.state:
            return [_null(self.column), *self._filter_of_state()]
        found = [
            _compared(sign, self.column, figure_of(bound))
            for sign, bound in (
                ("GreaterThanOrEqualTo", self.low),
                ("LessThan", self.high),
            )
            if bound is not None
        ]
        return found or [tag("ogc:Not", None, _null(self.column))]

    def _filter_of_state(self) -> list[str]:
        if not self.states:
            return []
        if self.state in _OTHER:
            return [_compared("EqualTo", self.states, self.state)]
        others = [
            tag("ogc:Not", None, _compared("EqualTo", self.states, one))
            for one in _OTHER
        ]
        # What is missing without a word is compared with nothing.
        return [tag("ogc:Or", None, _null(self.states), tag("ogc:And", None, *others))]


def quoted(name: str) -> str:
    """
    Return the name of a column as expressions write it.

    Parameters
    ----------
    name
        Of the column.
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """
    Return a text as expressions write it.

    Parameters
    ----------
    text
        Any text.
    """
    plain = text.replace("\\", "\\\\").replace("'", "''")
    return "'" + plain + "'"


def _property(name: str) -> str:
    return tag("ogc:PropertyName", None, words(name))


def _compared(sign: str, name: str, value: str) -> str:
    inside = _property(name), tag("ogc:Literal", None, words(value))
    return tag(f"ogc:PropertyIs{sign}", None, *inside)


def _null(name: str) -> str:
    return tag("ogc:PropertyIsNull", None, _property(name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """
    One line of the legend: what is drawn how.

    Attributes
    ----------
    label
        French text.
    look
        What is drawn.
    test
        Of which rows.
    """

    label: str
    look: Look
    test: Where = field(default_factory=Where)


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """
    Names beside or on what is drawn.

    Attributes
    ----------
    expression
        What is written.
    family, size, color
        Font family, points, colour.
    halo
        Colour around the letters.
    defined
        Expression by property of QGIS: `Size`, `Color`, `FontStyle`, `Family`.
    placed
        Whether every one is written, centred on its point, whatever lies there.
    kind
        Of what is named: `"marker"`, `"line"` or `"fill"`.
    """

    expression: str
    family: str
    size: float
    color: str
    halo: str = "#ffffff"
    defined: Mapping[str, str] = field(default_factory=dict)
    placed: bool = False
    kind: str = "fill"


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """
    How a table is drawn.

    Attributes
    ----------
    name
        French, as it stands in the legend.
    rules
        Lines of the legend, first to last.
    kind
        `"marker"`, `"line"` or `"fill"`; nothing is drawn without rules.
    names
        What is written, if anything.
    largest_first
        Expression whose greatest values are drawn first, for none to hide another.
    tip
        HTML that is shown under the pointer, with `[% expressions %]`.
    display
        Expression that names a row.
    """

    name: str
    rules: tuple[Rule, ...] = ()
    kind: str = "fill"
    names: Names | None = None
    largest_first: str = ""
    tip: str = ""
    display: str = ""


def renderer_of(style: Style) -> str:
    """
    Return the renderer of a style.

    Parameters
    ----------
    style
        How a table is drawn.
    """
    if not style.rules:
        return tag("renderer-v2", {"type": "nullSymbol", "forceraster": 0})
    rules = [
        tag(
            "rule",
            {
                "key": identity(style.name, place, rule.label),
                "symbol": place,
                "label": rule.label,
                **({"filter": only} if (only := rule.test.expression) else {}),
            },
        )
        for place, rule in enumerate(style.rules)
    ]
    symbols = [
        symbol_of(rule.look, str(place)) for place, rule in enumerate(style.rules)
    ]
    ordered = ""
    if style.largest_first:
        clause = tag(
            "orderByClause", {"asc": 0, "nullsFirst": 0}, words(style.largest_first)
        )
        ordered = tag("orderby", None, clause)
    told = {
        "type": "RuleRenderer",
        "forceraster": 0,
        "symbollevels": 0,
        "referencescale": -1,
        "enableorderby": bool(style.largest_first),
    }
    return tag(
        "renderer-v2",
        told,
        tag("rules", {"key": identity(style.name)}, *rules),
        tag("symbols", None, *symbols),
        ordered,
    )


def text_style(
    family: str,
    size: float,
    color: str,
    *inside: str,
    weight: int = 400,
    **more: object,
) -> str:
    """
    Return a text format.

    Parameters
    ----------
    family, size, color
        Font family, points, colour.
    *inside
        Elements: buffer, properties.
    weight
        400 or 700.
    **more
        Attributes.
    """
    told: dict[str, object] = {
        "fontFamily": family,
        "namedStyle": "Bold" if weight == 700 else "Regular",
        "fontWeight": 75 if weight == 700 else 50,
        "fontSize": size,
        "fontSizeUnit": "Point",
        "fontSizeMapUnitScale": "3x:0,0,0,0,0,0",
        "fontItalic": 0,
        "fontStrikeout": 0,
        "fontUnderline": 0,
        "fontKerning": 1,
        "fontLetterSpacing": 0,
        "fontWordSpacing": 0,
        "textColor": ink(color),
        "textOpacity": 1,
        "textOrientation": "horizontal",
        "blendMode": 0,
        "capitalization": 0,
        "multilineHeight": 1,
        "allowHtml": 0,
    }
    return tag("text-style", {**told, **more}, *inside)


def labeling_of(names: Names) -> str:
    """
    Return what is written on a map.

    Parameters
    ----------
    names
        What, and how.
    """
    halo = {
        "bufferDraw": 1,
        "bufferSize": 0.5,
        "bufferSizeUnits": "MM",
        "bufferSizeMapUnitScale": "3x:0,0,0,0,0,0",
        "bufferColor": ink(names.halo),
        "bufferOpacity": 1,
        "bufferJoinStyle": 128,
        "bufferNoFill": 1,
        "bufferBlendMode": 0,
    }
    style = text_style(
        names.family,
        names.size,
        names.color,
        tag("families"),
        tag("text-buffer", halo),
        tag("dd_properties", None, expressions({})),
        tag("substitutions"),
        fieldName=names.expression,
        isExpression=1,
        useSubstitutions=0,
        multilineHeight=0.9,
    )
    setting = {
        "multilineAlign": 1,
        "wrapChar": "|",
        "autoWrapLength": 0,
        "useMaxLineLengthForAutoWrap": 1,
        "formatNumbers": 0,
        "decimals": 3,
        "plussign": 0,
        "addDirectionSymbol": 0,
    }
    settings = tag(
        "settings",
        {"calloutType": "simple"},
        style,
        tag("text-format", setting),
        tag("placement", _placement(names)),
        tag("rendering", _rendering(placed=names.placed)),
        tag("dd_properties", None, expressions(names.defined)),
    )
    return tag("labeling", {"type": "simple"}, settings)


def _placement(names: Names) -> dict[str, object]:
    """Return where names go: on their point, beside it, inside, or along."""
    way = {"marker": 1 if names.placed else 6, "line": 2}.get(names.kind, 4)
    return {
        "placement": way,
        "quadOffset": 4,
        "xOffset": 0,
        "yOffset": 0,
        "offsetUnits": "MM",
        "offsetType": 0 if names.placed else 1,
        "labelOffsetMapUnitScale": "3x:0,0,0,0,0,0",
        "dist": 0 if names.placed else 0.5,
        "distUnits": "MM",
        "distMapUnitScale": "3x:0,0,0,0,0,0",
        "predefinedPositionOrder": "R,L,TR,TL,BR,BL,TSR,BSR",
        "placementFlags": 10,
        "polygonPlacementFlags": 2,
        "centroidWhole": 0,
        "centroidInside": 1,
        "fitInPolygonOnly": 0,
        "priority": 5,
        "repeatDistance": 0,
        "repeatDistanceUnits": "MM",
        "rotationAngle": 0,
        "preserveRotation": 1,
        "geometryGeneratorEnabled": 0,
    }


def _rendering(*, placed: bool) -> dict[str, object]:
    return {
        "drawLabels": 1,
        "displayAll": placed,
        "obstacle": not placed,
        "obstacleFactor": 1,
        "obstacleType": 1,
        "labelPerPart": 0,
        "mergeLines": 0,
        "minFeatureSize": 0,
        "limitNumLabels": 0,
        "maxNumLabels": 2000,
        "scaleVisibility": 0,
        "scaleMin": 0,
        "scaleMax": 0,
        "upsidedownLabels": 0,
        "unplacedVisibility": 0,
        "zIndex": 0,
    }


def body_of(style: Style, columns: Iterable[Description]) -> tuple[str, ...]:
    """
    Return what a layer of a project and a file of style have in common.

    Parameters
    ----------
    style
        How the table is drawn.
    columns
        What its columns are.
    """
    known = list(columns)
    aliases = [
        tag("alias", {"field": one.name, "index": place, "name": one.heading})
        for place, one in enumerate(known, start=1)
    ]
    return (
        renderer_of(style),
        labeling_of(style.names) if style.names else "",
        tag("fieldConfiguration", None, *map(_widget, known)),
        tag("aliases", None, *aliases),
        tag("previewExpression", None, words(style.display)) if style.display else "",
        tag("mapTip", None, words(style.tip)) if style.tip else "",
    )


def _widget(column: Description) -> str:
    """Say how a cell is shown in a form: states in words."""
    if column.role != "state":
        return tag("field", {"name": column.name, "configurationFlags": "None"})
    choices = {"valeur entière": "", **{t: key for key, t in STATE_TEXTS.items()}}
    listed = [
        tag(
            "Option",
            {"type": "Map"},
            tag("Option", {"name": text, "value": key, "type": "QString"}),
        )
        for text, key in choices.items()
    ]
    config = tag(
        "Option",
        {"type": "Map"},
        tag("Option", {"name": "map", "type": "List"}, *listed),
    )
    editor = tag("editWidget", {"type": "ValueMap"}, tag("config", None, config))
    told = {"name": column.name, "configurationFlags": "None"}
    return tag("field", told, editor)


def qml_of(style: Style, columns: Iterable[Description] = ()) -> str:
    """
    Return a file of style of QGIS.

    Parameters
    ----------
    style
        How a table is drawn.
    columns
        What its columns are, for their French names.

    Examples
    --------
    >>> high = Rule(label="5 et plus", look=Look(), test=Where(column="n", low=5))
    >>> '"n" &gt;= 5' in qml_of(Style(name="A", rules=(high,)))
    True
    """
    told = {
        "version": VERSION,
        "styleCategories": "LayerConfiguration|Symbology|Labeling|Fields|MapTips",
        "labelsEnabled": style.names is not None,
        "simplifyDrawingHints": 1,
    }
    shape = tag("layerGeometryType", None, str(_CODES.get(style.kind, 4)))
    return DOCTYPE + tag("qgis", told, *body_of(style, columns), shape) + "\n"


# -- SLD ------------------------------------------------------------------------------

_SLD: Final[Mapping[str, str]] = {
    "xmlns": "http://www.opengis.net/sld",
    "xmlns:se": "http://www.opengis.net/se",
    "xmlns:ogc": "http://www.opengis.net/ogc",
    "xmlns:xlink": "http://www.w3.org/1999/xlink",
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsi:schemaLocation": "http://www.opengis.net/sld "
    "http://schemas.opengis.net/sld/1.1.0/StyledLayerDescriptor.xsd",
    "version": "1.1.0",
}
_PIXELS: Final = 1 / 0.28
"""Pixels a millimetre, as OGC defines a pixel."""


def sld_of(style: Style, table: str) -> str:
    """
    Return a style for other software, SLD 1.1.

    Parameters
    ----------
    style
        How a table is drawn; sizes that an expression defines are those of the look.
    table
        Name of the table.
    """
    rules = [
        tag(
            "se:Rule",
            None,
            tag("se:Name", None, words(rule.label)),
            rule.test.filter,
            *_symbolizers(rule.look),
        )
        for rule in style.rules
    ]
    told = tag(
        "NamedLayer",
        None,
        tag("se:Name", None, words(table)),
        tag(
            "UserStyle",
            None,
            tag("se:Name", None, words(style.name)),
            tag("se:FeatureTypeStyle", None, *rules),
        ),
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return head + tag("StyledLayerDescriptor", _SLD, told) + "\n"


def _symbolizers(look: Look) -> list[str]:
    stroke = _stroke(look.edge, look.width, ())
    match look.kind:
        case "line":
            return [
                tag(
                    "se:LineSymbolizer",
                    None,
                    _stroke(look.color, look.width, look.dashes),
                )
            ]
        case "marker":
            return [tag("se:PointSymbolizer", None, _graphic(look, stroke))]
    plain = tag("se:PolygonSymbolizer", None, _filled(look.color), stroke)
    if not look.hatch:
        return [plain]
    sign = "circle" if "." in look.hatch else "line"
    if "/" in look.hatch or "\\" in look.hatch:
        sign = "slash" if "/" in look.hatch else "backslash"
    mark = tag(
        "se:Mark",
        None,
        tag("se:WellKnownName", None, sign),
        _filled(look.edge),
        _stroke(look.edge, 0.2, ()),
    )
    graphic = tag("se:Graphic", None, mark, tag("se:Size", None, "6"))
    over = tag("se:Fill", None, tag("se:GraphicFill", None, graphic))
    return [plain, tag("se:PolygonSymbolizer", None, over)]


def _graphic(look: Look, stroke: str) -> str:
    name = {"*": "star", "s": "square", "^": "triangle"}.get(look.shape, "circle")
    inside = (
        tag("se:WellKnownName", None, name),
        _filled(look.color),
        stroke,
    )
    size = tag("se:Size", None, figure_of(round(look.size * _PIXELS, 2)))
    return tag("se:Graphic", None, tag("se:Mark", None, *inside), size)


def _hex(color: str) -> str:
    parts = ink(color).split(",")[:3]
    return "#" + "".join(f"{int(part):02x}" for part in parts)


def _filled(color: str) -> str:
    if color == "none":
        return ""
    inside = tag("se:SvgParameter", {"name": "fill"}, _hex(color))
    return tag("se:Fill", None, inside)


def _stroke(color: str, width: float, dashes: Sequence[float]) -> str:
    if color == "none":
        return ""
    told = {
        "stroke": _hex(color),
        "stroke-width": figure_of(round(width * _PIXELS, 3)),
        "stroke-linejoin": "round",
    }
    if dashes:
        told["stroke-dasharray"] = " ".join(
            figure_of(round(dash * _PIXELS, 2)) for dash in dashes
        )
    inside = [
        tag("se:SvgParameter", {"name": name}, value) for name, value in told.items()
    ]
    return tag("se:Stroke", None, *inside)
