"""What a column is, in French: one description for every format that leaves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

import pandas as pd

from basinmap.measures import Growth, Ratio, state_column
from basinmap.states import QUALIFIERS, SIGNS, STATES, VOIDS
from basinmap.typography import capital, long_date, stopped, uncapital
from basinmap.values.cells import check_name
from basinmap.values.told import Told, fact_of, told_of, upheld

__all__ = ["STATE_TEXTS", "Description", "descriptions_of", "word_of_state"]

Role = Literal["code", "value", "state", "other"]

STATE_TEXTS: Final[Mapping[str, str]] = {
    **{key: f"{text} ({VOIDS[key]})" for key, text in STATES.items()},
    **{key: f"{text} ({SIGNS[key]})" for key, text in QUALIFIERS.items()},
}
"""What a state means, in French, with its sign: the domain of a column of states."""

_CODES: Final[Mapping[str, str]] = {
    "commune": "Code Insee de la commune",
    "iris": "Code de l'Iris",
    "epci": "SIREN de l'EPCI",
    "scot": "SCoT",
    "arrondissement": "Code de l'arrondissement",
    "departement": "Code du département",
    "region": "Code de la région",
    "quartier": "Code du quartier",
    "place": "Identifiant du lieu",
    "ring": "Rayon de l'anneau (m)",
    "isochrone": "Aire (minutes)",
    "code": "Code",
    "index": "Rang",
}
_USUAL: Final[Mapping[str, str]] = {
    "name": "Nom",
    "short_name": "Nom court",
    "nature": "Nature juridique",
    "outside": "Communes hors de la liste",
    "communes": "Nombre de communes",
    "inner": "De (m)",
    "outer": "À moins de (m)",
    "label": "Libellé",
    "units": "Communes comptées",
    "address": "Adresse",
    "opened": "Ouverture",
    "precision_m": "Précision (m)",
    "quality": "Qualité",
    "source": "Source",
    "note": "Note",
    "rule": "Règle",
    "minutes": "Temps de parcours (minutes)",
    "off_street": "Marche hors des rues (m)",
    "absence": "Sans valeur",
    "niveau": "Niveau",
    "territoire": "Territoire",
    "colonne": "Colonne",
    "libelle": "Libellé",
    "unite": "Unité",
    "millesime": "Millésime",
    "geographie": "Géographie",
    "licence": "Licence",
    "titre": "Titre",
    "jeu": "Jeu de données",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """
    What a column of a table that leaves is.

    Attributes
    ----------
    name
        Of the column, as it is in the table.
    heading
        French: what it is, of which year, with its unit in brackets. One a column.
    label, unit, vintage
        The same apart; the label of an indicator holds no year.
    text
        French sentences: definition, what it is divided by, list of communes, source.
    credit
        Sources, joined by semicolons.
    kind
        `"stock"`, `"ratio"`, … of a measure, or nothing.
    decimals
        When printed, if it is told.
    role
        Whether it holds codes, values, states of values, or something else.
    of
        Of a column of states, the column that it is about.
    """

    name: str
    heading: str
    label: str = ""
    unit: str = ""
    vintage: str = ""
    text: str = ""
    credit: str = ""
    kind: str = ""
    decimals: int | None = None
    role: Role = "other"
    of: str = ""


def descriptions_of(
    table: pd.DataFrame, what: str = "table", *, unnamed: str = "code"
) -> dict[str, Description]:
    """
    Return what each column of a table is, its index first.

    Parameters
    ----------
    table
        Any table; its geometry is left out. `attrs["labels"]` may give headings.
    what
        The sheet or layer it is, for the messages.
    unnamed
        Name of an index that has none.

    Returns
    -------
    dict
        By the name of the column as text.

    Warns
    -----
    BasinmapWarning
        If a column is no longer that which is told of it: its heading is its name.

    Examples
    --------
    >>> import basinmap as bm
    >>> found = descriptions_of(bm.statistics(epci="call"))
    >>> found["commune"].heading, found["vacant_dwellings_2021"].heading
    ('Code Insee de la commune', 'Logements vacants 2021 (logements)')
    >>> found["vacant_dwellings_2021"].credit
    'Insee, recensement de la population 2021'
    """
    labels = {str(k): str(v) for k, v in fact_of(table, "labels", {}).items()}
    index = str(unnamed if table.index.name is None else table.index.name)
    found = [_code(index, labels)]
    shape = getattr(table, "active_geometry_name", None)
    names = [name for name in table.columns if name != shape]
    title = str(fact_of(table, "title", ""))
    about = {state_column(str(name)): str(name) for name in names}
    for name in names:
        word = check_name(name, what)
        if word in about:
            continue
        told = told_of(upheld(table[name], stacklevel=5))
        if title and told.title == title:
            # Of the table, not of a column of which nothing is told.
            told = replace(told, title="")
        found.append(_value(word, told, labels))
    headings = {one.name: one.heading for one in found}
    found += [
        Description(
            name=state,
            heading=labels.get(state, f"{headings[column]} : statut"),
            text="Vide : valeur entière. " + _states(),
            role="state",
            of=column,
        )
        for state, column in about.items()
        if state in names and column in headings
    ]
    order = {str(name): place for place, name in enumerate([index, *names])}
    found.sort(key=lambda one: order.get(one.name, 0))
    return {one.name: one for one in _apart(found)}


def word_of_state(state: str) -> str:
    """
    Return what a state means, in French.

    Parameters
    ----------
    state
        Key of `STATES` or `QUALIFIERS`, or any other word.

    Examples
    --------
    >>> word_of_state("secret"), word_of_state("")
    ('Secret statistique (s)', '')
    """
    return STATE_TEXTS.get(state, state)


def _states() -> str:
    return " ".join(f"{key} : {uncapital(t)}." for key, t in STATE_TEXTS.items())


def _code(name: str, labels: Mapping[str, str]) -> Description:
    heading = labels.get(name) or _CODES.get(name) or _USUAL.get(name, capital(name))
    return Description(name=name, heading=heading, label=heading, role="code")


def _value(name: str, told: Told, labels: Mapping[str, str]) -> Description:
    heading = labels.get(name) or _heading(told)
    if not heading:
        heading = _CODES.get(name) or _USUAL.get(name, name)
    return Description(
        name=name,
        heading=heading,
        label=told.label or heading,
        unit=told.unit,
        vintage=told.vintage,
        text=_text(told),
        credit=" ; ".join(told.sources),
        kind=told.kind,
        decimals=told.decimals,
        role="code" if name in _CODES else "value" if told.label else "other",
    )


def _heading(told: Told) -> str:
    """Write what a column is, of which year, in which unit."""
    dated = told.title or " ".join(filter(None, [told.label, told.vintage]))
    return f"{capital(dated)} ({told.unit})" if told.unit else capital(dated)


def _text(told: Told) -> str:
    """Write what there is to know of a column, in sentences."""
    lines = [told.definition, *told.notes, told.rule]
    match told.measure:
        case Ratio(numerator=above, denominator=below):
            lines.append(f"Rapport de {above} à {below}")
        case Growth(start=start, end=end):
            lines.append(f"Évolution de {start} à {end}")
    if told.vintage:
        lines.append(f"Millésime : {told.vintage}")
    if told.geography:
        lines.append(f"Géographie : communes au {_day(told.geography)}")
    if told.sources:
        lines.append(f"Source : {' ; '.join(told.sources)}")
    return " ".join(stopped(capital(line)) for line in lines if line)


def _day(text: str) -> str:
    """Write a day as a reader says it; of a year, the first."""
    if len(text) == 4 and text.isdigit():
        text = f"{text}-01-01"
    try:
        return long_date(dt.date.fromisoformat(text))
    except ValueError:
        return text


def _apart(found: list[Description]) -> list[Description]:
    """Tell apart the columns of one heading: a format may want one a column."""
    count: dict[str, int] = {}
    for one in found:
        count[one.heading] = count.get(one.heading, 0) + 1
    return [
        replace(one, heading=f"{one.heading} [{one.name}]")
        if count[one.heading] > 1
        else one
        for one in found
    ]
