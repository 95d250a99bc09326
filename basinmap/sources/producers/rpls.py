"""
RPLS of SDES: social housing by commune, from its results and from counts added up.

The results are an exhaustive register: a commune that is not there has no social
dwelling. Their rates come without counts (`tx_mob`, `loymoy`): they are printed, never
combined. Vacancy is computed from `nb_vacants` and `nb_loues`.
"""

from __future__ import annotations

from typing import Final

from basinmap.sources.layouts import Count, Marks, Source, told_year

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
SOURCES: Final = (_RESULTS, _ADDED)
