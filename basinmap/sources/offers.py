"""What official data are offered where, under which licence: `addresses.toml`, read."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, get_args

import pandas as pd

from basinmap.errors import (
    CodeError,
    ColumnError,
    CRSError,
    DataError,
    FetchError,
    MeasureError,
    VintageError,
    culprits,
)
from basinmap.remote.cache import Record, folder_of
from basinmap.remote.orders import Kind, Manners, Order, by_hand
from basinmap.typography import long_date, typeset
from basinmap.values.told import report_of, retell

__all__ = [
    "Edition",
    "Offer",
    "noted",
    "offer_of",
    "offers",
    "order_of",
    "reading",
    "said_of",
]

ADDRESSES: Final = "BASINMAP_ADDRESSES"
"""Environment variable that names a file of addresses that go before ours."""
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_MEGA: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Edition:
    """
    One file of an offer.

    Attributes
    ----------
    address
        From which it is fetched.
    file
        Name under which it is kept.
    sha256
        Its digest, where it is known.
    """

    address: str
    file: str
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """
    A set of data that its producer offers.

    Attributes
    ----------
    id
        That of the source of the catalogue, where there is one.
    title, producer, licence
        French.
    verb
        What fetches and reads it.
    page
        Where a reader finds it.
    kind
        What the file is.
    largest
        Megabytes that it may be.
    seen
        How the address is known, and since when.
    hosts
        Servers to which that of the address may send on.
    address, file, md5
        With {year}, {departement}… for what changes.
    latest
        Year by default of an address with {year}.
    years
        One file an edition.
    member
        Of a zip of several tables, the one to read; with {year}.
    dates
        Which date a file of Sitadel is of.
    plain
        Whether the user wants http without s.
    """

    id: str
    title: str
    producer: str
    licence: str
    page: str
    kind: Kind
    largest: int
    seen: str
    verb: str = "fetch_source"
    hosts: tuple[str, ...] = ()
    address: str = ""
    file: str = ""
    md5: str = ""
    latest: int = 0
    years: Mapping[int, Edition] = field(default_factory=dict)
    member: str = ""
    dates: str = ""
    plain: bool = False

    @property
    def default_year(self) -> int | None:
        """Year of the latest edition; None for what is of no year."""
        return max(self.years, default=self.latest) or None

    @property
    def needs(self) -> tuple[str, ...]:
        """What the caller has to say, such as `departement`."""
        found = re.findall(r"{(\w+)}", f"{self.address} {self.file}")
        return tuple(dict.fromkeys(n for n in found if n not in {"year", "name"}))


def offers() -> Mapping[str, Offer]:
    """
    Return what is offered, by id.

    Raises
    ------
    DataError
        If the user's file of addresses cannot be read.

    Examples
    --------
    >>> offers()["lovac"].producer
    'Cerema et DHUP'
    """
    ours = resources.files("basinmap.sources").joinpath("addresses.toml")
    told = tomllib.loads(ours.read_text("utf-8"))
    if mine := os.environ.get(ADDRESSES, ""):
        for name, entry in _read(Path(mine)).items():
            told[name] = {**told.get(name, {}), **entry}
    return MappingProxyType({name: _offer(name, entry) for name, entry in told.items()})


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        msg = f"{ADDRESSES}={path}: no file of addresses ({error}); mend or unset it"
        raise DataError(msg) from error


def _offer(name: str, entry: Mapping[str, Any]) -> Offer:
    known = {item.name for item in fields(Offer)} - {"id"}
    odd = sorted(set(entry) - known)
    if odd:
        msg = f"addresses, [{name}]: unknown {culprits(odd)}; known: {sorted(known)}"
        raise DataError(msg)
    try:
        years = {int(y): Edition(**e) for y, e in entry.get("years", {}).items()}
        hosts = tuple(entry.get("hosts", ()))
        made = Offer(id=name, **{**entry, "years": years, "hosts": hosts})
    except (TypeError, ValueError, AttributeError) as error:
        msg = f"addresses, [{name}]: {error}; write it as addresses.toml does"
        raise DataError(msg) from error
    if made.kind not in get_args(Kind):
        msg = f"addresses, [{name}]: kind={made.kind!r}; write one of {get_args(Kind)}"
        raise DataError(msg)
    return made


def offer_of(name: str) -> Offer:
    """
    Return one offer.

    Parameters
    ----------
    name
        Its id.

    Raises
    ------
    CodeError
        If there is none.
    """
    known = offers()
    if name not in known:
        msg = (
            f"no address is known of {name!r}; known: {', '.join(sorted(known))}. Of "
            "another file, fetch it with a browser, then bm.read_source(path)"
        )
        raise CodeError(msg)
    return known[name]


def order_of(
    offer: Offer, manners: Manners, *, year: int | None = None, **parts: str
) -> Order:
    """
    Return the file that is wanted of an offer.

    Parameters
    ----------
    offer
        Which.
    manners
        How it is asked for.
    year
        Of the edition; by default the latest.
    **parts
        What the address needs besides, such as `departement`.

    Raises
    ------
    VintageError
        If there is no edition of that year.
    DataError
        If something that the address needs is missing, or is none.
    """
    year = offer.default_year if year is None else year
    _check_parts(offer, parts)
    if offer.years:
        if year is None or year not in offer.years:
            known = ", ".join(map(str, sorted(offer.years)))
            msg = (
                f"{offer.id}: no address is known of {year}; known: {known}. Of "
                f"another year, fetch it at {offer.page}, then bm.read_source(path)"
            )
            raise VintageError(msg)
        edition = offer.years[year]
    else:
        told = {"year": year or "", "name": "", **parts}
        edition = Edition(offer.address.format(**told), offer.file.format(**told))
    said = [value for part, value in parts.items() if part != "departements"]
    words = [offer.id, *([str(year)] if year else []), *said]
    folder = folder_of(manners.cache, "data") / offer.id
    flag = f" --year {year}" if year else ""
    flag += "".join(f" --{k} {v}" for k, v in parts.items() if k in _FLAGS)
    return Order(
        name=" ".join(words),
        address=edition.address,
        target=folder / edition.file,
        kind=offer.kind,
        largest=offer.largest * _MEGA,
        hosts=offer.hosts,
        sha256=edition.sha256,
        md5=offer.md5.format(**{"year": year, **parts}) if offer.md5 else "",
        page=offer.page,
        licence=offer.licence,
        producer=offer.producer,
        verb=f"file='…' (basinmap data fetch {offer.id}{flag} --from FILE)",
        plain=offer.plain,
    )


_FLAGS: Final = frozenset({"departement", "region"})


def _check_parts(offer: Offer, parts: Mapping[str, str]) -> None:
    """Refuse what is missing of an address, or would make it another."""
    lacks = [name for name in offer.needs if not parts.get(name)]
    if lacks:
        told = ", ".join(f"{name}='…'" for name in lacks)
        msg = f"{offer.id} is one file for each {lacks[0]}: write {told}"
        raise DataError(msg)
    unasked = [name for name in parts if name not in (*offer.needs, "name")]
    if unasked:
        msg = f"{offer.id} is one file: leave {unasked[0]}= out"
        raise DataError(msg)
    for name in ("departement", "region", "dataset", "name"):
        value = parts.get(name)
        if value and not all(_NAME.fullmatch(p) for p in value.split("/")):
            msg = f"{name}={value[:60]!r}: letters, digits and hyphens are expected"
            raise DataError(msg)


@contextmanager
def reading(order: Order, record: Record) -> Iterator[None]:
    """
    Say of a file that was fetched and cannot be read how to be rid of it.

    Parameters
    ----------
    order
        What was wanted.
    record
        Where it came from. Of a file given by hand, the error is that of its reader.

    Raises
    ------
    FetchError
        With what the reader says.
    """
    try:
        yield
    except (DataError, CodeError, ColumnError, MeasureError, CRSError) as error:
        if record.given:
            raise
        msg = (
            f"{order.name}: what was fetched cannot be read: {error}; it is kept as "
            f"{order.target}. Ask again, refresh=True, or {by_hand(order)}"
        )
        raise FetchError(msg) from error


def said_of(record: Record) -> str:
    """
    Say in French where a file came from, for a method note.

    Parameters
    ----------
    record
        Of the cache.
    """
    day, digest = long_date(record.day), record.sha256[:12]
    if record.given:
        told = f"Fichier fourni ({record.given}), pris le {day}"
    else:
        told = f"Fichier téléchargé le {day} : {record.address}"
    return typeset(f"{told} (sha256 {digest}…).")


def noted(table: pd.DataFrame, *records: Record) -> pd.DataFrame:
    """
    Add to the account of a table where its files came from.

    Parameters
    ----------
    table
        What a reader returned.
    *records
        Of the cache.

    Returns
    -------
    DataFrame
        The same object.
    """
    report = report_of(table)
    said = [line for line in map(said_of, records) if line not in report.notes]
    kept = {name: getattr(report, name) for name in (f.name for f in fields(report))}
    return retell(table, report={**kept, "notes": (*report.notes, *said)})
