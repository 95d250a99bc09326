"""
Every message of the library, found in its source: what `test_french.py` asks French of.

A message is what an error or a warning is made with. Its f-string becomes a template,
`no file {1}`; what may stand in a hole (a variable, an argument that a caller passes,
what a function returns) is followed as far as it is written in the library, and is a
template too: nothing English is left in the middle of a French sentence.

Run alone, it prints what has no French yet, as lines for `basinmap/french/*.toml`.
"""

from __future__ import annotations

import ast
import itertools
import json
import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import basinmap
from basinmap.languages import catalogue

ROOT = Path(basinmap.__file__).parent
NOT_OURS = {"NotImplementedError", "AssertionError", "KeyboardInterrupt", "SystemExit"}
MOST = 12  # variants of one message
Shape = tuple  # of texts and of holes: the expressions


@dataclass
class Place:
    """A module, and the function in it, where an expression stands."""

    path: Path
    module: ast.Module
    function: ast.FunctionDef | None = None
    outer: Place | None = None

    def __str__(self):
        return str(self.path.relative_to(ROOT))


@dataclass
class Library:
    """All that is written: functions by name, calls by name."""

    functions: dict = field(default_factory=lambda: defaultdict(list))
    calls: dict = field(default_factory=lambda: defaultdict(list))
    constants: dict = field(default_factory=dict)
    messages: list = field(default_factory=list)
    homes: dict = field(default_factory=dict)


def name_of(node):
    """The last word of what is called."""
    return getattr(node, "attr", getattr(node, "id", ""))


def library(root=ROOT):
    read = Library()
    errors = {
        node.name
        for node in ast.parse((root / "errors.py").read_text("utf-8")).body
        if isinstance(node, ast.ClassDef)
    }
    for path in sorted(root.rglob("*.py")):
        if "toolbox" in path.parts or path.parent.name == "cli":
            continue
        module = ast.parse(path.read_text("utf-8"))
        _walk(read, module, Place(path, module), errors)
    return read


def _walk(read, node, place, errors):
    for child in ast.iter_child_nodes(node):
        inner = place
        read.homes[id(child)] = place
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            around = place if place.function else None
            inner = Place(place.path, place.module, child, around)
            read.functions[child.name].append(inner)
        if isinstance(child, ast.Assign | ast.AnnAssign) and node is place.module:
            targets = child.targets if isinstance(child, ast.Assign) else [child.target]
            for target in targets:
                read.constants[str(place.path), name_of(target)] = child.value
                if name_of(target).isupper():
                    read.constants.setdefault(name_of(target), child.value)
        if isinstance(child, ast.Call):
            read.calls[name_of(child.func)].append((child, place))
            if name_of(child.func) in errors | {"warn"} and child.args:
                read.messages.append((child.args[0], place))
        if isinstance(child, ast.Raise) and isinstance(child.exc, ast.Call):
            name = name_of(child.exc.func)
            if name not in errors | NOT_OURS and child.exc.args and name.islower():
                read.messages.append((child.exc.args[0], place))
        _walk(read, child, inner, errors)


_KNOWN: dict = {}
_ASKED: set = set()


def shapes(node, place, read, deep=0):
    """What an expression may be, as sequences of texts and holes."""
    key = (id(node), deep == 0)
    if key in _KNOWN:
        return _KNOWN[key]
    if deep > 8 or key in _ASKED:
        return [(node,)]
    _ASKED.add(key)
    found = list(dict.fromkeys(_shapes(node, place, read, deep)))
    _ASKED.discard(key)
    _KNOWN[key] = found
    return found


def _shapes(node, place, read, deep):
    if isinstance(node, ast.Constant):
        told = isinstance(node.value, str)
        return [(node.value,)] if told else [()] if node.value is None else [(node,)]
    if isinstance(node, ast.JoinedStr):
        return _joined([_part(v, place, read, deep) for v in node.values])
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        first = shapes(node.left, place, read, deep)
        told = len(first) == 1 and any(isinstance(p, str) for p in first[0])
        first = first if told else _side(node.left, place, read, deep)
        return _joined([first, _side(node.right, place, read, deep)])
    if isinstance(node, ast.IfExp):
        return [
            shape
            for side in (node.body, node.orelse)
            for shape in shapes(side, place, read, deep)
        ]
    if isinstance(node, ast.BoolOp):
        return [s for v in node.values for s in shapes(v, place, read, deep)]
    if isinstance(node, ast.Name):
        return _named(node, place, read, deep)
    if isinstance(node, ast.Call):
        return _called(node, place, read, deep)
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        held = _local(node.value.id, place) or _constant(node.value.id, place, read)
        return _held(held, place, read, deep) or [(node,)]
    return [(node,)]


def _joined(parts):
    return [
        tuple(itertools.chain.from_iterable(one))
        for one in itertools.islice(itertools.product(*parts), MOST)
    ]


def _part(value, place, read, deep):
    """A part of an f-string: what is chosen between two texts is written out."""
    if isinstance(value, ast.Constant):
        return [(value.value,)]
    if value.format_spec is not None or value.conversion != -1:
        return [(value.value,)]
    return _side(value.value, place, read, deep)


def _side(node, place, read, deep):
    if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp):
        return shapes(node, place, read, deep)
    if isinstance(node, ast.Name):
        found = shapes(node, place, read, deep)
        whole = len(found) == 1 and all(isinstance(p, str) for p in found[0])
        first = deep == 0 and node.id in ("msg", "message")
        return found if (whole and node.id.isupper()) or first else [(node,)]
    if isinstance(node, ast.IfExp):
        sides = (node.body, node.orelse)
        if all(isinstance(side, ast.Constant | ast.JoinedStr) for side in sides):
            return shapes(node, place, read, deep)
    return [(node,)]


def _named(node, place, read, deep):
    scope = place.function
    if scope is not None:
        found = []
        for inner in _reaching(node, scope):
            if isinstance(inner, ast.Assign | ast.AnnAssign | ast.NamedExpr):
                targets = getattr(inner, "targets", [getattr(inner, "target", None)])
                for target in targets:
                    found += _assigned(node.id, target, inner.value, place, read, deep)
            elif isinstance(inner, ast.AugAssign):
                found += shapes(inner.value, place, read, deep + 1)
            elif isinstance(inner, ast.For | ast.comprehension):
                target, held = inner.target, inner.iter
                if name_of(target) == node.id and isinstance(
                    held, ast.Tuple | ast.List
                ):
                    for one in held.elts:
                        found += shapes(one, place, read, deep + 1)
        arguments = scope.args
        names = [a.arg for a in arguments.posonlyargs + arguments.args]
        if node.id in [*names, *(a.arg for a in arguments.kwonlyargs)]:
            found += _passed(node.id, names, place, read, deep)
        if found:
            return found
        if place.outer is not None:
            # A function in another uses the names of that one.
            return _named(node, place.outer, read, deep)
    held = _constant(node.id, place, read)
    return shapes(held, place, read, deep + 1) if held is not None else [(node,)]


@cache
def _walked(scope):
    """The nodes of a function that give something a value."""
    kinds = ast.For | ast.comprehension | ast.NamedExpr | ast.Return | ast.Yield
    kinds |= ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Call
    return tuple(node for node in ast.walk(scope) if isinstance(node, kinds))


@cache
def _parents(scope):
    return {
        id(child): (parent, kind)
        for parent in ast.walk(scope)
        for kind, held in ast.iter_fields(parent)
        for child in (held if isinstance(held, list) else [held])
        if isinstance(child, ast.AST)
    }


def _reaching(node, scope):
    """The statements that may give a name its value where it is used."""
    parents = _parents(scope)

    def blocks(one):
        found = []
        while id(one) in parents:
            one, kind = parents[id(one)]
            found.append((id(one), kind))
        return found

    around = set(blocks(node))
    other = {"body": "orelse", "orelse": "body"}
    every, kept = [], []
    for inner in _walked(scope):
        if isinstance(inner, ast.For | ast.comprehension | ast.NamedExpr) or (
            isinstance(inner, ast.AugAssign) and name_of(inner.target) == node.id
        ):
            every.append(inner)
        elif isinstance(inner, ast.Assign | ast.AnnAssign):
            targets = getattr(inner, "targets", [getattr(inner, "target", None)])
            if node.id in [
                name_of(o) for t in targets for o in getattr(t, "elts", [t])
            ]:
                kept.append(inner)
    before = [one for one in kept if one.lineno < node.lineno]
    for one in sorted(before, key=lambda one: -one.lineno):
        outer = blocks(one)[0]
        excluded = any(
            (of, other.get(kind)) in around and (of, kind) not in around
            for of, kind in blocks(one)
        )
        if excluded:
            continue
        every.append(one)
        if outer in around:
            break
    return every


def _assigned(name, target, value, place, read, deep):
    if value is None:
        return []
    if isinstance(target, ast.Name) and target.id == name:
        return shapes(value, place, read, deep + 1)
    pairs = isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple | ast.IfExp)
    if not pairs or name not in [name_of(one) for one in target.elts]:
        return []
    at = [name_of(one) for one in target.elts].index(name)
    sides = [value] if isinstance(value, ast.Tuple) else [value.body, value.orelse]
    return [
        shape
        for side in sides
        if isinstance(side, ast.Tuple) and len(side.elts) > at
        for shape in shapes(side.elts[at], place, read, deep + 1)
    ]


_SEEN = set()


def _passed(name, names, place, read, deep):
    """What callers pass as an argument, and what it is when nothing is passed."""
    scope = place.function
    key = (str(place), scope.name, name)
    if key in _SEEN:
        return []
    _SEEN.add(key)
    try:
        at = names.index(name) if name in names else None
        if at is not None and names[:1] in (["self"], ["cls"]):
            at -= 1
        found = [
            shape
            for default in [*scope.args.defaults, *scope.args.kw_defaults]
            if isinstance(default, ast.Constant)
            and isinstance(default.value, str)
            and " " in default.value
            for shape in [(default.value,)]
        ]
        for call, where in read.calls[scope.name]:
            given = [k.value for k in call.keywords if k.arg == name]
            if at is not None and 0 <= at < len(call.args) and not given:
                given = [call.args[at]]
            for one in given:
                found += shapes(one, where, read, deep + 1)
        return found
    finally:
        _SEEN.discard(key)


def _called(node, place, read, deep):
    name = name_of(node.func)
    if name in ("replace", "strip", "capitalize") and isinstance(
        node.func, ast.Attribute
    ):
        return shapes(node.func.value, place, read, deep + 1)
    if name == "join" and node.args and isinstance(node.func, ast.Attribute):
        return _items(node, place, read, deep)
    if name == "get" and isinstance(node.func, ast.Attribute):
        held = _local(name_of(node.func.value), place)
        held = held or _constant(name_of(node.func.value), place, read)
        found = _held(held, place, read, deep)
        for default in node.args[1:]:
            found += shapes(default, place, read, deep + 1)
        return found or [(node,)]
    if name == "format" and isinstance(node.func, ast.Attribute):
        return [
            tuple(
                part
                for text in shape
                for part in (
                    _formatted(text, node) if isinstance(text, str) else [text]
                )
            )
            for shape in shapes(node.func.value, place, read, deep + 1)
        ]
    if name in ("str", "repr", "say"):
        return [(node,)]
    homes = read.functions.get(name, [])
    homes = [home for home in homes if home.path == place.path] or homes
    found = []
    if len(homes) == 1 or (homes and homes[0].path == place.path):
        for home in homes:
            if ("return", home.function.name) in _SEEN:
                continue
            _SEEN.add(("return", home.function.name))
            for inner in _walked(home.function):
                if isinstance(inner, ast.Return) and inner.value is not None:
                    found += shapes(inner.value, home, read, deep + 1)
            _SEEN.discard(("return", home.function.name))
    return found or [(node,)]


def _formatted(text, node):
    """The parts of a text that `format` fills."""
    texts = re.split(r"\{[^{}]*\}", text)
    return [part for text in texts for part in (text, node)][:-1]


def _items(node, place, read, deep):
    """The members of a list that is joined."""
    return [
        (node,),
        *(
            shape
            for one, where in _members(node.args[0], place, read, deep)
            for shape in shapes(one, where, read, deep + 1)
        ),
    ]


def _members(held, place, read, deep):
    """What is written of a list: where it is made, and where it is added to."""
    if deep > 8 or (id(held), "members") in _ASKED:
        return []
    _ASKED.add((id(held), "members"))
    try:
        return list(_listed(held, place, read, deep))
    finally:
        _ASKED.discard((id(held), "members"))


def _listed(held, place, read, deep):
    parts = []
    if isinstance(held, ast.GeneratorExp | ast.ListComp | ast.SetComp):
        yield held.elt, place
    elif isinstance(held, ast.List | ast.Tuple | ast.Set):
        yield from ((one, place) for one in held.elts)
    elif isinstance(held, ast.IfExp):
        parts = [held.body, held.orelse]
    elif isinstance(held, ast.BinOp):
        parts = [held.left, held.right]
    elif isinstance(held, ast.Starred):
        parts = [held.value]
    elif isinstance(held, ast.Name) and place.function:
        parts = yield from _added(held.id, place)
    elif isinstance(held, ast.Call):
        homes = read.functions.get(name_of(held.func), [])
        homes = [home for home in homes if home.path == place.path] or homes
        if not homes:
            parts = held.args[-1:]
        for home in homes if len(homes) == 1 else ():
            for inner in _walked(home.function):
                if isinstance(inner, ast.Return) and inner.value is not None:
                    yield from _members(inner.value, home, read, deep + 1)
                elif isinstance(inner, ast.Yield) and inner.value is not None:
                    yield inner.value, home
    for part in parts:
        yield from _members(part, place, read, deep + 1)


def _added(name, place):
    """What a function puts in a list of its own: members, and lists that go in it."""
    whole = []
    for inner in _walked(place.function):
        if isinstance(inner, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = getattr(inner, "targets", [getattr(inner, "target", None)])
            if name in map(name_of, targets) and inner.value is not None:
                whole.append(inner.value)
        elif (
            isinstance(inner, ast.Call)
            and isinstance(inner.func, ast.Attribute)
            and name_of(inner.func.value) == name
            and inner.args
        ):
            if inner.func.attr == "append":
                yield inner.args[0], place
            elif inner.func.attr in ("extend", "update"):
                whole.append(inner.args[0])
    return whole


def _local(name, place):
    """A table that a function makes for itself."""
    for inner in _walked(place.function) if place.function else ():
        table = isinstance(inner, ast.Assign) and isinstance(inner.value, ast.Dict)
        if table and name in map(name_of, inner.targets):
            return inner.value
    return None


def _constant(name, place, read):
    return read.constants.get((str(place.path), name), read.constants.get(name))


def _held(held, place, read, deep):
    """The texts that a constant table holds."""
    if isinstance(held, ast.Call) and held.args:
        held = held.args[0]
    if not isinstance(held, ast.Dict):
        return []
    return [
        shape
        for value in held.values
        if isinstance(value, ast.Constant | ast.JoinedStr | ast.BinOp)
        for shape in shapes(value, place, read, deep + 1)
    ]


def template(shape):
    """A shape as a text, `no file {1}`, and its holes."""
    merged, holes = [], []
    for part in shape:
        if isinstance(part, str):
            merged.append(part.replace("{", "{{").replace("}", "}}"))
        else:
            holes.append(part)
            merged.append(f"{{{len(holes)}}}")
    return "".join(merged), holes


_CODE = r"\b\w+(?=\s*=)|\b(?:bm|gpd|pd|np)\.[\w.]+(\(.*?\))?|\w+\(.*?\)|\.\w+"


def is_worded(text):
    """Tell a text that a reader has to understand from a name, a sign, code."""
    bare = re.sub(r"\{\d+\}|'[^']*'|\"[^\"]*\"|`[^`]*`", " ", text)
    bare = re.sub(_CODE, " ", bare)
    return bool(re.search(r"[A-Za-z]{2,}", bare))


def templates(read=None):
    """Every template, and where it stands; those of holes too."""
    read = read or library()
    found: dict[str, tuple[str, bool]] = {}
    for node, place in read.messages:
        _told(node, place, read, found, inside=False)
    return found


_TOLD: set = set()


def _told(node, place, read, found, *, inside, deep=0):
    if (id(node), inside) in _TOLD:
        return
    _TOLD.add((id(node), inside))
    for shape in shapes(node, place, read):
        text, holes = template(shape)
        bare = re.sub(r"\{\d+\}", "", text)
        if is_worded(text) and (not inside or _english(bare)):
            before = found.get(text)
            if before is None or (before[1] and not inside):
                found[text] = (str(place), inside)
        if deep < 3:
            for hole in holes:
                if hole is not node:
                    # A part may come of another function than the message does.
                    where = read.homes.get(id(hole), place)
                    _told(hole, where, read, found, inside=True, deep=deep + 1)


_FRENCH = re.compile(
    r"[éèàêçôîûœÀÉâ]|\b(à|vol|de|des|du|la|le|les|et|aux?|en|sans|qui|par|sur)\b"
    r"|\b[dl]'| [:;] "
    # Labels of plates and of documents, which have no such word.
    r"|\b(avec|soit|atteint|avant|pour|sous|hors|parc|loyer|logements|vacance|terrain)\b"
    r"|\b(couche|bassin|population municipale|rapport|valeurs|tenues|locataires)\b",
    re.IGNORECASE,
)


def is_french(text):
    """Tell a part that is printed in French in both languages: a label, a name."""
    return bool(_FRENCH.search(text))


def _english(text):
    """Tell words from a bare name, a level, a column."""
    return " " in text.strip() or bool(re.search(r"[A-Za-z][,;:]", text.strip()))


def room_of(place):
    """The file of `basinmap/french` where a message of a module stands."""
    return place.split("/")[0] if "/" in place else "base"


def keys_of(path):
    """The messages of one file of the catalogue."""
    return list(tomllib.loads(path.read_text("utf-8"))["messages"])


def lengthened(read):
    """Messages to which something is added, `msg += …`, and what is."""
    for functions in read.functions.values():
        for place in functions:
            for inner in _walked(place.function):
                if not isinstance(inner, ast.AugAssign):
                    continue
                if name_of(inner.target) not in ("msg", "message"):
                    continue
                kept = [
                    one
                    for one in _walked(place.function)
                    if isinstance(one, ast.Assign)
                    and name_of(one.targets[0]) == name_of(inner.target)
                    and one.lineno < inner.lineno
                ]
                for more in whole(inner.value, place, read):
                    for base in whole(kept[-1].value, place, read):
                        yield base, more


_LISTED = ("culprits", "shown", "listed", "str", "repr")  # what was read, quoted


def made(read):
    """Messages without a word of their own, as their parts make them."""
    for node, place in read.messages:
        for shape in shapes(node, place, read):
            text, holes = template(shape)
            if holes and not is_worded(text):
                # What begins by a joint follows another: see `lengthened`.
                joints = (" ", "{1};")
                every = whole(node, place, read)
                yield from (one for one in every if not one.startswith(joints))


def whole(node, place, read):
    """Templates of an expression, with what its calls return written out."""
    for shape in shapes(node, place, read):
        parts = [
            [(part,)]
            if isinstance(part, str) or name_of(getattr(part, "func", part)) in _LISTED
            else shapes(part, read.homes.get(id(part), place), read)
            for part in shape
        ]
        for one in _joined(parts):
            yield template(one)[0]


def sample(text):
    """A message of a template, its holes filled with names."""
    filled = re.sub(r"\{\d+\}", "'x1'", text)
    return filled.replace("{{", "{").replace("}}", "}")


def missing(found):
    """Messages that have no French yet, by the file that wants them."""
    known = catalogue()
    wanted = defaultdict(list)
    for text, (place, inside) in found.items():
        if text not in known and not (inside and is_french(text)):
            wanted[room_of(place)].append((place, text))
    return wanted


def lines(found):
    """What is missing, as lines to be filled in."""
    return [
        line
        for room, texts in sorted(missing(found).items())
        for line in (
            f"basinmap/french/{room}.toml:",
            *(f"{json.dumps(t, ensure_ascii=False)} = '' # {p}" for p, t in texts),
        )
    ]


if __name__ == "__main__":
    print("\n".join(lines(templates())))
