"""Plates: one function a kind of map, called with what the document declares."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import Any, TypeAlias, get_args

import geopandas as gpd
import pandas as pd
import shapely

from basinmap.catalogue.computing import compute
from basinmap.catalogue.grouping import fragile_groups
from basinmap.deliverables.classing import classes_of
from basinmap.deliverables.sentences import enumerated, letters
from basinmap.deliverables.situations import (
    add_limits,
    add_towns,
    elsewhere,
    name_farther,
    name_largest,
    name_main_towns,
    name_neighbours,
    name_other_towns,
    name_schemes,
    numbered_words,
    outside_words,
    unlike_whole,
)
from basinmap.deliverables.subjects import Subject
from basinmap.errors import BasinmapError, DataError, OutlineWarning
from basinmap.maps.classing.classes import Method, classify
from basinmap.maps.grounds.lands import lift_lines
from basinmap.maps.layers.choropleths import draw_choropleth
from basinmap.maps.layers.drawing import in_frame
from basinmap.maps.layers.grouped import grouped_units
from basinmap.maps.layers.names import draw_labels
from basinmap.maps.layers.outlines import draw_neighbours, draw_outlines
from basinmap.maps.layers.points import draw_points
from basinmap.maps.layers.rings import draw_rings
from basinmap.maps.layers.symbols import draw_symbols
from basinmap.maps.margins.exits import draw_exits
from basinmap.maps.margins.furniture import draw_furniture
from basinmap.maps.margins.insets import draw_locator
from basinmap.maps.margins.keys import legend_entries
from basinmap.maps.margins.legends import (
    draw_comparison,
    draw_legend,
    has_spread,
    legend_fits,
)
from basinmap.maps.paper.layouts import Wish, words_of
from basinmap.maps.paper.pages import open_sheet, page
from basinmap.maps.paper.sheets import MapAxes, Sheet
from basinmap.states import SIGNS
from basinmap.territory.embedded import credit, spatial_table
from basinmap.territory.outlines import surface_caution, surface_error
from basinmap.territory.places import places
from basinmap.territory.units import LATEST, PEOPLE, communes, statistics
from basinmap.typography import (
    THIN,
    capital,
    decimals_had,
    number,
    rounded,
    typeset,
    uncapital,
)
from basinmap.values.columns import column, describe
from basinmap.values.told import (
    Told,
    carry,
    fact_of,
    measures_of,
    retell,
    tell,
    told_of,
)

__all__ = [
    "MUSEUM",
    "RED",
    "Grouped",
    "Look",
    "Plate",
    "finish",
    "grouped_rates",
    "largest",
    "method_of",
    "plain_reading",
    "rate_headline",
    "rate_plate",
    "rate_sheet",
    "rate_words",
    "reading_note",
    "situation_plate",
    "stock_headline",
    "stock_plate",
    "stock_sheet",
    "stock_words",
    "with_few_together",
]

MUSEUM = "musée du Louvre-Lens"
_SOFT = "#5b6270"
_NEAR = 500.0
"""Metres from a territory to those that touch it."""
_CROWD = 150
"""Units, from which their names would hide the map."""
_NAMED = 40
"""Names that are then written."""
_OF_GROUPS = (
    "Taux d'un groupe : rapport des sommes de ses communes ; composition dans la note "
    "de méthode, taux par commune dans les tableaux."
)
_CLASSED = 5
"""Firm values without which groups make the classes too."""
_MOST_FRAGILE = 1 / 3
"""Share of fragile communes above which their map would be full of voids: grouped."""
_ENOUGH = 3
"""Firm values without which nothing is said to be highest."""
_WHOLE = 3.0
"""Millimetres of its frame, in which the star of the museum would be cut."""
_ROUGH = 2.0
"""Per cent by which a drawn surface may be off for a headline to be over it."""
_MOST = 8
"""Neighbours whose people are told."""
_LONELY = 5
"""Territories under which the strip would be void without the largest communes."""
_COLUMN, _KEY, _BAR = 43.6, 4.7, 4.95
"""Millimetres of a column of the strip without a heading, of a key, of a figure."""
_TWO_LINES = 38
"""Letters of a key from which it takes two lines."""
RED = "#b3123f"
"""Of the museum, on every plate."""
_INNER = "#7fa6c9"
_STRONG = "#2a5d8f"
_GREYISH = "#d3d1ca"
_SCHEME, _BAND = "#7a3e9d", "#b592cf"
"""Of the names of SCoT, and of their limits, on which other limits run."""
_AROUND = 0.42
"""Of the longer side of a territory, shown on every side of it."""
_TOWNS = 6
_KEYS = 90.0
"""Millimetres that the keys of a situation take at most."""
_LARGER = 0.8
"""Share of a denominator from which a legend in the frame is worth it."""


Words: TypeAlias = tuple[str, str]
"""What is written large over a map, and what under it."""
Among: TypeAlias = Callable[[Subject], tuple[Words, ...]]


@dataclass(frozen=True, slots=True)
class Plate:
    """
    One plate of a document.

    Attributes
    ----------
    slug
        File name without suffix.
    draw
        Makes the sheet for a subject.
    needs
        Indicators without whose counts there is no such plate.
    words
        What is written over its map, for the plates of a volume to leave one room.
    grouped
        Whether it puts communes of few together, where most are.
    """

    slug: str
    draw: Callable[[Subject], Sheet]
    needs: tuple[str, ...] = ()
    words: Callable[[Subject], Words] | None = None
    grouped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """
    How a plate is set, where it is not as it comes.

    Attributes
    ----------
    title
        French title in place of that of the values; the territory is added to it.
    units
        What is mapped, by default the communes of the subject.
    by
        How the units are called in « par commune ».
    paper
        Of the page.
    scale
        Its denominator.
    palette
        Of the classes.
    note
        French sentence of the foot, before what the subject adds.
    headline
        What the map shows, over its title.
    among
        What is written over the maps that it goes with, for one scale and one frame.
    groups
        Group of each unit, where the values are those of groups.
    """

    title: str = ""
    units: gpd.GeoDataFrame | None = None
    by: str = "commune"
    paper: str = "A4"
    scale: float | None = None
    palette: str | None = None
    note: str = ""
    headline: str = ""
    among: tuple[Words, ...] = ()
    groups: pd.Series | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouped:
    """
    Communes of few put together, and the rates of their groups.

    Attributes
    ----------
    groups
        Group of each commune.
    rates
        Of the groups, and of the communes that are alone.
    """

    groups: pd.Series
    rates: pd.Series

    @property
    def told(self) -> str:
        """French sentence: how many communes are put together, in how many groups."""
        return str(told_of(self.groups).rule)

    def members(self, group: str) -> pd.Index:
        """
        Return the communes of a group.

        Parameters
        ----------
        group
            Its name.
        """
        return self.groups.index[self.groups == group]

    def figure(self, group: str) -> str:
        """
        Return the rate of a group as it is printed.

        Parameters
        ----------
        group
            Its name.
        """
        return _figure(self.rates, group, told_of(self.rates).decimals or 0)


def grouped_rates(subject: Subject, values: pd.Series) -> Grouped | None:
    """
    Return rates of groups of communes, where the map of communes would be void.

    Parameters
    ----------
    subject
        The territory.
    values
        A rate by commune, with what is told of it; nothing is put together where no
        more than a third of the communes are to be read with care.
    """
    told = told_of(values)
    few = values.index.isin(list(told.fragile)) & values.notna()
    if told.kind != "ratio" or few.sum() <= _MOST_FRAGILE * values.notna().sum():
        return None
    memo: dict[str, Grouped | None] = subject.__dict__.setdefault("_grouped", {})
    if told.indicator not in memo:
        memo[told.indicator] = _put_together(subject, values)
    return memo[told.indicator]


def _alike(rates: pd.Series, values: pd.Series, classes: pd.Series) -> pd.Series:
    """
    Return groups in the classes of firm communes, which other maps have as well.

    Where too few communes are firm to make classes, groups and they make them.
    """
    breaks = fact_of(classes, "breaks")
    if len(_firm(values)) < _CLASSED or not breaks:
        return classify(rates, firm=True)
    found = classify(rates, breaks=breaks, firm=True)
    notes = dict.fromkeys((*told_of(found).notes, *told_of(classes).notes))
    return retell(found, notes=tuple(notes))


def _put_together(subject: Subject, values: pd.Series) -> Grouped | None:
    """Return groups and their rates; None where no group is of enough."""
    id_, counts = told_of(values).indicator, subject.statistics
    try:
        groups = fragile_groups(id_, counts, subject.communes)
    except DataError:  # outlines of the user that do not match: hatched as they are
        return None
    if groups.is_unique:
        return None
    rates = compute(id_, counts, to=groups, communes=subject.listing)
    return Grouped(groups=groups, rates=rates)


def rate_plate(
    subject: Subject,
    *,
    indicator_id: str,
    reading: str,
    method: Method = "fisher-jenks",
    pivot: float | None = None,
    k: int = 5,
    with_rings: bool = False,
    among: Among | None = None,
) -> Sheet:
    """
    Map a rate by commune.

    Parameters
    ----------
    subject
        The territory.
    indicator_id
        The rate.
    reading
        How a value is read, with `{where}`, `{value}`, and `{year}`, or `{first}` and
        `{last}`, of the counts.
    method, pivot, k
        See `classify`.
    with_rings
        Whether the distances to the museum are drawn, where the map shows it.
    among
        What is written over the maps of the same volume.
    """
    values = subject.computed(indicator_id)
    few = grouped_rates(subject, values)
    shown = values if few is None else few.rates
    classes = (
        classify(values, method=method, k=k, pivot=pivot, firm=True)
        if subject.classes == "territoire"
        else classes_of(subject, indicator_id, values)
    )
    if few is not None:
        classes = _alike(few.rates, values, classes)
    look = _rate_look(subject, values, few, reading)
    return rate_sheet(
        subject,
        shown,
        classes,
        comparison=with_few_together(subject, values, subject.comparison(indicator_id)),
        with_rings=with_rings,
        look=replace(
            look,
            note=" ".join(
                filter(None, [reading_note(subject, values, reading), look.note])
            ),
            among=() if among is None else among(subject),
        ),
    )


def _rate_look(
    subject: Subject, values: pd.Series, few: Grouped | None, reading: str
) -> Look:
    """Return what is written over a rate: of communes, and of groups of some."""
    if few is None:
        return Look(headline=rate_headline(subject, values, reading))
    return Look(
        headline=rate_headline(subject, values, reading, shown=few.rates),
        by="commune ou groupe de communes",
        note=_OF_GROUPS,
        groups=few.groups,
    )


def rate_words(subject: Subject, *, indicator_id: str, reading: str) -> Words:
    """
    Return what `rate_plate` writes over its map.

    Parameters
    ----------
    subject, indicator_id, reading
        As for `rate_plate`.
    """
    values = subject.computed(indicator_id)
    look = _rate_look(subject, values, grouped_rates(subject, values), reading)
    return words_of(*_head(subject, values, look))


def rate_sheet(
    subject: Subject,
    values: pd.Series,
    classes: pd.Series,
    *,
    comparison: pd.Series | None = None,
    names: pd.Series | None = None,
    with_rings: bool = False,
    look: Look | None = None,
) -> Sheet:
    """
    Map what is no stock, coloured by classes.

    Parameters
    ----------
    subject
        The territory.
    values
        On the codes of the units, with what is told of them.
    classes
        Of these values.
    comparison
        The same for other territories, by printed name, or by code.
    names
        Name of each code of the comparison.
    with_rings
        Whether the distances to the museum are drawn, where it is near.
    look
        How the plate is set.
    """
    look = look or Look()
    fig, ax, units = _sheet(subject, values, look)
    draw_neighbours(ax, subject.epcis)
    draw_choropleth(ax, units, classes, palette=look.palette, groups=look.groups)
    draw_outlines(ax, subject.outline, label=subject.limit, width=1.1)
    if with_rings and subject.near_museum:
        _draw_reach(ax, subject)
    if comparison is not None:
        _draw_compared(ax, comparison, names)
    finish(ax, subject, look.note, units=units)
    draw_legend(ax, histogram=values if has_spread(values, firm=True) else None)
    return fig


def stock_plate(
    subject: Subject,
    *,
    stock: str,
    rate: str,
    title: str,
    reading: str,
    among: Among | None = None,
) -> Sheet:
    """
    Map a stock as circles coloured by a rate.

    Parameters
    ----------
    subject
        The territory.
    stock, rate
        Indicators.
    title
        French title, with `{year}`.
    reading
        How a value of the rate is read, as for `rate_plate`.
    among
        What is written over the maps of the same volume.
    """
    amounts, values = subject.computed(stock), subject.computed(rate)
    classes = (
        classify(values, k=5, firm=True)
        if subject.classes == "territoire"
        else classes_of(subject, rate, values)
    )
    look, subtitle = _stock_look(subject, amounts, values, title)
    few = grouped_rates(subject, values)
    if few is not None:
        classes = _alike(few.rates, values, classes)
        table = subject.statistics
        amounts = compute(stock, table, to=few.groups, communes=subject.listing)
        look = replace(look, groups=few.groups, note=_OF_GROUPS)
    return stock_sheet(
        subject,
        amounts,
        classes=classes,
        comparison=with_few_together(subject, values, subject.comparison(rate)),
        look=replace(
            look,
            note=" ".join(
                filter(None, [reading_note(subject, values, reading), look.note])
            ),
            among=() if among is None else among(subject),
        ),
        subtitle=subtitle,
    )


def stock_words(subject: Subject, *, stock: str, rate: str, title: str) -> Words:
    """
    Return what `stock_plate` writes over its map.

    Parameters
    ----------
    subject, stock, rate, title
        As for `stock_plate`.
    """
    amounts, values = subject.computed(stock), subject.computed(rate)
    look, subtitle = _stock_look(subject, amounts, values, title)
    return words_of(*_head(subject, amounts, look, subtitle))


def _stock_look(
    subject: Subject, amounts: pd.Series, values: pd.Series, title: str
) -> tuple[Look, str]:
    """Return title and headline of a stock coloured by a rate, and its subtitle."""
    first, second = told_of(amounts), told_of(values)
    look = Look(
        title=title.format(year=second.vintage),
        headline=stock_headline(subject, amounts),
    )
    return look, (
        f"Surface des cercles : {first.label.lower()} ; "
        f"couleur : {second.label.lower()} ({second.vintage})"
    )


def stock_sheet(
    subject: Subject,
    amounts: pd.Series,
    *,
    classes: pd.Series | None = None,
    comparison: pd.Series | None = None,
    names: pd.Series | None = None,
    look: Look | None = None,
    subtitle: str = "",
) -> Sheet:
    """
    Map a stock as circles.

    Parameters
    ----------
    subject
        The territory.
    amounts
        On the codes of the units, with what is told of them.
    classes
        Of a rate, which colour the circles.
    comparison
        A figure of other territories, by printed name, or by code.
    names
        Name of each code of the comparison.
    look
        How the plate is set.
    subtitle
        What is measured; by default what is told of the stock.
    """
    look = look or Look()
    fig, ax, units = _sheet(subject, amounts, look, subtitle)
    draw_neighbours(ax, subject.epcis)
    theme = ax.plan.theme
    named = units
    if look.groups is not None:
        named = grouped_units(units, look.groups, amounts)
        # A group is no town: it is named as large as the largest of its communes.
        people = units["population"].groupby(look.groups).max()
        named = carry(named.assign(population=people), named)
    draw_outlines(ax, named, width=0.4, color=theme.faint, fill="#fbfaf7")
    draw_outlines(ax, subject.outline, label=subject.limit, width=1.1)
    draw_symbols(
        ax,
        units,
        amounts,
        classes=classes,
        groups=look.groups,
        palette=look.palette,
    )
    if comparison is not None:
        _draw_compared(ax, comparison, names)
    finish(ax, subject, look.note, units=named)
    draw_legend(ax)
    return fig


def _sheet(
    subject: Subject, values: pd.Series, look: Look, subtitle: str = ""
) -> tuple[Sheet, MapAxes, gpd.GeoDataFrame]:
    """Open the page of a plate, and return what is mapped on it."""
    units = subject.communes if look.units is None else look.units
    title, below, headline = _head(subject, values, look, subtitle)
    fig, (ax,) = open_sheet(
        [units],
        Wish(
            title=title,
            subtitle=below,
            headline=headline,
            paper=look.paper,
            orientation="auto",
            scale=look.scale,
            legend="auto",
            legend_mm=None,
            around=0.0,
            theme=None,
            among=look.among,
        ),
    )
    return fig, ax, units


def _head(
    subject: Subject, values: pd.Series, look: Look, subtitle: str = ""
) -> tuple[str, str, str]:
    """Return title, subtitle and headline of a plate."""
    told, by = told_of(values), f"par {look.by}"
    return (
        f"{look.title or told.title} – {subject.area.name}",
        subtitle or capital(", ".join(filter(None, [_measured(told), by]))),
        look.headline,
    )


def _measured(told: Told) -> str:
    """Say what is measured, in the words that the title has not used."""
    if told.kind == "stock" and told.unit:
        return f"Surface des cercles : nombre de {told.unit}"
    return told.definition or told.label


def _draw_compared(
    ax: MapAxes, values: pd.Series, names: pd.Series | None = None
) -> None:
    """Set the figures of other territories beside the map, or of this one alone."""
    alone = None if len(values) > 1 else "Ensemble du territoire"
    draw_comparison(ax, values, names=names, title=alone)


def with_few_together(
    subject: Subject, values: pd.Series, compared: pd.Series | None
) -> pd.Series | None:
    """
    Return a comparison with one figure of the communes that are to be read with care.

    Where they are most of the communes, their map is nearly void: what each of them
    cannot say, all of them say together.

    Parameters
    ----------
    subject
        The territory.
    values
        A rate by commune, with what is told of it.
    compared
        What `Subject.comparison` returned.
    """
    told = told_of(values)
    few = values.index[values.index.isin(list(told.fragile)) & values.notna()]
    reasons = {told.fragile[code] for code in few}
    if compared is None or len(reasons) != 1 or 2 * len(few) <= values.notna().sum():
        return compared
    name = typeset(f"{number(len(few))} communes de {reasons.pop()}")
    group = pd.Series(name, index=few, name="zone")
    with suppress(BasinmapError):
        together = compute(told.indicator, subject.table.loc[few], to=group)
        figures = {
            **dict(compared.iloc[:1]),
            **dict(together),
            **dict(compared.iloc[1:]),
        }
        return tell(pd.Series(figures, name=compared.name), told_of(compared))
    return compared


def method_of(name: str) -> Method:
    """
    Return the method of classes that the catalogue names, or that by default.

    Parameters
    ----------
    name
        Of a method, or nothing.
    """
    return next((one for one in get_args(Method) if one == name), "fisher-jenks")


def situation_plate(subject: Subject) -> Sheet:
    """
    Map where the territory lies: itself, who is around, the next towns, France.

    Parameters
    ----------
    subject
        The territory; of another list than the embedded one, its own neighbours are
        shown, and nothing of the bassin minier.
    """
    everyone, mine = subject.epcis, subject.outline
    near = everyone[everyone.distance(mine.geometry.iloc[0]) < _NEAR]
    fig, ax = _situation_page(subject, mine)
    draw_neighbours(ax, everyone)
    draw_outlines(
        ax, mine, label=subject.area.name, fill=_STRONG, color="#ffffff", width=1.2
    )
    _draw_basin(ax, subject)
    # Other outlines run along these, and would hide what the legend tells of.
    lift_lines(ax)
    _draw_inner(ax, subject)
    _draw_schemes(ax, subject)
    _mark_places(ax, subject)
    draw_locator(ax, mine, _france(), beside=True)
    if ax.plan.inside:
        # What it leaves of its corner is the map's, whose names come after.
        _draw_near(ax, subject, near)
        draw_legend(ax)
    towns = subject.communes
    if "population" in towns.columns:
        name_largest(ax, towns, mine, _TOWNS)
    # Towns first: who looks for a place starts from the town that is known.
    name_main_towns(ax)
    draw_exits(ax)
    others = near.drop(_own_epcis(subject), errors="ignore")
    numbers = name_neighbours(ax, in_frame(ax, others))
    if _in_basin(subject):
        name_schemes(ax, in_frame(ax, subject.scots), _SCHEME)
    _name_museum(ax, mine)
    name_other_towns(ax)
    far = everyone.drop([*_own_epcis(subject), *others.index], errors="ignore")
    name_farther(ax, in_frame(ax, far))
    if not ax.plan.inside:
        _draw_near(ax, subject, near)
        draw_legend(ax)
    sources = measures_of(statistics())[PEOPLE].source.split("; ")
    draw_furniture(
        ax,
        author=subject.author,
        date=subject.date,
        sources=sources if subject.listing is None else (),
        note=" ".join(
            filter(
                None,
                [
                    _outside(subject),
                    numbered_words(others["name"], numbers),
                    *_not_here(subject, others),
                ],
            )
        ),
    )
    return fig


def _not_here(subject: Subject, others: gpd.GeoDataFrame) -> Iterator[str]:
    """Say what of the neighbours is neither counted nor drawn, and why."""
    if subject.listing is not None:
        return
    yield outside_words(others)
    if away := elsewhere(subject.outline):
        yield f"EPCI voisins d'autres départements non dessinés : {enumerated(away)}."


def _situation_page(subject: Subject, mine: gpd.GeoDataFrame) -> tuple[Sheet, MapAxes]:
    """Open the page of a situation, its legend in a corner where that is larger."""
    x0, y0, x1, y1 = mine.total_bounds
    year = "2026" if subject.listing is None else subject.territory.year
    opened = partial(
        page,
        mine,
        title=f"Situation au 1er janvier {year} – {subject.area.name}",
        subtitle=_around_it(subject),
        around=_AROUND * max(x1 - x0, y1 - y0),
    )
    fig, ax = opened()
    # Its legend is short: a corner that holds it may let the map be larger.
    with suppress(DataError), warnings.catch_warnings():
        warnings.simplefilter("ignore", OutlineWarning)  # told once already
        framed, inner = opened(legend="inside", legend_mm=_KEYS)
        share = 1.0 if ax.plan.inside else _LARGER
        if inner.plan.scale <= share * ax.plan.scale:
            fig, ax = framed, inner
    return fig, ax


def _in_basin(subject: Subject) -> bool:
    """Tell whether all of it is in the bassin minier."""
    if subject.listing is not None:
        return False
    return bool(subject.communes["scot"].notna().all())


def _own_epcis(subject: Subject) -> list[str]:
    """Return the EPCI that are the territory, or that it is made of or lies in."""
    held = subject.communes.get("epci", pd.Series(dtype="str")).dropna()
    return list(dict.fromkeys([*subject.outline.index, *held]))


def _around_it(subject: Subject) -> str:
    """Say what the plate shows besides the territory."""
    away = elsewhere(subject.outline) if subject.listing is None else []
    but = f" (hors {enumerated(away)})" if away else ""
    around = f"Le territoire, les EPCI voisins{but} et les villes alentour"
    if not _in_basin(subject):
        return around
    own = subject.scots.loc[subject.communes["scot"].unique(), "name"]
    return f"{around} ; {' et '.join(own)}"


def _draw_basin(ax: MapAxes, subject: Subject) -> None:
    """Fill the other EPCI of the bassin minier, where the map shows some."""
    if not _in_basin(subject):
        return
    everyone = subject.epcis
    eight = everyone[everyone.index.isin(communes().dropna(subset="scot")["epci"])]
    others = in_frame(ax, eight.drop(_own_epcis(subject), errors="ignore"))
    if len(others):
        label, white = "autres EPCI du bassin minier", "#ffffff"
        draw_outlines(ax, others, label=label, width=0.9, fill=_GREYISH, color=white)


def _draw_inner(ax: MapAxes, subject: Subject) -> None:
    """Draw the limits of communes, and say what each line of the map is."""
    draw_outlines(ax, subject.communes, color=_INNER, width=0.35)
    add_limits(ax, (_INNER, _STRONG) if len(subject.communes) > 1 else None)


def _mark_places(ax: MapAxes, subject: Subject) -> None:
    """Mark the museum and the shafts; say what the points of towns are."""
    draw_museum(ax, color=RED, size_mm=4.6)
    _draw_shafts(ax, subject)
    add_towns(ax)


def _draw_schemes(ax: MapAxes, subject: Subject) -> None:
    """Draw the limits of the SCoT, where the map shows some."""
    if _in_basin(subject) and len(seen := in_frame(ax, subject.scots)):
        # No dashes: two SCoT share a limit, and would fill each other's gaps.
        draw_outlines(
            ax, seen, width=2.4, label="limite de SCoT du bassin minier", color=_BAND
        )


def _draw_shafts(ax: MapAxes, subject: Subject) -> None:
    """Mark the cité de Sessevalle on the maps of who has it."""
    shafts = places().loc[["sessevalle-puits-1"]]
    mine = shafts[shafts.within(subject.outline.geometry.union_all())]
    if subject.listing is None and len(mine):
        draw_points(
            ax,
            carry(mine, shafts),
            label="cité de Sessevalle (Somain), position indicative : puits n° 1",
            marker="D",
            color="#1f2430",
            size_mm=2.6,
        )


def _draw_near(ax: MapAxes, subject: Subject, near: gpd.GeoDataFrame) -> None:
    """
    Set the people of the territory and of its neighbours beside the map.

    An EPCI with communes elsewhere is named as what is counted of it, which is no
    longer a minimum then.
    """
    mine = subject.outline
    people = near.get("population")
    if people is None or people.isna().all():
        return
    others = near.drop(_own_epcis(subject), errors="ignore")
    ranked = others.sort_values("population", ascending=False).head(_MOST)
    kept = mine.index.intersection(near.index)
    first = near.loc[kept] if len(kept) else mine.assign(population=_people_of(subject))
    both = pd.concat([first, ranked])
    if "population" not in both or both["population"].notna().sum() < 2:
        return  # nobody is around it, or it is a part of the only one that is
    figures = describe(column(both, "population"), decimals=0)
    names = both["name"].astype(object)
    partly = unlike_whole(both)
    for code, where in partly.items():
        names[code] = f"{names[code]} (hors {where})"
    when = f"en {LATEST}" if subject.listing is None else ""
    states = {c: s for c, s in told_of(figures).states.items() if c not in partly}
    figures = retell(figures, states=states)
    title = f"Population municipale {when}".strip()
    place = len(ax.blocks)
    most = _MOST
    if len(both) > _LONELY:
        # Under the keys, which leave most of their column void.
        keys = [line.label for key in legend_entries(ax) for line in key.lines]
        left = _COLUMN - _KEY * sum(1 + (len(key) > _TWO_LINES) for key in keys)
        most = max(int(left / _BAR), _ENOUGH)
    draw_comparison(ax, figures, names=names, title=title)
    if not ax.plan.inside:
        places = (place,) if len(both) > _LONELY else (len(ax.blocks), place)
        _fill_strip(ax, subject, when, most=most, places=places)


def _fill_strip(
    ax: MapAxes, subject: Subject, when: str, *, most: int, places: tuple[int, ...]
) -> None:
    """List as many of the largest communes as the strip has room for, or none."""
    before = list(ax.blocks)
    counts = [(count, False) for count in range(most, _ENOUGH - 1, -1)]
    for (count, tighter), place in product([*counts, (_ENOUGH, True)], places):
        _draw_largest(ax, subject, when, most=count)
        if len(ax.blocks) == len(before):
            return
        ax.blocks.insert(place, ax.blocks.pop())
        if legend_fits(ax, tighter=tighter):
            return
        ax.blocks[:] = before


def _draw_largest(ax: MapAxes, subject: Subject, when: str, *, most: int) -> None:
    """Set the people of the largest communes beside the map."""
    towns = subject.communes
    if "population" not in towns or towns["population"].isna().any():
        return
    ranked = carry(towns.nlargest(most, "population"), towns)
    figures = describe(column(ranked, "population"), decimals=0)
    title = f"Communes les plus peuplées {when}".strip()
    draw_comparison(ax, figures, names=ranked["name"], title=title)


def _people_of(subject: Subject) -> float:
    """Return the people of all communes of a territory, NaN where one has none."""
    people = subject.communes.get("population", pd.Series(dtype=float))
    return float(people.sum(skipna=False)) if len(people) else float("nan")


def _france() -> gpd.GeoDataFrame:
    """Return the départements for an inset, with their source."""
    france = spatial_table("france").copy()
    return retell(france, level="departement", sources=credit("france.geometry"))


def draw_museum(ax: MapAxes, **look: Any) -> None:  # noqa: ANN401 - of draw_points
    """
    Draw the museum where the map shows it.

    Parameters
    ----------
    ax
        A map.
    **look
        Options of `draw_points`.
    """
    museum = in_frame(ax, places().loc[["louvre-lens"]])
    if len(museum):
        draw_points(ax, museum, label=MUSEUM, **look)


def _name_museum(ax: MapAxes, mine: gpd.GeoDataFrame) -> None:
    """Name the museum out of the territory, lest a name beside be taken for its."""
    museum = in_frame(ax, places().loc[["louvre-lens"]])
    out = museum[~museum.intersects(mine.geometry.union_all())]
    if len(out):
        draw_labels(ax, carry(out, museum), color=RED, italic=True)


def draw_circles(ax: MapAxes, rings: gpd.GeoDataFrame, label: str) -> None:
    """
    Draw the rings whose circle crosses the map.

    Parameters
    ----------
    ax
        A map.
    rings
        Around the museum.
    label
        Entry of the legend.
    """
    crossing = in_frame(ax, rings.set_geometry(rings.exterior)).index
    if len(crossing):
        draw_rings(ax, carry(rings.loc[crossing], rings), label=label)


def _draw_reach(ax: MapAxes, subject: Subject) -> None:
    """Draw the distances to the museum, where the map shows what they are from."""
    museum = places().geometry["louvre-lens"]
    x0, x1 = ax.get_xlim()
    y0, y1 = ax.get_ylim()
    rim = _WHOLE * ax.plan.scale / 1000
    if not shapely.box(x0 + rim, y0 + rim, x1 - rim, y1 - rim).contains(museum):
        return
    draw_circles(ax, subject.rings, "distance au Louvre-Lens, à vol d'oiseau")
    draw_museum(ax, color=RED)


def finish(
    ax: MapAxes,
    subject: Subject,
    note: str,
    *,
    units: gpd.GeoDataFrame | None = None,
    around_color: str = _SOFT,
) -> None:
    """
    Write names, then what a map must bear.

    Parameters
    ----------
    ax
        A map with its layers.
    subject
        The territory.
    note
        French sentence of the foot, such as a reading note.
    units
        What is mapped, by default the communes of the subject.
    around_color
        Ink of the names of the neighbours.
    """
    shown = subject.communes if units is None else units
    draw_labels(ax, _worth_naming(shown), strong=3)
    around = subject.around
    if len(around):
        draw_labels(ax, around, italic=True, color=around_color, size=6.2)
    draw_furniture(
        ax,
        author=subject.author,
        date=subject.date,
        note=" ".join(filter(None, [note, _outside(subject)])),
    )


def _worth_naming(units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the units whose names can be read: of a crowd, those of most people."""
    if len(units) <= _CROWD:
        return units
    size = units.get("population", units.area)
    return carry(units.loc[size.nlargest(_NAMED).index], units)


def reading_note(subject: Subject, values: pd.Series, reading: str) -> str:
    """
    Write how to read the value of the largest commune that has one.

    Parameters
    ----------
    subject
        The territory.
    values
        By commune, with what is told of them.
    reading
        A sentence with `{where}`, `{value}`, `{year}`, or `{first}` and `{last}`.
    """
    known = subject.communes.loc[values.dropna().index]
    if known.empty:
        return ""
    code = largest(known)
    where = _at(str(known.loc[code, "name"]))
    return f"Lecture : {_worded(values, code, where, reading)}."


def _worded(values: pd.Series, code: str, place: str, reading: str) -> str:
    """Say the value of a commune in the words of a reading note."""
    told = told_of(values)
    first, _, last = told.vintage.partition("-")
    return reading.format(
        where=place,
        value=_figure(values, code, told.decimals or 0),
        year=told.vintage,
        first=first,
        last=last,
    )


def _figure(values: pd.Series, code: str, decimals: int) -> str:
    """Write the value of a unit, with the sign of what it is: « ≥ », « ≈ »."""
    told = told_of(values)
    sign = SIGNS.get(told.states.get(code, ""), "")
    text = number(values[code], decimals, signed=told.kind == "growth")
    return f"{sign}{THIN}{text}" if sign else text


def rate_headline(
    subject: Subject,
    values: pd.Series,
    reading: str,
    *,
    shown: pd.Series | None = None,
) -> str:
    """
    Propose a headline: what the values say, without a cause nor a judgement.

    Parameters
    ----------
    subject
        The territory.
    values
        By commune, with what is told of them.
    reading
        As for `reading_note`.
    shown
        What the map shows, where it is not the values: rates of groups of communes,
        which may be higher or lower than those that are named.

    Returns
    -------
    str
        Of a change of population, what the whole gains or loses, and how many communes
        go the other way or the same; of a rate, where it is highest, where lowest, and
        that of the whole. What is fragile counts for nothing; where it is as high or as
        low, alone or in a group, the headline says among whom it looks. Nothing where
        too few are firm, or the surfaces that it is over are drawn too roughly.
    """
    told = told_of(values)
    known = _firm(values)
    if told.kind == "growth":
        return _gains_and_losses(subject, values) if told.indicator == "D02" else ""
    if _over_rough_surfaces(values) or len(known) < _ENOUGH:
        return ""
    printed = known.map(lambda value: rounded(value, told.decimals or 0))
    if printed.nunique() < 2:
        return ""
    names = subject.communes["name"]
    high, low = (names[printed.index[printed == end]] for end in _ends(printed))
    most = _worded(values, str(high.index[0]), _in_each(high), reading)
    said = _placed_last(most, values)
    unit = " %" if told.unit.startswith("%") else ""
    least = number(values[low.index[0]], told.decimals or 0)
    said = f"{said}, {least}{unit} {_in_each(low)}"
    apart = values[values.index.isin(list(told.fragile))].dropna()
    if shown is not None:
        apart = pd.concat([apart, _firm(shown).drop(known.index, errors="ignore")])
    apart = apart.map(lambda value: rounded(value, told.decimals or 0))
    if told.fragile and ((apart >= printed.max()) | (apart <= printed.min())).any():
        few = next(iter(told.fragile.values())).removeprefix("moins de ")
        said += f" parmi les communes de {few} et plus"
    total = subject.comparison(told.indicator)
    if total is not None and pd.notna(total.iloc[0]):
        figure = f"{_figure(total, str(total.index[0]), told.decimals or 0)}{unit}"
        said = f"{said} ; {figure} {_in_whole(subject)}"
    return capital(said)


def _ends(values: pd.Series) -> tuple[float, float]:
    """Return the highest and the lowest of values."""
    return float(values.max()), float(values.min())


def _in_each(names: pd.Series) -> str:
    """Say in which communes: « à Lens et à Avion », « dans 3 communes »."""
    if len(names) > 2:
        return f"dans {number(len(names))} communes"
    return " et ".join(_at(str(name)) for name in names)


def _firm(values: pd.Series) -> pd.Series:
    """Return the values that are exact, and are not over too few."""
    told, known = told_of(values), values.dropna()
    return known[~known.index.isin([*told.states, *told.fragile])]


def _placed_last(said: str, values: pd.Series) -> str:
    """Return « 7 % des logements sont vacants à Lens » of « à Lens, 7 % … en 2021 »."""
    where, comma, rest = said.partition(", ")
    if not comma:
        return said
    return f"{rest.removesuffix(f' en {told_of(values).vintage}')} {where}"


def _in_whole(subject: Subject) -> str:
    """Say where the figure of the whole is: « dans la CA »."""
    nature = subject.area.name.partition(" ")[0]
    if nature in ("CA", "CC", "CU", "Métropole"):
        return f"dans la {uncapital(nature) if nature == 'Métropole' else nature}"
    return subject.name.at


def _over_rough_surfaces(values: pd.Series) -> bool:
    """Tell whether values are over drawn surfaces that are told to be off by much."""
    caution = typeset(surface_caution(values.index))
    told = bool(caution) and any(caution in typeset(n) for n in told_of(values).notes)
    return told and surface_error(values.index)[0] > _ROUGH


def _gains_and_losses(subject: Subject, values: pd.Series) -> str:
    """
    Say what the population of the whole gains or loses, then how many communes do.

    Counts of people are exact: a commune of as many people neither gains nor loses,
    and one of few people counts as the others do, which is said.
    """
    told, known = told_of(values), values.dropna()
    ends = [int(year) for year in told.vintage.split("-") if year.isdigit()]
    people = subject.counted("population", subject.codes)
    if len(known) < _ENOUGH or len(ends) != 2 or not {*ends} <= {*people.columns}:
        return ""
    change = people[ends[1]] - people[ends[0]]
    total = float(change.sum(skipna=False))
    if pd.isna(total) or subject.outside:
        return ""
    grows = total >= 0
    verb = "gagne" if grows else "perd"
    whole = (
        f"{capital(subject.name.bare)} {verb} {number(abs(total))} "
        f"{'habitants' if abs(total) > 1 else 'habitant'} {_lasting(ends)}"
        if total
        else f"{capital(subject.name.bare)} compte autant d'habitants en {ends[1]} "
        f"qu'en {ends[0]}"
    )
    count = int((change < 0).sum() if grows else (change > 0).sum())
    other = "perd" if grows else "gagne"
    small = (
        ", petites comprises," if len(known.index.intersection(told.fragile)) else ""
    )
    return typeset(f"{whole} ; {_as_many(count, len(change), other, small)}")


def _lasting(ends: Sequence[int]) -> str:
    """Say « en sept ans »."""
    years = ends[1] - ends[0]
    return f"en {letters(years)} an{'s' if years > 1 else ''}"


def _as_many(count: int, of: int, verb: str, small: str) -> str:
    """Say how many communes gain or lose: « 27 communes sur 49 en perdent »."""
    if count == 0:
        return f"aucune commune{small} n'en {verb}"
    if count == 1:
        return f"une commune sur {number(of)}{small} en {verb}"
    many = f"{verb.removesuffix('e')}ent"
    if count == of:
        return f"toutes les communes{small} en {many}"
    return f"{number(count)} communes sur {number(of)}{small} en {many}"


def stock_headline(subject: Subject, amounts: pd.Series) -> str:
    """
    Propose a headline: the share of the whole that the three largest hold.

    Parameters
    ----------
    subject
        The territory.
    amounts
        A stock by commune, with its unit; nothing is said where one is missing.
    """
    unit = told_of(amounts).unit
    if (
        amounts.isna().any()
        or told_of(amounts).states
        or len(amounts) < 2 * _ENOUGH
        or not unit
    ):
        return ""
    first = amounts.nlargest(3)
    share = 100 * float(first.sum() / amounts.sum())
    names = [str(name) for name in subject.communes.loc[first.index, "name"]]
    return f"{enumerated(names)} rassemblent {number(share)} % des {unit}"


def plain_reading(values: pd.Series, units: gpd.GeoDataFrame, *, town: bool) -> str:
    """
    Write how to read the value of the largest unit that has one, whatever it is.

    Parameters
    ----------
    values
        With what is told of them: label, unit.
    units
        On their codes, with their `name`.
    town
        Whether they are communes, which one is « à ».
    """
    known = units.loc[units.index.isin(values.dropna().index)]
    told = told_of(values)
    if known.empty or not told.label:
        return ""
    code = largest(known)
    name = str(known.loc[code, "name"])
    decimals = told.decimals
    if decimals is None:
        decimals = decimals_had([values[code]])
    value = _figure(values, code, decimals)
    where = _at(name) if town else name
    unit = f"\u00a0{told.unit}" if told.unit else ""
    return f"Lecture : {where}, {uncapital(told.label)} : {value}{unit}."


def largest(units: gpd.GeoDataFrame) -> str:
    """
    Return the code of the unit of most people, else of the largest surface.

    Parameters
    ----------
    units
        Some units.
    """
    people = units.get("population", pd.Series(dtype=float)).dropna()
    return str(units.area.idxmax() if people.empty else people.idxmax())


def _at(name: str) -> str:
    """Write « à Lens », « au Touquet », « aux Attaques »."""
    for article, contraction in (("Le ", "au "), ("Les ", "aux ")):
        if name.startswith(article):
            return contraction + name.removeprefix(article)
    return f"à {name}"


def _outside(subject: Subject) -> str:
    """Say which communes of the EPCI are in no figure."""
    count = len(subject.outside)
    if not count:
        return ""
    plural = "s" if count > 1 else ""
    codes = ", ".join(subject.outside)
    where = (
        "du Nord et du Pas-de-Calais"
        if subject.listing is None
        else "de la liste des communes"
    )
    return (
        f"Hors {count} commune{plural} de l'EPCI située{plural} hors {where} ({codes})."
    )
