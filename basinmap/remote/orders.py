"""A file of the network, in the cache whole or not at all."""

from __future__ import annotations

import codecs
import datetime as dt
import gzip
import json
import os
import re
import shutil
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from difflib import get_close_matches
from html import unescape
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, TypedDict

from basinmap.arguments import check_fields, path_of
from basinmap.errors import ArgumentError, BasinmapError, DataError, FetchError
from basinmap.progress import progress
from basinmap.remote.archives import check_zip
from basinmap.remote.cache import (
    Record,
    alone,
    digest_of,
    record_of,
    state_of,
    write_record,
)
from basinmap.remote.door import (
    Answer,
    ElsewhereError,
    ask,
    check_status,
    host_of,
    is_loopback,
    pieces,
    reason_of,
    status_of,
    told_by,
    wait_of,
)

__all__ = [
    "KINDS",
    "FetchOptions",
    "Kind",
    "Manners",
    "Order",
    "by_hand",
    "fetched_file",
    "manners_of",
]

Kind = Literal["csv", "json", "zip", "gz", "pbf"]

KINDS: Final = ("csv", "json", "zip", "gz", "pbf")
OFFLINE: Final = "BASINMAP_OFFLINE"
"""Environment variable under which nothing is asked of the network."""

_AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST: Final = 120.0
"""Seconds that a server may want us to wait, and we do."""
_HEAD: Final = 4_096
_PIECE: Final = 1 << 20
_STARTS: Final = MappingProxyType({"zip": b"PK", "gz": b"\x1f\x8b"})
_PAGE: Final = re.compile(
    rb"\s*(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html|head)", re.IGNORECASE
)
_TITLE: Final = re.compile(rb"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)


class FetchOptions(TypedDict, total=False):
    """How a file is fetched, whatever it is."""

    file: str | PathLike[str] | None
    refresh: bool
    offline: bool | None
    cache: str | PathLike[str] | None
    sha256: str
    hosts: tuple[str, ...]
    timeout: float
    deadline: float
    attempts: int
    pause: float
    quiet: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """
    How the network is asked.

    Attributes
    ----------
    file
        A file that was fetched by hand, in place of the network.
    refresh
        Whether what is kept is asked for again.
    offline
        Whether nothing is asked of the network; by default where the environment sets
        `BASINMAP_OFFLINE`.
    cache
        Folder of what is kept.
    sha256
        Digest that the file must have.
    hosts
        Servers that may answer, beside those of the address.
    timeout
        Seconds to wait for a server.
    deadline
        Seconds that all may take.
    attempts
        Times that a server is asked.
    pause
        Seconds before the second time, doubled each time.
    quiet
        Whether progress is off.
    """

    file: str | PathLike[str] | None = None
    refresh: bool = False
    offline: bool | None = None
    cache: str | PathLike[str] | None = None
    sha256: str = ""
    hosts: tuple[str, ...] = ()
    timeout: float = 20.0
    deadline: float = 1_800.0
    attempts: int = 4
    pause: float = 1.0
    quiet: bool = False

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        check_fields(self)
        for name in ("timeout", "deadline"):
            value = getattr(self, name)
            if not 0 < value < float("inf"):
                msg = f"{name}={value}: give seconds above 0, such as {name}=20"
                raise DataError(msg)
        if not 0 <= self.pause < float("inf") or self.attempts < 1:
            msg = (
                f"attempts={self.attempts}, pause={self.pause}: give 1 or more, and "
                "seconds from 0, such as attempts=4, pause=1"
            )
            raise DataError(msg)
        if self.sha256 and not re.fullmatch(r"[0-9a-fA-F]{64}", self.sha256):
            msg = f"sha256={self.sha256[:80]!r}: give the 64 hexadecimal digits of one"
            raise DataError(msg)

    @property
    def is_offline(self) -> bool:
        """Whether nothing is asked of the network."""
        if self.offline is None:
            return os.environ.get(OFFLINE, "").strip() not in {"", "0"}
        return self.offline


def manners_of(options: FetchOptions) -> Manners:
    """
    Return how the network is asked, from the options of a verb.

    Parameters
    ----------
    options
        Fields of `Manners`.

    Raises
    ------
    ArgumentError
        If one is none of them.
    """
    known = sorted(FetchOptions.__annotations__)
    odd = [name for name in options if name not in known]
    if odd:
        near = get_close_matches(odd[0], known, n=1)
        meant = near[0] if near else ", ".join(known)
        msg = f"{odd[0]}= is no option of what is fetched; write {meant}"
        raise ArgumentError(msg)
    return Manners(**options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """
    A file that is wanted.

    Attributes
    ----------
    name
        How messages call it.
    address
        From which it is fetched.
    target
        Where it is kept.
    kind
        What it is.
    largest
        Bytes it may be; of a zip, its files together may be 20 times that.
    hosts
        Servers to which that of the address may send on.
    sha256
        Its digest, where it is known.
    md5
        Address where the producer publishes its digest, or empty.
    page
        Where a reader finds it.
    licence, producer
        Of the data.
    verb
        What to type to give it by hand.
    plain
        Whether http without s will do, for who wrote the address.
    """

    name: str
    address: str
    target: Path
    kind: Kind
    largest: int
    hosts: tuple[str, ...] = ()
    sha256: str = ""
    md5: str = ""
    page: str = ""
    licence: str = ""
    producer: str = ""
    verb: str = "file='…'"
    plain: bool = False


def by_hand(order: Order) -> str:
    """
    Return what to do where the network gives nothing.

    Parameters
    ----------
    order
        What is wanted.
    """
    if not order.page:
        return (
            f"fetch {order.address} with a browser and put it as {order.target}, or "
            f"give it where it is: {order.verb}"
        )
    return (
        f"fetch {order.address} (see {order.page}) with a browser and put it as "
        f"{order.target}, or give it where it is: {order.verb}"
    )


class _AgainError(Exception):
    """A server that may answer when it is asked again."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


def fetched_file(order: Order, manners: Manners) -> Record:
    """
    Bring a file to the cache, unless it is there.

    Parameters
    ----------
    order
        What is wanted. A file that somebody put at its place is taken as it is.
    manners
        How it is asked for.

    Returns
    -------
    Record
        Where it came from; the file is at `order.target`.

    Raises
    ------
    FetchError
        If it cannot be had, or is not what it should be: with what to do.
    DataError
        If the file given is not there.
    OutputError
        If the cache cannot be written.
    """
    if manners.sha256:
        order = replace(order, sha256=manners.sha256.lower())
    order = replace(order, hosts=(*order.hosts, *manners.hosts))
    with alone(order.target, patience=manners.deadline):
        if manners.file is not None:
            return _given(order, path_of(manners.file, "file"))
        kept = None
        try:
            kept = _kept(order)
        except FetchError:  # what is there is spoilt: it is asked for again
            if not manners.refresh:
                raise
        if kept is not None and not manners.refresh:
            return kept
        if manners.is_offline:
            msg = f"{order.name}: the network is not asked (offline); {by_hand(order)}"
            raise FetchError(msg)
        return _downloaded(order, manners, kept)


# -- what is there already -----------------------------------------------------------


def _given(order: Order, file: Path) -> Record:
    """Keep a copy of a file that was fetched by hand."""
    if not file.is_file():
        msg = f"{order.name}: no file {str(file)!r} on this machine; {by_hand(order)}"
        raise DataError(msg)
    part = _part(order)
    try:
        shutil.copyfile(file, part)
        _check(order, part, told=str(file))
        return _placed(order, part, given=file.name)
    finally:
        _part(order).unlink(missing_ok=True)


def _kept(order: Order) -> Record | None:
    """Return what is known of the file of the cache, if it is there and whole."""
    path, state = order.target, state_of(order.target)
    if state == "gone":
        return None
    if state == "changed":
        msg = (
            f"{order.name}: {path} is no longer what was fetched (its sha256 changed); "
            "remove it, or write refresh=True"
        )
        raise FetchError(msg)
    if state == "unknown":
        _check(order, path, told=str(path))
        return _recorded(order, path, given=path.name)
    record = record_of(path)
    if record is not None and order.sha256 not in {"", record.sha256}:
        raise FetchError(_wrong_digest(order, record.sha256, path))
    return record


def _recorded(order: Order, path: Path, **known: str) -> Record:
    record = Record(
        name=order.name,
        address=known.get("address", ""),
        fetched=dt.datetime.now(tz=dt.UTC).isoformat(timespec="seconds"),
        size=path.stat().st_size,
        sha256=digest_of(path),
        etag=known.get("etag", ""),
        modified=known.get("modified", ""),
        licence=order.licence,
        producer=order.producer,
        given=known.get("given", ""),
    )
    write_record(order.target, record)
    return record


def _placed(order: Order, part: Path, **known: str) -> Record:
    """Move a whole file into place, and remember where it came from."""
    # The record goes last: a file without one is looked into before it is read.
    part.replace(order.target)
    return _recorded(order, order.target, **known)


# -- the network ---------------------------------------------------------------------


def _part(order: Order) -> Path:
    return order.target.with_name(f".{order.target.name}.part")


def _downloaded(order: Order, manners: Manners, kept: Record | None) -> Record:
    """Ask, and ask again after a while where that may help."""
    _check_scheme(order)
    end = time.monotonic() + manners.deadline
    for attempt in range(manners.attempts):
        try:
            return _attempted(order, manners, kept, end)
        except _AgainError as error:
            last = attempt + 1 == manners.attempts
            wait = manners.pause * 2**attempt if error.wait is None else error.wait
            if last or wait > _LONGEST or time.monotonic() + wait > end:
                raise FetchError(_apology(order, str(error), wait)) from error
            time.sleep(wait)
    raise AssertionError  # a last attempt returns or raises


def _check_scheme(order: Order) -> None:
    """Refuse what anybody on the way may read and change."""
    scheme, _, rest = order.address.partition("://")
    plain = scheme == "http" and (order.plain or is_loopback(order.address))
    if not rest or (scheme != "https" and not plain):
        msg = (
            f"{order.name}: {order.address!r} is no address of https, and no other is "
            f"asked; {by_hand(order)}"
        )
        raise FetchError(msg)


def _apology(order: Order, reason: str, wait: float) -> str:
    host = host_of(order.address)
    if wait > _LONGEST:
        return (
            f"{order.name}: no file from {host}: {reason}, which asks to come again in "
            f"{wait:g} s; {by_hand(order)}"
        )
    return f"{order.name}: no file from {host}: {reason}; {by_hand(order)}"


def _attempted(
    order: Order, manners: Manners, kept: Record | None, end: float
) -> Record:
    """Ask once; what came stays beside, for the next time."""
    part = _part(order)
    with _failures_told(order):
        known = _brought(order, manners, kept, end)
    if known is None and kept is not None:
        return kept
    _check(order, part, told=order.address)
    if order.md5:
        _check_md5(order, part, manners)
    _edition_file(part).unlink(missing_ok=True)
    return _placed(order, part, address=order.address, **(known or {}))


@contextmanager
def _failures_told(order: Order) -> Iterator[None]:
    """Say in our words why nothing came."""
    try:
        yield
    except ElsewhereError as error:
        host = host_of(order.address)
        msg = f"{order.name}: no file from {host}: {error}; {by_hand(order)}"
        if error.host:
            msg = (
                f"{order.name}: no file from {host}: {error}; write "
                f"hosts=({error.host!r},) if you trust it, or {by_hand(order)}"
            )
        raise FetchError(msg) from error
    except OSError as error:
        if isinstance(error, FetchError):
            raise
        raise _refused(order, error) from error


def _brought(
    order: Order, manners: Manners, kept: Record | None, end: float
) -> dict[str, str] | None:
    """Write what a server sends beside the cache; None if nothing is newer."""
    part = _part(order)
    edition, start = _begun(order, part)
    headers = {"Accept-Encoding": "identity"}
    if start:
        headers |= {"Range": f"bytes={start}-", "If-Range": edition}
    elif kept is not None and kept.etag:
        headers["If-None-Match"] = kept.etag
    with ask(
        order.address, timeout=manners.timeout, hosts=order.hosts, headers=headers
    ) as answer:
        if answer.status_code == 304 and kept is not None:
            return None
        start = _accepted(order, answer, part, start)
        known = _edition(answer)
        _write_edition(order, part, known)
        _receive(order, answer, part, start, _Clock(end, manners.quiet))
    return known


def _refused(order: Order, error: OSError) -> Exception:
    """Return what an error of the network comes to: again, or never."""
    reason, status = reason_of(error), status_of(error)
    if not reason:  # of the disk
        msg = f"{order.name}: cannot write in {order.target.parent}: {error}"
        return FetchError(msg)
    if status in _AGAIN:
        return _AgainError(reason, wait_of(error.response))  # type: ignore[attr-defined]
    if status is None and "certificate" not in reason:
        return _AgainError(reason)
    said = told_by(error)
    if said:
        reason = f"{reason}, « {said} »"
    elif status == 404:
        reason = f"{reason}; producers move their files: the address may be old"
    host = host_of(order.address)
    msg = f"{order.name}: no file from {host}: {reason}; {by_hand(order)}"
    refused = FetchError(msg)
    refused.status, refused.told = status, said
    return refused


def _edition_file(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _begun(order: Order, part: Path) -> tuple[str, int]:
    """Return of which edition a beginning is there, and how many bytes."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        told = json.loads(_edition_file(part).read_text(encoding="utf-8"))
        edition = str(told["etag"] or told["modified"])
        # A weak mark says that two editions mean the same, not that bytes are.
        if told["address"] == order.address and edition and edition[:2] != "W/":
            return edition, part.stat().st_size
    return "", 0


def _edition(answer: Answer) -> dict[str, str]:
    return {
        "etag": answer.headers.get("etag", ""),
        "modified": answer.headers.get("last-modified", ""),
    }


def _write_edition(order: Order, part: Path, known: dict[str, str]) -> None:
    text = json.dumps({"address": order.address, **known})
    _edition_file(part).write_text(text, encoding="utf-8")


def _accepted(order: Order, answer: Answer, part: Path, start: int) -> int:
    """Return from which byte an answer goes on; refuse one that is no file."""
    if answer.status_code == 416 or (
        answer.status_code == 206
        and not answer.headers.get("content-range", "").startswith(f"bytes {start}-")
    ):
        part.unlink(missing_ok=True)
        reason = "it does not go on where it was cut"
        raise _AgainError(reason, 0.0)
    try:
        check_status(answer)
    except OSError as error:  # while the answer is open: it may say why
        raise _refused(order, error) from error
    _check_size(order, int(_length(answer) or 0) + start * (answer.status_code == 206))
    return start if answer.status_code == 206 else 0


def _length(answer: Answer) -> int | None:
    told = answer.headers.get("content-length", "").strip()
    return int(told) if told.isdecimal() else None


def _check_size(order: Order, size: int) -> None:
    if size > order.largest:
        msg = (
            f"{order.name}: {host_of(order.address)} sends {size:,} bytes or more, "
            f"where {order.largest:,} are expected at most: not taken; {by_hand(order)}"
        )
        raise FetchError(msg)


@dataclass(frozen=True, slots=True)
class _Clock:
    """Until when, and whether somebody looks."""

    end: float
    quiet: bool


def _receive(
    order: Order, answer: Answer, part: Path, start: int, clock: _Clock
) -> None:
    """Write what comes, as it comes; none of it is in the cache yet."""
    size, length = start, _length(answer)
    # A `.gz` that a server calls packed for the way stays as it is.
    body = pieces(answer, unpacked=order.kind != "gz")
    total = None if length is None else length + start
    with (
        part.open("ab" if start else "wb") as file,
        progress(
            unit="o", total=total, quiet=clock.quiet, delay=3, unit_scale=True
        ) as bar,
    ):
        for piece in body:
            size += len(piece)
            try:
                _check_size(order, size)
            except FetchError:
                file.truncate(0)
                raise
            file.write(piece)
            bar.update(len(piece))
            if time.monotonic() > clock.end:
                msg = (
                    f"{order.name}: {size:,} bytes came in time, not all; they are "
                    f"kept: run it again, with a longer deadline=; {by_hand(order)}"
                )
                raise FetchError(msg)
        file.flush()
        os.fsync(file.fileno())


# -- is it what it should be ---------------------------------------------------------


def _check(order: Order, path: Path, *, told: str) -> None:
    """Refuse what is no file of its kind; a part of it is not left behind."""
    try:
        if order.sha256:
            _check_digest(order, path)
        _check_start(order, path, told)
        _CHECKS.get(order.kind, _no_more)(order, path, told)
    except BasinmapError:
        _edition_file(_part(order)).unlink(missing_ok=True)
        if path == _part(order) and path.exists():
            path.replace(_aside(order))
        raise


def _aside(order: Order) -> Path:
    return order.target.with_name(f"{order.target.name}.refused")


def _check_digest(order: Order, path: Path) -> None:
    found = digest_of(path)
    if found != order.sha256:
        raise FetchError(_wrong_digest(order, found, path))


def _wrong_digest(order: Order, found: str, path: Path) -> str:
    if path == order.target:
        return (
            f"{order.name}: {path} is not the file expected: sha256 {found}, where "
            f"{order.sha256} is; fetch it again, refresh=True, or leave sha256= out"
        )
    return (
        f"{order.name}: the file is not the one expected: sha256 {found}, where "
        f"{order.sha256} is, kept aside as {_aside(order)}; fetch it again, or leave "
        "sha256= out if it is a newer edition that you trust"
    )


def _check_md5(order: Order, part: Path, manners: Manners) -> None:
    """Compare with the digest that the producer publishes beside."""
    try:
        with ask(order.md5, timeout=manners.timeout, hosts=order.hosts) as answer:
            check_status(answer)
            told = next(pieces(answer), b"")[:32].decode("ascii", "replace")
    except (OSError, ElsewhereError) as error:
        reason = f"no digest of it: {reason_of(error) or error}"
        raise _AgainError(reason) from error
    found = digest_of(part, "md5")
    if told.lower() != found:
        part.replace(_aside(order))
        _edition_file(part).unlink(missing_ok=True)
        msg = (
            f"{order.name}: the file is not the one its producer announces: md5 "
            f"{found}, where {order.md5} says {told!r}; kept aside as "
            f"{_aside(order)}; fetch it again"
        )
        raise FetchError(msg)


def _check_start(order: Order, path: Path, told: str) -> None:
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    if not head.strip():
        msg = f"{order.name}: {told} is empty; {by_hand(order)}"
        raise FetchError(msg)
    if _PAGE.match(head.removeprefix(codecs.BOM_UTF8)):
        found = _TITLE.search(head)
        title = unescape(found[1].decode("utf-8", "replace")) if found else "no title"
        msg = (
            f"{order.name}: {told} is a web page, « {' '.join(title.split())[:60]} », "
            f"in place of the file; {by_hand(order)}"
        )
        raise FetchError(msg)
    start = _STARTS.get(order.kind, b"")
    if not head.startswith(start):
        msg = (
            f"{order.name}: {told} is no .{order.kind}, it begins with {head[:8]!r}; "
            f"{by_hand(order)}"
        )
        raise FetchError(msg)


def _no_more(_order: Order, _path: Path, _told: str) -> None:
    """Nothing more is known of a kind: its reader looks into it."""


def _check_archive(order: Order, path: Path, told: str) -> None:
    try:
        check_zip(path, largest=20 * order.largest)
    except DataError as error:
        msg = f"{order.name}: {told} is {error}; {by_hand(order)}"
        raise FetchError(msg) from error


def _check_packed(order: Order, path: Path, told: str) -> None:
    """Read a `.gz` to its end, where its own digest stands."""
    size, most = 0, 20 * order.largest
    try:
        with gzip.open(path) as stream:
            while piece := stream.read(_PIECE):
                size += len(piece)
                if size > most:
                    msg = f"{order.name}: {told} is over {most:,} bytes once unpacked"
                    raise FetchError(msg)
    except (OSError, EOFError, zlib.error) as error:
        if isinstance(error, FetchError):
            raise
        msg = f"{order.name}: {told} is no whole .gz ({error}); {by_hand(order)}"
        raise FetchError(msg) from error


def _check_json(order: Order, path: Path, told: str) -> None:
    try:
        with path.open("rb") as stream:
            json.load(stream)
    except (ValueError, RecursionError) as error:
        msg = f"{order.name}: {told} is no whole JSON ({error}); {by_hand(order)}"
        raise FetchError(msg) from error


def _check_pbf(order: Order, path: Path, told: str) -> None:
    """Look at the length and the name of the first block of OpenStreetMap."""
    with path.open("rb") as stream:
        head = stream.read(64)
    if b"OSMHeader" not in head:
        msg = f"{order.name}: {told} is no extract of OpenStreetMap; {by_hand(order)}"
        raise FetchError(msg)


_CHECKS: Final[dict[str, Callable[[Order, Path, str], None]]] = {
    "zip": _check_archive,
    "gz": _check_packed,
    "json": _check_json,
    "pbf": _check_pbf,
}
