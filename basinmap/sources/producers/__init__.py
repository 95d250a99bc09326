"""One module a source: what its file holds, and nothing of how it is read."""

from __future__ import annotations

from typing import Final

from basinmap.sources.layouts import Source
from basinmap.sources.producers import (
    addresses,
    census,
    dpe,
    dvf,
    enaf,
    filosofi,
    flows,
    grids,
    lovac,
    melodi,
    populations,
    rpls,
    sirene,
    sitadel,
    sru,
)
from basinmap.sources.producers.partners import PARTNERS

__all__ = ["PARTNERS", "SOURCES"]

SOURCES: Final[tuple[Source, ...]] = (
    *census.SOURCES,
    *melodi.SOURCES,
    *flows.SOURCES,
    *populations.SOURCES,
    *filosofi.SOURCES,
    *lovac.SOURCES,
    *rpls.SOURCES,
    *sitadel.SOURCES,
    *sru.SOURCES,
    *enaf.SOURCES,
    *dvf.SOURCES,
    *dpe.SOURCES,
    *sirene.SOURCES,
    *addresses.SOURCES,
    *grids.SOURCES,
)
"""Every file that is known."""
