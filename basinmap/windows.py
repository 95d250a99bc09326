"""Names that every disk takes: those of Windows are the fewest."""

from __future__ import annotations

import os
import re
from pathlib import PurePath, PureWindowsPath
from typing import Final

__all__ = ["fault_of", "is_device", "named_anywhere", "on_windows"]

_DEVICES: Final = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$"}
    | {f"{port}{n}" for port in ("com", "lpt") for n in "123456789¹²³"}
)
"""What Windows keeps for itself, whatever the suffix: `aux.pdf` is a device."""
_SIGNS: Final = re.compile(r'[<>:"|?*\x00-\x1f]')
_LONGEST: Final = 240
"""Signs of a path: 259, less the folder that a file is first written in."""


def on_windows() -> bool:
    """Tell whether files are written on Windows."""
    return os.name == "nt"


def is_device(name: str) -> bool:
    """
    Tell a name that is a device of Windows, not a file.

    Parameters
    ----------
    name
        Of a file or a folder, with its suffix or without.

    Examples
    --------
    >>> is_device("aux.pdf"), is_device("auxerre.pdf")
    (True, False)
    """
    return name.partition(".")[0].rstrip(" ").casefold() in _DEVICES


def named_anywhere(slug: str) -> str:
    """
    Return a name made by the house so that it is one on every disk.

    Parameters
    ----------
    slug
        Letters, digits and dashes.

    Examples
    --------
    >>> named_anywhere("aux"), named_anywhere("communes")
    ('aux-1', 'communes')
    """
    return f"{slug}-1" if is_device(slug) else slug


def fault_of(path: str | PurePath) -> str:
    """
    Say why Windows could not write a file where it is asked; nothing if it can.

    Parameters
    ----------
    path
        Absolute or not.

    Examples
    --------
    >>> fault_of("documents/aux.pdf")
    "'aux.pdf' is the name of a device of Windows, not of a file"
    >>> fault_of("documents/plh : 2026.pdf")
    "'plh : 2026.pdf' holds ':', which is in no name of Windows"
    >>> fault_of("C:/documents/plh.pdf")
    ''
    """
    whole = PureWindowsPath(path)
    for part in whole.parts[1:] if whole.anchor else whole.parts:
        if is_device(part):
            return f"{part!r} is the name of a device of Windows, not of a file"
        if sign := _SIGNS.search(part):
            return f"{part!r} holds {sign[0]!r}, which is in no name of Windows"
        if part not in (".", "..") and part[-1:] in (" ", "."):
            return f"{part!r} ends with {part[-1]!r}, which Windows drops"
    letters = len(str(whole))
    if letters > _LONGEST:
        return f"a path of {letters} signs, where Windows takes {_LONGEST}"
    return ""
