"""The gallery on the site: the pictures and scripts of `docs/gallery`, by family."""

from __future__ import annotations

import importlib.util
import shutil
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Final

FOLDER: Final = Path(__file__).resolve().parents[1] / "gallery"


@cache
def builder() -> ModuleType:
    """Return what builds the gallery of the repository."""
    spec = importlib.util.spec_from_file_location("gallery_build", FOLDER / "build.py")
    if spec is None or spec.loader is None:  # pragma: no cover - it is there
        raise FileNotFoundError(FOLDER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write_gallery(folder: Path) -> None:
    """Write the page of the gallery and copy its pictures."""
    build = builder()
    shutil.copytree(build.IMAGES, folder / "images", dirs_exist_ok=True)
    (folder / "README.md").write_text(page(), encoding="utf-8")


def page() -> str:
    """Return the page: a table of the map types, then each figure and its code."""
    build = builder()
    intro = build.page().partition("| Type de carte")[0]
    rows = [
        f"| {kind} | [{build.words(FOLDER / f'{stem}.py')[0]}](#{stem}) |"
        for kind, stem in build.TYPES.items()
    ]
    table = "\n".join(["| Type de carte | Figure |", "|---|---|", *rows])
    parts = [intro, thumbnails(), table, ""]
    for family, heading in build.FAMILIES.items():
        parts.append(f"## {heading}\n")
        found = (s for s in build.scripts() if s.stem.startswith(f"{family}_"))
        parts += [entry(script) for script in found]
    return "\n".join(parts)


def thumbnails() -> str:
    """Return every figure, small, each leading to its own."""
    build = builder()
    lines = ["::::{grid} 2 3 4 5", ":gutter: 2", ":class-container: thumbs whole", ""]
    for script in build.scripts():
        lines += [
            ":::{grid-item-card}",
            f":img-top: images/{script.stem}.png",
            f":link: {script.stem}",
            ":link-type: ref",
            ":shadow: none",
            "",
            build.words(script)[0],
            ":::",
        ]
    return "\n".join([*lines, "::::"]) + "\n"


def entry(script: Path) -> str:
    """Return a figure, its rule, and its code under a fold."""
    build = builder()
    kind, purpose, rule = build.words(script)
    return "\n".join(
        [
            f"({script.stem})=",
            f"### {kind}\n",
            f"**{purpose}** {' '.join(rule.split())}\n",
            f"![{kind}](images/{script.stem}.png)\n",
            ":::{dropdown} Le code qui la dessine",
            f"```python\n{build.code(script)}\n```",
            ":::\n",
        ]
    )
