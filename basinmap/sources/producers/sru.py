"""
SRU inventory of DGALN: communes that the law asks for social housing.

The year stands in the names of columns, whose spelling changes with each edition. Main
residences, the denominator of the rate, are not in the file.
"""

from __future__ import annotations

from typing import Final

from basinmap.sources.layouts import Count, Marks, Source

__all__ = ["SOURCES"]

_DATE: Final = "01[_-]01[_-]{yyyy}"
_RATE: Final = f"Taux_SRU_au_{_DATE}"
SOURCES: Final = (
    Source(
        id="sru",
        name="DGALN, inventaire SRU",
        credit="DGALN, inventaire SRU au 1er janvier {year}",
        code=("Code_INSEE_commune",),
        needs=(_RATE,),
        counts=(
            Count(
                name="sru_social_dwellings",
                columns=(rf"Nombre_lls_?\s*Inventaire_au_{_DATE}",),
                label="Logements locatifs sociaux de l'inventaire SRU",
                unit="logements",
            ),
            Count(
                name="sru_rate",
                columns=(_RATE,),
                label="Taux SRU publié",
                unit="%",
                published=True,
            ),
        ),
        marks=Marks(suffix="%"),
        cautions=(
            "Une commune absente n'est pas soumise à l'article 55 : sans objet, et non "
            "zéro.",
            "Les résidences principales au sens de l'inventaire ne sont pas dans le "
            "fichier : le taux est celui qui est publié, à la commune seulement.",
        ),
    ),
)
