"""
Producers' files gone wrong: a named error, or the right figures, never others.

Each fixture is cut, re-saved, shifted, disguised in three hundred ways. What is read of
a corrupted file must be what is read of the sound one, wherever it is read at all. A
few of each way are tried by default, all of them where `BASINMAP_FUZZ` is `all`.
"""

from __future__ import annotations

import functools
import gzip
import io
import os
import random
import warnings
import zipfile
import zlib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import basinmap as bm
from basinmap.errors import BasinmapError, DataError
from basinmap.values.told import carry

DATA = Path(__file__).parent / "data" / "sources"
POSITIONS = "GeolocalisationEtablissement_Sirene_pour_etudes_statistiques_utf8.csv"
FILES = sorted(path.name for path in DATA.iterdir())
# Read as points; those that have counts too are read both ways.
POINTS = {
    "adresses-62.csv": {},
    POSITIONS: {},
    "dpe03existant.csv": {},
    "RPLS_detail_2025.csv": {},
    "StockEtablissement_utf8.csv": {"positions": DATA / POSITIONS},
}
CASES = [
    *((name, "points") for name in POINTS),
    *((name, "counts") for name in FILES if name not in {"adresses-62.csv", POSITIONS}),
]
# A row is a thing or a person: cut between two of them, a register is another one, and
# nothing in it says how many there were.
REGISTERS = {
    "dpe03existant.csv",
    "RPLS_detail_2025.csv",
    "StockEtablissement_utf8.csv",
    "FD_MIGCOM_2021.csv",
    "FD_MOBPRO_2021.csv",
    "geo-dvf-62-2023.csv",
    "ValeursFoncieres-2023.txt",
    "sitadel_mensuel.csv",
}
WHOLE = os.environ.get("BASINMAP_FUZZ") == "all"
FEW = 2


def text_of(name):
    raw = (DATA / name).read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252")


def mark_of(text):
    head = text.splitlines()[min(1, len(text.splitlines()) - 1)]
    return max(";,|\t", key=head.count)


def joined(rows, mark, end="\n"):
    return (end.join(mark.join(row) for row in rows) + end).encode()


def split(text):
    mark = mark_of(text)
    return [line.split(mark) for line in text.splitlines()], mark


# -- ways to go wrong: each yields a label, a suffix and bytes ------------------------


def cut(text):
    """Cut anywhere, as a fetch that was interrupted."""
    raw = text.encode()
    places = random.Random(1).sample(range(1, len(raw)), min(80, len(raw) - 1))  # noqa: S311
    for at in places:
        yield f"cut at {at}", ".csv", raw[:at]
    for at in places:
        yield f"a page from {at} on", ".csv", raw[:at] + b"<html>504</html>\n"


def separators(text):
    """Save with another separator, wholly or from some line on."""
    rows, mark = split(text)
    for other in set(";,|\t :") - {mark}:
        yield f"{other!r} for {mark!r}", ".csv", joined(rows, other)
        half = len(rows) // 2
        mixed = joined(rows[:half], mark) + joined(rows[half:], other)
        yield f"half {other!r}", ".csv", mixed
        for at in range(min(len(rows), 8)):
            some = [
                (other if i == at else mark).join(row) for i, row in enumerate(rows)
            ]
            yield f"{other!r} in row {at}", ".csv", ("\n".join(some) + "\n").encode()
    yield "two separators", ".csv", joined(rows, mark * 2)


def encodings(text):
    """Save in encodings that are not announced, or are so twice."""
    for name in ("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "cp850"):
        yield name, ".csv", text.encode(name, errors="replace")
    yield "marked twice", ".csv", b"\xef\xbb\xbf\xef\xbb\xbf" + text.encode()
    yield "read as Latin-1", ".csv", text.encode().decode("latin-1").encode()
    yield "a zero byte", ".csv", text.encode() + b"\0"
    yield "no encoding", ".csv", text.encode() + b"\x81\x8d\n"


def columns(text):
    """Lose, double or move a column, in the header, the rows, or both."""
    rows, mark = split(text)
    width = len(max(rows[:3], key=len))
    for at in random.Random(2).sample(range(width), min(12, width)):  # noqa: S311
        lost = [row[:at] + row[at + 1 :] for row in rows]
        yield f"column {at} lost", ".csv", joined(lost, mark)
        yield f"name {at} lost", ".csv", joined([lost[0], *rows[1:]], mark)
        yield f"cells {at} lost", ".csv", joined([rows[0], *lost[1:]], mark)
        twice = [row[:at] + row[at : at + 1] * 2 + row[at + 1 :] for row in rows]
        yield f"column {at} doubled", ".csv", joined(twice, mark)
        yield f"name {at} doubled", ".csv", joined([twice[0], *rows[1:]], mark)
        for one in {1, len(rows) // 2, len(rows) - 1}:
            shifted = [*rows[:one], lost[one], *rows[one + 1 :]]
            yield f"row {one} without cell {at}", ".csv", joined(shifted, mark)
            longer = [*rows[:one], twice[one], *rows[one + 1 :]]
            yield f"row {one} with cell {at} twice", ".csv", joined(longer, mark)


def numbers(text):
    """Write numbers as text, in the ways of spreadsheets."""
    rows, mark = split(text)
    ways = {
        "quoted": lambda cell: f'"{cell}"',
        "formula": lambda cell: f'="{cell}"',
        "spaced": lambda cell: f" {cell} ",
        "apostrophe": lambda cell: f"'{cell}",
        "unit": lambda cell: f"{cell} €",
        "no-break": lambda cell: f"{cell}\u00a0",
        "comma": lambda cell: cell.replace(".", ","),
        "point": lambda cell: cell.replace(",", "."),
        "power": lambda cell: f"{float(cell):E}" if cell.isdigit() else cell,
        "decimal": lambda cell: f"{cell}.0" if cell.isdigit() else cell,
        "dashes": lambda cell: cell or "-",
        "n/a": lambda cell: cell or "#N/A",
        "thousands": lambda cell: f"{int(cell):,}" if cell.isdigit() else cell,
        "french": lambda cell: (
            f"{int(cell):,}".replace(",", "\u202f") if cell.isdigit() else cell
        ),
    }
    for name, way in ways.items():
        changed = [rows[0], *([row[0], *map(way, row[1:])] for row in rows[1:])]
        yield name, ".csv", joined(changed, mark)
        for at in range(1, min(10, len(rows[0]))):
            some = [
                [way(c) if i == at else c for i, c in enumerate(row)]
                for row in rows[1:]
            ]
            yield f"{name} in column {at}", ".csv", joined([rows[0], *some], mark)
        if name == "quoted":
            yield "all quoted", ".csv", joined([list(map(way, r)) for r in rows], mark)


def lines(text):
    """Put lines in, take lines out, end them otherwise."""
    rows, mark = split(text)
    blank = [[""] * len(rows[0])]
    total = [["Total", *[""] * (len(rows[0]) - 1)]]
    yield "blank lines", ".csv", joined([r for row in rows for r in (row, [])], mark)
    yield "empty rows", ".csv", joined([*rows, *blank * 3], mark)
    yield "a total", ".csv", joined([*rows, *total], mark)
    yield "a note", ".csv", joined([*rows, ["Source : Insee"]], mark)
    yield "titles", ".csv", joined([["Titre"], [""], *rows], mark)
    yield "rows twice", ".csv", joined([*rows, *rows[1:]], mark)
    yield "header twice", ".csv", joined([*rows, *rows], mark)
    yield "no header", ".csv", joined(rows[1:], mark)
    yield "header alone", ".csv", joined(rows[:1], mark)
    yield "old Mac", ".csv", joined(rows, mark, "\r")
    yield "Windows", ".csv", joined(rows, mark, "\r\n")
    opened = [rows[0], ['"' + rows[1][0], *rows[1][1:]], *rows[2:]]
    yield "a quote opened", ".csv", joined(opened, mark)
    last = [*rows[:-1], [*rows[-1][:-1], '"' + rows[-1][-1]]]
    yield "a last quote opened", ".csv", joined(last, mark)
    yield "backwards", ".csv", joined([rows[0], *rows[:0:-1]], mark)
    codes = [rows[0], *([row[0].lstrip("0"), *row[1:]] for row in rows[1:])]
    yield "zeros lost", ".csv", joined(codes, mark)


def disguises(text):
    """Give something else under the name of the file."""
    raw = text.encode()
    page = b"<!DOCTYPE html><html><body><h1>503</h1></body></html>"
    yield "a page", ".csv", page
    yield "a page after blanks", ".csv", b"\n\n  " + page
    yield "an error of a service", ".csv", b'{"error": "not found"}'
    yield "empty", ".csv", b""
    yield "blank", ".csv", b" \n\n \n"
    yield "a word", ".csv", b"introuvable\n"
    yield "a PDF", ".csv", b"%PDF-1.7\n" + raw
    yield "a zip", ".csv", zipped({"a.csv": raw})
    yield "a text as xlsx", ".xlsx", raw
    yield "a zip as xlsx", ".xlsx", zipped({"a.csv": raw})
    yield "a text as ods", ".ods", raw
    yield "a text as zip", ".zip", raw
    yield "a text as gz", ".csv.gz", raw
    yield "another suffix", ".parquet", raw
    yield "xls", ".xls", b"\xd0\xcf\x11\xe0" + raw


def archives(text):
    """Pack, and pack badly."""
    raw = text.encode()
    sound = zipped({"a.csv": raw})
    yield "one member", ".zip", sound
    yield "in a folder", ".zip", zipped({"b/a.csv": raw})
    yield "with a dictionary", ".zip", zipped({"a.csv": raw, "meta_a.csv": b"x;y\n"})
    yield "two tables", ".zip", zipped({"a.csv": raw, "b.csv": raw})
    yield "no table", ".zip", zipped({"a.png": raw})
    yield "nothing", ".zip", zipped({})
    for name in ("../a.csv", "/tmp/a.csv", "..\\a.csv", "b/../../a.csv"):  # noqa: S108
        yield name, ".zip", zipped({name: raw})
    for at in range(20, len(sound), max(len(sound) // 12, 1)):
        yield f"zip cut at {at}", ".zip", sound[:at]
        yield f"zip changed at {at}", ".zip", flipped(sound, at)
    yield "bomb", ".zip", zipped({"a.csv": raw + b"\n" * 4_000_000})
    packed = gzip.compress(raw)
    yield "gz", ".csv.gz", packed
    yield "gz cut", ".csv.gz", packed[: len(packed) // 2]
    yield "gz bomb", ".csv.gz", gzip.compress(raw + b"\n" * 4_000_000)
    yield "deflate alone", ".csv.gz", zlib.compress(raw)


def zipped(members):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in members.items():
            archive.writestr(zipfile.ZipInfo(name), raw, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def flipped(raw, at):
    return raw[:at] + bytes([raw[at] ^ 0x55]) + raw[at + 1 :]


WAYS = [
    cut,
    separators,
    encodings,
    columns,
    numbers,
    lines,
    disguises,
    archives,
]


# -- the property -------------------------------------------------------------------


def read(path, name, kind):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if kind == "points":
            return bm.read_points(path, **POINTS[name])
        return bm.read_source(path)


@functools.cache
def sound_of(name, kind):
    return read(DATA / name, name, kind)


def variants(name):
    """Yield each variant of a file once, with the way it goes wrong."""
    seen = set()
    for way in WAYS:
        for label, suffix, raw in way(text_of(name)):
            if (suffix, raw) not in seen and not (
                way is cut and name in REGISTERS and raw.endswith(b"\n")
            ):
                seen.add((suffix, raw))
                yield way, label, suffix, raw


def tried(name):
    """Return all variants, or a few of each way."""
    found = list(variants(name))
    if WHOLE:
        return found
    chance = random.Random(name)  # noqa: S311
    ways = [[item for item in found if item[0] is way] for way in WAYS]
    return [item for some in ways for item in chance.sample(some, FEW)]


def keyed(table):
    """Return a table on what names its rows: codes, pairs, or all that they hold."""
    if isinstance(table, gpd.GeoDataFrame):
        table = table.assign(x=table.geometry.x, y=table.geometry.y)
        table = pd.DataFrame(table.drop(columns="geometry"))
        if table.index.name == "dwelling":
            table.index = table.astype(str).agg("|".join, axis=1)
        return table
    if "origin" in table:
        return carry(table.set_index(["origin", "destination"]), table)
    return table


def unlike(found, sound):
    """Return the first point that is not one of the sound file."""
    strange = found.index.difference(sound.index)
    if len(strange):
        return f"key {strange[0]}"
    first = sound[~sound.index.duplicated()].loc[found.index]
    lost = found.columns.difference(sound.columns)
    if len(lost):
        return f"columns {list(lost)}"
    for column in found:
        if not (found[column].to_numpy() == first[column].to_numpy()).all():
            return f"{column}: {found[column].tolist()}"
    return ""


def wrong(found, sound, *, long=False):
    """
    Return the first figure that is not that of the sound file.

    A long file that lost a row, or its statuses, has a figure less: it is missing, and
    said not to be available.
    """
    points = isinstance(sound, gpd.GeoDataFrame)
    found, sound = keyed(found), keyed(sound)
    if points:
        return unlike(found, sound)
    strange = found.index.difference(sound.index)
    if len(strange):
        return f"code {strange[0]}"
    for column in bm.measures_of(found):
        if column not in sound:
            return f"column {column}"
        rows = found.index
        if long:
            rows = rows[bm.states_of(found, column) != "not_available"]
        values = sound.loc[rows, column]
        if not np.allclose(found.loc[rows, column], values, equal_nan=True, rtol=1e-12):
            return f"{column}: {found[column].tolist()} for {values.tolist()}"
        states = bm.states_of(sound, column)[rows]
        if not bm.states_of(found, column)[rows].equals(states):
            return f"states of {column}"
    return ""


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_a_file_gone_wrong_gives_a_named_error_or_the_right_figures(
    name, kind, tmp_path
):
    sound = sound_of(name, kind)
    stem = name.split(".")[0]
    silent = []
    for _, label, suffix, raw in tried(name):
        path = tmp_path / f"{stem}{suffix}"
        path.write_bytes(raw)
        try:
            found = read(path, name, kind)
        except BasinmapError:
            continue
        told = wrong(found, sound, long=name.startswith("DS_"))
        silent += [f"{label}: {told}"] if told else []
    assert silent == []


@pytest.mark.parametrize("name", FILES)
def test_a_file_goes_wrong_in_three_hundred_ways_that_differ(name):
    assert sum(1 for _ in variants(name)) >= 300


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_bytes_changed_into_letters_are_never_read_as_figures(
    data, tmp_path_factory
):
    name, kind = data.draw(st.sampled_from([c for c in CASES if c[1] == "counts"]))
    sound = sound_of(name, kind)
    raw = bytearray((DATA / name).read_bytes())
    at = data.draw(st.integers(0, len(raw) - 1))
    end = min(len(raw), at + data.draw(st.integers(1, 40)))
    raw[at:end] = b"x" * data.draw(st.integers(0, 3))
    path = tmp_path_factory.mktemp("x") / name
    path.write_bytes(bytes(raw))
    try:
        found = read(path, name, kind)
    except BasinmapError:
        return
    if name in REGISTERS or "origin" in sound:
        # A row less, or another: no count of its commune is that of before.
        return
    # What is taken away inside a number, or a code, leaves one: of this row alone.
    rows = set((DATA / name).read_bytes().split(b"\n"))
    touched = [row for row in bytes(raw).split(b"\n") if row not in rows]
    kept = [c for c in found.index if not any(c.encode() in row for row in touched)]
    kept = [c for c in kept if c in sound.index]
    told = wrong(found.loc[kept], sound, long=name.startswith("DS_"))
    assert not told, told


def test_a_zip_bomb_is_not_opened(tmp_path):
    path = tmp_path / "lovac.zip"
    path.write_bytes(zipped({"a.csv": b"CODGEO_26;pp_vacant_26\n" + b"\n" * 4_000_000}))
    with pytest.raises(DataError, match="would become"):
        bm.read_source(path)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_table_of_the_user_gone_wrong_gives_an_error_or_the_right_figures(
    way, tmp_path
):
    rows = ["Code INSEE;Commune;Vacants;Logements"]
    rows += [f"{62001 + i};Commune;{10 + i},5;{100 + 7 * i}" for i in range(9)]
    rows[4] = "62004;Éps;s;1203"
    text = "\n".join(rows) + "\n"

    def table(path):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return bm.read_table(
                path,
                code="Code INSEE",
                measures={"Vacants": "vacant_dwellings", "Logements": "dwellings"},
                source="Observatoire",
                vintage=2022,
                cog=2026,
            )

    path = tmp_path / "sound.csv"
    path.write_text(text)
    sound = table(path)
    assert isinstance(sound, pd.DataFrame)
    every = list(way(text))
    for label, suffix, raw in every if WHOLE else every[:: max(len(every) // 12, 1)]:
        path = tmp_path / f"x{suffix}"
        path.write_bytes(raw)
        try:
            found = table(path)
        except BasinmapError:
            continue
        told = wrong(found, sound)
        # A number cut with its line is told by a warning: the line has no end.
        assert not told or not raw.endswith(b"\n"), f"{label}: {told}"


@pytest.mark.parametrize("name", ["../a.csv", "/a.csv", "..\\a.csv", "b/../../a.csv"])
def test_a_member_that_leads_out_of_its_archive_is_not_opened(name, tmp_path):
    raw = (DATA / "adresses-62.csv").read_bytes()
    path = tmp_path / "adresses.zip"
    path.write_bytes(zipped({name: raw}))
    for reader in (bm.read_source, bm.read_points):
        with pytest.raises(DataError, match="lead out of the archive"):
            reader(path)
    assert [item.name for item in tmp_path.iterdir()] == ["adresses.zip"]
    assert not (tmp_path.parent / "a.csv").exists()
