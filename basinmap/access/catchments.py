"""Catchments: what can be reached, how well, and shared among how many."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basinmap.arguments import check_fields, check_given
from basinmap.errors import BasinmapWarning, DataError, culprits
from basinmap.measures import as_floats, check_columns
from basinmap.territory.units import check_unique
from basinmap.typography import shortest, typeset
from basinmap.values.told import tell, told_of

__all__ = ["Decay", "catchment"]

Floats = NDArray[np.float64]
Method = Literal["cumulative", "nearest", "gravity", "2sfca", "e2sfca", "3sfca"]

_WEEK: Final = 7 * 24 * 60.0
"""Minutes beyond which a time is a code for « unreachable », not a time."""


class _Needs(NamedTuple):
    """What a method must be given, what it may be, and its French name."""

    must: tuple[str, ...]
    may: tuple[str, ...]
    told: str


_METHODS: Mapping[str, _Needs] = MappingProxyType(
    {
        "cumulative": _Needs(("threshold",), (), "offre cumulée"),
        "nearest": _Needs((), ("threshold", "rank"), "temps vers le {} plus proche"),
        "gravity": _Needs(
            ("decay",), ("threshold",), "accessibilité gravitaire (Hansen, 1959)"
        ),
        "2sfca": _Needs(
            ("demand", "threshold"), (), "accessibilité 2SFCA (Luo et Wang, 2003)"
        ),
        "e2sfca": _Needs(
            ("demand", "decay"),
            ("threshold",),
            "accessibilité E2SFCA (Luo et Qi, 2009)",
        ),
        "3sfca": _Needs(
            ("demand", "decay"),
            ("threshold",),
            "accessibilité 3SFCA (Wan, Zou et Sternberg, 2012)",
        ),
    }
)


# --- decays ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Decay:
    """
    How much a place counts, by the minutes that it takes to reach it.

    The usual ones are made by the methods below; any other by its label and its
    function.

    Attributes
    ----------
    label
        In French, as printed.
    weight
        From minutes to weights, finite and not negative.

    Examples
    --------
    >>> import numpy as np
    >>> from basinmap.access.catchments import Decay
    >>> zones = Decay.stepped({10: 1, 20: 0.68, 30: 0.22})
    >>> zones.weight(np.array([10.0, 10.5, 30.0, 31.0])).tolist()
    [1.0, 0.68, 0.22, 0.0]
    """

    label: str
    weight: Callable[[Floats], Floats]

    def __post_init__(self) -> None:
        """Refuse what could not be printed, or called."""
        check_fields(self)

    @classmethod
    def exponential(cls, rate: float) -> Decay:
        """
        Return `exp(-rate × minutes)`.

        Parameters
        ----------
        rate
            Per minute: 0.0231 halves the weight every 30 minutes.
        """
        _check_positive(rate=rate)
        label = f"décroissance exponentielle ({shortest(rate)} par min)"
        return cls(label, lambda minutes: np.exp(-rate * minutes))

    @classmethod
    def power(cls, exponent: float, *, floor: float = 1.0) -> Decay:
        """
        Return `minutes ** -exponent`.

        Parameters
        ----------
        exponent
            Positive.
        floor
            Minutes under which all places count the same; the weight of what is at
            no distance would be infinite.
        """
        _check_positive(exponent=exponent, floor=floor)
        label = (
            f"décroissance en puissance ({shortest(exponent)}, "
            f"constante sous {shortest(floor)} min)"
        )
        return cls(label, lambda minutes: np.maximum(minutes, floor) ** -exponent)

    @classmethod
    def gaussian(cls, width: float) -> Decay:
        """
        Return `exp(-minutes² / (2 width²))`.

        Parameters
        ----------
        width
            Minutes at which the weight is 0.61.
        """
        _check_positive(width=width)
        label = f"décroissance gaussienne ({shortest(width)} min)"
        return cls(label, lambda minutes: np.exp(-(minutes**2) / (2 * width**2)))

    @classmethod
    def logistic(cls, middle: float, *, deviation: float) -> Decay:
        """
        Return the logistic decay of Bauer and Groneberg, which is 1 at 0 minute.

        Parameters
        ----------
        middle
            Minutes where it falls fastest.
        deviation
            Standard deviation of the logistic law, in minutes: the smaller, the
            steeper.

        Notes
        -----
        Bauer and Groneberg, 2016, doi:10.1371/journal.pone.0159148.
        """
        _check_positive(middle=middle, deviation=deviation)
        slope = np.pi / (deviation * np.sqrt(3))
        whole = 1 + np.exp(-middle * slope)

        def weight(minutes: Floats) -> Floats:
            # Written with a falling exponential: no overflow far away.
            fall = np.exp(-np.abs(minutes - middle) * slope)
            return whole * np.where(minutes > middle, fall, 1.0) / (1 + fall)

        label = (
            f"décroissance logistique ({shortest(middle)} min, "
            f"écart type {shortest(deviation)} min)"
        )
        return cls(label, weight)

    @classmethod
    def linear(cls, end: float) -> Decay:
        """
        Return `1 - minutes / end`, and 0 beyond.

        Parameters
        ----------
        end
            Minutes from which the weight is 0.
        """
        _check_positive(end=end)
        label = f"décroissance linéaire jusqu'à {shortest(end)} min"
        return cls(label, lambda minutes: np.maximum(1 - minutes / end, 0.0))

    @classmethod
    def stepped(cls, weights: Mapping[float, float]) -> Decay:
        """
        Return a weight by zone, and 0 beyond the last.

        Parameters
        ----------
        weights
            Outer bound of each zone (minutes, included) to its weight, such as
            `{10: 1, 20: 0.68, 30: 0.22}` of Luo and Qi.
        """
        bounds = np.array(sorted(weights), dtype=float)
        steps = np.array([weights[bound] for bound in sorted(weights)], dtype=float)
        fine = np.isfinite(steps).all() and (steps >= 0).all()
        if not (len(bounds) and np.isfinite(bounds).all() and bounds[0] > 0 and fine):
            msg = (
                f"zones are positive minutes with weights of 0 or more, got {weights}; "
                "write Decay.stepped({10: 1, 20: 0.68, 30: 0.22})"
            )
            raise DataError(msg)
        told = " ; ".join(
            f"{shortest(w)} jusqu'à {shortest(b)} min"
            for b, w in zip(bounds, steps, strict=True)
        )
        steps = np.append(steps, 0.0)
        return cls(
            f"par zones ({told})",
            lambda minutes: steps[np.searchsorted(bounds, minutes, side="left")],
        )


def _check_positive(**values: float) -> None:
    for name, value in values.items():
        if not (np.isfinite(value) and value > 0):
            msg = f"{name} must be a positive number, got {value!r}"
            raise DataError(msg)


# --- scores ------------------------------------------------------------------------


def catchment(
    times: pd.DataFrame,
    *,
    supply: pd.Series | None = None,
    demand: pd.Series | None = None,
    method: Method,
    threshold: float | None = None,
    decay: Decay | None = None,
    rank: int = 1,
) -> pd.DataFrame:
    """
    Return how well each origin reaches what destinations offer.

    Parameters
    ----------
    times
        As `travel_times` gives them: index (`origin`, `destination`), column
        `minutes`, missing where unreachable. People are at the origins: times *to* a
        museum, asked from it, are turned round with
        `times.swaplevel().rename_axis(["origin", "destination"])`.
    supply
        What each destination offers (posts, seats, square metres), on its codes; by
        default each counts for one. A destination that offers 0 is none.
    demand
        People at each origin, on its codes. If given, it says for which origins a
        score is wanted.
    method
        `"cumulative"`: what is offered within the threshold. `"nearest"`: minutes to
        the nearest destination, or the next ones (`rank`). `"gravity"`: what is
        offered, weighed by the decay. `"2sfca"`: offer per head, two-step floating
        catchments: each destination is shared among those within the threshold.
        `"e2sfca"`: the same, weighed by the decay at both steps. `"3sfca"`: the
        same, people being shared first among the destinations that they can choose.
    threshold
        Minutes, included. Required for `"cumulative"` and `"2sfca"`.
    decay
        Required for `"gravity"`, `"e2sfca"` and `"3sfca"`.
    rank
        For `"nearest"`: 1 for the nearest, 2 for the one after, and so on.

    Returns
    -------
    DataFrame
        On the origins: `score`, 0 where nothing is reached, and `reached`, which
        tells those from what is reached and worth 0. For `"nearest"`: `minutes`,
        missing where `reached` is False, and `destination`; of two at the same
        distance, the first. `attrs`: `rule` and `unit` to print, `not_reached`
        (origins), `without_demand` (destinations whose catchment holds nobody, so
        that what they offer is in no score), `notes`, `sources`.

    Raises
    ------
    DataError
        If times are negative, infinite, above a week or repeated, supply or demand
        is missing or negative somewhere, codes do not match, or what the method
        needs is not given, or what it ignores is.
    ColumnError
        If there is no column `minutes`.

    Warns
    -----
    BasinmapWarning
        If `demand` or `supply` has codes without any row in `times`: out of reach,
        or forgotten.

    Notes
    -----
    With `W` the weight of a trip (1 within the threshold where there is no decay):
    gravity is `A_i = Σ_j S_j W_ij` (Hansen, 1959, doi:10.1080/01944365908978307).
    Floating catchments are `R_j = S_j / Σ_i D_i W_ij` and `A_i = Σ_j R_j W_ij`, so
    that `Σ_i A_i D_i` is the supply in reach of some demand (Luo and Wang, 2003,
    doi:10.1068/b29120; with decay Luo and Qi, 2009,
    doi:10.1016/j.healthplace.2009.06.002); the third step puts
    `W_ij² / Σ_k W_ik` in place of `W_ij` (Wan, Zou and Sternberg, 2012,
    doi:10.1080/13658816.2011.624987).

    Examples
    --------
    >>> import pandas as pd
    >>> from basinmap.access.catchments import catchment
    >>> trips = pd.MultiIndex.from_product(
    ...     [["Lens", "Liévin", "Arras"], ["A", "B"]], names=["origin", "destination"]
    ... )
    >>> times = pd.DataFrame({"minutes": [5, 20, 10, None, None, 40.0]}, index=trips)
    >>> people = pd.Series({"Lens": 300, "Liévin": 100, "Arras": 400})
    >>> seats = pd.Series({"A": 80, "B": 30})
    >>> catchment(times, supply=seats, demand=people, method="2sfca", threshold=30)
            score  reached
    Lens      0.3     True
    Liévin    0.2     True
    Arras     0.0    False
    """
    check_given(catchment, locals())
    given = {"demand": demand, "threshold": threshold, "decay": decay, "rank": rank}
    _check_method(method, given)
    trips = _trips(times, supply, demand)
    trips = _within(trips, np.inf if threshold is None else threshold)
    if method == "nearest":
        result, alone = _nearest(trips, rank), np.zeros(len(trips.destinations), bool)
    else:
        weight = _weights(trips.minutes, decay)
        score, alone = _scores(trips, weight, method)
        reached = np.bincount(trips.i[weight > 0], minlength=len(trips.origins)) > 0
        result = pd.DataFrame({"score": score, "reached": reached}, trips.origins)
    without = tuple(trips.destinations[alone])
    notes = (_alone_note(without, trips.supply[alone]),) if without else ()
    travel = told_of(times)
    tell(
        result,
        rule=_sentence(method, threshold, decay, rank, travel.rule),
        unit=_unit(method, supply),
        not_reached=tuple(result.index[~result["reached"]]),
        without_demand=without,
        notes=notes,
        sources=travel.sources,
    )
    return result


def _check_method(method: str, given: Mapping[str, object]) -> None:
    if method not in _METHODS:
        msg = f"unknown method {method!r}; choose among {', '.join(_METHODS)}"
        raise DataError(msg)
    needs = _METHODS[method]
    for name in needs.must:
        if given[name] is None:
            msg = f"method={method!r} wants {name}=; see the Notes of catchment"
            raise DataError(msg)
    for name, default in (("threshold", None), ("decay", None), ("rank", 1)):
        told = given[name] is not default and given[name] != default
        if told and name not in needs.must + needs.may:
            users = [m for m, n in _METHODS.items() if name in n.must + n.may]
            msg = f"method={method!r} ignores {name}=; it goes with {', '.join(users)}"
            raise DataError(msg)
    if given["threshold"] is not None:
        _check_positive(threshold=given["threshold"])  # type: ignore[arg-type]
    rank = given["rank"]
    if not isinstance(rank, int | np.integer) or rank < 1:
        msg = f"rank is 1 for the nearest, 2 for the next, …; got {rank!r}"
        raise DataError(msg)


def _scores(
    trips: _Trips, weight: Floats, method: str
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the score of each origin, and which destinations nobody reaches."""
    i, j, supply = trips.i, trips.j, trips.supply
    if method in ("cumulative", "gravity"):
        score = _sums(i, supply[j] * weight, len(trips.origins))
        return score, np.zeros(len(supply), dtype=np.bool_)
    if method == "3sfca":
        choice = _sums(i, weight, len(trips.origins))[i]
        weight = np.divide(weight**2, choice, out=np.zeros(len(i)), where=choice > 0)
    people = _sums(j, trips.demand[i] * weight, len(supply))
    served = people > 0
    ratio = np.divide(supply, people, out=np.zeros(len(supply)), where=served)
    score = _sums(i, ratio[j] * weight, len(trips.origins))
    return score, ~served & (supply > 0)


def _sums(at: NDArray[np.intp], values: Floats, size: int) -> Floats:
    return np.bincount(at, values, size).astype(np.float64)


def _weights(minutes: Floats, decay: Decay | None) -> Floats:
    if decay is None:
        return np.ones(len(minutes))
    weight = np.asarray(decay.weight(minutes), dtype=float)
    wrong = ~(np.isfinite(weight) & (weight >= 0))
    if wrong.any():
        msg = (
            f"decay: {wrong.sum()} weight(s) are negative or infinite, as at "
            f"{culprits(minutes[wrong].tolist())} min; weights are 0 or more"
        )
        raise DataError(msg)
    return weight


def _nearest(trips: _Trips, rank: int) -> pd.DataFrame:
    order = np.lexsort((trips.j, trips.minutes, trips.i))
    i = trips.i[order]
    first = np.searchsorted(i, np.arange(len(trips.origins)))
    at = first + rank - 1
    reached = at < np.searchsorted(i, np.arange(len(trips.origins)), side="right")
    pick = order[at[reached]]
    minutes = np.full(len(reached), np.nan)
    minutes[reached] = trips.minutes[pick]
    where = np.full(len(reached), -1)
    where[reached] = trips.j[pick]
    destination = trips.destinations.array.take(where, allow_fill=True)
    return pd.DataFrame(
        {"minutes": minutes, "destination": destination, "reached": reached},
        index=trips.origins,
    )


# --- trips -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Trips:
    """Trips that can be made, by position of their ends."""

    origins: pd.Index
    destinations: pd.Index
    demand: Floats
    supply: Floats
    i: NDArray[np.intp]
    j: NDArray[np.intp]
    minutes: Floats


def _trips(
    times: pd.DataFrame, supply: pd.Series | None, demand: pd.Series | None
) -> _Trips:
    minutes = _minutes(times)
    ends = []
    for name, given, what in (
        ("origin", demand, "demand"),
        ("destination", supply, "supply"),
    ):
        codes = times.index.get_level_values(name)
        values = pd.Series(1.0, index=codes.unique()) if given is None else given
        _check_values(values, what)
        ends.append((values, _positions(codes, values.index, name, what)))
    (people, i), (offer, j) = ends
    return _Trips(
        people.index,
        offer.index,
        people.to_numpy("float64"),
        offer.to_numpy("float64"),
        i,
        j,
        minutes,
    )


def _within(trips: _Trips, threshold: float) -> _Trips:
    """Keep the trips that can be made in time, to where there is something."""
    # A missing time is within no threshold; a place that offers 0 attracts nobody.
    kept = (trips.minutes <= threshold) & (trips.supply[trips.j] > 0)
    return _Trips(
        trips.origins,
        trips.destinations,
        trips.demand,
        trips.supply,
        trips.i[kept],
        trips.j[kept],
        trips.minutes[kept],
    )


def _minutes(times: pd.DataFrame) -> Floats:
    if list(times.index.names) != ["origin", "destination"]:
        msg = (
            "times: need the index (origin, destination) that travel_times gives "
            f"without nearest=, got {list(times.index.names)}"
        )
        raise DataError(msg)
    check_columns(times, "minutes")
    if times.empty:
        msg = "times: empty selection, no trip to score"
        raise DataError(msg)
    check_unique(times.index, "times")
    minutes = as_floats(times["minutes"], "minutes").to_numpy()
    wrong = (minutes < 0) | (minutes > _WEEK)
    if wrong.any():
        msg = (
            f"times: {wrong.sum()} are negative or above a week: "
            f"{culprits(minutes[wrong].tolist())} for "
            f"{culprits(times.index[wrong], most=2)}; what is unreachable is missing, "
            "not a number: write NaN"
        )
        raise DataError(msg)
    return minutes


def _check_values(values: pd.Series, what: str) -> None:
    if not isinstance(values, pd.Series):
        msg = f"{what}: need a Series on codes, got {type(values).__name__}"
        raise DataError(msg)
    check_unique(values.index, what)
    if not pd.api.types.is_numeric_dtype(values):
        msg = f"{what}: holds text, not numbers; convert it with pd.to_numeric"
        raise DataError(msg)
    numbers = values.to_numpy("float64", na_value=np.nan)
    wrong = values.index[~(np.isfinite(numbers) & (numbers >= 0))]
    if len(wrong):
        msg = (
            f"{what}: {len(wrong)} value(s) are missing, negative or infinite: "
            f"{culprits(wrong)}; fill them, or leave them out of times too"
        )
        raise DataError(msg)


def _positions(
    codes: pd.Index, known: pd.Index, name: str, what: str
) -> NDArray[np.intp]:
    """Find each code of an end of the trips; refuse those without a value."""
    at = known.get_indexer(codes)
    lost = codes[at < 0].unique()
    if len(lost):
        msg = (
            f"{what}: {len(lost)} {name}(s) of times have no value: {culprits(lost)} "
            f"(its codes: {culprits(known, most=2)}); give them 0, or, if people are "
            'at the destinations, pass times.swaplevel().rename_axis(["origin", '
            '"destination"])'
        )
        raise DataError(msg)
    absent = np.setdiff1d(np.arange(len(known)), at)
    if len(absent):
        msg = (
            f"{what}: {len(absent)} code(s) have no row in times: "
            f"{culprits(known[absent])}; they count as out of reach"
        )
        warnings.warn(msg, BasinmapWarning, stacklevel=4)
    return at


# --- what is printed ---------------------------------------------------------------


def _sentence(
    method: str,
    threshold: float | None,
    decay: Decay | None,
    rank: int,
    travel: str,
) -> str:
    told = _METHODS[method].told.format("lieu le" if rank == 1 else f"{rank}e lieu le")
    parts = [told] if decay is None else [told, decay.label]
    if threshold is not None:
        parts.append(f"à {shortest(threshold)} min au plus")
    return typeset(", ".join(parts) + (f" ; {travel}" if travel else ""))


def _unit(method: str, supply: pd.Series | None) -> str:
    if method == "nearest":
        return "min"
    offer = "lieux" if supply is None else "unités d'offre"
    return f"{offer} par unité de demande" if "sfca" in method else offer


def _alone_note(codes: tuple[object, ...], supply: Floats) -> str:
    first = ", ".join(str(code) for code in codes[:5])
    more = "…" if len(codes) > 5 else ""
    return (
        "Offre hors de portée de toute demande, comptée nulle part : "
        f"{shortest(float(supply.sum()))} ({len(codes)} : {first}{more})."
    )
