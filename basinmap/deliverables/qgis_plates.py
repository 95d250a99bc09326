"""Plates as QGIS draws them again: what each layer of a sheet becomes."""

from __future__ import annotations

import hashlib
import re
import unicodedata
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from matplotlib.colors import to_hex
from matplotlib.lines import Line2D
from matplotlib.text import Text

from basinmap.errors import BasinmapWarning, DataError, culprits
from basinmap.export.descriptions import Description, descriptions_of
from basinmap.export.package_records import tip_of
from basinmap.export.qgis.marks import MM, Look
from basinmap.export.qgis.styles import Names, Rule, Style, Where, literal, quoted
from basinmap.maps.layers.drawing import (
    STATE_EDGE,
    STATE_FILL,
    caution_of,
    fragile_in,
)
from basinmap.maps.layers.sizes import SMALLEST
from basinmap.maps.look.themes import text_width
from basinmap.maps.paper.blocks import CirclesBlock, ClassesBlock, Swatch
from basinmap.maps.paper.haloed import HALOS
from basinmap.maps.paper.sheets import Laid, MapAxes, Sheet
from basinmap.maps.paper.stack import STACK
from basinmap.measures import STATES, state_column
from basinmap.values.checks import states_beside
from basinmap.values.told import Told, fact_of, tell, told_of
from basinmap.windows import named_anywhere

__all__ = ["Drawn", "Dressing", "drawn_of", "slug_of", "style_of_classes"]

_NOT_SLUG: Final = re.compile(r"[^a-z0-9]+")
_LABELS: Final[Mapping[str, str]] = {
    "rang": "Rang",
    "cle": "Clé",
    "objet": "Objet",
    "planche": "Planche",
    "texte": "Texte",
    "corps": "Corps (points)",
    "famille": "Police",
    "style": "Style de la police",
    "encre": "Couleur",
    "halo": "Couleur du halo",
    "angle": "Rotation (degrés)",
}
_TITLES: Final[Mapping[str, str]] = {
    "lignes": "Limites, anneaux et renvois",
    "fonds": "Fonds et aires",
    "reperes": "Lieux",
    "noms": "Noms, là où les planches les ont placés",
}
_LOST: Final = "these layers are not carried over to QGIS"
_HEIGHTS: Final = {
    "neighbours": STACK["neighbours"],
    "classes": STACK["fills"],
    "within": STACK["lines over data"],
    "outlines": STACK["outlines"],
    "rings": STACK["rings"],
    "hatched": STACK["hatching"],
    "symbols": STACK["symbols"],
    "points": STACK["points"],
}


def slug_of(text: str) -> str:
    """
    Return letters, digits and dashes, for the name of a file or of a table.

    Parameters
    ----------
    text
        Any text.

    Examples
    --------
    >>> slug_of("Limite d'EPCI – Lens")
    'limite-d-epci-lens'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return named_anywhere(_NOT_SLUG.sub("-", plain.lower()).strip("-") or "sans-nom")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """
    A layer of a plate, for QGIS.

    Attributes
    ----------
    title
        French.
    table
        Of the data, or of the dressing.
    data
        Whether it is in the data, beside what dresses the plates.
    subset
        Condition on its rows, in SQL.
    style
        How it is drawn.
    columns
        What its columns are.
    heading
        Of its legend; none for a single line.
    lines
        Rules that its legend shows; all by default.
    height
        Of the stack.
    block
        Its entry of the legend, to find where it stands on the page.
    """

    title: str
    table: str
    style: Style
    height: float
    data: bool = False
    subset: str = ""
    columns: tuple[Description, ...] = ()
    heading: str = ""
    lines: tuple[int, ...] = ()
    block: object = None


@dataclass(slots=True)
class Dressing:
    """
    What plates draw beside the data: lines, grounds, points, circles, names.

    Attributes
    ----------
    rows
        Rows by table; a shape drawn on two plates is there once.
    codes
        Table to the column of its codes, where it has some.
    labels
        Table to the French names of its columns, where they are its own.
    sources
        Those of the plates, which are credited with what is drawn.
    """

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    sources: dict[str, None] = field(default_factory=dict)

    def add(self, table: str, label: str, shapes: list[shapely.Geometry]) -> str:
        """
        Add shapes; return the condition that finds them.

        Parameters
        ----------
        table
            `"lignes"`, `"fonds"` or `"reperes"`.
        label
            What it is, in French.
        shapes
            Their geometries.
        """
        return self.add_all(table, label, [(label, shape) for shape in shapes])

    def add_all(
        self, table: str, name: str, parts: list[tuple[str, shapely.Geometry]]
    ) -> str:
        """
        Add shapes of several kinds; return the condition that finds them.

        Parameters
        ----------
        table
            As for `add`.
        name
            What they are together, in French.
        parts
            What each is, and its geometry.
        """
        print_ = hashlib.sha256(name.encode())
        for label, shape in parts:
            print_.update(label.encode() + shapely.to_wkb(shape))
        key = f"{slug_of(name)[:40]}-{print_.hexdigest()[:8]}"
        rows = self.rows.setdefault(table, [])
        if all(row["cle"] != key for row in rows):
            rows += [
                {"cle": key, "objet": label, "geometry": shape}
                for label, shape in parts
            ]
        return f'"cle" = {literal(key)}'

    def frames(self) -> dict[str, gpd.GeoDataFrame]:
        """Return one frame a table."""
        found = {}
        for name, rows in sorted(self.rows.items()):
            if not rows:
                continue
            frame = gpd.GeoDataFrame(rows, geometry="geometry", crs="EPSG:2154")
            code = self.codes.get(name)
            if code is None:
                frame.index = pd.RangeIndex(1, len(frame) + 1, name="rang")
            else:
                frame = frame.set_index(code)
            labels = {**_LABELS, **self.labels.get(name, {})}
            found[name] = tell(
                frame,
                title=_TITLES.get(name, name),
                labels=labels,
                sources=tuple(self.sources),
            )
        return found


def drawn_of(
    slug: str,
    sheet: Sheet,
    layers: Mapping[str, gpd.GeoDataFrame],
    dressing: Dressing,
) -> list[Drawn]:
    """
    Return the layers of a plate, highest first.

    Parameters
    ----------
    slug
        Of the plate.
    sheet
        The plate, with its layers.
    layers
        The data: what is classed must be one of their columns.
    dressing
        Filled with what the plate draws beside them.

    Raises
    ------
    DataError
        If what the plate shows is in no layer, or is not what it shows there.

    Warns
    -----
    BasinmapWarning
        If a layer has no like in QGIS.
    """
    ax = sheet.maps[0]
    credited = sheet.about.get("Sources", "").split(" ; ")
    dressing.sources |= dict.fromkeys(filter(None, credited))
    found, lost = [], []
    for laid in ax.laid:
        match laid.kind:
            case "classes" | "grouped":
                found.append(_filled(slug, laid, layers, dressing, ax))
            case "symbols" | "grouped symbols":
                found.append(_symbols(slug, laid, layers, dressing, ax))
            case "kinds":
                found.append(_kinds(laid, dressing))
            case "ground":
                continue  # read from what is drawn, as that of the page
            case "other":
                lost.append(_named(laid))
            case _:
                found.append(_plain(laid, dressing))
    # A locator holds no data, and in QGIS one sees where one is.
    insets = [one for one in sheet.maps[1:] if one.get_label() != "locator"]
    lost += [f"carton « {one.caption or 'sans titre'} »" for one in insets]
    if lost:
        msg = f"plate {slug!r}: {_LOST}: {culprits(lost)}; the plate itself has them"
        warnings.warn(msg, BasinmapWarning, stacklevel=4)
    found += _ground(ax, dressing)
    names = _names(slug, ax, dressing)
    order = sorted(
        enumerate(found), key=lambda pair: (pair[1].height, pair[0]), reverse=True
    )
    return [*names, *(one for _, one in order)]


def _named(laid: Laid) -> str:
    titles = [str(getattr(block, "title", "")) for block in laid.blocks]
    return " ; ".join(filter(None, titles)) or "une couche sans légende"


# -- classes ---------------------------------------------------------------------------


def _holder(
    name: str, codes: pd.Index, layers: Mapping[str, gpd.GeoDataFrame]
) -> tuple[str, gpd.GeoDataFrame]:
    """Return the layer that holds a column of some units."""
    for table, frame in layers.items():
        if name in frame.columns and codes.isin(frame.index).all():
            return table, frame
    there = culprits(
        [f"{t}.{c}" for t, f in layers.items() for c in f.columns if c == name]
        or list(layers)
    )
    msg = (
        f"what the plate shows, {name!r}, is no column of a layer that has its units "
        f"({there}): add it, units.assign(**{{{name!r}: values}})"
    )
    raise DataError(msg)


def _checked_classes(values: pd.Series, classes: pd.Series, breaks: Any) -> None:  # noqa: ANN401 - a list of numbers
    """Refuse data that are not those of the plate: rules would draw another map."""
    numbers = values.to_numpy(dtype="float64", na_value=np.nan)
    codes = np.searchsorted(np.asarray(breaks, dtype=float), numbers, side="right")
    codes = np.where(np.isnan(numbers), -1, codes)
    shown = classes.reindex(values.index)
    other = values.index[codes != shown.cat.codes.to_numpy()]
    if len(other):
        msg = (
            f"{classes.name}: {len(other)} value(s) of the layer are not in the class "
            f"that the plate shows: {culprits(other)}; write the values that were "
            "classified"
        )
        raise DataError(msg)


@dataclass(frozen=True, slots=True)
class _Apart:
    """What is drawn apart, to be read with care: units by class, and by reason."""

    code: str = "code"
    by_class: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    by_reason: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def _apart(classes: pd.Series, units: pd.Index, code: str) -> _Apart:
    """Return what a plate hatches because it is of few."""
    few = fragile_in(classes) & classes.index.isin(units)
    codes = classes.cat.codes[few]
    why = told_of(classes).fragile
    by_class: dict[int, tuple[str, ...]] = {}
    by_reason: dict[str, tuple[str, ...]] = {}
    for unit, place in codes.items():
        by_class[int(place)] = (*by_class.get(int(place), ()), str(unit))
        label = caution_of(why[unit])
        by_reason[label] = (*by_reason.get(label, ()), str(unit))
    return _Apart(code, by_class, by_reason)


def _swatch_rules(
    block: ClassesBlock, column: str, states: str, line: float, apart: _Apart
) -> tuple[list[Rule], tuple[int, ...]]:
    """Return the rules of classes and states, and those that the legend shows."""
    count = len(block.colors)
    ends: list[float | None] = [None, *block.breaks, None]
    rules = []
    for place, swatch in enumerate(block.swatches[:count]):
        code = count - 1 - place
        few = apart.by_class.get(code, ())
        test = Where(
            column=column,
            low=ends[code],
            high=ends[code + 1],
            code=apart.code,
            without=few,
        )
        look = Look(
            color=block.colors[code], edge="#ffffff", width=line, hatch=swatch.hatch
        )
        rules.append(Rule(label=_counted(swatch), look=look, test=test))
    told = {swatch.label: swatch for swatch in block.swatches[count:]}
    rules += [
        Rule(
            label=_counted(told[label]),
            look=Look(
                color=told[label].color,
                edge=told[label].edge or STATE_EDGE,
                width=0.12,
                hatch=told[label].hatch,
            ),
            test=Where(code=apart.code, among=codes),
        )
        for label, codes in apart.by_reason.items()
        if label in told
    ]
    shown = list(range(len(rules)))
    for state, meaning in STATES.items():
        swatch = told.get(meaning) or Swatch(meaning, STATE_FILL[state][0])
        if meaning in told:
            shown.append(len(rules))
        elif state != "not_available" and not states:
            continue
        rules.append(
            Rule(
                label=_counted(swatch),
                look=Look(
                    color=STATE_FILL[state][0],
                    edge=STATE_EDGE,
                    width=0.12,
                    hatch=STATE_FILL[state][1],
                ),
                test=Where(column=column, state=state, states=states),
            )
        )
    return rules, tuple(shown)


def _counted(swatch: Swatch) -> str:
    return f"{swatch.label}\u2002({swatch.count})" if swatch.count else swatch.label


def _filled(
    slug: str,
    laid: Laid,
    layers: Mapping[str, gpd.GeoDataFrame],
    dressing: Dressing,
    ax: MapAxes,
) -> Drawn:
    """Return classes of units of the data, or of groups of these."""
    if laid.kind == "grouped":
        return _grouped(slug, laid, dressing, ax)
    return _classes(laid, layers, ax)


def _classes(laid: Laid, layers: Mapping[str, gpd.GeoDataFrame], ax: MapAxes) -> Drawn:
    (classes,), (block,) = laid.measured, laid.blocks
    assert isinstance(block, ClassesBlock)  # noqa: S101 - what draw_choropleth leaves
    return style_of_classes(classes, block, laid.units, layers, zoom=ax.plan.zoom)


def style_of_classes(
    classes: pd.Series,
    block: ClassesBlock,
    units: gpd.GeoDataFrame,
    layers: Mapping[str, gpd.GeoDataFrame],
    *,
    zoom: float = 1.0,
) -> Drawn:
    """
    Return how classes are drawn on the layer that holds their values.

    Parameters
    ----------
    classes
        What `classify` returned.
    block
        The entry of their legend.
    units
        What was drawn.
    layers
        The data.
    zoom
        How much larger than on A4 the sheet is.

    Raises
    ------
    DataError
        If no layer holds the values, or holds others.
    """
    name = str(classes.name)
    table, frame = _holder(name, units.index, layers)
    _checked_classes(frame.loc[units.index, name], classes, block.breaks)
    beside = state_column(name)
    states = beside if beside in frame.columns else ""
    apart = _apart(classes, units.index, str(frame.index.name or "index"))
    rules, shown = _swatch_rules(block, name, states, 0.45 * zoom * MM, apart)
    columns = descriptions_of(frame, f"layer {table!r}")
    title = columns[name].heading
    style = Style(
        name=title,
        rules=tuple(rules),
        kind="fill",
        tip=tip_of(columns),
        display=quoted("name") if "name" in columns else "",
    )
    return Drawn(
        title=title,
        table=table,
        data=True,
        subset=_only(frame, units.index),
        style=style,
        columns=tuple(columns.values()),
        heading=block.title,
        lines=shown,
        height=_HEIGHTS["classes"],
        block=block,
    )


def _only(frame: gpd.GeoDataFrame, codes: pd.Index) -> str:
    """Return the condition that leaves out what the plate does not show."""
    if frame.index.isin(codes).all():
        return ""
    name = quoted(str(frame.index.name or "index"))
    return f"{name} IN ({', '.join(literal(str(code)) for code in codes)})"


def _grouped(slug: str, laid: Laid, dressing: Dressing, ax: MapAxes) -> Drawn:
    """Draw groups of units, which no layer of the data holds, by their rates."""
    (classes,), (block,) = laid.measured, laid.blocks
    assert isinstance(block, ClassesBlock)  # noqa: S101 - what draw_choropleth leaves
    units, rate = laid.units, str(classes.name)
    told = told_of(classes)
    rows = pd.DataFrame({"geometry": units.geometry}, index=units.index)
    if "name" in units.columns:
        rows.insert(0, "name", units["name"])
    rows[rate] = fact_of(classes, "classed").figures.reindex(units.index)
    rows["prudence"] = [told.fragile.get(code) for code in units.index]
    states = state_column(rate) if told.states else ""
    if states:
        rows[states] = [told.states.get(code, "") for code in units.index]
    table = f"groupes_{slug_of(slug).replace('-', '_')}"
    dressing.rows[table] = rows.rename_axis("groupe").reset_index().to_dict("records")
    dressing.codes[table] = "groupe"
    dressing.labels[table] = {"prudence": "Prudence", rate: _dated(told) or rate}
    line = 0.9 * ax.plan.zoom * MM
    apart = _apart(classes, units.index, "groupe")
    rules, shown = _swatch_rules(block, rate, states, line, apart)
    style = Style(
        name=block.title,
        rules=tuple(rules),
        display=quoted("name") if "name" in rows else quoted("groupe"),
    )
    return Drawn(
        title=block.title,
        table=table,
        style=style,
        heading=block.title,
        lines=shown,
        height=_HEIGHTS["classes"],
        block=block,
    )


# -- circles ---------------------------------------------------------------------------


def _symbols(
    slug: str,
    laid: Laid,
    layers: Mapping[str, gpd.GeoDataFrame],
    dressing: Dressing,
    ax: MapAxes,
) -> Drawn:
    """Put circles at the places of the plate, of the same millimetres."""
    sizes, *coloured = laid.measured
    circles = next(b for b in laid.blocks if isinstance(b, CirclesBlock))
    classed = next((b for b in laid.blocks if isinstance(b, ClassesBlock)), None)
    units = laid.units
    amount = str(sizes.name or "valeur")
    rows = pd.DataFrame({amount: sizes.reindex(units.index).astype(float)})
    if "name" in units.columns:
        rows.insert(0, "name", units["name"])
    least = 0.0 if classed is None else SMALLEST * max(ax.plan.zoom, 1.0)
    disc = _disc(circles, amount, ax, least)
    above = Where(only=f"{quoted(amount)} > 0")
    lines: tuple[int, ...] = ()
    rules = [Rule(label=circles.title, look=disc, test=above)]
    if classed is not None:
        # The rate of a group is in no layer of the data.
        held = {} if laid.kind == "grouped symbols" else layers
        rules, lines = _coloured(rows, disc, coloured[0], classed, held)
    table = f"cercles_{slug_of(slug).replace('-', '_')}"
    rows["geometry"] = units.geometry.representative_point()
    level = str(units.index.name or "code")
    dressing.rows[table] = rows.rename_axis(level).reset_index().to_dict("records")
    dressing.codes[table] = level
    dressing.labels[table] = {
        str(one.name): _dated(told_of(one)) or str(one.name) for one in laid.measured
    }
    style = Style(
        name=circles.title,
        rules=tuple(rules),
        kind="marker",
        largest_first=quoted(amount),
        display=quoted("name") if "name" in rows else quoted(level),
        tip=_tip(rows.columns, told_of(sizes).label or amount, amount),
    )
    return Drawn(
        title=circles.title,
        table=table,
        style=style,
        heading="" if classed is None else classed.title,
        lines=lines,
        height=_HEIGHTS["symbols"],
        block=classed,
    )


def _disc(circles: CirclesBlock, amount: str, ax: MapAxes, least: float) -> Look:
    """Return a circle whose surface is the amount, as on the plate."""
    largest, radius = next(zip(circles.values, circles.radii, strict=True))
    across = 2 * float(radius)
    return Look(
        kind="marker",
        color=ax.plan.theme.faint,
        edge=ax.plan.theme.ink,
        width=0.4 * ax.plan.zoom * MM,
        size=3.2,
        size_by=f"max({least!r}, {across!r} * "
        f"sqrt({quoted(amount)} / {float(largest)!r}))",
    )


def _coloured(
    rows: pd.DataFrame,
    disc: Look,
    classes: pd.Series,
    block: ClassesBlock,
    layers: Mapping[str, gpd.GeoDataFrame],
) -> tuple[list[Rule], tuple[int, ...]]:
    """Add the rate that colours circles to their rows; return the rules."""
    rate, said = str(classes.name), told_of(classes).states
    figures = fact_of(classes, "classed").figures.reindex(rows.index)
    if layers:
        _, frame = _holder(rate, rows.index, layers)
        figures = frame.loc[rows.index, rate]
        said = states_beside(frame, frame[rate])
        _checked_classes(figures, classes, block.breaks)
    rows[rate] = figures
    states = state_column(rate) if said else ""
    if said:
        rows[states] = [said.get(code, "") for code in rows.index]
    apart = _apart(classes, rows.index, str(rows.index.name or "code"))
    plain, lines = _swatch_rules(block, rate, states, 0.0, apart)
    return [replace(rule, look=_on_disc(disc, rule)) for rule in plain], lines


def _on_disc(disc: Look, rule: Rule) -> Look:
    """Return a circle of a class, hatched where it is set apart."""
    if rule.test.among:
        # Twice as dense as over an area: the least circle has two strokes.
        hatch = 2 * rule.look.hatch
        return replace(disc, color=rule.look.color, edge=STATE_EDGE, hatch=hatch)
    edge = STATE_EDGE if rule.test.state else disc.edge
    return replace(disc, color=rule.look.color, edge=edge)


def _dated(told: Told) -> str:
    dated = told.title or " ".join(filter(None, [told.label, told.vintage]))
    return f"{dated} ({told.unit})" if told.unit and dated else dated


def _tip(columns: Iterable[str], label: str, amount: str) -> str:
    named = '<b>[% "name" %]</b><br>' if "name" in columns else ""
    return f"{named}{label} : [% format_number({quoted(amount)}, 0, 'fr') %]"


# -- kinds -----------------------------------------------------------------------------


def _kinds(laid: Laid, dressing: Dressing) -> Drawn:
    """Draw areas of several kinds, each by its name."""
    (labels,), (block,) = laid.measured, laid.blocks
    title = str(getattr(block, "title", "")) or "types"
    shapes = dict(zip(laid.units.index, laid.units.geometry, strict=True))
    known = {one.label: one for one in getattr(block, "swatches", ())}
    parts = [
        (str(label), part)
        for code, label in labels.items()
        for part in _polygons(shapes[code])
        if label in known
    ]
    subset = dressing.add_all("fonds", title, parts)
    bare = laid.floor == "edges of bands"
    rules = [
        Rule(
            label=_counted(swatch),
            look=_look_of_kind(swatch, bare=bare),
            test=Where(column="objet", equal=label),
        )
        for label, swatch in known.items()
    ]
    return Drawn(
        title=title,
        table="fonds",
        subset=subset,
        style=Style(name=title, rules=tuple(rules), display=quoted("objet")),
        heading=title,
        height=STACK[laid.floor],
    )


def _look_of_kind(swatch: Swatch, *, bare: bool) -> Look:
    if bare:
        return Look(edge=swatch.color, width=0.35)
    edge = swatch.edge if swatch.hatch else "#ffffff"
    return Look(color=swatch.color, edge=edge, width=0.14, hatch=swatch.hatch)


# -- lines, grounds, points ------------------------------------------------------------


def _plain(laid: Laid, dressing: Dressing) -> Drawn:
    swatch = laid.swatch
    assert swatch is not None  # noqa: S101 - what these layers leave
    shapes = np.asarray(laid.units.geometry.array)
    label = swatch.label or {"neighbours": "territoires voisins"}.get(
        laid.kind, "limites"
    )
    kind, table, look = _look(laid.kind, swatch)
    if laid.kind == "rings":
        # Apart: two circles that were merged would share their dashes.
        parts = [shapely.LineString(ring) for ring in shapes]
    elif laid.kind == "within":
        parts = [_many(shapely.union_all(shapes), shapely.MultiLineString)]
    elif kind == "line":
        edges = shapely.union_all(shapely.boundary(shapes))
        parts = [_many(shapely.line_merge(edges), shapely.MultiLineString)]
    elif kind == "fill":
        parts = [part for shape in shapes for part in _polygons(shape)]
    else:
        parts = [shapely.centroid(shape) for shape in shapes]
    subset = dressing.add(table, label, parts)
    height = _HEIGHTS[laid.kind]
    if laid.kind == "outlines" and kind == "fill":
        height = STACK["filled outlines"]
    return Drawn(
        title=label,
        table=table,
        subset=subset,
        style=Style(
            name=label, rules=(Rule(label=label, look=look),), kind=kind, display=""
        ),
        height=height,
        block=swatch if swatch.label else None,
    )


def _polygons(shape: shapely.Geometry) -> list[shapely.Polygon]:
    parts = shapely.get_parts(shape)
    return [part for part in parts if part.geom_type == "Polygon"]


def _many(shape: shapely.Geometry, kind: type) -> shapely.Geometry:
    if shape.geom_type.startswith("Multi"):
        return shape
    return kind([] if shape.is_empty else [shape])


def _look(laid: str, swatch: Swatch) -> tuple[str, str, Look]:
    """Return how a layer of one kind is drawn, and the table that holds it."""
    width = swatch.width * MM
    dashes = tuple(dash * width for dash in swatch.dashes)
    if laid == "points":
        look = Look(
            kind="marker",
            color=swatch.color,
            edge=swatch.edge,
            width=0.2,
            shape=swatch.shape,
            size=swatch.size,
        )
        return "marker", "reperes", look
    if swatch.shape == "line":
        look = Look(kind="line", color=swatch.color, width=width, dashes=dashes)
        return "line", "lignes", look
    look = Look(color=swatch.color, edge=swatch.edge, width=width, hatch=swatch.hatch)
    return "fill", "fonds", look


# -- the ground ------------------------------------------------------------------------

_GROUNDS: Final[Mapping[str, str]] = {
    "area": "terres",
    "land": "terres",
    "abroad": "étranger",
    "coast": "trait de côte",
    "limit": "limites",
    "border": "frontières",
    "sea": "mer",
    "water": "eaux",
    "river": "rivières",
    "canal": "canaux",
    "motorway": "autoroutes",
    "road": "routes",
    "railway": "voies ferrées",
}


def _ground(ax: MapAxes, dressing: Dressing) -> list[Drawn]:
    """Return the ground of a page, as it was drawn: it is no layer of the data."""
    found, towns = [], []
    artists: list[Any] = [*ax.patches, *ax.collections]
    for artist in artists:
        label, _, kind = str(artist.get_label()).partition(" ")
        if label not in ("_lands", "_ground"):
            continue
        if kind == "town":
            box = artist.get_path().get_extents()
            towns.append(shapely.Point(*((box.min + box.max) / 2)))
        else:
            found += _ground_of(artist, kind, dressing)
    return [*found, *_towns(towns, ax, dressing)]


def _ground_of(artist: Any, kind: str, dressing: Dressing) -> list[Drawn]:  # noqa: ANN401 - of matplotlib
    paths = artist.get_paths() if hasattr(artist, "get_paths") else [artist.get_path()]
    rings = [part for path in paths for part in path.to_polygons(closed_only=False)]
    lines = [shapely.LineString(part) for part in rings if len(part) > 1]
    fill, edge = (_first(artist.get_facecolor()), _first(artist.get_edgecolor()))
    width = float(np.atleast_1d(artist.get_linewidth())[0]) * MM
    title = _GROUNDS.get(kind, "fond")
    if fill == "none":
        parts: list[shapely.Geometry] = lines
        shape, table = "line", "lignes"
        look = Look(kind="line", color=edge, width=width)
    else:
        # GEOS divides by zero on lands that share a border, and finds their ground.
        with np.errstate(invalid="ignore"):
            built = shapely.build_area(shapely.GeometryCollection(lines))
        parts = _polygons(built)
        shape, table = "fill", "fonds"
        look = Look(color=fill, edge=edge, width=width)
    if not parts:
        return []
    subset = dressing.add(table, title, parts)
    style = Style(name=title, kind=shape, rules=(_rule(title, look),))
    height = float(artist.get_zorder())
    return [Drawn(title=title, table=table, subset=subset, style=style, height=height)]


def _towns(places: list[shapely.Point], ax: MapAxes, dressing: Dressing) -> list[Drawn]:
    if not places:
        return []
    color = ax.plan.theme.soft
    subset = dressing.add("reperes", "villes", places)
    look = Look(kind="marker", color=color, size=0.8)
    style = Style(name="villes", kind="marker", rules=(_rule("villes", look),))
    height = STACK["towns"]
    return [
        Drawn(
            title="villes", table="reperes", subset=subset, style=style, height=height
        )
    ]


def _first(colors: Any) -> str:  # noqa: ANN401 - one colour of matplotlib, or several
    """Return a colour, or that there is none."""
    found = np.atleast_2d(np.asarray(colors, dtype=float))
    return "none" if not len(found) or found[0][-1] == 0 else str(to_hex(found[0]))


# -- names -----------------------------------------------------------------------------


def _names(slug: str, ax: MapAxes, dressing: Dressing) -> list[Drawn]:
    """Return the names where the plate placed them, and what leads to them."""
    found = []
    theme = ax.plan.theme
    rows = dressing.rows.setdefault("noms", [])
    halos = {
        (text.get_text(), *text.get_position()): _hex(text.get_color())
        for text in ax.texts
        if text.get_gid() == "halo"
    }
    for text in ax.texts:
        if text.get_gid() in HALOS or not text.get_visible():
            continue
        around = halos.get((text.get_text(), *text.get_position()), "")
        if text.get_bbox_patch() is not None:
            around = theme.halo  # a distance, on its plate
        rows.append({"planche": slug, **_written(text, ax), "halo": around})
    if any(row["planche"] == slug for row in rows):
        names = Names(
            expression='"texte"',
            family=theme.narrow,
            size=float(theme.label),
            color=theme.ink,
            halo=theme.halo,
            placed=True,
            kind="marker",
            defined={
                "Size": '"corps"',
                "Color": '"encre"',
                "Family": '"famille"',
                "FontStyle": '"style"',
                "BufferDraw": "\"halo\" <> ''",
                "BufferColor": "coalesce(nullif(\"halo\", ''), '#ffffff')",
                "LabelRotation": '"angle"',
            },
        )
        found.append(
            Drawn(
                title="noms",
                table="noms",
                subset=f'"planche" = {literal(slug)}',
                style=Style(name="noms", kind="marker", names=names),
                height=STACK["names"],
            )
        )
    leaders = [
        shapely.LineString(np.column_stack([line.get_xdata(), line.get_ydata()]))
        for line in ax.lines
        if isinstance(line, Line2D) and line.get_zorder() == STACK["leaders"]
    ]
    if leaders:
        subset = dressing.add("lignes", f"renvois {slug}", leaders)
        look = Look(kind="line", color=theme.ink, width=0.35 * ax.plan.zoom * MM)
        style = Style(name="renvois", kind="line", rules=(_rule("renvois", look),))
        found.append(
            Drawn(
                title="renvois",
                table="lignes",
                subset=subset,
                style=style,
                height=STACK["leaders"],
            )
        )
    return found


def _rule(label: str, look: Look) -> Rule:
    return Rule(label=label, look=look)


def _written(text: Text, ax: MapAxes) -> dict[str, Any]:
    """Return a name as a row: its letters, its size, its ink, its middle."""
    style = text.get_fontproperties()
    weight = int(style.get_weight())
    slanted = style.get_style() == "italic"
    cut = "Italic" if slanted else {500: "Medium", 700: "Bold"}.get(weight, "Regular")
    x, y = (float(side) for side in text.get_position())
    wide = max(text_width(line, style) for line in text.get_text().split("\n"))
    aside = {"left": 0.5, "right": -0.5}.get(text.get_horizontalalignment(), 0.0)
    x += aside * wide * ax.plan.scale / 1000
    return {
        "texte": text.get_text().replace("\n", "|"),
        "corps": round(float(style.get_size_in_points()), 2),
        "famille": str(style.get_family()[0]),
        "style": cut,
        "encre": _hex(text.get_color()),
        "angle": round(-float(text.get_rotation()), 2) + 0.0,
        "geometry": shapely.Point(x, y),
    }


def _hex(color: Any) -> str:  # noqa: ANN401 - a colour of matplotlib
    return str(to_hex(color))
