"""What a theme has of its own in a bulletin: its stock, its years, its land."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import pandas as pd

from basinmap.catalogue.entries import catalogue
from basinmap.deliverables.chapter_figures import (
    ends_chart,
    sources_line,
    years_chart,
)
from basinmap.deliverables.chapters import (
    is_rate,
    rate_map,
    stock_map,
    varies,
)
from basinmap.deliverables.charts import bar_chart, line_chart, stacked_bars
from basinmap.deliverables.groups import basin_of, parts_of_territory, peers
from basinmap.deliverables.heights import part_mm
from basinmap.deliverables.subjects import Subject
from basinmap.export.parts import Cell, Column, Figure, Paragraph, Part, Table
from basinmap.typography import number, percent, typeset

__all__ = [
    "COMPOSITIONS",
    "composition_chart",
    "land_parts",
    "theme_parts",
    "yearly_table",
]

COMPOSITIONS: Final[Mapping[str, tuple[str, tuple[tuple[str, str], ...]]]] = {
    "logement-vacance": (
        "De quoi le parc est fait, en % des logements",
        (
            ("Résidences principales", "main_residences"),
            ("Résidences secondaires", "secondary_residences"),
            ("Logements vacants", "vacant_dwellings"),
        ),
    ),
    "maisons": (
        "Maisons et appartements, en % des deux",
        (("Maisons", "houses"), ("Appartements", "flats")),
    ),
    "ventes": (
        "Ventes de maisons et d’appartements, en % des deux",
        (("Maisons", "sales_houses"), ("Appartements", "sales_flats")),
    ),
    "foncier": (
        "À quoi les espaces consommés ont servi, en %",
        (
            ("Habitat", "enaf_housing_m2"),
            ("Activité", "enaf_activity_m2"),
            ("Mixte", "enaf_mixed_m2"),
            ("Routes", "enaf_road_m2"),
            ("Ferroviaire", "enaf_rail_m2"),
            ("Inconnu", "enaf_unknown_m2"),
        ),
    ),
}
"""Caption and parts of the bars that a theme stacks, each part a count."""
_FROM, _TO = 2021, 2031
_BASE: Final = range(2011, 2021)
_HECTARE: Final = 10_000.0
_GAP: Final = 2.6


def territories_of(about: Subject) -> dict[str, pd.Index]:
    """
    Return the territory, its parts, its peers and those that hold it, each once.

    Parameters
    ----------
    about
        What is observed.
    """
    own = about.name.short
    basin = basin_of(about)
    listed = [(own, frozenset(about.codes))]
    listed += [(o.short, o.communes) for o in parts_of_territory(about)[:4]]
    listed += [(o.short, o.communes) for o in peers(about) if o.code != about.area.code]
    listed += [(basin.short, basin.communes)] if basin else []
    listed += [(o.short, o.communes) for o in about.others if o.level.startswith("dep")]
    found: dict[frozenset[str], str] = {}
    for name, codes in listed:
        found.setdefault(codes, name)
    return {
        typeset(name): about.table.index.intersection(sorted(codes))
        for codes, name in found.items()
    }


def composition_chart(
    about: Subject, which: str, slug: str, size_mm: tuple[float, float]
) -> Figure | None:
    """
    Draw what a whole is made of, one bar a territory; none without its counts.

    Parameters
    ----------
    about
        What is observed.
    which
        One of `COMPOSITIONS`.
    slug
        Name of the figure.
    size_mm
        Width and height.
    """
    caption, parts = COMPOSITIONS[which]
    years = [set(about.years(count)) for _, count in parts]
    common = sorted(set.intersection(*years))
    if not common:
        return None
    # Land is a flow: all its years are added up; a stock is that of its last year.
    flow = catalogue().counts[parts[0][1]].time == "year"
    taken = common if flow else common[-1:]
    rows = {}
    for name, codes in territories_of(about).items():
        sums = [about.sums(count, codes)[taken].sum(skipna=False) for _, count in parts]
        line = pd.Series(sums, [label for label, _ in parts], dtype=float)
        if line.notna().all() and line.sum() > 0:
            rows[name] = 100 * line / line.sum()
    if not rows:
        return None
    when = f"{taken[0]}-{taken[-1]}" if len(taken) > 1 else str(taken[0])
    table = pd.DataFrame(rows).T
    table = table.loc[:, table.max() >= 0.05]  # what is nowhere is not drawn
    return stacked_bars(
        slug,
        table.div(table.sum(axis=1), axis=0) * 100,
        caption=f"{caption}, {when}",
        source="",
        size_mm=(size_mm[0], min(size_mm[1], 12 + 8.0 * len(rows))),
        decimals=0,
    )


def yearly_table(about: Subject, count: str, caption: str) -> Table | None:
    """
    Return a count by year, one row a territory; none under two years.

    Parameters
    ----------
    about
        What is observed.
    count
        Its name in the catalogue.
    caption
        Title of the table.
    """
    years = about.years(count)[-8:]
    if len(years) < 2:
        return None
    rows = []
    for name, codes in territories_of(about).items():
        line = about.sums(count, codes)[years]
        cells = [
            Cell("n.d.", "not-available") if v != v else Cell(number(v), value=float(v))  # noqa: PLR0124 - NaN
            for v in line
        ]
        rows.append((Cell(name), *cells))
    columns = (Column("Territoire", "left", 2), *(Column(str(y)) for y in years))
    return Table(columns, tuple(rows), typeset(caption))


# --- land -----------------------------------------------------------------------


def land_parts(about: Subject, low: float) -> Iterator[tuple[str, Part]]:
    """
    Return the consumption of land: by year, against the trajectory, by part.

    Parameters
    ----------
    about
        What is observed.
    low
        Height of its charts, in millimetres.

    Yields
    ------
    tuple
        Slot and part.
    """
    hectares = about.sums("enaf_m2", about.codes) / _HECTARE
    hectares = hectares.dropna()
    if hectares.empty:
        return
    base = hectares.reindex(_BASE).sum(skipna=False)
    since = hectares[hectares.index >= _FROM]
    said = land_sentence(about, float(base), since)
    if said:
        yield "words", Paragraph(said, role="lead", key="foncier.trajectoire")
    yield (
        "left",
        bar_chart(
            "foncier-annees",
            hectares.set_axis([_told_year(y, hectares) for y in hectares.index]),
            caption=f"Espaces consommés {about.name.at}, en hectares par an",
            source="",
            unit="ha",
            decimals=1,
            order=False,
            size_mm=(88.0, low),
        ),
    )
    path = trajectory_chart(about, float(base), since, low)
    if path is not None:
        yield "right", path
    yield "table", land_table(about)


def _told_year(year: object, hectares: pd.Series) -> str:
    """Say that the last year is provisional."""
    return f"{year} (p)" if year == hectares.index[-1] else str(year)


def land_sentence(about: Subject, base: float, since: pd.Series) -> str:
    """
    Say what was consumed since 2021, beside the decade before and the half of it.

    Parameters
    ----------
    about
        What is observed.
    base
        Hectares of 2011-2021, NaN if a year is missing.
    since
        Hectares by year from 2021 on.
    """
    if since.empty or not base > 0:
        return ""
    done = float(since.sum())
    end = int(since.index[-1]) + 1
    share = percent(100 * done / base, 1)
    return typeset(
        f"Du 1er janvier {_FROM} au 1er janvier {end}, {number(done, 1)} ha sont "
        f"consommés {about.name.at}, soit {share} des {number(base, 1)} ha consommés "
        f"de 2011 à 2021 ; la trajectoire nationale en vise 50 % de {_FROM} à {_TO}."
    )


def trajectory_chart(
    about: Subject, base: float, since: pd.Series, low: float
) -> Figure | None:
    """
    Draw land consumed since 2021 and the trajectory to half of the decade before.

    Parameters
    ----------
    about
        What is observed.
    base
        Hectares of 2011-2021.
    since
        Hectares by year from 2021 on.
    low
        Height, in millimetres.
    """
    if since.empty or not base > 0:
        return None
    years = range(_FROM, _TO + 1)
    done = pd.Series(0.0, [_FROM])
    for year, hectares in since.cumsum().items():
        done[int(str(year)) + 1] = float(hectares)
    aimed = pd.Series([0.5 * base * (y - _FROM) / (_TO - _FROM) for y in years], years)
    lines = pd.DataFrame({"Consommé": done.reindex(years), "−50 %": aimed}, years)
    return line_chart(
        "foncier-trajectoire",
        lines,
        caption=f"Hectares consommés depuis le 1er janvier {_FROM} {about.name.at}, et "
        f"trajectoire vers la moitié de 2011-2021 ({number(0.5 * base, 0)} ha)",
        source="",
        unit="ha",
        decimals=0,
        size_mm=(89.0, low),
    )


def land_table(about: Subject) -> Table:
    """
    Return land consumed, in hectares and in per cent of the surface (R2231-1).

    Parameters
    ----------
    about
        What is observed.
    """
    area = about.table["area_km2"] if "area_km2" in about.table else pd.Series()
    rows = []
    for name, codes in territories_of(about).items():
        hectares = about.sums("enaf_m2", codes) / _HECTARE
        base = hectares.reindex(_BASE).sum(skipna=False)
        after = hectares[hectares.index >= _FROM].sum(skipna=False)
        ground = 100 * area.reindex(codes).sum(skipna=False)  # km² to hectares
        shares = (100 * base / ground, 100 * after / ground, 100 * after / base)
        rows.append(
            (
                Cell(name),
                _cell(base, 1),
                _cell(after, 1),
                *(_cell(v, n, "%") for v, n in zip(shares, (2, 2, 1), strict=True)),
            )
        )
    last = about.years("enaf_m2")[-1] + 1
    columns = (
        Column("Territoire", "left", 2),
        Column("Consommé de 2011 à 2021 (ha)"),
        Column(f"Consommé de {_FROM} à {last} (ha)"),
        Column("2011-2021, en % de la surface"),
        Column(f"{_FROM}-{last}, en % de la surface"),
        Column(f"{_FROM}-{last}, pour 100 de 2011-2021"),
    )
    return Table(
        columns,
        tuple(rows),
        "Consommation d’espaces naturels, agricoles et forestiers, en hectares et en % "
        "de la surface (CGCT R. 2231-1)",
        notes=(
            "Flux bruts, du 1er janvier au 1er janvier ; (p) : la dernière année est "
            "provisoire. L’objectif de −50 % s’apprécie à l’échelle nationale et se "
            "décline par les documents de planification.",
        ),
        source=sources_line(about, "F01"),
    )


def _cell(value: float, decimals: int, unit: str = "") -> Cell:
    if value != value:  # noqa: PLR0124 - NaN
        return Cell("n.d.", "not-available")
    text = percent(value, decimals) if unit else number(value, decimals)
    return Cell(text, value=float(value))


# --- the page of a theme --------------------------------------------------------


def theme_parts(
    about: Subject, theme: str, ids: list[str], room: float
) -> Iterator[tuple[str, Part]]:
    """
    Return what the page of a theme shows: years, composition, land, second maps.

    Parameters
    ----------
    about
        What is observed.
    theme
        Slug of the theme.
    ids
        Its indicators, that of its map first.
    room
        Height that its figures share, in millimetres.

    Yields
    ------
    tuple
        Slot and part.
    """
    if theme == "foncier":
        yield from land_parts(about, min(88.0, room * 0.42))
        chart = composition_chart(about, "foncier", "foncier-usages", (182.0, room))
        if chart is not None:
            yield "wide", chart
        return
    table: Table | None = None
    if theme == "demographie":
        table = yearly_table(about, "population", "Population municipale, par année")
    if table is not None:
        yield "table", table
        room -= part_mm(table, 182.0) + _GAP
    first = _first(about, theme, 0.45 * room)
    if first is not None:
        yield "wide", first
    yield from _second(about, ids, 0.5 * room, alone=first is None)


def _first(about: Subject, theme: str, high: float) -> Figure | None:
    size = (182.0, high)
    if theme == "demographie":
        return years_chart(about, "theme-annees", size)
    if theme == "marche":
        return _sales(about, size) or composition_chart(
            about, "ventes", "theme-ventes", size
        )
    chart = None
    if theme in COMPOSITIONS:
        chart = composition_chart(about, theme, "theme-parts", size)
    return chart


def _sales(about: Subject, size_mm: tuple[float, float]) -> Figure | None:
    """Draw sales by year of the territory and of its parts, base 100."""
    if len(about.years("sales")) < 2:
        return None
    return years_chart(about, "theme-ventes-annees", size_mm, "sales")


def _second(
    about: Subject, ids: list[str], high: float, *, alone: bool
) -> Iterator[tuple[str, Part]]:
    """Return a map of another indicator and its ends, then a third where alone."""
    others = [i for i in ids[1:] if varies(about, i)]
    if not others:
        return
    other = next((i for i in others if is_rate(about, i)), others[0])
    size = (110.0, min(112.0, max(58.0, high)))
    yield (
        "map",
        rate_map(about, other, "theme-second", size)
        if is_rate(about, other)
        else stock_map(about, other, "", "theme-second", size),
    )
    side = ends_chart(about, other, "theme-second-communes", (67.0, size[1] - 40))
    if side is not None:
        yield "side", side
    third = next((i for i in others if i != other and is_rate(about, i)), "")
    if not alone or not third:
        return
    low = min(96.0, max(50.0, high - 26.0))
    yield "left", rate_map(about, third, "theme-troisieme", (88.0, low))
    ends = ends_chart(about, third, "theme-troisieme-communes", (89.0, low + 20.0))
    if ends is not None:
        yield "right", ends
