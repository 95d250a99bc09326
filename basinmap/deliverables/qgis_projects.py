"""The project of QGIS: the maps of the plates, in a file that one double-clicks."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd
from matplotlib.colors import to_hex
from pyproj import Proj, Transformer

from basinmap.arguments import check_given, check_kind, day_of, path_of, text_of
from basinmap.deliverables.cautions import with_cautions
from basinmap.deliverables.qgis_fiches import SITUATION, fiche_layout, highlight
from basinmap.deliverables.qgis_plates import (
    Drawn,
    Dressing,
    drawn_of,
    slug_of,
    style_of_classes,
)
from basinmap.errors import DataError, culprits
from basinmap.export.geopackages import write_geopackage
from basinmap.export.metadata import About
from basinmap.export.qgis.layouts import (
    Bar,
    Item,
    KeyOf,
    Keys,
    Layout,
    Map,
    Picture,
    Stroke,
    Words,
    inert,
)
from basinmap.export.qgis.marks import MM
from basinmap.export.qgis.projects import Group, Layer, Project, Seen, qgz_bytes
from basinmap.export.qgis.styles import Style, qml_of, sld_of
from basinmap.maps.look.themes import font, wrapped
from basinmap.maps.margins.furniture import bar_kilometres
from basinmap.maps.margins.legends import Entry, entry_picture
from basinmap.maps.paper.blocks import ClassesBlock, KeyBlock
from basinmap.maps.paper.facts import facts_of
from basinmap.maps.paper.pens import ROW, TEXT
from basinmap.maps.paper.sheets import MapAxes, Sheet
from basinmap.spatial.projections import METRIC
from basinmap.staging import UNDATED, check_file, write_whole
from basinmap.typography import shortest

__all__ = ["map_styles", "write_qgis_project"]

PLATES: Final = "Planches"
_SHEET: Final = "Fiche communale"
_ASCENT: Final = 0.94  # of a size, above the baseline in a box of QGIS


def map_styles(
    sheets: Mapping[str, Sheet], layers: Mapping[str, gpd.GeoDataFrame]
) -> dict[str, list[Style]]:
    """
    Return the classes of plates as styles of the layers that hold their values.

    Parameters
    ----------
    sheets
        Slug to plate.
    layers
        Layer name to frame, with the values that were classed as a column.

    Returns
    -------
    dict
        Layer name to its styles, in the order of the plates, for `write_geopackage`;
        none of a plate of groups of units, whose rates no layer holds.

    Raises
    ------
    DataError
        If no layer holds what a plate shows, or holds other values.

    Examples
    --------
    >>> import basinmap as bm
    >>> lens = bm.communes(epci="call")
    >>> rate = bm.compute("L04", bm.statistics(epci="call"))
    >>> fig, ax = bm.page(lens, title="Taux de vacance")
    >>> bm.draw_choropleth(ax, lens, bm.classify(rate))
    >>> styles = bm.map_styles({"vacance": fig}, {"communes": lens.assign(L04=rate)})
    >>> [len(style.rules) for style in styles["communes"]]
    [6]
    """
    check_given(map_styles, locals())
    _check_sheets(sheets)
    _check_layers(layers)
    found: dict[str, list[Style]] = {}
    for sheet in sheets.values():
        ax = sheet.maps[0]
        for laid in ax.laid:
            if laid.kind == "classes":
                block = laid.blocks[0]
                assert isinstance(block, ClassesBlock)  # noqa: S101 - draw_choropleth's
                drawn = style_of_classes(
                    laid.measured[0], block, laid.units, layers, zoom=ax.plan.zoom
                )
                known = found.setdefault(drawn.table, [])
                if drawn.style not in known:
                    known.append(drawn.style)
    return found


def _check_sheets(sheets: object) -> None:
    check_kind(sheets, Mapping, "sheets", "{'01-vacance': fig}")
    assert isinstance(sheets, Mapping)  # noqa: S101 - for the type checker
    if not sheets:
        msg = "no plate: give at least one, {'01-vacance': fig}"
        raise DataError(msg)
    for name, sheet in sheets.items():
        check_kind(name, str, "name of a plate", "{'01-vacance': fig}")
        check_kind(sheet, Sheet, f"plate {name!r}", "what bm.page returned")
        if not sheet.maps:
            msg = f"plate {name!r} has no map"
            raise DataError(msg)


def _check_layers(layers: object) -> None:
    check_kind(layers, Mapping, "layers", "{'communes': frame}")
    assert isinstance(layers, Mapping)  # noqa: S101 - for the type checker
    for name, frame in layers.items():
        check_kind(frame, gpd.GeoDataFrame, f"layer {name!r}", "such as bm.communes()")


def write_qgis_project(  # noqa: PLR0913 - what a project may be made from
    path: str | Path,
    sheets: Mapping[str, Sheet],
    layers: Mapping[str, gpd.GeoDataFrame],
    *,
    tables: Mapping[str, pd.DataFrame] | None = None,
    title: str = "",
    author: str = "",
    licence: str = "",
    date: str | dt.date | None = None,
    data: str = "donnees.gpkg",
    fiches: str = "",
) -> Path:
    """
    Write plates as a project of QGIS, with its data, its styles and its fonts beside.

    Each plate is a group of the project, shown one at a time, a map theme, and a print
    layout of the same millimetres at the same scale; classes are rules, which keep
    [a ; b[. QGIS is not needed to write it, and 3.22 or newer reads it.

    Parameters
    ----------
    path
        The `.qgz`; beside it are written `data`, what dresses the plates
        (`<name>-habillage.gpkg`), `styles/` (QML and SLD), `polices/` and
        `LISEZ-MOI.txt`.
    sheets
        Slug to plate, in order; those of `page`, with legend and furniture.
    layers
        Layer name to frame, as for `write_geopackage`; what is classed on a plate must
        be a column of one of them.
    tables
        Tables without geometry.
    title, author, licence
        Of the project and its data.
    date
        Of making; the 1st of January 2000 by default, as for `write_geopackage`.
    data
        Name of the GeoPackage of the data.
    fiches
        Layer whose every unit has a page of the layout « Fiche communale »; none by
        default.

    Returns
    -------
    Path
        The project.

    Raises
    ------
    DataError
        If there is no plate, what one shows is in no layer or is not what it shows
        there, or `fiches` is no layer.
    OutputError
        If a file cannot be written.

    Warns
    -----
    BasinmapWarning
        If a layer of a plate has no like in QGIS; it is named.

    Examples
    --------
    >>> import basinmap as bm, datetime as dt, pathlib, tempfile
    >>> lens = bm.communes(epci="call")
    >>> rate = bm.compute("L04", bm.statistics(epci="call"))
    >>> fig, ax = bm.page(lens, title="Taux de vacance")
    >>> bm.draw_choropleth(ax, lens, bm.classify(rate))
    >>> bm.draw_legend(ax)
    >>> bm.draw_furniture(ax, author="basinmap", date=dt.date(2026, 11, 29))
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> made = bm.write_qgis_project(
    ...     folder / "lens.qgz", {"vacance": fig}, {"communes": lens.assign(L04=rate)}
    ... )
    >>> sorted(file.name for file in folder.iterdir())
    ['LISEZ-MOI.txt', 'donnees.gpkg', 'lens-habillage.gpkg', 'lens.qgz', 'polices',
     'styles']
    """
    check_given(write_qgis_project, locals())
    file = path_of(path)
    check_file(file)
    if file.suffix.lower() != ".qgz":
        msg = f"{file.name!r}: a project of QGIS ends with .qgz: {file.stem}.qgz"
        raise DataError(msg)
    _check_sheets(sheets)
    _check_layers(layers)
    if fiches and fiches not in layers:
        msg = f"fiches={fiches!r} is no layer; there are {culprits(layers)}"
        raise DataError(msg)
    day = UNDATED if date is None else day_of(date)
    layers = {name: with_cautions(frame) for name, frame in layers.items()}
    dressing = Dressing()
    drawn = {
        slug: drawn_of(slug, sheet, layers, dressing) for slug, sheet in sheets.items()
    }
    about = About(
        key=file.stem,
        title=text_of(title, "title") or next(iter(sheets.values())).about["Title"],
        author=text_of(author, "author"),
        licence=text_of(licence, "licence"),
        date=day,
    )
    styles = map_styles(sheets, layers)
    folder = file.parent
    write = partial(
        write_geopackage, date=date, author=about.author, licence=about.licence
    )
    write(folder / data, layers, tables=tables, styles=styles, title=about.title)
    dressed = f"{file.stem}-habillage.gpkg"
    if frames := dressing.frames():
        write(
            folder / dressed,
            frames,
            styles=_own_styles(drawn),
            title=f"Habillage – {about.title}",
        )
    build = _Build(about, data, dressed, layers)
    project = build.project(sheets, drawn, fiches)
    _write_styles(folder / "styles", drawn)
    _write_beside(folder, about.title)
    write_whole(file, qgz_bytes(project, file.stem))
    return file


def _own_styles(drawn: Mapping[str, Sequence[Drawn]]) -> dict[str, list[Style]]:
    """Return the styles of what dresses the plates, by table, each once."""
    found: dict[str, list[Style]] = {}
    for one in (one for layers in drawn.values() for one in layers if not one.data):
        known = found.setdefault(one.table, [])
        if one.style not in known:
            known.append(one.style)
    return found


class _Build:
    """A project in the making: what all its layers have in common."""

    def __init__(
        self,
        about: About,
        data: str,
        dressed: str,
        layers: Mapping[str, gpd.GeoDataFrame],
    ) -> None:
        self.about, self.data, self.dressed = about, data, dressed
        self.layers = layers

    def project(
        self,
        sheets: Mapping[str, Sheet],
        drawn: Mapping[str, Sequence[Drawn]],
        fiches: str,
    ) -> Project:
        """Return the whole project."""
        groups: list[Group] = []
        layouts: list[Layout] = []
        themes: dict[str, Seen] = {}
        names = _names_of(sheets)
        for slug, sheet in sheets.items():
            layers = tuple(
                self._layer(slug, one, n) for n, one in enumerate(drawn[slug])
            )
            first = not groups
            group = Group(name=names[slug], members=layers, shown=first, open=first)
            groups.append(group)
            themes[names[slug]] = Seen(groups=(f"{PLATES}/{names[slug]}",))
            layouts.append(_layout(names[slug], sheet, drawn[slug], layers))
        plates = Group(name=PLATES, members=tuple(groups), exclusive=True)
        members: tuple[Group, ...] = (plates,)
        if fiches:
            marked, extra, theme = self._fiches(fiches, sheets, drawn, groups)
            members = (marked, plates)
            themes |= theme
            layouts.append(extra)
        first_map = facts_of(next(iter(sheets.values()))).frames[0]
        return Project(
            title=self.about.title,
            author=self.about.author,
            date=self.about.date,
            tree=Group(name="", members=members),
            themes=themes,
            layouts=layouts,
            extent=first_map.bounds,
        )

    def _layer(self, slug: str, drawn: Drawn, place: int) -> Layer:
        return Layer(
            slug=f"{slug_of(slug)}-{place}",
            title=drawn.title,
            file=self.data if drawn.data else self.dressed,
            table=drawn.table,
            subset=drawn.subset,
            style=drawn.style,
            columns=drawn.columns,
            about=_about_layer(self.about, drawn.title),
        )

    def _fiches(
        self,
        table: str,
        sheets: Mapping[str, Sheet],
        drawn: Mapping[str, Sequence[Drawn]],
        groups: Sequence[Group],
    ) -> tuple[Group, Layout, dict[str, Seen]]:
        """Return the group, the layout and the themes of the pages of units."""
        frame = self.layers[table]
        candidates = [
            (slug, group, pair)
            for slug, group in zip(sheets, groups, strict=True)
            for pair in zip(drawn[slug], group.layers(), strict=True)
            if pair[0].data and pair[0].table == table
        ]
        chosen, plate, shown = (
            candidates[0] if candidates else (next(iter(sheets)), groups[0], None)
        )
        style, columns = highlight(frame)
        layer = Layer(
            slug="fiche",
            title="commune de la fiche",
            file=self.data,
            table=table,
            style=style,
            columns=tuple(columns.values()),
            about=_about_layer(self.about, "commune de la fiche"),
        )
        group = Group(name=_SHEET, members=(layer,), shown=False, open=False)
        both = (_SHEET, f"{PLATES}/{plate.name}")
        theme = {
            _SHEET: Seen(groups=both),
            SITUATION: Seen(groups=both, without=("noms", "renvois")),
        }
        layout = fiche_layout(_SHEET, sheets[chosen], layer, columns, shown)
        return group, layout, theme


def _about_layer(about: About, title: str) -> About:
    return About(
        key=slug_of(title),
        title=title,
        author=about.author,
        licence=about.licence,
        date=about.date,
    )


def _names_of(sheets: Mapping[str, Sheet]) -> dict[str, str]:
    """Return what each plate is called in QGIS: its number and its title."""
    found: dict[str, str] = {}
    for place, (slug, sheet) in enumerate(sheets.items(), start=1):
        title = sheet.about["Title"].split(" – ")[0].replace("/", "-")
        found[slug] = f"{place:02d} – {title}"
    return found


# -- layouts ---------------------------------------------------------------------------


def _layout(
    name: str, sheet: Sheet, drawn: Sequence[Drawn], layers: Sequence[Layer]
) -> Layout:
    """Return the page of a plate, in its own millimetres."""
    ax = sheet.maps[0]
    width, height = sheet.layout_mm.width, sheet.layout_mm.height
    frame = facts_of(sheet).frames[0]
    x, y, broad, deep = frame.box
    shown = Map(
        box=(x, height - y - deep, broad, deep),
        name="carte",
        extent=frame.bounds,
        theme=name,
        edge=ax.plan.theme.faint,
        ground=to_hex(ax.get_facecolor()),
    )
    pairs = list(zip(drawn, layers, strict=True))
    items: list[Item] = [shown, *_panel(ax)]
    for entry in ax.strip:
        items += _entry_items(ax, entry, pairs)
    items += _margins(ax)
    return Layout(name=name, size=(width, height), items=tuple(items))


def _panel(ax: MapAxes) -> Iterator[Item]:
    """Whiten the corner of the map where the legend is, if it is there."""
    for patch in ax.sheet.beside.patches:
        if patch.get_gid() == "panel":
            corner = patch.get_extents().transformed(
                ax.sheet.beside.transData.inverted()
            )
            top = ax.sheet.layout_mm.height - corner.y1
            yield Words(
                box=(corner.x0, top, corner.width, corner.height),
                text=" ",
                family=ax.plan.theme.family,
                size=6.0,
                color=ax.plan.theme.faint,
                ground="#ffffff",
                name="fond de la légende",
            )


def _entry_items(
    ax: MapAxes, entry: object, pairs: Sequence[tuple[Drawn, Layer]]
) -> Iterator[Item]:
    """Return an entry of the legend: of QGIS where it has one, else as a picture."""
    assert isinstance(entry, Entry)  # noqa: S101 - what draw_legend leaves
    top = ax.sheet.layout_mm.height - entry.y
    box = (entry.x, top, entry.width, entry.height)
    match entry.block:
        case ClassesBlock() as block:
            own = [p for p in pairs if p[0].block is not None and _same(p[0], block)]
            if own:
                gap = 2.4 if block.counted else 0.0
                yield _keys(ax, box, entry.zoom, own, gap)
                yield from _range(ax, entry, block, top)
                return
        case KeyBlock() as block:
            own = [p for s in block.swatches for p in pairs if p[0].block == s]
            if len(own) == len(block.swatches):
                yield _keys(ax, box, entry.zoom, own, 0.0)
                return
    yield Picture(
        box=(entry.x, top, entry.width, entry.height), svg=entry_picture(ax, entry)
    )


def _same(drawn: Drawn, block: ClassesBlock) -> bool:
    return isinstance(drawn.block, ClassesBlock) and drawn.block.title == block.title


def _keys(
    ax: MapAxes,
    box: tuple[float, float, float, float],
    zoom: float,
    pairs: Sequence[tuple[Drawn, Layer]],
    gap: float,
) -> Keys:
    theme = ax.plan.theme
    heading = font(theme.family, theme.heading, weight=700)
    room = box[2] - TEXT * zoom
    layers = tuple(
        KeyOf(
            layer=layer.key,
            source=layer.source,
            heading="|".join(wrapped(drawn.heading, box[2], heading)),
            lines=drawn.lines,
            labels=_in_lines(drawn, room, theme.body, theme.family),
        )
        for drawn, layer in pairs
    )
    return Keys(
        box=box,
        map="carte",
        layers=layers,
        family=theme.family,
        heading=float(theme.heading),
        body=float(theme.body),
        color=theme.ink,
        swatch=(7.0 * zoom, 3.4 * zoom),
        row=ROW * zoom,
        gap=(0.4 + gap) * zoom,
    )


def _in_lines(drawn: Drawn, room: float, size: float, family: str) -> tuple[str, ...]:
    """Return what is written beside samples, where a line would leave its column."""
    said = [rule.label for rule in drawn.style.rules]
    said = said if drawn.heading else [drawn.title]
    letters = font(family, size)
    cut = tuple("|".join(wrapped(text, room, letters)) for text in said)
    return cut if not drawn.heading or any("|" in text for text in cut) else ()


def _range(
    ax: MapAxes, entry: Entry, block: ClassesBlock, top: float
) -> Iterator[Words]:
    """Write the least and the greatest value under the classes."""
    theme = ax.plan.theme
    low, high, of = block.range
    text = f"minimum\u00a0: {low} – maximum\u00a0: {high}"
    text = f"{of}\u00a0: de {low} à {high}" if of else text
    if block.counted:
        text += f"\u00a0; (n)\u00a0: {block.counted}"
    down = entry.height + ((2.4 if block.counted else 0.0) - 5.0) * entry.zoom
    yield Words(
        box=(entry.x, top + down, entry.width + 4 * entry.zoom, 3.4 * entry.zoom),
        text=text,
        family=theme.family,
        size=float(theme.small),
        color=theme.soft,
    )


def _margins(ax: MapAxes) -> Iterator[Item]:
    """Return title, foot, scale and north."""
    plan, sheet = ax.plan, ax.sheet
    theme, height = plan.theme, sheet.layout_mm.height
    top_of_frame = plan.frame[1] + plan.frame[3]
    head = [t for t in sheet.paper.texts if t.get_position()[1] > top_of_frame]
    for text in head:
        style = text.get_fontproperties()
        size = float(style.get_size_in_points())
        left, base = (float(side) for side in text.get_position())
        # Two lines high, the letters at the bottom: without its fonts a title wraps.
        deep = 2.4 * size * MM
        yield Words(
            box=(left, height - base - deep + 0.24 * size * MM, plan.head[2], deep),
            text=inert(text.get_text()),
            family=str(style.get_family()[0]),
            size=size,
            color=_plain(text.get_color()),
            weight=int(style.get_weight()),
            rise="bottom",
            name="titre" if text is head[0] else "sous-titre",
        )
    x, y, width, deep = plan.footer
    top = height - y - deep
    foot = [t for t in sheet.paper.texts if t.get_position()[1] < y + deep]
    if not foot:
        return
    yield Stroke(
        box=(x, top, width, 0.0), color=theme.faint, width=0.5 * plan.zoom * MM
    )
    for align in ("left", "right"):
        lines = [t for t in foot if t.get_horizontalalignment() == align]
        if lines:
            yield _foot(ax, lines, align, (x, top + 0.4 * plan.zoom, width, deep))
    yield from _scale_and_north(ax)


def _plain(color: object) -> str:
    return str(color)


def _foot(
    ax: MapAxes,
    lines: Sequence[object],
    align: str,
    box: tuple[float, float, float, float],
) -> Words:
    """Return the lines of the foot; the scale is that of the map, whatever is done."""
    texts = [str(line.get_text()) for line in lines]  # type: ignore[attr-defined]
    size = float(lines[0].get_fontsize())  # type: ignore[attr-defined]
    printed = "format_number(map_get(item_variables('carte'), 'map_scale'), 0, 'fr')"
    texts = [
        f"Échelle 1\u00a0: [% {printed} %] ({ax.plan.size})"
        if text.startswith("Échelle 1")
        else inert(text)
        for text in texts
    ]
    left, top, width, deep = box
    room = 52.0 * ax.plan.zoom
    if align == "right":
        left, width = left + width - room, room
    elif width > 2 * room:
        width -= room
    return Words(
        box=(left, top, width, deep + 6.0),
        text="\n".join(texts),
        family=ax.plan.theme.family,
        size=size,
        color=ax.plan.theme.soft,
        align=align,
        name="sources" if align == "left" else "échelle en chiffres",
    )


def _scale_and_north(ax: MapAxes) -> Iterator[Item]:
    plan, theme = ax.plan, ax.plan.theme
    height, zoom = ax.sheet.layout_mm.height, ax.plan.zoom
    x, y, width, _ = plan.strip
    left, base = x + width - plan.column, height - y - 1.0 * zoom
    kilometres = bar_kilometres(plan.scale, min(36.0 * zoom, plan.column - 14.0 * zoom))
    letters = theme.small * MM * 0.75
    yield Bar(
        box=(left, base - 1.3 * zoom - 0.9 - letters, 40.0 * zoom, 5.0 * zoom),
        map="carte",
        kilometres=kilometres / 2,
        family=theme.family,
        size=float(theme.small),
        color=theme.ink,
        height=1.3 * zoom,
    )
    yield Picture(
        box=(x + width - 8.0 * zoom, base - 13.0 * zoom, 8.0 * zoom, 14.0 * zoom),
        svg=_north(ax),
        name="nord",
    )


def _north(ax: MapAxes) -> bytes:
    """Draw an arrow to the true north: the grid of Lambert-93 turns away from it."""
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    to_degrees = Transformer.from_crs(METRIC, "EPSG:4326", always_xy=True)
    where = to_degrees.transform((x0 + x1) / 2, (y0 + y1) / 2)
    turn = -float(Proj(METRIC).get_factors(*where).meridian_convergence)
    ink = ax.plan.theme.ink
    halves = "".join(
        f'<path d="M4 4 L{4 + side * 1.9} 12.2 L4 10.8 Z" fill="{color}" '
        f'stroke="{ink}" stroke-width="0.14"/>'
        for side, color in ((-1, ink), (1, "#ffffff"))
    )
    letter = (
        f'<path d="M3.1 2.9 V0.9 L4.9 2.9 V0.9" fill="none" stroke="{ink}" '
        'stroke-width="0.38"/>'
    )
    angle = shortest(round(math.fmod(turn, 360.0), 3)).replace(",", ".")
    angle = angle.replace("−", "-")
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="8mm" height="14mm" '
        f'viewBox="0 0 8 14"><g transform="rotate({angle} 4 9)">{halves}{letter}'
        "</g></svg>"
    ).encode()


# -- beside ----------------------------------------------------------------------------


def _write_styles(folder: Path, drawn: Mapping[str, Sequence[Drawn]]) -> None:
    """Write the style of what each plate measures, for QGIS and for others."""
    for slug, layers in drawn.items():
        for one in layers:
            if one.heading or one.style.largest_first:
                stem = slug_of(slug) + ("-cercles" if one.style.largest_first else "")
                style, columns = one.style, one.columns
                write_whole(folder / f"{stem}.qml", qml_of(style, columns).encode())
                write_whole(folder / f"{stem}.sld", sld_of(style, one.table).encode())


def _write_beside(folder: Path, title: str) -> None:
    """Write the fonts, which no project can hold, and what to do with all this."""
    fonts = folder / "polices"
    for entry in sorted((files("basinmap.maps") / "fonts").iterdir(), key=str):
        if entry.name.endswith((".ttf", ".txt")):
            write_whole(fonts / entry.name, entry.read_bytes())
    text = (files("basinmap.export.qgis") / "lisez-moi.txt").read_text("utf-8")
    write_whole(folder / "LISEZ-MOI.txt", text.replace("{title}", title).encode())
