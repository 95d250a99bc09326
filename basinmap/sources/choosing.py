"""Which of the known sources is meant; those whose layout must not be guessed."""

from __future__ import annotations

from collections.abc import Sequence

from basinmap.errors import CodeError, DataError
from basinmap.sources.layouts import Source
from basinmap.sources.producers import PARTNERS, SOURCES

__all__ = ["chosen_sources"]


def chosen_sources(source: str | None) -> Sequence[Source]:
    """
    Return the sources that a file may be of.

    Parameters
    ----------
    source
        What the caller says it is; by default any.

    Raises
    ------
    CodeError
        If no source is called so.
    DataError
        If it is an extract of a partner: with what to write in place.
    """
    if source is None:
        return SOURCES
    if source in PARTNERS:
        raise DataError(_mapped(source))
    chosen = [item for item in SOURCES if f"{item.id}-".startswith(f"{source}-")]
    if not chosen:
        known = ", ".join([*(item.id for item in SOURCES), *PARTNERS])
        msg = f"unknown source {source!r}: write one of {known}"
        raise CodeError(msg)
    return chosen


def _mapped(source: str) -> str:
    """Say how an extract is read whose columns its maker named."""
    credit, counts = PARTNERS[source]
    first = ", ".join(f"'…': {name!r}" for name in counts[:2])
    rest = f"; its counts are {', '.join(counts)}" if len(counts) > 2 else ""
    return (
        f"{source!r} is an extract whose layout is that of who made it: say which "
        f"column is which count: bm.read_table(path, code='…', measures={{{first}}}, "
        f"source={credit!r}, vintage=…, level='commune' or 'epci'){rest}"
    )
