"""Texts of users: headings, paragraphs, lists, strong, links of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from basinmap.errors import DataError
from basinmap.export.parts import Heading, Inline, Paragraph, Part, Run
from basinmap.typography import typeset

__all__ = ["parts_of"]

_HEADING: Final = re.compile(r"(#{1,4}) +(\S.*)")
_ITEM: Final = re.compile(r"[-*] +(\S.*)")
_INLINE: Final = re.compile(
    r"\*\*(?P<strong>[^*]+)\*\*|\[(?P<text>[^\]]+)\]\((?P<target>[^)\s]+)\)"
)
_TARGET: Final = re.compile(r"(https?://|mailto:)\S+")
# What readers of Markdown expect and that no part of a document has.
_STRANGE: Final = (
    (re.compile(r"!\["), "a picture; add it as a plate"),
    (re.compile(r"^\s*(```|~~~)"), "code"),
    (re.compile(r"^\s*\|"), "a table; give it as data"),
    (re.compile(r"^\s*>"), "a quotation"),
    (re.compile(r"</?[a-zA-Z][^>]*>"), "HTML"),
    (re.compile(r"^\s*\d+[.)] "), "a numbered list; write « - »"),
    (re.compile(r"^ {4,}\S"), "an indented block"),
    (re.compile(r"^\s*(\*\*\*|---|___)\s*$"), "a rule"),
    (re.compile(r"`"), "code"),
)


def parts_of(text: str, *, where: str, level: int = 1) -> tuple[Part, ...]:
    """
    Return the parts of a text of the user.

    Parameters
    ----------
    text
        Markdown: headings (`#`), paragraphs, lists (`-`), `**strong**`, links.
    where
        Name of the file or key, for messages.
    level
        Level of the heading that it stands under: `#` is one below.

    Raises
    ------
    DataError
        If it holds anything else of Markdown, with its line, or an address that is no
        web page.

    Examples
    --------
    >>> parts_of("Un **mot**.", where="texte")[0].text
    (Run(text='Un ', ...), Run(text='mot', style='strong', ...), Run(text='.', ...))
    """
    return tuple(_parts(text, where, level))


def _parts(text: str, where: str, level: int) -> Iterator[Part]:
    held: list[str] = []
    start = 1
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        _check(line, where, number)
        heading, item = _HEADING.fullmatch(line.strip()), _ITEM.fullmatch(line.strip())
        if held and (heading or item or not line.strip()):
            yield Paragraph(_runs(" ".join(held), where, start))
            held = []
        if heading:
            deep = min(len(heading.group(1)) + level, 4)
            yield Heading(typeset(heading.group(2)), deep, listed=False)
        elif item:
            yield Paragraph(_runs(item.group(1), where, number), bullet=True)
        elif line.strip():
            start = start if held else number
            held.append(line.strip())


def _check(line: str, where: str, number: int) -> None:
    for pattern, what in _STRANGE:
        if pattern.search(line):
            msg = f"{where}, line {number}: {what} is not taken: {line.strip()[:60]!r}"
            raise DataError(msg)


def _runs(text: str, where: str, number: int) -> Inline:
    found: list[Run] = []
    at = 0
    for match in _INLINE.finditer(text):
        if match.start() > at:
            found.append(Run(typeset(text[at : match.start()])))
        if match["strong"]:
            found.append(Run(typeset(match["strong"]), "strong"))
        elif _TARGET.fullmatch(match["target"]):
            found.append(Run(typeset(match["text"]), "link", match["target"]))
        else:
            msg = (
                f"{where}, line {number}: {match['target']!r} is no address; write "
                "https://…"
            )
            raise DataError(msg)
        at = match.end()
    if at < len(text):
        found.append(Run(typeset(text[at:])))
    return tuple(found)
