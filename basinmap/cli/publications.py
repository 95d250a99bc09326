"""`basinmap scot|cil|pic`: the documents that are a list of pages."""

from __future__ import annotations

import argparse
import datetime as dt
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import pandas as pd

import basinmap as bm
from basinmap.cli.files import figures_of
from basinmap.cli.options import add_data, add_signature, add_units, day_of
from basinmap.cli.places import where
from basinmap.cli.words import say
from basinmap.errors import DataError, culprits
from basinmap.export.document_themes import DocumentTheme
from basinmap.sheets import grids

if TYPE_CHECKING:
    from basinmap.cli.parsing import Parser
    from basinmap.territory.perimeters import Perimeter

__all__ = [
    "add_document",
    "fill",
    "formats_of",
    "list_files",
    "look_of",
    "plates_of",
    "texts_of",
]

COMPARISON: Final = "comparaison"
THEMES: Final = (
    *("demographie", "logement-vacance", "peuplement", "marche", "foncier"),
    COMPARISON,
)


def fill(command: Parser) -> None:
    """
    Add the options of `scot`, of `cil` or of `pic`.

    Parameters
    ----------
    command
        Its parser.
    """
    name = command.prog.rsplit(" ", 1)[-1]
    command.set_defaults(run={"scot": _scot, "cil": _cil, "pic": _pic}[name])
    add_units(command, leveled=False)
    command.set_defaults(
        territory=None, territory_year=None, territory_epcis=None, level="commune"
    )
    group = command.add_argument_group(say("output"))
    group.add_argument(
        "--out", required=True, metavar=say("FOLDER"), help=say("folder of the outputs")
    )
    add_document(command)
    _add_own(command, name)
    add_data(command)
    add_signature(command)


def add_document(command: Parser) -> None:
    """
    Add what a document looks like, and in what it is written.

    Parameters
    ----------
    command
        A parser.
    """
    group = command.add_argument_group(say("document"))
    group.add_argument(
        "--formats",
        default="pdf",
        metavar="pdf,docx,html,web",
        help=say(
            "formats of the document, separated by commas: pdf, docx, html, web (pdf)"
        ),
    )
    group.add_argument(
        "--theme",
        metavar=say("FILE"),
        help=say("theme of the institution: a theme.toml with colours and logos"),
    )
    group.add_argument(
        "--texts",
        metavar=say("FOLDER"),
        help=say(
            "texts of your own in the place of those that follow the numbers: a folder "
            "of Markdown files named by key"
        ),
    )
    group.add_argument(
        "--plates",
        metavar=say("FILE"),
        help=say(
            "plates of your own: a planches.toml with file, title and text of each"
        ),
    )


def _add_own(command: Parser, name: str) -> None:
    group = command.add_argument_group(say("document"))
    if name == "scot":
        group.add_argument(
            "--about",
            choices=THEMES,
            default="logement-vacance",
            help=say(
                "theme of the bulletin (logement-vacance), or 'comparaison', the five "
                "SCoT side by side"
            ),
        )
        group.add_argument(
            "--issue",
            default="",
            metavar=say("TEXT"),
            help=say("number of the issue"),
        )
    elif name == "pic":
        group.add_argument(
            "--edition",
            type=int,
            metavar=say("YEAR"),
            help=say("year of the edition (that of --date)"),
        )
        group.add_argument(
            "--attendance",
            metavar=say("FILE"),
            help=say("visitors by year: a table with columns year and visitors"),
        )
        group.add_argument(
            "--attendance-source",
            default="",
            metavar=say("TEXT"),
            help=say("source of the attendance to print"),
        )
        group.add_argument(
            "--forecast",
            type=float,
            metavar=say("NUMBER"),
            help=say("visitors a year that were expected before the opening"),
        )
    else:
        group.add_argument(
            "--generation",
            default="",
            metavar=say("YEAR"),
            help=say("generation of the QPV that the counts are about: 2015 or 2024"),
        )
        _add_conference(group)


def _add_conference(group: argparse._ArgumentGroup) -> None:
    """Add what only the partners of a conference know."""
    group.add_argument(
        "--quarters",
        metavar=say("FILE"),
        help=say("outlines of the QPV of that generation"),
    )
    group.add_argument(
        "--landlords",
        metavar=say("FILE"),
        help=say(
            "social dwellings by landlord: a table with columns bailleur, logements, "
            "and "
            "en_qpv, objectif, realise where they are known"
        ),
    )
    group.add_argument(
        "--landlords-year",
        type=int,
        metavar=say("YEAR"),
        help=say("year of the table of landlords"),
    )
    group.add_argument(
        "--estates",
        metavar=say("FILE"),
        help=say(
            "fragile estates: a table with columns residence, x, y (or lon, lat), and "
            "bailleur, logements, menages where they are known"
        ),
    )
    group.add_argument(
        "--partner-source",
        default="",
        metavar=say("TEXT"),
        help=say("source of the tables of landlords and of estates to print"),
    )
    group.add_argument(
        "--threshold",
        type=float,
        metavar=say("EUROS"),
        help=say(
            "first quartile of the applicants of the EPCI, in euros a year and a unit "
            "of consumption"
        ),
    )


def _landlords_of(given: argparse.Namespace) -> bm.Landlords | None:
    if given.landlords is None:
        return None
    if given.landlords_year is None:
        msg = say("--landlords FILE needs --landlords-year YEAR")
        raise DataError(msg)
    return bm.read_landlords(
        given.landlords, source=given.partner_source, year=given.landlords_year
    )


def _estates_of(given: argparse.Namespace) -> bm.Estates | None:
    if given.estates is None:
        return None
    return bm.read_estates(given.estates, source=given.partner_source)


def _quarters_of(given: argparse.Namespace) -> gpd.GeoDataFrame | None:
    if given.quarters is None:
        return None
    return bm.read_units(
        given.quarters,
        level="quartier",
        generation=given.generation or None,
        repair=True,
    )


def formats_of(given: argparse.Namespace) -> list[str]:
    """
    Return the formats that are asked for.

    Parameters
    ----------
    given
        The options of `add_document`.
    """
    return [form.strip() for form in given.formats.split(",") if form.strip()]


def look_of(given: argparse.Namespace) -> DocumentTheme | None:
    """
    Return the theme that is asked for, if any.

    Parameters
    ----------
    given
        The options of `add_document`.
    """
    return None if given.theme is None else bm.read_theme(given.theme)


def texts_of(given: argparse.Namespace) -> Mapping[str, str] | None:
    """
    Return the texts of the user, if any.

    Parameters
    ----------
    given
        The options of `add_document`.
    """
    return None if given.texts is None else bm.read_texts(given.texts)


def plates_of(given: argparse.Namespace) -> tuple[bm.OwnPlate, ...]:
    """
    Return the plates of the user, if any.

    Parameters
    ----------
    given
        The options of `add_document`.
    """
    return () if given.plates is None else bm.read_plates(given.plates)


def _perimeter(given: argparse.Namespace) -> Perimeter | None:
    return where(given).perimeter


def _counts(given: argparse.Namespace) -> pd.DataFrame | None:
    return figures_of(given, None, ()).table if given.data else None


def _asked(given: argparse.Namespace) -> Perimeter:
    area = _perimeter(given)
    if area is None:
        msg = say("say of which territory: --epci, --scot, --perimeter or --communes")
        raise DataError(msg)
    return area


def _scot(given: argparse.Namespace) -> None:
    if given.about == COMPARISON:
        folder = bm.scot_comparison(
            out=given.out,
            author=given.author,
            date=day_of(given.date),
            counts=_counts(given),
            formats=formats_of(given),
            look=look_of(given),
            texts=texts_of(given),
        )
        list_files(folder)
        return
    folder = bm.scot_observatory(
        _asked(given),
        given.about,
        out=given.out,
        author=given.author,
        date=day_of(given.date),
        counts=_counts(given),
        issue=given.issue,
        formats=formats_of(given),
        look=look_of(given),
        texts=texts_of(given),
        plates=plates_of(given),
    )
    list_files(folder)


def _cil(given: argparse.Namespace) -> None:
    folder = bm.cil(
        _asked(given),
        out=given.out,
        author=given.author,
        date=day_of(given.date),
        counts=_counts(given),
        generation=given.generation,
        quarters=_quarters_of(given),
        landlords=_landlords_of(given),
        threshold=given.threshold,
        estates=_estates_of(given),
        formats=formats_of(given),
        look=look_of(given),
        texts=texts_of(given),
        plates=plates_of(given),
    )
    list_files(folder)


def _pic(given: argparse.Namespace) -> None:
    day = day_of(given.date) or dt.date.today()  # noqa: DTZ011 - the maker's day
    area = _perimeter(given)
    folder = bm.pic(
        given.edition or day.year,
        out=given.out,
        where=area or "bassin-minier",
        author=given.author,
        date=day,
        counts=_counts(given),
        attendance=_attendance(given),
        attendance_source=given.attendance_source,
        forecast=given.forecast,
        formats=formats_of(given),
        look=look_of(given),
        texts=texts_of(given),
        plates=plates_of(given),
    )
    list_files(folder)


def _attendance(given: argparse.Namespace) -> pd.Series | None:
    """Read two columns, a year and a number of visitors; a heading may go first."""
    if given.attendance is None:
        return None
    rows: dict[int, float] = {}
    for grid in grids(Path(given.attendance)):  # of each separator, the first that fits
        read = [_bare(row) for row in grid.head]
        rows = {int(y): float(n) for y, n in read if y.isdigit() and n.isdigit()}
        if rows:
            _check_years(read, given.attendance)
            break
    if not rows:
        told = say(
            "{file}: one year and one number of visitors a row are expected",
            file=given.attendance,
        )
        raise DataError(told)
    return pd.Series(rows).sort_index()


def _check_years(told: Sequence[tuple[str, str]], file: str) -> None:
    """Refuse rows that are no heading and hold no year, or no number."""
    years = [year for year, _ in told if year.isdigit()]
    odd = [
        f"{year},{count}"
        for at, (year, count) in enumerate(told)
        if (year or count)
        and not (year.isdigit() and count.isdigit())
        and (at or year.isdigit())
    ]
    odd += [year for year in dict.fromkeys(years) if years.count(year) > 1]
    if odd:
        msg = say(
            "{file}: {rows}: one year and one number of visitors a row are expected",
            file=file,
            rows=culprits(odd),
        )
        raise DataError(msg)


def _bare(row: Sequence[object]) -> tuple[str, str]:
    """Return the first two cells of a row without spaces, as digits."""
    cells = [re.sub(r"\s", "", str(cell)).removesuffix(".0") for cell in row]
    return (cells[0], cells[1]) if len(cells) > 1 else ("", "")


def list_files(folder: Path) -> None:
    """
    Print what a folder holds.

    Parameters
    ----------
    folder
        The folder.
    """
    print(f"{folder}:")
    for path in sorted(folder.iterdir()):
        if path.is_file():
            print(f"  {path.name:<32} {path.stat().st_size / 1024:>8.0f} KiB")
