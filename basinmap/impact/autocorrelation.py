"""Do neighbours resemble one another, and where: Moran, Geary, Getis and Ord, joins."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from basinmap.arguments import check_given
from basinmap.cards import card
from basinmap.errors import BasinmapWarning, DataError, MeasureError, culprits
from basinmap.impact.conditional import LEAST, Tails, affordable, discoveries, tails
from basinmap.impact.samples import Sample, check_seed, facts_of, sample_of
from basinmap.impact.weights import Weights
from basinmap.measures import state_column
from basinmap.spatial.options import check_choice, check_flag, check_size
from basinmap.typography import number, percent, typeset
from basinmap.values.checks import check_rate, kind_of, name_of
from basinmap.values.told import Told, tell, told_of

__all__ = [
    "CLUSTERS",
    "SPOTS",
    "Autocorrelation",
    "geary",
    "getis_ord",
    "hot_spots",
    "join_counts",
    "lisa",
    "moran",
]

Alternative = Literal["two-sided", "greater", "lesser"]
Floats = NDArray[np.float64]

_ALTERNATIVES: Final = ("two-sided", "greater", "lesser")
_SIDED: Final = "two-sided"
_CORRECTIONS: Final = ("fdr", "none")
_CELLS: Final = 4_000_000
"""Numbers held at a time."""
_LABELS: Final = {
    "lag": "Moyenne des voisines",
    "moran": "I local de Moran",
    "g": "Part de l'ensemble autour de l'unité",
    "z": "Écart à l'attendu, en écarts-types",
    "p_value": "Valeur p (tirages)",
}
"""Printed names of the columns of a map of clusters."""
_STATE_OF: Final = {"isolate": "not_applicable", "lower_bound": "not_available"}
"""What a unit that is left out is on a map, where that is not its own state."""

NOT_SIGNIFICANT: Final = "Non significatif"
CLUSTERS: Final = (
    "Regroupement élevé",
    "Regroupement bas",
    "Élevé parmi bas",
    "Bas parmi élevés",
    NOT_SIGNIFICANT,
)
"""Kinds of places of a map of local resemblance, in the order of its legend."""
SPOTS: Final = ("Point chaud", "Point froid", NOT_SIGNIFICANT)
"""Kinds of places of a map of hot spots, in the order of its legend."""

_COUNTED: Final = (
    "the number of an area follows its size, and large areas that touch would be a "
    "cluster: take a rate or a density"
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Autocorrelation:
    """
    Whether neighbours resemble one another, over a whole territory.

    Attributes
    ----------
    name
        Of the statistic, in French.
    statistic
        What is observed.
    expected
        What would be, were values dealt out at random.
    p_value
        Share of random deals at least as far from it, never 0.
    alternative
        `"two-sided"`, `"greater"` or `"lesser"`, of the statistic.
    permutations
        How many deals.
    units
        How many units are in it.
    left_out
        Code to why it is not: a state, or `isolate`.
    alike
        Whether a statistic above what is expected says that neighbours are alike.
    notes
        French sentences to print.
    """

    name: str
    statistic: float
    expected: float
    p_value: float
    alternative: str
    permutations: int
    units: int
    left_out: Mapping[Any, str]
    alike: bool = True
    notes: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What it means, in French, for who is no statistician."""
        above = (self.statistic > self.expected) == self.alike
        if self.p_value > 0.05:
            lead = (
                "Rien ne permet de dire que des voisines se ressemblent plus, ou "
                "moins, que des unités prises au hasard"
            )
        elif above:
            lead = "Des voisines se ressemblent plus que des unités prises au hasard"
        else:
            lead = "Des voisines se ressemblent moins que des unités prises au hasard"
        size = max(abs(self.statistic), abs(self.expected), 1e-12)
        digits = max(2, 1 - int(np.floor(np.log10(size))))
        floor = (1 + (self.alternative == _SIDED)) / (self.permutations + 1)
        sign = "≤" if self.p_value <= floor * (1 + 1e-9) else "="
        p = f"p {sign} {number(self.p_value, 4 if self.p_value < 0.01 else 2)}"
        return typeset(
            f"{lead} ({self.name} : {number(self.statistic, digits)} ; "
            f"{number(self.expected + 0.0, digits)} attendu au hasard ; {p}, "
            f"{number(self.permutations)} tirages)."
        )

    def __str__(self) -> str:
        """Write the sentence, and what was left out."""
        return "\n".join([self.sentence, *self.notes])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Write it as a card of a notebook."""
        return card(self.sentence, notes=self.notes)


def moran(
    values: pd.Series,
    weights: Weights,
    *,
    permutations: int = 999,
    seed: int = 0,
    alternative: Alternative = "two-sided",
) -> Autocorrelation:
    """
    Return Moran's I: whether neighbours are both high, or both low.

    Parameters
    ----------
    values
        A rate, a mean, a density, on the codes of the weights; states as told.
    weights
        Who is whose neighbour; those of a unit are made to add up to 1.
    permutations
        Deals of the values over the units.
    seed
        Of the deals: the same seed, the same answer.
    alternative
        Whether the statistic may be too high or too low, or only too high
        (`"greater"`: neighbours alike), or only too low.

    Returns
    -------
    Autocorrelation
        1 where neighbours are equal, -1 / (n - 1) at random.

    Raises
    ------
    CodeError, VintageError
        If codes of one are not of the other, or both say their date, and differ.
    DataError
        If a value is no number, all are equal, fewer than 5 are left, or an option is
        out of range.
    MeasureError
        If the values are a stock, or a category.

    See Also
    --------
    lisa : Where.

    Notes
    -----
    Moran (1950, doi:10.1093/biomet/37.1-2.17). Missing values, minimums and units
    without a neighbour are left out first, and told.

    Examples
    --------
    >>> import basinmap as bm
    >>> lens = bm.communes(epci="call")
    >>> vacancy = bm.compute("L04", bm.statistics(epci="call"))
    >>> found = bm.moran(vacancy, bm.contiguity_weights(lens))
    >>> round(found.statistic, 3), found.units
    (0.095, 36)
    """
    check_given(moran, locals())

    def statistic(sample: Sample) -> Callable[[Floats], Floats]:
        matrix = sample.standardised
        scale = len(sample.x) / matrix.sum()

        def of(z: Floats) -> Floats:
            z = z - z.mean(axis=0)
            return scale * (z * (matrix @ z)).sum(axis=0) / (z * z).sum(axis=0)

        return of

    check_rate(values, _COUNTED)
    sample = sample_of(values, weights)
    options = (permutations, seed, alternative)
    expected = -1 / (len(sample.x) - 1)
    return _dealt("I de Moran", sample, statistic(sample), expected, options)


def geary(
    values: pd.Series,
    weights: Weights,
    *,
    permutations: int = 999,
    seed: int = 0,
    alternative: Alternative = "two-sided",
) -> Autocorrelation:
    """
    Return Geary's C: how much neighbours differ.

    Parameters
    ----------
    values, weights, permutations, seed
        As for `moran`.
    alternative
        Of the statistic: `"lesser"` is neighbours alike.

    Returns
    -------
    Autocorrelation
        0 where neighbours are equal, 1 at random.

    Raises
    ------
    CodeError, VintageError, DataError, MeasureError
        As for `moran`.

    Notes
    -----
    Geary (1954, doi:10.2307/2986645).

    Examples
    --------
    >>> import basinmap as bm
    >>> lens = bm.communes(epci="call")
    >>> vacancy = bm.compute("L04", bm.statistics(epci="call"))
    >>> round(bm.geary(vacancy, bm.contiguity_weights(lens)).statistic, 3)
    0.789
    """
    check_given(geary, locals())
    check_rate(values, _COUNTED)
    sample = sample_of(values, weights)
    matrix = sample.standardised
    both = np.asarray(matrix.sum(axis=0)) + np.asarray(matrix.sum(axis=1))
    scale = (len(sample.x) - 1) / (2 * matrix.sum())

    def of(z: Floats) -> Floats:
        z = z - z.mean(axis=0)
        apart = both @ (z * z) - 2 * (z * (matrix @ z)).sum(axis=0)
        return scale * apart / (z * z).sum(axis=0)

    options = (permutations, seed, alternative)
    return _dealt("C de Geary", sample, of, 1.0, options, alike=False)


def getis_ord(
    values: pd.Series,
    weights: Weights,
    *,
    permutations: int = 999,
    seed: int = 0,
    alternative: Alternative = "two-sided",
) -> Autocorrelation:
    """
    Return the general G of Getis and Ord: whether high values are side by side.

    Parameters
    ----------
    values
        As for `moran`, none below 0.
    weights
        Who is whose neighbour, as they are.
    permutations, seed, alternative
        As for `moran`.

    Returns
    -------
    Autocorrelation
        Share of the products of two values that neighbours make.

    Raises
    ------
    CodeError, VintageError, MeasureError
        As for `moran`.
    DataError
        Also if a value is negative.

    See Also
    --------
    hot_spots : Where.

    Notes
    -----
    Getis and Ord (1992, doi:10.1111/j.1538-4632.1992.tb00261.x).

    Examples
    --------
    >>> import basinmap as bm
    >>> lens = bm.communes(epci="call")
    >>> vacancy = bm.compute("L04", bm.statistics(epci="call"))
    >>> round(bm.getis_ord(vacancy, bm.contiguity_weights(lens)).statistic, 4)
    0.1418
    """
    check_given(getis_ord, locals())
    check_rate(values, _COUNTED)
    sample = sample_of(values, weights)
    _check_positive(sample)
    matrix = sample.weights.matrix
    size = len(sample.x)

    def of(x: Floats) -> Floats:
        every = x.sum(axis=0) ** 2 - (x * x).sum(axis=0)
        return (x * (matrix @ x)).sum(axis=0) / every

    options = (permutations, seed, alternative)
    expected = float(matrix.sum() / (size * (size - 1)))
    return _dealt("G de Getis et Ord", sample, of, expected, options)


def join_counts(
    categories: pd.Series,
    weights: Weights,
    *,
    permutations: int = 999,
    seed: int = 0,
    alternative: Alternative = "two-sided",
) -> pd.DataFrame:
    """
    Count neighbours of the same kind, and of two kinds.

    Parameters
    ----------
    categories
        Two to seven kinds, on the codes of the weights; those missing are left out.
    weights
        Who is whose neighbour; each pair counts once.
    permutations, seed, alternative
        As for `moran`.

    Returns
    -------
    DataFrame
        Index `first`, `second` (kinds, in order); `joins`, `expected` (were kinds
        dealt out at random), `p_value`. Its notes say what was left out.

    Raises
    ------
    CodeError, VintageError
        If codes of one are not of the other, or both say their date, and differ.
    DataError
        If there is one kind, more than seven, or fewer than 5 units are left.
    MeasureError
        If the values are measured, and no kinds.

    Notes
    -----
    Cliff and Ord (1981, Spatial Processes).

    Examples
    --------
    >>> import basinmap as bm
    >>> lens = bm.communes(epci="call")
    >>> town = lens["population"].ge(10_000).map({True: "ville", False: "bourg"})
    >>> found = bm.join_counts(town, bm.contiguity_weights(lens))
    >>> found["joins"].tolist()
    [51.0, 28.0, 5.0]
    """
    check_given(join_counts, locals())
    check_choice(alternative, "alternative", _ALTERNATIVES)
    check_seed(seed, permutations)
    if kind_of(categories) not in {"", "category"}:
        msg = (
            f"{name_of(categories)!r} is measured, it is no kind: make classes of it, "
            "or take bm.moran"
        )
        raise MeasureError(msg)
    sample = sample_of(categories, weights, numeric=False)
    codes, kinds = pd.factorize(sample.series, sort=True)
    if len(kinds) > 7:
        msg = f"{len(kinds)} kinds: at most 7 are compared; group {culprits(kinds[6:])}"
        raise DataError(msg)
    pairs = list(itertools.combinations_with_replacement(range(len(kinds)), 2))
    counted = _joins(sample.weights.matrix, len(kinds), pairs)
    rng = np.random.default_rng(seed)
    drawn = np.array([counted(rng.permutation(codes)) for _ in range(permutations)])
    observed = counted(codes)
    p = _p_values(_global_tails(observed, drawn), alternative)
    sizes = np.bincount(codes).astype(float)
    labels = [(kinds[one], kinds[other]) for one, other in pairs]
    total, size = sample.weights.matrix.sum() / 2, len(codes)
    expected = [
        (sizes[a] * (sizes[b] - (a == b)) * (1 if a == b else 2))
        * (total / (size * (size - 1)))
        for a, b in pairs
    ]
    found = pd.DataFrame(
        {"joins": observed, "expected": expected, "p_value": p},
        index=pd.MultiIndex.from_tuples(labels, names=["first", "second"]),
    )
    facts = facts_of(categories) | {"level": ""}
    return tell(found, Told(**facts, notes=sample.notes))


def lisa(
    values: pd.Series,
    weights: Weights,
    *,
    permutations: int | None = None,
    seed: int = 0,
    alternative: Alternative = "two-sided",
    correction: Literal["fdr", "none"] = "fdr",
    alpha: float = 0.05,
) -> pd.DataFrame:
    """
    Return where neighbours are alike, or unlike, beyond chance (local Moran).

    Parameters
    ----------
    values, weights
        As for `moran`.
    permutations
        Draws of neighbours for each unit; by default as many as the correction needs
        to see one unit alone, from 9,999 to 199,999.
    seed
        Of the draws: the same seed, the same map.
    alternative
        Of the local statistic: alike or unlike, or alike only (`"greater"`), or unlike
        only.
    correction
        `"fdr"`: of the places shown, a share `alpha` at most is expected to be there by
        chance. `"none"`: each unit is tested alone, and a share `alpha` of all units
        is expected by chance on a map where there is nothing.
    alpha
        Such as 0.05.

    Returns
    -------
    DataFrame
        On the codes of the weights: `value`; `lag`, the mean of its neighbours;
        `moran`, the local statistic; `p_value`; `cluster`, one of `CLUSTERS`, ready for
        `draw_typology` by `bm.column(found, "cluster")`. All are missing of what was
        left out, and `cluster_state` says why.

    Raises
    ------
    CodeError, VintageError, DataError, MeasureError
        As for `moran`.

    Warns
    -----
    BasinmapWarning
        If draws are too few for the correction: units that pass no draw are hidden by
        the lack of them.

    See Also
    --------
    moran : Over the whole territory.
    hot_spots : High or low, without the unlike.

    Notes
    -----
    Anselin (1995, doi:10.1111/j.1538-4632.1995.tb00338.x); false discoveries after
    Benjamini and Hochberg (1995). P is never 0: with R draws it is at least
    2 / (R + 1), two-sided.

    Examples
    --------
    >>> import basinmap as bm
    >>> lens = bm.communes(epci="call")
    >>> vacancy = bm.compute("L04", bm.statistics(epci="call"))
    >>> found = bm.lisa(vacancy, bm.contiguity_weights(lens))
    >>> int(found["cluster"].value_counts()["Non significatif"])
    36
    """
    check_given(lisa, locals())
    check_rate(values, _COUNTED)
    sample = sample_of(values, weights)
    test = _Test(sample, permutations, seed, alternative, correction, alpha)
    z = sample.x - sample.x.mean()
    lag = sample.standardised @ z
    counted = test.draw(z, sample.standardised)
    # High among high and low among low are both alike: the tail depends on the unit.
    counted = _turned(counted, z)
    p = np.where(z == 0, 1.0, _p_values(counted, alternative))
    stands = test.stands(p)
    high, near = z > 0, lag > 0
    kinds = np.select([high & near, ~high & ~near, high, ~high], range(4))
    kinds = np.where(stands, kinds, len(CLUSTERS) - 1)
    found = {
        "value": sample.x,
        "lag": lag + sample.x.mean(),
        "moran": (len(z) - 1) * z * lag / (z @ z),
        "p_value": p,
    }
    told = {"label": "Regroupements", "palette": "clusters", "kinds": CLUSTERS}
    return _map_of(values, weights, test, found, kinds, told)


def hot_spots(
    values: pd.Series,
    weights: Weights,
    *,
    star: bool = True,
    permutations: int | None = None,
    seed: int = 0,
    alternative: Alternative = "two-sided",
    correction: Literal["fdr", "none"] = "fdr",
    alpha: float = 0.05,
) -> pd.DataFrame:
    """
    Return where high values gather, and where low ones do (local G of Getis and Ord).

    Parameters
    ----------
    values
        As for `moran`, none below 0.
    weights
        As for `moran`; with `star`, those of neighbours all 1.
    star
        Whether a unit counts among its neighbours (G*), or not (G).
    permutations, seed
        As for `lisa`.
    alternative
        Hot or cold, or hot only (`"greater"`), or cold only.
    correction, alpha
        As for `lisa`.

    Returns
    -------
    DataFrame
        On the codes of the weights: `value`; `g`, the share of the whole that is around
        the unit; `z`, how far that is from what is expected, in standard deviations;
        `p_value`; `cluster`, one of `SPOTS`, and `cluster_state`, as in `lisa`.

    Raises
    ------
    CodeError, VintageError, MeasureError
        As for `moran`.
    DataError
        Also if a value is negative, or weights differ with `star`.

    Warns
    -----
    BasinmapWarning
        As `lisa`.

    Notes
    -----
    Ord and Getis (1995, doi:10.1111/j.1538-4632.1995.tb00912.x). P is that of draws, in
    which the unit stays where it is.

    Examples
    --------
    >>> import basinmap as bm
    >>> lens = bm.communes(epci="call")
    >>> vacancy = bm.compute("L04", bm.statistics(epci="call"))
    >>> found = bm.hot_spots(vacancy, bm.contiguity_weights(lens))
    >>> found["z"].round(2).loc[["62498", "62510"]].tolist()
    [1.78, 0.47]
    """
    check_given(hot_spots, locals())
    check_flag(star, "star")
    check_rate(values, _COUNTED)
    sample = sample_of(values, weights)
    _check_positive(sample)
    test = _Test(sample, permutations, seed, alternative, correction, alpha)
    near = sample.weights.matrix
    if star and (near.data != 1).any():
        msg = (
            "star=True: the unit counts 1, as one of its neighbours, and here these do "
            "not: write star=False"
        )
        raise DataError(msg)
    p = _p_values(test.draw(sample.x, near), alternative)
    share, z = _local_g(sample.x, near, star=star)
    stands = test.stands(p)
    kinds = np.where(stands, np.where(z > 0, 0, 1), len(SPOTS) - 1)
    found = {"value": sample.x, "g": share, "z": z, "p_value": p}
    told = {"label": "Points chauds et froids", "palette": "spots", "kinds": SPOTS}
    return _map_of(values, weights, test, found, kinds, told)


# -- over the whole territory -------------------------------------------------------


def _dealt(
    name: str,
    sample: Sample,
    statistic: Callable[[Floats], Floats],
    expected: float,
    options: tuple[int, int, str],
    *,
    alike: bool = True,
) -> Autocorrelation:
    """Compare a statistic with what it is where values are dealt out at random."""
    permutations, seed, alternative = options
    check_choice(alternative, "alternative", _ALTERNATIVES)
    check_seed(seed, permutations)
    rng = np.random.default_rng(seed)
    x = sample.x
    observed = statistic(x[:, None])
    drawn = []
    left = permutations
    while left:
        many = min(left, max(1, _CELLS // len(x)))
        drawn.append(statistic(rng.permuted(np.tile(x, (many, 1)), axis=1).T))
        left -= many
    counted = _global_tails(observed, np.concatenate(drawn)[:, None])
    return Autocorrelation(
        name=name,
        statistic=float(observed[0]),
        expected=expected,
        p_value=float(_p_values(counted, alternative)[0]),
        alternative=alternative,
        permutations=permutations,
        units=len(x),
        left_out=MappingProxyType(dict(sample.left_out)),
        alike=alike,
        notes=sample.notes,
    )


def _global_tails(observed: Floats, drawn: Floats) -> Tails:
    slack = 1e-12 * np.maximum(1e-300, np.abs(observed))
    above = (drawn >= observed - slack).sum(axis=0)
    below = (drawn <= observed + slack).sum(axis=0)
    return Tails(above, below, np.full(len(observed), len(drawn)))


def _p_values(counted: Tails, alternative: str) -> Floats:
    """Return the share of draws as far out, the observation being one of them."""
    above = (counted.above + 1) / (counted.drawn + 1)
    below = (counted.below + 1) / (counted.drawn + 1)
    if alternative == "greater":
        return above
    if alternative == "lesser":
        return below
    return np.minimum(1.0, 2 * np.minimum(above, below))


def _turned(counted: Tails, z: Floats) -> Tails:
    low = z < 0
    above = np.where(low, counted.below, counted.above)
    return Tails(above, np.where(low, counted.above, counted.below), counted.drawn)


def _joins(
    matrix: sparse.csr_array, kinds: int, pairs: list[tuple[int, int]]
) -> Callable[[NDArray[np.intp]], Floats]:
    """Return what counts the pairs of neighbours by their kinds, each pair once."""
    rows, columns = matrix.nonzero()
    data = matrix.data / 2

    def counted(codes: NDArray[np.intp]) -> Floats:
        cells = codes[rows] * kinds + codes[columns]
        table = np.bincount(cells, data, minlength=kinds * kinds)
        table = table.reshape(kinds, kinds)
        return np.array(
            [table[a, b] + (table[b, a] if a != b else 0.0) for a, b in pairs]
        )

    return counted


def _check_positive(sample: Sample) -> None:
    below = sample.series.index[sample.x < 0]
    if len(below):
        msg = (
            f"{len(below)} negative value(s) at {culprits(below)}: a share of the "
            "whole is of amounts from 0; take bm.moran, bm.lisa of a balance, a growth"
        )
        raise DataError(msg)


# -- unit by unit -------------------------------------------------------------------


class _Test:
    """A test of each unit: how many draws, and which results stand."""

    def __init__(
        self,
        sample: Sample,
        permutations: int | None,
        seed: int,
        alternative: str,
        correction: str,
        alpha: float,
    ) -> None:
        check_choice(alternative, "alternative", _ALTERNATIVES)
        check_choice(correction, "correction", _CORRECTIONS)
        told = "alpha is a share in ]0, 0.5], such as 0.05"
        check_size(alpha, told)
        if alpha > 0.5:
            msg = f"{told}; got {alpha!r}"
            raise DataError(msg)
        self.sample, self.seed, self.alpha = sample, seed, alpha
        self.corrected, self.sides = correction == "fdr", 1 + (alternative == _SIDED)
        self.needed = int(np.ceil(self.sides * len(sample.x) / alpha)) - 1
        many = permutations
        if many is None:
            most = affordable(sample.weights.matrix)
            many = min(most, max(LEAST, self.needed if self.corrected else 0))
        check_seed(seed, many)
        self.permutations = int(many)
        self.notes: tuple[str, ...] = ()

    def draw(self, values: Floats, matrix: sparse.csr_array) -> Tails:
        """Draw neighbours of each unit."""
        return tails(values, matrix, draws=self.permutations, seed=self.seed)

    def stands(self, p: Floats) -> NDArray[np.bool_]:
        """Tell which results stand, and say in French how it was told."""
        size = len(p)
        found = discoveries(p, self.alpha) if self.corrected else p <= self.alpha
        draws = f"{number(self.permutations)} tirages"
        level = percent(100 * self.alpha, 0)
        if self.corrected:
            told = (
                f"Non significatif : après correction pour {number(size)} tests "
                f"({level} de fausses alertes attendues au plus)"
            )
            self._warn_of_floor(p, found)
        else:
            told = (
                f"Sans correction : sur {number(size)} unités, environ "
                f"{number(self.alpha * size)} seraient signalées par le seul hasard"
            )
        self.notes = (typeset(f"{told}, {draws}."),)
        return found

    def _warn_of_floor(self, p: Floats, found: NDArray[np.bool_]) -> None:
        """Warn of units that only more draws could tell apart."""
        floor = self.sides / (self.permutations + 1)
        hidden = int(((p <= floor * (1 + 1e-9)) & ~found).sum())
        if hidden and self.permutations < self.needed:
            warnings.warn(
                f"{self.permutations} draws: {hidden} unit(s) are beyond all of them "
                f"and the correction for {len(p)} tests cannot see it; write "
                f"permutations={self.needed}, or leave it out",
                BasinmapWarning,
                stacklevel=5,
            )


def _local_g(x: Floats, near: sparse.csr_array, *, star: bool) -> tuple[Floats, Floats]:
    """Return the share of the whole around each unit, and its distance to chance."""
    own = 1.0 if star else 0.0
    size = len(x) - 1 + star
    sums = np.asarray(near.sum(axis=1)) + own
    squares = np.asarray(near.multiply(near).sum(axis=1)) + own
    total = x.sum() - (1 - own) * x
    mean = total / size
    spread = ((x * x).sum() - (1 - own) * x * x) / size - mean**2
    around = near @ x + own * x
    scale = np.sqrt(spread * (size * squares - sums**2) / (size - 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return around / total, (around - sums * mean) / scale


def _map_of(
    values: pd.Series,
    weights: Weights,
    test: _Test,
    columns: Mapping[str, Floats],
    kinds: NDArray[np.intp],
    told: Mapping[str, Any],
) -> pd.DataFrame:
    """Lay the results on all units, with why some have none."""
    sample = test.sample
    cluster = pd.Categorical.from_codes(kinds, categories=told["kinds"])
    table = pd.DataFrame(dict(columns), index=sample.series.index)
    table["cluster"] = cluster
    table = table.reindex(weights.codes)
    states = {code: _STATE_OF.get(why, why) for code, why in sample.left_out.items()}
    table[state_column("cluster")] = [states.get(code, "") for code in table.index]
    of = told_of(values)
    name, year = name_of(values), of.title or name_of(values)
    shown = Told(
        kind="category",
        label=typeset(f"{told['label']} : {name}") if name else told["label"],
        title=typeset(f"{told['label']} – {year}") if year else told["label"],
        palette=told["palette"],
        vintage=of.vintage,
        sources=of.sources,
        notes=(*sample.notes, *test.notes),
    )
    value = Told(kind=of.kind, label=of.label, unit=of.unit, vintage=of.vintage)
    one = Told(**(facts_of(values) | {"vintage": ""}), notes=shown.notes)
    named = {"cluster": shown, "value": value}
    named |= {n: Told(label=text) for n, text in _LABELS.items() if n in table.columns}
    return tell(table, one, columns=named)
