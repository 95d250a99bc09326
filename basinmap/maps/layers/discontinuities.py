"""Discontinuities: borders between neighbours that differ, the wider the more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Literal, get_args

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.collections import LineCollection

from basinmap.arguments import check_given
from basinmap.errors import DataError, culprits
from basinmap.maps.classing.classes import classify
from basinmap.maps.layers.doors import enter, leave
from basinmap.maps.layers.drawing import inked, on_units, states_of_classes
from basinmap.maps.layers.typology import CategoriesBlock, gravest, label_of
from basinmap.maps.look.themes import settings
from basinmap.maps.paper.blocks import Swatch
from basinmap.maps.paper.guards import check_seen
from basinmap.maps.paper.sheets import MapAxes
from basinmap.maps.paper.stack import STACK
from basinmap.measures import STATES
from basinmap.spatial.coverages import neighbours
from basinmap.typography import typeset
from basinmap.values.checks import MOST, check_rate, numbers
from basinmap.values.told import fact_of, told_of

__all__ = ["draw_discontinuities"]

By = Literal["difference", "ratio"]

_WIDTHS: Final = (1.2, 2.1, 3.0, 4.0, 5.0)
"""Points, from the threshold up: as many steps as the eye keeps apart."""


def draw_discontinuities(
    ax: MapAxes,
    units: gpd.GeoDataFrame,
    values: pd.Series,
    *,
    by: By = "difference",
    threshold: float | None = None,
    breaks: Sequence[float] | None = None,
    color: str | None = None,
    title: str | None = None,
) -> None:
    """
    Draw the borders between neighbours whose values are far apart.

    Parameters
    ----------
    ax
        The map of `page`.
    units
        Polygons in EPSG:2154 that share their borders.
    values
        A rate, on codes of `units`. Borders of a unit without a value are not
        drawn; the legend says how many they are, and why.
    by
        `"difference"`, the greater value less the other, or `"ratio"`, the greater
        over the other.
    threshold
        Least gap that is drawn; by default the rounded third quartile of all gaps.
    breaks
        Gaps from which a wider line is drawn, above the threshold; without a
        threshold, the first is the threshold. By default three classes by
        Fisher-Jenks.
    color
        Line colour; by default the ink of the theme.
    title
        Heading of the legend; by default made from the label of the indicator.

    Raises
    ------
    MeasureError
        If the values are a stock: large units differ from small ones by size alone.
    DataError
        If nothing can be compared, all values are the same, one is infinite (or not
        above zero, for a ratio), the threshold or the breaks make no sense, or the
        units do not share their borders.
    CRSError
        If the units are not in EPSG:2154.

    Notes
    -----
    A gap on the threshold, or on a break, belongs to what is above: `[a ; b[`. The
    counts of the legend are borders, and all of them: those drawn, those below the
    threshold, and those of which a side has no value.

    Examples
    --------
    >>> import basinmap as bm
    >>> lens = bm.communes(epci="call")
    >>> rate = bm.compute("L04", bm.statistics(epci="call"))
    >>> fig, ax = bm.page(lens, title="Écarts de vacance entre communes voisines")
    >>> bm.draw_discontinuities(ax, lens, rate, threshold=2)
    >>> ax.blocks[0].swatches[-1].label
    'moins de 2,0 (non tracé)'
    """
    check_given(draw_discontinuities, locals())
    enter(ax, units, areas=True)
    check_seen(ax, units)
    aligned = _checked(units, values, by)
    pairs = neighbours(units)
    gaps = _gaps(pairs, aligned, by)
    inner = _bounds(gaps, by, threshold, breaks)
    classes = classify(gaps, breaks=inner)
    ink = inked(ax, color or ax.plan.theme.ink)
    swatches = []
    for code, label in enumerate(classes.cat.categories):
        chosen = pairs[(classes.cat.codes == code).to_numpy()]
        if code == 0:
            swatch = Swatch(f"{label} (non tracé)", "none", len(chosen), shape="none")
        else:
            width = _WIDTHS[code - 1] * ax.plan.zoom
            swatch = Swatch(label, ink, len(chosen), "line", width=width)
            _add_borders(ax, units, chosen, swatch)
        swatches.append(swatch)
    heading = title if title is not None else _heading(values, by)
    lines = (*swatches[::-1], *_unknown(pairs, aligned))
    block = CategoriesBlock(typeset(heading), lines, "limites")
    leave(ax, block, values=[values], on=units)


def _checked(units: gpd.GeoDataFrame, values: pd.Series, by: str) -> pd.Series:
    """Return numbers on the units, that may be compared."""
    if by not in get_args(By):
        msg = f"unknown by={by!r}: difference or ratio"
        raise DataError(msg)
    check_rate(
        values,
        "large units differ from small ones by size alone, divide it by something",
        stacklevel=4,
    )
    aligned = numbers(on_units(units, values))
    wrong = aligned.index[np.abs(aligned) > MOST]
    if len(wrong):
        msg = f"{values.name or 'values'}: infinite values at {culprits(wrong)}"
        raise DataError(msg)
    if by == "ratio" and (aligned <= 0).any():
        msg = (
            f"{values.name or 'values'}: {int((aligned <= 0).sum())} value(s) not "
            f"above zero at {culprits(aligned.index[aligned <= 0])} have no ratio; "
            "write by='difference'"
        )
        raise DataError(msg)
    return aligned


def _gaps(pairs: pd.DataFrame, values: pd.Series, by: str) -> pd.Series:
    """Return the gap over each border, missing where a side has no value."""
    one, other = (values.loc[pairs[side]].to_numpy() for side in ("unit", "neighbour"))
    high, low = np.maximum(one, other), np.minimum(one, other)
    gaps = pd.Series(high - low if by == "difference" else high / low, name="gap")
    if gaps.isna().all():
        msg = (
            f"nothing to compare: {len(pairs)} border(s) between {len(values)} "
            "unit(s), none with a value on both sides"
        )
        raise DataError(msg)
    # 0.3 - 0.1 is a hair under 0.2: compare what was published.
    return gaps.round(9)


def _unknown(pairs: pd.DataFrame, values: pd.Series) -> list[Swatch]:
    """Return how many borders cannot be compared, by reason."""
    states = states_of_classes(values)
    one, other = (
        states.loc[pairs[side]].reset_index(drop=True) for side in ("unit", "neighbour")
    )
    counts = gravest(one, other).value_counts()
    return [
        Swatch(f"{meaning} (non tracé)", "none", int(counts[state]), shape="none")
        for state, meaning in STATES.items()
        if state in counts.index
    ]


def _bounds(
    gaps: pd.Series,
    by: str,
    threshold: float | None,
    breaks: Sequence[float] | None,
) -> list[float]:
    """Return the threshold and the wider steps above it."""
    least = 1.0 if by == "ratio" else 0.0
    given = [
        *([] if threshold is None else [threshold]),
        *([] if breaks is None else breaks),
    ]
    wrong = [bound for bound in given if not least < bound < math.inf]
    if wrong or len(given) > len(_WIDTHS):
        msg = (
            f"threshold and breaks {given}: give up to {len(_WIDTHS)} finite numbers "
            f"above {least:g}, such as threshold=2, breaks=[4, 6]"
        )
        raise DataError(msg)
    if breaks is not None and given:
        return given
    if threshold is None:
        quarters = fact_of(classify(gaps, method="quantile", k=4), "breaks")
        if gaps.nunique() < 2:
            msg = "all neighbours differ alike: there is no discontinuity to draw"
            raise DataError(msg)
        threshold = float(quarters[-1]) if quarters else float(gaps.max())
    above = gaps[gaps >= threshold]
    if above.empty:
        return [threshold]
    steps = fact_of(classify(above, k=3), "breaks")
    return [threshold, *(step for step in steps if step > threshold)]


def _add_borders(
    ax: MapAxes,
    units: gpd.GeoDataFrame,
    pairs: pd.DataFrame,
    look: Swatch,
) -> None:
    """Draw the common borders of pairs, a pale edge keeping them off dark fills."""
    rims = {side: units.boundary.loc[pairs[side]].array for side in pairs.columns[:2]}
    common = shapely.line_merge(
        shapely.intersection(*(np.asarray(rim) for rim in rims.values()))
    )
    parts = [
        np.asarray(part.coords)[:, :2]
        for part in shapely.get_parts(common)
        if part.geom_type == "LineString"
    ]
    with settings():
        for ink, points, name in (
            (ax.plan.theme.halo, look.width + ax.plan.zoom, f"_{look.label}"),
            (look.color, look.width, look.label),
        ):
            lines = LineCollection(
                parts,
                colors=ink,
                linewidths=points,
                capstyle="round",
                joinstyle="round",
                zorder=STACK["discontinuities"],
                label=name,
            )
            ax.add_collection(lines, autolim=False)


def _heading(values: pd.Series, by: str) -> str:
    label = label_of(values)
    unit = told_of(values).unit
    # Between two percentages lie points.
    unit = f"points{unit.removeprefix('%')}" if unit.startswith("%") else unit
    if by == "ratio":
        return f"{label} : rapport entre voisins"
    return f"{label} : écart entre voisins ({unit})" if unit else f"{label} : écart"
