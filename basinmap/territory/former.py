"""
Units of once: what became of a commune or of an EPCI.

Whatever checks a code or a name answers from here, so that a commune that merged is
told by its history, never taken for a misspelt number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import pandas as pd

from basinmap.errors import CodeError, culprits
from basinmap.territory import embedded

__all__ = [
    "Fate",
    "check_current",
    "communes_of",
    "fates",
    "fates_of_epcis",
    "former_names",
    "strangers",
    "told",
    "unknown_communes",
]

_NEAR = ("59", "62")
_LAST = 2026
# What may be a code; of communes, of another département.
_FORMS: Final = {
    level: re.compile(form)
    for level, form in {
        "commune": r"(?!59|62)[0-9][0-9AB][0-9]{3}",
        "iris": r"[0-9][0-9AB][0-9]{7}",
        "epci": r"2[0-9]{8}",
        "arrondissement": r"[0-9][0-9AB][0-9]{1,2}",
        "departement": r"[0-9][0-9AB][0-9]?",
        "region": r"[0-9]{2}",
    }.items()
}


@dataclass(frozen=True, slots=True)
class Fate:
    """
    What became of a code.

    Attributes
    ----------
    code, name
        The unit of once.
    heir
        Code of the unit of 2026 that holds its ground.
    steps
        Date (ISO), verb and code of each change, in order.
    """

    code: str
    name: str
    heir: str
    steps: tuple[tuple[str, str, str], ...]

    @property
    def last_year(self) -> int:
        """The last year whose 1 January list has the code."""
        day = self.steps[0][0]
        return int(day[:4]) - day.endswith("-01-01")

    def __str__(self) -> str:
        """Write what happened, such as « '59070' joined '59006' on 2025-01-01 »."""
        after = [f"{verb} {into!r} on {day}" for day, verb, into in self.steps]
        return f"{self.code!r} {', then '.join(after)}"


@cache
def fates() -> dict[str, Fate]:
    """
    Return what became of each commune that is no more, by code.

    Examples
    --------
    >>> print(fates()["59355"])
    '59355' was associated with '59350' on 2000-02-27
    >>> fates()["62210"].heir, fates()["62210"].last_year
    ('62154', 2018)
    """
    events = embedded.table("history").dropna(subset="before")
    events = events[events["before"] != events["after"]]
    # A code that goes on beside its heirs is divided, not gone.
    kept = set(embedded.communes_2026().index)
    gone = events[~events["before"].isin(kept)].drop_duplicates("before", keep="last")
    verbs = {
        "fusion-association": "was associated with",
        "changement de departement": "became",
    }
    steps = {
        row.before: (row.date, verbs.get(row.kind, "joined"), row.after)
        for row in gone.itertuples()
    }
    names = dict(zip(gone["before"], gone["before_name"], strict=True))
    return _followed(steps, names)


@cache
def fates_of_epcis() -> dict[str, Fate]:
    """
    Return what became of each EPCI that is no more, as far as the lineage tells.

    Examples
    --------
    >>> print(fates_of_epcis()["246200141"])
    '246200141' merged into '200044055' on 2014-01-01, \
then merged into '200072460' on 2017-01-01
    """
    events = embedded.table("lineage")
    verbs = {"fusion": "merged into", "siren": "took the SIREN"}
    gone = events[events["nature"].isin(list(verbs))]
    steps = {
        row.from_siren: (row.date, verbs[row.nature], row.to_siren)
        for row in gone.sort_values("date").itertuples()
    }
    names = dict(zip(gone["from_siren"], gone["from_name"], strict=True))
    return _followed(steps, names)


def _followed(
    steps: dict[str, tuple[str, str, str]], names: dict[str, str]
) -> dict[str, Fate]:
    """Follow each code to the last that holds its ground."""
    found = {}
    for code, step in steps.items():
        chain = [step]
        while chain[-1][2] in steps:
            chain.append(steps[chain[-1][2]])
        found[code] = Fate(code, names[code], chain[-1][2], tuple(chain))
    return found


@cache
def former_names() -> pd.DataFrame:
    """
    Return the names that communes bore once, with what they became.

    Returns
    -------
    DataFrame
        `name`, its `code` then, the `heir` that holds its ground in 2026, and
        `note`, what happened.

    Examples
    --------
    >>> names = former_names().set_index("name")
    >>> names.loc["Amfroipret", ["heir", "note"]].tolist()
    ['59006', "Amfroipret (59006) became L'Orée de Mormal on 2025-01-01"]
    """
    spells = embedded.table("cog")
    current = embedded.communes_2026()["name"]
    following = dict(
        zip(
            zip(spells["code"], spells["valid_from"], strict=True),
            spells["name"],
            strict=True,
        )
    )
    names = spells.set_index("code")["name"].to_dict() | current.to_dict()
    rows = []
    for spell in spells[spells["valid_to"].notna()].itertuples():
        fate = fates().get(spell.code)
        heir = fate.heir if fate else spell.code
        if current[heir] == spell.name:
            continue
        after = following.get((spell.code, spell.valid_to))
        if after is None and fate:
            deeds = [
                f"{verb} {names[into]} ({into}) on {day}"
                for day, verb, into in fate.steps
            ]
            note = ", then ".join(deeds)
        else:
            note = f"became {after} on {spell.valid_to}"
        rows.append(
            (spell.name, spell.code, heir, f"{spell.name} ({spell.code}) {note}")
        )
    return pd.DataFrame(rows, columns=["name", "code", "heir", "note"])


def told(fates_: Sequence[Fate]) -> str:
    """
    Write what became of a few units.

    Parameters
    ----------
    fates_
        Their fates.
    """
    more = f" and {len(fates_) - 5} more" if len(fates_) > 5 else ""
    return ", ".join(map(str, fates_[:5])) + more


def unknown_communes(codes: Iterable[str], *, table: str = "") -> str:
    """
    Write why codes are those of no commune of 2026, and what to type.

    Parameters
    ----------
    codes
        Well-formed codes that are not of 2026.
    table
        Name of the table to bring to 2026; by default a list, whose codes are to be
        written anew.

    Examples
    --------
    >>> print(unknown_communes(["59070"], table="table"))
    '59070' joined '59006' on 2025-01-01: bm.rebase(table, from_year=2024, to_year=2026)
    >>> print(unknown_communes(["59070", "80021"]))
    '59070' joined '59006' on 2025-01-01: write '59006'; '80021' outside Nord and \
Pas-de-Calais: drop what lies there, or give the list that holds it, \
communes=bm.read_territory(path)
    """
    given = list(dict.fromkeys(codes))
    gone = [fates()[code] for code in given if code in fates()]
    rest = [code for code in given if code not in fates()]
    never = [code for code in rest if code.startswith(_NEAR)]
    away = [code for code in rest if not code.startswith(_NEAR)]
    parts = []
    if gone:
        year = min(fate.last_year for fate in gone)
        heirs = list(dict.fromkeys(fate.heir for fate in gone))
        cure = (
            f"bm.rebase({table}, from_year={year}, to_year={_LAST})"
            if table
            else f"write {culprits(heirs)}"
        )
        parts.append(f"{told(gone)}: {cure}")
    if never:
        parts.append(
            f"{culprits(never)} never stood for a commune: correct what is misspelt, "
            "bm.find_unit('Somain') finds a code by its name"
        )
    if away:
        parts.append(
            f"{culprits(away)} outside Nord and Pas-de-Calais: drop what lies there, "
            "or give the list that holds it, communes=bm.read_territory(path)"
        )
    return "; ".join(parts)


def check_current(partition: pd.Series, *, year: int = _LAST) -> None:
    """
    Refuse a partition that tells of communes of once, and say how to carry it over.

    Parameters
    ----------
    partition
        Unit of each commune; codes of other départements are let through.
    year
        COG year that it is to be of.

    Raises
    ------
    CodeError
        If codes of Nord or Pas-de-Calais are those of no commune of that year.

    Examples
    --------
    >>> check_current(pd.Series({"59070": "est"}, name="zone"))
    Traceback (most recent call last):
    basinmap.errors.CodeError: partition: 1 code(s) are no commune of Nord and \
Pas-de-Calais in 2026: '59070' joined '59006' on 2025-01-01: bm.rebase(\
partition.to_frame('zone').rename_axis('commune'), from_year=2024, to_year=2026, \
measures={'zone': bm.Category(rule='unanimous')})[0]['zone']
    """
    lost = strangers(partition.index, geography=str(year))
    if not lost:
        return
    if year != _LAST:
        msg = (
            f"partition: {len(lost)} code(s) are no commune of Nord and Pas-de-Calais "
            f"in {year}: {culprits(lost)}; give a partition of the list of that year"
        )
        raise CodeError(msg)
    name = str(partition.name or "unit")
    table = f"partition.to_frame({name!r}).rename_axis('commune')"
    cure = unknown_communes(map(str, lost), table=table)
    kind = f", measures={{{name!r}: bm.Category(rule='unanimous')}})[0][{name!r}]"
    end = f", to_year={_LAST})"
    msg = (
        f"partition: {len(lost)} code(s) are no commune of Nord and Pas-de-Calais in "
        f"{_LAST}: {cure.replace(end, end[:-1] + kind)}"
    )
    raise CodeError(msg)


def strangers(
    codes: Iterable[object], level: str = "commune", *, geography: str = ""
) -> list[object]:
    """
    Return what is no unit of a level: a code that none bears, or no code at all.

    Of communes, those of Nord and Pas-de-Calais are known; codes of other départements
    are let through, as are those of the other levels that have the form of one.

    Parameters
    ----------
    codes
        Of a table.
    level
        What they are said to be; of a level without official codes nothing is known.
    geography
        What holds the year of the list of communes, such as `"2024-01-01"`; 2026 if
        it holds none.

    Examples
    --------
    >>> strangers(["62498", "59070", "59999", "80021", "Total"])
    ['59070', '59999', 'Total']
    >>> strangers(["62498", "59070"], geography="2024-01-01")
    []
    >>> strangers(["246200364", "Total"], "epci")
    ['Total']
    """
    form = _FORMS.get(level)
    if form is None:
        return []
    known: frozenset[str] = frozenset()
    if level == "commune":
        year = re.search(r"(?:19|20)[0-9]{2}", geography)
        known = communes_of(int(year[0]) if year else _LAST)
    given = codes.tolist() if isinstance(codes, pd.Index) else codes
    return [
        code
        for code in given
        if code not in known and not (isinstance(code, str) and form.fullmatch(code))
    ]


@cache
def communes_of(year: int) -> frozenset[str]:
    """
    Return the codes of the communes of 59 and 62 on 1 January of a year.

    Parameters
    ----------
    year
        From 1943 to 2026.

    Examples
    --------
    >>> len(communes_of(2010)), len(communes_of(2026))
    (1547, 1534)
    """
    spells, day = embedded.table("cog"), f"{year}-01-01"
    there = (spells["valid_from"] <= day) & ~(spells["valid_to"] <= day)
    return frozenset(spells.loc[there, "code"].tolist())
