"""Whole territories: which units a table holds only in part, and what they lack."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basinmap.errors import BasinmapWarning, DataError, culprits
from basinmap.territory import embedded
from basinmap.territory.days import Day, iso_day
from basinmap.territory.france import DEPARTEMENTS, departement_of, region_of
from basinmap.territory.lists import Territory, listed
from basinmap.territory.memberships import FIRST, LAST, everyone, members_on
from basinmap.typography import number, typeset

__all__ = [
    "Lack",
    "check_covered",
    "lacking",
    "official_units",
    "remarks",
    "warn_of_cut",
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
    names
        Name of each of those that are absent, by code.
    beyond
        How many more are in no list, and are known by their number only.
    """

    unit: str
    there: int
    absent: tuple[str, ...]
    outside: tuple[str, ...] | None
    parts: str
    names: Mapping[str, str] = field(default_factory=dict)
    beyond: int = 0

    @property
    def cut(self) -> bool:
        """Whether what it lacks could be given."""
        return bool(self.absent or self.beyond)

    @property
    def sentence(self) -> str:
        """What is covered, in French."""
        parts = self.parts.removesuffix("s") if self.there == 1 else self.parts
        without = []
        if self.absent:
            names = [self._named(code) for code in self.absent[:_NAMED]]
            left = len(self.absent) - len(names)
            more = f" et {number(left)} autres" if left else ""
            without.append(f"sans {', '.join(names)}{more}")
        if self.outside:
            without.append(f"sans {', '.join(self.outside)} (autre département)")
        if self.beyond:
            without.append(f"sans {number(self.beyond)} hors de la liste fournie")
        if self.outside is None:
            without.append("sans celles des autres départements")
            return typeset(
                f"{self.unit} couvre {number(self.there)} {parts}, {', '.join(without)}"
            )
        whole = self.there + len(self.absent) + len(self.outside) + self.beyond
        return typeset(
            f"{self.unit} couvre {number(self.there)} {parts} sur "
            f"{number(whole)}, {', '.join(without)}"
        )

    def _named(self, code: str) -> str:
        name = self.names.get(code)
        return f"{name} ({code})" if name else code


def official_units(
    level: str,
    parts: str = "commune",
    *,
    date: Day | None = None,
    year: int | None = None,
    territory: Territory | None = None,
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
        Day at which membership is read, of the levels that have one; by default
        1 January of `year`.
    year
        COG of the codes, by default 2026.
    territory
        The list of communes that is given, which tells its own units.

    Returns
    -------
    Series or None
        Named by the level; None where the name is that of no official level, or what
        it holds is not known.

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
    if territory is not None and territory.given:
        return _told(territory, level)
    year = LAST if year is None else year
    first = LAST if level == "arrondissement" else FIRST
    asked = date if level in _DATED else None
    if asked is None and not first <= year <= LAST:
        return None
    day = f"{year}-01-01" if asked is None else iso_day(asked)
    members = members_on(level, day, vintage=None if int(day[:4]) == year else LAST)
    if parts == "commune":
        return members
    commune = embedded.table("iris")["commune"]
    held = members.reindex(commune.to_numpy()).to_numpy()
    return pd.Series(held, commune.index, name=level)


def _told(territory: Territory, level: str) -> pd.Series | None:
    try:
        return everyone(territory, level)
    except DataError:  # it does not tell that level
        return None


def with_official(
    given: pd.Series,
    *,
    date: Day | None = None,
    parts: str = "commune",
    year: int | None = None,
    territory: Territory | None = None,
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
    date, parts, year, territory
        As for `official_units`.

    Examples
    --------
    >>> alone = pd.Series({"62498": "246200364"}, name="epci")
    >>> len(with_official(alone)), len(with_official(alone.rename("zone")))
    (36, 1)
    """
    official = official_units(
        str(given.name), parts, date=date, year=year, territory=territory
    )
    if official is None:
        return given
    held = official.isin(given.dropna().unique())
    more = official[held & ~official.index.isin(given.index)]
    return pd.concat([given.astype(object), more.astype(object)]).rename(given.name)


def lacking(
    codes: pd.Index,
    parent: pd.Series,
    members: pd.Series,
    territory: Territory | None = None,
) -> dict[str, Lack]:
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
    territory
        The list of communes, by default the embedded one.

    Returns
    -------
    dict
        By code of the unit; nothing where all are whole.
    """
    level = str(parent.name)
    territory = territory or listed(None)
    unit, found = pd.factorize(parent)
    there = np.bincount(unit[unit >= 0], minlength=len(found))
    whose = pd.Index(found).get_indexer(members)
    inside = whose >= 0
    every = members if inside.all() else members[inside]
    # What is in the table without a unit is in no sum. Looked up, as `isin` of text
    # held by Arrow is several times slower.
    row = _rows_of(codes, every.index)
    gone = every[(row < 0) | (unit[row] < 0)]
    parts = gone.groupby(gone) if len(gone) else ()
    absent = {unit: tuple(map(str, rows.index)) for unit, rows in parts}
    whole = dict(
        zip(found, np.bincount(whose[inside], minlength=len(found)), strict=True)
    )
    iris = codes.name == "iris"
    outside = {} if iris and territory.given else _outside(level, every)
    beyond = {} if iris else _beyond(level, whole, territory)
    cut = [u for u in found if u in absent or u in outside or u in beyond]
    if not cut:
        return {}
    held = dict(zip(found, there, strict=True))
    named = _names(gone.index, territory, iris=iris)
    units = _units(level, territory)
    return {
        unit: Lack(
            units(unit),
            int(held[unit]),
            absent.get(unit, ()),
            outside.get(unit, ()),
            "IRIS" if iris else "communes",
            {code: named[code] for code in absent.get(unit, ())[:_NAMED]},
            beyond.get(unit, 0),
        )
        for unit in sorted(cut)
    }


def _rows_of(codes: pd.Index, wanted: pd.Index) -> NDArray[np.intp]:
    """Return the row of each code that is wanted, -1 where there is none."""
    size = len(codes)
    if len(wanted) >= size and wanted[:size].equals(codes):
        # A list and its own table: no code stands twice, and what follows is elsewhere.
        return np.append(np.arange(size), np.full(len(wanted) - size, -1))
    return codes.get_indexer(wanted)


def _outside(level: str, members: pd.Series) -> dict[str, tuple[str, ...] | None]:
    """Return which communes of each unit are in no list, where they are known."""
    if level == "region":
        held = members.groupby(members.index.map(departement_of)).first()
        there = set(held.index)
        lacks = {region_of(code) for code in DEPARTEMENTS if code not in there}
        return dict.fromkeys(str(unit) for unit in held.unique() if unit in lacks)
    if level != "epci":
        return {}
    known = embedded.labels("epci")["outside"].dropna()
    found = {
        str(unit): tuple(c for c in codes.split() if c not in members.index)
        for unit, codes in known.items()
    }
    return {unit: codes for unit, codes in found.items() if codes}


def _beyond(
    level: str, held: Mapping[str, int], territory: Territory
) -> dict[str, int]:
    """Return how many communes of each unit a list that was cut does not hold."""
    whole = territory.whole.get(level)
    if not whole:
        return {}
    lacks = {unit: whole.get(unit, 0) - int(count) for unit, count in held.items()}
    return {str(unit): count for unit, count in lacks.items() if count > 0}


def _units(level: str, territory: Territory) -> Callable[[str], str]:
    """Return how the units of a level are printed, with their code."""
    if level == "commune":
        names = territory.names("commune")
    elif level == "bassin":
        return lambda _: "Le bassin minier"
    elif level == "scot":
        scots = embedded.labels(level)["name"]
        return lambda code: str(scots.get(code, code))
    elif level not in {"epci", "arrondissement", "departement", "region"}:
        return lambda code: f"« {code} »"
    elif territory.given:
        names = territory.names(level)
    else:
        names = embedded.labels(level)["name"]
    return lambda code: f"{names[code]} ({code})" if code in names.index else code


def _names(codes: pd.Index, territory: Territory, *, iris: bool) -> dict[str, str]:
    """Return the name of communes or IRIS, that are listed or embedded."""
    if not len(codes):
        return {}
    known = embedded.table("iris") if iris else embedded.communes_2026()
    found: dict[str, str] = known["name"].reindex(codes).fillna("").to_dict()
    if territory.given and not iris:
        names = territory.names("commune")
        # Few codes among many names: looked for, not looked up.
        found |= names[names.index.isin(codes)].to_dict()
    return found


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
    cut = [code for code, lack in part.items() if lack.cut or lack.outside is None]
    if len(units) == 0 or len(cut) < len(units):
        return
    told = _quoted([part[code] for code in cut])
    msg = (
        f"no unit of level {str(units.name)!r} is whole in the table: {told}; compute "
        "it from a table of all its communes, such as bm.statistics() without epci= "
        "nor scot=, and a list that holds them where communes= is given, or say "
        "allow_partial=True to have what is there, marked as a part"
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
    cut = [lack for lack in part.values() if lack.cut]
    if cut:
        told = _quoted(cut)
        warnings.warn(
            f"{len(cut)} unit(s) are not whole in the table: {told}. Their counts are "
            "lower bounds, their rates not available; add the rows that are missing, "
            "or say allow_partial=True",
            BasinmapWarning,
            stacklevel=stacklevel + 1,
        )


def warn_of_cut(part: Mapping[str, Lack], *, stacklevel: int = 2) -> None:
    """
    Warn of the units that a list of communes holds only in part.

    Parameters
    ----------
    part
        What `lacking` returned of the codes of the list.
    stacklevel
        See `warnings.warn`.

    Warns
    -----
    BasinmapWarning
        Naming them, and what they lack.
    """
    cut = [lack for lack in part.values() if lack.cut or lack.outside is None]
    if cut:
        warnings.warn(
            f"{len(cut)} unit(s) are not whole in the list given: {_quoted(cut)}. What "
            "is returned is their part in it; give a list that holds them, "
            "bm.read_territory(path)",
            BasinmapWarning,
            stacklevel=stacklevel + 1,
        )
