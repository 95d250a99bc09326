"""
Filosofi of Insee: living standards and poverty, by commune and by IRIS.

Disposable income (`MED21`, `DISP_MED21`) and declared income (`DEC_MED21`) are two
quantities of one unit: they bear two names, and make no series. Nothing adds up: what
an EPCI has is published for it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from basinmap.sources.layouts import Count, Marks, Source

__all__ = ["SOURCES"]


def _published(name: str, label: str, unit: str, *columns: str) -> tuple[Count, ...]:
    return tuple(
        Count(name=name, columns=(column,), label=label, unit=unit, published=True)
        for column in columns
    )


_HOUSEHOLDS: Final = (
    Count(
        name="fiscal_households",
        columns=("NBMENFISC{yy}",),
        label="Ménages fiscaux",
        unit="ménages",
    ),
    Count(
        name="fiscal_persons",
        columns=("NBPERSMENFISC{yy}",),
        label="Personnes des ménages fiscaux",
        unit="personnes",
    ),
)
_DISPOSABLE: Final = (
    *_HOUSEHOLDS,
    *_published(
        "median_living_standard", "Niveau de vie médian", "€/UC", "(?:DISP_)?MED{yy}"
    ),
    *_published("poverty_rate", "Taux de pauvreté publié", "%", "(?:DISP_)?TP60{yy}"),
    *_published(
        "decile_1", "Premier décile du niveau de vie", "€/UC", "(?:DISP_)?D1{yy}"
    ),
    *_published(
        "decile_9", "Neuvième décile du niveau de vie", "€/UC", "(?:DISP_)?D9{yy}"
    ),
    *_published(
        "interdecile_ratio", "Rapport interdécile publié", "", "(?:DISP_)?RD{yy}"
    ),
)
_DECLARED: Final = (
    *_published(
        "median_declared_income", "Revenu déclaré médian", "€/UC", "DEC_MED{yy}"
    ),
    *_published(
        "low_declared_income_rate",
        "Part de la population sous 60 % du revenu déclaré médian",
        "%",
        "DEC_TP60{yy}",
    ),
    *_published(
        "declared_decile_1", "Premier décile du revenu déclaré", "€/UC", "DEC_D1{yy}"
    ),
    *_published(
        "declared_decile_9", "Neuvième décile du revenu déclaré", "€/UC", "DEC_D9{yy}"
    ),
    *_published(
        "declared_interdecile_ratio",
        "Rapport interdécile du revenu déclaré",
        "",
        "DEC_RD{yy}",
    ),
)
_NEVER_ADDED: Final = (
    "Médianes, taux et déciles ne se combinent pas : ceux d'un EPCI sont publiés pour "
    "lui."
)
_COMMUNES: Final = Source(
    id="filosofi",
    name="Insee, Filosofi, communes",
    credit="Insee-DGFiP-Cnaf-Cnav-CCMSA, Filosofi {year}",
    code=("CODGEO",),
    needs=("NBMENFISC{yy}", "NBPERSMENFISC{yy}", "MED{yy}", "D9{yy}"),
    counts=_DISPOSABLE,
    marks=Marks(not_available=("", "nd", "ns")),
    parts=(
        ("decile_1", "median_living_standard"),
        ("median_living_standard", "decile_9"),
        ("fiscal_households", "fiscal_persons"),
    ),
    cautions=(
        _NEVER_ADDED,
        "Revenu disponible par unité de consommation ; pas de millésime 2022, et 2023 "
        "ne se compare pas aux années antérieures.",
    ),
    above=True,
    # One vintage is published on several lists of communes.
    title=r"geo{cog}",
)
_IRIS: Final = replace(
    _COMMUNES,
    id="filosofi-iris-declare",
    name="Insee, Filosofi, revenu déclaré par IRIS",
    code=("IRIS",),
    needs=("DEC_MED{yy}", "DEC_D9{yy}", "DEC_TP60{yy}"),
    counts=_DECLARED,
    level="iris",
    above=False,
    parts=(
        ("declared_decile_1", "median_declared_income"),
        ("median_declared_income", "declared_decile_9"),
    ),
    cautions=(
        _NEVER_ADDED,
        "Revenu déclaré, avant impôts et prestations : à ne pas comparer au niveau de "
        "vie des communes, qui est disponible.",
    ),
)
SOURCES: Final = (
    _COMMUNES,
    _IRIS,
    replace(
        _IRIS,
        id="filosofi-iris-disponible",
        name="Insee, Filosofi, revenu disponible par IRIS",
        needs=("DISP_MED{yy}", "DISP_D9{yy}", "DISP_TP60{yy}"),
        counts=_DISPOSABLE,
        parts=_COMMUNES.parts,
        cautions=(_NEVER_ADDED,),
    ),
)
