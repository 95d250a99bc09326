"""
Chapters: what a document says of a few indicators, from whatever counts there are.

A chapter is declared by a name, a question and indicators. It makes its own lead, key
figures, map, table of comparison, sentences and « À retenir »; indicators whose counts
were not given make no part, and are listed with the file that would feed them.
"""

from __future__ import annotations

import dataclasses as dc
import io
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from functools import partial
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from basinmap.catalogue.entries import catalogue
from basinmap.deliverables.classing import classes_of
from basinmap.deliverables.printed import Value
from basinmap.deliverables.producers import where_published
from basinmap.deliverables.reasons import (
    communes_lacking,
    reasons_of_communes,
    reasons_of_wholes,
)
from basinmap.deliverables.sentences import (
    LITTLE,
    Evolution,
    Noun,
    against,
    counted,
    enumerated,
    evolution,
    printed,
    rank,
    titles,
    trend,
)
from basinmap.deliverables.subjects import VARIES_LITTLE, VARYING, Subject
from basinmap.export.parts import (
    FEW,
    Cell,
    Column,
    Figure,
    KeyFigure,
    KeyFigures,
    Legend,
    LegendEntry,
    Table,
)
from basinmap.maps.grounds.lands import ground_sources
from basinmap.maps.layers.choropleths import draw_choropleth
from basinmap.maps.layers.names import draw_labels
from basinmap.maps.layers.outlines import draw_neighbours, draw_outlines
from basinmap.maps.layers.symbols import draw_symbols
from basinmap.maps.margins.furniture import draw_measures_within
from basinmap.maps.margins.keys import legend_entries
from basinmap.maps.paper.alternatives import alternative_text
from basinmap.maps.paper.figures import figure
from basinmap.maps.paper.layouts import bounds_of, rounded_up
from basinmap.maps.paper.sheets import MapAxes
from basinmap.territory.levels import fold
from basinmap.territory.naming import Name
from basinmap.typography import BROAD, number, percent, typeset, uncapital
from basinmap.values.told import told_of

__all__ = [
    "GROUND",
    "HAIR",
    "NUMBERED",
    "Chapter",
    "CommuneMaps",
    "change_of",
    "commune_sentences",
    "comparison_table",
    "few_of",
    "ground_credit",
    "halves_table",
    "is_rate",
    "key_figures",
    "little_cell",
    "map_figure",
    "not_supplied",
    "noun_of",
    "rate_map",
    "row_label",
    "sentences_of",
    "short_name",
    "short_title",
    "sources_told",
    "stock_map",
    "units_table",
    "varies",
    "written",
]

_MOST_NAMES: Final = 30
GROUND: Final = "Fond de carte : voir « Méthode »"
"""What stands under each map; `ground_credit` says it in full, once."""
_FEMININE: Final = frozenset(
    {
        *("part", "population", "densité", "taille", "évolution", "pression"),
        *("consommation", "fréquentation", "ancienneté"),
    }
)
_PLURAL: Final = frozenset(
    {
        *("logements", "ménages", "mutations", "emplois", "migrations", "créations"),
        *("retombées",),
    }
)
HAIR: Final = "#8b909b"
"""Colour of the limits of communes: lighter than that of a territory."""
_MANY_UNITS: Final = 40
_MOST_NUMBERED: Final = 12
NUMBERED: Final = "Communes numérotées"
"""How the note starts that names the communes of which the map has but a number."""
_NAME_MM2: Final = 380.0
"""Square millimetres of a map for each name, where not all are written."""
_ROOM: Final = 70.0
"""Square millimetres that a commune needs for its name, of two lines, to be read."""
_NAME_OVER_MM: Final = (13.0, 2.6)
"""How far from the middle of a commune its name may go, where it is over its edges."""
_FIRST: Final = 1e12
"""Priority of the name that goes before all others."""
_SAID: Final = frozenset({"habitants", "logements", "ménages", "emplois", ""})
"""Units that the title says already."""
_SHORT: Final = {
    "D01": "Population",
    "D02": "Évolution par an",
    "D03": "Solde naturel par an",
    "D04": "Solde apparent par an",
    "D05": "Densité (hab./km²)",
    "D06": "Ménages",
    "D07": "Taille des ménages",
    "D08": "Ménages d’une personne",
    "D09": "Monoparentales",
    "D10": "Vieillissement",
    "D11": "75 ans et plus",
    "D13": "Emménagés < 2 ans",
    "L01": "Logements",
    "L02": "Rés. principales",
    "L03": "Rés. secondaires",
    "L04": "Taux de vacance",
    "L05": "Part des maisons",
    "L07": "Avant 1946",
    "L08": "Propriétaires",
    "L09": "Locataires HLM",
    "L10": "Locataires du privé",
    "L11": "Suroccupation",
    "L12": "Point mort (log. par an)",
    "L13": "Vacance (Lovac)",
    "L14": "Vacance 2 ans et +",
    "L15": "Étiquettes E, F, G",
    "L16": "Parc indigne",
    "C01": "Commencés",
    "C02": "Pour 1 000 hab.",
    "S01": "Logements sociaux",
    "S02": "Pour 100 rés. princ.",
    "S04": "Vacance du parc social",
    "S05": "Vacance > 3 mois",
    "S06": "Mobilité dans le parc social",
    "S07": "Social en QPV",
    "S08": "Loyer (€/m²)",
    "S09": "Part du bailleur",
    "S10": "Demandes/attributions",
    "S11": "Q1 hors QPV",
    "S12": "Q2-Q4 en QPV",
    "S13": "Sous 60 % plafonds",
    "S14": "Éligibles PLAI",
    "M01": "Ventes",
    "M02": "Prix médian (€)",
    "M03": "Terrain (€/m²)",
    "M04": "Loyer médian (€/m²)",
    "F01": "Consommés (ha)",
    "F02": "Pour l’habitat",
    "F03": "En % de la surface",
    "F04": "Pour 100 de 2011-2021",
    "F05": "m² par ménage de plus",
    "R01": "Niveau de vie (€/UC)",
    "R02": "Taux de pauvreté",
    "R03": "Rapport D9/D1",
    "E01": "Taux de chômage",
    "E02": "Emplois",
    "E03": "Emplois pour 100 actifs",
}
"""Names of tiles, which have a third of a line."""
_YEARS: Final = "population_"
_INTERCO: Final = Name(
    "l'intercommunalité",
    "de l'intercommunalité",
    "dans l'intercommunalité",
    "f",
    "EPCI",
)


@dc.dataclass(frozen=True, slots=True)
class Chapter:
    """
    A chapter, declared.

    Attributes
    ----------
    slug, title
        Its name, and its title.
    question
        What it answers, as a lead would ask it.
    indicators
        Ids, in order of reading.
    mapped
        Id of the rate that is mapped; by default the first rate that there is.
    sized
        Id of the stock that is drawn as circles, coloured by the rate mapped.
    note
        Title and text of a didactic box.
    beside
        Ids that only its table of comparison prints.
    years
        Count whose years are drawn, if there are several.
    asks
        Sources, what they would feed that is no indicator by commune, and a count
        that is there once they are given.
    """

    slug: str
    title: str
    question: str
    indicators: tuple[str, ...]
    mapped: str = ""
    sized: str = ""
    note: tuple[str, str] = ("", "")
    beside: tuple[str, ...] = ()
    years: str = ""
    asks: tuple[tuple[str, str, str], ...] = ()


def noun_of(about: Subject, id_: str) -> Noun:
    """
    Return what an indicator is called in a sentence.

    Parameters
    ----------
    about
        What is observed.
    id_
        Id of the indicator.
    """
    entry = about.entry(id_)
    first = entry.label.split()[0].lower()
    decimals = 1 if entry.kind == "growth" else entry.decimals
    label = uncapital(entry.label)
    return Noun(
        label,
        plural=label if first in _PLURAL else "",
        gender="f" if first in _FEMININE else "m",
        percentage=entry.unit == "%",
        unit="" if entry.unit == "%" else entry.unit,
        decimals=decimals,
        signed=entry.kind == "growth",
    )


# --- maps -----------------------------------------------------------------------


def map_figure(
    about: Subject,
    slug: str,
    draw: Callable[[MapAxes], None],
    *,
    title: str,
    size_mm: tuple[float, float],
    units: gpd.GeoDataFrame | None = None,
    beside: str = "",
    scale: float | None = None,
) -> Figure:
    """
    Draw a map as a figure: the picture is its frame, legend and sources are data.

    Parameters
    ----------
    about
        What is observed.
    slug
        Name of the figure.
    draw
        Draws the layers of the territory on a map.
    title
        What it shows, of when.
    size_mm
        Width and height.
    units
        What must be seen whole; by default the communes of the territory.
    beside
        What the caption says more.
    scale
        Denominator, the same for maps to compare; by default the largest that fits.
    """
    shown = about.communes if units is None else units

    def made() -> MapAxes:
        told = f"{title} – {about.area.name}"
        _, ax = figure(shown, size_mm=size_mm, title=told, scale=scale)
        draw_neighbours(ax, about.epcis)
        draw(ax)
        return ax

    ax = made()
    waiting, drawn = [ax], list[bytes]()  # a page that is only read is never saved

    def render(form: str, size: tuple[float, float]) -> bytes:
        del size
        if form == "svg" and drawn:
            return drawn[0]
        data = _saved(waiting.pop() if waiting else made(), form)
        if form == "svg":
            drawn.append(data)
        return data

    return _figure_of(ax, slug, title, render, beside)


def _figure_of(
    ax: MapAxes,
    slug: str,
    title: str,
    render: Callable[[str, tuple[float, float]], bytes],
    beside: str = "",
) -> Figure:
    ax.settle()
    below = ax.sources_below([*ax.credits, *ax.grounds])
    credits_ = " ; ".join(dict.fromkeys([*ax.credits, *below]))
    told = [
        credits_,
        GROUND if credits_ else uncapital(GROUND),
        f"Échelle\u00a01\u00a0:\u00a0{number(ax.plan.scale)}",
        *ax.notes,
        beside,
    ]
    source = ". ".join(text.rstrip(". ") for text in told if text)
    return Figure(
        slug,
        "plate",
        render,
        (ax.plan.width, ax.plan.height),
        alternative_text(ax.sheet),
        typeset(title),
        source=typeset(source),
        legends=tuple(_legends(ax)),
    )


def ground_credit(about: Subject) -> str:
    """
    Return whose outlines the maps of a document are on, for its page of method.

    Parameters
    ----------
    about
        What is observed.
    """
    sources = (*told_of(about.ground).sources, *told_of(about.epcis).sources)
    lines = " ; ".join(dict.fromkeys([*sources, *ground_sources()]))
    return typeset(f"Fonds de carte : {lines}.")


def _saved(ax: MapAxes, form: str) -> bytes:
    out = io.BytesIO()
    ax.sheet.savefig(out, format=form, dpi=200)
    return out.getvalue()


def _legends(ax: MapAxes) -> Iterator[Legend]:
    for key in legend_entries(ax):
        entries = tuple(
            LegendEntry(
                line.color if line.color.startswith("#") else "",
                line.label,
                line.count,
                line.hatched,
                line.shape,  # type: ignore[arg-type] # one of those
                line.size_mm,
                line.slant,
                line.stroke,
            )
            for line in key.lines
        )
        yield Legend(key.title, entries)


def _finish(
    ax: MapAxes,
    about: Subject,
    named: gpd.GeoDataFrame | None = None,
    first: str = "",
) -> None:
    """
    Draw the limit of the territory and the names that there is room for.

    A commune that goes first is named whatever the others lose by it.
    """
    named = about.communes if named is None else named
    outline = about.communes.dissolve()
    draw_outlines(ax, outline, label="limite du territoire", width=1.1)
    draw_measures_within(ax)
    # On a small map few names are read, those of the largest first.
    held = int(ax.plan.width * ax.plan.height / _NAME_MM2)
    many = len(named) > min(_MANY_UNITS, 2 * held)
    most = min(_MOST_NAMES, held) if many else None
    rank = None
    if first:
        size = named.get("population", named.area)
        rank = size.where(named.index != first, _FIRST)
        if len(named) == len(about.codes):  # its commune was seen to be too small
            _name_over(ax, named.loc[[first]])
    draw_labels(ax, named, priority=rank, most=most, strong=3, apart=True)
    if first and first not in {code for code, _ in ax.named}:
        _name_over(ax, named.loc[[first]])
    if most is None:
        _number_the_rest(ax, named)


def _name_over(ax: MapAxes, alone: gpd.GeoDataFrame) -> None:
    """Name a commune too small for its name: over itself, or led from its middle."""
    wide, high = (side * ax.plan.scale / 1000 for side in _NAME_OVER_MM)
    middle = alone.geometry.representative_point()
    # Widest at its middle, from where a line would start.
    shapes = [
        shapely.Polygon([(x - wide, y), (x, y + high), (x + wide, y), (x, y - high)])
        for x, y in zip(middle.x, middle.y, strict=True)
    ]
    draw_labels(ax, alone.set_geometry(gpd.GeoSeries(shapes, alone.index, alone.crs)))


def _number_the_rest(ax: MapAxes, named: gpd.GeoDataFrame) -> None:
    """Write numbers for the communes without room; a note tells which is which."""
    written = {code for code, _ in ax.named}
    rest = named[~named.index.astype(str).isin(written)]
    if rest.empty or len(rest) > _MOST_NUMBERED:
        return
    rest = rest.iloc[np.argsort([fold(str(name)) for name in rest["name"]])]
    places = pd.Series(range(1, len(rest) + 1), rest.index).astype(str)
    draw_labels(ax, rest.assign(number=places), column="number", apart=True)
    shown = {code for code, _ in ax.named}
    told = [
        f"{place}{BROAD}{name}"
        for (code, name), place in zip(rest["name"].items(), places, strict=True)
        if str(code) in shown
    ]
    if told:
        ax.notes[f"{NUMBERED}{BROAD}: {', '.join(told)}"] = None


def rate_map(
    about: Subject, id_: str, slug: str, size_mm: tuple[float, float] = (120, 104)
) -> Figure:
    """
    Map a rate by commune.

    Parameters
    ----------
    about
        What is observed.
    id_
        Id of the indicator, whose counts there are.
    slug
        Name of the figure.
    size_mm
        Width and height.
    """
    title = f"{about.told(id_).title}, par commune"
    draw = partial(_draw_rate, about, id_)
    return map_figure(about, slug, draw, title=title, size_mm=size_mm)


def _draw_rate(
    about: Subject,
    id_: str,
    ax: MapAxes,
    named: gpd.GeoDataFrame | None = None,
    first: str = "",
) -> None:
    draw_choropleth(
        ax, about.communes, classes_of(about, id_, _there(about, id_), beside=True)
    )
    _finish(ax, about, named, first)


class CommuneMaps:
    """
    The same map for each commune of a territory, the commune set off.

    Where the ground shown is the same for all it is drawn once, and only the mark of
    the commune changes; but for those that it does not name, which then come first.

    Parameters
    ----------
    about
        What is observed.
    base
        Draws the map over some ground, all but the mark, the commune of a code being
        named first.
    mark
        Draws the mark of a commune.
    slug, title
        Of the figures; the code of the commune is added to the slug.
    near
        Whether a commune is shown with its neighbours rather than with the whole
        territory.
    nameless
        Whether the map bears no name.
    """

    def __init__(
        self,
        about: Subject,
        base: Callable[[gpd.GeoDataFrame, str], MapAxes],
        mark: Callable[[MapAxes, gpd.GeoDataFrame], None],
        *,
        slug: str,
        title: str,
        near: bool = False,
        nameless: bool = False,
    ) -> None:
        """Draw nothing yet."""
        self.about, self.base, self.mark = about, base, mark
        self.slug, self.title, self.near = slug, title, near
        self.nameless = nameless
        self._whole: MapAxes | None = None

    def of(self, code: str) -> Figure:
        """
        Return the map of a commune.

        Parameters
        ----------
        code
            The commune.
        """
        drawn, made = self._drawn(code, "svg")

        def render(form: str, size: tuple[float, float]) -> bytes:
            del size
            return drawn if form == "svg" else self._drawn(code, form)[0]

        return dc.replace(made, render=render)

    def _drawn(self, code: str, form: str) -> tuple[bytes, Figure]:
        alone = self.about.communes.loc[[code]]
        ax = self._ground(alone)
        ax.settle()  # names of the ground, written once, are those of every commune
        artists, before = set(ax.get_children()), _remembered(ax)
        self.mark(ax, alone)
        data = _saved(ax, form)
        made = _figure_of(ax, f"{self.slug}-{code.lower()}", self.title, _no_picture)
        for artist in set(ax.get_children()) - artists:  # as it was, for the next one
            artist.remove()
        for name, value in before.items():
            setattr(ax, name, value)
        return data, made

    def _ground(self, alone: gpd.GeoDataFrame) -> MapAxes:
        communes, code = self.about.communes, str(alone.index[0])
        if self.near:
            return self.base(communes[_with_neighbours(communes, code)], code)
        if self._whole is None:
            self._whole = self.base(communes, "")
        named = (code, str(alone["name"].iloc[0])) in self._whole.named
        return self._whole if named or self.nameless else self.base(communes, code)


def _with_neighbours(communes: gpd.GeoDataFrame, code: str) -> np.ndarray:
    """Tell which communes are one of them, or beside it."""
    beside = communes.geometry.touches(communes.geometry.loc[code])
    found: np.ndarray = (beside | (communes.index == code)).to_numpy()
    return found


def _needed(units: gpd.GeoDataFrame, size_mm: tuple[float, float]) -> float:
    """Return the round scale at which units hold in a figure."""
    bounds = bounds_of(units, 0.0)
    across, up = bounds[2] - bounds[0], bounds[3] - bounds[1]
    width, height = (side - 1 for side in size_mm)
    return rounded_up(1000 * max(across / width, up / height))


def _tight(units: gpd.GeoDataFrame, size_mm: tuple[float, float]) -> float:
    """Return the scale at which units fill a figure, to the next five thousand."""
    bounds = bounds_of(units, 0.0)
    across, up = bounds[2] - bounds[0], bounds[3] - bounds[1]
    width, height = (side - 3 for side in size_mm)
    return 5_000.0 * math.ceil(max(across / width, up / height) / 5)


def _shared_scale(communes: gpd.GeoDataFrame, size_mm: tuple[float, float]) -> float:
    """Return the scale at which each commune holds in a figure with its neighbours."""
    return max(
        _needed(communes[_with_neighbours(communes, code)], size_mm)
        for code in communes.index
    )


def _room_each(about: Subject, size_mm: tuple[float, float]) -> float:
    """Return the square millimetres of a commune where all are in a figure."""
    scale = _needed(about.communes, size_mm)
    return float(about.communes.area.mean()) * (1000 / scale) ** 2


def _remembered(ax: MapAxes) -> dict[str, object]:
    """Return what a map remembers of its layers, to be given back to it."""
    kept = ("blocks", "credits", "grounds", "notes", "boxes", "symbols", "fills")
    return {name: copy(getattr(ax, name)) for name in kept}


def _no_picture(form: str, size: tuple[float, float]) -> bytes:
    del form, size
    return b""


def rates_by_commune(
    about: Subject,
    id_: str,
    size_mm: tuple[float, float] = (102, 72),
    slug: str = "carte",
) -> CommuneMaps:
    """
    Return a rate around each commune: the whole territory up to forty communes.

    Beyond, or where the whole would leave no room for names, a commune is shown with
    its neighbours; all at one scale, so that fiches compare.

    Parameters
    ----------
    about
        What is observed.
    id_
        Id of the rate, whose counts there are.
    size_mm
        Width and height.
    slug
        Name of the figures, without the commune.
    """
    title = f"{about.told(id_).title}, par commune"

    def base(shown: gpd.GeoDataFrame, first: str) -> MapAxes:
        whole = f"{title} – {about.area.name}"
        _, ax = figure(shown, size_mm=size_mm, title=whole, scale=scale)
        draw_neighbours(ax, about.epcis)
        _draw_rate(about, id_, ax, shown if near else None, first)
        return ax

    def mark(ax: MapAxes, alone: gpd.GeoDataFrame) -> None:
        draw_outlines(ax, alone, label=str(alone["name"].iloc[0]), width=2.0)

    near = len(about.codes) > _MANY_UNITS or _room_each(about, size_mm) < _ROOM
    # A round scale would leave a sixth of a small frame to what is around.
    scale = (
        _shared_scale(about.communes, size_mm)
        if near
        else _tight(about.communes, size_mm)
    )
    return CommuneMaps(about, base, mark, slug=slug, title=title, near=near)


def places_of_communes(
    about: Subject, size_mm: tuple[float, float] = (75, 36)
) -> CommuneMaps:
    """
    Return where each commune is, in the territory and in what holds it.

    Parameters
    ----------
    about
        What is observed.
    size_mm
        Width and height.
    """
    around = _around(about)
    title = "Situation"

    def base(shown: gpd.GeoDataFrame, first: str) -> MapAxes:
        del shown, first
        _, ax = figure(around, size_mm=size_mm, title=f"{title} – {about.area.name}")
        draw_outlines(ax, around, width=0.3, color="#b9bcc4", fill="#eceef2")
        whole = about.communes.dissolve()
        draw_outlines(ax, whole, width=0.4, color="#5e7fa3", fill="#a9bcd2")
        return ax

    def mark(ax: MapAxes, alone: gpd.GeoDataFrame) -> None:
        draw_outlines(ax, alone, width=0.4, color="#b3202c", fill="#b3202c")

    return CommuneMaps(about, base, mark, slug="situation", title=title, nameless=True)


def _around(about: Subject) -> gpd.GeoDataFrame:
    """Return the EPCI of the bassin minier, or of the département."""
    every = about.epcis
    basin = {c for o in about.others if o.level == "bassin" for c in o.communes}
    held = basin or {c for o in about.others[-1:] for c in o.communes}
    kept = set(about.ground.loc[about.ground.index.isin(held), "epci"])
    return every[every.index.isin(kept)] if kept else every


def stock_map(
    about: Subject,
    stock: str,
    rate: str,
    slug: str,
    size_mm: tuple[float, float] = (120, 104),
) -> Figure:
    """
    Map a stock as circles, coloured by a rate.

    Parameters
    ----------
    about
        What is observed.
    stock, rate
        Ids of the indicators; without a rate, circles have one colour.
    slug
        Name of the figure.
    size_mm
        Width and height.
    """
    sizes = _there(about, stock)
    title, classes = told_of(sizes).title, None
    if rate:
        values = _there(about, rate)
        title = f"{title} et {uncapital(told_of(values).title)}"
        # One set of classes a rate, whatever map of the document bears it.
        classes = classes_of(about, rate, values, beside=True)

    def draw(ax: MapAxes) -> None:
        draw_outlines(
            ax, about.communes, label="limite de commune", width=0.3, color=HAIR
        )
        draw_symbols(ax, about.communes, sizes, classes=classes)
        _finish(ax, about)

    return map_figure(about, slug, draw, title=f"{title}, par commune", size_mm=size_mm)


def _there(about: Subject, id_: str) -> pd.Series:
    values = about.mine(id_)
    assert values is not None  # noqa: S101 - asked for only when supplied
    return values


# --- tables and key figures -----------------------------------------------------


def key_figures(about: Subject, ids: Iterable[str]) -> KeyFigures | None:
    """
    Return tiles: the value of the territory, beside that of the first comparison.

    None where the territory has no value: medians are of communes alone.

    Parameters
    ----------
    about
        What is observed.
    ids
        Indicators whose counts there are, six at most.
    """
    tiles = []
    for id_ in list(ids)[:6]:
        total = about.total(id_)
        if total is None or total.text == "n.d.":  # its table says why
            continue
        beside = _beside(about, id_, total)
        tiles.append(KeyFigure(short_title(about, id_), total.cell(), beside, id_))
    return KeyFigures(tuple(tiles)) if tiles else None


def short_title(about: Subject, id_: str) -> str:
    """
    Return the name of an indicator on a tile, with its year.

    Parameters
    ----------
    about
        What is observed.
    id_
        An indicator whose counts there are.
    """
    told = about.told(id_)
    if id_ not in _SHORT:
        return told.title
    return typeset(f"{_SHORT[id_]} {told.vintage}".strip())


def short_name(about: Subject, id_: str) -> str:
    """
    Return the name of an indicator on a strip, without its year.

    Parameters
    ----------
    about
        What is observed.
    id_
        Its id.
    """
    return typeset(_SHORT.get(id_, about.entry(id_).label))


def _beside(about: Subject, id_: str, total: Value) -> str:
    """Say a share of the first comparison of a stock, or the rate of that."""
    if not about.others:
        return ""
    other = about.others[0]
    whole = about.against(id_, other)
    if whole is None or not whole.plain or not total.plain:
        return ""
    if about.entry(id_).kind == "stock" and whole.value > 0:
        share = percent(100 * total.value / whole.value, 1)
        # A tile has no room for a long name, which the tables say.
        shorts = {"scot": "du SCoT", "arrondissement": "de l'arrondissement"}
        of = shorts.get(other.level, other.name.of)
        return typeset(f"{share} {of}")
    return typeset(f"{other.short} : {whole.text}")


def comparison_table(
    about: Subject, ids: Iterable[str], caption: str, *, code: str = ""
) -> Table:
    """
    Set a territory beside those that hold it, one row an indicator.

    Parameters
    ----------
    about
        What is observed.
    ids
        Indicators; one without counts is « n.d. » in a fiche, so that all fiches have
        one shape.
    caption
        Title of the table.
    code
        A commune, which then has the first column, the territory the second, and its
        rank the last.
    """
    others = about.others
    if code:
        own = about.name.short if about.area.level != "epci" else "EPCI"
        others = [o for o in others if o.level != "arrondissement"]  # type: ignore[assignment] # a list
        heads = [about.town(code).short, own, *(o.short for o in others), "Rang"]
    else:
        heads = [_shortest_name(about), *(o.short for o in others)]
    # « 17e ex æquo sur 20 » stays on its line.
    columns = [Column("Indicateur", "left", 3.0 if code else 3.4)]
    columns += [
        Column(head, width=1.4 if head == "Rang" else 1.0, mine=n == 0)
        for n, head in enumerate(heads)
    ]
    rows = []
    for id_ in ids:
        cells = [about.commune(id_, code)] if code else []
        cells += [about.total(id_), *(about.against(id_, o) for o in others)]
        row = [(_blank(about, id_) if c is None else c).cell() for c in cells]
        if code and code in about.little(id_):
            row[0] = little_cell(about, id_, code)
        rank_ = [_rank_cell(about, id_, code)] if code else []
        rows.append((row_label(about, id_), *row, *rank_))
    notes = reasons_of_wholes(about, ids, others)
    if code:
        notes += _left_out(about, ids, code)
    source = _sources(about, ids)
    few = few_of(about, ids, [code] if code else [])
    return Table(
        tuple(columns),
        tuple(rows),
        caption,
        notes=notes,
        source=source,
        few=few or FEW,
    )


def few_of(about: Subject, ids: Iterable[str], codes: Iterable[str]) -> str:
    """
    Return what the fragile values of communes are made from, in a table or a legend.

    Parameters
    ----------
    about
        What is observed.
    ids
        Indicators, with or without counts.
    codes
        The communes that are shown.

    Returns
    -------
    str
        « moins de 200 logements »; nothing where none is fragile.
    """
    shown = set(codes)
    told: dict[str, None] = {}
    for id_ in ids:
        for code, why in about.fragile(id_).items():
            if code in shown:
                told[VARYING if why == VARIES_LITTLE else why] = None
    return " ou ".join(sorted(told, key=VARYING.__eq__))


def little_cell(about: Subject, id_: str, code: str) -> Cell:
    """
    Return what stands for a rate of growth over too few: how many, more or fewer.

    Parameters
    ----------
    about
        What is observed.
    id_
        A growth.
    code
        A commune whose population varies little.
    """
    gap = about.little(id_)[code]
    return Cell(f"{number(gap, signed=True)}{BROAD}hab.", "fragile")


def _left_out(about: Subject, ids: Iterable[str], code: str) -> tuple[str, ...]:
    """Say which communes a rank is not among, where it is among fewer than all."""
    found: dict[str, list[str]] = {}
    for id_ in ids:
        placed = _rank_of(about, id_, code)
        if placed is None or placed[1] == len(about.codes):
            continue
        few = about.fragile(id_)
        reasons = [
            f"{counted(sum(why == w for w in few.values()), 'commune')} {why}"
            for why in sorted(set(few.values()))
        ]
        reasons = [_over(told) for told in reasons]
        rest = len(about.codes) - placed[1] - len(few)
        if rest:
            reasons.append(f"{counted(rest, 'commune')} sans valeur publiée")
        why = " et ".join(reasons)
        found.setdefault(why, []).append(_ROWS.get(id_, about.entry(id_).label))
    return tuple(
        typeset(f"{titles(labels)} : rang sans {why}.") for why, labels in found.items()
    )


def _over(told: str) -> str:
    """Return « 2 communes de moins de 200 logements », « dont … » as it is."""
    return re.sub(r"(communes?) (moins)", r"\1 de \2", told)


def _shortest_name(about: Subject) -> str:
    return {"bassin": "Bassin minier", "epci": "EPCI", "scot": "SCoT"}.get(
        about.area.level, about.name.short
    )


def is_rate(about: Subject, id_: str) -> bool:
    """
    Tell whether an indicator is a rate, and no stock.

    Parameters
    ----------
    about
        What is observed.
    id_
        Its id.
    """
    return about.entry(id_).kind not in {"stock", "formula", "flow"}


def _blank(about: Subject, id_: str) -> Value:
    entry = about.entry(id_)
    return Value(float("nan"), "not_available", entry.unit, entry.decimals)


_ROWS: Final = {
    "D02": "Évolution annuelle de la population",
    "L14": "Vacance de deux ans et plus, parc privé",
    "S02": "Logements sociaux, pour 100 rés. principales",
}


def row_label(about: Subject, id_: str) -> Cell:
    """
    Return what the row of an indicator is called in a comparison.

    Parameters
    ----------
    about
        What is observed.
    id_
        Its id.
    """
    values = about.of(id_)
    entry = about.entry(id_)
    if id_ in _ROWS:
        year = "" if values is None else about.told(id_).vintage
        return Cell(typeset(f"{_ROWS[id_]}{', ' if year else ''}{year}"))
    title = entry.label if values is None else about.told(id_).title
    unit = entry.unit
    plain = unit.startswith("%") or unit in _SAID
    return Cell(typeset(title if plain else f"{title} ({unit})"))


def _rank_cell(about: Subject, id_: str, code: str) -> Cell:
    found = _rank_of(about, id_, code)
    if found is None:
        return Cell("–", "not-available")
    place, among, tied = found
    nth = "1er" if place == 1 else f"{place}e"
    nth += " ex æquo" if tied else ""
    return Cell(typeset(f"{nth} sur {number(among)}"), value=float(place))


def _rank_of(about: Subject, id_: str, code: str) -> tuple[int, int, bool] | None:
    """Return a rank as printed, among how many, and whether others have the same."""
    seen = about.ranked(id_)
    if code not in seen.index:
        return None
    mine = seen[code]
    return int((seen > mine).sum()) + 1, len(seen), int((seen == mine).sum()) > 1


def _sources(about: Subject, ids: Iterable[str]) -> str:
    found: dict[str, None] = {}
    for id_ in ids:
        if about.of(id_) is not None:
            found |= dict.fromkeys(sources_told(about, id_))
    return " ; ".join(found)


def sources_told(about: Subject, id_: str) -> tuple[str, ...]:
    """
    Return whose figures an indicator is, with the surface that a density is over.

    Parameters
    ----------
    about
        What is observed.
    id_
        An indicator whose counts there are.
    """
    told = about.told(id_)
    surface = [
        uncapital(note.split(" ; ")[0])
        for note in told.notes
        if note.startswith("Superficie")
    ]
    return (*told.sources, *surface)


def units_table(
    about: Subject, ids: Iterable[str], caption: str, *, most: int | None = None
) -> Table:
    """
    Return a table of the communes of the territory, one column an indicator.

    Parameters
    ----------
    about
        What is observed.
    ids
        Indicators whose counts there are.
    caption
        Title of the table.
    most
        How many communes, those of most inhabitants; all by default.
    """
    listed = list(ids)
    heads = [short_title(about, id_) for id_ in listed]
    columns = (Column("Commune", "left", 2.2), *(Column(head) for head in heads))
    rows = []
    kept = about.alphabetical
    people = about.mine("D01")
    if most is not None and people is not None:
        top = set(people.nlargest(most).index)
        kept = [code for code in kept if code in top]
    for code in kept:
        cells = [
            little_cell(about, id_, code)
            if code in about.little(id_)
            else (about.commune(id_, code) or _blank(about, id_)).cell()
            for id_ in listed
        ]
        rows.append((Cell(str(about.names[code])), *cells))
    totals = [(about.total(id_) or _blank(about, id_)).cell() for id_ in listed]
    rows.append((Cell(f"Ensemble ({number(len(about.codes))} communes)"), *totals))
    notes = reasons_of_communes(about, listed)
    # What a commune lacks, its whole does: said once.
    alone = [i for i in listed if not communes_lacking(about, i)]
    notes += reasons_of_wholes(about, alone)
    return Table(
        columns,
        tuple(rows),
        caption,
        notes=notes,
        source=_sources(about, listed),
        total=len(rows) - 1,
        few=few_of(about, listed, kept) or FEW,
    )


# --- sentences ------------------------------------------------------------------


def sentences_of(about: Subject, id_: str) -> list[str]:
    """
    Return what may be said of an indicator of the territory, whole values only.

    Parameters
    ----------
    about
        What is observed.
    id_
        An indicator whose counts there are.
    """
    total = about.total(id_)
    if total is None:  # a median: there is none of the whole, its communes have one
        return _spread(about, id_) if is_rate(about, id_) else []
    if not total.plain:
        return []
    told = []
    if id_ == "D01":
        told += _trend_of(about)
    elif is_rate(about, id_):
        told += _against_all(about, id_, total)
        told += _spread(about, id_)
    elif noun_of(about, id_).many:  # a stock, which its communes share out
        told += _spread(about, id_)
    return told


def _trend_of(about: Subject) -> list[str]:
    change = change_of(about)
    return [] if change is None else [trend(about.name, change)]


def change_of(about: Subject) -> Evolution | None:
    """
    Return the change of the population, if all communes have one at two years.

    Parameters
    ----------
    about
        What is observed.
    """
    years = about.years("population")
    if len(years) < 2 or about.outside:
        return None
    ends = (years[0], years[-1])
    counts = about.sums("population", about.codes)[list(ends)]
    if counts.isna().any():  # a part of the communes is not compared
        return None
    return evolution(counts.iloc[0], counts.iloc[1], ends, constant=_moved(about))


def _moved(about: Subject) -> bool:
    """Tell whether the set of communes is known to have changed since 2016."""
    since = about.area.valid_from
    return since is not None and since.year > 2016


def _against_all(about: Subject, id_: str, total: Value) -> list[str]:
    """Compare with the territory that its readers know best."""
    noun = noun_of(about, id_)
    if about.entry(id_).kind == "growth":
        return []
    known = ("scot", "bassin", "departement", "departements", "arrondissement", "epci")
    for other in sorted(about.others, key=lambda o: known.index(o.level)):
        whole = about.against(id_, other)
        if whole is not None and whole.plain:
            # Half a point is close for a rate; other units have no such measure.
            near = 0.5 if noun.percentage else 0.0
            return [
                against(
                    about.name,
                    total.value,
                    other.name,
                    whole.value,
                    noun=noun,
                    near=near,
                )
            ]
    return []


def _spread(about: Subject, id_: str) -> list[str]:
    """Say the least and the greatest value among communes that are not fragile."""
    values = about.mine(id_)
    if values is None or len(about.codes) < 3:
        return []
    states = about.told(id_).states
    few = about.fragile(id_)
    kept = values.drop(list(few)).dropna()
    kept = kept[[code not in states for code in kept.index]]
    if len(kept) < 3:
        return []
    noun = noun_of(about, id_)
    seen = kept.map(lambda value: printed(value, noun.decimals))
    rate = is_rate(about, id_)
    ends = [
        f"{noun.write(float(end)) if rate else number(float(end), noun.decimals)} "
        f"({enumerated(_named(about, seen, end), most=2)})"
        for end in (seen.min(), seen.max())
    ]
    among = f"Parmi les {number(len(kept))}\u00a0communes{_which(about, id_, kept)}"
    what = f"{noun.the} {'vont' if noun.many else 'va'}"
    if not rate:
        of = "d’" if noun.singular[0] in "aeiouéèêœ" else "de "
        what = f"le nombre {of}{noun.singular} va"
    return [typeset(f"{among}, {what} de {ends[0]} à {ends[1]}.")]


def _named(about: Subject, seen: pd.Series, end: float) -> list[str]:
    """Return the communes whose printed value is that of an end, by name."""
    return sorted(str(about.names[code]) for code in seen.index[seen == end])


def _which(about: Subject, id_: str, kept: pd.Series) -> str:
    """Say which communes are spoken of, where they are not all of them."""
    few = about.fragile(id_)
    told = []
    reasons = sorted(set(few.values()), key=VARIES_LITTLE.__eq__)
    for why in reasons:  # « moins de 200 logements »
        if why == VARIES_LITTLE:
            least = f"dont la population varie de {LITTLE} habitants ou plus"
            told.append(least)
        else:
            told.append(f"d'au {why}".replace("au moins de", "au moins"))
    if len(kept) + len(few) < len(about.codes):
        rate = noun_of(about, id_).singular.startswith("taux")
        told.append("dont le taux est publié" if rate else "dont la valeur est publiée")
    return f" {' et '.join(told)}" if told else ""


def commune_sentences(about: Subject, code: str, id_: str) -> list[str]:
    """
    Return what may be said of an indicator of one commune.

    Parameters
    ----------
    about
        What is observed.
    code
        The commune.
    id_
        A rate whose counts there are.
    """
    value, whole = about.commune(id_, code), about.total(id_)
    values = about.mine(id_)
    if value is None or whole is None or values is None or not value.plain:
        return []
    if not is_rate(about, id_):  # a part is not set against the whole that holds it
        return []
    few = about.fragile(id_)
    if code in few:
        return []
    noun = noun_of(about, id_)
    epci = _INTERCO if about.area.level == "epci" else about.name
    told = []
    if whole.plain:
        told.append(
            against(about.town(code), value.value, epci, whole.value, noun=noun)
        )
    states = about.told(id_).states
    plain = values.where([c not in states for c in values.index])
    told.append(rank(code, plain, about.names, noun=noun, fragile=sorted(few)))
    return told


# --- what is not there ---------------------------------------------------------


def varies(about: Subject, id_: str) -> bool:
    """
    Tell whether an indicator is worth a map: five communes differ at least.

    Parameters
    ----------
    about
        What is observed.
    id_
        Its id.
    """
    values = about.mine(id_)
    if about.entry(id_).kind == "gain":  # what is gained may be next to nothing
        return False
    return values is not None and values.dropna().nunique() >= 5


def not_supplied(about: Subject, chapters: Iterable[Chapter]) -> Table | None:
    """
    Return the files that were not given, where they are found, what each would feed.

    Parameters
    ----------
    about
        What is observed.
    chapters
        The chapters of the document.
    """
    opened: dict[str, dict[str, None]] = {}
    asked = dict.fromkeys(id_ for one in chapters for id_ in one.indicators)
    halves = {id_: about.halves(id_) for id_ in about.absent(*asked)}
    for id_ in (i for i, found in halves.items() if not found):
        for source in about.entry(id_).sources[:1]:
            feeds = opened.setdefault(source, {})
            feeds[f"{about.entry(id_).label} ({id_})"] = None
    asks = (one for chapter in chapters for one in chapter.asks)
    for source, what in (one[:2] for one in asks if not about.years(one[2])):
        opened.setdefault(source, {})[what] = None
    names = catalogue().sources
    told = [
        (names.get(source, source), where_published(source), feeds)
        for source, feeds in opened.items()
    ]
    told += [
        (
            f"(fourni) {written(found)} ; il manque {enumerated(about.lacks(i))}",
            _where_of_lacking(about, i),
            feeds,
        )
        for i, found in halves.items()
        if found and (feeds := {f"{about.entry(i).label} ({i})": None})
    ]
    told += [(why, "", feeds) for why, feeds in _refused(about, asked)]
    if not told:
        return None
    rows = tuple(
        (
            Cell(typeset(what)),
            Cell(typeset(where)),
            Cell(typeset(titles(feeds, most=8))),
        )
        for what, where, feeds in told
    )
    columns = (
        Column("Fichier à fournir", "left", 1.6),
        Column("Où le trouver", "left", 1.5),
        Column("Ce qu’il alimente", "left", 2.6),
    )
    return Table(columns, rows, "Données non fournies pour cette édition")


def _where_of_lacking(about: Subject, id_: str) -> str:
    """Return where the first count that a rate lacks is found."""
    lacking = set(about.lacks(id_))
    counts = catalogue().counts
    for other in catalogue().indicators.values():
        names = {uncapital(counts[name].label) for name in other.counts}
        if names & lacking and other.sources and other.id != id_:
            return where_published(other.sources[0])
    return where_published(about.entry(id_).sources[0])


def written(counts: Mapping[str, Value]) -> str:
    """
    Return counts by name, in a line.

    Parameters
    ----------
    counts
        What `Subject.halves` returns.
    """
    return ", ".join(f"{label} : {value.text}" for label, value in counts.items())


def halves_table(about: Subject, ids: Iterable[str]) -> Table | None:
    """
    Return the counts given of rates that lack their denominator, by commune.

    Parameters
    ----------
    about
        What is observed.
    ids
        Indicators.
    """
    found = [i for i in ids if about.halves(i)]
    if not found:
        return None
    heads = list(dict.fromkeys(label for i in found for label in about.halves(i)))
    rows = []
    for code in about.alphabetical:
        held = {k: v for i in found for k, v in about.half(i, code).items()}
        rows.append((Cell(str(about.names[code])), *(held[h].cell() for h in heads)))
    whole = {k: v for i in found for k, v in about.halves(i).items()}
    count = number(len(about.codes))
    rows.append(
        (Cell(f"Ensemble ({count} communes)"), *(whole[h].cell() for h in heads))
    )
    lacking = dict.fromkeys(name for i in found for name in about.lacks(i))
    note = (
        f"Le taux n’est pas calculé : il manque {enumerated(list(lacking))}, au "
        "dénominateur."
    )
    return Table(
        (Column("Commune", "left", 2), *(Column(typeset(head)) for head in heads)),
        tuple(rows),
        "Effectifs fournis dont le taux n’est pas calculé",
        notes=(typeset(note),),
        total=len(rows) - 1,
    )


def _refused(about: Subject, ids: Iterable[str]) -> list[tuple[str, dict[str, None]]]:
    """Return what was given, and why it makes no value of the territory."""
    found: dict[str, dict[str, None]] = {}
    for id_ in ids:
        refusal = about.refusal(id_)
        if refusal is not None and not about.supplied(id_):
            feeds = found.setdefault(f"(fourni) {refusal.why}", {})
            feeds[f"{about.entry(id_).label} ({id_})"] = None
    return list(found.items())
