"""
Palettes: legible in grey and with a deficient colour vision, see `maps.look.vision`.

Anchors adapted from ColorBrewer (C. Brewer, M. Harrower; Apache 2.0), CARTOColors
(CARTO; CC BY 3.0) and viridis (S. van der Walt, N. Smith; CC0). Classes are sampled
between the anchors. Where a source failed the checks, its colours were moved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Final

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_hex

from basinmap.errors import DataError

__all__ = [
    "BIVARIATE",
    "DIVERGING",
    "QUALITATIVE",
    "SEQUENTIAL",
    "bivariate_colors",
    "diverging_colors",
    "levels_from",
    "pivot_colors",
    "qualitative_colors",
    "sequential_colors",
]

SEQUENTIAL: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "reds": ("#fcecd3", "#f7c6a0", "#ee9079", "#d9626a", "#ae3f63", "#6f1d4b"),
        "blues": ("#e9f2f9", "#bdd7eb", "#84b3d8", "#4a88bd", "#225e98", "#0a3364"),
        "greens": ("#ecf5dc", "#bfe0b4", "#84c295", "#4b9c81", "#27746d", "#134a53"),
        "teals": ("#e3f4f1", "#b0dcd9", "#7cbcc4", "#4e94aa", "#346c8d", "#22466a"),
        "greys": ("#dcdcdc", "#c3c3c3", "#a0a0a0", "#7a7a7a", "#515151", "#262626"),
        "violets": ("#efedf5", "#d5d4e8", "#b3b1d6", "#928cc2", "#7160ac", "#4f2a8a"),
        "viridis": ("#fde725", "#7ad151", "#22a884", "#2a788e", "#414487", "#440154"),
        "yellow-green-blue": (
            *("#f8fbc6", "#c2e5b2", "#7fcdbb", "#41aec2", "#2c7bb6", "#253494"),
        ),
    }
)
DIVERGING: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = (
    MappingProxyType(
        {
            # From the neutral outwards: below the pivot, above it.
            "orange-violet": (
                ("#fbe9cf", "#fac37c", "#e28a26", "#b25a0a", "#723603"),
                ("#ebe9f5", "#c9c3e3", "#9f94cb", "#6f60ad", "#46307f"),
            ),
            "brown-teal": (
                ("#f6e8c3", "#dfc27d", "#bf812d", "#8c510a", "#543005"),
                ("#c7eae5", "#80cdc1", "#35978f", "#01665e", "#003c30"),
            ),
            "red-blue": (
                ("#fddbc7", "#f4a582", "#d6604d", "#b2182b", "#67001f"),
                ("#d1e5f0", "#92c5de", "#4393c3", "#2166ac", "#053061"),
            ),
        }
    )
)
QUALITATIVE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        # Found by search: soft fills, 13 apart (CIEDE2000) under the three
        # deficiencies, 6 of lightness apart in grey; the first few still more.
        "profiles": (
            *("#ebdcab", "#a1caf6", "#577248", "#948e1f", "#7d6cce", "#5faf75"),
            "#e29bb5",
        ),
        # M. Okabe, K. Ito (2002), Color Universal Design, without the black. Strong,
        # for points and lines; two of them are one grey.
        "okabe-ito": (
            *("#e69f00", "#0072b2", "#009e73", "#cc79a7", "#56b4e9", "#d55e00"),
            "#f0e442",
        ),
        # Places that resemble their neighbours or not: high, low, high among low, low
        # among high, and the pale ground of those of which nothing is known.
        "clusters": ("#b2182b", "#2166ac", "#f4a582", "#92c5de", "#f4ead0"),
        "spots": ("#b2182b", "#2166ac", "#f4ead0"),
        # The same for a print in black and white: what is not known is palest.
        "clusters-greys": ("#303030", "#838383", "#5a5a5a", "#b0b0b0", "#dcdcdc"),
        "spots-greys": ("#303030", "#838383", "#dcdcdc"),
        # For a print in black and white, light and dark by turns: no more than five.
        "greys": ("#dcdcdc", "#838383", "#b0b0b0", "#5a5a5a", "#303030"),
    }
)
# By class of the first rate, lowest first, then of the second. After J. Stevens (2015),
# Bivariate Choropleth Maps: A How-to Guide; all but "blue-red" nudged, by 6 (CIE Lab)
# at most, until the nine are 7 apart under the three deficiencies.
BIVARIATE: Final[Mapping[str, tuple[tuple[str, str, str], ...]]] = MappingProxyType(
    {
        "teal-plum": (
            ("#e7e7e6", "#e0afcc", "#c163a3"),
            ("#a5e5ee", "#a0aeda", "#855ba2"),
            ("#52bcb6", "#5598bc", "#3b4994"),
        ),
        "blue-red": (
            ("#e8e8e8", "#e4acac", "#c85a5a"),
            ("#b0d5df", "#ad9ea5", "#985356"),
            ("#64acbe", "#627f8c", "#574249"),
        ),
        "blue-green": (
            ("#e8e8e8", "#b7d9c1", "#72ae80"),
            ("#b5c0da", "#95b5b6", "#5a9178"),
            ("#7184b7", "#567994", "#2a5a5b"),
        ),
        "violet-gold": (
            ("#e8e8e8", "#e4d9ac", "#dac469"),
            ("#cbb8d7", "#c2a79a", "#af8e53"),
            ("#9972af", "#976b82", "#804d36"),
        ),
    }
)


def sequential_colors(palette: str, k: int) -> list[str]:
    """
    Return `k` colours of a sequential palette, light to dark.

    Parameters
    ----------
    palette
        Name in `SEQUENTIAL`.
    k
        Number of classes.

    Raises
    ------
    DataError
        If the palette is unknown.

    Examples
    --------
    >>> sequential_colors("greys", 2)
    ['#c3c3c3', '#515151']
    """
    if palette not in SEQUENTIAL:
        known = ", ".join([*SEQUENTIAL, *DIVERGING])
        msg = f"unknown palette {palette!r}; choose among {known}"
        raise DataError(msg)
    # Few classes keep away from both ends, which are for six.
    reach = {1: (0.4, 0.4), 2: (0.2, 0.8), 3: (0.1, 0.9)}.get(k, (0.0, 1.0))
    return _sampled(SEQUENTIAL[palette], np.linspace(*reach, k))


def diverging_colors(palette: str, below: int, above: int) -> list[str]:
    """
    Return the colours of classes below and above a pivot, lowest first.

    Equal distances from the pivot have equal strength on both sides.

    Parameters
    ----------
    palette
        Name in `DIVERGING`.
    below, above
        Number of classes on each side.

    Raises
    ------
    DataError
        If the palette is unknown or does not diverge.

    Examples
    --------
    >>> diverging_colors("orange-violet", 1, 1)
    ['#fac37c', '#c9c3e3']
    """
    return pivot_colors(palette, [*range(below)][::-1], [*range(above)])


def pivot_colors(palette: str, below: Sequence[int], above: Sequence[int]) -> list[str]:
    """
    Return the colours of classes that are so far below and above a pivot.

    Parameters
    ----------
    palette
        Name in `DIVERGING`.
    below, above
        What `levels_from` returned.

    Raises
    ------
    DataError
        If the palette is unknown or does not diverge.

    Examples
    --------
    >>> pivot_colors("orange-violet", [0], [0]) == diverging_colors(
    ...     "orange-violet", 1, 1
    ... )
    True
    """
    if palette not in DIVERGING:
        msg = f"{palette!r} does not diverge; choose among {', '.join(DIVERGING)}"
        raise DataError(msg)
    most = max([*below, *above, 0]) + 1
    steps = np.array([0.25]) if most == 1 else np.linspace(0.12, 0.95, most)
    low, high = DIVERGING[palette]
    return _sampled(low, steps[list(below)]) + _sampled(high, steps[list(above)])


def levels_from(pivot: float, breaks: Sequence[float]) -> tuple[list[int], list[int]]:
    """
    Return how far from a pivot the classes on each side are, as ranks, lowest first.

    Ranks are among the distances of both sides: equal distances have one rank.

    Parameters
    ----------
    pivot
        One of the breaks.
    breaks
        Inner bounds of the classes, increasing.

    Examples
    --------
    >>> levels_from(0, [-1, 0, 1, 3])
    ([1, 0], [0, 1, 2])
    >>> levels_from(0, [-0.5, 0, 1, 3])
    ([1, 0], [0, 2, 3])
    """
    away = [round(abs(b - pivot), 9) for b in breaks]
    ranks = {distance: rank for rank, distance in enumerate(sorted(set(away)))}
    place = sum(b <= pivot for b in breaks)
    levels = [ranks[distance] for distance in away]
    return levels[:place], levels[place - 1 :]


def qualitative_colors(palette: str, k: int) -> list[str]:
    """
    Return `k` colours for kinds without an order.

    Parameters
    ----------
    palette
        Name in `QUALITATIVE`: `"profiles"` for areas, `"okabe-ito"` for points and
        lines, `"greys"` for a print in black and white.
    k
        Number of kinds, 1 to 7; to 5 in greys.

    Raises
    ------
    DataError
        If the palette is unknown, or has not so many colours.

    Examples
    --------
    >>> qualitative_colors("profiles", 3)
    ['#ebdcab', '#a1caf6', '#577248']
    """
    if palette not in QUALITATIVE:
        msg = (
            f"{palette!r} is no palette of kinds; choose among {', '.join(QUALITATIVE)}"
        )
        raise DataError(msg)
    colors = QUALITATIVE[palette]
    if not 1 <= k <= len(colors):
        msg = (
            f"{k} kinds: from 1 to {len(colors)} colours can be told apart; "
            "group the rarest kinds under one name"
        )
        raise DataError(msg)
    return list(colors[:k])


def bivariate_colors(palette: str) -> tuple[tuple[str, str, str], ...]:
    """
    Return the nine colours of two crossed rates.

    Parameters
    ----------
    palette
        Name in `BIVARIATE`: the hue of the first rate, then that of the second.

    Returns
    -------
    tuple of tuple of str
        By class of the first rate, lowest first, then of the second.

    Raises
    ------
    DataError
        If the palette is unknown.

    Examples
    --------
    >>> bivariate_colors("blue-red")[2]
    ('#64acbe', '#627f8c', '#574249')
    """
    if palette not in BIVARIATE:
        msg = (
            f"{palette!r} does not cross two rates; choose among {', '.join(BIVARIATE)}"
        )
        raise DataError(msg)
    return BIVARIATE[palette]


def _sampled(anchors: tuple[str, ...], at: np.ndarray) -> list[str]:
    return [_mixed(anchors, float(step)) for step in at]


@cache
def _mixed(anchors: tuple[str, ...], step: float) -> str:
    """Return a colour on the way between others; few are, and they come back."""
    ramp = LinearSegmentedColormap.from_list("", list(anchors), N=1024)
    return to_hex(ramp(step))
