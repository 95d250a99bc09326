"""Which table of a file is a producer's, and which producer's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from basinmap.errors import DataError, culprits
from basinmap.sheets import Grid, grids
from basinmap.sources.layouts import Found, Options, Source, pattern, position

__all__ = ["recognised"]

_DEEPEST = 20
"""Rows of titles above a header, at most."""
_NEAR = 5
"""Tenths of its columns from which a file looks like another."""


def recognised(
    path: str | Path,
    sources: Sequence[Source],
    *,
    member: str | None = None,
    insisted: bool = False,
    options: Options | None = None,
) -> Found:
    """
    Return the table of a file in which one of some sources is recognised.

    Parameters
    ----------
    path
        The file.
    sources
        What it may be.
    member
        Of an archive that holds several tables.
    insisted
        Whether the caller says that it is the one source given.
    options
        What the caller declares.

    Raises
    ------
    DataError
        If it is none of them: with the columns that are missing of the nearest.
    """
    file = Path(path)
    nearest: tuple[int, Source, tuple[str, ...], Sequence[str]] | None = None
    for grid in grids(file, member=member):
        found = _in_grid(grid, sources, file, options or Options())
        if found is not None:
            _check_ended(found)
            return found
        for source in sources:
            near = _nearest(grid, source)
            if near is not None and (nearest is None or near[0] > nearest[0]):
                nearest = (near[0], source, near[1], near[2])
    raise DataError(_refusal(file, sources, nearest, insisted=insisted))


def _in_grid(
    grid: Grid, sources: Sequence[Source], file: Path, options: Options
) -> Found | None:
    """Return the source of the most demanding header that is met."""
    for at, row in enumerate(grid.head[:_DEEPEST]):
        fits = [item for item in sources if _is_header(row, item)]
        if fits:
            # The most demanding: the file of all themes has the columns of each.
            source = max(fits, key=lambda item: len(item.needs))
            return Found(source, grid, at, tuple(row), file, options)
    return None


def _is_header(row: Sequence[str], source: Source) -> bool:
    """Tell whether a row names the columns of a source."""
    return (
        len(row) >= len(source.needs)
        and position(row, source.code) is not None
        and all(
            any(pattern(name).fullmatch(cell) for cell in row) for name in source.needs
        )
    )


def _absent(row: Sequence[str], source: Source) -> tuple[str, ...]:
    """Return the columns that a header lacks to be that of a source."""
    return tuple(
        name
        for name in source.needs
        if not any(pattern(name).fullmatch(cell) for cell in row)
    )


def _nearest(
    grid: Grid, source: Source
) -> tuple[int, tuple[str, ...], Sequence[str]] | None:
    """Return how much of a source the best row of a table has, and what it lacks."""
    best = None
    # The first rows are enough to tell what a file looks like.
    for row in grid.head[:8]:
        absent = _absent(row, source)
        if position(row, source.code) is None:
            absent = (source.code[0], *absent)
        score = 10 * (len(source.needs) + 1 - len(absent)) // (len(source.needs) + 1)
        if best is None or score > best[0]:
            best = (score, absent, row)
    return best


def _check_ended(found: Found) -> None:
    """Refuse a file that may be cut in its last number."""
    if not found.grid.ended:
        msg = (
            f"{found.grid.file}: its last line has no end: the file may be cut there; "
            "fetch it again, or add the end of the line if it is whole"
        )
        raise DataError(msg)


def _refusal(
    file: Path,
    sources: Sequence[Source],
    nearest: tuple[int, Source, tuple[str, ...], Sequence[str]] | None,
    *,
    insisted: bool,
) -> str:
    if nearest is None:
        return f"{file.name} holds no table: no row of more than one cell"
    score, source, absent, row = nearest
    lacks = [_readable(name) for name in absent]
    there = culprits([cell for cell in row if cell], most=8)
    if insisted:
        return (
            f"{file.name} is not « {source.name} » ({source.id}): no column "
            f"{culprits(lacks)}; found {there}"
        )
    known = ", ".join(sorted({item.id for item in sources}))
    near = f"; {source.id} has {culprits(lacks)} too" if score >= _NEAR else ""
    return (
        f"{file.name}: no known file has these columns: {there}{near}. Known: {known}; "
        "any other table is read by bm.read_table(path, code=…, measures=…)"
    )


def _readable(name: str) -> str:
    """Write an expression of a column as a name."""
    for mark, shown in (
        ("{yy}", "21"),
        ("{yyyy}", "2021"),
        ("{aa}", "15"),
        ("{bb}", "20"),
        ("{cog}", "25"),
    ):
        name = name.replace(mark, shown)
    return name.replace("(?:", "(").replace(r"\d", "9")
