"""What an intruder can find of what is hidden, from all that is published together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basinmap.arguments import check_choice, check_given
from basinmap.secrecy.options import check_options
from basinmap.secrecy.probes import Probe
from basinmap.secrecy.programs import FEASIBLE
from basinmap.secrecy.readings import Reading, Rules, Settings, read
from basinmap.secrecy.sheets import Hierarchies, Links, Tables, is_alone
from basinmap.secrecy.systems import System, inward, narrowed, slack_of
from basinmap.secrecy.wording import combination, told_attack
from basinmap.values.masking import too_few

__all__ = ["Attack", "attack", "clashes_of", "determined", "intervals"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_NARROW = 4.0
"""Width up to which an interval is looked at again in whole numbers."""
_FEW = 40
"""Figures up to which any interval is."""


@dataclass(frozen=True, repr=False)
class Attack:
    """
    What an intruder finds.

    Attributes
    ----------
    cells
        One row a hidden figure and place: `table`, `code`, `column`, `low`, `high`,
        `found`, and `how` it was found.
    clashes
        French sentences: published figures that contradict one another. Nothing that
        contradicts itself is safe.
    checked
        How many figures were published in clear.
    notes
        French sentences: what was not looked at, as nothing is to be found there.
    unread
        French sentences: figures that were there and could not be looked at. What is
        safe is so for the rest alone.
    """

    cells: pd.DataFrame
    clashes: tuple[str, ...] = ()
    checked: int = 0
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def found(self) -> pd.DataFrame:
        """The hidden figures that are found."""
        return self.cells[self.cells["found"]]

    @property
    def safe(self) -> bool:
        """Whether nothing is found, and nothing contradicts itself."""
        return self.found.empty and not self.clashes

    def __str__(self) -> str:
        """Write what was found, in French."""
        said = (*self.unread, *self.notes)
        return told_attack(self.cells, self.clashes, self.checked, said)

    __repr__ = __str__


def attack(  # noqa: PLR0913 - each is something that an intruder knows
    tables: Tables,
    *,
    hierarchies: Hierarchies = None,
    known: Tables | None = None,
    rules: Rules | None = None,
    links: Links | None = None,
    decimals: Mapping[str, int] | None = None,
    rounded: Collection[str] = (),
    drift: Mapping[tuple[str, str], float] | None = None,
    zeros: str = "shown",
) -> Attack:
    """
    Find again what is hidden in tables that are published together.

    For each secret, the interval that all the rest allows: totals, levels that do not
    nest, rates with their decimals, counts that are no less than zero, what is
    published elsewhere; first as any numbers, then as whole ones.

    Parameters
    ----------
    tables
        Tables by name, or one: rows by code, the index named by the level; secrets are
        empty, with their state (`<column>_state`, or what is told of them).
    hierarchies
        What the units of each level are made of: a Series from base unit to unit, or
        unit to its base units, by level, or by table where one level stands at several
        dates. Levels that are embedded need none.
    known
        Tables published elsewhere.
    rules
        Rules of secrecy, as for `protect`: what a difference gives is then looked at
        too, and what a producer hides is known to be small.
    links
        Column to the columns it is the sum of, or to the `bm.Ratio` it is. The sums of
        the catalogue need none: dwellings are main, secondary and vacant ones.
    decimals
        Column to the decimals it is printed with; by default those its values have.
    rounded
        Columns whose figures were rounded, so that parts may miss their total.
    drift
        Two columns, the same at two dates, to the share by which one may have moved:
        `{("dwellings_2022", "dwellings_2024"): 0.01}`.
    zeros
        `"shown"`: zeros are printed, so that what is hidden is none; or `"hidden"`.

    Returns
    -------
    Attack
        Its `cells`, a frame; `safe`; printed, a French report.

    Raises
    ------
    DataError, ColumnError, CodeError
        If a table has no level, a code is of no unit, or a link is about no column.
    SecrecyError
        If a value that is said to be secret is there.

    See Also
    --------
    protect : The defence.

    Examples
    --------
    The one secret of an EPCI whose total is printed:

    >>> import basinmap as bm
    >>> import pandas as pd
    >>> towns = pd.DataFrame(
    ...     {"vacants": [None, 30], "vacants_state": ["secret", ""]},
    ...     pd.Index(["a", "b"], name="commune"),
    ... )
    >>> epci = pd.DataFrame({"vacants": [37]}, pd.Index(["E"], name="epci"))
    >>> made_of = {"epci": {"E": ["a", "b"]}}
    >>> found = bm.attack({"communes": towns, "epci": epci}, hierarchies=made_of)
    >>> found.cells[["code", "low", "high", "how"]].values.tolist()
    [['a', 7.0, 7.0, 'vacants, epci E (37) − vacants, commune b (30)']]
    """
    check_given(attack, locals())
    check_options(
        tables=tables,
        known=known,
        links=links,
        drift=drift,
        rounded=rounded,
        decimals=decimals,
    )
    check_choice(zeros, ("shown", "hidden"), "zeros")
    settings = Settings(
        links=links,
        decimals=decimals or {},
        rounded=rounded,
        drift=drift or {},
        zeros=zeros,
    )
    # Parts that miss the total that the catalogue says are no contradiction.
    for sums in (0.0, 0.5, None):
        found = _attacked(
            tables,
            known=known,
            hierarchies=hierarchies,
            rules=rules,
            settings=replace(settings, sums=sums),
        )
        if not found.clashes:
            break
    if sums is not None or found.clashes:
        return found
    return replace(found, notes=(*found.notes, _APART))


_APART: Final = (
    "Parts qui ne font pas leur total (logements : principaux, secondaires et vacants, "
    "par exemple) : ce que donnerait leur somme n'est pas vérifié."
)


def _attacked(tables: Tables, **how: Any) -> Attack:  # noqa: ANN401 - see read
    reading = read(tables, **how)
    system = reading.system
    asked = _asked(reading)
    low, high, proofs, clashes = intervals(system, asked)
    cells = pd.DataFrame(
        _rows(reading, asked, low, high, proofs),
        columns=["table", "code", "column", "low", "high", "found", "how"],
    )
    cells["found"] = cells["found"].astype(bool)
    return Attack(
        cells,
        tuple(dict.fromkeys([*system.clashes, *clashes])),
        int((system.fixed & system.printed).sum()),
        _unchecked(reading),
    )


def _unchecked(reading: Reading) -> tuple[str, ...]:
    """Say what no subtraction gives, and is not looked at."""
    names = [
        column
        for sheet in reading.sheets
        for column in sheet.columns
        if is_alone(sheet, column) and "secret" in set(sheet.states(column))
    ]
    if not names:
        return ()
    told = ", ".join(dict.fromkeys(names))
    return (f"Médianes et moyennes, non vérifiées : {told}.",)


def _asked(reading: Reading) -> Ints:
    """Return the figures an intruder is after: the secrets, and small differences."""
    system = reading.system
    asked = system.hidden.copy()
    for at in reading.rules:
        asked[at] |= not system.printed[at] and not system.known[at]
    return np.flatnonzero(asked)


def _rows(
    reading: Reading,
    asked: Ints,
    low: Floats,
    high: Floats,
    proofs: Mapping[int, str],
) -> Iterator[tuple[object, ...]]:
    system = reading.system
    for at in map(int, asked):
        ends = low[at], high[at]
        exact = ends[1] - ends[0] < (0.5 if system.whole[at] else 1e-4)
        if system.hidden[at]:
            for place in system.secrets[at]:
                yield (*place, *ends, exact, proofs.get(at, ""))
        elif exact and _is_small(reading, at, ends[0]):
            name = system.names[at]
            yield ("", name, system.columns[at], *ends, True, proofs.get(at, ""))


def _is_small(reading: Reading, at: int, value: float) -> bool:
    rule = reading.rules[at]
    if not rule.least or rule.count:
        return False
    return bool(too_few(value, rule.least, zeros=rule.zeros))


def intervals(
    system: System, asked: Ints
) -> tuple[Floats, Floats, dict[int, str], list[str]]:
    """
    Return between what each figure lies, how it is found, and what contradicts itself.

    Parameters
    ----------
    system
        All that is published.
    asked
        The figures that are looked for.
    """
    low, high = system.lower.copy(), system.upper.copy()
    fixed = system.fixed
    low[fixed] = high[fixed] = system.truth[fixed]
    proofs: dict[int, str] = {}
    clashes = clashes_of(system)
    # What stands in clear in one table and hidden in another is read there.
    for at in asked:
        if system.hidden[at] and not np.isnan(system.truth[at]):
            proofs[int(at)] = "publié en clair dans un autre tableau"
            low[at] = high[at] = system.truth[at]
    free = ~fixed & ~(low == high)
    wanted = np.zeros(system.size, dtype=bool)
    wanted[asked] = True
    for probe in Probe.all_of(system, free, low, high):
        columns = probe.part.columns
        if not wanted[columns].any():
            continue
        clashes += _bracket(probe, system, wanted, (low, high), proofs)
    return low, high, proofs, clashes


def _bracket(
    probe: Probe,
    system: System,
    wanted: Bools,
    ends: tuple[Floats, Floats],
    proofs: dict[int, str],
) -> list[str]:
    """Find the ends of the figures of a part; return what contradicts itself."""
    columns = probe.part.columns
    low, high = ends
    for place in np.flatnonzero(wanted[columns]):
        figure = int(columns[place])
        found = [probe.extreme(int(place), sign) for sign in (-1, 1)]
        if found[0] is None or found[1] is None:
            _, rows = slack_of(probe.part, probe.lower, probe.upper)
            return [system.rows[probe.part.rows[k]] for k in rows] or ["?"]
        low[figure], high[figure] = found[0][place], found[1][place]
        _tighten(probe, int(place), figure, ends)
        if high[figure] - low[figure] < (0.5 if system.whole[figure] else 1e-4):
            proofs[figure] = combination(system, figure, probe, int(place))
    return []


def _tighten(
    probe: Probe, place: int, figure: int, ends: tuple[Floats, Floats]
) -> None:
    """Look again at a narrow interval in whole numbers."""
    low, high = ends
    if not probe.whole[place]:
        return
    one = np.array([True])
    ends_ = inward(low[[figure]], high[[figure]], one)
    low[figure], high[figure] = ends_[0][0], ends_[1][0]
    wide = high[figure] - low[figure] > _NARROW and len(probe.whole) > _FEW
    if wide or high[figure] <= low[figure] or len(probe.part.rows) == 0:
        return
    for sign, end in ((-1, low), (1, high)):
        found = probe.whole_extreme(place, sign)
        if found is not None:
            end[figure] = np.round(found[place])


def clashes_of(system: System) -> list[str]:
    """
    Return the rows of which all is published, and that do not add up.

    Parameters
    ----------
    system
        All that is published.
    """
    fixed = system.fixed
    free = (abs(system.matrix) @ (~fixed).astype(float)) > 0
    total = system.matrix @ np.where(fixed, np.nan_to_num(system.truth), 0.0)
    size = abs(system.matrix) @ np.where(fixed, np.abs(np.nan_to_num(system.truth)), 0)
    wrong = ~free & (np.abs(total) > FEASIBLE * np.maximum(size, 1.0))
    return [
        f"{system.rows[k]} : écart de {abs(total[k]):g}" for k in np.flatnonzero(wrong)
    ]


def determined(system: System) -> tuple[Floats, Floats]:
    """
    Return what rows alone tell of what is not printed.

    Parameters
    ----------
    system
        All that is published.
    """
    low, high = system.lower.copy(), system.upper.copy()
    fixed = ~np.isnan(system.truth)
    low[fixed] = high[fixed] = system.truth[fixed]
    for probe in Probe.all_of(system, ~fixed, low, high):
        ends = narrowed(probe.part, probe.lower, probe.upper, probe.whole)
        low[probe.part.columns], high[probe.part.columns] = ends
    return low, high
