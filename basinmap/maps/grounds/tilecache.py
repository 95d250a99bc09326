"""Tiles kept on disk: asked for once, then had without a network."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
from PIL import Image

from basinmap.maps.grounds.imagery import Path_, Pixels
from basinmap.remote.cache import folder_of

__all__ = ["Tile", "TileCache", "cache_folder"]

Tile: TypeAlias = tuple[int, int, int]
"""Zoom, column, row."""

_SILENCE: Final = 30.0


def cache_folder(given: Path_ | None) -> Path:
    """
    Return the folder of tiles: as given, of the environment, or of the user.

    Parameters
    ----------
    given
        A folder, or None.

    Raises
    ------
    OutputError
        If the one given cannot be written.
    """
    return folder_of(given, "tiles")


class TileCache:
    """
    The tiles of one server, as `zoom/column/row.png` in a folder of their own.

    A tile appears whole or not at all. One that cannot be kept or read is only asked
    for again: a full disk never stops a map.

    Parameters
    ----------
    folder
        Of all tiles.
    address
        Of one tile of that server; a digest of it names the folder, so that keys in
        it are not shown.
    """

    def __init__(self, folder: Path, address: str) -> None:
        """Name the folder; nothing is written yet."""
        digest = hashlib.sha256(address.encode()).hexdigest()
        self.folder = folder / digest[:16]

    def read(self, tile: Tile) -> Pixels | None:
        """
        Return a tile that was kept, or None.

        Parameters
        ----------
        tile
            Which.
        """
        try:
            with Image.open(self._path(tile), formats=["PNG"]) as picture:
                return np.asarray(picture.convert("RGBA"))
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
            return None

    def write(self, tile: Tile, pixels: Pixels) -> None:
        """
        Keep a tile.

        Parameters
        ----------
        tile
            Which.
        pixels
            Of shape (height, width, 4).
        """
        path = self._path(tile)
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, beside = tempfile.mkstemp(prefix=".tile-", dir=path.parent)
            try:
                with os.fdopen(handle, "wb") as file:
                    Image.fromarray(pixels).save(file, "PNG")
                Path(beside).replace(path)
            except BaseException:
                Path(beside).unlink(missing_ok=True)
                raise

    @property
    def silent(self) -> bool:
        """Whether the server did not answer in time, less than 30 s ago."""
        with suppress(OSError):
            return time.time() - self._silence.stat().st_mtime < _SILENCE
        return False

    def note_silence(self) -> None:
        """Remember that the server does not answer: an atlas asks on every page."""
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._silence.touch()

    @property
    def _silence(self) -> Path:
        return self.folder / ".silent"

    def year(self, tiles: list[Tile]) -> int:
        """
        Return the year in which the newest of some tiles came; today's if none did.

        Parameters
        ----------
        tiles
            Which.
        """
        times = []
        for tile in tiles:
            with suppress(OSError):
                times.append(self._path(tile).stat().st_mtime)
        newest = max(times, default=None)
        now = dt.datetime.now(tz=dt.UTC)
        if newest is None:
            return now.year
        return dt.datetime.fromtimestamp(newest, tz=dt.UTC).year

    def _path(self, tile: Tile) -> Path:
        zoom, column, row = tile
        return self.folder / str(zoom) / str(column) / f"{row}.png"
