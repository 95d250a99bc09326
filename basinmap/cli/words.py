"""What the command line says, in English or in French."""

from __future__ import annotations

import locale
import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final

__all__ = ["LANGUAGES", "Said", "french", "language", "say", "speaking", "spoken_in"]

LANGUAGES: Final = ("en", "fr")
_FLAG: Final = "--lang"
_SPOKEN: ContextVar[str] = ContextVar("language", default="en")


class Said(str):
    """A text that is in the language of the reader."""

    __slots__ = ()


@cache
def french() -> Mapping[str, str]:
    """
    Return the French of each English text, read once from `french.toml`.

    Examples
    --------
    >>> french()["error"]
    'erreur'
    """
    told = resources.files("basinmap.cli").joinpath("french.toml")
    texts = tomllib.loads(told.read_text("utf-8"))["texts"]
    return MappingProxyType({english: _spaced(text) for english, text in texts.items()})


def _spaced(text: str) -> str:
    """Make spaces unbreakable where French wants it; quotes are those of a shell."""
    text = re.sub(r" (?=[;?!%](?:\s|$))", "\u202f", text)
    return re.sub(r" (?=:(?:\s|$))|(?<=«) | (?=»)", "\u00a0", text)


def say(text: str, /, **values: object) -> Said:
    """
    Return a text in the language that is spoken.

    Parameters
    ----------
    text
        English, with `{names}` for what changes.
    **values
        What they stand for.

    Examples
    --------
    >>> say("no file {path}", path="a.csv")
    'no file a.csv'
    """
    said = french().get(text, text) if language() == "fr" else text
    return Said(said.format(**values) if values else said)


def language() -> str:
    """Return the language that is spoken, `"en"` or `"fr"`."""
    return _SPOKEN.get()


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


def spoken_in(words: Sequence[str], environment: Mapping[str, str]) -> str:
    """
    Return the language that a command line or its environment asks for.

    Parameters
    ----------
    words
        Of the command line.
    environment
        Of the process: `LC_ALL`, `LC_MESSAGES`, then `LANG`, as elsewhere; the language
        of the session where there is none, as on Windows.

    Examples
    --------
    >>> spoken_in(["data", "--lang", "fr"], {"LANG": "C"})
    'fr'
    >>> spoken_in(["data"], {"LANG": "fr_FR.UTF-8"})
    'fr'
    """
    for at, word in enumerate(words):
        flag, _, value = word.partition("=")
        if flag == _FLAG:
            value = value or "".join(words[at + 1 : at + 2])
            # Another value is refused by the parser, which has to speak.
            return value if value in LANGUAGES else "en"
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    told = next((environment[name] for name in names if environment.get(name)), "")
    if not told and os.name == "nt":
        told = locale.getlocale()[0] or ""
    return "fr" if told.lower().startswith("fr") else "en"
