"""What a territory is set among and cut into: its peers, its parts, groups of towns."""

from __future__ import annotations

import re
import warnings
from itertools import pairwise
from typing import Final

import pandas as pd

from basinmap.catalogue.computing import compute
from basinmap.deliverables.printed import Other, Value
from basinmap.deliverables.subjects import Subject
from basinmap.errors import BasinmapError, BasinmapWarning
from basinmap.territory.levels import BASSIN
from basinmap.territory.memberships import membership
from basinmap.territory.naming import named
from basinmap.typography import number, typeset
from basinmap.values.told import told_of

__all__ = [
    "by_size",
    "chosen_as",
    "grouped",
    "in_basin",
    "parts_of_territory",
    "peers",
    "spread",
]

_MOST: Final = 9
_BORNE: Final = re.compile(
    r"^(?:SCoT|CA|CC|CU|Métropole)\b(?: (?:de la|de l['’]|du|des|de|d['’]))? ?"
)
_BOUNDS: Final = (0, 500, 2_000, 5_000, 10_000, 1_000_000_000)


def peers(about: Subject) -> list[Other]:
    """
    Return the territories of the same level that one is set among, itself included.

    Those of the bassin minier where it is of it, else those of its départements that
    are nearest in population; none for a perimeter of the user's own.

    Parameters
    ----------
    about
        What is observed.
    """
    level = about.area.level
    if level not in {"epci", "scot"} or about.listing is not None:
        return []
    held = membership(level).dropna()
    codes = sorted(set(held[held.index.isin(_around(about))]))
    return _nearest(about, [_whole(level, code, held) for code in codes])


def in_basin() -> frozenset[str]:
    """Return the communes of the bassin minier."""
    return frozenset(membership("scot").dropna().index)


def chosen_as(about: Subject) -> str:
    """
    Say by what the peers were chosen, after what they are called in the plural.

    Parameters
    ----------
    about
        What is observed.

    Returns
    -------
    str
        « du bassin minier », or the départements and that they are the nearest in
        population, where some of them are left out.
    """
    if frozenset(about.codes) <= in_basin():
        return "du bassin minier"
    heads = sorted({code[:2] for code in about.codes})
    where = " et ".join(f"du {named(head, 'departement').short}" for head in heads)
    level = about.area.level
    held = membership(level).dropna()
    every = held[held.index.isin(_around(about))].nunique()
    near = f" les plus proches en population, sur {number(every)}"
    return where + (near if every > _MOST else "")


def _around(about: Subject) -> frozenset[str]:
    mine = frozenset(about.codes)
    if mine <= in_basin():
        return in_basin()
    heads = {code[:2] for code in mine}
    return frozenset(code for code in about.table.index if code[:2] in heads)


def _whole(level: str, code: str, held: pd.Series) -> Other:
    name = named(code, level)
    codes = frozenset(held.index[held == code])
    return Other(level, code, name, codes, _short(name.short))


def _short(text: str) -> str:
    """Return a name without what its peers all bear: « Béthune-Bruay »."""
    bare = _BORNE.sub("", text.split(",", maxsplit=1)[0])
    return typeset(bare[:1].upper() + bare[1:])


def _nearest(about: Subject, found: list[Other]) -> list[Other]:
    """Keep the peers whose population is nearest, the territory always."""
    people = {other.code: _people(about, other.communes) for other in found}
    own = _people(about, frozenset(about.codes))
    near = sorted(found, key=lambda other: abs(people[other.code] - own))[:_MOST]
    return sorted(near, key=lambda other: other.code)


def _people(about: Subject, codes: frozenset[str]) -> float:
    people = about.sums("population", about.table.index[_rows(about, codes)])
    return float(people.iloc[-1]) if len(people) and people.notna().iloc[-1] else 0.0


def _rows(about: Subject, codes: frozenset[str]) -> pd.Series:
    return about.table.index.isin(list(codes))


def parts_of_territory(about: Subject) -> list[Other]:
    """
    Return the EPCI that a territory is made of, those that are whole in it.

    Parameters
    ----------
    about
        What is observed.
    """
    if about.listing is not None:
        return []
    held, mine = membership("epci").dropna(), frozenset(about.codes)
    codes = sorted(set(held.reindex(about.codes).dropna()))
    found = [_whole("epci", str(code), held) for code in codes]
    return [other for other in found if other.communes <= mine]


def basin_of(about: Subject) -> Other | None:
    """
    Return the bassin minier, where the territory is a part of it.

    Parameters
    ----------
    about
        What is observed.
    """
    if about.listing is not None or not frozenset(about.codes) < in_basin():
        return None
    return Other("bassin", BASSIN, named(BASSIN, "bassin"), in_basin(), "Bassin minier")


def by_size(about: Subject) -> pd.Series:
    """
    Return the group of size of each commune, by its latest population.

    Parameters
    ----------
    about
        What is observed.

    Returns
    -------
    Series
        Ordered labels; none where no population is known.
    """
    every = about.counted("population", about.codes)
    if every.empty:
        return pd.Series(dtype="object")
    people = every.iloc[:, -1].dropna()
    labels = [f"moins de {number(_BOUNDS[1])} habitants"]
    labels += [
        f"de {number(low)} à {number(high - 1)} habitants"
        for low, high in pairwise(_BOUNDS[1:-1])
    ]
    labels.append(f"{number(_BOUNDS[-2])} habitants et plus")
    told = [typeset(label) for label in labels]
    return pd.cut(people, _BOUNDS, labels=told, right=False).rename("taille")


def grouped(about: Subject, id_: str, groups: pd.Series) -> dict[str, Value]:
    """
    Return an indicator of each group of communes, computed again from its counts.

    Parameters
    ----------
    about
        What is observed.
    id_
        Id of the indicator.
    groups
        Label of each commune.

    Returns
    -------
    dict
        By label; nothing for what is of no group, such as a median.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", BasinmapWarning)  # a part is told by its state
        try:
            values = compute(
                id_,
                about.table,
                to=groups.astype("object"),
                allow_partial=True,
                communes=about.listing,
            )
        except BasinmapError:
            return {}
    told = told_of(values)
    growth = told.kind == "growth"
    decimals = 1 if growth or told.decimals is None else told.decimals
    return {
        str(label): Value(
            float(value),
            str(told.states.get(label, "")),
            told.unit,
            decimals,
            growth,
            few=str(label) in told.fragile,
        )
        for label, value in values.items()
    }


def spread(about: Subject, id_: str, codes: frozenset[str]) -> pd.Series:
    """
    Return the values of some communes that may be set side by side: whole, not fragile.

    Parameters
    ----------
    about
        What is observed.
    id_
        An indicator whose counts there are.
    codes
        The communes.
    """
    values = about.of(id_)
    if values is None:
        return pd.Series(dtype=float)
    out = {*about.told(id_).states, *about.unranked(id_)}
    kept = values[values.index.isin(list(codes))].dropna()
    return kept[[code not in out for code in kept.index]]
