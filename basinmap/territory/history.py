"""Communes in time: which codes exist in a year, and what ground each stands for."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

import pandas as pd

from basinmap.errors import CodeError, DataError, VintageError, culprits
from basinmap.territory import embedded
from basinmap.territory.levels import check_codes
from basinmap.typography import long_date, typeset

__all__ = [
    "cog_codes",
    "cog_events",
    "cog_names",
    "guess_vintage",
    "read_communes",
    "read_movements",
    "trajectory",
]

COLUMNS: Final = (
    "date",
    "date_exact",
    "kind",
    "before",
    "before_name",
    "after",
    "after_name",
    "source",
)
FIRST: Final = 1943
LAST: Final = 2026

Ground = frozenset[str]
"""Pieces of ground that no event divides; each belongs to one commune at a time."""

_KINDS: Final = {
    "10": "changement de nom",
    "20": "creation",
    "21": "retablissement",
    "30": "suppression",
    "31": "fusion",
    "32": "commune nouvelle",
    "33": "fusion-association",
    "41": "changement de departement",
    "50": "changement de chef-lieu",
}
_MOVEMENT: Final = (
    "MOD",
    "DATE_EFF",
    "TYPECOM_AV",
    "COM_AV",
    "LIBELLE_AV",
    "TYPECOM_AP",
    "COM_AP",
    "LIBELLE_AP",
)
_COMMUNE: Final = ("TYPECOM", "COM", "REG", "DEP", "ARR", "LIBELLE")


# --- what is public ----------------------------------------------------------------


def cog_codes(year: int, *, events: pd.DataFrame | None = None) -> pd.Index:
    """
    Return the codes of the communes that exist on 1 January of a year.

    Parameters
    ----------
    year
        Year of the Code officiel géographique, from 1943 to 2026 for Nord and
        Pas-de-Calais.
    events
        Another history than the embedded one, such as `read_movements` returns.
        Without its list of communes, only those that an event touches are known.

    Returns
    -------
    Index
        Named `commune`, in order.

    Raises
    ------
    VintageError
        If the year is out of range.

    Examples
    --------
    >>> import basinmap as bm
    >>> from basinmap.territory.history import cog_codes
    >>> [len(cog_codes(year)) for year in (1968, 2015, 2024, 2026)]
    [1569, 1545, 1538, 1534]
    >>> cog_codes(2024).difference(cog_codes(2026)).tolist()
    ['59070', '62461', '62549', '62743']
    """
    line = timeline(events)
    check_year(year, line)
    found = sorted(line.grounds(year).keys() - line.outside)
    return pd.Index(found, name="commune", dtype="str")


def cog_names(year: int) -> pd.Series:
    """
    Return the names of the communes of Nord and Pas-de-Calais in a year.

    Parameters
    ----------
    year
        Year of the Code officiel géographique, from 1943 to 2026.

    Returns
    -------
    Series
        Index `commune`, named `name`.

    Raises
    ------
    VintageError
        If the year is out of range.

    Examples
    --------
    >>> from basinmap.territory.history import cog_names
    >>> [cog_names(year).loc["59006"] for year in (2024, 2025)]
    ['Amfroipret', "L'Orée de Mormal"]
    """
    check_year(year, timeline(None))
    day = f"{year}-01-01"
    spells = embedded.table("cog")
    there = (spells["valid_from"] <= day) & ~(spells["valid_to"] <= day)
    return spells[there].set_index("code")["name"].rename_axis("commune").sort_index()


def cog_events() -> pd.DataFrame:
    """
    Return what happened to the communes of Nord and Pas-de-Calais since 1943.

    Returns
    -------
    DataFrame
        One row per elementary change, in order of date: `date`, `date_exact`
        (false where only the first list that shows it is known), `kind`,
        `before`, `before_name`, `after`, `after_name`, `source`. The rows of one
        date apply together: every `before` goes, every `after` comes, so that
        A + B → A is written A → A and B → A. Three creations have no `before`.

    Examples
    --------
    >>> from basinmap.territory.history import cog_events
    >>> events = cog_events()
    >>> events.loc[events["date"] == "2025-01-01", ["before", "after"]].values.tolist()
    [['59006', '59006'], ['59070', '59006'], ['62447', '62447'], ['62461', '62447'], \
['62549', '62447'], ['62743', '62447']]
    """
    return embedded.table("history").copy()


def trajectory(code: str, *, events: pd.DataFrame | None = None) -> pd.DataFrame:
    """
    Tell what happened to a commune and to the ground it ever held.

    Parameters
    ----------
    code
        Code of a commune, of today or of once.
    events
        Another history than the embedded one.

    Returns
    -------
    DataFrame
        One row per event, in order of date: `date`, `kind`, `before` and `after`
        (tuples of codes), `before_names`, `after_names`, `sentence` (French).

    Raises
    ------
    CodeError
        If no commune ever bore that code; near misses are suggested.

    Examples
    --------
    >>> from basinmap.territory.history import trajectory
    >>> told = trajectory("62847")
    >>> told["date"].tolist()
    ['1990-12-10', '1994-01-01', '1997-11-20', '2008-01-01']
    >>> print(told.loc[3, "sentence"].replace(chr(160), " "))
    Le 1er janvier 2008, Verquigneul (62847) est rétablie et quitte Béthune (62119).
    """
    line = timeline(events)
    check_codes([code], "commune")
    held = frozenset(
        atom
        for spell in line.spells
        if spell.code == code
        for atom in line.atoms(spell.ground)
    )
    if not held:
        _refuse_code(code, line)
    rows = line.events
    touched = [bool(line.atoms(line.moved[i]) & held) for i in range(len(rows))]
    groups = rows["group"][touched].unique()
    told = [_told(rows[rows["group"] == group]) for group in groups]
    columns = ["date", "kind", "before", "after"]
    columns += ["before_names", "after_names", "sentence"]
    return pd.DataFrame(told, columns=columns)


def guess_vintage(
    codes: Iterable[str], *, events: pd.DataFrame | None = None
) -> pd.DataFrame:
    """
    Weigh the years that a list of commune codes may date from.

    Nothing is chosen: what cannot be told apart is marked `best` alike.

    Parameters
    ----------
    codes
        Codes of a table; repetitions do not matter.
    events
        Another history than the embedded one.

    Returns
    -------
    DataFrame
        One row per run of years with the same codes, best first, then latest:
        `first` and `last` year, `present` (codes of that year), `absent` (codes
        that do not exist that year), `missing` (communes of that year that the
        list lacks), `missing_kin` (those of them whose history meets that of a
        code of the list: they alone argue against a year, for a list may well
        stop at the border of an EPCI), `absent_codes`, `missing_codes` (the kin),
        `against` and `best` (the least of it). A list may leave a commune out,
        hardly invent one: `against` is three times `absent`, plus `missing_kin`.

    Raises
    ------
    CodeError
        If the list is empty or a code is malformed.

    Examples
    --------
    >>> from basinmap.territory.history import cog_codes, guess_vintage
    >>> found = guess_vintage(cog_codes(2021))
    >>> found.loc[0, ["first", "last", "present", "absent", "missing"]].tolist()
    [2019, 2024, 1538, 0, 0]
    >>> found[["first", "last", "absent", "missing_kin", "best"]].head(2)
       first  last  absent  missing_kin   best
    0   2019  2024       0            0   True
    1   2017  2018       0            1  False
    """
    return weighed(codes, timeline(events))


def read_communes(path: str | Path) -> pd.DataFrame:
    r"""
    Read the list of communes that Insee publishes each year, `v_commune_AAAA.csv`.

    Parameters
    ----------
    path
        The file: commas, UTF-8, with the columns TYPECOM, COM, REG, DEP, ARR and
        LIBELLE.

    Returns
    -------
    DataFrame
        Index `commune`; `name`, `departement`, `region`, `arrondissement`. Only
        communes: those associées and déléguées and the arrondissements of Paris,
        Lyon and Marseille are left out. `attrs["year"]` is read in the file name.

    Raises
    ------
    DataError
        If the file is not such a list.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> from basinmap.territory.history import read_communes
    >>> path = Path(mkdtemp()) / "v_commune_2026.csv"
    >>> _ = path.write_text(
    ...     "TYPECOM,COM,REG,DEP,CTCD,ARR,TNCC,NCC,NCCENR,LIBELLE,CAN,COMPARENT\n"
    ...     "COM,62498,32,62,62D,627,0,LENS,Lens,Lens,6299,\n"
    ... )
    >>> read_communes(path).loc["62498", "name"]
    'Lens'
    """
    rows = _read_csv(path, _COMMUNE)
    rows = rows[rows["TYPECOM"] == "COM"]
    if rows.empty:
        msg = f"{path}: no row has TYPECOM = COM; is this v_commune_AAAA.csv?"
        raise DataError(msg)
    named = {
        "COM": "commune",
        "LIBELLE": "name",
        "DEP": "departement",
        "REG": "region",
        "ARR": "arrondissement",
    }
    table = rows[list(named)].rename(columns=named).set_index("commune").sort_index()
    check_codes(table.index, "commune")
    again = table.index[table.index.duplicated()].unique()
    if len(again):
        msg = f"{path}: {len(again)} commune(s) stand more than once: {culprits(again)}"
        raise DataError(msg)
    table.attrs["year"] = _year_of(path)
    return table


def read_movements(
    path: str | Path,
    *,
    communes: pd.DataFrame | None = None,
    departements: Iterable[str] | None = None,
) -> pd.DataFrame:
    r"""
    Read the events of communes that Insee publishes, `v_mvt_commune_AAAA.csv`.

    Parameters
    ----------
    path
        The file: commas, UTF-8, with the columns MOD, DATE_EFF, TYPECOM_AV, COM_AV,
        LIBELLE_AV, TYPECOM_AP, COM_AP and LIBELLE_AP at least.
    communes
        The list of the same year, from `read_communes`: the communes that no event
        touches are then known too.
    departements
        Keep only the events of these départements, such as `("59", "62", "80")`.

    Returns
    -------
    DataFrame
        As `cog_events` returns, to be given as `events=` to the functions that take
        it. `attrs["communes"]` holds the codes of the list, `attrs["year"]` the
        year read in the file name.

    Raises
    ------
    DataError
        If the file is not such a list of events, or holds impossible ones.

    Notes
    -----
    Only what turns a commune (COM) into a commune counts; an association that
    becomes a full merger, or the end of a commune déléguée, changes no list. MOD:
    10 changement de nom, 20 création, 21 rétablissement, 30 suppression, 31 fusion
    simple, 32 création de commune nouvelle, 33 fusion-association, 34
    transformation de fusion-association en fusion simple, 35 suppression de commune
    déléguée, 41 changement de code dû à un changement de département, 50 changement
    de code dû à un transfert de chef-lieu, 70 transformation de commune associée en
    commune déléguée (Insee, liste de modalités du COG 2023); 71 and 72, seen in
    later files, concern communes déléguées. A commune that is re-established
    without a row that says from which is taken from the one that had absorbed it.
    A new code (41, 50) that is absorbed on the same day is left out: the former
    code is what is absorbed.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> from basinmap.territory.history import read_movements
    >>> path = Path(mkdtemp()) / "v_mvt_commune_2026.csv"
    >>> head = "MOD,DATE_EFF,TYPECOM_AV,COM_AV,TNCC_AV,NCC_AV,NCCENR_AV,LIBELLE_AV,"
    >>> head += "TYPECOM_AP,COM_AP,TNCC_AP,NCC_AP,NCCENR_AP,LIBELLE_AP\n"
    >>> row = "10,2018-11-08,COM,59004,1,AIX,Aix,Aix,COM,59004,1,AIX,Aix,Aix-en-Pévèle"
    >>> _ = path.write_text(head + row, encoding="utf-8")
    >>> read_movements(path)[["date", "kind", "after_name"]].values.tolist()
    [['2018-11-08', 'changement de nom', 'Aix-en-Pévèle']]
    """
    rows = _read_csv(path, _MOVEMENT).drop_duplicates()
    rows = rows.sort_values(["DATE_EFF", "COM_AP", "COM_AV"], kind="stable")
    rows = _without_relays(rows)
    kept = rows[(rows["TYPECOM_AV"] == "COM") & (rows["TYPECOM_AP"] == "COM")]
    events = _as_events(kept, Path(path).name)
    events = _with_parents(events, rows)
    if departements is not None:
        wanted = tuple(departements)
        sides = [events[s].fillna("").str.startswith(wanted) for s in _SIDES]
        events = events[sides[0] | sides[1]].reset_index(drop=True)
    if events.empty:
        msg = f"{path}: no event turns a commune into a commune; is this the file?"
        raise DataError(msg)
    events.attrs["year"] = _year_of(path)
    if communes is not None:
        events.attrs["communes"] = tuple(communes.index)
    timeline(events)
    return events


# --- the ground of each code, year by year -----------------------------------------


@dataclass(frozen=True, slots=True)
class Spell:
    """
    A run of days during which a code stood for one ground.

    Attributes
    ----------
    code
        Code of the commune.
    start, end
        ISO dates, the end excluded; `""` from the origin, None until now.
    ground
        What it held.
    """

    code: str
    start: str
    end: str | None
    ground: Ground


@dataclass(frozen=True, slots=True)
class Timeline:
    """
    The ground of every commune in time, followed through the events.

    Attributes
    ----------
    events
        The events, checked, with their `group`: the rows that apply together.
    spells
        What each code stood for, and when.
    moved
        Per row of the events, the ground that it concerns.
    parts
        Ground that a later event divides, to its parts.
    outside
        Codes that are met, but lie outside the territory that is listed.
    first, last
        Years that are covered.
    complete
        Whether the communes that no event touches are known too.
    """

    events: pd.DataFrame
    spells: tuple[Spell, ...]
    moved: tuple[Ground, ...]
    parts: dict[str, tuple[str, ...]]
    outside: frozenset[str]
    first: int
    last: int
    complete: bool

    def grounds(self, year: int) -> dict[str, Ground]:
        """
        Return the ground of each code that exists on 1 January of a year.

        Parameters
        ----------
        year
            Year of the list.
        """
        day = f"{year}-01-01"
        return {
            spell.code: self.atoms(spell.ground)
            for spell in self.spells
            if spell.start <= day and (spell.end is None or day < spell.end)
        }

    def atoms(self, ground: Ground) -> Ground:
        """
        Return a ground in parts that no event divides.

        Parameters
        ----------
        ground
            Some pieces.
        """
        return _atoms(ground, self.parts)

    def years(self, code: str) -> str:
        """
        Write the years whose 1 January list has a code.

        Parameters
        ----------
        code
            Code of a commune.
        """
        runs = [
            (_first_year(spell.start, self.first), _last_year(spell.end, self.last))
            for spell in self.spells
            if spell.code == code
        ]
        runs = [(start, end) for start, end in runs if start <= end]
        merged: list[tuple[int, int]] = []
        for start, end in runs:
            if merged and merged[-1][1] >= start - 1:
                start = merged.pop()[0]  # noqa: PLW2901 - the run goes on
            merged.append((start, end))
        return ", ".join(span(start, end) for start, end in merged)


def span(first: int, last: int) -> str:
    """
    Write a run of years.

    Parameters
    ----------
    first, last
        Its ends, included.

    Examples
    --------
    >>> span(2019, 2024), span(2025, 2025)
    ('2019–2024', '2025')
    """
    return str(first) if first == last else f"{first}–{last}"


def timeline(events: pd.DataFrame | None) -> Timeline:
    """
    Follow the ground of communes through events.

    Parameters
    ----------
    events
        As `cog_events` returns; None for the embedded ones.

    Raises
    ------
    DataError
        If an event is impossible: a code dropped that does not exist, a circle,
        dates out of order.
    """
    return _embedded_timeline() if events is None else _followed(events)


def check_year(year: int, line: Timeline) -> None:
    """
    Check that a history covers a year.

    Parameters
    ----------
    year
        Year of the Code officiel géographique.
    line
        The history.

    Raises
    ------
    VintageError
        Naming the range.
    """
    is_year = isinstance(year, int) and not isinstance(year, bool)
    if not is_year or not line.first <= year <= line.last:
        msg = (
            f"no list of communes for {year!r}: write a year from {line.first} to "
            f"{line.last}, such as {line.last}"
        )
        raise VintageError(msg)


def names_on(line: Timeline, year: int) -> dict[str, str]:
    """
    Return what is known of the names of communes in a year.

    Parameters
    ----------
    line
        The history.
    year
        Year of the list.
    """
    names = embedded.table("cog").set_index("code")["name"].to_dict()
    if FIRST <= year <= LAST:
        names |= cog_names(year).to_dict()
    earlier = line.events[line.events["date"] <= f"{year}-01-01"]
    later = line.events[line.events["date"] > f"{year}-01-01"][::-1]
    for rows, side in ((later, "before"), (earlier, "after")):
        told = rows.dropna(subset=[side, f"{side}_name"])
        names |= dict(zip(told[side], told[f"{side}_name"], strict=True))
    return names


def listed(items: Iterable[str]) -> str:
    """
    Write a French enumeration.

    Parameters
    ----------
    items
        What is enumerated.

    Examples
    --------
    >>> listed(["62461", "62549", "62743"])
    '62461, 62549 et 62743'
    """
    found = list(items)
    return " et ".join(filter(None, [", ".join(found[:-1]), *found[-1:]]))


_SIDES: Final = ("before", "after")


@cache
def _embedded_timeline() -> Timeline:
    events = embedded.table("history")
    return _followed(events, known=frozenset(embedded.table("cog")["code"]))


def _followed(events: pd.DataFrame, known: frozenset[str] | None = None) -> Timeline:
    """Replay the events from the first, or refuse them."""
    rows = _checked(events)
    told = events.attrs.get("communes")
    if known is None and told is not None:
        known = frozenset(told)
    elif known is None and _extends_embedded(rows):
        known = frozenset(embedded.table("cog")["code"])
    touched = set(rows["before"].dropna()) | set(rows["after"])
    start = _dropped_first(rows) | ((known or frozenset()) - touched)
    replay = _Replay({code: frozenset([code]) for code in start})
    for date, same_day in rows.groupby("date", sort=False):
        replay.apply(str(date), same_day)
    outside = frozenset[str]()
    if told is not None and (gone := sorted(frozenset(told) - replay.state.keys())):
        msg = (
            f"{len(gone)} commune(s) of the list are gone by the last event: "
            f"{culprits(gone)}; take the list and the events of the same year"
        )
        raise DataError(msg)
    if known is not None and told is None:
        met = {code for code in touched if code[:2] in {"59", "62"}}
        outside = frozenset(touched - met)
    years = _covered(rows, LAST if told is None and known else events.attrs.get("year"))
    moved = tuple(replay.moved[position] for position in range(len(rows)))
    return Timeline(
        events=rows,
        spells=tuple(replay.closed()),
        moved=moved,
        parts=replay.parts,
        outside=outside,
        first=years[0],
        last=years[1],
        complete=known is not None,
    )


@dataclass(slots=True)
class _Replay:
    """The state of communes while events are applied, one date after the other."""

    state: dict[str, Ground]
    since: dict[str, str] = field(default_factory=dict)
    former: dict[str, Ground] = field(default_factory=dict)
    parts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    spells: list[Spell] = field(default_factory=list)
    moved: dict[int, Ground] = field(default_factory=dict)

    def apply(self, date: str, rows: pd.DataFrame) -> None:
        """Drop every `before`, add every `after`."""
        heirs: dict[str, list[str]] = defaultdict(list)
        gains: dict[str, set[str]] = defaultdict(set)
        for row in rows.itertuples():
            if isinstance(row.before, str):
                heirs[row.before].append(str(row.after))
            else:
                gains[str(row.after)].add(f"{row.after}@{date}")
        absent = sorted(heirs.keys() - self.state.keys())
        if absent:
            msg = (
                f"{date}: {len(absent)} code(s) change that do not exist then: "
                f"{culprits(absent)}; an earlier event dropped them: correct one of "
                "the two rows"
            )
            raise DataError(msg)
        for code, afters in heirs.items():
            for after, piece in self._shared(code, afters).items():
                gains[after] |= piece
        for row in rows.itertuples():
            source = row.before if isinstance(row.before, str) else None
            ground = self.state[source] if source else frozenset(gains[str(row.after)])
            self.moved[int(row.Index)] = ground
        self._settle(date, set(heirs), gains)

    def _settle(self, date: str, dropped: set[str], gains: dict[str, set[str]]) -> None:
        """Close what ends, open what begins; the same ground goes on."""
        for code in (self.state.keys() & gains.keys()) - dropped:
            gains[code] |= self.state[code]
        for code in dropped | gains.keys():
            old, new = self.state.get(code), frozenset(gains.get(code, ()))
            if old == new:
                continue
            if old is not None:
                self.spells.append(Spell(code, self.since.get(code, ""), date, old))
                self.former[code] = self.state.pop(code)
            if new:
                self.state[code], self.since[code] = new, date

    def _shared(self, code: str, afters: list[str]) -> dict[str, Ground]:
        """Say which part of the ground of a code goes to each of its heirs."""
        ground = _atoms(self.state[code], self.parts)
        if len(afters) == 1:
            return {afters[0]: ground}
        taken: dict[str, Ground] = {}
        left = ground
        for after in afters:
            old = _atoms(self.former.get(after, frozenset()), self.parts)
            if after not in self.state and old and old <= left:
                taken[after], left = old, left - old
        rest = [after for after in afters if after not in taken]
        if len(rest) == 1 and left:
            return taken | {rest[0]: left}
        if not rest and not left:
            return taken
        return self._divided(taken, rest, left) if left else self._anew(ground, afters)

    def _anew(self, ground: Ground, afters: list[str]) -> dict[str, Ground]:
        return self._divided({}, afters, ground)

    def _divided(
        self, taken: dict[str, Ground], rest: list[str], left: Ground
    ) -> dict[str, Ground]:
        """Cut each piece of a ground between heirs whose parts nobody knows."""
        heirs = rest or list(taken)
        for atom in left:
            self.parts[atom] = tuple(f"{atom}|{heir}" for heir in heirs)
        given = {heir: frozenset(f"{atom}|{heir}" for atom in left) for heir in heirs}
        return taken | {h: taken.get(h, frozenset()) | given[h] for h in heirs}

    def closed(self) -> list[Spell]:
        """Return every spell, those that last included, by code then date."""
        lasting = [
            Spell(code, self.since.get(code, ""), None, ground)
            for code, ground in self.state.items()
        ]
        return sorted([*self.spells, *lasting], key=lambda s: (s.code, s.start))


def _atoms(ground: Ground, parts: dict[str, tuple[str, ...]]) -> Ground:
    """Return a ground in parts that nothing divides."""
    if not any(atom in parts for atom in ground):
        return ground
    found: set[str] = set()
    waiting = list(ground)
    while waiting:
        atom = waiting.pop()
        if atom in parts:
            waiting += parts[atom]
        else:
            found.add(atom)
    return frozenset(found)


def _dropped_first(rows: pd.DataFrame) -> frozenset[str]:
    """Return the codes that exist before the first event that names them."""
    found, met = set(), set[str]()
    for _, same_day in rows.groupby("date", sort=False):
        befores = set(same_day["before"].dropna())
        found |= befores - met
        met |= befores | set(same_day["after"])
    return frozenset(found)


def _extends_embedded(rows: pd.DataFrame) -> bool:
    """Tell whether events hold all those that are embedded."""
    keys = ["date", "after"]
    own = set(rows[keys].itertuples(index=False, name=None))
    return own >= set(
        embedded.table("history")[keys].itertuples(index=False, name=None)
    )


def _covered(rows: pd.DataFrame, told: int | None) -> tuple[int, int]:
    """Return the first and the last year that events cover."""
    first, last = rows["date"].iloc[0], rows["date"].iloc[-1]
    start = int(first[:4]) - first.endswith("-01-01")
    end = int(last[:4]) + (not last.endswith("-01-01"))
    # The files of Insee go back to 1943, whatever is kept of them.
    return (start, end) if told is None else (min(FIRST, start), max(told, end))


def _first_year(start: str, default: int) -> int:
    """Return the first year whose 1 January is on that day or after."""
    if not start:
        return default
    return int(start[:4]) + (not start.endswith("-01-01"))


def _last_year(end: str | None, default: int) -> int:
    """Return the last year whose 1 January is before that day."""
    return default if end is None else int(end[:4]) - end.endswith("-01-01")


# --- checks of events --------------------------------------------------------------


def _checked(events: pd.DataFrame) -> pd.DataFrame:
    """Return events with every column, and the group of rows that go together."""
    missing = [c for c in ("date", "before", "after") if c not in events.columns]
    if missing or events.empty:
        what = f"columns missing: {culprits(missing)}" if missing else "no row"
        msg = f"events: {what}; give a frame such as bm.cog_events() returns"
        raise DataError(msg)
    rows = events.reset_index(drop=True)
    rows.attrs = {}  # copied deep by every operation, which a long list makes slow
    for column in COLUMNS:
        if column not in rows.columns:
            rows[column] = column == "date_exact" or None
    _check_dates(rows)
    if rows["after"].isna().any():
        where = rows.loc[rows["after"].isna(), "before"]
        msg = f"events: {len(where)} row(s) lead nowhere: {culprits(where)}; fill after"
        raise DataError(msg)
    check_codes([*rows["before"].dropna(), *rows["after"]], "commune")
    again = rows[rows.duplicated(["date", "before", "after"])]
    if len(again):
        told = [_arrow(row) for _, row in again.iterrows()]
        msg = f"events: {len(told)} row(s) stand twice: {culprits(told)}; drop one"
        raise DataError(msg)
    rows["group"] = 0
    for date, same_day in rows.groupby("date", sort=False):
        _check_circles(str(date), same_day)
        rows.loc[same_day.index, "group"] = _grouped(same_day)
    return rows


def _check_dates(rows: pd.DataFrame) -> None:
    wrong = [date for date in rows["date"] if not _is_date(date)]
    if wrong:
        msg = f"events: not dates: {culprits(wrong)}; write them as '2025-01-01'"
        raise DataError(msg)
    late = rows[rows["date"] < rows["date"].shift()]
    if len(late):
        told = [_arrow(row) for _, row in late.iterrows()]
        msg = (
            f"events: {len(late)} row(s) out of order of date: {culprits(told)}; "
            "write events.sort_values('date')"
        )
        raise DataError(msg)


def _is_date(text: object) -> bool:
    if not isinstance(text, str) or len(text) != 10:
        return False
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _arrow(row: pd.Series) -> str:
    return f"{row['date']} {row['before']} → {row['after']}"


def _check_circles(date: str, rows: pd.DataFrame) -> None:
    """Refuse A → B and B → A the same day, unless codes are merely exchanged."""
    pairs = rows.dropna(subset=["before"])
    edges = {(b, a) for b, a in zip(pairs["before"], pairs["after"], strict=True)}
    core = {(b, a) for b, a in edges if b != a}
    while True:
        starts, ends = {b for b, _ in core}, {a for _, a in core}
        kept = {(b, a) for b, a in core if b in ends and a in starts}
        if kept == core:
            break
        core = kept
    inside = {code for edge in core for code in edge}
    out = [b for b, _ in edges if b in inside]
    into = [a for _, a in edges if a in inside]
    if len(out) == len(into) == len(inside):
        return
    told = [f"{b} → {a}" for b, a in sorted(core)]
    msg = (
        f"events: on {date}, {len(told)} row(s) go round in a circle: "
        f"{culprits(told)}; an exchange of codes drops and adds each code once: "
        "remove the row that is wrong"
    )
    raise DataError(msg)


def _grouped(rows: pd.DataFrame) -> list[int]:
    """Return for each row of one day the first row it is tied to by a code."""
    group: dict[str, int] = {}
    for row in rows.itertuples():
        ends = [x for x in (row.before, row.after) if isinstance(x, str)]
        tied = {group[code] for code in ends if code in group}
        lowest = min([*tied, int(row.Index)])
        for code in [c for c, g in group.items() if g in tied]:
            group[code] = lowest
        group |= dict.fromkeys(ends, lowest)
    return [group[code] for code in rows["after"]]


# --- evidence and sentences --------------------------------------------------------


def weighed(codes: Iterable[str], line: Timeline) -> pd.DataFrame:
    """
    Weigh the years of a history, as `guess_vintage` does.

    Parameters
    ----------
    codes
        Codes of a table.
    line
        The history.
    """
    given = set(check_codes(codes, "commune"))
    if not given:
        msg = "no code to date: give the codes of a table, such as table.index"
        raise CodeError(msg)
    kin = _kin(given, line)
    rows = []
    for first, last, there in _runs(line):
        absent, missing = given - there, there - given
        argues = missing & kin
        row = (first, last, len(given & there), len(absent), len(missing))
        told = tuple(sorted(absent)), tuple(sorted(argues))
        rows.append((*row, len(argues), *told))
    columns = ["first", "last", "present", "absent", "missing", "missing_kin"]
    columns += ["absent_codes", "missing_codes"]
    found = pd.DataFrame(rows, columns=columns)
    found["against"] = 3 * found["absent"] + found["missing_kin"]
    found = found.sort_values(["against", "last"], ascending=[True, False])
    found["best"] = found["against"] == found["against"].min()
    return found.reset_index(drop=True)


def _refuse_code(code: str, line: Timeline) -> None:
    ever = sorted({spell.code for spell in line.spells})
    names = names_on(line, line.last)
    near = difflib.get_close_matches(code, ever, n=4, cutoff=0.6)
    hint = "; ".join(f"{item} ({names[item]})" for item in near if item in names)
    advice = f"did you mean {hint}?" if hint else "an example is '62119'"
    msg = f"no commune ever bore the code {code!r} in this history: {advice}"
    raise CodeError(msg)


def _runs(line: Timeline) -> Iterator[tuple[int, int, set[str]]]:
    """Yield the runs of years whose lists of codes are the same."""
    first, there = line.first, set[str]()
    for year in range(line.first, line.last + 1):
        codes = line.grounds(year).keys() - line.outside
        if there and codes != there:
            yield first, year - 1, there
            first = year
        there = set(codes)
    yield first, line.last, there


def _kin(given: set[str], line: Timeline) -> set[str]:
    """Return the codes that ever shared ground with one of these."""
    held: dict[str, set[str]] = defaultdict(set)
    for spell in line.spells:
        for atom in line.atoms(spell.ground):
            held[atom].add(spell.code)
    return {code for codes in held.values() if codes & given for code in codes}


def _told(rows: pd.DataFrame) -> tuple[object, ...]:
    """Return one event as a row of a trajectory."""
    first = rows.iloc[0]
    befores = _named(rows, "before")
    afters = _named(rows, "after")
    when = long_date(dt.date.fromisoformat(first["date"]))
    start = f"Le {when}" if first["date_exact"] else f"Au plus tard le {when}"
    kind = _kind(rows)
    sentence = typeset(f"{start}, {_deed(kind, befores, afters)}.")
    codes = tuple(befores), tuple(afters)
    names = tuple(befores.values()), tuple(afters.values())
    return first["date"], kind, *codes, *names, sentence


def _kind(rows: pd.DataFrame) -> str:
    kinds = [str(kind) for kind in rows["kind"].dropna()]
    return next((k for k in kinds if k != "changement de nom"), [*kinds, "autre"][0])


def _named(rows: pd.DataFrame, side: str) -> dict[str, str]:
    told = rows.dropna(subset=[side])
    names = told[f"{side}_name"].fillna("")
    return dict(sorted(zip(told[side], names, strict=True)))


def _deed(kind: str, befores: dict[str, str], afters: dict[str, str]) -> str:
    """Write what happened, in French, without its date."""
    chief, title = next(iter(afters.items()))
    gone = {code: name for code, name in befores.items() if code not in afters}
    new = {code: name for code, name in afters.items() if code not in befores}
    old, made = _called(befores), _called(afters)
    match kind:
        case "changement de nom":
            deed = f"{old} devient {title}"
        case "fusion" | "fusion-association" if chief in befores and gone:
            how = " (fusion-association)" if kind == "fusion-association" else ""
            host = _called({chief: befores[chief]})
            verb = "rejoint" if len(gone) == 1 else "rejoignent"
            deed = f"{_called(gone)} {verb} {host}{how}{_renamed(befores, afters)}"
        case "commune nouvelle":
            deed = f"{old} forment la commune nouvelle {made}"
        case "retablissement" if new and befores:
            many = len(new) > 1
            verb = "sont rétablies et quittent" if many else "est rétablie et quitte"
            deed = f"{_called(new)} {verb} {old}{_renamed(befores, afters)}"
        case "changement de departement":
            deed = f"{old} change de département et prend le code {chief}"
        case "creation" if not befores:
            deed = f"{made} est créée, aux dépens de communes que la source ne dit pas"
        case _:
            deed = f"{kind} : {old or 'sans origine dite'} → {made}"
    return deed


def _called(communes: dict[str, str]) -> str:
    return listed(
        f"{name} ({code})" if name else code for code, name in communes.items()
    )


def _renamed(befores: dict[str, str], afters: dict[str, str]) -> str:
    """Write the new name of a commune that goes on under its code."""
    return "".join(
        f" ; {befores[code]} devient {name}"
        for code, name in afters.items()
        if code in befores and name != befores[code]
    )


# --- the files of Insee ------------------------------------------------------------


def _read_csv(path: str | Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """Read a file of Insee as text, or say what it lacks."""
    try:
        rows = pd.read_csv(
            path, dtype="str", keep_default_na=False, encoding="utf-8-sig"
        )
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as e:
        msg = f"{path}: cannot be read as a comma-separated UTF-8 file ({e})"
        raise DataError(msg) from e
    rows.columns = rows.columns.str.strip().str.upper()
    missing = [name for name in columns if name not in rows.columns]
    if missing:
        msg = (
            f"{path}: {len(missing)} column(s) missing: {culprits(missing, most=9)}; "
            f"found {culprits(rows.columns, most=9)}: take the CSV of Insee"
        )
        raise DataError(msg)
    return rows[list(columns)]


def _year_of(path: str | Path) -> int | None:
    years = re.findall(r"(?<!\d)((?:19|20)\d{2})(?!\d)", Path(path).stem)
    return int(years[-1]) if years else None


def _as_events(rows: pd.DataFrame, source: str) -> pd.DataFrame:
    """Write the rows of Insee as events; drop those that change nothing."""
    kinds = rows["MOD"].map(_KINDS)
    same = rows["COM_AV"] == rows["COM_AP"]
    renamed = rows["LIBELLE_AV"] != rows["LIBELLE_AP"]
    kinds = kinds.mask(kinds.isna() & same & renamed, "changement de nom")
    kinds = kinds.mask(kinds.isna() & ~same, "autre")
    events = pd.DataFrame(
        {
            "date": rows["DATE_EFF"],
            "date_exact": True,
            "kind": kinds,
            "before": rows["COM_AV"],
            "before_name": rows["LIBELLE_AV"],
            "after": rows["COM_AP"],
            "after_name": rows["LIBELLE_AP"],
            "source": source,
        }
    )
    events = events[kinds.notna()]
    events = events.drop_duplicates(["date", "before", "after"])
    return events.reset_index(drop=True)


def _without_relays(rows: pd.DataFrame) -> pd.DataFrame:
    """Replace a code that lives less than a day by the one that it replaces."""
    recoded = rows[rows["MOD"].isin(["41", "50"]) & (rows["COM_AV"] != rows["COM_AP"])]
    relay = {
        (row.DATE_EFF, row.COM_AP): (row.COM_AV, row.LIBELLE_AV)
        for row in recoded.itertuples()
        if row.TYPECOM_AV == row.TYPECOM_AP == "COM"
    }
    keys = pd.Series(
        list(zip(rows["DATE_EFF"], rows["COM_AV"], strict=True)), rows.index
    )
    later = (
        keys.isin(list(relay)) & (rows["TYPECOM_AV"] == "COM")
        & ~rows["MOD"].isin(["41", "50"]) & (rows["TYPECOM_AP"] == "COM")
    )  # fmt: skip
    passed = set(keys[later & (rows["COM_AV"] != rows["COM_AP"])])
    later &= keys.isin(passed)
    rows = rows.copy()
    for index in rows.index[later]:
        rows.loc[index, ["COM_AV", "LIBELLE_AV"]] = relay[keys[index]]
    ends = pd.Series(
        list(zip(rows["DATE_EFF"], rows["COM_AP"], strict=True)), rows.index
    )
    useless = ends.isin(passed) & rows["MOD"].isin(["41", "50"])
    return rows[~useless]


def _with_parents(events: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Add the commune that is left to those re-established without saying which."""
    told = set(zip(events["date"], events["after"], strict=True))
    alone = rows[
        (rows["MOD"] == "21")
        & rows["TYPECOM_AV"].isin(["COMA", "COMD"])
        & (rows["TYPECOM_AP"] == "COM")
    ]
    more = []
    for row in alone.itertuples():
        if (row.DATE_EFF, row.COM_AP) in told:
            continue
        earlier = events[
            (events["date"] < row.DATE_EFF) & (events["before"] == row.COM_AP)
        ]
        parent = earlier["after"].iloc[-1] if len(earlier) else None
        new = {"date": row.DATE_EFF, "date_exact": True, "kind": "retablissement"}
        new |= {"after": row.COM_AP, "after_name": row.LIBELLE_AP, "before": parent}
        more.append(new)
        if parent is not None and (row.DATE_EFF, parent) not in told:
            more.append(new | {"after": parent, "after_name": None})
            told.add((row.DATE_EFF, parent))
    if not more:
        return events
    added = pd.DataFrame(more, columns=events.columns)
    found = pd.concat([events, added.astype(events.dtypes.to_dict())])
    return found.sort_values(["date", "after", "before"], ignore_index=True)
