"""
Consumption of natural, agricultural and forest land by commune (Cerema), in m².

`naf21art22` is what was taken from 1 January 2021 to 1 January 2022: the flow of 2021.
Each edition has a total of its own beside the years; the window moves: 2009 and 2010
are gone since the edition of 2025.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Final

from basinmap.sources.layouts import (
    Cells,
    Count,
    Found,
    Held,
    Marks,
    Source,
    full_year,
    held_counts,
    pattern,
    position,
)

__all__ = ["SOURCES"]

_USES: Final = {
    "housing": ("hab", "Espaces consommés pour l'habitat"),
    "activity": ("act", "Espaces consommés pour l'activité"),
    "mixed": ("mix", "Espaces consommés pour un usage mixte"),
    "road": ("rou", "Espaces consommés pour les routes"),
    "rail": ("fer", "Espaces consommés pour le ferroviaire"),
    "unknown": ("inc", "Espaces consommés pour un usage inconnu"),
}
_COUNTS: Final = (
    Count(
        name="enaf_m2",
        columns=("naf{aa}art{bb}",),
        label="Espaces naturels, agricoles et forestiers consommés",
        unit="m²",
    ),
    *(
        Count(
            name=f"enaf_{name}_m2",
            columns=(f"art{{aa}}{use}{{bb}}",),
            label=label,
            unit="m²",
        )
        for name, (use, label) in _USES.items()
    ),
)
_CODE: Final = ("idcom",)


def _read(found: Found) -> Cells:
    """Read the flows: of one year by that year, of several by both ends."""
    held = [_flow(item) for item in held_counts(_COUNTS, found.header)]
    code = position(found.header, _CODE)
    assert code is not None  # noqa: S101 - recognised by it
    text = found.grid.frame(found.at, sorted({code, *(h.at[0] for h in held)}))
    years = [item.period[0] for item in held if len(item.period) == 1]
    notes = (f"Flux annuels de {min(years)} à {max(years)}.",) if years else ()
    lists = [
        told["cog"]
        for cell in found.header
        if (told := pattern("epci{cog}").fullmatch(cell)) is not None
    ]
    return Cells(
        codes=text[code],
        columns=text.drop(columns=code),
        held={item.column: item for item in held},
        notes=notes,
        cog=full_year(lists[0]) if lists else None,
    )


def _flow(item: Held) -> Held:
    """Give a flow its years: the expression of columns counts the last as whole."""
    first, last = item.period[0], item.period[1] - 1
    return replace(item, period=(first,) if last == first + 1 else (first, last))


SOURCES: Final = (
    Source(
        id="enaf",
        name="Cerema, consommation d'espaces par commune",
        credit="Cerema, fichiers fonciers, consommation d'espaces {year}",
        code=_CODE,
        needs=("naf{aa}art{bb}", "art{aa}hab{bb}", "art{aa}act{bb}"),
        counts=_COUNTS,
        marks=Marks(decimal="."),
        totals=MappingProxyType(
            {"enaf_m2": tuple(f"enaf_{name}_m2" for name in _USES)}
        ),
        parts=(("enaf_housing_m2", "enaf_m2"),),
        cautions=(
            "Surfaces en m² ; la dernière année est provisoire ; une même série ne se "
            "lit que dans une seule édition.",
        ),
        read=_read,
    ),
)
