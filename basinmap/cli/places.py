"""From the options of a territory to its list of communes, its perimeter, its units."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

import basinmap as bm
from basinmap.cli.words import say
from basinmap.errors import CodeError, DataError, culprits
from basinmap.sheets import Grid, grids
from basinmap.territory.levels import fold
from basinmap.territory.lists import Territory, listed
from basinmap.territory.perimeters import Perimeter

__all__ = ["Where", "outlines_of", "territory_of", "where"]

_CODE: Final = re.compile(r"[0-9]{4}(?:\.0)?|[0-9][0-9AaBb][0-9]{3}(?:\.0)?")
_MOSTLY: Final = 0.8
_POSTAL: Final = re.compile(r"cp|code ?postal|postal ?code|codes? postaux|zip ?code")
"""Headings, without accents, of codes that look like those of communes."""


@dataclass(frozen=True, slots=True)
class Where:
    """
    The territory of a command.

    Attributes
    ----------
    communes
        The list that `--territory` gives, or None for the embedded one.
    outlines
        What `--outlines` gives.
    perimeter
        What is asked for, or None for all of the list.
    """

    communes: pd.DataFrame | None
    outlines: gpd.GeoDataFrame | None
    perimeter: Perimeter | None

    @property
    def territory(self) -> Territory:
        """The list that is meant."""
        return listed(self.communes)


def where(given: argparse.Namespace) -> Where:
    """
    Return the territory that the options of `add_units` say.

    Parameters
    ----------
    given
        The options.

    Raises
    ------
    CodeError
        If it is unknown.
    DataError
        If a file is none.
    """
    communes, outlines = territory_of(given), outlines_of(given)
    return Where(communes, outlines, _perimeter(given, communes))


def territory_of(given: argparse.Namespace) -> pd.DataFrame | None:
    """
    Return the list of communes that `--territory` gives, if any.

    Parameters
    ----------
    given
        The options.
    """
    if given.territory is None:
        for name in ("territory_year", "territory_epcis"):
            if getattr(given, name) is not None:
                option = f"--{name.replace('_', '-')}"
                msg = say("{option} is of --territory FILE: give it too", option=option)
                raise DataError(msg)
        return None
    own = {} if given.outlines is None else {"outlines": given.outlines}
    return bm.read_territory(
        given.territory,
        epcis=given.territory_epcis,
        year=given.territory_year,
        source=given.outlines_source,
        **own,
    )


def outlines_of(given: argparse.Namespace) -> gpd.GeoDataFrame | None:
    """
    Return the outlines that `--outlines` gives, if any, of the embedded communes.

    Parameters
    ----------
    given
        The options.
    """
    if given.outlines is None or getattr(given, "territory", None) is not None:
        return None
    return bm.read_outlines(
        given.outlines, year=given.outlines_year, source=given.outlines_source
    )


def _perimeter(
    given: argparse.Namespace, communes: pd.DataFrame | None
) -> Perimeter | None:
    territory = listed(communes)
    if given.communes is not None:
        return _own(given, communes)
    if given.name is not None:
        msg = say("--name is of --communes FILE: give it too")
        raise DataError(msg)
    for level in ("epci", "scot", "departement"):
        asked = getattr(given, level)
        if asked is not None:
            (code,) = territory.resolve(asked, level)
            return bm.perimeter(code, communes=communes)
    if given.perimeter is not None:
        return bm.perimeter(given.perimeter, communes=communes)
    return None


# -- a list of communes of one's own --------------------------------------------------


def _own(given: argparse.Namespace, communes: pd.DataFrame | None) -> Perimeter:
    """Return the perimeter that a table of codes makes."""
    file = Path(given.communes)
    name = (given.name or file.stem.replace("_", " ")).strip()
    codes = _codes(file, listed(communes))
    slug = fold(name).replace(" ", "-") or "perimetre"
    return bm.user_perimeter(slug, codes, name=name, source=file.name, among=communes)


def _codes(file: Path, territory: Territory) -> list[str]:
    """Return the codes of a table: those of its one column of codes of communes."""
    best: tuple[float, str, pd.Series] | None = None
    postal: list[str] = []
    for grid in grids(file):
        for at in range(max(map(len, grid.head), default=0)):
            cells, head = _column(grid, at)
            share = float(cells.map(_spelt).isin(territory.codes).mean())
            if share >= _MOSTLY and _POSTAL.fullmatch(fold(head)):
                postal.append(head)
            elif share >= _MOSTLY and (best is None or share > best[0]):
                best = share, head, cells
        if best is not None:
            return _checked(file.name, best[1], best[2], territory)
        if postal:
            msg = say(
                "{file}: {column} holds postal codes, of which one is of several "
                "communes: give the codes of Insee, such as 62498 for Lens, 62300 by "
                "post",
                file=file.name,
                column=repr(postal[0]),
            )
            raise CodeError(msg)
        _check_elsewhere(file.name, grid, territory)
    msg = say(
        "{file}: no column of codes of communes, such as 62498, of {territory}",
        file=file.name,
        territory=territory.title,
    )
    raise DataError(msg)


def _check_elsewhere(file: str, grid: Grid, territory: Territory) -> None:
    """Refuse communes that are of no list that is loaded, and say how to load it."""
    for at in range(max(map(len, grid.head), default=0)):
        cells, _ = _column(grid, at)
        if len(cells) and cells.str.fullmatch(_CODE).mean() >= _MOSTLY:
            msg = say(
                "{file}: its communes, {codes}, are not of {territory}, which is all "
                "that is loaded; map, table and plh load another list: --territory "
                "FILE",
                file=file,
                codes=culprits(cells.map(_spelt).tolist()),
                territory=territory.title,
            )
            raise CodeError(msg)


def _column(grid: Grid, at: int) -> tuple[pd.Series, str]:
    """Return the cells of a column from its first code on, and what stands above."""
    texts = [row[at].strip() if at < len(row) else "" for row in grid.head]
    first = next((i for i, text in enumerate(texts) if _CODE.fullmatch(text)), None)
    if first is None or at >= len(grid.head[first]):
        return pd.Series(dtype=object), ""
    rest = grid.frame(first, [at])[at].tolist()
    cells = pd.Series([texts[first], *rest], dtype=object)
    cells.index = pd.RangeIndex(1, len(cells) + 1)
    return cells[cells != ""], texts[first - 1] if first else ""


def _spelt(text: str) -> str:
    """Write the code that a spreadsheet cut or made a number of."""
    return text.removesuffix(".0").upper().zfill(5)


def _checked(file: str, head: str, cells: pd.Series, territory: Territory) -> list[str]:
    """Return codes, all of them of the list, or say where the others stand."""
    codes = cells.map(_spelt)
    wrong = cells[~codes.isin(territory.codes)]
    if len(wrong):
        rows = ", ".join(f"{row} ({text!r})" for row, text in wrong.head(3).items())
        msg = say(
            "{file}, column {column}: {count} cell(s) are no commune of {territory}, "
            "at row(s) {rows} under the header",
            file=file,
            column=repr(head or "1"),
            count=len(wrong),
            territory=territory.title,
            rows=rows,
        )
        raise CodeError(msg)
    return list(dict.fromkeys(codes))
