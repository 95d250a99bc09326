"""
Where the producer of each file publishes it: what a document lists as not supplied.

Addresses are those of portals, which last, rather than those of pages.
"""

from __future__ import annotations

from typing import Final

__all__ = ["WHERE", "where_published"]

_INSEE: Final = "www.insee.fr"
_SDES: Final = "www.statistiques.developpement-durable.gouv.fr"
_OPEN: Final = "www.data.gouv.fr"
_PARTNERS: Final = "auprès de la DDTM ou de la DREAL, sous convention"

WHERE: Final = {
    "populations-reference": _INSEE,
    "rp-serie-historique": _INSEE,
    "rp-logement": _INSEE,
    "rp-evol-struct-pop": _INSEE,
    "rp-couples-familles-menages": _INSEE,
    "rp-emploi-pop-active": _INSEE,
    "mobilite-residentielle": _INSEE,
    "mobilite-professionnelle": _INSEE,
    "lovac": _OPEN,
    "dpe-ademe": "data.ademe.fr",
    "filocom": _PARTNERS,
    "rpls": _SDES,
    "rpls-resultats": _SDES,
    "rpls-restreint": _PARTNERS,
    "conventions-bailleurs": "auprès des bailleurs",
    "sru": "auprès de la DDTM",
    "sne": "auprès du gestionnaire départemental du SNE",
    "ops": "auprès du GIP SNE, sous convention",
    "dvf": _OPEN,
    "oll": "www.observatoires-des-loyers.org",
    "sitadel": _SDES,
    "enaf": "artificialisation.developpement-durable.gouv.fr",
    "filosofi": _INSEE,
    "filosofi-carreaux": _INSEE,
    "ban": "adresse.data.gouv.fr",
    "sirene": _OPEN,
    "louvre-lens": "auprès du musée",
    "atout-france": "www.classement.atout-france.fr",
}
"""By source of the catalogue: an address, or who hands the file over."""


def where_published(source: str) -> str:
    """
    Return where the file of a source is found.

    Parameters
    ----------
    source
        Its id in the catalogue.

    Examples
    --------
    >>> where_published("rpls")
    'www.statistiques.developpement-durable.gouv.fr'
    """
    return WHERE.get(source, "auprès du producteur")
