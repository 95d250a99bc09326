"""
What QGIS makes of what we write, as JSON: run by the Python that QGIS has.

`python3 qgis_probe.py project FILE FOLDER` reads a project and exports its layouts;
`python3 qgis_probe.py package FILE` reads a GeoPackage as QGIS opens it;
`python3 qgis_probe.py style LAYER FILES` dresses a layer with files of style;
`python3 qgis_probe.py tool SCRIPT JSON` runs a tool, stopped when BASINMAP_STOP is set.
"""

import importlib.util
import json
import os
import sys
import threading
from collections import Counter
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.core import (
    QgsApplication,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsFeature,
    QgsLayoutExporter,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLayoutItemPicture,
    QgsLayoutItemScaleBar,
    QgsProcessingAlgorithm,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProject,
    QgsProviderRegistry,
    QgsRenderContext,
    QgsVectorLayer,
)
from qgis.PyQt.QtGui import QFontDatabase

QgsApplication.setPrefixPath(os.environ.get("QGIS_PREFIX_PATH", "/usr"), True)
APP = QgsApplication([], False)
APP.initQgis()


def rules_of(layer):
    """Return the labels and filters of a renderer of rules."""
    renderer = layer.renderer()
    if renderer is None or renderer.type() != "RuleRenderer":
        return []
    return [
        [rule.label(), rule.filterExpression()]
        for rule in renderer.rootRule().children()
    ]


def drawn_as(layer, column, value, state=None, states=None):
    """Return the labels of the rules that draw a value."""
    feature = QgsFeature(layer.fields())
    feature.setAttribute(column, value)
    if states:
        feature.setAttribute(states, state)
    context = QgsRenderContext()
    scope = QgsExpressionContext(
        QgsExpressionContextUtils.globalProjectLayerScopes(layer)
    )
    scope.setFeature(feature)
    scope.setFields(layer.fields())
    context.setExpressionContext(scope)
    return [
        rule.label()
        for rule in layer.renderer().rootRule().children()
        if rule.isFilterOK(feature, context)
    ]


def layer_facts(layer, values):
    """Return what QGIS knows of a layer."""
    fields = layer.fields()
    facts = {
        "name": layer.name(),
        "id": layer.id(),
        "valid": layer.isValid(),
        "count": layer.featureCount(),
        "crs": layer.crs().authid(),
        "renderer": layer.renderer().type() if layer.renderer() else "",
        "rules": rules_of(layer),
        "labels": layer.labelsEnabled(),
        "aliases": {f.name(): layer.attributeAlias(i) for i, f in enumerate(fields)},
        "types": {f.name(): f.typeName() for f in fields},
        "tip": layer.mapTipTemplate(),
        "title": layer.metadata().title(),
        "licences": layer.metadata().licenses(),
        "abstract": layer.metadata().abstract(),
        "source": layer.source(),
    }
    for column, asked in values.items():
        if fields.indexOf(column) >= 0 and facts["rules"]:
            states = column + "_state"
            states = states if fields.indexOf(states) >= 0 else None
            facts["drawn"] = {
                **facts.get("drawn", {}),
                column: [
                    [value, state, drawn_as(layer, column, value, state, states)]
                    for value, state in asked
                ],
            }
    return facts


KINDS = {
    QgsLayoutItemMap: "map",
    QgsLayoutItemLabel: "label",
    QgsLayoutItemLegend: "legend",
    QgsLayoutItemPicture: "picture",
    QgsLayoutItemScaleBar: "bar",
}


def legend_lines(item):
    """Return the lines that a legend shows."""
    model = item.model()
    return [
        node.data(0)
        for layer in model.rootGroup().findLayers()
        for node in model.layerLegendNodes(layer)
    ]


def cut(item):
    """Return the text of a label that its box does not hold."""
    short = len(item.currentText()) < 300
    if short and item.sizeForText().height() > item.rect().height() + 0.5:
        return [item.currentText()]
    return []


def atlas_facts(layout, stem, settings):
    """Turn the pages of an atlas, as the window of layouts does."""
    scales = QgsProject.instance().viewSettings().mapScales()
    layout.renderContext().setPredefinedScales(scales)
    atlas, exporter = layout.atlas(), QgsLayoutExporter(layout)
    atlas.updateFeatures()
    atlas.beginRender()
    main = next(
        item
        for item in layout.items()
        if isinstance(item, QgsLayoutItemMap) and item.id() == "carte"
    )
    pages = []
    for place in range(atlas.count()):
        atlas.seekTo(place)
        texts = [
            i.currentText()
            for i in layout.items()
            if type(i) in KINDS and KINDS[type(i)] == "label"
        ]
        pages.append([atlas.nameForPage(place), main.scale(), texts])
        if place < 1:
            exporter.exportToImage(f"{stem}.png", settings)
    atlas.endRender()
    return pages


def layout_facts(layout, folder):
    """Return what is on a page, and export it."""
    named = [(KINDS[type(i)], i) for i in layout.items() if type(i) in KINDS]
    stem = Path(folder) / "".join(c if c.isalnum() else "_" for c in layout.name())
    facts = {
        "name": layout.name(),
        "png": f"{stem}.png",
        "items": dict(Counter(kind for kind, _ in named)),
        "maps": [
            [i.id(), i.scale(), i.followVisibilityPresetName()]
            for kind, i in named
            if kind == "map"
        ],
        "legends": [legend_lines(i) for kind, i in named if kind == "legend"],
        "cut": [text for kind, i in named if kind == "label" for text in cut(i)],
        "size": [
            layout.pageCollection().page(0).rect().width(),
            layout.pageCollection().page(0).rect().height(),
        ],
    }
    settings = QgsLayoutExporter.ImageExportSettings()
    settings.dpi = 110
    if layout.atlas().enabled():
        return {**facts, "pages": atlas_facts(layout, stem, settings)}
    exporter, done = QgsLayoutExporter(layout), QgsLayoutExporter.Success
    pdf = QgsLayoutExporter.PdfExportSettings()
    pdf.textRenderFormat = QgsRenderContext.TextFormatAlwaysText
    return {
        **facts,
        "pdf": exporter.exportToPdf(f"{stem}.pdf", pdf) == done,
        "image": exporter.exportToImage(facts["png"], settings) == done,
    }


def project_facts(file, folder, values):
    """Return what QGIS knows of a project, its layouts exported."""
    if os.environ.get("BASINMAP_FONTS", "1") == "1":
        for font in sorted((Path(file).parent / "polices").glob("*.ttf")):
            QFontDatabase.addApplicationFont(str(font))
    project = QgsProject.instance()
    read = project.read(file)
    groups = project.layerTreeRoot().findGroups(True)
    Path(folder).mkdir(parents=True, exist_ok=True)
    return {
        "read": read,
        "error": project.error(),
        "title": project.title(),
        "crs": project.crs().authid(),
        "exclusive": [g.name() for g in groups if g.isMutuallyExclusive()],
        "groups": [[g.name(), g.itemVisibilityChecked()] for g in groups],
        "themes": project.mapThemeCollection().mapThemes(),
        "layers": [
            layer_facts(layer, values) for layer in project.mapLayers().values()
        ],
        "layouts": [
            layout_facts(layout, folder)
            for layout in project.layoutManager().printLayouts()
        ],
    }


def package_facts(file, values):
    """Return what QGIS knows of each layer of a GeoPackage."""
    metadata = QgsProviderRegistry.instance().providerMetadata("ogr")
    found = {}
    for one in metadata.querySublayers(file):
        layer = QgsVectorLayer(one.uri(), one.name(), "ogr")
        layer.setName(one.name())
        if one.name() != "layer_styles":
            facts = layer_facts(layer, values)
            facts["styles"] = layer.listStylesInDatabase()[2][
                : layer.listStylesInDatabase()[0]
            ]
            found[one.name()] = facts
    return found


def style_facts(file, styles, values):
    """Dress a layer with each file of style, QML or SLD."""
    found = {}
    for path in styles:
        layer = QgsVectorLayer(file, "couche", "ogr")
        load = layer.loadSldStyle if path.endswith(".sld") else layer.loadNamedStyle
        message, done = load(path)
        facts = layer_facts(layer, values)
        found[Path(path).name] = {"done": done, "message": message, **facts}
    return found


class Feedback(QgsProcessingFeedback):
    """Keep what a tool says; ask it to stop if so told."""

    def __init__(self):
        super().__init__(False)
        self.said, self.steps = [], []
        self.progressChanged.connect(self.steps.append)
        if os.environ.get("BASINMAP_STOP"):
            threading.Timer(1.5, self.cancel).start()

    def pushConsoleInfo(self, info):  # noqa: N802 - that of QGIS
        """Keep a line."""
        self.said.append(info)


def tool_facts(script, parameters):
    """Run the tool of a script, as Processing does."""
    spec = importlib.util.spec_from_file_location("outil", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made = next(
        one()
        for name, one in vars(module).items()
        if isinstance(one, type)
        and issubclass(one, QgsProcessingAlgorithm)
        and one is not QgsProcessingAlgorithm
    )
    made.initAlgorithm({})
    feedback, context = Feedback(), QgsProcessingContext()
    context.setProject(QgsProject.instance())
    results, done = made.run(parameters, context, feedback, {}, True)
    loaded = [
        context.temporaryLayerStore().mapLayer(key)
        for key in context.layersToLoadOnCompletion()
    ]
    return {
        "done": done,
        "results": results,
        "said": feedback.said,
        "steps": feedback.steps,
        "error": feedback.textLog(),
        "loaded": [layer_facts(layer, {}) for layer in loaded],
    }


if __name__ == "__main__":
    what, file, *rest = sys.argv[1:]
    asked = json.loads(os.environ.get("BASINMAP_VALUES", "{}"))
    if what == "package":
        told = package_facts(file, asked)
    elif what == "style":
        told = style_facts(file, rest, asked)
    elif what == "tool":
        told = tool_facts(file, json.loads(rest[0]))
    else:
        told = project_facts(file, rest[0], asked)
    print("BASINMAP" + json.dumps(told, ensure_ascii=False, default=str))
