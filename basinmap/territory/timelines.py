"""What ground each commune code stood for, followed through the events."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from numbers import Integral
from types import MappingProxyType
from typing import Final

import pandas as pd

from basinmap.errors import DataError, VintageError, culprits
from basinmap.territory import embedded
from basinmap.territory.levels import check_codes
from basinmap.values.told import bare, fact_of

__all__ = [
    "FIRST",
    "LAST",
    "Ground",
    "Spell",
    "Timeline",
    "check_year",
    "spans",
    "timeline",
]

FIRST: Final = 1943
LAST: Final = 2026

Ground = frozenset[str]
"""Pieces of ground that no event divides; each belongs to one commune at a time."""

_OPTIONAL: Final = {
    "date_exact": True,
    "kind": None,
    "before_name": None,
    "after_name": None,
}
"""What is taken of the columns that the events of a user lack."""


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
        What each code stood for, and when, by code then date.
    moved
        Per row of the events, the ground that it concerns.
    outside
        Codes that are met, but lie outside the territory that is listed.
    first, last
        Years that are covered.
    complete
        Whether the communes that no event touches are known too.
    held, names
        By year, what `grounds` and `names_on` found: both are asked at every step.
    """

    events: pd.DataFrame
    spells: tuple[Spell, ...]
    moved: tuple[Ground, ...]
    outside: frozenset[str]
    first: int
    last: int
    complete: bool
    held: dict[int, Mapping[str, Ground]] = field(
        default_factory=dict, repr=False, compare=False
    )
    names: dict[int, dict[str, str]] = field(
        default_factory=dict, repr=False, compare=False
    )

    @property
    def ever(self) -> frozenset[str]:
        """Return the codes that some commune bore at some time."""
        return frozenset(spell.code for spell in self.spells)

    def grounds(self, year: int) -> Mapping[str, Ground]:
        """
        Return the ground of each code that exists on 1 January of a year.

        Parameters
        ----------
        year
            Year of the list.
        """
        if year not in self.held:
            day = f"{year}-01-01"
            found = {
                spell.code: spell.ground
                for spell in self.spells
                if spell.start <= day and (spell.end is None or day < spell.end)
            }
            self.held[year] = MappingProxyType(found)
        return self.held[year]

    def years(self, code: str) -> str:
        """
        Write the years whose 1 January list has a code.

        Parameters
        ----------
        code
            Code of a commune.
        """
        runs = [
            (
                _first_list(spell.start) if spell.start else self.first,
                _first_list(spell.end) - 1 if spell.end else self.last,
            )
            for spell in self.spells
            if spell.code == code
        ]
        return ", ".join(spans(run for run in runs if run[0] <= run[1]))


def spans(runs: Iterable[tuple[int, int]]) -> list[str]:
    """
    Write runs of years, those that follow each other as one.

    Parameters
    ----------
    runs
        First and last year of each, in order.

    Examples
    --------
    >>> spans([(2017, 2018), (2019, 2024), (2026, 2026)])
    ['2017–2024', '2026']
    """
    found: list[tuple[int, int]] = []
    for first, last in runs:
        follows = found and found[-1][1] == first - 1
        found.append((found.pop()[0] if follows else first, last))
    return [str(a) if a == b else f"{a}–{b}" for a, b in found]


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
    is_year = isinstance(year, Integral) and not isinstance(year, bool)
    if not is_year or not line.first <= year <= line.last:
        msg = (
            f"no list of communes for {year!r}: write a year from {line.first} to "
            f"{line.last}, such as {line.last}"
        )
        raise VintageError(msg)


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


@cache
def _embedded_timeline() -> Timeline:
    return _followed(embedded.table("history"))


def _followed(events: pd.DataFrame) -> Timeline:
    """Replay the events from the first, or refuse them."""
    rows = _checked(events)
    listed = fact_of(events, "communes") is not None
    extends = not listed and _extends_embedded(rows)
    own = embedded.table("cog")["code"]
    known = frozenset(own if extends else fact_of(events, "communes", ()))
    touched = frozenset(rows["before"].dropna()) | frozenset(rows["after"])
    start = _dropped_first(rows) | (known - touched)
    replay = _Replay({code: frozenset([code]) for code in start})
    for date, same_day in rows.groupby("date", sort=False):
        replay.apply(str(date), same_day)
    if listed and (gone := sorted(known - replay.state.keys())):
        msg = (
            f"{len(gone)} commune(s) of the list are gone by the last event: "
            f"{culprits(gone)}; take the list and the events of the same year"
        )
        raise DataError(msg)
    first, last = _covered(rows, LAST if extends else fact_of(events, "year"))
    away = (code for code in touched if not code.startswith(("59", "62")))
    return Timeline(
        events=rows,
        spells=replay.closed(),
        moved=tuple(replay.atoms(ground) for ground in replay.moved),
        outside=frozenset(away if extends else ()),
        first=first,
        last=last,
        complete=extends or listed,
    )


def _extends_embedded(rows: pd.DataFrame) -> bool:
    """Tell whether events hold all those that are embedded."""
    theirs, own = (
        set(zip(frame["date"], frame["after"], strict=True))
        for frame in (rows, embedded.table("history"))
    )
    return theirs >= own


def _dropped_first(rows: pd.DataFrame) -> frozenset[str]:
    """Return the codes that exist before the first event that names them."""
    found, met = set[str](), set[str]()
    for _, same_day in rows.groupby("date", sort=False):
        befores = set(same_day["before"].dropna())
        found |= befores - met
        met |= befores | set(same_day["after"])
    return frozenset(found)


def _covered(rows: pd.DataFrame, told: int | None) -> tuple[int, int]:
    """Return the first and the last year that events cover."""
    start = _first_list(rows["date"].iloc[0]) - 1
    end = _first_list(rows["date"].iloc[-1])
    # The files of Insee go back to 1943, whatever is kept of them.
    return (start, end) if told is None else (min(FIRST, start), max(told, end))


def _first_list(day: str) -> int:
    """Return the first year whose 1 January is on that day or after."""
    return int(day[:4]) + (not day.endswith("-01-01"))


# --- replay ------------------------------------------------------------------------


@dataclass(slots=True)
class _Replay:
    """The state of communes while events are applied, one date after the other."""

    state: dict[str, Ground]
    since: dict[str, str] = field(default_factory=dict)
    former: dict[str, Ground] = field(default_factory=dict)
    # Ground that an event divides, to its parts.
    parts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    spells: list[Spell] = field(default_factory=list)
    moved: list[Ground] = field(default_factory=list)

    def apply(self, date: str, rows: pd.DataFrame) -> None:
        """Drop every `before`, add every `after`."""
        heirs: dict[str, list[str]] = defaultdict(list)
        gains: dict[str, set[str]] = defaultdict(set)
        pairs = list(_pairs(rows))
        for before, after in pairs:
            if before:
                heirs[before].append(after)
            else:
                gains[after].add(f"{after}@{date}")
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
        self.moved += [
            self.state[before] if before else frozenset(gains[after])
            for before, after in pairs
        ]
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
        left = ground = self.atoms(self.state[code])
        if len(afters) == 1:
            return {afters[0]: ground}
        taken: dict[str, Ground] = {}
        for after in afters:
            old = self.atoms(self.former.get(after, frozenset()))
            if after not in self.state and old and old <= left:
                taken[after], left = old, left - old
        rest = [after for after in afters if after not in taken]
        if rest and not left:
            # Some would be left with nothing: what they held once tells nothing.
            taken, rest, left = {}, afters, ground
        if len(rest) == 1:
            return taken | {rest[0]: left}
        # The parts of each heir are not known: every piece is cut between them.
        heirs = rest or list(taken)
        self.parts |= {atom: tuple(f"{atom}|{heir}" for heir in heirs) for atom in left}
        return taken | {
            heir: taken.get(heir, frozenset()) | {f"{atom}|{heir}" for atom in left}
            for heir in heirs
        }

    def atoms(self, ground: Ground) -> Ground:
        """Return a ground in parts that nothing so far divides."""
        if self.parts.keys().isdisjoint(ground):
            return ground
        pieces = (part for atom in ground for part in self.parts.get(atom, (atom,)))
        return self.atoms(frozenset(pieces))

    def closed(self) -> tuple[Spell, ...]:
        """Return every spell, those that last included, by code then date."""
        lasting = [
            Spell(code, self.since.get(code, ""), None, ground)
            for code, ground in self.state.items()
        ]
        found = sorted([*self.spells, *lasting], key=lambda s: (s.code, s.start))
        return tuple(replace(s, ground=self.atoms(s.ground)) for s in found)


def _pairs(rows: pd.DataFrame) -> Iterator[tuple[str | None, str]]:
    """Yield `before`, None for a creation, and `after` of each row."""
    for before, after in zip(rows["before"], rows["after"], strict=True):
        yield before if isinstance(before, str) else None, after


# --- checks of events --------------------------------------------------------------


def _checked(events: pd.DataFrame) -> pd.DataFrame:
    """Return events with every column, and the group of rows that go together."""
    missing = [c for c in ("date", "before", "after") if c not in events.columns]
    if missing or events.empty:
        what = f"columns missing: {culprits(missing)}" if missing else "no row"
        msg = f"events: {what}; give a frame such as bm.cog_events() returns"
        raise DataError(msg)
    rows = bare(events).reset_index(drop=True)
    lacking = {name: _OPTIONAL[name] for name in _OPTIONAL if name not in rows}
    rows = rows.assign(**lacking)
    _check_dates(rows)
    if rows["after"].isna().any():
        where = rows.loc[rows["after"].isna(), "before"]
        msg = f"events: {len(where)} row(s) lead nowhere: {culprits(where)}; fill after"
        raise DataError(msg)
    check_codes([*rows["before"].dropna(), *rows["after"]], "commune")
    again = _arrows(rows[rows.duplicated(["date", "before", "after"])])
    if again:
        msg = f"events: {len(again)} row(s) stand twice: {culprits(again)}; drop one"
        raise DataError(msg)
    groups: list[int] = []
    for date, same_day in rows.groupby("date", sort=False):
        _check_circles(str(date), same_day)
        groups += _grouped(same_day, len(groups))
    rows["group"] = groups
    return rows


def _check_dates(rows: pd.DataFrame) -> None:
    wrong = [date for date in rows["date"] if not _is_date(date)]
    if wrong:
        msg = f"events: not dates: {culprits(wrong)}; write them as '2025-01-01'"
        raise DataError(msg)
    late = _arrows(rows[rows["date"] < rows["date"].shift()])
    if late:
        msg = (
            f"events: {len(late)} row(s) out of order of date: {culprits(late)}; "
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


def _arrows(rows: pd.DataFrame) -> list[str]:
    cells = rows[["date", "before", "after"]].itertuples(index=False)
    return [f"{date} {before} → {after}" for date, before, after in cells]


def _check_circles(date: str, rows: pd.DataFrame) -> None:
    """Refuse A → B and B → A the same day, unless codes are merely exchanged."""
    edges = {(before, after) for before, after in _pairs(rows) if before}
    core = {edge for edge in edges if edge[0] != edge[1]}
    while True:
        inside = {before for before, _ in core} & {after for _, after in core}
        kept = {edge for edge in core if inside.issuperset(edge)}
        if kept == core:
            break
        core = kept
    out = [before for before, _ in edges if before in inside]
    into = [after for _, after in edges if after in inside]
    if len(out) == len(into) == len(inside):
        return
    told = [f"{before} → {after}" for before, after in sorted(core)]
    msg = (
        f"events: on {date}, {len(told)} row(s) go round in a circle: "
        f"{culprits(told)}; an exchange of codes drops and adds each code once: "
        "remove the row that is wrong"
    )
    raise DataError(msg)


def _grouped(rows: pd.DataFrame, start: int) -> list[int]:
    """Return for each row of one day the first row it is tied to by a code."""
    group: dict[str, int] = {}
    for position, pair in enumerate(_pairs(rows), start):
        ends = [code for code in pair if code]
        tied = {group[code] for code in ends if code in group}
        lowest = min([*tied, position])
        group = {c: lowest if g in tied else g for c, g in group.items()}
        group |= dict.fromkeys(ends, lowest)
    return [group[code] for code in rows["after"]]
