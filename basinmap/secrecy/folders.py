"""A folder of documents, read back as the tables that anybody can read in it."""

from __future__ import annotations

import json
import re
import sqlite3
import zipfile
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio

from basinmap.arguments import check_given, path_of
from basinmap.errors import BasinmapError, DataError
from basinmap.measures import state_column
from basinmap.secrecy.attacking import Attack, attack
from basinmap.secrecy.declared import headed, rules_for
from basinmap.secrecy.sheets import Given
from basinmap.sheets import decoded, rows_of
from basinmap.states import SIGNS, VOIDS
from basinmap.territory.embedded import labels
from basinmap.territory.memberships import membership
from basinmap.values.checks import with_read_states
from basinmap.values.told import bare

__all__ = ["check_secrecy", "published_in"]

_LISTED: Final = 5
"""Names that a sentence lists."""
_LOOKS: Final = (".png", ".svg", ".qml", ".qgz", ".sld", ".css", ".ttf", ".woff2")
"""Files that draw what others hold."""
_LEVELS: Final = ("commune", "epci", "scot", "arrondissement", "departement", "bassin")
_STATES: Final = {sign: state for state, sign in (*VOIDS.items(), *SIGNS.items())}
_NUMBER: Final = re.compile(r"-?\d+(?:[.,]\d+)?")
_CODE: Final = re.compile(r"\d[\dAB]\d{3,12}")
_SPACES: Final = str.maketrans("", "", " \u00a0\u202f")
_BOTH: Final = "59-62"
_BROKEN: Final = (BasinmapError, OSError, ValueError, KeyError, zipfile.BadZipFile)
_GUIDES: Final = ("/ lisez-moi", "/ dictionnaire", "/ sources", "/ graphiques")
"""Sheets that say what is in the others."""
_TITLED: Final = ("Colonne", "Nom dans les autres formats")
_MAIN: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


def check_secrecy(folder: str | Path) -> Attack:
    """
    Attack a folder: workbooks, GeoPackages, Parquet, CSV and web pages together.

    Every table of every file is read as a reader would, a figure that stands under two
    names being one, and each « s » is looked for.

    Parameters
    ----------
    folder
        What is about to be handed over.

    Returns
    -------
    Attack
        What falls; printed, a French report. Its `unread` says which files, columns
        and rows bear figures that could not be looked at, its `notes` what holds none
        of known territories.

    Raises
    ------
    DataError
        If there is no such folder, or no table in it.
    SecrecyError, MeasureError
        If a value is there that is said to be secret, or a word is no state.

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
    tables, unread, notes = published_in(folder)
    columns = {str(c) for table in tables.values() for c in table.columns}
    rules = {c: r for c, r in rules_for(columns).items() if r.most or r.least}
    found = attack(
        tables, hierarchies=_hierarchies(tables), rules=rules or None, zeros="shown"
    )
    return replace(found, notes=(*found.notes, *notes), unread=(*found.unread, *unread))


def published_in(
    folder: str | Path,
) -> tuple[dict[str, Given], list[str], list[str]]:
    """
    Return the tables of a folder, by level, what could not be read, what need not be.

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
    raw, unread = _raw(place)
    headings = {str(c) for table in raw.values() for c in table.columns}
    names = {**headed(headings), **_titles(place), **_names(raw)}
    tables: dict[str, Given] = {}
    for name, table in raw.items():
        told = with_read_states(_renamed(table, names), name)
        parts = {} if _is_numbered(table) else dict(_by_level(told))
        tables |= {f"{name} ({level})": part for level, part in parts.items()}
        if parts:
            unread += _unread_in(name, table)
    if not tables:
        msg = (
            f"{place}: no table of known territories in it; there must be one to check"
        )
        raise DataError(msg)
    left = [
        n
        for n in raw
        if not any(t.startswith(f"{n} (") for t in tables)
        and not n.lower().endswith(_GUIDES)
    ]
    hidden = set().union(*map(_hidden, tables.values()))
    same = [n for n in left if hidden & set(_numeric(_renamed(raw[n], names)))]
    if same:
        unread.append(
            "Chiffres dont certains sont secrets, sans territoires connus, non "
            f"vérifiés : {_few(same)}."
        )
    left = [n for n in left if n not in same]
    notes = _formats(place)
    if left:
        notes.append(f"Sans territoires connus, non vérifiés : {_few(left)}.")
    return tables, unread, notes


def _hidden(table: Given) -> set[str]:
    """Return the columns of a table in which something is secret."""
    told = {str(name): table[name] for name in table.columns}
    return {
        name
        for name in told
        if state_column(name) in told and (told[state_column(name)] == "secret").any()
    }


def _few(names: Sequence[str]) -> str:
    """Return the first names of a list, and how many others there are."""
    more = f" et {len(names) - _LISTED} autres" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def _formats(place: Path) -> list[str]:
    """Say which files are of no format that is read as a table."""
    kinds = Counter(
        file.suffix.lower()
        for file in place.rglob("*")
        if file.is_file() and file.suffix.lower() not in (*_READERS, *_LOOKS)
    )
    if not kinds:
        return []
    told = _few(
        [f"{kind or 'sans suffixe'} ({n})" for kind, n in sorted(kinds.items())]
    )
    return [f"Formats non lus, non vérifiés : {told}."]


def _unread_in(name: str, table: pd.DataFrame) -> list[str]:
    """Say which columns and rows of a table are not looked at, and could hold some."""
    found = []
    columns = _unread(table)
    if columns:
        found.append(f"Colonnes non lues, {name} : {_few(columns)}.")
    codes = table.index.astype(str)
    known = codes.isin(list({_BOTH}.union(*map(_codes, _LEVELS))))
    odd = [code or "sans nom" for code in codes[~known].unique()]
    if odd:
        found.append(f"Lignes de territoires inconnus, {name} : {_few(odd)}.")
    again = list(codes[known & codes.duplicated()].unique())
    if again:
        found.append(
            f"Lignes répétées, dont la première seule est vérifiée, {name} : "
            f"{_few(again)}."
        )
    return found


def _raw(place: Path) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """Return the tables of the files of a folder, and those that cannot be read."""
    raw: dict[str, pd.DataFrame] = {}
    unread = []
    for file in sorted(place.rglob("*")):
        reader = _READERS.get(file.suffix.lower())
        if reader is None or not file.is_file():
            continue
        try:
            raw |= {f"{file.name} / {k}": t for k, t in reader(file)}
        except _BROKEN as error:
            unread.append(f"Fichier illisible, non vérifié : {file.name} ({error}).")
    return raw, unread


# -- one name a figure --------------------------------------------------------------


def _names(raw: Mapping[str, pd.DataFrame]) -> dict[str, str]:
    """Return header to column, as the dictionary of a GeoPackage tells them."""
    found: dict[str, str] = {}
    for name, table in raw.items():
        if not name.lower().endswith("/ dictionnaire"):
            continue
        if set(_TITLED) <= set(table.columns):
            heading, column = (table[key].astype(str) for key in _TITLED)
            found = {**dict(zip(heading, column, strict=True)), **found}
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


def _renamed(table: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Return a table under the names of its figures; no two bear one name."""
    found: dict[str, str] = {}
    for name in map(str, table.columns):
        base = name.removesuffix("_state")
        known = names.get(name) or (
            state_column(names[base]) if base != name and base in names else name
        )
        found[name] = name if known in found.values() else known
    return table.rename(columns=found)


def _unread(table: pd.DataFrame) -> list[str]:
    """Return the columns of words that hold numbers, or signs, too."""
    read = {*_numeric(table), *_LEVELS}
    found = []
    for name in map(str, table.columns):
        told = table[name]
        if name in read or not isinstance(told, pd.Series) or name.endswith("_state"):
            continue
        cells = [str(cell) for cell in told.dropna() if str(cell).strip()]
        figures = [cell for cell in cells if _read(cell)[1] != "text"]
        if figures and not _are_codes(cells):
            found.append(name)
    return found


def _is_numbered(table: pd.DataFrame) -> bool:
    """Tell whether rows bear their number, as what GIS lays out does, and no code."""
    rows = table.index.astype(str).tolist()
    return len(rows) > 1 and rows == [str(k + 1) for k in range(len(rows))]


def _are_codes(cells: Sequence[str]) -> bool:
    """Tell whether words are codes: of communes, of their quarters, of a level."""
    if all(_CODE.fullmatch(cell) for cell in cells):
        return True
    return any(_codes(level).issuperset(cells) for level in _LEVELS)


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
        if name in _LEVELS or (base != name and base in table.columns):
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


def _titles(place: Path) -> dict[str, str]:
    """Return heading to column, as the files that programs read tell them."""
    found: dict[str, str] = {}
    for file in sorted(place.rglob("*")):
        try:
            if file.name == "datapackage.json":
                found |= _titles_of_package(file)
            elif file.suffix.lower() == ".parquet":
                fields = pq.read_schema(file)
                told = {f.name: (f.metadata or {}).get(b"title") for f in fields}
                found |= {t.decode(): name for name, t in told.items() if t}
            elif file.suffix.lower() == ".gpkg":
                found |= _titles_of_geopackage(file)
        except (*_BROKEN, pa.ArrowException, sqlite3.Error):
            continue  # told of where its values are read
    return found


def _titles_of_package(file: Path) -> dict[str, str]:
    told = json.loads(file.read_text(encoding="utf-8"))
    return {
        str(field["title"]): str(field["name"])
        for resource in told.get("resources", ())
        for field in resource.get("schema", {}).get("fields", ())
        if field.get("title")
    }


def _titles_of_geopackage(file: Path) -> dict[str, str]:
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as b:
        listed = "SELECT count(*) FROM sqlite_master WHERE name = 'gpkg_data_columns'"
        if not b.execute(listed).fetchone()[0]:
            return {}
        rows = b.execute("SELECT title, column_name FROM gpkg_data_columns").fetchall()
    return {str(title): str(name) for title, name in rows if title}


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
            head = _header(rows)
            if name.lower() == "dictionnaire" and rows:
                yield name, _words_of(rows[head:])
            else:
                yield name, _table(rows, head)


def _page(file: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    """Read what a web page of ours holds; other pages hold no table of codes."""
    found = _DATA.search(file.read_text(encoding="utf-8"))
    data = json.loads(found[1]) if found else {"levels": []}
    for level in data["levels"]:
        columns: dict[str, list[object]] = {}
        for one in data["indicators"]:
            views = one["levels"].get(level["id"], {}).get("views", {})
            # A rate is known by its name, which is that of one year: the last.
            years = list(views) if one["circled"] else list(views)[-1:]
            for year in years:
                columns |= _viewed(one, year, views[year])
        yield level["id"], pd.DataFrame(columns, index=pd.Index(level["codes"]))


def _viewed(one: dict, year: str, view: dict) -> dict[str, list[object]]:
    """Return the values of an indicator of one year, and what is said of them."""
    dated = one["circled"] and year and not one["column"].endswith(f"_{year}")
    name = f"{one['column']}_{year}" if dated else one["column"]
    scale = 10 ** one["decimals"]
    values: list[object] = [np.nan if v is None else v / scale for v in view["values"]]
    letters = view.get("states", "")
    told: list[object] = [_LETTERS.get(letter, "") for letter in letters]
    return {name: values, **({state_column(name): told} if letters else {})}


_DATA: Final = re.compile(r'<script type="application/json" id="data">(.*?)</script>')
_LETTERS: Final = {
    "s": "secret",
    "o": "not_applicable",
    "n": "not_available",
    "b": "lower_bound",
    "e": "estimated",
}
"""What a letter of a web page says of a value."""
_READERS: Final = {
    ".gpkg": _geopackage,
    ".fgb": _geopackage,
    ".parquet": _parquet,
    ".csv": _csv,
    ".html": _page,
    ".xlsx": _workbook,
}


def _words_of(rows: list[list[str]]) -> pd.DataFrame:
    """Return rows as text, under the first of them."""
    head = rows[0]
    body = [row + [""] * (len(head) - len(row)) for row in rows[1:]]
    return pd.DataFrame([row[: len(head)] for row in body], columns=head)


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
    body = [row for row in rows[header + 1 :] if any(cell.strip() for cell in row)]
    # A total often has a name and no code: its row counts.
    heads = [_spelt(row[0]) or next(filter(str.strip, row)) for row in body]
    index = pd.Index(heads, name=names[0])
    found: dict[str, list[object]] = {}
    for j, heading in enumerate(names[1:], start=1):
        cells = [row[j] if j < len(row) else "" for row in body]
        told = [_read(cell) for cell in cells]
        about = _about(heading, found)
        if about:
            # Of a CSV: the words themselves, beside their values.
            signs = found.get(state_column(about), [""] * len(cells))
            both = zip(cells, signs, strict=True)
            found[state_column(about)] = [cell.strip() or sign for cell, sign in both]
            continue
        again = not heading or heading in found
        name = f"{heading or '?'} [{j + 1}]" if again else heading
        if _words(told):
            found[name] = list(cells)
            continue
        found[name] = [value for value, _ in told]
        if any(state for _, state in told):
            found[state_column(name)] = [state for _, state in told]
    return pd.DataFrame(found, index=index)


def _spelt(cell: str) -> str:
    """Return the first cell of a row; of a code, without spaces between its digits."""
    bare_ = cell.strip().translate(_SPACES)
    return bare_ if bare_.isdigit() else cell.strip()


def _about(heading: str, found: Collection[str]) -> str | None:
    """Return the column that a heading says the states of."""
    for ending in ("_state", " : statut"):
        size = len(heading) - len(ending)
        if " ".join(heading.split()).casefold().endswith(ending):
            base = heading[:size].casefold()
            return next((name for name in found if name.casefold() == base), None)
    return None


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
