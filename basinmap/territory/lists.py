"""
Lists of communes: the embedded one, or that which the user gives.

Whatever takes `communes=` asks `listed` which list it is about, and then knows its
codes, its year, the unit of each commune by level, and how messages call it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final, TypeAlias

import pandas as pd

from basinmap.errors import CodeError, DataError, VintageError, culprits
from basinmap.territory import embedded
from basinmap.territory.days import Day, iso_day
from basinmap.territory.former import fates, told, unknown_communes
from basinmap.territory.france import (
    DEPARTEMENTS,
    REGIONS,
    departement_of,
    region_of,
)
from basinmap.territory.levels import (
    LEVELS,
    check_codes,
    check_level,
    check_unique,
    fold,
    names_of,
    resolve_codes,
    usual_name,
)
from basinmap.values.told import bare, fact_of, told_of

__all__ = ["Communes", "Territory", "listed"]

_EMBEDDED: Final = 2026


@dataclass(frozen=True, slots=True)
class Territory:
    """
    A list of communes that is taken for the whole of what it is about.

    Attributes
    ----------
    title
        How messages call it.
    year
        COG year of its codes, and of the units that it tells.
    frame
        Index `commune`; `name`, and a column a level, such as `epci`.
    given
        Whether the user gave it; else it is the embedded one, whose EPCI and SCoT
        are dated.
    sources
        Where it comes from, French lines.
    whole
        By level and unit, how many communes there are, as far as is known; more than
        in the list where it was cut.
    known
        The unit of each commune, of the levels that were asked for.
    """

    title: str
    year: int
    frame: pd.DataFrame
    given: bool = True
    sources: tuple[str, ...] = ()
    whole: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    known: dict[str, pd.Series] = field(default_factory=dict, compare=False, repr=False)

    @property
    def plain(self) -> pd.DataFrame:
        """Give its frame, of which nothing is told: what is told is slow to copy."""
        return bare(self.frame)

    @property
    def codes(self) -> pd.Index:
        """Give the codes of its communes."""
        return self.frame.index

    def day(self, date: Day | None) -> str:
        """
        Return the day at which membership is read.

        Parameters
        ----------
        date
            What is asked for, or None.

        Raises
        ------
        VintageError
            If it is not of the year of a list that is given.
        """
        own = f"{self.year}-01-01"
        if date is None:
            return own
        day = iso_day(date)
        if self.given and int(day[:4]) != self.year:
            msg = (
                f"date={day!r}: {self.title} says who is where in {self.year} only; "
                "leave date out, or give the list of that year"
            )
            raise VintageError(msg)
        return day

    def check_year(self, vintage: int) -> None:
        """
        Refuse another year than that of the list.

        Parameters
        ----------
        vintage
            COG year that is asked for.

        Raises
        ------
        VintageError
            If it is another.
        """
        if vintage != self.year:
            msg = f"vintage={vintage!r}: {self.title}, is of another year; leave it out"
            raise VintageError(msg)

    def members(self, level: str) -> pd.Series:
        """
        Return the unit of each commune, as the list tells.

        Parameters
        ----------
        level
            One of `LEVELS`.

        Raises
        ------
        DataError
            If it does not tell that level.
        """
        check_level(level)
        if level not in self.known:
            found = self._members(level)
            told = pd.Series(found.to_numpy(), self.codes, name=level, dtype=object)
            self.known[level] = told
        return self.known[level].copy()

    def _members(self, level: str) -> pd.Series:
        codes = self.codes.to_series()
        match level:
            case "commune":
                return codes
            case "departement":
                return codes.map(departement_of)
            case "region":
                return codes.map(departement_of).map(region_of)
            case _ if level in self.frame.columns:
                return self.plain[level]
            case _:
                raise DataError(self._untold(level))

    def _untold(self, level: str) -> str:
        """Say that a level is not told, and what would tell it."""
        own = {"commune", "departement", "region", *self.frame.columns}
        cure = f"add the column, communes[{level!r}] = codes"
        if level == "epci":
            cure = "read it with its composition, bm.read_territory(path, epcis=…)"
        return (
            f"{self.title} has no column {level!r}: it tells "
            f"{culprits([x for x in LEVELS if x in own], most=9)}; {cure}, or give "
            "your own partition, a Series from commune to unit"
        )

    def names(self, level: str) -> pd.Series:
        """
        Return the name of each unit of a level; its code where it has none.

        Parameters
        ----------
        level
            One of `LEVELS`.
        """
        if not self.given:
            return names_of(level)
        if level == "commune":
            names = self.plain.get("name", self.codes.to_series())
            return names.fillna(self.codes.to_series())
        if level in {"scot", "bassin"} and level not in self.frame.columns:
            return names_of(level)
        members = self.members(level)
        codes = pd.Index(sorted(members.dropna().unique()), name=level)
        own = pd.Series(index=codes, dtype=object)
        if f"{level}_name" in self.frame.columns:
            own = self.plain[f"{level}_name"].groupby(members).first().reindex(codes)
        known: dict[str, str] = names_of(level).to_dict()
        known |= {"departement": DEPARTEMENTS, "region": REGIONS}.get(level, {})
        rest = codes.to_series().map(lambda code: known.get(code, code))
        return own.fillna(rest).rename("name")

    def resolve(self, units: object, level: str) -> list[str]:
        """
        Return the codes of units that are given by code, or by a name of their own.

        Parameters
        ----------
        units
            One code or name, or several.
        level
            Their level.

        Raises
        ------
        CodeError
            If one is not in the list, with near names, or nothing is asked for.
        """
        if not self.given:
            return resolve_codes(units, level)
        several = isinstance(units, Iterable) and not isinstance(units, str)
        wanted = list(units) if several else [units]  # type: ignore[call-overload]
        if not wanted:
            msg = f"empty selection of {level}: give at least one code"
            raise CodeError(msg)
        names = self.names(level)
        known = set(names.index)
        plain = known.issuperset(map(str, wanted))
        by_name = {} if plain else _by_name(names, level)
        found = []
        for item in wanted:
            spelt = (fold(str(item)), usual_name(str(item)))
            called = next((by_name[name] for name in spelt if name in by_name), None)
            code = item if item in known else called
            if not isinstance(code, str):
                raise CodeError(self._unclear(item, level, names))
            found.append(code)
        return found

    def _unclear(self, item: object, level: str, names: pd.Series) -> str:
        """Say what a unit that is not in the list may be."""
        said = f"no {level} {item!r} in {self.title}"
        text = fold(str(item))
        folded = names.map(fold)
        same = names.index[folded == text]
        near = difflib.get_close_matches(text, list(folded), n=3, cutoff=0.6)
        near = near if text else []
        within = folded.index[folded.str.contains(rf"\b{text}\b")] if text else []
        likely = dict.fromkeys([*same, *within[:3], *names.index[folded.isin(near)]])
        if likely:
            hints = [f"{code!r} ({names[code]})" for code in likely]
            return f"{said}: did you mean {'; '.join(hints[:4])}?"
        return (
            f"{said}: its {len(names)} are such as {culprits(names.index, most=3)}; "
            "give a list that holds it, communes=bm.read_territory(path)"
        )

    def check_known(self, codes: pd.Index, *, table: str = "table") -> None:
        """
        Refuse codes that no commune of the list bears: they would vanish.

        Parameters
        ----------
        codes
            Well-formed codes of communes.
        table
            What they are of, for the message.

        Raises
        ------
        CodeError
            With what became of them, and what to type.
        """
        if codes.equals(self.codes):
            return
        # Looked up, for `isin` of text held by Arrow is several times slower.
        lost = codes[self.codes.get_indexer(codes) < 0]
        if lost.empty:
            return
        said = f"{len(lost)} code(s) are no commune of {self.title}: "
        if not self.given:
            raise CodeError(said + unknown_communes(lost, table=table))
        # Of Nord and Pas-de-Calais, what became of a code is known.
        gone = [fates()[code] for code in lost if code in fates()]
        gone = [fate for fate in gone if fate.last_year < self.year]
        parts = []
        if gone:
            year = min(fate.last_year for fate in gone)
            parts.append(
                f"{told(gone)}: bm.rebase({table}, from_year={year}, "
                f"to_year={self.year})"
            )
        rest = lost.difference([fate.code for fate in gone], sort=False)
        if len(rest):
            parts.append(
                f"{culprits(rest)}: drop the rows that lie elsewhere, bring codes of "
                f"another year to {self.year}, or give a list that holds them, "
                "communes=bm.read_territory(path)"
            )
        raise CodeError(said + "; ".join(parts))


Communes: TypeAlias = pd.DataFrame | Territory | None
"""A list of communes that the user gives, or None for the embedded one."""


def _by_name(names: pd.Series, level: str) -> dict[str, str]:
    """Return folded name to code, of the names that one unit bears."""
    spelt = [names.map(fold)]
    if level in {"epci", "scot"}:
        spelt.insert(0, names.map(usual_name))
    found: dict[str, str] = {}
    for folded in spelt:
        alone = folded[~folded.duplicated(keep=False)]
        found |= dict(zip(alone, alone.index, strict=True))
    return found


@cache
def _embedded() -> Territory:
    return Territory(
        title=f"Nord and Pas-de-Calais in {_EMBEDDED}",
        year=_EMBEDDED,
        frame=embedded.communes_2026(),
        given=False,
        sources=embedded.credit("name", "epci"),
    )


def listed(communes: Communes) -> Territory:
    """
    Return the list of communes that is meant.

    Parameters
    ----------
    communes
        What `read_territory` returned, or rows of it; None for the embedded list.

    Raises
    ------
    DataError
        If it is no frame of communes, or one stands twice.
    CodeError
        If codes are malformed.
    VintageError
        If it does not say of which year it is.

    Examples
    --------
    >>> listed(None).title, len(listed(None).codes)
    ('Nord and Pas-de-Calais in 2026', 1534)
    """
    if communes is None:
        return _embedded()
    if isinstance(communes, Territory):
        return communes
    if not isinstance(communes, pd.DataFrame) or communes.index.name != "commune":
        msg = (
            "communes: a frame indexed by commune is needed, as "
            f"bm.read_territory(path) returns it, not {type(communes).__name__}"
            + (
                f" indexed by {communes.index.name!r}"
                if isinstance(communes, pd.DataFrame)
                else ""
            )
        )
        raise DataError(msg)
    if communes.empty:
        msg = "communes: the list is empty; what it was selected by holds for no row"
        raise DataError(msg)
    check_unique(communes.index, "communes")
    check_codes(communes.index, "commune")
    year = re.search(r"(?:19|20)[0-9]{2}", told_of(communes).geography)
    if year is None:
        msg = (
            "communes: of which year is this list? It does not say: "
            "communes=bm.read_territory(frame, year=2026)"
        )
        raise VintageError(msg)
    sources = told_of(communes).sources
    whose = f" ({sources[0][:60]})" if sources else ""
    return Territory(
        title=f"the list given{whose}, {year[0]}",
        year=int(year[0]),
        frame=communes,
        sources=sources,
        whole=fact_of(communes, "whole") or {},
    )
