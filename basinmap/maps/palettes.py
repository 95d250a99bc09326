"""
Palettes: light to dark, legible in grey; diverging ones meet at a neutral.

Anchors adapted from ColorBrewer (C. Brewer, M. Harrower; Apache 2.0) and
CARTOColors (CARTO; CC BY 3.0). Classes are sampled between the anchors.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_hex

from basinmap.errors import DataError

__all__ = ["DIVERGING", "SEQUENTIAL", "diverging_colors", "sequential_colors"]

SEQUENTIAL: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "reds": ("#fcecd3", "#f7c6a0", "#ee9079", "#d9626a", "#ae3f63", "#6f1d4b"),
        "blues": ("#e9f2f9", "#bdd7eb", "#84b3d8", "#4a88bd", "#225e98", "#0a3364"),
        "greens": ("#ecf5dc", "#bfe0b4", "#84c295", "#4b9c81", "#27746d", "#134a53"),
        "teals": ("#e3f4f1", "#b0dcd9", "#7cbcc4", "#4e94aa", "#346c8d", "#22466a"),
        "greys": ("#f0f0f0", "#d0d0d0", "#aaaaaa", "#808080", "#545454", "#262626"),
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
        }
    )
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
    ['#d0d0d0', '#545454']
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
    if palette not in DIVERGING:
        msg = f"{palette!r} does not diverge; choose among {', '.join(DIVERGING)}"
        raise DataError(msg)
    most = max(below, above, 1)
    steps = np.array([0.25]) if most == 1 else np.linspace(0.12, 0.95, most)
    low, high = DIVERGING[palette]
    return _sampled(low, steps[:below])[::-1] + _sampled(high, steps[:above])


def _sampled(anchors: tuple[str, ...], at: np.ndarray) -> list[str]:
    ramp = LinearSegmentedColormap.from_list("", list(anchors), N=1024)
    return [to_hex(ramp(float(step))) for step in at]
