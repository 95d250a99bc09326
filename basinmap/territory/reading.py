"""Reading the outlines of territorial units from any vector file."""

from __future__ import annotations

import datetime as dt
import re
import struct
import warnings
import zipfile
from collections.abc import Sequence
from functools import cache
from numbers import Real
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyproj import CRS, Transformer

from basinmap.arguments import check_given
from basinmap.errors import (
    CodeError,
    ColumnError,
    CRSError,
    DataError,
    VintageError,
    culprits,
)
from basinmap.reports import Report
from basinmap.territory import embedded
from basinmap.territory.curves import straightened
from basinmap.territory.former import fates
from basinmap.territory.levels import check_codes, check_level, fold, repair_codes
from basinmap.territory.local import check_local, is_there
from basinmap.territory.texts import encoding_of, mended_texts, unreadable_text
from basinmap.typography import (
    long_date,
    number,
    percent,
    printable,
    shortest,
    typeset,
)
from basinmap.values.told import retell, tell

__all__ = ["check_generations", "checked_error", "checked_units", "read_units"]

_METRIC = "EPSG:2154"
_FRANCE = (-400_000, 5_900_000, 1_400_000, 7_300_000)
"""Where Lambert-93 is used, in its metres: metropolitan France, generously."""

_FAR: Final = 100_000
"""Metres between the box of a unit and where its code is, above which it is none."""

_DEPARTEMENT = r"(?:[0-9]{3}|02[AB])"
_GENERATIONS: Final = {
    "2015": re.compile(rf"QP{_DEPARTEMENT}[0-9]{{3}}"),
    "2024": re.compile(rf"QN{_DEPARTEMENT}[0-9]{{2}}[A-Z]"),
    "none": re.compile(r"(?!Q[PN][0-9]{3}).*"),
}
_EXAMPLES: Final = {"2015": "'QP059055'", "2024": "'QN00101M'", "none": "'26E'"}

_TABLES: Final = frozenset(
    {".csv", ".tsv", ".txt", ".xls", ".xlsx", ".ods", ".dbf", ".feather"}
)
_RASTERS: Final = frozenset(
    {".tif", ".tiff", ".asc", ".vrt", ".jp2", ".png", ".jpg", ".jpeg", ".img", ".ecw"}
)
_DRAWN: Final = frozenset({".shp", ".gpkg", ".geojson", ".fgb", ".gml", ".kml"})
_PARQUET: Final = frozenset({".parquet", ".geoparquet"})

# How files spell a level in the names of their columns.
_SPELLINGS: Final = {
    "iris": ("iris",),
    "commune": ("commune", "com", "insee"),
    "quartier": ("quartier", "qp", "qpv"),
    "secteur": ("secteur",),
    "epci": ("epci", "siren"),
    "scot": ("scot",),
    "arrondissement": ("arrondissement", "arr"),
    "departement": ("departement", "dep", "dept"),
    "region": ("region", "reg"),
    "bassin": ("bassin",),
}
_OTHER_CODES: Final = {
    "iris": ("dcomiris", "depcomiris", "codgeo"),
    "commune": (
        "insee",
        "codgeo",
        "insee com",
        "insee commune",
        "depcom",
        "code insee commune",
    ),
    "epci": ("siren", "siren epci", "epci siren"),
    "quartier": ("qp", "qpv"),
}
_NAMES: Final = (
    "name",
    "nom",
    "libelle",
    "lib",
    "libgeo",
    "nom officiel",
    "nom offici",
)


def read_units(  # noqa: PLR0913 - what a file may leave unsaid
    path: str | Path,
    level: str,
    *,
    code: str | Sequence[str] | None = None,
    name: str | None = None,
    layer: str | None = None,
    generation: str | None = None,
    repair: bool = False,
    encoding: str | None = None,
    source: str = "",
    outline_error: float | None = None,
) -> gpd.GeoDataFrame:
    """
    Read the outlines of units from a vector file, checked, in Lambert-93.

    Parameters
    ----------
    path
        GeoJSON, GeoPackage, Shapefile, GeoParquet, or what else GDAL reads.
    level
        What the units are, such as `"commune"`, `"iris"`, `"epci"`, `"quartier"`.
    code
        Column of their codes; by default the one with a usual name (`insee`,
        `codgeo`, `code_siren`, `code_qp`, `CODE_IRIS`…). Several columns: the
        first that is filled, row by row.
    name
        Column of their names; by default the one with a usual name (`nom`,
        `libelle`…). Where there is none, the code stands for the name.
    layer
        Layer to read, where the file has several.
    generation
        Of quartiers, mandatory: `"2015"` (QPV `QP…`), `"2024"` (QPV `QN…`) or
        `"none"` for what is no QPV.
    repair
        Whether codes with one possible meaning and invalid outlines are repaired;
        `report_of` tells which. Otherwise they are refused.
    encoding
        Of the text, when accents come out wrong: `"utf-8"`, `"cp1252"`.
    source
        French credit line that maps print, such as `"IGN, ADMIN EXPRESS 2026"`; by
        default the name of the file.
    outline_error
        Metres by which the outlines are off the ground, at the median, as whoever
        made them says: maps at a large scale print it, and warn above 0.3 mm on
        paper. By default nothing is known of it, and such maps say so.

    Returns
    -------
    GeoDataFrame
        EPSG:2154, index named by the level; `name`, for quartiers `generation`,
        the other columns of the file (`<column>_in_file` where the name is taken)
        and `geometry`, valid polygons in the order of the file. `attrs`: `level`,
        `sources`, `outline_error` if it is given, and `report`, which `report_of`
        reads.

    Raises
    ------
    DataError
        If the file is absent, truncated, not a vector file or empty, a layer must
        be chosen, a code is repeated, an outline is absent, invalid or no polygon,
        or `outline_error` is no length.
    ColumnError
        If no column, or more than one, can be the code or the name.
    CodeError
        If codes are not those of the level.
    VintageError
        If the generation of quartiers is not given, or their codes are of another.
    CRSError
        If there is no CRS, or what is read cannot be where it says: out of France, or
        more than 100 km from where the codes of Nord and Pas-de-Calais are.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import basinmap as bm
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "call.geojson"
    ...     bm.communes(epci="call").to_crs(4326).to_file(path)
    ...     call = bm.read_units(path, "commune")
    >>> call.loc["62498", "name"], call.crs.to_string()
    ('Lens', 'EPSG:2154')
    >>> bm.report_of(call).notes[-1]
    'Contours reprojetés de EPSG:4326 vers EPSG:2154.'
    """
    check_given(read_units, locals())
    _check_generation(check_level(level), generation)
    known = checked_error(outline_error)
    file = _existing(Path(path))
    raw, notes = _opened(file, layer, encoding)
    try:
        found = checked_units(
            raw,
            level,
            code=code,
            name=name,
            generation=generation,
            repair=repair,
            file=file,
            said=notes,
        )
    except ColumnError as error:
        chosen, reread = encoding_of(file, encoding)
        if not reread:
            raise
        msg = f"{error} (its .cpg is not followed: names are read as {chosen!r})"
        raise ColumnError(msg) from None
    credit = printable(source).strip()
    told: dict[str, object] = {"sources": (typeset(credit),)} if credit else {}
    told |= {} if known is None else {"outline_error": known}
    return retell(found, **told) if told else found


def checked_units(
    raw: gpd.GeoDataFrame,
    level: str,
    *,
    code: str | Sequence[str] | None = None,
    name: str | None = None,
    generation: str | None = None,
    repair: bool = False,
    file: Path,
    said: Sequence[str] = (),
) -> gpd.GeoDataFrame:
    """
    Check outlines that are read, and bring them to Lambert-93, as `read_units` does.

    Parameters
    ----------
    raw
        What was read, codes in a column, outlines in `geometry`.
    level, code, name, generation, repair
        See `read_units`.
    file
        What it was read from, for messages and credits.
    said
        French sentences of whoever read it.
    """
    _check_crs(raw, file)
    codes, told = _codes(raw, level, code, generation, repair=repair)
    frame = _labelled(raw, level, codes, name, generation)
    notes = [*said, *told, *_unnamed(frame)]
    _check_present(frame, file)
    frame, mended = _valid(frame, file, repair=repair)
    source = _named_crs(frame)
    frame, moved = _projected(frame)
    _check_places(frame, level, generation, file, source)
    # Rounding may cross two lines that touched.
    frame, again = _valid(frame, file, repair=repair)
    tell(
        frame,
        level=level,
        sources=(file.name,),
        report=Report(
            verb=f"Lecture de {file.name}",
            units_before=len(raw),
            units_after=len(frame),
            notes=(*notes, *mended, *moved, *again),
        ),
    )
    return frame


def checked_error(error: object) -> float | None:
    """
    Return how far outlines are from the ground, if it is a length.

    Parameters
    ----------
    error
        Metres, or None.

    Raises
    ------
    DataError
        If it is anything else.
    """
    if error is None:
        return None
    if isinstance(error, bool) or not isinstance(error, Real) or not _is_length(error):
        msg = f"outline_error={error!r}: give metres, such as outline_error=5"
        raise DataError(msg)
    return float(error)


def _is_length(metres: Real) -> bool:
    return 0 <= float(metres) < np.inf


def check_generations(left: pd.DataFrame, right: pd.DataFrame) -> str:
    """
    Check that two tables of quartiers may be compared by code.

    The QPV of 2015 and those of 2024 are other perimeters, even where the name is
    the same: a difference between them is no change in time.

    Parameters
    ----------
    left, right
        Tables with a column `generation`, as `read_units` returns them.

    Returns
    -------
    str
        The generation of both.

    Raises
    ------
    VintageError
        If there is none, or more than one.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> before = pd.DataFrame({"generation": ["2015"]}, index=["QP059055"])
    >>> bm.check_generations(before, before)
    '2015'
    >>> after = pd.DataFrame({"generation": ["2024"]}, index=["QN05911M"])
    >>> bm.check_generations(before, after)
    Traceback (most recent call last):
    basinmap.errors.VintageError: quartiers of two generations: '2015', '2024'; their \
codes name other perimeters: compare them by surface, never by code
    """
    check_given(check_generations, locals())
    found: set[str] = set()
    for side, table in (("first", left), ("second", right)):
        if "generation" not in table or table["generation"].isna().any():
            msg = (
                f"{side} table: quartiers without a generation; write "
                "table['generation'] = '2015' (or '2024', or 'none')"
            )
            raise VintageError(msg)
        found |= set(table["generation"].astype(str))
    if len(found) > 1:
        msg = (
            f"quartiers of two generations: {culprits(sorted(found))}; their codes "
            "name other perimeters: compare them by surface, never by code"
        )
        raise VintageError(msg)
    if not found:
        msg = "no quartier at all in either table: nothing to compare"
        raise VintageError(msg)
    return found.pop()


# -- the file ------------------------------------------------------------------


def _check_generation(level: str, generation: str | None) -> None:
    if level == "quartier" and generation not in _GENERATIONS:
        given = "" if generation is None else f"unknown generation {generation!r}: "
        msg = (
            f"{given}quartiers need a generation; write generation='2015' or '2024' "
            "for QPV, 'none' for what is no QPV"
        )
        raise VintageError(msg)
    if level != "quartier" and generation is not None:
        msg = f"only quartiers have a generation: drop generation={generation!r}"
        raise DataError(msg)


def _existing(file: Path) -> Path:
    """Return the path of what may be a vector file."""
    kind = file.suffix.lower()
    if not is_there(file):
        msg = f"no file {str(file)!r}{_siblings(file)}"
    elif file.is_dir() and kind != ".gdb":
        msg = f"{str(file)!r} is a folder; give one file of it{_siblings(file / 'x')}"
    elif kind in _TABLES:
        msg = (
            f"{file.name} is a table without outlines; read it with pandas (codes "
            "with dtype=str) and join it to units by code"
        )
    elif kind in _RASTERS:
        msg = f"{file.name} is a raster; units are polygons, in a vector file"
    elif file.is_file() and file.stat().st_size == 0:
        msg = f"{file.name} is an empty file (0 bytes); fetch it again"
    else:
        check_local(file, f"{file.name} cannot be read")
        _check_archive(file)
        return _whole_shapefile(file) if kind == ".shp" else file
    raise DataError(msg)


def _check_archive(file: Path) -> None:
    """Refuse an archive that GDAL does not look into: outlines in a folder of it."""
    if file.suffix.lower() != ".zip" or not zipfile.is_zipfile(file):
        return
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
    drawn = [n for n in names if Path(n).suffix.lower() in _DRAWN]
    if drawn and all("/" in name for name in drawn):
        msg = (
            f"{file.name}: its outlines are in a folder of the archive: "
            f"{culprits(drawn)}; unzip it, and give that file"
        )
        raise DataError(msg)


def _siblings(file: Path) -> str:
    """Name what the folder of a file holds."""
    if not is_there(file.parent) or not file.parent.is_dir():
        return f"; there is no folder {str(file.parent)!r}"
    names = sorted(x.name for x in file.parent.iterdir() if not x.name.startswith("."))
    return f"; its folder has {culprits(names)}" if names else "; its folder is empty"


def _whole_shapefile(file: Path) -> Path:
    """Refuse a Shapefile without its other parts, or cut short."""
    there = {x.suffix.lower() for x in file.parent.glob(f"{file.stem}.*")}
    absent = [part for part in (".shx", ".dbf") if part not in there]
    if absent:
        msg = (
            f"{file.name}: {culprits(absent)} missing beside it; a Shapefile is at "
            "least .shp, .shx, .dbf and .prj: copy them together"
        )
        raise DataError(msg)
    with file.open("rb") as stream:
        head = stream.read(28)
    # Its length stands in its header, in words of 16 bits.
    told = 2 * struct.unpack(">i", head[24:28])[0] if len(head) == 28 else -1
    if told != file.stat().st_size:
        msg = (
            f"{file.name} is truncated or no Shapefile: {file.stat().st_size} bytes, "
            f"its header says {told}; fetch it again"
        )
        raise DataError(msg)
    return file


def _opened(
    file: Path, layer: str | None, encoding: str | None
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Read a file as it is, with what the reader says about it."""
    chosen_encoding, notes = encoding_of(file, encoding)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            if file.suffix.lower() in _PARQUET:
                frame = _read_parquet(file, layer)
            else:
                chosen = _chosen_layer(file, layer)
                frame = pyogrio.read_dataframe(
                    file, layer=chosen, encoding=chosen_encoding
                )
                notes = [*notes, *straightened(file, chosen)]
    except (RuntimeError, OSError, UnicodeError, LookupError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(_unreadable(file, error, encoding)) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        msg = f"{file.name} holds a table without outlines; units are polygons"
        raise DataError(msg)
    if len(frame) == 0:
        msg = f"{file.name} holds no unit at all; fetch it again, or another layer"
        raise DataError(msg)
    said = dict.fromkeys(str(warning.message) for warning in caught)
    if frame.geometry.name != "geometry":
        frame = frame.rename(columns={"geometry": "geometry_in_file"})
        frame = frame.rename_geometry("geometry")
    frame, mended = mended_texts(frame, file)
    return frame, [*(f"Le lecteur signale : {text}" for text in said), *notes, *mended]


def _read_parquet(file: Path, layer: str | None) -> gpd.GeoDataFrame:
    if layer is not None:
        msg = f"{file.name}: a GeoParquet has no layers; drop layer={layer!r}"
        raise DataError(msg)
    frame = gpd.read_parquet(file)
    named = [name for name in frame.index.names if name is not None]
    return frame.reset_index(drop=not named)


def _chosen_layer(file: Path, layer: str | None) -> str:
    """Return the only layer with outlines, or the one asked for."""
    found = pyogrio.list_layers(file)
    drawn = [str(name) for name, kind in found if kind is not None]
    if not drawn:
        msg = f"{file.name} has no layer with outlines; units are polygons"
        raise DataError(msg)
    if layer is None and len(drawn) == 1:
        return drawn[0]
    if layer in drawn:
        return str(layer)
    what = "several layers" if layer is None else f"no layer {layer!r} with outlines"
    msg = f"{file.name} has {what}; write layer= one of {culprits(drawn, most=20)}"
    raise DataError(msg)


def _unreadable(file: Path, error: Exception, encoding: str | None) -> str:
    if isinstance(error, UnicodeError | LookupError):
        return unreadable_text(file, error, encoding)
    return (
        f"{file.name} cannot be read: truncated, or not the vector file that its name "
        f"says; fetch it again, or open it in QGIS to see ({error})"
    )


# -- columns -------------------------------------------------------------------


def _tiers(
    words: Sequence[str], level: str, others: Sequence[str], vague: set[str]
) -> list[set[str]]:
    """Return the usual names of a column: those of the level, then the vague."""
    pairs = [(word, spelt) for word in words for spelt in _SPELLINGS[level]]
    own = {form for w, s in pairs for form in (f"{w} {s}", f"{s} {w}", f"{w}{s}")}
    return [own | set(others), vague]


def _column(
    frame: pd.DataFrame, given: str | None, tiers: list[set[str]], what: str
) -> str | None:
    """Return the column given, or the only one with a usual name."""
    columns = [str(column) for column in frame.columns if column != "geometry"]
    if given is not None:
        if given in columns:
            return given
        msg = f"no column {given!r}; write {what}= one of {culprits(columns, most=40)}"
        raise ColumnError(msg)
    for tier in tiers:
        fits = [column for column in columns if fold(column) in tier]
        same = [column for column in fits if frame[column].equals(frame[fits[0]])]
        if fits and same == fits:
            return fits[0]
        if fits:
            msg = (
                f"several columns may be the {what}: {culprits(fits)}; write "
                f"{what}={fits[0]!r}, or another of {culprits(columns, most=40)}"
            )
            raise ColumnError(msg)
    return None


def _codes(
    raw: gpd.GeoDataFrame,
    level: str,
    code: str | Sequence[str] | None,
    generation: str | None,
    *,
    repair: bool,
) -> tuple[pd.Series, list[str]]:
    """Return the code of each row, checked, with what was repaired."""
    codes = _raw_codes(raw, level, code)
    notes: list[str] = []
    try:
        if repair:
            codes, report = repair_codes(codes, level)
            notes = list(report.notes)
        else:
            check_codes(codes, level)
    except CodeError as error:
        cure = "; or write repair=True" if _repairable(codes, level) else ""
        msg = f"column {codes.name!r}: {error}{cure}"
        raise CodeError(msg) from None
    if generation is not None:
        _check_quartiers(codes, generation)
    _check_repeated(raw, codes)
    codes = codes.astype(str)
    return codes, [*notes, *_once(codes)] if level == "commune" else notes


def _once(codes: pd.Series) -> list[str]:
    """Say in French which communes are no more in 2026, and where they went."""
    gone = [fates()[code] for code in codes if code in fates()]
    listed = [
        f"{fate.code}, dans {fate.heir} depuis le "
        f"{long_date(dt.date.fromisoformat(fate.steps[0][0]))}"
        for fate in gone[:5]
    ]
    more = "…" if len(gone) > 5 else ""
    said = f"Communes qui ne sont plus en 2026 ({len(gone)}) : {' ; '.join(listed)}"
    return [f"{said}{more}."] if gone else []


def _repairable(codes: pd.Series, level: str) -> bool:
    try:
        repair_codes(codes, level)
    except CodeError:
        return False
    return True


def _raw_codes(
    raw: gpd.GeoDataFrame, level: str, code: str | Sequence[str] | None
) -> pd.Series:
    several = [code] if code is None or isinstance(code, str) else list(code)
    others = _OTHER_CODES.get(level, ())
    vague = {level, "code", "cod", "codgeo"}
    tiers = _tiers(("code", "cod", "insee"), level, others, vague)
    found = [_column(raw, one, tiers, "code") for one in several]
    columns = [column for column in found if column is not None]
    if not columns:
        listed = [c for c in raw.columns if c != "geometry"]
        told = f"write code= one of {culprits(listed, most=40)}"
        msg = f"no column has a usual name for the code of {level}; " + (
            told if listed else "the file has outlines but no column at all"
        )
        raise ColumnError(msg)
    codes = raw[columns[0]].astype(object)
    for column in columns[1:]:
        codes = codes.where(codes.notna() & (codes != ""), raw[column].astype(object))
    return codes.rename(columns[0] if len(columns) == 1 else ", ".join(columns))


def _check_quartiers(codes: pd.Series, generation: str) -> None:
    form = _GENERATIONS[generation]
    wrong = [code for code in codes if not form.fullmatch(code)]
    if not wrong:
        return
    others = [
        other
        for other, pattern in _GENERATIONS.items()
        if other not in {generation, "none"} and pattern.fullmatch(wrong[0])
    ]
    what = f"{len(wrong)} code(s) are not of generation {generation!r}"
    if others:
        msg = f"{what}: {culprits(wrong)}; write generation={others[0]!r}"
        raise VintageError(msg)
    msg = (
        f"{what}: {culprits(wrong)}; an example is {_EXAMPLES[generation]}; for "
        "quartiers that are no QPV, write generation='none'"
    )
    raise CodeError(msg)


def _check_repeated(raw: gpd.GeoDataFrame, codes: pd.Series) -> None:
    again = codes[codes.duplicated()]
    if again.empty:
        return
    unique = [
        str(column)
        for column in raw.columns
        if column != "geometry" and raw[column].notna().all() and raw[column].is_unique
    ]
    cure = (
        f"code= may be {culprits(unique)}, whose values all differ"
        if unique
        else "no column is a code by itself: give several, such as code=('a', 'b'), "
        "or merge the rows of one unit with .dissolve() first"
    )
    msg = (
        f"column {codes.name!r}: {again.nunique()} code(s) stand more than once: "
        f"{culprits(again.unique())}; {cure}"
    )
    raise DataError(msg)


def _labelled(
    raw: gpd.GeoDataFrame,
    level: str,
    codes: pd.Series,
    name: str | None,
    generation: str | None,
) -> gpd.GeoDataFrame:
    """Return the rows indexed by their code, names first, outlines last."""
    rest = raw.drop(columns=[codes.name] if codes.name in raw else [])
    tiers = _tiers(("nom", "lib", "libelle", "name"), level, (), set(_NAMES))
    column = _column(rest, name, tiers, "name")
    first = {"name": codes if column is None else rest[column]}
    if generation is not None:
        first["generation"] = pd.Series(generation, raw.index, dtype=str)
    rest = rest.drop(columns=["geometry", *([] if column is None else [column])])
    taken = {level, "geometry", *first}
    rest = rest.rename(columns={c: f"{c}_in_file" for c in rest if c in taken})
    table = pd.concat([pd.DataFrame(first), rest], axis=1)
    frame = gpd.GeoDataFrame(table, geometry=raw.geometry, crs=raw.crs)
    _check_accents(frame["name"])
    return frame.set_index(pd.Index(codes, name=level))


def _unnamed(frame: gpd.GeoDataFrame) -> list[str]:
    blank = frame.index[frame["name"].isna() | (frame["name"] == "")]
    notes = []
    if len(blank):
        some = ", ".join(blank[:5])
        notes.append(f"Unités sans nom ({number(len(blank))} : {some}).")
    if (frame["name"] == frame.index).all():
        notes.append("Le fichier n'a pas de colonne de noms : le code en tient lieu.")
    return notes


def _check_accents(names: pd.Series) -> None:
    """Refuse names read in the encoding of another."""
    wrong = [(text, _reread(text)) for text in names if isinstance(text, str)]
    wrong = [(text, meant) for text, meant in wrong if meant != text]
    if wrong:
        text, meant = wrong[0]
        told = f"for {meant!r}: write encoding='utf-8'" if meant else "with a hole"
        msg = (
            f"{len(wrong)} name(s) misread, such as {text!r} {told}; if that changes "
            "nothing, the file was written so: fetch another, or encoding='cp1252'"
        )
        raise DataError(msg)


def _reread(text: str) -> str:
    """Return what a text would be if UTF-8 was taken for Latin-1, or itself."""
    if "\ufffd" in text:
        return ""
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


# -- outlines ------------------------------------------------------------------


def _check_crs(frame: gpd.GeoDataFrame, file: Path) -> None:
    if frame.crs is None:
        beside = (
            f"{file.stem}.prj is missing beside it: copy it, or "
            if file.suffix.lower() == ".shp"
            else ""
        )
        msg = (
            f"{file.name}: no CRS; {beside}read it with geopandas, say which one it "
            "is in with .set_crs(…) and write it again"
        )
        raise CRSError(msg)
    bounds = np.nan_to_num(np.abs(frame.total_bounds))
    if frame.crs.is_geographic and bounds.max() > 361:
        msg = (
            f"{file.name} says degrees ({frame.crs.to_string()}) but its coordinates "
            f"reach {bounds.max():.0f}: probably Lambert-93; read it with geopandas, "
            "call .set_crs(2154, allow_override=True) and write it again"
        )
        raise CRSError(msg)


def _check_present(frame: gpd.GeoDataFrame, file: Path) -> None:
    absent = frame.index[frame.geometry.isna() | frame.geometry.is_empty]
    if len(absent):
        msg = (
            f"{file.name}: {len(absent)} unit(s) without outline: {culprits(absent)}; "
            "drop them from the file, or fetch it again if it was cut short"
        )
        raise DataError(msg)
    kinds = frame.geometry.geom_type
    wrong = frame.index[~kinds.isin(["Polygon", "MultiPolygon"])]
    if len(wrong):
        found = ", ".join(sorted(kinds[wrong].unique()))
        msg = (
            f"{file.name}: {len(wrong)} unit(s) are no polygon but {found}: "
            f"{culprits(wrong)}; units have an outline: choose another layer or file"
        )
        raise DataError(msg)
    odd = frame.index[~np.isfinite(frame.geometry.bounds).all(axis=1)]
    if len(odd):
        msg = (
            f"{file.name}: {len(odd)} outline(s) with coordinates that are no number: "
            f"{culprits(odd)}; draw them again, or drop them from the file"
        )
        raise DataError(msg)


def _named_crs(frame: gpd.GeoDataFrame) -> str:
    source = frame.crs.to_string()
    return frame.crs.name if len(source) > 20 else source


def _check_places(
    frame: gpd.GeoDataFrame,
    level: str,
    generation: str | None,
    file: Path,
    source: str,
) -> None:
    """Refuse units that lie far from where their own codes are."""
    known = _known_boxes(level, generation or "")
    keys = frame.index.map(lambda code: _place_of(code, level, generation or ""))
    there = np.array([key in known for key in keys])
    if not there.any():
        return
    meant = np.array([known[key] for key in keys[there]])
    found = frame.geometry.bounds.to_numpy()[there]
    boxes = [shapely.box(*box.T) for box in (meant, found)]
    away = pd.Series(shapely.distance(*boxes), frame.index[there])
    far = away[away > _FAR].sort_values(ascending=False)
    if len(far):
        told = [f"{code} {metres / 1000:.0f} km" for code, metres in far.items()]
        msg = (
            f"{file.name}: {len(far)} unit(s) of {len(frame)} lie far from where their "
            f"codes are: {culprits(told)}; the CRS that the file declares ({source}) "
            "is that of another zone: read it with geopandas, call .set_crs(…, "
            "allow_override=True) and write it again; or the codes are wrong"
        )
        raise CRSError(msg)


def _place_of(code: str, level: str, generation: str) -> str:
    """Return the code, of the unit or of what holds it, whose place is known."""
    if level == "quartier":
        return code[2:5].lstrip("0") if generation in {"2015", "2024"} else ""
    if level in {"commune", "iris"}:
        held = code[:5]
        return held if held in embedded.communes_2026().index else code[:2]
    return code


@cache
def _known_boxes(level: str, generation: str) -> dict[str, tuple[float, ...]]:
    """Return the boxes of the units whose place is embedded, by code."""
    communes = embedded.communes_2026()
    bounds = communes.geometry.bounds
    columns = ["departement"] if level in {"commune", "iris", "quartier"} else [level]
    found: dict[str, tuple[float, ...]] = {}
    for column in columns:
        if column in communes and generation != "none":
            sides = bounds.groupby(communes[column].to_numpy()).agg(
                {"minx": "min", "miny": "min", "maxx": "max", "maxy": "max"}
            )
            found |= {str(row[0]): row[1:] for row in sides.itertuples()}
    if level in {"commune", "iris"}:
        found |= {str(row[0]): row[1:] for row in bounds.itertuples()}
    return found


def _projected(frame: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Bring a frame to Lambert-93, flat, and check that it lies in France."""
    source = _named_crs(frame)
    notes = []
    if frame.geometry.has_z.any():
        frame = frame.set_geometry(shapely.force_2d(frame.geometry.array))
        notes.append("Altitudes des contours abandonnées.")
    if frame.crs.to_epsg() == 2154:
        frame = frame.set_crs(_METRIC, allow_override=True)
    else:
        about = _accuracy(frame.crs)
        frame = frame.to_crs(_METRIC)
        notes.append(f"Contours reprojetés de {source} vers {_METRIC}{about}.")
    west, south, east, north = _FRANCE
    box = frame.geometry.bounds
    inside = (box["minx"] > west) & (box["miny"] > south)
    inside &= (box["maxx"] < east) & (box["maxy"] < north)
    if not inside.all():
        msg = (
            f"{(~inside).sum()} unit(s) lie outside metropolitan France, which "
            f"Lambert-93 covers: {culprits(frame.index[~inside])}; either they are "
            f"overseas (drop them), or the CRS of the file ({source}) is wrong, or "
            "latitude stands before longitude"
        )
        raise CRSError(msg)
    return frame, notes


def _accuracy(crs: CRS) -> str:
    """Say by how much a change of datum may miss, where that is more than a metre."""
    metres = Transformer.from_crs(crs, _METRIC, always_xy=True).accuracy
    return typeset(f" (à ± {shortest(metres)} m près)") if metres > 1 else ""


def _valid(
    frame: gpd.GeoDataFrame, file: Path, *, repair: bool
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Return the frame if every outline is valid, or repaired when asked."""
    wrong = frame.index[~frame.geometry.is_valid]
    if wrong.empty:
        return frame, []
    if not repair:
        why = shapely.is_valid_reason(frame.geometry[wrong[0]])
        msg = (
            f"{file.name}: {len(wrong)} invalid outline(s) of {len(frame)}: "
            f"{culprits(wrong)} (the first: {why}); write repair=True"
        )
        raise DataError(msg)
    before = frame.geometry[wrong]
    made = shapely.make_valid(before.array, method="structure", keep_collapsed=False)
    after = gpd.GeoSeries(made, wrong, crs=frame.crs)
    lost = wrong[after.is_empty | ~after.geom_type.isin(["Polygon", "MultiPolygon"])]
    if len(lost):
        msg = (
            f"{file.name}: {len(lost)} outline(s) without any surface, which cannot be "
            f"repaired: {culprits(lost)}; drop them from the file"
        )
        raise DataError(msg)
    # A ratio of surfaces is much the same in degrees.
    now, then = shapely.area(after.array), shapely.area(before.array)
    change = pd.Series(np.abs(now - then) / now, wrong)
    fixed = frame.geometry.copy()
    fixed[wrong] = after
    some = ", ".join(wrong[:5]) + ("…" if len(wrong) > 5 else "")
    return frame.set_geometry(fixed), [
        f"Contours invalides réparés ({number(len(wrong))} : {some}) ; la surface "
        f"calculée change au plus de {percent(100 * change.max(), 2)} "
        f"({change.idxmax()})."
    ]
