"""Embedded units as frames: index = official code, EPSG:2154."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import cache

import geopandas as gpd
import pandas as pd

from basinmap.arguments import check_given
from basinmap.errors import CodeError, DataError, VintageError, culprits
from basinmap.measures import Measure, Stock
from basinmap.territory import embedded, perimeters
from basinmap.territory.days import Day
from basinmap.territory.given import check_no_outlines, dissolved, selected
from basinmap.territory.levels import check_unique, resolve_codes
from basinmap.territory.lists import Communes, listed
from basinmap.territory.memberships import (
    Lists,
    check_alone,
    check_date,
    epci_names,
    gaps_of,
    incomplete,
    lineage,
    lists_by_year,
    members_of,
    members_on,
    warn_of_unknown,
)
from basinmap.territory.outlines import Outlines, error_of, read_outlines
from basinmap.territory.perimeters import Perimeter
from basinmap.values.told import carry, fact_of, measures_of, retell, tell, told_of

__all__ = [
    "DWELLINGS",
    "EARLIEST",
    "LATEST",
    "LATEST_COUNTS",
    "LATEST_LIST",
    "PEOPLE",
    "check_unique",
    "communes",
    "departements",
    "epcis",
    "quartiers",
    "scots",
    "statistics",
]

EARLIEST = 2016
LATEST = 2023
"""Years of the first and of the last legal populations embedded."""
LATEST_COUNTS = 2021
"""Year of the census whose dwellings are embedded."""
LATEST_LIST = 2026
"""Year of the list of communes embedded."""
PEOPLE = f"population_{LATEST}"
DWELLINGS = f"dwellings_{LATEST_COUNTS}"

Selection = str | Sequence[str] | None

_POPULATION = tuple(f"population_{year}" for year in range(EARLIEST, LATEST + 1))
_DWELLINGS = {
    f"dwellings_{LATEST_COUNTS}": "Logements",
    f"main_residences_{LATEST_COUNTS}": "Résidences principales",
    f"secondary_residences_{LATEST_COUNTS}": (
        "Résidences secondaires et logements occasionnels"
    ),
    f"vacant_dwellings_{LATEST_COUNTS}": "Logements vacants",
    f"houses_{LATEST_COUNTS}": "Maisons",
    f"flats_{LATEST_COUNTS}": "Appartements",
}
_OUTLINE = ("geometry", "name", "epci")
_SUMMED = ("communes", "population", "area_km2")


def communes(
    *,
    vintage: int | None = None,
    epci: Selection = None,
    scot: Selection = None,
    departement: Selection = None,
    perimeter: str | Perimeter | None = None,
    outlines: Outlines | None = None,
    outline_error: float | None = None,
    communes: Communes = None,
) -> gpd.GeoDataFrame:
    """
    Return the communes of Nord and Pas-de-Calais, with their outline.

    The embedded outlines are generalised: half of them are more than 174 m from finer
    ones, so they are for scales under 1:500,000. Finer ones of your own take their
    place with `outlines=`.

    Parameters
    ----------
    vintage
        Year of the Code officiel géographique; 2026 is embedded, and is the default.
    epci, scot, departement
        Keep only the communes of these units: codes, or unambiguous short names.
    perimeter
        Keep only the communes of this one: a name, or what `bm.perimeter` returned, at
        the date it is of.
    outlines
        Outlines to use instead of the embedded ones: the path of ADMIN EXPRESS or of
        any layer with the codes of communes (COG 2026), its frame, or what
        `read_outlines` made of it, where more can be said.
    outline_error
        How far these outlines are from the ground, in metres, if known.
    communes
        A list of your own in place of the embedded one, as `read_territory` returns
        it, with its own columns and outlines, if any.

    Returns
    -------
    GeoDataFrame
        EPSG:2154, index `commune`; `name`, `epci`, `scot` (missing outside the
        five SCoT of the bassin minier), `arrondissement`, `departement`,
        `population` (legal population 2023, inhabitants), `area_km2` (of the
        generalised outline, on the ellipsoid; with `outlines`, the published surface
        where they have it), `geometry` (a valid coverage). `attrs["outline_error"]`
        is how far outlines are from finer ones, in metres (median), where known;
        `bm.measures_of` tells vintage and source of `population` and `area_km2`.

    Raises
    ------
    VintageError
        If the vintage is not embedded, or the outlines are of another.
    CodeError
        If a unit is unknown; near misses are suggested.
    DataError
        If no commune answers all the conditions, or some have no outline in those
        that are given.

    Examples
    --------
    >>> import basinmap as bm
    >>> len(bm.communes()), len(bm.communes(epci="246200364"))
    (1534, 36)
    >>> bm.communes(epci="call").loc["62498", "name"]
    'Lens'

    Those of a perimeter, at its date:

    >>> len(bm.communes(perimeter="bassin-minier"))
    336
    """
    check_given(globals()["communes"], locals())  # an argument bears the name
    if communes is not None:
        territory = listed(communes)
        if vintage is not None:
            territory.check_year(vintage)
        check_no_outlines(outlines if outlines is not None else outline_error)
        frame = selected(territory, epci=epci, scot=scot, departement=departement)
        return carry(frame.loc[_within(frame.index, perimeter, communes)], frame)
    if vintage not in {None, 2026}:
        msg = f"communes of {vintage!r} are not embedded; write vintage=2026"
        raise VintageError(msg)
    kept = _selected(epci=epci, scot=scot, departement=departement)
    kept = _within(kept, perimeter)
    frame = embedded.communes_2026().loc[kept].copy()
    frame.insert(
        frame.columns.get_loc("departement") + 1,
        "population",
        embedded.table("population").loc[kept, f"population_{LATEST}"],
    )
    frame = frame.drop(columns=["tncc", "town_hall_x", "town_hall_y"])
    if outlines is None and outline_error is not None:
        msg = "outline_error is that of outlines of your own: add outlines='…'"
        raise DataError(msg)
    if outlines is None:
        tell(frame, **_facts("commune"))
        return frame
    ground = read_outlines(outlines, outline_error=outline_error)
    _check_covered(kept, ground, frame["epci"])
    frame["area_km2"] = ground["area_km2"].reindex(kept)
    frame = frame.set_geometry(ground.geometry.reindex(kept))
    tell(frame, **_facts("commune", ground))
    return frame


def _selected(**conditions: Selection) -> pd.Index:
    """Return the codes of the communes that meet every condition given."""
    frame = embedded.communes_2026()
    kept = pd.Series(data=True, index=frame.index)
    for level, given in conditions.items():
        if given is not None:
            kept &= frame[level].isin(resolve_codes(given, level))
    if not kept.any():
        told = {k: given for k, given in conditions.items() if given is not None}
        msg = f"empty selection: no commune has {told}; drop one of the conditions"
        raise DataError(msg)
    return frame.index[kept]


def _within(
    kept: pd.Index, given: str | Perimeter | None, communes: Communes = None
) -> pd.Index:
    """Return the codes that lie in a perimeter too."""
    if given is None:
        return kept
    found = (
        perimeters.perimeter(given, communes=communes)
        if isinstance(given, str)
        else given
    )
    year = listed(communes).year
    if found.vintage != year:
        msg = (
            f"the perimeter {found.name!r} is on the communes of {found.vintage}, the "
            f"list is of {year}: rebase its codes first"
        )
        raise VintageError(msg)
    within = kept[kept.isin(list(found.communes))]
    if within.empty:
        msg = (
            f"empty selection: no commune of {found.name!r} is among those asked for; "
            "drop one of the conditions"
        )
        raise DataError(msg)
    return within


def _check_covered(wanted: pd.Index, ground: gpd.GeoDataFrame, epci: pd.Series) -> None:
    """Refuse communes that have no outline in those of the user."""
    lacking = wanted.difference(ground.index)
    if lacking.empty:
        return
    whole = ~epci[wanted].groupby(epci[wanted]).apply(
        lambda codes: codes.index.isin(lacking).any()
    )
    there = list(whole.index[whole])
    cure = f"keep what they cover, such as epci={there[0]!r}" if there else "add them"
    msg = (
        f"{len(lacking)} of {len(wanted)} commune(s) have no outline in those given "
        f"({' ; '.join(told_of(ground).sources)}): {culprits(lacking)}; {cure}"
    )
    raise DataError(msg)


def _facts(level: str, ground: gpd.GeoDataFrame | None = None) -> dict[str, object]:
    """Return what travels with a frame on the embedded outlines, or on others."""
    stocks = {"population": asdict(_stock(f"population_{LATEST}", "commune"))}
    if ground is None:
        stocks["area_km2"] = asdict(_stock("area_km2", "commune"))
        error = {"outline_error": embedded.outline_error()}
        sources = embedded.credit(*_OUTLINE)
    else:
        stocks |= fact_of(ground, "stocks")
        known = error_of(ground)
        error = {} if known is None else {"outline_error": known}
        sources = (*told_of(ground).sources, *embedded.credit("name", "epci"))
    return {
        "level": level,
        "geography": "2026-01-01",
        "sources": tuple(dict.fromkeys(sources)),
        **error,
        "stocks": stocks,
    }


@cache
def _dissolved(level: str, year: int) -> gpd.GeoDataFrame:
    """Merge the embedded communes of each unit."""
    members = members_on(level, f"{year}-01-01").dropna()
    return _merged(embedded.communes_2026(), members, year)


def _merged(
    ground: gpd.GeoDataFrame,
    members: pd.Series,
    year: int,
    memberships: Lists = None,
) -> gpd.GeoDataFrame:
    """Merge the communes of each unit; exact, for the communes are a coverage."""
    level = str(members.name)
    frame = ground[["area_km2", "geometry"]].join(
        embedded.table("population")[f"population_{LATEST}"].rename("population")
    )
    frame = frame.assign(**{level: members}).dropna(subset=[level])
    grouped = frame.groupby(level)
    merged = frame.dissolve(by=level, method="coverage")
    table = pd.DataFrame(
        {
            "communes": grouped.size(),
            "population": grouped["population"].sum(),
            "area_km2": grouped["area_km2"].sum(),
        }
    )
    names = embedded.labels(level).reindex(table.index)
    if level == "epci":
        told = epci_names(year, memberships).reindex(table.index)
        names[["name", "nature"]] = told
    return gpd.GeoDataFrame(
        pd.concat([names[["name", "short_name", "nature", "outside"]], table], axis=1),
        geometry=merged.geometry.reindex(table.index),
        crs=frame.crs,
    )


def _units(
    level: str,
    year: int,
    *,
    more: list[str],
    codes: Sequence[str] | None = None,
    outlines: Outlines | None = None,
    memberships: Lists = None,
) -> gpd.GeoDataFrame:
    """Return these units of a level, or all, on the embedded outlines or on others."""
    ground = None if outlines is None else read_outlines(outlines)
    if ground is None and year not in lists_by_year(memberships):
        frame = _dissolved(level, year)
    else:
        members = members_on(level, f"{year}-01-01", memberships=memberships).dropna()
        members = members if codes is None else members[members.isin(list(codes))]
        every = embedded.communes_2026()
        if ground is not None:
            _check_covered(members.index, ground, every["epci"])
        frame = _merged(every if ground is None else ground, members, year, memberships)
    frame = frame if codes is None else frame.loc[list(codes)]
    columns = ["name", *more, "communes", "population", "area_km2", "geometry"]
    frame = frame[columns].copy()
    if "outside" in more and frame["outside"].notna().any():
        # What lies in other départements is in no figure here.
        partly = frame["outside"].notna().map({True: "lower_bound", False: ""})
        for name in ("area_km2", "population"):
            place = int(frame.columns.get_loc(name)) + 1
            frame.insert(place, f"{name}_state", partly.astype(object))
    frame.index.name = level
    tell(frame, **_facts(level, ground), date=f"{year}-01-01")
    return frame


def epcis(
    *,
    date: Day | None = None,
    epci: Selection = None,
    scot: Selection = None,
    departement: Selection = None,
    outlines: Outlines | None = None,
    memberships: Lists = None,
    communes: Communes = None,
) -> gpd.GeoDataFrame:
    """
    Return the EPCI à fiscalité propre of Nord and Pas-de-Calais at a date.

    Parameters
    ----------
    date
        Day at which membership is read, from 2008; by default 1 January 2026, or of
        the list in `communes`. From 2019 all EPCI are known, before only those of the
        bassin minier that their lineage tells.
    epci, scot, departement
        Keep these EPCI, and those that have at least one commune in these units
        of 2026.
    outlines
        Outlines of communes to use instead of the embedded ones, see `communes`; they
        must hold every commune of the EPCI that are kept.
    memberships
        Lists of EPCI of other years, as `read_memberships` returns them.
    communes
        A list of your own, with outlines, as `read_territory` returns it.

    Returns
    -------
    GeoDataFrame
        EPSG:2154, index `epci` (SIREN); `name` and `nature` (CC, CA, CU, METRO) of
        that date, `short_name`, `outside` (codes of its communes in other
        départements, which are in no figure here), `communes` (COG 2026),
        `population` (2023), `area_km2`, `geometry` merged from the communes; where one
        of the EPCI has communes outside, `population_state` and `area_km2_state` say
        that its figures are lower bounds.

    Raises
    ------
    VintageError
        If the date is not covered.
    CodeError
        If a unit is unknown at that date.

    Warns
    -----
    BasinmapWarning
        If the EPCI of some communes are not known at that date, saying how many; if
        some are not whole in the list given.

    Examples
    --------
    >>> import basinmap as bm
    >>> len(bm.epcis())
    36
    >>> print(bm.epcis(date="2023-01-01").loc["245901152", ["nature", "communes"]])
    nature      CC
    communes    21
    Name: 245901152, dtype: object
    >>> bm.epcis(scot="lens-lievin-henin-carvin")["communes"].tolist()
    [14, 36]
    """
    check_given(epcis, locals())
    more = ["short_name", "nature", "outside"]
    territory = listed(communes)
    date = territory.day(date)
    if territory.given:
        check_alone(memberships)
        check_no_outlines(outlines)
        near = selected(territory, epci=epci, scot=scot, departement=departement)
        units = members_of(territory, "epci").reindex(near.index).dropna().unique()
        return dissolved(territory, "epci", ["name", *more, *_SUMMED], sorted(units))
    year = check_date(date, memberships)
    members = members_on("epci", date, memberships=memberships)
    codes = pd.Index(sorted(members.dropna().unique()))
    chosen = _selected(scot=scot, departement=departement)
    if epci is None or gaps_of(memberships, date):
        warn_of_unknown("epci", date, memberships, among=chosen)
    if epci is not None:
        # Those that are known are whole: the others are not asked for.
        codes = pd.Index(_codes_at(epci, codes, year))
    if scot is not None or departement is not None:
        codes = codes[codes.isin(members[chosen])]
    if codes.empty:
        told = {"epci": epci, "scot": scot, "departement": departement}
        msg = f"empty selection: no EPCI has all of {told}; drop one of the conditions"
        raise DataError(msg)
    frame = _units(
        "epci",
        year,
        more=more,
        codes=list(codes),
        outlines=outlines,
        memberships=memberships,
    )
    if gaps := incomplete(memberships, date):
        retell(frame, remarks=dict.fromkeys(frame.index, gaps))
    return frame


def _codes_at(given: Selection, known: pd.Index, year: int) -> list[str]:
    """Return SIREN that exist at a date; a SIREN of another time is explained."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        given = [given]  # type: ignore[list-item]
    wanted = list(given)
    if wanted and all(isinstance(item, str) and item in known for item in wanted):
        return list(dict.fromkeys(wanted))
    former = set(lineage()["from_siren"]) | set(lineage()["to_siren"])
    texts = [code for code in wanted if isinstance(code, str)]
    gone = [code for code in texts if code in former and code not in known]
    if not gone:
        codes = resolve_codes(given, "epci")
        gone = [code for code in codes if code not in known]
    if gone:
        told = "; ".join(
            f"{e.date}: {e.from_siren} → {e.to_siren} ({e.nature})"
            for e in lineage(epci=gone[0]).itertuples()
        )
        hint = f"its lineage: {told}" if told else "see bm.epcis(date=…).index"
        msg = f"no EPCI {culprits(gone)} known on {year}-01-01; {hint}"
        raise CodeError(msg)
    return list(dict.fromkeys(codes))


def scots(
    *, date: Day = "2026-01-01", outlines: Outlines | None = None
) -> gpd.GeoDataFrame:
    """
    Return the five SCoT of the bassin minier.

    Parameters
    ----------
    date
        Day at which membership is read, from 2008; only the SCoT whose perimeter
        is established at that date are returned.
    outlines
        Outlines of communes to use instead of the embedded ones, see `communes`; they
        must hold every commune of the five SCoT.

    Returns
    -------
    GeoDataFrame
        EPSG:2154, index `scot` (slug); `name`, `communes`, `population` (2023),
        `area_km2`, `geometry`.

    Raises
    ------
    VintageError
        If the date is not covered.

    Warns
    -----
    BasinmapWarning
        If the perimeter of some SCoT is not established at that date.

    Examples
    --------
    >>> import basinmap as bm
    >>> bm.scots()["communes"].to_dict()
    {'artois': 100, 'grand-douaisis': 55, 'lens-lievin-henin-carvin': 50, \
'osartis-marquion': 49, 'valenciennois': 82}
    """
    check_given(scots, locals())
    warn_of_unknown("scot", date)
    return _units("scot", check_date(date), more=[], outlines=outlines)


def departements(
    *, outlines: Outlines | None = None, communes: Communes = None
) -> gpd.GeoDataFrame:
    """
    Return the two départements, Nord and Pas-de-Calais, or those of a list.

    Parameters
    ----------
    outlines
        Outlines of communes to use instead of the embedded ones, see `communes`; they
        must hold every commune.
    communes
        A list of your own, with outlines, as `read_territory` returns it.

    Returns
    -------
    GeoDataFrame
        EPSG:2154, index `departement`; `name`, `communes`, `population` (2023),
        `area_km2`, `geometry`.

    Warns
    -----
    BasinmapWarning
        If some are not whole in the list given.

    Examples
    --------
    >>> import basinmap as bm
    >>> bm.departements()["communes"].to_dict()
    {'59': 647, '62': 887}
    """
    check_given(departements, locals())
    if communes is not None:
        check_no_outlines(outlines)
        return dissolved(listed(communes), "departement", ["name", *_SUMMED])
    return _units("departement", LATEST_LIST, more=[], outlines=outlines)


def quartiers() -> gpd.GeoDataFrame:
    """
    Return the known quartiers: the cité de Sessevalle in Somain, indicative.

    Its outline is not published as open data: the disc that is given marks the
    place, to within `precision_m` metres, and says so in `quality` and `note`.
    Do not count anything inside it.

    Returns
    -------
    GeoDataFrame
        EPSG:2154, index `quartier`; `name`, `commune`, `quality`, `precision_m`,
        `source`, `note`, `geometry`.

    Examples
    --------
    >>> import basinmap as bm
    >>> bm.quartiers().loc["sessevalle", ["commune", "quality"]].tolist()
    ['59574', 'indicative']
    """
    frame = embedded.spatial_table("quartiers").copy()
    sources = embedded.credit("quartiers.geometry")
    tell(
        frame,
        level="quartier",
        sources=sources,
        outline_error=float(frame["precision_m"].max()),
    )
    return frame


def statistics(
    level: str = "commune",
    *,
    epci: Selection = None,
    scot: Selection = None,
    departement: Selection = None,
    perimeter: str | Perimeter | None = None,
    outlines: Outlines | None = None,
) -> pd.DataFrame:
    """
    Return the embedded statistics: counts only, each declared as a stock.

    Parameters
    ----------
    level
        `"commune"` (COG 2026) or `"iris"` (2,511 IRIS, geography 2024).
    epci, scot, departement
        Keep only what lies in these units.
    perimeter
        Keep only what lies in this one, see `communes`.
    outlines
        Of communes only: outlines whose surface is to stand in `area_km2`, see
        `communes`.

    Returns
    -------
    DataFrame
        Index `commune` or `iris`. Communes: `population_2016` … `population_2023`
        (legal, inhabitants), `area_km2`, and for the census 2021
        `dwellings_2021`, `main_residences_2021`, `secondary_residences_2021`,
        `vacant_dwellings_2021`, `houses_2021`, `flats_2021`. IRIS: `commune`,
        `population_2021` and the same dwellings. `bm.measures_of` returns the
        measure of each column, with vintage, geography and credit.

    Raises
    ------
    CodeError
        If a level or a unit is unknown.

    Notes
    -----
    Dwellings come as rounded IRIS counts: the parts may differ from the total by
    a few units, and houses and flats leave out other kinds of dwellings.

    Examples
    --------
    >>> import basinmap as bm
    >>> bm.statistics().loc["62498", ["population_2023", "dwellings_2021"]].tolist()
    [32920, 17681]
    >>> len(bm.statistics("iris"))
    2511
    """
    check_given(statistics, locals())
    kept = _within(_selected(epci=epci, scot=scot, departement=departement), perimeter)
    iris = embedded.table("iris")
    if outlines is not None and level != "commune":
        msg = "outlines= gives communes their surface: leave it out for IRIS"
        raise DataError(msg)
    if level == "iris":
        columns = ["commune", f"population_{LATEST_COUNTS}", *_DWELLINGS]
        table = iris.loc[iris["commune"].isin(kept), columns].copy()
    elif level == "commune":
        table = _commune_statistics().loc[kept].copy()
    else:
        msg = f"no statistics at level {level!r}: choose 'commune' or 'iris'"
        raise DataError(msg)
    measures: dict[str, Measure] = {
        c: _stock(c, level) for c in table.columns if c != "commune"
    }
    if outlines is not None:
        ground = read_outlines(outlines)
        _check_covered(kept, ground, embedded.communes_2026()["epci"])
        table["area_km2"] = ground["area_km2"].reindex(kept)
        measures["area_km2"] = measures_of(ground)["area_km2"]
    return tell(
        table,
        level=level,
        geography="2026-01-01" if level == "commune" else "2024-01-01",
        measures=measures,
    )


@cache
def _commune_statistics() -> pd.DataFrame:
    iris = embedded.table("iris")
    dwellings = iris.groupby("commune")[list(_DWELLINGS)].sum()
    frame = embedded.communes_2026()
    table = embedded.table("population")[list(_POPULATION)].join(frame["area_km2"])
    return table.join(dwellings).astype({"area_km2": "float64"})


def _stock(column: str, level: str) -> Stock:
    source = "; ".join(embedded.credit(column))
    if column == "area_km2":
        return Stock(label="Superficie", unit="km²", geography="2026", source=source)
    year = column.rsplit("_", 1)[1]
    if column.startswith("population"):
        label, unit = "Population municipale", "habitants"
    else:
        label, unit = _DWELLINGS[column], "logements"
    return Stock(
        label=label,
        unit=unit,
        vintage=year,
        geography="2026" if level == "commune" else "2024",
        source=source,
        family="P" if column in _DWELLINGS else "",
        # Legal populations come into force three years after their date.
        published=int(year) + 3 if column in _POPULATION else None,
    )
