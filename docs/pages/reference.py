"""The reference, a page a question, from `basinmap/questions.py` and the docstrings."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Final

import basinmap as bm
from basinmap import errors
from basinmap.questions import QUESTIONS, Question


def write_reference(folder: Path) -> None:
    """Write `reference/`: an index by question, and a page for each."""
    folder.mkdir(parents=True, exist_ok=True)
    for question in QUESTIONS:
        text = page(question)
        (folder / f"{slug(question)}.rst").write_text(text, encoding="utf-8")
    (folder / "index.rst").write_text(contents(), encoding="utf-8")


def slug(question: Question) -> str:
    """Return the name of the file of a question."""
    return question.title.lower().replace(" ", "-")


def contents() -> str:
    """Return the index: each question, what it asks, the names that answer."""
    title = "Reference"
    lines = [title, "=" * len(title), ""]
    lines += [
        f"{sum(len(q.names) for q in QUESTIONS)} names, each under one question; "
        "``help(basinmap)`` shows the same list. Frames in, frames out: the index is "
        "the official code, lengths are metres, options go by keyword.",
        "",
    ]
    for question in QUESTIONS:
        head = f"{question.title} · {question.french}"
        links = ", ".join(f":py:obj:`~basinmap.{name}`" for name in question.names)
        lines += [head, "-" * len(head), "", f"{question.about}", "", links, ""]
    lines += [".. toctree::", "   :hidden:", ""]
    lines += [f"   {slug(question)}" for question in QUESTIONS]
    return "\n".join(lines) + "\n"


def page(question: Question) -> str:
    """Return the page of a question."""
    head = f"{question.title} · {question.french}"
    lines = [head, "=" * len(head), "", question.about, ""]
    lines += [".. list-table::", "   :widths: 30 70", ""]
    for name in question.names:
        lines += [
            f"   * - :py:obj:`~basinmap.{name}`",
            f"     - {summary(name)}",
        ]
    lines.append("")
    for name in question.names:
        lines += [name, "-" * len(name), "", entry(name), ""]
    return "\n".join(lines)


def summary(name: str) -> str:
    """Return the first sentence on a name."""
    value = getattr(bm, name)
    if value is bm.SRU:
        return "Breaks of the law SRU, in per cent of social dwellings."
    if isinstance(value, bm.Place):
        return "The Louvre-Lens: where it stands, since when, and who says so."
    if isinstance(value, bm.Theme):
        return f"A theme: {THEMES[name]}."
    return (inspect.getdoc(value) or "").partition("\n\n")[0].replace("\n", " ")


THEMES: Final = {
    "PRINT": "in colour, for a sheet of A4 or A3",
    "GREY": "in grey, for a photocopier",
    "HALF_COLUMN": "for a figure of half a column in a report",
}


def entry(name: str) -> str:
    """Return the directive that documents a name."""
    value = getattr(bm, name)
    if inspect.ismodule(value):
        told = inspect.getdoc(value) or ""
        lines = [f".. py:module:: basinmap.{name}", "", told.partition("\n\n>>>")[0]]
        for one in value.__all__:
            kind = getattr(value, one)
            if inspect.isclass(kind) and issubclass(kind, BaseException):
                lines.append(f"\n.. autoexception:: basinmap.{name}.{one}")
            elif inspect.isfunction(kind) and value is not errors:
                lines.append(f"\n.. autofunction:: basinmap.{name}.{one}")
        return "\n".join(lines)
    if inspect.isclass(value):
        return f".. autoclass:: basinmap.{name}\n   :members:\n"
    if callable(value):
        return f".. autofunction:: basinmap.{name}\n"
    return f".. py:data:: basinmap.{name}\n\n   {summary(name)}\n"
