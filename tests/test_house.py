"""The house keeps its walls: what a module calls private is its own."""

from __future__ import annotations

import ast
from pathlib import Path

import basinmap


def test_no_private_name_is_imported_from_another_module():
    root = Path(basinmap.__file__).parent
    taken = [
        f"{path.relative_to(root)} takes {name.name} from {node.module}"
        for path in sorted(root.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        and (node.level or f"{node.module}.".startswith("basinmap."))
        for name in node.names
        if name.name.startswith("_") and not name.name.startswith("__")
    ]
    assert taken == []


def test_only_the_room_of_values_touches_attributes():
    root = Path(basinmap.__file__).parent
    touched = [
        f"{path.relative_to(root)}, line {node.lineno}"
        for path in sorted(root.rglob("*.py"))
        if path.parent.name != "values"
        and "attrs" in (text := path.read_text(encoding="utf-8"))
        for node in ast.walk(ast.parse(text))
        if (isinstance(node, ast.Attribute) and node.attr == "attrs")
        or (isinstance(node, ast.Constant) and node.value == "attrs")
    ]
    assert touched == []
