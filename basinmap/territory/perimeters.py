"""Perimeters: named, dated, sourced sets of communes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import pandas as pd

from basinmap.arguments import check_fields, check_given, check_kind
from basinmap.cards import card
from basinmap.errors import CodeError, DataError, VintageError, culprits
from basinmap.territory import embedded
from basinmap.territory.days import Day
from basinmap.territory.former import fates, fates_of_epcis, former_names
from basinmap.territory.given import named, validity, whole_units
from basinmap.territory.levels import (
    BASSIN,
    check_codes,
    check_unique,
    fold,
    known_as,
    names_of,
    near_units,
)
from basinmap.territory.lists import Communes, Territory, listed
from basinmap.territory.memberships import (
    FIRST,
    LAST,
    LISTED,
    Lists,
    check_alone,
    check_date,
    epci_names,
    lineage,
    lists_by_year,
    members_of,
    members_on,
    runs,
)
from basinmap.territory.wholes import warn_of_cut
from basinmap.typography import long_date, number
from basinmap.values.told import told_of

__all__ = ["Perimeter", "partition", "perimeter", "user_perimeter"]

_LEVELS: Final = ("bassin", "epci", "scot", "arrondissement", "departement")
_LINEAGE_SOURCE = (
    "Déduit de la lignée des EPCI (Insee, tables d'appartenance géographique, 2008 à "
    "2024) et de la liste DGCL de 2019"
)
_BASSIN_SOURCE = (
    "Insee Flash Hauts-de-France n° 74 (2019) : les 8 EPCI ; Insee, COG 2026 ; "
    "DGCL, EPCI au 1er janvier 2026"
)


@dataclass(frozen=True, slots=True, repr=False)
class Perimeter:
    """
    A set of communes that has a name and a date.

    Attributes
    ----------
    code
        SIREN, slug or official code.
    name
        French name, as printed.
    level
        Level of the perimeter.
    communes
        Codes, in order.
    vintage
        COG year of those codes.
    valid_from, valid_to
        Days between which it is known to hold; None where it is not known.
    source
        Where the list comes from.
    """

    code: str
    name: str
    level: str
    communes: tuple[str, ...]
    vintage: int
    valid_from: dt.date | None
    valid_to: dt.date | None
    source: str

    def __post_init__(self) -> None:
        """Refuse what could not be printed, or counted."""
        check_fields(self)

    def __repr__(self) -> str:
        """Say in one line what it is: its communes are in `communes`."""
        return (
            f"<Perimeter {self.code!r}, {self.name} : {len(self.communes)} communes, "
            f"COG {self.vintage}>"
        )

    def _repr_html_(self) -> str:
        """Write what it is as a card of a notebook."""
        first = ", ".join(self.communes[:5]) + ("…" if self.communes[5:] else "")
        days = [
            f"{word} {long_date(day)}"
            for word, day in (("du", self.valid_from), ("au", self.valid_to))
            if day is not None
        ]
        return card(
            self.name,
            [
                ("Code", self.code),
                ("Niveau", self.level),
                ("Communes", f"{number(len(self.communes))} ({first})"),
                ("Liste des communes", f"COG {self.vintage}"),
                ("Valable", " ".join(days)),
                ("Source", self.source),
            ],
        )


def perimeter(
    name: str,
    *,
    date: Day | None = None,
    memberships: Lists = None,
    communes: Communes = None,
) -> Perimeter:
    """
    Return a named perimeter at a date.

    Parameters
    ----------
    name
        `"bassin-minier"` (the statistical one: 8 EPCI, 336 communes), the SIREN,
        the short or the usual name of an EPCI, the slug of a SCoT, the code of an
        arrondissement or of a département. What may be several, such as `"lens"`,
        is refused with their codes.
    date
        Day at which membership is read, from 2008; by default 1 January 2026, or of
        the list in `communes`.
    memberships
        Lists of EPCI of other years, as `read_memberships` returns them.
    communes
        A list of your own in place of the embedded one, as `read_territory` returns
        it, with its EPCI, arrondissements and départements.

    Returns
    -------
    Perimeter
        Communes at COG 2026, or of the year of the list; `valid_from` and `valid_to`
        bound the years over which this very set of communes is known to hold (None:
        the bound of what is known, or still in force).

    Raises
    ------
    CodeError
        If nothing answers to that name, or several units do, or not at that date.
    VintageError
        If the date is not covered.

    Warns
    -----
    BasinmapWarning
        If the unit is not whole in the list given.

    Examples
    --------
    >>> import basinmap as bm
    >>> len(bm.perimeter("bassin-minier").communes)
    336
    >>> [len(bm.perimeter("grand-douaisis", date=f"{y}-01-01").communes)
    ...  for y in (2014, 2018, 2022, 2023, 2026)]
    [65, 56, 55, 56, 55]
    """
    check_given(perimeter, locals())
    if not isinstance(name, str):
        msg = f"one name at a time, as a string, not {name!r}; see bm.partition"
        raise CodeError(msg)
    territory = listed(communes)
    date = territory.day(date)
    if territory.given:
        check_alone(memberships)
        return _listed(name, territory)
    year = check_date(date, memberships)
    level, code = _named(name, date, memberships)
    members = members_on(level, date, memberships=memberships)
    codes = tuple(members.index[members == code])
    if not codes:
        raise CodeError(_not_established(name, level, code, date))
    given = lists_by_year(memberships).get(year) if level == "epci" else None
    start, end = (dt.date(year, 1, 1), dt.date(year, 12, 31))
    if given is None:
        start, end = _validity(level, code, year)  # type: ignore[assignment]
    return Perimeter(
        code=code,
        name=_label(level, code, year, memberships),
        level=level,
        communes=codes,
        vintage=2026,
        valid_from=start,
        valid_to=end,
        source=_source(level, year) if given is None else _source_of(given, year),
    )


def _listed(name: str, territory: Territory) -> Perimeter:
    """Return a perimeter of a list that is given."""
    level, code = named(territory, name)
    members = members_of(territory, level)
    start, end = validity(territory)
    warn_of_cut(whole_units(territory, level, [code]), stacklevel=3)
    return Perimeter(
        code=code,
        name=str(territory.names(level).get(code, code)),
        level=level,
        communes=tuple(sorted(members.index[members == code])),
        vintage=territory.year,
        valid_from=start,
        valid_to=end,
        source=" ; ".join(territory.sources),
    )


def _not_established(name: str, level: str, code: str, date: str) -> str:
    """Say when a perimeter is established, and what its lineage knows."""
    known = [f"{a}–{b}" for a, b, _ in runs(level, code)]
    said = f"the perimeter {name!r} is not established on {date}"
    if known:
        said = f"{said}: it is for {', '.join(known)}"
    if level != "epci":
        return said
    events = lineage(epci=code)
    told = [
        f"{e.date}: {e.from_name} ({e.from_siren}, {e.from_communes} communes) → "
        f"{e.to_name} ({e.to_siren}, {e.to_communes}), {e.nature}"
        for e in events.itertuples()
    ]
    more = f" and {len(told) - 4} more" if len(told) > 4 else ""
    return (
        f"{said}; its lineage: {'; '.join(told[:4]) or 'no event'}{more}; give the "
        "list of that year, memberships=bm.read_memberships(path)"
    )


def _source_of(rows: pd.DataFrame, year: int) -> str:
    """Return the source of a list of the user."""
    told = told_of(rows).sources or (f"composition des EPCI en {year}",)
    return " ; ".join(told)


def _named(name: str, date: str, memberships: Lists) -> tuple[str, str]:
    """Return level and code of the one unit that answers to a name."""
    known = members_on("epci", date, vintage=None, memberships=memberships)
    if (known == name).any():
        return "epci", name
    exact = [level for level in _LEVELS if name in names_of(level).index]
    if exact:
        return exact[0], name
    if name in fates_of_epcis():
        return "epci", name
    found = {
        (level, code)
        for level in _LEVELS
        if (code := known_as(name, level)) is not None
    }
    # « lens » may be any of the units around the commune that bears the name.
    commune = _commune_named(name)
    if commune and not _is_short_name(name):
        found |= _around(commune)
    if len(found) == 1 and commune is None:
        return found.pop()
    raise CodeError(_unclear(name, sorted(found, key=lambda x: _LEVELS.index(x[0]))))


def _is_short_name(name: str) -> bool:
    short = embedded.labels("epci")["short_name"]
    return fold(name) in set(short.map(fold))


def _commune_named(name: str) -> str | None:
    """Return the commune of 2026 that bears, or bore, a name."""
    once = former_names()
    heirs = once.loc[once["name"].map(fold) == fold(name), "heir"].unique()
    return known_as(name, "commune") or (heirs[0] if len(heirs) == 1 else None)


def _around(commune: str) -> set[tuple[str, str]]:
    """Return the EPCI, the SCoT and the arrondissement of a commune."""
    row = embedded.communes_2026().loc[commune]
    levels = ("epci", "scot", "arrondissement")
    return {(level, row[level]) for level in levels if isinstance(row[level], str)}


def _unclear(name: str, found: list[tuple[str, str]]) -> str:
    """Say what a name may stand for, or which perimeters there are."""
    told = "; ".join(
        f"{code!r} ({_label(level, code, LAST)}, {level})" for level, code in found
    )
    if found:
        return f"the perimeter {name!r} may be any of {len(found)}: {told}; write one"
    fate = fates().get(name)
    if fate:
        around = sorted(code for _, code in _around(fate.heir))
        return f"no perimeter is called {name!r}: {fate}; its perimeters: {around}"
    near = near_units(name, *_LEVELS)
    likely = near[near["score"] >= 0.75]
    hint = "; ".join(
        f"{r.code!r} ({r.name})" for r in likely.head(3).itertuples(index=False)
    )
    slugs = culprits(embedded.labels("scot").index)
    meant = f"did you mean {hint}? " if hint else ""
    return (
        f"no perimeter is called {name[:60]!r}: {meant}"
        f"Known are {BASSIN!r}, the SCoT ({slugs}), the 36 EPCI by SIREN or name "
        "(bm.epcis()), the arrondissements ('591' to '627') and départements ('59', "
        "'62'); of your own list, bm.user_perimeter(…)"
    )


def _validity(
    level: str, code: str, year: int
) -> tuple[dt.date | None, dt.date | None]:
    """Return the first and the last day of the spell that holds a year."""
    if level not in {"epci", "scot"}:
        return None, None
    first, last = next((a, b) for a, b, _ in runs(level, code) if a <= year <= b)
    return (
        dt.date(first, 1, 1) if first > FIRST else None,
        dt.date(last, 12, 31) if last < LAST else None,
    )


def _label(level: str, code: str, year: int, memberships: Lists = None) -> str:
    if level == "bassin":
        return "Bassin minier"
    if level == "epci":
        return str(epci_names(year, memberships)["name"].get(code, code))
    return str(embedded.labels(level).loc[code, "name"])


def _source(level: str, year: int) -> str:
    if level == "bassin":
        return _BASSIN_SOURCE
    if level in {"epci", "scot"} and year < LISTED:
        return _LINEAGE_SOURCE
    if level == "epci":
        return f"DGCL, liste des EPCI à fiscalité propre au 1er janvier {year}"
    return " ; ".join(embedded.credit(level))


def user_perimeter(
    code: str,
    communes: Iterable[str],
    *,
    name: str,
    source: str,
    valid_from: dt.date | None = None,
    valid_to: dt.date | None = None,
    among: Communes = None,
) -> Perimeter:
    """
    Return a perimeter of your own, from a list of communes.

    Parameters
    ----------
    code
        Slug.
    communes
        Codes at COG 2026, or of the year of the list, such as the column of a file.
    name
        Printed name.
    source
        Where the list comes from; a perimeter without a source is refused.
    valid_from, valid_to
        Days between which it holds, where they are known.
    among
        The list that the communes are of, as `read_territory` returns it; by default
        Nord and Pas-de-Calais in 2026.

    Raises
    ------
    CodeError
        If a code is malformed or is no commune of the list, which is then told by its
        history, or the code of the perimeter or its name is no text.
    DataError
        If a code is repeated, the list is empty or the source is.
    VintageError
        If a bound is no date, or they are in the wrong order.

    Examples
    --------
    >>> import basinmap as bm
    >>> own = bm.user_perimeter(
    ...     "coeur", ["62498", "62510"], name="Cœur d'agglomération", source="CALL"
    ... )
    >>> own.communes
    ('62498', '62510')
    """
    check_given(user_perimeter, locals())
    check_codes([code], "secteur")
    if not isinstance(name, str) or not name.strip():
        msg = f"perimeter {code!r}: its name is a text to be printed, not {name!r}"
        raise CodeError(msg)
    territory = listed(among)
    codes = territory.resolve(list(communes), "commune")
    check_unique(pd.Index(codes), f"perimeter {code!r}")
    if not isinstance(source, str) or not source.strip():
        msg = f"perimeter {code!r}: say where the list comes from, source='…'"
        raise DataError(msg)
    _check_bounds(code, valid_from, valid_to)
    return Perimeter(
        code=code,
        name=name,
        level="secteur",
        communes=tuple(sorted(codes)),
        vintage=territory.year,
        valid_from=valid_from,
        valid_to=valid_to,
        source=source,
    )


def _check_bounds(code: str, start: object, end: object) -> None:
    """Check that a perimeter holds from a day to a later day."""
    for what, day in (("valid_from", start), ("valid_to", end)):
        if day is not None and (
            not isinstance(day, dt.date) or isinstance(day, dt.datetime)
        ):
            msg = (
                f"perimeter {code!r}: {what} is a day such as dt.date(2026, 1, 1), "
                f"not {day!r}"
            )
            raise VintageError(msg)
    if isinstance(start, dt.date) and isinstance(end, dt.date) and end < start:
        msg = f"perimeter {code!r}: it ends on {end}, before {start} when it begins"
        raise VintageError(msg)


def partition(perimeters: Iterable[Perimeter], *, level: str = "secteur") -> pd.Series:
    """
    Return the partition that perimeters make, to be given to `aggregate`.

    Parameters
    ----------
    perimeters
        Such as the secteurs of a PLH.
    level
        Name of the level.

    Returns
    -------
    Series
        From commune to the code of its perimeter, named by the level.

    Raises
    ------
    DataError
        If two perimeters share a commune: each would be counted twice.

    Examples
    --------
    >>> import basinmap as bm
    >>> two = [bm.perimeter("artois"), bm.perimeter("valenciennois")]
    >>> bm.partition(two).value_counts().to_dict()
    {'artois': 100, 'valenciennois': 82}
    """
    check_given(partition, locals())
    perimeters = list(perimeters)
    for one in perimeters:
        check_kind(one, Perimeter, "perimeters", "[bm.perimeter('artois')]")
    pairs = [(code, item.code) for item in perimeters for code in item.communes]
    members = pd.DataFrame(pairs, columns=["commune", level]).set_index("commune")
    shared = members.index[members.index.duplicated()].unique()
    if len(shared):
        owners = sorted(members.loc[shared[0], level])
        msg = (
            f"{len(shared)} commune(s) in more than one perimeter: {culprits(shared)}; "
            f"{shared[0]} is in {' and '.join(owners)}"
        )
        raise DataError(msg)
    return members[level].sort_index()
