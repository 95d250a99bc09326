"""Streets of an OpenStreetMap file, as arrays."""

from __future__ import annotations

import bz2
import datetime as dt
import gzip
import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, Final, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from basinmap.access.rules import MISSING, Rules, Street
from basinmap.errors import DataError, LibraryError, culprits
from basinmap.progress import progress
from basinmap.territory.local import is_there

__all__ = ["Extract", "cut_extract", "is_osm", "read_extract"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Untyped: TypeAlias = Any  # the module osmium, which is an extra, and what it yields

_FORMATS: Final = {
    ".pbf": "pbf",
    ".osm": "osm",
    ".osm.gz": "osm.gz",
    ".osm.bz2": "osm.bz2",
}
_OPENERS: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {"osm": open, "osm.gz": gzip.open, "osm.bz2": bz2.open}
)
_BLOCK: Final = 2**24
_DELETED: Final = re.compile(
    rb"<(node|way)\b(?=[^>]*\s(?:action=[\"']delete|visible=[\"']false))"
    rb"[^>]*?\sid=[\"'](-?\d+)"
)
_REMARK: Final = re.compile(rb"<remark>(.*?)</remark>", re.DOTALL)
_INNER: Final = re.compile(rb"<nd\b[^>]*\slat=")
_NODE: Final = re.compile(rb"<node")
_EXPECTED: Final = "expected an extract of OpenStreetMap (.osm.pbf, .osm, .osm.bz2)"
_DEGREE: Final = 10_000_000  # positions are whole numbers of 1e-7 degrees
_NOWHERE: Final = 2**31 - 1  # a position that osmium does not know
_ERASED: Final = "supprimées dans le fichier"
_UNDATED: Final = dt.datetime.fromtimestamp(0, dt.UTC)


class Extract(NamedTuple):
    """
    Streets cut at each of their nodes; segments point as their way is drawn.

    Attributes
    ----------
    node, lon, lat
        Of each node: its identifier (negative: the end of a street at a closed
        barrier) and its position in degrees.
    tail, head
        Of each segment, its nodes as positions in `node`.
    way
        Of each segment, its way as a position in `forward`.
    forward, backward, crossing
        Of each way, as in `Street`.
    dropped
        How many ways were left out, by reason.
    barriers, missing
        How many closed barriers cut streets, and nodes the file lacks.
    extracted, edited
        Date of the extract, or else of its latest change, where it says.
    """

    node: Ints
    lon: Floats
    lat: Floats
    tail: Ints
    head: Ints
    way: Ints
    forward: Floats
    backward: Floats
    crossing: Floats
    dropped: dict[str, int]
    barriers: int
    missing: int
    extracted: dt.date | None
    edited: dt.date | None


class _Deleted(NamedTuple):
    """Identifiers of what an editor deleted, and still wrote."""

    nodes: frozenset[int] = frozenset()
    ways: frozenset[int] = frozenset()


@dataclass(slots=True)
class _Reading:
    """What is read, in compact arrays: each way, then its nodes end to end."""

    rules: Rules
    keys: frozenset[str]
    streets: list[Street] = field(default_factory=list)
    decided: dict[tuple[tuple[str, str], ...], int | str] = field(default_factory=dict)
    street: array = field(default_factory=lambda: array("q"))
    size: array = field(default_factory=lambda: array("q"))
    ref: array = field(default_factory=lambda: array("q"))
    x: array = field(default_factory=lambda: array("i"))
    y: array = field(default_factory=lambda: array("i"))
    closed: array = field(default_factory=lambda: array("q"))
    dropped: Counter[str] = field(default_factory=Counter)
    edited: dt.datetime = _UNDATED
    deleted: _Deleted = field(default_factory=_Deleted)

    def add_node(self, node: Untyped) -> None:
        if (
            node.visible
            and node.id not in self.deleted.nodes
            and self.rules.closes(dict(node.tags))
        ):
            self.closed.append(node.id)

    def add_way(self, way: Untyped) -> None:
        if not way.visible or way.id in self.deleted.ways:
            self.dropped[_ERASED] += 1
            return
        tags = tuple((tag.k, tag.v) for tag in way.tags if tag.k in self.keys)
        # Thousands of ways have the same tags: what they mean is decided once.
        if tags not in self.decided:
            self.decided[tags] = self._decision(dict(tags))
        choice = self.decided[tags]
        if isinstance(choice, str):
            self.dropped[choice] += 1
            return
        self.street.append(choice)
        self.size.append(len(way.nodes))
        self.edited = max(self.edited, way.timestamp)
        for node in way.nodes:
            location = node.location
            gone = node.ref in self.deleted.nodes
            self.ref.append(node.ref)
            self.x.append(_NOWHERE if gone else location.x)
            self.y.append(_NOWHERE if gone else location.y)

    def _decision(self, tags: dict[str, str]) -> int | str:
        """Return the place of what a way is among streets, or why it is left out."""
        if "highway" not in tags and tags.get("route") != "ferry":
            return ""  # the route of a bus or a hike: never a street, not counted
        what = self.rules.street(tags)
        if isinstance(what, str):
            return what
        self.streets.append(what)
        return len(self.streets) - 1


def is_osm(path: Path) -> bool:
    """
    Tell whether a file is one of OpenStreetMap, by its name.

    Parameters
    ----------
    path
        Any path.

    Returns
    -------
    bool
        Whether `read_extract` reads it.

    Examples
    --------
    >>> is_osm(Path("nord.osm.pbf")), is_osm(Path("troncons.gpkg"))
    (True, False)
    """
    return path.name.lower().endswith(tuple(_FORMATS))


def read_extract(path: Path, rules: Rules, *, quiet: bool = False) -> Extract:
    """
    Read what a mode may take in a file of OpenStreetMap.

    The file is read once; in memory are 16 bytes for each of its nodes, and as much
    for each node of a street.

    Parameters
    ----------
    path
        File in `.osm.pbf`, `.osm`, `.osm.gz` or `.osm.bz2`.
    rules
        What the mode may take.
    quiet
        Whether the progress on stderr is off; it is anyway when stderr is no
        terminal.

    Returns
    -------
    Extract
        Its streets.

    Raises
    ------
    DataError
        If the file is missing, empty, truncated, no file of OpenStreetMap, a history
        of it, a part of what was asked of Overpass, or without a street for the mode.
    LibraryError
        If osmium is not installed.
    """
    osmium = _osmium()
    with _told(path):
        source = osmium.io.File(str(path), _format(path))
        extracted = _header_date(osmium, source, path)
        deleted = _looked_through(path)
        found = _read(osmium, source, rules, deleted, quiet=quiet)
    if not found.size:
        count = found.dropped.total() - found.dropped[""]
        msg = (
            f"{path}: of {count} way(s) with a tag highway, none is open to the mode "
            f"{rules.mode!r}"
        )
        raise DataError(msg)
    return _arranged(path, found, extracted)


def _arranged(path: Path, found: _Reading, extracted: dt.date | None) -> Extract:
    """Cut ways into segments between nodes."""
    ref, size = np.array(found.ref, np.int64), np.array(found.size, np.int64)
    node, first, place = np.unique(ref, return_index=True, return_inverse=True)
    lon, lat = (np.array(axis)[first] / _DEGREE for axis in (found.x, found.y))
    located = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)  # else, 2**31 for osmium
    _check_nodes(path, node, located)
    missing = int((~located).sum())
    place = np.where(located, np.cumsum(located) - 1, -1)[place]
    node, lon, lat = node[located], lon[located], lat[located]
    way = np.repeat(np.arange(len(size)), size)
    kept = (way[1:] == way[:-1]) & (place[1:] >= 0) & (place[:-1] >= 0)
    tail, head, way = place[:-1][kept], place[1:][kept], way[1:][kept]
    pieces = np.bincount(way, minlength=len(size))
    closed = np.isin(node, np.array(found.closed, np.int64))
    (tail, head), copied = _cut(tail, head, closed)
    forward, backward, crossing = np.array(found.streets)[np.array(found.street)].T
    dropped = {why: count for why, count in found.dropped.items() if why}
    if (pieces == 0).any():
        dropped[MISSING] = int((pieces == 0).sum())
    return Extract(
        np.concatenate([node, -1 - np.arange(len(copied))]),
        np.concatenate([lon, lon[copied]]),
        np.concatenate([lat, lat[copied]]),
        tail,
        head,
        way,
        forward,
        backward,
        # The minutes of a ferry are those of the whole of its way.
        np.where(pieces == size - 1, crossing, np.nan),
        dropped,
        len(np.unique(copied)),
        missing,
        extracted,
        found.edited.date() if found.edited > _UNDATED else None,
    )


def cut_extract(
    path: Path, target: Path, box: tuple[float, float, float, float]
) -> int:
    """
    Write the streets and ferries of an extract that touch a box, whole.

    Parameters
    ----------
    path
        The extract.
    target
        Where to write them, as `.osm.pbf`; it must not be there.
    box
        West, south, east and north, in degrees.

    Returns
    -------
    int
        How many ways were written. The date of the extract is kept.

    Raises
    ------
    DataError
        If the extract cannot be read, or has no street in the box.
    LibraryError
        If osmium is not installed.
    """
    osmium = _osmium()
    west, south, east, north = (round(side * _DEGREE) for side in box)
    kept, count = osmium.IdTracker(), 0
    with _told(path):
        ways = osmium.FileProcessor(str(path)).with_locations()
        ways = ways.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
        for way in ways.with_filter(osmium.filter.KeyFilter("highway", "route")):
            places = [node.location for node in way.nodes]
            if any(west <= p.x <= east and south <= p.y <= north for p in places):
                kept.add_way(way.id)
                kept.add_references(way)
                count += 1
        if not count:
            msg = f"{path.name}: no street between {box[:2]} and {box[2:]}"
            raise DataError(msg)
        with osmium.io.Reader(str(path), osmium.osm.NOTHING) as reader:
            header = reader.header()
        with osmium.SimpleWriter(str(target), header=header) as writer:
            whole = osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY)
            for item in whole.with_filter(kept.id_filter()):
                writer.add(item)
    return count


def _osmium() -> Untyped:
    try:
        import osmium  # noqa: PLC0415 - an extra
        import osmium.filter  # noqa: PLC0415
    except ImportError as error:
        msg = (
            "files of OpenStreetMap need osmium, which is not installed; "
            "type: pip install osmium"
        )
        raise LibraryError(msg) from error
    return osmium


def _format(path: Path) -> str:
    name = path.name.lower()
    return next(kind for end, kind in _FORMATS.items() if name.endswith(end))


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say the path and what was expected where osmium gives up."""
    if not is_there(path) or not path.is_file() or not path.stat().st_size:
        kind = "a folder" if is_there(path) and path.is_dir() else "missing"
        kind = "empty" if is_there(path) and path.is_file() else kind
        msg = f"{path}: {kind}; {_EXPECTED}"
        raise DataError(msg)
    try:
        yield
    except (RuntimeError, UnicodeDecodeError, EOFError, OSError) as error:
        msg = f"{path}: truncated, or another thing ({error}); {_EXPECTED}"
        raise DataError(msg) from error


def _header_date(osmium: Untyped, source: Untyped, path: Path) -> dt.date | None:
    with osmium.io.Reader(source, osmium.osm.NOTHING) as reader:
        header = reader.header()
    if header.has_multiple_object_versions:
        msg = f"{path}: a history of OpenStreetMap; {_EXPECTED} at one date"
        raise DataError(msg)
    told = header.get("osmosis_replication_timestamp") or header.get("timestamp")
    try:
        return dt.datetime.fromisoformat(told).date()
    except ValueError:
        return None


def _looked_through(path: Path) -> _Deleted:
    """
    Return what an XML file holds and deletes, which osmium does not tell.

    Raises
    ------
    DataError
        If an Overpass server says in it that its answer is only a part, or it has
        the positions of nodes inside of the ways.
    """
    opener = _OPENERS.get(_format(path))
    if opener is None:
        return _Deleted()
    gone: dict[bytes, set[int]] = {b"node": set(), b"way": set()}
    located = set()
    with opener(path, "rb") as file:
        for text in _whole_tags(file):
            for remark in _REMARK.findall(text):
                said = " ".join(remark.decode("utf-8", errors="replace").split())
                msg = (
                    f"{path}: only a part of what was asked of Overpass, which says: "
                    f"« {said} »; ask for a smaller area, or a longer [timeout:…]"
                )
                raise DataError(msg)
            for kind, identifier in _DELETED.findall(text):
                gone[kind].add(int(identifier))
            located |= set(_INNER.findall(text)[:1])
            located |= set(_NODE.findall(text)[:1])
    if located and b"<node" not in located:
        msg = (
            f"{path}: positions are in the ways (Overpass, out geom;), without nodes: "
            "ask for (._;>;); out body;"
        )
        raise DataError(msg)
    return _Deleted(frozenset(gone[b"node"]), frozenset(gone[b"way"]))


def _whole_tags(file: IO[bytes]) -> Iterator[bytes]:
    """Yield a file by blocks that cut no tag, and no remark."""
    rest = b""
    while block := file.read(_BLOCK):
        text = rest + block
        # The last tag may go on, and a remark until its end.
        cut = text.rfind(b"<remark") if b"<remark" in text else text.rfind(b"<")
        cut = max(cut, 0)
        yield text[:cut]
        rest = text[cut:]
    yield rest


def _read(
    osmium: Untyped, source: Untyped, rules: Rules, deleted: _Deleted, *, quiet: bool
) -> _Reading:
    kinds = osmium.osm.NODE | osmium.osm.WAY
    objects = osmium.FileProcessor(source, kinds)
    # A sorted array: others take gigabytes, whatever the size of the file.
    objects = objects.with_locations("sparse_mem_array")
    objects = objects.with_filter(
        osmium.filter.KeyFilter("highway", "route", "barrier")
    )
    found = _Reading(rules, rules.keys, deleted=deleted)
    add_node, add_way = found.add_node, found.add_way
    for item in progress(objects, unit="objet", unit_scale=True, quiet=quiet):
        if item.is_way():
            add_way(item)
        else:
            add_node(item)
    return found


def _check_nodes(path: Path, node: Ints, located: Flags) -> None:
    new = node[node <= 0]
    if len(new):
        msg = (
            f"{path}: {len(new)} node identifier(s) not positive: "
            f"{culprits(new.tolist())}; type: osmium renumber {path.name} -o …"
        )
        raise DataError(msg)
    if not located.any():
        msg = (
            f"{path}: none of the {len(node)} nodes of its streets comes before them; "
            f"if they come after, type: osmium sort {path.name} -o …"
        )
        raise DataError(msg)


def _cut(tail: Ints, head: Ints, closed: Flags) -> tuple[tuple[Ints, Ints], Ints]:
    """
    End streets at closed nodes: each end there gets a node of its own.

    Returns
    -------
    pair of arrays, array
        Segments, and the nodes copied, in the order of their copies.
    """
    ends = np.concatenate([tail, head])
    there = np.flatnonzero(closed[ends])
    copied = ends[there]
    ends[there] = len(closed) + np.arange(len(there))
    return (ends[: len(tail)], ends[len(tail) :]), copied
