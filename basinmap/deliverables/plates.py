"""Plates: one function a kind of map, called with what the document declares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

import geopandas as gpd
import pandas as pd

from basinmap.deliverables.subjects import Subject
from basinmap.maps.classing.classes import Method, classify
from basinmap.maps.layers.choropleths import draw_choropleth
from basinmap.maps.layers.drawing import in_frame
from basinmap.maps.layers.names import draw_labels
from basinmap.maps.layers.outlines import draw_neighbours, draw_outlines
from basinmap.maps.layers.points import draw_points
from basinmap.maps.layers.rings import draw_rings
from basinmap.maps.layers.symbols import draw_symbols
from basinmap.maps.margins.furniture import draw_furniture
from basinmap.maps.margins.legends import draw_comparison, draw_legend
from basinmap.maps.paper.pages import page
from basinmap.maps.paper.sheets import MapAxes, Sheet
from basinmap.territory.places import places
from basinmap.territory.units import communes, statistics
from basinmap.typography import number, uncapital
from basinmap.values.columns import column, describe
from basinmap.values.told import Told, carry, measures_of, told_of

__all__ = [
    "MUSEUM",
    "Look",
    "Plate",
    "finish",
    "largest",
    "method_of",
    "plain_reading",
    "rate_plate",
    "rate_sheet",
    "reading_note",
    "situation_plate",
    "stock_plate",
    "stock_sheet",
]

MUSEUM = "musée du Louvre-Lens"
_SOFT = "#8b909b"
_NEAR = 500.0
"""Metres from a territory to those that touch it."""
_CROWD = 150
"""Units, from which their names would hide the map."""
_NAMED = 40
"""Names that are then written."""
_MOST = 8
"""Neighbours whose people are told."""
# Found by search: soft, 8 apart (CIEDE2000) under the three deficiencies of colour
# vision, from one another and from the land around.
_SCOT_FILLS = ("#cfe3f1", "#fbe3b8", "#c8ceb8", "#f0b0ca", "#dbbaee")


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
    """

    slug: str
    draw: Callable[[Subject], Sheet]
    needs: tuple[str, ...] = ()


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
    """

    title: str = ""
    units: gpd.GeoDataFrame | None = None
    by: str = "commune"
    paper: str = "A4"
    scale: float | None = None
    palette: str | None = None
    note: str = ""


def rate_plate(
    subject: Subject,
    *,
    indicator_id: str,
    reading: str,
    method: Method = "fisher-jenks",
    pivot: float | None = None,
    k: int = 5,
    with_rings: bool = False,
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
        Whether the distances to the museum are drawn, where it is near.
    """
    values = subject.computed(indicator_id)
    return rate_sheet(
        subject,
        values,
        classify(values, method=method, k=k, pivot=pivot),
        comparison=subject.comparison(indicator_id),
        with_rings=with_rings,
        look=Look(note=reading_note(subject, values, reading)),
    )


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
    draw_choropleth(ax, units, classes, palette=look.palette)
    draw_outlines(ax, subject.outline, label=subject.limit, width=1.1)
    if with_rings and subject.near_museum:
        _draw_reach(ax, subject)
    if comparison is not None:
        _draw_compared(ax, comparison, names)
    finish(ax, subject, look.note, units=units)
    draw_legend(ax, histogram=values)
    return fig


def stock_plate(
    subject: Subject, *, stock: str, rate: str, title: str, reading: str
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
    """
    amounts, values = subject.computed(stock), subject.computed(rate)
    first, second = told_of(amounts), told_of(values)
    return stock_sheet(
        subject,
        amounts,
        classes=classify(values, k=5),
        comparison=subject.comparison(rate),
        look=Look(
            title=title.format(year=second.vintage),
            note=reading_note(subject, values, reading),
        ),
        subtitle=f"Surface des cercles : {first.label.lower()} ; "
        f"couleur : {second.label.lower()} ({second.vintage})",
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
    draw_outlines(ax, units, width=0.4, color=theme.faint, fill="#fbfaf7")
    draw_outlines(ax, subject.outline, label=subject.limit, width=1.1)
    draw_symbols(ax, units, amounts, classes=classes, palette=look.palette)
    if comparison is not None:
        _draw_compared(ax, comparison, names)
    finish(ax, subject, look.note, units=units)
    draw_legend(ax)
    return fig


def _sheet(
    subject: Subject, values: pd.Series, look: Look, subtitle: str = ""
) -> tuple[Sheet, MapAxes, gpd.GeoDataFrame]:
    """Open the page of a plate, and return what is mapped on it."""
    told = told_of(values)
    units = subject.communes if look.units is None else look.units
    fig, ax = page(
        units,
        title=f"{look.title or told.title} – {subject.area.name}",
        subtitle=subtitle or f"{_measured(told)}, par {look.by}",
        paper=look.paper,
        scale=look.scale,
    )
    return fig, ax, units


def _measured(told: Told) -> str:
    """Say what is measured, in the words that the title has not used."""
    if told.kind == "stock" and told.unit:
        return f"Surface des cercles : nombre de {told.unit}"
    return told.definition or told.label


def _draw_compared(
    ax: MapAxes, values: pd.Series, names: pd.Series | None = None
) -> None:
    """Set the figures of other territories beside the map, or of this one alone."""
    title = "Comparaison" if len(values) > 1 else "Ensemble du territoire"
    draw_comparison(ax, values, names=names, title=title)


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
    Map where the EPCI lies: the eight EPCI, the five SCoT, the museum, Sessevalle.

    Parameters
    ----------
    subject
        The territory; of another list than the embedded one, its own neighbours are
        shown, and nothing of the bassin minier.
    """
    if subject.listing is not None:
        return _neighbours_plate(subject)
    everyone, five = subject.epcis, subject.scots
    eight = everyone[everyone.index.isin(communes().dropna(subset="scot")["epci"])]
    shown = gpd.GeoDataFrame(
        pd.concat([five[["geometry"]], subject.outline[["geometry"]]])
    )
    # What differs between frames does not travel when they are joined.
    carry(shown, five)
    fig, ax = page(
        shown,
        title=f"Situation au 1er janvier 2026 – {subject.area.name}",
        subtitle="Les 8 EPCI et les 5 SCoT du bassin minier, "
        "le musée du Louvre-Lens et la cité de Sessevalle",
    )
    draw_neighbours(ax, everyone)
    for (code, name), fill in zip(five["name"].items(), _SCOT_FILLS, strict=True):
        draw_outlines(
            ax, five.loc[[code]], label=name, fill=fill, color="#ffffff", width=0.6
        )
    draw_outlines(ax, eight, label="limite d'EPCI", width=0.7, color="#6a7080")
    draw_outlines(ax, subject.outline, label=subject.area.name, width=1.8)
    draw_museum(ax, color="#b3123f", size_mm=5.0)
    shafts = in_frame(ax, places().loc[["sessevalle-puits-1"]])
    if len(shafts):
        draw_points(
            ax,
            shafts,
            label="cité de Sessevalle (Somain), position indicative : puits n° 1",
            marker="D",
            color="#1f2430",
            size_mm=2.6,
        )
    mine = subject.outline.index
    others_of_eight = eight.drop(mine, errors="ignore")
    draw_labels(ax, subject.outline, column="name", strong=1, size=7.6)
    draw_labels(ax, others_of_eight, column="name", size=7.2)
    others = everyone.drop([*mine, *eight.index], errors="ignore")
    draw_labels(ax, others, column="name", italic=True, color=_SOFT)
    ranked = others_of_eight.sort_values("population", ascending=False)
    _draw_people(ax, pd.concat([subject.outline, ranked]), "en 2023")
    draw_legend(ax)
    draw_furniture(
        ax,
        author=subject.author,
        date=subject.date,
        sources=measures_of(statistics())["population_2023"].source.split("; "),
        note=_outside(subject),
    )
    return fig


def _draw_people(ax: MapAxes, units: gpd.GeoDataFrame, when: str) -> None:
    """Set the people of units beside the map, the first one being the territory."""
    figures = describe(column(units, "population"), decimals=0)
    title = f"Population municipale {when}".strip()
    draw_comparison(ax, figures, names=units["name"], title=title)


def _neighbours_plate(subject: Subject) -> Sheet:
    """Map a territory of another list among the EPCI around it."""
    everyone, mine = subject.epcis, subject.outline
    near = everyone[everyone.distance(mine.geometry.iloc[0]) < _NEAR]
    # What differs between frames does not travel when they are joined.
    shown = carry(near[["geometry"]].copy(), everyone)
    fig, ax = page(
        shown,
        title=f"Situation au 1er janvier {subject.territory.year} – "
        f"{subject.area.name}",
        subtitle="Le territoire et les EPCI voisins",
    )
    draw_neighbours(ax, everyone)
    draw_outlines(
        ax, near, label="limite d'EPCI", width=0.7, color="#6a7080", fill="#fbfaf7"
    )
    draw_outlines(ax, mine, label=subject.area.name, width=1.8, fill=_SCOT_FILLS[0])
    draw_labels(ax, mine, column="name", strong=1, size=7.6)
    others = near.drop(mine.index, errors="ignore")
    if len(others):
        draw_labels(ax, others, column="name", size=7.2)
    people = near.get("population")
    if people is not None and people.notna().any():
        ranked = others.sort_values("population", ascending=False).head(_MOST)
        _draw_people(ax, pd.concat([near.loc[mine.index], ranked]), "")
    draw_legend(ax)
    draw_furniture(ax, author=subject.author, date=subject.date, note=_outside(subject))
    return fig


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
    draw_circles(ax, subject.rings, "distance au Louvre-Lens, à vol d'oiseau")
    draw_museum(ax)


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
    told = told_of(values)
    value = number(values[code], told.decimals or 0, signed=told.kind == "growth")
    first, _, last = told.vintage.partition("-")
    sentence = reading.format(
        where=_at(str(known.loc[code, "name"])),
        value=value,
        year=told.vintage,
        first=first,
        last=last,
    )
    return f"Lecture : {sentence}."


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
    value = number(values[code], told.decimals or 0, signed=told.kind == "growth")
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
