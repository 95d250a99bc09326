"""Place map labels on the page without overlap.

Pure geometry in page millimetres (x to the right, y upward): this module knows
no drawing library, and polygons only as where a name must be. The caller measures the
texts, gives the anchors and receives the centre of each text box.

The method is a greedy search over a short list of candidate positions per label,
taken by decreasing priority, followed by one pass that moves a blocker aside when
this lets a dropped label in. It is deterministic: no random numbers, ties are broken
by row number, and costs are rounded before they are compared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

__all__ = ["POSITIONS", "SKIRTED", "PlacedLabels", "place_labels", "split_label"]

SKIRTED: Final = 0.5
"""Millimetres of A4 at least between a leader and the symbols it runs past."""

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

POSITIONS: Final = ("centre", "E", "NE", "N", "NW", "W", "SW", "S", "SE")
"""Names of the positions, in the order of `PlacedLabels.position`."""

# Places around an anchor: the eight compass directions, then north and south slid by a
# quarter of the label to the right or to the left. Columns: side of the anchor where
# the middle of the box goes (x, y: 1 is half a box), direction of the gap to the
# symbol (x, y), position name, cost beside a symbol, cost around a bare point.
# Readers look for a name to the right of its symbol first, then above it; around a bare
# point a vertical nudge disturbs the eye less than a lateral one.
_H: Final = float(np.sqrt(0.5))
_AROUND: Final[FloatArray] = np.array(
    [
        [1.0, 0.0, 1.0, 0.0, 1, 0.0, 0.3],
        [1.0, 1.0, _H, _H, 2, 0.1, 0.5],
        [0.0, 1.0, 0.0, 1.0, 3, 0.3, 0.2],
        [-1.0, 1.0, -_H, _H, 4, 0.45, 0.5],
        [-1.0, 0.0, -1.0, 0.0, 5, 0.35, 0.3],
        [-1.0, -1.0, -_H, -_H, 6, 0.6, 0.5],
        [0.0, -1.0, 0.0, -1.0, 7, 0.4, 0.2],
        [1.0, -1.0, _H, -_H, 8, 0.3, 0.5],
        [0.5, 1.0, 0.0, 1.0, 3, 0.35, 0.35],
        [-0.5, 1.0, 0.0, 1.0, 3, 0.5, 0.35],
        [0.5, -1.0, 0.0, -1.0, 7, 0.45, 0.35],
        [-0.5, -1.0, 0.0, -1.0, 7, 0.6, 0.35],
    ]
)
_SIGNS: Final = _AROUND[:, :2]
_TOWARDS: Final = _AROUND[:, 2:4]
_COMPASS: Final = _AROUND[:, 4].astype(np.int64)
_BESIDE_COST: Final = _AROUND[:, 5]
_NUDGE_COST: Final = _AROUND[:, 6]

_GAPS: Final = (0.5, 1.6)  # mm between the symbol and its name, near and far ring
_NUDGES: Final = ((0.25, 0.55), (0.5, 1.1))  # shares of width and height, both rings
_NEAR: Final = 1 + len(_AROUND) * len(_GAPS)  # candidates without a leader
_FAR_COST: Final = 0.6  # second ring: the link with the anchor weakens
_LEADER_REACH: Final = (4.0, 8.0)  # mm from the symbol to the label, with a leader
# The same beside a symbol: a short line is enough, and a long one is still followed.
_SYMBOL_REACH: Final = (1.6, 2.2, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 15.0)
_LEADER_DIRECTIONS: Final = 16
_LEADER_COST: Final = 2.5  # a leader is a last resort, still better than no name
_LEADER_COST_PER_MM: Final = 0.05
_HOME_COST: Final = 2.0  # whole label outside its polygon
_OUT_COST: Final = 0.6  # whole label of a symbol out of its polygon
_STRAY: Final = 1 / 3  # of the label of a symbol, out of its polygon: it takes a leader
_SAMPLES: Final = (8, 3)  # across and up, where a label is told to be in its polygon
_RIM_COST: Final = 3.0  # of lying on a rim, for those that may be moved away at once
_RIM: Final = 0.15  # mm at least between a label and the rim of a symbol
_ANCHOR_COST: Final = (1.0, 2.0)  # anchor covered: less, more important unit
_BELONGING_COST: Final = 2.0  # another unit is as near to the label as its own
_CLEAR_MARGIN: Final = 1.5  # mm by which the own symbol must be the nearest
_COLUMN: Final = 0.5  # of the narrower of two labels, shared: they are read as one
_BESIDE_OTHER: Final = (1.5, 2.0)  # a led label against another symbol; mm clear of it
_OWN_FIRST: Final = 0.5  # mm nearer to its own symbol than to any other, or it is led
_LINE_COST: Final = (3.0, 0.7)  # a line of the map runs through the label
_FORESIGHT_COST: Final = 0.8  # per less important label whose best place is taken
_MAX_COST: Final = 4.5  # beyond this a label misleads more than it informs
_MOST_COST: Final = 9.0  # the same, for the most important ones
_TURNS: Final = 3  # labels are laid anew, the ill ones first
_RARE: Final = 0.02  # of the labels of polygons: so few are worth a second try of all
_MAX_SACRIFICE: Final = 2.0  # what a blocker may lose to let another label in
_GOOD_COST: Final = 1.0  # a placed label above this is worth a second try
_MAX_TRIES: Final = 12
_MIN_GAIN: Final = 0.3  # least gain for disturbing a label already placed
_EPS: Final = 1e-9
_DECIMALS: Final = 6


@dataclass(frozen=True, slots=True, eq=False)
class PlacedLabels:
    """Result of `place_labels`, row by row in the order of the input.

    Attributes
    ----------
    x, y : numpy.ndarray
        Centre of each text box, mm; NaN when the label is not placed.
    placed : numpy.ndarray of bool
        False for the labels that found no room.
    position : numpy.ndarray of int
        Index in `POSITIONS`, -1 when the label is not placed.
    leader : numpy.ndarray, shape (n, 4)
        Leader line x0, y0 (edge of the symbol), x1, y1 (edge of the label); NaN when
        the label needs none.
    boxes : numpy.ndarray, shape (n, 4)
        Text boxes xmin, ymin, xmax, ymax; NaN when the label is not placed.
    """

    x: FloatArray
    y: FloatArray
    placed: BoolArray
    position: IntArray
    leader: FloatArray
    boxes: FloatArray


@dataclass(frozen=True, slots=True)
class _Units:
    """Input as tables; then sorted by priority, with the origin at the frame corner."""

    anchors: FloatArray
    sizes: FloatArray
    radii: FloatArray
    home: FloatArray
    discs: FloatArray  # once sorted: symbols of the units (same rows), then others
    obstacles: FloatArray
    lines: FloatArray
    frame: FloatArray  # as given, then width and height
    leaders: BoolArray  # which may be moved away
    promised: BoolArray  # which go before all that is drawn
    asked: BoolArray  # which are missed more than others
    spare: BoolArray  # and which else, when they find no room
    inside: NDArray[np.object_]
    padding: float
    centred_first: bool
    needs: FloatArray  # radius of the symbol that holds each label
    leading: float = 0.0
    lined: float = _LINE_COST[0]
    rims: float = np.inf


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Candidate boxes (n, c, 4), leaders (n, c, 4), costs (n, c), positions (c,)."""

    boxes: FloatArray
    leaders: FloatArray
    cost: FloatArray
    position: IntArray
    loose: FloatArray  # costs where a label may also be astray without a leader


@dataclass(frozen=True, slots=True)
class _Near:
    """Candidates without a leader: boxes (n, c, 4), costs (n, c) before any limit."""

    boxes: FloatArray
    cost: FloatArray
    lined: FloatArray  # what a line through them costs
    stray: BoolArray  # (n, c) which lie too far in other polygons


class _Page:
    """Labels already laid down: their boxes, leaders and chosen candidates."""

    __slots__ = ("boxes", "choice", "leaders", "leading", "padding")

    def __init__(self, n: int, padding: float, leading: float = 0.0) -> None:
        # NaN compares false with everything: a row not yet placed blocks nothing.
        self.boxes: FloatArray = np.full((n, 4), np.nan)
        self.leaders: FloatArray = np.full((n, 4), np.nan)
        self.choice: IntArray = np.full(n, -1, dtype=np.int64)
        self.padding, self.leading = padding, leading

    def put(self, row: int, choice: int, cand: _Candidates) -> None:
        self.boxes[row] = cand.boxes[row, choice]
        self.leaders[row] = cand.leaders[row, choice]
        self.choice[row] = choice

    def lift(self, row: int) -> None:
        self.boxes[row] = np.nan
        self.leaders[row] = np.nan
        self.choice[row] = -1

    def conflicts(
        self, boxes: FloatArray, leaders: FloatArray
    ) -> tuple[BoolArray, IntArray]:
        """Conflicts (c, k) of candidates with what is laid down, and its rows (k,)."""
        rows = np.flatnonzero(self.choice >= 0)
        laid, lines = self.boxes[rows], self.leaders[rows]
        return self.meet(boxes, leaders, laid, lines), rows

    def meet(
        self,
        boxes: FloatArray,
        leaders: FloatArray,
        other_boxes: FloatArray,
        other_leaders: FloatArray,
    ) -> BoolArray:
        """Pairs of labels that cannot both be drawn on this page."""
        room = (self.padding, self.leading)
        return _conflicts(boxes, leaders, other_boxes, other_leaders, *room)


def place_labels(  # noqa: PLR0913 -- one optional array per kind of thing to avoid
    anchors: ArrayLike,
    sizes: ArrayLike,
    *,
    priority: ArrayLike,
    frame: tuple[float, float, float, float],
    radii: ArrayLike | None = None,
    obstacles: ArrayLike | None = None,
    discs: ArrayLike | None = None,
    home: ArrayLike | None = None,
    lines: ArrayLike | None = None,
    leaders: int | ArrayLike = 0,
    spare: ArrayLike = 0,
    inside: ArrayLike | None = None,
    needs: ArrayLike | None = None,
    padding: float = 0.4,
    leading: float = 0.0,
    centred_first: bool = True,
) -> PlacedLabels:
    """Choose a place for each label, or none, so that no two labels overlap.

    Parameters
    ----------
    anchors : array_like, shape (n, 2)
        Points to be named, mm on the page, y upward. For a polygon give the centre
        of the room where the name fits best rather than the centroid.
    sizes : array_like, shape (n, 2)
        Width and height of each text box, mm, both positive.
    priority : array_like, shape (n,)
        The highest is placed first; ties are taken in row order.
    frame : tuple of float
        Bounds xmin, ymin, xmax, ymax of the map; labels stay wholly inside.
    radii : array_like, shape (n,), optional
        Radius of the symbol drawn at each anchor, mm; 0 when there is none.
    obstacles : array_like, shape (m, 4), optional
        Boxes xmin, ymin, xmax, ymax that no label may touch: scale bar, north arrow.
    discs : array_like, shape (k, 3), optional
        Centre x, y and radius of the other symbols of the map, which labels should
        not cover. The symbols given by `radii` always count; repeating them here
        changes nothing.
    home : array_like, shape (n, 2), optional
        Half width and half height of the room around the anchor inside its own
        polygon: places within it are preferred. NaN when unknown.
    lines : array_like, shape (l, 4), optional
        Segments x0, y0, x1, y1 that a label lies on only where no other place is as
        good; none is left out for them.
    leaders : int or array_like of bool, default 0
        How many labels, the most important first, may be moved away with a leader
        line when no good place is left near their anchor; or which.
    spare : array_like of bool, optional
        Which others may be moved away, if they are left without a place: all are then
        placed again with them.
    inside : array_like of geometries, shape (n,), optional
        Polygon in which the middle of each label must be, unless a leader leads there;
        None where there is no such polygon. The label of a symbol must be in it for
        two thirds, or in the symbol, and nearer that symbol than any other.
    needs : array_like, shape (n,), optional
        Radius of the least circle around the middle of each label that holds its
        lines, mm; by default that of its box. A label is in its symbol if it holds
        that circle, or else wholly beside it: none lies across the rim of a symbol.
    padding : float, default 0.4
        Least distance between two labels, or a label and an obstacle, mm.
    leading : float, default 0
        What separates two lines of one label, mm: two labels of one column are kept
        farther from one another, or they would be read as two lines of one.
    centred_first : bool, default True
        Centre the names on the anchors without a symbol. False puts them beside the
        anchor, as for the name of a point.

    Returns
    -------
    PlacedLabels
        Read-only arrays in the order of the input.

    Raises
    ------
    ValueError
        If a shape, a size or the frame is not usable.

    Notes
    -----
    A name sits inside its own symbol only if it fits there wholly. The four hard rules
    (inside the frame, off the obstacles, off the other labels, across no rim of a
    symbol) are never broken: a label that finds no room has ``placed`` False. `leading`
    and the two thirds of `inside` give way for a label that would be lost otherwise,
    and rims for one of `leaders`.

    Examples
    --------
    Two towns 4 mm apart: the larger one keeps its best place, on the right.

    >>> labels = place_labels(
    ...     [[20.0, 10.0], [24.0, 10.0]],
    ...     [[12.0, 2.5], [10.0, 2.5]],
    ...     radii=[1.0, 1.0],
    ...     priority=[100, 900],
    ...     frame=(0.0, 0.0, 60.0, 20.0),
    ... )
    >>> [POSITIONS[i] for i in labels.position]
    ['W', 'E']
    >>> float(labels.x[1])
    30.5
    """
    rank = _rank(priority)
    given = _Units(
        anchors=_table(anchors, "anchors", 2),
        sizes=_table(sizes, "sizes", 2),
        radii=np.array(np.zeros(rank.size) if radii is None else radii, dtype=float),
        home=np.full((rank.size, 2), np.nan)
        if home is None
        else _table(home, "home", 2),
        discs=_table(discs, "discs", 3),
        obstacles=_table(obstacles, "obstacles", 4),
        lines=_table(lines, "lines", 4),
        frame=np.array(frame, dtype=float),
        leaders=_led(leaders, rank),
        promised=_led(leaders, rank),
        asked=_led(leaders, rank),
        spare=_led(spare, rank),
        inside=_polygons(inside, rank.size),
        needs=_needs(needs, sizes),
        padding=padding,
        centred_first=centred_first,
        leading=leading,
    )
    _check(given, rank.size)
    cand, page, rank = _tried_again(given, rank, *_placed(_ordered(given, rank)))
    return _result(cand, page, rank, given.frame[:2])


def _tried_again(
    given: _Units, rank: IntArray, cand: _Candidates, page: _Page
) -> tuple[_Candidates, _Page, IntArray]:
    """Place all once more, if that leaves fewer without a place than at first."""
    lost = (page.choice < 0) & given.spare[rank]
    circled = bool((given.radii > 0).any())
    # Where many find no room in their polygons, none is found for all of them.
    if not lost.any() or not (circled or lost.mean() <= _RARE):
        return cand, page, rank
    for units in _tries(given, circled=circled):
        last = (rank, cand, page)
        for _ in range(_TURNS):
            # Those that found no room first; or else those that mislead a little.
            ill = _ill(*last[1:])
            if ill.max() < (1 if circled else 2):
                break
            order = last[0][np.argsort(ill < ill.max(), kind="stable")]
            last = (order, *_placed(_ordered(units, order)))
            if _score(*last[1:]) < _score(cand, page):
                rank, cand, page = last
        if (page.choice >= 0).all():
            break
    return cand, page, rank


def _tries(given: _Units, *, circled: bool) -> list[_Units]:
    """Return ways to place labels some of which found no room, the strictest first."""
    # Better a name that a limit runs through than a name less.
    tries = [given, replace(given, lined=_LINE_COST[1])]
    if given.leading:
        tries.append(replace(given, leading=0.0))
    if circled:
        # A map without its third town misleads more than a rim that is written on.
        tries.append(replace(given, rims=_RIM_COST))
    return tries


def _ill(cand: _Candidates, page: _Page) -> IntArray:
    """Tell which labels (n,) have no place, 2, or one that misleads a little, 1."""
    astray = np.isinf(cand.cost[np.arange(len(page.choice)), page.choice])
    return np.where(page.choice < 0, 2, astray.astype(np.int64))


def _score(cand: _Candidates, page: _Page) -> tuple[int, int]:
    """Count the labels that have no place, and those that mislead a little."""
    ill = _ill(cand, page)
    return int((ill == 2).sum()), int((ill == 1).sum())


def _placed(units: _Units) -> tuple[_Candidates, _Page]:
    """Place the labels; those that find no room, once more with a leader."""
    near = _near(units)
    cand, page = _laid(units, near)
    lost = (page.choice < 0) & units.spare & ~units.leaders
    # A leader from a circle is better than a name that a limit runs through.
    cut = near.lined[np.arange(len(lost)), np.minimum(page.choice, _NEAR - 1)] > 0
    cut &= units.lined > _LEADER_COST
    cut &= (page.choice >= 0) & (units.radii > 0) & units.spare & ~units.leaders
    if (lost | cut).any():
        # A commune is worth a crowd, a circle is not: what it hides is a datum.
        asked = units.asked | (lost & (units.radii == 0))
        led = replace(units, leaders=units.leaders | lost | cut, asked=asked)
        cand, page = _laid(led, near)
    _fill(cand, page)
    return cand, page


def _laid(units: _Units, near: _Near) -> tuple[_Candidates, _Page]:
    """Lay the labels down."""
    cand = _candidates(units, near)
    page = _Page(len(near.boxes), units.padding, units.leading)
    _greedy(cand, page)
    _rescue(cand, page)
    return cand, page


# --- input ----------------------------------------------------------------------------


def _rank(priority: ArrayLike) -> IntArray:
    """Rows by decreasing priority, ties in row order."""
    values = np.asarray(priority, dtype=float)
    if values.ndim != 1 or not np.isfinite(values).all():
        msg = "priority must be a one-dimensional array of finite numbers"
        raise ValueError(msg)
    return np.argsort(-values, kind="stable").astype(np.int64)


def _led(leaders: int | ArrayLike, rank: IntArray) -> BoolArray:
    """Tell which labels may be moved away, in row order."""
    if isinstance(leaders, int | np.integer):
        led = np.zeros(rank.size, dtype=np.bool_)
        led[rank[: max(0, int(leaders))]] = True
        return led
    return np.asarray(leaders, dtype=np.bool_)


def _polygons(inside: ArrayLike | None, n: int) -> NDArray[np.object_]:
    found = np.full(n, None, dtype=object)
    if inside is not None:
        found[:] = np.asarray(inside, dtype=object)
    return found


def _needs(needs: ArrayLike | None, sizes: ArrayLike) -> FloatArray:
    """Radius (n,) of the circle that holds each label, by default around its box."""
    if needs is None:
        found: FloatArray = np.hypot(*_table(sizes, "sizes", 2).T) / 2
        return found
    return np.asarray(needs, dtype=float)


def _table(values: ArrayLike | None, name: str, columns: int) -> FloatArray:
    """Float copy of a (rows, columns) table; None and [] give zero rows."""
    if values is None:
        return np.empty((0, columns))
    table = np.array(values, dtype=float)
    if table.size == 0:
        return np.empty((0, columns))
    if table.ndim != 2 or table.shape[1] != columns:
        msg = f"{name} must have {columns} columns, got shape {table.shape}"
        raise ValueError(msg)
    return table


def _check(given: _Units, n: int) -> None:
    """Raise ValueError when the input is not usable."""
    rows = (given.anchors, given.sizes, given.radii, given.home)
    if given.radii.ndim != 1 or any(len(table) != n for table in rows):
        msg = "anchors, sizes, radii, home and priority must have the same length"
        raise ValueError(msg)
    frame = given.frame
    if frame.shape != (4,) or not np.isfinite(frame).all():
        msg = "frame must be four finite numbers: xmin, ymin, xmax, ymax"
        raise ValueError(msg)
    if frame[0] >= frame[2] or frame[1] >= frame[3]:
        msg = f"frame must have a positive size, got {tuple(frame.tolist())}"
        raise ValueError(msg)
    if not (np.isfinite(given.anchors).all() and np.isfinite(given.sizes).all()):
        msg = "anchors and sizes must be finite"
        raise ValueError(msg)
    if (given.sizes <= 0).any() or not (given.radii >= 0).all() or given.padding < 0:
        msg = "sizes must be positive, radii and padding non-negative"
        raise ValueError(msg)


def _ordered(given: _Units, rank: IntArray) -> _Units:
    """Rows by priority, origin at the corner of the frame, symbols among the discs."""
    origin = given.frame[:2]
    anchors, radii = given.anchors[rank] - origin, given.radii[rank]
    other = given.discs - np.array([*origin, 0.0])
    return replace(
        given,
        anchors=anchors,
        sizes=given.sizes[rank],
        radii=radii,
        home=given.home[rank],
        leaders=given.leaders[rank],
        promised=given.promised[rank],
        asked=given.asked[rank],
        spare=given.spare[rank],
        needs=given.needs[rank],
        inside=shapely.transform(given.inside[rank], lambda xy: xy - origin),
        discs=_join_discs(np.column_stack([anchors, radii]), other),
        obstacles=given.obstacles - np.tile(origin, 2),
        lines=given.lines - np.tile(origin, 2),
        frame=given.frame[2:] - origin,
    )


def _join_discs(own: FloatArray, other: FloatArray) -> FloatArray:
    """Symbols of the units, then the other discs that are not one of them."""
    if len(other) == 0 or len(own) == 0:
        return np.vstack([own, other])
    away: FloatArray = np.abs(other[:, None, :] - own[None, :, :]).max(axis=2)
    return np.vstack([own, other[away.min(axis=1) > 1e-6]])


# --- candidates -----------------------------------------------------------------------


def _near(units: _Units) -> _Near:
    """Boxes and costs of the candidates without a leader, whoever may be moved away."""
    centres, preference = _near_centres(units)
    half = units.sizes[:, None, :] / 2
    boxes = np.concatenate([centres - half, centres + half], axis=2)
    cost = preference + _home_cost(units, boxes)
    spill = np.ones(cost.shape)
    if (units.discs[:, 2] > 0).any():
        for row in range(len(boxes)):
            spill[row] = _spill(units, row, boxes[row])
            cost[row] += _symbol_cost(units, row, boxes[row], spill[row])
    doubt, other = _anchor_cost(units, boxes, spill)
    cost += doubt
    cost[other] = np.inf
    cost[~_at_home(units, centres)] = np.inf
    cost[~_allowed(units, boxes)] = np.inf
    out = _out_of_home(units, boxes, np.isfinite(cost))
    cost += _OUT_COST * out
    lined = _line_cost(units, boxes, cost <= _MOST_COST)
    return _Near(boxes, cost, lined, out > _STRAY)


def _candidates(units: _Units, near: _Near) -> _Candidates:
    """Boxes, leaders and costs of all candidate positions of all labels."""
    boxes, cost, lined = near.boxes, near.cost, near.lined
    stray = near.stray
    position = np.concatenate([[0], np.tile(_COMPASS, len(_GAPS))])
    leaders = np.full(boxes.shape, np.nan)
    led = np.flatnonzero(units.leaders)
    if led.size:
        far = _far(units, led)
        room = (len(boxes), far.cost.shape[1])
        # The far candidates of the other rows are out of the question.
        more = [np.full((*room, 4), np.nan), np.full((*room, 4), np.nan)]
        price = np.full(room, np.inf)
        more[0][led], more[1][led], price[led] = far.boxes, far.leaders, far.cost
        boxes = np.concatenate([boxes, more[0]], axis=1)
        leaders = np.concatenate([leaders, more[1]], axis=1)
        cost = np.concatenate([cost, price], axis=1)
        stray = np.concatenate([stray, np.zeros(room, dtype=np.bool_)], axis=1)
        # After all else: a line disturbs a name, and never costs it its place.
        crossed = np.zeros(room)
        crossed[led] = _line_cost(units, far.boxes, far.cost <= _MOST_COST)
        lined = np.concatenate([lined, crossed], axis=1)
        position = np.concatenate([position, far.position])
    # Names asked for by rank are missed more than others: a map without its third
    # town misleads more than a name that hides a small circle.
    most = np.where(units.asked, _MOST_COST, _MAX_COST)
    priced = np.round(cost + lined, _DECIMALS)
    dear = cost > most[:, None]
    # A leader keeps what it names clear, and off the symbols: it may cost more.
    last = dear & (np.isnan(leaders[..., 0]) | (cost > _MOST_COST))
    loose = np.where(last, np.inf, priced)
    cost = np.where(dear | stray, np.inf, priced)
    return _Candidates(boxes, leaders, cost, position, loose)


def _far(units: _Units, led: IntArray) -> _Candidates:
    """Candidates with a leader of the labels that may be moved away."""
    centres, cost, position = _far_centres(units, led)
    half = units.sizes[led, None, :] / 2
    boxes = np.concatenate([centres - half, centres + half], axis=2)
    leaders = _leader_lines(units.anchors[led], units.radii[led], boxes)
    cost = cost + _home_cost(units, boxes, led)
    symbols = (units.discs[:, 2] > 0).any()
    for place, row in enumerate(led.tolist()):
        if symbols:
            spill = _spill(units, row, boxes[place])
            cost[place] += _symbol_cost(units, row, boxes[place], spill, led=True)
        cost[place] += _cover_cost(units, row, boxes[place])
        cost[place] += _crossing_cost(units, row, leaders[place])
    cost[~_allowed(units, boxes, leaders)] = np.inf
    return _Candidates(boxes, leaders, cost, position, cost)


def _homed(units: _Units) -> BoolArray:
    """Labels (n,) that have a polygon."""
    return np.array([shape is not None for shape in units.inside], dtype=np.bool_)


def _at_home(units: _Units, centres: FloatArray) -> BoolArray:
    """Candidates (n, c) whose middle is in the polygon of their label, if any."""
    inside = np.ones(centres.shape[:2], dtype=np.bool_)
    known = np.flatnonzero(_homed(units) & (units.radii == 0))
    if known.size:
        shapes = units.inside[known][:, None]
        x, y = centres[known, :, 0], centres[known, :, 1]
        inside[known] = shapely.intersects_xy(shapes, x, y)
    return inside


def _out_of_home(units: _Units, boxes: FloatArray, asked: BoolArray) -> FloatArray:
    """Share (n, c) of the labels of symbols out of their polygon and their symbol."""
    out = np.zeros(asked.shape)
    across, up = (np.arange(n) / n + 0.5 / n for n in _SAMPLES)
    share = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    for row in np.flatnonzero(_homed(units) & (units.radii > 0)).tolist():
        chosen = boxes[row, asked[row]]
        low, wide = chosen[:, None, :2], chosen[:, None, 2:] - chosen[:, None, :2]
        spots = low + share * wide
        away = spots - units.anchors[row]
        held = np.hypot(away[..., 0], away[..., 1]) <= units.radii[row]
        shapely.prepare(units.inside[row])
        held |= shapely.intersects_xy(units.inside[row], spots[..., 0], spots[..., 1])
        out[row, asked[row]] = 1 - held.mean(axis=1)
    return out


def _near_centres(units: _Units) -> tuple[FloatArray, FloatArray]:
    """Box centres (n, 25, 2) on and around the anchors, and their preference cost."""
    n = len(units.anchors)
    bare = (units.radii == 0) & units.centred_first
    offsets = [np.zeros((n, 1, 2))]
    cost = [np.where(bare | (units.radii > 0), 0.0, np.inf)[:, None]]
    size = units.sizes[:, None, :]
    for ring, (gap, nudge) in enumerate(zip(_GAPS, _NUDGES, strict=True)):
        beside = (units.radii + gap)[:, None, None] * _TOWARDS + _SIGNS * size / 2
        nudged = _SIGNS * np.array(nudge) * size
        offsets.append(np.where(bare[:, None, None], nudged, beside))
        preference = np.where(bare[:, None], _NUDGE_COST * (1 + ring), _BESIDE_COST)
        cost.append(preference + ring * _FAR_COST)
    centres = units.anchors[:, None, :] + np.concatenate(offsets, axis=1)
    return centres, np.concatenate(cost, axis=1)


def _far_centres(
    units: _Units, led: IntArray
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Box centres of the labels that may be moved away with a leader."""
    angle = np.arange(_LEADER_DIRECTIONS) * (2 * np.pi / _LEADER_DIRECTIONS)
    unit = np.round(np.column_stack([np.cos(angle), np.sin(angle)]), 12)
    centres, cost = [], []
    anchors, sizes = units.anchors[led, None, :], units.sizes[led, None, :]
    radii = units.radii[led]
    reaches = _SYMBOL_REACH if radii.any() else _LEADER_REACH
    for reach in reaches:
        # The half size is scaled by the direction, so that boxes slide round a rounded
        # rectangle instead of jumping at the diagonals.
        offset = (radii + reach)[:, None, None] * unit
        centres.append(anchors + offset + unit * sizes / 2)
        price = np.full((len(led), len(unit)), _LEADER_COST)
        price += _LEADER_COST_PER_MM * reach
        if reach not in _LEADER_REACH:
            price[radii == 0] = np.inf
        cost.append(price)
    compass = 1 + (np.arange(_LEADER_DIRECTIONS) * 8 // _LEADER_DIRECTIONS) % 8
    position = np.tile(compass, len(reaches))
    return np.concatenate(centres, axis=1), np.concatenate(cost, axis=1), position


def _leader_lines(
    anchors: FloatArray, radii: FloatArray, boxes: FloatArray
) -> FloatArray:
    """Segments from the edge of the symbol to the nearest point of each box."""
    start = anchors[:, None, :]
    end = np.clip(start, boxes[..., :2], boxes[..., 2:])
    length = np.linalg.norm(end - start, axis=2, keepdims=True)
    direction = (end - start) / np.maximum(length, _EPS)
    return np.concatenate([start + radii[:, None, None] * direction, end], axis=2)


def _allowed(
    units: _Units, boxes: FloatArray, leaders: FloatArray | None = None
) -> BoolArray:
    """Candidates (n, c) inside the frame and off the obstacles."""
    low: FloatArray = boxes[..., :2].min(axis=2)
    high: FloatArray = (boxes[..., 2:] - units.frame).max(axis=2)
    allowed: BoolArray = (low >= -_EPS) & (high <= _EPS)
    if len(units.obstacles):
        hit = _overlap(boxes.reshape(-1, 4), units.obstacles, units.padding)
        if leaders is not None:
            lines = leaders.reshape(-1, 4)
            hit |= _segment_hits_box(lines, units.obstacles, units.padding)
        allowed &= ~hit.any(axis=1).reshape(allowed.shape)
    return allowed


# --- costs ----------------------------------------------------------------------------


@lru_cache(maxsize=2)
def _tree_of(lines: bytes) -> shapely.STRtree:
    """Return segments to be looked up: candidates are several times, near and far."""
    ends = np.frombuffer(lines).reshape(-1, 2, 2)
    return shapely.STRtree(shapely.linestrings(ends))


def _line_cost(units: _Units, boxes: FloatArray, asked: BoolArray) -> FloatArray:
    """Cost (n, c) of lying on a line, for the candidates that are still asked for."""
    cost = np.zeros(asked.shape)
    if len(units.lines) and asked.any():
        tree = _tree_of(units.lines.tobytes())
        shapes = shapely.box(*boxes[asked].T)
        hit = np.zeros(len(shapes))
        hit[tree.query(shapes, predicate="intersects")[0]] = units.lined
        cost[asked] = hit
    return cost


def _home_cost(
    units: _Units, boxes: FloatArray, rows: IntArray | slice = slice(None)
) -> FloatArray:
    """Cost of the share of each box outside the room inside its own polygon."""
    low = (units.anchors - units.home)[rows, None, :]
    high = (units.anchors + units.home)[rows, None, :]
    inside = np.minimum(boxes[..., 2:], high) - np.maximum(boxes[..., :2], low)
    share = np.prod(np.clip(inside, 0, None) / units.sizes[rows, None, :], axis=2)
    return np.where(np.isnan(share), 0.0, _HOME_COST * (1 - share))


def _spill(units: _Units, row: int, boxes: FloatArray) -> FloatArray:
    """Share (c,) of each candidate box outside the label's own symbol: all, or none."""
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    away = np.hypot(*(middle - units.anchors[row]).T)
    held = away + units.needs[row] <= units.radii[row] + _EPS
    return np.where(held & (units.radii[row] > 0), 0.0, 1.0)


def _symbol_cost(
    units: _Units, row: int, boxes: FloatArray, spill: FloatArray, *, led: bool = False
) -> FloatArray:
    """Cost of meeting symbols, for the candidates (c, 4) of one label."""
    # In its own symbol, or wholly beside it: over its rim a name hides how large it
    # is, and over another it seems to name that one.
    cost = np.zeros(len(boxes))
    discs = units.discs
    index = _touching(discs[:, :2], discs[:, 2] + _RIM, boxes)
    index = index[discs[index, 2] > 0]
    if index.size:
        met = _distance(discs[index, :2], boxes) < discs[index, 2] + _RIM
        met[spill == 0] &= index != row
        dear = units.rims if units.promised[row] else np.inf
        cost[met.any(axis=1)] = dear
        cost += 0.1 * met.sum(axis=1)
    if led and units.inside[row] is not None:
        cost += _BESIDE_OTHER[0] * _against(units, row, boxes)
    return cost


def _against(units: _Units, row: int, boxes: FloatArray) -> FloatArray:
    """Share (c,) of the clear room of candidates that the nearest symbol takes."""
    discs, clear = units.discs, _BESIDE_OTHER[1]
    index = _touching(discs[:, :2], discs[:, 2] + clear, boxes)
    index = index[(index != row) & (discs[index, 2] > 0)]
    gap = _distance(discs[index, :2], boxes) - discs[index, 2]
    nearest = gap.min(axis=1, initial=clear)
    against: FloatArray = 1 - np.clip(nearest, 0, clear) / clear
    return against


def _anchor_cost(
    units: _Units, boxes: FloatArray, spill: FloatArray
) -> tuple[FloatArray, BoolArray]:
    """Cost (n, c) of covering, or seeming to name, another unit; which do name it."""
    own = np.maximum(_gaps(units.anchors, boxes) - units.radii[:, None], 0)
    cost, wrong = np.zeros(own.shape), np.zeros(own.shape, dtype=np.bool_)
    row, other = _pairs_near(units, boxes, own.max(axis=1) + _CLEAR_MARGIN)
    if not row.size:
        return cost, wrong
    gap = _gaps(units.anchors[other], boxes[row])
    weight = np.where(other < row, _ANCHOR_COST[1], _ANCHOR_COST[0])
    # Pairs come row by row: each row is a run of them.
    first = np.flatnonzero(np.diff(row, prepend=-1))
    met = row[first]
    gap_to = np.maximum(gap - units.radii[other, None], 0)
    nearest = np.minimum.reduceat(gap_to, first)
    # A symbol beside is another to whom the name could be: by a margin that is seen.
    seen = gap_to - _OWN_FIRST * (units.radii[other, None] > 0)
    least = np.minimum.reduceat(seen, first)
    margin = (nearest - own[met]) / _CLEAR_MARGIN
    # Inside its own symbol a name is not ambiguous, whatever stands next to it.
    doubt = _BELONGING_COST * np.clip(1 - margin, 0, 2) * spill[met]
    cost[met] = np.add.reduceat((gap <= _EPS) * weight[:, None], first) + doubt
    bound = (_homed(units) & (units.radii > 0))[met, None]
    wrong[met] = bound & (least < own[met] - _EPS) & (spill[met] > 0)
    return cost, wrong


def _pairs_near(
    units: _Units, boxes: FloatArray, room: FloatArray
) -> tuple[IntArray, IntArray]:
    """Pairs of rows whose boxes have the anchor of another in or near them."""
    low, high = boxes[..., :2].min(axis=1), boxes[..., 2:].max(axis=1)
    reach = units.radii + room[:, None]
    near = np.ones(reach.shape, dtype=np.bool_)
    for side in (0, 1):
        anchors = units.anchors[:, side]
        near &= anchors + reach > low[:, side, None]
        near &= anchors - reach < high[:, side, None]
    np.fill_diagonal(near, val=False)
    row, other = np.nonzero(near)
    return row, other


def _gaps(points: FloatArray, boxes: FloatArray) -> FloatArray:
    """Distance (p, c) from each point to the boxes (p, c, 4) beside it, 0 inside."""
    spots = points[:, None, :]
    away = np.maximum(np.maximum(boxes[..., :2] - spots, spots - boxes[..., 2:]), 0)
    distance: FloatArray = np.hypot(away[..., 0], away[..., 1])
    return distance


def _cover_cost(units: _Units, row: int, boxes: FloatArray) -> FloatArray:
    """Cost (c,) of covering another unit; a leader tells which one is named."""
    index = _touching(units.anchors, np.full(len(units.anchors), _EPS), boxes)
    index = index[index != row]
    gap = _distance(units.anchors[index], boxes)
    weight = np.where(index < row, _ANCHOR_COST[1], _ANCHOR_COST[0])
    cost: FloatArray = ((gap <= _EPS) * weight).sum(axis=1)
    return cost


def _touching(points: FloatArray, reach: FloatArray, boxes: FloatArray) -> IntArray:
    """Rows of the points whose square of half side `reach` meets the boxes' hull."""
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    near = (points[:, 0] + reach > low[0]) & (points[:, 0] - reach < high[0])
    near &= (points[:, 1] + reach > low[1]) & (points[:, 1] - reach < high[1])
    return np.flatnonzero(near)


def _crossing_cost(units: _Units, row: int, lines: FloatArray) -> FloatArray:
    """Infinite cost (c,) of leaders (c, 4) that run over, or close to, a symbol."""
    start, step = lines[:, None, :2], (lines[:, 2:] - lines[:, :2])[:, None, :]
    to = units.discs[:, :2] - start
    length = np.maximum((step**2).sum(axis=2), _EPS)
    share = np.clip((to * step).sum(axis=2) / length, 0, 1)
    away = np.linalg.norm(to - share[..., None] * step, axis=2) - units.discs[:, 2]
    away[:, row] = np.inf
    least = np.where(units.discs[:, 2] > 0, SKIRTED, units.padding)
    return np.where((away < least).any(axis=1), np.inf, 0.0)


def _distance(points: FloatArray, boxes: FloatArray) -> FloatArray:
    """Distance (c, n) from boxes to points, 0 inside."""
    low = boxes[:, None, :2] - points
    high = points - boxes[:, None, 2:]
    away = np.maximum(np.maximum(low, high), 0)
    distance: FloatArray = np.hypot(away[..., 0], away[..., 1])
    return distance


# --- conflicts ------------------------------------------------------------------------


def _overlap(
    a: FloatArray, b: FloatArray, padding: float, leading: float = 0.0
) -> BoolArray:
    """Pairs (len(a), len(b)) of boxes closer than the padding; NaN never is.

    Those of one column are when they are no farther than two lines of one label.
    """
    room = padding - _EPS
    hit: BoolArray = (
        (a[:, None, 0] < b[None, :, 2] + room)
        & (b[None, :, 0] < a[:, None, 2] + room)
        & (a[:, None, 1] < b[None, :, 3] + room)
        & (b[None, :, 1] < a[:, None, 3] + room)
    )
    if leading > padding:
        room = leading - _EPS
        near = a[:, None, 1] < b[None, :, 3] + room
        near &= b[None, :, 1] < a[:, None, 3] + room
        one, two = np.nonzero(near & ~hit)
        a, b = a[one], b[two]
        shared = np.minimum(a[:, 2], b[:, 2]) - np.maximum(a[:, 0], b[:, 0])
        narrower = np.minimum(a[:, 2] - a[:, 0], b[:, 2] - b[:, 0])
        hit[one, two] = shared > _COLUMN * narrower
    return hit


def _conflicts(
    boxes: FloatArray,
    leaders: FloatArray,
    other_boxes: FloatArray,
    other_leaders: FloatArray,
    padding: float,
    leading: float = 0.0,
) -> BoolArray:
    """Pairs of labels that cannot both be drawn, by their boxes or their leaders."""
    hit = _overlap(boxes, other_boxes, padding, leading)
    led = np.flatnonzero(~np.isnan(leaders[:, 0]))
    other_led = np.flatnonzero(~np.isnan(other_leaders[:, 0]))
    if other_led.size:
        lines = other_leaders[other_led]
        hit[:, other_led] |= _segment_hits_box(lines, boxes, padding).T
    if led.size:
        hit[led] |= _segment_hits_box(leaders[led], other_boxes, padding)
    if led.size and other_led.size:
        cross = _segments_cross(leaders[led], other_leaders[other_led])
        hit[np.ix_(led, other_led)] |= cross
    return hit


def _segment_hits_box(
    segments: FloatArray, boxes: FloatArray, padding: float
) -> BoolArray:
    """Pairs (segments, boxes) that meet, by clipping the segment to the box."""
    start, step = segments[:, None, :2], (segments[:, 2:] - segments[:, :2])[:, None, :]
    # A null step is replaced by a tiny one: the slab test then needs no special case.
    step = np.where(np.abs(step) < _EPS, _EPS, step)
    room = padding / 2
    first = (boxes[None, :, :2] - room - start) / step
    last = (boxes[None, :, 2:] + room - start) / step
    enter = np.minimum(first, last).max(axis=2)
    leave = np.maximum(first, last).min(axis=2)
    hit: BoolArray = (enter <= leave) & (leave >= 0) & (enter <= 1)
    return hit


def _segments_cross(a: FloatArray, b: FloatArray) -> BoolArray:
    """Pairs of segments that cross properly."""

    def side(lines: FloatArray, points: FloatArray) -> FloatArray:
        step = lines[:, None, 2:] - lines[:, None, :2]
        to = points[None, :, :] - lines[:, None, :2]
        turn: FloatArray = step[..., 0] * to[..., 1] - step[..., 1] * to[..., 0]
        return turn

    across_a = side(a, b[:, :2]) * side(a, b[:, 2:]) < 0
    across_b = (side(b, a[:, :2]) * side(b, a[:, 2:]) < 0).T
    cross: BoolArray = across_a & across_b
    return cross


# --- search ---------------------------------------------------------------------------


def _greedy(cand: _Candidates, page: _Page) -> None:
    """Give each label, by priority, its cheapest free candidate."""
    n = len(cand.boxes)
    if n == 0:
        return
    first = cand.cost.argmin(axis=1)
    best, lines = (it[np.arange(n), first] for it in (cand.boxes, cand.leaders))
    none: BoolArray = np.isinf(cand.cost.min(axis=1))
    best[none], lines[none] = np.nan, np.nan
    room = (page.padding, page.leading)
    early = np.any(np.triu(_overlap(best, best, *room), 1), axis=1)
    meet = page.meet(best, lines, best, lines)
    barred = none.copy()
    for row in range(n):
        # The cheapest of all, where nothing bars it and it takes no other's.
        choice = int(first[row]) if not (barred[row] or early[row]) else -1
        if choice < 0 and not none[row]:
            choice = _cheapest(cand, page, row, best[row + 1 :])
        if choice < 0:
            continue
        page.put(row, choice, cand)
        if choice == first[row]:
            barred |= meet[:, row]
        else:
            box, line = cand.boxes[row, [choice]], cand.leaders[row, [choice]]
            barred |= page.meet(best, lines, box, line)[:, 0]


def _cheapest(cand: _Candidates, page: _Page, row: int, later: FloatArray) -> int:
    """Cheapest free candidate, those that take the best of later labels dearer; -1."""
    open_ = np.flatnonzero(np.isfinite(cand.cost[row]))
    hit, _ = page.conflicts(cand.boxes[row, open_], cand.leaders[row, open_])
    open_ = open_[~hit.any(axis=1)]
    if open_.size <= 1:
        return int(open_[0]) if open_.size else -1
    # Between equals, leave the best places of the next labels free.
    room = (page.padding, page.leading)
    taken = _overlap(cand.boxes[row, open_], later, *room).sum(axis=1)
    cost = cand.cost[row, open_] + _FORESIGHT_COST * taken
    return int(open_[np.argmin(np.round(cost, _DECIMALS))])


def _fill(cand: _Candidates, page: _Page) -> None:
    """Give those that are lost a place that misleads a little: none misleads more."""
    lost = page.choice < 0
    loose = replace(cand, cost=np.where(lost[:, None], cand.loose, cand.cost))
    for leading in dict.fromkeys((page.leading, 0.0)):
        page.leading = leading
        for row in np.flatnonzero(page.choice < 0).tolist():
            choice = _cheapest(loose, page, row, np.empty((0, 4)))
            at_once = (choice, -1, -1) if choice >= 0 else None
            found = at_once or _best_swap(loose, page, row, np.inf)
            _swap(loose, page, row, found)


def _swap(
    cand: _Candidates, page: _Page, row: int, found: tuple[int, int, int] | None
) -> None:
    """Move a blocker aside, if any, and put a label down where there is a place."""
    if found is None:
        return
    choice, blocker, other = found
    if blocker >= 0:
        page.put(blocker, other, cand)
    page.put(row, choice, cand)


def _rescue(cand: _Candidates, page: _Page) -> None:
    """Move a blocker aside when this lets a dropped or a badly placed label in."""
    for row in range(len(cand.boxes)):
        old = int(page.choice[row])
        now = float(cand.cost[row, old]) if old >= 0 else np.inf
        if now <= _GOOD_COST:
            continue
        page.lift(row)
        swap = _best_swap(cand, page, row, now - _MIN_GAIN)
        if swap is None:
            if old >= 0:
                page.put(row, old, cand)
            continue
        _swap(cand, page, row, swap)


def _best_swap(
    cand: _Candidates, page: _Page, row: int, limit: float
) -> tuple[int, int, int] | None:
    """Cheapest (choice of `row`, blocker or -1, choice of the blocker), if any."""
    usable = np.flatnonzero(cand.cost[row] < limit)
    hit, rows = page.conflicts(cand.boxes[row, usable], cand.leaders[row, usable])
    blockers = hit.sum(axis=1)
    # Each try searches the page once more: the cheapest ones are enough.
    order = np.argsort(cand.cost[row, usable], kind="stable")
    order = order[blockers[order] <= 1][:_MAX_TRIES]
    free: dict[int, FloatArray] = {}
    best: tuple[int, int, int] | None = None
    for place in order.tolist():
        choice = int(usable[place])
        blocker, other, loss = -1, -1, 0.0
        if blockers[place]:
            blocker = int(rows[hit[place].argmax()])
            if blocker not in free:
                free[blocker] = _free_cost(cand, page, blocker)
            other, loss = _escape(cand, page, blocker, free[blocker], (row, choice))
        total = round(float(cand.cost[row, choice]) + loss, _DECIMALS)
        if loss <= _MAX_SACRIFICE and total < limit:
            best, limit = (choice, blocker, other), total
    return best


def _free_cost(cand: _Candidates, page: _Page, row: int) -> FloatArray:
    """Costs (c,) of a placed label, infinite where another placed label stands."""
    open_ = np.flatnonzero(np.isfinite(cand.cost[row]))
    hit, rows = page.conflicts(cand.boxes[row, open_], cand.leaders[row, open_])
    free = open_[~hit[:, rows != row].any(axis=1)]
    cost = np.full(cand.cost.shape[1], np.inf)
    cost[free] = cand.cost[row, free]
    return cost


def _escape(
    cand: _Candidates,
    page: _Page,
    blocker: int,
    free: FloatArray,
    intruder: tuple[int, int],
) -> tuple[int, float]:
    """Cheapest place of the blocker beside the intruder, and what it loses there."""
    row, choice = intruder
    hit = page.meet(
        cand.boxes[blocker],
        cand.leaders[blocker],
        cand.boxes[row, choice : choice + 1],
        cand.leaders[row, choice : choice + 1],
    )
    cost = np.where(hit[:, 0], np.inf, free)
    other = int(cost.argmin())
    return other, float(cost[other] - cand.cost[blocker, page.choice[blocker]])


def _result(
    cand: _Candidates, page: _Page, rank: IntArray, origin: FloatArray
) -> PlacedLabels:
    """Back to the order of the input and to page coordinates, read-only."""
    n = rank.size
    boxes, leader = np.empty((n, 4)), np.empty((n, 4))
    boxes[rank] = page.boxes + np.tile(origin, 2)
    leader[rank] = page.leaders + np.tile(origin, 2)
    position = np.full(n, -1, dtype=np.int64)
    position[rank] = np.where(page.choice >= 0, cand.position[page.choice], -1)
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    placed: BoolArray = position >= 0
    for array in (x, y, placed, position, leader, boxes):
        array.flags.writeable = False
    return PlacedLabels(x, y, placed, position, leader, boxes)


# --- names ----------------------------------------------------------------------------

# A line that ends with one of these words leaves the reader waiting for the noun.
_ARTICLES: Final = ("le", "la", "les", "l", "de", "du", "des", "d", "au", "aux")
_LINKS: Final = ("en", "lès", "lez", "sous", "sur", "à", "et")
_TITLES: Final = ("saint", "sainte", "st", "ste")
_PROCLITICS: Final = frozenset((*_ARTICLES, *_LINKS, *_TITLES))


def split_label(name: str, limit: int) -> str:
    r"""Break a long French place name on two lines.

    Parameters
    ----------
    name : str
        Name of a commune, or of any place.
    limit : int
        Names of at most `limit` characters stay on one line.

    Returns
    -------
    str
        The name with at most one line feed, at the hyphen or the space nearest the
        middle. The hyphen stays at the end of the first line, the space disappears.

    Notes
    -----
    There is never a break after an elided article (*d'*, *l'*), and none after
    *le, la, les, en, lès, lez, sous, sur*, another small word or *Saint* as long as
    the name offers another break.

    Examples
    --------
    >>> split_label("Noyelles-sous-Lens", 12)
    'Noyelles-\nsous-Lens'
    >>> split_label("Lens", 12)
    'Lens'
    """
    name = name.strip()
    if len(name) <= limit or "\n" in name:
        return name
    breaks = []
    joined = " " in name and name.count("-") == 1
    for at, char in enumerate(name[1:-1], start=1):
        if char not in " -":
            continue
        head = name[: at + 1].rstrip()
        tail = name[at + 1 :].lstrip()
        if head.endswith(("'", "’")) or tail.startswith("-"):
            continue
        word = head.rstrip("-").replace("-", " ").split(" ")[-1]
        unbalance = abs(len(head) - len(tail))
        # « CA de / Lens-Liévin »: what hyphens join is one name beside words.
        torn = joined and char == "-"
        small = word.lower() in _PROCLITICS
        breaks.append((torn, small, unbalance, at, f"{head}\n{tail}"))
    return min(breaks)[-1] if breaks else name
