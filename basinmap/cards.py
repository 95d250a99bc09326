"""Cards: how a value looks at the end of a cell of a notebook."""

from __future__ import annotations

import html
from collections.abc import Iterable

from basinmap.typography import typeset

__all__ = ["card"]

_SHOWN = 4
"""Sentences that are read without a click."""
_BOX = "border-left:3px solid #27548a;padding:2px 12px;margin:4px 0;max-width:46em"


def card(
    title: str,
    rows: Iterable[tuple[str, str]] = (),
    notes: Iterable[str] = (),
) -> str:
    """
    Return a few lines of HTML, in French, that neither script nor style sheet needs.

    Parameters
    ----------
    title
        What it is.
    rows
        What is said of it, and what that is; those that say nothing are left out.
    notes
        Sentences under them; beyond the first ones they are folded.

    Examples
    --------
    >>> card("Lens", [("Code", "62498"), ("Source", "")]).count("<tr>")
    1
    """
    cells = "".join(
        f"<tr><th scope='row' style='text-align:left'>{_plain(name)}</th>"
        f"<td style='text-align:left'>{_plain(text)}</td></tr>"
        for name, text in rows
        if text
    )
    table = f"<table>{cells}</table>" if cells else ""
    lines = _folded([f"<p style='margin:2px 0'>{_plain(line)}</p>" for line in notes])
    head = f"<p style='margin:2px 0'><strong>{_plain(title)}</strong></p>"
    return f"<div lang='fr' style='{_BOX}'>{head}{table}{lines}</div>"


def _folded(lines: list[str]) -> str:
    """Return the first lines, and the others behind a word to click."""
    if len(lines) <= _SHOWN + 1:
        return "".join(lines)
    first, more = "".join(lines[:_SHOWN]), "".join(lines[_SHOWN:])
    told = f"{len(lines) - _SHOWN} autres lignes"
    return f"{first}<details><summary>{told}</summary>{more}</details>"


def _plain(text: str) -> str:
    return html.escape(typeset(text))
