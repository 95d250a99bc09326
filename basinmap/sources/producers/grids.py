"""
Filosofi by squares of 200 m: what shares a quartier out, never a statement on one.

A square of few households holds values that its producer spread over a larger one
(`i_est_200`). Living standards and incomes are sums that were cut at their ends: they
are not read. Names are in capitals until 2017.
"""

from __future__ import annotations

from typing import Final

from basinmap.sources.layouts import Count, Marks, Source, told_year

__all__ = ["SOURCES"]


def _count(name: str, label: str, unit: str, column: str) -> Count:
    return Count(name=name, columns=(column,), label=label, unit=unit)


SOURCES: Final = (
    Source(
        id="filosofi-carreaux",
        name="Insee, Filosofi, carreaux de 200 mètres",
        credit="Insee-DGFiP-Cnaf-Cnav-CCMSA, Filosofi {year}, carreaux de 200 m",
        code=("idcar_200m",),
        needs=("idcar_200m", "ind", "men", "men_pauv"),
        level="carreau",
        counts=(
            _count("grid_persons", "Individus des carreaux", "personnes", "ind"),
            _count("grid_households", "Ménages des carreaux", "ménages", "men"),
            _count(
                "grid_poor_households",
                "Ménages pauvres des carreaux",
                "ménages",
                "men_pauv",
            ),
            _count(
                "grid_collective_households",
                "Ménages en logement collectif des carreaux",
                "ménages",
                "men_coll",
            ),
            _count(
                "grid_house_households",
                "Ménages en maison des carreaux",
                "ménages",
                "men_mais",
            ),
            _count(
                "grid_social_dwellings",
                "Logements sociaux des carreaux",
                "logements",
                "log_soc",
            ),
            _count(
                "grid_estimated",
                "Carreaux imputés (moins de 11 ménages)",
                "carreaux",
                "i_est_(?:200|cr)",
            ),
        ),
        marks=Marks(decimal="."),
        parts=(
            ("grid_households", "grid_persons"),
            ("grid_poor_households", "grid_households"),
            ("grid_house_households", "grid_households"),
            ("grid_collective_households", "grid_households"),
        ),
        year=told_year,
        cautions=(
            "Un carreau seul ne se lit pas : sous 11 ménages ses valeurs sont imputées "
            "(grid_estimated), et les millésimes ne se comparent pas.",
        ),
    ),
)
