"""A folder of documents, read back as the tables that anybody can read in it."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pyogrio

from basinmap.arguments import check_given, path_of
from basinmap.errors import BasinmapError, DataError
from basinmap.measures import state_column
from basinmap.secrecy.attacking import Attack, attack
from basinmap.secrecy.declared import rules_for
from basinmap.secrecy.sheets import Given
from basinmap.sheets import decoded, rows_of
from basinmap.states import SIGNS, VOIDS
from basinmap.territory.embedded import labels
from basinmap.territory.memberships import membership
from basinmap.values.told import bare

__all__ = ["check_secrecy", "published_in"]

_LEVELS: Final = ("commune", "epci", "scot", "arrondissement", "departement", "bassin")
_STATES: Final = {sign: state for state, sign in (*VOIDS.items(), *SIGNS.items())}
_NUMBER: Final = re.compile(r"-?\d+(?:[.,]\d+)?")
_SPACES: Final = str.maketrans("", "", " \u00a0\u202f")
_BOTH: Final = "59-62"
_BROKEN: Final = (BasinmapError, OSError, ValueError, KeyError, zipfile.BadZipFile)
_MAIN: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


def check_secrecy(folder: str | Path) -> Attack:
    """
    Attack a folder of documents: workbooks, GeoPackages, Parquet and CSV together.

    Every table of every file is read as a reader would, a figure that stands under two
    names being one, and each « s » is looked for.

    Parameters
    ----------
    folder
        What is about to be handed over.

    Returns
    -------
    Attack
        What falls; printed, a French report. Territories that are not known are not
        looked at, and the report says so.

    Raises
    ------
    DataError
        If there is no such folder, or no table in it.

    See Also
    --------
    attack : The same on tables.

    Examples
    --------
    >>> import basinmap as bm, pandas as pd, pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> towns = pd.DataFrame(
    ...     {"vacants": [None, 30], "vacants_state": ["secret", ""]},
    ...     pd.Index(["62498", "62510"], name="commune"),
    ... )
    >>> path = bm.write_workbook(folder / "tables.xlsx", {"Communes": towns})
    >>> bm.check_secrecy(folder).safe
    True
    """
    check_given(check_secrecy, locals())
    tables, notes = published_in(folder)
    columns = {str(c) for table in tables.values() for c in table.columns}
    rules = {c: r for c, r in rules_for(columns).items() if r.most or r.least}
    found = attack(
        tables, hierarchies=_hierarchies(tables), rules=rules or None, zeros="shown"
    )
    return replace(found, notes=(*found.notes, *notes))


def published_in(folder: str | Path) -> tuple[dict[str, Given], list[str]]:
    """
    Return the tables of a folder, by level, and what could not be read.

    Parameters
    ----------
    folder
        See `check_secrecy`.

    Raises
    ------
    DataError
        If there is no such folder, or no table in it.
    """
    place = path_of(folder, "folder")
    if not place.is_dir():
        msg = f"{place} is no folder; give that of the documents, such as out/"
        raise DataError(msg)
    raw, notes = _raw(place)
    names = _names(raw)
    names |= {state_column(k): state_column(v) for k, v in names.items()}
    tables: dict[str, Given] = {}
    for name, table in raw.items():
        for level, part in _by_level(table.rename(columns=names)):
            tables[f"{name} ({level})"] = part
    if not tables:
        msg = (
            f"{place}: no table of known territories in it; there must be one to check"
        )
        raise DataError(msg)
    left = [n for n in raw if not any(t.startswith(f"{n} (") for t in tables)]
    if left:
        notes.append(f"Sans territoires connus, non vérifiés : {', '.join(left[:5])}.")
    return tables, notes


def _raw(place: Path) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Return the tables of the files of a folder, and those that cannot be read."""
    raw: dict[str, pd.DataFrame] = {}
    notes = []
    for file in sorted(place.rglob("*")):
        reader = _READERS.get(file.suffix.lower())
        if reader is None or not file.is_file():
            continue
        try:
            raw |= {f"{file.name} / {k}": t for k, t in reader(file)}
        except _BROKEN as error:
            notes.append(f"Fichier illisible, non vérifié : {file.name} ({error}).")
    return raw, notes


# -- one name a figure --------------------------------------------------------------


def _names(raw: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return header to column, as the dictionary of a GeoPackage tells them."""
    found: dict[str, str] = {}
    for name, table in raw.items():
        if not name.endswith("/ dictionnaire"):
            continue
        for column, row in table.iterrows():
            label, unit, year = (
                str(row.get(k) or "") for k in ("libelle", "unite", "millesime")
            )
            dated = label if not year or year in label else f"{label} {year}"
            for text in (label, dated, f"{label} en {year}"):
                found.setdefault(text, str(column))
                found.setdefault(f"{text} ({unit})", str(column))
    return found


def _by_level(table: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield the rows of each level whose territories are known."""
    codes = table.index.astype(str)
    left = np.ones(len(codes), dtype=bool)
    for level in (*_LEVELS, "tout"):
        known = {_BOTH} if level == "tout" else _codes(level)
        mine = left & codes.isin(list(known))
        left &= ~mine
        part = table[mine]
        part = part[~part.index.duplicated()]
        columns = _numeric(part)
        if len(part) and columns:
            yield level, bare(part[columns]).rename_axis(level)


def _codes(level: str) -> set[str]:
    if level == "commune":
        return set(membership("epci").index)
    return {str(code) for code in membership(level).dropna().unique()} | (
        set(labels(level).index) if level == "epci" else set()
    )


def _numeric(table: pd.DataFrame) -> list[str]:
    found = []
    for name in map(str, table.columns):
        base = name.removesuffix("_state")
        if base != name and base in table.columns:
            continue
        if not isinstance(table[name], pd.Series):
            continue
        if pd.api.types.is_numeric_dtype(table[name].dtype) or table[name].isna().all():
            beside = state_column(name)
            found += [name, beside] if beside in table.columns else [name]
    return found


def _hierarchies(tables: Mapping[str, Given]) -> dict[str, pd.Series]:
    """Return what the units of the levels that were met are made of."""
    levels = {str(table.index.name) for table in tables.values()}
    found: dict[str, pd.Series] = {
        level: membership(level)
        for level in _LEVELS
        if level in levels and level != "commune"
    }
    communes = membership("epci").index
    found["tout"] = pd.Series(_BOTH, communes)
    return found


# -- files --------------------------------------------------------------------------


def _geopackage(file: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    for layer, _ in pyogrio.list_layers(file):
        if layer == "layer_styles":
            continue  # how QGIS draws the others, as text
        frame = pyogrio.read_dataframe(file, layer=layer, read_geometry=False)
        if len(frame.columns) > 1:
            yield str(layer), frame.set_index(frame.columns[0])


def _parquet(file: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    frame = bare(pd.read_parquet(file))
    if isinstance(frame.index, pd.RangeIndex):
        frame = frame.set_index(frame.columns[0])
    yield file.stem, frame


def _csv(file: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    text = decoded(file.read_bytes())
    head = text.partition("\n")[0]
    mark = max(";,\t", key=head.count)
    yield file.stem, _table(rows_of(text, mark, file.name), 0)


def _workbook(file: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    with zipfile.ZipFile(file) as archive:
        shared = _shared(archive)
        signs = _signs(archive)
        for name, member in _sheets(archive):
            rows = _cells(archive, member, shared, signs)
            yield name, _table(rows, _header(rows))


_READERS: Final = {
    ".gpkg": _geopackage,
    ".parquet": _parquet,
    ".csv": _csv,
    ".xlsx": _workbook,
}


def _header(rows: list[list[str]]) -> int:
    """Return the row of the headers: the first one that is as wide as any."""
    wide = max((sum(bool(cell) for cell in row) for row in rows), default=0)
    wide_ones = [k for k, row in enumerate(rows) if sum(map(bool, row)) >= 0.6 * wide]
    return wide_ones[0] if wide_ones else 0


def _table(rows: list[list[str]], header: int) -> pd.DataFrame:
    """Return rows of text as numbers, with their states."""
    if len(rows) <= header + 1 or len(rows[header]) < 2:
        return pd.DataFrame(index=pd.Index([], dtype=str))
    names = rows[header]
    body = [row for row in rows[header + 1 :] if row and row[0]]
    index = pd.Index([row[0] for row in body], name=names[0])
    found: dict[str, list[object]] = {}
    for j, name in enumerate(names[1:], start=1):
        told = [_read(row[j] if j < len(row) else "") for row in body]
        if not name or name in found or _words(told):
            continue
        found[name] = [value for value, _ in told]
        if any(state for _, state in told):
            found[state_column(name)] = [state for _, state in told]
    return pd.DataFrame(found, index=index)


def _words(told: list[tuple[float, str]]) -> bool:
    """Tell whether a column is of words."""
    return any(state == "text" for _, state in told)


def _read(cell: str) -> tuple[float, str]:
    """Return the number of a cell, and what is said of it."""
    text = cell.strip().translate(_SPACES)
    if not text:
        return np.nan, ""
    if text in VOIDS.values():
        return np.nan, _STATES[text]
    sign = text[0] if text[0] in SIGNS.values() else ""
    bare_ = text.removeprefix(sign).removesuffix("%")
    if not _NUMBER.fullmatch(bare_):
        try:
            return float(bare_), _STATES.get(sign, "")
        except ValueError:
            return np.nan, "text"
    return float(bare_.replace(",", ".")), _STATES.get(sign, "")


# -- workbooks: a format says whether a number is a minimum --------------------------


def _xml(archive: zipfile.ZipFile, member: str) -> ET.Element:
    return ET.fromstring(archive.read(member))  # noqa: S314 - of our own folder


def _shared(archive: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    root = _xml(archive, "xl/sharedStrings.xml")
    return ["".join(t.text or "" for t in si.iter(f"{_MAIN}t")) for si in root]


def _signs(archive: zipfile.ZipFile) -> list[str]:
    """Return the sign that each style writes before its numbers."""
    root = _xml(archive, "xl/styles.xml")
    formats = {
        item.get("numFmtId"): item.get("formatCode", "")
        for item in root.iter(f"{_MAIN}numFmt")
    }
    styles = root.find(f"{_MAIN}cellXfs")
    found = []
    for style in styles if styles is not None else ():
        code = formats.get(style.get("numFmtId"), "")
        found.append(next((s for s in SIGNS.values() if s in code), ""))
    return found


def _sheets(archive: zipfile.ZipFile) -> list[tuple[str, str]]:
    book = _xml(archive, "xl/workbook.xml")
    links = {
        item.get("Id"): item.get("Target", "")
        for item in _xml(archive, "xl/_rels/workbook.xml.rels")
    }
    return [
        (sheet.get("name", ""), "xl/" + links[sheet.get(f"{_LINK}id")].lstrip("/"))
        for sheet in book.iter(f"{_MAIN}sheet")
    ]


def _cells(
    archive: zipfile.ZipFile, member: str, shared: list[str], signs: list[str]
) -> list[list[str]]:
    rows = []
    for row in _xml(archive, member.replace("xl/xl/", "xl/")).iter(f"{_MAIN}row"):
        cells: list[str] = []
        for cell in row.iter(f"{_MAIN}c"):
            at = _column(cell.get("r", "A1"))
            cells += [""] * (at + 1 - len(cells))
            cells[at] = _text(cell, shared, signs)
        rows.append(cells)
    return rows


def _text(cell: ET.Element, shared: list[str], signs: list[str]) -> str:
    value = cell.find(f"{_MAIN}v")
    if value is None or value.text is None:
        return "".join(t.text or "" for t in cell.iter(f"{_MAIN}t"))
    if cell.get("t") == "s":
        return shared[int(value.text)]
    style = int(cell.get("s", "0"))
    sign = signs[style] if style < len(signs) else ""
    return sign + value.text


def _column(reference: str) -> int:
    at = 0
    for letter in reference:
        if not letter.isalpha():
            break
        at = 26 * at + ord(letter.upper()) - 64
    return at - 1
