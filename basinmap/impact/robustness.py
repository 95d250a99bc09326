"""What an estimate stands: other dates, other rings, earlier drifts, other places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import nnls

from basinmap.arguments import check_given, number_of
from basinmap.errors import DataError, VintageError, culprits
from basinmap.impact.bounds import fixed_length
from basinmap.impact.contrasts import contrast, loads
from basinmap.impact.designs import (
    FEWEST,
    Design,
    check_before,
    check_design,
    ground_scale,
    metres,
)
from basinmap.impact.effects import (
    Finding,
    estimates,
    finding,
    fit_design,
    reference_of,
)
from basinmap.impact.placebos import disjoint
from basinmap.impact.wording import drift, kilometres, main_rows, told
from basinmap.typography import number, typeset
from basinmap.values.told import tell

__all__ = [
    "among_towns",
    "placebo_dates",
    "pre_trends",
    "ring_sweep",
    "simplex",
    "sweep_lines",
    "synthetic_control",
    "trend_bounds",
]

Floats = NDArray[np.float64]
_HEAVY: Final = 1e3
"""Weight of the row that makes donors sum to 1."""
_DONORS: Final = 3
TOWN: Final = 5_000.0
"""Inhabitants of the commune in the middle of a placebo place that is a town."""


def pre_trends(design: Design) -> Finding:
    """
    Ask whether paths already differed, and which drift would have gone unseen.

    Parameters
    ----------
    design
        With two years at least before the opening.

    Returns
    -------
    Finding
        One term, `"slope"`: difference of the yearly slopes before the opening.
        `detectable` is the drift that is seen four times in five.

    Raises
    ------
    VintageError
        If fewer than two years are before the opening.

    Examples
    --------
    >>> import basinmap as bm
    >>> plan = bm.design(bm.statistics(), outcome="population", opened="2021-07-01")
    >>> found = bm.pre_trends(plan)
    >>> row = found.chart.loc["slope"]
    >>> float(row["estimate"].round(2)), bool(row["p"] > 0.05)
    (-0.16, True)
    """
    check_given(pre_trends, locals())
    check_before(design)
    years = np.array(design.years)[~design.after]
    if len(years) < 2:
        msg = (
            f"one year before the opening ({culprits(years.tolist())}): an earlier "
            "drift cannot be told; give an earlier year"
        )
        raise VintageError(msg)
    steps = years - years.mean()
    slope = design.levels[:, ~design.after] @ steps / float(steps @ steps)
    table = estimates(design, slope[:, None], ["slope"])
    row = main_rows(table).loc["slope"]
    return finding(design, table, _of_drift(design, row, years))


def _of_drift(design: Design, row: pd.Series, years: NDArray) -> tuple[str, ...]:
    drifted = told(design, row["estimate"])
    rank = f"rang {number(row['rank'])} sur {number(row['places'])}"
    seen = told(design, row["detectable"], signed=False)
    after = np.array(design.years)[design.after]
    span = float(after.mean() - years.mean())
    weights = next(iter(design.weightings.values()))
    gap = contrast(design.rings, design.change[:, None], weights).estimate[0, 0]
    first = (
        f"De {years[0]} à {years[-1]}, avant l'ouverture, l'écart variait déjà de "
        f"{drifted} par an ({rank}) : les évolutions n'étaient pas parallèles."
        if row["p"] <= 0.05
        else f"De {years[0]} à {years[-1]}, avant l'ouverture, l'écart variait de "
        f"{drifted} par an ({rank}) : rien ne le distingue de ce qu'on voit ailleurs."
    )
    return (
        typeset(first),
        typeset(f"Une dérive de {seen} par an passerait inaperçue une fois sur cinq."),
        drift(design, gap / span),
    )


def placebo_dates(design: Design) -> Finding:
    """
    Pretend that the place opened earlier, on the years before it did.

    Parameters
    ----------
    design
        With three years at least before the opening.

    Returns
    -------
    Finding
        One term a date: the first year « after ».

    Raises
    ------
    VintageError
        If fewer than three years are before the opening.

    Examples
    --------
    >>> import basinmap as bm
    >>> plan = bm.design(bm.statistics(), outcome="population", opened="2020-07-01")
    >>> bm.placebo_dates(plan).chart["p"].gt(0.05).tolist()
    [True, True, True, True]
    """
    check_given(placebo_dates, locals())
    check_before(design)
    before = np.flatnonzero(~design.after)
    if len(before) < 3:
        msg = (
            f"{len(before)} year(s) before the opening: a date cannot be moved; three "
            "at least are needed"
        )
        raise VintageError(msg)
    values = design.levels[:, before]
    cuts = range(1, len(before))
    changes = np.column_stack(
        [values[:, k:].mean(axis=1) - values[:, :k].mean(axis=1) for k in cuts]
    )
    terms = [design.years[before[k]] for k in cuts]
    table = estimates(design, changes, terms)
    rows = main_rows(table)
    found = [str(term) for term in terms if rows.loc[term, "p"] <= 0.05]
    line = (
        f"À des dates fictives, toutes avant l'ouverture, un écart aussi rare apparaît "
        f"({', '.join(found)}) : il ne peut pas venir de l'ouverture."
        if found
        else f"À {len(terms)} dates fictives, toutes avant l'ouverture, aucun écart ne "
        "se distingue de ce qu'on observe ailleurs."
    )
    return finding(design, table, [typeset(line)])


def ring_sweep(
    design: Design,
    *,
    treated: Sequence[float] = (5_000, 7_500, 10_000, 12_500, 15_000),
    gaps: Sequence[float] = (0, 10_000, 20_000),
) -> pd.DataFrame:
    """
    Draw the rings otherwise: another radius, controls that start farther.

    Controls that start farther leave out what may spill over (a « donut »).

    Parameters
    ----------
    design
        A design.
    treated
        Outer distances of the treated ring, in metres.
    gaps
        Metres added to both distances of the controls.

    Returns
    -------
    DataFrame
        Index `treated`, `inner`, `outer` (metres), `weighting`; `estimate`, `low`,
        `high`, `p`, `rank`, `places`, `communes`, `controls`, and `why` where the
        rings hold too few communes.

    Raises
    ------
    DataError
        If a distance is not positive.

    Examples
    --------
    >>> import basinmap as bm
    >>> plan = bm.design(bm.statistics(), outcome="population")
    >>> sweep = bm.ring_sweep(plan, treated=[1_000, 10_000], gaps=[0])
    >>> sweep["communes"].tolist()
    [0, 0, 47, 47]
    """
    check_given(ring_sweep, locals())
    check_design(design)
    treated, gaps = metres(treated, "treated"), metres(gaps, "gaps")
    wrong = [d for d in [*treated, *(1 + g for g in gaps)] if not d > 0]
    if wrong:
        msg = f"ring_sweep: distances are metres above 0, not {culprits(wrong)}"
        raise DataError(msg)
    if not len(treated) or not len(gaps):
        msg = "ring_sweep: no distance to sweep; write treated=[5_000, 10_000]"
        raise DataError(msg)
    rows: dict[tuple[object, ...], dict[str, object]] = {}
    for radius in treated:
        for gap in gaps:
            _, buffer, inner, outer = design.bounds
            edge = max(buffer, radius)
            bounds = (radius, edge, max(inner, edge) + gap, outer + gap)
            rows |= _swept(design, bounds)
    found = pd.DataFrame(rows).T
    found.index.names = ["treated", "inner", "outer", "weighting"]
    found = found.infer_objects()
    return tell(
        found,
        label=design.outcome.label,
        unit=design.outcome.unit,
        sources=design.outcome.sources,
    )


def _swept(
    design: Design, bounds: tuple[float, float, float, float]
) -> dict[tuple[object, ...], dict[str, object]]:
    """Return both weightings of one choice of rings."""
    key = (bounds[0], bounds[2], bounds[3])
    try:
        other = design.around(bounds)
    except DataError as error:
        why = {"communes": _within(design, bounds[0]), "why": str(error)}
        return {(*key, name): why for name in design.weightings}
    change = other.change
    found: dict[tuple[object, ...], dict[str, object]] = {}
    table = estimates(
        other, change[:, None], ["gap"], methods=("placebos",), only=("treated",)
    )
    for name in other.weightings:
        row = table.loc[("treated", name, "gap", "placebos")]
        kept = ["estimate", "low", "high", "p", "rank", "places", "communes"]
        found[(*key, name)] = {
            **{column: row[column] for column in kept},
            "controls": int(other.rings.control.sum()),
            "why": "",
        }
    return found


def _within(design: Design, radius: float) -> int:
    return int((design.here < radius).sum())


# -- other places -------------------------------------------------------------------


def among_towns(design: Design, *, least: float = TOWN) -> Finding:
    """
    Rank the place among towns only: the countryside may not vary as it does.

    Parameters
    ----------
    design
        A design, weighed by a population.
    least
        Inhabitants of the commune in the middle of a placebo place.

    Returns
    -------
    Finding
        One term, `"towns"`: before and after, or the last year less the first.

    Raises
    ------
    DataError
        If fewer than 19 towns can be compared: no rank would be under 5 %.

    Examples
    --------
    >>> import basinmap as bm
    >>> plan = bm.design(bm.statistics(), outcome="population", years=[2016, 2023])
    >>> found = bm.among_towns(plan)
    >>> found.chart[["rank", "places"]].astype(int).loc["towns"].tolist()
    [55, 100]
    """
    check_given(among_towns, locals())
    number_of(least, "least", least=0, such_as=5_000)
    check_design(design)
    other = design.among_towns(least)
    if len(other.places) < FEWEST:
        msg = (
            f"{len(other.places)} place(s) around communes of {least:g} or more, "
            f"{FEWEST} at least are needed: lower least="
        )
        raise DataError(msg)
    table = estimates(
        other,
        other.change[:, None],
        ["towns"],
        methods=("placebos",),
        only=("treated",),
    )
    row = main_rows(table).loc["towns"]
    line = (
        f"Autour des seules communes de {number(least)} habitants ou plus, l'écart est "
        f"au rang {number(row['rank'])} sur {number(row['places'])}."
    )
    return finding(other, table, [typeset(line)])


def synthetic_control(design: Design) -> Finding:
    """
    Make the path of the treated ring from those of other places, and see it leave.

    Parameters
    ----------
    design
        With two years at least before the opening.

    Returns
    -------
    Finding
        Its table has one row a year: `observed`, `synthetic`, `gap`, and a column
        `weight:<commune>` a donor that counts. Donors are treated rings of other
        places that overlap neither the rings studied nor one another.

    Raises
    ------
    VintageError
        If fewer than two years are before the opening, or none is after.
    DataError
        If fewer than three places can be donors.

    Notes
    -----
    Abadie, Diamond & Hainmueller 2010: weights above 0, of sum 1, least squares on the
    years before, from the mean of which each path is taken. The rank is of the ratio of
    mean squared gaps after and before, each donor taking the place of the treated one;
    where donors are as many as the years before, fits may be exact and the ratio means
    nothing: the rank is of the mean gap after.

    Examples
    --------
    >>> import basinmap as bm
    >>> plan = bm.design(bm.statistics(), outcome="population", opened="2020-07-01")
    >>> found = bm.synthetic_control(plan)
    >>> float(found.table["gap"].iloc[0].round(2))
    -0.01
    """
    check_given(synthetic_control, locals())
    check_before(design)
    before = ~design.after
    if before.sum() < 2:
        msg = "one year before the opening: a path cannot be fitted; give earlier years"
        raise VintageError(msg)
    paths, names = _paths(design, before)
    fits = [_fitted(paths, k, before) for k in range(len(paths))]
    ratios = np.array([ratio for _, ratio in fits])
    weight, ratio = fits[0]
    others = np.delete(paths, 0, axis=0)
    made = weight @ others
    table = pd.DataFrame(
        {
            "observed": paths[0],
            "synthetic": made,
            "gap": paths[0] - made,
            **{
                f"weight:{name}": share
                for name, share in zip(names, weight, strict=True)
                if share > 1e-6
            },
        },
        index=pd.Index(design.years, name="year"),
    )
    rank = int((ratios >= ratio * (1 - 1e-9)).sum())
    gap = float((paths[0] - made)[~before].mean())
    used, every = number(int((weight > 1e-6).sum())), number(len(paths))
    line = (
        f"Comparées à un assemblage de {used} autres couronnes, les communes proches "
        f"s'écartent de {told(design, gap)} après l'ouverture (rang "
        f"{number(rank)} sur {every} ; avec si peu de lieux disjoints, rien ne peut "
        f"être plus rare qu'une fois sur {every})."
    )
    tell(
        table,
        label=design.outcome.label,
        unit=design.outcome.unit,
        sources=design.outcome.sources,
    )
    return Finding(table, (typeset(line),), (), table)


def _paths(design: Design, before: NDArray) -> tuple[Floats, list[str]]:
    """Return the path of the treated ring and those of its donors, less their means."""
    near, _, _, outer = design.bounds
    rows = design.candidates[design.here[0, design.candidates] >= outer + near]
    clear = 2 * near * float(ground_scale(design.center)[0])
    kept = rows[disjoint(design.points[rows], design.center, clear=clear)]
    places = design.places_at(kept)
    if len(kept) < _DONORS:
        msg = (
            f"{len(kept)} place(s) whose rings overlap neither those of "
            f"{design.place.name!r} nor one another, {_DONORS} at least are needed: "
            "give more communes, or smaller rings"
        )
        raise DataError(msg)
    groups = np.vstack([design.rings.treated, places.rings.treated])
    groups = groups * next(iter(design.weightings.values()))
    paths = (groups @ design.levels) / groups.sum(axis=1, keepdims=True)
    paths = paths - paths[:, before].mean(axis=1, keepdims=True)
    return paths, [str(code) for code in places.codes]


def simplex(target: Floats, others: Floats) -> Floats:
    """
    Return weights above 0, of sum 1, that make one path from others.

    Parameters
    ----------
    target
        Of shape (years,).
    others
        Of shape (years, donors).

    Examples
    --------
    >>> simplex(np.array([1.0, 2]), np.array([[0.0, 2], [0, 4]])).round(6).tolist()
    [0.5, 0.5]
    """
    size = _HEAVY * max(float(np.abs(others).max()), 1e-9)
    rows = np.vstack([others, np.full((1, others.shape[1]), size)])
    weight, _ = nnls(rows, np.append(target, size))
    return weight / weight.sum()


def _fitted(paths: Floats, treated: int, before: NDArray) -> tuple[Floats, float]:
    others = np.delete(paths, treated, axis=0)
    weight = simplex(paths[treated, before], others[:, before].T)
    gap = paths[treated] - weight @ others
    if before.sum() <= len(others):
        return weight, abs(float(gap[~before].mean()))
    squared = gap**2
    return weight, float(squared[~before].mean() / max(squared[before].mean(), 1e-12))


def trend_bounds(
    design: Design, *, changes: Sequence[float] | None = None
) -> pd.DataFrame:
    """
    Bound the mean difference after, were earlier paths not quite parallel.

    Parameters
    ----------
    design
        With a year at least before that of reference.
    changes
        How much the slope of the difference may change a year, from one year to the
        next, in the unit of the outcome; by default 0 and up to twice the largest
        change seen before.

    Returns
    -------
    DataFrame
        Index `change`; `estimate`, `low`, `high`, `bias`, `error`. The first row, 0,
        allows a steady drift, and nothing else.

    Raises
    ------
    VintageError
        If there is one year before the opening, or none.
    DataError
        If a change is negative, or no number.

    Notes
    -----
    The covariance is the fitted spatial one: of clusters of communes the bounds would
    be several times too narrow. It is honest if resemblance falls with distance as an
    exponential.

    Examples
    --------
    >>> import basinmap as bm
    >>> plan = bm.design(bm.statistics(), outcome="population", opened="2020-07-01")
    >>> bm.trend_bounds(plan, changes=[0, 0.1])[["low", "high"]].round(1)
            low  high
    change
    0.0    -3.1   1.6
    0.1    -3.3   1.7
    """
    check_given(trend_bounds, locals())
    check_before(design)
    reference = reference_of(design)
    years = np.array(design.years)
    kept = years != reference
    late = design.after[kept]
    if late.all():
        msg = (
            f"one year before the opening ({reference}): a drift cannot be told from "
            "the rest; give an earlier year"
        )
        raise VintageError(msg)
    moved = design.levels[:, kept] - design.levels[:, [design.years.index(reference)]]
    weights = next(iter(design.weightings.values()))
    estimate = contrast(design.rings, moved, weights).estimate[0]
    field = fit_design(design, moved)
    covariance = field.covariance(loads(design.rings, weights)[0])
    target = np.where(late, 1 / late.sum(), 0.0)
    allowed = (
        _seen(years[~design.after], estimate[~late], reference)
        if changes is None
        else metres(changes, "changes")
    )
    if min(allowed, default=-1) < 0:
        msg = f"changes: of slope, 0 or more, not {culprits(allowed) or 'none'}"
        raise DataError(msg)
    rows = {
        change: fixed_length(
            estimate, covariance, years[kept].tolist(), reference, target, smooth=change
        )
        for change in allowed
    }
    found = pd.DataFrame(
        {
            name: {change: getattr(bound, name) for change, bound in rows.items()}
            for name in ("estimate", "low", "high", "bias", "error")
        }
    )
    found.index.name = "change"
    return tell(
        found,
        label=design.outcome.label,
        unit=design.outcome.unit,
        sources=design.outcome.sources,
    )


def _seen(years: NDArray, before: Floats, reference: int) -> list[float]:
    """Return changes of slope to allow: none, and up to twice the largest seen."""
    path = dict(zip(years[years != reference].tolist(), before.tolist(), strict=True))
    path[reference] = 0.0
    at = np.array(sorted(path), dtype=float)
    if len(at) < 3:
        return [0.0]
    values = np.array([path[int(year)] for year in at])
    middles = (at[1:] + at[:-1]) / 2
    kinks = np.diff(np.diff(values) / np.diff(at)) / np.diff(middles)
    most = float(np.abs(kinks).max())
    return [0.0, most / 2, most, 2 * most]


def sweep_lines(design: Design, sweep: pd.DataFrame) -> tuple[str, ...]:
    """
    Say in French how much the choice of rings weighs.

    Parameters
    ----------
    design
        A design.
    sweep
        What `ring_sweep` returns of it.
    """
    weightings = sweep.index.get_level_values("weighting")
    rows = sweep[(weightings == weightings[0]) & (sweep["why"] == "").to_numpy()]
    if rows.empty:
        return ()
    radii = rows.index.get_level_values("treated")
    low, high = rows["estimate"].min(), rows["estimate"].max()
    rare = int((rows["p"] <= 0.05).sum())
    return (
        typeset(
            f"Selon les couronnes (de {kilometres(min(radii))} à "
            f"{kilometres(max(radii))} km, témoins plus ou moins loin), l'écart va de "
            f"{told(design, low)} à {told(design, high)} ; {number(rare)} choix sur "
            f"{number(len(rows))} donnent un écart rare."
        ),
    )
