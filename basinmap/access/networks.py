"""Streets as arrays: a network, what it keeps of its source, and searches on it."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from hashlib import sha256
from os import PathLike
from pathlib import Path
from typing import IO, Any, Final, Literal, get_args
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError as CRSNameError

from basinmap.access.chains import Chains, main_part
from basinmap.arguments import check_given
from basinmap.errors import DataError, OutputError, culprits
from basinmap.spatial.projections import METRIC, check_metric, metric_crs
from basinmap.staging import check_archive, refusal, staged_file
from basinmap.typography import number, typeset

__all__ = [
    "OFF_STREET",
    "Mode",
    "Network",
    "NetworkReport",
    "build_network",
    "check_mode",
    "load_network",
    "sweep",
    "write_network",
]

Mode = Literal["walk", "bike", "car"]
Path_ = str | PathLike[str]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

OFF_STREET: Final = 4.0
"""Speed on foot between a point and its street, km/h."""
PRINTED: Final = {"walk": "à pied", "bike": "à vélo", "car": "en voiture"}
LONGEST: Final = 200_000
"""Metres between two vertices of a street above which one is not where it should be."""

_FORMAT: Final = 1
_EXPECTED: Final = "expected a network that write_network wrote"
_UNREADABLE: Final = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    SyntaxError,
    EOFError,
    MemoryError,
    RuntimeError,
    BadZipFile,
    zlib.error,
    struct.error,
)
"""What reading an archive raises, where a bit of it is another."""

_ARRAYS: Final = ("x", "y", "node", "tail", "head", "length", "minutes")


@dataclass(frozen=True, slots=True)
class NetworkReport:
    """
    What a network keeps of the streets that were read.

    Attributes
    ----------
    nodes, edges
        Kept; an edge has one direction.
    kilometres
        Of streets kept, each direction once.
    parts
        Parts where each node reaches each, the one kept included.
    dropped_nodes, dropped_kilometres
        In the parts that are not kept.
    dropped
        Per reason, how many streets were left out when they were read.
    """

    nodes: int = 0
    edges: int = 0
    kilometres: float = 0.0
    parts: int = 1
    dropped_nodes: int = 0
    dropped_kilometres: float = 0.0
    dropped: dict[str, int] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """French sentence for a method note."""
        lost = (
            f" {number(self.dropped_nodes, 0)} nœuds et "
            f"{number(self.dropped_kilometres, 1)} km, en "
            f"{number(self.parts - 1, 0)} morceaux d'où l'on ne peut aller partout et "
            "revenir, sont écartés."
        )
        return typeset(
            f"Réseau de {number(self.kilometres, 0)} km et "
            f"{number(self.nodes, 0)} nœuds.{lost if self.parts > 1 else ''}"
        )


@dataclass(frozen=True, eq=False)
class Network:
    """
    Streets of one mode, as arrays: N nodes, E edges of one direction each.

    Each node reaches each. Made by `read_network` or `build_network`.

    Attributes
    ----------
    mode
        `"walk"`, `"bike"` or `"car"`.
    crs
        CRS of the nodes, metric.
    x, y
        (N,) positions, metres, along a Hilbert curve.
    node
        (N,) identifiers in the source.
    tail, head
        (E,) nodes of the edges, sorted, without duplicates or loops.
    length
        (E,) metres on the ground.
    minutes
        (E,) positive.
    off_street
        Speed on foot between a point and the nearest street, km/h, in all modes.
    source
        Credit line, in French.
    notes
        French sentences worth printing in a method note.
    report
        What was kept and dropped.
    """

    mode: Mode
    crs: CRS
    x: Floats
    y: Floats
    node: Ints
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    length: Floats
    minutes: Floats
    off_street: float = OFF_STREET
    source: str = ""
    notes: tuple[str, ...] = ()
    report: NetworkReport = field(default_factory=NetworkReport)

    @cached_property
    def indptr(self) -> Ints:
        """First edge of each node, and the number of edges."""
        counts = np.bincount(self.tail, minlength=len(self.x))
        return np.concatenate([[0], np.cumsum(counts)])

    @cached_property
    def backward(self) -> Ints:
        """Edge in the other direction of each edge, -1 where it is one-way."""
        size = len(self.x)
        key = self.tail.astype(np.int64) * size + self.head
        other = self.head.astype(np.int64) * size + self.tail
        place = np.minimum(np.searchsorted(key, other), len(key) - 1)
        return np.where(key[place] == other, place, -1)

    @cached_property
    def usual_speed(self) -> float | None:
        """Speed in km/h of nine streets in ten, if they have one."""
        speeds = 0.06 * self.length / self.minutes
        usual = float(np.median(speeds))
        return usual if np.mean(np.abs(speeds / usual - 1) < 0.01) > 0.9 else None

    @cached_property
    def chains(self) -> Chains:
        """The network as searches use it."""
        return Chains(self.tail, self.head, self.minutes, len(self.x))

    def __getstate__(self) -> dict[str, object]:
        """Leave out what is made again when asked for."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    def __repr__(self) -> str:
        """Write the mode and the size."""
        return (
            f"<Network {self.mode}: {len(self.x):,} nodes, {len(self.tail):,} edges, "
            f"{self.report.kilometres:,.0f} km>"
        )


def build_network(  # noqa: PLR0913 - the arrays of a network
    x: ArrayLike,
    y: ArrayLike,
    tail: ArrayLike,
    head: ArrayLike,
    length: ArrayLike,
    minutes: ArrayLike,
    *,
    mode: Mode,
    crs: object = METRIC,
    node: ArrayLike | None = None,
    off_street: float = 4.0,
    source: str = "",
    notes: tuple[str, ...] = (),
    dropped: dict[str, int] | None = None,
) -> Network:
    """
    Return a network from arrays of nodes and of edges.

    Of two edges between the same nodes, the fastest stays; loops go; of the parts
    where each node reaches each, the largest stays and the report counts the others.

    Parameters
    ----------
    x, y
        (N,) positions of the nodes, in `crs`.
    tail, head
        (E,) positions in `x` of the nodes of each edge, one direction an edge.
    length
        (E,) metres on the ground.
    minutes
        (E,) positive.
    mode
        `"walk"`, `"bike"` or `"car"`.
    crs
        Metric CRS.
    node
        (N,) identifiers in the source; by default, positions.
    off_street
        Speed on foot between a point and the nearest street, km/h.
    source
        Credit line, in French.
    notes
        French sentences worth printing in a method note.
    dropped
        Per reason, how many streets were left out when they were read.

    Returns
    -------
    Network
        Its largest part.

    Raises
    ------
    CRSError
        If the CRS is in degrees, Web Mercator, or missing.
    DataError
        If there is no edge, arrays do not fit, a position, a length or a time is not
        finite or not positive, an edge has no node, an identifier is repeated.

    Examples
    --------
    >>> network = build_network(
    ...     [0, 100, 200], [0, 0, 0], [0, 1, 1, 2], [1, 0, 2, 1], [100] * 4, [2] * 4,
    ...     mode="walk",
    ... )
    >>> network
    <Network walk: 3 nodes, 4 edges, 0 km>
    >>> sweep(network, [0], [0.0])
    array([0., 2., 4.])
    """
    check_mode(mode)
    plane = metric_crs(crs, "network")
    nodes = _checked_nodes(x, y, node)
    edges = _checked_edges(tail, head, length, minutes, len(nodes[0]))
    if not (np.isfinite(off_street) and off_street > 0):
        msg = f"off_street is a speed on foot in km/h, such as 4.0; got {off_street!r}"
        raise DataError(msg)
    nodes, edges, report = _kept(nodes, edges)
    if dropped:
        report = NetworkReport(**{**asdict(report), "dropped": dict(dropped)})
    (x, y, node), (tail, head, length, minutes) = _sorted(nodes, edges)
    return Network(
        mode,
        plane,
        x,
        y,
        node,
        tail.astype(np.int32),
        head.astype(np.int32),
        length,
        minutes,
        off_street,
        source,
        tuple(notes),
        report,
    )


def check_mode(mode: str) -> None:
    """
    Check that a mode is known.

    Parameters
    ----------
    mode
        Such as `"walk"`.

    Raises
    ------
    DataError
        If it is not.
    """
    if mode not in get_args(Mode):
        msg = f"unknown mode {mode!r}; choose among {', '.join(get_args(Mode))}"
        raise DataError(msg)


def sweep(
    network: Network,
    nodes: ArrayLike,
    minutes: ArrayLike,
    *,
    limit: float = np.inf,
    reverse: bool = False,
    at: ArrayLike | None = None,
) -> Floats:
    """
    Return the minutes from one start to the nodes of a network, or back.

    Parameters
    ----------
    network
        A network.
    nodes
        Nodes that the start leads to first, at most 8.
    minutes
        When it gets there.
    limit
        Minutes beyond which nothing is reached; less is searched faster.
    reverse
        Minutes from each node to the start, which is then reached from `nodes` in
        `minutes`.
    at
        Nodes asked for; by default, all.

    Returns
    -------
    array of float
        Minutes, inf where the limit is passed.

    Notes
    -----
    Dijkstra (1959, doi:10.1007/BF01386390) as scipy has it, between junctions; the
    nodes between two junctions are filled in afterwards, exactly.

    Examples
    --------
    >>> network = build_network(
    ...     [0, 100, 200], [0, 0, 0], [0, 1, 2], [1, 2, 0], [100] * 3, [1, 2, 5],
    ...     mode="car",
    ... )
    >>> sweep(network, [1], [0.5])
    array([7.5, 0.5, 2.5])
    >>> sweep(network, [1], [0.5], reverse=True, limit=5)
    array([1.5, 0.5, inf])
    """
    return network.chains.sweep(
        np.asarray(nodes, np.int64),
        np.asarray(minutes, np.float64),
        float(limit),
        reverse=reverse,
        at=None if at is None else np.asarray(at, np.int64),
    )


def write_network(network: Network, path: Path_) -> None:
    """
    Write a network to a file, to read it again in no time.

    Parameters
    ----------
    network
        A network.
    path
        File to write, in `.npz`; its folder is made, and it is put in place when it is
        whole.

    Raises
    ------
    DataError
        If the name does not end in `.npz`.
    OutputError
        If it cannot be written.

    Examples
    --------
    >>> import basinmap as bm
    >>> from basinmap.access.networks import build_network, load_network
    >>> from tempfile import TemporaryDirectory
    >>> network = build_network(
    ...     [0, 100], [0, 0], [0, 1], [1, 0], [100, 100], [2, 2], mode="walk"
    ... )
    >>> with TemporaryDirectory() as folder:
    ...     bm.write_network(network, f"{folder}/streets.npz")
    ...     load_network(f"{folder}/streets.npz")
    <Network walk: 2 nodes, 2 edges, 0 km>
    """
    check_given(write_network, locals())
    target = Path(path)
    if target.suffix != ".npz":
        msg = f"{target}: a network is written to a file in .npz"
        raise DataError(msg)
    about = {
        "format": _FORMAT,
        "mode": network.mode,
        "crs": network.crs.to_wkt(),
        "off_street": network.off_street,
        "source": network.source,
        "notes": network.notes,
        "report": asdict(network.report),
    }
    arrays = {name: getattr(network, name) for name in _ARRAYS}
    about["sum"] = _sum_of(arrays)
    try:
        with (
            staged_file(target, check=check_archive) as beside,
            beside.open("wb") as stream,
        ):
            _pack(stream, {"about": np.array(json.dumps(about)), **arrays})
    except OutputError:
        raise
    except OSError as error:
        raise refusal(target, error) from error


def _pack(stream: IO[bytes], arrays: dict[str, np.ndarray]) -> None:
    """Write arrays as numpy does, but close what is begun when the disk is full."""
    with ZipFile(stream, "w", ZIP_DEFLATED) as parts:
        for name, array in arrays.items():
            with parts.open(f"{name}.npy", "w", force_zip64=True) as part:
                np.lib.format.write_array(part, array, allow_pickle=False)


def load_network(path: Path_) -> Network:
    """
    Read a network that `write_network` wrote.

    Parameters
    ----------
    path
        A file in `.npz`.

    Returns
    -------
    Network
        The same, to the last bit.

    Raises
    ------
    DataError
        If the file is missing, truncated, damaged, or another thing; or holds what no
        network does: an edge without a node, a time that is negative or no number.
    """
    file = Path(path)
    about, arrays = _unpacked(file)
    try:
        return _restored(about, arrays)
    except (CRSNameError, AttributeError, KeyError, TypeError, ValueError) as error:
        msg = f"{file}: no sound network ({error}); {_EXPECTED}"
        raise DataError(msg) from error


def _unpacked(file: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return what a saved network says of itself, and its arrays."""
    try:
        # Opened here: of a truncated file, numpy would leave its own open.
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            about = dict(json.loads(str(archive["about"])))
            arrays = {name: archive[name] for name in _ARRAYS}
    except _UNREADABLE as error:
        # numpy would have it that objects, which run code, be let in.
        held = "it holds Python objects" if "pickle" in str(error) else error
        msg = f"{file}: cannot be read ({held}); {_EXPECTED}"
        raise DataError(msg) from error
    if about.get("format") != _FORMAT:
        msg = f"{file}: format {about.get('format')!r} of another version; {_EXPECTED}"
        raise DataError(msg)
    if about.get("sum", _sum_of(arrays)) != _sum_of(arrays):
        msg = f"{file}: damaged, its sum is not that of what was written; {_EXPECTED}"
        raise DataError(msg)
    return about, arrays


def _sum_of(arrays: Mapping[str, NDArray[Any]]) -> str:
    total = sha256()
    for name in _ARRAYS:
        total.update(np.ascontiguousarray(arrays[name]).data)
    return total.hexdigest()


def _restored(about: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Network:
    """Return a network, once what searches rely on is checked."""
    check_mode(about["mode"])
    crs = CRS.from_wkt(about["crs"])
    check_metric(gpd.GeoSeries([shapely.Point(0, 0)], crs=crs), "network")
    odd = [name for name, values in arrays.items() if values.ndim != 1]
    odd += [name for name, values in arrays.items() if values.dtype.kind not in "fiu"]
    if odd:
        msg = f"{culprits(dict.fromkeys(odd))} hold no list of numbers"
        raise DataError(msg)
    x, y, node = _checked_nodes(arrays["x"], arrays["y"], arrays["node"])
    tail, head, length, minutes = _checked_edges(
        arrays["tail"], arrays["head"], arrays["length"], arrays["minutes"], len(x)
    )
    # Sorted, without loops nor pairs that stand twice: searches count on it.
    if not (np.diff(tail * len(x) + head) > 0).all() or (tail == head).any():
        msg = "its edges are not in order, stand twice, or lead nowhere"
        raise DataError(msg)
    off_street = float(about["off_street"])
    if not (np.isfinite(off_street) and off_street > 0):
        msg = f"off_street is {off_street!r}, and not a speed on foot"
        raise DataError(msg)
    return Network(
        mode=about["mode"],
        crs=crs,
        x=x,
        y=y,
        node=node,
        tail=tail.astype(np.int32),
        head=head.astype(np.int32),
        length=length,
        minutes=minutes,
        off_street=off_street,
        source=str(about["source"]),
        notes=tuple(map(str, about["notes"])),
        report=NetworkReport(**about["report"]),
    )


def _checked_nodes(
    x: ArrayLike, y: ArrayLike, node: ArrayLike | None
) -> tuple[Floats, Floats, Ints]:
    across, up = np.asarray(x, np.float64), np.asarray(y, np.float64)
    names = np.arange(len(across)) if node is None else np.asarray(node, np.int64)
    if not len(across) == len(up) == len(names):
        msg = f"x, y and node: {len(across)}, {len(up)} and {len(names)} values"
        raise DataError(msg)
    wild = ~(np.isfinite(across) & np.isfinite(up))
    if wild.any():
        msg = (
            f"{wild.sum()} node(s) without a position: {culprits(names[wild].tolist())}"
        )
        raise DataError(msg)
    known, times = np.unique(names, return_counts=True)
    if (times > 1).any():
        twice = known[times > 1]
        msg = f"{len(twice)} node identifier(s) repeated: {culprits(twice.tolist())}"
        raise DataError(msg)
    return across, up, names


def _checked_edges(
    tail: ArrayLike, head: ArrayLike, length: ArrayLike, minutes: ArrayLike, size: int
) -> tuple[Ints, Ints, Floats, Floats]:
    ends = np.asarray(tail, np.int64), np.asarray(head, np.int64)
    costs = np.asarray(length, np.float64), np.asarray(minutes, np.float64)
    sizes = {len(values) for values in (*ends, *costs)}
    if sizes == {0}:
        msg = "a network without any street; check the mode and the place"
        raise DataError(msg)
    if len(sizes) > 1:
        msg = f"tail, head, length and minutes differ in size: {sorted(sizes)}"
        raise DataError(msg)
    stray = np.flatnonzero((np.minimum(*ends) < 0) | (np.maximum(*ends) >= size))
    if len(stray):
        msg = f"{len(stray)} edge(s) without a node: {culprits(stray.tolist())}"
        raise DataError(msg)
    for name, values in zip(("length", "minutes"), costs, strict=True):
        bad = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
        if len(bad):
            msg = (
                f"{name}: {len(bad)} edge(s) negative or no number: "
                f"{culprits(bad.tolist())}; check the speeds, in km/h"
            )
            raise DataError(msg)
    # Two nodes at one place: a step that takes no time would be no step to scipy.
    return *ends, costs[0], np.maximum(costs[1], 1e-9)


def _kept(
    nodes: tuple[Floats, Floats, Ints], edges: tuple[Ints, Ints, Floats, Floats]
) -> tuple[
    tuple[Floats, Floats, Ints], tuple[Ints, Ints, Floats, Floats], NetworkReport
]:
    """Keep the fastest edge of each pair, in the largest part."""
    tail, head, length, minutes = edges
    order = np.lexsort((length, minutes, head, tail))
    order = order[tail[order] != head[order]]
    first = np.ones(len(order), bool)
    first[1:] = (np.diff(tail[order]) != 0) | (np.diff(head[order]) != 0)
    order = order[first]
    tail, head, length, minutes = (values[order] for values in edges)
    used = np.zeros(len(nodes[0]), bool)
    used[tail] = used[head] = True
    inside, parts = main_part(tail, head, len(used))
    stays = inside[tail] & inside[head]
    if not stays.any():
        msg = (
            "no two places of the network reach each other and back; check one-way "
            "streets, and that lines meet at common vertices"
        )
        raise DataError(msg)
    whole = _kilometres(tail, head, length)
    kept = _kilometres(tail[stays], head[stays], length[stays])
    report = NetworkReport(
        nodes=int(inside.sum()),
        edges=int(stays.sum()),
        kilometres=kept,
        parts=parts - int((~used).sum()),
        dropped_nodes=int((used & ~inside).sum()),
        dropped_kilometres=whole - kept,
    )
    number_of = np.cumsum(inside) - 1
    ends = number_of[tail[stays]], number_of[head[stays]]
    x, y, node = nodes
    inner = x[inside], y[inside], node[inside]
    return inner, (*ends, length[stays], minutes[stays]), report


def _kilometres(tail: Ints, head: Ints, length: Floats) -> float:
    """Return the length of streets, each direction once."""
    low, high = np.minimum(tail, head), np.maximum(tail, head)
    _, first = np.unique(low * (high.max() + 1) + high, return_index=True)
    return float(length[first].sum()) / 1000


def _sorted(
    nodes: tuple[Floats, Floats, Ints], edges: tuple[Ints, Ints, Floats, Floats]
) -> tuple[tuple[Floats, Floats, Ints], tuple[Ints, Ints, Floats, Floats]]:
    """Order nodes along a Hilbert curve: near on the ground, near in memory."""
    x, y, node = nodes
    points = gpd.GeoSeries(gpd.points_from_xy(x, y))
    order = np.lexsort((node, points.hilbert_distance().to_numpy()))
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    tail, head, length, minutes = edges
    tail, head = place[tail], place[head]
    along = np.lexsort((head, tail))
    ends = tail[along], head[along]
    return (x[order], y[order], node[order]), (*ends, length[along], minutes[along])
