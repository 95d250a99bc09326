"""The chapter of an evaluation: panel, result, checks, sentences, assumptions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import pandas as pd

from basinmap.access.circles import rings
from basinmap.arguments import check_given
from basinmap.errors import DataError, VintageError
from basinmap.impact.designs import EVENTS, Design, Missing, design, museum
from basinmap.impact.effects import (
    Finding,
    difference_in_differences,
    event_study,
)
from basinmap.impact.outcomes import Asked
from basinmap.impact.panels import ring_panel
from basinmap.impact.robustness import (
    among_towns,
    placebo_dates,
    pre_trends,
    ring_sweep,
    sweep_lines,
    synthetic_control,
    trend_bounds,
)
from basinmap.impact.wording import spoken, told
from basinmap.measures import Ratio
from basinmap.reports import Report
from basinmap.territory.days import Day
from basinmap.territory.places import Place
from basinmap.typography import typeset
from basinmap.values.told import bare

__all__ = ["Evaluation", "evaluation"]

_CHECKS: Final = {
    "pre_trends": "évolutions antérieures",
    "placebo_dates": "dates fictives",
    "synthetic_control": "assemblage d'autres couronnes",
    "trend_bounds": "poursuite de la dérive",
}
"""What each check is, as an assumption names it."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Evaluation:
    """
    What a chapter on what changed around a place prints.

    Attributes
    ----------
    design
        Communes, years, rings.
    panel, report
        Ring by year, and its account: what `ring_panel` returns.
    study
        Year by year: what `event_study` returns.
    difference
        Before and after: what `difference_in_differences` returns; None where there is
        no year before.
    checks
        Name of a check to its table; those that the years do not allow are not there.
    sentences
        French, in order: the result first.
    assumptions
        French: what it rests on.
    """

    design: Design
    panel: pd.DataFrame
    report: Report
    study: Finding
    difference: Finding | None
    checks: Mapping[str, pd.DataFrame]
    sentences: tuple[str, ...]
    assumptions: tuple[str, ...]

    def __repr__(self) -> str:
        """Write what it says, and what that rests on."""
        return spoken(self.sentences, self.assumptions)

    @property
    def chart(self) -> pd.DataFrame:
        """What `draw_event_study` takes."""
        return self.study.chart


def evaluation(  # noqa: PLR0913 - each is a choice that changes the figures
    table: pd.DataFrame,
    *,
    outcome: str | Ratio = "population",
    place: Place | None = None,
    years: Sequence[int] | None = None,
    opened: Day | None = None,
    announced: Day | int | None = None,
    distances: Sequence[float] = (10_000, 20_000, 40_000),
    weights: str | pd.Series = "population",
    communes: gpd.GeoDataFrame | None = None,
    missing: Missing = "refuse",
    breaks: Mapping[int, str] | None = None,
    sweep: bool = True,
) -> Evaluation:
    """
    Evaluate what changed around a place, with what can be said of it and no more.

    Where the years begin after the opening, it describes an evolution and says so; with
    earlier years, by the same call, before and after are compared.

    Parameters
    ----------
    table
        Communes × columns named `<count>_<year>`; of `bm.statistics()` no year is
        before the opening of the Louvre-Lens.
    outcome, place, years, opened, announced
        As for `design`.
    distances, weights, communes, missing, breaks
        As for `design`.
    sweep
        Whether the rings are drawn otherwise too, which takes some seconds.

    Returns
    -------
    Evaluation
        Frames, French sentences and assumptions.

    Raises
    ------
    BasinmapError
        As for `design`.

    Examples
    --------
    >>> import basinmap as bm
    >>> chapter = bm.evaluation(bm.statistics(), years=[2016, 2023], sweep=False)
    >>> chapter.sentences[0][-54:]
    'ne évolution, il ne mesure pas l’effet de l’ouverture.'
    >>> chapter.difference is None
    True
    """
    check_given(evaluation, locals())
    plan = design(
        table,
        outcome=outcome,
        place=place,
        years=years,
        opened=opened,
        announced=announced,
        distances=distances,
        weights=weights,
        communes=communes,
        missing=missing,
        breaks=breaks,
    )
    panel, report = _panel(table, plan, outcome, communes, missing)
    study = event_study(plan)
    difference = None if plan.descriptive else difference_in_differences(plan)
    checks, more, skipped = _checks(plan, sweep=sweep)
    main = study if difference is None else difference
    return Evaluation(
        design=plan,
        panel=panel,
        report=report,
        study=study,
        difference=difference,
        checks=checks,
        sentences=(*main.sentences, *more),
        assumptions=(*main.assumptions, *skipped),
    )


def _panel(
    table: pd.DataFrame,
    plan: Design,
    outcome: Asked,
    communes: gpd.GeoDataFrame | None,
    missing: str,
) -> tuple[pd.DataFrame, Report]:
    """Return the panel of the rings of a design."""
    own = museum(plan.place)
    known = own.code == "louvre-lens" and plan.opened == own.opened
    opening = {"l'ouverture": plan.opened.isoformat()} if plan.opened else {}
    areas = rings(own, distances=[plan.bounds[0], plan.bounds[1], plan.bounds[3]])
    name = outcome if isinstance(outcome, str) else "ratio"
    return ring_panel(
        table,
        areas,
        measures={name: outcome},
        years=plan.years,
        events=EVENTS if known else opening,
        missing=missing,
        communes=communes,
    )


def _checks(
    plan: Design, *, sweep: bool
) -> tuple[dict[str, pd.DataFrame], tuple[str, ...], tuple[str, ...]]:
    """Return every check that the years allow, what it says, and what is not done."""
    tables: dict[str, pd.DataFrame] = {}
    lines: list[str] = []
    findings: dict[str, Callable[[Design], Finding]] = {
        "pre_trends": pre_trends,
        "placebo_dates": placebo_dates,
        "synthetic_control": synthetic_control,
    }
    if not plan.descriptive:
        for name, check in findings.items():
            try:
                found = check(plan)
            except (VintageError, DataError):
                continue
            tables[name] = found.table
            lines += found.sentences
        lines += _bounded(plan, tables)
    if plan.weighed.startswith("population"):
        try:
            towns = among_towns(plan)
        except DataError:
            pass
        else:
            tables["among_towns"] = towns.table
            lines += towns.sentences
    if sweep:
        tables["ring_sweep"] = ring_sweep(plan)
        lines += sweep_lines(plan, tables["ring_sweep"])
    return tables, tuple(lines), _skipped(plan, tables)


def _skipped(plan: Design, tables: Mapping[str, pd.DataFrame]) -> tuple[str, ...]:
    """Say which checks the years or the places do not allow."""
    lost = [name for key, name in _CHECKS.items() if key not in tables]
    if plan.descriptive or not lost:
        return ()
    told_ = ", ".join(lost)
    return (typeset(f"Vérifications que les données ne permettent pas : {told_}."),)


def _bounded(plan: Design, tables: dict[str, pd.DataFrame]) -> list[str]:
    try:
        tables["trend_bounds"] = trend_bounds(plan)
    except VintageError:
        return []
    row = bare(tables["trend_bounds"]).iloc[0]
    low, high = (told(plan, row[side]) for side in ("low", "high"))
    return [
        typeset(
            "Si l'écart avait poursuivi sa dérive d'avant, il en resterait entre "
            f"{low} et {high}."
        )
    ]
