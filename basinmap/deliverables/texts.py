"""Texts of the user in the place of those that follow the numbers, by their key."""

from __future__ import annotations

import dataclasses as dc
import difflib
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from basinmap.arguments import check_given, path_of
from basinmap.deliverables.markdown import parts_of
from basinmap.errors import BasinmapWarning, DataError, culprits
from basinmap.export.parts import (
    Document,
    Heading,
    Note,
    Page,
    Paragraph,
    Part,
    strings,
    worded,
)

__all__ = ["check_numbers", "check_texts", "read_texts", "text_keys", "with_texts"]

_OWN: Final = frozenset({"une.editorial"})
"""Texts of the user that replace none: they are in the document from the first."""
_NUMBER: Final = re.compile(r"\d[\d\u202f\u00a0 ]*(?:,\d+)?")


def text_keys(document: Document) -> dict[str, str]:
    """
    Return the texts that may be replaced, by key.

    Parameters
    ----------
    document
        The document.

    Examples
    --------
    >>> import basinmap as bm, datetime as dt
    >>> page = bm.Page((bm.Heading("Un"), bm.Paragraph("Deux.", key="un.lead")))
    >>> bm.text_keys(bm.Document("d", "D", "A", dt.date(2026, 1, 1), (page,)))
    {'un.lead': 'Deux.'}
    """
    check_given(text_keys, locals())
    found = {}
    for part in document.parts:
        if isinstance(part, Paragraph) and part.key:
            found[part.key] = worded(part.text)
        elif isinstance(part, Note) and part.key:
            found[part.key] = " ".join(worded(text) for text in part.paragraphs)
    return found


def read_texts(folder: str | Path) -> dict[str, str]:
    """
    Read the texts of a folder: `vacance.lead.md` replaces the text of that key.

    Parameters
    ----------
    folder
        A folder of Markdown files.

    Raises
    ------
    DataError
        If there is no such folder, or a file is no text in UTF-8.

    Examples
    --------
    >>> import basinmap as bm
    >>> from pathlib import Path
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "vacance.lead.md").write_text("Notre lecture.")
    ...     bm.read_texts(folder)
    {'vacance.lead': 'Notre lecture.'}
    """
    check_given(read_texts, locals())
    where = path_of(folder, "folder")
    if not where.is_dir():
        msg = f"{where} is no folder of texts; give one with files such as vacance.md"
        raise DataError(msg)
    found = {}
    for path in sorted(where.glob("*.md")):
        try:
            found[path.stem] = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            msg = f"{path} cannot be read as UTF-8: {error}"
            raise DataError(msg) from error
    return found


def check_texts(texts: Mapping[str, str] | None) -> None:
    """
    Check that texts are Markdown of which all is taken, before a document is made.

    Parameters
    ----------
    texts
        Markdown by key.

    Raises
    ------
    DataError
        If one is not, with its line.
    """
    for key, text in (texts or {}).items():
        parts_of(text, where=key)


def with_texts(document: Document, texts: Mapping[str, str]) -> Document:
    """
    Return a document with texts of the user, printed as they are.

    Parameters
    ----------
    document
        The document.
    texts
        Markdown by key of the text replaced; an empty text takes it out.

    Raises
    ------
    DataError
        If a key is unknown (near ones are told), or a text is not taken, with its line.

    Warns
    -----
    BasinmapWarning
        If a text holds numbers that the document does not print.

    Examples
    --------
    >>> import basinmap as bm, datetime as dt
    >>> page = bm.Page((bm.Heading("Un"), bm.Paragraph("Deux.", key="un.lead")))
    >>> note = bm.Document("d", "D", "A", dt.date(2026, 1, 1), (page,))
    >>> bm.text_keys(bm.with_texts(note, {"un.lead": "Trois."}))
    {}
    """
    check_given(with_texts, locals())
    known = text_keys(document)
    unknown = [key for key in texts if key not in known]
    if unknown:
        near = difflib.get_close_matches(unknown[0], known, n=3)
        told = ", ".join(near or list(known)[:5])
        msg = f"no text has the key {culprits(unknown)}; there are {told}"
        raise DataError(msg)
    pages = tuple(
        _replaced(page, texts) if not page.slots else _in_slots(page, texts)
        for page in document.pages
    )
    check_numbers(document, texts, inside=_OWN & set(texts))
    return dc.replace(document, pages=pages)


def _replaced(page: Page, texts: Mapping[str, str]) -> Page:
    return dc.replace(page, parts=tuple(_parts_of(page.parts, texts)))


def _parts_of(parts: tuple[Part, ...], texts: Mapping[str, str]) -> Iterator[Part]:
    level = 1
    for part in parts:
        if isinstance(part, Heading):
            level = part.level
        key = getattr(part, "key", "")
        if key not in texts or not key:
            yield part
        elif isinstance(part, Note):
            yield from _note(part, texts[key], key)
        else:
            yield from parts_of(texts[key], where=key, level=level)


def _note(part: Note, text: str, key: str) -> Iterator[Part]:
    made = parts_of(text, where=key)
    if bad := [one for one in made if not isinstance(one, Paragraph)]:
        msg = f"{key}: a box holds paragraphs only, not {len(bad)} heading(s)"
        raise DataError(msg)
    told = tuple(one.text for one in made if isinstance(one, Paragraph))
    if told:
        yield dc.replace(part, paragraphs=told)


def _in_slots(page: Page, texts: Mapping[str, str]) -> Page:
    """Replace in a page of slots, where a text keeps its slot."""
    parts: list[Part] = []
    slots: list[str] = []
    for part, slot in zip(page.parts, page.slots, strict=True):
        made = list(_parts_of((part,), texts))
        parts += made
        slots += [slot] * len(made)
    return dc.replace(page, parts=tuple(parts), slots=tuple(slots))


def check_numbers(
    document: Document, texts: Mapping[str, str], *, inside: Iterable[str] = ()
) -> None:
    """
    Warn of the numbers of a user's texts that nothing else of a document prints.

    Parameters
    ----------
    document
        The document.
    texts
        Markdown by key.
    inside
        Keys of the texts that are in the document already: what a user wrote proves
        nothing.

    Warns
    -----
    BasinmapWarning
        With the numbers and the keys, if there are some.
    """
    printed = Counter(n for text in strings(document) for n in _numbers(text))
    own = Counter(n for key in inside for n in _numbers(texts.get(key, "")))
    strange = {
        f"{key}: {number}"
        for key, text in texts.items()
        for number in _numbers(text)
        if printed[number] <= own[number]
    }
    if strange:
        msg = (
            f"{len(strange)} number(s) of your texts are not printed elsewhere: "
            f"{culprits(sorted(strange))}; check them against the tables"
        )
        warnings.warn(msg, BasinmapWarning, stacklevel=3)


def _numbers(text: str) -> list[str]:
    return [_bare(number) for number in _NUMBER.findall(text)]


def _bare(number: str) -> str:
    return re.sub(r"[\u202f\u00a0 ]", "", number)
