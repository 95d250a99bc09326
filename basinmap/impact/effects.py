"""
Estimates around one place, and what they are worth.

The first line of every result is the rank among placebo places: with one treated
place, intervals by commune are too narrow by half or more, and are only shown beside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from basinmap.arguments import check_given
from basinmap.errors import VintageError, culprits
from basinmap.impact.contrasts import (
    Rings,
    conley,
    contrast,
    effective,
    loads,
    wild_bootstrap,
)
from basinmap.impact.designs import Design, check_before, check_design
from basinmap.impact.fields import Field, field_of
from basinmap.impact.placebos import Places, Ranked, ranked
from basinmap.impact.wording import (
    assumptions_of,
    describes,
    main_rows,
    spoken,
    verdict,
)
from basinmap.values.told import bare, tell

__all__ = [
    "CAUTIONS",
    "Finding",
    "difference_in_differences",
    "estimates",
    "event_study",
    "finding",
    "fit_design",
    "reference_of",
    "variation",
]

Floats = NDArray[np.float64]
CUTOFF: Final = 20_000.0
"""Metres from which Conley takes communes for independent."""
CAUTIONS: Final = {
    "placebos": "à lire d'abord : honnête, que les voisines se ressemblent ou non",
    "covariance": "honnête si la ressemblance décroît comme on le suppose",
    "bootstrap": "conclut à tort de 5 à 17 fois sur 100, et décèle peu",
    "conley": "conclut à tort de 33 à 60 fois sur 100 : ne se lit jamais seul",
    "cluster": "conclut à tort de 33 à 73 fois sur 100 : ne se lit jamais seul",
}
"""What is to be said of each interval, measured with one treated place."""
_NORMAL: Final = float(ndtri(0.975))
_FEWEST: Final = 6
"""Clusters under which a bootstrap has too few signs to draw."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Finding:
    """
    A result: figures, what they say, what they rest on.

    Attributes
    ----------
    table
        Tidy. Index `ring` (`"treated"`, `"buffer"`), `weighting` (the main one first,
        then `"equal"`), `term` (a year, or `"after"`), `method` (`"placebos"` first);
        columns `estimate`, `error`, `low`, `high`, `p`, `rank`, `places`,
        `detectable`, `communes`, `effective`, `caution`. Of a count, differences are
        of logarithms, times 100.
    sentences
        French, what is to be read.
    assumptions
        French, what it rests on: printed with it.
    chart
        One row a term, ready to be drawn: the treated ring, the main weighting, the
        placebo places; of a count, differences as growth. Of an event study, the year
        of reference too, at 0, `after` (is the place open?) and `change` (of the way of
        counting, in French).
    """

    table: pd.DataFrame
    sentences: tuple[str, ...]
    assumptions: tuple[str, ...]
    chart: pd.DataFrame

    def __repr__(self) -> str:
        """Write what it says, and what that rests on."""
        return spoken(self.sentences, self.assumptions)


def difference_in_differences(design: Design) -> Finding:
    """
    Compare the change near a place with the change farther, before and after.

    Communes have their own level, years their own change; what is left between the
    mean of the years before and that of the years after is compared between rings.

    Parameters
    ----------
    design
        What `bm.design` returns.

    Returns
    -------
    Finding
        One term, `"after"`.

    Raises
    ------
    VintageError
        If there is no year before the opening, or none after.

    See Also
    --------
    event_study : The same year by year; describes where there is no year before.

    Examples
    --------
    >>> import datetime as dt
    >>> import basinmap as bm
    >>> years = [2016, 2023]
    >>> plan = bm.design(
    ...     bm.statistics(), outcome="population", years=years, opened="2019-07-01"
    ... )
    >>> found = bm.difference_in_differences(plan)
    >>> found.chart[["estimate", "rank", "places"]].round(2)
           estimate   rank  places
    term
    after     -1.68  257.0   501.0
    """
    check_given(difference_in_differences, locals())
    check_before(design)
    table = estimates(design, design.change[:, None], ["after"])
    return _finding(design, table, ["after"])


def event_study(design: Design) -> Finding:
    """
    Compare the change near a place with the change farther, year by year.

    Parameters
    ----------
    design
        What `bm.design` returns.

    Returns
    -------
    Finding
        One term a year, but the one that others are compared with: the last before
        the opening. Where there is none, the first: what is told then is an evolution.

    Examples
    --------
    >>> import basinmap as bm
    >>> years = [2016, 2019, 2023]
    >>> plan = bm.design(bm.statistics(), outcome="population", years=years)
    >>> found = bm.event_study(plan)
    >>> found.chart["estimate"].round(2).tolist()
    [0.0, -0.82, -1.68]
    """
    check_given(event_study, locals())
    check_design(design)
    reference = reference_of(design)
    at = design.years.index(reference)
    terms = [year for year in design.years if year != reference]
    keep = [k for k in range(len(design.years)) if k != at]
    changes = design.levels[:, keep] - design.levels[:, [at]]
    table = estimates(design, changes, terms)
    told = [terms[-1]] if design.descriptive else _headline(terms, reference)
    return _finding(design, table, told, reference=reference)


def _headline(terms: Sequence[int], reference: int) -> list[int]:
    return [max(term for term in terms if term > reference)]


def reference_of(design: Design) -> int:
    """
    Return the year that others are compared with.

    Parameters
    ----------
    design
        A design.

    Raises
    ------
    VintageError
        If no year is after the opening.
    """
    if design.descriptive:
        return design.years[0]
    if not design.after.any():
        msg = (
            f"no year after {design.opened:%d/%m/%Y} among "
            f"{culprits(design.years, most=9)}: give opened= or later years"
        )
        raise VintageError(msg)
    return design.years[int(np.flatnonzero(~design.after)[-1])]


# -- figures ------------------------------------------------------------------------


def estimates(
    design: Design,
    changes: Floats,
    terms: Sequence[object],
    *,
    methods: Sequence[str] = tuple(CAUTIONS),
    only: Sequence[str] = ("treated", "buffer"),
) -> pd.DataFrame:
    """
    Return every estimate of every term, with all that is known of its uncertainty.

    Parameters
    ----------
    design
        A design.
    changes
        Differences over time, communes × terms.
    terms
        Names of the columns.
    methods
        The ranks among placebo places, `"placebos"`, first; then what is shown beside.
    only
        Rings.
    """
    field = fit_design(design, changes) if "covariance" in methods else None
    parts = {}
    for ring in only:
        own, places = _turned(design, ring)
        if not own.treated.any():
            continue
        for name, weights in design.weightings.items():
            rows = _of_ring(design, own, places, changes, weights, field, methods)
            parts[(ring, name)] = rows
    found = pd.concat(
        {key: _tidy(rows, terms) for key, rows in parts.items()},
        names=["ring", "weighting"],
    )
    return tell(
        found,
        label=design.outcome.label,
        unit=design.outcome.unit,
        sources=design.outcome.sources,
    )


def fit_design(design: Design, changes: Floats) -> Field:
    """
    Return the spatial covariance of differences, of the shape fitted on the main one.

    Parameters
    ----------
    design, changes
        As for `estimates`.
    """
    return field_of(
        changes, design.known, design.points, design.chain, design.resemblance
    )


def _turned(design: Design, ring: str) -> tuple[Rings, Places]:
    """Return rings where the one asked for stands for the treated one."""
    if ring == "treated":
        return design.rings, design.places
    places = design.places
    rings = _swap(places.rings)
    kept = np.flatnonzero(rings.treated.any(axis=1))
    rings = Rings(rings.treated[kept], rings.buffer[kept], rings.control[kept])
    return _swap(design.rings), Places(places.codes[kept], places.points[kept], rings)


def _swap(rings: Rings) -> Rings:
    return Rings(rings.buffer, rings.treated, rings.control)


def _of_ring(
    design: Design,
    own: Rings,
    places: Places,
    changes: Floats,
    weights: Floats,
    field: Field | None,
    methods: Sequence[str],
) -> dict[str, pd.DataFrame]:
    # What the other ring has of its own is taken off, or placebo places nearby, whose
    # controls it is, would be made to vary by it.
    clean = changes
    if own.buffer.any():
        beside = contrast(own, changes, weights, ring="buffer").estimate[0]
        clean = changes - own.buffer[0][:, None] * beside
    ranks = ranked(own, places, clean, weights)
    rows = {"placebos": _of_ranks(ranks, len(places) + 1)}
    if len(methods) > 1:
        rows |= _beside(design, own, changes, weights, ranks, field)
    facts = {
        "communes": int(own.treated.sum()),
        "effective": effective(weights[own.treated[0] > 0]),
    }
    return {
        method: frame.assign(**facts, caution=CAUTIONS[method])
        for method, frame in rows.items()
    }


def _beside(
    design: Design,
    own: Rings,
    changes: Floats,
    weights: Floats,
    ranks: Ranked,
    field: Field | None,
) -> dict[str, pd.DataFrame]:
    """Return what is shown beside the ranks, and never alone."""
    load = loads(own, weights)[0]
    estimate = ranks.estimate
    assert field is not None  # noqa: S101 - for the type checker
    spatial = np.sqrt(np.diag(field.covariance(load)))
    return {
        "covariance": _normal(estimate, spatial),
        "bootstrap": _of_bootstrap(design, own, changes, weights, estimate),
        "conley": _normal(estimate, _conley(design, own, changes, load)),
        "cluster": _normal(estimate, ranks.error),
    }


def _of_ranks(ranks: Ranked, places: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "estimate": ranks.estimate,
            "error": ranks.error,
            "low": ranks.low,
            "high": ranks.high,
            "p": ranks.p,
            "rank": ranks.rank.astype(float),
            "places": float(places),
            "detectable": ranks.detectable,
        }
    )


def _normal(estimate: Floats, error: Floats) -> pd.DataFrame:
    with np.errstate(invalid="ignore", divide="ignore"):
        p = 2 * ndtr(-np.abs(estimate) / error)
    return pd.DataFrame(
        {
            "estimate": estimate,
            "error": error,
            "low": estimate - _NORMAL * error,
            "high": estimate + _NORMAL * error,
            "p": p,
        }
    )


def _conley(design: Design, own: Rings, changes: Floats, load: Floats) -> Floats:
    used = load != 0
    scores = load[used, None] * _left(own, changes, load)[used]
    variance = conley(scores, design.points[used], cutoff=CUTOFF)
    return np.sqrt(variance)


def _left(own: Rings, changes: Floats, load: Floats) -> Floats:
    """Return what is left of changes once each ring has its mean."""
    plus, minus = np.maximum(load, 0), np.maximum(-load, 0)
    ring, base = plus @ changes, minus @ changes
    inside = own.treated[0][:, None] > 0
    return changes - np.where(inside, ring, base)


def _of_bootstrap(
    design: Design, own: Rings, changes: Floats, weights: Floats, estimate: Floats
) -> pd.DataFrame:
    frame = pd.DataFrame({"estimate": estimate, "p": np.nan})
    used = (own.treated + own.buffer + own.control)[0] > 0
    groups = design.clusters[used] if len(design.clusters) else np.array([""])
    if (groups == "").any() or len(set(groups)) < _FEWEST:
        return frame
    frame["p"] = [
        wild_bootstrap(changes[:, k], own, weights, design.clusters, seed=design.seed)
        for k in range(changes.shape[1])
    ]
    return frame


def _tidy(rows: dict[str, pd.DataFrame], terms: Sequence[object]) -> pd.DataFrame:
    columns = [
        "estimate", "error", "low", "high", "p", "rank", "places", "detectable",
        "communes", "effective", "caution",
    ]  # fmt: skip
    named = {
        method: frame.set_axis(pd.Index(terms, name="term"))
        for method, frame in rows.items()
    }
    whole = pd.concat(named, names=["method"]).reorder_levels(["term", "method"])
    order = pd.MultiIndex.from_product([terms, list(rows)], names=["term", "method"])
    return whole.reindex(index=order, columns=columns)


# -- what is said -------------------------------------------------------------------


def variation(design: Design) -> tuple[float, str]:
    """
    Return how much more the perimeter varies than the rest, before the opening.

    Parameters
    ----------
    design
        A design; without a perimeter, what is within the buffer stands for it.

    Returns
    -------
    ratio : float
        Of the variances of yearly changes; NaN where no change is before.
    name : str
        Of the perimeter, in French.
    """
    inside, name = design.perimeter
    if not len(inside):
        rings = design.rings
        inside, name = (rings.treated + rings.buffer)[0] > 0, "des couronnes proches"
    before = ~design.after if not design.descriptive else design.after
    values = design.levels[:, before]
    if values.shape[1] < 2 or not inside.any() or inside.all():
        return float("nan"), name
    steps = np.diff(values, axis=1)
    weights = design.weights
    ratios = [
        _variance(steps[inside, k], weights[inside])
        / _variance(steps[~inside, k], weights[~inside])
        for k in range(steps.shape[1])
    ]
    return float(np.exp(np.mean(np.log(ratios)))), name


def _variance(values: Floats, weights: Floats) -> float:
    mean = np.average(values, weights=weights)
    return max(float(np.average((values - mean) ** 2, weights=weights)), 1e-12)


def finding(
    design: Design,
    table: pd.DataFrame,
    sentences: Sequence[str],
    *,
    reference: int | None = None,
    varies: bool = False,
    changes: Mapping[int, str] | None = None,
) -> Finding:
    """
    Return a result with its chart and what it rests on.

    Parameters
    ----------
    design
        A design.
    table
        What `estimates` returns.
    sentences
        What it says.
    reference
        Year that others are compared with, or None.
    varies
        Whether it is told how much the perimeter varies.
    changes
        Breaks of the series, to be drawn.
    """
    ratio, name = variation(design) if varies else (float("nan"), "")
    return Finding(
        table=table,
        sentences=tuple(sentences),
        assumptions=assumptions_of(design, table, variation=ratio, perimeter=name),
        chart=_chart(design, table, reference, changes or {}),
    )


def _chart(
    design: Design,
    table: pd.DataFrame,
    reference: int | None,
    changes: Mapping[int, str],
) -> pd.DataFrame:
    rows = main_rows(bare(table))
    if reference is not None:
        opened = dict(zip(design.years, design.after, strict=True))
        zero = pd.DataFrame(
            {"estimate": 0.0, "low": 0.0, "high": 0.0}, index=[reference]
        )
        rows = pd.concat([rows, zero]).sort_index().rename_axis("term")
        rows["after"] = [bool(opened[year]) for year in rows.index]
        rows["change"] = [changes.get(int(year), "") for year in rows.index]
    for column in ("estimate", "low", "high"):
        rows[column] = [design.outcome.shown(float(value)) for value in rows[column]]
    return tell(
        rows,
        label=design.outcome.label,
        unit=design.outcome.unit,
        sources=design.outcome.sources,
    )


def _finding(
    design: Design,
    table: pd.DataFrame,
    told: Sequence[object],
    reference: int | None = None,
) -> Finding:
    sentences = []
    if design.descriptive:
        sentences.append(describes(design))
    sentences += [
        line
        for term in told
        for line in verdict(design, table, term, reference=reference)
    ]
    return finding(
        design,
        table,
        sentences,
        reference=reference,
        varies=True,
        changes=design.outcome.breaks,
    )
