"""Reading the communes of any territory: ADMIN EXPRESS, or the lists of Insee."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd
import pyogrio

from basinmap.arguments import check_given
from basinmap.errors import (
    BasinmapWarning,
    CodeError,
    DataError,
    VintageError,
    culprits,
)
from basinmap.measures import Measure, Stock
from basinmap.reports import Report
from basinmap.territory.former import communes_of
from basinmap.territory.france import DEPARTEMENTS, departement_of, region_of
from basinmap.territory.history import proposed, weighed
from basinmap.territory.levels import check_codes, check_unique, fold
from basinmap.territory.local import is_there
from basinmap.territory.membership_files import composition_of
from basinmap.territory.movements import read_communes
from basinmap.territory.outlines import (
    Outlines,
    check_seamless,
    error_of,
    surfaces_of,
    units_of,
)
from basinmap.territory.reading import checked_error
from basinmap.territory.timelines import timeline
from basinmap.typography import number
from basinmap.values.told import bare, fact_of, measures_of, tell, told_of

__all__ = ["read_territory"]

_TABLES: Final = frozenset({".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".ods"})
# How files call what they tell of a commune: ADMIN EXPRESS up to 3, and from 4 on.
_COLUMNS: Final = {
    "epci": ("epci", "siren epci", "epci siren", "code epci", "codes siren des epci"),
    "epci_name": ("epci name", "nom epci", "libepci", "epci nom", "lib epci"),
    "epci_nature": ("epci nature", "nature epci", "type epci", "epci type"),
    "scot": ("scot", "code scot"),
    "arrondissement": (
        "arrondissement",
        "insee arr",
        "arr",
        "code insee de l arrondissement",
    ),
    "population": ("population", "population municipale", "pmun", "pop mun"),
}
_CODES: Final = (
    "commune",
    "insee",
    "com",
    "codgeo",
    "depcom",
    "insee com",
    "code insee",
    "code commune",
    "code",
)
_NONE: Final = re.compile(r"(?:n[cr]|z+|nan|none|<na>|hors epci)?", re.IGNORECASE)
_GRAND_PARIS: Final = "200054781"
"""The one EPCI à fiscalité propre whose communes are in another too, without any."""
_ISLANDS: Final = frozenset({"22016", "29083", "29155", "85113"})
"""Bréhat, Sein, Ouessant and Yeu, which the law leaves out of EPCI."""
_NATURES: Final = {
    "communaute de communes": "CC",
    "communaute d agglomeration": "CA",
    "communaute urbaine": "CU",
    "metropole": "METRO",
    "metropole de lyon": "METRO",
    "met lyon": "METRO",
    "met69": "METRO",
    "me": "METRO",
}
_LEVELS: Final = ("epci", "arrondissement", "departement", "region")
_YEAR: Final = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


@dataclass(slots=True)
class _Read:
    """What was read of a territory, as it grows."""

    raw: pd.DataFrame
    name: str
    sources: list[str]
    notes: list[str] = field(default_factory=list)
    stocks: dict[str, Measure] = field(default_factory=dict)
    error: float | None = None
    whole: dict[str, dict[str, int]] = field(default_factory=dict)
    frame: pd.DataFrame = field(default_factory=pd.DataFrame)


def read_territory(
    path: str | Path | pd.DataFrame,
    *,
    epcis: str | Path | pd.DataFrame | None = None,
    outlines: Outlines | None = None,
    year: int | None = None,
    departement: str | Iterable[str] | None = None,
    layer: str | None = None,
    outline_error: float | None = None,
    source: str | None = None,
) -> pd.DataFrame:
    r"""
    Read the communes of any territory of France, to be given as `communes=`.

    What is returned is then the list of communes that there are, in place of the
    embedded one: give all the communes of the départements and of the EPCI that you
    want figures of.

    Parameters
    ----------
    path
        The communes of ADMIN EXPRESS COG or COG-CARTO, of a département or of France,
        or a like layer of polygons with the code of each; or the list of Insee,
        `v_commune_AAAA.csv`, which has no outlines; or a frame of communes.
    epcis
        The composition of EPCI of the same year, as Insee or the DGCL publish it, or
        what `read_memberships` returned: it goes before what the communes tell, and
        knows the EPCI that lie partly elsewhere.
    outlines
        With a list: the outlines of its communes, file or frame.
    year
        COG year; by default that in the name of the file.
    departement
        Keep these départements only, such as `"80"` of all France.
    layer
        Layer of communes, where the file has several and none is called `commune`.
    outline_error
        How far the outlines are from the ground, in metres, if known.
    source
        What to credit; by default the names of the files.

    Returns
    -------
    DataFrame or GeoDataFrame
        Index `commune`; `name`, then as far as is told `epci` (SIREN, missing for a
        commune that is in none) with `epci_name` and `epci_nature`, `scot`,
        `arrondissement`, `population`, `area_km2` (published, else of the outline),
        and `departement`, `region`, which codes say; with outlines, EPSG:2154 and
        `geometry`. Year, sources and measures travel with it, and how many communes
        each unit has, so that a selection of rows is known to be one; `report_of`
        tells what was read.

    Raises
    ------
    VintageError
        If the year is not told, or codes are those of another.
    CodeError
        If codes of communes or of EPCI are malformed.
    DataError
        If the file is none of these, a commune stands twice or has no outline, or
        outlines are no valid coverage; or for a reason of `read_units`.
    ColumnError, CRSError
        See `read_units`.

    Warns
    -----
    BasinmapWarning
        If the composition of EPCI leaves communes out.

    See Also
    --------
    read_outlines : Finer outlines of the communes of Nord and Pas-de-Calais.
    read_memberships : Their EPCI in other years.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> path = Path(mkdtemp()) / "v_commune_2026.csv"
    >>> _ = path.write_text(
    ...     "TYPECOM,COM,REG,DEP,CTCD,ARR,TNCC,NCC,NCCENR,LIBELLE,CAN,COMPARENT\n"
    ...     "COM,80021,32,80,80D,802,1,AMIENS,Amiens,Amiens,8099,\n"
    ...     "COM,80001,32,80,80D,801,1,ABBEVILLE,Abbeville,Abbeville,8001,\n"
    ... )
    >>> somme = bm.read_territory(path)
    >>> somme.loc["80021", ["name", "departement", "region"]].tolist()
    ['Amiens', '80', '32']
    >>> table = pd.DataFrame({"homes": [75_000, 13_000]}, somme.index[::-1])
    >>> bm.aggregate(
    ...     table, "departement", measures={"homes": bm.Stock()}, communes=somme
    ... )[0]["homes"].to_dict()
    {'80': 88000.0}
    """
    check_given(read_territory, locals())
    read = _communes(path, layer, year)
    year = _year(read, path, year)
    _check_years(read.raw.index, year, read.name)
    _tell_columns(read, year)
    if epcis is not None:
        _join_epcis(read, epcis, year)
    read.frame = _with_parents(read.frame)
    read.whole = _counts(read.frame) | read.whole
    if departement is not None:
        _keep(read, departement)
    if outlines is not None:
        _join_outlines(read, outlines)
    if isinstance(read.raw, gpd.GeoDataFrame):
        _measure(read, year, outline_error)
    return _told(read, year, outline_error, source)


# -- the files ---------------------------------------------------------------------


def _communes(
    path: str | Path | pd.DataFrame, layer: str | None, year: int | None
) -> _Read:
    """Return communes as they are in the file, or in the frame."""
    if isinstance(path, pd.DataFrame) and not isinstance(path, gpd.GeoDataFrame):
        return _of_frame(path)
    if isinstance(path, str | Path) and Path(path).suffix.lower() in _TABLES:
        return _of_list(Path(path), year)
    units, name, notes = units_of(path, None, layer)
    frame = gpd.GeoDataFrame(bare(units), crs=units.crs)
    told = list(told_of(units).sources) or [name]
    read = _Read(frame, name, told, list(notes), _counted(units), error_of(units))
    read.whole = {k: dict(v) for k, v in (fact_of(units, "whole") or {}).items()}
    if isinstance(path, str | Path):
        _name_epcis(read, Path(path))
    return read


def _of_list(file: Path, year: int | None) -> _Read:
    """Return the communes of a list of Insee."""
    if not (is_there(file) and file.is_file()):
        msg = f"no file {str(file)!r}: give the communes of ADMIN EXPRESS, or v_commune"
        raise DataError(msg)
    if file.suffix.lower() not in {".csv", ".txt"}:
        msg = (
            f"{file.name}: a list of communes is read from v_commune_AAAA.csv, of "
            "Insee; the composition of EPCI goes beside it, "
            f"bm.read_territory('v_commune_{year or 2026}.csv', epcis={file.name!r})"
        )
        raise DataError(msg)
    table = read_communes(file).drop(columns=["departement", "region"])
    told = fact_of(table, "year") or year
    name = f"Insee, Code officiel géographique{f' {told}' if told else ''}"
    return _Read(bare(table), file.name, [f"{name} ({file.name})"])


def _of_frame(frame: pd.DataFrame) -> _Read:
    """Return the communes of a frame without outlines."""
    table = bare(frame)
    if table.index.name != "commune":
        column = _found(table, _CODES)
        if column is None:
            msg = (
                "no column has a usual name for the code of commune: write "
                "frame.set_index('…').rename_axis('commune')"
            )
            raise DataError(msg)
        table = table.set_index(column).rename_axis("commune")
    check_codes(table.index, "commune")
    check_unique(table.index, "communes")
    if "name" not in table.columns:
        named = _found(table, ("nom", "libelle", "libgeo", "nom commune"))
        table.insert(0, "name", table.index if named is None else table[named])
    told = list(told_of(frame).sources) or ["liste de communes fournie"]
    read = _Read(table.sort_index(), "communes", told, stocks=_counted(frame))
    read.whole = {k: dict(v) for k, v in (fact_of(frame, "whole") or {}).items()}
    return read


def _counted(frame: pd.DataFrame) -> dict[str, Measure]:
    """Return what a frame that was read before says of its counts."""
    known = measures_of(frame)
    return {name: known[name] for name in ("population", "area_km2") if name in known}


def _name_epcis(read: _Read, file: Path) -> None:
    """Take the names of EPCI from their layer, as in ADMIN EXPRESS."""
    try:
        layers = {fold(str(name)): str(name) for name, _ in pyogrio.list_layers(file)}
        if "epci" not in layers or _found(read.raw, _COLUMNS["epci"]) is None:
            return
        table = pyogrio.read_dataframe(
            file, layer=layers["epci"], read_geometry=False
        ).astype(str)
    except (RuntimeError, OSError, ValueError):
        return  # without names, the communes are none the worse
    code = _found(table, ("code siren", "siren", "siren epci", "epci"))
    name = _found(table, ("nom", "nom officiel", "name", "nom epci"))
    nature = _found(table, ("nature", "type epci", "nature epci"))
    if code is None or name is None:
        return
    known = table.drop_duplicates(code).set_index(code)
    sirens, _ = _sirens(read.raw[_found(read.raw, _COLUMNS["epci"])], read.name)
    read.raw["epci_name"] = sirens.map(known[name])
    if nature is not None:
        read.raw["epci_nature"] = sirens.map(known[nature])


def _found(table: pd.DataFrame, names: Iterable[str]) -> str | None:
    """Return the first column that bears one of the names, in their order."""
    columns: dict[str, str] = {}
    for column in table.columns:
        columns.setdefault(fold(str(column).removesuffix("_in_file")), str(column))
    return next((columns[name] for name in names if name in columns), None)


# -- the year ----------------------------------------------------------------------


def _year(read: _Read, path: str | Path | pd.DataFrame, given: int | None) -> int:
    """Return the COG year that is given, or told by the frame or the file."""
    if given is not None:
        if not isinstance(given, int) or not 1943 <= given <= 2100:
            msg = f"year={given!r}: write the COG year, such as year=2026"
            raise VintageError(msg)
        return given
    if isinstance(path, pd.DataFrame):
        years = _YEAR.findall(told_of(path).geography)
    else:
        years = _YEAR.findall(Path(path).stem) or _YEAR.findall(Path(path).parent.name)
    if years:
        return int(years[-1])
    msg = (
        f"{read.name}: of which 1 January are its {len(read.raw)} communes? Its name "
        "does not say: write year=2026"
    )
    raise VintageError(msg)


def _check_years(codes: pd.Index, year: int, name: str) -> None:
    """Refuse codes of Nord and Pas-de-Calais that are those of another year."""
    near = codes[codes.str.startswith(("59", "62"))]
    line = timeline(None)
    if not line.first <= year <= line.last:
        return
    wrong = near.difference(sorted(communes_of(year)))
    if len(wrong):
        looks = proposed(weighed(near, line)).replace("write that year", "write year=")
        msg = (
            f"{name}: {len(wrong)} code(s) are no commune on 1 January {year}: "
            f"{culprits(wrong)}; {looks}"
        )
        raise VintageError(msg)


# -- the columns -------------------------------------------------------------------


def _tell_columns(read: _Read, year: int) -> None:
    """Keep the columns that are known, by their usual names."""
    raw = read.raw
    columns = {what: _found(raw, names) for what, names in _COLUMNS.items()}
    there = {what: raw[column] for what, column in columns.items() if column}
    kept = {"name": raw["name"].astype(object)}
    if "epci" in there:
        kept["epci"], notes = _sirens(there["epci"], read.name)
        read.notes += notes
    if "epci_name" in there:
        kept["epci_name"] = there["epci_name"].astype(object)
    if "epci_nature" in there:
        kept["epci_nature"] = there["epci_nature"].map(_nature)
    if "scot" in there:
        kept["scot"] = there["scot"].astype(object)
    if "arrondissement" in there:
        kept["arrondissement"] = _arrondissements(there["arrondissement"])
    if "population" in there:
        kept["population"] = _population(there["population"], read)
        stock = Stock(
            label="Population municipale",
            unit="habitants",
            geography=str(year),
            source=" ; ".join(read.sources),
        )
        read.stocks.setdefault("population", stock)
    read.frame = pd.DataFrame(kept)
    if not isinstance(raw, gpd.GeoDataFrame) and "area_km2" in raw:
        read.frame["area_km2"] = pd.to_numeric(raw["area_km2"], errors="coerce")


def _sirens(given: pd.Series, name: str) -> tuple[pd.Series, list[str]]:
    """Return the EPCI à fiscalité propre of each commune, and notes."""
    text = given.astype(object).where(given.notna(), "").map(str).str.strip()
    several = text.str.findall(r"(?<!\d)2\d{8}(?!\d)")
    wrong = text.index[(several.str.len() == 0) & ~text.map(_is_none)]
    if len(wrong):
        told = [f"{text[code]!r} of {code}" for code in wrong]
        msg = (
            f"{name}: {len(wrong)} EPCI in column {given.name!r} are no SIREN, such as "
            f"'246200364': {culprits(told)}; leave it empty for a commune that is in "
            "none"
        )
        raise CodeError(msg)
    found = several.map(_own_taxation)
    torn = text.index[found.isna() & (several.str.len() > 1)]
    if torn.empty:
        return found.rename("epci"), []
    some = ", ".join(torn[:5])
    note = (
        f"Communes dont le fichier donne plusieurs groupements, laissées sans EPCI "
        f"({number(len(torn))} : {some})."
    )
    return found.rename("epci"), [note]


def _is_none(text: str) -> bool:
    return _NONE.fullmatch(text) is not None


def _own_taxation(sirens: list[str]) -> str | None:
    """Return the one EPCI of a commune; that of Paris holds other groupings."""
    if _GRAND_PARIS in sirens:
        return _GRAND_PARIS
    return sirens[0] if len(set(sirens)) == 1 else None


def _nature(text: object) -> object:
    """Return the initials of the nature of an EPCI."""
    if not isinstance(text, str) or not text.strip():
        return None
    return _NATURES.get(fold(text), text.strip())


def _arrondissements(given: pd.Series) -> pd.Series:
    """Return the codes of Insee of arrondissements: that of the département first."""
    codes = {}
    for commune, text in given.items():
        told = str(text).strip() if isinstance(text, str) else ""
        head = departement_of(str(commune))
        tail = told.removeprefix(head) if len(told) > len(head) else told
        tail = tail.lstrip("0") or tail
        codes[commune] = head + tail if re.fullmatch(r"[0-9]", tail) else None
    return pd.Series(codes, dtype=object, name="arrondissement")


def _population(given: pd.Series, read: _Read) -> pd.Series:
    """Return inhabitants as numbers, missing where the file has none."""
    found = pd.to_numeric(given, errors="coerce").astype("float64")
    found = found.where(found >= 0)
    lacking = found.index[found.isna()]
    if len(lacking):
        some = ", ".join(lacking[:5])
        read.notes.append(
            f"Population absente du fichier ({number(len(lacking))} : {some})."
        )
    return found.rename("population")


def _with_parents(frame: pd.DataFrame) -> pd.DataFrame:
    """Add what codes of communes say: département and region."""
    codes = frame.index.to_series()
    heads = codes.map(departement_of)
    return frame.assign(departement=heads, region=heads.map(region_of))


# -- other files -------------------------------------------------------------------


def _join_epcis(read: _Read, given: str | Path | pd.DataFrame, year: int) -> None:
    """Take the EPCI of communes from their composition."""
    if isinstance(given, pd.DataFrame):
        notes: list[str] = []
        table, told = given, _told_year(given)
        name, credited = "epcis", list(told_of(given).sources)
    else:
        table, told, notes = _composition(given, year)
        name = Path(given).name
        credited = [f"Insee ou DGCL, composition des EPCI en {told} ({name})"]
    if told is not None and told != year:
        msg = (
            f"{name}: EPCI of {told} for the communes of {year}; give the composition "
            f"of {year}, or the communes of {told}"
        )
        raise VintageError(msg)
    _check_composition(table, read.frame.index, name, year)
    sirens, said = _sirens(table["epci"], name)
    frame = read.frame.drop(columns=["epci_name", "epci_nature"], errors="ignore")
    frame["epci"] = sirens.reindex(frame.index)
    for what, column in (("epci_name", "name"), ("epci_nature", "nature")):
        if column in table.columns:
            told_of_it = table[column].replace("", None)
            frame[what] = told_of_it.reindex(frame.index).where(frame["epci"].notna())
    frame = frame.dropna(axis="columns", how="all")
    first = ["name", "epci", "epci_name", "epci_nature"]
    first = [column for column in first if column in frame]
    read.frame = frame[[*first, *frame.columns.difference(first, sort=False)]]
    read.whole |= {"epci": _sizes(sirens), **_larger(frame, table)}
    read.sources += credited
    read.notes += [*notes, *said]


def _larger(frame: pd.DataFrame, table: pd.DataFrame) -> dict[str, dict[str, int]]:
    """
    Return how many communes départements have by the list, or by its EPCI.

    A list that is cut short is no département, where its EPCI know better.
    """
    ours = _counts(_with_parents(frame[[]]))
    theirs = _counts(_with_parents(table[[]]))
    return {
        level: {unit: max(n, theirs[level].get(unit, 0)) for unit, n in sizes.items()}
        for level, sizes in ours.items()
    }


def _check_composition(
    table: pd.DataFrame, codes: pd.Index, name: str, year: int
) -> None:
    """Check that a composition of EPCI is that of the communes that are listed."""
    if table.index.name != "commune" or "epci" not in table.columns:
        msg = (
            "epcis: a frame indexed by commune with a column 'epci' is needed, as "
            "bm.read_memberships(path) returns it"
        )
        raise DataError(msg)
    check_unique(table.index, name)
    _check_same_list(table.index, codes, name, year)
    _warn_of_absent(codes.difference(table.index), len(codes), name)


def _composition(path: str | Path, year: int) -> tuple[pd.DataFrame, int, list[str]]:
    """Return the composition of EPCI, of the year that it says, else of the list."""
    try:
        return composition_of(path)
    except VintageError:
        return composition_of(path, year=year)


def _told_year(table: pd.DataFrame) -> int | None:
    """Return the year that a list of EPCI says of its rows."""
    years = table["year"].unique() if "year" in table.columns else []
    if len(years) > 1:
        msg = f"epcis: lists of {culprits(years)}; give that of one year"
        raise VintageError(msg)
    return int(years[0]) if len(years) else None


def _check_same_list(epcis: pd.Index, codes: pd.Index, name: str, year: int) -> None:
    """Refuse EPCI of communes of another year than those that are listed."""
    heads = set(codes.map(departement_of))
    there = epcis[epcis.map(departement_of).isin(heads)]
    lost = there.difference(codes)
    # A list may be cut in the middle of a département; a few are another year.
    if there.empty or (len(lost) and len(lost) * 20 < len(there)):
        what = "knows none of the communes" if there.empty else "is of other communes"
        msg = (
            f"{name} {what} that are listed in {year}"
            + (f": {len(lost)} are not there: {culprits(lost)}" if len(lost) else "")
            + f"; give the composition of EPCI of {year}, and all the communes of the "
            "départements"
        )
        raise VintageError(msg)


def _warn_of_absent(absent: pd.Index, count: int, name: str) -> None:
    """Warn of communes that a composition leaves out: it may be cut short."""
    odd = absent.difference(_ISLANDS)
    if len(odd):
        warnings.warn(
            f"{name} leaves out {len(odd)} of the {count} communes that are listed: "
            f"{culprits(odd)}; they are taken to be in no EPCI: is the file whole, and "
            "of these départements?",
            BasinmapWarning,
            stacklevel=5,
        )


def _join_outlines(read: _Read, given: Outlines) -> None:
    """Take the outlines of communes from another file."""
    if isinstance(read.raw, gpd.GeoDataFrame):
        msg = f"{read.name} has outlines already: leave outlines out"
        raise DataError(msg)
    units, name, notes = units_of(given)
    if units.empty:
        msg = f"{name}: no outline in it; give those of the communes of the list"
        raise DataError(msg)
    lacking = read.frame.index.difference(units.index)
    if len(lacking):
        msg = (
            f"{name}: {len(lacking)} of {len(read.frame)} commune(s) have no outline "
            f"in it: {culprits(lacking)}; keep what it covers, such as "
            f"departement={departement_of(units.index[0])!r}, or give outlines of the "
            "same year"
        )
        raise DataError(msg)
    known = measures_of(units)
    if "area_km2" in known:
        read.stocks["area_km2"] = known["area_km2"]
    read.raw = gpd.GeoDataFrame(bare(units).loc[read.frame.index], crs=units.crs)
    read.error = error_of(units)
    read.sources += [s for s in told_of(units).sources if s not in read.sources]
    read.notes += notes


def _keep(read: _Read, departement: str | Iterable[str]) -> None:
    """Keep the communes of some départements."""
    wanted = [departement] if isinstance(departement, str) else list(departement)
    there = read.frame["departement"]
    known = set(there)
    absent = [x for x in wanted if not isinstance(x, str) or x not in known]
    if absent or not wanted:
        by_name = {fold(name): code for code, name in DEPARTEMENTS.items()}
        meant = [by_name[fold(str(x))] for x in absent if fold(str(x)) in by_name]
        hint = f"did you mean {culprits(meant)}? " if meant else ""
        msg = (
            f"{read.name}: no commune of département {culprits(absent)}: {hint}it has "
            f"{culprits(sorted(there.unique()))}"
        )
        raise CodeError(msg)
    kept = there.isin(wanted)
    read.frame = read.frame[kept]
    read.raw = read.raw[kept]


# -- what is told ------------------------------------------------------------------


def _sizes(units: pd.Series) -> dict[str, int]:
    counts = units.dropna().value_counts()
    return {str(unit): int(count) for unit, count in counts.items()}


def _counts(frame: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Return how many communes each unit has, by level."""
    return {level: _sizes(frame[level]) for level in _LEVELS if level in frame}


def _measure(read: _Read, year: int, error: float | None) -> None:
    """Add outlines, once they are known to be a coverage, and surfaces."""
    raw = gpd.GeoDataFrame(read.raw)
    check_seamless(raw, read.name)
    if "area_km2" in raw:  # read before
        values = pd.to_numeric(raw["area_km2"], errors="coerce").astype("float64")
        whose = " ; ".join(read.sources)
        told = Stock(label="Superficie", unit="km²", geography=str(year), source=whose)
        read.stocks.setdefault("area_km2", told)
    else:
        known = checked_error(error)
        known = read.error if known is None else known
        values, stock, notes = surfaces_of(raw, read.sources, known, year=year)
        read.stocks["area_km2"] = stock
        read.notes += notes
    read.frame = gpd.GeoDataFrame(
        read.frame.drop(columns="area_km2", errors="ignore").assign(area_km2=values),
        geometry=raw.geometry,
        crs=raw.crs,
    )


def _told(
    read: _Read, year: int, error: float | None, source: str | None
) -> pd.DataFrame:
    """Return the frame in the order of codes, with what it is."""
    frame = read.frame.sort_index().rename_axis("commune")
    known = checked_error(error)
    known = read.error if known is None else known
    if known is not None and not isinstance(frame, gpd.GeoDataFrame):
        msg = "outline_error is that of outlines: add outlines='…'"
        raise DataError(msg)
    read.notes += _said(frame, read.whole)
    return tell(
        frame,
        level="commune",
        geography=f"{year}-01-01",
        sources=(source,) if source else tuple(dict.fromkeys(read.sources)),
        stocks={k: v for k, v in read.stocks.items() if k in frame},
        whole=read.whole,
        report=Report(
            verb=f"Lecture de {read.name}",
            units_before=len(read.raw),
            units_after=len(frame),
            notes=tuple(read.notes),
        ),
        **({} if known is None else {"outline_error": known}),
    )


def _said(frame: pd.DataFrame, whole: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Say in French what the list holds, and which EPCI it cuts."""
    heads = frame["departement"].unique()
    told = [f"{number(len(frame))} communes de {number(len(heads))} département(s)."]
    if "epci" not in frame:
        return [*told, "Le fichier ne dit pas les EPCI."]
    alone = int(frame["epci"].isna().sum())
    sizes = _sizes(frame["epci"])
    known = whole.get("epci", {})
    cut = [f"{s} ({n} sur {known[s]})" for s, n in sizes.items() if n < known.get(s, 0)]
    told.append(f"{number(len(sizes))} EPCI ; {number(alone)} commune(s) hors EPCI.")
    if cut:
        some = ", ".join(cut[:5])
        told.append(f"EPCI en partie hors de la liste ({number(len(cut))} : {some}).")
    return told
