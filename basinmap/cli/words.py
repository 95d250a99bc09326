"""What the command line says, in English or in French."""

from __future__ import annotations

import locale
import os
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final

from basinmap.languages import LANGUAGES, VARIABLE, french_part, language, spaced

__all__ = ["Said", "french", "say", "spoken_in"]

_FLAG: Final = "--lang"
_OURS: Final = frozenset({"codes", "name", "names", "rows", "territory"})
"""Values that may hold words of ours: « and 3 more », « Nord and Pas-de-Calais »."""


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
    return MappingProxyType({english: spaced(text) for english, text in texts.items()})


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
    said = text
    if language() == "fr":
        said = french().get(text, text)
        values = {
            name: french_part(value) if name in _OURS and type(value) is str else value
            for name, value in values.items()
        }
    return Said(said.format(**values) if values else said)


def spoken_in(words: Sequence[str], environment: Mapping[str, str]) -> str:
    """
    Return the language that a command line or its environment asks for.

    Parameters
    ----------
    words
        Of the command line.
    environment
        Of the process: `BASINMAP_LANG`, `LC_ALL`, `LC_MESSAGES`, then `LANG`, as
        elsewhere; the language of the session where there is none, as on Windows.

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
    names = (VARIABLE, "LC_ALL", "LC_MESSAGES", "LANG")
    told = next((environment[name] for name in names if environment.get(name)), "")
    if not told and os.name == "nt":
        told = locale.getlocale()[0] or ""
    return "fr" if told.lower().startswith("fr") else "en"
