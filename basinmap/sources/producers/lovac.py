"""
LOVAC: vacant dwellings of the private stock, by commune and above (Cerema, DHUP).

What an EPCI, a département, a region have is published for them, with what secrecy
hides in communes: it is read at its level, which its codes tell, never added up. An
edition counts at 1 January of its year what is vacant, and the stock of the year
before: the rate is of the two. Past editions stand in the same file, made otherwise
before 2025: only the edition's own is read.
"""

from __future__ import annotations

from typing import Final

from basinmap.errors import DataError
from basinmap.sources.codes import level_above
from basinmap.sources.layouts import (
    Cells,
    Count,
    Found,
    Source,
    full_year,
    held_counts,
    position,
)

__all__ = ["SOURCES"]

# Files above the commune name their codes in ways of their own.
_CODES: Final = (
    "CODGEO_{cog}",
    "(?:CODE?|SIREN)?_?(?:EPCI|DEP(?:ARTEMENT)?|REG(?:ION)?)_{cog}",
)
_STOCK: Final = "private_dwellings"
_COUNTS: Final = (
    Count(
        name="vacant_private_dwellings",
        columns=("pp_vacant_{yy}",),
        label="Logements vacants du parc privé",
        unit="logements",
    ),
    Count(
        name="vacant_private_dwellings_2y",
        columns=("pp_vacant_plus_2ans_{yy}",),
        label="Logements du parc privé vacants depuis deux ans ou plus",
        unit="logements",
    ),
    Count(
        name=_STOCK,
        columns=("(?:ff_)?pp_total_{yy}",),
        label="Logements du parc privé",
        unit="logements",
    ),
)


def _read(found: Found) -> Cells:
    """Read the edition of the file: its vacant dwellings, the stock a year before."""
    at = position(found.header, _CODES)
    assert at is not None  # noqa: S101 - recognised by it
    edition = full_year(found.header[at].rpartition("_")[2])
    held = {
        item.column: item
        for item in held_counts(_COUNTS, found.header)
        if item.period == (edition - (item.count.name == _STOCK),)
    }
    if not any(item.count.name != _STOCK for item in held.values()):
        msg = (
            f"{found.grid.file}: LOVAC of {edition} without its vacant dwellings "
            f"(pp_vacant_{edition % 100}); found {', '.join(found.header[:8])}"
        )
        raise DataError(msg)
    wanted = sorted({at, *(place for item in held.values() for place in item.at)})
    text = found.grid.frame(found.at, wanted)
    notes = []
    if not any(item.count.name == _STOCK for item in held.values()):
        notes.append(
            f"Le parc privé de {edition - 1} (pp_total_{(edition - 1) % 100}) n'est "
            "pas dans le fichier : pas de taux."
        )
    return Cells(
        codes=text[at],
        columns=text.drop(columns=at),
        held=held,
        notes=tuple(notes),
        cog=edition,
        # The stock of the year before is of this edition too.
        credit=f"Cerema et DHUP, LOVAC {edition}",
        level=level_above(text[at], found.header[at], found.path.name),
    )


_COMMUNES: Final = Source(
    id="lovac",
    name="LOVAC, logements vacants du parc privé",
    credit="Cerema et DHUP, LOVAC",
    code=_CODES,
    needs=("pp_vacant(?:_plus_2ans)?_{yy}",),
    counts=_COUNTS,
    parts=(("vacant_private_dwellings_2y", "vacant_private_dwellings"),),
    cautions=(
        "LOVAC ne forme pas de série : la source a changé en 2025, seule l'édition du "
        "fichier est lue.",
        "Un effectif secret n'est pas nul : la somme d'un territoire est un minimum ; "
        "sa valeur est publiée au fichier de son échelon.",
    ),
    read=_read,
)
SOURCES: Final = (_COMMUNES,)
