"""Flows between territories: lines as wide as they are large, both ways apart."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.collections import PolyCollection
from matplotlib.patches import Polygon
from numpy.typing import NDArray

from basinmap.arguments import check_given
from basinmap.errors import (
    BasinmapWarning,
    CodeError,
    ColumnError,
    DataError,
    MeasureError,
    culprits,
)
from basinmap.maps.layers.doors import enter, leave
from basinmap.maps.layers.drawing import free_spot, inked, remember
from basinmap.maps.look.themes import (
    MM_PER_POINT,
    Theme,
    font,
    settings,
    text_width,
    wrapped,
)
from basinmap.maps.paper.alternatives import BETWEEN, Sentence, Told, told
from basinmap.maps.paper.pens import (
    ROW,
    Pen,
    block_height,
    draw_block,
    heading_height,
    write_heading,
)
from basinmap.maps.paper.sheets import MapAxes
from basinmap.maps.paper.stack import STACK
from basinmap.measures import QUALIFIERS, STATES, Measure, Stock, state_column
from basinmap.typography import capital, number, percent, shortest, typeset
from basinmap.values.checks import amounts, check_states, kind_of
from basinmap.values.told import measures_of, told_of

__all__ = ["draw_links"]

Floats = NDArray[np.float64]

_ENDS: Final = ["origin", "destination"]
_NODE: Final = 0.6
"""Radius of a place, in millimetres."""
_ROOM: Final = 0.35
"""From a place to where a line starts or ends, in millimetres."""
_APART: Final = 0.12
"""From the axis to each of the two ways, in millimetres."""
_LEAST: Final = 0.1
"""Millimetres under which a line is no longer seen in print."""
_SAMPLE: Final = 13.0
_LEADING: Final = 3.0
_THICK: Final = 0.6
"""Millimetres from which a line makes a name over it hard to read."""
_NARROWEST: Final = 1.0
_WIDEST: Final = 4.0


@dataclass(frozen=True, slots=True)
class LinksBlock:
    """
    Lines of three widths, and what is not drawn.

    Attributes
    ----------
    title
        Heading.
    values, widths
        Amounts, largest first, and their widths in millimetres.
    color
        Of the lines.
    directed
        Whether they have a head.
    lines
        Sentences under them: threshold, number, share, what is left out.
    """

    title: str
    values: tuple[float, ...]
    widths: tuple[float, ...]
    color: str
    directed: bool
    lines: tuple[str, ...]


class _Flows(NamedTuple):
    """Flows from one code to another, and why some are missing."""

    table: pd.DataFrame  # origin, destination, value
    states: pd.Series
    given: pd.Series  # with what they say of themselves
    measure: Measure

    @property
    def label(self) -> str:
        """What is counted, with a capital."""
        told = told_of(self.given).label or self.measure.label
        return capital(str(told or self.given.name))


def draw_links(
    ax: MapAxes,
    units: gpd.GeoDataFrame,
    flows: pd.Series | pd.DataFrame,
    *,
    threshold: float,
    directed: bool = True,
    color: str = "#225e98",
    widest_mm: float | None = None,
    title: str | None = None,
) -> None:
    r"""
    Draw flows as lines whose width is proportional to them, large ones first.

    Parameters
    ----------
    ax
        The map of `page`.
    units
        Polygons or points in EPSG:2154 that hold every code of the flows. Territories
        outside are grouped before, each group with a code and a place of its own; one
        out of the frame is brought to its edge, with its `name` on it.
    flows
        A stock, on an index of two levels, origin then destination; or a table of
        `origin`, `destination` and one column of values, as `rebase_flows` gives.
    threshold
        Flows from it on are drawn; the legend says how many are not, and their share.
    directed
        Whether each way is drawn, as half an arrow on the right of its way; otherwise
        both ways are added up.
    color
        Of the lines.
    widest_mm
        Width of the largest flow on paper; by default 1 to 4 mm, as much as leaves no
        line wider than a third of its length.
    title
        Heading of the legend; by default the label of the stock.

    Raises
    ------
    MeasureError
        If the flows are declared as a rate.
    CodeError
        If a code of the flows is not in `units`.
    ColumnError
        If the table has no `origin`, no `destination`, or not one column of values.
    DataError
        If a value is negative or infinite, a pair is repeated, two places are one,
        nothing reaches the threshold, or an option makes no sense.
    CRSError
        If the units are not in EPSG:2154.

    Warns
    -----
    BasinmapWarning
        If some lines are too thin to be seen in print, with the threshold that would
        leave them out.

    Notes
    -----
    Flows inside a unit are not drawn, and count in no share; the legend says their
    sum. A line runs from the representative point of a unit to that of another.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> lens = bm.communes(epci="call")
    >>> table = pd.DataFrame(
    ...     {
    ...         "origin": ["62498", "62510", "62498", "62065"],
    ...         "destination": ["62510", "62498", "62498", "62498"],
    ...         "workers": [900, 1_200, 5_000, 40],
    ...     }
    ... )
    >>> fig, ax = bm.page(lens, title="Navettes")
    >>> bm.draw_links(ax, lens, table, threshold=50)
    >>> ax.blocks[0].lines[0].split(", ")[0]
    'Flux d’au moins 50\xa0: 2 tracés sur 3'
    """
    check_given(draw_links, locals())
    enter(ax, units)
    color = inked(ax, color)
    _check_options(threshold, widest_mm)
    found = _read(flows)
    _check_codes(units, found.table)
    between, inside = _apart(found.table, directed=directed)
    drawn = between[between["value"] >= threshold]
    drawn = drawn.sort_values("value", ascending=False, kind="stable")
    if between.empty:
        msg = "no flow between two units: all of them stay inside their unit"
        raise DataError(msg)
    if drawn.empty:
        msg = (
            f"none of {len(between)} flows between two units reaches "
            f"threshold={threshold:g}; the largest is {between['value'].max():g}"
        )
        raise DataError(msg)
    largest = float(drawn["value"].iloc[0])
    starts, ends = _lines(ax, units, drawn)
    shares = drawn["value"].to_numpy() / largest
    widest = widest_mm or _widest(starts, ends, shares, ax.plan.zoom)
    _check_widths(widest * shares, largest, widest)
    _add_lines(ax, starts, ends, widest * shares, color, directed=directed)
    _keep_clear(ax, drawn, starts, ends, widest * shares, directed=directed)
    samples = _samples(threshold, largest, widest)
    heading = title if title is not None else found.label
    block = LinksBlock(
        title=typeset(heading),
        values=tuple(samples),
        widths=tuple(widest * value / largest for value in samples),
        color=color,
        directed=directed,
        lines=_account(found, between, drawn, inside, threshold, directed=directed),
    )
    ax.credits.update(dict.fromkeys(filter(None, [found.measure.source])))
    remember(ax, found.given)
    leave(ax, block, on=units)


# -- the door ---------------------------------------------------------------------


def _check_options(threshold: float, widest: float | None) -> None:
    if not 0 <= threshold < math.inf:
        msg = f"threshold={threshold}: give the least flow that is drawn, such as 50"
        raise DataError(msg)
    if widest is not None and not 0 < widest < math.inf:
        msg = f"widest_mm={widest}: give the width of the largest flow, in mm"
        raise DataError(msg)


def _read(flows: pd.Series | pd.DataFrame) -> _Flows:
    """Return flows as a table, checked."""
    table, states, values = _long(flows)
    kind = kind_of(values) or "stock"
    name = str(values.name)
    if kind != "stock":
        msg = f"{name!r} is a {kind}: the width of a line shows an amount; pass a stock"
        raise MeasureError(msg)
    twice = table[table.duplicated(_ENDS)]
    if len(twice):
        msg = f"{len(twice)} pair(s) stand more than once: {_told(twice)}; sum them"
        raise DataError(msg)
    lost = table[table[_ENDS].isna().any(axis=1)]
    if len(lost):
        msg = f"{len(lost)} flow(s) without origin or destination; drop them first"
        raise DataError(msg)
    measure = measures_of(values).get(name, Stock())
    return _Flows(table, states, values, measure)


def _long(flows: pd.Series | pd.DataFrame) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Return origin, destination and value by row; their states; the values given."""
    if not isinstance(flows, pd.Series | pd.DataFrame):
        msg = f"flows: need a Series or a table, got {type(flows).__name__}"
        raise DataError(msg)
    states = pd.Series("", index=range(len(flows)), dtype=object)
    if isinstance(flows, pd.DataFrame):
        column = _value_column(flows)
        values = flows[column]
        ends = [flows[end].to_numpy() for end in _ENDS]
        if state_column(column) in flows.columns:
            states[:] = flows[state_column(column)].fillna("").to_numpy()
    elif isinstance(flows.index, pd.MultiIndex) and flows.index.nlevels == 2:
        values = flows
        ends = [flows.index.get_level_values(level).to_numpy() for level in (0, 1)]
        told = told_of(flows).states
        states[:] = [told.get(pair, "") for pair in flows.index]
    else:
        msg = (
            "flows need an index of two levels, origin then destination: write "
            "table.set_index(['home', 'work'])['workers']"
        )
        raise DataError(msg)
    if not len(flows):
        msg = "no flow: the selection is empty"
        raise DataError(msg)
    table = pd.DataFrame(dict(zip(_ENDS, ends, strict=True)))
    named = values.set_axis([f"{a} → {b}" for a, b in zip(*ends, strict=True)])
    table["value"] = amounts(named, "flows").to_numpy()
    check_states(values.reset_index(drop=True), states.to_dict())
    missing = table["value"].isna()
    states = states.mask(missing & ~states.isin(list(STATES)), "not_available")
    return table, states, values


def _value_column(flows: pd.DataFrame) -> str:
    others = [name for name in flows.columns if name not in _ENDS]
    columns = [
        name for name in others if name not in {state_column(other) for other in others}
    ]
    if len(columns) != 1 or not set(_ENDS) <= set(flows.columns):
        msg = (
            "flows need columns 'origin', 'destination' and one of values; found "
            f"{culprits(flows.columns, most=8) or 'nothing'}; rename or drop"
        )
        raise ColumnError(msg)
    return str(columns[0])


def _told(table: pd.DataFrame) -> str:
    return culprits(f"{a} → {b}" for a, b in table[_ENDS].itertuples(index=False))


def _check_codes(units: gpd.GeoDataFrame, table: pd.DataFrame) -> None:
    codes = pd.unique(table[_ENDS].to_numpy().ravel())
    unknown = sorted(str(code) for code in codes if code not in units.index)
    if unknown:
        msg = (
            f"{len(unknown)} code(s) of the flows are not in units: "
            f"{culprits(unknown)}; group those outside under a code with a place of "
            "its own in units, or drop their flows"
        )
        raise CodeError(msg)


def _apart(table: pd.DataFrame, *, directed: bool) -> tuple[pd.DataFrame, float]:
    """Return flows between two units, above zero, and the sum of those inside one."""
    own = table["origin"] == table["destination"]
    between = table[~own & (table["value"] > 0)]
    if not directed:
        low, high = (between[end].to_numpy() for end in _ENDS)
        back = low > high
        ends = {"origin": np.where(back, high, low)}
        ends["destination"] = np.where(back, low, high)
        between = between.assign(**ends).groupby(_ENDS, as_index=False)["value"].sum()
    return between, float(table.loc[own, "value"].sum())


def _check_widths(widths: Floats, largest: float, widest: float) -> None:
    thin = int((widths < _LEAST).sum())
    if thin:
        enough = math.ceil(largest * _LEAST / widest)
        warnings.warn(
            f"{thin} of {len(widths)} lines are thinner than {_LEAST} mm, which print "
            f"loses: pass threshold={enough} or more, or a larger widest_mm",
            BasinmapWarning,
            stacklevel=3,
        )


# -- places -----------------------------------------------------------------------


def _places(
    ax: MapAxes, units: gpd.GeoDataFrame, drawn: pd.DataFrame
) -> tuple[dict[object, Floats], dict[object, Floats]]:
    """
    Return where lines meet, and what room each place takes around it.

    Returns
    -------
    places
        By code, millimetres in the frame.
    rooms
        By code, half width and half height of the name at the edge of the frame; NaN
        for a place on the map.
    """
    sums = (
        pd.concat([drawn.set_index(end)["value"] for end in _ENDS])
        .groupby(level=0, sort=True)
        .sum()
    )
    codes = sums.sort_values(ascending=False, kind="stable").index
    chosen = units.loc[codes]
    points = shapely.point_on_surface(chosen.geometry.array)
    spots = ax.to_mm(shapely.get_coordinates(points))
    size = np.array(ax.plan.frame[2:])
    there = ((spots >= 0) & (spots <= size)).all(axis=1)
    places: dict[object, Floats] = dict(zip(codes, spots, strict=True))
    rooms: dict[object, Floats] = dict.fromkeys(codes, np.full(2, np.nan))
    for code in codes[there]:
        x, y = places[code].tolist()
        ax.symbols[str(code)] = (x, y, _NODE * ax.plan.zoom)
    for code in codes[~there]:
        name = chosen.loc[code, "name"] if "name" in chosen else code
        places[code], rooms[code] = _at_the_edge(ax, places[code], str(name))
    _check_places(places)
    _add_nodes(ax, np.array([places[code] for code in codes[there]]))
    return places, rooms


def _check_places(places: dict[object, Floats]) -> None:
    spots = pd.Series([tuple(spot.round(3)) for spot in places.values()], list(places))
    same = spots.index[spots.duplicated(keep=False)]
    if len(same):
        msg = f"{len(same)} units have one place: {culprits(same)}; keep one of them"
        raise DataError(msg)


def _at_the_edge(ax: MapAxes, spot: Floats, name: str) -> tuple[Floats, Floats]:
    """Write the name of what is out of the frame where the way there leaves it."""
    theme = ax.plan.theme
    style = font(theme.narrow, theme.label, weight=500)
    text = typeset(name)
    half = np.array(
        [text_width(text, style) / 2 + 0.9, theme.label * MM_PER_POINT * 0.5 + 0.7]
    )
    size = np.array(ax.plan.frame[2:])
    room = size / 2 - half - 0.8  # from the centre of the frame to that of the text
    way = spot - size / 2
    goal = way * min(room / np.maximum(np.abs(way), 1e-9))
    around = _around(room)
    near = around[np.argsort(np.hypot(*(around - goal).T), kind="stable")]
    tried = np.concatenate([[goal], near]) + size / 2
    found = free_spot(ax, ax.to_metres(tried), *half.tolist())
    centre = tried[0] if found is None else ax.to_mm(np.array([found]))[0]
    x, y = ax.to_metres(centre[None])[0].tolist()
    with settings():
        ax.text(
            x,
            y,
            text,
            font=style,
            color=theme.ink,
            ha="center",
            va="center",
            zorder=STACK["distances"],
            bbox={"boxstyle": "round,pad=0.25", "fc": theme.halo, "ec": theme.soft},
        )
    return centre, half


def _around(room: Floats) -> Floats:
    """Return points along a rectangle, 2 mm apart."""
    x, y = (np.arange(-side, side, 2.0) for side in room.tolist())
    sides = [(x, np.full(len(x), s * room[1])) for s in (-1, 1)]
    sides += [(np.full(len(y), s * room[0]), y) for s in (-1, 1)]
    return np.concatenate([np.column_stack(side) for side in sides])


def _add_nodes(ax: MapAxes, spots: Floats) -> None:
    if not len(spots):
        return
    where = ax.to_metres(spots)
    with settings():
        ax.scatter(
            where[:, 0],
            where[:, 1],
            s=(2 * _NODE * ax.plan.zoom / MM_PER_POINT) ** 2,
            facecolor=ax.plan.theme.ink,
            edgecolor=ax.plan.theme.halo,
            linewidth=0.4 * ax.plan.zoom,
            zorder=STACK["nodes"],
            label="_nodes",
        )


# -- lines ------------------------------------------------------------------------


def _lines(
    ax: MapAxes, units: gpd.GeoDataFrame, drawn: pd.DataFrame
) -> tuple[Floats, Floats]:
    """Return where lines start and end, in millimetres, clear of their places."""
    places, rooms = _places(ax, units, drawn)
    starts, ends = (np.array([places[code] for code in drawn[e]]) for e in _ENDS)
    way = ends - starts
    length = np.hypot(*way.T)
    along = way / length[:, None]
    zoom = ax.plan.zoom
    gaps = [
        _gap(np.array([rooms[code] for code in drawn[e]]), along, zoom) for e in _ENDS
    ]
    # Neighbours that nearly touch still get some line between them.
    squeeze = np.minimum(1.0, 0.5 * length / (gaps[0] + gaps[1]))
    return (
        starts + along * (gaps[0] * squeeze)[:, None],
        ends - along * (gaps[1] * squeeze)[:, None],
    )


def _widest(starts: Floats, ends: Floats, shares: Floats, zoom: float) -> float:
    """Return the width of the largest flow, such that short lines are no blocks."""
    length = np.hypot(*(ends - starts).T)
    return float(
        np.clip((length / 3 / shares).min(), _NARROWEST * zoom, _WIDEST * zoom)
    )


def _add_lines(
    ax: MapAxes,
    starts: Floats,
    ends: Floats,
    widths: Floats,
    color: str,
    *,
    directed: bool,
) -> None:
    shapes = outlines(starts, ends, widths, directed=directed)
    corners = ax.to_metres(shapes.reshape(-1, 2)).reshape(shapes.shape)
    with settings():
        lines = PolyCollection(
            list(corners),
            facecolors=color,
            edgecolors=ax.plan.theme.halo,
            linewidths=0.25 * ax.plan.zoom,
            zorder=STACK["symbols"],
            label="links",
        )
        ax.add_collection(lines, autolim=False)


def _keep_clear(
    ax: MapAxes,
    drawn: pd.DataFrame,
    starts: Floats,
    ends: Floats,
    widths: Floats,
    *,
    directed: bool,
) -> None:
    """Leave word of thick lines, which no name is read upon: discs all along them."""
    way = ends - starts
    length = np.hypot(*way.T)
    along = way / length[:, None]
    right = np.column_stack([along[:, 1], -along[:, 0]])
    aside = right * (_APART + widths / 2)[:, None] if directed else 0.0 * right
    pairs = drawn[_ENDS].itertuples(index=False)
    for i, (one, other) in enumerate(pairs):
        if widths[i] < _THICK * ax.plan.zoom:
            continue
        count = max(2, round(float(length[i] / widths[i])))
        for j, share in enumerate(np.linspace(0.0, 1.0, count).tolist()):
            x, y = (starts[i] + way[i] * share + aside[i]).tolist()
            place = f"{one}{BETWEEN}{other}{BETWEEN}{j}"
            ax.symbols[place] = (x, y, float(widths[i]) / 2)


def _gap(rooms: Floats, along: Floats, zoom: float) -> Floats:
    """Return how far from a place a line stops, on its way to another."""
    sides = rooms / np.maximum(np.abs(along), 1e-9)
    beside = np.where(np.isnan(rooms[:, 0]), _NODE * zoom, np.min(sides, axis=1))
    return beside + _ROOM * zoom


def outlines(start: Floats, end: Floats, widths: Floats, *, directed: bool) -> Floats:
    """
    Return lines as polygons: half arrows on the right of their way, or bars.

    Parameters
    ----------
    start, end
        (n, 2) millimetres.
    widths
        Of the lines, in millimetres.
    directed
        Whether they have a head.

    Returns
    -------
    array
        (n, 5, 2) or (n, 4, 2) millimetres.

    Examples
    --------
    >>> import numpy as np
    >>> north = np.array([[0.0, 0.0]]), np.array([[0.0, 9.0]])
    >>> outlines(*north, np.array([2.0]), directed=False)[0].tolist()
    [[-1.0, 0.0], [-1.0, 9.0], [1.0, 9.0], [1.0, 0.0]]
    >>> bool((outlines(*north, np.array([2.0]), directed=True)[..., 0] > 0).all())
    True
    """
    way = end - start
    length = np.hypot(*way.T)
    along = way / length[:, None]
    right = np.column_stack([along[:, 1], -along[:, 0]])
    if not directed:
        half = right * widths[:, None] / 2
        return np.stack([start - half, end - half, end + half, start + half], axis=1)
    head = np.minimum(np.maximum(1.5, 1.3 * widths), 0.5 * length)
    barb = np.maximum(0.45, 0.45 * widths)
    neck = end - along * head[:, None]
    inner, outer = right * _APART, right * (_APART + widths)[:, None]
    tip = right * (_APART + widths + barb)[:, None]
    corners = [start + inner, end + inner, neck + tip, neck + outer, start + outer]
    return np.stack(corners, axis=1)


# -- the legend -------------------------------------------------------------------


def _samples(threshold: float, largest: float, widest: float) -> list[float]:
    """Return three round amounts: near the largest, near the least, in between."""
    least = max(threshold, largest * _LEAST / widest)
    power = 10.0 ** math.floor(math.log10(largest))
    found = [largest]
    for factors in ((5, 2, 1), (8, 6, 5, 4, 3, 2.5, 2, 1.5, 1)):
        steps = [f * power / 10**k for k in range(5) for f in factors]
        fit = [value for value in steps if least <= value <= largest * (1 + 1e-12)]
        found = fit or found
        if len(found) >= 3:
            break
    kept = {found[0], found[len(found) // 2], found[-1]}
    return sorted(kept, reverse=True)


def _account(
    found: _Flows,
    between: pd.DataFrame,
    drawn: pd.DataFrame,
    inside: float,
    threshold: float,
    *,
    directed: bool,
) -> tuple[str, ...]:
    """Return what the legend says of what is drawn, and of what is not."""
    told = told_of(found.given).unit or found.measure.unit
    unit = f" {told}" if told else ""
    share = percent(100 * float(drawn["value"].sum() / between["value"].sum()))
    both = "" if directed else ", deux sens confondus"
    plural = "tracés" if len(drawn) > 1 else "tracé"
    counted = f"{number(len(drawn))} {plural} sur {number(len(between))}"
    at_least = f"d'au moins {shortest(threshold)}{unit}{both}"
    lines = [f"Flux {at_least} : {counted}, soit {share} du total hors flux internes"]
    if inside > 0:
        amount = f"{shortest(inside)}{unit}"
        lines.append(f"Flux internes aux territoires, non tracés : {amount}")
    for state, meaning in {**STATES, **QUALIFIERS}.items():
        count = int((found.states == state).sum())
        if count:
            lines.append(f"{meaning} : {number(count)} flux")
    return tuple(typeset(line) for line in lines)


def _heights(block: LinksBlock) -> list[float]:
    """Return the height of each sample, its head included."""
    return [max(ROW, 1.45 * width + 1.6) for width in block.widths]


def _wrapped(block: LinksBlock, width: float, theme: Theme) -> Iterable[list[str]]:
    style = font(theme.family, theme.small)
    return [wrapped(line, width, style) for line in block.lines]


@block_height.register
def _(block: LinksBlock, width: float, theme: Theme) -> float:
    texts = sum(_LEADING * len(lines) + 0.6 for lines in _wrapped(block, width, theme))
    rows = sum(_heights(block))
    return heading_height(block.title, width, theme) + rows + texts + 1.0


@draw_block.register
def _(block: LinksBlock, pen: Pen) -> None:
    y = write_heading(pen, block.title)
    along = np.array([_SAMPLE, 0.0])
    for value, width, height in zip(
        block.values, block.widths, _heights(block), strict=True
    ):
        middle = y + height / 2
        # A half arrow lies on one side of its axis: bring it to the middle.
        level = pen.y - middle + (width / 2 + _APART if block.directed else 0.0)
        start = np.array([[pen.x, level]])
        thick = np.array([width])
        (shape,) = outlines(start, start + along, thick, directed=block.directed)
        pen.paper.add_patch(Polygon(shape, fc=block.color, ec="none"))
        pen.write(_SAMPLE + 2.5, middle + 0.95, shortest(value))
        y += height
    y += 1.0
    for lines in _wrapped(block, pen.width, pen.theme):
        for line in lines:
            y += _LEADING
            pen.write(0, y - 0.7, line, size=pen.theme.small, color=pen.theme.soft)
        y += 0.6


@told.register
def _(block: LinksBlock) -> Told:
    amounts = tuple(map(shortest, block.values))
    lead = f"{block.title}, largeur proportionnelle ; repères de la légende"
    return Told("de flux", (Sentence(lead, amounts), *map(Sentence, block.lines)))
