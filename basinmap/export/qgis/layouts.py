"""Print layouts of QGIS: the same millimetres as the plate, from its upper left."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Final

from matplotlib.colors import to_rgb

from basinmap.export.qgis.marks import (
    Look,
    expressions,
    figure_of,
    identity,
    ink,
    map_of,
    symbol_of,
    tag,
)
from basinmap.export.qgis.styles import text_style

__all__ = [
    "Atlas",
    "Bar",
    "KeyOf",
    "Keys",
    "Layout",
    "Map",
    "Picture",
    "Stroke",
    "Words",
    "inert",
    "layout_of",
]

Box = tuple[float, float, float, float]
"""Left, top, width, height, in millimetres from the upper left of the page."""

_PAGE: Final = 65638
_MAP: Final = 65639
_PICTURE: Final = 65640
_LABEL: Final = 65641
_LEGEND: Final = 65642
_POLYLINE: Final = 65645
_SCALE_BAR: Final = 65646


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """
    A text, with `[% expressions %]`.

    Attributes
    ----------
    box
        Where.
    text
        French.
    family, size, color, weight, italic
        Its letters.
    align, rise
        `"left"`, `"center"` or `"right"`; `"top"`, `"middle"` or `"bottom"`.
    ground
        Colour under the text, in a thin frame of the colour of the text; none by
        default.
    name
        Of the item, for who sets the page.
    """

    box: Box
    text: str
    family: str
    size: float
    color: str
    weight: int = 400
    italic: bool = False
    align: str = "left"
    rise: str = "top"
    ground: str = ""
    name: str = "texte"


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """
    A map.

    Attributes
    ----------
    box
        Where.
    name
        By which others find it.
    extent
        `(xmin, ymin, xmax, ymax)` in metres.
    theme
        Map theme that it shows.
    edge
        Colour of its frame.
    driven
        Whether the pages of the atlas move it, at one of the scales of the project.
    ground
        Colour under all layers.
    """

    box: Box
    name: str
    extent: Box
    theme: str
    edge: str = "#b9bcc4"
    driven: bool = False
    ground: str = "#ffffff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """
    A drawing, held in the project itself.

    Attributes
    ----------
    box
        Where.
    svg
        The drawing.
    name
        Of the item, for who sets the page.
    """

    box: Box
    svg: bytes
    name: str = "illustration"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyOf:
    """
    A layer in a legend.

    Attributes
    ----------
    layer, source
        Its identity, and where it is read.
    heading
        Above its lines; without one they stand alone.
    lines
        Places of the rules that are shown; all by default.
    labels
        What is written beside them, in the place of their own; `|` breaks a line.
    """

    layer: str
    source: str
    heading: str = ""
    lines: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """
    A legend.

    Attributes
    ----------
    box
        Where; it grows with its content.
    map
        Name of the map whose legend it is.
    layers
        Whose lines, in order.
    family, heading, body, color
        Its letters.
    swatch
        Width and height of a sample.
    row
        Millimetres from a line to the next.
    gap
        Between a heading and its lines.
    name
        Of the item, for who sets the page.
    """

    box: Box
    map: str
    layers: tuple[KeyOf, ...]
    family: str
    heading: float
    body: float
    color: str
    swatch: tuple[float, float] = (7.0, 3.6)
    row: float = 5.0
    gap: float = 0.4
    name: str = "légende"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroke:
    """
    A rule across the page.

    Attributes
    ----------
    box
        Where; of no height.
    color, width
        Of the line, in millimetres.
    name
        Of the item, for who sets the page.
    """

    box: Box
    color: str
    width: float
    name: str = "filet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """
    A scale bar of two segments.

    Attributes
    ----------
    box
        Where.
    map
        Name of the map whose scale it is.
    kilometres
        Of a segment.
    family, size, color
        Its letters.
    height
        Of the bar, in millimetres.
    name
        Of the item, for who sets the page.
    fitted
        Whether QGIS chooses the kilometres, for a map whose scale changes by page.
    """

    box: Box
    map: str
    kilometres: float
    family: str
    size: float
    color: str
    height: float = 1.3
    name: str = "échelle"
    fitted: bool = False


Item = Words | Map | Picture | Keys | Stroke | Bar


@dataclass(frozen=True, slots=True, kw_only=True)
class Atlas:
    """
    A page for each row of a layer.

    Attributes
    ----------
    layer, source, title
        Identity, source and title of the layer.
    name, order, file
        Expressions: name of a page, what orders them, name of a file.
    """

    layer: str
    source: str
    title: str
    name: str
    order: str
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """
    A page to print.

    Attributes
    ----------
    name
        French.
    size
        Width and height in millimetres.
    items
        What is on it, lowest first.
    atlas
        A page a row, if it is one.
    """

    name: str
    size: tuple[float, float]
    items: tuple[Item, ...] = ()
    atlas: Atlas | None = field(default=None)


def inert(text: str) -> str:
    """
    Return a text that QGIS prints as it is: between `[%` and `%]` it would compute.

    Parameters
    ----------
    text
        Any text.

    Examples
    --------
    >>> inert("Taux [% 1 + 1 %]")
    'Taux [ % 1 + 1 %]'
    """
    return text.replace("[%", "[ %")


def layout_of(layout: Layout) -> str:
    """
    Return the element of a layout.

    Parameters
    ----------
    layout
        The page.
    """
    width, height = layout.size
    paper = symbol_of(Look(color="#ffffff"), "")
    page = _item(
        _PAGE,
        layout,
        0,
        (0.0, 0.0, width, height),
        {"background": "true"},
        paper,
    )
    items = [
        _written(item, layout, place)
        for place, item in enumerate(layout.items, start=1)
    ]
    # QGIS writes the highest item first.
    told = {"name": layout.name, "units": "mm", "printResolution": 300}
    once = tag("Option", {"name": "singleFile", "value": "true", "type": "bool"})
    return tag(
        "Layout",
        {**told, "worldFileMap": ""},
        tag("Snapper", {"snapToGrid": 0, "snapToGuides": 1, "snapToItems": 1}),
        tag("PageCollection", None, paper, page, tag("GuideCollection")),
        *reversed(items),
        tag("customproperties", None, tag("Option", {"type": "Map"}, once)),
        _atlas(layout.atlas),
    )


def _atlas(atlas: Atlas | None) -> str:
    if atlas is None:
        return tag("Atlas", {"enabled": 0, "hideCoverage": 0, "filterFeatures": 0})
    told = {
        "enabled": 1,
        "hideCoverage": 0,
        "filterFeatures": 0,
        "coverageLayer": atlas.layer,
        "coverageLayerName": atlas.title,
        "coverageLayerSource": atlas.source,
        "coverageLayerProvider": "ogr",
        "pageNameExpression": atlas.name,
        "sortFeatures": 1,
        "sortKey": atlas.order,
        "sortAscending": 1,
        "filenamePattern": atlas.file,
    }
    return tag("Atlas", told)


def _box(box: Box) -> tuple[str, str]:
    left, top, width, height = (figure_of(round(side, 4)) for side in box)
    return f"{left},{top},mm", f"{width},{height},mm"


def _item(
    kind: int,
    layout: Layout,
    place: int,
    box: Box,
    more: dict[str, object],
    *inside: str,
) -> str:
    """Return an item: what all have in common, and what is its own."""
    at, size = _box(box)
    key = identity("layout", layout.name, place)
    told: dict[str, object] = {
        "type": kind,
        "uuid": key,
        "templateUuid": key,
        "id": "",
        "position": at,
        "positionOnPage": at,
        "size": size,
        "zValue": place,
        "referencePoint": 0,
        "itemRotation": 0,
        "opacity": 1,
        "visibility": 1,
        "background": "false",
        "frame": "false",
        "frameJoinStyle": "miter",
        "outlineWidthM": "0.3,mm",
        "positionLock": "false",
        "excludeFromExports": 0,
        "blendMode": 0,
        "groupUuid": "",
    }
    own = tag("dataDefinedProperties", None, expressions({}))
    common = (
        _color("FrameColor", str(more.pop("edge", "#000000"))),
        _color("BackgroundColor", str(more.pop("ground", "#ffffff"))),
        tag("LayoutObject", None, own, tag("customproperties", None, tag("Option"))),
    )
    return tag("LayoutItem", {**told, **more}, *common, *inside)


def _color(name: str, color: str) -> str:
    red, green, blue = (round(255 * part) for part in to_rgb(color))
    return tag(name, {"red": red, "green": green, "blue": blue, "alpha": 255})


def _written(item: Item, layout: Layout, place: int) -> str:
    match item:
        case Words():
            return _words(item, layout, place)
        case Map():
            return _map(item, layout, place)
        case Picture():
            return _picture(item, layout, place)
        case Keys():
            return _keys(item, layout, place)
        case Stroke():
            return _stroke(item, layout, place)
        case Bar():
            return _bar(item, layout, place)


def _font(
    family: str, size: float, weight: int = 400, *, italic: bool = False
) -> dict[str, object]:
    """Return a font in the words of Qt 5, which 3.22 reads."""
    heavy = 75 if weight == 700 else 50
    told = f"{family},{figure_of(size)},-1,5,{heavy},{int(italic)},0,0,0,0"
    return {"description": told, "style": "Bold" if weight == 700 else ""}


def _words(item: Words, layout: Layout, place: int) -> str:
    across = {"left": 1, "right": 2, "center": 4}[item.align]
    down = {"top": 32, "bottom": 64, "middle": 128}[item.rise]
    more: dict[str, object] = {
        "id": item.name,
        "labelText": item.text,
        "htmlState": 0,
        "halign": across,
        "valign": down,
        "marginX": 0,
        "marginY": 0,
    }
    if item.ground:
        more |= {"background": "true", "ground": item.ground}
        more |= {"frame": "true", "edge": item.color, "outlineWidthM": "0.18,mm"}
    return _item(
        _LABEL,
        layout,
        place,
        item.box,
        more,
        tag(
            "LabelFont", _font(item.family, item.size, item.weight, italic=item.italic)
        ),
        _color("FontColor", item.color),
        # Newer versions take this one.
        text_style(
            item.family,
            item.size,
            item.color,
            weight=item.weight,
            fontItalic=item.italic,
        ),
    )


def _key_of_map(layout: Layout, name: str) -> str:
    for place, item in enumerate(layout.items, start=1):
        if isinstance(item, Map) and item.name == name:
            return identity("layout", layout.name, place)
    return ""


def _map(item: Map, layout: Layout, place: int) -> str:
    names = ("xmin", "ymin", "xmax", "ymax")
    sides: dict[str, object] = {
        name: figure_of(side) for name, side in zip(names, item.extent, strict=True)
    }
    more: dict[str, object] = {
        "id": item.name,
        "background": "true",
        "frame": "true",
        "outlineWidthM": "0.2,mm",
        "edge": item.edge,
        "ground": item.ground,
        "followPreset": "true",
        "followPresetName": item.theme,
        "keepLayerSet": "false",
        "mapRotation": 0,
        "mapFlags": 0,
        "labelMargin": "0,mm",
        "drawCanvasItems": "false",
        "isTemporal": 0,
    }
    atlas = {"atlasDriven": item.driven, "scalingMode": 1, "margin": 0.1}
    return _item(
        _MAP,
        layout,
        place,
        item.box,
        more,
        tag("Extent", sides),
        tag("LayerSet"),
        tag("AtlasMap", atlas),
        tag("labelBlockingItems"),
    )


def _picture(item: Picture, layout: Layout, place: int) -> str:
    held = base64.b64encode(item.svg).decode()
    more: dict[str, object] = {
        "id": item.name,
        "file": f"base64:{held}",
        "mode": 0,
        "resizeMode": 0,
        "anchorPoint": 0,
        "pictureRotation": 0,
        "northMode": 0,
        "northOffset": 0,
        "mapUuid": "",
        "svgFillColor": ink("#ffffff"),
        "svgBorderColor": ink("#000000"),
        "svgBorderWidth": 0.2,
    }
    return _item(_PICTURE, layout, place, item.box, more)


def _stroke(item: Stroke, layout: Layout, place: int) -> str:
    left, top, width, _ = item.box
    line = Look(kind="line", color=item.color, width=item.width)
    nodes = tag(
        "nodes",
        None,
        tag("node", {"x": 0, "y": 0}),
        tag("node", {"x": width, "y": 0}),
    )
    more: dict[str, object] = {"id": item.name, "markerMode": 0}
    box = (left, top, width, 0.0)
    return _item(_POLYLINE, layout, place, box, more, symbol_of(line, ""), nodes)


def _keys(item: Keys, layout: Layout, place: int) -> str:
    more: dict[str, object] = {
        "id": item.name,
        "title": "",
        "map_uuid": _key_of_map(layout, item.map),
        "symbolWidth": item.swatch[0],
        "symbolHeight": item.swatch[1],
        "symbolAlignment": 1,
        "titleAlignment": 1,
        "resizeToContents": 1,
        "columnCount": 1,
        "columnSpace": 2,
        "boxSpace": 0,
        "lineSpacing": 0.8,
        "wrapChar": "|",
        "fontColor": item.color,
        "splitLayer": 0,
        "equalColumnWidth": 0,
        "legendFilterByAtlas": 0,
        "minSymbolSize": 0,
        "maxSymbolSize": 0,
        "rasterBorder": 0,
        "wmsLegendWidth": 50,
        "wmsLegendHeight": 25,
    }
    between = max(item.row - item.swatch[1], 0.3)
    styles = (
        ("title", item.heading, 700, {"marginBottom": 0}),
        ("group", item.heading, 700, {"marginTop": 0}),
        ("subgroup", item.heading, 700, {"marginTop": 0, "marginBottom": item.gap}),
        ("symbol", item.body, 400, {"marginTop": round(between, 3)}),
        ("symbolLabel", item.body, 400, {"marginTop": 0, "marginLeft": 2}),
    )
    written = [
        tag(
            "style",
            {"name": name, "alignment": 1, "indent": 0, **margins},
            tag("styleFont", _font(item.family, size, weight)),
            text_style(item.family, size, item.color, weight=weight),
        )
        for name, size, weight, margins in styles
    ]
    layers = [_key_layer(layer) for layer in item.layers]
    tree = tag(
        "layer-tree-group",
        None,
        tag("customproperties", None, tag("Option")),
        *layers,
        tag("custom-order", {"enabled": 0}),
    )
    return _item(
        _LEGEND,
        layout,
        place,
        item.box,
        more,
        tag("styles", None, *written),
        tree,
    )


def _key_layer(key: KeyOf) -> str:
    told: dict[str, object] = {
        "cached_name": key.heading,
        "legend/title-style": "subgroup" if key.heading else "hidden",
    }
    if key.heading:
        told["legend/title-label"] = key.heading
    if key.lines:
        told["legend/node-order"] = ",".join(map(str, key.lines))
    told |= {f"legend/label-{n}": text for n, text in enumerate(key.labels)}
    return tag(
        "layer-tree-layer",
        {
            "id": key.layer,
            "name": key.heading or key.layer,
            "source": key.source,
            "providerKey": "ogr",
            "checked": "Qt::Checked",
            "expanded": 1,
            "legend_exp": "",
            "legend_split_behavior": 0,
            "patch_size": "-1,-1",
        },
        tag("customproperties", None, map_of(told)),
    )


def _bar(item: Bar, layout: Layout, place: int) -> str:
    more: dict[str, object] = {
        "id": item.name,
        "mapUuid": _key_of_map(layout, item.map),
        "style": "Single Box",
        "unitType": "km",
        "unitLabel": "km",
        "numMapUnitsPerScaleBarUnit": 1,
        "numUnitsPerSegment": item.kilometres,
        "numSegments": 2,
        "numSegmentsLeft": 0,
        "numSubdivisions": 1,
        "subdivisionsHeight": 1.5,
        "segmentSizeMode": int(item.fitted),
        "minBarWidth": 30 if item.fitted else 50,
        "maxBarWidth": 50 if item.fitted else 150,
        "height": item.height,
        "labelBarSpace": 0.9,
        "boxContentSpace": 0,
        "labelVerticalPlacement": 0,
        "labelHorizontalPlacement": 0,
        "alignment": 0,
        "outlineWidth": 0.18,
        "lineJoinStyle": "miter",
        "lineCapStyle": "square",
    }
    number = map_of(
        {
            "decimal_separator": ",",
            "decimals": 6,
            "rounding_type": 0,
            "show_plus": "false",
            "show_thousand_separator": "true",
            "show_trailing_zeros": "false",
            "thousand_separator": "\u202f",
        },
        decimal_separator="QChar",
        decimals="int",
        rounding_type="int",
        show_plus="bool",
        show_thousand_separator="bool",
        show_trailing_zeros="bool",
        thousand_separator="QChar",
    )
    line = symbol_of(Look(kind="line", color=item.color, width=0.18), "")
    return _item(
        _SCALE_BAR,
        layout,
        place,
        item.box,
        more,
        text_style(item.family, item.size, item.color),
        tag("fillColor", {"red": 0, "green": 0, "blue": 0, "alpha": 255}),
        tag("numericFormat", {"id": "basic"}, number),
        tag("lineSymbol", None, line),
        tag("divisionLineSymbol", None, line),
        tag("subdivisionLineSymbol", None, line),
        tag("fillSymbol1", None, symbol_of(Look(color=item.color), "")),
        tag("fillSymbol2", None, symbol_of(Look(color="#ffffff"), "")),
    )
