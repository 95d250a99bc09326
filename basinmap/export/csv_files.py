"""CSV that a double click opens in a French spreadsheet."""

from __future__ import annotations

import csv
import datetime as dt
import errno
import io
import warnings
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from basinmap.arguments import check_given
from basinmap.errors import BasinmapWarning, DataError, culprits
from basinmap.export.contents import (
    Content,
    Field,
    content_of,
    table_from,
    with_names,
)
from basinmap.staging import refusal, staged_file
from basinmap.states import QUALIFIERS, STATES, VOIDS
from basinmap.typography import yes_or_no

__all__ = ["check_same", "write_bytes", "write_csv", "written"]

_COMPUTED: Final = ("=", "@", "+", "-", "\t", "\r")
_MEANINGS: Final = {**STATES, **QUALIFIERS}
_EXACT: Final = 10**15


def write_csv(path: str | Path, table: pd.DataFrame | pd.Series) -> Path:
    """
    Write a table as a CSV that a French spreadsheet opens by a double click.

    Semicolons, decimal commas, UTF-8 with its mark, French headings, names of units.
    What is missing says why, « s », « s.o. » or « n.d. »; where something is to be said
    of values, a column « statut » beside them says it in words. Whose figures they are
    stands under the rows. For programs, `write_data_package` or `write_parquet`.

    Parameters
    ----------
    path
        The `.csv` file, replaced if it exists.
    table
        A table or a series; the index becomes the first column.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    DataError
        If a value is one that no file holds, a text one that a spreadsheet would
        compute (`=`, `+`, `-`, `@`), or a whole number has more than 15 digits.
    SecrecyError, MeasureError
        If a value is there that is said to be secret, or missing.
    OutputError
        If the file cannot be written.

    Warns
    -----
    BasinmapWarning
        If codes begin with a zero, which a spreadsheet drops when it opens a CSV.

    See Also
    --------
    write_workbook : Keeps codes as text, whoever opens it.

    Examples
    --------
    >>> import basinmap as bm, tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> rate = bm.compute("L04", bm.statistics(epci="call"))
    >>> path = bm.write_csv(folder / "vacance.csv", rate)
    >>> path.read_text(encoding="utf-8-sig").splitlines()[1]
    '62001;Ablain-Saint-Nazaire;5,319148936170213'
    """
    check_given(write_csv, locals())
    name = Path(path).name
    laid = with_names(table_from(table, name, name="valeur"))
    content = content_of(laid, name)
    for field in content.fields:
        _check_opened(field, name)
    return write_bytes(path, _text_of(content).encode("utf-8-sig"))


def write_bytes(path: str | Path, data: bytes) -> Path:
    """
    Write a file that is read back before it takes its place.

    Parameters
    ----------
    path
        Where it will be.
    data
        All of it.

    Raises
    ------
    OutputError
        If it cannot be written whole.
    """
    with staged_file(path, check=partial(check_same, data)) as staged:
        try:
            staged.write_bytes(data)
        except OSError as error:
            raise refusal(Path(path), error) from error
    return Path(path)


def check_same(data: bytes, staged: Path) -> None:
    """
    Check that a file is read back as it was written.

    Parameters
    ----------
    data
        All of it.
    staged
        Where it was written.

    Raises
    ------
    OSError
        If it is not.
    """
    if staged.read_bytes() != data:
        raise OSError(errno.EIO, "what is there is not what was written")


def _check_opened(field: Field, what: str) -> None:
    """Check that a spreadsheet shows a column as it is written."""
    cells, where = field.cells, f"{what}: column {field.cells.name!r}"
    kept = cells.held.dropna()
    if field.description.heading.startswith(_COMPUTED):
        msg = f"{where}: a heading that a spreadsheet would compute; rename it"
        raise DataError(msg)
    if cells.kind == "whole":
        large = kept[(kept.abs() >= _EXACT).to_numpy(dtype=bool)]
        if len(large):
            msg = (
                f"{where}: {len(large)} whole number(s) of more than 15 digits, the "
                f"most that a spreadsheet keeps, at {culprits(large.index)}; write "
                "bm.write_data_package or bm.write_parquet"
            )
            raise DataError(msg)
    if cells.kind != "text":
        return
    texts = dict.fromkeys(kept)
    computed = [t for t in texts if len(t) > 1 and t.startswith(_COMPUTED)]
    if computed:
        msg = (
            f"{where}: {len(computed)} text(s) that a spreadsheet would compute: "
            f"{culprits(computed)}; write bm.write_workbook, which keeps them as text"
        )
        raise DataError(msg)
    zeros = [t for t in texts if len(t) > 1 and t[0] == "0" and t.isdigit()]
    if zeros:
        msg = (
            f"{where}: {len(zeros)} code(s) that begin with a zero, which a "
            "spreadsheet drops when it opens a CSV: "
            f"{culprits(zeros)}; write bm.write_workbook"
        )
        warnings.warn(msg, BasinmapWarning, stacklevel=4)


def _text_of(content: Content) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([field.description.heading for field in content.fields])
    columns = [_column(content, field) for field in content.fields]
    writer.writerows(zip(*columns, strict=True))
    if content.note:
        # Under the rows, where who reads sees that they are no territory.
        writer.writerow([content.note, *[""] * (len(columns) - 1)])
    return text.getvalue()


def _column(content: Content, field: Field) -> list[str]:
    """Return the cells of a column as a French spreadsheet reads them."""
    if field.description.role == "state":
        return [_MEANINGS.get(s, s) if s else "" for s in field.cells.held.tolist()]
    held = field.cells.held
    gone = held.isna().tolist()
    states = content.states_of(field)
    return [
        VOIDS.get(state or "", "n.d.") if absent else written(value)
        for value, absent, state in zip(held.tolist(), gone, states, strict=True)
    ]


def written(value: Any) -> str:  # noqa: ANN401 - a cell of any kind
    """
    Write a value as a French spreadsheet reads it.

    Parameters
    ----------
    value
        Of a column of `Cells`.

    Examples
    --------
    >>> written(7.25), written(1e-7), written(True)
    ('7,25', '0,0000001', 'oui')
    """
    if isinstance(value, float):
        text = np.format_float_positional(value, trim="-")
        return text.replace(".", ",")
    if isinstance(value, dt.datetime):
        part = f",{value.microsecond:06d}".rstrip("0") if value.microsecond else ""
        return f"{value:%d/%m/}{value.year:04d} {value:%H:%M:%S}{part}"
    if isinstance(value, dt.date):
        return f"{value:%d/%m/}{value.year:04d}"
    return yes_or_no(value)
