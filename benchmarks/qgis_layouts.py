"""
The page and the atlas of `maps.py` made by QGIS: run by it, with QGIS's own Python.

On Debian or Ubuntu: `apt-get install --no-install-recommends qgis python3-qgis
qgis-providers`. Arguments: the GeoPackage that `maps.py` wrote, the folder of the
outputs, what to make (`page`, `atlas`, or `start`: nothing). Prints seconds as JSON.
"""

import json
import sys
import time
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsFillSymbol,
    QgsGraduatedSymbolRenderer,
    QgsLayoutExporter,
    QgsLayoutItemLabel,
    QgsLayoutItemLegend,
    QgsLayoutItemMap,
    QgsLayoutItemPicture,
    QgsLayoutItemScaleBar,
    QgsLayoutPoint,
    QgsLayoutSize,
    QgsPalLayerSettings,
    QgsPrintLayout,
    QgsProject,
    QgsRenderContext,
    QgsRendererRange,
    QgsRuleBasedRenderer,
    QgsSingleSymbolRenderer,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsUnitTypes,
    QgsVectorLayer,
    QgsVectorLayerSimpleLabeling,
)
from qgis.PyQt.QtGui import QFont

MM = QgsUnitTypes.LayoutMillimeters


def layer(package, name):
    found = QgsVectorLayer(f"{package}|layername={name}", name, "ogr")
    if not found.isValid():
        sys.exit(f"{package}: no layer {name}")
    QgsProject.instance().addMapLayer(found)
    return found


def classed(communes, breaks, colors):
    ranges = []
    for low, high, color in zip(breaks[:-1], breaks[1:], colors, strict=True):
        symbol = QgsFillSymbol.createSimple(
            {"color": color, "outline_color": "white", "outline_width": "0.16"}
        )
        ranges.append(QgsRendererRange(low, high - 1e-9, symbol, f"{low} - {high}"))
    communes.setRenderer(QgsGraduatedSymbolRenderer("rate", ranges))


def labelled(communes):
    words = QgsTextFormat()
    words.setFont(QFont("Fira Sans Condensed"))
    words.setSize(6.6)
    halo = QgsTextBufferSettings()
    halo.setEnabled(True)
    halo.setSize(0.6)
    words.setBuffer(halo)
    settings = QgsPalLayerSettings()
    settings.fieldName = "name"
    settings.setFormat(words)
    communes.setLabeling(QgsVectorLayerSimpleLabeling(settings))
    communes.setLabelsEnabled(True)


def outlined(found, width):
    symbol = QgsFillSymbol.createSimple(
        {"style": "no", "outline_color": "#1f2430", "outline_width": str(width)}
    )
    found.setRenderer(QgsSingleSymbolRenderer(symbol))


def add(layout, item, x, y, width, height):
    layout.addLayoutItem(item)
    item.attemptMove(QgsLayoutPoint(x, y, MM))
    item.attemptResize(QgsLayoutSize(width, height, MM))
    return item


def mapped(layout, layers, extent, *place):
    found = QgsLayoutItemMap(layout)
    found.setRect(0, 0, 10, 10)  # an extent needs a size, and then changes it
    found.setLayers(layers)
    found.setExtent(extent)
    return add(layout, found, *place)


def text(layout, words, x, y, width, height, size):
    label = QgsLayoutItemLabel(layout)
    label.setText(words)
    label.setFont(QFont("Fira Sans", size))
    return add(layout, label, x, y, width, height)


def laid_out(main, title):
    """A4 landscape: map, legend, scale bar, north, title, credits."""
    layout = QgsPrintLayout(QgsProject.instance())
    layout.initializeDefaults()
    frame = mapped(layout, main, main[-1].extent(), 10, 25, 212, 156)
    frame.setFrameEnabled(True)
    text(layout, title, 10, 8, 270, 10, 16)
    text(
        layout,
        "Sources : Insee, IGN. Réalisation : Mission Bassin Minier.",
        10,
        190,
        200,
        12,
        6,
    )
    legend = QgsLayoutItemLegend(layout)
    legend.setLinkedMap(frame)
    add(layout, legend, 226, 25, 60, 80)
    bar = QgsLayoutItemScaleBar(layout)
    bar.setLinkedMap(frame)
    bar.setUnits(QgsUnitTypes.DistanceKilometers)
    bar.setUnitsPerSegment(2)
    add(layout, bar, 226, 172, 40, 10)
    north = QgsLayoutItemPicture(layout)
    north.setLinkedMap(frame)
    add(layout, north, 275, 165, 8, 14)
    return layout, frame


def succeeded(result):
    if result != QgsLayoutExporter.Success:
        sys.exit(f"QGIS could not export: {result}")


def settings_of_pdf():
    found = QgsLayoutExporter.PdfExportSettings()
    found.forceVectorOutput = True
    found.textRenderFormat = QgsRenderContext.TextFormatAlwaysText
    return found


def page(folder, communes, layers):
    layout, frame = laid_out(layers, "Taux de vacance des logements en 2021")
    frame.zoomToExtent(communes.extent())
    exporter = QgsLayoutExporter(layout)
    image = QgsLayoutExporter.ImageExportSettings()
    image.dpi = 300
    pdf, times = settings_of_pdf(), {}
    for name, write in (
        ("pdf", lambda: exporter.exportToPdf(f"{folder}/qgis.pdf", pdf)),
        ("png", lambda: exporter.exportToImage(f"{folder}/qgis.png", image)),
    ):
        write()
        start = time.perf_counter()
        succeeded(write())
        times[name] = time.perf_counter() - start
    return times


def atlas(folder, basin, epcis, layers):
    title = 'Taux de vacance des logements en 2021 – [% "name" %]'
    layout, frame = laid_out([basin, *layers], title)
    locator = mapped(layout, [epcis], basin.extent(), 226, 130, 34, 26)
    locator.overview().setLinkedMap(frame)
    pages = layout.atlas()
    pages.setCoverageLayer(basin)
    pages.setEnabled(True)
    frame.setAtlasDriven(True)
    frame.setAtlasScalingMode(QgsLayoutItemMap.Auto)
    frame.setAtlasMargin(1.0)
    start = time.perf_counter()
    path = f"{folder}/qgis-atlas.pdf"
    succeeded(QgsLayoutExporter.exportToPdf(pages, path, settings_of_pdf())[0])
    return {"atlas": time.perf_counter() - start, "pages": pages.count()}


def framed(basin):
    """Draw strong the commune of the page, and no other."""
    symbol = QgsFillSymbol.createSimple(
        {"style": "no", "outline_color": "#1f2430", "outline_width": "0.7"}
    )
    rules = QgsRuleBasedRenderer.Rule(None)
    one = QgsRuleBasedRenderer.Rule(symbol, filterExp="$id = @atlas_featureid")
    rules.appendChild(one)
    basin.setRenderer(QgsRuleBasedRenderer(rules))


def main(package, folder, what):
    QgsApplication.setPrefixPath("/usr", True)  # noqa: FBT003 - of QGIS
    app = QgsApplication([], True)  # noqa: FBT003 - of QGIS
    app.initQgis()
    project = QgsProject.instance()
    project.setCrs(QgsCoordinateReferenceSystem("EPSG:2154"))
    about = json.loads(Path(package).with_suffix(".json").read_text())
    communes, epcis = layer(package, "communes"), layer(package, "epcis")
    classed(communes, about["breaks"], about["colors"])
    outlined(epcis, 0.3)
    if what == "start":
        times = {}
    elif what == "page":
        times = page(folder, communes, [epcis, communes])
    else:
        labelled(communes)
        basin = layer(package, "basin")
        framed(basin)
        times = atlas(folder, basin, epcis, [epcis, communes])
    print(json.dumps(times))
    app.exitQgis()


if __name__ == "__main__":
    main(*sys.argv[1:4])
