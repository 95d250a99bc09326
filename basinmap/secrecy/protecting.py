"""Primary and complementary suppression over all that is published together."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basinmap.arguments import check_flag, check_given, check_kind, number_of
from basinmap.errors import DataError, SecrecyError, culprits
from basinmap.secrecy.attacking import clashes_of, determined
from basinmap.secrecy.guards import Guard, Sides, guard
from basinmap.secrecy.options import check_options, check_weights
from basinmap.secrecy.probes import Probe
from basinmap.secrecy.readings import Reading, Rules, Settings, read
from basinmap.secrecy.sheets import Given, Hierarchies, Links, Sheet, Tables, vintaged
from basinmap.secrecy.systems import Place, System, slack_of, ties_of
from basinmap.secrecy.wording import told_protection
from basinmap.typography import percent, shortest
from basinmap.values.masking import SecrecyRule, hidden_by, mask_table
from basinmap.values.told import tell, told_of

__all__ = ["Protection", "protect"]

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_SHARE = 0.75
"""Of the time, what is given to look for an answer."""
_SETTLED = 0.9
"""Of the time, after which nothing is looked for: it is checked and written."""
_PACE = 30
"""Programs a second that a time limit is worth, whatever the machine."""


@dataclass(frozen=True, repr=False)
class Protection:
    """
    Tables that may be published together, and what was hidden in them.

    Attributes
    ----------
    tables
        The tables as they were given, without what is hidden: no number is left.
    cells
        One row a hidden cell: `table`, `code`, `column`, `why` (`"primary"`,
        `"received"`, `"protection"`, `"rate"`) and `rule`. For the house only: print
        one « s » for all.
    gap
        How much dearer the answer may be than the best, as a share; 0 when it is it.
    hasty
        Whether time ran out before the answer could be improved. It is safe.
    """

    tables: dict[str, Given]
    cells: pd.DataFrame
    gap: float
    hasty: bool
    _guard: Guard
    _report: str = ""

    @cached_property
    def witnesses(self) -> pd.DataFrame:
        """
        For each secret and side, a table in which it is as far as its rule asks.

        It agrees with all that is published: `witness`, `secret`, `side`, then each
        `figure` that differs, its true `value` and the `other`. For the house only.
        """
        return _witnesses(self._guard)

    @property
    def table(self) -> Given:
        """The one table, where one was given."""
        if len(self.tables) != 1:
            msg = f"{len(self.tables)} tables were given; take .tables['name']"
            raise DataError(msg)
        return next(iter(self.tables.values()))

    def __str__(self) -> str:
        """Write what was hidden, and why, in French."""
        return self._report

    __repr__ = __str__


@dataclass(slots=True)
class _Plan:
    """What rules hide, figure by figure."""

    rule: dict[int, SecrecyRule] = field(default_factory=dict)
    needs: dict[int, tuple[float, float]] = field(default_factory=dict)
    singles: list[int] = field(default_factory=list)
    received: set[int] = field(default_factory=set)


def protect(  # noqa: PLR0913 - each is something that is published, or asked for
    tables: Tables,
    *,
    rules: Rules,
    hierarchies: Hierarchies = None,
    known: Tables | None = None,
    links: Links | None = None,
    weights: Mapping[str, float] | str = "value",
    drift: Mapping[tuple[str, str], float] | None = None,
    rounded: Collection[str] = (),
    previous: Protection | None = None,
    improve: bool = True,
    time_limit: float = 60.0,
) -> Protection:
    """
    Hide what rules of secrecy hide, and what would let it be found by subtraction.

    Everything published together is one system: tables at several levels, nested or
    not, counts that add up to others, rates, dates of a perimeter that moved, totals
    published elsewhere. Equal territories are one figure: hidden together or not at
    all.

    Parameters
    ----------
    tables
        Tables by name, or one: rows by code, the index named by the level. What is
        already secret stays so.
    rules
        Column to rule: a name of `bm.secrecy_rules()`, a threshold such as 11, or a
        `bm.SecrecyRule`; or one rule for all counts.
    hierarchies
        What the units of each level are made of: a Series from base unit to unit, or
        unit to its base units, by level, or by table where one level stands at several
        dates. Levels that are embedded need none.
    known
        Tables published elsewhere, in which nothing can be hidden.
    links
        Column to the columns it is the sum of, or to the `bm.Ratio` it is. The sums of
        the catalogue need none: dwellings are main, secondary and vacant ones.
    weights
        What hiding costs: `"value"`, the figure hidden, `"number"`, one each, or a
        factor on the value by column.
    drift
        Two columns, the same at two dates, to the share by which a reader knows that
        one may have moved: `{("dwellings_2022", "dwellings_2024"): 0.01}`.
    rounded
        Columns whose figures were rounded, so that parts may miss their total.
    previous
        What was hidden last year: hidden again rather than others.
    improve
        Whether the least costly answer is looked for, once a safe one is at hand.
    time_limit
        Seconds after which the first safe answer is returned, and says so.

    Returns
    -------
    Protection
        Its `tables`, without the numbers that are hidden; its `cells`; printed, a
        French report.

    Raises
    ------
    SecrecyError
        If what is published elsewhere tells a secret, whatever is hidden here.
    DataError
        If published figures contradict one another, or a column that a rule speaks of
        is not there.
    ColumnError, CodeError
        If a rule or a link is about no column, or a code is of no unit.

    See Also
    --------
    attack : What an intruder finds.
    secrecy_rules : Those of the producers.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> towns = pd.DataFrame(
    ...     {"vacants": [7, 30, 90]}, pd.Index(["a", "b", "c"], name="commune")
    ... )
    >>> epci = pd.DataFrame({"vacants": [127]}, pd.Index(["E"], name="epci"))
    >>> safe = bm.protect(
    ...     {"communes": towns, "epci": epci},
    ...     rules=11,
    ...     hierarchies={"epci": {"E": ["a", "b", "c"]}},
    ... )
    >>> safe.tables["communes"]["vacants"].tolist()
    [nan, nan, 90.0]
    >>> safe.cells["why"].tolist()
    ['primary', 'protection']
    """
    check_given(protect, locals())
    check_options(tables=tables, known=known, links=links, drift=drift, rounded=rounded)
    check_kind(
        rules, (SecrecyRule, str, int, Mapping), "rules", "a threshold: rules=11"
    )
    check_weights(weights)
    check_flag(improve, "improve")
    if previous is not None:
        check_kind(previous, Protection, "previous", "what protect returned last year")
    seconds = number_of(time_limit, "time_limit", least=0, unit="s", such_as=60)
    settings = Settings(
        links=links,
        rounded=rounded,
        drift=drift or {},
        rates=False,
        weights=weights,
    )
    start = time.monotonic()
    reading = read(
        tables, known=known, hierarchies=hierarchies, rules=rules, settings=settings
    )
    try:
        _complete(reading.system)
    except DataError:
        # Parts that do not make the total that the catalogue says are no reason.
        reading = read(
            tables,
            known=known,
            hierarchies=hierarchies,
            rules=rules,
            settings=replace(settings, sums=None),
        )
        _complete(reading.system)
    system = reading.system
    plan = _primary(reading)
    _remember(system, previous)
    masked = _unread(system)
    masked[list(plan.rule)] = True
    guarded = guard(_guard(reading, plan, masked, start, seconds), best=improve)
    _check_safe(guarded, plan)
    return _protection(tables, reading, plan, guarded)


def _unread(system: System) -> Bools:
    """Return the figures that stand nowhere in clear."""
    return ~(system.printed | system.known) | system.hidden


def _complete(system: System) -> None:
    """Give each figure that is not printed a value that agrees with all others."""
    clashes = [*system.clashes, *clashes_of(system)]
    low, high = determined(system)
    told = np.isnan(system.truth) & (high - low < 1e-6) & np.isfinite(low)
    system.truth[told] = low[told]
    free = np.isnan(system.truth)
    for probe in Probe.all_of(system, free, system.lower, system.upper):
        found, rows = slack_of(probe.part, probe.lower, probe.upper)
        clashes += [system.rows[probe.part.rows[k]] for k in rows]
        system.truth[probe.part.columns] = found
    if clashes:
        msg = (
            f"{len(clashes)} published figure(s) contradict one another: "
            f"{culprits(dict.fromkeys(clashes))}; nothing can be called safe: correct "
            "them, or say which columns were rounded, rounded=['column']"
        )
        raise DataError(msg)


def _primary(reading: Reading) -> _Plan:
    """Return what rules hide by themselves, and what comes hidden."""
    system, plan = reading.system, _Plan()
    low, high = determined(system)
    sheets = {sheet.name: sheet for sheet in reading.sheets}
    for at, rule in reading.rules.items():
        if system.known[at] or not (system.printed[at] or high[at] - low[at] < 1e-6):
            continue
        counts = _counts(system, at, rule, sheets)
        if counts is None or system.hidden[at]:
            continue
        value = float(system.truth[at])
        if hidden_by(rule, [value], {k: [v] for k, v in counts.items()})[0]:
            plan.rule[at] = rule
            plan.needs[at] = rule.needs(value, counts.get(rule.largest, np.nan))
            if rule.count and counts.get(rule.count) == 1:
                plan.singles.append(at)
    for at in np.flatnonzero(system.hidden & ~system.known).tolist():
        plan.rule[at] = reading.rules.get(at, _RECEIVED)
        plan.needs[at] = (1.0, 1.0)
        plan.received.add(at)
    _relax(system, plan)
    return plan


def _relax(system: System, plan: _Plan) -> None:
    """
    Ask of what comes hidden that it is not found, on whichever side it is open.

    Nobody here knows its value: that which is used is one among those it may have.
    """
    free = _unread(system)
    free[list(plan.rule)] = True
    lower = np.minimum(system.lower, system.truth)
    upper = np.maximum(system.upper, system.truth)
    wanted = np.array(sorted(plan.received), dtype=np.int64)
    for probe in Probe.all_of(system, free, lower, upper):
        for figure in wanted[np.isin(wanted, probe.part.columns)].tolist():
            place, value = probe.place(figure), system.truth[figure]
            for sign in (1, -1):
                found = probe.extreme(place, sign)
                room = 0.0 if found is None else sign * (found[place] - value)
                if room > 1e-6:
                    one = min(room, 1.0)
                    plan.needs[figure] = (0.0, one) if sign > 0 else (one, 0.0)
                    break


_RECEIVED = SecrecyRule(rule="Valeur reçue sous secret", need="exact")


def _counts(
    system: System, at: int, rule: SecrecyRule, sheets: Mapping[str, Sheet]
) -> dict[str, float] | None:
    """Return the counts that a rule speaks of; None for what no table tells."""
    wanted = [n for n in (rule.count, rule.largest, *rule.either) if n]
    if not wanted:
        return {}
    for place in system.places[at]:
        sheet = sheets[place.table]
        found = {n: vintaged(n, sheet.columns, _year(place.column)) for n in wanted}
        found = {n: c or vintaged(n, sheet.columns) for n, c in found.items()}
        if all(found.values()):
            return {n: sheet.value(str(c), place.code) for n, c in found.items()}
    if not system.places[at]:
        return None
    absent = [
        n for n in wanted if not any(vintaged(n, s.columns) for s in sheets.values())
    ]
    msg = (
        f"{rule.rule}: the rule needs {culprits(absent or wanted)} beside "
        f"{system.columns[at]!r}; give columns of that name, or say which with "
        "dataclasses.replace(rule, count='sales')"
    )
    raise DataError(msg)


def _year(column: str) -> str:
    digits = column.rpartition("_")[2]
    return digits if digits.isdigit() and len(digits) == 4 else ""


def _remember(system: System, previous: Protection | None) -> None:
    """Make what was hidden last year cheap to hide again."""
    if previous is None:
        return
    had = set(
        zip(*(previous.cells[k] for k in ("table", "code", "column")), strict=True)
    )
    again = [any(tuple(place) in had for place in places) for places in system.places]
    system.weights[again] *= 0.1


def _guard(
    reading: Reading, plan: _Plan, masked: Bools, start: float, seconds: float
) -> Guard:
    system = reading.system
    primary = np.zeros(system.size, dtype=bool)
    primary[list(plan.rule)] = True
    shown = system.printed & ~system.known
    zeros = np.array(
        [
            getattr(reading.rules.get(at), "zeros", "shown") == "shown"
            for at in range(system.size)
        ],
        dtype=bool,
    )
    maskable = shown & ~primary & ((system.truth > 0) | ~zeros)
    lower = np.where(shown & zeros & system.whole, 1.0, 0.0)
    lower = np.minimum(np.maximum(lower, system.lower), system.truth)
    top = float(np.nan_to_num(np.abs(system.truth)).max(initial=0.0))
    # An end for what nothing holds: closer than the truth, so that it stays safe.
    upper = np.minimum(system.upper, 10 * top + 1_000)
    upper = np.maximum(upper, system.truth)
    slack = np.array([not name for name in system.columns], dtype=bool)
    lower[slack], upper[slack] = system.lower[slack], system.upper[slack]
    upper[slack] = np.minimum(upper[slack], 1e3 * top + 1_000)
    return Guard(
        system=system,
        sides=_sides(system, plan, lower, upper),
        masked=masked,
        primary=primary,
        maskable=maskable,
        lower=lower,
        upper=upper,
        deadline=start + _SHARE * seconds,
        end=start + _SETTLED * seconds,
        budget=int(_PACE * seconds),
    )


def _sides(system: System, plan: _Plan, lower: Floats, upper: Floats) -> Sides:
    # What nothing ties to a secret does not help to find it.
    ties = ties_of(system.matrix, _unread(system) | system.printed)
    singles: dict[tuple[int, str], list[int]] = {}
    for one in plan.singles:
        singles.setdefault((int(ties[one]), system.columns[one]), []).append(one)
    rows = []
    for at in sorted(plan.rule):
        value = system.truth[at]
        below, above = plan.needs[at]
        room = {-1: value - lower[at], 1: upper[at] - value}
        for sign, need in ((1, above), (-1, below)):
            if min(need, room[sign]) <= 1e-6:
                continue
            rows.append((at, sign, min(need, room[sign]), -1))
            rows += [
                (at, sign, min(need, room[sign]), one)
                for one in singles.get((int(ties[at]), system.columns[at]), ())
                if one != at
            ]
    figures, signs, needs, strangers = zip(*rows, strict=True) if rows else ([],) * 4
    return Sides(
        np.array(figures, dtype=np.int64),
        np.array(signs, dtype=np.int64),
        np.array(needs, dtype=float),
        np.array(strangers, dtype=np.int64),
    )


def _check_safe(guarded: Guard, plan: _Plan) -> None:
    """Refuse an answer that what is published elsewhere makes useless."""
    sides, system = guarded.sides, guarded.system
    told = []
    for at in sorted(plan.rule):
        mine = [
            k
            for k in np.flatnonzero((sides.figures == at) & (sides.intruders < 0))
            if k not in guarded.lost
        ]
        if not mine:
            told.append(system.names[at])
    if told:
        msg = (
            f"{len(told)} secret(s) that what is published elsewhere tells, "
            f"whatever is hidden here: {culprits(told)}; publish them less finely, or "
            "leave out the table that holds them"
        )
        raise SecrecyError(msg)
    wrong = guarded.check()
    if wrong:
        names = [system.names[sides.figures[k]] for k in wrong]
        msg = (
            f"{len(wrong)} side(s) without a witness in time: "
            f"{culprits(dict.fromkeys(names))}; raise time_limit"
        )
        raise SecrecyError(msg)


# -- what is returned ---------------------------------------------------------------


def _protection(
    tables: Tables, reading: Reading, plan: _Plan, guarded: Guard
) -> Protection:
    cells = _cells(reading, plan, guarded)
    hidden: dict[str, dict[str, set[str]]] = {}
    for row in cells.itertuples():
        hidden.setdefault(row.table, {}).setdefault(row.column, set()).add(row.code)
    mine = [sheet for sheet in reading.sheets if not sheet.known]
    given = _named(tables)
    found = {
        sheet.name: _emptied(given[sheet.name], sheet, hidden.get(sheet.name, {}))
        for sheet in mine
    }
    gap = _gap(guarded)
    shares, shown = _shares(reading, mine, hidden)
    rules = cells.loc[cells["why"] == "primary", "rule"].value_counts().to_dict()
    report = told_protection(cells, rules, shares, shown, _ends(guarded, gap))
    return Protection(found, cells, gap, guarded.hasty, guarded, report)


def _named(tables: Tables) -> dict[str, Given]:
    if isinstance(tables, pd.DataFrame | pd.Series):
        return {"": tables}
    if isinstance(tables, Mapping):
        return {str(name): table for name, table in tables.items()}
    return {str(n): table for n, table in enumerate(tables, start=1)}


def _cells(reading: Reading, plan: _Plan, guarded: Guard) -> pd.DataFrame:
    system = reading.system
    rows: dict[Place, tuple[str, str]] = {}
    gone = guarded.masked & system.printed
    for at in np.flatnonzero(gone).tolist():
        rule = plan.rule.get(at)
        why = "protection" if rule is None else "primary"
        why = "received" if at in plan.received else why
        for place in system.places[at]:
            rows[place] = (why, "" if rule is None else rule.rule)
    rated = {sheet.name: reading.quotients for sheet in reading.sheets}
    for place, counts in reading.rates:
        if gone[list(counts)].any() and place not in rows:
            rows[place] = ("rate", "")
    for place, (why, _) in list(rows.items()):
        if place.column in rated[place.table] and why != "received":
            rows[place] = ("rate", "")
    rows |= _alone(reading)
    return pd.DataFrame(
        [(*place, *told) for place, told in rows.items()],
        columns=["table", "code", "column", "why", "rule"],
    )


def _alone(reading: Reading) -> dict[Place, tuple[str, str]]:
    """Return what rules hide of what no subtraction gives."""
    sheets = {sheet.name: sheet for sheet in reading.sheets}
    found: dict[Place, tuple[str, str]] = {}
    for one in reading.alone:
        place, rule = one.place, one.rule
        sheet = sheets[place.table]
        wanted = [n for n in (rule.count, rule.largest, *rule.either) if n]
        counts = {}
        for name in wanted:
            column = vintaged(name, sheet.columns, _year(place.column))
            column = column or vintaged(name, sheet.columns)
            if column is not None:
                counts[name] = [sheet.value(column, place.code)]
        value = [sheet.value(place.column, place.code)]
        if not sheet.known and hidden_by(rule, value, counts)[0]:
            found[place] = ("primary", rule.rule)
    return found


def _emptied(given: Given, sheet: Sheet, hidden: Mapping[str, set[str]]) -> Given:
    """Return a table, or a series, without what is hidden in it."""
    codes = sheet.frame.index.astype(str)
    few = {column: codes.isin(list(gone)) for column, gone in hidden.items()}
    if isinstance(given, pd.Series):
        return _emptied_series(given, few.get(str(given.name)))
    return mask_table(given, few)


def _emptied_series(given: pd.Series, few: Bools | None) -> pd.Series:
    if few is None:
        return given
    told = told_of(given)
    states = {**told.states, **dict.fromkeys(given.index[few], "secret")}
    values = given.astype(float).mask(few)
    # What is told of the values before holds their prints: it is written again.
    return tell(values, replace(told, states=states))


def _shares(
    reading: Reading,
    sheets: list[Sheet],
    hidden: Mapping[str, Mapping[str, set[str]]],
) -> tuple[pd.DataFrame, int]:
    """Return how much of each total is hidden, and how many figures there were."""
    rows, shown = {}, 0
    ruled = {place.column for places in reading.system.places for place in places}
    ruled |= {place.column for place, _ in reading.rates}
    ruled |= {one.place.column for one in reading.alone}
    for sheet in sheets:
        codes = sheet.frame.index.astype(str)
        for column in sheet.columns:
            if column not in ruled:
                continue
            values = sheet.numbers(column)
            states = sheet.states(column)
            shown += int((~np.isnan(values) | (states == "secret")).sum())
            if column in reading.quotients:
                continue
            gone = codes.isin(list(hidden.get(sheet.name, {}).get(column, ())))
            rows[sheet.name, column] = (np.nansum(values), np.nansum(values[gone]))
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["total", "hidden"])
    return table, shown


def _gap(guarded: Guard) -> float:
    cost = guarded.cost
    if guarded.proven or not cost:
        return 0.0
    return cost / guarded.bound - 1 if guarded.bound > 0 else np.inf


def _ends(guarded: Guard, gap: float) -> list[str]:
    """Say how good the answer is, and what proves that it is safe."""
    sides = guarded.sides
    lines = []
    if not len(sides.figures):
        return ["Rien n'est à protéger."]
    if guarded.hasty:
        lines.append(
            "Durée dépassée : la solution est sûre, elle masque peut-être trop."
        )
    if gap == 0:
        lines.append("Solution la moins coûteuse.")
    elif np.isfinite(gap):
        told = percent(100 * gap, 1)
        lines.append(f"Solution approchée, écart au plus {told} avec la meilleure.")
    else:
        lines.append("Solution approchée, écart avec la meilleure inconnu.")
    if guarded.weak:
        lines.append(
            f"{len(guarded.weak)} côtés moins protégés que la règle ne le demande : ce "
            "qui est connu d'ailleurs ne permet pas plus."
        )
    if guarded.unsettled:
        lines.append(
            f"{len(guarded.unsettled)} côtés vérifiés en nombres réels, et non "
            "en nombres entiers."
        )
    many = sum(witness is not None for witness in sides.witnesses)
    lines.append(
        f"Chaque valeur masquée par une règle reste incertaine des deux côtés : "
        f"{shortest(many)} tableaux témoins, vérifiés par le calcul."
    )
    return lines


def _witnesses(guarded: Guard) -> pd.DataFrame:
    system, sides = guarded.system, guarded.sides
    rows = []
    for k, witness in enumerate(sides.witnesses):
        if witness is None or k in guarded.lost:
            continue
        side = "au-dessus" if sides.signs[k] > 0 else "au-dessous"
        for figure, moved in zip(*witness, strict=True):
            if system.columns[figure]:
                value = system.truth[figure]
                name = system.names[figure]
                secret = system.names[sides.figures[k]]
                rows.append((k, secret, side, name, value, value + moved))
    columns = ["witness", "secret", "side", "figure", "value", "other"]
    return pd.DataFrame(rows, columns=columns)
