"""What layers share: checks, outlines as paths, entries of the legend, credits."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.colors import is_color_like, to_hex, to_rgb, to_rgba

from basinmap.errors import BasinmapWarning, DataError, culprits
from basinmap.maps.classing.classes import signed
from basinmap.maps.classing.figures import decimals_of
from basinmap.maps.look.fills import STATE_EDGE, STATE_FILL, class_colors
from basinmap.maps.look.palettes import (
    QUALITATIVE,
    levels_from,
    qualitative_colors,
    sequential_colors,
)
from basinmap.maps.look.themes import settings
from basinmap.maps.look.vision import (
    DEFICIENCIES,
    LEAST_DIFFERENCE,
    least_color_difference,
    own_colors,
    seen,
)
from basinmap.maps.paper.blocks import ClassesBlock, KeyBlock, Swatch
from basinmap.maps.paper.guards import frame_of, near_rows, rows_in, shapes_of
from basinmap.maps.paper.kept import Kept
from basinmap.maps.paper.precision import tell_outlines
from basinmap.maps.paper.shapes import Shapes, outline_path
from basinmap.maps.paper.sheets import MapAxes, Tint
from basinmap.maps.paper.stack import STACK
from basinmap.measures import QUALIFIERS, STATES
from basinmap.territory.former import strangers
from basinmap.typography import capital, number, typeset, uncapital
from basinmap.values.checks import (
    check_geography,
    check_matched,
    check_series,
    check_states,
    geography_of,
    level_of,
    name_of,
    states_beside,
    vintage_of,
)
from basinmap.values.prints import Held
from basinmap.values.told import Told, carry, fact_of, fresh, retell, told_of, upheld

__all__ = [
    "FRAGILE",
    "FRAGILE_EDGE",
    "PALEST",
    "STATE_EDGE",
    "STATE_FILL",
    "add_key",
    "caution_look",
    "caution_of",
    "checked_width",
    "class_colors",
    "classes_block",
    "fill_shapes",
    "fill_states",
    "fragile_in",
    "frame_box",
    "free_spot",
    "heading_of",
    "in_frame",
    "inked",
    "kind_colors",
    "merged",
    "naming",
    "on_units",
    "plural_of",
    "remember",
    "rows_in_frame",
    "state_fill",
    "state_swatches",
    "states_of_classes",
    "stroke_on",
    "tell_vintages",
    "textured",
    "textured_colors",
]

_WIDER: Final = 1.6
"""How many times wider a line, or a marker, must be to be told from another."""

NEGATIVE: Final = "\\\\\\"
"""Hatch of the classes below a pivot: against the slope of what is secret."""
FRAGILE: Final = "|||"
"""Hatch of what is to be read with care: upright, as that of nothing else."""
FRAGILE_EDGE: Final = "#a3a8b1"
"""Its ink: paler than that of borders, for it may cover most of a map."""
_QUIET: Final = ("||", "#c0c4cb")
"""Hatch and ink of areas where most are: strokes would be louder than what is firm."""
PALEST: Final = "#f4f4f4"
"""Fill of what is to be read with care, whatever its class: that of its key."""


def textured_colors(classes: pd.Series) -> tuple[list[str], tuple[str, ...]]:
    """
    Return greys that tell how far classes are from their pivot, and hatches the side.

    Two sides of one grey would be one after a photocopy: what is below the pivot is
    hatched, whatever its shade.

    Parameters
    ----------
    classes
        What `classify` returned, with a pivot.

    Returns
    -------
    colors, hatches
        One a class, lowest first; a hatch is empty above the pivot.

    Examples
    --------
    >>> gaps = pd.Series([-4.0, -1.0, 2.0, 6.0])
    >>> from basinmap.maps.classing.classes import classify
    >>> colors, hatches = textured_colors(classify(gaps, breaks=[-2, 0, 3], pivot=0))
    >>> colors[1] == colors[2], [bool(hatch) for hatch in hatches]
    (True, [True, True, False, False])
    """
    below, above = levels_from(fact_of(classes, "pivot"), fact_of(classes, "breaks"))
    levels = [*below, *above]
    shades = sequential_colors("greys", max(*levels, 1) + 1)
    return [shades[level] for level in levels], textured(classes)


def textured(classes: pd.Series) -> tuple[str, ...]:
    """
    Return the hatch of each class: those below the pivot have one.

    Parameters
    ----------
    classes
        What `classify` returned, with a pivot.
    """
    pivot, breaks = fact_of(classes, "pivot"), fact_of(classes, "breaks")
    below = sum(b <= pivot for b in breaks)
    above = len(classes.cat.categories) - below
    return (*[NEGATIVE] * below, *[""] * above)


def fragile_in(classes: pd.Series) -> pd.Series:
    """
    Tell which values are set apart, as rates over too few.

    Parameters
    ----------
    classes
        What `classify(…, firm=True)` returned; of other classes, none is.
    """
    if not fact_of(classes, "firm", default=False):
        return pd.Series(data=False, index=classes.index)
    # By arrays: pandas would copy all that is told of the classes at each step.
    few = classes.index.isin(list(told_of(classes).fragile))
    return pd.Series(~classes.array.isna() & few, index=classes.index)


def caution_look(classes: pd.Series) -> tuple[str, str]:
    """
    Return hatch and ink of what is to be read with care, quiet where it is most.

    Parameters
    ----------
    classes
        What `classify` returned. It tells of all values, not of those that are drawn:
        maps, insets and pages that share classes share a look.
    """
    most = fact_of(classes, "mostly_fragile", default=False)
    return _QUIET if most else (FRAGILE, FRAGILE_EDGE)


def stroke_on(color: str) -> str:
    """
    Return white or a middle grey, for strokes to be seen on a grey.

    Parameters
    ----------
    color
        A grey.

    Examples
    --------
    >>> stroke_on("#222222"), stroke_on("#eeeeee")
    ('#ffffff', '#868b95')
    """
    return "#ffffff" if to_rgb(color)[1] < 0.6 else "#868b95"


def plural_of(level: str) -> str:
    """
    Return what is counted in French, such as « communes », or nothing.

    Parameters
    ----------
    level
        Level of the units, or nothing.

    Examples
    --------
    >>> plural_of("commune"), plural_of("epci")
    ('communes', 'EPCI')
    """
    told = {"": "", "epci": "EPCI", "scot": "SCoT", "iris": "Iris", "group": "groupes"}
    return told.get(level, f"{level}s")


def frame_box(ax: MapAxes, margin_mm: float) -> shapely.Polygon:
    """
    Return the frame in map metres, drawn in by a margin.

    Parameters
    ----------
    ax
        The map of `page`.
    margin_mm
        Margin in millimetres.
    """
    width, height = ax.plan.frame[2:]
    corners = np.array([[margin_mm] * 2, [width - margin_mm, height - margin_mm]])
    return shapely.box(*ax.to_metres(corners).ravel())


def add_key(ax: MapAxes, swatch: Swatch) -> None:
    """
    Add a line to the key of the legend.

    Parameters
    ----------
    ax
        The map of `page`.
    swatch
        What to add.

    Warns
    -----
    BasinmapWarning
        If its colour is hardly told from that of an entry of the same shape.
    """
    _check_told_apart(ax, swatch)
    for position, block in enumerate(ax.blocks):
        if isinstance(block, KeyBlock):
            if swatch not in block.swatches:
                ax.blocks[position] = KeyBlock((*block.swatches, swatch))
            return
    ax.blocks.append(KeyBlock((swatch,)))


def _check_told_apart(ax: MapAxes, swatch: Swatch) -> None:
    """Warn of two entries that differ by colours hardly told apart, or not at all."""
    there = [
        other
        for block in ax.blocks
        for other in getattr(block, "swatches", ())
        if isinstance(other, Swatch) and _alike(other, swatch)
    ]
    visions = ("normal", *DEFICIENCIES, *(("grey",) if ax.plan.theme.grey else ()))
    for other in there:
        pair = [other.color, swatch.color]
        for vision in visions:
            apart = least_color_difference(pair, vision=vision)
            if apart < LEAST_DIFFERENCE:
                seen_as = "" if vision == "normal" else f" with {vision}"
                warnings.warn(
                    f"{other.label!r} and {swatch.label!r} look alike{seen_as}: "
                    f"{pair[0]} and {pair[1]} are {apart:.1f} apart, "
                    f"{LEAST_DIFFERENCE:g} needed; give one another colour, marker, "
                    "width or dashes",
                    BasinmapWarning,
                    stacklevel=4,
                )
                return


def _alike(one: Swatch, other: Swatch) -> bool:
    """Tell whether only their colours tell two entries apart."""
    if one.label == other.label or one.shape != other.shape or one.shape == "none":
        return False
    if one.shape == "limit" and one.edge != other.edge:
        return False
    if "none" in (one.color, other.color) or one.hatch or other.hatch:
        return False
    if one.shape == "line":
        widths = sorted((one.width, other.width))
        return one.dashes == other.dashes and widths[1] < _WIDER * widths[0]
    if one.shape not in ("box", "disc"):
        sizes = sorted((one.size, other.size))
        return sizes[1] < _WIDER * sizes[0]
    return True


def inked(ax: MapAxes, color: str) -> str:
    """
    Return a colour as the theme of the sheet prints it.

    Parameters
    ----------
    ax
        The map of `page`.
    color
        A colour matplotlib knows.

    Raises
    ------
    DataError
        If it is none.
    """
    if not is_color_like(color):
        msg = f"unknown color {color!r}; write such as '#225e98'"
        raise DataError(msg)
    return seen([color], "grey")[0] if ax.plan.theme.grey else color


def checked_width(size: float, name: str, unit: str, *, least: float = 1e-3) -> float:
    """
    Return a size that can be drawn.

    Parameters
    ----------
    size
        What was given.
    name, unit
        Of the argument, for the message.
    least
        The smallest that can be seen.

    Raises
    ------
    DataError
        If it is smaller, or infinite.
    """
    if not least <= size < math.inf:
        msg = f"{name}={size}: give how wide, in {unit}"
        raise DataError(msg)
    return size


def kind_colors(
    ax: MapAxes, palette: str | Sequence[str], count: int, *, ordered: bool = False
) -> list[str]:
    """
    Return the colour of each kind, in grey where the theme is.

    Parameters
    ----------
    ax
        The map of `page`.
    palette
        Name of a qualitative palette, or colours of your own.
    count
        How many kinds.
    ordered
        Whether they have an order, that lightness must show.

    Raises
    ------
    DataError
        If the palette is unknown, or colours are too few or nobody tells them apart.

    Warns
    -----
    BasinmapWarning
        If colours of your own are hard to tell apart.
    """
    if not isinstance(palette, str):
        own = own_colors(palette, count, ordered=ordered)
        return seen(own, "grey") if ax.plan.theme.grey else own
    found = qualitative_colors(palette, count)
    if not ax.plan.theme.grey:
        return found
    greys = f"{palette}-greys"
    return qualitative_colors(greys if greys in QUALITATIVE else "greys", count)


def on_units(units: gpd.GeoDataFrame, values: pd.Series) -> pd.Series:
    """
    Return the values on the index of the units, attributes kept.

    Parameters
    ----------
    units
        What is drawn; a column `<name of the values>_state` says what is missing.
    values
        On some of its codes.

    Raises
    ------
    DataError
        If they are no Series, a code stands twice, or no code is of `units`.
    SecrecyError
        If a value that statistical secrecy covers is there.
    MeasureError
        If a state is unknown, or says that a value is missing which is there.
    VintageError
        If values and units are of two lists of communes, or of two dates.

    Warns
    -----
    BasinmapWarning
        If some units have no row while some rows are of no unit, or values stand at
        what is the code of no commune: they are not drawn, but count in the classes.
    """
    check_series(values)
    if isinstance(values.index, pd.MultiIndex):
        msg = (
            f"values: an index of {values.index.nlevels} levels: one code a value is "
            "needed; write values.xs(…, level=…), or values.droplevel(…)"
        )
        raise DataError(msg)
    # Not isin, ten times slower on text that Arrow holds.
    if (values.index.get_indexer(units.index) < 0).all():
        msg = (
            f"no code in common: units have {culprits(units.index, most=2)}, "
            f"values have {culprits(values.index, most=2)}; "
            f"{_told_apart(units.index, values)}"
        )
        raise DataError(msg)
    check_geography(units, values)
    beside = states_beside(units, values)
    values = upheld(values, stacklevel=4) if beside else fresh(values, stacklevel=4)
    told = check_states(values)
    states = {**beside, **{code: told[code] for code in _among(units.index, told)}}
    check_states(values, beside)
    check_matched(units, values)
    _warn_of_strangers(units, values)
    aligned = carry(values.reindex(units.index), values)
    return retell(aligned, states=states)


def _told_apart(codes: pd.Index, values: pd.Series) -> str:
    """Say why two indexes have no code in common."""
    texts = [isinstance(index[0], str) for index in (codes, values.index) if len(index)]
    if texts == [True, False]:
        return (
            "one is text, the other numbers: a code is text, read the file with "
            "dtype=str, or write bm.repair_codes(values.index.to_series(), level)"
        )
    if texts == [False, True]:
        return "one is numbers, the other text: a code is text; units.index.astype(str)"
    return "are they of one level?"


def _warn_of_strangers(units: gpd.GeoDataFrame, values: pd.Series) -> None:
    """Warn of values that no unit has, and that made classes or sizes."""
    level = level_of(values) or level_of(units)
    ground = geography_of(values) or geography_of(units)
    odd = _STRANGERS.of(values.index, level, ground)
    away = set(odd) - set(units.index) if odd else set()
    gone = np.asarray(values.array.isna()).tolist() if away else []
    pairs = zip(values.index, gone, strict=False)
    lost = [code for code, missing in pairs if code in away and not missing]
    # Units of the user's own codes say nothing of what else may be a code.
    if lost and not strangers(units.index, level, geography=ground):
        warnings.warn(
            f"{len(lost)} value(s) of {name_of(values)!r} stand at what is no {level}: "
            f"{culprits(lost)}; they are not drawn, but count in the classes, the "
            "sizes and the figures: drop them, then classify",
            BasinmapWarning,
            stacklevel=4,
        )


class _Strangers:
    """What is no unit among codes, looked for once: the sheets of a series share it."""

    def __init__(self, most: int = 8) -> None:
        self._most = most
        self._found: dict[tuple[int, str, str], tuple[pd.Index, list[object]]] = {}

    def of(self, codes: pd.Index, level: str, geography: str) -> list[object]:
        """Return the codes of an index, which never changes, that are no unit."""
        key = (id(codes), level, geography)
        if key not in self._found:
            if len(self._found) >= self._most:
                self._found.clear()
            lost = strangers(codes, level, geography=geography)
            self._found[key] = (codes, lost)
        return self._found[key][1]


_STRANGERS: Final = _Strangers()


def states_of_classes(classes: pd.Series) -> pd.Series:
    """
    Return what each missing value means; empty where there is a value.

    Parameters
    ----------
    classes
        Values or classes; `attrs["states"]` tells, by code.
    """
    told = told_of(classes).states
    states = pd.Series("", index=classes.index, dtype=object)
    for code in classes.index[classes.isna()]:
        states[code] = told.get(code, "not_available")
    return states


def state_fill(state: str, zoom: float = 1.0) -> tuple[str, str]:
    """
    Return fill and hatch of a state, the hatch wider on a poster.

    Parameters
    ----------
    state
        Key of `STATES`.
    zoom
        How much larger than on A4 the sheet is drawn.

    Examples
    --------
    >>> state_fill("secret"), state_fill("secret", 2.0)
    (('#e2e2e2', '////'), ('#e2e2e2', '//'))
    """
    color, hatch = STATE_FILL[state]
    return color, hatch[: max(1, round(len(hatch) / max(zoom, 1.0)))]


def fill_states(ax: MapAxes, units: gpd.GeoDataFrame, states: pd.Series) -> None:
    """
    Fill the units without a value, each state its own way.

    Parameters
    ----------
    ax
        The map of `page`.
    units
        Polygons in EPSG:2154.
    states
        What `states_of_classes` returned, on the index of `units`.
    """
    shapes, told = shapes_of(units), states.to_numpy()
    for state, meaning in STATES.items():
        color, hatch = state_fill(state, ax.plan.zoom)
        fill_shapes(
            ax,
            shapes[told == state],
            facecolor=color,
            hatch=hatch,
            edgecolor=STATE_EDGE,
            linewidth=0.45,
            zorder=STACK["fills"],
            label=meaning,
        )


def state_swatches(
    states: pd.Series, *, shape: str = "box", zoom: float = 1.0
) -> list[Swatch]:
    """
    Return a line of the legend for each state that some unit is in.

    Parameters
    ----------
    states
        What `states_of_classes` returned.
    shape
        `"box"` or `"disc"`.
    zoom
        How much larger than on A4 the sheet is drawn.

    Examples
    --------
    >>> import pandas as pd
    >>> [s.label for s in state_swatches(pd.Series(["", "secret"]))]
    ['Secret statistique']
    """
    counts = states.value_counts()
    return [
        Swatch(
            meaning,
            state_fill(state)[0],
            int(counts[state]),
            shape,
            edge=STATE_EDGE,
            hatch=state_fill(state, zoom)[1],
        )
        for state, meaning in STATES.items()
        if state in counts.index
    ]


def classes_block(
    classes: pd.Series,
    colors: Sequence[str],
    states: pd.Series,
    title: str | None,
    *,
    shape: str = "box",
    zoom: float = 1.0,
    hatches: Sequence[str] = (),
    filled: bool = False,
) -> ClassesBlock:
    """
    Return the entry of the legend of classes, highest first, then what is missing.

    Parameters
    ----------
    classes
        What `classify` returned, on the units drawn.
    colors
        One a class, lowest first.
    states
        What each missing value means.
    title
        Heading; by default label and unit of the indicator.
    shape
        `"box"` or `"disc"`.
    zoom
        How much larger than on A4 the sheet is drawn.
    hatches
        One a class, where some have one.
    filled
        Whether whole units are, so that what most of them bear is the ground.
    """
    told = told_of(classes)
    apart = fragile_in(classes)
    counts = classes.cat.codes[~apart].value_counts()
    swatches = [
        Swatch(label, colors[code], int(counts.get(code, 0)), shape)
        for code, label in enumerate(classes.cat.categories)
    ][::-1]
    if any(hatches):
        swatches = [
            replace(line, hatch=hatch, edge=stroke_on(line.color)) if hatch else line
            for line, hatch in zip(swatches, hatches[::-1], strict=True)
        ]
    fragile = _fragile_swatches(
        classes.index[apart],
        told,
        shape,
        caution_look(classes) if filled else (FRAGILE, STATE_EDGE),
    )
    swatches += [*fragile, *state_swatches(states, shape=shape, zoom=zoom)]
    return ClassesBlock(
        title=heading_of(told, title),
        dated=heading_of(told, title) if title or not told.title else _dated(told),
        swatches=tuple(swatches),
        breaks=fact_of(classes, "breaks"),
        colors=tuple(colors),
        bounds=fact_of(classes, "bounds"),
        decimals=decimals_of(
            fact_of(classes, "bounds"),
            told=told.decimals,
            breaks=fact_of(classes, "breaks"),
        ),
        counted=plural_of(told.level),
        signed=signed(classes),
        classified=int(fact_of(classes, "classified", 0)),
        shown=int((~classes.array.isna() & ~apart.to_numpy()).sum()),
        hatches=tuple(hatches),
        pivot=fact_of(classes, "pivot"),
        fragile=len(fragile),
    )


def naming(
    block: ClassesBlock, classes: pd.Series, units: gpd.GeoDataFrame
) -> ClassesBlock:
    """
    Return classes that name units: one that is alone at either end, and the extremes.

    A colour that is that of one place says nothing of a class.

    Parameters
    ----------
    block
        What `classes_block` returned.
    classes
        What it was made of.
    units
        Their units, with or without a `name`.
    """
    last = len(block.colors) - 1
    if "name" not in units.columns:
        return block
    firm = ~classes.array.isna() & ~fragile_in(classes).to_numpy()
    # Without what is told of the units, which pandas would take along at each step.
    column = pd.DataFrame(units, copy=False)["name"].reindex(classes.index)
    rows = np.flatnonzero(firm & column.notna().to_numpy())
    every = column.tolist()
    names = [str(every[row]) for row in rows.tolist()]
    codes = classes.cat.codes.to_numpy()[rows]
    alone = {
        place: names[int(np.argmax(codes == place))]
        for place in ((0, last) if last > 1 else ())
        if np.count_nonzero(codes == place) == 1
    }
    told = tuple(typeset(alone.get(place, "")) for place in range(last, -1, -1))
    figures = _figures(classes)[rows]
    named = _ends(figures, names)
    highest, lowest = (_said(block, end) for end in named) if named else ((), ())
    # A ranking in print crowns nothing fragile, whether it is hatched or not.
    fragile = told_of(classes).fragile
    read = classes.index[rows].tolist() if fragile else []
    few = np.array([code in fragile for code in read], dtype=bool)
    ends = named
    if few.any():
        ends = _ends(figures[~few], np.array(names, dtype=object)[~few].tolist())
    return replace(
        block,
        alone=told if any(told) else (),
        highest=highest,
        lowest=lowest,
        ends=ends,
        apart=bool(few.any() or block.fragile),
    )


_EXTREMES: Final = 3
"""Units named at each end, by who does not see the map."""
_LISTED: Final = 8
"""Units listed at each end, at most a third of all."""


def _figures(classes: pd.Series) -> np.ndarray:
    """Return the values that were classified, where they are held."""
    held = fact_of(classes, "classed")
    if not isinstance(held, Held) or not held.figures.index.is_unique:
        return np.full(len(classes), np.nan)
    return held.figures.reindex(classes.index).to_numpy(dtype=float)


def _ends(
    figures: np.ndarray, names: list[str]
) -> tuple[tuple[tuple[str, float], ...], ...]:
    """Return the units of the greatest and of the least values, with these."""
    known = np.flatnonzero(~np.isnan(figures))
    if len(known) < 2 * _EXTREMES:
        return ()
    count = max(_EXTREMES, min(_LISTED, len(known) // 3))
    values = figures[known]
    ends = (
        known[np.argsort(side, kind="stable")[:count]] for side in (-values, values)
    )
    return tuple(
        tuple((typeset(names[row]), float(figures[row])) for row in end.tolist())
        for end in ends
    )


def _said(block: ClassesBlock, end: tuple[tuple[str, float], ...]) -> tuple[str, ...]:
    """Return the first units of an end, with their values."""
    return tuple(
        f"{name} {number(v, block.decimals, signed=block.signed)}"
        for name, v in end[:_EXTREMES]
    )


def caution_of(reason: str) -> str:
    """
    Return the line of the legend of what is to be read with care.

    Parameters
    ----------
    reason
        Why, as `told_of(values).fragile` says it.
    """
    return typeset(f"{reason} : à lire avec prudence")


def _fragile_swatches(
    codes: pd.Index, told: Told, shape: str, look: tuple[str, str]
) -> list[Swatch]:
    """Return a line of the legend for each reason to read with care."""
    reasons = pd.Series([told.fragile[code] for code in codes], dtype=object)
    return [
        Swatch(
            caution_of(str(reason)),
            PALEST,
            count,
            shape,
            edge=look[1],
            hatch=look[0],
        )
        for reason, count in reasons.value_counts().items()
    ]


def _dated(told: Told) -> str:
    """Return title, which holds the year, and unit."""
    unit = told.unit.replace(" ", "\u00a0")
    return typeset(f"{told.title} ({unit})" if unit else told.title)


def heading_of(told: Told, title: str | None) -> str:
    """
    Return the heading of classes: label and unit, unless one is given.

    Parameters
    ----------
    told
        What is told of the values.
    title
        What is given.
    """
    if title is not None:
        return typeset(title)
    # A unit is not cut at the end of a line.
    unit = told.unit.replace(" ", "\u00a0")
    label = capital(told.name)
    return typeset(f"{label} ({unit})" if unit else label)


def _how_many(count: int, shown: int) -> str:
    """Write how many values are so, or that all of the map are."""
    if count == shown > 1:
        return "toutes les valeurs de la carte"
    return f"{number(count)} valeur{'s' if count > 1 else ''}"


def remember(
    ax: MapAxes,
    drawn: pd.Series | pd.DataFrame,
    *,
    on: gpd.GeoDataFrame | None = None,
) -> None:
    """Keep the credits and notes of what is drawn.

    Parameters
    ----------
    ax
        The map of `page`.
    drawn
        A series counts for the values, a frame for the ground. The credits of each code
        go before the sources, which are those of the whole.
    on
        The units that values are drawn on: what is to be said of others is left out.
    """
    kept = ax.credits if isinstance(drawn, pd.Series) else ax.grounds
    told = told_of(drawn)
    kept.update(dict.fromkeys(_credits(drawn, told)))
    tell_vintages(ax, vintage_told(drawn))
    if isinstance(drawn, gpd.GeoDataFrame):
        tell_outlines(ax, drawn)
    shown = drawn.index if on is None else on.index
    states = dict(told.states)
    if on is not None and isinstance(drawn, pd.Series):
        states = {**states_beside(on, drawn), **states}
    said = [states[code] for code in _among(shown, states)]
    for state, meaning in QUALIFIERS.items():
        if state in said:
            count = said.count(state)
            ax.notes[f"{meaning} : {_how_many(count, len(shown))}"] = None
    if isinstance(drawn, pd.Series) and not fact_of(drawn, "firm", default=False):
        ax.notes.update(dict.fromkeys(_cautions(told, shown)))
    ax.notes.update(dict.fromkeys(told.notes))
    remarked = _among(shown, told.remarks)
    ax.notes.update(dict.fromkeys(told.remarks[code] for code in remarked))


def _among(codes: pd.Index, told: Mapping[Any, str]) -> list[Any]:
    """Return the codes of which something is told; isin is slow on few."""
    return [code for code in codes.tolist() if code in told] if told else []


def _cautions(told: Told, shown: pd.Index) -> Iterable[str]:
    """Say how many values are over too few, where no legend sets them apart."""
    few = [told.fragile[code] for code in _among(shown, told.fragile)]
    noun = plural_of(told.level) or "valeurs"
    for reason in dict.fromkeys(few):
        count = few.count(reason)
        what = noun if count > 1 or not noun.islower() else noun.removesuffix("s")
        yield caution_of(f"{number(count)} {what} de {reason}")


def _credits(drawn: pd.Series | pd.DataFrame, told: Told) -> Iterable[str]:
    """Return the credits of the rows, where each has its own, or those of the whole."""
    if told.credits and drawn.index.isin(list(told.credits)).all():
        return [told.credits[code] for code in drawn.index]
    return told.sources


def vintage_told(drawn: pd.Series | pd.DataFrame) -> dict[str, dict[str, str]]:
    """
    Return the years of what is drawn, under its printed name.

    Parameters
    ----------
    drawn
        Values, for their statistic, or outlines, for the list or the perimeters.
    """
    if isinstance(drawn, pd.Series):
        year = vintage_of(drawn)
        return {"values": {f"{uncapital(name_of(drawn))} {year}": year} if year else {}}
    told = told_of(drawn)
    date = (told.date or told.geography)[:4]
    level = plural_of(told.level)
    return {"outlines": {f"{level} {date}": date} if date and level else {}}


def tell_vintages(ax: MapAxes, told: Mapping[str, Mapping[str, str]]) -> None:
    """
    Say at the foot of the page of which years things are, when they differ.

    Parameters
    ----------
    ax
        The map of `page`.
    told
        What `vintage_told` returned, or the `vintages` of another map.
    """
    headings = {"values": "Millésimes", "outlines": "Limites au 1er janvier"}
    for what, heading in headings.items():
        years = ax.vintages[what]
        ax.notes.pop(_listed(heading, years), None)
        years.update(told.get(what, {}))
        if len(set(years.values())) > 1:
            ax.notes[_listed(heading, years)] = None


def _listed(heading: str, years: Mapping[str, str]) -> str:
    return f"{heading} : {' ; '.join(years)}"


def free_spot(
    ax: MapAxes, points: np.ndarray, half_width: float, half_height: float = 1.7
) -> tuple[float, float] | None:
    """
    Return the first of some points where a text meets nothing, and keep its room.

    Parameters
    ----------
    ax
        The map of `page`.
    points
        (n, 2) map metres, the best first.
    half_width, half_height
        Of the text, in millimetres.

    Returns
    -------
    tuple of float or None
        Map metres, or None when there is no room.
    """
    taken = np.array(ax.boxes, dtype=float).reshape(-1, 4)
    half = np.array([half_width, half_height])
    for point, centre in zip(points.tolist(), ax.to_mm(points), strict=True):
        low, high = centre - half, centre + half
        if not ((taken[:, :2] <= high) & (taken[:, 2:] >= low)).all(axis=1).any():
            ax.boxes.append((*low.tolist(), *high.tolist()))
            return point[0], point[1]
    return None


def in_frame(ax: MapAxes, units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    Return the units whose box meets the frame, attributes kept.

    Parameters
    ----------
    ax
        The map of `page`.
    units
        Any geometries in the CRS of the map.
    """
    return carry(units.iloc[rows_in_frame(ax, units)], units)


def rows_in_frame(ax: MapAxes, units: gpd.GeoDataFrame) -> np.ndarray:
    """
    Return the places, from 0, of the units that meet the frame.

    Parameters
    ----------
    ax
        The map of `page`.
    units
        Any geometries in the CRS of the map.
    """
    return rows_in(shapes_of(units), frame_of(ax))


def fill_shapes(ax: MapAxes, shapes: gpd.GeoSeries | np.ndarray, **style: Any) -> None:  # noqa: ANN401 - matplotlib's own options
    """
    Add polygons to a map, holes left open.

    Parameters
    ----------
    ax
        The map of `page`.
    shapes
        Polygons in the CRS of the map.
    **style
        Options of `matplotlib.collections.PathCollection`; `linewidth` is that of A4.
    """
    if "linewidth" in style:
        style["linewidth"] *= ax.plan.zoom
    given = np.asarray(shapes)
    seen = given[near_rows(given, frame_of(ax))]
    paths = [path for shape in seen if (path := _PATHS.of(shape)) is not None]
    if not paths:
        return
    _tell_tint(ax, seen, style)
    with settings():
        ax.add_collection(Shapes.alike(paths, **style), autolim=False)


def _tell_tint(ax: MapAxes, shapes: np.ndarray, style: Mapping[str, Any]) -> None:
    """Keep the colour of a fill, for the letters that will lie on it."""
    color = style.get("facecolor", "none")
    if is_color_like(color) and to_rgba(color)[3] == 1:
        plain = not style.get("hatch")
        floor = float(style.get("zorder", 0.0))
        ax.tints.append(Tint(floor, shapes, to_hex(color), plain))


def merged(shapes: np.ndarray) -> shapely.Geometry:
    """
    Return shapes that share their borders as one, without the borders between.

    Parameters
    ----------
    shapes
        Polygons; those that overlap by a hair are accepted, and take longer.
    """
    if shapely.coverage_is_valid(shapes):
        return shapely.coverage_union_all(shapes)
    return shapely.union_all(shapes)


_PATHS: Final = Kept(outline_path)
"""Outlines as matplotlib has them; nothing changes them."""
