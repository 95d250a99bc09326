"""`basinmap data`: what is embedded, what can be fetched, what is in the cache."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from basinmap.cli.words import say
from basinmap.errors import DataError

if TYPE_CHECKING:
    from basinmap.cli.parsing import Parser
    from basinmap.remote.cache import Record
    from basinmap.sources.offers import Offer

__all__ = ["fill"]

_ACTIONS: Final = ("embedded", "list", "fetch", "verify")
_SERVICES: Final = frozenset({"isochrones", "itineraires"})


def fill(command: Parser) -> None:
    """
    Add the options of the command.

    Parameters
    ----------
    command
        Its parser.
    """
    what = command.add_argument_group(say("data"))
    what.add_argument(
        "action",
        nargs="?",
        choices=_ACTIONS,
        default="embedded",
        help=say(
            "what to do: tell what is embedded (by default), list what can be fetched, "
            "fetch a file of it, verify what was fetched"
        ),
    )
    what.add_argument(
        "name",
        nargs="?",
        metavar=say("NAME"),
        help=say("what to fetch, as basinmap data list names it: lovac, rp-logement…"),
    )
    what.add_argument(
        "--year",
        type=int,
        metavar=say("YEAR"),
        help=say("year of the edition (the latest whose address is known)"),
    )
    what.add_argument(
        "--departement",
        nargs="+",
        default=[],
        metavar=say("CODE"),
        help=say("départements of what is published so: 59 62"),
    )
    what.add_argument(
        "--region",
        metavar=say("NAME"),
        help=say("region of an extract of OpenStreetMap (nord-pas-de-calais)"),
    )
    what.add_argument(
        "--dataset",
        metavar=say("ID"),
        help=say("identifier of a data set of transport.data.gouv.fr, for gtfs"),
    )
    how = command.add_argument_group(say("network"))
    how.add_argument(
        "--from",
        dest="file",
        metavar=say("FILE"),
        help=say("a file that you fetched with a browser: checked and kept likewise"),
    )
    how.add_argument(
        "--refresh",
        action="store_true",
        help=say("ask again for what is in the cache"),
    )
    how.add_argument(
        "--host",
        action="append",
        default=[],
        metavar=say("SERVER"),
        help=say("a server that you trust, to which that of the address may send on"),
    )
    how.add_argument(
        "--cache",
        metavar=say("FOLDER"),
        help=say("folder of what is fetched (BASINMAP_CACHE, else that of the user)"),
    )
    command.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> None:
    if given.action == "fetch":
        _fetch(given)
        return
    if given.name:
        raise DataError(
            say(
                "{action} takes no name; write basinmap data fetch {name}",
                action=given.action,
                name=given.name,
            )
        )
    if given.action == "list":
        _list(given)
    elif given.action == "verify":
        _verify(given)
    else:
        from basinmap.cli.listings import tell_embedded  # noqa: PLC0415 - reads data

        tell_embedded()


# -- what can be fetched ---------------------------------------------------------------


def _list(given: argparse.Namespace) -> None:
    from basinmap.sources.offers import offers  # noqa: PLC0415 - reads data

    kept = _kept(given)
    print(say("Official data that can be fetched\n"))
    for offer in offers().values():
        _tell(offer, kept)
    print(say("\nAddresses were read, none was tried: see « seen » of each."))


def _tell(offer: Offer, kept: Mapping[Path, Record | None]) -> None:
    years = ", ".join(map(str, sorted(offer.years))) or str(offer.latest or "")
    print(f"{offer.id}{f' ({years})' if years else ''} – {offer.title}")
    print(f"    {offer.producer} ; {offer.licence} ; bm.{offer.verb}")
    print("    " + say("seen: {seen}; page: {page}", seen=offer.seen, page=offer.page))
    if offer.id in _SERVICES:
        return
    for path, record in kept.items():
        if path.parent.name == offer.id and record is not None:
            told = say(
                "in the cache since {day}: {path}",
                day=record.day.isoformat(),
                path=path,
            )
            print(f"    {told}")


def _folder(given: argparse.Namespace) -> Path:
    from basinmap.remote.cache import folder_of  # noqa: PLC0415 - where it is needed

    if given.cache:
        return folder_of(given.cache, "")
    return folder_of(None, "data")


def _kept(given: argparse.Namespace) -> dict[Path, Record | None]:
    from basinmap.remote.cache import (  # noqa: PLC0415 - where it is needed
        kept_files,
        record_of,
    )

    return {path: record_of(path) for path in kept_files(_folder(given))}


# -- fetching --------------------------------------------------------------------------


def _fetch(given: argparse.Namespace) -> None:
    from basinmap.sources.offers import offer_of  # noqa: PLC0415 - reads data

    if not given.name:
        raise DataError(
            say("say what to fetch: basinmap data list tells what there is")
        )
    offer = offer_of(given.name)
    if offer.id in _SERVICES:
        raise DataError(
            say(
                "{name} is a service, not a file: bm.{verb}(…)",
                name=offer.id,
                verb=offer.verb,
            )
        )
    for parts in _parts(offer, given):
        _fetch_one(offer, given, parts)


def _parts(offer: Offer, given: argparse.Namespace) -> list[dict[str, str]]:
    """Return what the address of each file needs."""
    if "departements" in offer.needs:
        codes = sorted(set(given.departement)) or ["59", "62"]
        quoted = ",".join(f"%27{code}%27" for code in codes)
        return [{"departements": quoted, "name": "-".join(codes)}]
    if given.departement:
        return [{"departement": code} for code in given.departement]
    if "region" in offer.needs:
        return [{"region": given.region or "nord-pas-de-calais"}]
    return [{"dataset": given.dataset}] if given.dataset else [{}]


def _fetch_one(
    offer: Offer, given: argparse.Namespace, parts: Mapping[str, str]
) -> None:
    from basinmap.remote.orders import (  # noqa: PLC0415 - asks the network
        Manners,
        fetched_file,
    )
    from basinmap.sources.offers import order_of  # noqa: PLC0415 - reads data

    manners = Manners(
        file=given.file,
        refresh=given.refresh,
        cache=given.cache,
        hosts=tuple(given.host),
    )
    order = order_of(offer, manners, year=given.year, **parts)
    if offer.id == "gtfs":
        from basinmap.access.fetching import found_feed  # noqa: PLC0415 - asks

        order = found_feed(order, manners)
    record = fetched_file(order, manners)
    print(order.target)
    told = say(
        "{size} bytes, sha256 {digest}…, {licence}",
        size=record.size,
        digest=record.sha256[:16],
        licence=record.licence or offer.licence,
    )
    print(f"    {told}")


# -- verifying -------------------------------------------------------------------------


def _verify(given: argparse.Namespace) -> None:
    from basinmap.remote.cache import state_of  # noqa: PLC0415 - reads files

    words = {
        "whole": say("whole"),
        "changed": say("CHANGED since it was fetched"),
        "gone": say("no longer there"),
        "unknown": say("of unknown origin"),
    }
    kept = _kept(given)
    wrong = 0
    for path in kept:
        state = state_of(path)
        wrong += state == "changed"
        print(f"{path}: {words[state]}")
    if not kept:
        print(say("nothing was fetched yet in {folder}", folder=_folder(given)))
    if wrong:
        raise DataError(
            say(
                "{count} file(s) of the cache changed since they were fetched: remove "
                "them, or fetch them again with --refresh",
                count=wrong,
            )
        )
