"""Reading the composition of EPCI as Insee and the DGCL publish it each year."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from basinmap.arguments import check_given
from basinmap.errors import BasinmapWarning, DataError, VintageError, culprits
from basinmap.sheets import BOOKS, TEXTS, Rows, decoded, rows_of, workbook_rows
from basinmap.territory.former import communes_of
from basinmap.territory.history import proposed, weighed
from basinmap.territory.levels import fold, repair_codes
from basinmap.territory.local import is_there
from basinmap.territory.memberships import FIRST, LAST, epci_names, known_epcis
from basinmap.territory.timelines import check_year, timeline
from basinmap.typography import number
from basinmap.values.told import tell

__all__ = ["composition_of", "read_memberships"]

_COLUMNS: Final = {
    "commune": re.compile(
        r"codgeo(?: \d\d)?|(?:code )?insee(?: com)?|com code|code commune|depcom"
    ),
    "epci": re.compile(r"epci|siren|(?:code |siren |n siren )epci|epci (?:siren|code)"),
    "name": re.compile(r"libepci|nom|raison sociale|(?:nom|libelle) epci|epci name"),
    "nature": re.compile(r"nature(?: juridique| epci)?"),
}
_FEW: Final = 10
"""Communes that may be told otherwise in a list of the right year."""
_NONE: Final = "ZZZZZZZZZ"
# Groupings without own taxation, which a list of the DGCL may hold too: a commune is
# in several.
_OTHERS: Final = frozenset(
    {"SIVU", "SIVOM", "SMF", "SMO", "PETR", "POLEM", "EPT", "SYNDICAT", "ZZ"}
)
_DATED: Final = re.compile(r"(?:0?1/0?1/|1er janvier )((?:19|20)\d\d)", re.IGNORECASE)
_YEAR: Final = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def read_memberships(path: str | Path, *, year: int | None = None) -> pd.DataFrame:
    r"""
    Read a list of the communes of each EPCI, as Insee or the DGCL publish it.

    Parameters
    ----------
    path
        Insee's « composition communale des EPCI » or « table d'appartenance des
        communes » (a workbook), or a list of the DGCL (CSV or workbook): whatever
        the sheet, the titles above the header, the separator and the encoding.
    year
        Year of its 1 January; by default that of its title, else of its name.

    Returns
    -------
    DataFrame
        Index `commune` (codes of that year); `epci` (SIREN), `name` and `nature` of
        the EPCI, missing for a commune that is in none, and `year`. To be given as
        `memberships=`, alone or in a list, to `membership`, `perimeter`, `epcis` and
        `series`; `aggregate` takes what `membership` returns. `attrs["notes"]` says
        in French what was read.

    Raises
    ------
    DataError
        If the file is not such a list, a commune is in two EPCI, or more than ten
        are in another than what is known of that year.
    VintageError
        If the year is not told, or the communes are those of another year.

    Warns
    -----
    BasinmapWarning
        If it holds less than half of the communes of Nord or of Pas-de-Calais, or a
        few are in another EPCI than what is known.

    Examples
    --------
    >>> import basinmap as bm
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> members = bm.membership("epci", date="2019-01-01", vintage=None)
    >>> rows = [f"{epci};CC de l'essai;{code}" for code, epci in members.items()]
    >>> path = Path(mkdtemp()) / "epci_2019.csv"
    >>> _ = path.write_text("\n".join(["siren;nom;insee", *rows]), encoding="utf-8")
    >>> found = bm.read_memberships(path)
    >>> len(found), found.loc["62498", "epci"], int(found.loc["62498", "year"])
    (1538, '246200364', 2019)
    """
    check_given(read_memberships, locals())
    file = _existing(Path(path))
    table, told, notes = composition_of(file, year=year)
    check_year(told, timeline(None))
    table["year"] = told
    _check_history(table.index, told, file)
    near = table.index[table.index.isin(communes_of(told))]
    part = _warn_of_part(near, told, file)
    _check_lineage(table["epci"], told, file, part=part)
    table["name"] = _names(table, told)
    table["nature"] = table["nature"].where(table["epci"].notna())
    alone = table.loc[near, "epci"].isna().sum() + len(communes_of(told)) - len(near)
    notes.append(
        f"{file.name} : {number(len(near))} communes du Nord et du Pas-de-Calais au "
        f"1er janvier {told}, {number(int(alone))} hors EPCI."
    )
    tell(
        table,
        level="commune",
        sources=(f"Insee ou DGCL, composition des EPCI en {told} ({file.name})",),
        notes=tuple(notes),
    )
    return table


def composition_of(
    path: str | Path, *, year: int | None = None
) -> tuple[pd.DataFrame, int, list[str]]:
    """
    Return the rows of a list of the communes of each EPCI, of any département.

    Parameters
    ----------
    path, year
        As for `read_memberships`.

    Returns
    -------
    table : DataFrame
        Index `commune`; `epci`, missing for a commune that is in none, `name` and
        `nature` of the EPCI, empty where the file does not say.
    year : int
        The year of its 1 January.
    notes : list of str
        French sentences on what was read.

    Raises
    ------
    DataError, VintageError
        If the file is not such a list, a commune is in two EPCI, or the year is not
        told.
    """
    file = _existing(Path(path))
    titles, table, notes = _table(file)
    told = year if year is not None else _year(file, titles, table)
    codes, said = repair_codes(table["commune"], "commune")
    notes += [note for note in said.notes if "Aucun" not in note]
    table = table.assign(commune=codes, epci=_sirens(table["epci"]))
    table = _once(_with_own_taxation(table, notes), file, notes)
    return table.set_index("commune").sort_index(), told, notes


# --- what is in the file -----------------------------------------------------------


def _existing(file: Path) -> Path:
    kind = file.suffix.lower()
    if not (is_there(file) and file.is_file()):
        msg = f"no file {str(file)!r}: give a list of EPCI of Insee or of the DGCL"
    elif kind == ".zip":
        msg = f"{file.name} is an archive: unzip it, and give the workbook it holds"
    elif kind not in {*BOOKS, *TEXTS}:
        msg = (
            f"{file.name}: a list of EPCI is read from {', '.join([*BOOKS, *TEXTS])}"
            "; save it as one of them"
        )
    else:
        return file
    raise DataError(msg)


def _table(file: Path) -> tuple[str, pd.DataFrame, list[str]]:
    """Return titles, rows and notes of the first table of communes and EPCI."""
    headed = [
        (sheet, rows, *head)
        for sheet, rows in _sheets(file)
        if (head := _header(rows)) is not None
    ]
    found = [item for item in headed if "commune" in item[3]]
    if not found:
        msg = (
            f"{file.name}: no sheet has a row with CODGEO (or insee) and EPCI (or "
            "siren): is it the « composition communale des EPCI »?"
        )
        raise DataError(msg)
    sheet, rows, position, columns = found[0]
    table, notes = _cells(rows[position + 1 :], columns, len(rows[position]))
    if table.empty:
        msg = f"{file.name}: no commune under the header; fetch it again"
        raise DataError(msg)
    for _, others, at, there in headed:
        # The sheet of EPCI says the nature that the sheet of communes leaves out.
        if "commune" not in there:
            told = _named(others[at + 1 :], there)
            for what, known in told.items():
                absent = table[what] == ""
                table[what] = table[what].mask(absent, table["epci"].map(known))
    if sheet:
        notes.append(f"Feuille lue : {sheet}.")
    titles = " ".join(cell for row in rows[:position] for cell in row)
    return titles, table.fillna({"name": "", "nature": ""}), notes


def _sheets(file: Path) -> Iterator[tuple[str, Rows]]:
    """Yield each sheet as rows of text."""
    if file.suffix.lower() in TEXTS:
        yield "", _text_rows(file)
        return
    yield from workbook_rows(file)


def _text_rows(file: Path) -> Rows:
    text = decoded(file.read_bytes())
    for mark in (";", ",", "\t"):
        rows = rows_of(text, mark, file.name)
        if _header(rows) is not None:
            return rows
    return []


def _header(rows: Rows) -> tuple[int, dict[str, int]] | None:
    """Return the position of the header, and of the columns that are wanted."""
    for position, row in enumerate(rows[:20]):
        columns: dict[str, int] = {}
        for column, cell in enumerate(row):
            for what, form in _COLUMNS.items():
                if form.fullmatch(fold(cell)):
                    columns.setdefault(what, column)
        if "epci" in columns and len(columns) > 1:
            return position, columns
    return None


def _named(rows: Rows, columns: dict[str, int]) -> dict[str, dict[str, str]]:
    """Return name and nature by SIREN, from a sheet of EPCI."""
    whole = [row for row in rows if len(row) > max(columns.values())]
    return {
        what: {row[columns["epci"]]: row[columns[what]] for row in whole}
        for what in ("name", "nature")
        if what in columns
    }


def _cells(
    rows: Rows, columns: dict[str, int], width: int
) -> tuple[pd.DataFrame, list[str]]:
    """Return the wanted columns; leave out the rows that are cut or shifted."""
    kept, odd = [], 0
    for row in rows:
        cells = [
            row[columns[what]].strip()
            if what in columns and columns[what] < len(row)
            else ""
            for what in _COLUMNS
        ]
        if not any(cells[:2]):
            continue
        sound = re.fullmatch(r"[0-9][0-9AB]?[0-9]{3}", cells[0])
        if len(row) != width and not (sound and re.match(r"2[0-9]{8}", cells[1])):
            odd += 1
            continue
        kept.append(cells)
    told = "Lignes laissées, d'un nombre de champs inattendu"
    notes = [f"{told} : {number(odd)}."] if odd else []
    # Letters of Windows read as controls: « C\x9cur » is Cœur.
    repaired = {i: bytes([i]).decode("cp1252", "replace") for i in range(0x80, 0xA0)}
    table = pd.DataFrame(kept, columns=list(_COLUMNS), dtype=object)
    table["name"] = table["name"].str.translate(repaired)
    return table, notes


def _year(file: Path, titles: str, table: pd.DataFrame) -> int:
    for found in (_DATED.findall(titles), _YEAR.findall(file.stem)):
        if found:
            return int(found[-1])
    msg = (
        f"{file.name}: of which 1 January are its {len(table)} rows? Neither title nor "
        "name says: write year=2010"
    )
    raise VintageError(msg)


# --- checks ------------------------------------------------------------------------


def _sirens(given: pd.Series) -> pd.Series:
    """Return SIREN as text, missing where a commune is in no EPCI."""
    alone = given.isin(["", _NONE])
    found, _ = repair_codes(given[~alone], "epci")
    return found.reindex(given.index)


def _with_own_taxation(table: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Leave out syndicates, in which a commune is beside its EPCI."""
    others = table["nature"].str.upper().isin(_OTHERS) & table["epci"].notna()
    if others.any():
        notes.append(f"Lignes de syndicats laissées : {number(int(others.sum()))}.")
    return table[~others].copy()


def _once(table: pd.DataFrame, file: Path, notes: list[str]) -> pd.DataFrame:
    """Return one row a commune, or refuse one that is in two EPCI."""
    table = table.drop_duplicates(["commune", "epci"])
    again = table.loc[table["commune"].duplicated(keep=False)]
    if len(again):
        codes = again["commune"].unique()
        first = again.loc[again["commune"] == codes[0], "epci"]
        msg = (
            f"{file.name}: {len(codes)} commune(s) in several EPCI: {culprits(codes)}; "
            f"{codes[0]!r} is in {culprits(first)}: keep one"
        )
        raise DataError(msg)
    empty = table["commune"] == ""
    if empty.any():
        notes.append(f"Lignes sans commune : {number(int(empty.sum()))}.")
    return table[~empty].copy()


def _check_history(codes: pd.Index, year: int, file: Path) -> None:
    """Check that communes of 59 and 62 are those of the year."""
    near = codes[codes.str.startswith(("59", "62"))]
    if near.empty:
        msg = (
            f"{file.name}: none of its {len(codes)} communes is of Nord or "
            "Pas-de-Calais: it says nothing of theirs"
        )
        raise DataError(msg)
    absent = near.difference(sorted(communes_of(year)))
    if len(absent):
        looks = proposed(weighed(near, timeline(None)))
        looks = looks.replace("write that year", "write that year=")
        msg = (
            f"{file.name}: {len(absent)} code(s) are no commune on 1 January {year}: "
            f"{culprits(absent)}; {looks}"
        )
        raise VintageError(msg)


def _check_lineage(epci: pd.Series, year: int, file: Path, *, part: bool) -> None:
    """Check a list against what is known of the EPCI of its year."""
    if not FIRST <= year <= LAST:
        return
    # What a whole list leaves out is in no EPCI.
    every = epci.index.union(sorted(communes_of(year)))
    wrong = _contradictions(epci if part else epci.reindex(every), year)
    if not wrong:
        return
    likely = _fitting(epci, year)
    cure = f"; it fits {likely}: write year={likely}" if likely else ""
    if likely == year:
        cure = "; what else it says fits that year: add them to the list, or correct it"
    told = [f"{c} is in {given}, known to be in {known}" for c, given, known in wrong]
    msg = (
        f"{file.name}: {len(wrong)} commune(s) contradict what is known of the EPCI on "
        f"1 January {year}: {'; '.join(told[:5])}{cure}"
    )
    if len(wrong) > _FEW:
        raise DataError(msg)
    # A transfer is told by one list and not by the other of the same day.
    warnings.warn(msg, BasinmapWarning, stacklevel=3)


def _fitting(epci: pd.Series, year: int) -> int | None:
    """Return the year of which a list says the most that is known, and no other."""
    codes = frozenset(epci.index[epci.index.str.startswith(("59", "62"))])
    fits = {
        y: len(known_epcis(y).dropna().index.intersection(epci.index))
        for y in range(FIRST, LAST + 1)
        if codes <= communes_of(y) and not _contradictions(epci, y)
    }
    return max(fits, key=lambda y: (fits[y], -abs(y - year)), default=None)


def _contradictions(epci: pd.Series, year: int) -> list[tuple[str, str, str]]:
    known = known_epcis(year).dropna()
    both = known.index.intersection(epci.index)
    given, expected = epci[both], known[both]
    wrong = both[(given != expected).to_numpy() | given.isna().to_numpy()]
    given = given.fillna("none")
    return [(code, given[code], expected[code]) for code in wrong]


def _names(table: pd.DataFrame, year: int) -> pd.Series:
    """Return the name of each EPCI, that which is embedded where none is given."""
    names = table["name"].where(table["epci"].notna())
    known = epci_names(max(min(year, LAST), FIRST))["name"]
    embedded = table["epci"].map(known).fillna(table["epci"])
    return names.mask(names.fillna("").eq(""), embedded)


def _warn_of_part(near: Sequence[str], year: int, file: Path) -> bool:
    """Warn of a list that is an extract, and tell whether it is."""
    told = []
    for head in ("59", "62"):
        whole = sum(code.startswith(head) for code in communes_of(year))
        there = sum(code.startswith(head) for code in near)
        if 2 * there < whole:
            told.append(f"{there} of the {whole} communes of {head}")
    if told:
        warnings.warn(
            f"{file.name} lists {' and '.join(told)} in {year}: an extract? The others "
            "will be in no EPCI",
            BasinmapWarning,
            stacklevel=3,
        )
    return bool(told)
