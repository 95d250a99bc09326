"""Tables for programs: CSV with an explicit schema (Data Package 2.0)."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pandas as pd

from basinmap.arguments import check_given, day_of, text_of
from basinmap.errors import DataError, culprits
from basinmap.export.contents import Content, Field, content_of, table_from
from basinmap.export.csv_files import check_same
from basinmap.export.descriptions import STATE_TEXTS
from basinmap.staging import check_folder, refusal, staged_folder
from basinmap.values.cells import Cells
from basinmap.windows import named_anywhere

__all__ = ["slug", "write_data_package"]

DESCRIPTOR: Final = "datapackage.json"
_PROFILES: Final = "https://datapackage.org/profiles/2.0/"
_TYPES: Final = {
    "text": "string",
    "whole": "integer",
    "real": "number",
    "truth": "boolean",
    "day": "date",
    "moment": "datetime",
}
_OPEN: Final = {
    "name": "etalab-2.0",
    "title": "Licence Ouverte / Open Licence 2.0",
    "path": "https://www.etalab.gouv.fr/licence-ouverte-open-licence/",
}
_LICENCE: Final = re.compile(r"^[-a-zA-Z0-9._]+$")


def write_data_package(
    out: str | Path,
    tables: Mapping[str, pd.DataFrame | pd.Series],
    *,
    title: str = "",
    licence: str = "etalab-2.0",
    date: str | dt.date | None = None,
) -> Path:
    """
    Write tables for programs: a folder of CSV and the schema of their columns.

    Commas, decimal points, UTF-8 without mark, days and moments in ISO 8601. What is
    missing is empty; a column `<column>_state` says why, and what is to be said of the
    others. `datapackage.json` says the type of each column, so that no code becomes a
    number, its French title, unit, year and source.

    Parameters
    ----------
    out
        A folder, made if it is missing.
    tables
        Name to table, or to a series; the index becomes the first column, and its key
        where each code stands once.
    title
        Of the whole.
    licence
        Identifier of a licence, or where it is to be read.
    date
        Day of making; none is written by default.

    Returns
    -------
    Path
        The descriptor, `datapackage.json`.

    Raises
    ------
    DataError
        If there is no table, two names make one file, a value is one that no file
        holds, or a column holds texts that are empty and values that are missing: a CSV
        does not tell them apart.
    SecrecyError, MeasureError
        If a value is there that is said to be secret, or missing.
    OutputError
        If the folder cannot be written.

    See Also
    --------
    write_csv : For a French spreadsheet.

    Examples
    --------
    >>> import basinmap as bm, tempfile, pathlib, json
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> rate = bm.compute("L04", bm.statistics(epci="call"))
    >>> path = bm.write_data_package(folder / "vacance", {"communes": rate})
    >>> resource = json.loads(path.read_text(encoding="utf-8"))["resources"][0]
    >>> resource["path"], [field["type"] for field in resource["schema"]["fields"]]
    ('communes.csv', ['string', 'number'])
    """
    check_given(write_data_package, locals())
    if not tables:
        msg = "nothing to write: give at least one table, {'communes': table}"
        raise DataError(msg)
    check_folder(out)
    title = text_of(title, "title")
    day = None if date is None else day_of(date)
    names = _file_names(tables)
    files: dict[str, bytes] = {}
    resources = []
    for key, given in tables.items():
        what = f"table {key!r}"
        content = content_of(table_from(given, what, name=key), what)
        raw = _csv_of(content)
        files[f"{names[key]}.csv"] = raw
        resources.append(_resource(names[key], key, content, raw))
    descriptor = {
        "$schema": f"{_PROFILES}datapackage.json",
        "name": slug(title) or slug(Path(out).name) or "tables",
        **({"title": title} if title else {}),
        **({"created": f"{day.isoformat()}T00:00:00Z"} if day else {}),
        "licenses": [_licence(licence)],
        "resources": resources,
    }
    text = json.dumps(descriptor, ensure_ascii=False, indent=2) + "\n"
    files[DESCRIPTOR] = text.encode("utf-8")
    with staged_folder(out) as folder:
        _write_all(folder, files, Path(out))
    return Path(out) / DESCRIPTOR


def _write_all(folder: Path, files: Mapping[str, bytes], out: Path) -> None:
    """Write files, and read each back: a full disk is not always told."""
    try:
        for name, raw in files.items():
            (folder / name).write_bytes(raw)
            check_same(raw, folder / name)
    except OSError as error:
        raise refusal(out, error) from error


def _file_names(tables: Mapping[str, object]) -> dict[str, str]:
    """Return the name of the file of each table, as a descriptor may bear it."""
    found = {key: slug(key) for key in tables}
    void = [key for key, name in found.items() if not name]
    if void:
        msg = f"names of tables: {culprits(void)} have no letter or digit; rename them"
        raise DataError(msg)
    if len({*found.values()}) < len(found):
        msg = f"names of tables that make one file: {culprits(found)}; rename one"
        raise DataError(msg)
    return found


def slug(text: str) -> str:
    """
    Return a text as the name of a file, or of a thing in a descriptor.

    Parameters
    ----------
    text
        Any text.

    Examples
    --------
    >>> slug("Communes de l'agglomération")
    'communes-de-l-agglomeration'
    """
    plain = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "oe"))
    bare = "".join(sign for sign in plain if not unicodedata.combining(sign)).lower()
    return named_anywhere(re.sub(r"[^a-z0-9_]+", "-", bare).strip("-")[:80])


def _licence(licence: str) -> dict[str, str]:
    if licence in ("etalab-2.0", "Licence Ouverte 2.0", ""):
        return dict(_OPEN)
    if licence.startswith(("http://", "https://")):
        return {"path": licence}
    if not _LICENCE.match(licence):
        msg = (
            f"licence: {licence!r} is neither an identifier, such as 'etalab-2.0' or "
            "'ODbL-1.0', nor the address where it is to be read"
        )
        raise DataError(msg)
    return {"name": licence}


# -- schema ---------------------------------------------------------------------------


def _resource(name: str, key: str, content: Content, raw: bytes) -> dict[str, Any]:
    fields = [_field(field) for field in content.fields]
    codes = content.codes.cells
    schema: dict[str, Any] = {
        "$schema": f"{_PROFILES}tableschema.json",
        "fields": fields,
        "missingValues": [""],
    }
    if codes.held.is_unique and not codes.held.isna().any() and len(codes.held):
        schema["primaryKey"] = [codes.name]
    sources = [{"title": line} for line in content.sources]
    return {
        "name": name,
        "type": "table",
        "path": f"{name}.csv",
        "title": content.title or key,
        **({"description": content.note} if content.note else {}),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(raw),
        "hash": f"sha256:{hashlib.sha256(raw).hexdigest()}",
        **({"sources": sources} if sources else {}),
        "dialect": {
            "delimiter": ",",
            "lineTerminator": "\r\n",
            "quoteChar": '"',
            "doubleQuote": True,
            "header": True,
        },
        "schema": schema,
    }


def _field(field: Field) -> dict[str, Any]:
    told, cells = field.description, field.cells
    found: dict[str, Any] = {
        "name": cells.name,
        "type": _TYPES[cells.kind],
        "title": told.heading,
    }
    if told.text:
        found["description"] = told.text
    more = {"unit": told.unit, "vintage": told.vintage, "measure": told.kind}
    found |= {key: text for key, text in more.items() if text}
    if told.role == "state":
        others = [s for s in dict.fromkeys(cells.held.dropna()) if s not in STATE_TEXTS]
        found["stateOf"] = told.of
        found["constraints"] = {"enum": [*STATE_TEXTS, *others]}
    elif cells.kind == "text" and (cells.held == "").any():
        # Here an empty text is a text: none of this column is missing.
        found["missingValues"] = []
    return found


# -- cells ----------------------------------------------------------------------------


def _csv_of(content: Content) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([field.cells.name for field in content.fields])
    columns = [_column(field.cells, content.what) for field in content.fields]
    writer.writerows(zip(*columns, strict=True))
    return text.getvalue().encode("utf-8")


def _column(cells: Cells, what: str) -> list[str]:
    """Return the cells of a column as the types of a schema are written."""
    held, gone = cells.held, cells.held.isna().tolist()
    if cells.kind == "text":
        void = held[held == ""]
        if len(void) and any(gone):
            msg = (
                f"{what}: column {cells.name!r}: {len(void)} empty text(s) at "
                f"{culprits(void.index)} and {sum(gone)} missing value(s), which a CSV "
                "does not tell apart; write bm.write_parquet, or empty both"
            )
            raise DataError(msg)
    return [
        "" if absent else _written(value)
        for value, absent in zip(held.tolist(), gone, strict=True)
    ]


def _written(value: Any) -> str:  # noqa: ANN401 - a cell of any kind
    """Write a value so that it is read back the same."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)
