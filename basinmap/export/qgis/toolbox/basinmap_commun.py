"""
What the tools share: find the Python of basinmap, run a command, load what it wrote.

basinmap runs in an environment of its own, as a subprocess: imported inside QGIS, its
libraries and those of QGIS break one another.
"""

import os
import queue
import re
import subprocess
import sys
import threading
from pathlib import Path

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingException,
    QgsProviderRegistry,
    QgsSettings,
    QgsVectorLayer,
)

SETTING = "basinmap/python"
NOTE = Path(__file__).with_name("basinmap_python.txt")
HIDDEN = re.compile(
    r"^(PYTHON\w*|PROJ_LIB|PROJ_DATA|GDAL_\w*|QT_\w*|LD_LIBRARY_PATH|DYLD_\w*|"
    r"VIRTUAL_ENV|__PYVENV_LAUNCHER__|OSGEO4W_ROOT|O4W_QT_\w*)$"
)
"""Variables of QGIS that would lead another Python astray."""
PERCENT = re.compile(r"(\d{1,3})%\|")
STYLES = "layer_styles"


def python():
    """Return the Python in which basinmap is installed."""
    for found in (os.environ.get("BASINMAP_PYTHON"), QgsSettings().value(SETTING)):
        if found:
            return str(found)
    if NOTE.is_file():
        return NOTE.read_text(encoding="utf-8").strip()
    raise QgsProcessingException(
        "basinmap n’est pas réglé : lancez d’abord l’outil « Régler basinmap » et "
        "indiquez le Python où il est installé."
    )


def environment():
    """Return the variables of a process that is not of QGIS."""
    kept = {k: v for k, v in os.environ.items() if not HIDDEN.match(k.upper())}
    if sys.platform == "win32":
        root = os.environ.get("OSGEO4W_ROOT", "").lower()
        own = [
            part
            for part in kept.get("PATH", "").split(os.pathsep)
            if "qgis" not in part.lower()
            and not (root and part.lower().startswith(root))
        ]
        kept["PATH"] = os.pathsep.join(own)
    return {**kept, "BASINMAP_PROGRESS": "1"}


def started(words):
    """Return the process of a command."""
    where = python()
    options = {}
    if sys.platform == "win32":
        options["creationflags"] = subprocess.CREATE_NO_WINDOW
    try:
        return subprocess.Popen(
            [
                where,
                "-I",
                "-X",
                "utf8",
                "-m",
                "basinmap",
                "--lang",
                "fr",
                *map(str, words),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            env=environment(),
            **options,
        )
    except OSError as error:
        raise QgsProcessingException(
            f"Le Python de basinmap ne se lance pas : {where} ({error}). Lancez l’outil "
            "« Régler basinmap »."
        ) from None


def run(words, feedback):
    """Run a command of basinmap; what it says is told as it says it."""
    feedback.pushInfo("basinmap " + " ".join(map(str, words)))
    lines = queue.Queue()
    with started(words) as process:
        reader = threading.Thread(target=_read, args=(process, lines), daemon=True)
        reader.start()
        told = _follow(process, lines, feedback)
    if feedback.isCanceled():
        raise QgsProcessingException("Interrompu ; rien n’a été changé.")
    if process.returncode:
        last = told[-1] if told else f"basinmap s’est arrêté ({process.returncode})"
        raise QgsProcessingException(last.removeprefix("basinmap: "))
    return told


def _read(process, lines):
    for line in process.stdout:  # a bar ends its lines with a carriage return
        lines.put(line.rstrip())
    lines.put(None)


def _follow(process, lines, feedback):
    told = []
    while True:
        if feedback.isCanceled():
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
            return told
        try:
            line = lines.get(timeout=0.2)
        except queue.Empty:
            continue
        if line is None:
            return told
        done = PERCENT.search(line)
        if done:
            feedback.setProgress(int(done.group(1)))
        elif line.strip():
            told.append(line.strip())
            feedback.pushConsoleInfo(line)


def load(file, context, names=None):
    """Ask QGIS to open the layers of a GeoPackage, dressed by their own styles."""
    opened = []
    for one in QgsProviderRegistry.instance().querySublayers(str(file)):
        wanted = one.name() != STYLES if names is None else one.name() in names
        layer = QgsVectorLayer(one.uri(), one.name(), "ogr") if wanted else None
        if layer is None or not layer.isValid() or not layer.isSpatial():
            continue
        title = layer.metadata().title() or one.name()
        layer.setName(title)
        context.temporaryLayerStore().addMapLayer(layer)
        details = QgsProcessingContext.LayerDetails(title, context.project(), title)
        context.addLayerToLoadOnCompletion(layer.id(), details)
        opened.append(layer.id())
    return opened


def option(name, value):
    """Return an option and its value, or nothing where it is empty."""
    text = str(value or "").strip()
    return [name, text] if text else []


def several(name, values):
    """Return an option and all its values, or nothing."""
    found = [str(value) for value in values or [] if str(value).strip()]
    return [name, *found] if found else []
