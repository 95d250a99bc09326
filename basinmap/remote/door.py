"""The one door to the network: who is asked, who may answer, why there is none."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterator, Mapping
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from typing import Final, TypeAlias
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

__all__ = [
    "LATE",
    "Answer",
    "ElsewhereError",
    "ask",
    "check_status",
    "host_of",
    "is_loopback",
    "pieces",
    "reason_of",
    "status_of",
    "told_by",
    "wait_of",
]

Answer: TypeAlias = requests.Response

LATE: Final = "no answer in time"
_MOVES: Final = 5  # times a server may send on to another address
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_PIECE: Final = 1 << 16


class ElsewhereError(ValueError):
    """
    An answer that sends to another server than those that may answer.

    Parameters
    ----------
    told
        What it does.
    host
        The other server, if one is named.
    """

    def __init__(self, told: str, host: str = "") -> None:
        """Keep the other server apart: a user may trust it."""
        super().__init__(told)
        self.host = host


def agent() -> str:
    """Return how basinmap calls itself, so that a server knows whom it serves."""
    try:
        number = version("basinmap")
    except PackageNotFoundError:  # a folder of sources
        number = "0"
    return f"basinmap/{number} (territorial observation; Python requests)"


def ask(
    address: str,
    *,
    timeout: float,
    hosts: Collection[str] = (),
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """
    Ask an address, and where it sends on to; the body of the answer is not read yet.

    Parameters
    ----------
    address
        Of a file, a tile, a service.
    timeout
        Seconds to wait for the server, each time.
    hosts
        Servers, beside the one that is asked, to which it may send on.
    headers
        What is said besides.

    Raises
    ------
    ElsewhereError
        If it sends on to another server, from https to http, or without end.
    OSError
        If there is no answer.
    """
    allowed = {host_of(address), *hosts}
    for _ in range(_MOVES):
        answer = requests.get(
            address,
            headers={"User-Agent": agent(), **(headers or {})},
            timeout=timeout,
            stream=True,
            allow_redirects=False,
        )
        if not answer.is_redirect:
            return answer
        answer.close()
        address = _next(address, answer.headers["location"], allowed)
    msg = "sent on without end"
    raise ElsewhereError(msg)


def _next(address: str, told: str, allowed: Collection[str]) -> str:
    """Return where a server sends on to, if it may."""
    there = urljoin(address, told)
    parts, before = urlsplit(there), urlsplit(address)
    if parts.scheme not in {"http", "https"} or parts.hostname not in allowed:
        msg = f"sent on to another server, {parts.hostname or there!r}"
        raise ElsewhereError(msg, parts.hostname or "")
    if (before.scheme, parts.scheme) == ("https", "http"):
        msg = f"sent on from https to http, {there!r}"
        raise ElsewhereError(msg)
    return there


def host_of(address: str) -> str:
    """
    Return the server of an address.

    Parameters
    ----------
    address
        With its scheme.

    Examples
    --------
    >>> host_of("https://data.geopf.fr/wfs/ows?service=WFS")
    'data.geopf.fr'
    """
    return urlsplit(address).hostname or ""


def is_loopback(address: str) -> bool:
    """
    Tell whether an address is of this machine.

    Parameters
    ----------
    address
        With its scheme.

    Examples
    --------
    >>> is_loopback("http://127.0.0.1:8080/a.csv"), is_loopback("http://insee.fr")
    (True, False)
    """
    return host_of(address) in _LOOPBACK


def pieces(answer: Answer, *, unpacked: bool = True) -> Iterator[bytes]:
    """
    Yield the body of an answer as it comes.

    Parameters
    ----------
    answer
        Of `ask`.
    unpacked
        Whether what the server packed for the way is unpacked; a `.gz` that a server
        calls packed is a file like another.

    Raises
    ------
    OSError
        If it is cut, or stops.
    """
    try:
        yield from answer.raw.stream(_PIECE, decode_content=unpacked)
    except urllib3.exceptions.ReadTimeoutError as error:
        raise requests.exceptions.ReadTimeout(error) from error
    except urllib3.exceptions.HTTPError as error:
        raise requests.exceptions.ChunkedEncodingError(error) from error


def check_status(answer: Answer) -> None:
    """
    Check that an answer is what was asked for, and no refusal.

    Parameters
    ----------
    answer
        Of `ask`.

    Raises
    ------
    OSError
        If it is a refusal; `status_of` says which, `told_by` what it says.
    """
    answer.raise_for_status()


def told_by(error: BaseException) -> str:
    """
    Return what a service says of its refusal, in JSON; nothing where it says nothing.

    Parameters
    ----------
    error
        Of `check_status`; its answer is not closed yet.
    """
    answer = getattr(error, "response", None)
    if answer is None:
        return ""
    try:
        told = json.loads(b"".join(islice(pieces(answer), 1)))
        said = told.get("error", told)
        said = said.get("message", "") if isinstance(said, dict) else said
    except (OSError, ValueError, AttributeError):
        return ""
    return " ".join(str(said).split())[:200]


def status_of(error: BaseException) -> int | None:
    """
    Return the status with which a server refused, or None.

    Parameters
    ----------
    error
        Of `check_status`, or any.
    """
    answer = getattr(error, "response", None)
    return None if answer is None else int(answer.status_code)


def reason_of(error: BaseException) -> str:  # noqa: PLR0911 - one a kind
    """
    Return in a few words why there is no answer; nothing for what is no such error.

    Parameters
    ----------
    error
        Of `ask`, `pieces` or `check_status`.

    Examples
    --------
    >>> reason_of(ElsewhereError("sent on without end"))
    'sent on without end'
    >>> reason_of(ValueError("another thing"))
    ''
    """
    kinds = requests.exceptions
    if isinstance(error, ElsewhereError):
        return str(error)
    if isinstance(error, kinds.Timeout):
        return LATE
    if isinstance(error, kinds.SSLError):
        return "its certificate is refused"
    if isinstance(error, kinds.ChunkedEncodingError):
        return "the answer is cut"
    if isinstance(error, kinds.ConnectionError):
        return "no connection"
    if isinstance(error, kinds.HTTPError):
        return f"error {status_of(error) or '?'} of the server"
    if isinstance(error, kinds.RequestException):
        return f"no answer ({type(error).__name__})"
    return ""


def wait_of(answer: Answer) -> float | None:
    """
    Return the seconds after which a server wants to be asked again, if it says.

    Parameters
    ----------
    answer
        With a `Retry-After`, in seconds or a date.
    """
    told = answer.headers.get("retry-after", "").strip()
    if told.isdecimal():
        return float(told)
    try:
        until = parsedate_to_datetime(told)
    except (TypeError, ValueError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=dt.UTC)
    return max(0.0, (until - dt.datetime.now(tz=dt.UTC)).total_seconds())
