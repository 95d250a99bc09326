"""
Populations de référence of Insee, in force three years after their census.

Two layouts bear one header: `COM` was the name of the commune, and is its code since
the populations of 2023. The year stands in no column: in the file's name, if at all.
"""

from __future__ import annotations

import re
from typing import Final

from basinmap.errors import DataError, VintageError
from basinmap.sources.layouts import Cells, Count, Found, Held, Source, position

__all__ = ["SOURCES"]

_COUNT: Final = Count(
    name="population",
    columns=("PMUN",),
    label="Population municipale",
    unit="habitants",
    family="P",
)
_CODE: Final = r"[0-9][0-9AB][0-9]{3}"
_NAMED: Final = re.compile(
    r"(?:ensemble|populations?|communes|reference)\D{0,20}((?:19|20)\d\d)"
)


def _read(found: Found) -> Cells:
    """Read the municipal population; that apart and the whole are not additive."""
    header, grid = found.header, found.grid
    columns = {
        name: position(header, (name,))
        for name in ("CODDEP", "CODCOM", "COM", "PMUN", "PCAP", "PTOT")
    }
    wanted = sorted(at for at in columns.values() if at is not None)
    text = grid.frame(found.at, wanted)
    cells = {name: text[at] for name, at in columns.items() if at is not None}
    whole = len(text) > 0 and cells["COM"].str.fullmatch(_CODE).all()
    codes = cells["COM"] if whole else cells["CODDEP"] + cells["CODCOM"].str.zfill(3)
    _check_totals(cells, codes, grid.file)
    year = _year(found)
    item = Held(_COUNT, (year,), (columns["PMUN"] or 0,))
    return Cells(
        codes=codes,
        columns=text[[columns["PMUN"]]],
        held={item.column: item},
        notes=(f"Populations de {year}, en vigueur au 1er janvier {year + 3}.",),
        cog=year + 2,
    )


def _check_totals(cells: dict, codes: object, file: str) -> None:
    """Refuse a table in which the total is not the sum of its two parts."""
    parts = [cells[name].str.replace(r"\s", "", regex=True) for name in _PARTS]
    plain = parts[0].str.isdigit() & parts[1].str.isdigit() & parts[2].str.isdigit()
    if not plain.all():
        wrong = cells["PMUN"][~plain]
        msg = (
            f"{file}: {len(wrong)} row(s) without three whole populations, the first "
            f"with PMUN {wrong.iloc[0]!r}: fetch the file again"
        )
        raise DataError(msg)
    off = parts[0].astype(int) + parts[1].astype(int) != parts[2].astype(int)
    if off.any():
        told = list(codes[off])[:5]  # type: ignore[index]
        msg = (
            f"{file}: PMUN + PCAP is not PTOT in {int(off.sum())} row(s): {told}; "
            "columns are shifted or exchanged: fetch the file again"
        )
        raise DataError(msg)


_PARTS: Final = ("PMUN", "PCAP", "PTOT")


def _year(found: Found) -> int:
    titles = " ".join(cell for row in found.grid.head[: found.at] for cell in row)
    told = _NAMED.findall(f"{found.path.name} {found.grid.file} {titles}".lower())
    if found.options.vintage:
        return found.options.vintage
    if not told:
        msg = (
            f"{found.grid.file}: of which year are these populations? No column says "
            "it: write vintage=2023 (the year of the census, not that of publication)"
        )
        raise VintageError(msg)
    return int(told[-1])


SOURCES: Final = (
    Source(
        id="populations-reference",
        name="Insee, populations de référence",
        credit="Insee, populations de référence {year}",
        code=("CODCOM",),
        needs=("CODDEP", "CODCOM", "COM", "PMUN", "PCAP", "PTOT"),
        counts=(_COUNT,),
        cautions=(
            "La population totale compte deux fois la population comptée à part : "
            "seule la population municipale est lue.",
        ),
        read=_read,
    ),
)
