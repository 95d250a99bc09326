"""Whole territories: which units a table holds only in part, and what they lack."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from basinmap.errors import BasinmapWarning, DataError, culprits
from basinmap.territory import embedded
from basinmap.territory.memberships import members_on
from basinmap.typography import number, typeset

__all__ = [
    "Lack",
    "check_covered",
    "lacking",
    "official_units",
    "remarks",
    "warn_of_part",
    "with_official",
]

_NAMED: Final = 5
"""How many absent communes are named."""
_DATED: Final = frozenset({"epci", "scot"})
_ABOVE: Final = _DATED | {"arrondissement", "departement", "region", "bassin"}


@dataclass(frozen=True, slots=True)
class Lack:
    """
    What a table lacks of a unit.

    Attributes
    ----------
    unit
        Its printed name, with its code.
    there
        How many of its communes, or IRIS, are in the table.
    absent
        Codes of those that are not, and could be.
    outside
        Codes of those of other départements, of which nothing is embedded; None where
        they are not known.
    parts
        French name of what is counted.
    """

    unit: str
    there: int
    absent: tuple[str, ...]
    outside: tuple[str, ...] | None
    parts: str

    @property
    def sentence(self) -> str:
        """What is covered, in French."""
        parts = self.parts.removesuffix("s") if self.there == 1 else self.parts
        without = []
        if self.absent:
            names = [_named(code, self.parts) for code in self.absent[:_NAMED]]
            left = len(self.absent) - len(names)
            more = f" et {number(left)} autres" if left else ""
            without.append(f"sans {', '.join(names)}{more}")
        if self.outside:
            without.append(f"sans {', '.join(self.outside)} (autre département)")
        if self.outside is None:
            without.append("sans celles des autres départements")
            return typeset(
                f"{self.unit} couvre {number(self.there)} {parts}, {', '.join(without)}"
            )
        whole = self.there + len(self.absent) + len(self.outside)
        return typeset(
            f"{self.unit} couvre {number(self.there)} {parts} sur "
            f"{number(whole)}, {', '.join(without)}"
        )


def official_units(
    level: str, parts: str = "commune", *, date: str = "2026-01-01"
) -> pd.Series | None:
    """
    Return the unit of every commune, or IRIS, at an official level.

    Parameters
    ----------
    level
        Name of a partition.
    parts
        `"commune"` or `"iris"`.
    date
        Day at which membership is read, of the levels that have one.

    Returns
    -------
    Series or None
        Named by the level; None where the name is that of no official level.

    Examples
    --------
    >>> official_units("epci")["62498"], official_units("zone")
    ('246200364', None)
    >>> official_units("commune", "iris")["624980101"]
    '62498'
    """
    nested = level == "commune" and parts == "iris"
    if level not in _ABOVE and not nested:
        return None
    members = members_on(level, date if level in _DATED else "2026-01-01")
    if parts == "commune":
        return members
    commune = embedded.table("iris")["commune"]
    held = members.reindex(commune.to_numpy()).to_numpy()
    return pd.Series(held, commune.index, name=level)


def with_official(
    given: pd.Series, *, date: str = "2026-01-01", parts: str = "commune"
) -> pd.Series:
    """
    Complete a partition that claims official units with what it does not tell of.

    Named after a level and made of its codes, it says that these units are its own:
    what they hold besides, and it does not list at all, is lacking. What it puts
    elsewhere, or nowhere, is the choice of its author.

    Parameters
    ----------
    given
        Unit of each commune, or IRIS.
    date
        Day at which membership is read.
    parts
        `"commune"` or `"iris"`.

    Examples
    --------
    >>> alone = pd.Series({"62498": "246200364"}, name="epci")
    >>> len(with_official(alone)), len(with_official(alone.rename("zone")))
    (36, 1)
    """
    official = official_units(str(given.name), parts, date=date)
    if official is None:
        return given
    held = official.isin(given.dropna().unique())
    more = official[held & ~official.index.isin(given.index)]
    return pd.concat([given.astype(object), more.astype(object)]).rename(given.name)


def lacking(codes: pd.Index, parent: pd.Series, members: pd.Series) -> dict[str, Lack]:
    """
    Return what each unit of a table lacks, for those that are not whole in it.

    Parameters
    ----------
    codes
        Those of the table, communes or IRIS.
    parent
        Unit of each, on them, named by the level.
    members
        Unit of all communes or IRIS that there are.

    Returns
    -------
    dict
        By code of the unit; nothing where all are whole.
    """
    level = str(parent.name)
    held = parent.dropna()
    everyone = members.dropna()
    everyone = everyone[everyone.isin(held.unique())]
    # What is in the table without a unit is in no sum.
    gone = everyone[~everyone.index.isin(held.index)]
    absent = {unit: tuple(map(str, rows.index)) for unit, rows in gone.groupby(gone)}
    beyond = _outside(level)
    there = held.value_counts()
    parts = "IRIS" if codes.name == "iris" else "communes"
    found = {}
    for unit in there.index.sort_values():
        outside = beyond.get(unit, ())
        if unit in absent or outside != ():
            found[unit] = Lack(
                _unit_name(level, unit),
                int(there[unit]),
                absent.get(unit, ()),
                outside,
                parts,
            )
    return found


def _outside(level: str) -> Mapping[str, tuple[str, ...] | None]:
    """Return which communes of each unit lie outside what is embedded."""
    if level == "region":
        return dict.fromkeys(embedded.labels("region").index)
    if level != "epci":
        return {}
    outside = embedded.labels("epci")["outside"].dropna()
    return {str(unit): tuple(codes.split()) for unit, codes in outside.items()}


def _unit_name(level: str, code: str) -> str:
    if level == "commune":
        return _named(code, "communes")
    if level == "bassin":
        return "Le bassin minier"
    if level == "scot":
        return str(embedded.labels(level)["name"].get(code, code))
    if level not in {"epci", "arrondissement", "departement", "region"}:
        return f"« {code} »"
    names = embedded.labels(level)["name"]
    return f"{names[code]} ({code})" if code in names.index else code


def _named(code: str, parts: str) -> str:
    names = embedded.table("iris") if parts == "IRIS" else embedded.communes_2026()
    if "name" in names.columns and code in names.index:
        return f"{names.loc[code, 'name']} ({code})"
    return str(code)


def remarks(
    part: Mapping[str, Lack], units: Iterable[object] = (), also: str = ""
) -> dict[str, str]:
    """
    Return what is to be printed of each unit that is not whole.

    Parameters
    ----------
    part
        What `lacking` returned.
    units
        All units.
    also
        What is to be said of each of them, if anything.
    """
    told = {code: f"{lack.sentence}." for code, lack in part.items()}
    if not also:
        return told
    return {
        unit: f"{told[unit]} {also}" if unit in told else also
        for unit in map(str, units)
    }


def _quoted(lacks: list[Lack]) -> str:
    """Write sentences as a message does, without the spaces of print."""
    plain = [lack.sentence.replace("\u202f", " ") for lack in lacks]
    return culprits([text.replace("\u00a0", " ") for text in plain], most=3)


def check_covered(part: Mapping[str, Lack], units: pd.Index) -> None:
    """
    Refuse a level of which a table holds no unit whole.

    Parameters
    ----------
    part
        What `lacking` returned.
    units
        All units that it meets.

    Raises
    ------
    DataError
        Saying of which table, or how, the level can be had.
    """
    cut = [code for code, lack in part.items() if lack.absent or lack.outside is None]
    if len(units) == 0 or len(cut) < len(units):
        return
    told = _quoted([part[code] for code in cut])
    msg = (
        f"no unit of level {str(units.name)!r} is whole in the table: {told}; compute "
        "it from a table of all its communes, such as bm.statistics() without epci= "
        "nor scot=, or say allow_partial=True to have what is there, marked as a part"
    )
    raise DataError(msg)


def warn_of_part(part: Mapping[str, Lack], *, stacklevel: int = 2) -> None:
    """
    Warn of the units that a table holds only in part.

    Parameters
    ----------
    part
        What `lacking` returned. Those that lack communes of other départements only are
        not warned of: nobody can add them.
    stacklevel
        See `warnings.warn`.

    Warns
    -----
    BasinmapWarning
        Naming them, and what they lack.
    """
    cut = [lack for lack in part.values() if lack.absent]
    if cut:
        told = _quoted(cut)
        warnings.warn(
            f"{len(cut)} unit(s) are not whole in the table: {told}. Their counts are "
            "lower bounds, their rates not available; add the rows that are missing, "
            "or say allow_partial=True",
            BasinmapWarning,
            stacklevel=stacklevel + 1,
        )
