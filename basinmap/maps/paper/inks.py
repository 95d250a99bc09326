"""The ink of names: dark or white by what they lie on, a halo where it takes one."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
_LITTLE: Final = 0.2
_DIM: Final = 3.5  # under it, letters with a halo of their own tint are a blur
_WHITE: Final = "#ffffff"
_AROUND: Final = 0.4  # mm around a name, that its halo takes


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
    parts
        Where the outline is of another colour, for it to be everywhere that of the
        fill: colours and polygons in the CRS of the map.
    """

    color: str
    halo: str = ""
    torn: bool = False
    parts: tuple[tuple[str, shapely.Geometry], ...] = ()


@dataclass(frozen=True, slots=True)
class _Seen:
    """What lies under a name."""

    shares: dict[str, float]
    held: bool = False  # by a disc, which hides all limits
    rough: bool = False  # whether something is hatched


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
    under = _Under(ax)
    found = []
    seen = under.colors(boxes)
    for box, one, single in zip(boxes, seen, alone, strict=True):
        ink = _ink(one, usual, color, alone=bool(single)) if one.shares else usual
        if ink.halo and not ink.torn and len(one.shares) > 1:
            tints = {tint: _halo_on(tint, ink.color, usual) for tint in one.shares}
            if len(set(tints.values())) > 1:
                ink = replace(ink, parts=under.parts(box, tints, ink.halo))
        found.append(ink)
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
            bool(seen.shares)
            and not seen.rough
            and min(contrast(ink, tint) for tint in seen.shares) >= _LEGIBLE
            for seen in _Under(ax).colors(boxes)
        ],
        dtype=bool,
    )


def _ink(seen: _Seen, usual: Ink, color: str | None, *, alone: bool) -> Ink:
    """Choose between the ink of the sheet and white."""
    shares = seen.shares
    main = max(shares, key=lambda tint: shares[tint])
    under = [tint for tint in shares if tint == main or shares[tint] > _TRACE]
    letters = usual.color
    if color is None and _least(letters, under) < _LEGIBLE:
        letters = max((letters, _WHITE), key=lambda ink: _least(ink, under))
    # On what is dark and what is pale no letters are read: dark ones, all in white.
    torn = color is None and _least(letters, under) < _DIM
    if torn:
        return Ink(usual.color, usual.halo, torn=True)
    clear = contrast(letters, main) >= _LEGIBLE
    whole = shares[main] >= _WHOLE and not seen.rough
    if seen.held or (alone and clear and whole):
        return Ink(letters)
    if color is not None and not clear:  # it was chosen: a dark halo would drown it
        return usual
    return Ink(letters, _halo_on(main, letters, usual))


def _least(letters: str, tints: list[str]) -> float:
    return min(contrast(letters, tint) for tint in tints)


def _halo_on(tint: str, letters: str, usual: Ink) -> str:
    """Return the halo of letters on a tint: its own, or that of the sheet."""
    halo = _away(tint, letters, _LEGIBLE)
    # Paled much, a tint is that of another class: rather that of the sheet.
    if halo not in (tint, _mixed(tint, letters, _LITTLE)):
        return usual.halo if contrast(letters, usual.halo) >= _LEGIBLE else halo
    return halo


def _away(tint: str, letters: str, least: float) -> str:
    """Return a tint paler, or darker, until letters are legible on it."""
    for share in (0.0, _LITTLE, 0.4, 0.6, 0.8):
        mixed = _mixed(tint, letters, share)
        if contrast(letters, mixed) >= least:
            return mixed
    return _mixed(tint, letters, 1.0)


def _mixed(tint: str, letters: str, share: float) -> str:
    """Return a tint, by a share nearer what is the farthest from letters."""
    towards = 1.0 if _luminance(letters) < 0.2 else 0.0
    return to_hex([p + share * (towards - p) for p in to_rgb(tint)])  # type: ignore[arg-type]


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

    def colors(self, boxes: np.ndarray) -> list[_Seen]:
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

    def parts(
        self, box: np.ndarray, tints: dict[str, str], base: str
    ) -> tuple[tuple[str, shapely.Geometry], ...]:
        """Return where the halo of a name is not of its colour at large, and which."""
        room = np.array([-1.0, -1.0, 1.0, 1.0]) * _AROUND * self.ax.plan.zoom
        x0, y0, x1, y1 = self.ax.to_metres((box + room).reshape(2, 2)).ravel()
        left = shapely.box(x0, y0, x1, y1)
        rows = self.tree.query(left, predicate="intersects")
        found: dict[str, list[shapely.Geometry]] = {}
        for place in dict.fromkeys(sorted(self.owner[rows].tolist())):
            tint = self.tints[place]
            here = shapely.clip_by_rect(
                self.shapes[rows[self.owner[rows] == place]], x0, y0, x1, y1
            )
            # What is above is seen: of this, what it leaves.
            shown = shapely.intersection(left, shapely.union_all(here))
            left = shapely.difference(left, shown)
            color = tints.get(tint.color)
            if color not in (None, base):
                found.setdefault(str(color), []).append(shown)
        color = tints.get(self.ax.plan.theme.land)
        if color not in (None, base) and not left.is_empty:
            found.setdefault(str(color), []).append(left)
        return tuple(
            (color, shapely.union_all(pieces)) for color, pieces in found.items()
        )

    def _shares(self, owner: np.ndarray, parts: np.ndarray) -> _Seen:
        """Return the share of each colour, by the parts of tints under one box."""
        left, rough = 1.0, False
        shares: dict[str, float] = {}
        for place in dict.fromkeys(sorted(owner.tolist())):
            tint = self.tints[place]
            share = min(float(parts[owner == place].sum()), left)
            if share <= _TRACE:
                continue
            rough |= not tint.plain
            # The same ground of a lower floor is hidden by what is above.
            shares[tint.color] = shares.get(tint.color, 0.0) + share
            left -= share
        if left > _TRACE:
            land = self.ax.plan.theme.land
            shares[land] = shares.get(land, 0.0) + left
        return _Seen(shares, rough=rough)

    def _met(self, box: np.ndarray) -> np.ndarray:
        """Return which discs a box meets."""
        near = np.clip(self.discs[:, :2], box[:2], box[2:]) - self.discs[:, :2]
        return np.flatnonzero(np.hypot(*near.T) < self.discs[:, 2])

    def _on_disc(self, box: np.ndarray, met: np.ndarray) -> _Seen:
        """Return the fill of the disc that holds the middle of a box, if one does."""
        x, y = (box[:2] + box[2:]) / 2
        held = np.hypot(x - self.discs[met, 0], y - self.discs[met, 1])
        inside = met[held <= self.discs[met, 2]]
        # The smallest, drawn over the others: a name is in a disc, or off it.
        fill = self.fills[inside[-1]] if len(inside) else ""
        return _Seen({fill: 1.0} if fill else {}, held=bool(fill))
