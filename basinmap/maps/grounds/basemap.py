"""Grounds from tiles of the network, or from a picture in a file."""

from __future__ import annotations

import io
import math
import re
import threading
import time
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from numbers import Real
from os import PathLike, fspath
from pathlib import Path
from queue import Empty, SimpleQueue
from types import MappingProxyType
from typing import Final, TypeAlias
from urllib.parse import urlsplit

import contextily
import numpy as np
from PIL import Image
from xyzservices import TileProvider

from basinmap.arguments import check_given, path_of
from basinmap.errors import BasinmapWarning, DataError
from basinmap.maps.grounds.imagery import (
    Grid,
    Pixels,
    credit_of,
    frame_grid,
    opened,
    project_bounds,
    read_picture,
    warped,
)
from basinmap.maps.grounds.lands import lift_ground
from basinmap.maps.grounds.laying import check_opacity, lay, paler, to_grey
from basinmap.maps.grounds.tilecache import Tile, TileCache, cache_folder
from basinmap.maps.paper.guards import check_map, check_open
from basinmap.maps.paper.sheets import MapAxes, check_dpi
from basinmap.maps.paper.stack import STACK
from basinmap.remote.door import (
    LATE,
    ElsewhereError,
    ask,
    check_status,
    pieces,
    reason_of,
    status_of,
)
from basinmap.spatial.projections import METRIC
from basinmap.territory.local import is_there

__all__ = ["draw_basemap"]

Source: TypeAlias = str | PathLike[str] | TileProvider

_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "plan-ign": "GeoportailFrance.plan",
        "photo-ign": "GeoportailFrance.orthos",
        "osm": "OpenStreetMap.Mapnik",
    }
)
_IGN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2": "© IGN – Plan IGN v2",
        "ORTHOIMAGERY.ORTHOPHOTOS": "© IGN – BD ORTHO",
    }
)
_MERCATOR: Final = "EPSG:3857"
_HALF: Final = math.pi * 6_378_137.0
"""From the middle of Web Mercator to its edge, in its metres."""
_SIDE: Final = 256
_LEGIBLE: Final = 160.0
"""Dots an inch: type of 11 dots, as tiles have, is then of 5 points or more."""
_MOST: Final = 1_000
_MOST_OSM: Final = 64
_HEAVIEST: Final = 4_000_000  # bytes of an answer; tiles have some 100,000
_WIDEST: Final = 2_048  # pixels of a side; tiles have 256 or 512
_PICTURES: Final = ("PNG", "JPEG", "WEBP", "GIF")
"""Tiles that a screen or two take: beyond, the policy of OpenStreetMap says bulk."""
_FINEST: Final = 22
_PAUSE: Final = 0.3


def draw_basemap(  # noqa: PLR0913 - a network has its moods
    ax: MapAxes,
    source: Source,
    *,
    dpi: float | None = None,
    zoom: int | None = None,
    opacity: float = 0.7,
    grey: bool | None = None,
    credit: str = "",
    gaps: bool = False,
    cache: str | PathLike[str] | None = None,
    timeout: float = 5.0,
    deadline: float = 60.0,
) -> None:
    """
    Lay a picture under the map: tiles of the network, or a file.

    The credit goes to the foot of the page. A basemap is whole or is left out: when
    tiles cannot be had, the background stays plain and one warning says why.

    Parameters
    ----------
    ax
        The map of `page`.
    source
        `"plan-ign"`, `"photo-ign"`, `"osm"`, a provider of `contextily.providers` or
        its name, the address of tiles such as `"https://…/{z}/{x}/{y}.png"`; or a file
        of colours, of a palette or of greys that GDAL reads: GeoTIFF, COG, VRT,
        MBTiles, raster GeoPackage, in any CRS.
    dpi
        Dots an inch on paper. For tiles, the most they may have (160 by default):
        finer tiles show more and smaller letters. For a file, those of the print
        (200, fewer on A0).
    zoom
        Level of the tiles; by default the finest whose dots are no finer than `dpi`.
    opacity
        Share of the ink, in ]0, 1], so that data stand out.
    grey
        Whether it is turned to greys; by default when the theme is grey.
    credit
        Credit line; by default that of the provider in French, or what the tags of
        the file say.
    gaps
        Whether tiles that the server has not (404) stay blank, as beyond a border.
    cache
        Folder where tiles are kept, and read from without a network; by default that
        of the variable `BASINMAP_CACHE`, else that of the user. Remove it for newer
        tiles.
    timeout
        Seconds to wait for a server to answer. A tile is retried once, but
        not after a timeout, nor when the server has it not (404). A server that did
        not answer is left alone for half a minute, so that an atlas does not wait on
        every page.
    deadline
        Seconds that all the tiles may take.

    Raises
    ------
    DataError
        If the source is unknown, in another projection, lacks a key, or takes too many
        tiles; if a file is no picture or lies outside the map; if no credit is told,
        or an option makes no sense.
    CRSError
        If a file has no CRS.
    OutputError
        If `cache` is no folder that can be written.

    Warns
    -----
    BasinmapWarning
        If tiles cannot be had: no network, no answer in time, an error, no picture.

    Notes
    -----
    Tiles are drawn for screens of some 96 dots an inch, in Web Mercator. They are
    warped once, by cubic convolution, to the frame in EPSG:2154 at 200 dots an inch.
    Each level doubles the dots: at the one chosen there are between half of `dpi` and
    `dpi`, so that type of 11 dots is of 5 to 10 points.

    More than 64 tiles to download are refused to the servers of OpenStreetMap, which
    forbid bulk use, and more than 1,000 at all.

    Examples
    --------
    >>> import basinmap as bm
    >>> fig, ax = bm.page(bm.communes(epci="call"), title="CA de Lens-Liévin")
    >>> bm.draw_basemap(ax, "orthophoto.tif", credit="© IGN – BD ORTHO, 2024")
    Traceback (most recent call last):
    ...
    basinmap.errors.DataError: orthophoto.tif: cannot be read as a raster ...
    """
    check_given(draw_basemap, locals())
    check_map(ax)
    check_open(ax, keyed=False)
    check_opacity(opacity)
    limits = _Limits(timeout, deadline, gaps, cache)
    provider = _provider(source)
    if provider is None:
        path = fspath(source)
        grid = frame_grid(ax, dpi)
        with opened(path) as dataset:
            told = credit_of(dataset, credit, path)
            pixels = read_picture(dataset, grid)
        if not pixels[..., 3].any():
            msg = f"{path}: nothing of it is in the frame; check nodata and extent"
            raise DataError(msg)
    else:
        view = _view(ax, provider, dpi, zoom)
        told = credit.strip() or _told(provider)
        kept = TileCache(cache_folder(cache), provider.url)
        errand = _Errand(provider, kept, limits)
        errand.run(view, osm=_of_osm(provider))
        if errand.failed and not errand.only_gaps:
            warnings.warn(errand.apology(view), BasinmapWarning, stacklevel=2)
            return
        grid = frame_grid(ax, None)
        pixels = _mosaic(view, errand.found, grid)
        told = told.replace("{year}", str(kept.year(view.tiles)))
    pixels = _toned(pixels, opacity, grey=ax.plan.theme.grey if grey is None else grey)
    lift_ground(ax)
    lay(ax, pixels, grid, zorder=STACK["basemap"], label="_basemap")
    ax.grounds[told] = None


def _toned(pixels: Pixels, opacity: float, *, grey: bool) -> Pixels:
    """Return a picture as it is to be printed."""
    if grey:
        pixels = to_grey(pixels)
    return paler(pixels, opacity) if opacity < 1 else pixels


# -- sources ----------------------------------------------------------------------


def _provider(source: Source) -> TileProvider | None:
    """Return what serves tiles, its address filled in, or None for a file."""
    if isinstance(source, TileProvider):
        return _checked(source)
    if not isinstance(source, (str, PathLike)):
        msg = (
            f"source: need a name, an address, a file or a TileProvider, got "
            f"{type(source).__name__}"
        )
        raise DataError(msg)
    name = fspath(source)
    if name.lower().startswith(("http://", "https://")):
        if not all(f"{{{part}}}" in name for part in "xyz"):
            msg = (
                f"{name}: write the address of tiles as https://…/{{z}}/{{x}}/{{y}}.png"
            )
            raise DataError(msg)
        return _checked(
            TileProvider(name=urlsplit(name).netloc, url=name, attribution="")
        )
    known = contextily.providers.flatten()
    found = known.get(_NAMES.get(name, name)) if isinstance(source, str) else None
    if found is not None:
        return _checked(found)
    if isinstance(source, str) and re.fullmatch(r"[\w.-]+", name):
        _check_name(name, [*_NAMES, *known])
    return None


def _check_name(name: str, known: list[str]) -> None:
    """Refuse a word that is neither a file nor a provider, nor looks like a file."""
    near = get_close_matches(name[:60], known, n=3, cutoff=0.6)
    if is_there(Path(name)) or (Path(name).suffix and not near):
        return
    msg = (
        f"no file and no provider named {name!r}; write "
        f"{', '.join(repr(word) for word in near or _NAMES)}, an address of tiles "
        "or the path of a raster"
    )
    raise DataError(msg)


def _checked(provider: TileProvider) -> TileProvider:
    """Return a provider whose address holds all but zoom, column and row."""
    name = provider.get("name", "tiles")
    if provider.get("crs", _MERCATOR) != _MERCATOR or provider.get("tms"):
        msg = (
            f"{name}: its tiles are not those of Web Mercator from the north; "
            "take another provider, such as 'plan-ign'"
        )
        raise DataError(msg)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a key is wanted: below
        try:
            address = provider.build_url()
        except (ValueError, KeyError, AttributeError) as error:
            msg = f"{name}: no address of tiles ({error}); give its key, or another"
            raise DataError(msg) from error
    return TileProvider({**provider, "name": name, "url": address})


def _told(provider: TileProvider) -> str:
    """Return our own credit line, in French, where we know one."""
    variant = provider.get("variant", "")
    if urlsplit(provider.url).hostname == "data.geopf.fr":
        known = _IGN.get(variant, f"© Géoplateforme – {variant}")
        return f"{known}, {{year}}"
    told = str(provider.get("attribution", "")).strip()
    if not told:
        msg = (
            f"{provider.name}: nothing says whom the tiles are from, which the map "
            "must print; write credit='© …'"
        )
        raise DataError(msg)
    ours = "© les contributeurs OpenStreetMap"
    told = re.sub(r"(\(C\)|©) OpenStreetMap( contributors)?", ours, told)
    return told.replace("(C)", "©")


def _of_osm(provider: TileProvider) -> bool:
    return "openstreetmap." in (urlsplit(provider.url).hostname or "")


# -- which tiles ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _View:
    """The tiles that cover a frame."""

    zoom: int
    columns: range
    rows: range

    @property
    def count(self) -> int:
        return len(self.columns) * len(self.rows)

    @property
    def tiles(self) -> list[Tile]:
        return [(self.zoom, x, y) for y in self.rows for x in self.columns]

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top, in metres of Web Mercator."""
        side = 2 * _HALF / 2**self.zoom
        return (
            self.columns.start * side - _HALF,
            _HALF - self.rows.stop * side,
            self.columns.stop * side - _HALF,
            _HALF - self.rows.start * side,
        )


def _view(
    ax: MapAxes, provider: TileProvider, dpi: float | None, zoom: int | None
) -> _View:
    """Return the tiles that a frame takes, no more than are reasonable."""
    if dpi is not None:
        check_dpi(dpi, usual=_LEGIBLE)
    least = int(provider.get("min_zoom", 0))
    most = int(provider.get("max_zoom", _FINEST))
    finest = min(most, finest_zoom(ax, dpi or _LEGIBLE))
    level = finest if zoom is None else zoom
    if level not in range(least, most + 1):
        number = isinstance(level, Real) and math.isfinite(level)
        near = min(max(round(level), least), most) if number else finest
        msg = f"{provider.name} has zooms {least} to {most}, not {level!r}; "
        raise DataError(msg + f"write zoom={near}")
    view = _cover(ax, level)
    if view.count > _MOST:
        raise DataError(_too_many(ax, view, provider.name))
    return view


def finest_zoom(ax: MapAxes, dpi: float) -> int:
    """
    Return the finest zoom whose tiles have at most some dots an inch on paper.

    Parameters
    ----------
    ax
        The map of `page`.
    dpi
        Dots an inch.

    Examples
    --------
    >>> import basinmap as bm
    >>> fig, ax = bm.page(bm.communes(epci="call"), title="CA de Lens-Liévin")
    >>> ax.plan.scale, finest_zoom(ax, 150)
    (110000.0, 12)
    """
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    middle = (x0 + x1) / 2, (y0 + y1) / 2
    _, south, _, _ = project_bounds((*middle, *middle), METRIC, "EPSG:4326")
    # On the ground, at zoom 0; it halves with each zoom.
    metres = 2 * _HALF / _SIDE * math.cos(math.radians(south))
    dot = 25.4 / dpi * ax.plan.scale / 1000
    return max(0, math.floor(math.log2(metres / dot)))


def _cover(ax: MapAxes, zoom: int) -> _View:
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    west, south, east, north = project_bounds((x0, y0, x1, y1), METRIC, _MERCATOR)
    side = 2 * _HALF / 2**zoom
    room = 4 * side / _SIDE  # cubic convolution looks two dots away
    last = 2**zoom - 1
    ends = [
        min(max(math.floor(place / side), 0), last)
        for place in (
            west - room + _HALF,
            east + room + _HALF,
            _HALF - north - room,
            _HALF - south + room,
        )
    ]
    return _View(zoom, range(ends[0], ends[1] + 1), range(ends[2], ends[3] + 1))


def _too_many(ax: MapAxes, view: _View, name: str) -> str:
    coarser = next(
        zoom for zoom in range(view.zoom, -1, -1) if _cover(ax, zoom).count <= _MOST
    )
    return (
        f"{name}: {view.count} tiles at zoom {view.zoom}, where {_MOST} may be had; "
        f"write zoom={coarser} for fewer and larger letters, or draw a file: "
        "bm.draw_basemap(ax, 'fond.tif')"
    )


def _mosaic(view: _View, found: Mapping[Tile, Pixels], grid: Grid) -> Pixels:
    """Return the tiles side by side, brought to the frame."""
    size = max(len(pixels) for pixels in found.values()) if found else 1
    wide, high = len(view.columns), len(view.rows)
    whole = np.zeros((4, high * size, wide * size), dtype=np.uint8)
    for (_, x, y), pixels in found.items():
        row, column = (y - view.rows.start) * size, (x - view.columns.start) * size
        whole[:, row : row + size, column : column + size] = np.moveaxis(pixels, -1, 0)
    sheet = Grid(view.box, wide * size, high * size)
    return warped(whole[:3], whole[3], sheet.transform, _MERCATOR, grid)


# -- asking for them --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Limits:
    """How long to wait, whether a tile may lack, where tiles are kept."""

    timeout: float
    deadline: float
    gaps: bool
    cache: str | PathLike[str] | None

    def __post_init__(self) -> None:
        if self.cache is not None:
            path_of(self.cache, "cache")
        for name, value in (("timeout", self.timeout), ("deadline", self.deadline)):
            if not 0 < value < math.inf:
                msg = f"{name}={value}: give seconds above 0, such as {name}=5"
                raise DataError(msg)


_ABSENT: Final = "404, not there"


@dataclass(slots=True)
class _Errand:
    """
    Tiles found on disk or asked of a server; the first that fails ends it.

    Threads are daemons: one that a server feeds byte by byte holds up neither the map
    nor the end of the program.
    """

    provider: TileProvider
    kept: TileCache
    limits: _Limits
    found: dict[Tile, Pixels] = field(default_factory=dict)
    failed: dict[Tile, str] = field(default_factory=dict)

    @property
    def only_gaps(self) -> bool:
        """Whether all that failed may lack, and something is there."""
        lacks = set(self.failed.values()) <= {_ABSENT}
        return self.limits.gaps and lacks and bool(self.found)

    def run(self, view: _View, *, osm: bool) -> None:
        """Find what is kept, then ask for the rest, two or four tiles at a time."""
        for tile in view.tiles:
            if (pixels := self.kept.read(tile)) is not None:
                self.found[tile] = pixels
        wanted = [tile for tile in view.tiles if tile not in self.found]
        if osm and len(wanted) > _MOST_OSM:
            msg = (
                f"{self.provider.name}: {len(wanted)} tiles to download at zoom "
                f"{view.zoom}, where its policy against bulk use leaves {_MOST_OSM}; "
                f"write zoom={view.zoom - 1} or less, a smaller paper, or "
                "source='plan-ign'"
            )
            raise DataError(msg)
        if wanted:
            self._ask(wanted, 2 if osm else 4)
        sizes = {pixels.shape for pixels in self.found.values()}
        if len(sizes) > 1 or any(shape[0] != shape[1] for shape in sizes):
            self.failed |= dict.fromkeys(view.tiles[:1], "tiles of several sizes")

    def _ask(self, wanted: list[Tile], hands: int) -> None:
        """Ask for tiles until one fails or the time is over."""
        if self.kept.silent:
            self.failed[wanted[0]] = f"{LATE}, a moment ago"
            return
        end = time.monotonic() + self.limits.deadline
        work = _Work(self, wanted)
        threads = [threading.Thread(target=work.run, daemon=True) for _ in range(hands)]
        for thread in threads:
            thread.start()
        try:
            # Once one has failed, the others are not waited for.
            while not work.stop.is_set():
                alive = [thread for thread in threads if thread.is_alive()]
                left = end - time.monotonic()
                if not alive or left <= 0:
                    break
                alive[0].join(min(left, 0.05))
        finally:
            work.stop.set()
        # Copies: a thread that is late still has its own to write to.
        self.found |= dict(work.found)
        self.failed |= dict(work.failed)
        if LATE in self.failed.values():
            self.kept.note_silence()
        late = [x for x in wanted if x not in self.found and x not in self.failed]
        if late and not self.failed:
            self.failed[late[0]] = f"not all there in {self.limits.deadline:g} s"

    def fetched(self, tile: Tile, stop: threading.Event) -> Pixels:
        """
        Ask for a tile, a second time if that fails, and keep it.

        Parameters
        ----------
        tile
            Which.
        stop
            Set when it is no longer wanted.
        """
        try:
            pixels = self._asked(tile)
        except Exception as error:
            # What takes its time would take it twice.
            hopeless = _reason(error) in {_ABSENT, LATE}
            hopeless |= isinstance(error, ElsewhereError)
            if hopeless or stop.wait(_PAUSE):
                raise
            pixels = self._asked(tile)
        self.kept.write(tile, pixels)
        return pixels

    def _asked(self, tile: Tile) -> Pixels:
        zoom, x, y = tile
        address = self.provider.build_url(x=x, y=y, z=zoom)
        with ask(address, timeout=self.limits.timeout) as answer:
            check_status(answer)
            held = bytearray()
            # As it comes, unpacked: a small answer may hold a large one.
            for piece in pieces(answer):
                held += piece
                if len(held) > _HEAVIEST:
                    msg = f"an answer of more than {_HEAVIEST:,} bytes"
                    raise _TooLargeError(msg)
        with Image.open(io.BytesIO(held), formats=_PICTURES) as picture:
            if max(picture.size) > _WIDEST:
                msg = "a tile of {} × {} pixels".format(*picture.size)
                raise _TooLargeError(msg)
            return np.asarray(picture.convert("RGBA"))

    def apology(self, view: _View) -> str:
        """Say what failed, how many, and what to type."""
        tile, reason = next(iter(self.failed.items()))
        lacking = f"{len(self.found)} of {view.count} tiles are there"
        cure = "run again when the network is back: what came is kept"
        if reason == _ABSENT:
            cure = "write gaps=True to leave such tiles blank"
        return (
            f"no basemap, the background is plain: {self.provider.name}, {lacking}, "
            f"then {'/'.join(map(str, tile))}: {reason}; {cure}; or draw a file: "
            "bm.draw_basemap(ax, 'fond.tif')"
        )


class _TooLargeError(ValueError):
    """An answer that no tile server gives."""


class _Work:
    """What the threads of an errand share."""

    def __init__(self, errand: _Errand, wanted: list[Tile]) -> None:
        self.errand = errand
        self.waiting: SimpleQueue[Tile] = SimpleQueue()
        self.found: dict[Tile, Pixels] = {}
        self.failed: dict[Tile, str] = {}
        self.stop = threading.Event()
        for tile in wanted:
            self.waiting.put(tile)

    def run(self) -> None:
        """Fetch tiles until there are none left, or one failed."""
        with suppress(Empty):
            while not self.stop.is_set():
                self._one(self.waiting.get_nowait())

    def _one(self, tile: Tile) -> None:
        try:
            self.found[tile] = self.errand.fetched(tile, self.stop)
        except Exception as error:  # noqa: BLE001 - whatever a picture may hold
            self.failed[tile] = _reason(error)
            if self.failed[tile] != _ABSENT or not self.errand.limits.gaps:
                self.stop.set()


def _reason(error: Exception) -> str:
    """Return in a few words why a tile cannot be had."""
    if status_of(error) == 404:
        return _ABSENT
    if isinstance(error, _TooLargeError):
        return str(error)
    return reason_of(error) or "no picture in the answer"
