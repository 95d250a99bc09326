"""Official data on request: fetched, kept, then read as any file is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal, Unpack

import geopandas as gpd
import pandas as pd

from basinmap.arguments import check_choice, check_given, texts_of
from basinmap.errors import CodeError, DataError, FetchError, VintageError
from basinmap.remote.archives import unpack
from basinmap.remote.cache import Record
from basinmap.remote.orders import (
    FetchOptions,
    Manners,
    Order,
    by_hand,
    fetched_file,
    manners_of,
)
from basinmap.sources.choosing import chosen_sources
from basinmap.sources.offers import (
    Offer,
    noted,
    offer_of,
    offers,
    order_of,
    reading,
)
from basinmap.sources.points import read_points
from basinmap.sources.reading import read_source
from basinmap.territory.france import DEPARTEMENTS
from basinmap.territory.movements import read_communes, read_movements
from basinmap.territory.outlines import read_outlines
from basinmap.territory.reading import checked_units
from basinmap.territory.territory_files import read_territory
from basinmap.values.told import measures_of, retell

__all__ = [
    "fetch_cog",
    "fetch_lovac",
    "fetch_outlines",
    "fetch_populations",
    "fetch_qpv",
    "fetch_source",
]

_OURS: Final = ("59", "62")
_MOST: Final = 5_000
"""Communes that the service of IGN gives at once."""


def fetch_source(
    name: str,
    year: int | None = None,
    *,
    departement: str | None = None,
    **options: Unpack[FetchOptions],
) -> pd.DataFrame:
    r"""
    Fetch a file of a producer, and read it.

    Parameters
    ----------
    name
        A source of the catalogue, such as `"rp-logement"`, whose address is known:
        `basinmap data list` prints them.
    year
        Of the edition; by default the latest whose address is known.
    departement
        Of what its producer publishes by département (`"ban"`, `"dvf"`, `"rpls"`).
    **options
        How it is fetched. `file`: a file that you fetched by hand, as it is published,
        in place of the network; it is kept like another. `refresh`: ask again for what
        is kept. `offline`: ask nothing of the network. `cache`: folder of what is kept,
        in place of that of `BASINMAP_CACHE`, else of the user. `sha256`: the digest
        that the file must have. `hosts`: servers that may answer besides. `timeout`,
        `deadline`, `attempts`, `pause`: seconds to wait for an answer and for all of
        it, times to ask, seconds before the second time, doubled each time. `quiet`:
        no progress.

    Returns
    -------
    DataFrame or GeoDataFrame
        What `read_source` returns of the file, or `read_points` of things that lie
        somewhere; `report_of` says since when and from where it is there.

    Raises
    ------
    CodeError
        If no address is known of such a source.
    VintageError
        If none is known of that year, or the file is of another.
    FetchError
        If the file cannot be had, or is not what it should be: with what to fetch by
        hand, and where to put it.
    DataError
        If a département is wanted; or for a reason of `read_source`.
    OutputError
        If the cache cannot be written.

    See Also
    --------
    read_source : Read a file that is there.

    Notes
    -----
    A file is kept when all of it is there and it is what it should be. It is asked for
    again after a pause where the server is busy, and goes on where it was cut. Only
    https is asked, and only the servers that `addresses.toml` names may answer; a zip
    that leads out of its folder or grows without end, a web page in place of the file
    are refused. Addresses are those of public documentation and code, at the dates
    that `addresses.toml` says: a producer may have moved its files since.

    Examples
    --------
    >>> import basinmap as bm
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> cache = Path(mkdtemp())
    >>> path = cache / "lovac.csv"
    >>> head = "CODGEO_26;LIBGEO_26;pp_vacant_26;pp_vacant_plus_2ans_26"
    >>> _ = path.write_text(f"{head}\n62498;Lens;1500;860\n62510;Liévin;900;s\n")
    >>> table = bm.fetch_source("lovac", 2026, file=path, cache=cache)
    >>> table.loc["62498", "vacant_private_dwellings_2026"]
    np.float64(1500.0)
    >>> bm.report_of(table).notes[-1].split(",")[0]
    'Fichier fourni (lovac.csv)'
    """
    check_given(fetch_source, locals())
    offer = _offer(name)
    parts = {} if departement is None else {"departement": departement}
    if departement is not None and departement not in DEPARTEMENTS:
        msg = f"departement={departement!r}: no such département; write such as '62'"
        raise CodeError(msg)
    record, order = _fetched(offer, manners_of(options), year, **parts)
    with reading(order, record):
        table = _read(offer, order.target, year)
    return noted(table, record)


def _offer(name: str) -> Offer:
    """Return the offer of a source of the catalogue."""
    known = offers()
    other = known[name].verb if name in known else ""
    if other not in {"", "fetch_source"} and name not in _ALSO:
        msg = f"{name!r} has a verb of its own: bm.{other}(…)"
        raise CodeError(msg)
    if name not in known:
        chosen_sources(name)  # says what is no source, or one of a partner
    return offer_of(name)


_ALSO: Final = ("lovac", "populations-reference")
"""Sources that have a verb of their own, and are sources like the others."""


def _fetched(
    offer: Offer, manners: Manners, year: int | None, **parts: str
) -> tuple[Record, Order]:
    order = order_of(offer, manners, year=year, **parts)
    return fetched_file(order, manners), order


def _read(offer: Offer, path: Path, year: int | None) -> pd.DataFrame:
    """Read a file by the door of its source, and check that it is of the year."""
    (source,) = [item for item in chosen_sources(offer.id) if item.id == offer.id]
    member = offer.member.format(year=year or offer.default_year) or None
    if source.points is not None and not source.counts and source.read is None:
        return read_points(path, offer.id, vintage=year, member=member)
    told = year or offer.default_year
    vintage = told if offer.id == "populations-reference" else None
    dates: Literal["real"] | None = "real" if offer.dates == "real" else None
    table = read_source(path, offer.id, vintage=vintage, member=member, dates=dates)
    if told is not None:
        _check_year(table, told, path)
    return table


def _check_year(table: pd.DataFrame, year: int, path: Path) -> None:
    """Refuse an edition that is not the one asked for: an address may serve a newer."""
    measures = measures_of(table).values()
    found = {y for item in measures for y in item.vintage.split("-") if y}
    if found and str(year) not in found:
        msg = (
            f"{path.name}: {year} was asked for, and its counts are of "
            f"{', '.join(sorted(found))}: its producer put another edition at the same "
            f"address. Read it as it is, bm.read_source({str(path)!r}), or give the "
            f"file of {year}, file='…'"
        )
        raise VintageError(msg)


def fetch_lovac(
    year: int | None = None, **options: Unpack[FetchOptions]
) -> pd.DataFrame:
    """
    Fetch the vacant dwellings of the private stock, LOVAC, by commune.

    Parameters
    ----------
    year
        Of the edition; by default the latest whose address is known.
    **options
        How it is fetched: see `fetch_source`.

    Returns
    -------
    DataFrame
        What `read_source` returns.

    Raises
    ------
    FetchError
        If it cannot be had: with what to fetch by hand, and where to put it.
    VintageError
        If no address is known of that year, or the file is of another.

    See Also
    --------
    fetch_source : Any source of the catalogue.

    Examples
    --------
    >>> import basinmap as bm
    >>> from tempfile import mkdtemp
    >>> bm.fetch_lovac(2026, offline=True, cache=mkdtemp())
    Traceback (most recent call last):
    ...
    basinmap.errors.FetchError: lovac 2026: the network is not asked (offline); ...
    """
    check_given(fetch_lovac, locals())
    return fetch_source("lovac", year, **options)


def fetch_populations(
    year: int | None = None, **options: Unpack[FetchOptions]
) -> pd.DataFrame:
    """
    Fetch the populations de référence of Insee, by commune.

    Parameters
    ----------
    year
        Of the census, not of the publication; by default the latest whose address is
        known.
    **options
        How it is fetched: see `fetch_source`.

    Returns
    -------
    DataFrame
        What `read_source` returns.

    Raises
    ------
    FetchError
        If it cannot be had: with what to fetch by hand, and where to put it.
    VintageError
        If no address is known of that year.

    See Also
    --------
    fetch_source : Any source of the catalogue.

    Examples
    --------
    >>> import basinmap as bm
    >>> from tempfile import mkdtemp
    >>> bm.fetch_populations(1999, cache=mkdtemp())
    Traceback (most recent call last):
    ...
    basinmap.errors.VintageError: populations-reference: no address is known of 1999...
    """
    check_given(fetch_populations, locals())
    return fetch_source("populations-reference", year, **options)


def fetch_cog(
    year: int | None = None,
    *,
    part: Literal["movements", "communes"] = "movements",
    **options: Unpack[FetchOptions],
) -> pd.DataFrame:
    """
    Fetch the Code officiel géographique of Insee: communes, or what became of them.

    Parameters
    ----------
    year
        Of the list; by default the latest whose address is known.
    part
        `"communes"`: the list; `"movements"`: the events since 1943, with the list of
        the same year.
    **options
        How it is fetched: see `fetch_source`. `file` is the file of the part.

    Returns
    -------
    DataFrame
        What `read_communes` or `read_movements` returns; with a `file` of movements,
        without the list.

    Raises
    ------
    FetchError
        If it cannot be had: with what to fetch by hand, and where to put it.
    VintageError
        If no address is known of that year.
    DataError
        If the part is unknown, or the file is not such a list.

    See Also
    --------
    read_movements : Read a file that is there.

    Examples
    --------
    >>> import basinmap as bm
    >>> from tempfile import mkdtemp
    >>> bm.fetch_cog(2026, part="communes", offline=True, cache=mkdtemp())
    Traceback (most recent call last):
    ...
    basinmap.errors.FetchError: cog-communes 2026: the network is not asked ...
    """
    check_given(fetch_cog, locals())
    check_choice(part, ("movements", "communes"), "part")
    manners = manners_of(options)
    if part == "communes":
        return _communes(manners, year)
    listed = _communes(manners, year) if manners.file is None else None
    record, order = _fetched(offer_of("cog-mouvements"), manners, year)
    with reading(order, record):
        return read_movements(order.target, communes=listed)


def _communes(manners: Manners, year: int | None) -> pd.DataFrame:
    record, order = _fetched(offer_of("cog-communes"), manners, year)
    with reading(order, record):
        return read_communes(order.target)


def fetch_outlines(
    departements: Iterable[str] = _OURS,
    *,
    year: int | None = None,
    **options: Unpack[FetchOptions],
) -> gpd.GeoDataFrame:
    """
    Fetch the outlines of communes of ADMIN EXPRESS COG, of IGN.

    Parameters
    ----------
    departements
        Whose communes; by default Nord and Pas-de-Calais.
    year
        Year of its list of communes. The service has one edition, the latest: codes of
        another year are refused.
    **options
        How it is fetched: see `fetch_source`. `file`: the GeoJSON of the service.

    Returns
    -------
    GeoDataFrame
        Of Nord and Pas-de-Calais, what `read_outlines` returns, to be given as
        `outlines=`; of others, what `read_territory` does, to be given as `communes=`.

    Raises
    ------
    FetchError
        If it cannot be had, or is not whole: with what to fetch by hand, and where to
        put it.
    CodeError
        If a département is none.
    VintageError
        If the edition is of another year.
    DataError
        For a reason of `read_outlines`.

    See Also
    --------
    read_outlines : Read a file that is there.

    Examples
    --------
    >>> import basinmap as bm
    >>> from tempfile import mkdtemp
    >>> bm.fetch_outlines(["62"], offline=True, cache=mkdtemp())
    Traceback (most recent call last):
    ...
    basinmap.errors.FetchError: admin-express 2026 62: the network is not asked ...
    """
    check_given(fetch_outlines, locals())
    wanted = _departements(departements)
    offer = offer_of("admin-express")
    year = offer.default_year if year is None else year
    quoted = ",".join(f"'{code}'" for code in wanted)
    order = order_of(
        offer,
        manners := manners_of(options),
        year=year,
        departements=quoted.replace("'", "%27"),
        name=_short(wanted),
    )
    record = fetched_file(order, manners)
    code = _checked_features(order.target, by_hand(order))
    source = f"{offer.producer}, ADMIN EXPRESS COG, communes au 1er janvier {year}"
    ours = set(wanted) <= set(_OURS)
    with reading(order, record):
        frame = (
            read_outlines(order.target, year=year or 0, code=code, source=source)
            if ours
            else read_territory(order.target, year=year, source=source)
        )
    noted(frame, record)
    return frame


def _departements(given: Iterable[str]) -> list[str]:
    wanted = sorted(set(texts_of(given, "departements", "['59', '62']")))
    unknown = [code for code in wanted if code not in DEPARTEMENTS]
    if unknown or not wanted:
        msg = f"departements={wanted}: no such département; write such as ['59', '62']"
        raise CodeError(msg)
    return wanted


def _short(wanted: list[str]) -> str:
    """Return a name for a few départements."""
    plain = "-".join(wanted)
    return plain if len(plain) < 40 else hashlib.sha256(plain.encode()).hexdigest()[:12]


def _checked_features(path: Path, remedy: str) -> str | None:
    """Check that a service gave all the communes; return their column of codes."""
    told = json.loads(path.read_text("utf-8"))
    found = told.get("features") if isinstance(told, dict) else None
    if not found:
        msg = f"{path.name}: no commune in the answer; {remedy}"
        raise FetchError(msg)
    matched = told.get("numberMatched", told.get("totalFeatures", len(found)))
    if isinstance(matched, int) and matched > len(found):
        msg = (
            f"{path.name}: {len(found):,} of {matched:,} communes, the service gives "
            f"{_MOST:,} at once: ask for fewer départements; remove {path}"
        )
        raise FetchError(msg)
    names = found[0].get("properties") or {}
    return "code_insee" if "code_insee" in names else None


def fetch_qpv(
    departements: Iterable[str] = _OURS,
    *,
    generation: Literal["2024"] = "2024",
    **options: Unpack[FetchOptions],
) -> gpd.GeoDataFrame:
    """
    Fetch the outlines of the quartiers prioritaires of the politique de la ville.

    Parameters
    ----------
    departements
        Whose quartiers; by default those of Nord and Pas-de-Calais.
    generation
        `"2024"`, the only one whose address is known.
    **options
        How it is fetched: see `fetch_source`. `file`: the zip of the GeoJSON.

    Returns
    -------
    GeoDataFrame
        What `read_units(…, "quartier", generation="2024")` returns. `insee_com` lists
        the communes of a quartier, separated by commas.

    Raises
    ------
    FetchError
        If it cannot be had: with what to fetch by hand, and where to put it.
    CodeError
        If a département is none.
    DataError
        If no quartier is in these départements, the generation is unknown, or for a
        reason of `read_units`.

    See Also
    --------
    read_units : Read a file that is there.

    Examples
    --------
    >>> import basinmap as bm
    >>> from tempfile import mkdtemp
    >>> bm.fetch_qpv(offline=True, cache=mkdtemp())
    Traceback (most recent call last):
    ...
    basinmap.errors.FetchError: qpv 2024: the network is not asked ...
    """
    check_given(fetch_qpv, locals())
    check_choice(generation, ("2024",), "generation")
    wanted = _departements(departements)
    manners, offer = manners_of(options), offer_of("qpv")
    order = order_of(offer, manners, year=int(generation))
    record = fetched_file(order, manners)
    path = unpack(
        order.target,
        "_wgs84.geojson",
        order.target.with_name(f"qpv-{generation}-{record.sha256[:12]}.geojson"),
        largest=20 * order.largest,
    )
    raw = gpd.read_file(path)
    # Those overseas lie outside of Lambert-93.
    column = next((n for n in raw.columns if n.lower() == "insee_dep"), None)
    kept = raw if column is None else raw[raw[column].astype(str).isin(wanted)]
    if kept.empty:
        msg = f"{path.name}: no quartier in {', '.join(wanted)}, of {len(raw)}"
        raise DataError(msg)
    frame = checked_units(
        kept.reset_index(drop=True),
        "quartier",
        code="code_qp",
        name="lib_qp",
        generation=generation,
        file=path,
    )
    retell(frame, sources=(f"{offer.producer}, QPV {generation}",))
    noted(frame, record)
    return frame
