"""
Which unit holds each commune, at a date.

EPCI from 2019 come from the official lists of each 1 January. Before, they follow
from the lineage of the eight EPCI of the bassin minier, where it allows: no list
of that time is embedded, and what cannot be told is missing.
"""

from __future__ import annotations

import datetime as dt
from functools import cache

import pandas as pd

from basinmap.errors import DataError, VintageError
from basinmap.territory import embedded
from basinmap.territory.levels import BASSIN, check_level, resolve_codes

__all__ = ["check_date", "epci_names", "lineage", "membership", "runs"]

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


def check_date(date: str) -> int:
    """
    Return the year of a date, if memberships are known for it.

    Parameters
    ----------
    date
        Written `"2026-01-01"`. A perimeter of EPCI changes on 1 January.

    Raises
    ------
    VintageError
        If it is no date, or out of the years covered.

    Examples
    --------
    >>> check_date("2023-06-30")
    2023
    """
    try:
        year = dt.date.fromisoformat(date).year
    except (TypeError, ValueError):
        msg = f"not a date: {date!r}; write it as '2026-01-01'"
        raise VintageError(msg) from None
    if not FIRST <= year <= LAST:
        msg = (
            f"no membership is embedded for {date}: it covers {FIRST}-01-01 to "
            f"{LAST}-12-31; write date='2026-01-01'"
        )
        raise VintageError(msg)
    return year


@cache
def _epci(year: int) -> pd.Series:
    """Return the EPCI of each commune, by code of the COG of that year."""
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
        members = members.where(known)
    return members.rename("epci")


@cache
def _scot(year: int) -> pd.Series:
    """Return the SCoT of each commune, of the five of the bassin minier."""
    frame = embedded.communes_2026()
    of_epci = frame.dropna(subset="scot").groupby("epci")["scot"].first()
    members = _epci(max(year, LISTED)).map(of_epci)
    if year < LISTED:
        members[EMERCHICOURT] = "grand-douaisis"
    if year < _PEVELE_LEFT:
        # The nine communes of the Pévèle are the rest of today's arrondissement.
        douai = frame.index[frame["arrondissement"] == "593"]
        pevele = douai.intersection(members.index[members.isna()])
        members[pevele] = "grand-douaisis"
    return members.where(members.map(_SCOT_FROM) <= year).rename("scot")


def membership(
    level: str, *, date: str = "2026-01-01", vintage: int | None = 2026
) -> pd.Series:
    """
    Return the unit of a level that holds each commune at a date.

    Parameters
    ----------
    level
        `"epci"`, `"scot"`, `"arrondissement"`, `"departement"`, `"region"`,
        `"bassin"` or `"commune"` itself.
    date
        Day at which membership is read, from 2008. Lists of EPCI are embedded from
        2019; before, the eight EPCI of the bassin minier as far as their lineage
        tells. Arrondissements are those of 2026.
    vintage
        COG of the codes: 2026, or None for that of the date.

    Returns
    -------
    Series
        Index `commune`, named by the level; missing where no unit is known.

    Raises
    ------
    VintageError
        If the date or the vintage is not covered.
    CodeError
        If the level is unknown.
    DataError
        If communes are not nested in the level.

    Examples
    --------
    Émerchicourt went from the Cœur d'Ostrevent to the Porte du Hainaut and back:

    >>> import basinmap as bm
    >>> [bm.membership("epci", date=f"{y}-01-01")["59192"] for y in (2022, 2023)]
    ['200042190', '245901152']
    """
    year = check_date(date)
    if vintage not in {None, 2026}:
        msg = f"vintage={vintage!r}: write 2026, or None for the codes of the date"
        raise VintageError(msg)
    members = _members(check_level(level), year)
    if vintage == 2026:
        members = members.reindex(embedded.communes_2026().index)
    return members.rename_axis("commune").rename(level).copy()


def _members(level: str, year: int) -> pd.Series:
    if level == "epci":
        return _epci(year)
    if level == "scot":
        return _scot(year)
    if level in {"bassin", "arrondissement"}:
        return _members_2026(level, year)
    codes = _epci(max(year, LISTED)).index
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


def epci_names(year: int) -> pd.DataFrame:
    """
    Return name and nature of each EPCI in the list of that year.

    Parameters
    ----------
    year
        Year of the 1 January list; before 2019, that of 2019 and the lineage.

    Examples
    --------
    >>> epci_names(2024).loc["245901152", "nature"], epci_names(2025).loc[
    ...     "245901152", "nature"]
    ('CC', 'CA')
    """
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
        members = membership(level, date=f"{year}-01-01")
        communes = tuple(members.index[members == code])
        if not communes:
            continue
        if found and found[-1][1] == year - 1 and found[-1][2] == communes:
            found[-1] = (found[-1][0], year, communes)
        else:
            found.append((year, year, communes))
    return found
