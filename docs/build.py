"""
Build the site: `python docs/build.py`, or `make docs`.

The pages are laid out in `build/docs`: those written by hand in `docs/`, the notebooks,
and those made from what the library holds (`docs/pages/`). Then Sphinx writes
`build/site`; a warning is a failure. Nothing is taken from the network, then or when
the pages are read.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Final

from sphinx.cmd.build import build_main

DOCS: Final = Path(__file__).resolve().parent
ROOT: Final = DOCS.parent
sys.path.insert(0, str(DOCS))

from pages.cheat_sheet import write_cheat_sheet  # noqa: E402 - found beside this file
from pages.gallery import write_gallery  # noqa: E402 - as above
from pages.numbers import write_numbers  # noqa: E402 - as above
from pages.reference import write_reference  # noqa: E402 - as above
from pages.rooms import write_rooms  # noqa: E402 - as above

KEPT: Final = {".md", ".png", ".svg"}
REPOSITORY: Final = {
    "CHANGELOG.md": "changes.md",
    "data/README.md": "data.md",
    "CONTRIBUTING.md": "contributing.md",
}
"""Pages of the repository that the site shows too."""
MADE: Final = {"index.md"}
"""What no table of contents names."""


def lay_out(folder: Path) -> None:
    """Write all that Sphinx reads."""
    if folder.exists():
        shutil.rmtree(folder)
    for path in sorted(DOCS.rglob("*")):
        within = path.relative_to(DOCS)
        if path.suffix in KEPT and within.parts[0] not in {"static", "pages"}:
            place(path, folder / within, len(within.parts) - 1)
    for name, to in REPOSITORY.items():
        place(ROOT / name, folder / to, 0)
    shutil.copytree(
        ROOT / "notebooks",
        folder / "notebooks",
        ignore=shutil.ignore_patterns(".ipynb_checkpoints"),
    )
    take_in(folder)
    write_reference(folder / "reference")
    write_gallery(folder / "gallery")
    write_cheat_sheet(folder / "aide-memoire.md")
    write_numbers(folder / "nombres.md")
    write_rooms(folder)


def take_in(folder: Path) -> None:
    """List the pages that no table of contents names, that none is lost."""
    texts = {
        path: path.read_text(encoding="utf-8")
        for path in folder.rglob("*.md")
        if path.parent.name != "gallery"
    }
    listed = set()
    for path, text in texts.items():
        for block in re.findall(r"```\{toctree\}\n(.*?)```", text, flags=re.DOTALL):
            for line in block.split():
                found = path.parent.glob(f"{line}.*") if line[0] != ":" else ()
                listed |= {one.resolve() for one in found}
    for section, at in {"how-to": "guide/index.md", ".": "maison.md"}.items():
        lost = [
            os.path.relpath(page.with_suffix(""), (folder / at).parent)
            for page in sorted((folder / section).glob("*.md"))
            if page.resolve() not in listed and page.name not in MADE
        ]
        if lost:
            names = "\n".join(name.replace(os.sep, "/") for name in lost)
            with (folder / at).open("a", encoding="utf-8") as index:
                index.write(f"\n```{{toctree}}\n:maxdepth: 1\n\n{names}\n```\n")


def place(path: Path, to: Path, depth: int) -> None:
    """Copy a page, with links that hold where it goes."""
    to.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix != ".md":
        shutil.copyfile(path, to)
        return
    text = path.read_text(encoding="utf-8")
    # The notebooks stand beside the pages, not beside their folder.
    text = text.replace(
        f"]({'../' * (depth + 1)}notebooks/", f"]({'../' * depth}notebooks/"
    )
    text = re.sub(r"\]\((?:\.\./)*docs/", "](", text)
    to.write_text(text, encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Lay the pages out and build them; with `--check`, read them and write none."""
    parser = argparse.ArgumentParser(description="Build the site.")
    parser.add_argument("out", nargs="?", type=Path, default=ROOT / "build")
    parser.add_argument("--check", action="store_true", help="write no page")
    asked = parser.parse_args(arguments)
    lay_out(asked.out / "docs")
    builder = "dummy" if asked.check else "html"
    told = ["-n", "-W", "--keep-going", "-q", "-b", builder, "-c", str(DOCS)]
    folders = [str(asked.out / "docs"), str(asked.out / "site")]
    return build_main([*told, "-d", str(asked.out / "doctrees"), *folders])


if __name__ == "__main__":
    sys.exit(main())
