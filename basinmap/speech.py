"""Choosing the language of messages."""

from __future__ import annotations

import os

from basinmap.arguments import check_choice, check_given
from basinmap.languages import LANGUAGES, VARIABLE

__all__ = ["speak"]


def speak(code: str) -> None:
    """
    Say in which language errors and warnings are read from now on.

    Parameters
    ----------
    code
        `"en"` or `"fr"`.

    Raises
    ------
    DataError
        If it is another language.

    Notes
    -----
    Only what is read changes: types, `error.args` and results are the same, so that a
    program that runs in one language runs in the other. The processes that are started
    afterwards speak it too. The command line has its own way, `--lang`.

    Examples
    --------
    >>> import basinmap as bm
    >>> bm.speak("fr")
    >>> bm.communes(epci="246200365")
    Traceback (most recent call last):
    ...
    basinmap.errors.CodeError: EPCI inconnu dans le Nord et le Pas-de-Calais en 2026...
    >>> bm.speak("en")
    """
    check_given(speak, locals())
    check_choice(code, LANGUAGES, "language")
    os.environ[VARIABLE] = code
