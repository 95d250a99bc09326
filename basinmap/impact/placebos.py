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

from basinmap.impact.contrasts import Contrast, Moments, Rings, contrast, moments

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
        Whether the ranks are inverted into an interval, and what could have been told
        is looked for.
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
    ends = np.full((3, len(p)), np.nan)
    if bounds:
        tests = _tests(there, estimate, error)
        ends = np.array(
            [[t.bound(-1.0), t.bound(1.0), t.detectable()] for t in tests]
        ).T
    return Ranked(
        estimate=estimate,
        error=error,
        rank=np.rint(p * (len(places) + 1)).astype(int),
        p=p,
        raw=raw,
        studentised=studentised,
        low=ends[0],
        high=ends[1],
        detectable=ends[2],
    )


def _share(others: Floats, own: Floats) -> Floats:
    """Return (1 + how many are as strong) / (1 + how many there are)."""
    # What is no number, such as 0 over 0, is not weaker.
    beyond = (~(others < own * _SLACK)).sum(axis=0)
    return (1 + beyond) / (len(others) + 1)


def _tests(there: Moments, estimate: Floats, error: Floats) -> list[_Test]:
    """Return the ranks of each outcome, ready for any difference taken off the ring."""
    return [
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

    def detectable(self) -> float:
        """Return the least difference that both ranks tell four times in five."""
        if (len(self.places.estimate) + 1) * LEVEL < 1:
            return float("inf")
        unit = self.spread if self.spread > 0 else max(abs(self.middle), 1e-9)
        reach = 16 * unit
        while reach <= _WIDEST * unit:
            sizes = np.linspace(0, reach, 129)
            power = self._power(sizes)
            if power[-1] >= _POWER:
                first = int(np.flatnonzero(power >= _POWER)[0])
                ends = slice(max(first - 1, 0), first + 1)
                return float(np.interp(_POWER, power[ends], sizes[ends]))
            reach *= 4
        return float("inf")

    def _power(self, sizes: Floats) -> Floats:
        """Return how often differences are told, the noise being that of places."""
        there = self.places.less(self.middle - sizes)
        strong = np.maximum(
            np.quantile(np.abs(there.estimate), 1 - LEVEL, axis=0),
            np.quantile(np.abs(_relative(there)), 1 - LEVEL, axis=0) * self.spread,
        )
        still = self.places.less(np.array([self.middle]))
        shares = []
        for noise in (still.estimate[:, 0], _relative(still)[:, 0] * self.spread):
            both = np.concatenate([noise, -noise])[:, None]  # from either side
            shares.append((np.abs(sizes + both) > strong).mean(axis=0))
        return np.minimum(*shares)


def _relative(found: Contrast) -> Floats:
    """Return contrasts over their errors; 0 where there is no error."""
    there = found.error > 0
    return np.where(there, found.estimate / np.where(there, found.error, 1), 0)
