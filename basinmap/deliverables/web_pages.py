"""A map that is a web page: what goes on it, and that nothing hidden is in it."""

from __future__ import annotations

import dataclasses as dc
import datetime as dt
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, get_args

import geopandas as gpd
import pandas as pd
import shapely

import basinmap
from basinmap.arguments import (
    check_choice,
    check_given,
    day_of,
    text_of,
    whole_of,
)
from basinmap.catalogue.entries import catalogue
from basinmap.deliverables.subjects import Subject, subject
from basinmap.deliverables.web_secrecy import (
    Figures,
    check_published,
    counted,
    figures_of,
)
from basinmap.errors import (
    BasinmapError,
    BasinmapWarning,
    DataError,
    culprits,
)
from basinmap.export.web_figures import Shown, check_shown, decimals_shown, shown_of
from basinmap.export.web_pages import Choice, Level, Page, page_text
from basinmap.export.web_shapes import Drawing, drawing_of
from basinmap.maps.classing.methods import Method
from basinmap.maps.grounds.lands import REACH
from basinmap.reports import Report
from basinmap.staging import write_whole
from basinmap.territory.embedded import credit, spatial_table
from basinmap.territory.levels import fold
from basinmap.territory.perimeters import Perimeter, perimeter
from basinmap.territory.units import departements
from basinmap.typography import long_date, number, typeset
from basinmap.values.checks import check_geography, check_series, columns_of, level_of
from basinmap.values.told import carry, told_of

__all__ = ["FAMILIES", "LEVELS", "members_within", "subject_page", "write_web_page"]

MAX_BYTES: Final = 2_000_000
LEVELS: Final[Mapping[str, tuple[str, str]]] = {
    "commune": ("commune", "communes"),
    "epci": ("EPCI", "EPCI"),
    "scot": ("SCoT", "SCoT"),
    "arrondissement": ("arrondissement", "arrondissements"),
    "departement": ("département", "départements"),
}
"""What a page shows, finest first, and how it is called."""
FAMILIES: Final[Mapping[str, str]] = {
    "D": "Démographie et ménages",
    "L": "Logements",
    "S": "Logement social",
    "M": "Marchés",
    "C": "Construction",
    "F": "Foncier et consommation d'espaces",
    "R": "Revenus",
    "E": "Emploi et établissements",
    "P": "Louvre-Lens",
}
_OTHERS: Final = "Autres"
_WHOLE: Final = "ensemble"


def write_web_page(  # noqa: PLR0913 - each is something that the page says
    path: str | Path,
    values: Sequence[pd.Series | pd.DataFrame],
    *,
    perimeter: Perimeter | str,
    title: str,
    author: str,
    date: str | dt.date,
    default: str | None = None,
    reference: Sequence[pd.Series] = (),
    communes: gpd.GeoDataFrame | None = None,
    outlines: gpd.GeoDataFrame | None = None,
    methods: Mapping[str, Method] | None = None,
    fragile: Collection[str] = (),
    licence: str = "",
    contact: str = "",
    accessibility: str = "",
    address: str = "",
    max_bytes: int = MAX_BYTES,
) -> Report:
    """
    Write indicators as one web page: map, table, ranking, comparison, change.

    One HTML file, which asks nothing of the network, prints, and is whole without its
    script: map, legend and table of what it shows first. Classes and colours are those
    of the plates, one set for all years. Numbers are those that are printed: what is
    masked is nowhere in the file, and all that is in it is attacked together first.

    Parameters
    ----------
    path
        The file, replaced if it exists.
    values
        What `compute` or `column` returned: series, or tables of several, by commune
        and by the levels above, of one year or of several. Stocks are drawn as circles,
        all else as classes. In this order they are offered.
    perimeter
        What the map is of, as `perimeter` returns it, or its name. Values of other
        units are left out; units without one are not available; units of a level above
        that go beyond it are not shown.
    title, author, date
        Of the page.
    default
        Indicator that is shown first, by default the first one, at the finest level and
        of the last year.
    reference
        The same for the territory as a whole: series of one value, whose index is its
        printed name.
    communes
        Another list of communes with their outlines, as `read_territory` returns it.
    outlines
        What `read_outlines` returned, in place of the embedded outlines.
    methods
        By indicator, how classes are made, where not as `compute` tells.
    fragile
        Codes of communes whose rates are made from few: they are printed with a star,
        lined on the map, and have no rank.
    licence, contact, accessibility
        French sentences of the foot; the last is the declaration that the law asks for,
        such as « partiellement conforme ».
    address
        Where the page will be published, so that links that are copied lead there.
    max_bytes
        Size above which the page is refused.

    Returns
    -------
    Report
        What was left out, and the size, in French.

    Raises
    ------
    SecrecyError
        If a value is there that is said to be secret, or one that is masked can be
        found again from what the page holds: it is named, with how.
    DataError
        If there is no value, two are of one indicator, year and level, or the page
        would be larger than `max_bytes`.
    MeasureError
        If values are of kinds without an order, or flows.
    CodeError
        If the perimeter is unknown.
    OutputError
        If the file cannot be written.

    See Also
    --------
    protect : Hide what must be before anything is published.

    Examples
    --------
    >>> import basinmap as bm, datetime as dt, pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "page.html"
    >>> report = bm.write_web_page(
    ...     path,
    ...     [bm.compute("L04", bm.statistics(epci="call"))],
    ...     perimeter="call",
    ...     title="Logements vacants",
    ...     author="Observatoire",
    ...     date=dt.date(2026, 11, 29),
    ... )
    >>> report.units_after, "Taux de vacance des logements en 2021" in path.read_text()
    (36, True)
    """
    check_given(write_web_page, locals())
    # The name of an argument hides that of the verb.
    where = (
        perimeter if isinstance(perimeter, Perimeter) else _named(perimeter, communes)
    )
    whole_of(max_bytes, "max_bytes", least=1)
    texts = {
        "title": text_of(title, "title"),
        "author": text_of(author, "author"),
        "licence": licence,
        "contact": contact,
        "accessibility": accessibility,
        "address": address,
    }
    about = _subject(where, author, day_of(date), communes, outlines)
    return subject_page(
        path,
        about,
        _flat(values),
        texts=texts,
        default=default,
        reference=reference,
        methods=methods,
        fragile=frozenset(fragile),
        max_bytes=max_bytes,
    )


def _named(name: str, communes: gpd.GeoDataFrame | None) -> Perimeter:
    return perimeter(name, communes=communes)


def _subject(
    where: Perimeter,
    author: str,
    date: dt.date,
    communes: gpd.GeoDataFrame | None,
    outlines: gpd.GeoDataFrame | None,
) -> Subject:
    """Return the territory of a page; it needs no counts."""
    none = pd.DataFrame() if communes is not None else None
    return subject(
        where,
        author=author,
        date=date,
        outlines=outlines,
        listing=communes,
        counts=none,
    )


# -- what is published -----------------------------------------------------------------


@dc.dataclass(frozen=True, slots=True)
class _Given:
    """A series, what it is called in the page, and where it belongs."""

    id: str
    level: str
    year: str
    series: pd.Series


def _flat(values: Sequence[pd.Series | pd.DataFrame]) -> list[pd.Series]:
    """Return series, each with what is told of it."""
    if isinstance(values, pd.Series | pd.DataFrame):
        values = [values]
    found: list[pd.Series] = []
    for one in values:
        found += columns_of(one) if isinstance(one, pd.DataFrame) else [one]
    if not found:
        msg = "values: none to show; give [bm.compute('L04', bm.statistics())]"
        raise DataError(msg)
    for one in found:
        check_series(one)
    return found


def _given(values: Iterable[pd.Series]) -> list[_Given]:
    """Return series with their ids: one for what is of one indicator and one label."""
    found: list[_Given] = []
    ids: dict[tuple[str, str], str] = {}
    for one in values:
        told, level = told_of(one), level_of(one)
        if level not in LEVELS:
            msg = (
                f"values: {one.name!r} is of level {level!r}; a page shows "
                f"{', '.join(LEVELS)}: name its index so, values.rename_axis('commune')"
            )
            raise DataError(msg)
        check_shown(told, str(one.name))
        name = told.indicator or fold(str(one.name)).replace(" ", "-") or "valeur"
        key = (name, told.label)
        if key not in ids:
            again = sum(other == name for other, _ in ids)
            ids[key] = f"{name}-{again + 1}" if again else name
        found.append(_Given(ids[key], level, told.vintage, one))
    places = [(one.id, one.level, one.year) for one in found]
    if twice := sorted({place for place in places if places.count(place) > 1}):
        said = [" ".join(filter(None, place)) for place in twice]
        msg = (
            f"values: {culprits(said)} stand(s) more than once; one series by "
            "indicator, level and year"
        )
        raise DataError(msg)
    return found


def subject_page(  # noqa: PLR0913 - what `write_web_page` was given
    path: str | Path,
    about: Subject,
    values: Sequence[pd.Series],
    *,
    texts: Mapping[str, str],
    default: str | None = None,
    reference: Sequence[pd.Series] = (),
    methods: Mapping[str, Method] | None = None,
    fragile: frozenset[str] = frozenset(),
    notes: Sequence[str] = (),
    max_bytes: int = MAX_BYTES,
) -> Report:
    """
    Write the page of a territory; see `write_web_page`.

    Parameters
    ----------
    path
        The file.
    about
        The territory.
    values
        As for `write_web_page`.
    texts
        `title`, `author`, `licence`, `contact`, `accessibility`, `address`, and
        `fragile`, what is said of what is made from few.
    default, reference, methods, fragile
        As for `write_web_page`.
    notes
        French lines of the foot, on what has no place in the page.
    max_bytes
        As for `write_web_page`.
    """
    given = _given(values)
    for one in given:
        if one.level == "commune":
            check_geography(about.communes, one.series)
    levels = _levels(about, given)
    shown, dropped = _shown(given, levels, methods or {}, fragile)
    start = _start(default, shown, levels)
    whole = _whole(reference, shown)
    every = [*_published(levels, shown, given), *whole.figures]
    check_published(
        [one for one in every if one is not None], _made_of(about, levels, whole.name)
    )
    page = Page(
        subtitle=_subtitle(about, levels),
        date=about.date,
        version=basinmap.__version__,
        levels=tuple(levels),
        drawing=_drawing(about, levels),
        shown=shown,
        themes={one.id: _theme(one) for one in given},
        columns={one.id: counted(one.series) for one in given},
        start=start,
        whole=whole.name,
        wholes=whole.printed,
        notes=[*_notes(about, given), *map(typeset, notes)],
        **{key: texts.get(key, "") for key in _TEXTS},
    )
    written = page_text(page).encode()
    if len(written) > max_bytes:
        msg = (
            f"the page would be {len(written) / 1000:,.0f} kB, above max_bytes="
            f"{max_bytes:,}; leave years, indicators or a level out of values"
        )
        raise DataError(msg)
    write_whole(path, written)
    return _report(given, levels, shown, dropped, len(written))


def _theme(given: _Given) -> str:
    """Return the heading that an indicator stands under in the list."""
    known = told_of(given.series).indicator in catalogue().indicators
    return typeset(FAMILIES.get(given.id[:1], _OTHERS)) if known else _OTHERS


_TEXTS: Final = (
    *("title", "author", "licence", "contact", "accessibility", "address"),
    "fragile",
)


# -- units -----------------------------------------------------------------------------


def _levels(about: Subject, given: Sequence[_Given]) -> list[Level]:
    """Return the levels of which there is some value, finest first."""
    wanted = [name for name in LEVELS if any(one.level == name for one in given)]
    whole = {name: members_within(about, name) for name in wanted}
    names = {name: _names(about, name) for name in wanted}
    codes = {name: _ordered(whole[name], names[name]) for name in wanted}
    there = [name for name in wanted if codes[name]]
    if not there:
        msg = f"values: no unit of {culprits(wanted)} lies whole in {about.area.name}"
        raise DataError(msg)
    return [
        Level(
            name,
            *LEVELS[name],
            tuple(codes[name]),
            tuple(names[name].get(code, code) for code in codes[name]),
            {
                other: _above(whole[name], whole[other], codes[name], codes[other])
                for other in there[at + 1 :]
            },
        )
        for at, name in enumerate(there)
    ]


def _ordered(members: pd.Series, names: Mapping[str, str]) -> list[str]:
    """Return units in the order of their names."""
    codes = map(str, members.dropna().unique())
    return sorted(codes, key=lambda code: (fold(names.get(code, code)), code))


def _above(
    members: pd.Series,
    others: pd.Series,
    codes: Sequence[str],
    above: Sequence[str],
) -> tuple[int, ...]:
    """Return the place of the unit above of each unit, where all of it is in one."""
    place = {code: n for n, code in enumerate(above)}
    held: dict[str, set[int]] = {}
    for mine, other in zip(members, others.reindex(members.index), strict=True):
        held.setdefault(str(mine), set()).add(place.get(str(other), -1))
    return tuple(next(iter(s)) if len(s := held[c]) == 1 else -1 for c in codes)


def members_within(about: Subject, level: str) -> pd.Series:
    """
    Return the unit of each commune of a perimeter, where it lies whole in it.

    Parameters
    ----------
    about
        The territory.
    level
        Of the units.
    """
    mine = about.communes.index
    if level == "commune":
        return pd.Series(mine, index=mine, name=level)
    try:
        members = about.territory.members(level)
    except BasinmapError:
        return pd.Series(index=mine, dtype=object, name=level)
    inside = pd.Series(members.index.isin(mine), members.index).groupby(members).all()
    own = members.reindex(mine)
    return own.where(own.map(inside).eq(True))  # noqa: FBT003 - a value of pandas


def _names(about: Subject, level: str) -> dict[str, str]:
    if level == "commune":
        names = about.communes["name"]
    else:
        names = about.territory.names(level)
    return {str(code): typeset(str(name)) for code, name in names.items()}


def _drawing(about: Subject, levels: Sequence[Level]) -> Drawing:
    units = about.communes
    names = units["name"].astype(str)
    order = sorted(units.index, key=lambda code: (fold(names[code]), code))
    above = {}
    for level in levels:
        if level.id != "commune":
            members = members_within(about, level.id)
            above[level.id] = members.astype(
                pd.CategoricalDtype(list(level.codes), ordered=True)
            )
    return drawing_of(
        carry(units.loc[order], units), above, level="commune", around=_around(about)
    )


def _around(about: Subject) -> gpd.GeoDataFrame:
    """Return the land around, with the short names of what is not in the perimeter."""
    with warnings.catch_warnings():
        # Of a list that cuts an EPCI, its part is land like any other.
        warnings.simplefilter("ignore", BasinmapWarning)
        frame, around = about.epcis, about.around
    short = frame.get("short_name", frame["name"])
    names = short.where(short.notna(), frame["name"]).astype(str).map(typeset)
    near = gpd.GeoDataFrame(
        {"name": names, "kind": "land"}, geometry=frame.geometry, crs=frame.crs
    )
    near.loc[frame.index.difference(around.index), "name"] = ""
    far = _far(about)
    return near if far.empty else gpd.GeoDataFrame(pd.concat([far, near]), crs=near.crs)


def _far(about: Subject) -> gpd.GeoDataFrame:
    """Return départements and countries around, where the embedded ones are whole."""
    west, south, east, north = about.communes.total_bounds
    room = max(east - west, north - south) / 10
    box = shapely.box(west - room, south - room, east + room, north + room)
    parts = [spatial_table("abroad"), spatial_table("surroundings")]
    if about.listing is not None:
        own = departements()[["name", "geometry"]]
        parts.append(gpd.GeoDataFrame(own.assign(kind="departement")))
    lands = gpd.GeoDataFrame(pd.concat(parts), crs=about.communes.crs)
    areas = lands[lands["kind"].isin(["country", "departement"])]
    whole = shapely.contains(shapely.box(*REACH), box)
    return areas[areas.intersects(box)] if whole else areas.iloc[:0]


# -- figures ---------------------------------------------------------------------------


def _shown(
    given: Sequence[_Given],
    levels: Sequence[Level],
    methods: Mapping[str, Method],
    fragile: frozenset[str],
) -> tuple[dict[str, list[Shown]], list[str]]:
    """Return the indicators of each level, and the codes that are not shown."""
    ids = list(dict.fromkeys(one.id for one in given))
    if unknown := [id_ for id_ in methods if id_ not in ids]:
        msg = f"methods: {culprits(unknown)} not in the page; it shows {culprits(ids)}"
        raise DataError(msg)
    for id_, method in methods.items():
        check_choice(method, get_args(Method), f"methods[{id_!r}]")
    found: dict[str, list[Shown]] = {level.id: [] for level in levels}
    for id_ in ids:
        mine = [one for one in given if one.id == id_]
        decimals = decimals_shown(one.series for one in mine)
        for level in levels:
            series = {
                one.year: one.series
                for one in sorted(mine, key=lambda one: one.year)
                if one.level == level.id
            }
            if series:
                found[level.id].append(
                    shown_of(
                        series,
                        level.codes,
                        id_=id_,
                        decimals=decimals,
                        method=methods.get(id_),
                        fragile=fragile if level.id == "commune" else (),
                    )
                )
    codes = {level.id: set(level.codes) for level in levels}
    dropped = {
        str(code)
        for one in given
        for code in one.series.index[one.series.notna()]
        if code not in codes.get(one.level, ())
    }
    return found, sorted(dropped)


def _start(
    default: str | None, shown: Mapping[str, Sequence[Shown]], levels: Sequence[Level]
) -> Choice:
    """Return what is shown first."""
    for level in levels:
        for one in shown[level.id]:
            if default in {None, one.id}:
                return Choice(one.id, list(one.views)[-1], level.id)
    ids = list(dict.fromkeys(one.id for some in shown.values() for one in some))
    msg = f"default={default!r} is not in the page; it shows {culprits(ids, most=9)}"
    raise DataError(msg)


@dc.dataclass(frozen=True, slots=True)
class _Whole:
    """The territory as a whole: its name, its figures as printed, and all of them."""

    name: str
    printed: dict[str, dict[str, tuple[int | None, str]]]
    figures: list[Figures | None]


def _whole(
    reference: Sequence[pd.Series], shown: Mapping[str, Sequence[Shown]]
) -> _Whole:
    """Return the figures of the whole, printed as those of its units are."""
    known = {one.id: one for some in shown.values() for one in some}
    found = _Whole("", {}, [])
    for one in reference:
        check_series(one, "reference")
        told = told_of(one)
        id_ = told.indicator or fold(str(one.name)).replace(" ", "-")
        if len(one) != 1 or id_ not in known:
            msg = (
                f"reference: {id_} has {len(one)} value(s); give one, of an indicator "
                f"of values ({culprits(known)}), on the printed name of the whole"
            )
            raise DataError(msg)
        name, decimals = str(one.index[0]), known[id_].decimals
        if found.name not in ("", name):
            msg = f"reference: one territory is the whole, got {found.name!r}, {name!r}"
            raise DataError(msg)
        alone = shown_of({told.vintage: one}, [name], id_=id_, decimals=decimals)
        view = alone.views[told.vintage]
        found.printed.setdefault(id_, {})[told.vintage] = (view.whole[0], view.states)
        figures = figures_of(one, view.whole, [name], level=_WHOLE, decimals=decimals)
        found = dc.replace(found, name=name, figures=[*found.figures, figures])
    return found


# -- secrecy ---------------------------------------------------------------------------


def _published(
    levels: Sequence[Level],
    shown: Mapping[str, Sequence[Shown]],
    given: Sequence[_Given],
) -> Iterator[Figures | None]:
    """Return all the figures of the map and of the table."""
    named = {(one.id, one.level, one.year): one.series for one in given}
    for level in levels:
        for one in shown[level.id]:
            for year, view in one.views.items():
                yield figures_of(
                    named[one.id, level.id, year],
                    view.whole,
                    level.codes,
                    level=level.id,
                    decimals=one.decimals,
                )


def _made_of(
    about: Subject, levels: Sequence[Level], whole: str
) -> dict[str, pd.Series | Mapping[str, Iterable[str]]]:
    """Return what the units of each level are made of."""
    found: dict[str, pd.Series | Mapping[str, Iterable[str]]] = {
        level.id: members_within(about, level.id).dropna()
        for level in levels
        if level.id != "commune"
    }
    return {**found, _WHOLE: {whole: list(about.communes.index)}}


# -- what is said ----------------------------------------------------------------------


def _subtitle(about: Subject, levels: Sequence[Level]) -> str:
    counted = []
    for level in levels:
        n = len(level.codes)
        counted.append(f"{number(n)}\u00a0{level.many if n > 1 else level.one}")
    day = long_date(dt.date(about.territory.year, 1, 1))
    return f"{about.area.name}\u00a0: {', '.join(counted)}, limites au {day}"


def _notes(about: Subject, given: Sequence[_Given]) -> list[str]:
    """Return what is to be said of figures and of outlines."""
    lines: dict[str, None] = {}
    for one in given:
        lines.update(dict.fromkeys(told_of(one.series).notes))
    lines.update(dict.fromkeys(told_of(about.communes).sources))
    kinds = {"country": "abroad.geometry", "departement": "surroundings.geometry"}
    seen = set(_far(about)["kind"])
    columns = [column for kind, column in kinds.items() if kind in seen]
    lines.update(dict.fromkeys(f"Fond : {line}" for line in credit(*columns)))
    return list(lines)


def _report(
    given: Sequence[_Given],
    levels: Sequence[Level],
    shown: Mapping[str, Sequence[Shown]],
    dropped: Sequence[str],
    size: int,
) -> Report:
    before = {(one.level, code) for one in given for code in one.series.index}
    missing: dict[str, tuple[str, ...]] = {}
    for level in levels:
        for one in shown[level.id]:
            for view in one.views.values():
                gone = [
                    code
                    for code, value in zip(level.codes, view.whole, strict=True)
                    if value is None
                ]
                before_ = missing.get(f"{one.id}, {level.many}", ())
                both = dict.fromkeys([*before_, *gone])
                missing[f"{one.id}, {level.many}"] = tuple(both)
    notes = [f"Page de {number(size / 1000)} ko."]
    if dropped:
        some = ", ".join(dropped[:5]) + ("…" if len(dropped) > 5 else "")
        notes.append(
            f"Hors du périmètre, ou à cheval sur sa limite, laissées de côté : "
            f"{number(len(dropped))} unités ({some})."
        )
    return Report(
        "Page web",
        units_before=len(before),
        units_after=sum(len(level.codes) for level in levels),
        missing=missing,
        notes=tuple(notes),
    )
