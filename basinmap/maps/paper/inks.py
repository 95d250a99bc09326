"""The ink of names: dark or white by what they lie on, a halo where it takes one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import shapely
from matplotlib.colors import to_hex, to_rgb

from basinmap.maps.paper.sheets import MapAxes
from basinmap.maps.paper.stack import STACK

__all__ = ["Ink", "clear_under", "contrast", "inks_of"]

_WHOLE: Final = 0.97  # of a name, on one colour
_TRACE: Final = 0.03
_LEGIBLE: Final = 4.5
_DIM: Final = 3.0
_MUCH: Final = 0.3  # of a name, on what its letters are lost on
_PALE: Final = 2.0  # contrast of white with what a dark halo would be a stain on
_WHITE: Final = "#ffffff"
_STEPS: Final = 15
_HELD: Final = 0.8
"""Share of a name in a circle from which it is inked for the circle."""
_CLEARLY: Final = 7.0
"""Contrast of letters with a halo that stands on what they would be lost on."""


@dataclass(frozen=True, slots=True)
class Ink:
    """
    How a name is inked.

    Attributes
    ----------
    color
        Of the letters.
    halo
        Of the outline around them, or nothing.
    torn
        Whether the name lies on a dark fill and on a pale ground.
    """

    color: str
    halo: str = ""
    torn: bool = False


def contrast(one: str, other: str) -> float:
    """
    Return how much two colours are told apart, from 1 to 21, as WCAG measures it.

    Parameters
    ----------
    one, other
        Colours.

    Examples
    --------
    >>> round(contrast("#ffffff", "#000000"), 1)
    21.0
    """
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@lru_cache(maxsize=1024)
def _luminance(color: str) -> float:
    parts = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in to_rgb(color)
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def inks_of(
    ax: MapAxes, boxes: np.ndarray, alone: np.ndarray, color: str | None
) -> list[Ink]:
    """
    Return the ink of each name, by the colours under it.

    Parameters
    ----------
    ax
        The map of `page`.
    boxes
        Left, bottom, right, top of each, in millimetres in the frame.
    alone
        Which of them cross no border.
    color
        Of the letters, when it was chosen; otherwise white on what is dark.
    """
    theme = ax.plan.theme
    usual = Ink(color or theme.ink, theme.halo)
    if not len(boxes) or ax.images:  # over a picture nobody knows
        return [usual] * len(boxes)
    found = []
    for shares, single in zip(_Under(ax).colors(boxes), alone, strict=True):
        found.append(
            _ink(shares, usual, color, alone=bool(single)) if shares else usual
        )
    return found


def clear_under(ax: MapAxes, boxes: np.ndarray) -> np.ndarray:
    """
    Tell on which boxes the ink of the sheet is read without a halo.

    Parameters
    ----------
    ax
        The map of `page`.
    boxes
        Left, bottom, right, top of each, in millimetres in the frame.
    """
    ink = ax.plan.theme.ink
    return np.array(
        [
            bool(shares) and min(contrast(ink, tint) for tint in shares) >= _LEGIBLE
            for shares in _Under(ax).colors(boxes)
        ],
        dtype=bool,
    )


def _ink(
    shares: dict[str, float], usual: Ink, color: str | None, *, alone: bool
) -> Ink:
    """Choose between the ink of the sheet and white."""
    main = max(shares, key=lambda tint: shares[tint])
    dark = contrast(usual.color, main)
    letters = usual.color
    if color is None and dark < _LEGIBLE and contrast(_WHITE, main) > dark:
        letters = _WHITE
    under = [tint for tint in shares if tint == main or shares[tint] > _TRACE]
    lost = [tint for tint in under if contrast(letters, tint) < _DIM]
    # Half on a pale ground, where a dark halo would be a stain: dark all along.
    torn = letters == _WHITE and (
        sum(shares[tint] for tint in lost) > _MUCH
        or any(contrast(_WHITE, tint) < _PALE for tint in lost)
    )
    letters = usual.color if torn else letters
    clear = contrast(letters, main) >= _LEGIBLE
    if alone and clear and shares[main] >= _WHOLE:
        return Ink(letters)
    if color is not None and not clear:  # it was chosen: a dark halo would drown it
        return usual
    # In the tint that is the farthest from the letters, for it lies over all others:
    # the halo of a dark fill would spill over a pale one.
    halo = max(under, key=lambda tint: contrast(letters, tint))
    return Ink(letters, _away(halo, letters, _CLEARLY if lost else _LEGIBLE), torn)


def _away(tint: str, letters: str, least: float) -> str:
    """Return a tint paler, or darker, until letters are legible on it."""
    towards = 1.0 if _luminance(letters) < 0.2 else 0.0
    for share in (0.0, 0.2, 0.4, 0.6, 0.8):
        mixed = to_hex([p + share * (towards - p) for p in to_rgb(tint)])  # type: ignore[arg-type]
        if contrast(letters, mixed) >= least:
            return mixed
    return "#ffffff" if towards else "#000000"


class _Under:
    """What colour the map is where a name lies."""

    def __init__(self, ax: MapAxes) -> None:
        self.ax = ax
        tints = [tint for tint in ax.tints if tint.floor < STACK["outlines"]]
        self.tints = sorted(tints, key=lambda tint: -tint.floor)
        counts = [len(tint.shapes) for tint in self.tints]
        self.owner = np.repeat(np.arange(len(counts)), counts)
        shapes = [tint.shapes for tint in self.tints]
        self.shapes = np.concatenate(shapes) if shapes else np.empty(0, dtype=object)
        self.tree = shapely.STRtree(self.shapes)
        discs = {code: disc for code, disc in ax.symbols.items() if disc[2] > 0}
        self.discs = np.array(list(discs.values()), dtype=float).reshape(-1, 3)
        self.fills = [ax.discs.get(code, "") for code in discs]

    def colors(self, boxes: np.ndarray) -> list[dict[str, float]]:
        """Return the share of each colour under boxes; nothing where unknown."""
        corners = self.ax.to_metres(boxes.reshape(-1, 2)).reshape(-1, 4)
        grounds = shapely.box(*corners.T)
        mine, rows = self.tree.query(grounds, predicate="intersects")
        parts = shapely.area(shapely.intersection(self.shapes[rows], grounds[mine]))
        whole, owner = shapely.area(grounds), self.owner[rows]
        found = []
        for i, box in enumerate(boxes):
            under = mine == i
            met = self._met(box) if self.fills else None
            found.append(
                self._on_disc(box, met)
                if met is not None and met.size
                else self._shares(owner[under], parts[under] / whole[i])
            )
        return found

    def _shares(self, owner: np.ndarray, parts: np.ndarray) -> dict[str, float]:
        """Return the share of each colour, by the parts of tints under one box."""
        left = 1.0
        shares: dict[str, float] = {}
        for place in dict.fromkeys(sorted(owner.tolist())):
            tint = self.tints[place]
            share = min(float(parts[owner == place].sum()), left)
            if share <= _TRACE:
                continue
            if not tint.plain:
                return {}
            # The same ground of a lower floor is hidden by what is above.
            shares[tint.color] = shares.get(tint.color, 0.0) + share
            left -= share
        if left > _TRACE:
            land = self.ax.plan.theme.land
            shares[land] = shares.get(land, 0.0) + left
        return shares

    def _met(self, box: np.ndarray) -> np.ndarray:
        """Return which discs a box meets."""
        near = np.clip(self.discs[:, :2], box[:2], box[2:]) - self.discs[:, :2]
        return np.flatnonzero(np.hypot(*near.T) < self.discs[:, 2])

    def _on_disc(self, box: np.ndarray, met: np.ndarray) -> dict[str, float]:
        """Return the fill of the disc that holds a box, and what hangs out of it."""
        last = met[-1]  # the smallest, drawn over the others
        x, y, radius = self.discs[last]
        across, up = (
            np.linspace(box[side], box[side + 2], _STEPS) - centre
            for side, centre in ((0, x), (1, y))
        )
        share = float((np.hypot(across[:, None], up[None, :]) <= radius).mean())
        fill, land = self.fills[last], self.ax.plan.theme.land
        if not fill or share < _HELD:
            return {}
        return {fill: share, land: 1 - share} if share < 1 else {fill: 1.0}
