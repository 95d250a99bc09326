"""Which territories are of a kind: Ward, then k-means, and how firmly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.cluster.hierarchy import cut_tree, fcluster, linkage

from basinmap.arguments import check_given, texts_of
from basinmap.cards import card
from basinmap.errors import DataError, MeasureError, culprits
from basinmap.impact.counts import of_source
from basinmap.impact.samples import check_seed
from basinmap.measures import state_column
from basinmap.progress import progress
from basinmap.states import STATES
from basinmap.typography import number, percent, typeset
from basinmap.values.checks import name_of, numbers
from basinmap.values.columns import column
from basinmap.values.told import Told, tell, told_of

__all__ = ["Typology", "typology"]

Floats = NDArray[np.float64]
Whole = NDArray[np.intp]

_MOST: Final = 7
"""Kinds that can be told apart on a map."""
_UNITS: Final = 12_000
"""Units above which all pairs of them fill the memory."""
_ROUNDS: Final = 100
"""Times that units go to the nearest centre, at most."""
_PATIENCE: Final = 3
"""Seconds after which a progress bar appears."""
_FIRM: Final = 0.75
"""Stability from which a kind comes back."""
_LOOSE: Final = 0.6
"""Stability under which a kind should not be named."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Typology:
    """
    Kinds of territories, what each is like, and how firm they are.

    Attributes
    ----------
    groups
        Kind of each unit, ready for `draw_typology`; missing of what was left out.
    profile
        A row a kind: `units`, `stability`, and per indicator its median over the
        units, and its distance to the mean of all in standard deviations
        (`<indicator>_score`).
    confidence
        Per unit, the share of the draws in which it stayed in its kind.
    explained
        Share of the differences between units that the kinds hold, in per cent.
    draws
        How many draws.
    left_out
        Code to state of the units that lack an indicator.
    notes
        French sentences to print.
    """

    groups: pd.Series
    profile: pd.DataFrame
    confidence: pd.Series
    explained: float
    draws: int
    left_out: Mapping[Any, str]
    notes: tuple[str, ...]

    def __str__(self) -> str:
        """Say in French what was made."""
        return "\n".join(self.notes)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Write it as a card of a notebook."""
        return card("Typologie", notes=self.notes)


def typology(
    indicators: pd.DataFrame,
    *,
    groups: int,
    names: Sequence[str] | None = None,
    draws: int = 100,
    seed: int = 0,
) -> Typology:
    """
    Sort territories into kinds by several indicators at once.

    Parameters
    ----------
    indicators
        Rates, means, densities: a row a unit, a column an indicator, all of the same
        weight; `bm.table_of({…})` lays them side by side with their states.
    groups
        How many kinds, 2 to 7.
    names
        French name of each kind, the largest first; by default « Type 1 »…: name them
        once their profile is read.
    draws
        Times that as many units are drawn again, with replacement, to see whether the
        kinds come back.
    seed
        Of the draws.

    Returns
    -------
    Typology
        Kinds numbered from the one of most units.

    Raises
    ------
    MeasureError
        If an indicator is a stock or a category.
    DataError
        If one is no number, is equal everywhere, or two are the same; if there are too
        few units, or more than 12,000; if an option is out of range.

    Notes
    -----
    Indicators are brought to mean 0 and deviation 1; Ward's tree (1963) is cut and
    its kinds refined by k-means until no unit moves. Stability is the mean, over the
    draws, of the Jaccard coefficient between a kind and the nearest one found (Hennig,
    2007, doi:10.1016/j.csda.2006.11.025): from 0.75 a kind is firm, under 0.6 it should
    not be named. It says that the same cut comes back, not that there is a gap there: a
    cloud without any may be cut firmly.

    Examples
    --------
    >>> import basinmap as bm
    >>> table = bm.statistics(epci="call")
    >>> found = bm.typology(
    ...     bm.table_of({i: bm.compute(i, table) for i in ("L04", "L05")}),
    ...     groups=2, names=["pavillonnaire", "urbain"], draws=20,
    ... )
    >>> found.profile["units"].tolist(), found.groups["62498"]
    ([24, 12], 'urbain')
    """
    check_given(typology, locals())
    check_seed(seed, draws, least=0, what="draws")
    values = _indicators(indicators)
    states = _left_out(indicators, values)
    known = values.drop(index=list(states))
    _check_groups(groups, known, names)
    # In the order of the codes: the order of the rows must change nothing.
    known = known.loc[sorted(known.index, key=str)]
    scores = (known - known.mean()) / known.std(ddof=0)
    z = scores.to_numpy()
    found = _by_size(_kinds(z, groups), groups)
    stability, kept = _drawn_again(z, found, groups, draws, seed)
    called = [f"Type {k + 1}" for k in range(groups)] if names is None else names
    labels = [typeset(n) for n in called]
    explained = 1 - _within(z, found, groups) / float((z * z).sum())
    listed = [name_of(column(indicators, name)) for name in values.columns]
    notes = _notes(listed, groups, len(known), states, explained, stability)
    kinds = pd.Categorical.from_codes(found, categories=labels)
    series = pd.Series(kinds, index=known.index, name="typology")
    series = series.reindex(values.index)
    told = _told(indicators, series, states, notes)
    profile = _profile(known, scores, series, labels, stability, listed)
    return Typology(
        groups=told,
        profile=profile,
        confidence=pd.Series(kept, known.index, name="confidence").reindex(
            values.index
        ),
        explained=100 * explained,
        draws=draws,
        left_out=MappingProxyType(states),
        notes=notes,
    )


# -- what is given ------------------------------------------------------------------


def _indicators(table: pd.DataFrame) -> pd.DataFrame:
    if not isinstance(table, pd.DataFrame) or not len(table):
        msg = "indicators: a table with a row a unit; write bm.table_of({'L04': …})"
        raise DataError(msg)
    if not table.index.is_unique:
        again = table.index[table.index.duplicated()].unique()
        msg = f"indicators: codes that stand more than once: {culprits(again)}"
        raise DataError(msg)
    names = [n for n in table.columns if not str(n).endswith("_state")]
    read = {name: column(table, name) for name in names}
    wrong = [n for n, v in read.items() if told_of(v).kind in {"stock", "category"}]
    if wrong:
        msg = (
            f"{culprits(wrong)}: stocks follow the size of units, and categories have "
            "no distance; give rates, means or densities"
        )
        raise MeasureError(msg)
    values = pd.DataFrame({name: numbers(found) for name, found in read.items()})
    for name, found in read.items():
        least = [c for c, s in told_of(found).states.items() if s == "lower_bound"]
        values.loc[values.index.isin(least), name] = np.nan
    infinite = values.index[np.isinf(values).any(axis=1)]
    if len(infinite):
        msg = f"indicators: infinite at {culprits(infinite)}; empty them, and say why"
        raise DataError(msg)
    return values


def _left_out(table: pd.DataFrame, values: pd.DataFrame) -> dict[Any, str]:
    found: dict[Any, str] = {}
    for code in values.index[values.isna().any(axis=1)]:
        said = [
            table.loc[code, beside]
            for name in values.columns
            if (beside := state_column(str(name))) in table.columns
        ]
        found[code] = next((s for s in STATES if s in said), "not_available")
    return found


def _check_groups(
    groups: object, known: pd.DataFrame, names: Sequence[str] | None
) -> None:
    whole = isinstance(groups, int | np.integer) and not isinstance(groups, bool)
    if not whole or not 2 <= int(groups) <= _MOST:  # type: ignore[call-overload]
        msg = f"groups: a whole number from 2 to {_MOST}, got {groups!r}"
        raise DataError(msg)
    count = int(groups)  # type: ignore[call-overload]
    if not 2 * count <= len(known) <= _UNITS:
        msg = (
            f"{len(known)} unit(s) with all indicators, for {count} kinds: from "
            f"{2 * count} to {_UNITS} are sorted"
        )
        raise DataError(msg)
    _check_columns(known)
    if names is None:
        return
    given = texts_of(names, "names", "['minier', 'rural']")
    if len(set(given)) != count or len(given) != count:
        msg = f"names: {count} different names, the largest kind first; got {names!r}"
        raise DataError(msg)


def _check_columns(known: pd.DataFrame) -> None:
    flat = [name for name in known.columns if np.ptp(known[name].to_numpy()) == 0]
    if flat or not len(known.columns):
        msg = f"indicators equal everywhere, or none: {culprits(flat)}; drop them"
        raise DataError(msg)
    like = known.corr().abs().to_numpy()
    one, other = np.nonzero(np.triu(like, 1) > 1 - 1e-9)
    if len(one):
        pairs = [(known.columns[a], known.columns[b]) for a, b in zip(one, other)]  # noqa: B905 - of one length
        msg = (
            f"indicators that say one thing twice: {culprits(pairs)}; it would weigh "
            "double: drop one of each"
        )
        raise DataError(msg)


# -- how they are sorted ------------------------------------------------------------


def _kinds(z: Floats, groups: int) -> Whole:
    """Cut Ward's tree, then let units go to the nearest centre until none moves."""
    tree = linkage(z, method="ward")
    found = fcluster(tree, groups, criterion="maxclust") - 1
    if len(np.unique(found)) < groups:  # merges at one height
        found = cut_tree(tree, n_clusters=groups).ravel()
    for _ in range(_ROUNDS):
        nearest = _nearest(z, _centres(z, found, groups))
        if len(np.unique(nearest)) < groups or (nearest == found).all():
            break
        found = nearest
    return found.astype(np.intp)


def _centres(z: Floats, kinds: Whole, groups: int) -> Floats:
    return np.stack([z[kinds == kind].mean(axis=0) for kind in range(groups)])


def _nearest(z: Floats, centres: Floats) -> Whole:
    return ((z[:, None] - centres[None]) ** 2).sum(axis=2).argmin(axis=1)


def _within(z: Floats, kinds: Whole, groups: int) -> float:
    return float(((z - _centres(z, kinds, groups)[kinds]) ** 2).sum())


def _by_size(kinds: Whole, groups: int) -> Whole:
    """Return kinds numbered from the largest, those of one size by their first unit."""
    sizes = np.bincount(kinds, minlength=groups)
    first = [int(np.flatnonzero(kinds == kind)[0]) for kind in range(groups)]
    order = sorted(range(groups), key=lambda kind: (-sizes[kind], first[kind]))
    rank = np.empty(groups, dtype=np.intp)
    rank[order] = np.arange(groups)
    return rank[kinds]


def _drawn_again(
    z: Floats, kinds: Whole, groups: int, draws: int, seed: int
) -> tuple[Floats, Floats]:
    """Return how well each kind comes back, and how often each unit stays in it."""
    rng = np.random.default_rng(seed)
    alike = np.zeros((draws, groups))
    stays = np.zeros(len(z))
    for draw in progress(range(draws), unit="tirage", delay=_PATIENCE):
        picked = rng.integers(len(z), size=len(z))
        if len(np.unique(picked)) < groups:
            continue
        some = z[picked]
        again = _nearest(z, _centres(some, _kinds(some, groups), groups))
        both = np.zeros((groups, groups))
        np.add.at(both, (kinds, again), 1)
        either = both.sum(axis=1)[:, None] + both.sum(axis=0)[None] - both
        jaccard = both / either
        alike[draw] = jaccard.max(axis=1)
        stays += jaccard.argmax(axis=1)[kinds] == again
    if not draws:
        return np.full(groups, np.nan), np.full(len(z), np.nan)
    return alike.mean(axis=0), stays / draws


# -- what is said of them -----------------------------------------------------------


def _profile(
    known: pd.DataFrame,
    scores: pd.DataFrame,
    kinds: pd.Series,
    labels: list[str],
    stability: Floats,
    listed: list[str],
) -> pd.DataFrame:
    of = kinds.loc[known.index]
    counted = of.value_counts().reindex(labels)
    found = pd.DataFrame({"units": counted, "stability": stability}, index=labels)
    medians = known.groupby(of, observed=False).median().reindex(labels)
    far = scores.groupby(of, observed=False).mean().reindex(labels)
    for name in known.columns:
        found[name] = medians[name]
        found[f"{name}_score"] = far[name]
    found.index = pd.Index(labels, name="typology")
    told = {"units": Told(label="Unités"), "stability": Told(label="Stabilité")}
    for name, text in zip(known.columns, listed, strict=True):
        told[name] = Told(label=typeset(f"{text} (médiane des unités)"))
        told[f"{name}_score"] = Told(
            label=typeset(f"{text} (écart à la moyenne, en écarts-types)")
        )
    return tell(found, Told(), columns=told)


def _notes(
    listed: Sequence[str],
    groups: int,
    kept: int,
    states: Mapping[Any, str],
    explained: float,
    stability: Floats,
) -> tuple[str, ...]:
    lost = f" ({number(len(states))} laissées de côté)" if states else ""
    notes = [
        f"Typologie de {number(kept)} unités{lost} en {groups} types, par Ward puis "
        f"centres mobiles, sur des indicateurs centrés réduits : {' ; '.join(listed)}.",
        f"Les types portent {percent(100 * explained, 0)} des différences.",
    ]
    known = stability[~np.isnan(stability)]
    if len(known):
        loose = int((known < _LOOSE).sum())
        firm = int((known >= _FIRM).sum())
        notes.append(
            f"Stabilité (Jaccard, rééchantillonnage) : {number(known.min(), 2)} à "
            f"{number(known.max(), 2)} ; {firm} sur {groups} solides"
            + (f", {loose} trop fragile(s) pour être nommé(s)." if loose else ".")
        )
    return tuple(typeset(note) for note in notes)


def _told(
    indicators: pd.DataFrame,
    series: pd.Series,
    states: Mapping[Any, str],
    notes: tuple[str, ...],
) -> pd.Series:
    source = of_source(indicators)
    told = Told(
        kind="category",
        label="Type",
        level=source.level,
        geography=source.geography,
        date=source.date,
        sources=source.sources,
        states=dict(states),
        notes=notes,
    )
    return tell(series, told)
