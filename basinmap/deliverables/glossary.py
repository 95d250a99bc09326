"""The words of a document that its readers may not know, those it uses first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from basinmap.deliverables.heights import SHEET_MM, part_mm
from basinmap.export.parts import Cell, Column, Part, Table
from basinmap.territory.levels import fold
from basinmap.typography import typeset

__all__ = ["glossary_table", "loose_mm"]

_LEAST: Final = 4
_SAFE_MM: Final = 12.0
"""What a page of text keeps free, its heights being reckoned."""
_LOOSE: Final = 1.28
"""Tables of a page of text are set larger than those of a chapter."""
_ALL: Final = ("",)
_TERMS: Final = (
    (
        "Population municipale",
        "Personnes dont la résidence habituelle est dans la commune. Elle sert à "
        "toutes les comparaisons ; la population totale compte en plus des personnes "
        "qui gardent un lien avec la commune.",
        ("D01", "D02", "D05"),
    ),
    (
        "Ménage",
        "Tous ceux qui habitent une même résidence principale, parents ou non.",
        ("D06", "L02"),
    ),
    (
        "Résidence principale",
        "Logement qu’un ménage occupe d’habitude et à titre principal.",
        ("D06", "L01", "L02"),
    ),
    (
        "Résidence secondaire",
        "Logement de week-ends ou de vacances ; les logements occasionnels y sont "
        "comptés.",
        ("L03",),
    ),
    (
        "Logement vacant",
        "Au recensement : logement sans occupant lors de l’enquête, qu’il soit à "
        "vendre ou à louer, déjà attribué, en attente d’une succession ou laissé sans "
        "affectation.",
        ("L04",),
    ),
    (
        "Évolution annuelle",
        "Taux constant qui, répété chaque année, mène de la première à la dernière "
        "valeur.",
        ("D02",),
    ),
    (
        "Base 100",
        "Chaque valeur est rapportée à celle de la première année, prise pour 100.",
        ("D01", "D02"),
    ),
    (
        "Périmètre constant",
        "Les mêmes communes aux deux dates, celles d’aujourd’hui.",
        ("D02",),
    ),
    ("Point", "Différence de deux pourcentages.", _ALL),
    (
        "Médiane",
        "Valeur que la moitié dépasse. Elle ne s’additionne ni ne se moyenne d’une "
        "commune à l’autre.",
        ("R01", "M01", "M02"),
    ),
    (
        "Millésime",
        "Année à laquelle une donnée se rapporte, et non celle où elle paraît.",
        _ALL,
    ),
    (
        "RPLS",
        "Répertoire des logements locatifs des bailleurs sociaux, au 1er janvier.",
        ("S01", "S02", "S04", "S06", "S07", "S08"),
    ),
    (
        "ENAF",
        "Espaces naturels, agricoles et forestiers ; leur consommation est un flux "
        "brut.",
        ("F01", "F02", "F03", "F04"),
    ),
    (
        "EPCI",
        "Établissement public de coopération intercommunale : communauté de communes "
        "(CC), d’agglomération (CA), urbaine (CU), métropole.",
        _ALL,
    ),
    (
        "SCoT",
        "Schéma de cohérence territoriale, document d’urbanisme de plusieurs communes "
        "ou intercommunalités.",
        _ALL,
    ),
    (
        "COG",
        "Code officiel géographique de l’Insee : la liste des communes au 1er janvier.",
        _ALL,
    ),
)
"""Term, what it is, the indicators that use it: those to leave out last first."""


def loose_mm(part: Part) -> float:
    """
    Reckon how high a part stands on a page of text, larger than in a chapter.

    Parameters
    ----------
    part
        A part.
    """
    wider = _LOOSE if isinstance(part, Table) else 1.05
    return wider * part_mm(part, 182.0) + 3.0


def glossary_table(ids: Sequence[str], *before: Part) -> Table | None:
    """
    Return the words that a page of text has room for; none for a handful of them.

    Parameters
    ----------
    ids
        Indicators that the document prints.
    *before
        What stands on the page already.
    """
    room_mm = SHEET_MM - _SAFE_MM - sum(map(loose_mm, before))
    printed = {*ids, ""}
    told = [(term, text) for term, text, of in _TERMS if printed & set(of)]
    columns = (Column("Terme", "left", 1), Column("Ce qu’il veut dire", "left", 3.4))
    for count in range(len(told), _LEAST - 1, -1):
        rows = tuple(
            (Cell(typeset(term)), Cell(typeset(text)))
            for term, text in sorted(told[:count], key=lambda row: fold(row[0]))
        )
        table = Table(columns, rows, "Lexique")
        if loose_mm(table) <= room_mm:
            return table
    return None
