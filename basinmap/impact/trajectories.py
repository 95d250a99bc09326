"""How territories moved: by what, how far, closer or not, and after a shock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy import stats

from basinmap.arguments import check_given
from basinmap.cards import card
from basinmap.errors import (
    CodeError,
    ColumnError,
    DataError,
    MeasureError,
    VintageError,
    culprits,
)
from basinmap.impact.counts import (
    counts_of,
    gravest_state,
    laid_out,
    of_source,
    year_of,
    years_of,
)
from basinmap.impact.samples import facts_of
from basinmap.measures import state_column
from basinmap.spatial.options import check_flag
from basinmap.states import STATES
from basinmap.typography import number, percent, typeset
from basinmap.values.checks import check_series, check_states, name_of, numbers
from basinmap.values.columns import column
from basinmap.values.told import Told, measures_of, tell, told_of, upheld

__all__ = [
    "RECOVERIES",
    "Convergence",
    "convergence",
    "growth_split",
    "location_quotient",
    "rank_mobility",
    "resilience",
    "shift_share",
]

RECOVERIES: Final = ("Pas de recul", "Recul effacé", "Recul non effacé")
"""What became of units after a shock, in the order of a legend."""

_PARTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "change": "Évolution",
        "national": "Effet de conjoncture",
        "mix": "Effet de structure",
        "local": "Effet local",
    }
)


# -- what a change is made of -------------------------------------------------------


def shift_share(
    start: pd.DataFrame,
    end: pd.DataFrame,
    *,
    reference: tuple[pd.Series, pd.Series] | None = None,
    detail: bool = False,
) -> pd.DataFrame:
    """
    Split a change by sector into what the whole, the sectors and the place did.

    Parameters
    ----------
    start, end
        Counts, such as jobs: a row a unit, a column a sector, the same in both.
    reference
        Counts by sector of the whole they are compared with, such as France, at the
        two dates; by default the sum of the rows.
    detail
        Whether to return a row a unit and sector.

    Returns
    -------
    DataFrame
        `start`, `end`, `change`, and the three that add up to it: `national`, had all
        grown as the whole; `mix`, what sectors that grew more, or less, than the whole
        brought; `local`, what is left, that neither explains.

    Raises
    ------
    DataError
        If the two tables differ by unit or sector, or no reference is given and a
        count is missing: the whole would not be known.
    MeasureError
        If a table holds what is no count.
    ColumnError
        If the reference lacks a sector.

    Notes
    -----
    Dunn (1960, doi:10.1111/j.1435-5597.1960.tb01705.x). It describes: `local` is a
    residual, and no proof of what a place did. Where a count is secret, so are the
    four of its unit.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> start = pd.DataFrame({"A": [50, 50], "B": [50, 150]}, index=["x", "y"])
    >>> end = pd.DataFrame({"A": [70, 60], "B": [60, 170]}, index=["x", "y"])
    >>> bm.shift_share(start, end).loc["x"].round(2).tolist()
    [100.0, 130.0, 30.0, 20.0, 2.5, 7.5]
    """
    check_given(shift_share, locals())
    check_flag(detail, "detail")
    sectors = _sectors(start, end)
    first, states = counts_of(start, sectors)
    last, after = counts_of(end, sectors)
    last, after = last.loc[first.index], after.loc[first.index]
    whole = _whole(first, last, reference, sectors)
    if ((whole[0] == 0) & (first > 0).any()).any() or not whole[0].sum() > 0:
        msg = f"reference: none at the start in {culprits(whole.index[whole[0] == 0])}"
        raise DataError(msg)
    overall = whole[1].sum() / whole[0].sum() - 1
    by_sector = (whole[1] / whole[0].where(whole[0] > 0) - 1).fillna(overall)
    parts = {
        "start": first,
        "end": last,
        "change": last - first,
        "national": first * overall,
        "mix": first * (by_sector - overall),
    }
    parts["local"] = parts["change"] - parts["national"] - parts["mix"]
    states = pd.concat([states, after], axis=1, keys=["start", "end"])
    if detail:
        cells = pd.MultiIndex.from_product([first.index, pd.Index(sectors)])
        names = [first.index.name or "unit", "sector"]
        cells = cells.set_names(names)
        table = pd.DataFrame({n: p.to_numpy().ravel() for n, p in parts.items()}, cells)
        both = {n: states[n].to_numpy().ravel() for n in ("start", "end")}
        why = gravest_state(pd.DataFrame(both, cells))
        return laid_out(table, why, of_source(start), _told_parts())
    table = pd.DataFrame({name: part.sum(axis=1) for name, part in parts.items()})
    return laid_out(table, gravest_state(states), of_source(start), _told_parts())


def _told_parts() -> dict[str, Told]:
    labels = {"start": "Début", "end": "Fin"} | dict(_PARTS)
    return {name: Told(kind="stock", label=label) for name, label in labels.items()}


def _apart(one: Iterable[object], other: Iterable[object]) -> list[object]:
    """Return what is in one of two alone, whatever it is."""
    return sorted({*one} ^ {*other}, key=str)


def _sectors(start: pd.DataFrame, end: pd.DataFrame) -> list[str]:
    both = (start, end)
    if not all(isinstance(table, pd.DataFrame) for table in both):
        msg = "start and end: two tables, a row a unit and a column a sector"
        raise DataError(msg)
    names = [[c for c in t.columns if not str(c).endswith("_state")] for t in both]
    for one, other, what in [(*names, "sector"), (start.index, end.index, "unit")]:
        apart = _apart(one, other)
        if len(apart):
            msg = (
                f"{len(apart)} {what}(s) in one table only: {culprits(apart)}; a "
                "perimeter or a list of sectors that changed is no change: bring both "
                "to one (bm.rebase for communes)"
            )
            raise DataError(msg)
    return names[0]


def _whole(
    first: pd.DataFrame,
    last: pd.DataFrame,
    reference: tuple[pd.Series, pd.Series] | None,
    sectors: list[str],
) -> pd.DataFrame:
    if reference is None:
        gone = first.index[first.isna().any(axis=1) | last.isna().any(axis=1)]
        if len(gone):
            msg = (
                f"{len(gone)} unit(s) with a missing count: {culprits(gone)}; the "
                "whole is not their sum: give reference=(start, end), by sector"
            )
            raise DataError(msg)
        return pd.DataFrame({0: first.sum(), 1: last.sum()})
    if not isinstance(reference, tuple) or len(reference) != 2:
        msg = "reference: two Series by sector, (start, end)"
        raise DataError(msg)
    found = {}
    for rank, series in enumerate(reference):
        check_series(series, "reference")
        lost = [sector for sector in sectors if sector not in series.index]
        if lost:
            msg = f"reference: {len(lost)} sector(s) missing: {culprits(lost)}"
            raise ColumnError(msg)
        found[rank] = numbers(series)
    whole = pd.DataFrame(found)
    if whole.isna().any(axis=None) or (whole < 0).any(axis=None):
        msg = "reference: a missing or negative count; all sectors must be known"
        raise DataError(msg)
    return whole


def location_quotient(
    table: pd.DataFrame, *, reference: pd.Series | None = None
) -> pd.DataFrame:
    """
    Return how many times more present each sector is than in the whole.

    Parameters
    ----------
    table
        Counts, such as jobs: a row a unit, a column a sector.
    reference
        Counts by sector of the whole; by default the sum of the rows.

    Returns
    -------
    DataFrame
        As `table`: 1 where the share is that of the whole; not applicable where a unit
        has nothing at all.

    Raises
    ------
    DataError
        If no reference is given and a count is missing, or the whole has nothing of a
        sector.
    MeasureError
        If the table holds what is no count.
    ColumnError
        If the reference lacks a sector.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> jobs = pd.DataFrame({"mine": [30, 10], "other": [70, 90]}, index=["x", "y"])
    >>> bm.location_quotient(jobs)["mine"].tolist()
    [1.5, 0.5]
    """
    check_given(location_quotient, locals())
    if not isinstance(table, pd.DataFrame):
        msg = f"expected a table of counts, got {type(table).__name__}"
        raise DataError(msg)
    sectors = [c for c in table.columns if not str(c).endswith("_state")]
    counts, states = counts_of(table, sectors)
    pair = None if reference is None else (reference, reference)
    whole = _whole(counts, counts, pair, sectors)[0]
    void = whole.index[whole == 0]
    if len(void):
        msg = f"reference: none at all in {culprits(void)}; leave these sectors out"
        raise DataError(msg)
    why = gravest_state(states)
    total = counts.sum(axis=1)
    why = why.mask((why == "") & (total == 0), "not_applicable")
    share = counts.div(total.where(total > 0), axis=0)
    found = share / (whole / whole.sum())
    told = {c: Told(kind="ratio", label=f"Spécificité : {c}") for c in sectors}
    return laid_out(found, why, of_source(table), told)


def growth_split(
    table: pd.DataFrame,
    *,
    start: str,
    end: str,
    births: str,
    deaths: str,
    years: float | None = None,
) -> pd.DataFrame:
    """
    Split the growth of a population into births less deaths, and the rest.

    Parameters
    ----------
    table
        Counts, a row a unit, at one perimeter.
    start, end
        Columns of the population at the two dates.
    births, deaths
        Columns of the births and deaths between them, all years together.
    years
        Years between the two dates; by default those that the names of the columns
        tell.

    Returns
    -------
    DataFrame
        `change`, `natural`, `migration` (people; what births and deaths do not
        explain, apparent for it holds the errors of the counts), and the same a year,
        in per cent of the first population: `change_rate`, `natural_rate`,
        `migration_rate`. The last two add up to the first.

    Raises
    ------
    ColumnError
        If a column is missing.
    MeasureError
        If one holds what is no count.
    VintageError
        If the years are not told, or the end is not after the start.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> counts = {"p_2016": [1000], "p_2021": [980], "births": [60], "deaths": [50]}
    >>> table = pd.DataFrame(counts, index=["59574"])
    >>> found = bm.growth_split(
    ...     table, start="p_2016", end="p_2021", births="births", deaths="deaths"
    ... )
    >>> found.loc["59574"].round(2).tolist()
    [-20.0, 10.0, -30.0, -0.4, 0.2, -0.6]
    """
    check_given(growth_split, locals())
    counts, states = counts_of(table, [start, end, births, deaths])
    span = _span(table, start, end, years)
    why = gravest_state(states)
    first = counts[start]
    parts = pd.DataFrame({"change": counts[end] - first})
    parts["natural"] = counts[births] - counts[deaths]
    parts["migration"] = parts["change"] - parts["natural"]
    for name in ("change", "natural", "migration"):
        parts[f"{name}_rate"] = 100 * parts[name] / span / first.where(first > 0)
    labels = {
        "change": "Évolution de la population",
        "natural": "Solde naturel",
        "migration": "Solde apparent des entrées et des sorties",
    }
    told = {n: Told(kind="stock", label=t, unit="habitants") for n, t in labels.items()}
    told |= {
        f"{name}_rate": Told(kind="ratio", label=f"{text}, par an", unit="% par an")
        for name, text in labels.items()
    }
    found = laid_out(parts, why, of_source(table), told)
    nobody = (first == 0) & (why == "")
    if nobody.any():
        for name in [n for n in told if n.endswith("_rate")]:
            column = state_column(name)
            found[column] = found.get(column, why).mask(nobody, "not_applicable")
    return tell(found, of_source(table), columns=told)


def _span(table: pd.DataFrame, start: str, end: str, years: float | None) -> float:
    if years is not None:
        real = isinstance(years, int | float | np.number)
        if not real or isinstance(years, bool) or not 0 < years < np.inf:
            msg = f"years: a number above 0, got {years!r}"
            raise VintageError(msg)
        return float(years)
    known = measures_of(table)
    told = [
        year_of(known[c].vintage) if c in known and known[c].vintage else year_of(c)
        for c in (start, end)
    ]
    if None in told:
        msg = f"{start!r}, {end!r}: no year is told; write years=…"
        raise VintageError(msg)
    span = float(told[1]) - float(told[0])  # type: ignore[arg-type]
    if span <= 0:
        msg = f"{end!r} is not after {start!r}; exchange them"
        raise VintageError(msg)
    return span


# -- towards one another, or not ----------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Convergence:
    """
    Whether the last catch up with the first, and whether gaps close.

    Attributes
    ----------
    beta
        Slope of the yearly growth on the logarithm of the first level: below 0, the
        last grew faster.
    speed
        Share of the gap that closes each year, in per cent; missing where none does.
    half_life
        Years until half of the gap is closed, at that speed.
    sigma
        Per year: `deviation`, that of the logarithms, and `variation`, the
        coefficient.
    years
        First and last year.
    units
        How many units are in it.
    weighted
        Whether units count by their weights.
    left_out
        Code to state of those that are not.
    """

    beta: float
    speed: float
    half_life: float
    sigma: pd.DataFrame
    years: tuple[int, int]
    units: int
    weighted: bool
    left_out: Mapping[Any, str]

    @property
    def sentence(self) -> str:
        """What both say, in French: one alone would deceive."""
        first, last = (self.sigma["deviation"].loc[year] for year in self.years)
        lead = (
            "les moins bien placées au départ ont progressé plus vite"
            if self.beta < 0
            else "les moins bien placées au départ n'ont pas progressé plus vite"
        )
        if self.beta < 0 and last >= first:
            tail = (
                "et pourtant les écarts ne se sont pas réduits : c'est un simple "
                "retour vers la moyenne, et non un rattrapage"
            )
        else:
            tail = f"et les écarts se sont {'réduits' if last < first else 'creusés'}"
        lost = f" ; {number(len(self.left_out))} laissées de côté"
        return typeset(
            f"De {self.years[0]} à {self.years[1]}, {lead} "
            f"(bêta {number(self.beta, 4)}), {tail} (écart-type des logarithmes "
            f"{number(first, 3)} puis {number(last, 3)} ; {number(self.units)} unités"
            f"{lost if self.left_out else ''})."
        )

    def __str__(self) -> str:
        """Write the sentence."""
        return self.sentence

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Write it as a card of a notebook."""
        return card(self.sentence)


def convergence(
    levels: pd.DataFrame, *, weights: pd.Series | None = None
) -> Convergence:
    """
    Return whether territories converge: beta and sigma, never one alone.

    Parameters
    ----------
    levels
        A level that is compared from one territory to another, such as an income or a
        rate: a row a unit, a column a year, all above 0.
    weights
        People of each unit, on the same codes; by default each unit counts for one.

    Returns
    -------
    Convergence
        Slope, speed, gaps of each year, and a sentence.

    Raises
    ------
    MeasureError
        If the levels are stocks, or one is not above 0.
    VintageError
        If columns have no year, or there is one.
    DataError
        If fewer than 3 units are known all along, or all begin equal.
    CodeError
        If units have no weight.

    Notes
    -----
    Growth of logarithms a year on their first level (Barro and Sala-i-Martin, 1992,
    doi:10.1086/261816). A slope below 0 while gaps do not close is a return to the mean
    (Quah, 1993). No interval is given: neighbours move together, and one that takes
    them for so many proofs would be too narrow.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> levels = pd.DataFrame({2000: [1.0, 2, 4], 2010: [2.0, 3, 5]}, index=[*"abc"])
    >>> found = bm.convergence(levels)
    >>> round(found.beta, 4), found.sigma["deviation"].round(3).tolist()
    (-0.0339, [0.566, 0.375])
    """
    check_given(convergence, locals())
    years = years_of(levels)
    stocks = [n for n in years.values() if told_of(levels[n]).kind == "stock"]
    if stocks:
        msg = (
            f"{culprits(stocks)}: stocks follow the size of units; compare levels, "
            "such as an income a head or a rate"
        )
        raise MeasureError(msg)
    read = {year: column(levels, name) for year, name in years.items()}
    table = pd.DataFrame({year: _known(values) for year, values in read.items()})
    _check_above_zero(table)
    gone = table.isna().any(axis=1)
    left_out = _why_missing(levels, years, gone)
    known = table[~gone]
    w = _shares(known, weights)
    if len(known) < 3:
        msg = f"{len(known)} unit(s) known in all {len(years)} years; 3 are needed"
        raise DataError(msg)
    logs = np.log(known)
    first, last = min(years), max(years)
    x = logs[first] - w @ logs[first]
    if np.allclose(x, 0):
        msg = f"all units begin equal in {first}: none can catch up"
        raise DataError(msg)
    growth = (logs[last] - logs[first]) / (last - first)
    beta = float((w * x) @ growth / ((w * x) @ x))
    left = 1 + beta * (last - first)
    speed = -np.log(left) / (last - first) if 0 < left < 1 else np.nan
    mean = w @ known
    sigma = pd.DataFrame(
        {
            "deviation": np.sqrt(w @ (logs - w @ logs) ** 2),
            "variation": np.sqrt(w @ (known - mean) ** 2) / mean,
        },
        index=pd.Index(list(years), name="year"),
    )
    return Convergence(
        beta=beta,
        speed=float(100 * speed),
        half_life=float(np.log(2) / speed),
        sigma=sigma,
        years=(first, last),
        units=len(known),
        weighted=weights is not None,
        left_out=MappingProxyType(left_out),
    )


def _check_above_zero(table: pd.DataFrame) -> None:
    wrong = table.index[(table <= 0).any(axis=1) | np.isinf(table).any(axis=1)]
    if len(wrong):
        msg = (
            f"{len(wrong)} unit(s) with a level of 0, below it, or infinite: "
            f"{culprits(wrong)}; growth is of levels above 0"
        )
        raise MeasureError(msg)


def _known(values: pd.Series) -> pd.Series:
    """Return values that are what is asked: a minimum is not."""
    states = check_states(upheld(values, stacklevel=4))
    least = [code for code, state in states.items() if state == "lower_bound"]
    found = numbers(values)
    return found.mask(found.index.isin(least))


def _why_missing(
    table: pd.DataFrame, years: Mapping[int, str], gone: pd.Series
) -> dict[Any, str]:
    found = dict.fromkeys(gone.index[gone], "not_available")
    for name in years.values():
        beside = state_column(str(name))
        if beside in table.columns:
            said = table.loc[gone, beside]
            found |= {c: s for c, s in said.items() if s in STATES}
    return found


def _shares(known: pd.DataFrame, weights: pd.Series | None) -> np.ndarray:
    if weights is None:
        return np.full(len(known), 1 / max(1, len(known)))
    check_series(weights, "weights")
    found = numbers(weights, "weights").reindex(known.index)
    wrong = found.index[~(found > 0)]
    if len(wrong):
        msg = f"weights: {len(wrong)} unit(s) without one: {culprits(wrong)}"
        raise CodeError(msg)
    return found.to_numpy() / found.sum()


def rank_mobility(first: pd.Series, last: pd.Series) -> pd.DataFrame:
    """
    Return who went up and who went down the order of territories.

    Parameters
    ----------
    first, last
        One thing at two dates, on the same codes.

    Returns
    -------
    DataFrame
        `rank_first`, `rank_last` (1 is the highest; equals share their mean rank) and
        `change` (places won), of the units known at both dates; of the others missing.
        `attrs["tau"]` is Kendall's, 1 where nobody moved; a note says it.

    Raises
    ------
    CodeError
        If codes differ.
    DataError
        If fewer than 3 units are known at both dates.
    SecrecyError, MeasureError
        If a value is there that is said to be missing.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> first = pd.Series([10.0, 8, 6], index=["a", "b", "c"], name="revenu")
    >>> last = pd.Series([10.0, 7, 9], index=["a", "b", "c"], name="revenu")
    >>> bm.rank_mobility(first, last)["change"].tolist()
    [0.0, -1.0, 1.0]
    """
    check_given(rank_mobility, locals())
    pair = {}
    for values, what in ((first, "first"), (last, "last")):
        check_series(values, what)
        pair[what] = _known(values)
    apart = _apart(first.index, last.index)
    if len(apart):
        msg = (
            f"{len(apart)} code(s) at one date only: {culprits(apart)}; bring both to "
            "one list of communes: bm.rebase"
        )
        raise CodeError(msg)
    both = pd.DataFrame(pair).reindex(first.index)
    known = both.dropna()
    if len(known) < 3:
        msg = f"{len(known)} unit(s) known at both dates; at least 3 are needed"
        raise DataError(msg)
    flat = [name for name in known if known[name].eq(known[name].iloc[0]).all()]
    if flat:
        msg = f"{culprits(flat)}: all values are equal, and have no order"
        raise DataError(msg)
    tau = float(stats.kendalltau(known["first"], known["last"]).statistic)
    ranks = known.rank(ascending=False).add_prefix("rank_")
    ranks["change"] = ranks["rank_first"] - ranks["rank_last"]
    lost = len(both) - len(known)
    tail = f" ; {number(lost)} unités non classées" if lost else ""
    note = typeset(
        f"Mobilité des rangs : tau de Kendall {number(tau, 2)} sur "
        f"{number(len(known))} unités (1 : aucun changement){tail}."
    )
    facts = facts_of(first) | {"vintage": ""}
    label = name_of(first)
    told = {
        "rank_first": Told(label=typeset(f"Rang au début : {label}")),
        "rank_last": Told(label=typeset(f"Rang à la fin : {label}")),
        "change": Told(label=typeset(f"Rangs gagnés : {label}"), unit="rangs"),
    }
    one = Told(**facts, notes=(note,))
    return tell(ranks.reindex(both.index), one, columns=told, tau=tau)


# -- after a shock ------------------------------------------------------------------


def resilience(
    levels: pd.DataFrame, *, shock: tuple[int, int], until: int | None = None
) -> pd.DataFrame:
    """
    Return how far units fell in a shock, and when they were back.

    Parameters
    ----------
    levels
        Counts, such as jobs: a row a unit, a column a year, at one perimeter.
    shock
        Last year before it, and last year in which it may be at its worst:
        `(2008, 2010)`, `(2019, 2021)`.
    until
        Last year looked at; by default the last there is.

    Returns
    -------
    DataFrame
        `base`, the level before; `trough` and `trough_year`, the lowest within the
        shock; `drop` (per cent, 0 or below); `recovered`, the first year from then on
        at the level before, or missing; `years`, how many it took since the first;
        `relative`, the drop over that of all units together, 1 if it was the same;
        `outcome`, one of `RECOVERIES`, ready for `draw_typology`.

    Raises
    ------
    VintageError
        If a year is missing between the two ends, or the shock is not within them.
    DataError, MeasureError
        If the table holds what is no count, or a code stands twice.

    Notes
    -----
    After Martin (2012, doi:10.1093/jeg/lbr019). It describes what followed a date, and
    does not tell what the shock caused: a unit that was falling before goes on falling.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> jobs = {2008: [100, 50], 2009: [90, 50], 2010: [95, 40], 2011: [101, 45]}
    >>> found = bm.resilience(pd.DataFrame(jobs, index=["x", "y"]), shock=(2008, 2010))
    >>> found[["drop", "recovered", "outcome"]].values.tolist()
    [[-10.0, 2011.0, 'Recul effacé'], [-20.0, nan, 'Recul non effacé']]
    """
    check_given(resilience, locals())
    years = years_of(levels)
    start, worst, end = _window(years, shock, until)
    names = [years[year] for year in range(start, end + 1)]
    counts, states = counts_of(levels, names)
    why = gravest_state(states)
    counts = counts.set_axis(range(start, end + 1), axis=1)
    base = counts[start]
    why = why.mask((why == "") & (base == 0), "not_applicable")
    known = ~why.isin(list(STATES))
    within = counts.loc[:, start:worst]
    found = pd.DataFrame({"base": base, "trough": within.min(axis=1)})
    found["trough_year"] = within.fillna(np.inf).idxmin(axis=1).astype(float)
    found["drop"] = 100 * (found["trough"] / base.where(base > 0) - 1)
    after = (
        np.array(counts.columns)[None, :] >= found["trough_year"].to_numpy()[:, None]
    )
    back = (counts.ge(base, axis=0) & after).to_numpy()
    first = np.where(back.any(axis=1), start + back.argmax(axis=1), np.nan)
    found["recovered"] = first
    found["years"] = first - start
    whole = counts[known].sum()
    fall = 100 * (whole.loc[start:worst].min() / whole[start] - 1) if known.any() else 0
    found["relative"] = found["drop"] / fall if fall < 0 else np.nan
    kinds = np.where(found["drop"] == 0, 0, np.where(back.any(axis=1), 1, 2))
    numeric = list(found.columns)
    found[numeric] = found[numeric].where(known)
    outcome = pd.Categorical.from_codes(np.where(known, kinds, -1), list(RECOVERIES))
    found["outcome"] = outcome
    if (why != "").any():
        found[state_column("outcome")] = why
    note = typeset(
        f"Choc {start}-{worst}, suivi jusqu'en {end} ; ensemble des unités connues : "
        f"{percent(float(fall), 1, signed=True)}."
    )
    told = {
        "outcome": Told(
            kind="category",
            label=f"Après le choc de {start}-{worst}",
            title=f"Recul et retour au niveau de {start}",
            notes=(note,),
        ),
        "drop": Told(kind="growth", label=f"Recul depuis {start}", unit="%"),
        "base": Told(kind="stock", label=f"Niveau en {start}"),
        "trough": Told(kind="stock", label="Niveau le plus bas"),
        "trough_year": Told(label="Année du plus bas"),
        "recovered": Told(label="Année du retour"),
        "years": Told(label="Années pour revenir"),
        "relative": Told(label="Recul rapporté à celui de l'ensemble"),
    }
    return tell(found, of_source(levels), columns=told)


def _pair(shock: object) -> bool:
    return isinstance(shock, tuple) and len(shock) == 2


def _window(
    years: Mapping[int, str], shock: tuple[int, int], until: int | None
) -> tuple[int, int, int]:
    asked = (*shock, max(years) if until is None else until) if _pair(shock) else ()
    if not asked or not all(isinstance(year, int | np.integer) for year in asked):
        msg = "shock: two years, the last before it and the last of it: (2008, 2010)"
        raise VintageError(msg)
    start, worst, end = asked
    if not min(years) <= start < worst <= end <= max(years):
        msg = (
            f"shock={shock!r}, until={end}: years from {min(years)} to {max(years)} "
            "are in the table, in that order"
        )
        raise VintageError(msg)
    lost = [year for year in range(start, end + 1) if year not in years]
    if lost:
        msg = (
            f"{len(lost)} year(s) missing from {start} to {end}: {culprits(lost)}; a "
            "trough or a recovery might be in one: give them, or until="
        )
        raise VintageError(msg)
    return start, worst, end
