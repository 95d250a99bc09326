"""
Which unit holds each commune, at a date.

EPCI from 2019 come from the official lists of each 1 January. Before, they follow
from the lineage of the eight EPCI of the bassin minier, where it allows: no list
of that time is embedded, and what cannot be told is missing, and said to be. The
lists of the user, as `read_memberships` returns them, tell any year.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cache
from typing import TypeAlias

import pandas as pd

from basinmap.arguments import check_given
from basinmap.errors import (
    BasinmapWarning,
    DataError,
    VintageError,
    called_from,
    culprits,
)
from basinmap.territory import embedded
from basinmap.territory.days import Day, iso_day
from basinmap.territory.former import communes_of
from basinmap.territory.levels import BASSIN, check_level, resolve_codes
from basinmap.territory.lists import Communes, Territory, listed
from basinmap.territory.timelines import timeline
from basinmap.typography import number

__all__ = [
    "Lists",
    "check_alone",
    "check_date",
    "epci_names",
    "everyone",
    "gaps_of",
    "incomplete",
    "known_epcis",
    "lineage",
    "lists_by_year",
    "members_of",
    "members_on",
    "membership",
    "runs",
    "warn_of_unknown",
]

Lists: TypeAlias = pd.DataFrame | Sequence[pd.DataFrame] | None
"""Lists of EPCI of the user, as `read_memberships` returns them."""

FIRST, LAST, LISTED = 2008, 2026, 2019
EMERCHICOURT = "59192"
OSTREVENT, HAINAUT = "245901152", "200042190"

# SIREN that bear one perimeter, or part of one, before the lists: first year.
_BEFORE = {
    "246200364": 2008,
    "246200299": 2008,
    "245901160": 2008,
    OSTREVENT: 2008,
    "200044618": 2014,
    HAINAUT: 2014,
    "200072460": 2017,
    "200044048": 2017,
}
_FORMER_DOUAISIS = "245901228"
# First 1 January for which the perimeter of each SCoT is established.
_SCOT_FROM = {
    "lens-lievin-henin-carvin": 2008,
    "grand-douaisis": 2008,
    "valenciennois": 2008,
    "artois": 2017,
    "osartis-marquion": 2019,
}
_PEVELE_LEFT = 2015
_EVERYWHERE = 2014
"""First year in which every commune had to be in an EPCI."""


def lists_by_year(memberships: Lists) -> dict[int, pd.DataFrame]:
    """
    Return the lists of EPCI that are given, by year.

    Parameters
    ----------
    memberships
        One list, several, or None.

    Raises
    ------
    DataError
        If one is no such list, or two are of one year.
    """
    if memberships is None:
        return {}
    several = [memberships] if isinstance(memberships, pd.DataFrame) else memberships
    found: dict[int, pd.DataFrame] = {}
    for given in several:
        lacking = {"epci", "name", "nature", "year"}
        if isinstance(given, pd.DataFrame) and given.index.name == "commune":
            lacking -= set(given.columns)
        if lacking:
            columns = culprits(sorted(lacking))
            msg = (
                "memberships: lists of EPCI are needed, as bm.read_memberships(path) "
                f"returns them, not {type(given).__name__} without {columns}"
            )
            raise DataError(msg)
        for year, rows in given.groupby("year"):
            if int(year) in found or rows.index.has_duplicates:
                msg = f"memberships: two lists of {year}; give one of each year"
                raise DataError(msg)
            found[int(year)] = rows
    return found


def gaps_of(memberships: Lists, date: Day) -> tuple[str, ...]:
    """
    Return the communes that the list of a day should hold, and leaves out.

    A commune that is listed without an EPCI is no gap; nor is one that is not listed
    before 2014, unless it is known to have been in an EPCI. Of a département of which
    a list holds less than half, it is an extract.

    Parameters
    ----------
    memberships
        Lists of the user.
    date
        Day at which membership is read.

    Examples
    --------
    >>> listed = pd.DataFrame({"epci": known_epcis(2019)}).assign(
    ...     name="", nature="CC", year=2019
    ... )
    >>> gaps_of(listed.drop("62498"), "2019-01-01"), gaps_of(listed, "2019-01-01")
    (('62498',), ())
    """
    year = int(iso_day(date)[:4])
    rows = lists_by_year(memberships).get(year)
    if rows is None:
        return ()
    every, listed = communes_of(year), set(rows.index)
    absent = sorted(every - listed)
    if year < _EVERYWHERE:
        known = known_epcis(year).dropna() if year >= FIRST else {}
        absent = [code for code in absent if code in known]
    whole = {
        head
        for head in ("59", "62")
        if 2 * sum(code.startswith(head) for code in every & listed)
        >= sum(code.startswith(head) for code in every)
    }
    return tuple(code for code in absent if code[:2] in whole)


def incomplete(memberships: Lists, date: Day) -> str:
    """
    Say in French that the list of a day leaves communes out; nothing if it does not.

    Parameters
    ----------
    memberships, date
        As for `gaps_of`.
    """
    gaps = gaps_of(memberships, date)
    if not gaps:
        return ""
    more = "…" if len(gaps) > 5 else ""
    some = "s" * (len(gaps) > 1)
    return (
        f"Liste des EPCI de {iso_day(date)[:4]} incomplète : {number(len(gaps))} "
        f"commune{some} sans EPCI ({', '.join(gaps[:5])}{more})."
    )


def check_date(date: Day, memberships: Lists = None) -> int:
    """
    Return the year of a date, if memberships are known for it.

    Parameters
    ----------
    date
        Written `"2026-01-01"`, or a date. A perimeter of EPCI changes on 1 January.
    memberships
        Lists of the user, which cover other years.

    Raises
    ------
    VintageError
        If it is no date, or out of the years covered.

    Examples
    --------
    >>> check_date("2023-06-30")
    2023
    """
    date = iso_day(date)
    year = int(date[:4])
    given = lists_by_year(memberships)
    if not FIRST <= year <= LAST and year not in given:
        also = f", and what is given {sorted(given)}" if given else ""
        msg = (
            f"no membership is embedded for {date}: it covers {FIRST}-01-01 to "
            f"{LAST}-12-31{also}; write date='2026-01-01', or give a list of that "
            "year, memberships=bm.read_memberships(path)"
        )
        raise VintageError(msg)
    return year


@cache
def known_epcis(year: int) -> pd.Series:
    """
    Return the EPCI of each commune as far as is embedded, by code of that year.

    Parameters
    ----------
    year
        From 2008 to 2026.
    """
    spells = embedded.table("memberships")
    listed = max(year, LISTED)
    held = spells[(spells["valid_from"] <= listed) & (spells["valid_to"] >= listed)]
    members = held.set_index("commune")["epci"].sort_index()
    if year < LISTED:
        members = members.copy()
        members[EMERCHICOURT] = OSTREVENT
        known = members.map(_BEFORE) <= year
        if year < 2014:
            douaisis = members == "200044618"
            members = members.mask(douaisis, _FORMER_DOUAISIS)
            known |= douaisis
        members = members.where(known).reindex(sorted(communes_of(year)))
    return members.rename("epci")


@cache
def _scot(year: int) -> pd.Series:
    """Return the SCoT of each commune, of the five of the bassin minier."""
    frame = embedded.communes_2026()
    of_epci = frame.dropna(subset="scot").groupby("epci")["scot"].first()
    members = known_epcis(max(year, LISTED)).map(of_epci)
    if year < LISTED:
        members[EMERCHICOURT] = "grand-douaisis"
    if year < _PEVELE_LEFT:
        # The nine communes of the Pévèle are the rest of today's arrondissement.
        douai = frame.index[frame["arrondissement"] == "593"]
        pevele = douai.intersection(members.index[members.isna()])
        members[pevele] = "grand-douaisis"
    members = members.where(members.map(_SCOT_FROM) <= year)
    return members.reindex(sorted(communes_of(year))).rename("scot")


def membership(
    level: str,
    *,
    date: Day | None = None,
    vintage: int | None = 2026,
    memberships: Lists = None,
    communes: Communes = None,
) -> pd.Series:
    """
    Return the unit of a level that holds each commune at a date.

    Parameters
    ----------
    level
        `"epci"`, `"scot"`, `"arrondissement"`, `"departement"`, `"region"`,
        `"bassin"` or `"commune"` itself.
    date
        Day at which membership is read, from 2008; by default 1 January 2026, or of
        the list in `communes`. Lists of EPCI are embedded from 2019; before, the
        eight EPCI of the bassin minier as far as their lineage tells.
        Arrondissements are those of 2026.
    vintage
        COG of the codes: 2026, or None for that of the date.
    memberships
        Lists of EPCI of other years, or of the same, which then go first: one frame
        of `read_memberships`, or several.
    communes
        A list of your own in place of the embedded one, as `read_territory` returns
        it: of its year, codes and units are what it tells.

    Returns
    -------
    Series
        Index `commune`, named by the level; missing where no unit is known, or a
        commune of 2026 lay in several.

    Raises
    ------
    VintageError
        If the date or the vintage is not covered.
    CodeError
        If the level is unknown.
    DataError
        If communes are not nested in the level, or a list given is none, or does not
        tell it.

    Warns
    -----
    BasinmapWarning
        If the EPCI of some communes are not known at that date, saying how many, or
        communes of 2026 lay in several.

    Examples
    --------
    Émerchicourt went from the Cœur d'Ostrevent to the Porte du Hainaut and back:

    >>> import basinmap as bm
    >>> [bm.membership("epci", date=f"{y}-01-01")["59192"] for y in (2022, 2023)]
    ['200042190', '245901152']

    The list of the communes is that of the date when asked for:

    >>> len(bm.membership("departement", date="2010-01-01", vintage=None))
    1547
    """
    check_given(membership, locals())
    territory = listed(communes)
    day = territory.day(date)
    if territory.given:
        check_alone(memberships)
        if vintage not in {None, LAST}:
            territory.check_year(vintage)
        return members_of(territory, level)
    warn_of_unknown(level, day, memberships, vintage=vintage)
    return members_on(level, day, vintage=vintage, memberships=memberships)


def check_alone(memberships: Lists) -> None:
    """
    Refuse lists of EPCI beside a list of communes that tells them.

    Parameters
    ----------
    memberships
        What was given as `memberships=`.

    Raises
    ------
    DataError
        If anything was.
    """
    if memberships is not None:
        msg = (
            "memberships= and communes= both say who is in which EPCI: give one, or "
            "put them together, bm.read_territory(path, epcis=memberships)"
        )
        raise DataError(msg)


def members_of(territory: Territory, level: str) -> pd.Series:
    """
    Return the unit of each commune of a list that is given.

    Parameters
    ----------
    territory
        What `listed` returned.
    level
        Its column, or what follows from the codes; the SCoT and the bassin minier that
        are embedded, where the list is of one of their years.

    Raises
    ------
    DataError
        If that is not told.
    """
    known = _known(territory.year, level)
    if level in territory.frame.columns or level not in {"scot", "bassin"}:
        return territory.members(level)
    found = known.reindex(territory.codes)
    return territory.members(level) if found.isna().all() else found.rename(level)


def everyone(territory: Territory, level: str) -> pd.Series:
    """
    Return the unit of each commune of a list, and of others that are known besides.

    Of Nord and Pas-de-Calais the lists are embedded: an EPCI of which a list that is
    given holds one commune is known to have others.

    Parameters
    ----------
    territory
        What `listed` returned.
    level
        One of `LEVELS`.
    """
    own = members_of(territory, level)
    known = _known(territory.year, level)
    beside = known[own.index.get_indexer(known.index) < 0]
    return pd.concat([own, beside]).rename(level) if len(beside) else own


def _known(year: int, level: str) -> pd.Series:
    """Return what is embedded of a level in a year, communes next door included."""
    nothing = pd.Series(dtype=object, name=level)
    dated = {"epci", "scot", "bassin", "departement", "region"}
    first = LISTED if level in {"epci", "scot"} else FIRST
    if level == "arrondissement":
        dated, first = {*dated, level}, LAST
    if level not in dated or not first <= year <= LAST:
        return nothing
    members = members_on(level, f"{year}-01-01", vintage=None).dropna()
    if level != "epci":
        return members.astype(object)
    outside = embedded.labels("epci")["outside"].dropna()
    next_door = {
        code: siren
        for siren, codes in outside.items()
        for code in codes.split()
        if (members == siren).any()
    }
    return pd.concat([members, pd.Series(next_door, dtype=object)]).astype(object)


def members_on(
    level: str,
    date: Day,
    *,
    vintage: int | None = 2026,
    memberships: Lists = None,
) -> pd.Series:
    """
    Return what `membership` does, without a word on what is unknown.

    Parameters
    ----------
    level, date, vintage, memberships
        As for `membership`.
    """
    year = check_date(date, memberships)
    if vintage not in {None, 2026}:
        msg = f"vintage={vintage!r}: write 2026, or None for the codes of the date"
        raise VintageError(msg)
    codes = embedded.communes_2026().index
    if vintage is None:
        codes = pd.Index(sorted(communes_of(year)), dtype="str")
    given = lists_by_year(memberships).get(year) if level == "epci" else None
    if given is None:
        members = _members(check_level(level), year, codes)
    else:
        members = _listed(given)
        members = _carried(members, year) if vintage == 2026 else members
    return members.reindex(codes).rename_axis("commune").rename(level).copy()


def warn_of_unknown(
    level: str,
    date: Day,
    memberships: Lists = None,
    *,
    vintage: int | None = 2026,
    among: pd.Index | None = None,
) -> None:
    """
    Warn of communes whose unit is not known at a date.

    Parameters
    ----------
    level, date, memberships, vintage
        As for `membership`.
    among
        The communes of 2026 that are asked for; by default all.

    Warns
    -----
    BasinmapWarning
        With how many, and what to give.
    """
    year, date = check_date(date, memberships), iso_day(date)
    given = lists_by_year(memberships).get(year)
    if level == "epci" and (gaps := gaps_of(memberships, date)):
        warnings.warn(
            f"the list of EPCI of {year} leaves out {len(gaps)} commune(s): "
            f"{culprits(gaps)}; the EPCI they are of lack them: add them to the list",
            BasinmapWarning,
            stacklevel=called_from(),
        )
    if level == "epci" and given is not None:
        torn = _torn(_listed(given), year) if vintage else []
        told = (
            f"{len(torn)} commune(s) of 2026 lay in several EPCI on {date}, or partly "
            f"in none, and are left without: {culprits(torn)}"
        )
        told = told if torn else ""
    elif level == "epci" and year < LISTED:
        known = members_on("epci", date)
        known = known if among is None else known[among]
        unknown = known.index[known.isna()]
        near = _members_2026("bassin", LAST).dropna().index.intersection(unknown)
        told = (
            f"{len(unknown):,} of the {len(known):,} communes have no known EPCI on "
            f"{date}, {len(near)} of them in the bassin minier: no list of that year "
            "is embedded; give memberships=bm.read_memberships(path), the "
            "« composition communale des EPCI » of Insee or of the DGCL"
        )
        told = told if len(unknown) else ""
    elif level == "scot" and (late := [k for k, y in _SCOT_FROM.items() if y > year]):
        told = (
            f"the perimeter of {len(late)} SCoT is not established on {date}: "
            f"{culprits(late)}; their communes are left without"
        )
    else:
        return
    if told:
        warnings.warn(told, BasinmapWarning, stacklevel=called_from())


def _listed(rows: pd.DataFrame) -> pd.Series:
    """Return the EPCI of the communes of 59 and 62 in a list of the user."""
    codes = sorted(communes_of(int(rows["year"].iloc[0])))
    return rows["epci"].reindex(codes)


def _holders(members: pd.Series, year: int) -> dict[str, set[str]]:
    """Return the units that held the ground of each commune of 2026; "" for none."""
    line = timeline(None)
    unit = members.fillna("").to_dict()
    held = {
        atom: unit.get(code, "")
        for code, ground in line.grounds(year).items()
        for atom in ground
    }
    return {
        code: {held[atom] for atom in ground if atom in held}
        for code, ground in line.grounds(LAST).items()
    }


def _carried(members: pd.Series, year: int) -> pd.Series:
    """Return the unit of each commune of 2026, missing where it lay in several."""
    found = {
        code: next(iter(units))
        for code, units in _holders(members, year).items()
        if len(units) == 1 and "" not in units
    }
    return pd.Series(found, dtype=members.dtype)


def _torn(members: pd.Series, year: int) -> list[str]:
    """Return the communes of 2026 that lay in several units."""
    held = _holders(members, year)
    return sorted(code for code, units in held.items() if len(units) > 1)


def _members(level: str, year: int, codes: pd.Index) -> pd.Series:
    if level == "epci":
        return known_epcis(year)
    if level == "scot":
        return _scot(year)
    if level in {"bassin", "arrondissement"}:
        return _members_2026(level, year)
    values = {
        "commune": codes,
        "departement": codes.str[:2],
        "region": "32" if year >= 2016 else "31",
    }
    if level not in values:
        msg = (
            f"communes are not nested in the level {level!r}: give your own "
            "partition, a Series from commune to unit"
        )
        raise DataError(msg)
    return pd.Series(values[level], index=codes)


def _members_2026(level: str, year: int) -> pd.Series:
    frame = embedded.communes_2026()
    if level == "bassin":
        # Eight EPCI: the 336 communes have not changed since 2008.
        return frame["scot"].where(frame["scot"].isna(), BASSIN)
    if year != LAST:
        msg = f"arrondissements are embedded for {LAST}, not {year}"
        raise VintageError(msg)
    return frame["arrondissement"]


def epci_names(year: int, memberships: Lists = None) -> pd.DataFrame:
    """
    Return name and nature of each EPCI in the list of that year.

    Parameters
    ----------
    year
        Year of the 1 January list; before 2019, that of 2019 and the lineage.
    memberships
        Lists of the user, whose names go first.

    Examples
    --------
    >>> epci_names(2024).loc["245901152", "nature"], epci_names(2025).loc[
    ...     "245901152", "nature"]
    ('CC', 'CA')
    """
    given = lists_by_year(memberships).get(year)
    if given is not None:
        return given.dropna(subset="epci").groupby("epci")[["name", "nature"]].first()
    table = embedded.table("epci_years")
    listed = table[table["year"] == max(year, LISTED)].set_index("epci")
    names = listed[["name", "nature"]].copy()
    # The lists of some years lack the ligature, or add the initials.
    spelt = names["name"].str.replace("Coeur", "Cœur")
    names["name"] = spelt.str.replace(r"\s*\([A-Z0-9]+\)$", "", regex=True)
    if year < 2014:
        names.loc[_FORMER_DOUAISIS] = ["CA du Douaisis", "CA"]
    if year == LAST:
        labels = embedded.labels("epci")["name"]
        names["name"] = labels.reindex(names.index).fillna(names["name"])
    return names


def lineage(*, epci: str | None = None) -> pd.DataFrame:
    """
    Return what happened to EPCI: fusions, new SIREN, transfers, change of nature.

    Parameters
    ----------
    epci
        Keep the events that touch this EPCI, of today or of once: a SIREN, or the
        name of one of today. By default all of them.

    Returns
    -------
    DataFrame
        In order of `date`: `nature` (`"fusion"`, `"siren"`: same perimeter under a
        new SIREN, `"transfer"` of one commune, `"nature"`: CC to CA), `from_siren`,
        `from_name`, `from_communes`, `to_siren`, `to_name`, `to_communes`,
        `commune`, `source`, `note`. Before 2020, the eight EPCI of the bassin
        minier only.

    Raises
    ------
    CodeError
        If no EPCI of Nord and Pas-de-Calais ever bore it.

    Examples
    --------
    >>> import basinmap as bm
    >>> event = bm.lineage(epci="200044618").iloc[0]
    >>> event["nature"], event["from_siren"], int(event["to_communes"])
    ('siren', '245901228', 35)
    """
    check_given(lineage, locals())
    events = embedded.table("lineage")
    if epci is not None:
        code = _siren(epci)
        touched = (events["from_siren"] == code) | (events["to_siren"] == code)
        events = events[touched]
    return events.sort_values("date", kind="stable").reset_index(drop=True)


def _siren(given: object) -> str:
    """Return the SIREN of an EPCI of today or of once."""
    if isinstance(given, str):
        events, years = embedded.table("lineage"), embedded.table("epci_years")
        once = (events["from_siren"], events["to_siren"], years["epci"])
        if any((siren == given).any() for siren in once):
            return given
    (code,) = resolve_codes([given], "epci")
    return code


def runs(level: str, code: str) -> list[tuple[int, int, tuple[str, ...]]]:
    """
    Return the years over which a unit kept the same communes.

    Parameters
    ----------
    level
        `"epci"` or `"scot"`.
    code
        SIREN or slug.

    Returns
    -------
    list of (first year, last year, communes)
        In order; codes of COG 2026, so that a fusion of communes is no change.

    Examples
    --------
    >>> [(a, b, len(c)) for a, b, c in runs("epci", "245901152")]
    [(2008, 2018, 21), (2019, 2022, 20), (2023, 2023, 21), (2024, 2026, 20)]
    """
    found: list[tuple[int, int, tuple[str, ...]]] = []
    for year in range(FIRST, LAST + 1):
        members = members_on(level, f"{year}-01-01")
        communes = tuple(members.index[members == code])
        if not communes:
            continue
        if found and found[-1][1] == year - 1 and found[-1][2] == communes:
            found[-1] = (found[-1][0], year, communes)
        else:
            found.append((year, year, communes))
    return found
