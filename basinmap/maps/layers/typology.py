"""Types: units filled by a category, with the names of all of them in the legend."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from basinmap.arguments import check_given
from basinmap.errors import DataError, MeasureError, culprits
from basinmap.maps.layers.doors import enter_fill, leave
from basinmap.maps.layers.drawing import (
    fill_shapes,
    fill_states,
    kind_colors,
    on_units,
    plural_of,
    state_swatches,
    states_of_classes,
)
from basinmap.maps.look.themes import Theme, font, wrapped
from basinmap.maps.paper.alternatives import (
    Sentence,
    Told,
    counted,
    told,
    with_counts,
    without_value,
)
from basinmap.maps.paper.blocks import Swatch, in_common, lines_in_common
from basinmap.maps.paper.guards import check_map
from basinmap.maps.paper.pens import (
    ROW,
    TEXT,
    Pen,
    block_height,
    draw_block,
    draw_swatch,
    heading_height,
    write_heading,
)
from basinmap.maps.paper.sheets import Laid, MapAxes
from basinmap.maps.paper.stack import STACK
from basinmap.measures import STATES
from basinmap.typography import capital, number, shortest, typeset, yes_or_no
from basinmap.values.checks import MOST as LARGEST
from basinmap.values.checks import check_series, kind_of, name_of
from basinmap.values.told import carry, fact_of, told_of

__all__ = [
    "CategoriesBlock",
    "counted_as",
    "draw_typology",
    "gravest",
    "label_of",
    "named_categories",
]

MOST: Final = 7
"""How many colours or shapes can be told apart on a page."""
_LEADING: Final = 3.0
# « 1 000 » and « 2,5 » are numbers; a dash between two words is no sign.
_NUMBER: Final = re.compile(r"((?:(?<!\S)[-−])?\d+(?: \d{3}(?!\d))*(?:[.,]\d+)?)")
_BELOW: Final = re.compile(r"\s*(moins d|jusqu|au plus|<|≤)")
_ABOVE: Final = re.compile(r"^\s*(plus d|au moins|a partir d|>|≥)|\b(et|ou) plus\b")
_COUNT: Final = 9.0


@dataclass(frozen=True, slots=True)
class CategoriesBlock:
    """
    Named lines of a legend, each with how many it stands for.

    Attributes
    ----------
    title
        Heading.
    swatches
        In reading order; a long name takes several lines.
    counted
        What is counted, such as « communes »; nothing to leave it unsaid.
    """

    title: str
    swatches: tuple[Swatch, ...]
    counted: str = ""


def draw_typology(
    ax: MapAxes,
    units: gpd.GeoDataFrame,
    categories: pd.Series,
    *,
    palette: str | Sequence[str] | None = None,
    labels: Mapping[object, str] | None = None,
    title: str | None = None,
) -> None:
    """
    Fill units with the colour of their category.

    Parameters
    ----------
    ax
        The map of `page`.
    units
        Polygons in EPSG:2154.
    categories
        Text, whole numbers or categories, on codes of `units`; seven kinds at
        most. What is missing is drawn and named: secret, not applicable or not
        available. Categories that no unit has keep their colour and their line, so
        that a series of maps has one legend.
    palette
        Qualitative, or colours of your own, one a category; greys in a grey theme. By
        default that of the categories, else `"profiles"`.
    labels
        French name of each category, in the order of the legend; by default the
        categories themselves, in their own order.
    title
        Heading of the legend; by default the label of the categories.

    Raises
    ------
    MeasureError
        If the values are a stock or a rate.
    DataError
        If there are more than seven categories or none, one has no name, the
        palette is unknown, or no code is of `units`.
    CRSError
        If the units are not in EPSG:2154.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> lens = bm.communes(epci="call")
    >>> size = lens["population"].ge(10_000).map({True: "ville", False: "bourg"})
    >>> fig, ax = bm.page(lens, title="Villes et bourgs")
    >>> bm.draw_typology(ax, lens, size, title="Taille de la commune")
    >>> [(swatch.label, swatch.count) for swatch in ax.blocks[0].swatches]
    [('bourg', 30), ('ville', 6)]
    """
    check_given(draw_typology, locals())
    check_map(ax)
    named = named_categories(categories, labels)
    fill = enter_fill(ax, units, categories, title)
    aligned = on_units(units, named)
    names = list(aligned.cat.categories)
    if palette is None:
        palette = told_of(categories).palette or "profiles"
    colors = kind_colors(ax, palette, len(names))
    swatches = []
    for code, (name, color) in enumerate(zip(names, colors, strict=True)):
        chosen = units.geometry[aligned.cat.codes == code]
        fill_shapes(
            ax,
            chosen,
            facecolor=color,
            edgecolor="#ffffff",
            linewidth=0.45,
            zorder=STACK["fills"],
            label=name,
        )
        swatches.append(Swatch(name, color, len(chosen)))
    states = states_of_classes(aligned)
    fill_states(ax, units, states)
    heading = title if title is not None else label_of(categories)
    block = CategoriesBlock(
        title=typeset(heading),
        swatches=(*swatches, *state_swatches(states, zoom=ax.plan.zoom)),
        counted=counted_as(categories, units),
    )
    labels_ = aligned.astype(object).where(states == "", states.map(STATES))
    laid = Laid(
        kind="kinds", units=units, measured=(labels_,), blocks=(block,), floor="fills"
    )
    leave(ax, block, values=[categories], on=units, fill=fill, laid=laid)


def named_categories(
    categories: pd.Series, labels: Mapping[object, str] | None
) -> pd.Series:
    """
    Return categories under their printed names, in the order of the legend.

    Parameters
    ----------
    categories
        Text, whole numbers or categories.
    labels
        Printed name of each, in order; None to take the categories themselves.

    Returns
    -------
    Series
        Ordered categories; `attrs` kept.

    Raises
    ------
    MeasureError
        If the values are a stock or a rate.
    DataError
        If there is none, more than seven, or one without a name of its own.

    Examples
    --------
    >>> import pandas as pd
    >>> kinds = pd.Series([2, 1, None], index=["a", "b", "c"])
    >>> named_categories(kinds, {1: "pôle", 2: "couronne"}).tolist()
    ['couronne', 'pôle', nan]
    """
    _check_nature(categories)
    given = _whole_numbers(categories)
    found = given.dropna().unique().tolist()
    if not found:
        msg = f"{given.name or 'categories'}: all {len(given)} values are missing"
        raise DataError(msg)
    order = _ordered(given, found) if labels is None else list(labels)
    _check_known(found, order)
    names = [typeset(str(labels[c] if labels else _said(c))).strip() for c in order]
    _check_names(names)
    codes = pd.Index(order, dtype=object).get_indexer(given.astype(object))
    named = pd.Series(
        pd.Categorical.from_codes(codes, categories=names, ordered=True),
        index=given.index,
        name=given.name,
    )
    return carry(named, categories)


def gravest(first: pd.Series, second: pd.Series) -> pd.Series:
    """
    Return why one or the other of two values is missing, in a word.

    Secrecy goes before what does not apply, and that before what is not available.

    Parameters
    ----------
    first, second
        What `states_of_classes` returned, on the same index.

    Examples
    --------
    >>> import pandas as pd
    >>> one, other = pd.Series(["", "not_available"]), pd.Series(["", "secret"])
    >>> gravest(one, other).tolist()
    ['', 'secret']
    """
    found = pd.Series("", index=first.index, dtype=object)
    for state in reversed(list(STATES)):
        found[(first == state) | (second == state)] = state
    return found


def label_of(values: pd.Series) -> str:
    """
    Return the printed name of values, with a capital.

    Parameters
    ----------
    values
        Values; `attrs["label"]` goes before their name.

    Examples
    --------
    >>> import pandas as pd
    >>> label_of(pd.Series([1.0], name="vacance"))
    'Vacance'
    """
    return capital(name_of(values))


def counted_as(values: pd.Series, units: gpd.GeoDataFrame) -> str:
    """
    Return what is counted in French, such as « communes », or nothing.

    Parameters
    ----------
    values
        Values drawn; their `attrs` may tell the level.
    units
        What is drawn; their `attrs` may tell it too.

    Examples
    --------
    >>> import basinmap as bm
    >>> counted_as(bm.communes()["population"], bm.epcis())
    'communes'
    """
    return plural_of(told_of(values).level or told_of(units).level)


# --- what the categories are -------------------------------------------------------


def _check_nature(categories: pd.Series) -> None:
    """Refuse what is measured rather than named."""
    check_series(categories, "categories")
    if fact_of(categories, "breaks") is not None:
        msg = (
            f"{categories.name!r} has classes of a number, in an order that colours "
            "of a typology would hide: use draw_choropleth(ax, units, classes)"
        )
        raise DataError(msg)
    kind = kind_of(categories)
    if kind not in {"", "category"}:
        msg = (
            f"{categories.name!r} is a {kind}, no category: use "
            "draw_choropleth(ax, units, bm.classify(rate)) or draw_symbols"
        )
        raise MeasureError(msg)


def _whole_numbers(categories: pd.Series) -> pd.Series:
    """Return 1 for 1.0: whole numbers among which some are missing."""
    if not pd.api.types.is_float_dtype(categories.dtype):
        return categories
    known = categories.dropna().to_numpy(dtype=float)
    if not (np.abs(known) <= LARGEST).all() or (known % 1 != 0).any():
        msg = (
            f"{categories.name or 'categories'}: decimal or infinite numbers are no "
            "categories; use draw_choropleth(ax, units, bm.classify(values))"
        )
        raise DataError(msg)
    return categories.astype("Int64")


def _said(category: object) -> object:
    """Return what a category is called without a name of its own."""
    if isinstance(category, Decimal):
        return shortest(float(category))
    return yes_or_no(category)


def _ordered(given: pd.Series, found: list[object]) -> list[object]:
    """Return the categories in their own order, else numbers and names in theirs."""
    if isinstance(given.dtype, pd.CategoricalDtype):
        return list(given.cat.categories)
    return sorted(found, key=_natural)


Natural = tuple[float, int, tuple[tuple[int, float, str], ...]]


def _natural(category: object) -> Natural:
    """
    Put numbers first, « zone 2 » before « zone 10 », « Économie » after « Eau ».

    Among slices, « moins de 5 » comes first and « plus de 100 » last.
    """
    if isinstance(category, bool):
        return -float(category), 0, ()  # yes before no
    if isinstance(category, int | float | Decimal):
        return float(category), 0, ()
    plain = unicodedata.normalize("NFKD", str(category))
    text = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    found = _NUMBER.split(text)
    # Texts and numbers by turns; a number goes before a word.
    parts = [
        (0, float(re.sub(r"\s", "", part).replace(",", ".").replace("−", "-")), "")
        if place % 2
        else (1, 0.0, part.strip())
        for place, part in enumerate(found)
        if part.strip()
    ]
    ends = 0
    if len(found) > 1:
        ends = -1 if _BELOW.match(text) else int(bool(_ABOVE.search(text)))
    return np.inf, ends, tuple(parts)


def _check_known(found: list[object], order: list[object]) -> None:
    absent = [category for category in found if category not in order]
    if absent:
        msg = (
            f"labels: {len(absent)} categories without a name: {culprits(absent)}; "
            f"write labels={{{absent[0]!r}: '…', …}}"
        )
        raise DataError(msg)
    if len(order) > MOST:
        msg = (
            f"{len(order)} categories: at most {MOST} can be told apart; group "
            f"{culprits(order[MOST - 1 :])}, or drop those that no unit has"
        )
        raise DataError(msg)


def _check_names(names: list[str]) -> None:
    if "" in names:
        msg = "a category is an empty text: name it by labels=…, or make it missing"
        raise DataError(msg)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        msg = f"categories printed under one name: {culprits(twice)}; merge them"
        raise DataError(msg)


# --- their entry in the legend -----------------------------------------------------


def _lines(block: CategoriesBlock, width: float, theme: Theme) -> list[list[str]]:
    properties = font(theme.family, theme.body)
    room = width - TEXT - _COUNT
    return [wrapped(swatch.label, room, properties) for swatch in block.swatches]


def _check_borders(block: CategoriesBlock, other: CategoriesBlock) -> None:
    """Refuse lines of one look for gaps that are measured in two ways."""
    drawn = [
        {
            (line.color, line.width, line.dashes)
            for line in one.swatches
            if line.shape == "line"
        }
        for one in (block, other)
    ]
    if {block.counted, other.counted} == {"limites"} and drawn[0] & drawn[1]:
        msg = (
            f"{block.title!r} and {other.title!r} are drawn in the same lines on the "
            "maps of this sheet, which has one legend: give one another color=…"
        )
        raise MeasureError(msg)


@in_common.register
def _(block: CategoriesBlock, other: CategoriesBlock) -> CategoriesBlock | None:
    if block.title != other.title:
        _check_borders(block, other)
        return None
    lines = lines_in_common(block.swatches, other.swatches, block.title)
    return CategoriesBlock(block.title, lines)


@block_height.register
def _(block: CategoriesBlock, width: float, theme: Theme) -> float:
    rows = sum(ROW + _LEADING * (len(line) - 1) for line in _lines(block, width, theme))
    counted = 2.4 if block.counted else 0.0
    return heading_height(block.title, width, theme) + counted + rows


@draw_block.register
def _(block: CategoriesBlock, pen: Pen) -> None:
    y = write_heading(pen, block.title)
    small = {"size": pen.theme.small, "color": pen.theme.soft, "ha": "right"}
    if block.counted:
        pen.write(pen.width, y + 1.4, block.counted, **small)
        y += 2.4
    for swatch, lines in zip(
        block.swatches, _lines(block, pen.width, pen.theme), strict=True
    ):
        draw_swatch(pen, swatch, y)
        for i, line in enumerate(lines):
            pen.write(TEXT, y + 2.7 + _LEADING * i, line)
        if swatch.count is not None:
            pen.write(pen.width, y + 2.7, number(swatch.count), **small)
        y += ROW + _LEADING * (len(lines) - 1)


_KINDS: Final = {"limites": "de discontinuités", "points": "par points"}


@told.register
def _(block: CategoriesBlock) -> Told:
    """Say a typology, or other lines that are named and counted."""
    missing = without_value(block.swatches, block.counted or "unités")
    named = [s for s in block.swatches if s.label not in STATES.values()]
    if not named:
        return Told("", tuple(missing))
    boxes = all(swatch.shape == "box" for swatch in named)
    kind = _KINDS.get(block.counted, "de typologie" if boxes else "de lieux")
    total = sum(swatch.count or 0 for swatch in named)
    lead = f"{block.title} ({counted(total, block.counted)})" if block.counted else ""
    return Told(kind, (Sentence(lead or block.title, with_counts(named)), *missing))
