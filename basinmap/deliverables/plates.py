"""Plates: one function a kind of map, called with what the document declares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from basinmap.catalogue.computing import compute
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
from basinmap.typography import number
from basinmap.values.columns import column, describe
from basinmap.values.told import carry, measures_of, told_of

__all__ = [
    "MUSEUM",
    "Plate",
    "finish",
    "rate_plate",
    "reading_note",
    "situation_plate",
    "stock_plate",
]

MUSEUM = "musée du Louvre-Lens"
_SOFT = "#8b909b"
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
    """

    slug: str
    draw: Callable[[Subject], Sheet]


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
        How a value is read, with `{where}` and `{value}`.
    method, pivot, k
        See `classify`.
    with_rings
        Whether the distances to the museum are drawn.
    """
    values = compute(indicator_id, subject.statistics)
    told = told_of(values)
    fig, ax = page(
        subject.communes,
        title=f"{told.title} – {subject.name}",
        subtitle=f"{told.definition}, par commune",
    )
    draw_neighbours(ax, subject.epcis)
    draw_choropleth(
        ax, subject.communes, classify(values, method=method, k=k, pivot=pivot)
    )
    draw_outlines(ax, subject.outline, label="limite de l'EPCI", width=1.1)
    if with_rings:
        _draw_reach(ax, subject)
    draw_comparison(ax, subject.comparison(indicator_id))
    finish(ax, subject, reading_note(subject, values, reading))
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
        French title, with its date.
    reading
        How a value of the rate is read, with `{where}` and `{value}`.
    """
    amounts = compute(stock, subject.statistics)
    values = compute(rate, subject.statistics)
    fig, ax = page(
        subject.communes,
        title=f"{title} – {subject.name}",
        subtitle=f"Surface des cercles : {told_of(amounts).label.lower()} ; "
        f"couleur : {told_of(values).label.lower()} ({told_of(values).vintage})",
    )
    draw_neighbours(ax, subject.epcis)
    theme = ax.plan.theme
    draw_outlines(ax, subject.communes, width=0.4, color=theme.faint, fill="#fbfaf7")
    draw_outlines(ax, subject.outline, label="limite de l'EPCI", width=1.1)
    draw_symbols(ax, subject.communes, amounts, classes=classify(values, k=5))
    draw_comparison(ax, subject.comparison(rate))
    finish(ax, subject, reading_note(subject, values, reading))
    draw_legend(ax)
    return fig


def situation_plate(subject: Subject) -> Sheet:
    """
    Map where the EPCI lies: the eight EPCI, the five SCoT, the museum, Sessevalle.

    Parameters
    ----------
    subject
        The territory.
    """
    everyone, five = subject.epcis, subject.scots
    eight = everyone[everyone.index.isin(communes().dropna(subset="scot")["epci"])]
    shown = gpd.GeoDataFrame(
        pd.concat([five[["geometry"]], subject.outline[["geometry"]]])
    )
    # What differs between frames does not travel when they are joined.
    carry(shown, five)
    fig, ax = page(
        shown,
        title=f"Situation au 1er janvier 2026 – {subject.name}",
        subtitle="Les 8 EPCI et les 5 SCoT du bassin minier, "
        "le musée du Louvre-Lens et la cité de Sessevalle",
    )
    draw_neighbours(ax, everyone)
    for (code, name), fill in zip(five["name"].items(), _SCOT_FILLS, strict=True):
        draw_outlines(
            ax, five.loc[[code]], label=name, fill=fill, color="#ffffff", width=0.6
        )
    draw_outlines(ax, eight, label="limite d'EPCI", width=0.7, color="#6a7080")
    draw_outlines(ax, subject.outline, label=subject.name, width=1.8)
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
    population = pd.concat([subject.outline, ranked])
    figures = describe(column(population, "population"), decimals=0)
    title = "Population municipale en 2023"
    draw_comparison(ax, figures, names=population["name"], title=title)
    draw_legend(ax)
    draw_furniture(
        ax,
        author=subject.author,
        date=subject.date,
        sources=measures_of(statistics())["population_2023"].source.split("; "),
        note=_outside(subject),
    )
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
    ax: MapAxes, subject: Subject, note: str, *, around_color: str = _SOFT
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
    around_color
        Ink of the names of the neighbours.
    """
    draw_labels(ax, subject.communes, strong=3)
    around = subject.epcis.drop(subject.code)
    draw_labels(ax, around, italic=True, color=around_color, size=6.2)
    draw_furniture(
        ax,
        author=subject.author,
        date=subject.date,
        note=" ".join(filter(None, [note, _outside(subject)])),
    )


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
        A sentence with `{where}` and `{value}`.
    """
    known = subject.communes.loc[values.dropna().index]
    if known.empty:
        return ""
    code = known["population"].idxmax()
    told = told_of(values)
    value = number(values[code], told.decimals or 0, signed=told.kind == "growth")
    sentence = reading.format(where=_at(known.loc[code, "name"]), value=value)
    return f"Lecture : {sentence}."


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
    return (
        f"Hors {count} commune{plural} de l'EPCI située{plural} hors du Nord et du "
        f"Pas-de-Calais ({codes})."
    )
