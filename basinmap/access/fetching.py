"""Streets and timetables on request: fetched, kept, then read as any file is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Unpack

import pandas as pd
from pyproj import Transformer

from basinmap.access.gtfs import read_gtfs
from basinmap.access.networks import Mode, Network, check_mode
from basinmap.access.osm import cut_extract
from basinmap.access.streets import read_network
from basinmap.access.timetables import Timetable
from basinmap.arguments import check_choice, check_given
from basinmap.errors import DataError, FetchError, culprits
from basinmap.remote.cache import Record
from basinmap.remote.door import host_of
from basinmap.remote.orders import (
    FetchOptions,
    Manners,
    Order,
    fetched_file,
    manners_of,
)
from basinmap.sources.offers import Offer, offer_of, order_of, reading, said_of
from basinmap.spatial.projections import METRIC
from basinmap.staging import staged_file
from basinmap.territory.places import Place
from basinmap.typography import shortest, typeset

__all__ = ["fetch_gtfs", "fetch_network", "found_feed"]

REGIONS: Final = (
    "alsace",
    "aquitaine",
    "auvergne",
    "basse-normandie",
    "bourgogne",
    "bretagne",
    "centre",
    "champagne-ardenne",
    "corse",
    "franche-comte",
    "haute-normandie",
    "ile-de-france",
    "languedoc-roussillon",
    "limousin",
    "lorraine",
    "midi-pyrenees",
    "nord-pas-de-calais",
    "pays-de-la-loire",
    "picardie",
    "poitou-charentes",
    "provence-alpes-cote-d-azur",
    "rhone-alpes",
)
"""Regions of metropolitan France of which Geofabrik makes an extract."""
_FARTHEST: Final = 500_000
_LICENCES: Final = {
    "odc-odbl": "ODbL 1.0",
    "fr-lo": "Licence Ouverte",
    "lov2": "Licence Ouverte 2.0",
    "mobility-licence": "Licence Mobilités",
}


def fetch_network(
    region: str = "nord-pas-de-calais",
    *,
    mode: Mode,
    around: Place | None = None,
    within: float = 40_000,
    speeds: Mapping[str, float] | pd.Series | None = None,
    **options: Unpack[FetchOptions],
) -> Network:
    """
    Fetch the streets of OpenStreetMap, of a region or around a place.

    The extract is the one that Geofabrik makes every day; its digest is compared with
    the one published beside. The part around a place is kept too, so that it is read
    at once the next time.

    Parameters
    ----------
    region
        As Geofabrik names it: one of the former regions, such as `"picardie"`.
    mode
        `"walk"`, `"bike"` or `"car"`.
    around
        Place around which it is cut; by default the whole region, which takes time
        and memory.
    within
        Metres from the place to each side of the square that is kept. What is beyond
        the region is not there.
    speeds
        As for `read_network`.
    **options
        How it is fetched: see `fetch_source`.

    Returns
    -------
    Network
        What `read_network` returns; its `notes` say since when and from where it is
        there.

    Raises
    ------
    FetchError
        If it cannot be had, or is not what its maker announces: with what to fetch by
        hand, and where to put it.
    DataError
        If the region is none, no street is near the place; or for a reason of
        `read_network`.
    LibraryError
        If osmium is not installed.

    See Also
    --------
    read_network : Read a file that is there.
    fetch_isochrones : Areas without a network on this machine.

    Examples
    --------
    >>> import basinmap as bm
    >>> from tempfile import mkdtemp
    >>> bm.fetch_network(
    ...     mode="walk", around=bm.LOUVRE_LENS, offline=True, cache=mkdtemp()
    ... )
    Traceback (most recent call last):
    ...
    basinmap.errors.FetchError: osm nord-pas-de-calais: the network is not asked ...
    """
    check_given(fetch_network, locals())
    check_mode(mode)
    check_choice(region, REGIONS, "region")
    if not 0 < within <= _FARTHEST:
        msg = f"within={within!r}: metres around the place, such as within=40_000"
        raise DataError(msg)
    manners = manners_of(options)
    order = order_of(offer_of("osm"), manners, region=region)
    record = fetched_file(order, manners)
    path: Path = order.target
    said: tuple[str, ...] = ()
    if around is not None:
        path = _cut(order, record, around, float(within))
        side = shortest(2 * within / 1000)
        said = (
            typeset(
                f"Rues d'un carré de {side} km de côté autour de : {around.name}, dans "
                f"l'extrait {region}."
            ),
        )
    network = read_network(path, mode=mode, speeds=speeds, quiet=manners.quiet)
    return replace(network, notes=(*network.notes, *said, said_of(record)))


def _cut(order: Order, record: Record, around: Place, within: float) -> Path:
    """Return the part of an extract around a place, made once."""
    x, y = around.point.x, around.point.y
    name = f"{order.target.stem[:-4]}-{x:.0f}-{y:.0f}-{within:.0f}"
    path = order.target.with_name(f"{name}-{record.sha256[:12]}.osm.pbf")
    if path.exists():
        return path
    to_degrees = Transformer.from_crs(METRIC, 4326, always_xy=True)
    sides = x - within, y - within, x + within, y + within
    with staged_file(path) as staged:
        cut_extract(order.target, staged, to_degrees.transform_bounds(*sides))
    return path


def fetch_gtfs(
    dataset: str, *, resource: str | None = None, **options: Unpack[FetchOptions]
) -> Timetable:
    """
    Fetch the timetables of a network from the national access point.

    Parameters
    ----------
    dataset
        Identifier of the data set at transport.data.gouv.fr, the letters and digits
        that end the address of its page at data.gouv.fr.
    resource
        Title or identifier of the GTFS file, where the data set has several.
    **options
        How it is fetched: see `fetch_source`. `file`: the zip of the feed.

    Returns
    -------
    Timetable
        What `read_gtfs` returns, credited with the licence that the access point
        tells; its `notes` say since when and from where it is there.

    Raises
    ------
    FetchError
        If it cannot be had, or another server than the access point and data.gouv.fr
        has it: with what to fetch by hand, and where to put it.
    DataError
        If the data set has no GTFS file, or several; or for a reason of `read_gtfs`.

    See Also
    --------
    read_gtfs : Read a feed that is there.

    Examples
    --------
    >>> import basinmap as bm
    >>> from tempfile import mkdtemp
    >>> bm.fetch_gtfs("5c1a9b8f", offline=True, cache=mkdtemp())
    Traceback (most recent call last):
    ...
    basinmap.errors.FetchError: gtfs 5c1a9b8f: the network is not asked ...
    """
    check_given(fetch_gtfs, locals())
    manners = manners_of(options)
    order = order_of(offer_of("gtfs"), manners, dataset=dataset)
    order = found_feed(order, manners, resource=resource)
    record = fetched_file(order, manners)
    with reading(order, record):
        timetable = read_gtfs(order.target, licence=record.licence)
    return replace(timetable, notes=(*timetable.notes, said_of(record)))


def found_feed(order: Order, manners: Manners, *, resource: str | None = None) -> Order:
    """
    Return the order of the file of a data set, unless it is there already.

    Parameters
    ----------
    order
        Of the data set: its address is that of what the access point tells.
    manners
        How it is asked.
    resource
        Title or identifier of the file, where there are several.

    Raises
    ------
    FetchError
        If the access point does not tell, or the file is at another server.
    DataError
        If there is no GTFS file, or several.
    """
    offer, listed = offer_of("gtfs"), order.address
    dataset = order.target.stem
    order = replace(order, page=f"{offer.page}/datasets/{dataset}", licence="")
    silent = manners.file is not None or manners.is_offline
    if silent or (order.target.exists() and not manners.refresh):
        # What is there, or is put there by hand: the zip that stands on the page.
        return replace(order, address=order.page)
    return _found(offer, order, listed, resource, manners)


def _found(
    offer: Offer, order: Order, listed: str, resource: str | None, manners: Manners
) -> Order:
    """Ask the access point where the file of a data set is, and its licence."""
    about = replace(
        order,
        name=f"{order.name} (data set)",
        target=order.target.with_suffix(".json"),
        kind="json",
        address=listed,
    )
    fetched_file(about, replace(manners, refresh=True, sha256=""))
    told = json.loads(about.target.read_text("utf-8"))
    chosen = _chosen(told, resource, order.name)
    address = str(chosen.get("url") or chosen.get("original_url") or "")
    allowed = {host_of(listed), *offer.hosts, *manners.hosts}
    if host_of(address) not in allowed:
        msg = (
            f"{order.name}: its file is at {address!r}, which is neither the access "
            f"point nor data.gouv.fr: write hosts=({host_of(address)!r},) if you trust "
            "that server"
        )
        raise FetchError(msg)
    licence = str(told.get("licence") or "")
    return replace(order, address=address, licence=_LICENCES.get(licence, licence))


def _chosen(told: Any, resource: str | None, name: str) -> Mapping[str, Any]:  # noqa: ANN401 - as it was answered
    """Return the GTFS file of a data set."""
    listed = told.get("resources") if isinstance(told, dict) else None
    if not isinstance(listed, list):
        msg = f"{name}: the access point answers another thing than a data set"
        raise FetchError(msg)
    feeds = [item for item in listed if str(item.get("format", "")).upper() == "GTFS"]
    if resource is not None:
        keys = ("id", "datagouv_id", "title")
        wanted = [f for f in feeds if resource in {str(f.get(key)) for key in keys}]
    else:
        wanted = feeds
    if len(wanted) != 1:
        titles = [str(item.get("title")) for item in feeds]
        what = "no GTFS file" if not feeds else f"{len(feeds)} GTFS files"
        msg = f"{name}: {what}: {culprits(titles)}"
        if feeds:
            msg += f"; write resource={titles[0]!r}"
        raise DataError(msg)
    return wanted[0]
