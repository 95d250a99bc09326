"""The tables of a user that the deliverable on the museum reads: visitors, studies."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from basinmap.arguments import check_given, path_of
from basinmap.deliverables.pic_documents import Study
from basinmap.deliverables.programme_files import user_table
from basinmap.errors import DataError, culprits
from basinmap.sheets import grids
from basinmap.sources.vintages import check_year

__all__ = ["read_attendance", "read_studies"]

_HEADS: Final = {
    "title": ("etude", "titre", "study", "title"),
    "result": ("resultat", "question", "result", "ce qu elle donne"),
    "date": ("date", "annee", "year"),
    "notebook": ("carnet", "notebook", "fichier"),
}


def read_attendance(path: str | Path) -> tuple[pd.Series, dict[int, str]]:
    r"""
    Read the visitors of the museum, year by year, and what changed in their count.

    Parameters
    ----------
    path
        CSV, xlsx or ods: a year and a number of visitors a row, a heading or not; a
        third column says what changed from that year on, such as « année civile ».

    Returns
    -------
    tuple
        Visitors on their years, and what changed, by year.

    Raises
    ------
    DataError
        If no row is one, some are none, a year stands twice, or a third column holds
        numbers.
    VintageError
        If a year is none: columns that are exchanged, most of the time.

    Examples
    --------
    >>> import basinmap as bm, tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "entrees.csv"
    ...     _ = path.write_text("2015;435 213;\n2016;444 602;année civile\n")
    ...     seen, breaks = bm.read_attendance(path)
    >>> seen.to_dict(), breaks
    ({2015: 435213.0, 2016: 444602.0}, {2016: 'année civile'})
    """
    check_given(read_attendance, locals())
    file = path_of(path, "path")
    for grid in grids(file):  # of each separator, the first that fits
        read = [_bare(row) for row in grid.head]
        rows = {int(y): float(n) for y, n, _ in read if y.isdigit() and n.isdigit()}
        if rows:
            _check_years(read, file)
            cuts = {int(y): told for y, n, told in read if y.isdigit() and told}
            return pd.Series(rows).sort_index(), cuts
    msg = f"{file}: one year and one number of visitors a row are expected"
    raise DataError(msg)


def _check_years(told: Sequence[tuple[str, str, str]], file: Path) -> None:
    """Refuse rows that are no heading and hold no year, or no number."""
    years = [year for year, _, _ in told if year.isdigit()]
    odd = [
        f"{year},{count}"
        for at, (year, count, _) in enumerate(told)
        if (year or count)
        and not (year.isdigit() and count.isdigit())
        and (at or year.isdigit())
    ]
    for year in years:
        check_year(int(year), f"{file}, first column")
    more = [said for year, _, said in told if year.isdigit() and _is_number(said)]
    if more:
        msg = (
            f"{file}: numbers in the third column, {culprits(more)}: it says in words "
            "what changed; give the visitors of a year in one column, all of them"
        )
        raise DataError(msg)
    odd += [year for year in dict.fromkeys(years) if years.count(year) > 1]
    if odd:
        msg = (
            f"{file}: {culprits(odd)}: one year and one number of visitors a row are "
            "expected"
        )
        raise DataError(msg)


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9]+([.,][0-9]+)?", re.sub(r"\s", "", text)))


def _bare(row: Sequence[object]) -> tuple[str, str, str]:
    """Return a year and a number without spaces, as digits, and what is told."""
    cells = [re.sub(r"\s", "", str(cell)).removesuffix(".0") for cell in row[:2]]
    cells += [""] * (2 - len(cells))
    return cells[0], cells[1], str(row[2]).strip() if len(row) > 2 else ""


def read_studies(path: str | Path) -> tuple[Study, ...]:
    r"""
    Read the index of the studies of the year.

    Parameters
    ----------
    path
        CSV, xlsx or ods, with columns `etude` and `resultat`, and `date`, `carnet`
        where they are known.

    Raises
    ------
    DataError
        If the file is absent or no table, or a study has no title or result.
    ColumnError
        If a column is missing.

    Examples
    --------
    >>> import basinmap as bm, tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "etudes.csv"
    ...     _ = path.write_text("etude;resultat\nVacance;Trois poches.\n")
    ...     bm.read_studies(path)[0].result
    'Trois poches.'
    """
    check_given(read_studies, locals())
    table = user_table(
        path, ("title", "result"), _HEADS, also=("date", "notebook")
    ).fillna("")
    blank = table.index[(table["title"] == "") | (table["result"] == "")]
    if len(blank) or table.empty:
        rows = culprits([str(int(n) + 1) for n in blank]) if len(blank) else "none"
        msg = f"{path}: etude and resultat are needed in each row: {rows}"
        raise DataError(msg)
    return tuple(
        Study(*(str(row.get(name, "")) for name in _HEADS))
        for _, row in table.iterrows()
    )
