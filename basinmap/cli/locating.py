"""Where in a file stands what an error speaks of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from basinmap.cli.words import Said, say
from basinmap.errors import BasinmapError
from basinmap.sheets import Grid, grids

__all__ = ["located"]


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
