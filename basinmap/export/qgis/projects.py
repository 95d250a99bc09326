"""Projects of QGIS: layers, groups, map themes and layouts in one `.qgz`."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from basinmap.export.descriptions import Description
from basinmap.export.metadata import About, record_body_of
from basinmap.export.qgis.layouts import Layout, layout_of
from basinmap.export.qgis.marks import figure_of, identity, tag, words
from basinmap.export.qgis.references import crs_element
from basinmap.export.qgis.styles import DOCTYPE, VERSION, Style, body_of

__all__ = ["SCALES", "Group", "Layer", "Project", "Seen", "qgz_bytes"]

SCALES: Final = (
    *(5_000, 7_500, 10_000, 12_500, 15_000, 20_000, 25_000, 30_000, 40_000, 50_000),
    *(60_000, 75_000, 80_000, 100_000, 125_000, 150_000, 200_000, 250_000, 300_000),
    *(400_000, 500_000, 750_000, 1_000_000),
)
"""Round scales, among which the atlas and whoever zooms choose."""
_SHAPES: Final[Mapping[str, tuple[str, str]]] = {
    "fill": ("Polygon", "MultiPolygon"),
    "line": ("Line", "MultiLineString"),
    "marker": ("Point", "Point"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """
    A layer of a project.

    Attributes
    ----------
    slug
        What tells it from the others.
    title
        French, as it stands in the panel.
    file, table
        The GeoPackage, beside the project, and its table.
    subset
        Condition on its rows, in the words of SQL; all by default.
    style
        How it is drawn.
    columns
        What its columns are.
    about
        For its properties.
    """

    slug: str
    title: str
    file: str
    table: str
    style: Style
    about: About
    subset: str = ""
    columns: tuple[Description, ...] = ()

    @property
    def key(self) -> str:
        """Identity: QGIS drops those of ten signs or fewer."""
        return f"basinmap_{self.slug}_" + identity("layer", self.slug)[1:-1]

    @property
    def source(self) -> str:
        """Where QGIS finds it, from the folder of the project."""
        told = f"./{self.file}|layername={self.table}"
        return f"{told}|subset={self.subset}" if self.subset else told


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """
    A group of the panel of layers.

    Attributes
    ----------
    name
        French; none of the panel itself.
    members
        Layers and groups, the highest first.
    exclusive
        Whether one of its members at a time is shown.
    shown
        Whether it is shown when the project opens.
    open
        Whether its members are seen in the panel.
    """

    name: str
    members: tuple[Layer | Group, ...]
    exclusive: bool = False
    shown: bool = True
    open: bool = True

    def layers(self) -> Iterator[Layer]:
        """All layers, the highest first."""
        for member in self.members:
            if isinstance(member, Group):
                yield from member.layers()
            else:
                yield member


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """
    What a map theme shows.

    Attributes
    ----------
    groups
        Each by the path of its names.
    without
        Titles of layers of these that it does not show.
    """

    groups: tuple[str, ...]
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """
    A project.

    Attributes
    ----------
    title, author, date
        French; of making.
    tree
        The panel of layers.
    themes
        Name to what it shows.
    layouts
        Pages to print.
    extent
        What is seen first, in metres.
    crs
        Of the map.
    """

    title: str
    author: str
    date: dt.date
    tree: Group
    themes: Mapping[str, Seen]
    layouts: Sequence[Layout]
    extent: tuple[float, float, float, float]
    crs: str = "EPSG:2154"


def qgz_bytes(project: Project, name: str) -> bytes:
    """
    Return a project, zipped; the same content gives the same bytes.

    Parameters
    ----------
    project
        What it holds.
    name
        Of the project inside, without suffix.
    """
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        info = zipfile.ZipInfo(f"{name}.qgs", (2000, 1, 1, 0, 0, 0))
        info.compress_type = zipfile.ZIP_DEFLATED
        info.create_system = 3
        info.external_attr = 0o644 << 16
        archive.writestr(info, qgs_text(project))
    return held.getvalue()


def qgs_text(project: Project) -> str:
    """
    Return the text of a project.

    Parameters
    ----------
    project
        What it holds.
    """
    layers = list(project.tree.layers())
    crs = crs_element(project.crs)
    order = [tag("item", None, layer.key) for layer in layers]
    tree = tag(
        "layer-tree-group",
        None,
        tag("customproperties", None, tag("Option")),
        *_members(project.tree),
        tag("custom-order", {"enabled": 0}, *order),
    )
    canvas = tag(
        "mapcanvas",
        {"name": "theMapCanvas", "annotationsVisible": 1},
        tag("units", None, "meters"),
        _extent(project.extent),
        tag("rotation", None, "0"),
        tag("destinationsrs", None, crs),
        tag("rendermaptile", None, "0"),
    )
    shown = [tag("layer", {"id": layer.key}) for layer in layers]
    inside = (
        tag("homePath", {"path": ""}),
        tag("title", None, words(project.title)),
        tag("autotransaction", {"active": 0}),
        tag("evaluateDefaultValues", {"active": 0}),
        tag("trust", {"active": 0}),
        tag("projectCrs", None, crs),
        tree,
        tag("relations"),
        canvas,
        tag("projectModels"),
        tag("mapViewDocks"),
        tag("projectlayers", None, *(_layer(layer, crs) for layer in layers)),
        tag("layerorder", None, *shown),
        _properties(),
        tag("visibility-presets", None, *_themes(project)),
        tag("transformContext"),
        _metadata(project),
        tag("Annotations"),
        tag("Layouts", None, *map(layout_of, project.layouts)),
        tag("Bookmarks"),
        _views(),
    )
    told = {"version": VERSION, "projectname": project.title}
    return DOCTYPE + tag("qgis", told, *inside) + "\n"


def _extent(extent: Sequence[float]) -> str:
    names = ("xmin", "ymin", "xmax", "ymax")
    return tag(
        "extent",
        None,
        *(
            tag(name, None, figure_of(side))
            for name, side in zip(names, extent, strict=True)
        ),
    )


def _checked(*, shown: bool) -> str:
    return "Qt::Checked" if shown else "Qt::Unchecked"


def _members(group: Group) -> list[str]:
    found = []
    for member in group.members:
        if isinstance(member, Group):
            told: dict[str, object] = {
                "name": member.name,
                "checked": _checked(shown=member.shown),
                "expanded": member.open,
            }
            if member.exclusive:
                first = [
                    place
                    for place, one in enumerate(member.members)
                    if isinstance(one, Group) and one.shown
                ]
                told["mutually-exclusive"] = 1
                told["mutually-exclusive-child"] = first[0] if first else -1
            options = tag("customproperties", None, tag("Option"))
            found.append(tag("layer-tree-group", told, options, *_members(member)))
        else:
            found.append(_leaf(member))
    return found


def _leaf(layer: Layer) -> str:
    told = {
        "id": layer.key,
        "name": layer.title,
        "source": layer.source,
        "providerKey": "ogr",
        "checked": _checked(shown=True),
        "expanded": bool(len(layer.style.rules) > 1),
        "legend_exp": "",
        "legend_split_behavior": 0,
        "patch_size": "-1,-1",
    }
    options = tag("customproperties", None, tag("Option"))
    return tag("layer-tree-layer", told, options)


def _layer(layer: Layer, crs: str) -> str:
    shape, stored = _SHAPES[layer.style.kind]
    told = {
        "type": "vector",
        "geometry": shape,
        "wkbType": stored,
        "labelsEnabled": layer.style.names is not None,
        "styleCategories": "AllStyleCategories",
        "hasScaleBasedVisibilityFlag": 0,
        "minScale": 100000000,
        "maxScale": 0,
        "simplifyDrawingHints": 0 if shape == "Point" else 1,
        "simplifyDrawingTol": 1,
        "simplifyMaxScale": 1,
        "simplifyLocal": 1,
        "simplifyAlgorithm": 0,
        "symbologyReferenceScale": -1,
        "readOnly": 0,
    }
    return tag(
        "maplayer",
        told,
        tag("id", None, layer.key),
        tag("datasource", None, words(layer.source)),
        tag("keywordList", None, tag("value")),
        tag("layername", None, words(layer.title)),
        tag("srs", None, crs),
        tag("resourceMetadata", None, *record_body_of(layer.about, crs)),
        tag("provider", {"encoding": "UTF-8"}, "ogr"),
        tag("vectorjoins"),
        tag("layerDependencies"),
        tag("dataDependencies"),
        tag("expressionfields"),
        tag(
            "map-layer-style-manager",
            {"current": "défaut"},
            tag("map-layer-style", {"name": "défaut"}),
        ),
        tag("auxiliaryLayer"),
        *body_of(layer.style, layer.columns),
        tag("blendMode", None, "0"),
        tag("featureBlendMode", None, "0"),
        tag("layerOpacity", None, "1"),
    )


def _themes(project: Project) -> Iterator[str]:
    """Return what each theme shows: the layers of its groups, and these groups."""
    groups = dict(_paths(project.tree, ""))
    for name, seen in project.themes.items():
        shown = seen.groups
        drawn = [
            layer
            for path in shown
            for layer in groups[path].members
            if isinstance(layer, Layer) and layer.title not in seen.without
        ]
        checked = set(shown)
        checked |= {"/".join(path.split("/")[:-1]) for path in shown} - {""}
        yield tag(
            "visibility-preset",
            {"name": name, "has-expanded-info": 0, "has-checked-group-info": 1},
            *(
                tag("layer", {"id": one.key, "style": "défaut", "visible": 1})
                for one in drawn
            ),
            tag(
                "checked-group-nodes",
                None,
                *(tag("checked-group-node", {"id": path}) for path in sorted(checked)),
            ),
        )


def _paths(group: Group, above: str) -> Iterator[tuple[str, Group]]:
    for member in group.members:
        if isinstance(member, Group):
            path = f"{above}/{member.name}" if above else member.name
            yield path, member
            yield from _paths(member, path)


def _properties() -> str:
    def held(name: str, kind: str, value: str) -> str:
        return tag(name, {"type": kind}, value)

    return tag(
        "properties",
        None,
        tag("Gui", None, *_white()),
        tag(
            "Measurement",
            None,
            held("AreaUnits", "QString", "km2"),
            held("DistanceUnits", "QString", "meters"),
        ),
        tag("Measure", None, held("Ellipsoid", "QString", "EPSG:7019")),
        tag(
            "PAL",
            None,
            # Texts of a PDF stay texts: they are found, and read aloud.
            held("TextFormat", "int", "1"),
            held("PlacementEngineVersion", "int", "1"),
            held("ShowingPartialsLabels", "bool", "true"),
        ),
        tag("Paths", None, held("Absolute", "bool", "false")),
        tag(
            "PositionPrecision",
            None,
            held("Automatic", "bool", "true"),
            held("DecimalPlaces", "int", "2"),
        ),
        tag("SpatialRefSys", None, held("ProjectionsEnabled", "int", "1")),
    )


def _white() -> list[str]:
    return [
        tag(f"CanvasColor{part}Part", {"type": "int"}, "255")
        for part in ("Red", "Green", "Blue")
    ]


def _metadata(project: Project) -> str:
    def plain(name: str, text: str = "") -> str:
        return tag(name, None, words(text))

    moment = f"{project.date.isoformat()}T00:00:00"
    return tag(
        "projectMetadata",
        None,
        plain("identifier"),
        plain("parentidentifier"),
        plain("language", "FRE"),
        plain("type", "dataset"),
        plain("title", project.title),
        plain("abstract"),
        tag("links"),
        plain("author", project.author),
        plain("creation", moment),
    )


def _views() -> str:
    scales = [tag("Scale", {"Value": scale}) for scale in SCALES]
    return tag(
        "ProjectViewSettings",
        {"UseProjectScales": 1, "rotation": 0},
        tag("Scales", None, *scales),
    )
