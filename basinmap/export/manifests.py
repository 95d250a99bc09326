"""Manifest: each output with its hash, the sources, the versions."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Mapping
from pathlib import Path

from basinmap.moves import MANIFEST, files_in

__all__ = ["versions", "write_manifest"]

_LIBRARIES = (
    "basinmap",
    "geopandas",
    "shapely",
    "pyogrio",
    "pandas",
    "matplotlib",
    "pypdf",
)


def versions() -> dict[str, str]:
    """Return the versions that a result depends on."""
    found = {name: importlib.metadata.version(name) for name in _LIBRARIES}
    return {"python": platform.python_version(), **found}


def write_manifest(folder: Path, about: Mapping[str, object]) -> Path:
    """
    Write `manifest.json`, the list of the files of a folder.

    Parameters
    ----------
    folder
        Where the outputs are.
    about
        What else to say: title, territory, date, sources.
    """
    outputs = {
        name: {
            "bytes": (folder / name).stat().st_size,
            "sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest(),
        }
        for name in files_in(folder)
        if name != MANIFEST
    }
    content = {**about, "versions": versions(), "outputs": outputs}
    path = folder / MANIFEST
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=False)
    path.write_text(text + "\n", encoding="utf-8")
    return path
