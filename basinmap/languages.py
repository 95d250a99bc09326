"""In which language messages are read: a French sentence for each English one."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final

__all__ = [
    "LANGUAGES",
    "VARIABLE",
    "catalogue",
    "french",
    "french_part",
    "language",
    "spaced",
    "speaking",
]

LANGUAGES: Final = ("en", "fr")
VARIABLE: Final = "BASINMAP_LANG"
_SPOKEN: ContextVar[str | None] = ContextVar("language", default=None)
_HOLE: Final = re.compile(r"\{\{|\}\}|\{(\d+)\}")
_NUMBER: Final = re.compile(r"-?(\d{1,3}(,\d{3})+(\.\d+)?|\d+\.\d+)")
_JOINTS: Final = (
    ("; ", "\u202f; "),
    (" or ", " ou "),
    (" and ", " et "),
    (", ", ", "),
)
_FEWEST: Final = 5  # letters by which a part of a message is known
_CULPRIT: Final = r"(?:'[^']*'|\d[\d.]*|None)"
_DEEPEST: Final = 4  # a part of a part of a part of a message


def language() -> str:
    """
    Return the language that messages are read in, `"en"` or `"fr"`.

    That of the command line where there is one, else that of `speak` or of the variable
    `BASINMAP_LANG`; English where nothing is said.

    Examples
    --------
    >>> import basinmap as bm
    >>> bm.speak("fr")
    >>> bm.language()
    'fr'
    >>> bm.speak("en")
    """
    asked = _SPOKEN.get() or os.environ.get(VARIABLE, "")[:2].lower()
    return asked if asked in LANGUAGES else "en"


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """
    Speak a language, then that which was spoken before.

    Parameters
    ----------
    code
        `"en"` or `"fr"`.
    """
    before = _SPOKEN.set(code)
    try:
        yield
    finally:
        _SPOKEN.reset(before)


def spaced(text: str) -> str:
    r"""
    Make spaces unbreakable where French wants it; quotes are those of a shell.

    Parameters
    ----------
    text
        French, typed with plain spaces.

    Examples
    --------
    >>> spaced("le taux : 5 %")
    'le taux\xa0: 5\u202f%'
    """
    text = re.sub(r" (?=[;?!%](?:\s|$))", "\u202f", text)
    return re.sub(r" (?=:(?:\s|$))|(?<=«) | (?=»)", "\u00a0", text)


@cache
def catalogue() -> Mapping[str, str]:
    """
    Return the French of each message, `no file {1}`, read once from `french/`.

    Examples
    --------
    >>> catalogue()["{1} is empty"]
    '{1} est vide'
    """
    texts: dict[str, str] = {}
    held = resources.files("basinmap").joinpath("french")
    for file in sorted(held.iterdir(), key=lambda one: one.name):
        if file.name.endswith(".toml"):
            texts |= tomllib.loads(file.read_text("utf-8"))["messages"]
    return MappingProxyType(texts)


def french(text: str) -> str:
    """
    Return a message in French, or as it is where the catalogue does not have it.

    Parameters
    ----------
    text
        In English, with what its holes were filled with.

    Examples
    --------
    >>> french("no font Marianne there")
    'il n’y a pas de police Marianne'
    >>> french("what nobody wrote")
    'what nobody wrote'
    """
    return _turned(text, 0) or _lengthened(text, 0) or text


_ADDED: Final = (("; ", "\u202f; "), (": ", "\u00a0: "), (" (", " ("))


def _lengthened(text: str, deep: int) -> str | None:
    """Return in French what is said of a name, or a message and what is added to it."""
    if deep > _DEEPEST:
        return None
    for joint in re.finditer(r"; |: | \(", text):
        first, rest = text[: joint.start()], text[joint.end() :]
        head = _turned(first, deep) or _said_of(first, deep)
        shut = joint[0] == " (" and rest.endswith(")")
        more = rest[:-1] if shut else rest
        tail = _lengthened(more, deep + 1) or _part(more, deep + 1)
        if head is not None or (_is_code(first) and tail != more):
            return f"{head or first}{dict(_ADDED)[joint[0]]}{tail}{')' * shut}"
    return None


def _said_of(text: str, deep: int) -> str | None:
    """Return in French a column of a file and what is said of it."""
    name, _, said = text.partition(" ")
    turned = _turned(said, deep) if "_" in name and _is_code(name) else None
    return None if turned is None else f"{name} {turned}"


def french_part(text: str) -> str:
    """
    Return what stands in a message in French: our words in it, not what was read.

    Parameters
    ----------
    text
        Such as culprits.

    Examples
    --------
    >>> french_part("'a', 'b' and 3 more")
    "'a', 'b' et 3 de plus"
    """
    return _part(text, 1)


@dataclass(frozen=True)
class _Template:
    """An English message with holes, and its French."""

    literals: tuple[str, ...]
    pattern: str
    said: str

    @property
    def letters(self) -> int:
        """How many letters it is known by."""
        return sum(sign.isalpha() for piece in self.literals for sign in piece)

    def fits(self, text: str) -> bool:
        """Tell whether its words stand in a text, in order."""
        first, *others = self.literals
        if not text.startswith(first) or not text.endswith(self.literals[-1]):
            return False
        at = len(first)
        for one in others:
            at = text.find(one, at)
            if at < 0:
                return False
            at += len(one)
        return True

    def filled(self, parts: Sequence[str], deep: int) -> str:
        """Return the French, its holes filled with parts that are French too."""

        def fill(hole: re.Match[str]) -> str:
            if hole[1] is None:
                return hole[0][0]
            part = parts[int(hole[1]) - 1]
            # What is to be typed is typed as it is.
            code = re.search(r"[=(\[{'\"]$", self.said[: hole.start()])
            return part if code else _part(part, deep + 1)

        return _HOLE.sub(fill, self.said)


@cache
def _templates() -> tuple[_Template, ...]:
    """Return messages with holes, those with most words first."""
    made = []
    for english, said in catalogue().items():
        if not re.search(r"\{\d+\}", english):
            continue
        pieces, pattern, at = [""], "", 0
        for hole in _HOLE.finditer(english):
            pieces[-1] += english[at : hole.start()]
            at = hole.end()
            if hole[1] is None:
                pieces[-1] += hole[0][0]
            else:
                pieces.append("")
        pieces[-1] += english[at:]
        pattern = "(.*?)".join(map(re.escape, pieces))
        made.append(_Template(tuple(pieces), pattern, spaced(said)))
    return tuple(sorted(made, key=lambda one: -one.letters))


@cache
def _whole() -> Mapping[str, str]:
    """Return messages without a hole."""
    return MappingProxyType(
        {
            english.replace("{{", "{").replace("}}", "}"): spaced(said)
            .replace("{{", "{")
            .replace("}}", "}")
            for english, said in catalogue().items()
            if not re.search(r"\{\d+\}", english)
        }
    )


def _turned(text: str, deep: int) -> str | None:
    """Return a message of the catalogue in French."""
    if text in _whole():
        return _whole()[text]
    for one in _templates():
        if deep and one.letters < _FEWEST:
            break  # what was read may hold so few words by chance
        if one.fits(text):
            found = re.fullmatch(one.pattern, text, flags=re.DOTALL)
            if found is not None:
                return one.filled(found.groups(), deep)
    return None


def _part(text: str, deep: int) -> str:
    """Return what fills a hole in French: our words and numbers, not what was read."""
    if _NUMBER.fullmatch(text):
        return text.replace(",", "\u202f").replace(".", ",")
    quoted = text[:1] in "'\"" and text[:1] == text[-1:]
    if not text or deep > _DEEPEST or (quoted and text.count(text[0]) == 2):
        return text
    turned = _each(text, deep) or _turned(text, deep) or _tailed(text, deep)
    if turned is not None:
        return turned
    if text.endswith(": "):
        return f"{_part(text[:-2], deep + 1)}\u00a0: "
    for joint, said in _JOINTS:
        parts = text.split(joint)
        if len(parts) > 1:
            told = [_part(one, deep + 1) for one in parts]
            if joint in ("; ", ", ") or told != parts or all(map(_is_code, parts)):
                return said.join(told)
    return _lengthened(text, deep) or text


def _each(text: str, deep: int) -> str | None:
    """Return in French what is said of each culprit: « '1001': lost its zero; … »."""
    first, *others = re.split(rf"; (?={_CULPRIT}: )", text)
    told = re.fullmatch(rf"({_CULPRIT}): (.+)", first, flags=re.DOTALL)
    if not told and not others:
        return None
    said = f"{told[1]}\u00a0: {_part(told[2], deep + 1)}" if told else None
    each = [said or _part(first, deep + 1), *(_part(one, deep) for one in others)]
    return "\u202f; ".join(each)


def _tailed(text: str, deep: int) -> str | None:
    """Return in French what was read, then a part of ours: « 'a.csv'; it is empty »."""
    for first in _tails():
        at = text.find(first, 1)
        turned = _turned(text[at:], deep + 1) if at > 0 else None
        if turned is not None:
            return _part(text[:at], deep + 1) + turned
    return None


@cache
def _tails() -> tuple[str, ...]:
    """Return the first words of parts that follow others."""
    heads = [one.literals[0] for one in _templates()] + list(_whole())
    found = {head for head in heads if re.match(r"[ ,;:(] ?\(?\w", head)}
    return tuple(sorted(found, key=lambda head: -len(head)))


def _is_code(text: str) -> bool:
    """Tell a name or a literal, which is the same in both languages."""
    return re.fullmatch(r"'[^']*'|\.?[\w./]+|\d[\d.,]*", text) is not None
