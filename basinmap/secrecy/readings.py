"""From tables to the system of all that they tell together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from basinmap.catalogue.entries import catalogue
from basinmap.errors import ColumnError, DataError, culprits
from basinmap.secrecy.options import check_columns_named
from basinmap.secrecy.sheets import (
    Ground,
    Hierarchies,
    Links,
    Quotient,
    Sheet,
    Tables,
    is_alone,
    is_count,
    known_sums,
    quotients_of,
    sheets_of,
    sums_of,
    vintaged,
    year_of_sums,
)
from basinmap.secrecy.systems import Builder, Place, System
from basinmap.states import STATES
from basinmap.values.masking import SecrecyRule, rule_of
from basinmap.values.told import measures_of, told_of

__all__ = ["Alone", "Reading", "Rules", "Settings", "read"]

Rules = SecrecyRule | str | int | Mapping[str, SecrecyRule | str | int]
Extent = frozenset[str]

_OFF = 0.01
_ADDS_UP = 0.9
"""Share of the rows in which parts make their total, for them to be held its parts."""
Key = tuple[str, Extent]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """
    How tables are to be read.

    Attributes
    ----------
    links
        Columns that are sums of others, or rates of them.
    decimals
        Column to number of decimals printed.
    rounded
        Columns whose figures were rounded, so that parts may miss their total.
    drift
        Two columns, the same at two dates, to the share by which a reader knows that
        one may have moved.
    zeros
        Whether zeros are printed: then what is hidden is none.
    rates
        Whether a rate is a row, or goes with its counts.
    sums
        By how much each part of a sum that the catalogue knows may be off; None for no
        such sum.
    weights
        What hiding a figure costs.
    """

    links: Links | None = None
    decimals: Mapping[str, int] = field(default_factory=dict)
    rounded: Collection[str] = ()
    drift: Mapping[tuple[str, str], float] = field(default_factory=dict)
    zeros: str = "shown"
    rates: bool = True
    sums: float | None = 0.0
    weights: Mapping[str, float] | str = "value"


@dataclass(frozen=True, slots=True)
class Alone:
    """
    A figure that no subtraction gives, such as a median.

    Attributes
    ----------
    place
        Where it stands.
    rule
        What it obeys.
    """

    place: Place
    rule: SecrecyRule


@dataclass(slots=True)
class Reading:
    """
    Tables as a system, and what of them is no part of it.

    Attributes
    ----------
    sheets
        The tables.
    system
        The equations.
    keys
        Quantity and territory to figure.
    rules
        Rule of each figure that obeys one.
    rates
        Where each rate stands, with the figures it is made of.
    alone
        Figures that no subtraction gives.
    base
        Level of the base units.
    quotients
        The rates by their columns.
    """

    sheets: list[Sheet]
    system: System
    keys: dict[object, int]
    rules: dict[int, SecrecyRule]
    rates: list[tuple[Place, tuple[int, ...]]]
    alone: list[Alone]
    base: str
    quotients: dict[str, Quotient]


def read(
    tables: Tables,
    *,
    known: Tables | None,
    hierarchies: Hierarchies,
    rules: Rules | None,
    settings: Settings,
) -> Reading:
    """
    Return the system of all that is published together.

    Parameters
    ----------
    tables, known, hierarchies, rules
        See `protect`.
    settings
        How they are read.

    Raises
    ------
    ColumnError
        If a rule or a link is about a column that is nowhere.
    """
    sheets = sheets_of(tables)
    if known is not None:
        sheets += sheets_of(known, "known", known=True)
    levels = {sheet.level for sheet in sheets}
    base = levels.pop() if hierarchies is None and len(levels) == 1 else "commune"
    return _Reader(sheets, Ground.of(hierarchies, base), rules, settings).read()


class _Reader:
    """One pass over tables."""

    def __init__(
        self,
        sheets: list[Sheet],
        ground: Ground,
        rules: Rules | None,
        settings: Settings,
    ) -> None:
        self.sheets, self.ground, self.settings = sheets, ground, settings
        self.every = list(dict.fromkeys(c for s in sheets for c in s.columns))
        self.quotients = quotients_of(sheets, settings.links, self.every)
        self.sums = sums_of(settings.links)
        self._check_links()
        self.aliases = self._aliases()
        self.told = {} if settings.sums is None else self._known_sums()
        self.sums |= self.told
        self.rules = self._ruled(rules)
        self.builder = Builder()
        self.extents: dict[tuple[int, str], Extent] = {}
        self.printed: dict[str, set[Extent]] = {}
        self.rates: list[tuple[Place, tuple[int, ...]]] = []
        self.alone: list[Alone] = []
        self.labels = _labels(sheets)
        self.wholes: dict[str, bool] = {}

    # -- what is what ---------------------------------------------------------------

    def _check_links(self) -> None:
        named = [c for total, parts in self.sums.items() for c in (total, *parts)]
        check_columns_named(named, self.every, "links")
        check_columns_named(self.settings.rounded, self.every, "rounded")
        moved = [name for pair in self.settings.drift for name in pair]
        check_columns_named(moved, self.every, "drift")

    def _aliases(self) -> dict[str, str]:
        """Return columns that are a count under another name, such as `L01`."""
        found = {}
        for sheet in self.sheets:
            for name in sheet.columns:
                told = told_of(sheet.frame[name])
                item = catalogue().indicators.get(told.indicator or name)
                if item is None or item.kind != "stock" or len(item.terms) != 1:
                    continue
                one = vintaged(item.terms[0].count, self.every, told.vintage)
                one = one or vintaged(item.terms[0].count, self.every)
                one = one or _part_of_sum(item.terms[0].count, told.vintage, self.every)
                if one is not None and one != name:
                    found[name] = one
        return found

    def _known_sums(self) -> dict[str, tuple[str, ...]]:
        """Return the sums that the catalogue knows, and nobody gave."""
        names = {
            self.name(c) for s in self.sheets for c in s.columns if self._counts(s, c)
        }
        names |= {self.name(c) for q in self.quotients.values() for c in q.columns}
        given = {self.name(c) for c in (*self.sums, *(self.settings.links or {}))}
        found = known_sums(names)
        return {total: parts for total, parts in found.items() if total not in given}

    def name(self, column: str) -> str:
        return self.aliases.get(column, column)

    def _ruled(self, rules: Rules | None) -> dict[str, SecrecyRule]:
        """Return the rule of each column."""
        if rules is None:
            return {}
        if not isinstance(rules, Mapping):
            rule = rule_of(rules)
            counts = [
                c
                for s in self.sheets
                for c in s.columns
                if not s.known and self._counts(s, c) and not rule_names(rule, c)
            ]
            if not counts:
                msg = (
                    "rules: no column of numbers to protect in the tables; bring "
                    "text to numbers, bm.parse_counts(table['vacants'])"
                )
                raise DataError(msg)
            return dict.fromkeys(map(self.name, counts), rule)
        found = {}
        for name, given in rules.items():
            held = [c for c in self.every if c == name or _dated(c, name)]
            if not held and name not in self.quotients:
                msg = f"rules: no table has a column {name!r}; there are "
                raise ColumnError(msg + culprits(self.every))
            for column in held:
                quotient = self.quotients.get(column)
                above = [n for n, _ in quotient.above] if quotient else [column]
                found.update(dict.fromkeys(map(self.name, above), rule_of(given)))
        return found

    def _counts(self, sheet: Sheet, column: str) -> bool:
        return column not in self.quotients and is_count(sheet, column)

    # -- reading --------------------------------------------------------------------

    def read(self) -> Reading:
        wanted = self._wanted()
        self._stand_all(wanted)
        if self.settings.rates:
            self._meet_rates(wanted)
        else:
            self._read_rates()
        families = _families(wanted, self._ties())
        for family in families:
            self._tie_family(family)
        self._bound()
        if self.settings.rates:
            self._tie_rates()
        rest = self._complements()
        system = self.builder.system(self.settings.weights)
        rules = {
            at: self.rules[column]
            for at, column in enumerate(system.columns)
            if column in self.rules
        }
        rules |= {at: rule for at, rule in rest.items() if at < system.size}
        return Reading(
            self.sheets,
            system,
            self.builder.keys,
            rules,
            self.rates,
            self.alone,
            self.ground.base,
            self.quotients,
        )

    def _stand_all(self, wanted: set[str]) -> None:
        """Put the figures of all tables in the system."""
        for number, sheet in enumerate(self.sheets):
            for code in map(str, sheet.frame.index):
                self.extents[number, code] = self.ground.extent(sheet, code)
        for number, sheet in enumerate(self.sheets):
            for column in sheet.columns:
                if self._counts(sheet, column) and self.name(column) in wanted:
                    self._stand(number, sheet, column)
                elif is_alone(sheet, column) and column in self.rules:
                    self._set_apart(sheet, column)

    def _wanted(self) -> set[str]:
        """Return the quantities that matter: hidden, ruled, and tied to one."""
        found = set(self.rules)
        for sheet in self.sheets:
            for column in sheet.columns:
                if "secret" in set(sheet.states(column)):
                    quotient = self.quotients.get(column)
                    found |= set(quotient.columns if quotient else (column,))
        found = {self.name(c) for c in found}
        ties = list(self._ties())
        while True:
            more = {c for tie in ties if found & set(tie) for c in tie}
            if more <= found:
                return found
            found |= more

    def _ties(self) -> Iterator[tuple[str, ...]]:
        """Return the groups of quantities that a row may tie."""
        for total, parts in self.sums.items():
            yield tuple(map(self.name, (total, *parts)))
        for quotient in self.quotients.values():
            yield tuple(map(self.name, quotient.columns))
        for pair in self.settings.drift:
            yield tuple(map(self.name, pair))

    def _stand(self, number: int, sheet: Sheet, column: str) -> None:
        """Put the figures of a column in the system."""
        name = self.name(column)
        values, states = sheet.numbers(column), sheet.states(column)
        known = values[~np.isnan(values)]
        _check_amounts(sheet, column, values)
        whole = bool((np.abs(known - np.round(known)) < 1e-9).all())
        for code, value, state in zip(
            map(str, sheet.frame.index), values, states, strict=True
        ):
            extent = self.extents[number, code]
            if not extent or (state in STATES and state != "secret"):
                continue
            if np.isnan(value) and state != "secret":
                continue
            at = self._figure(name, extent, f"{sheet.level} {code}", whole=whole)
            place = Place(sheet.name, code, column)
            if state == "lower_bound":
                self.builder.bound(at, value)
            elif state == "estimated":
                continue
            elif sheet.known:
                if not np.isnan(value):
                    self.builder.learn(at, value, sheet.name or "known", known=True)
            else:
                self.builder.stand(at, place, value, hidden=state == "secret")

    def _figure(
        self, name: str, extent: Extent, unit: str, *, whole: bool = True
    ) -> int:
        label = self.labels.get(name, name)
        self.printed.setdefault(name, set()).add(extent)
        key = (name, extent)
        return self.builder.figure(key, f"{label}, {unit}", name, whole=whole)

    def _set_apart(self, sheet: Sheet, column: str) -> None:
        values = sheet.numbers(column)
        for code, value in zip(map(str, sheet.frame.index), values, strict=True):
            if not np.isnan(value):
                place = Place(sheet.name, code, column)
                self.alone.append(Alone(place, self.rules[column]))

    # -- rows -----------------------------------------------------------------------

    def _tie_family(self, family: list[str]) -> None:
        """Tie territories of quantities, over the pieces they cut one another in."""
        extents = sorted(
            {e for name in family for e in self.printed.get(name, ())},
            key=lambda extent: (len(extent), sorted(extent)),
        )
        pieces, held = _pieces(extents)
        index = {piece: k for k, piece in enumerate(pieces)}
        self.wholes = self.builder.wholes
        for name in family:
            for extent in sorted(
                self.printed.get(name, ()), key=lambda e: (len(e), sorted(e))
            ):
                if extent in index:
                    continue
                terms = {self._piece(name, pieces[k]): 1.0 for k in held[extent]}
                at = self.builder.keys[name, extent]
                terms[at] = -1.0
                self._row(self.builder.name_of(at), terms, name)
        self._tie_columns(family, pieces)

    def _piece(self, name: str, piece: Extent) -> int:
        key = (name, piece)
        if key in self.builder.keys:
            return self.builder.keys[key]
        some = sorted(piece)
        told = (
            some[0] if len(some) == 1 else f"{len(some)} unités : {', '.join(some[:3])}"
        )
        label = self.labels.get(name, name)
        whole = self.wholes.get(name, True)
        return self.builder.figure(key, f"{label}, ({told})", name, whole=whole)

    def _row(self, name: str, terms: dict[int, float], column: str) -> None:
        play = 0.0
        if column in self.settings.rounded:
            half = 0.5 * 10.0 ** -self.settings.decimals.get(column, 0)
            play = half * len(terms)
        self.builder.tie(name, terms, -play, play)

    def _tie_columns(self, family: list[str], pieces: list[Extent]) -> None:
        mine = set(family)
        for total, parts in self.sums.items():
            names = [self.name(total), *map(self.name, parts)]
            if names[0] not in mine:
                continue
            label = self.labels.get(names[0], names[0])
            rows = []
            for piece in pieces:
                terms = {self._piece(n, piece): 1.0 for n in names[1:]}
                terms[self._piece(names[0], piece)] = -1.0
                rows.append(terms)
            told = f"{label} = {' + '.join(self.labels.get(p, p) for p in parts)}"
            if total in self.told:
                self._tie_known(told, rows)
                continue
            for terms in rows:
                self._row(told, terms, names[0])
        self._tie_drift(mine, pieces)

    def _tie_drift(self, mine: set[str], pieces: list[Extent]) -> None:
        for (first, second), share in self.settings.drift.items():
            names = [self.name(first), self.name(second)]
            if names[0] not in mine:
                continue
            for piece in pieces:
                a, b = (self._piece(n, piece) for n in names)
                told = f"{first} et {second} à {100 * share:g} % près"
                self.builder.tie(told, {b: 1.0, a: -(1 - share)}, 0.0, np.inf)
                self.builder.tie(told, {b: -1.0, a: 1 + share}, 0.0, np.inf)

    def _tie_known(self, name: str, rows: list[dict[int, float]]) -> None:
        """
        Tie parts to a total that the catalogue says they make, if they do.

        Figures that were rounded apart miss it by a little: where all is printed, by
        what is seen; where something is hidden, whoever subtracts takes it that
        nothing is missed, and is right two times in three in the census.
        """
        misses = [self._miss(terms) for terms in rows]
        seen = [
            abs(miss) <= 0.5 * len(terms) + _OFF * self._size(terms)
            for terms, miss in zip(rows, misses, strict=True)
            if miss is not None
        ]
        if seen and np.mean(seen) < _ADDS_UP:
            return
        play = (self.settings.sums or 0.0) * len(rows[0])
        for terms, miss in zip(rows, misses, strict=True):
            low, high = (-play, play) if miss is None else (miss, miss)
            self.builder.tie(name, terms, low, high)

    def _size(self, terms: Mapping[int, float]) -> float:
        return max(abs(self.builder.value(at)) for at in terms)

    def _miss(self, terms: Mapping[int, float]) -> float | None:
        """Return by how much parts miss their total, if all are there to be read."""
        if any(self.builder.is_hidden(at) for at in terms):
            return None
        found = sum(f * self.builder.value(at) for at, f in terms.items())
        return None if np.isnan(found) else float(found)

    def _bound(self) -> None:
        """Say what anybody knows of a hidden figure."""
        for key, at in list(self.builder.keys.items()):
            if not self.builder.is_hidden(at):
                continue
            name = key[0] if isinstance(key, tuple) else ""
            rule = self.rules.get(str(name))
            zeros = rule.zeros if rule is not None else self.settings.zeros
            if "hidden" not in {zeros, self.settings.zeros}:
                self.builder.bound(at, 1.0 if self.builder.is_whole(at) else 0.0)
            if rule is not None and rule.most:
                self.builder.bound(at, 0.0, rule.most)

    def _rated(self) -> Iterator[tuple[Place, Quotient, Extent, float, float]]:
        """Return each rate that stands in a table, with half of its last decimal."""
        for number, sheet in enumerate(self.sheets):
            for column in sheet.columns:
                quotient = self.quotients.get(column)
                if quotient is None:
                    continue
                values = sheet.numbers(column)
                half = self._half(column, values)
                states = sheet.states(column)
                for code, value, state in zip(
                    map(str, sheet.frame.index), values, states, strict=True
                ):
                    if np.isnan(value) or state:
                        continue
                    place = Place(sheet.name, code, column)
                    yield place, quotient, self.extents[number, code], value, half

    def _half(self, column: str, values: np.ndarray) -> float:
        decimals = self.settings.decimals.get(column)
        if decimals is None:
            known = values[~np.isnan(values)]
            for seen in range(7):
                if (np.abs(known - np.round(known, seen)) < 1e-9).all():
                    decimals = seen
                    break
        return 1e-9 if decimals is None else 0.5 * 10.0**-decimals

    def _meet_rates(self, wanted: set[str]) -> None:
        """Put in the system the counts that printed rates tell of."""
        for place, quotient, extent, _, _ in self._rated():
            names = [self.name(n) for n in quotient.columns]
            if extent and set(names) <= wanted:
                for name in names:
                    self._figure(name, extent, place.code)

    def _tie_rates(self) -> None:
        """Say what each printed rate tells of its counts."""
        for place, quotient, extent, value, half in self._rated():
            terms = self._terms(quotient, extent)
            if terms is None:
                continue
            above, below = terms
            low, high = quotient.between(value, half)
            what = f"{place.column}, {place.code} : {value:g}"
            step = half if self._steps(above, below, quotient, half) else 0.0
            first = _added(above, below, -low)
            second = _added(above, below, -high)
            self.builder.tie(what, first, 0.0, np.inf)
            second = {k: -v for k, v in second.items()}
            self.builder.tie(what, second, step / quotient.scale, np.inf)
            if quotient.scale == 100.0 and not quotient.years:  # noqa: SIM102
                if self._is_part(quotient):
                    self.builder.tie(what, _added(below, above, -1.0), 0.0, np.inf)

    def _steps(
        self,
        above: Mapping[int, float],
        below: Mapping[int, float],
        quotient: Quotient,
        half: float,
    ) -> bool:
        """Tell whether the end of a rounding is out of reach by half a decimal."""
        whole = all(self.builder.is_whole(at) for at in (*above, *below))
        steps = quotient.scale / half
        return whole and not quotient.years and abs(steps - round(steps)) < 1e-6

    def _is_part(self, quotient: Quotient) -> bool:
        return len(quotient.above) == 1 and quotient.above[0][1] > 0

    def _terms(
        self, quotient: Quotient, extent: Extent
    ) -> tuple[dict[int, float], dict[int, float]] | None:
        """Return the figures of a rate, those that are nowhere made."""
        found = []
        for side in (quotient.above, quotient.below):
            terms: dict[int, float] = {}
            for name, factor in side:
                at = self._reach(self.name(name), extent)
                if at is None:
                    return None
                terms[at] = terms.get(at, 0.0) + factor
            found.append(terms)
        return found[0], found[1]

    def _reach(self, name: str, extent: Extent) -> int | None:
        """Return the figure of a quantity over a territory, if it is in the system."""
        return self.builder.keys.get((name, extent))

    def _read_rates(self) -> None:
        """Make each rate go with its counts, and give the count that only it tells."""
        for place, quotient, extent, value, _ in list(self._rated()):
            names = [self.name(n) for n in quotient.columns]
            held = [self.builder.keys.get((n, extent)) for n in names]
            if held[0] is None and len(names) == 2 and held[1] is not None:
                held[0] = self._told_by(
                    names[0], quotient, extent, value, held[1], place
                )
            there = tuple(at for at in held if at is not None)
            if there:
                self.rates.append((place, there))

    def _told_by(
        self,
        name: str,
        quotient: Quotient,
        extent: Extent,
        value: float,
        below: int,
        place: Place,
    ) -> int | None:
        """Return the count that a rate and its denominator tell."""
        base = self.builder.value(below)
        if np.isnan(base) or quotient.years or name not in self.rules:
            return None
        at = self._figure(name, extent, place.code)
        self.builder.stand(
            at, place, float(round(value * base / quotient.scale)), hidden=False
        )
        return at

    def _complements(self) -> dict[int, SecrecyRule]:
        """Put in the system what is left of each denominator, where it has a rule."""
        found: dict[int, SecrecyRule] = {}
        for part, whole in sorted(set(self._wholes())):
            rule = self.rules.get(part)
            if rule is None or not rule.complement:
                continue
            for extent in sorted(
                self.printed.get(part, set()) & self.printed.get(whole, set()),
                key=lambda e: (len(e), sorted(e)),
            ):
                one, all_ = (self.builder.keys[n, extent] for n in (part, whole))
                name = f"{self.builder.name_of(all_)} − {self.labels.get(part, part)}"
                column = f"{whole} − {part}"
                at = self.builder.figure((column, extent), name, column)
                self.builder.tie(name, {all_: 1.0, one: -1.0, at: -1.0})
                found[at] = rule
        return found

    def _wholes(self) -> Iterator[tuple[str, str]]:
        for quotient in self.quotients.values():
            if quotient.years or len(quotient.columns) != 2:
                continue
            yield self.name(quotient.columns[0]), self.name(quotient.columns[1])
        for total, parts in self.sums.items():
            if len(parts) > 2:
                for part in parts:
                    yield self.name(part), self.name(total)


def _part_of_sum(count: str, vintage: str, every: Collection[str]) -> str | None:
    """Return a count of a sum by its name, where no table has it under that."""
    sums = catalogue().sums
    if count not in {n for total, parts in sums.items() for n in (total, *parts)}:
        return None
    return count + (f"_{vintage}" if vintage else year_of_sums(every))


def _check_amounts(sheet: Sheet, column: str, values: np.ndarray) -> None:
    """Refuse what is no amount: an intruder knows that none is below zero."""
    wrong = sheet.frame.index[(values < 0) | np.isinf(values)]
    if len(wrong):
        msg = (
            f"tables[{sheet.name!r}], {column!r}: {len(wrong)} negative or infinite "
            f"value(s) at {culprits(wrong)}; a balance is protected by the counts "
            "it is made of: drop the column"
        )
        raise DataError(msg)


def rule_names(rule: SecrecyRule, column: str) -> bool:
    """
    Tell whether a column is one that a rule speaks of.

    Parameters
    ----------
    rule
        The rule.
    column
        A column.
    """
    spoken = [rule.count, rule.largest, *rule.either]
    return any(name and (column == name or _dated(column, name)) for name in spoken)


def _dated(column: str, name: str) -> bool:
    return (
        column.startswith(f"{name}_")
        and column[len(name) + 1 :].replace("_", "").isdigit()
    )


def _labels(sheets: list[Sheet]) -> dict[str, str]:
    """Return the printed name of each column."""
    found: dict[str, str] = {}
    for sheet in sheets:
        for name, measure in measures_of(sheet.frame).items():
            if measure.label:
                dated = f"{measure.label} {measure.vintage}".strip()
                found.setdefault(str(name), dated)
    return found


def _families(
    names: Collection[str], ties: Iterable[tuple[str, ...]]
) -> list[list[str]]:
    """Return the quantities that rows tie, together."""
    parent = {name: name for name in names}

    def root(name: str) -> str:
        while parent[name] != name:
            name = parent[name]
        return name

    for tie in ties:
        mine = [name for name in tie if name in parent]
        for name in mine[1:]:
            parent[root(name)] = root(mine[0])
    found: dict[str, list[str]] = {}
    for name in sorted(names):
        found.setdefault(root(name), []).append(name)
    return list(found.values())


def _pieces(extents: list[Extent]) -> tuple[list[Extent], dict[Extent, list[int]]]:
    """Return the pieces that territories cut one another in, and those of each."""
    at: dict[str, list[int]] = {}
    for k, extent in enumerate(extents):
        for unit in extent:
            at.setdefault(unit, []).append(k)
    groups: dict[tuple[int, ...], list[str]] = {}
    for unit in sorted(at):
        groups.setdefault(tuple(at[unit]), []).append(unit)
    pieces, held = [], {extent: [] for extent in extents}  # type: ignore[var-annotated]
    for k, (mine, units) in enumerate(groups.items()):
        pieces.append(frozenset(units))
        for one in mine:
            held[extents[one]].append(k)
    return pieces, held


def _added(
    first: Mapping[int, float], second: Mapping[int, float], factor: float
) -> dict[int, float]:
    """Return terms and so many times others."""
    found = dict(first)
    for at, value in second.items():
        found[at] = found.get(at, 0.0) + factor * value
    return found
