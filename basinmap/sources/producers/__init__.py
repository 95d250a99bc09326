"""One module a source: what its file holds, and nothing of how it is read."""

from __future__ import annotations

from typing import Final

from basinmap.sources.layouts import Source
from basinmap.sources.producers import (
    census,
    dvf,
    enaf,
    filosofi,
    lovac,
    melodi,
    populations,
    rpls,
    sitadel,
    sru,
)

__all__ = ["SOURCES"]

SOURCES: Final[tuple[Source, ...]] = (
    *census.SOURCES,
    *melodi.SOURCES,
    *populations.SOURCES,
    *filosofi.SOURCES,
    *lovac.SOURCES,
    *rpls.SOURCES,
    *sitadel.SOURCES,
    *sru.SOURCES,
    *enaf.SOURCES,
    *dvf.SOURCES,
)
"""Every file that is known."""
