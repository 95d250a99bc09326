"""
The rooms of the house, drawn from what the modules import.

`python docs/pages/rooms.py` writes `docs/images/rooms.svg` and `rooms-of-maps.svg`; a
test says when they are not those of the code any more.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

import grimp

ROOT: Final = Path(__file__).resolve().parents[2]
IMAGES: Final = ROOT / "docs" / "images"
PICTURES: Final = {"rooms.svg": "basinmap", "rooms-of-maps.svg": "basinmap.maps"}
"""Each picture, and the package whose rooms it shows."""

_BOX: Final = (118, 30)
_GAP: Final = (22, 34)
_EDGE: Final = 14
_SMALL: Final = 13  # pixels of type


class House(NamedTuple):
    """
    Rooms, storey by storey, and what each takes from the others.

    Attributes
    ----------
    storeys
        Rooms side by side, from the top.
    arrows
        How many modules of a room import one of another.
    """

    storeys: tuple[tuple[str, ...], ...]
    arrows: dict[tuple[str, str], int]


def house_of(package: str, graph: grimp.ImportGraph | None = None) -> House:
    """Return the rooms of a package, as the import contract has them."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (layers,) = (
        contract["layers"]
        for contract in told["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers" and contract["containers"] == [package]
    )
    storeys = tuple(tuple(layer.split(" | ")) for layer in layers)
    graph = graph or grimp.build_graph("basinmap")
    arrows: Counter[tuple[str, str]] = Counter()
    rooms = set(itertools.chain(*storeys))
    for module in graph.modules:
        for other in graph.find_modules_directly_imported_by(module):
            pair = room_of(module, package), room_of(other, package)
            if pair[0] != pair[1] and set(pair) <= rooms:
                arrows[pair] += 1
    return House(storeys, dict(arrows))


def room_of(module: str, package: str) -> str:
    """Return the room of a package that a module is in, or nothing."""
    if not module.startswith(f"{package}."):
        return ""
    return module.removeprefix(f"{package}.").partition(".")[0]


def needed(arrows: dict[tuple[str, str], int]) -> list[tuple[str, str]]:
    """Return the arrows that no way round says already."""
    below: dict[str, set[str]] = {}
    for above, under in arrows:
        below.setdefault(above, set()).add(under)

    def reached(room: str) -> set[str]:
        direct = below.get(room, set())
        return direct.union(*(reached(one) for one in direct)) if direct else set()

    return sorted(
        (above, under)
        for above, under in arrows
        if not any(under in reached(one) for one in below[above] - {under})
    )


def drawn(house: House, title: str) -> str:
    """Return the picture, as SVG."""
    (width, height), (beside, under) = _BOX, _GAP
    widest = max(map(len, house.storeys))
    whole = widest * (width + beside) - beside + 2 * _EDGE
    tall = len(house.storeys) * (height + under) - under + 2 * _EDGE
    at = {}
    for rank, storey in enumerate(house.storeys):
        left = (whole - len(storey) * (width + beside) + beside) / 2
        for place, room in enumerate(storey):
            corner = left + place * (width + beside), _EDGE + rank * (height + under)
            at[room] = corner
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole:g} {tall:g}" '
        f'role="img" font-family="Fira Sans, Segoe UI, sans-serif" '
        f'font-size="{_SMALL}">',
        f"<title>{escape(title)}</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" '
        'markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8z" fill="#5b6270"/></marker></defs>',
        f'<rect width="{whole:g}" height="{tall:g}" fill="#ffffff"/>',
    ]
    lines += [_arrow(at[above], at[below]) for above, below in needed(house.arrows)]
    for room, (x, y) in at.items():
        lines.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width}" height="{height}" rx="4" '
            'fill="#eef2f7" stroke="#1f4e79"/>'
            f'<text x="{x + width / 2:g}" y="{y + height / 2 + 4.5:g}" '
            f'text-anchor="middle" fill="#1c2430">{escape(room)}</text>'
        )
    return "\n".join([*lines, "</svg>"]) + "\n"


def _arrow(above: tuple[float, float], below: tuple[float, float]) -> str:
    x, y = above[0] + _BOX[0] / 2, above[1] + _BOX[1]
    to_x, to_y = below[0] + _BOX[0] / 2, below[1] - 1
    bend = (to_y - y) / 2
    return (
        f'<path d="M{x:g} {y:g}C{x:g} {y + bend:g} {to_x:g} {to_y - bend:g} '
        f'{to_x:g} {to_y:g}" fill="none" stroke="#5b6270" stroke-width="1.1" '
        'marker-end="url(#tip)"/>'
    )


def pictures() -> dict[str, str]:
    """Return each picture by the name of its file."""
    graph = grimp.build_graph("basinmap")
    return {
        name: drawn(house_of(package, graph), f"Rooms of {package}")
        for name, package in PICTURES.items()
    }


def purpose(room: str, package: str = "basinmap") -> str:
    """Return what a room says of itself in its first sentence."""
    base = ROOT.joinpath(*package.split("."), room)
    path = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return inspect.cleandoc(text).partition("\n\n")[0].replace("\n", " ")


def page() -> str:
    """Return the page: the pictures, then every arrow in words."""
    graph = grimp.build_graph("basinmap")
    parts = [
        "# The rooms of the house\n",
        "Drawn from what the modules import: an arrow goes from who takes to who "
        "gives, and those that another way says already are left out. All of them "
        "point down, rooms side by side do not know each other, and `make check` "
        "refuses what does not.\n",
    ]
    for name, package in PICTURES.items():
        house = house_of(package, graph)
        parts.append(f"## {package}\n")
        told = f"Rooms of {package}, from the top storey down"
        parts.append(f'<img src="images/{name}" class="rooms" alt="{told}">\n')
        parts.append("| Room | What it is | Takes from |\n|---|---|---|")
        for room in itertools.chain(*house.storeys):
            taken = sorted(to for of, to in house.arrows if of == room)
            names = ", ".join(f"`{to}`" for to in taken) or "–"
            parts.append(f"| `{room}` | {purpose(room, package)} | {names} |")
        parts.append("")
    return "\n".join(parts)


def write_rooms(folder: Path) -> None:
    """Write the page and its pictures."""
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    for name, text in pictures().items():
        (images / name).write_text(text, encoding="utf-8")
    (folder / "rooms.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    for name, text in pictures().items():
        (IMAGES / name).write_text(text, encoding="utf-8", newline="\n")
        sys.stdout.write(f"docs/images/{name}\n")
