"""Where in a file stands what an error speaks of."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from basinmap.cli.words import Said, say
from basinmap.errors import BasinmapError
from basinmap.sheets import Grid, grids

__all__ = ["located", "typed"]


def located(error: BasinmapError, file: str) -> BasinmapError:
    """
    Return an error that names its file, and the row and column of its culprit.

    Parameters
    ----------
    error
        What a reader of tables raised: culprits are quoted in its message.
    file
        What was read.
    """
    name, message = Path(file).name, str(error)
    if isinstance(error.args[0] if error.args else "", Said):
        return error
    place = _place(file, re.findall(r"'([^']+)'", message))
    if place is not None:
        told = message.removeprefix(f"{name}: ")
        where = say(
            "{file}, row {row} under the header, column {column}: {message}",
            file=name,
            row=place[0],
            column=repr(place[1]),
            message=told,
        )
        return type(error)(str(where))
    return error if name in message else type(error)(f"{name}: {message}")


_OPTIONS: Final = MappingProxyType(
    {
        "vintage": "vintage",
        "cog": "cog",
        "part": "part",
        "member": "part",
        "source": "source",
        "decimal": "decimal",
        "dates": "dates",
        "year": "year",
        "variant": "variant",
    }
)
"""Arguments of the library, and the options of the command line that they are."""
_VALUE: Final = r"""('[^']*'|"[^"]*"|[0-9]+)?"""


def typed(message: str, given: Container[str]) -> str:
    """
    Return a message of the library with the options that a reader can type here.

    Parameters
    ----------
    message
        In the language that is spoken.
    given
        Names of the options of the command.

    Examples
    --------
    >>> typed("of which year is it? write vintage=2024", {"vintage"})
    'of which year is it? write --vintage 2024'
    """
    # Where both are said, they stay.
    if "(--" in message:
        return message
    for name, option in _OPTIONS.items():
        if option in given:
            # In a call of the library it is an argument of that call.
            written = rf"(?<![\w(]){name}={_VALUE}"
            # Without a value, the space after it is that of the sentence.
            message = re.sub(rf"{written}(?![\w])", rf"--{option} \1", message)
            message = message.replace(f"--{option}  ", f"--{option} ").rstrip()
    if "published" in given:
        message = message.replace("bm.Median(unit='%')", "--published '%'")
    return message


def _place(file: str, culprits: Sequence[str]) -> tuple[int, str] | None:
    """Return the row and the column of the first culprit that is a cell."""
    try:
        for grid in grids(file):
            for culprit in culprits:
                found = _cell(grid, culprit)
                if found is not None:
                    return found
    except BasinmapError:
        # A file that cannot be read to its end has no cells to show.
        return None
    return None


def _cell(grid: Grid, culprit: str) -> tuple[int, str] | None:
    header = max(range(len(grid.head)), key=lambda at: sum(map(bool, grid.head[at])))
    heads = grid.head[header]
    if culprit in heads:
        return None
    frame = grid.frame(header, list(range(len(heads))))
    for at, head in enumerate(heads):
        rows = frame.index[frame[at] == culprit]
        if len(rows):
            return int(rows[0]) + 1, head
    return None
