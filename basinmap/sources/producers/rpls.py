"""
RPLS of SDES: social housing by commune, from dwellings, results, counts added up.

The file of dwellings that is open has neither occupancy, nor rent, nor landlord: it
counts them, and says which stand in a quartier prioritaire of which generation. The
results are an exhaustive register: a commune that is not there has no social
dwelling. Their rates come without counts (`tx_mob`, `loymoy`): they are printed, never
combined. Vacancy is computed from `nb_vacants` and `nb_loues`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import pandas as pd

from basinmap.errors import DataError
from basinmap.sources.layouts import (
    Cells,
    Count,
    Found,
    Marks,
    Points,
    Source,
    position,
    told_year,
)
from basinmap.sources.producers.tallies import Rows, blocks_of, cells_of, check_form
from basinmap.typography import number

__all__ = ["SOURCES"]

_HOMES: Final = "logements"


def _count(name: str, label: str, column: str, unit: str = _HOMES) -> Count:
    return Count(name=name, columns=(column,), label=label, unit=unit)


def _printed(name: str, label: str, column: str, unit: str) -> Count:
    return Count(name=name, columns=(column,), label=label, unit=unit, published=True)


_ALL: Final = "Logements locatifs sociaux"
_VACANT: Final = "Logements locatifs sociaux vacants"
_IN_QPV: Final = "Logements locatifs sociaux en quartier prioritaire"

_RESULTS: Final = Source(
    id="rpls-resultats",
    name="SDES, RPLS, résultats par commune",
    credit="SDES, RPLS au 1er janvier {year}",
    code=("DEPCOM_ARM", "DEPCOM"),
    needs=("nb_ls", "nb_loues", "nb_vacants"),
    counts=(
        _count("social_dwellings", _ALL, "nb_ls"),
        _count("social_dwellings_let", "Logements locatifs sociaux loués", "nb_loues"),
        _count("social_dwellings_vacant", _VACANT, "nb_vacants"),
        _count("social_dwellings_in_qpv", _IN_QPV, "nb_ls_en_qpv"),
        _printed(
            "social_vacancy_3m_rate",
            "Taux de vacance de plus de trois mois publié",
            "tx_vac3",
            "%",
        ),
        _printed("social_mobility_rate", "Taux de mobilité publié", "tx_mob", "%"),
        _printed("social_rent_m2", "Loyer moyen publié au m²", "loymoy", "€/m²"),
    ),
    # The mark of what is secret is written nowhere: any text is one.
    marks=Marks(text="secret"),
    parts=(
        ("social_dwellings_let", "social_dwellings"),
        ("social_dwellings_vacant", "social_dwellings"),
        ("social_dwellings_in_qpv", "social_dwellings"),
    ),
    year=lambda found: told_year(found, "nb_ls_?{yyyy}"),
    cautions=(
        "Une commune absente du répertoire n'a pas de logement social : zéro, et non "
        "donnée manquante.",
        "Mobilité, vacance de plus de trois mois et loyers sont publiés sans leurs "
        "effectifs : ceux d'un EPCI se lisent à sa feuille.",
    ),
)
_ADDED: Final = Source(
    id="rpls-restreint",
    name="SDES, RPLS agrégé, avec numérateurs et dénominateurs",
    credit="SDES, RPLS au 1er janvier {year}",
    code=(r"depcom(?P<cog>20\d\d)",),
    needs=(
        "TypeZone",
        "Parc_HLM",
        "Parc_HLM_{yyyy}",
        "Taux_de_vacance_numerateur",
        "Taux_de_vacance_denominateur",
    ),
    counts=(
        _count("social_dwellings", _ALL, "Parc_HLM"),
        _count("social_dwellings", _ALL, "Parc_HLM_{yyyy}"),
        _count("social_dwellings_in_qpv", _IN_QPV, "Parc_en_qpv"),
        _count("social_dwellings_vacant", _VACANT, "Taux_de_vacance_numerateur"),
        _count(
            "social_dwellings_offered",
            "Logements locatifs sociaux proposés à la location",
            "Taux_de_vacance_denominateur",
        ),
        _count(
            "social_moves_in",
            "Emménagements de l'année dans le parc social",
            "Taux_de_mobilite_numerateur",
            "emménagements",
        ),
        _count(
            "social_dwellings_offered_1y",
            "Logements sociaux proposés à la location depuis un an ou plus",
            "Taux_de_mobilite_denominateur",
        ),
        _count(
            "social_rents",
            "Somme des loyers principaux mensuels du parc social",
            "Loyer_total",
            "€",
        ),
        _count(
            "social_rented_area_m2",
            "Somme des surfaces habitables du parc social loué",
            "Surface_totale",
            "m²",
        ),
    ),
    marks=Marks(decimal="."),
    parts=(
        ("social_dwellings_vacant", "social_dwellings_offered"),
        ("social_moves_in", "social_dwellings_offered_1y"),
        ("social_dwellings_in_qpv", "social_dwellings"),
    ),
    year=lambda found: told_year(found, "Parc_HLM_{yyyy}"),
    only=("TypeZone", "Communes"),
)
# Of the quartiers of 2024, else of those of 2015: two generations, never mixed.
_QUARTIERS: Final = (
    ("PLG_QP24", "2024", r"QN[0-9A-Z]{6}"),
    ("PLG_QP15", "2015", r"QP[0-9A-Z]{6}"),
    ("PLG_QP", "2015", r"QP[0-9A-Z]{6}"),
    ("QPV_CODE", "", r"Q[NP][0-9A-Z]{6}"),
    ("QPV", "", r"Q[NP][0-9A-Z]{6}"),
)
_TELLING: Final = ("NBPIECE", "SURFHAB", "CONSTRUCT", "ETAGE", "X", "Y", "NUMVOIE")
"""What tells dwellings apart: they have no number of their own."""


def _dwellings(found: Found) -> Cells:
    """Count dwellings, those in a quartier apart."""
    file = found.grid.file
    at = position(found.header, ("DEPCOM",))
    assert at is not None  # noqa: S101 - recognised by it
    chosen = next(
        (
            (place, generation, form)
            for name, generation, form in _QUARTIERS
            if (place := position(found.header, (name,))) is not None
        ),
        None,
    )
    others = [position(found.header, (name,)) for name in _TELLING]
    wanted = {at, *(place for place in others if place is not None)}
    wanted |= set() if chosen is None else {chosen[0]}
    every, inside, marks = [], [], set()
    seen = Rows()
    for block in blocks_of(found, dict(zip(wanted, wanted, strict=True))):
        check_form(block[at], "DEPCOM", "[0-9][0-9AB][0-9]{3}", file)
        seen.add(block)
        every.append(block[at].value_counts())
        if chosen is not None:
            held = block[chosen[0]].str.fullmatch(chosen[2])
            marks |= set(block[chosen[0]][~held]) - {""}
            inside.append(block[at][held].value_counts())
    if not every:
        msg = f"{file}: no dwelling under the header; fetch it again"
        raise DataError(msg)
    seen.check(file)
    year = told_year(found)
    tallies = {(_count("social_dwellings", _ALL, ""), year): _total(every)}
    notes = ["Une ligne est un logement du répertoire."]
    if chosen is not None:
        item = _count("social_dwellings_in_qpv", _IN_QPV, "")
        tallies[item, year] = _total(inside)
        notes += _quartier_notes(found.header[chosen[0]], chosen[1], marks)
    return cells_of(tallies, notes=notes)


def _total(parts: list[pd.Series]) -> pd.Series:
    return pd.concat(parts).groupby(level=0).sum()


def _quartier_notes(column: str, generation: str, marks: set[str]) -> list[str]:
    """Say which generation of quartiers is counted, and what is none."""
    told = f"génération {generation}" if generation else "génération non dite"
    notes = [f"Quartiers prioritaires : colonne {column}, {told}."]
    if marks:
        shown = ", ".join(sorted(marks)[:5])
        notes.append(
            f"Ce qui n'est pas un code de quartier y est tenu pour hors quartier "
            f"({number(len(marks))} : {shown})."
        )
    return notes


_DETAIL: Final = Source(
    id="rpls",
    name="SDES, RPLS, détail au logement",
    credit="SDES, RPLS au 1er janvier {year}",
    code=("DEPCOM",),
    needs=("DEPCOM", "NBPIECE", "SURFHAB", "CONSTRUCT", "DROIT(?:_CODE)?"),
    read=_dwellings,
    points=Points(
        key=(),
        named="dwelling",
        x=("X",),
        y=("Y",),
        commune=("DEPCOM",),
        kept=MappingProxyType(
            {
                "qpv": ("PLG_QP24", "PLG_QP15", "PLG_QP", "QPV_CODE", "QPV"),
                "label": ("DPEENERGIE",),
            }
        ),
        epsg="EPSG",
        checked=MappingProxyType(
            {"qpv": "Q[NP][0-9A-Z]{6}|[A-Z]{0,3}", "label": r"[A-Z]{0,2}"}
        ),
    ),
    cautions=(
        "Ni occupation, ni loyer, ni bailleur dans le détail ouvert : vacance, "
        "mobilité et loyers se lisent au classeur de résultats (rpls-resultats) ou à "
        "l'extraction d'un partenaire.",
        "Une commune absente du répertoire n'a pas de logement social : zéro, et non "
        "donnée manquante.",
    ),
)
SOURCES: Final = (_DETAIL, _RESULTS, _ADDED)
