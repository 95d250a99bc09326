"""What a GeoPackage says of itself: styles, dictionary, domains, metadata."""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from basinmap.export.descriptions import STATE_TEXTS, Description
from basinmap.export.metadata import ISO, QGIS, About, iso_of, qgis_record_of
from basinmap.export.qgis.marks import Look
from basinmap.export.qgis.references import crs_element
from basinmap.export.qgis.styles import (
    Names,
    Rule,
    Style,
    literal,
    qml_of,
    quoted,
    sld_of,
)
from basinmap.values.cells import Cells

__all__ = ["STYLES", "Record", "plain_style", "tip_of", "write_records"]

STYLES: Final = "layer_styles"
"""The table where QGIS looks for styles."""
_STATES: Final = "statut_des_valeurs"
_PERCENT: Final = "pour_cent_0_100"
_COMMUNE: Final = "code_insee_commune"
_COMMUNES: Final = re.compile(r"\d{2}\d{3}|2[AB]\d{3}")
_LONGEST: Final = 30  # of the name of a style
_TOLD: Final = 10  # figures under the pointer

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS gpkg_extensions (
  table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL,
  definition TEXT NOT NULL, scope TEXT NOT NULL,
  CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name));
CREATE TABLE IF NOT EXISTS gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT,
  description TEXT, mime_type TEXT, constraint_name TEXT,
  CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
  CONSTRAINT gdc_tn UNIQUE (table_name, name));
CREATE TABLE IF NOT EXISTS gpkg_data_column_constraints (
  constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT,
  min NUMERIC, min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN,
  description TEXT,
  CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));
CREATE TABLE IF NOT EXISTS gpkg_metadata (
  id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL,
  md_scope TEXT NOT NULL DEFAULT 'dataset', md_standard_uri TEXT NOT NULL,
  mime_type TEXT NOT NULL DEFAULT 'text/xml', metadata TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS gpkg_metadata_reference (
  reference_scope TEXT NOT NULL, table_name TEXT, column_name TEXT,
  row_id_value INTEGER,
  timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),
  md_file_id INTEGER NOT NULL, md_parent_id INTEGER,
  CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id),
  CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id));
CREATE TABLE IF NOT EXISTS layer_styles (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256),
  f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
  styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN,
  description TEXT, owner TEXT(30), ui TEXT(30),
  update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')));
"""
_SCHEMA: Final = "http://www.geopackage.org/spec120/#extension_schema"
_METADATA: Final = "http://www.geopackage.org/spec120/#extension_metadata"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """
    What is to be said of a table of a GeoPackage.

    Attributes
    ----------
    table
        Its name.
    cells
        Its columns, as they are written.
    columns
        What they are.
    about
        What it is.
    styles
        How it may be drawn, the first by default; none of a table without shapes.
    """

    table: str
    cells: Sequence[Cells]
    columns: Mapping[str, Description]
    about: About
    styles: tuple[Style, ...] = ()


def write_records(
    path: Path, records: Sequence[Record], about: About, date: dt.date
) -> None:
    """
    Write what a GeoPackage says of itself.

    Parameters
    ----------
    path
        A whole GeoPackage.
    records
        One a table.
    about
        What the file is.
    date
        Of making.
    """
    now = f"{date.isoformat()}T00:00:00.000Z"
    with closing(sqlite3.connect(path)) as base, base:
        # One commit, whatever Python makes of scripts.
        for statement in filter(str.strip, _TABLES.split(";\n")):
            base.execute(statement)
        _write_extensions(base)
        _write_domains(base, records)
        for record in records:
            _write_columns(base, record)
        _write_metadata(base, records, about, now)
        _write_styles(base, records, now)


def _write_extensions(base: sqlite3.Connection) -> None:
    rows = [
        (table, None, name, where, "read-write")
        for name, where, tables in (
            (
                "gpkg_schema",
                _SCHEMA,
                ("gpkg_data_columns", "gpkg_data_column_constraints"),
            ),
            ("gpkg_metadata", _METADATA, ("gpkg_metadata", "gpkg_metadata_reference")),
        )
        for table in tables
    ]
    base.executemany("INSERT INTO gpkg_extensions VALUES (?, ?, ?, ?, ?)", rows)


def _write_domains(base: sqlite3.Connection, records: Sequence[Record]) -> None:
    """Write the values that columns may hold, where some column is of that kind."""
    used = {
        _domain(record.columns[cells.name], cells)
        for record in records
        for cells in record.cells
        if cells.name in record.columns
    }
    rows: list[tuple[object, ...]] = []
    none = (None, None, None, None)
    if _STATES in used:
        texts = {"": "Valeur entière", **STATE_TEXTS}
        rows += [(_STATES, "enum", key, *none, text) for key, text in texts.items()]
    if _PERCENT in used:
        rows.append((_PERCENT, "range", None, 0, 1, 100, 1, "De 0 à 100 %"))
    if _COMMUNE in used:
        shape = "[0-9][0-9AB][0-9][0-9][0-9]"
        rows.append((_COMMUNE, "glob", shape, *none, "Code Insee d'une commune"))
    base.executemany(
        "INSERT INTO gpkg_data_column_constraints VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )


def _domain(column: Description, cells: Cells) -> str | None:
    """Return the name of the values that a column may hold, if they are known."""
    held = cells.held.dropna()
    if column.role == "state":
        return _STATES if set(held) <= {"", *STATE_TEXTS} else None
    if column.kind == "ratio" and column.unit == "%" and len(held):
        within = (held >= 0).all() and (held <= 100).all()
        return _PERCENT if within else None
    if column.name == "commune" and cells.kind == "text" and len(held):
        return _COMMUNE if held.map(_is_commune).all() else None
    return None


def _is_commune(code: str) -> bool:
    return _COMMUNES.fullmatch(code) is not None


def _write_columns(base: sqlite3.Connection, record: Record) -> None:
    """Write the French name of each column: `name` is what GDAL shows of it."""
    rows = [
        (
            record.table,
            cells.name,
            column.heading,
            column.heading,
            column.text or None,
            None,
            _domain(column, cells),
        )
        for cells in record.cells
        if (column := record.columns.get(cells.name)) is not None
    ]
    base.executemany("INSERT INTO gpkg_data_columns VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def _write_metadata(
    base: sqlite3.Connection, records: Sequence[Record], about: About, now: str
) -> None:
    """Write the record of the file, then two of each table."""
    texts: list[tuple[str, str, str | None]] = [(ISO, iso_of(about), None)]
    for record in records:
        crs = crs_element(record.about.crs) if record.about.crs else ""
        texts += [
            (QGIS, qgis_record_of(record.about, crs), record.table),
            (ISO, iso_of(record.about), record.table),
        ]
    for key, (standard, text, table) in enumerate(texts, start=1):
        base.execute(
            "INSERT INTO gpkg_metadata VALUES (?, 'dataset', ?, 'text/xml', ?)",
            (key, standard, text),
        )
        base.execute(
            "INSERT INTO gpkg_metadata_reference VALUES (?, ?, NULL, NULL, ?, ?, ?)",
            ("table" if table else "geopackage", table, now, key, 1 if table else None),
        )


def _write_styles(
    base: sqlite3.Connection, records: Sequence[Record], now: str
) -> None:
    contents = (
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, "
        "last_change) VALUES (?, 'attributes', ?, '', ?)"
    )
    base.execute(contents, (STYLES, STYLES, now))
    for record in records:
        names = _short_names(record)
        for place, (style, name) in enumerate(zip(record.styles, names, strict=True)):
            base.execute(
                "INSERT INTO layer_styles (f_table_catalog, f_table_schema, "
                "f_table_name, f_geometry_column, styleName, styleQML, styleSLD, "
                "useAsDefault, description, owner, ui, update_time) "
                "VALUES ('', '', ?, 'geom', ?, ?, ?, ?, ?, '', NULL, ?)",
                (
                    record.table,
                    name,
                    qml_of(style, record.columns.values()),
                    sld_of(style, record.table),
                    place == 0,
                    f"{style.name} (table {record.table})",
                    now,
                ),
            )


def _short_names(record: Record) -> Iterator[str]:
    """Return names of thirty signs at most, no two alike in a file."""
    given: set[str] = set()
    for style in record.styles:
        stem = f"{record.table[:9]} : {style.name}"
        name, again = stem[:_LONGEST].strip(), 1
        while name in given:
            again += 1
            name = f"{stem[: _LONGEST - 3].strip()} {again}"
        given.add(name)
        yield name


# -- a style for what no map has drawn -------------------------------------------------


def plain_style(
    table: str, title: str, kind: str, columns: Mapping[str, Description]
) -> Style:
    """
    Return how a layer is drawn that no plate shows: pale, its names written.

    Parameters
    ----------
    table
        Its name.
    title
        French.
    kind
        `"marker"`, `"line"` or `"fill"`.
    columns
        What its columns are.
    """
    looks = {
        "marker": Look(
            kind="marker", color="#b3123f", edge="#ffffff", width=0.2, size=3.0
        ),
        "line": Look(kind="line", color="#1f2430", width=0.3),
        "fill": Look(color="#f3f1ec", edge="#8a8f99", width=0.2),
    }
    look = looks[kind]
    if kind == "fill" and "outer" in columns:
        # Rings and isochrones lie over the rest: their edge alone is drawn.
        look = Look(edge="#1f2430", width=0.3)
    named = next((name for name in ("name", "label") if name in columns), "")
    names = None
    if named:
        names = Names(
            expression=quoted(named),
            family="Fira Sans Condensed",
            size=7.0,
            color="#1f2430",
            kind=kind,
        )
    return Style(
        name=title or table,
        rules=(Rule(label=title or table, look=look),),
        kind=kind,
        names=names,
        tip=tip_of(columns),
        display=quoted(named) if named else "",
    )


def tip_of(columns: Mapping[str, Description]) -> str:
    """
    Return what is shown of a row under the pointer.

    Parameters
    ----------
    columns
        What the columns are.
    """
    named = next((name for name in ("name", "label") if name in columns), "")
    lines = [f"<b>[% {quoted(named)} %]</b>"] if named else []
    figures = [one for one in columns.values() if one.role == "value" and one.kind]
    # Rates first: the counts that they are made of are many.
    figures.sort(key=lambda one: one.kind == "stock")
    lines += [
        f"{one.heading} : [% {figure(one, columns)} %]" for one in figures[:_TOLD]
    ]
    return "<br>".join(lines)


def figure(column: Description, columns: Mapping[str, Description]) -> str:
    """
    Return the expression that writes a value in French, or what it lacks.

    Parameters
    ----------
    column
        What the value is.
    columns
        What the columns of the table are, that of states among them.
    """
    name = quoted(column.name)
    decimals = column.decimals if column.decimals is not None else 0
    if column.decimals is None and column.kind not in ("", "stock"):
        decimals = 1
    if column.decimals is None and "km²" in column.unit:
        decimals = 2
    written = f"replace(format_number({name}, {decimals}, 'fr'), '-', '−')"
    if column.kind == "growth":
        # A growth without its sign is read as a level.
        written = f"if(round({name}, {decimals}) > 0, '+', '') || {written}"
    lacking = literal("n.d.")
    told = next((one for one in columns.values() if one.of == column.name), None)
    if told is not None:
        state = quoted(told.name)
        lacking = (
            f"CASE WHEN {state} = 'secret' THEN 's' "
            f"WHEN {state} = 'not_applicable' THEN 's.o.' ELSE 'n.d.' END"
        )
        written = (
            f"CASE WHEN {state} = 'lower_bound' THEN '≥\u202f' "
            f"WHEN {state} = 'estimated' THEN '≈\u202f' ELSE '' END || {written}"
        )
    return f"CASE WHEN {name} IS NULL THEN {lacking} ELSE {written} END"
