"""The sheets of a workbook that say what is in the others."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from typing import Final

import pandas as pd

from basinmap.export.contents import Content
from basinmap.export.descriptions import STATE_TEXTS
from basinmap.staging import UNDATED
from basinmap.states import SIGNS, VOIDS
from basinmap.typography import long_date, number
from basinmap.values.told import tell

__all__ = [
    "DICTIONARY",
    "READ_ME",
    "SOURCES",
    "dictionary",
    "missing_from",
    "read_me",
    "sources",
]

READ_ME: Final = "Lisez-moi"
DICTIONARY: Final = "Dictionnaire"
SOURCES: Final = "Sources"

Line = tuple[str, str, str]
"""A word, what it means, and the sheet that it leads to or nothing."""

_BESIDE: Final[Mapping[str, str]] = {
    "Graphiques": "Les graphiques, et les valeurs qu'ils montrent",
    DICTIONARY: "Ce que contient chaque colonne des autres feuilles",
    SOURCES: "À qui sont les chiffres, à citer dans toute reprise",
}
_READING: Final = (
    (
        "Nombres",
        "Chaque cellule garde la valeur entière ; seul l'affichage arrondit. Un zéro "
        "est une valeur ; ce qui manque est dit par un signe.",
    ),
    (
        "Codes",
        "Les codes sont des textes, pour garder leurs zéros : pour les rapprocher "
        "d'une autre table, y mettre aussi des textes.",
    ),
    (
        "Taux",
        "Un taux ne s'additionne pas et ne se moyenne pas : celui d'un ensemble se "
        "calcule sur la somme des effectifs.",
    ),
)


def read_me(
    sheets: Mapping[str, Content],
    *,
    title: str,
    author: str,
    date: dt.date,
    beside: Iterable[str] = (),
) -> list[Line]:
    """
    Return what stands in the sheet « Lisez-moi »: words, what they mean, links.

    Parameters
    ----------
    sheets
        Those of tables, by name, in order.
    title, author, date
        Of the workbook.
    beside
        Names of the sheets that are made besides: charts, dictionary, sources.
    """
    lines: list[Line] = [
        ("Classeur", title, ""),
        ("Auteur", author, ""),
        ("Date", long_date(date) if date != UNDATED else "", ""),
    ]
    lines = [line for line in lines if line[1]]
    lines.append(("Feuilles", "", ""))
    for name, content in sheets.items():
        rows = len(content.codes.cells.held)
        lines.append((name, f"{content.title or name} ({number(rows)} lignes)", name))
    lines += [(name, _BESIDE.get(name, name), name) for name in beside]
    lines.append(("Signes", "", ""))
    signs = {**VOIDS, **SIGNS}
    lines += [
        (sign, STATE_TEXTS[state].rpartition(" (")[0], "")
        for state, sign in signs.items()
    ]
    lines.append(("Lecture", "", ""))
    lines += [(word, text, "") for word, text in _READING]
    return lines


def dictionary(sheets: Mapping[str, Content]) -> pd.DataFrame:
    """
    Return what each column of each sheet is.

    Parameters
    ----------
    sheets
        By name, in order.
    """
    rows = [
        (
            name,
            told.heading,
            told.name,
            told.unit,
            told.vintage,
            _definition(told.text),
            told.credit,
        )
        for name, content in sheets.items()
        for told in (field.description for field in content.fields)
        if told.role != "state"
    ]
    labels = {
        "feuille": "Feuille",
        "colonne": "Colonne",
        "nom": "Nom dans les autres formats",
        "unite": "Unité",
        "millesime": "Millésime",
        "definition": "Définition",
        "source": "Source",
    }
    table = pd.DataFrame(rows, columns=list(labels), dtype=object).set_index("feuille")
    note = "Ce que contient chaque colonne des autres feuilles."
    return tell(table, title="Dictionnaire des colonnes", note=note, labels=labels)


def _definition(text: str) -> str:
    """Return what a column is, without what other columns of the sheet say."""
    kept = re.sub(r" ?Source : .*", "", text)
    return re.sub(r"Millésime : [^.]*\. ?", "", kept)


def sources(sheets: Mapping[str, Content]) -> pd.DataFrame:
    """
    Return whose figures these are, and in which sheets they stand.

    Parameters
    ----------
    sheets
        By name, in order.
    """
    found: dict[str, dict[str, None]] = {}
    for name, content in sheets.items():
        for line in content.sources:
            found.setdefault(line, {})[name] = None
    labels = {"source": "Source", "feuilles": "Feuilles"}
    table = pd.DataFrame(
        {"feuilles": [", ".join(names) for names in found.values()]},
        index=pd.Index(list(found), name="source", dtype=object),
    )
    note = "À citer dans toute reprise, avec le millésime."
    return tell(table, title="Sources", note=note, labels=labels)


def missing_from(names: Iterable[str], wanted: str) -> bool:
    """
    Tell whether a workbook lacks a sheet, whatever its capitals.

    Parameters
    ----------
    names
        Of its sheets.
    wanted
        Of the sheet.
    """
    return wanted.lower() not in {name.lower() for name in names}
