"""The tables of a user that a PLH or a conference reads: secteurs, balance, estates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from basinmap.arguments import check_given, path_of
from basinmap.deliverables.programme_pages import Balance
from basinmap.errors import ColumnError, DataError, culprits
from basinmap.measures import check_decimals
from basinmap.sheets import grids
from basinmap.territory.levels import fold, repair_codes

__all__ = ["numbers_of", "read_balance", "read_sectors", "user_table"]

_HEADS: Final = {
    "commune": ("commune", "code", "insee", "code insee", "codgeo", "code commune"),
    "sector": ("secteur", "sector", "secteur plh"),
    "objective": ("objectif", "objective", "objectifs", "vise", "vises"),
    "achieved": ("realise", "achieved", "realises", "realisation", "realisations"),
    "theme": ("theme", "action"),
}


def user_table(
    path: str | Path,
    needed: Sequence[str],
    heads: Mapping[str, Sequence[str]],
    *,
    also: Sequence[str] = (),
) -> pd.DataFrame:
    """
    Read some columns of a table of the user, each cell as text.

    Parameters
    ----------
    path
        CSV, xlsx or ods.
    needed
        Columns that there must be.
    heads
        Headings that a column may have, without accents, by column.
    also
        Columns that are read where there are some.

    Raises
    ------
    DataError
        If the file is absent or no table.
    ColumnError
        If a column is missing; headings that it may have are told.
    """
    where = path_of(path, "path")
    seen: list[str] = []
    for grid in grids(where):
        for line, row in enumerate(grid.head[:10]):
            names = [fold(str(cell)).replace("_", " ").strip() for cell in row]
            places = {
                column: next((n for n, name in enumerate(names) if name in told), -1)
                for column, told in heads.items()
                if column in (*needed, *also)
            }
            if all(places.get(column, -1) >= 0 for column in needed):
                return _body(grid, line, places)
            seen = seen or [name for name in names if name]
    wanted = {column: heads[column][0] for column in needed}
    msg = (
        f"{where.name}: the columns {culprits(list(wanted.values()))} are expected; "
        f"found {culprits(seen, most=8) or 'none'}"
    )
    raise ColumnError(msg)


def _body(grid: object, line: int, places: Mapping[str, int]) -> pd.DataFrame:
    kept = {column: place for column, place in places.items() if place >= 0}
    frame = grid.frame(line, list(kept.values()))  # type: ignore[attr-defined] # a grid
    return frame.set_axis(list(kept), axis=1)


def read_sectors(path: str | Path) -> pd.Series:
    r"""
    Read the secteur of each commune: a table with columns commune and secteur.

    Parameters
    ----------
    path
        CSV, xlsx or ods.

    Returns
    -------
    Series
        Name of the secteur, by code of commune.

    Raises
    ------
    DataError
        If the file is absent or no table, or a secteur is written in several ways.
    ColumnError
        If a column is missing.
    CodeError
        If a code cannot be read.

    Examples
    --------
    >>> import basinmap as bm
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> path = Path(mkdtemp()) / "secteurs.csv"
    >>> _ = path.write_text("commune;secteur\n62498;Centre\n62510;Ouest\n")
    >>> bm.read_sectors(path).to_dict()
    {'62498': 'Centre', '62510': 'Ouest'}
    """
    check_given(read_sectors, locals())
    table = user_table(path, ("commune", "sector"), _HEADS)
    kept = table[table["commune"].astype("str").str.strip() != ""]
    codes = repair_codes(kept["commune"], "commune")[0]
    names = kept["sector"].astype("str").str.strip()
    _check_spelling(names, Path(path).name)
    return pd.Series(
        names.to_numpy(),
        index=pd.Index(codes.to_numpy(), name="commune"),
        name="secteur",
    )


def _check_spelling(names: pd.Series, where: str) -> None:
    """Refuse a secteur that is written in several ways: it would be several."""
    spelt = pd.Series(names.unique())
    alike = spelt.groupby(spelt.map(fold)).agg(list)
    several = [" / ".join(found) for found in alike if len(found) > 1]
    if several:
        msg = (
            f"{where}: secteur(s) written in several ways: {culprits(several)}; write "
            "each of them one way"
        )
        raise DataError(msg)


def read_balance(
    path: str | Path, *, source: str, period: tuple[int, int], closed: bool = False
) -> Balance:
    r"""
    Read the balance of a previous PLH: objectives and what was done, by commune.

    Parameters
    ----------
    path
        A table with columns commune, objectif, realise, and theme where there are
        several: CSV, xlsx or ods. A blank cell is not available, and no zero.
    source
        Whence, as printed.
    period
        First and last year of the PLH.
    closed
        Whether the period is over.

    Returns
    -------
    Balance
        What `plh_document` takes.

    Raises
    ------
    DataError
        If the file is absent or no table, a cell is no number, or a number is negative.
    ColumnError
        If a column is missing.
    CodeError
        If a code cannot be read.

    Examples
    --------
    >>> import basinmap as bm
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> path = Path(mkdtemp()) / "bilan.csv"
    >>> _ = path.write_text("commune;objectif;réalisé\n62498;160;120\n")
    >>> found = bm.read_balance(path, source="CALL", period=(2014, 2020), closed=True)
    >>> found.table["achieved"].tolist()
    [120.0]
    """
    check_given(read_balance, locals())
    needed = ("commune", "objective", "achieved")
    table = user_table(path, needed, _HEADS, also=("theme",))
    kept = table[table["commune"].astype("str").str.strip() != ""].copy()
    kept["commune"] = repair_codes(kept["commune"], "commune")[0].to_numpy()
    for name in needed[1:]:
        kept[name] = numbers_of(kept[name], f"{Path(path).name}, {name}")
    return Balance(kept.reset_index(drop=True), source, period, closed)


def numbers_of(column: pd.Series, where: str) -> pd.Series:
    """
    Return the numbers of a column of texts, NaN where a cell is blank.

    Parameters
    ----------
    column
        Texts.
    where
        What the column is, for the error.

    Raises
    ------
    DataError
        If a cell is neither blank nor a number, or numbers may be thousands.
    """
    bare = column.astype("str").str.replace(r"[\s\u00a0\u202f]", "", regex=True)
    check_decimals(bare.astype(object), where)
    bare = bare.str.replace(",", ".", regex=False).replace("", None)
    found = pd.to_numeric(bare, errors="coerce").astype(float)
    bad = column[found.isna() & bare.notna()]
    if len(bad):
        listed = culprits(list(map(str, bad)))
        msg = f"{where}: {len(bad)} cell(s) are no numbers: {listed}; leave them blank"
        raise DataError(msg)
    return found
