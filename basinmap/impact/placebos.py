"""
Placebo places: the same rings elsewhere, and where the place studied stands among them.

One treated place has no dispersion of its own. That of other places is the only one
that stays honest whatever the correlation between neighbours (Fisher 1935; Conley &
Taber 2011). Two ranks are taken, of the gap and of the gap over its standard error,
and the less favourable is kept: the first alone is fooled where the place varies more
than the rest, the second where small communes are noisier than large ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basinmap.impact.contrasts import Moments, Rings, contrast, moments

__all__ = ["LEVEL", "Places", "Ranked", "comparable", "disjoint", "ranked"]

Floats = NDArray[np.float64]
LEVEL: Final = 0.05
"""Share of placebo places that are allowed beyond."""
_POWER: Final = 0.8
_SLACK: Final = 1 - 1e-9
"""Ties count as beyond, to the rounding of floats."""
_WIDEST: Final = 2.0**12


@dataclass(frozen=True, slots=True)
class Places:
    """
    Where else the same rings are drawn.

    Attributes
    ----------
    codes
        Communes in the middle.
    points
        Their coordinates, in metres.
    rings
        Around each.
    """

    codes: pd.Index
    points: Floats
    rings: Rings

    def __len__(self) -> int:
        """Count them."""
        return len(self.codes)


@dataclass(frozen=True, slots=True)
class Ranked:
    """
    Estimates and where they stand among those of placebo places, one an outcome.

    Attributes
    ----------
    estimate, error
        Difference, and standard error by commune clusters.
    rank
        Of the less favourable of two orders; 1 is the strongest of all.
    p
        Rank over the number of places, that studied among them; never 0.
    raw, studentised
        The two shares.
    low, high
        Bounds of the constant differences that the ranks do not reject at 5 %;
        infinite where the places are too few to reject any.
    detectable
        The least difference that would have been told four times in five.
    """

    estimate: Floats
    error: Floats
    rank: NDArray
    p: Floats
    raw: Floats
    studentised: Floats
    low: Floats
    high: Floats
    detectable: Floats


def comparable(
    far: Floats,
    here: Floats,
    bounds: tuple[float, float, float, float],
    least: tuple[int, int],
) -> NDArray:
    """
    Return which communes may be the middle of a placebo place.

    Its treated ring shares no commune with that of the place studied, and holds half
    as many communes at least.

    Parameters
    ----------
    far
        Metres from each commune to each other.
    here
        Metres from the place studied to each commune.
    bounds
        Of the rings.
    least
        How many communes the treated ring and the controls hold at least.
    """
    treated, _, inner, outer = bounds
    many = (far < treated).sum(axis=1)
    controls = (far < outer).sum(axis=1) - (far < inner).sum(axis=1)
    own = int((here < treated).sum())
    return (
        (here >= 2 * treated)
        & (many >= max(least[0], own / 2))
        & (controls >= least[1])
    )


def disjoint(points: Floats, place: Floats, *, clear: float) -> list[int]:
    """
    Return which points stand clear of one another and of the place studied.

    Parameters
    ----------
    points
        In metres; the nearest to the place go first.
    place
        Coordinates of the place studied.
    clear
        Metres from which two places share no ring.
    """
    order = np.argsort(np.hypot(*(points - place).T), kind="stable")
    spots = np.vstack([np.reshape(place, (1, 2)), points[order]])
    free = np.ones(len(spots), dtype=bool)
    chosen = []
    for row in range(len(spots)):
        if free[row]:
            chosen.append(row)
            free &= np.hypot(*(spots - spots[row]).T) >= clear
    return [int(order[row - 1]) for row in chosen if row]


def ranked(
    own: Rings, places: Places, values: Floats, weights: Floats, *, bounds: bool = True
) -> Ranked:
    """
    Rank the place studied among placebo places, outcome by outcome.

    Parameters
    ----------
    own
        Rings of the place studied.
    places
        Placebo places.
    values
        Differences over time, of shape (communes, outcomes).
    weights
        Of each commune.
    bounds
        Whether the ranks are inverted into an interval.
    """
    here = contrast(own, values, weights)
    there = moments(places.rings, values, own.treated[0], weights)
    estimate, error = here.estimate[0], here.error[0]
    without = there.less(np.zeros_like(estimate))
    raw = _share(np.abs(there.estimate), np.abs(estimate))
    with np.errstate(invalid="ignore", divide="ignore"):
        studentised = _share(
            np.abs(there.estimate) / without.error, np.abs(estimate) / error
        )
    p = np.maximum(raw, studentised)
    still = there.less(estimate)
    low, high = (
        _inverted(there, estimate, error)
        if bounds
        else (np.full_like(p, np.nan), np.full_like(p, np.nan))
    )
    return Ranked(
        estimate=estimate,
        error=error,
        rank=np.rint(p * (len(places) + 1)).astype(int),
        p=p,
        raw=raw,
        studentised=studentised,
        low=low,
        high=high,
        detectable=_detectable(still.estimate, still.error, error),
    )


def _share(others: Floats, own: Floats) -> Floats:
    """Return (1 + how many are as strong) / (1 + how many there are)."""
    # What is no number, such as 0 over 0, is not weaker.
    beyond = (~(others < own * _SLACK)).sum(axis=0)
    return (1 + beyond) / (len(others) + 1)


def _inverted(there: Moments, estimate: Floats, error: Floats) -> tuple[Floats, Floats]:
    """Return which constant differences, taken off the ring, stand the ranks."""
    tests = [
        _Test(
            Moments(
                there.estimate[:, [k]],
                there.noise[:, [k]],
                there.of_ring,
                there.alone,
                there.both[:, [k]],
            ),
            middle,
            spread,
        )
        for k, (middle, spread) in enumerate(zip(estimate, error, strict=True))
    ]
    low, high = ([test.bound(side) for test in tests] for side in (-1.0, 1.0))
    return np.array(low), np.array(high)


@dataclass(frozen=True, slots=True)
class _Test:
    """Ranks of one outcome once a constant difference is taken off the ring."""

    places: Moments
    middle: float
    spread: float

    def stands(self, differences: Floats) -> NDArray:
        """
        Tell which differences the less favourable rank does not reject.

        Parameters
        ----------
        differences
            Constant, in the unit of the outcome.
        """
        left = self.places.less(differences)
        gap, own = np.abs(left.estimate), np.abs(self.middle - differences)
        with np.errstate(invalid="ignore", divide="ignore"):
            relative, strength = gap / left.error, own / self.spread
        return np.maximum(_share(gap, own), _share(relative, strength)) > LEVEL

    def bound(self, side: float) -> float:
        """
        Return the farthest difference that stands, on one side.

        Parameters
        ----------
        side
            −1 or 1.
        """
        unit = self.spread if self.spread > 0 else max(abs(self.middle), 1e-9)
        steps = np.linspace(0, 1, 65)
        reach = 4 * unit
        while True:
            at = self.middle + side * reach * steps
            stands = self.stands(at)
            if not stands[-1]:
                break
            reach *= 4
            if reach > _WIDEST * unit:
                return side * float("inf")
        last = int(np.flatnonzero(stands).max(initial=0))
        fine = np.linspace(at[last], at[last + 1], 33)
        kept = np.flatnonzero(self.stands(fine))
        return float(fine[kept.max(initial=0)])


def _detectable(gaps: Floats, errors: Floats, own: Floats) -> Floats:
    """Return the least difference that both ranks tell four times in five."""
    flat = (errors <= 0).any(axis=0)
    relative = gaps / np.where(errors > 0, errors, np.nan)
    found = np.maximum(_told(gaps), _told(np.nan_to_num(relative)) * own)
    found = np.where(flat, _told(gaps), found)
    few = (len(gaps) + 1) * LEVEL < 1
    return np.full_like(found, np.inf) if few else found


def _told(noise: Floats) -> Floats:
    """Return what added to noise passes its 95 % quantile four times in five."""
    strong = np.quantile(np.abs(noise), 1 - LEVEL, axis=0)
    # From either side: what lies against the difference counts.
    against = np.quantile(np.concatenate([noise, -noise]), 1 - _POWER, axis=0)
    return strong - against
