"""
Draw `images/planche-et-qgis.png`: a plate, and the layout of QGIS that it becomes.

`python docs/plate_and_qgis.py` draws a plate, writes it as a project of QGIS, has the
Python of QGIS (`QGIS_PYTHON`, by default /usr/bin/python3) export the layout, and sets
both pictures side by side: what is left of the plate is ours, on the right QGIS's.
"""

from __future__ import annotations

import datetime as dt
import io
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

WIDTH: Final = 1600
RULE: Final = 8
DPI: Final = 150
PICTURE: Final = Path(__file__).with_name("images") / "planche-et-qgis.png"


def export(project: str, picture: str) -> None:
    """Export the first layout of a project: run by the Python of QGIS."""
    from qgis.core import QgsApplication, QgsLayoutExporter, QgsProject
    from qgis.PyQt.QtGui import QFontDatabase

    app = QgsApplication([], False)  # noqa: FBT003 - the only way it is called
    app.initQgis()
    for face in sorted((Path(project).parent / "polices").glob("*.ttf")):
        QFontDatabase.addApplicationFont(str(face))
    opened = QgsProject.instance()
    if not opened.read(project):
        raise SystemExit(opened.error())
    settings = QgsLayoutExporter.ImageExportSettings()
    settings.dpi = DPI
    layout = opened.layoutManager().printLayouts()[0]
    done = QgsLayoutExporter(layout).exportToImage(picture, settings)
    if done != QgsLayoutExporter.Success:
        msg = f"{picture}: QGIS could not export it"
        raise SystemExit(msg)


def draw(folder: Path) -> tuple[Path, bytes]:
    """Draw the plate; return its project and its picture."""
    import basinmap as bm

    lens, table = bm.communes(epci="call"), bm.statistics()
    rate = bm.compute("L04", table.loc[lens.index])
    fig, ax = bm.page(
        lens,
        title="Taux de vacance des logements en 2021 – CA de Lens-Liévin",
        subtitle="Part des logements vacants dans l'ensemble des logements",
    )
    bm.draw_neighbours(ax, bm.epcis())
    bm.draw_choropleth(ax, lens, bm.classify(rate, firm=True))
    limits = bm.epcis(epci="call")
    bm.draw_outlines(ax, limits, label="limite de l'EPCI", width=1.1)
    bm.draw_comparison(ax, bm.compare("L04", table, "call"))
    bm.draw_labels(ax, lens, strong=3)
    bm.draw_legend(ax)
    day = dt.date(2026, 11, 30)
    bm.draw_furniture(ax, author="Mission Bassin Minier", date=day)
    picture = io.BytesIO()
    fig.savefig(picture, format="png", dpi=DPI)
    path = bm.write_qgis_project(
        folder / "vacance.qgz", {"vacance": fig}, {"communes": lens.assign(L04=rate)}
    )
    return path, picture.getvalue()


def main() -> None:
    """Write the picture."""
    from PIL import Image

    with TemporaryDirectory() as name:
        folder = Path(name)
        project, ours = draw(folder)
        theirs = folder / "qgis.png"
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        subprocess.run(  # noqa: S603 - ourselves, by the Python of QGIS
            [
                os.environ.get("QGIS_PYTHON", "/usr/bin/python3"),
                __file__,
                "export",
                str(project),
                str(theirs),
            ],
            check=True,
            env={"QT_QPA_PLATFORM": "offscreen", **kept},
        )
        sides = [Image.open(io.BytesIO(ours)), Image.open(theirs)]
        width = (WIDTH - RULE) // 2
        height = round(width * sides[0].height / sides[0].width)
        both = Image.new("RGB", (WIDTH, height), "#7a7a7a")
        for place, side in enumerate(sides):
            small = side.convert("RGB").resize(
                (width, height), Image.Resampling.LANCZOS
            )
            both.paste(small, (place * (width + RULE), 0))
    both.quantize(128, Image.Quantize.MAXCOVERAGE, kmeans=3).save(
        PICTURE, optimize=True
    )
    print(f"{PICTURE.name}: {PICTURE.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    if sys.argv[1:2] == ["export"]:
        export(*sys.argv[2:4])
    else:
        main()
